/** The kinds of pieces behind one door: each plans, takes out and observes what is its own, in a file of its own. Pure. */
import type { Editors } from "../../edit/editor.ts";
import type { LockedFile } from "../../lock/lock.ts";
import type { OwnPiece, Piece } from "../../vocabulary.ts";
import type { Meant } from "../faults/fault.ts";
import { note, orRestore, updateHint, type Observation } from "../observation.ts";
import type { Change, Settlement } from "../plan.ts";
import type { FileState } from "../snapshot.ts";
import { observeLines, planLines, takeLinesOut } from "./lines.ts";
import { observeOwn, planOwn, takeOwnOut } from "./own.ts";
import { notAFile, type Handling, type Planned } from "./piece.ts";
import { giveBack, observeTaken, planTaken } from "./taken.ts";
import { observeValues, planValues, takeValuesOut } from "./values.ts";

/** What to do with a piece; null where nothing is left of it. What the lock knows of another kind at that path does not count. */
export function planPiece(
  piece: Piece,
  found: FileState,
  locked: LockedFile | undefined,
  handling: Handling,
  editors: Editors,
): Planned | null {
  const known = locked?.strategy === piece.strategy ? locked : undefined;
  switch (piece.strategy) {
    case "own":
      return planOwn(piece, found, known, handling, editors(piece.path));
    case "keys":
      return piece.optional === true && found.kind === "nothing"
        ? null
        : planValues(piece, found, known, editors(piece.path), handling);
    case "lines":
    case "block":
      return planLines(piece, found, known, handling.restore);
    case "taken":
      return planTaken(piece, found, known, editors(piece.path));
  }
}

/** The change that takes our part out of one path, for `remove` and for what is no longer wanted; null where nothing of it is left there. */
export function takeOut(
  path: string,
  found: FileState,
  locked: LockedFile,
  settle: Settlement | null,
  editors: Editors,
): Change | null {
  // Of the user's file from which something was taken, nothing is ours.
  if (found.kind === "nothing" || (found.kind === "other" && locked.strategy === "taken")) return null;
  if (found.kind === "other") return notAFile(path, found);
  const { text } = found;
  switch (locked.strategy) {
    case "own":
    case "seed":
      return takeOwnOut(path, text, locked);
    case "keys":
      return takeValuesOut(path, text, locked, settle, editors(path));
    case "lines":
    case "block":
      return takeLinesOut(path, text, locked);
    case "taken":
      return giveBack(path, text, locked, editors(path));
  }
}

/** What decides about a file: the keys of the spec that say what stands there, and how an edited one is judged. */
export interface Deciding extends Pick<OwnPiece, "decidedBy" | "judgedAs"> {
  readonly meant: Meant;
}

/** What of our part in one path is not as it was written. */
export function observePiece(
  path: string,
  found: FileState,
  locked: LockedFile,
  { meant, ...deciding }: Deciding,
  editors: Editors,
): Observation[] {
  // A file of the user's from which something was taken is not missed.
  if (found.kind !== "text" && locked.strategy === "taken") return [];
  if (found.kind === "other")
    return [{ path, state: "changed", message: `is ${found.what}`, hint: found.fix ?? "restore it from git" }];
  if (found.kind === "nothing") {
    return locked.deleted === true
      ? [note(path, "deleted", "was deleted, and stays deleted; update --restore restores it")]
      : [
          {
            path,
            state: "missing",
            message: "is missing",
            hint: `${orRestore("restore it from git")}; if it should stay deleted, ${updateHint}`,
          },
        ];
  }
  const { text } = found;
  switch (locked.strategy) {
    case "own":
      return observeOwn(path, text, locked, deciding, meant, editors(path));
    case "keys":
      return observeValues(path, text, locked, editors(path));
    case "lines":
    case "block":
      return observeLines(path, text, locked);
    case "taken":
      return observeTaken(path, text, locked, editors(path));
    case "seed":
      return [];
  }
}
