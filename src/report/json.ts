/** Plans, outcomes and errors as one JSON object each, for programs. Fields are only ever added while `schemaVersion` stays. */
import { isAppError } from "../errors.ts";
import { changesOf, conflictsOf, type Plan } from "../plan/plan.ts";
import type { Resolved } from "../questions/resolve.ts";

/** What a run of `create` came to. */
export interface CreateOutcome {
  readonly status: "written" | "unchanged" | "planned" | "conflict";
  readonly plan: Plan;
  readonly resolved: readonly Resolved[];
  readonly revision: string;
  readonly next: readonly string[];
  readonly repeat: string;
}

/** The outcome with every planned change; texts are left out but for conflicts' reasons. */
export function formatCreateJson({ status, plan, resolved, revision, next, repeat }: CreateOutcome): string {
  const changes = changesOf(plan).map((change) => {
    const { kind, path } = change;
    if (change.kind === "keep") return { kind, path, why: change.why };
    if (change.kind === "conflict")
      return { kind, path, why: change.why, fix: change.fix, ...(change.where && { where: change.where }) };
    return { kind, path };
  });
  const answers = Object.fromEntries(resolved.map(({ question, value, source }) => [question.id, { value, source }]));
  return print({
    schemaVersion: 1,
    status,
    root: plan.root,
    revision,
    answers,
    changes,
    conflicts: conflictsOf(plan).length,
    warnings: plan.warnings,
    next,
    repeat,
  });
}

/** An error; one that is not for people is `internal`. */
export function formatErrorJson(error: unknown): string {
  if (!isAppError(error))
    return print({ schemaVersion: 1, status: "error", error: { code: "internal", exit: 1, message: String(error) } });
  const { code, exit, message, hint, where } = error;
  return print({
    schemaVersion: 1,
    status: "error",
    error: { code, exit, message, ...(hint !== undefined && { hint }), ...(where && { where }) },
  });
}

function print(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
