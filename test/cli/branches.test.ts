/** A change as a commit on a branch of its own, and from there as a pull request: with real git, and with clients that write down what they are told. */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeFolder, runPiped, treeOf, write, type Ran } from "./harness.ts";
import { skipsWithoutGit } from "../support/skips.ts";

const skipped = skipsWithoutGit("changes on branches");

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
});
afterEach(() => {
  vi.unstubAllEnvs();
  outside.remove();
});

const git = (folder: string, ...args: string[]): string =>
  execFileSync("git", args, { cwd: folder, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const run = (argv: readonly string[], cwd = root): Promise<Ran> => runPiped(argv, cwd, env);
/** All that a branch of work could touch, but for objects and the branch itself. */
const stateOf = (folder: string): object => ({
  tree: treeOf(folder, true),
  index: readFileSync(join(folder, ".git", "index"), "latin1"),
  head: readFileSync(join(folder, ".git", "HEAD"), "utf8"),
  config: readFileSync(join(folder, ".git", "config"), "utf8"),
  status: git(folder, "--no-optional-locks", "status", "--porcelain", "--ignored"),
});
const theirs = '{\n\t// mine\n\t"image": "debian:bookworm-slim", // base\n}\n';

/** A repository with one commit, and then with something staged, something edited and something new. */
function begin(files: Readonly<Record<string, string>> = { "package.json": "{}\n", "read me.md": "hello\n" }): void {
  git(root, "init", "-q");
  write(root, files);
  git(root, "add", "-A");
  git(root, "commit", "-q", "-m", "begin");
}
function soil(): void {
  write(root, { "staged.txt": "staged\n", "read me.md": "edited\n" });
  git(root, "add", "staged.txt");
  write(root, { "staged.txt": "staged, and edited\n", "new.txt": "new\n" });
}
const on = ["--branch", "env/new", "--commit"];

describe.skipIf(skipped)("a commit on a branch", () => {
  test("is what the command would have written, and the dirty folder stays as it is", async () => {
    begin({ ".devcontainer/devcontainer.json": theirs, "run.sh": "#!/bin/sh\n" });
    chmodSync(join(root, "run.sh"), 0o755);
    git(root, "add", "-A");
    git(root, "commit", "-q", "-m", "more");
    const clean = join(outside.folder, "clean");
    cpSync(root, clean, { recursive: true });
    const { exit } = await run(["--yes", "--name", "sample"], clean);
    expect(exit).toBe(0);
    soil();
    write(root, { ".devcontainer/devcontainer.json": theirs.replace("mine", "not committed") });
    const before = stateOf(root);
    // Other runs on this machine make folders of that name, too.
    const temporary = join(outside.folder, "temporary");
    mkdirSync(temporary);
    vi.stubEnv("TMPDIR", temporary);
    const ran = await run(["--yes", ...on]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/\nCommitted: \d+ new, 1 changed on env\/new \([0-9a-f]{10}\)\.\n$/);
    expect(ran.stderr).toContain("git push origin env/new\n");
    expect(stateOf(root)).toEqual(before);
    expect(git(root, "rev-parse", "env/new^")).toBe(git(root, "rev-parse", "HEAD"));
    // Checked out it is the tree of a run in a clean folder, with its modes.
    git(outside.folder, "clone", "-q", "--branch", "env/new", root, "cloned");
    expect(treeOf(join(outside.folder, "cloned"))).toEqual(treeOf(clean));
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("says what and why", async () => {
    begin();
    await run(["--yes", ...on]);
    const made = git(root, "log", "-1", "--format=%an <%ae>%n%B", "env/new");
    expect(made).toMatch(
      /^Someone <someone@example\.com>\nAdd the Aperture environment\n\nOpenCode 1\.[\d.]+ in every container of this/,
    );
    expect(made).toMatch(/^\.devcontainer\/Dockerfile: new$/m);
    expect(made.split("\n").filter((line) => line.length > 72)).toEqual([]);
    const moved = await run(["update", "--url", "http://gw", ...on]);
    expect(moved.exit, moved.stderr).toBe(0);
    expect(git(root, "log", "-1", "--format=%B", "env/new")).toMatch(
      /^Update the Aperture environment\n\naperture\.url: http:\/\/ai → http:\/\/gw\n\n[^]*^aperture-env\.yaml: changed, edits kept$/m,
    );
    const gone = await run(["remove", "--yes", ...on]);
    expect(gone.exit, gone.stderr).toBe(0);
    expect(git(root, "log", "-1", "--format=%s", "env/new")).toBe("Remove the Aperture environment\n");
    expect(git(root, "rev-parse", "env/new^{tree}")).toBe(git(root, "rev-parse", "HEAD^{tree}"));
    expect(git(root, "rev-list", "--count", "env/new")).toBe("4\n");
  });

  test("a second run has nothing to do; a branch that was merged begins again where that is", async () => {
    begin();
    await run(["--yes", ...on]);
    const first = git(root, "rev-parse", "env/new");
    expect((await run(["--yes", ...on])).stdout).toContain("Nothing to do");
    expect(git(root, "rev-parse", "env/new")).toBe(first);
    git(root, "merge", "-q", "--no-ff", "-m", "merged", "env/new");
    expect((await run(["update", "--url", "http://gw", ...on])).exit).toBe(0);
    expect(git(root, "rev-parse", "env/new^")).toBe(git(root, "rev-parse", "HEAD"));
  });

  test("--dry-run makes none, and --json says which it is", async () => {
    begin();
    expect((await run(["--yes", "--dry-run", ...on])).exit).toBe(0);
    expect(git(root, "branch", "--list", "env/new")).toBe("");
    const { stdout } = await run(["--yes", "--json", ...on]);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "written",
      root,
      branch: { name: "env/new", commit: git(root, "rev-parse", "env/new").trim() },
    });
  });

  test("of a folder below the top, with a link, a submodule's place, a binary and an odd name, nothing else moves", async () => {
    write(root, { "app/package.json": "{}\n", "über ünd/x": "x\n" });
    writeFileSync(join(root, "binary"), Buffer.from([0, 255, 13, 10, 0]));
    symlinkSync("../nowhere", join(root, "link"));
    begin({ a: "a\r\n" });
    git(root, "update-index", "--add", "--cacheinfo", `160000,${git(root, "rev-parse", "HEAD").trim()},sub`);
    git(root, "commit", "-q", "-m", "sub");
    const ran = await run(["app", "--yes", ...on]);
    expect(ran.exit, ran.stderr).toBe(0);
    const moved = git(root, "diff", "--name-status", "HEAD", "env/new").trim().split("\n");
    expect(moved.length).toBeGreaterThan(10);
    expect(moved.filter((line) => !line.startsWith("A\tapp/"))).toEqual([]);
    expect(git(root, "ls-tree", "env/new", "app/.devcontainer/aperture-env/install.sh")).toMatch(/^100755 /);
  });

  test("runs nothing that the repository or a hook names, whatever its filters are", async () => {
    begin({ "package.json": "{}\n", ".gitattributes": "* filter=evil\n" });
    const trace = join(outside.folder, "ran");
    write(root, { ".git/hooks/": "" });
    for (const hook of [
      "pre-commit",
      "commit-msg",
      "post-commit",
      "reference-transaction",
      "post-checkout",
      "post-index-change",
    ]) {
      writeFileSync(join(root, ".git", "hooks", hook), `#!/bin/sh\necho ${hook} >>"${trace}"\nexit 1\n`, { mode: 0o755 });
    }
    for (const [key, value] of [
      ["filter.evil.clean", `echo clean >>"${trace}"; cat`],
      ["filter.evil.smudge", `echo smudge >>"${trace}"; cat`],
      ["filter.evil.required", "true"],
      ["core.fsmonitor", `echo monitor >>"${trace}"`],
      ["commit.gpgSign", "true"],
      ["gpg.program", `echo gpg >>"${trace}"`],
      ["core.editor", `echo editor >>"${trace}"`],
    ] as const)
      git(root, "config", key, value);
    const ran = await run(["--yes", ...on]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(readdirSync(outside.folder)).not.toContain("ran");
  });

  test("is signed where the user's own configuration says so, by the program that this names", async () => {
    begin();
    const [theirs, own] = ["theirs", "own"].map((name) => join(outside.folder, name)) as [string, string];
    const sign = `#!/bin/sh\ntouch "$0.ran"\ncat >/dev/null\necho "[GNUPG:] SIG_CREATED " >&2\necho "-----BEGIN PGP SIGNATURE-----"\n`;
    for (const program of [theirs, own]) writeFileSync(program, sign, { mode: 0o755 });
    for (const key of ["gpg.program", "gpg.openpgp.program", "gpg.ssh.program"]) git(root, "config", key, theirs);
    git(root, "config", "gpg.format", "ssh");
    writeFileSync(env["GIT_CONFIG_GLOBAL"]!, `[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = ${own}\n`, { flag: "a" });
    const ran = await run(["--yes", ...on]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(git(root, "cat-file", "commit", "env/new")).toMatch(/^gpgsig -----BEGIN PGP SIGNATURE-----$/m);
    expect(readdirSync(outside.folder).filter((name) => name.endsWith(".ran"))).toEqual(["own.ran"]);
    writeFileSync(own, "#!/bin/sh\necho locked >&2\nexit 1\n", { mode: 0o755 });
    const locked = await run(["update", "--url", "http://gw", ...on]);
    expect(locked.exit).toBe(4);
    expect(locked.stderr).toContain("so that the key is unlocked");
  });

  test("in a linked work tree, and in a repository with longer hashes", async () => {
    begin();
    const linked = join(outside.folder, "linked");
    git(root, "worktree", "add", "-q", "-b", "work", linked);
    const ran = await run(["--yes", ...on], linked);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(git(root, "log", "-1", "--format=%s", "env/new")).toBe("Add the Aperture environment\n");
    rmSync(root, { recursive: true });
    mkdirSync(root);
    git(root, "init", "-q", "--object-format=sha256");
    git(root, "commit", "-q", "--allow-empty", "-m", "begin");
    const longer = await run(["--yes", ...on]);
    expect(longer.exit, longer.stderr).toBe(0);
    expect(git(root, "rev-parse", "env/new")).toMatch(/^[0-9a-f]{64}\n$/);
  });

  test.each([
    ["no repository", (): void => undefined, [], /is in no git repository\./],
    ["no commit", (): void => void git(root, "init", "-q"), [], /is checked out in .* has no commit\./],
    ["no such commit", (): void => begin(), ["--from", "nope"], /has no commit nope\./],
    [
      "a branch that is checked out",
      (): void => (begin(), void git(root, "switch", "-q", "-c", "env/new")),
      [],
      /env\/new is checked out in /,
    ],
    [
      "nobody",
      (): void => (begin(), write(outside.folder, { gitconfig: "[user]\n\tuseConfigOnly = true\n" })),
      [],
      /git did not commit: it does not know who you are\./,
    ],
  ] as const)("%s: said, and nothing is changed", async (_what, prepare, more, said) => {
    prepare();
    const ran = await run(["--yes", ...on, ...more]);
    expect(ran.exit).toBeGreaterThan(1);
    expect(ran.stderr).toMatch(said);
    expect(ran.stderr).not.toContain("aperture-env-branch-");
  });

  // Only root can give a repository to somebody else.
  test.skipIf(process.getuid?.() !== 0)("a repository of another account: what git says, and what lets it in", async () => {
    begin();
    execFileSync("chown", ["-R", "12345:12345", root]);
    const ran = await run(["--yes", ...on]);
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toMatch(
      /git refused: fatal: detected dubious ownership in repository at '[^']+sample'\nIf you trust it, run {2}git config --global --add safe\.directory \S+sample\n/,
    );
  });

  test("an environment that is in the folder but not in the commit is none, and the folder's own name is said", async () => {
    begin();
    expect((await run(["--yes"])).exit).toBe(0);
    const ran = await run(["update", ...on]);
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toBe(
      `${root} has an environment, but the commit that env/new starts at has none.\nCommit it first, or leave --branch out.\n`,
    );
    expect((await run(["update", root, root, ...on], outside.folder)).stdout).toContain("2 skipped");
  });
});

describe.skipIf(skipped)("a pull request", () => {
  let log: string;
  /** What a client was told: its name, where it ran, its arguments and what it read. */
  interface Told {
    readonly client: string;
    readonly args: readonly string[];
    readonly input: string;
    readonly head: string;
  }
  const told = (): Told[] =>
    readFileSync(log, "utf8")
      .split("\u0001")
      .filter(Boolean)
      .map((one) => {
        const [client = "", head = "", args = "", input = ""] = one.split("\u0002");
        return { client, head: head.trim(), args: args.split("\u0003").slice(0, -1), input };
      });

  beforeEach(() => {
    log = join(outside.folder, "log");
    writeFileSync(log, "");
    mkdirSync(join(outside.folder, "bin"));
    for (const client of ["gh", "glab"]) {
      const script = `#!/bin/sh
{ printf '\\001${client}\\002'; cat .git/HEAD 2>/dev/null; printf '\\002'; printf '%s\\003' "$@"; printf '\\002'; } >>"${log}"
case "$1 $2" in
  "auth status") [ "$4" = "${client === "gh" ? "git.acme.example" : "lab.acme.example"}" ]; exit ;;
  *" list") cat "${outside.folder}/open" 2>/dev/null || echo '[]' ;;
  *" create") [ "$1" = pr ] && cat >>"${log}"; [ -e "${outside.folder}/refuse" ] && { echo "no permission" >&2; exit 1; }; echo "Creating"; echo "https://forge.example/pull/1" ;;
esac
`;
      writeFileSync(join(outside.folder, "bin", client), script, { mode: 0o755 });
    }
    env["PATH"] = `${join(outside.folder, "bin")}${delimiter}${env["PATH"]!}`;
    git(outside.folder, "init", "-q", "--bare", "remote.git");
  });

  /** A clone whose origin is said to be there; the user's configuration says where that really is. */
  function beginAt(address: string): void {
    begin();
    const remote = join(outside.folder, "remote.git");
    git(root, "push", "-q", remote, "HEAD:refs/heads/main");
    git(root, "remote", "add", "origin", address);
    writeFileSync(env["GIT_CONFIG_GLOBAL"]!, `[url "file://${remote}"]\n\tinsteadOf = ${address}\n`, { flag: "a" });
    git(root, "fetch", "-q", "origin");
    git(root, "remote", "set-head", "origin", "main");
    soil();
  }
  const pull = [...on, "--pull-request"];

  test.each([
    ["https://github.com/acme/app.git", "gh"],
    ["git@github.com:acme/app.git", "gh"],
    ["ssh://git@git.acme.example:2222/acme/app", "gh"],
    ["https://gitlab.com/acme/group/app.git", "glab"],
    ["https://user:hunter2@lab.acme.example/acme/group/app.git", "glab"],
  ])("of %s is opened by %s, with the summary as its text", async (address, client) => {
    beginAt(address);
    git(root, "switch", "-q", "-c", "feature");
    git(root, "commit", "-q", "-m", "of somebody's feature");
    const before = stateOf(root);
    const ran = await run(["--yes", ...pull]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/ on env\/new \([0-9a-f]{10}\), pull request https:\/\/forge\.example\/pull\/1\.\n$/);
    expect(stateOf(root)).toEqual(before);
    const created = told().find(({ args }) => args[1] === "create")!;
    expect(created).toMatchObject({ client, head: "ref: refs/heads/env/new" });
    const { host, project } = /(?<host>github\.com|gitlab\.com|\w+\.acme\.example)(?::\d+)?[/:](?<project>.*?)(?:\.git)?$/.exec(
      address,
    )!.groups!;
    const title = "Add the Aperture environment";
    const text = expect.stringMatching(/^## Aperture environment\n\n### Why\n/) as string;
    expect(created.args).toEqual(
      client === "gh"
        ? ["pr", "create", "--repo", `${host!}/${project!}`, "--head", "env/new", "--title", title, "--body-file", "-"]
        : [
            "mr",
            "create",
            "--repo",
            `https://${host!}/${project!}`,
            "--source-branch",
            "env/new",
            "--title",
            title,
            "--description",
            text,
            "--yes",
          ],
    );
    if (client === "gh") expect(created.input).toEqual(text);
    // It begins where the remote's default branch is, not at what is checked out.
    const remote = join(outside.folder, "remote.git");
    expect(git(remote, "rev-parse", "env/new")).toBe(git(root, "rev-parse", "env/new"));
    expect(git(remote, "rev-parse", "env/new^")).toBe(git(root, "rev-parse", "origin/main"));
    expect(`${ran.stdout}${ran.stderr}${JSON.stringify(told())}`).not.toContain("hunter2");
  });

  test("one that is open stays; a dry run shows the commands and does nothing", async () => {
    beginAt("https://github.com/acme/app.git");
    const dry = await run(["--yes", "--dry-run", ...pull, "--from", "origin/main"]);
    expect(dry.exit, dry.stderr).toBe(0);
    expect(dry.stdout).toContain(
      "    $ git push origin env/new\n    $ gh pr create --repo github.com/acme/app --head env/new --title 'Add the Aperture environment' --body-file - --base main\n",
    );
    expect(git(join(outside.folder, "remote.git"), "branch", "--list", "env/new")).toBe("");
    expect(told()).toEqual([]);
    await run(["--yes", ...pull]);
    write(outside.folder, { open: '[{"url":"https://github.com/acme/app/pull/7"}]\n' });
    const again = await run(["update", "--url", "http://gw", ...pull]);
    expect(again.stdout).toContain("pull request https://github.com/acme/app/pull/7");
    expect(told().filter(({ args }) => args[1] === "create")).toHaveLength(1);
    expect(git(join(outside.folder, "remote.git"), "rev-list", "--count", "env/new")).toBe("3\n");
  });

  test("of an open merge request it is the request's own address, not that of its author", async () => {
    beginAt("https://gitlab.com/acme/app.git");
    await run(["--yes", ...pull]);
    const author = { username: "dev", web_url: "https://gitlab.com/dev" };
    const open = [{ iid: 7, title: "x", author, web_url: "https://gitlab.com/acme/app/-/merge_requests/7", task: {} }];
    write(outside.folder, { open: JSON.stringify(open) });
    const again = await run(["update", "--url", "http://gw", ...pull]);
    expect(again.stdout).toContain("pull request https://gitlab.com/acme/app/-/merge_requests/7.\n");
  });

  test("a client that refuses: the commit stays, and the next run opens it", async () => {
    beginAt("https://github.com/acme/app.git");
    write(outside.folder, { refuse: "" });
    const ran = await run(["--yes", ...pull]);
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toContain("gh did not open a pull request: no permission\n");
    rmSync(join(outside.folder, "refuse"));
    const again = await run(["--yes", "--json", ...pull]);
    expect(JSON.parse(again.stdout)).toMatchObject({
      status: "unchanged",
      branch: { pullRequest: "https://forge.example/pull/1" },
    });
  });

  test.each([
    ["https://github.com/acme/app.git", "gh is not on the PATH"],
    ["https://code.example/acme/app.git", "Neither gh nor glab on the PATH is logged in to code.example."],
    ["/srv/app.git", "is not a project on GitHub or GitLab"],
  ])("without a client for %s nothing is committed", async (address, said) => {
    beginAt(address);
    if (said.startsWith("gh ")) rmSync(join(outside.folder, "bin", "gh"));
    const ran = await run(["--yes", ...pull]);
    expect(ran.exit).toBeGreaterThan(1);
    expect(ran.stderr).toContain(said);
    expect(git(root, "branch", "--list", "env/new")).toBe("");
  });

  test("the repository's own configuration has no part in pushing", async () => {
    beginAt("https://github.com/acme/app.git");
    const trace = join(outside.folder, "ran");
    for (const [key, value] of [
      ["core.sshCommand", `touch "${trace}"`],
      ["credential.helper", `!touch "${trace}"`],
      ["remote.origin.receivepack", `touch "${trace}"; git-receive-pack`],
      ["url.ext::sh -c touch% nope.insteadOf", "https://github.com/"],
      ["push.gpgSign", "true"],
    ] as const)
      git(root, "config", key, value);
    writeFileSync(join(root, ".git", "hooks", "pre-push"), `#!/bin/sh\ntouch "${trace}"\nexit 1\n`, { mode: 0o755 });
    const ran = await run(["--yes", ...pull]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(readdirSync(outside.folder)).not.toContain("ran");
  });
});
