/** Programs and folders of this machine. */
import { existsSync, realpathSync, statSync } from "node:fs";
import type { Env } from "../types.ts";
import { may, mountOptionsOf, textOf, whyNotWritable } from "./files.ts";

/** What was found of programs. */
export interface Programs {
  /** Every `opencode` on PATH, in its order, links resolved, each once. */
  readonly opencodes: readonly string[];
  readonly rg: string | null;
  readonly git: string | null;
  /** The launcher and the binary, null where nothing is installed here. */
  readonly own: { readonly launcher: string; readonly binary: boolean; readonly stamp: string | null } | null;
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
    own:
      prefix === null
        ? null
        : {
            launcher: existsSync(`${prefix}/bin/opencode`) ? realpathSync(`${prefix}/bin/opencode`) : `${prefix}/bin/opencode`,
            binary: isProgram(`${prefix}/lib/aperture-env/opencode`),
            stamp: textOf(`${prefix}/lib/aperture-env/opencode.version`)?.trim() ?? null,
          },
  };
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
