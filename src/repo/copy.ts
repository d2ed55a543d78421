/**
 * A copy of a repository for trials: tracked and untracked files without ignored ones, with a history of one commit. Nothing outside of the repository
 * is read, and nothing outside of the copy is written, whatever the index contains: an archive's index can name `../../.profile`, or a file behind a
 * link.
 */
import {
  chmodSync,
  cpSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { AppError } from "../errors.ts";
import { staysBelow } from "../lock/inside.ts";
import { diskError } from "./disk-errors.ts";
import { listFiles, makeRepository } from "./git.ts";
import type { Env } from "./guarded-environment.ts";

/** A copy, and what removes it. */
export interface Copy {
  readonly folder: string;
  /** Whether git said which files are the repository's; else ignored ones are there, too. */
  readonly isListed: boolean;
  /** Writes or replaces a file in it. */
  write(path: string, text: string): void;
  remove(): void;
}

/** Folders with generated files, for repositories without git. */
const made: readonly string[] = ["node_modules", ".git", ".venv", "target", "dist"];

/**
 * Copies a repository below the system's temporary folder, into a folder of that name. Links stay links; what is neither file, link nor folder is
 * left out. Throws exit 4 where the disk refuses.
 */
export async function copyRepository(root: string, name: string, env: Env): Promise<Copy> {
  const parent = makeParent();
  const folder = join(parent, name);
  const remove = (): void => rmSync(parent, { recursive: true, force: true });
  const write = (path: string, text: string): void => {
    const full = join(folder, path);
    // It may be a link, which leads anywhere.
    rmSync(full, { force: true });
    writeFileSync(full, text, { flag: "wx", mode: 0o644 });
  };
  try {
    mkdirSync(folder);
    const listed = await listFiles(root, env);
    if (listed === null) copyAll(root, folder);
    else copyListed(root, folder, listed.paths);
    // A name that this disk takes for git's own would bring its configuration with it.
    rmSync(join(folder, ".git"), { recursive: true, force: true });
    if (listed !== null) await makeRepository(folder, listed.branch, { target: root, env });
    return { folder, isListed: listed !== null, write, remove };
  } catch (error) {
    remove();
    throw cannotCopy(error, parent);
  }
}

/**
 * Gives everything in a copy the same time, in seconds, and modes that no umask decides, so that an image of it does not tell one checkout from
 * another. Git's own folder is no part of it.
 */
export function levelCopy(folder: string, time: number): void {
  for (const entry of readdirSync(folder)) {
    if (entry === ".git") continue;
    const path = join(folder, entry);
    const found = lstatSync(path);
    if (found.isDirectory()) levelCopy(path, time);
    if (!found.isSymbolicLink()) chmodSync(path, found.isDirectory() || found.mode & 0o100 ? 0o755 : 0o644);
    lutimesSync(path, time, time);
  }
}

function makeParent(): string {
  try {
    return mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-verify-"));
  } catch (error) {
    throw cannotCopy(error, tmpdir());
  }
}

function cannotCopy(error: unknown, path: string): AppError {
  const next = "The copy goes into the system's temporary folder, which TMPDIR names.";
  return diskError(error, { path, done: "copied", code: "cannot-copy", next });
}

function copyAll(root: string, folder: string): void {
  for (const entry of readdirSync(root).filter((found) => !made.includes(found)))
    cpSync(join(root, entry), join(folder, entry), {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
      filter: (from) => isOrdinary(lstatSync(from)),
    });
}

function copyListed(root: string, folder: string, paths: readonly string[]): void {
  const folders = new Map<string, boolean>([[".", true]]);
  const isFolder = (path: string): boolean => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const is = isFolder(dirname(path)) && lstatSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() === true;
    folders.set(path, is);
    return is;
  };
  for (const path of paths) {
    if (!staysBelow(path) || !isFolder(dirname(path))) continue;
    const found = lstatSync(join(root, path), { throwIfNoEntry: false });
    // Deleted and not yet committed; or a submodule, whose files are not this repository's.
    if (found === undefined || found.isDirectory() || !isOrdinary(found)) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path), { verbatimSymlinks: true, preserveTimestamps: true });
  }
}

function isOrdinary(found: Stats): boolean {
  return found.isFile() || found.isDirectory() || found.isSymbolicLink();
}
