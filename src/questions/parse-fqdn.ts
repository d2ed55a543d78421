/** How the gateway's whole name in its tailnet is read. Pure. */
import { notText, refused, understood } from "./parse.ts";
import type { Parsed } from "./types.ts";

/** What a whole name looks like, for sentences. */
export const exampleFqdn = "ai.example.ts.net";

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Reads a name of two labels or more (RFC 1123, 2.1), or `none`. A full stop behind it goes. */
export function parseFqdn(text: string): Parsed<string | null> {
  const typed = text.trim().toLowerCase().replace(/\.$/, "");
  if (typed === "none") return understood(null);
  const labels = typed.split(".");
  return labels.length > 1 && typed.length <= 253 && labels.every((each) => label.test(each)) && /\D/.test(labels.at(-1)!)
    ? understood(typed)
    : refused(`${JSON.stringify(text)} is no machine's whole name`, `write it as ${exampleFqdn}, without http:// and port`);
}

/** Reads the spec's value. */
export function readFqdn(value: unknown): Parsed<string | null> {
  if (value === null) return understood(null);
  return typeof value === "string" ? parseFqdn(value) : notText(value);
}
