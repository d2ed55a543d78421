/** What ends the environment in an edited file of ours, by what the file is. Pure. */
import type { Editor } from "../../edit/editor.ts";
import type { OwnPiece } from "../../vocabulary.ts";
import { findComposeFaults } from "./compose.ts";
import { findComposedFaults, findDevcontainerFaults } from "./devcontainer.ts";
import { findDockerfileFaults } from "./dockerfile.ts";
import { placeOf, type Fault, type Meant } from "./fault.ts";

export type { Fault, Meant } from "./fault.ts";

/** What is wrong with a text; nothing where it may be edited as it is, or where `judgedAs` is nothing that can be judged. `editor` is the file's. */
export function findFaults(text: string, judgedAs: OwnPiece["judgedAs"], meant: Meant, editor: Editor): Fault[] {
  if (judgedAs === undefined) return [];
  const marker = /^(?:<{7}|>{7}|\|{7})(?: |$)|^={7}\r?$/m.exec(text);
  if (marker !== null)
    return [
      {
        ...placeOf(text, marker.index),
        what: "contains an unresolved git conflict",
        fix: "resolve it and remove the conflict markers",
      },
    ];
  switch (judgedAs) {
    case "devcontainer":
      return findDevcontainerFaults(text, meant);
    case "composed":
      return findComposedFaults(text);
    case "compose":
      return findComposeFaults(text, meant, editor);
    case "dockerfile":
      return findDockerfileFaults(text, meant);
  }
}
