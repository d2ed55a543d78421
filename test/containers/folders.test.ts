/** OpenCode's folders on a real engine: what is mounted over them is used where it can be, and a volume for sessions outlasts the container. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { startClosedNetwork, type ClosedNetwork } from "../support/closed-network.ts";
import {
  bridgeGateway,
  devcontainer,
  disposeAll,
  docker,
  dockerAvailable,
  fetchOpencodeTarball,
  onDispose,
  temporaryFolder,
  uniqueName,
  type Result,
} from "../support/docker.ts";
import { startNpmRegistry } from "../support/npm-registry.ts";
import { generate, writeTree } from "../support/repository.ts";

const available = await dockerAvailable();
if (!available) console.warn("skipped: folders in containers, because no Docker engine answers");

const model = "anthropic/claude-sonnet-5-5";
const home = "/home/node";
const data = `${home}/.local/share/opencode`;
const ask = ["opencode", "run", "--title", "a session that is kept", "--model", model, "say hi from a container"];
/** What the launcher said. */
const said = ({ stderr }: Result): readonly string[] => stderr.match(/^opencode \(aperture-env\): .*$/gm) ?? [];

const makeVolume = async (): Promise<string> => {
  const name = uniqueName("aperture-env-volume");
  const made = await docker(["volume", "create", name]);
  expect(made.exitCode, made.stderr).toBe(0);
  onDispose(() => docker(["volume", "rm", "--force", name]));
  return name;
};

describe.skipIf(!available)("OpenCode's folders", () => {
  let network: ClosedNetwork;
  const image = uniqueName("aperture-env-folders");

  const inImage = async (options: readonly string[], command: readonly string[], user = "node"): Promise<Result> => {
    const ran = await docker(["run", "--rm", ...network.args, "--user", user, ...options, image, ...command], {
      timeout: 180_000,
    });
    expect(ran.exitCode, ran.stderr + ran.stdout).toBe(0);
    return ran;
  };

  beforeAll(async () => {
    network = await startClosedNetwork();
    const folder = await temporaryFolder("aperture-env-folders");
    chmodSync(folder, 0o755);
    writeTree(folder, { "package.json": '{ "name": "folders" }\n' });
    await generate(folder);
    const built = await docker(["build", "--target", "dev", "--tag", image, ".devcontainer"], { cwd: folder, timeout: 600_000 });
    expect(built.exitCode, built.stderr).toBe(0);
    onDispose(() => docker(["image", "rm", "--force", image]));
  });
  afterAll(disposeAll);

  test("new named volumes on all four folders belong to the user, and keep sessions", async () => {
    const folders = [data, `${home}/.local/state/opencode`, `${home}/.config/opencode`, `${home}/.cache/opencode`];
    const volumes: string[] = [];
    for (const folder of folders) volumes.push("--volume", `${await makeVolume()}:${folder}`);
    const first = await inImage(volumes, ask);
    expect(first.stdout).toContain("answering as");
    expect(said(first)).toEqual([]);
    const again = await inImage(volumes, ["opencode", "session", "list"]);
    expect(again.stdout).toContain("a session that is kept");
    expect(said(again)).toEqual([]);
  });

  test("a volume of root moves only the data folder, and the printed fix works", async () => {
    const volume = ["--volume", `${await makeVolume()}:${data}`];
    await inImage(volume, ["sh", "-c", `touch ${data}/x; chown -R 0:0 ${data}`], "root");
    const ran = await inImage(volume, [
      "sh",
      "-c",
      `${ask.map((word) => `'${word}'`).join(" ")} && cd /tmp/aperture-env-1000 && ls -d */`,
    ]);
    expect(ran.stdout).toContain("answering as");
    expect(ran.stdout.trim().split("\n").at(-1)).toBe("data/");
    const mend = `chown -R 1000 ${data}`;
    expect(said(ran)).toEqual([
      `opencode (aperture-env): this account cannot write ${data}; OpenCode uses /tmp/aperture-env-1000 instead, which is lost with the container. To fix it: as root, ${mend}`,
    ]);
    await inImage(volume, ["sh", "-c", mend], "root");
    expect(said(await inImage(volume, ask))).toEqual([]);
  });

  test("a read-only configuration of the host's is read, with its rules and agents", async () => {
    const folder = await temporaryFolder("aperture-env-config");
    mkdirSync(join(folder, "agent"));
    writeFileSync(
      join(folder, "opencode.json"),
      JSON.stringify({ $schema: "https://opencode.ai/config.json", permission: { bash: "deny" } }),
    );
    writeFileSync(join(folder, "agent", "house.md"), "---\ndescription: ours\nmode: primary\n---\nYou are the house's agent.\n");
    chmodSync(folder, 0o755);
    const mount = ["--volume", `${folder}:${home}/.config/opencode:ro`];
    const run = ["opencode", "run", "--title", "x", "--model", model];
    const ran = await inImage(mount, [...run, "--agent", "house", 'mock-tool bash {"command":"id","description":"x"}']);
    expect(ran.stdout).toContain("answering as");
    expect(ran.stdout + ran.stderr).not.toContain("uid=");
    expect(ran.stderr).toContain("house");
    expect(said(ran)).toEqual([
      expect.stringContaining(`${home}/.config/opencode is read-only; OpenCode reads it through links in `),
    ]);
    const doctor = await inImage(mount, ["sh", "-c", "aperture-doctor --json || true"]);
    const { checks } = JSON.parse(doctor.stdout) as { checks: readonly { code: string }[] };
    expect(checks.map(({ code }) => code)).toContain("config-linked");
  });

  test("another uid in the user's home uses other folders for what it cannot write, and reads the rest", async () => {
    const ran = await inImage(["--env", `HOME=${home}`], ask, "41234:41234");
    expect(ran.stdout).toContain("answering as");
    const [line, ...more] = said(ran);
    expect(more).toEqual([]);
    for (const folder of [data, `${home}/.local/state/opencode`, `${home}/.cache/opencode`]) expect(line).toContain(folder);
    expect(line).not.toContain(".config");
  });

  test("a tmpfs of root is replaced, and one of the account is used", async () => {
    expect(said(await inImage(["--tmpfs", `${data}:mode=0755`], ask))).toEqual([
      expect.stringContaining(`cannot write ${data};`),
    ]);
    expect(said(await inImage(["--tmpfs", `${data}:mode=0755,uid=1000`], ask))).toEqual([]);
  });

  describe("with state: volume", () => {
    const volumesOf = async (
      folder: string,
    ): Promise<{ readonly container: string; readonly image: string; readonly volume: string }> => {
      const found = await docker(["ps", "--quiet", "--filter", `label=devcontainer.local_folder=${folder}`]);
      const container = found.stdout.trim().split("\n")[0]!;
      const inspected = JSON.parse((await docker(["inspect", container])).stdout) as readonly {
        readonly Image: string;
        readonly Mounts: readonly { readonly Type: string; readonly Name?: string; readonly Destination: string }[];
      }[];
      const { Image, Mounts } = inspected[0]!;
      const mount = Mounts.find(({ Destination }) => Destination === "/var/lib/aperture-env");
      expect(mount).toMatchObject({ Type: "volume" });
      return { container, image: Image, volume: mount!.Name! };
    };
    const up = async (folder: string, ...args: readonly string[]): Promise<void> => {
      const ran = await devcontainer(["up", "--workspace-folder", folder, ...args], { timeout: 600_000 });
      expect(ran.exitCode, ran.stderr).toBe(0);
    };
    const exec = async (folder: string, ...command: readonly string[]): Promise<Result> => {
      const ran = await devcontainer(["exec", "--workspace-folder", folder, ...command], { timeout: 180_000 });
      expect(ran.exitCode, ran.stderr + ran.stdout).toBe(0);
      return ran;
    };

    test("sessions of the environment's own dev container survive a rebuild, and any uid has its own", async () => {
      const folder = await temporaryFolder("aperture-env-kept");
      chmodSync(folder, 0o755);
      writeTree(folder, { "package.json": '{ "name": "kept" }\n' });
      await generate(folder, ["--state", "volume"]);
      const file = join(folder, ".devcontainer", "devcontainer.json");
      const runArgs = `"runArgs": ${JSON.stringify(network.args)},\n  "remoteUser"`;
      writeFileSync(file, readFileSync(file, "utf8").replace('"remoteUser"', runArgs));
      await up(folder);
      const { container, volume } = await volumesOf(folder);
      onDispose(() => docker(["volume", "rm", "--force", volume]));
      expect(volume).toMatch(/^aperture-env-[0-9a-z]{52}$/);
      expect((await exec(folder, ...ask)).stdout).toContain("answering as");
      await up(folder, "--remove-existing-container");
      const rebuilt = await volumesOf(folder);
      expect(rebuilt.volume).toBe(volume);
      expect(rebuilt.container).not.toBe(container);
      expect((await exec(folder, "opencode", "session", "list")).stdout).toContain("a session that is kept");
      expect((await exec(folder, "readlink", "-f", data)).stdout.trim()).toBe(
        "/var/lib/aperture-env/aperture-env-1000/data/opencode",
      );
      // As with a host whose uid the container takes, or a platform that gives one at random.
      const other = async (...command: readonly string[]): Promise<Result> => {
        const mount = ["--volume", `${volume}:/var/lib/aperture-env`];
        const args = ["run", "--rm", ...network.args, "--user", "41234:41234", ...mount, rebuilt.image, ...command];
        const ran = await docker(args, { timeout: 180_000 });
        expect(ran.exitCode, ran.stderr + ran.stdout).toBe(0);
        return ran;
      };
      expect((await other("opencode", "session", "list")).stdout).not.toContain("a session that is kept");
      await other(...ask);
      expect((await other("opencode", "session", "list")).stdout).toContain("a session that is kept");
    });

    test("what is on the volume of a dev container of several services survives, whose files are the user's", async () => {
      const { version } = pinnedRelease;
      const name = process.arch === "arm64" ? "opencode-linux-arm64" : "opencode-linux-x64-baseline";
      const tarball = readFileSync(await fetchOpencodeTarball(name, version));
      const registry = await startNpmRegistry({ packages: [{ name, version, tarball }], host: "0.0.0.0" });
      onDispose(() => registry.close());
      const folder = await temporaryFolder("aperture-env-compose");
      chmodSync(folder, 0o755);
      const project = uniqueName("aperture-env-compose");
      writeTree(folder, {
        "compose.yaml": `name: ${project}\nservices:\n  app:\n    image: node:24-bookworm-slim\n    command: sleep infinity\n    volumes:\n      - .:/work\n`,
        ".devcontainer/devcontainer.json":
          '{ "dockerComposeFile": "../compose.yaml", "service": "app", "workspaceFolder": "/work", "remoteUser": "node" }\n',
      });
      const address = `http://${await bridgeGateway()}:${new URL(registry.origin).port}/`;
      await generate(folder, ["--state", "volume"], { npm_config_registry: address });
      onDispose(() => docker(["compose", "--project-name", project, "down", "--volumes", "--remove-orphans"]));
      await up(folder);
      await exec(folder, "sh", "-c", "opencode --version && echo kept >~/.local/share/opencode/mark");
      await up(folder, "--remove-existing-container");
      const read = await exec(folder, "sh", "-c", "opencode --version >/dev/null && cat ~/.local/share/opencode/mark");
      expect(read.stdout.trim()).toBe("kept");
    });
  });
});
