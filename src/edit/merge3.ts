/**
 * Merges two texts that come from one ancestor. No file ever gets conflict markers: where both changed the same place, there is no result, or
 * the side that was chosen wins in that place and the rest is merged all the same.
 */
import { diff3Merge } from "node-diff3";
import { ensureValue, readObject, removeValue } from "./jsonc.ts";
import { saysValue } from "./resolution.ts";
import { isTree, sameValue, valueAt, type Tree } from "./value.ts";

/** Whose text stands where both changed the same place. */
export type Side = "mine" | "theirs";

/** Whether lines of a person's say already what changed between two others. */
export type IsSettled = (mine: readonly string[], from: readonly string[], to: readonly string[]) => boolean;

/**
 * How many pairs of equal lines two texts may have to be compared: the comparison tries them all, and takes seconds above. A Dockerfile of
 * hundreds of lines has some thousand; a text and a lock that are made to hang a merge have millions.
 */
const maxPairs = 100_000;

/** How many lines a text may have to be compared: the comparison hands them over as arguments of one call, and there is room for some 100,000. */
const maxLines = 50_000;

/**
 * Line by line, as `git merge-file` does. Null for a conflict without a `side`. `mine` keeps its line ends, and in a place that a person has
 * settled already, as `isSettled` says of it, also its text. Texts that cannot be compared in time are one conflict from the first line to the
 * last.
 */
export function mergeLines(
  mine: string,
  ancestor: readonly string[],
  theirs: string,
  side: Side | null = null,
  isSettled: IsSettled = () => false,
): string | null {
  const newline = /\r\n|\n/.exec(mine)?.[0] ?? "\n";
  const [myLines, theirLines] = [mine.split(/\r?\n/), theirs.split("\n")];
  const pairs = Math.max(countPairs(myLines, ancestor), countPairs(theirLines, ancestor));
  if (pairs > maxPairs || Math.max(myLines.length, ancestor.length) > maxLines)
    return side === "mine" || isSettled(myLines, ancestor, theirLines) ? mine : side === null ? null : theirLines.join(newline);
  const regions = diff3Merge(myLines, [...ancestor], theirLines, { excludeFalseConflicts: true });
  const lines: string[] = [];
  for (const region of regions) {
    if (region.ok !== undefined) lines.push(...region.ok);
    else {
      const { a, o, b } = region.conflict!;
      const taken = side === "mine" || isSettled(a, o, b) ? a : side === null ? null : b;
      if (taken === null) return null;
      lines.push(...taken);
    }
  }
  return lines.join(newline);
}

/** How many pairs of a line of one text and an equal one of the other there are. */
function countPairs(lines: readonly string[], others: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1);
  return lines.reduce((pairs, line) => pairs + (counts.get(line) ?? 0), 0);
}

/**
 * Key by key, for JSONC whose neighbouring lines both sides changed: what `theirs` changed of the ancestor is spliced into `mine`, where that
 * still has the ancestor's value. A value that a person brought together already stays. Null for a conflict without a `side`, and where one of
 * the texts is not one object.
 */
export function mergeValues(mine: string, ancestor: string, theirs: string, side: Side | null = null): string | null {
  const [mineRead, ancestorRead, theirsRead] = [readObject(mine), readObject(ancestor), readObject(theirs)];
  if (!mineRead.ok || !ancestorRead.ok || !theirsRead.ok) return null;
  let text = mine;
  for (const { path, from, to } of changesBetween(ancestorRead.value, theirsRead.value)) {
    const current = valueAt(mineRead.value, path);
    if (sameValue(current, to) || saysValue(current, from, to)) continue;
    if (!sameValue(current, from)) {
      if (side === null) return null;
      if (side === "mine") continue;
    }
    const edited = to === undefined ? removeValue(text, path, path.length - 1) : ensureValue(text, path, to);
    if (!edited.ok) return null;
    text = edited.text;
  }
  return text;
}

interface ValueChange {
  readonly path: [string, ...string[]];
  /** Undefined where the key was not there. */
  readonly from: unknown;
  /** Undefined where the key is gone. */
  readonly to: unknown;
}

function changesBetween(from: Tree, to: Tree, above: readonly string[] = []): ValueChange[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key): ValueChange[] => {
    const [before, after] = [valueAt(from, [key]), valueAt(to, [key])];
    if (sameValue(before, after)) return [];
    const path = [...above, key] as unknown as [string, ...string[]];
    return isTree(before) && isTree(after) ? changesBetween(before, after, path) : [{ path, from: before, to: after }];
  });
}
