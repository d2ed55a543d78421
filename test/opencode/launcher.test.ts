/** The launcher alone, with a program in place of OpenCode that tells with what it was started. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { formatShell } from "../../src/render/escape.ts";
import { whyNotHere, type LocalInstallation } from "../../src/scripts/install-locally.ts";
import {
  findProgram,
  installStub,
  makeFolder,
  makePlace,
  otherAccount,
  readJson,
  removeFolders,
  run,
  whyNoMounts,
  withMounts,
  type Place,
  type Ran,
} from "./environment.ts";
import { skips } from "../support/skips.ts";

/** What the stub tells of itself. */
interface Report {
  readonly pid: number;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const stub = `
const args = process.argv.slice(2);
const [what, value] = args;
const report = JSON.stringify({ pid: process.pid, args, env: process.env }) + "\\n";
if (what === "exit") process.exit(Number(value));
if (what === "die") process.kill(process.pid, value);
if (what === "wait") {
  for (const [signal, status] of [["SIGTERM", 42], ["SIGINT", 43], ["SIGHUP", 44]]) process.on(signal, () => process.exit(status));
  setInterval(() => {}, 1000);
}
process.stdout.write(report);
`;

/** What a shell sets by itself. */
const byTheShell = ["PWD", "OLDPWD", "SHLVL", "_"];

describe.skipIf(skips("the launcher's tests", whyNotHere()))("the launcher", () => {
  let installation: LocalInstallation;
  let share: string;
  let defaults: Readonly<Record<string, string>>;
  const other = otherAccount();
  const noMounts = whyNoMounts();

  beforeAll(async () => {
    const folder = makeFolder();
    const file = join(folder, "report.cjs");
    writeFileSync(file, stub);
    installation = await installStub(`exec '${process.execPath}' '${file}' "$@"`);
    share = join(installation.prefix, "share", "aperture-env");
    defaults = {
      APERTURE_URL: "http://ai",
      OPENCODE_CONFIG: join(share, "opencode.json"),
      OPENCODE_MODELS_PATH: join(share, "models.json"),
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
      OPENCODE_DISABLE_SHARE: "1",
      OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
    };
  });
  afterAll(removeFolders);

  const launch = (
    place: Place,
    env: Readonly<Record<string, string | undefined>> = {},
    args: readonly string[] = [],
    shell: readonly string[] = [],
  ): Promise<Ran> => run([...shell, installation.opencode, ...args], { place, env: { ...installation.env, ...env } });

  const report = (ran: Ran): Report => {
    expect(ran.exitCode, ran.stderr).toBe(0);
    return JSON.parse(ran.stdout) as Report;
  };

  /** The variables that the launcher set or changed. */
  const changes = (ran: Ran, place: Place, env: Readonly<Record<string, string | undefined>> = {}): Record<string, string> => {
    const given: Readonly<Record<string, string | undefined>> = {
      PATH: process.env["PATH"],
      HOME: place.home,
      TMPDIR: place.tmp,
      ...installation.env,
      ...env,
    };
    const got = report(ran).env;
    expect(Object.keys(given).filter((name) => given[name] !== undefined && got[name] === undefined)).toEqual([]);
    return Object.fromEntries(Object.entries(got).filter(([name, value]) => value !== given[name] && !byTheShell.includes(name)));
  };

  const privateFolder = (place: Place): string => join(place.tmp, `aperture-env-${process.getuid!()}`);
  const movedTo = (folder: string): Readonly<Record<string, string>> => ({
    XDG_DATA_HOME: join(folder, "data"),
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_STATE_HOME: join(folder, "state"),
    XDG_CACHE_HOME: join(folder, "cache"),
  });

  describe("what it sets", () => {
    test("in an empty environment: the gateway, the two files, five switches", async () => {
      const place = makePlace();
      const ran = await launch(place);
      expect(changes(ran, place)).toEqual(defaults);
      expect(ran.stderr).toBe("");
    });

    test("internet access that the spec allows is not switched off", async () => {
      const stub = await installStub("env", { online: ["lsp", "share"] });
      const { stdout } = await run([stub.opencode], { place: makePlace(), env: stub.env });
      expect(stdout).toMatch(/^OPENCODE_DISABLE_LSP_DOWNLOAD=0$/m);
      expect(stdout).toMatch(/^OPENCODE_DISABLE_SHARE=0$/m);
      expect(stdout).toMatch(/^OPENCODE_DISABLE_AUTOUPDATE=1$/m);
      expect(readJson(join(stub.prefix, "share", "aperture-env", "opencode.json"))).toMatchObject({ share: "manual" });
    });

    test.each([
      ["OPENCODE_DISABLE_MODELS_FETCH", "0"],
      ["OPENCODE_DISABLE_AUTOUPDATE", "0"],
      ["OPENCODE_DISABLE_LSP_DOWNLOAD", "0"],
      ["OPENCODE_DISABLE_SHARE", "0"],
      ["OPENCODE_DISABLE_SHARE", ""],
      ["OPENCODE_DISABLE_DEFAULT_PLUGINS", "0"],
      ["OPENCODE_MODELS_PATH", "/models of my own.json"],
      ["OPENCODE_CONFIG_CONTENT", '{"username":"me"}'],
      ["OPENCODE_AUTH_CONTENT", "{}"],
      ["APERTURE_URL", "https://other.example:8443"],
    ])("%s=%s of the user stays", async (name, value) => {
      const place = makePlace();
      const { [name]: _, ...rest } = defaults;
      expect(changes(await launch(place, { [name]: value }), place, { [name]: value })).toEqual(rest);
    });

    test("with a managed configuration, variables that would disable it do not reach OpenCode", async () => {
      const stub = await installStub("env", { managed: true });
      const off = {
        OPENCODE_TEST_MANAGED_CONFIG_DIR: "/elsewhere",
        OPENCODE_TEST_HOME: "/elsewhere",
        OPENCODE_MODELS_PATH: "/elsewhere/models.json",
        OPENCODE_DISABLE_DEFAULT_PLUGINS: "0",
      };
      const { stdout } = await run([stub.opencode], { place: makePlace(), env: { ...stub.env, ...off } });
      expect(stdout).not.toContain("elsewhere");
      expect(stdout).not.toMatch(/^OPENCODE_TEST_/m);
      expect(stdout).toMatch(/^OPENCODE_DISABLE_DEFAULT_PLUGINS=1$/m);
      expect(stdout).toContain(`\nOPENCODE_MODELS_PATH=${stub.prefix}/share/aperture-env/models.json\n`);
    });

    test.each(["OPENCODE_CONFIG", "OPENCODE_MODELS_PATH", "APERTURE_URL"])("an empty %s is none", async (name) => {
      const place = makePlace();
      const ran = await launch(place, { [name]: "" });
      expect(changes(ran, place, { [name]: "" })).toEqual(defaults);
      expect(ran.stderr).toBe("");
    });

    test("a configuration of the user's own stays, also where its name has spaces", async () => {
      const place = makePlace();
      const env = { OPENCODE_CONFIG: join(place.work, "my own.json") };
      writeFileSync(env.OPENCODE_CONFIG, "{}");
      const ran = await launch(place, env);
      const { OPENCODE_CONFIG: _, ...rest } = defaults;
      expect(changes(ran, place, env)).toEqual(rest);
      expect(ran.stderr).toBe("");
    });

    test.each(["missing.json", ".", "dangling"])(
      "OPENCODE_CONFIG=%s, which is no file, gives one line and the environment's own",
      async (name) => {
        const place = makePlace();
        symlinkSync("/nowhere", join(place.work, "dangling"));
        const env = { OPENCODE_CONFIG: join(place.work, name) };
        const ran = await launch(place, env);
        expect(changes(ran, place, env)).toEqual(defaults);
        expect(ran.stderr).toBe(
          `opencode (aperture-env): OPENCODE_CONFIG names ${env.OPENCODE_CONFIG}, which cannot be read; using ${defaults["OPENCODE_CONFIG"]}\n`,
        );
      },
    );

    test.skipIf(skips("an unreadable OPENCODE_CONFIG", typeof other === "string" ? other : null))(
      "an OPENCODE_CONFIG that this account cannot read gives the environment's own, because OpenCode would run without any",
      async () => {
        const account = other as Exclude<typeof other, string>;
        const place = makePlace(account);
        const shown = await installStub('printf %s "$OPENCODE_CONFIG"');
        const file = join(place.work, "root.json");
        writeFileSync(file, "{}", { mode: 0o600 });
        const ran = await run([shown.opencode], { place, account, env: { ...shown.env, OPENCODE_CONFIG: file } });
        expect(ran.stdout).toBe(join(shown.prefix, "share", "aperture-env", "opencode.json"));
        expect(ran.stderr).toMatch(/^opencode \(aperture-env\): OPENCODE_CONFIG names .* cannot be read; using .*\n$/);
      },
    );

    test("the caller's variables with the same names as the launcher's own are unchanged", async () => {
      const place = makePlace();
      const script = readFileSync(installation.opencode, "utf8");
      const names = new Set([...script.matchAll(/(?:^|[\s;({])_?([a-z]\w*)=/gm)].map(([, name]) => name!));
      expect(names).toContain("prefix");
      const env = Object.fromEntries([...names].map((name) => [name, "the caller's"]));
      expect(changes(await launch(place, env), place, env)).toEqual(defaults);
    });

    test("without PATH it sets one, so that OpenCode finds git and rg", async () => {
      const place = makePlace();
      const { PATH, ...rest } = changes(await launch(place, { PATH: undefined }), place, { PATH: undefined });
      expect(PATH!.split(":")).toEqual(expect.arrayContaining(["/usr/local/bin", "/usr/bin", "/bin"]));
      expect(rest).toEqual(defaults);
    });

    test.each([
      ["http://ai", "http://ai"],
      ["http://ai/", "http://ai"],
      ["http://ai//", "http://ai"],
      ["http://ai/v1", "http://ai"],
      ["http://ai/v1/", "http://ai"],
      ["http://ai//v1//", "http://ai"],
      ["http://ai/v1/v1", "http://ai"],
      ["https://ai.tail1234.ts.net/v1", "https://ai.tail1234.ts.net"],
      ["ai", "http://ai"],
      ["ai/v1/", "http://ai"],
      ["ai:8080", "http://ai:8080"],
      ["127.0.0.1:8080/v1", "http://127.0.0.1:8080"],
      ["http://[fd7a::1]:8080/v1/", "http://[fd7a::1]:8080"],
      ["http://ai/gateway", "http://ai/gateway"],
      ["http://ai/v1beta", "http://ai/v1beta"],
      ["http://v1", "http://v1"],
      ["v1", "http://v1"],
      ["http://a*b/v1", "http://a*b"],
      ['"http://ai/v1/"', "http://ai"],
      ["'ai'", "http://ai"],
      ["\t http://ai/\r\n", "http://ai"],
      [' ""\r', "http://ai"],
    ])("APERTURE_URL=%s becomes %s", async (given, expected) => {
      const ran = await launch(makePlace(), { APERTURE_URL: given });
      expect(report(ran).env["APERTURE_URL"]).toBe(expected);
      expect(ran.stderr).toBe("");
    });

    test.each(["http://a b", 'http://ai"x', "http://ai\\", "http://a\tb", "http://a\u{1b}[2Jb"])(
      "APERTURE_URL=%j would break the configuration, so OpenCode is not started",
      async (given) => {
        expect(await launch(makePlace(), { APERTURE_URL: given })).toMatchObject({
          exitCode: 1,
          stdout: "",
          stderr: expect.stringMatching(
            /^opencode \(aperture-env\): APERTURE_URL is not an address: [ -~]*, such as http:\/\/ai\n$/,
          ),
        });
        const fixed = await installStub('printf %s "$APERTURE_URL"', { managed: true });
        expect(await run([fixed.opencode], { place: makePlace(), env: { ...fixed.env, APERTURE_URL: given } })).toMatchObject({
          exitCode: 0,
        });
      },
    );

    test("a gateway of the spec with a port is its default", async () => {
      const own = await installStub('printf %s "$APERTURE_URL"', { url: "https://gateway.example:8443" });
      expect((await run([own.opencode], { place: makePlace(), env: own.env })).stdout).toBe("https://gateway.example:8443");
    });
  });

  /** The one line about what has moved. */
  const told = (folders: string, to: string, how: string): string =>
    `opencode (aperture-env): this account cannot write ${folders}; OpenCode uses ${to} instead, which is lost with the container. To fix it: ${how}\n`;

  describe("where OpenCode can write", () => {
    test.each(["unset", "empty", "no folder"])("HOME is %s: a private folder is its home", async (kind) => {
      const place = makePlace();
      const env = { HOME: kind === "unset" ? undefined : kind === "empty" ? "" : "/dev/null" };
      const ran = await launch(place, env);
      const folder = privateFolder(place);
      expect(changes(ran, place, env)).toEqual({
        ...defaults,
        ...movedTo(folder),
        ...(kind !== "no folder" && { HOME: folder }),
      });
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      expect(readdirSync(folder).sort()).toEqual(["cache", "config", "data", "state"]);
      expect(readJson(join(folder, "data", "opencode", "auth.json"))).toEqual(readJson(join(share, "auth.json")));
      expect(ran.stderr).toBe(
        kind === "no folder"
          ? told("/dev/null", folder, "set HOME (or XDG_..._HOME, if it is set) to a writable folder")
          : `opencode (aperture-env): HOME is not set; OpenCode uses ${folder}, which is lost with the container. To fix it: set HOME\n`,
      );
      // and the next one takes the same
      expect(changes(await launch(place, env), place, env)).toMatchObject(movedTo(folder));
    });

    test.each(["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"])(
      "%s of the user's own is used, and where it cannot be, that one moves and no other",
      async (name) => {
        const place = makePlace();
        const own = { [name]: join(place.work, "own folder") };
        expect(changes(await launch(place, own), place, own)).toEqual(defaults);
        expect(existsSync(join(own[name]!, "opencode"))).toBe(true);
        const broken = { [name]: "/dev/null" };
        const ran = await launch(place, broken);
        const folder = privateFolder(place);
        expect(changes(ran, place, broken)).toEqual({ ...defaults, [name]: movedTo(folder)[name] });
        expect(readdirSync(folder)).toEqual([name.slice(4, -5).toLowerCase()]);
        const how = "set HOME (or XDG_..._HOME, if it is set) to a writable folder";
        expect(ran.stderr).toBe(told("/dev/null", folder, how));
      },
    );

    test("other programs' files beside a replaced folder are available by links, and writes go to the original", async () => {
      const place = makePlace();
      const config = join(place.home, ".config");
      mkdirSync(join(config, "git"), { recursive: true });
      writeFileSync(join(config, "git", "config"), "[user]\n");
      writeFileSync(join(config, ".hidden"), "");
      writeFileSync(join(config, "opencode"), "");
      const moved = join(privateFolder(place), "config");
      const ran = await launch(place);
      expect(changes(ran, place)).toEqual({ ...defaults, XDG_CONFIG_HOME: moved });
      expect(readdirSync(moved).sort()).toEqual([".hidden", "git", "opencode"]);
      expect(readlinkSync(join(moved, "git"))).toBe(join(config, "git"));
      expect(statSync(join(moved, "opencode")).isDirectory()).toBe(true);
      rmSync(join(config, "git"), { recursive: true });
      mkdirSync(join(config, "gh"));
      report(await launch(place));
      expect(readdirSync(moved).sort()).toEqual([".hidden", "gh", "opencode"]);
    });

    describe.skipIf(skips("folders that belong to root", typeof other === "string" ? other : null))(
      "where something is root's",
      () => {
        const account = other as Exclude<typeof other, string>;
        /** A home of the other account's, in which these folders are root's. */
        const withRoots = (...folders: readonly string[]): Place => {
          const place = makePlace(account);
          for (const folder of folders) mkdirSync(join(place.home, folder), { recursive: true });
          spawnSync("sh", [
            "-c",
            'chown -R "$1" "$2"; shift 2; for f; do chown -R 0:0 "$f"; done',
            "sh",
            `${account.uid}:${account.gid}`,
            place.home,
            ...folders.map((folder) => join(place.home, folder)),
          ]);
          return place;
        };
        const launchAs = (place: Place): Promise<Ran> => run([installation.opencode], { place, account, env: installation.env });
        const privateOf = (place: Place): string => join(place.tmp, `aperture-env-${account.uid}`);

        test("a volume on the data folder moves the data only, and the line says how to mend it", async () => {
          const place = withRoots(".local/share/opencode");
          mkdirSync(join(place.home, ".config", "opencode"), { recursive: true });
          spawnSync("chown", ["-R", `${account.uid}:${account.gid}`, join(place.home, ".config")]);
          const ran = await launchAs(place);
          expect(changes(ran, place)).toEqual({ ...defaults, XDG_DATA_HOME: join(privateOf(place), "data") });
          const folder = join(place.home, ".local", "share", "opencode");
          expect(ran.stderr).toBe(told(folder, privateOf(place), `as root, chown -R ${account.uid} ${folder}`));
          expect(readdirSync(folder)).toEqual([]);
          const mended = spawnSync("chown", ["-R", String(account.uid), folder]);
          expect(mended.status).toBe(0);
          const again = await launchAs(place);
          expect([again.stderr, changes(again, place)]).toEqual(["", defaults]);
        });

        test("readable logins are still used, and unreadable ones count as none", async () => {
          const place = withRoots(".local/share/opencode");
          const file = join(place.home, ".local", "share", "opencode", "auth.json");
          writeFileSync(file, '{ "own": { "type": "api", "key": "-" } }');
          report(await launchAs(place));
          const here = join(privateOf(place), "data", "opencode", "auth.json");
          expect(readlinkSync(here)).toBe(file);
          rmSync(here);
          chmodSync(file, 0o600);
          report(await launchAs(place));
          expect(readFileSync(here, "utf8")).toBe(readFileSync(join(share, "auth.json"), "utf8"));
        });

        test("a folder above several of them is named once", async () => {
          const place = withRoots(".local");
          const ran = await launchAs(place);
          const folder = join(place.home, ".local");
          expect(ran.stderr).toBe(told(folder, privateOf(place), `as root, chown -R ${account.uid} ${folder}`));
          expect(changes(ran, place)).toEqual({
            ...defaults,
            XDG_DATA_HOME: join(privateOf(place), "data"),
            XDG_STATE_HOME: join(privateOf(place), "state"),
          });
        });

        test("a configuration folder that can be read is used where it is", async () => {
          const place = withRoots(".config/opencode");
          const ran = await launchAs(place);
          expect([ran.stderr, changes(ran, place)]).toEqual(["", defaults]);
        });

        test("one that cannot be read moves", async () => {
          const place = withRoots(".config/opencode");
          const folder = join(place.home, ".config", "opencode");
          chmodSync(folder, 0o700);
          const ran = await launchAs(place);
          expect(changes(ran, place)).toEqual({ ...defaults, XDG_CONFIG_HOME: join(privateOf(place), "config") });
          expect(ran.stderr).toBe(told(folder, privateOf(place), `as root, chown -R ${account.uid} ${folder}`));
        });
      },
    );

    test("an opencode in the temporary folder that is no folder moves TMPDIR", async () => {
      const place = makePlace();
      writeFileSync(join(place.tmp, "opencode"), "");
      const folder = privateFolder(place);
      expect(changes(await launch(place), place)).toEqual({ ...defaults, TMPDIR: join(folder, "tmp") });
      expect(existsSync(join(folder, "tmp", "opencode"))).toBe(true);
      expect(readdirSync(place.home).sort()).toEqual([".cache", ".config", ".local"]);
    });

    test.skipIf(skips("an opencode folder in /tmp where others may write", typeof other === "string" ? other : null))(
      "an opencode in the temporary folder of somebody else's moves TMPDIR, although others may write into it",
      async () => {
        const place = makePlace();
        mkdirSync(join(place.tmp, "opencode"));
        chmodSync(join(place.tmp, "opencode"), 0o777);
        const { uid, gid } = other as Exclude<typeof other, string>;
        spawnSync("chown", [`${uid}:${gid}`, join(place.tmp, "opencode")]);
        expect(changes(await launch(place), place)).toEqual({ ...defaults, TMPDIR: join(privateFolder(place), "tmp") });
      },
    );

    test("a link to an own folder is not used, because its maker can change its target", async () => {
      const place = makePlace();
      const own = makeFolder();
      symlinkSync(own, join(place.tmp, "opencode"));
      expect(changes(await launch(place), place)).toEqual({ ...defaults, TMPDIR: join(privateFolder(place), "tmp") });
      expect(readdirSync(own)).toEqual([]);
    });

    describe.skipIf(skips("names that others took in advance", typeof other === "string" ? other : null))(
      "names that others took in advance everywhere",
      () => {
        const { uid } = typeof other === "string" ? { uid: 0 } : other;
        const squatted = ["/tmp", "/var/tmp", "/dev/shm"].map((folder) => join(folder, `aperture-env-${uid}`));
        const take = (place: Place): void => {
          chmodSync(place.tmp, 0o1777);
          for (const path of [join(place.tmp, `aperture-env-${uid}`), ...squatted]) mkdirSync(path, { recursive: true });
        };
        afterEach(() => {
          for (const path of squatted) rmSync(path, { recursive: true, force: true });
        });

        test("do not prevent a start: it uses a random name, and says why", async () => {
          const place = makePlace();
          take(place);
          const account = other as Exclude<typeof other, string>;
          const ran = await run([installation.opencode], {
            place,
            account,
            env: { ...installation.env, HOME: "/nonexistent" },
          });
          const { XDG_DATA_HOME: data = "" } = report(ran).env;
          const folder = data.replace(/\/data$/, "");
          expect(folder).toMatch(new RegExp(`^${place.tmp}/aperture-env-\\w{10}$`));
          expect([statSync(folder).uid, statSync(folder).mode & 0o777]).toEqual([uid, 0o700]);
          const taken = [join(place.tmp, `aperture-env-${uid}`), ...squatted].join(" ");
          expect(ran.stderr).toBe(
            `opencode (aperture-env): cannot use ${taken} as a private folder; this start uses ${folder}\n${told("/", folder, "set HOME (or XDG_..._HOME, if it is set) to a writable folder")}`,
          );
          for (const path of squatted) expect(readdirSync(path)).toEqual([]);
        });
      },
    );

    describe.skipIf(skips("the launcher on read-only file systems", noMounts))("on read-only file systems", () => {
      const temporary = (place: Place): string =>
        [place.tmp, tmpdir(), "/tmp", "/var/tmp", "/dev/shm"].map(formatShell).join(" ");
      const launchWith = (code: string, place: Place): Promise<Ran> =>
        run(withMounts(code, [installation.opencode]), { place, env: installation.env });

      test("a home: a private folder is in its place", async () => {
        const place = makePlace();
        const ran = await launchWith(`read_only ${formatShell(place.home)}`, place);
        expect(changes(ran, place)).toEqual({ ...defaults, ...movedTo(privateFolder(place)) });
        expect(ran.stderr).toBe(
          told(place.home, privateFolder(place), "set HOME (or XDG_..._HOME, if it is set) to a writable folder"),
        );
      });

      describe.each([
        ["sh", []],
        ["busybox", [findProgram("busybox") ?? "busybox", "sh"]],
      ] as const)("under %s", (name, shell) => {
        const reason = name === "busybox" && findProgram("busybox") === null ? "it is not installed" : null;
        const launchUnder = (code: string, place: Place): Promise<Ran> =>
          run(withMounts(code, [...shell, installation.opencode]), { place, env: installation.env });

        test.skipIf(skips(`read-only folders under ${name}`, reason))("a configuration folder is read by links", async () => {
          const place = makePlace();
          const config = join(place.home, ".config", "opencode");
          mkdirSync(join(config, "agent"), { recursive: true });
          writeFileSync(join(config, "opencode.json"), "{}");
          const code = `read_only ${formatShell(config)}`;
          const ran = await launchUnder(code, place);
          const links = join(privateFolder(place), "config", "opencode");
          expect(changes(ran, place)).toEqual({ ...defaults, XDG_CONFIG_HOME: join(privateFolder(place), "config") });
          expect(ran.stderr).toBe(
            `opencode (aperture-env): ${config} is read-only; OpenCode reads it through links in ${links}. With an empty .gitignore in it no links are needed\n`,
          );
          expect(readlinkSync(join(links, "opencode.json"))).toBe(join(config, "opencode.json"));
          expect(readlinkSync(join(links, "agent"))).toBe(join(config, "agent"));
          expect(readdirSync(config).sort()).toEqual(["agent", "opencode.json"]);
          // With that file it is used where it is.
          writeFileSync(join(config, ".gitignore"), "");
          const again = await launchUnder(code, place);
          expect([again.stderr, changes(again, place)]).toEqual(["", defaults]);
        });

        test.skipIf(skips(`read-only data under ${name}`, reason))(
          "a data folder moves, and is to be mounted writable",
          async () => {
            const place = makePlace();
            const data = join(place.home, ".local", "share", "opencode");
            mkdirSync(data, { recursive: true });
            const ran = await launchUnder(`read_only ${formatShell(data)}`, place);
            expect(changes(ran, place)).toEqual({ ...defaults, XDG_DATA_HOME: join(privateFolder(place), "data") });
            expect(ran.stderr).toBe(told(data, privateFolder(place), "mount it writable"));
          },
        );
      });

      test("every temporary folder: there is one in the home", async () => {
        const place = makePlace();
        const ran = await launchWith(`read_only ${temporary(place)}\nwritable ${formatShell(place.home)}`, place);
        const folder = join(place.home, ".cache", "opencode", `aperture-env-${process.getuid!()}`, "tmp");
        expect(changes(ran, place)).toEqual({ ...defaults, TMPDIR: folder });
        expect(existsSync(join(folder, "opencode"))).toBe(true);
        expect(ran.stderr).toBe("");
      });

      test("all of them: it reports that and does not start OpenCode, which would end with a stack trace", async () => {
        const place = makePlace();
        const ran = await launchWith(`read_only ${temporary(place)} ${formatShell(place.home)}`, place);
        expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
        expect(ran.stderr).toMatch(
          /^opencode \(aperture-env\): the home folder, .* are not writable; OpenCode needs one of them\n$/,
        );
      });
    });
  });

  describe("what it prepares", () => {
    const dataFolder = (place: Place): string => join(place.home, ".local", "share", "opencode");
    const configFolder = (place: Place): string => join(place.home, ".config", "opencode");
    const seeded = (): string => readFileSync(join(share, "auth.json"), "utf8");

    test("auth.json with the placeholders, unreadable for others, whatever the umask is", async () => {
      const place = makePlace();
      report(await run(["sh", "-c", 'umask 0; exec "$0"', installation.opencode], { place, env: installation.env }));
      const file = join(dataFolder(place), "auth.json");
      expect(readFileSync(file, "utf8")).toBe(seeded());
      expect(readJson(file)).toEqual({ anthropic: { type: "api", key: "-" }, openai: { type: "api", key: "-" } });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readdirSync(dataFolder(place))).toEqual(["auth.json"]);
    });

    test.each([
      ["a real key", 0o640, '{ "anthropic": { "type": "api", "key": "sk-ant-real" } }'],
      ["nothing in it", 0o600, ""],
    ])("an auth.json that is there, with %s, is not touched", async (_name, mode, text) => {
      const place = makePlace();
      mkdirSync(dataFolder(place), { recursive: true });
      const file = join(dataFolder(place), "auth.json");
      writeFileSync(file, text, { mode });
      chmodSync(file, mode);
      const before = statSync(file);
      report(await launch(place));
      const after = statSync(file);
      expect(readFileSync(file, "utf8")).toBe(text);
      expect({ mode: after.mode, inode: after.ino, time: after.mtimeMs }).toEqual({
        mode: before.mode,
        inode: before.ino,
        time: before.mtimeMs,
      });
      expect(readdirSync(dataFolder(place))).toEqual(["auth.json"]);
    });

    test("an auth.json that links to nothing is left alone", async () => {
      const place = makePlace();
      mkdirSync(dataFolder(place), { recursive: true });
      symlinkSync(join(place.work, "keys"), join(dataFolder(place), "auth.json"));
      report(await launch(place));
      expect(readlinkSync(join(dataFolder(place), "auth.json"))).toBe(join(place.work, "keys"));
      expect(existsSync(join(place.work, "keys"))).toBe(false);
      expect(readdirSync(dataFolder(place))).toEqual(["auth.json"]);
    });

    test("an auth.json that could only be written in part, as on a full disk, is removed", async () => {
      const place = makePlace();
      const programs = join(place.work, "bin");
      mkdirSync(programs);
      writeFileSync(join(programs, "cp"), '#!/bin/sh\nprintf "{" >"$2"\nexit 1\n', { mode: 0o755 });
      report(await launch(place, { PATH: `${programs}:${process.env["PATH"]}` }));
      expect(readdirSync(dataFolder(place))).toEqual([]);
    });

    test("eight at once in a new home seed once, and each of them uses the home", async () => {
      for (let round = 0; round < 3; round += 1) {
        const place = makePlace();
        const all = await Promise.all(Array.from({ length: 8 }, () => launch(place)));
        for (const ran of all) {
          expect(ran.stderr).toBe("");
          expect(changes(ran, place)).toEqual(defaults);
        }
        expect(readdirSync(dataFolder(place))).toEqual(["auth.json"]);
        expect(readFileSync(join(dataFolder(place), "auth.json"), "utf8")).toBe(seeded());
        expect(readdirSync(configFolder(place)).sort()).toEqual(["node_modules", "package-lock.json"]);
        expect(readdirSync(place.tmp)).toEqual(["opencode"]);
      }
    });

    test("the plugin package as installed", async () => {
      const place = makePlace();
      report(await launch(place));
      expect(readdirSync(configFolder(place)).sort()).toEqual(["node_modules", "package-lock.json"]);
      expect(readdirSync(join(configFolder(place), "node_modules"))).toEqual([]);
      expect(readJson(join(configFolder(place), "package-lock.json"))).toEqual({
        packages: { "": { dependencies: { "@opencode-ai/plugin": "*" } } },
      });
    });

    test.each([
      "package.json",
      "package-lock.json",
      "node_modules/",
      "plugin/",
      "plugins/",
      "tool/",
      "tools/",
      "mine.ts",
      "mine.js",
    ])("not where the user has %s, because plugins or tools may need it", async (name) => {
      const place = makePlace();
      const path = join(configFolder(place), name);
      mkdirSync(name.endsWith("/") ? path : configFolder(place), { recursive: true });
      if (!name.endsWith("/")) writeFileSync(path, "{}");
      report(await launch(place));
      expect(readdirSync(configFolder(place))).toEqual([name.replace("/", "")]);
    });
  });

  describe("with a volume for sessions", () => {
    let kept: LocalInstallation;
    beforeAll(async () => {
      const file = join(makeFolder(), "report.cjs");
      writeFileSync(file, stub);
      kept = await installStub(`exec '${process.execPath}' '${file}' "$@"`, { state: "volume" });
    });
    /** Everything of a launch but the variables that say where it is installed. */
    const launchOn = async (
      place: Place,
      volume: string,
      env: Readonly<Record<string, string | undefined>> = {},
      shell: readonly string[] = [],
    ) => {
      const ran = await run([...shell, kept.opencode], { place, env: { ...kept.env, APERTURE_ENV_VOLUME: volume, ...env } });
      const { env: got } = report(ran);
      return { said: ran.stderr, moved: Object.fromEntries(Object.entries(got).filter(([name]) => name.startsWith("XDG_"))) };
    };
    const makeVolume = (): string => {
      const volume = makeFolder();
      chmodSync(volume, 0o1777);
      return volume;
    };
    const own = `aperture-env-${process.getuid!()}`;
    const linked = { data: ".local/share/opencode", state: ".local/state/opencode" } as const;
    const expectLinked = (place: Place, volume: string): void => {
      for (const [name, at] of Object.entries(linked))
        expect(readlinkSync(join(place.home, at))).toBe(join(volume, own, name, "opencode"));
      expect(statSync(join(volume, own)).mode & 0o777).toBe(0o700);
      expect(existsSync(join(volume, own, "data", "opencode", "auth.json"))).toBe(true);
    };

    test.each([
      ["sh", []],
      ["busybox", [findProgram("busybox") ?? "busybox", "sh"]],
    ] as const)(
      "under %s: data and state are links to it, of a new home and of an image's empty folders, and in the next container again",
      async (name, shell) => {
        if (name === "busybox" && findProgram("busybox") === null) return;
        const volume = makeVolume();
        const place = makePlace();
        expect(await launchOn(place, volume, {}, shell)).toEqual({ said: "", moved: {} });
        expectLinked(place, volume);
        writeFileSync(join(place.home, linked.data, "opencode.db"), "sessions");
        const next = makePlace();
        for (const at of Object.values(linked)) mkdirSync(join(next.home, at), { recursive: true });
        expect(await launchOn(next, volume, {}, shell)).toEqual({ said: "", moved: {} });
        expectLinked(next, volume);
        expect(readFileSync(join(next.home, linked.data, "opencode.db"), "utf8")).toBe("sessions");
        expect(existsSync(join(next.home, ".cache", "opencode"))).toBe(true);
      },
    );

    test("a folder that is in use already stays", async () => {
      const place = makePlace();
      mkdirSync(join(place.home, linked.data), { recursive: true });
      writeFileSync(join(place.home, linked.data, "opencode.db"), "mine");
      await launchOn(place, makeVolume());
      expect(readdirSync(join(place.home, linked.data)).sort()).toEqual(["auth.json", "opencode.db"]);
    });

    test("where the home cannot be used, data and state are on the volume and the rest elsewhere", async () => {
      const volume = makeVolume();
      const place = makePlace();
      const { said, moved } = await launchOn(place, volume, { HOME: "/dev/null" });
      expect(moved).toEqual({
        ...movedTo(privateFolder(place)),
        XDG_DATA_HOME: join(volume, own, "data"),
        XDG_STATE_HOME: join(volume, own, "state"),
      });
      expect(said).toBe(told("/dev/null", privateFolder(place), "set HOME (or XDG_..._HOME, if it is set) to a writable folder"));
    });

    test.each(["/nowhere", "/dev/null"])("without one (%s) all is as it would be", async (volume) => {
      const place = makePlace();
      expect(await launchOn(place, volume)).toEqual({ said: "", moved: {} });
      expect(statSync(join(place.home, linked.data)).isDirectory()).toBe(true);
    });

    test("eight at once make it once", async () => {
      const volume = makeVolume();
      const place = makePlace();
      await Promise.all(Array.from({ length: 8 }, () => launchOn(place, volume)));
      expectLinked(place, volume);
      expect(readdirSync(join(volume, own, "data", "opencode"))).toEqual(["auth.json"]);
      expect(readdirSync(join(volume, own, "state", "opencode"))).toEqual([]);
    });

    test("once it is there, it starts no other program", async () => {
      const volume = makeVolume();
      const place = makePlace();
      await launchOn(place, volume);
      expect(await launchOn(place, volume, { PATH: makeFolder() })).toEqual({ said: "", moved: {} });
    });
  });

  describe("its seed in the place of the plugin package", () => {
    const folderOf = (place: Place): string => join(place.home, ".config", "opencode");
    const seedIn = async (): Promise<Place> => {
      const place = makePlace();
      report(await launch(place));
      expect(readdirSync(folderOf(place)).sort()).toEqual(["node_modules", "package-lock.json"]);
      return place;
    };

    test.each(["package.json", "plugin/a.ts", "plugins/a.js", "tool/a.ts", "tools/a.ts", "a.ts", "a.mjs"])(
      "goes where %s has come up",
      async (name) => {
        const place = await seedIn();
        mkdirSync(dirname(join(folderOf(place), name)), { recursive: true });
        writeFileSync(join(folderOf(place), name), "");
        report(await launch(place));
        expect(readdirSync(folderOf(place))).toEqual([name.split("/")[0]]);
        // and does not come back as long as that is there
        report(await launch(place));
        expect(readdirSync(folderOf(place))).toEqual([name.split("/")[0]]);
      },
    );

    test.each(["opencode.json", "opencode.jsonc", "config.json", "tui.json", "work.json"])(
      "goes where %s names a plugin",
      async (name) => {
        const place = await seedIn();
        const file = join(folderOf(place), name);
        const env = name === "work.json" ? { OPENCODE_CONFIG: file } : {};
        writeFileSync(file, '{ "theme": "x" }');
        report(await launch(place, env));
        expect(readdirSync(folderOf(place)).sort()).toEqual([name, "node_modules", "package-lock.json"].sort());
        writeFileSync(file, '{ "plugin": ["./x/y.ts"] }');
        report(await launch(place, env));
        expect(readdirSync(folderOf(place))).toEqual([name]);
      },
    );

    test("goes where a variable names a plugin", async () => {
      const place = await seedIn();
      report(await launch(place, { OPENCODE_CONFIG_CONTENT: '{"plugin":["./x.ts"]}' }));
      expect(readdirSync(folderOf(place))).toEqual([]);
    });

    test("a node_modules that somebody has filled meanwhile stays, with all that is in it", async () => {
      const place = await seedIn();
      mkdirSync(join(folderOf(place), "node_modules", "mine"));
      mkdirSync(join(folderOf(place), "tool"));
      report(await launch(place));
      expect(readdirSync(folderOf(place)).sort()).toEqual(["node_modules", "tool"]);
      expect(readdirSync(join(folderOf(place), "node_modules"))).toEqual(["mine"]);
    });

    test.each(["{}", '{"packages":{"":{"dependencies":{"@opencode-ai/plugin":"1.18.18"}}}}'])(
      "a lock that says %s is not its own",
      async (text) => {
        const place = await seedIn();
        writeFileSync(join(folderOf(place), "package-lock.json"), text);
        mkdirSync(join(folderOf(place), "tool"));
        report(await launch(place));
        expect(readdirSync(folderOf(place)).sort()).toEqual(["node_modules", "package-lock.json", "tool"]);
        expect(readFileSync(join(folderOf(place), "package-lock.json"), "utf8")).toBe(text);
      },
    );
  });

  describe("how it starts OpenCode", () => {
    test("arguments come as they were", async () => {
      const args = [
        "run",
        "",
        " ",
        "two words",
        'it\'s "quoted"',
        "line\nbreak",
        "$HOME `id` $(id)",
        "*",
        "\\n",
        "--",
        "-x",
        "-",
        "ü→🙂",
      ];
      expect(report(await launch(makePlace(), { APERTURE_ENV_PROBE: "0" }, args)).args).toEqual(args);
      expect(report(await launch(makePlace())).args).toEqual([]);
    });

    test.each([0, 1, 37, 255])("status %i is its own", async (status) => {
      const { exitCode, stderr } = await launch(makePlace(), {}, ["exit", String(status)]);
      expect({ exitCode, stderr }).toEqual({ exitCode: status, stderr: "" });
    });

    test.each(["SIGKILL", "SIGTERM"])("death by %s is its own", async (signal) => {
      expect(await launch(makePlace(), {}, ["die", signal])).toMatchObject({ exitCode: null, signal });
    });

    test.each([
      ["SIGTERM", 42],
      ["SIGINT", 43],
      ["SIGHUP", 44],
    ] as const)("it becomes OpenCode, so %s goes straight to it", async (signal, status) => {
      const place = makePlace();
      const started = execa(installation.opencode, ["wait"], {
        cwd: place.work,
        env: { PATH: process.env["PATH"]!, HOME: place.home, TMPDIR: place.tmp, ...installation.env },
        extendEnv: false,
        stdin: "ignore",
        reject: false,
        timeout: 15_000,
      });
      const [chunk] = (await once(started.stdout, "data")) as [Buffer];
      expect((JSON.parse(String(chunk)) as Report).pid).toBe(started.pid);
      started.kill(signal);
      expect((await started).exitCode).toBe(status);
    });

    test("stdin and stdout are the caller's", async () => {
      const cat = await installStub("exec cat");
      const place = makePlace();
      const { stdout } = await execa(cat.opencode, {
        env: { HOME: place.home, TMPDIR: place.tmp, ...cat.env },
        input: "through\0it\n",
        stripFinalNewline: false,
      });
      expect(stdout).toBe("through\0it\n");
    });

    test("once everything is there, it starts no other program", async () => {
      const place = makePlace();
      report(await launch(place));
      const empty = makeFolder();
      const ran = await launch(place, { PATH: empty });
      expect(changes(ran, place, { PATH: empty })).toEqual(defaults);
      expect(ran.stderr).toBe("");
    });

    test("without its binary it ends with 127 and says what is missing", async () => {
      const broken = await installStub("");
      const binary = join(broken.prefix, "lib", "aperture-env", "opencode");
      rmSync(binary);
      const ran = await run([broken.opencode, "--version"], { place: makePlace(), env: broken.env });
      expect(ran).toMatchObject({ exitCode: 127, stdout: "" });
      expect(ran.stderr).toBe(
        `opencode (aperture-env): ${binary} is not there: this image was built without its OpenCode stage\n`,
      );
    });

    test("without its configuration it does not start OpenCode, which would use a public provider", async () => {
      const broken = await installStub("echo started");
      const file = join(broken.prefix, "share", "aperture-env", "opencode.json");
      rmSync(file);
      const ran = await run([broken.opencode], { place: makePlace(), env: broken.env });
      expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
      expect(ran.stderr).toBe(
        `opencode (aperture-env): ${file} cannot be read: this image was built without its aperture-env folder\n`,
      );
    });
  });

  describe.each([
    ["dash", "dash", []],
    ["bash --posix", "bash", ["--posix"]],
    ["busybox sh", "busybox", ["sh"]],
  ])("under %s", (name, program, options) => {
    const path = findProgram(program);
    const shell = [path ?? program, ...options];
    test.skipIf(skips(`the launcher under ${name}`, path === null ? "it is not installed" : null))(
      "it does the same",
      async () => {
        const place = makePlace();
        const first = await launch(place, {}, ["a b", ""], shell);
        expect(changes(first, place)).toEqual(defaults);
        expect(report(first).args).toEqual(["a b", ""]);
        expect(readdirSync(join(place.home, ".local", "share", "opencode"))).toEqual(["auth.json"]);
        const env = { APERTURE_URL: "ai:8080/v1/", HOME: undefined, PATH: undefined };
        const second = await launch(place, env, [], shell);
        expect(changes(second, place, env)).toEqual({
          ...defaults,
          ...movedTo(privateFolder(place)),
          APERTURE_URL: "http://ai:8080",
          HOME: privateFolder(place),
          PATH: expect.stringContaining("/usr/bin"),
        });
        const broken = { OPENCODE_CONFIG: "/nowhere\\n" };
        const third = await launch(place, broken, [], shell);
        expect(changes(third, place, broken)).toEqual(defaults);
        expect(first.stderr).toBe("");
        expect(second.stderr).toMatch(/^opencode \(aperture-env\): HOME is not set; [^\n]*\n$/);
        expect(third.stderr).toMatch(/^[^\n]*OPENCODE_CONFIG names \/nowhere\\n, which[^\n]*\n$/);
      },
    );
  });

  test.skipIf(skips("shellcheck of the launcher", findProgram("shellcheck") === null ? "it is not installed" : null))(
    "shellcheck finds nothing",
    () => {
      const { stdout, status } = spawnSync(
        "shellcheck",
        ["--shell=sh", "--enable=all", "--exclude=SC2250,SC2292,SC2310,SC2312", installation.opencode],
        { encoding: "utf8" },
      );
      expect(stdout).toBe("");
      expect(status).toBe(0);
    },
  );
});
