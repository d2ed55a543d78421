/**
 * The OpenAI Responses wire format.
 *
 * Shapes and the order of events: OpenAI API reference, "Responses" (the response object) and "Streaming events"; "Error codes".
 */
import { fromTool, fromUser, turnsIn, type Turn } from "./conversation.ts";
import { matchExactly, splitInput, splitWords, streamOfTyped, type Answer, type WireFormat } from "./wire.ts";
import { namesIn, objectsIn, type JsonObject } from "./json.ts";

const path = "/v1/responses";

/** `POST /v1/responses`. */
export const responses: WireFormat = {
  name: "responses",
  path,
  match: matchExactly(path),
  read: ({ input, tools }) => ({
    turns: turnsIn(input, turnsOf),
    tools: namesIn(objectsIn(tools).filter(({ type }) => type === "function")),
  }),
  complete: completed,
  stream: (answer) => {
    const events = [
      { type: "response.created", response: response(answer) },
      { type: "response.in_progress", response: response(answer) },
      ...(answer.call === null ? textEvents(answer) : callEvents(answer)),
      { type: "response.completed", response: completed(answer) },
    ];
    return streamOfTyped(events.map((event, index) => ({ ...event, sequence_number: index })));
  },
  error: formatOpenAiError,
};

/** An error as both of OpenAI's APIs give it (OpenAI API reference, "Error codes", which leaves the types open). */
export function formatOpenAiError(status: number, message: string, code?: string): JsonObject {
  const type = status === 429 ? "rate_limit_error" : status < 500 ? "invalid_request_error" : "server_error";
  return { error: { message, type, param: null, code: code ?? null } };
}

function turnsOf(item: JsonObject): readonly Turn[] {
  if (item["type"] === "function_call_output") return [fromTool(item["output"])];
  if (item["role"] !== "user") return [];
  return turnsIn(item["content"], ({ type, text }) => (type === "input_text" ? fromUser(text) : []));
}

function textEvents(answer: Answer): readonly (JsonObject & { readonly type: string })[] {
  const at = { item_id: itemId(answer), output_index: 0, content_index: 0 };
  return [
    { type: "response.output_item.added", output_index: 0, item: textItem(answer, "in_progress", []) },
    { type: "response.content_part.added", ...at, part: part("") },
    ...splitWords(answer.text).map((delta) => ({ type: "response.output_text.delta", ...at, delta, logprobs: [] })),
    { type: "response.output_text.done", ...at, text: answer.text, logprobs: [] },
    { type: "response.content_part.done", ...at, part: part(answer.text) },
    { type: "response.output_item.done", output_index: 0, item: item(answer) },
  ];
}

function callEvents(answer: Answer): readonly (JsonObject & { readonly type: string })[] {
  const at = { item_id: itemId(answer), output_index: 0 };
  const done = item(answer);
  const pieces = answer.call === null ? [] : splitInput(answer.call);
  return [
    { type: "response.output_item.added", output_index: 0, item: { ...done, status: "in_progress", arguments: "" } },
    ...pieces.map((delta) => ({ type: "response.function_call_arguments.delta", ...at, delta })),
    { type: "response.function_call_arguments.done", ...at, arguments: done["arguments"] },
    { type: "response.output_item.done", output_index: 0, item: done },
  ];
}

/** The response object before any output. The fields that repeat the request (instructions, tools) are empty. */
function response({ number, model, created }: Answer): JsonObject {
  return {
    id: `resp_mock_${number}`,
    object: "response",
    created_at: Math.floor(created.getTime() / 1000),
    status: "in_progress",
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: null,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_p: null,
    truncation: "disabled",
    usage: null,
    user: null,
    metadata: {},
  };
}

function completed(answer: Answer): JsonObject {
  const { inputTokens, outputTokens } = answer;
  return {
    ...response(answer),
    status: "completed",
    output: [item(answer)],
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
  };
}

/** The complete item of the output; there is only one. */
function item(answer: Answer): JsonObject {
  const { number, text, call } = answer;
  if (call === null) return textItem(answer, "completed", [part(text)]);
  const { name, input } = call;
  const json = JSON.stringify(input);
  return {
    id: itemId(answer),
    type: "function_call",
    status: "completed",
    call_id: `call_mock_${number}`,
    name,
    arguments: json,
  };
}

function textItem(answer: Answer, status: string, content: readonly JsonObject[]): JsonObject {
  return { id: itemId(answer), type: "message", status, role: "assistant", content };
}

function itemId({ number, call }: Answer): string {
  return call === null ? `msg_mock_${number}` : `fc_mock_${number}`;
}

function part(text: string): JsonObject {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}
