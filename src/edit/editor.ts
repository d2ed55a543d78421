/** An editor for keyed values, whatever the file's format: types only. */
import type { EditRefusal, EditResult } from "./splice.ts";
import type { KeyPath } from "./value.ts";

/** Operations on a text's values. */
export interface Editor {
  /** The value of a text whose top level is a map. */
  read(text: string): { readonly ok: true; readonly value: unknown } | EditRefusal;
  /** How many leading keys of a path exist. The two removers need this later to leave those keys in place. */
  missingDepth(text: string, path: KeyPath): number | EditRefusal;
  ensureValue(text: string, path: KeyPath, value: unknown): EditResult;
  /** The first `made` keys existed before; deeper maps that become empty are removed, too. */
  removeValue(text: string, path: KeyPath, made: number): EditResult;
  /** An element of the list at a path. */
  ensureItem(text: string, path: KeyPath, item: unknown): EditResult;
  removeItem(text: string, path: KeyPath, item: unknown, made: number): EditResult;
  /** Moves a pair, as written and with its comments, to the end of another map. Only the YAML editor has this. */
  moveValue?(text: string, from: KeyPath, to: KeyPath): EditResult;
}

/** The editor for a file. */
export type Editors = (path: string) => Editor;
