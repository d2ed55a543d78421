/** A file that is written once and then belongs to the user; only flags change it. Pure. */
import type { EditResult } from "../../edit/splice.ts";
import { hashText, normalise, type LockedFile } from "../../lock/lock.ts";
import type { Change } from "../plan.ts";
import type { FileState } from "../snapshot.ts";
import { editOrKeep, notAFile, refusedEdit, type Planned } from "./piece.ts";

/** The initial text, and the existing text with the flags' values; null if they change nothing. */
export interface Seed {
  readonly path: string;
  readonly text: string;
  readonly edited: EditResult | null;
}

/** Plans it. It is the input of everything else, so a deleted one is written again. */
export function planSeed({ path, text, edited }: Seed, found: FileState, locked: LockedFile | undefined): Planned {
  if (found.kind === "other") return { change: notAFile(path, found), locked: locked ?? null };
  const entry = (written: string): LockedFile => ({ strategy: "seed", hash: hashText(written) });
  if (found.kind === "nothing") return { change: { kind: "create", path, after: text, executable: false }, locked: entry(text) };
  // Without an entry in the lock, it counts as generated if it equals the generated text.
  const known = locked ?? (normalise(found.text) === text ? entry(text) : null);
  if (edited === null) return { change: { kind: "keep", path, why: "same" }, locked: known };
  const change: Change = edited.ok ? editOrKeep(path, found.text, edited.text, [], "edited") : refusedEdit(path, edited);
  const untouched = known !== null && hashText(normalise(found.text)) === known.hash;
  return { change, locked: untouched && change.kind === "edit" ? entry(normalise(change.after)) : known };
}
