/**
 * The OpenAI Responses wire format.
 *
 * Shapes and the order of events: OpenAI API reference, "Responses" (the response object) and "Streaming events"; "Error codes".
 */
import { lastUserTextIn, splitWords, type Answer, type JsonObject, type WireFormat } from "./wire.ts";

/** `POST /v1/responses`. */
export const responses: WireFormat = {
  path: "/v1/responses",
  lastUserText: ({ input }) => (typeof input === "string" ? input : lastUserTextIn(input, "input_text")),
  complete: completed,
  events: (answer) => {
    const at = { item_id: itemId(answer), output_index: 0, content_index: 0 };
    const events = [
      { type: "response.created", response: response(answer) },
      { type: "response.in_progress", response: response(answer) },
      { type: "response.output_item.added", output_index: 0, item: item(answer, "in_progress", []) },
      { type: "response.content_part.added", ...at, part: part("") },
      ...splitWords(answer.text).map((delta) => ({ type: "response.output_text.delta", ...at, delta, logprobs: [] })),
      { type: "response.output_text.done", ...at, text: answer.text, logprobs: [] },
      { type: "response.content_part.done", ...at, part: part(answer.text) },
      { type: "response.output_item.done", output_index: 0, item: item(answer, "completed", [part(answer.text)]) },
      { type: "response.completed", response: completed(answer) },
    ];
    return events.map((event, index) => ({ ...event, sequence_number: index }));
  },
  error: (_status, message, code) => ({
    error: { message, type: "invalid_request_error", param: null, code: code ?? null },
  }),
};

/** The response object while nothing is said yet. What it would repeat of the request (instructions, tools) is left empty. */
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
    output: [item(answer, "completed", [part(answer.text)])],
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
  };
}

function item(answer: Answer, status: string, content: readonly JsonObject[]): JsonObject {
  return { id: itemId(answer), type: "message", status, role: "assistant", content };
}

function itemId({ number }: Answer): string {
  return `msg_mock_${number}`;
}

function part(text: string): JsonObject {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}
