/** How an image build gets OpenCode: from a registry that asks for a token, from a tampered one, and what it says when it cannot. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pinnedRelease } from "../../src/catalog/release.ts";
import {
  bridgeGateway,
  disposeAll,
  docker,
  dockerAvailable,
  fetchOpencodeTarball,
  onDispose,
  temporaryFolder,
  uniqueName,
} from "../support/docker.ts";
import { startNpmRegistry, type NpmRegistry } from "../support/npm-registry.ts";
import { generate } from "../support/repository.ts";

const available = await dockerAvailable();
const name = process.arch === "arm64" ? "opencode-linux-arm64" : "opencode-linux-x64-baseline";
const { version } = pinnedRelease;
const token = "npm_token_that_must_stay_out_of_layers";

describe.skipIf(!available)("fetching OpenCode in a build", () => {
  let folder: string;
  let host: string;
  let tarball: Buffer;

  const registry = async (options: { token?: string; tamper?: boolean }): Promise<NpmRegistry> => {
    const started = await startNpmRegistry({ packages: [{ name, version, tarball }], host: "0.0.0.0", ...options });
    onDispose(() => started.close());
    return started;
  };
  const addressOf = (started: NpmRegistry): string => `http://${host}:${new URL(started.origin).port}`;
  const build = (target: string, ...args: string[]): ReturnType<typeof docker> =>
    docker(["build", "--progress", "plain", "--no-cache-filter", "opencode", "--target", target, ...args, ".devcontainer"], {
      cwd: folder,
      timeout: 600_000,
    });

  beforeAll(async () => {
    tarball = readFileSync(await fetchOpencodeTarball(name, version));
    host = await bridgeGateway();
    folder = await temporaryFolder("aperture-env-fetch");
    await generate(folder, ["--base", "slim"]);
  });
  afterAll(disposeAll);

  test("a registry's token comes from the build secret, and no layer contains it", async () => {
    const guarded = await registry({ token });
    const without = await build("opencode", "--build-arg", `NPM_REGISTRY=${addressOf(guarded)}`);
    expect(without.exitCode).not.toBe(0);
    expect(without.stderr).toContain(`npm could not fetch ${name}@${version}`);
    expect(without.stderr).toContain("--secret id=npmrc");

    const npmrc = join(folder, "npmrc-for-the-build");
    writeFileSync(npmrc, `//${host}:${new URL(guarded.origin).port}/:_authToken=${token}\n`);
    const image = uniqueName("aperture-env-token");
    onDispose(() => docker(["image", "rm", "--force", image, `${image}-stage`]));
    const args = ["--build-arg", `NPM_REGISTRY=${addressOf(guarded)}`, "--secret", `id=npmrc,src=${npmrc}`];
    const built = await build("ci", ...args, "--tag", image);
    expect(built.exitCode, built.stderr).toBe(0);
    expect(guarded.requests.some((request) => request.path.endsWith(".tgz") && request.status === 200)).toBe(true);
    // The stage, too: its layers stay in build caches that are pushed to registries.
    await docker(["build", "--target", "opencode", ...args, "--tag", `${image}-stage`, ".devcontainer"], { cwd: folder });
    for (const which of [image, `${image}-stage`]) {
      const found = await docker([
        "run",
        "--rm",
        "--user",
        "0",
        "--volume",
        "/var/run:/none:ro",
        which,
        "sh",
        "-c",
        `grep -rls ${token} / --exclude-dir=proc --exclude-dir=sys || true; ls -A /root`,
      ]);
      expect(found.stdout).not.toContain("npmrc");
      expect(found.stdout.split("\n").filter((line) => line.startsWith("/"))).toEqual([]);
      const history = await docker(["history", "--no-trunc", which]);
      expect(history.stdout).not.toContain(token);
    }
  });

  test("a tampered package fails the build with a clear line", async () => {
    const tampered = await registry({ tamper: true });
    const { exitCode, stderr } = await build("opencode", "--build-arg", `NPM_REGISTRY=${addressOf(tampered)}`);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(`aperture-env: the checksum of ${name}-${version}.tgz is wrong, so it was not installed`);
    expect(stderr).toContain("pinned sha512");
  });

  test("a registry without the package fails the build with a clear line", async () => {
    const empty = await startNpmRegistry({ packages: [], host: "0.0.0.0" });
    onDispose(() => empty.close());
    const { exitCode, stderr } = await build("opencode", "--build-arg", `NPM_REGISTRY=${addressOf(empty)}`);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(`aperture-env: npm could not fetch ${name}@${version}`);
  });

  test("a platform that the release lacks is named", async () => {
    const { exitCode, stderr } = await build("opencode", "--build-arg", "TARGETARCH=riscv64");
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(`aperture-env: OpenCode ${version} has no package for riscv64 with glibc`);
  });
});
