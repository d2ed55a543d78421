/** What outputs for jobs of CI systems share. Pure. */
import { attributes } from "../catalog/attribution.ts";
import { workspaceOf } from "../catalog/files.ts";
import { splitAttribution } from "../questions/parse-attribution.ts";
import type { Answers } from "../questions/types.ts";
import type { Context, Demand } from "../vocabulary.ts";

/** The Dev Containers CLI that generated jobs run: the one that this program is tried with. */
export const devcontainersCli = "0.89.0";

/** The tags of jobs' nodes: the spec's, else the tag in Tailscale's examples (tailscale.com/kb/1276/tailscale-github-action). */
export function tagsOfJobs({ tailscale }: Answers): readonly string[] {
  return tailscale?.tags ?? ["tag:ci"];
}

/** The same for a sentence. */
export function nameTags(answers: Answers): string {
  const tags = tagsOfJobs(answers);
  return `${tags.length === 1 ? "the tag" : "the tags"} ${tags.join(" and ")}`;
}

/** The gateway's host, for what asks the tailnet for it. */
export function hostOf({ url }: Answers): string {
  return new URL(url).hostname;
}

/** The variables that attribution reads in a container, as far as that CI system sets them or a person does: a job has to hand them in. */
export function attributionVariables({ attribution }: Answers, prefix: string): readonly string[] {
  const names = attribution.flatMap((item) => {
    const { name, text, variable } = splitAttribution(item);
    if (text !== null) return [];
    const known = attributes.find(({ value }) => value === name)?.variables ?? [];
    return variable === null ? known.filter((each) => each.startsWith(prefix)) : [variable];
  });
  return [...new Set(names)];
}

/**
 * What jobs build: of an environment of its own the image for jobs, and its dev container where it has one; of the user's dev containers each, and
 * then jobs run in the first. `own`: the Dockerfile is the environment's.
 */
export function describeImages({ answers, shape }: Demand): {
  readonly own: boolean;
  /** The tag of the image that jobs run in. */
  readonly image: string;
  readonly containers: readonly Context[];
  /** The first dev container, for the job that builds it. */
  readonly workspace: string;
  readonly config: string | null;
} {
  const own = shape.kind === "own";
  const paths = !own ? shape.files : answers.outputs.includes("devcontainer") ? [null] : [];
  const containers = paths.map((path, index) => ({
    title: "Build and push the dev container's image",
    tag: index === 0 ? "dev" : `dev-${index + 1}`,
    workspace: path === null ? "." : workspaceOf(path).replace(/\/$/, "") || ".",
    // Which of several is meant has to be said; where a repository has one, tools find it.
    config: paths.length === 1 ? null : path,
  }));
  const { workspace = ".", config = null } = containers[0] ?? {};
  return { own, image: own ? "ci" : "dev", containers, workspace, config };
}
