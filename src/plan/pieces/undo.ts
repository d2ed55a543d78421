/** The way back of an edit: the one splice that turns the text that we left into the user's own bytes. Pure. */
import { applySplices, spliceBetween } from "../../edit/splice.ts";
import { hashText, type LockedFile } from "../../lock/lock.ts";

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
