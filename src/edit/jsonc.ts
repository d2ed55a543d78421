/**
 * Splices values into a user's JSONC text, and out of it, at the offsets that the parser gives. Every byte outside stays: comments, order,
 * indentation, line ends, trailing commas. The result is parsed again and compared with the intended value; if it differs, nothing is given.
 *
 * Not jsonc-parser's `modify`: it gives a trailing comment to the wrong key (microsoft/node-jsonc-parser#125) and re-indents.
 */
import { isDeepStrictEqual } from "node:util";
import { getNodeValue, parseTree, printParseErrorCode, type Node, type ParseError } from "jsonc-parser";
import { format, hasComment, indentOf, insertMember, removeMember, styleOf, token, tokensOf } from "./jsonc-layout.ts";
import { applySplices, refuseAt, type EditRefusal, type EditResult, type Splice } from "./splice.ts";
import { bare } from "./value.ts";

/** Keys of objects, from the top. */
type Path = readonly [string, ...string[]];

/** Deeper than any file that people write; parser and comparison go down by calls, which end somewhere. */
const maxDepth = 100;

/**
 * Ensures that the object at the top of `text` has `value` at `path` (keys of objects; those missing are made). Gives the same text where it
 * already has. Refuses text that is not one JSONC object, duplicate keys on the way, and anything but objects on the way.
 */
export function ensureValue(text: string, path: Path, value: unknown): EditResult {
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
 * Removes the property at `path`. The first `made` keys of the path were there before us; an object behind them that is left empty goes, too,
 * unless somebody wrote a comment into it. Gives the same text where the property is not there. With `missingDepth` of the text before it as
 * `made` it takes back what `ensureValue` put in, byte for byte; only an object that was `{`, line end, `}` comes out as `{}`.
 */
export function removeValue(text: string, path: Path, made: number): EditResult {
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
 * Gives the key at the end of `path` another name, in its place and with its value as it is. Gives the same text where it has that name or is not
 * there. Refuses what `ensureValue` refuses, and a name that another key beside it has.
 */
export function renameKey(text: string, path: Path, name: string): EditResult {
  const way = walk(text, path);
  if (!way.ok) return way;
  const { root, found } = way;
  if (found.length < path.length || path.at(-1) === name) return { ok: true, text };
  const property = found.at(-1)!;
  const above = path.slice(0, -1);
  const siblings = listAt(way, path.length - 1).children ?? [];
  const taken = siblings.find((sibling) => sibling.children?.[0]?.value === name);
  if (taken !== undefined) return refuseAt(text, taken.offset, `the key ${JSON.stringify(name)} stands here already`);
  const key = property.children![0]!;
  const whole = valueOf(root);
  const object = above.reduce((inner, step) => inner[step] as Record<string, unknown>, whole);
  object[name] = object[path.at(-1)!];
  delete object[path.at(-1)!];
  return checked(text, [{ at: key.offset, remove: key.length, insert: JSON.stringify(name) }], whole);
}

/**
 * How many keys of `path` are there, from the top: what `removeValue` and `removeItem` have to know later to leave them. Refuses what
 * `ensureValue` refuses.
 */
export function missingDepth(text: string, path: Path): number | EditRefusal {
  const way = walk(text, path);
  if (!way.ok) return way;
  return way.barrier === null ? way.found.length : refuseBarrier(text, way.barrier);
}

/**
 * Ensures that the array at `path` has an element that equals `item`: behind the last one, in the array's own layout. An array that is not
 * there is made. Gives the same text where it already has one. Refuses what `ensureValue` refuses, and anything but an array at `path`.
 */
export function ensureItem(text: string, path: Path, item: unknown): EditResult {
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
 * Removes the first element that equals `item` from the array at `path`. Where it was the only one and the array is not among the `made` first
 * keys, which were there before us, the property goes as in `removeValue`. Gives the same text where there is no such element.
 */
export function removeItem(text: string, path: Path, item: unknown, made: number): EditResult {
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

/** The value of a JSONC text that is one object, or where it stops being one. A BOM is allowed. */
export function readObject(text: string): { readonly ok: true; readonly value: Record<string, unknown> } | EditRefusal {
  const parsed = parseObject(text);
  return parsed.ok ? { ok: true, value: valueOf(parsed.node) } : parsed;
}

/** What the parser's codes mean, for a person who looks at the place. */
const wordsFor: Readonly<Record<string, string>> = {
  InvalidSymbol: "a text and a key stand in double quotes, and else there are only numbers, true, false and null",
  InvalidNumberFormat: "a number is not written so",
  PropertyNameExpected: "a key in double quotes is missing here",
  ValueExpected: "a value is missing here",
  ColonExpected: "a colon is missing here, between a key and its value",
  CommaExpected: "a comma is missing here",
  CloseBraceExpected: "a closing brace } is missing here",
  CloseBracketExpected: "a closing bracket ] is missing here",
  EndOfFileExpected: "nothing may stand behind the last brace",
  InvalidCommentToken: "a comment begins with // or /*",
  UnexpectedEndOfComment: "this comment has no end",
  UnexpectedEndOfString: "this text has no closing double quote on its line",
  UnexpectedEndOfNumber: "this number has no end",
  InvalidUnicode: "\\u needs four hexadecimal digits behind it",
  InvalidEscapeCharacter: "a backslash does not stand before such a letter: for a backslash write two",
  InvalidCharacter: "a text holds a control character here: write \\t for a tab",
};

function parseObject(text: string): { ok: true; node: Node } | EditRefusal {
  const errors: ParseError[] = [];
  // The parser knows no BOM; a space in its place keeps every offset.
  const json = text.replace(/^\ufeff/, " ");
  const tooDeep = findDepth(json);
  if (tooDeep !== null) return refuseAt(text, tooDeep, `this is nested more than ${maxDepth} levels deep`);
  const node = parseTree(json, errors, { allowTrailingComma: true });
  const first = errors[0];
  if (first !== undefined) {
    if (json.trim() === "") return refuseAt(text, 0, "the file is empty");
    // A parser stumbles anywhere around the mark.
    const mark = /^<{7}(?: |\r?$)/m.exec(json);
    if (mark !== null) return refuseAt(text, mark.index, "a conflict that git left is not settled here");
    return refuseAt(
      text,
      first.offset,
      `this is not JSON with comments: ${wordsFor[printParseErrorCode(first.error)] ?? "nobody expects this here"}`,
    );
  }
  if (node === undefined || node.type !== "object") return refuseAt(text, node?.offset ?? 0, "this is not an object");
  return { ok: true, node };
}

/** The offset at which a text goes deeper than `maxDepth`, or null. */
function findDepth(text: string): number | null {
  let depth = 0;
  for (const { kind, start } of tokensOf(text, 0, text.length)) {
    if (kind === token.openBrace || kind === token.openBracket) depth++;
    else if (kind === token.closeBrace || kind === token.closeBracket) depth--;
    if (depth > maxDepth) return start;
  }
  return null;
}

/** How far a path goes in a text. */
interface Way {
  readonly ok: true;
  readonly root: Node;
  /** The properties on the path that are there, from the top. */
  readonly found: readonly Node[];
  /** The property on the way that is no object, so that nothing can be below it. */
  readonly barrier: Node | null;
}

function walk(text: string, path: Path): Way | EditRefusal {
  const parsed = parseObject(text);
  if (!parsed.ok) return parsed;
  const found: Node[] = [];
  let object = parsed.node;
  for (const key of path) {
    if (object.type !== "object") return { ok: true, root: parsed.node, found, barrier: found.at(-1)! };
    const same = (object.children ?? []).filter((property) => property.children?.[0]?.value === key);
    if (same.length > 1) return refuseAt(text, same[1]!.offset, `the key ${JSON.stringify(key)} stands here a second time`);
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

/** The object that the key at a depth of the path belongs to. */
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

/** The text's value with another one at `path`, or with nothing there for undefined. */
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
    return refuseAt(text, splices[0]?.at ?? 0, "an edit here would not have given what was meant, so it was not made");
  }
  return { ok: true, text: result };
}
