/** Plans and outcomes for people. Colour only where the caller's paint puts it. */
import { formatPlace } from "../errors.ts";
import { fails, type Observation } from "../plan/check.ts";
import type { Finding } from "../plan/findings.ts";
import { changesOf, type Change, type Plan, type Write } from "../plan/plan.ts";
import type { Resolved } from "../questions/resolve.ts";
import { fold, joined, shown, visible, type Paint, type Showable, type Shown } from "../text/terminal.ts";
import { upperFirst } from "../text/words.ts";
import type { Landed, Outcome } from "./json.ts";
import type { VerificationStep } from "../verify/verify.ts";

const glyphs = { create: "+", replace: "~", edit: "~", remove: "-", keep: "=", conflict: "!" } as const;
const styles = { create: "green", replace: "yellow", edit: "yellow", remove: "yellow", keep: "dim", conflict: "red" } as const;
const reasons = {
  same: "up to date",
  edited: "edited by you, unchanged",
  deleted: "deleted by you, stays deleted",
  left: "yours, unchanged",
} as const;

/** "replace-model", which is not broken. */
const longestWord = 13;

/** The answers with where each came from: nothing is decided silently. */
export function formatAnswers(resolved: readonly Resolved[], paint: Paint, columns: number): Shown {
  const rows = resolved
    // What nobody asked for is not worth a line.
    .filter(({ question, source }) => question.optional !== true || source !== "default")
    .map(({ question, value, source, because }) => ({
      key: question.key.join("."),
      value: visible(question.format(value).replaceAll("\n", ", ")),
      from: because === undefined ? source : `${source}: ${because}`,
    }));
  const widest = (column: "key" | "value" | "from"): number => Math.max(...rows.map((row) => row[column].length));
  const key = widest("key");
  // Where a line would be too long, values and where they come from share what is left, and go on below.
  const left = Math.max(columns - key - 6, 24);
  const value = Math.min(widest("value"), left - Math.min(widest("from"), longestWord));
  const wide = widest("value") + widest("from") <= left;
  return joined(
    rows.flatMap((row) => {
      const values = wide ? [row.value] : fold(row.value, value);
      const froms = wide ? [row.from] : fold(row.from, left - value);
      return Array.from({ length: Math.max(values.length, froms.length) }, (_, index) => {
        const first = (index === 0 ? row.key : "").padEnd(key);
        const second = (values[index] ?? "").padEnd(wide ? widest("value") : value);
        return shown`  ${first}  ${second}  ${paint("dim", froms[index] ?? "")}`.trimEnd();
      });
    }),
    "\n",
  );
}

/** The plan by folders: three files or more of one folder, to which the same happens, are one line. */
export function formatFolders(plan: Plan, paint: Paint): Shown {
  const groups = new Map<string, Change[]>();
  for (const change of changesOf(plan)) {
    const isNamed = ["edit", "conflict"].includes(change.kind) || (change.kind === "keep" && change.why !== "same");
    const folder = change.path.replace(/[^/]*$/, "");
    const group = isNamed || folder === "" ? change.path : `${change.kind} ${folder}`;
    groups.set(group, [...(groups.get(group) ?? []), change]);
  }
  return joined(
    [...groups].flatMap(([, group]) => {
      const [first] = group;
      if (group.length < 3) return group.map((change) => formatChange(change, paint));
      const folder = first!.path.replace(/[^/]*$/, "");
      return shown`  ${paint(styles[first!.kind], glyphs[first!.kind])} ${folder}  ${paint("dim", `${group.length} files`)}`;
    }),
    "\n",
  );
}

/** The plan, a line for each file. */
export function formatPlan(plan: Plan, paint: Paint): Shown {
  return joined(
    changesOf(plan).map((change) => formatChange(change, paint)),
    "\n",
  );
}

function formatChange(change: Change, paint: Paint): Shown {
  return shown`  ${paint(styles[change.kind], glyphs[change.kind])} ${change.path}${remark(change, paint)}`;
}

/** What finishing a run that was cut off comes to, a line for each file. */
export function formatInterrupted(
  files: readonly { readonly path: string; readonly kind: Write["kind"]; readonly state: "open" | "done" | "changed" }[],
): Shown {
  const remarks = { open: "", done: "  already done", changed: "  changed after that run, left unchanged" };
  return joined(
    files.map(({ path, kind, state }) => shown`  ${state === "open" ? glyphs[kind] : "="} ${path}${remarks[state]}\n`),
  );
}

function remark(change: Change, paint: Paint): Showable {
  const notes = joined(("notes" in change ? (change.notes ?? []) : []).map((note) => shown`\n      ${note}`));
  if (change.kind === "keep") return paint("dim", shown`  ${reasons[change.why]}${notes}`);
  if (change.kind === "edit") return paint("dim", shown`  edited in place${notes}`);
  if (change.kind !== "conflict") return "";
  const where = change.where === undefined ? "" : `${formatPlace(change.where)}: `;
  return shown`\n      ${where}${paint("red", change.why)}\n      ${change.fix}`;
}

/** Findings, each with its place, what comes of it and what to do; empty where there are none. */
export function formatFindings(findings: readonly Finding[]): Shown {
  return joined(
    findings.map(({ where, message, hint }) => shown`Note: ${formatPlace(where)}: ${message}.\n      ${upperFirst(hint)}.\n`),
  );
}

/** Findings and what else was noticed, each as lines below a repository's line in a report of many. */
export function formatNoted(findings: readonly Finding[], notes: readonly string[] = []): Shown[] {
  return [
    ...notes.map((note) => shown`\n    Note: ${note}.`),
    ...findings.map(
      ({ where, message, hint }) => shown`\n    Note: ${formatPlace(where)}: ${message}.\n          ${upperFirst(hint)}.`,
    ),
  ];
}

/** Observations of a check, a few lines each. */
export function formatObservations(observations: readonly Observation[], paint: Paint): Shown {
  return joined(
    observations.map((observation) => {
      const { path, message, hint, where } = observation;
      const place = where === undefined ? path : formatPlace(where);
      const line = fails(observation)
        ? shown`  ${paint("red", "!")} ${place}  ${message}`
        : paint("dim", `  = ${place}  ${message}`);
      return shown`${line}\n${hint === null ? "" : shown`      ${upperFirst(hint)}.\n`}`;
    }),
  );
}

/** A whole check. */
export function formatCheck(observations: readonly Observation[], paint: Paint): Shown {
  const failing = new Set(observations.filter(fails).map(({ path }) => path)).size;
  const all = observations.some(({ state }) => state === "not-checked-out") ? "all files that are checked out" : "all files";
  const verdict =
    failing === 0
      ? `Fine: ${all} match spec and lock.`
      : `${failing} ${failing === 1 ? "file differs" : "files differ"} from spec and lock.`;
  return shown`${formatObservations(observations, paint)}${observations.length === 0 ? "" : shown`\n`}${verdict}\n`;
}

/** The steps of a verification. */
export function formatSteps(steps: readonly VerificationStep[], paint: Paint): Shown {
  const lines = steps.map(({ name, ok, ms, message }) => {
    const glyph = ok ? paint("green", "✓") : paint("red", "✗");
    const took = paint("dim", `${(ms / 1000).toFixed(1)} s`);
    return shown`  ${glyph} ${name.padEnd(12)}  ${message.replaceAll("\n", " ")}  ${took}\n`;
  });
  const failed = steps.find(({ ok }) => !ok);
  return shown`${joined(lines)}\n${failed === undefined ? "It works." : `It does not work: see ${failed.name}.`}\n`;
}

/** Conflicts, what of the user's was met, and what is left to settle, a line each, for a report of many repositories. */
export function formatProblems(plan: Plan): Shown {
  const met = changesOf(plan).flatMap((change) => {
    if (change.kind === "conflict") return [shown`\n    ! ${change.path} ${change.why}\n      ${change.fix}`];
    if (change.kind === "keep" && change.why !== "same") return [shown`\n    = ${change.path}  ${reasons[change.why]}`];
    return [];
  });
  const left = (plan.remaining ?? []).map(
    ({ path, message, hint, where }) =>
      shown`\n    ! ${where === undefined ? path : formatPlace(where)} ${message}${hint === null ? "" : shown`\n      ${hint}`}`,
  );
  return joined([...met, ...left]);
}

/** Where a change landed, as the end of a line, and the commands that would bring it further. */
export function formatLanded({ branch }: Pick<Outcome, "branch">): Shown {
  if (branch === undefined) return shown``;
  const { name, commit, pullRequest } = branch;
  const where = commit === null ? "" : shown` on ${name} (${commit.slice(0, 10)})`;
  const pull = pullRequest === undefined ? "" : shown`, pull request ${pullRequest}`;
  return shown`${where}${pull}${formatCommands(branch)}`;
}

/** The commands of a dry run that would push a branch and open a pull request, a line each. */
export function formatCommands({ commands = [] }: Landed): Shown {
  return joined(commands.map((command) => shown`\n    $ ${command}`));
}

/** How many files of each kind, as a sentence. */
export function formatCounts(plan: Plan): string {
  const all = changesOf(plan);
  const count = (...kinds: readonly Change["kind"][]): number => all.filter((change) => kinds.includes(change.kind)).length;
  const parts = [
    [count("create"), "new"],
    [count("replace", "edit"), "changed"],
    [count("remove"), "removed"],
    [count("keep"), "unchanged"],
    [count("conflict"), "in conflict"],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return said.join(", ");
}
