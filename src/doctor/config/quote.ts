/**
 * How texts of a configuration are shown: as they stand in its files. What a variable or a file put in counts, but may be anybody's key or any
 * file that this account can read, and a report goes to terminals, logs and CI.
 */
import { show } from "../types.ts";
import { isObject, stringsOf } from "./json.ts";
import { writtenBetween, type Filled } from "./substitute.ts";

/** Shows texts of one configuration. */
export interface Quote {
  /** A text (a name of a provider or a model, a key) as it is written, for one line of a terminal. */
  text(counted: string): string;
  /** An address as it is written, without user, password, query and fragment, which may hold a key. */
  address(counted: string): string;
  /** Only scheme, host and port, as far as they are written. */
  origin(counted: string): string;
}

/** What is shown of a text that stands in none of the files read here. */
const unseen = "(a text that only OpenCode has)";

/**
 * Makes it from everything that was read. A text that stands somewhere as it counts is shown so. `resolved` is a configuration that OpenCode
 * itself gave: of that, only what stands in the files is shown.
 */
export function quoteFrom(layers: readonly Filled[], resolved: unknown = null): Quote {
  const literal = new Set<string>();
  const filled = new Map<string, string>();
  for (const layer of layers)
    for (const [counted, written] of textsIn(layer)) {
      if (written === null) literal.add(counted);
      else filled.set(counted, written);
    }
  for (const text of textsOf(resolved)) if (!filled.has(text)) filled.set(text, unseen);
  const writingOf = (counted: string): string | null => (literal.has(counted) ? null : (filled.get(counted) ?? null));
  return {
    text: (counted) => show(writingOf(counted) ?? counted),
    address: (counted) => show(bareAddress(writingOf(counted) ?? counted)),
    origin(counted) {
      const written = writingOf(counted);
      if (written === null) return show(URL.canParse(counted) ? new URL(counted).origin : bareAddress(counted));
      const bare = bareAddress(written);
      const [host = ""] = /^[a-z][a-z0-9+.-]*:\/\/(?:\{(?:env|file):[^}]+\}|[^/])*/i.exec(bare) ?? [];
      if (host !== "" && !references.test(host) && URL.canParse(host)) return show(new URL(host).origin);
      return `what ${show(references.exec(bare)?.[0] ?? bare)} stands for`;
    },
  };
}

const references = /\{(?:env|file):[^}]+\}/;

/** Without user and password, query and fragment. What is in a reference is none of them. */
function bareAddress(text: string): string {
  const held: string[] = [];
  const marked = text.replace(new RegExp(references, "g"), (reference) => `\ue000${held.push(reference) - 1}\ue000`);
  const bare = marked.replace(/^([a-z][a-z0-9+.-]*:[\\/]*|[\\/]{2})?[^/?#\\]*@/i, "$1").replace(/[?#].*$/s, "");
  return bare.replace(/\ue000(\d+)\ue000/g, (_whole, index: string) => held[Number(index)] ?? "");
}

/** Every text of a layer as it counts, with how it is written; null where nothing was put into it. */
function* textsIn(layer: Filled): Generator<readonly [counted: string, written: string | null]> {
  for (const { value, start, end } of stringsOf(layer.text)) {
    const written = writtenBetween(layer, start, end);
    yield [value, written === null ? null : unquoted(written)];
  }
}

/** Without the quotes around it and the escapes of JSON, where it has those. */
function unquoted(written: string): string {
  try {
    const text: unknown = JSON.parse(written);
    return typeof text === "string" ? text : written;
  } catch {
    return written;
  }
}

/** All texts of a value, keys among them. */
function* textsOf(value: unknown): Generator<string> {
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next === "string") yield next;
    else if (Array.isArray(next)) for (const each of next as unknown[]) left.push(each);
    else if (isObject(next))
      for (const [key, inner] of Object.entries(next)) {
        yield key;
        left.push(inner);
      }
  }
}
