/**
 * The model catalogue: what OpenCode needs to know about each model (limits, modalities, prices), in the format of models.dev's api.json.
 * The data is extracted from the pinned OpenCode binary by `npm run refresh` and reduced to the providers offered here.
 *
 * The proposed providers are part of the program. The others are in a file that is read on demand, because reading them every time would slow
 * every start.
 */
import proposed from "./opencode/models.json" with { type: "json" };

/** One model of the catalogue; fields beyond these are passed on unchanged. */
export interface CatalogueModel {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** One provider of the catalogue. */
export interface CatalogueProvider {
  readonly id: string;
  readonly name: string;
  readonly models: Readonly<Record<string, CatalogueModel>>;
  readonly [field: string]: unknown;
}

/** Providers by id, as in `api.json` of models.dev. */
export type Catalogue = Readonly<Record<string, CatalogueProvider>>;

/** The catalogue's entries of these providers. A team's own providers have none. Repeated calls give the same objects. */
export async function loadCatalogue(ids: Iterable<string>): Promise<Catalogue> {
  const known = proposed as unknown as Catalogue;
  const asked = [...new Set(ids)];
  // A dynamic import becomes a separate file in the built program.
  const isKnown = asked.every((id) => Object.hasOwn(known, id));
  const more = isKnown ? {} : ((await import("./opencode/more-models.ts")).more as unknown as Catalogue);
  return Object.fromEntries(
    asked.flatMap((id) => [known, more].filter((part) => Object.hasOwn(part, id)).map((part) => [id, part[id]!] as const)),
  );
}
