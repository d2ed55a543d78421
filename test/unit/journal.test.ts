/** The journal: what the next run makes of one that was left behind, and that nobody can make it write where it must not. */
import {
  chmodSync,
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
  truncateSync,
  writeFileSync,
} from "node:fs";
import { spawnSync } from "node:child_process";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hashText } from "../../src/lock/lock.ts";
import { applyPlan } from "../../src/repo/apply.ts";
import { journalPath, type JournalStep } from "../../src/repo/journal-text.ts";
import { findJournal } from "../../src/repo/journal.ts";
import { recoverInterrupted, type Recovery, type Trust } from "../../src/repo/recovery.ts";
import { sealOf } from "../../src/repo/seal.ts";
import { linesOf, textsOf } from "../support/journal.ts";

let outside: string;
let root: string;
beforeEach(() => {
  outside = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-journal-"));
  root = join(outside, "repository");
  mkdirSync(root);
});
afterEach(() => rmSync(outside, { recursive: true, force: true }));

const run = "0123456789ab";
/** A process that was there and is no more. */
const dead = spawnSync(process.execPath, ["--version"]).pid;
const file = { uid: process.getuid?.() ?? 0, mode: 0o600, links: 1 };
const header = { version: 3, pid: dead, host: hostname(), run, startedAt: Date.now(), file };
const key = Buffer.alloc(32, 7);
/** Believes what is sealed with the key, for any place: which places count, the hostile tests show. */
const trust: Trust = { key, mayWrite: () => true };

function recover(at = root): Recovery | null {
  return recoverInterrupted(at, trust);
}

const create = (path: string, after: string, executable = false): JournalStep => ({
  path,
  kind: "create",
  before: null,
  after,
  executable,
});
const edit = (path: string, before: string, after: string): JournalStep => ({
  path,
  kind: "edit",
  before: hashText(before),
  after,
  executable: false,
});
const remove = (path: string, before: string): JournalStep => ({
  path,
  kind: "remove",
  before: hashText(before),
  after: null,
  executable: false,
});

/** A journal's first lines: strings unchanged. */
function journalOf(...lines: readonly (object | string)[]): string {
  return linesOf(lines);
}

/** With the right seal, so that nothing but what a test is about is wrong with it. */
function committed(steps: readonly object[], changes: object = {}): string {
  return sealed({ ...header, ...changes }, ...steps, { commit: steps.length });
}

/** The lines, the last of which gets the seal of those before it, and the steps' texts behind them. */
function sealed(...lines: readonly (object | string)[]): string {
  const text = journalOf(...lines.slice(0, -1));
  return `${text}${journalOf({ ...(lines.at(-1) as object), seal: sealOf(key, root, text) })}${textsOf(lines)}\n`;
}

function write(path: string, text: string, mode = 0o644): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  chmodSync(full, mode);
}

function leave(text: string): void {
  write(journalPath, text, 0o600);
}

function treeOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    entries.map((name) => {
      const found = lstatSync(join(folder, name));
      if (found.isSymbolicLink()) return [name, `-> ${readlinkSync(join(folder, name))}`];
      const mode = (found.mode & 0o7777).toString(8);
      return [name, found.isDirectory() ? "/" : `${mode} ${readFileSync(join(folder, name), "utf8").slice(0, 200)}`];
    }),
  );
}

describe("a run that was cut off", () => {
  test("none: nothing to do", () => {
    expect(findJournal(root)).toBe(false);
    expect(recover()).toBeNull();
    expect(findJournal(join(outside, "none"))).toBe(false);
    expect(recover(join(outside, "none"))).toBeNull();
  });

  test.each([
    ["with its header", journalOf(header)],
    ["within its header", JSON.stringify(header).slice(0, 40)],
    ["within the first letters", '{"v'],
    ["before its header", ""],
    ["within a step", `${journalOf(header, create("x", "x"))}${JSON.stringify(create("y", "y")).slice(0, 30)}`],
    ["before it was committed", journalOf(header, create("x", "x"), edit("old", "old", "new"))],
    ["within the commit", `${journalOf(header, create("x", "x"))}{"commit":1}`],
    ["before its texts", `${journalOf(header, create("x", "new text"), { commit: 1, seal: "" })}`],
    ["within its texts", `${journalOf(header, create("x", "new text"), { commit: 1, seal: "" })}new t`],
    ["behind its texts", `${journalOf(header, create("x", "new text"), { commit: 1, seal: "" })}new text`],
  ])("%s has touched nothing: the journal goes", (_where, text) => {
    write("old", "old");
    leave(text);
    expect(findJournal(root)).toBe(true);
    expect(recover()).toEqual({ finished: [], left: [], undone: true });
    expect(treeOf(root)).toEqual({ old: "644 old" });
  });

  test("is finished: what is as it was is done, what is done stays, temporary files and empty folders go", () => {
    write("edit", "old", 0o600);
    write("done", "new");
    write("a/b/gone", "old");
    write(`edit.aperture-env-${run}.tmp`, "ne");
    write(`done.aperture-env-ffffffffffff.tmp`, "not of this run");
    mkdirSync(join(root, "c/d"), { recursive: true });
    const steps = [
      edit("edit", "old", "new"),
      edit("done", "old", "new"),
      create("new/deep/x.sh", "x", true),
      remove("a/b/gone", "old"),
      remove("c/d/gone before", "old"),
      create("lock", "{}"),
    ];
    leave(committed(steps));
    expect(recover()).toEqual({ finished: steps.map(({ path }) => path), left: [], undone: false });
    expect(treeOf(root)).toEqual({
      done: "644 new",
      "done.aperture-env-ffffffffffff.tmp": "644 not of this run",
      edit: "600 new",
      lock: "644 {}",
      new: "/",
      "new/deep": "/",
      "new/deep/x.sh": "755 x",
    });
    expect(recover()).toBeNull();
  });

  test("what somebody has changed since is left and named", () => {
    write("edit", "theirs");
    write("create", "theirs");
    write("remove", "theirs");
    mkdirSync(join(root, "folder"));
    write("file", "theirs");
    symlinkSync("nowhere", join(root, "dangling"));
    const left = [
      edit("edit", "old", "new"),
      create("create", "new"),
      remove("remove", "old"),
      edit("gone", "old", "new"),
      edit("folder", "old", "new"),
      create("file/x", "new"),
      create("dangling", "new"),
    ];
    const before = treeOf(root);
    leave(committed([...left, create("lock", "{}")]));
    expect(recover()).toEqual({ finished: ["lock"], left: left.map(({ path }) => path), undone: false });
    expect(treeOf(root)).toEqual({ ...before, lock: "644 {}" });
  });

  test("through links within the repository, as the run itself", () => {
    write("config/x", "old", 0o640);
    symlinkSync("config/x", join(root, "link"));
    symlinkSync("config/x", join(root, "goes"));
    symlinkSync("config", join(root, "linked"));
    leave(committed([edit("link", "old", "new"), create("linked/y", "y"), remove("goes", "new")]));
    expect(recover()).toMatchObject({ finished: ["link", "linked/y", "goes"] });
    expect(existsSync(join(root, "goes"))).toBe(false);
    expect(treeOf(root)).toMatchObject({
      config: "/",
      "config/x": "640 new",
      "config/y": "644 y",
      link: "-> config/x",
      linked: "-> config",
    });
  });

  test("blocks applyPlan, which changes nothing; after recovery a new plan can be applied", () => {
    leave(committed([create("x", "x")]));
    const change = { kind: "create", path: "y", after: "y", executable: false } as const;
    const apply = (): void => applyPlan({ root, changes: [change], lock: null, warnings: [], findings: [] });
    const before = treeOf(root);
    expect(apply).toThrow(expect.objectContaining({ code: "changed-meanwhile", exit: 3, hint: "Run again." }));
    expect(treeOf(root)).toEqual(before);
    expect(recover()).toMatchObject({ finished: ["x"] });
    apply();
    expect(treeOf(root)).toEqual({ x: "644 x", y: "644 y" });
  });

  test("where the disk refuses, the journal stays", () => {
    write("x", "old");
    mkdirSync(join(root, `x.aperture-env-${run}.tmp`));
    leave(committed([edit("x", "old", "new")]));
    expect(() => recover()).toThrow(
      expect.objectContaining({ code: "cannot-write", exit: 4, hint: expect.stringContaining("run again") }),
    );
    expect(treeOf(root)).toMatchObject({ x: "644 old", [journalPath]: expect.anything() });
  });
});

describe("a run at work", () => {
  const minutes = 60_000;
  test.each([
    ["whose process is there", { pid: process.ppid }],
    ["of another user's process", { pid: 1 }],
    ["on another machine", { host: "elsewhere" }],
    ["on another machine, since 9 minutes", { host: "elsewhere", startedAt: Date.now() - 9 * minutes }],
    ["on a machine whose clock is ahead", { host: "elsewhere", startedAt: Date.now() + 5 * minutes }],
  ])("%s is not disturbed", (_which, changes) => {
    leave(committed([create("x", "x")], changes));
    const before = treeOf(root);
    const expected = expect.objectContaining({
      code: "another-run",
      exit: 4,
      message: expect.stringMatching(/process \d+ on .+, since \d{4}-.+Z\) is writing/),
      hint: expect.stringContaining(journalPath),
      where: { file: journalPath },
    });
    expect(() => recover()).toThrow(expected);
    const change = { kind: "create", path: "y", after: "y", executable: false } as const;
    expect(() => applyPlan({ root, changes: [change], lock: null, warnings: [], findings: [] })).toThrow(expected);
    expect(treeOf(root)).toEqual(before);
  });

  test.each([
    ["is at work for longer than any run", { pid: process.ppid, startedAt: Date.now() - 11 * minutes }],
    ["was on another machine long ago", { host: "elsewhere", startedAt: Date.now() - 11 * minutes }],
    ["is of a day to come", { pid: process.ppid, startedAt: Date.now() + 24 * 60 * minutes }],
    ["had the number that this process has now", { pid: process.pid }],
    ["has ended", {}],
  ])("one that %s is finished", (_which, changes) => {
    leave(committed([create("x", "x")], changes));
    expect(recover()).toMatchObject({ finished: ["x"] });
  });
});

describe("a journal that nobody can follow is refused, and nothing is touched", () => {
  const good = create("a", "a");

  test.each<readonly [string, () => string]>([
    ["a path upwards", () => committed([good, create("../x", "x")])],
    ["a path upwards in the middle", () => committed([good, create("a/../../x", "x")])],
    ["an absolute path", () => committed([good, create("/tmp/x", "x")])],
    ["a path of Windows", () => committed([good, create("C:\\x", "x")])],
    ["git's own folder", () => committed([good, create(".git/hooks/pre-commit", "x", true)])],
    ["git's own folder in other letters", () => committed([good, create(".GIT/hooks/pre-commit", "x", true)])],
    ["git's own folder further down", () => committed([good, create("sub/.git/config", "x")])],
    ["the journal itself", () => committed([good, create(journalPath, "x")])],
    ["an empty path", () => committed([good, create("", "x")])],
    ["a link out of the repository", () => committed([good, create("out/x", "x")])],
    ["a link out, to a file", () => committed([good, edit("file", "secret", "x")])],
    ["a removal behind a link out", () => committed([good, remove("out/secret", "secret")])],
    ["a link into git's own folder", () => committed([good, create("hooks/pre-commit", "x", true)])],
    ["a link into git's own folder, to a file", () => committed([good, edit("config", "config", "x")])],
    ["a mode", () => committed([{ ...good, executable: 0o4755 }])],
    ["no word on whether it is a program", () => committed([{ ...good, executable: undefined }])],
    ["an unknown kind", () => committed([{ ...good, kind: "link" }])],
    ["a creation over a text", () => committed([{ ...good, before: hashText("x") }])],
    ["an edit over nothing", () => committed([{ ...edit("a", "a", "b"), before: null }])],
    ["a hash of another kind", () => committed([{ ...edit("a", "a", "b"), before: "md5-x" }])],
    ["a removal with a text", () => committed([{ ...remove("a", "a"), after: "x" }])],
    ["a creation without one", () => committed([{ ...good, after: null }])],
    ["a text that is a list", () => committed([{ ...good, after: ["x"] }])],
    ["a text on its line", () => sealed(header, JSON.stringify(good), { commit: 1 })],
    ["a text without a length", () => committed([{ ...good, after: { hash: hashText("a") } }])],
    ["a text of less than nothing", () => committed([{ ...good, after: { hash: hashText("a"), length: -1 } }])],
    ["a text without a hash", () => committed([{ ...good, after: { length: 0 } }])],
    ["another text than it names", () => committed([good]).replace(/a\n$/, "b\n")],
    ["a text for another file", () => committed([create("a", "xy"), create("b", "zz")]).replace(/xyzz\n$/, "xzyz\n")],
    ["fewer steps than committed", () => sealed(header, good, { commit: 2 })],
    ["text behind the end", () => `${committed([good])}{`],
    ["a letter in the place of the end", () => committed([good]).replace(/\n$/, "{")],
    ["steps behind the commit", () => sealed(header, good, { commit: 1 }, good, { commit: 2 })],
    ["broken JSON", () => sealed(header, "{", { commit: 1 })],
    ["a list", () => sealed(header, [good], { commit: 1 })],
    ["an empty line", () => sealed(header, "", good, { commit: 1 })],
    ["more steps than any plan has", () => committed(Array.from({ length: 1001 }, (_, index) => create(`f${index}`, "x")))],
    ["another version", () => sealed({ ...header, version: 4 }, good, { commit: 1 })],
    ["an older version", () => sealed({ ...header, version: 2 }, good, { commit: 1 })],
    ["no header", () => sealed(good, { commit: 1 })],
    ["a header that is a word", () => sealed('"x"', good, { commit: 1 })],
    ["a run's name that is a path", () => committed([good], { run: "../../../../x" })],
    ["a process that is a group", () => committed([good], { pid: -1 })],
    ["process 0", () => committed([good], { pid: 0 })],
    ["no time", () => committed([good], { startedAt: "today" })],
    ["a machine's name that moves the cursor", () => committed([good], { host: "\u001b[2J" })],
    ["something else altogether", () => "my notes"],
    ["binary", () => "\0\0\0\0"],
  ])("%s", (_what, text) => {
    mkdirSync(join(outside, "elsewhere"));
    writeFileSync(join(outside, "elsewhere/secret"), "secret");
    symlinkSync("../elsewhere", join(root, "out"));
    symlinkSync("../elsewhere/secret", join(root, "file"));
    write(".git/config", "config");
    mkdirSync(join(root, ".git/hooks"));
    symlinkSync(".git/hooks", join(root, "hooks"));
    symlinkSync(".git/config", join(root, "config"));
    leave(text());
    const before = treeOf(outside);
    expect(() => recover()).toThrow(
      expect.objectContaining({
        code: "journal-damaged",
        exit: 3,
        message: expect.stringContaining(journalPath),
        hint: expect.stringContaining(`delete ${journalPath}`),
        where: expect.objectContaining({ file: journalPath }),
      }),
    );
    expect(treeOf(outside)).toEqual(before);
  });

  test("a huge one is not even read", () => {
    leave("");
    truncateSync(join(root, journalPath), 64 * 1024 * 1024 + 1);
    expect(() => recover()).toThrow(expect.objectContaining({ code: "journal-damaged" }));
    expect(statSync(join(root, journalPath)).size).toBeGreaterThan(64 * 1024 * 1024);
  });

  test.each([
    ["a link to one", () => (writeFileSync(join(outside, "j"), committed([good])), symlinkSync("../j", join(root, journalPath)))],
    ["a link to nothing", () => symlinkSync("../nothing", join(root, journalPath))],
    ["a folder", () => mkdirSync(join(root, journalPath))],
  ])("%s is none", (_what, make) => {
    make();
    const before = treeOf(outside);
    const refused = expect.objectContaining({ code: "journal-damaged", exit: 3 });
    expect(findJournal(root)).toBe(true);
    expect(() => recover()).toThrow(refused);
    const change = { kind: "create", path: "y", after: "y", executable: false } as const;
    expect(() => applyPlan({ root, changes: [change], lock: null, warnings: [], findings: [] })).toThrow(refused);
    expect(treeOf(outside)).toEqual(before);
    expect(existsSync(join(outside, "nothing"))).toBe(false);
  });

  test("a temporary name at which a link waits is not written through", () => {
    writeFileSync(join(outside, "secret"), "secret");
    write("x", "old");
    symlinkSync("../secret", join(root, `x.aperture-env-${run}.tmp`));
    leave(committed([edit("x", "old", "new")]));
    expect(recover()).toMatchObject({ finished: ["x"] });
    expect(treeOf(outside)).toEqual({ repository: "/", "repository/x": "644 new", secret: "644 secret" });
  });
});
