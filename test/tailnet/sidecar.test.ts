/** The connection `sidecar` on a real tailnet: what was generated is opened by the Dev Containers CLI, and Docker Compose starts both containers. */
import { appendFileSync, chmodSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { pinnedTailscale, tailscaleImage } from "../../src/catalog/tailscale.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import {
  bridgeGateway,
  devcontainer,
  disposeAll,
  docker,
  fetchOpencodeTarball,
  onDispose,
  temporaryFolder,
  type Result,
} from "../support/docker.ts";
import { startNpmRegistry } from "../support/npm-registry.ts";
import { generate, remove, writeTree } from "../support/repository.ts";
import { skips } from "../support/skips.ts";
import { startTailnet, tailnetMissing, type Tailnet, type TailnetNode } from "../support/tailnet.ts";
import { standInForTailscale } from "../support/tailscale-image.ts";

const missing = await tailnetMissing();

/** What a person who has a network and a control server of their own writes into a Compose file. */
const inNetwork = ({ network: { name } }: Tailnet): string => `\nnetworks:\n  default:\n    name: ${name}\n    external: true\n`;

let tailnet: Tailnet;

/** A repository whose dev container is a Compose project, opened by the Dev Containers CLI. */
class Project {
  readonly folder: string;
  /** The name that the CLI gives the project (devcontainers/cli, src/spec-node/dockerCompose.ts, getProjectName). */
  readonly #name: string;
  readonly #files: readonly string[];
  readonly #service: string;

  constructor(folder: string, service: string, file: string, name: string) {
    this.folder = folder;
    this.#name = name;
    this.#files = ["--file", file];
    this.#service = service;
  }

  compose(...args: string[]): Promise<Result> {
    return docker(["compose", "--project-name", this.#name, ...this.#files, ...args], { cwd: this.folder });
  }

  up(env: Readonly<Record<string, string>> = {}): Promise<Result> {
    return devcontainer(["up", "--workspace-folder", this.folder], { env: { TS_AUTHKEY: "", ...env } });
  }

  /** Takes it down; with `volumes` the login, too. */
  async down(...options: string[]): Promise<void> {
    expect((await this.compose("down", "--timeout", "3", ...options)).exitCode).toBe(0);
  }

  inside(...command: string[]): Promise<Result> {
    return devcontainer(["exec", "--workspace-folder", this.folder, ...command], { timeout: 120_000 });
  }

  /** What Docker knows of its containers. */
  async inspect(...services: string[]): Promise<string> {
    const names = await Promise.all(
      services.map(async (service) => (await this.compose("ps", "--all", "--quiet", service)).stdout.trim()),
    );
    return (await docker(["inspect", ...names])).stdout;
  }

  /** The addresses of the sidecar in the tailnet, as it says itself. */
  async node(): Promise<readonly string[]> {
    return (await this.compose("exec", "tailscale", "tailscale", "ip")).stdout.trim().split(/\s+/);
  }

  /** Waits until the gateway's node is known to the sidecar. */
  async listed(): Promise<void> {
    const status = async (): Promise<string> => (await this.compose("exec", "tailscale", "tailscale", "status", "--json")).stdout;
    await expect.poll(status, { timeout: 40_000, interval: 500 }).toContain('"DNSName": "ai.');
  }

  /** A prompt of OpenCode's is answered, and the gateway saw the sidecar's node. */
  async prompt(words: string): Promise<void> {
    const before = (await tailnet.requests()).length;
    const { stdout, stderr, exitCode } = await this.inside("opencode", "run", words);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain(words);
    const seen = (await tailnet.requests()).slice(before);
    expect(seen.length).toBeGreaterThan(0);
    const addresses = await this.node();
    expect(seen.filter((request) => !request.placeholder || !addresses.includes(request.node))).toEqual([]);
  }

  /** The doctor finds nothing. */
  async healthy(): Promise<void> {
    const { exitCode, stdout, stderr } = await this.inside("aperture-doctor");
    expect(exitCode, stdout + stderr).toBe(0);
  }

  /** The places where a key must not be: beside the sidecar nobody has it, and the sidecar has it in no file, argument or variable. */
  async placesOfKeys(): Promise<Readonly<Record<string, string>>> {
    const read = async (script: string): Promise<string> => (await this.compose("exec", "tailscale", "sh", "-c", script)).stdout;
    return {
      "what is known of the containers": await this.inspect(this.#service, "tailscale"),
      "their logs": Object.values(await this.compose("logs", "--no-color")).join("\n"),
      processes: await read("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ"),
      files: await read("cat /run/secrets/* /var/run/tailscale/* 2>/dev/null; env"),
      "the dev container": (await this.inside("sh", "-c", "cat /proc/[0-9]*/environ 2>/dev/null; env")).stdout,
    };
  }
}

beforeAll(async () => {
  if (missing !== null) return;
  tailnet = await startTailnet();
  await standInForTailscale(`${tailscaleImage}:v${pinnedTailscale.version}`, tailnet.programs);
});
afterAll(disposeAll);

describe.skipIf(skips("a real tailnet", missing))("a dev container of its own with Tailscale beside it", () => {
  let project: Project;

  beforeAll(async () => {
    const folder = await temporaryFolder("aperture-env-sidecar");
    // The dev container's account is not the one that runs this.
    chmodSync(folder, 0o755);
    writeTree(folder, { "package.json": '{ "name": "sample" }\n' });
    await generate(folder, ["--connection", "sidecar", "--name", "sample", "--tailscale", `login_server=${tailnet.url}`]);
    const file = ".devcontainer/docker-compose.yml";
    appendFileSync(join(folder, file), inNetwork(tailnet));
    project = new Project(folder, "dev", file, `${basename(folder).toLowerCase()}_devcontainer`);
  });
  afterEach(() => project.down("--volumes"));

  test("with a key: OpenCode answers through the sidecar's node, only the sidecar gets the key, and the login survives down and up", async () => {
    const key = await tailnet.key();
    const first = await project.up({ TS_AUTHKEY: key });
    expect(first.exitCode, first.stderr).toBe(0);
    await project.listed();
    await project.prompt("say hi beside a sidecar");
    await project.healthy();
    expect((await project.inside("aperture-connect")).exitCode).toBe(0);
    const addresses = await project.node();
    expect((await tailnet.nodes()).find(({ given_name }) => given_name === "sample-dev")?.ip_addresses).toEqual(addresses);

    const places = { "the output of up": first.stdout + first.stderr, ...(await project.placesOfKeys()) };
    for (const [place, text] of Object.entries(places)) expect(text.includes(key), `the key is in ${place}`).toBe(false);

    await project.down();
    const second = await project.up();
    expect(second.exitCode, second.stderr).toBe(0);
    await project.listed();
    await project.prompt("say hi again");
    expect(await project.node()).toEqual(addresses);
  });

  test("without a key: up is quick and succeeds, and a person's account can read the login's address inside", async () => {
    expect((await project.up()).exitCode).toBe(0);
    await project.down("--volumes");
    const began = Date.now();
    const { exitCode, stderr } = await project.up();
    expect(exitCode, stderr).toBe(0);
    expect(Date.now() - began).toBeLessThan(15_000);
    const status = async (): Promise<{ BackendState: string; AuthURL: string }> =>
      JSON.parse(
        (
          await project.inside(
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
    const shown = await project.inside("aperture-connect", "--post-start");
    expect(shown.stdout + shown.stderr).toContain((await status()).AuthURL);
    // The person follows it.
    const { AuthURL } = await status();
    await tailnet.control("auth", "register", "--user", "dev", "--auth-id", AuthURL.split("/").at(-1)!);
    await project.listed();
    await project.prompt("say hi after a login");
  });

  test("with a refused key the dev container keeps its network, and shows the login's address", async () => {
    const { exitCode, stderr } = await project.up({ TS_AUTHKEY: "hskey-auth-wrong-wrong" });
    expect(exitCode, stderr).toBe(0);
    await expect
      .poll(async () => (await project.compose("exec", "tailscale", "tailscale", "status", "--json")).stdout, {
        timeout: 40_000,
        interval: 1000,
      })
      .toContain(`${tailnet.url}/register/`);
    expect((await project.inside("ls", "/sys/class/net")).stdout).toContain("eth0");
  });
});

describe.skipIf(skips("a real tailnet", missing))("a Compose project of somebody's with Tailscale beside its service", () => {
  let project: Project;
  let before: string;
  const file = "compose.yaml";

  beforeAll(async () => {
    const name = process.arch === "arm64" ? "opencode-linux-arm64" : "opencode-linux-x64-baseline";
    const { version } = pinnedRelease;
    const tarball = readFileSync(await fetchOpencodeTarball(name, version));
    const server = await startNpmRegistry({ packages: [{ name, version, tarball }], host: "0.0.0.0" });
    onDispose(() => server.close());
    const folder = await temporaryFolder("aperture-env-sidecar");
    chmodSync(folder, 0o755);
    before = `# The shop.
services:
  app:
    image: mcr.microsoft.com/devcontainers/javascript-node:4-24-bookworm
    command: node --eval 'require("http").createServer((_, answer) => answer.end("the shop")).listen(3000)'
    # For the browser.
    ports:
      - "127.0.0.1::3000" # any that is free
    volumes:
      - .:/workspace
    environment:
      DATABASE: http://db:5432
  db:
    image: node:24-bookworm-slim
    command: node --eval 'require("http").createServer((_, answer) => answer.end("the database")).listen(5432)'
${inNetwork(tailnet)}`;
    writeTree(folder, {
      [file]: before,
      ".devcontainer/devcontainer.json":
        '{ "dockerComposeFile": "../compose.yaml", "service": "app", "workspaceFolder": "/workspace", "remoteUser": "node" }\n',
    });
    const registry = `http://${await bridgeGateway()}:${server.port}/`;
    await generate(folder, ["--connection", "sidecar", "--name", "shop", "--tailscale", `login_server=${tailnet.url}`], {
      npm_config_registry: registry,
    });
    project = new Project(folder, "app", file, basename(folder).toLowerCase());
    onDispose(() => project.compose("down", "--volumes", "--timeout", "3"));
  });

  test("OpenCode answers through the sidecar's node; the published port and the services' names still work", async () => {
    const key = await tailnet.key();
    // The older spelling, which Tailscale's image takes, too.
    const { exitCode, stdout, stderr } = await project.up({ TS_AUTH_KEY: key });
    expect(exitCode, stderr).toBe(0);
    await project.listed();
    await project.prompt("say hi in the shop");
    await project.healthy();
    const places = { "the output of up": stdout + stderr, ...(await project.placesOfKeys()) };
    for (const [place, text] of Object.entries(places)) expect(text.includes(key), `the key is in ${place}`).toBe(false);

    const published = (await project.compose("port", "tailscale", "3000")).stdout.trim();
    expect(await (await fetch(`http://${published}`)).text()).toBe("the shop");
    expect((await project.inside("sh", "-c", "curl --silent $DATABASE")).stdout).toBe("the database");
    const others = await project.compose(
      "exec",
      "db",
      "node",
      "--eval",
      'fetch("http://app:3000").then((got) => got.text()).then(console.log)',
    );
    expect(others.stdout.trim()).toBe("the shop");
  });

  test("a rebuilt dev container finds the sidecar as it was", async () => {
    const addresses = await project.node();
    const sidecar = (await project.compose("ps", "--quiet", "tailscale")).stdout;
    const { exitCode, stderr } = await devcontainer(["up", "--workspace-folder", project.folder, "--remove-existing-container"]);
    expect(exitCode, stderr).toBe(0);
    expect((await project.compose("ps", "--quiet", "tailscale")).stdout).toBe(sidecar);
    await project.prompt("say hi in the rebuilt shop");
    expect(await project.node()).toEqual(addresses);
  });

  test("after a logout the dev container keeps its network, and shows the address of a new login", async () => {
    const [{ id: expired }] = (await tailnet.nodes()).filter(({ given_name }) => given_name === "shop-dev") as [TailnetNode];
    await tailnet.control("nodes", "expire", "--identifier", String(expired));
    const status = async (): Promise<string> =>
      (await project.compose("exec", "tailscale", "tailscale", "status", "--json")).stdout;
    await expect.poll(status, { timeout: 60_000, interval: 1000 }).toContain(`${tailnet.url}/register/`);
    expect((await project.inside("ls", "/sys/class/net")).stdout).toContain("eth0");
    const [, id] = /\/register\/([\w-]+)/.exec(await status())!;
    await tailnet.control("auth", "register", "--user", "dev", "--auth-id", id!);
    await project.listed();
    await project.prompt("say hi after a second login");
  });

  test("stopped and logged out: the doctor's advice works", async () => {
    const tailscale = (...words: string[]): Promise<Result> => project.compose("exec", "tailscale", "tailscale", ...words);
    const status = async (): Promise<string> => (await tailscale("status", "--json")).stdout;
    const isOff = (): Promise<void> => expect.poll(status, { timeout: 60_000, interval: 500 }).toContain('"Stopped"');
    // A logout alone would be cut off: the image's own program ends the daemon as soon as that is not in the tailnet.
    await tailscale("down");
    await isOff();
    expect((await project.inside("aperture-connect", "--timeout", "10")).stdout).toContain("stopped");
    const said = (await project.inside("aperture-doctor")).stdout;
    expect(said).toContain("docker compose exec tailscale tailscale up");
    expect((await tailscale("up")).exitCode).toBe(0);
    await project.listed();
    await project.prompt("say hi, switched on");
    await tailscale("down");
    await isOff();
    expect((await tailscale("logout")).exitCode).toBe(0);
    await expect.poll(status, { timeout: 60_000, interval: 500 }).toContain(`${tailnet.url}/register/`);
    const [, id] = /\/register\/([\w-]+)/.exec(await status())!;
    await tailnet.control("auth", "register", "--user", "dev", "--auth-id", id!);
    await project.listed();
    await project.prompt("say hi after a third login");
  });

  test("taken out, the project is as it was, and works", async () => {
    await project.down("--volumes");
    await remove(project.folder);
    expect(readFileSync(join(project.folder, file), "utf8")).toBe(before);
    expect((await project.compose("up", "--detach", "app")).exitCode).toBe(0);
    const published = (await project.compose("port", "app", "3000")).stdout.trim();
    await expect.poll(async () => (await fetch(`http://${published}`)).text(), { timeout: 20_000 }).toBe("the shop");
    await project.down("--volumes");
  });
});
