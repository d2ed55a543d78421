/**
 * The journal of a run: all its changes, recorded before the first one, so that the next run can finish after a crash. Its existence is also the lock
 * between two runs.
 */
import { closeSync, fstatSync, fsyncSync, lstatSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { pid } from "node:process";
import { codeOf } from "./disk-errors.ts";
import { formatCommit, formatHeader, formatStep, journalPath, marksOf, type Header, type JournalStep } from "./journal-text.ts";
import { refuseWhileJournal } from "./recovery.ts";
import { sealOf, type SealKey } from "./seal.ts";
import { randomId } from "./staging.ts";

/** Whether there is a journal: a run is writing, or one was cut off. For commands that only read. */
export function findJournal(root: string): boolean {
  return lstatSync(join(root, journalPath), { throwIfNoEntry: false }) !== undefined;
}

/** The journal of this run. */
export class Journal {
  /** A part of the names of this run's temporary files. Random, so that nobody can create a link there in advance. */
  readonly run = randomId();
  readonly #root: string;
  readonly #key: SealKey;
  readonly #file: string;
  readonly #descriptor: number;
  readonly #header: Header;

  /**
   * Starts one, to be sealed with that key. Where one is there, throws: `another-run` for a run at work, else that something has come between.
   */
  constructor(root: string, key: SealKey) {
    this.#root = root;
    this.#key = key;
    this.#file = join(root, journalPath);
    this.#descriptor = openNew(root, this.#file);
    try {
      const file = marksOf(fstatSync(this.#descriptor));
      this.#header = { pid, host: hostname(), run: this.run, startedAt: Date.now(), file };
      writeFileSync(this.#descriptor, formatHeader(this.#header));
    } catch (error) {
      closeSync(this.#descriptor);
      unlinkSync(this.#file);
      throw error;
    }
  }

  /** Writes down everything that will be done. From here on a run that is cut off is finished by the next. */
  commit(steps: readonly JournalStep[]): void {
    const lines = steps.map(formatStep).join("");
    const seal = this.#key === null ? "" : sealOf(this.#key, this.#root, formatHeader(this.#header) + lines);
    // Part by part: one letter beyond Latin-1 would make the text of all of them take twice the memory, and twice the time.
    const parts = [lines, ...formatCommit(steps, seal)].map((part) => Buffer.from(part));
    writeFileSync(this.#descriptor, Buffer.concat(parts));
    // Where all files are ours, nothing can be lost that the same command would not give again.
    if (steps.some(({ kind }) => kind === "edit")) fsyncSync(this.#descriptor);
  }

  /** Whether it is still there: another run may have taken this one for dead, after it was stopped for long. */
  isHeld(): boolean {
    // Compared, since not every file system counts links.
    return fstatSync(this.#descriptor).nlink >= this.#header.file.links;
  }

  /** Deletes it after everything is done or undone. */
  end(): void {
    if (this.isHeld()) unlinkSync(this.#file);
    try {
      closeSync(this.#descriptor);
    } catch {
      // The file is gone; nothing hangs on it.
    }
  }
}

function openNew(root: string, file: string): number {
  try {
    // It holds texts of files that may be private.
    return openSync(file, "wx", 0o600);
  } catch (error) {
    if (codeOf(error) === "EEXIST") refuseWhileJournal(root);
    throw error;
  }
}
