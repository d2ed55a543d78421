/** Output of the commands that write: the plan and the result. */
import { conflictsOf, settledByHand, type Plan } from "../../plan/plan.ts";
import type { Resolved } from "../../questions/resolve.ts";
import type { Outcome } from "../../report/json.ts";
import {
  formatAnswers,
  formatCommands,
  formatCounts,
  formatFindings,
  formatFolders,
  formatLanded,
  formatObservations,
  formatPlan,
} from "../../report/text.ts";
import { joined, shown } from "../../text/terminal.ts";
import { generatorVersion } from "../../version.ts";
import type { Switches } from "../args.ts";
import { paintFor, type Io } from "../io.ts";
import { terminalOf, type Prompt } from "./plan-execution.ts";

/** The exit status of a writing run: 3 if something is in the way, or left for a person to resolve. */
export function exitOf({ status, plan }: Pick<Outcome, "status" | "plan">): 0 | 3 {
  return status === "conflict" || (plan.remaining ?? []).length > 0 ? 3 : 0;
}

/** Prints what is done and where, before any question. */
export function openScreen(what: string, where: string, prompt: Prompt, io: Io): void {
  const program = `create-aperture-env ${generatorVersion}`;
  if (prompt === null) io.stderr.write(shown`${program}, for ${where}\n`);
  else
    prompt.openScreen(terminalOf(io), `${program}: ${what}`, [`for ${where}`, "Enter accepts, Esc goes back, Ctrl-C cancels."]);
}

/** Prints notes. */
export function showNotes(notes: readonly string[], io: Io): void {
  for (const note of notes) io.stderr.write(shown`Note: ${note}.\n`);
}

/**
 * The answers, if any, the plan, and with `diff` the text of every change; for a conflict that nobody is asked about, its texts. A person who is asked
 * sees folders with counts, and always the changed lines of existing files.
 */
export async function showPlan(
  plan: Plan,
  resolved: readonly Resolved[],
  { diff, onConflict }: Pick<Switches, "diff" | "onConflict">,
  prompt: Prompt,
  io: Io,
): Promise<void> {
  const paint = paintFor(io);
  showNotes(plan.warnings, io);
  io.stderr.write(formatFindings(plan.findings));
  const answers = resolved.length === 0 ? "" : shown`${formatAnswers(resolved, paint, io.columns)}\n\n`;
  const isShort = prompt !== null && !diff;
  if (prompt !== null) io.stdout.write(shown`\n`);
  io.stdout.write(shown`${answers}${(isShort ? formatFolders : formatPlan)(plan, paint)}\n`);
  const { remaining = [] } = plan;
  if (remaining.length > 0) io.stdout.write(shown`\nLeft for you to resolve:\n${formatObservations(remaining, paint)}`);
  // Where a person is asked about each conflict, the question shows its texts.
  const conflicts = prompt !== null && onConflict === null && settledByHand(plan).length > 0 ? [] : conflictsOf(plan);
  const edits = isShort ? plan.changes.filter(({ kind }) => kind === "edit") : [];
  if (!diff && conflicts.length === 0 && edits.length === 0) return;
  const { formatConflict, formatDiff } = await import("../../report/diff.ts");
  if (diff) io.stdout.write(shown`\n${formatDiff(plan)}`);
  else if (edits.length > 0) io.stdout.write(shown`\n${formatDiff({ ...plan, changes: edits, lock: null })}`);
  for (const conflict of conflicts) {
    const text = formatConflict(conflict);
    if (text !== null) io.stdout.write(shown`\n${text}`);
  }
}

/** The result and the next steps in order. Commands are printed without a frame, so that they can be copied. */
export function showOutcome(outcome: Outcome, prompt: Prompt, io: Io): void {
  const { status, plan, next, repeat, branch } = outcome;
  const settled = (plan.remaining ?? []).length === 0;
  const summaries = {
    written: `${branch === undefined ? "Written" : "Committed"}: ${formatCounts(plan)}`,
    planned: `${formatCounts(plan)}. Nothing was written (--dry-run).`,
    unchanged: settled
      ? "Nothing to do: everything is up to date."
      : "Nothing was written: the listed differences from spec and lock are left to you.",
    conflict: `${formatCounts(plan)}.`,
  };
  if (status === "conflict") io.stderr.write(shown`Nothing was written: resolve the files marked ! first.\n`);
  const pull = branch?.pullRequest === undefined ? "" : ` The pull request is ${branch.pullRequest}`;
  // The summary of an unchanged repository is a sentence of its own.
  const landed = status !== "unchanged" ? formatLanded(outcome) : branch && shown`${pull}${formatCommands(branch)}`;
  const said = shown`${summaries[status]}${landed ?? ""}${status === "written" ? "." : ""}`;
  if (prompt === null) io.stdout.write(shown`\n${said}\n`);
  else prompt.closeScreen(terminalOf(io), said);
  if (status !== "written" || next.length === 0) return;
  const steps = next.map((step, index) => shown`  ${index + 1}. ${step}\n`);
  io.stderr.write(shown`${prompt === null ? shown`\n` : ""}Next:\n${joined(steps)}`);
  if (repeat !== null) io.stderr.write(shown`Repeat this:\n  ${repeat}\n`);
}
