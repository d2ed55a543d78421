/** Finds the file of a program by its name: on PATH only, never in the current folder, and never through a shell. */
import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import { execPath } from "node:process";
import { programPlaces, thisMachine, type Env, type Machine } from "./guarded-environment.ts";

/** A file to start, and words before the arguments. */
export type Executable = readonly [file: string, ...before: string[]];

/**
 * The file of a program, or null. A name with a way in it must be absolute. On Windows only `.exe` and `.com` are started, since what a `.cmd`
 * gets is read by a shell again; npm, which is a `.cmd` there, is started as the script that this one names.
 */
export function findProgram(
  name: string,
  env: Env,
  machine: Machine = thisMachine,
  isThere: (file: string) => boolean = isProgram,
): Executable | null {
  const { join, isAbsolute } = machine.windows ? path.win32 : path.posix;
  if (/[\\/]/.test(name)) return isAbsolute(name) ? [name] : null;
  for (const place of programPlaces(env, machine)) {
    if (!machine.windows) {
      if (isThere(join(place, name))) return [join(place, name)];
      continue;
    }
    const file = [".exe", ".com"].map((end) => join(place, name + end)).find(isThere);
    if (file !== undefined) return [file];
    // As npm's own npm.cmd does (github.com/npm/cli, bin/npm.cmd).
    const script = join(place, "node_modules", "npm", "bin", "npm-cli.js");
    if (name === "npm" && isThere(join(place, "npm.cmd")) && isThere(script)) return [execPath, script];
  }
  return null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
