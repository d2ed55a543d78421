/** Before a prompt the launcher tries the gateway: in each shell, with stand-ins for OpenCode and the doctor, and with the real doctor. */
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answers } from "../../src/questions/types.ts";
import { formatShell } from "../../src/render/escape.ts";
import { startMockGateway } from "../../src/gateway/mock/server.ts";
import type { LocalInstallation } from "../../src/scripts/install-locally.ts";
import { opencodeBinary } from "../support/opencode.ts";
import { skips } from "../support/skips.ts";
import { findProgram, installStub, makeFolder, makePlace, removeFolders, run, type Ran } from "./environment.ts";

const words = ["run", "hi"];
const shells = [
  ["sh", [findProgram("sh") ?? "sh"]],
  ["bash", [findProgram("bash") ?? "bash", "--posix"]],
  ["busybox", [findProgram("busybox") ?? "busybox", "sh"]],
] as const;

/** A server that takes connections and says nothing. */
const sockets = new Set<Socket>();
let silent: Server;
let port: number;
beforeAll(async () => {
  silent = createServer((socket) => sockets.add(socket.on("error", () => {})));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  port = (silent.address() as AddressInfo).port;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
  removeFolders();
});

describe.skipIf(skips("the launcher's probe", process.platform === "linux" ? null : "it is for Linux")).each(shells)(
  "under %s",
  (name, shell) => {
    const missing = findProgram(shell[0]!.split("/").at(-1)!) === null ? `${name} is not installed` : null;
    let installation: LocalInstallation;
    let managed: LocalInstallation;
    const withDoctor = async (answers: Partial<Answers>): Promise<LocalInstallation> => {
      const made = await installStub('echo "started $*"', answers);
      writeFileSync(
        join(made.prefix, "bin", "aperture-doctor"),
        '#!/bin/sh\necho "$*" >>"$TMPDIR/asked"\necho the line\nexit "${STATUS:-3}"\n',
      );
      return made;
    };
    const launch = async (
      env: Readonly<Record<string, string | undefined>>,
      args: readonly string[] = words,
      made = installation,
    ): Promise<Ran & { readonly asked: string }> => {
      const place = makePlace();
      const ran = await run([...shell, made.opencode, ...args], { place, env: { ...made.env, ...env } });
      const asked = join(place.tmp, "asked");
      return { ...ran, asked: existsSync(asked) ? readFileSync(asked, "utf8") : "" };
    };
    const gone = { APERTURE_URL: "http://127.0.0.1:9" };
    const goesOn = { exitCode: 0, stdout: `started ${words.join(" ")}\n`, stderr: "", asked: "" };
    const ends = { exitCode: 1, stdout: "", stderr: "the line\n", asked: "--launch\n" };

    describe.skipIf(skips(`the launcher's probe under ${name}`, missing))("the launcher", () => {
      beforeAll(async () => {
        [installation, managed] = [await withDoctor({}), await withDoctor({ managed: true, url: "http://127.0.0.1:9" })];
      });

      test("a gateway that takes the connection is not asked further", async () => {
        expect(await launch({ APERTURE_URL: `http://127.0.0.1:${port}` })).toEqual({ ...goesOn, signal: null });
        expect(await launch({ APERTURE_URL: `localhost:${port}/v1` })).toMatchObject(goesOn);
      });

      test("where nothing listens, the doctor's line ends the start", async () => {
        expect(await launch(gone)).toMatchObject(ends);
        expect(await launch({ APERTURE_URL: "https://127.0.0.1:9" })).toMatchObject(ends);
        expect(await launch({ APERTURE_URL: "http://[::1]:9" })).toMatchObject(ends);
        expect(await launch({ APERTURE_URL: "http://nobody.invalid" })).toMatchObject(ends);
      });

      test.each(["0", "4", "130"])("where the doctor is not certain (status %s), OpenCode starts", async (STATUS) => {
        expect(await launch({ ...gone, STATUS })).toMatchObject({ exitCode: 0, stdout: goesOn.stdout, stderr: "the line\n" });
      });

      test("APERTURE_ENV_PROBE=0 turns it off", async () => {
        expect(await launch({ ...gone, APERTURE_ENV_PROBE: "0" })).toMatchObject(goesOn);
        expect(await launch({ ...gone, APERTURE_ENV_PROBE: "1" })).toMatchObject(ends);
      });

      test.each([
        ["models"],
        ["--version"],
        ["run", "--help"],
        ["run", "--attach", "http://localhost:4096", "hi"],
        ["run", "--attach=http://localhost:4096", "hi"],
        ["serve"],
        ["github", "install"],
        [],
      ])("what asks nothing of the gateway, or another server, starts: %s %s", async (...args) => {
        expect(await launch(gone, args)).toMatchObject({ exitCode: 0, stderr: "", asked: "" });
      });

      test("a proxy on the way is tried in the gateway's place", async () => {
        const proxy = `http://user:word@127.0.0.1:${port}/`;
        expect(await launch({ ...gone, HTTP_PROXY: proxy })).toMatchObject(goesOn);
        expect(await launch({ ...gone, http_proxy: proxy, NO_PROXY: "127.0.0.1" })).toMatchObject(ends);
        const here = { APERTURE_URL: `http://127.0.0.1:${port}` };
        expect(await launch({ ...here, http_proxy: "127.0.0.1:9" })).toMatchObject(ends);
      });

      test("with a managed configuration APERTURE_URL has no effect, and the spec's gateway is tried", async () => {
        expect(await launch({ APERTURE_URL: `http://127.0.0.1:${port}` }, words, managed)).toMatchObject(ends);
      });

      test("bash's start files are not read, and without bash nc or the doctor tries the gateway", async () => {
        const folder = makeFolder();
        writeFileSync(join(folder, "env"), `echo read >"${folder}/read"\n`);
        const here = { APERTURE_URL: `http://127.0.0.1:${port}` };
        expect(await launch({ ...here, BASH_ENV: join(folder, "env") })).toMatchObject(goesOn);
        expect(existsSync(join(folder, "read"))).toBe(false);
        const tools = ["sh", "id", "mkdir", "rm", "cp", "ln", "tr", "grep", "touch", "mktemp", "rmdir"];
        for (const tool of tools) symlinkSync(findProgram(tool)!, join(folder, tool));
        expect(await launch({ ...here, PATH: folder, STATUS: "0" })).toMatchObject({ exitCode: 0, asked: "--launch\n" });
        const busybox = findProgram("busybox");
        if (busybox === null) return;
        for (const applet of ["timeout", "nc", "true"])
          writeFileSync(join(folder, applet), `#!/bin/sh\nexec ${formatShell(busybox)} ${applet} "$@"\n`, { mode: 0o755 });
        expect(await launch({ ...here, PATH: folder })).toMatchObject(goesOn);
        expect(await launch({ ...gone, PATH: folder })).toMatchObject(ends);
      });

      test("a prompt is one even if it is about the installation", async () => {
        expect(await launch(gone, ["run", "github", "install"])).toMatchObject(ends);
        expect(await launch(gone, ["github", "run"])).toMatchObject(ends);
      });

      test.skipIf(skips("the probe at a terminal", findProgram("script") === null ? "there is no script(1)" : null))(
        "a terminal makes no difference, because nobody may sit at it",
        async () => {
          const atTerminal = async (APERTURE_URL: string, args: readonly string[] = words): Promise<Ran> => {
            const command = [...shell, installation.opencode, ...args].map((word) => formatShell(word)).join(" ");
            const env = { ...installation.env, APERTURE_URL };
            return run(["script", "-qec", command, "/dev/null"], { place: makePlace(), env });
          };
          expect(await atTerminal(gone.APERTURE_URL)).toMatchObject({ exitCode: 1, stdout: "the line\r\n" });
          expect(await atTerminal(`http://127.0.0.1:${port}`)).toMatchObject({ exitCode: 0, stdout: "started run hi\r\n" });
          expect(await atTerminal(gone.APERTURE_URL, ["github", "install"])).toMatchObject({ exitCode: 0 });
        },
      );
    });
  },
);

const real = await opencodeBinary();

describe.skipIf(skips("the doctor before a prompt", real === null ? "OpenCode could not be fetched" : null))(
  "the real doctor",
  () => {
    let installation: LocalInstallation;
    beforeAll(async () => {
      installation = await installStub("");
      const binary = join(installation.prefix, "lib", "aperture-env", "opencode");
      // OpenCode's runtime for the doctor, and no OpenCode.
      const script = `#!/bin/sh\n[ "\${BUN_BE_BUN:-}" != 1 ] || exec ${formatShell(real!)} "$@"\necho "started $*"\n`;
      writeFileSync(binary, script, { mode: 0o755 });
    });
    const launch = async (APERTURE_URL: string): Promise<Ran> => {
      const place = makePlace();
      const ran = await run([installation.opencode, ...words], { place, env: { ...installation.env, APERTURE_URL } });
      // It is no examination, so no verdict is kept for the next start.
      expect(existsSync(join(place.home, ".local", "state", "aperture-env"))).toBe(false);
      return ran;
    };
    const doctor = (APERTURE_URL: string): Promise<Ran> =>
      run([join(installation.prefix, "bin", "aperture-doctor"), "--launch"], {
        place: makePlace(),
        env: { ...installation.env, APERTURE_URL },
      });

    test("its words are the report's, and the switch is named", async () => {
      const ran = await launch("http://127.0.0.1:9");
      expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
      expect(ran.stderr).toBe(
        "opencode (aperture-env): Nothing listens on 127.0.0.1:9. Start the service that should listen there: ts-unplug, or for a trial  npx create-aperture-env mock-gateway. The localhost of a container is the container itself: a service on its host has another name there, such as host.docker.internal. aperture-doctor checks again. APERTURE_ENV_PROBE=0 skips this check.\n",
      );
      const { stdout } = await run([join(installation.prefix, "bin", "aperture-doctor")], {
        place: makePlace(),
        env: { ...installation.env, APERTURE_URL: "http://127.0.0.1:9" },
      });
      expect(stdout).toContain("Nothing listens on 127.0.0.1:9");
    });

    test("a slow gateway causes one line, and OpenCode starts", async () => {
      const ran = await doctor(`http://127.0.0.1:${port}`);
      expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
      expect(ran.stdout).toMatch(/^opencode \(aperture-env\): http:\/\/127\.0\.0\.1:\d+ accepted the connection, but [^\n]*\n$/);
      expect(ran.stdout).not.toContain("APERTURE_ENV_PROBE");
    });

    test("a gateway that answers causes no line, whatever else the doctor would report", async () => {
      const gateway = await startMockGateway({ models: [] });
      try {
        expect(await doctor(`http://127.0.0.1:${gateway.port}`)).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
      } finally {
        await gateway.close();
      }
    });

    test("a doctor that is too slow is ended, and OpenCode starts", async () => {
      const busy = await installStub("");
      writeFileSync(join(busy.prefix, "lib", "aperture-env", "opencode"), "#!/bin/sh\necho started\n", { mode: 0o755 });
      writeFileSync(join(busy.prefix, "bin", "aperture-doctor"), "#!/bin/sh\nkill -ALRM $$\n");
      const ran = await run([busy.opencode, ...words], {
        place: makePlace(),
        env: { ...busy.env, APERTURE_URL: "http://127.0.0.1:9" },
      });
      expect(ran).toMatchObject({ exitCode: 0, stdout: "started\n" });
    });
  },
);
