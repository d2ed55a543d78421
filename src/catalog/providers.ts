/**
 * The providers of OpenCode's catalogue that a gateway can serve, as data: one entry each, no code elsewhere knows a provider by name.
 *
 * Which provider a gateway serves in which wire format: Aperture documentation, "Supported providers and clients". What OpenCode calls for which
 * id, package and base URL: observed with opencode-ai 1.18.18 against a logging gateway (`test/opencode/providers.test.ts`), and read in its
 * binary (the loaders of its `Provider` module, by id).
 */
import { vertexProject, vertexRegion, wireFormats, type FormatRoute, type WireFormat } from "./wire-formats.ts";

export type { WireFormat } from "./wire-formats.ts";

/** How a provider is reached in one wire format. */
export interface Speech extends FormatRoute {
  /** Its id in OpenCode's configuration. Another one than the provider's where what OpenCode does for that id does not fit. */
  readonly as: string;
  /** The package by which the one provider of the compact style reaches it. */
  readonly compactNpm: string;
  /** More options for its package, where it is a provider of its own. */
  readonly options: Readonly<Record<string, string>>;
  /** Headers that OpenCode itself adds for this id, for where it is no provider of its own. */
  readonly headers: Readonly<Record<string, string>>;
  /** Models of the catalogue that cannot be used in this wire format. */
  readonly lacks: RegExp | null;
  /** Proposed in this wire format, where that is not what is proposed for the provider. */
  readonly defaults: Defaults | null;
}

/** What is proposed of a provider: ids without the provider's name. */
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
  /** Proposed when this provider comes first in the spec. */
  readonly defaults: Defaults;
  /** Proposed where nothing else is said. */
  readonly proposed: boolean;
  /** What gateways call it, where that is not OpenCode's word for it. */
  readonly aliases: readonly string[];
  /** The wire format that is its own: what speaks that and says no name is taken for it. */
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
      // developers.openai.com, models gpt-6.1-sol and gpt-6-astra). The others do where they do not reason, see openai-over-chat.ts.
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
      // Without the loader, its package speaks chat: in the compact style another one has to do.
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

/** Those that are proposed where nothing else is said. */
export const proposedProviders: Readonly<Record<string, Provider>> = Object.fromEntries(
  Object.entries(providers).filter(([, { proposed }]) => proposed),
);

/** For sentences: the first one, and one that speaks another wire format than its default, as a flag names it. */
export const exampleProvider: Provider = Object.values(providers)[0]!;
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

/** How a provider is reached in a wire format: one of the catalogue, or one of the team's own. Throws for a format that it does not speak. */
export function speechOf({ id, api }: { readonly id: string; readonly api: WireFormat }): Speech {
  const provider = findProvider(id);
  const speech = provider === undefined ? speak(api, id) : provider.wireFormats[api];
  if (speech === undefined) throw new Error(`${id} does not speak ${api}`);
  return speech;
}

/** What is proposed of a provider in its wire format; nothing of one of the team's own. */
export function defaultsOf({ id, api }: { readonly id: string; readonly api: WireFormat }): Defaults | null {
  const provider = findProvider(id);
  return provider === undefined ? null : (provider.wireFormats[api]?.defaults ?? provider.defaults);
}

/** The id of the one provider that the compact style has. */
export const compactId = "aperture";

/** Why an id is no provider here, and what to do instead; each a sentence without its full stop. */
export interface Refusal {
  readonly why: string;
  readonly fix: string;
}

const own = (name: string, api: string): string => `name it as one of your own: ${name}: { api: ${api}, models: [the-model] }`;
const called = (name: string, id: string): Refusal => ({ why: `${name} is called ${id} in OpenCode`, fix: `write ${id}` });

/**
 * Ids that cannot be. Those with a loader or a plugin of that id in OpenCode 1.18.18 (read in its binary) would not do what one of the team's own
 * is meant to do; what each calls was observed against a logging gateway.
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
    why: "Gemini CLI's way of access needs https and a login at Google, which the gateway is there to spare",
    fix: "take google, or google-vertex",
  },
  opencode: {
    why: "that is OpenCode's own hosted provider, bypassing the gateway",
    fix: "leave it out, or give one of your own another name",
  },
  "github-copilot": { why: "it logs in at GitHub and goes there, bypassing the gateway", fix: "leave it out" },
  gitlab: { why: "it logs in at GitLab and goes there, bypassing the gateway", fix: "leave it out" },
  "cloudflare-ai-gateway": { why: "it goes to Cloudflare's gateway, past this one", fix: own("workers", "chat") },
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
    why: "that is what the style compact calls the whole gateway",
    fix: "name the providers that it serves, and set opencode.style: compact for one of that name",
  },
};

/** Every id for which `refusalOf` has a reason. */
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
