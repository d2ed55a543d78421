/**
 * The one writer when the worst happens to it: killed, stopped and refused at every call of the file system, in real processes and on real
 * disks. Whatever it is, the tree is the old one or the new one afterwards.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Plan, Write } from "../../src/plan/plan.ts";
import { applyPlan } from "../../src/repo/apply.ts";
import { journalPath } from "../../src/repo/journal-text.ts";
import { findJournal } from "../../src/repo/journal.ts";
import { recoverInterrupted, type Recovery } from "../../src/repo/recovery.ts";
import { readSealKey, sealOf } from "../../src/repo/seal.ts";
import { bundleScript } from "../support/docker.ts";
import type { Ending, Task } from "./faulty-writer.main.ts";

const isRoot = process.getuid?.() === 0;
const nobody = 65534;

let folder: string;
let program: string;
let root: string;
/** Where the user's key is kept. Each old tree has none yet, so that a run is killed while it makes one, too. */
let state: string;
beforeAll(async () => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-faults-"));
  chmodSync(folder, 0o755);
  program = join(folder, "writer.mjs");
  writeFileSync(program, await bundleScript("test/hostile/faulty-writer.main.ts"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  root = join(folder, "repository");
  state = join(folder, "state");
  makeOld();
});

function recoverHere(): Recovery | null {
  return recoverInterrupted(root, { key: readSealKey(root, { XDG_STATE_HOME: state }), mayWrite: () => true });
}

const user = "the user's own words, ünïcödé\n".repeat(200);
const texts: Readonly<Record<string, readonly [before: string, after: string, mode: number]>> = {
  "README.md": [user, `${user}ours\n`, 0o640],
  "ours/replaced": ["ours, old\n", "ours, new\n", 0o755],
  "linked.json": ['{ "old": true }\n', '{ "old": true, "new": true }\n', 0o600],
};

/** A repository with files of all sorts. */
function makeOld(): void {
  for (const old of [root, state]) rmSync(old, { recursive: true, force: true });
  mkdirSync(root);
  put("README.md", texts["README.md"]![0], 0o640);
  put("ours/replaced", texts["ours/replaced"]![0], 0o755);
  put("config/real.json", texts["linked.json"]![0], 0o600);
  symlinkSync("config/real.json", join(root, "linked.json"));
  put("going/deep/a", "going a\n", 0o750);
  put("going/b", "going b\n");
  put("staying/theirs", "theirs\n");
  put("staying/ours", "going c\n");
  mkdirSync(join(root, "empty"));
}

function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  chmodSync(join(root, path), mode);
}

/** Every kind of write, with new folders and folders that go. */
function makePlan(): Plan {
  const changed = (kind: "edit" | "replace", path: string): Write => {
    const [before, after] = texts[path]!;
    return { kind, path, before, after, executable: false };
  };
  return {
    root,
    changes: [
      { kind: "create", path: "new/deep/x.json", after: "{}\n".repeat(100), executable: false },
      changed("edit", "README.md"),
      { kind: "remove", path: "going/deep/a", before: "going a\n" },
      changed("replace", "ours/replaced"),
      { kind: "create", path: "new/run.sh", after: "#!/bin/sh\n", executable: true },
      { kind: "remove", path: "going/b", before: "going b\n" },
      changed("edit", "linked.json"),
      { kind: "remove", path: "staying/ours", before: "going c\n" },
    ],
    lock: { kind: "create", path: "aperture-env.lock", after: "lock\n", executable: false },
    warnings: [],
    findings: [],
  };
}

/** Keeps the repository as it is now; gives what puts it back, or elsewhere. */
function keep(): (at: string) => void {
  const kept = mkdtempSync(join(folder, "kept-"));
  cpSync(root, kept, { recursive: true, verbatimSymlinks: true });
  return (at) => {
    rmSync(at, { recursive: true, force: true });
    cpSync(kept, at, { recursive: true, verbatimSymlinks: true });
  };
}

type Tree = Readonly<Record<string, string>>;

/** Everything below the root: folders, links, modes and bytes. */
function treeOf(): Tree {
  const entries = readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    entries.map((name) => {
      const found = lstatSync(join(root, name));
      if (found.isSymbolicLink()) return [name, `-> ${readlinkSync(join(root, name))}`];
      const mode = (found.mode & 0o7777).toString(8);
      return [name, found.isDirectory() ? `${mode}/` : `${mode} ${readFileSync(join(root, name), "utf8")}`];
    }),
  );
}

/** The tree before the plan and after it. */
function oldAndNew(): { readonly old: Tree; readonly new: Tree } {
  const old = treeOf();
  applyPlan(makePlan());
  const result = { old, new: treeOf() };
  makeOld();
  expect(result.new).not.toEqual(old);
  return result;
}

function read(stdout: string, stderr: string): Ending {
  if (stdout === "") throw new Error(`the writer said nothing: ${stderr}`);
  return JSON.parse(stdout) as Ending;
}

/** Runs a task to its end; null where it was killed. */
function run(task: Omit<Task, "state">): Ending | null {
  const { signal, stdout, stderr } = spawnSync(process.execPath, [program, JSON.stringify({ ...task, state })], {
    encoding: "utf8",
  });
  return signal === "SIGKILL" ? null : read(stdout, stderr);
}

/** Starts a task. */
function begin(task: Omit<Task, "state">): { readonly child: ChildProcess; readonly ending: Promise<Ending> } {
  const child = spawn(process.execPath, [program, JSON.stringify({ ...task, state })], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) child[name]!.on("data", (data: Buffer) => (said[name] += data.toString()));
  const ending = new Promise<void>((resolve) => void child.once("close", () => resolve())).then(() =>
    read(said.stdout, said.stderr),
  );
  return { child, ending };
}

/** Nothing but whole files, old or new, and what the next run clears away. */
function expectOldOrNewFiles({ old, new: next }: { readonly old: Tree; readonly new: Tree }, what: string): void {
  for (const [name, entry] of Object.entries(treeOf())) {
    if (name === journalPath || /\.aperture-env-[0-9a-f]{12}(?:-[0-9a-f]{12})?\.tmp$/.test(name)) continue;
    expect([old[name], next[name]], `${what}: ${name}`).toContain(entry);
  }
}

/** The next run: gives which of the trees it comes to. */
function recoverAndCompare(trees: { readonly old: Tree; readonly new: Tree }, what: string): "old" | "new" {
  const journal = findJournal(root);
  const recovery = recoverHere();
  expect(recovery !== null, what).toBe(journal);
  expect(recovery?.left ?? [], what).toEqual([]);
  const tree = treeOf();
  const which = JSON.stringify(tree) === JSON.stringify(trees.old) ? "old" : "new";
  expect(tree, what).toEqual(trees[which]);
  expect(findJournal(root), what).toBe(false);
  if (recovery !== null) expect(which, what).toBe(recovery.undone ? "old" : "new");
  return which;
}

describe("killed with SIGKILL", () => {
  test.each([
    ["before", false],
    ["halfway through", true],
  ])("%s every call: the next run leaves the old tree or the new one", (where, half) => {
    const trees = oldAndNew();
    const all = run({ root, plan: makePlan() })!.calls;
    expect(new Set(all).size, all.join(" ")).toBeGreaterThan(8);
    const outcomes: string[] = [];
    for (const [index, name] of all.entries()) {
      if (half && name !== "writeFileSync") continue;
      makeOld();
      const what = `killed ${where} call ${index + 1}, ${name}`;
      expect(run({ root, plan: makePlan(), killAt: index + 1, half }), what).toBeNull();
      expectOldOrNewFiles(trees, what);
      outcomes.push(recoverAndCompare(trees, what));
    }
    expect(outcomes).toContain("old");
    expect(outcomes.at(-1)).toBe("new");
    // Once committed there is no way back.
    expect(outcomes.join(" ")).toMatch(/^(?:old )+new(?: new)*$/);
  });

  test("before every call of the rollback: the next run completes it, or everything is unchanged", () => {
    const trees = oldAndNew();
    const { calls } = run({ root, plan: makePlan() })!;
    const lastRename = calls.lastIndexOf("renameSync") + 1;
    makeOld();
    const failed = run({ root, plan: makePlan(), failAt: lastRename })!;
    expect(failed).toMatchObject({ code: "cannot-write", exit: 4 });
    expect(treeOf()).toEqual(trees.old);
    for (let killAt = lastRename + 1; killAt <= failed.calls.length; killAt++) {
      makeOld();
      const what = `killed before call ${killAt}, ${failed.calls[killAt - 1]}`;
      expect(run({ root, plan: makePlan(), failAt: lastRename, killAt }), what).toBeNull();
      expectOldOrNewFiles(trees, what);
      recoverAndCompare(trees, what);
    }
  });

  test("before every call of the recovery: the one after it goes on to the end", () => {
    const trees = oldAndNew();
    const { calls } = run({ root, plan: makePlan() })!;
    const firstRename = calls.indexOf("renameSync") + 1;
    makeOld();
    expect(run({ root, plan: makePlan(), killAt: firstRename })).toBeNull();
    const cutOff = keep();
    const recovered = run({ root })!;
    expect(recovered).toMatchObject({ code: null, recovery: { left: [], undone: false } });
    expect(treeOf()).toEqual(trees.new);
    for (let killAt = 1; killAt <= recovered.calls.length; killAt++) {
      cutOff(root);
      const what = `killed before call ${killAt} of the recovery, ${recovered.calls[killAt - 1]}`;
      expect(run({ root, killAt }), what).toBeNull();
      expectOldOrNewFiles(trees, what);
      expect(recoverAndCompare(trees, what)).toBe("new");
    }
  });

  test("a run that comes next without recovering first writes nothing; after recovering, all is as the first one wanted", () => {
    const trees = oldAndNew();
    const { calls } = run({ root, plan: makePlan() })!;
    makeOld();
    run({ root, plan: makePlan(), killAt: calls.lastIndexOf("renameSync") });
    const halfway = treeOf();
    expect(run({ root, plan: makePlan() })).toMatchObject({ code: "changed-meanwhile", exit: 3 });
    expect(treeOf()).toEqual(halfway);
    expect(recoverHere()).toMatchObject({ left: [], undone: false });
    expect(treeOf()).toEqual(trees.new);
  });
});

describe("two runs at the same time", () => {
  test("the second says so and changes nothing; the first finishes", async () => {
    const trees = oldAndNew();
    const { calls } = run({ root, plan: makePlan() })!;
    makeOld();
    const first = begin({ root, plan: makePlan(), stopAt: calls.indexOf("renameSync") + 3 });
    await waitUntilStopped(first.child.pid!);
    const halfway = treeOf();
    expect(halfway).not.toEqual(trees.old);
    for (const second of [run({ root, plan: makePlan() })!, run({ root })!]) {
      expect(second).toMatchObject({ code: "another-run", exit: 4 });
      expect(second.message).toContain(`process ${first.child.pid!} `);
      expect(treeOf()).toEqual(halfway);
    }
    first.child.kill("SIGCONT");
    expect(await first.ending).toMatchObject({ code: null, exit: 0 });
    expect(treeOf()).toEqual(trees.new);
  });

  test("a run that is stopped for so long that it passes for dead stops, and the tree stays the new one", async () => {
    const trees = oldAndNew();
    const { calls } = run({ root, plan: makePlan() })!;
    makeOld();
    const first = begin({ root, plan: makePlan(), stopAt: calls.indexOf("renameSync") + 3 });
    await waitUntilStopped(first.child.pid!);
    sealAnew((text) => text.replace(/"startedAt":\d/, '"startedAt":'));
    expect(run({ root })).toMatchObject({ code: null, recovery: { left: [], undone: false } });
    first.child.kill("SIGCONT");
    expect((await first.ending).code).not.toBeNull();
    expect(treeOf()).toEqual(trees.new);
  });

  test("racing 50 times: one wins, the other says why not, and the tree is the new one", async () => {
    const trees = oldAndNew();
    const { calls } = run({ root, plan: makePlan() })!;
    makeOld();
    const fresh = keep();
    run({ root, plan: makePlan(), killAt: calls.indexOf("renameSync") + 3 });
    const cutOff = keep();
    const home = root;
    const start = Date.now() + 1000;
    // Every other time over what a killed run has left.
    const races = Array.from({ length: 50 }, (_, round) => ({ root: `${home}-${round}`, at: start + round * 30 }));
    for (const [round, race] of races.entries()) {
      root = race.root;
      (round % 2 === 0 ? fresh : cutOff)(root);
      if (round % 2 === 1) sealAnew((text) => text);
    }
    const endings = await Promise.all([1, 2].map(() => begin({ root, plan: makePlan(), races }).ending));
    for (const [round, race] of races.entries()) {
      root = race.root;
      const codes = endings.map((ending) => ending.codes![round]).sort();
      const said = expect.stringMatching(/^(?:another-run|changed-meanwhile)$/);
      expect(codes, `round ${round}`).toEqual([said, round % 2 === 0 ? null : said]);
      // Two that finish the same run at once may both have given way.
      if (round % 2 === 1) recoverHere();
      expect(treeOf(), `round ${round}`).toEqual(trees.new);
    }
  });

  /** Changes the journal and seals it for the folder that it is in, as no run but the user's own could. */
  function sealAnew(change: (text: string) => string): void {
    const text = change(readFileSync(join(root, journalPath), "utf8"));
    const sealed = text.slice(0, text.indexOf('\n{"commit":') + 1);
    const seal = sealOf(readSealKey(root, { XDG_STATE_HOME: state })!, root, sealed);
    writeFileSync(join(root, journalPath), sealed + text.slice(sealed.length).replace(/"seal":"\w+"/, `"seal":"${seal}"`));
  }

  /** As `ps` says it, which small images lack. */
  function stateOf(pid: number): string | undefined {
    const file = `/proc/${pid}/stat`;
    if (existsSync(file)) return /\) (\w)/.exec(readFileSync(file, "utf8"))?.[1];
    return spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout[0];
  }

  async function waitUntilStopped(pid: number): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (stateOf(pid) === "T") return;
      await setTimeout(25);
    }
    throw new Error("the first run did not stop");
  }
});

describe("a real disk refuses", () => {
  /** A small file system of its own at the root, where this machine lets one. */
  function mount(options: string): boolean {
    const at = join(folder, "mounted");
    mkdirSync(at, { recursive: true });
    if (process.platform !== "linux" || spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", at]).status !== 0)
      return false;
    root = join(at, "repository");
    onTestFinished(() => {
      spawnSync("umount", ["--lazy", at]);
    });
    return true;
  }
  const why = "needs to mount a tmpfs, which this machine does not let (root on Linux can)";

  test("a full one, whatever room is left: all is as it was, or all is done", ({ skip }) => {
    if (!mount("size=256k,mode=755")) return skip(why);
    makeOld();
    const trees = oldAndNew();
    const filler = join(folder, "mounted", "filler");
    const codes = new Set<string | null>();
    const { bsize } = statfsSync(root);
    for (let room = 0; room <= 16; room++) {
      rmSync(filler, { force: true });
      makeOld();
      writeFileSync(filler, Buffer.alloc((statfsSync(root).bavail - room) * bsize));
      const ending = run({ root, plan: makePlan() })!;
      codes.add(ending.code);
      if (ending.code !== null) {
        expect(ending).toMatchObject({ code: "cannot-write", exit: 4, message: expect.stringContaining("ENOSPC") });
        expect(ending.message).toMatch(/Nothing was changed\.$/);
      }
      expect(treeOf(), `${room} blocks of room`).toEqual(ending.code === null ? trees.new : trees.old);
    }
    expect(codes).toEqual(new Set(["cannot-write", null]));
  });

  test("a read-only one", ({ skip }) => {
    if (!mount("size=1m,mode=755")) return skip(why);
    makeOld();
    const old = treeOf();
    expect(spawnSync("mount", ["-o", "remount,ro", join(folder, "mounted")]).status).toBe(0);
    const ending = run({ root, plan: makePlan() })!;
    expect(ending).toMatchObject({ code: "cannot-write", exit: 4, message: expect.stringContaining("EROFS") });
    expect(treeOf()).toEqual(old);
  });

  test.each(["", "ours", "going/deep"])("a folder without permission to write: %j", (path) => {
    if (isRoot) giveAway(root);
    const old = treeOf();
    const mode = lstatSync(join(root, path)).mode;
    chmodSync(join(root, path), 0o555);
    const ending = run({ root, plan: makePlan(), ...(isRoot && { uid: nobody }) })!;
    expect(ending).toMatchObject({ code: "cannot-write", exit: 4, message: expect.stringContaining("EACCES") });
    expect(ending.message).toMatch(/Nothing was changed\.$/);
    chmodSync(join(root, path), mode);
    expect(treeOf()).toEqual(old);
  });

  /** Makes everything nobody's. */
  function giveAway(at: string): void {
    chownSync(at, nobody, nobody);
    for (const name of readdirSync(at)) {
      const found = lstatSync(join(at, name));
      if (found.isDirectory()) giveAway(join(at, name));
      else if (found.isFile()) chownSync(join(at, name), nobody, nobody);
    }
  }
});

test("a file that changed between the plan and the run stops it before anything is touched", () => {
  const plan = makePlan();
  put("going/b", "edited\n");
  const old = treeOf();
  expect(run({ root, plan })).toMatchObject({ code: "changed-meanwhile", exit: 3 });
  expect(treeOf()).toEqual(old);
  expect(existsSync(join(root, journalPath))).toBe(false);
});
