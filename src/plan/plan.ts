/** The plan: what would change in each file, and why. A value; printing and applying use the same plan. */
import type { Place } from "../errors.ts";
import type { Finding } from "./findings.ts";
import type { Observation } from "./observation.ts";
import type { Snapshot } from "./snapshot.ts";

/** How a conflict can be resolved: the user's text stays, or the generated text replaces it. */
export type Settlement = "keep" | "replace";

/** One file of the plan. Paths are relative to the repository's root, with `/`. */
export type Change =
  | { readonly kind: "create"; readonly path: string; readonly after: string; readonly executable: boolean }
  | {
      /** A generated, unedited file. */
      readonly kind: "replace";
      readonly path: string;
      readonly before: string;
      readonly after: string;
      readonly executable: boolean;
    }
  | {
      /** A file with the user's text, which stays around the change. */
      readonly kind: "edit";
      readonly path: string;
      readonly before: string;
      readonly after: string;
      readonly executable: boolean;
      /** The user's edits that were found and stay. */
      readonly notes?: readonly string[];
    }
  | { readonly kind: "remove"; readonly path: string; readonly before: string }
  | { readonly kind: "keep"; readonly path: string; readonly why: KeptBecause; readonly notes?: readonly string[] }
  | {
      readonly kind: "conflict";
      readonly path: string;
      readonly why: string;
      readonly fix: string;
      readonly where?: Place;
      /** The possible decisions; none if the file has to be edited by hand. */
      readonly choices: readonly Settlement[];
      /** The existing text and its replacement, to be shown as a diff. */
      readonly before?: string;
      readonly after?: string;
    };

/** Why a file stays unchanged. */
export type KeptBecause = "same" | "edited" | "deleted" | "left";

/** A change that writes. */
export type Write = Extract<Change, { kind: "create" | "replace" | "edit" | "remove" }>;

/** The whole plan. */
export interface Plan {
  readonly root: string;
  readonly changes: readonly Change[];
  /** The lock is written or removed last; null if it is up to date. */
  readonly lock: Write | null;
  readonly warnings: readonly string[];
  /** Findings: parts of the repository that conflict with the environment. */
  readonly findings: readonly Finding[];
  /** Differences that remain for a person after the plan is applied, in the words of `check`. */
  readonly remaining?: readonly Observation[];
  /** The other files that the plan depends on. If they have changed since, the plan is outdated. */
  readonly basis?: Basis;
}

/** The input of a plan. */
export interface Basis {
  readonly snapshot: Snapshot;
  /** All existing dev container files; null if they do not matter. */
  readonly devcontainers: readonly string[] | null;
}

/** Every change, including the lock's. */
export function changesOf(plan: Plan): readonly Change[] {
  return plan.lock === null ? plan.changes : [...plan.changes, plan.lock];
}

/** Whether anything would be written. */
export function isEmpty(plan: Plan): boolean {
  return writesOf(plan).length === 0;
}

const writing: readonly Change["kind"][] = ["create", "replace", "edit", "remove"];

/** All writes in order, the lock last. */
export function writesOf(plan: Plan): readonly Write[] {
  return changesOf(plan).filter((change): change is Write => writing.includes(change.kind));
}

/** A change that cannot be made beside what is there. */
export type Conflict = Extract<Change, { kind: "conflict" }>;

/** Conflicts: while there is one, nothing may be applied. */
export function conflictsOf(plan: Plan): readonly Conflict[] {
  return plan.changes.filter((change) => change.kind === "conflict");
}

/** The conflicts that a person can resolve when asked; none if there is one that cannot be. */
export function settledByHand(plan: Plan): readonly Conflict[] {
  const conflicts = conflictsOf(plan);
  return conflicts.some(({ choices }) => choices.length === 0) ? [] : conflicts;
}
