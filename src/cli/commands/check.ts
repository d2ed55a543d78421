/** Reports whether repositories match their specs and locks. Writes nothing; asks registries only with --outdated. */
import { setTimeout } from "node:timers/promises";
import { catalogueRelease } from "../../catalog/release.ts";
import { isAppError, type AppError } from "../../errors.ts";
import { lockPath, type Lock } from "../../lock/lock.ts";
import {
  fails,
  isRefused,
  observe,
  observeNoLock,
  observeRefused,
  observeStale,
  observeUnfit,
  type Observation,
} from "../../plan/check.ts";
import { findMovedPins, observeMovedPins } from "../../plan/moved-pins.ts";
import { isSameFound, type Snapshot } from "../../plan/snapshot.ts";
import { findAll, type Finding } from "../../plan/findings.ts";
import type { Plan } from "../../plan/plan.ts";
import { demandOf } from "../../parts/compose.ts";
import { bypassOptionsOf, setupFiles } from "../../prepare/bypass.ts";
import { imagesOf } from "../../prepare/pins.ts";
import { preparePlanFrom } from "../../prepare/prepare.ts";
import { featureFiles } from "../../prepare/shape.ts";
import { survey, type Request, type Survey } from "../../prepare/survey.ts";
import { questions } from "../../questions/table.ts";
import type { Answers } from "../../questions/types.ts";
import { describeFinding, describeObservation, formatCheckJson } from "../../report/json.ts";
import { formatCheck, formatFindings, formatNoted, formatObservations } from "../../report/text.ts";
import { hasEnvironment, noEnvironment, readLockFile } from "../../repo/environment.ts";
import { journalPath } from "../../repo/journal-text.ts";
import { findJournal } from "../../repo/journal.ts";
import { readProject } from "../../repo/project.ts";
import { findCwd, findTarget, takeSnapshot, type Target } from "../../repo/scan.ts";
import { shown } from "../../text/terminal.ts";
import { specPath } from "../../spec/spec.ts";
import { generatorVersion } from "../../version.ts";
import type { Command } from "../args.ts";
import { paintFor, type Io } from "../io.ts";
import { visitAll } from "./fleet.ts";

type CheckCommand = Extract<Command, { kind: "check" }>;
type How = Pick<CheckCommand, "outdated" | "strict">;

/** Runs it and gives the exit status: 0 if everything matches, 3 if not. */
export async function runCheck({ directories, switches, ...how }: CheckCommand, io: Io): Promise<number> {
  const cwd = findCwd(io.cwd, switches.cwd);
  const paint = paintFor(io);
  if (directories.length > 1) {
    return visitAll(directories, { json: switches.json, cwd }, io, async (target) => {
      const { observations, findings } = await checkRepository(target, how, io);
      const failed = observations.some(fails);
      return {
        status: failed ? "drift" : "fine",
        exit: failed ? 3 : 0,
        text: shown`${observations.length === 0 ? "" : shown`\n${formatObservations(observations, paint)}`.trimEnd()}`,
        notes: formatNoted(findings),
        json: {
          root: target.root,
          observations: observations.map(describeObservation),
          findings: findings.map(describeFinding),
          ...(how.outdated && { catalogue: catalogueRelease }),
        },
      };
    });
  }
  const target = findTarget(cwd, directories[0] ?? null);
  if (!target.exists || !hasEnvironment(target.root)) throw noEnvironment(target.root, "check");
  const { observations, findings } = await checkRepository(target, how, io);
  if (!switches.json) io.stderr.write(formatFindings(findings));
  io.stdout.write(
    switches.json
      ? formatCheckJson(target.root, observations, findings, how.outdated ? catalogueRelease : null)
      : formatCheck(observations, paint),
  );
  return observations.some(fails) ? 3 : 0;
}

/** Drift, and findings about the environment. Findings do not fail the check, because they may be intentional. */
interface Checked {
  readonly observations: readonly Observation[];
  readonly findings: readonly Finding[];
  /** Null without a lock. */
  readonly known: { readonly lock: Lock; readonly answers: Answers } | null;
}

/**
 * The drift of a repository. Another run may be writing at the same time. If there is drift and the lock or the spec changed meanwhile, the
 * repository is read again.
 */
export async function checkRepository(target: Target, how: How, io: Io): Promise<Checked> {
  const { root } = target;
  for (let tries = 10; ; tries--) {
    const before = takeSnapshot(root, [lockPath, specPath]);
    const isWriting = findJournal(root);
    const found = await observeRepository(target, how, io).catch((error: unknown) => ({ error }));
    const isFine = !("error" in found) && !found.observations.some(fails);
    const moved = isWriting || findJournal(root) || hasMoved(before, takeSnapshot(root, [...before.keys()]));
    if (isFine || tries === 1 || !moved) {
      if ("error" in found) throw found.error;
      return found;
    }
    // Another run finishes soon.
    await setTimeout(100);
  }
}

function hasMoved(before: Snapshot, after: Snapshot): boolean {
  return [...before].some(([path, found]) => !isSameFound(found, after.get(path)!));
}

async function observeRepository(target: Target, { outdated, strict }: How, io: Io): Promise<Checked> {
  const { root } = target;
  if (!hasEnvironment(root)) throw noEnvironment(root, "check");
  const interrupted: Observation[] = findJournal(root)
    ? [
        {
          path: journalPath,
          state: "stale",
          message: "belongs to a run that was interrupted or is still running",
          hint: "run  npx create-aperture-env update",
        },
      ]
    : [];
  const lockFile = readLockFile(root);
  const { lock, damaged, merge } = lockFile;
  if (lock === null) {
    const why = merge !== null ? "in merge" : damaged ? "damaged" : "missing";
    return { observations: [...interrupted, ...observeNoLock(why)], findings: [], known: null };
  }
  const request = requestFor(target, io);
  const surveyed = await survey(request, lockFile);
  const { answers, shape, snapshot, editors, containers } = surveyed;
  const changed = changedKeys(lock.answers, answers);
  const { leftOut } = surveyed;
  const observations = observe({ lock, snapshot, leftOut, changedKeys: changed, demand: demandOf(answers, shape), editors });
  const moved = observeMovedPins(findMovedPins(lock, snapshot, imagesOf(answers, shape)));
  const isMoved = ({ path, state }: Observation): boolean => state === "edited" && moved.some((one) => one.path === path);
  const drift = [...interrupted, ...observations.filter((one) => !isMoved(one)), ...moved, ...observeUnfit(surveyed.unfit)];
  // Only the version that wrote the lock knows its exact output. A difference to a newer version's output is not drift.
  const mayRender = !drift.some(fails) && leftOut.length === 0 && lock.generator === generatorVersion;
  const findings = findAll(readProject(root, setupFiles(containers)), bypassOptionsOf(answers), featureFiles(shape));
  const refusing = strict || answers.strict;
  const { newer, failure } = outdated ? await observeOutdated(lock, root, io) : { newer: [], failure: null };
  const all: Observation[] = [
    ...drift,
    ...observeRefused(findings, refusing),
    ...(mayRender ? observeStale(await planOf(surveyed, request)) : []),
    ...newer,
  ];
  // Whatever else is to be told comes first: nobody fixes a network to hear of a file that differs.
  if (failure !== null && !all.some(fails)) throw failure;
  if (failure !== null) all.push({ path: lockPath, state: "unasked", message: failure.message.replace(/\.$/, ""), hint: null });
  const others = findings.filter((finding) => !isRefused(finding, refusing));
  return { observations: all, findings: [...others, ...surveyed.ofAnswers], known: { lock, answers } };
}

/** What registries know to be newer, and the error of a machine whose npm cannot ask. */
async function observeOutdated(
  lock: Lock,
  root: string,
  { env }: Io,
): Promise<{ readonly newer: readonly Observation[]; readonly failure: AppError | null }> {
  const { findOutdated } = await import("../../registry/npm.ts");
  const { readNpmConfiguration } = await import("../../registry/configuration.ts");
  const asked = findOutdated(lock, generatorVersion, readNpmConfiguration(root, env)).catch((error: unknown) => {
    if (isAppError(error) && error.exit === 4) return error;
    throw error;
  });
  const moved = lock.pins === undefined ? [] : (await import("../../registry/images.ts")).findMoved(lock, { target: root, env });
  const [newer, images] = await Promise.all([asked, moved]);
  return isAppError(newer) ? { newer: images, failure: newer } : { newer: [...newer, ...images], failure: null };
}

function changedKeys(before: Answers, after: Answers): string[] {
  return questions
    .filter(({ id, write }) => JSON.stringify(write(before[id])) !== JSON.stringify(write(after[id])))
    .map(({ key }) => key.join("."));
}

/** An update without questions. */
function requestFor(target: Target, { env }: Io): Request {
  return {
    target,
    flags: {},
    env,
    ask: null,
    acceptDefaults: true,
    existing: true,
    decideBypass: async () => "leave",
    unignore: false,
    restore: false,
    lenient: true,
  };
}

async function planOf(surveyed: Survey, request: Request): Promise<Plan> {
  const { build } = await preparePlanFrom(surveyed, request);
  return build(() => null);
}
