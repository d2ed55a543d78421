/** What every kind of piece gives, and the changes that all of them know. Pure. */
import type { EditRefusal } from "../../edit/splice.ts";
import type { LockedFile } from "../../lock/lock.ts";
import type { Meant } from "../faults/fault.ts";
import type { Change, Settlement } from "../plan.ts";
import type { FileState } from "../snapshot.ts";

/** What is planned for one path, and what the lock shall know of it from then on; null for nothing. */
export interface Planned {
  readonly change: Change;
  readonly locked: LockedFile | null;
}

/** How what is there is dealt with. */
export interface Handling {
  /** What to do with a conflict that can be settled. */
  readonly settle: Settlement | null;
  /** What was taken out, deleted, or edited where nobody should, comes back. */
  readonly restore: boolean;
  readonly meant: Meant;
  /** Texts that decide where the environment goes and what runs in it: a line of ours with one of them is never left out. */
  readonly decisive: readonly string[];
}

/** The conflict of something in the way that is no text file. */
export function notAFile(path: string, found: Exclude<FileState, { kind: "text" }>): Change {
  const { what, fix } = found.kind === "other" ? found : { what: "gone", fix: undefined };
  return { kind: "conflict", path, why: `is ${what}`, fix: `${fix ?? "move it away"}, and run again`, choices: [] };
}

/** The conflict of a file that an editor refuses. */
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

/** An edit of a user's text, or that it stays; with notes it stays as `kept` says. */
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
