/** Every wire format of the mock gateway over real sockets: a text and a tool call, whole and streamed, and errors. */
import { describe, expect, test } from "vitest";
import { answerTo, readCall } from "../../src/gateway/mock/conversation.ts";
import { formatAwsEvent, formatMessage } from "../../src/gateway/mock/event-stream.ts";
import { findFormat, wireFormats } from "../../src/gateway/mock/formats.ts";
import type { WireFormatName } from "../../src/gateway/mock/wire.ts";
import {
  ask,
  bodyFor,
  everywhere,
  orderOf,
  parseAwsEvents,
  parseEvents,
  pathsFor,
  post,
  slowCrc32,
  startGateway,
  type SentEvent,
} from "../support/mock-gateway.ts";

const model = everywhere.id;
const hello = `This is the mock gateway, answering as ${model}. You said: say hi`;
const call = { name: "grep", input: { pattern: "needle in 😀", path: "." } };
const callText = `mock-tool grep ${JSON.stringify(call.input)}`;
const json = JSON.stringify(call.input);
const outputTokens = Math.ceil(hello.length / 4);
const callTokens = Math.ceil(JSON.stringify(call).length / 4);
const tool = { name: "grep", description: "finds" };
const names = wireFormats.map(({ name }) => name);

/** What a format calls things, and how its answers are taken apart again. */
interface Dialect {
  /** Offers the tool, as fields beside the messages. */
  readonly offer: Record<string, unknown>;
  /** The conversation with the call and this result behind it. */
  readonly goOn: (result: unknown) => Record<string, unknown>;
  /** The whole answer, but for ids. */
  readonly text: object;
  readonly called: object;
  /** The order of a stream's events. */
  readonly textOrder: readonly string[];
  readonly callOrder: readonly string[];
  /** The text and the input that a stream's events join to. */
  readonly join: (events: readonly SentEvent[]) => { readonly text: string; readonly input: string };
  /** Where the counts are, and why it ended. */
  readonly end: (events: readonly SentEvent[]) => { readonly reason: string; readonly output: number };
}

const gemini: Dialect = {
  offer: { tools: [{ functionDeclarations: [tool] }] },
  goOn: (result) => ({
    contents: [
      { role: "user", parts: [{ text: callText }] },
      { role: "model", parts: [{ functionCall: { name: "grep", args: call.input } }] },
      { role: "user", parts: [{ functionResponse: { name: "grep", response: { name: "grep", content: result } } }] },
    ],
  }),
  text: {
    candidates: [{ content: { role: "model", parts: [{ text: hello }] }, index: 0, finishReason: "STOP" }],
    usageMetadata: {
      promptTokenCount: expect.any(Number),
      candidatesTokenCount: outputTokens,
      totalTokenCount: expect.any(Number),
    },
    modelVersion: model,
    responseId: "mock-1",
  },
  called: {
    candidates: [
      {
        content: { role: "model", parts: [{ functionCall: { name: "grep", args: call.input } }] },
        index: 0,
        finishReason: "STOP",
      },
    ],
    usageMetadata: { candidatesTokenCount: callTokens },
  },
  textOrder: [""],
  callOrder: [""],
  join: (events) => {
    const parts = events.flatMap(({ data }) => data.candidates[0].content.parts);
    const args = parts.map(({ functionCall }) => functionCall?.args).find(Boolean);
    return { text: parts.map(({ text }) => text ?? "").join(""), input: args === undefined ? "" : JSON.stringify(args) };
  },
  end: (events) => {
    const { candidates, usageMetadata } = events.at(-1)!.data;
    return { reason: candidates[0].finishReason, output: usageMetadata.candidatesTokenCount };
  },
};

const dialects: Readonly<Record<WireFormatName, Dialect>> = {
  messages: {
    offer: { tools: [{ ...tool, input_schema: {} }] },
    goOn: (result) => ({
      messages: [
        { role: "user", content: [{ type: "text", text: callText }] },
        { role: "assistant", content: [{ type: "tool_use", id: "toolu_mock_1", name: "grep", input: call.input }] },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "toolu_mock_1", content: [{ type: "text", text: result }] }],
        },
      ],
    }),
    text: { content: [{ type: "text", text: hello }], stop_reason: "end_turn", usage: { output_tokens: outputTokens } },
    called: {
      content: [{ type: "tool_use", id: "toolu_mock_1", name: "grep", input: call.input }],
      stop_reason: "tool_use",
      usage: { output_tokens: callTokens },
    },
    textOrder: [
      "message_start",
      "content_block_start",
      "ping",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ],
    callOrder: [
      "message_start",
      "content_block_start",
      "ping",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ],
    join: (events) => ({
      text: events.map(({ data }) => data.delta?.text ?? "").join(""),
      input: events.map(({ data }) => data.delta?.partial_json ?? "").join(""),
    }),
    end: (events) => ({ reason: events.at(-2)!.data.delta.stop_reason, output: events.at(-2)!.data.usage.output_tokens }),
  },
  responses: {
    offer: { tools: [{ type: "function", ...tool, parameters: {} }, { type: "web_search" }] },
    goOn: (result) => ({
      input: [
        { role: "user", content: [{ type: "input_text", text: callText }] },
        { type: "function_call", call_id: "call_mock_1", name: "grep", arguments: json },
        { type: "function_call_output", call_id: "call_mock_1", output: result },
      ],
    }),
    text: {
      id: "resp_mock_1",
      status: "completed",
      output: [{ type: "message", content: [{ type: "output_text", text: hello }] }],
      usage: { output_tokens: outputTokens },
    },
    called: {
      output: [
        {
          id: "fc_mock_1",
          type: "function_call",
          status: "completed",
          call_id: "call_mock_1",
          name: "grep",
          arguments: json,
        },
      ],
      usage: { output_tokens: callTokens },
    },
    textOrder: [
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ],
    callOrder: [
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_item.done",
      "response.completed",
    ],
    join: (events) => {
      const deltas = (type: string): string =>
        events
          .filter(({ name }) => name === type)
          .map(({ data }) => data.delta)
          .join("");
      return { text: deltas("response.output_text.delta"), input: deltas("response.function_call_arguments.delta") };
    },
    end: (events) => {
      const { response } = events.at(-1)!.data;
      return { reason: response.output[0].type, output: response.usage.output_tokens };
    },
  },
  chat: {
    offer: { tools: [{ type: "function", function: tool }], stream_options: { include_usage: true } },
    goOn: (result) => ({
      messages: [
        { role: "user", content: [{ type: "text", text: callText }] },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "call_mock_1", type: "function", function: { name: "grep", arguments: json } }],
        },
        { role: "tool", tool_call_id: "call_mock_1", content: result },
      ],
    }),
    text: {
      id: "chatcmpl-mock-1",
      object: "chat.completion",
      created: 1767323045,
      choices: [{ index: 0, message: { role: "assistant", content: hello }, finish_reason: "stop" }],
      usage: { completion_tokens: outputTokens },
    },
    called: {
      choices: [
        {
          message: {
            content: null,
            tool_calls: [{ id: "call_mock_1", type: "function", function: { name: "grep", arguments: json } }],
          },
          finish_reason: "tool_calls",
        },
      ],
      usage: { completion_tokens: callTokens },
    },
    textOrder: [""],
    callOrder: [""],
    join: (events) => {
      const deltas = events.flatMap(({ data }) => data.choices ?? []).map(({ delta }) => delta);
      return {
        text: deltas.map(({ content }) => content ?? "").join(""),
        input: deltas.map(({ tool_calls }) => tool_calls?.[0].function.arguments ?? "").join(""),
      };
    },
    end: (events) => {
      expect(events.at(-1)!.data).toBe("[DONE]");
      const reasons = events.flatMap(({ data }) => data.choices ?? []).map(({ finish_reason }) => finish_reason);
      expect(reasons.slice(0, -1).every((reason) => reason === null)).toBe(true);
      return { reason: reasons.at(-1), output: events.at(-2)!.data.usage?.completion_tokens };
    },
  },
  "generate-content": gemini,
  vertex: gemini,
  converse: {
    offer: { toolConfig: { tools: [{ toolSpec: tool }, { cachePoint: { type: "default" } }] } },
    goOn: (result) => ({
      messages: [
        { role: "user", content: [{ text: callText }] },
        { role: "assistant", content: [{ toolUse: { toolUseId: "tooluse_mock_1", ...call } }] },
        { role: "user", content: [{ toolResult: { toolUseId: "tooluse_mock_1", content: [{ text: result }] } }] },
      ],
    }),
    text: {
      output: { message: { role: "assistant", content: [{ text: hello }] } },
      stopReason: "end_turn",
      usage: { outputTokens },
      metrics: { latencyMs: 1 },
    },
    called: {
      output: { message: { role: "assistant", content: [{ toolUse: { toolUseId: "tooluse_mock_1", ...call } }] } },
      stopReason: "tool_use",
      usage: { outputTokens: callTokens },
    },
    textOrder: ["messageStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"],
    callOrder: ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"],
    join: (events) => ({
      text: events.map(({ data }) => data.delta?.text ?? "").join(""),
      input: events.map(({ data }) => data.delta?.toolUse?.input ?? "").join(""),
    }),
    end: (events) => ({ reason: events.at(-2)!.data.stopReason, output: events.at(-1)!.data.usage.outputTokens }),
  },
};

const reasons: Readonly<Record<WireFormatName, readonly [text: string, call: string]>> = {
  messages: ["end_turn", "tool_use"],
  responses: ["message", "function_call"],
  chat: ["stop", "tool_calls"],
  "generate-content": ["STOP", "STOP"],
  vertex: ["STOP", "STOP"],
  converse: ["end_turn", "tool_use"],
};

async function readStream(response: Response): Promise<SentEvent[]> {
  expect(response.status).toBe(200);
  const type = response.headers.get("content-type");
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (type === "application/vnd.amazon.eventstream") return parseAwsEvents(bytes);
  expect(type).toBe("text/event-stream; charset=utf-8");
  return parseEvents(new TextDecoder().decode(bytes));
}

describe.each(names)("%s", (format) => {
  const { offer, goOn, text, called, textOrder, callOrder, join, end } = dialects[format];
  const offered = (stream: boolean): unknown => ({ ...bodyFor(format, model, callText, stream), ...offer });

  test("answers with a text as one document", async () => {
    const gateway = await startGateway();
    const response = await ask(gateway, format, "say hi");
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(await response.json()).toMatchObject(text);
    expect(gateway.requests).toEqual([
      expect.objectContaining({ model, provider: "house", stream: false, status: 200, outputTokens, fault: null }),
    ]);
  });

  test("streams a text in order, in several chunks, with why it ended and what it cost", async () => {
    const gateway = await startGateway();
    const body = { ...bodyFor(format, model, "say hi", true), ...offer };
    const response = await post(gateway, pathsFor[format](model, true), body);
    const events = await readStream(response);
    expect(orderOf(events)).toEqual(textOrder);
    expect(events.length).toBeGreaterThan(8);
    expect(join(events)).toEqual({ text: hello, input: "" });
    expect(end(events)).toEqual({ reason: reasons[format][0], output: outputTokens });
    expect(gateway.requests).toEqual([expect.objectContaining({ model, stream: true, outputTokens })]);
  });

  test("calls the tool that the user's text names, as one document", async () => {
    const gateway = await startGateway();
    const response = await post(gateway, pathsFor[format](model, false), offered(false));
    expect(await response.json()).toMatchObject(called);
    expect(gateway.requests[0]).toMatchObject({ outputTokens: callTokens });
  });

  test("streams the call, its input in pieces where the format has such", async () => {
    const gateway = await startGateway();
    const events = await readStream(await post(gateway, pathsFor[format](model, true), offered(true)));
    expect(orderOf(events)).toEqual(callOrder);
    expect(join(events)).toEqual({ text: "", input: json });
    expect(end(events)).toEqual({ reason: reasons[format][1], output: callTokens });
  });

  test("answers the tool's result with its beginning", async () => {
    const gateway = await startGateway();
    const found = `Found 1 match\n${"x".repeat(300)}`;
    const body = { ...bodyFor(format, model, "", false), ...offer, ...goOn(found) };
    const answer = await (await post(gateway, pathsFor[format](model, false), body)).text();
    expect(answer).toContain(`answering as ${model}. The tool's result begins: Found 1 match\\n${"x".repeat(186)}…`);
  });

  test("without that tool on offer, the text is echoed as any other", async () => {
    const gateway = await startGateway();
    const answer = await (await ask(gateway, format, callText)).text();
    expect(answer).toContain("You said: mock-tool grep ");
  });

  test("refuses what it does not know in its own shape", async () => {
    const gateway = await startGateway();
    const response = await ask(gateway, format, "hi", true, "nope");
    expect(response.status).toBe(404);
    const message = expect.stringMatching(/^model nope: The gateway has no such model/);
    expect(await response.json()).toEqual(
      {
        messages: { type: "error", error: { type: "not_found_error", message } },
        responses: { error: { message, type: "invalid_request_error", param: null, code: "model_not_found" } },
        chat: { error: { message, type: "invalid_request_error", param: null, code: "model_not_found" } },
        "generate-content": { error: { code: 404, message, status: "NOT_FOUND" } },
        vertex: { error: { code: 404, message, status: "NOT_FOUND" } },
        converse: { message },
      }[format],
    );
    expect(response.headers.get("x-amzn-errortype")).toBe(format === "converse" ? "ResourceNotFoundException" : null);
    expect((await fetch(gateway.origin + pathsFor[format](model, false))).status).toBe(405);
    expect((await post(gateway, pathsFor[format](model, false), [])).status).toBe(400);
  });

  test("odd bodies are read as saying nothing", async () => {
    const gateway = await startGateway();
    const lists = [null, 7, {}, [null, 7, {}, { role: "user" }, { role: "user", content: 7, parts: [null, { text: 7 }] }]];
    for (const odd of lists) {
      const body = { model, messages: odd, input: odd, contents: odd, tools: odd, toolConfig: odd };
      const answer = await (await post(gateway, pathsFor[format](model, false), body)).text();
      expect(answer).toContain("It found no text of yours.");
    }
  });
});

test("a path belongs to one format, with the model decoded", () => {
  for (const name of names) {
    const path = pathsFor[name](model, true).split("?")[0]!;
    expect(wireFormats.filter((format) => format.match(path) !== null).map((format) => format.name)).toEqual([name]);
    const inBody = ["messages", "responses", "chat"].includes(name);
    expect(findFormat(path)!.address).toEqual(inBody ? { model: null, stream: null } : { model, stream: true });
  }
  expect(findFormat("/v1beta/models/a/b:generateContent")).toBeNull();
  expect(findFormat("/v1beta/models/tuned:7:generateContent")?.address).toEqual({ model: "tuned:7", stream: false });
  expect(findFormat("/bedrock/model/%E0%A4%A/converse")).toBeNull();
  expect(findFormat("/v1/projects/p/locations/r/publishers/anthropic/models/m:rawPredict")).toBeNull();
});

test("a stream of Gemini's without alt=sse is one list", async () => {
  const gateway = await startGateway();
  const path = pathsFor["generate-content"](model, true).split("?")[0]!;
  const response = await post(gateway, path, bodyFor("generate-content", model, "say hi"));
  expect(response.headers.get("content-type")).toContain("application/json");
  const list: any = await response.json();
  expect(list.map((each: any) => each.candidates[0].content.parts[0].text).join("")).toBe(hello);
});

test("chat completions count only for those who ask for it", async () => {
  const gateway = await startGateway();
  const events = parseEvents(await (await ask(gateway, "chat", "say hi", true)).text());
  expect(events.some(({ data }) => typeof data === "object" && "usage" in data)).toBe(false);
});

test("a tool is called for the user's last text only, whatever stands behind the JSON", () => {
  const tools = ["grep"];
  const user = (text: string) => ({ from: "user" as const, text });
  const result = { from: "tool" as const, text: "found" };
  const asked = user('mock-tool grep {"a":{"b":"}"}} and more {}');
  expect(answerTo({ turns: [asked], tools }, "m")).toEqual({ text: "", call: { name: "grep", input: { a: { b: "}" } } } });
  expect(answerTo({ turns: [asked, user("hi")], tools }, "m").call).toBeNull();
  expect(answerTo({ turns: [asked, result], tools }, "m").call).toBeNull();
  expect(answerTo({ turns: [asked, result, user("hi")], tools }, "m").text).toContain("You said: hi");
  expect(answerTo({ turns: [asked, result, asked], tools }, "m").call).not.toBeNull();
  expect(answerTo({ turns: [result], tools }, "m").text).toContain("result begins: found");
  expect(answerTo({ turns: [asked], tools: ["read"] }, "m").call).toBeNull();
  for (const text of ["mock-tool grep", "mock-tool grep {", "mock-tool grep [1]", "a mock-tool grep {}", "mock-tool {}"])
    expect(readCall(text)).toBeNull();
  expect(readCall('"mock-tool grep {\\"a\\": \\"b\\\\"c\\"}"')).toEqual({ name: "grep", input: { a: 'b"c' } });
  expect(readCall(`mock-tool grep {"a":"${"}".repeat(20_000)}"}`)).toBeNull();
});

describe("AWS's event stream", () => {
  // The vectors are those that AWS's SDKs are tested with (aws/aws-sdk-js-v3, packages/eventstream-codec, test vectors).
  test.each([
    ["nothing", {}, "", "000000100000000005c248eb7d98c8ff"],
    ["a payload", {}, "{'foo':'bar'}", "0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936"],
    [
      "a payload and a header",
      { "content-type": "application/json" },
      "{'foo':'bar'}",
      "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1",
    ],
  ])("frames %s as AWS does", (_name, headers, payload, expected) => {
    expect(Buffer.from(formatMessage(headers, payload)).toString("hex")).toBe(expected);
  });

  test("its checksums are CRC-32, computed here bit by bit", () => {
    expect(slowCrc32(Buffer.from("123456789"))).toBe(0xcbf43926);
    const bytes = Buffer.from(formatAwsEvent("contentBlockDelta", { delta: { text: "é 😀" } }));
    expect(bytes.readUInt32BE(8)).toBe(slowCrc32(bytes.subarray(0, 8)));
    expect(bytes.readUInt32BE(bytes.length - 4)).toBe(slowCrc32(bytes.subarray(0, -4)));
    expect(parseAwsEvents(bytes)).toEqual([{ name: "contentBlockDelta", data: { delta: { text: "é 😀" } } }]);
  });

  test("a header of more than 255 bytes has its length right", () => {
    const bytes = Buffer.from(formatMessage({ long: "x".repeat(300) }, ""));
    expect(bytes.length).toBe(16 + 1 + 4 + 3 + 300);
    expect(bytes.readUInt16BE(12 + 1 + 4 + 1)).toBe(300);
  });
});
