/** The generated Dockerfile without Docker: buildah builds it, with no daemon and no frontend to pull. */
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { execa } from "execa";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { disposeAll, docker, dockerAvailable, temporaryFolder } from "../support/docker.ts";
import { generate } from "../support/repository.ts";

const installed = (await execa("buildah", ["--version"], { reject: false })).exitCode === 0 && process.getuid?.() === 0;
// The engine only lends the images of the bases.
const available = installed && (await dockerAvailable());
if (!available)
  console.warn("skipped: buildah, because it is not installed, or this is not root, or no Docker engine lends the base images");

afterAll(disposeAll);

test.skipIf(!available)("buildah builds both targets", async () => {
  const folder = await temporaryFolder("aperture-env-buildah");
  await generate(folder, ["--base", "slim"]);
  const store = ["--storage-driver", "vfs", "--root", join(folder, "store"), "--runroot", join(folder, "run")];
  // Its look for Docker's credentials fails where DOCKER_CONFIG names a folder without any.
  const buildah = (...args: string[]): Promise<{ stdout: string; stderr: string; exitCode?: number }> =>
    execa("buildah", [...store, ...args], {
      cwd: folder,
      reject: false,
      stdin: "ignore",
      env: { DOCKER_CONFIG: undefined },
      timeout: 600_000,
    });
  for (const image of ["node:24-bookworm-slim", "debian:bookworm-slim"]) {
    const archive = join(folder, "image.tar");
    await docker(["save", "--output", archive, image]);
    const pulled = await buildah("pull", "--quiet", `docker-archive:${archive}`);
    expect(pulled.exitCode, pulled.stderr).toBe(0);
  }
  for (const target of ["dev", "ci"]) {
    const built = await buildah(
      "bud",
      "--pull-never",
      "--layers",
      "--isolation",
      "chroot",
      "--target",
      target,
      "--tag",
      target,
      ".devcontainer",
    );
    expect(built.exitCode, built.stderr).toBe(0);
  }
  const { stdout: container } = await buildah("from", "--pull-never", "localhost/ci");
  const run = await buildah("run", "--isolation", "chroot", container.trim(), "--", "opencode", "--version");
  expect(run.stdout.trim(), run.stderr).toBe(pinnedRelease.version);
});
