/** JSON with comments as OpenCode reads it, and what can be asked of a value that is anything. */
import { findBeyond } from "../../text/nesting.ts";
import { readJsonc, Unreadable, type Witness } from "./jsonc.ts";
import { writtenLine, type Filled } from "./substitute.ts";

/** An object of a parsed text. */
export interface JsonObject {
  readonly [key: string]: unknown;
}

/** Whether a value is an object and no list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path of keys, or undefined. Only own keys count. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value);
}

/** A text, or undefined. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const inner = at(value, ...path);
  return typeof inner === "string" ? inner : undefined;
}

/** The texts of a list, or undefined where there is no list. */
export function textsAt(value: unknown, ...path: readonly string[]): readonly string[] | undefined {
  const inner = at(value, ...path);
  return Array.isArray(inner) ? inner.filter((each): each is string => typeof each === "string") : undefined;
}

/** The entries of an object at a path; none where there is none. */
export function entriesAt(value: unknown, ...path: readonly string[]): readonly (readonly [string, unknown])[] {
  const inner = at(value, ...path);
  return isObject(inner) ? Object.entries(inner) : [];
}

/** A text that was read, or where it stops being JSON, as an offset. */
export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: string; readonly offset: number };

/** More than any configuration. */
const largest = { depth: 200, parts: 1_000_000 };

/** Comments and trailing commas are allowed in every file and variable (OpenCode's `ConfigParse.jsonc`, 1.18). */
export function parseJsonc(text: string): Parsed {
  const beyond = findBeyond(text, largest);
  if (beyond !== null) return { ok: false, why: `Nested more than ${largest.depth} deep, or endless`, offset: beyond };
  return read(text);
}

function read(text: string, witness: Witness = {}): Parsed {
  try {
    return { ok: true, value: readJsonc(text, witness) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ok: false, why: error.why, offset: error.offset };
  }
}

/** Every quoted text of one that was read, keys among them, with what it means. */
export function stringsOf(text: string): readonly { readonly value: string; readonly start: number; readonly end: number }[] {
  const found: { readonly value: string; readonly start: number; readonly end: number }[] = [];
  read(text, { text: (value, start, end) => found.push({ value, start, end }) });
  return found;
}

/** The line on which a value stands in a file that was read, or undefined. Of a key that is there twice it is the last one, which counts. */
export function lineOf(filled: Filled, path: readonly (string | number)[]): number | undefined {
  let found: number | undefined;
  read(filled.text, {
    value: (start, here) => {
      if (here.length === path.length && here.every((key, index) => key === path[index])) found = start;
    },
  });
  return found === undefined ? undefined : writtenLine(filled, found);
}
