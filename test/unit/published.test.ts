/**
 * Whether the program came from a registry, by what package managers write beside the packages. What the others write was copied from pnpm 10 and 12,
 * Yarn 1 and 4 and bun 1.4, with a registry on loopback; test/package/doctor-package.test.ts has a real npm.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isPublished } from "../../src/repo/published.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "aperture-env-published-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const entry = {
  version: "1.2.3",
  resolved: "https://registry.example/npm/create-aperture-env/-/create-aperture-env-1.2.3.tgz",
  integrity: "sha512-YWJj",
  dependencies: { "@devcontainers/cli": "0.89.0" },
};
const other = { ...entry, version: "9.9.9", resolved: "git+ssh://git@forge.example/a/b.git#0123" };

/** Whether it is, with that lockfile beside it, below a folder of that name. */
function found(lock: object | string, folder = "node_modules"): boolean {
  const dist = join(root, folder, "create-aperture-env", "dist");
  mkdirSync(dist, { recursive: true });
  writeFileSync(join(root, folder, ".package-lock.json"), typeof lock === "string" ? lock : JSON.stringify(lock, null, 2));
  return isPublished("1.2.3", join(dist, "main.js"));
}
const packages = (own: object): object => ({
  name: "sample",
  lockfileVersion: 3,
  packages: { "node_modules/a": other, "node_modules/create-aperture-env": own, "node_modules/z": other },
});

test("a registry's tarball with its integrity, also over http and on a path", () => {
  expect(found(packages(entry))).toBe(true);
  expect(found(packages({ ...entry, resolved: entry.resolved.replace("https", "http") }))).toBe(true);
  expect(found(JSON.stringify(packages(entry)))).toBe(true);
});

test.each<[string, object]>([
  ["a git address", { ...entry, resolved: "git+ssh://git@forge.example/x/create-aperture-env.git#0123" }],
  ["a file", { ...entry, resolved: "file:../create-aperture-env-1.2.3.tgz" }],
  ["a link to a folder", { resolved: "../create-aperture-env", link: true }],
  ["a tarball that is no registry's", { ...entry, resolved: "https://files.example/create-aperture-env-1.2.3.tgz" }],
  ["another package's tarball", { ...entry, resolved: "https://registry.example/fork/-/fork-1.2.3.tgz" }],
  ["another version", { ...entry, version: "1.2.4" }],
  ["no address", { ...entry, resolved: undefined }],
  ["no integrity", { ...entry, integrity: undefined }],
  ["an integrity without sha512", { ...entry, integrity: "sha1-YWJj" }],
])("not %s", (_what, own) => {
  expect(found(packages(own))).toBe(false);
});

test("not where others are named, nothing is readable, or the folder is not npm's", () => {
  expect(found({ packages: { "node_modules/a": entry } })).toBe(false);
  expect(found("")).toBe(false);
  expect(found('{ "packages": { "node_modules/create-aperture-env": ')).toBe(false);
  expect(found(packages(entry), "projects")).toBe(false);
  mkdirSync(join(root, "empty", "node_modules", "create-aperture-env", "dist"), { recursive: true });
  expect(isPublished("1.2.3", join(root, "empty", "node_modules", "create-aperture-env", "dist", "main.js"))).toBe(false);
});

test("not the sources of this repository", () => {
  expect(isPublished("0.1.0")).toBe(false);
});

const name = "create-aperture-env";
const tarball = "http://127.0.0.1:4899/create-aperture-env/-/create-aperture-env-1.2.3.tgz";

/** Whether it is, if this program's file and that text beside it are all there is. */
function isWith(program: string, file: string, text: string): boolean {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return isPublished("1.2.3", join(root, program));
}

describe("pnpm", () => {
  const lock = (key: string, resolution: string): string =>
    [
      "lockfileVersion: '9.0'",
      "",
      "packages:",
      "",
      "  '@devcontainers/cli@0.89.0':",
      "    resolution: {integrity: sha512-YWJj}",
      "",
      `  ${name}@${key}:`,
      `    resolution: {${resolution}}`,
      "    engines: {node: ^20.19.0 || ^22.12.0 || >=24.0.0}",
      "    hasBin: true",
      "",
      "snapshots:",
      "",
      `  ${name}@${key}:`,
      "    dependencies:",
      "      '@devcontainers/cli': 0.89.0",
      "",
    ].join("\n");
  const file = "node_modules/.pnpm/lock.yaml";
  const apart = (folder: string): string => `node_modules/.pnpm/${name}@${folder}/node_modules/${name}/dist/main.js`;
  const hoisted = `node_modules/${name}/dist/main.js`;

  test.each([apart("1.2.3"), hoisted])("a registry's, at %s", (program) => {
    expect(isWith(program, file, lock("1.2.3", "integrity: sha512-YWJj=="))).toBe(true);
    expect(isWith(program, file, lock("1.2.3", "integrity: sha512-YWJj==, tarball: https://npm.example/download/1"))).toBe(true);
  });

  test.each<[string, string, string, string]>([
    ["a tarball", "file+..+x-1.2.3.tgz", "file:../x-1.2.3.tgz", "integrity: sha512-YWJj==, tarball: file:../x-1.2.3.tgz"],
    ["a folder", "file+..+package", "file:../package", "directory: ../package, type: directory"],
    ["git", "git+file++++a+4265", "git+file:///a#4265", "commit: 4265, repo: file:///a, type: git"],
    ["an address", "https+++files.example+x.tgz", "https://files.example/x.tgz", "integrity: sha512-YWJj=="],
    ["another version", "1.2.4", "1.2.4", "integrity: sha512-YWJj=="],
  ])("not %s", (_what, folder, key, resolution) => {
    expect(isWith(apart(folder), file, lock(key, resolution))).toBe(false);
    expect(isWith(hoisted, file, lock(key, resolution))).toBe(false);
  });

  test("not out of the global virtual store, which has tarballs and git under a version, too", () => {
    const stored = `links/@/${name}/1.2.3/c92a/node_modules/${name}/dist/main.js`;
    expect(isWith(stored, file, lock("1.2.3", "integrity: sha512-YWJj=="))).toBe(false);
  });
});

describe("bun", () => {
  const lock = (own: string): string =>
    `{\n  "lockfileVersion": 2,\n  "packages": {\n    "a": ["a@1.0.0", "", {}, "sha512-YWJj"],\n\n    "${name}": [${own}],\n  }\n}\n`;
  const rest = `{ "dependencies": { "@devcontainers/cli": "0.89.0" }, "bin": { "${name}": "dist/bin.js" } }`;
  const hoisted = `node_modules/${name}/dist/main.js`;
  const apart = `node_modules/.bun/${name}@1.2.3/node_modules/${name}/dist/main.js`;

  test.each([hoisted, apart])("a registry's, at %s", (program) => {
    expect(isWith(program, "bun.lock", lock(`"${name}@1.2.3", "", ${rest}, "sha512-YWJj=="`))).toBe(true);
    expect(isWith(program, "bun.lock", lock(`"${name}@1.2.3", "${tarball}", ${rest}, "sha512-YWJj=="`))).toBe(true);
  });

  test.each<[string, string]>([
    ["a tarball", `"${name}@/a/x-1.2.3.tgz", ${rest}, "sha512-YWJj=="`],
    ["an address", `"${name}@${tarball}", ${rest}, "sha512-YWJj=="`],
    ["git", `"${name}@git+file:///a#4265", ${rest}, "4265"`],
    ["a folder", `"${name}@file:../package", ${rest}`],
    ["another version", `"${name}@1.2.4", "", ${rest}, "sha512-YWJj=="`],
  ])("not %s", (_what, own) => {
    expect(isWith(hoisted, "bun.lock", lock(own))).toBe(false);
  });

  test("not where npm says otherwise: the lockfile of bun is the project's", () => {
    writeFileSync(join(root, "bun.lock"), lock(`"${name}@1.2.3", "", ${rest}, "sha512-YWJj=="`));
    expect(found(packages({ ...entry, resolved: "file:../create-aperture-env-1.2.3.tgz" }))).toBe(false);
  });
});

describe("Yarn 1", () => {
  const file = "node_modules/.yarn-integrity";
  const says = (range: string, resolved: string): boolean =>
    isWith(
      `node_modules/${name}/dist/main.js`,
      file,
      JSON.stringify({ lockfileEntries: { [`${name}@${range}`]: resolved } }, null, 2),
    );

  test("a registry's", () => expect(says("^1.2.3", `${tarball}#802e`)).toBe(true));

  test.each<[string, string, string]>([
    ["a tarball", "file:/a/create-aperture-env-1.2.3.tgz", "file:/a/create-aperture-env-1.2.3.tgz#802e"],
    ["a folder", "file:/a/package", ""],
    ["git", "git+file:///a", "git+file:///a#4265"],
    ["another version", "^1.2.3", `${tarball.replace("1.2.3", "1.2.4")}#802e`],
  ])("not %s", (_what, range, resolved) => expect(says(range, resolved)).toBe(false));
});

describe("Yarn 4", () => {
  test.each([
    "berry/cache/create-aperture-env-npm-1.2.3-63425f3b39-10c0.zip/node_modules/create-aperture-env/dist/main.js",
    ".yarn/unplugged/create-aperture-env-npm-1.2.3-63425f3b39/node_modules/create-aperture-env/dist/main.js",
    "node_modules/.store/create-aperture-env-npm-1.2.3-63425f3b39/package/dist/main.js",
    "C:\\berry\\cache\\create-aperture-env-npm-1.2.3-63425f3b39-10c0.zip\\node_modules\\create-aperture-env\\dist\\main.js",
  ])("a registry's, at %s", (program) => expect(isPublished("1.2.3", join(root, program))).toBe(true));

  test.each([
    "berry/cache/create-aperture-env-file-d334c07287-10c0.zip/node_modules/create-aperture-env/dist/main.js",
    "berry/cache/create-aperture-env-patch-d334c07287-10c0.zip/node_modules/create-aperture-env/dist/main.js",
    "berry/cache/create-aperture-env-npm-1.2.4-63425f3b39-10c0.zip/node_modules/create-aperture-env/dist/main.js",
    "berry/cache/other-create-aperture-env-npm-1.2.3-63425f3b39-10c0.zip/node_modules/create-aperture-env/dist/main.js",
    "node_modules/.store/create-aperture-env-file-d334c07287/package/dist/main.js",
    "src/create-aperture-env-npm-1.2.3-63425f3b39/src/dist/main.js",
  ])("not at %s", (program) => expect(isPublished("1.2.3", join(root, program))).toBe(false));

  const state = (locator: string, ...locations: readonly string[]): boolean =>
    isWith(
      `node_modules/${name}/dist/main.js`,
      "node_modules/.yarn-state.yml",
      `"${locator}":\n  locations:\n${locations.map((location) => `    - "${location}"\n`).join("")}\n"x@workspace:.":\n  locations:\n    - ""\n`,
    );

  test("with node_modules", () => {
    const own = `node_modules/${name}`;
    expect(state(`${name}@npm:1.2.3`, own)).toBe(true);
    expect(state(`${name}@npm:1.2.3::__archiveUrl=https%3A%2F%2Fnpm.example%2F1`, `a/${own}`, own)).toBe(true);
    expect(state(`${name}@npm:1.2.3`, `a/${own}`)).toBe(false);
    expect(state(`${name}@npm:1.2.4`, own)).toBe(false);
    expect(state(`${name}@file:/a/x.tgz#/a/x.tgz::hash=c6302c&locator=x%40workspace%3A.`, own)).toBe(false);
  });
});
