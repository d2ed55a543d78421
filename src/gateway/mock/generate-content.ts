/**
 * Google's generateContent wire format, as the Gemini API serves it.
 *
 * Shapes: Gemini API reference, "models.generateContent", "models.streamGenerateContent" (`GenerateContentResponse`) and "Function calling";
 * errors: Google Cloud API design guide, "Errors". A stream without `alt=sse` is one JSON list: Google API reference, system parameters.
 */
import { fromTool, fromUser } from "./conversation.ts";
import { eventStream, formatEvent, matchModel, splitWords, type Answer, type WireFormat } from "./wire.ts";
import { isObject, namesIn, objectsIn, type JsonObject } from "./json.ts";

/** Canonical codes by HTTP status (google.rpc.Code). */
const errorStatuses: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/** `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent`. */
export const generateContent: WireFormat = {
  name: "generate-content",
  path: "/v1beta/models/{model}:generateContent",
  match: matchModel(
    /^\/v1beta\/models\/(?<model>[^/]+):(?<method>generateContent|streamGenerateContent)$/,
    "streamGenerateContent",
  ),
  read: ({ contents, tools }) => ({
    // A content without a role is the user's. Results are in contents of the user; older clients give them a role of their own.
    turns: objectsIn(contents)
      .filter(({ role }) => role !== "model")
      .flatMap(({ parts }) => objectsIn(parts))
      .flatMap(({ text, functionResponse }) =>
        isObject(functionResponse) ? [fromTool(functionResponse["response"])] : fromUser(text),
      ),
    tools: objectsIn(tools).flatMap((tool) => namesIn(objectsIn(tool["functionDeclarations"] ?? tool["function_declarations"]))),
  }),
  complete: (answer) => chunk(answer, part(answer, answer.text), true),
  stream: (answer, { query }) => {
    const parts = answer.call === null ? splitWords(answer.text).map((text) => part(answer, text)) : [part(answer, "")];
    const chunks = parts.map((each, index) => chunk(answer, each, index === parts.length - 1));
    return query.get("alt") === "sse"
      ? { contentType: eventStream, pieces: chunks.map((each) => formatEvent(each)) }
      : {
          contentType: "application/json; charset=utf-8",
          pieces: [...chunks.map((each, index) => `${index === 0 ? "[" : ",\n"}${JSON.stringify(each)}`), "]\n"],
        };
  },
  error: (status, message) => {
    const name = errorStatuses[status] ?? (status < 500 ? "FAILED_PRECONDITION" : "UNKNOWN");
    return { error: { code: status, message, status: name } };
  },
};

function part({ call }: Answer, text: string): JsonObject {
  return call === null ? { text } : { functionCall: { name: call.name, args: call.input } };
}

/** One response object: a complete answer, or a piece of a stream, whose counts are cumulative. */
function chunk({ number, model, inputTokens, outputTokens }: Answer, part: JsonObject, last: boolean): JsonObject {
  const candidate = { content: { role: "model", parts: [part] }, index: 0 };
  const usage = { promptTokenCount: inputTokens, totalTokenCount: inputTokens };
  return {
    candidates: [last ? { ...candidate, finishReason: "STOP" } : candidate],
    usageMetadata: last ? { ...usage, candidatesTokenCount: outputTokens, totalTokenCount: inputTokens + outputTokens } : usage,
    modelVersion: model,
    responseId: `mock-${number}`,
  };
}
