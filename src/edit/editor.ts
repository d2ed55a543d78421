/**
 * One editor for keyed values, whatever the file's format is: JSONC, or YAML by the file's name. Its functions change nothing but the named
 * places, read what they made again, and refuse with a place what they cannot do safely.
 */
import * as jsonc from "./jsonc.ts";
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
}

/** The editor for a file. */
export type Editors = (path: string) => Editor;

const jsoncEditor: Editor = { ...jsonc, read: jsonc.readObject };

/** Loads the editors for these files: YAML's parser is large, so it is read only where one of them is YAML. */
export async function loadEditors(paths: Iterable<string>): Promise<Editors> {
  if (![...paths].some(isYaml)) return editJsonc;
  const { yamlEditor } = await import("../spec/file.ts");
  return (path) => (isYaml(path) ? yamlEditor : jsoncEditor);
}

/** For files of which none is YAML. */
export const editJsonc: Editors = (path) => {
  if (isYaml(path)) throw new Error(`no editor was loaded for ${path}`);
  return jsoncEditor;
};

function isYaml(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}
