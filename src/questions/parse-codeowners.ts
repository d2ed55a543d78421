/** How it is read who owns what the environment puts into a repository, in the words of a CODEOWNERS file. Pure. */
import { describe, refused, splitList, understood } from "./parse.ts";
import type { Parsed } from "./types.ts";

/**
 * An account, a team or a group with its groups, a role of GitLab's (`@@maintainer`), or an e-mail address (docs.github.com, "About code owners";
 * docs.gitlab.com, "Code Owners syntax and error handling").
 */
export const ownerPattern =
  "^(?:@{1,2}[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?(?:/[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)*|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+)$";
const ownerForm = new RegExp(ownerPattern);

function accept(items: readonly string[]): Parsed<readonly string[]> {
  const stray = items.find((item) => item.length > 200 || !ownerForm.test(item));
  return stray === undefined
    ? understood([...new Set(items)])
    : refused(
        `${JSON.stringify(stray)} is no owner`,
        "write an account or a team, as @acme/platform, or an e-mail address; the @ belongs to it",
      );
}

/** Owners, separated by commas or blanks; `none` for nobody. */
export function parseCodeowners(text: string): Parsed<readonly string[]> {
  return accept(text.trim() === "none" ? [] : splitList(text));
}

/** A list of owners. */
export function readCodeowners(value: unknown): Parsed<readonly string[]> {
  return Array.isArray(value) && value.every((item) => typeof item === "string")
    ? accept(value)
    : refused(`expected a list of owners, not ${describe(value)}`, 'write  ["@acme/platform"], or  []');
}
