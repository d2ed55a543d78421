/**
 * Splices values into a user's YAML text at the offsets that the parser gives, and takes them out again. Every byte outside the edited place
 * stays: comments, order, indentation, quotes, line ends. The result is parsed again and compared with the intended value; if it differs,
 * nothing is given.
 *
 * Never the parser's own `toString`: it writes the whole file anew, in a layout of its own.
 *
 * One thing cannot be helped: a literal (`|`) at the end of a file without a final newline gets one when a key is put behind it, which other
 * parsers count as part of its text.
 */
import { isDeepStrictEqual } from "node:util";
import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, Parser, type CST, type Document, type Node, type Pair } from "yaml";
import type { Editor } from "./editor.ts";
import { applySplices, refuseAt, type EditRefusal, type EditResult, type Splice } from "./splice.ts";
import { bare } from "./value.ts";
import { explainYaml } from "./yaml-words.ts";
import {
  belowEmpty,
  intoEmptyDocument,
  intoMap,
  intoSeq,
  isEmptyNode,
  keyText,
  layoutOf,
  movePair,
  pairStart,
  remove,
  removeElement,
  replace,
  replaceElement,
  type Comment,
  type YamlMap,
  type YamlSeq,
  type YamlValue,
} from "./yaml-layout.ts";

export type { YamlValue } from "./yaml-layout.ts";

/** Deeper than any file that people write; what builds and compares values goes down by calls, which end somewhere. */
const maxDepth = 100;

/** How many values aliases may stand for, all in all: a few lines of aliases of aliases can stand for more than there is memory. */
const maxAliased = 100_000;

type Path = readonly [string, ...string[]];
type Plain = Record<string, unknown>;

/** A text as it was read. */
interface Reading {
  readonly ok: true;
  readonly text: string;
  /** The node at the top; null where there is none. */
  readonly root: Node | null;
  /** The value, of objects without a prototype that keys could reach; aliases are resolved, `<<` is a key like others. */
  readonly value: unknown;
  readonly comments: readonly Comment[];
  /** Where `...` ends the document, or the end of the text. */
  readonly end: number;
  /** Anchors that an alias refers to: whoever edits such a node edits elsewhere, too. */
  readonly shared: ReadonlySet<string>;
}

/** How far a path leads. */
interface Way {
  readonly ok: true;
  /** What was found, one for each leading segment that exists: the pair, and the map that it is in. */
  readonly steps: readonly { readonly map: YamlMap; readonly pair: Pair }[];
  /** The map in which the next key is to go, or null where there is an empty value or an empty document in its place. */
  readonly map: YamlMap | null;
  /** Why the next key is not to go there, though it is not there: a merge key gives it. */
  readonly merged: EditRefusal | null;
}

/**
 * Ensures that the map at the top of `text` has `value` at `path` (keys of maps; those missing are made). Gives the same text where it already
 * has. Refuses, with its place, text that is not one YAML 1.2 document, and anything on the way that is not a plain map of its own: other
 * values, duplicate keys, tags, aliases, merge keys that give the key, and anchors that are used elsewhere.
 */
export function ensureYaml(text: string, path: Path, value: YamlValue): EditResult {
  const reading = read(text);
  if (!reading.ok) return reading;
  const way = walk(reading, path);
  if (!way.ok) return way;
  const { steps, map, merged } = way;
  if (merged !== null) return merged;
  const last = steps.at(-1);
  const whole = steps.length === path.length;
  const there = whole ? path.reduce((inner, name) => (inner as Plain)[name], reading.value) : undefined;
  if (whole && isDeepStrictEqual(there, bare(value))) return { ok: true, text };
  const hindrance =
    refuseShared(reading, steps) ??
    (whole ? (refuseOwn(reading, last!.pair) ?? refuseAnchors(reading, last!.pair.value as Node | null)) : null);
  if (hindrance !== null) return hindrance;
  const layout = layoutOf(text, reading.root);
  const rest = path.slice(steps.length + 1);
  const key = path[steps.length]!;
  const inner = rest.reduceRight<YamlValue>((below, name) => ({ [name]: below }), value);
  let splices: readonly Splice[];
  if (whole) splices = replace(text, reading.comments, layout, last!.map, last!.pair, value);
  else if (map !== null) splices = intoMap(text, layout, map, key, inner);
  else if (last === undefined) splices = intoEmptyDocument(text, layout, reading.end, key, inner);
  else if (last.map.flow)
    return refuseAt(text, pairStart(last.pair), `${JSON.stringify(keyText(last.pair))} is empty, between braces`);
  else splices = belowEmpty(text, layout, last.map, last.pair, key, inner);
  return checked(text, splices, withValue(reading.value, path, value));
}

/**
 * Removes the pair at `path`, and with it the maps above it that have become empty: those at depth `made` and deeper, as `made` leading segments
 * of the path are not ours. One that is not ours becomes `{}` where it is written in braces, and otherwise an empty value, which is what a
 * first key is inserted below. Every comment stays. Gives the same text where there is nothing at the path; refuses as `ensureYaml` does.
 */
export function removeYaml(text: string, path: Path, made: number): EditResult {
  const reading = read(text);
  if (!reading.ok) return reading;
  const way = walk(reading, path);
  if (!way.ok) return way;
  const { steps } = way;
  if (steps.length < path.length) return { ok: true, text };
  let at = path.length - 1;
  while (at > 0 && at > made && steps[at]!.map.items.length === 1) at--;
  const { map, pair } = steps[at]!;
  const hindrance =
    refuseShared(reading, steps.slice(0, at)) ??
    refuseAnchors(reading, pair.key as Node | null) ??
    refuseAnchors(reading, pair.value as Node | null);
  if (hindrance !== null) return hindrance;
  const splice = remove(text, reading.comments, map, pair);
  if (splice === null) return refuseAt(text, pairStart(pair), `${JSON.stringify(path[at])} does not begin its line`);
  const emptied = map.items.length > 1 ? undefined : map.flow ? bare({}) : null;
  return checked(text, splice, withoutValue(reading.value, path.slice(0, at + 1), emptied));
}

/**
 * Ensures that the list at `path` has an element that equals `item`: behind the last one, in the list's own layout. A list that is not there is
 * made. Gives the same text where it already has one. Refuses what `ensureYaml` refuses, and anything but a list at `path`.
 */
export function ensureYamlItem(text: string, path: Path, item: YamlValue): EditResult {
  const found = findSeq(text, path);
  if (!found.ok) return found;
  const { reading, seq, items, other } = found;
  if (other !== null) return refuseAt(text, other.range![0], `${JSON.stringify(path.at(-1))} is not a list`);
  if (seq === null) return ensureYaml(text, path, [item]);
  if (indexOf(items, item) >= 0) return { ok: true, text };
  const splices = intoSeq(text, layoutOf(text, reading.root), seq, item);
  return checked(text, splices, withValue(reading.value, path, [...items, item] as YamlValue));
}

/**
 * Removes the first element that equals `item` from the list at `path`. Where it was the only one, the key goes as in `removeYaml`, unless it is
 * among the `made` first ones, which were there before us: then the list is empty. Every comment stays. Gives the same text where there is no
 * such element; refuses as `ensureYaml` does.
 */
export function removeYamlItem(text: string, path: Path, item: YamlValue, made: number): EditResult {
  const found = findSeq(text, path);
  if (!found.ok) return found;
  const { reading, seq, items } = found;
  const index = indexOf(items, item);
  if (seq === null || index < 0) return { ok: true, text };
  if (items.length === 1) return path.length > made ? removeYaml(text, path, made) : ensureYaml(text, path, []);
  const hindrance = refuseAnchors(reading, seq.items[index] as Node);
  if (hindrance !== null) return hindrance;
  const splices = removeElement(text, reading.comments, seq, index);
  if (splices === null) return refuseAt(text, (seq.items[index] as Node).range![0], "this element does not begin its line");
  return checked(text, splices, withValue(reading.value, path, items.toSpliced(index, 1) as YamlValue));
}

/**
 * Puts the pair at `from` behind the last one of the map that `to` leads into, under the same key: its lines as they are, only further left or
 * right, with the comments on them, right above and, further right than the key, right below. Refuses what `ensureYaml` refuses, a pair between
 * braces, and a place where there is a pair already.
 */
export function moveYaml(text: string, from: Path, to: Path): EditResult {
  const reading = read(text);
  if (!reading.ok) return reading;
  const [way, target] = [walk(reading, from), walk(reading, to)];
  if (!way.ok) return way;
  if (!target.ok) return target;
  if (way.merged !== null) return way.merged;
  const last = way.steps.at(-1);
  if (last === undefined || way.steps.length < from.length) return { ok: true, text };
  if (target.steps.length === to.length)
    return refuseAt(text, pairStart(last.pair), `${JSON.stringify(from.at(-1))} is at ${to.join(".")}, too`);
  const hindrance = refuseShared(reading, [...way.steps, ...target.steps]) ?? target.merged;
  if (hindrance !== null) return hindrance;
  const { map } = target;
  const splices = map === null || target.steps.length < to.length - 1 ? null : movePair(text, reading.comments, last, map);
  if (splices === null)
    return refuseAt(text, pairStart(last.pair), `${JSON.stringify(from.at(-1))} cannot be moved from here to ${to.join(".")}`);
  const value = from.reduce((inner, name) => (inner as Plain)[name], reading.value) as YamlValue;
  return checked(text, splices, withValue(withoutValue(reading.value, from, undefined), to, value));
}

/**
 * Replaces the first element that equals `from` in the list at `path` by `to`, where it stands; the same text where there is none. Refuses what
 * `ensureYaml` refuses, and elements of several lines.
 */
export function replaceYamlItem(text: string, path: Path, from: string, to: string): EditResult {
  const found = findSeq(text, path);
  if (!found.ok) return found;
  const { reading, seq, items } = found;
  const index = indexOf(items, from);
  if (seq === null || index < 0) return { ok: true, text };
  const hindrance = refuseAnchors(reading, seq.items[index] as Node);
  if (hindrance !== null) return hindrance;
  const splice = replaceElement(text, seq, index, to);
  if (splice === null) return refuseAt(text, (seq.items[index] as Node).range![0], "this element is no text on one line");
  return checked(text, [splice], withValue(reading.value, path, items.with(index, to) as YamlValue));
}

/** The list at a path; null where there is nothing or an empty value, and `other` where there is something else. */
interface FoundSeq {
  readonly ok: true;
  readonly reading: Reading;
  readonly seq: YamlSeq | null;
  readonly items: readonly unknown[];
  readonly other: Node | null;
}

function findSeq(text: string, path: Path): FoundSeq | EditRefusal {
  const reading = read(text);
  if (!reading.ok) return reading;
  const way = walk(reading, path);
  if (!way.ok) return way;
  const none = { ok: true, reading, seq: null, items: [], other: null } as const;
  const node = way.steps.length === path.length ? (way.steps.at(-1)!.pair.value as Node | null) : null;
  if (node === null || isEmptyNode(node)) return none;
  const hindrance = refuseShared(reading, way.steps) ?? refuseOwn(reading, way.steps.at(-1)!.pair);
  if (hindrance !== null) return hindrance;
  if (!isSeq(node)) return { ...none, other: node };
  return { ...none, seq: node, items: path.reduce((inner, name) => (inner as Plain)[name], reading.value) as unknown[] };
}

function indexOf(items: readonly unknown[], item: YamlValue): number {
  const wanted = bare(item);
  return items.findIndex((candidate) => isDeepStrictEqual(candidate, wanted));
}

/** How many leading segments of `path` a text has, or why `ensureYaml` would not go there. */
export function missingYamlDepth(text: string, path: Path): number | EditRefusal {
  const reading = read(text);
  if (!reading.ok) return reading;
  const way = walk(reading, path);
  return way.ok ? (way.merged ?? way.steps.length) : way;
}

/** The value of a YAML text, or where it stops being one document of YAML 1.2. A BOM is allowed; merge keys are keys like others. */
export function readYaml(text: string): { readonly ok: true; readonly value: unknown } | EditRefusal {
  const reading = read(text);
  return reading.ok ? { ok: true, value: reading.value } : reading;
}

/** The editor of keyed values for YAML. */
export const yamlEditor: Editor = {
  read: readYaml,
  missingDepth: missingYamlDepth,
  ensureValue: (text, path, value) => ensureYaml(text, path, value as YamlValue),
  removeValue: removeYaml,
  ensureItem: (text, path, item) => ensureYamlItem(text, path, item as YamlValue),
  removeItem: (text, path, item, made) => removeYamlItem(text, path, item as YamlValue, made),
  moveValue: moveYaml,
};

function read(text: string): Reading | EditRefusal {
  // A line end by YAML 1.2 (5.4), and none by the parser.
  const lone = text.search(/\r(?!\n)/);
  if (lone >= 0) return refuseAt(text, lone, "this is a carriage return without a line feed");
  const comments: Comment[] = [];
  let end: number | null = null;
  let tooDeep: number | null = null;
  // The parser's own loop, with an eye on the depth before nodes are built, which goes down by calls; the parser itself has a stack.
  function* tokens(): Generator<CST.Token> {
    const parser = new Parser();
    let inScalar = false;
    for (const lexeme of new Lexer().lex(text)) {
      const at = parser.offset;
      if (!inScalar && lexeme.startsWith("#")) comments.push({ at, end: at + lexeme.length });
      if (!inScalar && lexeme === "...") end ??= at;
      inScalar = lexeme === scalarMark;
      yield* parser.next(lexeme);
      if (parser.stack.length <= maxDepth + 2) continue;
      tooDeep = at;
      return;
    }
    yield* parser.end();
  }
  // Not `uniqueKeys`: it compares each key with each other. Duplicates are refused where they matter, on the way.
  const composer = new Composer({
    version: "1.2",
    schema: "core",
    merge: false,
    resolveKnownTags: false,
    uniqueKeys: false,
    keepSourceTokens: true,
    logLevel: "silent",
  });
  const documents: Document.Parsed[] = [...composer.compose(tokens(), true, text.length)];
  if (tooDeep !== null) return refuseAt(text, tooDeep, `this is nested more than ${maxDepth} levels deep`);
  const [document, second] = documents;
  const error = documents.flatMap(({ errors }) => errors)[0];
  if (error !== undefined) {
    const { why, offset } = explainYaml(error.code, text, error.pos[0]);
    return refuseAt(text, offset, `this is not YAML: ${why}`);
  }
  if (second !== undefined) return refuseAt(text, second.range[0], "a second document begins here");
  if (document!.directives.yaml.version !== "1.2") return refuseAt(text, text.search(/^\ufeff?%YAML/m), "this is not YAML 1.2");
  const root = document!.contents as Node | null;
  const plain = plainOf(root);
  if (plain.bad !== null) return refuseAt(text, plain.bad.node.range![0], plain.bad.why);
  return { ok: true, text, root, value: plain.value, comments, end: end ?? text.length, shared: plain.shared };
}

/** What the lexer gives before the text of a scalar. */
const scalarMark = "\u001f";

/** The value of a node. What an alias stands for is there once, however often it is named, but counts each time. */
function plainOf(root: Node | null): {
  readonly value: unknown;
  readonly shared: ReadonlySet<string>;
  readonly bad: { readonly node: Node; readonly why: string } | null;
} {
  const anchors = new Map<string, { readonly value: unknown; readonly count: number } | null>();
  const shared = new Set<string>();
  let count = 0;
  let aliased = 0;
  let bad: { readonly node: Node; readonly why: string } | null = null;
  const go = (node: Node | null): unknown => {
    count++;
    if (node === null || bad !== null) return null;
    if (isAlias(node)) {
      shared.add(node.source);
      const anchor = anchors.get(node.source);
      if (anchor) aliased += anchor.count;
      if (anchor && aliased <= maxAliased) {
        count += anchor.count;
        return anchor.value;
      }
      const why = anchor
        ? `aliases stand for more than ${maxAliased} values`
        : `no anchor ${node.source} is complete before this`;
      bad = { node, why };
      return null;
    }
    const { anchor } = node as { anchor?: string };
    const before = count;
    if (anchor !== undefined) anchors.set(anchor, null);
    const value = inside(node);
    if (anchor !== undefined) anchors.set(anchor, { value, count: count - before + 1 });
    return value;
  };
  const inside = (node: Node): unknown => {
    if (isScalar(node)) return node.value;
    if (isSeq(node)) return node.items.map((item) => go(item as Node | null));
    const result = Object.create(null) as Plain;
    if (isMap(node)) {
      for (const pair of node.items) {
        // Keys that are no scalars have no place in a plain value; their text stands for them.
        const key = isScalar(pair.key) ? null : JSON.stringify(go(pair.key as Node | null));
        if (isScalar(pair.key)) go(pair.key);
        result[key ?? keyText(pair)] = go(pair.value as Node | null);
      }
    }
    return result;
  };
  return { value: go(root), shared, bad };
}

/** Follows a path as far as it leads, and refuses what is on it and cannot be edited. */
function walk({ text, root, value }: Reading, path: Path): Way | EditRefusal {
  const steps: { map: YamlMap; pair: Pair }[] = [];
  let node = root;
  let plain = value;
  for (const [depth, key] of path.entries()) {
    if (node === null || isEmptyNode(node)) return { ok: true, steps, map: null, merged: null };
    const name = depth === 0 ? "this" : JSON.stringify(path[depth - 1]);
    if (!isMap(node)) return refuseAt(text, node.range![0], `${name} is ${isAlias(node) ? "an alias" : "not a map"}`);
    if (node.tag !== undefined) return refuseAt(text, node.range![0], `${name} has a tag`);
    const map: YamlMap = node;
    const odd = map.items.find((pair) => !isScalar(pair.key));
    if (odd !== undefined) return refuseAt(text, pairStart(odd), `a key of ${name} is not a plain one`);
    const [pair, second] = map.items.filter((item) => keyText(item) === key);
    if (second !== undefined)
      return refuseAt(text, pairStart(second), `the key ${JSON.stringify(key)} stands here a second time`);
    if (pair === undefined) {
      const merge = map.items.find((item) => keyText(item) === "<<" && isScalar(item.key) && item.key.type === "PLAIN");
      const why = `${JSON.stringify(key)} comes from a merge here, which a key of its own would hide`;
      const merged = merge !== undefined && mergeGives(plain, key) ? refuseAt(text, pairStart(merge), why) : null;
      return { ok: true, steps, map, merged };
    }
    if (pair.srcToken?.start.some(({ type }) => type === "explicit-key-ind"))
      return refuseAt(text, pairStart(pair), `the key ${JSON.stringify(key)} is written with a question mark`);
    steps.push({ map, pair });
    node = pair.value as Node | null;
    plain = (plain as Plain)[key];
  }
  return { ok: true, steps, map: null, merged: null };
}

/** Whether a map has a key through its merge key. The number of maps to ask is bounded, as that of aliased values is. */
function mergeGives(map: unknown, key: string): boolean {
  if (!isPlainMap(map)) return false;
  return [map["<<"]].flat().some((source) => isPlainMap(source) && (Object.hasOwn(source, key) || mergeGives(source, key)));
}

function isPlainMap(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Refuses maps on the way that stand elsewhere, too, by an alias. */
function refuseShared({ text, root, shared }: Reading, steps: Way["steps"]): EditRefusal | null {
  for (const node of [root, ...steps.map(({ pair }) => pair.value as Node | null)]) {
    const anchor = (node as { anchor?: string } | null)?.anchor;
    if (anchor !== undefined && shared.has(anchor))
      return refuseAt(text, node!.range![0], `this is used elsewhere as *${anchor}`);
  }
  return null;
}

/** Refuses to replace a value whose tag would stay. */
function refuseOwn({ text }: Reading, pair: Pair): EditRefusal | null {
  const value = pair.value as Node | null;
  return value?.tag === undefined || isAlias(value)
    ? null
    : refuseAt(text, value.range![0], `${JSON.stringify(keyText(pair))} has a tag`);
}

/** Refuses to take away what aliases elsewhere refer to. */
function refuseAnchors(reading: Reading, node: Node | null): EditRefusal | null {
  if (node === null) return null;
  const anchor = (node as { anchor?: string }).anchor;
  if (anchor !== undefined && reading.shared.has(anchor))
    return refuseAt(reading.text, node.range![0], `this is used elsewhere as *${anchor}`);
  const inner = isMap(node) ? node.items.flatMap(({ key, value }) => [key, value]) : isSeq(node) ? node.items : [];
  for (const item of inner) {
    const found = refuseAnchors(reading, item as Node | null);
    if (found !== null) return found;
  }
  return null;
}

function withValue(map: unknown, path: readonly string[], value: YamlValue): unknown {
  const [key, ...rest] = path as Path;
  const result = Object.assign(Object.create(null), map) as Plain;
  result[key] = rest.length === 0 ? bare(value) : withValue(result[key], rest, value);
  return result;
}

/** Without the key at the path; the map that it was in is `emptied`, unless that is undefined. */
function withoutValue(map: unknown, path: readonly string[], emptied: unknown): unknown {
  const [key, ...rest] = path as Path;
  if (rest.length === 0 && emptied !== undefined) return emptied;
  const result = Object.assign(Object.create(null), map) as Plain;
  if (rest.length === 0) delete result[key];
  else result[key] = withoutValue(result[key], rest, emptied);
  return result;
}

function checked(text: string, splices: readonly Splice[], intended: unknown): EditResult {
  const result = applySplices(text, splices);
  const again = read(result);
  if (!again.ok || !isDeepStrictEqual(again.value, intended))
    return refuseAt(text, splices[0]?.at ?? 0, "an edit here would not have given what was meant, so it was not made");
  return { ok: true, text: result };
}
