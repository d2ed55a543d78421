/**
 * What OpenAI's newer models do not take over chat completions, whoever passes them on. OpenCode's package for compatible APIs sends it
 * nevertheless (observed with opencode-ai 1.18.18), and puts a model's own `options` into the body behind its own fields, so they can take it back.
 */

/** `gpt-5…` and the o series. gpt-oss is not among them. */
const newer = /(?:^|\/)(?:gpt-(?:[5-9]|\d\d)|o[1-9](?:-|$))/;

/** From gpt-5.2 on, and not the chat ones, which do not reason. */
const withoutEffort = /(?:^|\/)gpt-(?:5\.(?:[2-9]|\d\d)|[6-9]|\d\d)(?!.*-chat)/;

/** Options for a model over chat completions by the package for compatible APIs, or null where it needs none. */
export function chatOptions(model: string): Readonly<Record<string, unknown>> | null {
  if (!newer.test(model)) return null;
  return {
    // "Unsupported parameter: 'max_tokens' is not supported with this model" (anomalyco/opencode#5421). Null is how OpenAI's API takes none.
    max_tokens: null,
    // "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions" (openai/openai-openapi#541); of gpt-5.6:
    // "use /v1/responses or set reasoning_effort to 'none'" (GoogleChromeLabs/webmcp-tools#417); of gpt-5.2: livekit/agents#5088.
    ...(withoutEffort.test(model) && { reasoningEffort: "none" }),
  };
}

/** Whether a model may be offered with efforts of reasoning to choose from over chat completions. */
export function hasEfforts(model: string): boolean {
  return !withoutEffort.test(model);
}
