/**
 * The mock gateway: a small local server that looks like Aperture to a client, to try the product without a tailnet and to test it.
 * It has no model, and says so in every answer. This module has the sockets and the handling of a request.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AppError, environmentError } from "../../errors.ts";
import type { Fault } from "./faults.ts";
import { cleanText, createLog, readCaller, type LoggedRequest } from "./log.ts";
import { limitModels, type MockModel } from "./models.ts";
import { route } from "./routes.ts";
import { sendBeginning, sendEnd } from "./send.ts";

export type { Fault } from "./faults.ts";
export type { LoggedRequest } from "./log.ts";
export type { MockModel } from "./models.ts";

/** A running mock gateway. */
export interface MockGateway {
  /** Its origin for clients on this machine: `http://127.0.0.1:8080`. */
  readonly origin: string;
  readonly port: number;
  /**
   * The last 1000 requests, oldest first, without GET requests outside `/v1/` (the page, its icon). The list is live: it grows
   * as requests are answered.
   */
  readonly requests: readonly LoggedRequest[];
  /** Closes every connection, open streams included, and resolves when all have ended. May be called again. */
  close(): Promise<void>;
}

/** Settings of a mock gateway. */
export interface MockGatewayOptions {
  readonly models: readonly MockModel[];
  /** Faults for every request. A request for a model such as `fault-slow` or `fault-429` has only that fault. */
  readonly faults?: readonly Fault[];
  /** Globs over `provider/model`, such as `anthropic/**`: only matching models are listed and answer. All by default. */
  readonly grants?: readonly string[] | null;
  /** The address to listen on; `127.0.0.1` by default, so that only this machine reaches it. */
  readonly host?: string;
  /** 0, the default, chooses a free one. */
  readonly port?: number;
  /** Called for each logged request, before its answer ends. */
  readonly onRequest?: (request: LoggedRequest) => void;
  readonly now?: () => Date;
}

const logLimit = 1000;
const bodyLimit = 20 * 1024 * 1024;

/**
 * Starts a mock gateway, and resolves when it listens.
 * Throws an environment error if the port is taken or forbidden, or the address is not one of this machine.
 */
export async function startMockGateway(options: MockGatewayOptions): Promise<MockGateway> {
  const { faults = [], grants = null, port = 0, onRequest, now = () => new Date() } = options;
  // Not `??`: to Node an empty address means all addresses, and an empty variable must not open the gateway to the network.
  const host = options.host || "127.0.0.1";
  const log = createLog(logLimit);
  const running = new Set<Promise<void>>();
  let origin = "";
  let answers = 0;
  const context = {
    models: limitModels(options.models, { faults, grants }),
    faults,
    requests: log.requests,
    now,
    count: () => ++answers,
    get origin() {
      return origin;
    },
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const arrived = now();
    const { method = "", url = "" } = request;
    const [path = "", query = ""] = url.split("?", 2);
    const { text, bytes } = await readBody(request);
    const caller = readCaller(request);
    const asked = { method, path, query: new URLSearchParams(query), userAgent: caller.userAgent, body: text };
    const { reply, read } = route(asked, context);
    await sendBeginning(response, reply);
    // Before the answer's end, so that a client with the complete answer finds the request in the log. A browser's requests are left out;
    // a model request to a wrong path is not, because people look for it.
    if (path.startsWith("/v1/") || !["GET", "HEAD"].includes(method)) {
      const logged: LoggedRequest = {
        time: arrived.toISOString(),
        method,
        path: cleanText(path),
        status: reply.status,
        ...read,
        model: read.model === null ? null : cleanText(read.model),
        ...caller,
        bytes,
        ms: now().getTime() - arrived.getTime(),
      };
      log.add(logged);
      onRequest?.(logged);
    }
    await sendEnd(response, reply);
  };

  const server = createServer((request, response) => {
    // Fails if the client disconnected or a listener threw. In both cases only this connection ends.
    const answer: Promise<void> = handle(request, response)
      .catch(() => void response.destroy())
      .finally(() => running.delete(answer));
    running.add(answer);
  });
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  origin = formatOrigin(host, address.port);
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
    await Promise.all(running);
  };
  return { origin, port: address.port, requests: log.requests, close: () => (closing ??= close()) };
}

/**
 * Reads a body to its end. `text` is null if it is too large. It is read anyway, because a client that is disconnected while it writes reports a
 * broken connection instead of the 413.
 */
async function readBody(request: IncomingMessage): Promise<{ text: string | null; bytes: number }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bodyLimit) chunks.push(chunk);
    else chunks.length = 0;
  }
  return { text: bytes > bodyLimit ? null : Buffer.concat(chunks).toString("utf8"), bytes };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, () => resolve());
  });
}

/** Why a server cannot listen, for people. Codes: Node.js documentation, "Common system errors". */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number): AppError {
  const anyPort = "Choose another port, or take any free one: --port 0";
  switch (error.code) {
    case "EADDRINUSE":
      return environmentError("port-in-use", `Port ${port} of ${host} is in use.`, anyPort);
    case "EACCES":
      return environmentError("port-forbidden", `Listening on port ${port} of ${host} is not permitted.`, anyPort);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return environmentError("no-such-address", `${host} is not an address of this machine.`, "Listen on --host 127.0.0.1");
    default:
      return environmentError("cannot-listen", `Cannot listen on port ${port} of ${host}: ${error.message}`, anyPort);
  }
}

/** The origin for clients on this machine. An address that means all addresses is replaced, because nobody can connect to it. */
function formatOrigin(host: string, port: number): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
