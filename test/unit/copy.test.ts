import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { skipsWithoutGit } from "../support/skips.ts";
import { copyRepository, levelCopy, type Copy } from "../../src/repo/copy.ts";
import { treeOf } from "../cli/harness.ts";
import { writeTree } from "../support/repository.ts";

let folder: string;
let root: string;
let env: Record<string, string | undefined>;
let copy: Copy | null = null;

const git = (args: readonly string[], cwd = root): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd, env, encoding: "utf8" });

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "aperture-env-copy-")));
  root = join(folder, "sample");
  mkdirSync(root);
  writeTree(folder, { global: "" });
  env = { PATH: process.env["PATH"], HOME: folder, GIT_CONFIG_GLOBAL: join(folder, "global"), GIT_CONFIG_NOSYSTEM: "1" };
});
afterEach(() => {
  copy?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const copied = async (): Promise<string> => (copy = await copyRepository(root, "sample", env)).folder;
const names = (at: string): string[] => Object.keys(treeOf(at));

describe.skipIf(skipsWithoutGit("copies of a repository"))("copyRepository", () => {
  test("files that git tracks or would track, unchanged, in one commit on the same branch, without the history", async () => {
    git(["init", "-q", "-b", "feature/x"]);
    writeTree(root, { ".gitignore": "ignored\ntracked.log\n", "a/b": "1", gone: "x", "tracked.log": "y", ignored: "a secret" });
    git(["add", "--force", ".gitignore", "a", "gone", "tracked.log"]);
    git(["commit", "-q", "-m", "x"]);
    rmSync(join(root, "gone"));
    writeTree(root, { "a/b": "2", "new file": "z" });
    symlinkSync("a/b", join(root, "link"));
    const before = treeOf(root, true);
    const at = await copied();
    expect(names(at)).toEqual([".gitignore", "a", "a/b", "link", "new file", "tracked.log"]);
    expect(treeOf(at)).toMatchObject({ "a/b": "644 2", link: "-> a/b" });
    expect(git(["status", "--porcelain"], at)).toBe("");
    expect(git(["log", "--format=%an %s"], at)).toBe("aperture-env The files that aperture-env verifies\n");
    expect(git(["symbolic-ref", "HEAD"], at)).toBe("refs/heads/feature/x\n");
    expect(treeOf(root, true)).toEqual(before);
    copy!.remove();
    expect(existsSync(at)).toBe(false);
  });

  test("of a folder below a repository's top: its files alone, without what git ignores", async () => {
    git(["init", "-q"], folder);
    writeTree(folder, { ".gitignore": ".env\nsample/out\n", other: "x", "sample2/x": "y" });
    writeTree(root, { "a/b": "1", ".env": "a secret", out: "x", new: "z" });
    git(["add", "sample/a"], folder);
    git(["commit", "-q", "-m", "x"], folder);
    expect(names(await copied())).toEqual(["a", "a/b", "new"]);
    expect(copy!.isListed).toBe(true);
    expect(git(["status", "--porcelain"], copy!.folder)).toBe("");
  });

  test.skipIf(process.getuid?.() !== 0)("a repository of another account's, in which git does not answer", async () => {
    git(["init", "-q"]);
    writeTree(root, { ".gitignore": "ignored\n", ignored: "x" });
    for (const path of [root, join(root, ".git")]) chownSync(path, 12_345, 12_345);
    expect(names(await copied())).toEqual([".gitignore", "ignored"]);
    expect(copy!.isListed).toBe(false);
  });

  test("without git, without a commit, in a work tree of another repository's: all files the same", async () => {
    writeTree(root, { "a/b": "1", "node_modules/x": "y" });
    expect(names(await copied())).toEqual(["a", "a/b"]);
    expect(existsSync(join(copy!.folder, ".git"))).toBe(false);
    copy!.remove();

    git(["init", "-q"]);
    writeTree(root, { ".gitignore": "node_modules\n" });
    expect(names(await copied())).toEqual([".gitignore", "a", "a/b"]);
    expect(git(["rev-list", "--count", "HEAD"], copy!.folder)).toBe("1\n");
    copy!.remove();

    git(["add", "."]);
    git(["commit", "-q", "-m", "x"]);
    git(["worktree", "add", "-q", join(folder, "tree")]);
    copy = await copyRepository(join(folder, "tree"), "tree", env);
    expect(names(copy.folder)).toEqual([".gitignore", "a", "a/b"]);
  });

  test("a submodule's files are left out, and everything that is not a file, folder or link", async () => {
    git(["init", "-q"]);
    const inner = join(folder, "inner");
    mkdirSync(inner);
    git(["init", "-q"], inner);
    writeTree(inner, { a: "1" });
    git(["add", "."], inner);
    git(["commit", "-q", "-m", "x"], inner);
    git(["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "module"]);
    execFileSync("mkfifo", [join(root, "pipe")]);
    expect(names(await copied())).toEqual([".gitmodules"]);
    copy!.remove();
    rmSync(join(root, ".git"), { recursive: true });
    expect(names(await copied())).toEqual([".gitmodules", "module", "module/a"]);
  });

  test("a disk that refuses: said, and nothing is left", async () => {
    writeTree(root, { a: "1" });
    // A temporary folder of its own: others run at the same time.
    const own = join(folder, "tmp");
    mkdirSync(own);
    vi.stubEnv("TMPDIR", own);
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(copyRepository(join(folder, "nowhere"), "x", env)).rejects.toMatchObject({ code: "cannot-copy", exit: 4 });
    expect(readdirSync(own)).toEqual([]);
    vi.stubEnv("TMPDIR", join(folder, "none"));
    await expect(copyRepository(root, "x", env)).rejects.toMatchObject({ code: "cannot-copy", exit: 4 });
  });
});

test.skipIf(process.platform === "win32")(
  "levelCopy: no time and no umask of a checkout is in a copy, and what may be executed still may",
  () => {
    writeTree(root, { "a/b": "1", "a/run": "2", ".git/config": "3" });
    symlinkSync("a/b", join(root, "link"));
    chmodSync(join(root, "a"), 0o700);
    chmodSync(join(root, "a/b"), 0o660);
    chmodSync(join(root, "a/run"), 0o711);
    const { mtimeMs } = lstatSync(join(root, ".git/config"));
    levelCopy(root, 1_700_000_000);
    expect(treeOf(root)).toEqual({ a: "755/", "a/b": "644 1", "a/run": "755 2", link: "-> a/b" });
    for (const path of ["a", "a/b", "a/run", "link"]) expect(lstatSync(join(root, path)).mtimeMs, path).toBe(1_700_000_000_000);
    expect(lstatSync(join(root, ".git/config")).mtimeMs).toBe(mtimeMs);
  },
);

test("a copy's file is written in the place of what is there, a link included", async () => {
  writeTree(root, { "a/b": "1" });
  writeTree(folder, { outside: "mine" });
  symlinkSync(join(folder, "outside"), join(root, "link"));
  const at = await copied();
  copy!.write("link", "ours");
  copy!.write("a/b", "ours");
  expect([readFileSync(join(at, "link"), "utf8"), readFileSync(join(at, "a/b"), "utf8")]).toEqual(["ours", "ours"]);
  expect(readFileSync(join(folder, "outside"), "utf8")).toBe("mine");
});
