/**
 * The models that a mock gateway pretends to have: the list for clients, and which of them a request means.
 *
 * The list's shape and routing by the body's `model`, plain or as `provider/model`: Aperture documentation, "How Aperture works", and
 * the clients tailscale/aperture-cli (docs/adding-a-client.md) and Pi's Aperture extension.
 */
import { loadCatalogue } from "../../catalog/models.ts";
import { providers } from "../../catalog/providers.ts";
import type { JsonObject } from "./wire.ts";

/** A model, the provider that lists it, and the paths on which it answers, such as `/v1/messages`. */
export interface MockModel {
  readonly id: string;
  readonly provider: { readonly id: string; readonly name: string };
  readonly endpoints: readonly string[];
}

/** The body of `GET /v1/models`. */
export function listModels(models: readonly MockModel[]): JsonObject {
  const data = models.map(({ id, provider, endpoints }) => ({
    id,
    object: "model",
    supported_endpoints: endpoints,
    metadata: { provider: { id: provider.id, name: provider.name } },
  }));
  return { object: "list", data };
}

/** The first model of that name which answers on `path`, or a sentence that says why there is none. */
export function routeModel(models: readonly MockModel[], name: string, path: string): MockModel | string {
  const named = models.filter(({ id, provider }) => id === name || `${provider.id}/${id}` === name);
  if (named.length === 0) return "The gateway has no such model; GET /v1/models lists what it has.";
  const elsewhere = [...new Set(named.flatMap(({ endpoints }) => endpoints))].join(", ");
  return named.find(({ endpoints }) => endpoints.includes(path)) ?? `It does not answer on ${path}, only on ${elsewhere}.`;
}

/** Every model that an environment can be generated for, on the path that OpenCode calls for its provider. */
export function modelsOfCatalogue(): MockModel[] {
  const catalogue = loadCatalogue();
  return Object.values(providers).flatMap(({ id, name, wireFormats, defaultApi }) => {
    const endpoints = [wireFormats[defaultApi]].flatMap((each) => (each === undefined ? [] : [each.path]));
    return Object.keys(catalogue[id]?.models ?? {}).map((model) => ({ id: model, provider: { id, name }, endpoints }));
  });
}
