/** What of a machine decides about OpenCode's configuration. Reading is handed in, so that resolving is from values to values. */
import type { Env } from "../types.ts";

/** What came of reading a file. */
export type Read =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "nothing" }
  | { readonly kind: "unreadable"; readonly why: string };

/** A place in which OpenCode is started. */
export interface World {
  /** The variables that OpenCode sees, as the launcher makes them. */
  readonly env: Env;
  /** Absolute, links resolved. */
  readonly cwd: string;
  readonly home: string;
  read(path: string): Read;
  /** Whether something is there. */
  exists(path: string): boolean;
}

/** The folders from one up to another or, where that is not above it, to the root. */
export function foldersUp(from: string, to: string): string[] {
  const folders = [from];
  for (let folder = from; folder !== to && folder !== "/";) {
    folder = parentOf(folder);
    folders.push(folder);
  }
  return folders;
}

/** The folder around a path. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** The top of the git repository, or the root of the file system where there is none (OpenCode then looks for its files all the way up). */
export function worktreeOf(world: Pick<World, "cwd" | "exists">): string {
  return foldersUp(world.cwd, "/").find((folder) => world.exists(folder === "/" ? "/.git" : `${folder}/.git`)) ?? "/";
}
