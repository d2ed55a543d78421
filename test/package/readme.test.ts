/** What the README and the pages behind it say is so. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { bases } from "../../src/catalog/bases.ts";
import { providers } from "../../src/catalog/providers.ts";
import { wireFormats, type WireFormat } from "../../src/catalog/wire-formats.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { skipsWithoutGit } from "../support/skips.ts";
import { environmentOf, makeFolders, root, runBin, runWith, startMachine, withoutBanner } from "./machine.ts";

const folders = makeFolders();
afterAll(() => folders.remove());

const readme = readFileSync(join(root, "README.md"), "utf8");
const existing = readFileSync(join(root, "docs", "existing.md"), "utf8");
const fleet = readFileSync(join(root, "docs", "fleet.md"), "utf8");
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };

const support = readFileSync(join(root, "docs", "support.md"), "utf8");
const contributing = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");

/** The text below a heading, up to the next one. */
function section(heading: string, page = readme): string {
  const [, text] = page.split(`\n## ${heading}\n`);
  expect(text, `there is no heading ${heading}`).toBeDefined();
  return text!.split("\n## ")[0]!;
}

/** What stands in backquotes within a line. */
function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
}

test("what it shows of a run is what a run says", async () => {
  const [, args, shown] = /```console\n\$ npm create aperture-env@latest -- ([^\n]+)\n([^]*?)```/.exec(readme) ?? [];
  const folder = folders.make("my-app");
  writeFileSync(join(folder, "package.json"), "{}\n");
  const machine = await startMachine(folders);
  const command = ["create", "aperture-env@latest", "--", ...args!.split(" ")];
  const ran = await machine.npm(folder, command, { APERTURE_ENV_DOCTOR: "" }).finally(() => machine.close());
  expect(ran.exit, ran.stderr).toBe(0);
  const stdout = withoutBanner(ran.stdout);
  const [before, after, ...more] = shown!.split("  …\n");
  expect(more).toEqual([]);
  expect(stdout.slice(0, before!.length)).toBe(before);
  expect(stdout.slice(-after!.length)).toBe(after);
});

test("what it shows of an existing dev container is the real result", async () => {
  const [, shown] = /```diff\n([^]*?)```/.exec(section("Existing repositories")) ?? [];
  const lines = shown!.trimEnd().split("\n");
  const before = `{\n${lines.flatMap((line) => (line.startsWith("+") ? [] : [line.slice(1)])).join("\n")}\n}\n`;
  const folder = folders.make("existing");
  const file = join(folder, ".devcontainer", "devcontainer.json");
  mkdirSync(join(folder, ".devcontainer"));
  writeFileSync(file, before);
  expect((await runBin(environmentOf(folders.make("home")), folder, ["--yes"])).exit).toBe(0);
  const revision = /"revision": "([^"]*)"/;
  const after = `{\n${lines.map((line) => line.slice(1)).join("\n")}\n}\n`;
  expect(readFileSync(file, "utf8").replace(revision, "")).toBe(after.replace(revision, ""));
  expect((await runBin(environmentOf(folders.make("home")), folder, ["remove", "--yes"])).exit).toBe(0);
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("what it shows of a check is what a check says", async () => {
  const [, shown] = /```console\n\$ npx create-aperture-env check\n([^]*?)```/.exec(existing) ?? [];
  const folder = folders.make("checked");
  const home = environmentOf(folders.make("home"));
  mkdirSync(join(folder, ".devcontainer"));
  const file = join(folder, ".devcontainer", "devcontainer.json");
  writeFileSync(file, "{}\n");
  expect((await runBin(home, folder, ["--yes", "--container-env", "TZ=UTC"])).exit).toBe(0);
  writeFileSync(file, readFileSync(file, "utf8").replace("UTC", "CET"));
  writeFileSync(join(folder, ".devcontainer/aperture-env/launcher.sh"), "mine\n");
  const { exit, stdout } = await runBin(home, folder, ["check"]);
  expect({ exit, stdout }).toEqual({ exit: 3, stdout: shown });
});

test.skipIf(skipsWithoutGit("the roll-out of docs/fleet.md"))(
  "what it shows of many repositories is what comes of it",
  async () => {
    const [, team] = /```yaml\n([^]*?)```/.exec(fleet) ?? [];
    const shown = [
      ...fleet.matchAll(/```console\n\$ (?:npm create aperture-env@latest --|npx create-aperture-env) ([^\n]+)\n([^]*?)```/g),
    ];
    expect(shown).toHaveLength(2);
    const folder = folders.make("src");
    const who = { NAME: "Someone", EMAIL: "someone@example.com" };
    const git = Object.entries(who).flatMap(([key, value]) =>
      [`GIT_AUTHOR_${key}`, `GIT_COMMITTER_${key}`].map((name) => [name, value]),
    );
    const home = environmentOf(folders.make("home"), Object.fromEntries(git) as Record<string, string>);
    writeFileSync(join(folder, "team.yaml"), team!);
    for (const [name, file, text] of [
      ["api", "package.json", "{}\n"],
      ["web", ".devcontainer/devcontainer.json", '{ "image": "debian" }\n'],
    ] as const) {
      mkdirSync(dirname(join(folder, name, file)), { recursive: true });
      writeFileSync(join(folder, name, file), text);
      for (const words of [
        ["init", "--quiet"],
        ["add", "--all"],
        ["commit", "--quiet", "--message", "begin"],
      ])
        await runWith(home, join(folder, name), "git", words);
    }
    const plain = (said: string): string => said.replaceAll(/\([0-9a-f]{10}\)/g, "(…)");
    for (const [, line, said] of shown) {
      const ran = await runBin(home, folder, line!.split(" "));
      expect({ exit: ran.exit, stdout: plain(ran.stdout) }).toEqual({ exit: 0, stdout: plain(said!) });
      for (const name of ["api", "web"]) await runWith(home, join(folder, name), "git", ["switch", "--quiet", "aperture-env"]);
    }
  },
);

test("the schema lies where it says, and the first line of a spec names it", async () => {
  const [, schema = ""] = /its first line names the JSON schema in `([^`]+)`/.exec(readme) ?? [];
  const folder = folders.make("my-app");
  await runBin(environmentOf(folders.make("home")), folder, ["--yes"]);
  expect(existsSync(join(folder, schema))).toBe(true);
  const [first] = readFileSync(join(folder, "aperture-env.yaml"), "utf8").split("\n");
  expect(first).toContain(`$schema=${schema}`);
});

test("what needs --yes without a terminal, and what does not, is as it says", async () => {
  const env = environmentOf(folders.make("home"));
  const folder = folders.make("my-app");
  const sentence = readme.replaceAll("\n", " ");
  expect(sentence).toContain("Then `create`, `remove`, `discover --write` and finishing an interrupted run need `--yes`");
  expect(sentence).toContain("`update` and all commands that only read do not");
  expect(await runBin(env, folder, [])).toMatchObject({ exit: 2, stderr: expect.stringContaining("--yes") as string });
  expect(await runBin(env, folder, ["--yes"])).toMatchObject({ exit: 0 });
  for (const argv of [["update", "--url", "http://other"], ["check"]])
    expect(await runBin(env, folder, argv)).toMatchObject({ exit: 0 });
  expect(await runBin(env, folder, ["remove"])).toMatchObject({ exit: 2, stderr: expect.stringContaining("--yes") as string });
});

test("the flags that it names are in the help", async () => {
  const home = environmentOf(folders.make("home"));
  const verbs = [...new Set([...readme.matchAll(/npx create-aperture-env ([a-z-]+)/g)].map(([, verb]) => verb!))];
  expect(verbs.length).toBeGreaterThan(3);
  const helps = await Promise.all(
    [["--help"], ...verbs.map((verb) => [verb, "--help"])].map((argv) => runBin(home, folders.make("my-app"), argv)),
  );
  const stdout = helps.map((help) => help.stdout).join("");
  const pages = [readme, existing, fleet, readFileSync(join(root, "docs", "options.md"), "utf8")];
  const flags = pages.flatMap(codeIn).filter((code) => /^--[a-z-]+$/.test(code));
  expect(flags.length).toBeGreaterThan(3);
  for (const flag of flags) expect(stdout).toContain(flag);
});

describe("this repository's commands", () => {
  test("every one that it names is a script", () => {
    const named = [...readme.matchAll(/\bnpm (?:run ([\w:-]+)|(test)\b)/g)].map(([, run, short]) => run ?? short!);
    expect(named).toEqual(expect.arrayContaining(["demo", "test"]));
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });

  test("both commands that need no installation are above the first heading", () => {
    const top = readme.split("\n## ")[0]!;
    expect(top).toMatch(/^npm run demo\b/m);
    expect(top).toMatch(/^npm test\b/m);
  });
});

test("the places that it names are there", () => {
  const places = codeIn(section("Where things are", contributing)).filter((code) => !code.startsWith("npm "));
  expect(places.length).toBeGreaterThan(5);
  expect(places.filter((place) => !existsSync(join(root, place)))).toEqual([]);
});

test("the version of OpenCode that it shows is the pinned one", () => {
  const versions = [...readme.matchAll(/\b1\.\d+\.\d+\b/g)].map(([version]) => version);
  expect(versions.length).toBeGreaterThan(0);
  expect(new Set(versions)).toEqual(new Set([pinnedRelease.version]));
});

test("the table of providers has each of them behind its default wire format, and every format", () => {
  const rows = section("Providers", support)
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2)
    .map((line) => line.split("|").map((cell) => cell.trim()));
  expect(rows.map(([, api]) => api)).toEqual(Object.keys(wireFormats));
  for (const [, api = "", path = "", named = ""] of rows) {
    const beginning = codeIn(path)[0]!.split("…")[0]!;
    expect(wireFormats[api as WireFormat].path.startsWith(beginning), api).toBe(true);
    const [defaults = "", others = ""] = named.replace(/ \(.*$/, "").split("; ");
    const chosen = defaults.split(", ");
    expect(Object.values(providers).flatMap((provider) => (provider.defaultApi === api ? [provider.id] : []))).toEqual(chosen);
    for (const [, id] of others.matchAll(/(\w+) with `api: /g)) expect(providers[id!]!.wireFormats).toHaveProperty(api);
  }
});

describe("the table of bases", () => {
  const rows = section("Bases", support)
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2)
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, named = "", dev = "", ci = ""]) => ({
      names: named.split(", ").filter((name) => !name.startsWith("your own")),
      dev,
      ci,
    }));
  const images = (cell: string): string[] =>
    codeIn(cell).map((image) => image.replace(/^devcontainers\//, "mcr.microsoft.com/$&"));

  test("names every base once", () => {
    expect(rows.flatMap(({ names }) => names).sort()).toEqual(Object.keys(bases).sort());
  });

  test.each(rows.filter(({ names }) => names.length === 1))("has the images of $names", ({ names: [name], dev, ci }) => {
    const base = bases[name!]!;
    expect(images(dev)).toEqual([base.dev]);
    if (ci === "the same") expect(base.ci).toBe(base.dev);
    else expect(images(ci)).toEqual([base.ci]);
  });

  test.each(rows.filter(({ names }) => names.length > 1))("has the kind of images of $names", ({ names, dev, ci }) => {
    expect({ dev, ci }).toEqual({ dev: "`devcontainers/…`", ci: "the plain image" });
    for (const name of names) {
      expect(bases[name]!.dev).toMatch(/^mcr\.microsoft\.com\/devcontainers\//);
      expect(bases[name]!.ci).not.toContain("devcontainers/");
    }
  });
});
