/** Makes the description of a file to render. */
import type { WantedFile } from "../vocabulary.ts";

/** A whole file of ours with the mode of a plain one, which nobody is expected to edit, but for what `fields` say. */
export function file(path: string, decidedBy: string, fields: Partial<Omit<WantedFile, "path" | "decidedBy">> = {}): WantedFile {
  return { path, strategy: "own", decidedBy, edited: false, image: false, executable: false, ...fields };
}
