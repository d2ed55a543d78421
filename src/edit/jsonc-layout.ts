/**
 * The layout of a bracketed list's members (an object's properties, an array's elements) in JSONC: the text around an inserted member, and the
 * text that is removed with a member. Removing is the exact reverse of inserting, so both are here. Comments always stay.
 */
import { createScanner, type Node } from "jsonc-parser";
import type { Splice } from "./splice.ts";

/** The scanner's token kinds that matter here; jsonc-parser declares them as a const enum, which isolated modules cannot read. */
export const token = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  lineComment: 12,
  blockComment: 13,
  lineBreak: 14,
  space: 15,
  end: 17,
} as const;

interface Token {
  readonly kind: number;
  readonly start: number;
  readonly end: number;
}

/** The tokens that start in a range that starts with a token: without spaces, and only the first of consecutive line ends. */
export function* tokensOf(text: string, from: number, to: number): Generator<Token> {
  const scanner = createScanner(text, false);
  scanner.setPosition(from);
  let last: number | undefined;
  for (;;) {
    const kind: number = scanner.scan();
    const start = scanner.getTokenOffset();
    if (kind === token.end || start >= to) return;
    if (kind === token.space || (kind === token.lineBreak && last === kind)) continue;
    last = kind;
    yield { kind, start, end: start + scanner.getTokenLength() };
  }
}

const isComment = ({ kind }: Token): boolean => kind === token.lineComment || kind === token.blockComment;

const isComma = ({ kind }: Token): boolean => kind === token.comma;

function commaIn(text: string, from: number, to: number): Token | undefined {
  return [...tokensOf(text, from, to)].find(isComma);
}

/** Whether a comment starts in a range. */
export function hasComment(text: string, from: number, to: number): boolean {
  for (const found of tokensOf(text, from, to)) if (isComment(found)) return true;
  return false;
}

/** A file's layout: its line end and one step of indentation. */
export interface Style {
  readonly newline: string;
  readonly step: string;
}

/** The style of a file, from its first line end and its first property. */
export function styleOf(text: string, root: Node): Style {
  const newline = /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
  const first = root.children?.[0];
  const indent = first === undefined ? "" : indentAt(text, first.offset);
  return { newline, step: indent === null || indent === "" ? "  " : indent };
}

/** The white space at the beginning of an offset's line, or null if other text than comments stands between it and the offset. */
function indentAt(text: string, offset: number): string | null {
  let start = offset;
  while (start > 0 && !isLineEnd(text[start - 1])) start--;
  return /^[ \t]*(?=(?:\/\*(?:[^*]|\*(?!\/))*\*\/[ \t]*)*$)/.exec(text.slice(start, offset))?.[0] ?? null;
}

/** The indentation of the line on which a node starts. */
export function indentOf(text: string, node: Node): string {
  let start = node.offset;
  while (start > 0 && !isLineEnd(text[start - 1])) start--;
  return text.slice(start, skip(text, start));
}

const isLineEnd = (character: string | undefined): boolean => character === "\n" || character === "\r";
const isSpace = (character: string | undefined): boolean => character === " " || character === "\t";

/** The offset after the spaces and tabs at an offset. */
function skip(text: string, offset: number): number {
  let at = offset;
  while (isSpace(text[at])) at++;
  return at;
}

/** The offset before the spaces and tabs that end at an offset. */
function skipBack(text: string, offset: number): number {
  let at = offset;
  while (isSpace(text[at - 1])) at--;
  return at;
}

/** A JSON value as people write it, on a line that has this indentation: one property a line, arrays on one line. */
export function format(value: unknown, style: Style, indent: string): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
  const deeper = indent + style.step;
  const properties = Object.entries(value).map(
    ([key, inner]) => `${style.newline}${deeper}${JSON.stringify(key)}: ${format(inner, style, deeper)}`,
  );
  return properties.length === 0 ? "{}" : `{${properties.join(",")}${style.newline}${indent}}`;
}

/** A new member: a value, and its key if the list is an object. */
export interface Member {
  readonly key?: string;
  readonly value: unknown;
}

/** The splices that append a member to a list in the list's layout: on a new line, or on the last member's line. */
export function insertMember(text: string, list: Node, { key, value }: Member, style: Style): Splice[] {
  const name = key === undefined ? "" : `${JSON.stringify(key)}: `;
  const onItsLine = `${name}${JSON.stringify(value)}`;
  const onOwnLine = (indent: string): string => `${style.newline}${indent}${name}${format(value, style, indent)}`;
  const open = list.offset + 1;
  const close = list.offset + list.length - 1;
  const outer = indentOf(text, list);
  const last = list.children?.at(-1);

  if (last === undefined) {
    if (open === close) {
      const insert = list.type === "array" ? onItsLine : `${onOwnLine(outer + style.step)}${style.newline}${outer}`;
      return [{ at: open, remove: 0, insert }];
    }
    const inside = [...tokensOf(text, open, close)];
    const content = inside.findLast(isComment)?.end ?? open;
    const endsLine = inside.some(({ kind, start }) => kind === token.lineBreak && start >= content);
    return [{ at: content, remove: 0, insert: endsLine ? onOwnLine(outer + style.step) : ` ${onItsLine}` }];
  }

  const end = last.offset + last.length;
  const after = [...tokensOf(text, end, close)];
  const comma = commaIn(text, end, close);
  // Comments on the line belong to the last member, or to its comma if the comma has a separate line.
  const from = comma?.end ?? end;
  const rest = after.filter(({ start }) => start >= from);
  const lineBreak = rest.findIndex(({ kind }) => kind === token.lineBreak);
  const indent = indentAt(text, last.offset);
  if (indent === null || lineBreak < 0)
    return [{ at: from, remove: 0, insert: comma === undefined ? `, ${onItsLine}` : ` ${onItsLine},` }];
  const lineEnd = rest.slice(0, lineBreak).findLast(isComment)?.end ?? from;
  return comma === undefined
    ? [
        { at: end, remove: 0, insert: "," },
        { at: lineEnd, remove: 0, insert: onOwnLine(indent) },
      ]
    : [{ at: lineEnd, remove: 0, insert: `${onOwnLine(indent)},` }];
}

/**
 * The splices that remove a member from its list, with one comma and the white space before it. They undo `insertMember` exactly, with one
 * exception: a list whose only member was on a separate line becomes `{}` or `[]`, even if it had another layout before.
 */
export function removeMember(text: string, list: Node, member: Node): Splice[] {
  const members = list.children ?? [];
  const index = members.indexOf(member);
  const previous = members[index - 1];
  const open = list.offset + 1;
  const close = list.offset + list.length - 1;
  const memberEnd = member.offset + member.length;
  const before = [...tokensOf(text, previous === undefined ? open : previous.offset + previous.length, member.offset)];
  const commaAfter = commaIn(text, memberEnd, members[index + 1]?.offset ?? close);
  // The last member has no comma after it; the comma before it was inserted with it.
  const comma = commaAfter ?? before.find(isComma);
  const end = commaAfter?.end ?? memberEnd;

  const indented = skipBack(text, member.offset);
  const lead = lineEndBefore(text, indented);
  const ownLine = lead < indented;
  const commented = hasComment(text, member.offset, end);
  // Text that follows on its line must not move behind a comment at the end of the line before. So the line stays, or its white space goes.
  const keepLine = ownLine && (commented || !isLineEnd(text[skip(text, end)]));
  const tidy = keepLine || before.some((found) => found.kind === token.lineComment && found.end === lead);

  if (members.length === 1 && ownLine && !hasComment(text, open, close)) {
    const left = text.slice(open, lead) + text.slice(end, close);
    if (left === text.slice(lead, indented) + indentOf(text, list)) return [{ at: open, remove: close - open, insert: "" }];
  }
  return [
    ...cut(text, keepLine ? member.offset : ownLine ? lead : indented, member.offset),
    ...cutBetweenComments(text, member.offset, memberEnd),
    ...(comma === undefined ? [] : cut(text, comma.start, comma.end)),
    ...(tidy ? cut(text, memberEnd, skip(text, memberEnd)) : []),
    ...(tidy && commaAfter !== undefined && !commented ? cut(text, end, skip(text, end)) : []),
  ];
}

/** The offset before the line end that ends at an offset; the same offset if there is none. */
function lineEndBefore(text: string, offset: number): number {
  if (text[offset - 1] === "\n" && text[offset - 2] === "\r") return offset - 2;
  return isLineEnd(text[offset - 1]) ? offset - 1 : offset;
}

function cut(text: string, from: number, to: number): Splice[] {
  return to > from ? [{ at: from, remove: to - from, insert: "" }] : [];
}

/** Removes a range except for the comments in it and the line ends that end them. */
function cutBetweenComments(text: string, from: number, to: number): Splice[] {
  const splices: Splice[] = [];
  let at = from;
  let before: Token | undefined;
  for (const found of tokensOf(text, from, to)) {
    const kept = isComment(found) || (found.kind === token.lineBreak && before?.kind === token.lineComment);
    if (kept) {
      splices.push(...cut(text, at, found.start));
      at = found.end;
    }
    before = found;
  }
  return [...splices, ...cut(text, at, to)];
}
