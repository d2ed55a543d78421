/** The default command: from answers to a plan, shown, confirmed and applied. It only orders the steps; each lives in its own room. */
import type { Libc } from "../../catalog/bases.ts";
import { wantedFiles, type Shape } from "../../catalog/files.ts";
import { missingPlatforms, pinnedRelease, type Release } from "../../catalog/release.ts";
import { cancelledError, decisionError, usageError } from "../../errors.ts";
import { lockPath, parseLock, type Lock } from "../../lock/lock.ts";
import { buildPlan, pathsToLookAt } from "../../plan/build.ts";
import { conflictsOf, isEmpty } from "../../plan/plan.ts";
import { repeatLine } from "../../questions/repeat.ts";
import { resolveAnswers } from "../../questions/resolve.ts";
import { findRegistry, resolveRelease } from "../../registry/npm.ts";
import { describeBase } from "../../render/context.ts";
import { formatShell } from "../../render/escape.ts";
import { renderEnvironment } from "../../render/render.ts";
import { formatCreateJson, type CreateOutcome } from "../../report/json.ts";
import { formatAnswers, formatCounts, formatPlan, paintFor } from "../../report/text.ts";
import { applyPlan } from "../../repo/apply.ts";
import { findDevcontainers, findTarget, look, readFacts, takeSnapshot, type Target } from "../../repo/scan.ts";
import { specPath, type SpecEntries } from "../../spec/spec.ts";
import { generatorVersion } from "../../version.ts";
import type { Command } from "../args.ts";
import { isInteractive, type Io } from "../io.ts";

type CreateCommand = Extract<Command, { kind: "create" }>;

/** A plan and what it was made from. */
type Planned = Pick<CreateOutcome, "plan" | "resolved" | "revision"> & { readonly url: string };

/** Asks a person; null where nobody can be asked. */
type Prompt = typeof import("../../questions/prompt.ts") | null;

/** Runs it and gives the exit status: 0 written or nothing to do, 3 where a file is in the way. Throws errors for people. */
export async function runCreate(command: CreateCommand, io: Io): Promise<number> {
  const { directory, switches } = command;
  const interactive = isInteractive(io) && switches.input && !switches.yes && !switches.json;
  const prompt: Prompt = interactive ? await import("../../questions/prompt.ts") : null;
  const planned = await planCreate(command, io, prompt);
  const { plan, resolved } = planned;
  if (!switches.json) await showPlan(planned, switches.diff, io);

  const finish = (status: CreateOutcome["status"]): number => {
    const outcome: CreateOutcome = {
      ...planned,
      status,
      next: nextSteps(directory, planned.url),
      repeat: repeatLine(resolved, directory, switches.cwd),
    };
    if (switches.json) io.stdout.write(formatCreateJson(outcome));
    else showOutcome(outcome, io);
    return status === "conflict" ? 3 : 0;
  };
  if (conflictsOf(plan).length > 0) return finish("conflict");
  if (isEmpty(plan)) return finish("unchanged");
  if (switches.dryRun) return finish("planned");
  if (prompt !== null && !(await prompt.askYes(terminalOf(io), "Write these files?"))) throw cancelledError();
  applyPlan(plan);
  return finish("written");
}

/** Everything up to the plan: looks, asks, resolves, renders. Writes nothing. */
async function planCreate({ directory, flags, switches }: CreateCommand, io: Io, prompt: Prompt): Promise<Planned> {
  const target = findTarget(switches.cwd === null ? io.cwd : findTarget(io.cwd, switches.cwd).root, directory);
  if (switches.cwd !== null && directory === null && !target.exists)
    throw usageError("no-such-folder", `${target.root} does not exist.`, "Name an existing folder with --cwd.");
  const spec = await readSpec(target);
  const lock = readLock(target);
  const shape = findShape(target, lock.value);
  if (prompt !== null) {
    const where = target.fromGit ? `, for the repository ${target.root}` : "";
    io.stderr.write(`create-aperture-env ${generatorVersion}${where}\n`);
  }
  const facts = readFacts(target, shape.kind === "feature" ? shape.file : null, pinnedRelease.version);
  const { answers, resolved } = await resolveAnswers(
    { flags, spec, env: io.env, lock: lock.value?.answers ?? null, facts },
    { ask: prompt?.askOn(terminalOf(io)) ?? null, acceptDefaults: switches.yes },
  );
  const known = [pinnedRelease, ...(lock.value === null ? [] : [lock.value.opencode])];
  const release = await resolveRelease(versionFor(answers.opencode, lock.value), known);
  const libc = shape.kind === "own" ? describeBase(answers.base).libc : null;
  if (libc !== null) requireLibc(release, libc);
  const registry = shape.kind === "own" ? "" : (lock.value?.registry ?? "") || (await findRegistry(target.root, io.env));
  const rendered = renderEnvironment({ answers, release, registry, shape });
  const plan = buildPlan({
    root: target.root,
    rendered,
    shape,
    snapshot: takeSnapshot(target.root, pathsToLookAt(rendered, shape)),
    lock: lock.value,
    nextLock: { generator: generatorVersion, answers, opencode: release, registry },
    warnings: [...lock.warnings, ...describeRelease(answers.opencode, release, libc)],
  });
  return { plan, resolved, revision: rendered.revision, url: answers.url };
}

async function showPlan({ plan, resolved }: Planned, diff: boolean, io: Io): Promise<void> {
  const paint = paintFor(io.stdout, io.env);
  for (const note of [...resolved.flatMap((answer) => answer.notes), ...plan.warnings]) io.stderr.write(`Note: ${note}.\n`);
  io.stdout.write(`${formatAnswers(resolved, paint)}\n\n${formatPlan(plan, paint)}\n`);
  if (diff) io.stdout.write(`\n${(await import("../../report/diff.ts")).formatDiff(plan)}`);
}

function showOutcome({ status, plan, next, repeat }: CreateOutcome, io: Io): void {
  const summaries = {
    written: `Written: ${formatCounts(plan)}.`,
    planned: `${formatCounts(plan)}. Nothing was written (--dry-run).`,
    unchanged: "Nothing to do: everything is as the spec says.",
    conflict: `${formatCounts(plan)}.`,
  };
  if (status === "conflict") io.stderr.write("Nothing was written: the files marked ! are in the way.\n");
  io.stdout.write(`\n${summaries[status]}\n`);
  if (status === "written") io.stderr.write(`\nNext:\n${next.map((step) => `  ${step}\n`).join("")}Repeat this:\n  ${repeat}\n`);
}

const terminalOf = ({ stdin, stdout }: Io): { input: Io["stdin"]; output: Io["stdout"] } => ({ input: stdin, output: stdout });

async function readSpec(target: Target): Promise<SpecEntries | null> {
  const found = look(target.root, specPath);
  if (found.kind === "nothing") return null;
  if (found.kind === "other")
    throw decisionError("spec-unreadable", `The spec is ${found.what}.`, "Move it away, or make it a text file.", {
      file: specPath,
    });
  const { parseSpec } = await import("../../spec/parse.ts");
  return parseSpec(found.text);
}

function readLock(target: Target): { value: Lock | null; warnings: readonly string[] } {
  const found = look(target.root, lockPath);
  if (found.kind !== "text") return { value: null, warnings: [] };
  const value = parseLock(found.text.replaceAll("\r\n", "\n"));
  return value === null
    ? { value, warnings: [`${lockPath} is damaged or of another version: files that are there are taken as yours`] }
    : { value, warnings: [] };
}

/** A dev container of the user's gets the Feature; where there is none, or it is ours, the environment is a dev container of its own. */
function findShape(target: Target, lock: Lock | null): Shape {
  const own = wantedFiles({ kind: "own" }).find((file) => file.path.endsWith("devcontainer.json"))!.path;
  const found = look(target.root, own);
  // Without a lock, our own is known by the revision, which stands in no other.
  const ours =
    lock === null ? found.kind === "text" && found.text.includes("APERTURE_ENV_REVISION") : lock.files[own]?.strategy === "own";
  if (ours) return { kind: "own" };
  const files = target.exists
    ? findDevcontainers(target.root).filter((file) => file !== ".devcontainer/aperture-env/devcontainer.json")
    : [];
  if (files.length === 0) return { kind: "own" };
  if (files.length > 1) {
    throw decisionError(
      "several-dev-containers",
      `This repository has ${files.length} dev containers, and this version adds to one: ${files.join(", ")}.`,
      "Leave one of them, or add the Feature by hand.",
    );
  }
  return { kind: "feature", file: files[0]! };
}

/** The version to take: `latest` is what the lock resolved it to, once it has. */
function versionFor(wanted: string, lock: Lock | null): string {
  return wanted === "latest" && lock?.answers.opencode === "latest" ? lock.opencode.version : wanted;
}

function requireLibc(release: Release, libc: Libc): void {
  if (Object.values(release.packages).some((entry) => entry.libc === libc)) return;
  const why = `OpenCode ${release.version} has no package for ${libc}, which this base needs.`;
  throw usageError("no-package-for-base", why, `Take ${pinnedRelease.version}, which this version pins.`);
}

/** What there is to say of a release: what `latest` came to, and where its image cannot be built. */
function describeRelease(wanted: string, release: Release, libc: Libc | null): string[] {
  const missing = missingPlatforms(release).filter((platform) => libc === null || platform.libc === libc);
  return [
    ...(wanted === "latest" ? [`latest is OpenCode ${release.version}`] : []),
    ...missing.map(
      (platform) => `OpenCode ${release.version} has no package for ${platform.arch} with ${platform.libc}: no image for that`,
    ),
  ];
}

function nextSteps(directory: string | null, url: string): string[] {
  return [
    ...(directory === null ? [] : [`cd ${formatShell(directory)}`]),
    "git add . && git commit -m 'Add the Aperture environment'",
    "Open the folder in VS Code, JetBrains or Codespaces, or:  npx @devcontainers/cli up --workspace-folder .",
    `Then  opencode run hello ; the message shows up on ${url}/ui/`,
  ];
}
