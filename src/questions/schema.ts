/**
 * The JSON schema of the spec, which editors use to complete and check `aperture-env.yaml`. It is built from the table of questions
 * (src/scripts/schema.mjs): a question's key is the place of its value, its choices are the allowed values, and this file adds the other rules for
 * each value. Draft 07, which yaml-language-server reads.
 */
import { attributes, headerPrefix, mostHeaders } from "../catalog/attribution.ts";
import { bases } from "../catalog/bases.ts";
import { chunkTimeouts } from "../catalog/chunk-timeout.ts";
import { lifecycleHooks } from "../catalog/hooks.ts";
import { providers, refusedIds } from "../catalog/providers.ts";
import { architectures, pinnedTailscale, tailscaleFeature, tailscaleKey, tailscaleTarballs } from "../catalog/tailscale.ts";
import { wireFormats } from "../catalog/wire-formats.ts";
import { ownerPattern } from "./parse-codeowners.ts";
import { exampleFqdn } from "./parse-fqdn.ts";
import { otherProviderPattern } from "./parse-opencode.ts";
import { connections } from "../connections/index.ts";
import { questionOf, questions } from "./table.ts";
import type { QuestionId } from "./types.ts";

/** A JSON schema, or a part of one. */
export type Schema = { readonly [keyword: string]: unknown };

/** The descriptions of maps that contain questions' keys. */
const maps: Readonly<Record<string, string>> = {
  devcontainer: "More properties of the dev container, as in devcontainer.json.",
};

const choicesOf = (id: QuestionId): readonly string[] =>
  questionOf(id).choices!({ folder: "", base: null, devcontainers: [], opencode: "", today: "" }).map(({ value }) => value);
const definition = (name: string): Schema => ({ $ref: `#/definitions/${name}` });

/** A word, or a map for connections with options. */
function connectionForms(): Schema {
  const words = { enum: choicesOf("connection") };
  const maps = connections
    .filter(({ options }) => Object.keys(options).length > 0)
    .map(({ value, options }) => {
      // Where hosts have words of their own, the other ones' is the default.
      const keys = "codespaces" in options ? ["kind", "default"] : ["kind"];
      const required = Object.keys(options).filter((name) => options[name]!.required);
      const ownOptions = Object.entries(options).map(([name, { help }]) => [
        name,
        { ...definition("option"), description: help },
      ]);
      const isCalled = (key: string): Schema => ({ [key]: { const: value } });
      return {
        type: "object",
        additionalProperties: false,
        ...(keys.length === 1
          ? { required: [...keys, ...required] }
          : { oneOf: keys.map((key) => ({ required: [key, ...required], properties: isCalled(key) })) }),
        properties: Object.assign({}, ...keys.map(isCalled), Object.fromEntries(ownOptions)) as Schema,
      };
    });
  return maps.length === 0 ? words : { anyOf: [words, ...maps] };
}

/** The value of each question in the spec. */
const values: { readonly [Id in QuestionId]: Schema } = {
  name: { type: "string", minLength: 1, description: "The project's name, shown by editors." },
  url: {
    type: "string",
    pattern: "^(?:https?://)?[^\\s/?#@]+(?:/v1/?|/)?$",
    default: "http://ai",
    examples: ["http://ai", "http://ai.example.ts.net", "http://localhost:8080"],
    description:
      "The gateway's origin, scheme://host[:port], without a path: each provider's own suffix is added. Plain http is fine: WireGuard encrypts it.",
  },
  fqdn: {
    type: ["string", "null"],
    pattern: "^[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+$",
    examples: [exampleFqdn],
    description:
      "The gateway's whole name in its tailnet, where url has the short one. The output kubernetes needs it: Tailscale's operator finds machines by it.",
  },
  connection: {
    ...connectionForms(),
    default: connections[0].value,
    description: `How a container reaches the gateway. ${connections.map(({ value, about }) => `${value}: ${about}.`).join(" ")}`,
  },
  tailscale: {
    type: ["object", "null"],
    additionalProperties: false,
    description:
      "Tailscale's programs, tailscale and tailscaled, and how nodes join: for the connections that need them, and for auto, which includes the programs if this key is present. Their sha256 is pinned in the lock.",
    properties: {
      version: {
        type: "string",
        pattern: "^(?:latest|v?[0-9]+\\.[0-9]+\\.[0-9]+)$",
        default: pinnedTailscale.version,
        description: "latest is resolved when generating and kept in the lock.",
      },
      url: {
        type: "string",
        default: tailscaleTarballs,
        description: "Another address of the tarball, for a mirror or your own build; {version} and {arch} are placeholders.",
      },
      sha256: {
        anyOf: [
          definition("sum"),
          {
            type: "object",
            minProperties: 1,
            additionalProperties: false,
            properties: Object.fromEntries(architectures.map((arch) => [arch, definition("sum")])),
          },
        ],
        description: `The sha256 of the version's tarballs. It is known for ${pinnedTailscale.version}; for other versions the server is asked when generating.`,
      },
      image: {
        type: "string",
        examples: ["tailscale/tailscale:v1.104.1"],
        description: "An image to copy the programs from, or to run as the sidecar, instead of version, url and sha256.",
      },
      feature: {
        type: "string",
        default: tailscaleFeature,
        description: "The dev container Feature for the connection tailscale.",
      },
      login_server: { type: "string", pattern: "^https?://", description: "A control server other than Tailscale's." },
      tags: {
        type: "array",
        uniqueItems: true,
        items: { type: "string", pattern: "^tag:[A-Za-z][A-Za-z0-9-]*$" },
        description: "Tags for the nodes of jobs; a person's node belongs to the person.",
      },
      key: {
        type: "string",
        pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
        default: tailscaleKey,
        description: "The name of the variable with the key; the key itself is in no file.",
      },
    },
  },
  providers: {
    type: "object",
    minProperties: 1,
    propertyNames: { pattern: "^[a-z](?:[a-z0-9._-]{0,48}[a-z0-9])?$", not: { enum: refusedIds } },
    additionalProperties: {
      type: "object",
      additionalProperties: false,
      required: ["models"],
      description: "Your own provider, by its name on the gateway.",
      properties: {
        api: {
          enum: Object.keys(wireFormats),
          default: "chat",
          description: "The wire format that it speaks through this gateway; OpenAI-compatible servers speak chat.",
        },
        name: definition("shownName"),
        models: { ...definition("models"), description: "Its models." },
      },
    },
    description:
      "The gateway's providers to enable. A provider outside of the catalogue is your own, and has to name its models.",
    properties: Object.fromEntries(
      Object.values(providers).map(({ id, name, wireFormats: spoken, defaultApi }) => [
        id,
        {
          type: ["object", "null"],
          additionalProperties: false,
          description: name,
          properties: {
            api: {
              enum: Object.keys(spoken),
              default: defaultApi,
              description: "Its wire format through this gateway.",
            },
            models: definition("chosenModels"),
          },
        },
      ]),
    ),
  },
  model: { ...definition("model"), description: "The default model. The gateway routes by model name." },
  smallModel: {
    ...definition("model"),
    description: "The model for titles and summaries; the gateway has to serve it, too.",
  },
  opencode: {
    type: "string",
    pattern: "^(?:latest|1\\.[0-9]+\\.[0-9]+)$",
    description: "The version of opencode-ai, 1.x. latest is resolved when generating and kept in the lock.",
  },
  style: {
    enum: choicesOf("style"),
    default: "separate",
    description:
      "separate: each provider separately. compact: one provider, aperture, with only the models named in this file; a provider that names none has its two proposed models.",
  },
  managed: {
    type: "boolean",
    default: false,
    description: "Install the configuration in /etc/opencode, where neither a project file nor APERTURE_URL can override it.",
  },
  strict: {
    type: "boolean",
    default: false,
    description:
      "Whether check fails (exit 3) if something in the repository bypasses the gateway. Otherwise check reports it and exits with 0.",
  },
  online: {
    type: "array",
    uniqueItems: true,
    items: { enum: choicesOf("online") },
    default: [],
    description:
      "Internet access of OpenCode besides the gateway. share: shared sessions are uploaded to opencode.ai. lsp: language servers are downloaded if a configuration turns lsp on.",
  },
  plugins: {
    enum: choicesOf("plugins"),
    default: "allow",
    description:
      "The policy for OpenCode's plugins. allow: plan, check and doctor report them. pinned: a plugin package without an exact version fails check and doctor. refuse: any plugin fails them, and OpenCode calls no hooks of plugins. OpenCode 1.18 has no switch that keeps it from downloading and loading their code, so run check in CI.",
  },
  otherProviders: {
    type: "array",
    uniqueItems: true,
    items: { type: "string", pattern: otherProviderPattern },
    default: [],
    description:
      "Ids of providers that the project's or the user's OpenCode configuration may add although they bypass the gateway, such as a local model. All others are switched off.",
  },
  chunkTimeout: {
    oneOf: [{ type: "integer", minimum: chunkTimeouts.least, maximum: chunkTimeouts.most }, { const: false }],
    default: chunkTimeouts.proposed,
    description:
      "Milliseconds that a stream may be silent before OpenCode ends it and retries. Allow enough time for reasoning models. false: no limit. OpenCode watches server-sent events only, so not the streams of Amazon Bedrock's own wire format.",
  },
  attribution: {
    type: "array",
    uniqueItems: true,
    maxItems: mostHeaders,
    items: {
      oneOf: [
        { enum: choicesOf("attribution") },
        {
          type: "string",
          pattern: "^[a-z](?:[a-z0-9-]*[a-z0-9])?=(?:\\$\\{?[A-Za-z][A-Za-z0-9_]*\\}?|[A-Za-z0-9][A-Za-z0-9._/:+-]*)$",
        },
      ],
    },
    default: [],
    examples: ["[repository, revision, job, run]", "[repository, team=payments, cost-center=$COST_CENTER]"],
    description: `Request headers that tell the gateway's log what a request was made for, each ${headerPrefix}<name>; off by default, because it is not documented whether a gateway passes unknown headers on to the vendor. ${attributes
      .map(({ value, hint }) => `${value}: ${hint}.`)
      .join(
        " ",
      )} Your own: name=text, or name=$VARIABLE of the container. One without a value is not sent, and nothing that names a person or looks like a secret: of a personal repository the name begins with its owner's.`,
  },
  codeowners: {
    type: "array",
    uniqueItems: true,
    items: { type: "string", pattern: ownerPattern },
    default: [],
    examples: ['["@acme/platform"]'],
    description:
      "Who has to agree to changes of what runs as root when an image is built, has secrets of jobs, or says where prompts go: lines for it are kept at the end of the CODEOWNERS file that the forge reads, which is made where there is none. Accounts, teams, e-mail addresses.",
  },
  doctor: {
    enum: choicesOf("doctor"),
    default: "repository",
    description:
      "Where an image gets the doctor from. repository: it is a file of the repository. package: the image's build fetches it from the npm package create-aperture-env, as it fetches OpenCode, and checks its sha256.",
  },
  state: {
    enum: choicesOf("state"),
    default: "container",
    description:
      "Where OpenCode's sessions and logins are kept. container: in the container, removed with it. volume: on a named volume of this dev container, for each account, kept when the container is rebuilt; docker volume rm removes it.",
  },
  base: {
    description: "The image family that the environment starts from.",
    oneOf: [
      { enum: Object.keys(bases) },
      {
        type: "object",
        additionalProperties: false,
        required: ["image", "libc", "user"],
        properties: {
          image: { type: "string", description: "An image reference; with a digest it is pinned." },
          libc: { enum: ["glibc", "musl"], description: "The C library of the image: musl for Alpine, else glibc." },
          user: { type: ["string", "integer"], description: "The account to work as." },
        },
      },
    ],
  },
  outputs: {
    type: "array",
    minItems: 1,
    uniqueItems: true,
    items: { enum: choicesOf("outputs") },
    description: "What to generate.",
  },
  devcontainers: {
    description: "Your dev containers that get the environment.",
    default: "all",
    oneOf: [
      { const: "all" },
      {
        type: "array",
        minItems: 1,
        uniqueItems: true,
        items: { type: "string", pattern: "^(?:\\./)?(?:[^/]+/){0,4}\\.devcontainer(?:/(?:[^/]+/)?devcontainer)?\\.json$" },
      },
    ],
  },
  containerEnv: {
    type: "object",
    propertyNames: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$", not: { enum: ["APERTURE_URL", "OPENCODE_CONFIG"] } },
    additionalProperties: { type: ["string", "number", "boolean"] },
    description: "Variables of the dev container. No secrets: this file is committed.",
  },
  forwardPorts: {
    type: "array",
    uniqueItems: true,
    items: {
      oneOf: [
        { type: "integer", minimum: 1, maximum: 65535 },
        { type: "string", pattern: "^(?:[a-z0-9-]+:)?[0-9]{1,5}$" },
      ],
    },
    description: "Ports to forward; service:port for a port of another Compose service.",
  },
  hooks: {
    type: "object",
    additionalProperties: false,
    description: "Lifecycle commands of the dev container; they run before your own.",
    properties: Object.fromEntries(lifecycleHooks.map((hook) => [hook, { type: "string" }])),
  },
};

const modelIds = definition("modelId");
const definitions: Schema = {
  option: { type: ["string", "integer", "array"], items: { type: "string" } },
  sum: { type: "string", pattern: "^[0-9A-Fa-f]{64}$" },
  shownName: { type: "string", minLength: 1, maxLength: 100, pattern: "^[^{}]+$", description: "The display name." },
  modelId: { type: "string", pattern: "^[A-Za-z0-9@~][A-Za-z0-9@._:/+~-]{0,199}$" },
  models: {
    oneOf: [
      { type: "array", minItems: 1, uniqueItems: true, items: modelIds },
      {
        type: "object",
        minProperties: 1,
        propertyNames: modelIds,
        additionalProperties: {
          type: ["object", "null"],
          additionalProperties: false,
          dependencies: { context: ["output"], output: ["context"] },
          properties: {
            name: definition("shownName"),
            context: {
              type: "integer",
              minimum: 1,
              description: "Its context window, in tokens. Without it auto-compaction is off.",
            },
            output: { type: "integer", minimum: 1, description: "Its maximum output, in tokens." },
            reasoning: { type: "boolean", description: "Whether it is a reasoning model." },
            images: { type: "boolean", description: "Whether it accepts images." },
          },
        },
      },
    ],
  },
  chosenModels: { ...definition("models"), description: "Exactly these are offered, instead of all models of the catalogue." },
  model: {
    type: "string",
    pattern: "^[A-Za-z0-9@][A-Za-z0-9@._:+~-]*/[A-Za-z0-9@._:/+~-]+$",
    examples: Object.values(providers).map(({ id, defaults }) => `${id}/${defaults.model}`),
  },
};

/** The whole schema. */
export function buildSpecSchema(): Schema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "aperture-env.yaml",
    description: "The environment of a repository: OpenCode through Aperture by Tailscale.",
    ...mapAt([]),
    definitions,
  };
}

/** The map at a place of the spec: its keys are the questions' keys there, and the maps below. */
function mapAt(place: readonly string[]): Schema {
  const below = questions.filter(({ key }) => place.every((part, index) => key[index] === part));
  const keys = [...new Set(below.map(({ key }) => key[place.length]!))];
  const properties = keys.map((key): readonly [string, Schema] => {
    const here = [...place, key];
    const question = below.find((candidate) => candidate.key.length === here.length && candidate.key.at(-1) === key);
    if (question !== undefined) return [key, values[question.id]];
    const description = maps[here.join(".")];
    const { type, ...rest } = mapAt(here);
    return [key, { type, ...(description !== undefined && { description }), ...rest }];
  });
  return { type: "object", additionalProperties: false, properties: Object.fromEntries(properties) };
}
