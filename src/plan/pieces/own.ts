/**
 * Files that are ours as a whole. What is not there is created; what is as we wrote it is replaced; what the user edited stays where nothing
 * new would come, is merged three ways where people are expected to edit, and is a conflict otherwise; what the user deleted stays deleted;
 * what the lock does not know is the user's and never replaced. Pure.
 */
import { readObject } from "../../edit/jsonc.ts";
import { mergeLines, mergeValues, type Side } from "../../edit/merge3.ts";
import { alignStages } from "../../edit/stages.ts";
import { hashText, normalise, type LockedFile } from "../../lock/lock.ts";
import type { OwnPiece } from "../../vocabulary.ts";
import { note, type Observation } from "../observation.ts";
import type { Change, Settlement } from "../plan.ts";
import type { FileState } from "../snapshot.ts";
import { notAFile, type Planned } from "./piece.ts";

/** Plans one file. `settle` is what to do with a conflict that can be settled. */
export function planOwn(file: OwnPiece, found: FileState, locked: LockedFile | undefined, settle: Settlement | null): Planned {
  const { path, text: after, executable } = file;
  const entry: LockedFile = { strategy: "own", hash: hashText(after), ...(file.edited && { ancestor: after.split("\n") }) };
  if (found.kind === "other") return { change: notAFile(path, found.what), locked: locked ?? null };
  if (found.kind === "nothing") {
    return locked === undefined
      ? { change: { kind: "create", path, after, executable }, locked: entry }
      : { change: { kind: "keep", path, why: "deleted" }, locked: { ...locked, deleted: true } };
  }
  const before = found.text;
  if (normalise(before) === after) return { change: { kind: "keep", path, why: "same" }, locked: entry };
  if (locked === undefined) return { change: foreign(path, before, after, settle), locked: null };
  const edited: Planned = { change: { kind: "keep", path, why: "edited" }, locked: entry };
  const text = normalise(before);
  if (hashText(text) === locked.hash) return { change: { kind: "replace", path, before, after, executable }, locked: entry };
  if (locked.hash === entry.hash)
    return { ...edited, locked: { ...entry, ...(locked.kept !== undefined && { kept: locked.kept }) } };
  const merged = merge(file, before, locked, sideOf(settle));
  if (merged === null) {
    if (settle === "keep") return { ...edited, locked: { ...entry, kept: hashText(text) } };
    if (settle === "replace") return { change: { kind: "replace", path, before, after, executable }, locked: entry };
    return { change: conflictOf(file, before), locked };
  }
  return merged === before ? edited : { change: { kind: "edit", path, before, after: merged, executable }, locked: entry };
}

/** Takes a file out that is as we wrote it; one that the user edited stays. */
export function takeOwnOut(path: string, text: string, { hash }: LockedFile): Change {
  return hashText(normalise(text)) === hash
    ? { kind: "remove", path, before: text }
    : { kind: "keep", path, why: "left", notes: ["you edited it: delete it where you no longer need it"] };
}

/** Whether it is as we wrote it, or as it may be otherwise. `decidedBy` are the keys of the spec that say what it says. */
export function observeOwn(path: string, text: string, locked: LockedFile, decidedBy: string): Observation[] {
  const found = hashText(normalise(text));
  if (found === locked.hash) return [];
  if (found === locked.kept) return [note(path, "kept", "was edited by hand, and kept so")];
  if (locked.ancestor !== undefined) return [note(path, "edited", "was edited by hand, as it may be")];
  const instead = decidedBy === "" ? "" : `; what it says is for ${decidedBy} in the spec to decide`;
  return [{ path, state: "changed", message: "was edited by hand, and is generated", hint: `bring it back from git${instead}` }];
}

/** The user's text with what is new in ours, or null where both changed the same place, or where the lock has no ancestor. */
function merge(file: OwnPiece, text: string, { ancestor: written }: LockedFile, side: Side | null): string | null {
  if (written === undefined) return null;
  const asWritten = { mine: text, ancestor: written };
  const aligned = /(?:^|\/)Dockerfile$/.test(file.path) ? alignStages(text, written, file.text) : asWritten;
  if (aligned === null) return null;
  const { mine, ancestor } = aligned;
  const isJson = file.path.endsWith(".json");
  const byLine = mergeLines(mine, ancestor, file.text);
  if (byLine !== null && (!isJson || readObject(byLine).ok)) return byLine;
  if (isJson) return mergeValues(mine, ancestor.join("\n"), file.text, side);
  return side === null ? null : mergeLines(mine, ancestor, file.text, side);
}

/** `keep` is the user's side. */
function sideOf(settle: Settlement | null): Side | null {
  return settle === null ? null : settle === "keep" ? "mine" : "theirs";
}

function foreign(path: string, before: string, after: string, settle: Settlement | null): Change {
  if (settle === "keep") return { kind: "keep", path, why: "left" };
  return {
    kind: "conflict",
    path,
    why: "is there and was not written by create-aperture-env",
    fix: "move it away, or take what you need of it into a file of another name, and run again",
    choices: ["keep"],
    before,
    after,
  };
}

function conflictOf({ path, text: after, edited, decidedBy }: OwnPiece, before: string): Change {
  const instead =
    decidedBy === ""
      ? "nothing in the spec changes it"
      : `in the spec ${decidedBy} ${/ and |,/.test(decidedBy) ? "decide" : "decides"} what it says`;
  return {
    kind: "conflict",
    path,
    why: edited
      ? "was edited in a place where the spec or this version now gives something else"
      : `was edited by hand, and the spec or this version now gives something else; ${instead}`,
    fix: edited
      ? "bring the two together there by hand, or choose with --on-conflict keep (yours) or replace (ours), in these places only"
      : "take your edit out, or choose with --on-conflict keep (your file stays) or replace (it goes)",
    choices: ["keep", "replace"],
    before,
    after,
  };
}
