/** The lock as hostile input: what this program did not write is damaged, and never an error. And locks of other versions, older and newer. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { isInside } from "../../src/lock/inside.ts";
import { formatLock, hashText, normalise, parseLock, readLockText, type Lock } from "../../src/lock/lock.ts";
import { isRegistry } from "../../src/lock/registry.ts";
import { questions } from "../../src/questions/table.ts";
import { plainAnswers } from "../support/answers.ts";
import { processorTime } from "../support/processor-time.ts";

const lock: Lock = {
  lockVersion: 3,
  generator: "0.0.0",
  revision: "0123456789ab",
  answers: {
    ...plainAnswers,
    name: "x",
    providers: [{ id: "openai", api: "responses" }],
    model: "openai/gpt-6.1-sol",
    smallModel: "openai/gpt-6-luna",
    devcontainers: [".devcontainer/devcontainer.json"],
    containerEnv: { TZ: "UTC" },
    forwardPorts: [3000, "db:5432"],
    hooks: { postCreateCommand: "npm ci" },
  },
  opencode: pinnedRelease,
  registry: "",
  files: {
    ".devcontainer/Dockerfile": { strategy: "own", hash: hashText("a"), ancestor: ["a"], kept: hashText("c") },
    ".devcontainer/devcontainer.json": {
      strategy: "keys",
      hash: hashText("b"),
      values: [
        { path: ["features", "./aperture-env", "revision"], value: "0123456789ab", item: false, made: 1 },
        { path: ["containerEnv", "TZ"], value: "UTC", item: false, made: 0 },
        { path: ["forwardPorts"], value: 3000, item: true, made: 0 },
      ],
      undo: { at: 3, length: 4, text: "" },
    },
    ".devcontainer/aperture-env/.gitattributes": { strategy: "lines", hash: hashText("d"), lines: ["a", ""], created: true },
    ".devcontainer/aperture-env/auth.json": { strategy: "own", hash: hashText("e"), deleted: true },
    ".gitignore": { strategy: "block", hash: hashText("f"), lines: ["!/.devcontainer/"] },
    "aperture-env.yaml": { strategy: "seed", hash: hashText("g") },
  },
};
const entry = { strategy: "own", hash: hashText("x") };
const ours = ".devcontainer/aperture-env";
const theirs = ".devcontainer.json";
const value = { path: ["features", "./.devcontainer/aperture-env", "revision"], value: "0123456789ab", item: false, made: 0 };

/** The lock with parts of it changed, as text. */
const withParts = (parts: Readonly<Record<string, unknown>>): string => JSON.stringify({ ...lock, ...parts });
const withAnswers = (answers: Readonly<Record<string, unknown>>): string =>
  withParts({ answers: { ...lock.answers, ...answers } });
const withFile = (path: string, file: unknown = entry): string =>
  withParts({ files: Object.fromEntries([...Object.entries(lock.files), [path, file]]) });

test("what was written is read again", () => {
  expect(readLockText(formatLock(lock))).toEqual({ kind: "lock", lock });
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

describe("answers that came in later", () => {
  const later = questions.flatMap(({ id, before }) => (before === undefined ? [] : [[id, before.until, before.value] as const]));

  test.each(later)("%s: a lock up to version %i may lack it, no later one may", (id, until, value) => {
    const { [id]: _lacking, ...answers } = lock.answers;
    const read = (version: number): unknown => parseLock(withParts({ lockVersion: version, answers }))?.answers[id] ?? null;
    for (const version of [1, 2, 3]) expect(read(version), `version ${version}`).toEqual(version <= until ? value : null);
  });

  test("are some, and one that is there stays", () => {
    expect(later.map(([id]) => id)).toEqual([
      "fqdn",
      "tailscale",
      "style",
      "online",
      "plugins",
      "otherProviders",
      "chunkTimeout",
      "strict",
      "attribution",
      "codeowners",
      "doctor",
      "state",
      "devcontainers",
      "containerEnv",
      "forwardPorts",
      "hooks",
    ]);
    expect(parseLock(withParts({ lockVersion: 1 }))!.answers).toEqual(lock.answers);
  });
});

describe("the form of an answer", () => {
  const junk: readonly unknown[] = [
    null,
    5,
    -1.5,
    true,
    "",
    "x",
    "__proto__",
    [],
    [null],
    [[]],
    ["x"],
    [5],
    [{}],
    {},
    { x: {} },
    { x: null },
    { x: "y" },
    { kind: "x" },
    { kind: 5 },
    { image: "a", libc: "b", user: "c" },
    { image: "a" },
    [{ id: "a", api: "b" }],
    [{ id: "a" }],
    [{ id: "constructor", api: "toString" }],
    [{ id: "a", api: "b", models: [{ id: "m", limit: { context: 1, output: 2 } }] }],
    [{ id: "a", api: "b", models: [{ id: 1 }] }],
    [{ id: "a", api: "b", models: {} }],
    [{ id: "a", api: "b", name: null }],
  ];

  test.each(questions.map((question) => [question.id, question] as const))(
    "%s: what has it can be written and read, whatever it says",
    (id, question) => {
      expect(question.holds(lock.answers[id])).toBe(true);
      const held = junk.filter((one) => question.holds(one));
      expect(held.length).toBeLessThan(junk.length);
      for (const one of held)
        for (const earlier of [{}, lock.answers])
          expect(typeof question.read(question.write(one as never), earlier).ok, JSON.stringify(one)).toBe("boolean");
      if (question.before !== undefined) expect(question.holds(question.before.value)).toBe(true);
    },
  );
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
    ["a version before the first", withParts({ lockVersion: 0 })],
    ["its version as a text", withParts({ lockVersion: "3" })],
    ["its version as half a number", withParts({ lockVersion: 2.5 })],
    ["a newer version that does not say by whom", withParts({ lockVersion: 4, generator: undefined })],
    ["a newer version by nobody", withParts({ lockVersion: 4, generator: "me; rm -rf ." })],
    ["no version", withParts({ lockVersion: undefined })],
    ["everything below __proto__", `{"__proto__": ${JSON.stringify(lock)}}`],
    ["more than four mebibytes", `${formatLock(lock)}${" ".repeat(4 * 1024 * 1024)}`],
    ["brackets without an end", "[".repeat(4 * 1024 * 1024)],
    ["a generator that is no text", withParts({ generator: 1 })],
    ["a generator that is no version", withParts({ generator: "1.0" })],
    ["a generator that is a command", withParts({ generator: "1.0.0-$(id)" })],
    ["a revision that is none", withParts({ revision: "0123456789aB" })],
    ["a revision that is too short", withParts({ revision: "0" })],
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
      ...(/^(?:fqdn|tailscale)$/.test(id) ? [] : [[`the answer ${id} as null`, withAnswers({ [id]: null })] as const]),
      [`the answer ${id} as a number`, withAnswers({ [id]: 5 })] as const,
      [
        `the answer ${id} as an object`,
        withAnswers({ [id]: /^(?:containerEnv|hooks|tailscale)$/.test(id) ? { x: {} } : {} }),
      ] as const,
      [`the answer ${id} as a list of null`, withAnswers({ [id]: [null] })] as const,
      // One that came in later may be missing.
      ...(questions.find((question) => question.id === id)?.before?.until === lock.lockVersion
        ? []
        : [[`without the answer ${id}`, withAnswers({ [id]: undefined })] as const]),
    ]),
    ["an image without a user", withAnswers({ base: { image: "a", libc: "musl" } })],
    ["an image that is a number", withAnswers({ base: { image: 5, libc: "musl", user: "0" } })],
    ["a provider that is a text", withAnswers({ providers: ["openai"] })],
    ["a provider without a format", withAnswers({ providers: [{ id: "openai" }] })],
    ["a provider whose name is a number", withAnswers({ providers: [{ id: "house", api: "chat", name: 5 }] })],
    ["a provider whose models are a map", withAnswers({ providers: [{ id: "house", api: "chat", models: {} }] })],
    ["a provider whose models are texts", withAnswers({ providers: [{ id: "house", api: "chat", models: ["a"] }] })],
    [
      "a model that perhaps takes images",
      withAnswers({ providers: [{ id: "h", api: "chat", models: [{ id: "a", images: "perhaps" }] }] }),
    ],
    [
      "a model with half of its limits",
      withAnswers({ providers: [{ id: "h", api: "chat", models: [{ id: "a", limit: { context: 1 } }] }] }),
    ],
    ["a dev container that is a number", withAnswers({ devcontainers: [1] })],
    ["a variable that is a number", withAnswers({ containerEnv: { A: 1 } })],
    ["a port that is an object", withAnswers({ forwardPorts: [{}] })],
    ["a hook that is a list", withAnswers({ hooks: { postCreateCommand: ["a"] } })],
    ["no release", withParts({ opencode: undefined })],
    ["a release of another major version", withParts({ opencode: { ...pinnedRelease, version: "2.0.0" } })],
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
      "more than 2000 files",
      withParts({ files: Object.fromEntries(Array.from({ length: 2001 }, (_, index) => [`${ours}/file${index}`, entry])) }),
    ],
    ["a file that is null", withFile(`${ours}/x`, null)],
    ["a file that is a text", withFile(`${ours}/x`, "own")],
    ["a file of another strategy", withFile(`${ours}/x`, { ...entry, strategy: "delete" })],
    ["a file without a hash", withFile(`${ours}/x`, { strategy: "own" })],
    ["a file with a short hash", withFile(`${ours}/x`, { ...entry, hash: "sha256-00" })],
    ["a file with a hash of capitals", withFile(`${ours}/x`, { ...entry, hash: entry.hash.toUpperCase() })],
    ["an ancestor that is a text", withFile(`${ours}/x`, { ...entry, ancestor: "a" })],
    ["an ancestor with a number", withFile(`${ours}/x`, { ...entry, ancestor: ["a", 1] })],
    ["an ancestor that is null", withFile(`${ours}/x`, { ...entry, ancestor: null })],
    ["a kept hash that is none", withFile(`${ours}/x`, { ...entry, kept: "x" })],
    ["a file that was not deleted, said so", withFile(`${ours}/x`, { ...entry, deleted: false })],
    ["a file that was created as a text", withFile(`${ours}/x`, { ...entry, created: "yes" })],
    ["lines that are a text", withFile(`${ours}/x`, { ...entry, strategy: "lines", lines: "a" })],
    ["lines with null", withFile(`${ours}/x`, { ...entry, strategy: "lines", lines: [null] })],
    ...(
      [
        ["that are no list", { 0: value }],
        ["that are more than 500", Array.from({ length: 501 }, () => value)],
        ["one of them null", [null]],
        ["one without a place", [{ ...value, path: undefined }]],
        ["one at no key", [{ ...value, path: [] }]],
        ["one at a text", [{ ...value, path: "features" }]],
        ["one at a number", [{ ...value, path: ["features", 1] }]],
        ["one too deep", [{ ...value, path: Array.from({ length: 21 }, () => "features") }]],
        ["one that says nothing", [{ path: value.path, item: false, made: 0 }]],
        ["one that may be an element", [{ ...value, item: "no" }]],
        ["one that made half a key", [{ ...value, made: 0.5 }]],
        ["one that made less than nothing", [{ ...value, made: -1 }]],
        ["one that made more than can be counted", [{ ...value, made: 2 ** 60 }]],
      ] as const
    ).map(([what, values]) => [`values ${what}`, withFile(theirs, { ...entry, strategy: "keys", values })] as const),
    ["a list that perhaps was a text", withFile(theirs, { ...entry, strategy: "keys", values: [{ ...value, fromText: false }] })],
    ...[
      null,
      {},
      [null],
      ["model"],
      [{}],
      [{ path: [] }],
      [{ path: [1] }],
      Array.from({ length: 501 }, () => ({ path: ["a"] })),
    ].map(
      (taken, index) =>
        [`what was taken out, wrong in way ${index}`, withFile("opencode.json", { ...entry, strategy: "taken", taken })] as const,
    ),
    ["a connection without a kind", withAnswers({ connection: { name: "x" } })],
    ["a connection with an option that is a number", withAnswers({ connection: { kind: "network", port: 5 } })],
    ...[null, [], {}, { at: -1, length: 0, text: "" }, { at: 0, length: "1", text: "" }, { at: 0, length: 1, text: null }].map(
      (undo) => [`the way back ${JSON.stringify(undo)}`, withFile(theirs, { ...entry, strategy: "keys", undo })] as const,
    ),
    // Below the folder where everything may be ours, so that nothing but the path speaks against them.
    ["a path out of the root", withFile(`${ours}/../../../outside`)],
    ["a path out and in", withFile(`${ours}/../../.devcontainer/aperture-env/b`)],
    ["a path with a point", withFile(`${ours}/./a`)],
    ["a path from the root", withFile("/etc/passwd")],
    ["a path with an empty part", withFile(`${ours}//b`)],
    ["a path that is a folder", withFile(`${ours}/`)],
    ["an empty path", withFile("")],
    ["a path with backslashes", withFile(`${ours}/..\\..\\..\\outside`)],
    ["a path with a drive", withFile("C:/outside")],
    ["a path with a stream", withFile(`${ours}/a:b`)],
    ["a path with NUL", withFile(`${ours}/a\0b`)],
    ["a path into git's folder", withFile(`${ours}/.git/hooks/pre-commit`)],
    ["a path into git's folder in capitals", withFile(`${ours}/.GIT/config`)],
    ["a path of 500 characters", withFile(`${ours}/${"a".repeat(500)}`)],
    ["the path __proto__", withFile("__proto__")],
    ["a path below __proto__", withFile(`${ours}/__proto__/x`)],
  ];

  test.each(texts)("%s", (_what, text) => {
    expect(parseLock(text)).toBeNull();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test("a hundred thousand files do not take long", () => {
    const many = withParts({ files: Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`f${index}`, 1])) });
    const started = processorTime();
    expect(parseLock(many)).toBeNull();
    expect(processorTime() - started).toBeLessThan(1000);
  });
});

describe("a claim that this program never makes", () => {
  const own = { strategy: "own", hash: hashText("x") };
  const lines = { strategy: "lines", hash: hashText("x"), lines: ["a"] };
  const block = { strategy: "block", hash: hashText("x"), lines: ["a"] };
  const seed = { strategy: "seed", hash: hashText("x") };
  const keys = (...paths: readonly string[][]): object => ({
    strategy: "keys",
    hash: hashText("x"),
    values: paths.map((path) => ({ path, value: "1", item: false, made: 0 })),
  });
  const taken = (path: string[]): object => ({ strategy: "taken", hash: hashText("x"), taken: [{ path, value: "1" }, { path }] });
  const claims: readonly (readonly [what: string, path: string, file: object, mayBe: boolean])[] = [
    ["the Feature folder", `${ours}/x/y`, own, true],
    ["the Dockerfile", ".devcontainer/Dockerfile", own, true],
    ["the dev container", ".devcontainer/devcontainer.json", own, true],
    ["the README as ours", "README.md", own, false],
    ["a source as ours", "src/index.ts", own, false],
    ["the lock itself", "aperture-env.lock", own, false],
    ["the spec as a whole", "aperture-env.yaml", own, false],
    ["a dev container of another name as ours", ".devcontainer/a/devcontainer.json", own, false],
    ["a folder that begins as ours", `${ours}-mine/x`, own, false],
    ["the Feature folder in other capitals", ".devcontainer/Aperture-Env/x", own, false],
    ["another Dockerfile", "Dockerfile", own, false],
    ["lines in the Feature folder", `${ours}/.gitattributes`, lines, true],
    ["lines in the root's .gitattributes", ".gitattributes", lines, false],
    ["lines in .gitignore, which has a block", ".gitignore", lines, false],
    ["a block in .gitignore", ".gitignore", block, true],
    ["a block in another .gitignore", "src/.gitignore", block, false],
    ["a block in the Dockerfile", ".devcontainer/Dockerfile", block, false],
    ["the spec, written once", "aperture-env.yaml", seed, true],
    ["something else, written once", "README.md", seed, false],
    ["keys in a dev container", ".devcontainer.json", keys(["features", "x", "revision"], ["containerEnv", "A"]), true],
    ["keys in a dev container with a name", ".devcontainer/a b/devcontainer.json", keys(["forwardPorts"]), true],
    ["keys in package.json", "package.json", keys(["features", "x"]), false],
    ["keys in opencode.json", "opencode.json", keys(["containerEnv", "A"]), false],
    ["keys taken out of opencode.json", "opencode.json", taken(["provider", "x"]), true],
    ["keys taken out of .opencode/opencode.jsonc", ".opencode/opencode.jsonc", taken(["model"]), true],
    ["keys taken out of another folder's opencode.json", "src/opencode.json", taken(["model"]), false],
    ["keys taken out of package.json", "package.json", taken(["scripts"]), false],
    ["keys taken out of a dev container", ".devcontainer.json", taken(["features"]), false],
    ["keys in a dev container too deep", ".devcontainer/a/b/devcontainer.json", keys(["features", "x"]), false],
    ["the image of a dev container", ".devcontainer.json", keys(["image"]), false],
    ["a hook in a dev container", ".devcontainer.json", keys(["features", "x"], ["postCreateCommand"]), false],
    ["mounts of a dev container", ".devcontainer.json", keys(["mounts"]), false],
    ["__proto__ of a dev container", ".devcontainer.json", keys(["__proto__", "x"]), false],
  ];

  test.each(claims)("%s", (_what, path, file, mayBe) => {
    const files = { ...lock.files, [path]: file } as Lock["files"];
    expect(readLockText(withParts({ files }))).toEqual(mayBe ? { kind: "lock", lock: { ...lock, files } } : { kind: "damaged" });
  });
});

describe("a lock of a newer form", () => {
  test.each([4, 5, 1000])("%i says by whom, and nothing else of it is read", (lockVersion) => {
    const expected = { kind: "newer", generator: "9.8.7-beta.1" };
    expect(readLockText(withParts({ lockVersion, generator: "9.8.7-beta.1" }))).toEqual(expected);
    expect(readLockText(JSON.stringify({ lockVersion, generator: "9.8.7-beta.1", files: { "/etc/passwd": 1 } }))).toEqual(
      expected,
    );
    expect(parseLock(withParts({ lockVersion }))).toBeNull();
  });
});

describe("a lock of today's form by a later version", () => {
  const later = (parts: object): string => withParts({ generator: "0.1.0", ...parts });

  test("is read where this version knows all of it", () => {
    expect(readLockText(later({}))).toEqual({ kind: "lock", lock: { ...lock, generator: "0.1.0" } });
  });

  test.each([
    ["a file of an output that this version does not know", { files: { ".github/workflows/x.yml": entry } }],
    ["another kind of piece", { files: { "x.yml": { ...entry, strategy: "later" } } }],
    ["answers that this version does not know", { answers: {} }],
  ])("with %s says by whom, and is not called damaged", (_what, parts) => {
    expect(readLockText(later(parts))).toEqual({ kind: "newer", generator: "0.1.0" });
    expect(readLockText(withParts(parts)), "and by this one it is").toEqual({ kind: "damaged" });
  });
});

test("a connection with options is read again", () => {
  const connection = { kind: "sidecar", hostname: "dev" };
  expect(parseLock(withAnswers({ connection }))!.answers.connection).toEqual(connection);
});

/** Locks of the second form: an environment of its own, a dev container of the user's, and three of them. */
describe("a lock of version 2", () => {
  test.each(["own", "feature-tabs-crlf", "feature-several"])("%s: is what it was, in today's form", (name) => {
    const text = normalise(readFileSync(join(import.meta.dirname, "locks-of-version-2", `${name}.lock`), "utf8"));
    const old = JSON.parse(text) as { readonly answers: object };
    expect(old).toMatchObject({ lockVersion: 2 });
    const read = readLockText(text);
    const answers = {
      ...old.answers,
      fqdn: null,
      tailscale: null,
      plugins: "allow",
      strict: false,
      otherProviders: [],
      chunkTimeout: false,
      state: "container",
      attribution: [],
      codeowners: [],
      doctor: "repository",
    };
    expect(read).toEqual({ kind: "lock", lock: { ...old, answers, lockVersion: 3 } });
    const today = text
      .replace('"lockVersion": 2', '"lockVersion": 3')
      .replace(
        /("base": )/,
        '"fqdn": null, "tailscale": null, "plugins": "allow", "otherProviders": [], "chunkTimeout": false, "strict": false, "state": "container", "attribution": [], "codeowners": [], "doctor": "repository",\n    $1',
      );
    expect(JSON.parse(formatLock((read as { lock: Lock }).lock))).toEqual(JSON.parse(today));
  });
});

/** Locks that version 0.1.0 wrote: this repository's own, and those of three dev containers of users'. */
describe("a lock of version 1", () => {
  const textOf = (name: string): string => readFileSync(join(import.meta.dirname, "locks-of-version-1", `${name}.lock`), "utf8");
  const attributes = ".devcontainer/aperture-env/.gitattributes";
  interface Old {
    readonly answers: Lock["answers"];
    readonly files: Lock["files"];
    readonly revision: string;
  }
  const locks = [
    ["own", null, ""],
    ["feature-tabs-crlf", ".devcontainer/devcontainer.json", "./aperture-env"],
    ["feature-root-file", ".devcontainer.json", "./.devcontainer/aperture-env"],
    ["feature-named-folder", ".devcontainer/backend/devcontainer.json", "../aperture-env"],
  ] as const;

  test.each(locks)("%s: is what it was, in today's form", (name, devcontainer, key) => {
    const text = normalise(textOf(name));
    const old = JSON.parse(text) as Old;
    expect(old).toMatchObject({ lockVersion: 1, files: { [attributes]: { strategy: "own" } } });
    const read = readLockText(text);
    if (read.kind !== "lock") throw new Error(`it is ${read.kind}`);
    const values = [{ path: ["features", key, "revision"], value: old.revision, item: false, made: 0 }];
    expect(read.lock).toEqual({
      ...old,
      lockVersion: 3,
      // Every dev container that was there, and nothing asked for: the one way in which it was.
      answers: {
        ...old.answers,
        fqdn: null,
        tailscale: null,
        style: "separate",
        online: [],
        plugins: "allow",
        strict: false,
        otherProviders: [],
        chunkTimeout: false,
        state: "container",
        attribution: [],
        codeowners: [],
        doctor: "repository",
        devcontainers: ["all"],
        containerEnv: {},
        forwardPorts: [],
        hooks: {},
      },
      files: {
        ...old.files,
        [attributes]: {
          strategy: "lines",
          hash: old.files[attributes]!.hash,
          created: true,
          lines: expect.any(Array) as unknown,
        },
        ...(devcontainer !== null && { [devcontainer]: { ...old.files[devcontainer], values } }),
      },
    });
    // The lines are those of the file that it wrote.
    const { hash, lines } = read.lock.files[attributes]!;
    expect(hashText(`${lines!.join("\n")}\n`)).toBe(hash);
    expect(readLockText(formatLock(read.lock)), "and from then on it is one of today's").toEqual(read);
  });

  const hostile: readonly (readonly [what: string, parts: (old: Old) => object])[] = [
    ["no files", () => ({ files: undefined })],
    ["files that are a list", () => ({ files: [1] })],
    ["a file that is null", ({ files }) => ({ files: { ...files, [attributes]: null } })],
    ["no answers", () => ({ answers: undefined })],
    ["an answer that is null", ({ answers }) => ({ answers: { ...answers, url: null } })],
    ["answers of today that are none", ({ answers }) => ({ answers: { ...answers, hooks: [] } })],
    ["a revision that is an object", () => ({ revision: {} })],
    ["a path out of the root", ({ files }) => ({ files: { ...files, "../x": entry } })],
    ["a claim to a file of the user's", ({ files }) => ({ files: { ...files, "README.md": entry } })],
    [
      "keys in a file that is no dev container",
      ({ files }) => ({ files: { ...files, "package.json": { ...entry, strategy: "keys" } } }),
    ],
    ["another generator than a version", () => ({ generator: "x" })],
  ];

  test.each(hostile)("with %s is damaged like any other", (_what, parts) => {
    const old = JSON.parse(textOf("feature-tabs-crlf")) as Old;
    expect(readLockText(JSON.stringify({ ...old, ...parts(old) }))).toEqual({ kind: "damaged" });
    expect(Object.keys(Object.prototype)).toEqual([]);
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
