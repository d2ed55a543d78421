/**
 * One HTTP request over a socket, for discovery and the doctor: no redirects, limited size and time, and a failure names the step that failed.
 * `fetch` and `node:http` do not: the doctor runs in OpenCode's runtime, whose `fetch` reports "ConnectionRefused" both for a name that does not
 * resolve and for a failed handshake, and whose `node:http` is built on that `fetch` (seen with Bun 1.3.14). They are also less strict, and do not
 * limit the number of chunks.
 */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Failure, Phase } from "../explain.ts";
import { createReader, type DatedAnswer, type Reading } from "./reader.ts";

/** What to ask, and where to connect. */
export interface Question {
  readonly url: URL;
  /** The name or address, without brackets, to connect to: the gateway's own, or that of the proxy. */
  readonly host: string;
  readonly port: number;
  /** The path of a Unix socket, to connect to instead. */
  readonly socket?: string;
  /** The proxy; its request line has the whole URL (RFC 9112, 3.2.2). */
  readonly proxy: URL | null;
  /** Additional headers, such as the user agent; values contain no line end. */
  readonly headers: Readonly<Record<string, string>>;
  /** A request with a body is a POST. */
  readonly body: string | null;
  /** When to give up, as `performance.now()` counts. */
  readonly deadline: number;
}

/**
 * Sends the request, and gives the answer, or the step that failed. Never throws. A redirect is an answer. A failure's `code` is that of Node's
 * error, `TIMEOUT`, or one of the reader's.
 */
export function ask(question: Question): Promise<DatedAnswer | Failure> {
  const { url, host, port, proxy, deadline } = question;
  const isTls = url.protocol === "https:" && proxy === null;
  return new Promise((resolve) => {
    let phase: Phase = /^[\d.]+$|:/.test(host) ? "connect" : "lookup";
    let socket: Socket | null = null;
    let done = false;
    const reader = createReader();
    const settle = (result: DatedAnswer | Failure): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      socket?.destroy();
      resolve(result);
    };
    const fail = (code: string, detail = ""): void => settle({ phase, code, detail });
    const timer = setTimeout(() => fail("TIMEOUT"), Math.max(1, deadline - performance.now()));
    const judge = (reading: Reading): void => {
      if (reading.ok) settle(reading.answer);
      else fail(reading.code === "CUT" ? "ECONNRESET" : reading.code, reading.why);
    };
    const send = (): void => {
      phase = "answer";
      socket!.write(formatRequest(question));
    };
    try {
      socket = isTls
        ? connectTls({ host, port, servername: isAddress(url.hostname) ? "" : url.hostname, ALPNProtocols: ["http/1.1"] })
        : connectTcp(question.socket === undefined ? { host, port } : { path: question.socket });
    } catch (error) {
      return fail((error as NodeJS.ErrnoException).code ?? "", String(error));
    }
    socket.on("lookup", (error) => {
      if (error === null || error === undefined) phase = "connect";
    });
    socket.once("connect", () => {
      if (isTls) phase = "tls";
      else send();
    });
    if (isTls) socket.once("secureConnect", send);
    socket.on("data", (bytes: Buffer) => {
      if (done) return;
      if (phase === "answer") phase = "body";
      const reading = reader.push(bytes);
      if (reading !== null) judge(reading);
    });
    const finish = (): void => {
      if (!done) judge(reader.end());
    };
    socket.on("end", finish);
    socket.on("close", finish);
    // Also after the answer: an error without a listener would end the process.
    socket.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? "", error.message));
  });
}

function formatRequest({ url, proxy, headers, body }: Question): string {
  const target = proxy === null ? `${url.pathname}${url.search}` : url.href;
  const user = proxy === null || proxy.username === "" ? null : `${decode(proxy.username)}:${decode(proxy.password)}`;
  const all = {
    host: url.host,
    accept: "application/json",
    "accept-encoding": "identity",
    connection: "close",
    ...(body !== null && { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
    ...(user !== null && { "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${body === null ? "GET" : "POST"} ${target} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether a host, as `URL` writes it, is an address, not a name. */
export function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(hostname);
}
