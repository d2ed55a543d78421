/** Repositories whose files are not all there: bare ones, git's own folders, sparse checkouts. With real git. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFolder, runPiped, treeOf, write, type Ran } from "./harness.ts";
import { skipsWithoutGit } from "../support/skips.ts";

const skipped = skipsWithoutGit("repositories whose files are not all there");

let outside: ReturnType<typeof makeFolder>;
let root: string;
let env: Record<string, string>;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
  write(outside.folder, {
    gitconfig: "[user]\n\tname = Someone\n\temail = someone@example.com\n[init]\n\tdefaultBranch = main\n",
  });
  env = {
    PATH: process.env["PATH"]!,
    HOME: outside.folder,
    GIT_CONFIG_GLOBAL: join(outside.folder, "gitconfig"),
    GIT_CONFIG_NOSYSTEM: "1",
  };
  git(root, "init", "-q");
  write(root, { "README.md": "hello\n", "sub/file": "x\n" });
  commit();
});
afterEach(() => outside.remove());

const git = (folder: string, ...args: string[]): string =>
  execFileSync("git", args, { cwd: folder, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const run = (...argv: string[]): Promise<Ran> => runPiped(argv, outside.folder, env);
const commit = (): void => {
  git(root, "add", "-A");
  git(root, "commit", "-q", "-m", "more");
};

describe.skipIf(skipped)("a repository without a work tree", () => {
  /** A bare clone, and the folder of one whose work trees lie beside it. */
  function makeBare(): void {
    git(outside.folder, "clone", "-q", "--bare", root, "bare.git");
    git(outside.folder, "clone", "-q", "--bare", root, "trees/.bare");
    writeFileSync(join(outside.folder, "trees", ".git"), "gitdir: ./.bare\n");
    git(join(outside.folder, "trees"), "worktree", "add", "-q", "-b", "work", "work");
  }

  test.each([
    ["bare.git", "bare.git is a git repository without a work tree: git tracks no file there.\n"],
    ["bare.git/new/folder", `bare.git, a git repository without a work tree`],
    ["trees", "trees is a git repository without a work tree"],
    ["sample/.git", "sample/.git is a git repository without a work tree"],
    ["sample/.git/hooks", "sample/.git, a git repository without a work tree"],
  ])("nothing is written into %s", async (folder, said) => {
    makeBare();
    const before = treeOf(outside.folder);
    const hooks = treeOf(join(root, ".git"));
    const ran = await run(folder, "--yes");
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toContain(said);
    expect(ran.stderr).toContain("Name a clone or a work tree of it");
    expect(treeOf(outside.folder)).toEqual(before);
    expect(treeOf(join(root, ".git"))).toEqual(hooks);
  });

  test("of several folders it is skipped; a work tree of it is none, and a branch needs no files", async () => {
    makeBare();
    const ran = await run("bare.git", "trees", "trees/work", "sample", "--yes");
    expect(ran.exit, ran.stdout).toBe(0);
    expect(ran.stdout).toContain("skipped   bare.git  is a git repository without a work tree\n");
    expect(ran.stdout).toContain("skipped   trees  is a git repository without a work tree\n");
    expect(ran.stdout).toContain("4 folders: 2 skipped, 2 written.\n");
    expect((await run("bare.git", "--yes", "--branch", "env")).stderr).toContain("is a git repository without a work tree");
    const branched = await run("trees", "--yes", "--branch", "env");
    expect(branched.exit, branched.stderr).toBe(0);
    expect(git(join(outside.folder, "trees"), "ls-tree", "--name-only", "env")).toContain("aperture-env.lock\n");
  });
});

describe.skipIf(skipped)("a sparse checkout", () => {
  const lock = (): string => readFileSync(join(root, "aperture-env.lock"), "utf8");

  test("files that are not checked out are neither deleted nor compared", async () => {
    await run("sample", "--yes");
    commit();
    git(root, "sparse-checkout", "set", "sub");
    const before = treeOf(root);
    for (const words of [["update"], ["update", "--restore"], ["update", "--url", "http://gw"], ["remove", "--yes"], ["--yes"]]) {
      const ran = await run(...words, "--cwd", "sample");
      expect(ran.exit, words.join(" ")).toBe(3);
      expect(ran.stderr).toMatch(/Git tracks \.devcontainer\/Dockerfile, .* and \d+ more, but they are not checked out here/);
    }
    expect(treeOf(root)).toEqual(before);
    const checked = await run("check", "sample");
    expect(checked.exit).toBe(0);
    expect(checked.stdout).toContain(
      "  = .devcontainer/Dockerfile  is not checked out here (sparse checkout), so it was not compared\n",
    );
    expect(checked.stdout).toMatch(/\nFine: all files that are checked out match spec and lock\.\n$/);
    const observed = JSON.parse((await run("check", "--json", "sample")).stdout) as { observations: object[] };
    expect(observed.observations[0]).toMatchObject({ state: "not-checked-out", fails: false });
    expect((await run("report", "sample")).stdout).toContain("1 folder: 1 fine.");
    // A branch has all files, and what the error advises helps.
    expect((await run("update", "sample", "--url", "http://gw", "--branch", "env")).stdout).toContain("7 changed");
    git(root, "sparse-checkout", "disable");
    expect((await run("update", "sample")).stdout).toContain("Nothing to do");
    const removed = await run("remove", "sample", "--yes");
    expect(removed.exit, removed.stderr).toBe(0);
  });

  test("a single file that git was told to leave out, and one that was deleted", async () => {
    await run("sample", "--yes");
    commit();
    git(root, "update-index", "--skip-worktree", ".devcontainer/Dockerfile");
    rmSync(join(root, ".devcontainer/Dockerfile"));
    const before = lock();
    const ran = await run("update", "sample");
    expect(ran.stderr).toContain("Git tracks .devcontainer/Dockerfile, but it is not checked out here");
    git(root, "update-index", "--no-skip-worktree", ".devcontainer/Dockerfile");
    expect(lock()).toBe(before);
    expect((await run("update", "sample")).stdout).toContain(".devcontainer/Dockerfile  deleted by you, stays deleted");
    expect(lock()).not.toBe(before);
  });

  test.each([".devcontainer/devcontainer.json", ".devcontainer/mine/devcontainer.json", ".devcontainer.json"])(
    "a dev container that is not checked out, %s, is not replaced by a generated one",
    async (path) => {
      write(root, { [path]: '{ "image": "debian:bookworm-slim" }\n' });
      commit();
      git(root, "sparse-checkout", "set", "--no-cone", "/README.md");
      const before = treeOf(root);
      const ran = await run("sample", "--yes");
      expect(ran.exit).toBe(3);
      expect(ran.stderr).toContain(`Git tracks ${path}, but it is not checked out here`);
      expect(treeOf(root)).toEqual(before);
      // Nor, once it has the environment, taken for deleted.
      git(root, "sparse-checkout", "disable");
      await run("sample", "--yes");
      commit();
      git(root, "sparse-checkout", "set", "--no-cone", "/README.md", "/aperture-env.*");
      const updated = await run("update", "sample");
      expect(updated.exit).toBe(3);
      expect(updated.stderr).toMatch(/Git tracks .*, but they are not checked out here/);
    },
  );

  test("that leaves out nothing of the environment is like any other", async () => {
    git(root, "sparse-checkout", "set", "--no-cone", "/*", "!/sub/");
    expect((await run("sample", "--yes")).exit).toBe(0);
    expect((await run("check", "sample")).stdout).toBe("Fine: all files match spec and lock.\n");
  });
});

test.skipIf(skipped)("next steps name git only where it is", async () => {
  mkdirSync(join(outside.folder, "plain"));
  for (const [folder, hasGit] of [
    ["plain", false],
    ["sample", true],
  ] as const) {
    const created = await run(folder, "--yes");
    expect(created.stderr.includes("git add")).toBe(hasGit);
    const updated = await run("update", folder, "--url", "http://gw");
    expect(updated.stderr).toContain("Rebuild the container");
    expect(updated.stderr.includes("git diff")).toBe(hasGit);
    const removed = await run("remove", folder, "--yes");
    expect(removed.stderr).toContain("Rebuild the container");
    expect(removed.stderr.includes("git diff")).toBe(hasGit);
  }
});

test.skipIf(skipped || process.platform !== "linux")(
  "names in another case are told, where both would be one on other disks",
  async () => {
    write(root, { ".Devcontainer/devcontainer.json": "{}\n", "APERTURE-ENV.yaml": "mine\n", "readme.md": "beside README.md\n" });
    commit();
    const { exit, stderr } = await run("sample", "--yes");
    expect(exit).toBe(0);
    expect(stderr.match(/only by upper and lower case/g)).toHaveLength(2);
    expect(stderr).toContain("Note: .Devcontainer: differs from .devcontainer only by upper and lower case");
    expect(stderr).toContain("Note: APERTURE-ENV.yaml: differs from aperture-env.yaml only by");
    expect((await run("update", "sample")).stderr).not.toContain("upper and lower case");
  },
);
