/** Reading the disk: never throws, and never more of a file than a configuration has. */
import { accessSync, closeSync, constants, existsSync, fstatSync, openSync, readdirSync, readSync, realpathSync } from "node:fs";
import { type Mount, readMounts } from "../../connect/mounts.ts";
import { type FolderFile, foldersRead, isCode, isFolderFile } from "../../opencode/folder-files.ts";
import type { Read, World } from "../config/world.ts";
import type { Env } from "../types.ts";

const largest = 4 * 1024 * 1024;

/** Reads a text file. A pipe or a device is never waited for, and what has no end is no text. */
export function readText(path: string): Read {
  let file: number | null = null;
  try {
    // Without waiting for a pipe's writer (open(2)); Windows has neither.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(file);
    if (stats.isDirectory()) return { kind: "unreadable", why: "EISDIR" };
    if (!stats.isFile() || stats.size > largest) return { kind: "unreadable", why: stats.isFile() ? "EFBIG" : "EINVAL" };
    // What the kernel makes up as it is read has no size.
    const bytes = Buffer.alloc(stats.size === 0 ? largest + 1 : stats.size + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    return length > largest ? { kind: "unreadable", why: "EFBIG" } : { kind: "text", text: bytes.toString("utf8", 0, length) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    return code === "ENOENT" || code === "ENOTDIR" ? { kind: "nothing" } : { kind: "unreadable", why: code };
  } finally {
    if (file !== null) closeSync(file);
  }
}

/** A text, or null where there is none to read. */
export function textOf(path: string): string | null {
  const read = readText(path);
  return read.kind === "text" ? read.text : null;
}

/** Whether this account may do that with a path: 4 read, 2 write, 1 execute or enter, added up. */
export function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/**
 * Why writing into a folder is refused, or null where it is not: `EACCES`, or `EROFS` on a read-only file system. Of a folder that belongs to
 * somebody else access(2) says the first where open(2), which OpenCode calls, says the second.
 */
export function whyNotWritable(folder: string): string | null {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "EACCES";
    return code === "EACCES" && may(folder, constants.X_OK) && mountOptionsOf(folder).includes("ro") ? "EROFS" : code;
  }
}

/** How the file system is mounted that a path is on; empty where nobody says, which only Linux does. */
export function mountOptionsOf(path: string): readonly string[] {
  const at = real(path);
  const around = readMounts().filter(({ place }) => at === place || at.startsWith(place === "/" ? "/" : `${place}/`));
  // The last one of those that are nearest covers the others.
  const nearest = around.reduce<Mount | null>(
    (best, each) => (best === null || each.place.length >= best.place.length ? each : best),
    null,
  );
  return nearest?.options ?? [];
}

/** No folder of a person's has more. */
const mostFiles = 50;

/** Agents, commands, modes, plugins and tools in folders of configuration; code is not read. */
export function folderFilesIn(folders: readonly string[]): FolderFile[] {
  const all = folders.flatMap((folder) =>
    foldersRead.flatMap((name) => namesIn(`${folder}/${name}`).map((file) => ({ folder, path: `${name}/${file}` }))),
  );
  return all
    .filter(({ path }) => isFolderFile(path))
    .slice(0, mostFiles)
    .map((file) => ({ ...file, text: isCode(file.path) ? "" : (textOf(`${file.folder}/${file.path}`) ?? "") }));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** The world of a process in a folder. */
export function worldOf(env: Env, cwd: string, home: string): World {
  return { env, cwd: real(cwd), home, read: readText, exists: existsSync };
}

/** A path without links; itself where it leads nowhere. */
export function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
