/**
 * `{env:NAME}` and `{file:path}` in a configuration's text, put in before it is parsed (OpenCode's `ConfigVariable.substitute`, 1.18.18: an unset
 * variable is empty text; a file is trimmed and escaped as JSON; relative paths begin at the file's folder; lines that begin with `//` keep their
 * `{file:}`; a file that cannot be read ends the start). What was put in is remembered with what stands for it in the file, because that may be a
 * key or somebody's file: it counts, and is never shown.
 */
import type { Env } from "../types.ts";
import type { World } from "./world.ts";

/** A part of a filled text, and what is written in its place. Offsets are those of the filled text. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly written: string;
}

/** A text with everything put in, and where. */
export interface Filled {
  readonly text: string;
  /** In their order. */
  readonly spans: readonly Span[];
}

/** The filled text, or the reference that leads nowhere, as it is written. */
export type Substituted =
  | ({ readonly ok: true } & Filled)
  | { readonly ok: false; readonly reference: string; readonly why: "unreadable" | "too-large" };

/** Four times the largest file that is read: more than any configuration, and less than what harms. In UTF-16 units. */
const largest = 16 * 1024 * 1024;
/** So many references are in no configuration, and each may be a file to read. */
const mostReferences = 10_000;

/** Puts variables and files in. `folder` is that of the file the text is from. */
export function substitute(text: string, folder: string, world: Pick<World, "home" | "read">, env: Env): Substituted {
  const variables = fill({ text, spans: [] }, /\{env:([^}]+)\}/g, (name) => env[name] ?? "");
  if (!variables.ok) return variables;
  const filled = variables.text;
  let lineStart = 0;
  return fill(variables, /\{file:([^}]+)\}/g, (path, index) => {
    for (let end = filled.indexOf("\n", lineStart); end !== -1 && end < index; end = filled.indexOf("\n", lineStart))
      lineStart = end + 1;
    if (filled.slice(lineStart, index).trimStart().startsWith("//")) return undefined;
    const named = path.startsWith("~/") ? `${world.home}/${path.slice(2)}` : path;
    const read = world.read(named.startsWith("/") ? named : `${folder}/${named}`);
    return read.kind === "text" ? JSON.stringify(read.text.trim()).slice(1, -1) : null;
  });
}

/** A text of which nothing is shown: `written` stands for all of it. */
export function veil(text: string, written: string): Filled {
  return { text, spans: [{ start: 0, end: text.length, written }] };
}

/** How a part of the filled text is written in the file; null where nothing was put into it. */
export function writtenBetween({ text, spans }: Filled, from: number, to: number): string | null {
  let written: string | null = null;
  let done = from;
  for (let index = firstBehind(spans, from); index < spans.length && spans[index]!.start < to; index++) {
    const { start, end, written: reference } = spans[index]!;
    if (end === from) continue;
    written = `${written ?? ""}${text.slice(done, Math.max(done, start))}${reference}`;
    done = Math.max(done, end);
  }
  return written === null ? null : written + text.slice(Math.min(done, to), to);
}

/** The first that does not end before an offset. */
function firstBehind(spans: readonly Span[], offset: number): number {
  let low = 0;
  for (let high = spans.length; low < high;) {
    const middle = (low + high) >> 1;
    if (spans[middle]!.end < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The line on which an offset of the filled text stands in the file, from 1. */
export function writtenLine(filled: Filled, offset: number): number {
  return (writtenBetween(filled, 0, offset) ?? filled.text.slice(0, offset)).split("\n").length;
}

/** Replaces what matches by its value: undefined leaves it, null says that it leads nowhere. */
function fill(source: Filled, pattern: RegExp, valueOf: (name: string, index: number) => string | null | undefined): Substituted {
  const { text, spans } = source;
  const parts: string[] = [];
  const placed: Span[] = [];
  let length = 0;
  let done = 0;
  let next = 0;
  let count = 0;
  const copy = (to: number): void => {
    for (; next < spans.length && spans[next]!.start <= to; next++) {
      const { start, end, written } = spans[next]!;
      const [from, until] = [Math.max(start, done), Math.min(end, to)];
      // One that was empty stays; of the others only what is left of them.
      if (from < until || (start === end && from === until))
        placed.push({ start: from - done + length, end: until - done + length, written });
      // The rest of it is seen again behind the match.
      if (end > to) break;
    }
    parts.push(text.slice(done, to));
    length += to - done;
    done = to;
  };
  for (const match of text.matchAll(pattern)) {
    const value = valueOf(match[1]!, match.index);
    if (value === undefined) continue;
    const end = match.index + match[0].length;
    const written = writtenBetween(source, match.index, end) ?? match[0];
    if (value === null) return { ok: false, reference: written, why: "unreadable" };
    copy(match.index);
    parts.push(value);
    placed.push({ start: length, end: length + value.length, written });
    length += value.length;
    done = end;
    count++;
    if (length > largest || count > mostReferences) return { ok: false, reference: written, why: "too-large" };
  }
  copy(text.length);
  return { ok: true, text: parts.join(""), spans: placed };
}
