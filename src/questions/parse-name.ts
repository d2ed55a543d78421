/** Reads the project's name. Pure. */
import { refused, understood } from "./parse.ts";
import type { Parsed } from "./types.ts";

const maxNameLength = 100;

/** A display name: any text of one line. `${` is what dev container tools would expand, so it loses its `$`. */
export function cleanName(text: string): string {
  // Unicode's tables, which few names need, take longer to load than the rest of this.
  const oneLine = (/^[ -~]*$/.test(text) ? text : text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, " "))
    .replaceAll(/(?<!\$)\$+\{/g, "{")
    .trim();
  return [...oneLine].slice(0, maxNameLength).join("").trimEnd() || "aperture-env";
}

/** A name: `cleanName` with a word on what it changed; refuses an empty one. */
export function parseName(text: string): Parsed<string> {
  const name = cleanName(text);
  return text.trim() === ""
    ? refused("the name is empty", "give the project's name")
    : understood(name, name === text ? [] : [`wrote the name as ${name}`]);
}
