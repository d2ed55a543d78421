/** Where a folder lies in a git work tree, by looking only: git itself would read the configuration that it finds. */
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";

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
