/**
 * The Amazon Bedrock Converse wire format.
 *
 * Shapes and the order of events: Amazon Bedrock API reference, "Converse", "ConverseStream" and its common errors. Model ids contain colons and
 * are URL-encoded in the path.
 */
import { fromTool, fromUser, type Turn } from "./conversation.ts";
import { awsEventStream, formatAwsEvent } from "./event-stream.ts";
import { matchModel, splitInput, splitWords, type Answer, type WireFormat } from "./wire.ts";
import { isObject, namesIn, objectsIn, type JsonObject } from "./json.ts";

/** Names of errors by HTTP status (Amazon Bedrock API reference, "Converse", Errors). */
const errorTypes: Readonly<Record<number, string>> = {
  403: "AccessDeniedException",
  404: "ResourceNotFoundException",
  408: "ModelTimeoutException",
  424: "ModelErrorException",
  429: "ThrottlingException",
  503: "ServiceUnavailableException",
};

/** `POST /bedrock/model/{model}/converse` and `/converse-stream`. */
export const converse: WireFormat = {
  name: "converse",
  path: "/bedrock/model/{model}/converse",
  match: matchModel(/^\/bedrock\/model\/(?<model>[^/]+)\/(?<method>converse|converse-stream)$/, "converse-stream"),
  read: ({ messages, toolConfig }) => ({
    turns: objectsIn(messages)
      .filter(({ role }) => role === "user")
      .flatMap(({ content }) => objectsIn(content))
      .flatMap(turnsOf),
    tools: namesIn(objectsIn(objectsIn(isObject(toolConfig) ? toolConfig["tools"] : []).map((tool) => tool["toolSpec"]))),
  }),
  complete: (answer) => ({
    output: { message: { role: "assistant", content: [content(answer)] } },
    stopReason: stopReason(answer),
    ...metadata(answer),
  }),
  stream: (answer) => ({
    contentType: awsEventStream,
    pieces: events(answer).map(([type, payload]) => formatAwsEvent(type, payload)),
  }),
  error: (_status, message) => ({ message }),
  errorHeaders: (status) => ({
    "x-amzn-errortype": errorTypes[status] ?? (status < 500 ? "ValidationException" : "InternalServerException"),
  }),
};

function turnsOf({ text, toolResult }: JsonObject): readonly Turn[] {
  return isObject(toolResult) ? [fromTool(toolResult["content"])] : fromUser(text);
}

function content({ number, text, call }: Answer): JsonObject {
  return call === null ? { text } : { toolUse: { toolUseId: toolUseId(number), ...call } };
}

function events(answer: Answer): readonly (readonly [type: string, payload: JsonObject])[] {
  const { number, text, call } = answer;
  const at = { contentBlockIndex: 0 };
  const start = call === null ? null : { toolUse: { toolUseId: toolUseId(number), name: call.name } };
  const deltas =
    call === null ? splitWords(text).map((word) => ({ text: word })) : splitInput(call).map((input) => ({ toolUse: { input } }));
  return [
    ["messageStart", { role: "assistant" }],
    // The API sends this event only for tool calls; a text begins with its first delta.
    ...(start === null ? [] : [["contentBlockStart", { ...at, start }] as const]),
    ...deltas.map((delta) => ["contentBlockDelta", { ...at, delta }] as const),
    ["contentBlockStop", at],
    ["messageStop", { stopReason: stopReason(answer) }],
    ["metadata", metadata(answer)],
  ];
}

function toolUseId(number: number): string {
  return `tooluse_mock_${number}`;
}

function stopReason({ call }: Answer): string {
  return call === null ? "end_turn" : "tool_use";
}

function metadata({ inputTokens, outputTokens }: Answer): JsonObject {
  return {
    usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
    // Constant, so that each run gives the same bytes.
    metrics: { latencyMs: 1 },
  };
}
