/** The Feature folders of a repository, and the files in each. Pure. */
import { workspaceOf } from "../catalog/files.ts";
import type { Shape, WantedFile } from "../vocabulary.ts";

/**
 * Files that each Feature folder has, `filesIn` as they lie at the repository's top for a folder that somebody opens; that at the top is the empty
 * text.
 */
export function inEachWorkspace(shape: Shape, filesIn: (workspace: string) => readonly WantedFile[]): readonly WantedFile[] {
  const workspaces = shape.kind === "own" ? [""] : [...new Set(shape.files.map(workspaceOf))].sort();
  return workspaces.flatMap((workspace) =>
    filesIn(workspace).map((one) =>
      workspace === "" ? one : { ...one, path: `${workspace}${one.path}`, template: one.template ?? one.path },
    ),
  );
}
