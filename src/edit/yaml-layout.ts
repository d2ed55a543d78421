/** The layout of YAML: where text is inserted, replaced or removed. */
import { isCollection, isMap, isScalar, type Node, type Pair, type YAMLMap, type YAMLSeq } from "yaml";
import { newlineOf } from "./lines.ts";
import type { Splice } from "./splice.ts";
import { below, block, flow, isBlock, quotedAs, type Layout, type YamlValue } from "./yaml-format.ts";

/** A map of the parser. */
export type YamlMap = YAMLMap<unknown, unknown>;

/** A list of the parser. */
export type YamlSeq = YAMLSeq<unknown>;

/** The range of a comment, from its `#` to the end of its line. */
export interface Comment {
  readonly at: number;
  readonly end: number;
}

/** The layout of a file: its first line end, and the indentation of the first indented collection inside a map. */
export function layoutOf(text: string, root: Node | null): Layout {
  return { newline: newlineOf(text), step: " ".repeat((isMap(root) ? stepOf(root) : null) ?? 2) };
}

function stepOf(map: YamlMap): number | null {
  for (const { value } of map.items) {
    if (!isBlockCollection(value)) continue;
    const step = indentOf(value) - indentOf(map);
    if (step > 0) return step;
    const inner = isMap(value) ? stepOf(value) : null;
    if (inner !== null) return inner;
  }
  return null;
}

function indentOf(node: unknown): number {
  return (node as { srcToken?: { indent?: number } }).srcToken?.indent ?? 0;
}

function isBlockCollection(node: unknown): node is YamlMap | YAMLSeq {
  return isCollection(node) && !node.flow;
}

/** Whether a node is empty: `key:` without a value. */
export function isEmptyNode(node: Node): boolean {
  return isScalar(node) && node.value === null && node.source === "";
}

/** A key as written, without its quotes. */
export function keyText({ key }: Pair): string {
  if (!isScalar(key)) return "";
  return typeof key.value === "string" ? key.value : (key.source ?? "");
}

/** Where a pair starts: at its key, or at the anchor or tag before it. */
export function pairStart(pair: Pair): number {
  const { start, key, sep } = pair.srcToken!;
  const first = start.find(({ type }) => type !== "space" && type !== "newline" && type !== "comment" && type !== "comma");
  return (first ?? key ?? sep![0]!).offset;
}

function pairEnd(text: string, { key, value }: Pair): number {
  return nodeEnd(text, (value ?? key) as Node);
}

/** Where a node ends, without the comment after it and without a block scalar's last line end. */
function nodeEnd(text: string, node: Node): number {
  const end = node.range![1];
  if (isBlockCollection(node)) {
    const last: unknown = node.items.at(-1);
    if (last !== undefined) return isMap(node) ? pairEnd(text, last as Pair) : nodeEnd(text, last as Node);
  }
  if (isScalar(node) && (node.type === "BLOCK_FOLDED" || node.type === "BLOCK_LITERAL") && text[end - 1] === "\n")
    return end - (text[end - 2] === "\r" ? 2 : 1);
  return end;
}

/** The end of the line, before its line end. */
function lineEnd(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  if (newline < 0) return text.length;
  return newline > at && text[newline - 1] === "\r" ? newline - 1 : newline;
}

function lineStart(text: string, at: number): number {
  return Math.max(text.lastIndexOf("\n", at - 1) + 1, text.startsWith("\ufeff") ? 1 : 0);
}

function beginsLine(text: string, at: number): boolean {
  return /^ *$/.test(text.slice(lineStart(text, at), at));
}

/** Splices that append a new key to a map. */
export function intoMap(text: string, layout: Layout, map: YamlMap, key: string, value: YamlValue): readonly Splice[] {
  const last = map.items.at(-1);
  if (map.flow) {
    const pair = `${flow(key)}: ${flow(value)}`;
    if (last !== undefined) return [{ at: pairEnd(text, last), remove: 0, insert: `, ${pair}` }];
    const at = map.range![0] + 1;
    // Text between the braces stays unchanged, so that removing the key restores it.
    return [{ at, remove: 0, insert: at === map.range![1] - 1 ? ` ${pair} ` : pair }];
  }
  const at = lineEnd(text, pairEnd(text, last!));
  return [{ at, remove: 0, insert: below({ [key]: value }, layout, " ".repeat(indentOf(map))) }];
}

/** Splices that append a new element to a list. */
export function intoSeq(text: string, { newline, step }: Layout, seq: YamlSeq, item: YamlValue): readonly Splice[] {
  const last = seq.items.at(-1) as Node | undefined;
  if (last === undefined) return [{ at: seq.range![0] + 1, remove: 0, insert: flow(item) }];
  if (seq.flow) return [{ at: nodeEnd(text, last), remove: 0, insert: `, ${flow(item)}` }];
  const dash = dashOf(seq, 0);
  const indent = " ".repeat(dash - lineStart(text, dash));
  return [{ at: lineEnd(text, nodeEnd(text, last)), remove: 0, insert: below([item], { newline, step }, indent) }];
}

/** The offset of an element's dash. */
function dashOf(seq: YamlSeq, index: number): number {
  const { items } = seq.srcToken as { items: readonly { start: readonly { type: string; offset: number }[] }[] };
  return items[index]!.start.find(({ type }) => type === "seq-item-ind")!.offset;
}

/** Splices that add a first key below `key:`, before the comments on the following lines. */
export function belowEmpty(
  text: string,
  layout: Layout,
  map: YamlMap,
  pair: Pair,
  key: string,
  value: YamlValue,
): readonly Splice[] {
  const at = lineEnd(text, pairEnd(text, pair));
  return [{ at, remove: 0, insert: below({ [key]: value }, layout, " ".repeat(indentOf(map)) + layout.step) }];
}

/** Splices that add a first key to a text without keys, after its comments; `end` is the end of the document. */
export function intoEmptyDocument(text: string, layout: Layout, end: number, key: string, value: YamlValue): readonly Splice[] {
  const before = text.slice(0, end);
  const lines = block({ [key]: value }, layout.step).join(layout.newline);
  if (/^\ufeff?$/.test(before)) return [{ at: end, remove: 0, insert: lines + layout.newline }];
  return [{ at: before.replace(/\r?\n$/, "").length, remove: 0, insert: layout.newline + lines }];
}

/** Splices that replace the value of a pair. A scalar that replaces a scalar keeps the quotes if possible. */
export function replace(
  text: string,
  comments: readonly Comment[],
  layout: Layout,
  map: YamlMap,
  pair: Pair,
  value: YamlValue,
): readonly Splice[] {
  const old = pair.value as Node | null;
  // `{ key }`, without a colon.
  if (old === null) return [{ at: pairEnd(text, pair), remove: 0, insert: `: ${flow(value)}` }];
  const from = old.range![0];
  // An empty value ends at the comment after it. The space before that comment stays.
  const to = isBlockCollection(old)
    ? from + text.slice(from, nodeEnd(text, old)).replace(/(?<! ) +$/, "").length
    : nodeEnd(text, old);
  if (map.flow) return [{ at: from, remove: to - from, insert: padded(text, from, to, flow(value)) }];
  const outer = indentOf(map) + layout.step.length;
  const indicator = pair.srcToken!.sep!.findLast(({ type }) => type === "map-value-ind" || type === "anchor" || type === "tag")!;
  const afterKey = indicator.offset + indicator.source.length;
  const column = from - lineStart(text, from);
  const ownLine = from < to && beginsLine(text, from);
  if (isBlock(value)) {
    const lines = below(value, layout, " ".repeat(outer));
    // A list may have its key's indentation; a map may not.
    if (ownLine && column <= indentOf(map))
      return [{ at: lineEnd(text, afterKey), remove: 0, insert: lines }, withoutLines(text, from, to)];
    if (ownLine) return [{ at: from, remove: to - from, insert: below(value, layout, " ".repeat(column)).trimStart() }];
    // The space before the comment after an empty value has to stay.
    const start = from === to ? to : afterKey;
    return [
      { at: start, remove: to - start, insert: headComment(text, comments, old) },
      { at: lineEnd(text, to), remove: 0, insert: lines },
    ];
  }
  if (isBlockCollection(old)) {
    const written = ` ${flow(value, false)}`;
    if (!comments.some(({ at }) => at >= afterKey && at < from))
      return [{ at: afterKey, remove: to - afterKey, insert: written }];
    return [{ at: afterKey, remove: 0, insert: written }, withoutLines(text, from, to)];
  }
  const written = isScalar(old) && typeof value === "string" ? quotedAs(old.type, value) : flow(value, false);
  return [{ at: from, remove: to - from, insert: padded(text, from, to, written) + headComment(text, comments, old) }];
}

/** A splice that replaces a string in a list: its quotes stay if possible, and the comment after it stays. Null for anything but a string on one line. */
export function replaceElement(text: string, seq: YamlSeq, index: number, value: string): Splice | null {
  const old = seq.items[index] as Node;
  const [from, to] = old.range!;
  if (!isScalar(old) || typeof old.value !== "string" || text.slice(from, to).includes("\n")) return null;
  const written = quotedAs(old.type, value);
  return { at: from, remove: to - from, insert: seq.flow && written === value ? flow(value) : written };
}

/** Removes lines from their first text to its end, except for the comment after it. */
function withoutLines(text: string, from: number, to: number): Splice {
  const end = lineEnd(text, to);
  const blank = /^[ \t]*/.exec(text.slice(to, end))![0].length;
  if (to + blank < end) return { at: from, remove: to + blank - from, insert: "" };
  const first = lineStart(text, from);
  const at = first - (text[first - 2] === "\r" ? 2 : 1);
  return { at, remove: end - at, insert: "" };
}

/** The comment on the first line of a block scalar, the only comment that a scalar can contain. */
function headComment(text: string, comments: readonly Comment[], old: Node): string {
  const found = isScalar(old) ? comments.find(({ at }) => at >= old.range![0] && at < old.range![1]) : undefined;
  return found === undefined ? "" : ` ${text.slice(found.at, found.end)}`;
}

/** An empty value has no range, but needs space on both sides. */
function padded(text: string, from: number, to: number, written: string): string {
  if (from < to) return written;
  return `${/\s/.test(text[from - 1] ?? "") ? "" : " "}${written}${text[to] === "#" ? " " : ""}`;
}

/** Splices that remove a pair and keep the comments in and after it, or null if other text precedes the pair on its line. */
export function remove(text: string, comments: readonly Comment[], map: YamlMap, pair: Pair): readonly Splice[] | null {
  const members = map.items.map((one) => ({ start: pairStart(one), end: pairEnd(text, one) }));
  return removeMember(text, comments, map, members, map.items.indexOf(pair));
}

/** Splices that remove an element and keep the comments in and after it, or null if other text precedes it on its line. */
export function removeElement(text: string, comments: readonly Comment[], seq: YamlSeq, index: number): readonly Splice[] | null {
  const members = seq.items.map((item, at) => {
    const node = item as Node;
    return { start: seq.flow ? node.range![0] : dashOf(seq, at), end: nodeEnd(text, node) };
  });
  return removeMember(text, comments, seq, members, index);
}

/** The range of a pair or an element. */
interface Member {
  readonly start: number;
  readonly end: number;
}

/**
 * Splices that move a pair's lines to the end of another map, with that map's indentation. Null if either is between braces, if other text is on
 * the pair's first line, or if it is the only pair in its map.
 */
export function movePair(
  text: string,
  comments: readonly Comment[],
  { map, pair }: { readonly map: YamlMap; readonly pair: Pair },
  target: YamlMap,
): readonly Splice[] | null {
  const start = pairStart(pair);
  if (map.flow || target.flow || map.items.length === 1 || target.items.length === 0 || !beginsLine(text, start)) return null;
  const indent = start - lineStart(text, start);
  // The column of a comment that is alone on its line.
  const alone = new Map(
    comments.filter(({ at }) => beginsLine(text, at)).map(({ at }) => [lineStart(text, at), at - lineStart(text, at)]),
  );
  let first = lineStart(text, start);
  for (let above = first; above > 0 && alone.get((above = lineStart(text, above - 1))) === indent;) first = above;
  /** The end of a pair, including the comments below it that are indented deeper than its key. */
  const endOf = (of: Pair, column: number): number => {
    let to = lineEnd(text, pairEnd(text, of));
    for (;;) {
      const below = to + newlineAt(text, to);
      if (below === to || (alone.get(below) ?? 0) <= column) return to;
      to = lineEnd(text, below);
    }
  };
  const end = endOf(pair, indent);
  const shift = indentOf(target) - indent;
  const lines = text
    .slice(first, end)
    .split("\n")
    .map((line) =>
      line.trim() === "" ? line : shift > 0 ? " ".repeat(shift) + line : line.slice(Math.min(-shift, line.search(/[^ ]/))),
    );
  const at = endOf(target.items.at(-1)!, indentOf(target));
  const newline = newlineAt(text, end);
  const before = newlineBefore(text, first);
  return [
    newline > 0
      ? { at: first, remove: end + newline - first, insert: "" }
      : { at: first - before, remove: end - first + before, insert: "" },
    { at, remove: 0, insert: newlineOf(text) + lines.join("\n") },
  ];
}

/** The length of the line end at an offset. */
function newlineAt(text: string, at: number): number {
  return /^\r?\n/.exec(text.slice(at, at + 2))?.[0].length ?? 0;
}

/** The length of the line end before an offset. */
function newlineBefore(text: string, at: number): number {
  return /\r?\n$/.exec(text.slice(Math.max(0, at - 2), at))?.[0].length ?? 0;
}

function removeMember(
  text: string,
  comments: readonly Comment[],
  list: YamlMap | YamlSeq,
  members: readonly Member[],
  index: number,
): readonly Splice[] | null {
  if (list.flow) return removeFromFlow(text, comments, list, members, index);
  const { start } = members[index]!;
  if (!beginsLine(text, start)) return null;
  const end = lineEnd(text, members[index]!.end);
  const kept = within(comments, start, end).map((comment) => text.slice(comment.at, comment.end));
  const first = lineStart(text, start);
  // With the key's indentation: deeper comments could become part of a block scalar above.
  const indent = text.slice(first, start);
  if (kept.length > 0) return [{ at: start, remove: end - start, insert: kept.join(newlineOf(text) + indent) }];
  const before = newlineBefore(text, first);
  return before > 0
    ? [{ at: first - before, remove: end - first + before, insert: "" }]
    : [{ at: first, remove: end - first + newlineAt(text, end), insert: "" }];
}

function removeFromFlow(
  text: string,
  comments: readonly Comment[],
  list: YamlMap | YamlSeq,
  members: readonly Member[],
  index: number,
): readonly Splice[] {
  const { start, end } = members[index]!;
  if (index > 0) return cut(text, comments, members[index - 1]!.end, end);
  const next = members[1];
  if (next !== undefined) return cut(text, comments, start, next.start);
  const [open, close] = [list.range![0] + 1, list.range![1] - 1];
  if (text.slice(open, close) === ` ${text.slice(start, end)} `) return cut(text, comments, open, close);
  const comma = /^\s*,/.exec(text.slice(end, close))?.[0].length ?? 0;
  return cut(text, comments, start, end + comma);
}

/** Removes a range except for the comments in it, each with the white space before it and the line end after it. */
function cut(text: string, comments: readonly Comment[], from: number, to: number): readonly Splice[] {
  const splices: Splice[] = [];
  let at = from;
  for (const comment of within(comments, from, to)) {
    const before = at + text.slice(at, comment.at).trimEnd().length;
    splices.push({ at, remove: before - at, insert: "" });
    const end = lineEnd(text, comment.at);
    at = end + newlineAt(text, end);
  }
  // After a comment, the indentation of the following text stays.
  const rest = at > to ? "" : text.slice(at, to);
  return [...splices, { at, remove: splices.length > 0 ? rest.trimEnd().length : rest.length, insert: "" }];
}

function within(comments: readonly Comment[], from: number, to: number): readonly Comment[] {
  return comments.filter(({ at }) => at >= from && at < to);
}
