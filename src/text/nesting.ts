/** The depth and size of a JSON text before it is parsed: parsers and readers of their values recurse, and the call stack is limited. */

/** The limits for a text. */
export interface Shape {
  /** Nested objects and lists. */
  readonly depth: number;
  /** Objects, lists and their further entries in total. */
  readonly parts: number;
}

/**
 * The offset at which a text, with or without comments, exceeds the limits; null if it does not. It reads like jsonc-parser's scanner, so that a
 * broken text does not seem flatter than the parser finds it: a string without a closing quote ends with its line.
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
