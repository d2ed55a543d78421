/** The connection `network` on a real tailnet: a container whose network leads there by itself, as that of a laptop or of a sidecar does. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, disposeAll, onDispose, temporaryFolder, uniqueName, type Container } from "../support/docker.ts";
import { generate, writeTree } from "../support/repository.ts";
import { skips } from "../support/skips.ts";
import { startNode, startTailnet, tailnetMissing, type Tailnet } from "../support/tailnet.ts";

const missing = await tailnetMissing();

describe.skipIf(skips("a real tailnet", missing))("a network that leads to the tailnet", () => {
  let tailnet: Tailnet;
  let network: Container;
  let laptop: readonly string[];
  const image = uniqueName("aperture-env-ci");

  beforeAll(async () => {
    tailnet = await startTailnet();
    const folder = await temporaryFolder("aperture-env-tailnet");
    writeTree(folder, { "package.json": '{ "name": "sample" }\n' });
    await generate(folder);
    const built = await docker(["build", "--progress", "plain", "--target", "ci", "--tag", image, ".devcontainer"], {
      cwd: folder,
    });
    expect(built.exitCode, built.stderr).toBe(0);
    onDispose(() => docker(["image", "rm", "--force", image]));
    // The laptop: a node with a device of its own, whose name server is the tailnet's.
    network = await startNode(tailnet, "laptop");
    laptop = (await tailnet.online("laptop", network)).ip_addresses;
  });
  afterAll(disposeAll);

  const inside = (...command: string[]): ReturnType<typeof docker> =>
    docker(["run", "--rm", "--network", `container:${network.name}`, image, ...command], { timeout: 120_000 });

  test("OpenCode's prompt reaches the node ai, from the laptop's address", async () => {
    const { stdout, stderr, exitCode } = await inside("opencode", "run", "say hi over the tailnet");
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain("say hi over the tailnet");
    const seen = await tailnet.requests();
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter(({ placeholder, node }) => !placeholder || !laptop.includes(node))).toEqual([]);
  });

  test("the doctor finds nothing", async () => {
    const { stdout, stderr, exitCode } = await inside("aperture-doctor");
    expect(exitCode, stdout + stderr).toBe(0);
  });

  test("without the gateway's node, the doctor says that nothing answers", async () => {
    await docker(["stop", tailnet.gateway.name]);
    const { stdout, exitCode } = await inside("aperture-doctor");
    expect(exitCode).toBe(4);
    expect(stdout).toContain("http://ai");
  });
});
