/** What ends the environment in an edited file of ours, by what the file is. Pure. */
import type { OwnPiece } from "../../vocabulary.ts";
import { findDevcontainerFaults } from "./devcontainer.ts";
import { findDockerfileFaults } from "./dockerfile.ts";
import { placeOf, type Fault, type Meant } from "./fault.ts";

export type { Fault, Meant } from "./fault.ts";

/** What is wrong with a text; nothing where it may be edited as it is, or where `judgedAs` is nothing that can be judged. */
export function findFaults(text: string, judgedAs: OwnPiece["judgedAs"], meant: Meant): Fault[] {
  if (judgedAs === undefined) return [];
  const marker = /^(?:<{7}|>{7}|\|{7})(?: |$)|^={7}\r?$/m.exec(text);
  if (marker !== null)
    return [
      {
        ...placeOf(text, marker.index),
        what: "has a conflict in it that git left",
        fix: "settle it there, and take the marks out",
      },
    ];
  return judgedAs === "devcontainer" ? findDevcontainerFaults(text, meant) : findDockerfileFaults(text, meant);
}
