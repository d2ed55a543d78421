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
      const patch = createTwoFilesPatch(
        kind === "create" ? "/dev/null" : `a/${path}`,
        kind === "remove" ? "/dev/null" : `b/${path}`,
        kind === "create" ? "" : write.before,
        kind === "remove" ? "" : write.after,
      );
      return block(`diff --git a/${path} b/${path}\n${header}${patch.replace(/^=+\n/, "")}`);
    }),
  );
}

/** What a conflict is about: from the text that is there to the one that would take its place; null where it is about no text. */
export function formatConflict({ path, before, after }: Extract<Change, { kind: "conflict" }>): Shown | null {
  if (before === undefined || after === undefined) return null;
  const name = visible(path);
  return block(createTwoFilesPatch(`${name} (yours)`, `${name} (ours)`, before, after).replace(/^=+\n/, ""));
}
