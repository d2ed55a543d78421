/**
 * The user's keys that were removed because they bypass the gateway. They are restored when the environment is removed: the same bytes if the file is
 * unedited since, else each value in its place. Values that may contain a credential are never written into the lock, so a person has to restore them,
 * and the plan says so. Pure.
 */
import type { Editor } from "../../edit/editor.ts";
import type { EditResult } from "../../edit/splice.ts";
import { isTree, sameValue, valueAt } from "../../edit/value.ts";
import { hashText, type LockedFile, type TakenValue } from "../../lock/lock.ts";
import type { TakenPiece } from "../../vocabulary.ts";
import { note, type Observation } from "../observation.ts";
import type { Change } from "../plan.ts";
import type { FileState } from "../snapshot.ts";
import { editOrKeep, notAFile, refusedEdit, type Planned } from "./piece.ts";
import { originalOf, undoOf } from "./undo.ts";

/** Plans the removed keys of one file; none for a file that had removed keys only before. */
export function planTaken(
  { path, keys }: TakenPiece,
  found: FileState,
  locked: LockedFile | undefined,
  editor: Editor,
): Planned | null {
  if (found.kind !== "text" && keys.length === 0) return null;
  if (found.kind !== "text") return { change: notAFile(path, found), locked: locked ?? null };
  const edited = withoutKeys(found.text, keys, editor);
  if (!edited.ok) return { change: refusedEdit(path, edited), locked: locked ?? null };
  const { text } = edited;
  const before = editor.read(found.text);
  const valueOf = (key: readonly string[]): unknown => (before.ok ? valueAt(before.value, key) : undefined);
  const now = keys.flatMap((key): TakenValue[] => {
    const value = valueOf(key);
    const goesWithAnother = keys.some((other) => other.length < key.length && other.every((part, index) => part === key[index]));
    return value === undefined || goesWithAnother ? [] : [{ path: key, ...(!mayHoldKey(key, value) && { value }) }];
  });
  // A key that the user restored stays in the lock, without effect while it exists.
  const earlier = (locked?.taken ?? []).filter((one) => !now.some(({ path: again }) => sameValue(again, one.path)));
  const taken = [...earlier, ...now];
  const notes = now
    .filter((one) => !("value" in one))
    .map((one) => `${one.path.join(".")} may hold an API key, so the lock does not store it: remove cannot restore it`);
  const change = editOrKeep(path, found.text, text, notes, "edited");
  if (taken.length === 0) return { change, locked: null };
  if (locked !== undefined && text === found.text && sameValue(taken, locked.taken)) return { change, locked };
  const original = locked === undefined ? found.text : originalOf(found.text, locked);
  const undo = original === null || taken.some((one) => !("value" in one)) ? null : undoOf(text, original);
  return {
    change,
    locked: { strategy: "taken", hash: hashText(text), taken, ...(undo !== null && !isKeyLike(undo.text) && { undo }) },
  };
}

/** The text without these keys; the objects around them stay. */
export function withoutKeys(text: string, keys: TakenPiece["keys"], editor: Editor): EditResult {
  let edited: EditResult = { ok: true, text };
  for (const key of keys) if (edited.ok) edited = editor.removeValue(edited.text, key, key.length - 1);
  return edited;
}

/** Restores the removed keys of a text. */
export function giveBack(path: string, text: string, locked: LockedFile, editor: Editor): Change {
  const original = originalOf(text, locked);
  if (original !== null) return editOrKeep(path, text, original, [], "left");
  const notes: string[] = [];
  let left = text;
  for (const one of locked.taken ?? []) {
    const read = editor.read(left);
    if (!read.ok) return refusedEdit(path, read);
    const name = one.path.join(".");
    const above = one.path.slice(0, -1);
    // The user removed the object around it, so it is not created again.
    if (!isTree(above.length === 0 ? read.value : valueAt(read.value, above))) continue;
    const current = valueAt(read.value, one.path);
    if (current !== undefined) {
      if (!sameValue(current, one.value)) notes.push(`${name} keeps your value`);
    } else if ("value" in one) {
      const edited = editor.ensureValue(left, one.path, one.value);
      if (!edited.ok) return refusedEdit(path, edited);
      left = edited.text;
    } else notes.push(`${name} was removed and may have held an API key, so the lock did not store it: restore it by hand`);
  }
  return editOrKeep(path, text, left, notes, "left");
}

/** Removed keys that exist again. */
export function observeTaken(path: string, text: string, { taken = [] }: LockedFile, editor: Editor): Observation[] {
  const read = editor.read(text);
  if (!read.ok) return [];
  return taken
    .filter((one) => valueAt(read.value, one.path) !== undefined)
    .map((one) => note(path, "edited", `${one.path.join(".")} was removed, and exists again`));
}

/** Whether a value may contain a secret. A value for a key does, unless it is a reference. */
function mayHoldKey(path: readonly string[], value: unknown): boolean {
  if (isTree(value)) return Object.entries(value).some(([key, inner]) => mayHoldKey([...path, key], inner));
  if (Array.isArray(value)) return value.some((inner) => mayHoldKey(path, inner));
  if (typeof value !== "string" || /^(?:\{(?:env|file):[^{}]*\}|-?)$/.test(value)) return false;
  return path.some((key) => /key|token|secret|passw|auth|header|credential/i.test(key)) || isKeyLike(value);
}

/** A text with credentials or a query in an address, or with a long run of letters and digits. */
function isKeyLike(text: string): boolean {
  return (
    text.split(/[\s"]+/).some((word) => /:\/\/[^/?#]*@/.test(word) || /[?#]/.test(word.split("://").slice(1).join())) ||
    (text.match(/[A-Za-z0-9_+-]{16,}/g) ?? []).some((run) => /\d/.test(run) && /[A-Za-z]/.test(run))
  );
}
