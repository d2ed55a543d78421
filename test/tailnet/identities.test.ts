/**
 * An OAuth client and a workload identity on a real tailnet: each makes itself a key by Tailscale's API, for which something else stands in, and asks for
 * the spec's tags. This control server (headscale 0.29) lets no node in that has a key and asks for tags, which shows that both have arrived.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pinnedTailscale, tailscaleImage } from "../../src/catalog/tailscale.ts";
import { buildConnected, findSecret, prompt, startConnected, unprivileged } from "../support/connected.ts";
import { disposeAll, docker, onDispose, temporaryFolder, uniqueName, type Result } from "../support/docker.ts";
import { generate, writeTree } from "../support/repository.ts";
import { skips } from "../support/skips.ts";
import { startTailnet, tailnetMissing, type Tailnet } from "../support/tailnet.ts";
import { startTailscaleApi, type TailscaleApi } from "../support/tailscale-api.ts";
import { standInForTailscale } from "../support/tailscale-image.ts";

const missing = await tailnetMissing();

describe.skipIf(skips("a real tailnet", missing))("a node that is nobody's", () => {
  let tailnet: Tailnet;
  let api: TailscaleApi;
  let image: string;

  beforeAll(async () => {
    tailnet = await startTailnet();
    api = await startTailscaleApi(tailnet);
    image = await buildConnected(tailnet, "userspace", { loginServer: api.url, more: ", tags: [tag:ci]" });
  });
  afterAll(disposeAll);

  /** What shall let it in: variables, which of them is secret, and what the API is then told. */
  const ways = (): readonly {
    readonly variable: string;
    readonly env: Readonly<Record<string, string>>;
    readonly secret: string;
    readonly told: RegExp;
  }[] => {
    const client = `tskey-client-kTEST-${"s".repeat(20)}`;
    // Where Tailscale's own servers are, nobody has to say that.
    const given = `${client}?ephemeral=false&preauthorized=true&baseURL=${api.url}`;
    const told = new RegExp(Buffer.from(`some-client-id:${client}`).toString("base64"));
    return [
      { variable: "TS_CLIENT_SECRET", env: { TS_CLIENT_ID: "kTEST", TS_CLIENT_SECRET: given }, secret: client, told },
      { variable: "TS_AUTHKEY", env: { TS_AUTHKEY: given }, secret: client, told },
      {
        variable: "TS_ID_TOKEN",
        env: { TS_CLIENT_ID: "kTEST?ephemeral=false&preauthorized=true", TS_ID_TOKEN: "e30.token-of-a-host.e30" },
        secret: "token-of-a-host",
        told: /client_id=kTEST&.*jwt=e30\.token-of-a-host\.e30/,
      },
    ];
  };
  /** That the API was asked for a key with the spec's tag. */
  const expectAsked = (told: RegExp): void => {
    const asked = api.take();
    expect(JSON.stringify(asked)).toMatch(told);
    expect(asked.find(({ path }) => path.endsWith("/keys"))?.body).toContain('"tags":["tag:ci"]');
  };
  const refused = "requested tags [tag:ci] are invalid or not permitted";

  test.each([0, 1, 2])("joins with its key and tags, and the secret is in no argument, file or log (%i)", async (index) => {
    const { variable, env, secret, told } = ways()[index]!;
    const container = await startConnected(tailnet, image, [...unprivileged, "--user", "1000"]);
    const begun = prompt(container, "say hi", { env });
    const places: string[] = [];
    for (let looks = 0; looks < 8; looks++) places.push(...(await findSecret(container, secret)));
    const { exitCode, stderr, stdout } = await begun;
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toContain(`The key in ${variable} was rejected: `);
    expect(stderr).toContain(refused);
    const others = places.map((place) => place.replace(/\d+/, "N")).filter((place) => place !== "/proc/N/environ opencode");
    expect(others).toEqual([]);
    expect(stdout + stderr).not.toContain(secret);
    expectAsked(told);
    await container.remove();
  });

  test("needs tags, which is said where the spec has none", async () => {
    const bare = await buildConnected(tailnet, "userspace", { loginServer: api.url });
    const container = await startConnected(tailnet, bare, [...unprivileged, "--user", "1000"]);
    const { exitCode, stderr } = await prompt(container, "say no", { env: ways()[0]!.env });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Nodes that join with TS_CLIENT_SECRET need tags");
    expect(stderr).toContain("tags: [tag:ci]");
    await container.remove();
  });

  test.each([0, 1, 2])(
    "lets a sidecar join, and the secret is in no file, argument, log or configuration (%i)",
    async (index) => {
      const { env, secret, told } = ways()[index]!;
      await standInForTailscale(`${tailscaleImage}:v${pinnedTailscale.version}`, tailnet.programs);
      const folder = await temporaryFolder("aperture-env-identity");
      writeTree(folder, { "package.json": '{ "name": "sample" }\n' });
      await generate(folder, [
        "--connection",
        "sidecar",
        "--name",
        "beside",
        "--tailscale",
        `login_server=${api.url},tags=tag:ci`,
      ]);
      const file = ".devcontainer/docker-compose.yml";
      appendFileSync(join(folder, file), `\nnetworks:\n  default:\n    name: ${tailnet.network.name}\n    external: true\n`);
      const name = uniqueName("aperture-env-identity");
      const compose = (...args: string[]): Promise<Result> =>
        docker(["compose", "--project-name", name, "--file", file, ...args], { cwd: folder, env });
      onDispose(() => compose("down", "--volumes", "--timeout", "3"));
      const up = await compose("up", "--detach", "tailscale");
      expect(up.exitCode, up.stderr).toBe(0);
      const inside = async (script: string): Promise<string> => (await compose("exec", "tailscale", "sh", "-c", script)).stdout;
      const logs = async (): Promise<string> => Object.values(await compose("logs", "--no-color")).join("\n");
      await expect.poll(logs, { timeout: 40_000, interval: 500 }).toContain(refused);
      expectAsked(told);
      // Then a person may log in.
      await expect.poll(() => inside("tailscale status --json"), { timeout: 40_000, interval: 500 }).toContain("/register/");
      const places = {
        up: up.stdout + up.stderr,
        "the configuration": (await compose("config")).stdout,
        "what Docker knows": (await docker(["inspect", (await compose("ps", "--quiet", "tailscale")).stdout.trim()])).stdout,
        logs: await logs(),
        processes: await inside("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ"),
        files: await inside("cat /run/secrets/* /var/run/tailscale/* 2>/dev/null; grep -r . /tmp 2>/dev/null; env"),
      };
      for (const [place, text] of Object.entries(places)) expect(text.includes(secret), `the secret is in ${place}`).toBe(false);
      await compose("down", "--volumes", "--timeout", "3");
    },
  );
});
