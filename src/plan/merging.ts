/**
 * The plan where git left the lock in conflict, because two branches were updated and merged. Each side's texts and lock are planned by themselves.
 * A file is written where both give the same text, so that no edit of either side is lost. Pure.
 */
import { readSides, type Sides } from "../edit/conflict-marks.ts";
import { lockPath, type Lock, type LockedFile } from "../lock/lock.ts";
import { specPath } from "../spec/spec.ts";
import { buildPlan, type PlanInput } from "./build.ts";
import type { Change, Plan } from "./plan.ts";
import type { FileState, Snapshot } from "./snapshot.ts";

type Side = keyof Sides;

/** Builds the plan; `input` has the lock of the first side. */
export function buildPlanOfMerge(input: PlanInput, second: Lock): Plan {
  const marked = new Map<string, Sides>();
  for (const [path, found] of input.snapshot) {
    const sides = found.kind === "text" && path !== lockPath && path !== specPath ? readSides(found.text) : null;
    if (sides !== null) marked.set(path, sides);
  }
  const locks: Record<Side, Lock | null> = { first: input.lock, second };
  const textsOf = (sideOf: (path: string) => Side): Snapshot =>
    new Map(
      [...input.snapshot].map(([path, found]): [string, FileState] => {
        const sides = marked.get(path);
        return [path, sides === undefined ? found : { kind: "text", text: sides[sideOf(path)] }];
      }),
    );
  const planOf = (side: Side): Map<string, Change> => {
    const { changes } = buildPlan({ ...input, snapshot: textsOf(() => side), lock: locks[side] });
    return new Map(changes.map((change) => [change.path, change]));
  };
  const plans = { first: planOf("first"), second: planOf("second") };
  // Of a file without marks one of the locks may know an older text: git merges neighbouring lines as one.
  const sideOf = (path: string): Side => {
    const [one, other] = [plans.first.get(path), plans.second.get(path)];
    return other !== undefined && doubt(one) > doubt(other) ? "second" : "first";
  };
  const paths = [...new Set(Object.values(locks).flatMap((lock) => Object.keys(lock?.files ?? {})))];
  const files = Object.fromEntries(
    paths.flatMap((path): [string, LockedFile][] => {
      const locked = locks[sideOf(path)]?.files[path] ?? locks.first?.files[path] ?? second.files[path];
      return locked === undefined ? [] : [[path, locked]];
    }),
  );
  // Nothing of it is a person's, also where git made a mixture of both sides that neither lock knows.
  const generatedOf = (path: string): string | null => {
    const piece = input.pieces.find((one) => one.path === path);
    const isKept = Object.values(locks).some((lock) => lock?.files[path]?.kept !== undefined);
    return piece?.strategy === "own" && !piece.edited && !isKept ? piece.text : null;
  };
  const plan = buildPlan({ ...input, snapshot: textsOf(sideOf), lock: { ...(input.lock ?? second), files } });
  return {
    ...plan,
    changes: plan.changes.map((change) => {
      const sides = marked.get(change.path);
      const found = input.snapshot.get(change.path);
      if (sides === undefined || found?.kind !== "text") return change;
      const [one = null, other] = (["first", "second"] as const).map((side) =>
        textAfter(plans[side].get(change.path), sides[side]),
      );
      const generated = generatedOf(change.path);
      const after = one === other ? one : generated;
      if (after === null) return unsettled(change.path);
      const executable = "executable" in change && change.executable;
      const kind = generated === null ? "edit" : "replace";
      return {
        kind,
        path: change.path,
        before: found.text,
        after,
        executable,
        ...("notes" in change && { notes: change.notes }),
      };
    }),
  };
}

/** How little a plan knows of a file. */
function doubt(change: Change | undefined): number {
  if (change === undefined) return 3;
  return change.kind === "conflict" ? 2 : change.kind === "keep" && change.why !== "same" ? 1 : 0;
}

/** The text of a file after a change; null if there is none, or a person has to decide. */
function textAfter(change: Change | undefined, before: string): string | null {
  if (change === undefined || change.kind === "conflict" || change.kind === "remove") return null;
  return change.kind === "keep" ? before : change.after;
}

function unsettled(path: string): Change {
  return {
    kind: "conflict",
    path,
    why: "has the marks of an unfinished merge, and its sides differ in more than what is generated",
    fix: "merge both sides by hand and run again",
    choices: [],
  };
}
