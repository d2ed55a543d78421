/** Whether a repository matches its spec and lock. Pure; new releases do not matter. */
import type { AppError } from "../errors.ts";
import type { Editors } from "../edit/editor.ts";
import { lockPath, type Lock } from "../lock/lock.ts";
import { findEssential } from "../parts/claims.ts";
import { demandOf, filesOf, piecesOf } from "../parts/compose.ts";
import { addressOf } from "../parts/connection-answer.ts";
import { specPath } from "../spec/spec.ts";
import type { Demand } from "../vocabulary.ts";
import type { Finding } from "./finding.ts";
import { note, updateHint, type Observation } from "./observation.ts";
import { observeMoves } from "./pieces/moves.ts";
import { observePiece } from "./pieces/index.ts";
import { conflictsOf, writesOf, type Plan } from "./plan.ts";
import type { FileState, Snapshot } from "./snapshot.ts";

export { fails, type Observation } from "./observation.ts";

/** The input of a check. */
export interface CheckInput {
  readonly lock: Lock;
  readonly snapshot: Snapshot;
  /** Missing files that git tracks, but does not check out here. */
  readonly leftOut?: readonly string[];
  /** Keys of the spec whose answers differ from the lock's. */
  readonly changedKeys: readonly string[];
  /** The state that spec and repository now require. */
  readonly demand: Demand;
  readonly editors: Editors;
}

/** Every difference from spec and lock, in the order of paths. */
export function observe({ lock, snapshot, leftOut = [], changedKeys, demand, editors }: CheckInput): Observation[] {
  const at = (path: string): FileState => snapshot.get(path) ?? { kind: "nothing" };
  // According to the lock: the spec may have changed since.
  const files = new Map(filesOf(demandOf(lock.answers, demand.shape)).map((file) => [file.path, file]));
  const meant = { url: addressOf(lock.answers), revision: lock.revision, doctor: lock.answers.doctor };
  return [
    ...(leftOut.includes(specPath) ? [] : observeSpec(at(specPath), changedKeys)),
    ...observeAbsent(lock, demand),
    ...piecesOf(demand, lock.revision).flatMap((piece): Observation[] => {
      const found = at(piece.path);
      if (piece.strategy !== "keys" || piece.moves === undefined || found.kind !== "text") return [];
      return lock.files[piece.path] === undefined ? [] : observeMoves(piece.path, found.text, piece.moves, editors(piece.path));
    }),
    ...Object.entries(lock.files)
      .filter(([path]) => path !== specPath)
      .flatMap(([path, file]) =>
        leftOut.includes(path)
          ? [note(path, "not-checked-out", "is not checked out here (sparse checkout), so it was not compared")]
          : observePiece(path, at(path), file, { decidedBy: "", ...files.get(path), meant }, editors),
      ),
  ].sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** Files that need an essential part and that the lock does not contain. */
function observeAbsent(lock: Lock, demand: Demand): Observation[] {
  return piecesOf(demand, lock.revision).flatMap((piece): Observation[] => {
    if (piece.strategy !== "keys" || lock.files[piece.path]?.strategy === "keys") return [];
    const essential = piece.values.map((value) => findEssential(piece.path, value.path)).find((found) => found !== null);
    const message = essential?.absent ?? "the sidecar that connects the dev container to the gateway is missing";
    return essential === undefined && !piece.values.some(({ needed }) => needed)
      ? []
      : [{ path: piece.path, state: "not-added", message, hint: updateHint }];
  });
}

/** Compares the repository's content with what the spec allows. */
export function observeRefused(findings: readonly Finding[], strict: boolean): Observation[] {
  return findings
    .filter((finding) => isRefused(finding, strict))
    .map(({ where, message, hint }) => ({ path: where.file, state: "refused", message, hint, where }));
}

/** Findings that bypass the gateway, or may: an unreadable file can contain anything. */
const ways: ReadonlySet<Finding["code"]> = new Set(["bypass", "asks-others", "other-opencode", "unreadable-config"]);

/** Whether the spec forbids a finding; `strict` comes from the spec or the command line. */
export function isRefused({ code }: Finding, strict: boolean): boolean {
  return code === "plugin-refused" || (strict && ways.has(code));
}

/** A required sidecar is not possible. */
export function observeUnfit(unfit: AppError | null): Observation[] {
  if (unfit?.where === undefined) return [];
  const { where, message, hint = updateHint } = unfit;
  return [{ path: where.file, state: "changed", message: message.replace(/\.$/, ""), hint: hint.replace(/\.$/, ""), where }];
}

/** There is no usable lock. */
export function observeNoLock(why: "missing" | "damaged" | "in merge"): Observation[] {
  const [message, hint] = {
    missing: ["is missing: nothing was generated from the spec yet", "run  npm create aperture-env@latest"],
    damaged: ["is damaged or was not written by this program, so nothing can be checked", "restore it from git"],
    "in merge": [
      "has the marks of an unfinished merge, so nothing can be checked",
      `resolve ${specPath}, if it has some, and ${updateHint}`,
    ],
  }[why] as [string, string];
  return [{ path: lockPath, state: "no-lock", message, hint }];
}

/** The changes and conflicts of an update by this version, which wrote the lock. */
export function observeStale(plan: Plan): Observation[] {
  return [
    ...writesOf(plan).map(({ path }): Observation => ({
      path,
      state: "stale",
      message: "differs from what spec and lock generate",
      hint: updateHint,
    })),
    ...conflictsOf(plan).map(({ path, why, fix, where }): Observation => ({
      path,
      state: "stale",
      message: why,
      hint: fix,
      ...(where && { where }),
    })),
  ];
}

function observeSpec(found: FileState, changedKeys: readonly string[]): Observation[] {
  if (found.kind !== "text")
    return [{ path: specPath, state: "missing", message: "is missing, and the lock is not", hint: updateHint }];
  if (changedKeys.length === 0) return [];
  const message = `${changedKeys.join(", ")} changed since the environment was generated`;
  return [{ path: specPath, state: "spec-changed", message, hint: updateHint }];
}
