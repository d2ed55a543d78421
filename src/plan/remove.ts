/** The plan that removes an environment from a repository, by its lock. Pure. */
import type { Editors } from "../edit/editor.ts";
import { lockPath, type Lock } from "../lock/lock.ts";
import { specPath } from "../spec/spec.ts";
import { sortByPath } from "./build.ts";
import { takeOut } from "./pieces/index.ts";
import { notAFile } from "./pieces/piece.ts";
import type { Change, Settlement, Plan } from "./plan.ts";
import type { Snapshot } from "./snapshot.ts";

/** The input of such a plan. */
export interface RemovalInput {
  readonly root: string;
  readonly lock: Lock;
  readonly snapshot: Snapshot;
  readonly settle: (path: string) => Settlement | null;
  readonly editors: Editors;
}

/** Builds it: unedited parts are removed, edited parts stay and are listed, the lock is removed last. */
export function planRemoval({ root, lock, snapshot, settle, editors }: RemovalInput): Plan {
  const changes = Object.entries(lock.files).flatMap(([path, file]): Change[] => {
    const change = takeOut(path, snapshot.get(path) ?? { kind: "nothing" }, file, settle(path), editors);
    return change === null ? [] : [change];
  });
  const spec = snapshot.get(specPath);
  // A handwritten spec is not in the lock.
  if (lock.files[specPath] === undefined && spec?.kind === "text")
    changes.push({
      kind: "keep",
      path: specPath,
      why: "left",
      notes: ["it was not written by this program: delete it if you no longer need it"],
    });
  const found = snapshot.get(lockPath);
  const common = { root, warnings: [], findings: [] };
  if (found?.kind !== "text")
    return {
      ...common,
      changes: sortByPath([...changes, notAFile(lockPath, found ?? { kind: "nothing" })]),
      lock: null,
    };
  return { ...common, changes: sortByPath(changes), lock: { kind: "remove", path: lockPath, before: found.text } };
}
