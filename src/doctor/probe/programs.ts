/** Programs and folders of this machine. */
import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import type { Env } from "../types.ts";
import { may, mountOptionsOf, textOf, whyNotWritable } from "./files.ts";

/** What was found of programs. */
export interface Programs {
  /** Every `opencode` on PATH, in its order, links resolved, each once. */
  readonly opencodes: readonly string[];
  readonly rg: string | null;
  readonly git: string | null;
  /** The launcher and the binary, null where nothing is installed here. */
  readonly own: Own | null;
}

/** What an environment has installed. */
interface Own {
  readonly launcher: string;
  /** Another program has the launcher's name. */
  readonly isReplaced: boolean;
  readonly binary: boolean;
  readonly stamp: string | null;
}

/** Looks for them. */
export function findPrograms(env: Env, prefix: string | null): Programs {
  const folders = (env["PATH"] || "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(":").filter(Boolean);
  const all = (name: string): string[] =>
    [...new Set(folders.map((folder) => `${folder}/${name}`).filter(isProgram))].map((path) => realpathSync(path));
  return {
    opencodes: [...new Set(all("opencode"))],
    rg: all("rg")[0] ?? null,
    git: all("git")[0] ?? null,
    own: prefix === null ? null : findOwn(prefix),
  };
}

function findOwn(prefix: string): Own {
  const launcher = `${prefix}/bin/opencode`;
  const isThere = existsSync(launcher);
  return {
    launcher: isThere ? realpathSync(launcher) : launcher,
    isReplaced: isThere && !startOf(launcher).includes(launchersLine),
    binary: isProgram(`${prefix}/lib/aperture-env/opencode`),
    stamp: textOf(`${prefix}/lib/aperture-env/opencode.version`)?.trim() ?? null,
  };
}

/** The second line of the launcher (templates/.devcontainer/aperture-env/launcher.sh), where people may have changed the first. */
const launchersLine = "# opencode: prepares this one process for the gateway";

/** The first bytes of a file: of a program that is a binary, all would be 180 MB. Where they cannot be read, it is the line that is looked for. */
function startOf(path: string): string {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(200);
      return bytes.toString("latin1", 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return launchersLine;
  }
}

function isProgram(path: string): boolean {
  try {
    return statSync(path).isFile() && may(path, 1);
  } catch {
    return false;
  }
}

/** Folders that OpenCode writes a `.gitignore` into at each start, and dies where the file system is read-only. */
export function readOnlyFolders(folders: readonly string[]): readonly string[] {
  return folders.filter(
    (folder) => existsSync(folder) && !existsSync(`${folder}/.gitignore`) && whyNotWritable(folder) === "EROFS",
  );
}

/** Whether programs in a folder cannot be run, because it is mounted so; only Linux says. */
export function isNoExec(folder: string): boolean {
  return mountOptionsOf(folder).includes("noexec");
}
