/** `build` in a folder below a repository's top, and where git does not answer: what is in the image, and what its labels say. */
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { disposeAll, docker, dockerAvailable, onDispose, temporaryFolder, uniqueName } from "../support/docker.ts";
import { commitAll } from "../support/docker-registry.ts";
import { generate, writeTree } from "../support/repository.ts";
import { root } from "../support/project-root.ts";

const available = await dockerAvailable();
if (!available) console.warn("skipped: builds of a monorepo, because no Docker engine answers");

describe.skipIf(!available)("an environment of a package in a monorepo", () => {
  afterAll(disposeAll);

  test("is built from what git has of that folder, with the commit in its labels; what git does not say is said", async () => {
    const top = await temporaryFolder("aperture-env-monorepo");
    const folder = join(top, "package");
    mkdirSync(folder);
    writeTree(top, { ".gitignore": ".env\n", README: "x" });
    writeTree(folder, {
      ".devcontainer/devcontainer.json": '{ "build": { "dockerfile": "Dockerfile", "context": ".." } }\n',
      ".devcontainer/Dockerfile": "FROM node:24-bookworm-slim\nCOPY . /copied\n",
    });
    await generate(folder);
    const hash = await commitAll(top);
    writeFileSync(join(folder, ".env"), "a secret");
    const image = uniqueName("aperture-env-monorepo");
    onDispose(() => docker(["image", "rm", "--force", image]));
    const build = async (): Promise<{ exitCode: number | undefined; stderr: string }> => {
      const args = [join(root, "dist/bin.js"), "build", "--image", image];
      const { exitCode, stderr } = await execa(process.execPath, args, { cwd: folder, stdin: "ignore", reject: false });
      return { exitCode, stderr };
    };
    const inImage = async (): Promise<string> =>
      (await docker(["run", "--rm", "--entrypoint", "ls", image, "-A", "/copied"])).stdout;

    const built = await build();
    expect(built.exitCode, built.stderr).toBe(0);
    expect(built.stderr).not.toContain("The files differ");
    expect((await inImage()).split("\n").sort()).toEqual([".devcontainer", ".git", "aperture-env.lock", "aperture-env.yaml"]);
    const { stdout } = await docker(["image", "inspect", "--format", "{{json .Config.Labels}}", image]);
    expect(JSON.parse(stdout)).toMatchObject({ "org.opencontainers.image.revision": hash });

    if (process.getuid?.() !== 0) return;
    for (const path of [top, join(top, ".git")]) chownSync(path, 12_345, 12_345);
    const other = await build();
    expect(other.exitCode, other.stderr).toBe(0);
    expect(other.stderr).toContain("Git did not list the files of this repository (git status says why)");
    expect(await inImage()).toContain(".env");
  });
});
