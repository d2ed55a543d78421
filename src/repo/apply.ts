/**
 * The only writer. Every file that would change is checked again and the whole run is written to the journal; then all new texts are staged
 * beside their targets and renamed, and what shall go is removed, one by one, the lock last. Whatever fails on the way is undone; what is
 * cut off, the next run finishes from the journal. It is synchronous on purpose: no signal handler runs between the first and the last step.
 */
import { chmodSync, lstatSync, mkdirSync, readlinkSync, renameSync, rmdirSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { decisionError, environmentError, isAppError } from "../errors.ts";
import { hashText } from "../lock/lock.ts";
import { conflictsOf, writesOf, type Plan, type Write } from "../plan/plan.ts";
import {
  hintFor,
  Journal,
  journalPath,
  locator,
  makeFolder,
  removeEmptyFolders,
  stage,
  temporaryOf,
  unlinkIfThere,
} from "./journal.ts";
import type { Step } from "./journal.ts";
import { look } from "./scan.ts";

interface Task {
  readonly write: Write;
  readonly step: Step;
  readonly target: string;
  readonly temporary: string;
}

/** What was done so far, each with the way back. */
type Undo = (() => void)[];

/**
 * Writes the plan. Throws with nothing changed: exit 3 where a file changed since the plan, exit 4 where the disk refuses or another run is
 * at work. Call `recoverInterrupted` before planning: a run that was cut off is finished here, too, but this plan is then too old.
 */
export function applyPlan(plan: Plan): void {
  if (conflictsOf(plan).length > 0) throw new Error("a plan with conflicts cannot be applied");
  const { root } = plan;
  const writes = writesOf(plan);
  if (writes.length === 0) return;
  const undo: Undo = [];
  let whole = true;
  try {
    makeFolderWithUndo(root, undo);
    const journal = new Journal(root);
    // Where something could not be put back, it stays, and the next run goes on to the end.
    undo.push(() => {
      if (whole) journal.end();
    });
    const inside = new Set<string>();
    for (const write of writes) refuseIfChanged(root, write, inside);
    const locate = locator(root);
    const tasks = writes.map((write) => taskOf(write, locate(write), journal.run));
    journal.commit(tasks.map(({ step }) => step));
    for (const folder of new Set(tasks.flatMap(({ step, target }) => (step.after === null ? [] : [dirname(target)]))))
      makeFolderWithUndo(folder, undo);
    for (const task of tasks) prepare(task, undo);
    refuseIfTakenOver(journal);
    for (const task of tasks) {
      // Once more, since staging takes a moment; where nothing was, a look at the name is enough.
      if (task.write.kind !== "create" || lstatSync(task.target, { throwIfNoEntry: false })) refuseIfChanged(root, task.write);
      // What another run has finished meanwhile is no longer ours to undo.
      const back = (act: () => void): number => undo.push(() => void (journal.isHeld() && act()));
      if (task.write.kind === "remove") remove(root, task, back);
      else replace(root, task, back);
    }
    journal.end();
  } catch (error) {
    for (const act of undo.reverse()) {
      try {
        act();
      } catch {
        whole = false;
      }
    }
    if (isAppError(error) && whole) throw error;
    const { code = "", path = root } = error as NodeJS.ErrnoException;
    const outcome = whole
      ? "Nothing was changed."
      : "Not everything could be put back: the next run finishes what this one began.";
    throw environmentError("cannot-write", `${path} cannot be written (${code || String(error)}). ${outcome}`, hintFor(code));
  }
}

function refuseIfChanged(root: string, write: Write, inside?: Set<string>): void {
  const found = look(root, write.path, inside);
  const expected = write.kind === "create" ? found.kind === "nothing" : found.kind === "text" && found.text === write.before;
  if (!expected) {
    throw decisionError("changed-meanwhile", `${write.path} changed since it was looked at. Nothing was written.`, "Run again.", {
      file: write.path,
    });
  }
}

function refuseIfTakenOver(journal: Journal): void {
  if (journal.isHeld()) return;
  const why = `${journalPath} was deleted while this run was writing, by another run or by hand. This one was stopped.`;
  throw environmentError("another-run", why, "Run again.", { file: journalPath });
}

function taskOf(write: Write, target: string | null, run: string): Task {
  const { path, kind } = write;
  if (target === null) {
    const why = `${path} leads into git's own folder through a symbolic link. Nothing was written.`;
    throw decisionError("link-into-git", why, "Remove that link.", { file: path });
  }
  const step: Step = {
    path,
    kind,
    before: kind === "create" ? null : hashText(write.before),
    after: kind === "remove" ? null : write.after,
    mode: kind === "create" ? (write.executable ? 0o755 : 0o644) : statSync(target).mode & 0o777,
  };
  return { write, step, target, temporary: temporaryOf(target, run) };
}

function prepare({ step, temporary }: Task, undo: Undo): void {
  if (step.after === null) return;
  undo.push(() => unlinkIfThere(temporary));
  stage(temporary, step, step.after);
}

function replace(root: string, { write, step, target, temporary }: Task, back: (act: () => void) => void): void {
  renameSync(temporary, target);
  back(() => {
    const found = look(root, step.path);
    // What somebody has changed in this moment stays.
    if (found.kind !== "text" || found.text !== step.after) return;
    if (write.kind === "create") unlinkSync(target);
    else putBack(write.before, step, target, temporary);
  });
}

function remove(root: string, { write, step, target, temporary }: Task, back: (act: () => void) => void): void {
  const link = lstatSync(target).isSymbolicLink() ? readlinkSync(target) : null;
  unlinkSync(target);
  back(() => {
    if (write.kind !== "remove" || look(root, step.path).kind !== "nothing") return;
    if (link === null) putBack(write.before, step, target, temporary);
    else symlinkSync(link, target);
  });
  removeEmptyFolders(root, step.path, (folder, mode) =>
    back(() => {
      mkdirSync(folder);
      chmodSync(folder, mode);
    }),
  );
}

function putBack(text: string, step: Step, target: string, temporary: string): void {
  stage(temporary, step, text);
  renameSync(temporary, target);
}

function makeFolderWithUndo(folder: string, undo: Undo): void {
  makeFolder(folder, (made) =>
    undo.push(() => {
      try {
        rmdirSync(made);
      } catch {
        // Somebody has put something into it meanwhile: it stays.
      }
    }),
  );
}
