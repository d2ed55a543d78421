/**
 * The providers of OpenCode's catalogue that a gateway can serve, as data. No other code knows a provider by name.
 *
 * Which provider a gateway serves in which wire format: Aperture documentation, "Supported providers and clients". What OpenCode calls for which
 * id, package and base URL: observed with opencode-ai 1.18.18 against a logging gateway (`test/opencode/providers.test.ts`), and read in its
 * binary (the loaders of its `Provider` module, by id).
 */
import { vertexProject, vertexRegion, wireFormats, type FormatRoute, type WireFormat } from "./wire-formats.ts";

export type { WireFormat } from "./wire-formats.ts";

/** How a provider is reached in one wire format. */
export interface Speech extends FormatRoute {
  /** Its id in OpenCode's configuration. It differs from the provider's if OpenCode's special treatment of that id does not fit. */
  readonly as: string;
  /** The package that the compact style's provider uses for it. */
  readonly compactNpm: string;
  /** More options for its package in the separate style. */
  readonly options: Readonly<Record<string, string>>;
  /** Headers that OpenCode adds for this id by itself; the compact style has to add them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Models of the catalogue that cannot be used in this wire format. */
  readonly lacks: RegExp | null;
  /** Proposed models in this wire format, if they differ from the provider's. */
  readonly defaults: Defaults | null;
}

/** A provider's proposed models: ids without the provider's name. */
export interface Defaults {
  readonly model: string;
  readonly smallModel: string;
}

/** A provider of OpenCode's catalogue that a gateway can serve. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly wireFormats: Readonly<Partial<Record<WireFormat, Speech>>>;
  readonly defaultApi: WireFormat;
  /** Proposed if this provider comes first in the spec. */
  readonly defaults: Defaults;
  /** Proposed by default. */
  readonly proposed: boolean;
  /** The name that gateways use, if it differs from OpenCode's id. */
  readonly aliases: readonly string[];
  /** The wire format that only this provider has. A nameless provider with that format is taken for it. */
  readonly owns: WireFormat | null;
}

type Entry = Pick<Provider, "name"> &
  Partial<Pick<Provider, "proposed" | "aliases" | "owns">> & {
    readonly formats: Readonly<Partial<Record<WireFormat, Partial<Omit<Speech, "suffix" | "path" | "modelInPath" | "noSlash">>>>>;
    readonly models: readonly [model: string, smallModel: string];
  };

/** In the order in which they are offered; the first format of each is its default. */
const entries: Readonly<Record<string, Entry>> = {
  anthropic: {
    name: "Anthropic",
    formats: {
      // The loader of this id adds the header (read in the binary).
      messages: { headers: { "anthropic-beta": "interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14" } },
    },
    models: ["claude-sonnet-5-5", "claude-haiku-4-5"],
    proposed: true,
    aliases: ["claude"],
    owns: "messages",
  },
  openai: {
    name: "OpenAI",
    formats: {
      responses: {},
      // The loader of the id `openai` calls `responses` of the package, which this one does not have: it crashes.
      // Codex and pro models are in the Responses API only ("This model is only supported in v1/responses", alvinunreal/tmuxai#82).
      // gpt-6.1 and gpt-6-astra take no tools over chat, and do reason, so there is no way around it ("Tool calling requires the Responses API",
      // developers.openai.com, models gpt-6.1-sol and gpt-6-astra). The others take tools if they do not reason, see openai-over-chat.ts.
      chat: {
        as: "openai-chat",
        lacks: /codex|-pro(?:-|$)|deep-research|gpt-6\.[1-9]|gpt-6-astra/,
        defaults: { model: "gpt-6-sol", smallModel: "gpt-6-luna" },
      },
    },
    models: ["gpt-6.1-sol", "gpt-6-luna"],
    proposed: true,
    owns: "responses",
  },
  google: {
    name: "Google Gemini",
    formats: { "generate-content": {} },
    models: ["gemini-3.8-flash", "gemini-3.5-flash-lite"],
    aliases: ["gemini", "google-gemini", "google-ai-studio"],
    owns: "generate-content",
  },
  "google-vertex": {
    name: "Google Vertex AI (Gemini)",
    // With a key it is in express mode and asks Google for nothing; project and region keep those of the process's environment out.
    formats: { vertex: { options: { project: vertexProject, location: vertexRegion } } },
    models: ["gemini-3.8-flash", "gemini-3.5-flash-lite"],
    aliases: ["vertex", "vertexai", "vertex-ai"],
    owns: "vertex",
  },
  "amazon-bedrock": {
    name: "Amazon Bedrock",
    // The loader of the id `amazon-bedrock` puts `us.` and the like before the names of models, by the region, looks for AWS's own credentials
    // and leaves the key in a variable that the agent's commands see. For another id it does not run, and names stay unchanged.
    formats: { converse: { as: "bedrock" } },
    models: ["us.anthropic.claude-sonnet-5", "us.anthropic.claude-haiku-4-5-20251001-v1:0"],
    aliases: ["bedrock", "aws-bedrock"],
    owns: "converse",
  },
  openrouter: {
    name: "OpenRouter",
    formats: { chat: { npm: "@openrouter/ai-sdk-provider" } },
    models: ["anthropic/claude-sonnet-5.5", "anthropic/claude-haiku-4.5"],
    aliases: ["open-router"],
  },
  groq: { name: "Groq", formats: { chat: { npm: "@ai-sdk/groq" } }, models: ["openai/gpt-oss-120b", "openai/gpt-oss-20b"] },
  mistral: {
    name: "Mistral",
    formats: { chat: { npm: "@ai-sdk/mistral" } },
    models: ["mistral-medium-latest", "mistral-small-latest"],
    aliases: ["mistralai"],
  },
  deepseek: { name: "DeepSeek", formats: { chat: {} }, models: ["deepseek-v4-pro", "deepseek-flash"] },
  xai: {
    name: "xAI",
    formats: {
      // With a key from auth.json the loader of the id `xai` calls the Responses API, for another id it does not run. A gateway serves chat
      // unless its administrator says otherwise (Aperture documentation, "Provider compatibility").
      chat: { as: "xai-chat", npm: "@ai-sdk/xai" },
      // Without the loader its package speaks chat, so the compact style uses another package.
      responses: { npm: "@ai-sdk/xai", compactNpm: wireFormats.responses.npm },
    },
    models: ["grok-4.7", "grok-4.3"],
    aliases: ["grok", "x-ai"],
  },
  togetherai: {
    name: "Together AI",
    formats: { chat: { npm: "@ai-sdk/togetherai" } },
    models: ["moonshotai/Kimi-K3", "openai/gpt-oss-20b"],
    aliases: ["together", "together-ai"],
  },
};

/** All providers, in the order in which they are offered. */
export const providers: Readonly<Record<string, Provider>> = Object.fromEntries(
  Object.entries(entries).map(([id, { name, formats, models, proposed = false, aliases = [], owns = null }]) => [
    id,
    {
      id,
      name,
      wireFormats: Object.fromEntries(
        Object.entries(formats).map(([api, fields]) => [api, { ...speak(api as WireFormat, id), ...fields, ...compact(fields) }]),
      ),
      defaultApi: Object.keys(formats)[0] as WireFormat,
      defaults: { model: models[0], smallModel: models[1] },
      proposed,
      aliases,
      owns,
    },
  ]),
);

/** The providers that are proposed by default. */
export const proposedProviders: Readonly<Record<string, Provider>> = Object.fromEntries(
  Object.entries(providers).filter(([, { proposed }]) => proposed),
);

/** An example for sentences: the first provider. */
export const exampleProvider: Provider = Object.values(providers)[0]!;

/** An example with a wire format other than the provider's default, as a flag names it. */
export const exampleWithFormat: string = Object.values(providers).flatMap(({ id, wireFormats: spoken }) =>
  Object.keys(spoken)
    .slice(1)
    .map((api) => `${id}:${api}`),
)[0]!;

function speak(api: WireFormat, as: string): Speech {
  const route = wireFormats[api];
  return { ...route, as, compactNpm: route.npm, options: {}, headers: {}, lacks: null, defaults: null };
}

function compact({ npm, compactNpm }: Partial<Speech>): Partial<Speech> {
  return npm === undefined ? {} : { compactNpm: compactNpm ?? npm };
}

/** The provider of that id, or undefined; never something inherited from Object. */
export function findProvider(id: string): Provider | undefined {
  return Object.hasOwn(providers, id) ? providers[id] : undefined;
}

/** How a provider of the catalogue, or a team's own, is reached in a wire format. Throws for a format that it does not speak. */
export function speechOf({ id, api }: { readonly id: string; readonly api: WireFormat }): Speech {
  const provider = findProvider(id);
  const speech = provider === undefined ? speak(api, id) : provider.wireFormats[api];
  if (speech === undefined) throw new Error(`${id} does not speak ${api}`);
  return speech;
}

/** A provider's proposed models in its wire format; none for a team's own provider. */
export function defaultsOf({ id, api }: { readonly id: string; readonly api: WireFormat }): Defaults | null {
  const provider = findProvider(id);
  return provider === undefined ? null : (provider.wireFormats[api]?.defaults ?? provider.defaults);
}

/** The id of the compact style's provider. */
export const compactId = "aperture";

/** Why an id cannot be a provider here, and what to do instead; each is a sentence without its full stop. */
export interface Refusal {
  readonly why: string;
  readonly fix: string;
}

const own = (name: string, api: string): string => `name it as one of your own: ${name}: { api: ${api}, models: [the-model] }`;
const called = (name: string, id: string): Refusal => ({ why: `${name} is called ${id} in OpenCode`, fix: `write ${id}` });

/**
 * Refused ids. OpenCode 1.18.18 has a loader or a plugin for some of them (read in its binary), so a team's own provider would not work under such
 * an id. The paths that each calls were observed against a logging gateway.
 */
const refusals: Readonly<Record<string, Refusal>> = {
  "google-vertex-anthropic": {
    why: "for Claude on Vertex, OpenCode insists on Google's own credentials and asks Google for them, bypassing the gateway",
    fix: "take Claude from anthropic or amazon-bedrock, and Gemini from google-vertex",
  },
  vercel: {
    why: "OpenCode speaks Vercel's own protocol to it, which the gateway does not serve",
    fix: own("vercel-gateway", "chat"),
  },
  cohere: { why: "OpenCode calls Cohere's own /v2/chat, which the gateway does not serve", fix: own("cohere-models", "chat") },
  azure: {
    why: "OpenCode calls Azure's /openai paths, which the gateway does not serve",
    fix: own("foundry", "responses"),
  },
  "azure-cognitive-services": {
    why: "OpenCode calls Azure's own addresses, bypassing the gateway",
    fix: own("foundry", "responses"),
  },
  "gemini-cli": {
    why: "it needs https and a login at Google, and the gateway replaces that login",
    fix: "take google, or google-vertex",
  },
  opencode: {
    why: "that is OpenCode's own hosted provider, bypassing the gateway",
    fix: "leave it out, or name your own provider differently",
  },
  "github-copilot": { why: "it logs in at GitHub and goes there, bypassing the gateway", fix: "leave it out" },
  gitlab: { why: "it logs in at GitLab and goes there, bypassing the gateway", fix: "leave it out" },
  "cloudflare-ai-gateway": { why: "it goes to Cloudflare's gateway, bypassing this one", fix: own("workers", "chat") },
  "cloudflare-workers-ai": { why: "it goes to Cloudflare, bypassing the gateway", fix: own("workers", "chat") },
  "sap-ai-core": { why: "it logs in at SAP with a service key of its own", fix: own("sap", "chat") },
  "snowflake-cortex": { why: "OpenCode changes what is sent to this id", fix: own("cortex", "chat") },
  digitalocean: { why: "OpenCode has a login of its own for this id", fix: own("do-models", "chat") },
  modal: { why: "OpenCode asks this id for its models by itself", fix: own("modal-models", "chat") },
  meta: { why: "OpenCode calls another API than chat for this id", fix: own("meta-models", "chat") },
  claude: called("Claude", "anthropic"),
  gemini: called("Gemini", "google"),
  vertex: called("Vertex AI", "google-vertex"),
  grok: called("Grok", "xai"),
  together: called("Together AI", "togetherai"),
  [compactId]: {
    why: "the compact style uses this id for the whole gateway",
    fix: "name the gateway's providers, and set opencode.style: compact to get one provider of that name",
  },
};

/** Every id that `refusalOf` refuses. */
export const refusedIds: readonly string[] = [
  ...Object.keys(refusals),
  ...Object.values(providers).flatMap(({ id, wireFormats: spoken }) =>
    Object.values(spoken).flatMap(({ as }) => (as === id ? [] : [as])),
  ),
];

/** Why this id cannot be a provider, or null. */
export function refusalOf(id: string): Refusal | null {
  if (Object.hasOwn(refusals, id)) return refusals[id]!;
  for (const provider of Object.values(providers)) {
    const [api] = Object.entries(provider.wireFormats).find(([, speech]) => speech.as === id && id !== provider.id) ?? [];
    if (api === undefined) continue;
    const settings = api === provider.defaultApi ? "{}" : `{ api: ${api} }`;
    return { why: `that is what ${provider.id} is called inside the environment`, fix: `write ${provider.id}: ${settings}` };
  }
  return null;
}
