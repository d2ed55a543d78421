/**
 * OpenCode's plugin package: kept from being fetched as long as nothing imports it, and there for tools and plugins that are added after the first
 * start, in every folder in which OpenCode looks. The registry is one of the test's own, with a small package in the place of the real one.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pinnedRelease } from "../../src/catalog/release.ts";
import type { LocalInstallation } from "../../src/scripts/install-locally.ts";
import { startNpmRegistry, type NpmRegistry } from "../support/npm-registry.ts";
import { opencodeBinary } from "../support/opencode.ts";
import {
  install,
  makeFolder,
  makePlace,
  removeFolders,
  run,
  startGateway,
  type Place,
  type Ran,
  type TappedGateway,
} from "./environment.ts";

const available = (await opencodeBinary()) !== null;

/** What a tool imports, with as much of it as this test needs. */
function packPlugin(): Buffer {
  const folder = makeFolder();
  const files = {
    "package/package.json": JSON.stringify({ name: "@opencode-ai/plugin", version: pinnedRelease.version, main: "index.js" }),
    "package/index.js": "exports.tool = (definition) => definition;\n",
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return execFileSync("tar", ["-czf", "-", "-C", folder, "package"]);
}

const tool = `import { tool } from "@opencode-ai/plugin";
export default tool({ description: "says that it ran", args: {}, async execute() { return "the added tool ran"; } });
`;
/** A plugin that tells by a file that it was loaded. */
const plugin = (loaded: string): string => `import { tool } from "@opencode-ai/plugin";
import { writeFileSync } from "node:fs";
export const Mine = async () => { writeFileSync(${JSON.stringify(loaded)}, typeof tool); return {}; };
`;

describe.skipIf(!available)("OpenCode's plugin package", () => {
  let installation: LocalInstallation;
  let registry: NpmRegistry;
  let gateway: TappedGateway;

  beforeAll(async () => {
    installation = await install();
    registry = await startNpmRegistry({
      packages: [{ name: "@opencode-ai/plugin", version: pinnedRelease.version, tarball: packPlugin() }],
    });
    gateway = await startGateway();
  });
  afterAll(async () => {
    await gateway.close();
    await registry.close();
    removeFolders();
  });
  const start = async (place: Place, prompt = "hi", env: Readonly<Record<string, string>> = {}): Promise<Ran> => {
    const ran = await run([installation.opencode, "run", "--title", "test", "--model", "anthropic/claude-sonnet-5-5", prompt], {
      place,
      env: { ...installation.env, APERTURE_URL: gateway.origin, npm_config_registry: registry.origin, ...env },
    });
    expect(ran.exitCode, ran.stderr + ran.stdout).toBe(0);
    return ran;
  };
  const globalFolder = (place: Place): string => join(place.home, ".config", "opencode");
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  };
  /** A first start, in which the folder gets the seed. */
  const seeded = async (): Promise<Place> => {
    const place = makePlace();
    const { exitCode, stderr } = await run([installation.opencode, "--version"], { place, env: installation.env });
    expect(exitCode, stderr).toBe(0);
    expect(readdirSync(join(globalFolder(place), "node_modules"))).toEqual([]);
    return place;
  };
  const expectFetched = (folder: string): void => {
    expect(existsSync(join(folder, "node_modules", "@opencode-ai", "plugin", "index.js"))).toBe(true);
  };

  test.each(["tool", "tools"])("a tool that is added to %s/ of the global folder later works", async (name) => {
    const place = await seeded();
    write({ [join(globalFolder(place), name, "added.ts")]: tool });
    const { stdout } = await start(place, "mock-tool added {}");
    expect(stdout).toContain("the added tool ran");
    expectFetched(globalFolder(place));
    if (name === "tools") return;
    // And once it is there, it is not fetched again.
    const before = registry.requests.length;
    expect((await start(place, "mock-tool added {}")).stdout).toContain("the added tool ran");
    expect(registry.requests.slice(before)).toEqual([]);
  });

  test.each(["plugin/mine.ts", "plugins/mine.js"])(
    "a plugin that is added as %s of the global folder later is loaded",
    async (name) => {
      const place = await seeded();
      const loaded = join(place.work, "loaded");
      write({ [join(globalFolder(place), name)]: plugin(loaded) });
      await start(place);
      expect(readFileSync(loaded, "utf8")).toBe("function");
    },
  );

  test.each([
    ["the global configuration, beside it", "opencode.json", "./mine.ts", "mine.ts"],
    ["the global configuration, deeper", "opencode.jsonc", "./own/code/mine.ts", "own/code/mine.ts"],
  ])("a plugin that %s names later is loaded", async (_name, file, path, at) => {
    const place = await seeded();
    const loaded = join(place.work, "loaded");
    write({
      [join(globalFolder(place), file)]: JSON.stringify({ $schema: "https://opencode.ai/config.json", plugin: [path] }),
      [join(globalFolder(place), at)]: plugin(loaded),
    });
    await start(place);
    expect(readFileSync(loaded, "utf8")).toBe("function");
  });

  test("a plugin in the global folder that a project's configuration names is loaded", async () => {
    const place = await seeded();
    const loaded = join(place.work, "loaded");
    const at = join(globalFolder(place), "mine.ts");
    write({
      [at]: plugin(loaded),
      [join(place.work, "opencode.json")]: JSON.stringify({ $schema: "s", plugin: [`file://${at}`] }),
    });
    await start(place);
    expect(readFileSync(loaded, "utf8")).toBe("function");
  });

  test("a tool behind a link works where the package lies beside what it leads to", async () => {
    const place = await seeded();
    const dotfiles = join(place.home, "dotfiles");
    write({
      [join(dotfiles, "tool", "added.ts")]: tool,
      [join(dotfiles, "node_modules", "@opencode-ai", "plugin", "package.json")]:
        '{"name":"@opencode-ai/plugin","main":"index.js"}',
      [join(dotfiles, "node_modules", "@opencode-ai", "plugin", "index.js")]: "exports.tool = (definition) => definition;\n",
    });
    symlinkSync(join(dotfiles, "tool"), join(globalFolder(place), "tool"));
    expect((await start(place, "mock-tool added {}")).stdout).toContain("the added tool ran");
  });

  test.each([
    ["the project's .opencode", (place: Place) => join(place.work, ".opencode"), {}],
    ["an .opencode in the home", (place: Place) => join(place.home, ".opencode"), {}],
    ["OPENCODE_CONFIG_DIR", (place: Place) => join(place.work, "own"), { OPENCODE_CONFIG_DIR: "own" }],
    ["OPENCODE_CONFIG_DIR that is the global folder", globalFolder, { OPENCODE_CONFIG_DIR: ".config/opencode" }],
  ] as const)("a tool that is added to %s later works", async (_name, folderOf, variables) => {
    const place = await seeded();
    const folder = folderOf(place);
    const env = "OPENCODE_CONFIG_DIR" in variables ? { OPENCODE_CONFIG_DIR: folder } : {};
    write({ [join(folder, "tool", "added.ts")]: tool });
    expect((await start(place, "mock-tool added {}", env)).stdout).toContain("the added tool ran");
    expectFetched(folder);
  });

  test("dependencies that are added later are installed", async () => {
    const place = await seeded();
    write({ [join(globalFolder(place), "package.json")]: '{"dependencies":{"@opencode-ai/plugin":"*"}}' });
    // Nothing in this start needs them, so OpenCode installs them beside it and does not wait: its answer has to.
    const fetched = join(globalFolder(place), "node_modules", "@opencode-ai", "plugin", "index.js");
    const wait = `for i in $(seq 100); do [ -e '${fetched}' ] && break; sleep 0.1; done`;
    await start(place, `mock-tool bash ${JSON.stringify({ command: wait, description: "Wait" })}`);
    expectFetched(globalFolder(place));
  });

  test("a node_modules of the user's own, with a lock and a package.json, stays byte for byte", async () => {
    const place = makePlace();
    const own = {
      "package.json": '{ "dependencies": { "@opencode-ai/plugin": "*" } }\n',
      "package-lock.json": '{ "packages": { "": { "dependencies": { "@opencode-ai/plugin": "*" } } } }\n',
      "node_modules/@opencode-ai/plugin/package.json": '{"name":"@opencode-ai/plugin","version":"0.0.1","main":"index.js"}',
      "node_modules/@opencode-ai/plugin/index.js":
        'exports.tool = (x) => ({ ...x, execute: async () => "the user\'s own package" });',
      "tool/added.ts": tool,
    };
    write(Object.fromEntries(Object.entries(own).map(([path, text]) => [join(globalFolder(place), path), text])));
    const before = registry.requests.length;
    for (let round = 0; round < 2; round += 1)
      expect((await start(place, "mock-tool added {}")).stdout).toContain("the user's own package");
    for (const [path, text] of Object.entries(own))
      expect(readFileSync(join(globalFolder(place), path), "utf8"), path).toBe(text);
    expect(registry.requests.slice(before)).toEqual([]);
  });
});
