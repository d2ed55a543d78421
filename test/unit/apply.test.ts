/** The one writer on a real disk: all of a plan or nothing of it. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { AppError } from "../../src/errors.ts";
import type { Change, Plan, Write } from "../../src/plan/plan.ts";
import { applyPlan } from "../../src/repo/apply.ts";
import { journalPath } from "../../src/repo/journal-text.ts";
import { findJournal } from "../../src/repo/journal.ts";
import { recoverInterrupted } from "../../src/repo/recovery.ts";
import { findDevcontainers, findTarget, look, readFacts, takeSnapshot } from "../../src/repo/scan.ts";

/** The file system as it is, but every call of these is noted, and a test can do something before or after it, for instance throw. */
const disk = vi.hoisted(() => ({
  names: [
    "chmodSync",
    "closeSync",
    "fstatSync",
    "fsyncSync",
    "lstatSync",
    "mkdirSync",
    "openSync",
    "readFileSync",
    "readlinkSync",
    "realpathSync",
    "renameSync",
    "rmdirSync",
    "statSync",
    "symlinkSync",
    "unlinkSync",
    "writeFileSync",
  ] as const,
  /** False while a test only looks. */
  watched: true,
  calls: [] as { readonly name: string; readonly args: readonly unknown[] }[],
  before: (_name: string, _count: number): void => undefined,
  after: (_name: string, _count: number): void => undefined,
}));
vi.mock("node:fs", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs")>();
  const wrapped = disk.names.map((name) => [
    name,
    (...args: unknown[]): unknown => {
      if (!disk.watched) return (real[name] as (...given: unknown[]) => unknown)(...args);
      disk.calls.push({ name, args });
      const count = disk.calls.filter((call) => call.name === name).length;
      disk.before(name, count);
      const result = (real[name] as (...given: unknown[]) => unknown)(...args);
      disk.after(name, count);
      return result;
    },
  ]);
  return { ...real, ...Object.fromEntries(wrapped) };
});

type Faulty = (typeof disk.names)[number];

const umask = process.umask();
beforeAll(() => void process.umask(0o022));
afterAll(() => void process.umask(umask));

let outside: string;
let root: string;
beforeEach(() => {
  outside = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-apply-"));
  root = join(outside, "repository");
  mkdirSync(root);
});
afterEach(() => {
  calm();
  rmSync(outside, { recursive: true, force: true });
});

const create = (path: string, after: string, executable = false): Write => ({ kind: "create", path, after, executable });
const replace = (path: string, before: string, after: string): Extract<Write, { kind: "replace" }> => ({
  kind: "replace",
  path,
  before,
  after,
  executable: false,
});
const edit = (path: string, before: string, after: string): Write => ({ ...replace(path, before, after), kind: "edit" });
const remove = (path: string, before: string): Write => ({ kind: "remove", path, before });
const planOf = (changes: readonly Change[], lock: Write | null = null): Plan => ({
  root,
  changes,
  lock,
  warnings: [],
  findings: [],
});

function write(path: string, text: string | Buffer, mode = 0o644): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  chmodSync(full, mode);
}

/** Everything below a folder: folders, links, modes and bytes. */
function treeOf(folder = outside): Record<string, string> {
  disk.watched = false;
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const tree = entries.map((name) => {
    const full = join(folder, name);
    const found = lstatSync(full);
    const mode = (found.mode & 0o7777).toString(8);
    if (found.isSymbolicLink()) return [name, `-> ${readlinkSync(full)}`];
    return [name, found.isDirectory() ? `${mode}/` : `${mode} ${readFileSync(full, "latin1")}`];
  });
  disk.watched = true;
  return Object.fromEntries(tree) as Record<string, string>;
}

function refusal(plan: Plan): AppError {
  const before = treeOf();
  try {
    applyPlan(plan);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect(treeOf(), "what is left of the tree").toEqual(before);
    return error as AppError;
  }
  throw new Error("it was applied");
}

/** Forgets calls and faults. */
function calm(): void {
  disk.calls.length = 0;
  disk.before = disk.after = () => undefined;
}

/** Makes the next call number `count` of a function fail. */
function failAt(faulty: Faulty, count: number, code: string): void {
  calm();
  disk.before = (name, now) => {
    if (name === faulty && now === count) throw Object.assign(new Error(`${code}: simulated`), { code, path: "somewhere" });
  };
}

/** Does something behind the first rename. */
function behindFirstRename(act: () => void): void {
  calm();
  disk.after = (name, now) => {
    if (name === "renameSync" && now === 1) act();
  };
}

describe("written", () => {
  test("files with their folders and modes, the lock last", () => {
    applyPlan(
      planOf(
        [create("a/b/c.txt", "c\n"), create("run.sh", "#!/bin/sh\n", true), create("ü nï'code.md", "é")],
        create("lock", "{}\n"),
      ),
    );
    expect(treeOf(root)).toEqual({
      a: "755/",
      "a/b": "755/",
      "a/b/c.txt": "644 c\n",
      lock: "644 {}\n",
      "run.sh": "755 #!/bin/sh\n",
      "ü nï'code.md": "644 \u00c3\u00a9",
    });
    const renames = disk.calls.filter(({ name }) => name === "renameSync");
    expect(renames.at(-1)?.args[1]).toBe(join(root, "lock"));
  });

  test("a folder that is not there yet, with its parents", () => {
    root = join(outside, "new", "deeper");
    applyPlan(planOf([create("x", "x")]));
    expect(treeOf(join(outside, "new"))).toEqual({ deeper: "755/", "deeper/x": "644 x" });
  });

  test("a file in place of another keeps its mode", () => {
    write("script", "old", 0o775);
    write("private", "old", 0o600);
    applyPlan(planOf([replace("script", "old", "new"), edit("private", "old", "new")]));
    expect(treeOf(root)).toEqual({ private: "600 new", script: "775 new" });
  });

  test.skipIf(process.getuid?.() !== 0)("root leaves another account's file to it, also when all is undone", () => {
    const owners = (): string[] =>
      ["private", "script"].map((name) => {
        const { uid, gid, mode } = statSync(join(root, name));
        return `${uid}:${gid} ${(mode & 0o777).toString(8)} ${readFileSync(join(root, name), "utf8")}`;
      });
    for (const [name, mode] of [["private", 0o600] as const, ["script", 0o755] as const]) {
      write(name, "old", mode);
      chownSync(join(root, name), 4711, 4712);
    }
    const plan = planOf([replace("script", "old", "new"), edit("private", "old", "new"), create("z", "z")]);
    failAt("renameSync", 3, "ENOSPC");
    expect(() => applyPlan(plan)).toThrow();
    expect(owners()).toEqual(["4711:4712 600 old", "4711:4712 755 old"]);
    calm();
    applyPlan(plan);
    expect(owners()).toEqual(["4711:4712 600 new", "4711:4712 755 new"]);
  });

  test("nothing else is touched", () => {
    write("theirs", "theirs", 0o640);
    write("kept", "kept");
    const before = statSync(join(root, "theirs")).mtimeMs;
    applyPlan(planOf([create("x", "x"), { kind: "keep", path: "kept", why: "same" }]));
    expect(statSync(join(root, "theirs")).mtimeMs).toBe(before);
    expect(treeOf(root)).toEqual({ kept: "644 kept", theirs: "640 theirs", x: "644 x" });
  });

  test("an empty plan writes nothing", () => {
    const before = treeOf();
    applyPlan(planOf([]));
    expect(treeOf()).toEqual(before);
  });

  test("through a link that stays in the repository, which stays a link", () => {
    write("config/dev.json", "old", 0o640);
    mkdirSync(join(root, ".devcontainer"));
    symlinkSync("../config/dev.json", join(root, ".devcontainer/devcontainer.json"));
    symlinkSync("config", join(root, "linked"));
    applyPlan(planOf([replace(".devcontainer/devcontainer.json", "old", "new"), create("linked/x", "x")]));
    expect(treeOf(root)).toMatchObject({
      ".devcontainer/devcontainer.json": "-> ../config/dev.json",
      "config/dev.json": "640 new",
      "config/x": "644 x",
      linked: "-> config",
    });
  });

  test.each<readonly [string, () => readonly Write[], readonly string[]]>([
    ["new files only: nothing waits for the disk", () => [create("x", "x")], ["open journal", "open", "rename"]],
    [
      "what is ours can be generated again, so nothing waits for the disk",
      () => [replace("old", "old", "new"), create("x", "x")],
      ["open journal", "open", "open", "rename", "rename"],
    ],
    [
      "a user's text is on the disk before its place is taken",
      () => [edit("old", "old", "new"), create("x", "x")],
      ["open journal", "flush", "open", "flush", "open", "rename", "rename"],
    ],
    ["a removal is in the journal first", () => [remove("old", "old")], ["open journal", "unlink"]],
  ])("%s", (_what, changes, expected) => {
    write("old", "old");
    calm();
    applyPlan(planOf(changes()));
    const names: Readonly<Record<string, string>> = {
      openSync: "open",
      fsyncSync: "flush",
      renameSync: "rename",
      unlinkSync: "unlink",
    };
    const seen = disk.calls.flatMap(({ name, args }) =>
      name in names ? [`${names[name]!}${name === "openSync" && String(args[0]).endsWith(journalPath) ? " journal" : ""}`] : [],
    );
    expect(seen).toEqual([...expected, "unlink"]);
    expect(disk.calls.findLast(({ name }) => name === "unlinkSync")?.args).toEqual([join(root, journalPath)]);
  });

  test("temporary files and the journal have no more permissions than the files, and are never opened where something is", () => {
    write("private", "old", 0o600);
    calm();
    let modes: readonly string[] = [];
    disk.before = (name, count) => {
      if (name === "renameSync" && count === 1) modes = Object.values(treeOf(root)).map((entry) => entry.slice(0, 3));
    };
    applyPlan(planOf([edit("private", "old", "new")]));
    expect(modes).toEqual(["600", "600", "600"]);
    const opened = disk.calls.filter(({ name }) => name === "openSync");
    expect(opened.map(({ args }) => args[1])).toEqual(["wx", "wx"]);
  });

  test("two runs never have the same temporary names", () => {
    applyPlan(planOf([create("x", "x")]));
    applyPlan(planOf([create("y", "y")]));
    const names = disk.calls.flatMap(({ name, args }) =>
      name === "renameSync" ? [/-([0-9a-f]{12})\.tmp$/.exec(String(args[0]))?.[1]] : [],
    );
    expect(new Set(names).size).toBe(2);
    expect(names).not.toContain(undefined);
  });
});

describe("removed", () => {
  test("a file, with the folders that become empty by it, but never the root", () => {
    write("a/b/c/x", "x");
    write("a/b/y", "y");
    write("a/theirs", "theirs");
    write("z", "z");
    mkdirSync(join(root, "empty"));
    applyPlan(planOf([remove("a/b/c/x", "x"), remove("a/b/y", "y")], remove("z", "z")));
    expect(treeOf(root)).toEqual({ a: "755/", "a/theirs": "644 theirs", empty: "755/" });
    applyPlan(planOf([remove("a/theirs", "theirs")]));
    rmSync(join(root, "empty"), { recursive: true });
    write("last", "x");
    applyPlan(planOf([remove("last", "x")]));
    expect(treeOf()).toEqual({ repository: "755/" });
  });

  test("folders that were empty before stay, and so does what is in them", () => {
    write("a/b/x", "x");
    mkdirSync(join(root, "a/empty"));
    applyPlan(planOf([remove("a/b/x", "x")]));
    expect(treeOf(root)).toEqual({ a: "755/", "a/empty": "755/" });
  });

  test("a folder from which one file goes and into which another comes stays", () => {
    write("a/x", "x");
    applyPlan(planOf([remove("a/x", "x"), create("a/y", "y")]));
    expect(treeOf(root)).toEqual({ a: "755/", "a/y": "644 y" });
  });

  test("a link goes, what it leads to stays; folders behind a link go, the link stays", () => {
    write("config/x", "x");
    write("config/deep/y", "y");
    symlinkSync("config/x", join(root, "x"));
    symlinkSync("config", join(root, "linked"));
    applyPlan(planOf([remove("x", "x"), remove("linked/deep/y", "y")]));
    expect(treeOf(root)).toMatchObject({ config: "755/", "config/x": "644 x", linked: "-> config" });
    expect(existsSync(join(root, "x")) || existsSync(join(root, "config/deep"))).toBe(false);
  });

  test("is undone with text, mode, folders and links", () => {
    write("a/b/x", "x", 0o640);
    chmodSync(join(root, "a/b"), 0o700);
    write("config/x", "x");
    symlinkSync("config/x", join(root, "link"));
    const plan = planOf([remove("a/b/x", "x"), remove("link", "x"), create("new", "new")]);
    failAt("renameSync", 1, "EPERM");
    expect(refusal(plan)).toMatchObject({ code: "cannot-write" });
  });
});

describe("changed since the plan was made", () => {
  test.each<readonly [string, () => void, Write]>([
    ["a file has come up", () => write("x", "theirs"), create("x", "ours")],
    ["a folder has come up", () => mkdirSync(join(root, "x")), create("x", "ours")],
    ["a folder on the way has become a file", () => write("sub", "theirs"), create("sub/x", "ours")],
    ["a link to nothing has come up", () => symlinkSync("nowhere", join(root, "x")), create("x", "ours")],
    ["a file has another text", () => write("x", "edited"), replace("x", "old", "new")],
    ["a file has other line ends", () => write("x", "old\r\n"), replace("x", "old\n", "new\n")],
    ["a file is gone", () => undefined, replace("x", "old", "new")],
    ["a file has become a folder", () => mkdirSync(join(root, "x")), replace("x", "old", "new")],
    ["a file that shall go has another text", () => write("x", "edited"), remove("x", "old")],
    ["a file that shall go is gone", () => undefined, remove("x", "old")],
    ["a file that shall go has become a folder", () => mkdirSync(join(root, "x")), remove("x", "old")],
    ["a file is no longer text", () => write("x", Buffer.from([0xff, 0xfe])), replace("x", "\ufffd\ufffd", "new")],
  ])("%s: nothing is written", (_what, change, second) => {
    change();
    const error = refusal(planOf([create("a/first", "first"), second], create("lock", "{}")));
    expect(error).toMatchObject({ code: "changed-meanwhile", exit: 3, where: { file: second.path }, hint: "Run again." });
    expect(error.message).toContain(second.path);
  });

  test("also where it changes while others are staged: what was renamed comes back", () => {
    write("first", "old");
    write("second", "old");
    behindFirstRename(() => {
      writeFileSync(join(root, "second"), "edited");
    });
    expect(() =>
      applyPlan(planOf([replace("first", "old", "new"), replace("second", "old", "new"), create("third/x", "x")])),
    ).toThrow(expect.objectContaining({ code: "changed-meanwhile", exit: 3 }));
    expect(treeOf(root)).toEqual({ first: "644 old", second: "644 edited" });
  });

  test("what somebody changes between the rename and the undo stays", () => {
    write("first", "old");
    write("gone", "old");
    behindFirstRename(() => {
      writeFileSync(join(root, "first"), "theirs");
      writeFileSync(join(root, "new"), "theirs");
    });
    expect(() => applyPlan(planOf([replace("first", "old", "new"), remove("gone", "old"), create("new", "x")]))).toThrow(
      expect.objectContaining({ code: "changed-meanwhile" }),
    );
    expect(treeOf(root)).toEqual({ first: "644 theirs", gone: "644 old", new: "644 theirs" });
  });
});

describe("the disk refuses", () => {
  const changes = (): readonly Change[] => [
    replace("a-old", "old a", "new a"),
    create("b/new", "new b"),
    create("b/deep/er/new", "new c"),
    edit("d-old", "old d", "new d"),
    remove("e/deep/old", "old e"),
    remove("link", "old f"),
    edit("g-link", "old f", "new f"),
  ];
  const lock = create("lock", "{}");
  beforeEach(() => {
    write("a-old", "old a", 0o773);
    write("d-old", "old d", 0o600);
    write("e/deep/old", "old e", 0o750);
    write("f", "old f");
    symlinkSync("f", join(root, "link"));
    symlinkSync("f", join(root, "g-link"));
  });

  test.each(disk.names)("at whichever call of %s: all is as it was", (name) => {
    const before = treeOf();
    calm();
    applyPlan(planOf(changes(), lock));
    const calls = disk.calls.filter((call) => call.name === name).length;
    if (name !== "symlinkSync") expect(calls).toBeGreaterThan(0);
    const after = treeOf();
    for (let count = 1; count <= calls; count++) {
      restore(before);
      failAt(name, count, "EPERM");
      // The journal is gone by then, and all that it stood for is there.
      if (name === "closeSync" && count === calls) applyPlan(planOf(changes(), lock));
      else expect(refusal(planOf(changes(), lock)), `number ${count}`).toMatchObject({ exit: 4 });
      expect(treeOf(), `${name} number ${count}`).toEqual(name === "closeSync" && count === calls ? after : before);
    }
  });

  /** Makes the repository what it was. */
  function restore(tree: Record<string, string>): void {
    calm();
    rmSync(root, { recursive: true });
    for (const [name, entry] of Object.entries(tree)) {
      const [, mode = "", kind = "", text = ""] = /^(\d+|->)([ /])?([^]*)$/.exec(entry)!;
      if (mode === "->") symlinkSync(text, join(outside, name));
      else if (kind === "/") mkdirSync(join(outside, name));
      else writeFileSync(join(outside, name), text);
      if (mode !== "->") chmodSync(join(outside, name), Number.parseInt(mode, 8));
    }
  }

  test.each([
    ["ENOSPC", "The disk is full."],
    ["EROFS", "The file system is read-only."],
    ["EACCES", "Check the permissions of the folder."],
  ])("%s is said with what to do", (code, hint) => {
    failAt("writeFileSync", 3, code);
    const error = refusal(planOf(changes(), lock));
    expect(error).toMatchObject({ code: "cannot-write", exit: 4, hint });
    expect(error.message).toMatch(new RegExp(`cannot be written \\(${code}\\)\\. Nothing was changed\\.$`));
  });

  test("where the way back fails, too, the journal stays, and the next run goes on to the end", () => {
    const plan = planOf(changes(), lock);
    calm();
    disk.before = (name, now) => {
      if (name === "renameSync" && now >= 3) throw Object.assign(new Error("EIO: simulated"), { code: "EIO", path: "somewhere" });
    };
    const key = Buffer.alloc(32, 1);
    expect(() => applyPlan(plan, key)).toThrow(
      expect.objectContaining({ code: "cannot-write", message: expect.stringContaining("next run") }),
    );
    calm();
    expect(findJournal(root)).toBe(true);
    const recovery = recoverInterrupted(root, { key, mayWrite: () => true });
    expect(recovery).toEqual({ finished: [...changes().map(({ path }) => path), "lock"], left: [], undone: false });
    expect(treeOf(root)).toEqual({
      "a-old": "773 new a",
      b: "755/",
      "b/deep": "755/",
      "b/deep/er": "755/",
      "b/deep/er/new": "644 new c",
      "b/new": "644 new b",
      "d-old": "600 new d",
      f: "644 new f",
      "g-link": "-> f",
      lock: "644 {}",
    });
  });

  test("a run that another took for dead stops, and undoes nothing that the other has finished", () => {
    calm();
    disk.after = (name, now) => {
      if (name === "renameSync" && now === 2) {
        rmSync(join(root, journalPath));
        writeFileSync(join(root, "d-old"), "theirs");
      }
    };
    expect(() => applyPlan(planOf(changes(), lock))).toThrow(expect.objectContaining({ code: "changed-meanwhile" }));
    expect(treeOf(root)).toMatchObject({ "a-old": "773 new a", "b/new": "644 new b", "d-old": "600 theirs" });
    expect(Object.keys(treeOf(root)).filter((name) => name.includes("tmp"))).toEqual([]);
  });

  test("a run whose journal is gone before its first rename changes nothing", () => {
    calm();
    disk.after = (name, now) => {
      if (name === "openSync" && now === 2) rmSync(join(root, journalPath));
    };
    expect(refusal(planOf(changes(), lock))).toMatchObject({ code: "another-run", exit: 4, where: { file: journalPath } });
  });

  test("a new root goes again, too", () => {
    root = join(outside, "new", "root");
    failAt("renameSync", 2, "EPERM");
    expect(refusal(planOf([create("x", "x"), create("y/z", "z")]))).toMatchObject({ exit: 4 });
    expect(existsSync(join(outside, "new"))).toBe(false);
  });

  test("a folder that was made stays where somebody has put something into it", () => {
    behindFirstRename(() => {
      writeFileSync(join(root, "b", "theirs"), "theirs");
      throw Object.assign(new Error("EPERM"), { code: "EPERM" });
    });
    expect(() => applyPlan(planOf([create("b/new", "x")]))).toThrow(AppError);
    expect(readFileSync(join(root, "b/theirs"), "utf8")).toBe("theirs");
  });
});

test("no temporary file is left, whatever happened", () => {
  write("old", "old");
  applyPlan(planOf([replace("old", "old", "new"), create("sub/x", "x")]));
  failAt("renameSync", 2, "EPERM");
  refusal(planOf([replace("old", "new", "newer"), create("sub/y", "y")]));
  expect(Object.keys(treeOf(root)).filter((name) => name.includes("tmp"))).toEqual([]);
});

test("a plan with a conflict is never applied", () => {
  const before = treeOf();
  const conflict: Change = { kind: "conflict", path: "x", why: "is there", fix: "move it", choices: [] };
  expect(() => applyPlan(planOf([create("y", "y"), conflict]))).toThrow("conflicts");
  expect(treeOf()).toEqual(before);
});

describe("links out of the repository", () => {
  beforeEach(() => {
    mkdirSync(join(outside, "secret"));
    writeFileSync(join(outside, "secret", "x"), "secret");
    symlinkSync("../secret", join(root, "out"));
    symlinkSync("../secret/x", join(root, "file"));
    symlinkSync(join(outside, "repository-2"), join(root, "gone"));
    mkdirSync(join(outside, "repository-2x"));
    symlinkSync("../repository-2x", join(root, "neighbour"));
  });

  test.each(["out/x", "out/new", "out/deep/new", "file", "neighbour/x"])("%s is reported, not followed", (path) => {
    expect(look(root, path)).toEqual({ kind: "other", what: expect.stringContaining("which leads out of the repository") });
  });

  test.each<Write>([
    create("out/new", "x"),
    replace("out/x", "secret", "x"),
    replace("file", "secret", "x"),
    create("gone/x", "x"),
    create("gone", "x"),
    remove("out/x", "secret"),
    remove("file", "secret"),
  ])("nothing is written through %j", (change) => {
    expect(refusal(planOf([create("a", "a"), change]))).toMatchObject({ exit: 3 });
  });
});

test.each<Write>([create("hooks/pre-commit", "x", true), replace("config", "old", "new"), remove("hooks/x", "x")])(
  "nothing is written through a link into git's own folder: %j",
  (change) => {
    write(".git/hooks/x", "x");
    write(".git/config", "old");
    symlinkSync(".git/hooks", join(root, "hooks"));
    symlinkSync(".git/config", join(root, "config"));
    expect(refusal(planOf([create("a", "a"), change]))).toMatchObject({
      code: "link-into-git",
      exit: 3,
      where: { file: change.path },
    });
  },
);

describe("what lies at a path", () => {
  test.each<readonly [string, () => void, object]>([
    ["nothing", () => undefined, { kind: "nothing" }],
    ["a text", () => write("x", "\ufeffé\r\n"), { kind: "text", text: "\ufeffé\r\n" }],
    ["an empty text", () => write("x", ""), { kind: "text", text: "" }],
    ["a folder", () => mkdirSync(join(root, "x")), { kind: "other", what: "a folder" }],
    [
      "not text",
      () => write("x", Buffer.from([0x61, 0x80])),
      {
        kind: "other",
        what: "not UTF-8 text: line 1 has the byte 0x80, as Latin-1 and Windows-1252 have it",
        fix: "save it as UTF-8",
      },
    ],
    ["something huge", () => write("x", Buffer.alloc(5 * 1024 * 1024 + 1, 0x61)), { kind: "other", what: "larger than 5 MiB" }],
    ["a link to nothing", () => symlinkSync("nowhere", join(root, "x")), { kind: "other", what: "a symbolic link to nothing" }],
    ["a link within", () => (write("y", "y"), symlinkSync("y", join(root, "x"))), { kind: "text", text: "y" }],
  ])("%s", (_what, make, found) => {
    make();
    expect(look(root, "x")).toEqual(found);
    expect(takeSnapshot(root, ["x", "none"])).toEqual(
      new Map([
        ["x", found],
        ["none", { kind: "nothing" }],
      ]),
    );
  });

  test("below a file there is nothing that can be", () => {
    write("file", "x");
    expect(look(root, "file/x")).toEqual({ kind: "other", what: "below something that is not a folder" });
    expect(look(root, "file/x/y")).toEqual({ kind: "other", what: "below something that is not a folder" });
  });

  test("in a folder that is not there, nothing", () => {
    expect(look(join(outside, "none"), "a/b")).toEqual({ kind: "nothing" });
  });
});

describe("the folder to work in", () => {
  test("is git's top folder where none is named", () => {
    mkdirSync(join(root, ".git"));
    mkdirSync(join(root, "a/b"), { recursive: true });
    expect(findTarget(join(root, "a/b"), null)).toEqual({ root, exists: true, fromGit: true });
    expect(findTarget(root, null)).toEqual({ root, exists: true, fromGit: false });
    expect(findTarget(root, "a")).toEqual({ root: join(root, "a"), exists: true, fromGit: false });
  });

  test.each(["aperture-env.yaml", "aperture-env.lock"])(
    "is the nearest one up to there that has an environment, by its %s",
    (name) => {
      mkdirSync(join(root, ".git"));
      mkdirSync(join(root, "packages/a/src"), { recursive: true });
      mkdirSync(join(root, "packages/b"), { recursive: true });
      write(`packages/a/${name}`, "x");
      write(name, "x");
      const at = (folder: string): string => findTarget(join(root, folder), null).root;
      expect(["packages/a/src", "packages/a", "packages/b", "."].map(at)).toEqual([
        join(root, "packages/a"),
        join(root, "packages/a"),
        root,
        root,
      ]);
      expect(findTarget(join(root, "packages/a/src"), null).fromGit).toBe(true);
      expect(findTarget(root, "packages/a/src").root).toBe(join(root, "packages/a/src"));
    },
  );

  test("is the folder itself without git, whatever lies above", () => {
    mkdirSync(join(root, "a"));
    write("aperture-env.yaml", "x");
    expect(findTarget(join(root, "a"), null).root).toBe(join(root, "a"));
  });

  test("is known by a file .git, too, as work trees have it", () => {
    write(".git", "gitdir: elsewhere\n");
    mkdirSync(join(root, "a"));
    expect(findTarget(join(root, "a"), null).root).toBe(root);
  });

  test("may not exist yet, and then git's around it is not taken for it", () => {
    mkdirSync(join(root, ".git"));
    expect(findTarget(root, "new")).toEqual({ root: join(root, "new"), exists: false, fromGit: false });
    expect(findTarget(join(root, "none"), null)).toEqual({ root: join(root, "none"), exists: false, fromGit: false });
  });

  test("is no file", () => {
    write("file", "x");
    expect(() => findTarget(root, "file")).toThrow(expect.objectContaining({ code: "not-a-folder", exit: 2 }));
  });
});

describe("what the files of a repository say", () => {
  const base = (): unknown => readFacts(findTarget(root, "."), [], "1.18.18", "2026-11-25").base;

  test.each([
    [["go.mod"], { name: "go", sign: "go.mod" }],
    [["package.json"], { name: "node", sign: "package.json" }],
    [["package.json", "pyproject.toml"], { name: "python", sign: "pyproject.toml" }],
    [["App.csproj"], { name: "dotnet", sign: "App.csproj" }],
    [["build.gradle.kts", "package.json"], { name: "java", sign: "build.gradle.kts" }],
    [["README.md"], null],
  ])("%j", (files, expected) => {
    for (const file of files) write(file, "");
    expect(base()).toEqual(expected);
  });

  test("a folder that is not there yet says its name", () => {
    expect(readFacts(findTarget(root, "my app"), [".devcontainer.json"], "1.18.18", "2026-11-25")).toEqual({
      folder: "my app",
      base: null,
      devcontainers: [".devcontainer.json"],
      opencode: "1.18.18",
      today: "2026-11-25",
    });
  });

  test("dev containers, in the order of tools", () => {
    expect(findDevcontainers(root)).toEqual([]);
    write(".devcontainer.json", "{}");
    write(".devcontainer/b/devcontainer.json", "{}");
    write(".devcontainer/a/devcontainer.json", "{}");
    write(".devcontainer/devcontainer.json", "{}");
    write(".devcontainer/a/b/devcontainer.json", "{}");
    expect(findDevcontainers(root)).toEqual([
      ".devcontainer/devcontainer.json",
      ".devcontainer.json",
      ".devcontainer/a/devcontainer.json",
      ".devcontainer/b/devcontainer.json",
    ]);
  });
});
