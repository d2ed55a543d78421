/** The published package as its users start it: by a real npm that gets it from a registry. Nobody is at a terminal; terminal.test.ts has one. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { questions } from "../../src/questions/table.ts";
import type { Facts } from "../../src/questions/types.ts";
import { treeOf } from "../cli/harness.ts";
import { bin, makeFolders, npmMajor, runBin, startMachine, withoutBanner, type Environment, type Machine } from "./machine.ts";
import { skips } from "../support/skips.ts";

const folders = makeFolders();
let machine: Machine;
beforeAll(async () => {
  machine = await startMachine(folders);
});
afterAll(async () => {
  await machine?.close();
  folders.remove();
});

const create = (cwd: string, args: readonly string[], env?: Environment): ReturnType<Machine["npm"]> =>
  machine.npm(cwd, ["create", "aperture-env@latest", ...args], env);

/** What the built program itself writes and says in a folder of that name. */
async function expected(name: string, args: readonly string[]): Promise<{ tree: ReturnType<typeof treeOf>; stdout: string }> {
  const folder = folders.make(name);
  const { exit, stdout, stderr } = await runBin(machine.env, folder, args);
  expect(exit, stderr).toBe(0);
  return { tree: treeOf(folder), stdout };
}

describe("npm create aperture-env@latest", () => {
  test("-- --yes writes what the program itself writes, byte for byte", async () => {
    const folder = folders.make("my-app");
    const ran = await create(folder, ["--", "--yes"]);
    expect(ran.exit, ran.stderr).toBe(0);
    const { tree, stdout } = await expected("my-app", ["--yes"]);
    expect(Object.keys(tree)).toContain("aperture-env.yaml");
    expect(treeOf(folder)).toEqual(tree);
    expect(withoutBanner(ran.stdout)).toBe(stdout);
    expect(machine.registry.requests.map(({ path }) => path)).toContainEqual(expect.stringMatching(/\.tgz$/));
  });

  test("without --yes it names all open questions at once and writes nothing", async () => {
    const folder = folders.make("my-app");
    const { exit, stdout, stderr } = await create(folder, []);
    expect({ exit, stdout: withoutBanner(stdout) }, stderr).toEqual({ exit: 2, stdout: "" });
    const facts: Facts = { folder: "my-app", base: null, devcontainers: [], opencode: "", today: "2026-11-25" };
    const open = questions.filter(
      ({ asked, applies, choices }) => asked && applies?.(facts) !== false && choices?.(facts).length !== 1,
    );
    expect(stderr.match(/^ {2}--\S+/gm)).toEqual(open.map(({ flag }) => `  --${flag}`));
    expect(stderr).not.toContain("npm took");
    expect(treeOf(folder)).toEqual({});
  });

  test("-- --dry-run --yes shows the plan and writes nothing", async () => {
    const folder = folders.make("my-app");
    const ran = await create(folder, ["--", "--dry-run", "--yes"]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/\n\d+ new\. Nothing was written \(--dry-run\)\.\n$/);
    expect(treeOf(folder)).toEqual({});
  });

  // npm keeps this flag for itself: with the package in its cache it starts the program all the same, else it fails by itself.
  test.each([
    ["in npm's cache", false],
    ["not in npm's cache", true],
  ])("--dry-run -- --yes writes nothing with the package %s", async (_where, cold) => {
    const folder = folders.make("my-app");
    const ran = await create(folder, ["--dry-run", "--", "--yes"], cold ? { npm_config_cache: folders.make("cold") } : {});
    if (!cold) expect(ran).toMatchObject({ exit: 0, stdout: expect.stringContaining("Nothing was written (--dry-run).") });
    expect(treeOf(folder)).toEqual({});
  });

  test("my-dir -- --url http://x --yes writes into a new folder of that name", async () => {
    const folder = folders.make("work");
    const { exit, stderr } = await create(folder, ["my-dir", "--", "--url", "http://x", "--yes"]);
    expect(exit, stderr).toBe(0);
    expect(stderr).toContain("\n  1. cd my-dir\n");
    expect(readdirSync(folder)).toEqual(["my-dir"]);
    expect(treeOf(join(folder, "my-dir"))).toEqual((await expected("my-dir", ["--url", "http://x", "--yes"])).tree);
  });

  test("a second run has nothing to do", async () => {
    const folder = folders.make("my-app");
    expect((await create(folder, ["--", "--yes"])).exit).toBe(0);
    const before = treeOf(folder, true);
    const { exit, stdout } = await create(folder, []);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/\nNothing to do: everything is up to date\.\n$/);
    expect(treeOf(folder, true)).toEqual(before);
  });
});

// Windows allows no double quote in a name.
const odd = process.platform === "win32" ? "it's a test folder" : `it's a "test" folder`;

describe("names that a shell would trip over", () => {
  test(`the folder  ${odd}`, async () => {
    const folder = folders.make(odd);
    const { exit, stderr } = await create(folder, ["--", "--yes"]);
    expect(exit, stderr).toBe(0);
    expect(treeOf(folder)).toEqual((await expected(odd, ["--yes"])).tree);
  });

  test("a new folder and answers with spaces, quotes and dollars", async () => {
    const folder = folders.make(odd);
    const args = ["--yes", "--name", `$HOME \`id\` 'it' "is" %PATH%`];
    const { exit, stderr } = await create(folder, ["my dir's", "--", ...args]);
    expect(exit, stderr).toBe(0);
    expect(readdirSync(folder)).toEqual(["my dir's"]);
    expect(treeOf(join(folder, "my dir's"))).toEqual((await expected("my dir's", args)).tree);
    expect(stderr).toContain(`\n  1. cd 'my dir'\\''s'\n`);
  });

  test.skipIf(skips("the line to repeat, given to a shell", process.platform === "win32" ? "it is for POSIX shells" : null))(
    "the line to repeat, given to a shell, gives the same again",
    async () => {
      const folder = folders.make(odd);
      const { stderr } = await create(folder, ["my dir's", "--", "--yes", "--name", `$HOME \`id\` 'it' "is" %PATH%`]);
      const line = stderr.split("Repeat this:\n")[1]!.split("\n")[0]!.trim();
      const again = folders.make(odd);
      const { exitCode } = await execa("sh", ["-c", line], { cwd: again, env: machine.env, extendEnv: false, stdin: "ignore" });
      expect(exitCode).toBe(0);
      expect(treeOf(again)).toEqual(treeOf(folder));
    },
  );
});

describe("flags before the --", () => {
  const reason = npmMajor >= 12 ? `npm ${npmMajor} refuses them itself` : null;
  test.skipIf(skips("flags of ours before the --", reason))(
    "ours, which npm 11 drops, are a usage error that says so",
    async () => {
      const folder = folders.make("my-app");
      const { exit, stderr } = await create(folder, ["--providers", "anthropic"]);
      expect(exit, stderr).toBe(2);
      expect(stderr).toContain("npm took --providers for itself.\nPut -- before the flags:");
      expect(treeOf(folder)).toEqual({});
    },
  );

  test("ours never lead to anything written", async () => {
    const folder = folders.make("my-app");
    for (const args of [
      ["--providers", "anthropic"],
      ["--managed", "--", "--yes"],
      ["--diff", "--", "--yes"],
    ]) {
      expect((await create(folder, args)).exit, args.join(" ")).not.toBe(0);
    }
    expect(treeOf(folder)).toEqual({});
  });

  test("npm's own --yes is not ours, and whoever typed it is told", async () => {
    const folder = folders.make("my-app");
    const { exit, stderr } = await create(folder, ["--yes"]);
    expect(exit, stderr).toBe(2);
    expect(stderr).toContain("npm kept --yes for itself");
    expect(stderr).toContain("npm create aperture-env@latest -- --yes");
    expect(treeOf(folder)).toEqual({});
  });
});

describe("JSON for programs", () => {
  const status = (stdout: string): unknown => (JSON.parse(stdout) as { status: unknown }).status;

  test("npx create-aperture-env@latest --yes --json: stdout is one object", async () => {
    const { exit, stdout, stderr } = await machine.npx(folders.make("my-app"), ["create-aperture-env@latest", "--yes", "--json"]);
    expect(exit, stderr).toBe(0);
    expect(status(stdout)).toBe("written");
  });

  test("npm create -- --yes --json: the object follows what npm says, and with --silent it is alone", async () => {
    const talking = await create(folders.make("my-app"), ["--", "--yes", "--json"]);
    expect(status(withoutBanner(talking.stdout)), talking.stderr).toBe("written");
    const silent = await create(folders.make("my-app"), ["--silent", "--", "--yes", "--json"]);
    expect(status(silent.stdout), silent.stderr).toBe("written");
  });

  test("npm's own --json asks for it, too, also where something is wrong", async () => {
    const folder = folders.make("my-app");
    const failed = await create(folder, ["--json"]);
    expect(failed.exit).toBe(2);
    // npm adds an object of its own, for its own error.
    const ours = failed.stdout.slice(0, failed.stdout.indexOf("\n}\n") + 3);
    expect(JSON.parse(ours)).toMatchObject({ status: "error", error: { code: "missing-answers" } });
    expect(treeOf(folder)).toEqual({});
    const { exit, stdout, stderr } = await create(folder, ["--json", "--", "--yes"]);
    expect(exit, stderr).toBe(0);
    expect(status(stdout)).toBe("written");
  });
});

const windows = process.platform === "win32" ? "Windows has no signals" : null;
const noBash = (await execa("bash", ["--version"], { reject: false })).failed ? "there is no bash" : null;

describe.skipIf(skips("the mock gateway behind npx", windows))("mock-gateway --port 0 --json", () => {
  const args = ["mock-gateway", "--port", "0", "--json"];

  /**
   * Runs it until Ctrl-C, which a terminal gives to every process in front of it, and gives what the first of them ended with. With `again`, it
   * gets the signal once more after that many milliseconds.
   */
  async function runUntilInterrupted(program: string, before: readonly string[], env: Environment = {}, again?: number) {
    const options = { cwd: folders.make("my-app"), env: { ...machine.env, ...env }, extendEnv: false, stdin: "ignore" } as const;
    const running = execa(program, [...before, ...args], { ...options, detached: true, reject: false });
    try {
      const first = await firstObject(running.stdout);
      const { origin } = first;
      expect(first).toEqual({
        schemaVersion: 1,
        origin: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        ui: `${origin}/ui/`,
      });
      const answer = (await (await fetch(`${origin}/v1/models`)).json()) as { data: readonly { id: string }[] };
      expect(answer.data.map(({ id }) => id)).toContain("claude-sonnet-5-5");
      process.kill(-running.pid!, "SIGINT");
      if (again !== undefined) {
        await setTimeout(again);
        running.kill("SIGINT");
      }
      const { exitCode, signal } = await running;
      // Nothing is left behind. A shell between npm and the program may go before it does.
      const answers = (): Promise<boolean> => fetch(`${origin}/v1/models`).then(Boolean, () => false);
      await expect.poll(answers, { timeout: 5000 }).toBe(false);
      return { exit: exitCode, signal };
    } finally {
      try {
        process.kill(-running.pid!, "SIGKILL");
      } catch {
        // All of them have ended, as they should.
      }
    }
  }

  /** The first line that is an object: npm may have said something before. */
  function firstObject(stdout: Readable): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      let text = "";
      stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        const line = /^\{.*\}$/m.exec(text)?.[0];
        if (line !== undefined) resolve(JSON.parse(line) as Readonly<Record<string, unknown>>);
      });
      stdout.on("end", () => reject(new Error(`it ended and had only said: ${text}`)));
    });
  }

  test("the program itself ends with 0", async () => {
    expect(await runUntilInterrupted(process.execPath, [bin])).toEqual({ exit: 0, signal: undefined });
  });

  test.each([0, 1, 2, 3, 5])("the program itself ends with 0 when the signal comes again after %i ms", async (again) => {
    expect(await runUntilInterrupted(process.execPath, [bin], {}, again)).toEqual({ exit: 0, signal: undefined });
  });

  // A shell that makes way for the program lets its exit status through; there it gets the signal twice, from the terminal and from npm.
  test.skipIf(skips("npx with a shell that makes way for the program", noBash))("behind npx it ends with 0", async () => {
    const ended = await runUntilInterrupted("npx", ["create-aperture-env"], { npm_config_script_shell: "bash" });
    expect(ended).toEqual({ exit: 0, signal: undefined });
  });

  test("behind npx with the system's own shell it ends, whatever that shell makes of it", async () => {
    expect([0, undefined]).toContain((await runUntilInterrupted("npx", ["create-aperture-env"])).exit);
  });
});

test("a spec without a lock, as in a fresh template repository, needs no --yes", async () => {
  const folder = folders.make("my-app");
  writeFileSync(join(folder, "aperture-env.yaml"), "aperture:\n  url: http://ai\n");
  const { exit, stderr } = await create(folder, []);
  expect(exit, stderr).toBe(0);
});
