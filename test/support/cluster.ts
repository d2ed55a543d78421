/** A real Kubernetes of one node (.ci/cluster), and on its bridge what pods reach: a gateway, a forge. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa, execaSync } from "execa";
import { dockerAvailable, onDispose, type Result } from "./docker.ts";
import { root } from "./project-root.ts";
import { isThere } from "./skips.ts";

const script = join(root, ".ci", "cluster");
const home = process.env["CLUSTER_HOME"] ?? "/var/tmp/aperture-env-cluster";

/** Why no cluster can be had here, or null. */
export async function clusterMissing(): Promise<string | null> {
  if (!(await dockerAvailable())) return "no Docker engine answers";
  if (execaSync(script, ["built"], { reject: false }).exitCode !== 0)
    return "its programs are not built (.ci/cluster build does it, in some 20 minutes)";
  return isThere("git") ? null : "git is not installed";
}

/** The address of this machine on the bridge of pods. */
export const nodeAddress = "10.214.0.1";

/** A pod that has ended or not, as far as tests look at it. */
export interface Pod {
  readonly name: string;
  readonly phase: string;
  /** Of an indexed job; null otherwise. */
  readonly index: number | null;
  /** What each container ended with, by its name. */
  readonly ended: Readonly<Record<string, { readonly code: number; readonly message: string }>>;
}

/** The cluster. */
export interface Cluster {
  /** Runs kubectl in a namespace. Never throws for what it says. */
  kubectl(args: readonly string[], input?: string): Promise<Result>;
  /** The same for what has to work: gives what it printed. */
  must(args: readonly string[], input?: string): Promise<string>;
  /** Runs a shell's command in a folder, with kubectl; gives what it printed. */
  shell(command: string, cwd: string): Promise<string>;
  /** Brings an image of the Docker engine to the node. */
  load(...images: readonly string[]): Promise<void>;
  pods(namespace: string, job: string): Promise<readonly Pod[]>;
  /** Every name that was asked for since the last time that this was asked, each once. */
  names(): readonly string[];
}

/** Starts it, empty; it ends with `disposeAll`. */
export async function startCluster(): Promise<Cluster> {
  const { stdout: printed } = await execa(script, ["start"]);
  onDispose(() => execa(script, ["stop"]));
  const path = /^export PATH=(.*):"\$PATH"$/m.exec(printed)![1]!;
  const KUBECONFIG = /^export KUBECONFIG=(.*)$/m.exec(printed)![1]!;
  const kubectl = async (args: readonly string[], input = ""): Promise<Result> => {
    const { stdout, stderr, exitCode } = await execa(join(path, "kubectl"), args, {
      reject: false,
      input,
      timeout: 120_000,
      env: { KUBECONFIG },
    });
    return { stdout, stderr, exitCode: exitCode ?? null };
  };
  const must = async (args: readonly string[], input?: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await kubectl(args, input);
    if (exitCode !== 0) throw new Error(`kubectl ${args.join(" ")}:\n${stderr}`);
    return stdout;
  };
  const log = join(home, "run", "coredns.log");
  let read = 0;
  return {
    kubectl,
    must,
    shell: async (command, cwd) =>
      (await execa("sh", ["-ec", command], { cwd, env: { KUBECONFIG, PATH: `${path}:${process.env["PATH"]}` } })).stdout,
    load: async (...images) => void (await execa(script, ["load", ...images])),
    pods: async (namespace, job) => {
      const listed = await must(["-n", namespace, "get", "pods", "-l", `batch.kubernetes.io/job-name=${job}`, "-o", "json"]);
      return (JSON.parse(listed) as { readonly items: readonly PodObject[] }).items.map(readPod);
    },
    names: () => {
      const text = readFileSync(log, "utf8");
      const fresh = text.slice(read);
      read = text.length;
      return [...new Set([...fresh.matchAll(/ "[A-Z]+ IN (\S+)\. (?:udp|tcp) /g)].map(([, name]) => name!))].sort();
    },
  };
}

interface Terminated {
  readonly exitCode: number;
  readonly message?: string;
}
interface PodObject {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}
interface ContainerStatus {
  readonly name: string;
  readonly state: { readonly terminated?: Terminated };
}

function readPod({ metadata: { name, annotations = {} }, status }: PodObject): Pod {
  const index = annotations["batch.kubernetes.io/job-completion-index"];
  const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const ended = all.flatMap(({ name: container, state: { terminated } }) =>
    terminated === undefined ? [] : [[container, { code: terminated.exitCode, message: terminated.message ?? "" }] as const],
  );
  return { name, phase: status.phase, index: index === undefined ? null : Number(index), ended: Object.fromEntries(ended) };
}
