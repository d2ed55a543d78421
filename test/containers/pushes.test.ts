/** Pushes that a real registry refuses or that reach none: the image is called built, and what to do is said. By Docker's own builder and by BuildKit. */
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { disposeAll, docker, dockerAvailable, onDispose, temporaryFolder, uniqueName } from "../support/docker.ts";
import {
  commitAll,
  pushAs,
  registryLogin,
  skipsWithoutBuildkit,
  skipsWithoutRegistry,
  startBuildkit,
  startRegistry,
} from "../support/docker-registry.ts";
import { generate } from "../support/repository.ts";
import { root } from "../support/project-root.ts";

const available = await dockerAvailable();
if (!available) console.warn("skipped: pushes, because no Docker engine answers");
const bin = join(root, "dist", "bin.js");

interface Said {
  readonly id?: string | null;
  readonly digest?: string | null;
  readonly notes?: readonly string[];
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

describe.skipIf(!available || skipsWithoutRegistry("pushes"))("an image that is built and pushed", () => {
  let open: string;
  let closed: string;
  let folder: string;
  const local = uniqueName("aperture-env-pushes");
  beforeAll(async () => {
    [open, closed] = [await startRegistry(), await startRegistry({ login: true })];
    await pushAs("debian:bookworm-slim", `${open}/acme/base:1`);
    folder = join(await temporaryFolder("aperture-env-pushes"), "sample");
    mkdirSync(folder);
    await generate(folder, ["--base", `image=${open}/acme/base:1,libc=glibc,user=root`, "--pins"]);
    await commitAll(folder);
    onDispose(() =>
      docker(["image", "rm", "--force", local, `${open}/acme/app:1`, `${closed}/acme/app:1`, `${nowhere}/acme/app:1`]),
    );
  });
  afterAll(disposeAll);
  /** No registry listens there: the port belongs to no service, and only root could open one. */
  const nowhere = "127.0.0.1:2";

  async function build(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Said> {
    const ran = await execa(process.execPath, [bin, "build", "--json", ...args], {
      cwd: folder,
      stdin: "ignore",
      reject: false,
      env,
    });
    expect(ran.exitCode, ran.stderr).toBe(ran.stdout.includes('"status": "error"') ? 4 : 0);
    return JSON.parse(ran.stdout) as Said;
  }

  async function expectLogin(env: Readonly<Record<string, string>>): Promise<void> {
    const name = `${closed}/acme/app:1`;
    expect(await build(env, "--image", name, "--push")).toMatchObject({
      error: {
        code: "not-pushed",
        message: expect.stringMatching(new RegExp(`^${name} was built, and not pushed: .*(?:401|no basic auth)`)) as string,
        hint: `Log in with  docker login ${closed}  as an account that may push there, and run again.`,
      },
    });
  }

  test("by Docker's own builder: a login that lacks, a registry that is gone, a cache that is gone", async () => {
    await expectLogin({});
    const other = `${nowhere}/acme/app:1`;
    expect(await build({}, "--image", other, "--push")).toMatchObject({
      error: {
        code: "not-pushed",
        message: expect.stringMatching(new RegExp(`^${other} was built, and not pushed: .*connection refused\\.$`)) as string,
        hint: expect.stringMatching(/^See that its registry can be reached/) as string,
      },
    });
    const { notes } = await build({}, "--image", local, "--cache-from", `type=registry,ref=${nowhere}/acme/app:cache`);
    expect(notes).toContainEqual(expect.stringMatching(`^the cache ${nowhere}/acme/app:cache could not be read: .*refused`));
  });

  test("with the login it is pushed", async () => {
    const name = `${closed}/acme/app:1`;
    const env = { DOCKER_CONFIG: await temporaryFolder("aperture-env-login") };
    // The engine's plugins may be in the folder of its own logins.
    const plugins = join(process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker"), "cli-plugins");
    if (existsSync(plugins)) symlinkSync(plugins, join(env.DOCKER_CONFIG, "cli-plugins"));
    const login = await docker(["login", "--username", registryLogin.name, "--password-stdin", closed], {
      env,
      input: registryLogin.password,
    });
    expect(login.exitCode, login.stderr).toBe(0);
    const { id, digest, error } = await build(env, "--image", name, "--push");
    expect(error).toBeUndefined();
    expect([id, digest]).toEqual([expect.stringMatching(/^sha256:/), expect.stringMatching(/^sha256:/)]);
  });

  test.skipIf(skipsWithoutBuildkit("pushes by BuildKit"))(
    "by a BuildKit of its own: the same, and an older image of that name on this machine is not the one that was pushed",
    { timeout: 900_000 },
    async () => {
      await pushAs("node:24-bookworm-slim", `${open}/library/node:24-bookworm-slim`);
      const name = `${open}/acme/app:1`;
      await docker(["tag", "debian:bookworm-slim", name]);
      const env = await startBuildkit(open);
      await expectLogin(env);
      const { id, digest } = await build(env, "--image", name, "--push");
      expect(id).toBeNull();
      expect(digest).toMatch(/^sha256:/);
    },
  );
});
