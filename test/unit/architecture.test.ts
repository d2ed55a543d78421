/**
 * What may import what, read from the sources: one module per outside thing, and the rooms from values to values know none of them. And the
 * templates: every value comes into a file through a helper that escapes it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import Handlebars from "handlebars";
import { describe, expect, test } from "vitest";
import { providers } from "../../src/catalog/providers.ts";
import { doctorPath, featureFolder, specSchemaPath } from "../../src/catalog/files.ts";
import { nothing } from "../../src/parts/runtime.ts";
import { demandOf, filesOf } from "../../src/parts/compose.ts";
import type { Shape } from "../../src/vocabulary.ts";
import { plainAnswers } from "../support/answers.ts";
import { wantedFiles } from "../support/memory.ts";
import { calledLate } from "../../src/scripts/build.mjs";
import { helperNames, readTemplates } from "../../src/scripts/templates.mjs";

const root = join(import.meta.dirname, "..", "..");

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const sources: ReadonlyMap<string, string> = new Map(
  readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:ts|mjs)$/.test(name))
    .map((name) => [`src/${name.split(sep).join("/")}`, readFileSync(join(root, "src", name), "utf8")]),
);

/** The text without comments and without what stands in strings and templates, so that prose is never taken for code. */
function withoutProse(text: string): string {
  const pattern = /\/\*[^]*?\*\/|(?<![:\\/])\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;
  return text.replace(pattern, (found) => (/^["']/.test(found) ? '""' : " "));
}

/** All imports of a text: static, dynamic, re-exports and `require`. A path becomes that of the file. */
function importsOf(from: string, text: string): readonly Import[] {
  const static_ = /^\s*(import|export)\s+(type\s+)?((?:[\w*\s{},]|\$)*?\bfrom\s*)?["']([^"']+)["']/gm;
  const dynamic = /\b(?:import|require)\s*\(\s*["'`]([^"'`]+)["'`]/g;
  const found = [
    ...[...text.matchAll(static_)].map(([, , type, names = "", to]) => ({
      to: to!,
      typeOnly: type !== undefined || onlyTypes(names),
    })),
    ...[...text.matchAll(dynamic)].map(([whole, to]) => ({ to: to!, typeOnly: isTypeQuery(text, whole) })),
  ];
  return found.map(({ to, typeOnly }) => ({ from, to: to.startsWith(".") ? posix.join(posix.dirname(from), to) : to, typeOnly }));
}

/** `import { type A, type B } from` is erased as a whole only where nothing else is in it. */
function onlyTypes(names: string): boolean {
  const inner = /^\{([^]*)\}\s*from\s*$/.exec(names.trim())?.[1];
  const parts =
    inner
      ?.split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "") ?? [];
  return parts.length > 0 && parts.every((part) => part.startsWith("type "));
}

/** In JSDoc of the scripts, `import("x")` names a type. */
function isTypeQuery(text: string, whole: string): boolean {
  return (
    [...text.matchAll(/\/\*\*[^]*?\*\//g)].some(([comment]) => comment.includes(whole)) && !withoutProse(text).includes("import(")
  );
}

const imports = [...sources].flatMap(([from, text]) => importsOf(from, text));
const builtin = (to: string): string => to.replace(/^node:/, "");
const startsWithAny = (file: string, places: readonly string[]): boolean =>
  places.some((place) => (place.endsWith("/") ? file.startsWith(place) : file === place));

/** Who imports one of these, beyond those who may. */
function strays(modules: readonly string[], allowed: readonly string[]): string[] {
  return imports
    .filter(({ typeOnly, to }) => !typeOnly && modules.includes(builtin(to)))
    .filter(({ from }) => !startsWithAny(from, allowed))
    .map(({ from, to }) => `${from} imports ${to}`);
}

describe("one module per outside thing", () => {
  const rules: readonly (readonly [modules: readonly string[], allowed: readonly string[]])[] = [
    [
      ["fs", "fs/promises"],
      [
        "src/repo/",
        "src/scripts/",
        "src/doctor/probe/",
        "src/doctor/doctor.ts",
        "src/doctor/verdict.ts",
        "src/doctor/watchdog.ts",
        ...["daemon", "given-daemon", "lock", "main", "mounts", "node", "notes", "places", "process", "start"].map(
          (name) => `src/connect/${name}.ts`,
        ),
      ],
    ],
    [
      ["child_process", "worker_threads", "cluster"],
      ["src/scripts/", "src/repo/git.ts", "src/doctor/probe/run.ts", "src/doctor/watchdog.ts", "src/connect/start.ts"],
    ],
    [
      ["@clack/prompts", "@clack/core", "readline", "readline/promises"],
      ["src/questions/screen.ts", "src/questions/search.ts"],
    ],
    [["execa"], ["src/repo/spawn.ts", "src/scripts/"]],
    [["signal-exit"], ["src/repo/git.ts", "src/repo/spawn.ts"]],
    [
      ["http", "http2", "https", "net", "tls", "dgram", "dns", "dns/promises"],
      [
        "src/gateway/mock/",
        "src/gateway/http/client.ts",
        "src/doctor/probe/network.ts",
        "src/connect/daemon.ts",
        "src/connect/probe.ts",
      ],
    ],
    [["handlebars", "esbuild"], ["src/scripts/"]],
    [["yaml"], ["src/spec/parse.ts", "src/edit/yaml.ts", "src/edit/yaml-layout.ts", "src/edit/yaml-reading.ts"]],
    [["diff"], ["src/report/diff.ts"]],
    [["node-diff3"], ["src/edit/merge3.ts"]],
    [["vitest"], []],
  ];

  test.each(rules)("%j only in %j", (modules, allowed) => {
    expect(strays(modules, allowed)).toEqual([]);
  });

  test("the rules see what they shall see", () => {
    const seen = imports.filter(({ typeOnly }) => !typeOnly).map(({ from, to }) => `${from} ${builtin(to)}`);
    for (const expected of [
      "src/repo/apply.ts fs",
      "src/scripts/run.mjs child_process",
      "src/questions/screen.ts @clack/prompts",
      "src/repo/git.ts child_process",
      "src/repo/spawn.ts execa",
      "src/bin.ts src/cli/main.ts",
      "src/prepare/survey.ts src/spec/file.ts",
      "src/spec/file.ts src/spec/parse.ts",
    ])
      expect(seen).toContain(expected);
    expect(importsOf("src/a/b.ts", 'export { x } from "../c.ts";\nimport "node:fs";\nimport y, {\n  z,\n} from "net";')).toEqual([
      { from: "src/a/b.ts", to: "src/c.ts", typeOnly: false },
      { from: "src/a/b.ts", to: "node:fs", typeOnly: false },
      { from: "src/a/b.ts", to: "net", typeOnly: false },
    ]);
    expect(
      importsOf("src/a.ts", 'import type { X } from "node:fs";\nimport { type Y } from "net";').map(({ typeOnly }) => typeOnly),
    ).toEqual([true, true]);
  });
});

describe("starting programs", () => {
  const value = imports.filter(({ typeOnly }) => !typeOnly);
  const importers = (file: string): string[] => value.filter(({ to }) => to === file).map(({ from }) => from);

  test("each program is started by the one file that knows what it may do", () => {
    expect(importers("src/repo/spawn.ts").sort()).toEqual([
      "src/cli/commands/doctor.ts",
      "src/image/engine.ts",
      "src/registry/docker-credentials.ts",
      "src/registry/npm.ts",
      "src/repo/forge.ts",
      "src/repo/git.ts",
      "src/verify/containers.ts",
    ]);
    const started = [...sources].flatMap(([file, text]) =>
      [...text.matchAll(/\bspawn\(\s*([^,\s]+)\s*,/g)].map(([, program]) => `${file} ${program!}`),
    );
    expect([...new Set(started)].filter((call) => !call.startsWith("src/scripts/")).sort()).toEqual([
      "src/cli/commands/doctor.ts execPath",
      'src/connect/start.ts "/bin/sh"',
      "src/doctor/probe/run.ts program",
      'src/image/engine.ts "docker"',
      "src/image/engine.ts execPath",
      "src/registry/docker-credentials.ts `docker-credential-${helper}`",
      'src/registry/npm.ts "npm"',
      "src/repo/forge.ts client",
      "src/repo/forge.ts forge.client",
      'src/verify/containers.ts "docker"',
      "src/verify/containers.ts execPath",
    ]);
  });

  test("the doctor's own way to start OpenCode stays in the doctor", () => {
    expect(importers("src/doctor/probe/run.ts").filter((file) => !file.startsWith("src/doctor/"))).toEqual([]);
  });

  test("git is called at one place, behind its guard, with commands that run no program", () => {
    const text = sources.get("src/repo/git.ts")!;
    expect(text.match(/\bexecFile\(/g)).toHaveLength(1);
    expect(text.match(/\bmakeReady\(/g)).toHaveLength(1);
    expect(text).toContain('makeReady("git", [...(options.settled ?? guard), ...args]');
    const typed = [...text.matchAll(/^type (?:Reading|Making|Plumbing) =([^;]*);$/gm)].flatMap(([, words]) =>
      words!.match(/[a-z-]+/g)!,
    );
    const reading = ["check-ignore", "ls-files", "symbolic-ref"];
    const making = ["add", "commit", "init", "push", "symbolic-ref"];
    const objects = [
      "cat-file",
      "commit-tree",
      "hash-object",
      "ls-tree",
      "merge-base",
      "read-tree",
      "rev-list",
      "rev-parse",
      "update-index",
      "write-tree",
    ];
    expect(typed.sort()).toEqual([...reading, ...making, ...objects, "config", "for-each-ref", "update-ref"].sort());
    // Without the guard only a push, from a repository of ours.
    expect(text.match(/\bsettled\b(?!\?)/g)).toHaveLength(4);
  });

  test("nothing goes through a shell", () => {
    const shells = [...sources].filter(([, text]) => /\bshell:|\bexec(?:File)?(?:Sync)?\(\s*["'`]/.test(withoutProse(text)));
    expect(shells.map(([file]) => file)).toEqual(["src/scripts/run.mjs"]);
  });
});

describe("from values to values", () => {
  const pure = [
    "plan",
    "edit",
    "render",
    "catalog",
    "report",
    "lock",
    "spec",
    "parts",
    "outputs",
    "connections",
    "opencode",
    "doctor/config",
    "doctor/judge",
  ].map((room) => `src/${room}/`);
  const outside =
    /^(?:fs|fs\/promises|child_process|worker_threads|cluster|http2?|https|net|tls|dgram|dns|dns\/promises|os|process|readline|execa|@clack\/.*)$/;

  test.each(pure)("%s knows nothing outside, no command line and no disk", (room) => {
    const here = imports.filter(({ from, typeOnly }) => from.startsWith(room) && !typeOnly);
    expect(here.length).toBeGreaterThan(0);
    const bad = here.filter(({ to }) => outside.test(builtin(to)) || /^src\/(?:cli|repo|registry|scripts)\//.test(to));
    expect(bad.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test("nor does what they import, however far", () => {
    const reached = new Set([...sources.keys()].filter((file) => startsWithAny(file, pure)));
    for (const file of reached) {
      for (const { to, typeOnly } of imports.filter(({ from }) => from === file))
        if (!typeOnly && sources.has(to)) reached.add(to);
    }
    const bad = imports.filter(({ from, to, typeOnly }) => !typeOnly && reached.has(from) && outside.test(builtin(to)));
    expect(bad.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
    expect([...reached].filter((file) => /^src\/(?:cli|repo|registry|scripts)\//.test(file))).toEqual([]);
  });

  test("the clock and chance have no part in it", () => {
    const bad = [...sources].filter(
      ([file, text]) =>
        startsWithAny(file, pure) &&
        /\bDate\b|\bMath\.random\b|\brandom(?:UUID|Bytes)\b|\bperformance\b/.test(withoutProse(text)),
    );
    expect(bad.map(([file]) => file)).toEqual([]);
  });
});

test("one place reads an errno and makes a sentence of it", () => {
  // The streams of a process have refusals of their own, and the doctor and the gateway's rooms those of the network.
  const others = [...sources].filter(
    ([file, text]) =>
      /^src\/(?:repo|cli|spec|verify|plan)\//.test(file) &&
      !["src/repo/disk-errors.ts", "src/cli/io.ts"].includes(file) &&
      /\bErrnoException\b|\(E[A-Z]{3,}\)/.test(withoutProse(text)),
  );
  expect(others.map(([file]) => file)).toEqual([]);
});

describe("what is large, or of use to a few runs only, is loaded only where it is needed", () => {
  const late: readonly string[] = Object.values(calledLate).flat();
  /** What the program reads before it does anything: not what is behind `import(`, nor what the build puts into a file for later. */
  const reached = new Set(["src/cli/main.ts"]);
  for (const file of reached) {
    const text = (sources.get(file) ?? "").replaceAll(/\bimport\s*\(/g, "later(");
    for (const { to, typeOnly } of importsOf(file, text)) {
      if (!typeOnly && !late.includes(to)) reached.add(to);
    }
  }

  test("not at the start", () => {
    expect(reached).toContain("src/plan/build.ts");
    const large = [
      "yaml",
      "diff",
      "execa",
      "jsonc-parser",
      "node-diff3",
      "node:child_process",
      "@clack/prompts",
      "virtual:doctor",
    ];
    const commands = ["build", "check", "discover", "doctor", "fleet", "mock-gateway", "remove", "update", "verify"];
    const files = ["src/spec/file.ts", "src/gateway/mock/server.ts", ...commands.map((name) => `src/cli/commands/${name}.ts`)];
    expect([...large, ...files].filter((name) => reached.has(name))).toEqual([]);
  });

  test("what is called late is there, once, and something asks for it", () => {
    expect(late.filter((file, index) => !sources.has(file) || late.indexOf(file) !== index)).toEqual([]);
    const taken = imports.filter(({ typeOnly }) => !typeOnly).map(({ to }) => to);
    expect(late.filter((file) => !taken.includes(file))).toEqual([]);
  });
});

test("only the edge of the program touches its process", () => {
  const uses = [...sources].flatMap(([file, text]) =>
    [...withoutProse(text).matchAll(/(?<![\w.$])(?:globalThis\.)?process\s*(?:\.\s*(\w+)|\[)|\bconsole\s*\./g)].map(
      ([whole, member]) => [file, member ?? whole] as const,
    ),
  );
  // The spawners end what they started, and the watchdog ends its own process.
  const ending = ["src/repo/spawn.ts", "src/doctor/probe/run.ts", "src/doctor/watchdog.ts", "src/connect/start.ts"];
  const allowed = [
    "src/bin.ts",
    "src/cli/io.ts",
    "src/scripts/",
    "src/doctor/main.ts",
    "src/connect/main.ts",
    "src/connect/no-main.ts",
    ...ending,
  ];
  const bad = uses.filter(([file]) => !startsWithAny(file, allowed));
  expect(bad.map(([file, member]) => `${file} uses process.${member}`)).toEqual([]);
  expect(uses).toContainEqual(["src/cli/io.ts", "stdin"]);
});

describe("foreign text on its way to a terminal", () => {
  test("the room of text stands on nothing but Node's own text functions", () => {
    const here = imports.filter(({ from }) => from.startsWith("src/text/"));
    expect(here.map(({ to }) => to)).toEqual(["node:util"]);
  });

  /** Every mention of the process's streams, with what stands before and behind it. */
  function streamsIn(text: string): string[] {
    return [...withoutProse(text).matchAll(/\S*\bprocess\s*\.\s*std(?:out|err)\b.{0,20}/g)].map(([found]) => found);
  }

  test("the process's streams are wrapped by the printer where they are mentioned, and handed out bare by none", () => {
    const expected: Readonly<Record<string, RegExp>> = {
      // Prebuilt texts of ours, and the version; nothing is loaded there yet.
      "src/bin.ts": /^(?:process\.stdout\.write\((?:HELP|`\$)|process\.stderr\.write\(`create|.*flush\(process\.std)/,
      "src/cli/io.ts": /^(?:printTo\(process\.stderr\)|outlivingItsReader\(process\.std)/,
      "src/doctor/main.ts": /printTo\(process\.std|wantsColour\(process\.stdout|^process\.stdout\.columns/,
      "src/connect/main.ts": /printTo\(process\.std/,
      "src/connect/no-main.ts": /printTo\(process\.std/,
    };
    const mentions = [...sources]
      .filter(([file]) => !file.startsWith("src/scripts/"))
      .flatMap(([file, text]) => streamsIn(text).map((mention) => ({ file, mention })));
    expect(mentions.length).toBeGreaterThan(8);
    expect(mentions.filter(({ file, mention }) => expected[file]?.test(mention) !== true)).toEqual([]);
    expect(streamsIn("const x = process.stdout;")).toHaveLength(1);
  });

  test("the bare streams of a run go to the prompt library and nowhere else", () => {
    const bare = [...sources].flatMap(([file, text]) =>
      [...withoutProse(text).matchAll(/\S*\bterminalOf\(|\S*\.terminal\b|\{\s*terminal\s*\}/g)].map(
        ([found]) => `${file} ${found}`,
      ),
    );
    const fine =
      /^src\/questions\/screen\.ts \.\.\.terminal$|^src\/cli\/commands\/\S+ (?:\S*\b(?:ask|openScreen|closeScreen|waitFor)\w*\(terminalOf\(|terminalOf\($|\{ terminal \}$)|^src\/cli\/io\.ts io\.terminal$/;
    expect(bare.length).toBeGreaterThan(3);
    expect(bare.filter((found) => !fine.test(found))).toEqual([]);
  });

  test("the prompt library is given literals and visible text only", () => {
    const text = sources.get("src/questions/screen.ts")!;
    const given = [...text.matchAll(/\b(?:message|label|hint|initialValue|placeholder): (.*)/g)].map(([, value]) => value!);
    expect(given.length).toBeGreaterThan(8);
    expect(given.filter((value) => !/^(?:visible\(|"|string|readonly)/.test(value))).toEqual([]);
    const bare = [...text.matchAll(/\b(?:intro|outro|log\.\w+|log\.warn\))\(\s*(.*)/g)].map(([, value]) => value!);
    expect(bare.length).toBeGreaterThan(2);
    expect(text).toContain("said: Shown");
    expect(bare.filter((value) => !/^(?:visible\(|fold\(visible\(|folded\.map|String\(said\))/.test(value))).toEqual([]);
  });

  test("there is one cleaner, and one place for colours", () => {
    // These refuse a value or write it into a file of some format: nothing of theirs is for a terminal.
    const formats = [
      "src/catalog/files.ts",
      "src/gateway/origin.ts",
      "src/questions/parse",
      "src/render/escape.ts",
      "src/edit/yaml-format.ts",
      "src/lock/inside.ts",
      "src/repo/journal-text.ts",
    ];
    const others = [...sources].filter(
      ([file, text]) =>
        !file.startsWith("src/text/") &&
        !formats.some((name) => file.startsWith(name)) &&
        /\\p\{C|\\x1b|\\u001b|\\u202|\bstyleText\b|\bstripVTControlCharacters\b/i.test(text.replace(/"\\u202F"/, "")),
    );
    expect(others.map(([file]) => file)).toEqual([]);
  });

  test("what is trusted is literal: the tag is called as one", () => {
    const called = [...sources].filter(
      ([file, text]) =>
        !file.startsWith("src/text/") &&
        /\bshown\s*\(|as (?:unknown as )?(?:Shown|TemplateStringsArray)\b/.test(withoutProse(text)),
    );
    expect(called.map(([file]) => file)).toEqual([]);
  });

  test("no file descriptor is written to by its number", () => {
    const numbered = [...sources].filter(([, text]) =>
      /\bwrite(?:File)?(?:Sync)?\(\s*[012]\s*,|\/dev\/(?:tty|std|fd)/.test(withoutProse(text)),
    );
    // A thread has no stream of its own, and writes what was shown already.
    expect(numbered.map(([file]) => file)).toEqual(["src/doctor/watchdog.ts"]);
  });
});

describe("the doctor, which is bundled into one file and run by OpenCode's runtime", () => {
  const reached = new Set(["src/doctor/main.ts"]);
  for (const file of reached)
    for (const { to, typeOnly } of imports.filter(({ from }) => from === file)) if (!typeOnly && sources.has(to)) reached.add(to);
  const outside = imports.filter(({ from, to, typeOnly }) => reached.has(from) && !typeOnly && !to.startsWith("src/"));

  test("knows Node's own modules, and no package", () => {
    expect(reached.size).toBeGreaterThan(15);
    expect(outside.map(({ to }) => to).filter((to) => !to.startsWith("node:"))).toEqual([]);
  });

  test("reaches only itself, the way to the gateway, the day, the judge of configurations, the wire formats, the addresses of tailnets, the gateway's words, the errors, the shape of texts and what may reach a terminal", () => {
    const others = [...reached].filter((file) => !file.startsWith("src/doctor/"));
    expect(
      others.filter(
        (file) =>
          !/^src\/(?:errors\.ts|clock\.ts|connect\/[a-z-]+\.ts|catalog\/(?:wire-formats|notice|tailnet)\.ts|opencode\/[a-z-]+\.ts|text\/(?:terminal|nesting)\.ts|gateway\/(?:explain|origin|proxy|http\/(?:client|reader))\.ts)$/.test(
            file,
          ),
      ),
    ).toEqual([]);
  });
});

describe("providers", () => {
  const ids = Object.values(providers).flatMap(({ id, wireFormats }) => [id, ...Object.values(wireFormats).map(({ as }) => as)]);
  const longestFirst = [...new Set(ids)].sort((left, right) => right.length - left.length);
  // Behind a slash it is a part of a package's name or of a path. A grant (`anthropic/**`) is in Aperture's own words, wherever it is shown.
  const named = new RegExp(`(?<![\\w@/$-])(?:${longestFirst.join("|")})(?![\\w-]|/\\S*\\*)`, "g");

  /** Those that are named in code, keys and texts; comments may. */
  function namesIn(text: string): string[] {
    const pattern = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\*[^]*?\*\/|(?<![:\\/])\/\/[^\n]*/g;
    return text.replace(pattern, (found) => (/^["']/.test(found) ? found : " ")).match(named) ?? [];
  }

  /** Who may name some, and why. */
  const mayName: Readonly<Record<string, string>> = {
    "src/catalog/providers.ts": "their entries",
    "src/catalog/opencode/more-models.ts":
      "what bundles the program looks for the path of each file of the catalogue as it is written",
    "src/catalog/retirements.ts": "which of their models end, and when",
    "src/catalog/opencode/selections.ts": "which models the catalogue keeps, which only its refresh reads",
    "src/opencode/vendors.ts": "what OpenCode does for an id by itself, also for those that no entry has",
    "src/opencode/ways-out.ts": "names of packages in OpenCode's binary, some of them the ids of those that they speak to",
    "src/gateway/proposals.ts": "families of models, some of them called as their vendor is",
  };

  test("are known by name to their entries in the catalogue, and to no other code", () => {
    const naming = [...sources].filter(([, text]) => namesIn(text).length > 0).map(([file]) => file);
    expect(naming.sort()).toEqual(Object.keys(mayName).sort());
  });

  test("a name would be seen", () => {
    for (const text of [
      'x["groq"]',
      "{ groq: 1 }",
      "`${a} openai:chat`",
      "catalogue.xai",
      'id === "amazon-bedrock"',
      "'mistral/x'",
    ])
      expect(namesIn(text), text).toHaveLength(1);
    for (const text of ["// groq", "/* xai */", '"@ai-sdk/groq"', '"/bedrock/model"', '"anthropic-version"', '"anthropic/**"'])
      expect(namesIn(text), text).toEqual([]);
  });
});

describe("outputs and connections", () => {
  const parts = ["outputs", "connections"] as const;
  const namesIn = (room: string): string[] =>
    [...sources.keys()].filter((file) => file.startsWith(`src/${room}/`) && file !== `src/${room}/index.ts`).sort();

  test.each(parts)("every file in src/%s is one of them, and the index has them all", async (room) => {
    const files = namesIn(room);
    expect(files.length).toBeGreaterThan(0);
    const index = imports.filter(({ from, typeOnly }) => from === `src/${room}/index.ts` && !typeOnly).map(({ to }) => to);
    expect(index.sort()).toEqual(files);
    const { outputs } = await import("../../src/outputs/index.ts");
    const { connections } = await import("../../src/connections/index.ts");
    const values = (room === "outputs" ? outputs : connections).map(({ value }) => value);
    expect([...values].sort()).toEqual(files.map((file) => posix.basename(file, ".ts")));
  });

  test("are known to nothing but their index, not even to each other", () => {
    const bad = imports.filter(
      ({ from, to }) =>
        parts.some((room) => namesIn(room).includes(to)) && !/^src\/(?:outputs|connections)\/index\.ts$/.test(from),
    );
    expect(bad.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test("know nothing of the plan, the lock and the rendering but how a text is escaped", () => {
    const bad = imports.filter(
      ({ from, to, typeOnly }) =>
        parts.some((room) => from.startsWith(`src/${room}/`)) &&
        !typeOnly &&
        !/^src\/(?:catalog|parts|outputs|connections|text)\/|^src\/forms\.ts$|^src\/render\/escape\.ts$/.test(to),
    );
    expect(bad.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test("say what they need and offer in the same words, and everything proposed fits", async () => {
    const { findMisfit, offeredOutputs, proposeOutputs } = await import("../../src/parts/compose.ts");
    const { connections } = await import("../../src/connections/index.ts");
    expect(offeredOutputs().length).toBeGreaterThan(0);
    for (const { value: connection } of connections)
      expect(findMisfit({ connection, outputs: proposeOutputs(connection), state: "container" }), connection).toBeNull();
  });
});

describe("the ground floor", () => {
  test("the vocabulary is types only, and imports nothing but types", () => {
    const vocabulary = sources.get("src/vocabulary.ts")!;
    expect(imports.filter(({ from, typeOnly }) => from === "src/vocabulary.ts" && !typeOnly)).toEqual([]);
    expect([...withoutProse(vocabulary).matchAll(/^export (?!type |interface )/gm)]).toEqual([]);
  });

  test("no file imports itself in a circle, not even for a type", () => {
    const next = new Map<string, string[]>();
    for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
    const circles = [...sources.keys()].filter((start) => {
      const reached = new Set(next.get(start));
      for (const file of reached) for (const to of next.get(file) ?? []) reached.add(to);
      return reached.has(start);
    });
    expect(circles).toEqual([]);
  });

  test("nothing but the program's entry knows the command line, not even its types", () => {
    const bad = imports.filter(
      ({ from, to }) => to.startsWith("src/cli/") && !/^src\/(?:cli|scripts)\/|^src\/bin\.ts$/.test(from),
    );
    expect(bad.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test("each kind of piece plans, takes out and observes in a file of its own, which nobody else asks", () => {
    const kinds = [...sources.keys()].filter((file) => /^src\/plan\/pieces\/(?!index|moves|piece|spelling|undo)/.test(file));
    expect(kinds.map((file) => posix.basename(file, ".ts")).sort()).toEqual(["lines", "own", "seed", "taken", "values"]);
    const asked = imports.filter(({ to, typeOnly }) => kinds.includes(to) && !typeOnly).map(({ from, to }) => `${from} ${to}`);
    expect(asked.filter((line) => !line.startsWith("src/plan/pieces/index.ts")).sort()).toEqual([
      // The spec is what a plan begins with, and what bypasses the gateway is looked at again without it.
      "src/plan/build.ts src/plan/pieces/seed.ts",
      // Where a container gets beside one of the user's is for what the user wrote to say, without what is ours.
      "src/prepare/beside.ts src/plan/pieces/values.ts",
      "src/prepare/bypass.ts src/plan/pieces/taken.ts",
    ]);
  });
});

test("imports within the project name a file, with its extension", () => {
  const bad = imports.filter(({ to }) => to.startsWith("src/") && !sources.has(to) && !to.endsWith(".json"));
  expect(bad.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
});

describe("templates", () => {
  const templates = readTemplates(join(root, "templates"));

  interface Output {
    readonly file: string;
    readonly line: number;
    readonly text: string;
  }

  /** Every place where a value comes out, and what calls it. */
  function outputsOf({ path, source }: { path: string; source: string }): Output[] {
    const found: Output[] = [];
    const visitor = new Handlebars.Visitor();
    visitor.MustacheStatement = function (node: hbs.AST.MustacheStatement): void {
      const name = (node.path as hbs.AST.PathExpression).original;
      const helped = helperNames.includes(name) && node.params.length === 1 && node.escaped;
      if (!helped) found.push({ file: path, line: node.loc.start.line, text: `${node.escaped ? "{{" : "{{{"}${name}` });
      Handlebars.Visitor.prototype.MustacheStatement.call(this, node);
    };
    visitor.accept(Handlebars.parse(source));
    return found;
  }

  test("every value goes through a helper, but the JSON that models.json is made of", () => {
    const raw = templates.flatMap(outputsOf);
    const others = raw.filter(({ file, text }) => !(file === `${featureFolder}/models.json` && /^\{\{\{?value$/.test(text)));
    expect(others).toEqual([]);
    expect(raw).toHaveLength(2);
  });

  test("a value without a helper would be seen", () => {
    const see = (source: string): string[] => outputsOf({ path: "x", source }).map(({ text }) => text);
    expect(see("{{spec.name}}")).toEqual(["{{spec.name"]);
    expect(see("{{{json spec.name}}}")).toEqual(["{{{json"]);
    expect(see("{{#each a}}{{#if b}}{{this}}{{/if}}{{/each}}")).toEqual(["{{this"]);
    expect(see("{{#if a}}x{{else}}{{y}}{{/if}}")).toEqual(["{{y"]);
    expect(see('{{json a}}{{#each a}}{{yaml this}}{{/each}}{{> environment image=b target="dev"}}')).toEqual([]);
  });

  test("each helper is that of the file's format", () => {
    const format = (path: string): RegExp => {
      if (path.endsWith(".json")) return /^(?:json|literal|number|value)$/;
      // Jobs are shell in YAML, in blocks of text that no line of a value can end: none has a line end.
      if (/^\.git(?:hub|lab)\//.test(path)) return /^(?:yaml|words?|sh)$/;
      if (/\.ya?ml$|^\.kubernetes\/.*\.partial$/.test(path)) return /^(?:yaml|flow|words?)$/;
      if (path.endsWith(".sh")) return /^(?:sh|words)$/;
      return /^(?:docker|word)$/;
    };
    const wrong = templates.flatMap(({ path, source }) =>
      [...source.matchAll(/\{\{([a-z]+) /g)]
        .filter(([, helper]) => !format(path).test(helper!))
        .map(([whole]) => `${path}: ${whole}`),
    );
    expect(wrong).toEqual([]);
  });

  test("every template is a file of the catalogue, the spec or a partial, and the reverse", () => {
    const asFeature: Shape = { kind: "feature", files: [".devcontainer.json"] };
    // The doctor's text is bundled from its sources.
    const wanted = [
      ...wantedFiles({ kind: "own" }, { attribution: ["revision"] }),
      ...wantedFiles(asFeature),
      ...wantedFiles({ kind: "own" }, { connection: "sidecar" }),
      ...filesOf({ ...demandOf(plainAnswers, asFeature), runtime: { ...nothing, programs: ["tailscale"] } }),
      ...wantedFiles({ kind: "own" }, { connection: "auto", outputs: ["devcontainer", "ci-github", "ci-gitlab"] }),
      ...wantedFiles({ kind: "own" }, { fqdn: "ai.example.ts.net", outputs: ["kubernetes"] }),
    ].map(({ path, template = path }) => template);
    const expected = [...new Set([...wanted, "aperture-env.yaml"])]
      .filter((path) => ![doctorPath, specSchemaPath].includes(path))
      .sort();
    const there = templates.map(({ path }) => path).filter((path) => !path.endsWith(".partial"));
    expect(there.sort()).toEqual(expected);
  });

  test("every partial is used", () => {
    const partials = templates
      .filter(({ path }) => path.endsWith(".partial"))
      .map(({ path }) => posix.basename(path, ".partial"));
    const used = templates.flatMap(({ source }) => [...source.matchAll(/\{\{>\s*(\w+)/g)].map(([, name]) => name!));
    expect([...new Set(used)].sort()).toEqual(partials.sort());
  });

  test("nothing else lies among them", () => {
    const files = readdirSync(join(root, "templates"), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(
      files.map((entry) => relative(root, join(entry.parentPath, entry.name))).filter((name) => !name.endsWith(".hbs")),
    ).toEqual([]);
  });

  test("each ends with one line end", () => {
    for (const { path, source } of templates) expect(source, path).toMatch(/[^\n]\n$/);
  });
});
