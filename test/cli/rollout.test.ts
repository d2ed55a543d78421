/**
 * A roll-out over thirty repositories of all shapes, from beginning to end: made on branches, moved to another gateway, a model replaced, taken out
 * again. What is checked out stays as it is whatever state it is in, each branch is what a run in a clean folder gives, and in the end every tree
 * is the first one, byte for byte.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeFolder, runPiped, treeOf, write, type Files } from "./harness.ts";
import { skipsWithoutGit } from "../support/skips.ts";

const skipped = skipsWithoutGit("a roll-out over many repositories");
const outside = makeFolder();
const root = outside.folder;
afterAll(() => outside.remove());

const image = '{\n\t// mine\n\t"image": "debian:bookworm-slim", // base\n}\n';
const shapes: Readonly<Record<string, Files>> = {
  readme: { "README.md": "hello\n" },
  node: { "package.json": "{}\n", "src/index.js": "1;\n" },
  go: { "go.mod": "module a\n", ".gitignore": "*.log\n" },
  feature: { ".devcontainer/devcontainer.json": image },
  dockerfile: {
    ".devcontainer/devcontainer.json": '{ "build": { "dockerfile": "Dockerfile" }, "features": {} }\n',
    ".devcontainer/Dockerfile": "FROM debian:bookworm-slim\nRUN true\n",
  },
  compose: {
    ".devcontainer/devcontainer.json": '{\n  "dockerComposeFile": "compose.yaml",\n  "service": "app"\n}\n',
    ".devcontainer/compose.yaml": "services:\n  app: # ours\n    image: debian:bookworm-slim\n",
  },
  rootfile: { ".devcontainer.json": image.replaceAll("\n", "\r\n") },
  named: { ".devcontainer/one/devcontainer.json": image, ".devcontainer/two/devcontainer.json": '{"image":"debian"}' },
  below: { "packages/app/package.json": "{}\n", "packages/lib/package.json": "{}\n" },
  opencode: { "opencode.json": '{ "theme": "mine" }\n', ".opencode/agents/mine.md": "mine\n" },
};
const states = ["clean", "dirty", "other"] as const;

interface Repository {
  readonly name: string;
  /** The folder that gets the environment, from the repository's top. */
  readonly target: string;
  readonly state: (typeof states)[number];
}
const repositories: readonly Repository[] = states.flatMap((state) =>
  Object.keys(shapes).map((shape) => ({ name: `${shape}-${state}`, target: shape === "below" ? "packages/app" : "", state })),
);

const env = {
  PATH: process.env["PATH"]!,
  HOME: root,
  GIT_CONFIG_GLOBAL: join(root, "gitconfig"),
  GIT_CONFIG_NOSYSTEM: "1",
};
const git = (name: string, ...args: string[]): string =>
  execFileSync("git", args, { cwd: join(root, name), env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
const run = async (...argv: string[]): Promise<string> => {
  const ran = await runPiped(argv, root, env);
  expect(ran.exit, ran.stdout + ran.stderr).toBe(0);
  return ran.stdout;
};
const targets = (folder = ""): string[] => repositories.map(({ name, target }) => join(folder, name, target));
/** What a run on a branch must leave alone. */
const stateOf = ({ name }: Repository): object => ({
  tree: treeOf(join(root, name), true),
  index: readFileSync(join(root, name, ".git", "index"), "latin1"),
  head: readFileSync(join(root, name, ".git", "HEAD"), "utf8"),
});
/** What is committed there, as a folder has it. */
const filesOf = (name: string, commit: string): Files => {
  git(name, "worktree", "add", "-q", "--detach", join(root, "look"), commit);
  const files = treeOf(join(root, "look"));
  git(name, "worktree", "remove", "--force", join(root, "look"));
  return files;
};

/** Does on branches what is to be done, and holds each against the same in a clean folder; then each branch is what is checked out in a clone. */
async function roll(branch: string, words: readonly string[], flags: readonly string[], written: number): Promise<void> {
  const before = repositories.map(stateOf);
  const said = await run(...words, ...targets(), ...flags, "--branch", branch, "--commit", "--from", "main");
  expect(said).toContain(`\n${repositories.length} folders: ${written} written`);
  expect(repositories.map(stateOf)).toEqual(before);
  await run(...words, ...targets("clean"), ...flags);
  for (const { name } of repositories) {
    if (git(name, "branch", "--list", branch) === "") continue;
    expect(filesOf(name, branch), name).toEqual(treeOf(join(root, "clean", name)));
    git(name, "branch", "-q", "--force", "main", branch);
  }
  expect(await run("check", ...targets("clean"))).toMatch(new RegExp(`\\n30 folders: 30 (?:fine|skipped)\\.\\n$`));
}

describe.skipIf(skipped)("a roll-out over thirty repositories", () => {
  let first: string[];
  beforeAll(() => {
    write(root, {
      gitconfig: "[user]\n\tname = Someone\n\temail = someone@example.com\n[init]\n\tdefaultBranch = main\n",
      "team.yaml": "aperture: { url: http://gw }\nproviders: { openai: { models: [gpt-5, gpt-6-luna] } }\nmodel: openai/gpt-5\n",
    });
    for (const { name, state } of repositories) {
      mkdirSync(join(root, name));
      git(name, "init", "-q");
      write(join(root, name), shapes[name.replace(/-\w+$/, "")]!);
      git(name, "add", "-A");
      git(name, "commit", "-q", "-m", "begin");
      cpSync(join(root, name), join(root, "clean", name), { recursive: true, filter: (path) => !path.endsWith(".git") });
      // No branch that is to be moved is checked out.
      git(name, "switch", "-q", ...(state === "other" ? ["--detach"] : ["-c", "work"]));
      if (state === "clean") continue;
      write(join(root, name), { "staged.txt": "staged\n", "aperture-env.yaml": "not: committed\n" });
      git(name, "add", "-A");
      if (state === "other") git(name, "commit", "-q", "-m", "something else");
      write(join(root, name), {
        "staged.txt": "edited\n",
        "new/untracked": "new\n",
        ".devcontainer/devcontainer.json": "{ broken",
      });
    }
    first = repositories.map(({ name }) => git(name, "rev-parse", "main^{tree}"));
  });

  test("made from one file of answers", async () => {
    await roll("env/add", [], ["--yes", "--spec", "team.yaml"], 30);
  }, 300_000);

  test("another gateway, and a model that ends is replaced", async () => {
    await roll("env/move", ["update"], ["--url", "http://elsewhere:8080"], 30);
    await roll("env/model", ["replace-model", "openai/gpt-5", "openai/gpt-6.1-sol"], [], 30);
    const { repositories: all } = JSON.parse(await run("report", ...targets("clean"), "--json")) as {
      repositories: { has: { url: string; model: string; ends: unknown[]; drift: unknown[] } }[];
    };
    expect(new Set(all.map(({ has }) => JSON.stringify([has.url, has.model, has.ends, has.drift])))).toEqual(
      new Set(['["http://elsewhere:8080","openai/gpt-6.1-sol",[],[]]']),
    );
  }, 300_000);

  test("taken out: every tree is the first one again", async () => {
    await roll("env/remove", ["remove"], ["--yes"], 30);
    expect(repositories.map(({ name }) => git(name, "rev-parse", "main^{tree}"))).toEqual(first);
    for (const { name } of repositories)
      expect(git(name, "log", "--format=%s", "main").split("\n")).toEqual([
        "Remove the Aperture environment",
        "Update the Aperture environment",
        "Update the Aperture environment",
        "Add the Aperture environment",
        "begin",
      ]);
  }, 300_000);

  test("where there is no git it is written into the folder, and taken out of it", async () => {
    const folders = targets("plain");
    for (const { name } of repositories) cpSync(join(root, "clean", name), join(root, "plain", name), { recursive: true });
    const before = treeOf(join(root, "plain"));
    const refused = await runPiped([...folders, "--yes", "--branch", "env", "--commit"], root, env);
    expect(refused.exit).toBe(2);
    expect(refused.stdout).toContain("\n30 folders: 30 failed.\n");
    await run(...folders, "--yes", "--spec", "team.yaml");
    await run("remove", ...folders, "--yes");
    expect(treeOf(join(root, "plain"))).toEqual(before);
  }, 300_000);
});
