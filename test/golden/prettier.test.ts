/**
 * A team's `prettier --check .` stays green: Prettier itself judges every generated file of every tree. Those outside of the Feature folder are laid
 * out as its defaults want them; those in it are left alone, whatever the repository's own configuration says.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, clearConfigCache, getFileInfo, resolveConfig } from "prettier";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { doctorPath, isInFeatureFolder } from "../../src/catalog/files.ts";
import { lockPath, parseLock } from "../../src/lock/lock.ts";
import { makeTemporary, textOf, writeTree, type Tree } from "./cases.ts";
import { caseNames, readCase } from "./store.ts";

let temporary: ReturnType<typeof makeTemporary>;
beforeEach(() => {
  temporary = makeTemporary();
  clearConfigCache();
});
afterEach(() => temporary.remove());

/** The files that we wrote whole; the spec is the user's, who may lay it out anew. */
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
