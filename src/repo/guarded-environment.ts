/**
 * The variables that another program is started with. A repository may come from somebody else, and `npx` puts its `node_modules/.bin` first on
 * PATH, so what is started here, and what that starts in turn, must not find its programs there.
 */
import { realpathSync } from "node:fs";
import path from "node:path";
import { findPlace, resolveLinks } from "./work-tree.ts";
import type { Env } from "../vocabulary.ts";
export type { Env } from "../vocabulary.ts";

/** What is asked of the machine; tests give that of another one. */
export interface Machine {
  readonly windows: boolean;
  /** The path without links. Throws where nothing is there. */
  readonly resolve: (path: string) => string;
}

/** This machine. */
export const thisMachine: Machine = { windows: path.sep === "\\", resolve: (given) => realpathSync.native(given) };

/**
 * What of git's variables is the user's configuration. The others say which repository a hook is run for, and would be taken for the target, or
 * name programs.
 */
const kept = /^GIT_(?:CONFIG_(?!PARAMETERS$)|CEILING_DIRECTORIES$|DISCOVERY_|EXEC_PATH$)/i;

/** Variables that name a folder with programs in it. */
const programFolders = /^(?:GIT_EXEC_PATH|DOCKER_CONFIG)$/i;

/**
 * Settings for a git that other programs start: npm, the Dev Containers CLI and Docker's builder do. A folder that only looks like a bare
 * repository is none, and no configuration of a repository names a program that watches files (git-config, safe.bareRepository, core.fsmonitor).
 */
const gitOfOthers: readonly (readonly [key: string, value: string])[] = [
  ["safe.bareRepository", "explicit"],
  ["core.fsmonitor", ""],
];

/**
 * The variables for a program that works on the folder `target`, made from this process's: no place of the target on PATH, no variable that
 * names a repository, and git's own settings as far as every program can bear them. The target need not exist.
 */
export function guardEnvironment(env: Env, target: string, asked: Machine = thisMachine): Record<string, string> {
  const machine = { ...asked, resolve: once(asked.resolve) };
  const around = foldersAround(target);
  const guarded: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || isPath(name, machine)) continue;
    if (/^GIT_/i.test(name) && !kept.test(name)) continue;
    if (programFolders.test(name) && !isOutside(value, around, machine)) continue;
    guarded[name] = value;
  }
  const clean = cleanPath(pathOf(env, machine), around, machine);
  // An empty PATH would be the current folder (glibc, execvp); without one a system takes its own.
  if (clean.length > 0) guarded["PATH"] = clean.join(machine.windows ? ";" : ":");
  // Windows looks into the current folder first, unless told not to (NeedCurrentDirectoryForExePathW).
  if (machine.windows) guarded["NoDefaultCurrentDirectoryInExePath"] = "1";
  return { ...guarded, ...gitSettings(guarded, gitOfOthers) };
}

/** Places of PATH have most of their folders in common. */
function once(resolve: Machine["resolve"]): Machine["resolve"] {
  const known = new Map<string, string>();
  return (given) => {
    const real = known.get(given) ?? resolve(given);
    known.set(given, real);
    return real;
  };
}

/** The places of PATH of guarded variables, in their order. */
export function programPlaces(env: Env, machine: Machine = thisMachine): readonly string[] {
  // What execvp takes where there is no PATH (confstr, _CS_PATH).
  return splitPath(pathOf(env, machine) ?? (machine.windows ? "" : "/bin:/usr/bin"), machine);
}

/** Settings of git as variables (git-config, GIT_CONFIG_COUNT), behind those that are there. Known since git 2.31. */
function gitSettings(env: Env, settings: readonly (readonly [string, string])[]): Record<string, string> {
  const there = /^\d{1,4}$/.test(env["GIT_CONFIG_COUNT"] ?? "") ? Number(env["GIT_CONFIG_COUNT"]) : 0;
  const added: Record<string, string> = { GIT_CONFIG_COUNT: String(there + settings.length) };
  for (const [index, [key, value]] of settings.entries()) {
    added[`GIT_CONFIG_KEY_${there + index}`] = key;
    added[`GIT_CONFIG_VALUE_${there + index}`] = value;
  }
  return added;
}

function cleanPath(given: string | undefined, around: readonly string[], machine: Machine): string[] {
  return splitPath(given ?? "", machine).filter((place) => isOutside(place, around, machine));
}

/** Whether a folder is there, named from the root, no package's own, and neither inside one of the others nor reached through one. */
function isOutside(folder: string, around: readonly string[], machine: Machine): boolean {
  const { isAbsolute, relative, sep, dirname } = machine.windows ? path.win32 : path.posix;
  // `\bin` is of the current drive, so it is relative, too.
  if (!isAbsolute(folder) || (machine.windows && !/^(?:[a-z]:|\\\\)/i.test(folder))) return false;
  const isWithin = (real: string, root: string): boolean => {
    const way = relative(root, real);
    return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  };
  try {
    const real = machine.resolve(folder);
    if (isPackageFolder(folder) || isPackageFolder(real)) return false;
    // A link of the target that leads out of it can lead elsewhere tomorrow.
    for (let above = folder; ; above = dirname(above)) {
      const found = machine.resolve(above);
      if (around.some((root) => isWithin(found, root))) return false;
      if (dirname(above) === above) return true;
    }
  } catch {
    return false;
  }
}

/** What npm puts on PATH of every folder upwards: programs that a project installed, or anybody where all may write, as below /tmp. */
function isPackageFolder(folder: string): boolean {
  return /[\\/]node_modules[\\/]\.bin[\\/]*$/i.test(folder);
}

/** The target and the git work tree that it is part of, without links. */
function foldersAround(target: string): readonly string[] {
  const place = findPlace(target);
  return [resolveLinks(target), ...(place === null ? [] : [place.top])];
}

function isPath(name: string, machine: Machine): boolean {
  return machine.windows ? name.toUpperCase() === "PATH" : name === "PATH";
}

function pathOf(env: Env, machine: Machine): string | undefined {
  return Object.entries(env).find(([name, value]) => isPath(name, machine) && value !== undefined)?.[1];
}

function splitPath(given: string, machine: Machine): string[] {
  const places = given.split(machine.windows ? ";" : ":");
  // On Windows a place may stand in quotes.
  return places.map((place) => (machine.windows ? place.replace(/^"(.*)"$/, "$1") : place)).filter((place) => place !== "");
}
