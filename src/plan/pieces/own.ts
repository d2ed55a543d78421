/**
 * Files that are generated as a whole. A missing file is created. An unedited file is replaced. A file that the user edited stays if nothing new
 * would be written, is merged three ways if people may edit it, and is a conflict otherwise. A file that the user deleted stays deleted. A file that
 * the lock does not contain belongs to the user and is never replaced. Pure.
 */
import type { Editor } from "../../edit/editor.ts";
import { hasDistinctKeys } from "../../edit/jsonc.ts";
import { mergeLines, mergeValues, type Side } from "../../edit/merge3.ts";
import { settlePins } from "../../edit/pinned-lines.ts";
import { sayLines } from "../../edit/resolution.ts";
import { alignStages } from "../../edit/stages.ts";
import { hashText, normalise, withLineEndsOf, type LockedFile } from "../../lock/lock.ts";
import type { OwnPiece } from "../../vocabulary.ts";
import { findFaults, type Fault, type Meant } from "../faults/faults.ts";
import { note, orRestore, type Observation } from "../observation.ts";
import type { Change, Settlement } from "../plan.ts";
import type { FileState } from "../snapshot.ts";
import { notAFile, type Handling, type Planned } from "./piece.ts";

/** Plans one file. */
export function planOwn(
  file: OwnPiece,
  found: FileState,
  locked: LockedFile | undefined,
  handling: Handling,
  editor: Editor,
): Planned {
  const { path, text: ours, executable } = file;
  const { settle, restore, meant } = handling;
  const entry: LockedFile = { strategy: "own", hash: hashText(ours), ...(file.edited && { ancestor: ours.split("\n") }) };
  if (found.kind === "other") return { change: notAFile(path, found), locked: locked ?? null };
  if (found.kind === "nothing") {
    return locked === undefined || restore
      ? { change: { kind: "create", path, after: ours, executable }, locked: entry }
      : { change: { kind: "keep", path, why: "deleted" }, locked: { ...locked, deleted: true } };
  }
  const before = found.text;
  const text = normalise(before);
  if (text === ours) return { change: { kind: "keep", path, why: "same" }, locked: entry };
  // A shell reads a carriage return as a part of the word before it.
  const after = executable ? ours : withLineEndsOf(before, ours);
  const replaced: Planned = { change: { kind: "replace", path, before, after, executable }, locked: entry };
  if (locked === undefined) return { change: foreign(path, before, after, settle), locked: null };
  if (hashText(text) === locked.hash) return replaced;
  const edited: Planned = { change: { kind: "keep", path, why: "edited" }, locked: entry };
  const [fault] = restore && file.edited ? findFaults(before, file.judgedAs, meant, editor) : [];
  // A generated text contains nothing of the user's, and neither does an empty file.
  if (restore && (!file.edited || text.trim() === "" || (fault !== undefined && settle === "replace"))) return replaced;
  if (fault !== undefined && settle === null) return { change: faulty(file, before, after, fault), locked };
  if (locked.hash === entry.hash)
    return { ...edited, locked: { ...entry, ...(locked.kept !== undefined && { kept: locked.kept }) } };
  const merged = merge(file, before, locked, sideOf(settle));
  if (merged === null) {
    if (settle === "keep")
      return { ...edited, locked: { ...entry, ...(decidesTheSame(text, ours, handling) && { kept: hashText(text) }) } };
    return settle === "replace" ? replaced : { change: conflictOf(file, before, after), locked };
  }
  return merged === before ? edited : { change: { kind: "edit", path, before, after: merged, executable }, locked: entry };
}

/** Removes an unedited file; an edited one stays. */
export function takeOwnOut(path: string, text: string, { hash }: LockedFile): Change {
  return hashText(normalise(text)) === hash
    ? { kind: "remove", path, before: text }
    : { kind: "keep", path, why: "left", notes: ["you edited it: delete it if you no longer need it"] };
}

/** Whether the file is unedited, or edited in an allowed way; `file` describes which spec keys decide its content. */
export function observeOwn(
  path: string,
  text: string,
  locked: LockedFile,
  { decidedBy, judgedAs }: Pick<OwnPiece, "decidedBy" | "judgedAs">,
  meant: Meant,
  editor: Editor,
): Observation[] {
  const found = hashText(normalise(text));
  if (found === locked.hash) return [];
  const faults = locked.ancestor === undefined ? [] : findFaults(text, judgedAs, meant, editor);
  if (faults.length > 0)
    return faults.map(({ what, fix, line, column }) => ({
      path,
      state: "changed",
      message: what,
      hint: orRestore(fix),
      where: { file: path, line, column },
    }));
  if (found === locked.kept) return [note(path, "kept", "was edited by hand, and stays edited")];
  if (locked.ancestor !== undefined) return [note(path, "edited", "was edited by hand, which is allowed")];
  const instead = decidedBy === "" ? "" : `; to change it, set ${decidedBy} in the spec`;
  return [
    {
      path,
      state: "changed",
      message: "is generated, but was edited by hand",
      hint: `${orRestore("restore it from git")}${instead}`,
    },
  ];
}

/** The user's text merged with the new version, or null if both changed the same place, or the lock has no ancestor. */
function merge(file: OwnPiece, text: string, { ancestor: written }: LockedFile, side: Side | null): string | null {
  if (written === undefined) return null;
  const asWritten = { mine: text, ancestor: written };
  const aligned = /(?:^|\/)Dockerfile$/.test(file.path) ? alignStages(text, written, file.text) : asWritten;
  if (aligned === null) return null;
  const { ancestor } = aligned;
  const { mine, theirs } = settlePins(aligned.mine, ancestor, file.text);
  const isJson = file.path.endsWith(".json");
  const byLine = mergeLines(mine, ancestor, theirs);
  if (byLine !== null && (!isJson || hasDistinctKeys(byLine))) return byLine;
  return isJson ? mergeValues(mine, ancestor.join("\n"), theirs, side) : mergeLines(mine, ancestor, theirs, side, sayLines);
}

/** Whether an edited text still has every generated word on the lines that decide which gateway is used and what runs. */
function decidesTheSame(mine: string, ours: string, { decisive }: Handling): boolean {
  const words = new Set(mine.split(/\s+/));
  return ours
    .split("\n")
    .filter((line) => decisive.some((value) => line.includes(value)))
    .every((line) => line.split(/\s+/).every((word) => word === "" || words.has(word)));
}

/** `keep` means the user's side. */
function sideOf(settle: Settlement | null): Side | null {
  return settle === null ? null : settle === "keep" ? "mine" : "theirs";
}

function foreign(path: string, before: string, after: string, settle: Settlement | null): Change {
  if (settle === "keep") return { kind: "keep", path, why: "left" };
  return {
    kind: "conflict",
    path,
    why: "exists and was not written by create-aperture-env",
    fix: "move it away, or copy what you need to a file with another name, and run again",
    choices: ["keep"],
    before,
    after,
  };
}

/** Restoring would lose the user's text, so the user has to decide. */
function faulty({ path }: OwnPiece, before: string, after: string, { line, column, what, fix }: Fault): Change {
  return {
    kind: "conflict",
    path,
    where: { file: path, line, column },
    why: what,
    fix: `${fix}; or choose with --on-conflict replace (overwrite the whole file) or keep (leave it)`,
    choices: ["keep", "replace"],
    before,
    after,
  };
}

function conflictOf({ path, edited, decidedBy }: OwnPiece, before: string, after: string): Change {
  const instead =
    decidedBy === ""
      ? "nothing in the spec changes it"
      : `in the spec ${decidedBy} ${/ and |,/.test(decidedBy) ? "decide" : "decides"} what it says`;
  return {
    kind: "conflict",
    path,
    why: edited
      ? "was edited in a place that the spec or this version now generates differently"
      : `was edited by hand, but the spec or this version now generates something else; ${instead}`,
    fix: edited
      ? "merge both by hand and run again, or choose with --on-conflict keep (yours) or replace (generated), for these places only"
      : "undo your edit, or choose with --on-conflict keep (your file stays) or replace (your edit is lost)",
    choices: ["keep", "replace"],
    before,
    after,
  };
}
