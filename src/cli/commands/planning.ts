/** Everything up to the plan, for the commands that write an environment: looks, asks, resolves, renders. Writes nothing. */
import type { Libc } from "../../catalog/bases.ts";
import { emittedIds } from "../../catalog/compact.ts";
import { ownDevcontainer } from "../../catalog/files.ts";
import { loadCatalogue, type Catalogue } from "../../catalog/models.ts";
import { compareVersions, missingPlatforms, pinnedRelease, type Release } from "../../catalog/release.ts";
import { editJsonc, loadEditors } from "../../edit/editor.ts";
import { sameValue } from "../../edit/value.ts";
import { isAppError, usageError } from "../../errors.ts";
import { lockPath, type Lock } from "../../lock/lock.ts";
import { judgeRegistry } from "../../lock/registry.ts";
import { buildPlan, pathsToLookAt } from "../../plan/build.ts";
import {
  findAll,
  findBypass,
  findingsOfIgnored,
  type BypassOptions,
  type Finding,
  type ProjectFile,
} from "../../plan/findings.ts";
import { foldersOf, unignoreLines } from "../../plan/ignore.ts";
import { withoutKeys } from "../../plan/pieces/taken.ts";
import { changesOf, type Choice, type Plan } from "../../plan/plan.ts";
import { refuseIfDifferent, type Found, type Snapshot } from "../../plan/snapshot.ts";
import {
  resolveAnswers,
  type AnswerSources,
  type Ask,
  type Detect,
  type Resolution,
  type Resolved,
} from "../../questions/resolve.ts";
import type { Answers } from "../../questions/types.ts";
import { carriesEnvironment } from "../../parts/claims.ts";
import { demandOf, wantedPaths } from "../../parts/compose.ts";
import type { DefaultRegistry } from "../../registry/default.ts";
import type { ResolvedRelease } from "../../registry/npm.ts";
import { describeBase } from "../../render/context.ts";
import { modelsWithoutLimits } from "../../render/providers.ts";
import { renderEnvironment } from "../../render/render.ts";
import {
  findContainers,
  noEnvironment,
  readLockFile,
  readSpecText,
  type Containers,
  type LockFile,
} from "../../repo/environment.ts";
import { findIgnored } from "../../repo/git.ts";
import { readProject } from "../../repo/project.ts";
import { findDevcontainers, readFacts, takeSnapshot, type Target } from "../../repo/scan.ts";
import { specPath, type SpecEntries } from "../../spec/spec.ts";
import type { Shape, TakenPiece } from "../../vocabulary.ts";
import { generatorVersion } from "../../version.ts";
import type { Flags, OnBypass } from "../args.ts";

/** Settles a conflict, or leaves it one. */
export type Settle = (path: string) => Choice | null;

/** What a plan is asked for. */
export interface Request {
  readonly target: Target;
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks a person; null where nobody can be asked. */
  readonly ask: Ask | null;
  /** Looks further for what to propose; never where an environment is there. */
  readonly detect?: Detect;
  readonly acceptDefaults: boolean;
  /** An environment that is there is brought up to date: nothing is asked, what is left out is as the lock has it. */
  readonly existing: boolean;
  /** What to do with project files that go past the gateway, once it is known which do. */
  readonly decideBypass: (findings: readonly Finding[]) => Promise<OnBypass>;
  readonly unignore: boolean;
}

/** All that a plan needs; only conflicts are open. */
export interface Prepared {
  readonly resolved: readonly Resolved[];
  readonly answers: Answers;
  readonly revision: string;
  readonly release: Release;
  readonly shape: Shape;
  /** The lock on disk. */
  readonly lock: Lock | null;
  build(settle: Settle): Promise<Plan>;
}

const noLock: LockFile = { lock: null, damaged: false, found: { kind: "nothing" } };

/** Prepares a plan. Throws errors for people: a spec that cannot be understood, answers that are missing, a registry that does not answer. */
export async function preparePlan(request: Request): Promise<Prepared> {
  const { target, env } = request;
  const { root } = target;
  const specText = target.exists ? readSpecText(root) : null;
  const { lock, damaged, found: lockFound } = target.exists ? readLockFile(root) : noLock;
  // A run that takes the environment out may have come in between.
  if (request.existing && specText === null && lockFound.kind === "nothing") throw noEnvironment(root, "update");
  refuseDowngrade(lock);
  // The parser is loaded only where there is something for it.
  const specFile = specText === null ? null : await import("../../spec/file.ts");
  const entries = specText === null ? (request.existing ? {} : null) : specFile!.parseSpec(specText);
  const devcontainers = target.exists ? findDevcontainers(root) : [];
  const containers: Containers = target.exists ? findContainers(root, lock) : { kind: "own" };
  const files = containers.kind === "theirs" ? containers.files : [];
  const sources: AnswerSources = {
    flags: request.flags,
    spec: entries,
    env,
    lock: lock?.answers ?? null,
    facts: readFacts(target, files, pinnedRelease.version),
    ...(entries === null && request.detect !== undefined && { detect: request.detect }),
  };
  const mode = { ask: request.ask, acceptDefaults: request.acceptDefaults || request.existing };
  const project = target.exists
    ? readProject(root, files)
    : { configs: [], setup: [], hasOpencodeFolder: false, opencodeFiles: [] };

  let { answers, resolved } = await resolveAnswers(sources, mode);
  const bypassing = findBypass(project.configs, optionsOf(answers));
  const onBypass = bypassing.some((finding) => finding.fixes !== undefined) ? await request.decideBypass(bypassing) : "leave";
  if (onBypass === "managed" && !answers.managed) ({ answers, resolved } = await settleManaged(sources, { answers, resolved }));

  // What flags say goes into the spec, and what then stands there counts: the next run, without them, gives the same.
  const editedSpec = specText === null ? null : specFile!.editSpec(specText, await newAnswers(sources, resolved));
  if (editedSpec?.ok === true && resolved.some(({ source }) => source === "flag")) {
    const written = { ...sources, flags: {}, spec: specFile!.parseSpec(editedSpec.text) };
    ({ answers } = await resolveAnswers(written, mode));
  }
  const shape = shapeOf(containers, answers, entries);
  const taken = onBypass === "fix" ? takenOf(bypassing) : [];
  const wanted = wantedPaths(demandOf(answers, shape));
  const editors = await loadEditors([...wanted, ...Object.keys(lock?.files ?? {})]);
  const snapshot = takeSnapshot(root, [...pathsToLookAt(wanted, lock), ...taken.map(({ path }) => path)]);
  // What was read before is what the plan goes by: an answer may have been waited for since.
  const textOf = (text: string | null): Found => (text === null ? { kind: "nothing" } : { kind: "text", text });
  const earlier: Snapshot = new Map([
    [specPath, textOf(specText)],
    [lockPath, lockFound],
    ...project.configs.map(({ path, text }): [string, Found] => [path, textOf(text)]),
  ]);
  refuseIfDifferent(earlier, snapshot);
  const basis = { snapshot, devcontainers };
  const absent = [...snapshot].flatMap(([path, found]) =>
    found.kind === "nothing" && lock?.files[path] === undefined ? [path] : [],
  );
  // Git answers while the rest is made.
  const ignoring = target.exists
    ? findIgnored(root, [...absent, ...new Set(absent.flatMap(foldersOf))], env)
    : Promise.resolve([]);

  const known = [pinnedRelease, ...(lock === null ? [] : [lock.opencode])];
  const version = versionFor(answers.opencode, lock);
  const already = known.find((one) => one.version === version);
  const { release, statedBy } =
    already === undefined ? await askForRelease(version, request) : { release: already, statedBy: null };
  const libc = shape.kind === "own" ? describeBase(answers.base).libc : null;
  if (libc !== null) requireLibc(release, libc);
  const { registry, findings: registryFindings } = await registryFor(shape, lock, already === undefined, request);
  const { doctorText: doctor } = await import("../../catalog/doctor-text.ts");
  const catalogue = await loadCatalogue(answers.providers.map(({ id }) => id));
  const rendered = renderEnvironment({ answers, release, registry, shape, catalogue, doctor });
  const findings = [
    ...findAll({ ...project, configs: withoutTaken(project.configs, taken) }, optionsOf(answers)),
    ...registryFindings,
  ];
  const warnings = [
    ...(damaged ? [`${lockPath} is damaged or none of ours: files that are there are taken as yours`] : []),
    ...describeRelease(answers.opencode, release, libc),
    ...(statedBy === null ? [] : [`the sha512 of OpenCode ${release.version}'s packages is what ${statedBy} says`]),
    ...describeModels(answers, catalogue),
  ];
  const nextLock = { generator: generatorVersion, answers, opencode: release, registry };
  const spec = { text: rendered.spec, edited: editedSpec };
  const { pieces, revision } = rendered;
  const common = { root, pieces, spec, revision, snapshot, lock, nextLock, taken, warnings, editors };

  const build = async (settle: Settle): Promise<Plan> => {
    const plan = { ...buildPlan({ ...common, ignoreLines: [], settle, findings }), basis };
    const made = new Set(changesOf(plan).flatMap(({ kind, path }) => (kind === "create" ? [path] : [])));
    const ignored = await ignoring;
    const lost = ignored.filter(({ path }) => made.has(path));
    if (lost.length === 0) return plan;
    if (!request.unignore) return { ...plan, findings: [...findings, ...findingsOfIgnored(lost)] };
    const lines = unignoreLines([...made], new Set(ignored.map(({ path }) => path)));
    return { ...buildPlan({ ...common, ignoreLines: lines, settle, findings }), basis };
  };
  return { resolved, answers, revision, release, shape, lock, build };
}

/** The devcontainer.json files that say what gets into the containers: theirs, or that of the environment's own, which may have been edited. */
export function setupFiles(containers: Containers): readonly string[] {
  return containers.kind === "theirs" ? containers.files : [ownDevcontainer];
}

/** What of the environment a repository is held against. */
export function optionsOf(answers: Answers): BypassOptions {
  const { url, managed, style } = answers;
  return { url, providers: emittedIds(answers), managed, addressed: style === "compact" ? "models" : "providers" };
}

/** The same answers, but for the one that a person chose over a bypass: it counts as a flag, so it is written into a spec. */
async function settleManaged(sources: AnswerSources, { answers, resolved }: Resolution): Promise<Resolution> {
  const flags = { ...sources.flags, managed: "true" };
  const managed = await resolveAnswers({ ...sources, flags, spec: sources.spec ?? {} }, { ask: null, acceptDefaults: true });
  const answer = managed.resolved.find(({ question }) => question.id === "managed")!;
  return {
    answers: Object.freeze({ ...answers, managed: true }),
    resolved: resolved.map((one) => (one.question.id === "managed" ? answer : one)),
  };
}

/** The answers of flags that say something else than what would count without them: those go into the spec. */
async function newAnswers(sources: AnswerSources, resolved: readonly Resolved[]): Promise<readonly Resolved[]> {
  const given = resolved.filter(({ source }) => source === "flag");
  if (given.length === 0) return [];
  const before = new Map<string, unknown>();
  try {
    const { resolved: without } = await resolveAnswers({ ...sources, flags: {} }, { ask: null, acceptDefaults: true });
    for (const { question, value } of without) before.set(question.id, question.write(value as never));
  } catch (error) {
    // Without the flags the spec makes no sense; with them it does.
    if (!isAppError(error)) throw error;
  }
  return given.filter(({ question, value }) => !sameValue(before.get(question.id), question.write(value as never)));
}

/** A repository that a newer version wrote is not taken back: its files may need what this version does not know. */
function refuseDowngrade(lock: Lock | null): void {
  if (lock === null || compareVersions(lock.generator, generatorVersion) <= 0) return;
  throw usageError(
    "older-generator",
    `This is create-aperture-env ${generatorVersion}, and ${lock.generator} wrote this environment.`,
    "Use that version or a newer one, for instance  npx create-aperture-env@latest update",
    { file: lockPath },
  );
}

/** The shape that answers ask for here. Throws where they name a dev container that is not there. */
export function shapeOf(containers: Containers, { devcontainers }: Answers, spec: SpecEntries | null): Shape {
  if (containers.kind === "own") return { kind: "own" };
  if (devcontainers[0] === "all") return { kind: "feature", files: containers.files };
  const missing = devcontainers.find((file) => !containers.files.includes(file));
  if (missing !== undefined) {
    const there = `There are ${containers.files.join(", ")}; all takes every one.`;
    throw usageError("no-such-dev-container", `There is no dev container ${missing}.`, there, spec?.devcontainers?.place);
  }
  return { kind: "feature", files: devcontainers };
}

/** The version to take: `latest` is what the lock resolved it to, once it has. */
function versionFor(wanted: string, lock: Lock | null): string {
  return wanted === "latest" && lock?.answers.opencode === "latest" ? lock.opencode.version : wanted;
}

/** Asks the user's npm registry for a release. What that takes is loaded only where it is needed, as below. */
async function askForRelease(version: string, { target, env }: Request): Promise<ResolvedRelease> {
  const { resolveRelease } = await import("../../registry/npm.ts");
  const { readNpmConfiguration } = await import("../../registry/configuration.ts");
  return resolveRelease(version, readNpmConfiguration(target.root, env));
}

/**
 * The registry that the Feature falls back to. Looked for once, when the Feature comes in; from then on the lock has it, so that every run on
 * every machine gives the same. One that may not stand in a file is looked for again.
 */
async function registryFor(shape: Shape, lock: Lock | null, asked: boolean, { target, env }: Request): Promise<DefaultRegistry> {
  const hadFeature = Object.entries(lock?.files ?? {}).some(([path, file]) => carriesEnvironment(path, file));
  const kept = shape.kind === "own" ? "" : hadFeature && isWritable(lock!.registry) ? lock!.registry : null;
  if (kept !== null && !asked) return { registry: kept, findings: [] };
  const { chooseDefaultRegistry, describeIgnored } = await import("../../registry/default.ts");
  const { readNpmConfiguration } = await import("../../registry/configuration.ts");
  const npm = readNpmConfiguration(target.root, env);
  return kept === null ? chooseDefaultRegistry(npm) : { registry: kept, findings: describeIgnored(npm) };
}

function isWritable(registry: string): boolean {
  return registry === "" || judgeRegistry(registry).ok;
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

/** What there is to say of models. */
function describeModels(answers: Answers, catalogue: Catalogue): string[] {
  const without = modelsWithoutLimits(answers, catalogue);
  const more = without.length > 3 ? ` and ${without.length - 3} more` : "";
  return without.length === 0
    ? []
    : [`the catalogue does not know ${without.slice(0, 3).join(", ")}${more}: without limits nothing is compacted automatically`];
}

/** What the findings would have taken out, file by file. */
function takenOf(findings: readonly Finding[]): TakenPiece[] {
  const fixes = findings.flatMap((finding) => finding.fixes ?? []);
  return [...new Set(fixes.map(({ file }) => file))].map((path) => ({
    strategy: "taken",
    path,
    keys: fixes.filter(({ file }) => file === path).map((fix) => fix.path as TakenPiece["keys"][number]),
  }));
}

/** The project's files as they are then. */
function withoutTaken(configs: readonly ProjectFile[], taken: readonly TakenPiece[]): ProjectFile[] {
  return configs.map((config) => {
    const piece = taken.find(({ path }) => path === config.path);
    const edited = piece === undefined ? null : withoutKeys(config.text, piece.keys, editJsonc(config.path));
    return edited?.ok === true ? { ...config, text: edited.text } : config;
  });
}
