/** From a prepared plan to the disk: conflicts are settled, a person is asked, the plan is applied. The same for all commands that write. */
import { cancelledError } from "../../errors.ts";
import { conflictsOf, isEmpty, type Choice, type Plan } from "../../plan/plan.ts";
import type { Outcome } from "../../report/json.ts";
import { applyPlan } from "../../repo/apply.ts";
import { findJournal, recoverInterrupted } from "../../repo/journal.ts";
import { shown } from "../../text/terminal.ts";
import type { Switches } from "../args.ts";
import { isInteractive, type Io } from "../io.ts";
import type { Settle } from "./planning.ts";

/** Asks a person; null where nobody can be asked. */
export type Prompt = typeof import("../../questions/prompt.ts") | null;

/** The prompt, where a person is there and wants to be asked. */
export async function openPrompt({ input, yes, json }: Switches, io: Io): Promise<Prompt> {
  return isInteractive(io) && input && !yes && !json ? import("../../questions/prompt.ts") : null;
}

/** The streams of the terminal. */
export const terminalOf = ({ terminal }: Io): Io["terminal"] => terminal;

/** Finishes what a run before this one was cut off in; a run that writes nothing only says that there is something. Gives what to say. */
export function settleEarlierRun(root: string, { dryRun }: Pick<Switches, "dryRun">): string[] {
  if (!findJournal(root)) return [];
  if (dryRun) return ["an earlier run was cut off while it wrote, or one is at work now: without --dry-run it is finished first"];
  const recovery = recoverInterrupted(root);
  if (recovery === null) return [];
  const { finished, left, undone } = recovery;
  if (undone) return ["an earlier run was cut off before it had written anything"];
  return [
    `an earlier run was cut off while it wrote, and ${finished.length === 1 ? "its file was" : `its ${finished.length} files were`} finished`,
    ...left.map((path) => `${path} was changed since that run, so it was left as it is`),
  ];
}

/** What carrying out takes. */
export interface Carried {
  build(settle: Settle): Plan | Promise<Plan>;
  /** What was noticed before there was a plan. */
  readonly warnings: readonly string[];
  /** Shows a plan; called again where conflicts were settled. */
  show(plan: Plan): Promise<void>;
  readonly question: string;
}

/** Does it, and gives how it went. Throws `cancelled` where the person says no. */
export async function carryOut(
  { build, warnings, show, question }: Carried,
  { onConflict, dryRun }: Switches,
  prompt: Prompt,
  io: Io,
): Promise<{ readonly status: Outcome["status"]; readonly plan: Plan }> {
  const chosen = new Map<string, Choice>();
  const settle: Settle = (path) => chosen.get(path) ?? (onConflict === "fail" ? null : onConflict);
  const warned = (plan: Plan): Plan => ({ ...plan, warnings: [...warnings, ...plan.warnings] });
  let plan = warned(await build(settle));
  await show(plan);
  if (prompt !== null && onConflict === null && (await settleByHand(plan, chosen, prompt, io))) {
    plan = warned(await build(settle));
    await show(plan);
  }
  if (conflictsOf(plan).length > 0) return { status: "conflict", plan };
  if (isEmpty(plan)) return { status: "unchanged", plan };
  if (dryRun) return { status: "planned", plan };
  if (prompt !== null && !(await prompt.askYes(terminalOf(io), question))) throw cancelledError();
  applyPlan(plan);
  return { status: "written", plan };
}

const hints: Readonly<Record<Choice | "stop", string>> = {
  keep: "your text stays there",
  replace: "ours takes its place",
  stop: "write nothing",
};

/** Asks for each conflict that can be settled. Gives whether all were. */
async function settleByHand(plan: Plan, chosen: Map<string, Choice>, prompt: NonNullable<Prompt>, io: Io): Promise<boolean> {
  const conflicts = conflictsOf(plan);
  if (conflicts.length === 0 || conflicts.some((conflict) => conflict.choices.length === 0)) return false;
  const { formatConflict } = await import("../../report/diff.ts");
  for (const conflict of conflicts) {
    io.stdout.write(shown`\n${conflict.path} ${conflict.why}.\n${formatConflict(conflict) ?? ""}`);
    const choices = [...conflict.choices, "stop" as const].map((value) => ({ value, hint: hints[value] }));
    const choice = await prompt.askChoice(terminalOf(io), "What shall stand there?", choices);
    if (choice === "stop") return false;
    chosen.set(conflict.path, choice);
  }
  return true;
}
