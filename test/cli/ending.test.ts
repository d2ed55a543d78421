/** Models that end, from end to end: what is told on which day, and what moves them. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFolder, runPiped, treeOf, write, type Ran } from "./harness.ts";

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
});
afterEach(() => outside.remove());

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const on = (day: string, ...argv: readonly string[]): Promise<Ran> => runPiped(argv, root, { APERTURE_ENV_TODAY: day });
const findingsOf = ({ stdout }: Ran): readonly { readonly code: string; readonly where: object; readonly message: string }[] =>
  (JSON.parse(stdout) as { findings: never }).findings;
const environmentFile = ".devcontainer/aperture-env/environment.json";

const spec = `# ours
aperture: { url: http://ai }
providers:
  anthropic: {} # Claude
  google:
    models: [gemini-2.5-pro, gemini-3.8-flash] # two
model: anthropic/claude-sonnet-4-5 # the big one
small_model: google/gemini-2.5-pro
`;
const endings = (ran: Ran): unknown[] =>
  findingsOf(ran)
    .filter(({ code }) => code === "model-ending")
    .map(({ where, message }) => [where, message.replace(", as its vendor announced", "")]);
const both = [
  [{ file: "aperture-env.yaml", line: 7, column: 8 }, "anthropic/claude-sonnet-4-5 ends on 2026-11-30"],
  [{ file: "aperture-env.yaml", line: 8, column: 14 }, "google/gemini-2.5-pro ends on 2026-12-01"],
];

describe("a spec that names models that end", () => {
  test("works as before, and create, update and check name them and what takes their place", async () => {
    write(root, { "aperture-env.yaml": spec });
    const created = await on("2026-11-25", "--yes", "--json");
    expect(created.exit, created.stderr).toBe(0);
    expect(endings(created)).toEqual(both);
    expect(read(".devcontainer/aperture-env/opencode.json")).toContain('"model": "anthropic/claude-sonnet-4-5"');
    // It keeps its limits.
    expect(read(".devcontainer/aperture-env/models.json")).toMatch(/"claude-sonnet-4-5": \{.*"limit":\{"context":1000000/);
    const checked = await on("2026-11-25", "check", "--json");
    expect(checked.exit).toBe(0);
    expect(JSON.parse(checked.stdout)).toMatchObject({ status: "fine", observations: [] });
    expect(endings(checked)).toEqual(both);
    const text = await on("2026-11-25", "check");
    expect(text.exit).toBe(0);
    expect(text.stderr).toMatch(
      /aperture-env\.yaml:7:8[^]*anthropic\/claude-sonnet-4-5 ends on 2026-11-30[^]*Run {2}npx create-aperture-env update --models {2}to replace it with anthropic\/claude-sonnet-5-5\.$/m,
    );
    expect(endings(await on("2026-11-25", "update", "--json"))).toEqual(both);
  });

  test("is not reported 61 days before, never fails check, and the generated files do not depend on the day", async () => {
    write(root, { "aperture-env.yaml": spec });
    await on("2026-09-30", "--yes");
    const before = treeOf(root);
    expect(endings(await on("2026-09-30", "check", "--json"))).toEqual([]);
    expect(endings(await on("2026-10-01", "check", "--json"))).toHaveLength(1);
    const late = await on("2031-01-01", "check", "--json");
    expect(late.exit).toBe(0);
    expect(endings(late)).toMatchObject([
      [both[0]![0], "anthropic/claude-sonnet-4-5 ended on 2026-11-30"],
      [both[1]![0], expect.stringContaining("ended on")],
    ]);
    expect((await on("2031-01-01", "update")).stdout).toContain("Nothing to do");
    expect(treeOf(root)).toEqual(before);
    expect(JSON.parse(read(environmentFile))).toMatchObject({
      ends: [
        { model: "anthropic/claude-sonnet-4-5", on: "2026-11-30", replacement: "anthropic/claude-sonnet-5-5" },
        { model: "google/gemini-2.5-pro", on: "2026-12-01", replacement: "google/gemini-3.8-flash" },
      ],
    });
  });

  test("is moved by update --models, every comment in place, and then there is nothing to tell", async () => {
    write(root, { "aperture-env.yaml": spec });
    await on("2026-11-25", "--yes");
    const planned = await on("2026-11-25", "update", "--models", "--dry-run");
    expect(planned).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^ {2}model +anthropic\/claude-sonnet-5-5 +flag: --models$/m),
    });
    expect(read("aperture-env.yaml")).toBe(spec);
    const moved = await on("2026-11-25", "update", "--models", "--json");
    expect(moved.exit, moved.stderr).toBe(0);
    expect((JSON.parse(moved.stdout) as { warnings: string[] }).warnings).toEqual(
      expect.arrayContaining([
        "anthropic/claude-sonnet-4-5 becomes anthropic/claude-sonnet-5-5",
        "google/gemini-2.5-pro becomes google/gemini-3.8-flash",
      ]),
    );
    expect(read("aperture-env.yaml")).toBe(
      spec
        .replace("[gemini-2.5-pro, gemini-3.8-flash] # two", "[gemini-3.8-flash] # two")
        .replace("claude-sonnet-4-5", "claude-sonnet-5-5")
        .replace("google/gemini-2.5-pro", "google/gemini-3.8-flash"),
    );
    expect(read(environmentFile)).not.toContain('"ends"');
    const checked = await on("2026-11-25", "check", "--json");
    expect([checked.exit, findingsOf(checked)]).toEqual([0, []]);
    expect((await on("2026-11-25", "update", "--models")).stdout).toContain("Nothing to do");
  });

  test("that leaves them out, as with an older version's lock, is updated too: they are then written", async () => {
    write(root, { "aperture-env.yaml": spec });
    await on("2026-11-25", "--yes");
    write(root, { "aperture-env.yaml": spec.replace(/^(?:small_)?model.*\n/gm, "") });
    await on("2026-11-25", "update");
    expect(endings(await on("2026-11-25", "check", "--json"))).toMatchObject([
      [{ file: "aperture-env.yaml" }, both[0]![1]],
      [{ file: "aperture-env.yaml" }, both[1]![1]],
    ]);
    expect((await on("2026-11-25", "update", "--models")).exit).toBe(0);
    expect(read("aperture-env.yaml")).toMatch(/^model: anthropic\/claude-sonnet-5-5$/m);
    expect(endings(await on("2026-11-25", "check", "--json"))).toEqual([]);
  });

  test("a flag says what it says, and is told of it", async () => {
    const ran = await on("2026-11-25", "--yes", "--model", "anthropic/claude-sonnet-4-5", "--json");
    expect(ran.exit).toBe(0);
    expect(endings(ran)).toEqual([[{ file: "aperture-env.yaml" }, both[0]![1]]]);
    expect(read("aperture-env.yaml")).toContain("model: anthropic/claude-sonnet-4-5\n");
  });
});

test("several repositories are moved in one run", async () => {
  for (const name of ["a", "b"]) {
    write(root, { [`${name}/aperture-env.yaml`]: spec });
    expect((await runPiped(["--yes"], join(root, name))).exit).toBe(0);
  }
  const ran = await on("2026-11-25", "update", "--models", "a", "b");
  expect(ran.exit, ran.stdout).toBe(0);
  for (const name of ["a", "b"])
    expect(read(`${name}/aperture-env.yaml`)).toContain("model: anthropic/claude-sonnet-5-5 # the big one");
});
