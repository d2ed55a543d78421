/** Lines that a file has to contain: missing ones are appended, and can be removed again completely. */
import { refuseAt, type EditResult } from "./splice.ts";

/** A line of a text and its position. */
export interface Line {
  readonly at: number;
  readonly body: string;
  /** Its line end; empty for a last line without one. */
  readonly newline: string;
}

/** The lines of a text, without its BOM. A line end at the end of the text does not start another line. */
export function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  while (at < text.length) {
    const found = text.indexOf("\n", at);
    const end = found < 0 ? text.length : found + 1;
    const newline = found < 0 ? "" : text[found - 1] === "\r" && found > at ? "\r\n" : "\n";
    lines.push({ at, body: text.slice(at, end - newline.length), newline });
    at = end;
  }
  return lines;
}

/** The first line end of a text. */
export function newlineOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}

/** The text with lines appended. A text without a final newline stays without one; an empty text gets one. */
export function appended(text: string, lines: readonly string[]): string {
  const newline = newlineOf(text);
  const added = lines.join(newline);
  if (/^\ufeff?$/.test(text)) return text + added + newline;
  // Before the final newline, which stays unchanged even in a file that mixes line ends.
  const final = /\r?\n$/.exec(text)?.[0] ?? "";
  return text.slice(0, text.length - final.length) + newline + added + final;
}

/** The text without some of its lines. The line end before each is removed with it, because `appended` added it. */
export function without(text: string, unwanted: (line: Line, index: number) => boolean): string {
  const kept: string[] = [];
  let newline: string | null = null;
  for (const [index, line] of linesOf(text).entries()) {
    if (!unwanted(line, index)) {
      kept.push(newline ?? "", line.body);
      newline = line.newline;
    } else if (newline !== null) {
      newline = line.newline;
    }
  }
  return (text.startsWith("\ufeff") ? "\ufeff" : "") + kept.join("") + (newline ?? "");
}

/**
 * Ensures that a text has all of these lines, and appends those that are missing. Trailing white space is ignored, and blank lines are
 * never missing.
 */
export function ensureLines(text: string, lines: readonly string[]): EditResult {
  const there = trimmedBodies(text);
  const wanted = new Set(lines.map((line) => line.trimEnd()).filter((line) => line !== ""));
  const missing = [...wanted].filter((line) => !there.has(line));
  if (missing.length === 0) return { ok: true, text };
  return checked(text, appended(text, missing), [...bodies(text), ...missing]);
}

/** Removes all of these lines from a text. Trailing white space is ignored, and blank lines stay. */
export function removeLines(text: string, lines: readonly string[]): EditResult {
  const there = trimmedBodies(text);
  const unwanted = new Set(lines.map((line) => line.trimEnd()).filter((line) => line !== "" && there.has(line)));
  if (unwanted.size === 0) return { ok: true, text };
  const result = without(text, ({ body }) => unwanted.has(body.trimEnd()));
  return checked(
    text,
    result,
    bodies(text).filter((line) => !unwanted.has(line.trimEnd())),
  );
}

/** The lines of a text for comparison: without trailing white space, line ends and a BOM. */
export function trimmedBodies(text: string): ReadonlySet<string> {
  return new Set(bodies(text).map((body) => body.trimEnd()));
}

/** The bodies of `linesOf` without an object for each, so that a file of millions of lines is fast, too. */
function bodies(text: string): readonly string[] {
  const lines = text.slice(text.startsWith("\ufeff") ? 1 : 0).split("\n");
  const last = lines.pop()!;
  const ended = text.includes("\r") ? lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line)) : lines;
  if (last !== "") ended.push(last);
  return ended;
}

function checked(text: string, result: string, intended: readonly string[]): EditResult {
  const got = bodies(result);
  if (got.length === intended.length && got.every((line, index) => line === intended[index])) return { ok: true, text: result };
  return refuseAt(text, text.length, "editing these lines would not give the intended result, so nothing was changed");
}
