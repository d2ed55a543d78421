/** A check's result for one file, as a value. */
import type { Place } from "../errors.ts";

/** One observation. */
export interface Observation {
  readonly path: string;
  /**
   * `spec-changed`, `missing`, `changed`, `not-added`, `stale`, `no-lock`, `outdated` and `refused` fail a check; `edited`, `kept`, `deleted`, `catalogue`, `unasked`
   * and `not-checked-out` are notes.
   */
  readonly state:
    | "spec-changed"
    | "missing"
    | "changed"
    | "not-added"
    | "stale"
    | "no-lock"
    | "outdated"
    | "refused"
    | "edited"
    | "kept"
    | "deleted"
    | "catalogue"
    | "unasked"
    | "not-checked-out";
  /** As a sentence without its full stop. */
  readonly message: string;
  /** What to do; null for a note. */
  readonly hint: string | null;
  /** Where in the file it is, if it is in one place. */
  readonly where?: Place;
}

const notes: readonly Observation["state"][] = ["edited", "kept", "deleted", "catalogue", "unasked", "not-checked-out"];

/** Whether an observation fails a check. */
export function fails({ state }: Observation): boolean {
  return !notes.includes(state);
}

/** A note about an allowed difference. */
export function note(path: string, state: "edited" | "kept" | "deleted" | "not-checked-out", message: string): Observation {
  return { path, state, message, hint: null };
}

/** A fix, or restoring the generated text. */
export function orRestore(fix: string): string {
  return `${fix}, or run  npx create-aperture-env update --restore`;
}

/** What brings a repository up to date. */
export const updateHint = "run  npx create-aperture-env update  and commit what it writes";
