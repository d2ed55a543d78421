/**
 * The gateway's origin: `scheme://host[:port]`, never with a path, because each wire format appends its own.
 *
 * http is the default because Aperture's client pages say to use `http://` (WireGuard encrypts the connection). https is accepted because some
 * deployments serve it on the full name. A doubled `/v1` is the most common mistake in the guide (HTTP 405).
 */
import type { Parsed } from "../questions/types.ts";
import { visible } from "../text/terminal.ts";

/** MagicDNS's default name of a gateway (Aperture documentation, "Get started"). */
export const defaultOrigin = "http://ai";

const example = "http://ai, http://ai.example.ts.net or http://localhost:8080";

/** A host name in DNS's form (labels of letters, digits and hyphens), or an IPv6 address in brackets, as `URL` writes it. */
const plainHost =
  /^(?:(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*|\[[0-9a-f:.]+\])$/;

/** `code` is for programs, `why` for people. `origin-path`: an address, but with a path. `origin-invalid`: no address. */
export type ParsedOrigin =
  | Extract<Parsed<string>, { readonly ok: true }>
  | (Extract<Parsed<string>, { readonly ok: false }> & { readonly code: "origin-invalid" | "origin-path" });

/**
 * Reads a person's input as an origin, with a note for each addition and removal.
 * Refuses other paths, user names, queries, fragments, spaces and control characters, each with the fix.
 */
export function parseOrigin(text: string): ParsedOrigin {
  const typed = text.trim();
  if (typed === "") return refuse("the gateway's address is empty", `give its origin: ${example}`);
  if (/[\s\\{}$"'`<>|^]/.test(typed) || visible(typed) !== typed) {
    return refuse("the gateway's address holds a space, a quote or a control character", `give its origin: ${example}`);
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(typed)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
    const host = typed
      .slice(scheme.length + 3)
      .replace(/[/?#].*$/, "")
      .replace(/^.*@/, "");
    return refuse(
      `the gateway speaks http or https, not ${scheme}`,
      host === "" ? `give its origin: ${example}` : `write http://${host}`,
    );
  }
  let url: URL;
  try {
    url = new URL(scheme === undefined ? `http://${typed}` : typed);
  } catch {
    // It may contain a password.
    const named = typed.includes("@") ? "what was given" : JSON.stringify(typed);
    return refuse(`${named} is not an address`, `give the gateway's origin: ${example}`);
  }
  const origin = url.origin;
  if (url.username !== "" || url.password !== "" || typed.includes("@")) {
    return refuse("the address holds a user name or a password, which would land in committed files", `write ${origin}`);
  }
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(typed)) {
    return refuse("the address holds a query or a fragment", `write ${origin}`);
  }
  if (!plainHost.test(url.hostname)) {
    return refuse(`${JSON.stringify(url.hostname)} is not a host name`, `give the gateway's origin: ${example}`);
  }
  const notes: string[] = [];
  if (scheme === undefined) notes.push(`read ${typed} as ${origin}: Aperture is reached over http, WireGuard encrypts it`);
  const path = /^(?:\/v1\/?|\/)?$/.exec(url.pathname)?.[0];
  if (path === undefined) {
    return refuse(
      `the address has the path ${url.pathname}; an origin has none`,
      `write ${origin}; the paths of the wire formats are added`,
      "origin-path",
    );
  }
  if (path !== "" && path !== "/") notes.push(`took ${path} off: it is added for each provider`);
  else if (typed.endsWith("/")) notes.push("took the trailing / off");
  return { ok: true, value: origin, notes };
}

/**
 * The same for input at a question, with a note on https for a short name: certificates are for full names, and the client pages say http
 * (Aperture documentation, "Use OpenCode").
 */
export function parseTypedOrigin(text: string): ParsedOrigin {
  const parsed = parseOrigin(text);
  if (!parsed.ok) return parsed;
  const { host } = new URL(parsed.value);
  if (!parsed.value.startsWith("https:") || /[.[]|^localhost\b/.test(host)) return parsed;
  const note = `https works with the gateway's full name alone, where it has a certificate; for ${host} write http://${host}, which WireGuard encrypts`;
  return { ...parsed, notes: [...parsed.notes, note] };
}

function refuse(why: string, fix: string, code: "origin-invalid" | "origin-path" = "origin-invalid"): ParsedOrigin {
  return { ok: false, code, why, fix };
}
