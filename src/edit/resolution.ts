/**
 * Whether a person's text already contains a new version's change, so that nothing is left to merge: it has every added word and no removed
 * one. Its layout and the person's other text do not matter. Pure.
 */
import { isDeepStrictEqual } from "node:util";
import { bare } from "./value.ts";

/** The maximum number of line pairs that are compared word by word; files that people write have some hundred. */
const maxPairs = 10_000;

/** Whether these lines contain the change between two other texts. Blank lines and comments that start with `#` are ignored. */
export function sayLines(mine: readonly string[], from: readonly string[], to: readonly string[]): boolean {
  const [here, before, after] = [mine, from, to].map(statements) as [string[], string[], string[]];
  // Only comments were added or removed.
  if (isDeepStrictEqual(before, after)) return true;
  const came = missingFrom(wordsOf(before), wordsOf(after));
  const went = missingFrom(after, before);
  if (came.length + went.length === 0 || missingFrom(here, went).length < went.length) return false;
  // If nothing was added, one of the person's lines may be an edited form of the removed one. Texts that would take seconds are not compared.
  if (came.length === 0)
    return went.length * here.length <= maxPairs && !went.some((line) => here.some((other) => isNear(other, line)));
  return missingFrom(wordsOf(here), came).length === 0;
}

/** Whether a value contains the change between two others: a string by its words, a list by its elements. A list that is new was empty before. */
export function saysValue(mine: unknown, old: unknown, to: unknown): boolean {
  const from = old === undefined && Array.isArray(to) ? [] : old;
  if (typeof mine === "string" && typeof from === "string" && typeof to === "string") {
    const came = missingFrom(wordsOf([from]), wordsOf([to]));
    return came.length > 0 && missingFrom(wordsOf([mine]), came).length === 0;
  }
  if (!Array.isArray(mine) || !Array.isArray(from) || !Array.isArray(to)) return false;
  const lacks = (list: readonly unknown[], items: readonly unknown[]): unknown[] =>
    items.filter((item) => !list.some((other) => isDeepStrictEqual(bare(other), bare(item))));
  const [came, went] = [lacks(from, to), lacks(to, from)];
  return came.length + went.length > 0 && lacks(mine, came).length === 0 && lacks(mine, went).length === went.length;
}

function statements(lines: readonly string[]): string[] {
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}

function wordsOf(lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(/\s+/).filter((word) => word !== "" && word !== "\\"));
}

function missingFrom(words: readonly string[], others: readonly string[]): string[] {
  const there = new Set(words);
  return others.filter((word) => !there.has(word));
}

/** Whether a line has more than half of another line's words. */
function isNear(line: string, other: string): boolean {
  const words = wordsOf([other]);
  return missingFrom(wordsOf([line]), words).length * 2 < words.length;
}
