/**
 * The model catalogue: what OpenCode has to know of each model (limits, modalities, prices), in the format of models.dev's api.json.
 * The data is extracted from the pinned OpenCode binary by `npm run refresh` and reduced to the providers offered here.
 */
import data from "./opencode/models.json" with { type: "json" };

/** One model of the catalogue; fields beyond these are passed on as they are. */
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

/** The whole catalogue by provider id. */
export function loadCatalogue(): Readonly<Record<string, CatalogueProvider>> {
  return data as Readonly<Record<string, CatalogueProvider>>;
}

/** Whether the catalogue knows `model` of `provider`. */
export function knowsModel(provider: string, model: string): boolean {
  const catalogue = loadCatalogue();
  return Object.hasOwn(catalogue, provider) && Object.hasOwn(catalogue[provider]!.models, model);
}
