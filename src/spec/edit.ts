/** Writes answers into a spec by splices: its comments, order and layout stay. */
import { isList, isText } from "../forms.ts";
import type { Resolved } from "../questions/resolve.ts";
import { ensureYamlItem, readYaml, removeYaml, removeYamlItem, replaceYamlItem, yamlEditor } from "../edit/yaml.ts";
import { isTree, pathOf, sameValue, valueAt, type KeyPath } from "../edit/value.ts";
import type { EditResult } from "../edit/splice.ts";

/** The spec's text with these answers, the same text if it has them already. Keys that need no change stay untouched. */
export function editSpec(text: string, answers: readonly Resolved[]): EditResult {
  return putValues(
    text,
    answers.map(({ question, value }) => ({ path: question.key, value: question.write(value) })),
  );
}

/** A value and its path of keys. */
export interface Put {
  readonly path: KeyPath;
  readonly value: unknown;
}

/** The text with these values. Keys of a map that are not in its new value are removed. */
export function putValues(text: string, puts: readonly Put[]): EditResult {
  let edited: EditResult = { ok: true, text };
  for (const { path, value } of puts) {
    if (!edited.ok) return edited;
    edited = putValue(edited.text, path, value);
  }
  return edited;
}

/** Changes a list of strings one element at a time, so that comments next to the other elements stay; null if that is not possible. */
function putItems(text: string, path: KeyPath, current: unknown, value: unknown): EditResult | null {
  if (!isList(current, isText) || !isList(value, isText) || value.length === 0) return null;
  const gone = current.filter((item) => !value.includes(item));
  const come = value.filter((item) => !current.includes(item));
  let edited: EditResult = { ok: true, text };
  for (const [at, item] of gone.entries()) {
    if (!edited.ok) return null;
    const other = come[at];
    edited =
      other === undefined
        ? removeYamlItem(edited.text, path, item, path.length)
        : replaceYamlItem(edited.text, path, item, other);
  }
  for (const item of come.slice(gone.length)) if (edited.ok) edited = ensureYamlItem(edited.text, path, item);
  const read = edited.ok ? readYaml(edited.text) : edited;
  return read.ok && sameValue(valueAt(read.value, path), value) ? edited : null;
}

/** Recurses if both are maps, so that neighbours of a changed key are not rewritten. */
function putValue(text: string, path: KeyPath, value: unknown): EditResult {
  const read = readYaml(text);
  if (!read.ok) return read;
  const current = valueAt(read.value, path);
  // `anthropic:` and `anthropic: {}` mean the same.
  const isSame = sameValue(current, value) || (current === null && isTree(value) && Object.keys(value).length === 0);
  if (isSame) return { ok: true, text };
  const items = putItems(text, path, current, value);
  if (items !== null) return items;
  if (!isTree(current) || !isTree(value) || Object.keys(value).length === 0) return yamlEditor.ensureValue(text, path, value);
  let edited: EditResult = { ok: true, text };
  for (const key of Object.keys(current)) {
    if (edited.ok && !Object.hasOwn(value, key)) edited = removeYaml(edited.text, pathOf(path, key), path.length);
  }
  for (const [key, inner] of Object.entries(value)) {
    if (edited.ok) edited = putValue(edited.text, pathOf(path, key), inner);
  }
  return edited;
}
