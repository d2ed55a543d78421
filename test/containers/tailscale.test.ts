/** Tailscale's programs in images: fetched in a layer of their own, by the Dockerfile and by the Feature, from a mirror that has small ones. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pinnedRelease } from "../../src/catalog/release.ts";
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
} from "../support/docker.ts";
import { startNpmRegistry } from "../support/npm-registry.ts";
import { generate, writeTree } from "../support/repository.ts";

const available = await dockerAvailable();
const arch = process.arch === "arm64" ? "arm64" : "amd64";
const version = "1.90.6";

describe.skipIf(!available)("Tailscale's programs", () => {
  let spec: string;
  let registry: string;
  const asked: string[] = [];

  beforeAll(async () => {
    const folder = await temporaryFolder("aperture-env-tarball");
    const inside = `tailscale_${version}_${arch}`;
    writeTree(folder, {
      [`${inside}/tailscale`]: "#!/bin/sh\necho the client\n",
      [`${inside}/tailscaled`]: "#!/bin/sh\necho the daemon\n",
    });
    await execa("tar", ["-czf", "all.tgz", inside], { cwd: folder });
    const tarball = readFileSync(join(folder, "all.tgz"));
    const server = createServer((request, response) => {
      asked.push(request.url!);
      response.end(tarball);
    });
    server.listen(0, "0.0.0.0");
    await once(server, "listening");
    onDispose(async () => void server.close());
    const host = await bridgeGateway();
    const sum = createHash("sha256").update(tarball).digest("hex");
    const url = `http://${host}:${(server.address() as AddressInfo).port}/tailscale_{version}_{arch}.tgz`;
    spec = `${version},url=${url},sha256.${arch}=${sum}`;
    const name = arch === "arm64" ? "opencode-linux-arm64" : "opencode-linux-x64-baseline";
    const opencode = readFileSync(await fetchOpencodeTarball(name, pinnedRelease.version));
    const packages = [{ name, version: pinnedRelease.version, tarball: opencode }];
    const started = await startNpmRegistry({ packages, host: "0.0.0.0" });
    onDispose(() => started.close());
    registry = `http://${host}:${new URL(started.origin).port}/`;
  });
  afterAll(disposeAll);

  const paths = `for name in tailscale tailscaled; do /usr/local/lib/aperture-env/$name; done; cat /usr/local/lib/aperture-env/tailscale.version`;
  const said = `the client\nthe daemon\n${version}`;

  test("a stage of the Dockerfile fetches them for both targets, and a change of the configuration does not again", async () => {
    const folder = await temporaryFolder("aperture-env-tailscale");
    await generate(folder, ["--connection", "userspace", "--tailscale", spec]);
    const before = asked.length;
    for (const model of ["anthropic/claude-sonnet-5-5", "anthropic/claude-haiku-4-5"]) {
      await execa(process.execPath, ["dist/bin.js", "update", "--cwd", folder, "--model", model, "--yes"]);
      for (const target of ["ci", "dev"]) {
        const image = uniqueName("aperture-env-tailscale");
        const args = [
          "build",
          "--progress",
          "plain",
          "--target",
          target,
          "--tag",
          image,
          "--build-arg",
          `NPM_REGISTRY=${registry}`,
        ];
        const built = await docker([...args, join(folder, ".devcontainer")]);
        expect(built.exitCode, built.stderr).toBe(0);
        onDispose(() => docker(["image", "rm", "--force", image]));
        const { stdout, stderr } = await docker(["run", "--rm", image, "sh", "-c", paths]);
        expect(stdout.trim(), stderr).toBe(said);
      }
    }
    expect(asked.slice(before)).toEqual([`/tailscale_${version}_${arch}.tgz`]);
  });

  test.each(["bare-base:nofetch", "bare-base:wget"])(
    "a nested Feature fetches them on %s, in a layer of its own",
    async (image) => {
      const folder = await temporaryFolder("aperture-env-tailscale");
      chmodSync(folder, 0o755);
      writeTree(folder, { ".devcontainer/devcontainer.json": `{ "image": "${image}" }\n` });
      await generate(folder, ["--connection", "userspace", "--tailscale", spec], { npm_config_registry: registry });
      const before = asked.length;
      const up = async (...more: string[]): Promise<void> => {
        const { exitCode, stderr, stdout } = await devcontainer(["up", "--workspace-folder", folder, ...more]);
        expect(exitCode, stderr + stdout).toBe(0);
      };
      await up();
      const { stdout } = await devcontainer(["exec", "--workspace-folder", folder, "sh", "-c", paths]);
      expect(stdout.trim()).toBe(said);
      await execa(process.execPath, ["dist/bin.js", "update", "--cwd", folder, "--model", "anthropic/claude-haiku-4-5", "--yes"]);
      await up("--remove-existing-container");
      expect(asked.slice(before)).toEqual([`/tailscale_${version}_${arch}.tgz`]);
    },
  );

  test("a tool that ignores nested Features gets the programs from the Feature itself", async () => {
    const folder = await temporaryFolder("aperture-env-tailscale");
    writeTree(folder, {
      ".devcontainer/devcontainer.json": '{ "image": "bare-base:curl" }\n',
      ".devcontainer/Dockerfile.try": `FROM bare-base:curl\nCOPY aperture-env/ /tmp/feature/\nRUN cd /tmp/feature && REGISTRY=${registry} sh install.sh && ${paths}\n`,
    });
    await generate(folder, ["--connection", "userspace", "--tailscale", spec], { npm_config_registry: registry });
    const args = ["build", "--progress", "plain", "--no-cache", "-f", join(folder, ".devcontainer/Dockerfile.try")];
    const built = await docker([...args, join(folder, ".devcontainer")]);
    expect(built.exitCode, built.stderr).toBe(0);
    expect(built.stderr + built.stdout).toContain("the daemon");
  });
});
