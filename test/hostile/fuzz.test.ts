/**
 * Files and flags that nobody would write, some thousand of them in a run. What failed is run again with what the failure says:
 *
 *   FUZZ_SEED=<seed> FUZZ_PATH=<path> npm run test:hostile -- test/hostile/fuzz.test.ts -t "<name of the test>"
 *
 * FUZZ_RUNS=<factor> makes that many times as many cases.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import fc, { fuzzRuns } from "../support/random-cases.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { lockPath } from "../../src/lock/lock.ts";
import { questions } from "../../src/questions/table.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import { specPath } from "../../src/spec/spec.ts";
import { caseNames, readCase } from "../golden/store.ts";
import { environment, textFor } from "../property/arbitraries.ts";
import { deformed, mutated } from "./mutations.ts";
import { startWatchdog } from "./watchdog.ts";
import { makeWorld, type Given, type World } from "./world.ts";

const path = process.env["FUZZ_PATH"];

// Time is the watchdog's: a machine that does much else may take long for all of them.
vi.setConfig({ testTimeout: 1_200_000 });

let world: World;
const watchdog = startWatchdog();
beforeAll(() => {
  world = makeWorld();
});
afterAll(() => {
  world.dispose();
  watchdog.stop();
});

/** Runs a property on so many cases; a watchdog ends the process where one of them does not end. */
async function hold<Case>(cases: fc.Arbitrary<Case>, count: number, property: (given: Case) => Promise<void>): Promise<void> {
  let done = 0;
  let failedAt: number | undefined;
  await fc.assert(
    fc.asyncProperty(cases, async (given) => {
      done++;
      watchdog.look(given);
      // A smaller case is looked for, but not for ever.
      if (failedAt !== undefined && performance.now() - failedAt > 30_000) return;
      try {
        await property(given);
      } catch (error) {
        failedAt ??= performance.now();
        throw new Error(`${error instanceof Error ? error.message : String(error)}\nThe case: ${show(given)}`, { cause: error });
      }
    }),
    { numRuns: Math.ceil(count * fuzzRuns), ...(path !== undefined && { path }) },
  );
  if (path === undefined) expect(done).toBeGreaterThanOrEqual(count * fuzzRuns);
}

/** A case to read: bytes as the text that they nearly are. */
function show(given: unknown): string {
  const readable = (value: unknown): unknown => {
    if (Buffer.isBuffer(value)) return value.toString("utf8");
    if (Array.isArray(value)) return value.map(readable);
    return value;
  };
  return inspect(readable(given), { depth: 6, maxStringLength: 6000, breakLength: 140 });
}

/** How many of the cases of a test were taken, and how many were refused: each has to be a fair share, or the test shows little. */
class Shares {
  taken = 0;
  refused = 0;
  count(exit: number): void {
    if (exit === 0) this.taken++;
    else this.refused++;
  }
  expectBoth(): void {
    if (path !== undefined) return;
    const least = 0.05 * (this.taken + this.refused);
    expect(Math.min(this.taken, this.refused), `${this.taken} taken, ${this.refused} refused`).toBeGreaterThan(least);
  }
}

/** Adds an environment, looks, and takes it out again: what is refused changes nothing, a second run neither, and no byte is other in the end. */
async function thereAndBack(files: Given, flags: readonly string[], shares: Shares): Promise<void> {
  world.reset(files);
  const before = { ...world.tree() };
  const added = await world.run("--yes", ...flags);
  shares.count(added.exit);
  if (added.exit !== 0) {
    expect(world.tree()).toEqual(before);
    return;
  }
  const after = world.tree(true);
  expect(await world.run("--yes", ...flags)).toMatchObject({ exit: 0 });
  expect(world.tree(true)).toEqual(after);
  const seeded = world.tree()[lockPath]!.includes(`"${specPath}": {`);
  const removed = await world.run("remove", "--yes");
  // Somebody who has given the Feature an option before is asked what becomes of it.
  if (removed.exit === 3) {
    expect(Object.values(before).join("")).toContain("aperture-env");
    return expect(world.tree(true)).toEqual(after);
  }
  expect(removed).toMatchObject({ exit: 0 });
  // A spec that says to the byte what would be written is not told from one that was.
  if (seeded) delete before[specPath];
  const left = { ...world.tree() };
  // A Feature of that name is ours, as after a lock was lost; what the user's file said of it goes with it.
  for (const [file, text] of Object.entries(before)) {
    if (!/"[./]*(?:devcontainer\/)?aperture-env"/.test(text)) continue;
    delete before[file];
    delete left[file];
  }
  expect(left).toEqual(before);
}

const befores = caseNames.map((name) => readCase(name).before);
const textsAt = (trees: readonly ReturnType<typeof readCase>["before"][], pattern: RegExp): string[] =>
  trees.flatMap((tree) =>
    Object.entries(tree).flatMap(([file, { bytes }]) =>
      pattern.test(file) ? [Buffer.from(bytes, "latin1").toString("utf8")] : [],
    ),
  );

describe("a spec", () => {
  const written = textsAt(
    caseNames.map((name) => readCase(name).after),
    /^aperture-env\.yaml$/,
  );
  /** A spec as the program itself writes down any answers that it takes. */
  const answered = environment
    .map((given) => ({ ...given, answers: { ...given.answers, opencode: pinnedRelease.version, devcontainers: ["all"] } }))
    .map((given) => Buffer.from(renderEnvironment({ ...given, shape: { kind: "own" } }).spec));

  test("changed anyhow", async () => {
    const shares = new Shares();
    await hold(mutated(written, "yaml"), 350, (spec) => thereAndBack({ [specPath]: spec }, [], shares));
    shares.expectBoth();
  });

  test("with any answers", async () => {
    const shares = new Shares();
    await hold(answered, 150, (spec) => thereAndBack({ [specPath]: spec }, [], shares));
    if (path === undefined) expect(shares.taken).toBeGreaterThan(shares.refused);
  });
});

describe("flags", () => {
  const folders = [
    ".",
    "sub",
    "a b",
    "ünï",
    "a/b/c",
    "README.md",
    "README.md/x",
    "./update",
    "-",
    "con",
    "~",
    "\u001b[31m",
    "x".repeat(300),
  ];
  const own = fc.constantFrom(
    ["--yes"],
    ["--json"],
    ["--dry-run"],
    ["--diff"],
    ["--no-input"],
    ["--outdated=x"],
    ["--on-conflict", "replace"],
    ["--on-conflict=x"],
    ["--on-bypass", "fix"],
    ["--summary", "markdown"],
    ["--unignore"],
    ["--managed"],
    ["--managed=false"],
    ["--"],
    ["-y"],
    ["-x"],
    ["--__proto__"],
    ["--constructor=1"],
    ["--yes=1"],
    ["--help"],
    ["--version"],
  );
  const answer = fc.constantFrom(...questions).chain(({ id, flag, kind }) =>
    textFor[id]
      // Another version is asked of the registry.
      .map((text) => (id === "opencode" ? text.replace(/^(?!1\.18\.18$).*$/s, "1.18") : text))
      .chain((text) =>
        fc.constantFrom([`--${flag}=${text}`], [`--${flag}`, text], ...(kind === "switch" ? [[`--${flag}`]] : [])),
      ),
  );
  const folder = fc.constantFrom(...folders).chain((name) => fc.constantFrom([name], ["--cwd", name]));
  const line = fc
    .tuple(
      fc.constantFrom([], [], [], ["create"], ["update"], ["check"], ["remove"], ["help"], ["build"]),
      fc.array(fc.oneof({ weight: 4, arbitrary: answer }, { weight: 4, arbitrary: own }, { weight: 1, arbitrary: folder }), {
        maxLength: 5,
      }),
      fc.constantFrom([], ["--yes"], ["--yes"]),
    )
    .map(([verb, middle, last]) => [...verb, ...middle.flat(), ...last]);
  const theirs: readonly Given[] = [
    { "README.md": "# Sample\n" },
    { "README.md": "# Sample\n", ".devcontainer/devcontainer.json": '{\n  "image": "debian", // ours\n}\n' },
  ];

  test("in any order, with any words", async () => {
    const shares = new Shares();
    await hold(fc.tuple(fc.constantFrom(...theirs), line), 600, async ([files, argv]) => {
      world.reset(files);
      const before = world.tree();
      const ran = await world.run(...argv);
      shares.count(ran.exit);
      // Behind "--" are names alone.
      const words = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
      if (words.includes("--json") && ran.stdout !== "" && !/^usage|^Usage/m.test(ran.stdout)) readJson(words, ran.stdout);
      if (ran.exit !== 0 || words.includes("--dry-run") || argv[0] === "check") expect(world.tree()).toEqual(before);
      if (ran.exit !== 0 || argv[0] === "remove") return;
      const after = world.tree(true);
      await world.run(...argv);
      expect(world.tree(true)).toEqual(after);
    });
    shares.expectBoth();
  });

  function readJson(argv: readonly string[], stdout: string): void {
    if (["--help", "--version", "-h", "-V"].some((word) => argv.includes(word)) || argv[0] === "help") return;
    JSON.parse(stdout);
  }
});

describe("a dev container of the user's", () => {
  const written = [
    ...textsAt(befores, /devcontainer\.json$/),
    "{}",
    '{"image":"debian"}',
    '{ "image": "debian", "features": { "ghcr.io/devcontainers/features/node:1": {} } }\r\n',
    '{\n  "build":\n  {\n    "dockerfile": "Dockerfile" // x\n  },\n  "runArgs": ["--init",],\n}\n',
  ];
  const places = fc.constantFrom(".devcontainer/devcontainer.json", ".devcontainer.json", ".devcontainer/a b/devcontainer.json");
  const asked = fc.constantFrom<string[]>(
    [],
    [],
    ["--container-env", "TZ=UTC", "--forward-ports", "3000,db:5432"],
    ["--hooks", "postCreateCommand=true"],
  );

  test("changed anyhow", async () => {
    const shares = new Shares();
    await hold(fc.tuple(places, mutated(written, "json"), asked), 500, ([place, text, flags]) =>
      thereAndBack({ [place]: text, ".devcontainer/Dockerfile": "FROM debian\n" }, flags, shares),
    );
    shares.expectBoth();
  });
});

describe("an opencode.json", () => {
  const examples = join(import.meta.dirname, "..", "property", "opencode-files");
  const written = readdirSync(examples)
    .filter((name) => /\.jsonc?$/.test(name))
    .map((name) => readFileSync(join(examples, name), "utf8"));
  const places = fc.constantFrom("opencode.json", "opencode.jsonc", ".opencode/opencode.json", ".opencode/opencode.jsonc");

  test("changed anyhow: left alone", async () => {
    const flags = fc.constantFrom<string[]>(["--on-bypass", "leave"], ["--on-bypass", "managed"], []);
    await hold(fc.tuple(places, mutated(written, "json"), flags), 250, ([place, text, given]) =>
      thereAndBack({ [place]: text }, given, new Shares()),
    );
  });

  test("changed anyhow: what bypasses the gateway is taken out once, and nothing is written where that cannot be", async () => {
    await hold(fc.tuple(places, mutated(written, "json")), 200, async ([place, text]) => {
      world.reset({ [place]: text });
      const before = world.tree();
      const ran = await world.run("--yes", "--on-bypass", "fix");
      if (ran.exit !== 0) return expect(world.tree()).toEqual(before);
      const after = world.tree(true);
      await world.run("--yes", "--on-bypass", "fix");
      expect(world.tree(true)).toEqual(after);
    });
  });
});

describe("a lock", () => {
  const theirs: Given = {
    "README.md": "# Sample\n",
    ".envrc": "export A=b\n",
    "package.json": "{}\n",
    "src/main.ts": "export {};\n",
    ".github/workflows/ci.yml": "on: push\n",
    ".devcontainer/notes.md": "ours\n",
    ".git/config": "[core]\n",
  };
  const trees = ["empty-folder", "feature-tabs-crlf", "feature-several", "own-asks-more"].map((name): Given => {
    const { after } = readCase(name);
    return Object.fromEntries(Object.entries(after).map(([file, { bytes }]) => [file, Buffer.from(bytes, "latin1")]));
  });
  /** Entries that a lock must not have, or must not mean. */
  const planted = fc.tuple(
    fc.constantFrom(
      ...Object.keys(theirs),
      "../secret.txt",
      "../neighbour/package.json",
      ".devcontainer/../README.md",
      "/etc/passwd",
      ".GIT/config",
      ".devcontainer/aperture-env/../notes.md",
      ".gitignore",
      "__proto__",
    ),
    fc.record(
      {
        strategy: fc.constantFrom("own", "keys", "lines", "block", "seed"),
        hash: fc.constantFrom(
          `sha256-${"0".repeat(64)}`,
          "sha256-6d139e40d72917fdca997dc6637bee624f1def108c075ae4064d3c646f9dfb09",
        ),
        created: fc.constant(true),
        lines: fc.constant(["export A=b", "# Sample"]),
        values: fc.constant([{ path: ["features"], value: {}, item: false, made: 0 }]),
        undo: fc.record({ at: fc.nat(), length: fc.nat(), text: fc.constant("mine") }),
      },
      { requiredKeys: ["strategy", "hash"] },
    ),
  );
  /** Changes of an entry that leave it one that this program could have written. */
  const plausible = fc.oneof(
    fc.constant(null),
    fc.record(
      {
        hash: fc.constantFrom(`sha256-${"0".repeat(64)}`, `sha256-${"f".repeat(64)}`),
        kept: fc.constant(`sha256-${"1".repeat(64)}`),
        deleted: fc.constant(true),
        created: fc.constant(true),
        ancestor: fc.constantFrom([], ["{", "}", ""], ["FROM debian", ""]),
        undo: fc.record({
          at: fc.nat({ max: 500 }),
          length: fc.nat({ max: 500 }),
          text: fc.constantFrom("", "mine", "\u001b[2J"),
        }),
      },
      { requiredKeys: [] },
    ),
  );
  const lockOf = (tree: Given): string => String(tree[lockPath]);
  const cases = fc.constantFrom(...trees).chain((tree) =>
    fc.tuple(
      fc.constant(tree),
      fc.oneof(
        mutated([lockOf(tree)], "json"),
        deformed(JSON.parse(lockOf(tree))).map((lock) => Buffer.from(JSON.stringify(lock, null, 2))),
        fc.array(fc.tuple(fc.nat(), plausible), { minLength: 1, maxLength: 4 }).map((changes) => {
          const lock = JSON.parse(lockOf(tree)) as { files: Record<string, object> };
          for (const [at, change] of changes) {
            const file = Object.keys(lock.files)[at % Object.keys(lock.files).length]!;
            if (change === null) delete lock.files[file];
            else Object.assign(lock.files[file]!, change);
          }
          return Buffer.from(`${JSON.stringify(lock, null, 2)}\n`);
        }),
        fc.array(planted, { minLength: 1, maxLength: 3 }).map((entries) => {
          const lock = JSON.parse(lockOf(tree)) as { files: Record<string, object> };
          return Buffer.from(JSON.stringify({ ...lock, files: { ...lock.files, ...Object.fromEntries(entries) } }));
        }),
      ),
      fc.constantFrom(
        ["update"],
        ["check"],
        ["--yes"],
        ["remove", "--yes"],
        ["update", "--on-conflict", "replace"],
        ["remove", "--yes", "--on-conflict", "replace"],
      ),
    ),
  );

  test("changed anyhow: no file is touched that is not the environment's", async () => {
    const shares = new Shares();
    await hold(cases, 450, async ([tree, lock, argv]) => {
      world.reset({ ...tree, ...theirs, [lockPath]: lock });
      const before = world.tree();
      const ran = await world.run(...argv);
      shares.count(ran.exit);
      const after = world.tree();
      for (const file of Object.keys(theirs)) expect(after[file], file).toBe(before[file]);
      expect(readFileSync(join(world.root, ".git/config"), "utf8")).toBe(theirs[".git/config"]);
      // What is left for a person to resolve is told beside what was written.
      const refused = ran.exit !== 0 && !ran.stdout.includes("Left for you to resolve:");
      if (refused || argv[0] === "check") expect(after).toEqual(before);
    });
    shares.expectBoth();
  });
});
