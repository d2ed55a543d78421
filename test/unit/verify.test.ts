/** What a verification makes of what a container says, which may be anybody's image, and what is asked of Docker to take it away again. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Spawned } from "../../src/repo/spawn.ts";
import { prepareContainers, type Containers } from "../../src/verify/containers.ts";
import { verify } from "../../src/verify/verify.ts";

const folder = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-verify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A container whose doctor gives that, and in which a prompt is answered. */
function containerWith(doctor: Partial<Spawned>): Containers {
  const given = { exitCode: 0, stdout: "", stderr: "" };
  return {
    up: async () => undefined,
    exec: async ([program]) => (program === "aperture-doctor" ? { ...given, ...doctor } : { ...given, stdout: "hi\n" }),
    write: async () => undefined,
    remove: async () => undefined,
  };
}

const verifyWith = (doctor: Partial<Spawned>): ReturnType<typeof verify> =>
  verify({
    containers: containerWith(doctor),
    model: "a/b",
    url: "http://ai",
    mock: null,
    now: () => 0,
    onStep: () => undefined,
  });

test.each(["", "null", "7", "[]", "{}", '{"checks":{}}', '{"checks":[null]}', '{"checks":[{"severity":"failure"}]}', "hello"])(
  "a doctor that gives %j could not run",
  async (stdout) => {
    const steps = await verifyWith({ stdout, stderr: "odd\n", exitCode: 4 });
    expect(steps.at(-1)).toMatchObject({ name: "doctor", ok: false, message: "the doctor could not run: odd" });
  },
);

test("what a doctor finds is told, with what to do", async () => {
  const checks = [
    { severity: "ok", code: "fine", message: "Fine", next: null },
    { severity: "failure", code: "name-unknown", message: "No such name", next: "Look" },
    { severity: "warning", code: "slow", message: "Slow", next: null },
  ];
  const failed = await verifyWith({ stdout: JSON.stringify({ checks }), exitCode: 4 });
  expect(failed.at(-1)).toMatchObject({ ok: false, message: "name-unknown: No such name\n  Look\nslow: Slow" });
  const fine = await verifyWith({ stdout: JSON.stringify({ checks: checks.slice(0, 1) }) });
  expect(fine.map(({ name, ok, message }) => [name, ok, message]).slice(1)).toEqual([
    ["doctor", true, "1 checks, nothing found"],
    ["prompt", true, "a/b: hi (it shows up on http://ai/ui/)"],
  ]);
});

test("a folder's name is one text to Docker, whatever it is", async () => {
  const bin = join(folder, "bin");
  const log = join(folder, "log");
  mkdirSync(bin);
  writeFileSync(
    join(bin, "docker"),
    `#!/bin/sh\nprintf '%s\\n' "$@" >>'${log}'\ncase "$1 $5" in "ps label=aperture-env.verify=abc") echo container ;; esac\n`,
  );
  chmodSync(join(bin, "docker"), 0o755);
  const odd = join(folder, 'a"}}{{.Id}}\\');
  const here = { target: join(folder, "target"), env: { PATH: `${bin}:/usr/bin:/bin` } };
  const { signal } = new AbortController();
  await prepareContainers({ cli: "x", folder: odd, config: "x", run: "abc", version: "26", signal, here }).remove();
  const source = /\{\{if eq \.Source ("(?:[^"\\]|\\.)*")\}\}/.exec(readFileSync(log, "utf8"))?.[1];
  expect(JSON.parse(source!)).toBe(odd);
});
