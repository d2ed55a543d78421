/**
 * The lock, `aperture-env.lock`: what was resolved and what was written. JSON in a fixed order, so that the same run gives the same bytes.
 *
 * It is hostile input: parsed with caps, paths must stay inside the repository, and what does not fit is reported as damaged, never trusted.
 */
import { createHash } from "node:crypto";
import { arePins, type Pins } from "../catalog/image-reference.ts";
import { compareVersions, isRelease, type Release } from "../catalog/release.ts";
import { isTailscaleRelease, type TailscaleRelease } from "../catalog/tailscale.ts";
import { isCount, isList, isRecord, isText } from "../forms.ts";
import { mayWrite, mayWriteTo } from "../parts/claims.ts";
import { questions } from "../questions/table.ts";
import type { Answers } from "../questions/types.ts";
import { generatorVersion } from "../version.ts";
import type { Move, Strategy } from "../vocabulary.ts";
import { isInside } from "./inside.ts";
import { migrateLock } from "./migrate.ts";
import { isRegistry } from "./registry.ts";

/** Name of the lock at a repository's root. */
export const lockPath = "aperture-env.lock";

/** The form that this version writes. */
export const lockVersion = 3;

/** A value that was written into one of the user's files. */
export interface LockedValue {
  readonly path: readonly [string, ...string[]];
  readonly value: unknown;
  /** True for an element of the list at `path`, else it is the value of the last key. */
  readonly item: boolean;
  /** How many leading keys of `path` were there before: those after them are ours to take out. */
  readonly made: number;
  /** The list was a single text before; `remove` makes it one again. */
  readonly fromText?: true;
  /** Without it the gateway is out of reach. */
  readonly needed?: true;
}

/** A value of the user's that was taken out; the value itself is left out if it may contain a key. */
export interface TakenValue {
  readonly path: readonly [string, ...string[]];
  readonly value?: unknown;
}

/** What was written to one path. */
export interface LockedFile {
  readonly strategy: Strategy;
  /** `sha256-` and the hexadecimal digest of the UTF-8 text: for a generated file its text, for a user's file the whole file with our part in it. */
  readonly hash: string;
  /** The text's lines, for files that people edit: the ancestor of a three-way merge. */
  readonly ancestor?: readonly string[];
  /** `own`: hash of an edited text that the user chose to keep over what we gave. */
  readonly kept?: string;
  /** The user deleted the file; it is not written again. */
  readonly deleted?: true;
  /** `keys`: what was written. */
  readonly values?: readonly LockedValue[];
  /** `keys`: values of the user's that were moved. */
  readonly moved?: readonly Move[];
  /** `taken`: values of the user's that were taken out. */
  readonly taken?: readonly TakenValue[];
  /** `lines` and `block`: the lines that were written. */
  readonly lines?: readonly string[];
  /** The file was not there before. */
  readonly created?: true;
  /** Restores the user's bytes from the text with that hash: `text` replaces `length` characters at `at`. */
  readonly undo?: { readonly at: number; readonly length: number; readonly text: string };
}

/** The whole lock. */
export interface Lock {
  readonly lockVersion: typeof lockVersion;
  /** Version of the generator that wrote it. */
  readonly generator: string;
  readonly revision: string;
  /** All answers, so that keys that the spec leaves out keep their value. */
  readonly answers: Answers;
  readonly opencode: Release;
  /** The npm registry that the Feature falls back to; empty where none is needed. */
  readonly registry: string;
  /** Tailscale's programs, where there are any. */
  readonly tailscale?: TailscaleRelease;
  /** Digests of the base images, by their references; left out if none is pinned. */
  readonly pins?: Pins;
  readonly files: Readonly<Record<string, LockedFile>>;
}

/** What a lock's text is: a lock, a lock of a newer form, or damaged. */
export type ReadLock =
  | { readonly kind: "lock"; readonly lock: Lock }
  | { readonly kind: "newer"; readonly generator: string }
  | { readonly kind: "damaged" };

/** The hash of a file's text as the lock writes it. */
export function hashText(text: string): string {
  if (text.length < 1000 || text.length > 500_000) return computeHash(text);
  const at = recent.findIndex((each) => each.text === text);
  const [known = { text, hash: computeHash(text) }] = at === -1 ? [] : recent.splice(at, 1);
  recent.unshift(known);
  if (recent.length > mostRecent) recent.pop();
  return known.hash;
}

/** The hashes computed last, as many as one repository needs: most repositories of one run have the same generated texts. */
const recent: { readonly text: string; readonly hash: string }[] = [];
const mostRecent = 24;

function computeHash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("hex")}`;
}

/** The text with LF line ends. A checkout on Windows may have CRLF, which does not count as an edit. */
export function normalise(text: string): string {
  return text.includes("\r") ? text.replaceAll("\r\n", "\n") : text;
}

/** Our text with the line ends of the existing one: if a checkout made them all CRLF, they stay CRLF. */
export function withLineEndsOf(there: string, text: string): string {
  return /\r\n/.test(there) && !/(?<!\r)\n/.test(there) ? text.replaceAll("\n", "\r\n") : text;
}

/** The lock as a file. */
export function formatLock(lock: Lock): string {
  const files = Object.fromEntries(Object.entries(lock.files).sort(([left], [right]) => (left < right ? -1 : 1)));
  const text = JSON.stringify({ ...lock, files }, null, 2);
  // A line for each file of which there is only a hash, and for each package: what a reviewer sees.
  return `${text.replaceAll(/\{\n +("(?:strategy|arch)": "[^"]*"),\n +("[^"]*": "[^"]*")(?:,\n +("[^"]*": "[^"]*"))?\n +\}/g, inOneLine)}\n`;
}

function inOneLine(_whole: string, ...fields: readonly unknown[]): string {
  return `{ ${fields
    .slice(0, 3)
    .filter((field) => field !== undefined)
    .join(", ")} }`;
}

const maxLength = 4 * 1024 * 1024;
const maxFiles = 2000;
const maxValues = 500;

/**
 * Reads a lock, also one of an older form. The lock of a later version is `newer` if this one cannot read it. Any other text that this
 * program did not write is `damaged`: callers then treat every file as the user's.
 */
export function readLockText(text: string): ReadLock {
  const damaged = { kind: "damaged" } as const;
  if (text.length > maxLength) return damaged;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return damaged;
  }
  if (!isRecord(value)) return damaged;
  const { lockVersion: version, generator } = value;
  const isNumbered = typeof version === "number" && Number.isInteger(version) && version > 0;
  if (isNumbered && version > lockVersion && isVersion(generator)) return { kind: "newer", generator };
  const lock = migrateLock(value);
  if (isLock(lock)) return { kind: "lock", lock };
  // A later version may have outputs and answers that this one does not know.
  const isLater = isNumbered && isVersion(generator) && compareVersions(generator, generatorVersion) > 0;
  return isLater ? { kind: "newer", generator } : damaged;
}

/** The lock, or null if the value has not this version's form. */
export function parseLock(text: string): Lock | null {
  const read = readLockText(text);
  return read.kind === "lock" ? read.lock : null;
}

function isLock(value: Record<string, unknown>): value is Record<string, unknown> & Lock {
  const { lockVersion: version, generator, revision, answers, opencode, registry, tailscale, pins = {}, files } = value;
  const plain =
    version === lockVersion && isVersion(generator) && typeof revision === "string" && /^[0-9a-f]{12}$/.test(revision);
  if (!plain || typeof registry !== "string" || !isRegistry(registry)) return false;
  if (!isAnswers(answers) || !isRelease(opencode) || !isRecord(files) || !arePins(pins)) return false;
  if (tailscale !== undefined && !isTailscaleRelease(tailscale)) return false;
  const entries = Object.entries(files);
  return (
    entries.length <= maxFiles && entries.every(([path, file]) => isInside(path) && isLockedFile(file) && isClaimed(path, file))
  );
}

/** Whether an output claims the place, so that a forged lock cannot reach any other. */
function isClaimed(path: string, { strategy, values = [], moved = [], taken = [] }: LockedFile): boolean {
  const keys = [...values, ...taken].map((value) => value.path);
  return mayWrite(path, { strategy, keys: [...keys, ...moved.flatMap(({ from, to }) => [from, to])] });
}

/** Whether this program ever writes to such a path. A journal with any other path was not written by this program. */
export function mayBeWritten(path: string): boolean {
  return isInside(path) && (path === lockPath || mayWriteTo(path));
}

function isVersion(value: unknown): value is string {
  return typeof value === "string" && /^[0-9]{1,6}(?:\.[0-9]{1,6}){2}(?:-[0-9A-Za-z.-]{1,50})?$/.test(value);
}

/** Whether each question has an answer of its form. */
function isAnswers(value: unknown): value is Answers {
  return (
    isRecord(value) && questions.every((question) => Object.hasOwn(value, question.id) && question.holds(value[question.id]))
  );
}

function isLockedFile(value: unknown): value is LockedFile {
  if (!isRecord(value)) return false;
  const { strategy, hash, ancestor, kept, deleted, values, moved, taken, lines, created, undo } = value;
  const known = ["own", "keys", "lines", "block", "seed", "taken"].includes(String(strategy));
  return (
    known &&
    isHash(hash) &&
    (kept === undefined || isHash(kept)) &&
    [ancestor, lines].every((item) => item === undefined || isList(item, isText)) &&
    [deleted, created].every((item) => item === undefined || item === true) &&
    (values === undefined || (isList(values, isLockedValue) && values.length <= maxValues)) &&
    (moved === undefined || (isList(moved, isMove) && moved.length <= maxValues)) &&
    (taken === undefined || (isList(taken, isTakenValue) && taken.length <= maxValues)) &&
    (undo === undefined || isUndo(undo))
  );
}

function isLockedValue(value: unknown): value is LockedValue {
  if (!isRecord(value)) return false;
  const { path, item, made, fromText, needed } = value;
  return (
    isKeyPath(path) &&
    typeof item === "boolean" &&
    isCount(made) &&
    "value" in value &&
    [fromText, needed].every((flag) => flag === undefined || flag === true)
  );
}

function isMove(value: unknown): value is Move {
  return isRecord(value) && isKeyPath(value["from"]) && isKeyPath(value["to"]);
}

function isTakenValue(value: unknown): value is TakenValue {
  return isRecord(value) && isKeyPath(value["path"]);
}

function isKeyPath(value: unknown): boolean {
  return isList(value, isText) && value.length > 0 && value.length <= 20;
}

function isUndo(value: unknown): value is NonNullable<LockedFile["undo"]> {
  return isRecord(value) && isCount(value["at"]) && isCount(value["length"]) && isText(value["text"]);
}

function isHash(value: unknown): value is string {
  return isText(value) && /^sha256-[0-9a-f]{64}$/.test(value);
}
