/** The Dockerfile with the targets dev and ci, for environments that no image of the user's carries. Other outputs stand on it. */
import type { Output } from "../vocabulary.ts";
import { file } from "../parts/file.ts";

const path = ".devcontainer/Dockerfile";

/** The one file; what it copies is in the Feature folder. */
export const image: Output = {
  value: "image",
  label: "the image",
  inner: true,
  offers: ["env", "build-stage"],
  requires: () => ["payload"],
  claims: [{ strategy: "own", path: (candidate) => candidate === path }],
  files: () => [
    file(path, "base, opencode.version, aperture.tailscale and attribution", {
      image: true,
      edited: true,
      judgedAs: "dockerfile",
    }),
  ],
  pieces: () => [],
  next: () => [],
};
