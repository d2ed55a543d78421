/**
 * The Anthropic Messages wire format.
 *
 * Shapes and the order of events: Anthropic API reference, "Create a Message", "Streaming messages" and "Errors".
 */
import { lastUserTextIn, splitWords, type Answer, type JsonObject, type WireFormat } from "./wire.ts";

/** Names of errors by HTTP status (Anthropic API reference, "Errors"). */
const errorTypes: Readonly<Record<number, string>> = {
  404: "not_found_error",
  413: "request_too_large",
};

/** `POST /v1/messages`. */
export const messages: WireFormat = {
  path: "/v1/messages",
  lastUserText: (body) => lastUserTextIn(body["messages"], "text"),
  complete: (answer) => ({
    ...message(answer),
    content: [{ type: "text", text: answer.text }],
    stop_reason: "end_turn",
    usage: usage(answer, answer.outputTokens),
  }),
  events: (answer) => [
    // The one output token is what the real API reports at this point, too: the count is cumulative.
    { type: "message_start", message: { ...message(answer), usage: usage(answer, 1) } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "ping" },
    ...splitWords(answer.text).map((text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: answer.outputTokens },
    },
    { type: "message_stop" },
  ],
  error: (status, text) => ({
    type: "error",
    error: { type: errorTypes[status] ?? "invalid_request_error", message: text },
  }),
};

function message({ number, model }: Answer): JsonObject {
  return {
    id: `msg_mock_${number}`,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
}

function usage({ inputTokens }: Answer, outputTokens: number): JsonObject {
  return {
    input_tokens: inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: outputTokens,
  };
}
