/** The spec as the rest of the program sees it: a place, and entries that are not validated yet. */
import type { Place } from "../errors.ts";
import type { QuestionId } from "../questions/types.ts";

/** Name of the spec at a repository's root. */
export const specPath = "aperture-env.yaml";

/** How many providers a spec can have, and how many models each of them can name. */
export const specLimits = { providers: 50, models: 200 } as const;

/** A value that the spec gives, not yet validated, and where it stands. */
export interface SpecEntry {
  readonly value: unknown;
  readonly place: Place;
}

/** The spec's entries by question. */
export type SpecEntries = Partial<Readonly<Record<QuestionId, SpecEntry>>>;
