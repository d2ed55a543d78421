/** Many folders in one run: made from one file of answers, told in one report, taken out again. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFolder, runAtTerminal, runPiped, treeOf, write } from "./harness.ts";

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = outside.folder;
});
afterEach(() => outside.remove());

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const spec = (folder: string): string => read(`${folder}/aperture-env.yaml`);

const team = `# Of the whole team.
aperture:
  url: http://gw # ours
providers: { openai: {} }
base: go
name: team
`;
const theirs = '{\n\t// mine\n\t"image": "debian:bookworm-slim", // base\n}\n';

/** Two without anything, one with a dev container, one with an environment whose spec has a comment. */
async function prepare(): Promise<void> {
  write(root, { "team.yaml": team, "node/package.json": "{}\n", "empty/": "", "own/.devcontainer/devcontainer.json": theirs });
  write(root, { "old/go.mod": "module old\n" });
  expect((await runPiped(["old", "--yes"], root)).exit).toBe(0);
  write(root, { "old/aperture-env.yaml": spec("old").replace("model: ", "# the one that we like\nmodel: ") });
}

describe("create", () => {
  test("a file of answers is used in every folder; missing answers are detected in each", async () => {
    await prepare();
    write(root, { "team.yaml": team.replace("base: go\n", "") });
    const ran = await runPiped(["node", "empty", "own", "--spec", "team.yaml", "--yes"], root);
    expect(ran.exit, ran.stdout).toBe(0);
    for (const folder of ["node", "empty", "own"]) {
      expect(ran.stdout).toMatch(new RegExp(`^written   ${folder}  \\d+ new`, "m"));
      expect(spec(folder)).toContain("url: http://gw\n");
      expect(spec(folder)).toMatch(/^model: openai\//m);
      expect(spec(folder)).toMatch(/^name: team$/m);
      // As whoever answers the questions gets it: with what each key means.
      expect(spec(folder)).toMatch(/^# /m);
    }
    expect(ran.stdout).toMatch(/\n3 folders: 3 written\.\n$/);
    expect(spec("node")).toMatch(/^base: node$/m);
    expect(spec("empty")).toMatch(/^base: debian$/m);
    expect((await runPiped(["check", "node", "empty", "own"], root)).exit).toBe(0);
    expect((await runPiped(["node", "empty", "own", "--spec", "team.yaml", "--yes"], root)).stdout).toContain("3 unchanged");
  });

  test("answers that do not concern a repository have no effect there", async () => {
    await prepare();
    const ran = await runPiped(["own", "empty", "--spec", "team.yaml", "--yes"], root);
    expect(ran.exit, ran.stdout).toBe(0);
    expect(spec("own")).not.toMatch(/^base:/m);
    expect(spec("empty")).toMatch(/^base: go$/m);
  });

  test("it is written into a spec that is there, and what else that says stays", async () => {
    await prepare();
    write(root, { "team.yaml": "aperture: { url: http://gw }\n" });
    for (const argv of [
      ["old", "node", "--spec", "team.yaml", "--yes"],
      ["update", "old", "node", "--spec", "team.yaml"],
    ]) {
      expect((await runPiped(argv, root)).exit).toBe(0);
      expect(spec("old")).toMatch(/url: http:\/\/gw\n[^]*# the one that we like\nmodel: anthropic\//);
    }
  });

  test("a flag stands above it, and one folder alone may have it", async () => {
    await prepare();
    const ran = await runPiped(["empty", "--spec=team.yaml", "--url", "http://other", "--yes"], root);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(spec("empty")).toContain("url: http://other\n");
    expect(ran.stdout).toMatch(/base +go +file: team\.yaml/);
    expect(ran.stderr).toContain("npm create aperture-env@latest empty -- --spec=team.yaml --url http://other --yes\n");
  });

  test.each([
    ["aperture: [\n", /^team\.yaml:2:1: The spec is not valid YAML/],
    ["aperture:\n  ulr: x\n", /^team\.yaml:2:3: aperture has no key "ulr"/],
    ["name: a\nbase: nope\n", /^team\.yaml:2:7: base: /],
    ["aperture: { url: http://gw }\nmodel: nope\n", /^team\.yaml:2:8: model: /],
  ])("a file that cannot be understood stops all, with its place: %j", async (text, said) => {
    await prepare();
    write(root, { "team.yaml": text });
    const before = treeOf(root);
    const ran = await runPiped(["empty", "node", "--spec", "team.yaml", "--yes"], root);
    expect(ran).toMatchObject({ exit: 2, stdout: "" });
    expect(ran.stderr).toMatch(said);
    expect(treeOf(root)).toEqual(before);
  });

  test("a file that is not there, a folder that is not there, and nobody who is asked", async () => {
    await prepare();
    const none = await runPiped(["empty", "node", "--spec", "nope.yaml", "--yes"], root);
    expect(none).toMatchObject({ exit: 2, stdout: "" });
    expect(none.stderr).toMatch(/^nope\.yaml is not there\.\n/);
    const gone = await runPiped(["empty", "gone", "team.yaml", "--yes"], root);
    expect(gone.exit).toBe(2);
    expect(gone.stdout).toMatch(/^failed    gone\n[^]*^skipped   team\.yaml {2}is not a folder$/m);
    expect(existsSync(join(root, "gone"))).toBe(false);
    const asked = runAtTerminal(["empty", "node"], root);
    expect(await asked.done).toMatchObject({ exit: 2 });
    expect((await runPiped(["updat", "node", "--yes"], root)).stderr).toContain(
      "Did you mean  npx create-aperture-env update  ?",
    );
  });
});

describe("one text for each repository", () => {
  test("in Markdown: one document with one heading each", async () => {
    await prepare();
    const made = await runPiped(["empty", "gone", "node", "--yes", "--summary", "markdown"], root);
    expect(made.exit).toBe(2);
    expect(made.stdout.match(/^##? .*$/gm)).toEqual(["# Aperture environments", "## `empty`", "## `gone`", "## `node`"]);
    expect(made.stdout).toMatch(
      /## `empty`\n\n### Why\n\n- OpenCode `1\.[\d.]+` in every container of this repository, through the gateway `http:\/\/ai`/,
    );
    expect(made.stdout).toMatch(/\n3 folders: 2 written, 1 failed\.\n$/);
    const again = await runPiped(["update", "empty", "node", "old", "--url", "http://gw", "--summary", "markdown"], root);
    expect(again.stdout.match(/- `aperture\.url`: `http:\/\/ai` → `http:\/\/gw`/g)).toHaveLength(3);
    const gone = await runPiped(["remove", "empty", "own", "node", "--yes", "--summary", "markdown"], root);
    expect(gone.stdout.match(/Removes the environment/g)).toHaveLength(2);
    expect(gone.stdout).toContain("## `own`\n\nskipped: has no environment\n");
  });

  test("and in each object of JSON, of one and of many", async () => {
    await prepare();
    const ran = await runPiped(["empty", "node", "--yes", "--json", "--summary", "markdown"], root);
    const { repositories } = JSON.parse(ran.stdout) as { repositories: { directory: string; summary: string }[] };
    expect(repositories.map(({ directory, summary }) => summary.split("\n")[0] === `## \`${directory}\``)).toEqual([true, true]);
    const one = await runPiped(["update", "old", "--json", "--summary=markdown"], root);
    expect((JSON.parse(one.stdout) as { summary: string }).summary).toBe(
      "## Aperture environment\n\nNothing to do: everything is up to date.\n",
    );
  });
});

describe("remove", () => {
  test("removes all of them, byte for byte, and needs --yes", async () => {
    await prepare();
    await runPiped(["remove", "old", "--yes"], root);
    const before = treeOf(root);
    const folders = ["node", "empty", "own"];
    expect((await runPiped([...folders, "--spec", "team.yaml", "--yes"], root)).exit).toBe(0);
    const asked = await runPiped(["remove", ...folders], root);
    expect(asked).toMatchObject({ exit: 2, stdout: "" });
    const ran = await runPiped(["remove", ...folders, "old", "--yes"], root);
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toMatch(/^skipped   old {2}has no environment$/m);
    expect(ran.stdout).toMatch(/\n4 folders: 3 written, 1 skipped\.\n$/);
    expect(treeOf(root)).toEqual(before);
  });
});
