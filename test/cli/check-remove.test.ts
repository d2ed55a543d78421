/** `check` and `remove` from end to end. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatPlace, type Place } from "../../src/errors.ts";
import { makeFolder, runAtTerminal, runPiped, treeOf, write, type Files, type Ran } from "./harness.ts";

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
});
afterEach(() => outside.remove());

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const edit = (path: string, change: (text: string) => string): void => write(root, { [path]: change(read(path)) });
const launcher = ".devcontainer/aperture-env/launcher.sh";
const devcontainer = ".devcontainer/devcontainer.json";
const theirs = '{\r\n\t// mine\r\n\t"image": "debian:bookworm-slim", // base\r\n\t"forwardPorts": [ 8080 ]\r\n}';

describe("check", () => {
  const check = async (...argv: readonly string[]): Promise<Ran> => {
    const before = treeOf(root, true);
    const ran = await runPiped(["check", ...argv], root);
    expect(treeOf(root, true)).toEqual(before);
    return ran;
  };
  const add = async (...argv: readonly string[]): Promise<void> => {
    write(root, { [devcontainer]: theirs });
    expect((await runPiped(["--yes", ...argv], root)).exit).toBe(0);
  };

  test("fine: exit 0", async () => {
    await runPiped(["--yes"], root);
    expect(await check()).toEqual({ exit: 0, stdout: "Fine: all files match spec and lock.\n", stderr: "" });
    const json = JSON.parse((await check("--json")).stdout) as object;
    expect(json).toEqual({ schemaVersion: 1, status: "fine", root, observations: [], findings: [] });
  });

  test("a plugin that the spec does not allow fails the check; other findings do not", async () => {
    const files = { "opencode.json": '{\n  "plugin": ["a", "b@1.2.3"]\n}\n', ".opencode/plugin/c.ts": "", "package.json": "{}" };
    write(root, files);
    const refused = async (policy: string): Promise<string[]> => {
      await runPiped(policy === "allow" ? ["--yes"] : ["update", "--plugins", policy], root);
      const { exit, stdout } = await check("--json");
      const { observations } = JSON.parse(stdout) as { observations: readonly { where: Place; state: string; fails: boolean }[] };
      expect(exit).toBe(observations.length > 0 ? 3 : 0);
      return observations.map(({ where, state, fails }) => `${state} ${formatPlace(where)} ${fails}`);
    };
    expect(await refused("allow")).toEqual([]);
    expect(await refused("pinned")).toEqual(["refused opencode.json:2:14 true"]);
    expect(await refused("refuse")).toEqual([
      "refused opencode.json:2:14 true",
      "refused opencode.json:2:19 true",
      "refused .opencode/plugin/c.ts:1 true",
    ]);
  });

  test("conflicts with the environment are named with file and line, and fail nothing", async () => {
    await runPiped(["--yes", "--managed"], root);
    edit(devcontainer, (text) => text.replace("{", '{\n  "remoteEnv": { "HTTP_PROXY": "http://proxy:3128" },'));
    write(root, {
      "opencode.json":
        '{\n  "plugin": ["./send.ts"],\n  "provider": { "anthropic": { "options": { "baseURL": "http://x/v1" } } }\n}\n',
      ".opencode/tool/look.ts": "",
    });
    const ran = await check();
    expect([ran.exit, ran.stdout]).toEqual([0, expect.stringMatching(/Fine: all files match spec and lock\.\n$/)]);
    expect(ran.stderr.match(/(?<=^Note: )[^ ]+(?=: )/gm)).toEqual([
      "opencode.json:2:14",
      ".opencode/tool/look.ts:1",
      `${devcontainer}:2:32`,
      ".opencode",
    ]);
    const { findings } = JSON.parse((await check("--json")).stdout) as { findings: readonly { code: string }[] };
    expect(findings.map(({ code }) => code)).toEqual(["runs-code", "runs-code", "bypass", "opencode-folder"]);
  });

  type Case = readonly [what: string, act: () => void, exit: number, said: RegExp];
  const cases: readonly Case[] = [
    [
      "a generated file edited by hand",
      () => edit(launcher, (text) => `${text}#\n`),
      3,
      /! .*launcher\.sh {2}is generated, but was edited by hand\n.*aperture\.url/,
    ],
    ["a generated file gone", () => rmSync(join(root, launcher)), 3, /! .*launcher\.sh {2}is missing/],
    [
      "a folder in its place",
      () => {
        rmSync(join(root, launcher));
        mkdirSync(join(root, launcher));
      },
      3,
      /! .*launcher\.sh {2}is a folder/,
    ],
    [
      "a spec changed without update",
      () => edit("aperture-env.yaml", (text) => text.replace("http://ai", "http://gw")),
      3,
      /! aperture-env\.yaml {2}aperture\.url changed since/,
    ],
    ["a comment in the spec", () => edit("aperture-env.yaml", (text) => `# mine\n${text}`), 0, /^Fine/],
    [
      "a spec that says the same in other words",
      () =>
        write(root, {
          "aperture-env.yaml":
            "aperture: { url: http://ai/ }\ndevcontainer: { forwardPorts: ['3000'], containerEnv: { TZ: UTC } }\n",
        }),
      0,
      /^Fine/,
    ],
    ["the spec gone", () => rmSync(join(root, "aperture-env.yaml")), 3, /! aperture-env\.yaml {2}is missing/],
    ["the lock gone", () => rmSync(join(root, "aperture-env.lock")), 3, /! aperture-env\.lock {2}is missing/],
    ["the lock damaged", () => write(root, { "aperture-env.lock": "{}" }), 3, /! aperture-env\.lock {2}is damaged/],
    ["the user's part of their file edited", () => edit(devcontainer, (text) => text.replace("debian:", "mine:")), 0, /^Fine/],
    [
      "a value of ours in it edited",
      () => edit(devcontainer, (text) => text.replace('"UTC"', '"CET"')),
      0,
      /= .*devcontainer\.json {2}containerEnv › TZ was changed by hand[^]*Fine/,
    ],
    [
      "a value of ours in it taken out",
      () => edit(devcontainer, (text) => text.replace("3000", "3001")),
      0,
      /= .*devcontainer\.json {2}forwardPorts 3000 was removed by hand[^]*Fine/,
    ],
    [
      "the Feature taken out",
      () => write(root, { [devcontainer]: theirs }),
      3,
      /! .*devcontainer\.json {2}features › \.\/aperture-env › revision is missing/,
    ],
    [
      "another revision in it, as after a bad merge",
      () => edit(devcontainer, (text) => text.replace(/"revision": "./, '"revision": "x')),
      3,
      /! .*devcontainer\.json {2}features .* differs from the lock/,
    ],
    ["their file no longer JSON", () => write(root, { [devcontainer]: "{" }), 3, /! .*devcontainer\.json:1:2 {2}cannot be read/],
    [
      "another dev container that should have it",
      () => write(root, { ".devcontainer/other/devcontainer.json": "{}" }),
      3,
      /! \.devcontainer\/other\/devcontainer\.json {2}the environment is not in this dev container yet/,
    ],
    [
      "a line of theirs in .gitattributes",
      () => edit(".devcontainer/aperture-env/.gitattributes", (text) => `${text}x -text\n`),
      0,
      /^Fine/,
    ],
    [
      "line ends turned by a checkout on Windows",
      () => {
        for (const path of [launcher, ".devcontainer/aperture-env/opencode.json", "aperture-env.yaml", "aperture-env.lock"])
          edit(path, (text) => text.replaceAll("\n", "\r\n"));
      },
      0,
      /^Fine/,
    ],
  ];
  test.each(cases)("%s", async (_what, act, exit, said) => {
    await add("--container-env", "TZ=UTC", "--forward-ports", "3000");
    act();
    const ran = await check();
    expect(ran.exit, ran.stdout + ran.stderr).toBe(exit);
    expect(ran.stdout).toMatch(said);
    const json = JSON.parse((await check("--json")).stdout) as { status: string; observations: { fails: boolean }[] };
    expect(json.status).toBe(exit === 0 ? "fine" : "drift");
    expect(json.observations.some(({ fails }) => fails)).toBe(exit !== 0);
  });

  test("edits where they are expected are a note", async () => {
    await runPiped(["--yes"], root);
    edit(".devcontainer/Dockerfile", (text) => `${text}RUN mine\n`);
    expect(await check()).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining("= .devcontainer/Dockerfile  was edited by hand, which is allowed") as string,
    });
  });

  const image = ".devcontainer/Dockerfile";
  type Broken = readonly [what: string, path: string, change: (text: string) => string, said: RegExp];
  const broken: readonly Broken[] = [
    ["a devcontainer.json that is empty", devcontainer, () => "", /devcontainer\.json:1:1 {2}cannot be read/],
    [
      "a conflict that git left in it",
      devcontainer,
      (text) => text.replace('  "build"', '<<<<<<< HEAD\n  "build"').replace("\n}", "\n=======\n>>>>>>> other\n}"),
      /devcontainer\.json:3:1 {2}contains an unresolved git conflict/,
    ],
    [
      "another image in it",
      devcontainer,
      () => '{\n  "image": "debian:bookworm"\n}\n',
      /devcontainer\.json:2:12 {2}names the image "debian:bookworm", so/,
    ],
    [
      "another Dockerfile in it",
      devcontainer,
      (text) => text.replace('"Dockerfile"', '"../Dockerfile"'),
      /devcontainer\.json:4:19 {2}builds "\.\.\/Dockerfile", which is not/,
    ],
    [
      "another revision in it, as after a merge that took the wrong side",
      devcontainer,
      (text) => text.replace(/(REVISION": )"\w+"/, '$1"000000000000"'),
      /devcontainer\.json:7:40 {2}has "000000000000" for APERTURE_ENV_REVISION/,
    ],
    ["an empty Dockerfile", image, () => "", /Dockerfile:1:1 {2}has no target dev/],
    [
      "another gateway in the Dockerfile",
      image,
      (text) => text.replace("ENV APERTURE_URL=http://ai", "ENV APERTURE_URL=http://other"),
      /Dockerfile:\d+:1 {2}sets APERTURE_URL to http:\/\/other in the target \w+ instead of http:\/\/ai/,
    ],
    [
      "a later gateway in the Dockerfile",
      image,
      (text) => `${text}ENV X=1 \\\n    APERTURE_URL="http://other"\n`,
      /Dockerfile:\d+:1 {2}sets APERTURE_URL to http:\/\/other in the target/,
    ],
    [
      "a Dockerfile that does not install the environment",
      image,
      (text) => text.replace(/^RUN .*\/aperture-env\/install\.sh\n/m, ""),
      /Dockerfile:\d+:1 {2}does not install the environment in the target/,
    ],
    [
      "a Dockerfile without OpenCode's binary",
      image,
      (text) => text.replace(/^COPY --from=opencode .*\n/m, ""),
      /Dockerfile:\d+:1 {2}does not copy OpenCode's binary into the target/,
    ],
    [
      "a Dockerfile without the doctor",
      image,
      (text) => text.replaceAll(" aperture-env/doctor.mjs", ""),
      /Dockerfile:\d+:1 {2}does not copy aperture-env\/doctor\.mjs into the target/,
    ],
  ];
  test.each(broken)(
    "%s is red with its place, named by update, and --restore is the way back",
    async (_what, path, change, said) => {
      await runPiped(["--yes"], root);
      const before = treeOf(root);
      edit(path, change);
      const red = await check();
      expect([red.exit, red.stdout]).toEqual([3, expect.stringMatching(said)]);
      expect(red.stdout).toContain("update --restore");
      const spoilt = treeOf(root, true);
      const update = await runPiped(["update"], root);
      expect([update.exit, update.stdout]).toEqual([3, expect.stringMatching(said)]);
      expect(update.stdout).not.toContain("Nothing to do");
      const named = JSON.parse((await runPiped(["update", "--json"], root)).stdout) as {
        remaining: { where?: { file: string } }[];
      };
      expect(named.remaining[0]!.where!.file).toBe(path);
      expect(treeOf(root, true)).toEqual(spoilt);
      const restored = await runPiped(["update", "--restore", "--on-conflict", "replace"], root);
      expect(restored.exit, restored.stdout).toBe(0);
      expect(treeOf(root)).toEqual(before);
      expect(await check()).toMatchObject({ exit: 0 });
    },
  );

  test("what is edited as it may be stays fine: other targets, arguments, layers, a gateway that the build gets", async () => {
    await runPiped(["--yes"], root);
    edit(devcontainer, (text) => text.replace('"target": "dev"', '"target": "mine"').replace('"args": {', '"args": { "A": "b",'));
    edit(
      image,
      (text) => `${text.replace("ENV APERTURE_URL=http://ai", "ARG GW\nENV APERTURE_URL=$GW")}\nFROM dev AS mine\nRUN true\n`,
    );
    expect(await check()).toMatchObject({ exit: 0, stdout: expect.stringMatching(/Fine/) as string });
    expect((await runPiped(["update"], root)).stdout).toContain("Nothing to do");
  });

  test("our key that a person removed: check and update agree, and --restore restores it", async () => {
    await add();
    const before = treeOf(root);
    write(root, { [devcontainer]: theirs });
    const said = /! .*devcontainer\.json {2}features › \.\/aperture-env › revision is missing\n.*update --restore/;
    expect(await check()).toMatchObject({ exit: 3, stdout: expect.stringMatching(said) as string });
    const update = await runPiped(["update"], root);
    expect(update).toMatchObject({ exit: 3, stdout: expect.stringMatching(said) as string });
    expect(update.stdout).toMatch(/\nNothing was written: .* left to you\.\n$/);
    expect(read(devcontainer)).toBe(theirs);
    expect((await runPiped(["update", "--restore"], root)).exit).toBe(0);
    expect(treeOf(root)).toEqual(before);
    expect((await runPiped(["remove", "--yes"], root)).exit).toBe(0);
    expect(read(devcontainer)).toBe(theirs);
  });

  test("a lock that another version wrote is no drift, whatever this version would write", async () => {
    await runPiped(["--yes"], root);
    for (const generator of ["0.0.1", "99.0.0"]) {
      edit("aperture-env.lock", (text) => text.replace(/"generator": "[^"]*"/, `"generator": "${generator}"`));
      expect(await check()).toMatchObject({ exit: 0 });
    }
  });

  test("the version that wrote the lock sees what was changed in file and lock alike", async () => {
    await runPiped(["--yes"], root);
    const { createHash } = await import("node:crypto");
    const hash = (text: string): string => `sha256-${createHash("sha256").update(text).digest("hex")}`;
    const before = read(launcher);
    edit(launcher, (text) => `${text}# planted\n`);
    edit("aperture-env.lock", (text) => text.replace(hash(before), hash(read(launcher))));
    expect(await check()).toMatchObject({
      exit: 3,
      stdout: expect.stringContaining(`! ${launcher}  differs from what spec and lock generate`) as string,
    });
  });

  test("after an update that noted a deletion it is fine again", async () => {
    await runPiped(["--yes"], root);
    rmSync(join(root, launcher));
    expect((await check()).exit).toBe(3);
    await runPiped(["update"], root);
    expect(await check()).toMatchObject({ exit: 0, stdout: expect.stringContaining("was deleted, and stays deleted") as string });
  });

  test("several, and none", async () => {
    for (const name of ["a", "b"]) {
      mkdirSync(join(root, name));
      await runPiped(["--yes"], join(root, name));
    }
    rmSync(join(root, "b", launcher));
    const ran = await check("a", "b");
    expect(ran.exit).toBe(3);
    expect(ran.stdout).toMatch(
      /^fine {6}a\ndrift {5}b\n {2}! .*launcher\.sh {2}is missing\n[^]*\n2 folders: 1 fine, 1 drift\.\n$/,
    );
    expect(await check()).toMatchObject({ exit: 2, stderr: expect.stringContaining("no environment to check") as string });
  });
});

describe("files in another encoding", () => {
  const wide = (text: string): Buffer => Buffer.from(`\ufeff${text}`, "utf16le");
  const encodings: readonly (readonly [what: string, bytes: Buffer, said: RegExp])[] = [
    ["UTF-16", wide('{ "image": "x" }\n'), /is UTF-16 text/],
    ["UTF-16 in the other order", wide('{ "image": "x" }\n').swap16(), /is UTF-16 text/],
    ["UTF-16 without a mark", wide('{ "image": "x" }\n').subarray(2), /is UTF-16 text/],
    [
      "Latin-1",
      Buffer.from('{\n  // für\n  "image": "x"\n}\n', "latin1"),
      /is not UTF-8 text: line 2 has the byte 0xFC, as Latin-1 and Windows-1252 have it/,
    ],
  ];
  test.each(encodings)("%s: the file is named with what to do, and nothing is written", async (_what, bytes, said) => {
    mkdirSync(join(root, ".devcontainer"));
    writeFileSync(join(root, devcontainer), bytes);
    const ran = await runPiped(["--yes"], root);
    expect([ran.exit, ran.stdout]).toEqual([3, expect.stringMatching(said)]);
    expect(ran.stdout).toMatch(/! \.devcontainer\/devcontainer\.json\n.*\n +save it as UTF-8, and run again/);
    expect(Object.keys(treeOf(root))).toEqual([".devcontainer", devcontainer]);
    expect(readFileSync(join(root, devcontainer))).toEqual(bytes);
    // Also of a file of ours, and of the spec.
    rmSync(join(root, devcontainer));
    await runPiped(["--yes"], root);
    writeFileSync(join(root, devcontainer), bytes);
    const red = await runPiped(["check"], root);
    expect([red.exit, red.stdout]).toEqual([3, expect.stringMatching(said)]);
    expect(red.stdout).toMatch(/Save it as UTF-8\./);
    writeFileSync(join(root, "aperture-env.yaml"), bytes);
    expect(await runPiped(["update"], root)).toMatchObject({
      exit: 3,
      stderr: expect.stringMatching(/Save it as UTF-8\./) as string,
    });
  });
});

describe("remove", () => {
  const shapes: Readonly<Record<string, Files>> = {
    "an empty folder": {},
    "a project": { "package.json": "{}\n", "src/x.ts": "x", ".gitignore": "node_modules" },
    "a dev container with comments, CRLF and no final line end": { [devcontainer]: theirs },
    "a dev container file at the root, on one line": { ".devcontainer.json": '{"image":"x"}' },
    "several dev containers": {
      ".devcontainer/a/devcontainer.json": "{}",
      ".devcontainer/b/devcontainer.json": '{ "features": { } }\n',
      ".devcontainer.json": "{\n}\n",
    },
    "a Compose dev container": {
      [devcontainer]: '{ "dockerComposeFile": "c.yml", "service": "app", }',
      ".devcontainer/c.yml": "services: {}\n",
    },
  };

  test.each(Object.entries(shapes))("%s: every byte as it was, and no folder more", async (_what, files) => {
    write(root, files);
    const before = treeOf(root);
    expect(
      (await runPiped(["--yes", "--container-env", "A=b", "--forward-ports", "3000", "--hook", "postCreateCommand=true"], root))
        .exit,
    ).toBe(0);
    expect(treeOf(root)).not.toEqual(before);
    const added = treeOf(root, true);
    expect((await runPiped(["remove", "--dry-run"], root)).exit).toBe(0);
    expect(treeOf(root, true)).toEqual(added);
    const ran = await runPiped(["remove", "--yes"], root);
    expect(ran.exit, ran.stdout).toBe(0);
    expect(treeOf(root)).toEqual(before);
    // And it can be had again.
    expect((await runPiped(["--yes"], root)).exit).toBe(0);
    expect((await runPiped(["remove", "--yes"], root)).exit).toBe(0);
    expect(treeOf(root)).toEqual(before);
  });

  test("what the user edited stays and is named", async () => {
    await runPiped(["--yes"], root);
    edit(".devcontainer/Dockerfile", (text) => `${text}RUN mine\n`);
    edit("aperture-env.yaml", (text) => `# mine\n${text}`);
    const ran = await runPiped(["remove", "--yes"], root);
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toMatch(/= \.devcontainer\/Dockerfile {2}yours, unchanged\n {6}you edited it/);
    expect(Object.keys(treeOf(root))).toEqual([".devcontainer", ".devcontainer/Dockerfile", "aperture-env.yaml"]);
  });

  test("edits around ours in their file stay", async () => {
    write(root, { [devcontainer]: theirs });
    await runPiped(["--yes"], root);
    edit(devcontainer, (text) => text.replace("// mine", "// mine, edited").replace("[ 8080 ]", "[ 8080, 9090 ]"));
    expect((await runPiped(["remove", "--yes"], root)).exit).toBe(0);
    expect(read(devcontainer)).toBe(theirs.replace("// mine", "// mine, edited").replace("[ 8080 ]", "[ 8080, 9090 ]"));
  });

  test("if git ignores the lock, our own revision is not treated as the user's option", async () => {
    write(root, { [devcontainer]: theirs });
    await runPiped(["--yes"], root);
    // A pull brings the revision of another checkout, and the lock here stays as it was.
    edit(devcontainer, (text) => text.replace(/"revision": "\w+"/, '"revision": "0123456789ab"'));
    const ran = await runPiped(["remove", "--yes"], root);
    expect(ran.exit, ran.stdout).toBe(0);
    expect(treeOf(root)).toEqual({ ".devcontainer": expect.any(String) as string, [devcontainer]: expect.any(String) as string });
    expect(read(devcontainer)).toBe(theirs);
    // A clone has no lock, and makes one of its own.
    await runPiped(["--yes"], root);
    rmSync(join(root, "aperture-env.lock"));
    edit(devcontainer, (text) => text.replace(/"revision": "\w+"/, '"revision": "0123456789ab"'));
    expect((await runPiped(["update"], root)).exit).toBe(0);
    expect((await runPiped(["remove", "--yes"], root)).exit).toBe(0);
    expect(read(devcontainer)).not.toContain("aperture-env");
  });

  test("options of the user's for the Feature need a decision", async () => {
    write(root, { [devcontainer]: theirs });
    await runPiped(["--yes"], root);
    edit(devcontainer, (text) => text.replace('"revision"', '"x": "y", "revision"'));
    const before = treeOf(root, true);
    const ran = await runPiped(["remove", "--yes"], root);
    expect(ran.exit).toBe(3);
    expect(ran.stdout).toContain("which is removed with the Feature");
    expect(treeOf(root, true)).toEqual(before);
    expect((await runPiped(["remove", "--yes", "--on-conflict", "replace"], root)).exit).toBe(0);
    expect(read(devcontainer)).toBe(theirs);
  });

  test("a spec written by hand stays", async () => {
    write(root, { "aperture-env.yaml": "aperture: { url: http://ai }\n" });
    const before = treeOf(root);
    await runPiped([], root);
    expect((await runPiped(["remove", "--yes"], root)).exit).toBe(0);
    expect(treeOf(root)).toEqual(before);
  });

  test("asks at a terminal, and not without one", async () => {
    await runPiped(["--yes"], root);
    const before = treeOf(root, true);
    expect(await runPiped(["remove"], root)).toMatchObject({ exit: 2, stderr: expect.stringContaining("--yes") as string });
    const refused = runAtTerminal(["remove"], root);
    await refused.until("Remove these?");
    refused.press("n");
    expect((await refused.done).exit).toBe(130);
    expect(treeOf(root, true)).toEqual(before);
    const accepted = runAtTerminal(["remove"], root);
    await accepted.until("Remove these?");
    accepted.press("\r");
    expect((await accepted.done).exit).toBe(0);
    expect(treeOf(root)).toEqual({});
  });

  test("without a lock, or with one that cannot be trusted, nothing is taken away", async () => {
    expect(await runPiped(["remove", "--yes"], root)).toMatchObject({ exit: 2 });
    await runPiped(["--yes"], root);
    write(root, { "aperture-env.lock": "{" });
    const before = treeOf(root, true);
    expect(await runPiped(["remove", "--yes"], root)).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining("damaged") as string,
    });
    expect(treeOf(root, true)).toEqual(before);
  });

  test("a lock that names files that were never ours is not followed", async () => {
    write(root, { "src/x.ts": "x\n" });
    await runPiped(["--yes"], root);
    const lock = JSON.parse(read("aperture-env.lock")) as { files: Record<string, unknown> };
    const { createHash } = await import("node:crypto");
    lock.files["src/x.ts"] = { strategy: "own", hash: `sha256-${createHash("sha256").update("x\n").digest("hex")}` };
    write(root, { "aperture-env.lock": JSON.stringify(lock) });
    expect((await runPiped(["remove", "--yes"], root)).exit).toBe(3);
    expect((await runPiped(["update"], root)).exit).toBe(0);
    expect(read("src/x.ts")).toBe("x\n");
  });
});
