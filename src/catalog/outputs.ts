/** The things to generate, as data. */
import type { Choice } from "../questions/types.ts";

/** What this version can generate. */
export const outputs: readonly Choice[] = [
  {
    value: "devcontainer",
    label: "devcontainer",
    hint: "devcontainer.json, a Dockerfile with the targets dev and ci, the Feature folder",
  },
];
