/**
 * The only writer. Every file that would change is checked again, all new texts are staged beside their targets, then renamed one by one, the
 * lock last. Whatever fails on the way is undone. It is synchronous on purpose: no signal handler runs between the first and the last rename.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { decisionError, environmentError, isAppError } from "../errors.ts";
import { conflictsOf, writesOf, type Plan, type Write } from "../plan/plan.ts";
import { look } from "./scan.ts";

interface Staged {
  readonly write: Write;
  readonly target: string;
  readonly temporary: string;
}

/** Writes the plan. Throws with nothing changed: exit 3 where a file changed since the plan, exit 4 where the disk refuses. */
export function applyPlan(plan: Plan): void {
  if (conflictsOf(plan).length > 0) throw new Error("a plan with conflicts cannot be applied");
  const writes = writesOf(plan);
  for (const write of writes) refuseIfChanged(plan.root, write);
  // Of this run only: what an earlier one may have left is nobody's to write through.
  const run = randomBytes(6).toString("hex");
  const made: string[] = [];
  const staged: Staged[] = [];
  const renamed: Staged[] = [];
  try {
    for (const write of writes) {
      const named = join(plan.root, write.path);
      // A link within the repository stays one: what it leads to is replaced.
      const target = write.kind === "create" ? named : realpathSync(named);
      makeFolder(dirname(target), made);
      const temporary = `${target}.aperture-env-${run}.tmp`;
      staged.push({ write, target, temporary });
      stage(temporary, write, target);
    }
    for (const entry of staged) {
      // Once more, since staging takes a moment; where nothing was, a look at the name is enough.
      if (entry.write.kind !== "create" || existsSync(entry.target)) refuseIfChanged(plan.root, entry.write);
      renameSync(entry.temporary, entry.target);
      renamed.push(entry);
    }
  } catch (error) {
    undo(staged, renamed, made);
    if (isAppError(error)) throw error;
    const { code = "", path = plan.root } = error as NodeJS.ErrnoException;
    throw environmentError(
      "cannot-write",
      `${path} cannot be written (${code || String(error)}). Nothing was changed.`,
      hintFor(code),
    );
  }
}

function refuseIfChanged(root: string, write: Write): void {
  const found = look(root, write.path);
  const expected = write.kind === "create" ? found.kind === "nothing" : found.kind === "text" && found.text === write.before;
  if (!expected) {
    throw decisionError("changed-meanwhile", `${write.path} changed since it was looked at. Nothing was written.`, "Run again.", {
      file: write.path,
    });
  }
}

/** Makes a folder and its parents, noting which were missing. */
function makeFolder(folder: string, made: string[]): void {
  const missing: string[] = [];
  for (let current = resolve(folder); statSync(current, { throwIfNoEntry: false }) === undefined; current = dirname(current))
    missing.unshift(current);
  for (const current of missing) {
    mkdirSync(current);
    made.push(current);
  }
}

function stage(temporary: string, write: Write, target: string): void {
  const mode = write.kind === "create" ? (write.executable ? 0o755 : 0o644) : statSync(target).mode & 0o7777;
  const descriptor = openSync(temporary, "wx", mode);
  try {
    writeFileSync(descriptor, write.after);
    // A new file costs nobody anything; a user's text must be on the disk before its place is taken.
    if (write.kind !== "create") fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  // The mode of an existing file is kept whatever the umask is.
  if (write.kind !== "create") chmodSync(temporary, mode);
}

function undo(staged: readonly Staged[], renamed: readonly Staged[], made: readonly string[]): void {
  for (const { write, target, temporary } of [...renamed].reverse()) {
    if (write.kind === "create") rmSync(target, { force: true });
    else {
      stage(temporary, { ...write, after: write.before }, target);
      renameSync(temporary, target);
    }
  }
  for (const { temporary } of staged) rmSync(temporary, { force: true });
  for (const folder of [...made].reverse()) {
    try {
      rmdirSync(folder);
    } catch {
      // Somebody has put something into it meanwhile: it stays.
    }
  }
}

function hintFor(code: string): string {
  if (code === "ENOSPC") return "The disk is full.";
  if (code === "EROFS") return "The file system is read-only.";
  return "Check the permissions of the folder.";
}
