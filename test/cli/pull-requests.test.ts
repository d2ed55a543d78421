/** Branches and pull requests over more than one run: what was pushed before, a client that refused, branches that git cannot make. With real git. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFolder, runPiped, write, type Ran } from "./harness.ts";
import { skipsWithoutGit } from "../support/skips.ts";

const skipped = skipsWithoutGit("pull requests over several runs");
const address = "https://github.com/acme/app.git";

let outside: ReturnType<typeof makeFolder>;
let root: string;
let env: Record<string, string>;
/** A clone of a repository on a forge: where that really is, only the user's own configuration says. */
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  const remote = join(outside.folder, "remote.git");
  mkdirSync(root);
  write(outside.folder, {
    gitconfig: `[user]\n\tname = Someone\n\temail = someone@example.com\n[init]\n\tdefaultBranch = main\n[url "file://${remote}"]\n\tinsteadOf = ${address}\n`,
    "bin/": "",
    log: "",
  });
  // Writes down what it was told to create, and what it read; fails while there is a file `refuse`.
  const script = `#!/bin/sh
case "$1 $2" in
  "pr list") echo '[]' ;;
  "pr create") { printf '%s\\n' "$@"; cat; } >>"${outside.folder}/log"; [ ! -e "${outside.folder}/refuse" ] && echo https://forge.example/pull/1 ;;
esac
`;
  writeFileSync(join(outside.folder, "bin", "gh"), script, { mode: 0o755 });
  env = {
    PATH: `${join(outside.folder, "bin")}${delimiter}${process.env["PATH"]!}`,
    HOME: outside.folder,
    GIT_CONFIG_GLOBAL: join(outside.folder, "gitconfig"),
    GIT_CONFIG_NOSYSTEM: "1",
  };
  git(outside.folder, "init", "-q", "--bare", "remote.git");
  git(root, "init", "-q");
  write(root, { "README.md": "hello\n" });
  commit();
  git(root, "remote", "add", "origin", address);
  git(root, "push", "-q", "origin", "main");
  git(root, "remote", "set-head", "origin", "main");
});
afterEach(() => outside.remove());

const git = (folder: string, ...args: string[]): string =>
  execFileSync("git", args, { cwd: folder, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const run = (...argv: string[]): Promise<Ran> => runPiped(argv, outside.folder, env);
const commit = (): void => {
  git(root, "add", "-A");
  git(root, "commit", "-q", "-m", "more");
};
const told = (): string => readFileSync(join(outside.folder, "log"), "utf8");
const remoteBranches = (): string =>
  git(join(outside.folder, "remote.git"), "for-each-ref", "--format=%(refname:short)", "refs/heads");
const pull = ["--branch", "env", "--pull-request"];

describe.skipIf(skipped)("a pull request that could not be opened", () => {
  beforeEach(async () => {
    write(outside.folder, { refuse: "" });
    expect((await run("sample", "--yes", ...pull)).exit).toBe(4);
    rmSync(join(outside.folder, "refuse"));
    write(outside.folder, { log: "" });
  });

  test("a dry run of what is on the branch already pushes nothing and opens nothing", async () => {
    git(join(outside.folder, "remote.git"), "branch", "-D", "env");
    const ran = await run("sample", "--yes", ...pull, "--dry-run");
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(
      /\nNothing to do: everything is up to date\.\n {4}\$ git push origin env\n {4}\$ gh pr create .*\n$/,
    );
    expect(told()).toBe("");
    expect(remoteBranches()).toBe("main\n");
    const listed = JSON.parse((await run("sample", "--yes", ...pull, "--dry-run", "--json")).stdout) as object;
    expect(listed).toMatchObject({ status: "unchanged", branch: { commands: ["git push origin env", expect.any(String)] } });
  });

  test("the next run opens it, and its text is what the commit says", async () => {
    const ran = await run("sample", "--yes", ...pull);
    expect(ran.stdout).toMatch(
      /\nNothing to do: everything is up to date\. The pull request is https:\/\/forge\.example\/pull\/1\n$/,
    );
    expect(told()).toContain("\n--title\nAdd the Aperture environment\n");
    expect(told()).toMatch(/\n## Aperture environment\n\n```text\nOpenCode .*[^]*\naperture-env\.lock: new\n```\n$/);
  });
});

describe.skipIf(skipped)("where a branch starts", () => {
  test("without a known default branch nothing that is only here is pushed", async () => {
    git(root, "remote", "set-head", "origin", "--delete");
    write(root, { secret: "not for others yet\n" });
    commit();
    const ran = await run("sample", "--yes", ...pull);
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toContain(`The default branch of the remote origin is not known in ${root}.\n`);
    expect(ran.stderr).toContain(`Run  git -C ${root} remote set-head origin --auto  or name a start point`);
    expect(remoteBranches()).toBe("main\n");
    const named = await run("sample", "--yes", ...pull, "--from", "origin/main");
    expect(named.exit, named.stderr).toBe(0);
    expect(git(root, "rev-parse", "env^")).toBe(git(root, "rev-parse", "origin/main"));
  });

  test("one that somebody pushed from another machine continues there", async () => {
    await run("sample", "--yes", ...pull);
    git(root, "fetch", "-q", "origin");
    git(root, "branch", "-D", "env");
    const ran = await run("update", "sample", "--url", "http://gw", ...pull);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(git(root, "rev-parse", "env^")).toBe(git(root, "rev-parse", "origin/env"));
    // The branch here is behind, and nothing of it is lost.
    git(root, "fetch", "-q", "origin");
    git(root, "branch", "-q", "--force", "env", "env^");
    const again = await run("update", "sample", "--url", "http://gw2", ...pull);
    expect(again.exit, again.stderr).toBe(0);
    expect(git(join(outside.folder, "remote.git"), "rev-list", "--count", "env")).toBe("4\n");
  });

  test.each([1, 2])("one that was merged as a single commit, and deleted, starts anew: after %i commits", async (commits) => {
    await run("sample", "--yes", ...pull);
    if (commits === 2) await run("update", "sample", "--url", "http://gw", ...pull);
    const remote = join(outside.folder, "remote.git");
    // As a forge does it: the branch's files become one commit, more follows, and the branch goes.
    git(root, "switch", "-q", "--detach", "origin/main");
    git(root, "merge", "-q", "--squash", "env");
    git(root, "commit", "-q", "-m", "Add the environment (#1)");
    write(root, {
      "README.md": "newer\n",
      "aperture-env.yaml": `${readFileSync(join(root, "aperture-env.yaml"), "utf8")}# ours\n`,
    });
    commit();
    git(root, "push", "-q", "origin", "HEAD:main");
    git(remote, "branch", "-D", "env");
    git(root, "fetch", "-q", "--prune", "origin");
    git(root, "switch", "-q", "main");
    const ran = await run("update", "sample", "--url", "http://gw2", ...pull);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(git(root, "rev-parse", "env^")).toBe(git(root, "rev-parse", "origin/main"));
    expect(git(root, "show", "env:aperture-env.yaml")).toContain("# ours\n");
    // What is on the branch now is not merged, so it continues.
    await run("update", "sample", "--url", "http://gw3", ...pull);
    expect(git(root, "rev-list", "--count", "origin/main..env")).toBe("2\n");
  });

  test("one with other commits on origin is not overwritten", async () => {
    await run("sample", "--yes", ...pull);
    git(root, "branch", "-D", "env");
    git(root, "update-ref", "-d", "refs/remotes/origin/env");
    const ran = await run("sample", "--yes", "--url", "http://gw", ...pull);
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toContain("The branch of that name on origin has other commits: name another branch with --branch.\n");
  });
});

describe.skipIf(skipped)("a branch that cannot be", () => {
  test.each([
    ["env", "env/new"],
    ["env/new", "env"],
    ["a/b/c", "a/b/c/d"],
  ])("beside %s no %s", async (existing, wanted) => {
    git(root, "branch", existing);
    const ran = await run("sample", "--yes", "--branch", wanted);
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toBe(
      `There is a branch ${existing}, so git cannot make a branch ${wanted}.\nName another branch with --branch.\n`,
    );
    expect((await run("sample", "--yes", "--branch", `${existing}2`)).exit).toBe(0);
  });

  test.each([false, true])("one that is being rebased, in a linked work tree: %s", async (linked) => {
    git(root, "branch", "work");
    const tree = linked ? join(root, "linked") : root;
    if (linked) git(root, "worktree", "add", "-q", "linked", "work");
    else git(root, "switch", "-q", "work");
    for (const [branch, text] of [
      ["work", "a\n"],
      ["other", "b\n"],
    ] as const) {
      if (branch === "other") git(tree, "switch", "-q", "-c", branch, "main");
      write(tree, { "README.md": text });
      git(tree, "commit", "-q", "-a", "-m", branch);
    }
    git(tree, "switch", "-q", "work");
    expect(() => git(tree, "rebase", "-q", "other")).toThrow();
    const ran = await run("sample", "--yes", "--branch", "work");
    expect(ran.exit).toBe(3);
    expect(ran.stderr).toContain("work is being rebased, and a new commit on it would make that fail.\n");
    expect((await run("sample", "--yes", "--branch", "another")).exit).toBe(0);
    // Git itself ends what it began.
    write(tree, { "README.md": "c\n" });
    git(tree, "add", "README.md");
    git(tree, "-c", "core.editor=true", "rebase", "--continue");
    expect(git(root, "log", "-1", "--format=%s", "work")).toBe("work\n");
  });

  test("a branch that is checked out and has no commit is not called a repository without any", async () => {
    git(root, "switch", "-q", "--orphan", "empty");
    const ran = await run("sample", "--yes", "--branch", "env");
    expect(ran.stderr).toBe(
      `The branch that is checked out in ${root} has no commit.\nCommit something first, name another start point with --from, or leave --branch out.\n`,
    );
    expect((await run("sample", "--yes", "--branch", "env", "--from", "main")).exit).toBe(0);
    expect((await run("sample", "--yes", "--branch", "env", "--from", "v1^{}")).stderr).toContain(
      "Give a branch or a commit, for example origin/main\n",
    );
  });
});

test.skipIf(skipped)("a repository that git may not write is told as that", async () => {
  const real = execFileSync("sh", ["-c", "command -v git"], { env, encoding: "utf8" }).trim();
  const script = `#!/bin/sh
case "$*" in *hash-object*)
  echo "error: insufficient permission for adding an object to repository database .git/objects" >&2
  echo "fatal: Unable to add (null) to database" >&2
  exit 128 ;;
esac
exec "${real}" "$@"
`;
  writeFileSync(join(outside.folder, "bin", "git"), script, { mode: 0o755 });
  const ran = await run("sample", "--yes", "--branch", "env");
  expect(ran.exit).toBe(4);
  expect(ran.stderr).toBe(
    "git refused: insufficient permission for adding an object to repository database .git/objects\nCheck the permissions of its folder .git.\n",
  );
});

describe.skipIf(skipped)("the report in Markdown", () => {
  test("of many says which branch and pull request has the change; of one, the other stream does", async () => {
    const many = await run("sample", "sample", "--yes", "--summary", "markdown", ...pull);
    expect(many.stdout).toMatch(
      /\n\nOn the branch `env` \(`[0-9a-f]{10}`\), pull request <https:\/\/forge\.example\/pull\/1>\.\n/,
    );
    const one = await run("update", "sample", "--url", "http://gw", "--summary", "markdown", ...pull);
    expect(one.stdout).not.toContain("forge.example");
    expect(one.stderr).toMatch(/^written on env \([0-9a-f]{10}\), pull request https:\/\/forge\.example\/pull\/1\n$/m);
  });
});

test.skipIf(skipped)("a commit says of a deleted file that it was deleted", async () => {
  await run("sample", "--yes");
  rmSync(join(root, ".devcontainer", "aperture-env", "auth.json"));
  commit();
  await run("update", "sample", "--url", "http://gw", "--branch", "env");
  expect(git(root, "log", "-1", "--format=%b", "env")).toContain(
    "\n.devcontainer/aperture-env/auth.json: deleted by hand, stays deleted\n",
  );
});
