/** The text of every change as a unified diff, as git prints it. */
import { createTwoFilesPatch } from "diff";
import { writesOf, type Plan } from "../plan/plan.ts";

/** One patch for all writes of a plan, or the empty text. `git apply` takes it. */
export function formatDiff(plan: Plan): string {
  return writesOf(plan)
    .map((write) => {
      const isNew = write.kind === "create";
      const patch = createTwoFilesPatch(
        isNew ? "/dev/null" : `a/${write.path}`,
        `b/${write.path}`,
        isNew ? "" : write.before,
        write.after,
      );
      const mode = isNew ? `new file mode ${write.executable ? "100755" : "100644"}\n` : "";
      return `diff --git a/${write.path} b/${write.path}\n${mode}${patch.replace(/^=+\n/, "")}`;
    })
    .join("");
}
