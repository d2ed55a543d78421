/**
 * Splices values into a user's JSONC text at the offsets that the parser gives. Every byte outside the inserted text stays: comments, order,
 * indentation, line ends, trailing commas. The result is parsed again and compared with the intended value; if it differs, nothing is given.
 *
 * Not jsonc-parser's `modify`: it gives a trailing comment to the wrong key (microsoft/node-jsonc-parser#125) and re-indents.
 */
import { isDeepStrictEqual } from "node:util";
import { createScanner, getNodeValue, parseTree, printParseErrorCode, type Node, type ParseError } from "jsonc-parser";

/** Why a text cannot be edited, and where: line and column from 1. */
export interface EditRefusal {
  readonly ok: false;
  readonly why: string;
  readonly line: number;
  readonly column: number;
}

/** The edited text, or why not. */
export type EditResult = { readonly ok: true; readonly text: string } | EditRefusal;

/** The scanner's token kinds that matter here; jsonc-parser declares them as a const enum, which isolated modules cannot read. */
const token = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  lineBreak: 14,
  trivia: 15,
  end: 17,
} as const;

/** Deeper than any file that people write; parser and comparison go down by calls, which end somewhere. */
const maxDepth = 100;

interface Splice {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

/**
 * Ensures that the object at the top of `text` has `value` at `path` (keys of objects; those missing are made). Gives the same text where it
 * already has. Refuses text that is not one JSONC object, duplicate keys on the way, and anything but objects on the way.
 */
export function ensureValue(text: string, path: readonly [string, ...string[]], value: unknown): EditResult {
  const parsed = parseObject(text);
  if (!parsed.ok) return parsed;
  const intended = withValue(getNodeValue(parsed.node) as Record<string, unknown>, path, value);
  let node = parsed.node;
  let depth = 0;
  for (; depth < path.length; depth++) {
    const key = path[depth]!;
    const same = (node.children ?? []).filter((property) => property.children?.[0]?.value === key);
    if (same.length > 1) return refuse(text, same[1]!.offset, `the key ${JSON.stringify(key)} stands here a second time`);
    const found = same[0]?.children?.[1];
    if (found === undefined) break;
    if (depth === path.length - 1) {
      if (isDeepStrictEqual(getNodeValue(found), bare(value))) return { ok: true, text };
      return checked(
        text,
        [{ at: found.offset, remove: found.length, insert: format(value, style(text, parsed.node), indentOf(text, node)) }],
        intended,
      );
    }
    if (found.type !== "object") return refuse(text, found.offset, `${JSON.stringify(key)} is not an object`);
    node = found;
  }
  const rest = path.slice(depth + 1);
  const inserted = rest.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  return checked(text, insertProperty(text, node, path[depth]!, inserted, style(text, parsed.node)), intended);
}

/** The value of a JSONC text that is one object, or where it stops being one. A BOM is allowed. */
export function readObject(text: string): { readonly ok: true; readonly value: Record<string, unknown> } | EditRefusal {
  const parsed = parseObject(text);
  return parsed.ok ? { ok: true, value: getNodeValue(parsed.node) as Record<string, unknown> } : parsed;
}

function parseObject(text: string): { ok: true; node: Node } | EditRefusal {
  const errors: ParseError[] = [];
  // The parser knows no BOM; a space in its place keeps every offset.
  const json = text.replace(/^\ufeff/, " ");
  const tooDeep = findDepth(json);
  if (tooDeep !== null) return refuse(text, tooDeep, `this is nested more than ${maxDepth} levels deep`);
  const node = parseTree(json, errors, { allowTrailingComma: true });
  const first = errors[0];
  if (first !== undefined)
    return refuse(text, first.offset, `this is not JSON with comments (${printParseErrorCode(first.error)})`);
  if (node === undefined || node.type !== "object") return refuse(text, node?.offset ?? 0, "this is not an object");
  return { ok: true, node };
}

/** The offset at which a text goes deeper than `maxDepth`, or null. */
function findDepth(text: string): number | null {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (;;) {
    const kind: number = scanner.scan();
    if (kind === token.end) return null;
    if (kind === token.openBrace || kind === token.openBracket) depth++;
    else if (kind === token.closeBrace || kind === token.closeBracket) depth--;
    if (depth > maxDepth) return scanner.getTokenOffset();
  }
}

function refuse(text: string, offset: number, why: string): EditRefusal {
  const before = text
    .slice(0, offset)
    .replace(/^\ufeff/, "")
    .split(/\r\n|\r|\n/);
  return { ok: false, why, line: before.length, column: before.at(-1)!.length + 1 };
}

function withValue(object: Record<string, unknown>, path: readonly string[], value: unknown): Record<string, unknown> {
  const [key, ...rest] = path as [string, ...string[]];
  const inner = Object.hasOwn(object, key) ? object[key] : {};
  return { ...object, [key]: rest.length === 0 ? value : withValue((inner ?? {}) as Record<string, unknown>, rest, value) };
}

/** The same value from objects without a prototype, as the parser gives them: two values are compared, prototypes and all. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  const result = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of Object.entries(value)) result[key] = bare(inner);
  return result;
}

function checked(text: string, splices: readonly Splice[], intended: unknown): EditResult {
  let result = text;
  for (const { at, remove, insert } of [...splices].sort((left, right) => right.at - left.at)) {
    result = result.slice(0, at) + insert + result.slice(at + remove);
  }
  const again = parseObject(result);
  if (!again.ok || !isDeepStrictEqual(getNodeValue(again.node), bare(intended))) {
    return refuse(text, splices[0]?.at ?? 0, "an edit here would not have given what was meant, so it was not made");
  }
  return { ok: true, text: result };
}

/** How a file is laid out: its line end and one step of indentation. */
interface Style {
  readonly newline: string;
  readonly step: string;
}

function style(text: string, root: Node): Style {
  const newline = /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
  const first = root.children?.[0];
  const indent = first === undefined ? "" : indentAt(text, first.offset);
  return { newline, step: indent === null || indent === "" ? "  " : indent };
}

/** The white space before an offset, or null where something else stands before it on its line. */
function indentAt(text: string, offset: number): string | null {
  return /(?:^|[\r\n])([ \t\ufeff]*)$/.exec(text.slice(0, offset))?.[1] ?? null;
}

/** Indentation of the line on which a node begins. */
function indentOf(text: string, node: Node): string {
  return /(?:^|[\r\n])([ \t]*)[^\r\n]*$/.exec(text.slice(0, node.offset))?.[1] ?? "";
}

function format(value: unknown, { newline, step }: Style, indent: string): string {
  return JSON.stringify(value, null, step).replaceAll("\n", `${newline}${indent}`);
}

function insertProperty(text: string, object: Node, key: string, value: unknown, layout: Style): Splice[] {
  const last = object.children?.at(-1);
  const close = object.offset + object.length - 1;
  const outer = indentOf(text, object);
  if (last === undefined) {
    const inside = text.slice(object.offset + 1, close);
    const indent = outer + layout.step;
    const property = `${JSON.stringify(key)}: ${format(value, layout, indent)}`;
    // Behind comments, if there are any: on a line of its own, unless all is on one line.
    const content = inside.trimEnd().length;
    const lineEnd = inside.slice(content).search(/[\r\n]/);
    if (lineEnd >= 0)
      return [{ at: object.offset + 1 + content + lineEnd, remove: 0, insert: `${layout.newline}${indent}${property}` }];
    if (inside === "")
      return [{ at: close, remove: 0, insert: `${layout.newline}${indent}${property}${layout.newline}${outer}` }];
    const gap = content === inside.length ? " " : "";
    return [{ at: close, remove: 0, insert: `${gap}${JSON.stringify(key)}: ${JSON.stringify(value)} ` }];
  }
  const end = last.offset + last.length;
  const indent = indentAt(text, last.offset);
  const { comma, lineEnd } = afterProperty(text, end, close);
  if (indent === null || lineEnd === null) {
    // Everything on one line: stay on it.
    const property = `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
    return [
      comma === null ? { at: end, remove: 0, insert: `, ${property}` } : { at: comma + 1, remove: 0, insert: ` ${property},` },
    ];
  }
  const property = `${layout.newline}${indent}${JSON.stringify(key)}: ${format(value, layout, indent)}`;
  if (comma !== null) return [{ at: Math.max(lineEnd, comma + 1), remove: 0, insert: `${property},` }];
  return lineEnd === end
    ? [{ at: end, remove: 0, insert: `,${property}` }]
    : [
        { at: end, remove: 0, insert: "," },
        { at: lineEnd, remove: 0, insert: property },
      ];
}

/** What follows the last property: its comma, and the end of its line behind comments that belong to it (null: the object ends on it). */
function afterProperty(text: string, end: number, close: number): { comma: number | null; lineEnd: number | null } {
  const scanner = createScanner(text, false);
  scanner.setPosition(end);
  let comma: number | null = null;
  let lineEnd: number | null = null;
  let content = end;
  for (;;) {
    const kind: number = scanner.scan();
    const at = scanner.getTokenOffset();
    if (at >= close || kind === token.end) break;
    if (kind === token.lineBreak) {
      lineEnd ??= content;
      if (comma !== null) break;
    } else if (kind === token.comma) {
      comma = at;
      // A comma on a later line: the line that counts is its own.
      if (lineEnd !== null) lineEnd = null;
      content = at + 1;
    } else if (kind !== token.trivia && lineEnd === null) {
      content = at + scanner.getTokenLength();
    }
  }
  return { comma, lineEnd };
}
