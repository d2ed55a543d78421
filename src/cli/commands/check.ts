/** Says whether repositories still are what their specs and locks say. Writes nothing; asks the registry only with --outdated. */
import { loadEditors } from "../../edit/editor.ts";
import { lockPath, type Lock } from "../../lock/lock.ts";
import { fails, observe, observeNoLock, observeStale, pathsToCheck, type Observation } from "../../plan/check.ts";
import { isSameFound, type Snapshot } from "../../plan/snapshot.ts";
import { findAll, type Finding } from "../../plan/findings.ts";
import { writesOf } from "../../plan/plan.ts";
import { demandOf } from "../../parts/compose.ts";
import { resolveAnswers } from "../../questions/resolve.ts";
import { questions } from "../../questions/table.ts";
import type { Answers } from "../../questions/types.ts";
import { describeFinding, formatCheckJson } from "../../report/json.ts";
import { formatCheck, formatFindings, formatObservations } from "../../report/text.ts";
import { findContainers, hasEnvironment, noEnvironment, readLockFile, readSpecText } from "../../repo/environment.ts";
import { journalPath } from "../../repo/journal-text.ts";
import { findJournal } from "../../repo/journal.ts";
import { readProject } from "../../repo/project.ts";
import { findTarget, readFacts, takeSnapshot, type Target } from "../../repo/scan.ts";
import { shown } from "../../text/terminal.ts";
import { specPath } from "../../spec/spec.ts";
import { generatorVersion } from "../../version.ts";
import type { Command } from "../args.ts";
import { paintFor, type Io } from "../io.ts";
import { visitAll } from "./fleet.ts";
import { optionsOf, preparePlan, setupFiles, shapeOf } from "./planning.ts";

type CheckCommand = Extract<Command, { kind: "check" }>;

/** Runs it and gives the exit status: 0 where all is as it should be, 3 where not. */
export async function runCheck({ directories, switches, outdated }: CheckCommand, io: Io): Promise<number> {
  const cwd = switches.cwd === null ? io.cwd : findTarget(io.cwd, switches.cwd).root;
  const paint = paintFor(io);
  if (directories.length > 1) {
    return visitAll(directories, { json: switches.json, cwd }, io, async (target) => {
      const observations = await checkRepository(target, outdated, io);
      const failed = observations.some(fails);
      return {
        status: failed ? "drift" : "unchanged",
        exit: failed ? 3 : 0,
        text: observations.length === 0 ? "" : shown`\n${formatObservations(observations, paint)}`.trimEnd(),
        json: { root: target.root, observations, findings: (await findingsOf(target)).map(describeFinding) },
      };
    });
  }
  const target = findTarget(cwd, directories[0] ?? null);
  if (!target.exists || !hasEnvironment(target.root)) throw noEnvironment(target.root, "check");
  const observations = await checkRepository(target, outdated, io);
  const findings = await findingsOf(target);
  if (!switches.json) io.stderr.write(formatFindings(findings));
  io.stdout.write(switches.json ? formatCheckJson(target.root, observations, findings) : formatCheck(observations, paint));
  return observations.some(fails) ? 3 : 0;
}

/**
 * What is not as it should be. While another run writes, its files are seen half done: where something is amiss and the lock or the spec has
 * changed on the way, it is looked at anew.
 */
async function checkRepository(target: Target, outdated: boolean, io: Io): Promise<readonly Observation[]> {
  const { root } = target;
  for (let tries = 3; ; tries--) {
    const before = takeSnapshot(root, [lockPath, specPath]);
    const isWriting = findJournal(root);
    const found = await observeRepository(target, outdated, io).catch((error: unknown) => ({ error }));
    const isFine = !("error" in found) && !found.some(fails);
    const moved = isWriting !== findJournal(root) || hasMoved(before, takeSnapshot(root, [...before.keys()]));
    if (isFine || tries === 1 || !moved) {
      if ("error" in found) throw found.error;
      return found;
    }
  }
}

function hasMoved(before: Snapshot, after: Snapshot): boolean {
  return [...before].some(([path, found]) => !isSameFound(found, after.get(path)!));
}

async function observeRepository(target: Target, outdated: boolean, io: Io): Promise<readonly Observation[]> {
  const { root } = target;
  if (!hasEnvironment(root)) throw noEnvironment(root, "check");
  const interrupted: Observation[] = findJournal(root)
    ? [
        {
          path: journalPath,
          state: "stale",
          message: "is of a run that was cut off, or is at work now",
          hint: "run  npx create-aperture-env update",
        },
      ]
    : [];
  const { lock, damaged } = readLockFile(root);
  if (lock === null) return [...interrupted, ...observeNoLock(damaged)];
  const { answers, spec } = await answersNow(target, lock);
  const paths = pathsToCheck(lock);
  const observations = observe({
    lock,
    snapshot: takeSnapshot(root, paths),
    changedKeys: changedKeys(lock.answers, answers),
    demand: demandOf(answers, shapeOf(findContainers(root, lock), answers, spec)),
    editors: await loadEditors(paths),
  });
  const drift = [...interrupted, ...observations];
  // Only the version that wrote the lock can say what it would have written; what a newer one would do is no drift.
  const mayRender = !drift.some(fails) && lock.generator === generatorVersion;
  return [
    ...drift,
    ...(mayRender ? observeStale(await pathsThatWouldChange(target, io)) : []),
    ...(outdated ? await observeOutdated(lock, root, io) : []),
  ];
}

async function observeOutdated(lock: Lock, root: string, { env }: Io): Promise<readonly Observation[]> {
  const { findOutdated } = await import("../../registry/npm.ts");
  const { readNpmConfiguration } = await import("../../registry/configuration.ts");
  return findOutdated(lock, generatorVersion, readNpmConfiguration(root, env));
}

/** What stands against the environment, which fails no check: it may be meant. */
async function findingsOf(target: Target): Promise<readonly Finding[]> {
  const { root } = target;
  const { lock } = readLockFile(root);
  if (lock === null) return [];
  const { answers } = await answersNow(target, lock);
  return findAll(readProject(root, setupFiles(findContainers(root, lock))), optionsOf(answers));
}

/** The answers that spec and lock give today, without what one person's variables say. */
async function answersNow(target: Target, lock: Lock): Promise<{ answers: Answers; spec: Parameters<typeof shapeOf>[2] }> {
  const text = readSpecText(target.root);
  const spec = text === null ? {} : (await import("../../spec/file.ts")).parseSpec(text);
  const containers = findContainers(target.root, lock);
  const facts = readFacts(target, containers.kind === "theirs" ? containers.files : [], lock.answers.opencode);
  const { answers } = await resolveAnswers(
    { flags: {}, spec, env: {}, lock: lock.answers, facts },
    { ask: null, acceptDefaults: true },
  );
  return { answers, spec };
}

function changedKeys(before: Answers, after: Answers): string[] {
  return questions
    .filter(({ id, write }) => JSON.stringify(write(before[id] as never)) !== JSON.stringify(write(after[id] as never)))
    .map(({ key }) => key.join("."));
}

async function pathsThatWouldChange(target: Target, io: Io): Promise<string[]> {
  const { build } = await preparePlan({
    target,
    flags: {},
    env: io.env,
    ask: null,
    acceptDefaults: true,
    existing: true,
    decideBypass: async () => "leave",
    unignore: false,
  });
  return writesOf(await build(() => null)).map(({ path }) => path);
}
