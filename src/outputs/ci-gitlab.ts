/** Jobs of GitLab CI: one builds the image, one runs OpenCode in it. */
import { file } from "../parts/file.ts";
import { describeImages, devcontainersCli, nameTags } from "../parts/jobs.ts";
import type { Output } from "../vocabulary.ts";

const path = ".gitlab/aperture-env.yml";
const pipeline = ".gitlab-ci.yml";

/** The job runs in the image as it is, so it reaches the gateway by what the image itself has. */
export const ciGitlab: Output = {
  value: "ci-gitlab",
  label: "ci-gitlab",
  hint: "GitLab jobs: build the image, run OpenCode on a prompt",
  offers: ["env", "secret"],
  requires: ({ shape }) => (shape.kind === "own" ? ["image"] : ["devcontainer"]),
  claims: [
    { strategy: "own", path: (candidate) => candidate === path },
    { strategy: "keys", path: (candidate) => candidate === pipeline, keys: { include: {} } },
  ],
  files: (demand) => [
    file(path, "aperture and outputs", {
      edited: true,
      context: { ...describeImages(demand), devcontainersCli, tags: nameTags(demand.answers) },
    }),
  ],
  pieces: () => [
    {
      strategy: "keys",
      path: pipeline,
      optional: true,
      // A path alone is one of the repository (docs.gitlab.com/ci/yaml, "include").
      values: [{ path: ["include"], value: `/${path}`, item: true, fromText: true, oursFrom: null }],
    },
  ],
  next: () => [
    `For GitLab's jobs: let ${pipeline} include /${path}, if it does not yet; then start a pipeline with the variable OPENCODE_PROMPT`,
  ],
};
