/** Proposals from a gateway's list: the two models, and the settings of each provider in a spec. Pure. */
import { specLimits } from "../spec/spec.ts";
import { listSome } from "../text/words.ts";
import type { Discovery, GatewayApi, GatewayModel, GatewayProvider, Known, Limit, ProposedModels } from "./listed.ts";

/** A model with its provider, and its name in OpenCode: `provider/model`. */
export interface Candidate {
  readonly provider: GatewayProvider;
  readonly model: GatewayModel;
  readonly ref: string;
}

/** Families of models that work well as the default, best first. */
const families: readonly RegExp[] = [
  /claude.*sonnet/,
  /claude.*opus/,
  /^(?:.*\/)?gpt-[5-9](?:[.-]\d+)?(?:-sol)?(?:-20[\d-]+)?$/,
  /gpt-[5-9].*codex/,
  // Google's newest flash models are stronger than its last pro.
  /gemini.*pro|gemini-3\.[6-9]-flash$/,
  /claude|gpt-[4-9]|gemini/,
  /cod(?:er|ex)|devstral/,
  /qwen|kimi|glm|deepseek|mistral|llama|grok/,
];
/** Families for titles and summaries. */
const smallFamilies: readonly RegExp[] = [
  /haiku/,
  /gpt-[5-9].*(?:[-_]mini|-luna)/,
  /[-_]mini(?:$|[-_.:\d])/,
  /[-_]nano(?:$|[-_.:\d])/,
  /flash/,
  /[-_](?:lite|small|tiny)(?:$|[-_.:\d])/,
];
const isSmall = (id: string): boolean => smallFamilies.some((family) => family.test(id.toLowerCase()));

/** The models that can be chosen, for these providers, and for these models of a team's own provider. */
export function candidatesOf(
  { providers }: Discovery,
  has: (provider: GatewayProvider, model: GatewayModel) => boolean = () => true,
): Candidate[] {
  return providers.flatMap((provider) =>
    provider.models
      .filter((model) => model.usable && has(provider, model))
      .map((model) => ({ provider, model, ref: `${provider.id}/${nameIn(provider, model)}` })),
  );
}

/**
 * The name of a model in a spec. For a known provider it is the catalogue's; for a team's own provider it is the unique one, so that the gateway cannot
 * choose another provider's model: OpenCode sends the key unchanged (seen with opencode-ai 1.18).
 */
export function nameIn({ known }: GatewayProvider, { id, unique }: GatewayModel): string {
  return known ? id : (unique ?? id);
}

function defaultsIn({ id, known, api }: GatewayProvider, providers: Known["providers"]): ProposedModels | null {
  if (!known) return null;
  const { wireFormats, defaults } = providers[id]!;
  return (api === null ? null : wireFormats[api]?.defaults) ?? defaults;
}

/** The models that do not end soon; all if all end soon. */
function lasting(candidates: readonly Candidate[]): readonly Candidate[] {
  const found = candidates.filter(({ model }) => model.end?.isNear !== true);
  return found.length > 0 ? found : candidates;
}

/** The proposed default model; null if no model answers in text. */
export function proposeModel(all: readonly Candidate[], { providers }: Known): Candidate | null {
  const candidates = lasting(all);
  const isDefault = ({ provider, model }: Candidate): boolean => defaultsIn(provider, providers)?.model === model.id;
  const strong = candidates.filter((candidate) => !isSmall(candidate.model.id) || isDefault(candidate));
  return best(strong, families, isDefault) ?? best(candidates, smallFamilies, isDefault);
}

/** The model for titles and summaries: a small one of the default model's provider, else a small one, else the default model. */
export function proposeSmallModel(candidates: readonly Candidate[], model: string, { providers }: Known): Candidate | null {
  const id = model.split("/")[0]!;
  const isDefault = ({ provider, model: one }: Candidate): boolean => defaultsIn(provider, providers)?.smallModel === one.id;
  const small = lasting(candidates).filter((candidate) => isSmall(candidate.model.id) || isDefault(candidate));
  const near = small.filter(({ provider }) => provider.id === id);
  return (
    best(near, smallFamilies, isDefault) ??
    best(small, smallFamilies, isDefault) ??
    candidates.find(({ ref }) => ref === model) ??
    best(candidates, families, isDefault)
  );
}

/**
 * Sorted by family, then: in this version's catalogue, listed by one provider only, not a preview, provider order, newer, without a date in its
 * name.
 */
function best(
  candidates: readonly Candidate[],
  by: readonly RegExp[],
  isDefault: (candidate: Candidate) => boolean,
): Candidate | null {
  const order = [...new Set(candidates.map(({ provider }) => provider))];
  const scored = candidates.map((candidate) => {
    const id = candidate.model.id.toLowerCase();
    const family = by.findIndex((one) => one.test(id));
    return {
      candidate,
      id,
      score: [
        family < 0 ? by.length : family,
        isDefault(candidate) ? 0 : 1,
        candidate.model.alsoFrom.length > 0 ? 1 : 0,
        /preview|beta|exp(?:erimental)?(?:$|-)|latest|thinking|free/.test(id) ? 1 : 0,
        order.indexOf(candidate.provider),
        ...versionOf(id).map((number) => -number),
        /20\d{2}-?\d{2}-?\d{2}/.test(id) ? 1 : 0,
      ],
    };
  });
  scored.sort((left, right) => compare(left.score, right.score) || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0));
  return scored[0]?.candidate ?? null;
}

/** The first two numbers of a name, without dates and sizes. */
function versionOf(id: string): [number, number] {
  const numbers = id
    .replace(/20\d{2}-?\d{2}-?\d{2}/g, "")
    .match(/(?<![a-z\d])\d{1,3}(?![\dbkm])|(?<=[a-z])\d{1,2}(?![\dbkm])/g)
    ?.map(Number);
  return [numbers?.[0] ?? 0, numbers?.[1] ?? 0];
}

function compare(left: readonly number[], right: readonly number[]): number {
  for (const [index, value] of left.entries()) if (value !== right[index]) return value - right[index]!;
  return 0;
}

/** A model's settings in a spec. A missing one is unknown, or not supported by the model. */
export interface ModelSettings extends Partial<Limit> {
  readonly reasoning?: true;
  readonly images?: true;
}

/** A provider's settings in a spec. */
export interface ProviderSettings {
  readonly api?: GatewayApi;
  readonly models?: Readonly<Record<string, ModelSettings>>;
}

/**
 * A spec has to stay readable: of thousands of models only this many are written, the best first, and the number of the others is told. If exactly the
 * gateway's models are requested, the limit is that of a spec.
 */
export const maxWritten = 40;

/**
 * The settings of a provider: its API, if it is not the default; and its models, if the provider or some of its models are not in the catalogue, or if
 * exactly the gateway's models are requested. Only models that are written are then offered. Null if it has no model that an environment can use.
 */
export function settingsOf(
  provider: GatewayProvider,
  known: Known,
  exact = false,
): { settings: ProviderSettings; leftOut: number } | null {
  const { id, api } = provider;
  const usable = provider.models.filter((model) => model.usable);
  if (api === null || usable.length === 0) return null;
  const unlisted = usable.filter((model) => !isListed(provider, model, known));
  const isUsual = provider.known && known.providers[id]!.defaultApi === api;
  const way = isUsual ? {} : { api };
  // A long list of names is not worth it if the catalogue has many of them.
  if (!exact && (unlisted.length === 0 || (provider.known && usable.length > maxWritten)))
    return { settings: way, leftOut: unlisted.length };
  const most = exact ? specLimits.models : maxWritten;
  const written = usable.length <= most ? usable : bestOf(provider, usable, known, most);
  const models = Object.fromEntries(
    written.map((model) => [nameIn(provider, model), isListed(provider, model, known) ? {} : saidOf(model)]),
  );
  return { settings: { ...way, models }, leftOut: usable.length - written.length };
}

function isListed({ id, known: isKnown }: GatewayProvider, { id: model }: GatewayModel, { catalogue }: Known): boolean {
  return isKnown && Object.hasOwn(catalogue, id) && Object.hasOwn(catalogue[id]!.models, model);
}

/** The known settings of a model, in the form of a spec. */
function saidOf({ limit, reasoning, images }: GatewayModel): ModelSettings {
  return {
    ...(limit !== null && { context: limit.context, output: limit.output }),
    ...(reasoning === true && { reasoning }),
    ...(images === true && { images }),
  };
}

function bestOf(provider: GatewayProvider, models: readonly GatewayModel[], known: Known, most: number): GatewayModel[] {
  const rest = new Set(models);
  const chosen: GatewayModel[] = [];
  const candidates = (): Candidate[] =>
    [...rest].map((model) => ({ provider, model, ref: `${provider.id}/${nameIn(provider, model)}` }));
  const take = (candidate: Candidate | null): void => {
    if (candidate === null) return;
    rest.delete(candidate.model);
    chosen.push(candidate.model);
  };
  const first = proposeModel(candidates(), known);
  take(first);
  take(proposeSmallModel(candidates(), first?.ref ?? "", known));
  // One sort is enough: after the two proposed models the others follow by family.
  const order = candidates().map((candidate) => ({ candidate, family: familyOf(candidate.model.id) }));
  order.sort((left, right) => left.family - right.family);
  for (const { candidate } of order.slice(0, most - chosen.length)) take(candidate);
  return chosen.sort((left, right) => (left.id < right.id ? -1 : 1));
}

function familyOf(id: string): number {
  const index = families.findIndex((family) => family.test(id.toLowerCase()));
  return index < 0 ? families.length : index;
}

/** Whether this version accepts such a provider: the reader of `providers` in a spec. */
export type Accepts<Choice> = (
  value: unknown,
) => { readonly ok: true; readonly value: readonly Choice[] } | { readonly ok: false; readonly why: string };

/** A provider in this version's form, or why there is none. */
export type Offer<Choice> =
  | { readonly settings: ProviderSettings; readonly choice: Choice; readonly notes: readonly string[] }
  | { readonly why: string };

/**
 * The settings of a provider, as far as this version accepts them, with exactly its models if that is requested; null if it serves nothing that an
 * environment can use.
 */
export function offer<Choice>(
  provider: GatewayProvider,
  known: Known,
  accepts: Accepts<Choice>,
  exact = false,
): Offer<Choice> | null {
  const described = settingsOf(provider, known, exact);
  if (described === null) return whyAmbiguous(provider);
  const { settings, leftOut } = described;
  const { id } = provider;
  const read = accepts({ [id]: settings });
  if (!read.ok) return { why: read.why };
  const noun = leftOut === 1 ? "model" : "models";
  const what = provider.known && !exact ? `${noun} that the catalogue does not know` : `more ${noun}`;
  const more = leftOut > 0 ? [`${id} serves ${leftOut} ${what}: name those that are wanted under providers.${id}.models`] : [];
  return { settings, choice: read.value[0]!, notes: more };
}

/** A provider may have usable models without an unambiguous name. That is reported; otherwise the provider would seem to be missing. */
function whyAmbiguous({ models, id }: GatewayProvider): { readonly why: string } | null {
  const twins = models.filter((model) => model.chats && model.unique === null);
  if (twins.length === 0) return null;
  const others = listSome([...new Set(twins.flatMap(({ alsoFrom }) => alsoFrom))], 5, 4);
  return {
    why: `no name selects its models and not those of ${others}, so the gateway decides which provider answers; if it is this one, add ${id} to aperture-env.yaml by hand`,
  };
}
