/** The lock as hostile input: what this version did not write is null, and never an error. */
import { describe, expect, test } from "vitest";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { formatLock, hashText, isInside, isRegistry, parseLock, type Lock } from "../../src/lock/lock.ts";

const lock: Lock = {
  lockVersion: 1,
  generator: "1.0.0",
  revision: "0123456789ab",
  answers: {
    name: "x",
    url: "http://ai",
    connection: "network",
    providers: [{ id: "openai", api: "responses" }],
    model: "openai/gpt-5",
    smallModel: "openai/gpt-5-mini",
    opencode: "1.18.18",
    managed: false,
    base: "debian",
    outputs: ["devcontainer"],
  },
  opencode: pinnedRelease,
  registry: "",
  files: {
    ".devcontainer/Dockerfile": { strategy: "own", hash: hashText("a"), ancestor: ["a"] },
    ".devcontainer/devcontainer.json": { strategy: "keys", hash: hashText("b") },
  },
};
const entry = { strategy: "own", hash: hashText("x") };

/** The lock with parts of it changed, as text. */
const withParts = (parts: Readonly<Record<string, unknown>>): string => JSON.stringify({ ...lock, ...parts });
const withAnswers = (answers: Readonly<Record<string, unknown>>): string =>
  withParts({ answers: { ...lock.answers, ...answers } });
const withFile = (path: string, file: unknown = entry): string =>
  withParts({ files: Object.fromEntries([...Object.entries(lock.files), [path, file]]) });

test("what was written is read again", () => {
  expect(parseLock(formatLock(lock))).toEqual(lock);
  const custom: Lock = {
    ...lock,
    answers: { ...lock.answers, base: { image: "a:1", libc: "musl", user: "0" } },
    registry: "https://npm.example/x",
  };
  expect(parseLock(formatLock(custom))).toEqual(custom);
});

test("the hash is sha256 over UTF-8", () => {
  expect(hashText("é")).toBe("sha256-4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c");
});

describe("damaged or hostile", () => {
  const texts: readonly (readonly [what: string, text: string])[] = [
    ["nothing", ""],
    ["no JSON", "lockVersion: 1"],
    ["half of it", formatLock(lock).slice(0, 500)],
    ["a conflict of git", formatLock(lock).replace("{", "{\n<<<<<<< HEAD")],
    ["a list", "[]"],
    ["null", "null"],
    ["a number", "1"],
    ["another version", withParts({ lockVersion: 2 })],
    ["its version as a text", withParts({ lockVersion: "1" })],
    ["no version", withParts({ lockVersion: undefined })],
    ["everything below __proto__", `{"__proto__": ${JSON.stringify(lock)}}`],
    ["more than a mebibyte", `${formatLock(lock)}${" ".repeat(1024 * 1024)}`],
    ["brackets without an end", "[".repeat(1024 * 1024)],
    ["a generator that is no text", withParts({ generator: 1 })],
    ["a revision that is no text", withParts({ revision: ["x"] })],
    ["no registry", withParts({ registry: undefined })],
    ["a registry with a password", withParts({ registry: "https://user:secret@npm.example" })],
    ["a registry that is a command", withParts({ registry: "https://npm.example/$(id)" })],
    ["a registry that is a file", withParts({ registry: "file:///etc" })],
    ["no answers", withParts({ answers: undefined })],
    ["answers that are a list", withParts({ answers: [] })],
    ["answers that are empty", withParts({ answers: {} })],
    [
      "answers below __proto__",
      `{"answers": {"__proto__": ${JSON.stringify(lock.answers)}}, ${withParts({ answers: undefined }).slice(1)}`,
    ],
    ...Object.keys(lock.answers).flatMap((id) => [
      [`the answer ${id} as null`, withAnswers({ [id]: null })] as const,
      [`the answer ${id} as a number`, withAnswers({ [id]: 5 })] as const,
      [`the answer ${id} as an object`, withAnswers({ [id]: {} })] as const,
      [`the answer ${id} as a list of null`, withAnswers({ [id]: [null] })] as const,
      [`without the answer ${id}`, withAnswers({ [id]: undefined })] as const,
    ]),
    ["an image without a user", withAnswers({ base: { image: "a", libc: "musl" } })],
    ["an image that is a number", withAnswers({ base: { image: 5, libc: "musl", user: "0" } })],
    ["a provider that is a text", withAnswers({ providers: ["openai"] })],
    ["a provider without a format", withAnswers({ providers: [{ id: "openai" }] })],
    ["no release", withParts({ opencode: undefined })],
    ["a release of another major line", withParts({ opencode: { ...pinnedRelease, version: "2.0.0" } })],
    ["a release that is a command", withParts({ opencode: { ...pinnedRelease, version: "1.0.0;id" } })],
    ["a release without packages", withParts({ opencode: { ...pinnedRelease, packages: {} } })],
    ["a release with a list of packages", withParts({ opencode: { ...pinnedRelease, packages: [] } })],
    [
      "a package of somebody else's",
      withParts({ opencode: { version: "1.0.0", packages: { evil: Object.values(pinnedRelease.packages)[0] } } }),
    ],
    ["a package that is null", withParts({ opencode: { version: "1.0.0", packages: { "opencode-linux-arm64": null } } })],
    [
      "a package of another platform",
      withParts({
        opencode: {
          version: "1.0.0",
          packages: { "opencode-linux-arm64": pinnedRelease.packages["opencode-linux-x64-baseline"] },
        },
      }),
    ],
    [
      "a weaker checksum",
      withParts({
        opencode: {
          version: "1.0.0",
          packages: { "opencode-linux-arm64": { arch: "arm64", libc: "glibc", integrity: "sha1-AAAA" } },
        },
      }),
    ],
    ["no files", withParts({ files: undefined })],
    ["files that are a list", withParts({ files: [] })],
    ["files that are null", withParts({ files: null })],
    [
      "more than 200 files",
      withParts({ files: Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`file${index}`, entry])) }),
    ],
    ["a file that is null", withFile("x", null)],
    ["a file that is a text", withFile("x", "own")],
    ["a file of another strategy", withFile("x", { ...entry, strategy: "delete" })],
    ["a file without a hash", withFile("x", { strategy: "own" })],
    ["a file with a short hash", withFile("x", { ...entry, hash: "sha256-00" })],
    ["a file with a hash of capitals", withFile("x", { ...entry, hash: entry.hash.toUpperCase() })],
    ["an ancestor that is a text", withFile("x", { ...entry, ancestor: "a" })],
    ["an ancestor with a number", withFile("x", { ...entry, ancestor: ["a", 1] })],
    ["an ancestor that is null", withFile("x", { ...entry, ancestor: null })],
    ["a path out of the root", withFile("../outside")],
    ["a path out and in", withFile("a/../../b")],
    ["a path with a point", withFile("./a")],
    ["a path from the root", withFile("/etc/passwd")],
    ["a path with an empty part", withFile("a//b")],
    ["a path that is a folder", withFile("a/")],
    ["an empty path", withFile("")],
    ["a path with backslashes", withFile("..\\outside")],
    ["a path with a drive", withFile("C:/outside")],
    ["a path with a stream", withFile("a:b")],
    ["a path with NUL", withFile("a\0b")],
    ["a path into git's folder", withFile(".git/hooks/pre-commit")],
    ["a path into git's folder in capitals", withFile(".GIT/config")],
    ["a path into a submodule's folder", withFile("sub/.git/config")],
    ["a path of 500 characters", withFile("a".repeat(500))],
    ["the path __proto__", withFile("__proto__")],
    ["a path below __proto__", withFile("__proto__/x")],
  ];

  test.each(texts)("%s", (_what, text) => {
    expect(parseLock(text)).toBeNull();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test("a hundred thousand files do not take long", () => {
    const many = withParts({ files: Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`f${index}`, 1])) });
    const started = performance.now();
    expect(parseLock(many)).toBeNull();
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

test.each([".devcontainer/Dockerfile", ".gitattributes", "a b/ü", "git/x", ".github/workflows/ci.yml", "...", "constructor"])(
  "%s is inside",
  (path) => {
    expect(isInside(path)).toBe(true);
  },
);

test.each([
  ["", true],
  ["https://npm.example", true],
  ["http://localhost:4873", true],
  ["http://[::1]:4873/npm/", true],
  ["https://npm.example/a/b_c~d%20", true],
  ["npm.example", false],
  ["ftp://npm.example", false],
  ["https://u@npm.example", false],
  ["https://npm.example?x", false],
  ["https://npm.example/#x", false],
  ["https://npm.example/a b", false],
  ["https://npm.example/\n", false],
  [`https://npm.example/${"a".repeat(300)}`, false],
])("the registry %j: %s", (address, taken) => {
  expect(isRegistry(address)).toBe(taken);
});
