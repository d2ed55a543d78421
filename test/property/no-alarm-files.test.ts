/** What people's files say in earnest is no finding: neither in files of our own in every style, nor in real ones. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findBypass, findOtherOpencode, findVariables, type BypassOptions } from "../../src/plan/findings.ts";
import { fileSet } from "../support/file-sets.ts";

const options: BypassOptions = { url: "http://ai", providers: ["anthropic", "openai"] };
const { what, folder, known } = fileSet<{ readonly least: number; readonly opencode: readonly (readonly string[])[] | null }>({
  own: { least: 30, opencode: null },
  // The one plugin by name among them is asked for at the registry.
  real: { least: 200, opencode: [["asks-registry", "0xSero+open-trees/opencode.json"]] },
});

const readAll = (kind: string): { path: string; text: string }[] =>
  readdirSync(join(folder, kind), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:jsonc?|ya?ml)$/.test(name))
    .map((path) => ({ path, text: readFileSync(join(folder, kind, path), "utf8") }));

describe(what, () => {
  test("devcontainer.json", () => {
    const files = readAll("devcontainer");
    expect(files.length).toBeGreaterThan(known.least);
    expect(findOtherOpencode(files.map(({ text }) => ({ path: ".devcontainer/devcontainer.json", text })))).toEqual([]);
    expect(findBypass(files, options)).toEqual([]);
    const named = files.map(({ path, text }) => ({ path: `${path}/devcontainer.json`, text }));
    expect(findVariables(named, options)).toEqual([]);
  });

  test("Compose files and workflows", () => {
    const files = [...readAll("compose"), ...readAll("workflow")];
    expect(files.length).toBeGreaterThan(known.least / 2);
    expect(findOtherOpencode(files)).toEqual([]);
    expect(findVariables(files, options)).toEqual([]);
  });

  // Ours are made to be found (test/property/opencode-files).
  test.skipIf(known.opencode === null)("OpenCode configurations", () => {
    expect(findBypass(readAll("opencode"), options).map(({ code, where }) => [code, where.file])).toEqual(known.opencode);
  });
});
