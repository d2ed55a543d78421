/**
 * Reads answers from text (flags, variables, typed input: `parse…`) and from plain values of the spec (`read…`). Each function gives the value with
 * notes on what it changed, or why the input is refused and what to write instead. Pure.
 */
import type { Answers, Parsed } from "./types.ts";

/** A value that was understood. */
export const understood = <Value>(value: Value, notes: readonly string[] = []): Parsed<Value> => ({ ok: true, value, notes });

/** Why the input is refused, and what to write instead; without a full stop. */
export const refused = (why: string, fix: string): { ok: false; why: string; fix: string } => ({ ok: false, why, fix });

/** For a sentence. */
export const names = (items: Iterable<string>): string => [...items].join(", ");

/** Reads a spec value that has to be text with the parser for text. */
export function readText<Value>(parse: (text: string, earlier: Partial<Answers>) => Parsed<Value>) {
  return (value: unknown, earlier: Partial<Answers>): Parsed<Value> =>
    typeof value === "string" ? parse(value, earlier) : notText(value);
}

/** The refusal of a value that is no text. Quotes help only a number or a boolean. */
export function notText(value: unknown): ReturnType<typeof refused> {
  return refused(`expected text, not ${describe(value)}`, typeof value === "object" ? "write a text" : "put it in quotes");
}

/** The kind of a plain value, for a sentence. */
export function describe(value: unknown): string {
  if (value === null) return "nothing";
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "a map" : `the ${typeof value} ${String(value)}`;
}

/** Splits `a, b` and `a b`. */
export function splitList(text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}
