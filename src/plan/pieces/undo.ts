/** The reverse of an edit: the splice that turns the edited text into the user's original bytes. Pure. */
import { applySplices, spliceBetween } from "../../edit/splice.ts";
import { hashText, type LockedFile } from "../../lock/lock.ts";

/** The user's original bytes, if the text is unedited since. */
export function originalOf(text: string, { hash, undo }: LockedFile): string | null {
  if (undo === undefined || hashText(text) !== hash || undo.at + undo.length > text.length) return null;
  return applySplices(text, [{ at: undo.at, remove: undo.length, insert: undo.text }]);
}

/** The splice from `text` to `original`. */
export function undoOf(text: string, original: string): NonNullable<LockedFile["undo"]> {
  const { at, remove, insert } = spliceBetween(text, original);
  return { at, length: remove, text: insert };
}
