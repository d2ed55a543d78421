/**
 * `build` and `--pins` against a real registry: an image is pinned by its digest, built, pushed, and is then a dev container by `{ "image": … }`
 * alone, whose OpenCode answers through the mock gateway.
 */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseLock } from "../../src/lock/lock.ts";
import { devcontainer, disposeAll, docker, dockerAvailable, onDispose, runDetached, temporaryFolder } from "../support/docker.ts";
import {
  commitAll,
  digestIn,
  pushAs,
  skipsWithoutBuildkit,
  skipsWithoutRegistry,
  startBuildkit,
  startRegistry,
} from "../support/docker-registry.ts";
import { generate, writeTree } from "../support/repository.ts";
import { isThere } from "../support/skips.ts";

const available = await dockerAvailable();
if (!available) console.warn("skipped: builds, because no Docker engine answers");
const root = join(import.meta.dirname, "..", "..");
const bin = join(root, "dist", "bin.js");

interface Built {
  readonly digest: string | null;
  readonly id: string | null;
  readonly labels: Record<string, string>;
  readonly notes: readonly string[];
}

async function build(folder: string, args: readonly string[], env: Record<string, string> = {}): Promise<Built> {
  const ran = await execa(process.execPath, [bin, "build", "--json", ...args], {
    cwd: folder,
    stdin: "ignore",
    reject: false,
    env,
  });
  expect(ran.exitCode, ran.stdout + ran.stderr).toBe(0);
  return JSON.parse(ran.stdout) as Built;
}

describe.skipIf(!available || skipsWithoutRegistry("builds with a registry"))("an image of the environment", () => {
  let registry: string;
  let gateway: string;
  let folder: string;
  let revision: string;
  let pinned: string;
  beforeAll(async () => {
    registry = await startRegistry();
    await pushAs("debian:bookworm-slim", `${registry}/acme/base:1`);
    const running = await runDetached("node:24-bookworm-slim", {
      args: ["--volume", `${join(root, "dist")}:/app:ro`],
      command: ["node", "/app/bin.js", "mock-gateway", "--host", "0.0.0.0", "--port", "80"],
    });
    gateway = `http://${await running.address()}`;
    folder = join(await temporaryFolder("aperture-env-built"), "sample");
    mkdirSync(folder);
    await generate(folder, ["--base", `image=${registry}/acme/base:1,libc=glibc,user=root`, "--pins"]);
    pinned = parseLock(readFileSync(join(folder, "aperture-env.lock"), "utf8"))!.pins![`${registry}/acme/base:1`]!;
    revision = await commitAll(folder);
  });
  afterAll(disposeAll);

  /** A folder with nothing but a devcontainer.json that names the image; what OpenCode says in it. */
  async function consume(image: string): Promise<{ answer: string; user: string }> {
    onDispose(() => docker(["image", "rm", "--force", image]));
    const consumer = await temporaryFolder("aperture-env-consumer");
    chmodSync(consumer, 0o755);
    writeTree(consumer, { ".devcontainer.json": JSON.stringify({ image }) });
    const up = await devcontainer(["up", "--workspace-folder", consumer]);
    expect(up.exitCode, up.stderr).toBe(0);
    const exec = async (...command: string[]): Promise<string> => {
      const where = ["exec", "--workspace-folder", consumer, "--remote-env", `APERTURE_URL=${gateway}`];
      const { exitCode, stdout, stderr } = await devcontainer([...where, ...command], { timeout: 120_000 });
      expect(exitCode, stderr).toBe(0);
      return stdout;
    };
    return {
      answer: await exec("opencode", "run", "--title", "t", "say hi from the registry"),
      user: (await exec("id", "-un")).trim(),
    };
  }

  test("is pinned, pushed with two names and the commit in its labels, and is a dev container by its name", async () => {
    expect(pinned).toBe(await digestIn(registry, "acme/base", "1"));
    expect(readFileSync(join(folder, ".devcontainer/Dockerfile"), "utf8")).toContain(
      `FROM ${registry}/acme/base:1@${pinned} AS ci\n`,
    );
    const name = `${registry}/acme/app-ci`;
    const { digest, labels } = await build(folder, ["--image", `${name}:1`, "--image", `${name}:latest`, "--push"]);
    expect(digest).toBe(await digestIn(registry, "acme/app-ci", "1"));
    expect(digest).toBe(await digestIn(registry, "acme/app-ci", "latest"));
    expect(labels).toMatchObject({ "org.opencontainers.image.revision": revision, "org.opencontainers.image.title": "sample" });
    await docker(["image", "rm", "--force", `${name}:1`, `${name}:latest`]);
    expect(await consume(`${name}:1@${digest!}`)).toEqual({
      answer: expect.stringContaining("say hi from the registry") as string,
      user: "root",
    });
    const { stdout } = await docker(["image", "inspect", "--format", "{{json .Config.Labels}}", `${name}@${digest!}`]);
    expect(JSON.parse(stdout)).toMatchObject(labels);
  });

  test("of one commit is the same from another checkout with another umask and other times", async () => {
    const other = join(await temporaryFolder("aperture-env-clone"), "elsewhere");
    await execa("sh", ["-c", 'umask 077 && git clone --quiet "$0" "$1"', folder, other]);
    const [one, two] = [
      await build(folder, ["--image", "aperture-env-same:1"]),
      await build(other, ["--image", "aperture-env-same:2"]),
    ];
    onDispose(() => docker(["image", "rm", "--force", "aperture-env-same:1", "aperture-env-same:2"]));
    expect(two.id).toBe(one.id);
    expect(one.notes).toEqual([expect.stringContaining("only while it finds these in its cache")]);
    writeFileSync(join(other, "more"), "");
    const changed = await build(other, ["--image", "aperture-env-same:2"]);
    expect(changed.labels).not.toHaveProperty("org.opencontainers.image.revision");
  });

  test.skipIf(skipsWithoutBuildkit("builds without a cache that give one digest"))(
    "of one commit has one digest without any cache, where the builder sets times in layers",
    async () => {
      await pushAs("node:24-bookworm-slim", `${registry}/library/node:24-bookworm-slim`);
      const env = await startBuildkit(registry);
      const digests: (string | null)[] = [];
      for (const tag of ["a", "b"]) {
        const clone = join(await temporaryFolder("aperture-env-clone"), tag);
        await execa("git", ["clone", "--quiet", folder, clone]);
        const { digest, notes } = await build(clone, ["--image", `${registry}/acme/once:${tag}`, "--push", "--no-cache"], env);
        expect(notes).toEqual([]);
        digests.push(digest);
      }
      expect(digests[0]).toMatch(/^sha256:/);
      expect(digests[1]).toBe(digests[0]);
    },
  );

  test("of an existing dev container has its Feature, account and hooks in the label; nothing of it runs on the host", async () => {
    const theirs = join(await temporaryFolder("aperture-env-built"), "theirs");
    const ran = join(theirs, "ran");
    writeTree(theirs, {
      ".devcontainer/devcontainer.json": `{
  // ours
  "image": "node:\${localEnv:NODE_TAG:24-bookworm-slim}",
  "initializeCommand": "touch '${ran}'",
  "remoteUser": "node",
}
`,
    });
    await generate(theirs);
    const name = `${registry}/acme/theirs:1`;
    const { digest } = await build(theirs, ["--image", name, "--push"]);
    expect(existsSync(ran)).toBe(false);
    await docker(["image", "rm", "--force", name]);
    expect(await consume(`${name}@${digest!}`)).toEqual({
      answer: expect.stringContaining("say hi from the registry") as string,
      user: "node",
    });
  });

  test("of a dev container by Compose is pushed by Docker", async () => {
    const composed = join(await temporaryFolder("aperture-env-built"), "composed");
    writeTree(composed, {
      ".devcontainer/devcontainer.json": '{ "dockerComposeFile": "compose.yaml", "service": "app", "workspaceFolder": "/w" }\n',
      ".devcontainer/compose.yaml": "services:\n  app:\n    image: node:24-bookworm-slim\n    command: sleep infinity\n",
    });
    await generate(composed);
    const name = `${registry}/acme/composed:1`;
    const { digest } = await build(composed, ["--image", name, "--push"]);
    onDispose(() => docker(["image", "rm", "--force", name]));
    expect(digest).toBe(await digestIn(registry, "acme/composed", "1"));
    expect(digest).not.toBeNull();
  });

  test("that this builder cannot make is refused before anything is built", async () => {
    const { stdout } = await docker(["info", "--format", "{{json .DriverStatus}}"]);
    if (stdout.includes("io.containerd.snapshotter")) return;
    const args = [
      "build",
      "--json",
      "--image",
      `${registry}/x`,
      "--push",
      "--sbom",
      "--provenance",
      "--platform",
      "linux/amd64,linux/arm64",
    ];
    const ran = await execa(process.execPath, [bin, ...args], { cwd: folder, reject: false, stdin: "ignore" });
    expect(ran.exitCode).toBe(4);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      error: {
        code: "cannot-build",
        message: "The builder of this Docker cannot build for several platforms, or attach an SBOM, or attach provenance.",
        hint: expect.stringContaining("docker buildx create --use --driver docker-container") as string,
      },
    });
  });

  test("whose build fails ends with the builder's message and exit 4", async () => {
    const broken = join(await temporaryFolder("aperture-env-built"), "broken");
    await execa("git", ["clone", "--quiet", folder, broken]);
    const dockerfile = join(broken, ".devcontainer/Dockerfile");
    const layer = 'RUN echo "the reason" >&2; exit 7\n';
    writeFileSync(dockerfile, readFileSync(dockerfile, "utf8").replace(/^COPY --from=opencode/m, `${layer}COPY --from=opencode`));
    const ran = await execa(process.execPath, [bin, "build"], { cwd: broken, reject: false, stdin: "ignore" });
    expect(ran.exitCode, ran.stderr).toBe(4);
    expect(ran.stderr).toMatch(/The image was not built:\n[^]*the reason[^]*exit code: 7/);
    expect(ran.stdout).toBe("");
  });

  test.skipIf(!isThere("ps"))("is given up with Ctrl-C: exit 130, and the builder's client ends, too", async () => {
    const slow = join(await temporaryFolder("aperture-env-built"), "slow");
    await execa("git", ["clone", "--quiet", folder, slow]);
    const dockerfile = join(slow, ".devcontainer/Dockerfile");
    const text = readFileSync(dockerfile, "utf8");
    writeFileSync(dockerfile, text.replace(/^COPY --from=opencode/m, "RUN sleep 100\nCOPY --from=opencode"));
    const child = spawn(process.execPath, [bin, "build"], { cwd: slow, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    await new Promise<void>((resolve, reject) => {
      child.stderr.on("data", (bytes: Buffer) => {
        said += String(bytes);
        if (said.includes("RUN sleep 100")) resolve();
      });
      child.once("exit", () => reject(new Error(said)));
    });
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    const left = readdirSync("/proc").filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`/${basename(slow)}/.devcontainer`);
      } catch {
        return false;
      }
    });
    expect(left).toEqual([]);
  });
});
