/** What a report says it says in every form: as text, as JSON and as Markdown, of one folder and of several. And what it tells to do next works. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFolder, runPiped, write, type Ran } from "./harness.ts";
import { skipsWithoutGit } from "../support/skips.ts";

const noGit = skipsWithoutGit("next steps in a repository");

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
});
afterEach(() => outside.remove());

const run = (...argv: readonly string[]): Promise<Ran> => runPiped(argv, outside.folder);
const create = async (...argv: readonly string[]): Promise<void> => {
  const { exit, stderr } = await run("sample", "--yes", ...argv);
  expect(exit, stderr).toBe(0);
};
const past = '{ "provider": { "openai": { "options": { "baseURL": "https://api.openai.com/v1" } } } }\n';
const said = "is at https://api.openai.com, not at the gateway http://ai";
const advice = "`opencode.managed: true`";
const note = "read gw as http://gw";

/** What one run says, in a form. */
async function reportOf(form: "text" | "JSON" | "Markdown", argv: readonly string[]): Promise<string> {
  const flags = { text: [], JSON: ["--json"], Markdown: ["--summary", "markdown"] }[form];
  const { stdout, stderr } = await run(...argv, ...flags);
  // In Markdown backticks stand around addresses.
  return form === "Markdown" ? stdout.replaceAll(/`(https?:[^`]*)`/g, "$1") : `${stderr}${stdout}`;
}

describe.each(["text", "JSON", "Markdown"] as const)("as %s", (form) => {
  test.each([
    ["of one folder", ["sample"]],
    ["of several", ["sample", "elsewhere"]],
  ])("a bypass of an environment that is up to date is told with what to do, %s", async (_how, folders) => {
    write(root, { "opencode.json": past });
    await create();
    const report = await reportOf(form, ["update", ...folders]);
    expect(report).toContain(said);
    expect(report).toContain(advice);
  });

  test.each([
    ["create", ["sample", "--yes"]],
    ["create of several", ["sample", "other", "--yes"]],
    ["update", ["update", "sample"]],
    ["update of several", ["update", "sample", "elsewhere"]],
  ])("how an answer was read is told: %s", async (verb, argv) => {
    mkdirSync(join(outside.folder, "other"));
    if (verb.startsWith("update")) await create();
    expect(await reportOf(form, [...argv, "--url", "gw", "--dry-run"])).toContain(note);
  });
});

test("JSON says of each observation whether it fails a check, of one folder and of several", async () => {
  await create();
  write(root, { ".devcontainer/devcontainer.json": "" });
  const one = JSON.parse((await run("check", "sample", "--json")).stdout) as { observations: object[] };
  const many = JSON.parse((await run("check", "sample", "elsewhere", "--json")).stdout) as { repositories: (typeof one)[] };
  expect(one.observations).not.toEqual([]);
  expect(many.repositories[0]!.observations).toEqual(one.observations);
  expect(one.observations).toEqual(one.observations.map((each) => ({ ...each, fails: expect.any(Boolean) as boolean })));
  const { remaining } = JSON.parse((await run("update", "sample", "--json")).stdout) as { remaining: object[] };
  expect(remaining).not.toEqual([]);
  for (const each of remaining) expect(each).toHaveProperty("fails", true);
});

describe("next steps", () => {
  const nextOf = async (...argv: readonly string[]): Promise<string[]> =>
    (JSON.parse((await run(...argv, "--json")).stdout) as { next: string[] }).next;

  test.each([
    ["update", ["update", "sample", "--url", "http://gw"]],
    ["remove", ["remove", "sample", "--yes"]],
  ])("%s: no git without git", async (_verb, argv) => {
    await create();
    expect(await nextOf(...argv)).toEqual([expect.stringMatching(/^Rebuild the container: /)]);
  });

  test("there are none where nothing was written", async () => {
    await create();
    expect(await nextOf("update", "sample")).toEqual([]);
    expect(await nextOf("update", "sample", "--url", "http://gw", "--dry-run")).toEqual([]);
  });

  test.skipIf(noGit).each([
    ["update", ["--url", "http://gw"]],
    ["remove", ["--yes"]],
  ])("%s: from elsewhere they begin with the way, from inside they do not", async (verb, flags) => {
    execFileSync("git", ["init", "-q", root]);
    await create();
    expect((await nextOf(verb, "sample", ...flags))[0]).toBe("cd sample");
    await create("--url", "http://other");
    mkdirSync(join(root, "deep"));
    const inside = await runPiped([verb, ...flags, "--json"], join(root, "deep"));
    expect((JSON.parse(inside.stdout) as { next: string[] }).next[0]).toBe("Review with  git diff  and commit");
  });

  test.skipIf(noGit)("a branch: they work from where the person stands", async () => {
    const git = (...words: string[]): string =>
      execFileSync("git", ["-C", root, "-c", "user.name=a", "-c", "user.email=a@b.c", ...words], { encoding: "utf8" });
    git("init", "-q");
    git("config", "user.name", "a");
    git("config", "user.email", "a@b.c");
    git("commit", "-q", "--allow-empty", "-m", "first");
    const [way = "", look = "", ...rest] = await nextOf("sample", "--yes", "--branch", "env");
    expect(rest).toEqual(["git push origin env"]);
    const shown = execFileSync("sh", ["-c", `${way} && ${look}`], { cwd: outside.folder, encoding: "utf8" });
    expect(shown).toContain("aperture-env.lock");
  });
});
