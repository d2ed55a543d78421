/** What the launcher does about the way to the gateway, in each shell: with stand-ins for OpenCode, for aperture-connect and for what looks up names. */
import { spawn, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { LocalInstallation } from "../../src/scripts/install-locally.ts";
import { skips } from "../support/skips.ts";
import { findProgram, installStub, makeFolder, makePlace, removeFolders, run, type Ran } from "./environment.ts";

/** Nobody's number: what runs here has a folder by it, in a place that no variable moves. */
const uid = 61_000 + (process.pid % 4000);
const own = `/tmp/aperture-env-${uid}`;
const noRoot =
  process.platform === "linux" && process.getuid?.() === 0 ? null : "only root can start processes of another account";

const shells = [
  ["sh", [findProgram("sh") ?? "sh"]],
  ["bash", [findProgram("bash") ?? "bash", "--posix"]],
  ["busybox", [findProgram("busybox") ?? "busybox", "sh"]],
] as const;

describe.skipIf(skips("the launcher's way to the gateway", noRoot)).each(shells)("under %s", (name, shell) => {
  const missing = findProgram(shell[0]!.split("/").at(-1)!) === null ? `${name} is not installed` : null;

  describe.skipIf(skips(`the launcher's way under ${name}`, missing))("the launcher", () => {
    let installation: LocalInstallation;
    let tools: string;
    const started: ChildProcess[] = [];

    beforeAll(async () => {
      installation = await installStub('env; echo "words: $*"', {
        connection: { kind: "auto", github: "network", kubernetes: "network" },
      });
      writeFileSync(
        join(installation.prefix, "bin", "aperture-connect"),
        `#!/bin/sh\nprintf '%s|' "$@" >>"$CALLS"; echo "key=\${TS_AUTHKEY:-}" >>"$CALLS"\n[ -z "\${DAEMON:-}" ] || echo "userspace $DAEMON 1077" >${own}/connect\nexit "\${STATUS:-0}"\n`,
      );
      chmodSync(installation.prefix, 0o755);
    });
    beforeEach(() => {
      tools = makeFolder();
      chmodSync(tools, 0o755);
      rmSync(own, { recursive: true, force: true });
      mkdirSync(join(tools, "out"));
      chmodSync(join(tools, "out"), 0o777);
    });
    afterEach(() => {
      for (const child of started.splice(0)) child.kill("SIGKILL");
      rmSync(own, { recursive: true, force: true });
    });
    afterAll(removeFolders);

    const getent = (script: string): void => writeFileSync(join(tools, "getent"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    /** A process of that account which the kernel calls so. */
    const daemon = (called: string): number => {
      const program = join(tools, called);
      copyFileSync(findProgram("sleep")!, program);
      chmodSync(program, 0o755);
      const child = spawn(program, ["60"], { uid, gid: uid, cwd: "/" });
      started.push(child);
      return child.pid!;
    };
    const keep = (file: string, text: string): void => {
      mkdirSync(own, { mode: 0o700, recursive: true });
      writeFileSync(join(own, file), text);
      for (const path of [own, join(own, file)]) chown(path);
    };
    const seconds = (): number => Math.floor(Date.now() / 1000);
    const launch = async (
      words: readonly string[],
      env: Readonly<Record<string, string>> = {},
    ): Promise<Ran & { readonly calls: string; readonly ms: number; readonly env: Readonly<Record<string, string>> }> => {
      const place = makePlace({ uid, gid: uid });
      const calls = join(tools, "out", "calls");
      const began = performance.now();
      const ran = await run([...shell, installation.opencode, ...words], {
        place,
        account: { uid, gid: uid },
        env: {
          ...installation.env,
          PATH: `${tools}:${process.env["PATH"]}`,
          CALLS: calls,
          TS_AUTHKEY: "secret-key",
          // No gateway is there; test/opencode/probe-launcher.test.ts has what comes of that.
          APERTURE_ENV_PROBE: "0",
          ...env,
        },
      });
      const said = ran.stdout.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
      const text = existsSync(calls) ? readFileSync(calls, "utf8") : "";
      rmSync(calls, { force: true });
      return { ...ran, calls: text, ms: performance.now() - began, env: Object.fromEntries(said) as Record<string, string> };
    };

    test("a name with a tailnet's address is the network, which is known for a while, and no key goes on", async () => {
      getent("echo 100.101.102.103 ai.example.ts.net ai; echo x >>$CALLS.asked");
      const ran = await launch(["run", "hi"]);
      expect(ran).toMatchObject({ exitCode: 0, calls: "", stderr: "" });
      expect(ran.stdout).toContain("words: run hi");
      expect(ran.env).not.toHaveProperty("TS_AUTHKEY");
      expect(ran.env).not.toHaveProperty("HTTP_PROXY");
      expect(readFileSync(join(own, "network"), "utf8")).toMatch(/^ai \d+\n$/);
      await launch(["run", "hi"]);
      expect(readFileSync(join(tools, "out", "calls.asked"), "utf8")).toBe("x\n");
      // Too old, of the future, of another host, or no number.
      for (const text of [`ai ${seconds() - 301}`, `ai ${seconds() + 60}`, `other ${seconds()}`, "ai x", ""]) {
        keep("network", `${text}\n`);
        rmSync(join(tools, "out", "calls.asked"));
        await launch(["run", "hi"]);
        expect(existsSync(join(tools, "out", "calls.asked")), text).toBe(true);
      }
    });

    test.each([
      ["nobody knows", "exit 2", "none"],
      ["somebody else has", "echo 192.0.2.7 ai", "192.0.2.7 ai"],
      ["is just beside a tailnet's", "echo 100.128.0.1 ai", "100.128.0.1 ai"],
      ["cannot be looked up", "exit 127", "unknown"],
    ])("a name that %s is told to aperture-connect, with the key", async (_, script, seen) => {
      getent(script);
      const ran = await launch(["run", "hi"]);
      expect(ran.calls).toMatch(/^--launch\|--since\|[\d.]+\|--seen\|/);
      expect(ran.calls).toContain(`--seen|${seen}|key=secret-key`);
      expect(ran.exitCode).toBe(0);
    });

    test("a name server that is silent is not waited for", async () => {
      getent("exec sleep 60");
      const ran = await launch(["run", "hi"]);
      expect(ran.calls).toContain("--seen|late|");
    });

    test("without timeout or getent aperture-connect looks itself", async () => {
      const empty = makeFolder();
      chmodSync(empty, 0o755);
      for (const tool of ["sh", "id", "date", "mkdir", "rm", "cp", "ln", "tr", "env", "grep", "touch", "mktemp", "rmdir"])
        symlinkSync(findProgram(tool)!, join(empty, tool));
      const ran = await launch(["run", "hi"], { PATH: empty });
      expect(ran.calls).toContain("--seen|unknown|");
    });

    test("a daemon that runs and was ready just now is taken without a question", async () => {
      getent("exit 2");
      const pid = daemon("tailscaled");
      keep("connect", `userspace ${pid} 1066\n`);
      keep("ready", `${pid} ${seconds()}\n`);
      const ran = await launch(["run", "hi"], { HTTP_PROXY: "" });
      expect(ran.calls).toBe("");
      for (const variable of ["HTTP_PROXY", "http_proxy"]) expect(ran.env[variable]).toBe("http://127.0.0.1:1066");
      expect(ran.env["NO_PROXY"]).toBe("localhost,127.0.0.1,::1");
      const unplug = daemon("ts-unplug");
      keep("connect", `ts-unplug ${unplug} 8123\n`);
      keep("ready", `${unplug} ${seconds()}\n`);
      const other = await launch(["run", "hi"]);
      expect(other.env["APERTURE_URL"]).toBe("http://localhost:8123");
      expect(other.env).not.toHaveProperty("HTTP_PROXY");
    });

    test("a daemon that is another program by now, is dead or was not ready lately is asked for", async () => {
      getent("exit 2");
      const pid = daemon("other");
      for (const [line, ready] of [
        [`userspace ${pid} 1066`, `${pid} ${seconds()}`],
        ["userspace 4194304 1066", `4194304 ${seconds()}`],
        ["userspace 1 1066", `1 ${seconds()}`],
        ["userspace x 1066", `x ${seconds()}`],
        ["", ""],
      ]) {
        keep("connect", `${line}\n`);
        keep("ready", `${ready}\n`);
        const ran = await launch(["run", "hi"]);
        expect(ran.calls, line).toContain("--launch|");
        expect(ran.env, line).not.toHaveProperty("HTTP_PROXY");
      }
      const real = daemon("tailscaled");
      keep("connect", `userspace ${real} 1066\n`);
      keep("ready", `${real} ${seconds() - 301}\n`);
      const late = await launch(["run", "hi"]);
      expect(late.calls).toContain("--launch|");
      expect(late.env["HTTP_PROXY"]).toBe("http://127.0.0.1:1066");
    });

    test("a folder of somebody else's is passed over", async () => {
      getent("exit 2");
      mkdirSync(own);
      const pid = daemon("tailscaled");
      writeFileSync(join(own, "connect"), `userspace ${pid} 1066\n`);
      writeFileSync(join(own, "ready"), `${pid} ${seconds()}\n`);
      const ran = await launch(["run", "hi"]);
      expect(ran.calls).toContain("--launch|");
      expect(ran.env).not.toHaveProperty("HTTP_PROXY");
      rmSync(`/var/tmp/aperture-env-${uid}`, { recursive: true, force: true });
    });

    test("what it has started is taken at once", async () => {
      getent("exit 2");
      const pid = daemon("tailscaled");
      const ran = await launch(["run", "hi"], { DAEMON: String(pid) });
      expect(ran.env["HTTP_PROXY"]).toBe("http://127.0.0.1:1077");
    });

    test("where it cannot connect, a prompt ends at once, and what can wait or needs nothing goes on", async () => {
      getent("exit 2");
      const failed = await launch(["run", "hi"], { STATUS: "1" });
      expect([failed.exitCode, failed.stdout]).toEqual([1, ""]);
      expect((await launch(["--print-logs", "--log-level", "DEBUG", "run", "hi"], { STATUS: "1" })).exitCode).toBe(1);
      const screen = await launch([], { STATUS: "1" });
      expect([screen.exitCode, screen.calls === ""]).toEqual([0, false]);
      for (const words of [["--version"], ["models"], ["run", "--help"], ["-h"], ["auth", "list"], ["session", "list"]]) {
        const ran = await launch(words, { STATUS: "1" });
        expect([ran.exitCode, ran.calls], words.join(" ")).toEqual([0, ""]);
        expect(ran.env).not.toHaveProperty("TS_AUTHKEY");
      }
    });

    test("what aperture-connect has connected is not tried once more; a network that has the name is", async () => {
      getent("exit 2");
      expect(await launch(["run", "hi"], { APERTURE_ENV_PROBE: "1" })).toMatchObject({ exitCode: 0, stderr: "" });
      getent("echo 100.101.102.103 ai");
      writeFileSync(join(installation.prefix, "bin", "aperture-doctor"), "#!/bin/sh\necho the line\nexit 3\n");
      const ran = await launch(["run", "hi"], { APERTURE_ENV_PROBE: "1", APERTURE_URL: "http://nobody.invalid" });
      expect(ran).toMatchObject({ exitCode: 1, calls: "", stdout: "", stderr: "the line\n" });
    });

    test.each([
      ["an address", { APERTURE_URL: "http://10.0.0.7:8080" }],
      ["another address", { APERTURE_URL: "http://[fd7a:115c:a1e0::1]" }],
      ["this machine", { APERTURE_URL: "http://localhost:8080" }],
      ["this machine, where a node of its own is meant", { APERTURE_URL: "http://[::1]:80", APERTURE_CONNECTION: "userspace" }],
      ["a proxy", { HTTP_PROXY: "http://proxy:3128" }],
      ["a proxy for https", { APERTURE_URL: "https://ai", https_proxy: "http://proxy:3128" }],
      ["the word network", { APERTURE_CONNECTION: "network" }],
      ["a host that takes the network", { GITHUB_ACTIONS: "true" }],
      ["a pod that takes the network", { KUBERNETES_SERVICE_HOST: "10.96.0.1" }],
    ])("%s is left alone", async (_, env) => {
      getent("exit 2");
      expect((await launch(["run", "hi"], env)).calls).toBe("");
    });

    test.each([
      ["a proxy that leaves the gateway out", { HTTP_PROXY: "http://proxy:3128", NO_PROXY: "localhost,ai" }],
      ["a proxy for something else", { HTTPS_PROXY: "http://proxy:3128" }],
      ["a proxy where a node of its own is meant", { APERTURE_CONNECTION: "userspace", HTTP_PROXY: "http://proxy:3128" }],
    ])("%s is not", async (_, env) => {
      getent("exit 2");
      expect((await launch(["run", "hi"], env)).calls).toContain("--launch|");
    });
  });
});

/** Gives a path to the account. */
function chown(path: string): void {
  chownSync(path, uid, uid);
}
