/**
 * The journal: what a run is about to do, written down before it touches anything, so that the next run can finish what a crash cut off.
 * That it is there is also the lock between two runs.
 *
 * JSON lines: a header, one line for each file, and a last line that commits. Without the last one nothing was touched yet. It is hostile
 * input like the lock: parsed with caps, paths must stay inside the repository, and what does not fit is refused, never followed.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import { kill, pid } from "node:process";
import { decisionError, environmentError, isAppError, type AppError } from "../errors.ts";
import { hashText, isInside } from "../lock/lock.ts";
import type { Write } from "../plan/plan.ts";
import { look } from "./scan.ts";

/** Name of the journal at a repository's root. It is there only while a run writes, or after one that was cut off. */
export const journalPath = ".aperture-env.journal";

/** What a run does to one file: enough to do it again without the plan. */
export interface Step {
  readonly path: string;
  readonly kind: Write["kind"];
  /** The hash of the text that gives way; null where nothing is. */
  readonly before: string | null;
  /** The text that comes; null where the file goes. */
  readonly after: string | null;
  /** The permissions of the new file, or of the one that is there. */
  readonly mode: number;
}

/** What became of a run that was cut off. */
export interface Recovery {
  /** Files that now are as that run wanted them. */
  readonly finished: readonly string[];
  /** Files that somebody has changed since, so that they were not touched. */
  readonly left: readonly string[];
  /** True where that run had not touched anything yet, and nothing was to be finished. */
  readonly undone: boolean;
}

interface Header {
  readonly version: 1;
  readonly pid: number;
  readonly host: string;
  readonly run: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

const maxBytes = 64 * 1024 * 1024;
const maxSteps = 1000;
/** For how long a run can be at work; it needs milliseconds. */
const maxAge = 10 * 60 * 1000;
/** How every journal begins. */
const start = '{"version":';

/** Whether there is a journal: a run is writing, or one was cut off. For commands that only read. */
export function findJournal(root: string): boolean {
  return lstatSync(join(root, journalPath), { throwIfNoEntry: false }) !== undefined;
}

/** The journal of this run. */
export class Journal {
  /** Stands in the names of this run's temporary files. Random, so that nobody can lay a link there beforehand. */
  readonly run = randomId();
  readonly #file: string;
  readonly #descriptor: number;
  readonly #links: number;

  /** Starts one. Where one is there: throws for a run at work, else finishes what was cut off and throws all the same, the plan being old. */
  constructor(root: string) {
    this.#file = join(root, journalPath);
    try {
      // It holds texts of files that may be private.
      this.#descriptor = openSync(this.#file, "wx", 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      recoverInterrupted(root);
      throw decisionError(
        "changed-meanwhile",
        "Another run wrote since the files were looked at. Nothing was written.",
        "Run again.",
        {
          file: journalPath,
        },
      );
    }
    try {
      this.#links = fstatSync(this.#descriptor).nlink;
      const header: Header = { version: 1, pid, host: hostname(), run: this.run, startedAt: Date.now() };
      writeFileSync(this.#descriptor, `${JSON.stringify(header)}\n`);
    } catch (error) {
      closeSync(this.#descriptor);
      unlinkSync(this.#file);
      throw error;
    }
  }

  /** Writes down everything that will be done. From here on a run that is cut off is finished by the next. */
  commit(steps: readonly Step[]): void {
    const lines = [...steps, { commit: steps.length }].map((line) => `${JSON.stringify(line)}\n`);
    writeFileSync(this.#descriptor, lines.join(""));
    // Where all files are ours, nothing can be lost that the same command would not give again.
    if (steps.some(({ kind }) => kind === "edit")) fsyncSync(this.#descriptor);
  }

  /** Whether it is still there: another run may have taken this one for dead, after it was stopped for long. */
  isHeld(): boolean {
    // Compared, since not every file system counts links.
    return fstatSync(this.#descriptor).nlink >= this.#links;
  }

  /** Deletes it: all is done, or all is undone. */
  end(): void {
    if (this.isHeld()) unlinkSync(this.#file);
    try {
      closeSync(this.#descriptor);
    } catch {
      // The file is gone; nothing hangs on it.
    }
  }
}

/**
 * Finishes what a run that was cut off had begun; null where there is none. Throws where the run is still at work (`another-run`), where
 * the journal cannot be trusted (`journal-damaged`) and where the disk refuses; the journal then stays for the next try.
 */
export function recoverInterrupted(root: string): Recovery | null {
  for (let tries = 3; ; tries--) {
    try {
      return recover(root);
    } catch (error) {
      // Where two runs finish a third one at once, files may come and go under their hands: then what is left is looked at anew.
      const final = isAppError(error) && ["another-run", "journal-damaged"].includes(error.code);
      if (final || tries === 1) throw error;
      pause(20);
    }
  }
}

function recover(root: string): Recovery | null {
  const text = readWhole(root);
  if (text === null) return null;
  const { header, steps } = parseJournal(text);
  if (header !== null && isAtWork(header)) {
    const since = new Date(header.startedAt).toISOString();
    throw anotherRun(`(process ${header.pid} on ${header.host}, since ${since}) `);
  }
  if (header === null || steps === null) {
    remove(root, text);
    return { finished: [], left: [], undone: true };
  }
  // All places are checked before the first is written to.
  const locate = locator(root);
  const targets = steps.map((step) => locate(step) ?? refuse(`${step.path} leads out of the repository, or into .git`));
  try {
    const own = `${header.run}-${randomId()}`;
    for (const target of targets) clearTemporaries(target, header.run);
    const done = steps.map((step, index) => redo(root, step, targets[index]!, own));
    remove(root, text);
    const pathsWhere = (wanted: boolean): string[] => steps.filter((_, index) => done[index] === wanted).map(({ path }) => path);
    return { finished: pathsWhere(true), left: pathsWhere(false), undone: false };
  } catch (error) {
    if (isAppError(error)) throw error;
    const { code = "", path = root } = error as NodeJS.ErrnoException;
    const why = `An earlier run was cut off and cannot be finished: ${path} cannot be written (${code || String(error)}).`;
    throw environmentError("cannot-write", why, `${hintFor(code)} Then run again: ${journalPath} knows what is missing.`);
  }
}

/** Brings one file to where the run wanted it; false where it is neither as it was before nor as it shall be. */
function redo(root: string, step: Step, target: string, run: string): boolean {
  const found = look(root, step.path);
  if (found.kind === "other") return false;
  const text = found.kind === "text" ? found.text : null;
  if (text !== step.after) {
    if ((text === null ? null : hashText(text)) !== step.before) return false;
    if (step.after === null) unlinkSync(target);
    else {
      const temporary = temporaryOf(target, run);
      makeFolder(dirname(target));
      stage(temporary, step, step.after);
      renameSync(temporary, target);
    }
  }
  if (step.after === null) removeEmptyFolders(root, step.path);
  return true;
}

/**
 * Removes what a run, or another recovery of it, has staged beside a target. Each has names of its own: where two recover at once, neither
 * puts in place what the other is still writing.
 */
function clearTemporaries(target: string, run: string): void {
  const folder = dirname(target);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return;
  const begin = `${basename(target)}.aperture-env-${run}`;
  for (const name of readdirSync(folder)) if (name.startsWith(begin) && name.endsWith(".tmp")) unlinkIfThere(join(folder, name));
}

/** Deletes the journal that was read, not one that has come in its place. */
function remove(root: string, text: string): void {
  const now = readText(root);
  if (now === null) return;
  if (now !== text) throw anotherRun("");
  unlinkIfThere(join(root, journalPath));
}

function isAtWork(header: Header): boolean {
  if (Math.abs(Date.now() - header.startedAt) > maxAge) return false;
  if (header.host !== hostname()) return true;
  // One with our number was before us: this process reads journals only when it writes none.
  if (header.pid === pid) return false;
  try {
    kill(header.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function anotherRun(which: string): AppError {
  return environmentError(
    "another-run",
    `Another run ${which}is writing to this repository. Nothing was written.`,
    `Wait until it has ended, or delete ${journalPath} if you know that it has.`,
    { file: journalPath },
  );
}

function refuse(why: string, line?: number): never {
  throw decisionError(
    "journal-damaged",
    `${journalPath} tells of a run that was cut off, but cannot be followed: ${why}. Nothing was written.`,
    `See what that run has changed (git status), then delete ${journalPath} and run again.`,
    { file: journalPath, ...(line !== undefined && { line }) },
  );
}

/** The journal's text with a header, but for a run that was cut off before it could write one; null where there is no journal. */
function readWhole(root: string): string | null {
  for (let tries = 20; ; tries--) {
    const text = readText(root);
    // Between making the file and its first line lie microseconds, in which a run must not be taken for dead.
    if (text === null || !isCutOff(text) || tries === 0) return text;
    pause(50);
  }
}

/** Waits. Everything here is synchronous, so that no signal handler runs in between. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Whether it ends within the header. */
function isCutOff(text: string): boolean {
  return text.length < 1000 && !text.includes("\n") && (text.startsWith(start) || start.startsWith(text));
}

function readText(root: string): string | null {
  const file = join(root, journalPath);
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (!found.isFile()) return refuse("it is not a regular file");
  if (found.size > maxBytes) return refuse(`it is larger than ${maxBytes / 1024 / 1024} MiB`);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw environmentError(
      "unreadable",
      `${file} cannot be read (${code}).`,
      "It may be of a run of another user. Check its permissions.",
    );
  }
}

/** Reads a journal: no header where it was cut off within it, no steps where they are not committed. */
function parseJournal(text: string): { readonly header: Header | null; readonly steps: readonly Step[] | null } {
  const [first = "", ...lines] = text.split("\n");
  const cutOff = lines.pop();
  if (cutOff === undefined) {
    return isCutOff(text) ? { header: null, steps: null } : refuse("it is not one of this program", 1);
  }
  const header = parseLine(first, 1);
  if (!isHeader(header)) {
    const known = header["version"] === 1;
    return refuse(known ? "its header is damaged" : "it is of another version of this program, or of none", 1);
  }
  if (lines.length > maxSteps) return refuse(`it has more than ${maxSteps} lines`);
  const steps: Step[] = [];
  for (const [index, line] of lines.entries()) {
    const value = parseLine(line, index + 2);
    if ("commit" in value && index === lines.length - 1) {
      if (value["commit"] !== steps.length || cutOff !== "") return refuse("it does not end as it should", index + 2);
      return { header, steps };
    }
    steps.push(isStep(value) ? value : refuse("this line says nothing that this program would write", index + 2));
  }
  return { header, steps: null };
}

function parseLine(line: string, number: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return refuse("this line is not JSON", number);
  }
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : refuse("this line is no object", number);
}

function isHeader(value: object): value is Header {
  const { version, pid: number, host, run, startedAt } = value as Record<string, unknown>;
  return (
    version === 1 &&
    isIntegerUpTo(number, 0x7fffffff) &&
    number > 0 &&
    typeof host === "string" &&
    // It is shown.
    /^\P{C}{0,300}$/u.test(host) &&
    typeof run === "string" &&
    /^[0-9a-f]{12}$/.test(run) &&
    isIntegerUpTo(startedAt, 8.64e15)
  );
}

function isStep(value: object): value is Step {
  const { path, kind, before, after, mode } = value as Record<string, unknown>;
  const isHash = typeof before === "string" && /^sha256-[0-9a-f]{64}$/.test(before);
  return (
    typeof path === "string" &&
    isInside(path) &&
    path !== journalPath &&
    (kind === "create" || kind === "replace" || kind === "edit" || kind === "remove") &&
    (kind === "create" ? before === null : isHash) &&
    (kind === "remove" ? after === null : typeof after === "string") &&
    isIntegerUpTo(mode, 0o777)
  );
}

function isIntegerUpTo(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;
}

/**
 * Where steps really land. A link within the repository stays one, what it leads to is replaced; only where the file goes, the link goes.
 * Null for what leads out of the repository or into git's own folder.
 */
export function locator(root: string): (step: Pick<Step, "path" | "kind">) => string | null {
  const known = new Map<string, string>();
  /** A path without links; what is not there yet keeps its name. */
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
    return inside === "" || inside.toLowerCase().split(sep).includes(".git") ? null : target;
  };
}

function randomId(): string {
  return randomBytes(6).toString("hex");
}

/** The temporary file of a run beside its target. */
export function temporaryOf(target: string, run: string): string {
  return `${target}.aperture-env-${run}.tmp`;
}

/** Writes a text to a temporary file, with the permissions that it shall have in its place. */
export function stage(temporary: string, { kind, mode }: Pick<Step, "kind" | "mode">, text: string): void {
  const descriptor = openSync(temporary, "wx", mode);
  try {
    writeFileSync(descriptor, text);
    // What holds text of the user's must be on the disk before it takes its place; all else can be generated again.
    if (kind === "edit") fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  // The mode of an existing file is kept whatever the umask is.
  if (kind !== "create") chmodSync(temporary, mode);
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
const staying: readonly (string | undefined)[] = ["ENOTEMPTY", "EEXIST", "ENOTDIR", "EBUSY"];

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
      if (staying.includes((error as NodeJS.ErrnoException).code)) return;
      throw error;
    }
    removed(full, found.mode & 0o7777);
  }
}

/** Unlinks a file, where there is one. */
export function unlinkIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** What to try where the disk refuses. */
export function hintFor(code: string): string {
  if (code === "ENOSPC") return "The disk is full.";
  if (code === "EROFS") return "The file system is read-only.";
  return "Check the permissions of the folder.";
}
