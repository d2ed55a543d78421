/** What the output kubernetes writes, in a real cluster: applied as a person does, with an image of this machine's own and a gateway beside it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { execaSync } from "execa";
import { nodeAddress, type Cluster, type Pod } from "./cluster.ts";
import { docker, onDispose, temporaryFolder, uniqueName } from "./docker.ts";
import { generate } from "./repository.ts";

/** The folder of manifests. */
const folder = ".kubernetes/aperture-env";

/** An environment that is applied to a cluster. */
export interface Fleet {
  /** Says which repositories, and on what prompt; `kubectl apply -k`. */
  apply(repositories: readonly string[], prompt: string): Promise<void>;
  /** Starts a job of that name from a CronJob, with these variables in place of what the files say. */
  start(name: string, from: "opencode" | "opencode-fleet", variables?: Readonly<Record<string, string>>): Promise<void>;
  /** Waits until a job is over; gives its status, its pods and the seconds that it took. */
  end(name: string, seconds: number): Promise<Ended>;
  /** What a container of a pod printed. */
  log(pod: Pod, container: string): Promise<string>;
}

/** A job that is over. */
export interface Ended {
  readonly succeeded: boolean;
  /** Why it is no success, as its condition has it. */
  readonly reason: string;
  readonly failedIndexes: string;
  readonly pods: readonly Pod[];
  readonly seconds: number;
}

/** Builds an environment's image for jobs, brings it to the node and applies the manifests. `args` are more of those that generate it. */
export async function startFleet(cluster: Cluster, args: readonly string[] = []): Promise<Fleet> {
  const repository = await temporaryFolder("aperture-env-fleet");
  await generate(repository, ["--outputs", "kubernetes", "--url", "http://ai", "--fqdn", "ai.test-net.ts.net", ...args]);
  const image = uniqueName("aperture-env-fleet");
  const built = await docker(["build", "--quiet", "--target", "ci", "--tag", `${image}:ci`, ".devcontainer"], {
    cwd: repository,
  });
  if (built.exitCode !== 0) throw new Error(built.stderr);
  onDispose(() => docker(["image", "rm", "--force", `${image}:ci`]));
  await cluster.load(`${image}:ci`);
  edit(repository, "kustomization.yaml", (text) =>
    text.replace("images.example.com/acme/app/aperture-env", `docker.io/library/${image}`),
  );
  await cluster.must(["apply", "-f", join(repository, folder, "namespace.yaml")]);
  const inNamespace = ["-n", "opencode"];
  const condition = async (name: string): Promise<JobObject> =>
    JSON.parse(await cluster.must([...inNamespace, "get", "job", name, "-o", "json"])) as JobObject;
  return {
    apply: async (repositories, prompt) => {
      writeFileSync(join(repository, folder, "repositories.txt"), `# ours\n\n${repositories.join("\n")}\n`);
      writeFileSync(join(repository, folder, "prompt.txt"), `${prompt}\n`);
      edit(repository, "fleet.yaml", (text) =>
        text
          .replace(/completions: \d+/, `completions: ${repositories.length}`)
          .replace(/maxFailedIndexes: \d+/, `maxFailedIndexes: ${repositories.length}`),
      );
      await cluster.must(["apply", "-k", join(repository, folder)]);
    },
    start: async (name, from, variables = {}) => {
      const template = await cluster.must([
        ...inNamespace,
        "create",
        "job",
        name,
        `--from=cronjob/${from}`,
        "--dry-run=client",
        "-o",
        "yaml",
      ]);
      const set = Object.entries(variables).map(([variable, value]) => `${variable}=${value}`);
      const changed =
        set.length === 0 ? template : await cluster.must(["set", "env", "--local", "-f", "-", "-o", "yaml", ...set], template);
      await cluster.must(["create", "-f", "-"], changed);
    },
    end: async (name, seconds) => {
      const began = performance.now();
      for (;;) {
        const { status } = await condition(name);
        const over = status.conditions?.find(({ type, status: holds }) => /^(?:Complete|Failed)$/.test(type) && holds === "True");
        if (over !== undefined)
          return {
            succeeded: over.type === "Complete",
            reason: `${over.reason ?? ""}: ${over.message ?? ""}`,
            failedIndexes: status.failedIndexes ?? "",
            pods: await cluster.pods("opencode", name),
            seconds: (performance.now() - began) / 1000,
          };
        if (performance.now() - began > seconds * 1000) {
          const described = await cluster.must([
            ...inNamespace,
            "describe",
            "pods",
            "-l",
            `batch.kubernetes.io/job-name=${name}`,
          ]);
          throw new Error(`the job ${name} did not end in ${seconds} s:\n${described}`);
        }
        await new Promise((done) => setTimeout(done, 250));
      }
    },
    log: (pod, container) => cluster.must([...inNamespace, "logs", pod.name, "-c", container]),
  };
}

/** Does what Tailscale's operator does: writes the name of what leads to the gateway into the Service. */
export async function lead(cluster: Cluster, to: string): Promise<void> {
  await cluster.must(["-n", "opencode", "patch", "service", "ai", "-p", JSON.stringify({ spec: { externalName: to } })]);
}

/** A Service in a namespace of its own, `NAME.outside.svc.cluster.local`, that is this machine on the bridge. */
export async function exposeNode(cluster: Cluster, name: string): Promise<string> {
  await cluster.must(
    ["apply", "-f", "-"],
    JSON.stringify({
      apiVersion: "v1",
      kind: "List",
      items: [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: "outside" } },
        {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name, namespace: "outside" },
          spec: { clusterIP: "None", ports: [{ port: 80 }] },
        },
        {
          apiVersion: "discovery.k8s.io/v1",
          kind: "EndpointSlice",
          metadata: { name, namespace: "outside", labels: { "kubernetes.io/service-name": name } },
          addressType: "IPv4",
          ports: [{ port: 80 }],
          endpoints: [{ addresses: [nodeAddress], conditions: { ready: true } }],
        },
      ],
    }),
  );
  return `${name}.outside.svc.cluster.local`;
}

/** The patch that a container's log is, byte for byte. */
export function readPatch(log: string): Buffer {
  return gunzipSync(Buffer.from(log, "base64"));
}

/** Applies a patch to what was cloned; gives what git says then. */
export function applyPatch(patch: Buffer, repository: string): string {
  execaSync("git", ["apply", "-"], { cwd: repository, input: patch });
  return execaSync("git", ["status", "--short"], { cwd: repository }).stdout;
}

interface JobObject {
  readonly status: {
    readonly failedIndexes?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

function edit(repository: string, name: string, change: (text: string) => string): void {
  const file = join(repository, folder, name);
  writeFileSync(file, change(readFileSync(file, "utf8")));
}
