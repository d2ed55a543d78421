/** What an editor of keyed values is, whatever the file's format: types only. */
import type { EditRefusal, EditResult } from "./splice.ts";

/** Keys of maps, from the top. */
export type KeyPath = readonly [string, ...string[]];

/** What can be done to the values of a text. */
export interface Editor {
  /** The value of a text that is one map. */
  read(text: string): { readonly ok: true; readonly value: unknown } | EditRefusal;
  /** How many keys of a path are there, from the top: what the two that remove have to know later to leave them. */
  missingDepth(text: string, path: KeyPath): number | EditRefusal;
  ensureValue(text: string, path: KeyPath, value: unknown): EditResult;
  /** The first `made` keys were there before us; a map behind them that is left empty goes, too. */
  removeValue(text: string, path: KeyPath, made: number): EditResult;
  /** An element of the list at a path. */
  ensureItem(text: string, path: KeyPath, item: unknown): EditResult;
  removeItem(text: string, path: KeyPath, item: unknown, made: number): EditResult;
  /** Puts a pair of one map, as it is written and with its comments, behind the last of another. Only YAML's has it. */
  moveValue?(text: string, from: KeyPath, to: KeyPath): EditResult;
}

/** The editor for a file. */
export type Editors = (path: string) => Editor;
