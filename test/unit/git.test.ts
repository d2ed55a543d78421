import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { skipsWithoutGit } from "../support/skips.ts";
import { findIgnored, readHead } from "../../src/repo/git.ts";
import { writeTree } from "../support/repository.ts";

let folder: string;
let root: string;
let env: Record<string, string | undefined>;

/** Real git, with no configuration but the test's own. */
function git(args: readonly string[], cwd = root): string {
  return execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd, env, encoding: "utf8" });
}

const shown = async (paths: readonly string[], at = root, variables = env): Promise<string[]> =>
  (await findIgnored(at, paths, variables)).map(({ path, by }) => `${path} by ${by.file}:${by.line} ${by.pattern}`);

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "aperture-env-git-")));
  root = join(folder, "repository");
  mkdirSync(root);
  writeTree(folder, { global: "" });
  env = { PATH: process.env["PATH"], HOME: folder, GIT_CONFIG_GLOBAL: join(folder, "global"), GIT_CONFIG_NOSYSTEM: "1" };
  git(["init", "-q"]);
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(skipsWithoutGit("what git ignores"))("findIgnored", () => {
  test("patterns of every place, with that place", async () => {
    writeTree(root, {
      ".gitignore": "# ours\n/.devcontainer/aperture-env/\n*.lock\n",
      ".devcontainer/.gitignore": "\nDockerfile\n",
      ".git/info/exclude": "aperture-env.yaml\n",
    });
    writeTree(folder, { global: `[core]\n\texcludesFile = ${join(folder, "excludes")}\n`, excludes: "*.sh\n" });
    expect(
      await shown([
        ".devcontainer/Dockerfile",
        ".devcontainer/aperture-env/install.sh",
        ".devcontainer/devcontainer.json",
        ".devcontainer/fetch.sh",
        "aperture-env.lock",
        "aperture-env.yaml",
      ]),
    ).toEqual([
      ".devcontainer/Dockerfile by .devcontainer/.gitignore:2 Dockerfile",
      ".devcontainer/aperture-env/install.sh by .gitignore:2 /.devcontainer/aperture-env/",
      `.devcontainer/fetch.sh by ${join(folder, "excludes")}:1 *.sh`,
      "aperture-env.lock by .gitignore:3 *.lock",
      "aperture-env.yaml by .git/info/exclude:1 aperture-env.yaml",
    ]);
  });

  test("a path that a later pattern includes again is not ignored, unless its folder is", async () => {
    writeTree(root, { ".gitignore": "*.json\n!a.json\nout/\n!out/b.json\n\\!c\n" });
    expect(await shown(["a.json", "b.json", "out/b.json", "!c"])).toEqual([
      "b.json by .gitignore:1 *.json",
      "out/b.json by .gitignore:3 out/",
      "!c by .gitignore:5 \\!c",
    ]);
  });

  test("what is tracked is not dropped", async () => {
    writeTree(root, { ".devcontainer/devcontainer.json": "{}", ".gitignore": ".devcontainer/\n" });
    git(["add", "-f", ".devcontainer/devcontainer.json"]);
    expect(await shown([".devcontainer/devcontainer.json", ".devcontainer/Dockerfile"])).toEqual([
      ".devcontainer/Dockerfile by .gitignore:1 .devcontainer/",
    ]);
  });

  test("paths with spaces, quotes, line ends and other letters", async () => {
    writeTree(root, { ".gitignore": "x*\n" });
    const paths = ["x y", 'x"y"', "x'y", "x\ny", "xäöü/日本", "-x", "y"];
    expect((await findIgnored(root, paths, env)).map(({ path }) => path)).toEqual(paths.slice(0, 5));
  });

  test("is empty without a repository, git, paths or the folder", async () => {
    const bare = join(folder, "bare");
    mkdirSync(bare);
    writeTree(bare, { ".gitignore": "*\n" });
    writeTree(root, { ".gitignore": "*\n" });
    expect(await findIgnored(bare, ["a"], env)).toEqual([]);
    expect(await findIgnored(root, ["a"], { ...env, PATH: bare })).toEqual([]);
    expect(await findIgnored(root, [], env)).toEqual([]);
    expect(await findIgnored(join(folder, "nowhere"), ["a"], env)).toEqual([]);
    expect(await findIgnored(root, ["a"], env)).toHaveLength(1);
  });

  test("a folder below the top: places are named from there", async () => {
    writeTree(root, { ".gitignore": "*.lock\n", "apps/web/.gitignore": "a\n", "apps/.gitignore": "b\n" });
    expect(await shown(["x.lock", "a", "b", "c"], join(root, "apps", "web"))).toEqual([
      "x.lock by ../../.gitignore:1 *.lock",
      "a by .gitignore:1 a",
      "b by ../.gitignore:1 b",
    ]);
  });

  test("a work tree and a submodule", async () => {
    writeTree(root, { ".gitignore": "a\n" });
    git(["add", "."]);
    git(["commit", "-q", "-m", "x"]);
    const tree = join(folder, "tree");
    git(["worktree", "add", "-q", tree]);
    writeTree(root, { ".git/info/exclude": "b\n" });
    expect(await shown(["a", "b", "c"], tree)).toEqual(["a by .gitignore:1 a", `b by ${join(root, ".git/info/exclude")}:1 b`]);

    const outer = join(folder, "outer");
    mkdirSync(outer);
    git(["init", "-q"], outer);
    git(["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", root, "inner"], outer);
    writeTree(outer, { ".gitignore": "c\n" });
    expect(await shown(["a", "b", "c"], join(outer, "inner"))).toEqual(["a by .gitignore:1 a"]);
    expect(await shown(["a", "c"], outer)).toEqual(["c by .gitignore:1 c"]);
  });

  test("in a hook of another repository: that one's variables have no effect", async () => {
    const other = join(folder, "other");
    mkdirSync(other);
    git(["init", "-q"], other);
    writeTree(root, { ".gitignore": "a\n" });
    const hook = {
      ...env,
      GIT_DIR: join(other, ".git"),
      GIT_WORK_TREE: other,
      GIT_INDEX_FILE: join(other, ".git", "index"),
      GIT_PREFIX: "sub/",
      GIT_CONFIG_PARAMETERS: "'core.bare=true'",
      GIT_LITERAL_PATHSPECS: "1",
    };
    expect(await shown(["a"], root, hook)).toEqual(["a by .gitignore:1 a"]);
  });

  test("no program that the repository's configuration names is started", async () => {
    const trace = join(folder, "ran");
    const hook = join(folder, "hook.sh");
    writeFileSync(hook, `#!/bin/sh\ntouch ${trace}\n`, { mode: 0o755 });
    git(["config", "core.fsmonitor", hook]);
    writeTree(root, { ".gitignore": "a\n", b: "" });
    expect(await shown(["a", "b"])).toEqual(["a by .gitignore:1 a"]);
    expect(() => realpathSync(trace)).toThrow();
  });
});

describe.skipIf(skipsWithoutGit("the commit that is checked out"))("readHead", () => {
  test("its hash, its files below the folder, its time, its tags, and the remote", async () => {
    expect(await readHead(root, env)).toBeNull();
    writeTree(root, { "app/file": "x", other: "y" });
    git(["add", "."]);
    execFileSync(
      "git",
      ["-c", "user.name=a\ncommitter b", "-c", "user.email=e", "commit", "-q", "-m", "committer x <y> 5 +0000"],
      {
        cwd: root,
        env: { ...env, GIT_COMMITTER_DATE: "1700000000 -0230" },
      },
    );
    git(["tag", "v1.10.0"]);
    git(["tag", "-a", "-m", "x", "v1.9.0"]);
    git(["remote", "add", "origin", "git@github.com:acme/app.git"]);
    const rest = { time: 1_700_000_000, tags: ["v1.10.0", "v1.9.0"], remote: "git@github.com:acme/app.git" };
    const hash = git(["rev-parse", "HEAD"]).trim();
    expect(await readHead(root, env)).toEqual({ hash, tree: git(["rev-parse", "HEAD:"]).trim(), ...rest });
    expect(await readHead(join(root, "app"), env)).toEqual({ hash, tree: git(["rev-parse", "HEAD:app"]).trim(), ...rest });
  });

  test("nothing where there is no git", async () => {
    expect(await readHead(folder, env)).toBeNull();
    expect(await readHead(root, { PATH: "" })).toBeNull();
  });
});
