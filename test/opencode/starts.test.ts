/** How the launcher starts OpenCode as the first process of a container, and where several start at once: in each shell, with stand-ins for OpenCode. */
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { skips } from "../support/skips.ts";
import { findProgram, install, installStub, makeFolder, makePlace, removeFolders, run, type Ran } from "./environment.ts";

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

    /** A stand-in that writes down when it changes tables, which takes it a moment, and else says which tables it has found. */
    const upgrading = async (version: string): Promise<Awaited<ReturnType<typeof installStub>>> => {
      const stub = await installStub(
        `case $1 in db) echo "changes $2" >>"$TMPDIR/log"; sleep 0.5; echo new >"$HOME/tables" ;; *) read -r t <"$HOME/tables"; echo "$t" ;; esac`,
      );
      writeFileSync(join(stub.prefix, "lib", "aperture-env", "opencode.version"), `${version}\n`);
      return stub;
    };
    const kept = (): ReturnType<typeof makePlace> => {
      const place = makePlace();
      const data = join(place.home, ".local", "share", "opencode");
      mkdirSync(data, { recursive: true });
      writeFileSync(join(data, "opencode.db"), "x".repeat(5000));
      writeFileSync(join(place.home, "tables"), "old\n");
      return place;
    };
    const logOf = (place: ReturnType<typeof makePlace>): string =>
      existsSync(join(place.tmp, "log")) ? readFileSync(join(place.tmp, "log"), "utf8") : "";

    test.skipIf(skips(`the upgrade under ${name}`, why))(
      "one changes the tables of an older version's database, once for each version, and the others wait for it",
      async () => {
        const place = kept();
        for (const version of ["1.18.18", "1.18.19"]) {
          const stub = await upgrading(version);
          const start = (): Promise<Ran> =>
            run([...shell, stub.opencode, ...words], { place, env: { ...stub.env, APERTURE_ENV_PROBE: "0" } });
          for (const ran of await Promise.all(Array.from({ length: 5 }, start)))
            expect(ran).toMatchObject({ exitCode: 0, stdout: "new\n", stderr: "" });
          expect(await start()).toMatchObject({ exitCode: 0, stdout: "new\n" });
        }
        expect(logOf(place)).toBe("changes path\nchanges path\n");
      },
    );

    test.skipIf(skips(`the upgrade under ${name}`, why))(
      "no tables are changed for help, a version, or another database; and where that fails, the next start tries again",
      async () => {
        const stub = await upgrading("1.18.18");
        const place = kept();
        const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
          run([...shell, stub.opencode, ...args], { place, env: { ...stub.env, APERTURE_ENV_PROBE: "0", ...env } });
        for (const word of ["--help", "--version", "models"]) expect(await start([word])).toMatchObject({ stdout: "old\n" });
        expect(await start(words, { OPENCODE_DB: ":memory:" })).toMatchObject({ stdout: "old\n" });
        expect(logOf(place)).toBe("");
        const binary = join(stub.prefix, "lib", "aperture-env", "opencode");
        const text = readFileSync(binary, "utf8");
        writeFileSync(binary, "#!/bin/sh\nexit 3\n");
        expect(await start(words)).toMatchObject({ exitCode: 3 });
        writeFileSync(binary, text);
        expect(await start([])).toMatchObject({ stdout: "new\n" });
        expect(logOf(place)).toBe("changes path\n");
      },
    );

    test.skipIf(skips(`the lock under ${name}`, why))(
      "a new database is of this version, and nothing is changed in it",
      async () => {
        const stub = await installStub(
          `case $1 in db) echo changes >>"$TMPDIR/log" ;; *) echo tables >"$HOME/.local/share/opencode/opencode.db-wal" ;; esac`,
        );
        writeFileSync(join(stub.prefix, "lib", "aperture-env", "opencode.version"), "1.18.18\n");
        const place = makePlace();
        for (const args of [words, words, []])
          expect(
            await run([...shell, stub.opencode, ...args], { place, env: { ...stub.env, APERTURE_ENV_PROBE: "0" } }),
          ).toMatchObject({ exitCode: 0, stderr: "" });
        expect(logOf(place)).toBe("");
      },
    );

    test("in an image with coreutils and nothing more it starts OpenCode, and says nothing", async () => {
      const stub = await installStub("echo tables >$HOME/.local/share/opencode/opencode.db-wal; echo done");
      writeFileSync(join(stub.prefix, "lib", "aperture-env", "opencode.version"), "1.18.18\n");
      const place = makePlace();
      const config = join(place.home, ".config", "opencode");
      mkdirSync(config, { recursive: true });
      writeFileSync(join(config, "opencode.json"), "{}\n");
      const programs = makeFolder();
      for (const each of [
        "cat",
        "cp",
        "date",
        "id",
        "ln",
        "mkdir",
        "mktemp",
        "rm",
        "rmdir",
        "sleep",
        "timeout",
        "touch",
        "tr",
        "wc",
      ])
        symlinkSync(findProgram(each)!, join(programs, each));
      const env = { ...stub.env, APERTURE_ENV_PROBE: "0", PATH: programs };
      for (const args of [words, words, []])
        expect(await run([...shell, stub.opencode, ...args], { place, env })).toMatchObject({
          exitCode: 0,
          stdout: "done\n",
          stderr: "",
        });
    });

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

test("the command by which the launcher lets OpenCode change tables does so, and ends", async () => {
  const { prefix } = await install();
  const place = makePlace();
  const env = { OPENCODE_DISABLE_MODELS_FETCH: "1", OPENCODE_DISABLE_AUTOUPDATE: "1" };
  const binary = join(prefix, "lib", "aperture-env", "opencode");
  const database = join(place.home, ".local", "share", "opencode", "opencode.db");
  expect(await run([binary, "db", "path"], { place, env })).toMatchObject({ exitCode: 0, stdout: `${database}\n` });
  const asked = await run([binary, "db", "select count(*) > 0 as made from migration"], {
    place,
    env: { ...env, OPENCODE_DB: database },
  });
  expect(asked).toMatchObject({ exitCode: 0, stdout: "made\n1\n" });
  expect(statSync(database).size).toBeGreaterThan(4096);
});
