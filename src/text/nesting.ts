/** How deep a JSON text goes, and of how much it consists, before it is parsed: parsers and what reads their values go down by calls, which end somewhere. */

/** What a text may be at most. */
export interface Shape {
  /** Objects and lists within one another. */
  readonly depth: number;
  /** Objects, lists and their further entries, all together. */
  readonly parts: number;
}

/**
 * Where a text with or without comments goes beyond a shape, as an offset; null where it does not. It reads as jsonc-parser's scanner does, so
 * that a broken text is not taken for flatter than the parser would find it: a text without its closing quote ends with its line.
 */
export function findBeyond(text: string, { depth, parts }: Shape): number | null {
  const jump = /["/[\]{},]/g;
  let level = 0;
  let count = 0;
  for (let match = jump.exec(text); match !== null; match = jump.exec(text)) {
    const { index } = match;
    if (match[0] === '"') jump.lastIndex = endOfString(text, index + 1);
    else if (match[0] === "/") jump.lastIndex = endOfComment(text, index);
    else if (match[0] === "]" || match[0] === "}") level = Math.max(0, level - 1);
    else {
      if (match[0] !== ",") level++;
      if (level > depth || ++count > parts) return index;
    }
  }
  return null;
}

function endOfString(text: string, from: number): number {
  const stop = /["\n\r\\]/g;
  stop.lastIndex = from;
  for (let match = stop.exec(text); match !== null; match = stop.exec(text)) {
    if (match[0] !== "\\") return stop.lastIndex;
    stop.lastIndex++;
  }
  return text.length;
}

function endOfComment(text: string, at: number): number {
  const kind = text[at + 1];
  if (kind !== "/" && kind !== "*") return at + 1;
  const end = kind === "*" ? text.indexOf("*/", at + 2) : text.slice(at).search(/[\n\r]/);
  if (end === -1) return text.length;
  return kind === "*" ? end + 2 : at + end;
}
