/** How the launcher starts OpenCode as the first process of a container, and where several start at once: in each shell, with stand-ins for OpenCode. */
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { skips } from "../support/skips.ts";
import { findProgram, installStub, makeFolder, makePlace, removeFolders, run, type Ran } from "./environment.ts";

const shells = [
  ["dash", "dash", []],
  ["bash", "bash", ["--posix"]],
  ["busybox", "busybox", ["sh"]],
] as const;
const words = ["run", "hi"];

/** Why no process can be the first of its namespace here, or null. */
function whyNoNamespace(): string | null {
  const { status } = spawnSync("unshare", ["--pid", "--fork", "true"], { stdio: "ignore" });
  return status === 0 ? null : "no process namespace can be made here";
}

afterAll(removeFolders);

describe.each(shells)("the launcher under %s", (name, program, mode) => {
  const path = findProgram(program);
  const missing = path === null ? `${name} is not installed` : null;
  const shell = [path ?? program, ...mode];

  describe.skipIf(skips(`the first process under ${name}`, missing ?? whyNoNamespace()))("as the first process", () => {
    const unshare = (opencode: string, args: readonly string[]): string[] => [
      "--pid",
      "--fork",
      "--kill-child",
      ...shell,
      opencode,
      ...args,
    ];
    const options = (env: Readonly<Record<string, string>>) => {
      const { home, tmp, work } = makePlace();
      const variables = { PATH: process.env["PATH"]!, HOME: home, TMPDIR: tmp, APERTURE_ENV_PROBE: "0", ...env };
      return { cwd: work, env: variables, extendEnv: false, reject: false, timeout: 100_000, stripFinalNewline: false } as const;
    };

    // The kernel passes on none of these to a first process that does not handle it; sleep does not.
    test.each([
      ["SIGTERM", 143],
      ["SIGINT", 130],
      ["SIGHUP", 129],
    ] as const)("%s ends OpenCode and gives status %i", async (signal, status) => {
      const stub = await installStub("echo ready; exec sleep 60");
      const started = execa("unshare", unshare(stub.opencode, words), { ...options(stub.env), stdin: "ignore" });
      await once(started.stdout, "data");
      // Of the namespace's first process, as it is seen from here.
      const [pid] = readFileSync(`/proc/${started.pid}/task/${started.pid}/children`, "utf8").split(" ");
      process.kill(Number(pid), signal);
      expect(await started).toMatchObject({ exitCode: status, timedOut: false, stderr: "" });
    });

    test("a signal that comes before OpenCode has started ends the start", async () => {
      const stub = await installStub("echo started");
      // It is what the launcher waits for, as it cannot reach the gateway.
      const doctor = join(stub.prefix, "bin", "aperture-doctor");
      writeFileSync(doctor, "#!/bin/sh\necho ready >&2; sleep 1\n");
      const env = { ...stub.env, APERTURE_ENV_PROBE: "1", APERTURE_URL: "http://127.0.0.1:9" };
      const started = execa("unshare", unshare(stub.opencode, words), { ...options(env), stdin: "ignore" });
      await once(started.stderr, "data");
      const [pid] = readFileSync(`/proc/${started.pid}/task/${started.pid}/children`, "utf8").split(" ");
      process.kill(Number(pid), "SIGTERM");
      expect(await started).toMatchObject({ exitCode: 143, stdout: "" });
    });

    test("a program that is killed is told, with what may be the reason", async () => {
      const stub = await installStub("kill -KILL $$");
      expect(await execa("unshare", unshare(stub.opencode, words), { ...options(stub.env), stdin: "ignore" })).toMatchObject({
        exitCode: 137,
        stderr: expect.stringMatching(/^opencode \(aperture-env\): OpenCode was killed: [^\n]* too little memory[^\n]*\n$/),
      });
    });

    test("words, stdin and status are passed on", async () => {
      const stub = await installStub('cat; printf "%s|" "$@"; exit 37');
      const command = unshare(stub.opencode, [...words, "a b", ""]);
      expect(await execa("unshare", command, { ...options(stub.env), input: "through\0it\n" })).toMatchObject({
        exitCode: 37,
        stdout: "through\0it\nrun|hi|a b||",
        stderr: "",
      });
    });
  });

  describe.skipIf(skips(`starts at once under ${name}`, missing))("several starts at once", () => {
    const why = findProgram("flock") === null ? "there is no flock" : null;
    test.skipIf(skips(`the lock under ${name}`, why))(
      "one creates the tables of the new database, and the others wait for it",
      async () => {
        // It takes a moment between looking and writing, as OpenCode does, and stays after that.
        const database = '"$HOME/.local/share/opencode/opencode.db"';
        const stub = await installStub(
          `[ -s ${database}-wal ] || { echo creates >>"$TMPDIR/log"; : >${database}; sleep 0.5; echo tables >${database}-wal; }; sleep 0.5; echo done`,
        );
        const place = makePlace();
        const starts = await Promise.all(
          Array.from({ length: 5 }, () =>
            run([...shell, stub.opencode, ...words], { place, env: { ...stub.env, APERTURE_ENV_PROBE: "0" } }),
          ),
        );
        for (const start of starts) expect(start).toMatchObject({ exitCode: 0, stdout: "done\n", stderr: "" });
        expect(readFileSync(join(place.tmp, "log"), "utf8")).toBe("creates\n");
      },
    );

    test("a start that leaves no database does not disturb the next start", async () => {
      const stub = await installStub("echo done");
      const place = makePlace();
      const programs = makeFolder();
      writeFileSync(join(programs, "sleep"), '#!/bin/sh\necho sleeps >>"$TMPDIR/log"\n', { mode: 0o755 });
      const env = { ...stub.env, APERTURE_ENV_PROBE: "0", PATH: `${programs}:${process.env["PATH"]}` };
      const start = (): Promise<Ran> => run([...shell, stub.opencode, ...words], { place, env });
      expect([await start(), await start()]).toMatchObject([{ stdout: "done\n" }, { stdout: "done\n" }]);
      expect(existsSync(join(place.tmp, "log"))).toBe(false);
    });
  });
});
