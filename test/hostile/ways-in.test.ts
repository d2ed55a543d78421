/** Files by which a repository brings another OpenCode, made to keep the one who reads them busy: each kind, in bounded time. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findAll } from "../../src/plan/findings.ts";
import { readProject } from "../../src/repo/project.ts";
import { processorTime } from "../support/processor-time.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aperture-env-ways-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const environment = { url: "http://ai", providers: ["anthropic"] };
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const devcontainer = ".devcontainer/devcontainer.json";
const look = (): number => {
  const started = processorTime();
  findAll(readProject(folder, [devcontainer]), environment, [devcontainer]);
  return processorTime() - started;
};

type Fill = (part: string, before?: string, after?: string) => string;
/** As long as any file that is read: those that are known by their names, and those that a dev container names. */
const fillTo =
  (length: number): Fill =>
  (part, before = "", after = "") =>
    `opencode OPENCODE_CONFIG\n${before}${part.repeat(Math.floor((length - 100) / part.length))}${after}\n`;
const textsOf = (fill: Fill): Readonly<Record<string, string>> => ({
  blanks: fill(" ", "A: ", "x"),
  "blanks on lines": fill("  \n"),
  paths: fill("a/", "brew '", "!"),
  dots: fill(".", "x = ", "!"),
  opening: fill("[{,"),
  quotes: fill(`"'`),
  keys: fill("image:opencode,"),
  assignments: fill("OPENCODE_CONFIG=", "ENV "),
  exports: fill("echo export OPENCODE_CONFIG=/x >> .bashrc "),
  "exports on lines": fill("echo export OPENCODE_CONFIG=/x >> .bashrc\n"),
  headers: fill("[tools]\n", "", "opencode = 1"),
  greater: fill(">"),
  profiles: fill("alias opencode", "", "("),
  stages: fill("FROM opencode AS opencode\nCOPY --from=x /opencode /y\n"),
  arguments: fill("ARG A=${A:-${A}}\nFROM ${A}${A}\n"),
  lists: fill("env_file: [a, "),
  words: fill("npx -y ", "", "opencode-ai"),
  brackets: fill("["),
  braces: fill("{"),
  commas: fill(","),
  letters: fill("a"),
  colons: fill("a:/"),
  sources: fill("source:"),
  "sources apart": fill("source: a,"),
  contexts: fill("build: {context: "),
  images: fill("docker-image://"),
  addresses: fill("/opencode.ai/"),
  "addresses of files": fill("/raw.githubusercontent.com/sst/opencode/"),
  "stages by number": fill("RUN --mount=,"),
  "mounts of images": fill(",from=", "RUN --mount="),
  parts: fill("pkgs.(", " "),
});
const texts = textsOf(fillTo(256 * 1024));
const shorter = textsOf(fillTo(64 * 1024));

describe("a file of every kind", () => {
  test.each(Object.entries(texts))("%s", (name, text) => {
    const known = [
      "mise.toml",
      ".tool-versions",
      "Brewfile",
      "flake.nix",
      ".zshrc",
      "Makefile",
      ".gitlab-ci.yml",
      "package.json",
    ];
    for (const path of [...known, "devbox.json", "aqua.yaml"]) write(path, shorter[name]!);
    for (const path of ["Dockerfile", "compose.yaml"]) write(path, text);
    write(devcontainer, JSON.stringify({ dockerComposeFile: "../compose.yaml", build: { dockerfile: "../Dockerfile" } }));
    expect(readProject(folder, [devcontainer]).setup.length).toBeGreaterThanOrEqual(12);
    expect(look()).toBeLessThan(5_000);
  });
});

test("files of 4 MB, and thousands of folders and workflows", () => {
  for (const path of ["package.json", ".zshrc", "mise.toml", ".github/workflows/a.yml"])
    write(path, "npm i -g opencode-ai\n".repeat(200_000));
  for (let index = 0; index < 2_000; index++) {
    mkdirSync(join(folder, `folder-${index}`, ".opencode"), { recursive: true });
  }
  for (let index = 0; index < 300; index++)
    write(`.github/workflows/${index}.yml`, `run: npm i -g opencode-ai\n# ${"x".repeat(40_000)}\n`);
  write(devcontainer, "{}");
  expect(look()).toBeLessThan(2_000);
  const { setup } = readProject(folder, [devcontainer]);
  expect(setup.length).toBeLessThan(20);
  expect(setup.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(1024 * 1024);
});
