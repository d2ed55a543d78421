/** Choosing the dev container to build, and copying the repository, for all commands that build. */
import { basename } from "node:path";
import { ownDevcontainer } from "../../catalog/files.ts";
import { decisionError, environmentError, usageError } from "../../errors.ts";
import type { Lock } from "../../lock/lock.ts";
import { carriesEnvironment } from "../../parts/claims.ts";
import { copyRepository, type Copy } from "../../repo/copy.ts";
import { requireLock } from "../../repo/environment.ts";
import { findInstalled } from "../../repo/installed.ts";
import { findCwd, findTarget, look, type Target } from "../../repo/scan.ts";
import type { Switches, Verb } from "../args.ts";
import type { Io } from "../io.ts";

/** The choice. */
export interface Chosen {
  readonly target: Target;
  readonly lock: Lock;
  /** The devcontainer.json, relative to the repository's root, and its text. */
  readonly file: string;
  readonly text: string;
  /** The Dev Containers CLI's script. */
  readonly cli: string;
}

/** Finds the environment, its dev container, and the Dev Containers CLI. Throws if one of them is missing. */
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
      "The package @devcontainers/cli is not installed with this program.",
      `Run  npx create-aperture-env@latest ${verb}`,
    );
  return { target, lock, file, text: readConfig(target.root, file), cli };
}

/** Finds the environment only. Throws if there is none. */
export function findEnvironment(
  verb: Verb,
  { directory, switches }: { readonly directory: string | null; readonly switches: Switches },
  io: Io,
): Pick<Chosen, "target" | "lock"> {
  const target = findTarget(findCwd(io.cwd, switches.cwd), directory);
  return { target, lock: requireLock(target, verb === "hosts" ? "tell of" : verb) };
}

/** Whether the dev container is generated. The user's can be at the same path. */
export function isGenerated(lock: Lock): boolean {
  return lock.files[ownDevcontainer]?.strategy === "own";
}

/** The devcontainer.json files that have the environment: the generated one, or the user's. */
export function carriersOf(lock: Lock): readonly string[] {
  if (isGenerated(lock)) return [ownDevcontainer];
  return Object.entries(lock.files).flatMap(([path, file]) => (carriesEnvironment(path, file) ? [path] : []));
}

/** Copies the repository, and checks that the copy contains the same devcontainer.json. */
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

/** The text of a devcontainer.json. Throws exit 4 if it is not a file, or is outside of the repository. */
export function readConfig(root: string, file: string): string {
  const found = look(root, file);
  if (found.kind === "text") return found.text;
  const why = found.kind === "nothing" ? "is not there" : `is ${found.what}`;
  throw environmentError("no-dev-container", `${file} ${why}.`, "Restore it, or run  npx create-aperture-env update", {
    file,
  });
}

/** The named dev container, the generated one, or the user's only one. */
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
