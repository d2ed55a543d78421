/**
 * Inserts values into a user's YAML text at the offsets that the parser gives, and removes them. Every byte outside the edited place stays:
 * comments, order, indentation, quotes, line ends. The result is parsed again and compared with the intended value. If it differs, the edit is
 * refused.
 *
 * The parser's `toString` is never used: it rewrites the whole file in its own layout.
 *
 * One limit: a literal (`|`) at the end of a file without a final newline gets one when a key is added after it, and other parsers count that
 * newline as part of the text.
 */
import { isDeepStrictEqual } from "node:util";
import { isAlias, isMap, isSeq, type Node, type Pair } from "yaml";
import type { Editor } from "./editor.ts";
import { applySplices, refuseAt, type EditRefusal, type EditResult, type Splice } from "./splice.ts";
import { bare, type KeyPath } from "./value.ts";
import type { YamlValue } from "./yaml-format.ts";
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
  type YamlSeq,
} from "./yaml-layout.ts";
import { read, walk, type Plain, type Reading, type Way } from "./yaml-reading.ts";

export type { YamlValue } from "./yaml-format.ts";

/**
 * Ensures that the top-level map of `text` has `value` at `path`, and adds missing keys. Gives the same text if nothing has to change. Refuses,
 * with its place, text that is not one YAML 1.2 document, and anything on the path that is not a plain map: other values, duplicate keys, tags,
 * aliases, merge keys that provide the key, and anchors that are used elsewhere.
 */
export function ensureYaml(text: string, path: KeyPath, value: YamlValue): EditResult {
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
 * Removes the pair at `path`, and the maps above it that become empty at depth `made` and deeper: the first `made` segments existed before. A map
 * that existed before becomes `{}` if it is written in braces, and otherwise an empty value. Every comment stays. Gives the same text if the pair
 * is missing; refuses as `ensureYaml` does.
 */
export function removeYaml(text: string, path: KeyPath, made: number): EditResult {
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
  if (splice === null) return refuseAt(text, pairStart(pair), `${JSON.stringify(path[at])} is not at the start of its line`);
  const emptied = map.items.length > 1 ? undefined : map.flow ? bare({}) : null;
  return checked(text, splice, withoutValue(reading.value, path.slice(0, at + 1), emptied));
}

/**
 * Ensures that the list at `path` has an element that equals `item`. A new element is appended in the list's layout; a missing list is added.
 * Gives the same text if there is such an element. Refuses what `ensureYaml` refuses, and anything but a list at `path`.
 */
export function ensureYamlItem(text: string, path: KeyPath, item: YamlValue): EditResult {
  const found = findSeq(text, path);
  if (!found.ok) return found;
  const { reading, seq, items, other } = found;
  if (other !== null) return refuseAt(text, other.range![0], `${JSON.stringify(path.at(-1))} is not a list`);
  if (seq === null) return ensureYaml(text, path, [item]);
  if (indexOf(items, item) >= 0) return { ok: true, text };
  const splices = intoSeq(text, layoutOf(text, reading.root), seq, item);
  return checked(text, splices, withValue(reading.value, path, [...items, item]));
}

/**
 * Removes the first element that equals `item` from the list at `path`. If the list becomes empty, its key is removed as in `removeYaml`, unless it
 * is among the `made` first keys, which existed before: then the list stays, empty. Every comment stays. Gives the same text if there is no such
 * element; refuses as `ensureYaml` does.
 */
export function removeYamlItem(text: string, path: KeyPath, item: YamlValue, made: number): EditResult {
  const found = findSeq(text, path);
  if (!found.ok) return found;
  const { reading, seq, items } = found;
  const index = indexOf(items, item);
  if (seq === null || index < 0) return { ok: true, text };
  if (items.length === 1) return path.length > made ? removeYaml(text, path, made) : ensureYaml(text, path, []);
  const hindrance = refuseAnchors(reading, seq.items[index] as Node);
  if (hindrance !== null) return hindrance;
  const splices = removeElement(text, reading.comments, seq, index);
  if (splices === null)
    return refuseAt(text, (seq.items[index] as Node).range![0], "this element is not at the start of its line");
  return checked(text, splices, withValue(reading.value, path, items.toSpliced(index, 1)));
}

/**
 * Moves the pair at `from` to the end of the map that contains `to`, under the same key. Only the indentation of its lines changes. Comments on
 * these lines, directly above, and directly below with a deeper indentation move with it. Refuses what `ensureYaml` refuses, a pair between
 * braces, and an existing pair at `to`.
 */
export function moveYaml(text: string, from: KeyPath, to: KeyPath): EditResult {
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
  const value = from.reduce((inner, name) => (inner as Plain)[name], reading.value);
  return checked(text, splices, withValue(withoutValue(reading.value, from, undefined), to, value));
}

/**
 * Replaces the first element that equals `from` in the list at `path` with `to`. Gives the same text if there is none. Refuses what
 * `ensureYaml` refuses, and elements of several lines.
 */
export function replaceYamlItem(text: string, path: KeyPath, from: string, to: string): EditResult {
  const found = findSeq(text, path);
  if (!found.ok) return found;
  const { reading, seq, items } = found;
  const index = indexOf(items, from);
  if (seq === null || index < 0) return { ok: true, text };
  const hindrance = refuseAnchors(reading, seq.items[index] as Node);
  if (hindrance !== null) return hindrance;
  const splice = replaceElement(text, seq, index, to);
  if (splice === null) return refuseAt(text, (seq.items[index] as Node).range![0], "this element is not a string on one line");
  return checked(text, [splice], withValue(reading.value, path, items.with(index, to)));
}

/** The list at a path; null if there is nothing or an empty value, and `other` for another kind of value. */
interface FoundSeq {
  readonly ok: true;
  readonly reading: Reading;
  readonly seq: YamlSeq | null;
  readonly items: readonly unknown[];
  readonly other: Node | null;
}

function findSeq(text: string, path: KeyPath): FoundSeq | EditRefusal {
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

/** How many leading segments of `path` a text has, or why `ensureYaml` would refuse the path. */
export function missingYamlDepth(text: string, path: KeyPath): number | EditRefusal {
  const reading = read(text);
  if (!reading.ok) return reading;
  const way = walk(reading, path);
  return way.ok ? (way.merged ?? way.steps.length) : way;
}

/** The value of a YAML text, or the place where it is not one YAML 1.2 document. A BOM is allowed; merge keys are ordinary keys. */
export function readYaml(text: string): { readonly ok: true; readonly value: unknown } | EditRefusal {
  const reading = read(text);
  return reading.ok ? { ok: true, value: reading.value } : reading;
}

/** The editor for keyed values in YAML. */
export const yamlEditor: Editor = {
  read: readYaml,
  missingDepth: missingYamlDepth,
  ensureValue: (text, path, value) => ensureYaml(text, path, value as YamlValue),
  removeValue: removeYaml,
  ensureItem: (text, path, item) => ensureYamlItem(text, path, item as YamlValue),
  removeItem: (text, path, item, made) => removeYamlItem(text, path, item as YamlValue, made),
  moveValue: moveYaml,
};

/** Refuses maps on the path that an alias also uses elsewhere. */
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

function withValue(map: unknown, path: readonly string[], value: unknown): unknown {
  const [key = "", ...rest] = path;
  const result = Object.assign(Object.create(null), map) as Plain;
  result[key] = rest.length === 0 ? bare(value) : withValue(result[key], rest, value);
  return result;
}

/** Without the key at the path; the map that it was in is `emptied`, unless that is undefined. */
function withoutValue(map: unknown, path: readonly string[], emptied: unknown): unknown {
  const [key = "", ...rest] = path;
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
    return refuseAt(text, splices[0]?.at ?? 0, "editing this would not give the intended result, so nothing was changed");
  return { ok: true, text: result };
}
