/** Programs, folders and variables of this machine. From values to values. */
import { keyVariables } from "../../opencode/vendors.ts";
import type { Launched } from "../config/launch.ts";
import type { PluginPackage } from "../probe/leftovers.ts";
import type { Programs } from "../probe/programs.ts";
import { fine, found, listed, show, type Check, type Env } from "../types.ts";

/** What is judged. */
export interface LocalFacts {
  readonly programs: Programs;
  readonly launched: Launched;
  /** The variables as they came. */
  readonly env: Env;
  /** The version of OpenCode that the environment was made for. */
  readonly version: string | null;
  /** Folders on a read-only file system that OpenCode has to write into. */
  readonly readOnly: readonly string[];
  /** The temporary folder is mounted so that nothing in it can be run. */
  readonly noExec: boolean;
  /** OpenCode's plugin package, where it may be wanted. */
  readonly packages: readonly PluginPackage[];
  /** Why sessions are not on the volume that is asked for; null where they are, or none is. */
  readonly notKept: string | null;
  /** Folders with sessions that OpenCode does not see now. */
  readonly leftSessions: readonly string[];
  /** `.opencode` folders in the project. */
  readonly opencodeFolders: readonly string[];
}

/** What tools and plugins import, and sessions that are out of sight. */
export function judgeLeftovers({ packages, notKept, leftSessions }: LocalFacts): Check[] {
  const lacking = packages.filter(({ needed, is }) => needed && is !== "installed");
  return [
    ...lacking.map(({ folder, is }) =>
      found(
        "warning",
        "folders",
        "plugin-package",
        `Tools or plugins in ${show(folder)} have no plugin package to import`,
        is === "seeded"
          ? "the placeholder that keeps OpenCode from downloading it still exists; the launcher removes it at the next start"
          : "OpenCode fetches it from the npm registry as it starts (63 MB), and a tool that imports it fails until it is there",
        "start opencode with access to the registry",
      ),
    ),
    ...(lacking.length === 0 && packages.some(({ is }) => is === "seeded")
      ? [fine("folders", "plugin-package", "OpenCode's plugin package is not fetched: no tool and no plugin needs it")]
      : []),
    ...(notKept === null
      ? []
      : [
          found(
            "note",
            "folders",
            "state-not-kept",
            "Sessions are not on the volume that the spec asks for, and are lost with this container",
            show(notKept),
            "rebuild the container with a tool that mounts volumes, or mount one there",
          ),
        ]),
    ...leftSessions.map((folder) =>
      found(
        "note",
        "folders",
        "sessions-left",
        `Sessions of earlier starts are in ${show(folder)}`,
        "OpenCode keeps them in another folder now",
        "copy its opencode.db to the other one while no opencode runs, if you want them, or delete it",
      ),
    ),
  ];
}

/** OpenCode itself, and what it needs beside it. */
export function judgePrograms({ programs, version }: LocalFacts): Check[] {
  const { own, opencodes } = programs;
  if (own === null) {
    const [first] = opencodes;
    return [
      fine(
        "opencode",
        "opencode",
        first === undefined ? "Not installed here: it is in the container" : `Not of an environment: ${show(first)}`,
      ),
    ];
  }
  const checks: Check[] = [];
  const rebuild = "rebuild the image";
  if (!own.binary)
    checks.push(
      found(
        "failure",
        "opencode",
        "binary-missing",
        "OpenCode's binary is not there",
        "the image was built without its OpenCode stage, or by a tool that ignores a Feature's dependencies, as DevPod and envbuilder do",
        `npx create-aperture-env@latest update, because the Feature of older versions did not include it; then ${rebuild}`,
      ),
    );
  else if (own.stamp === null)
    checks.push(
      found(
        "note",
        "opencode",
        "version-unknown",
        "The binary has no version beside it",
        "it was not fetched by this environment",
        `${rebuild}, or check it with --deep`,
      ),
    );
  else if (version !== null && own.stamp !== version)
    checks.push(
      found(
        "warning",
        "opencode",
        "version",
        `OpenCode ${show(own.stamp)} is installed, and the environment pins ${show(version)}`,
        "the image is older than its configuration, or its binary was replaced",
        rebuild,
      ),
    );
  else checks.push(fine("opencode", "opencode", `OpenCode ${show(own.stamp)}`));
  if (own.isReplaced)
    checks.push(
      found(
        "failure",
        "opencode",
        "launcher-replaced",
        `${show(own.launcher)} is not the environment's launcher`,
        "another program was installed in its place; it does not know the gateway if a variable is missing",
        "install that program elsewhere, or not at all, and rebuild the image",
      ),
    );
  const at = opencodes.indexOf(own.launcher);
  const before = at === -1 ? opencodes : opencodes.slice(0, at);
  const after = at === -1 ? [] : opencodes.slice(at + 1);
  if (before.length > 0)
    checks.push(
      found(
        "failure",
        "opencode",
        "other-opencode-first",
        `opencode starts ${show(before[0]!)}, not the environment's`,
        "it does not know the gateway if a variable is missing",
        `remove it, or put ${show(own.launcher.replace(/\/opencode$/, ""))} first in PATH`,
      ),
    );
  else if (at === -1)
    checks.push(
      found(
        "warning",
        "opencode",
        "launcher-not-on-path",
        "opencode is not on PATH",
        "the launcher's folder is not in it",
        `add ${show(own.launcher.replace(/\/opencode$/, ""))} to PATH`,
      ),
    );
  if (after.length > 0)
    checks.push(
      found(
        "note",
        "opencode",
        "other-opencode",
        `There is another OpenCode: ${listed(after.map((path) => show(path)))}`,
        "it is later in PATH, so it is not the one that starts",
        "remove it if nobody needs it",
      ),
    );
  if (programs.rg === null)
    checks.push(
      found(
        "failure",
        "opencode",
        "ripgrep-missing",
        "ripgrep (rg) is missing",
        "OpenCode's grep and glob tools fail without it",
        "install ripgrep, or rebuild the image",
      ),
    );
  if (programs.git === null)
    checks.push(
      found(
        "warning",
        "opencode",
        "git-missing",
        "There is no git",
        "without it OpenCode has no snapshots and no undo",
        "install git, or rebuild the image",
      ),
    );
  return checks;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "this account may not write there",
  EROFS: "its file system is read-only",
  ENOENT: "there is none",
  ENOTDIR: "it is not a folder",
};

/** OpenCode's folders: four below the home, one for temporary files. */
export function judgeFolders({ launched, readOnly, noExec }: LocalFacts): Check[] {
  const checks: Check[] = [];
  const { moved, linked, temporary } = launched;
  const nowhere = [...moved, linked, temporary].find((move) => move?.to === null);
  const because = ({ from, why }: { readonly from: string; readonly why: string }): string =>
    `${show(from)}: ${reasons[why] ?? show(why)}`;
  if (nowhere)
    checks.push(
      found(
        "failure",
        "folders",
        "folders-none",
        "OpenCode has no writable folder",
        because(nowhere),
        "give it a writable home, or a tmpfs on /tmp",
      ),
    );
  else {
    if (moved.length > 0)
      checks.push(
        found(
          "note",
          "folders",
          "folders-moved",
          `OpenCode writes to ${listed(moved.map(({ to }) => show(to ?? "")))} instead`,
          `${listed(moved.map(because))}. Data there is lost with the container`,
          "make this account own the folder, or give it a writable home",
        ),
      );
    if (linked !== null)
      checks.push(
        found(
          "note",
          "folders",
          "config-linked",
          `OpenCode reads ${show(linked.from)} by links in ${show(linked.to ?? "")}`,
          "it writes a .gitignore into its configuration folder, and this folder's file system is read-only",
          "put an empty .gitignore into the folder, then no links are needed",
        ),
      );
    if (temporary !== null)
      checks.push(
        found(
          "note",
          "folders",
          "tmp-moved",
          `OpenCode's temporary folder is in ${show(temporary.to ?? "")}`,
          because(temporary),
          "ignore it, or fix the folder",
        ),
      );
  }
  for (const folder of readOnly)
    checks.push(
      found(
        "failure",
        "folders",
        "folder-read-only",
        `OpenCode does not start, because ${show(folder)} is read-only`,
        "it writes a .gitignore into every folder of its configuration",
        `put an empty .gitignore into ${show(folder)}`,
      ),
    );
  if (noExec)
    checks.push(
      found(
        "warning",
        "folders",
        "tmp-noexec",
        `Nothing in ${show(launched.env["TMPDIR"] ?? "/tmp")} can be run: it is mounted noexec`,
        "OpenCode's interactive screen does not start (opencode run does)",
        "mount it exec, or set BUN_TMPDIR to another folder",
      ),
    );
  return checks.some(({ severity }) => severity !== "note")
    ? checks
    : [fine("folders", "folders", "OpenCode's folders are writable"), ...checks];
}

/** What else is around. Names of variables only, never what they hold. */
export function judgeSurroundings({ env, opencodeFolders }: LocalFacts): Check[] {
  const checks: Check[] = [];
  const keys = Object.keys(env).filter((name) => keyVariables.test(name) && !["", "-"].includes(env[name] ?? ""));
  if (keys.length > 0)
    checks.push(
      found(
        "note",
        "surroundings",
        "keys-in-environment",
        `${listed(keys.sort())} ${keys.length === 1 ? "is" : "are"} set`,
        "OpenCode sends the placeholder, but the commands that it runs see them",
        "unset them unless another program needs them",
      ),
    );
  for (const folder of opencodeFolders)
    checks.push(
      found(
        "note",
        "surroundings",
        "opencode-folder",
        `${show(folder)} makes OpenCode fetch its plugin package`,
        "63 MB from the npm registry into that folder; OpenCode has no switch to prevent it",
        "keep it for agents, commands or tools",
      ),
    );
  return checks;
}
