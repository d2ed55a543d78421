/** Whether npm has installed the program from a registry, by what npm writes beside the packages. test/package/doctor.test.ts has a real npm. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isPublished } from "../../src/repo/installed.ts";

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
