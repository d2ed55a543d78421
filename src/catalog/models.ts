/**
 * The model catalogue: what OpenCode has to know of each model (limits, modalities, prices), in the format of models.dev's api.json.
 * The data is extracted from the pinned OpenCode binary by `npm run refresh` and reduced to the providers offered here.
 *
 * The providers that are proposed are part of the program, each of the others is a file that is read only where it is asked for: all of them
 * would make every start slower.
 */
import proposed from "./opencode/models.json" with { type: "json" };

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

/** Providers by id, as in `api.json` of models.dev. */
export type Catalogue = Readonly<Record<string, CatalogueProvider>>;

type File = Promise<{ readonly default: Catalogue }>;

/** A dynamic import is a bundle of its own in the built program; each path is written out, because it is looked for when building. */
const files: Readonly<Record<string, () => unknown>> = {
  "amazon-bedrock": () => import("./opencode/models/amazon-bedrock.json"),
  deepseek: () => import("./opencode/models/deepseek.json"),
  google: () => import("./opencode/models/google.json"),
  "google-vertex": () => import("./opencode/models/google-vertex.json"),
  groq: () => import("./opencode/models/groq.json"),
  mistral: () => import("./opencode/models/mistral.json"),
  openrouter: () => import("./opencode/models/openrouter.json"),
  togetherai: () => import("./opencode/models/togetherai.json"),
  xai: () => import("./opencode/models/xai.json"),
};

/** The catalogue's entries of these providers; those of a team's own have none. Each is the same object whenever it is asked for. */
export async function loadCatalogue(ids: Iterable<string>): Promise<Catalogue> {
  const loaded = await Promise.all(
    [...ids].map(async (id): Promise<Catalogue> => {
      const known = proposed as unknown as Catalogue;
      if (Object.hasOwn(known, id)) return { [id]: known[id]! };
      return Object.hasOwn(files, id) ? (await (files[id]!() as File)).default : {};
    }),
  );
  return Object.assign({}, ...loaded) as Catalogue;
}
