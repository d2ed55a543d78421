/** A dev container of the user's in memory: an environment is added, updated and removed, and every byte is as it was. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { conflictsOf, writesOf } from "../../src/plan/plan.ts";
import type { Answers } from "../../src/questions/types.ts";
import type { Shape } from "../../src/vocabulary.ts";
import { fileSet } from "../support/file-sets.ts";
import { plainAnswers } from "../support/answers.ts";
import { applied, planRemove, planUpdate, type Texts } from "../support/memory.ts";

const asked: Answers = {
  ...plainAnswers,
  containerEnv: { TZ: "UTC" },
  forwardPorts: [3000, "db:5432"],
  hooks: { postCreateCommand: "npm ci" },
};
const styles: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "with CRLF": (text) => text.replaceAll(/\r?\n/g, "\r\n"),
  "with a BOM": (text) => `\ufeff${text.replace(/^\ufeff/, "")}`,
  "with tabs": (text) => text.replaceAll(/^ +/gm, (spaces) => "\t".repeat(Math.ceil(spaces.length / 2))),
  "without a final newline": (text) => text.replace(/\s+$/, ""),
};

const { what, folder: root, known } = fileSet({ own: { least: 30 }, real: { least: 200 } });

describe(`dev containers, ${what}, each in the place of its own`, () => {
  const folder = join(root, "devcontainer");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.jsonc?$/.test(name));
  /** Where such a file lies: real ones have the places in the names. */
  const placeOf = (name: string): string => {
    if (/(?:__|\/)\.devcontainer\.json$/.test(name)) return ".devcontainer.json";
    return /__\.devcontainer__[^_/]+__devcontainer\.json$/.test(name)
      ? ".devcontainer/named/devcontainer.json"
      : ".devcontainer/devcontainer.json";
  };

  test.each(Object.entries(styles))("%s: add, update, and remove gives the whole tree back, byte for byte", (_style, restyle) => {
    let count = 0;
    for (const name of files) {
      const place = placeOf(name);
      const shape: Shape = { kind: "feature", files: [place] };
      const before: Texts = new Map([[place, restyle(readFileSync(join(folder, name), "utf8"))]]);
      const added = applied(before, planUpdate(before, shape, asked));
      expect(writesOf(planUpdate(added, shape, asked)), name).toEqual([]);
      const updated = applied(
        added,
        planUpdate(added, shape, { ...asked, url: "http://gw", containerEnv: { TZ: "CET", MORE: "1" }, forwardPorts: [4000] }),
      );
      for (const tree of [added, updated]) {
        const removal = planRemove(tree);
        expect(conflictsOf(removal), name).toEqual([]);
        expect(new Map(applied(tree, removal)), name).toEqual(before);
      }
      count++;
    }
    expect(count).toBe(files.length);
    expect(count).toBeGreaterThan(known.least);
  });

  test("with a user's edit in between: only that edit remains", () => {
    let exact = 0;
    const others: string[] = [];
    for (const name of files) {
      const place = placeOf(name);
      const shape: Shape = { kind: "feature", files: [place] };
      const text = readFileSync(join(folder, name), "utf8");
      const before: Texts = new Map([[place, text]]);
      const added = applied(before, planUpdate(before, shape, asked));
      // At the very beginning, but for a byte order mark.
      const edit = (whole: string): string => whole.replace(/^\ufeff?/, "$&// edited\n");
      const edited = new Map(added).set(place, edit(added.get(place)!));
      const updated = applied(edited, planUpdate(edited, shape, { ...asked, url: "http://gw" }));
      const left = applied(updated, planRemove(updated));
      expect([...left.keys()], name).toEqual([place]);
      if (left.get(place) === edit(text)) exact++;
      else others.push(name);
    }
    // Only where an object was empty and had white space in it can it come out as `{}`.
    for (const name of others) expect(readFileSync(join(folder, name), "utf8"), name).toMatch(/[{[]\s+[}\]]/);
    expect(exact + others.length).toBe(files.length);
    expect(others.length).toBeLessThan(5);
  });
});
