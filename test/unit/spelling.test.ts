/** Names of the local Feature in every spelling: locks and files of versions before, and what people write. */
import { describe, expect, test } from "vitest";
import { featurePath, isSameFeature } from "../../src/catalog/files.ts";
import { editJsonc } from "../../src/edit/editors.ts";
import { hashText, type LockedFile } from "../../src/lock/lock.ts";
import { valuesFor } from "../../src/outputs/devcontainer.ts";
import { findOtherOpencode } from "../../src/plan/findings.ts";
import { observePiece, takeOut } from "../../src/plan/pieces/index.ts";
import { planValues } from "../../src/plan/pieces/values.ts";
import type { Change } from "../../src/plan/plan.ts";
import { defaultAnswers } from "../opencode/environment.ts";

const path = ".devcontainer/web/devcontainer.json";
const editor = editJsonc(path);
const original = '{\n\t"image": "node:24", // theirs\n\t"features": {\n\t\t"./tools": {}\n\t}\n}\n';
const written = (key: string, revision: string, more = ""): string =>
  original.replace('"./tools": {}', `"./tools": {},\n\t\t"${key}": {\n\t\t\t"revision": "${revision}"${more}\n\t\t}`);
const [before, after] = ["111111111111", "222222222222"];
const old = "../aperture-env";
const today = "./../aperture-env";

/** A lock as the version before wrote it, with the way back that it had. */
const locked = (key: string, undo: boolean): LockedFile => {
  const text = written(key, before);
  return {
    strategy: "keys",
    hash: hashText(text),
    values: [{ path: ["features", key, "revision"], value: before, item: false, made: 1 }],
    ...(undo && { undo: { at: 0, length: text.length, text: original } }),
  };
};
const plan = (text: string, lock: LockedFile | undefined) =>
  planValues({ strategy: "keys", path, values: valuesFor(path, defaultAnswers, after) }, { kind: "text", text }, lock, editor);
const textOf = (change: Change): string => {
  if (change.kind !== "edit") throw new Error(`it is ${change.kind}`);
  return change.after;
};

test("the name begins with ./ in every place", () => {
  const files = [".devcontainer/devcontainer.json", ".devcontainer.json", path];
  expect(files.map(featurePath)).toEqual(["./aperture-env", "./.devcontainer/aperture-env", today]);
});

test.each([
  [old, today, true],
  ["../aperture-env/", today, true],
  ["././../aperture-env", old, true],
  ["./x/../../aperture-env", old, true],
  ["./aperture-env", "./aperture-env", true],
  ["./aperture-env", old, false],
  ["../../aperture-env", old, false],
  ["./.devcontainer/aperture-env", "./aperture-env", false],
  ["../aperture-env/opencode", old, false],
  ["aperture-env", "./aperture-env", false],
  ["ghcr.io/../aperture-env", "./aperture-env", false],
])("%s and %s are one Feature: %s", (left, right, same) => {
  expect([isSameFeature(left, right), isSameFeature(right, left)]).toEqual([same, same]);
});

const deciding = { decidedBy: "", meant: { url: "http://ai", revision: before, doctor: "repository" as const } };

describe.each([true, false])("a lock of the version before, with its way back: %s", (undo) => {
  test("update respells the key in its place, once, and remove gives the same bytes as were there", () => {
    const { change, locked: next } = plan(written(old, before), locked(old, undo));
    const text = textOf(change);
    expect(text).toBe(written(today, after));
    expect(plan(text, next!).change).toMatchObject({ kind: "keep", why: "same" });
    expect(takeOut(path, { kind: "text", text }, next!, null, editJsonc)).toMatchObject({ kind: "edit", after: original });
  });

  test("options, comments and edits of the user's stay where they are", () => {
    const mine = written(old, before, ', // ours\n\t\t\t"registry": "http://r.example"').replace("node:24", "node:22");
    const { change, locked: next } = plan(mine, locked(old, undo));
    const expected = mine.replace(`"${old}"`, `"${today}"`).replace(before, after);
    expect(textOf(change)).toBe(expected);
    expect(takeOut(path, { kind: "text", text: expected }, next!, null, editJsonc)).toMatchObject({
      kind: "conflict",
      why: `has your options under features › ${today}, which is removed with the Feature`,
    });
  });

  test("removed without an update, the file has its bytes again", () => {
    const there = { kind: "text", text: written(old, before) } as const;
    expect(takeOut(path, there, locked(old, undo), null, editJsonc)).toMatchObject({ kind: "edit", after: original });
    expect(observePiece(path, there, locked(old, undo), deciding, editJsonc)).toEqual([]);
  });
});

describe.each([
  ["the lock has the one of before", old, today],
  ["the lock has today's", today, old],
  ["the user writes it with a slash", today, "../aperture-env/"],
])("spelled otherwise by hand: %s", (_what, inLock, inFile) => {
  const there = { kind: "text", text: written(inFile, before) } as const;

  test("check finds nothing missing", () => {
    expect(observePiece(path, there, locked(inLock, true), deciding, editJsonc)).toEqual([]);
  });

  test("update has one key afterwards, and a lock that knows it", () => {
    const { change, locked: next } = plan(there.text, locked(inLock, true));
    expect(textOf(change)).toBe(written(today, after));
    expect(next!.values).toMatchObject([{ path: ["features", today, "revision"], value: after }]);
    expect(takeOut(path, { kind: "text", text: textOf(change) }, next!, null, editJsonc)).toMatchObject({ after: original });
  });

  test("remove takes it out", () => {
    expect(takeOut(path, there, locked(inLock, true), null, editJsonc)).toMatchObject({ kind: "edit", after: original });
  });
});

test("a lock that knows only the other spelling is written anew, though the file needs nothing", () => {
  const { change, locked: next } = plan(written(today, after), {
    ...locked(old, true),
    values: [{ path: ["features", old, "revision"], value: after, item: false, made: 1 }],
  });
  expect(change).toMatchObject({ kind: "keep", why: "same" });
  expect(next!.values).toMatchObject([{ path: ["features", today, "revision"] }]);
});

test("with a lost lock the key of before is taken over, not doubled", () => {
  expect(textOf(plan(written(old, before), undefined).change)).toBe(written(today, after));
});

test("a Feature that the user took out stays out, and is in the lock under today's name", () => {
  const { change, locked: next } = plan(original, locked(old, true));
  expect(change).toMatchObject({ kind: "keep", notes: [`features › ${today} was removed by you, and stays removed`] });
  expect(next!.values).toMatchObject([{ path: ["features", today, "revision"] }]);
});

test("where both spellings stand there, ours of before goes", () => {
  const both = written(old, before).replace('"./tools": {},', `"./tools": {},\n\t\t"${today}": {},`);
  const text = textOf(plan(both, locked(old, true)).change);
  expect(Object.keys((editor.read(text) as unknown as { value: { features: object } }).value.features)).toEqual([
    "./tools",
    today,
  ]);
});

test("none of these spellings is another OpenCode", () => {
  for (const key of [old, today, "../aperture-env/", "./../aperture-env/opencode", "../aperture-env/opencode/"])
    expect(findOtherOpencode([{ path, text: written(key, before) }])).toEqual([]);
  expect(findOtherOpencode([{ path, text: written("../../aperture-env/opencode", before) }])).toHaveLength(1);
});
