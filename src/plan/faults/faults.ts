/** Faults in an edited generated file, by the kind of file. Pure. */
import type { Editor } from "../../edit/editor.ts";
import type { OwnPiece } from "../../vocabulary.ts";
import { findComposeFaults } from "./compose.ts";
import { findComposedFaults, findDevcontainerFaults } from "./devcontainer.ts";
import { findDockerfileFaults } from "./dockerfile.ts";
import { placeIn } from "../../text/place.ts";
import type { Fault, Meant } from "./fault.ts";

export type { Fault, Meant } from "./fault.ts";

/** The faults of a text; empty if the edit is harmless, or `judgedAs` is not a known kind. `editor` is the file's. */
export function findFaults(text: string, judgedAs: OwnPiece["judgedAs"], meant: Meant, editor: Editor): Fault[] {
  if (judgedAs === undefined) return [];
  const marker = /^(?:<{7}|>{7}|\|{7})(?: |$)|^={7}\r?$/m.exec(text);
  if (marker !== null)
    return [
      {
        ...placeIn(text, marker.index),
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
