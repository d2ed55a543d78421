/** Writes answers into a spec by splices: comments, order and layout of whoever wrote it stay. */
import type { Resolved } from "../questions/resolve.ts";
import { ensureYaml, readYaml, removeYaml } from "../edit/yaml.ts";
import { isTree, sameValue, valueAt } from "../edit/value.ts";
import type { EditResult } from "../edit/splice.ts";

type Path = readonly [string, ...string[]];

/** The spec's text with these answers in it, the same text where it says so already. What no key has to change for stays untouched. */
export function editSpec(text: string, answers: readonly Resolved[]): EditResult {
  return putValues(
    text,
    answers.map(({ question, value }) => ({ path: question.key as Path, value: question.write(value as never) })),
  );
}

/** A value and the path of keys where it shall stand. */
export interface Put {
  readonly path: Path;
  readonly value: unknown;
}

/** The text with these values in it. What of a map is not in its new value is taken out. */
export function putValues(text: string, puts: readonly Put[]): EditResult {
  let edited: EditResult = { ok: true, text };
  for (const { path, value } of puts) {
    if (!edited.ok) return edited;
    edited = putValue(edited.text, path, value);
  }
  return edited;
}

/** Goes down where both are maps, so that what stands beside a changed key is not written again. */
function putValue(text: string, path: Path, value: unknown): EditResult {
  const read = readYaml(text);
  if (!read.ok) return read;
  const current = valueAt(read.value, path);
  // `anthropic:` and `anthropic: {}` say the same.
  const isSame = sameValue(current, value) || (current === null && isTree(value) && Object.keys(value).length === 0);
  if (isSame) return { ok: true, text };
  if (!isTree(current) || !isTree(value) || Object.keys(value).length === 0) return ensureYaml(text, path, value as never);
  let edited: EditResult = { ok: true, text };
  for (const key of Object.keys(current)) {
    if (edited.ok && !Object.hasOwn(value, key)) edited = removeYaml(edited.text, [...path, key] as unknown as Path, path.length);
  }
  for (const [key, inner] of Object.entries(value)) {
    if (edited.ok) edited = putValue(edited.text, [...path, key] as unknown as Path, inner);
  }
  return edited;
}
