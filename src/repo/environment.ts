/** Reads a repository's spec, lock and dev containers. */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { featureFolder, ownDevcontainer, revisionArgument, workspaceOf } from "../catalog/files.ts";
import { decisionError, usageError, type AppError } from "../errors.ts";
import { readSides } from "../edit/conflict-marks.ts";
import { lockPath, normalise, readLockText, type Lock } from "../lock/lock.ts";
import type { FileState } from "../plan/snapshot.ts";
import { carriesEnvironment } from "../parts/claims.ts";
import { formatShell } from "../render/escape.ts";
import { specPath } from "../spec/spec.ts";
import { journalPath } from "./journal-text.ts";
import { findDevcontainers, look, type Target } from "./scan.ts";

/** Whether a spec or a lock exists, valid or not, or a run has begun to write them. */
export function hasEnvironment(root: string): boolean {
  return [specPath, lockPath, journalPath].some((path) => existsSync(join(root, path)));
}

/** That there is none, for a command that does something with one, such as `check`. */
export function noEnvironment(root: string, purpose: string): AppError {
  if (!existsSync(root)) return usageError("no-such-folder", `${root} does not exist.`, "Name an existing folder.");
  return usageError(
    "no-environment",
    `${root} has no environment to ${purpose}.`,
    "Make one with  npm create aperture-env@latest, or name the folder that has one.",
  );
}

/** The lock of an environment, for commands that need one. Throws if there is none that can be trusted. */
export function requireLock({ root, exists }: Pick<Target, "root" | "exists">, purpose: string): Lock {
  const { lock, damaged, merge } = exists ? readLockFile(root) : withoutLock();
  if (lock !== null) return lock;
  throw damaged ? damagedLock(merge, "Restore it from git.") : noEnvironment(root, purpose);
}

/** That what is there cannot be trusted, and what to do where it is no merge. */
export function damagedLock(merge: LockFile["merge"], hint: string): AppError {
  const where = { file: lockPath };
  if (merge !== null)
    return decisionError(
      "lock-in-merge",
      "The lock has the marks of an unfinished merge.",
      `Resolve ${specPath}, if it has some, and run  npx create-aperture-env update`,
      where,
    );
  const message = "The lock is damaged or was not written by this program, so the generated files are not known.";
  return decisionError("lock-damaged", message, hint, where);
}

/** The spec's text; null without a spec. Throws if it is not a text file. */
export function readSpecText(root: string): string | null {
  const found = look(root, specPath);
  if (found.kind === "nothing") return null;
  if (found.kind === "text") return found.text;
  const hint = found.fix === undefined ? "Move it away, or make it a text file." : "Save it as UTF-8.";
  throw decisionError("spec-unreadable", `The spec is ${found.what}.`, hint, { file: specPath });
}

/** The text of a file of answers, which may lie anywhere. Throws where there is none. */
export function readGivenText(cwd: string, path: string): string {
  const full = resolve(cwd, path);
  const found = look(dirname(full), basename(full));
  if (found.kind === "text") return found.text;
  const why = found.kind === "nothing" ? "is not there" : `is ${found.what}`;
  throw usageError("no-such-spec", `${path} ${why}.`, "Name a file with the keys of aperture-env.yaml with --spec.");
}

/** The lock as it was read. */
export interface LockFile {
  /** Null where there is none, or none that can be trusted. */
  readonly lock: Lock | null;
  /** Whether what is there cannot be trusted. */
  readonly damaged: boolean;
  /** Both sides of it where git left it in conflict and each can be trusted. */
  readonly merge: { readonly first: Lock; readonly second: Lock } | null;
  /** What lay there. */
  readonly found: FileState;
}

/** That of a folder without one. */
function withoutLock(): LockFile {
  return { lock: null, damaged: false, merge: null, found: { kind: "nothing" } };
}

/** The lock. Throws where a newer version wrote it. */
export function readLockFile(root: string): LockFile {
  const found = look(root, lockPath);
  if (found.kind === "nothing") return withoutLock();
  const damaged = { lock: null, damaged: true, merge: null, found };
  if (found.kind === "other") return damaged;
  const text = normalise(found.text);
  const lock = readKnown(text);
  if (lock !== null) return { lock, damaged: false, merge: null, found };
  const sides = readSides(text);
  const [first, second] = sides === null ? [null, null] : [readKnown(sides.first), readKnown(sides.second)];
  return first === null || second === null ? damaged : { ...damaged, merge: { first, second } };
}

function readKnown(text: string): Lock | null {
  const read = readLockText(text);
  if (read.kind !== "newer") return read.kind === "lock" ? read.lock : null;
  throw decisionError(
    "lock-newer",
    `The lock was written by create-aperture-env ${read.generator}, in a format that this version does not support.`,
    "Use that version or a newer one, for instance  npx create-aperture-env@latest update",
    { file: lockPath },
  );
}

/** The target of an environment: a generated dev container, or some of the user's. */
export type Containers = { readonly kind: "own" } | { readonly kind: "theirs"; readonly files: readonly [string, ...string[]] };

/**
 * The user's dev containers get the Feature. Without one, or if the only one is generated, the environment has a generated dev container. Throws if the
 * dev containers that it was added to are missing.
 */
export function findContainers(root: string, lock: Lock | null): Containers {
  const found = look(root, ownDevcontainer);
  // Without a lock, our own is known by the revision, which stands in no other.
  const ours =
    lock === null
      ? found.kind === "text" && found.text.includes(revisionArgument)
      : lock.files[ownDevcontainer]?.strategy === "own";
  if (ours) return { kind: "own" };
  const carrying = Object.entries(lock?.files ?? {}).flatMap(([path, file]) => (carriesEnvironment(path, file) ? [path] : []));
  const [first, ...rest] = [
    ...findDevcontainers(root).filter((file) => !file.startsWith(`${featureFolder}/`)),
    ...carrying.filter((path) => workspaceOf(path) !== "" && existsSync(join(root, path))),
  ];
  if (first !== undefined) return { kind: "theirs", files: [first, ...rest] };
  const gone = carrying;
  if (gone.length === 0) return { kind: "own" };
  // No silent switch to a generated dev container: the user had one, and has removed it.
  throw decisionError(
    "no-dev-container-left",
    `${gone.join(" and ")}, which this environment was added to, ${gone.length === 1 ? "is" : "are"} missing.`,
    "Restore it from git; or remove the environment with  npx create-aperture-env remove  and create a new one.",
    { file: gone[0]! },
  );
}

/**
 * The dev containers with those below the top that are named: they are none that tools look for in this folder. Throws where one is not there,
 * and where the environment is a dev container of its own, which goes into no other.
 */
export function addNamed(root: string, containers: Containers, named: readonly string[]): Containers {
  const below = named.filter((path) => workspaceOf(path) !== "");
  const missing = below.find((path) => look(root, path).kind === "nothing");
  if (missing !== undefined)
    throw usageError(
      "no-such-dev-container",
      `There is no dev container ${missing}.`,
      "Name an existing one with --devcontainers, or in devcontainer.files in the spec.",
    );
  const [first, ...rest] = below;
  if (first === undefined) return containers;
  if (containers.kind === "theirs") {
    const [known, ...others] = containers.files;
    return {
      kind: "theirs",
      files: [known, ...[...others, first, ...rest].filter((path, index, all) => path !== known && all.indexOf(path) === index)],
    };
  }
  if (look(root, ownDevcontainer).kind === "nothing") return { kind: "theirs", files: [first, ...rest] };
  throw usageError(
    "own-dev-container",
    `This environment generates its own dev container, ${ownDevcontainer}, and cannot be added to others.`,
    `Leave --devcontainers out, or create a separate environment in that folder: npx create-aperture-env ${formatShell(workspaceOf(first).slice(0, -1))}`,
  );
}
