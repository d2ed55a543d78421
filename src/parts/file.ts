/** Makes the description of a file to render. */
import type { WantedFile } from "../vocabulary.ts";

/** A whole generated file, not executable and not meant to be edited, unless `fields` says otherwise. */
export function file(path: string, decidedBy: string, fields: Partial<Omit<WantedFile, "path" | "decidedBy">> = {}): WantedFile {
  return { path, strategy: "own", decidedBy, edited: false, image: false, executable: false, ...fields };
}
