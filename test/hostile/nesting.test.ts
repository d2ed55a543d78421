/**
 * Files nested 200,000 deep, and wider than anybody writes: whoever reads them says so with a place, and none of them goes down by calls until the
 * stack ends.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { featureFolder } from "../../src/catalog/files.ts";
import { parseJsonc } from "../../src/doctor/config/json.ts";
import { examine } from "../../src/doctor/doctor.ts";
import { parseAnswer } from "../../src/gateway/explain.ts";
import { findBeyond } from "../../src/text/nesting.ts";
import { runPiped } from "../cli/harness.ts";
import { processorTime } from "../support/processor-time.ts";

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "aperture-env-nesting-")));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function place(files: Readonly<Record<string, string>>): string {
  const root = join(folder, `place-${count++}`);
  mkdirSync(join(root, ".git"), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const deep = 200_000;
/** What closes is closed, or not; with what stands before it. */
const json: Readonly<Record<string, string>> = {
  "lists, open": "[".repeat(deep),
  lists: "[".repeat(deep) + "]".repeat(deep),
  "objects, open": '{"a":'.repeat(deep),
  objects: `${'{"a":'.repeat(deep)}1${"}".repeat(deep)}`,
  "both in turn": `${'{"a":['.repeat(deep)}1${"]}".repeat(deep)}`,
  "lists with comments": "[/* [ */ // ]\n".repeat(deep),
  "a key 200,000 deep in an object": `{"model":"anthropic/x","provider":${'{"a":'.repeat(deep)}1${"}".repeat(deep)}}`,
  "what closes only": "]".repeat(deep),
};
const yaml: Readonly<Record<string, string>> = {
  ...json,
  "flow maps": "{a: ".repeat(deep),
  "lists in a line": `${"- ".repeat(deep)}x`,
  "keys of keys": `${"? ".repeat(deep)}x`,
  "maps by indentation": Array.from({ length: 2_000 }, (_, index) => `${" ".repeat(index)}a:`).join("\n"),
  "anchors of anchors": Array.from(
    { length: 60 },
    (_, index) => `a${index}: &a${index} [${index === 0 ? "x" : `*a${index - 1}, *a${index - 1}`}]`,
  ).join("\n"),
  tags: "!a ".repeat(deep),
};

describe("the pieces", () => {
  test.each(Object.entries(json))("%s", (name, text) => {
    const open = name === "what closes only";
    expect(findBeyond(text, { depth: 100, parts: Number.MAX_SAFE_INTEGER }) === null).toBe(open);
    expect(parseJsonc(text)).toMatchObject(
      open ? { ok: false } : { ok: false, why: expect.stringMatching(/^Nested more than/) as string },
    );
    expect(parseAnswer(text)).toEqual({ ok: false });
  });

  test.each([
    ['["[[[[", "\\"[[[", 1]', 1, 10, null],
    ["[[1]]", 1, 10, 1],
    ["[1,2,3]", 1, 2, 4],
    ["[/*[[*/1]", 1, 10, null],
    ["[//[[\n1]", 1, 10, null],
    ["[//[[\n[1]]", 1, 10, 6],
    // As the parser: a text ends with its line, and what follows is read again.
    ['["[\n[[', 2, 10, 5],
    ["[/[", 1, 10, 2],
    ["][", 1, 10, null],
  ])("%j, %i deep and %i parts: %j", (text, depth, parts, at) => {
    expect(findBeyond(text, { depth, parts })).toBe(at);
  });
});

describe("the doctor", () => {
  test.each(Object.entries(json))("with %s in opencode.json", async (_name, text) => {
    const share = join(place({ "opencode.json": "{}" }));
    for (const files of [{ "opencode.json": text }, { ".opencode/opencode.jsonc": text }]) {
      const root = place(files);
      const report = await examine({
        installation: {
          share,
          prefix: null,
          gateway: "http://127.0.0.1:9",
          version: null,
          online: [],
          attribution: [],
          volume: null,
          managed: null,
          routes: new Map(),
          ends: [],
          toldBy: "caller",
        },
        env: { HOME: join(folder, "home"), PATH: "/nowhere", OPENCODE_MODELS_PATH: join(root, "opencode.json") },
        cwd: root,
        uid: null,
        deep: false,
        send: false,
        timeout: 1000,
      });
      expect(report.checks.map(({ code }) => code)).toContain("config-unreadable");
    }
    const variables = { OPENCODE_CONFIG_CONTENT: text, OPENCODE_AUTH_CONTENT: text };
    const report = await examine({
      installation: {
        share,
        prefix: null,
        gateway: "http://127.0.0.1:9",
        version: null,
        online: [],
        attribution: [],
        volume: null,
        managed: null,
        routes: new Map(),
        ends: [],
        toldBy: "caller",
      },
      env: { HOME: join(folder, "home"), PATH: "/nowhere", ...variables },
      cwd: share,
      uid: null,
      deep: false,
      send: false,
      timeout: 1000,
    });
    expect(report.checks.map(({ code }) => code)).toContain("config-unreadable");
  });
});

/** Runs every command where those files are. None of them ends as a defect of the program. */
async function runAll(files: Readonly<Record<string, string>>, made = false): Promise<void> {
  const root = place({});
  if (made) expect((await runPiped(["--yes", "--url", "http://127.0.0.1:9"], root)).exit).toBe(0);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  for (const command of [
    ["--yes", "--url", "http://127.0.0.1:9"],
    ["check"],
    ["update", "--yes"],
    ["remove", "--yes"],
    ["check", "--json"],
  ]) {
    const started = processorTime();
    const ran = await runPiped(command, root);
    // The parser of YAML takes longer for each fault: the first ends it.
    expect(processorTime() - started, command.join(" ")).toBeLessThan(5000);
    const said = (ran.stdout + ran.stderr).slice(0, 2000);
    expect(ran.exit, `${command.join(" ")}: ${said}`).not.toBe(1);
    expect(said).not.toMatch(/call stack|RangeError|defect/);
    expect(ran.stdout.length + ran.stderr.length).toBeLessThan(100_000);
  }
}

describe("create, check, update and remove", () => {
  const files = ["devcontainer.json", "opencode.json", "package.json", "aperture-env.lock", ".aperture-env.journal"] as const;
  test.each(Object.entries(json))("with %s in each file of JSON", async (_name, text) => {
    for (const file of files) {
      const path = file === "devcontainer.json" ? ".devcontainer/app/devcontainer.json" : file;
      await runAll({ [path]: text });
      if (file !== "devcontainer.json") await runAll({ [path]: text }, true);
    }
    for (const file of ["devcontainer.json", "aperture-env/opencode.json", "aperture-env/devcontainer-feature.json"])
      await runAll({ [`.devcontainer/${file}`]: text }, true);
    expect(featureFolder).toBe(".devcontainer/aperture-env");
  });

  test.each(Object.entries(yaml))("with %s in a spec and a Compose file", async (_name, text) => {
    for (const size of [text.length, 60_000, 4_000]) await runAll({ "aperture-env.yaml": `x:\n  ${text.slice(0, size)}` });
    await runAll({ "aperture-env.yaml": text.slice(0, 60_000) });
    await runAll({
      "compose.yaml": text,
      ".devcontainer/devcontainer.json": '{"dockerComposeFile":"../compose.yaml","service":"a"}',
    });
    await runAll({ "aperture-env.yaml": text.slice(0, 60_000) }, true);
  });
});
