/** Which dev container a command builds, and its copy: the same for all that build one. */
import { basename } from "node:path";
import { ownDevcontainer } from "../../catalog/files.ts";
import { decisionError, environmentError, usageError } from "../../errors.ts";
import type { Lock } from "../../lock/lock.ts";
import { carriesEnvironment } from "../../parts/claims.ts";
import { copyRepository, type Copy } from "../../repo/copy.ts";
import { readLockFile } from "../../repo/environment.ts";
import { findInstalled } from "../../repo/installed.ts";
import { findTarget, look, type Target } from "../../repo/scan.ts";
import type { Switches, Verb } from "../args.ts";
import type { Io } from "../io.ts";

/** What was chosen. */
export interface Chosen {
  readonly target: Target;
  readonly lock: Lock;
  /** The devcontainer.json, from the repository's top, and its text. */
  readonly file: string;
  readonly text: string;
  /** The Dev Containers CLI's script. */
  readonly cli: string;
}

/** Finds the environment, the dev container that has it, and what builds it. Throws where one of them is not there. */
export function chooseDevContainer(
  verb: Verb,
  {
    directory,
    switches,
    config,
  }: { readonly directory: string | null; readonly switches: Switches; readonly config: string | null },
  io: Io,
): Chosen {
  const { target, lock } = findEnvironment(verb, { directory, switches }, io);
  const file = chooseConfig(lock, config);
  const cli = findInstalled("@devcontainers/cli", "devcontainer.js");
  if (cli === null)
    throw environmentError(
      "no-cli",
      "The package @devcontainers/cli is not installed beside this program.",
      `Run  npx create-aperture-env@latest ${verb}`,
    );
  return { target, lock, file, text: readConfig(target.root, file), cli };
}

/** Finds the environment alone. Throws where there is none. */
export function findEnvironment(
  verb: Verb,
  { directory, switches }: { readonly directory: string | null; readonly switches: Switches },
  io: Io,
): Pick<Chosen, "target" | "lock"> {
  const target = findTarget(switches.cwd === null ? io.cwd : findTarget(io.cwd, switches.cwd).root, directory);
  const { lock } = target.exists ? readLockFile(target.root) : { lock: null };
  if (lock !== null) return { target, lock };
  const asked = verb === "hosts" ? "tell of" : verb;
  throw usageError(
    "no-environment",
    `${target.root} has no environment to ${asked}.`,
    "Make one with  npm create aperture-env@latest",
  );
}

/** The devcontainer.json files that have it: ours, or those of the user's. */
export function carriersOf(lock: Lock): readonly string[] {
  if (lock.files[ownDevcontainer]?.strategy === "own") return [ownDevcontainer];
  return Object.entries(lock.files).flatMap(([path, file]) => (carriesEnvironment(path, file) ? [path] : []));
}

/** Copies the repository, and makes sure that the copy has the devcontainer.json that was read. */
export async function copyChosen({ target, file, text }: Chosen, io: Io): Promise<Copy> {
  const copy = await copyRepository(target.root, basename(target.root), io.env);
  const found = look(copy.folder, file);
  if (found.kind === "text" && found.text === text) return copy;
  copy.remove();
  throw environmentError(
    "not-copied",
    `The copy of the repository lacks ${file}, or has another version of it.`,
    "Git may ignore it (git check-ignore -v), or it is being written.",
    { file },
  );
}

/** The text of a devcontainer.json. Throws exit 4 where it is none, or lies outside of the repository. */
export function readConfig(root: string, file: string): string {
  const found = look(root, file);
  if (found.kind === "text") return found.text;
  const why = found.kind === "nothing" ? "is not there" : `is ${found.what}`;
  throw environmentError("no-dev-container", `${file} ${why}.`, "Bring it back, or run  npx create-aperture-env update", {
    file,
  });
}

/** The dev container that was named, ours, or the only one of the user's. */
function chooseConfig(lock: Lock, named: string | null): string {
  const all = carriersOf(lock);
  if (named !== null) {
    if (all.includes(named)) return named;
    throw usageError("no-such-dev-container", `${named} does not have the environment.`, `These have: ${all.join(", ")}.`);
  }
  if (all.length === 1) return all[0]!;
  throw decisionError(
    "several-dev-containers",
    `${all.length} dev containers have the environment: ${all.join(", ")}.`,
    "Name one with --config.",
  );
}
