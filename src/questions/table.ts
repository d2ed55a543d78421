/**
 * The one table of questions. Flags, help, environment variables, spec keys, prompts, validation and the "repeat this" line come from it.
 * Order matters: a question may look at the answers of those above it.
 */
import { bases } from "../catalog/bases.ts";
import { connections } from "../catalog/connections.ts";
import { outputs } from "../catalog/outputs.ts";
import { findProvider, providers } from "../catalog/providers.ts";
import { parseOrigin } from "../gateway/origin.ts";
import {
  cleanName,
  customForm,
  parseBase,
  parseConnection,
  parseModel,
  parseName,
  parseOpencode,
  parseOutputs,
  parseProviders,
  parseSwitch,
  readBase,
  readOutputs,
  readProviders,
  readSwitch,
  readText,
} from "./parse.ts";
import type { Answers, Facts, Proposal, Question, QuestionId } from "./types.ts";

const smallModelOf = (earlier: Partial<Answers>): string => {
  const provider = (earlier.model ?? "").split("/")[0] ?? "";
  return `${provider}/${findProvider(provider)?.defaults.smallModel ?? ""}`;
};

const listNames = (items: readonly string[]): string => items.join(", ");
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
    help: `what the gateway serves, of ${listNames(Object.keys(providers))}`,
    choices: Object.values(providers).map((provider) => ({ value: provider.id, label: provider.name })),
    propose: () => byDefault(Object.values(providers).map(({ id, defaultApi }) => ({ id, api: defaultApi }))),
    parse: parseProviders,
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
    read: readSwitch,
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
    help: `${listNames(Object.keys(bases))}; or ${customForm}`,
    choices: Object.entries(bases).map(([name, base]) => ({ value: name, label: name, hint: base.about })),
    propose: (facts: Facts) =>
      facts.base === null ? byDefault("debian") : { value: facts.base.name, source: "detected", because: facts.base.sign },
    parse: parseBase,
    read: readBase,
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
    help: `what to generate, of ${listNames(outputs.map((output) => output.value))}`,
    choices: outputs,
    propose: () => byDefault(["devcontainer"]),
    parse: parseOutputs,
    read: readOutputs,
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
