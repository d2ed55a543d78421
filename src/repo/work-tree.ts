/** Where a folder lies in a git work tree, by looking only: git itself would read the configuration that it finds. */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";

/** A folder in a work tree. */
export interface Place {
  /** The work tree's top, without links. */
  readonly top: string;
  /** The way from there to the folder, with `/`; empty for the top itself. */
  readonly prefix: string;
}

/** The nearest folder upwards that holds `.git` (a folder, or a file in work trees and submodules); null where there is none. */
export function findTop(folder: string): string | null {
  for (let top = folder; ; top = dirname(top)) {
    if (existsSync(join(top, ".git"))) return top;
    if (dirname(top) === top) return null;
  }
}

/** The top without links, and the way from it. Null where there is none. The folder need not exist. */
export function findPlace(folder: string): Place | null {
  const real = resolveLinks(folder);
  const top = findTop(real);
  return top === null ? null : { top, prefix: relative(top, real).split(sep).join("/") };
}

/** A path without links, as far as it exists. */
export function resolveLinks(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return dirname(path) === path ? path : join(resolveLinks(dirname(path)), basename(path));
  }
}

/**
 * The repository that a folder is in without a work tree, so that git tracks nothing that is written there: git's own folder (gitrepository-layout(5)),
 * bare or not, or a folder whose `.git` file leads to a bare repository. Null in a work tree, and where there is no repository.
 */
export function findBare(folder: string): string | null {
  for (let at = resolveLinks(folder); ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return isBare(gitFolderOf(at)) ? at : null;
    if (["HEAD", "objects", "refs"].every((name) => existsSync(join(at, name)))) return at;
    if (dirname(at) === at) return null;
  }
}

/** Whether a work tree leaves out some of its files: a sparse checkout (git-sparse-checkout(1)) has a file with the patterns. */
export function isSparse(top: string): boolean {
  return existsSync(join(gitFolderOf(top), "info", "sparse-checkout"));
}

/** Git's own folder of a work tree: `.git`, or the folder that a file of that name leads to (gitrepository-layout(5)). */
function gitFolderOf(top: string): string {
  const named = readSmall(join(top, ".git"))?.match(/^gitdir: (.+)/)?.[1];
  return named === undefined ? join(top, ".git") : resolve(top, named);
}

/** Linked work trees have no configuration of their own there. */
function isBare(git: string): boolean {
  return !git.endsWith(`${sep}.git`) && /^\s*bare\s*=\s*true\b/m.test(readSmall(join(git, "config")) ?? "");
}

/** A file's text; null for what is no file, is large or cannot be read. */
function readSmall(path: string): string | null {
  try {
    const found = statSync(path);
    return found.isFile() && found.size < 100_000 ? readFileSync(path, "utf8") : null;
  } catch {
    return null;
  }
}
