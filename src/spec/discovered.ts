/**
 * The changes to a spec for what a gateway serves. Pure.
 *
 * It adds entries, and changes only what cannot work. A gateway lists what the asking person's grants allow, so it may serve other models to other
 * people. Entries that it does not list are reported and stay.
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

/** A spec with the gateway's providers and models. */
export interface Merged {
  /** The new text, or why it cannot be edited. Without a spec, the text of a new one. */
  readonly edited: EditResult;
  /** Entries of the spec that the gateway does not list, each as `provider` or `provider/model`; they stay. */
  readonly notListed: readonly string[];
  /** Changes, and changes that were not possible, as sentences without their full stop. */
  readonly notes: readonly string[];
  readonly model: string | null;
  readonly smallModel: string | null;
}

/** The input besides the gateway's answer. */
export interface Surroundings {
  readonly origin: string;
  /** The spec's text and parsed entries; null without a spec. */
  readonly spec: { readonly text: string; readonly entries: SpecEntries } | null;
  /** Answers of the last run, for keys that the spec leaves out. */
  readonly lock: Partial<Answers> | null;
}

/** Adds a gateway's providers and models to a spec. */
export function mergeDiscovery(found: Discovery, { origin, spec, lock }: Surroundings, known: Known): Merged {
  const notes: string[] = [];
  // The compact style's provider has only named models, none from the catalogue.
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

/** Every provider of a spec with its settings, in any valid form; null if there are none or the form is invalid. */
function providersOf(value: unknown): Map<string, unknown> | null {
  if (Array.isArray(value)) return new Map(value.filter((id) => typeof id === "string").map((id) => [id, {}]));
  return isTree(value) ? new Map(Object.entries(value).map(([id, settings]) => [id, settings ?? {}])) : null;
}

function fromAnswers(choices: Answers["providers"] | undefined): Map<string, unknown> {
  return providersOf(choices === undefined ? {} : questionOf("providers").write(choices)) ?? new Map();
}

/** A user's own provider may have another name in the spec than on the gateway. It is then recognised by its models. */
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

/** The named models of the settings as a map, whichever way they are written. */
function modelsOf(settings: unknown): Tree {
  const models = isTree(settings) ? settings["models"] : undefined;
  if (Array.isArray(models)) return Object.fromEntries(models.filter((id) => typeof id === "string").map((id) => [id, {}]));
  return isTree(models) ? models : {};
}

/** Models without details as a list, which is shorter. */
function listed(models: Tree): unknown {
  const isPlain = Object.values(models).every((settings) => isTree(settings) && Object.keys(settings).length === 0);
  return isPlain ? Object.keys(models) : models;
}

const accepts = (value: unknown): Parsed<readonly ProviderChoice[]> => questionOf("providers").read(value, {});

/** The known facts, and the lists for notes. */
interface Said {
  readonly known: Known;
  readonly exact: boolean;
  readonly notes: string[];
  readonly notListed: string[];
}

/**
 * The new settings of a provider. Everything in them stays, except an API that the gateway offers for none of its models. A team's own provider
 * gets the served models that it does not name yet, because the catalogue does not have them. For a catalogue provider, named models are a choice;
 * without any, it gets models only if exactly the gateway's models are wanted.
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
  // The catalogue has the other models, except in the compact style.
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
  if (!read.ok) notes.push(`${id} stays unchanged: ${read.why}`);
  return read.ok ? result : settings;
}

function pick(from: Tree, names: readonly string[]): Tree {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}

/** A model's id, from its name in a spec. */
function bareOf(provider: GatewayProvider, name: string): string {
  return provider.models.find((model) => nameIn(provider, model) === name)?.id ?? name;
}

/** The provider with that API. */
function withApi(provider: GatewayProvider, api: unknown): GatewayProvider {
  const chosen = provider.models.flatMap(({ apis }) => apis).find((one) => one === api);
  if (chosen === undefined || chosen === provider.api) return provider;
  const models = provider.models.map((model) => ({
    ...model,
    usable: model.chats && model.apis.includes(chosen) && (model.usable || model.alsoFrom.length === 0),
  }));
  return { ...provider, api: chosen, models };
}

/** Whether these provider settings allow a model: if they name models, it has to be one of them. */
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

/** The smallest changes: an existing provider is edited in place, a new one is added, and a list stays a list if names are enough. */
function putsFor(written: unknown, current: ReadonlyMap<string, unknown>, next: ReadonlyMap<string, unknown>): Put[] {
  const changed = [...next].filter(([id, settings]) => !current.has(id) || !sameValue(current.get(id), settings));
  if (changed.length === 0 || next.size === 0) return [];
  if (isTree(written)) return changed.map(([id, value]) => ({ path: ["providers", id] as const, value }));
  const isPlain = [...next.values()].every((settings) => isTree(settings) && Object.keys(settings).length === 0);
  return [
    { path: ["providers"] as const, value: Array.isArray(written) && isPlain ? [...next.keys()] : Object.fromEntries(next) },
  ];
}

/** Notes on models of the spec that end soon or have ended. */
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
    return [`${show(ref)} ends on ${on}: ${instead}`];
  });
}

/** The API of a provider's settings. */
function apiIn(settings: unknown, usual: string | undefined): GatewayApi | undefined {
  const written = (isTree(settings) ? settings["api"] : undefined) ?? usual;
  return gatewayApis.find((api) => api === written);
}

/** A value from a spec, for a terminal. */
function show(text: string): string {
  return clean(text, 100);
}

/** Refuses an edit that would lose a comment: a list is rewritten as a whole, without the comments between its items. */
function withComments({ text, entries }: NonNullable<Surroundings["spec"]>, edited: EditResult): EditResult {
  if (!edited.ok) return edited;
  const lost = text.match(/(?<=^|\s)#.*$/gm)?.some((comment) => !edited.text.includes(comment.trimEnd())) ?? false;
  if (!lost) return edited;
  const { line = 1, column = 1 } = entries.providers?.place ?? {};
  const why = `a comment between the names of providers would be lost; write them as a map (${exampleProvider.id}: {}), then more can be added`;
  return { ok: false, why, line, column };
}
