/** What a gateway serves: the answers of real sockets and what they mean, the list and what is read from it, and what a spec becomes of it. */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server as HttpServer,
} from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import fc from "../support/random-cases.ts";
import { afterEach, describe, expect, test } from "vitest";
import { loadAllProviders } from "../../src/catalog/all-providers.ts";
import { readYaml } from "../../src/edit/yaml.ts";
import { AppError } from "../../src/errors.ts";
import { askForModels } from "../../src/gateway/discover.ts";
import { painter } from "../../src/text/terminal.ts";
import { clean, explainFailure, type Phase } from "../../src/gateway/explain.ts";
import { type Discovery, type GatewayProvider, type Known } from "../../src/gateway/listed.ts";
import { readModels } from "../../src/gateway/models.ts";
import { candidatesOf, maxWritten, offer, proposeModel, proposeSmallModel, settingsOf } from "../../src/gateway/proposals.ts";
import { findRoute } from "../../src/gateway/proxy.ts";
import { formatDiscovery, remarks } from "../../src/report/discovery.ts";
import { readProviders } from "../../src/questions/parse-providers.ts";
import { mergeDiscovery, type Merged } from "../../src/spec/discovered.ts";
import { parseSpec } from "../../src/spec/parse.ts";

const open: (Server | HttpServer)[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(server: Server | HttpServer): Promise<string> {
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  open.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that answers in HTTP. */
const serve = (listener: RequestListener): Promise<string> => listen(createHttpServer(listener));
/** A server that does with a connection what it likes. */
const handle = (listener: (socket: Socket) => void): Promise<string> => listen(createServer(listener));

const answer = (status: number, body: string, headers: Record<string, string> = {}): Promise<string> =>
  serve((_request, response) => void response.writeHead(status, { "content-type": "application/json", ...headers }).end(body));

async function ask(origin: string, options: { timeout?: number; env?: Record<string, string> } = {}): Promise<unknown> {
  return askForModels({ origin, timeout: 2000, env: {}, ...options });
}

async function refusal(origin: string, options: Parameters<typeof ask>[1] = {}): Promise<AppError> {
  const outcome = await ask(origin, options).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(AppError);
  const error = outcome as AppError;
  expect(error.exit).toBe(4);
  expect(error.hint).toMatch(/\S/);
  return error;
}

/** As a gateway lists it. */
interface Entry {
  readonly id: string;
  readonly provider?: string;
  readonly endpoints?: readonly string[];
}
const listOf = (entries: readonly Entry[]): object => ({
  object: "list",
  data: entries.map(({ id, provider, endpoints }) => ({
    id,
    object: "model",
    created: 1_780_000_000,
    owned_by: "aperture",
    ...(endpoints !== undefined && { supported_endpoints: endpoints }),
    metadata: {
      ...(provider !== undefined && {
        provider: {
          id: provider,
          name: provider,
          description: "",
          requires_client_auth: false,
          upstream: "https://upstream.example",
        },
      }),
    },
    pricing: { input: "0.000003", output: "0.000015", input_cache_read: "0.0000003" },
  })),
});

const gemini = (model: string): string => `/v1beta/models/${model}:generateContent`;
/** A gateway with all that the documentation shows. */
const recorded = listOf([
  { id: "claude-sonnet-5-5", provider: "anthropic", endpoints: ["/v1/messages"] },
  { id: "claude-haiku-4-5", provider: "anthropic", endpoints: ["/v1/messages"] },
  { id: "gpt-6.1-sol", provider: "openai", endpoints: ["/v1/chat/completions", "/v1/responses"] },
  { id: "gpt-6-luna", provider: "openai", endpoints: ["/v1/chat/completions", "/v1/responses"] },
  { id: "text-embedding-3-large", provider: "openai", endpoints: ["/v1/chat/completions", "/v1/responses"] },
  { id: "gemini-2.5-pro", provider: "gemini", endpoints: [gemini("gemini-2.5-pro")] },
  {
    id: "gemini-2.5-pro",
    provider: "vertex",
    endpoints: ["/v1/projects/{project}/locations/{region}/publishers/google/models/{model}:generateContent"],
  },
  {
    id: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    provider: "bedrock",
    endpoints: ["/bedrock/model/{model}/invoke", "/bedrock/model/{model}/converse"],
  },
  { id: "qwen3-coder", provider: "house", endpoints: ["/v1/chat/completions"] },
  { id: "anthropic/claude-sonnet-4.5", provider: "openrouter", endpoints: ["/v1/chat/completions"] },
  { id: "gpt-6.1-sol", provider: "openrouter", endpoints: ["/v1/chat/completions"] },
]);

const known: Known = await loadAllProviders("2026-11-25");

const read = (body: unknown, what: Known = known): Discovery => readModels(body, what);
const named = ({ providers: all }: Discovery, id: string): GatewayProvider => {
  const found = all.find((one) => one.id === id);
  expect(found, `${id} is not among ${all.map((one) => one.id).join(", ")}`).toBeDefined();
  return found!;
};
const unreadable = (body: unknown): AppError => {
  try {
    read(body);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  }
  throw new Error("it was read");
};

describe("the request", () => {
  test("asks for the list with its own user agent, for JSON, and without a key", async () => {
    const seen: IncomingMessage[] = [];
    const origin = await serve((request, response) => {
      seen.push(request);
      response.end(JSON.stringify(recorded));
    });
    expect(await ask(origin)).toEqual(recorded);
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(["GET /v1/models"]);
    expect(seen[0]!.headers).toEqual({
      "user-agent": expect.stringMatching(/^create-aperture-env\/\S+$/),
      accept: "application/json",
      "accept-encoding": "identity",
      host: new URL(origin).host,
      connection: "close",
    });
    expect(seen[0]!.headers["user-agent"]).not.toMatch(/claude/i);
  });

  test("uses the http proxy that OpenCode uses, and none if OpenCode uses none", async () => {
    const seen: string[] = [];
    const proxy = await serve((request, response) => {
      seen.push(`${request.headers["proxy-authorization"]} ${request.url}`);
      response.end(JSON.stringify(recorded));
    });
    const env = { HTTP_PROXY: proxy.replace("//", "//me:p%40ss@") };
    expect(await ask("http://gateway.example", { env })).toEqual(recorded);
    expect(seen).toEqual([`Basic ${Buffer.from("me:p@ss").toString("base64")} http://gateway.example/v1/models`]);
    const direct = await answer(200, '{"data":[1]}');
    expect(await ask(direct, { env: { ...env, NO_PROXY: "localhost, 127.0.0.1" } })).toEqual({ data: [1] });
    expect(seen).toHaveLength(1);
  });

  test.each([
    ["http://ai", { http_proxy: "http://p:1" }, "p:1", null],
    ["http://ai", { HTTP_PROXY: "p:1" }, "p:1", null],
    ["http://ai", { HTTPS_PROXY: "http://p:1", ALL_PROXY: "http://p:1" }, null, null],
    ["http://ai", { http_proxy: "http://p:1", no_proxy: "ai" }, null, null],
    ["http://ai", { http_proxy: "http://p:1", NO_PROXY: "x, ai" }, null, null],
    ["http://ai", { http_proxy: "http://p:1", NO_PROXY: "*" }, null, null],
    ["http://ai", { http_proxy: "http://p:1", NO_PROXY: "http://ai,100.64.0.0/10" }, "p:1", null],
    ["http://ai.x.ts.net", { http_proxy: "http://p:1", NO_PROXY: ".ts.net" }, null, null],
    ["http://ai.x.ts.net", { http_proxy: "http://p:1", NO_PROXY: "s.net" }, "p:1", null],
    ["https://ai", { HTTPS_PROXY: "http://p:1" }, null, "HTTPS_PROXY"],
    ["http://ai", { http_proxy: "socks5://p:1" }, null, "http_proxy"],
    ["http://ai", { http_proxy: "" }, null, null],
    ["http://ai", { http_proxy: "", HTTP_PROXY: "http://p:1" }, "p:1", null],
    ["http://ai", { http_proxy: "http://p:1", no_proxy: "", NO_PROXY: "ai" }, null, null],
    ["http://ai", { http_proxy: "http://p:1", no_proxy: "x", NO_PROXY: "ai" }, "p:1", null],
    ["http://ai", { http_proxy: '""', HTTP_PROXY: "http://p:1" }, null, null],
  ])("%s with %j", (origin, env, host, unused) => {
    const route = findRoute(new URL(origin), env as Record<string, string>);
    expect([route.proxy?.host ?? null, route.unused]).toEqual([host, unused]);
  });

  test.each<readonly [proxy: string, isUsable: boolean]>([
    ["http://p:1", true],
    ["p:1", true],
    ["https://p:1", true],
    ["''", true],
    ["socks5://p:1", false],
    ["HTTP://p:1", false],
    ["http://p:1\n", false],
    [" ", false],
    ['"http://p:1"', false],
  ])("%j can be used: %j", (proxy, isUsable) => {
    const unusable = isUsable ? null : "HTTP_PROXY";
    expect(findRoute(new URL("http://ai"), { HTTP_PROXY: proxy })).toMatchObject({ unusable });
    expect(findRoute(new URL("http://ai"), { HTTP_PROXY: proxy, NO_PROXY: "ai" })).toMatchObject({ unusable: null });
  });
});

describe("an odd answer", () => {
  const table: readonly (readonly [name: string, start: () => Promise<string>, code: string, says: RegExp])[] = [
    ["401", () => answer(401, '{"error":{"message":"who\\u001b[31m"}}'), "gateway-unauthorized", /401.*who\\u\{1b\}\[31m/],
    ["403", () => answer(403, '{"error":"no role granted"}'), "gateway-forbidden", /no role granted/],
    ["403 of another kind", () => answer(403, '{"error":"no"}'), "gateway-denied", /not because of a missing role/],
    ["403, a guardrail", () => answer(403, '{"code":"guardrail_blocked"}'), "gateway-guardrail", /guardrail/],
    ["503, a hook", () => answer(503, '{"error":"a hook failed"}'), "gateway-hook", /hook/],
    [
      "429, a quota that cannot be read",
      () => answer(429, '{"error":"invalid quota"}'),
      "gateway-quota-invalid",
      /cannot read its own/,
    ],
    ["404", () => answer(404, "not found"), "gateway-no-list", /404/],
    ["405", () => answer(405, ""), "gateway-method", /405/],
    ["407", () => answer(407, ""), "gateway-proxy", /407/],
    ["418", () => answer(418, ""), "gateway-status", /418/],
    ["500", () => answer(500, ""), "gateway-failed", /500/],
    [
      "503, restarting",
      () => answer(503, "aperture is restarting, retry this request", { "content-type": "text/plain" }),
      "gateway-restarting",
      /restarting/,
    ],
    ["a page", () => answer(200, "<html>", { "content-type": "text/html" }), "gateway-html", /web page/],
    ["a page that says it is JSON", () => answer(200, "  <!DOCTYPE html>"), "gateway-html", /web page/],
    ["no JSON", () => answer(200, "OK"), "gateway-not-json", /not JSON/],
    ["half of JSON", () => answer(200, '{"data": ['), "gateway-not-json", /ends early/],
    ["nothing", () => answer(200, ""), "gateway-not-json", /nothing/],
    [
      "a login page elsewhere",
      () => answer(302, "", { location: "https://login.example/x?token=1" }),
      "gateway-redirect",
      /https:\/\/login\.example, which was not followed/,
    ],
    ["a page of its own", () => answer(302, "", { location: "/login?next=/v1/models" }), "gateway-redirect", /to \/login, which/],
    ["no place to go", () => answer(301, ""), "gateway-redirect", /elsewhere/],
    [
      "a server of TLS that speaks HTTP, too",
      () => answer(400, "Client sent an HTTP request to an HTTPS server.", { "content-type": "text/plain" }),
      "gateway-speaks-tls",
      /wants TLS/,
    ],
    [
      "a server of TLS",
      () => handle((socket) => socket.once("data", () => socket.end(Buffer.from("1503010002022a", "hex")))),
      "gateway-speaks-tls",
      /may want TLS/,
    ],
    ["a reset", () => handle((socket) => socket.once("data", () => socket.resetAndDestroy())), "gateway-reset", /closed it/],
    ["an end without an answer", () => handle((socket) => socket.once("data", () => socket.end())), "gateway-reset", /closed it/],
    [
      "an answer cut off",
      () => handle((socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"))),
      "gateway-cut-off",
      /incomplete/,
    ],
    ["no answer", () => handle(() => undefined), "gateway-slow", /0\.3 s/],
    [
      "an answer that never ends",
      () => serve((_request, response) => void response.write('{"data": [')),
      "gateway-slow",
      /not complete/,
    ],
    [
      "an answer of drops",
      () =>
        serve((_request, response) => {
          const timer = setInterval(() => response.write(" "), 20);
          response.on("close", () => clearInterval(timer));
        }),
      "gateway-slow",
      /not complete/,
    ],
    [
      "an error that never ends",
      () => serve((_request, response) => void response.writeHead(502).write("x")),
      "gateway-slow",
      /not complete/,
    ],
    [
      "headers without end",
      () => handle((socket) => socket.once("data", () => socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n\r\n`))),
      "gateway-not-http",
      /not HTTP/,
    ],
  ];

  test.each(table)("%s", async (_name, start, code, says) => {
    const error = await refusal(await start(), { timeout: 300 });
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) });
    expect(error.message + error.hint!).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(error.message + error.hint!).not.toContain("token");
  });

  test("429 says when to come again", async () => {
    expect(await refusal(await answer(429, '{"error":{"message":"quota"}}', { "retry-after": "17" }))).toMatchObject({
      code: "gateway-quota",
      message: expect.stringContaining("quota"),
      hint: expect.stringContaining("in 17 s"),
    });
    const date = "Wed, 21 Oct 2026 07:28:00 GMT";
    expect((await refusal(await answer(429, "", { "retry-after": date }))).hint).toContain(`after ${date}.`);
    expect((await refusal(await answer(429, ""))).hint).toContain("later");
  });

  test("a redirect to https of the same name says to write that", async () => {
    expect(await refusal(await answer(308, "", { location: "https://127.0.0.1/v1/models" }))).toMatchObject({
      code: "gateway-redirect",
      hint: "Write https://127.0.0.1",
    });
  });

  test("an endless body ends at the limit, without more memory", async () => {
    let sent = 0;
    const origin = await serve((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024, 32);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    expect(await refusal(origin, { timeout: 10_000 })).toMatchObject({ code: "gateway-too-large" });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test("nobody listens", async () => {
    const origin = await answer(200, "");
    await new Promise((resolve) => open.pop()!.close(resolve));
    expect(await refusal(origin)).toMatchObject({ code: "gateway-refused", hint: expect.stringContaining("mock-gateway") });
  });

  test("a name that does not resolve", async () => {
    expect(await refusal("http://no-such-gateway.invalid", { timeout: 20_000 })).toMatchObject({ code: "gateway-name" });
  });

  test("https on a server of http", async () => {
    const origin = await answer(200, "{}");
    expect(await refusal(origin.replace("http:", "https:"))).toMatchObject({
      code: "gateway-speaks-http",
      hint: expect.stringContaining(origin),
    });
  });

  test("a proxy that is not there, and a proxy that is not used, are named, and its password is not", async () => {
    const error = await refusal("http://ai", { env: { http_proxy: "http://me:secret@127.0.0.1:1" } });
    expect(error).toMatchObject({ code: "gateway-proxy", hint: expect.stringContaining("proxy 127.0.0.1:1") });
    expect(JSON.stringify([error.message, error.hint])).not.toContain("secret");
    const origin = (await answer(200, "{}")).replace("http:", "https:");
    expect((await refusal(origin, { env: { HTTPS_PROXY: "http://p:1" } })).hint).toContain(
      "HTTPS_PROXY is set, but not used here",
    );
  });

  const about = { url: new URL("https://ai.example.ts.net/v1/models"), timeout: 5000, proxy: null, unused: null };
  test.each<readonly [Phase, string, string]>([
    ["lookup", "TIMEOUT", "gateway-name"],
    ["lookup", "EAI_AGAIN", "gateway-name"],
    ["connect", "TIMEOUT", "gateway-timeout"],
    ["connect", "ETIMEDOUT", "gateway-timeout"],
    ["connect", "EHOSTUNREACH", "gateway-unreachable"],
    ["connect", "ENETUNREACH", "gateway-unreachable"],
    ["connect", "EWHATEVER", "gateway-unreachable"],
    ["tls", "CERT_HAS_EXPIRED", "gateway-certificate"],
    ["tls", "DEPTH_ZERO_SELF_SIGNED_CERT", "gateway-certificate"],
    ["tls", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "gateway-certificate"],
    ["tls", "ERR_TLS_CERT_ALTNAME_INVALID", "gateway-certificate"],
    ["tls", "ERR_SSL_WRONG_VERSION_NUMBER", "gateway-speaks-http"],
    ["answer", "NOT_HTTP", "gateway-not-http"],
    ["body", "BAD_HTTP", "gateway-not-http"],
  ])("%s: %s is %s", (phase, code, expected) => {
    expect(explainFailure({ phase, code, detail: "" }, about)).toMatchObject({ code: expected, exit: 4 });
  });

  test("a short name is told of the search domain, a full one is not", () => {
    const hint = (name: string): string =>
      explainFailure({ phase: "lookup", code: "ENOTFOUND", detail: "" }, { ...about, url: new URL(`http://${name}`) }).hint!;
    expect(hint("ai")).toContain("http://ai.<tailnet>.ts.net");
    expect(hint("ai.x.ts.net")).not.toContain("search domain");
  });
});

describe("the list", () => {
  test("is read by provider, each with the API that it has and the id that OpenCode has for it", () => {
    const discovery = read(recorded);
    expect(discovery.providers.map(({ gatewayId, id, api, known: isKnown }) => [gatewayId, id, api, isKnown])).toEqual([
      ["anthropic", "anthropic", "messages", true],
      ["openai", "openai", "responses", true],
      ["gemini", "google", "generate-content", true],
      ["vertex", "google-vertex", "vertex", true],
      ["bedrock", "amazon-bedrock", "converse", true],
      ["openrouter", "openrouter", "chat", true],
      ["house", "house", "chat", false],
    ]);
    expect(discovery).toMatchObject({ odd: 0, isPart: false });
  });

  test("limits are the catalogue's, of the same model under other names, too", () => {
    const discovery = read(recorded);
    const limitIn = (provider: string, model: string): unknown => known.catalogue[provider]!.models[model]!["limit"];
    for (const id of ["anthropic", "amazon-bedrock", "openrouter"]) {
      const { models } = named(discovery, id);
      expect(models[0]!.limit, id).toMatchObject({ context: expect.any(Number) });
      const { context, output } = limitIn(id, models[0]!.id) as { context: number; output: number };
      expect(models[0]!.limit, id).toEqual({ context, output });
    }
    const foreign = [
      "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
      "anthropic/claude-haiku-4.5",
      "claude-haiku-4-5@20251001",
      "claude-haiku-4-5",
    ];
    const lab = named(read(listOf(foreign.map((id) => ({ id, provider: "lab", endpoints: ["/v1/chat/completions"] })))), "lab");
    for (const { id, limit } of lab.models) expect(limit, id).toEqual(limitIn("anthropic", "claude-haiku-4-5"));
    expect(named(discovery, "house").models[0]!.limit).toBeNull();
    expect(remarks(discovery).join("\n")).toMatch(
      /\d+ of these models (?:is|are) unknown here: context limit unknown, so auto-compaction is off; .* {2}images: true {2}and {2}reasoning: true/,
    );
  });

  test("so is whether they reason and take images; of several that share a name, what all of them do", () => {
    const chatting = { tool_call: true, limit: { context: 2000, output: 100 } };
    const some = {
      ...known,
      catalogue: {
        a: { models: { m: { id: "m", ...chatting, reasoning: true, modalities: { input: ["text", "image"] } } } },
        b: {
          models: {
            "x/m": {
              id: "x/m",
              ...chatting,
              limit: { context: 1000, output: 50 },
              reasoning: true,
              modalities: { input: ["text"] },
            },
          },
        },
        c: { models: { n: { id: "n", ...chatting, reasoning: "yes", modalities: "image" } } },
      },
    };
    const ids = ["m", "us.vendor.m-20260101-v1:0", "n", "unheard-of"];
    const body = listOf(ids.map((id) => ({ id, provider: "lab", endpoints: ["/v1/chat/completions"] })));
    const lab = named(readModels(body, some), "lab");
    const least = { limit: { context: 1000, output: 50 }, reasoning: true, images: false };
    expect(lab.models.map(({ id, limit, reasoning, images }) => [id, { limit, reasoning, images }])).toEqual([
      ["m", least],
      ["n", { limit: { context: 2000, output: 100 }, reasoning: false, images: false }],
      ["unheard-of", { limit: null, reasoning: null, images: null }],
      ["us.vendor.m-20260101-v1:0", least],
    ]);
    expect(settingsOf(lab, some)?.settings.models).toEqual({
      m: { context: 1000, output: 50, reasoning: true },
      n: { context: 2000, output: 100 },
      "unheard-of": {},
      "us.vendor.m-20260101-v1:0": { context: 1000, output: 50, reasoning: true },
    });
  });

  test("what is written of a vendor's model under another provider is what the catalogue has of it, and this version reads it", () => {
    const body = listOf([{ id: "claude-sonnet-5-5", provider: "lab", endpoints: ["/v1/messages"] }]);
    const lab = named(read(body), "lab");
    const offered = offer(lab, known, readProviders);
    expect(offered).toMatchObject({
      settings: {
        api: "messages",
        models: { "claude-sonnet-5-5": { context: 1_000_000, output: 128_000, reasoning: true, images: true } },
      },
      choice: { models: [{ id: "claude-sonnet-5-5", reasoning: true, images: true }] },
    });
  });

  test("a model that ends is marked, and not proposed while another one is there", () => {
    const messages = ["/v1/messages"];
    const body = listOf(
      ["claude-sonnet-4-5", "claude-opus-4-8"].map((id) => ({ id, provider: "anthropic", endpoints: messages })),
    );
    const discovery = read(body);
    const ends = named(discovery, "anthropic").models.map(({ id, end }) => [id, end]);
    expect(ends).toEqual([
      ["claude-opus-4-8", null],
      ["claude-sonnet-4-5", { on: "2026-11-30", replacement: "claude-sonnet-5-5", isTold: true, isNear: true }],
    ]);
    expect(proposeModel(candidatesOf(discovery), known)?.ref).toBe("anthropic/claude-opus-4-8");
    const alone = listOf([{ id: "claude-sonnet-4-5", provider: "anthropic", endpoints: messages }]);
    expect(proposeModel(candidatesOf(read(alone)), known)?.ref).toBe("anthropic/claude-sonnet-4-5");
    // Another provider's model of that name has its own day, which nobody knows.
    const house = listOf([{ id: "claude-sonnet-4-5", provider: "house", endpoints: messages }]);
    expect(named(read(house), "house").models[0]!.end).toBeNull();
    const spec =
      "aperture: { url: http://ai }\nproviders: { anthropic: { models: [claude-sonnet-4-5] } }\nmodel: anthropic/claude-sonnet-4-5\n";
    const told = (listed: unknown): string[] =>
      mergeDiscovery(
        read(listed),
        { origin: "http://ai", spec: { text: spec, entries: parseSpec(spec) }, lock: null },
        known,
      ).notes.filter((note) => note.includes(" ends on "));
    expect(told(alone)).toEqual([
      "anthropic/claude-sonnet-4-5 ends on 2026-11-30: anthropic/claude-sonnet-5-5, which the gateway does not list to you, takes its place:  npx create-aperture-env update --models",
    ]);
    const successor = listOf(
      ["claude-sonnet-4-5", "claude-sonnet-5-5"].map((id) => ({ id, provider: "anthropic", endpoints: messages })),
    );
    expect(told(successor)[0]).toContain("which the gateway serves, takes its place");
  });

  test("names of several providers are marked; where the model stands in the path, no name means one of them", () => {
    const discovery = read(recorded);
    const of = (id: string, model: string): object => named(discovery, id).models.find((one) => one.id === model)!;
    expect(of("openai", "gpt-6.1-sol")).toMatchObject({ alsoFrom: ["openrouter"], unique: "openai/gpt-6.1-sol", usable: true });
    expect(of("google", "gemini-2.5-pro")).toMatchObject({ alsoFrom: ["vertex"], unique: null, usable: false });
    expect(of("openai", "gpt-6-luna")).toMatchObject({ alsoFrom: [], unique: "gpt-6-luna" });
  });

  test("what is no chat model is never usable", () => {
    for (const id of [
      "text-embedding-3-large",
      "gpt-image-1",
      "dall-e-3",
      "tts-1-hd",
      "whisper-1",
      "gpt-4o-realtime-preview",
      "gpt-4o-mini-tts",
      "gpt-4o-transcribe",
      "gemini-2.5-flash-image",
      "gemini-embedding-001",
      "imagen-4.0-generate",
      "veo-3",
      "sora-2",
      "omni-moderation-latest",
      "nomic-embed-text",
      "cohere.embed-english-v3",
      "rerank-v3.5",
      "amazon.nova-canvas-v1:0",
    ])
      expect(named(read(listOf([{ id, provider: "x", endpoints: ["/v1/chat/completions"] }])), "x").models[0], id).toMatchObject({
        usable: false,
        chats: false,
      });
    for (const id of ["o4-mini", "gemini-2.5-flash", "minimax-m2", "llama3.1-instruct", "olive-7b", "gpt-5.3-codex"])
      expect(named(read(listOf([{ id, provider: "x", endpoints: ["/v1/chat/completions"] }])), "x").models[0], id).toMatchObject({
        usable: true,
      });
  });

  test("the API is the one that most models have, the first of ours where they are equal; the rest is named", () => {
    const both = ["/v1/messages", "/v1/chat/completions", "/v1/unknown"];
    const discovery = read(
      listOf([
        { id: "a", provider: "x", endpoints: both },
        { id: "b", provider: "x", endpoints: both },
        { id: "c", provider: "y", endpoints: both },
        { id: "d", provider: "y", endpoints: ["/v1/chat/completions"] },
        { id: "e", provider: "y", endpoints: ["/v1/embeddings"] },
        { id: "f", provider: "z", endpoints: ["/v1/embeddings"] },
      ]),
    );
    expect(discovery.providers.map(({ id, api }) => [id, api])).toEqual([
      ["x", "messages"],
      ["y", "chat"],
      ["z", null],
    ]);
    const lacking = read(
      listOf(
        [..."abc"].map((id) => ({ id, provider: "x", endpoints: id === "c" ? ["/v1/chat/completions"] : ["/v1/messages"] })),
      ),
    );
    expect(String(formatDiscovery(lacking, { model: null, smallModel: null }, painter(false)))).toMatch(/ c .*only chat$/m);
    expect(settingsOf(named(discovery, "z"), known)).toBeNull();
  });

  test("models without a provider are grouped by API; without an API the default is used and marked as assumed", () => {
    const discovery = read(
      listOf([
        { id: "claude-x", endpoints: ["/v1/messages"] },
        { id: "gpt-x", endpoints: ["/v1/responses"] },
        { id: "qwen" },
        { id: "claude-y", provider: "anthropic" },
        { id: "other", provider: "lab" },
      ]),
    );
    expect(discovery.providers.map(({ gatewayId, id, api, assumed }) => [gatewayId, id, api, assumed])).toEqual([
      ["anthropic", "anthropic", "messages", true],
      [null, "openai", "responses", false],
      [null, "anthropic-messages", "messages", false].with(1, "gateway"),
      [null, "gateway-chat", "chat", true],
      ["lab", "lab", "chat", true],
    ]);
    expect(remarks(discovery).join("\n")).toMatch(/does not state the API of anthropic, gateway-chat, lab;/);
  });

  test("a list of Claude models only has a hint", () => {
    const list = listOf([{ id: "claude-a", provider: "anthropic", endpoints: ["/v1/messages"] }]);
    expect(remarks(read(list)).join("\n")).toMatch(/user agent/);
    expect(remarks(read(recorded)).join("\n")).not.toMatch(/user agent/);
  });

  test("of the same entry twice there is one, with the APIs of both", () => {
    const twice = read(
      listOf([
        { id: "a", provider: "x", endpoints: ["/v1/messages"] },
        { id: "a", provider: "x", endpoints: ["/v1/chat/completions"] },
      ]),
    );
    expect(named(twice, "x").models).toMatchObject([{ id: "a", apis: ["messages", "chat"], alsoFrom: [] }]);
  });

  test.each([
    null,
    1,
    "x",
    [],
    {},
    { data: {} },
    { data: "x" },
    { error: { message: "no" } },
    { data: [1, null, "a", [], {}] },
    { data: [{ id: 1 }] },
  ])("%j is no list", (body) => expect(unreadable(body)).toMatchObject({ code: "gateway-other-shape", exit: 4 }));

  test("an empty list is a matter of grants", () => {
    expect(unreadable({ object: "list", data: [] })).toMatchObject({
      code: "gateway-no-models",
      exit: 4,
      hint: expect.stringContaining("grant"),
    });
  });

  test("ids that could break out of anything are left out and counted", () => {
    const bad = [
      "",
      "__proto__",
      "a b",
      "a\nb",
      "a\u001b[31m",
      "a: b",
      '"',
      "{env:X}",
      "#x",
      "-x",
      "!x",
      "&x",
      "*x",
      "ü",
      "x".repeat(500),
      "a\u202eb",
      "${x}",
    ];
    const discovery = read(listOf([...bad, "ok"].map((id) => ({ id, provider: "x", endpoints: ["/v1/messages"] }))));
    expect(named(discovery, "x").models.map(({ id }) => id)).toEqual(["ok"]);
    expect(discovery.odd).toBe(bad.length);
  });

  test("names of providers become ids, each its own", () => {
    const ids = ["__proto__", "constructor", "My House!", "my-house", "opencode", "\u001b[31mred", "OpenAI", "日本"];
    const discovery = read(
      listOf(ids.map((id, index) => ({ id: `m${index}`, provider: id, endpoints: ["/v1/chat/completions"] }))),
    );
    const given = discovery.providers.map(({ id }) => id);
    expect(new Set(given).size).toBe(ids.length);
    for (const id of given) expect(id).toMatch(/^[a-z0-9][a-z0-9-]*$/);
    expect(given).not.toContain("opencode");
    expect(given).toContain("openai");
  });

  test("ten times as many models take ten times as long, not a hundred times, and so do namesakes", () => {
    const many = (length: number): unknown =>
      listOf(
        Array.from({ length }, (_, index) => ({
          id: `vendor/model-${index}`,
          provider: `p${index % 7}`,
          endpoints: ["/v1/chat/completions"],
        })),
      );
    const same = (length: number): unknown =>
      listOf(
        Array.from({ length }, (_, index) => ({
          id: "m",
          provider: `p!${"!".repeat(index % 90)}${index}`,
          endpoints: ["/v1/messages"],
        })),
      );
    const spent = (body: unknown): number => {
      const before = process.cpuUsage();
      const discovery = read(body);
      mergeDiscovery(discovery, { origin: "http://ai", spec: null, lock: null }, known);
      formatDiscovery(discovery, { model: null, smallModel: null }, painter(false));
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    const least = (body: unknown): number => Math.min(...Array.from({ length: 5 }, () => spent(body)));
    for (const make of [many, same]) {
      spent(make(1000));
      expect(least(make(10_000)) / least(make(1000))).toBeLessThan(40);
    }
  });
});

describe("what is proposed", () => {
  const chat = ["/v1/chat/completions"];
  const propose = (ids: readonly string[], of = "house"): [string | undefined, string | undefined] => {
    const candidates = candidatesOf(
      read(listOf(ids.map((id) => ({ id, provider: of, endpoints: of === "anthropic" ? ["/v1/messages"] : chat })))),
    );
    const model = proposeModel(candidates, known)?.ref;
    return [model, proposeSmallModel(candidates, model ?? "", known)?.ref];
  };

  test.each<readonly [string, readonly string[], string | undefined, string | undefined]>([
    [
      "anthropic",
      ["claude-haiku-4-5", "claude-opus-5", "claude-sonnet-5", "claude-sonnet-5-5"],
      "anthropic/claude-sonnet-5-5",
      "anthropic/claude-haiku-4-5",
    ],
    [
      "anthropic",
      ["claude-sonnet-4-6", "claude-sonnet-5", "claude-sonnet-5-20270101"],
      "anthropic/claude-sonnet-5",
      "anthropic/claude-sonnet-5",
    ],
    [
      "anthropic",
      ["claude-3-5-sonnet-20241022", "claude-sonnet-4-6"],
      "anthropic/claude-sonnet-4-6",
      "anthropic/claude-sonnet-4-6",
    ],
    ["house", ["text-embedding-3-large", "tts-1", "gpt-image-1"], undefined, undefined],
    ["house", ["gpt-4o", "gpt-6-luna", "gpt-6.1-sol", "gpt-5.1", "gpt-5-nano"], "house/gpt-6.1-sol", "house/gpt-6-luna"],
    ["house", ["gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.5-flash-lite"], "house/gemini-2.5-pro", "house/gemini-2.5-flash"],
    ["house", ["qwen3-coder", "nomic-embed-text"], "house/qwen3-coder", "house/qwen3-coder"],
    ["house", ["gpt-6-luna"], "house/gpt-6-luna", "house/gpt-6-luna"],
  ])("of %s: %j", (of, ids, model, small) => {
    expect(propose(ids, of)).toEqual([model, small]);
  });

  test("the small model is of the model's provider where that has one", () => {
    const candidates = candidatesOf(read(recorded));
    expect(proposeModel(candidates, known)?.ref).toBe("anthropic/claude-sonnet-5-5");
    expect(proposeSmallModel(candidates, "openai/gpt-6.1-sol", known)?.ref).toBe("openai/gpt-6-luna");
    expect(proposeSmallModel(candidates, "house/qwen3-coder", known)?.ref).toBe("anthropic/claude-haiku-4-5");
  });

  test("a provider is written with its differences from the default; a team's own with models and limits", () => {
    const discovery = read(recorded);
    const written = (id: string): unknown => settingsOf(named(discovery, id), known)?.settings;
    expect(written("anthropic")).toEqual({});
    expect(written("house")).toEqual({ api: "chat", models: { "qwen3-coder": {} } });
    const chatOnly = read(listOf([{ id: "gpt-6-sol", provider: "openai", endpoints: chat }]));
    expect(settingsOf(named(chatOnly, "openai"), known)?.settings).toEqual({ api: "chat" });
    // In a provider of its own, the name that no other one has.
    const twice = read(
      listOf([
        { id: "m", provider: "a", endpoints: chat },
        { id: "m", provider: "b", endpoints: chat },
      ]),
    );
    expect(settingsOf(named(twice, "a"), known)?.settings).toEqual({ api: "chat", models: { "a/m": {} } });
    expect(candidatesOf(twice).map(({ ref }) => ref)).toEqual(["a/a/m", "b/b/m"]);
  });

  test("of a known provider that serves what the catalogue does not know, exactly what it serves is written", () => {
    const serve = (ids: readonly string[]): unknown =>
      settingsOf(
        named(read(listOf(ids.map((id) => ({ id, provider: "anthropic", endpoints: ["/v1/messages"] })))), "anthropic"),
        known,
      );
    expect(serve(["claude-new", "claude-haiku-4-5", "claude-haiku-4-5-20251001-v1"])).toEqual({
      settings: {
        models: {
          "claude-new": {},
          "claude-haiku-4-5": {},
          "claude-haiku-4-5-20251001-v1": { context: 200000, output: 64000, reasoning: true, images: true },
        },
      },
      leftOut: 0,
    });
    const many = Array.from({ length: maxWritten }, (_, index) => `claude-${index}`);
    expect(serve([...many, "claude-haiku-4-5"])).toEqual({ settings: {}, leftOut: maxWritten });
  });

  test("a model that its API does not support is not usable, whatever the gateway says", () => {
    const discovery = read(
      listOf(
        ["gpt-6-sol", "gpt-6.1-sol", "gpt-6-astra", "gpt-5.3-codex"].map((id) => ({ id, provider: "openai", endpoints: chat })),
      ),
    );
    expect(named(discovery, "openai").models.map(({ id, usable }) => [id, usable])).toEqual([
      ["gpt-5.3-codex", false],
      ["gpt-6-astra", false],
      ["gpt-6-sol", true],
      ["gpt-6.1-sol", false],
    ]);
  });

  test("an id that OpenCode takes for something else is given to none", () => {
    for (const id of ["bedrock", "azure", "cohere", "openai-chat", "opencode", "1st", "constructor"]) {
      const [one] = read(listOf([{ id: "m", provider: id, endpoints: chat }])).providers;
      const { settings } = settingsOf(one!, known)!;
      expect(readProviders({ [one!.id]: settings }), id).toMatchObject({ ok: true });
      expect(one!.id).not.toBe(id);
    }
  });

  test("of many models a page is written, what is proposed among them", () => {
    const ids = [...Array.from({ length: 300 }, (_, index) => `model-${index}`), "claude-sonnet-5", "claude-haiku-9"];
    const provider = named(read(listOf(ids.map((id) => ({ id, provider: "lots", endpoints: chat })))), "lots");
    const { settings, leftOut } = settingsOf(provider, known)!;
    const names = Object.keys(settings.models!);
    expect(names).toHaveLength(maxWritten);
    expect(names).toEqual(expect.arrayContaining(["claude-sonnet-5", "claude-haiku-9"]));
    expect(leftOut).toBe(ids.length - maxWritten);
  });

  test("what this version cannot write is told with its reason", () => {
    const house = named(read(recorded), "house");
    expect(offer(house, known, () => ({ ok: false, why: "no" }))).toEqual({ why: "no" });
  });
});

describe("a spec", () => {
  const served = listOf([
    { id: "claude-sonnet-5-5", provider: "anthropic", endpoints: ["/v1/messages"] },
    { id: "claude-haiku-4-5", provider: "anthropic", endpoints: ["/v1/messages"] },
    { id: "gpt-6.1-sol", provider: "openai", endpoints: ["/v1/responses"] },
  ]);
  const merge = (text: string, body: unknown = served): Merged =>
    mergeDiscovery(readModels(body, known), { origin: "http://ai", spec: { text, entries: parseSpec(text) }, lock: null }, known);
  const textOf = ({ edited }: Merged): string => {
    expect(edited).toMatchObject({ ok: true });
    return edited.ok ? edited.text : "";
  };

  test("gets what is missing, and every comment stays", () => {
    const text =
      "# mine\naperture:\n  url: http://ai # gw\n\nproviders: # what\n  anthropic: {} # a\n# small\nsmall_model: anthropic/claude-haiku-4-5 # s\n";
    const merged = merge(text);
    expect(textOf(merged)).toBe(
      "# mine\naperture:\n  url: http://ai # gw\n\nproviders: # what\n  anthropic: {} # a\n  openai: {}\n# small\nsmall_model: anthropic/claude-haiku-4-5 # s\nmodel: anthropic/claude-sonnet-5-5\n",
    );
    expect(textOf(merge(textOf(merged)))).toBe(textOf(merged));
  });

  test("keeps the spec's models if they are served, also those that would not be proposed", () => {
    const text =
      "aperture: { url: http://ai }\nproviders: { openai: {}, anthropic: }\nmodel: openai/gpt-6.1-sol\nsmall_model: openai/gpt-6.1-sol\n";
    expect(textOf(merge(text))).toBe(text);
  });

  test("a list of names stays one, and no comment in it is lost", () => {
    const rest = "model: anthropic/claude-sonnet-5-5\nsmall_model: anthropic/claude-haiku-4-5\n";
    const list = (providers: string): string => `aperture: { url: http://ai }\nproviders: ${providers}\n${rest}`;
    const text = textOf(merge(list("[anthropic] # few")));
    expect(parseSpec(text).providers?.value).toEqual(["anthropic", "openai"]);
    expect(text).toContain("# few\n");
    expect(textOf(merge(text))).toBe(text);
    expect(textOf(merge(list("\n  - openai # ours\n  - anthropic")))).toBe(list("\n  - openai # ours\n  - anthropic"));
    expect(textOf(merge(list("\n  - old # ours\n  - anthropic # too")))).toBe(
      list("\n  - old # ours\n  - anthropic # too\n  - openai"),
    );
  });

  test("names entries that are not listed and keeps them; a model that is not listed is replaced, with a note", () => {
    const merged = merge(
      "aperture: { url: http://ai }\nproviders:\n  anthropic: {}\n  openai: {}\n  gone: { api: chat, models: { x: {} } }\nmodel: gone/x\nsmall_model: anthropic/gone\n",
    );
    expect(merged.notListed).toEqual(["gone"]);
    expect(merged.notes.join("\n")).toMatch(
      /model was gone\/x.*becomes anthropic\/claude-sonnet-5-5\nsmall_model was anthropic\/gone.*becomes anthropic\/claude-haiku-4-5/,
    );
    expect(readYaml(textOf(merged))).toMatchObject({
      value: { providers: { gone: { api: "chat" } }, model: "anthropic/claude-sonnet-5-5" },
    });
  });

  test("a provider of the user's own is found by its models, whatever it is called there", () => {
    const body = listOf([
      { id: "qwen3-coder", provider: "vllm", endpoints: ["/v1/chat/completions"] },
      { id: "claude-sonnet-5-5", provider: "anthropic", endpoints: ["/v1/messages"] },
    ]);
    const text =
      "aperture: { url: http://ai }\nproviders:\n  anthropic: {}\n  team: { api: chat, models: { qwen3-coder: { context: 10, output: 5 }, old: {} } }\nmodel: team/qwen3-coder\nsmall_model: team/qwen3-coder\n";
    const merged = merge(text, body);
    expect(textOf(merged)).toBe(text);
    expect(merged.notListed).toEqual(["team/old"]);
  });

  test("in the compact style exactly the gateway's models are written, and what is named stays a choice", () => {
    const body = listOf([
      { id: "claude-sonnet-5-5", provider: "anthropic", endpoints: ["/v1/messages"] },
      { id: "claude-haiku-4-5", provider: "anthropic", endpoints: ["/v1/messages"] },
      { id: "gpt-6.1-sol", provider: "openai", endpoints: ["/v1/responses"] },
      { id: "gpt-6-luna", provider: "openai", endpoints: ["/v1/responses"] },
      { id: "llama-3.3-70b-versatile", provider: "groq", endpoints: ["/v1/chat/completions"] },
    ]);
    const text =
      "aperture: { url: http://ai }\nproviders:\n  anthropic: {} # ours\n  openai: { models: [gpt-6.1-sol] }\nopencode: { style: compact }\n";
    const merged = textOf(merge(text, body));
    expect(merged).toContain("# ours\n");
    expect(readProviders(parseSpec(merged).providers?.value)).toMatchObject({
      value: [
        { id: "anthropic", models: [{ id: "claude-haiku-4-5" }, { id: "claude-sonnet-5-5" }] },
        { id: "openai", models: [{ id: "gpt-6.1-sol" }] },
        { id: "groq", models: [{ id: "llama-3.3-70b-versatile" }] },
      ],
    });
    expect(textOf(merge(merged, body))).toBe(merged);
    expect(textOf(merge(text.replace("compact", "separate"), body))).toContain("anthropic: {} # ours\n");
  });

  test("in the compact style a long list is written whole, as far as a spec can name it", () => {
    const serve = (count: number): object =>
      listOf(
        Array.from({ length: count }, (_, index) => ({
          id: `m-${index}`,
          provider: "house",
          endpoints: ["/v1/chat/completions"],
        })),
      );
    const text = "aperture: { url: http://ai }\nopencode: { style: compact }\n";
    const written = (count: number): number => {
      const parsed = readProviders(parseSpec(textOf(merge(text, serve(count)))).providers?.value);
      return parsed.ok ? parsed.value[0]!.models!.length : 0;
    };
    expect([written(150), written(201)]).toEqual([150, 200]);
    expect(merge(text, serve(201)).notes.join()).toContain("house serves 1 more model:");
  });

  test("providers that no name tells apart are told, and written by hand they stay", () => {
    const gemini = (provider: string, path: string): Entry => ({ id: "gemini-2.5-pro", provider, endpoints: [path] });
    const body = listOf([
      { id: "claude-sonnet-5-5", provider: "anthropic", endpoints: ["/v1/messages"] },
      gemini("google", "/v1beta/models/{model}:generateContent"),
      gemini("google-vertex", "/v1/projects/{project}/locations/{region}/publishers/google/models/{model}:generateContent"),
    ]);
    const { notes } = merge("aperture: { url: http://ai }\nproviders: { anthropic: {} }\n", body);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(
      /^google is left out of the spec: no name selects its models and not those of google-vertex, .* add google to aperture-env\.yaml/,
    );
    expect(notes[1]).toMatch(/^google-vertex is left out of the spec: .*not those of google, /);
    const text = "aperture: { url: http://ai }\nproviders: { anthropic: {}, google: {} }\nmodel: google/gemini-2.5-pro\n";
    const kept = merge(text, body);
    expect(readYaml(textOf(kept))).toMatchObject({ value: { providers: { google: {} }, model: "google/gemini-2.5-pro" } });
  });

  test("a name that begins with ~, as resellers have for the newest of a family, is one", () => {
    const body = listOf([{ id: "~anthropic/claude-sonnet-latest", provider: "openrouter", endpoints: ["/v1/chat/completions"] }]);
    expect(named(read(body), "openrouter").models).toMatchObject([{ id: "~anthropic/claude-sonnet-latest", usable: true }]);
  });

  test("an API that the gateway does not have for it is told", () => {
    const body = listOf([
      { id: "gpt-6-sol", provider: "openai", endpoints: ["/v1/chat/completions"] },
      { id: "claude-sonnet-5-5", provider: "anthropic", endpoints: ["/v1/messages"] },
    ]);
    const merged = merge(
      "aperture: { url: http://ai }\nproviders: { openai: {}, anthropic: {} }\nmodel: openai/gpt-6-sol\n",
      body,
    );
    expect(readYaml(textOf(merged))).toMatchObject({
      value: { providers: { openai: { api: "chat" }, anthropic: {} }, model: "openai/gpt-6-sol" },
    });
    expect(merged.notes.join("\n")).toContain("openai does not speak responses on this gateway, but chat");
  });

  test("what is named of a catalogue's provider is a choice; one of the team's own gets what is new", () => {
    const chat = ["/v1/chat/completions"];
    const body = listOf([
      { id: "claude-sonnet-5-5", provider: "anthropic", endpoints: ["/v1/messages"] },
      { id: "claude-new", provider: "anthropic", endpoints: ["/v1/messages"] },
      { id: "qwen3-coder", provider: "house", endpoints: chat },
      { id: "glm", provider: "house", endpoints: chat },
    ]);
    const rest = "model: anthropic/claude-sonnet-5-5\nsmall_model: house/qwen3-coder\n";
    const spec = (anthropic: string, house: string): string =>
      `aperture: { url: http://ai }\nproviders:\n  anthropic: ${anthropic} # a\n  house:\n    api: chat\n    models: ${house} # h\n${rest}`;
    expect(textOf(merge(spec("{ models: [claude-sonnet-5-5] }", "[qwen3-coder, glm]"), body))).toBe(
      spec("{ models: [claude-sonnet-5-5] }", "[qwen3-coder, glm]"),
    );
    const merged = merge(spec("{}", "{ qwen3-coder: { context: 10, output: 5 } }"), body);
    expect(readYaml(textOf(merged))).toMatchObject({
      value: {
        providers: { anthropic: {}, house: { models: { "qwen3-coder": { context: 10, output: 5 }, glm: {} } } },
        small_model: "house/qwen3-coder",
      },
    });
    expect(textOf(merged)).toMatch(/ # a\n[^]* # h\n/);
    expect(merged.notes.join("\n")).toContain("anthropic serves models that the catalogue does not know");
    expect(textOf(merge(textOf(merged), body))).toBe(textOf(merged));
    const listed = merge(spec("{}", "[qwen3-coder]"), body);
    expect(parseSpec(textOf(listed)).providers?.value).toMatchObject({ house: { models: ["qwen3-coder", "glm"] } });
    const mapped = textOf(merge(spec("{}", "{ qwen3-coder: {} } # mine"), body));
    expect(parseSpec(mapped).providers?.value).toMatchObject({ house: { models: { "qwen3-coder": {}, glm: {} } } });
    expect(mapped).toContain("# mine");
  });

  test("a model that a provider does not name is not proposed, and not kept", () => {
    const text =
      "aperture: { url: http://ai }\nproviders: { anthropic: { models: [claude-haiku-4-5] }, openai: { models: [gpt-6.1-sol] } }\nmodel: anthropic/claude-sonnet-5-5\n";
    expect(merge(text)).toMatchObject({ model: "openai/gpt-6.1-sol", smallModel: "anthropic/claude-haiku-4-5" });
  });

  test("the lock counts for what a spec leaves out", () => {
    const text = "aperture: { url: http://ai }\n";
    const lock = {
      providers: [
        { id: "anthropic", api: "messages" },
        { id: "openai", api: "responses" },
      ] as never,
      model: "openai/gpt-6.1-sol",
      smallModel: "openai/gpt-6.1-sol",
    };
    const merged = mergeDiscovery(
      readModels(served, known),
      {
        origin: "http://ai",
        spec: { text, entries: parseSpec(text) },
        lock,
      },
      known,
    );
    expect(textOf(merged)).toBe(text);
  });

  test("without one there is a whole one", () => {
    const text = textOf(mergeDiscovery(readModels(served, known), { origin: "http://gw:8080", spec: null, lock: null }, known));
    expect(text).toBe(
      "aperture:\n  url: http://gw:8080\nproviders:\n  anthropic: {}\n  openai: {}\nmodel: anthropic/claude-sonnet-5-5\nsmall_model: anthropic/claude-haiku-4-5\n",
    );
    expect(() => parseSpec(text)).not.toThrow();
  });

  test("that cannot be edited is refused with its place", () => {
    const { edited } = merge(
      "aperture: { url: http://ai }\nproviders: { anthropic: {} }\nmodel: x\n".replace("model: x", "? model\n: x"),
    );
    expect(edited).toMatchObject({ ok: false, line: expect.any(Number) });
  });
});

describe("whatever the answer is", () => {
  const endpoint = fc.constantFrom(
    "/v1/messages",
    "/v1/responses",
    "/v1/chat/completions",
    gemini("{model}"),
    "/bedrock/model/{model}/converse",
    "/v1/embeddings",
  );
  const word = fc.oneof(
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.constantFrom(
      "__proto__",
      "constructor",
      "toString",
      "claude-sonnet-5-5",
      "gpt-6.1-sol",
      "a: b",
      "- x",
      "yes",
      "null",
      "1e3",
      "0x1",
      "x #y",
      "openai",
      "anthropic",
      "'",
      "12:30",
      "a/b",
    ),
  );
  const model = fc.record(
    {
      id: fc.oneof(word, fc.anything()),
      supported_endpoints: fc.oneof(fc.array(fc.oneof(endpoint, fc.anything()), { maxLength: 4 }), fc.anything()),
      metadata: fc.oneof(fc.record({ provider: fc.oneof(fc.record({ id: word, name: word }), fc.anything()) }), fc.anything()),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    { weight: 4, arbitrary: fc.record({ data: fc.array(model, { maxLength: 12 }) }) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );

  test("it throws only errors for people, and the resulting spec has the intended values", () => {
    fc.assert(
      fc.property(body, (value) => {
        let discovery: Discovery;
        try {
          discovery = readModels(value, known);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          return;
        }
        const table = String(formatDiscovery(discovery, { model: null, smallModel: null }, painter(false)));
        expect(table).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
        for (const spec of [null, "aperture: { url: http://ai }\nproviders: { anthropic: {} } # x\n"]) {
          const {
            edited,
            model: main,
            smallModel,
          } = mergeDiscovery(
            discovery,
            {
              origin: "http://ai",
              spec: spec === null ? null : { text: spec, entries: parseSpec(spec) },
              lock: null,
            },
            known,
          );
          expect(edited.ok).toBe(true);
          const text = edited.ok ? edited.text : "";
          const entries = parseSpec(text);
          expect(entries.url?.value).toBe("http://ai");
          if (entries.providers !== undefined) expect(readProviders(entries.providers.value)).toMatchObject({ ok: true });
          expect(entries.providers === undefined).toBe(spec === null && main === null);
          if (main !== null) expect([entries.model?.value, entries.smallModel?.value]).toEqual([main, smallModel]);
        }
        // A later version writes models, too: every name stays one.
        for (const one of discovery.providers) {
          const settings = settingsOf(one, known)?.settings.models ?? {};
          const made = mergeDiscovery(discovery, { origin: "http://ai", spec: null, lock: null }, known);
          expect(made.edited.ok).toBe(true);
          for (const name of Object.keys(settings)) expect(name).toMatch(/^[A-Za-z0-9@~][A-Za-z0-9@._:/+~-]*$/);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("what is said of it is one line, and not long", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(50), (text, length) => {
        const said = clean(text, length);
        expect([...said].length).toBeLessThanOrEqual(length + 1);
        expect(said).not.toMatch(/[\p{Cc}\p{Cf}\n]/u);
      }),
    );
  });
});
