/** The address of an npm registry in a form that may be committed: an origin and a path, without a secret. */
import { withoutEndSlashes } from "../text/address.ts";

/** Whether a text has the form of such an address, or is empty. What its path says is not judged: a lock that has it was reviewed. */
export function isRegistry(text: string): boolean {
  return text === "" || (/^https?:\/\/[A-Za-z0-9.[\]:-]+(?:\/[A-Za-z0-9._~%/-]*)?$/.test(text) && text.length < 300);
}

/** Why an address is not written: it takes in a variable, holds a user or a query, holds what looks like a token, or is no web address. */
export type Unfit = "variable" | "credentials" | "token" | "no-address";

/** An address without the slash at its end, or why it may not be written. */
export type JudgedRegistry = { readonly ok: true; readonly address: string } | { readonly ok: false; readonly why: Unfit };

/** Judges an address as a configuration has it, with nothing expanded. It refuses a harmless address rather than write a token. */
export function judgeRegistry(text: string): JudgedRegistry {
  const address = withoutEndSlashes(text.trim());
  if (address.includes("${")) return { ok: false, why: "variable" };
  const [, authority = "", rest = ""] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(address) ?? [];
  if (authority.includes("@") || /[?#@]/.test(rest)) return { ok: false, why: "credentials" };
  if (authority === "" || !isRegistry(address)) return { ok: false, why: "no-address" };
  return holdsToken(rest) ? { ok: false, why: "token" } : { ok: true, address };
}

/** The origin of an address, which is all that may be shown of one that is not written; null where that cannot be told apart. */
export function originOf(text: string): string | null {
  const address = text.trim();
  if (!URL.canParse(address)) return null;
  const { protocol, host } = new URL(address);
  const written = /^https?:\/\/[^/?#]*/i.exec(address)?.[0] ?? "$";
  return written.includes("$") || !/^[A-Za-z0-9.[\]:-]+$/.test(host) ? null : `${protocol}//${host}`;
}

/** Prefixes of services' tokens. */
const tokenStart =
  /^(?:gh[oprsu]_|github_pat_|glpat-|gldt-|AKCp|AKIA|ASIA|cmVm|eyJ|sk-|xox[abeprs]-|dckr_pat_|pypi-|hvs\.)[A-Za-z0-9_-]{6,}/;

/** npm's own begin with `npm_`, and so do names of feeds such as npm_proxy. */
const npmToken = /^npm_(?:[A-Za-z0-9]{16,}|(?=[A-Za-z]*\d)[A-Za-z0-9]{8,})/;

const tokenName = /auth_?token|access_?token|passw(?:or)?d|secret|api[_-]?key|credential/i;

/** Whether it has characters that no feed's name has, and that an address may hide by escapes, as in `:_auth=`. */
const hides = (part: string): boolean =>
  // Unicode's tables, which few names need, take longer to load than the rest of this.
  !/^[\w.~ @+%-]*$/.test(part) && /[^\p{L}\p{N}._~ @+%-]/u.test(part);

/** A part of a path that precedes a token, such as /auth/<token>/. */
const beforeToken = /^(?:_?auth|token|key|pat|t)$/i;

/** Longer than any feed's name. */
const longest = 64;

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a part of the path looks like a secret. */
function holdsToken(path: string): boolean {
  const parts = path.split("/").map(decode);
  return parts.some((part, index) => {
    const named = index > 0 && beforeToken.test(parts[index - 1]!) && part !== "";
    return named || tokenStart.test(part) || npmToken.test(part) || tokenName.test(part) || hides(part) || isRandom(part);
  });
}

/** A part with its escapes resolved, as far as they can be. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Whether it is long and random, unlike a name: alternating letters and digits or upper and lower case, or one very long run. */
function isRandom(part: string): boolean {
  if (uuid.test(part) || part.length >= longest) return true;
  const runs = part.match(/[A-Za-z0-9]+/g) ?? [];
  const changes = (run: string): number => run.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0;
  const capitals = (run: string): number => run.match(/[a-z](?=[A-Z])/g)?.length ?? 0;
  const all = runs.reduce((sum, run) => sum + changes(run), 0);
  return (
    (part.length >= 24 && all >= 5) ||
    runs.some(
      (run) => run.length >= 32 || /^\d{16,}$/.test(run) || (run.length >= 16 && (changes(run) >= 3 || capitals(run) >= 4)),
    )
  );
}
