/** Lines, or a marked block of them, in a file that may hold lines of the user's, too. Pure. */
import { ensureBlock, hasBehindBlock, removeBlock } from "../../edit/block.ts";
import { ensureLines, removeLines, trimmedBodies } from "../../edit/lines.ts";
import type { EditResult } from "../../edit/splice.ts";
import { sameValue } from "../../edit/value.ts";
import { hashText, normalise, withLineEndsOf, type LockedFile } from "../../lock/lock.ts";
import { isLastCounting } from "../../parts/claims.ts";
import type { LinesPiece } from "../../vocabulary.ts";
import { note, type Observation } from "../observation.ts";
import type { Change } from "../plan.ts";
import type { FileState } from "../snapshot.ts";
import { editOrKeep, notAFile, refusedEdit, type Planned } from "./piece.ts";
import { originalOf, undoOf } from "./undo.ts";

/** Plans the lines of one file: those that the user took out stay out, but with `restore`. */
export function planLines(
  { path, strategy, lines }: LinesPiece,
  found: FileState,
  locked: LockedFile | undefined,
  restore = false,
): Planned {
  if (found.kind === "other") return { change: notAFile(path, found), locked: locked ?? null };
  const whole = put("", strategy, lines);
  if (!whole.ok) throw new Error(`lines cannot be put into an empty file: ${whole.why}`);
  const created: LockedFile = { strategy, hash: hashText(whole.text), lines, created: true };
  if (found.kind === "nothing") {
    return locked === undefined || restore
      ? { change: { kind: "create", path, after: whole.text, executable: false }, locked: created }
      : { change: { kind: "keep", path, why: "deleted" }, locked: { ...locked, deleted: true } };
  }
  // As we made it, then or now (and a lock that knows it may be lost): nothing in it is anybody else's.
  const before = normalise(found.text);
  if (before === whole.text && (locked === undefined || locked.created === true))
    return { change: { kind: "keep", path, why: "same" }, locked: created };
  if (locked?.created === true && hashText(before) === locked.hash)
    return {
      change: { kind: "replace", path, before: found.text, after: withLineEndsOf(found.text, whole.text), executable: false },
      locked: created,
    };
  const known = locked?.lines ?? [];
  const present = trimmedBodies(found.text);
  const kept = lines.filter((line) => restore || !known.includes(line) || present.has(line));
  const dropped = known.filter((line) => !lines.includes(line));
  const edited = replace(found.text, strategy, dropped, kept);
  if (!edited.ok) return { change: refusedEdit(path, edited), locked: locked ?? null };
  const { text } = edited;
  const notes = kept.length < lines.length ? ["lines that you removed stay removed"] : [];
  // A line that was there before is the user's.
  const written = lines.filter((line) => known.includes(line) || !present.has(line));
  const change = editOrKeep(path, found.text, text, notes, "edited");
  if (locked !== undefined && text === found.text && sameValue(known, written)) return { change, locked };
  const original = locked === undefined ? found.text : originalOf(found.text, locked);
  const undo = original === null ? {} : { undo: undoOf(text, original) };
  // Of a file that we made, the hash is that of our lines alone: with any other it holds lines of the user's.
  const entry: LockedFile =
    locked?.created === true ? { ...created, lines: written } : { strategy, hash: hashText(text), lines: written, ...undo };
  return { change, locked: entry };
}

/** Takes our lines out of a text, and the file that we made for them where nothing else is in it. */
export function takeLinesOut(path: string, text: string, locked: LockedFile): Change {
  if (locked.created === true && hashText(normalise(text)) === locked.hash) return { kind: "remove", path, before: text };
  const original = originalOf(text, locked);
  const left = original === null ? withoutLines(text, locked) : ({ ok: true, text: original } as const);
  if (!left.ok) return refusedEdit(path, left);
  if (locked.created === true && left.text.trim() === "") return { kind: "remove", path, before: text };
  return editOrKeep(path, text, left.text, locked.created === true ? ["it contains your lines, so it stays"] : [], "left");
}

/** Whether our lines are there, and can be told from others. */
export function observeLines(path: string, text: string, { strategy, lines = [] }: LockedFile): Observation[] {
  const taken = withoutLines(text, { strategy, lines });
  if (!taken.ok) {
    const { why, line, column } = taken;
    return [{ path, state: "changed", message: why, hint: "fix it there", where: { file: path, line, column } }];
  }
  const present = trimmedBodies(text);
  return [
    ...(lines.every((line) => present.has(line)) ? [] : [note(path, "edited", "generated lines were removed by hand")]),
    ...(strategy === "block" && isLastCounting(path) && hasBehindBlock(text, leader)
      ? [note(path, "edited", "lines behind the generated ones count before them")]
      : []),
  ];
}

/** The text without our lines. */
function withoutLines(text: string, { strategy, lines = [] }: Pick<LockedFile, "strategy" | "lines">): EditResult {
  return strategy === "block" ? removeBlock(text, leader) : removeLines(text, lines);
}

function replace(
  text: string,
  strategy: LinesPiece["strategy"],
  dropped: readonly string[],
  wanted: readonly string[],
): EditResult {
  // A block that the user took out whole is not put back empty.
  if (strategy === "block") return wanted.length === 0 ? { ok: true, text } : put(text, strategy, wanted);
  const left = removeLines(text, dropped);
  return left.ok ? put(left.text, strategy, wanted) : left;
}

const leader = "#";

function put(text: string, strategy: LinesPiece["strategy"], lines: readonly string[]): EditResult {
  return strategy === "block" ? ensureBlock(text, lines, leader) : ensureLines(text, lines);
}
