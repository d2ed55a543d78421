/** The launcher alone, with a program in place of OpenCode that tells with what it was started. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { whyNotHere, type LocalInstallation } from "../../src/scripts/install-locally.ts";
import {
  installStub,
  makeFolder,
  makePlace,
  otherAccount,
  readJson,
  removeFolders,
  run,
  skipBecause,
  whyNoMounts,
  withMounts,
  type Place,
  type Ran,
} from "./environment.ts";

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

const present = (program: string): boolean => spawnSync(program, ["--help"], { stdio: "ignore" }).error === undefined;
const programs = { busybox: present("busybox"), shellcheck: present("shellcheck"), dash: present("dash"), bash: present("bash") };

describe.skipIf(skipBecause("the launcher's tests", whyNotHere()))("the launcher", () => {
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
    return Object.fromEntries(
      Object.entries(got).filter(([name, value]) => value !== given[name] && !byTheShell.includes(name)),
    );
  };

  const privateFolder = (place: Place): string => join(place.tmp, `aperture-env-${process.getuid!()}`);
  const movedTo = (folder: string): Readonly<Record<string, string>> => ({
    XDG_DATA_HOME: join(folder, "data"),
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_STATE_HOME: join(folder, "state"),
    XDG_CACHE_HOME: join(folder, "cache"),
  });

  describe("what it sets", () => {
    test("in an empty environment: the gateway, the two files, four switches", async () => {
      const place = makePlace();
      const ran = await launch(place);
      expect(changes(ran, place)).toEqual(defaults);
      expect(ran.stderr).toBe("");
    });

    test.each([
      ["OPENCODE_DISABLE_MODELS_FETCH", "0"],
      ["OPENCODE_DISABLE_AUTOUPDATE", "0"],
      ["OPENCODE_DISABLE_LSP_DOWNLOAD", "0"],
      ["OPENCODE_DISABLE_SHARE", "0"],
      ["OPENCODE_DISABLE_SHARE", ""],
      ["OPENCODE_MODELS_PATH", "/models of my own.json"],
      ["OPENCODE_CONFIG_CONTENT", '{"username":"me"}'],
      ["OPENCODE_AUTH_CONTENT", "{}"],
      ["APERTURE_URL", "https://other.example:8443"],
    ])("%s=%s of the user stays", async (name, value) => {
      const place = makePlace();
      const { [name]: _, ...rest } = defaults;
      expect(changes(await launch(place, { [name]: value }), place, { [name]: value })).toEqual(rest);
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

    test.each(["missing.json", ".", "dangling"])("OPENCODE_CONFIG=%s, which is no file, gives one line and the environment's own", async (name) => {
      const place = makePlace();
      symlinkSync("/nowhere", join(place.work, "dangling"));
      const env = { OPENCODE_CONFIG: join(place.work, name) };
      const ran = await launch(place, env);
      expect(changes(ran, place, env)).toEqual(defaults);
      expect(ran.stderr).toBe(
        `opencode (aperture-env): OPENCODE_CONFIG names ${env.OPENCODE_CONFIG}, which cannot be read; using ${defaults["OPENCODE_CONFIG"]}\n`,
      );
    });

    test.skipIf(skipBecause("an unreadable OPENCODE_CONFIG", typeof other === "string" ? other : null))(
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

    test("variables of the caller that are called like its own stay what they are", async () => {
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
    ])("APERTURE_URL=%s becomes %s", async (given, expected) => {
      const ran = await launch(makePlace(), { APERTURE_URL: given });
      expect(report(ran).env["APERTURE_URL"]).toBe(expected);
      expect(ran.stderr).toBe("");
    });

    test("a gateway of the spec with a port is its default", async () => {
      const own = await installStub('printf %s "$APERTURE_URL"', { url: "https://gateway.example:8443" });
      expect((await run([own.opencode], { place: makePlace(), env: own.env })).stdout).toBe("https://gateway.example:8443");
    });
  });

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
      expect(ran.stderr).toBe("");
      // and the next one takes the same
      expect(changes(await launch(place, env), place, env)).toMatchObject(movedTo(folder));
    });

    test.each(["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"])(
      "%s of the user's own is used, and where it cannot be, all four move",
      async (name) => {
        const place = makePlace();
        const own = { [name]: join(place.work, "own folder") };
        expect(changes(await launch(place, own), place, own)).toEqual(defaults);
        expect(existsSync(join(own[name]!, "opencode"))).toBe(true);
        const broken = { [name]: "/dev/null" };
        const ran = await launch(place, broken);
        expect(changes(ran, place, broken)).toEqual({ ...defaults, ...movedTo(privateFolder(place)) });
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

    test.skipIf(skipBecause("an opencode folder in /tmp where others may write", typeof other === "string" ? other : null))(
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

    describe.skipIf(skipBecause("file systems that are read-only", noMounts))("with read-only file systems", () => {
      const readOnly = (paths: readonly string[], place: Place, env: Readonly<Record<string, string | undefined>>): Promise<Ran> =>
        run(
          withMounts(
            'for path; do [ "$path" != -- ] || break; mount -t tmpfs -o ro tmpfs "$path"; done',
            [...paths, "--"],
            [installation.opencode],
          ),
          { place, env: { ...installation.env, ...env } },
        );

      test("no temporary folder: TMPDIR is in the home", async () => {
        const place = makePlace();
        const shown = await run(
          withMounts(
            'for path in /var/tmp "$1"; do mount -t tmpfs -o ro tmpfs "$path"; done; TMPDIR=$1; export TMPDIR',
            [place.tmp],
            ["env", `TMPDIR=${place.tmp}`, installation.opencode],
          ),
          { place, env: installation.env },
        );
        expect(report(shown).env["TMPDIR"]).not.toBe(place.tmp);
        expect(statSync(report(shown).env["TMPDIR"]!, { throwIfNoEntry: false })).toBeDefined();
      });

      test("nothing at all: it says so and does not start OpenCode", async () => {
        const place = makePlace();
        const ran = await readOnly([place.tmp, "/var/tmp", "/dev/shm"], place, { HOME: "/dev/null" });
        expect(ran.exitCode).not.toBe(null);
      });
    });
  });
});
