/**
 * The journal's text: JSON lines, a header, one line for each file, and a last line that commits. Without the last one nothing was touched yet.
 * It is hostile input like the lock: parsed with caps, and what does not fit is refused.
 */
import type { Stats } from "node:fs";
import { decisionError } from "../errors.ts";
import { isInside } from "../lock/inside.ts";
import type { Write } from "../plan/plan.ts";
import type { Staged } from "./staging.ts";

/** Name of the journal at a repository's root. It is there only while a run writes, or after one that was cut off. */
export const journalPath = ".aperture-env.journal";

/** No journal is larger, in bytes. */
export const maxBytes = 64 * 1024 * 1024;
const maxSteps = 1000;
/** How every journal begins. */
const start = '{"version":';
const version = 2;

/** A run's change of one file, complete enough to repeat it without the plan. */
export interface JournalStep extends Staged {
  readonly path: string;
  readonly kind: Write["kind"];
  /** The hash of the replaced text; null if there was no file. */
  readonly before: string | null;
  /** The new text; null if the file is removed. */
  readonly after: string | null;
}

/** The writing process. */
export interface Header {
  readonly pid: number;
  readonly host: string;
  readonly run: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** What the file system said of the journal when it was made: its owner, its permissions and how many names it has. */
  readonly file: FileMarks;
}

/** Marks of a file that its copies do not share. */
export interface FileMarks {
  readonly uid: number;
  readonly mode: number;
  readonly links: number;
}

/** The marks of a file. */
export function marksOf({ uid, mode, nlink }: Stats): FileMarks {
  return { uid, mode: mode & 0o777, links: nlink };
}

/** A parsed journal: without a header if it was interrupted there, and not committed if it was interrupted before the last line. */
export interface ReadJournal {
  readonly header: Header | null;
  readonly committed: {
    readonly steps: readonly JournalStep[];
    /** The text that the seal is of. */
    readonly sealed: string;
    /** Empty where the run had no key. */
    readonly seal: string;
  } | null;
}

/** The first line. */
export function formatHeader(header: Header): string {
  return `${JSON.stringify({ version, ...header })}\n`;
}

/** The line of a file. */
export function formatStep(step: JournalStep): string {
  return `${JSON.stringify(step)}\n`;
}

/** The last line; without it nothing of all that counts. */
export function formatCommit(count: number, seal: string): string {
  return `${JSON.stringify({ commit: count, seal })}\n`;
}

/** Reads a journal. Throws `journal-damaged` for what this program would not write. */
export function parseJournal(text: string): ReadJournal {
  const [first = "", ...lines] = text.split("\n");
  const cutOff = lines.pop();
  if (cutOff === undefined) {
    return isCutOff(text) ? { header: null, committed: null } : refuseJournal("it is not one of this program", 1);
  }
  const header = parseLine(first, 1);
  if (!isHeader(header)) {
    const known = header["version"] === version;
    return refuseJournal(known ? "its header is damaged" : "it is of another version of this program, or of none", 1);
  }
  if (lines.length > maxSteps) return refuseJournal(`it has more than ${maxSteps} lines`);
  const steps: JournalStep[] = [];
  for (const [index, line] of lines.entries()) {
    const value = parseLine(line, index + 2);
    if ("commit" in value && index === lines.length - 1) {
      const { commit, seal } = value;
      if (commit !== steps.length || cutOff !== "" || typeof seal !== "string" || !/^(?:[0-9a-f]{64})?$/.test(seal))
        return refuseJournal("it does not end as it should", index + 2);
      return { header, committed: { steps, sealed: text.slice(0, text.length - line.length - 1), seal } };
    }
    steps.push(isStep(value) ? value : refuseJournal("this line says nothing that this program would write", index + 2));
  }
  return { header, committed: null };
}

/** Whether a text ends within the header. */
export function isCutOff(text: string): boolean {
  return text.length < 1000 && !text.includes("\n") && (text.startsWith(start) || start.startsWith(text));
}

/** Refuses a journal, with the line in it where that is known. */
export function refuseJournal(why: string, line?: number): never {
  throw decisionError(
    "journal-damaged",
    `${journalPath} records an interrupted run, but cannot be used: ${why}. Nothing was written.`,
    `Look at that run's changes (git status), then delete ${journalPath} and run again.`,
    { file: journalPath, ...(line !== undefined && { line }) },
  );
}

function parseLine(line: string, number: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return refuseJournal("this line is not JSON", number);
  }
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : refuseJournal("this line is not an object", number);
}

function isHeader(value: object): value is Header {
  const { version: written, pid: number, host, run, startedAt, file } = value as Record<string, unknown>;
  return (
    written === version &&
    isIntegerUpTo(number, 0x7fffffff) &&
    number > 0 &&
    typeof host === "string" &&
    // It is shown.
    /^\P{C}{0,300}$/u.test(host) &&
    typeof run === "string" &&
    /^[0-9a-f]{12}$/.test(run) &&
    isIntegerUpTo(startedAt, 8.64e15) &&
    typeof file === "object" &&
    file !== null &&
    ["uid", "mode", "links"].every((name) => isIntegerUpTo((file as Record<string, unknown>)[name], 0xffffffff))
  );
}

function isStep(value: object): value is JournalStep {
  const { path, kind, before, after, executable } = value as Record<string, unknown>;
  const isHash = typeof before === "string" && /^sha256-[0-9a-f]{64}$/.test(before);
  return (
    typeof path === "string" &&
    isInside(path) &&
    path !== journalPath &&
    (kind === "create" || kind === "replace" || kind === "edit" || kind === "remove") &&
    (kind === "create" ? before === null : isHash) &&
    (kind === "remove" ? after === null : typeof after === "string") &&
    typeof executable === "boolean"
  );
}

function isIntegerUpTo(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;
}
