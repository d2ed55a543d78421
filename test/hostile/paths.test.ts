/** Names and places that a file system refuses, and a disk that refuses anything at any moment: told in a sentence, never a defect. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { makeFolder, runPiped, state, treeOf, write, type Ran } from "../cli/harness.ts";

/** The file system as it is, but where a test wants it one call is refused. */
const disk = vi.hoisted(() => ({ calls: [] as string[], failAt: 0, code: "" }));
vi.mock("node:fs", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs")>();
  const names =
    "chmod close fstat fsync link lstat mkdir open readdir readFile readlink realpath rename rmdir stat symlink unlink writeFile";
  const syscalls: Readonly<Record<string, string>> = { readdir: "scandir", readFile: "open", writeFile: "write" };
  const wrapped = names.split(" ").map((name) => {
    const act = real[`${name}Sync` as "statSync"] as unknown as (...args: unknown[]) => unknown;
    const watched = (...args: unknown[]): unknown => {
      if (disk.failAt === 0) return act(...args);
      disk.calls.push(name);
      if (disk.calls.length !== disk.failAt) return act(...args);
      const syscall = syscalls[name] ?? name;
      const path = typeof args[0] === "string" ? { path: args[0] } : {};
      throw Object.assign(new Error(`${disk.code}: refused, ${syscall}`), { code: disk.code, syscall, ...path });
    };
    return [`${name}Sync`, watched];
  });
  return { ...real, ...Object.fromEntries(wrapped) };
});

let folder: ReturnType<typeof makeFolder>;
let made: ReturnType<typeof makeFolder>;
let root: string;
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

/** No defect, and where it is refused, words for people: what and where, and what to do. */
function expectTold({ exit, stdout, stderr }: Ran, what: string): void {
  expect(stdout + stderr, what).not.toMatch(/defect|\n {4}at /);
  expect([0, 2, 3, 4], `${what}\n${stderr}`).toContain(exit);
  if (exit !== 0) expect(stdout + stderr, what).toMatch(/\.\n/);
}

const long = "n".repeat(300);
const deep = `${"d".repeat(200)}/`.repeat(25);

describe("a folder that cannot be one", () => {
  const verbs = [["create", "--yes"], ["update"], ["check"], ["remove", "--yes"], ["verify"], ["doctor"]];
  const names: readonly (readonly [string, () => string, RegExp])[] = [
    ["with a name of 300 letters", () => long, /longer than this file system takes.*Use a shorter one\./],
    ["with a path of 5,000 letters", () => deep, /longer than this file system takes.*Use a shorter one\./],
    ["below a file", () => "aperture-env.yaml/x", /above it is not a folder.*Move that away, or name another place\./],
    ["behind links that lead in a circle", () => (symlinkSync("circle", join(root, "circle")), "circle/x"), /lead in a circle/],
    ["with a zero byte", () => "a\0b", /no file can have/],
    ["that is a file", () => "aperture-env.yaml", /is not a folder\./],
  ];

  test.each(names)("%s", async (_what, make, expected) => {
    const name = make();
    const before = treeOf(root, true);
    for (const [verb, ...flags] of verbs) {
      for (const args of [
        [verb!, name, ...flags],
        [verb!, "--cwd", name, ...flags],
      ]) {
        const ran = await runPiped(args, root);
        expectTold(ran, args.join(" "));
        expect(ran.exit, args.join(" ")).toBeGreaterThan(1);
        expect(ran.stderr, args.join(" ")).toMatch(expected);
      }
    }
    const fleet = await runPiped(["update", ".", name], root);
    expectTold(fleet, "fleet");
    expect(fleet.stdout).toContain("unchanged .");
    expect(treeOf(root, true)).toEqual(before);
  });

  test("that is gone while one is in it", () => {
    const gone = join(folder.folder, "gone");
    mkdirSync(gone);
    const bin = join(import.meta.dirname, "..", "..", "dist", "bin.js");
    for (const args of ["check", "update", "--yes", "doctor"]) {
      mkdirSync(gone, { recursive: true });
      const script = `process.chdir(${JSON.stringify(gone)}); require("node:fs").rmdirSync(${JSON.stringify(gone)}); process.argv = [process.argv[0], ${JSON.stringify(bin)}, ${JSON.stringify(args)}]; require(${JSON.stringify(bin)});`;
      const { status, stdout, stderr } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
      expectTold({ exit: status ?? -1, stdout, stderr }, args);
      expect(stderr, args).toContain("Change to another folder");
    }
    if (existsSync(gone)) rmdirSync(gone);
  });
});

describe("what a repository has in the places of files", () => {
  const devcontainer = ".devcontainer/devcontainer.json";
  const compose = (names: unknown): string =>
    JSON.stringify({ dockerComposeFile: names, service: "x", build: { dockerfile: names } });
  const circle = (path: string): void => {
    rmSync(join(root, path), { recursive: true, force: true });
    symlinkSync(path.split("/").at(-1)!, join(root, path));
  };
  const inPlace = (path: string): void => {
    rmSync(join(root, path), { recursive: true, force: true });
    mkdirSync(join(root, path));
  };
  const places = [
    "aperture-env.yaml",
    "aperture-env.lock",
    devcontainer,
    ".devcontainer",
    ".gitignore",
    "opencode.json",
    ".opencode",
  ];

  const cases: readonly (readonly [string, () => void])[] = [
    ...places.map((path) => [`${path} leads in a circle`, () => circle(path)] as const),
    ...places.map((path) => [`${path} is a folder`, () => inPlace(path)] as const),
    ...places.map(
      (path) =>
        [
          `${path} is a file`,
          () => (rmSync(join(root, path), { recursive: true, force: true }), write(root, { [path]: "x" })),
        ] as const,
    ),
    [
      "the lock is a pipe",
      () => (rmSync(join(root, "aperture-env.lock")), void spawnSync("mkfifo", [join(root, "aperture-env.lock")])),
    ],
    [
      "a dev container in a folder of 255 letters",
      () => write(root, { [`.devcontainer/${"f".repeat(255)}/devcontainer.json`]: "{}" }),
    ],
    ...[long, deep, "a\0b", "../".repeat(2000), "", "circle", "/dev/zero", "x:y\\z", ["a", long]].map(
      (name) =>
        [
          `dockerComposeFile and dockerfile ${JSON.stringify(name).slice(0, 40)}`,
          () => {
            write(root, { ".devcontainer/other/devcontainer.json": compose(name), [devcontainer]: compose(name) });
            rmSync(join(root, "aperture-env.lock"));
            symlinkSync("circle", join(root, ".devcontainer/circle"));
          },
        ] as const,
    ),
    [
      "a hook that runs a script with a name of 300 letters",
      () =>
        write(root, { [devcontainer]: JSON.stringify({ image: "x", postCreateCommand: `bash ${long}.sh && sh ${deep}x.sh` }) }),
    ],
    [
      "a spec that names a dev container of 300 letters",
      () =>
        write(root, {
          [devcontainer]: '{ "image": "x" }',
          "aperture-env.yaml": `specVersion: 1\ndevcontainer:\n  files: [${long}]\n`,
        }),
    ],
    [
      "a spec that names a dev container with a zero byte",
      () =>
        write(root, {
          [devcontainer]: '{ "image": "x" }',
          "aperture-env.yaml": 'specVersion: 1\ndevcontainer:\n  files: ["a\\0b"]\n',
        }),
    ],
    [
      "a lock with a path of 400 letters",
      () => {
        const path = `.devcontainer/aperture-env/${"p".repeat(400)}`;
        const lock = execFileSync("cat", [join(root, "aperture-env.lock")], { encoding: "utf8" });
        writeFileSync(
          join(root, "aperture-env.lock"),
          lock.replace('"files": {', `"files": {\n    "${path}": { "strategy": "own", "hash": "sha256-${"0".repeat(64)}" },`),
        );
      },
    ],
  ];

  test.each(cases)("%s", async (_what, make) => {
    make();
    for (const args of [
      ["check"],
      ["update", "--dry-run"],
      ["create", "--yes", "--dry-run"],
      ["create", "--yes"],
      ["update"],
      ["update", ".", "."],
      ["remove", "--yes"],
    ]) {
      const ran = await runPiped(args, root);
      expectTold(ran, args.join(" "));
    }
  });

  test.each([
    ["no file below it has room", 4060],
    ["each file below it has room, but not what is staged beside it", 4030],
  ])("a root so deep that %s", async (_what, length) => {
    let at = join(folder.folder, "deep");
    while (at.length < length - 20) at = join(at, "d".repeat(Math.min(200, length - at.length)));
    mkdirSync(at, { recursive: true });
    for (const args of [["create", "--yes"], ["check"], ["update"], ["remove", "--yes"]]) {
      const ran = await runPiped(args, at);
      expectTold(ran, args.join(" "));
      expect(ran.exit).toBeGreaterThan(1);
    }
    expect((await runPiped(["create", "--yes"], at)).stderr).toContain("ENAMETOOLONG");
    expect(treeOf(at)).toEqual({});
  });
});

describe("a disk that refuses one call, whichever it is", () => {
  const codes = "EACCES EPERM ENAMETOOLONG ELOOP ENOTDIR EISDIR EINVAL EMFILE ENFILE EROFS ENOSPC EIO EBUSY EDQUOT ESTALE ENOENT";

  /** Numbers of calls: the first and the last two of each kind, and some between; with EVERY_CALL all, which takes minutes. */
  function chosen(calls: readonly string[]): number[] {
    const numbers = calls.map((_, index) => index + 1);
    const few = (name: string): readonly number[] => {
      const those = numbers.filter((number) => calls[number - 1] === name);
      return [...those.slice(0, 2), ...those.slice(-2)];
    };
    const ends = new Set([...new Set(calls)].flatMap(few));
    return numbers.filter((number) => process.env["EVERY_CALL"] !== undefined || ends.has(number) || number % 11 === 0);
  }

  test.each<readonly [string, readonly string[], () => void]>([
    ["create", ["create", "--yes"], () => (rmSync(root, { recursive: true }), mkdirSync(root))],
    ["check", ["check"], () => undefined],
    ["update", ["update", "--url", "http://other"], () => undefined],
    ["remove", ["remove", "--yes"], () => undefined],
  ])("%s ends with words, and the tree is the old one or the new one", async (_verb, args, make) => {
    const again = async (failAt: number, code: string): Promise<Ran & { calls: readonly string[] }> => {
      rmSync(root, { recursive: true, force: true });
      cpSync(made.folder, root, { recursive: true });
      make();
      Object.assign(disk, { calls: [], failAt, code });
      const ran = await runPiped(args, root);
      const { calls } = disk;
      disk.failAt = 0;
      return { ...ran, calls };
    };
    const all = await again(Number.MAX_SAFE_INTEGER, "");
    const after = JSON.stringify(treeOf(root));
    expect(all, all.stderr).toMatchObject({ exit: 0 });
    expect(all.calls.length).toBeGreaterThan(30);
    rmSync(root, { recursive: true });
    cpSync(made.folder, root, { recursive: true });
    make();
    const before = JSON.stringify(treeOf(root));
    const list = codes.split(" ");
    const ends = new Set<number>();
    for (const at of chosen(all.calls)) {
      // A folder that is in use stays, and that is all right.
      const code = all.calls[at - 1] === "rmdir" ? "EIO" : list[at % list.length]!;
      const ran = await again(at, code);
      const what = `call ${at}, ${all.calls[at - 1]}, ${code}`;
      expectTold(ran, what);
      ends.add(ran.exit);
      if (ran.exit === 4) expect(ran.stderr, what).toMatch(/cannot be (?:read|written|used) \(E\w+\)\.|is writing|was deleted/);
      expect([before, after], what).toContain(JSON.stringify(treeOf(root)));
    }
    expect(ends).toContain(4);
  });
});
