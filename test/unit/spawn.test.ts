import { spawn as start } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { guardEnvironment, type Machine } from "../../src/repo/guarded-environment.ts";
import { findProgram } from "../../src/repo/program.ts";
import { spawn, type SpawnOptions } from "../../src/repo/spawn.ts";
import { bundleScript } from "../support/docker.ts";

let folder: string;
let target: string;
let outside: string;

function program(path: string, script: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-spawn-"));
  target = join(folder, "repository");
  outside = join(folder, "bin");
  mkdirSync(target);
  program(join(outside, "tool"), 'echo "outside $*"; cat');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (...places: readonly string[]): string => [...places, "/usr/bin", "/bin"].join(delimiter);
const options = (given: Partial<SpawnOptions> = {}): SpawnOptions => ({
  target,
  cwd: target,
  env: { PATH: path(outside) },
  ...given,
});

describe("the PATH of what is started", () => {
  const cleaned = (places: readonly string[], at = target): string[] =>
    (guardEnvironment({ PATH: places.join(delimiter) }, at)["PATH"] ?? "").split(delimiter);

  test("has no place of the target, of the work tree around it, or of a package; none that is relative or not there", () => {
    const inner = join(target, "packages", "inner");
    for (const place of [".git", "bin", "node_modules/.bin", "packages/inner/bin"])
      mkdirSync(join(target, place), { recursive: true });
    mkdirSync(join(folder, "node_modules", ".bin"), { recursive: true });
    symlinkSync(join(target, "bin"), join(folder, "link-in"));
    symlinkSync(join(folder, "node_modules", ".bin"), join(folder, "link-to-package"));
    symlinkSync(target, join(folder, "link-to-target"));
    symlinkSync(outside, join(target, "link-out"));
    const places = [
      outside,
      "",
      ".",
      "bin",
      "./node_modules/.bin",
      "../bin",
      "~/bin",
      target,
      `${target}/`,
      join(target, "bin"),
      `${outside}/../repository/bin`,
      join(target, "node_modules", ".bin"),
      `${folder}/node_modules/.bin/`,
      join(folder, "link-in"),
      join(folder, "link-to-package"),
      join(folder, "link-to-target", "bin"),
      join(folder, "nowhere"),
      join(target, "link-out"),
      "/usr/bin",
    ];
    expect(cleaned(places)).toEqual([outside, "/usr/bin"]);
    expect(cleaned(places, inner)).toEqual([outside, "/usr/bin"]);
    expect(cleaned(places, join(folder, "link-to-target"))).toEqual([outside, "/usr/bin"]);
    expect(cleaned(places, join(inner, "to be made"))).toEqual([outside, "/usr/bin"]);
  });

  test("a place whose name only begins as the target's is another one", () => {
    const sibling = `${target}-tools`;
    mkdirSync(join(sibling, "..bin"), { recursive: true });
    expect(cleaned([sibling, join(sibling, "..bin")])).toEqual([sibling, join(sibling, "..bin")]);
    expect(cleaned([folder], join(folder, "repository"))).toEqual([folder]);
  });

  test("without any folder PATH is unset: an empty one would be the current folder", () => {
    expect(guardEnvironment({ PATH: `${target}::.` }, target)).not.toHaveProperty("PATH");
    expect(guardEnvironment({}, target)).not.toHaveProperty("PATH");
  });

  test("Windows: any spelling of the name, quotes, drives without a folder, letters of either case", () => {
    const machine: Machine = { windows: true, resolve: (given) => given.replaceAll("/", "\\") };
    const env = {
      Path: '"C:\\Program Files\\Git\\cmd";C:\\Repo\\node_modules\\.bin;\\bin;C:bin;tools;c:\\repo;\\\\server\\share\\bin;C:\\Windows',
    };
    // A target that is of this machine cannot be compared with places of that one, so a place stands for it.
    const at = { ...machine, resolve: (given: string) => given.replace(/^c:\\repo/i, `${target}`) };
    expect(guardEnvironment(env, target, machine)).toEqual({
      PATH: "C:\\Program Files\\Git\\cmd;c:\\repo;\\\\server\\share\\bin;C:\\Windows",
      NoDefaultCurrentDirectoryInExePath: "1",
      GIT_CONFIG_COUNT: "2",
      GIT_CONFIG_KEY_0: "safe.bareRepository",
      GIT_CONFIG_VALUE_0: "explicit",
      GIT_CONFIG_KEY_1: "core.fsmonitor",
      GIT_CONFIG_VALUE_1: "",
    });
    expect(guardEnvironment(env, target, at)["PATH"]).toBe("C:\\Program Files\\Git\\cmd;\\\\server\\share\\bin;C:\\Windows");
  });
});

describe("variables of what is started", () => {
  test("none of git's that names a repository or a program; its settings come behind the user's", () => {
    mkdirSync(join(target, "exec"));
    const env = {
      HOME: "/home/me",
      GIT_DIR: "/x",
      GIT_WORK_TREE: "/x",
      GIT_INDEX_FILE: "/x",
      GIT_SSH_COMMAND: "/x",
      GIT_EXTERNAL_DIFF: "/x",
      GIT_CONFIG_PARAMETERS: "'core.fsmonitor'='/x'",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
      GIT_CEILING_DIRECTORIES: "/home",
      GIT_EXEC_PATH: join(target, "exec"),
      DOCKER_CONFIG: ".docker",
    };
    expect(guardEnvironment(env, target)).toEqual({
      HOME: "/home/me",
      GIT_CEILING_DIRECTORIES: "/home",
      GIT_CONFIG_COUNT: "3",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
      GIT_CONFIG_KEY_1: "safe.bareRepository",
      GIT_CONFIG_VALUE_1: "explicit",
      GIT_CONFIG_KEY_2: "core.fsmonitor",
      GIT_CONFIG_VALUE_2: "",
    });
    expect(guardEnvironment({ GIT_EXEC_PATH: outside, DOCKER_CONFIG: outside }, target)).toMatchObject({
      GIT_EXEC_PATH: outside,
      DOCKER_CONFIG: outside,
    });
  });
});

describe("finding a program", () => {
  test("the first executable file on PATH, never by a relative folder", () => {
    mkdirSync(join(folder, "first", "tool"), { recursive: true });
    mkdirSync(join(folder, "second"));
    writeFileSync(join(folder, "second", "tool"), "no program");
    const env = { PATH: path(join(folder, "first"), join(folder, "second"), outside) };
    expect(findProgram("tool", env)).toEqual([join(outside, "tool")]);
    expect(findProgram("no such program", env)).toBeNull();
    expect(findProgram("./tool", env)).toBeNull();
    expect(findProgram("../bin/tool", env)).toBeNull();
    expect(findProgram(process.execPath, env)).toEqual([process.execPath]);
    expect(findProgram("sh", {})?.[0]).toMatch(/^(?:\/usr)?\/bin\/sh$/);
  });

  test("Windows: exe and com; npm by its script; nothing that a shell would read, nothing of the current folder", () => {
    const windows: Machine = { windows: true, resolve: (given) => given };
    const there = [
      "C:\\git\\git.exe",
      "C:\\node\\npm.cmd",
      "C:\\node\\node_modules\\npm\\bin\\npm-cli.js",
      "C:\\shim\\docker.cmd",
      "C:\\docker\\docker.exe",
      "git.exe",
    ];
    const find = (name: string): unknown =>
      findProgram(name, { PATH: "C:\\shim;C:\\node;C:\\git;C:\\docker" }, windows, (file) => there.includes(file));
    expect(find("git")).toEqual(["C:\\git\\git.exe"]);
    expect(find("docker")).toEqual(["C:\\docker\\docker.exe"]);
    expect(find("npm")).toEqual([process.execPath, "C:\\node\\node_modules\\npm\\bin\\npm-cli.js"]);
    expect(find("yarn")).toBeNull();
    expect(find(".\\git")).toBeNull();
  });
});

describe("running a program", () => {
  test("arguments as they are, stdin, both streams, the exit status", async () => {
    program(join(outside, "fails"), 'echo "wrong: ü" >&2; exit 3');
    expect(await spawn("tool", ["a b", "$(x)", "'"], options({ input: "given" }))).toEqual({
      exitCode: 0,
      stdout: "outside a b $(x) '\ngiven",
      stderr: "",
    });
    expect(await spawn("tool", [], options())).toMatchObject({ exitCode: 0, stdout: "outside \n" });
    expect(await spawn("fails", [], options())).toEqual({ exitCode: 3, stdout: "", stderr: "wrong: ü\n" });
  });

  test("a program that is missing, or only in the target, is not started, and the reason is reported", async () => {
    program(join(target, "bin", "own"), `touch ${join(folder, "ran")}`);
    const env = { PATH: path(join(target, "bin")) };
    expect(await spawn("own", [], options({ env }))).toEqual({
      exitCode: null,
      stdout: "",
      stderr: `own is not on the PATH; programs in ${target} and in node_modules/.bin do not count.`,
    });
    expect(existsSync(join(folder, "ran"))).toBe(false);
    expect(await spawn("tool", [], options({ cwd: join(folder, "nowhere") }))).toMatchObject({ exitCode: null });
    expect(await spawn("tool", ["\0"], options())).toMatchObject({ exitCode: null });
  });

  test("nor do what it starts find programs of the target", async () => {
    for (const place of ["bin", "node_modules/.bin"]) program(join(target, place, "helper"), `touch ${join(folder, "ran")}`);
    program(join(outside, "asks"), 'helper || echo "no helper"');
    const env = { PATH: path(join(target, "bin"), "node_modules/.bin", ".", outside) };
    expect(await spawn("asks", [], options({ env, cwd: join(target, "bin") }))).toMatchObject({ stdout: "no helper\n" });
    expect(existsSync(join(folder, "ran"))).toBe(false);
  });

  test("time, an interruption: it is ended, and that is said", async () => {
    program(join(outside, "waits"), "echo begun; exec sleep 30");
    const late = await spawn("waits", [], options({ timeout: 300 }));
    expect(late).toEqual({ exitCode: null, stdout: "begun\n", stderr: "waits gave no answer within 0.3 s." });
    const controller = new AbortController();
    const running = spawn("waits", [], options({ signal: controller.signal }));
    await sleep(100);
    controller.abort();
    expect(await running).toMatchObject({ exitCode: null, stderr: "waits was interrupted." });
    expect(await spawn("waits", [], options({ signal: controller.signal }))).toMatchObject({ exitCode: null });
  });

  test(
    "one that does not want to end, and whose child holds its streams, is ended all the same",
    { timeout: 15_000 },
    async () => {
      program(join(outside, "stays"), "trap '' TERM; sleep 30 & while :; do sleep 1; done");
      const began = Date.now();
      expect(await spawn("stays", [], options({ timeout: 200 }))).toMatchObject({ exitCode: null });
      expect(Date.now() - began).toBeLessThan(9000);
    },
  );

  test.skipIf(process.platform !== "linux").each(["SIGTERM", "SIGINT", "exit"])(
    "a child ends with this process (%s)",
    async (how) => {
      const script = join(folder, "parent.mjs");
      writeFileSync(script, await bundleScript("test/unit/spawn.main.ts"));
      program(join(outside, "waits"), `echo $$ >${join(folder, "pid")}; exec sleep 30`);
      const parent = start(process.execPath, [script, target, how], { env: { PATH: path(outside) }, stdio: "ignore" });
      const ended = new Promise((resolve) => parent.on("exit", (code, signal) => resolve(signal ?? code)));
      while (!existsSync(join(folder, "pid")) || readFileSync(join(folder, "pid"), "utf8") === "") await sleep(20);
      const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
      expect(isAlive(pid)).toBe(true);
      if (how !== "exit") parent.kill(how as NodeJS.Signals);
      expect(await ended).toBe(how === "exit" ? 7 : how);
      for (let tries = 0; isAlive(pid) && tries < 50; tries++) await sleep(20);
      expect(isAlive(pid)).toBe(false);
    },
  );
});

/** Whether a process runs, by Linux's own account; one that has ended and waits for its parent does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

describe.skipIf(process.platform === "win32")("a program that starts others", () => {
  /** Starts a child that would go on for a minute, tells its number, and waits for it. */
  const family = 'sleep 60 & echo "child $!" >&2; wait';
  const isAlive = (pid: number): boolean => {
    try {
      return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] !== "Z";
    } catch {
      return false;
    }
  };

  test.skipIf(!existsSync("/proc/self/stat"))(
    "is told line by line, and all of them end with it when it is interrupted",
    async () => {
      program(join(outside, "tool"), family);
      const controller = new AbortController();
      let child = 0;
      const onLine = (line: string): void => {
        child = Number(/^child (\d+)$/.exec(line)?.[1]);
        expect(isAlive(child)).toBe(true);
        controller.abort();
      };
      const { exitCode, stderr } = await spawn("tool", [], options({ group: true, onLine, signal: controller.signal }));
      expect({ exitCode, stderr }).toEqual({
        exitCode: null,
        stderr: expect.stringContaining("tool was interrupted.") as string,
      });
      expect(child).toBeGreaterThan(1);
      expect(isAlive(child)).toBe(false);
    },
  );

  test("gives complete lines, however they arrive, and everything at the end", async () => {
    program(join(outside, "tool"), "printf 'on' >&2; sleep 0.1; printf 'e\\r\\ntwo\\nrest' >&2");
    const lines: string[] = [];
    const { stderr } = await spawn("tool", [], options({ group: true, onLine: (line) => lines.push(line) }));
    expect(lines).toEqual(["one", "two"]);
    expect(stderr).toBe("one\r\ntwo\nrest");
  });
});
