/** What reports say: of many repositories as of one, of what spec and user both changed, and of the way to the repository. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFolder, runPiped, write, type Ran } from "./harness.ts";
import { skipsWithoutGit } from "../support/skips.ts";

const noGit = skipsWithoutGit("reports about a repository");

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
});
afterEach(() => outside.remove());

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const run = (...argv: readonly string[]): Promise<Ran> => runPiped(argv, root);
const create = async (...argv: readonly string[]): Promise<void> => {
  const { exit, stderr } = await run("--yes", ...argv);
  expect(exit, stderr).toBe(0);
};
/** A provider of the project's own that bypasses the gateway. */
const past = '{ "provider": { "openai": { "options": { "baseURL": "https://api.openai.com/v1" } } } }\n';
const place = "opencode.json:1:";

describe("of several folders", () => {
  test.each(["update", "check"])("%s says of each what it would say of it alone", async (verb) => {
    write(root, { "opencode.json": past });
    await create();
    const alone = await runPiped([verb], root);
    expect(alone.stderr).toContain(place);
    const { exit, stdout } = await runPiped([verb, "sample", "elsewhere"], outside.folder);
    expect(exit).toBe(0);
    const word = verb === "check" ? "fine {5}" : "unchanged";
    expect(stdout).toMatch(
      new RegExp(`^${word} sample\\n {4}Note: opencode\\.json:1:\\d+: .*api\\.openai\\.com.*\\n {10}\\S`, "m"),
    );
  });

  test("a note that an earlier folder had is not written again, and every new one is", async () => {
    write(root, { "opencode.json": past });
    write(outside.folder, { "second/opencode.json": past, "third/opencode.json": past, "third/.opencode/plugin/mine.ts": "" });
    for (const folder of ["sample", "second", "third"]) await runPiped([folder, "--yes"], outside.folder);
    const { stdout } = await runPiped(["check", "sample", "second", "third"], outside.folder);
    expect(stdout.match(/api\.openai\.com/g)).toHaveLength(1);
    expect(stdout).toMatch(
      /\nfine {6}second\n {4}1 note as above\nfine {6}third\n(?: {4}Note: .*\n {10}.*\n)+ {4}1 note as above\n\n3 folders/,
    );
    const { repositories } = JSON.parse((await runPiped(["check", "sample", "second", "--json"], outside.folder)).stdout) as {
      repositories: { findings: object[] }[];
    };
    expect(repositories[1]!.findings).toEqual(repositories[0]!.findings);
  });

  test("update says what it noticed about an answer", async () => {
    await create();
    write(root, { "aperture-env.yaml": read("aperture-env.yaml").replace("http://ai", "http://ai/v1") });
    expect((await runPiped(["update", "sample", "elsewhere"], outside.folder)).stdout).toContain("Note: took /v1 off");
  });
});

describe("strict", () => {
  beforeEach(() => write(root, { "opencode.json": past }));

  test("a bypass of the gateway is a note, and a fault if the command or the spec is strict", async () => {
    await create();
    expect(await run("check")).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^Fine/) as string });
    const strict = await run("check", "--strict");
    expect([strict.exit, strict.stderr]).toEqual([3, ""]);
    expect(strict.stdout).toContain(`! ${place}`);
    write(root, { "aperture-env.yaml": `${read("aperture-env.yaml")}strict: true\n` });
    await run("update");
    const { exit, stdout } = await run("check", "--json");
    expect(exit).toBe(3);
    const { observations, findings } = JSON.parse(stdout) as { observations: { state: string }[]; findings: unknown[] };
    expect([observations.map(({ state }) => state), findings]).toEqual([["refused"], []]);
    write(root, { "opencode.json": "{}\n" });
    expect((await run("check")).exit).toBe(0);
  });

  test("create writes it down, and update keeps it", async () => {
    await create("--strict");
    expect(read("aperture-env.yaml")).toMatch(/^strict: true$/m);
    expect((await run("check")).exit).toBe(3);
  });
});

describe("a variable of the user's dev container that spec and user both changed", () => {
  const file = ".devcontainer/devcontainer.json";
  const text = '{\n  // mine\n  "image": "debian:bookworm"\n}\n';
  beforeEach(async () => {
    write(root, { [file]: text });
    await create("--container-env", "TZ=UTC");
    write(root, {
      [file]: read(file).replace('"UTC"', '"MINE" /* why */'),
      "aperture-env.yaml": read("aperture-env.yaml").replace("TZ: UTC", "TZ: CET"),
    });
  });

  test("is a conflict, and nothing is written", async () => {
    const before = [read(file), read("aperture-env.lock")];
    const { exit, stdout } = await run("update");
    expect(exit).toBe(3);
    expect(stdout).toContain("containerEnv › TZ was changed both by hand and by the spec or this version");
    expect([read(file), read("aperture-env.lock")]).toEqual(before);
  });

  test.each([
    ["keep", '"MINE" /* why */'],
    ["replace", '"CET" /* why */'],
  ])("with --on-conflict %s it is %s, and settled", async (how, settled) => {
    expect((await run("update", "--on-conflict", how)).exit).toBe(0);
    expect(read(file)).toContain(`"TZ": ${settled}`);
    expect(read(file)).toContain("// mine");
    expect(await run("update")).toMatchObject({ exit: 0, stdout: expect.stringContaining("Nothing to do") as string });
    const { exit, stdout } = await run("check");
    expect(exit).toBe(0);
    expect(stdout.includes("containerEnv › TZ was changed by hand")).toBe(how === "keep");
    expect((await run("remove", "--yes")).exit).toBe(0);
    const left = how === "keep" ? '"TZ": "MINE" /* why */' : "/* why */";
    expect(read(file)).toBe(text.replace('bookworm"', `bookworm",\n  "containerEnv": {\n    ${left}\n  }`));
  });
});

describe("from where the person stands", () => {
  test.skipIf(noGit)("in a folder of a repository, its root is named first, and every step works from there", async () => {
    execFileSync("git", ["init", "-q"], { cwd: root });
    mkdirSync(join(root, "a/b"), { recursive: true });
    const { exit, stderr } = await runPiped(["--yes"], join(root, "a/b"));
    expect(exit).toBe(0);
    expect(stderr).toMatch(new RegExp(`^create-aperture-env \\S+, for the repository ${root}\n`));
    expect(stderr).toContain("git add ../../.devcontainer/Dockerfile ");
    expect(stderr).toContain("devcontainers/cli up --workspace-folder ../..\n");
  });

  test.skipIf(noGit)("a dev container in a folder of its own, too", async () => {
    execFileSync("git", ["init", "-q"], { cwd: root });
    write(root, { ".devcontainer/api/devcontainer.json": '{ "image": "debian:bookworm" }\n', "a/x": "" });
    const { stderr } = await runPiped(["--yes"], join(root, "a"));
    expect(stderr).toContain(
      "up --workspace-folder .. --config ../.devcontainer/api/devcontainer.json --remove-existing-container",
    );
  });

  test.skipIf(noGit)("the line that repeats it has the flags that decided what is written", async () => {
    execFileSync("git", ["init", "-q"], { cwd: root });
    write(root, { "opencode.json": past, ".gitignore": ".devcontainer\n" });
    const { stderr } = await run("--yes", "--on-bypass", "managed", "--unignore");
    expect(stderr).toContain("npm create aperture-env@latest -- --on-bypass managed --unignore");
  });
});

test.skipIf(noGit)("files that are there, and that git leaves out, are taken in with --unignore", async () => {
  execFileSync("git", ["init", "-q"], { cwd: root });
  write(root, { ".gitignore": ".devcontainer\n" });
  await create();
  const ignored = (): string =>
    execFileSync("git", ["status", "--short", "--untracked-files=all", "--ignored"], { cwd: root, encoding: "utf8" });
  expect(ignored()).toContain("!! .devcontainer/");
  const { exit } = await run("update", "--unignore");
  expect(exit).toBe(0);
  expect(ignored()).not.toContain("!!");
  expect(read(".gitignore")).toMatch(/^\.devcontainer\n/);
  expect((await run("remove", "--yes")).exit).toBe(0);
  expect(read(".gitignore")).toBe(".devcontainer\n");
});

test("https on a short name is accepted, with the note that http is right", async () => {
  const { exit, stderr, stdout } = await run("--yes", "--dry-run", "--url", "https://ai");
  expect([exit, stdout.includes("https://ai ")]).toEqual([0, true]);
  expect(stderr).toContain(
    "Note: https works with the gateway's full name alone, where it has a certificate; for ai write http://ai,",
  );
  expect((await run("--yes", "--dry-run", "--url", "https://ai.example.ts.net")).stderr).not.toContain("full name");
});
