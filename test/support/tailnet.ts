/**
 * A real tailnet (.ci/tailnet) on a network of the engine that has no way out, with the mock gateway as its node `ai`. What a container in that
 * network reaches is the control server and the relay; the gateway it reaches as a node of the tailnet alone.
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { LoggedRequest } from "../../src/gateway/mock/log.ts";
import {
  createNetwork,
  dockerAvailable,
  onDispose,
  runDetached,
  temporaryFolder,
  type Container,
  type Network,
} from "./docker.ts";
import { root } from "./project-root.ts";
import { isThere } from "./skips.ts";

const script = join(root, ".ci", "tailnet");
const state = process.env["TAILNET_STATE"] ?? "/var/tmp/aperture-env-tailnet";

/** Why no tailnet can be had here, or null. */
export async function tailnetMissing(): Promise<string | null> {
  if (!(await dockerAvailable())) return "no Docker engine answers";
  if (!existsSync(state) && !isThere("go")) return "its programs are not built, and Go is not installed";
  return isThere("openssl") ? null : "openssl is not installed";
}

/** A node of the tailnet, as its control server tells. */
export interface TailnetNode {
  readonly id: number;
  readonly given_name: string;
  readonly ip_addresses: readonly string[];
  readonly online?: boolean;
  readonly tags?: readonly string[];
}

/** What a key is to be good for. */
export interface KeyOptions {
  /** The nodes that it lets in go when they are off. */
  readonly ephemeral?: boolean;
  /** It lets in one node only. */
  readonly single?: boolean;
  /** How long it is good for, as `1h`. */
  readonly expiration?: string;
  readonly tags?: readonly string[];
}

/** The tailnet, and what can be read and done of it. */
export interface Tailnet {
  readonly network: Network;
  /** The control server's address, for `--login-server`. */
  readonly url: string;
  /** The folder of `tailscale`, `tailscaled` and `containerboot`, static for any Linux image. */
  readonly programs: string;
  /** The container of the node `ai`. It bears another name, which Docker's own name server answers for. */
  readonly gateway: Container;
  key(options?: KeyOptions): Promise<string>;
  nodes(): Promise<readonly TailnetNode[]>;
  /** Waits until a node of that name is there. Throws after 30 seconds, with the messages of the container that it should be. */
  online(name: string, by: Container): Promise<TailnetNode>;
  /** Any command of the control server; gives what it printed. */
  control(...args: string[]): Promise<string>;
  /** Puts a policy in force, as HuJSON. */
  policy(text: string): Promise<void>;
  /** Requests for models' answers that the gateway has seen so far, without the doctor's and aperture-connect's. */
  requests(): Promise<readonly LoggedRequest[]>;
}

/** Builds what is missing and starts it; everything goes with `disposeAll`. `flags` are the mock gateway's. */
export async function startTailnet(flags: readonly string[] = []): Promise<Tailnet> {
  const network = await createNetwork({ masquerade: false });
  const run = async (...args: string[]): Promise<string> => (await execa(script, args)).stdout;
  // The first time builds for some minutes.
  const printed = await run("start", network.gateway);
  onDispose(() => run("stop"));
  const value = (name: string): string => new RegExp(`^export ${name}=(.*)$`, "m").exec(printed)![1]!;
  const url = value("TAILNET_URL");
  const programs = value("TAILNET_PROGRAMS");
  const key = ({ ephemeral, single, expiration, tags = [] }: KeyOptions = {}): Promise<string> =>
    run(
      "key",
      ...(ephemeral === true ? ["--ephemeral"] : []),
      ...(single === true ? ["--single"] : []),
      ...(expiration === undefined ? [] : ["--expiration", expiration]),
      ...tags.flatMap((tag) => ["--tags", tag]),
    );
  const gateway = await runDetached("node:24-bookworm-slim", {
    args: [
      "--network",
      network.name,
      "--cap-add",
      "NET_ADMIN",
      "--device",
      "/dev/net/tun",
      "--env",
      `KEY=${await key()}`,
      "--volume",
      `${join(root, "dist")}:/app:ro`,
      "--volume",
      `${programs}:/programs:ro`,
    ],
    // It listens on its address in the tailnet alone, and sees the nodes' own.
    command: [
      "sh",
      "-c",
      `${upCommand({ url, name: "ai" })}
exec node /app/bin.js mock-gateway --host "$(/programs/tailscale --socket=/run/ts ip -4)" --port 80 ${flags.join(" ")}`,
    ],
  });
  const nodes = async (): Promise<readonly TailnetNode[]> =>
    (JSON.parse(await run("control", "nodes", "list", "--output", "json")) as readonly TailnetNode[] | null) ?? [];
  const online = async (name: string, by: Container): Promise<TailnetNode> => {
    for (let tries = 0; tries < 300; tries++) {
      const node = (await nodes()).find((candidate) => candidate.given_name === name && candidate.online === true);
      if (node !== undefined) return node;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`${name} did not become a node of the tailnet in 30 seconds:\n${(await by.logs()).stderr}`);
  };
  await online("ai", gateway);
  return {
    network,
    url,
    programs,
    gateway,
    key,
    nodes,
    online,
    control: (...args) => run("control", ...args),
    policy: async (text) => {
      const file = join(await temporaryFolder("aperture-env-policy"), "policy.hujson");
      await writeFile(file, text);
      await run("policy", file);
    },
    requests: async () =>
      (await gateway.logs()).stdout
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as LoggedRequest)
        .filter(({ userAgent }) => userAgent !== "aperture-doctor" && userAgent !== "aperture-connect"),
  };
}

/** A container that is a node as a laptop is one: with a device of its own, and the tailnet's name server. */
export async function startNode(tailnet: Tailnet, name: string): Promise<Container> {
  return runDetached("debian:bookworm-slim", {
    args: [
      "--network",
      tailnet.network.name,
      "--cap-add",
      "NET_ADMIN",
      "--device",
      "/dev/net/tun",
      "--env",
      `KEY=${await tailnet.key()}`,
      "--volume",
      `${tailnet.programs}:/programs:ro`,
    ],
    command: ["sh", "-c", `${upCommand({ url: tailnet.url, name, acceptDns: true })}\nwait`],
  });
}

/** Shell lines that make a container a node with a device of its own, by the key in `KEY`; they want `NET_ADMIN` and `/dev/net/tun`. */
function upCommand({
  url,
  name,
  acceptDns = false,
}: {
  readonly url: string;
  readonly name: string;
  readonly acceptDns?: boolean;
}): string {
  const options = `--netfilter-mode=off --accept-dns=${acceptDns} --login-server=${url} --hostname=${name}`;
  return `/programs/tailscaled --socket=/run/ts --state=mem: &
until /programs/tailscale --socket=/run/ts up --authkey="$KEY" ${options}; do sleep 0.1; done`;
}
