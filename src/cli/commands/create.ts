/** The default command: answers become a plan, which is shown, confirmed and applied. This file only orders the steps. */
import { join, relative, resolve, sep } from "node:path";
import { loadAllProviders } from "../../catalog/all-providers.ts";
import { todayFrom } from "../../clock.ts";
import { usageError } from "../../errors.ts";
import { defaultOrigin } from "../../gateway/origin.ts";
import { demandOf, nextOf } from "../../parts/compose.ts";
import type { Plan } from "../../plan/plan.ts";
import { repeatLine } from "../../questions/repeat.ts";
import { questionOf } from "../../questions/table.ts";
import type { Answers } from "../../questions/types.ts";
import { formatShell } from "../../render/escape.ts";
import { formatCommit } from "../../report/commit.ts";
import type { Outcome } from "../../report/json.ts";
import { readSpecText } from "../../repo/environment.ts";
import { findCwd, findTarget, type Target } from "../../repo/scan.ts";
import { findPlace, findTop, resolveLinks } from "../../repo/work-tree.ts";
import type { Shape } from "../../vocabulary.ts";
import type { Command, Flags, Verb } from "../args.ts";
import type { Io } from "../io.ts";
import { executePlan, framed, onScreen, openPrompt, settleEarlierRun, terminalOf, type Prompt } from "./plan-execution.ts";
import type { Detection } from "./gateway-detection.ts";
import { readGiven } from "../../prepare/given.ts";
import { preparePlan, type Prepared } from "../../prepare/prepare.ts";
import { tell, type Done } from "./done.ts";
import { land, type Here } from "./landing.ts";
import { exitOf, openScreen, showPlan } from "./plan-screen.ts";
import { takeSteps } from "./steps.ts";

type CreateCommand = Extract<Command, { kind: "create" }>;

/** Settings for every folder of a run. */
interface Common {
  readonly given: Awaited<ReturnType<typeof readGiven>>;
  readonly detect?: Detection | null;
}

/** Runs it and gives the exit status: 0 written or nothing to do, 3 if a file is in the way. Throws errors for people. */
export async function runCreate(command: CreateCommand, bare: Io): Promise<number> {
  const { directories, switches, landing, spec, mistaken } = command;
  const [directory = null] = directories;
  const cwd = findCwd(bare.cwd, switches.cwd);
  const given = spec === null ? {} : await readGiven(cwd, spec);
  if (directories.length > 1) return createAll(command, cwd, given, bare);
  const prompt = await openPrompt(switches, bare, !landing.summary);
  const io = framed(bare, prompt);
  const target = findTarget(cwd, directory);
  if (switches.cwd !== null && directory === null && !target.exists)
    throw usageError("no-such-folder", `${target.root} does not exist.`, "Name an existing folder with --cwd.");
  const where = target.fromGit && findTop(target.root) === target.root ? `the repository ${target.root}` : target.root;
  const quiet = switches.json || landing.summary;
  if (prompt !== null || (target.fromGit && !quiet)) openScreen("OpenCode through Aperture", where, prompt, bare);
  const done = await onScreen(prompt, bare, async () => {
    if (mistaken !== undefined && !target.exists) await confirmFolder(directory!, mistaken, prompt, io);
    return land(target, landing, switches, io, (here) => create(here, directory, command, { given }, prompt));
  });
  await tell(done, switches, landing, prompt, bare);
  return exitOf(done.outcome);
}

/** Creates an environment in each folder, without questions. */
async function createAll(command: CreateCommand, cwd: string, given: Common["given"], io: Io): Promise<number> {
  const { directories, switches, landing, flags, discover, mistaken } = command;
  const [first = ""] = directories;
  if (mistaken !== undefined && !findTarget(cwd, first).exists) await confirmFolder(first, mistaken, null, io);
  if (!switches.yes)
    throw usageError(
      "missing-answers",
      "create asks no questions for several folders.",
      "Accept the proposed values with --yes; --spec and flags override them.",
    );
  // All folders have the same gateway.
  const detect = discover === true ? await openDetection(null, flags, given, null, io) : null;
  const { visitAll, visitOf } = await import("./fleet.ts");
  const how = { json: switches.json, markdown: landing.summary, cwd, mustExist: true };
  return visitAll(directories, how, io, async (target, directory) => {
    if (!target.exists)
      throw usageError(
        "no-such-folder",
        `${target.root} does not exist.`,
        "Make it, or leave it out. After  npm create  put -- before the flags.",
      );
    const done = await land(target, landing, switches, io, (here) => create(here, directory, command, { given, detect }, null));
    return visitOf(done, directory, landing.summary, switches.diff);
  });
}

async function create(
  { target, io, write }: Here,
  directory: string | null,
  command: CreateCommand,
  { given, detect }: Common,
  prompt: Prompt,
): Promise<Done> {
  const { directories, flags, switches, landing, discover, pins, spec } = command;
  const quiet = switches.json || landing.summary || directories.length > 1;
  const earlier = target.exists ? await settleEarlierRun(target.root, switches, prompt, io) : [];
  const detection =
    detect ??
    (prompt !== null || (discover === true && detect === undefined)
      ? await openDetection(target, flags, given, prompt, io)
      : null);
  const asking = prompt?.askOn(terminalOf(io)) ?? null;
  let prepared!: Prepared;
  const { status, plan } = await takeSteps(switches, prompt, io, asking, async ({ decideBypass, again, back }) => {
    prepared = await preparePlan({
      target,
      flags,
      ...given,
      env: io.env,
      ask: asking?.ask ?? null,
      ...(detection !== null && { detect: detection.detect }),
      acceptDefaults: switches.yes,
      existing: false,
      decideBypass,
      unignore: switches.unignore,
      restore: false,
      ...(pins && { pins }),
    });
    const { resolved, build } = prepared;
    return executePlan(
      {
        build,
        warnings: [...earlier, ...(detection?.warnings() ?? [])],
        show: async (shown) => (quiet ? undefined : showPlan(shown, resolved, switches, prompt, io)),
        question: write === undefined ? "Write these files?" : "Commit these files?",
        write: write && ((ready) => write(ready, { ...prepared, verb: "create" })),
        ...(resolved.some(({ source }) => source === "answer") && { again }),
        back,
      },
      switches,
      prompt,
      io,
    );
  });
  const { resolved, revision, answers } = prepared;
  const made = { ...prepared, verb: "create" } as const;
  const outcome: Outcome = {
    status,
    plan,
    resolved,
    revision,
    next: nextSteps(plan, directory, io.cwd, answers, prepared.shape),
    repeat: repeatLine(resolved, directory, { ...switches, ...landing, spec, pins }),
  };
  return { outcome, made };
}

/** Asks whether a word that may be a typo of a command is a folder. Throws if it is not, or without an interactive terminal. */
async function confirmFolder(folder: string, verb: Verb, prompt: Prompt, io: Io): Promise<void> {
  const message = `${folder} is neither a command nor a folder; did you mean ${verb}?`;
  const choices = [
    { value: "stop", hint: `stop here, and run ${verb}` },
    { value: "make the folder", hint: `create ${folder} with the environment in it` },
  ] as const;
  if (prompt !== null && (await prompt.askChoice(terminalOf(io), message, choices)) === "make the folder") return;
  const hint = `Did you mean  npx create-aperture-env ${verb}  ? For a folder of that name write ./${folder}`;
  throw usageError("mistaken-command", message, hint);
}

/** How long a question may be delayed, in milliseconds; longer if a spinner shows the reason. */
const patience = { unseen: 1000, seen: 2500 };

/** Starts asking the gateway for its models while a person reads the first question. Null if no open question needs the answer. */
async function openDetection(
  target: Target | null,
  flags: Flags,
  { given = {} }: Common["given"],
  prompt: Prompt,
  io: Io,
): Promise<Detection | null> {
  const isOpen = (["providers", "model", "smallModel"] as const).some((id) => flags[id] === undefined && given[id] === undefined);
  if (!isOpen || (target?.exists === true && readSpecText(target.root) !== null)) return null;
  const said = (id: "url" | "style"): string | undefined =>
    flags[id] ?? given[id]?.value?.toString() ?? questionOf(id).env.flatMap((name) => io.env[name] || [])[0];
  const origin = questionOf("url").parse(said("url") ?? defaultOrigin, {});
  const { detectGateway } = await import("./gateway-detection.ts");
  return detectGateway({
    origin: origin.ok ? origin.value : null,
    timeout: prompt === null ? patience.unseen : patience.seen,
    env: io.env,
    known: loadAllProviders(todayFrom(io.env)),
    exact: said("style") === "compact",
    accepts: (value) => questionOf("providers").read(value, {}),
    ...(prompt !== null && {
      wait: (message, work, result) => prompt.waitFor(terminalOf(io), message, work, result),
    }),
  });
}

/** With paths relative to the folder in which the person stands then, and without a commit outside of git. */
function nextSteps(plan: Plan, directory: string | null, cwd: string, answers: Answers, shape: Shape): string[] {
  const stands = directory === null ? cwd : plan.root;
  // A named folder is relative to that of --cwd.
  const typed = directory === null || resolve(cwd, directory) === plan.root ? directory : relative(cwd, plan.root);
  const isThere = typed === null || resolveLinks(cwd) === resolveLinks(plan.root);
  const from = (path: string): string => relative(stands, join(plan.root, path)).split(sep).join("/");
  // Git adds nothing that is beyond a link: the file behind it is what has changed.
  const top = resolveLinks(plan.root);
  const behind = (path: string): string => from(relative(top, resolveLinks(join(plan.root, path))));
  const commit = findPlace(plan.root) === null ? null : formatCommit(plan, behind);
  return [
    ...(isThere ? [] : [`cd ${formatShell(typed)}`]),
    ...(commit === null ? [] : [commit]),
    ...nextOf(demandOf(answers, shape), from("") || "."),
    `Run  opencode run hello  in it: the request shows up on ${answers.url}/ui/`,
  ];
}
