/** A file that is written once and then the user's, but for what flags ask to write into it. Pure. */
import type { EditResult } from "../../edit/splice.ts";
import { hashText, normalise, type LockedFile } from "../../lock/lock.ts";
import type { Change } from "../plan.ts";
import type { FileState } from "../snapshot.ts";
import { editOrKeep, notAFile, refusedEdit, type Planned } from "./piece.ts";

/** The text that it begins with, and what flags make of the one that is there; null where they say nothing new. */
export interface Seed {
  readonly path: string;
  readonly text: string;
  readonly edited: EditResult | null;
}

/** Plans it. Without it there is nothing to generate from, so one that was deleted is written again. */
export function planSeed({ path, text, edited }: Seed, found: FileState, locked: LockedFile | undefined): Planned {
  if (found.kind === "other") return { change: notAFile(path, found), locked: locked ?? null };
  const entry = (written: string): LockedFile => ({ strategy: "seed", hash: hashText(written) });
  if (found.kind === "nothing") return { change: { kind: "create", path, after: text, executable: false }, locked: entry(text) };
  // Without a lock that knows it, it is ours where it is what we would have written.
  const known = locked ?? (normalise(found.text) === text ? entry(text) : null);
  if (edited === null) return { change: { kind: "keep", path, why: "same" }, locked: known };
  const change: Change = edited.ok ? editOrKeep(path, found.text, edited.text, [], "edited") : refusedEdit(path, edited);
  const untouched = known !== null && hashText(normalise(found.text)) === known.hash;
  return { change, locked: untouched && change.kind === "edit" ? entry(normalise(change.after)) : known };
}
