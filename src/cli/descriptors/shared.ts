/** Flags that several commands have. */
import { questions } from "../../questions/table.ts";
import type { Flag, FlagGroup } from "./descriptor.ts";

const json: Flag = { name: "json", text: "one JSON object on stdout" };
const cwd: Flag = { name: "cwd", value: "folder", text: "run as if started in that folder" };

/** Every command has it. */
export const help: Flag = { name: "help", short: "h", text: "show this help" };

const version: Flag = { name: "version", short: "V", text: "show the version" };
const yes: Flag = { name: "yes", short: "y", text: "ask nothing: accept the proposed values and the plan, and show them" };
const dryRun: Flag = { name: "dry-run", text: "show the plan, write nothing" };
const diff: Flag = { name: "diff", text: "show the plan and a diff of every change" };
const noInput: Flag = { name: "no-input", text: "never ask (default in CI, without a terminal, and under coding agents)" };

/** Flags of commands that only read. */
export const looking: FlagGroup = { title: "General", flags: [json, cwd, help, version] };

/** Flags of commands that create something elsewhere. */
export const making: FlagGroup = {
  title: "General",
  flags: [{ name: "dry-run", text: "show what would be run, and run nothing" }, json, cwd, help, version],
};

/** Flags of commands that write. */
export const writing: FlagGroup = { title: "General", flags: [yes, dryRun, diff, json, noInput, cwd, help, version] };

/** Flags of commands that write one file. */
export const noting: FlagGroup = { title: "General", flags: [yes, dryRun, json, noInput, cwd, help, version] };

/** What to do with conflicts. */
export const onConflict: Flag = {
  name: "on-conflict",
  value: "how",
  text: "where you and the generator changed the same place: keep (yours), replace (generated), fail (default)",
};

/** What to do with existing files. */
export const existing: readonly Flag[] = [
  onConflict,
  {
    name: "on-bypass",
    value: "how",
    text: "for a project file that bypasses the gateway: leave, fix (remove that part), managed",
  },
  { name: "unignore", text: "add lines to .gitignore for generated files that git would ignore" },
];

/** Asking registries for digests. */
export const pins: Flag = {
  name: "pins",
  text: "pin base images by their current digests, and OpenCode by its latest version if the spec says latest; without this flag the lock's pins stay",
};

/** The text of a change. */
export const summary: Flag = {
  name: "summary",
  value: "markdown",
  text: "print the text of a pull request instead of the plan: what changed and why",
};

/** What happens to a change. */
export const landing: FlagGroup = {
  title: "Pull request",
  flags: [
    summary,
    {
      name: "branch",
      value: "name",
      text: "commit on that branch; the working tree, index and current branch stay untouched",
    },
    { name: "commit", text: "commit there (implied by --branch)" },
    {
      name: "from",
      value: "commit",
      text: "start point of a new branch; default: HEAD, for a pull request the remote's default branch",
    },
    { name: "pull-request", text: "push the branch to origin, and open a pull request there with gh or glab" },
  ],
};

/** Answers for many folders. */
export const spec: Flag = {
  name: "spec",
  value: "file",
  text: "a file with keys of aperture-env.yaml for every folder; what it leaves out is detected in each",
};

/** A flag for each question. */
export const answers: readonly Flag[] = questions.map(({ flag, kind, value, help: text }): Flag => ({
  name: flag,
  ...(kind === "switch" ? { keyed: true } : { value }),
  ...(kind === "map" && { repeats: true }),
  text,
}));

/** The timeout for the gateway. */
export function timeout(seconds: number): Flag {
  return { name: "timeout", value: "seconds", text: `timeout for the gateway, default ${seconds}` };
}
