/** Reads and writes the answers about providers and models. Pure. */
import { findAmbiguity } from "../catalog/compact.ts";
import { defaultsOf, exampleProvider, exampleWithFormat, findProvider, providers, refusalOf } from "../catalog/providers.ts";
import { lastingModel } from "../catalog/retirements.ts";
import { styles } from "../catalog/styles.ts";
import { isWireFormat, wireFormats } from "../catalog/wire-formats.ts";
import { specLimits } from "../spec/spec.ts";
import { isRecord } from "../forms.ts";
import { describe, names, refused, splitList, understood } from "./parse.ts";
import type { Answers, ModelChoice, Parsed, ProviderChoice, Style } from "./types.ts";

/** The part before the slash of a model's name: it has to be safe as a key, a path segment and a word. */
const providerId = /^[a-z](?:[a-z0-9._-]{0,48}[a-z0-9])?$/;
/** Model ids of all vendors are made of these; braces and quotes are kept out because OpenCode substitutes `{env:…}` in its config. */
const modelId = /^[A-Za-z0-9@~][A-Za-z0-9@._:/+~-]{0,199}$/;
/** One line without invisible characters, and without braces for the same reason. */
const isShownName = (name: string): boolean => /^(?! )[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}{}]{1,100}(?<! )$/u.test(name);
const maxTokens = 1_000_000_000;
const modelSettings = ["name", "context", "output", "reasoning", "images"];

const known = (): string => names(Object.keys(providers));
const example = "house-models: { api: chat, models: [qwen3-coder] }";
const characters = "letters, digits and @ . _ : / + ~ - are allowed";

/** Why an id cannot be one, or null. */
function checkId(id: string): Parsed<never> | null {
  const refusal = refusalOf(id);
  if (refusal !== null) return refused(`${id}: ${refusal.why}`, refusal.fix);
  if (providerId.test(id) && !(id in Object.prototype)) return null;
  return refused(
    `${JSON.stringify(id)} is not a valid provider name`,
    "use lowercase letters, digits and - . _, starting with a letter",
  );
}

/** A flag can express less than the spec. The spec's settings of a provider stay unless the flag changes them. */
function acceptIds(ids: readonly string[], written: readonly ProviderChoice[] = []): Parsed<readonly ProviderChoice[]> {
  if (ids.length === 0) return refused("no provider is chosen", `choose from ${known()}`);
  const chosen = new Map<string, ProviderChoice>();
  for (const item of ids) {
    const [id = "", api] = item.split(":", 2);
    const said = writeProviders(written.filter((choice) => choice.id === id))[id];
    const accepted = acceptProvider(id, { ...said, ...(api !== undefined && { api }) });
    if (!accepted.ok) return accepted;
    chosen.set(id, accepted.value);
  }
  return understood([...chosen.values()]);
}

function acceptProvider(id: string, settings: Record<string, unknown>): Parsed<ProviderChoice> {
  const wrong = checkId(id);
  if (wrong !== null) return wrong;
  const provider = findProvider(id);
  const keys = provider === undefined ? ["api", "name", "models"] : ["api", "models"];
  const stray = Object.keys(settings).find((key) => !keys.includes(key));
  if (stray !== undefined) return refused(`${id} has no setting ${JSON.stringify(stray)}`, `its settings are ${names(keys)}`);
  const formats = Object.keys(provider?.wireFormats ?? wireFormats);
  const api = settings["api"] ?? provider?.defaultApi ?? "chat";
  if (typeof api !== "string" || !isWireFormat(api) || !formats.includes(api)) {
    return refused(
      `${id} does not speak ${typeof api === "string" ? JSON.stringify(api) : describe(api)}`,
      `api is ${names(formats)}`,
    );
  }
  if (provider === undefined && settings["models"] === undefined) {
    return refused(
      `${id} is not in the catalogue, so its models are unknown`,
      `choose from ${known()}, or name its models in aperture-env.yaml, for instance  ${example}`,
    );
  }
  const name = settings["name"];
  if (name !== undefined && (typeof name !== "string" || !isShownName(name)))
    return refused(`the name of ${id} has to be one line of up to 100 characters without braces`, "write  name: House models");
  const models = settings["models"] === undefined ? null : acceptModels({ id, api }, settings["models"]);
  if (models?.ok === false) return models;
  return understood({ id, api, ...(name !== undefined && { name }), ...(models !== null && { models: models.value }) });
}

/** A list of ids, or a map from ids to settings. */
function acceptModels(choice: ProviderChoice, value: unknown): Parsed<readonly ModelChoice[]> {
  const provider = choice.id;
  const how = `write  models: [some-model], or  models: { some-model: { context: 262144, output: 65536 } }`;
  const isList = Array.isArray(value);
  if (!isList && !isRecord(value)) return refused(`the models of ${provider} are ${describe(value)}`, how);
  const stray: unknown = isList ? value.find((id) => typeof id !== "string") : undefined;
  if (stray !== undefined) return refused(`the models of ${provider} have ${describe(stray)} among them`, "put it in quotes");
  // A map lists number-like keys first, so a list is sorted the same way.
  const entries = Object.entries(isList ? Object.fromEntries((value as string[]).map((id) => [id, null])) : value);
  if (entries.length === 0) return refused(`${provider} names no model`, how);
  if (entries.length > specLimits.models)
    return refused(`${provider} names more than ${specLimits.models} models`, "remove those that are not used");
  const models: ModelChoice[] = [];
  for (const [id, settings] of entries) {
    const accepted = acceptSettings(choice, id, settings);
    if (!accepted.ok) return accepted;
    models.push(accepted.value);
  }
  return understood(models);
}

function acceptSettings(choice: ProviderChoice, id: string, settings: unknown): Parsed<ModelChoice> {
  const full = `${choice.id}/${id}`;
  const wrong = checkModel(choice, id);
  if (wrong !== null) return wrong;
  if (settings === null) return understood({ id });
  if (!isRecord(settings)) return refused(`${full} is ${describe(settings)}`, `write  ${id}: { context: 262144, output: 65536 }`);
  const stray = Object.keys(settings).find((key) => !modelSettings.includes(key));
  if (stray !== undefined)
    return refused(`${full} has no setting ${JSON.stringify(stray)}`, `its settings are ${names(modelSettings)}`);
  const { name, context, output, reasoning, images } = settings;
  if (name !== undefined && (typeof name !== "string" || !isShownName(name)))
    return refused(`the name of ${full} has to be one line of up to 100 characters without braces`, "write  name: Qwen 3");
  if (!isSwitch(reasoning) || !isSwitch(images))
    return refused(`reasoning and images of ${full} have to be true or false`, "write  reasoning: true");
  const said = {
    id,
    ...(name !== undefined && { name }),
    ...(reasoning !== undefined && { reasoning }),
    ...(images !== undefined && { images }),
  };
  if (context === undefined && output === undefined) return understood(said);
  if (!isTokens(context) || !isTokens(output))
    return refused(
      `the limits of ${full} have to be two whole numbers of tokens`,
      "give both, for instance context: 262144, output: 65536",
    );
  return understood({ ...said, limit: { context, output } });
}

/** Why a provider cannot have a model with that id, or null. */
function checkModel({ id: provider, api }: ProviderChoice, id: string): Parsed<never> | null {
  if (!modelId.test(id)) return refused(`${JSON.stringify(id)} has a character that no model id has`, characters);
  if (!wireFormats[api].noSlash || !id.includes("/")) return null;
  return refused(
    `${provider} speaks ${api}, in which OpenCode cannot use ${id} because of its slash`,
    "use the model's name without a slash",
  );
}

function isSwitch(value: unknown): value is boolean | undefined {
  return value === undefined || typeof value === "boolean";
}

function isTokens(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maxTokens;
}

/**
 * Names of providers, each optionally with a colon and a wire format, with the other settings from the spec (`written`); or a map as in the spec, as JSON.
 */
export function parseProviders(
  text: string,
  _earlier: Partial<Answers>,
  written?: readonly ProviderChoice[],
): Parsed<readonly ProviderChoice[]> {
  if (!text.trimStart().startsWith("{")) return acceptIds(splitList(text), written);
  try {
    return readProviders(JSON.parse(text));
  } catch {
    return refused(
      "it starts like JSON, but is not valid JSON",
      `write for instance  ${exampleProvider.id},${exampleWithFormat}, or  {"${exampleProvider.id}":{}}`,
    );
  }
}

/** A map from provider to its settings, or a list of providers. */
export function readProviders(value: unknown): Parsed<readonly ProviderChoice[]> {
  if (Array.isArray(value) && value.every((id) => typeof id === "string")) return acceptIds(value);
  if (!isRecord(value))
    return refused(`expected a map of providers, not ${describe(value)}`, `write for instance  ${exampleProvider.id}: {}`);
  const entries = Object.entries(value);
  if (entries.length === 0) return acceptIds([]);
  if (entries.length > specLimits.providers)
    return refused(`more than ${specLimits.providers} providers`, "remove those that are not used");
  const chosen: ProviderChoice[] = [];
  for (const [id, settings] of entries) {
    const wrong = checkId(id);
    if (wrong !== null) return wrong;
    if (settings !== null && !isRecord(settings)) return refused(`${id} is ${describe(settings)}`, `write  ${id}: {}`);
    const accepted = acceptProvider(id, settings ?? {});
    if (!accepted.ok) return accepted;
    chosen.push(accepted.value);
  }
  return understood(chosen);
}

/** Whether a provider has a name and no settings. */
function isBare({ id, api, models }: ProviderChoice): boolean {
  return api === findProvider(id)?.defaultApi && models === undefined;
}

/** Providers in the form that `parseProviders` reads: names if they are enough, else JSON. */
export function formatProviders(choices: readonly ProviderChoice[]): string {
  return choices.every(({ models }) => models === undefined)
    ? choices.map((choice) => (isBare(choice) ? choice.id : `${choice.id}:${choice.api}`)).join(",")
    : JSON.stringify(writeProviders(choices));
}

/** Providers as a map of the spec. */
export function writeProviders(choices: readonly ProviderChoice[]): Readonly<Record<string, object>> {
  return Object.fromEntries(
    choices.map(({ id, api, name, models }) => [
      id,
      {
        ...(api !== findProvider(id)?.defaultApi && { api }),
        ...(name !== undefined && { name }),
        ...(models !== undefined && { models: writeModels(models) }),
      },
    ]),
  );
}

function writeModels(models: readonly ModelChoice[]): unknown {
  const written = models.map(
    ({ id, name, limit, reasoning, images }) =>
      [
        id,
        {
          ...(name !== undefined && { name }),
          ...(limit !== undefined && { context: limit.context, output: limit.output }),
          ...(reasoning !== undefined && { reasoning }),
          ...(images !== undefined && { images }),
        },
      ] as const,
  );
  return written.every(([, settings]) => Object.keys(settings).length === 0)
    ? models.map(({ id }) => id)
    : Object.fromEntries(written);
}

/** The model to propose on a day: the first provider's proposal, if it offers that. A model that ends soon is avoided. */
export function proposeModel({ providers: [first] = [] }: Partial<Answers>, today: string): string {
  if (first === undefined) return "";
  const model = lastingModel(first, defaultsOf(first)?.model ?? "", today);
  if (offers(first, model)) return `${first.id}/${model}`;
  const listed = first.models!;
  return `${first.id}/${(listed.find(({ id }) => lastingModel(first, id, today) === id) ?? listed[0]!).id}`;
}

/** The small model to propose on a day: the proposal of the model's provider, if it offers that; else the model itself. */
export function proposeSmallModel({ providers: chosen = [], model = "" }: Partial<Answers>, today: string): string {
  const choice = chosen.find(({ id }) => model.startsWith(`${id}/`));
  const proposed = choice === undefined ? undefined : defaultsOf(choice)?.smallModel;
  const small = proposed === undefined ? undefined : lastingModel(choice!, proposed, today);
  return choice === undefined || small === undefined || !offers(choice, small) ? model : `${choice.id}/${small}`;
}

/** Whether a model was proposed by this program for a provider that was removed since. */
export function wentWithProvider(
  model: unknown,
  { providers: now = [] }: Partial<Answers>,
  { providers: before = [] }: Partial<Answers>,
  today: string,
): boolean {
  const gone = before.find(({ id }) => typeof model === "string" && model.startsWith(`${id}/`));
  if (gone === undefined || now.some(({ id }) => id === gone.id)) return false;
  const { model: main = "", smallModel = "" } = defaultsOf(gone) ?? {};
  const usual = [main, smallModel].flatMap((id) => [id, lastingModel(gone, id, today)]).map((id) => `${gone.id}/${id}`);
  return [...usual, proposeModel({ providers: [gone] }, today)].includes(model as string);
}

function offers({ models }: ProviderChoice, model: string): boolean {
  return models === undefined || models.some(({ id }) => id === model);
}

/** `provider/model`; the provider has to be chosen, and has to offer the model. */
export function parseModel(text: string, earlier: Partial<Answers>): Parsed<string> {
  const typed = text.trim();
  const slash = typed.indexOf("/");
  const [provider, id] = [typed.slice(0, slash), typed.slice(slash + 1)];
  const chosen = earlier.providers?.map((choice) => choice.id) ?? Object.keys(providers);
  const [first = { id: exampleProvider.id, api: exampleProvider.defaultApi }] = earlier.providers ?? [];
  const usual = defaultsOf(first)?.model ?? "";
  const instance = `${first.id}/${offers(first, usual) ? usual : first.models![0]!.id}`;
  if (slash < 1 || id === "")
    return refused(`${JSON.stringify(typed)} names no provider and model`, `write provider/model, for instance ${instance}`);
  if (!/^[A-Za-z0-9@._:/+~-]{1,250}$/.test(typed) || !modelId.test(id))
    return refused(`${JSON.stringify(typed)} has a character that no model id has, or is too long`, characters);
  if (!chosen.includes(provider))
    return refused(`provider ${provider} is not enabled`, `add ${provider} to providers, or choose a model of ${names(chosen)}`);
  const choice =
    earlier.providers?.find((one) => one.id === provider) ?? ({ id: provider, api: providers[provider]!.defaultApi } as const);
  const wrong = checkModel(choice, id);
  if (wrong !== null) return wrong;
  if (!offers(choice, id)) {
    return refused(
      `${typed} is not among the models of ${provider}`,
      `add it there, or choose from ${names(choice.models!.slice(0, 10).map((model) => model.id))}`,
    );
  }
  return understood(typed);
}

/** A style; the compact one only if requests can address each of its models. */
export function parseStyle(text: string, { providers: chosen, model, smallModel }: Partial<Answers>): Parsed<Style> {
  const style = styles.find(({ value }) => value === text.trim())?.value;
  if (style === undefined)
    return refused(`unknown style ${JSON.stringify(text.trim())}`, `choose from ${names(styles.map(({ value }) => value))}`);
  if (style !== "compact" || chosen === undefined || model === undefined || smallModel === undefined) return understood(style);
  const ambiguity = findAmbiguity({ providers: chosen, model, smallModel });
  if (ambiguity === null) return understood(style);
  return refused(
    `${names(ambiguity.providers)} all have a model ${ambiguity.model}, and their wire format puts only the model's name in the path`,
    `name it for only one of them, or use the separate style`,
  );
}
