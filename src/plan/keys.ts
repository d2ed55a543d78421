/**
 * Keyed values in a JSONC file of the user's, each by itself: what we wrote and nobody touched follows the spec, what the user changed or took
 * out stays so and is said. Every byte around them stays. Pure.
 */
import { ensureItem, ensureValue, missingDepth, readObject, removeItem, removeValue } from "../edit/jsonc.ts";
import { applySplices, spliceBetween, type EditRefusal, type EditResult } from "../edit/splice.ts";
import { sameValue, valueAt } from "../edit/value.ts";
import { hashText, type LockedFile, type LockedValue } from "../lock/lock.ts";
import { notAFile, type Planned } from "./own.ts";
import type { Change } from "./plan.ts";
import type { Found } from "./snapshot.ts";

/** A value that shall be in a file. */
export interface KeyedValue {
  readonly path: readonly [string, ...string[]];
  readonly value: unknown;
  /** True for an element of the list at `path`. */
  readonly item: boolean;
  /** How many leading keys may be the user's; the key after them is ours by its name, so its value is set whatever it is. Null where none is. */
  readonly oursFrom: number | null;
}

/** Plans the values of one file. */
export function planKeys(path: string, found: Found, wanted: readonly KeyedValue[], locked: LockedFile | undefined): Planned {
  if (found.kind !== "text")
    return { change: notAFile(path, found.kind === "other" ? found.what : "gone"), locked: locked ?? null };
  const known = locked?.values ?? [];
  const values: LockedValue[] = [];
  const notes: string[] = [];
  let text = found.text;
  const theirs = (): string => {
    const left = locked === undefined ? null : withoutValues(found.text, locked);
    return left?.ok === true ? left.text : found.text;
  };
  const steps: readonly (() => EditResult)[] = [
    ...known
      .filter((value) => !wanted.some((other) => isSamePlace(value, other)))
      .map((value) => (): EditResult => takeOut(text, value, notes)),
    ...wanted.map((value) => (): EditResult => {
      const before = known.find((other) => isSamePlace(other, value));
      const put = putIn(text, value, before, theirs, notes);
      if (put.ok && put.locked !== null) values.push(put.locked);
      return put;
    }),
  ];
  for (const step of steps) {
    const edited = step();
    if (!edited.ok) return { change: refusedEdit(path, edited), locked: locked ?? null };
    text = edited.text;
  }
  const said = notes.length > 0 ? { notes } : {};
  // What the user edits around our values is nothing to write down.
  if (locked !== undefined && text === found.text && sameValue(values, known))
    return { change: { kind: "keep", path, why: notes.length > 0 ? "edited" : "same", ...said }, locked };
  const original = locked === undefined ? found.text : originalOf(found.text, locked);
  const entry: LockedFile = {
    strategy: "keys",
    hash: hashText(text),
    values,
    ...(original !== null && { undo: undoOf(text, original) }),
  };
  const change: Change =
    text === found.text
      ? { kind: "keep", path, why: notes.length > 0 ? "edited" : "same", ...said }
      : { kind: "edit", path, before: found.text, after: text, executable: false, ...said };
  return { change, locked: entry };
}

type PutIn = { readonly ok: true; readonly text: string; readonly locked: LockedValue | null } | EditRefusal;

/** `theirs` gives the user's text without any value of ours: what is not there is ours to take out, whichever of our values came first. */
function putIn(text: string, wanted: KeyedValue, known: LockedValue | undefined, theirs: () => string, notes: string[]): PutIn {
  const read = readObject(text);
  if (!read.ok) return read;
  const { path, value, item, oursFrom } = wanted;
  const current = valueAt(read.value, path);
  const there = item ? Array.isArray(current) && current.some((element) => sameValue(element, value)) : sameValue(current, value);
  const made = known?.made ?? oursFrom;
  if (there) return { ok: true, text, locked: made === null ? null : { path, value, item, made } };
  // Of what is ours by name, the whole key is what a person takes out; without its value it is only incomplete.
  const missing =
    oursFrom === null ? item || current === undefined : valueAt(read.value, path.slice(0, oursFrom + 1)) === undefined;
  if (known !== undefined && missing) {
    notes.push(`${describe(wanted)} was taken out by you and stays out`);
    return { ok: true, text, locked: known };
  }
  if (!missing && oursFrom === null && !(known !== undefined && sameValue(current, known.value))) {
    notes.push(`${describe(wanted)} stays as you have it`);
    return { ok: true, text, locked: known ?? null };
  }
  const depth = known?.made ?? missingDepth(theirs(), path);
  if (typeof depth !== "number") return depth;
  const edited = item ? ensureItem(text, path, value) : ensureValue(text, path, value);
  // Of what is ours by name nothing was the user's, even where it was there (a lost lock).
  return edited.ok ? { ...edited, locked: { path, value, item, made: Math.min(depth, oursFrom ?? depth) } } : edited;
}

/** Takes a value out that is as we wrote it; one that the user changed stays and is said. */
function takeOut(text: string, { path, value, item, made }: LockedValue, notes: string[]): EditResult {
  const read = readObject(text);
  if (!read.ok) return read;
  const current = valueAt(read.value, path);
  if (item) return Array.isArray(current) ? removeItem(text, path, value, made) : { ok: true, text };
  if (current === undefined) return { ok: true, text };
  if (sameValue(current, value)) return removeValue(text, path, made);
  notes.push(`${path.join(" › ")} stays: you changed it`);
  return { ok: true, text };
}

/** What is left of a file without our values: the user's own bytes where nobody touched it since, else the file as it is without them. */
export function withoutValues(
  text: string,
  locked: LockedFile,
): (EditResult & { readonly notes: readonly string[] }) | EditRefusal {
  const original = originalOf(text, locked);
  if (original !== null) return { ok: true, text: original, notes: [] };
  const notes: string[] = [];
  let left = text;
  for (const value of [...(locked.values ?? [])].reverse()) {
    const edited = takeOut(left, value, notes);
    if (!edited.ok) return edited;
    left = edited.text;
  }
  return { ok: true, text: left, notes };
}

/** The user's own bytes, where the text still is the one that the lock knows. */
export function originalOf(text: string, { hash, undo }: LockedFile): string | null {
  if (undo === undefined || hashText(text) !== hash || undo.at + undo.length > text.length) return null;
  return applySplices(text, [{ at: undo.at, remove: undo.length, insert: undo.text }]);
}

/** What takes `text` back to `original`. */
export function undoOf(text: string, original: string): NonNullable<LockedFile["undo"]> {
  const { at, remove, insert } = spliceBetween(text, original);
  return { at, length: remove, text: insert };
}

/** The conflict of a file that an editor refuses. */
export function refusedEdit(path: string, { why, line, column }: EditRefusal): Change {
  return {
    kind: "conflict",
    path,
    why: `cannot be edited: ${why}`,
    fix: "mend it there, and run again",
    where: { file: path, line, column },
    choices: [],
  };
}

/** Whether two values stand in one place: an element of a list is a place of its own. */
function isSamePlace(
  left: Pick<KeyedValue, "path" | "item" | "value">,
  right: Pick<KeyedValue, "path" | "item" | "value">,
): boolean {
  return left.item === right.item && sameValue(left.path, right.path) && (!left.item || sameValue(left.value, right.value));
}

/** The place as a person reads it. */
function describe({ path, item, value, oursFrom }: KeyedValue): string {
  if (item) return `${path.join(" › ")} ${JSON.stringify(value)}`;
  return (oursFrom === null ? path : path.slice(0, oursFrom + 1)).join(" › ");
}
