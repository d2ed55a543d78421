/** The log of requests: bounded, without prompts, and without any key but the placeholder. */
import type { IncomingMessage } from "node:http";
import { headerPrefix, mostHeaders } from "../../catalog/attribution.ts";
import { visible } from "../../text/terminal.ts";
import type { Fault } from "./faults.ts";

/** One request as it was answered. Texts that the client chose are on one line, escaped, and cut at 200 characters. */
export interface LoggedRequest {
  /** When it came, in ISO 8601. */
  readonly time: string;
  readonly method: string;
  /** Without the query, where some clients put a key. */
  readonly path: string;
  /** 0 where the connection ended before there was one. */
  readonly status: number;
  /** As the client named it; null where neither the body nor the path names one. */
  readonly model: string | null;
  /** Whose model answered; null where none did. */
  readonly provider: string | null;
  /** Whether a stream was asked for. */
  readonly stream: boolean;
  /** Every value of a credential header, `Bearer ` included; all but the placeholder is masked. */
  readonly keys: readonly string[];
  /** Whether there is a credential and each one is exactly `-` or `Bearer -`. */
  readonly placeholder: boolean;
  readonly userAgent: string;
  /** The address that it came from. Aperture tells the node and its user here, which only a tailnet knows. */
  readonly node: string;
  /** OpenCode's `x-session-id`. */
  readonly session: string | null;
  /** What it carries to say what it was made for: its `x-aperture-env-` headers by the rest of their names. */
  readonly attribution: Readonly<Record<string, string>>;
  /** Size of the request's body. */
  readonly bytes: number;
  /** What a model read and wrote, in tokens as they were told to the client; null where none answered. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** What was made to go wrong. */
  readonly fault: Fault | null;
  /** From its arrival to the end of the answer, or to where it went wrong. */
  readonly ms: number;
}

/** What the headers and the connection say of a request. */
export type Caller = Pick<LoggedRequest, "keys" | "placeholder" | "userAgent" | "node" | "session" | "attribution">;

/** Where clients put keys. Which header for which provider: observed with opencode-ai 1.18 against a logging gateway. */
const credentialHeaders = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/** A log that keeps the last `limit` requests. `requests` is one live list, oldest first. */
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

/** Reads who calls and with which keys. A header that came twice counts twice: the second one could be a real key. */
export function readCaller({ headers, rawHeaders, socket }: Pick<IncomingMessage, "headers" | "rawHeaders" | "socket">): Caller {
  // Not `headersDistinct`: Bun, by which this runs inside a container, does not have it (seen with OpenCode 1.18.18).
  const valuesOf = (wanted: string): string[] =>
    rawHeaders.flatMap((name, index) => (index % 2 === 0 && name.toLowerCase() === wanted ? [rawHeaders[index + 1] ?? ""] : []));
  const keys = credentialHeaders.flatMap(valuesOf);
  const sessions = valuesOf("x-session-id");
  return {
    keys: keys.map(maskKey),
    placeholder: keys.length > 0 && keys.every((key) => key === "-" || key === "Bearer -"),
    userAgent: cleanText(headers["user-agent"] ?? ""),
    // An IPv6 socket tells an IPv4 address in its own way (RFC 4291, section 2.5.5.2).
    node: (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/, ""),
    session: sessions.length === 0 ? null : cleanText(sessions.join(", ")),
    attribution: readAttribution(rawHeaders),
  };
}

/** The first of them, by name. One that came twice has both values, as everywhere in HTTP; an empty one is there. */
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
 * A credential header without its secret: the first three characters and `…`; fewer where three would be half of it or more. The
 * placeholder and an empty key are told unchanged.
 */
export function maskKey(value: string): string {
  const scheme = /^bearer(?: +|$)/i.exec(value)?.[0] ?? "";
  const secret = value.slice(scheme.length);
  if (secret === "" || secret === "-") return value;
  return `${scheme}${secret.length > 6 ? cleanText(secret.slice(0, 3)) : ""}…`;
}

/** A text of the client for a log: at most 200 characters, and nothing that moves a terminal's cursor or turns text around. */
export function cleanText(text: string): string {
  return visible(text, 200);
}
