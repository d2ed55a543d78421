/** Takes an environment out of a repository, by its lock. */
import { loadEditors } from "../../edit/editors.ts";
import { decisionError, usageError } from "../../errors.ts";
import { lockPath } from "../../lock/lock.ts";
import { planRemoval } from "../../plan/remove.ts";
import { refuseIfDifferent } from "../../plan/snapshot.ts";
import { formatOutcomeJson, type Outcome } from "../../report/json.ts";
import { readLockFile } from "../../repo/environment.ts";
import { findTarget, takeSnapshot } from "../../repo/scan.ts";
import { specPath } from "../../spec/spec.ts";
import type { Command } from "../args.ts";
import type { Io } from "../io.ts";
import { executePlan, openPrompt, settleEarlierRun } from "./plan-execution.ts";
import { showOutcome, showPlan } from "./plan-screen.ts";

const nextSteps = [
  "git diff, and commit what it shows",
  "Rebuild the container: one that runs already keeps what it was made with.",
];

/** Runs it and gives the exit status: 0 removed or nothing to do, 3 where something has to be decided. */
export async function runRemove({ directory, switches }: Extract<Command, { kind: "remove" }>, io: Io): Promise<number> {
  const prompt = await openPrompt(switches, io);
  const target = findTarget(switches.cwd === null ? io.cwd : findTarget(io.cwd, switches.cwd).root, directory);
  if (!target.exists) throw usageError("no-such-folder", `${target.root} does not exist.`, "Name an existing folder.");
  if (prompt === null && !switches.yes && !switches.dryRun) {
    throw usageError(
      "missing-answers",
      "Nobody can be asked here whether to remove it.",
      "Confirm it with --yes, or look first with --dry-run.",
    );
  }
  const earlier = await settleEarlierRun(target.root, switches, prompt, io);
  const { lock, damaged, found } = readLockFile(target.root);
  if (lock === null) {
    if (damaged) {
      throw decisionError(
        "lock-damaged",
        `${lockPath} is damaged or none of ours, so what was written here is not known.`,
        "Bring it back from git, or take the files out by hand.",
        { file: lockPath },
      );
    }
    throw usageError("no-environment", `${target.root} has no ${lockPath}: there is no environment to remove.`);
  }
  const paths = Object.keys(lock.files);
  const snapshot = takeSnapshot(target.root, [specPath, lockPath, ...paths]);
  refuseIfDifferent(new Map([[lockPath, found]]), snapshot);
  const basis = { snapshot, devcontainers: null };
  const editors = await loadEditors(paths);
  const { status, plan } = await executePlan(
    {
      build: (settle) => ({ ...planRemoval({ root: target.root, lock, snapshot, settle, editors }), basis }),
      warnings: earlier,
      show: async (shown) => (switches.json ? undefined : showPlan(shown, [], switches.diff, io)),
      question: "Remove these?",
    },
    switches,
    prompt,
    io,
  );
  const outcome: Outcome = { status, plan, resolved: [], revision: lock.revision, next: nextSteps, repeat: null };
  if (switches.json) io.stdout.write(formatOutcomeJson(outcome));
  else showOutcome(outcome, io);
  return status === "conflict" ? 3 : 0;
}
