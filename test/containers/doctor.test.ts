/** The doctor in a real container of the ci target, which has no Node, in a network with only the gateway. */
import { chmodSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Check } from "../../src/doctor/types.ts";
import { startClosedNetwork, type ClosedNetwork } from "../support/closed-network.ts";
import { disposeAll, docker, dockerAvailable, onDispose, temporaryFolder, uniqueName, type Result } from "../support/docker.ts";
import { generate, writeTree } from "../support/repository.ts";

const available = await dockerAvailable();
if (!available) console.warn("skipped: the doctor in a container, because no Docker engine answers");

describe.skipIf(!available)("the doctor in a container", () => {
  let network: ClosedNetwork;
  const image = uniqueName("aperture-env-doctor");

  beforeAll(async () => {
    // Nothing but what the environment offers.
    network = await startClosedNetwork(["--grants", "anthropic/**,openai/**"]);
    const folder = await temporaryFolder("aperture-env-doctor");
    chmodSync(folder, 0o755);
    writeTree(folder, { "go.mod": "module example.com/x\n" });
    await generate(folder, ["--base", "slim"]);
    const built = await docker(["build", "--quiet", "--target", "ci", "--tag", image, ".devcontainer"], {
      cwd: folder,
      timeout: 600_000,
    });
    expect(built.exitCode, built.stderr).toBe(0);
    onDispose(() => docker(["image", "rm", "--force", image]));
  });
  afterAll(disposeAll);

  const examine = (args: readonly string[], command: readonly string[] = ["aperture-doctor", "--json"]): Promise<Result> =>
    docker(["run", "--rm", ...network.args, ...args, image, ...command], { timeout: 60_000 });
  const above = ({ stdout }: Result): string[] =>
    (JSON.parse(stdout) as { checks: Check[] }).checks.filter(({ severity }) => severity !== "ok").map(({ code }) => code);

  test("there is no Node", async () => {
    expect((await examine([], ["sh", "-c", "command -v node bun npm"])).stdout).toBe("");
  });

  test("all is well against the gateway", async () => {
    const ran = await examine([]);
    expect(ran.exitCode, ran.stdout + ran.stderr).toBe(0);
    expect(above(ran)).toEqual([]);
  });

  test.each([
    ["a random uid", ["--user", "41234:41234"], ["folders-moved"]],
    ["a read-only root file system with /tmp", ["--read-only", "--tmpfs", "/tmp:exec"], ["folders-moved", "config-linked"]],
    [
      "the home of a GitHub job",
      ["--user", "1001:1001", "--env", "HOME=/github/home", "--tmpfs", "/github/home:mode=0755"],
      ["folders-moved"],
    ],
  ])("with %s it works as well, and says what is moved", async (_name, args, codes) => {
    const ran = await examine(args);
    expect(ran.exitCode, ran.stdout + ran.stderr).toBe(0);
    expect(above(ran)).toEqual(codes);
  });

  test.each([
    ["a host that nobody knows", ["--env", "APERTURE_URL=http://nobody"], ["name-no-magicdns"]],
    ["a port that is closed", ["--env", "APERTURE_URL=http://ai:81"], ["gateway-refused"]],
    ["a proxy that leads nowhere", ["--env", "HTTP_PROXY=http://127.0.0.1:9"], ["proxy"]],
  ])("it names %s", async (_name, args, codes) => {
    const ran = await examine(args);
    expect(ran.exitCode, ran.stdout + ran.stderr).toBe(4);
    expect(above(ran)).toEqual(codes);
  });

  test("what a container's start found is there for the launcher", async () => {
    const script =
      "aperture-doctor --background && n=0 && until [ -s ~/.local/state/aperture-env/verdict ] || [ $n = 50 ]; do sleep 0.2; n=$((n + 1)); done; head -n 1 ~/.local/state/aperture-env/verdict; stat -c %a ~/.local/state/aperture-env/verdict";
    const ran = await examine(["--env", "APERTURE_URL=http://ai:81"], ["sh", "-c", script]);
    expect(ran.stdout).toMatch(
      /^Nothing listens on ai:81, or a firewall on the way rejects it\. .*aperture-doctor checks again\.\n600$/,
    );
  });
});
