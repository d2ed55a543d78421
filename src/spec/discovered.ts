/**
 * What a spec has to change for what a gateway serves. Pure.
 *
 * It only adds, and changes what cannot work: a gateway lists what the grants of whoever asks allow, so what it does not list may well be served
 * to others. That is named and stays.
 */
import { loadCatalogue } from "../catalog/models.ts";
import { providers } from "../catalog/providers.ts";
import type { EditResult } from "../edit/splice.ts";
import { isTree, sameValue, type Tree } from "../edit/value.ts";
import { clean } from "../gateway/explain.ts";
import { readModels, type Discovery, type GatewayModel, type GatewayProvider, type Known } from "../gateway/models.ts";
import {
  candidatesOf,
  nameIn,
  proposeModel,
  proposeSmallModel,
  settingsOf,
  type ProviderSettings,
} from "../gateway/proposals.ts";
import { questionOf } from "../questions/table.ts";
import type { Answers } from "../questions/types.ts";
import { putValues, type Put } from "./edit.ts";
import type { SpecEntries } from "./spec.ts";

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

const known = (): Known => ({ providers: providers as Known["providers"], catalogue: loadCatalogue() });

/** Reads a gateway's answer with what this version knows. Throws what `readModels` throws. */
export function understand(body: unknown): Discovery {
  return readModels(body, known());
}

/** Puts what a gateway serves into a spec. */
export function mergeDiscovery(found: Discovery, { origin, spec, lock }: Surroundings): Merged {
  const notes: string[] = [];
  const written = spec?.entries.providers?.value;
  const current = providersOf(written) ?? (written === undefined && lock !== null ? fromAnswers(lock.providers) : new Map());
  const discovery = withNamesOf(current, found);
  const next = new Map<string, unknown>();
  const notListed: string[] = [];

  for (const [id, settings] of current) {
    const provider = discovery.providers.find((one) => one.id === id);
    if (provider === undefined) notListed.push(id);
    next.set(id, provider === undefined ? settings : mergeSettings(provider, settings, notes, notListed));
  }
  for (const provider of discovery.providers) {
    const { id, gatewayId } = provider;
    if (next.has(id)) continue;
    const offered = offer(provider);
    if (offered === null) continue;
    if ("why" in offered) notes.push(`${gatewayId ?? id} is left out of the spec: ${offered.why}`);
    else {
      next.set(id, offered.settings);
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
  const keep = (ref: string | null): boolean => ref !== null && isServed(ref, discovery, next);
  const model = keep(asked.model) ? asked.model : (proposeModel(candidates, known())?.ref ?? null);
  const proposedSmall = model === null ? null : proposeSmallModel(candidates, model, known());
  const smallModel = keep(asked.small) ? asked.small : (proposedSmall?.ref ?? null);
  for (const [key, before, after] of [
    ["model", asked.model, model],
    ["small_model", asked.small, smallModel],
  ] as const) {
    if (before === null || keep(before)) continue;
    if (after === null) notListed.push(before);
    else notes.push(`${key} was ${show(before)}, which the gateway does not list to you, and becomes ${after}`);
  }

  const puts: Put[] = [
    ...(spec === null ? [{ path: ["aperture", "url"] as const, value: origin }] : []),
    ...putsFor(written, current, next),
    ...(model !== null && model !== asked.model ? [{ path: ["model"] as const, value: model }] : []),
    ...(smallModel !== null && smallModel !== asked.small ? [{ path: ["small_model"] as const, value: smallModel }] : []),
  ];
  return { edited: putValues(spec?.text ?? "", puts), notListed: notListed.map(show), notes, model, smallModel };
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

function modelsOf(settings: unknown): Tree {
  return isTree(settings) && isTree(settings["models"]) ? settings["models"] : {};
}

type Offer = { readonly settings: ProviderSettings; readonly notes: readonly string[] } | { readonly why: string };

/** The settings of a provider that this version can write; null where it serves nothing that an environment uses. */
function offer(provider: GatewayProvider): Offer | null {
  const described = settingsOf(provider, known());
  if (described === null) return null;
  const { settings, leftOut } = described;
  const name = provider.id;
  const more =
    leftOut > 0 ? [`${name} serves ${leftOut} more models: name those that you want under providers.${name}.models`] : [];
  const whole = questionOf("providers").read({ [name]: settings }, {});
  if (whole.ok) return { settings, notes: more };
  const { models = {}, ...bare } = settings;
  if (provider.known && questionOf("providers").read({ [name]: bare }, {}).ok) {
    const names = Object.keys(models);
    return {
      settings: bare,
      notes: [
        `of ${name}, this version writes down only models of its catalogue: ${listSome(names)} can still be named as model`,
      ],
    };
  }
  return { why: whole.why };
}

/** What a provider's settings have to become: everything in them stays but an API that the gateway has for none of its models. */
function mergeSettings(provider: GatewayProvider, settings: unknown, notes: string[], notListed: string[]): unknown {
  const before: Tree = isTree(settings) ? settings : {};
  const { id } = provider;
  const usual = provider.known ? providers[id]?.defaultApi : undefined;
  const api = before["api"] ?? usual;
  const isSpoken =
    provider.api === null || provider.assumed || provider.models.some(({ apis }) => apis.some((one) => one === api));
  const names = new Set(provider.models.flatMap((model) => [model.id, nameIn(provider, model)]));
  for (const name of Object.keys(modelsOf(before))) if (!names.has(name)) notListed.push(`${id}/${name}`);
  const offered = offer(isSpoken ? withApi(provider, api) : provider);
  if (offered === null || "why" in offered) {
    if (!isSpoken) notes.push(`${id} does not speak ${String(api)} on this gateway`);
    return settings;
  }
  if (!isSpoken) notes.push(`${id} does not speak ${String(api)} on this gateway, but ${String(provider.api)}`);
  notes.push(...offered.notes);
  const added = Object.entries(offered.settings.models ?? {}).filter(
    ([name]) => !Object.hasOwn(modelsOf(before), name) && !Object.hasOwn(modelsOf(before), bareOf(provider, name)),
  );
  const models = { ...modelsOf(before), ...Object.fromEntries(added) };
  const { api: _api, models: _models, ...rest } = before;
  const next = isSpoken ? before["api"] : (offered.settings.api ?? (before["api"] === undefined ? undefined : usual));
  const result = { ...rest, ...(next !== undefined && { api: next }), ...(Object.keys(models).length > 0 && { models }) };
  return sameValue(result, before) ? settings : result;
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

/** Whether a model can be named with these settings of its provider: one of a provider of the user's own has to be written down. */
function isIn(settings: unknown, provider: GatewayProvider, model: GatewayModel): boolean {
  return provider.known || Object.hasOwn(modelsOf(settings), nameIn(provider, model));
}

function isServed(ref: string, { providers: served }: Discovery, next: ReadonlyMap<string, unknown>): boolean {
  const slash = ref.indexOf("/");
  const [id, name] = [ref.slice(0, slash), ref.slice(slash + 1)];
  const provider = served.find((one) => one.id === id);
  if (provider === undefined || !next.has(id)) return false;
  const settings = next.get(id);
  const api = (isTree(settings) ? settings["api"] : undefined) ?? (provider.known ? providers[id]?.defaultApi : provider.api);
  const models = provider.models.filter((model) => model.id === name || nameIn(provider, model) === name);
  return models.some((model) => model.apis.some((one) => one === api));
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

/** A few of many names. */
function listSome(names: readonly string[]): string {
  return names.length <= 5 ? names.join(", ") : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`;
}

/** What a spec says, for a terminal. */
function show(text: string): string {
  return clean(text, 100);
}
