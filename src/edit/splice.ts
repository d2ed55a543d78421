/** Splices are the only way in which a user's text is changed. Only the named places change; a refusal names its place. */
import { placeIn } from "../text/place.ts";

/** Replaces `remove` characters at `at` with `insert`. Offsets and lengths are UTF-16 code units. */
export interface Splice {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

/** Why a text cannot be edited, and where: line and column from 1. */
export interface EditRefusal {
  readonly ok: false;
  readonly why: string;
  readonly line: number;
  readonly column: number;
}

/** The edited text, or why not. */
export type EditResult = { readonly ok: true; readonly text: string } | EditRefusal;

/** Applies splices, given in any order, that do not overlap. Those at one offset are applied in the order in which they are given. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const { at, remove, insert } of [...splices].sort((left, right) => left.at - right.at)) {
    parts.push(text.slice(from, at), insert);
    from = at + remove;
  }
  parts.push(text.slice(from));
  return parts.join("");
}

/** The refusal of an edit at an offset. */
export function refuseAt(text: string, offset: number, why: string): EditRefusal {
  return { ok: false, why, ...placeIn(text, offset) };
}

/** The smallest splice that turns `from` into `to`: the text between their common beginning and their common end. */
export function spliceBetween(from: string, to: string): Splice {
  const shorter = Math.min(from.length, to.length);
  let start = 0;
  while (start < shorter && from.charCodeAt(start) === to.charCodeAt(start)) start++;
  let end = 0;
  while (end < shorter - start && from.charCodeAt(from.length - 1 - end) === to.charCodeAt(to.length - 1 - end)) end++;
  return { at: start, remove: from.length - start - end, insert: to.slice(start, to.length - end) };
}
