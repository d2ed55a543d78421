/** The log of requests: bounded, without prompts, and without any key but the placeholder. */
import type { IncomingMessage } from "node:http";
import { cut } from "./wire.ts";

/** One request as it was answered. Texts that the client chose are cut at 200 characters and hold no control characters. */
export interface LoggedRequest {
  /** When it came, in ISO 8601. */
  readonly time: string;
  readonly method: string;
  /** Without the query, where some clients put a key. */
  readonly path: string;
  readonly status: number;
  /** As the client named it; null where the body names none. */
  readonly model: string | null;
  /** Whether a stream was asked for. */
  readonly stream: boolean;
  /** Every value of a credential header, `Bearer ` included; all but the placeholder is masked. */
  readonly keys: readonly string[];
  /** Whether there is a credential and each one is exactly `-` or `Bearer -`. */
  readonly placeholder: boolean;
  readonly userAgent: string;
  /** OpenCode's `x-session-id`. */
  readonly session: string | null;
  /** Size of the request's body. */
  readonly bytes: number;
  /** From its arrival to the end of the answer. */
  readonly ms: number;
}

/** What the headers say of a request. */
export type Caller = Pick<LoggedRequest, "keys" | "placeholder" | "userAgent" | "session">;

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
export function readCaller({ headers, headersDistinct }: Pick<IncomingMessage, "headers" | "headersDistinct">): Caller {
  const keys = credentialHeaders.flatMap((name) => headersDistinct[name] ?? []);
  return {
    keys: keys.map(maskKey),
    placeholder: keys.length > 0 && keys.every((key) => key === "-" || key === "Bearer -"),
    userAgent: cleanText(headers["user-agent"] ?? ""),
    session: headersDistinct["x-session-id"] === undefined ? null : cleanText(headersDistinct["x-session-id"].join(", ")),
  };
}

/**
 * A credential header without its secret: the first three characters and `…`; fewer where three would be half of it or more. The
 * placeholder and an empty key are told as they are.
 */
export function maskKey(value: string): string {
  const scheme = /^bearer(?: +|$)/i.exec(value)?.[0] ?? "";
  const secret = value.slice(scheme.length);
  if (secret === "" || secret === "-") return value;
  return `${scheme}${secret.length > 6 ? cleanText(secret.slice(0, 3)) : ""}…`;
}

/** A text of the client for a log: at most 200 characters, and nothing that moves a terminal's cursor or turns text around. */
export function cleanText(text: string): string {
  return cut(text, 200).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD");
}
