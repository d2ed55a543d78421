/**
 * What of OpenCode's providers can be chosen, and where each goes (OpenCode 1.18, `Provider.state`: those of the configuration, those whose
 * variable or stored key is there, and its own hosted one; `enabled_providers` and `disabled_providers` take away).
 */
import { at, entriesAt, isObject, textAt, textsAt, type JsonObject } from "./json.ts";
import { wireFormats } from "../../catalog/wire-formats.ts";
import { addressedBy, switchedOnBy, takesEndpoint } from "../../opencode/vendors.ts";
import type { Env } from "../types.ts";
import type { Routes } from "./environment.ts";

/** Where requests of a provider go. */
export interface Address {
  readonly url: string;
  /** The path of keys that says so, or the name of a variable. */
  readonly by: readonly string[];
}

/** One provider that can be chosen. */
export interface ProviderView {
  readonly id: string;
  /** None: they go to the vendor. */
  readonly addresses: readonly Address[];
  /** What it sends as key: the placeholder, something else, or nothing at all. */
  readonly key: "placeholder" | "real" | "none";
  /** The path of keys or the variable that holds a real key. */
  readonly keyBy: readonly string[];
  /** The package that speaks to it, where that is known. */
  readonly npm: string | null;
  /** What its packages call, as the environment says; none where it is not of the environment. */
  readonly routes: ReadonlyMap<string, string>;
  /** Names that OpenCode knows, with what each is called on the wire; null where the catalogue is not at hand. */
  readonly models: ReadonlyMap<string, string> | null;
}

/** All that can be chosen. */
export interface Choices {
  readonly providers: readonly ProviderView[];
  /** OpenCode's own hosted models can be chosen. */
  readonly hosted: boolean;
  /** Providers that only a variable of the environment switches on. */
  readonly ambient: readonly { readonly id: string; readonly variable: string }[];
  /** Ids that `enabled_providers` lets in; null where everything is let in. */
  readonly enabled: readonly string[] | null;
}

/** What decides. */
export interface Given {
  readonly config: JsonObject;
  /** The catalogue that `OPENCODE_MODELS_PATH` names, by provider; null where it is the one inside of OpenCode. */
  readonly catalogue: JsonObject | null;
  /** The content of auth.json. */
  readonly auth: JsonObject;
  readonly env: Env;
  /** What the environment says of its own providers. */
  readonly routes: Routes;
}

/** Makes them out. */
export function findChoices({ config, catalogue, auth, env, routes }: Given): Choices {
  const enabled = textsAt(config, "enabled_providers") ?? null;
  const disabled = textsAt(config, "disabled_providers") ?? [];
  const allowed = (id: string): boolean => (enabled === null || enabled.includes(id)) && !disabled.includes(id);
  const configured = entriesAt(config, "provider").map(([id]) => id);
  const known = (id: string): boolean => catalogue === null || isObject(at(catalogue, id));
  const stored = Object.keys(auth).filter((id) => known(id) && keyOf(auth, id) !== undefined);
  const ambient = Object.entries(switchedOnBy).flatMap(([id, variables]) => {
    const variable = variables.find((name) => (env[name] ?? "") !== "");
    return variable !== undefined && known(id) && allowed(id) && !configured.includes(id) && !stored.includes(id)
      ? [{ id, variable }]
      : [];
  });
  const ids = [...new Set([...configured, ...stored])].filter((id) => id !== "opencode" && allowed(id));
  return {
    enabled,
    hosted: allowed("opencode") && known("opencode"),
    ambient,
    providers: ids.map((id) => viewOf(id, { config, catalogue, auth, env, routes })),
  };
}

/** A stored key, undefined where OpenCode would pass over the entry. */
function keyOf(auth: JsonObject, id: string): string | undefined {
  const entry = at(auth, id);
  if (textAt(entry, "type") === "oauth") return "oauth";
  return textAt(entry, "type") === "api" ? textAt(entry, "key") || undefined : undefined;
}

function viewOf(id: string, { config, catalogue, auth, env, routes }: Given): ProviderView {
  const provider = at(config, "provider", id);
  const listed = entriesAt(provider, "models");
  const inCatalogue = entriesAt(catalogue, id, "models");
  const models = new Map<string, string>([
    ...inCatalogue.map(([name]) => [name, name] as const),
    ...listed.map(([name, model]) => [name, textAt(model, "id") ?? name] as const),
  ]);
  return {
    id,
    addresses: addressesOf(id, { config, catalogue, env }, listed),
    ...keyFor(id, { config, auth, env }, provider),
    npm: textAt(catalogue, id, "npm") ?? textAt(provider, "npm") ?? (catalogue === null ? null : wireFormats.chat.npm),
    routes: routes.get(id) ?? new Map(),
    models: catalogue === null && listed.length === 0 ? null : models,
  };
}

function addressesOf(
  id: string,
  { config, catalogue, env }: Pick<Given, "config" | "catalogue" | "env">,
  listed: readonly (readonly [string, unknown])[],
): Address[] {
  const base = ["provider", id, "options", "baseURL"];
  const baseUrl = textAt(config, ...base);
  // An empty one is none, where something else has an address (`Provider.getSDK`).
  const elsewhere = listed.some(([, model]) => textAt(model, "provider", "api") !== undefined);
  if (baseUrl !== undefined && !(baseUrl === "" && elsewhere)) return [{ url: baseUrl, by: base }];
  const endpoint = ["provider", id, "options", "endpoint"];
  if (id === takesEndpoint && textAt(config, ...endpoint) !== undefined)
    return [{ url: textAt(config, ...endpoint)!, by: endpoint }];
  const variable = addressedBy[id];
  const own = textAt(config, "provider", id, "api") ?? textAt(catalogue, id, "api");
  const ofModels = listed.flatMap(([name, model]) => {
    const url = textAt(model, "provider", "api");
    return url === undefined ? [] : [{ url, by: ["provider", id, "models", name, "provider", "api"] }];
  });
  const rest =
    ofModels.length === listed.length && listed.length > 0
      ? []
      : own === undefined
        ? []
        : [{ url: own, by: ["provider", id, "api"] }];
  if (ofModels.length + rest.length > 0) return [...ofModels, ...rest];
  return variable !== undefined && env[variable] ? [{ url: env[variable], by: [variable] }] : [];
}

function keyFor(
  id: string,
  { config, auth, env }: Pick<Given, "config" | "auth" | "env">,
  provider: unknown,
): Pick<ProviderView, "key" | "keyBy"> {
  const path = ["provider", id, "options", "apiKey"];
  const judge = (key: string, by: readonly string[]): Pick<ProviderView, "key" | "keyBy"> =>
    key.trim() === "-" ? { key: "placeholder", keyBy: by } : { key: key === "" ? "none" : "real", keyBy: by };
  const inConfig = textAt(config, ...path);
  if (inConfig !== undefined) return judge(inConfig, path);
  const stored = keyOf(auth, id);
  if (stored !== undefined) return judge(stored, ["auth.json"]);
  const variable = (textsAt(provider, "env") ?? switchedOnBy[id] ?? []).find((name) => (env[name] ?? "") !== "");
  return variable === undefined ? { key: "none", keyBy: path } : judge(env[variable]!, [variable]);
}

/** What a package calls where nobody says what its provider does. */
const paths: ReadonlyMap<string, string> = new Map(Object.values(wireFormats).map(({ npm, path }) => [npm, path]));

/** The path that a provider calls for a model; null where that is not known, or has the model in it, which lists of models write in several ways. */
export function wirePath({ npm, id, routes }: ProviderView, config: JsonObject, model: string): string | null {
  const provider = at(config, "provider", id);
  const listed = at(provider, "models", model) === undefined ? undefined : textAt(provider, "npm");
  // A provider's own package counts only for models that it lists (`Provider.state` of OpenCode 1.18).
  const speaks = textAt(provider, "models", model, "provider", "npm") ?? listed ?? npm ?? "";
  const path = routes.get(speaks) ?? paths.get(speaks);
  return path === undefined || path.includes("{") ? null : path;
}

/** `provider/model` taken apart: the model's name may hold slashes itself. */
export function splitModel(text: string): readonly [provider: string, model: string] {
  const slash = text.indexOf("/");
  return slash === -1 ? [text, ""] : [text.slice(0, slash), text.slice(slash + 1)];
}
