/**
 * Finding and finishing an interrupted run. A journal is used only if this user created it on this machine for this folder, and only for paths that
 * this program may write.
 */
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { kill, pid } from "node:process";
import { decisionError, environmentError, isAppError, type AppError } from "../errors.ts";
import { hashText } from "../lock/lock.ts";
import { codeOf, diskError, isDiskError } from "./disk-errors.ts";
import {
  isCutOff,
  journalPath,
  marksOf,
  maxBytes,
  parseJournal,
  refuseJournal,
  type Header,
  type JournalStep,
} from "./journal-text.ts";
import { look } from "./scan.ts";
import { isSealOf, type SealKey } from "./seal.ts";
import { locator, makeFolder, rightsOf, randomId, removeEmptyFolders, stage, temporaryOf, unlinkIfThere } from "./staging.ts";

/** The conditions for trusting a journal. */
export interface Trust {
  /** The user's key; without one no journal is followed. */
  readonly key: SealKey;
  /** Whether this program ever writes to such a path. */
  readonly mayWrite: (path: string) => boolean;
}

/** A run that was cut off and can be finished. */
export interface Interrupted {
  /** Its files. `open`: to be done; `done`: as that run wanted it; `changed`: somebody has changed it since, so it is left. */
  readonly files: readonly {
    readonly path: string;
    readonly kind: JournalStep["kind"];
    readonly state: "open" | "done" | "changed";
  }[];
  /** The journal's text. */
  readonly text: string;
}

/** The result of finishing an interrupted run. */
export interface Recovery {
  /** Files that now have that run's state. */
  readonly finished: readonly string[];
  /** Files that were changed since, and were left untouched. */
  readonly left: readonly string[];
  /** True if that run had not changed anything yet, so there was nothing to finish. */
  readonly undone: boolean;
}

/** For how long a run can be at work, in milliseconds; it needs a few. */
const maxAge = 10 * 60 * 1000;

/**
 * Reports what finishing would do, and changes nothing; null without a journal. Throws if the run is still running (`another-run`), and if the journal
 * cannot be trusted (`journal-damaged`).
 */
export function readInterrupted(root: string, trust: Trust): Interrupted | null {
  const text = readWhole(root);
  if (text === null) return null;
  const { steps } = believe(root, text, trust);
  return { text, files: steps.map((step) => ({ path: step.path, kind: step.kind, state: stateOf(root, step) })) };
}

/**
 * Finishes what a run that was cut off had begun; null where there is none. Where somebody was told beforehand what it comes to (`told`), only
 * that journal is followed. Throws as `readInterrupted`, and where the disk refuses; the journal then stays for the next try.
 */
export function recoverInterrupted(root: string, trust: Trust, told: Interrupted | null = null): Recovery | null {
  for (let tries = 3; ; tries--) {
    try {
      return recover(root, trust, told);
    } catch (error) {
      // Where two runs finish a third one at once, files may come and go under their hands: then what is left is looked at anew.
      const final = isAppError(error) && ["another-run", "journal-damaged", "changed-meanwhile"].includes(error.code);
      if (final || tries === 1) throw error;
      pause(20);
    }
  }
}

/** Refuses to write because there is a journal: `another-run` for a run at work, else that something has come between. Touches nothing. */
export function refuseWhileJournal(root: string): never {
  const text = readWhole(root);
  const header = text === null ? null : parseJournal(text).header;
  if (header !== null && isAtWork(header)) throw atWork(header);
  throw decisionError(
    "changed-meanwhile",
    "Another run wrote since the files were looked at. Nothing was written.",
    "Run again.",
    { file: journalPath },
  );
}

function recover(root: string, trust: Trust, told: Interrupted | null): Recovery | null {
  const text = readWhole(root);
  if (text === null) return null;
  if (told !== null && told.text !== text) refuseWhileJournal(root);
  const { steps, run } = believe(root, text, trust);
  if (run === null) {
    remove(root, text);
    return { finished: [], left: [], undone: true };
  }
  // All places are checked before the first is written to.
  const locate = locator(root);
  const targets = steps.map((step) => locate(step) ?? refuseJournal(`${step.path} leads out of the repository, or into .git`));
  try {
    const own = `${run}-${randomId()}`;
    for (const target of targets) clearTemporaries(target, run);
    const done = steps.map((step, index) => redo(root, step, targets[index]!, own));
    remove(root, text);
    const pathsWhere = (wanted: boolean): string[] => steps.filter((_, index) => done[index] === wanted).map(({ path }) => path);
    return { finished: pathsWhere(true), left: pathsWhere(false), undone: false };
  } catch (error) {
    if (isAppError(error)) throw error;
    throw diskError(error, {
      path: root,
      done: "written",
      outcome: "An earlier run was cut off, and is not finished yet.",
      next: `Then run again: ${journalPath} knows what is missing.`,
    });
  }
}

/** What of a journal may be followed: its steps, and its run's name; null where that run had not touched anything yet. */
function believe(root: string, text: string, { key, mayWrite }: Trust): { steps: readonly JournalStep[]; run: string | null } {
  const { header, committed } = parseJournal(text);
  if (header !== null && isAtWork(header)) throw atWork(header);
  if (header === null || committed === null) return { steps: [], run: null };
  const { steps, sealed, seal } = committed;
  const why = "no run of yours on this machine has left it for this folder";
  if (key === null || seal === "" || !isSealOf(seal, key, root, sealed)) return refuseJournal(why);
  const found = lstatSync(join(root, journalPath), { throwIfNoEntry: false });
  const marks = found === undefined ? null : marksOf(found);
  // A copy has another owner, other permissions or other names.
  if (marks !== null && JSON.stringify(marks) !== JSON.stringify(header.file))
    return refuseJournal("its owner, its permissions or its names are not those that it was made with");
  const stray = steps.findIndex(({ path }) => !mayWrite(path));
  if (stray >= 0) return refuseJournal("this program never writes to the place that this line names", stray + 2);
  return { steps, run: header.run };
}

function stateOf(root: string, step: JournalStep): "open" | "done" | "changed" {
  const found = look(root, step.path);
  if (found.kind === "other") return "changed";
  const text = found.kind === "text" ? found.text : null;
  if (text === step.after) return "done";
  return (text === null ? null : hashText(text)) === step.before ? "open" : "changed";
}

/** Completes one file's change; false if the file matches neither the old nor the new state. */
function redo(root: string, step: JournalStep, target: string, run: string): boolean {
  const state = stateOf(root, step);
  if (state === "changed") return false;
  if (state === "open") {
    if (step.after === null) unlinkSync(target);
    else {
      const temporary = temporaryOf(target, run);
      makeFolder(dirname(target));
      stage(temporary, step.kind, rightsOf(target, step), step.after);
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
    return codeOf(error) !== "ESRCH";
  }
}

function atWork({ pid: number, host, startedAt }: Header): AppError {
  return anotherRun(`(process ${number} on ${host}, since ${new Date(startedAt).toISOString()}) `);
}

function anotherRun(which: string): AppError {
  return environmentError(
    "another-run",
    `Another run ${which}is writing to this repository. Nothing was written.`,
    `Wait until it has ended, or delete ${journalPath} if you know that it has.`,
    { file: journalPath },
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

function readText(root: string): string | null {
  const file = join(root, journalPath);
  try {
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found === undefined) return null;
    if (!found.isFile()) return refuseJournal("it is not a regular file");
    if (found.nlink > 1) return refuseJournal("it has a second name elsewhere");
    if (found.size > maxBytes) return refuseJournal(`it is larger than ${maxBytes / 1024 / 1024} MiB`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    if (!isDiskError(error)) throw error;
    throw diskError(error, { path: file, done: "read", next: "It may be of a run of another user." });
  }
}
