/** What a bot moves by the setting in docs/pins.md: it finds all that is pinned and nothing else, `check` names the command, `update` completes it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatLock, hashText, lockPath, parseLock, type Lock } from "../../src/lock/lock.ts";
import { makeFolder, runPiped, write, type Ran } from "./harness.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/pins.md"), "utf8");
interface Setting {
  readonly customManagers: readonly {
    readonly managerFilePatterns: readonly string[];
    readonly matchStrings: readonly string[];
  }[];
}
const { customManagers } = JSON.parse(/```json\n([^]*?)```/.exec(page)![1]!) as Setting;

let place: ReturnType<typeof makeFolder>;
beforeEach(() => {
  place = makeFolder();
});
afterEach(() => place.remove());

const read = (path: string): string => readFileSync(join(place.folder, path), "utf8");
const run = (...args: string[]): Promise<Ran> => runPiped(args, place.folder);
const lock = (): Lock => parseLock(read(lockPath))!;
const digest = (of: string): string => `sha256:${of.repeat(64)}`;

/** What a manager of the setting finds in a file, as Renovate does: by each pattern, anywhere in the text. */
function found(path: string): Record<string, string>[] {
  return customManagers.flatMap(({ managerFilePatterns, matchStrings }) =>
    managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(path))
      ? matchStrings.flatMap((pattern) => [...read(path).matchAll(new RegExp(pattern, "g"))].map(({ groups }) => ({ ...groups })))
      : [],
  );
}

/** A lock as `--pins` would have it. */
async function createPinned(): Promise<void> {
  expect((await run("--yes")).exit).toBe(0);
  const pins = {
    "debian:bookworm-slim": digest("a"),
    "node:24-bookworm-slim": digest("b"),
    "mcr.microsoft.com/devcontainers/base:2-bookworm": digest("c"),
  };
  write(place.folder, { [lockPath]: `${JSON.stringify({ ...lock(), pins }, null, 2)}\n` });
  expect((await run("update", "--yes")).exit).toBe(0);
  expect((await run("check")).exit).toBe(0);
}

test("digests in the lock, and OpenCode in the spec", async () => {
  await createPinned();
  expect(found(lockPath)).toEqual([
    { depName: "debian", currentValue: "bookworm-slim", currentDigest: digest("a") },
    { depName: "node", currentValue: "24-bookworm-slim", currentDigest: digest("b") },
    { depName: "mcr.microsoft.com/devcontainers/base", currentValue: "2-bookworm", currentDigest: digest("c") },
  ]);
  expect(found("aperture-env.yaml")).toEqual([{ currentValue: lock().opencode.version }]);
  write(place.folder, { "aperture-env.yaml": "name: x\nopencode: { version: '1.18.18', managed: true }\n" });
  expect(found("aperture-env.yaml")).toEqual([{ currentValue: "1.18.18" }]);
});

test("a digest that was moved in the lock comes into the Dockerfile by update, which check names; nobody is asked", async () => {
  await createPinned();
  write(place.folder, { [lockPath]: read(lockPath).replace(digest("a"), digest("d")) });
  const { exit, stdout } = await run("check");
  expect(exit).toBe(3);
  expect(stdout).toContain("npx create-aperture-env update");
  expect((await run("update", "--yes")).exit).toBe(0);
  expect(read(".devcontainer/Dockerfile")).toContain(`FROM debian:bookworm-slim@${digest("d")} AS ci\n`);
  expect((await run("check")).exit).toBe(0);
});

describe("a bot that moves what is generated, and no input", () => {
  const dockerfile = ".devcontainer/Dockerfile";
  const moveTo = (image: string): void =>
    write(place.folder, {
      [dockerfile]: read(dockerfile).replaceAll(/debian:bookworm-slim(?:@sha256:\w+)?(?= AS)/g, image),
    });
  const expectRed = async (): Promise<void> => {
    const { exit, stdout } = await run("check", "--json");
    const line = read(dockerfile)
      .split("\n")
      .findIndex((each) => each.startsWith("FROM debian:"));
    expect(exit).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      observations: [
        {
          path: dockerfile,
          state: "changed",
          message: "has another digest of debian:bookworm-slim than the lock",
          where: { file: dockerfile, line: line + 1 },
        },
      ],
    });
  };

  test("a digest in the Dockerfile comes into the lock, beside layers of somebody's own, and nobody is asked", async () => {
    await createPinned();
    const { revision } = lock();
    moveTo(`debian:bookworm-slim@${digest("d")}`);
    write(place.folder, { [dockerfile]: `${read(dockerfile)}RUN echo mine\n` });
    await expectRed();
    const { exit, stdout } = await run("update", "--yes", "--summary", "markdown");
    expect(exit, stdout).toBe(0);
    expect(stdout).toContain(`- \`debian:bookworm-slim\`: \`${digest("a")}\` → \`${digest("d")}\``);
    expect(lock().pins).toMatchObject({ "debian:bookworm-slim": digest("d"), "node:24-bookworm-slim": digest("b") });
    expect(lock().revision).not.toBe(revision);
    expect(read(dockerfile)).toMatch(/ AS ci\n[^]*RUN echo mine\n$/);
    expect((await run("check")).exit).toBe(0);
  });

  test("a digest where there was none, too", async () => {
    expect((await run("--yes")).exit).toBe(0);
    moveTo(`debian:bookworm-slim@${digest("d")}`);
    await expectRed();
    expect((await run("update", "--yes")).exit).toBe(0);
    expect(lock().pins).toEqual({ "debian:bookworm-slim": digest("d") });
    expect((await run("check")).exit).toBe(0);
  });

  test("where the lock was moved as well, the lock is right", async () => {
    await createPinned();
    moveTo(`debian:bookworm-slim@${digest("d")}`);
    write(place.folder, { [lockPath]: formatLock({ ...lock(), pins: { ...lock().pins, "debian:bookworm-slim": digest("e") } }) });
    expect((await run("update", "--yes")).exit).toBe(0);
    expect(read(dockerfile)).toContain(`FROM debian:bookworm-slim@${digest("e")} AS ci\n`);
    expect((await run("check")).exit).toBe(0);
  });

  test("another tag is an edit, which stays", async () => {
    await createPinned();
    moveTo(`debian:trixie-slim@${digest("d")}`);
    expect((await run("check")).exit).toBe(0);
    expect((await run("update", "--yes")).exit).toBe(0);
    expect(read(dockerfile)).toContain(`FROM debian:trixie-slim@${digest("d")} AS ci\n`);
    expect(lock().pins!["debian:bookworm-slim"]).toBe(digest("a"));
  });

  /** As `update --pins` writes it where the registry of that base has a newer digest, or none has been asked. */
  const pinTo = (of: string | null, image = "debian:bookworm-slim"): void => {
    const { pins = {}, ...others } = lock();
    const { "debian:bookworm-slim": _old, ...kept } = pins;
    write(place.folder, {
      [lockPath]: formatLock({ ...others, pins: { ...kept, ...(of !== null && { [image]: digest(of) }) } }),
    });
  };

  test.each([
    ["with a digest", `debian:trixie-slim@${digest("d")}`, "\n"],
    ["without one", "debian:trixie-slim", "\n"],
    ["in a file with Windows' line ends", "debian:trixie-slim", "\r\n"],
  ])("another tag %s stays when the old tag's digest moves, and is no conflict", async (_what, image, end) => {
    await createPinned();
    moveTo(image);
    write(place.folder, { [dockerfile]: read(dockerfile).replaceAll("\n", end) });
    pinTo("e");
    const nodes = lock().pins!["node:24-bookworm-slim"]!;
    write(place.folder, {
      [lockPath]: read(lockPath).replace(`"node:24-bookworm-slim": "${nodes}"`, `"node:24-bookworm-slim": "${digest("f")}"`),
    });
    const { exit, stdout } = await run("update", "--yes");
    expect(exit, stdout).toBe(0);
    expect(read(dockerfile)).toContain(`FROM ${image} AS ci${end}`);
    expect(read(dockerfile)).toContain(`FROM node:24-bookworm-slim@${digest("f")} AS opencode${end}`);
    expect((await run("check")).exit).toBe(0);
    // Nor is it lost by what comes later.
    pinTo("c");
    expect((await run("update", "--yes")).exit).toBe(0);
    expect(read(dockerfile)).toContain(`FROM ${image} AS ci${end}`);
  });

  test.each([
    ["a platform of somebody's own", "--platform=linux/amd64 $&", 3],
    ["a digest that is none", "debian:bookworm-slim@sha256:0", 3],
    ["another image without a digest", null, 0],
  ])("what else an edit of that line says: %s", async (_what, image, wanted) => {
    await createPinned();
    const from = /debian:bookworm-slim@sha256:\w+(?= AS ci)/;
    const edited =
      image === null
        ? read(dockerfile).replace(/^FROM debian:.*AS ci$/m, "FROM debian:12 AS ci")
        : read(dockerfile).replace(from, image);
    write(place.folder, { [dockerfile]: edited });
    pinTo("e");
    expect((await run("update", "--yes")).exit).toBe(wanted);
    expect(read(dockerfile)).toBe(edited);
  });

  test.each([
    ["with a digest", `@${digest("d")}`, "e", `@${digest("e")}`],
    ["without one", "", "e", `@${digest("e")}`],
    ["that nobody has asked for", "", null, ""],
  ])("the spec takes the same tag %s: the lock is right", async (_what, bots, locked, after) => {
    const image = (tag: string): string => `image=ghcr.io/acme/dev:${tag},libc=glibc,user=root`;
    expect((await run("--yes", "--base", image("1"))).exit).toBe(0);
    write(place.folder, { [lockPath]: formatLock({ ...lock(), pins: { "ghcr.io/acme/dev:1": digest("a") } }) });
    expect((await run("update", "--yes")).exit).toBe(0);
    const moved = read(dockerfile).replaceAll(`dev:1@${digest("a")}`, `dev:2${bots}`);
    write(place.folder, { [dockerfile]: moved });
    expect((await run("check")).exit).toBe(0);
    pinTo(locked, "ghcr.io/acme/dev:2");
    const { exit, stdout } = await run("update", "--yes", "--base", image("2"));
    expect(exit, stdout).toBe(0);
    expect(read(dockerfile).match(/^FROM ghcr.*/gm)).toEqual([
      `FROM ghcr.io/acme/dev:2${after} AS ci`,
      `FROM ghcr.io/acme/dev:2${after} AS dev`,
    ]);
    expect((await run("check")).exit).toBe(0);
  });

  test.each([
    ["a newer version of an action stays when this program moves it, too", "v99.0.0", true],
    ["an older one goes", "v6.1.0", false],
    ["one whose version nobody wrote goes", "", false],
  ])("%s", async (_what, version, stays) => {
    const path = ".github/workflows/aperture-env-update.yml";
    expect((await run("--yes", "--outputs", "devcontainer,ci-github")).exit).toBe(0);
    const written = read(path);
    const uses = /checkout@\w{40} # v[\d.]+/;
    // As an earlier version of this program wrote it.
    const earlier = written.replace(uses, `checkout@${"1".repeat(40)} # v6.0.0`);
    const files = {
      ...lock().files,
      [path]: { strategy: "own" as const, hash: hashText(earlier), ancestor: earlier.split("\n") },
    };
    const moved = `checkout@${"2".repeat(40)}${version === "" ? "" : ` # ${version}`}`;
    write(place.folder, { [lockPath]: formatLock({ ...lock(), files }), [path]: earlier.replace(uses, moved) });
    const { exit, stdout } = await run("update", "--yes");
    expect(exit, stdout).toBe(0);
    expect(read(path)).toBe(stays ? written.replace(uses, moved) : written);
    expect((await run("check")).exit).toBe(0);
  });
});

describe.each([
  ["a generated dev container", {}],
  ["a dev container of the user's", { ".devcontainer/devcontainer.json": '{ "image": "debian:bookworm-slim" }\n' }],
])("images of GitLab's jobs, with %s", (_shape, files) => {
  const jobs = ".gitlab/aperture-env.yml";

  test("have the lock's digests, and a digest that a bot moves in either file comes into the other", async () => {
    write(place.folder, files);
    expect((await run("--yes", "--outputs", "devcontainer,ci-gitlab")).exit).toBe(0);
    expect(read(jobs)).toMatch(
      /^ {2}image: docker:28$[^]*^ {4}- name: docker:28-dind\n {6}alias: docker$[^]*^ {2}image: node:24$/m,
    );
    const pins = { "docker:28": digest("a"), "docker:28-dind": digest("b"), "node:24": digest("c") };
    write(place.folder, { [lockPath]: formatLock({ ...lock(), pins }) });
    expect((await run("check")).exit).toBe(3);
    expect((await run("update")).exit).toBe(0);
    expect((await run("check")).exit).toBe(0);
    expect(read(jobs)).toContain(`  image: "docker:28@${digest("a")}"\n`);
    expect(read(jobs)).toContain(`    - name: "docker:28-dind@${digest("b")}"\n`);
    expect(lock().pins).toEqual(pins);
    write(place.folder, { [jobs]: read(jobs).replace(digest("c"), digest("d")) });
    expect((await run("check")).stdout).toContain("has another digest of node:24 than the lock");
    expect((await run("update")).exit).toBe(0);
    expect(lock().pins).toEqual({ ...pins, "node:24": digest("d") });
    expect(read(jobs)).toContain(`  image: "node:24@${digest("d")}"\n`);
    expect((await run("check")).exit).toBe(0);
  });
});
