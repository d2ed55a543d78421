/**
 * The seal of a journal: what only this user on this machine can give. A random key, kept outside every repository in the user's state folder,
 * and a keyed hash (HMAC, RFC 2104) over the journal's lines, which name its texts by their hashes, and the folder that it is of. So a journal that came with a repository, from git or
 * out of an archive, is never taken for one that a run here has left, whatever it says of itself.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { geteuid, platform } from "node:process";
import { codeOf } from "./disk-errors.ts";
import { unlinkIfThere } from "./staging.ts";
import type { Env } from "../vocabulary.ts";

/** A user's key, or null where there is none and none can be kept: such a user's journals are followed by nobody. */
export type SealKey = Buffer | null;

const length = 32;

/** Gives the key, making it at the first call of all. Never fails. */
export function openSealKey(root: string, env: Env): SealKey {
  return readSealKey(root, env) ?? keyIn(root, env, make);
}

/** Gives the key that is there, or null. Never fails, writes nothing. */
export function readSealKey(root: string, env: Env): SealKey {
  return keyIn(root, env, (folder) => read(join(folder, fileName)));
}

function keyIn(root: string, env: Env, give: (folder: string) => SealKey): SealKey {
  try {
    const folder = stateFolder(root, env);
    return folder === null ? null : give(folder);
  } catch {
    // Not there, or not to be used.
    return null;
  }
}

/** The seal of a text in the journal of that folder. */
export function sealOf(key: Buffer, root: string, text: string): string {
  // What the key is for comes first, so that the same key can never be made to say anything else.
  return createHmac("sha256", key)
    .update(`aperture-env journal\n${realpathSync(root)}\n${text}`)
    .digest("hex");
}

/** Whether it is the seal of that text. */
export function isSealOf(seal: string, key: Buffer, root: string, text: string): boolean {
  const [given, right] = [Buffer.from(seal, "hex"), Buffer.from(sealOf(key, root, text), "hex")];
  return given.length === right.length && timingSafeEqual(given, right);
}

const fileName = "journal.key";

/**
 * The folder for what a program keeps between runs (XDG Base Directory Specification; %LOCALAPPDATA% on Windows), or null. Never one that lies in
 * the repository, as where a build sets HOME to it: a key in there may have come with the repository.
 */
function stateFolder(root: string, env: Env): string | null {
  const named = env[platform === "win32" ? "LOCALAPPDATA" : "XDG_STATE_HOME"];
  const homes = [env["HOME"], homeOfAccount()].map((home) => home && join(home, ".local", "state"));
  // The specification has relative paths ignored.
  const folders = [named, ...homes].filter((folder) => folder !== undefined && isAbsolute(folder));
  const outside = folders.find((folder) => !isWithin(root, folder!));
  return outside === undefined ? null : join(outside, "create-aperture-env");
}

function isWithin(root: string, folder: string): boolean {
  const top = realOf(root);
  return `${realOf(join(folder, "create-aperture-env"))}${sep}`.startsWith(top.endsWith(sep) ? top : top + sep);
}

/** What the machine's list of accounts says, whatever HOME says; an account may have no entry there. */
function homeOfAccount(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}

/** A path without links; what is not there yet keeps its name. */
function realOf(path: string): string {
  const full = resolve(path);
  return existsSync(full) || dirname(full) === full ? realpathSync(full) : join(realOf(dirname(full)), basename(full));
}

/** The key in that file; null where it is none, or one that others could have made or read. */
function read(file: string): SealKey {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile() || found.nlink > 1 || found.size !== 2 * length) return null;
  if (geteuid !== undefined && (found.uid !== geteuid() || (found.mode & 0o077) !== 0)) return null;
  const key = Buffer.from(readFileSync(file, "latin1"), "hex");
  return key.length === length ? key : null;
}

/** Makes a key. Of two that do so at once, both come away with the same one. */
function make(folder: string): SealKey {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, fileName);
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const descriptor = openSync(temporary, "wx", 0o600);
    try {
      writeFileSync(descriptor, randomBytes(length).toString("hex"));
      // A journal is worth nothing without it.
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    place(temporary, file);
  } finally {
    unlinkIfThere(temporary);
  }
  return read(file);
}

/** Gives the key its name, unless there is one by now. */
function place(temporary: string, file: string): void {
  try {
    linkSync(temporary, file);
  } catch (error) {
    // One that cannot be used gives way, and so it is where the file system has no hard links.
    if (codeOf(error) !== "EEXIST" || read(file) === null) renameSync(temporary, file);
  }
}
