/** The log of requests: limited in length, without prompts, and without any key except the placeholder. */
import type { IncomingMessage } from "node:http";
import { headerPrefix, mostHeaders } from "../../catalog/attribution.ts";
import { visible } from "../../text/terminal.ts";
import type { Fault } from "./faults.ts";

/** One answered request. The client's texts are on one line, escaped, and cut at 200 characters. */
export interface LoggedRequest {
  /** When it arrived, in ISO 8601. */
  readonly time: string;
  readonly method: string;
  /** Without the query, because some clients put a key there. */
  readonly path: string;
  /** 0 if the connection ended before there was one. */
  readonly status: number;
  /** The client's name for it; null if neither the body nor the path names one. */
  readonly model: string | null;
  /** The provider whose model answered; null if none did. */
  readonly provider: string | null;
  /** Whether a stream was requested. */
  readonly stream: boolean;
  /** Every value of a credential header, with `Bearer `; all except the placeholder are masked. */
  readonly keys: readonly string[];
  /** Whether there is a credential, and each is exactly `-` or `Bearer -`. */
  readonly placeholder: boolean;
  readonly userAgent: string;
  /** The client's address. Aperture's log has the node and its user instead, which only a tailnet knows. */
  readonly node: string;
  /** OpenCode's `x-session-id`. */
  readonly session: string | null;
  /** What the request is for: its `x-aperture-env-` headers, by the rest of their names. */
  readonly attribution: Readonly<Record<string, string>>;
  /** Size of the request's body. */
  readonly bytes: number;
  /** Tokens in and out, as in the answer; null if no model answered. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** The faults that it got. */
  readonly fault: Fault | null;
  /** From its arrival to the end of the answer, or to the fault. */
  readonly ms: number;
}

/** A request's sender, by its headers and its connection. */
export type Caller = Pick<LoggedRequest, "keys" | "placeholder" | "userAgent" | "node" | "session" | "attribution">;

/** Headers in which clients send keys: observed with opencode-ai 1.18 against a logging gateway. */
const credentialHeaders = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/** A log of the last `limit` requests. `requests` is one live list, oldest first. */
export function createLog(limit: number): { readonly requests: readonly LoggedRequest[]; add(request: LoggedRequest): void } {
  const requests: LoggedRequest[] = [];
  return {
    requests,
    add: (request) => {
      requests.push(request);
      if (requests.length > limit) requests.shift();
    },
  };
}

/** Reads the sender and the keys. A repeated header counts each time: the second one could be a real key. */
export function readCaller({ headers, rawHeaders, socket }: Pick<IncomingMessage, "headers" | "rawHeaders" | "socket">): Caller {
  // Not `headersDistinct`: Bun, which runs this in a container, does not have it (seen with OpenCode 1.18.18).
  const valuesOf = (wanted: string): string[] =>
    rawHeaders.flatMap((name, index) => (index % 2 === 0 && name.toLowerCase() === wanted ? [rawHeaders[index + 1] ?? ""] : []));
  const keys = credentialHeaders.flatMap(valuesOf);
  const sessions = valuesOf("x-session-id");
  return {
    keys: keys.map(maskKey),
    placeholder: keys.length > 0 && keys.every((key) => key === "-" || key === "Bearer -"),
    userAgent: cleanText(headers["user-agent"] ?? ""),
    // An IPv6 socket writes an IPv4 address as ::ffff:192.0.2.1 (RFC 4291, section 2.5.5.2).
    node: (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/, ""),
    session: sessions.length === 0 ? null : cleanText(sessions.join(", ")),
    attribution: readAttribution(rawHeaders),
  };
}

/** Such headers by name. A repeated one has both values, as HTTP defines it; an empty one is kept. */
function readAttribution(rawHeaders: readonly string[]): Record<string, string> {
  const found = new Map<string, string>();
  rawHeaders.forEach((header, index) => {
    const name = header.toLowerCase();
    if (index % 2 !== 0 || !name.startsWith(headerPrefix)) return;
    const shown = cleanText(name.slice(headerPrefix.length));
    const before = found.get(shown);
    if (before === undefined && found.size === mostHeaders) return;
    found.set(shown, cleanText(`${before === undefined ? "" : `${before}, `}${rawHeaders[index + 1] ?? ""}`));
  });
  return Object.fromEntries(found);
}

/**
 * A credential header without its secret: the first three characters and `…`; fewer if three would be half of it or more. The
 * placeholder and an empty key are unchanged.
 */
export function maskKey(value: string): string {
  const scheme = /^bearer(?: +|$)/i.exec(value)?.[0] ?? "";
  const secret = value.slice(scheme.length);
  if (secret === "" || secret === "-") return value;
  return `${scheme}${secret.length > 6 ? cleanText(secret.slice(0, 3)) : ""}…`;
}

/** A text of the client for a log: at most 200 characters, without control characters and marks of text direction. */
export function cleanText(text: string): string {
  return visible(text, 200);
}
