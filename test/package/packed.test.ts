/** What is published: the tarball as npm packs it. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join, sep } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { build } from "esbuild";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { doctorPath, featureFolder, specSchemaPath } from "../../src/catalog/files.ts";
import { providers, speechOf } from "../../src/catalog/providers.ts";
import { collectLicences, nodeSettings } from "../../src/scripts/build.mjs";
import { bin, makeFolders, packInto, root, type Packed } from "./machine.ts";

const folders = makeFolders();
afterAll(() => folders.remove());

let packed: Packed;
/** Every packed file's text by path. */
let texts: ReadonlyMap<string, string>;
beforeAll(async () => {
  packed = await packInto(folders.make("packed"));
  texts = new Map(packed.files.map(({ path }) => [path, readFileSync(join(root, path), "utf8")]));
});

const manifest = (): Record<string, unknown> => JSON.parse(texts.get("package.json")!) as Record<string, unknown>;

test("it holds what was built, package.json, the README and the licence, and nothing else", () => {
  const built = readdirSync(join(root, "dist"), { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(root, "dist", name)).isFile())
    .map((name) => `dist/${name.split(sep).join("/")}`);
  expect(packed.files.map(({ path }) => path).sort()).toEqual([...built, "LICENSE", "README.md", "package.json"].sort());
});

test("no source, template, map or test is in it", () => {
  const strays = packed.files.filter(
    ({ path }) =>
      !/^(?:package\.json|README\.md|LICENSE|dist\/(?:[\w-]+\.js|(?:templates|models|spec\.schema)\.json|aperture-doctor\.mjs\.gz|(?:doctor-parts|more-models|more-templates)\.json\.br|package\.json|LICENSES\.txt))$/.test(
        path,
      ),
  );
  expect(strays).toEqual([]);
  for (const [path, text] of texts) expect(text.includes("sourceMappingURL"), path).toBe(false);
});

test("none of its literals has \\p{…}, which V8 would expand at every start", () => {
  const built = [...texts].filter(([path]) => path.endsWith(".js"));
  expect(built.filter(([, text]) => /(?<!\\)\\p\{/i.test(text)).map(([path]) => path)).toEqual([]);
  expect(texts.get("dist/main.js")).toContain('new RegExp("[^\\\\p{L}');
});

test("its program is executable and begins with the line that says by what", () => {
  const { bin: programs } = manifest();
  expect(new Set(Object.values(programs as Record<string, string>))).toEqual(new Set(["dist/bin.js"]));
  expect(texts.get("dist/bin.js")).toMatch(/^#!\/usr\/bin\/env node\n/);
  if (process.platform === "win32") return;
  expect(statSync(bin).mode & 0o111).toBe(0o111);
  expect(packed.files.find(({ path }) => path === "dist/bin.js")!.mode & 0o111).toBe(0o111);
});

test("it needs one other package, which verify starts, and nothing runs when it is installed", () => {
  const { scripts, ...rest } = manifest();
  const needs = ["dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies", "bundledDependencies"];
  expect(Object.keys(rest).filter((key) => needs.includes(key))).toEqual(["dependencies"]);
  expect(Object.keys((rest as { dependencies?: object }).dependencies ?? {})).toEqual(["@devcontainers/cli"]);
  const hooks = ["preinstall", "install", "postinstall", "prepare"];
  expect(Object.keys(scripts as object).filter((name) => hooks.includes(name))).toEqual([]);
});

test("it takes no more than 1,160 kB", () => {
  expect(packed.unpackedSize).toBeLessThanOrEqual(1_160_000);
});

test("a program that a signal has ended is told by the signal's name, as nothing else of signals is shipped", async () => {
  const { execa } = createRequire(import.meta.url)(join(root, "dist", "execa.js")) as typeof import("execa");
  const ended = await execa(process.execPath, ["-e", 'process.kill(process.pid, "SIGKILL")'], { reject: false });
  expect(ended).toMatchObject({ signal: "SIGKILL", signalDescription: "SIGKILL", failed: true });
});

/** The package's scripts that a run read, by what Node notes of its coverage. */
async function readBy(cwd: string, ...args: string[]): Promise<string[]> {
  const notes = folders.make("coverage");
  await execa(process.execPath, [bin, ...args], { cwd, stdin: "ignore", env: { NODE_V8_COVERAGE: notes, HOME: notes } });
  const urls = readdirSync(notes)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => (JSON.parse(readFileSync(join(notes, name), "utf8")) as { result: { url: string }[] }).result)
    .map(({ url }) => /\/dist\/([\w-]+)\.js$/.exec(url)?.[1]);
  return [...new Set(urls.filter((name) => name !== undefined))].sort();
}

test("an empty folder needs few of its files, an existing repository more; rarely all are needed", async () => {
  const folder = folders.make("empty");
  const first = await readBy(folder, "--yes");
  expect(first).toEqual(["bin", "main"]);
  const then = await readBy(folder, "update");
  expect(then).toEqual(expect.arrayContaining(["update", "existing", "file"]));
  expect(then).not.toContain("seldom");
  expect(await readBy(folder, "check")).toEqual(expect.arrayContaining(["check", "existing", "file"]));
  writeFileSync(join(folder, "opencode.json"), "{}");
  expect(await readBy(folder, "--yes")).toContain("existing");
  // A run that was cut off before it had done anything.
  writeFileSync(join(folder, ".aperture-env.journal"), "");
  expect(await readBy(folder, "--yes")).toContain("seldom");
});

const read = (folder: string, path: string): string => readFileSync(join(folder, path), "utf8");
const shippedFile = (name: string): Buffer => readFileSync(join(root, "dist", name));
function createWith(...args: string[]): string {
  const folder = folders.make("sample");
  const { status } = spawnSync(process.execPath, [bin, "--yes", ...args], { cwd: folder, stdio: "ignore" });
  expect(status).toBe(0);
  return folder;
}

test("where an image's build fetches the doctor, nothing is decompressed", () => {
  const folder = folders.make("loaded");
  const note = join(folder, "note.cjs");
  writeFileSync(note, 'process.on("exit", () => console.error(process.moduleLoadList.join("\\n")));');
  const loadedBy = (...args: string[]): string => {
    const cwd = folders.make("sample");
    return spawnSync(process.execPath, ["--require", note, bin, "--yes", ...args], { cwd, encoding: "utf8" }).stderr;
  };
  const zlib = /^NativeModule zlib$/m;
  expect(loadedBy("--doctor", "repository")).toMatch(zlib);
  expect(loadedBy("--doctor", "package")).not.toMatch(zlib);
});

test("the spec's schema is shipped as the text that is committed", () => {
  const shipped = shippedFile("spec.schema.json").toString();
  expect(shipped).toMatch(/^\{\n {2}"\$schema"/);
  expect(read(createWith(), specSchemaPath)).toBe(shipped);
});

test("the whole doctor is shipped as the text that is committed, and as the one that an image's build expects of the package", () => {
  const shipped = gunzipSync(shippedFile("aperture-doctor.mjs.gz")).toString();
  expect(shipped).toMatch(/^\/\/ aperture-doctor\. /);
  expect(read(createWith("--connection", "userspace"), doctorPath)).toBe(shipped);
  const script = read(createWith("--doctor", "package"), `${featureFolder}/opencode/fetch.sh`);
  expect(script).toContain(`\nsha256=${createHash("sha256").update(shipped).digest("hex")}\n`);
  expect(script).toContain(`\nprogram=${packed.version}\n`);
  expect(script).toContain("\ntext=package/dist/aperture-doctor.mjs.gz\n");
});

test.each(["auto", "network"])("the doctor of the connection %s is made from it as it is bundled", async (connection) => {
  const { givenDoctorText, networkDoctorText } = await import("../../src/catalog/doctor-text.ts");
  const bundled = connection === "auto" ? networkDoctorText : givenDoctorText;
  expect(read(createWith("--connection", connection), doctorPath)).toBe(bundled);
  // What they share is shipped once.
  expect(shippedFile("doctor-parts.json.br").length).toBeLessThan(shippedFile("aperture-doctor.mjs.gz").length / 4);
});

test("the catalogue of all providers but the proposed ones is shipped as it is, in one compressed file", () => {
  const folder = join(root, "src", "catalog", "opencode", "models");
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  const shipped = readFileSync(join(root, "dist", "more-models.json.br"));
  expect(JSON.parse(brotliDecompressSync(shipped).toString())).toEqual(
    Object.assign({}, ...texts.map((text) => JSON.parse(text) as object)),
  );
  expect(shipped.length).toBeLessThan(texts.join("").length / 10);
});

test("the licence of every package that is bundled is shipped with it", async () => {
  const settings = {
    ...nodeSettings(root),
    define: { PACKAGE_VERSION: '""', HELP: '""' },
    write: false,
    outdir: folders.make("out"),
  };
  const { metafile } = await build({ ...settings, entryPoints: ["src/bin.ts"], splitting: true, metafile: true });
  const bundled = new Set(
    Object.values(metafile!.outputs)
      .flatMap(({ inputs }) => Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0))
      .map(([input]) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1])
      .filter((name) => name !== undefined),
  );
  expect([...bundled]).toEqual(expect.arrayContaining(["@clack/prompts", "diff", "jsonc-parser", "node-diff3", "yaml"]));
  const licences = new Map(
    texts
      .get("dist/LICENSES.txt")!
      .split(/^-{8}$/m)
      .map((entry) => /^\s*(\S+) \d[^\n]* \([^\n]+\)\n\n([^]*)$/.exec(entry) ?? [])
      .map(([, name = "", text = ""]) => [name, text] as const),
  );
  for (const name of bundled) expect(licences.get(name) ?? "", `the licence of ${name}`).toMatch(/copyright/i);
});

test("a linked node_modules folder loses no licence, and a package without one fails the build", () => {
  const folder = folders.make("linked");
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  const write = (name: string, file: string): string => {
    const place = join(folder, "elsewhere", "node_modules", name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "package.json"), '{ "version": "1.2.3", "license": "ISC" }');
    writeFileSync(join(place, file), `Copyright of ${name}`);
    return `../linked/elsewhere/node_modules/${name}/lib/index.js`;
  };
  const inputs = ["src/bin.ts", write("plain", "LICENSE"), write("@some/scoped", "License.md")];
  const text = collectLicences(folder, inputs);
  expect(text).toContain("plain 1.2.3 (ISC)\n\nCopyright of plain\n");
  expect(text).toContain("@some/scoped 1.2.3 (ISC)\n\nCopyright of @some/scoped\n");
  expect(() => collectLicences(folder, [...inputs, write("bare", "readme.md")])).toThrow(/bare is bundled.*licence text/);
  expect(() => collectLicences(folder, ["src/bin.ts"])).toThrow(/no bundled package/);
});

test("no path of this machine is in it", () => {
  const home = homedir();
  // Containers have a /root, too, and generated files speak of it.
  const ours = [root, ...(home.split(sep).length > 2 ? [home] : [])].flatMap((path) => [path, path.replaceAll("\\", "\\\\")]);
  for (const [path, text] of texts) {
    for (const own of ours) expect(text.includes(own), `${path} holds ${own}`).toBe(false);
    expect(text, path).not.toMatch(/file:\/\/\//);
  }
});

test("no registry's host is in it, neither the public one's nor this machine's", async () => {
  const { stdout } = await execa("npm", ["config", "get", "registry", "--loglevel=error"], { cwd: root });
  const { host } = new URL(stdout.trim());
  for (const [path, text] of texts) {
    expect(text.includes(host), `${path} names this machine's registry`).toBe(false);
    expect(text, path).not.toMatch(/registry\.[a-z0-9-]+\.[a-z]{2,}/i);
  }
});

test("every provider's part of the catalogue is in it, and is found", async () => {
  const folder = folders.make("providers");
  const ids = Object.keys(providers);
  await execa(process.execPath, [bin, "new", "--yes", "--providers", ids.join(",")], { cwd: folder });
  const models = JSON.parse(readFileSync(join(folder, "new", featureFolder, "models.json"), "utf8")) as Readonly<
    Record<string, { readonly models: object }>
  >;
  expect(Object.keys(models)).toEqual(ids.map((id) => speechOf({ id, api: providers[id]!.defaultApi }).as));
  for (const entry of Object.values(models)) expect(Object.keys(entry.models).length).toBeGreaterThan(0);
});
