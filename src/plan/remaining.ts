/** What `check` would still find after a plan. An update reports these differences in the words of `check`. Pure. */
import type { Editors } from "../edit/editor.ts";
import { lockPath, normalise, parseLock } from "../lock/lock.ts";
import type { Demand } from "../vocabulary.ts";
import { fails, observe, type Observation } from "./check.ts";
import { changesOf, conflictsOf, writesOf, type Plan } from "./plan.ts";
import type { FileState, Snapshot } from "./snapshot.ts";

/** A plan's target and input. */
export interface Made {
  readonly snapshot: Snapshot;
  readonly demand: Demand;
  readonly editors: Editors;
}

/** The differences that a person has to resolve. None if the plan has conflicts, because the plan reports those. */
export function observeRemaining(plan: Plan, { snapshot, demand, editors }: Made): Observation[] {
  // If everything is unedited, nothing can remain.
  if (conflictsOf(plan).length > 0 || !changesOf(plan).some(isNotOurs)) return [];
  const after = new Map<string, FileState>(snapshot);
  for (const write of writesOf(plan))
    after.set(write.path, write.kind === "remove" ? { kind: "nothing" } : { kind: "text", text: write.after });
  const found = after.get(lockPath);
  const lock = found?.kind === "text" ? parseLock(normalise(found.text)) : null;
  return lock === null ? [] : observe({ lock, snapshot: after, changedKeys: [], demand, editors }).filter(fails);
}

function isNotOurs(change: ReturnType<typeof changesOf>[number]): boolean {
  return change.kind === "edit" || (change.kind === "keep" && change.why !== "same");
}
