/** `build --platform` for two kinds of machines, by a real BuildKit that emulates the other one, into a real registry; a pin holds on both. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { parseLock } from "../../src/lock/lock.ts";
import { disposeAll, docker, dockerAvailable, onDispose, temporaryFolder } from "../support/docker.ts";
import {
  commitAll,
  pushAs,
  readFrom,
  skipsWithoutBuildkit,
  skipsWithoutRegistry,
  startBuildkit,
  startRegistry,
} from "../support/docker-registry.ts";
import { generate } from "../support/repository.ts";
import { skips } from "../support/skips.ts";

const bin = join(import.meta.dirname, "..", "..", "dist", "bin.js");
const bases = ["debian:bookworm-slim", "node:24-bookworm-slim"] as const;
const other = (image: string): string => `arm64.stand-in/${image}`;

async function whyNot(): Promise<string | null> {
  if (!(await dockerAvailable())) return "no Docker engine answers";
  const { stdout } = await docker(["version", "--format", "{{.Server.Arch}}"]);
  if (stdout !== "amd64") return "the engine is not of amd64";
  for (const image of bases.map(other))
    if ((await docker(["image", "inspect", image])).exitCode !== 0) return ".ci/arm64-bases has not built them";
  const ran = await docker(["run", "--rm", "--network", "none", "--platform", "linux/arm64", other(bases[0]), "uname", "-m"]);
  return ran.stdout === "aarch64" ? null : "nothing here emulates arm64 (.ci/arm64-bases)";
}
const what = "images for two platforms";

describe.skipIf(skips(what, await whyNot()) || skipsWithoutRegistry(what) || skipsWithoutBuildkit(what))("an image", () => {
  afterAll(disposeAll);

  // Emulated programs are slow.
  test("for two platforms has one name and one pin, and OpenCode runs in both", { timeout: 900_000 }, async () => {
    const registry = await startRegistry();
    const pushed = async (image: string, name: string): Promise<void> => {
      await pushAs(image, `${name}-amd64`);
      await pushAs(other(image), `${name}-arm64`);
      const made = await docker(["buildx", "imagetools", "create", "--tag", name, `${name}-amd64`, `${name}-arm64`]);
      expect(made.exitCode, made.stderr).toBe(0);
    };
    await pushed(bases[0], `${registry}/acme/base:1`);
    await pushed(bases[1], `${registry}/library/${bases[1]}`);
    const folder = join(await temporaryFolder("aperture-env-platforms"), "sample");
    mkdirSync(folder);
    await generate(folder, ["--base", `image=${registry}/acme/base:1,libc=glibc,user=root`, "--pins"]);
    expect(Object.keys(parseLock(readFileSync(join(folder, "aperture-env.lock"), "utf8"))!.pins!)).toContain(
      `${registry}/acme/base:1`,
    );
    await commitAll(folder);
    const name = `${registry}/acme/app:1`;
    const args = ["build", "--json", "--image", name, "--push", "--platform", "linux/amd64,linux/arm64"];
    const env = await startBuildkit(registry);
    const ran = await execa(process.execPath, [bin, ...args], { cwd: folder, stdin: "ignore", reject: false, env });
    expect(ran.exitCode, ran.stdout + ran.stderr).toBe(0);
    const { digest } = JSON.parse(ran.stdout) as { digest: string };
    const { manifests } = (await readFrom(registry, "acme/app", "manifests", digest)) as {
      manifests: readonly { platform: { os: string; architecture: string } }[];
    };
    expect(manifests.map(({ platform }) => `${platform.os}/${platform.architecture}`)).toEqual(["linux/amd64", "linux/arm64"]);
    const machines: string[] = [];
    for (const platform of ["linux/amd64", "linux/arm64"]) {
      await docker(["pull", "--quiet", "--platform", platform, name]);
      onDispose(() => docker(["image", "rm", "--force", name]));
      // The machine that a program is for, of its ELF header: 62 is x86-64, 183 is AArch64.
      const look =
        "uname -m; od -An -tu2 -j18 -N2 /usr/local/lib/aperture-env/opencode; git --version; rg --version | head -n 1; opencode --version";
      const { stdout, stderr } = await docker([
        "run",
        "--rm",
        "--network",
        "none",
        "--platform",
        platform,
        name,
        "sh",
        "-c",
        look,
      ]);
      expect(stdout, stderr).toMatch(/git version [^]*ripgrep/);
      expect(stdout.split("\n").at(-1), stderr).toBe(pinnedRelease.version);
      machines.push(stdout.replace(/\s+/g, " ").split(" ").slice(0, 2).join(" "));
    }
    expect(machines).toEqual(["x86_64 62", "aarch64 183"]);
  });
});
