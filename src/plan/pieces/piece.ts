/** What every kind of piece gives, and the changes that all of them know. Pure. */
import type { EditRefusal } from "../../edit/splice.ts";
import type { LockedFile } from "../../lock/lock.ts";
import type { Change } from "../plan.ts";

/** What is planned for one path, and what the lock shall know of it from then on; null for nothing. */
export interface Planned {
  readonly change: Change;
  readonly locked: LockedFile | null;
}

/** The conflict of something in the way that is no text file. */
export function notAFile(path: string, what: string): Change {
  return { kind: "conflict", path, why: `is ${what}`, fix: "move it away, and run again", choices: [] };
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
