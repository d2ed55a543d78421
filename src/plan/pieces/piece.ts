/** The result of planning a piece, and changes that all kinds of pieces share. Pure. */
import type { EditRefusal } from "../../edit/splice.ts";
import type { LockedFile } from "../../lock/lock.ts";
import type { Meant } from "../faults/fault.ts";
import type { Change, Settlement } from "../plan.ts";
import type { FileState } from "../snapshot.ts";

/** The plan for one path, and its entry in the new lock; null for none. */
export interface Planned {
  readonly change: Change;
  readonly locked: LockedFile | null;
}

/** How existing content is treated. */
export interface Handling {
  /** The decision for a conflict that can be resolved. */
  readonly settle: Settlement | null;
  /** Restores generated parts that were removed, deleted, or edited although they must not be. */
  readonly restore: boolean;
  readonly meant: Meant;
  /** Texts that decide which gateway is used and what runs: a generated line with one of them is never left out. */
  readonly decisive: readonly string[];
}

/** The conflict with something in the way that is not a text file. */
export function notAFile(path: string, found: Exclude<FileState, { kind: "text" }>): Change {
  const { what, fix } = found.kind === "other" ? found : { what: "gone", fix: undefined };
  return { kind: "conflict", path, why: `is ${what}`, fix: `${fix ?? "move it away"}, and run again`, choices: [] };
}

/** The conflict with a file that an editor refuses. */
export function refusedEdit(path: string, { why, line, column }: EditRefusal): Change {
  return {
    kind: "conflict",
    path,
    why: `cannot be edited: ${why}`,
    fix: "fix it there, and run again",
    where: { file: path, line, column },
    choices: [],
  };
}

/** An edit of a user's text, or no change; with notes the reason for no change is `kept`. */
export function editOrKeep(
  path: string,
  before: string,
  after: string,
  notes: readonly string[],
  kept: "left" | "edited",
): Change {
  const said = notes.length > 0 ? { notes } : {};
  return after === before
    ? { kind: "keep", path, why: notes.length > 0 ? kept : "same", ...said }
    : { kind: "edit", path, before, after, executable: false, ...said };
}
