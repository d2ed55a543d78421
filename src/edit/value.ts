/** Lookups and comparison of plain values from parsers and JSON. */
import { isDeepStrictEqual } from "node:util";

/** A map from keys to values, with or without a prototype. */
export type Tree = Readonly<Record<string, unknown>>;

/** Keys of nested maps, outermost first. */
export type KeyPath = readonly [string, ...string[]];

/** The path of a key that is below another path, or at the top. */
export function pathOf(above: readonly string[], key: string): KeyPath {
  const [first, ...rest] = above;
  return first === undefined ? [key] : [first, ...rest, key];
}

/** Whether a value is a map of keys. */
export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path of keys, or undefined if one of them is missing. Inherited properties are never found. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isTree(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value);
}

/** Whether two values are the same, whatever their objects' prototypes: parsers give objects without one. */
export function sameValue(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(bare(left), bare(right));
}

/** The same value, made of objects without a prototype. */
export function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (!isTree(value)) return value;
  const result = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of Object.entries(value)) result[key] = bare(inner);
  return result;
}
