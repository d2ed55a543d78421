/** The editor for a file, by its name: YAML or JSONC. */
import type { Editor, Editors } from "./editor.ts";
import * as jsonc from "./jsonc.ts";

const jsoncEditor: Editor = { ...jsonc, read: jsonc.readObject };

/** Loads the editors for these files. The YAML parser is large, so it is loaded only if one of them is YAML. */
export async function loadEditors(paths: Iterable<string>): Promise<Editors> {
  if (![...paths].some(isYaml)) return editJsonc;
  const { yamlEditor } = await import("../spec/file.ts");
  return (path) => (isYaml(path) ? yamlEditor : jsoncEditor);
}

/** For files that are not YAML. */
export const editJsonc: Editors = (path) => {
  if (isYaml(path)) throw new Error(`no editor was loaded for ${path}`);
  return jsoncEditor;
};

function isYaml(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}
