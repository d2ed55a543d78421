/** Two branches that were both updated, merged by real git: lock and generated files are in conflict, and an update settles what nobody wrote. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFolder, runPiped, treeOf, write, type Ran } from "./harness.ts";
import { skipsWithoutGit } from "../support/skips.ts";

const skipped = skipsWithoutGit("merges of branches");

let outside: ReturnType<typeof makeFolder>;
let root: string;
let env: Record<string, string>;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
  env = { PATH: process.env["PATH"]!, HOME: outside.folder, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  for (const who of ["AUTHOR", "COMMITTER"]) {
    env[`GIT_${who}_NAME`] = "Someone";
    env[`GIT_${who}_EMAIL`] = "someone@example.com";
  }
});
afterEach(() => outside.remove());

const git = (...args: string[]): string =>
  execFileSync("git", args, { cwd: root, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const run = (...argv: string[]): Promise<Ran> => runPiped(argv, root, env);
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const dockerfile = ".devcontainer/Dockerfile";
const devcontainer = ".devcontainer/devcontainer.json";
const lock = "aperture-env.lock";

async function succeed(...argv: string[]): Promise<void> {
  expect(await run(...argv)).toMatchObject({ exit: 0 });
}
function commit(message: string): void {
  git("add", "-A");
  git("commit", "-q", "-m", message);
}
/** Adds a line of a person's behind a line of the Dockerfile. */
function addLayer(behind: RegExp, line: string): void {
  const text = read(dockerfile);
  const after = text.replace(behind, (found) => `${found}\n${line}`);
  expect(after).not.toBe(text);
  write(root, { [dockerfile]: after });
}

/** Makes an environment, changes it on two branches, and merges; git has to refuse. */
async function diverge(theirs: () => Promise<void>, ours: () => Promise<void>, files = {}, style = "merge"): Promise<void> {
  git("init", "-q", "-b", "main");
  write(root, files);
  await succeed("--yes", "--name", "sample");
  commit("begin");
  git("checkout", "-q", "-b", "other");
  await theirs();
  commit("theirs");
  git("checkout", "-q", "main");
  await ours();
  commit("ours");
  expect(() => git("-c", `merge.conflictstyle=${style}`, "merge", "-q", "other")).toThrow();
  expect(read(lock)).toContain("<<<<<<<");
}

describe.skipIf(skipped)("a lock in conflict", () => {
  const changes = [
    async () => succeed("update", "--model", "openai/gpt-6.1-sol"),
    async () => succeed("update", "--url", "http://gateway.example"),
  ] as const;

  test.each(["merge", "diff3", "zdiff3"])("is written anew by update, with the answers of both sides: %s", async (style) => {
    await diverge(...changes, {}, style);
    expect(read(devcontainer)).toContain("<<<<<<<");
    const ran = await run("update");
    expect(ran).toMatchObject({ exit: 0 });
    expect(ran.stderr).toContain(
      "Note: git left aperture-env.lock in conflict: what is generated is written anew from the spec.",
    );
    commit("merged");
    expect(read("aperture-env.yaml")).toContain("url: http://gateway.example");
    expect(read("aperture-env.yaml")).toContain("model: openai/gpt-6.1-sol");
    await succeed("check");
    const merged = treeOf(root);
    await succeed("update");
    expect(treeOf(root)).toEqual(merged);
    // As if both had been answered on one branch; but a spec that git merged is nobody's but the user's.
    git("checkout", "-q", "-b", "straight", "main~1^{/begin}");
    await succeed("update", "--model", "openai/gpt-6.1-sol", "--url", "http://gateway.example");
    const specLine = /"aperture-env\.yaml": .*/;
    const straight = treeOf(root);
    expect({ ...straight, [lock]: straight[lock]!.replace(specLine, "") }).toEqual({
      ...merged,
      [lock]: merged[lock]!.replace(specLine, ""),
    });
  });

  test("keeps what people wrote on either side, in places that are not the same", async () => {
    await diverge(
      async () => {
        await succeed("update", "--url", "http://gateway.example");
        addLayer(/^# Your layers for dev, such as .*/m, "RUN tools of the other");
      },
      async () => {
        await succeed("update", "--model", "openai/gpt-6.1-sol");
        addLayer(/^# Your layers for ci, such as .*/m, "RUN tools of ours");
      },
    );
    await succeed("update");
    expect(read(dockerfile)).toMatch(
      /RUN tools of ours\n[^]*RUN tools of the other\n|RUN tools of the other\n[^]*RUN tools of ours\n/,
    );
    await succeed("check");
  });

  test("leaves to a person what two people wrote in one place, and goes on when that is merged by hand", async () => {
    const behind = /^# Your layers for dev, such as .*/m;
    await diverge(
      async () => {
        await changes[0]();
        addLayer(behind, "RUN tools of the other");
      },
      async () => {
        await changes[1]();
        addLayer(behind, "RUN tools of ours");
      },
    );
    const before = treeOf(root);
    for (const how of [[], ["--on-conflict", "keep"], ["--on-conflict", "replace"], ["--restore"]]) {
      const refused = await run("update", ...how);
      expect(refused).toMatchObject({ exit: 3 });
      expect(refused.stdout).toContain(
        `  ! ${dockerfile}\n      has the marks of an unfinished merge, and its sides differ in more than what is generated\n      merge both sides by hand and run again\n`,
      );
      expect(treeOf(root)).toEqual(before);
    }
    write(root, { [dockerfile]: read(dockerfile).replaceAll(/^(?:<{7} .*|={7}|>{7} .*)\n/gm, "") });
    await succeed("update");
    expect(read(dockerfile)).toContain("RUN tools of ours\nRUN tools of the other\n");
    await succeed("check");
  });

  test("the spec comes first; a generated file that both sides changed is written anew", async () => {
    await diverge(
      async () => succeed("update", "--url", "http://one.example"),
      async () => succeed("update", "--url", "http://two.example", "--online", "share"),
    );
    const launcher = ".devcontainer/aperture-env/launcher.sh";
    expect(read(launcher)).toContain("<<<<<<<");
    expect(await run("update")).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("an unresolved git conflict") as string,
    });
    git("checkout", "--theirs", "aperture-env.yaml");
    write(root, { "aperture-env.yaml": read("aperture-env.yaml") });
    const ran = await run("update");
    expect(ran).toMatchObject({ exit: 0 });
    expect(ran.stdout).toContain(`  ~ ${launcher}\n`);
    expect(read(launcher)).toContain("http://one.example");
    expect(read(launcher)).not.toContain("http://two.example");
    await succeed("check");
  });

  test("with a dev container of the user's, whose own edits stay", async () => {
    const theirs = '{\n\t// mine\n\t"image": "debian:12",\n\n\n\n\t"name": "n"\n}\n';
    await diverge(
      async () => {
        await changes[0]();
        write(root, { ".devcontainer.json": read(".devcontainer.json").replace("// mine", "// of the other") });
      },
      changes[1],
      { ".devcontainer.json": theirs },
    );
    expect(read(".devcontainer.json")).toContain("<<<<<<<");
    await succeed("update");
    expect(read(".devcontainer.json")).toContain("// of the other");
    await succeed("check");
    await succeed("remove", "--yes");
    expect(read(".devcontainer.json")).toBe(theirs.replace("// mine", "// of the other"));
  });

  test.each([
    ["check", 3],
    ["remove --yes", 3],
    ["hosts", 3],
    ["doctor", 3],
    ["build --dry-run", 3],
  ] as const)("is no lock for %s, which says what to do and writes nothing", async (words, exit) => {
    await diverge(...changes);
    const before = treeOf(root);
    const ran = await run(...words.split(" "));
    expect(ran.exit).toBe(exit);
    expect(ran.stdout + ran.stderr).toMatch(
      /the marks of an unfinished merge[^]*Resolve aperture-env\.yaml, if it has some, and run {2}npx create-aperture-env update/,
    );
    expect(treeOf(root)).toEqual(before);
  });

  test("with a side that cannot be trusted is damaged", async () => {
    await diverge(...changes);
    write(root, { [lock]: read(lock).replace(/("revision": ")[0-9a-f]{12}/, "$1x") });
    expect((await run("check")).stdout).toContain("is damaged");
  });
});
