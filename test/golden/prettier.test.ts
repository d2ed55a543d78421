/**
 * A team's `prettier --check .` stays green: Prettier itself judges every generated file of every tree. Those outside of the Feature folder are laid
 * out as its defaults want them; those in it are left alone, whatever the repository's own configuration says. The spec is the user's, who may have it
 * laid out anew.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, clearConfigCache, format, getFileInfo, resolveConfig } from "prettier";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { doctorPath, isInFeatureFolder, ownCompose, ownDevcontainer } from "../../src/catalog/files.ts";
import { lockPath, parseLock } from "../../src/lock/lock.ts";
import { specPath } from "../../src/spec/spec.ts";
import { makeTemporary, readTree, runCommand, textOf, writeTree, type Tree } from "./cases.ts";
import { caseNames, readCase } from "./store.ts";

let temporary: ReturnType<typeof makeTemporary>;
beforeEach(() => {
  temporary = makeTemporary();
  clearConfigCache();
});
afterEach(() => temporary.remove());

/** The files that we wrote whole. */
function generatedIn(tree: Tree): string[] {
  const { files } = parseLock(textOf(tree, lockPath))!;
  return Object.keys(files).filter((path) => files[path]!.strategy === "own" && tree[path] !== undefined);
}

/** The files that Prettier knows by their names, and those of them that it would write anew. */
async function judge(tree: Tree, paths: readonly string[]): Promise<{ known: string[]; dirty: string[] }> {
  writeTree(temporary.folder, tree);
  const [known, dirty]: [string[], string[]] = [[], []];
  for (const path of paths) {
    const filepath = join(temporary.folder, path);
    if ((await getFileInfo(filepath)).inferredParser === null) continue;
    known.push(path);
    const options = await resolveConfig(filepath, { editorconfig: true });
    if (!(await check(textOf(tree, path), { ...options, filepath }))) dirty.push(path);
  }
  return { known, dirty };
}

const trees = caseNames.map(readCase).filter(({ after }) => after[lockPath] !== undefined);

describe.each(trees)("$name", ({ after }) => {
  const generated = generatedIn(after);

  test("by its defaults Prettier changes none of the files", async () => {
    const { known, dirty } = await judge(after, generated);
    expect(known.length).toBeGreaterThan(5);
    expect(dirty).toEqual([]);
  });

  test("with a configuration of the repository's it leaves the Feature folder alone", async () => {
    writeFileSync(
      join(temporary.folder, ".prettierrc"),
      '{ "useTabs": true, "tabWidth": 8, "singleQuote": true, "printWidth": 40 }\n',
    );
    const inside = generated.filter(isInFeatureFolder);
    const { known, dirty } = await judge(after, inside);
    expect(known.length).toBeGreaterThan(5);
    expect(known.includes(doctorPath)).toBe(inside.includes(doctorPath));
    expect(dirty).toEqual([]);
  });
});

/** Creates an environment and has it judged; gives its tree. A spec that Prettier has laid out anew is no drift. */
async function create(...args: readonly string[]): Promise<Tree> {
  const { folder } = temporary;
  const ran = await runCommand(["--yes", "--url", "http://ai", "--name", "app", ...args], folder);
  expect(ran.exit, ran.stderr).toBe(0);
  const tree = readTree(folder);
  expect((await judge(tree, generatedIn(tree))).dirty).toEqual([]);
  writeFileSync(join(folder, specPath), await format(textOf(tree, specPath), { filepath: specPath }));
  const checked = await runCommand(["check"], folder);
  expect(checked.exit, checked.stdout).toBe(0);
  return tree;
}

test.each(["auto", "network", "tailscale", "sidecar", "userspace", "ts-unplug"])("the connection %s", async (connection) => {
  const tree = await create("--connection", connection, "--state", "volume", "--forward-ports", "3000,8080");
  expect(ownCompose in tree).toBe(connection === "sidecar");
});

test.each(["network", "userspace"])("files for jobs and clusters, with the connection %s", async (connection) => {
  const outputs = "devcontainer,ci-github,ci-gitlab,kubernetes";
  const tree = await create("--connection", connection, "--outputs", outputs, "--fqdn", "ai.example.ts.net");
  expect(Object.keys(tree).filter((path) => path.startsWith(".kubernetes/")).length).toBeGreaterThan(3);
});

test.each([
  ["one line", "ai=100.64.0.1", 1],
  ["a line each", "ai=100.64.0.1 logs=100.64.0.2 more=100.64.0.3", 3],
])("arguments of docker run on %s", async (_layout, hosts, lines) => {
  const text = textOf(await create("--connection", `network,hosts=${hosts}`), ownDevcontainer);
  expect(text.split("\n").filter((line) => line.includes("--add-host="))).toHaveLength(lines);
});
