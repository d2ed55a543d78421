/**
 * Merges two texts that come from one ancestor, line by line, as `git merge-file` does. Gives null where both changed the same place: no file
 * ever gets conflict markers.
 */
import { diff3Merge } from "node-diff3";

/** The merged lines, or null for a conflict. `mine` keeps its line ends. */
export function mergeLines(mine: string, ancestor: readonly string[], theirs: string): string | null {
  const newline = /\r\n|\n/.exec(mine)?.[0] ?? "\n";
  const regions = diff3Merge(mine.split(/\r?\n/), [...ancestor], theirs.split("\n"), { excludeFalseConflicts: true });
  const lines: string[] = [];
  for (const region of regions) {
    if (region.ok === undefined) return null;
    lines.push(...region.ok);
  }
  return lines.join(newline);
}
