/** Values of the user's that get another place in their file, and their own again when the environment goes. Pure. */
import type { Editor } from "../../edit/editor.ts";
import type { EditRefusal, EditResult } from "../../edit/splice.ts";
import { isTree, sameValue, valueAt } from "../../edit/value.ts";
import type { Move } from "../../vocabulary.ts";
import { updateHint, type Observation } from "../observation.ts";

/** A text with its values where they shall be, and what then is not where the user had it. */
export type Moved = { readonly ok: true; readonly text: string; readonly moved: readonly Move[] } | EditRefusal;

/** Moves what is there. What was moved before counts as long as it is there. */
export function move(text: string, moves: readonly Move[], known: readonly Move[], editor: Editor): Moved {
  let left = text;
  const moved: Move[] = [];
  for (const one of moves) {
    const read = editor.read(left);
    if (!read.ok) return read;
    // A value that another place gives, as a merge does, cannot be moved, and is in the way.
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

/** Moves back what was moved; what cannot go back stays, and is said. */
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

/** What stands where it cannot stay. */
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
