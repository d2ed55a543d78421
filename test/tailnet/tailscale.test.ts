/** The connection `tailscale` on a real tailnet: dev containers with Tailscale's Feature, or its like, opened by the Dev Containers CLI. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { devcontainer, docker, disposeAll, onDispose, temporaryFolder, type Result } from "../support/docker.ts";
import { addressInBuilds, packProgram, startPackages } from "../support/packaged.ts";
import { generate, writeTree } from "../support/repository.ts";
import { skips } from "../support/skips.ts";
import { writeTailscaleFeature } from "../support/tailscale-feature.ts";
import { startTailnet, tailnetMissing, type Tailnet } from "../support/tailnet.ts";

const missing = await tailnetMissing();
const file = ".devcontainer/devcontainer.json";

describe.skipIf(skips("a real tailnet", missing))("Tailscale's Feature", () => {
  let tailnet: Tailnet;
  let registry: string;

  beforeAll(async () => {
    tailnet = await startTailnet();
    registry = await addressInBuilds(await startPackages(await packProgram()));
  });
  afterAll(disposeAll);

  /** A repository whose dev container is in the test's network, as a person would write that into it. */
  const make = async (name: string, theirs: string | null, more = ""): Promise<string> => {
    const folder = await temporaryFolder("aperture-env-feature");
    chmodSync(folder, 0o755);
    const network = `"runArgs": ["--network=${tailnet.network.name}"${more}],`;
    if (theirs !== null) writeTree(folder, { [file]: `{\n  ${network}\n  ${theirs}\n}\n` });
    await writeTailscaleFeature(join(folder, ".devcontainer/stand-in"), tailnet.programs);
    const said = `1.102.5,feature=./stand-in,login_server=${tailnet.url}`;
    // The user's has the doctor out of the package, for the program that asks for the login is a part of it.
    const from = theirs === null ? [] : ["--doctor", "package"];
    const env = { npm_config_registry: `${registry}/` };
    await generate(folder, ["--name", name, "--connection", "tailscale", "--tailscale", said, ...from], env);
    if (theirs === null)
      writeFileSync(join(folder, file), readFileSync(join(folder, file), "utf8").replace("{", `{\n  ${network}`));
    onDispose(async () => {
      const names = ["^tailscale-", "^aperture-env-"].flatMap((prefix) => ["--filter", `name=${prefix}`]);
      const { stdout } = await docker(["volume", "ls", "--quiet", "--filter", "dangling=true", ...names]);
      for (const volume of stdout.split("\n").filter(Boolean)) await docker(["volume", "rm", volume]);
    });
    return folder;
  };
  const inside = (folder: string, ...command: string[]): Promise<Result> =>
    devcontainer(["exec", "--workspace-folder", folder, ...command], { timeout: 120_000 });
  const addressOf = async (folder: string): Promise<string> => (await inside(folder, "tailscale", "ip", "-4")).stdout.trim();
  const up = async (folder: string, key: string | null, ...more: string[]): Promise<void> => {
    // As Codespaces gives secrets: to the hooks, after the entrypoint.
    const secrets = join(await temporaryFolder("aperture-env-secrets"), "secrets.json");
    writeFileSync(secrets, JSON.stringify(key === null ? {} : { TS_AUTHKEY: key }));
    const { exitCode, stderr, stdout } = await devcontainer(
      ["up", "--workspace-folder", folder, "--secrets-file", secrets, ...more],
      { env: { TS_AUTHKEY: "" } },
    );
    expect(exitCode, stderr + stdout).toBe(0);
  };
  const expectAnswer = async (folder: string, words: string): Promise<void> => {
    const before = (await tailnet.requests()).length;
    const { exitCode, stdout, stderr } = await inside(folder, "opencode", "run", words);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain(words);
    const seen = (await tailnet.requests()).slice(before);
    expect([...new Set(seen.map(({ node }) => node))]).toEqual([await addressOf(folder)]);
  };

  test.each([
    ["a dev container of its own", null],
    ["a dev container of the user's", '"image": "mcr.microsoft.com/devcontainers/base:2-bookworm"'],
  ])("%s is a node from its first start on, and again without a key", async (what, theirs) => {
    const name = theirs === null ? "own" : "theirs";
    const folder = await make(name, theirs);
    const key = await tailnet.key({ single: true });
    await up(folder, key);
    await expectAnswer(folder, `say hi to ${what}`);
    const doctor = await inside(folder, "aperture-doctor");
    expect(doctor.exitCode, doctor.stdout).toBe(0);
    const [container] = (await docker(["ps", "--quiet", "--filter", `label=devcontainer.local_folder=${folder}`])).stdout.split(
      "\n",
    );
    expect((await docker(["inspect", container!])).stdout).not.toContain(key);
    const node = await addressOf(folder);
    await up(folder, null, "--remove-existing-container");
    await expectAnswer(folder, "say hi again");
    expect(await addressOf(folder)).toBe(node);
    expect((await tailnet.nodes()).filter(({ given_name: given }) => given.startsWith(`${name}-dev`))).toHaveLength(1);
  });

  test("without a device the container is a userspace node, and later without a key, too", async () => {
    // What is there is no such device, as on a host without the kernel's module.
    const folder = await make("plain", null, ', "--volume=/dev/null:/dev/net/tun"');
    const node = async (): Promise<readonly string[]> =>
      (await tailnet.nodes())
        .filter(({ given_name: given }) => given.startsWith("plain-dev"))
        .flatMap((each) => each.ip_addresses);
    const answers = async (words: string): Promise<void> => {
      const before = (await tailnet.requests()).length;
      const { exitCode, stdout, stderr } = await inside(folder, "opencode", "run", words);
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toContain(words);
      const addresses = await node();
      expect((await tailnet.requests()).slice(before).filter(({ node: seen }) => !addresses.includes(seen))).toEqual([]);
    };
    await up(folder, await tailnet.key({ single: true }));
    await answers("say hi without a device");
    const before = await node();
    await up(folder, null, "--remove-existing-container");
    await answers("say hi again without one");
    expect(await node()).toEqual(before);
  });

  test("without a key the start does not fail, and a person is shown where to log in", async () => {
    const folder = await make("nobody", null);
    await up(folder, null);
    const asked = await inside(folder, "aperture-connect", "--timeout", "10");
    expect(asked.exitCode).toBe(1);
    expect(asked.stdout + asked.stderr).toContain(`log in at  ${tailnet.url}/`);
    const refused = await inside(folder, "env", "TS_AUTHKEY=tskey-of-nobody", "aperture-connect", "--timeout", "10");
    expect(refused.stdout + refused.stderr).toContain("The key in TS_AUTHKEY was rejected");
    expect(refused.stdout + refused.stderr).not.toContain("tskey-of-nobody");
  });
});
