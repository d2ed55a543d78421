/**
 * `doctor: package` on a real engine: a registry of the test's own has this project's package as npm packs it, and images and dev containers take
 * the doctor out of it. Bases with npm, with curl or wget only; the package of another program; a build without a network.
 */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doctorPath } from "../../src/catalog/files.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { startClosedNetwork, type ClosedNetwork } from "../support/closed-network.ts";
import {
  devcontainer,
  disposeAll,
  docker,
  dockerAvailable,
  onDispose,
  temporaryFolder,
  uniqueName,
  type Result,
} from "../support/docker.ts";
import type { NpmRegistry } from "../support/npm-registry.ts";
import { addressInBuilds, opencodeName, packProgram, programName, programVersion, startPackages } from "../support/packaged.ts";
import { root } from "../support/project-root.ts";
import { generate, remove, writeTree } from "../support/repository.ts";

const available = await dockerAvailable();
if (!available) console.warn("skipped: the doctor from the package, because no Docker engine answers");

const bin = join(root, "dist", "bin.js");
const shipped = gunzipSync(readFileSync(join(root, "dist", "aperture-doctor.mjs.gz"))).toString();
const sum = createHash("sha256").update(shipped).digest("hex");
const place = "/usr/local/lib/aperture-env/doctor.mjs";
const said = `the doctor of ${programName} ${programVersion} (sha256 checked, by `;
const instead = "To build without this package: write  doctor: repository  in aperture-env.yaml, and run update.";

describe.skipIf(!available)("the doctor from the package", () => {
  let network: ClosedNetwork;
  let tarball: Buffer;
  let address: string;
  let registry: NpmRegistry;

  const repository = async (files: Readonly<Record<string, string>> = {}): Promise<string> => {
    const folder = await temporaryFolder("aperture-env-packaged");
    chmodSync(folder, 0o755);
    writeTree(folder, { "go.mod": "module example.com/x\n", ...files });
    return folder;
  };
  const build = async (folder: string, from: NpmRegistry, ...args: string[]): Promise<Result> =>
    docker(
      ["build", "--progress", "plain", "--build-arg", `NPM_REGISTRY=${await addressInBuilds(from)}`, ...args, ".devcontainer"],
      {
        cwd: folder,
        timeout: 600_000,
      },
    );
  const tarballs = ({ requests }: NpmRegistry): string[] =>
    requests.map(({ path }) => path).filter((path) => path.endsWith(".tgz"));

  beforeAll(async () => {
    network = await startClosedNetwork();
    tarball = await packProgram();
    registry = await startPackages(tarball);
    address = await addressInBuilds(registry);
  });
  afterAll(disposeAll);

  test("an image of its own has it, and the doctor works in it; a change of the configuration fetches nothing", async () => {
    const folder = await repository();
    await generate(folder, ["--base", "slim", "--doctor", "package"]);
    expect(existsSync(join(folder, doctorPath))).toBe(false);
    const image = uniqueName("aperture-env-packaged");
    onDispose(() => docker(["image", "rm", "--force", image]));
    const args = ["--target", "ci", "--tag", image];
    const built = await build(folder, registry, ...args, "--no-cache-filter", "opencode");
    expect(built.exitCode, built.stderr).toBe(0);
    expect(built.stderr).toContain(`${said}npm)`);

    const script = `sha256sum ${place}; stat -c %a-%U ${place}; ls /usr/local/share/aperture-env; command -v node npm`;
    const seen = await docker(["run", "--rm", image, "sh", "-c", script]);
    const [first, mode, ...rest] = seen.stdout.split("\n");
    expect([first!.split(" ")[0], mode]).toEqual([sum, "644-root"]);
    expect(rest).not.toContain("doctor.mjs");
    expect(rest.filter((line) => line.startsWith("/"))).toEqual([]);
    const examined = await docker(["run", "--rm", ...network.args, image, "aperture-doctor", "--json"], { timeout: 60_000 });
    expect(examined.exitCode, examined.stdout + examined.stderr).toBe(0);
    const { checks } = JSON.parse(examined.stdout) as { readonly checks: readonly { readonly severity: string }[] };
    expect(checks.filter(({ severity }) => severity === "failure")).toEqual([]);
    expect(checks.length).toBeGreaterThan(3);
    const asked = ["opencode", "run", "hi"];
    const answer = await docker(["run", "--rm", ...network.args, image, ...asked], { timeout: 120_000 });
    expect(answer.stdout, answer.stderr).toContain("answering as");

    const before = tarballs(registry).length;
    await execa(process.execPath, [bin, "update", "--yes", "--model", "openai/gpt-6.1-sol"], { cwd: folder });
    const again = await build(folder, registry, ...args);
    expect(again.exitCode, again.stderr).toBe(0);
    expect(tarballs(registry).length).toBe(before);
    await remove(folder);
    expect(existsSync(join(folder, ".devcontainer"))).toBe(false);
  });

  test.each([
    { image: "node:24-bookworm-slim", by: "npm" },
    { image: "bare-base:curl", by: "curl" },
    { image: "bare-base:wget", by: "wget" },
  ])("the Feature has it on $image, by $by, and the check at the container's start finds nothing", async ({ image, by }) => {
    const file = ".devcontainer/devcontainer.json";
    const text = `{ "image": "${image}", "runArgs": ${JSON.stringify(network.args)} }\n`;
    const folder = await repository({ [file]: text });
    await generate(folder, ["--doctor", "package"], { npm_config_registry: `${address}/` });
    const before = tarballs(registry).length;
    const up = await devcontainer(["up", "--workspace-folder", folder]);
    expect(up.exitCode, up.stderr).toBe(0);
    expect((up.stderr + up.stdout).split(`${said}${by})`).length).toBeGreaterThan(1);
    // Each once: the outer Feature finds what the nested one has left.
    expect(tarballs(registry).slice(before)).toEqual([
      `/${programName}/-/${programName}-${programVersion}.tgz`,
      `/${opencodeName}/-/${opencodeName}-${pinnedRelease.version}.tgz`,
    ]);
    const run = (...command: string[]): Promise<Result> => devcontainer(["exec", "--workspace-folder", folder, ...command]);
    const wait = "n=0; until [ -s ~/.local/state/aperture-env/verdict ] || [ $n = 50 ]; do sleep 0.2; n=$((n + 1)); done";
    const looked = await run("sh", "-c", `${wait}; head -n 1 ~/.local/state/aperture-env/verdict; sha256sum ${place}`);
    expect(looked.stdout, looked.stderr).toBe(`ok\n${sum}  ${place}`);
    const connected = await run("aperture-connect", "--help");
    expect(connected.exitCode, connected.stderr).toBe(0);
    await remove(folder);
    expect(readFileSync(join(folder, file), "utf8")).toBe(text);
  });

  test("verify, against a mock gateway: works", async () => {
    const folder = await repository();
    await generate(folder, ["--doctor", "package"]);
    const file = join(folder, ".devcontainer", "devcontainer.json");
    const withRegistry = readFileSync(file, "utf8").replace('"args": {', `"args": { "NPM_REGISTRY": "${address}",`);
    writeFileSync(file, withRegistry);
    const ran = await execa(process.execPath, [bin, "verify", "--mock"], { cwd: folder, stdin: "ignore", reject: false });
    expect(ran.exitCode, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/✓ doctor .*\n.*✓ prompt .*answering as .*\n\nIt works\.$/);
    const checked = await execa(process.execPath, [bin, "check"], { cwd: folder, stdin: "ignore", reject: false });
    expect(checked.exitCode, checked.stdout).toBe(0);
  });

  describe("a build that cannot have it fails, and says what to do", () => {
    let folder: string;
    beforeAll(async () => {
      folder = await repository();
      await generate(folder, ["--base", "slim", "--doctor", "package"]);
    });
    const fail = async (from: NpmRegistry, ...args: string[]): Promise<string> => {
      const built = await build(folder, from, "--target", "opencode", "--no-cache-filter", "opencode", ...args);
      expect(built.exitCode).not.toBe(0);
      return built.stderr;
    };

    test("the package of another program", async () => {
      const work = await temporaryFolder("aperture-env-other");
      await execa("tar", ["-xz"], { cwd: work, input: tarball });
      const gz = join(work, "package", "dist", "aperture-doctor.mjs.gz");
      const other = `${shipped}// another one\n`;
      writeFileSync(join(work, "other"), other);
      await execa("sh", ["-c", `gzip -c other >"${gz}"`], { cwd: work });
      await execa("tar", ["-czf", "other.tgz", "package"], { cwd: work });
      const from = await startPackages(readFileSync(join(work, "other.tgz")));
      const stderr = await fail(from);
      expect(stderr).toContain(
        `aperture-env: ${programName}-${programVersion}.tgz does not contain the doctor that these files need`,
      );
      expect(stderr).toContain(`  pinned sha256 ${sum}`);
      expect(stderr).toContain(`  found  sha256 ${createHash("sha256").update(other).digest("hex")}`);
      expect(stderr).toContain("Run update with the published program; or write  doctor: repository  in aperture-env.yaml");
    });

    test("no network", async () => {
      // npm would try for a minute.
      writeFileSync(join(folder, "npmrc"), "fetch-retries=0\n");
      const stderr = await fail(registry, "--network", "none", "--secret", "id=npmrc,src=npmrc");
      expect(stderr).toContain(`aperture-env: npm could not fetch ${programName}@${programVersion}.`);
      expect(stderr).toContain(instead);
    });

    test("what it says helps: doctor: repository, and update", async () => {
      const spec = join(folder, "aperture-env.yaml");
      writeFileSync(spec, readFileSync(spec, "utf8").replace("doctor: package", "doctor: repository"));
      await execa(process.execPath, [bin, "update", "--yes"], { cwd: folder });
      const without = await startPackages(null);
      const built = await build(folder, without, "--target", "ci", "--no-cache-filter", "opencode");
      expect(built.exitCode, built.stderr).toBe(0);
    });
  });
});
