/**
 * The Anthropic Messages wire format.
 *
 * Shapes and the order of events: Anthropic API reference, "Create a Message", "Streaming messages", "Tool use" and "Errors".
 */
import { fromTool, fromUser, turnsIn } from "./conversation.ts";
import { matchExactly, splitInput, splitWords, streamOfTyped, type Answer, type WireFormat } from "./wire.ts";
import { namesIn, objectsIn, type JsonObject } from "./json.ts";

/** Names of errors by HTTP status (Anthropic API reference, "Errors"). */
const errorTypes: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  529: "overloaded_error",
};

const path = "/v1/messages";

/** `POST /v1/messages`. */
export const messages: WireFormat = {
  name: "messages",
  path,
  match: matchExactly(path),
  read: (body) => ({
    turns: objectsIn(body["messages"])
      .filter(({ role }) => role === "user")
      .flatMap(({ content }) =>
        turnsIn(content, (block) => {
          if (block["type"] === "tool_result") return [fromTool(block["content"])];
          return block["type"] === "text" ? fromUser(block["text"]) : [];
        }),
      ),
    tools: namesIn(objectsIn(body["tools"])),
  }),
  complete: (answer) => ({
    ...message(answer),
    content: [answer.call === null ? { type: "text", text: answer.text } : toolUse(answer, answer.call.input)],
    stop_reason: stopReason(answer),
    usage: usage(answer, answer.outputTokens),
  }),
  stream: (answer) =>
    streamOfTyped([
      // The one output token is what the real API reports at this point, too: the count is cumulative.
      { type: "message_start", message: { ...message(answer), usage: usage(answer, 1) } },
      {
        type: "content_block_start",
        index: 0,
        content_block: answer.call === null ? { type: "text", text: "" } : toolUse(answer, {}),
      },
      { type: "ping" },
      ...deltas(answer).map((delta) => ({ type: "content_block_delta", index: 0, delta })),
      { type: "content_block_stop", index: 0 },
      {
        type: "message_delta",
        delta: { stop_reason: stopReason(answer), stop_sequence: null },
        usage: { output_tokens: answer.outputTokens },
      },
      { type: "message_stop" },
    ]),
  error: (status, text) => ({
    type: "error",
    error: { type: errorTypes[status] ?? (status < 500 ? "invalid_request_error" : "api_error"), message: text },
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

function toolUse({ number, call }: Answer, input: JsonObject): JsonObject {
  return { type: "tool_use", id: `toolu_mock_${number}`, name: call?.name, input };
}

function deltas({ text, call }: Answer): readonly JsonObject[] {
  return call === null
    ? splitWords(text).map((word) => ({ type: "text_delta", text: word }))
    : splitInput(call).map((json) => ({ type: "input_json_delta", partial_json: json }));
}

function stopReason({ call }: Answer): string {
  return call === null ? "end_turn" : "tool_use";
}

function usage({ inputTokens }: Answer, outputTokens: number): JsonObject {
  return {
    input_tokens: inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: outputTokens,
  };
}
