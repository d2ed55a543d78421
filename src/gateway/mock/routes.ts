/** Which answer a request gets. Knows nothing of sockets. */
import type { LoggedRequest } from "./log.ts";
import { messages } from "./messages.ts";
import { listModels, routeModel, type MockModel } from "./models.ts";
import { formatPage, pagePolicy } from "./page.ts";
import { responses } from "./responses.ts";
import { answerText, countTokens, cut, isObject, type JsonObject, type ServerEvent, type WireFormat } from "./wire.ts";

/** A request, read to its end. `body` is null where it was larger than the gateway takes. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
}

/** What the routes need of their gateway. */
export interface Context {
  readonly origin: string;
  readonly models: readonly MockModel[];
  readonly requests: readonly LoggedRequest[];
  /** The number of the next answer, from 1. */
  readonly count: () => number;
  readonly now: () => Date;
}

/** An answer: headers and either a whole body or the events of a stream. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | readonly ServerEvent[];
}

/** What the log says of the body. */
export interface Read {
  readonly model: string | null;
  readonly stream: boolean;
}

const wireFormats: readonly WireFormat[] = [messages, responses];

/** Answers a request and tells what its body asked for. Never throws for anything that a client sends. */
export function route(asked: Asked, context: Context): { readonly reply: Reply; readonly read: Read } {
  const { method, path } = asked;
  const format = wireFormats.find((each) => each.path === path);
  const body = parseBody(asked.body);
  const read: Read = {
    model: typeof body?.["model"] === "string" ? body["model"] : null,
    stream: body?.["stream"] === true,
  };
  if (format === undefined) return { read, reply: routePage(method, path, context) };
  if (method !== "POST") return { read, reply: wrongMethod(format, method, path, "POST") };
  return { read, reply: speak(format, asked.body, body, read, context) };
}

/** A model's answer in the wire format of the path. */
function speak(format: WireFormat, text: string | null, body: JsonObject | null, read: Read, context: Context): Reply {
  if (text === null) return refuse(format, 413, "The request is larger than this gateway takes.");
  if (body === null) return refuse(format, 400, "The request's body is not a JSON object.");
  if (read.model === null) return refuse(format, 400, "model: it is missing or not a string.");
  const model = routeModel(context.models, read.model, format.path);
  if (typeof model === "string") return refuse(format, 404, `model ${cut(read.model, 200)}: ${model}`, "model_not_found");
  const said = answerText(model.id, format.lastUserText(body));
  const answer = {
    number: context.count(),
    model: model.id,
    text: said,
    inputTokens: countTokens(text.length),
    outputTokens: countTokens(said.length),
    created: context.now(),
  };
  return read.stream
    ? { status: 200, headers: { "content-type": "text/event-stream; charset=utf-8" }, body: format.events(answer) }
    : json(200, format.complete(answer));
}

/** Everything but the model APIs. */
function routePage(method: string, path: string, context: Context): Reply {
  // Aperture puts the whole path behind a provider's base URL: a doubled /v1 arrives upstream and comes back as 405 (its
  // troubleshooting guide). Hence no 404 here, and nothing in Allow.
  if (path.startsWith("/v1/v1/")) {
    const message = `${cut(path, 200)}: the client's base URL has /v1 twice; it ends in one.`;
    return refuse(null, 405, message, "method_not_allowed", { allow: "" });
  }
  const page = pages[path];
  if (page === undefined) {
    const known = [...wireFormats.map((format) => `POST ${format.path}`), "GET /v1/models", "GET /ui/"].join(", ");
    return refuse(null, 404, `${cut(path, 200)} is not served here, only ${known}. The client's base URL ends in one /v1.`);
  }
  return method === "GET" || method === "HEAD" ? page(context) : wrongMethod(null, method, path, "GET, HEAD");
}

/** Without a prototype, because paths come from outside. */
const pages: Readonly<Record<string, (context: Context) => Reply>> = Object.assign(Object.create(null), {
  "/": redirect,
  "/ui": redirect,
  "/ui/": ({ origin, requests }: Context): Reply => ({
    status: 200,
    headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": pagePolicy },
    body: formatPage(origin, requests),
  }),
  "/ui/log.json": ({ requests }: Context): Reply => json(200, { schemaVersion: 1, requests: requests.toReversed() }),
  "/v1/models": ({ models }: Context): Reply => json(200, listModels(models)),
});

function redirect(): Reply {
  return { status: 302, headers: { location: "/ui/" }, body: "" };
}

function wrongMethod(format: WireFormat | null, method: string, path: string, allow: string): Reply {
  return refuse(format, 405, `${path} takes ${allow}, not ${method}.`, "method_not_allowed", { allow });
}

/**
 * An error in the path's own shape. Where no wire format owns the path, one that the clients of both can read.
 *
 * No message names the gateway's port: OpenCode retries any error whose text holds 429, 500, 502, 503, 504 or 524 anywhere, silently and
 * for minutes, and a port such as 34503 does (observed with opencode-ai 1.18.18).
 */
function refuse(format: WireFormat | null, status: number, message: string, code?: string, headers?: Reply["headers"]): Reply {
  const body =
    format === null ? { ...responses.error(status, message, code), type: "error" } : format.error(status, message, code);
  return json(status, body, headers);
}

function json(status: number, body: JsonObject, headers: Reply["headers"] = {}): Reply {
  return { status, headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
}

function parseBody(text: string | null): JsonObject | null {
  try {
    const body: unknown = JSON.parse(text ?? "");
    return isObject(body) ? body : null;
  } catch {
    return null;
  }
}
