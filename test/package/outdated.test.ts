/** `check --outdated` against a registry: what is newer elsewhere is said then, and only then. */
import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { catalogueRelease, platforms } from "../../src/catalog/release.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startNpmRegistry, type NpmRegistry, type PublishedPackage } from "../support/npm-registry.ts";
import { environmentOf, makeFolders, runBin, type Environment } from "./machine.ts";
import { skips } from "../support/skips.ts";

const folders = makeFolders();
let registry: NpmRegistry;
let env: Environment;
let folder: string;

/** Packages that are only looked at. */
const published = (versions: Readonly<Record<string, readonly string[]>>): PublishedPackage[] =>
  Object.entries(versions).flatMap(([name, list]) =>
    list.map((version) => ({ name, version, tarball: Buffer.from("x"), manifest: {} })),
  );
const opencode = (...versions: readonly string[]): Record<string, readonly string[]> =>
  Object.fromEntries(["opencode-ai", ...Object.keys(platforms)].map((name) => [name, versions]));
const serve = async (versions: Readonly<Record<string, readonly string[]>>): Promise<void> => {
  await registry?.close();
  registry = await startNpmRegistry({ packages: published(versions) });
  env = environmentOf(folders.make("home"), { npm_config_registry: registry.origin, npm_config_fetch_retries: "0" });
};

beforeAll(async () => {
  folder = folders.make("sample");
  expect((await runBin(environmentOf(folders.make("home")), folder, ["--yes"])).exit).toBe(0);
});
afterAll(async () => {
  await registry.close();
  folders.remove();
});

describe("check --outdated", () => {
  test("a newer OpenCode and a newer generator", async () => {
    await serve({ "create-aperture-env": ["0.1.0", "99.0.0"], ...opencode("1.18.18", "1.99.0", "2.0.0") });
    const plain = await runBin(env, folder, ["check"]);
    expect(plain).toEqual({ exit: 0, stdout: "Fine: all files match spec and lock.\n", stderr: "" });
    expect(registry.requests).toEqual([]);
    const ran = await runBin(env, folder, ["check", "--outdated"]);
    expect(ran.exit, ran.stderr).toBe(3);
    expect(ran.stdout).toMatch(/! aperture-env\.lock {2}create-aperture-env 99\.0\.0 is out, and \S+ wrote this\n/);
    expect(ran.stdout).toMatch(
      /! aperture-env\.lock {2}OpenCode 1\.99\.0 is out, and this has 1\.18\.18\n.*update --opencode 1\.99\.0/,
    );
  });

  test.skipIf(skips("an npm that answers in another form", process.platform === "win32" ? "it is a shell script" : null))(
    "npm 12 puts a single answer into a list",
    async () => {
      const npm = folders.make("bin");
      const versions = JSON.stringify(["1.18.18", "1.99.0"]);
      const script = `#!/bin/sh\ncase "$2 $3" in\n*" versions") echo '${versions}' ;;\n*) echo '["99.0.0"]' ;;\nesac\n`;
      writeFileSync(join(npm, "npm"), script, { mode: 0o755 });
      const PATH = `${npm}${delimiter}${process.env["PATH"]}`;
      const { exit, stdout, stderr } = await runBin(environmentOf(folders.make("home"), { PATH }), folder, [
        "check",
        "--outdated",
      ]);
      expect(exit, stderr).toBe(3);
      expect(stdout).toContain("create-aperture-env 99.0.0 is out");
      expect(stdout).toContain("OpenCode 1.99.0 is out");
    },
  );

  test("nothing newer, and a version that lacks a platform", async () => {
    await serve({ "create-aperture-env": ["0.1.0"], ...opencode("1.18.18"), "opencode-ai": ["1.18.18", "1.18.99"] });
    const { exit, stdout } = await runBin(env, folder, ["check", "--outdated"]);
    expect(exit).toBe(0);
    expect(stdout).toBe(
      `  = .devcontainer/aperture-env/models.json  has the model catalogue of ${catalogueRelease.date}, from OpenCode ${catalogueRelease.version}\n      OpenCode 1.18.99 has a newer one, which a newer create-aperture-env will bring.\n\nFine: all files match spec and lock.\n`,
    );
  });

  test("the model catalogue has a date and a release of its own, which is no reason to fail", async () => {
    await serve({ "create-aperture-env": ["0.1.0"], ...opencode("1.18.18") });
    const { exit, stdout } = await runBin(env, folder, ["check", "--outdated", "--json"]);
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "fine",
      catalogue: { version: catalogueRelease.version, date: catalogueRelease.date },
      observations: [{ path: ".devcontainer/aperture-env/models.json", state: "catalogue", hint: null, fails: false }],
    });
    expect(JSON.parse((await runBin(env, folder, ["check", "--json"])).stdout)).not.toHaveProperty("catalogue");
  });

  test("a registry that does not answer is an environment error, exit 4", async () => {
    await serve({ "create-aperture-env": ["0.1.0"], ...opencode("1.18.18") });
    await registry.close();
    expect(await runBin(env, folder, ["check", "--outdated"])).toMatchObject({
      exit: 4,
      stderr: expect.stringMatching(/^npm could not ask the npm registry \S+ for \S+\.\nSee {2}npm view /) as string,
    });
  });
});
