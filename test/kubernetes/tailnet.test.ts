/**
 * The gateway in a real tailnet, and pods of a real cluster: by what Tailscale's operator makes of a Service with `tailscale.com/tailnet-fqdn`, and
 * each as a node of its own. The operator itself asks the vendor's API, which cannot be had here; its proxy is containerboot with these variables
 * (tailscale, cmd/k8s-operator/sts.go).
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { clusterMissing, nodeAddress, startCluster, type Cluster } from "../support/cluster.ts";
import { disposeAll, docker, uniqueName } from "../support/docker.ts";
import { exposeNode, lead, readPatch, startFleet } from "../support/fleet.ts";
import { startForge, type Forge } from "../support/git-forge.ts";
import { skips } from "../support/skips.ts";
import { startTailnet, tailnetMissing, type Tailnet, type TailnetNode } from "../support/tailnet.ts";
import { standInForTailscale } from "../support/tailscale-image.ts";

const missing = (await clusterMissing()) ?? (await tailnetMissing());

describe.skipIf(skips("a tailnet and a cluster", missing))("a gateway in a tailnet", () => {
  let cluster: Cluster;
  let tailnet: Tailnet;
  let forge: Forge;
  const programs = uniqueName("aperture-env-containerboot");
  const app = (): string => `http://forge.outside.svc.cluster.local:${forge.port}/app`;
  const nodesOf = async (name: string): Promise<readonly TailnetNode[]> =>
    (await tailnet.nodes()).filter((node) => node.given_name.startsWith(name));
  /** Keys in what processes of this account began with, of which one that looks is itself none. */
  const script = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c -e 'key-auth[-]'\n";

  beforeAll(async () => {
    cluster = await startCluster();
    tailnet = await startTailnet();
    await standInForTailscale(programs, tailnet.programs);
    await cluster.load(`${programs}:latest`);
    forge = await startForge({ host: nodeAddress, login: "ci:the-token" });
    forge.add("app", { "look.sh": script });
    await exposeNode(cluster, "forge");
  });
  afterAll(disposeAll);
  afterEach(() => cluster.kubectl(["-n", "opencode", "delete", "jobs", "--all", "--wait"]));

  test("through the operator's proxy: the gateway sees the proxy's node and tag for every pod; without the gateway the doctor says so", async () => {
    const fleet = await startFleet(cluster);
    await cluster.must(
      ["apply", "-f", "-"],
      JSON.stringify(proxy(programs, tailnet.url, await tailnet.key({ tags: ["tag:ci"] }))),
    );
    await lead(cluster, "egress.tailscale.svc.cluster.local");
    await cluster.must(["-n", "tailscale", "wait", "pod/egress", "--for=condition=Ready", "--timeout=60s"]);
    await expect.poll(() => nodesOf("egress"), { timeout: 60_000 }).toMatchObject([{ online: true, tags: ["tag:ci"] }]);
    await fleet.apply([app()], "hi from a pod");
    cluster.names();
    await fleet.start("through", "opencode");
    const ended = await fleet.end("through", 240);
    expect(ended.succeeded, JSON.stringify(ended.pods)).toBe(true);
    expect(await fleet.log(ended.pods[0]!, "opencode")).toContain("hi from a pod");
    const [node] = await nodesOf("egress");
    const seen = await tailnet.requests();
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter(({ node: from, placeholder }) => !placeholder || !node!.ip_addresses.includes(from))).toEqual([]);
    expect(cluster.names().filter((name) => !/^(?:ai|egress\.tailscale|forge\.outside)\./.test(name))).toEqual([]);
    await docker(["pause", tailnet.gateway.name]);
    await fleet.start("down", "opencode");
    const down = await fleet.end("down", 180);
    await docker(["unpause", tailnet.gateway.name]);
    expect(down.pods[0]!.ended["opencode"]).toEqual({ code: 4, message: expect.stringContaining("http://ai") });
  });

  test("each pod is a separate node, with a key that OpenCode does not get", async () => {
    const key = await tailnet.key({ tags: ["tag:ci"], ephemeral: true });
    const fleet = await startFleet(cluster, [
      "--connection",
      "userspace",
      "--tailscale",
      `image=${programs}:latest,login_server=${tailnet.url}`,
      "--name",
      "pods",
    ]);
    await cluster.must(["-n", "opencode", "create", "secret", "generic", "opencode-tailscale", `--from-literal=authkey=${key}`]);
    await cluster.must(["-n", "opencode", "delete", "service", "ai", "--ignore-not-found"]);
    await fleet.apply([app(), app()], `mock-tool bash ${JSON.stringify({ command: "sh look.sh", description: "look" })}`);
    const before = (await tailnet.requests()).length;
    await fleet.start("nodes", "opencode-fleet");
    const ended = await fleet.end("nodes", 240);
    expect(ended.succeeded, JSON.stringify(ended.pods)).toBe(true);
    for (const pod of ended.pods) {
      expect(await fleet.log(pod, "opencode")).toContain("The tool's result begins: 0");
      expect(readPatch(await fleet.log(pod, "changes")).length).toBe(0);
    }
    const nodes = await nodesOf("pods");
    expect(nodes.map(({ tags }) => tags)).toEqual([["tag:ci"], ["tag:ci"]]);
    const seen = (await tailnet.requests()).slice(before);
    const addresses = nodes.flatMap(({ ip_addresses }) => ip_addresses);
    expect(new Set(seen.map(({ node }) => node)).size).toBe(2);
    expect(seen.filter(({ node }) => !addresses.includes(node))).toEqual([]);
  });

  test("a key that is refused ends with the doctor's line", async () => {
    const fleet = await startFleet(cluster, [
      "--connection",
      "userspace",
      "--tailscale",
      `image=${programs}:latest,login_server=${tailnet.url}`,
    ]);
    await cluster.must(["-n", "opencode", "delete", "service/ai", "secret/opencode-tailscale", "--ignore-not-found"]);
    await cluster.must([
      "-n",
      "opencode",
      "create",
      "secret",
      "generic",
      "opencode-tailscale",
      "--from-literal=authkey=hskey-auth-no",
    ]);
    await fleet.apply([app()], "hi");
    await fleet.start("refused", "opencode");
    const ended = await fleet.end("refused", 180);
    expect(ended.pods[0]!.ended["opencode"]).toEqual({ code: 4, message: expect.stringMatching(/key/) });
  });
});

/** What the operator makes for the Service, in a namespace of its own. */
function proxy(image: string, url: string, key: string): object {
  const labels = { app: "egress" };
  return {
    apiVersion: "v1",
    kind: "List",
    items: [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "tailscale" } },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "egress", namespace: "tailscale" },
        spec: { clusterIP: "None", selector: labels },
      },
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "egress", namespace: "tailscale", labels },
        spec: {
          containers: [
            {
              name: "tailscale",
              image: `docker.io/library/${image}:latest`,
              imagePullPolicy: "Never",
              securityContext: { privileged: true },
              env: [
                { name: "TS_USERSPACE", value: "false" },
                { name: "TS_KUBE_SECRET", value: "" },
                { name: "TS_AUTHKEY", value: key },
                { name: "TS_HOSTNAME", value: "egress" },
                { name: "TS_NO_LOGS_NO_SUPPORT", value: "true" },
                { name: "TS_EXTRA_ARGS", value: `--login-server=${url}` },
                { name: "TS_TAILNET_TARGET_FQDN", value: "ai.test-net.ts.net" },
                { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
              ],
            },
          ],
        },
      },
    ],
  };
}
