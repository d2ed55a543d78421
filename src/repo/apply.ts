/**
 * The only writer. Every file that would change is checked again, and the whole run is written to the journal. Then all new texts are staged next to
 * their targets and renamed, and obsolete files are removed one by one, the lock last. A failure undoes everything; an interrupted run is finished by
 * the next run from the journal. It is synchronous on purpose: no signal handler runs between the first and the last step.
 */
import { chmodSync, lstatSync, mkdirSync, readlinkSync, renameSync, rmdirSync, symlinkSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { decisionError, environmentError, isAppError } from "../errors.ts";
import { hashText } from "../lock/lock.ts";
import { conflictsOf, writesOf, type Plan, type Write } from "../plan/plan.ts";
import { isSameFound, refuseChanged } from "../plan/snapshot.ts";
import { diskError } from "./disk-errors.ts";
import { journalPath, type JournalStep } from "./journal-text.ts";
import { Journal } from "./journal.ts";
import { findDevcontainers, look } from "./scan.ts";
import type { SealKey } from "./seal.ts";
import { locator, makeFolder, removeEmptyFolders, rightsOf, type Rights, stage, temporaryOf, unlinkIfThere } from "./staging.ts";

interface Task {
  readonly write: Write;
  readonly step: JournalStep;
  readonly target: string;
  readonly temporary: string;
  readonly rights: Rights;
}

/** The steps so far, each with its undo. */
type Undo = (() => void)[];

/**
 * Writes the plan. Throws with nothing changed: exit 3 if the plan's input has changed since, exit 4 if the disk refuses or another run is writing.
 * With the user's key, an interrupted run can be finished by the next. Call `recoverInterrupted` before planning: here, remains of an earlier run are
 * only an obstacle.
 */
export function applyPlan(plan: Plan, key: SealKey = null): void {
  if (conflictsOf(plan).length > 0) throw new Error("a plan with conflicts cannot be applied");
  const { root } = plan;
  const writes = writesOf(plan);
  if (writes.length === 0) return;
  const undo: Undo = [];
  let whole = true;
  try {
    makeFolderWithUndo(root, undo);
    const journal = new Journal(root, key);
    // If something could not be undone, the journal stays, and the next run finishes the change.
    undo.push(() => {
      if (whole) journal.end();
    });
    const inside = new Set<string>();
    for (const write of writes) if (plan.basis?.snapshot.has(write.path) !== true) refuseIfChanged(root, write, inside);
    refuseIfMoved(plan, inside);
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
      // Changes that another run has finished meanwhile must not be undone.
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
    const outcome = whole
      ? "Nothing was changed."
      : "Not everything could be put back: the next run finishes what this one began.";
    throw diskError(error, { path: root, done: "written", outcome });
  }
}

function refuseIfChanged(root: string, write: Write, inside?: Set<string>): void {
  const found = look(root, write.path, inside);
  const expected = write.kind === "create" ? found.kind === "nothing" : found.kind === "text" && found.text === write.before;
  if (!expected) refuseChanged(write.path);
}

/**
 * Refuses (`changed-meanwhile`) where what a plan was made from has changed since. Another run may have written between
 * the look and this run's own journal, from which on no other does.
 */
export function refuseIfMoved(plan: Plan, inside: Set<string> = new Set()): void {
  const { root, basis } = plan;
  if (basis === undefined) return;
  for (const [path, before] of basis.snapshot) if (!isSameFound(look(root, path, inside), before)) refuseChanged(path);
  if (basis.devcontainers === null) return;
  const before = new Set(basis.devcontainers);
  const appeared = findDevcontainers(root).find((path) => !before.delete(path));
  const [moved = appeared] = before;
  if (moved !== undefined) refuseChanged(moved);
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
  const step: JournalStep = {
    path,
    kind,
    before: kind === "create" ? null : hashText(write.before),
    after: kind === "remove" ? null : write.after,
    executable: kind === "create" && write.executable,
  };
  return { write, step, target, temporary: temporaryOf(target, run), rights: rightsOf(target, step) };
}

function prepare({ step, temporary, rights }: Task, undo: Undo): void {
  if (step.after === null) return;
  undo.push(() => unlinkIfThere(temporary));
  stage(temporary, step.kind, rights, step.after);
}

function replace(root: string, task: Task, back: (act: () => void) => void): void {
  const { write, step, target, temporary } = task;
  renameSync(temporary, target);
  back(() => {
    const found = look(root, step.path);
    // A change that was made at this moment stays.
    if (found.kind !== "text" || found.text !== step.after) return;
    if (write.kind === "create") unlinkSync(target);
    else putBack(write.before, task);
  });
}

function remove(root: string, task: Task, back: (act: () => void) => void): void {
  const { write, step, target } = task;
  const link = lstatSync(target).isSymbolicLink() ? readlinkSync(target) : null;
  unlinkSync(target);
  back(() => {
    if (write.kind !== "remove" || look(root, step.path).kind !== "nothing") return;
    if (link === null) putBack(write.before, task);
    else symlinkSync(link, target);
  });
  removeEmptyFolders(root, step.path, (folder, mode) =>
    back(() => {
      mkdirSync(folder);
      chmodSync(folder, mode);
    }),
  );
}

function putBack(text: string, { step, target, temporary, rights }: Task): void {
  stage(temporary, step.kind, rights, text);
  renameSync(temporary, target);
}

function makeFolderWithUndo(folder: string, undo: Undo): void {
  makeFolder(folder, (made) =>
    undo.push(() => {
      try {
        rmdirSync(made);
      } catch {
        // The folder is not empty any more: it stays.
      }
    }),
  );
}
