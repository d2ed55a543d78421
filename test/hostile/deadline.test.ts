/**
 * The doctor's deadline is a hard one, and what it started ends with it: a loop without end, a program that does not answer, and a doctor that is
 * killed in the middle, by Node and by OpenCode's own runtime behind the shell that people type.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doctorText } from "../../src/catalog/doctor-text.ts";
import { run } from "../../src/doctor/probe/run.ts";
import type { Check } from "../../src/doctor/types.ts";
import { bundleScript } from "../support/docker.ts";
import { opencodeBinary } from "../support/opencode.ts";
import { install, makePlace, removeFolders } from "../opencode/environment.ts";

const runtime = await opencodeBinary();

/** The doctor with a defect: it goes round and round as soon as it has begun, and its patience is shorter. */
const looping = doctorText
  .replace(/async function probeGateway\([^]*?\) \{\n/, "$&  for (;;) ;\n")
  .replace("judgingTime = 1e4", "judgingTime = 500");

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "aperture-env-deadline-")));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  removeFolders();
});

const env = { PATH: "/usr/bin:/bin" };

/** Processes whose command line holds a word. */
function named(word: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(word);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function gone(word: string): Promise<boolean> {
  for (let tries = 0; tries < 40; tries++) {
    if (named(word).length === 0) return true;
    await setTimeout(50);
  }
  return false;
}

async function there(word: string): Promise<void> {
  for (let tries = 0; tries < 400 && named(word).length === 0; tries++) await setTimeout(25);
  expect(named(word).length).toBeGreaterThan(0);
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
  readonly signal: string | null;
}

async function ended(child: ChildProcess): Promise<Ended> {
  const [stdout, stderr, [status, signal]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, "close")]);
  return { stdout, stderr, status: status as number | null, signal: signal as string | null };
}

const isLinux = process.platform === "linux";

describe.skipIf(!isLinux)("a doctor that goes round and round", () => {
  test("has the defect", () => {
    expect(looping).toContain("for (;;) ;");
    expect(looping).toContain("judgingTime = 500");
  });

  test("is ended by its watchdog, by Node, with what happened", async () => {
    for (const [flag, read] of [
      ["--json", (stdout: string) => (JSON.parse(stdout) as { checks: Check[] }).checks.map(({ code }) => code)],
      ["--colour", (stdout: string) => [/\((doctor-hung)\)/.exec(stdout)?.[1]]],
    ] as const) {
      const args = [
        "--input-type=module",
        "-",
        `--share=${folder}`,
        '--environment={"origin":"http://127.0.0.1:9"}',
        "--timeout=0.2",
        flag,
      ];
      const child = spawn(process.execPath, args, { env: { ...env, HOME: folder }, cwd: folder });
      child.stdin.end(looping);
      const { stdout, signal } = await ended(child);
      expect(read(stdout)).toEqual(["doctor-hung"]);
      expect(signal).toBe("SIGALRM");
    }
  });

  test.skipIf(runtime === null)("is ended in an environment, with status 4 and a verdict", async () => {
    const { prefix, env: variables } = await install();
    writeFileSync(join(prefix, "share", "aperture-env", "doctor.mjs"), looping);
    const doctor = join(prefix, "bin", "aperture-doctor");
    const start = (args: readonly string[], home: string): ChildProcess =>
      spawn(doctor, args, { env: { ...env, ...variables, HOME: home }, cwd: home, stdio: ["ignore", "pipe", "pipe"] });
    for (const args of [["--json"], [], ["--quiet"]]) {
      const { home } = makePlace();
      const { stdout, stderr, status } = await ended(start([...args, "--timeout", "0.2"], home));
      expect({ status, stderr }, stdout).toEqual({ status: 4, stderr: "" });
      if (args[0] === "--json")
        expect(JSON.parse(stdout)).toMatchObject({ verdict: "failure", checks: [{ code: "doctor-hung" }] });
      else if (args.length === 0) expect(stdout).toContain("(doctor-hung)");
      else expect(stdout).toBe("");
      expect(readFileSync(join(home, ".local/state/aperture-env/verdict"), "utf8")).toMatch(
        /^The doctor did not finish within 1 s/,
      );
    }
    // Whoever asked is gone: so is the doctor, long before its deadline.
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"] as const) {
      const { home } = makePlace();
      const child = start(["--timeout", "60"], home);
      await there(`${prefix}/share/aperture-env/doctor.mjs`);
      await setTimeout(300);
      child.kill(signal);
      await once(child, "exit");
      expect(await gone(`${prefix}/share/aperture-env/doctor.mjs`), signal).toBe(true);
    }
  });
});

describe.skipIf(!isLinux)("a program that the doctor started", () => {
  const word = `73${String(process.pid)}.5`;

  test("ends with its time, with all that it started", async () => {
    const ran = await run(["sh", "-c", `sleep ${word} & sleep ${word}`], { env, cwd: "/", timeout: 500 });
    expect(ran).toMatchObject({ status: null, late: true });
    expect(await gone(word)).toBe(true);
  });

  test("ends with its time on Windows, too, where no shell stands before it", async () => {
    const { platform } = process;
    Object.defineProperty(process, "platform", { value: "win32" });
    try {
      const ran = await run(["sleep", word], { env, cwd: "/", timeout: 300 });
      expect(ran).toMatchObject({ status: null, late: true });
    } finally {
      Object.defineProperty(process, "platform", { value: platform });
    }
    expect(await gone(word)).toBe(true);
  });

  test("leaves nothing behind when it ends by itself, and gives what it gave", async () => {
    const script = `sleep ${word} & cat; echo error >&2; exit 7`;
    const ran = await run(["sh", "-c", script], { env, cwd: "/", timeout: 10_000, input: "input" });
    expect(ran).toEqual({ status: 7, stdout: "input", stderr: "error\n", late: false });
    expect(await gone(word)).toBe(true);
    expect(await run(["/not/there"], { env, cwd: "/", timeout: 5000 })).toMatchObject({ status: 127, late: false });
  });

  test("that says more than anybody reads is ended", async () => {
    const ran = await run(["sh", "-c", `yes ${word}`], { env, cwd: "/", timeout: 20_000 });
    expect(ran).toMatchObject({ status: null, late: false });
    expect(ran.stdout.length).toBeLessThan(40 * 1024 * 1024);
    expect(await gone(word)).toBe(true);
  });

  test.each([
    ["Node", process.execPath, [], {}],
    ["OpenCode's runtime", runtime, ["--config=/dev/null", "--no-env-file"], { BUN_BE_BUN: "1" }],
  ] as const)("ends when the doctor is killed, by %s", async (_name, program, flags, more) => {
    if (program === null) return;
    const script = join(folder, "starts.mjs");
    writeFileSync(script, await bundleScript("test/hostile/deadline.main.ts"));
    for (const signal of ["SIGKILL", "SIGTERM", "SIGINT", "SIGALRM", "SIGHUP"] as const) {
      const child = spawn(program, [...flags, script, word], { env: { ...env, ...more }, cwd: folder, stdio: "ignore" });
      await there(word);
      await setTimeout(100);
      child.kill(signal);
      await once(child, "exit");
      expect(await gone(`sleep\0${word}`), signal).toBe(true);
    }
  });

  test("asked in depth, OpenCode ends with the doctor", async () => {
    const prefix = join(folder, "prefix");
    for (const name of ["lib", "share", "bin"]) mkdirSync(join(prefix, name, "aperture-env"), { recursive: true });
    const binary = join(prefix, "lib", "aperture-env", "opencode");
    writeFileSync(binary, `#!/bin/sh\nsleep ${word} &\nsleep ${word}\n`, { mode: 0o755 });
    writeFileSync(join(prefix, "share", "aperture-env", "opencode.json"), "{}");
    writeFileSync(join(folder, "doctor.mjs"), doctorText);
    const child = spawn(
      process.execPath,
      [join(folder, "doctor.mjs"), `--prefix=${prefix}`, '--environment={"origin":"http://127.0.0.1:9"}', "--deep"],
      {
        env: { ...env, HOME: folder },
        cwd: folder,
        stdio: "ignore",
      },
    );
    await there(word);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await gone(word)).toBe(true);
  });
});
