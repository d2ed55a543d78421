/** The plan: file by file what would change and why. A value; it is printed or applied, never both computed apart. */
import type { Place } from "../errors.ts";

/** One file of the plan. Paths are relative to the repository's root, with `/`. */
export type Change =
  | { readonly kind: "create"; readonly path: string; readonly after: string; readonly executable: boolean }
  | {
      readonly kind: "replace";
      readonly path: string;
      readonly before: string;
      readonly after: string;
      readonly executable: boolean;
    }
  | {
      readonly kind: "edit";
      readonly path: string;
      readonly before: string;
      readonly after: string;
      readonly executable: boolean;
    }
  | { readonly kind: "keep"; readonly path: string; readonly why: "same" | "edited" | "deleted" }
  | { readonly kind: "conflict"; readonly path: string; readonly why: string; readonly fix: string; readonly where?: Place };

/** A change that writes. */
export type Write = Extract<Change, { kind: "create" | "replace" | "edit" }>;

/** The whole plan. */
export interface Plan {
  readonly root: string;
  readonly changes: readonly Change[];
  /** The lock is written last; null where it is up to date. */
  readonly lock: Write | null;
  readonly warnings: readonly string[];
}

/** Every change, the lock's with them. */
export function changesOf(plan: Plan): readonly Change[] {
  return plan.lock === null ? plan.changes : [...plan.changes, plan.lock];
}

/** Whether anything would be written. */
export function isEmpty(plan: Plan): boolean {
  return writesOf(plan).length === 0;
}

/** All writes in order, the lock last. */
export function writesOf(plan: Plan): readonly Write[] {
  return changesOf(plan).filter(
    (change): change is Write => change.kind === "create" || change.kind === "replace" || change.kind === "edit",
  );
}

/** Conflicts: while there is one, nothing may be applied. */
export function conflictsOf(plan: Plan): readonly Extract<Change, { kind: "conflict" }>[] {
  return plan.changes.filter((change) => change.kind === "conflict");
}
