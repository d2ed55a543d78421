/** `update` from end to end: edits stay, changes arrive, conflicts are settled, many repositories in one run. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseLock, type Lock } from "../../src/lock/lock.ts";
import { makeFolder, runAtTerminal, runPiped, treeOf, write } from "./harness.ts";
import { skipsWithoutGit } from "../support/skips.ts";

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(async () => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
});
afterEach(() => outside.remove());

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const edit = (path: string, change: (text: string) => string): void => write(root, { [path]: change(read(path)) });
const lockOf = (folder = root): Lock => parseLock(readFileSync(join(folder, "aperture-env.lock"), "utf8"))!;
const launcher = ".devcontainer/aperture-env/launcher.sh";
const theirs = '{\n\t// mine\n\t"image": "debian:bookworm-slim", // base\n}\n';
const addToTheirs = async (): Promise<void> => {
  write(root, { ".devcontainer/devcontainer.json": theirs });
  expect((await runPiped(["--yes"], root)).exit).toBe(0);
};

describe("one repository", () => {
  test("nothing to do: nothing is touched", async () => {
    await runPiped(["--yes"], root);
    const before = treeOf(root, true);
    for (const argv of [
      ["update"],
      ["update", "."],
      ["update", "--yes"],
      ["update", "--dry-run"],
      ["update", "--on-conflict", "replace"],
    ]) {
      const ran = await runPiped(argv, root);
      expect(ran, ran.stderr).toMatchObject({ exit: 0 });
      expect(ran.stdout).toContain("Nothing to do: everything is up to date.\n");
    }
    expect(treeOf(root, true)).toEqual(before);
  });

  test("an edited spec arrives in every file, edits in between stay", async () => {
    await runPiped(["--yes"], root);
    edit("aperture-env.yaml", (text) => text.replace("url: http://ai", "url: http://gw:8080 # ours"));
    edit(".devcontainer/Dockerfile", (text) => `${text}\nRUN mine\n`);
    const ran = await runPiped(["update"], root);
    expect(ran.exit, ran.stdout).toBe(0);
    expect(read("aperture-env.yaml")).toContain("url: http://gw:8080 # ours");
    expect(read(".devcontainer/Dockerfile")).toMatch(/ENV APERTURE_URL=http:\/\/gw:8080\n[^]*\nRUN mine\n$/);
    expect(read(launcher)).toContain("_gateway=http://gw:8080\n");
  });

  const dockerfile = ".devcontainer/Dockerfile";
  const layer = "RUN apt-get update && apt-get install -y jq";
  const places: readonly (readonly [where: string, before: RegExp])[] = [
    ["directly behind RUN install.sh", /^RUN .*aperture-env\/install\.sh\n/gm],
    ["below each line that is there for it", /^# Your layers .*\n/gm],
    ["at the top", /^(?=# The environment)/g],
    ["at the end", /$(?![^])/g],
  ];
  test.each(places)("a layer of the user's %s: another gateway, base and OpenCode merge around it", async (_where, before) => {
    await runPiped(["--yes"], root);
    edit(dockerfile, (text) => text.replace(before, (found) => `${found}${layer}\n`));
    const count = (text: string): number => text.split(`${layer}\n`).length - 1;
    const mine = read(dockerfile);
    expect(count(mine)).toBeGreaterThan(0);
    const ran = await runPiped(["update", "--url", "http://gw", "--base", "alpine"], root);
    expect(ran.exit, ran.stdout + ran.stderr).toBe(0);
    const merged = read(dockerfile);
    expect(count(merged)).toBe(count(mine));
    expect(merged.match(/^ENV APERTURE_URL=.*$/gm)).toEqual(["ENV APERTURE_URL=http://gw", "ENV APERTURE_URL=http://gw"]);
    expect(merged).toContain("alpine");
    // What is left without the layer is what a new repository gets.
    const whole = merged.replaceAll(`${layer}\n`, "");
    edit(dockerfile, () => whole);
    expect((await runPiped(["check"], root)).stdout).toMatch(/^Fine/);
    expect((await runPiped(["remove", "--yes"], root)).exit).toBe(0);
    expect(treeOf(root)).toEqual({});
  });

  test("a flag is written into the spec, with every comment in place", async () => {
    await runPiped(["--yes"], root);
    edit("aperture-env.yaml", (text) => text.replace("  url: http://ai", "  url: http://ai   # the gateway of team A"));
    const before = read("aperture-env.yaml");
    const ran = await runPiped(["update", "--url", "gw:9", "--container-env", "TZ=UTC", "--providers", "anthropic"], root);
    expect(ran.exit, ran.stderr + ran.stdout).toBe(0);
    expect(ran.stdout).toMatch(/^ {2}~ aperture-env\.yaml/m);
    expect(read("aperture-env.yaml")).toBe(
      `${before.replace("http://ai   #", "http://gw:9   #").replace("  openai: {}\n", "").trimEnd()}\ndevcontainer:\n  containerEnv:\n    TZ: UTC\n`,
    );
    expect(lockOf().answers).toMatchObject({ url: "http://gw:9", containerEnv: { TZ: "UTC" }, providers: [{ id: "anthropic" }] });
    expect((await runPiped(["update", "--url", "gw:9"], root)).stdout).toContain("Nothing to do");
  });

  test("flags may mend a spec that makes no sense without them", async () => {
    write(root, {
      "aperture-env.yaml": "aperture: { url: http://ai }\nproviders: [anthropic]\nmodel: anthropic/claude-sonnet-5-5\n",
    });
    await runPiped(["--yes"], root);
    const ran = await runPiped(
      ["update", "--providers", "openai", "--model", "openai/gpt-6.1-sol", "--small-model", "openai/gpt-6-luna"],
      root,
    );
    expect(ran.exit, ran.stderr).toBe(0);
    expect(read("aperture-env.yaml")).toContain("model: openai/gpt-6.1-sol\n");
    expect((await runPiped(["check"], root)).exit).toBe(0);
  });

  test("an edited script is a conflict: a diff, the key to use instead, and both ways out", async () => {
    await runPiped(["--yes"], root);
    edit(launcher, (text) => `${text}echo mine\n`);
    edit("aperture-env.yaml", (text) => text.replace("http://ai", "http://gw"));
    const before = treeOf(root, true);
    const ran = await runPiped(["update"], root);
    expect(ran.exit).toBe(3);
    expect(ran.stdout).toMatch(/ {2}! \.devcontainer\/aperture-env\/launcher\.sh\n.*aperture\.url.*\n.*--on-conflict keep/);
    expect(ran.stdout).toMatch(/^-echo mine$/m);
    expect(ran.stdout).toMatch(/^\+_gateway=http:\/\/gw$/m);
    expect(ran.stderr).toContain("Nothing was written");
    expect(treeOf(root, true)).toEqual(before);

    expect((await runPiped(["update", "--on-conflict", "fail"], root)).exit).toBe(3);
    expect((await runPiped(["update", "--on-conflict", "keep"], root)).exit).toBe(3);
    expect(read(launcher)).toMatch(/_gateway=http:\/\/ai\n[^]*\necho mine\n$/);
    expect(read(".devcontainer/Dockerfile")).toContain("APERTURE_URL=http://gw\n");
    // Decided once, it is not asked again; what decides where prompts go is named until it is as it is meant.
    for (const argv of [["update"], ["check"]])
      expect(await runPiped(argv, root)).toMatchObject({
        exit: 3,
        stdout: expect.stringMatching(/! .*launcher\.sh {2}is generated, but was edited by hand\n.*update --restore/) as string,
      });

    edit("aperture-env.yaml", (text) => text.replace("http://gw", "http://gw2"));
    expect((await runPiped(["update"], root)).exit).toBe(3);
    expect((await runPiped(["update", "--on-conflict", "replace"], root)).exit).toBe(0);
    expect(read(launcher)).not.toContain("echo mine");
  });

  test("an edited script that is kept with all that decides in it is let be", async () => {
    await runPiped(["--yes"], root);
    edit(".devcontainer/aperture-env/install.sh", (text) => `${text}echo mine\n`);
    const managed = ["update", "--managed"];
    expect((await runPiped(managed, root)).exit).toBe(3);
    expect((await runPiped([...managed, "--on-conflict", "keep"], root)).exit).toBe(0);
    expect((await runPiped(["update"], root)).stdout).toContain("Nothing to do");
    expect(await runPiped(["check"], root)).toMatchObject({ exit: 0, stdout: expect.stringContaining("stays edited") as string });
  });

  const behind = (text: string): string => text.replace(/^(ENV APERTURE_URL=.*)$/gm, `$1\n${layer}`);
  test("a conflict that a person settled by hand is settled: quiet, and quiet again", async () => {
    await runPiped(["--yes"], root);
    edit(dockerfile, behind);
    const before = treeOf(root, true);
    const refused = await runPiped(["update", "--url", "http://gw"], root);
    expect([refused.exit, refused.stdout]).toEqual([3, expect.stringMatching(/merge both by hand and run again/)]);
    expect(treeOf(root, true)).toEqual(before);
    edit(dockerfile, (text) => text.replaceAll("ENV APERTURE_URL=http://ai", "ENV APERTURE_URL=http://gw"));
    const mine = read(dockerfile);
    const settled = await runPiped(["update", "--url", "http://gw"], root);
    expect(settled.exit, settled.stdout).toBe(0);
    expect(read(dockerfile)).toBe(mine);
    expect((await runPiped(["update"], root)).stdout).toContain("Nothing to do");
    expect((await runPiped(["check"], root)).exit).toBe(0);
    // And what comes later merges with it again, or asks again.
    expect((await runPiped(["update", "--base", "alpine"], root)).exit).toBe(0);
    expect(read(dockerfile)).toContain(`ENV APERTURE_URL=http://gw\n${layer}\n`);
  });

  test("a conflict in devcontainer.json that a person settled by hand is settled", async () => {
    const settings = ".devcontainer/devcontainer.json";
    await runPiped(["--yes", "--forward-ports", "3000", "--hook", "postCreateCommand=npm ci"], root);
    edit(settings, (text) => text.replace("[3000]", "[3000, 9000]").replace("npm ci", "npm ci && mine"));
    const change = ["update", "--forward-ports", "3000,4000", "--hook", "postCreateCommand=npm ci --silent"];
    expect((await runPiped(change, root)).exit).toBe(3);
    edit(settings, (text) =>
      text.replace("[3000, 9000]", "[3000, 4000, 9000]").replace("npm ci && mine", "npm ci --silent && mine"),
    );
    const ran = await runPiped(change, root);
    expect(ran.exit, ran.stdout).toBe(0);
    expect(read(settings)).toMatch(/\[3000, 4000, 9000\][^]*npm ci --silent && mine/);
    expect((await runPiped(["update"], root)).stdout).toContain("Nothing to do");
  });

  test("--on-conflict keep leaves no old gateway without a red check", async () => {
    await runPiped(["--yes"], root);
    edit(dockerfile, behind);
    const kept = await runPiped(["update", "--url", "http://gw", "--on-conflict", "keep"], root);
    const line = read(dockerfile).split("\n").indexOf("ENV APERTURE_URL=http://ai") + 1;
    const said = `! ${dockerfile}:${line}:1  sets APERTURE_URL to http://ai in the target `;
    for (const ran of [kept, await runPiped(["check"], root), await runPiped(["update"], root)])
      expect(ran).toMatchObject({ exit: 3, stdout: expect.stringContaining(said) as string });
    expect(kept.stdout).toMatch(/Write {2}ENV APERTURE_URL=http:\/\/gw {2}there/);
    edit(dockerfile, (text) => text.replaceAll("APERTURE_URL=http://ai", "APERTURE_URL=http://gw"));
    expect((await runPiped(["check"], root)).exit).toBe(0);
  });

  test("files that a checkout turned to CRLF stay so: check is green, update merges, remove takes them", async () => {
    await runPiped(["--yes"], root);
    const turned = Object.keys(treeOf(root)).filter((path) => /\.\w+$|Dockerfile$|lock$/.test(path) && !path.endsWith(".sh"));
    const files = turned.filter(
      (path) => path !== ".devcontainer" && existsSync(join(root, path)) && !path.endsWith("aperture-env"),
    );
    for (const path of files) edit(path, (text) => text.replaceAll("\n", "\r\n"));
    expect(await runPiped(["check"], root)).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^Fine/) as string });
    expect((await runPiped(["update"], root)).stdout).toContain("Nothing to do");
    edit(dockerfile, (text) => text.replace(/^# Your layers .*\r\n/m, (line) => `${line}${layer}\r\n`));
    const ran = await runPiped(["update", "--url", "http://gw", "--name", "other"], root);
    expect(ran.exit, ran.stdout).toBe(0);
    for (const path of files) expect([path, /(?<!\r)\n/.test(read(path))]).toEqual([path, false]);
    for (const [path, text] of [
      [dockerfile, "ENV APERTURE_URL=http://gw\r\n"],
      [".devcontainer/aperture-env/environment.json", "http://gw"],
      [".devcontainer/devcontainer.json", '"other"'],
      ["aperture-env.yaml", "url: http://gw\r\n"],
    ] as const)
      expect(read(path)).toContain(text);
    // A shell takes a carriage return for a part of a word.
    expect(read(launcher)).not.toContain("\r");
    expect(await runPiped(["check"], root)).toMatchObject({ exit: 0 });
    edit(dockerfile, (text) => text.replace(`${layer}\r\n`, ""));
    expect((await runPiped(["remove", "--yes"], root)).exit).toBe(0);
    expect(treeOf(root)).toEqual({});
  });

  test("what was deleted or taken out comes back with --restore, and nothing else moves", async () => {
    await runPiped(["--yes"], root);
    const before = treeOf(root);
    rmSync(join(root, launcher));
    await runPiped(["update"], root);
    edit(".devcontainer/aperture-env/install.sh", (text) => `${text}echo mine\n`);
    edit(".devcontainer/aperture-env/.gitattributes", (text) => `# mine\n${text.split("\n").slice(1).join("\n")}`);
    edit(dockerfile, (text) => `${text}RUN mine\n`);
    const ran = await runPiped(["update", "--restore"], root);
    expect(ran.exit, ran.stdout).toBe(0);
    expect(read(dockerfile)).toMatch(/RUN mine\n$/);
    expect(read(".devcontainer/aperture-env/.gitattributes")).toMatch(/^# mine\n/);
    edit(dockerfile, (text) => text.replace("RUN mine\n", ""));
    chmodSync(join(root, ".devcontainer/aperture-env/install.sh"), 0o755);
    const { ".devcontainer/aperture-env/.gitattributes": mine, ...after } = treeOf(root);
    const { ".devcontainer/aperture-env/.gitattributes": ours, ...first } = before;
    expect(after).toEqual(first);
    expect(mine).not.toBe(ours);
  });

  test("at a terminal each conflict is asked, and stop writes nothing", async () => {
    await runPiped(["--yes"], root);
    edit(launcher, (text) => `${text}echo mine\n`);
    edit("aperture-env.yaml", (text) => text.replace("http://ai", "http://gw"));
    const before = treeOf(root, true);
    const stopped = runAtTerminal(["update"], root);
    await stopped.until("Which text should be kept?");
    stopped.press("\u001b[B\u001b[B\r");
    const { exit, stdout } = await stopped.done;
    expect(exit).toBe(3);
    expect(stdout.split("echo mine")).toHaveLength(2);
    expect(treeOf(root, true)).toEqual(before);
    // Where nobody is asked, the plan shows it.
    const failed = await runAtTerminal(["update", "--on-conflict", "fail"], root).done;
    expect(failed.exit).toBe(3);
    expect(failed.stdout.split("echo mine")).toHaveLength(2);
    const cancelled = runAtTerminal(["update"], root);
    await cancelled.until("Which text should be kept?");
    cancelled.press("\u0003");
    expect((await cancelled.done).exit).toBe(130);
    expect(treeOf(root, true)).toEqual(before);
    const replaced = runAtTerminal(["update"], root);
    await replaced.until("Which text should be kept?");
    replaced.press("\u001b[B\r");
    await replaced.until("Write these changes?");
    replaced.press("\r");
    expect((await replaced.done).exit).toBe(0);
    expect(read(launcher)).toContain("_gateway=http://gw\n");
  });

  test("deleted files stay deleted, also when they change", async () => {
    await runPiped(["--yes"], root);
    rmSync(join(root, launcher));
    edit("aperture-env.yaml", (text) => text.replace("http://ai", "http://gw"));
    const ran = await runPiped(["update"], root);
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toContain(`= ${launcher}  deleted by you, stays deleted`);
    expect(ran.stderr).toContain("Note: 1 generated file stays deleted");
    expect(existsSync(join(root, launcher))).toBe(false);
    const again = await runPiped(["update"], root);
    expect(again.stdout).toContain("Nothing to do");
    expect(again.stderr).not.toContain("stays deleted");
  });

  test("a dev container of the user's that is gone is a decision, not a reason for one of ours", async () => {
    await addToTheirs();
    rmSync(join(root, ".devcontainer/devcontainer.json"));
    const before = treeOf(root, true);
    for (const argv of [["update"], ["check"], ["--yes"]]) {
      const ran = await runPiped(argv, root);
      expect(ran).toMatchObject({
        exit: 3,
        stderr: expect.stringContaining("which this environment was added to, is missing") as string,
      });
    }
    expect(treeOf(root, true)).toEqual(before);
    expect((await runPiped(["remove", "--yes"], root)).exit).toBe(0);
    expect(treeOf(root)).toEqual({});
  });

  test("a spec that is gone is written again from the lock, and the answers are the same", async () => {
    await runPiped(["--yes", "--url", "gw:1", "--name", "named"], root);
    rmSync(join(root, "aperture-env.yaml"));
    expect((await runPiped(["update"], root)).exit).toBe(0);
    expect(read("aperture-env.yaml")).toContain("url: http://gw:1");
    expect(lockOf().answers).toMatchObject({ url: "http://gw:1", name: "named" });
  });

  test.each([undefined, "", "{ broken", '{"lockVersion": 2, "files": {"../x": {}}}'])(
    "the lock is %j: what is there is taken as the user's",
    async (lock) => {
      await runPiped(["--yes"], root);
      edit(launcher, () => "mine\n");
      if (lock === undefined) rmSync(join(root, "aperture-env.lock"));
      else write(root, { "aperture-env.lock": lock });
      const before = treeOf(root, true);
      const ran = await runPiped(["update", "--on-conflict", "replace"], root);
      expect(ran.exit).toBe(3);
      expect(treeOf(root, true)).toEqual(before);
      expect((await runPiped(["update", "--on-conflict", "keep"], root)).exit).toBe(0);
      expect(read(launcher)).toBe("mine\n");
    },
  );

  test("the lock of version 0.1.0 is brought into today's form", async () => {
    await addToTheirs();
    const lock = JSON.parse(read("aperture-env.lock")) as Record<string, Record<string, unknown>>;
    const { devcontainers: _a, containerEnv: _b, forwardPorts: _c, hooks: _d, ...answers } = lock["answers"]!;
    const files = Object.fromEntries(
      Object.entries(lock["files"]!)
        .filter(([path]) => path !== "aperture-env.yaml")
        .map(([path, file]) => [
          path,
          {
            strategy: path.endsWith("devcontainer.json") && !path.includes("aperture-env") ? "keys" : "own",
            hash: (file as Lock["files"][string]).hash,
          },
        ]),
    );
    write(root, { "aperture-env.lock": `${JSON.stringify({ ...lock, lockVersion: 1, answers, files }, null, 2)}\n` });
    edit("aperture-env.yaml", (text) => `# mine\n${text.replace("http://ai", "http://gw")}`);
    const ran = await runPiped(["update"], root);
    expect(ran.exit, ran.stdout).toBe(0);
    expect(lockOf().answers.url).toBe("http://gw");
    expect(read(".devcontainer/devcontainer.json")).toContain(lockOf().revision);
    expect((await runPiped(["remove", "--yes"], root)).exit).toBe(0);
    // Version 0.1.0 did not note that it had written the spec, so one that was edited stays and is named.
    expect(Object.keys(treeOf(root))).toEqual([".devcontainer", ".devcontainer/devcontainer.json", "aperture-env.yaml"]);
    expect(read(".devcontainer/devcontainer.json")).toBe(theirs);
  });

  test("a newer generator's work is not taken back, and a newer form of lock is not guessed at", async () => {
    await runPiped(["--yes"], root);
    edit("aperture-env.lock", (text) => text.replace(/"generator": "[^"]*"/, '"generator": "99.0.0"'));
    const older = await runPiped(["update"], root);
    expect(older).toMatchObject({ exit: 2, stderr: expect.stringContaining("99.0.0 wrote this environment") as string });
    edit("aperture-env.lock", (text) => text.replace('"lockVersion": 3', '"lockVersion": 4'));
    const newer = await runPiped(["update"], root);
    expect(newer).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining("aperture-env.lock: The lock was written by create-aperture-env 99.0.0") as string,
    });
  });

  test("where there is no environment: said, exit 2", async () => {
    expect(await runPiped(["update"], root)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("no environment to update") as string,
    });
    expect(await runPiped(["update", "nowhere"], root)).toMatchObject({ exit: 2 });
  });

  test("the text of a pull request says what moved and why", async () => {
    await addToTheirs();
    edit("aperture-env.yaml", (text) => text.replace("http://ai", "http://gw"));
    edit(".devcontainer/devcontainer.json", (text) => text.replace("debian:", "mine:"));
    const before = lockOf().revision;
    const ran = await runPiped(["update", "--summary", "markdown"], root);
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toBe(
      [
        "## Aperture environment",
        "",
        "### Why",
        "",
        "- `aperture.url`: `http://ai` → `http://gw`",
        "",
        "### What",
        "",
        "- `.devcontainer/aperture-env/devcontainer-feature.json`: changed",
        "- `.devcontainer/aperture-env/environment.json`: changed",
        "- `.devcontainer/aperture-env/launcher.sh`: changed",
        "- `.devcontainer/devcontainer.json`: changed, with your edits kept",
        "- `aperture-env.lock`: changed",
        "",
        `The image changes (revision ${before} → ${lockOf().revision}): editors offer a rebuild.`,
        "",
      ].join("\n"),
    );
    expect((await runPiped(["update", "--summary", "markdown"], root)).stdout).toBe(
      "## Aperture environment\n\nNothing to do: everything is up to date.\n",
    );
    expect((await runPiped(["update", "--summary", "html"], root)).exit).toBe(2);
  });

  test("works without any network, program or registry", async () => {
    await addToTheirs();
    edit("aperture-env.yaml", (text) => text.replace("http://ai", "http://gw"));
    const ran = await runPiped(["update"], root, { PATH: "/nowhere", npm_config_registry: "" });
    expect(ran.exit, ran.stderr).toBe(0);
  });

  test.skipIf(process.platform === "win32")("asks git only where a file comes in: without one, none is started", async () => {
    await addToTheirs();
    mkdirSync(join(root, ".git"));
    write(outside.folder, { "bin/git": '#!/bin/sh\necho "$@" >>"${0%/bin/git}/asked"\nexit 1\n' });
    chmodSync(join(outside.folder, "bin/git"), 0o755);
    const env = { PATH: `${join(outside.folder, "bin")}:${process.env["PATH"]!}` };
    const asked = join(outside.folder, "asked");
    edit("aperture-env.yaml", (text) => text.replace("http://ai", "http://gw"));
    expect((await runPiped(["update"], root, env)).exit).toBe(0);
    expect(existsSync(asked)).toBe(false);
    expect((await runPiped(["update", "--outputs", "devcontainer,ci-github"], root, env)).exit).toBe(0);
    expect(readFileSync(asked, "utf8")).toContain("check-ignore");
  });
});

describe("many repositories", () => {
  const names = ["a", "b", "broken", "conflict", "none", "old"];
  const prepare = async (): Promise<void> => {
    for (const name of names) {
      const folder = join(root, name);
      mkdirSync(folder);
      if (name !== "none") expect((await runPiped(["--yes", "--name", name], folder)).exit).toBe(0);
    }
    write(root, { "a file": "" });
    const spec = (name: string): string => readFileSync(join(root, name, "aperture-env.yaml"), "utf8");
    for (const name of ["b", "conflict"])
      write(root, { [`${name}/aperture-env.yaml`]: spec(name).replace("http://ai", "http://gw") });
    write(root, { "broken/aperture-env.yaml": "aperture: [\n" });
    write(root, { [`conflict/${launcher}`]: "mine\n" });
    write(root, { "old/aperture-env.lock": "{" });
  };

  test("one report, and what fails in one stops no other", async () => {
    await prepare();
    const conflict = treeOf(join(root, "conflict"), true);
    const ran = await runPiped(["update", ...names, "a file", "gone"], root);
    expect(ran.exit).toBe(3);
    const line = (name: string): string => new RegExp(`^(\\w+) +${name}(?= |$)`, "m").exec(ran.stdout)?.[1] ?? "";
    expect(Object.fromEntries([...names, "a file", "gone"].map((name) => [name, line(name)]))).toEqual({
      a: "unchanged",
      b: "written",
      broken: "failed",
      conflict: "conflict",
      none: "skipped",
      old: "written",
      "a file": "skipped",
      gone: "skipped",
    });
    expect(ran.stdout).toContain("aperture-env.yaml:2:1: The spec is not valid YAML");
    expect(ran.stdout).toContain(`! ${launcher} was edited by hand`);
    expect(ran.stdout).toMatch(/\n8 folders: 1 unchanged, 2 written, 1 failed, 1 conflict, 3 skipped\.\n$/);
    expect(treeOf(join(root, "conflict"), true)).toEqual(conflict);
    expect(readFileSync(join(root, "b", launcher), "utf8")).toContain("_gateway=http://gw\n");
    expect((await runPiped(["update", "a", "b", "old"], root)).exit).toBe(0);
  });

  test("as JSON: one object, an entry each", async () => {
    await prepare();
    const ran = await runPiped(["update", "--json", "--dry-run", ...names], root);
    const report = JSON.parse(ran.stdout) as {
      schemaVersion: number;
      repositories: { directory: string; status: string; exit: number }[];
      counts: object;
    };
    expect(report.schemaVersion).toBe(1);
    expect(report.repositories.map(({ directory, status, exit }) => [directory, status, exit])).toEqual([
      ["a", "unchanged", 0],
      ["b", "planned", 0],
      ["broken", "failed", 2],
      ["conflict", "conflict", 3],
      ["none", "skipped", 0],
      ["old", "planned", 0],
    ]);
    expect(report.counts).toEqual({ unchanged: 1, planned: 2, failed: 1, conflict: 1, skipped: 1 });
  });
});

describe("what stands against the environment", () => {
  const bypass =
    '{\n  // mine\n  "provider": { "anthropic": { "options": { "baseURL": "https://api.anthropic.com/v1", "timeout": 9 } } }\n}\n';

  test("a project file that bypasses the gateway is named, and left unless asked otherwise", async () => {
    write(root, { "opencode.json": bypass });
    const ran = await runPiped(["--yes"], root);
    expect(ran.exit).toBe(0);
    expect(ran.stderr).toMatch(
      /^Note: opencode\.json:3:\d+: .*https:\/\/api\.anthropic\.com.*\n {6}Keep it.*`opencode\.managed: true`.*\n/m,
    );
    expect(read("opencode.json")).toBe(bypass);
    const json = JSON.parse((await runPiped(["update", "--json"], root)).stdout) as { findings: { code: string }[] };
    expect(json.findings.map(({ code }) => code)).toEqual(["bypass"]);
  });

  test("fix takes out what bypasses it, and nothing else", async () => {
    write(root, { "opencode.json": bypass });
    expect((await runPiped(["--yes", "--on-bypass", "fix"], root)).stderr).not.toContain("past the gateway");
    expect(read("opencode.json")).toBe(bypass.replace('"baseURL": "https://api.anthropic.com/v1", ', ""));
  });

  test("what fix took out stays out in an update, is told by a check where it is there again, and remove gives it back", async () => {
    write(root, { "opencode.json": bypass });
    await runPiped(["--yes", "--on-bypass", "fix"], root);
    const fixed = read("opencode.json");
    const updated = await runPiped(["update"], root);
    expect(updated.stdout).toContain("Nothing to do");
    expect(read("opencode.json")).toBe(fixed);
    expect((await runPiped(["check"], root)).stdout).toMatch(/^Fine/);
    write(root, { "opencode.json": bypass });
    const checked = await runPiped(["check"], root);
    expect(checked.exit).toBe(0);
    expect(checked.stdout).toMatch(
      /^ {2}= opencode\.json {2}provider\.anthropic\.options\.baseURL was removed, and exists again$/m,
    );
    write(root, { "opencode.json": fixed });
    const removed = await runPiped(["remove", "--yes"], root);
    expect(removed.exit, removed.stderr).toBe(0);
    expect(Object.keys(treeOf(root))).toEqual(["opencode.json"]);
    expect(read("opencode.json")).toBe(bypass);
  });

  test("a key that fix took out is in no lock, and that is said", async () => {
    write(root, { "opencode.json": '{ "provider": { "anthropic": { "options": { "apiKey": "sk-very-secret" } } } }\n' });
    const ran = await runPiped(["--yes", "--on-bypass", "fix"], root);
    expect(ran.stdout).toContain("provider.anthropic.options.apiKey may hold an API key, so the lock does not store it");
    expect(Object.values(treeOf(root)).join("")).not.toContain("sk-very-secret");
    const removed = await runPiped(["remove", "--yes"], root);
    expect(removed.exit, removed.stderr).toBe(0);
    expect(removed.stdout).toContain("restore it by hand");
  });

  test("managed goes into the spec, and silences it", async () => {
    write(root, { "opencode.json": bypass });
    await runPiped(["--yes"], root);
    const ran = await runPiped(["update", "--on-bypass", "managed"], root);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stderr).not.toContain("past the gateway");
    expect(read("opencode.json")).toBe(bypass);
    expect(read("aperture-env.yaml")).toContain("  managed: true\n");
    expect(read(".devcontainer/aperture-env/install.sh")).toContain("/etc/opencode");
    const fresh = join(outside.folder, "fresh");
    write(fresh, { "opencode.json": bypass });
    expect((await runPiped(["--yes", "--on-bypass", "managed"], fresh)).exit).toBe(0);
    expect(readFileSync(join(fresh, "aperture-env.yaml"), "utf8")).toContain("  managed: true\n");
  });

  test("at a terminal it is asked", async () => {
    write(root, { "opencode.json": bypass, "aperture-env.yaml": "aperture: { url: http://ai }\n" });
    const session = runAtTerminal([], root);
    await session.until("What should be done about it?");
    session.press("\u001b[B\r");
    await session.until("Write these files?");
    session.press("\r");
    expect((await session.done).exit).toBe(0);
    expect(read("opencode.json")).not.toContain("baseURL");
  });

  test("another OpenCode, and an .opencode folder", async () => {
    write(root, {
      ".devcontainer/devcontainer.json": '{\n  "image": "x",\n  "postCreateCommand": "npm i -g opencode-ai"\n}\n',
      ".opencode/agent/a.md": "",
    });
    const ran = await runPiped(["--yes"], root);
    expect(ran.stderr).toMatch(/^Note: \.devcontainer\/devcontainer\.json:3:\d+: postCreateCommand installs another OpenCode/m);
    expect(ran.stderr).toMatch(/^Note: \.opencode: .*63 MB/m);
  });

  test.skipIf(skipsWithoutGit("files that git would leave out"))(
    "files that git would leave out are named; --unignore takes them in, and remove takes that back",
    async () => {
      const git = (...args: readonly string[]): string =>
        execFileSync("git", args, {
          cwd: root,
          encoding: "utf8",
          env: { PATH: process.env["PATH"]!, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
        });
      const env = { PATH: process.env["PATH"]!, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
      const ignore = "node_modules/\n.devcontainer/\n*.lock";
      write(root, { ".gitignore": ignore, ".devcontainer/secret.env": "x" });
      git("init", "-q");
      const named = await runPiped(["--yes", "--dry-run"], root, env);
      expect(named.stderr).toMatch(
        /^Note: \.gitignore:2: git ignores \.devcontainer\/.* because of the pattern \.devcontainer\//m,
      );
      expect(named.stderr).toMatch(/^Note: \.gitignore:3: git ignores aperture-env\.lock/m);

      const ran = await runPiped(["--yes", "--unignore"], root, env);
      expect(ran.exit, ran.stderr).toBe(0);
      expect(ran.stderr).not.toContain("git ignores");
      git("add", ".");
      const tracked = git("ls-files").split("\n").filter(Boolean);
      const written = Object.keys(lockOf().files).concat("aperture-env.lock");
      expect(tracked).toEqual(expect.arrayContaining(written.filter((path) => path !== ".gitignore")));
      // What was ignored beside it still is.
      expect(tracked).not.toContain(".devcontainer/secret.env");
      expect((await runPiped(["update"], root, env)).stdout).toContain("Nothing to do");
      expect((await runPiped(["remove", "--yes"], root, env)).exit).toBe(0);
      expect(read(".gitignore")).toBe(ignore);
    },
  );
});

describe("a run that was cut off", () => {
  test("is finished before the next one plans", async () => {
    await runPiped(["--yes"], root);
    const journal = {
      version: 3,
      pid: 2 ** 22 + 1,
      host: "elsewhere",
      run: "0123456789ab",
      startedAt: 1_600_000_000_000,
      file: { uid: 0, mode: 0o600, links: 1 },
    };
    write(root, { ".aperture-env.journal": `${JSON.stringify(journal)}\n` });
    const looked = await runPiped(["check"], root);
    expect(looked).toMatchObject({ exit: 3, stdout: expect.stringContaining(".aperture-env.journal") as string });
    const dry = await runPiped(["update", "--dry-run"], root);
    expect(dry.stderr).toContain("an earlier run was interrupted");
    expect(existsSync(join(root, ".aperture-env.journal"))).toBe(true);
    const ran = await runPiped(["update"], root);
    expect(ran, ran.stderr).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining("an earlier run was interrupted before it wrote anything") as string,
    });
    expect(existsSync(join(root, ".aperture-env.journal"))).toBe(false);
  });

  test("is told by check and update where it was the first one", async () => {
    const journal = {
      version: 3,
      pid: 2 ** 22 + 1,
      host: "elsewhere",
      run: "0123456789ab",
      startedAt: 1_600_000_000_000,
      file: { uid: 0, mode: 0o600, links: 1 },
    };
    write(root, { ".aperture-env.journal": `${JSON.stringify(journal)}\n` });
    expect(await runPiped(["check"], root)).toMatchObject({
      exit: 3,
      stdout: expect.stringContaining(
        "  ! .aperture-env.journal  belongs to a run that was interrupted or is still running",
      ) as string,
    });
    expect(await runPiped(["update"], root)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining(`${root} has no environment to update.`) as string,
    });
    expect(existsSync(join(root, ".aperture-env.journal"))).toBe(false);
    expect(await runPiped(["check"], root)).toMatchObject({ exit: 2 });
  });
});
