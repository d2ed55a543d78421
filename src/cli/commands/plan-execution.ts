/** From a prepared plan to the disk: conflicts are resolved, a person confirms, the plan is applied. Shared by all commands that write. */
import { cancelledError, decisionError } from "../../errors.ts";
import { mayBeWritten } from "../../lock/lock.ts";
import { conflictsOf, isEmpty, settledByHand, type Conflict, type Plan, type Settlement } from "../../plan/plan.ts";
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

/** Asks a person; null without an interactive terminal. */
export type Prompt = typeof import("../../questions/prompt.ts") | null;

/** The prompt, if a person is at a terminal and may be asked. `alone` if the output is text about one repository. */
export async function openPrompt({ input, yes, json }: Switches, io: Io, alone = true): Promise<Prompt> {
  // The terminal is checked last, because Node opens its streams for that.
  return input && !yes && !json && alone && isInteractive(io) ? import("../../questions/prompt.ts") : null;
}

/** The streams of the terminal. */
export const terminalOf = ({ terminal }: Io): Io["terminal"] => terminal;

/** Output between two questions is indented behind the bar that connects them. */
export function framed(io: Io, prompt: Prompt): Io {
  if (prompt === null) return io;
  return {
    ...io,
    stdout: prompt.framed(io.stdout, terminalOf(io)),
    stderr: prompt.framed(io.stderr, terminalOf(io)),
    columns: io.columns - 3,
  };
}

/** Does work between an opened screen and its end. An error ends the screen, and its text stands behind the frame's corner. */
export async function onScreen<Value>(prompt: Prompt, { stderr, terminal }: Io, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (stderr.isTTY) prompt?.leaveScreen(terminal);
    throw error;
  }
}

/**
 * Finishes an earlier interrupted run. The pending changes are shown first, and a person confirms; without an interactive terminal `--yes` is
 * needed. A run that writes nothing only reports the interrupted run. Gives the notes about it.
 */
export async function settleEarlierRun(
  root: string,
  { dryRun, yes }: Pick<Switches, "dryRun" | "yes">,
  prompt: Prompt,
  io: Io,
): Promise<string[]> {
  if (!findJournal(root)) return [];
  if (dryRun) return ["an earlier run was interrupted while writing or is still running: without --dry-run it is finished first"];
  if (await isTracked(root, journalPath, io.env)) refuseJournal("git tracks it, so it does not come from a run on this machine");
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

/** The input for executing a plan. */
export interface Execution {
  build(settle: Settle): Plan | Promise<Plan>;
  /** Notes from before the plan. */
  readonly warnings: readonly string[];
  /** Shows a plan; called again after conflicts were resolved. */
  show(plan: Plan): Promise<void>;
  readonly question: string;
  /** Writes the plan elsewhere than into the folder. */
  readonly write?: ((plan: Plan) => Promise<void>) | undefined;
  /** Restarts with other answers, if questions were asked. */
  readonly again?: () => Promise<Executed>;
  /** Restarts at the question before the plan. Throws `cancelled` if there is none. Without it Escape cancels. */
  readonly back?: () => Promise<Executed>;
}

/** The result. */
export interface Executed {
  readonly status: Outcome["status"];
  readonly plan: Plan;
}

/** Executes it and gives the result. Throws `cancelled` if the person declines. */
export async function executePlan(
  { build, warnings, show, question, write, again, back = giveUp }: Execution,
  { onConflict, dryRun }: Switches,
  prompt: Prompt,
  io: Io,
): Promise<Executed> {
  const chosen = new Map<string, Settlement>();
  const settle: Settle = (path) => chosen.get(path) ?? (onConflict === "fail" ? null : onConflict);
  const warned = (plan: Plan): Plan => ({ ...plan, warnings: [...warnings, ...plan.warnings] });
  const first = warned(await build(settle));
  await show(first);
  const conflicts = prompt === null || onConflict !== null ? [] : settledByHand(first);
  for (let from = 0; ; from = conflicts.length - 1) {
    let plan = first;
    if (prompt !== null && conflicts.length > 0) {
      const how = await settleByHand(conflicts, from, chosen, prompt, io);
      if (how === "back") return back();
      if (how === "settled") {
        plan = warned(await build(settle));
        await show(plan);
      }
    }
    // Another run may be writing at the same time. Its half-written state is neither a conflict nor up to date.
    const isIdle = conflictsOf(plan).length > 0 || isEmpty(plan);
    if (!dryRun && isIdle && findJournal(plan.root)) refuseWhileJournal(plan.root);
    if (conflictsOf(plan).length > 0) {
      refuseIfMoved(plan);
      return { status: "conflict", plan };
    }
    if (isEmpty(plan)) return { status: "unchanged", plan };
    if (dryRun) return { status: "planned", plan };
    const choice = prompt === null ? "yes" : await decide(plan, question, again !== undefined, prompt, io);
    if (choice === "again") return again!();
    if (choice === "back" && conflicts.length > 0) continue;
    if (choice === "back") return back();
    if (write === undefined) applyPlan(plan, openSealKey(plan.root, io.env));
    else await write(plan);
    return { status: "written", plan };
  }
}

async function giveUp(): Promise<never> {
  throw cancelledError();
}

/** Asks whether to write, and shows more of the plan on request. */
async function decide(
  plan: Plan,
  question: string,
  again: boolean,
  prompt: NonNullable<Prompt>,
  io: Io,
): Promise<"yes" | "again" | "back"> {
  const choices = [
    ...prompt.yesOrNo,
    { value: "files", label: "Show every file", key: "f" },
    { value: "lines", label: "Show the changed lines", key: "d" },
    ...(again ? [{ value: "again", label: "Change an answer", key: "a" } as const] : []),
  ] as const;
  for (;;) {
    const choice = await prompt.askStep(terminalOf(io), question, choices);
    if (choice === prompt.back) return "back";
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

/** Asks about each conflict, beginning with one of them. Escape goes back to the one before. */
async function settleByHand(
  conflicts: readonly Conflict[],
  from: number,
  chosen: Map<string, Settlement>,
  prompt: NonNullable<Prompt>,
  io: Io,
): Promise<"settled" | "stop" | "back"> {
  const { formatConflict } = await import("../../report/diff.ts");
  for (let at = from; at < conflicts.length;) {
    const conflict = conflicts[at]!;
    io.stdout.write(shown`\n${conflict.path} ${conflict.why}.\n${formatConflict(conflict) ?? ""}`);
    const choices = [...conflict.choices, "stop" as const].map((value) => ({ value, hint: hints[value] }));
    const choice = await prompt.askStep(terminalOf(io), "Which text should be kept?", choices, chosen.get(conflict.path));
    if (choice === "stop") return "stop";
    if (choice !== prompt.back) chosen.set(conflict.path, choice);
    at += choice === prompt.back ? -1 : 1;
    if (at < 0) return "back";
  }
  return "settled";
}
