/**
 * JSON with comments and trailing commas, as OpenCode reads it: its parser is jsonc-parser, whose values, places and first errors these are
 * (test/property/jsonc-reader.test.ts). That parser goes on behind an error, edits and keeps comments; the doctor needs nothing of it, and its text lies in
 * every repository.
 */

/** Where a text stops being JSON, and why. */
export class Unreadable {
  readonly why: string;
  readonly offset: number;
  constructor(why: string, offset: number) {
    this.why = why;
    this.offset = offset;
  }
}

/** Who is told of what is read: each value with its path, which changes afterwards, and each quoted text, keys among them. */
export interface Witness {
  value?(start: number, path: readonly (string | number)[]): void;
  text?(value: string, start: number, end: number): void;
}

/** `kind` is what stands there: a bracket, a colon, a comma, a `text`, another `value`, or the `end`. */
interface Token {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
}

/** The value of a text. Throws `Unreadable`. It goes down by calls, so the caller has to know that the text is not too deep. */
export function readJsonc(text: string, witness: Witness = {}): unknown {
  const path: (string | number)[] = [];
  let token = scan(text, 0);
  const next = (): void => void (token = scan(text, token.end));
  const fail = (why: string): never => {
    throw new Unreadable(why, token.start);
  };
  const readValue = (): unknown => {
    const { kind, start, end, value } = token;
    if (!["{", "[", "text", "value"].includes(kind)) fail("Value expected");
    witness.value?.(start, path);
    if (kind === "{") return readObject();
    if (kind === "[") return readList();
    if (typeof value === "string") witness.text?.(value, start, end);
    next();
    return value;
  };
  const readObject = (): unknown => {
    const object: Record<string, unknown> = {};
    readEntries("}", "brace", () => {
      const { kind, start, end, value } = token;
      if (kind !== "text") fail("Property name expected");
      const key = value as string;
      witness.text?.(key, start, end);
      next();
      if (token.kind !== ":") fail("Colon expected");
      next();
      path.push(key);
      object[key] = readValue();
      path.pop();
    });
    return object;
  };
  const readList = (): unknown => {
    const list: unknown[] = [];
    readEntries("]", "bracket", () => {
      path.push(list.length);
      list.push(readValue());
      path.pop();
    });
    return list;
  };
  const readEntries = (close: string, called: string, readEntry: () => void): void => {
    next();
    for (let isFirst = true; token.kind !== close && token.kind !== "end"; isFirst = false) {
      if (token.kind === ",") {
        if (isFirst) fail("Value expected");
        next();
        if (token.kind === close) break;
      } else if (!isFirst) fail("Comma expected");
      readEntry();
    }
    if (token.kind !== close) fail(`Close ${called} expected`);
    next();
  };
  const value = readValue();
  if (token.kind !== "end") fail("End of file expected");
  return value;
}

const words = { true: true, false: false, null: null };

/** The next token from there on. */
function scan(text: string, from: number): Token {
  const start = behindComments(text, from);
  const first = text[start];
  if (first === undefined) return { kind: "end", start, end: start, value: undefined };
  if ("{}[]:,".includes(first)) return { kind: first, start, end: start + 1, value: undefined };
  if (first === '"') return scanText(text, start);
  const digits = match(/-?(?:0|[1-9]\d*)(?:\.\d*)?(?:e[+-]?\d*)?/iy, text, start);
  if (digits !== "") {
    if (/\.(?!\d)|e[+-]?$/i.test(digits)) throw new Unreadable("Unexpected end of number", start);
    return { kind: "value", start, end: start + digits.length, value: Number(digits) };
  }
  const word = match(/[^ \t\r\n{}[\]":,/]+/y, text, start);
  if (!Object.hasOwn(words, word)) throw new Unreadable("Invalid symbol", start);
  return { kind: "value", start, end: start + word.length, value: words[word as keyof typeof words] };
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

function behindComments(text: string, from: number): number {
  let at = from;
  for (;;) {
    at += match(/[ \t\r\n]+/y, text, at).length;
    if (text.startsWith("//", at)) at += match(/[^\r\n]+/y, text, at).length;
    else if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      if (end === -1) throw new Unreadable("Unexpected end of comment", at);
      at = end + 2;
    } else return at;
  }
}

/** Of several errors in one text it is the last that counts, and a text without its closing quote ends with its line. */
function scanText(text: string, start: number): Token {
  const stop = /["\r\n\\]/g;
  stop.lastIndex = start + 1;
  let found = stop.exec(text);
  for (; found?.[0] === "\\"; found = stop.exec(text)) stop.lastIndex++;
  if (found?.[0] !== '"') throw new Unreadable("Unexpected end of string", start);
  const end = stop.lastIndex;
  const quoted = text.slice(start, end);
  let wrong = "";
  for (const [odd] of quoted.matchAll(/\\(?:u[\da-f]{0,4}|[^])|[^ -\uffff]/gi))
    if (odd.startsWith("\\u")) wrong = odd.length === 6 ? wrong : "Invalid unicode";
    else if (odd.startsWith("\\")) wrong = /^\\["\\/bfnrt]$/.test(odd) ? wrong : "Invalid escape character";
    else wrong = "Invalid character";
  if (wrong !== "") throw new Unreadable(wrong, start);
  return { kind: "text", start, end, value: JSON.parse(quoted) };
}
