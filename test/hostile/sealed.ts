/** Journals as a run that was cut off leaves them, and as somebody else would like them to be. */
import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { hashText } from "../../src/lock/lock.ts";
import { journalPath, type JournalStep } from "../../src/repo/journal-text.ts";
import { openSealKey, sealOf } from "../../src/repo/seal.ts";
import { state } from "../cli/harness.ts";
import { linesOf, textsOf } from "../support/journal.ts";

/** A process that was there and is no more. */
const dead = spawnSync(process.execPath, ["--version"]).pid;

/** The header of a run that was cut off just now. */
export const header = {
  version: 3,
  pid: dead,
  host: hostname(),
  run: "0123456789ab",
  startedAt: Date.now(),
  file: { uid: process.getuid?.() ?? 0, mode: 0o600, links: 1 },
};

/** A file that a run makes. */
export const create = (path: string, after: string, executable = false): JournalStep => ({
  path,
  kind: "create",
  before: null,
  after,
  executable,
});
/** One that it edits, or replaces. */
export const change = (kind: "edit" | "replace", path: string, before: string, after: string): JournalStep => ({
  path,
  kind,
  before: hashText(before),
  after,
  executable: false,
});
/** One that it takes away. */
export const remove = (path: string, before: string): JournalStep => ({
  path,
  kind: "remove",
  before: hashText(before),
  after: null,
  executable: false,
});

/** The key of these tests' user. */
export function keyFor(root: string): Buffer {
  return openSealKey(root, { XDG_STATE_HOME: state })!;
}

/** Lines and the commit, sealed with that key for that folder; without one unsealed. */
export function journalOf(lines: readonly (object | string)[], count: number, key: Buffer | null, root: string): string {
  const text = linesOf(lines);
  return `${text}${JSON.stringify({ commit: count, seal: key === null ? "" : sealOf(key, root, text) })}\n${textsOf(lines)}\n`;
}

/** Leaves in a repository what a run of this user has left there when it was cut off. */
export function leave(root: string, steps: readonly JournalStep[], changes: object = {}): void {
  leaveText(root, journalOf([{ ...header, ...changes }, ...steps], steps.length, keyFor(root), root));
}

/** Leaves that text as the journal, with a journal's permissions. */
export function leaveText(root: string, text: string): void {
  writeFileSync(join(root, journalPath), text);
  chmodSync(join(root, journalPath), 0o600);
}
