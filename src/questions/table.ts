/**
 * The one table of questions. Flags, help, environment variables, spec keys, prompts, validation and the "repeat this" line come from it.
 * Order matters: a question may look at the answers of those above it.
 */
import { bases, findBase } from "../catalog/bases.ts";
import { knowsModel } from "../catalog/models.ts";
import { findProvider, providers, type WireFormat } from "../catalog/providers.ts";
import { parseOrigin } from "../gateway/origin.ts";
import type { Answers, BaseChoice, Choice, Facts, Parsed, Proposal, ProviderChoice, Question, QuestionId } from "./types.ts";

const understood = <Value>(value: Value, notes: readonly string[] = []): Parsed<Value> => ({ ok: true, value, notes });
const refused = (why: string, fix: string): { ok: false; why: string; fix: string } => ({ ok: false, why, fix });
const names = (items: Iterable<string>): string => [...items].join(", ");

/** Reads a spec value that has to be text by the rule for text. */
function readText<Value>(parse: (text: string, earlier: Partial<Answers>) => Parsed<Value>) {
  return (value: unknown, earlier: Partial<Answers>): Parsed<Value> =>
    typeof value === "string" ? parse(value, earlier) : refused(`expected text, not ${describe(value)}`, "put it in quotes");
}

function describe(value: unknown): string {
  if (value === null) return "nothing";
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "a map" : `the ${typeof value} ${String(value)}`;
}

/** Splits `a, b` and `a b`. */
function splitList(text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}

const maxNameLength = 100;

/** A display name: any text of one line. `${` is what dev container tools would expand, so it loses its `$`. */
export function cleanName(text: string): string {
  const oneLine = text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, " ")
    .replaceAll(/\$+\{/g, "{")
    .trim();
  return [...oneLine].slice(0, maxNameLength).join("").trimEnd() || "aperture-env";
}

function parseName(text: string): Parsed<string> {
  const name = cleanName(text);
  return text.trim() === ""
    ? refused("the name is empty", "give the project's name")
    : understood(name, name === text ? [] : [`wrote the name as ${name}`]);
}

function parseProviderIds(ids: readonly string[]): Parsed<readonly ProviderChoice[]> {
  if (ids.length === 0) return refused("no provider is named", `choose from ${names(Object.keys(providers))}`);
  const chosen = new Map<string, ProviderChoice>();
  for (const id of ids) {
    const provider = findProvider(id);
    if (provider === undefined)
      return refused(`${JSON.stringify(id)} is not a provider of this version`, `choose from ${names(Object.keys(providers))}`);
    chosen.set(id, { id, api: provider.defaultApi });
  }
  return understood([...chosen.values()]);
}

function readProviders(value: unknown): Parsed<readonly ProviderChoice[]> {
  if (Array.isArray(value) && value.every((id) => typeof id === "string")) return parseProviderIds(value);
  if (!isMap(value)) return refused(`expected a map of providers, not ${describe(value)}`, "write for instance  anthropic: {}");
  const parsed = parseProviderIds(Object.keys(value));
  if (!parsed.ok) return parsed;
  const chosen: ProviderChoice[] = [];
  for (const choice of parsed.value) {
    const options = value[choice.id];
    if (options !== null && !isMap(options)) return refused(`${choice.id} is ${describe(options)}`, `write  ${choice.id}: {}`);
    const stray = Object.keys(options ?? {}).find((key) => key !== "api");
    if (stray !== undefined) return refused(`${choice.id} has no setting ${JSON.stringify(stray)}`, "the one setting is api");
    const formats = Object.keys(providers[choice.id]!.wireFormats);
    const api = options?.["api"] ?? choice.api;
    if (typeof api !== "string" || !formats.includes(api)) {
      return refused(
        `${choice.id} does not speak ${typeof api === "string" ? JSON.stringify(api) : describe(api)}`,
        `api is ${names(formats)}`,
      );
    }
    chosen.push({ id: choice.id, api: api as WireFormat });
  }
  return understood(chosen);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Model ids of all vendors are made of these; braces and quotes are kept out because OpenCode substitutes `{env:…}` in its config. */
const modelId = /^[A-Za-z0-9@][A-Za-z0-9@._:/+~-]{0,199}$/;

function parseModel(text: string, earlier: Partial<Answers>): Parsed<string> {
  const typed = text.trim();
  const slash = typed.indexOf("/");
  const [provider, id] = [typed.slice(0, slash), typed.slice(slash + 1)];
  const chosen = earlier.providers?.map((choice) => choice.id) ?? Object.keys(providers);
  const example = `${chosen[0]}/${findProvider(chosen[0] ?? "")?.defaults.model}`;
  if (slash < 1 || id === "")
    return refused(`${JSON.stringify(typed)} names no provider and model`, `write provider/model, for instance ${example}`);
  if (!modelId.test(typed))
    return refused(
      `${JSON.stringify(typed)} has a character that no model id has`,
      "letters, digits and @ . _ : / + ~ - are allowed",
    );
  if (!chosen.includes(provider))
    return refused(
      `${typed} is of ${provider}, which is not among the providers`,
      `add ${provider} to the providers, or take one of ${names(chosen)}`,
    );
  const known = knowsModel(provider, id);
  return understood(
    typed,
    known
      ? []
      : [`OpenCode's catalogue does not know ${typed}: it is offered without limits, so nothing is compacted automatically`],
  );
}

const smallModelOf = (earlier: Partial<Answers>): string => {
  const provider = (earlier.model ?? "").split("/")[0] ?? "";
  return `${provider}/${findProvider(provider)?.defaults.smallModel ?? ""}`;
};

/** An image reference as github.com/distribution/reference defines it, digest allowed; nothing else can stand after FROM. */
const imageReference =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;
/** An account name as useradd takes it, or a numeric id. */
const account = /^(?:[a-z_][a-z0-9_-]{0,31}|[0-9]{1,10})$/;
/** Stages of our Dockerfile: a builder would take their names for them and not for images. */
const stages = ["opencode", "dev", "ci"];
const customForm = "image=<reference>,libc=glibc|musl,user=<account>";

function checkCustomBase(fields: Record<string, unknown>): Parsed<BaseChoice> {
  const stray = Object.keys(fields).find((key) => !["image", "libc", "user"].includes(key));
  if (stray !== undefined) return refused(`a base has no setting ${JSON.stringify(stray)}`, `give ${customForm}`);
  const { image, libc, user } = fields;
  if (typeof image !== "string" || image.length > 255 || !imageReference.test(image)) {
    return refused(
      `${JSON.stringify(image ?? "")} is not an image reference`,
      "write it as docker pull takes it, for instance ghcr.io/acme/dev:1",
    );
  }
  if (stages.includes(image))
    return refused(`${image} is the name of a stage in the Dockerfile`, `write it with its tag, for instance ${image}:latest`);
  if (libc !== "glibc" && libc !== "musl")
    return refused(`the C library of ${image} is not known`, "say libc: glibc, or musl for Alpine");
  if (typeof user === "number") return checkCustomBase({ ...fields, user: String(user) });
  if (typeof user !== "string" || !account.test(user))
    return refused(`the user of ${image} is not known`, "say which account works in it, for instance user: root");
  return understood({ image, libc, user });
}

function parseBase(text: string): Parsed<BaseChoice> {
  const typed = text.trim();
  if (findBase(typed) !== undefined) return understood(typed);
  if (!typed.includes("=")) {
    return refused(`${JSON.stringify(typed)} is not a base`, `choose from ${names(Object.keys(bases))}, or give ${customForm}`);
  }
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const part of typed.split(",")) {
    const equals = part.indexOf("=");
    fields[part.slice(0, equals < 0 ? undefined : equals).trim()] = equals < 0 ? undefined : part.slice(equals + 1).trim();
  }
  return checkCustomBase(fields);
}

/** What this version can generate. */
export const outputs: readonly Choice[] = [
  {
    value: "devcontainer",
    label: "devcontainer",
    hint: "devcontainer.json, a Dockerfile with the targets dev and ci, the Feature folder",
  },
];

/** How this version can let a container reach the gateway. */
export const connections: readonly Choice[] = [
  { value: "network", label: "network", hint: "the container's network already reaches it" },
];

function parseOutputs(values: readonly string[]): Parsed<readonly string[]> {
  const stray = values.find((value) => !outputs.some((output) => output.value === value));
  if (stray !== undefined)
    return refused(
      `this version cannot generate ${JSON.stringify(stray)}`,
      `choose from ${names(outputs.map((output) => output.value))}`,
    );
  return values.length === 0
    ? refused("no output is named", `choose from ${names(outputs.map((output) => output.value))}`)
    : understood([...new Set(values)]);
}

function parseConnection(text: string): Parsed<string> {
  const known = connections.map((connection) => connection.value);
  return known.includes(text.trim())
    ? understood(text.trim())
    : refused(`this version cannot connect by ${JSON.stringify(text.trim())}`, `choose from ${names(known)}`);
}

const version = /^(?:latest|(\d{1,4})\.\d{1,6}\.\d{1,6})$/;

function parseOpencode(text: string): Parsed<string> {
  const typed = text.trim().replace(/^v(?=\d)/, "");
  const match = version.exec(typed);
  if (match === null)
    return refused(`${JSON.stringify(text.trim())} is not a version of OpenCode`, "write one as 1.18.18, or latest");
  if (match[1] !== undefined && match[1] !== "1") {
    return refused(
      `OpenCode ${typed} is of another major line, whose config differs`,
      "choose a version 1.x, or latest (the newest 1.x)",
    );
  }
  return understood(typed);
}

function parseSwitch(text: string): Parsed<boolean> {
  const typed = text.trim().toLowerCase();
  if (["1", "true", "yes", "on"].includes(typed)) return understood(true);
  if (["0", "false", "no", "off"].includes(typed)) return understood(false);
  return refused(`${JSON.stringify(text)} is neither yes nor no`, "write true or false");
}

const byDefault = <Value>(value: Value): Proposal<Value> => ({ value, source: "default" });

const table: { readonly [Id in QuestionId]: Question<Id> } = {
  url: {
    id: "url",
    kind: "text",
    flag: "url",
    value: "origin",
    env: ["APERTURE_ENV_URL", "APERTURE_ENDPOINT"],
    key: ["aperture", "url"],
    asked: true,
    message: "Where is the gateway?",
    help: "the gateway's origin, http://ai by default",
    propose: () => byDefault("http://ai"),
    parse: parseOrigin,
    read: readText(parseOrigin),
    format: (value) => value,
  },
  connection: {
    id: "connection",
    kind: "choice",
    flag: "connection",
    value: "how",
    env: ["APERTURE_ENV_CONNECTION"],
    key: ["aperture", "connection"],
    asked: false,
    message: "How does a container reach it?",
    help: "how a container reaches the gateway: network",
    choices: connections,
    propose: () => byDefault("network"),
    parse: parseConnection,
    read: readText(parseConnection),
    format: (value) => value,
  },
  providers: {
    id: "providers",
    kind: "list",
    flag: "providers",
    value: "a,b",
    env: ["APERTURE_ENV_PROVIDERS"],
    key: ["providers"],
    asked: true,
    message: "Which providers does the gateway serve?",
    help: `what the gateway serves, of ${names(Object.keys(providers))}`,
    choices: Object.values(providers).map((provider) => ({ value: provider.id, label: provider.name })),
    propose: () => byDefault(Object.values(providers).map(({ id, defaultApi }) => ({ id, api: defaultApi }))),
    parse: (text) => parseProviderIds(splitList(text)),
    read: readProviders,
    format: (value) => value.map((choice) => choice.id).join(","),
  },
  model: {
    id: "model",
    kind: "text",
    flag: "model",
    value: "provider/id",
    env: ["APERTURE_ENV_MODEL"],
    key: ["model"],
    asked: true,
    message: "Which model by default?",
    help: "the default model",
    propose: (_facts, earlier) => {
      const first = findProvider(earlier.providers?.[0]?.id ?? "");
      return byDefault(first === undefined ? "" : `${first.id}/${first.defaults.model}`);
    },
    parse: parseModel,
    read: readText(parseModel),
    format: (value) => value,
  },
  smallModel: {
    id: "smallModel",
    kind: "text",
    flag: "small-model",
    value: "provider/id",
    env: ["APERTURE_ENV_SMALL_MODEL"],
    key: ["small_model"],
    asked: true,
    message: "Which small model, for titles and summaries?",
    help: "the model for titles and summaries",
    propose: (_facts, earlier) => byDefault(smallModelOf(earlier)),
    parse: parseModel,
    read: readText(parseModel),
    format: (value) => value,
  },
  opencode: {
    id: "opencode",
    kind: "text",
    flag: "opencode",
    value: "version",
    env: ["APERTURE_ENV_OPENCODE"],
    key: ["opencode", "version"],
    asked: false,
    message: "Which version of OpenCode?",
    help: "version of OpenCode, 1.x or latest",
    propose: (facts) => byDefault(facts.opencode),
    parse: parseOpencode,
    read: readText(parseOpencode),
    format: (value) => value,
  },
  managed: {
    id: "managed",
    kind: "switch",
    flag: "managed",
    value: "",
    env: ["APERTURE_ENV_MANAGED"],
    key: ["opencode", "managed"],
    asked: false,
    message: "May no project file override the configuration?",
    help: "put the config into /etc/opencode, where no project file can override it",
    propose: () => byDefault(false),
    parse: parseSwitch,
    read: (value) =>
      typeof value === "boolean"
        ? understood(value)
        : refused(`expected true or false, not ${describe(value)}`, "write true or false"),
    format: String,
  },
  base: {
    id: "base",
    kind: "choice",
    flag: "base",
    value: "name",
    env: ["APERTURE_ENV_BASE"],
    key: ["base"],
    asked: true,
    message: "Which base?",
    applies: (facts) => facts.devcontainer === null,
    help: `${names(Object.keys(bases))}; or ${customForm}`,
    choices: Object.entries(bases).map(([name, base]) => ({ value: name, label: name, hint: base.about })),
    propose: (facts: Facts) =>
      facts.base === null ? byDefault("debian") : { value: facts.base.name, source: "detected", because: facts.base.sign },
    parse: parseBase,
    read: (value) =>
      typeof value === "string"
        ? parseBase(value)
        : isMap(value)
          ? checkCustomBase(value)
          : refused(`expected a base, not ${describe(value)}`, `choose from ${names(Object.keys(bases))}`),
    format: (value) => (typeof value === "string" ? value : `image=${value.image},libc=${value.libc},user=${value.user}`),
  },
  outputs: {
    id: "outputs",
    kind: "list",
    flag: "outputs",
    value: "a,b",
    env: ["APERTURE_ENV_OUTPUTS"],
    key: ["outputs"],
    asked: true,
    message: "What shall be generated?",
    help: `what to generate, of ${names(outputs.map((output) => output.value))}`,
    choices: outputs,
    propose: () => byDefault(["devcontainer"]),
    parse: (text) => parseOutputs(splitList(text)),
    read: (value) => {
      if (!Array.isArray(value)) return refused(`expected a list, not ${describe(value)}`, "write  [devcontainer]");
      const stray = value.findIndex((item) => typeof item !== "string");
      return stray < 0
        ? parseOutputs(value as string[])
        : refused(`expected names in the list, not ${describe(value[stray])}`, "write  [devcontainer]");
    },
    format: (value) => value.join(","),
  },
  name: {
    id: "name",
    kind: "text",
    flag: "name",
    value: "text",
    env: ["APERTURE_ENV_NAME"],
    key: ["name"],
    asked: false,
    message: "What is the project called?",
    help: "the project's name, by default its folder's",
    propose: (facts) => ({ value: cleanName(facts.folder), source: "detected", because: "the folder" }),
    parse: parseName,
    read: readText(parseName),
    format: (value) => value,
  },
};

/** Every question once, in the order in which they are answered. */
export const questions: readonly Question[] = Object.values(table) as unknown as readonly Question[];

/** The question of that id, with its own type. */
export function questionOf<Id extends QuestionId>(id: Id): Question<Id> {
  return table[id] as Question<Id>;
}
