/**
 * Where an image's build gets the doctor from, as data. In the repository it is a file of some 3,000 lines; the package has the same program, which
 * the build takes out and compares with the sha256 that stands in its script.
 */
import type { Choice, DoctorPlace } from "../questions/types.ts";

/** Both places. */
export const doctorPlaces: readonly (Choice & { readonly value: DoctorPlace })[] = [
  { value: "repository", label: "repository", hint: "a file of the repository" },
  { value: "package", label: "package", hint: "the image's build fetches it from npm, pinned by its sha256" },
];
