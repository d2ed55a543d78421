/** Where a change is written: into the folder, or onto a branch and into a pull request. */
import { isAppError, usageError, type AppError } from "../../errors.ts";
import { isEmpty, type Plan } from "../../plan/plan.ts";
import { questions } from "../../questions/table.ts";
import type { Outcome } from "../../report/json.ts";
import { hasEnvironment } from "../../repo/environment.ts";
import { guardEnvironment } from "../../repo/guarded-environment.ts";
import type { Branch } from "../../repo/branch.ts";
import type { Target } from "../../repo/scan.ts";
import { findBare, findPlace, resolveLinks } from "../../repo/work-tree.ts";
import { generatorVersion } from "../../version.ts";
import type { Landing, Switches } from "../args.ts";
import type { Io } from "../io.ts";
import { summarise, type Done } from "./done.ts";
import { stepsInto } from "./way.ts";

/** Where a command works: on the target itself, or on a copy of a branch's start point. */
export interface Here {
  readonly target: Target;
  readonly io: Io;
  /** Writes a plan onto the branch; absent if it is written into the folder. */
  readonly write?: (plan: Plan, made: Done["made"]) => Promise<void>;
}

/** Does the work in the right place. Throws what the work throws, and if git or the forge refuses. */
export async function land(
  target: Target,
  how: Landing,
  { dryRun }: Pick<Switches, "dryRun">,
  io: Io,
  work: (here: Here) => Promise<Done>,
): Promise<Done> {
  const bare = findBare(target.root);
  if (bare !== null && (how.branch === null || findPlace(target.root) === null)) throw bareRepository(target.root, bare);
  if (how.branch === null) return work({ target, io });
  const { isThere, openBranch, relocated, remoteDefault } = await import("../../repo/branch.ts");
  const forges = how.pullRequest ? await import("../../repo/forge.ts") : null;
  const place = findPlace(target.root);
  const forge = forges === null || place === null ? null : await forges.findForge(place, io.env);
  // A pull request targets the remote's default branch, and must not take along what is only here.
  const branch = await openBranch(target.root, how.branch, how.from ?? (how.pullRequest ? remoteDefault : "HEAD"), io.env);
  try {
    let commit: string | null = null;
    const done = await work({
      target: { root: branch.folder, exists: isThere(branch), fromGit: target.fromGit },
      // No program of the repository is started for the copy either.
      io: Object.create(io, { env: { value: guardEnvironment(io.env, target.root) } }) as Io,
      write: async (plan, made) => {
        const { formatMessage } = await import("../../report/message.ts");
        commit = await branch.commit(plan, formatMessage(plan, { ...made, questions }, generatorVersion));
      },
    });
    const plan = { ...done.outcome.plan, root: target.root };
    const outcome: Outcome = { ...done.outcome, plan, branch: { name: branch.name, commit } };
    const at = commit ?? branch.ahead?.hash ?? null;
    const isPlanned = outcome.status === "planned" && !isEmpty(plan);
    if (forges === null || forge === null || outcome.status === "conflict" || (at === null && !isPlanned))
      return { ...done, outcome: withNext(outcome, branch, io.cwd) };
    const request = { branch: branch.name, ...(await textsOf(done, outcome, branch)), into: intoOf(how) };
    const pull = dryRun
      ? { commands: forges.describeCommands(forge, request) }
      : { pullRequest: await forges.openPullRequest(forge, request, at!, branch.place, io.env) };
    return { ...done, outcome: { ...outcome, next: [], branch: { name: branch.name, commit, ...pull } } };
  } catch (error) {
    if (isAppError(error) && error.code === "no-environment" && hasEnvironment(target.root))
      throw usageError(
        "no-environment",
        `${target.root} has an environment, but the commit that ${branch.name} starts at has none.`,
        "Commit it first, or leave --branch out.",
      );
    throw relocated(error, branch.folder, target.root);
  } finally {
    branch.remove();
  }
}

/** Title and text of a pull request: of this change; without one, of the last commit that is on the branch already. */
async function textsOf({ made }: Done, outcome: Outcome, { ahead }: Branch): Promise<{ title: string; body: string }> {
  const { formatCommitted, formatSubject } = await import("../../report/message.ts");
  if (isEmpty(outcome.plan) && ahead !== null) return formatCommitted(ahead.message);
  return { title: formatSubject({ ...made, questions }), body: await summarise({ outcome, made }) };
}

function bareRepository(root: string, bare: string): AppError {
  const where = resolveLinks(root) === bare ? `${root} is` : `${root} is in ${bare},`;
  return usageError(
    "bare-repository",
    `${where} a git repository without a work tree: git tracks no file there.`,
    "Name a clone or a work tree of it (git clone, git worktree add).",
  );
}

/** The remote branch that a pull request targets; null for the default branch. */
function intoOf({ from }: Landing): string | null {
  if (from === null || /^[0-9a-f]{7,64}$/.test(from)) return null;
  return from.replace(/^(?:refs\/)?(?:(?:remotes\/)?origin\/|heads\/)/, "");
}

function withNext(outcome: Outcome, { name }: Branch, cwd: string): Outcome {
  const next = [...stepsInto(outcome.plan.root, cwd), `git show --stat ${name}`, `git push origin ${name}`];
  return { ...outcome, next: outcome.status === "written" ? next : [] };
}
