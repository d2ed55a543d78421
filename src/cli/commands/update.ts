/** Brings environments up to date: renders again from the spec and merges. The user's edits stay, changed defaults arrive, dropped files go. */
import type { Plan } from "../../plan/plan.ts";
import { describeChanges, describeFinding, formatOutcomeJson, type Outcome } from "../../report/json.ts";
import { formatCounts, formatNoted, formatProblems } from "../../report/text.ts";
import { questions } from "../../questions/table.ts";
import { hasEnvironment, noEnvironment } from "../../repo/environment.ts";
import { findTarget, type Target } from "../../repo/scan.ts";
import { block, shown } from "../../text/terminal.ts";
import { generatorVersion } from "../../version.ts";
import type { Command } from "../args.ts";
import type { Io } from "../io.ts";
import { executePlan, openPrompt, settleEarlierRun, type Prompt } from "./plan-execution.ts";
import { visitAll, type Visit } from "./fleet.ts";
import { preparePlan, type Prepared } from "../../prepare/prepare.ts";
import { askBypass, exitOf, showNotes, showOutcome, showPlan } from "./plan-screen.ts";

type UpdateCommand = Extract<Command, { kind: "update" }>;

/** Runs it and gives the exit status: 0 updated or nothing to do, 3 where something has to be decided; of several repositories the worst. */
export async function runUpdate(command: UpdateCommand, io: Io): Promise<number> {
  const { directories, switches } = command;
  const cwd = switches.cwd === null ? io.cwd : findTarget(io.cwd, switches.cwd).root;
  return directories.length > 1
    ? visitAll(directories, { json: switches.json, cwd }, io, (target) => visit(target, command, io))
    : updateOne(findTarget(cwd, directories[0] ?? null), command, io);
}

async function updateOne(target: Target, command: UpdateCommand, io: Io): Promise<number> {
  const { switches, summary } = command;
  if (!target.exists || !hasEnvironment(target.root)) throw noEnvironment(target.root, "update");
  const quiet = switches.json || summary;
  const prompt = quiet ? null : await openPrompt(switches, io);
  const { prepared, outcome } = await update(target, command, prompt, io, async (plan, { resolved }) =>
    quiet ? undefined : showPlan(plan, resolved, switches.diff, io),
  );
  if (switches.json) io.stdout.write(formatOutcomeJson(outcome));
  else if (summary) io.stdout.write(block(await summarise(outcome.plan, prepared)));
  else showOutcome(outcome, io);
  return exitOf(outcome);
}

async function visit(target: Target, command: UpdateCommand, io: Io): Promise<Visit> {
  const { prepared, outcome } = await update(target, command, null, io, async () => undefined);
  const { status, plan } = outcome;
  const diff = command.switches.diff ? shown`\n${(await import("../../report/diff.ts")).formatDiff(plan)}` : "";
  const summary = command.summary && status !== "unchanged" ? shown`\n\n${block(await summarise(plan, prepared))}` : diff;
  const notes = [...outcome.resolved.flatMap((answer) => answer.notes), ...plan.warnings];
  return {
    status,
    exit: exitOf(outcome),
    text: shown`${status === "unchanged" ? "" : `  ${formatCounts(plan)}`}${formatProblems(plan)}${formatNoted(plan.findings, notes)}${summary}`.trimEnd(),
    json: {
      root: target.root,
      revision: prepared.revision,
      changes: describeChanges(plan).filter((change) => !("why" in change && change.why === "same")),
      remaining: plan.remaining ?? [],
      warnings: plan.warnings,
      findings: plan.findings.map(describeFinding),
    },
  };
}

async function summarise(plan: Plan, prepared: Prepared): Promise<string> {
  const { formatSummary } = await import("../../report/markdown.ts");
  return formatSummary(plan, { ...prepared, questions }, generatorVersion);
}

async function update(
  target: Target,
  { flags, switches, restore, models, pins }: UpdateCommand,
  prompt: Prompt,
  io: Io,
  show: (plan: Plan, prepared: Prepared) => Promise<void>,
): Promise<{ readonly prepared: Prepared; readonly outcome: Outcome }> {
  const earlier = await settleEarlierRun(target.root, switches, prompt, io);
  const prepared = await preparePlan({
    target,
    flags,
    env: io.env,
    ask: null,
    acceptDefaults: true,
    existing: true,
    decideBypass: askBypass(switches, prompt, io),
    unignore: switches.unignore,
    restore,
    moveModels: models,
    ...(pins && { pins }),
  });
  const { resolved, revision } = prepared;
  if (prompt !== null) {
    showNotes(
      resolved.flatMap(({ notes }) => notes),
      io,
    );
  }
  const { status, plan } = await executePlan(
    { build: prepared.build, warnings: earlier, show: (shown) => show(shown, prepared), question: "Write these changes?" },
    switches,
    prompt,
    io,
  );
  const next = ["git diff, and commit what it shows", "Editors offer to rebuild the container where the image changes."];
  return { prepared, outcome: { status, plan, resolved, revision, next, repeat: null } };
}
