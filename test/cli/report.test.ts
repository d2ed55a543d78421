/** `report`: what many repositories have, for people, for a spreadsheet and for programs. */
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { csvHeader, formatCsv, formatOverviews, type Overview } from "../../src/report/overview.ts";
import { painter } from "../../src/text/terminal.ts";
import { makeFolder, runAtTerminal, runPiped, treeOf, write } from "./harness.ts";

const outside = makeFolder();
const root = outside.folder;
afterAll(() => outside.remove());
beforeAll(async () => {
  write(root, { "api/": "", "web/": "", "none/": "", "broken/": "" });
  expect((await runPiped(["api", "web", "broken", "--yes"], root)).exit).toBe(0);
  const old = [
    "old",
    "--yes",
    "--providers",
    "openai",
    "--model",
    "openai/gpt-5",
    "--url",
    "http://gateway.tailnet.example:8080",
  ];
  expect((await runPiped(old, root)).exit).toBe(0);
  write(root, {
    "web/opencode.json": '{ "provider": { "openai": { "options": { "baseURL": "https://api.openai.com/v1" } } } }\n',
  });
  appendFileSync(join(root, "web", ".devcontainer/aperture-env/launcher.sh"), "# mine\n");
  write(root, { "broken/aperture-env.yaml": "aperture: [\n" });
});
const folders = ["api", "web", "old", "none", "broken"];

describe("report", () => {
  test("a lock that cannot be used is named", async () => {
    write(root, { "odd/aperture-env.lock": "{}" });
    expect((await runPiped(["report", "odd"], root)).stdout).toMatch(
      /^ {2}odd +drift: aperture-env\.lock is damaged or was not/m,
    );
  });

  test("a table: versions, gateway, connection, models, which of them end, what bypasses it, drift", async () => {
    const before = treeOf(root, true);
    const ran = await runPiped(["report", ...folders], root);
    expect(ran.stdout).toMatch(
      /^ {2}repository {2}versions +gateway +models +state\n {2}api +generator \d\S+ +http:\/\/ai +anthropic\/\S+ +fine\n +OpenCode 1\.\S+ +auto +anthropic\/\S+\n/,
    );
    expect(ran.stdout).toMatch(/^ {2}web .* drift: 1 file\n.* bypasses: 1 place$/m);
    expect(ran.stdout).toMatch(
      /^ {2}old .* http:\/\/gateway\.tailnet\.example:8080 +openai\/gpt-5 +openai\/gpt-5 ends 2026-12-11$/m,
    );
    expect(ran.stdout).toMatch(/^ {2}none +skipped: has no environment$/m);
    expect(ran.stdout).toMatch(/^ {2}broken +failed: aperture-env\.yaml:\d+:\d+: The spec is not valid YAML/m);
    expect(ran.stdout).toContain(
      "openai/gpt-5 ends on 2026-12-11, in one repository:  npx create-aperture-env replace-model openai/gpt-5 openai/gpt-6.1-sol <folder ...>\n",
    );
    expect(ran.stdout).toContain("\nPlaces, and what to do:  npx create-aperture-env check web\n");
    expect(ran.stdout).toMatch(/\n5 folders: 2 fine, 1 drift, 1 skipped, 1 failed\.\n$/);
    expect(ran.exit).toBe(2);
    expect(treeOf(root, true)).toEqual(before);
    // What was found fails nothing, and one may be looked at alone.
    const one = await runPiped(["report"], join(root, "web"));
    expect(one).toMatchObject({ exit: 0 });
    expect((await runPiped(["report", "api"], root)).stdout).not.toContain("what to do");
    expect(one.stdout).toMatch(/\n1 folder: 1 drift\.\n$/);
  });

  test("at a terminal it fits", async () => {
    const { stdout } = await runAtTerminal(["report", "api", "web", "old", "none"], root).done;
    const table = stdout.split("\n\n")[0]!.split("\n");
    expect(table.length).toBeGreaterThan(8);
    expect(table.filter((line) => line.length > 100)).toEqual([]);
  });

  test("as comma-separated values, and as JSON", async () => {
    const csv = await runPiped(["report", ...folders, "--csv"], root);
    const lines = csv.stdout.trimEnd().split("\r\n");
    expect(lines).toHaveLength(6);
    expect(lines[0]).toBe(String(csvHeader).trimEnd());
    expect(lines[2]).toMatch(
      /^web,drift,\d[^,]*,1\.[^,]*,http:\/\/ai,auto,anthropic; openai,anthropic\/[^,]*,anthropic\/[^,]*,,opencode\.json:1:\d+,\.devcontainer\/aperture-env\/launcher\.sh,$/,
    );
    expect(lines[3]).toContain(",openai/gpt-5 2026-12-11,");
    expect(lines[5]).toMatch(/^broken,failed,{11}aperture-env\.yaml:\d+:\d+: The spec is not valid YAML/);
    const { repositories, counts } = JSON.parse((await runPiped(["report", ...folders, "--json"], root)).stdout) as {
      repositories: { status: string; has?: object }[];
      counts: object;
    };
    expect(counts).toEqual({ fine: 2, drift: 1, skipped: 1, failed: 1 });
    const documented = /^## report\n([^]*?)^## /m.exec(
      readFileSync(join(import.meta.dirname, "../../docs/json.md"), "utf8"),
    )![1]!;
    expect(Object.keys(repositories[0]!.has!)).toEqual([...documented.matchAll(/^\| `(\w+)`/gm)].map(([, field]) => field));
    expect(repositories[2]!.has).toMatchObject({
      model: "openai/gpt-5",
      ends: [{ model: "openai/gpt-5", on: "2026-12-11", replacement: "openai/gpt-6.1-sol" }],
    });
  });
});

const hostile: Overview = {
  directory: '=HYPERLINK("x"),\u001b[31m',
  status: "fine",
  has: {
    generator: "1.0.0",
    opencode: "1.18.18",
    url: "http://a-gateway-with-a-long-name.tailnet.example:8080",
    connection: "network",
    providers: ["anthropic"],
    model: "house-models/a-model-with-a-name-that-does-not-end-anywhere-near",
    small_model: "house-models/small",
    ends: [],
    bypasses: [],
    drift: [],
  },
};

test.each([60, 80, 100])("the table fits %i columns, whatever is in it, and loses nothing", (columns) => {
  const text = String(
    formatOverviews([hostile, { directory: "b", status: "skipped", why: "has no environment" }], columns, painter(false)),
  );
  expect(text.split("\n").filter((line) => line.length > columns)).toEqual([]);
  expect(text).not.toContain("\u001b");
  expect(text.replaceAll(/\s+/g, "")).toContain("skipped:hasnoenvironment");
});

test("a spreadsheet takes nothing for a formula", () => {
  expect(String(formatCsv(hostile))).toMatch(/^"'=HYPERLINK\(""x""\),\\u\{1b\}\[31m",fine,/);
});
