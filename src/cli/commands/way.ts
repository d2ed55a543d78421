/** From where a person stands to a repository, for next steps that work as they are printed. */
import { relative, sep } from "node:path";
import { formatShell } from "../../render/escape.ts";
import { findPlace, resolveLinks } from "../../repo/work-tree.ts";

/** The step into the repository; none from inside of it. */
export function stepsInto(root: string, cwd: string): string[] {
  const [here, there] = [resolveLinks(cwd), resolveLinks(root)];
  return here === there || here.startsWith(`${there}${sep}`) ? [] : [`cd ${formatShell(relative(cwd, root))}`];
}

/** The steps after a change of files that were there before; without git there is nothing to review or commit. */
export function stepsAfter(root: string, cwd: string, rebuild: string): string[] {
  return findPlace(root) === null ? [rebuild] : [...stepsInto(root, cwd), "Review with  git diff  and commit", rebuild];
}
