/**
 * Repositories that somebody laid out to do harm, or a file system did: at each place that the program looks at or writes to lies something
 * that is no file of the repository. Each command on each of them, in one that has no environment yet and in one that has: nothing outside is
 * touched, nothing hangs, what is refused changes nothing and says why.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { readCase } from "../golden/store.ts";
import { startWatchdog } from "./watchdog.ts";
import { makeWorld, type World } from "./world.ts";

const isRoot = process.getuid?.() === 0;
const nobody = 65534;

// Time is the watchdog's.
vi.setConfig({ testTimeout: 1_200_000 });

let world: World;
/** A repository with an environment, to be copied. */
let ready: string;
const watchdog = startWatchdog();
beforeAll(async () => {
  world = makeWorld();
  world.reset({ "README.md": "# Sample\n", ".gitignore": "node_modules\n" });
  expect((await world.run("--yes")).exit).toBe(0);
  ready = `${world.folder}-ready`;
  cpSync(world.root, ready, { recursive: true });
});
afterAll(() => {
  world.dispose();
  rmSync(ready, { recursive: true, force: true });
  watchdog.stop();
});

/** Puts something hostile at a place whose folder is there and at which nothing is. `folder` holds the repository and its neighbours. */
type Place = (full: string, folder: string) => void | Promise<void>;

const files: Readonly<Record<string, Place>> = {
  "a link to a file outside": (full, folder) => symlinkSync(join(folder, "secret.txt"), full),
  "a link to a folder outside": (full, folder) => symlinkSync(join(folder, "neighbour"), full),
  "a link to nothing outside": (full, folder) => symlinkSync(join(folder, "neighbour", "made"), full),
  "a link upwards to nothing": (full) => symlinkSync("../".repeat(30) + "tmp/aperture-env-nothing", full),
  "a link to nothing inside": (full) => symlinkSync("nothing", full),
  "a link to itself": (full) => symlinkSync(full, full),
  "a link to endless zeros": (full) => symlinkSync("/dev/zero", full),
  "a folder": (full) => mkdirSync(full),
  "a folder with a file": (full) => {
    mkdirSync(full);
    writeFileSync(join(full, "mine"), "mine\n");
  },
  "a pipe that nobody writes to": (full) => void execFileSync("mkfifo", [full]),
  "a socket": listen,
  "a hard link to a file outside": (full, folder) => linkSync(join(folder, "neighbour", "package.json"), full),
  "a file of a gigabyte": (full) => {
    writeFileSync(full, "");
    truncateSync(full, 1024 ** 3);
  },
  "a file of 4 MB": (full) => writeFileSync(full, "x\n".repeat(2 * 1024 * 1024)),
  "bytes that are no text": (full) => writeFileSync(full, Buffer.from([0xff, 0xfe, 0, 0xd8, 0x80])),
  "an empty file": (full) => writeFileSync(full, ""),
  "a file that cannot be read": (full) => writeFileSync(full, "mine\n", { mode: 0 }),
  ...(isRoot && { "a device": (full: string) => void execFileSync("mknod", [full, "c", "1", "5"]) }),
};
const folders: Readonly<Record<string, Place>> = {
  "a link to a folder outside": (full, folder) => symlinkSync(join(folder, "neighbour"), full),
  "a link to an empty folder outside": (full, folder) => symlinkSync(join(folder, "neighbour", "empty"), full),
  "a link to nothing outside": (full, folder) => symlinkSync(join(folder, "neighbour", "made"), full),
  "a link to the folder above": (full) => symlinkSync("..", full),
  "a link to where it is": (full) => symlinkSync(".", full),
  "a link to itself": (full) => symlinkSync(full, full),
  "a link to git's own folder": (full, folder) => symlinkSync(join(folder, "sample", ".git"), full),
  "a file": (full) => writeFileSync(full, "mine\n"),
  "a pipe that nobody writes to": (full) => void execFileSync("mkfifo", [full]),
  "a folder that cannot be read": (full) => mkdirSync(full, { mode: 0 }),
  "a folder that cannot be written to": (full) => mkdirSync(full, { mode: 0o555 }),
};
const worst = ["a link to a file outside", "a pipe that nobody writes to", "a folder", "a hard link to a file outside"];

/** Where files are written. The first are of each way of writing, and get everything. */
const written = Object.keys(readCase("empty-folder").after);
const ofEachWay = [
  ".devcontainer/Dockerfile",
  ".devcontainer/devcontainer.json",
  ".devcontainer/aperture-env/launcher.sh",
  ".devcontainer/aperture-env/.gitattributes",
  "aperture-env.yaml",
  "aperture-env.lock",
];
/** Where files are read, to look for what bypasses the gateway and for what a repository is. */
const read = [
  ".devcontainer.json",
  ".devcontainer/x/devcontainer.json",
  "opencode.json",
  ".opencode/opencode.jsonc",
  ".npmrc",
  ".gitignore",
  "package.json",
];
const onTheWay = [".devcontainer", ".devcontainer/aperture-env", ".devcontainer/aperture-env/opencode", ".opencode", ".git"];

const layouts: readonly { readonly what: string; readonly path: string; readonly place: Place }[] = [
  ...[...new Set([...ofEachWay, ...written, ...read])].flatMap((path) =>
    Object.entries(files)
      .filter(([what]) => ofEachWay.includes(path) || read.includes(path) || worst.includes(what))
      .map(([what, place]) => ({ what, path, place })),
  ),
  ...onTheWay.flatMap((path) => Object.entries(folders).map(([what, place]) => ({ what, path, place }))),
];

// Packages that are loaded only where they are needed: whoever has not all rights may not be able to read this checkout.
await Promise.all([import("yaml"), import("diff"), import("execa"), import("signal-exit")]);

/** What the program needs rights for is done as somebody who has not all of them. */
async function asSomebody<Result>(act: () => Promise<Result>): Promise<Result> {
  if (!isRoot) return act();
  process.seteuid!(nobody);
  try {
    return await act();
  } finally {
    process.seteuid!(0);
  }
}

let sockets: (() => void)[] = [];
/** By its whole path: what a server listens at is unlinked when it closes. */
function listen(full: string): Promise<void> {
  const server = createServer();
  sockets.push(() => server.close());
  return new Promise((done, fail) => server.on("error", fail).listen(full, done));
}

beforeEach(() => world.reset({}));
afterEach(() => {
  for (const close of sockets) close();
  sockets = [];
});

/** Gives everything in the repository to whoever the program runs as, but not what is shared with outside. */
function giveAway(folder: string): void {
  if (!isRoot) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = join(folder, entry.name);
    if (entry.isDirectory()) giveAway(full);
    if (!entry.isSymbolicLink() && lstatSync(full).nlink === 1) chownSync(full, nobody, nobody);
  }
  chownSync(folder, nobody, nobody);
}

/** What is run in a repository without an environment, and in one that has it. */
const commands = {
  "no environment": [["check"], ["--yes"], ["remove", "--yes"]],
  "an environment": [["check"], ["update"], ["--yes", "--on-conflict", "replace"], ["remove", "--yes"]],
};

test("the layouts are many", () => {
  expect(layouts.length).toBeGreaterThan(250);
  for (const path of ofEachWay) expect(written).toContain(path);
});

describe.skipIf(process.platform === "win32")("at one place something else than a file of the repository", () => {
  test.each(layouts)("$path: $what", async ({ what, path, place }) => {
    for (const start of ["no environment", "an environment"] as const) {
      world.reset({});
      if (start === "an environment") cpSync(ready, world.root, { recursive: true });
      const full = join(world.root, path);
      mkdirSync(dirname(full), { recursive: true });
      rmSync(full, { recursive: true, force: true });
      await place(full, world.folder);
      giveAway(world.root);
      await holdCommands(`${path}: ${what}, ${start}`, start);
      chmodBack(full);
    }
  });

  /** So that it can be cleared away. */
  function chmodBack(full: string): void {
    if (existsSync(full) && lstatSync(full).isDirectory()) chmodSync(full, 0o755);
  }
});

describe.skipIf(process.platform === "win32")("names that mean something", () => {
  const names = [
    "a\r\nb",
    "a\nFROM x",
    "\u001b[2J\u001b]0;title\u0007",
    "\u202egnp.exe",
    "-rf",
    "--yes",
    "$(touch x)",
    "`touch x`",
    "%s%n",
    "a'b\"c",
    "a\\b",
    "..\\..\\secret",
    "a:b",
    "con",
    "aux.txt",
    "nul ",
    ".git ",
    "git~1",
    "__proto__",
    "constructor",
    "{{x}}",
    "${localEnv:CANARY}",
    "é",
    "e\u0301",
    "x".repeat(255),
    "APERTURE-ENV",
    "Aperture-Env",
  ];

  test.each(names)("a dev container in the folder %j", async (name) => {
    for (const more of [{}, { ".devcontainer/devcontainer.json": '{ "image": "debian" }\n' }]) {
      world.reset({ ...more, [`.devcontainer/${name}/devcontainer.json`]: '{\n  "image": "debian"\n}\n' });
      giveAway(world.root);
      await holdCommands(name);
    }
  });

  test("a name that is no UTF-8", async () => {
    const folder = Buffer.concat([Buffer.from(`${world.root}/.devcontainer/`), Buffer.from([0xff, 0xfe, 0x41])]);
    mkdirSync(folder, { recursive: true });
    writeFileSync(Buffer.concat([folder, Buffer.from("/devcontainer.json")]), "{}\n");
    await holdCommands("no UTF-8");
  });

  test.each([
    [".DevContainer/devcontainer.json"],
    [".devcontainer/DEVCONTAINER.JSON"],
    [".devcontainer/Aperture-Env/launcher.sh"],
    ["Aperture-Env.yaml"],
    ["APERTURE-ENV.LOCK"],
    [".devcontainer/dockerfile"],
  ])("the same in other letters: %s", async (path) => {
    world.reset({ [path]: "mine: true\n" });
    const before = world.tree()[path];
    giveAway(world.root);
    await holdCommands(path);
    expect(world.tree()[path]).toBe(before);
  });

  test("three thousand folders where dev containers may be", async () => {
    for (let index = 0; index < 3000; index++) mkdirSync(join(world.root, ".devcontainer", `x${index}`), { recursive: true });
    giveAway(world.root);
    await holdCommands("many folders");
  });
});

describe.skipIf(process.platform === "win32")("files that a dev container names", () => {
  const named = [
    "../secret.txt",
    "../../secret.txt",
    "/dev/zero",
    "pipe",
    "loop",
    "..",
    "/",
    "a\u0000b",
    "~/.npmrc",
    "${localEnv:CANARY}",
    "x".repeat(5000),
  ];

  test.each(named)("%j as Dockerfile, Compose file and script", async (name) => {
    world.reset({
      ".devcontainer.json": JSON.stringify({ dockerComposeFile: [name, `.devcontainer/${name}`], service: "x" }),
      ".devcontainer/devcontainer.json": JSON.stringify({
        build: { dockerfile: name, context: name },
        postCreateCommand: `sh ${name}`,
      }),
      ".devcontainer/x/devcontainer.json": JSON.stringify({ dockerComposeFile: "compose.yaml", onCreateCommand: ["sh", name] }),
      ".devcontainer/x/compose.yaml": `services:\n  x:\n    build:\n      context: ${JSON.stringify(name)}\n      dockerfile: ${JSON.stringify(name)}\n`,
    });
    execFileSync("mkfifo", [join(world.root, ".devcontainer", "pipe"), join(world.root, "pipe")]);
    symlinkSync("loop", join(world.root, ".devcontainer", "loop"));
    giveAway(world.root);
    await holdCommands(name);
  });
});

/** Runs each command on what lies there. What is refused changes nothing. */
async function holdCommands(layout: string, start: keyof typeof commands = "an environment"): Promise<void> {
  for (const argv of commands[start]) {
    watchdog.look([layout, argv]);
    const before = world.tree();
    const ran = await asSomebody(() => world.run(...argv));
    // What is left for a person to settle is named, with what else was written.
    const isLeft = ran.exit === 3 && ran.stdout.includes("Left for you to resolve");
    if ((ran.exit !== 0 && !isLeft) || argv[0] === "check") expect(world.tree(), argv.join(" ")).toEqual(before);
  }
}
