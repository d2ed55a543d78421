/** What OpenCode's configuration, its model catalogue and auth.json say of the chosen providers. Pure. */
import { chosenModels, emittedModel, nameModels, type NamedModel } from "../catalog/compact.ts";
import type { Catalogue, CatalogueModel, CatalogueProvider } from "../catalog/models.ts";
import { compactId, findProvider, speechOf, type Speech } from "../catalog/providers.ts";
import { chatOptions, hasEfforts } from "../catalog/openai-over-chat.ts";
import { wireFormats } from "../catalog/wire-formats.ts";
import type { Answers, ModelChoice, ProviderChoice } from "../questions/types.ts";
import type { EmittedProvider, Emission, Settings } from "./emission.ts";
import { pinProvider } from "./pins.ts";

/** What OpenCode gets for these answers. `origin` is what base URLs begin with. */
export function emitProviders(answers: Answers, catalogue: Catalogue, origin: string): Emission {
  const finish = (emitted: EmittedProvider, npm: string): EmittedProvider => {
    const { chunkTimeout } = answers;
    const provider = chunkTimeout === false ? emitted : { ...emitted, options: { ...emitted.options, chunkTimeout } };
    return answers.managed ? pinProvider(provider, npm) : provider;
  };
  if (answers.style === "compact") {
    const { providers, ...chosen } = emitCompact(answers, catalogue, origin);
    return { providers: providers.map((provider) => finish(provider, compatible)), ...chosen };
  }
  return {
    providers: answers.providers.map((choice) => {
      const own = findProvider(choice.id) === undefined;
      return finish(own ? emitOwn(choice, origin) : emitKnown(answers, choice, catalogue, origin), speechOf(choice).npm);
    }),
    ...chosenNames(answers),
  };
}

/** Chosen models, as `provider/model`, without known limits. */
export function modelsWithoutLimits(answers: Answers, catalogue: Catalogue): string[] {
  return answers.providers.flatMap((choice) => {
    const known = knownModels(choice, catalogue);
    const listed = choice.models ?? chosenModels(choice.id, answers).map((id): ModelChoice => ({ id }));
    return listed
      .filter(({ id, limit }) => limit === undefined && !Object.hasOwn(known, id))
      .map(({ id }) => `${choice.id}/${id}`);
  });
}

function chosenNames(answers: Answers): Pick<Emission, "model" | "smallModel"> {
  const nameOf = (full: string): string => {
    const name = emittedModel(answers, full);
    if (name === null) throw new Error(`${full} is of none of the providers`);
    return name;
  };
  return { model: nameOf(answers.model), smallModel: nameOf(answers.smallModel) };
}

function optionsOf(speech: Speech, origin: string): Readonly<Record<string, string>> {
  return { baseURL: `${origin}${speech.suffix}`, apiKey: "-", ...speech.options };
}

/** A provider of the team's own: the configuration describes it in full. */
function emitOwn({ id, api, name = id, models = [] }: ProviderChoice, origin: string): EmittedProvider {
  const speech = speechOf({ id, api });
  const settings = models.map((model) => [model.id, settingsOf(model, speech.npm)] as const);
  return {
    id,
    routes: [{ api, path: speech.path, npm: speech.npm }],
    name,
    npm: speech.npm,
    options: optionsOf(speech, origin),
    whitelist: null,
    blacklist: null,
    models: settings,
    catalogue: null,
  };
}

/** A provider of the catalogue: the configuration has only what differs from the catalogue's entry. */
function emitKnown(answers: Answers, choice: ProviderChoice, catalogue: Catalogue, origin: string): EmittedProvider {
  const speech = speechOf(choice);
  const known = knownModels(choice, catalogue);
  const listed = choice.models ?? chosenModels(choice.id, answers).map((id): ModelChoice => ({ id }));
  const unknown = listed
    .filter(({ id }) => !Object.hasOwn(known, id))
    .map((model) => [model.id, settingsOf(model, speech.npm)] as const);
  const offered = choice.models === undefined ? known : pick(known, choice.models);
  const differing = Object.keys(offered).flatMap((id) => {
    const settings = settingsOf({ id }, speech.npm);
    return Object.keys(settings).length === 0 ? [] : [[id, settings] as const];
  });
  return {
    id: speech.as,
    routes: [{ api: choice.api, path: speech.path, npm: speech.npm }],
    name: null,
    npm: null,
    options: optionsOf(speech, origin),
    whitelist: choice.models?.map(({ id }) => id) ?? null,
    blacklist: null,
    models: [...differing, ...unknown],
    catalogue: { fields: fieldsOf(choice, speech, catalogue), models: offered },
  };
}

/** The catalogue's fields of a provider. Under another id it has no environment variable for a key. */
function fieldsOf({ id }: ProviderChoice, { as, npm }: Speech, catalogue: Catalogue): Settings {
  const { models: _models, ...fields } = entryOf(id, catalogue);
  return as === id ? fields : { ...fields, id: as, env: [], npm };
}

function entryOf(id: string, catalogue: Catalogue): CatalogueProvider {
  if (!Object.hasOwn(catalogue, id)) throw new Error(`the catalogue was loaded without ${id}`);
  return catalogue[id]!;
}

/**
 * What the catalogue knows of a provider's models in its wire format. The same object each time where nothing is left out. Modes are settings for
 * the wire format that the catalogue means.
 */
function knownModels(choice: ProviderChoice, catalogue: Catalogue): Readonly<Record<string, CatalogueModel>> {
  if (findProvider(choice.id) === undefined) return {};
  const { models } = entryOf(choice.id, catalogue);
  const { lacks, npm } = speechOf(choice);
  if (lacks === null) return models;
  const usable = Object.entries(models).filter(([id]) => !lacks.test(id));
  return Object.fromEntries(
    usable.map(([id, { experimental: _modes, ...model }]) => [
      id,
      { ...model, ...(npm === compatible && !hasEfforts(id) && { reasoning_options: [] }) } as CatalogueModel,
    ]),
  );
}

/** The listed models as the catalogue has them, with the limits and names of the spec. Models that OpenCode derives from modes are not listed. */
function pick(
  known: Readonly<Record<string, CatalogueModel>>,
  listed: readonly ModelChoice[],
): Readonly<Record<string, Settings>> {
  return Object.fromEntries(
    listed.filter(({ id }) => Object.hasOwn(known, id)).map((model) => [model.id, given(known[model.id]!, model)]),
  );
}

function given({ experimental: _modes, ...entry }: CatalogueModel, model: ModelChoice): CatalogueModel {
  return { ...entry, ...saidOf(model) } as CatalogueModel;
}

/** The spec's settings of a model, in the fields that OpenCode's configuration and the catalogue share. */
function saidOf({ name, limit, reasoning, images }: ModelChoice): Settings {
  return {
    ...(name !== undefined && { name }),
    ...(limit !== undefined && { limit: { context: limit.context, output: limit.output } }),
    ...(reasoning !== undefined && { reasoning }),
    ...(images !== undefined && {
      attachment: images,
      modalities: { input: images ? ["text", "image"] : ["text"], output: ["text"] },
    }),
  };
}

const compatible = wireFormats.chat.npm;

/** The configuration of a model that the catalogue does not know. */
function settingsOf(model: ModelChoice, npm: string): Settings {
  const options = npm === compatible ? chatOptions(model.id) : null;
  return { ...saidOf(model), ...(options !== null && { options }) };
}

/** One provider for all: each model names its package and base URL, and has the catalogue's entry under the same name. */
function emitCompact(answers: Answers, catalogue: Catalogue, origin: string): Emission {
  const named = nameModels(answers);
  const emitted = named.map((one) => emitNamed(one, catalogue, origin));
  const entries = emitted.flatMap(({ key, entry }) => (entry === null ? [] : [[key, entry] as const]));
  const fields = { id: compactId, env: [], npm: compatible, name: "Aperture" };
  const routes = new Map(
    answers.providers.map((choice) => {
      const { path, compactNpm: npm } = speechOf(choice);
      return [npm, { api: choice.api, path, npm }] as const;
    }),
  );
  return {
    providers: [
      {
        id: compactId,
        routes: [...routes.values()],
        name: "Aperture",
        npm: compatible,
        options: { apiKey: "-" },
        whitelist: null,
        blacklist: null,
        models: emitted.map(({ key, settings }) => [key, settings] as const),
        catalogue: entries.length === 0 ? null : { fields, models: Object.fromEntries(entries) },
      },
    ],
    ...chosenNames(answers),
  };
}

function emitNamed(
  { provider, model, key, wire }: NamedModel,
  catalogue: Catalogue,
  origin: string,
): { readonly key: string; readonly settings: Settings; readonly entry: Settings | null } {
  const { compactNpm: npm, suffix, headers } = speechOf(provider);
  const known = knownModels(provider, catalogue);
  const entry = Object.hasOwn(known, model.id) ? given(known[model.id]!, model) : null;
  // OpenCode looks up a model with another `id` by that id, which is a different model in the catalogue: the configuration then describes it in full.
  const alias = wire !== key;
  const settings = {
    ...(alias && { id: wire, ...(entry !== null && configurable(entry)) }),
    ...settingsOf(entry === null || alias ? model : { id: model.id }, npm),
    provider: { npm, api: `${origin}${suffix}` },
    ...(Object.keys(headers).length > 0 && { headers }),
  };
  return { key, settings, entry: entry === null || alias ? null : { ...entry, id: key, provider: { npm } } };
}

/** The fields of a catalogue's model that OpenCode's configuration schema has, without prices. */
const configFields = [
  "name",
  "family",
  "release_date",
  "attachment",
  "reasoning",
  "temperature",
  "tool_call",
  "interleaved",
  "limit",
  "modalities",
];

function configurable(entry: CatalogueModel): Settings {
  return Object.fromEntries(configFields.filter((field) => entry[field] !== undefined).map((field) => [field, entry[field]]));
}
