/** Reads a repository once, and resolves all answers, for the commands that write an environment and for `check`. */
import { pinnedRelease } from "../catalog/release.ts";
import { todayFrom } from "../clock.ts";
import type { Editors } from "../edit/editor.ts";
import { loadEditors } from "../edit/editors.ts";
import type { EditResult } from "../edit/splice.ts";
import { lockPath, type Lock } from "../lock/lock.ts";
import { AppError, isAppError } from "../errors.ts";
import { runtimeOf } from "../parts/connection-answer.ts";
import { runArgsOf } from "../parts/container.ts";
import { demandOf, wantedPaths } from "../parts/compose.ts";
import { pathsToLookAt } from "../plan/build.ts";
import { findBypass, type Finding, type Project } from "../plan/findings.ts";
import { readDevcontainer } from "../plan/findings/devcontainer.ts";
import { findEnding } from "../plan/findings/ending.ts";
import { findMisplaced } from "../plan/findings/misplaced.ts";
import { refuseIfDifferent, type FileState, type Snapshot } from "../plan/snapshot.ts";
import { resolveAnswers, type AnswerSources, type Ask, type Detect, type Resolved } from "../questions/resolve.ts";
import type { Answers } from "../questions/types.ts";
import { addNamed, findContainers, noEnvironment, readSpecText, type Containers, type LockFile } from "../repo/environment.ts";
import { findSkipped } from "../repo/git.ts";
import { isPublished } from "../repo/published.ts";
import { readProject } from "../repo/project.ts";
import { findDevcontainers, holdsFiles, readFacts, takeSnapshot, type Target } from "../repo/scan.ts";
import { findLeftOut, notCheckedOut } from "../repo/sparse.ts";
import { findPlace } from "../repo/work-tree.ts";
import { specPath } from "../spec/spec.ts";
import type { Shape, TakenPiece } from "../vocabulary.ts";
import { generatorVersion } from "../version.ts";
import { chooseManaged, moveModels, replaceModel, writeFlags } from "./answers.ts";
import { meet, type Meeting } from "./met.ts";
import { bypassOptionsOf, takenOf, type OnBypass } from "./bypass.ts";
import { namedContainers, shapeOf } from "./shape.ts";

/** The request for a plan. */
export interface Request {
  readonly target: Target;
  readonly flags: AnswerSources["flags"];
  /** Answers that a file gives for many repositories. */
  readonly given?: AnswerSources["given"];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks a person; null without an interactive terminal. */
  readonly ask: Ask | null;
  /** Looks further for proposals; not for an existing environment. */
  readonly detect?: Detect;
  readonly acceptDefaults: boolean;
  /** Updates an existing environment: nothing is asked, missing answers come from the lock. */
  readonly existing: boolean;
  /** What to do with project files that bypass the gateway, once it is known which do. */
  readonly decideBypass: (findings: readonly Finding[]) => Promise<OnBypass>;
  readonly unignore: boolean;
  /** Restores generated parts that were removed, deleted, or edited although they must not be. */
  readonly restore: boolean;
  /** Replaces models that end soon or have ended. */
  readonly moveModels?: boolean;
  /** Replaces one model with another. */
  readonly replaceModel?: { readonly from: string; readonly to: string };
  /** Registries are asked for the digests of images. */
  readonly pins?: boolean;
  /** A dev container without a possible sidecar is reported, not refused. */
  readonly lenient?: true;
}

/** The state of the repository, and the wanted environment. */
export interface Survey {
  readonly answers: Answers;
  readonly resolved: readonly Resolved[];
  readonly shape: Shape;
  /** Why a required sidecar is not possible; null if it is possible or not required. */
  readonly unfit: AppError | null;
  /** The lock on disk; null if there is none, or it cannot be trusted. */
  readonly lock: Lock | null;
  /** The lock of the second side, if git left it in conflict. */
  readonly otherSide: Lock | null;
  readonly damaged: boolean;
  /** The files at all paths that a plan needs. */
  readonly snapshot: Snapshot;
  /** Files of them that git tracks, but does not check out here. */
  readonly leftOut: readonly string[];
  readonly devcontainers: readonly string[];
  readonly containers: Containers;
  /** The spec with the flags' values; null without a spec. */
  readonly editedSpec: EditResult | null;
  /** Bypasses to remove. */
  readonly taken: readonly TakenPiece[];
  /** Other files of the repository that concern OpenCode. */
  readonly project: Project;
  readonly editors: Editors;
  /** Of the answers: models that end soon or have ended, outputs that have no effect in this folder. */
  readonly ofAnswers: readonly Finding[];
}

const noProject: Project = { configs: [], setup: [], hasOpencodeFolder: false, opencodeFiles: [] };

/** Makes it, from the lock that was read. Throws errors for people: a spec that cannot be understood, answers that are missing. */
export async function survey(request: Request, lockFile: LockFile): Promise<Survey> {
  const { target, env } = request;
  const { root } = target;
  const holds = request.existing || holdsFiles(target);
  const specText = holds ? readSpecText(root) : null;
  const { merge, found: lockFound } = lockFile;
  const lock = merge === null ? lockFile.lock : merge.first;
  const damaged = merge === null && lockFile.damaged;
  // A run that removes the environment may have finished meanwhile.
  if (request.existing && specText === null && lockFound.kind === "nothing") throw noEnvironment(root, "update");
  // The parser is loaded only if there is something to parse.
  const specFile = specText === null ? null : await import("../spec/file.ts");
  const entries = specText === null ? (request.existing ? {} : null) : specFile!.parseSpec(specText);
  const devcontainers = holds ? findDevcontainers(root) : [];
  const given = { flags: request.flags, given: request.given, spec: entries, env, lock: lock?.answers ?? null };
  const known = holds ? await findKnown(root, lock, env) : null;
  const containers: Containers = known === null ? { kind: "own" } : addNamed(root, known, namedContainers(given));
  const files = containers.kind === "theirs" ? containers.files : [];
  const today = todayFrom(env);
  const sources: AnswerSources = {
    ...given,
    facts: {
      ...readFacts(target, files, pinnedRelease.version, today),
      ...(entries === null && isPublished(generatorVersion) && { published: true }),
    },
    ...(entries === null && request.detect !== undefined && { detect: request.detect }),
  };
  const mode = { ask: request.ask, acceptDefaults: request.acceptDefaults || request.existing };
  const project = holds ? readProject(root, files, !request.existing) : noProject;

  let resolution = await resolveAnswers(sources, mode);
  if (request.moveModels === true) resolution = moveModels(resolution, today);
  if (request.replaceModel !== undefined) resolution = replaceModel(resolution, request.replaceModel);
  const options = bypassOptionsOf(resolution.answers);
  const bypassing = project.configs.length === 0 ? [] : findBypass(project.configs, options);
  const onBypass = bypassing.some((finding) => finding.fixes !== undefined) ? await request.decideBypass(bypassing) : "leave";
  if (onBypass === "managed" && !resolution.answers.managed) resolution = chooseManaged(resolution);
  const { resolved } = resolution;
  const { answers, editedSpec } =
    specText === null ? { ...resolution, editedSpec: null } : writeFlags(specText, specFile!, resolution);
  const plainShape = shapeOf(containers, answers, { ...entries, ...request.given });
  const { met, seen }: Meeting = holds ? await meet(root, answers, plainShape) : { met: {}, seen: new Map() };
  const { shape, unfit } = await withBeside({ ...plainShape, met }, answers, project, request, lock);
  const taken = onBypass === "fix" ? takenOf(bypassing) : [];
  const wanted = wantedPaths(demandOf(answers, shape));
  const editors = await loadEditors([...wanted, ...[lock, merge?.second].flatMap((one) => Object.keys(one?.files ?? {}))]);
  const paths = [...pathsToLookAt(wanted, lock), ...Object.keys(merge?.second.files ?? {}), ...taken.map(({ path }) => path)];
  const snapshot: Snapshot = holds ? takeSnapshot(root, paths) : new Map(paths.map((path) => [path, { kind: "nothing" }]));
  // What was read before is what the plan goes by: an answer may have been waited for since.
  const textOf = (text: string | null): FileState => (text === null ? { kind: "nothing" } : { kind: "text", text });
  const earlier: Snapshot = new Map([
    [specPath, textOf(specText)],
    [lockPath, lockFound],
    ...seen,
    ...[...project.configs, ...project.setup.filter(({ path }) => besideFiles(shape).includes(path))].map(
      ({ path, text }): [string, FileState] => [path, textOf(text)],
    ),
  ]);
  refuseIfDifferent(earlier, snapshot);
  const leftOut = holds ? await findLeftOut(root, snapshot, lock, env) : [];
  const folder = findPlace(root)?.prefix ?? "";
  const ofAnswers = [...findEnding(answers, entries, today), ...findMisplaced(demandOf(answers, shape), folder, entries)];
  return {
    answers,
    resolved,
    shape,
    unfit,
    lock,
    otherSide: merge === null ? null : merge.second,
    damaged,
    snapshot,
    leftOut,
    devcontainers,
    containers,
    editedSpec,
    taken,
    project,
    editors,
    ofAnswers,
  };
}

/** The dev containers that have or get it. One that is missing may only not be checked out. */
async function findKnown(root: string, lock: Lock | null, env: Request["env"]): Promise<Containers> {
  try {
    return findContainers(root, lock);
  } catch (error) {
    if (lock === null || !isAppError(error) || error.code !== "no-dev-container-left") throw error;
    const leftOut = await findSkipped(root, Object.keys(lock.files), env);
    throw leftOut.length > 0 ? notCheckedOut(leftOut) : error;
  }
}

/**
 * The shape with the dev containers that Docker Compose makes, and with places in Compose files of the user's: for the container beside each dev
 * container, or for the names that the connection gives.
 */
async function withBeside(
  given: Shape,
  answers: Answers,
  { setup }: Project,
  { lenient }: Request,
  lock: Lock | null,
): Promise<Pick<Survey, "shape" | "unfit">> {
  const runtime = runtimeOf(answers);
  const { service } = runtime;
  if (given.kind === "own") return { shape: given, unfit: null };
  const textOf = (path: string): string | null => setup.find((file) => file.path === path)?.text ?? null;
  const byCompose = given.files.filter((path) => (readDevcontainer(textOf(path) ?? "")?.compose ?? null) !== null);
  const shape = byCompose.length === 0 ? given : { ...given, byCompose };
  if (service === null && runArgsOf(runtime).length === 0) return { shape, unfit: null };
  const [{ besideOf }, { composedOf }, { yamlEditor }] = await Promise.all([
    import("./beside.ts"),
    import("./names.ts"),
    import("../spec/file.ts"),
  ]);
  try {
    const projects = { textOf, lock, editor: yamlEditor };
    const places =
      service === null
        ? { composed: composedOf(shape.files, runtime, projects) }
        : { beside: besideOf(shape.files, service, projects) };
    return { shape: { ...shape, ...places }, unfit: null };
  } catch (error) {
    if (lenient === true && error instanceof AppError) return { shape, unfit: error };
    throw error;
  }
}

function besideFiles(shape: Shape): readonly string[] {
  return shape.kind === "own" ? [] : [...(shape.beside ?? []), ...(shape.composed ?? [])].map(({ file }) => file);
}
