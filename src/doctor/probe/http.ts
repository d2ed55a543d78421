/**
 * One HTTP request, by hand over a socket: so that what goes wrong is known step by step. `fetch` of OpenCode's runtime says "ConnectionRefused"
 * for a name that does not resolve and for a failed handshake alike (seen with Bun 1.3.14).
 */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { hasRoute } from "./route.ts";
import type { Answer, Failure, Phase } from "../../gateway/explain.ts";

/** What to ask, and where the connection goes. */
export interface Asked {
  readonly url: URL;
  /** The address and port to connect to: the gateway's own, or those of the proxy. */
  readonly address: string;
  readonly port: number;
  /** The proxy, which is told the whole URL (RFC 9112, 3.2.2). */
  readonly proxy: URL | null;
  readonly headers: Readonly<Record<string, string>>;
  /** With one it is a POST. */
  readonly body: string | null;
  /** When to give up, as `performance.now()` counts. */
  readonly deadline: number;
}

/** An answer, with the date that the server says it is. */
export interface DatedAnswer extends Answer {
  readonly date: number | null;
}

/** More than any list of models: 20,000 of them are 5 MB. */
const largest = 8 * 1024 * 1024;

/** Sends it, and gives the answer or how far it came. Never throws. */
export function ask(asked: Asked): Promise<DatedAnswer | Failure> {
  const { url, address, port, proxy, deadline } = asked;
  return new Promise((resolve) => {
    let phase: Phase = "connect";
    const chunks: Buffer[] = [];
    let length = 0;
    let socket: Socket | null = null;
    let done = false;
    const settle = (result: DatedAnswer | Failure): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      socket?.destroy();
      resolve(result);
    };
    const fail = (code: string, detail = ""): void =>
      // OpenCode's runtime says "refused" where there is no way, too (seen with Bun 1.3.14).
      settle({ phase, code: code === "ECONNREFUSED" && !hasRoute(address) ? "ENETUNREACH" : code, detail });
    const timer = setTimeout(() => fail("TIMEOUT"), Math.max(1, deadline - performance.now()));
    const finish = (): void => {
      if (length === 0) return fail("ECONNRESET", "closed without an answer");
      const answer = readAnswer(Buffer.concat(chunks), true, length > largest);
      if (answer === "not HTTP") return fail("HPE_INVALID_CONSTANT", "not HTTP");
      if (answer === "more") fail("ECONNRESET", "closed in the middle of the answer");
      else settle(answer);
    };
    const send = (): void => {
      phase = "answer";
      socket!.write(formatRequest(asked));
    };
    try {
      if (url.protocol === "https:" && proxy === null) {
        const secure = connectTls({
          host: address,
          port,
          servername: isAddress(url.hostname) ? "" : url.hostname,
          ALPNProtocols: ["http/1.1"],
        });
        secure.once("secureConnect", send);
        socket = secure;
      } else socket = connectTcp({ host: address, port });
    } catch (error) {
      return fail((error as NodeJS.ErrnoException).code ?? "", String(error));
    }
    socket.once("connect", () => {
      if (url.protocol === "https:" && proxy === null) phase = "tls";
      else send();
    });
    socket.on("data", (chunk: Buffer) => {
      if (phase === "answer") phase = "body";
      chunks.push(chunk);
      length += chunk.length;
      const answer = readAnswer(Buffer.concat(chunks), false, length > largest);
      if (answer === "not HTTP") fail("HPE_INVALID_CONSTANT", "not HTTP");
      else if (answer !== "more") settle(answer);
    });
    socket.on("end", finish);
    socket.on("close", finish);
    // After the answer is there, too: an error that nobody hears would end the process.
    socket.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? "", error.message));
  });
}

function formatRequest({ url, proxy, headers, body }: Asked): string {
  const target = proxy === null ? `${url.pathname}${url.search}` : url.href;
  const user = proxy === null || proxy.username === "" ? null : `${decode(proxy.username)}:${decode(proxy.password)}`;
  const all = {
    host: url.host,
    "user-agent": "aperture-doctor",
    accept: "application/json",
    connection: "close",
    ...(body !== null && { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
    ...(user !== null && { "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${body === null ? "GET" : "POST"} ${target} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`;
}

/** The answer so far (RFC 9112): whole, not yet whole, or none that HTTP knows. */
function readAnswer(bytes: Buffer, ended: boolean, tooLarge: boolean): DatedAnswer | "more" | "not HTTP" {
  const start = bytes.toString("latin1", 0, 5);
  if (!"HTTP/".startsWith(start)) return "not HTTP";
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1) return ended || bytes.length > 65_536 ? "not HTTP" : "more";
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const status = Number(/^HTTP\/\d(?:\.\d)? (\d{3})/.exec(first)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) return "not HTTP";
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const rest = bytes.subarray(end + 4);
  if (status === 100) return readAnswer(rest, ended, tooLarge);
  const body = readBody(rest, headers, ended || tooLarge);
  if (body === null) return "more";
  return {
    status,
    location: headers.get("location") ?? null,
    type: headers.get("content-type") ?? "",
    retryAfter: headers.get("retry-after") ?? null,
    date: Date.parse(headers.get("date") ?? "") || null,
    tooLarge,
    text: body.toString("utf8"),
  };
}

/** The body, or null where more is to come. */
function readBody(bytes: Buffer, headers: ReadonlyMap<string, string>, ended: boolean): Buffer | null {
  if (/\bchunked\b/i.test(headers.get("transfer-encoding") ?? "")) return readChunks(bytes, ended);
  const length = headers.get("content-length");
  if (length === undefined) return ended ? bytes : null;
  if (bytes.length >= Number(length)) return bytes.subarray(0, Number(length));
  return null;
}

function readChunks(bytes: Buffer, tooLarge: boolean): Buffer | null {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const line = bytes.indexOf("\r\n", at);
    const size = line === -1 ? Number.NaN : Number.parseInt(bytes.toString("latin1", at, line), 16);
    if (size === 0) return Buffer.concat(parts);
    if (Number.isNaN(size) || bytes.length < line + 2 + size + 2)
      return tooLarge && bytes.length > largest ? Buffer.concat(parts) : null;
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether a host, as `URL` writes it, is an address and no name. */
export function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(hostname);
}
