/** The connection `sidecar` on a real tailnet: what was generated is opened by the Dev Containers CLI, and Docker Compose starts both containers. */
import { appendFileSync, chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { devcontainer, docker, disposeAll, temporaryFolder, type Result } from "../support/docker.ts";
import { generate, writeTree } from "../support/repository.ts";
import { skips } from "../support/skips.ts";
import { startTailnet, tailnetMissing, type Tailnet } from "../support/tailnet.ts";
import { standInForTailscale } from "../support/tailscale-image.ts";

const missing = await tailnetMissing();

/** What a person who has a network and a control server of their own writes into a Compose file. */
const inNetwork = ({ network: { name } }: Tailnet): string => `\nnetworks:\n  default:\n    name: ${name}\n    external: true\n`;

describe.skipIf(skips("a real tailnet", missing))("a dev container of its own with Tailscale beside it", () => {
  let tailnet: Tailnet;
  let folder: string;

  beforeAll(async () => {
    tailnet = await startTailnet();
    folder = await temporaryFolder("aperture-env-sidecar");
    // The dev container's account is not the one that runs this.
    chmodSync(folder, 0o755);
    writeTree(folder, { "package.json": '{ "name": "sample" }\n' });
    await generate(folder, ["--connection", "sidecar", "--name", "sample", "--tailscale", `login_server=${tailnet.url}`]);
    appendFileSync(join(folder, ".devcontainer/docker-compose.yml"), inNetwork(tailnet));
    const sidecar = parse(readFileSync(join(folder, ".devcontainer/aperture-env/sidecar/tailscale.yaml"), "utf8")) as {
      services: { tailscale: { image: string } };
    };
    await standInForTailscale(sidecar.services.tailscale.image, tailnet.programs);
  });
  afterEach(async () => {
    await compose("down", "--volumes", "--timeout", "3");
  });
  afterAll(disposeAll);

  /** The project's name is the one that the CLI gives. */
  const compose = (...args: string[]): Promise<Result> =>
    docker(
      [
        "compose",
        "--project-name",
        `${folder.split("/").at(-1)!.toLowerCase()}_devcontainer`,
        "--file",
        ".devcontainer/docker-compose.yml",
        ...args,
      ],
      { cwd: folder },
    );
  const up = (env: Readonly<Record<string, string>> = {}): Promise<Result> =>
    devcontainer(["up", "--workspace-folder", folder], { env: { TS_AUTHKEY: "", ...env } });
  const inside = (...command: string[]): Promise<Result> =>
    devcontainer(["exec", "--workspace-folder", folder, ...command], { timeout: 120_000 });
  const container = async (service: string): Promise<string> => (await compose("ps", "--all", "--quiet", service)).stdout.trim();
  /** The addresses of the sidecar in the tailnet, as it says itself. */
  const node = async (): Promise<readonly string[]> =>
    (await compose("exec", "tailscale", "tailscale", "ip")).stdout.trim().split(/\s+/);
  const prompt = async (words: string): Promise<void> => {
    const before = (await tailnet.requests()).length;
    const { stdout, stderr, exitCode } = await inside("opencode", "run", words);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain(words);
    const seen = (await tailnet.requests()).slice(before);
    expect(seen.length).toBeGreaterThan(0);
    const addresses = await node();
    expect(seen.filter((request) => !request.placeholder || !addresses.includes(request.node))).toEqual([]);
  };
  /** Waits until both containers are as nodes see them. */
  const listed = async (): Promise<void> => {
    for (let tries = 0; tries < 60; tries++) {
      const { stdout } = await compose("exec", "tailscale", "tailscale", "status", "--json");
      if (stdout.includes('"DNSName": "ai.')) return;
      await new Promise((done) => setTimeout(done, 500));
    }
    throw new Error((await compose("logs", "tailscale")).stdout);
  };

  test("with a key: OpenCode answers by the sidecar's node, and the key is nowhere but with the sidecar; down and up keeps the login", async () => {
    const key = await tailnet.key();
    const first = await up({ TS_AUTHKEY: key });
    expect(first.exitCode, first.stderr).toBe(0);
    await listed();
    await prompt("say hi beside a sidecar");
    const addresses = await node();
    expect((await tailnet.nodes()).find(({ given_name }) => given_name === "sample-dev")?.ip_addresses).toEqual(addresses);

    const places = {
      "the output of up": first.stdout + first.stderr,
      "what is known of the containers": (await docker(["inspect", await container("dev"), await container("tailscale")])).stdout,
      "their logs": Object.values(await compose("logs", "--no-color")).join("\n"),
      processes: (await compose("exec", "tailscale", "sh", "-c", "cat /proc/[0-9]*/cmdline")).stdout,
      files: (await compose("exec", "tailscale", "sh", "-c", "cat /run/secrets/* 2>/dev/null; env")).stdout,
    };
    for (const [place, text] of Object.entries(places)) expect(text.includes(key), `the key is in ${place}`).toBe(false);

    expect((await compose("down", "--timeout", "3")).exitCode).toBe(0);
    const second = await up();
    expect(second.exitCode, second.stderr).toBe(0);
    await listed();
    await prompt("say hi again");
    expect(await node()).toEqual(addresses);
  });

  test("without a key: up is quick and does not fail, and the address of the login can be read inside, by a person's account", async () => {
    expect((await up()).exitCode).toBe(0);
    await compose("down", "--volumes", "--timeout", "3");
    const began = Date.now();
    const { exitCode, stderr } = await up();
    expect(exitCode, stderr).toBe(0);
    expect(Date.now() - began).toBeLessThan(15_000);
    const status = async (): Promise<{ BackendState: string; AuthURL: string }> =>
      JSON.parse(
        (
          await inside(
            "curl",
            "--silent",
            "--unix-socket",
            "/var/run/tailscale/tailscaled.sock",
            "http://local-tailscaled.sock/localapi/v0/status",
          )
        ).stdout,
      ) as { BackendState: string; AuthURL: string };
    await expect.poll(status, { timeout: 20_000, interval: 500 }).toMatchObject({
      BackendState: "NeedsLogin",
      AuthURL: expect.stringMatching(`^${tailnet.url}/register/`),
    });
    // The person follows it.
    const { AuthURL } = await status();
    await tailnet.control("auth", "register", "--user", "dev", "--auth-id", AuthURL.split("/").at(-1)!);
    await listed();
    await prompt("say hi after a login");
  });

  test("a key that is refused leaves the dev container's network, and the address of a login", async () => {
    const { exitCode, stderr } = await up({ TS_AUTHKEY: "hskey-auth-wrong-wrong" });
    expect(exitCode, stderr).toBe(0);
    await expect
      .poll(async () => (await compose("exec", "tailscale", "tailscale", "status", "--json")).stdout, {
        timeout: 40_000,
        interval: 1000,
      })
      .toContain(`${tailnet.url}/register/`);
    expect((await inside("ls", "/sys/class/net")).stdout).toContain("eth0");
  });
});
