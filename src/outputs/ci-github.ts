/** Workflows of GitHub Actions: one builds the images, one runs OpenCode in them, one keeps the environment current. */
import { describeActions } from "../catalog/actions.ts";
import { file } from "../parts/file.ts";
import { attributionVariables, describeImages, devcontainersCli, hostOf, nameTags, tagsOfJobs } from "../parts/jobs.ts";
import type { Context, Demand, Output } from "../vocabulary.ts";

const folder = ".github/workflows";
const names = ["aperture-env-images", "aperture-env-update", "opencode"] as const;

/** The job joins the tailnet by the vendor's own action, whatever connection the containers of people have. */
export const ciGithub: Output = {
  value: "ci-github",
  host: "github",
  label: "ci-github",
  hint: "GitHub workflows: build the images, run OpenCode on a prompt, keep the environment current",
  offers: ["env"],
  joinsItself: true,
  atTop: ".github/workflows",
  requires: ({ shape }) => (shape.kind === "own" ? ["image"] : ["devcontainer"]),
  claims: [{ strategy: "own", path: (path) => names.some((name) => path === `${folder}/${name}.yml`) }],
  files: (demand) =>
    names.map((name) =>
      file(`${folder}/${name}.yml`, "aperture, attribution and outputs", { edited: true, context: contextOf(demand) }),
    ),
  pieces: () => [],
  next: () => [
    "For GitHub's jobs: a federated identity of the tailnet, as .github/workflows/opencode.yml says at its top; then  gh workflow run opencode.yml -f prompt=hello",
  ],
};

function contextOf(demand: Demand): Context {
  const { answers } = demand;
  return {
    ...describeImages(demand),
    actions: describeActions(),
    devcontainersCli,
    tags: nameTags(answers),
    tagList: tagsOfJobs(answers).join(","),
    host: hostOf(answers),
    origin: `APERTURE_URL=${answers.url}`,
    variables: attributionVariables(answers, "GITHUB_"),
  };
}
