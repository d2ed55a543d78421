/** From the surveyed repository to a plan: the release, the rendered files, the ignored files. Writes nothing. */
import type { Pins } from "../catalog/image-reference.ts";
import { loadCatalogue, type Catalogue } from "../catalog/models.ts";
import { compareVersions, pinnedRelease, type Release } from "../catalog/release.ts";
import { usageError } from "../errors.ts";
import { lockPath, type Lock } from "../lock/lock.ts";
import { demandOf } from "../parts/compose.ts";
import { doctorOf } from "../parts/node.ts";
import { buildPlan, ignorePath, type PlanInput } from "../plan/build.ts";
import { findAll, findingsOfIgnored, findingsOfWorkspaces, type Finding } from "../plan/findings.ts";
import { foldersOf, unignoreLines } from "../plan/ignore.ts";
import { changesOf, type Change, type Settlement, type Plan } from "../plan/plan.ts";
import type { Resolved } from "../questions/resolve.ts";
import type { Answers } from "../questions/types.ts";
import { describeBase, type PackagedDoctor } from "../render/context.ts";
import { modelsWithoutLimits } from "../render/providers.ts";
import { renderEnvironment } from "../render/render.ts";
import { readLockFile, type LockFile } from "../repo/environment.ts";
import { findIgnored } from "../repo/git.ts";
import { holdsFiles } from "../repo/scan.ts";
import { notCheckedOut } from "../repo/sparse.ts";
import { specPath } from "../spec/spec.ts";
import { listSome } from "../text/words.ts";
import type { Demand, Shape } from "../vocabulary.ts";
import { generatorVersion } from "../version.ts";
import { bypassOptionsOf, withoutTaken } from "./bypass.ts";
import { choosePins, imagesOf } from "./pins.ts";
import { askForRelease, describeRelease, moveLatest, registryFor, requireLibc, versionFor } from "./release.ts";
import { featureFiles } from "./shape.ts";
import { tailscaleFor } from "./tailscale.ts";
import { survey, type Request, type Survey } from "./survey.ts";

/** Resolves a conflict, or leaves it. */
export type Settle = (path: string) => Settlement | null;

/** Everything that a plan needs except decisions about conflicts. */
export interface Prepared {
  readonly resolved: readonly Resolved[];
  readonly answers: Answers;
  readonly revision: string;
  readonly release: Release;
  readonly pins: Pins;
  readonly shape: Shape;
  /** The lock on disk. */
  readonly lock: Lock | null;
  build(settle: Settle): Promise<Plan>;
}

/** Of a folder that holds nothing; for it no file of the program but the first is read. */
const noLock: LockFile = { lock: null, damaged: false, merge: null, found: { kind: "nothing" } };

/** Prepares a plan. Throws errors for people: a spec that cannot be understood, answers that are missing, a registry that does not answer. */
export async function preparePlan(request: Request): Promise<Prepared> {
  const { target } = request;
  const lockFile = request.existing || holdsFiles(target) ? readLockFile(target.root) : noLock;
  const { lock, merge } = lockFile;
  for (const one of merge === null ? [lock] : [merge.first, merge.second]) refuseDowngrade(one);
  return preparePlanFrom(await survey(request, lockFile), request);
}

/** Prepares a plan from what was looked at already. */
export async function preparePlanFrom(surveyed: Survey, request: Request): Promise<Prepared> {
  const { target, env } = request;
  const { root } = target;
  const { answers, resolved, shape, lock, otherSide, damaged, snapshot, devcontainers, editedSpec, taken, project, editors } =
    surveyed;
  if (surveyed.leftOut.length > 0) throw notCheckedOut(surveyed.leftOut);
  const basis = { snapshot, devcontainers };
  // Existing ignored files may be intentional, unless --unignore is given.
  const asked = [...snapshot].flatMap(([path, found]) =>
    request.unignore || (found.kind === "nothing" && lock?.files[path] === undefined) ? [path] : [],
  );
  // Git runs while the rest is prepared. A .gitignore is made only where it ignores something else.
  const mayIgnore = target.exists && asked.some((path) => path !== ignorePath);
  const ignoring = mayIgnore ? findIgnored(root, [...asked, ...new Set(asked.flatMap(foldersOf))], env) : Promise.resolve([]);

  const known = [pinnedRelease, ...(lock === null ? [] : [lock.opencode])];
  const version = versionFor(answers.opencode, lock);
  const already = known.find((one) => one.version === version);
  const moves = request.pins === true && lock !== null && answers.opencode === "latest" && lock.answers.opencode === "latest";
  const { release, statedBy, notes } = moves
    ? await moveLatest(lock, request)
    : { ...(already === undefined ? await askForRelease(version, request) : { release: already, statedBy: null }), notes: [] };
  const libc = shape.kind === "own" ? describeBase(answers.base).libc : null;
  if (libc !== null) requireLibc(release, libc);
  const { registry, findings: registryFindings } = await registryFor(shape, lock, already === undefined || moves, request);
  const demand = demandOf(answers, shape);
  const tailscale = await tailscaleFor(demand, lock);
  const { pins, warnings: pinWarnings } = await choosePins(
    imagesOf(answers, shape),
    lock,
    otherSide === null ? snapshot : new Map(),
    request,
  );
  const doctor = await chooseDoctor(demand);
  const catalogue = await loadCatalogue(answers.providers.map(({ id }) => id));
  const rendered = renderEnvironment({
    answers,
    release,
    registry,
    pins,
    shape,
    catalogue,
    doctor,
    tailscale: tailscale.release,
  });
  const findings = [
    ...findAll({ ...project, configs: withoutTaken(project.configs, taken) }, bypassOptionsOf(answers), featureFiles(shape)),
    ...registryFindings,
    ...surveyed.ofAnswers,
    ...(await findOthers(request, shape, [...snapshot.keys()])),
  ];
  const warnings = [
    ...resolved.flatMap((answer) => answer.notes),
    ...(otherSide !== null ? [`git left ${lockPath} in conflict: what is generated is written anew from the spec`] : []),
    ...(damaged ? [`${lockPath} is damaged or was not written by this program, so existing files are treated as yours`] : []),
    ...describeRelease(answers.opencode, release, libc),
    ...tailscale.notes,
    ...notes,
    ...pinWarnings,
    ...(statedBy === null ? [] : [`the sha512 of OpenCode ${release.version}'s packages comes from ${statedBy}`]),
    ...describeModels(answers, catalogue),
  ];
  const pinned = {
    ...(tailscale.release !== null && { tailscale: tailscale.release }),
    ...(Object.keys(pins).length > 0 && { pins }),
  };
  const nextLock = { generator: generatorVersion, answers, opencode: release, registry, ...pinned };
  const spec = { text: rendered.spec, edited: editedSpec };
  const { pieces, revision } = rendered;
  const { restore } = request;
  const common = { root, pieces, spec, revision, snapshot, lock, nextLock, taken, restore, warnings, editors };
  // An empty folder does not need the code that searches it.
  const complete = async (made: Plan): Promise<Plan> => {
    if (lock === null) return { ...made, basis };
    const { observeRemaining } = await import("../plan/remaining.ts");
    // An update says it once; whoever creates again may want the files back.
    const isKnown = ({ path }: Change): boolean => request.existing && lock.files[path]?.deleted === true;
    const plan = { ...made, warnings: [...made.warnings, ...describeDeleted(made.changes.filter((one) => !isKnown(one)))] };
    return { ...plan, basis, remaining: observeRemaining(plan, { snapshot, demand, editors }) };
  };

  const merging = otherSide === null ? null : await import("../plan/merging.ts");
  const make = (input: PlanInput): Plan => (merging === null ? buildPlan(input) : merging.buildPlanOfMerge(input, otherSide!));

  const build = async (settle: Settle): Promise<Plan> => {
    const plan = await complete(make({ ...common, ignoreLines: [], settle, findings }));
    const made = new Set(changesOf(plan).flatMap(({ kind, path }) => (request.unignore || kind === "create" ? [path] : [])));
    const ignored = await ignoring;
    const lost = ignored.filter(({ path }) => made.has(path));
    if (lost.length === 0) return plan;
    if (!request.unignore) return { ...plan, findings: [...findings, ...findingsOfIgnored(lost)] };
    const lines = unignoreLines([...made], new Set(ignored.map(({ path }) => path)));
    return complete(make({ ...common, ignoreLines: lines, settle, findings }));
  };
  return { resolved, answers, revision, release, pins, shape, lock, build };
}

/** The doctor for the image: its text, of which none is read that is not needed, or which one its build fetches. */
async function chooseDoctor({ answers, runtime }: Demand): Promise<string | PackagedDoctor> {
  const texts = await import("../catalog/doctor-text.ts");
  if (answers.doctor === "package") return { version: generatorVersion, sha256: texts.doctorSum };
  const much = doctorOf(runtime);
  return much === "whole" ? texts.doctorText : much === "given" ? texts.givenDoctorText : texts.networkDoctorText;
}

/** Where an environment is made: dev containers below the top that could have it, too, and names that planned ones collide with. */
async function findOthers({ target, existing, env }: Request, shape: Shape, planned: readonly string[]): Promise<Finding[]> {
  if (existing || !holdsFiles(target)) return [];
  const [{ findWorkspaceContainers }, { findCaseTwins }] = await Promise.all([
    import("../repo/workspaces.ts"),
    import("../repo/case-twins.ts"),
  ]);
  const taken = shape.kind === "feature" ? shape.files : [];
  return [
    ...findingsOfWorkspaces((await findWorkspaceContainers(target.root, env)).filter((path) => !taken.includes(path))),
    ...findCaseTwins(target.root, planned),
  ];
}

/** Refuses a repository that a newer version wrote: its files may need features that this version lacks. */
function refuseDowngrade(lock: Lock | null): void {
  if (lock === null || compareVersions(lock.generator, generatorVersion) <= 0) return;
  throw usageError(
    "older-generator",
    `create-aperture-env ${lock.generator} wrote this environment, and this is the older version ${generatorVersion}.`,
    "Use that version or a newer one, for instance  npx create-aperture-env@latest update",
    { file: lockPath },
  );
}

/** A note on files that stay deleted. */
function describeDeleted(changes: readonly Change[]): string[] {
  const count = changes.filter((change) => change.kind === "keep" && change.why === "deleted").length;
  const what = count === 1 ? "1 generated file stays deleted" : `${count} generated files stay deleted`;
  return count === 0
    ? []
    : [`${what}, and the environment may not work without; npx create-aperture-env update --restore restores what is missing`];
}

/** Notes on models. */
function describeModels(answers: Answers, catalogue: Catalogue): string[] {
  const without = modelsWithoutLimits(answers, catalogue);
  return without.length === 0
    ? []
    : [
        `the catalogue does not know ${listSome(without, 3)}: context limit unknown, so auto-compaction, images and reasoning are off; set context, output, images and reasoning for it, under providers in ${specPath}`,
      ];
}
