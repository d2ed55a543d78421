/** A change of a repository as the message of a commit: what and why, as git's own documentation asks for it (git-commit(1), "DISCUSSION"). Pure. */
import { changesOf, writesOf, type Plan } from "../plan/plan.ts";
import { oneLine } from "../text/terminal.ts";
import { describeReasons, keptWords, type Updated } from "./markdown.ts";

const subjects = {
  create: "Add the Aperture environment",
  update: "Update the Aperture environment",
  remove: "Remove the Aperture environment",
} as const;

/** The first line, which is a pull request's title, too. */
export function formatSubject({ verb }: Updated): string {
  return subjects[verb];
}

const words = { create: "new", replace: "changed", edit: "changed, edits kept", remove: "removed" } as const;

/** The whole message. */
export function formatMessage(plan: Plan, updated: Updated, generator: string): string {
  const reasons = describeReasons(updated, generator, (text) => text || "(nothing)").flatMap((reason) => wrap(oneLine(reason)));
  const files = writesOf(plan).map(({ kind, path }) => `${oneLine(path)}: ${words[kind]}`);
  const kept = changesOf(plan).flatMap((change) =>
    change.kind === "keep" && change.why !== "same" ? [`${oneLine(change.path)}: ${keptWords[change.why]}`] : [],
  );
  const why = reasons.length > 0 ? reasons : ["Files differed from spec and lock."];
  return [formatSubject(updated), "", ...why, "", ...files, ...kept, ""].join("\n");
}

/** Title and Markdown text of a pull request for a commit: its message in a code block, in which nothing is markup or a mention. */
export function formatCommitted(message: string): { title: string; body: string } {
  const [title = "", ...lines] = message.trim().split("\n");
  const longest = Math.max(2, ...[...message.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  const text = lines.join("\n").trim();
  return { title: oneLine(title), body: ["## Aperture environment", "", `${fence}text`, text, fence, ""].join("\n") };
}

/** Lines of 72 columns, as far as words let it. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= 72) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
