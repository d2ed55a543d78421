/** Jobs of GitLab CI: one builds the image, one runs OpenCode in it, one keeps the environment current. */
import { isRecord, isTexts } from "../forms.ts";
import { file } from "../parts/file.ts";
import { describeImages, devcontainersCli, nameTags } from "../parts/jobs.ts";
import type { Look, Met, Output } from "../vocabulary.ts";

const path = ".gitlab/aperture-env.yml";
const pipeline = ".gitlab-ci.yml";

/** The job runs in the image as it is, so it reaches the gateway by what the image itself has. */
export const ciGitlab: Output = {
  value: "ci-gitlab",
  host: "gitlab",
  label: "ci-gitlab",
  hint: "GitLab jobs: build the image, run OpenCode on a prompt, keep the environment current",
  offers: ["env", "secret"],
  atTop: pipeline,
  // What builds images, its engine, and where npx and git are.
  images: { docker: "docker:28", engine: "docker:28-dind", node: "node:24" },
  meet: (look) => ({ stages: readStages(look) }),
  requires: ({ shape }) => (shape.kind === "own" ? ["image"] : ["devcontainer"]),
  claims: [
    { strategy: "own", path: (candidate) => candidate === path },
    { strategy: "keys", path: (candidate) => candidate === pipeline, keys: { include: {} } },
  ],
  files: (demand) => [
    file(path, "aperture and outputs", {
      edited: true,
      context: {
        ...describeImages(demand),
        devcontainersCli,
        tags: nameTags(demand.answers),
        stages: chooseStages(demand.shape.met?.stages),
      },
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

/** What GitLab has where nobody names any (docs.gitlab.com/ci/yaml, "stages"). */
const defaultStages = ["build", "test", "deploy"];

/** The stages of the repository's pipelines. Other files that are included may name some, which are not looked for. */
function readStages(look: Look): readonly string[] | null {
  const map = look.map(pipeline);
  if (map === null) return look.text(pipeline) === null ? defaultStages : null;
  const { stages, include = [] } = map;
  const own = isTexts(stages) ? stages.filter((stage) => stage !== ".pre" && stage !== ".post") : [];
  if (own.length > 0) return own;
  const others = [include].flat().filter((each) => each !== `/${path}` && !(isRecord(each) && each["local"] === `/${path}`));
  return stages === undefined && others.length === 0 ? defaultStages : null;
}

/**
 * Where the jobs run. GitLab starts no pipeline that has jobs in `.pre` and `.post` alone (docs.gitlab.com/ci/yaml, "stage: .pre"), and refuses a
 * job in a stage that is not there; so these two, which are always there, are for where the others are not known.
 */
function chooseStages(stages: Met["stages"] = defaultStages): { readonly image: string; readonly job: string } {
  if (stages === null) return { image: ".pre", job: ".post" };
  return { image: stages[0]!, job: stages.includes("test") ? "test" : stages.at(-1)! };
}
