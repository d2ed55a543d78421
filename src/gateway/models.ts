/**
 * Reads the list of models that a gateway gives: which providers, over which API, with which limits, and which names are not unique. Pure, and
 * nothing of the answer is trusted: it may be another server's.
 *
 * The list (`object: "list"`, `data[]` with `id`, `supported_endpoints`, `metadata.provider`), and that it holds what the caller's grants allow
 * and no limits: tailscale/aperture-cli, docs/adding-a-client.md and internal/config/providers.go. Which path is which API: Aperture's client
 * pages. That routing is by the body's `model`, plain or as `provider/model`, and that APIs with the model in the path have no way to say which
 * provider is meant: Aperture, "How Aperture works", and the clients jaxxstorm/opencode-aperture and Pi's Aperture extension.
 */
import { environmentError } from "../errors.ts";
import { clean } from "./explain.ts";

/** The APIs that an environment can speak; where several serve equally many models, the first is taken, as the official client does. */
export const gatewayApis = ["responses", "messages", "chat", "generate-content", "vertex", "converse"] as const;

/** An API by the name that it has in a spec. */
export type GatewayApi = (typeof gatewayApis)[number];

/** In these the model stands in the body, where it can be written as `provider/model`. */
const bodyApis: readonly GatewayApi[] = ["responses", "messages", "chat"];

const paths: Readonly<Record<GatewayApi, RegExp>> = {
  responses: /^\/v1\/responses$/,
  messages: /^\/v1\/messages$/,
  chat: /^\/v1\/chat\/completions$/,
  "generate-content": /^\/v1(?:beta)?\/models\/.+:(?:stream)?generateContent$/i,
  vertex: /^\/v1\/projects\/.+\/publishers\/google\/models\/.+:(?:stream)?generateContent$/i,
  converse: /^\/bedrock\/model\/.+\/converse(?:-stream)?$/,
};

/** What is known without a gateway: the providers that this version has by name, and the model catalogue. */
export interface Known {
  readonly providers: Readonly<
    Record<
      string,
      {
        readonly id: string;
        readonly name: string;
        /** `lacks`: models of the catalogue that cannot be used in that wire format, whatever a gateway says. */
        readonly wireFormats: Readonly<Partial<Record<GatewayApi, { readonly lacks?: RegExp | null }>>>;
        readonly defaultApi: string;
        readonly defaults: { readonly model: string; readonly smallModel: string };
        /** What gateways call it, where that is not OpenCode's word for it. */
        readonly aliases: readonly string[];
        /** The API that is its own: models whose provider was not named are its, and so is what speaks an API that nobody else has. */
        readonly owns: GatewayApi | null;
      }
    >
  >;
  readonly catalogue: Readonly<
    Record<string, { readonly models: Readonly<Record<string, { readonly id: string; readonly [field: string]: unknown }>> }>
  >;
  /** Whether an id cannot be that of a provider of the team's own, because OpenCode takes it for something else. */
  refuses(id: string): boolean;
}

/** How much a model reads and writes, in tokens. */
export interface Limit {
  readonly context: number;
  readonly output: number;
}

/** A model as one provider lists it. */
export interface GatewayModel {
  readonly id: string;
  readonly apis: readonly GatewayApi[];
  /** From the catalogue, since gateways do not tell; null where it does not know the model. */
  readonly limit: Limit | null;
  /** It answers in text, as far as its name tells: no embedding, image or speech model. */
  readonly chats: boolean;
  /** It has its provider's API, chats, and can be asked for. */
  readonly usable: boolean;
  /** Other providers of the gateway that list the same id: the gateway decides which one answers. */
  readonly alsoFrom: readonly string[];
  /** The name that means this one and no other; null where there is none, because the model stands in the path. */
  readonly unique: string | null;
}

/** A provider of the gateway. */
export interface GatewayProvider {
  /** What the gateway calls it; null where it named none. */
  readonly gatewayId: string | null;
  /** What OpenCode calls it: an id of its catalogue where it is that provider, else one of its own. */
  readonly id: string;
  readonly name: string;
  /** It is one that this version has by name. */
  readonly known: boolean;
  /** The API that most of its models have; null where they have none that an environment can speak. */
  readonly api: GatewayApi | null;
  /** The gateway did not say which API; it is the one that providers of this name have by default. */
  readonly assumed: boolean;
  /** In the order of their ids. */
  readonly models: readonly GatewayModel[];
}

/** What a gateway serves. */
export interface Discovery {
  readonly providers: readonly GatewayProvider[];
  /** Entries that were no model, or had an id that no model has. */
  readonly odd: number;
  /** Entries beyond what is read, or pages that were not asked for. */
  readonly isPart: boolean;
}

/** More than any gateway has, and still a moment's work. */
const maxModels = 10_000;
/** As `parseModel` takes them, with room for the provider in front. */
const modelId = /^[A-Za-z0-9@~][A-Za-z0-9@._:/+~-]{0,129}$/;
const maxEndpoints = 50;
/** More than any gateway is given keys for. */
const maxProviders = 200;
/** Of providers that share a name, more than that many are not told. */
const maxNamed = 8;

/** A provider while it is read. */
interface Group {
  readonly gatewayId: string | null;
  readonly name: string | null;
  /** The API that its key was made from, where it has no id. */
  readonly api: GatewayApi | null;
  readonly models: Map<string, Set<GatewayApi>>;
  readonly untold: Set<string>;
}

/**
 * Reads the JSON of `GET /v1/models`. Throws an environment error where it is another shape, or lists nothing. Nothing else is ever thrown, and
 * no id that is given can break out of a file.
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

/** The APIs of a list of paths, in our order; null where there is no such list, or an empty one. */
function apisOf(endpoints: unknown): GatewayApi[] | null {
  if (!Array.isArray(endpoints)) return null;
  const texts = (endpoints as unknown[])
    .slice(0, maxEndpoints)
    .filter((path): path is string => typeof path === "string" && path.length <= 300)
    .map((path) => path.replace(/[?#].*$/s, "").replace(/\/$/, ""));
  return texts.length === 0 ? null : gatewayApis.filter((api) => texts.some((path) => paths[api].test(path)));
}

/** The provider that a gateway means by a name of its own, or null. */
function calledSo(name: string, { providers }: Known): string | null {
  return Object.values(providers).find(({ aliases }) => aliases.includes(name))?.id ?? null;
}

/** Whose API it is, or null. */
function ownerOf(api: GatewayApi, { providers }: Known): string | null {
  return Object.values(providers).find(({ owns }) => owns === api)?.id ?? null;
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
  const limits = limitsOf(known);
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
        return { id: model, apis: own, limit: limits(id, model), chats, usable, alsoFrom: alsoFrom.sort(), unique };
      });
      const fallback = isKnown ? known.providers[id]!.name : (gatewayId ?? id);
      return { gatewayId, id, name: name ?? fallback, known: isKnown, api, assumed, models: models.sort(byId) };
    })
    .sort((left, right) => rank(left.id) - rank(right.id) || byId(left, right));
}

/** `provider/model` for an API that takes it, where that is a name that can be written down. */
function qualified(gatewayId: string | null, model: string, api: GatewayApi | null): string | null {
  if (gatewayId === null || api === null || !bodyApis.includes(api)) return null;
  const name = `${gatewayId}/${model}`;
  return modelId.test(name) ? name : null;
}

function byId(left: { readonly id: string }, right: { readonly id: string }): number {
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
}

/** The API that most of a provider's models have, of those that chat; where none is told, the one that its name stands for. */
function apiOf({ gatewayId, api, models, untold }: Group, known: Known): { api: GatewayApi | null; assumed: boolean } {
  const told = [...models].filter(([, apis]) => apis.size > 0);
  const chatting = told.filter(([id]) => chatsByName(id));
  const counted = chatting.length > 0 ? chatting : told;
  const count = (one: GatewayApi): number => counted.filter(([, apis]) => apis.has(one)).length;
  const best = gatewayApis.reduce((first, one) => (count(one) > count(first) ? one : first));
  if (count(best) > 0) return { api: best, assumed: false };
  const id = gatewayId?.toLowerCase() ?? "";
  const { providers } = known;
  const name = calledSo(id, known) ?? id;
  const usual = Object.hasOwn(providers, name) ? gatewayApis.find((one) => one === providers[name]!.defaultApi) : undefined;
  // Chat completions is what a provider has on the gateway unless its configuration says another.
  const silent = usual ?? api ?? "chat";
  return untold.size > 0 ? { api: silent, assumed: true } : { api: null, assumed: false };
}

/** Gives each provider its id in OpenCode: a known one to one provider at most, first to those that are called so. */
function assignIds(
  groups: readonly Group[],
  apis: ReadonlyMap<Group, { api: GatewayApi | null }>,
  known: Known,
): Map<Group, string> {
  const { providers, refuses } = known;
  const ids = new Map<Group, string>();
  const taken = new Set<string>();
  const give = (group: Group, id: string): void => {
    ids.set(group, id);
    taken.add(id);
  };
  const fits = (id: string | null, api: GatewayApi | null): id is string =>
    id !== null &&
    Object.hasOwn(providers, id) &&
    !taken.has(id) &&
    api !== null &&
    Object.hasOwn(providers[id]!.wireFormats, api);
  const wishes: readonly ((group: Group) => string | null)[] = [
    ({ gatewayId }) => gatewayId?.toLowerCase() ?? null,
    ({ gatewayId }) => calledSo(gatewayId?.toLowerCase() ?? "", known),
    (group) => {
      const { api } = apis.get(group)!;
      // One who speaks a body API under a name of its own is no OpenAI: a known provider's models would be offered for it.
      return api !== null && (group.gatewayId === null || !bodyApis.includes(api)) ? ownerOf(api, known) : null;
    },
  ];
  for (const wish of wishes) {
    for (const group of groups) {
      const id = ids.has(group) ? null : wish(group);
      if (fits(id, apis.get(group)!.api)) give(group, id);
    }
  }
  for (const group of groups)
    if (!ids.has(group))
      give(
        group,
        ownId(group, apis.get(group)!.api, (id) => taken.has(id) || Object.hasOwn(providers, id) || refuses(id)),
      );
  return ids;
}

function ownId({ gatewayId }: Group, api: GatewayApi | null, isTaken: (id: string) => boolean): string {
  const slug = (gatewayId ?? "gateway")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 32)
    .replaceAll(/^-+|-+$/g, "");
  const named = /^[a-z]/.test(slug) && !(slug in Object.prototype) ? slug : `gateway-${slug}`.replace(/-$/, "");
  const first = isTaken(named) && api !== null ? `${named}-${api}` : named;
  for (let count = 1; ; count++) {
    const id = count === 1 ? first : `${first}-${count}`;
    if (!isTaken(id)) return id;
  }
}

/** Words in names of models that give or take something else than text: vectors, pictures, sound, films, verdicts. */
const other =
  /(?:^|[-_./:])(?:embed(?:ding)?s?|nomic|bge|gte|minilm|image|images|imagen|imagine|dall|flux|stable|sdxl|canvas|reel|sonic|tts|voice|whisper|transcribe|transcription|speech|audio|realtime|live|moderation|rerank|reranker|guard|safeguard|sora|veo|video|lyria|ocr|instruct-0914|babbage|davinci|aqa)(?:$|[-_./:\d])/i;

function chatsByName(id: string): boolean {
  return !other.test(id);
}

/** Looks limits up: of the provider's own model, else the least of the same model elsewhere, whatever a vendor's, a region's or a date's mark on its name. */
function limitsOf({ catalogue }: Known): (provider: string, model: string) => Limit | null {
  const everywhere = new Map<string, Limit>();
  for (const { models } of Object.values(catalogue)) {
    for (const model of Object.values(models)) {
      const limit = readLimit(model);
      for (const name of [bareName(model.id), undated(bareName(model.id))])
        if (limit !== null && limit.context < (everywhere.get(name)?.context ?? Infinity)) everywhere.set(name, limit);
    }
  }
  return (provider, model) => {
    const models = Object.hasOwn(catalogue, provider) ? catalogue[provider]!.models : {};
    const own = Object.hasOwn(models, model) ? readLimit(models[model]!) : null;
    const name = bareName(model);
    return own ?? everywhere.get(name) ?? everywhere.get(undated(name)) ?? null;
  };
}

/** `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `anthropic/claude-sonnet-4.5` and `claude-sonnet-4-5@20250929` without what is not the model's. */
function bareName(id: string): string {
  return id
    .toLowerCase()
    .replace(/^.*\//, "")
    .replace(/^(?:us|eu|apac|global|jp|au|ca)\./, "")
    .replace(/^[a-z][a-z0-9-]*\.(?=[a-z])/, "")
    .replace(/@(?=\d{8}$)/, "-")
    .replace(/:[a-z]+$/, "")
    .replace(/-v\d+(?::\d+)?$/, "")
    .replaceAll(".", "-");
}

function undated(name: string): string {
  return name.replace(/-20\d{2}-?\d{2}-?\d{2}$/, "");
}

function readLimit(model: Readonly<Record<string, unknown>>): Limit | null {
  const limit = isRecord(model["limit"]) ? model["limit"] : {};
  const { context, output } = limit;
  return typeof context === "number" && typeof output === "number" && context > 0 && output > 0 ? { context, output } : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function otherShape(body: unknown): Error {
  const kind =
    body === null ? "null" : Array.isArray(body) ? "a list" : typeof body === "object" ? "an object" : `a ${typeof body}`;
  const what =
    isRecord(body) && Array.isArray(body["data"]) ? "holds no entry that is a model" : `is ${kind} without a list data`;
  return environmentError(
    "gateway-other-shape",
    `The gateway's answer is JSON, and not a list of models: it ${what}.`,
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
