/**
 * The OpenAI Chat Completions wire format, which most other vendors and self-hosted models use, too.
 *
 * Shapes and the order of chunks: OpenAI API reference, "Chat completions" (the object, the chunk object, `stream_options`).
 */
import { fromTool, fromUser, turnsIn, type Turn } from "./conversation.ts";
import { formatOpenAiError } from "./responses.ts";
import { eventStream, formatEvent, matchExactly, splitInput, splitWords, type Answer, type WireFormat } from "./wire.ts";
import { isObject, namesIn, objectsIn, type JsonObject } from "./json.ts";

const path = "/v1/chat/completions";

/** `POST /v1/chat/completions`. */
export const chat: WireFormat = {
  name: "chat",
  path,
  match: matchExactly(path),
  read: (body) => ({
    turns: objectsIn(body["messages"]).flatMap(turnsOf),
    tools: namesIn(objectsIn(objectsIn(body["tools"]).map((tool) => tool["function"]))),
  }),
  complete: (answer) => ({
    ...head(answer, "chat.completion"),
    choices: [{ index: 0, message: message(answer), logprobs: null, finish_reason: finishReason(answer) }],
    usage: usage(answer),
  }),
  stream: (answer, { body }) => {
    const options = body["stream_options"];
    const counted = isObject(options) && options["include_usage"] === true;
    const chunk = (choices: readonly JsonObject[], usage: JsonObject | null = null): string =>
      formatEvent({ ...head(answer, "chat.completion.chunk"), choices, ...(counted && { usage }) });
    const choice = (delta: JsonObject, reason: string | null = null): string =>
      chunk([{ index: 0, delta, logprobs: null, finish_reason: reason }]);
    return {
      contentType: eventStream,
      pieces: [
        ...deltas(answer).map((delta) => choice(delta)),
        choice({}, finishReason(answer)),
        ...(counted ? [chunk([], usage(answer))] : []),
        formatEvent("[DONE]"),
      ],
    };
  },
  error: formatOpenAiError,
};

function turnsOf({ role, content }: JsonObject): readonly Turn[] {
  if (role === "tool") return [fromTool(content)];
  return role === "user" ? turnsIn(content, ({ type, text }) => (type === "text" ? fromUser(text) : [])) : [];
}

function head({ number, model, created }: Answer, object: string): JsonObject {
  return { id: `chatcmpl-mock-${number}`, object, created: Math.floor(created.getTime() / 1000), model };
}

function message({ number, text, call }: Answer): JsonObject {
  const message = { role: "assistant", content: call === null ? text : null, refusal: null };
  return call === null ? message : { ...message, tool_calls: [toolCall(number, call.name, JSON.stringify(call.input))] };
}

function toolCall(number: number, name: string, json: string): JsonObject {
  return { id: `call_mock_${number}`, type: "function", function: { name, arguments: json } };
}

function deltas({ number, text, call }: Answer): readonly JsonObject[] {
  if (call === null) return [{ role: "assistant", content: "" }, ...splitWords(text).map((content) => ({ content }))];
  return [
    { role: "assistant", content: null, tool_calls: [{ index: 0, ...toolCall(number, call.name, "") }] },
    ...splitInput(call).map((json) => ({ tool_calls: [{ index: 0, function: { arguments: json } }] })),
  ];
}

function finishReason({ call }: Answer): string {
  return call === null ? "stop" : "tool_calls";
}

function usage({ inputTokens, outputTokens }: Answer): JsonObject {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}
