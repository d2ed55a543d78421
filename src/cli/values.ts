/** Reads flags' values and positional words. All functions throw usage errors that name the flag and its valid values. */
import { usageError } from "../errors.ts";
import { questions } from "../questions/table.ts";
import type { QuestionId } from "../questions/types.ts";
import type { Flags, Landing, Switches } from "./command.ts";
import type { Env, Values } from "./descriptors/descriptor.ts";
import { isNpmRun, npmTook } from "./npm.ts";

/** The named folder, or null. */
export function oneFolder(positionals: readonly string[]): string | null {
  if (positionals.length > 1) {
    throw usageError(
      "too-many-folders",
      `Expected one folder, got ${positionals.length}: ${positionals.join(", ")}.`,
      "After  npm create aperture-env  put -- before the flags:  npm create aperture-env@latest my-folder -- --url http://ai",
    );
  }
  return positionals[0] ?? null;
}

/** The named gateway, or null. */
export function oneOrigin(positionals: readonly string[]): string | null {
  if (positionals.length > 1)
    throw usageError(
      "too-many-gateways",
      `Expected one gateway, got ${positionals.length}: ${positionals.join(", ")}.`,
      "For instance  npx create-aperture-env discover http://ai",
    );
  return positionals[0] ?? null;
}

/** `--timeout`, seconds as typed, in milliseconds. */
export function readTimeout({ timeout: text }: Values, usual: number): number {
  if (text === undefined) return usual;
  const seconds = /^\d{1,4}(?:\.\d{1,3})?s?$/.test(String(text)) ? Number.parseFloat(String(text)) : 0;
  if (seconds < 0.1 || seconds > 600)
    throw usageError("bad-flag", `--timeout cannot be ${JSON.stringify(text)}.`, "It is a number of seconds, 0.1 to 600.");
  return Math.round(seconds * 1000);
}

/** The answers among the flags. */
export function readFlags(values: Values): Flags {
  const flags: Partial<Record<QuestionId, string>> = {};
  for (const question of questions) {
    const value = values[question.flag];
    if (value !== undefined) flags[question.id] = Array.isArray(value) ? value.join("\n") : String(value);
  }
  return flags;
}

/**
 * The flags other than answers. npm keeps flags that it knows, too, if they are before `--`. Two of them only make a run more careful or change its
 * output, so they are honoured.
 */
export function readSwitches(values: Values, env: Env): Switches {
  return {
    yes: values["yes"] === true,
    dryRun: values["dry-run"] === true || npmTook("dry_run", env),
    diff: values["diff"] === true,
    json: values["json"] === true || npmTook("json", env),
    // npm passes a `--no-input` before the `--` on as an empty value.
    input: values["no-input"] !== true && !(isNpmRun(env) && env["npm_config_input"] === ""),
    cwd: readText(values, "cwd"),
    onConflict: readWord(values, "on-conflict", ["fail", "keep", "replace"]),
    onBypass: readWord(values, "on-bypass", ["leave", "fix", "managed"]),
    unignore: values["unignore"] === true,
  };
}

/** What happens to a change. */
export function readLanding(values: Values): Landing {
  const [branch, from] = [readText(values, "branch"), readText(values, "from")];
  const lonely = branch === null && ["commit", "from", "pull-request"].find((flag) => values[flag] !== undefined);
  if (lonely !== false && lonely !== undefined)
    throw usageError("bad-flag", `--${lonely} needs a branch.`, "Name one:  --branch aperture-env --commit");
  for (const [flag, name] of [
    ["branch", branch],
    ["from", from],
  ] as const)
    if (name !== null && !isRefName(name))
      throw usageError(
        "bad-flag",
        `--${flag} cannot be ${JSON.stringify(name)}.`,
        flag === "branch"
          ? "Give a valid branch name, for example aperture-env"
          : "Give a branch or a commit, for example origin/main",
      );
  return {
    summary: readWord(values, "summary", ["markdown"]) !== null,
    branch,
    from,
    pullRequest: values["pull-request"] === true,
  };
}

/** A name that git accepts for a branch or a commit, and not for a flag or a revision expression (git-check-ref-format(1)). */
function isRefName(name: string): boolean {
  const isWord = /^[\p{L}\p{N}_][\p{L}\p{N}_./@+=,#-]{0,199}$/u.test(name);
  return isWord && !/\.\.|\/[./]|\.lock(?:\/|$)|[./]$/.test(name) && name !== "HEAD";
}

/** A value as typed, or null. */
export function readText(values: Values, flag: string): string | null {
  const value = values[flag];
  return typeof value === "string" ? value : null;
}

/** One of the allowed words, or null. */
export function readWord<Word extends string>(values: Values, flag: string, words: readonly Word[]): Word | null {
  const value = values[flag];
  if (value === undefined) return null;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined)
    throw usageError(
      "bad-flag",
      `--${flag} cannot be ${JSON.stringify(value)}.`,
      words.length === 1 ? `Write ${words[0]}.` : `Choose from ${words.join(", ")}.`,
    );
  return word;
}

/** A comma-separated list without empty names, or null. */
export function readNames(values: Values, flag: string): readonly string[] | null {
  const value = values[flag];
  if (value === undefined) return null;
  const names = String(value)
    .split(",")
    .map((name) => name.trim());
  if (names.includes("")) throw usageError("bad-flag", `--${flag} ${JSON.stringify(value)} has a name missing.`, "Give a,b,c.");
  return [...new Set(names)];
}
