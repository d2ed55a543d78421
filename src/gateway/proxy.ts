/**
 * The proxy of a request to the gateway: the one that OpenCode would use, so that the result is the same as in the container.
 *
 * Seen with opencode-ai 1.18: `HTTP_PROXY` and `http_proxy` apply to `http://ai`, `HTTPS_PROXY` and `ALL_PROXY` do not; `NO_PROXY` is a list of host
 * names, with or without spaces, or `*`. CIDR blocks and entries with a scheme match nothing. The small spelling of a name comes first where it is not
 * empty. A proxy of another scheme than `http://` and `https://`, or with white space or quotes around it, fails every request (a pair of quotes alone
 * means none).
 */
import type { Env } from "../vocabulary.ts";

/** The route to a URL. */
export interface ProxyRoute {
  /** The proxy; null for a direct connection. */
  readonly proxy: URL | null;
  /** A variable with a proxy that is not used, although somebody may expect it. */
  readonly unused: string | null;
  /** A variable with a proxy for other requests, if there is none for this one. */
  readonly other: string | null;
  /** A variable whose proxy OpenCode takes and cannot use. */
  readonly unusable: string | null;
}

/** Finds the route to a URL. Only http through an http proxy is supported; everything else is direct, and `unused` names the proxy. */
export function findRoute(url: URL, env: Env): ProxyRoute {
  const variables = url.protocol === "https:" ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy", "HTTP_PROXY"];
  const isSet = (variable: string): boolean => (env[variable] ?? "") !== "";
  const direct: ProxyRoute = { proxy: null, unused: null, other: null, unusable: null };
  if (isExcluded(url, env["no_proxy"] || env["NO_PROXY"] || "")) return direct;
  const name = variables.find(isSet);
  if (name === undefined) return { ...direct, other: others.find(isSet) ?? null };
  const text = env[name]!;
  if (text === '""' || text === "''") return direct;
  const proxy = parseProxy(text.trim());
  const taken = url.protocol === "http:" ? proxy : null;
  return { ...direct, proxy: taken, unused: taken === null ? name : null, unusable: isUsable(text) ? null : name };
}

function isUsable(text: string): boolean {
  return /^(?:https?:\/\/|(?!.*:\/\/))/s.test(text) && !/^[\s"']|[\s"']$/.test(text);
}

const others = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

function parseProxy(text: string): URL | null {
  try {
    const proxy = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
    return proxy.protocol === "http:" ? proxy : null;
  } catch {
    return null;
  }
}

function isExcluded({ hostname, host }: URL, list: string): boolean {
  return list
    .split(",")
    .map((entry) => entry.trim().toLowerCase().replace(/^\./, ""))
    .some((entry) => entry !== "" && (entry === "*" || entry === hostname || entry === host || hostname.endsWith(`.${entry}`)));
}
