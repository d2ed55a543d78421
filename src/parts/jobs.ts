/** What outputs for jobs of CI systems share. Pure. */
import { attributes } from "../catalog/attribution.ts";
import { workspaceOf } from "../catalog/files.ts";
import { splitAttribution } from "../questions/parse-attribution.ts";
import type { Answers } from "../questions/types.ts";
import type { Context, Demand } from "../vocabulary.ts";

/** The version of the Dev Containers CLI in generated jobs: the one that this program is tested with. */
export const devcontainersCli = "0.89.0";

/** The tags of jobs' nodes: the spec's, else the tag in Tailscale's examples (tailscale.com/kb/1276/tailscale-github-action). */
export function tagsOfJobs({ tailscale }: Answers): readonly string[] {
  return tailscale?.tags ?? ["tag:ci"];
}

/** The same as text for a sentence. */
export function nameTags(answers: Answers): string {
  const tags = tagsOfJobs(answers);
  return `${tags.length === 1 ? "the tag" : "the tags"} ${tags.join(" and ")}`;
}

/** The gateway's host, for programs that look it up in the tailnet. */
export function hostOf({ url }: Answers): string {
  return new URL(url).hostname;
}

/** The variables that attribution reads in a container and that the CI system or a person sets. A job has to pass them on. */
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
 * What jobs build. With a generated dev container: the image for jobs, and the dev container if there is one. With the user's dev containers: each of
 * them, and jobs run in the first. `own`: the Dockerfile is generated.
 */
export function describeImages({ answers, shape, runtime }: Demand): {
  readonly own: boolean;
  /** The tag of the image that jobs run in. */
  readonly image: string;
  readonly containers: readonly Context[];
  /** The first dev container, for the job that builds it. */
  readonly workspace: string;
  readonly config: string | null;
  /** Whether Docker Compose makes it: then the Dev Containers CLI pushes no image, and writes no cache (it ends with "--push not supported"). */
  readonly composed: boolean;
} {
  const own = shape.kind === "own";
  const paths = !own ? shape.files : answers.outputs.includes("devcontainer") ? [null] : [];
  const containers = paths.map((path, index) => ({
    title: "Build and push the dev container's image",
    tag: index === 0 ? "dev" : `dev-${index + 1}`,
    workspace: path === null ? "." : workspaceOf(path).replace(/\/$/, "") || ".",
    // With several dev containers the path is required; tools find a single one by themselves.
    config: paths.length === 1 ? null : path,
    composed: shape.kind === "own" ? runtime.service !== null : (shape.byCompose ?? []).some((one) => one === path),
  }));
  const { workspace = ".", config = null, composed = false } = containers[0] ?? {};
  return { own, image: own ? "ci" : "dev", containers, workspace, config, composed };
}
