/** Staging files: resolving a path's real target, the temporary file next to it, and creating and removing folders. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { isDotGit } from "../lock/inside.ts";
import type { Write } from "../plan/plan.ts";
import { codeOf } from "./disk-errors.ts";

/**
 * Where writes really land. A link within the repository stays one, what it leads to is replaced; only where the file goes, the link goes.
 * Null for what leads out of the repository or into git's own folder.
 */
export function locator(root: string): (write: Pick<Write, "path" | "kind">) => string | null {
  const known = new Map<string, string>();
  /** A path without links; missing parts keep their names. */
  const follow = (full: string): string => {
    const real = known.get(full) ?? (existsSync(full) ? realpathSync(full) : join(follow(dirname(full)), basename(full)));
    known.set(full, real);
    return real;
  };
  const real = follow(resolve(root));
  const top = real.endsWith(sep) ? real : real + sep;
  return ({ path, kind }) => {
    const named = resolve(root, path);
    const target = kind === "replace" || kind === "edit" ? follow(named) : join(follow(dirname(named)), basename(named));
    const inside = target.startsWith(top) ? target.slice(top.length) : "";
    return inside === "" || inside.split(sep).some(isDotGit) ? null : target;
  };
}

/** A run's temporary file next to its target. */
export function temporaryOf(target: string, run: string): string {
  return `${target}.aperture-env-${run}.tmp`;
}

/** A random name for a run. */
export function randomId(): string {
  return randomBytes(6).toString("hex");
}

/** The input for staging a text. */
export interface Staged {
  readonly kind: Write["kind"];
  /** For a new file: whether it is executable. */
  readonly executable: boolean;
}

/** Who owns a file and may do what with it. */
export interface Rights {
  readonly mode: number;
  /** Null for a new file: it belongs to who writes it. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

/** The file's rights: 644 or 755 for a new file, unchanged for an existing one. */
export function rightsOf(target: string, { kind, executable }: Staged): Rights {
  if (kind === "create") return { mode: executable ? 0o755 : 0o644, owner: null };
  const { mode, uid, gid } = statSync(target);
  return { mode: mode & 0o777, owner: { uid, gid } };
}

/** Writes a text to a temporary file, with its final rights. */
export function stage(temporary: string, kind: Write["kind"], { mode, owner }: Rights, text: string): void {
  const descriptor = openSync(temporary, "wx", mode);
  try {
    writeFileSync(descriptor, text);
    if (owner !== null) keepOwner(descriptor, owner);
    // A file with the user's text must be on disk before it replaces the original; other files can be generated again.
    if (kind === "edit") fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  // The mode of an existing file is kept whatever the umask is.
  if (owner !== null) chmodSync(temporary, mode);
}

/** Root, for instance in a container with the repository mounted, leaves a file to its owner. Other accounts cannot give files away. */
function keepOwner(descriptor: number, { uid, gid }: NonNullable<Rights["owner"]>): void {
  try {
    fchownSync(descriptor, uid, gid);
  } catch {
    // Refused for other accounts, by some file systems, and in namespaces without that owner: the file is then the writer's, and as good.
  }
}

/** Makes a folder and its parents, telling of each that was missing. */
export function makeFolder(folder: string, made: (folder: string) => void = () => undefined): void {
  const missing: string[] = [];
  for (let current = resolve(folder); statSync(current, { throwIfNoEntry: false }) === undefined; current = dirname(current))
    missing.unshift(current);
  for (const current of missing) {
    mkdirSync(current);
    made(current);
  }
}

/** Why a folder stays: something is in it, it is a link, or it is in use. */
const staying: readonly string[] = ["ENOTEMPTY", "EEXIST", "ENOTDIR", "EBUSY"];

/** Removes the folders above a removed file, upwards as long as they are empty, never the root. Tells of each with its mode. */
export function removeEmptyFolders(
  root: string,
  path: string,
  removed: (folder: string, mode: number) => void = () => undefined,
): void {
  for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
    const full = join(root, folder);
    const found = statSync(full, { throwIfNoEntry: false });
    if (found === undefined) continue;
    try {
      rmdirSync(full);
    } catch (error) {
      if (staying.includes(codeOf(error))) return;
      throw error;
    }
    removed(full, found.mode & 0o7777);
  }
}

/** Unlinks a file, where there is one: nothing can be where the name is too long for the system. */
export function unlinkIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!["ENOENT", "ENAMETOOLONG"].includes(codeOf(error))) throw error;
  }
}
