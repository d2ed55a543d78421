/** Reads a JSONC text with the position of each value, for findings. */
import { parseTree, type Node } from "jsonc-parser";
import { readObject } from "../../edit/jsonc.ts";
import type { EditRefusal } from "../../edit/splice.ts";
import type { Place } from "../../errors.ts";
import { placeIn } from "../../text/place.ts";

export type { Node } from "jsonc-parser";

/** The object of a JSONC text, or the position of its first error. */
export function readNodes(text: string): { readonly ok: true; readonly node: Node } | EditRefusal {
  const read = readObject(text);
  return read.ok ? { ok: true, node: parseTree(text.replace(/^\ufeff/, " "), [], { allowTrailingComma: true })! } : read;
}

/** The keys and values of an object; none for anything else. Of a repeated key the last one counts, as in every JSON parser. */
export function entriesOf(node: Node | undefined): [key: string, value: Node][] {
  const properties = node?.type === "object" ? (node.children ?? []) : [];
  return [...new Map(properties.map(({ children }) => [String(children![0]!.value), children![1]!]))];
}

/** The value at a path of keys. */
export function valueAt(node: Node | undefined, ...path: readonly string[]): Node | undefined {
  return path.reduce<Node | undefined>((inner, key) => entriesOf(inner).find(([name]) => name === key)?.[1], node);
}

/** The value at a path of keys and list indexes. */
export function nodeAt(node: Node | undefined, path: readonly (string | number)[]): Node | undefined {
  return path.reduce<Node | undefined>(
    (inner, step) =>
      typeof step === "number" ? (inner?.type === "array" ? inner.children?.[step] : undefined) : valueAt(inner, step),
    node,
  );
}

/** The texts of a list, or a single text; none for anything else. */
export function textsOf(node: Node | undefined): string[] {
  const nodes = node?.type === "array" ? (node.children ?? []) : node === undefined ? [] : [node];
  return nodes.flatMap(({ type, value }) => (type === "string" ? [String(value)] : []));
}

/** The file, line and column of an offset. */
export function placeAt(file: string, text: string, offset: number): Place {
  return { file, ...placeIn(text, offset) };
}
