/** `replace-model`: where a model stands in specs it gives way, and nowhere else; and a provider that goes takes along what was only proposed. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFolder, runPiped, treeOf, write, type Ran } from "./harness.ts";

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = outside.folder;
});
afterEach(() => outside.remove());

const spec = (folder: string): string => readFileSync(join(root, folder, "aperture-env.yaml"), "utf8");
const run = (...argv: string[]): Promise<Ran> => runPiped(argv, root);

/** A repository with that spec. */
async function make(folder: string, text: string): Promise<void> {
  mkdirSync(join(root, folder));
  write(root, { [`${folder}/aperture-env.yaml`]: text });
  const ran = await run(folder, "--yes");
  expect(ran.exit, ran.stderr).toBe(0);
}

const named = `# openai/gpt-5 is what we had first.
aperture: { url: http://ai }
providers:
  openai:
    models:
      - gpt-5 # the large one
      # not the gpt-5 of others
      - gpt-6-luna # the small one
  anthropic: { }
model: 'openai/gpt-5' # ours
small_model: openai/gpt-6-luna
`;

describe("replace-model", () => {
  test("where it stands, and nowhere else", async () => {
    await make("a", named);
    const ran = await run("replace-model", "openai/gpt-5", "openai/gpt-6.1-sol", "a");
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stderr).toContain("Note: openai/gpt-5 becomes openai/gpt-6.1-sol.\n");
    expect(spec("a")).toBe(named.replace("- gpt-5 #", "- gpt-6.1-sol #").replace("'openai/gpt-5'", "'openai/gpt-6.1-sol'"));
    const config = readFileSync(join(root, "a", ".devcontainer/aperture-env/opencode.json"), "utf8");
    expect(config).toContain('"model": "openai/gpt-6.1-sol"');
    expect(config).toContain('"whitelist": ["gpt-6.1-sol", "gpt-6-luna"]');
    expect((await run("check", "a")).exit).toBe(0);
  });

  test("by one that is there already, in braces, and by one of another provider", async () => {
    await make(
      "a",
      "aperture: { url: http://ai }\nproviders: { openai: { models: [gpt-5, gpt-6-luna] }, anthropic: {} }\nmodel: openai/gpt-5\nsmall_model: openai/gpt-5\n",
    );
    expect((await run("replace-model", "openai/gpt-5", "openai/gpt-6-luna", "a")).exit).toBe(0);
    expect(spec("a")).toMatch(/models: \[gpt-6-luna\][^]*^model: openai\/gpt-6-luna\nsmall_model: openai\/gpt-6-luna$/m);
    await make("b", named.replace("{ }", "{ models: [claude-haiku-4-5] }"));
    const ran = await run("replace-model", "openai/gpt-5", "anthropic/claude-sonnet-5-5", "b");
    expect(ran.exit, ran.stderr).toBe(0);
    expect(spec("b")).toMatch(
      /models:\n[^]*- gpt-6-luna # the small one\n {2}anthropic: \{ models: \[claude-haiku-4-5, claude-sonnet-5-5\] \}\nmodel: 'anthropic\/claude-sonnet-5-5' # ours\n/,
    );
    expect(spec("b")).not.toContain("- gpt-5");
  });

  test("in many: one report, and those that do not name it are left alone", async () => {
    await make("a", named);
    await make("b", "aperture: { url: http://ai }\nproviders: { anthropic: {} }\n");
    await make("c", "aperture: { url: http://ai }\nproviders: { openai: {} }\nmodel: openai/gpt-5\n");
    mkdirSync(join(root, "none"));
    write(root, { "b/aperture-env.yaml": spec("b").replace("http://ai", "http://gw") });
    const before = treeOf(join(root, "b"), true);
    const ran = await run("replace-model", "openai/gpt-5", "openai/gpt-6.1-sol", "a", "b", "c", "none");
    expect(ran.exit, ran.stdout).toBe(0);
    expect(ran.stdout).toMatch(
      /^written   a [^]*^skipped   b {2}does not name that model\nwritten   c [^]*^skipped   none {2}has no environment$/m,
    );
    expect(ran.stdout).toMatch(/\n4 folders: 2 written, 2 skipped\.\n$/);
    expect(treeOf(join(root, "b"), true)).toEqual(before);
    expect(spec("c")).toMatch(/^model: openai\/gpt-6\.1-sol$/m);
  });

  test.each([
    [["openai/nope", "openai/gpt-6.1-sol"], /^Nothing in the spec names the model openai\/nope\./],
    [["openai/gpt-5", "groq/x"], /groq/],
    [["gpt-5", "openai/x"], /^The first word has to be a model, provider\/id: gpt-5 is none\./],
    [["openai/gpt-5"], /^The second word has to be a model, provider\/id\./],
  ])("%j is refused, and nothing is written", async (words, said) => {
    await make("a", named);
    const before = treeOf(root, true);
    const ran = await runPiped(["replace-model", ...words], join(root, "a"));
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toMatch(said);
    expect(treeOf(root, true)).toEqual(before);
  });
});

test("a model of a provider that is not enabled", async () => {
  mkdirSync(join(root, "a"));
  await run("a", "--yes");
  const before = treeOf(root, true);
  const ran = await run("replace-model", spec("a").match(/^model: (\S+)$/m)![1]!, "nobody/x", "a");
  expect(ran).toMatchObject({ exit: 2 });
  expect(ran.stderr).toMatch(/^nobody\/x: provider nobody is not enabled\.\nAdd nobody to providers, or choose /);
  expect(treeOf(root, true)).toEqual(before);
});

describe("a provider that is taken out of the spec", () => {
  test("takes along the models that were only proposed, and that is said", async () => {
    mkdirSync(join(root, "a"));
    expect((await run("a", "--yes")).exit).toBe(0);
    expect(spec("a")).toMatch(/^model: anthropic\//m);
    write(root, { "a/aperture-env.yaml": spec("a").replace(/^ {2}anthropic:.*\n/m, "") });
    const checked = await run("check", "a");
    expect(checked.exit, checked.stderr).toBe(3);
    const ran = await run("update", "a");
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stderr).toMatch(/Note: anthropic\/\S+ is replaced with openai\/\S+, because its provider was removed\.\n/);
    expect(spec("a")).toMatch(/^model: openai\/\S+$/m);
    expect(spec("a")).toMatch(/^small_model: openai\/\S+$/m);
    expect((await run("check", "a")).exit).toBe(0);
    expect((await run("update", "a")).stdout).toContain("Nothing to do");
  });

  test("by a flag, too", async () => {
    mkdirSync(join(root, "a"));
    await run("a", "--yes");
    expect((await run("update", "a", "--providers", "openai")).exit).toBe(0);
    expect(spec("a")).toMatch(/^model: openai\/\S+\n[^]*^small_model: openai\/\S+$/m);
  });

  test("but not one that somebody chose", async () => {
    await make("a", "aperture: { url: http://ai }\nproviders: { anthropic: {}, openai: {} }\nmodel: anthropic/claude-opus-4-8\n");
    write(root, { "a/aperture-env.yaml": spec("a").replace("anthropic: {}, ", "") });
    const before = treeOf(root, true);
    const ran = await run("update", "a");
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toMatch(/^aperture-env\.yaml:3:8: model: provider anthropic is not enabled/);
    expect(treeOf(root, true)).toEqual(before);
  });
});
