/**
 * What a reviewer has to go through: how many lines a repository gets, as git counts them; with the real doctor, where it is a file. The README says it in round numbers,
 * and they are the budget: who needs more lines says so there.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { doctorPath, featureFolder, specSchemaPath } from "../../src/catalog/files.ts";
import { skipsWithoutGit } from "../support/skips.ts";
import { readTree, runCommand, textOf } from "./cases.ts";

const readme = readFileSync(join(import.meta.dirname, "..", "..", "README.md"), "utf8").replaceAll(/\s+/g, " ");
const [, files, all, schema, doctor, whole] = (
  /(\d+) files with ([\d,]+) lines \(`git diff --stat` of an empty folder\), ([\d,]+) of them the spec's schema; .*? a file of the repository with ([\d,]+) lines, .*? knows Tailscale's daemon, too: ([\d,]+) lines\./.exec(
    readme,
  ) ?? []
).map((text) => Number(text.replaceAll(",", "")));

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "aperture-env-lines-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function create(...args: readonly string[]): Promise<void> {
  const ran = await runCommand(["--yes", "--url", "http://ai", ...args], root);
  expect(ran.exit, ran.stderr).toBe(0);
}

/** The added lines of each file. */
function addedLines(): ReadonlyMap<string, number> {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const git = (...args: readonly string[]): string => execFileSync("git", args, { cwd: root, encoding: "utf8", env });
  git("init", "--quiet");
  git("add", "--all");
  const lines = git("diff", "--cached", "--numstat").trim().split("\n");
  return new Map(lines.map((line) => line.split("\t")).map(([added, , path]) => [path!, Number(added)]));
}

/** Whether a number is not above what is said of it, and that is what one says of it. */
function isRounded(lines: number, said: number | undefined, step: number): boolean {
  return said !== undefined && said % step === 0 && lines <= said && lines > said - 2 * step;
}

describe.skipIf(skipsWithoutGit("how many lines a repository gets"))("a repository gets as many lines as the README says", () => {
  test("an empty folder, with all defaults of a program out of a registry", async () => {
    await create("--doctor", "package");
    const lines = addedLines();
    const sum = [...lines.values()].reduce((left, right) => left + right, 0);
    expect(lines.size).toBe(files);
    expect([...lines.values()].every((each) => each > 0)).toBe(true);
    expect(isRounded(sum, all, 100), `${sum} lines`).toBe(true);
    expect(lines.has(doctorPath)).toBe(false);
    expect(isRounded(lines.get(specSchemaPath)!, schema, 10), `${lines.get(specSchemaPath)} lines of the schema`).toBe(true);
  });

  test.each([
    ["the doctor as a file", [], doctor],
    ["the doctor of a node of a tailnet", ["--connection", "userspace"], whole],
  ])("%s", async (_what, args, said) => {
    await create("--doctor", "repository", ...args);
    const lines = addedLines().get(doctorPath)!;
    expect(isRounded(lines, said, 100), `${lines} lines of the doctor`).toBe(true);
  });
});

test("another connection brings the other doctor, and what is removed leaves none", async () => {
  const run = async (...args: readonly string[]): Promise<void> => {
    const ran = await runCommand(args, root);
    expect(ran.exit, ran.stderr).toBe(0);
  };
  const read = (): string => textOf(readTree(root), doctorPath);
  const knowsDaemons = (): boolean => /function askStatus\(/.test(read());
  await create();
  const network = read();
  expect(knowsDaemons()).toBe(false);
  const spec = join(root, "aperture-env.yaml");
  const before = readFileSync(spec, "utf8");
  writeFileSync(spec, before.replace("connection: auto", "connection: userspace"));
  await run("update", "--yes");
  expect(knowsDaemons()).toBe(true);
  writeFileSync(spec, before);
  await run("update", "--yes");
  expect(read()).toBe(network);
  expect(Object.keys(readTree(root)).filter((path) => path.startsWith(featureFolder) && path.endsWith(".mjs"))).toEqual([
    doctorPath,
  ]);
  await run("remove", "--yes");
  expect(readTree(root)).toEqual({});
});
