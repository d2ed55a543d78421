/** The command that commits what a run wrote, for a person to take over. Pure. */
import { featureFolder } from "../catalog/files.ts";
import { writesOf, type Plan } from "../plan/plan.ts";
import { formatShell } from "../render/escape.ts";

/**
 * Names each path that was written, and the Feature folder, which is ours alone, as a whole; `.` would take in what else is there. `from` makes of a
 * path in the repository one that works where the person stands. Null where git ignores something of it, which a finding then tells.
 */
export function formatCommit(plan: Plan, from: (path: string) => string): string | null {
  if (plan.findings.some(({ code }) => code === "git-ignored")) return null;
  const paths = writesOf(plan).flatMap(({ kind, path }) =>
    path.startsWith(`${featureFolder}/`) ? [featureFolder] : kind === "remove" ? [] : [path],
  );
  const named = [...new Set(paths)].map((path) => formatShell(from(path)));
  return `git add ${named.join(" ")} && git commit -m 'Add the Aperture environment'`;
}
