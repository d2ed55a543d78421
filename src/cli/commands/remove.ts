/** Removes an environment from a repository, by its lock. */
import { loadEditors } from "../../edit/editors.ts";
import { usageError } from "../../errors.ts";
import { lockPath } from "../../lock/lock.ts";
import { planRemoval } from "../../plan/remove.ts";
import { refuseIfDifferent } from "../../plan/snapshot.ts";
import type { Outcome } from "../../report/json.ts";
import { damagedLock, readLockFile } from "../../repo/environment.ts";
import { findCwd, findTarget, takeSnapshot } from "../../repo/scan.ts";
import { findLeftOut, notCheckedOut } from "../../repo/sparse.ts";
import { specPath } from "../../spec/spec.ts";
import type { Command } from "../args.ts";
import type { Io } from "../io.ts";
import { tell, type Done } from "./done.ts";
import { visitAll, visitOf } from "./fleet.ts";
import { land, type Here } from "./landing.ts";
import { executePlan, framed, onScreen, openPrompt, settleEarlierRun, type Prompt } from "./plan-execution.ts";
import { openScreen, showPlan } from "./plan-screen.ts";
import { stepsAfter } from "./way.ts";

type RemoveCommand = Extract<Command, { kind: "remove" }>;

/** Runs it and gives the exit status: 0 removed or nothing to do, 3 if a decision is needed; the worst of several repositories. */
export async function runRemove(command: RemoveCommand, bare: Io): Promise<number> {
  const { directories, switches, landing } = command;
  const cwd = findCwd(bare.cwd, switches.cwd);
  const prompt = await openPrompt(switches, bare, !landing.summary && directories.length < 2);
  if (prompt === null && !switches.yes && !switches.dryRun) {
    throw usageError(
      "missing-answers",
      "Not an interactive terminal, so nothing was removed.",
      "Confirm with --yes, or preview with --dry-run.",
    );
  }
  if (directories.length > 1) {
    const how = { json: switches.json, markdown: landing.summary, cwd };
    return visitAll(directories, how, bare, async (target, directory) =>
      visitOf(
        await land(target, landing, switches, bare, (here) => remove(here, command, null)),
        directory,
        landing.summary,
        switches.diff,
      ),
    );
  }
  const target = findTarget(cwd, directories[0] ?? null);
  if (prompt !== null) openScreen("remove", target.root, prompt, bare);
  const done = await onScreen(prompt, bare, () =>
    land(target, landing, switches, framed(bare, prompt), (here) => remove(here, command, prompt)),
  );
  await tell(done, switches, landing, prompt, bare);
  return done.outcome.status === "conflict" ? 3 : 0;
}

async function remove(
  { target, io, write }: Here,
  { directories, switches, landing }: RemoveCommand,
  prompt: Prompt,
): Promise<Done> {
  const quiet = switches.json || landing.summary || directories.length > 1;
  if (!target.exists) throw usageError("no-such-folder", `${target.root} does not exist.`, "Name an existing folder.");
  const earlier = await settleEarlierRun(target.root, switches, prompt, io);
  const { lock, damaged, merge, found } = readLockFile(target.root);
  if (lock === null) {
    if (damaged) throw damagedLock(merge, "Restore it from git, or remove the files by hand.");
    throw usageError("no-environment", `${target.root} has no ${lockPath}, so there is no environment to remove.`);
  }
  const paths = Object.keys(lock.files);
  const snapshot = takeSnapshot(target.root, [specPath, lockPath, ...paths]);
  refuseIfDifferent(new Map([[lockPath, found]]), snapshot);
  const leftOut = await findLeftOut(target.root, snapshot, lock, io.env);
  if (leftOut.length > 0) throw notCheckedOut(leftOut);
  const basis = { snapshot, devcontainers: null };
  const editors = await loadEditors(paths);
  const { answers, opencode: release, pins = {}, revision } = lock;
  const made = { verb: "remove", lock, answers, release, pins, revision } as const;
  const { status, plan } = await executePlan(
    {
      build: (settle) => ({ ...planRemoval({ root: target.root, lock, snapshot, settle, editors }), basis }),
      warnings: earlier,
      show: async (shown) => (quiet ? undefined : showPlan(shown, [], switches, prompt, io)),
      question: write === undefined ? "Remove these?" : "Commit that these are removed?",
      write: write && ((ready) => write(ready, made)),
    },
    switches,
    prompt,
    io,
  );
  const next = stepsAfter(target.root, io.cwd, "Rebuild the container: a running one does not change.");
  const outcome: Outcome = { status, plan, resolved: [], revision: lock.revision, next, repeat: null };
  return { outcome, made };
}
