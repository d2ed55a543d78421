/**
 * What an update makes of a file: for each strategy what the user did × what the spec or a new version does, with the outcome written by hand.
 * `=` stays, `~` is written, `+` is made, `-` goes, `!` is a conflict.
 */
import { describe, expect, test } from "vitest";
import { hashText, type LockedFile } from "../../src/lock/lock.ts";
import { editJsonc } from "../../src/edit/editors.ts";
import * as pieces from "../../src/plan/pieces/index.ts";
import { planLines } from "../../src/plan/pieces/lines.ts";
import { planOwn } from "../../src/plan/pieces/own.ts";
import type { Handling, Planned } from "../../src/plan/pieces/piece.ts";
import { planValues } from "../../src/plan/pieces/values.ts";
import type { Change, Settlement } from "../../src/plan/plan.ts";
import type { FileState } from "../../src/plan/snapshot.ts";
import type { KeyedValue, OwnPiece } from "../../src/vocabulary.ts";

/** The editor of files that are no YAML. */
const jsonc = editJsonc("");

const found = (text: string | null): FileState => (text === null ? { kind: "nothing" } : { kind: "text", text });
const devcontainer = ".devcontainer/devcontainer.json";
const planKeys = (values: readonly KeyedValue[], theirs: string, locked: LockedFile | undefined): Planned =>
  planValues({ strategy: "keys", path: devcontainer, values }, found(theirs), locked, editJsonc(devcontainer));
const handled = (settle: Settlement | null, restore = false): Handling => ({
  settle,
  restore,
  meant: { url: "http://ai", revision: "0123456789ab", doctor: "repository" },
  decisive: ["http://ai"],
});
const takeOut = (path: string, there: FileState, locked: LockedFile, settle: Settlement | null): Change | null =>
  pieces.takeOut(path, there, locked, settle, editJsonc);
const glyphs = { create: "+", replace: "~", edit: "~", remove: "-", keep: "=", conflict: "!" } as const;

/** The glyph, why it stays, and the text that is there afterwards. */
function outcome(
  { change }: Planned,
  before: string | null,
): { readonly glyph: string; readonly why?: string; readonly text: string | null } {
  const glyph = glyphs[change.kind];
  if (change.kind === "keep") return { glyph, why: change.why, text: before };
  if (change.kind === "conflict" || change.kind === "remove") return { glyph, text: change.kind === "remove" ? null : before };
  return { glyph, text: change.after };
}

describe("own, edited by people: merged line by line", () => {
  const was = "FROM one\nRUN two\n\nENV three=3\n\nCMD four\n";
  const locked: LockedFile = { strategy: "own", hash: hashText(was), ancestor: was.split("\n") };
  const plan = (theirs: string | null, ours: string, settle: Settlement | null = null): ReturnType<typeof outcome> => {
    const file: OwnPiece = {
      path: ".devcontainer/Dockerfile",
      strategy: "own",
      decidedBy: "base",
      edited: true,
      executable: false,
      text: ours,
    };
    return outcome(planOwn(file, found(theirs), locked, handled(settle), jsonc), theirs);
  };
  const mine = was.replace("two", "TWO");
  const newer = was.replace("four", "FOUR");
  const clash = was.replace("two", "2");

  type Row = readonly [user: string, template: string, theirs: string | null, ours: string, expected: ReturnType<typeof outcome>];
  const rows: readonly Row[] = [
    ["nothing", "nothing", was, was, { glyph: "=", why: "same", text: was }],
    ["nothing", "a line", was, newer, { glyph: "~", text: newer }],
    ["a line", "nothing", mine, was, { glyph: "=", why: "edited", text: mine }],
    ["a line", "another line", mine, newer, { glyph: "~", text: mine.replace("four", "FOUR") }],
    ["a line", "the same line", mine, clash, { glyph: "!", text: mine }],
    ["a line", "the same, to the same", mine, mine, { glyph: "=", why: "same", text: mine }],
    ["the same and one more", "the same", `${mine}# more\n`, mine, { glyph: "=", why: "edited", text: `${mine}# more\n` }],
    [
      "a line at the end",
      "a line",
      `${was}USER x\n`,
      was.replace("one", "ONE"),
      { glyph: "~", text: `${was.replace("one", "ONE")}USER x\n` },
    ],
    [
      "took a line out",
      "another line",
      was.replace("ENV three=3\n", ""),
      newer,
      { glyph: "~", text: newer.replace("ENV three=3\n", "") },
    ],
    [
      "took a line out",
      "that line",
      was.replace("ENV three=3\n", ""),
      was.replace("three=3", "three=33"),
      { glyph: "!", text: was.replace("ENV three=3\n", "") },
    ],
    [
      "turned line ends",
      "nothing",
      was.replaceAll("\n", "\r\n"),
      was,
      { glyph: "=", why: "same", text: was.replaceAll("\n", "\r\n") },
    ],
    [
      "turned line ends and a line",
      "another",
      mine.replaceAll("\n", "\r\n"),
      newer,
      { glyph: "~", text: mine.replace("four", "FOUR").replaceAll("\n", "\r\n") },
    ],
    ["deleted it", "nothing", null, was, { glyph: "=", why: "deleted", text: null }],
    ["deleted it", "a line", null, newer, { glyph: "=", why: "deleted", text: null }],
    ["emptied it", "a line", "", newer, { glyph: "!", text: "" }],
  ];
  test.each(rows)("the user: %s; the template: %s", (_user, _template, theirs, ours, expected) => {
    expect(plan(theirs, ours)).toEqual(expected);
  });

  test("a conflict that is settled: in the place in question only", () => {
    const theirs = mine.replace("three=3", "three=user");
    const ours = clash.replace("four", "FOUR");
    expect(plan(theirs, ours)).toEqual({ glyph: "!", text: theirs });
    expect(plan(theirs, ours, "keep")).toEqual({ glyph: "~", text: theirs.replace("four", "FOUR") });
    expect(plan(theirs, ours, "replace")).toEqual({ glyph: "~", text: ours.replace("three=3", "three=user") });
  });

  test("what was merged is not asked again", () => {
    const file = (text: string): OwnPiece => ({
      path: ".devcontainer/Dockerfile",
      strategy: "own",
      decidedBy: "",
      edited: true,
      executable: false,
      text,
    });
    const theirs = mine.replace("four", "MINE");
    const kept = planOwn(file(newer), found(theirs), locked, handled("keep"), jsonc);
    expect(outcome(kept, theirs)).toEqual({ glyph: "=", why: "edited", text: theirs });
    const again = planOwn(file(newer), found(theirs), kept.locked!, handled(null), jsonc);
    expect(outcome(again, theirs)).toEqual({ glyph: "=", why: "edited", text: theirs });
    expect(again.locked).toEqual(kept.locked);
  });
});

describe("own, edited by people, JSON: merged key by key where lines clash", () => {
  const was = '{\n  "name": "a",\n  "build": { "args": { "REVISION": "1" } },\n  "remoteUser": "x"\n}\n';
  const locked: LockedFile = { strategy: "own", hash: hashText(was), ancestor: was.split("\n") };
  const plan = (theirs: string, ours: string, settle: Settlement | null = null): ReturnType<typeof outcome> => {
    const file: OwnPiece = {
      path: ".devcontainer/devcontainer.json",
      strategy: "own",
      decidedBy: "base",
      edited: true,
      executable: false,
      text: ours,
    };
    return outcome(planOwn(file, found(theirs), locked, handled(settle), jsonc), theirs);
  };
  const revised = was.replace('"1"', '"2"');

  test("an argument of the user's beside ours on one line", () => {
    const theirs = was.replace('"REVISION": "1"', '"MINE": "m", "REVISION": "1"');
    expect(plan(theirs, revised)).toEqual({ glyph: "~", text: theirs.replace('"1"', '"2"') });
  });
  test("a comment of the user's on the line that changes", () => {
    const theirs = was.replace('"1" } },', '"1" } }, // mine');
    expect(plan(theirs, revised)).toEqual({ glyph: "~", text: theirs.replace('"1"', '"2"') });
  });
  test("the user's own value where ours changes", () => {
    const theirs = was.replace('"name": "a"', '"name": "mine"').replace('"x"', '"me"');
    const ours = revised.replace('"name": "a"', '"name": "b"');
    expect(plan(theirs, ours)).toEqual({ glyph: "!", text: theirs });
    expect(plan(theirs, ours, "keep")).toEqual({ glyph: "~", text: theirs.replace('"1"', '"2"') });
    expect(plan(theirs, ours, "replace")).toEqual({ glyph: "~", text: theirs.replace('"1"', '"2"').replace('"mine"', '"b"') });
  });
  test("a key that is new in ours, next to one that is new in theirs", () => {
    const theirs = was.replace('"remoteUser": "x"', '"remoteUser": "x",\n  "mine": 1');
    const ours = was.replace('"remoteUser": "x"', '"remoteUser": "x",\n  "ours": 2');
    expect(plan(theirs, ours)).toEqual({ glyph: "~", text: theirs.replace('"mine": 1', '"mine": 1,\n  "ours": 2') });
  });
  test("a key that both sides added is a conflict at any distance, and never duplicated", () => {
    const theirs = was.replace('"remoteUser": "x"', '"remoteUser": "x",\n  "mounts": ["theirs"]');
    const ours = was.replace('"name": "a"', '"name": "a",\n  "mounts": ["ours"]');
    expect(plan(theirs, ours)).toEqual({ glyph: "!", text: theirs });
    expect(plan(theirs, ours, "keep")).toMatchObject({ text: theirs });
    expect(plan(theirs, ours, "replace")).toEqual({ glyph: "~", text: theirs.replace("theirs", "ours") });
    const both = theirs.replace('["theirs"]', '["theirs", "ours"]');
    expect(plan(both, ours)).toEqual({ glyph: "=", why: "edited", text: both });
  });
  test("a file that no longer is JSON is a conflict, and never gets a marker", () => {
    const theirs = was.replace('"name": "a",', '"name": "mine"');
    expect(plan(theirs, was.replace('"a"', '"b"'))).toEqual({ glyph: "!", text: theirs });
    for (const settle of ["keep", "replace"] as const)
      expect(plan(theirs, was.replace('"a"', '"b"'), settle).text).not.toMatch(/[<>]{4}/);
  });
});

describe("own, generated: by hash", () => {
  const was = "#!/bin/sh\nold\n";
  const locked: LockedFile = { strategy: "own", hash: hashText(was) };
  const file = (text: string): OwnPiece => ({
    path: ".devcontainer/aperture-env/install.sh",
    strategy: "own",
    decidedBy: "opencode.managed",
    edited: false,
    executable: true,
    text,
  });
  const edited = `${was}mine\n`;
  const newer = "#!/bin/sh\nnew\n";

  type Row = readonly [
    user: string,
    template: string,
    theirs: string | null,
    ours: string,
    settle: Settlement | null,
    expected: ReturnType<typeof outcome>,
  ];
  const rows: readonly Row[] = [
    ["nothing", "nothing", was, was, null, { glyph: "=", why: "same", text: was }],
    ["nothing", "something", was, newer, null, { glyph: "~", text: newer }],
    ["an edit", "nothing", edited, was, null, { glyph: "=", why: "edited", text: edited }],
    ["an edit", "something", edited, newer, null, { glyph: "!", text: edited }],
    ["an edit, kept", "something", edited, newer, "keep", { glyph: "=", why: "edited", text: edited }],
    ["an edit, replaced", "something", edited, newer, "replace", { glyph: "~", text: newer }],
    ["the edit that comes", "something", newer, newer, null, { glyph: "=", why: "same", text: newer }],
    ["deleted it", "something", null, newer, null, { glyph: "=", why: "deleted", text: null }],
    ["deleted it", "something", null, newer, "replace", { glyph: "=", why: "deleted", text: null }],
  ];
  test.each(rows)("the user: %s; the template: %s", (_user, _template, theirs, ours, settle, expected) => {
    expect(outcome(planOwn(file(ours), found(theirs), locked, handled(settle), jsonc), theirs)).toEqual(expected);
  });

  test("a conflict names the key of the spec that decides, and both choices", () => {
    const { change } = planOwn(file(newer), found(edited), locked, handled(null), jsonc);
    expect(change).toMatchObject({ kind: "conflict", choices: ["keep", "replace"], before: edited, after: newer });
    expect(change.kind === "conflict" && change.why).toContain("in the spec opencode.managed decides what it says");
  });

  test("a file that is not in the lock is the user's: never replaced, whatever is chosen", () => {
    for (const settle of [null, "replace"] as const)
      expect(outcome(planOwn(file(newer), found(edited), undefined, handled(settle), jsonc), edited)).toEqual({
        glyph: "!",
        text: edited,
      });
    expect(planOwn(file(newer), found(edited), undefined, handled("keep"), jsonc)).toEqual({
      change: { kind: "keep", path: file("").path, why: "left" },
      locked: null,
    });
  });
});

describe("keys: each by itself", () => {
  const path = ".devcontainer/devcontainer.json";
  const feature = (revision: string): KeyedValue => ({
    path: ["features", "./aperture-env", "revision"],
    value: revision,
    item: false,
    oursFrom: 1,
  });
  const variable = (value: string): KeyedValue => ({ path: ["containerEnv", "TZ"], value, item: false, oursFrom: null });
  const port = (value: number): KeyedValue => ({ path: ["forwardPorts"], value, item: true, oursFrom: null });
  const original = '{\n  // mine\n  "image": "x"\n}\n';
  const first = planKeys([feature("111111111111"), variable("UTC"), port(3000)], original, undefined);
  const written = first.change.kind === "edit" ? first.change.after : "";
  const locked = first.locked!;
  const next = [feature("222222222222"), variable("CET"), port(3000)];
  const revised = written.replace("111111111111", "222222222222");

  test("the first time: all are added, and the lock has what removes them", () => {
    expect(written).toBe(
      '{\n  // mine\n  "image": "x",\n  "features": {\n    "./aperture-env": {\n      "revision": "111111111111"\n    }\n  },\n  "containerEnv": {\n    "TZ": "UTC"\n  },\n  "forwardPorts": [3000]\n}\n',
    );
    expect(takeOut(path, found(written), locked, null)).toMatchObject({ kind: "edit", after: original });
  });

  type Row = readonly [
    user: string,
    theirs: string,
    wanted: readonly KeyedValue[],
    glyph: string,
    text: string,
    notes: readonly string[],
  ];
  const rows: readonly Row[] = [
    ["nothing; nothing new", written, [feature("111111111111"), variable("UTC"), port(3000)], "=", written, []],
    ["nothing; new values", written, next, "~", revised.replace("UTC", "CET"), []],
    [
      "edits around; new values",
      written.replace('"x"', '"y" /* z */'),
      next,
      "~",
      revised.replace("UTC", "CET").replace('"x"', '"y" /* z */'),
      [],
    ],
    [
      "another value; nothing new",
      written.replace("UTC", "MINE"),
      [feature("222222222222"), variable("UTC"), port(3000)],
      "~",
      revised.replace("UTC", "MINE"),
      ["containerEnv › TZ keeps your value"],
    ],
    ["the value that comes", written.replace("UTC", "CET"), next, "~", revised.replace("UTC", "CET"), []],
    [
      "took the variable out",
      written.replace(',\n  "containerEnv": {\n    "TZ": "UTC"\n  }', ""),
      next,
      "~",
      revised.replace(',\n  "containerEnv": {\n    "TZ": "UTC"\n  }', ""),
      ["containerEnv › TZ was removed by you, and stays removed"],
    ],
    [
      "took the port out",
      written.replace("[3000]", "[]"),
      next,
      "~",
      revised.replace("UTC", "CET").replace("[3000]", "[]"),
      ["forwardPorts 3000 was removed by you, and stays removed"],
    ],
    [
      "added a port",
      written.replace("[3000]", "[3000, 8080]"),
      next,
      "~",
      revised.replace("UTC", "CET").replace("[3000]", "[3000, 8080]"),
      [],
    ],
    [
      "took the Feature out",
      written.replace('"./aperture-env": {\n      "revision": "111111111111"\n    }', ""),
      next,
      "~",
      written.replace('"./aperture-env": {\n      "revision": "111111111111"\n    }', "").replace("UTC", "CET"),
      ["features › ./aperture-env was removed by you, and stays removed"],
    ],
    [
      "gave the Feature an option",
      written.replace('"revision":', '"registry": "r",\n      "revision":'),
      next,
      "~",
      revised.replace("UTC", "CET").replace('"revision":', '"registry": "r",\n      "revision":'),
      [],
    ],
    [
      "another revision by hand, which is ours",
      written.replace("111111111111", "333333333333"),
      next,
      "~",
      revised.replace("UTC", "CET"),
      [],
    ],
    [
      "nothing; the variable is no longer wanted",
      written,
      [feature("111111111111"), port(3000)],
      "~",
      written.replace(',\n  "containerEnv": {\n    "TZ": "UTC"\n  }', ""),
      [],
    ],
    [
      "another value; it is no longer wanted",
      written.replace("UTC", "MINE"),
      [feature("111111111111"), port(3000)],
      "=",
      written.replace("UTC", "MINE"),
      ["containerEnv › TZ stays: you changed it"],
    ],
    [
      "nothing; the port is no longer wanted",
      written,
      [feature("111111111111"), variable("UTC")],
      "~",
      written.replace(',\n  "forwardPorts": [3000]', ""),
      [],
    ],
  ];
  test.each(rows)("the user: %s", (_user, theirs, wanted, glyph, text, notes) => {
    const planned = planKeys(wanted, theirs, locked);
    expect(outcome(planned, theirs)).toMatchObject({ glyph, text });
    expect("notes" in planned.change ? (planned.change.notes ?? []) : []).toEqual(notes);
    // Done once, it is done.
    const again = planKeys(wanted, text, planned.locked!);
    expect(outcome(again, text)).toMatchObject({ glyph: "=", text });
  });

  test("an earlier value is the user's: it stays, is not removed, and is reported if it differs", () => {
    const theirs = '{ "image": "x", "containerEnv": { "TZ": "MINE", "A": "a" }, "forwardPorts": [3000] }';
    const planned = planKeys(next, theirs, undefined);
    expect(planned.change).toMatchObject({ kind: "edit", notes: ["containerEnv › TZ keeps your value"] });
    expect(planned.locked!.values!.map((value) => value.path[0])).toEqual(["features"]);
    const after = planned.change.kind === "edit" ? planned.change.after : "";
    expect(takeOut(path, found(after), planned.locked!, null)).toMatchObject({ kind: "edit", after: theirs });
    expect(takeOut(path, found(`${after}\n`), planned.locked!, null)).toMatchObject({ kind: "edit", after: `${theirs}\n` });
  });

  test.each([
    ["not JSON", '{ "image": }', { line: 1, column: 12 }],
    ["the key twice", '{\n  "features": {},\n  "features": {}\n}', { line: 3, column: 3 }],
    ["no object on the way", '{\n  "features": []\n}', { line: 2, column: 15 }],
    ["not an object", "[]", { line: 1, column: 1 }],
  ])("%s: refused with its place", (_what, theirs, place) => {
    expect(planKeys(next, theirs, undefined).change).toMatchObject({
      kind: "conflict",
      choices: [],
      where: { file: path, ...place },
    });
  });
});

describe("keys taken out by an update or a removal", () => {
  const path = ".devcontainer/devcontainer.json";
  const wanted: readonly KeyedValue[] = [
    { path: ["features", "./aperture-env", "revision"], value: "111111111111", item: false, oursFrom: 1 },
  ];
  const add = (theirs: string): { text: string; locked: LockedFile } => {
    const { change, locked } = planKeys(wanted, theirs, undefined);
    return { text: change.kind === "edit" ? change.after : theirs, locked: locked! };
  };

  test.each([
    "{}",
    "{ }",
    "{\n}",
    "{ // c\n}",
    '{"image":"x"}',
    '{"image":"x",}',
    '\ufeff{\r\n\t"image": "x", // c\r\n}',
    '{"features":{}}',
    '{"features": { }}',
    '{"features":{"a":{}}}',
    '{\n  "features": {\n    "a": {}, // c\n  },\n}',
  ])("untouched %j is as it was, byte for byte", (theirs) => {
    const { text, locked } = add(theirs);
    expect(text).not.toBe(theirs);
    expect(takeOut(path, found(text), locked, null)).toMatchObject({ kind: "edit", after: theirs });
  });

  test("options of the user's for the Feature are a decision", () => {
    const { text, locked } = add('{ "image": "x" }');
    const optioned = text.replace('"revision":', '"registry": "r", "revision":');
    expect(takeOut(path, found(optioned), locked, null)).toMatchObject({
      kind: "conflict",
      choices: ["keep", "replace"],
      before: optioned,
    });
    expect(takeOut(path, found(optioned), locked, "replace")).toMatchObject({ kind: "edit", after: '{ "image": "x" }' });
    expect(takeOut(path, found(optioned), locked, "keep")).toMatchObject({
      kind: "edit",
      after: expect.stringContaining('"registry": "r"') as string,
    });
  });

  test("a key that is gone already is no change", () => {
    const { locked } = add('{ "image": "x" }');
    expect(takeOut(path, found('{ "image": "y" }'), locked, null)).toMatchObject({ kind: "keep", why: "same" });
    expect(takeOut(path, { kind: "nothing" }, locked, null)).toBeNull();
  });
});

describe("lines and blocks", () => {
  const path = ".devcontainer/aperture-env/.gitattributes";
  const plan = (lines: readonly string[], theirs: string | null, locked?: LockedFile): Planned =>
    planLines({ path, strategy: "lines", lines }, found(theirs), locked);
  const first = plan(["a", "b"], null);

  type Row = readonly [user: string, theirs: string | null, lines: readonly string[], expected: ReturnType<typeof outcome>];
  const rows: readonly Row[] = [
    ["nothing; nothing new", "a\nb\n", ["a", "b"], { glyph: "=", why: "same", text: "a\nb\n" }],
    ["nothing; a line more", "a\nb\n", ["a", "b", "c"], { glyph: "~", text: "a\nb\nc\n" }],
    ["nothing; a line less", "a\nb\n", ["a"], { glyph: "~", text: "a\n" }],
    [
      "lines around; a line more",
      "# x\na\nb\n*.crt filter=y\n",
      ["a", "b", "c"],
      { glyph: "~", text: "# x\na\nb\n*.crt filter=y\nc\n" },
    ],
    ["took a line out; a line more", "a\n", ["a", "b", "c"], { glyph: "~", text: "a\nc\n" }],
    ["took a line out; nothing new", "a\n", ["a", "b"], { glyph: "=", why: "edited", text: "a\n" }],
    ["deleted it; a line more", null, ["a", "b", "c"], { glyph: "=", why: "deleted", text: null }],
  ];
  test.each(rows)("the user: %s", (_user, theirs, lines, expected) => {
    expect(outcome(plan(lines, theirs, first.locked!), theirs)).toEqual(expected);
  });

  test("a removal takes the file where only our lines are in it, else the lines", () => {
    expect(takeOut(path, found("a\nb\n"), first.locked!, null)).toEqual({ kind: "remove", path, before: "a\nb\n" });
    expect(takeOut(path, found("a\nb\nmine\n"), first.locked!, null)).toMatchObject({ kind: "edit", after: "mine\n" });
  });

  test("lines of the user's survive an update and a removal", () => {
    const updated = plan(["a", "b", "c"], "a\nb\nmine\n", first.locked!);
    expect(outcome(updated, "a\nb\nmine\n")).toEqual({ glyph: "~", text: "a\nb\nmine\nc\n" });
    expect(takeOut(path, found("a\nb\nmine\nc\n"), updated.locked!, null)).toMatchObject({ kind: "edit", after: "mine\n" });
    expect(outcome(plan(["a"], "a\nb\nmine\nc\n", updated.locked!), "a\nb\nmine\nc\n")).toEqual({
      glyph: "~",
      text: "a\nmine\n",
    });
  });

  test("a block in a file of the user's, and out of it again", () => {
    const ignore = { path: ".gitignore", strategy: "block", lines: ["!/.devcontainer/"] } as const;
    for (const theirs of ["node_modules/\n", "node_modules/", "a\r\nb\r\n", ""]) {
      const { change, locked } = planLines(ignore, found(theirs), undefined);
      const text = change.kind === "edit" ? change.after : "";
      expect(text.startsWith(theirs)).toBe(true);
      expect(text).toContain("!/.devcontainer/");
      expect(takeOut(".gitignore", found(text), locked!, null)).toMatchObject({ kind: "edit", after: theirs });
      expect(takeOut(".gitignore", found(`x\n${text}`), locked!, null)).toMatchObject({ kind: "edit" });
      expect(planLines(ignore, found(text), locked!).change).toMatchObject({ kind: "keep", why: "same" });
    }
  });
});
