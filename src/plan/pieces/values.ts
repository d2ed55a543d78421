/**
 * Keyed values in the user's JSONC or YAML file, each handled separately. An unedited value follows the spec; a value that the user changed or removed
 * stays so, and is reported. Every byte around them stays. Pure.
 */
import type { Editor } from "../../edit/editor.ts";
import type { EditRefusal, EditResult } from "../../edit/splice.ts";
import { isTree, sameValue, valueAt } from "../../edit/value.ts";
import { hashText, type LockedFile, type LockedValue } from "../../lock/lock.ts";
import { findEssential } from "../../parts/claims.ts";
import type { KeyedValue, Move, ValuesPiece } from "../../vocabulary.ts";
import { note, orRestore, updateHint, type Observation } from "../observation.ts";
import type { Change, Settlement } from "../plan.ts";
import type { FileState } from "../snapshot.ts";
import { move, moveBack } from "./moves.ts";
import { editOrKeep, notAFile, refusedEdit, type Handling, type Planned } from "./piece.ts";
import { respell, spellAsIn } from "./spelling.ts";
import { originalOf, undoOf } from "./undo.ts";

/** Plans the values of one file. `restore` restores values that the user removed. A value that both changed is a conflict unless it is resolved. */
export function planValues(
  piece: ValuesPiece,
  found: FileState,
  locked: LockedFile | undefined,
  editor: Editor,
  { restore = false, settle = null }: Partial<Pick<Handling, "restore" | "settle">> = {},
): Planned {
  const { path, values: wanted, moves = [] } = piece;
  if (found.kind !== "text") return { change: notAFile(path, found), locked: locked ?? null };
  const read = editor.read(found.text);
  const respelled = read.ok ? respell(path, found.text, read.value, locked?.values ?? [], wanted) : read;
  if (!respelled.ok) return { change: refusedEdit(path, respelled), locked: locked ?? null };
  const { known } = respelled;
  const values: LockedValue[] = [];
  const notes: string[] = [];
  const both: string[] = [];
  let { text } = respelled;
  const theirs = (): string => {
    const left = locked === undefined ? null : withoutValues(path, found.text, locked, editor);
    return left?.ok === true ? left.text : found.text;
  };
  const steps: readonly (() => EditResult)[] = [
    ...known
      .filter((value) => !wanted.some((other) => isSamePlace(value, other)))
      .map((value) => (): EditResult => takeValueOut(text, value, editor, notes)),
    ...wanted.map((value) => (): EditResult => {
      const before = known.find((other) => isSamePlace(other, value));
      const put = putIn(text, value, before, theirs, { restore, settle }, editor, notes);
      if (put.ok && put.locked !== null) values.push(put.locked);
      if (put.ok && put.clashes === true) both.push(describe(value));
      return put;
    }),
  ];
  for (const step of steps) {
    const edited = step();
    if (!edited.ok) return { change: refusedEdit(path, edited), locked: locked ?? null };
    text = edited.text;
  }
  if (both.length > 0 && settle === null) {
    const { change: ours } = planValues(piece, found, locked, editor, { restore, settle: "replace" });
    return { change: changedByBoth(path, both, found.text, "after" in ours ? ours.after : undefined), locked: locked ?? null };
  }
  // Where a lock was lost, what is at its new place was put there.
  const isAt = ({ from, to }: Move): boolean =>
    read.ok && valueAt(read.value, from) === undefined && valueAt(read.value, to) !== undefined;
  const placed = move(text, moves, locked === undefined ? moves.filter(isAt) : (locked.moved ?? []), editor);
  if (!placed.ok) return { change: refusedEdit(path, placed), locked: locked ?? null };
  const { moved } = placed;
  text = placed.text;
  const change = editOrKeep(path, found.text, text, notes, "edited");
  // What the user edits around our values is nothing to write down.
  const isKnown = sameValue(values, locked?.values ?? []) && sameValue(moved, locked?.moved ?? []);
  if (locked !== undefined && text === found.text && isKnown) return { change, locked };
  // Where a person took out all that was ours, what is there is theirs again; where a lock was lost, what is ours by its name is not theirs.
  const isTheirs = locked === undefined ? !wanted.some((value) => holds(read, value)) : theirs() === found.text;
  const original = isTheirs ? found.text : locked === undefined ? null : originalOf(found.text, locked);
  const more = { ...(moved.length > 0 && { moved }), ...(original !== null && { undo: undoOf(text, original) }) };
  return { change, locked: { strategy: "keys", hash: hashText(text), values, ...more } };
}

/** Removes the generated values from a text. */
export function takeValuesOut(path: string, text: string, locked: LockedFile, settle: Settlement | null, editor: Editor): Change {
  const left = withoutValues(path, text, locked, editor);
  if (!left.ok) return refusedEdit(path, left);
  let after = left.text;
  for (const { path: place, made } of spelledIn(path, after, locked, editor)) {
    const essential = findEssential(path, place);
    if (essential === null) continue;
    const key = place.slice(0, Math.max(made + 1, essential.keys)) as [string, ...string[]];
    const options = valueIn(after, key, editor);
    if (options === undefined || settle === "keep") continue;
    const without = editor.removeValue(after, key, made);
    if (!without.ok) return refusedEdit(path, without);
    // If it stayed, the file would name something that no longer exists; if it were removed, the user's options would be lost silently.
    if (settle !== "replace" && isTree(options) && Object.keys(options).length > 0) {
      return {
        kind: "conflict",
        path,
        why: `has your options under ${key.join(" › ")}, which is removed with ${essential.name}`,
        fix: "remove the key, or choose with --on-conflict replace (it is removed too) or keep (it stays)",
        choices: ["keep", "replace"],
        before: text,
        after: without.text,
      };
    }
    after = without.text;
  }
  return editOrKeep(path, text, after, left.notes, "left");
}

/** Generated values that differ from what was written. */
export function observeValues(path: string, text: string, locked: LockedFile, editor: Editor): Observation[] {
  const read = editor.read(text);
  if (!read.ok) {
    const { why, line, column } = read;
    return [
      { path, state: "changed", message: `cannot be read: ${why}`, hint: "fix it there", where: { file: path, line, column } },
    ];
  }
  return spelledIn(path, text, locked, editor).flatMap((value): Observation[] => {
    const current = valueAt(read.value, value.path);
    if (isThere(current, value)) return [];
    const name = describe({ ...value, oursFrom: null });
    const isGone = current === undefined;
    const essential = findEssential(path, value.path);
    if (value.needed === true)
      return [
        {
          path,
          state: isGone ? "missing" : "changed",
          message: `${name} ${isGone ? "is missing" : "differs from the lock"}, so the gateway cannot be reached`,
          hint: orRestore("restore it from git"),
        },
      ];
    if (essential === null) return [note(path, "edited", `${name} was ${isGone || value.item ? "removed" : "changed"} by hand`)];
    return isGone
      ? [
          {
            path,
            state: "missing",
            message: `${name} is missing`,
            hint: `${orRestore("restore it from git")}; or ${essential.instead}`,
          },
        ]
      : [{ path, state: "changed", message: `${name} differs from the lock`, hint: updateHint }];
  });
}

/** The file without the generated values: the user's original bytes if it is unedited since, else the current file without them. */
export function withoutValues(
  path: string,
  text: string,
  locked: LockedFile,
  editor: Editor,
): (EditResult & { readonly notes: readonly string[] }) | EditRefusal {
  const original = originalOf(text, locked);
  if (original !== null) return { ok: true, text: original, notes: [] };
  const notes: string[] = [];
  const back = moveBack(text, locked.moved ?? [], editor, notes);
  if (!back.ok) return back;
  let left = back.text;
  for (const value of [...spelledIn(path, left, locked, editor)].reverse()) {
    const edited = takeValueOut(left, value, editor, notes, isOursByName(path, value));
    if (!edited.ok) return edited;
    left = edited.text;
  }
  return { ok: true, text: left, notes };
}

/** Whether a text already contains a value that is recognised by its name. */
function holds(read: ReturnType<Editor["read"]>, value: KeyedValue): boolean {
  const { path, oursFrom, item } = value;
  if (oursFrom === null || !read.ok) return false;
  return item ? isThere(valueAt(read.value, path), value) : valueAt(read.value, path.slice(0, oursFrom + 1)) !== undefined;
}

/** The lock's entries, each under the text's spelling of the name. */
function spelledIn(path: string, text: string, { values = [] }: LockedFile, editor: Editor): readonly LockedValue[] {
  const read = editor.read(text);
  return read.ok ? values.map((value) => ({ ...value, path: spellAsIn(path, read.value, value.path) })) : values;
}

/** The conflict of values that both the user and the spec or this version changed. */
function changedByBoth(path: string, names: readonly string[], before: string, after: string | undefined): Change {
  return {
    kind: "conflict",
    path,
    why: `${names.join(", ")} ${names.length === 1 ? "was" : "were"} changed both by hand and by the spec or this version`,
    fix: "make spec and file agree, or choose with --on-conflict keep (yours) or replace (generated)",
    choices: ["keep", "replace"],
    before,
    ...(after !== undefined && { after }),
  };
}

type PutIn =
  | { readonly ok: true; readonly text: string; readonly locked: LockedValue | null; readonly clashes?: boolean }
  | EditRefusal;

/** `theirs` gives the user's text without any value of ours: what is not there is ours to take out, whichever of our values came first. */
function putIn(
  text: string,
  wanted: KeyedValue,
  known: LockedValue | undefined,
  theirs: () => string,
  { restore, settle }: Pick<Handling, "restore" | "settle">,
  editor: Editor,
  notes: string[],
): PutIn {
  const read = editor.read(text);
  if (!read.ok) return read;
  const { path, value, item, oursFrom, fromText } = wanted;
  const current = valueAt(read.value, path);
  const made = known?.made ?? oursFrom;
  const entry = (depth: number, turned: boolean): LockedValue => ({
    path,
    value,
    item,
    made: depth,
    ...(turned && { fromText: true }),
    ...(wanted.needed && { needed: true }),
  });
  if (isThere(current, wanted)) return { ok: true, text, locked: made === null ? null : entry(made, known?.fromText === true) };
  // Of what is ours by name, the whole key is what a person takes out; without its value it is only incomplete.
  const missing =
    item || (oursFrom === null ? current === undefined : valueAt(read.value, path.slice(0, oursFrom + 1)) === undefined);
  if (known !== undefined && missing && !restore) {
    notes.push(`${describe(wanted)} was removed by you, and stays removed`);
    return { ok: true, text, locked: known };
  }
  if (!missing && oursFrom === null && !(known !== undefined && sameValue(current, known.value))) {
    const clashes = known !== undefined && !sameValue(known.value, value);
    if (!clashes || settle !== "replace") {
      notes.push(`${describe(wanted)} keeps your value`);
      // Once it is settled, what the spec says now is what it was changed from.
      return { ok: true, text, locked: known === undefined ? null : { ...known, value }, clashes };
    }
  }
  const depth = known?.made ?? editor.missingDepth(theirs(), path);
  if (typeof depth !== "number") return depth;
  const turns = item && fromText === true && typeof current === "string";
  const edited = turns
    ? editor.ensureValue(text, path, [current, value])
    : item
      ? editor.ensureItem(text, path, value)
      : editor.ensureValue(text, path, value);
  // Of what is ours by name nothing was the user's, even where it was there (a lost lock).
  return edited.ok ? { ...edited, locked: entry(Math.min(depth, oursFrom ?? depth), turns) } : edited;
}

/** Whether a value is ours whatever it is: a lock that git ignores may be that of another state of the file. */
function isOursByName(file: string, { path }: LockedValue): boolean {
  const essential = findEssential(file, path);
  return essential !== null && path.length === essential.keys + 1 && essential.ours.includes(path.at(-1)!);
}

/** Removes a value that is recognised by its name or unedited; a value that the user changed stays, and is reported. */
function takeValueOut(text: string, locked: LockedValue, editor: Editor, notes: string[], byName = false): EditResult {
  const read = editor.read(text);
  if (!read.ok) return read;
  const { path, value, item, made } = locked;
  const current = valueAt(read.value, path);
  if (item) return takeItemOut(text, current, locked, editor);
  if (current === undefined) return { ok: true, text };
  if (byName || sameValue(current, value)) return editor.removeValue(text, path, made);
  notes.push(`${path.join(" › ")} stays: you changed it`);
  return { ok: true, text };
}

/** A list that was a string originally becomes one again, unless the user added elements. */
function takeItemOut(text: string, current: unknown, { path, value, made, fromText }: LockedValue, editor: Editor): EditResult {
  if (!Array.isArray(current)) return { ok: true, text };
  const [only, ...rest] = current.filter((element) => !sameValue(element, value));
  if (fromText === true && current.length === 2 && rest.length === 0 && typeof only === "string")
    return editor.ensureValue(text, path, only);
  return editor.removeItem(text, path, value, made);
}

function isThere(current: unknown, { value, item, fromText }: Pick<KeyedValue, "value" | "item" | "fromText">): boolean {
  if (!item || (fromText === true && typeof current === "string")) return sameValue(current, value);
  return Array.isArray(current) && current.some((element) => sameValue(element, value));
}

function valueIn(text: string, path: readonly string[], editor: Editor): unknown {
  const read = editor.read(text);
  return read.ok ? valueAt(read.value, path) : undefined;
}

/** Whether two values have the same place: each element of a list is a separate place. */
function isSamePlace(
  left: Pick<KeyedValue, "path" | "item" | "value">,
  right: Pick<KeyedValue, "path" | "item" | "value">,
): boolean {
  return left.item === right.item && sameValue(left.path, right.path) && (!left.item || sameValue(left.value, right.value));
}

/** The place in readable form. */
function describe({ path, item, value, oursFrom }: Pick<KeyedValue, "path" | "item" | "value" | "oursFrom">): string {
  if (item) return `${path.join(" › ")} ${JSON.stringify(value)}`;
  return (oursFrom === null ? path : path.slice(0, oursFrom + 1)).join(" › ");
}
