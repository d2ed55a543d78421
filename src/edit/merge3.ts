/**
 * Merges two texts with a common ancestor. No file ever gets conflict markers: if both changed the same place, there is no result, or the chosen
 * side wins in that place and the rest is merged.
 */
import { diff3Merge, diffIndices } from "node-diff3";
import { ensureValue, readObject, removeValue } from "./jsonc.ts";
import { saysValue } from "./resolution.ts";
import { isTree, pathOf, sameValue, valueAt, type KeyPath, type Tree } from "./value.ts";

/** The side that wins if both changed the same place. */
export type Side = "mine" | "theirs";

/** Whether a person's lines already contain a change between two other texts. */
export type IsSettled = (mine: readonly string[], from: readonly string[], to: readonly string[]) => boolean;

/**
 * The maximum number of pairs of equal lines that are compared. The comparison tries them all and takes seconds above this. A Dockerfile with
 * hundreds of lines has some thousand pairs; a text and a lock that are made to hang a merge have millions.
 */
const maxPairs = 100_000;

/** The maximum number of lines that are compared. The comparison passes them as arguments of one call, which is limited to about 100,000. */
const maxLines = 50_000;

/**
 * Line by line, as `git merge-file` does. Null for a conflict without a `side`. `mine` keeps its line ends, and also its text in a place that a
 * person has already resolved according to `isSettled`. Texts that cannot be compared in time are one conflict as a whole.
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
  return joinLines(lines, myLines, mine);
}

/** Lines that `mine` has, too, end as they do there. The others end as its first line does. */
function joinLines(lines: readonly string[], myLines: readonly string[], mine: string): string {
  const myEnds = mine.match(/\r?\n/g) ?? [];
  const newline = myEnds[0] ?? "\n";
  if (myEnds.every((end) => end === newline)) return lines.join(newline);
  let end = 0;
  const ends = diffIndices([...myLines], [...lines]).flatMap(({ buffer1: [from, removed], buffer2: [, added] }) => {
    const same = myEnds.slice(end, from);
    end = from + removed;
    return [...same, ...Array<string>(added).fill(newline)];
  });
  ends.push(...myEnds.slice(end));
  return lines.map((line, index) => (index === lines.length - 1 ? line : line + (ends[index] ?? newline))).join("");
}

/** The number of pairs of equal lines, one from each text. */
function countPairs(lines: readonly string[], others: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1);
  return lines.reduce((pairs, line) => pairs + (counts.get(line) ?? 0), 0);
}

/**
 * Key by key, for JSONC in which both sides changed neighbouring lines. A change in `theirs` is applied to `mine` if `mine` still has the
 * ancestor's value. A value that a person has already merged stays. Null for a conflict without a `side`, and if one of the texts is not one
 * object.
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
  readonly path: KeyPath;
  /** Undefined if the key did not exist. */
  readonly from: unknown;
  /** Undefined if the key was removed. */
  readonly to: unknown;
}

function changesBetween(from: Tree, to: Tree, above: readonly string[] = []): ValueChange[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key): ValueChange[] => {
    const [before, after] = [valueAt(from, [key]), valueAt(to, [key])];
    if (sameValue(before, after)) return [];
    const path = pathOf(above, key);
    return isTree(before) && isTree(after) ? changesBetween(before, after, path) : [{ path, from: before, to: after }];
  });
}
