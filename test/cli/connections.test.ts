/** Every word for the way to the gateway: one takes another's place by update, exactly, and none leaves anything behind. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connections } from "../../src/connections/index.ts";
import { makeFolder, runPiped, treeOf, write, type Files, type Ran } from "./harness.ts";

let outside: ReturnType<typeof makeFolder>;
beforeEach(() => {
  outside = makeFolder();
});
afterEach(() => outside.remove());

const run = async (root: string, ...argv: readonly string[]): Promise<Ran> => {
  const ran = await runPiped(argv, root);
  expect(ran.exit, ran.stderr + ran.stdout).toBe(0);
  return ran;
};
/** A repository of that name, with these files. */
const repository = (parent: string, files: Files): string => {
  const root = join(outside.folder, parent, "sample");
  mkdirSync(root, { recursive: true });
  write(root, files);
  return root;
};
const words = connections.map(({ value }) => value);
const own: Files = { "README.md": "# A project\n" };
const image: Files = { ".devcontainer.json": '{\n  // theirs\n  "image": "debian:bookworm"\n}\n' };
const compose: Files = {
  ".devcontainer/devcontainer.json": '{ "dockerComposeFile": "compose.yml", "service": "dev", "workspaceFolder": "/w" }\n',
  ".devcontainer/compose.yml": "services:\n  dev:\n    image: debian:bookworm\n    ports: [3000:3000] # the app\n",
};

const generated = (tree: Files): Files =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => path !== "aperture-env.yaml" && path !== "aperture-env.lock"));
const hasPin = (tree: Files): boolean => /^ {2}tailscale:/m.test(tree["aperture-env.yaml"]!);

/** What each shape can carry. */
const shapes: readonly (readonly [string, Files, readonly string[]])[] = [
  ["a dev container of its own", own, words],
  ["an image of the user's", image, words.filter((word) => word !== "sidecar" && word !== "ts-unplug")],
  ["a Compose project of the user's", compose, words.filter((word) => word !== "ts-unplug")],
];

describe.each(shapes)("%s", (_name, files, carried) => {
  test.each(words.filter((word) => !carried.includes(word)))(
    "%s is refused with what to take instead, and nothing is written",
    async (word) => {
      const root = repository("refused", files);
      const before = treeOf(root);
      const { exit, stderr } = await runPiped(["--yes", "--connection", word], root);
      expect(exit, stderr).toBe(2);
      expect(stderr).toMatch(/auto|userspace/);
      expect(treeOf(root)).toEqual(before);
    },
  );

  test.each(carried)(
    "%s: update leads there from every other word and gives what create gives; remove leaves nothing",
    async (word) => {
      const fresh = repository("fresh", files);
      const before = treeOf(fresh);
      await run(fresh, "--yes", "--connection", word);
      const wanted = treeOf(fresh);
      for (const other of carried) {
        if (other === word) continue;
        const root = repository(other, files);
        await run(root, "--yes", "--connection", other);
        expect(treeOf(root), other).not.toEqual(wanted);
        await run(root, "update", "--connection", word);
        const got = treeOf(root);
        // A word that needs programs writes their pin down. It stays, for the spec is the user's, and auto makes use of it.
        if (word === "auto" && other === "userspace") expect([hasPin(got), hasPin(wanted)]).toEqual([true, false]);
        else expect(generated(got), other).toEqual(generated(wanted));
        expect((await run(root, "update")).stdout).toContain("Nothing to do");
        expect((await run(root, "check")).stdout).toMatch(/^Fine/);
        await run(root, "remove", "--yes");
        expect(treeOf(root), other).toEqual(before);
      }
    },
  );
});
