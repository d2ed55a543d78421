/**
 * Files that hold one sign, or two, over and over, as long as a file may be to be read: what looks for a pattern from each place of such a run, and to
 * its end each time, takes hours. Each kind of file that is read of a repository has some.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startWatchdog } from "./watchdog.ts";
import { makeWorld, type World } from "./world.ts";

// Time is the watchdog's.
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

/** What is said over and over. */
const units = [
  "a",
  "/",
  " ",
  "\t",
  "-",
  "=",
  ",",
  ":",
  "\\",
  ".",
  '"',
  "'",
  "$",
  "{",
  "[",
  "<",
  "a=",
  "a,",
  "a ",
  "://",
  ", ",
  "- ",
  "a/",
  "opencode",
];

/** As much as is read of a file that is known by its name, of one that a dev container names, and of npm's. */
const [known, named, npm] = [60_000, 250_000, 1_000_000];

/** Each kind of file around a run. What looks for other OpenCodes and for variables reads only what mentions them. */
const files: Readonly<Record<string, (run: (length: number) => string) => string>> = {
  ".devcontainer/devcontainer.json": (run) =>
    JSON.stringify({
      build: { dockerfile: "Dockerfile" },
      postCreateCommand: `OPENCODE_CONFIG= opencode ${run(30_000)}`,
      onCreateCommand: "sh set-up.sh",
      containerEnv: { OPENCODE_CONFIG: run(20_000), HTTP_PROXY: run(20_000) },
      mounts: [run(20_000)],
      runArgs: ["-e", run(20_000), `--env-file=${run(10_000)}`],
      image: run(20_000),
      features: { [run(20_000)]: {} },
    }),
  ".devcontainer/Dockerfile": (run) => `# OPENCODE_CONFIG opencode\nFROM debian\nENV ${run(named)}`,
  ".devcontainer/x/devcontainer.json": () => '{ "dockerComposeFile": "compose.yaml", "service": "dev" }',
  ".devcontainer/x/compose.yaml": (run) => `# OPENCODE_CONFIG opencode\nservices:\n  dev:\n    image: ${run(named)}`,
  ".devcontainer/y/devcontainer.json": () => '{ "dockerFile": "Dockerfile" }',
  ".devcontainer/y/Dockerfile": (run) => `# OPENCODE_CONFIG opencode\n${run(named)}!`,
  "set-up.sh": (run) => `# OPENCODE_CONFIG opencode\n${run(named)}!`,
  ".npmrc": (run) => `registry=${run(npm)}!\n`,
  "opencode.json": (run) =>
    JSON.stringify({
      model: run(20_000),
      small_model: `${run(20_000)}/x`,
      provider: { anthropic: { npm: run(20_000), options: { baseURL: run(20_000), apiKey: `://${run(20_000)}!` } } },
      plugin: [run(20_000)],
    }),
  ".opencode/agent/x.md": (run) => `---\nmodel: ${run(named)}!\n---\n`,
  ".opencode/agent/y.md": (run) => `---\n${run(named)}`,
  "package.json": (run) => JSON.stringify({ scripts: { x: `opencode ${run(50_000)}!` } }),
  ".github/workflows/x.yml": (run) => `# OPENCODE_CONFIG opencode\nenv:\n  ${run(known)}!`,
  "mise.toml": (run) => `# OPENCODE_CONFIG opencode\n[tools]\n${run(known)}!`,
  "flake.nix": (run) => `# opencode\n${run(known)}!`,
  Brewfile: (run) => `# opencode\nbrew "${run(known)}!`,
  ".envrc": (run) => `# OPENCODE_CONFIG opencode\n${run(known)}!`,
  Makefile: (run) => `# OPENCODE_CONFIG opencode\n${run(known)}!`,
  ".gitignore": (run) => `${run(known)}!`,
};

describe.each(units)("%j over and over", (unit) => {
  const run = (length: number): string => unit.repeat(Math.floor(length / unit.length));
  beforeEach(() => world.reset(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text(run)]))));

  test.each(["leave", "fix"])("in files of a project, whose settings are to be dealt with by %s", async (way) => {
    watchdog.look([unit, way]);
    const flags = ["--url", "http://ai", "--devcontainers", ".devcontainer/y/devcontainer.json", "--on-bypass", way];
    await world.run("--yes", ...flags);
    await world.run("update", "--yes", "--summary", "markdown", "--name", "another");
    await world.run("check");
  });

  test("in files of an environment", async () => {
    world.reset({});
    watchdog.look([unit]);
    expect((await world.run("--yes", "--url", "http://ai")).exit).toBe(0);
    const ours = world.tree();
    for (const path of [
      ".devcontainer/Dockerfile",
      ".devcontainer/devcontainer.json",
      "aperture-env.yaml",
      "aperture-env.lock",
    ]) {
      watchdog.look([unit, path]);
      const text = ours[path]!.replace(/^\d+ /, "");
      world.reset({
        ...Object.fromEntries(
          Object.entries(ours).flatMap(([name, one]) => (one.endsWith("/") ? [] : [[name, one.replace(/^\d+ /, "")]])),
        ),
        [path]: `${text}\nENV ${run(path.includes("aperture-env.") ? 50_000 : 3_000_000)}!`,
      });
      await world.run("check");
      await world.run("update");
    }
  });
});
