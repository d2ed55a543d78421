/** The models of a mock gateway: the catalogue's, named ones, or those of an environment. */
import { namedModels, type Named } from "../../catalog/compact.ts";
import { loadCatalogue, type Catalogue } from "../../catalog/models.ts";
import { findProvider, providers, speechOf, type WireFormat } from "../../catalog/providers.ts";
import { wireFormats } from "./formats.ts";
import { everyPath, mockProvider, type MockModel } from "./models.ts";

function pathOf(api: WireFormat): string {
  return wireFormats.find(({ name }) => name === api)!.path;
}

/** Every model of the catalogue, on the paths of its provider. */
export async function modelsOfCatalogue(): Promise<MockModel[]> {
  const catalogue = await loadCatalogue(Object.keys(providers));
  return Object.values(providers).flatMap(({ id, name, wireFormats: routes }) => {
    const endpoints = Object.keys(routes).map((api) => pathOf(api as WireFormat));
    return Object.keys(catalogue[id]?.models ?? {}).map((model) => ({ id: model, provider: { id, name }, endpoints }));
  });
}

/** Every model that an environment of these answers offers, each on the path that OpenCode uses for it. */
export function modelsOfAnswers(answers: Named, catalogue: Catalogue): MockModel[] {
  return answers.providers.flatMap((choice) => {
    const { id, api, name = findProvider(id)?.name ?? id } = choice;
    const { lacks } = speechOf(choice);
    const known = choice.models === undefined ? Object.keys(catalogue[id]?.models ?? {}) : [];
    const ids = new Set([
      ...known.filter((model) => lacks?.test(model) !== true),
      ...namedModels(choice, answers).map((model) => model.id),
    ]);
    return [...ids].map((model) => ({ id: model, provider: { id, name }, endpoints: [pathOf(api)] }));
  });
}

/**
 * The models of those names, each plain or as `provider/model`. A name that is not in `models` becomes a model of the named provider, which answers on
 * all paths.
 */
export function selectModels(models: readonly MockModel[], names: readonly string[]): MockModel[] {
  return names.flatMap((name) => {
    const known = models.filter(({ id, provider }) => id === name || `${provider.id}/${id}` === name);
    return known.length > 0 ? known : [inventModel(name)];
  });
}

function inventModel(name: string): MockModel {
  const [, id, model] = /^([^/]+)\/(.+)$/.exec(name) ?? [];
  if (id === undefined || model === undefined) return { id: name, provider: mockProvider, endpoints: everyPath };
  return { id: model, provider: { id, name: findProvider(id)?.name ?? id }, endpoints: everyPath };
}
