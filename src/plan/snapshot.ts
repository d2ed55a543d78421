/** The content of a repository at a plan's paths, as values. */
import { decisionError } from "../errors.ts";

/** The content at a path: a text, nothing, or something that is not a text file of this repository. */
export type FileState =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "nothing" }
  | {
      readonly kind: "other";
      readonly what: string;
      /** The fix, as an imperative; absent if it can only be moved away. */
      readonly fix?: string;
    };

/** The state of the repository at the planned paths. */
export type Snapshot = ReadonlyMap<string, FileState>;

/** Refuses a plan if a file has changed since it was read. */
export function refuseChanged(path: string): never {
  throw decisionError("changed-meanwhile", `${path} changed while this ran. Nothing was written.`, "Run again.", {
    file: path,
  });
}

/** Refuses if a path differs between two snapshots: another run has written meanwhile. */
export function refuseIfDifferent(earlier: Snapshot, later: Snapshot): void {
  for (const [path, found] of earlier) if (!isSameFound(found, later.get(path) ?? found)) refuseChanged(path);
}

/** Whether both contents are the same. */
export function isSameFound(left: FileState, right: FileState): boolean {
  if (left.kind === "text") return right.kind === "text" && left.text === right.text;
  return left.kind === right.kind;
}
