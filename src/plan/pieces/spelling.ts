/**
 * Keys that name one thing in several spellings, such as the path of a local Feature: versions before wrote `../aperture-env` where this one
 * writes `./../aperture-env`, and people write either. A value is looked for under whatever spelling stands in the file. Pure.
 */
import { renameKey } from "../../edit/jsonc.ts";
import type { EditRefusal } from "../../edit/splice.ts";
import { isTree, valueAt } from "../../edit/value.ts";
import type { LockedValue } from "../../lock/lock.ts";
import { findSame } from "../../parts/claims.ts";
import type { KeyedValue } from "../../vocabulary.ts";

type Place = LockedValue["path"];

/** The path as the file spells it; the same path where nothing of that name is in it. `tree` is the file's value. */
export function spellAsIn(file: string, tree: unknown, path: Place): Place {
  const [first, name] = path;
  const isSame = name === undefined ? null : findSame(file, first);
  const among = valueAt(tree, [first]);
  if (isSame === null || !isTree(among) || Object.hasOwn(among, name!)) return path;
  const spelled = Object.keys(among).find((key) => isSame(key, name!));
  return spelled === undefined ? path : [first, spelled, ...path.slice(2)];
}

/** A text in which names are spelled as is wanted, and what the lock knows of it under the same names. */
export interface Respelled {
  readonly ok: true;
  readonly text: string;
  readonly known: readonly LockedValue[];
}

/**
 * Spells each name as the wanted values do. Where the file has both spellings, each stays as it is; what is not wanted any more is named as the
 * file has it.
 */
export function respell(
  file: string,
  text: string,
  tree: unknown,
  values: readonly LockedValue[],
  wanted: readonly KeyedValue[],
): Respelled | EditRefusal {
  let known: readonly LockedValue[] = values.map((value) => ({ ...value, path: spellAsIn(file, tree, value.path) }));
  let respelled = text;
  for (const { path } of wanted) {
    const [first, name] = path;
    const isSame = name === undefined ? null : findSame(file, first);
    if (isSame === null) continue;
    const spelled = spellAsIn(file, tree, path)[1]!;
    if (spelled !== name) {
      const renamed = renameKey(respelled, [first, spelled], name!);
      if (!renamed.ok) return renamed;
      respelled = renamed.text;
    }
    const among = valueAt(tree, [first]);
    const isThere = (key: string): boolean => isTree(among) && Object.hasOwn(among, key) && key !== spelled;
    known = known.map((value) => {
      const [above, key = "", ...below] = value.path;
      return above === first && isSame(key, name!) && !isThere(key) ? { ...value, path: [first, name!, ...below] } : value;
    });
  }
  return { ok: true, text: respelled, known };
}
