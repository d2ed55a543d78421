/** The good paths from end to end, and a person at the terminal. */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { parseLock, type Lock } from "../../src/lock/lock.ts";
import { parseSpec } from "../../src/spec/parse.ts";
import { wantedFiles } from "../support/memory.ts";
import { makeFolder, runAtTerminal, runPiped, treeOf, write, type Files, type Session } from "./harness.ts";
import { skipsWithoutGit } from "../support/skips.ts";

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
});
afterEach(() => outside.remove());

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const lockOf = (folder = root): Lock => parseLock(readFileSync(join(folder, "aperture-env.lock"), "utf8"))!;
const ownFiles = [
  "aperture-env.lock",
  "aperture-env.yaml",
  ...wantedFiles({ kind: "own" }, { connection: "auto" }).map(({ path }) => path),
].sort();
const filesOf = (tree: Files): string[] => Object.keys(tree).filter((path) => !/^[0-7]+\//.test(tree[path]!));
const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync("git", args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
  });

describe("--yes", () => {
  test("writes everything, says what, what next and how to repeat it", async () => {
    const ran = await runPiped(["--yes"], root);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(filesOf(treeOf(root))).toEqual(ownFiles);
    expect(ran.stdout).toMatch(/^ {2}aperture\.url +http:\/\/ai +default\n/);
    expect(ran.stdout).toMatch(/^ {2}name +sample +detected: the folder$/m);
    for (const path of ownFiles) expect(ran.stdout).toContain(`  + ${path}\n`);
    expect(ran.stdout).toMatch(new RegExp(`\n\nWritten: ${ownFiles.length} new\\.\n$`));
    expect(ran.stderr).toMatch(
      /^\nNext:\n(?: {2}.*\n){2,4}Repeat this:\n {2}npm create aperture-env@latest -- --name sample --yes\n$/,
    );
    expect(ran.stdout + ran.stderr).not.toContain("\u001b");
  });

  test("where a container becomes a node, the next steps say first what lets it in", async () => {
    const made = await runPiped(["--yes", "--connection", "userspace"], root);
    expect(made.stderr).toContain("  1. Before the container starts, set TS_AUTHKEY to a Tailscale auth key; ");
    rmSync(root, { recursive: true });
    const other = await runPiped(["--yes", "--connection", "network"], root);
    expect(other.stderr).toContain("\nNext:\n");
    expect(other.stderr).not.toContain("auth key");
  });

  describe.skipIf(skipsWithoutGit("the command that commits"))(
    "the next step names what was written, by paths that work where one stands, and nothing else",
    () => {
      const stepsOf = ({ stderr }: { readonly stderr: string }): string[] =>
        (/\nNext:\n((?: {2}.*\n)+)/.exec(stderr)?.[1] ?? "")
          .trimEnd()
          .split("\n")
          .map((line) => line.replace(/^ {2}\d+\. /, ""));
      const commit = "&& git commit -m 'Add the Aperture environment'";
      const paths = (up: string): string =>
        ["Dockerfile", "aperture-env", "devcontainer.json"].map((name) => `${up}.devcontainer/${name}`).join(" ");

      test("at the top of a repository, and what git then has is all of it and no more", async () => {
        git(root, "init", "--quiet");
        write(root, { "notes.txt": "mine", ".devcontainer/mine.sh": "#" });
        const [step] = stepsOf(await runPiped(["--yes"], root));
        expect(step).toBe(`git add ${paths("")} aperture-env.yaml aperture-env.lock ${commit}`);
        execFileSync("sh", ["-c", step!.split(" && ")[0]!], { cwd: root });
        const added = git(root, "diff", "--cached", "--name-only");
        expect(added.trim().split("\n").sort()).toEqual([...ownFiles].sort());
      });

      test("from a folder below, and for a folder that is named", async () => {
        git(root, "init", "--quiet");
        write(root, { "src/": "", "other/": "" });
        const [below] = stepsOf(await runPiped(["--yes"], join(root, "src")));
        expect(below).toBe(`git add ${paths("../")} ../aperture-env.yaml ../aperture-env.lock ${commit}`);
        const named = stepsOf(await runPiped(["other", "--yes"], root));
        expect(named.slice(0, 2)).toEqual(["cd other", `git add ${paths("")} aperture-env.yaml aperture-env.lock ${commit}`]);
      });

      test("no cd for the folder in which one stands, whatever it is called", async () => {
        git(root, "init", "--quiet");
        symlinkSync(root, join(root, "..", "link"));
        for (const name of [".", "./", "../sample", root, "../link"]) {
          const ran = await runPiped([name, "--yes"], root);
          expect(stepsOf(ran)[0], name).toBe(`git add ${paths("")} aperture-env.yaml aperture-env.lock ${commit}`);
          expect(ran.stderr, name).toContain(`npm create aperture-env@latest ${name} -- `);
          await runPiped(["remove", "--yes"], root);
        }
      });

      test("cd leads from where one stands, with --cwd, too", async () => {
        write(root, { "other/inner/": "" });
        const first = async (...args: string[]): Promise<string> => stepsOf(await runPiped([...args, "--yes"], root))[0]!;
        expect(await first("inner", "--cwd=other")).toBe("cd other/inner");
        expect(await first(".", "--cwd=other")).toBe("cd other");
        expect(await first("..", "--cwd=other")).not.toMatch(/^cd /);
      });

      test("only the file of the user's that was edited, beside our own", async () => {
        git(root, "init", "--quiet");
        write(root, { ".devcontainer/devcontainer.json": '{ "image": "debian" }\n' });
        const [step] = stepsOf(await runPiped(["--yes"], root));
        expect(step).toBe(
          `git add .devcontainer/aperture-env .devcontainer/devcontainer.json aperture-env.yaml aperture-env.lock ${commit}`,
        );
      });

      test("the files behind links, which git adds", async () => {
        git(root, "init", "--quiet");
        write(root, { "conf/py/devcontainer.json": '{ "image": "debian" }\n', "other.json": '{ "image": "debian" }\n' });
        symlinkSync("conf", join(root, ".devcontainer"));
        symlinkSync("other.json", join(root, ".devcontainer.json"));
        const [step] = stepsOf(await runPiped(["--yes"], root));
        execFileSync("sh", ["-c", step!.split(" && ")[0]!], { cwd: root });
        const added = git(root, "diff", "--cached", "--name-only");
        for (const path of ["conf/aperture-env/install.sh", "conf/py/devcontainer.json", "other.json", "aperture-env.lock"])
          expect(added.split("\n")).toContain(path);
      });

      test("none where there is no git, and none where git ignores something of it", async () => {
        expect(stepsOf(await runPiped(["--yes"], root)).join()).not.toContain("git add");
        const other = join(root, "..", "ignoring");
        write(other, { ".gitignore": "*.lock\n" });
        git(other, "init", "--quiet");
        const ran = await runPiped(["--yes"], other);
        expect(stepsOf(ran).join()).not.toContain("git add");
        expect(ran.stdout + ran.stderr).toContain("git add -f aperture-env.lock");
      });
    },
  );

  test("scripts can be executed, the rest cannot", async () => {
    await runPiped(["--yes"], root);
    const executable = ownFiles.filter((path) => (statSync(join(root, path)).mode & 0o111) !== 0);
    expect(executable).toEqual(ownFiles.filter((path) => path.endsWith(".sh")));
  });

  test("a second run changes nothing", async () => {
    await runPiped(["--yes"], root);
    const before = treeOf(root, true);
    for (const argv of [[], ["--yes"], ["--dry-run"], ["--diff"], ["--yes", "--url", "http://ai"]]) {
      const ran = await runPiped(argv, root);
      expect(ran.exit, ran.stderr).toBe(0);
      expect(ran.stdout).toMatch(/\n\nNothing to do: everything is up to date\.\n$/);
      expect(ran.stdout).not.toMatch(/^ {2}[+~!] /m);
    }
    expect(treeOf(root, true)).toEqual(before);
  });

  test("the line that repeats it makes the same tree elsewhere", async () => {
    const argv = [
      "--yes",
      "--url",
      "gw:8080/v1",
      "--providers",
      "openai",
      "--model",
      "openai/o3",
      "--base",
      "alpine",
      "--name",
      "it's --mine",
      "--managed",
    ];
    const first = await runPiped(argv, root);
    expect(first.exit, first.stderr).toBe(0);
    expect(first.stderr).toContain(
      "Note: read gw:8080/v1 as http://gw:8080: Aperture is reached over http, WireGuard encrypts it.\n",
    );
    const line = /^Repeat this:\n {2}npm create aperture-env@latest -- (.*)\n$/m.exec(first.stderr)![1]!;
    const words = execFileSync("sh", ["-c", `printf '%s\\0' ${line}`], { encoding: "utf8" })
      .split("\0")
      .slice(0, -1);
    expect(words).toEqual(
      [
        ["--url", "http://gw:8080", "--providers", "openai", "--model", "openai/o3", "--managed", "--base", "alpine"],
        ["--name", "it's --mine", "--yes"],
      ].flat(),
    );
    const other = join(outside.folder, "other");
    mkdirSync(other);
    expect((await runPiped(words, other)).exit).toBe(0);
    expect(treeOf(other)).toEqual(treeOf(root));
  });

  test("an edited spec is what counts, and edits elsewhere stay", async () => {
    await runPiped(["--yes"], root);
    write(root, {
      "aperture-env.yaml": read("aperture-env.yaml").replace("url: http://ai", "url: https://ai.example.ts.net # ours"),
      ".devcontainer/devcontainer.json": read(".devcontainer/devcontainer.json").replace(
        /\n\}\n$/,
        ',\n  "forwardPorts": [3000]\n}\n',
      ),
    });
    const spec = read("aperture-env.yaml");
    const ran = await runPiped([], root);
    expect(ran.exit, ran.stdout).toBe(0);
    expect(read("aperture-env.yaml")).toBe(spec);
    expect(lockOf().answers.url).toBe("https://ai.example.ts.net");
    expect(read(".devcontainer/Dockerfile")).toContain("ENV APERTURE_URL=https://ai.example.ts.net");
    expect(read(".devcontainer/devcontainer.json")).toContain('"forwardPorts": [3000]');
    expect(read(".devcontainer/devcontainer.json")).toContain(lockOf().revision);
    expect((await runPiped([], root)).stdout).toContain("Nothing to do");
  });

  test("what was deleted stays so: the lock notes it once", async () => {
    await runPiped(["--yes"], root);
    const path = ".devcontainer/aperture-env/spec.schema.json";
    const locked = lockOf().files[path]!;
    rmSync(join(root, path));
    const before = treeOf(root);
    const first = await runPiped(["--yes"], root);
    expect(first.stdout).toMatch(/= \.devcontainer\/aperture-env\/spec\.schema\.json {2}deleted by you, stays deleted/);
    expect(first.stdout).toMatch(/\n {2}~ aperture-env\.lock\n\nWritten: 1 changed, /);
    const note =
      "Note: 1 generated file stays deleted, and the environment may not work without; npx create-aperture-env update --restore restores what is missing.\n";
    expect(first.stderr).toContain(note);
    expect(lockOf().files[path]).toEqual({ ...locked, deleted: true });
    expect({ ...treeOf(root), "aperture-env.lock": "" }).toEqual({ ...before, "aperture-env.lock": "" });
    const after = treeOf(root, true);
    const second = await runPiped(["--yes"], root);
    expect(second.stdout).toContain("deleted by you, stays deleted");
    expect(second.stdout).toContain("Nothing to do");
    expect(second.stderr).toContain(note);
    expect(treeOf(root, true)).toEqual(after);
  });
});

describe("a flag and a spec", () => {
  const commented = "# mine\naperture:\n  url: http://spec # the old one\n\nproviders:\n  openai: {} # theirs\n";

  test("a flag's other value is written into the spec, at its key, and is used from then on", async () => {
    write(root, { "aperture-env.yaml": commented });
    expect((await runPiped([], root)).exit).toBe(0);
    const flags = ["--url", "gw", "--managed", "--container-env", "TZ=UTC", "--hook", "postCreateCommand=npm ci"];
    const dry = await runPiped([...flags, "--dry-run", "--diff"], root);
    expect(read("aperture-env.yaml")).toBe(commented);
    expect(dry.stdout).toContain("\n--- a/aperture-env.yaml\n+++ b/aperture-env.yaml\n");
    expect(dry.stdout).toContain("\n-  url: http://spec # the old one\n+  url: http://gw # the old one\n");
    const ran = await runPiped(flags, root);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/^ {2}aperture\.url +http:\/\/gw +flag$/m);
    expect(ran.stdout).toContain("  ~ aperture-env.yaml  edited in place\n");
    const spec = read("aperture-env.yaml");
    expect(spec.startsWith(commented.replace("http://spec", "http://gw"))).toBe(true);
    expect(parseSpec(spec)).toMatchObject({
      managed: { value: true },
      containerEnv: { value: { TZ: "UTC" } },
      hooks: { value: { postCreateCommand: "npm ci" } },
    });
    expect(lockOf().answers).toMatchObject({ url: "http://gw", managed: true, containerEnv: { TZ: "UTC" } });
    const before = treeOf(root, true);
    for (const argv of [[], flags]) expect((await runPiped(argv, root)).stdout).toContain("Nothing to do");
    expect(treeOf(root, true)).toEqual(before);
  });

  test("a flag with the value of the spec, the lock or a default changes nothing", async () => {
    write(root, { "aperture-env.yaml": commented });
    expect((await runPiped([], root)).exit).toBe(0);
    const before = treeOf(root, true);
    const same = [
      "--url",
      "spec/v1",
      "--providers",
      "openai",
      "--model",
      "openai/gpt-6.1-sol",
      "--name",
      "sample",
      "--base",
      "debian",
    ];
    const ran = await runPiped([...same, "--opencode", pinnedRelease.version, "--outputs", "devcontainer"], root);
    expect(ran.stdout).toContain("Nothing to do");
    expect(treeOf(root, true)).toEqual(before);
  });

  test.each([
    ["hooks", ["--hook", "postStartCommand=b", "--hook", "onCreateCommand=a"]],
    ["variables", ["--container-env", "B=2", "--container-env", "A=1"]],
    ["providers", ["--providers", "openai,anthropic"]],
  ])("%s in another order: the run after it changes nothing more", async (_what, flags) => {
    const asked = "devcontainer:\n  hooks: { onCreateCommand: a, postStartCommand: b }\n  containerEnv: { A: 1, B: 2 }\n";
    write(root, { "aperture-env.yaml": `providers: { anthropic: {}, openai: {} }\n${asked}`, ".devcontainer.json": "{}" });
    expect((await runPiped(["--yes"], root)).exit).toBe(0);
    expect((await runPiped(flags, root)).exit).toBe(0);
    const before = treeOf(root, true);
    expect((await runPiped([], root)).exit).toBe(0);
    expect(treeOf(root, true)).toEqual(before);
  });

  test("a spec that is wrong is mended by the flag", async () => {
    write(root, { "aperture-env.yaml": "aperture:\n  url: ftp://x # mine\n" });
    expect((await runPiped([], root)).exit).toBe(2);
    expect((await runPiped(["--url", "gw"], root)).exit).toBe(0);
    expect(read("aperture-env.yaml")).toBe("aperture:\n  url: http://gw # mine\n");
  });
});

describe("where", () => {
  test.each(["app", 'my app\'s/new "one"', "./update", "a/../b"])(
    "[dir] %j is made, and named in what comes next",
    async (directory) => {
      const ran = await runPiped([directory, "--yes"], root);
      expect(ran.exit, ran.stderr).toBe(0);
      expect(filesOf(treeOf(join(root, directory)))).toEqual(ownFiles);
      const step = /^ {2}1\. cd (.*)$/m.exec(ran.stderr)![1]!;
      expect(execFileSync("sh", ["-c", `printf %s ${step}`], { encoding: "utf8" })).toBe(directory);
    },
  );

  test("[dir] in a git repository is that folder", async () => {
    write(root, { ".git/HEAD": "ref: refs/heads/main\n" });
    expect((await runPiped(["app", "--yes"], root)).exit).toBe(0);
    expect(filesOf(treeOf(root))).toEqual(ownFiles.map((path) => `app/${path}`));
  });

  test("from a folder below, git's top folder is taken", async () => {
    write(root, { ".git/HEAD": "ref: refs/heads/main\n", "a/b/x": "" });
    expect((await runPiped(["--yes"], join(root, "a/b"))).exit).toBe(0);
    expect(filesOf(treeOf(root))).toEqual([...ownFiles, "a/b/x"].sort());
    expect(lockOf().answers.name).toBe("sample");
  });

  test("from a folder with an environment of its own, that is taken, by every command", async () => {
    write(root, { ".git/HEAD": "ref: refs/heads/main\n", "a/b/x": "" });
    expect((await runPiped(["a", "--yes"], root)).exit).toBe(0);
    const before = treeOf(root);
    for (const [folder, command] of [
      ["a", "check"],
      ["a/b", "check"],
      ["a", "update"],
      ["a/b", "hosts"],
    ] as const)
      expect(await runPiped([command], join(root, folder))).toMatchObject({ exit: 0 });
    const again = await runPiped(["--yes"], join(root, "a/b"));
    expect(again.stdout).toContain("Nothing to do");
    expect(again.stderr).toContain(`, for ${join(root, "a")}\n`);
    expect(treeOf(root)).toEqual(before);
    expect((await runPiped(["remove", "--yes"], join(root, "a/b"))).exit).toBe(0);
    expect(filesOf(treeOf(root))).toEqual(["a/b/x"]);
  });

  test("--cwd, relative or not, and with [dir]", async () => {
    write(root, { "sub/x": "" });
    expect((await runPiped(["--yes", "--cwd", "sub"], root)).exit).toBe(0);
    expect(lockOf(join(root, "sub")).answers.name).toBe("sub");
    expect((await runPiped(["--yes", "--cwd", join(root, "sub"), "app"], outside.folder)).exit).toBe(0);
    expect(lockOf(join(root, "sub/app")).answers.name).toBe("app");
    expect(filesOf(treeOf(root)).filter((path) => !path.startsWith("sub/"))).toEqual([]);
  });
});

describe("what decides", () => {
  test("variables, and the official one", async () => {
    const env = {
      APERTURE_ENDPOINT: "http://gw/v1",
      APERTURE_ENV_PROVIDERS: "openai",
      APERTURE_ENV_MANAGED: "yes",
      APERTURE_ENV_NAME: "named",
    };
    const ran = await runPiped(["--yes"], root, env);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(lockOf().answers).toMatchObject({ url: "http://gw", model: "openai/gpt-6.1-sol", managed: true, name: "named" });
    expect(ran.stdout).toMatch(/^ {2}aperture\.url +http:\/\/gw +environment: APERTURE_ENDPOINT$/m);
    expect(ran.stderr).toContain("Note: took /v1 off: it is added for each provider.\n");
  });

  test("variables do not stand against a spec", async () => {
    write(root, { "aperture-env.yaml": "aperture: { url: http://spec }\n" });
    expect((await runPiped([], root, { APERTURE_ENDPOINT: "http://mine", APERTURE_ENV_NAME: "mine" })).exit).toBe(0);
    expect(lockOf().answers).toMatchObject({ url: "http://spec", name: "sample" });
    expect(read("aperture-env.yaml")).toBe("aperture: { url: http://spec }\n");
  });

  test("the repository's language", async () => {
    write(root, { "go.mod": "module x\n", "package.json": "{}" });
    const ran = await runPiped(["--yes"], root);
    expect(ran.stdout).toMatch(/^ {2}base +go +detected: go\.mod$/m);
    expect(read(".devcontainer/Dockerfile")).toMatch(/^FROM \S+\/go:\S+ AS dev$/m);
  });

  test("npm's dry run and npm's JSON", async () => {
    const ran = await runPiped(["--yes"], root, { npm_command: "init", npm_config_dry_run: "true", npm_config_json: "true" });
    expect(ran.exit).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ schemaVersion: 1, status: "planned" });
    expect(treeOf(root)).toEqual({});
  });
});

describe("nothing is written", () => {
  test("with --dry-run, which shows the same plan", async () => {
    const before = treeOf(outside.folder, true);
    const ran = await runPiped(["--yes", "--dry-run"], root);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/\n\n\d+ new\. Nothing was written \(--dry-run\)\.\n$/);
    expect(ran.stderr).toBe("");
    expect(treeOf(outside.folder, true)).toEqual(before);
    const real = await runPiped(["--yes"], root);
    const plan = (text: string): string => text.slice(0, text.lastIndexOf("\n\n"));
    expect(plan(real.stdout)).toBe(plan(ran.stdout));
  });

  test("into a folder that is not there", async () => {
    expect((await runPiped(["app/deeper", "--yes", "--dry-run", "--diff"], root)).exit).toBe(0);
    expect(treeOf(root)).toEqual({});
  });

  test.each(["--help", "-h", "help", "--version", "-V", "help check", "check --help"])("with %s", async (line) => {
    const ran = await runPiped(line.split(" "), root);
    expect(ran).toMatchObject({ exit: 0, stderr: "" });
    expect(ran.stdout).toMatch(/\S\n$/);
    expect(treeOf(root)).toEqual({});
  });
});

describe("a word that is nearly a command", () => {
  test("is refused without a terminal, and nothing is written", async () => {
    for (const argv of [["updat", "--yes"], ["chek"], ["docter", "--dry-run", "--yes"]]) {
      const ran = await runPiped(argv, root);
      expect(ran).toMatchObject({ exit: 2, stdout: "" });
      expect(ran.stderr).toMatch(
        /^(\w+) is neither a command nor a folder; did you mean (\w+)\?\nDid you mean {2}npx create-aperture-env \2 {2}\? .*\.\/\1\n$/,
      );
    }
    expect(treeOf(root)).toEqual({});
  });

  test("is a folder where it is written as one, or is there", async () => {
    expect((await runPiped(["./updat", "--yes", "--dry-run"], root)).exit).toBe(0);
    expect((await runPiped(["create", "updat", "--yes", "--dry-run"], root)).exit).toBe(0);
    write(root, { "updat/": "" });
    expect((await runPiped(["updat", "--yes"], root)).exit).toBe(0);
    expect(Object.keys(treeOf(root))).toContain("updat/aperture-env.yaml");
  });

  test("is asked back at a terminal", async () => {
    const stopped = runAtTerminal(["remov"], root);
    await stopped.until("remov is neither a command nor a folder");
    stopped.press("\r");
    expect(await stopped.done).toMatchObject({ exit: 2 });
    expect(treeOf(root)).toEqual({});
    const goesOn = runAtTerminal(["remov"], root);
    await goesOn.until("remov is neither a command nor a folder");
    goesOn.press("\u001B[B\r");
    await goesOn.until("gateway");
    goesOn.press("\u0003");
    expect(await goesOn.done).toMatchObject({ exit: 130 });
  });
});

test("a switch that is said to be off is off, over a variable, and the run can be repeated", async () => {
  const ran = await runPiped(["--yes", "--managed=false"], root, { APERTURE_ENV_MANAGED: "true" });
  expect(ran.exit, ran.stderr).toBe(0);
  expect(ran.stderr).toMatch(/Repeat this:\n.* --managed=false /);
  expect(Object.keys(treeOf(root))).not.toContain("false");
  expect(readFileSync(join(root, "aperture-env.lock"), "utf8")).toContain('"managed": false');
});

describe("--diff", () => {
  const features = '{\r\n\t"image": "debian", // base\r\n\t"features": {\r\n\t\t"ghcr.io/a/b:1": {}\r\n\t}\r\n}';
  const repositories: readonly (readonly [string, Files, readonly string[]])[] = [
    ["an empty folder", {}, []],
    ["a dev container of the user's with CRLF and no final newline", { ".devcontainer/devcontainer.json": features }, []],
    ["a dev container in a folder with a space", { ".devcontainer/my env/devcontainer.json": "{\n}\n" }, []],
    [
      "dev containers in three places",
      { ".devcontainer.json": "{}", ".devcontainer/a/devcontainer.json": "{\r\n}", ".devcontainer/b/devcontainer.json": "{}\n" },
      ["--container-env", "A=1"],
    ],
    ["a spec that a flag changes", { "aperture-env.yaml": "aperture: { url: http://gw } # mine" }, ["--url", "http://other"]],
    ["a dev container on one line", { ".devcontainer.json": '{ "image": "debian" }' }, []],
    ["a spec of one line", { "aperture-env.yaml": "aperture: { url: http://gw }" }, []],
    ["a name of many characters", {}, ["--name", "é🚀 'x' \"y\" #z"]],
  ];

  const noGit = skipsWithoutGit("patches that git takes");
  test.skipIf(noGit).each(repositories)("is a patch that git takes, and gives the same tree: %s", async (_what, files, argv) => {
    write(root, files);
    const copy = join(outside.folder, "copy", "sample");
    mkdirSync(copy, { recursive: true });
    write(copy, files);
    const shown = await runPiped(["--yes", "--diff", "--dry-run", ...argv], root);
    expect(shown.exit, shown.stderr).toBe(0);
    expect(treeOf(root)).toEqual(treeOf(copy));
    git(copy, "init", "-q");
    const patch = join(outside.folder, "patch");
    write(outside.folder, { patch: shown.stdout.slice(shown.stdout.indexOf("diff --git ")) });
    git(copy, "apply", "--whitespace=nowarn", patch);
    expect((await runPiped(["--yes", ...argv], root)).exit).toBe(0);
    expect(treeOf(copy)).toEqual(treeOf(root));
    write(outside.folder, { patch: shown.stdout });
    git(copy, "apply", "--whitespace=nowarn", "-R", patch);
    expect(filesOf(treeOf(copy)), "and back").toEqual(Object.keys(files));
  });

  test.skipIf(noGit)("of a change in the spec", async () => {
    await runPiped(["--yes"], root);
    chmodSync(join(root, ".devcontainer/Dockerfile"), 0o600);
    const copy = join(outside.folder, "copy", "sample");
    mkdirSync(join(outside.folder, "copy"));
    cpSync(root, copy, { recursive: true });
    for (const folder of [root, copy]) {
      const text = readFileSync(join(folder, "aperture-env.yaml"), "utf8");
      write(folder, { "aperture-env.yaml": text.replace("base: debian", "base: { image: a:1, libc: musl, user: 0 }") });
    }
    const ran = await runPiped(["--diff"], root);
    expect(ran.exit, ran.stderr).toBe(0);
    git(copy, "init", "-q");
    write(outside.folder, { patch: ran.stdout });
    git(copy, "apply", join(outside.folder, "patch"));
    const texts = (folder: string): string[] => Object.values(treeOf(folder)).map((entry) => entry.replace(/^[0-7]+ /, ""));
    expect(texts(copy)).toEqual(texts(root));
    expect(statSync(join(root, ".devcontainer/Dockerfile")).mode & 0o777).toBe(0o600);
  });
});

describe("--json", () => {
  test("is one object on stdout and nothing else", async () => {
    const ran = await runPiped(["--yes", "--json", "--url", "gw"], root);
    expect(ran).toMatchObject({ exit: 0, stderr: "" });
    const result = JSON.parse(ran.stdout) as Record<string, unknown>;
    expect(result).toMatchObject({
      schemaVersion: 1,
      status: "written",
      root,
      revision: lockOf().revision,
      conflicts: 0,
      warnings: [expect.stringMatching(/^read gw as http:\/\/gw/)],
      repeat: "npm create aperture-env@latest -- --url http://gw --name sample --yes",
      answers: { url: { value: "http://gw", source: "flag" }, base: { value: "debian", source: "default" } },
    });
    expect((result["changes"] as { kind: string; path: string }[]).map(({ kind, path }) => `${kind} ${path}`).sort()).toEqual(
      ownFiles.map((path) => `create ${path}`),
    );
    expect(result["next"]).toHaveLength(2);
    expect(filesOf(treeOf(root))).toEqual(ownFiles);
  });

  test("says planned and unchanged, too", async () => {
    expect(JSON.parse((await runPiped(["--yes", "--json", "--dry-run"], root)).stdout)).toMatchObject({ status: "planned" });
    expect(treeOf(root)).toEqual({});
    await runPiped(["--yes"], root);
    expect(JSON.parse((await runPiped(["--json"], root)).stdout)).toMatchObject({
      schemaVersion: 1,
      status: "unchanged",
      conflicts: 0,
    });
  });
});

describe("several dev containers of the user's", () => {
  const files = [".devcontainer.json", ".devcontainer/a/devcontainer.json", ".devcontainer/b c/devcontainer.json"];
  const added = (): string[] => files.filter((path) => read(path).includes("aperture-env"));
  beforeEach(() => write(root, Object.fromEntries(files.map((path) => [path, '{ "image": "debian" }\n']))));

  test("--yes takes all of them, and says so", async () => {
    const ran = await runPiped(["--yes"], root);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(new RegExp(`^ {2}devcontainer\\.files +all +detected: ${files.join(", ")}$`, "m"));
    expect(added()).toEqual(files);
    expect(read("aperture-env.yaml"), "all is not written down: those to come are meant, too").not.toMatch(/^devcontainer:/m);
    expect((await runPiped(["--yes"], root)).stdout).toContain("Nothing to do");
    // One more is one of all.
    write(root, { ".devcontainer/d/devcontainer.json": "{}" });
    expect((await runPiped(["--yes"], root)).exit).toBe(0);
    expect(read(".devcontainer/d/devcontainer.json")).toContain("./../aperture-env");
  });

  test("--devcontainers takes those, and no others", async () => {
    const chosen = files.slice(1);
    const ran = await runPiped(["--yes", "--devcontainers", [...chosen].reverse().join(",")], root);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(added()).toEqual(chosen);
    expect(read(files[0]!)).toBe('{ "image": "debian" }\n');
    expect(parseSpec(read("aperture-env.yaml")).devcontainers?.value).toEqual(chosen);
    // The two name the Feature the same, so that it can depend on the nested one.
    expect(read(".devcontainer/aperture-env/devcontainer-feature.json")).toContain('"./../aperture-env/opencode"');
    expect((await runPiped(["--yes"], root)).stdout).toContain("Nothing to do");
    // From then on others are the spec's to say.
    const fewer = await runPiped(["--yes", "--devcontainers", files[0]!], root);
    expect(fewer.exit, fewer.stdout).toBe(0);
    expect(added()).toEqual([files[0]]);
    for (const path of chosen) expect(read(path)).toBe('{ "image": "debian" }\n');
    expect((await runPiped(["--yes"], root)).stdout).toContain("Nothing to do");
  });

  test("a variable says which, too", async () => {
    const ran = await runPiped(["--yes"], root, { APERTURE_ENV_DEVCONTAINERS: files[2]! });
    expect(ran.exit, ran.stderr).toBe(0);
    expect(added()).toEqual([files[2]]);
  });

  test("at a terminal it is asked: all is proposed, and others can be picked", async () => {
    const flags = [
      "--url",
      "ai",
      "--providers",
      "openai",
      "--model",
      "openai/gpt-6.1-sol",
      "--small-model",
      "openai/gpt-6.1-sol",
    ];
    const session = runAtTerminal(flags, root);
    await session.until("Which dev containers should get OpenCode?");
    await session.until("including future ones");
    // All is taken out, the second of the files is picked.
    session.press(" \u001b[B\u001b[B ");
    session.press("\r");
    await session.until("Write these files?");
    session.press("y");
    const ran = await session.done;
    expect(ran.exit, ran.stderr).toBe(0);
    expect(added()).toEqual([files[1]]);
    expect(ran.stderr).toContain(`--devcontainers ${files[1]!} --yes`);
  });

  test("at a terminal Enter takes all", async () => {
    const flags = [
      "--url",
      "ai",
      "--providers",
      "openai",
      "--model",
      "openai/gpt-6.1-sol",
      "--small-model",
      "openai/gpt-6.1-sol",
    ];
    const session = runAtTerminal(flags, root);
    await session.until("Which dev containers should get OpenCode?");
    session.press("\r");
    await session.until("Write these files?");
    session.press("y");
    expect((await session.done).exit).toBe(0);
    expect(added()).toEqual(files);
  });

  test("Ctrl-C at that question leaves everything as it was", async () => {
    const before = treeOf(outside.folder, true);
    const session = runAtTerminal(
      ["--url", "ai", "--providers", "openai", "--model", "openai/gpt-6.1-sol", "--small-model", "openai/gpt-6.1-sol"],
      root,
    );
    await session.until("Which dev containers should get OpenCode?");
    session.press("\u0003");
    expect((await session.done).exit).toBe(130);
    expect(treeOf(outside.folder, true)).toEqual(before);
  });
});

describe("a dev container of the user's", () => {
  test("gets variables and ports beside the user's, and hooks through the Feature", async () => {
    write(root, {
      ".devcontainer.json": '{\n  "containerEnv": { "A": "mine" }, // ours\n  "postCreateCommand": "make"\n}\n',
    });
    const flags = [
      "--container-env",
      "A=1",
      "--container-env",
      "B=a=b c",
      "--forward-ports",
      "3000,db:5432",
      "--hook",
      "postCreateCommand=npm ci",
    ];
    const ran = await runPiped(["--yes", ...flags], root);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/~ \.devcontainer\.json {2}edited in place\n +containerEnv › A keeps your value\n/);
    const now = JSON.parse(read(".devcontainer.json").replace(" // ours", "")) as Record<string, unknown>;
    expect(now).toMatchObject({
      containerEnv: { A: "mine", B: "a=b c" },
      forwardPorts: [3000, "db:5432"],
      postCreateCommand: "make",
    });
    const feature = JSON.parse(read(".devcontainer/aperture-env/devcontainer-feature.json")) as Record<string, unknown>;
    expect(feature["postCreateCommand"]).toBe("npm ci");
    const line = /^Repeat this:\n {2}npm create aperture-env@latest -- (.*)\n$/m.exec(ran.stderr)![1]!;
    expect(line).toBe(
      "--name sample --container-env A=1 --container-env 'B=a=b c' --forward-ports 3000,db:5432 --hook 'postCreateCommand=npm ci' --yes",
    );
    expect((await runPiped(["--yes", ...flags], root)).stdout).toContain("Nothing to do");
  });

  test("gets one key, and the Feature folder beside it", async () => {
    const theirs = '{\n  // ours\n  "image": "debian:12", // pinned\n  "forwardPorts": [3000]\n}\n';
    write(root, { ".devcontainer/devcontainer.json": theirs, ".devcontainer/Dockerfile": "FROM x\n" });
    const ran = await runPiped(["--yes"], root);
    expect(ran.exit, ran.stdout).toBe(0);
    expect(ran.stdout).toMatch(/^ {2}~ \.devcontainer\/devcontainer\.json {2}/m);
    const now = read(".devcontainer/devcontainer.json");
    expect(now).toBe(
      theirs.replace(
        "[3000]\n",
        `[3000],\n  "features": {\n    "./aperture-env": {\n      "revision": "${lockOf().revision}"\n    }\n  }\n`,
      ),
    );
    expect(read(".devcontainer/Dockerfile")).toBe("FROM x\n");
    expect(lockOf().registry).toBe("http://npm.example");
    expect((await runPiped(["--yes"], root)).stdout).toContain("Nothing to do");
  });
});

describe("a person at the terminal", () => {
  const questions = [
    "Where is the gateway?",
    "Which providers should OpenCode use?",
    "Which model by default?",
    "Which small model, for titles and summaries?",
    "Which base image?",
    "Write these files?",
  ] as const;

  /** Accepts what is proposed, up to the question of that number. */
  const acceptUntil = (session: Session, number: number): Promise<void> => acceptFrom(session, 0, number);
  async function acceptFrom(session: Session, first: number, number: number): Promise<void> {
    for (const [index, question] of questions.entries()) {
      if (index < first) continue;
      await session.until(question);
      if (index === number) return;
      session.press("\r");
    }
  }

  test("accepts every proposal", async () => {
    const session = runAtTerminal([], root);
    await acceptUntil(session, 5);
    session.press("\r");
    const ran = await session.done;
    expect(ran.exit, ran.stderr).toBe(0);
    expect(session.isRaw()).toBe(false);
    expect(filesOf(treeOf(root))).toEqual(ownFiles);
    const piped = join(outside.folder, "piped", "sample");
    mkdirSync(piped, { recursive: true });
    await runPiped(["--yes"], piped);
    expect(treeOf(piped)).toEqual(treeOf(root));
    expect(ran.stdout).toMatch(/^┌ {2}create-aperture-env \S+: OpenCode through Aperture\n│ {2}for \/.*\/sample\n/);
    expect(ran.stdout).toMatch(/\n└ {2}Written: \d+ new\.\n\n$/);
    expect(ran.stderr).toMatch(/^Next:\n {2}1\. .*\n {2}2\. /);
    expect(ran.stderr).toContain(
      "Repeat this:\n  npm create aperture-env@latest -- --url http://ai --providers anthropic,openai --model ",
    );
  });

  test("types answers, is corrected, and gets what was typed", async () => {
    write(root, { "go.mod": "module x\n" });
    const session = runAtTerminal([], root);
    const backspaces = "\u007f".repeat(60);
    await session.until(questions[0]);
    session.press(`${backspaces}ftp://gw\r`);
    await session.until("the gateway speaks http or https, not ftp: write http://gw");
    session.press(`${backspaces}gw:8080/v1\r`);
    await session.until(questions[1]);
    // Anthropic stands above OpenAI, on which the list begins: taken out, OpenAI stays.
    session.press("\u001b[A");
    session.press("\t");
    session.press("\r");
    await session.until(questions[2]);
    // Typing searches; what is in no list is behind the last line.
    session.press("another");
    await session.until("another model …");
    session.press("\r");
    await session.until("Which model? (provider/model)");
    session.press(`${backspaces}anthropic/claude-opus-4-5\r`);
    await session.until("is not enabled");
    session.press(`${backspaces}openai/house\r`);
    await session.until(questions[3]);
    session.press("\r");
    await session.until(questions[4]);
    await session.until("go.mod is here");
    session.press("\r");
    await session.until(questions[5]);
    session.press("y");
    const ran = await session.done;
    expect(ran.exit, ran.stderr).toBe(0);
    expect(lockOf().answers).toMatchObject({
      url: "http://gw:8080",
      providers: [{ id: "openai", api: "responses" }],
      model: "openai/house",
      smallModel: "openai/gpt-6-luna",
      base: "go",
    });
    expect(ran.stderr).toContain("Note: the catalogue does not know openai/house");
    expect(ran.stderr).toContain(
      "--url http://gw:8080 --providers openai --model openai/house --small-model openai/gpt-6-luna --base go",
    );
  });

  test("brings an image of their own", async () => {
    const session = runAtTerminal(
      ["--url", "ai", "--providers", "openai", "--model", "openai/gpt-6.1-sol", "--small-model", "openai/gpt-6.1-sol"],
      root,
    );
    await session.until(questions[4]);
    // The last of the list is one up from the first.
    session.press("\u001b[A\r");
    await session.until("Which image?");
    session.press("a b\r");
    await session.until("is not an image reference");
    session.press("\u007f\u007f\u007fghcr.io/acme/dev:1\r");
    await session.until("Which C library does it have?");
    session.press("\u001b[B\r");
    await session.until("Which account works in it?");
    session.press("\u007f\u007f\u007f\u007f\r");
    // Its own suggestion is understood as it stands there.
    await session.until("is not known");
    session.press("user: dev\r");
    await session.until(questions[5]);
    session.press("\r");
    const ran = await session.done;
    expect(ran.exit, ran.stderr).toBe(0);
    expect(lockOf().answers.base).toEqual({ image: "ghcr.io/acme/dev:1", libc: "musl", user: "dev" });
  });

  test("is asked only what is open", async () => {
    const flags = [
      "--url",
      "ai",
      "--providers",
      "openai",
      "--model",
      "openai/gpt-6.1-sol",
      "--small-model",
      "openai/gpt-6.1-sol",
      "--base",
      "slim",
    ];
    const session = runAtTerminal(flags, root);
    await session.until(questions[5]);
    session.press("y");
    const ran = await session.done;
    expect(ran.exit, ran.stderr).toBe(0);
    for (const question of questions.slice(0, 5)) expect(ran.stdout).not.toContain(question);
  });

  test("is asked nothing but whether, where a spec is there", async () => {
    write(root, { "aperture-env.yaml": "aperture: { url: http://gw }\n" });
    const session = runAtTerminal([], root);
    await session.until(questions[5]);
    session.press("y");
    expect((await session.done).exit).toBe(0);
  });

  test("is asked nothing with --yes, or if there is nothing to do", async () => {
    expect(await runAtTerminal(["--yes"], root).done).toMatchObject({ exit: 0 });
    expect(await runAtTerminal([], root).done).toMatchObject({ exit: 0, stdout: expect.stringContaining("Nothing to do") });
  });

  test("with --dry-run, is not asked whether", async () => {
    const flags = [
      "--url",
      "ai",
      "--providers",
      "openai",
      "--model",
      "openai/gpt-6.1-sol",
      "--small-model",
      "openai/gpt-6.1-sol",
      "--base",
      "slim",
    ];
    expect((await runAtTerminal([...flags, "--dry-run"], root).done).exit).toBe(0);
    expect(treeOf(root)).toEqual({});
  });

  describe.each([
    ["Ctrl-C", "\u0003"],
    ["Ctrl-D", "\u0004"],
    ["Escape", "\u001b"],
  ])("presses %s", (name, key) => {
    // Escape goes back, and there is nothing before the first.
    const where = questions.map((question, index) => [question, index] as const);
    test.each(name === "Escape" ? where.slice(0, 1) : where)("at %s", async (_question, index) => {
      write(root, { "README.md": "x" });
      const before = treeOf(outside.folder, true);
      const session = runAtTerminal([], root);
      await acceptUntil(session, index);
      session.press(key);
      const ran = await session.done;
      expect(ran).toMatchObject({ exit: 130, stderr: expect.stringMatching(/Cancelled\. Nothing was written\.\n$/) });
      expect(session.isRaw()).toBe(false);
      expect(treeOf(outside.folder, true)).toEqual(before);
    });
  });

  test("goes back by Escape, question by question, sees the earlier answers, and changes one", async () => {
    const session = runAtTerminal([], root);
    await session.until(questions[0]);
    session.press("\u007f\u007fgw\r");
    await acceptFrom(session, 1, 5);
    for (const question of questions.slice(0, 5).reverse()) {
      session.press("\u001b");
      await session.until(question);
    }
    // What was typed stands there.
    await session.until("http://gw");
    session.press("\r");
    await acceptFrom(session, 1, 5);
    session.press("a");
    await session.until(questions[0]);
    session.press("\u007f\u007fhost\r");
    await acceptFrom(session, 1, 5);
    session.press("y");
    expect((await session.done).exit).toBe(0);
    expect(lockOf().answers.url).toBe("http://host");
  });

  test("may type what an error suggests, as it stands there", async () => {
    const backspaces = "\u007f".repeat(60);
    const session = runAtTerminal(["--providers", "openai", "--small-model", "openai/gpt-6-luna", "--base", "slim"], root);
    await session.until(questions[0]);
    session.press(`${backspaces}http://gw/v1/models\r`);
    await session.until("write http://gw");
    session.press(`${backspaces}"http://gw"\r`);
    await session.until(questions[2]);
    session.press("another");
    await session.until("another model …");
    session.press("\r");
    await session.until("Which model? (provider/model)");
    session.press(`${backspaces}gpt-6.1-sol\r`);
    await session.until("write provider/model, for instance openai/gpt-6.1-sol");
    session.press(`${backspaces}model: openai/gpt-6.1-sol\r`);
    await session.until(questions[5]);
    session.press("y");
    expect((await session.done).exit).toBe(0);
    expect(lockOf().answers).toMatchObject({ url: "http://gw", model: "openai/gpt-6.1-sol" });
  });

  test("sees folders with how much is in them, and more on request", async () => {
    const session = runAtTerminal([], root);
    await acceptUntil(session, 5);
    session.press("f");
    await session.until(".devcontainer/aperture-env/launcher.sh");
    await session.until(questions[5]);
    session.press("d");
    await session.until("diff --git a/.devcontainer/Dockerfile b/.devcontainer/Dockerfile");
    await session.until(questions[5]);
    session.press("n");
    const { stdout, exit } = await session.done;
    expect(exit).toBe(130);
    expect(stdout).toMatch(/^│ {4}\+ \.devcontainer\/aperture-env\/ {2}\d\d files$/m);
    expect(stdout.indexOf("launcher.sh")).toBeGreaterThan(stdout.indexOf("Show every file"));
    expect(treeOf(root)).toEqual({});
  });

  test("sees the lines that change in a file of the user's, without asking for them", async () => {
    write(root, { ".devcontainer.json": '{\n  "image": "debian"\n}\n' });
    const session = runAtTerminal([], root);
    for (const question of questions.slice(0, 4)) {
      await session.until(question);
      session.press("\r");
    }
    await session.until(questions[5]);
    session.press("n");
    const { stdout } = await session.done;
    expect(stdout).toContain('│  -  "image": "debian"\n│  +  "image": "debian",\n');
    expect(stdout).not.toContain("b/.devcontainer/aperture-env/launcher.sh");
  });

  test("presses Ctrl-C at the questions of an image", async () => {
    const before = treeOf(outside.folder, true);
    for (const answers of [[], ["a:1\r"], ["a:1\r", "\r"]]) {
      const session = runAtTerminal(
        ["--url", "ai", "--providers", "openai", "--model", "openai/gpt-6.1-sol", "--small-model", "openai/gpt-6.1-sol"],
        root,
      );
      await session.until(questions[4]);
      session.press("\u001b[A\r");
      for (const [index, question] of ["Which image?", "Which C library does it have?", "Which account works in it?"].entries()) {
        await session.until(question);
        if (answers[index] === undefined) break;
        session.press(answers[index]);
      }
      session.press("\u0003");
      expect((await session.done).exit).toBe(130);
    }
    expect(treeOf(outside.folder, true)).toEqual(before);
  });

  test("says no at the end", async () => {
    const before = treeOf(outside.folder, true);
    for (const keys of ["n", "\u001b[C\r"]) {
      const session = runAtTerminal([], root);
      await acceptUntil(session, 5);
      session.press(keys);
      const ran = await session.done;
      expect(ran).toMatchObject({ exit: 130, stderr: expect.stringMatching(/Cancelled\. Nothing was written\.\n$/) });
    }
    expect(treeOf(outside.folder, true)).toEqual(before);
  });
});
