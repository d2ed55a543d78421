/** Files of the user's that were moved or copied with our values in them. Pure. */
import type { Editor, Editors } from "../edit/editor.ts";
import { sameValue, valueAt } from "../edit/value.ts";
import type { LockedFile } from "../lock/lock.ts";
import type { Piece } from "../vocabulary.ts";
import type { FileState } from "./snapshot.ts";

type Files = Readonly<Record<string, LockedFile>>;

/** What the lock knows of another file, if all of its values stand in this text of a file that the lock does not know. */
export function findOrigin(known: Files, text: string, editor: Editor): LockedFile | undefined {
  const keyed = Object.values(known).filter(({ strategy, values = [] }) => strategy === "keys" && values.length > 0);
  if (keyed.length === 0) return undefined;
  const read = editor.read(text);
  return keyed.find(({ values = [] }) => read.ok && values.every((value) => stands(valueAt(read.value, value.path), value)));
}

/**
 * The lock's files, with such an origin for each file that it does not know. The values may be wrong in the new place, as the path of a Feature is:
 * knowing them is what replaces them, and takes them out later.
 */
export function withRelocated(known: Files, pieces: readonly Piece[], at: (path: string) => FileState, editors: Editors): Files {
  const found = pieces.flatMap(({ path, strategy }): [string, LockedFile][] => {
    const there = at(path);
    if (strategy !== "keys" || known[path] !== undefined || there.kind !== "text") return [];
    const origin = findOrigin(known, there.text, editors(path));
    return origin === undefined ? [] : [[path, origin]];
  });
  return found.length === 0 ? known : { ...known, ...Object.fromEntries(found) };
}

function stands(current: unknown, { item, value }: { readonly item: boolean; readonly value: unknown }): boolean {
  return item ? Array.isArray(current) && current.some((one) => sameValue(one, value)) : sameValue(current, value);
}
