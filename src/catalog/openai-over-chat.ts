/**
 * Parameters that OpenAI's newer models refuse over chat completions, through any gateway. OpenCode's package for compatible APIs sends them
 * anyway (observed with opencode-ai 1.18.18). A model's `options` come after these in the body, so they can override them.
 */

/** `gpt-5…` and the o series. gpt-oss is not among them. */
const newer = /(?:^|\/)(?:gpt-(?:[5-9]|\d\d)|o[1-9](?:-|$))/;

/** From gpt-5.2 on, and not the chat ones, which do not reason. */
const withoutEffort = /(?:^|\/)gpt-(?:5\.(?:[2-9]|\d\d)|[6-9]|\d\d)(?!.*-chat)/;

/** Options for a model over chat completions with the package for compatible APIs, or null if it needs none. */
export function chatOptions(model: string): Readonly<Record<string, unknown>> | null {
  if (!newer.test(model)) return null;
  return {
    // "Unsupported parameter: 'max_tokens' is not supported with this model" (anomalyco/opencode#5421). OpenAI's API reads null as absent.
    max_tokens: null,
    // "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions" (openai/openai-openapi#541); of gpt-5.6:
    // "use /v1/responses or set reasoning_effort to 'none'" (GoogleChromeLabs/webmcp-tools#417); of gpt-5.2: livekit/agents#5088.
    ...(withoutEffort.test(model) && { reasoningEffort: "none" }),
  };
}

/** Whether a model can be offered with a choice of reasoning efforts over chat completions. */
export function hasEfforts(model: string): boolean {
  return !withoutEffort.test(model);
}
