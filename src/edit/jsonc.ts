/**
 * Inserts values into a user's JSONC text, and removes them, at the offsets that the parser gives. Every byte outside stays: comments, order,
 * indentation, line ends, trailing commas. The result is parsed again and compared with the intended value. If it differs, the edit is refused.
 *
 * jsonc-parser's `modify` is not used: it moves a trailing comment to the wrong key (microsoft/node-jsonc-parser#125) and re-indents.
 */
import { isDeepStrictEqual } from "node:util";
import { getNodeValue, parseTree, printParseErrorCode, type Node, type ParseError } from "jsonc-parser";
import { format, hasComment, indentOf, insertMember, removeMember, styleOf, token, tokensOf } from "./jsonc-layout.ts";
import { applySplices, refuseAt, type EditRefusal, type EditResult, type Splice } from "./splice.ts";
import { bare, type KeyPath } from "./value.ts";

/** Deeper than any file that people write. The parser and the comparison recurse, and the call stack is limited. */
const maxDepth = 100;

/**
 * Ensures that the top-level object of `text` has `value` at `path`, and adds missing keys. Gives the same text if nothing has to change. Refuses
 * text that is not one JSONC object, and duplicate keys or non-objects on the path.
 */
export function ensureValue(text: string, path: KeyPath, value: unknown): EditResult {
  const way = walk(text, path);
  if (!way.ok) return way;
  if (way.barrier !== null) return refuseBarrier(text, way.barrier);
  const { root, found } = way;
  const style = styleOf(text, root);
  const depth = found.length;
  if (depth === path.length) {
    const old = inside(found[depth - 1]!);
    if (isDeepStrictEqual(getNodeValue(old), bare(value))) return { ok: true, text };
    const insert = format(value, style, indentOf(text, listAt(way, depth - 1)));
    return checked(text, [{ at: old.offset, remove: old.length, insert }], intended(root, path, value));
  }
  const inner = path.slice(depth + 1).reduceRight<unknown>((made, key) => ({ [key]: made }), value);
  return checked(
    text,
    insertMember(text, listAt(way, depth), { key: path[depth]!, value: inner }, style),
    intended(root, path, value),
  );
}

/**
 * Removes the property at `path`. The first `made` keys of the path existed before. A deeper object that becomes empty is removed, too, unless it
 * contains a comment. Gives the same text if the property is missing. With the `missingDepth` of the original text as `made`, it undoes
 * `ensureValue` byte for byte; only an object that was `{`, line end, `}` becomes `{}`.
 */
export function removeValue(text: string, path: KeyPath, made: number): EditResult {
  const way = walk(text, path);
  if (!way.ok) return way;
  const { root, found } = way;
  if (found.length < path.length) return { ok: true, text };
  const goesToo = (parent: Node): boolean =>
    inside(parent).children?.length === 1 && !hasComment(text, parent.offset, parent.offset + parent.length);
  let depth = path.length - 1;
  while (depth > made && goesToo(found[depth - 1]!)) depth--;
  const splices = removeMember(text, listAt(way, depth), found[depth]!);
  return checked(text, splices, intended(root, path.slice(0, depth + 1), undefined));
}

/**
 * Renames the key at the end of `path`. Its place and value stay. Gives the same text if the key has that name already or is missing. Refuses what
 * `ensureValue` refuses, and a name that another key of the same object has.
 */
export function renameKey(text: string, path: KeyPath, name: string): EditResult {
  const way = walk(text, path);
  if (!way.ok) return way;
  const { root, found } = way;
  if (found.length < path.length || path.at(-1) === name) return { ok: true, text };
  const property = found.at(-1)!;
  const above = path.slice(0, -1);
  const siblings = listAt(way, path.length - 1).children ?? [];
  const taken = siblings.find((sibling) => sibling.children?.[0]?.value === name);
  if (taken !== undefined) return refuseAt(text, taken.offset, `the key ${JSON.stringify(name)} exists already`);
  const key = property.children![0]!;
  const whole = valueOf(root);
  const object = above.reduce((inner, step) => inner[step] as Record<string, unknown>, whole);
  object[name] = object[path.at(-1)!];
  delete object[path.at(-1)!];
  return checked(text, [{ at: key.offset, remove: key.length, insert: JSON.stringify(name) }], whole);
}

/**
 * How many leading keys of `path` exist. `removeValue` and `removeItem` need this later to leave those keys in place. Refuses what
 * `ensureValue` refuses.
 */
export function missingDepth(text: string, path: KeyPath): number | EditRefusal {
  const way = walk(text, path);
  if (!way.ok) return way;
  return way.barrier === null ? way.found.length : refuseBarrier(text, way.barrier);
}

/**
 * Ensures that the array at `path` has an element that equals `item`. A new element is appended in the array's layout; a missing array is added.
 * Gives the same text if there is such an element. Refuses what `ensureValue` refuses, and anything but an array at `path`.
 */
export function ensureItem(text: string, path: KeyPath, item: unknown): EditResult {
  const way = walk(text, path);
  if (!way.ok) return way;
  const property = way.found[path.length - 1];
  if (property === undefined) return ensureValue(text, path, [item]);
  const array = inside(property);
  if (array.type !== "array") return refuseAt(text, array.offset, `${JSON.stringify(path.at(-1))} is not an array`);
  const items = getNodeValue(array) as unknown[];
  if (indexOf(items, item) >= 0) return { ok: true, text };
  const splices = insertMember(text, array, { value: item }, styleOf(text, way.root));
  return checked(text, splices, intended(way.root, path, [...items, item]));
}

/**
 * Removes the first element that equals `item` from the array at `path`. If the array becomes empty and is not among the `made` first keys, which
 * existed before, its property is removed as in `removeValue`. Gives the same text if there is no such element.
 */
export function removeItem(text: string, path: KeyPath, item: unknown, made: number): EditResult {
  const way = walk(text, path);
  if (!way.ok) return way;
  const property = way.found[path.length - 1];
  if (property === undefined || inside(property).type !== "array") return { ok: true, text };
  const array = inside(property);
  const items = getNodeValue(array) as unknown[];
  const index = indexOf(items, item);
  if (index < 0) return { ok: true, text };
  if (items.length === 1 && path.length > made && !hasComment(text, property.offset, property.offset + property.length))
    return removeValue(text, path, made);
  const splices = removeMember(text, array, array.children![index]!);
  return checked(text, splices, intended(way.root, path, items.toSpliced(index, 1)));
}

/** The value of a JSONC text that is one object, or the place where it is invalid. A BOM is allowed. */
export function readObject(text: string): { readonly ok: true; readonly value: Record<string, unknown> } | EditRefusal {
  const parsed = parseObject(text);
  return parsed.ok ? { ok: true, value: valueOf(parsed.node) } : parsed;
}

/** Whether a text is one JSONC object in which no object has a key twice: of two, parsers take the last one and do not say so. */
export function hasDistinctKeys(text: string): boolean {
  const parsed = parseObject(text);
  const isDistinct = (node: Node): boolean => {
    const children = node.children ?? [];
    const keys = new Set(
      node.type === "object" ? children.map((property) => property.children?.[0]?.value as unknown) : children,
    );
    return keys.size === children.length && children.every(isDistinct);
  };
  return parsed.ok && isDistinct(parsed.node);
}

/** The parser's error codes in plain words. */
const wordsFor: Readonly<Record<string, string>> = {
  InvalidSymbol: "unexpected word: put strings and keys in double quotes",
  InvalidNumberFormat: "this is not a valid number",
  PropertyNameExpected: "a key in double quotes is missing here",
  ValueExpected: "a value is missing here",
  ColonExpected: "a colon is missing here, between a key and its value",
  CommaExpected: "a comma is missing here",
  CloseBraceExpected: "a closing brace } is missing here",
  CloseBracketExpected: "a closing bracket ] is missing here",
  EndOfFileExpected: "there is text after the closing brace",
  InvalidCommentToken: "a comment begins with // or /*",
  UnexpectedEndOfComment: "this comment has no end",
  UnexpectedEndOfString: "this string has no closing double quote on its line",
  UnexpectedEndOfNumber: "this number has no end",
  InvalidUnicode: "\\u needs four hexadecimal digits after it",
  InvalidEscapeCharacter: "invalid escape sequence: write a backslash as \\\\",
  InvalidCharacter: "a string contains a control character: write a tab as \\t",
};

function parseObject(text: string): { ok: true; node: Node } | EditRefusal {
  const errors: ParseError[] = [];
  // The parser does not accept a BOM. A space instead keeps every offset.
  const json = text.replace(/^\ufeff/, " ");
  const tooDeep = findDepth(json);
  if (tooDeep !== null) return refuseAt(text, tooDeep, `this is nested more than ${maxDepth} levels deep`);
  const node = parseTree(json, errors, { allowTrailingComma: true });
  const first = errors[0];
  if (first !== undefined) {
    if (json.trim() === "") return refuseAt(text, 0, "the file is empty");
    // The parser's own error can be anywhere near the conflict marker.
    const mark = /^<{7}(?: |\r?$)/m.exec(json);
    if (mark !== null) return refuseAt(text, mark.index, "there is an unresolved git conflict here");
    return refuseAt(
      text,
      first.offset,
      `this is not JSON with comments: ${wordsFor[printParseErrorCode(first.error)] ?? "unexpected text"}`,
    );
  }
  if (node === undefined || node.type !== "object") return refuseAt(text, node?.offset ?? 0, "this is not an object");
  return { ok: true, node };
}

/** The offset at which a text is nested deeper than `maxDepth`, or null. */
function findDepth(text: string): number | null {
  let depth = 0;
  for (const { kind, start } of tokensOf(text, 0, text.length)) {
    if (kind === token.openBrace || kind === token.openBracket) depth++;
    else if (kind === token.closeBrace || kind === token.closeBracket) depth--;
    if (depth > maxDepth) return start;
  }
  return null;
}

/** How much of a path exists in a text. */
interface Way {
  readonly ok: true;
  readonly root: Node;
  /** The existing properties on the path, outermost first. */
  readonly found: readonly Node[];
  /** A property on the path that is not an object, so that nothing can be below it. */
  readonly barrier: Node | null;
}

function walk(text: string, path: KeyPath): Way | EditRefusal {
  const parsed = parseObject(text);
  if (!parsed.ok) return parsed;
  const found: Node[] = [];
  let object = parsed.node;
  for (const key of path) {
    if (object.type !== "object") return { ok: true, root: parsed.node, found, barrier: found.at(-1)! };
    const same = (object.children ?? []).filter((property) => property.children?.[0]?.value === key);
    if (same.length > 1) return refuseAt(text, same[1]!.offset, `the key ${JSON.stringify(key)} is a duplicate`);
    if (same[0] === undefined) break;
    found.push(same[0]);
    object = inside(same[0]);
  }
  return { ok: true, root: parsed.node, found, barrier: null };
}

/** The value of a property. */
function inside(property: Node): Node {
  return property.children![1]!;
}

/** The object that contains the path's key at a depth. */
function listAt({ root, found }: Way, depth: number): Node {
  return depth === 0 ? root : inside(found[depth - 1]!);
}

function refuseBarrier(text: string, barrier: Node): EditRefusal {
  return refuseAt(text, inside(barrier).offset, `${JSON.stringify(barrier.children![0]!.value)} is not an object`);
}

function valueOf(object: Node): Record<string, unknown> {
  return getNodeValue(object) as Record<string, unknown>;
}

function indexOf(items: readonly unknown[], item: unknown): number {
  const wanted = bare(item);
  return items.findIndex((candidate) => isDeepStrictEqual(candidate, wanted));
}

/** The text's value with `path` set to another value, or without `path` for undefined. */
function intended(root: Node, path: readonly string[], value: unknown): unknown {
  const whole = valueOf(root);
  let object = whole;
  for (const key of path.slice(0, -1)) object = (object[key] ??= Object.create(null)) as Record<string, unknown>;
  if (value === undefined) delete object[path.at(-1)!];
  else object[path.at(-1)!] = bare(value);
  return whole;
}

function checked(text: string, splices: readonly Splice[], meant: unknown): EditResult {
  const result = applySplices(text, splices);
  const again = parseObject(result);
  if (!again.ok || !isDeepStrictEqual(getNodeValue(again.node), meant)) {
    return refuseAt(text, splices[0]?.at ?? 0, "editing this would not give the intended result, so nothing was changed");
  }
  return { ok: true, text: result };
}
