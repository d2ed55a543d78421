/**
 * The edits of a user's devcontainer.json: on files of our own in every style that people write, or on 245 real ones of public repositories
 * (test/support/file-sets.ts); each as it is and in five styles more.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ensureItem, ensureValue, removeItem, removeValue } from "../../src/edit/jsonc.ts";
import type { EditResult } from "../../src/edit/splice.ts";
import { fileSet } from "../support/file-sets.ts";
import { backTo, depthOf, isSplice, nodeAt, strange, styles, textOf, valueOf, type Path } from "./jsonc-checks.ts";

const { what, folder: root, known } = fileSet({ own: { least: 30 }, real: { least: 200 } });
const folder = join(root, "devcontainer");

const revision = "0123456789ab";

/** An edit that puts something in, and the one that takes it out. */
interface Edit {
  readonly path: Path;
  readonly put: (text: string) => EditResult;
  readonly takeOut: (text: string, made: number) => EditResult;
  /** What the value at the path is to be, from what it was. */
  readonly meant: (old: unknown) => unknown;
}

const value = (path: Path, wanted: unknown): Edit => ({
  path,
  put: (text) => ensureValue(text, path, wanted),
  takeOut: (text, made) => removeValue(text, path, made),
  meant: () => wanted,
});
const item = (path: Path, wanted: unknown): Edit => ({
  path,
  put: (text) => ensureItem(text, path, wanted),
  takeOut: (text, made) => removeItem(text, path, wanted, made),
  meant: (old) => [...((old ?? []) as unknown[]), wanted],
});

const edits: Readonly<Record<string, Edit>> = {
  "the Feature beside devcontainer.json": value(["features", "./aperture-env", "revision"], revision),
  "the Feature below .devcontainer.json": value(["features", "./.devcontainer/aperture-env", "revision"], revision),
  "the Feature above a nested devcontainer.json": value(["features", "./../aperture-env", "revision"], revision),
  "a variable": value(["containerEnv", "APERTURE_URL"], "http://ai"),
  "a port": item(["forwardPorts"], 14_514),
};

/** The value with another one at a path. */
function withValue(object: Record<string, unknown>, [key, ...rest]: readonly string[], put: unknown): Record<string, unknown> {
  const inner = (object[key!] ?? {}) as Record<string, unknown>;
  return { ...object, [key!]: rest.length === 0 ? put : withValue(inner, rest, put) };
}

describe(`devcontainer.json: ${what}`, () => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.jsonc?$/.test(name));

  const cases = Object.entries(styles).flatMap(([style, restyle]) =>
    Object.entries(edits).map(([what, edit]) => [style, what, restyle, edit] as const),
  );

  test.each(cases)(
    "%s: %s, every other byte as it was, and out again",
    (_style, _what, restyle, { path, put, takeOut, meant }) => {
      let edited = 0;
      const refused: string[] = [];
      for (const file of files) {
        const text = restyle(readFileSync(join(folder, file), "utf8"));
        const result = put(text);
        if (!result.ok) {
          refused.push(`${file}: ${result.why}`);
          continue;
        }
        edited++;
        const old = nodeAt(text, path);
        const before = valueOf(text);
        expect(valueOf(result.text), file).toEqual(
          withValue(
            before,
            path,
            meant(path.reduce<unknown>((inner, key) => (inner as typeof before | undefined)?.[key], before)),
          ),
        );
        expect(isSplice(text, result.text), file).toBe(true);
        expect(strange(text, result.text), file).toBeNull();
        expect(put(result.text), file).toEqual(result);

        const depth = depthOf(text, path);
        // Where a list was there, ours is one item of it; else ours is all that was missing.
        const list = old === undefined ? path.slice(0, depth) : path;
        const back = textOf(takeOut(result.text, depth));
        expect(backTo(text, list), file).toContain(back);
        expect(textOf(takeOut(back, depth)), file).toBe(back);
      }
      // Refused is only what no JSONC parser reads.
      expect(refused).toEqual([]);
      expect(edited).toBe(files.length);
      expect(edited).toBeGreaterThan(known.least);
    },
  );

  test.each(Object.entries(styles))("%s: another revision, and nothing else", (_style, restyle) => {
    const path: Path = ["features", "./aperture-env", "revision"];
    for (const file of files) {
      const first = textOf(ensureValue(restyle(readFileSync(join(folder, file), "utf8")), path, revision));
      const { offset, length } = nodeAt(first, path)!;
      const second = textOf(ensureValue(first, path, "another"));
      expect(second, file).toBe(`${first.slice(0, offset)}"another"${first.slice(offset + length)}`);
      expect(textOf(ensureValue(second, path, revision)), file).toBe(first);
    }
  });
});
