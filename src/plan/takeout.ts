/** Takes out what was written to a path: for `remove`, and for what is no longer wanted. What the user edited stays and is named. Pure. */
import { readObject, removeValue } from "../edit/jsonc.ts";
import { isTree, valueAt } from "../edit/value.ts";
import { hashText, normalise, type LockedFile } from "../lock/lock.ts";
import { originalOf, refusedEdit, withoutValues } from "./keys.ts";
import { withoutLines } from "./lines.ts";
import { notAFile } from "./own.ts";
import type { Change, Choice } from "./plan.ts";
import type { Found } from "./snapshot.ts";

/** The change that takes our part out of one path; null where nothing of it is left there. */
export function takeOut(path: string, found: Found, locked: LockedFile, settle: Choice | null): Change | null {
  if (found.kind === "nothing") return null;
  if (found.kind === "other") return notAFile(path, found.what);
  const { text } = found;
  switch (locked.strategy) {
    case "own":
    case "seed":
      return hashText(normalise(text)) === locked.hash
        ? { kind: "remove", path, before: text }
        : { kind: "keep", path, why: "left", notes: ["you edited it: delete it where you no longer need it"] };
    case "keys":
      return takeOutValues(path, text, locked, settle);
    case "lines":
    case "block":
      return takeOutLines(path, text, locked);
  }
}

function takeOutLines(path: string, text: string, locked: LockedFile): Change {
  if (locked.created === true && hashText(normalise(text)) === locked.hash) return { kind: "remove", path, before: text };
  const original = originalOf(text, locked);
  const left = original === null ? withoutLines(text, locked) : ({ ok: true, text: original } as const);
  if (!left.ok) return refusedEdit(path, left);
  if (locked.created === true && left.text.trim() === "") return { kind: "remove", path, before: text };
  return editOrKeep(path, text, left.text, locked.created === true ? ["lines of yours are in it, so it stays"] : []);
}

function takeOutValues(path: string, text: string, locked: LockedFile, settle: Choice | null): Change {
  const left = withoutValues(text, locked);
  if (!left.ok) return refusedEdit(path, left);
  const features = (locked.values ?? []).filter((value) => value.path[0] === "features");
  let after = left.text;
  for (const { path: place, made } of features) {
    const key = place.slice(0, Math.max(made, 1) + 1) as [string, ...string[]];
    const read = readObject(after);
    const options = read.ok ? valueAt(read.value, key) : undefined;
    if (options === undefined || settle === "keep") continue;
    const without = removeValue(after, key, made);
    if (!without.ok) return refusedEdit(path, without);
    // Left alone, the dev container would name a Feature that is gone; taken out, the user's options would be lost without a word.
    if (settle !== "replace" && isTree(options) && Object.keys(options).length > 0) {
      return {
        kind: "conflict",
        path,
        why: `gives options of yours to the Feature that goes: ${key.join(" › ")}`,
        fix: "take the key out there, or choose with --on-conflict replace (it goes with them) or keep (it stays, and names what is gone)",
        choices: ["keep", "replace"],
        before: text,
        after: without.text,
      };
    }
    after = without.text;
  }
  return editOrKeep(path, text, after, left.notes);
}

function editOrKeep(path: string, before: string, after: string, notes: readonly string[]): Change {
  const said = notes.length > 0 ? { notes } : {};
  return after === before
    ? { kind: "keep", path, why: notes.length > 0 ? "left" : "same", ...said }
    : { kind: "edit", path, before, after, executable: false, ...said };
}
