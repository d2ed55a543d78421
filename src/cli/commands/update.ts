/** Updates environments: renders them from the spec again and merges. User edits stay, changed defaults arrive, obsolete files are removed. */
import { readGiven } from "../../prepare/given.ts";
import { preparePlan, type Prepared } from "../../prepare/prepare.ts";
import type { Plan } from "../../plan/plan.ts";
import { hasEnvironment, noEnvironment } from "../../repo/environment.ts";
import { findCwd, findTarget } from "../../repo/scan.ts";
import type { Command } from "../args.ts";
import type { Io } from "../io.ts";
import { tell, type Done } from "./done.ts";
import { visitAll, visitOf } from "./fleet.ts";
import { land, type Here } from "./landing.ts";
import { executePlan, framed, onScreen, openPrompt, settleEarlierRun, type Prompt } from "./plan-execution.ts";
import { exitOf, openScreen, showPlan } from "./plan-screen.ts";
import { takeSteps } from "./steps.ts";
import { stepsAfter } from "./way.ts";

type UpdateCommand = Extract<Command, { kind: "update" }>;
type Given = Awaited<ReturnType<typeof readGiven>>;

/** Runs it and gives the exit status: 0 updated or nothing to do, 3 if a decision is needed; the worst of several repositories. */
export async function runUpdate(command: UpdateCommand, bare: Io): Promise<number> {
  const { directories, switches, landing, spec } = command;
  const cwd = findCwd(bare.cwd, switches.cwd);
  const given = await readGiven(cwd, spec);
  if (directories.length > 1) {
    const how = { json: switches.json, markdown: landing.summary, cwd };
    return visitAll(directories, how, bare, async (target, directory) => {
      const done = await land(target, landing, switches, bare, (here) =>
        update(here, command, given, null, async () => undefined),
      );
      return visitOf(done, directory, landing.summary, switches.diff);
    });
  }
  const target = findTarget(cwd, directories[0] ?? null);
  const quiet = switches.json || landing.summary;
  const prompt = await openPrompt(switches, bare, !landing.summary);
  const io = framed(bare, prompt);
  if (prompt !== null) openScreen("update", target.root, prompt, bare);
  const show: Show = async (plan, { resolved }) => (quiet ? undefined : showPlan(plan, resolved, switches, prompt, io));
  const done = await onScreen(prompt, bare, () =>
    land(target, landing, switches, io, (here) => update(here, command, given, prompt, show)),
  );
  await tell(done, switches, landing, prompt, bare);
  return exitOf(done.outcome);
}

type Show = (plan: Plan, prepared: Prepared) => Promise<void>;

async function update(
  { target, io, write }: Here,
  { flags, switches, restore, models, replace, pins }: UpdateCommand,
  given: Given,
  prompt: Prompt,
  show: Show,
): Promise<Done> {
  if (!target.exists || !hasEnvironment(target.root)) throw noEnvironment(target.root, "update");
  const earlier = await settleEarlierRun(target.root, switches, prompt, io);
  let prepared!: Prepared;
  const { status, plan } = await takeSteps(switches, prompt, io, null, async ({ decideBypass, back }) => {
    prepared = await preparePlan({
      target,
      flags,
      ...given,
      env: io.env,
      ask: null,
      acceptDefaults: true,
      existing: true,
      decideBypass,
      unignore: switches.unignore,
      restore,
      moveModels: models,
      ...(replace && { replaceModel: replace }),
      ...(pins && { pins }),
    });
    const made = { ...prepared, verb: "update" } as const;
    return executePlan(
      {
        build: prepared.build,
        warnings: earlier,
        show: (shown) => show(shown, prepared),
        question: write === undefined ? "Write these changes?" : "Commit these changes?",
        write: write && ((ready) => write(ready, made)),
        back,
      },
      switches,
      prompt,
      io,
    );
  });
  const { resolved, revision } = prepared;
  const made = { ...prepared, verb: "update" } as const;
  const next = stepsAfter(target.root, io.cwd, "Rebuild the container: editors offer it if the image changed.");
  return {
    outcome: { status, plan, resolved, revision, next, repeat: null },
    made,
  };
}
