/** Texts of changes as unified diffs, as git prints them. */
import { createTwoFilesPatch } from "diff";
import { writesOf, type Change, type Plan } from "../plan/plan.ts";
import { block, joined, visible, type Shown } from "../text/terminal.ts";

/** One patch for all writes of a plan, or the empty text. `git apply` takes it where nothing in it had to be escaped. */
export function formatDiff(plan: Plan): Shown {
  return joined(
    writesOf(plan).map((write) => {
      const { kind } = write;
      const path = visible(write.path);
      // Scripts are the files of ours that can be executed.
      const mode = (kind === "create" ? write.executable : path.endsWith(".sh")) ? "100755" : "100644";
      const header = kind === "create" ? `new file mode ${mode}\n` : kind === "remove" ? `deleted file mode ${mode}\n` : "";
      const from = { name: kind === "create" ? "/dev/null" : `a/${path}`, text: kind === "create" ? "" : write.before };
      const to = { name: kind === "remove" ? "/dev/null" : `b/${path}`, text: kind === "remove" ? "" : write.after };
      return block(`diff --git a/${path} b/${path}\n${header}${compare(from, to) ?? replaceWhole(from, to)}`);
    }),
  );
}

/**
 * What a conflict is about: from the text that is there to the one that would take its place; null where it is about no text, or the text is
 * too long and too different to be shown.
 */
export function formatConflict({ path, before, after }: Extract<Change, { kind: "conflict" }>): Shown | null {
  if (before === undefined || after === undefined) return null;
  const name = visible(path);
  const patch = compare({ name: `${name} (yours)`, text: before }, { name: `${name} (generated)`, text: after });
  return patch === null ? null : block(patch);
}

/** A text with the name that it has in a patch. */
interface Side {
  readonly name: string;
  readonly text: string;
}

/** How many lines may come and go, and how long the texts may be, for a comparison that does not take seconds. */
const maxEdits = 2000;
const maxLength = 1024 * 1024;

/** The lines that differ, with some around them; null where finding them would take too long. */
function compare(from: Side, to: Side): string | null {
  // Nothing is to be found where one of them is empty.
  if (from.text === "" || to.text === "") return replaceWhole(from, to);
  if (from.text.length + to.text.length > maxLength && !isNear(from.text, to.text)) return null;
  const patch = createTwoFilesPatch(from.name, to.name, from.text, to.text, undefined, undefined, { maxEditLength: maxEdits });
  return patch?.replace(/^=+\n/, "") ?? null;
}

/** Whether two texts begin and end the same but for a part that can be compared. */
function isNear(left: string, right: string): boolean {
  let start = 0;
  while (start < left.length && left[start] === right[start]) start++;
  let end = 0;
  while (end < Math.min(left.length, right.length) - start && left.at(-1 - end) === right.at(-1 - end)) end++;
  return Math.max(left.length, right.length) - start - end <= maxLength;
}

/** A patch that takes every line out and puts every line in. */
function replaceWhole(from: Side, to: Side): string {
  const [gone, come] = [markLines(from.text, "-"), markLines(to.text, "+")];
  const range = (lines: readonly string[]): string => `${lines.length === 0 ? 0 : 1},${lines.length}`;
  const body = [gone, come].map((lines) => lines.join("")).join("");
  return `--- ${from.name}\n+++ ${to.name}\n${body === "" ? "" : `@@ -${range(gone)} +${range(come)} @@\n${body}`}`;
}

function markLines(text: string, mark: string): string[] {
  if (text === "") return [];
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.map((line) => `${mark}${line.endsWith("\n") ? line : `${line}\n\\ No newline at end of file\n`}`);
}
