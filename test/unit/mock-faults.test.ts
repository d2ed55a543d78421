/** What goes wrong on demand, over real sockets, and what limits a gateway's models. */
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { faultOfModel, faultWords, mannerOf, parseFault, type Fault } from "../../src/gateway/mock/faults.ts";
import { wireFormats } from "../../src/gateway/mock/formats.ts";
import { limitModels, listModels, modelsFor, type MockModel } from "../../src/gateway/mock/models.ts";
import { loadCatalogue } from "../../src/catalog/models.ts";
import { modelsOfAnswers, modelsOfCatalogue, selectModels } from "../../src/gateway/mock/stock.ts";
import type { MockGateway } from "../../src/gateway/mock/server.ts";
import { ask, bodyFor, everywhere, pathsFor, post, startGateway } from "../support/mock-gateway.ts";

const names = wireFormats.map(({ name }) => name);

/** Every byte that comes back on a connection of its own, and how it ended. */
function talk(gateway: MockGateway, body: unknown, patience = 400): Promise<{ text: string; end: string; ms: number }> {
  const text = JSON.stringify(body);
  const began = performance.now();
  return new Promise((resolve) => {
    let received = "";
    let code = "";
    const socket = connect(gateway.port, "127.0.0.1");
    const done = (end: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text: received, end, ms: performance.now() - began });
    };
    const timer = setTimeout(() => done("still open"), patience);
    socket.on("data", (chunk) => (received += chunk.toString("latin1")));
    socket.on("error", (error: NodeJS.ErrnoException) => (code = error.code ?? ""));
    socket.on("close", () => done(code === "" ? "closed" : code));
    socket.write(`POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  });
}

const request = (model = everywhere.id): unknown => bodyFor("messages", model, "say hi", true);

describe("a fault for every request", () => {
  test.each(names)("status=503 on %s has the form of that API, and other paths have a form, too", async (format) => {
    const gateway = await startGateway({ faults: ["status=503"] });
    const message = "The mock gateway was told to answer with this error.";
    const response = await ask(gateway, format, "hi", true);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, null]);
    expect(await response.json()).toEqual(
      {
        messages: { type: "error", error: { type: "api_error", message } },
        responses: { error: { message, type: "server_error", param: null, code: null } },
        chat: { error: { message, type: "server_error", param: null, code: null } },
        "generate-content": { error: { code: 503, message, status: "UNAVAILABLE" } },
        vertex: { error: { code: 503, message, status: "UNAVAILABLE" } },
        converse: { message },
      }[format],
    );
    expect(response.headers.get("x-amzn-errortype")).toBe(format === "converse" ? "ServiceUnavailableException" : null);
    for (const path of ["/v1/models", "/api/providers"]) expect((await fetch(gateway.origin + path)).status).toBe(503);
    expect(gateway.requests.map(({ status, fault }) => [status, fault])).toEqual([
      [503, "status=503"],
      [503, "status=503"],
    ]);
    expect((await fetch(`${gateway.origin}/ui/`)).status).toBe(200);
  });

  test("status=429 says when to come again", async () => {
    const gateway = await startGateway({ faults: ["status=429"] });
    const response = await ask(gateway, "messages", "hi");
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await response.json()).toMatchObject({ error: { type: "rate_limit_error" } });
  });

  test("html is a page with 200 wherever a client asks, but for the log", async () => {
    const gateway = await startGateway({ faults: ["html"] });
    for (const response of [await ask(gateway, "chat", "hi", true), await fetch(`${gateway.origin}/v1/models`)]) {
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
      expect(await response.text()).toMatch(/^<!doctype html>[^]*Sign in/);
    }
    expect(await (await fetch(`${gateway.origin}/ui/`)).text()).toContain("<h1>Logs</h1>");
  });

  test("redirect leads to a login page", async () => {
    const gateway = await startGateway({ faults: ["redirect"] });
    const response = await ask(gateway, "responses", "hi");
    expect([response.status, response.headers.get("location")]).toEqual([302, "/login"]);
    const followed = await fetch(`${gateway.origin}/v1/models`);
    expect([followed.status, followed.redirected, new URL(followed.url).pathname]).toEqual([200, true, "/login"]);
    expect(await followed.text()).toContain("Sign in");
  });

  test("no-role is 403", async () => {
    const gateway = await startGateway({ faults: ["no-role"] });
    const response = await ask(gateway, "messages", "hi");
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      error: { type: "permission_error", message: expect.stringContaining("no role") },
    });
    expect((await fetch(`${gateway.origin}/v1/models`)).status).toBe(403);
  });

  test.each([
    ["guardrail", 403, "guardrail_blocked", null],
    ["hook", 503, "hook", null],
    ["quota", 429, "exceeded", "60"],
    ["quota-unreadable", 429, "cannot parse", null],
  ] as const)("%s is %i to prompts, and the list is answered", async (fault, status, says, retryAfter) => {
    const gateway = await startGateway({ faults: [fault] });
    for (const name of names) {
      const response = await ask(gateway, name, "hi");
      expect([response.status, response.headers.get("retry-after")]).toEqual([status, retryAfter]);
      expect(await response.text()).toContain(says);
    }
    expect((await fetch(`${gateway.origin}/v1/models`)).status).toBe(200);
  });

  test("stall sends the headers of the right answer, and nothing more until one side disconnects", async () => {
    const gateway = await startGateway({ faults: ["stall"] });
    const { text, end } = await talk(gateway, request());
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream/);
    expect(text.split("\r\n\r\n")[1]).toBe("");
    expect(end).toBe("still open");
    expect(gateway.requests).toEqual([expect.objectContaining({ status: 200, fault: "stall" })]);
    const waiting = talk(gateway, request(), 60_000);
    await expect.poll(() => gateway.requests.length).toBe(2);
    await gateway.close();
    expect((await waiting).ms).toBeLessThan(30_000);
  });

  test("reset breaks the connection behind the headers", async () => {
    const gateway = await startGateway({ faults: ["reset"] });
    const { text, end } = await talk(gateway, request());
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text.split("\r\n\r\n")[1]).toBe("");
    expect(end).toBe("ECONNRESET");
  });

  test("close ends the connection before any answer", async () => {
    const gateway = await startGateway({ faults: ["close"] });
    expect(await talk(gateway, request())).toMatchObject({ text: "", end: expect.stringMatching(/^(?:closed|ECONNRESET)$/) });
    await expect(fetch(`${gateway.origin}/v1/models`)).rejects.toThrow();
    expect(gateway.requests.map(({ status, fault }) => [status, fault])).toEqual([
      [0, "close"],
      [0, "close"],
    ]);
  });

  test("cut ends a stream, a document and the list of models in the middle", async () => {
    const gateway = await startGateway({ faults: ["cut"] });
    const { text, end } = await talk(gateway, request());
    expect(text).toContain("content_block_delta");
    expect(text).not.toContain("message_stop");
    expect(end).toMatch(/^(?:closed|ECONNRESET)$/);
    await expect(ask(gateway, "chat", "hi").then((response) => response.text())).rejects.toThrow();
    await expect(fetch(`${gateway.origin}/v1/models`).then((response) => response.text())).rejects.toThrow();
    expect(gateway.requests.map(({ fault }) => fault)).toEqual(["cut", "cut", "cut"]);
  });

  test("slow takes a second for each word, streamed or not, and ends when the client disconnects", async () => {
    const gateway = await startGateway({ faults: ["slow"] });
    const began = performance.now();
    const response = await ask(gateway, "chat", "hi", true);
    const reader = response.body!.getReader();
    const chunks: string[] = [];
    while (chunks.length < 3) chunks.push(new TextDecoder().decode((await reader.read()).value));
    expect(performance.now() - began).toBeGreaterThan(1900);
    await reader.cancel();
    const whole = new AbortController();
    const asked = fetch(`${gateway.origin}/v1/messages`, {
      method: "POST",
      body: JSON.stringify({ ...bodyFor("messages", everywhere.id, "hi") }),
      signal: whole.signal,
    });
    setTimeout(() => whole.abort(), 100);
    await expect(asked).rejects.toThrow();
    await expect.poll(() => gateway.requests.map(({ fault }) => fault)).toEqual(["slow", "slow"]);
  });

  test("empty lists nothing, and nothing answers", async () => {
    const gateway = await startGateway({ faults: ["empty"] });
    expect(await (await fetch(`${gateway.origin}/v1/models`)).json()).toEqual({ object: "list", data: [] });
    expect((await ask(gateway, "messages", "hi")).status).toBe(404);
  });

  test("no-responses moves OpenAI's models to chat completions", async () => {
    const gpt = { id: "gpt-6.1-sol", provider: { id: "openai", name: "OpenAI" }, endpoints: ["/v1/responses"] };
    const gateway = await startGateway({ models: [gpt, everywhere], faults: ["no-responses"] });
    const list: any = await (await fetch(`${gateway.origin}/v1/models`)).json();
    expect(list.data[0].supported_endpoints).toEqual(["/v1/chat/completions"]);
    expect(JSON.stringify(list)).not.toContain("/v1/responses");
    const refused = await ask(gateway, "responses", "hi", false, "gpt-6.1-sol");
    expect(refused.status).toBe(404);
    expect(((await refused.json()) as any).error.message).toContain("only on /v1/chat/completions");
    expect((await ask(gateway, "chat", "hi", false, "gpt-6.1-sol")).status).toBe(200);
  });

  test("several at once", async () => {
    expect(mannerOf(["no-responses", "slow", "cut"])).toBe("cut");
    const gateway = await startGateway({ faults: ["no-responses", "cut"] });
    expect((await talk(gateway, request())).text).not.toContain("message_stop");
    expect(await ask(gateway, "responses", "hi", true).then((response) => response.status)).toBe(404);
  });
});

describe("a fault by the model's name", () => {
  test.each(names)("fault-429 on %s, on a gateway where nothing else is wrong", async (format) => {
    const gateway = await startGateway();
    expect((await ask(gateway, format, "hi", true, "fault-429")).status).toBe(429);
    const good = await ask(gateway, format, "hi", true);
    expect([good.status, (await good.arrayBuffer()).byteLength > 0]).toEqual([200, true]);
    expect(gateway.requests.map(({ fault }) => fault)).toEqual(["status=429", null]);
  });

  test.each([
    ["fault-html", 200],
    ["fault-redirect", 302],
    ["fault-no-role", 403],
    ["fault-503", 503],
    ["house/fault-503", 503],
    ["fault-empty", 404],
    ["fault-", 404],
    ["fault-200", 404],
    ["fault-whatever", 404],
    ["default-503", 404],
  ])("%s gives %i", async (model, status) => {
    const gateway = await startGateway();
    expect((await ask(gateway, "chat", "hi", false, model)).status).toBe(status);
  });

  test("fault-stall, fault-reset, fault-close, fault-cut", async () => {
    const gateway = await startGateway();
    const talks = await Promise.all(["stall", "reset", "close", "cut"].map((fault) => talk(gateway, request(`fault-${fault}`))));
    expect(talks.map(({ text }) => text.split("\r\n")[0])).toEqual(["HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "", "HTTP/1.1 200 OK"]);
    expect(talks.map(({ text }) => text.includes("message_stop"))).toEqual([false, false, false, false]);
    expect(gateway.requests.map(({ fault }) => fault).toSorted()).toEqual(["close", "cut", "reset", "stall"]);
  });

  test("fault-no-responses answers everywhere but there", async () => {
    const gateway = await startGateway();
    const statuses = await Promise.all(
      names.map(async (name) => (await ask(gateway, name, "hi", false, "fault-no-responses")).status),
    );
    expect(statuses).toEqual(names.map((name) => (name === "responses" ? 404 : 200)));
  });

  test("its fault stands in place of the gateway's", async () => {
    const gateway = await startGateway({ faults: ["html"] });
    expect((await ask(gateway, "chat", "hi", false, "fault-503")).status).toBe(503);
  });
});

test("faults are read strictly", () => {
  for (const word of Object.keys(faultWords)) expect(parseFault(word)).toBe(word);
  expect(["status=400", "status=599"].map(parseFault)).toEqual(["status=400", "status=599"]);
  for (const odd of ["", "status=", "status=200", "status=600", "status=0503", "503", "HTML", "constructor", "__proto__"])
    expect(parseFault(odd)).toBeNull();
  expect(["fault-slow", "a/fault-slow", "fault-404", "fault-empty", "slow"].map(faultOfModel)).toEqual([
    "slow",
    "slow",
    "status=404",
    null,
    null,
  ]);
});

test("no message of a fault contains digits that OpenCode would retry as a status", async () => {
  const faults: Fault[] = ["no-role", "guardrail", "status=400"];
  for (const fault of faults) {
    const gateway = await startGateway({ faults: [fault] });
    for (const name of names) expect(await (await ask(gateway, name, "hi")).text()).not.toMatch(/429|5\d\d/);
  }
});

describe("the models", () => {
  const model = (id: string, provider: string, ...endpoints: string[]): MockModel => ({
    id,
    provider: { id: provider, name: provider },
    endpoints,
  });
  const models = [
    model("claude-a", "anthropic", "/v1/messages"),
    model("gpt-a", "openai", "/v1/responses"),
    model("gpt-b", "openai", "/v1/responses"),
    model("anthropic/claude-a", "openrouter", "/v1/chat/completions"),
  ];
  const idsOf = (list: readonly MockModel[]): string[] => list.map(({ id, provider }) => `${provider.id}/${id}`);

  test.each([
    [["anthropic/**"], ["anthropic/claude-a"]],
    [["**"], ["anthropic/claude-a", "openai/gpt-a", "openai/gpt-b", "openrouter/anthropic/claude-a"]],
    [["*/*"], ["anthropic/claude-a", "openai/gpt-a", "openai/gpt-b"]],
    [["openai/gpt-?"], []],
    [
      ["openai/*a", "openrouter/**"],
      ["openai/gpt-a", "openrouter/anthropic/claude-a"],
    ],
    [["open.*/**", "(openai)/**"], []],
    [["anthropic"], []],
    [[], []],
  ])("grants %j let through %j", (grants, expected) => {
    expect(idsOf(limitModels(models, { faults: [], grants }))).toEqual(expected);
  });

  test("what no grant names is neither listed nor answered", async () => {
    const gateway = await startGateway({ models, grants: ["anthropic/**"] });
    const list: any = await (await fetch(`${gateway.origin}/v1/models`)).json();
    expect(list.data.map(({ id }: { id: string }) => id)).toEqual(["claude-a"]);
    expect((await ask(gateway, "messages", "hi", false, "claude-a")).status).toBe(200);
    expect((await ask(gateway, "responses", "hi", false, "gpt-a")).status).toBe(404);
  });

  test.each([
    ["claude-cli/2.0.14 (external, cli)", 1],
    ["claude-code/2.1.0", 1],
    ["aperture-cli", 4],
    ["opencode/1.18.18 ai-sdk/anthropic", 4],
    ["", 4],
  ])("a client that calls itself %j is told of %i", async (userAgent, count) => {
    expect(modelsFor(userAgent, models)).toHaveLength(count);
    const gateway = await startGateway({ models });
    const response = await fetch(`${gateway.origin}/v1/models`, { headers: { "user-agent": userAgent } });
    expect(((await response.json()) as any).data).toHaveLength(count);
  });

  test("the official CLI can read the list: each entry of a provider says the same, with an upstream", () => {
    const list: any = listModels(models);
    for (const { metadata } of list.data)
      expect(metadata.provider).toEqual({
        id: expect.stringMatching(/./),
        name: expect.any(String),
        description: "",
        requires_client_auth: false,
        upstream: expect.stringMatching(/./),
      });
  });

  test("chosen by name from the catalogue, plain or with the provider; others are made up and answer everywhere", async () => {
    const catalogue = await modelsOfCatalogue();
    const paths = wireFormats.map(({ path }) => path);
    const chosen = selectModels(catalogue, ["claude-sonnet-5-5", "xai/grok-4.7", "qwen3", "anthropic/new", "lab/a/b"]);
    expect(chosen.map(({ id, provider, endpoints }) => [provider.id, id, endpoints.length])).toEqual([
      ["anthropic", "claude-sonnet-5-5", expect.any(Number)],
      ["xai", "grok-4.7", expect.any(Number)],
      ["mock", "qwen3", paths.length],
      ["anthropic", "new", paths.length],
      ["lab", "a/b", paths.length],
    ]);
    expect(chosen[0]!.endpoints).toContain("/v1/messages");
    expect(chosen[3]!.provider.name).toBe("Anthropic");
    for (const { endpoints } of catalogue) for (const path of endpoints) expect(paths).toContain(path);
  });

  test("those of an environment are what it offers, on the paths that it asks", async () => {
    const house = { id: "house", api: "messages", name: "House", models: [{ id: "h1" }, { id: "h2" }] } as const;
    const answers = {
      providers: [{ id: "openai", api: "chat" }, { id: "google", api: "generate-content", models: [{ id: "new" }] }, house],
      model: "openai/gpt-unheard-of",
      smallModel: "openai/gpt-6-luna",
    } as const;
    const models = modelsOfAnswers(answers, await loadCatalogue(["openai", "google"]));
    const of = (id: string) => models.filter(({ provider }) => provider.id === id);
    expect(new Set(of("openai").flatMap(({ endpoints }) => endpoints))).toEqual(new Set(["/v1/chat/completions"]));
    const openai = of("openai").map(({ id }) => id);
    expect(openai).toEqual(expect.arrayContaining(["gpt-6-sol", "gpt-6-luna", "gpt-unheard-of"]));
    // Those that answer on another path only, or take no tools on this one.
    expect(openai.filter((id) => /codex|gpt-6\.1/.test(id))).toEqual([]);
    expect(new Set(openai).size).toBe(openai.length);
    expect([...of("google"), ...of("house")].map(({ id, provider, endpoints }) => [provider.name, id, endpoints.length])).toEqual(
      [
        ["Google Gemini", "new", 1],
        ["House", "h1", 1],
        ["House", "h2", 1],
      ],
    );
    expect(of("house")[0]!.endpoints).toEqual(["/v1/messages"]);
  });

  test("a provider in a path is not searched for, because a path has no place for it", async () => {
    const gateway = await startGateway();
    expect((await post(gateway, pathsFor["generate-content"]("house/x", false), {})).status).toBe(404);
    expect((await ask(gateway, "chat", "hi", false, `house/${everywhere.id}`)).status).toBe(200);
  });
});
