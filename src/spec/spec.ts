/** The spec as the rest of the program sees it: entries with their places, not validated yet. */
import type { Place } from "../errors.ts";
import type { QuestionId } from "../questions/types.ts";

/** Name of the spec at a repository's root. */
export const specPath = "aperture-env.yaml";

/** The maximum number of providers in a spec, and of named models per provider. */
export const specLimits = { providers: 50, models: 200 } as const;

/** A value in the spec, not validated yet, and its place. */
export interface SpecEntry {
  readonly value: unknown;
  readonly place: Place;
}

/** The spec's entries by question. */
export type SpecEntries = Partial<Readonly<Record<QuestionId, SpecEntry>>>;
