/**
 * What a spec has to change for what a gateway serves. Pure.
 *
 * It only adds, and changes what cannot work: a gateway lists what the grants of whoever asks allow, so what it does not list may well be served
 * to others. That is named and stays.
 */
import { exampleProvider } from "../catalog/providers.ts";
import type { EditResult } from "../edit/splice.ts";
import { isTree, sameValue, type Tree } from "../edit/value.ts";
import { clean } from "../gateway/explain.ts";
import {
  gatewayApis,
  type Discovery,
  type GatewayApi,
  type GatewayModel,
  type GatewayProvider,
  type Known,
} from "../gateway/listed.ts";
import { candidatesOf, nameIn, offer, proposeModel, proposeSmallModel } from "../gateway/proposals.ts";
import { questionOf } from "../questions/table.ts";
import type { Answers, Parsed, ProviderChoice } from "../questions/types.ts";
import { putValues, type Put } from "./edit.ts";
import { specLimits, type SpecEntries } from "./spec.ts";

/** A spec with what a gateway serves in it. */
export interface Merged {
  /** The new text, or why it cannot be edited; without a spec the whole text of one. */
  readonly edited: EditResult;
  /** What of the spec the gateway does not list, each as `provider` or `provider/model`; it stays. */
  readonly notListed: readonly string[];
  /** Changes, and what could not be made, as sentences without their full stop. */
  readonly notes: readonly string[];
  readonly model: string | null;
  readonly smallModel: string | null;
}

/** What there is besides the gateway's answer. */
export interface Surroundings {
  readonly origin: string;
  /** The spec's text and what it says; null where there is none. */
  readonly spec: { readonly text: string; readonly entries: SpecEntries } | null;
  /** Answers of the last run, which count where the spec leaves them out. */
  readonly lock: Partial<Answers> | null;
}

/** Puts what a gateway serves into a spec. */
export function mergeDiscovery(found: Discovery, { origin, spec, lock }: Surroundings, known: Known): Merged {
  const notes: string[] = [];
  // One provider for all has the models that are named, and no catalogue's.
  const exact = (spec?.entries.style?.value ?? lock?.style) === "compact";
  const written = spec?.entries.providers?.value;
  const current = providersOf(written) ?? (written === undefined && lock !== null ? fromAnswers(lock.providers) : new Map());
  const discovery = withNamesOf(current, found);
  const next = new Map<string, unknown>();
  const notListed: string[] = [];

  for (const [id, settings] of current) {
    const provider = discovery.providers.find((one) => one.id === id);
    if (provider === undefined) notListed.push(id);
    next.set(id, provider === undefined ? settings : mergeSettings(provider, settings, { known, exact, notes, notListed }));
  }
  for (const provider of discovery.providers) {
    const { id, gatewayId } = provider;
    if (next.has(id)) continue;
    if (next.size >= specLimits.providers) {
      notes.push(`${gatewayId ?? id} is left out of the spec, which has ${specLimits.providers} providers`);
      continue;
    }
    const offered = offer(provider, known, accepts, exact);
    if (offered === null) continue;
    if ("why" in offered) notes.push(`${gatewayId ?? id} is left out of the spec: ${offered.why}`);
    else {
      next.set(id, { ...offered.settings, ...(offered.settings.models && { models: listed(offered.settings.models) }) });
      notes.push(...offered.notes);
    }
  }

  const candidates = candidatesOf(
    discovery,
    (provider, model) => next.has(provider.id) && isIn(next.get(provider.id), provider, model),
  );
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  const asked = {
    model: text(spec?.entries.model?.value ?? lock?.model),
    small: text(spec?.entries.smallModel?.value ?? lock?.smallModel),
  };
  const keep = (ref: string | null): boolean => ref !== null && isServed(ref, discovery, next, known);
  const model = keep(asked.model) ? asked.model : (proposeModel(candidates, known)?.ref ?? null);
  const proposedSmall = model === null ? null : proposeSmallModel(candidates, model, known);
  const smallModel = keep(asked.small) ? asked.small : (proposedSmall?.ref ?? null);
  for (const [key, before, after] of [
    ["model", asked.model, model],
    ["small_model", asked.small, smallModel],
  ] as const) {
    if (before === null || keep(before)) continue;
    if (after === null) notListed.push(before);
    else notes.push(`${key} was ${show(before)}, which the gateway does not list to you, and becomes ${after}`);
  }

  notes.push(...describeEnds(discovery, [model, smallModel], next, known));

  const puts: Put[] = [
    ...(spec === null ? [{ path: ["aperture", "url"] as const, value: origin }] : []),
    ...putsFor(written, current, next),
    ...(model !== null && model !== asked.model ? [{ path: ["model"] as const, value: model }] : []),
    ...(smallModel !== null && smallModel !== asked.small ? [{ path: ["small_model"] as const, value: smallModel }] : []),
  ];
  const edited = putValues(spec?.text ?? "", puts);
  return {
    edited: spec !== null && Array.isArray(written) ? withComments(spec, edited) : edited,
    notListed: notListed.map(show),
    notes,
    model,
    smallModel,
  };
}

/** Every provider of a spec with its settings, whatever its form; null where it has none or in no form that is one. */
function providersOf(value: unknown): Map<string, unknown> | null {
  if (Array.isArray(value)) return new Map(value.filter((id) => typeof id === "string").map((id) => [id, {}]));
  return isTree(value) ? new Map(Object.entries(value).map(([id, settings]) => [id, settings ?? {}])) : null;
}

function fromAnswers(choices: Answers["providers"] | undefined): Map<string, unknown> {
  return providersOf(choices === undefined ? {} : questionOf("providers").write(choices)) ?? new Map();
}

/** A provider of the user's own may have another name there than on the gateway: then it is known by its models. */
function withNamesOf(current: ReadonlyMap<string, unknown>, discovery: Discovery): Discovery {
  const names = new Map<GatewayProvider, string>();
  const free = new Set(discovery.providers.filter(({ id, known: isKnown }) => !isKnown && !current.has(id)));
  for (const [id, settings] of current) {
    if (discovery.providers.some((provider) => provider.id === id)) continue;
    const models = Object.keys(modelsOf(settings));
    const same = [...free].find((provider) =>
      provider.models.some((model) => models.includes(model.id) || models.includes(nameIn(provider, model))),
    );
    if (same === undefined) continue;
    free.delete(same);
    names.set(same, id);
  }
  return {
    ...discovery,
    providers: discovery.providers.map((provider) => ({ ...provider, id: names.get(provider) ?? provider.id })),
  };
}

/** The models that settings name, as a map, whichever way they are written. */
function modelsOf(settings: unknown): Tree {
  const models = isTree(settings) ? settings["models"] : undefined;
  if (Array.isArray(models)) return Object.fromEntries(models.filter((id) => typeof id === "string").map((id) => [id, {}]));
  return isTree(models) ? models : {};
}

/** Models of which nothing is said as a list, which is shorter. */
function listed(models: Tree): unknown {
  const isPlain = Object.values(models).every((settings) => isTree(settings) && Object.keys(settings).length === 0);
  return isPlain ? Object.keys(models) : models;
}

const accepts = (value: unknown): Parsed<readonly ProviderChoice[]> => questionOf("providers").read(value, {});

/** What is known, and where to put what is to say. */
interface Said {
  readonly known: Known;
  readonly exact: boolean;
  readonly notes: string[];
  readonly notListed: string[];
}

/**
 * What a provider's settings have to become: everything in them stays but an API that the gateway has for none of its models. A provider of the
 * team's own gets what is served and not named yet, since no other way leads to it; of one of the catalogue what is named is a choice, and where
 * nothing is, it gets models only where they shall be exact.
 */
function mergeSettings(provider: GatewayProvider, settings: unknown, { known, exact, notes, notListed }: Said): unknown {
  const before: Tree = isTree(settings) ? settings : {};
  const { id } = provider;
  const usual = provider.known ? known.providers[id]?.defaultApi : "chat";
  const api = before["api"] ?? usual;
  const isSpoken =
    provider.api === null || provider.assumed || provider.models.some(({ apis }) => apis.some((one) => one === api));
  const there = Object.keys(modelsOf(before));
  const names = new Set(provider.models.flatMap((model) => [model.id, nameIn(provider, model)]));
  notListed.push(...there.filter((name) => !names.has(name)).map((name) => `${id}/${name}`));
  const told = `${id} does not speak ${show(String(api))} on this gateway`;
  if (!isSpoken) notes.push(`${told}, but ${String(provider.api)}`);
  const offered = offer(isSpoken ? withApi(provider, api) : provider, known, accepts, exact);
  if (offered === null || "why" in offered) return settings;
  const served = Object.keys(offered.settings.models ?? {}).filter(
    (name) => !there.includes(name) && !there.includes(bareOf(provider, name)),
  );
  // The catalogue has what is not named, but for the one provider of the compact style.
  const isComplete = provider.known && (before["models"] !== undefined || !exact);
  if (isComplete && served.length > 0 && before["models"] === undefined)
    notes.push(`${id} serves models that the catalogue does not know: name all that are wanted under providers.${id}.models`);
  const added = isComplete ? {} : pick(offered.settings.models ?? {}, served);
  const all = { ...modelsOf(before), ...added };
  const models = Object.keys(added).length === 0 ? before["models"] : isTree(before["models"]) ? all : listed(all);
  const next = isSpoken ? before["api"] : provider.api === usual ? undefined : provider.api;
  const { api: _api, models: _models, ...rest } = before;
  const result = { ...rest, ...(next !== undefined && { api: next }), ...(models !== undefined && { models }) };
  if (sameValue(result, before)) return settings;
  const read = accepts({ [id]: result });
  if (!read.ok) notes.push(`${id} is left as it is: ${read.why}`);
  return read.ok ? result : settings;
}

function pick(from: Tree, names: readonly string[]): Tree {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}

/** The id of a model by its name in a spec. */
function bareOf(provider: GatewayProvider, name: string): string {
  return provider.models.find((model) => nameIn(provider, model) === name)?.id ?? name;
}

/** The provider as it is over that API. */
function withApi(provider: GatewayProvider, api: unknown): GatewayProvider {
  const chosen = provider.models.flatMap(({ apis }) => apis).find((one) => one === api);
  if (chosen === undefined || chosen === provider.api) return provider;
  const models = provider.models.map((model) => ({
    ...model,
    usable: model.chats && model.apis.includes(chosen) && (model.usable || model.alsoFrom.length === 0),
  }));
  return { ...provider, api: chosen, models };
}

/** Whether a model can be named with these settings of its provider: one of where some are written down, it is one of them. */
function isIn(settings: unknown, provider: GatewayProvider, model: GatewayModel): boolean {
  const namesNone = isTree(settings) && settings["models"] === undefined;
  return (provider.known && namesNone) || Object.hasOwn(modelsOf(settings), nameIn(provider, model));
}

function isServed(ref: string, { providers: served }: Discovery, next: ReadonlyMap<string, unknown>, known: Known): boolean {
  const slash = ref.indexOf("/");
  const [id, name] = [ref.slice(0, slash), ref.slice(slash + 1)];
  const provider = served.find((one) => one.id === id);
  if (provider === undefined || !next.has(id)) return false;
  const settings = next.get(id);
  const api = (isTree(settings) ? settings["api"] : undefined) ?? (provider.known ? known.providers[id]?.defaultApi : "chat");
  const models = provider.models.filter((model) => model.id === name || nameIn(provider, model) === name);
  const isNamed = !isTree(settings) || settings["models"] === undefined || Object.hasOwn(modelsOf(settings), name);
  return isNamed && models.some((model) => model.apis.some((one) => one === api));
}

/** The smallest changes: a provider that is there is gone into, a new one is put beside it, and a list stays one where names are enough. */
function putsFor(written: unknown, current: ReadonlyMap<string, unknown>, next: ReadonlyMap<string, unknown>): Put[] {
  const changed = [...next].filter(([id, settings]) => !current.has(id) || !sameValue(current.get(id), settings));
  if (changed.length === 0 || next.size === 0) return [];
  if (isTree(written)) return changed.map(([id, value]) => ({ path: ["providers", id] as const, value }));
  const isPlain = [...next.values()].every((settings) => isTree(settings) && Object.keys(settings).length === 0);
  return [
    { path: ["providers"] as const, value: Array.isArray(written) && isPlain ? [...next.keys()] : Object.fromEntries(next) },
  ];
}

/** What is to be known of models that the spec names and that end soon, or have ended. */
function describeEnds(
  { providers: served }: Discovery,
  chosen: readonly (string | null)[],
  settings: ReadonlyMap<string, unknown>,
  known: Known,
): string[] {
  const named = [...settings].flatMap(([id, one]) => Object.keys(modelsOf(one)).map((name) => `${id}/${name}`));
  const refs = new Set([...chosen.filter((ref) => ref !== null), ...named]);
  return [...refs].flatMap((ref) => {
    const [id = "", ...rest] = ref.split("/");
    const api = apiIn(settings.get(id), known.providers[id]?.defaultApi);
    const end = api === undefined ? null : known.endOf(id, api, rest.join("/"));
    if (end?.isTold !== true) return [];
    const { on, replacement } = end;
    const isListed = served.some((one) => one.id === id && one.models.some((model) => model.id === replacement));
    const instead =
      replacement === null
        ? `take another model of ${id}`
        : `${id}/${replacement}, which the gateway ${isListed ? "serves" : "does not list to you"}, takes its place:  npx create-aperture-env update --models`;
    return [`${show(ref)} has its end on ${on}: ${instead}`];
  });
}

/** The API of a provider's settings. */
function apiIn(settings: unknown, usual: string | undefined): GatewayApi | undefined {
  const written = (isTree(settings) ? settings["api"] : undefined) ?? usual;
  return gatewayApis.find((api) => api === written);
}

/** What a spec says, for a terminal. */
function show(text: string): string {
  return clean(text, 100);
}

/** Refuses an edit that takes a comment with it: a list is written anew as a whole, and one between its items would go. */
function withComments({ text, entries }: NonNullable<Surroundings["spec"]>, edited: EditResult): EditResult {
  if (!edited.ok) return edited;
  const lost = text.match(/(?<=^|\s)#.*$/gm)?.some((comment) => !edited.text.includes(comment.trimEnd())) ?? false;
  if (!lost) return edited;
  const { line = 1, column = 1 } = entries.providers?.place ?? {};
  const why = `a comment stands between the names of providers, and would be lost; as a map (${exampleProvider.id}: {}) they can be added to`;
  return { ok: false, why, line, column };
}
