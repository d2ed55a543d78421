/**
 * The providers that an environment can offer, as data: one entry each, no code elsewhere knows a provider by name.
 *
 * Which path a gateway serves for which wire format: Aperture documentation, "Supported providers and clients" and its client pages.
 * Which path OpenCode calls for which provider and base URL: observed with opencode-ai 1.18 against a logging gateway.
 */

/** The API that a provider speaks through the gateway. */
export type WireFormat = "messages" | "responses";

/** How one wire format is reached: `suffix` goes behind the gateway's origin as base URL, `path` is what OpenCode then calls. */
export interface WireFormatRoute {
  readonly suffix: string;
  readonly path: string;
}

/** A provider of OpenCode's catalogue that Aperture can serve. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly wireFormats: Readonly<Partial<Record<WireFormat, WireFormatRoute>>>;
  readonly defaultApi: WireFormat;
  /** Proposed when this provider comes first in the spec: ids without the provider's name. */
  readonly defaults: { readonly model: string; readonly smallModel: string };
}

/** All providers, in the order in which they are offered. */
export const providers: Readonly<Record<string, Provider>> = {
  anthropic: {
    id: "anthropic",
    name: "Anthropic",
    wireFormats: { messages: { suffix: "/v1", path: "/v1/messages" } },
    defaultApi: "messages",
    defaults: { model: "claude-sonnet-4-5", smallModel: "claude-haiku-4-5" },
  },
  openai: {
    id: "openai",
    name: "OpenAI",
    wireFormats: { responses: { suffix: "/v1", path: "/v1/responses" } },
    defaultApi: "responses",
    defaults: { model: "gpt-5", smallModel: "gpt-5-mini" },
  },
};

/** The provider of that id, or undefined; never something inherited from Object. */
export function findProvider(id: string): Provider | undefined {
  return Object.hasOwn(providers, id) ? providers[id] : undefined;
}
