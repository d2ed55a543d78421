/** What a bot moves by the setting in docs/pins.md: it finds all that is pinned and nothing else, `check` names the command, `update` completes it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockPath, parseLock, type Lock } from "../../src/lock/lock.ts";
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
