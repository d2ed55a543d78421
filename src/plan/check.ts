/** Whether a repository is what its spec and lock say. Pure; what was released elsewhere has no part in it. */
import type { AppError } from "../errors.ts";
import type { Editors } from "../edit/editor.ts";
import { lockPath, type Lock } from "../lock/lock.ts";
import { findEssential } from "../parts/claims.ts";
import { demandOf, filesOf, piecesOf } from "../parts/compose.ts";
import { addressOf } from "../parts/connection-answer.ts";
import { specPath } from "../spec/spec.ts";
import type { Demand } from "../vocabulary.ts";
import type { Finding } from "./finding.ts";
import { updateHint, type Observation } from "./observation.ts";
import { observeMoves } from "./pieces/moves.ts";
import { observePiece } from "./pieces/index.ts";
import { conflictsOf, writesOf, type Plan } from "./plan.ts";
import type { FileState, Snapshot } from "./snapshot.ts";

export { fails, type Observation } from "./observation.ts";

/** What a check looks at. */
export interface CheckInput {
  readonly lock: Lock;
  readonly snapshot: Snapshot;
  /** Keys of the spec whose answers are others than the lock has. */
  readonly changedKeys: readonly string[];
  /** What spec and repository now ask for. */
  readonly demand: Demand;
  readonly editors: Editors;
}

/** Everything that is not as spec and lock say, in the order of paths. */
export function observe({ lock, snapshot, changedKeys, demand, editors }: CheckInput): Observation[] {
  const at = (path: string): FileState => snapshot.get(path) ?? { kind: "nothing" };
  // What the lock says was generated, which is not what a spec says that has changed since.
  const files = new Map(filesOf(demandOf(lock.answers, demand.shape)).map((file) => [file.path, file]));
  const meant = { url: addressOf(lock.answers), revision: lock.revision };
  return [
    ...observeSpec(at(specPath), changedKeys),
    ...observeAbsent(lock, demand),
    ...piecesOf(demand, lock.revision).flatMap((piece): Observation[] => {
      const found = at(piece.path);
      if (piece.strategy !== "keys" || piece.moves === undefined || found.kind !== "text") return [];
      return lock.files[piece.path] === undefined ? [] : observeMoves(piece.path, found.text, piece.moves, editors(piece.path));
    }),
    ...Object.entries(lock.files)
      .filter(([path]) => path !== specPath)
      .flatMap(([path, file]) => observePiece(path, at(path), file, { decidedBy: "", ...files.get(path), meant }, editors)),
  ].sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** Files that something essential shall be put into, and that the lock does not know. */
function observeAbsent(lock: Lock, demand: Demand): Observation[] {
  return piecesOf(demand, lock.revision).flatMap((piece): Observation[] => {
    if (piece.strategy !== "keys" || lock.files[piece.path]?.strategy === "keys") return [];
    const essential = piece.values.map((value) => findEssential(piece.path, value.path)).find((found) => found !== null);
    const message = essential?.absent ?? "nothing is beside the dev container yet by which it reaches the gateway";
    return essential === undefined && !piece.values.some(({ needed }) => needed)
      ? []
      : [{ path: piece.path, state: "not-added", message, hint: updateHint }];
  });
}

/** What the repository holds against what the spec lets in. */
export function observeRefused(findings: readonly Finding[], strict: boolean): Observation[] {
  return findings
    .filter((finding) => isRefused(finding, strict))
    .map(({ where, message, hint }) => ({ path: where.file, state: "refused", message, hint, where }));
}

/** What leads prompts past the gateway, or may: a file that cannot be read may say anything. */
const ways: ReadonlySet<Finding["code"]> = new Set(["bypass", "asks-others", "other-opencode", "unreadable-config"]);

/** Whether the spec does not allow what was found; `strict` is its word, or that of whoever runs the check. */
export function isRefused({ code }: Finding, strict: boolean): boolean {
  return code === "plugin-refused" || (strict && ways.has(code));
}

/** That nothing can be put beside a dev container that has to have something there. */
export function observeUnfit(unfit: AppError | null): Observation[] {
  if (unfit?.where === undefined) return [];
  const { where, message, hint = updateHint } = unfit;
  return [{ path: where.file, state: "changed", message: message.replace(/\.$/, ""), hint: hint.replace(/\.$/, ""), where }];
}

/** That there is no lock to check by. */
export function observeNoLock(damaged: boolean): Observation[] {
  const message = damaged
    ? "is damaged or none of ours, so nothing can be checked by it"
    : "is not there: nothing was generated from the spec yet";
  return [
    {
      path: lockPath,
      state: "no-lock",
      message,
      hint: damaged ? "restore it from git" : "run  npm create aperture-env@latest",
    },
  ];
}

/** What an update by this version, which is the one that wrote the lock, would change, and what is in its way. */
export function observeStale(plan: Plan): Observation[] {
  return [
    ...writesOf(plan).map(({ path }): Observation => ({
      path,
      state: "stale",
      message: "is not what the spec and the lock give",
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
