/** The plan: what would change in each file, and why. A value; printing and applying use the same plan. */
import type { Place } from "../errors.ts";
import type { Finding } from "./findings.ts";
import type { Observation } from "./observation.ts";
import type { Snapshot } from "./snapshot.ts";

/** How a conflict can be settled: the user's text stays, or what this version gives takes its place. */
export type Settlement = "keep" | "replace";

/** One file of the plan. Paths are relative to the repository's root, with `/`. */
export type Change =
  | { readonly kind: "create"; readonly path: string; readonly after: string; readonly executable: boolean }
  | {
      /** A file that is ours and untouched. */
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
      /** What of the user's was met on the way and stays. */
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
      /** What can be chosen; nothing where only a person's own hand helps. */
      readonly choices: readonly Settlement[];
      /** The text that is there and the one that would take its place, to be shown as a diff. */
      readonly before?: string;
      readonly after?: string;
    };

/** Why a file stays as it is. */
export type KeptBecause = "same" | "edited" | "deleted" | "left";

/** A change that writes. */
export type Write = Extract<Change, { kind: "create" | "replace" | "edit" | "remove" }>;

/** The whole plan. */
export interface Plan {
  readonly root: string;
  readonly changes: readonly Change[];
  /** The lock is written, or removed, last; null where it is up to date. */
  readonly lock: Write | null;
  readonly warnings: readonly string[];
  /** What was found in the repository that stands against the environment. */
  readonly findings: readonly Finding[];
  /** What is left for a person to settle when the plan is applied, as a check would say it. */
  readonly remaining?: readonly Observation[];
  /** What of the repository it was made from, beyond the files that it writes. Where that has changed since, the plan is too old. */
  readonly basis?: Basis;
}

/** What a plan was made from. */
export interface Basis {
  readonly snapshot: Snapshot;
  /** All dev container files that there were; null where they have no part in it. */
  readonly devcontainers: readonly string[] | null;
}

/** Every change, the lock's with them. */
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

/** Conflicts: while there is one, nothing may be applied. */
export function conflictsOf(plan: Plan): readonly Extract<Change, { kind: "conflict" }>[] {
  return plan.changes.filter((change) => change.kind === "conflict");
}
