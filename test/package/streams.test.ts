/** The end of a run as the program that started it sees it: streams that are cut or full, and something left that would keep a process. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { bin, makeFolders } from "./machine.ts";

const folders = makeFolders();
afterAll(() => folders.remove());

const options = { reject: false, stdin: "ignore", timeout: 15_000 } as const;

describe.skipIf(process.platform === "win32")("a run", () => {
  test("is done all the same where its reader has gone", async () => {
    const cwd = folders.make("gone");
    const script = '{ "$1" "$2" --yes --diff; echo $? >status; } | head -n 1';
    const dry = await execa("sh", ["-c", script, "sh", process.execPath, bin], { ...options, cwd });
    expect(dry.stdout).toMatch(/^ {2}aperture\.url/);
    const { stdout } = await execa("cat", ["status"], { cwd });
    expect(stdout).toBe("0");
    await execa("sh", ["-c", script.replace(" --diff", ""), "sh", process.execPath, bin], { ...options, cwd });
    expect(existsSync(join(cwd, "aperture-env.lock"))).toBe(true);
  });

  test.skipIf(!existsSync("/dev/full"))("says so where what it says cannot be written", async () => {
    const cwd = folders.make("full");
    const ran = await execa("sh", ["-c", '"$1" "$2" --yes >/dev/full', "sh", process.execPath, bin], { ...options, cwd });
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toMatch(/^Output cannot be written \(ENOSPC\)\.$/m);
    expect(ran.stderr).not.toMatch(/ at |node:/);
  });

  test("ends when it is done, whatever else would keep the process, with all that it said", async () => {
    const cwd = folders.make("kept");
    const keeper = join(folders.make("keeper"), "keeper.cjs");
    writeFileSync(keeper, "setInterval(() => {}, 1000);\n");
    const ran = await execa(process.execPath, ["--require", keeper, bin, "--yes", "--json", "--diff"], { ...options, cwd });
    expect(ran).toMatchObject({ exitCode: 0, timedOut: false });
    expect(JSON.parse(ran.stdout)).toMatchObject({ schemaVersion: 1 });
  });
});
