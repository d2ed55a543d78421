/** This repository's own `.devcontainer/` is what the generator makes of its spec. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { treeOf } from "../cli/harness.ts";
import { environmentOf, makeFolders, root, runBin } from "./machine.ts";

const folders = makeFolders();
afterAll(() => folders.remove());

const stale = "this repository's own environment is stale: run  node dist/bin.js update  in it and commit what it writes";

/** A copy of what it is made from, and of what it is. */
function copy(): string {
  const folder = folders.make("copy");
  for (const name of ["aperture-env.yaml", "aperture-env.lock", ".devcontainer", "package.json"])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  return folder;
}

test("a check of it finds nothing", async () => {
  const { exit, stdout, stderr } = await runBin(environmentOf(folders.make("home")), copy(), ["check", "--json"]);
  expect(exit, `${stale}\n${stdout}${stderr}`).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ status: "fine", observations: [] });
});

test("it is up to date", async () => {
  const folder = copy();
  const before = treeOf(folder);
  const { exit, stdout, stderr } = await runBin(environmentOf(folders.make("home")), folder, ["--yes", "--dry-run", "--json"]);
  expect(exit, `${stale}\n${stderr}`).toBe(0);
  const { status, changes, warnings } = JSON.parse(stdout) as {
    status: string;
    changes: readonly { kind: string; path: string; why?: string }[];
    warnings: readonly string[];
  };
  expect({ status, warnings, changed: changes.filter(({ why }) => why !== "same") }, stale).toEqual({
    status: "unchanged",
    warnings: [],
    changed: [],
  });
  expect(treeOf(folder)).toEqual(before);
  // What an earlier version wrote and this one does not would stay.
  const generated = changes.map(({ path }) => path).filter((path) => path.startsWith(".devcontainer/"));
  const files = Object.entries(before).flatMap(([path, what]) => (/^\d+\/$/.test(what) ? [] : [path.replaceAll("\\", "/")]));
  expect(files.filter((path) => path.startsWith(".devcontainer/")).sort(), stale).toEqual(generated.sort());
});
