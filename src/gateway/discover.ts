/**
 * Asks a gateway which models it serves: `GET /v1/models`, once, without credentials and without following anything.
 *
 * The user agent is our own because Aperture gives Claude Code a shorter list (tailscale/aperture-cli, docs/adding-a-client.md). Not by `fetch`:
 * its library takes longer to load than the request, and it hides at which step a connection failed, which is what people need to know.
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { generatorVersion } from "../version.ts";
import { explainAnswer, explainFailure, notJson, type Answer, type Failure, type Phase } from "./explain.ts";
import { findRoute } from "./proxy.ts";

/** What is asked, and how patiently. */
export interface ModelsQuestion {
  /** As `parseOrigin` gives it. */
  readonly origin: string;
  /** For everything, in milliseconds: the name, the connection and the answer to its end. */
  readonly timeout: number;
  /** Where proxies are named. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** More than any list of models: 20,000 of them are 5 MB. */
const maxBody = 8 * 1024 * 1024;
/** Of an error only a sentence is shown. */
const maxErrorBody = 64 * 1024;

/**
 * Gives the answer's JSON, whatever it holds. Throws an environment error (exit 4) with what it means and what to try next for everything
 * else: no connection, no answer in time, another status, something that is no JSON.
 */
export async function askForModels({ origin, timeout, env }: ModelsQuestion): Promise<unknown> {
  const url = new URL("/v1/models", origin);
  const route = findRoute(url, env);
  const about = { url, timeout, proxy: route.proxy?.host ?? null, unused: route.unused };
  const answer = await send(url, route.proxy, timeout);
  const wrong = "phase" in answer ? explainFailure(answer, about) : explainAnswer(answer, about);
  if (wrong !== null) throw wrong;
  const text = (answer as Answer).text.replace(/^\ufeff/, "");
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw notJson(text, about);
  }
}

function optionsFor(url: URL, proxy: URL | null): RequestOptions {
  const headers = { "user-agent": `create-aperture-env/${generatorVersion}`, accept: "application/json", host: url.host };
  const target = proxy ?? url;
  const user = proxy === null || proxy.username === "" ? null : `${decode(proxy.username)}:${decode(proxy.password)}`;
  return {
    agent: false,
    hostname: target.hostname.replace(/^\[|\]$/g, ""),
    ...(target.port !== "" && { port: target.port }),
    // A proxy is told the whole URL (RFC 9112, 3.2.2).
    path: proxy === null ? url.pathname : url.href,
    headers: user === null ? headers : { ...headers, "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` },
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function send(url: URL, proxy: URL | null, timeout: number): Promise<Answer | Failure> {
  const started = performance.now();
  const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  return new Promise((resolve) => {
    let phase: Phase = /^[\d.]+$|:/.test((proxy ?? url).hostname) ? "connect" : "lookup";
    let asked: ClientRequest | null = null;
    const settle = (result: Answer | Failure): void => {
      clearTimeout(timer);
      resolve(result);
      asked?.destroy();
    };
    const fail = (code: string, detail = ""): void => settle({ phase, code, detail });
    const timer = setTimeout(() => fail("TIMEOUT"), Math.max(1, timeout - (performance.now() - started)));
    const failWith = (error: NodeJS.ErrnoException): void => fail(error.code ?? "", error.message);
    try {
      asked = request(optionsFor(url, proxy), (response) => {
        phase = "body";
        collect(response, settle, failWith);
      });
    } catch (error) {
      failWith(error as NodeJS.ErrnoException);
      return;
    }
    asked.on("socket", (socket) => {
      socket.once("lookup", (error) => (phase = error === null ? "connect" : "lookup"));
      socket.once("connect", () => (phase = url.protocol === "https:" ? "tls" : "answer"));
      socket.once("secureConnect", () => (phase = "answer"));
    });
    // After the answer is there, too: it stays listened to, because an error without a listener would end the process.
    asked.on("error", failWith);
    asked.end();
  });
}

function collect(
  response: IncomingMessage,
  settle: (answer: Answer) => void,
  failWith: (error: NodeJS.ErrnoException) => void,
): void {
  const status = response.statusCode ?? 0;
  const isError = status < 200 || status > 299;
  const limit = isError ? maxErrorBody : maxBody;
  const chunks: Buffer[] = [];
  let length = 0;
  const end = (tooLarge: boolean): void => {
    const { location = null, "content-type": type = "", "retry-after": retryAfter = null } = response.headers;
    settle({ status, location, type, retryAfter, tooLarge, text: Buffer.concat(chunks).toString("utf8") });
  };
  response.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length > limit) end(!isError);
    else chunks.push(chunk);
  });
  response.on("end", () => end(false));
  // What an error says is a service; that it is one is known already.
  response.on("error", (error) => (isError ? end(false) : failWith(error)));
}
