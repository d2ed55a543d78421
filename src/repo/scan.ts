/** Looks at a repository without touching it: facts, the spec, the lock, dev containers, and the texts at planned paths. */
import { isUtf8 } from "node:buffer";
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync, type Stats } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { bases } from "../catalog/bases.ts";
import { isDevcontainerPath } from "../catalog/files.ts";
import { isAppError, usageError } from "../errors.ts";
import { isInside } from "../lock/inside.ts";
import { lockPath } from "../lock/lock.ts";
import type { Facts } from "../questions/types.ts";
import type { FileState, Snapshot } from "../plan/snapshot.ts";
import { codeOf, diskError } from "./disk-errors.ts";
import { describeEncoding, isWide } from "./encoding.ts";
import { specPath } from "../spec/spec.ts";
import { findTop } from "./work-tree.ts";

const maxLength = 5 * 1024 * 1024;

/** The folder to work in, and how it was found. */
export interface Target {
  readonly root: string;
  readonly exists: boolean;
  /** True where the folder was not named and one above the current one was taken. */
  readonly fromGit: boolean;
}

/** Finds the folder: the named one, else the one around `cwd` that is meant. Throws where it cannot be one. */
export function findTarget(cwd: string, directory: string | null): Target {
  const start = resolve(cwd, directory ?? ".");
  const root = directory === null && existsSync(start) ? findAround(start) : start;
  const found = statOf(root);
  if (found !== undefined && !found.isDirectory())
    throw usageError("not-a-folder", `${root} is not a folder.`, "Name a folder, or leave it out for the current one.");
  return { root, exists: found !== undefined, fromGit: root !== start };
}

/**
 * In a git work tree the nearest folder upwards with an environment, as a package of a monorepo has one of its own; without any the work tree's top. Else
 * the folder itself: what lies above it may be anybody's.
 */
function findAround(start: string): string {
  const top = findTop(start);
  if (top === null) return start;
  for (let folder = start; folder !== top; folder = dirname(folder))
    if ([specPath, lockPath].some((path) => existsSync(join(folder, path)))) return folder;
  return top;
}

/** Whether anything lies in the folder. Where nothing does, nobody need look for one thing after another. */
export function holdsFiles({ root, exists }: Target): boolean {
  return exists && readNames(root).length > 0;
}

/** The folder that a command works from: the one that `--cwd` names, from the current one, else that. Throws where it cannot be one. */
export function findCwd(current: string, named: string | null): string {
  return named === null ? current : findTarget(current, named).root;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw diskError(error, { path, done: "read" });
  }
}

/** Facts that proposals rest on. */
export function readFacts(target: Target, devcontainers: readonly string[], opencode: string, today: string): Facts {
  const names = target.exists ? readNames(target.root) : [];
  const found = Object.entries(bases).flatMap(([name, base]) => {
    const sign = base.signs
      .map((pattern) => names.find((file) => (pattern.startsWith("*") ? file.endsWith(pattern.slice(1)) : file === pattern)))
      .find(Boolean);
    return sign === undefined ? [] : [{ name, sign }];
  });
  return { folder: basename(target.root), base: found[0] ?? null, devcontainers, opencode, today };
}

/** Dev container files, in the order in which tools look for them (containers.dev, devcontainer-reference). */
export function findDevcontainers(root: string): string[] {
  const named = readNames(join(root, ".devcontainer")).map((name) => `.devcontainer/${name}/devcontainer.json`);
  // A folder with a name that no lock may hold, such as one that is `.git` on another file system, is not taken for one.
  return [".devcontainer/devcontainer.json", ".devcontainer.json", ...named].filter(
    (path) => isDevcontainerPath(path) && isInside(path) && existsSync(join(root, path)),
  );
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return [];
    throw diskError(error, { path: folder, done: "read" });
  }
}

/** What lies at each of these paths. Symbolic links that lead out of the repository are reported, not followed. */
export function takeSnapshot(root: string, paths: readonly string[]): Snapshot {
  const inside = new Set<string>();
  return new Map(paths.map((path) => [path, look(root, path, inside)]));
}

/**
 * What lies at one path below the root. `inside` keeps what was found to lie there, for looks at the same moment. Throws exit 4 where the
 * system refuses.
 */
export function look(root: string, path: string, inside: Set<string> = new Set()): FileState {
  try {
    return lookCloser(root, path, inside);
  } catch (error) {
    if (isAppError(error)) throw error;
    const code = codeOf(error);
    // It went away between the look at it and the reading.
    if (code === "ENOENT") return { kind: "nothing" };
    if (code === "ENOTDIR") return { kind: "other", what: "below something that is not a folder" };
    throw diskError(error, { path: join(root, path), done: "read" });
  }
}

function lookCloser(root: string, path: string, inside: Set<string>): FileState {
  const full = join(root, path);
  const parts = path.split("/");
  let found: Stats | undefined;
  const begin = inside.has(path.slice(0, Math.max(0, path.lastIndexOf("/")))) ? parts.length : 1;
  for (let count = begin; count <= parts.length; count++) {
    const part = parts.slice(0, count).join("/");
    if (count < parts.length && inside.has(part)) continue;
    found = lstatSync(join(root, part), { throwIfNoEntry: false });
    if (found === undefined) return { kind: "nothing" };
    if (!found.isSymbolicLink()) {
      inside.add(part);
      continue;
    }
    const leads = followLink(root, part);
    if (leads === null && count === parts.length) return { kind: "other", what: "a symbolic link to nothing" };
    if (leads === null || !isWithin(realpathSync(root), leads))
      return { kind: "other", what: `behind the symbolic link ${part}, which leads out of the repository` };
    found = statSync(full, { throwIfNoEntry: false });
  }
  if (found === undefined) return { kind: "nothing" };
  if (found.isDirectory()) return { kind: "other", what: "a folder" };
  if (!found.isFile()) return { kind: "other", what: "not a regular file" };
  if (found.size > maxLength) return { kind: "other", what: `larger than ${maxLength / 1024 / 1024} MiB` };
  const text = readText(full);
  return typeof text === "string" ? { kind: "text", text } : { kind: "other", what: text.what, fix: "save it as UTF-8" };
}

/** Where a symbolic link leads in the end, or null where that is nowhere. */
function followLink(root: string, path: string): string | null {
  return existsSync(join(root, path)) ? realpathSync(join(root, path)) : null;
}

function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root + sep);
}

/** The last large file that was read: the doctor is the same in every repository that one run visits. */
let large: { readonly bytes: Buffer; readonly text: string } | undefined;

/** A file's text, or what it is instead. */
function readText(file: string): string | { readonly what: string } {
  const bytes = readFileSync(file);
  if (large?.bytes.equals(bytes) === true) return large.text;
  const text = bytes.toString("utf8");
  if (isWide(text) || !isUtf8(bytes)) return { what: describeEncoding(bytes, text) };
  if (bytes.length >= 50_000) large = { bytes, text };
  return text;
}
