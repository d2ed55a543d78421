/** A change of a repository as the text of a pull request: what moved and why. Markdown. */
import type { Pins } from "../catalog/image-reference.ts";
import type { Release } from "../catalog/release.ts";
import type { Place } from "../errors.ts";
import type { Lock } from "../lock/lock.ts";
import type { Landed } from "./json.ts";
import { changesOf, type Change, type Plan } from "../plan/plan.ts";
import type { Answers, Question } from "../questions/types.ts";
import { oneLine } from "../text/terminal.ts";
import { upperFirst } from "../text/words.ts";

/** What a change was made from. */
export interface Updated {
  readonly verb: "create" | "update" | "remove";
  /** The table of questions, provided by the caller. */
  readonly questions: readonly Question[];
  /** The lock before. */
  readonly lock: Lock | null;
  readonly answers: Answers;
  readonly release: Release;
  readonly pins: Pins;
  readonly revision: string;
}

/** A part of a report of many, without a line end behind it: a repository, and a sentence of it. */
export function formatSection(folder: string, said: string): string {
  return [`## ${code(folder)}`, "", plain(said), ""].join("\n");
}

/** The whole text, with a line end behind it; in a report of many the heading is the folder's name. */
export function formatSummary(plan: Plan, updated: Updated, generator: string, folder?: string): string {
  const heading = folder === undefined ? "## Aperture environment" : `## ${code(folder)}`;
  const reasons = describeReasons(updated, generator, code).map((reason) => `- ${reason}`);
  const changes = changesOf(plan);
  const rows = changes.flatMap((change): string[] => {
    const row = describeChange(change);
    return row === null ? [] : [row];
  });
  const remaining = (plan.remaining ?? []).map(({ path, where, ...said }) => describePlace(where ?? { file: path }, said));
  const settle = remaining.length === 0 ? [] : ["", "### To settle", "", ...remaining];
  const look =
    plan.findings.length === 0
      ? []
      : ["", "### To look at", "", ...plan.findings.map(({ where, ...said }) => describePlace(where, said))];
  const noted = [
    ...look,
    ...settle,
    ...(plan.warnings.length === 0 ? [] : ["", ...plan.warnings.map((warning) => `> ${plain(warning)}`)]),
  ];
  if (rows.length === 0) {
    const said = settle.length === 0 ? "Nothing to do: everything is up to date." : "Nothing was written.";
    return [heading, "", said, ...noted, ""].join("\n");
  }
  return [
    heading,
    "",
    "### Why",
    "",
    ...(reasons.length > 0 ? reasons : ["- Files differed from spec and lock."]),
    "",
    "### What",
    "",
    ...rows,
    "",
    describeImage(updated),
    ...noted,
    "",
  ].join("\n");
}

/** A last line for a report of many: the branch that has the change, and its pull request; empty without a commit. */
export function formatBranch(branch: Landed | undefined): string {
  if (branch === undefined || (branch.commit === null && branch.pullRequest === undefined)) return "";
  const { name, commit, pullRequest } = branch;
  const at = commit === null ? "" : ` (${code(commit.slice(0, 10))})`;
  // Only an address that ends where the brackets do becomes a link.
  const link = /^https?:\/\/[^\s<>]+$/.test(pullRequest ?? "") ? `<${pullRequest}>` : code(pullRequest ?? "");
  return `\nOn the branch ${code(name)}${at}${pullRequest === undefined ? "" : `, pull request ${link}`}.\n`;
}

/** A line about a place: what is there, and what to do about it. */
function describePlace(where: Place, { message, hint }: { readonly message: string; readonly hint: string | null }): string {
  return `- ${code(place(where))}: ${plain(message)}${hint === null ? "" : `. ${plain(upperFirst(hint))}.`}`;
}

function describeImage({ verb, lock, revision }: Updated): string {
  if (verb === "remove") return "Running containers do not change: rebuild them.";
  if (lock === null) return `The image is new (revision ${revision}): rebuild the container.`;
  return lock.revision === revision
    ? "The image does not change: no rebuild is needed."
    : `The image changes (revision ${lock.revision} → ${revision}): editors offer a rebuild.`;
}

/** Why a change is made, a line each; `quote` is put around each value. */
export function describeReasons(
  { verb, questions, lock, answers, release, pins }: Updated,
  generator: string,
  quote: (text: string) => string,
): string[] {
  if (verb === "remove") return ["Removes the environment: generated text is removed, and text that was edited by hand stays."];
  if (verb === "create" && lock === null)
    return [
      `OpenCode ${quote(release.version)} in every container of this repository, through the gateway ${quote(answers.url)}.`,
      `The models are ${quote(answers.model)} and ${quote(answers.smallModel)}. There is no key in any file.`,
      `Written by create-aperture-env ${quote(generator)} from ${quote("aperture-env.yaml")}.`,
    ];
  if (lock === null) return ["There was no usable lock, so all files are compared again."];
  const moved = (what: string, from: string, to: string): string[] =>
    from === to ? [] : [`${what}: ${quote(from)} → ${quote(to)}`];
  return [
    ...moved("create-aperture-env", lock.generator, generator),
    ...moved("OpenCode", lock.opencode.version, release.version),
    ...Object.entries(pins).flatMap(([image, digest]) => moved(quote(image), lock.pins?.[image] ?? "", digest)),
    ...questions
      .filter(({ id }) => id !== "opencode")
      .flatMap((question) => moved(quote(question.key.join(".")), show(question, lock.answers), show(question, answers))),
  ];
}

function show(question: Question, answers: Answers): string {
  return JSON.stringify(question.write(answers[question.id])).replace(/^"(.*)"$/, "$1");
}

const verbs = {
  create: "new",
  replace: "changed",
  edit: "changed, with your edits kept",
  remove: "removed",
  conflict: "**in conflict**",
} as const;

/** Why a file stays as it is, in a text about the change. */
export const keptWords = {
  edited: "edited by hand, kept",
  deleted: "deleted by hand, stays deleted",
  left: "left unchanged",
} as const;

/** A line for each file that moves, or where something of the user's was met. */
function describeChange(change: Change): string | null {
  const { kind, path } = change;
  const notes =
    "notes" in change && change.notes !== undefined ? change.notes.map((note) => `\n  - ${plain(note)}`).join("") : "";
  if (kind === "conflict") return `- ${code(path)}: ${verbs.conflict}: ${plain(change.why)}. ${plain(upperFirst(change.fix))}.`;
  if (kind !== "keep") return `- ${code(path)}: ${verbs[kind]}${notes}`;
  if (change.why === "same") return null;
  return `- ${code(path)}: ${keptWords[change.why]}${notes}`;
}

function place({ file, line }: Place): string {
  return line === undefined ? file : `${file}:${line}`;
}

/** In backticks, more of them than are inside: nothing in there is markup, a mention or a link. */
function code(text: string): string {
  const line = oneLine(text);
  if (line === "") return "(nothing)";
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  const gap = longest > 0 ? " " : "";
  return `${fence}${gap}${line}${gap}${fence}`;
}

/**
 * A word that neither Markdown nor HTML nor a forge reads as anything else. Its signs are no markup inside of a line (spec.commonmark.org), it
 * begins no list, is no address that becomes a link (github.github.com/gfm, "Autolinks"), and mentions nobody and nothing, for which `@`, `#`, `!`,
 * `%`, `&`, `$`, `~` and `GH-1` stand (GitHub and GitLab).
 */
const plainWord = /^(?!\d+[.)])(?!["'(]*(?:www\.|GH-\d))["'(]*[\p{L}\p{N}.](?:[\p{L}\p{N}.,;'"()/?…-]|:(?!\/\/))*$|^[–—→=-]$/u;

/** A sentence with foreign text in it: each word that could be read as something else stands in backticks; what stands in them already is one word. */
function plain(text: string): string {
  return oneLine(text)
    .split(/(?<=^| )`([^`]+)`(?=[.,;:]*(?: |$))/)
    .map((part, index) => (index % 2 === 1 ? code(part) : part.replaceAll(/[^ ]+/g, plainOrCode)))
    .join("");
}

function plainOrCode(word: string): string {
  if (plainWord.test(word) || /^[.,;:]+$/.test(word)) return word;
  // What ends a sentence or a list's item is no part of the word.
  let end = word.length;
  while (end > 1 && ".,;:".includes(word[end - 1]!)) end--;
  return `${code(word.slice(0, end))}${word.slice(end)}`;
}
