/** Which npm registry is the user's own, and which address may stand in a file: tables, and npm's own reader of `.npmrc` as the judge of ours. */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import fc from "../support/random-cases.ts";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { judgeRegistry, originOf } from "../../src/lock/registry.ts";
import { readNpmConfiguration } from "../../src/registry/configuration.ts";
import { chooseDefaultRegistry } from "../../src/registry/default.ts";
import { readNpmrc } from "../../src/registry/npmrc.ts";

describe("an address that may be written", () => {
  test.each([
    ["https://npm.example", "https://npm.example"],
    ["  http://localhost:4873/  ", "http://localhost:4873"],
    ["http://[::1]:4873/npm//", "http://[::1]:4873/npm"],
    ["https://npm.example/artifactory/api/npm/npm-virtual/", "https://npm.example/artifactory/api/npm/npm-virtual"],
    ["https://npm.example/repository/npm_proxy_group", "https://npm.example/repository/npm_proxy_group"],
    ["https://npm.example/api/v4/projects/123456/packages/npm/", "https://npm.example/api/v4/projects/123456/packages/npm"],
    ["https://npm.example/acme/_packaging/Acme-Feed/npm/registry/", "https://npm.example/acme/_packaging/Acme-Feed/npm/registry"],
    [
      "https://npm.example/internal-artifactory-registry-2024-q3/npm",
      "https://npm.example/internal-artifactory-registry-2024-q3/npm",
    ],
    ["https://npm.example/a/b_c~d%20", "https://npm.example/a/b_c~d%20"],
  ])("%s", (text, address) => {
    expect(judgeRegistry(text)).toEqual({ ok: true, address });
  });

  test.each([
    ["http://host/feed/${AWS_SECRET_ACCESS_KEY}/", "variable"],
    ["http://${HOST}/", "variable"],
    ["http://host/\\${X}/", "variable"],
    ["http://host/${X?}", "variable"],
    ["http://host/${X:-y}", "variable"],
    ["http://user:pass@host/", "credentials"],
    ["http://token@host/", "credentials"],
    ["http://host/feed?token=x", "credentials"],
    ["http://host/#x", "credentials"],
    ["http://host?x", "credentials"],
    ["http://host/a@b/", "credentials"],
    ["http://host/feed/npm_abcdefghijklmnopqrstuvwxyz0123456789/", "token"],
    ["http://host/feed/npm_s3cr3tT0ken/", "token"],
    ["http://host/ghp_abcdefghijkl/npm", "token"],
    ["http://host/glpat-abcdefghijk/npm", "token"],
    ["http://host/eyJhbGciOiJIUzI1NiJ9.e30.x/npm", "token"],
    ["http://host/AKIAIOSFODNN7EXAMPLE/npm", "token"],
    ["http://host/aBcD1234efGh5678/owner/npm/", "token"],
    ["http://host/0123456789abcdef0123456789abcdef/npm", "token"],
    ["http://host/F/feed/auth/abc/npm/", "token"],
    ["http://host/F/feed/11111111-2222-3333-4444-555555555555/npm/", "token"],
    ["http://host/_authToken/abc", "token"],
    ["http://host/%3A_authToken%3Dabc", "token"],
    ["http://host/x%3Dabc", "token"],
    ["http://host/%6epm_abcdefghijklmnopqrstuvwxyz0123456789", "token"],
    ["http://host/x9K-3fa_Qz7-Lp2-Vt8-m1Rw", "token"],
    ["http://host/kqzjxvbwpfhgtrmnlcdskqzjxvbwpfhg", "token"],
    ["http://host/kQzJxVbWpFhGtRmN", "token"],
    ["", "no-address"],
    ["npm.example", "no-address"],
    ["file:///etc", "no-address"],
    ["https://", "no-address"],
    ["https://host/$(id)", "no-address"],
    ["https://host/a b", "no-address"],
    ["https://host/\nx", "no-address"],
    ["null", "no-address"],
  ])("not %s: %s", (text, why) => {
    expect(judgeRegistry(text)).toEqual({ ok: false, why });
  });

  test("random tokens of the usual alphabets and lengths are found", () => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const of = (alphabet: string, least: number): fc.Arbitrary<string> =>
      fc
        .array(fc.nat(alphabet.length - 1), { minLength: least, maxLength: 64 })
        .map((list) => list.map((index) => alphabet[index]).join(""));
    const token = fc.oneof(of(letters, 32), of(`${letters}-_`, 64), of("0123456789abcdef", 32));
    fc.assert(
      fc.property(token, (text) => judgeRegistry(`https://host/feed/${text}/npm`).ok === false),
      { numRuns: 500 },
    );
  });

  test.each([
    ["http://host:81/feed/${X}/", "http://host:81"],
    ["https://user:pass@host/x", "https://host"],
    ["https://host/npm_abc?x", "https://host"],
    ["http://${X}.host/", null],
    ["http://user:p/w@host/", null],
    ["http://${X}@host/", null],
    ["nonsense", null],
    ["", null],
  ])("of %s is shown %s", (text, shown) => {
    expect(originOf(text)).toBe(shown);
  });
});

describe("a .npmrc", () => {
  test.each([
    ["registry=http://a", "http://a"],
    ["registry = http://a ; comment", "http://a"],
    ['\uFEFFregistry="http://a"\r\n', "http://a"],
    ["x=1\r\r\nregistry='http://a'\r", "http://a"],
    ["registry=http://a\nregistry=http://b", "http://b"],
    ["registry=http://a\\;b#c", "http://a;b"],
    ["registry=http://${X}/${Y?}", "http://${X}/${Y?}"],
    ['"registry"=http://a', "http://a"],
    ["registry[]=http://a", "http://a"],
    ["registry", ""],
  ])("%j names %s", (text, value) => {
    expect(readNpmrc(text).findLast(({ key }) => key === "registry")?.value).toBe(value);
  });

  test.each(["@acme:registry=http://a", "#registry=http://a", " ; registry=x", "[x]\nregistry=http://a", "//h/:registry=x", ""])(
    "%j names none",
    (text) => {
      expect(readNpmrc(text).filter(({ key }) => key === "registry")).toEqual([]);
    },
  );

  test("lines count from 1, whatever ends them", () => {
    expect(readNpmrc("a=1\r\n\r\nb=2\rc=3\n;\nd=4").map(({ key, line }) => `${key}${line}`)).toEqual(["a1", "b3", "c4", "d6"]);
  });

  const npm = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((entry) => join(entry, "npm"))
    .find(existsSync);
  const ini = npm === undefined ? null : join(dirname(dirname(realpathSync(npm))), "node_modules", "ini", "lib", "ini.js");
  test.skipIf(ini === null || !existsSync(ini))("is read as npm's own reader reads it", () => {
    const { parse } = createRequire(import.meta.url)(ini!) as { parse(text: string): Record<string, unknown> };
    const parsed = (text: string): Record<string, unknown> | null => {
      try {
        return parse(text);
      } catch {
        return null;
      }
    };
    const piece = fc.oneof(
      fc.constantFrom(
        "registry",
        "userconfig",
        "=",
        "[]",
        "[x]",
        "\n",
        "\r\n",
        "\r",
        ";",
        "#",
        "\\",
        '"',
        "'",
        " ",
        "\t",
        "\uFEFF",
      ),
      fc.constantFrom(
        "http://a",
        "${X}",
        "null",
        "true",
        "\u2028",
        "@s:registry=",
        "registry=",
        '"registry"=',
        "'[\"registry\"]'=",
      ),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join("");
        const theirs = parsed(text);
        // A key such as 'null' in quotes ends npm itself.
        fc.pre(theirs !== null);
        const ours = new Map(readNpmrc(text).map(({ key, value }) => [key, value]));
        for (const key of ["registry", "userconfig"]) {
          const value = theirs[key];
          if (typeof value === "object" && value !== null && !Array.isArray(value)) continue;
          const last: unknown = Array.isArray(value) ? value.at(-1) : value;
          expect(ours.has(key), JSON.stringify(text)).toBe(value !== undefined);
          // A key alone is true for npm, which is no address either.
          if (value !== undefined && last !== true) expect(ours.get(key), JSON.stringify(text)).toBe(String(last));
        }
      }),
      { numRuns: 3000 },
    );
  });
});

const parent = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-registry-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));
let count = 0;
let base: string;
const definitions = "prefix/lib/node_modules/npm/node_modules/@npmcli/config/lib/definitions/definitions.js";

function put(path: string, text: string): void {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), text);
}

/** What counts, with these variables; `BASE` in them is the test's folder. */
function read(env: Readonly<Record<string, string>> = {}): {
  text: string | null;
  at: string | null;
  ignored: string | null;
  empty: string[];
} {
  const own = { HOME: "BASE/home", PATH: "BASE/prefix/bin", ...env };
  const resolved = Object.fromEntries(Object.entries(own).map(([name, value]) => [name, value.replaceAll("BASE", base)]));
  const { registry, ignored, variables } = readNpmConfiguration(join(base, "repo"), resolved);
  const place = (where: { file: string; line?: number } | null | undefined): string | null =>
    where ? [where.file.replace(base, "BASE"), where.line].filter(Boolean).join(":") : null;
  expect(new Set(Object.values(variables))).toEqual(new Set(Object.keys(variables).length === 0 ? [] : [""]));
  return { text: registry?.text ?? null, at: place(registry?.where), ignored: place(ignored), empty: Object.keys(variables) };
}

/** What npm tells a program that it starts in the repository. */
const underNpm = {
  npm_execpath: "BASE/prefix/lib/node_modules/npm/bin/npm-cli.js",
  npm_command: "exec",
  npm_config_local_prefix: "BASE/repo",
  npm_config_global_prefix: "BASE/prefix",
  npm_config_prefix: "BASE/prefix",
  npm_config_userconfig: "BASE/home/.npmrc",
  npm_config_globalconfig: "BASE/prefix/etc/npmrc",
  INIT_CWD: "BASE/repo/sub",
};

describe.skipIf(process.platform === "win32")("the user's own registry", () => {
  beforeEach(() => {
    base = join(parent, String(++count));
    for (const folder of ["home", "repo/sub", "prefix/bin", "prefix/lib/node_modules/npm/bin"])
      mkdirSync(join(base, folder), { recursive: true });
    put("prefix/bin/node", "");
    put("prefix/lib/node_modules/npm/bin/npm-cli.js", "");
    symlinkSync(join("..", "lib", "node_modules", "npm", "bin", "npm-cli.js"), join(base, "prefix", "bin", "npm"));
    put(definitions, "  registry: new Definition('registry', {\n    default: 'https://default.example/',\n");
  });

  test("npm's own default, where nobody says one", () => {
    expect(read()).toEqual({ text: "https://default.example/", at: "npm's default", ignored: null, empty: [] });
    expect(read(underNpm)).toMatchObject({ text: "https://default.example/", ignored: null });
  });

  test("npm's own file, the global one, the user's, variables: the later one overrides", () => {
    put("prefix/lib/node_modules/npm/npmrc", "registry=http://builtin");
    expect(read().text).toBe("http://builtin");
    put("prefix/etc/npmrc", "\nregistry=http://global");
    expect(read()).toMatchObject({ text: "http://global", at: "BASE/prefix/etc/npmrc:2" });
    put("home/.npmrc", "\n\nregistry=http://user");
    expect(read()).toMatchObject({ text: "http://user", at: "~/.npmrc:3" });
    expect(read({ npm_config_registry: "http://variable" })).toMatchObject({
      text: "http://variable",
      at: "npm_config_registry",
    });
    expect(read({ npm_config_registry: "" }).text).toBe("http://user");
  });

  test.each(["NPM_CONFIG_REGISTRY", "Npm_Config_Registry", "npm_config_REGISTRY"])("%s counts, also under npm", (name) => {
    put("repo/.npmrc", "registry=http://project");
    expect(read({ ...underNpm, npm_config_registry: "http://project", [name]: "http://own" })).toMatchObject({
      text: "http://own",
      ignored: ".npmrc:1",
    });
  });

  test.each([
    ["npm_config_userconfig", "BASE/other/npmrc"],
    ["NPM_CONFIG_USERCONFIG", "BASE/other/npmrc"],
    ["npm_config_UserConfig", "BASE/other/npmrc"],
    ["NPM_CONFIG_USERCONFIG", "${OTHER}/npmrc"],
    ["NPM_CONFIG_USERCONFIG", "~/../other/npmrc"],
    ["NPM_CONFIG_GLOBALCONFIG", "BASE/other/npmrc"],
    ["PREFIX", "BASE/other/prefix"],
    ["NPM_CONFIG_PREFIX", "BASE/other/prefix"],
  ])("%s=%s names another file", (name, value) => {
    put("other/npmrc", "registry=http://there");
    put("other/prefix/etc/npmrc", "registry=http://there");
    expect(read({ [name]: value, OTHER: join(base, "other") }).text).toBe("http://there");
  });

  test("a user's file names the global one, by its place or by the prefix", () => {
    put("g/etc/npmrc", "registry=http://g");
    for (const line of ["globalconfig=${HOME}/../g/etc/npmrc", "prefix=~/../g", 'prefix = "${HOME}/../g"']) {
      put("home/.npmrc", line);
      expect(read().text, line).toBe("http://g");
    }
  });

  test("only a scope's registry is no registry for the rest", () => {
    put("home/.npmrc", "@acme:registry=http://acme\n//acme/:_authToken=x\n");
    expect(read().text).toBe("https://default.example/");
  });

  test("nothing is expanded", () => {
    put("home/.npmrc", "registry=http://host/${SECRET}/");
    expect(read({ SECRET: "s3cr3t" })).toMatchObject({ text: "http://host/${SECRET}/", at: "~/.npmrc:1" });
  });

  test("what npm exports of the user's own file, expanded, is taken from the file, as it is written", () => {
    for (const file of ["home/.npmrc", "prefix/etc/npmrc", "prefix/lib/node_modules/npm/npmrc"]) {
      put(file, "registry=http://host/${SECRET}/");
      expect(read({ ...underNpm, SECRET: "plain", npm_config_registry: "http://host/plain/" }), file).toMatchObject({
        text: "http://host/${SECRET}/",
        ignored: null,
      });
      put(file, "");
    }
  });

  test("a variable that npm exports counts where no project can have said it", () => {
    const exported = { ...underNpm, npm_config_registry: "http://command-line" };
    expect(read(exported)).toMatchObject({ text: "http://command-line", ignored: null });
    put("repo/.npmrc", "@acme:registry=http://acme\nfund=false\n");
    expect(read(exported)).toMatchObject({ text: "http://command-line", ignored: null });
    put("home/.npmrc", "registry=http://command-line");
    put("repo/.npmrc", "registry=http://command-line/");
    expect(read(exported)).toMatchObject({ text: "http://command-line", at: "~/.npmrc:1", ignored: null });
  });

  test.each([
    ["repo/.npmrc", "registry=http://project"],
    ["repo/.npmrc", "Registry=http://project"],
    ["repo/.npmrc", "REGISTRY = http://project"],
    ["repo/.npmrc", "registry[]=http://project"],
    ["repo/.npmrc", "${KEY}=http://project"],
    ["repo/.npmrc", "userconfig=./mine"],
    ["repo/.npmrc", "globalconfig=/tmp/mine"],
    ["repo/.npmrc", "prefix=/tmp/mine"],
    ["repo/sub/.npmrc", "registry=http://project"],
    [".npmrc", "registry=http://project"],
    [".npmrc", "userconfig=x"],
    ["repo/.yarnrc", 'registry "http://project"'],
  ])("where %s says %s, what npm exports is the project's", (path, text) => {
    put(path, text);
    const { text: registry, ignored, empty } = read({ ...underNpm, npm_config_registry: "http://project" });
    expect(registry).toBe("https://default.example/");
    expect(ignored).not.toBe(null);
    expect(empty).toContain("npm_config_registry");
  });

  test.each([
    ["proxy", "npm_config_proxy"],
    ["https_proxy", "npm_config_https_proxy"],
    ["strict-ssl", "npm_config_strict_ssl"],
    ["cache", "npm_config_cache"],
    ["cafile", "npm_config_cafile"],
    ["fetch-retries", "npm_config_fetch_retries"],
    ["Fetch_Retries", "npm_config_fetch_retries"],
  ])("what a project says of %s does not reach npm", (key, name) => {
    put("repo/.npmrc", `${key}=x`);
    expect(read({ ...underNpm, [name]: "x" }).empty).toContain(name);
    put("repo/.npmrc", "");
    expect(read({ ...underNpm, [name]: "x" }).empty).not.toContain(name);
  });

  test("a variable with dashes is the user's own, whatever a project says", () => {
    put("repo/.npmrc", "strict-ssl=false\nregistry=http://project\n");
    const { empty } = read({ ...underNpm, "npm_config_strict-ssl": "true", NPM_CONFIG_STRICT_SSL: "true" });
    expect(empty.filter((name) => /strict/i.test(name))).toEqual([]);
  });

  test("a project that cannot be read may have said anything", () => {
    mkdirSync(join(base, "repo", ".npmrc"));
    expect(read({ ...underNpm, npm_config_registry: "http://x" })).toMatchObject({
      text: "https://default.example/",
      ignored: "npm_config_registry",
    });
  });

  test.each([
    { npm_execpath: "BASE/x/yarn.js", npm_lifecycle_event: "x" },
    { npm_config_user_agent: "pnpm/10.0.0" },
    { npm_config_user_agent: "bun/1.3" },
  ])("other package managers have other files, so nothing that they export counts: %j", (env) => {
    expect(read({ ...env, npm_config_registry: "http://x" })).toMatchObject({
      text: "https://default.example/",
      ignored: "npm_config_registry",
    });
  });

  test.each(["npm_config_userconfig", "NPM_CONFIG_USERCONFIG", "NPM_CONFIG_GLOBALCONFIG"])(
    "%s in the repository is none of the user's",
    (name) => {
      put("repo/mine", "registry=http://project");
      symlinkSync(join(base, "repo"), join(base, "link"));
      for (const place of ["BASE/repo/mine", "BASE/repo/sub/../mine", "BASE/link/mine"])
        expect(read({ [name]: place }), place).toMatchObject({ text: "https://default.example/", empty: [name] });
    },
  );

  test("a project's prefix makes no global configuration", () => {
    put("repo/etc/npmrc", "registry=http://project");
    put("repo/.npmrc", "prefix=.");
    const env = { ...underNpm, npm_config_prefix: "BASE/repo", npm_config_globalconfig: "BASE/repo/etc/npmrc" };
    expect(read(env)).toMatchObject({ text: "https://default.example/" });
  });

  test("nor does npm or Node of the repository's", () => {
    put("repo/node_modules/.bin/npm", "");
    put("repo/bin/npm", "");
    put("repo/npmrc", "registry=http://project");
    put("repo/bin/npm-cli.js", "");
    expect(read({ PATH: "BASE/repo/node_modules/.bin:BASE/repo/bin:bin:.:BASE/prefix/bin" }).text).toBe(
      "https://default.example/",
    );
  });

  test("a home that is the repository, or a project, keeps its own file", () => {
    put("repo/.npmrc", "registry=http://user");
    expect(read({ HOME: "BASE/repo" })).toMatchObject({ text: "http://user", at: "~/.npmrc:1", ignored: null });
    const env = { ...underNpm, HOME: "BASE/repo", npm_config_userconfig: "BASE/repo/.npmrc", npm_config_registry: "http://user" };
    expect(read(env)).toMatchObject({ text: "http://user", ignored: null });
  });

  test("a repository's registry is named where it is another one", () => {
    put("repo/.npmrc", "\nregistry=http://project/${SECRET}/");
    expect(read({ SECRET: "s3cr3t" })).toMatchObject({ text: "https://default.example/", ignored: ".npmrc:2" });
    put("repo/.npmrc", "registry=https://default.example");
    expect(read().ignored).toBe(null);
  });
});

describe("what is written of it", () => {
  const configuration = (text: string) => ({
    registry: { text, where: { file: "~/.npmrc", line: 3 } },
    ignored: null,
    variables: {},
    here: { target: "/repo", env: { SECRET: "s3cr3t" } },
  });

  test("an address", async () => {
    expect(await chooseDefaultRegistry(configuration("http://mirror/npm/"))).toEqual({
      registry: "http://mirror/npm",
      findings: [],
    });
  });

  test.each(["http://host/${SECRET}/", "http://me:s3cr3t@host/", "http://host/npm_s3cr3ts3cr3ts3cr3t", "s3cr3t"])(
    "nothing of %s, and that is said with its place",
    async (text) => {
      const { registry, findings } = await chooseDefaultRegistry(configuration(text));
      expect(registry).toBe("");
      expect(findings).toEqual([expect.objectContaining({ code: "registry-not-written", where: { file: "~/.npmrc", line: 3 } })]);
      expect(JSON.stringify(findings)).not.toContain("s3cr3t");
    },
  );
});
