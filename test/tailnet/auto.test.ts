/** The connection `auto` on a real tailnet: one image in a place on the tailnet, off it with a key, off it without one, and where no name server answers. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildConnected, prompt, startConnected, unprivileged } from "../support/connected.ts";
import { startDnsServer, type DnsServer } from "../support/dns-server.ts";
import { disposeAll, docker, onDispose, runDetached, type Container } from "../support/docker.ts";
import { skips } from "../support/skips.ts";
import { startNode, startTailnet, tailnetMissing, type Tailnet } from "../support/tailnet.ts";

const missing = await tailnetMissing();
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe.skipIf(skips("a real tailnet", missing))("one image", () => {
  let tailnet: Tailnet;
  let image: string;
  let bare: string;
  let key: string;
  let dns: DnsServer;

  beforeAll(async () => {
    tailnet = await startTailnet();
    image = await buildConnected(tailnet, "auto");
    bare = await buildConnected(tailnet, "auto", { programs: false });
    key = await tailnet.key();
    // A network that knows nothing of the tailnet, and says so.
    dns = await startDnsServer({ host: tailnet.network.gateway, port: 53, records: {} });
    onDispose(() => dns.close());
  });
  afterAll(disposeAll);

  const off = (args: readonly string[] = [], which = image): Promise<Container> =>
    startConnected(tailnet, which, [...unprivileged, "--user", "1000", "--dns", tailnet.network.gateway, ...args]);
  const hasDaemon = async (container: Container): Promise<boolean> =>
    (await container.exec(["sh", "-c", "cat /proc/[0-9]*/comm"])).stdout.includes("tailscaled");
  const seenSince = async (before: number): Promise<readonly string[]> => [
    ...new Set((await tailnet.requests()).slice(before).map(({ node }) => node)),
  ];

  describe("on the tailnet", () => {
    let laptop: Container;
    let addresses: readonly string[];

    beforeAll(async () => {
      laptop = await startNode(tailnet, "laptop");
      addresses = (await tailnet.online("laptop", laptop)).ip_addresses;
    });

    test.each([
      ["with the programs", (): string => image],
      ["without them", (): string => bare],
    ])("%s: the network is taken as it is, as the laptop's node, and that is known for a while", async (_, which) => {
      const container = await runDetached(which(), {
        args: ["--network", `container:${laptop.name}`, "--user", "1000", "--env", `TS_AUTHKEY=${key}`],
        command: ["sleep", "infinity"],
      });
      const before = (await tailnet.requests()).length;
      const { exitCode, stderr, stdout } = await prompt(container, "say hi from the laptop");
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toContain("say hi from the laptop");
      const seen = await seenSince(before);
      expect(seen.length).toBe(1);
      expect(addresses).toContain(seen[0]);
      expect(await hasDaemon(container)).toBe(false);
      expect((await container.exec(["cat", "/tmp/aperture-env-1000/network"])).stdout).toMatch(/^ai \d+$/);
      const said = await container.exec(["aperture-connect"]);
      expect(said).toMatchObject({ exitCode: 0, stdout: "The network of this container leads to http://ai." });
      await container.remove();
    });
  });

  test("outside the tailnet with a key: the container is a node", async () => {
    const container = await off(["--env", `TS_AUTHKEY=${key}`]);
    const before = (await tailnet.requests()).length;
    const { exitCode, stderr } = await prompt(container, "say hi by myself");
    expect(exitCode, stderr).toBe(0);
    expect(await hasDaemon(container)).toBe(true);
    const nodes = (await tailnet.nodes()).filter(({ given_name: name }) => name.startsWith("sample-dev"));
    expect(nodes.flatMap(({ ip_addresses: all }) => all)).toEqual(expect.arrayContaining([...(await seenSince(before))]));
    await container.remove();
  });

  test("outside the tailnet without a key: an error at once; commands without the gateway work", async () => {
    const container = await off();
    const { exitCode, stderr, ms } = await prompt(container, "say nothing");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      "http://ai cannot be reached from here: this network does not know the name ai, and this container has no key to join the tailnet.",
    );
    expect(stderr).toContain("set TS_AUTHKEY");
    expect(ms).toBeLessThan(5000);
    expect(await hasDaemon(container)).toBe(false);
    for (const words of [["--version"], ["run", "--help"], ["models"]])
      expect((await container.exec(["opencode", ...words])).exitCode, words.join(" ")).toBe(0);
    await container.remove();
  });

  test("outside the tailnet without the programs: the error says what to write into the spec", async () => {
    const container = await off(["--env", `TS_AUTHKEY=${key}`], bare);
    const { exitCode, stderr, ms } = await prompt(container, "say nothing");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("this network does not know the name ai");
    expect(stderr).toContain("tailscale:");
    expect(ms).toBeLessThan(5000);
    expect((await container.exec(["aperture-connect", "--post-start"])).exitCode).toBe(0);
    await container.remove();
  });

  test("where no name server answers, that is not waited for", async () => {
    // Nobody is at that address (RFC 5737).
    const container = await startConnected(tailnet, image, [...unprivileged, "--user", "1000", "--dns", "192.0.2.53"]);
    const { exitCode, stderr, ms } = await prompt(container, "say nothing");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("the name server does not answer for ai");
    expect(ms).toBeLessThan(5000);
    const times: number[] = [];
    for (let turn = 0; turn < 3; turn++) times.push((await prompt(container, "say nothing")).ms);
    // With the start of the container's process, and of this launcher.
    expect(Math.min(...times)).toBeLessThan(1500);
    const withKey = await prompt(container, "say hi", { env: { TS_AUTHKEY: key } });
    expect(withKey.exitCode, withKey.stderr).toBe(0);
    await container.remove();
  });

  test("another host with the gateway's name gets no prompt", async () => {
    const other = await runDetached("node:24-bookworm-slim", {
      args: ["--network", tailnet.network.name],
      command: [
        "node",
        "-e",
        "require('http').createServer((q, a) => { console.log(q.method, q.url); a.end('<html>') }).listen(80)",
      ],
    });
    const container = await off(["--add-host", `ai:${await other.address(tailnet.network.name)}`]);
    const { exitCode, stderr } = await prompt(container, "say a secret");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/ai is [\d.]+ here, which is not a tailnet address, and no gateway answers there/);
    expect((await other.logs()).stdout).not.toContain("POST");
    // Who knows better says so.
    const taken = prompt(container, "say hi", { env: { APERTURE_CONNECTION: "network" } });
    for (let tries = 0; tries < 200 && !(await other.logs()).stdout.includes("POST"); tries++) await pause(100);
    expect((await other.logs()).stdout).toContain("POST");
    await container.remove();
    await taken;
    await other.remove();
  });

  test("a gateway outside a tailnet is used if it answers as a gateway; addresses and proxies start no node", async () => {
    const gateway = await runDetached("node:24-bookworm-slim", {
      args: ["--network", tailnet.network.name, "--volume", `${join(import.meta.dirname, "..", "..", "dist")}:/app:ro`],
      command: ["node", "/app/bin.js", "mock-gateway", "--host", "0.0.0.0", "--port", "80"],
    });
    const isUp = async (): Promise<boolean> => /listens/.test(Object.values(await gateway.logs()).join(" "));
    for (let tries = 0; tries < 300 && !(await isUp()); tries++) await pause(100);
    const address = await gateway.address(tailnet.network.name);
    const container = await off(["--add-host", `house.test:${address}`]);
    for (const [url, proxy] of [
      ["http://house.test", ""],
      [`http://${address}`, ""],
      ["http://no-such.test", `http://${address}`],
    ] as const) {
      const env = { APERTURE_URL: url, ...(proxy !== "" && { HTTP_PROXY: proxy }) };
      const { exitCode, stderr } = await prompt(container, "say hi", { env });
      // A gateway is no proxy: that its 404 comes back shows who was asked.
      if (proxy === "") expect(exitCode, stderr).toBe(0);
      else expect(stderr).not.toContain("cannot be reached from here");
    }
    expect(await hasDaemon(container)).toBe(false);
    await Promise.all([container.remove(), docker(["rm", "--force", gateway.name])]);
  });

  test("a gateway whose name /etc/hosts maps to 127.0.0.1 is reached; with the word userspace doctor and launcher both refuse", async () => {
    const gateway = await runDetached("node:24-bookworm-slim", {
      args: ["--add-host", "ai:127.0.0.1", "--volume", `${join(import.meta.dirname, "..", "..", "dist")}:/app:ro`],
      command: ["node", "/app/bin.js", "mock-gateway", "--port", "80"],
    });
    const isUp = async (): Promise<boolean> => /listens/.test(Object.values(await gateway.logs()).join(" "));
    for (let tries = 0; tries < 300 && !(await isUp()); tries++) await pause(100);
    for (const which of [image, bare]) {
      const container = await runDetached(which, {
        args: ["--network", `container:${gateway.name}`, "--user", "1000"],
        command: ["sleep", "infinity"],
      });
      const reached = { exitCode: 0, stdout: "The network of this container leads to http://ai." };
      expect(await container.exec(["aperture-connect"])).toMatchObject(reached);
      const healthy = await container.exec(["aperture-doctor"]);
      expect(healthy.exitCode, healthy.stdout).toBe(0);
      expect(await prompt(container, "say hi")).toMatchObject({ exitCode: 0 });
      // The launcher takes no network then, and the doctor says so.
      const env = { APERTURE_CONNECTION: "userspace" };
      expect(await prompt(container, "say hi", { env })).toMatchObject({ exitCode: 1 });
      const examined = await container.exec(["env", "APERTURE_CONNECTION=userspace", "aperture-doctor"]);
      expect(examined.exitCode, examined.stdout).toBe(4);
      await container.remove();
    }
    await gateway.remove();
  });

  test("at a terminal a person sees where to log in, and the prompt continues after the login", async () => {
    const container = await off();
    const began = docker(["exec", "--tty", container.name, "opencode", "run", "say hi after the login"], { timeout: 120_000 });
    let id: string | undefined;
    for (let tries = 0; tries < 100 && id === undefined; tries++) {
      await pause(200);
      const status = await container.exec([
        "/usr/local/lib/aperture-env/tailscale",
        "--socket=/tmp/aperture-env-1000/tailscaled.sock",
        "status",
        "--json",
      ]);
      id = /"AuthURL": "[^"]*\/register\/([^"]+)"/.exec(status.stdout)?.[1];
    }
    expect(id).toBeDefined();
    await pause(1000);
    await tailnet.control("auth", "register", "--auth-id", id!, "--user", "dev");
    const { stdout, exitCode } = await began;
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toContain(`/register/${id}`);
    expect(stdout).toContain("say hi after the login");
    await container.remove();
  });

  test("a connection per host: the network by default, and a node with the codespace's name in a codespace", async () => {
    const mixed = await buildConnected(tailnet, "{ default: network, codespaces: userspace, gitlab: auto }");
    const container = await off([], mixed);
    const said = async (...variables: string[]): Promise<string> =>
      (await container.exec(["env", ...variables, "aperture-connect"])).stdout;
    expect(await said()).toBe("This container uses its network, without a tailnet node.");
    expect(await said("GITHUB_ACTIONS=true")).toBe("This container uses its network, without a tailnet node.");
    expect(await said("GITLAB_CI=true")).toContain("set TS_AUTHKEY as a secret of the job");
    const env = { CODESPACES: "true", CODESPACE_NAME: "fluffy_space-robot", TS_AUTHKEY: key };
    const { exitCode, stderr } = await prompt(container, "say hi from the codespace", { env });
    expect(exitCode, stderr).toBe(0);
    expect((await tailnet.nodes()).map(({ given_name: name }) => name)).toContain("fluffy-space-robot");
    await container.remove();
  });
});
