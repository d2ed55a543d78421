/** The Feature folders of a repository, and the files in each. Pure. */
import { workspaceOf } from "../catalog/files.ts";
import type { Shape, WantedFile } from "../vocabulary.ts";

/**
 * The files of each Feature folder. `filesIn` maps a folder that is opened on its own, the empty text for the repository's root, to its files, whose
 * paths are relative to that folder.
 */
export function inEachWorkspace(shape: Shape, filesIn: (workspace: string) => readonly WantedFile[]): readonly WantedFile[] {
  const workspaces = shape.kind === "own" ? [""] : [...new Set(shape.files.map(workspaceOf))].sort();
  return workspaces.flatMap((workspace) =>
    filesIn(workspace).map((one) =>
      workspace === "" ? one : { ...one, path: `${workspace}${one.path}`, template: one.template ?? one.path },
    ),
  );
}
