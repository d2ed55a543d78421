/** JSON with comments as OpenCode reads it, and what can be asked of a value that is anything. */
import { findNodeAtLocation, parseTree, parse, printParseErrorCode, type ParseError } from "jsonc-parser";

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

/** Line and column of an offset, both from 1. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}

/** A text that was read, or where it stops being JSON. */
export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: string; readonly line: number; readonly column: number };

/** Comments and trailing commas are allowed in every file and variable (facts: OpenCode's `ConfigParse.jsonc`, 1.18). */
export function parseJsonc(text: string): Parsed {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first === undefined) return { ok: true, value };
  const words = printParseErrorCode(first.error).replace(/(?<=[a-z])(?=[A-Z])/g, " ");
  return { ok: false, why: words.charAt(0).toUpperCase() + words.slice(1).toLowerCase(), ...placeOf(text, first.offset) };
}

/** The line on which a value stands, or undefined. */
export function lineOf(text: string, path: readonly string[]): number | undefined {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const node = root === undefined ? undefined : findNodeAtLocation(root, [...path]);
  return node === undefined ? undefined : placeOf(text, node.offset).line;
}
