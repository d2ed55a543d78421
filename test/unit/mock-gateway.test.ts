/** The mock gateway over real sockets: routes, the first two wire formats, what its log may hold, and its end. */
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { runMockGateway, type MockGatewayFlags } from "../../src/cli/commands/mock-gateway.ts";
import { AppError } from "../../src/errors.ts";
import type { Shown } from "../../src/text/terminal.ts";
import { cleanText, createLog, maskKey, type LoggedRequest } from "../../src/gateway/mock/log.ts";
import { formatPage } from "../../src/gateway/mock/page.ts";
import { listenError, startMockGateway, type MockGateway, type MockModel } from "../../src/gateway/mock/server.ts";
import { answerTo } from "../../src/gateway/mock/conversation.ts";
import { messages } from "../../src/gateway/mock/messages.ts";
import { splitInput, splitWords } from "../../src/gateway/mock/wire.ts";
import { cut } from "../../src/gateway/mock/json.ts";
import { orderOf, parseEvents } from "../support/mock-gateway.ts";

const anthropic = { id: "anthropic", name: "Anthropic" };
const openai = { id: "openai", name: "OpenAI" };
const models: MockModel[] = [
  { id: "claude-sonnet-5-5", provider: anthropic, endpoints: ["/v1/messages"] },
  { id: "gpt-6.1-sol", provider: openai, endpoints: ["/v1/responses"] },
  { id: "gpt-4o", provider: openai, endpoints: ["/v1/chat/completions"] },
];
const hello = (model: string): string => `This is the mock gateway, answering as ${model}. You said: say hi`;
const toClaude = { model: "claude-sonnet-5-5", max_tokens: 100, messages: [{ role: "user", content: "say hi" }] };
const toGpt = { model: "gpt-6.1-sol", input: "say hi" };

const open: MockGateway[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()));
});

async function start(options: Partial<Parameters<typeof startMockGateway>[0]> = {}): Promise<MockGateway> {
  const gateway = await startMockGateway({ models, now: () => new Date("2026-01-02T03:04:05.678Z"), ...options });
  open.push(gateway);
  return gateway;
}

function post(gateway: MockGateway, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(gateway.origin + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: text,
  });
}

test("GET /v1/models lists every model with its provider and paths", async () => {
  const gateway = await start();
  const response = await fetch(`${gateway.origin}/v1/models`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.json()).toEqual({
    object: "list",
    data: models.map(({ id, provider, endpoints }) => ({
      id,
      object: "model",
      supported_endpoints: endpoints,
      metadata: { provider: { ...provider, description: "", requires_client_auth: false, upstream: provider.id } },
    })),
  });
  expect(gateway.requests.map(({ path, model, placeholder }) => ({ path, model, placeholder }))).toEqual([
    { path: "/v1/models", model: null, placeholder: false },
  ]);
});

test("POST /v1/messages answers as one document", async () => {
  const gateway = await start();
  const response = await post(gateway, "/v1/messages", toClaude);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    id: "msg_mock_1",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-5-5",
    content: [{ type: "text", text: hello("claude-sonnet-5-5") }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: {
      input_tokens: Math.ceil(JSON.stringify(toClaude).length / 4),
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: Math.ceil(hello("claude-sonnet-5-5").length / 4),
    },
  });
});

test("POST /v1/messages streams in the order of Anthropic's reference, in several chunks", async () => {
  const gateway = await start();
  const response = await post(gateway, "/v1/messages", { ...toClaude, stream: true });
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const chunks: string[] = [];
  for await (const chunk of response.body!) chunks.push(new TextDecoder().decode(chunk));
  expect(chunks.length).toBeGreaterThan(3);
  const events = parseEvents(chunks.join(""));
  expect(orderOf(events)).toEqual([
    "message_start",
    "content_block_start",
    "ping",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
  ]);
  for (const { name, data } of events) expect(data["type"]).toBe(name);
  expect(events.map(({ data }) => data["delta"]?.text ?? "").join("")).toBe(hello("claude-sonnet-5-5"));
  expect(events[0]!.data["message"]).toMatchObject({
    id: "msg_mock_1",
    content: [],
    stop_reason: null,
    usage: { output_tokens: 1 },
  });
  expect(events.at(-2)!.data).toMatchObject({
    delta: { stop_reason: "end_turn" },
    usage: { output_tokens: Math.ceil(hello("claude-sonnet-5-5").length / 4) },
  });
});

test("POST /v1/responses answers as one document", async () => {
  const gateway = await start();
  const answer: any = await (await post(gateway, "/v1/responses", toGpt)).json();
  expect(answer).toMatchObject({
    id: "resp_mock_1",
    object: "response",
    status: "completed",
    created_at: 1767323045,
    model: "gpt-6.1-sol",
  });
  expect(answer.output).toEqual([
    {
      id: "msg_mock_1",
      type: "message",
      status: "completed",
      role: "assistant",
      content: [{ type: "output_text", text: hello("gpt-6.1-sol"), annotations: [], logprobs: [] }],
    },
  ]);
  expect(answer.usage.total_tokens).toBe(answer.usage.input_tokens + answer.usage.output_tokens);
});

test("POST /v1/responses streams in the order of OpenAI's reference, numbered without gaps", async () => {
  const gateway = await start();
  const input = [{ role: "user", content: [{ type: "input_text", text: "say hi" }] }];
  const response = await post(gateway, "/v1/responses", { model: "gpt-6.1-sol", input, stream: true });
  const events = parseEvents(await response.text());
  expect(orderOf(events)).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  for (const { name, data } of events) expect(data["type"]).toBe(name);
  expect(events.map(({ data }) => data["sequence_number"])).toEqual(events.map((_, index) => index));
  expect(events.map(({ data }) => data["delta"] ?? "").join("")).toBe(hello("gpt-6.1-sol"));
  const ids = events.map(({ data }) => data["item_id"] ?? data["item"]?.id ?? "msg_mock_1");
  expect(new Set(ids)).toEqual(new Set(["msg_mock_1"]));
  expect(events.at(-1)!.data["response"].output[0].content[0].text).toBe(hello("gpt-6.1-sol"));
});

test("the model may be named with its provider, and ids count the answers", async () => {
  const gateway = await start();
  await (await post(gateway, "/v1/messages", toClaude)).json();
  const answer: any = await (await post(gateway, "/v1/messages", { ...toClaude, model: "anthropic/claude-sonnet-5-5" })).json();
  expect(answer).toMatchObject({ id: "msg_mock_2", model: "claude-sonnet-5-5" });
  expect(gateway.requests[1]!.model).toBe("anthropic/claude-sonnet-5-5");
});

test.each([
  ["unknown model", "/v1/messages", { ...toClaude, model: "nope" }, 404, "not_found_error", "no such model"],
  [
    "model of another path",
    "/v1/messages",
    { ...toClaude, model: "gpt-6.1-sol" },
    404,
    "not_found_error",
    "only on /v1/responses",
  ],
  ["broken JSON", "/v1/messages", "{", 400, "invalid_request_error", "not a JSON object"],
  ["a list", "/v1/messages", "[]", 400, "invalid_request_error", "not a JSON object"],
  ["no body", "/v1/messages", "", 400, "invalid_request_error", "not a JSON object"],
  ["no model", "/v1/messages", "{}", 400, "invalid_request_error", "model"],
  ["too large", "/v1/messages", `"${"x".repeat(20 * 1024 * 1024)}"`, 413, "request_too_large", "larger"],
  ["unknown model", "/v1/responses", { ...toGpt, model: "nope", stream: true }, 404, "invalid_request_error", "no such model"],
  [
    "model of another path",
    "/v1/responses",
    { ...toGpt, model: "gpt-4o" },
    404,
    "invalid_request_error",
    "only on /v1/chat/completions",
  ],
  ["broken JSON", "/v1/responses", "{", 400, "invalid_request_error", "not a JSON object"],
] as const)("%s on %s is refused in the path's own shape", async (_name, path, body, status, type, message) => {
  const gateway = await start();
  const response = await post(gateway, path, body);
  expect(response.status).toBe(status);
  const answer: any = await response.json();
  expect(answer.error).toMatchObject({ type, message: expect.stringContaining(message) });
  if (path === "/v1/messages") expect(Object.keys(answer)).toEqual(["type", "error"]);
  else expect(answer.error).toMatchObject({ param: null, code: status === 404 ? "model_not_found" : null });
  expect(gateway.requests.map((request) => request.status)).toEqual([status]);
  expect(gateway.requests[0]!.bytes).toBe(typeof body === "string" ? body.length : JSON.stringify(body).length);
});

test.each([
  ["GET", "/v1/messages", 405, "POST"],
  ["PUT", "/v1/responses", 405, "POST"],
  ["POST", "/v1/models", 405, "GET, HEAD"],
  ["DELETE", "/ui/", 405, "GET, HEAD"],
  ["POST", "/v1/v1/messages", 405, ""],
  ["POST", "/v1beta/v1beta/models/gemini:generateContent", 405, ""],
  ["POST", "/messages", 404, null],
  ["POST", "/v1//messages", 404, null],
  ["POST", "/v1/models/gemini:generateContent", 404, null],
  ["POST", "/v1beta/models/%ff:generateContent", 404, null],
  ["POST", "/bedrock/model/a/invoke", 404, null],
  ["GET", "/__proto__", 404, null],
  ["GET", "/ui/constructor", 404, null],
] as const)("%s %s gives %i", async (method, path, status, allow) => {
  const gateway = await start();
  const response = await fetch(gateway.origin + path, { method });
  expect(response.status).toBe(status);
  expect(response.headers.get("allow")).toBe(allow);
  const answer: any = await response.json();
  expect(answer.error).toMatchObject({ type: "invalid_request_error", message: expect.any(String) });
  // Without this, Anthropic's clients do not find the message.
  expect(answer.type).toBe(path === "/v1/responses" ? undefined : "error");
  if (allow === "" || status === 404) expect(answer.error.message).toContain("ends in one");
  // A port such as 34503 would make OpenCode take the error for a passing one (503) and retry for minutes.
  expect(answer.error.message).not.toContain(String(gateway.port));
  expect(gateway.requests.length).toBe(method === "GET" && !path.startsWith("/v1/") ? 0 : 1);
});

test("/ and /ui lead to /ui/, HEAD works, and none of these is logged", async () => {
  const gateway = await start();
  for (const path of ["/", "/ui", "/?x=1"]) {
    const response = await fetch(gateway.origin + path, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([302, "/ui/"]);
  }
  const head = await fetch(`${gateway.origin}/ui/`, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  expect(await (await fetch(`${gateway.origin}/ui/`)).text()).toContain("No requests yet");
  expect(gateway.requests).toEqual([]);
});

test("a request is logged with everything but its text and query", async () => {
  const seen: LoggedRequest[] = [];
  const gateway = await start({ onRequest: (request) => seen.push(request) });
  const headers = { "x-api-key": "-", "user-agent": "opencode/1.18.18", "x-session-id": "ses_1" };
  const body = { ...toClaude, stream: true, messages: [{ role: "user", content: "the prompt" }] };
  await (await post(gateway, "/v1/messages?key=sk-secret", body, headers)).text();
  expect(seen).toEqual([
    {
      time: "2026-01-02T03:04:05.678Z",
      method: "POST",
      path: "/v1/messages",
      status: 200,
      model: "claude-sonnet-5-5",
      provider: "anthropic",
      stream: true,
      keys: ["-"],
      placeholder: true,
      userAgent: "opencode/1.18.18",
      node: "127.0.0.1",
      session: "ses_1",
      attribution: {},
      bytes: JSON.stringify(body).length,
      inputTokens: Math.ceil(JSON.stringify(body).length / 4),
      outputTokens: Math.ceil("This is the mock gateway, answering as claude-sonnet-5-5. You said: the prompt".length / 4),
      fault: null,
      ms: 0,
    },
  ]);
  expect(gateway.requests).toEqual(seen);
  expect(JSON.stringify(seen)).not.toMatch(/prompt|secret/);
});

test("a request's attribution is logged by name, on one line each, and shown on the page", async () => {
  const gateway = await start();
  const headers = {
    "X-Aperture-Env-Team": "payments",
    "x-aperture-env-html": '<b title="x">&',
    "x-aperture-env-odd": "\u009b31m",
    "x-aperture-env-empty": "",
    "x-aperture": "other",
  };
  await (await post(gateway, "/v1/messages", toClaude, headers)).json();
  expect(gateway.requests[0]?.attribution).toEqual({ team: "payments", html: '<b title="x">&', odd: "\\u{9b}31m", empty: "" });
  const page = await (await fetch(`${gateway.origin}/ui/`)).text();
  expect(page).toContain('<small class="code">team: payments</small>');
  expect(page).toContain('<small class="code">html: &#60;b title=&#34;x&#34;&#62;&#38;</small>');
  expect(page).not.toMatch(/<b |\u009b/);
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`x-aperture-env-a${index}`, "x".repeat(300)]));
  await (await post(gateway, "/v1/messages", toClaude, many)).json();
  const logged = Object.values(gateway.requests[1]!.attribution);
  expect(logged).toHaveLength(16);
  expect(new Set(logged)).toEqual(new Set([`${"x".repeat(200)}…`]));
});

test.each([
  [{ authorization: "Bearer -" }, ["Bearer -"], true],
  [{ "x-api-key": "-", "x-goog-api-key": "-", "api-key": "-" }, ["-", "-", "-"], true],
  [{ authorization: "Bearer sk-real-key", "x-api-key": "-" }, ["Bearer sk-…", "-"], false],
  [{ "x-api-key": "sk-ant-real-key" }, ["sk-…"], false],
  [{ "x-api-key": "" }, [""], false],
  [{ authorization: "bearer -" }, ["bearer -"], false],
  [{}, [], false],
])("credentials %j are logged as %j", async (headers: Record<string, string>, keys, placeholder) => {
  const gateway = await start();
  await (await post(gateway, "/v1/messages", toClaude, headers)).json();
  expect(gateway.requests[0]).toMatchObject({ keys, placeholder });
  const page = await (await fetch(`${gateway.origin}/ui/`)).text();
  const json = await (await fetch(`${gateway.origin}/ui/log.json`)).text();
  expect(page + json).not.toContain("real");
  expect(JSON.parse(json)).toEqual({ schemaVersion: 1, requests: gateway.requests });
});

test("a second header of the same name is not overlooked", async () => {
  const gateway = await start();
  const raw = ["Host", "x", "Authorization", "Bearer -", "Authorization", "Bearer sk-real-key", "Content-Length", "0"];
  await new Promise<void>((resolve, reject) => {
    const request = httpRequest(`${gateway.origin}/v1/messages`, { method: "POST", headers: raw }, (response) => {
      response.resume().on("end", () => resolve());
    });
    request.on("error", reject).end();
  });
  expect(gateway.requests[0]).toMatchObject({ keys: ["Bearer -", "Bearer sk-…"], placeholder: false });
});

test("a masked key shows at most three characters, and never half of the key", () => {
  expect(["", "-", "Bearer -", "Bearer", "Bearer "].map(maskKey)).toEqual(["", "-", "Bearer -", "Bearer", "Bearer "]);
  expect(["--", "abc", "abcdef", "abcdefg", "Basic dTpw"].map(maskKey)).toEqual(["…", "…", "…", "abc…", "Bas…"]);
  expect(["Bearer x", "BEARER  abcdefg", "Bearer - x"].map(maskKey)).toEqual(["Bearer …", "BEARER  abc…", "Bearer …"]);
});

test("what a client sends cannot act on a terminal or fill the log", () => {
  expect(cleanText("a\u001B[2Jb\u202Ec\u009Bd")).toBe("a\\u{1b}[2Jb\\u{202e}c\\u{9b}d");
  expect(cleanText("x".repeat(1000))).toBe(`${"x".repeat(200)}…`);
});

test("the log keeps the last ones", () => {
  const log = createLog(3);
  for (const bytes of [1, 2, 3, 4, 5]) log.add({ bytes } as LoggedRequest);
  expect(log.requests.map(({ bytes }) => bytes)).toEqual([3, 4, 5]);
});

test("/ui/ shows the newest request first and escapes everything", async () => {
  const gateway = await start();
  const evil = `<script>"'&`;
  await (await post(gateway, "/v1/messages", toClaude, { "x-api-key": "-" })).json();
  const headers = { "x-api-key": "<i>secret", "x-session-id": evil };
  await (await post(gateway, "/v1/messages", { model: evil }, headers)).json();
  const response = await fetch(`${gateway.origin}/ui/`);
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  const page = await response.text();
  expect(page).toContain("<h1>Logs</h1>");
  expect(page).toContain('http-equiv="refresh"');
  expect(page).not.toMatch(/<script|<i>|src=/);
  // As the model, and as the session, in its cell and whole in its title.
  expect(page.split("&#60;script&#62;&#34;&#39;&#38;").length).toBe(4);
  expect(page).toContain("&#60;i&#62;…</span><small>not the placeholder</small>");
  expect(page.indexOf("&#60;script")).toBeLessThan(page.indexOf("claude-sonnet-5-5"));
  expect(formatPage("http://x", [{ ...gateway.requests[0]!, path: "/v1/<b>", keys: [] }])).toContain("POST /v1/&#60;b&#62;");
});

test("the answer repeats the last text of the user", () => {
  const text = (...list: unknown[]): string | undefined =>
    messages.read({ messages: list }).turns.findLast(({ from }) => from === "user")?.text;
  const first = { role: "user", content: "first" };
  expect(text(first, { role: "user", content: "second" })).toBe("second");
  expect(text(first, { role: "assistant", content: "second" })).toBe("first");
  expect(text({ role: "user", content: [{ type: "text", text: "a" }, { type: "text", text: "b" }, { type: "image" }] })).toBe(
    "b",
  );
  expect(text(first, { role: "user", content: [{ type: "tool_result", content: "x" }] })).toBe("first");
  for (const odd of [null, 7, {}, { role: "user" }, { role: "user", content: [null, { type: "text", text: 7 }] }]) {
    expect(text(first, odd)).toBe("first");
  }
  for (const odd of [undefined, null, {}, "x", []])
    expect(messages.read({ messages: odd, tools: odd })).toEqual({ turns: [], tools: [] });
  const said = (turn: string): string => answerTo({ turns: [{ from: "user", text: turn }], tools: [] }, "m").text;
  expect(answerTo({ turns: [], tools: [] }, "m").text).toBe(
    "This is the mock gateway, answering as m. It found no text of yours.",
  );
  expect(said(` ${"x".repeat(201)} `)).toBe(`This is the mock gateway, answering as m. You said: ${"x".repeat(200)}…`);
});

test("texts are cut between characters, and their pieces join again", () => {
  expect(cut("😀".repeat(3), 3)).toBe("😀😀😀");
  expect(cut("😀".repeat(4), 3)).toBe("😀😀😀…");
  expect(cut("abc".repeat(100), 3)).toBe("abc…");
  for (const text of ["", " ", "a", " a  b\nc ", "a b"]) expect(splitWords(text).join("")).toBe(text);
  const input = { text: `${"😀".repeat(20)}\n\u2028` };
  const pieces = splitInput({ name: "x", input });
  expect(JSON.parse(pieces.join(""))).toEqual(input);
  for (const piece of pieces) expect(piece).not.toMatch(/\p{Cs}/u);
});

test("two requests at once get their own answers", async () => {
  const gateway = await start();
  const [claude, gpt] = await Promise.all([
    post(gateway, "/v1/messages", { ...toClaude, stream: true }).then((response) => response.text()),
    post(gateway, "/v1/responses", { ...toGpt, stream: true }).then((response) => response.text()),
  ]);
  expect(orderOf(parseEvents(claude)).at(-1)).toBe("message_stop");
  expect(orderOf(parseEvents(gpt)).at(-1)).toBe("response.completed");
  expect(claude).not.toContain("gpt-6.1-sol");
  expect(gateway.requests.map(({ model }) => model).toSorted()).toEqual(["claude-sonnet-5-5", "gpt-6.1-sol"]);
});

test("close ends an open stream at once and may be called again", async () => {
  const gateway = await start();
  const content = "a ".repeat(100);
  const response = await post(gateway, "/v1/messages", { ...toClaude, stream: true, messages: [{ role: "user", content }] });
  const reader = response.body!.getReader();
  await reader.read();
  await gateway.close();
  await expect(
    (async () => {
      while (!(await reader.read()).done);
    })(),
  ).rejects.toThrow();
  expect(gateway.requests.map(({ status, stream }) => ({ status, stream }))).toEqual([{ status: 200, stream: true }]);
  await gateway.close();
  await expect(fetch(gateway.origin)).rejects.toThrow();
});

test("a client that goes away leaves the gateway as it was", async () => {
  const gateway = await start();
  const leave = new AbortController();
  const body = JSON.stringify({ ...toClaude, stream: true });
  const response = await fetch(`${gateway.origin}/v1/messages`, { method: "POST", body, signal: leave.signal });
  await response.body!.getReader().read();
  leave.abort();
  await new Promise<void>((resolve) => {
    const request = httpRequest(`${gateway.origin}/v1/messages`, { method: "POST", headers: { "content-length": "100" } });
    request.on("error", () => resolve()).write("{");
    setTimeout(() => request.destroy(new Error("gone")), 20);
  });
  expect((await post(gateway, "/v1/messages", toClaude)).status).toBe(200);
});

test("a taken port is an environment error with a way out", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", () => resolve()));
  const { port } = other.address() as AddressInfo;
  try {
    const error = await startMockGateway({ models, port }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: "port-in-use", exit: 4, hint: expect.stringContaining("--port 0") });
  } finally {
    other.close();
  }
});

test.each([
  ["EACCES", "port-forbidden"],
  ["EADDRNOTAVAIL", "no-such-address"],
  ["ENOTFOUND", "no-such-address"],
  ["EMFILE", "cannot-listen"],
])("%s is told as %s", (code, name) => {
  const error = listenError(Object.assign(new Error("no"), { code }), "127.0.0.1", 80);
  expect(error).toMatchObject({ code: name, exit: 4, hint: expect.any(String) });
});

test("for an address that means all addresses, one to connect to is shown; an empty one means this machine only", async () => {
  const gateway = await start({ host: "0.0.0.0" });
  expect(gateway.origin).toBe(`http://127.0.0.1:${gateway.port}`);
  expect((await fetch(`${gateway.origin}/v1/models`)).status).toBe(200);
  expect((await start({ host: "" })).origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

const flags: MockGatewayFlags = { port: 0, host: "127.0.0.1", json: false, faults: [], models: null, grants: null };

test.each([true, false])("the command serves the catalogue and logs one line per request (json: %s)", async (json) => {
  const out: string[] = [];
  const err: string[] = [];
  const stop = new AbortController();
  const io = {
    stdout: { write: (text: Shown) => void out.push(String(text)) },
    stderr: { write: (text: Shown) => void err.push(String(text)) },
    signal: stop.signal,
  };
  const status = runMockGateway({ ...flags, json }, io);
  await expect.poll(() => err.length).toBe(1);
  const origin = /APERTURE_URL=(\S+)/.exec(err[0]!)![1]!;
  expect(err[0]).toContain(`${origin}/ui/`);
  for (const [path, body] of [
    ["/v1/messages", toClaude],
    ["/v1/responses", toGpt],
  ] as const) {
    const response = await fetch(origin + path, {
      method: "POST",
      headers: { authorization: "Bearer -" },
      body: JSON.stringify(body),
    });
    expect(await response.text()).toContain("You said: say hi");
  }
  stop.abort();
  expect(await status).toBe(0);
  await expect(fetch(origin)).rejects.toThrow();
  expect(out.every((text) => text.endsWith("\n") && text.split("\n").length === 2)).toBe(true);
  const lines = out.map((text) => JSON.parse(text));
  if (json) expect(lines.shift()).toEqual({ schemaVersion: 1, origin, ui: `${origin}/ui/` });
  expect(lines.map(({ model, status: code, placeholder }) => [model, code, placeholder])).toEqual([
    ["claude-sonnet-5-5", 200, true],
    ["gpt-6.1-sol", 200, true],
  ]);
});

test("the command ends at once if it was interrupted before, and warns if other machines can reach it", async () => {
  const err: string[] = [];
  const io = {
    stdout: { write: () => undefined },
    stderr: { write: (text: Shown) => void err.push(String(text)) },
    signal: AbortSignal.abort(),
  };
  expect(await runMockGateway({ ...flags, host: "0.0.0.0" }, io)).toBe(0);
  expect(err.join("")).toContain("Other machines can reach it");
});

test("the command takes models, grants and faults, and says what goes wrong", async () => {
  const err: string[] = [];
  const stop = new AbortController();
  const io = {
    stdout: { write: () => undefined },
    stderr: { write: (text: Shown) => void err.push(String(text)) },
    signal: stop.signal,
  };
  const models = ["claude-sonnet-5-5", "lab/qwen3", "lab/other"];
  const status = runMockGateway({ ...flags, models, grants: ["lab/q*"], faults: ["no-responses", "status=429"] }, io);
  await expect.poll(() => err.length).toBe(1);
  expect(err[0]).toContain(" with 1 model. ");
  expect(err[0]).toContain("Faults on purpose:           no-responses, status=429\n");
  const origin = /APERTURE_URL=(\S+)/.exec(err[0]!)![1]!;
  expect((await fetch(`${origin}/v1/models`)).status).toBe(429);
  stop.abort();
  expect(await status).toBe(0);
});
