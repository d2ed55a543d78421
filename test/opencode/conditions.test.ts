/** Real OpenCode through the launcher where homes, accounts, file systems and variables are not what one would wish. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { proposedProviders as providers } from "../../src/catalog/providers.ts";
import { formatShell } from "../../src/render/escape.ts";
import type { LocalInstallation } from "../../src/scripts/install-locally.ts";
import { startNpmRegistry, type NpmRegistry } from "../support/npm-registry.ts";
import { opencodeBinary } from "../support/opencode.ts";
import {
  ask,
  bait,
  expectAnswer,
  findBait,
  findProgram,
  install,
  makeFolder,
  makePlace,
  otherAccount,
  removeFolders,
  run,
  startGateway,
  whyNoMounts,
  withMounts,
  type Account,
  type Place,
  type Ran,
  type TappedGateway,
} from "./environment.ts";
import { skips } from "../support/skips.ts";

const available = (await opencodeBinary()) !== null;
const model = "anthropic/claude-sonnet-5-5";
const models = Object.values(providers).map(({ id, defaults }) => `${id}/${defaults.model}`);

describe.skipIf(!available)("OpenCode answers", () => {
  const found = otherAccount();
  const noAccount = typeof found === "string" ? found : null;
  const somebody = typeof found === "string" ? undefined : found;
  const noMounts = whyNoMounts();
  let installation: LocalInstallation;
  let seen: TappedGateway;

  beforeAll(async () => {
    installation = await install();
  });
  afterAll(removeFolders);

  const gateways: { close(): Promise<void> }[] = [];
  const opened = async <Server extends { close(): Promise<void> }>(starting: Promise<Server>): Promise<Server> => {
    const server = await starting;
    gateways.push(server);
    return server;
  };
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  });

  const question = async (
    place: Place,
    env: Readonly<Record<string, string | undefined>> = {},
    { account, wanted = model }: { readonly account?: Account | undefined; readonly wanted?: string } = {},
  ): Promise<Ran> => {
    seen = await opened(startGateway());
    const ran = await run([installation.opencode, ...ask(wanted)], {
      place,
      account,
      env: { ...installation.env, APERTURE_URL: seen.origin, ...env },
    });
    expectAnswer(ran, wanted, seen);
    return ran;
  };

  /** A place whose temporary folder is everybody's. */
  const sharedPlace = (owner?: Account): Place => {
    const place = makePlace(owner);
    spawnSync("chown", ["0:0", place.tmp]);
    chmodSync(place.tmp, 0o1777);
    return place;
  };

  const privateFolder = (tmp: string, uid = somebody?.uid ?? process.getuid!()): string => join(tmp, `aperture-env-${uid}`);

  const expectPrivate = (folder: string, names: readonly string[]): void => {
    expect(readdirSync(folder).sort()).toEqual(names);
    expect(lstatSync(folder).isDirectory()).toBe(true);
    expect(lstatSync(folder).mode & 0o777).toBe(0o700);
  };

  const moved = ["cache", "config", "data", "state"];
  const authOf = (data: string): string => readFileSync(join(data, "opencode", "auth.json"), "utf8");
  const dataOf = (place: Place): string => join(place.home, ".local", "share");
  const configOf = (place: Place): string => join(place.home, ".config", "opencode");

  describe("in homes of every kind", () => {
    test("an empty one, in which it installs no plugin package and keeps the placeholders", async () => {
      const registry = await opened(startNpmRegistry({ packages: [] }));
      const place = makePlace();
      await question(place, { npm_config_registry: registry.origin });
      expect(registry.requests).toEqual([]);
      expect(readdirSync(join(configOf(place), "node_modules"))).toEqual([]);
      expect(authOf(dataOf(place))).toBe(readFileSync(join(installation.prefix, "share", "aperture-env", "auth.json"), "utf8"));
      expect(statSync(join(dataOf(place), "opencode", "auth.json")).mode & 0o777).toBe(0o600);
    });

    test("one with a plugin, for which it does ask the registry", async () => {
      const registry: NpmRegistry = await opened(startNpmRegistry({ packages: [] }));
      const place = makePlace();
      mkdirSync(join(configOf(place), "plugin"), { recursive: true });
      await question(place, { npm_config_registry: registry.origin });
      expect(registry.requests.map(({ path }) => decodeURIComponent(path))).toContain("/@opencode-ai/plugin");
    });

    // Root can write everywhere. Whoever is not root cannot write to / and to a home without permission either.
    const nobodySpecial = process.getuid?.() === 0 ? noAccount : null;
    test.skipIf(skips("homes that cannot be written", nobodySpecial)).each([
      ["one that cannot be written", (place: Place) => place.home],
      ["/", () => "/"],
      ["none", () => undefined],
      ["one that is not there and cannot be made", (place: Place) => join(place.home, "new")],
    ])("%s", async (_name, home) => {
      const place = sharedPlace();
      chmodSync(place.home, 0o555);
      await question(place, { HOME: home(place) }, { account: somebody });
      expectPrivate(privateFolder(place.tmp), moved);
      expect(JSON.parse(authOf(join(privateFolder(place.tmp), "data")))).toHaveProperty("anthropic.key", "-");
      expect(readdirSync(place.home)).toEqual([]);
    });
  });

  describe("on file systems and in folders of every kind", () => {
    /** A person's own configuration: nothing may be run, and an agent. It says how OpenCode answers by them. */
    const ownConfig = (folder: string): void => {
      mkdirSync(join(folder, "agent"), { recursive: true });
      const config = { $schema: "https://opencode.ai/config.json", permission: { bash: "deny" } };
      writeFileSync(join(folder, "opencode.json"), JSON.stringify(config));
      writeFileSync(
        join(folder, "agent", "house.md"),
        "---\ndescription: ours\nmode: primary\n---\nYou are the house's agent.\n",
      );
    };
    const askAgent = [
      "run",
      "--title",
      "test",
      "--agent",
      "house",
      "--model",
      model,
      'mock-tool bash {"command":"id","description":"x"}',
    ];
    const expectOwnConfig = (ran: Ran): void => {
      expect(ran.exitCode, ran.stderr).toBe(0);
      expect(ran.stderr).toContain("house");
      expect(ran.stderr).not.toContain("not found");
      // The model's wish to run a command is not even offered.
      expect(ran.stdout).toContain("answering as");
      expect(ran.stdout).not.toContain("uid=");
    };

    test("a configuration of a person's own, whose agent and rules count", async () => {
      const place = makePlace();
      ownConfig(configOf(place));
      seen = await opened(startGateway());
      const env = { ...installation.env, APERTURE_URL: seen.origin };
      expectOwnConfig(await run([installation.opencode, ...askAgent], { place, env }));
      rmSync(join(configOf(place), "opencode.json"));
      const unruled = await run([installation.opencode, ...askAgent], { place, env });
      expect(unruled.stdout + unruled.stderr, "without the rule the command runs").toContain("uid=");
    });

    test.skipIf(skips("a configuration folder of root's", noAccount))(
      "a configuration folder that belongs to root is read where it is, rules and agents with it",
      async () => {
        const place = sharedPlace(somebody);
        ownConfig(configOf(place));
        seen = await opened(startGateway());
        const env = { ...installation.env, APERTURE_URL: seen.origin };
        const ran = await run([installation.opencode, ...askAgent], { place, env, account: somebody });
        expectOwnConfig(ran);
        expect(existsSync(privateFolder(place.tmp))).toBe(false);
        expect(readdirSync(configOf(place)).sort()).toEqual(["agent", "opencode.json"]);
      },
    );

    test.skipIf(skips("a read-only configuration folder", noMounts))(
      "a configuration folder on a read-only file system, rules and agents with it",
      async () => {
        const place = makePlace();
        ownConfig(configOf(place));
        seen = await opened(startGateway());
        const ran = await run(withMounts(`read_only ${formatShell(configOf(place))}`, [installation.opencode, ...askAgent]), {
          place,
          env: { ...installation.env, APERTURE_URL: seen.origin },
        });
        expectOwnConfig(ran);
        expect(readdirSync(configOf(place)).sort()).toEqual(["agent", "opencode.json"]);
      },
    );

    test.skipIf(skips("a data folder of root's", noAccount))(
      "a data folder that belongs to root: only the data moves, one line says so, and programs read no other word",
      async () => {
        const place = sharedPlace(somebody);
        mkdirSync(join(dataOf(place), "opencode"), { recursive: true });
        ownConfig(configOf(place));
        spawnSync("chown", ["-R", `${somebody!.uid}:${somebody!.gid}`, place.home]);
        spawnSync("chown", ["0:0", join(dataOf(place), "opencode")]);
        seen = await opened(startGateway());
        const env = { ...installation.env, APERTURE_URL: seen.origin };
        const command = [installation.opencode, "run", "--format", "json", ...askAgent.slice(1)];
        const ran = await run(command, { place, env, account: somebody });
        expect(ran.exitCode, ran.stderr).toBe(0);
        expect(ran.stdout).not.toContain("uid=");
        for (const line of ran.stdout.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("type");
        expect(ran.stderr.match(/^opencode \(aperture-env\): .*$/gm)).toEqual([
          expect.stringContaining(`cannot write ${join(dataOf(place), "opencode")}; OpenCode uses ${privateFolder(place.tmp)} `),
        ]);
        expectPrivate(privateFolder(place.tmp), ["data"]);
        expect(existsSync(join(privateFolder(place.tmp), "data", "opencode", "opencode.db"))).toBe(true);
      },
    );

    test.skipIf(skips("an opencode folder of somebody else's in /tmp", noAccount))(
      "an opencode folder of root's in the temporary folder",
      async () => {
        const place = sharedPlace(somebody);
        mkdirSync(join(place.tmp, "opencode"));
        await question(place, {}, { account: somebody });
        expectPrivate(privateFolder(place.tmp), ["tmp"]);
        expect(readdirSync(join(place.tmp, "opencode"))).toEqual([]);
        expect(existsSync(join(dataOf(place), "opencode", "auth.json"))).toBe(true);
      },
    );

    // Where the first place is taken, the next is /tmp itself; its folder is called by a number that no account of this machine has.
    describe.skipIf(skips("folders that others made in advance", noAccount))(
      "what others made in advance under the private folder's name is not used:",
      () => {
        afterEach(() => rmSync(privateFolder("/tmp"), { recursive: true, force: true }));

        test.each([
          ["a folder that everybody can write", (trap: string) => (mkdirSync(trap), chmodSync(trap, 0o777), trap)],
          [
            "a link to such a folder",
            (trap: string) => {
              const target = makeFolder();
              chmodSync(target, 0o777);
              symlinkSync(target, trap);
              return target;
            },
          ],
          [
            "a link to a folder of the account's own",
            (trap: string) => {
              const target = makeFolder();
              spawnSync("chown", [`${somebody!.uid}:${somebody!.gid}`, target]);
              symlinkSync(target, trap);
              return target;
            },
          ],
        ])("%s", async (_name, prepare) => {
          const place = sharedPlace();
          const target = prepare(privateFolder(place.tmp));
          await question(place, {}, { account: somebody });
          expect(readdirSync(target)).toEqual([]);
          expectPrivate(privateFolder("/tmp"), moved);
        });
      },
    );
  });

  describe("without an environment", () => {
    const passwd = existsSync("/etc/passwd") ? readFileSync("/etc/passwd", "utf8") : "";
    const nobody = /^nobody:[^:]*:(\d+):/m.exec(passwd)?.[1];
    const line = ["opencode", ...ask(model)].join(" ");
    const ways: readonly (readonly [string, readonly string[], number])[] = [
      ["env -i", ["env", "-i", "/usr/local/bin/opencode", ...ask(model)], 0],
      ["su", ["su", "-s", "/bin/sh", "nobody", "-c", line], Number(nobody)],
      ["su -", ["su", "-", "-s", "/bin/sh", "nobody", "-c", line], Number(nobody)],
      ["sudo", ["sudo", "-n", "-u", "nobody", "/usr/local/bin/opencode", ...ask(model)], Number(nobody)],
    ];

    // The generated address is the only thing that leads to the gateway here, and /usr/local the only place that the launcher knows.
    describe.skipIf(skips("an installation in /usr/local", noMounts)).each(ways)("by %s", (name, command, uid) => {
      const reason =
        findProgram(command[0]!) === null ? "it is not installed" : Number.isNaN(uid) ? "there is no account nobody" : null;
      test.skipIf(skips(`OpenCode by ${name}`, reason))("from /usr/local", async () => {
        seen = await opened(startGateway());
        const own = await install({ url: seen.origin });
        const place = sharedPlace();
        const work = join(own.prefix, "work");
        mkdirSync(work);
        const mounts = [
          "mount --bind",
          formatShell(own.prefix),
          "/usr/local; mount --bind",
          formatShell(place.tmp),
          "/tmp; cd /usr/local/work",
        ];
        const ran = await run(withMounts(mounts.join(" "), command), { place, env: { ...bait, HOME: "/nonexistent" } });
        expectAnswer(ran, model, seen);
        expect(findBait(seen.received())).toEqual([]);
        expect(authOf(join(privateFolder(place.tmp, uid), "data"))).toContain('"key": "-"');
      });
    });

    test("by env -i with a prefix of its own", async () => {
      seen = await opened(startGateway());
      const own = await install({ url: seen.origin });
      const place = makePlace();
      const variables = [`APERTURE_ENV_PREFIX=${own.prefix}`, `TMPDIR=${place.tmp}`];
      expectAnswer(await run(["env", "-i", ...variables, own.opencode, ...ask(model)], { place }), model, seen);
      expect(existsSync(join(privateFolder(place.tmp, process.getuid!()), "data", "opencode", "auth.json"))).toBe(true);
    });

    test("with an OPENCODE_CONFIG that is not there, after one line about it", async () => {
      const { stderr } = await question(makePlace(), { OPENCODE_CONFIG: "/nowhere/opencode.json" });
      expect(stderr.match(/^.*aperture-env.*$/gm)).toEqual([
        expect.stringMatching(
          /^opencode \(aperture-env\): OPENCODE_CONFIG names \/nowhere\/opencode\.json, which cannot be read; using \/.*$/,
        ),
      ]);
    });
  });

  describe("with keys that look real all around", () => {
    const offered = ({ exitCode, stdout, stderr }: Ran): string[] => {
      expect(exitCode, stderr).toBe(0);
      return [
        ...new Set(
          stdout
            .trim()
            .split("\n")
            .map((line) => line.split("/")[0]!),
        ),
      ].sort();
    };

    test.each(models)("as %s, and none of them reaches the gateway or another address", async (wanted) => {
      const other = await opened(startGateway());
      await question(
        makePlace(),
        {
          ...bait,
          ANTHROPIC_BASE_URL: `${other.origin}/v1`,
          OPENAI_BASE_URL: `${other.origin}/v1`,
          ANTHROPIC_AUTH_TOKEN: bait.HF_TOKEN,
        },
        { wanted },
      );
      expect(findBait(seen.received())).toEqual([]);
      expect(other.received()).toBe("");
    });

    test("and none of them switches another provider on, as it would without the launcher", async () => {
      const place = makePlace();
      const env = { ...installation.env, ...bait };
      expect(offered(await run([installation.opencode, "models"], { place, env }))).toEqual(Object.keys(providers).sort());
      // Without our catalogue OpenCode takes its own, with all of them in it; the configuration alone has to hold.
      const theirs = { ...env, OPENCODE_MODELS_PATH: "/nowhere/models.json" };
      expect(offered(await run([installation.opencode, "models"], { place, env: theirs }))).toEqual(
        Object.keys(providers).sort(),
      );
      const bare = await run([join(installation.prefix, "lib", "aperture-env", "opencode"), "models"], {
        place,
        env: { ...bait, OPENCODE_DISABLE_MODELS_FETCH: "1" },
      });
      expect(offered(bare)).toEqual(expect.arrayContaining(["amazon-bedrock", "github-copilot", "opencode"]));
    });

    test("and a stored one is neither touched nor sent", async () => {
      const key = "sk-ant-api03-Bait0Stored0123456789";
      const place = makePlace();
      const file = join(dataOf(place), "opencode", "auth.json");
      const text = `{"anthropic":{"type":"api","key":"${key}"},"openai":{"type":"api","key":"${key}"}}`;
      mkdirSync(join(dataOf(place), "opencode"), { recursive: true });
      writeFileSync(file, text, { mode: 0o640 });
      chmodSync(file, 0o640);
      for (const wanted of models) {
        await question(place, {}, { wanted });
        expect(seen.received()).not.toContain(key);
      }
      expect(readFileSync(file, "utf8")).toBe(text);
      expect(statSync(file).mode & 0o777).toBe(0o640);
    });

    test("and an auth.json that links to nothing stays one", async () => {
      const place = makePlace();
      const file = join(dataOf(place), "opencode", "auth.json");
      mkdirSync(join(dataOf(place), "opencode"), { recursive: true });
      symlinkSync(join(place.work, "keys"), file);
      await question(place, bait);
      expect(findBait(seen.received())).toEqual([]);
      expect(readlinkSync(file)).toBe(join(place.work, "keys"));
      expect(existsSync(join(place.work, "keys"))).toBe(false);
    });
  });
});
