/** The connection `sidecar` through the whole program: a dev container of its own, as a Compose project. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { makeFolder, runPiped, treeOf, write, type Files, type Ran } from "./harness.ts";

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
});
afterEach(() => outside.remove());

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const edit = (file: string, change: (text: string) => string): void => write(root, { [file]: change(read(file)) });
const run = async (...args: readonly string[]): Promise<Ran> => {
  const ran = await runPiped(args, root);
  expect(ran.exit, ran.stdout + ran.stderr).toBe(0);
  return ran;
};
const check = async (): Promise<string> => {
  const { exit, stdout } = await runPiped(["check"], root);
  return `${exit} ${stdout}`;
};

describe("a dev container of its own", () => {
  const compose = ".devcontainer/docker-compose.yml";
  const service = ".devcontainer/aperture-env/sidecar/tailscale.yaml";
  const create = (...more: readonly string[]): Promise<Ran> => run("--yes", "--connection", "sidecar", ...more);

  test("is opened by the Compose file, in the network of a node that is the person's own, whose login is kept", async () => {
    await create("--tailscale", "version=1.90.0,login_server=https://headscale.example.com,key=TAILNET_KEY,tags=tag:ci");
    expect(parse(read(compose))).toMatchObject({
      include: ["aperture-env/sidecar/secret${TAILNET_KEY:+-given}.yaml"],
      services: {
        dev: { network_mode: "service:tailscale", volumes: expect.arrayContaining(["tailscale-socket:/var/run/tailscale:ro"]) },
      },
    });
    const { services } = parse(read(service)) as { services: { tailscale: Record<string, unknown> } };
    expect(services.tailscale).toMatchObject({
      image: "tailscale/tailscale:v1.90.0",
      cap_add: ["NET_ADMIN"],
      devices: ["/dev/net/tun:/dev/net/tun"],
      environment: {
        TS_HOSTNAME: "sample-dev",
        TS_USERSPACE: "false",
        TS_ACCEPT_DNS: "true",
        TS_AUTH_ONCE: "true",
        TS_STATE_DIR: "/var/lib/tailscale",
        TS_EXTRA_ARGS: "--login-server=https://headscale.example.com",
      },
      secrets: ["TAILNET_KEY"],
    });
    expect(JSON.parse(read(".devcontainer/aperture-env/environment.json"))).toMatchObject({
      connect: { by: { default: "sidecar" }, socket: "/var/run/tailscale/tailscaled.sock", tags: [], secret: "TAILNET_KEY" },
    });
  });

  test.each([
    ["http://ai", '"DNSName": "ai.'],
    ["http://ai.tail1234.ts.net", '"DNSName": "ai.tail1234.ts.net.'],
    ["http://100.64.0.7:8080", '"100.64.0.7"'],
    ["https://gateway.example.com", '"BackendState": "Running"'],
  ])("is healthy where the node of %s is listed", async (url, listed) => {
    await create("--url", url);
    const { services } = parse(read(service)) as { services: { tailscale: { healthcheck: { test: string[] } } } };
    expect(services.tailscale.healthcheck.test).toEqual(["CMD-SHELL", `tailscale status --json | grep -qF '${listed}'`]);
  });

  test("may be edited where nothing ends the environment, and is told by its place where something does", async () => {
    await create();
    edit(compose, (text) => text.replace("command: sleep infinity", "command: sleep infinity\n    init: true"));
    expect(await check()).toMatch(/^0 .*was edited by hand, as it may be/);
    const edited = read(compose);
    for (const [from, to, what] of [
      ["    network_mode: service:tailscale\n", "", ":6:3  does not put dev into the network of the container beside it"],
      ["service:tailscale", "bridge", ":16:5  does not put dev into the network"],
      ["      file: aperture-env/sidecar/tailscale.yaml\n", "", "does not put dev into the network"],
      ["    command: sleep", "    ports: [80:80]\n    command: sleep", ":14:5  gives dev ports of its own"],
      ["      target: dev\n", "", ":7:5  does not build the target dev"],
      [/APERTURE_ENV_REVISION: .*/, "OTHER: x", "does not give APERTURE_ENV_REVISION"],
      ["  dev:", "  other:", "has no service dev"],
      ["services:", "services: [", "cannot be read"],
    ] as const) {
      write(root, { [compose]: edited.replace(from, to) });
      expect(await check(), what).toMatch(/^3 /);
      expect(await check()).toContain(what);
    }
    write(root, { [compose]: edited });
    edit(".devcontainer/devcontainer.json", (text) => text.replace('"service": "dev"', '"service": "web"'));
    expect(await check()).toContain("does not open the environment's service");
  });

  test("update follows the spec in files that were edited; another word changes what it must and leaves nothing; so does remove", async () => {
    const before: Files = treeOf(root);
    await run("--yes");
    const plain = treeOf(root);
    await run("update", "--connection", "sidecar");
    edit(compose, (text) => text.replace("command: sleep infinity", "command: sleep infinity\n    init: true"));
    expect((await run("update")).stdout).toContain("Nothing to do");
    await run("update", "--url", "http://gateway");
    expect(read(service)).toContain('\\"DNSName\\": \\"gateway.');
    expect(read(compose)).toContain("init: true");
    edit(compose, (text) => text.replace("\n    init: true", ""));
    await run("update", "--connection", "network", "--url", "http://ai");
    const names = Object.keys(plain);
    expect(Object.keys(treeOf(root)).filter((name) => !names.includes(name))).toEqual([]);
    expect(treeOf(root)[".devcontainer/devcontainer.json"]).toBe(plain[".devcontainer/devcontainer.json"]);
    await run("update", "--connection", "sidecar");
    await run("remove", "--yes");
    expect(treeOf(root)).toEqual(before);
  });
});
