/** Jobs of a Kubernetes cluster, for one repository or a fleet of them, and the tailnet operator's way to the gateway. */
import { attributionVariables, describeImages, nameTags } from "../parts/jobs.ts";
import { egressOf } from "../parts/egress.ts";
import { file } from "../parts/file.ts";
import type { Answers } from "../questions/types.ts";
import type { Context, Demand, Output } from "../vocabulary.ts";

const folder = ".kubernetes/aperture-env";
const names = [
  "cronjob.yaml",
  "fleet.yaml",
  "job.sh",
  "kustomization.yaml",
  "namespace.yaml",
  "prompt.txt",
  "repositories.txt",
] as const;

/** Pods reach the gateway by the cluster's own way to it, or each as a node of its own; the connections that need more are for people's containers. */
export const kubernetes: Output = {
  value: "kubernetes",
  label: "kubernetes",
  hint: "Kubernetes jobs: run OpenCode on one repository or many, by hand or by schedule",
  offers: ["env"],
  joinsItself: true,
  host: "kubernetes",
  refuse: (answers) => {
    const egress = egressOf(answers);
    return "why" in egress ? { ...egress, why: `the output kubernetes: ${egress.why}` } : null;
  },
  requires: ({ shape }) => (shape.kind === "own" ? ["image"] : ["devcontainer"]),
  claims: [{ strategy: "own", path: (path) => names.some((name) => path === `${folder}/${name}`) }],
  files: (demand) => {
    const context = contextOf(demand);
    return names.map((name) =>
      file(`${folder}/${name}`, "aperture, attribution and outputs", {
        edited: true,
        executable: name.endsWith(".sh"),
        context,
      }),
    );
  },
  pieces: () => [],
  next: ({ answers }) => [
    ...(reached(answers).key === null
      ? []
      : [
          `For Kubernetes' pods: an ephemeral, reusable key of ${nameTags(answers)} as the Secret opencode-tailscale, as ${folder}/kustomization.yaml says`,
        ]),
    `For Kubernetes: build and push the image for jobs; put its name and digest into ${folder}/kustomization.yaml and the repositories into repositories.txt beside it`,
    `kubectl apply -f ${folder}/namespace.yaml  once, kubectl apply -k ${folder}  after each change; then  kubectl -n opencode create job first --from=cronjob/opencode-fleet`,
  ],
};

function contextOf(demand: Demand): Context {
  const { answers } = demand;
  const { url, service, key } = reached(answers);
  return {
    image: describeImages(demand).image,
    origin: url,
    key,
    tags: nameTags(answers),
    service: service === null ? null : { ...service },
    // The operator's own tag is fine where the spec names none.
    egressTags: answers.tailscale?.tags?.join(",") ?? null,
    // A cluster sets none of those that are known of CI systems.
    variables: attributionVariables(answers, "-"),
  };
}

/** What was not refused. */
function reached(answers: Answers): Exclude<ReturnType<typeof egressOf>, { readonly why: string }> {
  const egress = egressOf(answers);
  if ("why" in egress) throw new Error(egress.why);
  return egress;
}
