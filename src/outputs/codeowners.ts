/** Lines for CODEOWNERS: who has to agree to changes of what runs as root when an image is built, has a job's secrets, or says where prompts go. */
import { isInFeatureFolder } from "../catalog/files.ts";
import type { Demand, Output } from "../vocabulary.ts";

/**
 * Where the forges look, each in its own order: the first that is there counts (docs.github.com, "About code owners"; docs.gitlab.com, "Code
 * Owners").
 */
const github = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
const gitlab = ["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];
const places = [...new Set([...github, ...gitlab])];
const pipeline = ".gitlab-ci.yml";

/** What of a project's OpenCode reads and runs, in any folder (opencode.ai/docs/config, opencode.ai/docs/plugins). */
const configurations = ["opencode.json", "opencode.jsonc"];
const plugins = ["**/.opencode/plugin/", "**/.opencode/plugins/"];

/** There where the spec names owners. */
export const codeowners: Output = {
  value: "codeowners",
  label: "code owners",
  inner: true,
  atTop: "CODEOWNERS",
  askedBy: "codeowners",
  asked: ({ codeowners: owners }) => owners.length > 0,
  meet: (look) => ({ owned: [...places, pipeline].filter((path) => look.text(path) !== null) }),
  offers: [],
  requires: () => [],
  claims: [{ strategy: "block", path: (path) => places.includes(path), last: true }],
  files: () => [],
  pieces: () => [],
  over: (demand, pieces) => {
    const { path, isGitlabs } = choosePlace(demand);
    const own = pieces.filter((piece) => !(piece.strategy === "keys" && piece.optional === true)).map((piece) => piece.path);
    const paths = ["aperture-env.yaml", "aperture-env.lock", path, ...own].map(
      (each) => `/${isInFeatureFolder(each) ? each.replace(/(\.devcontainer\/aperture-env\/).*$/, "$1") : each}`,
    );
    // Where it is managed, no project's configuration decides where prompts go.
    const theirs = [...(demand.answers.managed ? [] : configurations), ...plugins];
    const patterns = [...new Set(paths.sort().map(escapePattern)), ...theirs];
    const owners = demand.answers.codeowners.join(" ");
    return [
      {
        strategy: "block",
        path,
        lines: [
          "# Owners of what runs as root, gets secrets of jobs or decides where prompts go: codeowners in aperture-env.yaml.",
          "# The last line that matches a path counts, so keep these at the end.",
          // What comes before belongs to a section of the user's there, which may be an optional one.
          ...(isGitlabs ? ["[Aperture environment]"] : []),
          ...patterns.map((pattern) => `${pattern} ${owners}`),
        ],
      },
    ];
  },
  next: () => ["Let the default branch require reviews of code owners; without that CODEOWNERS only asks for them"],
};

/** The file that the forge reads, which is made where there is none. A file of GitLab's alone may have sections. */
function choosePlace({ answers: { outputs }, shape: { met } }: Demand): { readonly path: string; readonly isGitlabs: boolean } {
  const there = met?.owned ?? [];
  const onGithub = outputs.includes("ci-github");
  const onGitlab = outputs.includes("ci-gitlab") || (!onGithub && there.includes(pipeline));
  const isGitlabs = onGitlab && !onGithub;
  const order = isGitlabs ? gitlab : onGithub ? github : places;
  const made = isGitlabs ? ".gitlab/CODEOWNERS" : onGitlab ? "CODEOWNERS" : ".github/CODEOWNERS";
  const path = order.find((each) => there.includes(each)) ?? made;
  return { path, isGitlabs: isGitlabs || path.startsWith(".gitlab/") };
}

/** A path as a pattern. A sign that means something in one, or has no escape on both forges, becomes the one that fits any sign. */
function escapePattern(path: string): string {
  return path.replaceAll(/[\s#!\\[\]*]/g, "?");
}
