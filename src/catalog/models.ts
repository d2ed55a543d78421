/**
 * The model catalogue: what OpenCode has to know of each model (limits, modalities, prices), in the format of models.dev's api.json.
 * The data is extracted from the pinned OpenCode binary by `npm run refresh` and reduced to the providers offered here.
 *
 * The providers that are proposed are part of the program, the others a file that is read only where one of them is asked for: all of them would
 * make every start slower.
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

/** The catalogue's entries of these providers; those of a team's own have none. Each is the same object whenever it is asked for. */
export async function loadCatalogue(ids: Iterable<string>): Promise<Catalogue> {
  const known = proposed as unknown as Catalogue;
  const asked = [...new Set(ids)];
  // A dynamic import is a file of its own in the built program.
  const isKnown = asked.every((id) => Object.hasOwn(known, id));
  const more = isKnown ? {} : ((await import("./opencode/more-models.ts")).more as unknown as Catalogue);
  return Object.fromEntries(
    asked.flatMap((id) => [known, more].filter((part) => Object.hasOwn(part, id)).map((part) => [id, part[id]!] as const)),
  );
}
