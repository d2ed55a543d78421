/** Dev containers in folders below a repository's top, which are opened as workspaces of their own. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFolder, runPiped, treeOf, write } from "./harness.ts";
import { skipsWithoutGit } from "../support/skips.ts";

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
});
afterEach(() => outside.remove());

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const golang = "golang/.devcontainer.json";
const rust = "langs/rust/.devcontainer/devcontainer.json";
const named = "langs/rust/.devcontainer/small/devcontainer.json";
const text = '{\n  "image": "debian:bookworm" // theirs\n}\n';
const files = { "README.md": "# x\n", [golang]: text, [rust]: text, [named]: text };

describe("named in the plan", () => {
  const finding = async (...argv: readonly string[]): Promise<string> =>
    (await runPiped(["--yes", "--dry-run", ...argv], root)).stderr;

  test("with what to do, where they are not chosen", async () => {
    write(root, files);
    const said = await finding();
    expect(said).toContain(`Note: ${golang}: ${golang}, ${rust}, ${named} are dev containers of folders below the root`);
    expect(said).toContain(`--devcontainers ${golang},${rust},${named}`);
    expect(await finding("--devcontainers", `${golang},${rust},${named}`)).not.toContain("below the root");
    const { findings } = JSON.parse((await runPiped(["--yes", "--dry-run", "--json"], root)).stdout) as {
      findings: { code: string }[];
    };
    expect(findings.map(({ code }) => code)).toEqual(["other-dev-containers"]);
  });

  test("many are named in short", async () => {
    write(
      root,
      Object.fromEntries(
        Array.from({ length: 22 }, (_, index) => [`l${String(index).padStart(2, "0")}/.devcontainer.json`, text]),
      ),
    );
    expect(await finding()).toContain("l00/.devcontainer.json, l01/.devcontainer.json, l02/.devcontainer.json and 19 more are");
  });

  test("not what lies deep, hidden, in node_modules or in another repository", async () => {
    write(root, {
      "a/b/c/d/e/.devcontainer.json": text,
      "node_modules/x/.devcontainer.json": text,
      "a/node_modules/x/.devcontainer.json": text,
      ".cache/x/.devcontainer.json": text,
      "sub/.git": "gitdir: ../.git/modules/sub\n",
      "sub/.devcontainer.json": text,
    });
    expect(await finding()).not.toContain("below the root");
    write(root, { "a/b/c/d/.devcontainer.json": text });
    expect(await finding()).toContain(
      "Note: a/b/c/d/.devcontainer.json: this dev container of a folder below the root does not get the environment",
    );
  });

  test.skipIf(skipsWithoutGit("what git ignores"))("not what git ignores", async () => {
    write(root, { ...files, ".gitignore": "langs/\n" });
    execFileSync("git", ["init", "-q", root]);
    const said = await finding();
    expect(said).toContain(`Note: ${golang}: this dev container of a folder below the root`);
    expect(said).not.toContain(rust);
  });
});

describe("chosen by --devcontainers", () => {
  const folderOf = (workspace: string): string => `${workspace}/.devcontainer/aperture-env`;

  test("each folder that is opened gets its own Feature folder, all the same, and remove removes them", async () => {
    write(root, files);
    const before = treeOf(root);
    const ran = await runPiped(["--yes", "--devcontainers", `./${golang},${rust},${named}`], root);
    expect(ran.exit, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stderr).toContain("npx @devcontainers/cli up --workspace-folder golang ");
    expect(read(golang)).toMatch(/"\.\/\.devcontainer\/aperture-env": \{\n\s+"revision": "\w{12}"/);
    expect(read(rust)).toMatch(/"\.\/aperture-env": \{\n\s+"revision": "\w{12}"/);
    expect(read(named)).toMatch(/"\.\/\.\.\/aperture-env": \{\n\s+"revision": "\w{12}"/);
    expect(read("aperture-env.yaml")).toContain(golang);
    for (const path of ["install.sh", "launcher.sh", "doctor.mjs", "opencode.json", "opencode/fetch.sh"])
      expect(read(`${folderOf("golang")}/${path}`), path).toBe(read(`${folderOf("langs/rust")}/${path}`));
    // One dev container has the nested Feature by name; of two places none fits both.
    expect(JSON.parse(read(`${folderOf("golang")}/devcontainer-feature.json`))).toHaveProperty("dependsOn");
    expect(JSON.parse(read(`${folderOf("langs/rust")}/devcontainer-feature.json`))).not.toHaveProperty("dependsOn");
    expect(Object.keys(treeOf(root)).filter((path) => path.startsWith(".devcontainer"))).toEqual([
      ".devcontainer",
      ".devcontainer/aperture-env",
      ".devcontainer/aperture-env/spec.schema.json",
    ]);

    expect(await runPiped(["check"], root)).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^Fine/) as string });
    expect((await runPiped(["update"], root)).stdout).toContain("Nothing to do");
    expect((await runPiped(["update", "--url", "http://gw"], root)).exit).toBe(0);
    for (const workspace of ["golang", "langs/rust"])
      expect(read(`${folderOf(workspace)}/launcher.sh`)).toContain("_gateway=http://gw\n");
    // One is taken out again.
    expect((await runPiped(["update", "--devcontainers", golang], root)).exit).toBe(0);
    expect([read(rust), read(named)]).toEqual([text, text]);
    expect(Object.keys(treeOf(root)).filter((path) => path.startsWith(folderOf("langs/rust")))).toEqual([]);
    expect((await runPiped(["remove", "--yes"], root)).exit).toBe(0);
    expect(treeOf(root)).toEqual(before);
  });

  test("beside one at the top; all takes those of the top only", async () => {
    write(root, { ...files, ".devcontainer/devcontainer.json": text });
    expect((await runPiped(["--yes"], root)).exit).toBe(0);
    expect(read(golang)).toBe(text);
    const both = `.devcontainer/devcontainer.json,${golang}`;
    expect((await runPiped(["update", "--devcontainers", both], root)).exit).toBe(0);
    expect(read(".devcontainer/aperture-env/install.sh")).toBe(read(`${folderOf("golang")}/install.sh`));
    expect(await runPiped(["check"], root)).toMatchObject({ exit: 0 });
    expect((await runPiped(["update", "--devcontainers", "all"], root)).exit).toBe(0);
    expect(read(golang)).toBe(text);
  });

  test("what is no place of one is refused", async () => {
    write(root, { ".devcontainer.json": text });
    for (const path of [
      "../x/.devcontainer.json",
      "a/../.devcontainer.json",
      "node_modules/x/.devcontainer.json",
      "x/devcontainer.json",
    ])
      expect(await runPiped(["--yes", "--devcontainers", path], root), path).toMatchObject({
        exit: 2,
        stderr: expect.stringContaining("is not a path of a devcontainer.json") as string,
      });
  });

  test("a missing one and a generated dev container are refused", async () => {
    write(root, files);
    expect(await runPiped(["--yes", "--devcontainers", "nowhere/.devcontainer.json"], root)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("There is no dev container nowhere/.devcontainer.json.") as string,
    });
    expect((await runPiped(["--yes"], root)).exit).toBe(0);
    const ran = await runPiped(["update", "--devcontainers", golang], root);
    expect(ran).toMatchObject({ exit: 2, stderr: expect.stringContaining("cannot be added to others") as string });
    expect(ran.stderr).toContain("npx create-aperture-env golang");
  });
});
