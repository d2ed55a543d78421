/**
 * How each answer is read: from text (flags, variables, what was typed: `parse…`) and from a plain value of the spec (`read…`). Each gives the
 * value with a word on what was changed, or why it cannot be one and what to write instead. Pure.
 */
import type { Answers, Parsed } from "./types.ts";

/** A value that was understood. */
export const understood = <Value>(value: Value, notes: readonly string[] = []): Parsed<Value> => ({ ok: true, value, notes });

/** Why it is no value, and what to write instead; without a full stop. */
export const refused = (why: string, fix: string): { ok: false; why: string; fix: string } => ({ ok: false, why, fix });

/** For a sentence. */
export const names = (items: Iterable<string>): string => [...items].join(", ");

/** Reads a spec value that has to be text by the rule for text. */
export function readText<Value>(parse: (text: string, earlier: Partial<Answers>) => Parsed<Value>) {
  return (value: unknown, earlier: Partial<Answers>): Parsed<Value> =>
    typeof value === "string" ? parse(value, earlier) : refused(`expected text, not ${describe(value)}`, "put it in quotes");
}

/** What a plain value is, for a sentence. */
export function describe(value: unknown): string {
  if (value === null) return "nothing";
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "a map" : `the ${typeof value} ${String(value)}`;
}

/** Splits `a, b` and `a b`. */
export function splitList(text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}

/** Whether a plain value is a map. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
