/**
 * The journal's text: JSON lines, a header, one line for each file, and a line that commits; behind it the new texts as they are, one after the other,
 * and a line end. Until all of that is there, nothing was touched yet. It is hostile input like the lock: parsed with caps, and what does not fit is
 * refused.
 */
import type { Stats } from "node:fs";
import { decisionError } from "../errors.ts";
import { isRecord } from "../forms.ts";
import { isInside } from "../lock/inside.ts";
import { hashText } from "../lock/lock.ts";
import type { Write } from "../plan/plan.ts";
import type { Staged } from "./staging.ts";

/** Name of the journal at a repository's root. It is there only while a run writes, or after one that was cut off. */
export const journalPath = ".aperture-env.journal";

/** No journal is larger, in bytes. */
export const maxBytes = 64 * 1024 * 1024;
const maxSteps = 1000;
/** How every journal begins. */
const start = '{"version":';
const version = 3;

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

/** A step as its line has it: with the hash of the new text, and how many UTF-16 units that takes. */
type NotedStep = Omit<JournalStep, "after"> & { readonly after: { readonly hash: string; readonly length: number } | null };

/** A parsed journal: without a header if it was interrupted there, and not committed if it was interrupted before its end. */
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

/** The line of a file. Its new text is not in it: as JSON the texts would take longer than all else of a run's writing. */
export function formatStep(step: JournalStep): string {
  const { after } = step;
  const noted: NotedStep = { ...step, after: after === null ? null : { hash: hashText(after), length: after.length } };
  return `${JSON.stringify(noted)}\n`;
}

/** What comes behind the lines of the files, in parts; without all of it nothing of them counts. */
export function formatCommit(steps: readonly JournalStep[], seal: string): string[] {
  return [`${JSON.stringify({ commit: steps.length, seal })}\n`, ...steps.map(({ after }) => after ?? ""), "\n"];
}

/** Reads a journal. Throws `journal-damaged` for what this program would not write. */
export function parseJournal(text: string): ReadJournal {
  let at = 0;
  const nextLine = (): string | null => {
    const end = text.indexOf("\n", at);
    return end === -1 ? null : text.slice(at, (at = end + 1) - 1);
  };
  const first = nextLine();
  if (first === null) {
    return isCutOff(text) ? { header: null, committed: null } : refuseJournal("it is not one of this program", 1);
  }
  const header = parseLine(first, 1);
  if (!isHeader(header)) {
    const known = header["version"] === version;
    return refuseJournal(known ? "its header is damaged" : "it is of another version of this program, or of none", 1);
  }
  const noted: NotedStep[] = [];
  for (let number = 2; ; number++) {
    const begin = at;
    const line = nextLine();
    if (line === null) return { header, committed: null };
    const value = parseLine(line, number);
    if ("commit" in value) {
      const { commit, seal } = value;
      if (commit !== noted.length || typeof seal !== "string" || !/^(?:[0-9a-f]{64})?$/.test(seal))
        return refuseJournal("it does not end as it should", number);
      const steps = withTexts(noted, text.slice(at));
      return { header, committed: steps && { steps, sealed: text.slice(0, begin), seal } };
    }
    if (noted.length === maxSteps) return refuseJournal(`it has more than ${maxSteps} lines`);
    noted.push(isStep(value) ? value : refuseJournal("this line says nothing that this program would write", number));
  }
}

/** The steps with their texts, or null where these were cut off. */
function withTexts(noted: readonly NotedStep[], texts: string): JournalStep[] | null {
  let at = 0;
  const steps = noted.map(({ after, ...step }) => ({ ...step, after: after && texts.slice(at, (at += after.length)) }));
  if (texts.length <= at) return null;
  const isRight = steps.every(({ after }, index) => after === null || hashText(after) === noted[index]!.after!.hash);
  return isRight && texts.slice(at) === "\n" ? steps : refuseJournal("its texts are not those that it names");
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
  return isRecord(value) ? value : refuseJournal("this line is not an object", number);
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

function isStep(value: object): value is NotedStep {
  const { path, kind, before, after, executable } = value as Record<string, unknown>;
  return (
    typeof path === "string" &&
    isInside(path) &&
    path !== journalPath &&
    (kind === "create" || kind === "replace" || kind === "edit" || kind === "remove") &&
    (kind === "create" ? before === null : isHash(before)) &&
    (kind === "remove" ? after === null : isNotedText(after)) &&
    typeof executable === "boolean"
  );
}

function isNotedText(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { hash, length } = value as Record<string, unknown>;
  return isHash(hash) && isIntegerUpTo(length, maxBytes);
}

function isHash(value: unknown): boolean {
  return typeof value === "string" && /^sha256-[0-9a-f]{64}$/.test(value);
}

function isIntegerUpTo(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;
}
