/** Updates and removals of whole repositories in memory: what the user did stays, what was added goes without a trace. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc, { fuzzRuns } from "../support/random-cases.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Shape } from "../../src/vocabulary.ts";
import { mergeLines } from "../../src/edit/merge3.ts";
import { lockPath } from "../../src/lock/lock.ts";
import { changesOf, conflictsOf, writesOf } from "../../src/plan/plan.ts";
import type { Answers } from "../../src/questions/types.ts";
import { specPath } from "../../src/spec/spec.ts";
import { fails } from "../../src/plan/check.ts";
import { plainAnswers } from "../support/answers.ts";
import { applied, checkOf, planUpdate } from "../support/memory.ts";
import { skipsWithoutGit } from "../support/skips.ts";

const own: Shape = { kind: "own" };
const ownTree = applied(new Map(), planUpdate(new Map(), own));
const theirs = '{\n  // mine\n  "image": "x"\n}\n';
const file = ".devcontainer/devcontainer.json";
const feature: Shape = { kind: "feature", files: [file] };
const asked: Answers = {
  ...plainAnswers,
  containerEnv: { TZ: "UTC" },
  forwardPorts: [3000, "db:5432"],
  hooks: { postCreateCommand: "npm ci" },
};
const featureTree = applied(new Map([[file, theirs]]), planUpdate(new Map([[file, theirs]]), feature, asked));

/** What somebody does to one file of a tree; `number` says where. */
type Edit = (text: string, number: number) => string | null;
const edits: Readonly<Record<string, Edit>> = {
  "deletes it": () => null,
  "empties it": () => "",
  "turns its line ends": (text) => text.replaceAll("\n", "\r\n"),
  "adds a line": (text, number) =>
    text
      .split("\n")
      .toSpliced(number % (text.split("\n").length + 1), 0, "# mine")
      .join("\n"),
  "takes a line out": (text, number) =>
    text
      .split("\n")
      .toSpliced(number % text.split("\n").length, 1)
      .join("\n"),
  "writes something else": (_text, number) => `mine ${number}\n`,
  "adds a byte order mark": (text) => `\ufeff${text}`,
  "takes the last line end away": (text) => text.replace(/\n$/, ""),
};
const names = Object.keys(edits);

describe("with any user edits and unchanged templates an update changes nothing", () => {
  const act = fc.record({ path: fc.nat(), edit: fc.nat({ max: names.length - 1 }), number: fc.nat({ max: 10_000 }) });

  test.each([
    ["a dev container of its own", ownTree, own, plainAnswers],
    ["a dev container of the user's", featureTree, feature, asked],
  ] as const)("%s", (_what, tree, shape, answers) => {
    const paths = [...tree.keys()].filter((path) => path !== lockPath && path !== specPath);
    fc.assert(
      fc.property(fc.array(act, { minLength: 1, maxLength: 6 }), (acts) => {
        const edited = new Map(tree);
        for (const { path, edit, number } of acts) {
          const name = paths[path % paths.length]!;
          // A dev container that is gone is no dev container to add to.
          if (shape.kind === "feature" && name === file && names[edit] === "deletes it") continue;
          const text = edited.get(name);
          const after = text === undefined ? null : edits[names[edit]!]!(text, number);
          if (after === null) edited.delete(name);
          else edited.set(name, after);
        }
        const plan = planUpdate(edited, shape, answers);
        // What cannot be read cannot be edited, and is said; nothing is written then.
        const unreadable = conflictsOf(plan).filter(
          ({ path, where }) => !(path === file && shape.kind === "feature" && where !== undefined),
        );
        expect(unreadable).toEqual([]);
        if (conflictsOf(plan).length > 0) return;
        const written = writesOf(plan).filter(({ path }) => path !== lockPath);
        // The one value that is ours by its name is set again where it was changed by hand.
        expect(written.filter(({ path }) => !(shape.kind === "feature" && path === file))).toEqual([]);
        for (const write of written) expect(write.kind === "edit" && write.after).toContain("./aperture-env");
        // And once it has noted what was deleted, there is nothing left to do.
        expect(writesOf(planUpdate(applied(edited, plan), shape, answers))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});

describe("check and update agree: check fails for what an update would write, or leaves to a person", () => {
  /** Edits as people and merges make them, beside those above. */
  const more: Readonly<Record<string, Edit>> = {
    ...edits,
    "leaves a conflict": (text) => text.replace("\n", "\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n"),
    "takes our key out": (text) => text.replace(/"features": \{[^]*?\}\s*\},?/, ""),
    "takes the revision out": (text) => text.replace(/"revision": "[^"]*"/, ""),
    "has another revision": (text) => text.replace(/(REVISION"|revision"): "[^"]*"/, '$1: "0"'),
    "names another image": (text) => text.replace("{", '{ "image": "debian",'),
    "builds another Dockerfile": (text) => text.replace('"dockerfile": "Dockerfile"', '"dockerfile": "../Dockerfile"'),
    "points elsewhere": (text) => text.replace(/^ENV APERTURE_URL=.*$/m, "ENV APERTURE_URL=http://elsewhere"),
    "points elsewhere below": (text) => `${text}ENV OTHER=1 APERTURE_URL=http://elsewhere\n`,
    "takes an instruction out": (text) => text.replace(/^RUN .*install\.sh\n/gm, ""),
    "changes a value of ours": (text) => text.replace('"TZ": "UTC"', '"TZ": "CET"'),
    "takes a port out": (text) => text.replace("3000", "3001"),
  };
  const kinds = Object.keys(more);
  const act = fc.record({ path: fc.nat(), edit: fc.nat({ max: kinds.length - 1 }), number: fc.nat({ max: 10_000 }) });
  const reds = new Set<string>();

  test.each([
    ["a dev container of its own", ownTree, own, plainAnswers],
    ["a dev container of the user's", featureTree, feature, asked],
  ] as const)("%s", (_what, tree, shape, answers) => {
    const paths = [...tree.keys()].filter((path) => path !== specPath);
    // Those that people edit come as often as all others.
    const places = [...paths, ...paths.flatMap(() => [file, ".devcontainer/Dockerfile"])];
    let fine = 0;
    fc.assert(
      fc.property(fc.array(act, { minLength: 1, maxLength: 3 }), (acts) => {
        const edited = new Map(tree);
        for (const { path, edit, number } of acts) {
          const name = places[path % places.length]!;
          const text = edited.get(name);
          if (text === undefined || (shape.kind === "feature" && name === file && kinds[edit] === "deletes it")) continue;
          const after = more[kinds[edit]!]!(text, number);
          if (after === null) edited.delete(name);
          else edited.set(name, after);
        }
        const plan = planUpdate(edited, shape, answers);
        const red = checkOf(edited, shape, answers).filter(fails);
        const named = [...writesOf(plan), ...conflictsOf(plan), ...plan.remaining!];
        expect(named.length > 0, JSON.stringify({ red, named })).toBe(red.length > 0);
        for (const { state } of red) reds.add(state);
        if (red.length === 0) return void fine++;
        // Each red thing has a way out, and after what an update does nothing is red but what it named.
        for (const { hint } of red) expect(hint).toMatch(/./);
        if (conflictsOf(plan).length > 0) return;
        const after = applied(edited, plan);
        expect(checkOf(after, shape, answers).filter(fails)).toEqual(plan.remaining);
        // The way back: with the word that ours may take a place where both stand, all is as it was meant.
        const restored = planUpdate(after, shape, answers, () => "replace", "1.0.0", true);
        if (conflictsOf(restored).length === 0)
          expect(checkOf(applied(after, restored), shape, answers).filter(fails)).toEqual([]);
        else expect(shape.kind).toBe("feature");
      }),
      { numRuns: 150 * fuzzRuns },
    );
    expect(fine).toBeGreaterThan(10);
    expect([...reds]).toEqual(expect.arrayContaining(["changed", "missing"]));
  });
});

describe("an update loses nothing of the user's", () => {
  const lines = fc.array(fc.constantFrom("# mine", "RUN x", "", "ENV A=b", "  indented"), { minLength: 1, maxLength: 4 });
  const other: Answers = { ...plainAnswers, url: "http://gw:8080", model: "anthropic/claude-opus-4-1", base: "alpine" };

  test("lines that were added to files that people edit are all there after it, or nothing is written", () => {
    fc.assert(
      fc.property(fc.constantFrom(".devcontainer/Dockerfile", file), fc.nat({ max: 60 }), lines, (path, at, added) => {
        const isJson = path.endsWith(".json");
        const mine = added.map((line, index) => (isJson ? `  // mine ${index} ${line}` : `# mine ${index} ${line}`));
        const before = ownTree.get(path)!.split("\n");
        const edited = new Map(ownTree).set(path, before.toSpliced(at % before.length, 0, ...mine).join("\n"));
        const plan = planUpdate(edited, own, other);
        if (conflictsOf(plan).length > 0) return;
        const after = applied(edited, plan).get(path)!;
        for (const line of mine) expect(after.split("\n")).toContain(line);
        if (!isJson) expect(after).toContain("http://gw:8080");
        expect(after).not.toMatch(/^(?:<<<<<<<|>>>>>>>|=======)/m);
      }),
      { numRuns: 400 },
    );
  });

  test("without a lock, and with a damaged one, an update adds and never overwrites", () => {
    for (const lock of [undefined, "", "{", '{"lockVersion":2}', "[]"]) {
      for (const [tree, shape, answers] of [
        [ownTree, own, plainAnswers],
        [featureTree, feature, asked],
      ] as const) {
        const edited = new Map(tree).set(".devcontainer/aperture-env/launcher.sh", "mine\n");
        if (lock === undefined) edited.delete(lockPath);
        else edited.set(lockPath, lock);
        const plan = planUpdate(edited, shape, answers);
        expect(conflictsOf(plan).map(({ path }) => path)).toEqual([".devcontainer/aperture-env/launcher.sh"]);
        const kept = planUpdate(edited, shape, answers, () => "replace");
        expect(conflictsOf(kept).map(({ path }) => path)).toEqual([".devcontainer/aperture-env/launcher.sh"]);
        // The same tree without an edit only gets its lock back.
        edited.set(".devcontainer/aperture-env/launcher.sh", tree.get(".devcontainer/aperture-env/launcher.sh")!);
        const again = planUpdate(edited, shape, answers);
        expect(
          changesOf(again)
            .filter(({ kind }) => kind !== "keep")
            .map(({ path }) => path),
        ).toEqual([lockPath]);
      }
    }
  });

  test("files that are no longer needed are removed if they are unedited, and stay otherwise", () => {
    // The dev container of its own gives way to one of the user's.
    const moved = new Map(ownTree);
    const plan = planUpdate(moved, feature, plainAnswers);
    expect(plan.changes.filter(({ kind }) => kind === "remove").map(({ path }) => path)).toEqual([".devcontainer/Dockerfile"]);
    const edited = new Map(ownTree).set(".devcontainer/Dockerfile", `${ownTree.get(".devcontainer/Dockerfile")!}USER me\n`);
    expect(
      planUpdate(edited, feature, plainAnswers).changes.find(({ path }) => path === ".devcontainer/Dockerfile"),
    ).toMatchObject({ kind: "keep", why: "left" });
  });
});

describe.skipIf(skipsWithoutGit("line merges, held against git's"))("line merges agree with git's", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "aperture-env-merge-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What `git merge-file` gives: the text, or null for a conflict; with a side, that side in each. */
  function gitMerge(mine: string, ancestor: string, theirs: string, side?: "--ours" | "--theirs"): string | null {
    for (const [name, text] of Object.entries({ mine, ancestor, theirs })) writeFileSync(join(folder, name), text);
    try {
      return execFileSync(
        "git",
        ["merge-file", "-p", "-q", ...(side === undefined ? [] : [side]), "mine", "ancestor", "theirs"],
        { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
      );
    } catch (error) {
      if (((error as { status?: number }).status ?? 255) < 128) return null;
      throw error;
    }
  }

  // Lines that differ: where they repeat, which of them moved is a matter of taste, and git's is another.
  const base = fc.integer({ min: 3, max: 12 }).map((length) => Array.from({ length }, (_, index) => `RUN step ${index}`));
  /** The same lines with some taken out, added or written otherwise. */
  const changed = fc.array(
    fc.record({
      at: fc.nat({ max: 14 }),
      how: fc.constantFrom("add", "drop", "set"),
      line: fc.constantFrom("M", "N", "# o", "ENV P=p"),
    }),
    { maxLength: 3 },
  );
  const change = (lines: readonly string[], changes: readonly { at: number; how: string; line: string }[]): string[] =>
    changes.reduce<string[]>(
      (current, { at, how, line: next }) => {
        const index = at % (current.length + 1);
        return how === "add"
          ? current.toSpliced(index, 0, next)
          : current.toSpliced(Math.min(index, current.length - 1), 1, ...(how === "drop" ? [] : [next]));
      },
      [...lines],
    );

  test("on random texts: the same verdict, the same text, and the chosen side in conflicts", () => {
    let clean = 0;
    let conflicts = 0;
    fc.assert(
      fc.property(base, changed, changed, (ancestor, ours, others) => {
        const text = (lines: readonly string[]): string => `${lines.join("\n")}\n`;
        const [mine, theirs] = [text(change(ancestor, ours)), text(change(ancestor, others))];
        const merged = mergeLines(mine, text(ancestor).split("\n"), theirs);
        const expected = gitMerge(mine, text(ancestor), theirs);
        expect(merged).toBe(expected);
        if (expected !== null) clean++;
        else {
          conflicts++;
          // A conflict that is settled has no marker, whatever git makes of neighbouring ones.
          for (const side of ["mine", "theirs"] as const)
            expect(mergeLines(mine, text(ancestor).split("\n"), theirs, side)).not.toMatch(/^[<>=|]{7}/m);
        }
      }),
      { numRuns: 300 },
    );
    expect(clean).toBeGreaterThan(50);
    expect(conflicts).toBeGreaterThan(20);
  });
});
