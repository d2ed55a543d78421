/** Chooses the answer to a request, without sockets. */
import { answerTo } from "./conversation.ts";
import { faultOfModel, mannerOf, statusOf, type Fault, type Manner } from "./faults.ts";
import { findFormat, wireFormats } from "./formats.ts";
import type { LoggedRequest } from "./log.ts";
import { listModels, modelsFor, routeModel, type MockModel } from "./models.ts";
import { formatPage, loginPage, pagePolicy } from "./page.ts";
import { formatOpenAiError } from "./responses.ts";
import { countTokens, splitWords, type Address, type Stream, type WireFormat } from "./wire.ts";
import { cut, isObject, type JsonObject } from "./json.ts";

/** A complete request. `body` is null if it was larger than the gateway accepts. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly userAgent: string;
  readonly body: string | null;
}

/** What the routes need of their gateway. */
export interface Context {
  readonly origin: string;
  /** Those that remain with faults and grants. */
  readonly models: readonly MockModel[];
  readonly faults: readonly Fault[];
  readonly requests: readonly LoggedRequest[];
  /** The number of the next answer, from 1. */
  readonly count: () => number;
  readonly now: () => Date;
}

/** An answer: headers, and either a complete body or the pieces of a stream. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | readonly (string | Uint8Array)[];
  /** How it is sent, and how much of it. */
  readonly manner: Manner;
  /** The number of words of a model's answer without a stream; it decides how long a slow one takes. */
  readonly words: number;
}

/** The log's details of the request and its answer. */
export type Read = Pick<LoggedRequest, "model" | "provider" | "stream" | "inputTokens" | "outputTokens" | "fault">;

type Headers = Reply["headers"];

interface Routed {
  readonly reply: Reply;
  readonly read: Read;
}

/** Answers a request, and gives its details. Never throws, whatever a client sends. */
export function route(asked: Asked, context: Context): Routed {
  const { method, path } = asked;
  const found = findFormat(path);
  const body = found === null ? null : parseBody(asked.body);
  const read = readRequest(found?.address ?? null, body);
  // The gateway's own pages have no faults, so that people can look at the log.
  if (path !== "/v1/models" && pages[path] !== undefined) return { read, reply: routePage(asked, context) };
  const named = read.model === null ? null : faultOfModel(read.model);
  const faults = named === null ? context.faults : [named];
  const failed = fail(found?.format ?? null, faults);
  if (failed !== null) return { read: { ...read, fault: failed.fault }, reply: failed.reply };
  const routed =
    found === null
      ? { read, reply: routePage(asked, context) }
      : method === "POST"
        ? speak(found.format, { asked, body, read, context })
        : { read, reply: wrongMethod(found.format, method, path, "POST") };
  const manner = mannerOf(faults);
  if (manner === "plain") return routed;
  const { reply } = routed;
  return {
    read: { ...routed.read, fault: manner },
    reply: { ...reply, manner, status: manner === "close" ? 0 : reply.status },
  };
}

function readRequest(address: Address | null, body: JsonObject | null): Read {
  const named = body?.["model"];
  return {
    model: address === null ? null : (address.model ?? (typeof named === "string" ? named : null)),
    provider: null,
    stream: address !== null && (address.stream ?? body?.["stream"] === true),
    inputTokens: null,
    outputTokens: null,
    fault: null,
  };
}

interface Spoken {
  readonly asked: Asked;
  readonly body: JsonObject | null;
  readonly read: Read;
  readonly context: Context;
}

/** A model's answer in the wire format of the path. */
function speak(format: WireFormat, { asked, body, read, context }: Spoken): Routed {
  const no = (status: number, message: string, code?: string): Routed => ({ read, reply: refuse(format, status, message, code) });
  if (asked.body === null) return no(413, "The request is larger than this gateway takes.");
  if (body === null) return no(400, "The request's body is not a JSON object.");
  if (read.model === null) return no(400, "model: it is missing or not a string.");
  const model = routeModel(context.models, read.model, format);
  if (typeof model === "string") return no(404, `model ${cut(read.model, 200)}: ${model}`, "model_not_found");
  const said = answerTo(format.read(body), model.id);
  const inputTokens = countTokens(asked.body.length);
  const outputTokens = countTokens(said.call === null ? said.text.length : JSON.stringify(said.call).length);
  const answer = { ...said, number: context.count(), model: model.id, inputTokens, outputTokens, created: context.now() };
  return {
    read: { ...read, provider: model.provider.id, inputTokens, outputTokens },
    reply: read.stream
      ? stream(format.stream(answer, { body, query: asked.query }))
      : { ...json(200, format.complete(answer)), words: splitWords(said.text).length },
  };
}

/** The answer of a fault in place of a model's; null if no fault gives one. */
function fail(format: WireFormat | null, faults: readonly Fault[]): { readonly reply: Reply; readonly fault: Fault } | null {
  for (const fault of faults) {
    const reply = failWith(format, fault);
    if (reply !== null) return { reply, fault };
  }
  return null;
}

function failWith(format: WireFormat | null, fault: Fault): Reply | null {
  const status = statusOf(fault);
  if (status !== null) {
    const headers: Headers = status === 429 ? { "retry-after": "1" } : {};
    return refuse(format, status, "The mock gateway was told to answer with this error.", undefined, headers);
  }
  switch (fault) {
    case "html":
      return html(200, loginPage);
    case "redirect":
      return redirect("/login");
    case "no-role":
      // Aperture's status and message without a grant of a role (its documentation, "How grants work" and "Troubleshooting").
      return refuse(format, 403, "access denied: no role granted", "no_role");
    default:
      // These concern prompts; the list is answered.
      return format === null ? null : refusePrompt(format, fault);
  }
}

/** Statuses, `Retry-After` and `guardrail_blocked` are Aperture's (its documentation on quotas, guardrails and hooks); the other messages are ours. */
function refusePrompt(format: WireFormat, fault: Fault): Reply | null {
  switch (fault) {
    case "guardrail":
      return refuse(format, 403, "guardrail_blocked: the mock gateway's guardrail refuses this prompt", "guardrail_blocked");
    case "hook":
      return refuse(format, 503, "a hook failed, and it fails closed", "hook_failed");
    case "quota":
      return refuse(format, 429, "quota daily:<user> exceeded", "quota_exceeded", { "retry-after": "60" });
    case "quota-unreadable":
      return refuse(format, 429, "cannot parse quota daily:<user>: invalid rate", "quota_invalid");
    default:
      return null;
  }
}

/** Everything except the model APIs. */
function routePage(asked: Asked, context: Context): Reply {
  const { method, path } = asked;
  // Aperture appends the whole path to a provider's base URL: a doubled /v1 reaches the provider, which answers 405 (its
  // troubleshooting guide). So this is no 404, and Allow is empty.
  if (/^\/v1(?:beta)?\/v1(?:beta)?\//.test(path)) {
    const message = `${cut(path, 200)}: the client's base URL has /v1 twice; it ends in one.`;
    return refuse(null, 405, message, "method_not_allowed", { allow: "" });
  }
  const page = pages[path];
  if (page === undefined) {
    const known = [...wireFormats.map((format) => `POST ${format.path}`), "GET /v1/models", "GET /ui/"].join(", ");
    const ends = "The client's base URL ends in one /v1, for Gemini in /v1beta, for Bedrock in /bedrock.";
    return refuse(null, 404, `${cut(path, 200)} is not served here, only ${known}. ${ends}`);
  }
  return method === "GET" || method === "HEAD" ? page(context, asked) : wrongMethod(null, method, path, "GET, HEAD");
}

/** Without a prototype, because paths are not trusted. */
const pages: Readonly<Record<string, (context: Context, asked: Asked) => Reply>> = Object.assign(Object.create(null), {
  "/": () => redirect("/ui/"),
  "/ui": () => redirect("/ui/"),
  "/ui/": ({ origin, requests }: Context): Reply => html(200, formatPage(origin, requests)),
  "/ui/log.json": ({ requests }: Context): Reply => json(200, { schemaVersion: 1, requests: requests.toReversed() }),
  "/login": () => html(200, loginPage),
  "/v1/models": ({ models }: Context, { userAgent }: Asked): Reply => json(200, listModels(modelsFor(userAgent, models))),
});

function redirect(location: string): Reply {
  return { status: 302, headers: { location }, body: "", manner: "plain", words: 0 };
}

function html(status: number, body: string): Reply {
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": pagePolicy };
  return { status, headers, body, manner: "plain", words: 0 };
}

function wrongMethod(format: WireFormat | null, method: string, path: string, allow: string): Reply {
  return refuse(format, 405, `${cut(path, 200)} takes ${allow}, not ${method}.`, "method_not_allowed", { allow });
}

/**
 * An error in the form of the path's wire format; if the path belongs to none, in the form that most clients can read.
 *
 * No message contains the gateway's port: OpenCode retries any error with 429, 500, 502, 503, 504 or 524 anywhere in its text, silently and for
 * minutes, and a port such as 34503 contains 503 (observed with opencode-ai 1.18.18).
 */
function refuse(format: WireFormat | null, status: number, message: string, code?: string, headers?: Headers): Reply {
  const body =
    format === null ? { ...formatOpenAiError(status, message, code), type: "error" } : format.error(status, message, code);
  return json(status, body, { ...format?.errorHeaders?.(status), ...headers });
}

function json(status: number, body: JsonObject, headers: Headers = {}): Reply {
  const text = JSON.stringify(body);
  return { status, headers: { ...headers, "content-type": "application/json" }, body: text, manner: "plain", words: 0 };
}

function stream({ contentType, pieces }: Stream): Reply {
  return { status: 200, headers: { "content-type": contentType }, body: pieces, manner: "plain", words: 0 };
}

function parseBody(text: string | null): JsonObject | null {
  try {
    const body: unknown = JSON.parse(text ?? "");
    return isObject(body) ? body : null;
  } catch {
    return null;
  }
}
