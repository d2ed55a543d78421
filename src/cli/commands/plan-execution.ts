/** From a prepared plan to the disk: conflicts are settled, a person is asked, the plan is applied. The same for all commands that write. */
import { cancelledError, decisionError } from "../../errors.ts";
import { mayBeWritten } from "../../lock/lock.ts";
import { conflictsOf, isEmpty, type Settlement, type Plan } from "../../plan/plan.ts";
import type { Outcome } from "../../report/json.ts";
import { formatInterrupted, formatPlan } from "../../report/text.ts";
import { applyPlan, refuseIfMoved } from "../../repo/apply.ts";
import { isTracked } from "../../repo/git.ts";
import { journalPath, refuseJournal } from "../../repo/journal-text.ts";
import { findJournal } from "../../repo/journal.ts";
import { readInterrupted, recoverInterrupted, refuseWhileJournal } from "../../repo/recovery.ts";
import { openSealKey, readSealKey } from "../../repo/seal.ts";
import { shown } from "../../text/terminal.ts";
import type { Switches } from "../args.ts";
import { isInteractive, paintFor, type Io } from "../io.ts";
import type { Settle } from "../../prepare/prepare.ts";

/** Asks a person; null where nobody can be asked. */
export type Prompt = typeof import("../../questions/prompt.ts") | null;

/** The prompt, where a person is there and wants to be asked; `alone` where what is said is for that person, of one repository. */
export async function openPrompt({ input, yes, json }: Switches, io: Io, alone = true): Promise<Prompt> {
  // The terminal is asked last: Node opens its streams for that.
  return input && !yes && !json && alone && isInteractive(io) ? import("../../questions/prompt.ts") : null;
}

/** The streams of the terminal. */
export const terminalOf = ({ terminal }: Io): Io["terminal"] => terminal;

/** What is said between two questions stands behind the bar that joins them. */
export function framed(io: Io, prompt: Prompt): Io {
  if (prompt === null) return io;
  return {
    ...io,
    stdout: prompt.framed(io.stdout, terminalOf(io)),
    stderr: prompt.framed(io.stderr, terminalOf(io)),
    columns: io.columns - 3,
  };
}

/**
 * Finishes what a run before this one was cut off in. What that comes to is said first, and a person is asked; where nobody can be asked, only
 * `--yes` lets it. A run that writes nothing only says that there is something. Gives what to say of it.
 */
export async function settleEarlierRun(
  root: string,
  { dryRun, yes }: Pick<Switches, "dryRun" | "yes">,
  prompt: Prompt,
  io: Io,
): Promise<string[]> {
  if (!findJournal(root)) return [];
  if (dryRun)
    return ["an earlier run was interrupted while writing, or is still at work: without --dry-run it is finished first"];
  if (await isTracked(root, journalPath, io.env)) refuseJournal("git tracks it, so it is of no run here");
  const trust = { key: readSealKey(root, io.env), mayWrite: mayBeWritten };
  const interrupted = readInterrupted(root, trust);
  if (interrupted === null) return [];
  if (interrupted.files.some(({ state }) => state === "open")) {
    io.stderr.write(
      shown`An earlier run in ${root} was interrupted while writing. Finishing it means:\n${formatInterrupted(interrupted.files)}`,
    );
    if (prompt === null && !yes) {
      throw decisionError(
        "interrupted-run",
        "An earlier run was interrupted while writing, and this is not an interactive terminal. Nothing was written.",
        `Finish it with --yes; or repair the files by hand (git status), and delete ${journalPath}.`,
        { file: journalPath },
      );
    }
    if (prompt !== null && !(await prompt.askYes(terminalOf(io), "Finish that run first?"))) throw cancelledError();
  }
  const recovery = recoverInterrupted(root, trust, interrupted);
  if (recovery === null) return [];
  const { finished, left, undone } = recovery;
  if (undone) return ["an earlier run was interrupted before it wrote anything"];
  return [
    `an earlier run was interrupted while writing, and ${finished.length === 1 ? "its file was" : `its ${finished.length} files were`} finished`,
    ...left.map((path) => `${path} changed after that run, so it was left unchanged`),
  ];
}

/** What executing a plan takes. */
export interface Execution {
  build(settle: Settle): Plan | Promise<Plan>;
  /** What was noticed before there was a plan. */
  readonly warnings: readonly string[];
  /** Shows a plan; called again where conflicts were settled. */
  show(plan: Plan): Promise<void>;
  readonly question: string;
  /** Where it is not written into the folder. */
  readonly write?: ((plan: Plan) => Promise<void>) | undefined;
  /** Begins anew with other answers, where there are any. */
  readonly again?: () => Promise<Executed>;
}

/** How it went. */
export interface Executed {
  readonly status: Outcome["status"];
  readonly plan: Plan;
}

/** Does it, and gives how it went. Throws `cancelled` where the person says no. */
export async function executePlan(
  { build, warnings, show, question, write, again }: Execution,
  { onConflict, dryRun }: Switches,
  prompt: Prompt,
  io: Io,
): Promise<Executed> {
  const chosen = new Map<string, Settlement>();
  const settle: Settle = (path) => chosen.get(path) ?? (onConflict === "fail" ? null : onConflict);
  const warned = (plan: Plan): Plan => ({ ...plan, warnings: [...warnings, ...plan.warnings] });
  let plan = warned(await build(settle));
  await show(plan);
  if (prompt !== null && onConflict === null && (await settleByHand(plan, chosen, prompt, io))) {
    plan = warned(await build(settle));
    await show(plan);
  }
  // While another run writes, its files are seen half done: that is no conflict, and not nothing to do.
  const isIdle = conflictsOf(plan).length > 0 || isEmpty(plan);
  if (!dryRun && isIdle && findJournal(plan.root)) refuseWhileJournal(plan.root);
  if (conflictsOf(plan).length > 0) {
    refuseIfMoved(plan);
    return { status: "conflict", plan };
  }
  if (isEmpty(plan)) return { status: "unchanged", plan };
  if (dryRun) return { status: "planned", plan };
  if (prompt !== null && (await decide(plan, question, again !== undefined, prompt, io)) === "again") return again!();
  if (write === undefined) applyPlan(plan, openSealKey(plan.root, io.env));
  else await write(plan);
  return { status: "written", plan };
}

/** Asks whether to write, and shows more of the plan to whoever wants to see it first. */
async function decide(
  plan: Plan,
  question: string,
  again: boolean,
  prompt: NonNullable<Prompt>,
  io: Io,
): Promise<"yes" | "again"> {
  const choices = [
    ...prompt.yesOrNo,
    { value: "files", label: "Show every file", key: "f" },
    { value: "lines", label: "Show the changed lines", key: "d" },
    ...(again ? [{ value: "again", label: "Change an answer", key: "a" } as const] : []),
  ] as const;
  for (;;) {
    const choice = await prompt.askChoice(terminalOf(io), question, choices);
    if (choice === "no") throw cancelledError();
    if (choice === "yes" || choice === "again") return choice;
    io.stdout.write(
      choice === "files"
        ? shown`\n${formatPlan(plan, paintFor(io))}\n`
        : shown`\n${(await import("../../report/diff.ts")).formatDiff(plan)}`,
    );
  }
}

const hints: Readonly<Record<Settlement | "stop", string>> = {
  keep: "keep your text",
  replace: "replace it with the generated text",
  stop: "write nothing",
};

/** Asks for each conflict that can be settled. Gives whether all were. */
async function settleByHand(plan: Plan, chosen: Map<string, Settlement>, prompt: NonNullable<Prompt>, io: Io): Promise<boolean> {
  const conflicts = conflictsOf(plan);
  if (conflicts.length === 0 || conflicts.some((conflict) => conflict.choices.length === 0)) return false;
  const { formatConflict } = await import("../../report/diff.ts");
  for (const conflict of conflicts) {
    io.stdout.write(shown`\n${conflict.path} ${conflict.why}.\n${formatConflict(conflict) ?? ""}`);
    const choices = [...conflict.choices, "stop" as const].map((value) => ({ value, hint: hints[value] }));
    const choice = await prompt.askChoice(terminalOf(io), "Which text should stay there?", choices);
    if (choice === "stop") return false;
    chosen.set(conflict.path, choice);
  }
  return true;
}
