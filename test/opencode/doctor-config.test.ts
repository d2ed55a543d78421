/** The doctor's reading of OpenCode's configuration files, held against what the real OpenCode makes of the same files. */
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { at } from "../../src/doctor/config/json.ts";
import { resolveConfig } from "../../src/doctor/config/resolve.ts";
import { worldOf } from "../../src/doctor/probe/files.ts";
import { opencodeBinary } from "../support/opencode.ts";
import { makePlace, removeFolders, run } from "./environment.ts";

const binary = await opencodeBinary();

interface Case {
  /** Path to text or object; `~/` is the home, `/managed/` the folder for /etc/opencode, everything else is below the folder to work in. */
  readonly files: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Below the folder to work in. */
  readonly cwd?: string;
  /** Folders with a `.git`; the folder to work in is one, unless this says else. */
  readonly git?: readonly string[];
  /** OpenCode does not start. */
  readonly refused?: boolean;
}

/** A layer that can be told from the others in everything that it sets. */
const layer = (name: string): object => ({
  $schema: "https://opencode.ai/config.json",
  username: name,
  model: `anthropic/${name}`,
  enabled_providers: ["anthropic", name],
  instructions: [`${name}.md`, "shared.md"],
  provider: {
    anthropic: { options: { baseURL: `http://${name}/v1`, headers: { [`x-${name}`]: "1" } } },
    [name]: { npm: "@ai-sdk/openai-compatible", options: { baseURL: `http://${name}/v1` }, models: { m: {} } },
  },
});

const all: Readonly<Record<string, unknown>> = {
  "~/.config/opencode/config.json": layer("global0"),
  "~/.config/opencode/opencode.json": layer("global1"),
  "~/.config/opencode/opencode.jsonc": layer("global2"),
  "custom.json": layer("custom"),
  "opencode.json": layer("root1"),
  "opencode.jsonc": layer("root2"),
  "a/opencode.json": layer("a1"),
  "a/b/opencode.jsonc": layer("b2"),
  ".opencode/opencode.json": layer("rootfolder"),
  "a/.opencode/opencode.jsonc": layer("afolder"),
  "~/.opencode/opencode.json": layer("homefolder"),
  "own/opencode.json": layer("own1"),
  "own/opencode.jsonc": layer("own2"),
  "/managed/opencode.json": layer("managed1"),
  "/managed/opencode.jsonc": layer("managed2"),
};
const everything = {
  OPENCODE_CONFIG: "custom.json",
  OPENCODE_CONFIG_DIR: "own",
  OPENCODE_CONFIG_CONTENT: JSON.stringify(layer("content")),
};

/** The first layers in the order of their weight, so that each boundary shows which of two wins. */
const upTo = (count: number): Case => ({
  files: Object.fromEntries(Object.entries(all).slice(0, count)),
  cwd: "a/b",
  env: { OPENCODE_CONFIG: "custom.json" },
});

const cases: Readonly<Record<string, Case>> = {
  nothing: { files: {} },
  "everything at once": { files: all, env: everything, cwd: "a/b" },
  "everything but the managed folder": {
    files: Object.fromEntries(Object.entries(all).filter(([path]) => !path.startsWith("/managed"))),
    env: everything,
    cwd: "a/b",
  },
  "the global files": upTo(3),
  "and OPENCODE_CONFIG": upTo(4),
  "and the root's opencode.json": upTo(5),
  "and its opencode.jsonc": upTo(6),
  "and a folder's below it": upTo(7),
  "and that of the folder itself": upTo(8),
  "and the root's .opencode": upTo(9),
  "and a nested .opencode, which the root's beats": upTo(10),
  "and the home's .opencode": upTo(11),
  OPENCODE_DISABLE_PROJECT_CONFIG: { files: all, env: { ...everything, OPENCODE_DISABLE_PROJECT_CONFIG: "1" }, cwd: "a/b" },
  "OPENCODE_DISABLE_PROJECT_CONFIG=0": { files: all, env: { OPENCODE_DISABLE_PROJECT_CONFIG: "0" }, cwd: "a/b" },
  "from the root, nothing below it counts": { files: all },
  "a repository in a repository": { files: all, cwd: "a/b", git: [".", "a"] },
  "no repository": { files: { "opencode.json": layer("root1"), "a/opencode.json": layer("a1") }, cwd: "a", git: [] },
  "OPENCODE_CONFIG that is missing": { files: { "opencode.json": layer("root1") }, env: { OPENCODE_CONFIG: "missing.json" } },
  "an empty file": { files: { "opencode.json": "", "opencode.jsonc": layer("root2") } },
  "comments and trailing commas": {
    files: { "opencode.json": '{ // x\n "$schema": "s", /* y */ "model": "a/b", "instructions": ["i",], }' },
    env: { OPENCODE_CONFIG_CONTENT: '{ "username": "me", /* z */ }' },
  },
  "variables and files": {
    files: {
      "opencode.json": `{ "$schema": "s", "model": "{env:SET}/{env:UNSET}x", "username": "{file:who.txt}",
  // {file:not-there.txt}
  "provider": { "anthropic": { "options": { "baseURL": "{env:APERTURE_URL}/v1", "apiKey": "{file:~/key.txt}", "x": "{file:a/b.txt}" } } } }`,
      "who.txt": '  "quoted"\nand lines \n',
      "a/b.txt": "inner",
      "~/key.txt": "-\n",
    },
    env: { SET: "set", APERTURE_URL: "http://ai" },
  },
  "a variable that makes JSON": { files: { "opencode.json": '{ "$schema": "s", {env:MORE} }' }, env: { MORE: '"model": "a/b"' } },
  "a file that is not there": { files: { "opencode.json": '{ "model": "{file:gone.txt}" }' }, refused: true },
  "JSON that ends early": { files: { "opencode.json": '{ "model": "a/b"' }, refused: true },
  "a wrong type": { files: { "opencode.json": { $schema: "s", enabled_providers: "anthropic" } }, refused: true },
  "a wrong word": { files: { "opencode.json": { $schema: "s", share: "off" } }, refused: true },
  "a provider that is a text": { files: { "opencode.json": { $schema: "s", provider: { anthropic: "x" } } }, refused: true },
  "a list instead of an object": { files: { "opencode.json": "[]" }, refused: true },
  "a folder called opencode.json": { files: { "opencode.json/x": "" }, refused: true },
  "a broken global file": { files: { "~/.config/opencode/opencode.json": "{" }, refused: true },
  "keys that nobody knows": { files: { "opencode.json": { $schema: "s", stray: 1, model: "a/b", providers: { x: {} } } } },
  "a null in OPENCODE_CONFIG_CONTENT": { files: {}, env: { OPENCODE_CONFIG_CONTENT: "null" }, refused: true },
  "instructions in one layer only": {
    files: { "a/opencode.json": layer("a1"), "opencode.json": { $schema: "s", model: "a/b" } },
    cwd: "a",
  },
};

/** What is compared: all that the doctor judges, and what tells layers apart. */
const keys = [
  "username",
  "model",
  "small_model",
  "enabled_providers",
  "disabled_providers",
  "instructions",
  "provider",
  "share",
  "autoupdate",
];
const compared = (config: unknown): object =>
  Object.fromEntries(keys.flatMap((key) => (at(config, key) === undefined ? [] : [[key, at(config, key)]])));

describe.skipIf(binary === null)("OpenCode's configuration", () => {
  afterAll(removeFolders);

  test.each(Object.entries(cases))("%s", async (_name, { files, env = {}, cwd = ".", git = ["."], refused = false }) => {
    const place = makePlace();
    const managed = join(dirname(place.home), "managed");
    const pathOf = (path: string): string =>
      path.startsWith("~/")
        ? join(place.home, path.slice(2))
        : path.startsWith("/managed/")
          ? join(managed, path.slice(9))
          : join(place.work, path);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(pathOf(path)), { recursive: true });
      writeFileSync(pathOf(path), typeof content === "string" ? content : JSON.stringify(content));
    }
    for (const folder of git) {
      mkdirSync(join(place.work, folder), { recursive: true });
      spawnSync("git", ["init", "--quiet", join(place.work, folder)]);
    }
    const here = join(place.work, cwd);
    mkdirSync(here, { recursive: true });
    const variables = {
      ...env,
      // Relative paths begin where OpenCode is started; these are meant from the top.
      ...(env["OPENCODE_CONFIG"] !== undefined && { OPENCODE_CONFIG: join(place.work, env["OPENCODE_CONFIG"]) }),
      ...(env["OPENCODE_CONFIG_DIR"] !== undefined && { OPENCODE_CONFIG_DIR: join(place.work, env["OPENCODE_CONFIG_DIR"]) }),
      OPENCODE_TEST_MANAGED_CONFIG_DIR: managed,
    };
    // First, because OpenCode writes into these folders.
    const ours = resolveConfig(worldOf(variables, here, place.home));
    const link = join(dirname(place.home), "opencode");
    symlinkSync(binary!, link);
    const theirs = await run([link, "debug", "config"], {
      place: { ...place, work: here },
      env: { ...variables, OPENCODE_DISABLE_MODELS_FETCH: "1", OPENCODE_DISABLE_AUTOUPDATE: "1", npm_config_offline: "true" },
    });
    expect(ours.problems.length > 0).toBe(refused);
    if (refused) {
      expect(theirs.exitCode, theirs.stdout).not.toBe(0);
      return;
    }
    expect(theirs.exitCode, theirs.stderr).toBe(0);
    const seen = compared(JSON.parse(theirs.stdout));
    // Without a user name of anybody's, OpenCode takes the account's.
    expect(compared(ours.config)).toEqual("username" in compared(ours.config) ? seen : { ...seen, username: undefined });
  });
});
