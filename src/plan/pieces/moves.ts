/** Moves values within the user's file, and back when the environment is removed. Pure. */
import type { Editor } from "../../edit/editor.ts";
import type { EditRefusal, EditResult } from "../../edit/splice.ts";
import { isTree, sameValue, valueAt } from "../../edit/value.ts";
import type { Move } from "../../vocabulary.ts";
import { updateHint, type Observation } from "../observation.ts";

/** A text with its values moved, and the record of the moves. */
export type Moved = { readonly ok: true; readonly text: string; readonly moved: readonly Move[] } | EditRefusal;

/** Moves existing values. Earlier moves stay recorded as long as their values exist. */
export function move(text: string, moves: readonly Move[], known: readonly Move[], editor: Editor): Moved {
  let left = text;
  const moved: Move[] = [];
  for (const one of moves) {
    const read = editor.read(left);
    if (!read.ok) return read;
    // A value that comes from another place, for example through a merge key, cannot be moved, and is a conflict.
    const depth = editor.missingDepth(left, one.from);
    if (typeof depth !== "number") return depth;
    const isHere = depth === one.from.length;
    if (isHere || (isMoved(one, known) && valueAt(read.value, one.to) !== undefined)) moved.push(one);
    if (!isHere) continue;
    const edited = editor.moveValue!(left, one.from, one.to);
    if (!edited.ok) return edited;
    left = edited.text;
  }
  return { ok: true, text: left, moved };
}

/** Moves values back; values that cannot go back stay, and are reported. */
export function moveBack(text: string, moved: readonly Move[], editor: Editor, notes: string[]): EditResult {
  let left = text;
  for (const { from, to } of moved) {
    const read = editor.read(left);
    if (!read.ok) return read;
    if (valueAt(read.value, to) === undefined) continue;
    if (valueAt(read.value, from) !== undefined || !isTree(valueAt(read.value, from.slice(0, -1)))) {
      notes.push(`${to.join(" › ")} stays: ${from.slice(0, -1).join(" › ")} has it already, or was removed`);
      continue;
    }
    const edited = editor.moveValue!(left, to, from);
    if (!edited.ok) return edited;
    left = edited.text;
  }
  return { ok: true, text: left };
}

/** Values in a place where they cannot stay. */
export function observeMoves(path: string, text: string, moves: readonly Move[], editor: Editor): Observation[] {
  const read = editor.read(text);
  if (!read.ok) return [];
  return moves
    .filter(({ from }) => valueAt(read.value, from) !== undefined)
    .map(({ from, to }) => ({
      path,
      state: "changed",
      message: `${from.join(" › ")} has to be in ${to.slice(0, -1).join(" › ")}, which owns the network`,
      hint: updateHint,
    }));
}

function isMoved(one: Move, known: readonly Move[]): boolean {
  return known.some((other) => sameValue(one, other));
}
