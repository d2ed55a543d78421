/** Plans, outcomes and errors as one JSON object each, for programs. Fields are only ever added while `schemaVersion` stays. */
import type { CatalogueRelease } from "../catalog/release.ts";
import { isAppError } from "../errors.ts";
import { fails, type Observation } from "../plan/check.ts";
import type { Finding } from "../plan/findings.ts";
import { changesOf, conflictsOf, type Plan } from "../plan/plan.ts";
import type { VerificationStep } from "../verify/verify.ts";
import type { Resolved } from "../questions/resolve.ts";
import { json, shown, type Shown } from "../text/terminal.ts";

/** A change on a branch. */
export interface Landed {
  readonly name: string;
  /** Null where nothing was committed. */
  readonly commit: string | null;
  /** The address of the pull request. */
  readonly pullRequest?: string;
  /** What would push it and open one. */
  readonly commands?: readonly string[];
}

/** The result of a writing run. */
export interface Outcome {
  readonly status: "written" | "unchanged" | "planned" | "conflict";
  readonly plan: Plan;
  readonly resolved: readonly Resolved[];
  readonly revision: string;
  readonly next: readonly string[];
  /** The command that does the same again; null where that is the command itself. */
  readonly repeat: string | null;
  /** The text of a pull request, where it was asked for. */
  readonly summary?: string;
  /** Where it was to be committed. */
  readonly branch?: Landed;
}

/** A plan's changes; texts are left out but for conflicts' reasons. */
export function describeChanges(plan: Plan): object[] {
  return changesOf(plan).map((change) => {
    const { kind, path } = change;
    const notes = "notes" in change && change.notes !== undefined ? { notes: change.notes } : {};
    if (change.kind === "keep") return { kind, path, why: change.why, ...notes };
    if (change.kind !== "conflict") return { kind, path, ...notes };
    const { why, fix, choices, where } = change;
    return { kind, path, why, fix, choices, ...(where && { where }) };
  });
}

/** The outcome with every planned change. */
export function formatOutcomeJson({ status, plan, resolved, revision, next, repeat, summary, branch }: Outcome): Shown {
  const answers = Object.fromEntries(resolved.map(({ question, value, source }) => [question.id, { value, source }]));
  return print({
    schemaVersion: 1,
    status,
    root: plan.root,
    revision,
    answers,
    changes: describeChanges(plan),
    conflicts: conflictsOf(plan).length,
    remaining: (plan.remaining ?? []).map(describeObservation),
    warnings: plan.warnings,
    findings: plan.findings.map(describeFinding),
    next: status === "written" ? next : [],
    ...(repeat !== null && { repeat }),
    ...(summary !== undefined && { summary }),
    ...(branch !== undefined && { branch }),
  });
}

/** A finding without what only this program uses. */
export function describeFinding({ code, where, message, hint }: Finding): Omit<Finding, "fixes"> {
  return { code, where, message, hint };
}

/** An observation, with whether it fails a check. */
export function describeObservation(observation: Observation): Observation & { readonly fails: boolean } {
  return { ...observation, fails: fails(observation) };
}

/** What a check came to; with where the model catalogue is from, if that was asked. */
export function formatCheckJson(
  root: string,
  observations: readonly Observation[],
  findings: readonly Finding[],
  catalogue: CatalogueRelease | null = null,
): Shown {
  const status = observations.some(fails) ? "drift" : "fine";
  return print({
    schemaVersion: 1,
    status,
    root,
    observations: observations.map(describeObservation),
    findings: findings.map(describeFinding),
    ...(catalogue !== null && { catalogue }),
  });
}

/** What a verification came to. */
export function formatVerificationJson(root: string, config: string, steps: readonly VerificationStep[]): Shown {
  return print({ schemaVersion: 1, status: steps.every(({ ok }) => ok) ? "works" : "fails", root, config, steps });
}

/** An error's fields, for people and programs; one that is not for people is `internal`. */
export function describeError(error: unknown): { code: string; exit: number; message: string } {
  if (!isAppError(error)) return { code: "internal", exit: 1, message: String(error) };
  const { code, exit, message, hint, where } = error;
  return { code, exit, message, ...(hint !== undefined && { hint }), ...(where && { where }) };
}

/** An error as the one object of a run. */
export function formatErrorJson(error: unknown): Shown {
  return print({ schemaVersion: 1, status: "error", error: describeError(error) });
}

function print(value: unknown): Shown {
  return shown`${json(value, 2)}\n`;
}
