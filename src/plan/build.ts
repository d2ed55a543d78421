/** Builds the plan from the wanted files, the existing files and the lock. Each kind of piece plans its own change. Pure. */
import type { Editors } from "../edit/editor.ts";
import type { EditResult } from "../edit/splice.ts";
import { integrityToHex, type Release } from "../catalog/release.ts";
import { formatLock, lockPath, lockVersion, normalise, withLineEndsOf, type Lock, type LockedFile } from "../lock/lock.ts";
import { addressOf } from "../parts/connection-answer.ts";
import { specPath } from "../spec/spec.ts";
import type { Piece, TakenPiece } from "../vocabulary.ts";
import type { Finding } from "./findings.ts";
import { planPiece, takeOut } from "./pieces/index.ts";
import { notAFile, type Planned } from "./pieces/piece.ts";
import { planSeed } from "./pieces/seed.ts";
import type { Change, Settlement, Plan, Write } from "./plan.ts";
import { withRelocated } from "./relocated.ts";
import type { FileState, Snapshot } from "./snapshot.ts";

/** The input of a plan. */
export interface PlanInput {
  readonly root: string;
  /** The outputs' pieces, each path once. */
  readonly pieces: readonly Piece[];
  /** A new spec's text, and the existing spec with the flags' values; null if they change nothing. */
  readonly spec: { readonly text: string; readonly edited: EditResult | null };
  readonly revision: string;
  readonly snapshot: Snapshot;
  /** The lock on disk; null if there is none or it is damaged. */
  readonly lock: Lock | null;
  /** The lock to write, without the parts that are known only after planning. */
  readonly nextLock: Omit<Lock, "files" | "revision" | "lockVersion">;
  /** Bypasses to remove from the user's project files. */
  readonly taken: readonly TakenPiece[];
  /** Lines of a marked block for `.gitignore`; none if not requested. */
  readonly ignoreLines: readonly string[];
  /** The decision for each conflict that can be resolved. */
  readonly settle: (path: string) => Settlement | null;
  /** Restores generated parts that were removed, deleted, or edited although they must not be. */
  readonly restore: boolean;
  readonly warnings: readonly string[];
  readonly findings: readonly Finding[];
  readonly editors: Editors;
}

/** Where lines for git stand that take planned files out of what it ignores. */
export const ignorePath = ".gitignore";

/** The paths that a plan needs besides those of outputs. */
export function pathsToLookAt(wanted: readonly string[], lock: Lock | null): string[] {
  return [...new Set([specPath, lockPath, ignorePath, ...wanted, ...Object.keys(lock?.files ?? {})])];
}

/** Builds the plan. */
export function buildPlan(input: PlanInput): Plan {
  const { root, spec, revision, snapshot, lock, nextLock, settle, restore, warnings, findings, editors } = input;
  const at = (path: string): FileState => snapshot.get(path) ?? { kind: "nothing" };
  const known = withRelocated(lock?.files ?? {}, input.pieces, at, editors);
  const pieces = [...input.pieces, ...ignorePieces(input.ignoreLines, known[ignorePath]), ...takenPieces(input.taken, known)];
  const { answers, opencode } = nextLock;
  const url = addressOf(answers);
  const common = { restore, meant: { url, revision, doctor: answers.doctor }, decisive: decisiveOf(url, opencode) };
  const planned: readonly Planned[] = [
    planSeed({ path: specPath, ...spec }, at(specPath), known[specPath]),
    ...pieces.flatMap(
      (piece) => planPiece(piece, at(piece.path), known[piece.path], { ...common, settle: settle(piece.path) }, editors) ?? [],
    ),
  ];

  const wanted = new Set(planned.map(({ change }) => change.path));
  const dropped = Object.entries(known).flatMap(([path, file]): Change[] => {
    const change = wanted.has(path) ? null : takeOut(path, at(path), file, settle(path), editors);
    return change === null ? [] : [change];
  });
  const changes = sortByPath([...planned.map(({ change }) => change), ...dropped]);
  const files = Object.fromEntries(
    planned.flatMap(({ change, locked }): [string, LockedFile][] => (locked === null ? [] : [[change.path, locked]])),
  );
  // A file whose removal is in conflict stays in the lock.
  for (const change of dropped) if (change.kind === "conflict") files[change.path] = known[change.path]!;
  const { generator, registry, tailscale, pins } = nextLock;
  const resolved = { opencode, registry, ...(tailscale && { tailscale }), ...(pins && { pins }) };
  const next = formatLock({ lockVersion, generator, revision, answers, ...resolved, files });
  const before = at(lockPath);
  const made = { root, warnings, findings };
  return before.kind === "other"
    ? { ...made, changes: [...changes, notAFile(lockPath, before)], lock: null }
    : { ...made, changes, lock: planLock(before, next) };
}

/** The changes in the order of their paths. */
export function sortByPath(changes: readonly Change[]): Change[] {
  return [...changes].sort((left, right) => (left.path < right.path ? -1 : 1));
}

function planLock(before: FileState, after: string): Write | null {
  if (before.kind !== "text") return { kind: "create", path: lockPath, after, executable: false };
  return normalise(before.text) === after
    ? null
    : { kind: "replace", path: lockPath, before: before.text, after: withLineEndsOf(before.text, after), executable: false };
}

/** Texts that decide which gateway an environment uses and what runs in it. */
function decisiveOf(url: string, { version, packages }: Release): string[] {
  return [url, version, ...Object.values(packages).map(({ integrity }) => integrityToHex(integrity))];
}

/** Lines of an earlier run stay: without them git would ignore the same files again. */
function ignorePieces(lines: readonly string[], locked: LockedFile | undefined): Piece[] {
  const all = [...new Set([...(locked?.lines ?? []), ...lines])];
  return all.length === 0 ? [] : [{ strategy: "block", path: ignorePath, lines: all }];
}

/** Parts that an earlier run removed stay removed and in the lock; otherwise they would be restored as no longer wanted. */
function takenPieces(taken: readonly TakenPiece[], known: Lock["files"]): Piece[] {
  const earlier = Object.entries(known).filter(
    ([path, { strategy }]) => strategy === "taken" && !taken.some((piece) => piece.path === path),
  );
  return [...taken, ...earlier.map(([path]): TakenPiece => ({ strategy: "taken", path, keys: [] }))];
}
