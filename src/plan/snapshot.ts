/** What lies in a repository at the paths of a plan, as values. */
import { decisionError } from "../errors.ts";

/** What lies at a path: its text, nothing, or something that is not a text file of this repository. */
export type FileState =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "nothing" }
  | {
      readonly kind: "other";
      readonly what: string;
      /** What to do about it, as an order; left out where it can only be moved away. */
      readonly fix?: string;
    };

/** The state of the repository at the planned paths. */
export type Snapshot = ReadonlyMap<string, FileState>;

/** Refuses what was made from a look at a file that has changed since. */
export function refuseChanged(path: string): never {
  throw decisionError("changed-meanwhile", `${path} changed while this ran. Nothing was written.`, "Run again.", {
    file: path,
  });
}

/** Refuses where a path that was looked at in both is not the same in both: another run has written between the two. */
export function refuseIfDifferent(earlier: Snapshot, later: Snapshot): void {
  for (const [path, found] of earlier) if (!isSameFound(found, later.get(path) ?? found)) refuseChanged(path);
}

/** Whether the same lies there. */
export function isSameFound(left: FileState, right: FileState): boolean {
  if (left.kind === "text") return right.kind === "text" && left.text === right.text;
  return left.kind === right.kind;
}
