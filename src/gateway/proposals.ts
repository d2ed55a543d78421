/** What to propose of what a gateway serves: the two models, and how a provider is written into a spec. Pure. */
import { specLimits } from "../spec/spec.ts";
import type { Discovery, GatewayApi, GatewayModel, GatewayProvider, Known, Limit, ProposedModels } from "./listed.ts";

/** A model with its provider, and the name by which OpenCode asks for it: `provider/model`. */
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

/** What can be chosen of a discovery, given which providers (and of a provider of its own, which models) there are. */
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
 * The name of a model in a spec. That of a known provider is the catalogue's; in a provider of its own the one that is unique, so that the
 * gateway cannot take another's: OpenCode sends the key as it is (seen with opencode-ai 1.18).
 */
export function nameIn({ known }: GatewayProvider, { id, unique }: GatewayModel): string {
  return known ? id : (unique ?? id);
}

function defaultsIn({ id, known, api }: GatewayProvider, providers: Known["providers"]): ProposedModels | null {
  if (!known) return null;
  const { wireFormats, defaults } = providers[id]!;
  return (api === null ? null : wireFormats[api]?.defaults) ?? defaults;
}

/** Those that do not end soon; all, where all do. */
function lasting(candidates: readonly Candidate[]): readonly Candidate[] {
  const found = candidates.filter(({ model }) => model.end?.isNear !== true);
  return found.length > 0 ? found : candidates;
}

/** The default model to propose; null where nothing chats. */
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
 * By family, then what this version is made for, one that no other provider lists, a finished one, the provider that is offered first, the newer
 * one, the plain name before the dated one.
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

/** The first two numbers of a name that are no dates and no sizes. */
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

/** What a spec says of a model: what is not said is not known, or it does not do it. */
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
 * A spec is a page: of thousands of models these are written down, the best first, and the rest is named by its number. Where exactly the gateway's
 * are asked for, it may be as many as a spec can name.
 */
export const maxWritten = 40;

/**
 * How a provider is written down: the API where it is not what the provider has anyway; and its models, where it is none of the catalogue's, or
 * serves some that the catalogue does not know, or all shall be exact: exactly those that are written are then offered. Null where it has no model
 * that an environment can use.
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
  // A page of names is not worth what the catalogue has of many anyway.
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

/** What is known of a model, as a spec has it. */
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
  // One sort is enough for the rest: what is left after the two that are proposed is filled in by family.
  const order = candidates().map((candidate) => ({ candidate, family: familyOf(candidate.model.id) }));
  order.sort((left, right) => left.family - right.family);
  for (const { candidate } of order.slice(0, most - chosen.length)) take(candidate);
  return chosen.sort((left, right) => (left.id < right.id ? -1 : 1));
}

function familyOf(id: string): number {
  const index = families.findIndex((family) => family.test(id.toLowerCase()));
  return index < 0 ? families.length : index;
}

/** Whether this version can write a provider so: what it reads `providers` of a spec with. */
export type Accepts<Choice> = (
  value: unknown,
) => { readonly ok: true; readonly value: readonly Choice[] } | { readonly ok: false; readonly why: string };

/** A provider as this version writes it, or why it cannot. */
export type Offer<Choice> =
  | { readonly settings: ProviderSettings; readonly choice: Choice; readonly notes: readonly string[] }
  | { readonly why: string };

/**
 * The settings of a provider, as far as this version can write them, with exactly its models where that is asked for; null where it serves nothing
 * that an environment uses.
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

/** A provider may have models that work, and no name for any of them: that is told, or it would seem not to be there. */
function whyAmbiguous({ models, id }: GatewayProvider): { readonly why: string } | null {
  const twins = models.filter((model) => model.chats && model.unique === null);
  if (twins.length === 0) return null;
  const others = listSome([...new Set(twins.flatMap(({ alsoFrom }) => alsoFrom))]);
  return {
    why: `no name selects its models and not those of ${others}, so the gateway decides which provider answers; if it is this one, add ${id} to aperture-env.yaml by hand`,
  };
}

/** A few of many names. */
export function listSome(names: readonly string[]): string {
  return names.length <= 5 ? names.join(", ") : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`;
}
