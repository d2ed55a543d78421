/** Programs that a repository brings along, first on PATH as npx puts them, are not started by any command, nor by what that starts. */
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { execFileSync } from "node:child_process";
import { makeFolder, runPiped, write } from "../cli/harness.ts";

const names = ["git", "npm", "npx", "docker", "docker-compose", "devcontainer", "opencode", "node", "sh", "env", "rg", "ssh"];

let folder: string;
let root: string;
let inner: string;
let env: Record<string, string>;
let remove: () => void;

function program(path: string, script: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}
const ran = (): string => (existsSync(join(folder, "ran")) ? readFileSync(join(folder, "ran"), "utf8") : "");

beforeEach(() => {
  ({ folder, remove } = makeFolder());
  root = join(folder, "repository");
  inner = join(root, "packages", "inner");
  const own = join(folder, "own");
  mkdirSync(inner, { recursive: true });
  execFileSync("git", ["init", "--quiet", root]);
  const places = [
    join(root, "node_modules", ".bin"),
    join(inner, "node_modules", ".bin"),
    // Whoever may write above the repository.
    join(folder, "node_modules", ".bin"),
    join(root, "bin"),
    inner,
  ];
  for (const place of places) for (const name of names) program(join(place, name), `echo "$0" >>${join(folder, "ran")}; exit 1`);
  symlinkSync(join(root, "bin"), join(folder, "link"));
  // The user's own Docker, which calls others by name.
  program(join(own, "docker"), '[ "$1" = version ] && git --version && echo 1');
  // It fails at once, where the real one would try to reach its registry.
  program(join(own, "npm"), "exit 1");
  const before = ["", ".", "node_modules/.bin", "../../bin", ...places, join(folder, "link"), join(root, "link-out")];
  symlinkSync(join(root, "bin"), join(root, "link-out"));
  env = {
    PATH: [...before, own, process.env["PATH"]!].join(delimiter),
    HOME: folder,
    npm_config_offline: "true",
    npm_config_registry: "",
  };
  write(root, { ".gitignore": "*.lock\nnode_modules\n", "package.json": "{}\n" });
});
afterEach(() => remove());

describe.each(["the repository", "a folder of it"])("in %s", (where) => {
  const at = (): string => (where === "the repository" ? root : inner);
  const run = async (...args: readonly string[]): Promise<void> => void (await runPiped(args, at(), env));

  test("create, update, check, doctor, verify and remove start none of them", async () => {
    const there = ["--cwd", at()];
    await run(at(), "--yes", "--dry-run");
    await run(at(), "--yes", "--opencode", "latest");
    write(at(), { ".devcontainer/devcontainer.json": '{ "image": "debian:bookworm-slim" }\n' });
    await run(at(), "--yes");
    expect(existsSync(join(at(), "aperture-env.lock"))).toBe(true);
    await run("update", at(), "--opencode", "1.0.1");
    await run("check", at(), "--outdated");
    await run("doctor", at(), "--deep", "--timeout", "0.2", ...there);
    await run("verify", at());
    await run("remove", at(), "--yes");
    expect(ran()).toBe("");
  });
});

test("the control: a shell with that PATH does start them", () => {
  for (const name of ["git", "npm", "docker"]) {
    try {
      execFileSync("/bin/sh", ["-c", `${name} --version`], { cwd: root, env });
    } catch {
      // They end with 1.
    }
  }
  expect(ran().trim().split("\n")).toHaveLength(3);
});
