/** Flags that several commands have. */
import { questions } from "../../questions/table.ts";
import type { Flag, FlagGroup } from "./descriptor.ts";

const json: Flag = { name: "json", text: "one JSON object on stdout" };
const cwd: Flag = { name: "cwd", value: "folder", text: "work from that folder" };
export const help: Flag = { name: "help", short: "h", text: "show this" };
const version: Flag = { name: "version", short: "V", text: "show the version" };
const yes: Flag = { name: "yes", short: "y", text: "take the proposals for what is not given, and show them" };
const dryRun: Flag = { name: "dry-run", text: "show the plan, write nothing" };
const diff: Flag = { name: "diff", text: "show the plan with the text of every change" };
const noInput: Flag = { name: "no-input", text: "never ask (as in CI, without a terminal, and under coding agents)" };

/** How a command runs that only looks. */
export const looking: FlagGroup = { title: "How to run", flags: [json, cwd, help, version] };

/** How a command runs that makes something elsewhere. */
export const making: FlagGroup = {
  title: "How to run",
  flags: [{ name: "dry-run", text: "show what would be run, and run nothing" }, json, cwd, help, version],
};

/** How a command runs that writes. */
export const writing: FlagGroup = { title: "How to run", flags: [yes, dryRun, diff, json, noInput, cwd, help, version] };

/** How a command runs that writes one file. */
export const noting: FlagGroup = { title: "How to run", flags: [yes, dryRun, json, noInput, cwd, help, version] };

/** What to do with files that people and the generator both changed. */
export const onConflict: Flag = {
  name: "on-conflict",
  value: "how",
  text: "where you and we changed one place: keep (yours), replace (ours), fail (the default)",
};

/** What to do with files that are there already. */
export const existing: readonly Flag[] = [
  onConflict,
  {
    name: "on-bypass",
    value: "how",
    text: "where a project file goes past the gateway: leave, fix (take that out), managed",
  },
  { name: "unignore", text: "add lines to .gitignore for files that git would leave out" },
];

/** Who asks registries for digests. */
export const pins: Flag = {
  name: "pins",
  text: "pin base images by the digests that their registries state now, and OpenCode by what latest is; without it those of the lock stay",
};

/** The text of a change. */
export const summary: Flag = {
  name: "summary",
  value: "markdown",
  text: "the text of a pull request on stdout, in place of the plan: what moved and why",
};

/** What becomes of a change. */
export const landing: FlagGroup = {
  title: "For a pull request",
  flags: [
    summary,
    {
      name: "branch",
      value: "name",
      text: "commit on that branch, from what is committed; the folder, its index and its branch stay as they are",
    },
    { name: "commit", text: "commit it there, which --branch means anyway" },
    {
      name: "from",
      value: "commit",
      text: "where a new branch begins, by default what is checked out; for a pull request the remote's default branch",
    },
    { name: "pull-request", text: "push the branch to origin, and open a pull request there with gh or glab" },
  ],
};

/** Answers for many. */
export const spec: Flag = {
  name: "spec",
  value: "file",
  text: "a file with the keys of aperture-env.yaml: what it says counts in every folder, and what it leaves out is found out in each",
};

/** A flag for each question. */
export const answers: readonly Flag[] = questions.map(({ flag, kind, value, help: text }): Flag => ({
  name: flag,
  ...(kind === "switch" ? { keyed: true } : { value }),
  ...(kind === "map" && { repeats: true }),
  text,
}));

/** How long a gateway may take. */
export function timeout(seconds: number): Flag {
  return { name: "timeout", value: "seconds", text: `how long the gateway may take, ${seconds} by default` };
}
