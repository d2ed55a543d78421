/** The compact style: one provider for the whole gateway, with the named models of all providers. This decides each model's name. Pure. */
import type { Answers, ModelChoice, ProviderChoice } from "../questions/types.ts";
import { compactId, defaultsOf, speechOf } from "./providers.ts";
import { endOf, type Ending } from "./retirements.ts";
import { wireFormats } from "./wire-formats.ts";

/** A model of the one provider. */
export interface NamedModel {
  readonly provider: ProviderChoice;
  readonly model: ModelChoice;
  /** Its name in OpenCode: the model's id, with the provider's in front if two models share an id. */
  readonly key: string;
  /** Its name on the wire. */
  readonly wire: string;
}

/** The answers that decide which models exist. */
export type Named = Pick<Answers, "providers" | "model" | "smallModel">;

/** The models that a provider names: its own list, else its chosen models, else its proposed models. */
export function namedModels(choice: ProviderChoice, { model, smallModel }: Named): readonly ModelChoice[] {
  if (choice.models !== undefined) return choice.models;
  const chosen = chosenModels(choice.id, { model, smallModel });
  const defaults = Object.values(defaultsOf(choice) ?? {});
  return (chosen.length > 0 ? chosen : [...new Set(defaults)]).map((id) => ({ id }));
}

/** The named models that have a known end date, each once, whatever day it is. */
export function endingsOf(answers: Named & Pick<Answers, "style">): readonly Ending[] {
  return answers.providers.flatMap((choice) => {
    const named = answers.style === "compact" ? namedModels(choice, answers) : (choice.models ?? []);
    const ids = new Set([...chosenModels(choice.id, answers), ...named.map(({ id }) => id)]);
    return [...ids].flatMap((id) => endOf(choice, id) ?? []);
  });
}

/** The chosen models of this provider, without its name. */
export function chosenModels(id: string, { model, smallModel }: Pick<Answers, "model" | "smallModel">): string[] {
  return [...new Set([model, smallModel])].filter((full) => full.startsWith(`${id}/`)).map((full) => full.slice(id.length + 1));
}

/**
 * Every model of the compact style's provider. Two models that share an id are both called `provider/model`. On the wire they are called so only
 * if nothing else tells them apart: a gateway accepts `provider/model` in a body (Aperture's OpenCode plugin and Pi's extension use it).
 */
export function nameModels(answers: Named): readonly NamedModel[] {
  const all = everyModel(answers);
  const long = new Set<Offered>();
  const keyOf = (one: Offered): string => (long.has(one) ? `${one.provider.id}/${one.model.id}` : one.model.id);
  // A long name can equal another model's id. That model then gets a long name, too. Two long names never collide.
  for (let before = -1; before !== long.size;) {
    before = long.size;
    const counts = countBy(all, keyOf);
    for (const one of all.filter((each) => counts.get(keyOf(each))! > 1)) long.add(one);
  }
  const requests = countBy(all, requestOf);
  return all.map((one) => ({ ...one, key: keyOf(one), wire: requests.get(requestOf(one))! > 1 ? keyOf(one) : one.model.id }));
}

type Offered = Pick<NamedModel, "provider" | "model">;

function everyModel(answers: Named): readonly Offered[] {
  return answers.providers.flatMap((provider) => namedModels(provider, answers).map((model) => ({ provider, model })));
}

/** The part of a request that selects the provider. Two models with the same part cannot be told apart. */
function requestOf({ provider, model }: Offered): string {
  return `${provider.api} ${model.id}`;
}

function countBy<Item>(items: readonly Item[], key: (item: Item) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

/** Two providers with a model that no request can tell apart, because its name is in the path; or null. */
export function findAmbiguity(answers: Named): { readonly model: string; readonly providers: readonly string[] } | null {
  const all = everyModel(answers);
  const requests = countBy(all, requestOf);
  const one = all.find((each) => wireFormats[each.provider.api].modelInPath && requests.get(requestOf(each))! > 1);
  if (one === undefined) return null;
  const same = all.filter((other) => requestOf(other) === requestOf(one));
  return { model: one.model.id, providers: same.map(({ provider }) => provider.id) };
}

/** The provider ids in OpenCode's configuration for these answers. */
export function emittedIds({ providers, style }: Pick<Answers, "providers" | "style">): string[] {
  return style === "compact" ? [compactId] : providers.map((choice) => speechOf(choice).as);
}

/**
 * The name in OpenCode's configuration of a model that the spec calls `provider/model`; null if the environment does not offer it. A name that
 * already comes from OpenCode's configuration is unchanged.
 */
export function emittedModel(answers: Named & Pick<Answers, "style">, full: string): string | null {
  if (emittedIds(answers).some((id) => full.startsWith(`${id}/`))) return full;
  const choice = answers.providers.find(({ id }) => full.startsWith(`${id}/`));
  if (choice === undefined) return null;
  const model = full.slice(choice.id.length + 1);
  if (answers.style === "separate") return `${speechOf(choice).as}/${model}`;
  const named = nameModels(answers).find((one) => one.provider.id === choice.id && one.model.id === model);
  return named === undefined ? null : `${compactId}/${named.key}`;
}
