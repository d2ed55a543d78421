/**
 * Reads a gateway's list of models: its providers, their APIs, and names that are not unique. Pure. The answer is not trusted: it may be another
 * server's.
 *
 * The list (`object: "list"`, `data[]` with `id`, `supported_endpoints`, `metadata.provider`), and that it has the models of the caller's grants
 * without limits of tokens: tailscale/aperture-cli, docs/adding-a-client.md and internal/config/providers.go. Which path is which API: Aperture's client
 * pages. That the body's `model` decides the route, plain or as `provider/model`, and that APIs with the model in the path cannot name the
 * provider: Aperture, "How Aperture works", and the clients jaxxstorm/opencode-aperture and Pi's Aperture extension.
 */
import { environmentError } from "../errors.ts";
import { clean } from "./explain.ts";
import { capabilitiesOf } from "./capabilities.ts";
import {
  type Discovery,
  type GatewayApi,
  type GatewayModel,
  type GatewayProvider,
  type Group,
  type Known,
  bodyApis,
  chatsByName,
  gatewayApis,
} from "./listed.ts";
import { isRecord } from "../forms.ts";
import { apiOf, assignIds } from "./provider-ids.ts";

const paths: Readonly<Record<GatewayApi, RegExp>> = {
  responses: /^\/v1\/responses$/,
  messages: /^\/v1\/messages$/,
  chat: /^\/v1\/chat\/completions$/,
  "generate-content": /^\/v1(?:beta)?\/models\/.+:(?:stream)?generateContent$/i,
  vertex: /^\/v1\/projects\/.+\/publishers\/google\/models\/.+:(?:stream)?generateContent$/i,
  converse: /^\/bedrock\/model\/.+\/converse(?:-stream)?$/,
};

/** More models than any gateway has; reading them takes a moment. */
const maxModels = 10_000;

/** As `parseModel` accepts them, with room for the provider. */
const modelId = /^[A-Za-z0-9@~][A-Za-z0-9@._:/+~-]{0,129}$/;

const maxEndpoints = 50;

/** More providers than any gateway has. */
const maxProviders = 200;

/** How many providers that list the same model are named. */
const maxNamed = 8;

/**
 * Reads the JSON of `GET /v1/models`. Throws an environment error if its form is another, or the list is empty, and nothing else. No id in the result
 * can break out of a file.
 */
export function readModels(body: unknown, known: Known): Discovery {
  const data = isRecord(body) && Array.isArray(body["data"]) ? (body["data"] as readonly unknown[]) : null;
  if (data === null) throw otherShape(body);
  if (data.length === 0) throw nothingServed();
  const groups = new Map<string, Group>();
  let odd = 0;
  for (const entry of data.slice(0, maxModels)) if (!readEntry(entry, groups)) odd++;
  if (groups.size === 0) throw otherShape(body);
  const isPart = data.length > maxModels || (body as Record<string, unknown>)["has_more"] === true;
  return { providers: describeGroups([...groups.values()], known), odd, isPart };
}

function readEntry(entry: unknown, groups: Map<string, Group>): boolean {
  if (!isRecord(entry)) return false;
  const { id } = entry;
  if (typeof id !== "string" || !modelId.test(id)) return false;
  const apis = apisOf(entry["supported_endpoints"]);
  const metadata = isRecord(entry["metadata"]) ? entry["metadata"] : {};
  const provider = isRecord(metadata["provider"]) ? metadata["provider"] : {};
  const named = typeof provider["id"] === "string" ? clean(provider["id"], 100) : "";
  const gatewayId = named === "" ? null : named;
  const api = gatewayId === null ? (apis?.[0] ?? "chat") : null;
  const key = gatewayId === null ? `by ${api}` : `of ${gatewayId}`;
  let group = groups.get(key);
  if (group === undefined) {
    if (groups.size >= maxProviders) return false;
    const name = typeof provider["name"] === "string" ? clean(provider["name"], 60) : "";
    group = { gatewayId, name: name === "" ? null : name, api, models: new Map(), untold: new Set() };
    groups.set(key, group);
  }
  const sofar = group.models.get(id) ?? new Set();
  for (const one of apis ?? []) sofar.add(one);
  group.models.set(id, sofar);
  if (apis === null) group.untold.add(id);
  return true;
}

/** The APIs of a list of paths, in our order; null if the list is missing or empty. */
function apisOf(endpoints: unknown): GatewayApi[] | null {
  if (!Array.isArray(endpoints)) return null;
  const texts = (endpoints as unknown[])
    .slice(0, maxEndpoints)
    .filter((path): path is string => typeof path === "string" && path.length <= 300)
    .map((path) => path.replace(/[?#].*$/s, "").replace(/\/$/, ""));
  return texts.length === 0 ? null : gatewayApis.filter((api) => texts.some((path) => paths[api].test(path)));
}

function describeGroups(groups: readonly Group[], known: Known): GatewayProvider[] {
  const apis = new Map(groups.map((group) => [group, apiOf(group, known)]));
  const ids = assignIds(groups, apis, known);
  const owning = new Map<string, Group[]>();
  for (const group of groups) {
    for (const id of group.models.keys()) {
      const owners = owning.get(id);
      if (owners === undefined) owning.set(id, [group]);
      else if (owners.length <= maxNamed) owners.push(group);
    }
  }
  const look = capabilitiesOf(known);
  const order = Object.keys(known.providers);
  const rank = (id: string): number => (order.includes(id) ? order.indexOf(id) : order.length);
  return groups
    .map((group): GatewayProvider => {
      const { gatewayId, name } = group;
      const id = ids.get(group)!;
      const { api, assumed } = apis.get(group)!;
      const isKnown = Object.hasOwn(known.providers, id);
      const models = [...group.models].map(([model, told]): GatewayModel => {
        const own =
          group.untold.has(model) && told.size === 0 ? (api === null ? [] : [api]) : gatewayApis.filter((one) => told.has(one));
        const alsoFrom = owning.get(model)!.flatMap((other) => (other === group ? [] : [other.gatewayId ?? `(${other.api})`]));
        const chats = own.length > 0 && chatsByName(model);
        const unique = alsoFrom.length === 0 ? model : qualified(gatewayId, model, api);
        const lacks = isKnown && api !== null ? known.providers[id]!.wireFormats[api]?.lacks : null;
        const usable = chats && api !== null && own.includes(api) && unique !== null && lacks?.test(model) !== true;
        const end = isKnown && api !== null ? known.endOf(id, api, model) : null;
        const { limit, reasoning, images } = look(id, model) ?? { limit: null, reasoning: null, images: null };
        return { id: model, apis: own, limit, reasoning, images, chats, usable, end, alsoFrom: alsoFrom.sort(), unique };
      });
      const fallback = isKnown ? known.providers[id]!.name : (gatewayId ?? id);
      return { gatewayId, id, name: name ?? fallback, known: isKnown, api, assumed, models: models.sort(byId) };
    })
    .sort((left, right) => rank(left.id) - rank(right.id) || byId(left, right));
}

/** `provider/model` for an API that accepts it; null if that is no valid name. */
function qualified(gatewayId: string | null, model: string, api: GatewayApi | null): string | null {
  if (gatewayId === null || api === null || !bodyApis.includes(api)) return null;
  const name = `${gatewayId}/${model}`;
  return modelId.test(name) ? name : null;
}

function byId(left: { readonly id: string }, right: { readonly id: string }): number {
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
}

function otherShape(body: unknown): Error {
  const kind =
    body === null ? "null" : Array.isArray(body) ? "a list" : typeof body === "object" ? "an object" : `a ${typeof body}`;
  const what =
    isRecord(body) && Array.isArray(body["data"]) ? "holds no entry that is a model" : `is ${kind} without a list data`;
  return environmentError(
    "gateway-other-shape",
    `The gateway's answer is JSON, but not a list of models: it ${what}.`,
    "Another server may answer there. /v1/models of a gateway gives  { data: [{ id, supported_endpoints, … }] }.",
  );
}

function nothingServed(): Error {
  return environmentError(
    "gateway-no-models",
    "The gateway serves no model to you: its list is empty.",
    'It lists what your grants allow of the providers that are enabled: a grant has to match models, for instance models: "anthropic/**", and a provider has to have some.',
  );
}
