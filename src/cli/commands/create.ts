/** The default command: from answers to a plan, shown, confirmed and applied. It only orders the steps; each lives in its own room. */
import { findBase } from "../../catalog/bases.ts";
import { wantedFiles, type Shape } from "../../catalog/files.ts";
import { pinnedRelease, type Release } from "../../catalog/release.ts";
import { cancelledError, decisionError, usageError } from "../../errors.ts";
import { lockPath, parseLock, type Lock } from "../../lock/lock.ts";
import { buildPlan, pathsToLookAt } from "../../plan/build.ts";
import { conflictsOf, isEmpty } from "../../plan/plan.ts";
import { repeatLine, quoteForShell } from "../../questions/repeat.ts";
import { resolveAnswers } from "../../questions/resolve.ts";
import { findRegistry, resolveRelease } from "../../registry/npm.ts";
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

/** Runs it and gives the exit status: 0 written or nothing to do, 3 where a file is in the way. Throws errors for people. */
export async function runCreate(command: CreateCommand, io: Io): Promise<number> {
  const { directory, flags, switches } = command;
  const say = (text: string): unknown => io.stderr.write(`${text}\n`);
  const target = findTarget(switches.cwd === null ? io.cwd : findTarget(io.cwd, switches.cwd).root, directory);
  if (switches.cwd !== null && directory === null && !target.exists)
    throw usageError("no-such-folder", `${target.root} does not exist.`, "Name an existing folder with --cwd.");
  const spec = await readSpec(target);
  const lock = readLock(target);
  const shape = findShape(target, lock.value);
  const interactive = isInteractive(io) && switches.input && !switches.yes && !switches.json;
  const prompt = interactive ? await import("../../questions/prompt.ts") : null;
  if (interactive) say(`create-aperture-env ${generatorVersion}${target.fromGit ? `, for the repository ${target.root}` : ""}`);

  const facts = readFacts(target, pinnedRelease.version);
  const { answers, resolved } = await resolveAnswers(
    { flags, spec, env: io.env, lock: lock.value?.answers ?? null, facts },
    { ask: prompt?.askOn(terminalOf(io)) ?? null, acceptDefaults: switches.yes },
  );
  const known = [pinnedRelease, ...(lock.value === null ? [] : [lock.value.opencode])];
  const { release, warnings } = await resolveRelease(versionFor(answers.opencode, lock.value), known);
  requireLibc(release, answers.base);
  const registry = shape.kind === "own" ? "" : (lock.value?.registry ?? "") || (await findRegistry(target.root, io.env));
  const rendered = renderEnvironment({ answers, release, registry, shape });
  const plan = buildPlan({
    root: target.root,
    rendered,
    shape,
    snapshot: takeSnapshot(target.root, pathsToLookAt(rendered, shape)),
    lock: lock.value,
    nextLock: { generator: generatorVersion, answers, opencode: release, registry },
    warnings: [...lock.warnings, ...warnings],
  });

  const conflict = conflictsOf(plan).length > 0;
  const outcome = (status: CreateOutcome["status"]): CreateOutcome => ({
    status,
    plan,
    resolved,
    revision: rendered.revision,
    next: nextSteps(directory, answers.url),
    repeat: repeatLine(resolved, directory),
  });
  if (!switches.json) {
    const paint = paintFor(io.stdout, io.env);
    for (const note of [...resolved.flatMap((answer) => answer.notes), ...plan.warnings]) say(`Note: ${note}.`);
    io.stdout.write(`${formatAnswers(resolved, paint)}\n\n${formatPlan(plan, paint)}\n`);
    if (switches.diff) io.stdout.write(`\n${(await import("../../report/diff.ts")).formatDiff(plan)}`);
  }
  const finish = (status: CreateOutcome["status"], summary: string): number => {
    if (switches.json) io.stdout.write(formatCreateJson(outcome(status)));
    else io.stdout.write(`\n${summary}\n`);
    return conflict ? 3 : 0;
  };
  if (conflict) {
    if (!switches.json) say("Nothing was written: the files marked ! are in the way.");
    return finish("conflict", `${formatCounts(plan)}.`);
  }
  if (isEmpty(plan)) return finish("unchanged", "Nothing to do: everything is as the spec says.");
  if (switches.dryRun) return finish("planned", `${formatCounts(plan)}. Nothing was written (--dry-run).`);
  if (prompt !== null && !(await prompt.askYes(terminalOf(io), "Write these files?"))) throw cancelledError();
  applyPlan(plan);
  const done = finish("written", `Written: ${formatCounts(plan)}.`);
  if (!switches.json)
    say(
      `\nNext:\n${outcome("written")
        .next.map((step) => `  ${step}`)
        .join("\n")}\nRepeat this:\n  ${outcome("written").repeat}`,
    );
  return done;
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
  if (lock?.files[own]?.strategy === "own") return { kind: "own" };
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

function requireLibc(release: Release, base: string | { readonly libc: string }): void {
  const libc = typeof base === "string" ? findBase(base)!.libc : base.libc;
  if (Object.values(release.packages).some((entry) => entry.libc === libc)) return;
  throw usageError(
    "no-package-for-base",
    `OpenCode ${release.version} has no package for ${libc}, which this base needs.`,
    `Take ${pinnedRelease.version}, which this version pins.`,
  );
}

function nextSteps(directory: string | null, url: string): string[] {
  return [
    ...(directory === null ? [] : [`cd ${quoteForShell(directory)}`]),
    "git add . && git commit -m 'Add the Aperture environment'",
    "Open the folder in VS Code, JetBrains or Codespaces, or:  npx @devcontainers/cli up --workspace-folder .",
    `Then  opencode run hello ; the message shows up on ${url}/ui/`,
  ];
}
