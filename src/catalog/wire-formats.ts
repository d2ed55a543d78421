/**
 * The APIs that a gateway serves and OpenCode can call, as data.
 *
 * Paths that a gateway serves: tailscale/aperture-cli, internal/config/providers.go, and the Aperture documentation, "Supported providers and
 * clients". Which of its flags stands for which package and base URL: the same, internal/clients/opencode/sdk.go. What OpenCode calls for each:
 * observed with opencode-ai 1.18.18 against a logging gateway; where the CLI says `endpoint` for Bedrock, that is understood for one id only and
 * sends all others past the gateway.
 */

/** The API that a provider speaks through the gateway. */
export type WireFormat = "messages" | "responses" | "chat" | "generate-content" | "vertex" | "converse";

/** How one wire format is reached. */
export interface FormatRoute {
  /** The path that makes the gateway's origin a base URL. */
  readonly suffix: string;
  /** The path of requests, as in the `supported_endpoints` of the gateway's model list. */
  readonly path: string;
  /** The package that speaks it. OpenCode's binary contains all of them. */
  readonly npm: string;
  /** The model is in the path and not in the body, so a request cannot name the provider. */
  readonly modelInPath: boolean;
  /** Model names must not contain a slash: Google's packages treat such a name differently and call a path without `models/`. */
  readonly noSlash: boolean;
}

/** Aperture puts its own project in for this (tailscale/aperture-cli, internal/clients/opencode/sdk.go). */
export const vertexProject = "_aperture_auto_vertex_project_id_";

/** And its own region for this. */
export const vertexRegion = "_aperture_auto_vertex_region_";

/** Every wire format. */
export const wireFormats: Readonly<Record<WireFormat, FormatRoute>> = {
  messages: { suffix: "/v1", path: "/v1/messages", npm: "@ai-sdk/anthropic", modelInPath: false, noSlash: false },
  responses: { suffix: "/v1", path: "/v1/responses", npm: "@ai-sdk/openai", modelInPath: false, noSlash: false },
  chat: { suffix: "/v1", path: "/v1/chat/completions", npm: "@ai-sdk/openai-compatible", modelInPath: false, noSlash: false },
  "generate-content": {
    suffix: "/v1beta",
    path: "/v1beta/models/{model}:generateContent",
    npm: "@ai-sdk/google",
    modelInPath: true,
    noSlash: true,
  },
  vertex: {
    suffix: `/v1/projects/${vertexProject}/locations/${vertexRegion}/publishers/google`,
    path: "/v1/projects/{project}/locations/{region}/publishers/google/models/{model}:generateContent",
    npm: "@ai-sdk/google-vertex",
    modelInPath: true,
    noSlash: true,
  },
  converse: {
    suffix: "/bedrock",
    path: "/bedrock/model/{model}/converse",
    npm: "@ai-sdk/amazon-bedrock",
    modelInPath: true,
    noSlash: false,
  },
};

/** Whether a text names a wire format. */
export function isWireFormat(text: string): text is WireFormat {
  return Object.hasOwn(wireFormats, text);
}
