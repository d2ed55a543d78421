/** The rules of the plan, each on its own: what is wanted, what lies there, what the lock says, and so what happens. */
import { describe, expect, test } from "vitest";
import { editJsonc } from "../../src/edit/editors.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import {
  formatLock,
  hashText,
  lockVersion,
  parseLock,
  type Lock,
  type LockedFile,
  type LockedValue,
} from "../../src/lock/lock.ts";
import type { EditResult } from "../../src/edit/splice.ts";
import { demandOf, piecesOf, wantedPaths } from "../../src/parts/compose.ts";
import { buildPlan, pathsToLookAt, type PlanInput } from "../../src/plan/build.ts";
import type { Finding } from "../../src/plan/findings.ts";
import { conflictsOf, isEmpty, writesOf, type Change, type Settlement, type Plan } from "../../src/plan/plan.ts";
import { planRemoval } from "../../src/plan/remove.ts";
import type { FileState } from "../../src/plan/snapshot.ts";
import { pieceOf, type Rendered, type RenderedFile } from "../../src/render/render.ts";
import type { Shape, TakenPiece } from "../../src/vocabulary.ts";
import { plainAnswers } from "../support/answers.ts";

const script = ".devcontainer/aperture-env/install.sh";
const dockerfile = ".devcontainer/Dockerfile";
const json = ".devcontainer/devcontainer.json";
const attributes = ".devcontainer/aperture-env/.gitattributes";
const spec = "aperture-env.yaml";

const now: Readonly<Record<string, string>> = {
  [dockerfile]: "FROM one\nRUN two\nRUN three\nRUN four\nENV five\n",
  [script]: "#!/bin/sh\nnow\n",
  [json]: '{\n  "name": "now",\n  "args": {},\n  "user": "x"\n}\n',
  [attributes]: "# ours\n* text eol=lf\n",
};
const wanted = (path: string): RenderedFile => ({
  path,
  strategy: path === attributes ? "lines" : "own",
  decidedBy: path === script ? "opencode.managed" : "",
  edited: path !== script,
  image: true,
  executable: path === script,
  text: now[path]!,
});
const rendered: Omit<Rendered, "pieces"> = {
  files: [dockerfile, script, json].map(wanted),
  spec: "name: x\n",
  revision: "0123456789ab",
};

const answers: Lock["answers"] = {
  ...plainAnswers,
  name: "x",
  providers: [{ id: "openai", api: "responses" }],
  model: "openai/gpt-6.1-sol",
  smallModel: "openai/gpt-6-luna",
};
const nextLock: PlanInput["nextLock"] = { generator: "9.9.9", answers, opencode: pinnedRelease, registry: "" };
const lockOf = (files: Lock["files"]): Lock => ({ lockVersion, revision: "0".repeat(12), ...nextLock, files });
const text = (value: string): FileState => ({ kind: "text", text: value });

interface Setting {
  /** What lies at paths; nothing elsewhere. */
  readonly found?: Readonly<Record<string, FileState>>;
  readonly lock?: Lock | null;
  readonly shape?: Shape;
  readonly files?: readonly RenderedFile[];
  readonly asked?: Partial<Lock["answers"]>;
  readonly editedSpec?: EditResult;
  readonly taken?: readonly TakenPiece[];
  readonly ignoreLines?: readonly string[];
  readonly settle?: Settlement | ((path: string) => Settlement | null);
  readonly findings?: readonly Finding[];
}

function plan(setting: Setting): Plan {
  const { found = {}, lock = null, shape = { kind: "own" }, files = rendered.files, settle = () => null } = setting;
  const asked = { ...answers, ...setting.asked };
  // Of the outputs only what they put into files of the user's: the files are those above.
  const pieces = piecesOf(demandOf(asked, shape), rendered.revision);
  return buildPlan({
    root: "/repository",
    pieces: [...files.map(pieceOf), ...pieces],
    spec: { text: rendered.spec, edited: setting.editedSpec ?? null },
    revision: rendered.revision,
    snapshot: new Map(Object.entries(found)),
    lock,
    nextLock: { ...nextLock, answers: asked },
    taken: setting.taken ?? [],
    ignoreLines: setting.ignoreLines ?? [],
    settle: typeof settle === "function" ? settle : () => settle,
    restore: false,
    warnings: ["a word"],
    findings: setting.findings ?? [],
    editors: editJsonc,
  });
}

const changeOf = (made: Plan, path: string): Change | undefined => made.changes.find((change) => change.path === path);
function lockText({ lock }: Plan): string {
  if (lock === null || lock.kind === "remove") throw new Error("the plan writes no lock");
  return lock.after;
}
const lockedBy = (made: Plan): Lock["files"] => parseLock(lockText(made))!.files;

describe("a file of ours", () => {
  const old = (value: string, ancestor = false): LockedFile => ({
    strategy: "own",
    hash: hashText(value),
    ...(ancestor && { ancestor: value.split("\n") }),
  });
  const was = "FROM zero\nRUN two\nRUN three\nRUN four\nENV five\n";

  type Rule = readonly [what: string, path: string, found: FileState, locked: LockedFile | undefined, Partial<Change>];
  const rules: readonly Rule[] = [
    [
      "nothing there, never written: create",
      script,
      { kind: "nothing" },
      undefined,
      { kind: "create", after: now[script]!, executable: true },
    ],
    [
      "nothing there, written before: it was deleted, and stays deleted",
      script,
      { kind: "nothing" },
      old("#!/bin/sh\nthen\n"),
      { kind: "keep", why: "deleted" },
    ],
    ["the same, written before", script, text(now[script]!), old(now[script]!), { kind: "keep", why: "same" }],
    ["the same by chance, never written", script, text(now[script]!), undefined, { kind: "keep", why: "same" }],
    [
      "the same but for line ends",
      script,
      text(now[script]!.replaceAll("\n", "\r\n")),
      old(now[script]!),
      { kind: "keep", why: "same" },
    ],
    [
      "as we wrote it: replace",
      script,
      text("#!/bin/sh\nthen\n"),
      old("#!/bin/sh\nthen\n"),
      { kind: "replace", before: "#!/bin/sh\nthen\n", after: now[script]!, executable: true },
    ],
    [
      "as we wrote it but for line ends: replace",
      script,
      text("#!/bin/sh\r\nthen\r\n"),
      old("#!/bin/sh\nthen\n"),
      { kind: "replace", before: "#!/bin/sh\r\nthen\r\n", after: now[script]! },
    ],
    ["edited, and nothing new would come: keep", script, text("mine"), old(now[script]!), { kind: "keep", why: "edited" }],
    [
      "edited, and something new would come: conflict",
      script,
      text("mine"),
      old("#!/bin/sh\nthen\n"),
      { kind: "conflict", choices: ["keep", "replace"], before: "mine", after: now[script]! },
    ],
    [
      "not in the lock, something else: the user's, and never replaced",
      script,
      text("mine"),
      undefined,
      { kind: "conflict", choices: ["keep"], before: "mine", after: now[script]! },
    ],
    [
      "a folder in its place",
      script,
      { kind: "other", what: "a folder" },
      undefined,
      { kind: "conflict", why: "is a folder", choices: [] },
    ],
    [
      "a folder in its place, written before",
      script,
      { kind: "other", what: "a folder" },
      old(now[script]!),
      { kind: "conflict", why: "is a folder", choices: [] },
    ],
    [
      "edited elsewhere: merged",
      dockerfile,
      text(was.replace("ENV five", "ENV mine")),
      old(was, true),
      { kind: "edit", after: "FROM one\nRUN two\nRUN three\nRUN four\nENV mine\n" },
    ],
    [
      "edited elsewhere with its own line ends: merged with them",
      dockerfile,
      text(was.replace("ENV five", "ENV mine").replaceAll("\n", "\r\n")),
      old(was, true),
      { kind: "edit", after: "FROM one\nRUN two\nRUN three\nRUN four\nENV mine\n".replaceAll("\n", "\r\n") },
    ],
    [
      "edited just where something new would come: conflict",
      dockerfile,
      text(was.replace("FROM zero", "FROM mine")),
      old(was, true),
      { kind: "conflict" },
    ],
    [
      "edited, and the lock has no ancestor: conflict",
      dockerfile,
      text(was.replace("ENV five", "ENV mine")),
      old(was),
      { kind: "conflict" },
    ],
    [
      "edited into something that is not JSON: conflict",
      json,
      text('{\n  "name": "was",\n  "args": {},\n  "user": "mine"\n'),
      old('{\n  "name": "was",\n  "args": {},\n  "user": "x"\n}\n', true),
      { kind: "conflict" },
    ],
  ];

  test.each(rules)("%s", (_what, path, found, locked, change) => {
    const made = plan({
      found: { [path]: found },
      lock: locked === undefined ? null : lockOf({ [path]: locked }),
      files: [wanted(path)],
    });
    expect(changeOf(made, path)).toMatchObject({ path, ...change });
    expect(conflictsOf(made).length).toBe(change.kind === "conflict" ? 1 : 0);
  });

  test("every conflict says what to do", () => {
    for (const [, path, found, locked] of rules) {
      const lock = locked === undefined ? null : lockOf({ [path]: locked });
      for (const conflict of conflictsOf(plan({ found: { [path]: found }, lock, files: [wanted(path)] })))
        expect(conflict).toMatchObject({ why: expect.stringMatching(/\w/), fix: expect.stringMatching(/\w/) });
    }
  });

  test("a conflict says which keys of the spec decide what stands there", () => {
    const lock = lockOf({ [script]: old("then") });
    const [conflict] = conflictsOf(plan({ found: { [script]: text("mine") }, lock, files: [wanted(script)] }));
    expect(conflict!.why).toBe(
      "was edited by hand, but the spec or this version now generates something else; in the spec opencode.managed decides what it says",
    );
    const files = [{ ...wanted(script), decidedBy: "" }];
    const [other] = conflictsOf(plan({ found: { [script]: text("mine") }, lock, files }));
    expect(other!.why).toMatch(/generates something else; nothing in the spec changes it$/);
    const [several] = conflictsOf(
      plan({ found: { [script]: text("mine") }, lock, files: [{ ...wanted(script), decidedBy: "base and name" }] }),
    );
    expect(several!.why).toMatch(/in the spec base and name decide what it says$/);
  });

  describe("a conflict that is settled", () => {
    const then = old("#!/bin/sh\nthen\n");
    const mine = was.replace("FROM zero", "FROM mine").replace("ENV five", "ENV mine");
    const mineJson = '{\n  "name": "mine",\n  "args": {},\n  "user": "mine"\n}\n';
    const wasJson = '{\n  "name": "was",\n  "args": {},\n  "user": "x"\n}\n';
    type Settled = readonly [
      what: string,
      path: string,
      found: string,
      locked: LockedFile | undefined,
      settle: Settlement,
      change: Partial<Change>,
      entry: LockedFile | undefined,
    ];
    const current = old(now[script]!);
    const settled: readonly Settled[] = [
      [
        "keep: the user's stays, and is known as kept",
        script,
        "mine",
        then,
        "keep",
        { kind: "keep", why: "edited" },
        { ...current, kept: hashText("mine") },
      ],
      [
        "keep, with its own line ends: known without them",
        script,
        "mine\r\n",
        then,
        "keep",
        { kind: "keep", why: "edited" },
        { ...current, kept: hashText("mine\n") },
      ],
      [
        "replace: replace it with the generated text",
        script,
        "mine",
        then,
        "replace",
        { kind: "replace", before: "mine", after: now[script]! },
        current,
      ],
      [
        "keep of what is somebody else's: left, and not ours",
        script,
        "mine",
        undefined,
        "keep",
        { kind: "keep", why: "left" },
        undefined,
      ],
      [
        "replace of what is somebody else's: still a conflict",
        script,
        "mine",
        undefined,
        "replace",
        { kind: "conflict", choices: ["keep"] },
        undefined,
      ],
      [
        "keep where both changed one place: that place is the user's, the rest comes",
        dockerfile,
        mine.replace("ENV mine", "ENV old"),
        old(was.replace("ENV five", "ENV old"), true),
        "keep",
        { kind: "edit", after: "FROM mine\nRUN two\nRUN three\nRUN four\nENV five\n" },
        old(now[dockerfile]!, true),
      ],
      [
        "replace where both changed one place: that place is ours, the rest stays",
        dockerfile,
        mine,
        old(was, true),
        "replace",
        { kind: "edit", after: "FROM one\nRUN two\nRUN three\nRUN four\nENV mine\n" },
        old(now[dockerfile]!, true),
      ],
      ["keep of a value", json, mineJson, old(wasJson, true), "keep", { kind: "keep", why: "edited" }, old(now[json]!, true)],
      [
        "replace of a value: the others stay",
        json,
        mineJson,
        old(wasJson, true),
        "replace",
        { kind: "edit", after: mineJson.replace('"name": "mine"', '"name": "now"') },
        old(now[json]!, true),
      ],
    ];

    test.each(settled)("%s", (_what, path, found, locked, settle, change, entry) => {
      const made = plan({
        found: { [path]: text(found) },
        lock: locked === undefined ? null : lockOf({ [path]: locked }),
        files: [wanted(path)],
        settle: (asked) => (asked === path ? settle : null),
      });
      expect(changeOf(made, path)).toMatchObject({ path, ...change });
      expect(lockedBy(made)[path]).toEqual(entry);
      if (change.kind === "conflict") return;
      // From then on nobody is asked again, and nothing moves.
      const left = change.kind === "keep" ? found : (change as { after: string }).after;
      const again = plan({
        found: { [path]: text(left), "aperture-env.lock": text(lockText(made)), [spec]: text("") },
        lock: parseLock(lockText(made)),
        files: [wanted(path)],
      });
      if (entry === undefined) expect(conflictsOf(again)).toHaveLength(1);
      else expect([conflictsOf(again), writesOf(again).filter((write) => write.path === path)]).toEqual([[], []]);
      if (entry?.kept !== undefined) expect(lockedBy({ ...again, lock: again.lock ?? made.lock })[path]).toEqual(entry);
    });
  });

  test("what the lock then says of it", () => {
    const then = old("#!/bin/sh\nthen\n");
    const created = lockedBy(plan({}));
    expect(created[script]).toEqual({ strategy: "own", hash: hashText(now[script]!) });
    expect(created[dockerfile]).toEqual({
      strategy: "own",
      hash: hashText(now[dockerfile]!),
      ancestor: now[dockerfile]!.split("\n"),
    });
    expect(created[dockerfile]!.ancestor!.join("\n")).toBe(now[dockerfile]);

    const deleted = lockedBy(plan({ lock: lockOf({ [script]: then }) }));
    expect(deleted[script], "deleted: it stays known as written, and as deleted").toEqual({ ...then, deleted: true });
    const back = lockedBy(
      plan({ found: { [script]: text(now[script]!) }, lock: lockOf({ [script]: { ...then, deleted: true } }) }),
    );
    expect(back[script], "and no longer when it is there again").toEqual(created[script]);
    const kept = lockedBy(plan({ found: { [script]: text("mine") }, lock: lockOf({ [script]: old(now[script]!) }) }));
    expect(kept[script], "edited: so does what was written").toEqual(old(now[script]!));
    const foreign = lockedBy(plan({ found: { [script]: text("theirs") } }));
    expect(foreign[script], "somebody else's: not ours").toBeUndefined();
    const conflict = lockedBy(plan({ found: { [script]: text("mine") }, lock: lockOf({ [script]: then }) }));
    expect(conflict[script], "in conflict: as it was").toEqual(then);
    const merged = lockedBy(
      plan({
        found: { [dockerfile]: text(was.replace("ENV five", "ENV mine")) },
        lock: lockOf({ [dockerfile]: old(was, true) }),
      }),
    );
    expect(merged[dockerfile], "merged: the ancestor is what we would have written").toEqual(created[dockerfile]);
  });
});

describe("a key in a file of the user's", () => {
  const file = ".devcontainer/devcontainer.json";
  const shape: Shape = { kind: "feature", files: [file] };
  const theirs = '{\n  "image": "debian"\n}\n';
  const ours = theirs.replace(
    '"\n}',
    '",\n  "features": {\n    "./aperture-env": {\n      "revision": "0123456789ab"\n    }\n  }\n}',
  );
  const files = [wanted(script)];

  const revision: LockedValue = {
    path: ["features", "./aperture-env", "revision"],
    value: "0123456789ab",
    item: false,
    made: 0,
  };
  const undoTo = (after: string, before: string): NonNullable<LockedFile["undo"]> => {
    let at = 0;
    while (at < before.length && after[at] === before[at]) at++;
    let end = 0;
    while (end < before.length - at && after.at(-1 - end) === before.at(-1 - end)) end++;
    return { at, length: after.length - end - at, text: before.slice(at, before.length - end) };
  };

  test("is added", () => {
    const made = plan({ shape, files, found: { [file]: text(theirs) } });
    expect(changeOf(made, file)).toEqual({ kind: "edit", path: file, before: theirs, after: ours, executable: false });
    expect(lockedBy(made)[file]).toEqual({
      strategy: "keys",
      hash: hashText(ours),
      values: [revision],
      undo: undoTo(ours, theirs),
    });
  });

  test("stays where it is as it should be", () => {
    const made = plan({ shape, files, found: { [file]: text(ours) } });
    expect(changeOf(made, file)).toEqual({ kind: "keep", path: file, why: "same" });
    const known: LockedFile = { strategy: "keys", hash: hashText(ours), values: [revision], undo: undoTo(ours, theirs) };
    const lock = lockOf({ [file]: known });
    expect(lockedBy(plan({ shape, files, found: { [file]: text(ours) }, lock }))[file]).toEqual(known);
  });

  test("is removed completely if the original is known, and separately after later edits", () => {
    const made = plan({ shape, files, found: { [file]: text(theirs) } });
    const lock = lockOf({ [file]: lockedBy(made)[file]! });
    const remove = (there: string): Change | undefined =>
      planRemoval({
        root: "/",
        lock,
        snapshot: new Map([
          [file, text(there)],
          ["aperture-env.lock", text("x")],
        ]),
        settle: () => null,
        editors: editJsonc,
      }).changes.find(({ path }) => path === file);
    expect(remove(ours)).toEqual({ kind: "edit", path: file, before: ours, after: theirs, executable: false });
    const edited = ours.replace("debian", "fedora").replace("{\n", "{\n  // mine\n");
    expect(remove(edited)).toMatchObject({
      kind: "edit",
      after: theirs.replace("debian", "fedora").replace("{\n", "{\n  // mine\n"),
    });
    expect(remove(theirs)).toEqual({ kind: "keep", path: file, why: "same" });
  });

  test("follows a new revision, whoever turned the line ends", () => {
    for (const there of [ours, ours.replaceAll("\n", "\r\n")]) {
      const before = there.replace("0123456789ab", "ffffffffffff");
      const known: LockedFile = {
        strategy: "keys",
        hash: hashText(ours.replace("0123456789ab", "ffffffffffff")),
        values: [{ ...revision, value: "ffffffffffff" }],
      };
      const made = plan({ shape, files, found: { [file]: text(before) }, lock: lockOf({ [file]: known }) });
      expect(changeOf(made, file)).toEqual({ kind: "edit", path: file, before, after: there, executable: false });
    }
  });

  test("stays out if the user removed the Feature, which is reported", () => {
    const known: LockedFile = { strategy: "keys", hash: hashText(ours), values: [{ ...revision, value: "ffffffffffff" }] };
    const made = plan({ shape, files, found: { [file]: text(theirs) }, lock: lockOf({ [file]: known }) });
    expect(changeOf(made, file)).toEqual({
      kind: "keep",
      path: file,
      why: "edited",
      notes: ["features › ./aperture-env was removed by you, and stays removed"],
    });
    expect(lockedBy(made)[file]!.values, "and is known as ours all the same").toEqual(known.values);
  });

  describe("variables and ports", () => {
    const asked = { containerEnv: { TZ: "UTC", A: "${localEnv:A}" }, forwardPorts: [3000, "db:5432"] };
    const before = '{\n  "containerEnv": { "A": "mine" },\n  "forwardPorts": [3000]\n}\n';
    const after =
      '{\n  "containerEnv": { "A": "mine", "TZ": "UTC" },\n  "forwardPorts": [3000, "db:5432"],\n  "features": {\n    "./aperture-env": {\n      "revision": "0123456789ab"\n    }\n  }\n}\n';

    test("come in beside the user's, which stay and are named", () => {
      const made = plan({ shape, files, asked, found: { [file]: text(before) } });
      const change = changeOf(made, file) as Extract<Change, { kind: "edit" }>;
      expect(change).toMatchObject({ kind: "edit", notes: ["containerEnv › A keeps your value"] });
      expect(JSON.parse(change.after)).toEqual(JSON.parse(after));
      const { values } = lockedBy(made)[file]!;
      expect(values!.map(({ path, value, item }) => [path.join(" "), value, item])).toEqual([
        ["features ./aperture-env revision", "0123456789ab", false],
        ["containerEnv TZ", "UTC", false],
        ["forwardPorts", "db:5432", true],
      ]);
    });

    test("are removed when nothing needs them, and the user's stay", () => {
      const first = plan({ shape, files, asked, found: { [file]: text(before) } });
      const there = (changeOf(first, file) as { after: string }).after;
      const second = plan({ shape, files, found: { [file]: text(there) }, lock: lockOf(lockedBy(first)) });
      const change = changeOf(second, file) as Extract<Change, { kind: "edit" }>;
      expect(JSON.parse(change.after)).toEqual({
        containerEnv: { A: "mine" },
        forwardPorts: [3000],
        features: { "./aperture-env": { revision: "0123456789ab" } },
      });
      expect(lockedBy(second)[file]!.values).toEqual([{ ...revision, made: 0 }]);
    });

    test("that the user changed or took out stay so, and are named", () => {
      const first = plan({ shape, files, asked, found: { [file]: text("{}\n") } });
      const there = (changeOf(first, file) as { after: string }).after;
      const parsed = JSON.parse(there) as Record<string, unknown>;
      const edited = JSON.stringify({ ...parsed, containerEnv: { TZ: "mine" }, forwardPorts: [3000] });
      const lock = lockOf(lockedBy(first));
      const kept = plan({ shape, files, asked, found: { [file]: text(edited) }, lock });
      expect(changeOf(kept, file)).toEqual({
        kind: "keep",
        path: file,
        why: "edited",
        notes: [
          "containerEnv › TZ keeps your value",
          "containerEnv › A was removed by you, and stays removed",
          'forwardPorts "db:5432" was removed by you, and stays removed',
        ],
      });
      // No longer asked for, what the user made of it is the user's.
      const dropped = plan({ shape, files, found: { [file]: text(edited) }, lock });
      expect(JSON.parse((changeOf(dropped, file) as { after: string }).after)).toEqual({
        containerEnv: { TZ: "mine" },
        features: parsed["features"],
      });
      expect(changeOf(dropped, file)).toMatchObject({ notes: ["containerEnv › TZ stays: you changed it"] });
    });
  });

  test.each([
    [".devcontainer/devcontainer.json", "./aperture-env"],
    [".devcontainer.json", "./.devcontainer/aperture-env"],
    [".devcontainer/backend/devcontainer.json", "./../aperture-env"],
  ])("in %s it is %s", (path, key) => {
    const made = plan({ shape: { kind: "feature", files: [path] }, files, found: { [path]: text("{}") } });
    const change = changeOf(made, path) as Extract<Change, { kind: "edit" }>;
    expect(JSON.parse(change.after)).toEqual({ features: { [key]: { revision: "0123456789ab" } } });
  });

  test("is in each of several dev containers, with its relative path, and is removed from a dropped one", () => {
    const paths = [".devcontainer.json", ".devcontainer/a/devcontainer.json", ".devcontainer/b/devcontainer.json"];
    const found = Object.fromEntries(paths.map((path) => [path, text("{}")]));
    const made = plan({ shape: { kind: "feature", files: paths }, files, found });
    const keys = paths.map((path) => {
      const { after } = changeOf(made, path) as { after: string };
      return Object.keys((JSON.parse(after) as { features: object }).features)[0];
    });
    expect(keys).toEqual(["./.devcontainer/aperture-env", "./../aperture-env", "./../aperture-env"]);
    const there = Object.fromEntries(paths.map((path) => [path, text((changeOf(made, path) as { after: string }).after)]));
    const fewer = plan({
      shape: { kind: "feature", files: paths.slice(0, 1) },
      files,
      found: there,
      lock: lockOf(lockedBy(made)),
    });
    expect(paths.map((path) => changeOf(fewer, path))).toEqual([
      { kind: "keep", path: paths[0], why: "same" },
      ...paths.slice(1).map((path) => expect.objectContaining({ kind: "edit", path, after: "{}" }) as unknown),
    ]);
    expect(Object.keys(lockedBy(fewer)).filter((path) => paths.includes(path))).toEqual([paths[0]]);
  });

  test("with options of the user's is not taken out without a word", () => {
    const made = plan({ shape, files, found: { [file]: text(theirs) } });
    const there = ours.replace('"revision": "0123456789ab"', '"revision": "0123456789ab", "mine": true');
    const setting = {
      files,
      found: { [file]: text(there) },
      lock: lockOf(lockedBy(made)),
      shape: { kind: "feature", files: [] },
    } as const;
    expect(changeOf(plan(setting), file)).toMatchObject({
      kind: "conflict",
      why: "has your options under features › ./aperture-env, which is removed with the Feature",
      choices: ["keep", "replace"],
      before: there,
    });
    expect(lockedBy(plan(setting))[file], "and stays known").toEqual(lockedBy(made)[file]);
    const kept = changeOf(plan({ ...setting, settle: "keep" }), file) as { after: string };
    expect(JSON.parse(kept.after)).toEqual({ image: "debian", features: { "./aperture-env": { mine: true } } });
    const replaced = changeOf(plan({ ...setting, settle: "replace" }), file) as { after: string };
    expect(JSON.parse(replaced.after)).toEqual({ image: "debian" });
  });

  test.each([
    [
      "broken JSON, with its place",
      text('{\n  "image": debian\n}'),
      /^cannot be edited: this is not JSON with comments/,
      { file, line: 2, column: 12 },
    ],
    ["features that are no object", text('{ "features": [] }'), /"features" is not an object/, { file, line: 1, column: 15 }],
    ["a folder", { kind: "other", what: "a folder" } as const, /^is a folder$/, undefined],
    ["gone meanwhile", { kind: "nothing" } as const, /^is gone$/, undefined],
  ])("is a conflict with %s", (_what, found, why, where) => {
    const made = plan({ shape, files, found: { [file]: found } });
    const change = changeOf(made, file) as Extract<Change, { kind: "conflict" }>;
    expect(change).toMatchObject({ kind: "conflict", path: file });
    expect(change.why).toMatch(why);
    expect(change.where).toEqual(where);
    expect(lockedBy(made)[file]).toBeUndefined();
  });
});

describe("lines beside the user's", () => {
  const files = [wanted(attributes)];
  const mine = "*.png binary\n";
  const ours: LockedFile = {
    strategy: "lines",
    hash: hashText(now[attributes]!),
    lines: ["# ours", "* text eol=lf"],
    created: true,
  };
  const plain = (found: FileState, locked?: LockedFile): [Change | undefined, LockedFile | undefined] => {
    const made = plan({
      files,
      found: { [attributes]: found },
      lock: locked === undefined ? null : lockOf({ [attributes]: locked }),
    });
    return [changeOf(made, attributes), lockedBy(made)[attributes]];
  };

  test("are a file of their own where there is none", () => {
    expect(plain({ kind: "nothing" })).toEqual([
      { kind: "create", path: attributes, after: now[attributes], executable: false },
      ours,
    ]);
  });

  test("come behind the user's where there are some, with a way back", () => {
    const after = mine + now[attributes]!;
    const [change, locked] = plain(text(mine));
    expect(change).toEqual({ kind: "edit", path: attributes, before: mine, after, executable: false });
    expect(locked).toMatchObject({ strategy: "lines", hash: hashText(after), lines: ours.lines });
    expect(locked!.created).toBeUndefined();
    const { at, length, text: back } = locked!.undo!;
    expect(after.slice(0, at) + back + after.slice(at + length)).toBe(mine);
    expect(plain(text(after), locked!)).toEqual([{ kind: "keep", path: attributes, why: "same" }, locked]);
  });

  test("that were removed stay out, changed ones are replaced, the user's stay", () => {
    const taken = plain(text(`${mine}# ours\n`), ours);
    expect(taken[0]).toEqual({ kind: "keep", path: attributes, why: "edited", notes: ["lines that you removed stay removed"] });
    expect(taken[1]).toEqual(ours);
    const older: LockedFile = { ...ours, lines: ["# old", "* text eol=lf"] };
    expect(plain(text(`# old\n${mine}* text eol=lf\n`), older)).toMatchObject([
      { kind: "edit", after: `${mine}* text eol=lf\n# ours\n` },
      { lines: ours.lines, created: true },
    ]);
  });

  test("that are all gone with their file stay gone", () => {
    expect(plain({ kind: "nothing" }, ours)).toEqual([
      { kind: "keep", path: attributes, why: "deleted" },
      { ...ours, deleted: true },
    ]);
  });

  test("are removed with their file, or alone if the file has lines of the user", () => {
    const remove = (there: string): Change | undefined =>
      planRemoval({
        root: "/",
        lock: lockOf({ [attributes]: ours }),
        snapshot: new Map([
          [attributes, text(there)],
          ["aperture-env.lock", text("x")],
        ]),
        settle: () => null,
        editors: editJsonc,
      }).changes[0];
    expect(remove(now[attributes]!)).toEqual({ kind: "remove", path: attributes, before: now[attributes] });
    expect(remove(mine + now[attributes]!)).toEqual({
      kind: "edit",
      path: attributes,
      before: mine + now[attributes]!,
      after: mine,
      executable: false,
      notes: ["it contains your lines, so it stays"],
    });
  });

  test("of a file that was made and nobody touched are all ours, also those that the lock does not list", () => {
    // A lock of version 1 has the hash of the whole file, and its lines only as the last version 1 wrote them.
    const then = "# ours\n* text eol=lf\nold/** text\n";
    const older: LockedFile = { ...ours, hash: hashText(then) };
    expect(plain(text(then), older)).toMatchObject([{ after: now[attributes] }, ours]);
    const removed = planRemoval({
      root: "/",
      lock: lockOf({ [attributes]: older }),
      snapshot: new Map([
        [attributes, text(then)],
        ["aperture-env.lock", text("x")],
      ]),
      settle: () => null,
      editors: editJsonc,
    });
    expect(removed.changes).toEqual([{ kind: "remove", path: attributes, before: then }]);
  });

  test("for .gitignore stand in a block, and those of an earlier run stay", () => {
    const ignoreLines = ["!/.devcontainer/"];
    const made = plan({ files, ignoreLines, found: { ".gitignore": text("node_modules\n") } });
    const after = "node_modules\n# >>> aperture-env\n!/.devcontainer/\n# <<< aperture-env\n";
    expect(changeOf(made, ".gitignore")).toMatchObject({ kind: "edit", after });
    const locked = lockedBy(made)[".gitignore"]!;
    expect(locked).toMatchObject({ strategy: "block", lines: ignoreLines });
    const again = plan({ files, found: { ".gitignore": text(after) }, lock: lockOf({ ".gitignore": locked }) });
    expect(changeOf(again, ".gitignore")).toEqual({ kind: "keep", path: ".gitignore", why: "same" });
    expect(lockedBy(again)[".gitignore"]).toEqual(locked);
    expect(changeOf(plan({ files, found: { ".gitignore": text("x\n") } }), ".gitignore"), "without a wish").toBeUndefined();
  });
});

describe("what is no longer wanted", () => {
  const old = ".devcontainer/aperture-env/old.sh";
  const locked: LockedFile = { strategy: "own", hash: hashText("then\n") };
  const at = (found: FileState): [Change | undefined, LockedFile | undefined] => {
    const made = plan({ found: { [old]: found }, lock: lockOf({ [old]: locked }) });
    return [changeOf(made, old), lockedBy(made)[old]];
  };

  test.each<readonly [string, FileState, Change | undefined, LockedFile | undefined]>([
    ["goes where it is as it was written", text("then\n"), { kind: "remove", path: old, before: "then\n" }, undefined],
    ["also with other line ends", text("then\r\n"), { kind: "remove", path: old, before: "then\r\n" }, undefined],
    [
      "stays where the user edited it, and is the user's from then on",
      text("mine\n"),
      { kind: "keep", path: old, why: "left", notes: ["you edited it: delete it if you no longer need it"] },
      undefined,
    ],
    ["is forgotten where it is gone", { kind: "nothing" }, undefined, undefined],
    [
      "is in the way as a folder, and stays known",
      { kind: "other", what: "a folder" },
      { kind: "conflict", path: old, why: "is a folder", fix: "move it away, and run again", choices: [] },
      locked,
    ],
  ])("%s", (_what, found, change, entry) => {
    expect(at(found)).toEqual([change, entry]);
  });
});

describe("removal", () => {
  const lock = lockOf({
    [script]: { strategy: "own", hash: hashText("script") },
    [dockerfile]: { strategy: "own", hash: hashText("docker"), ancestor: ["docker"] },
    [spec]: { strategy: "seed", hash: hashText("name: x\n") },
  });
  const remove = (found: Readonly<Record<string, FileState>>, known = lock): Plan =>
    planRemoval({
      root: "/repository",
      lock: known,
      snapshot: new Map(Object.entries(found)),
      settle: () => null,
      editors: editJsonc,
    });
  const there = { "aperture-env.lock": text("the lock"), [spec]: text("name: x\n") };

  test("takes out what is as it was written, the lock last", () => {
    const made = remove({ ...there, [script]: text("script"), [dockerfile]: text("docker") });
    expect(writesOf(made)).toEqual([
      { kind: "remove", path: dockerfile, before: "docker" },
      { kind: "remove", path: script, before: "script" },
      { kind: "remove", path: spec, before: "name: x\n" },
      { kind: "remove", path: "aperture-env.lock", before: "the lock" },
    ]);
    expect(made).toMatchObject({ root: "/repository", warnings: [], findings: [] });
  });

  test("leaves and names what the user edited", () => {
    const made = remove({ ...there, [script]: text("mine"), [spec]: text("name: mine\n") });
    const left = { kind: "keep", why: "left", notes: ["you edited it: delete it if you no longer need it"] };
    expect(made.changes).toEqual([
      { ...left, path: script },
      { ...left, path: spec },
    ]);
  });

  test("leaves and names a spec that somebody wrote by hand", () => {
    const files = { [script]: lock.files[script]! };
    const made = remove({ ...there, [script]: text("script") }, lockOf(files));
    expect(changeOf(made, spec)).toEqual({
      kind: "keep",
      path: spec,
      why: "left",
      notes: ["it was not written by this program: delete it if you no longer need it"],
    });
  });

  test.each<readonly [string, FileState, string]>([
    ["a folder", { kind: "other", what: "a folder" }, "is a folder"],
    ["gone meanwhile", { kind: "nothing" }, "is gone"],
  ])("is a conflict where the lock is %s", (_what, found, why) => {
    const made = remove({ "aperture-env.lock": found });
    expect(made.lock).toBeNull();
    expect(conflictsOf(made)).toMatchObject([{ path: "aperture-env.lock", why, choices: [] }]);
  });
});

describe("the spec", () => {
  const seed = (value: string): LockedFile => ({ strategy: "seed", hash: hashText(value) });
  const edited = { ok: true, text: "name: y # mine\n" } as const;

  test.each<readonly [string, Setting, object, LockedFile | undefined]>([
    [
      "is written where there is none, and known",
      {},
      { kind: "create", after: "name: x\n", executable: false },
      seed("name: x\n"),
    ],
    [
      "is written again where it was deleted: without one there is no environment",
      { lock: lockOf({ [spec]: seed("name: x\n") }) },
      { kind: "create", after: "name: x\n" },
      seed("name: x\n"),
    ],
    [
      "is never touched where there is one",
      { found: { [spec]: text("name: other # mine\n") } },
      { kind: "keep", why: "same" },
      undefined,
    ],
    [
      "stays known as it was written, whatever became of it",
      { found: { [spec]: text("name: other\n") }, lock: lockOf({ [spec]: seed("name: x\n") }) },
      { kind: "keep", why: "same" },
      seed("name: x\n"),
    ],
    [
      "gets what flags say; one that somebody wrote stays somebody's",
      { found: { [spec]: text("name: x # mine\n") }, editedSpec: edited },
      { kind: "edit", before: "name: x # mine\n", after: edited.text, executable: false },
      undefined,
    ],
    [
      "gets what flags say; one that is as we wrote it stays ours",
      { found: { [spec]: text("name: x\n") }, lock: lockOf({ [spec]: seed("name: x\n") }), editedSpec: edited },
      { kind: "edit", before: "name: x\n", after: edited.text },
      seed(edited.text),
    ],
    [
      "gets what flags say; one that was edited is not ours again",
      { found: { [spec]: text("name: z\n") }, lock: lockOf({ [spec]: seed("name: x\n") }), editedSpec: edited },
      { kind: "edit", before: "name: z\n" },
      seed("name: x\n"),
    ],
    [
      "stays where it says so already",
      { found: { [spec]: text(edited.text) }, editedSpec: edited },
      { kind: "keep", why: "same" },
      undefined,
    ],
    [
      "is in the way where it cannot be edited, with the place",
      { found: { [spec]: text("x: &a 1\n") }, editedSpec: { ok: false, why: "an anchor", line: 1, column: 4 } },
      { kind: "conflict", why: "cannot be edited: an anchor", where: { file: spec, line: 1, column: 4 }, choices: [] },
      undefined,
    ],
    [
      "is in the way as a folder",
      { found: { [spec]: { kind: "other", what: "a folder" } } },
      { kind: "conflict", why: "is a folder", choices: [] },
      undefined,
    ],
  ])("%s", (_what, setting, change, locked) => {
    const made = plan(setting);
    expect(changeOf(made, spec)).toMatchObject(change);
    expect(lockedBy(made)[spec]).toEqual(locked);
  });
});

describe("project files that bypass the gateway", () => {
  const path = "opencode.json";

  const keys = [["provider", "openai", "options", "baseURL"], ["enabled_providers"]] as const;
  const there =
    '{\n  // mine\n  "provider": { "openai": { "options": { "baseURL": "https://elsewhere/v1", "timeout": 9 } } },\n  "enabled_providers": ["x"]\n}\n';
  const left = '{\n  // mine\n  "provider": { "openai": { "options": { "timeout": 9 } } }\n}\n';
  const taken: readonly TakenPiece[] = [{ strategy: "taken", path, keys }];
  const first = plan({ taken, found: { [path]: text(there) } });
  const lock = lockOf(lockedBy(first));
  const remove = (now: string, files = lock.files): Change | undefined =>
    planRemoval({
      root: "/",
      lock: lockOf(files),
      snapshot: new Map([
        [path, text(now)],
        ["aperture-env.lock", text("x")],
      ]),
      settle: () => null,
      editors: editJsonc,
    }).changes.find((change) => change.path === path);

  test("lose the requested keys, and the lock has what restores them", () => {
    expect(changeOf(first, path)).toEqual({ kind: "edit", path, before: there, after: left, executable: false });
    expect(lockedBy(first)[path]).toMatchObject({
      strategy: "taken",
      hash: hashText(left),
      taken: [
        { path: keys[0], value: "https://elsewhere/v1" },
        { path: keys[1], value: ["x"] },
      ],
    });
    expect(remove(left)).toEqual({ kind: "edit", path, before: left, after: there, executable: false });
  });

  test("stay without it in an update that asks for nothing, and are forgotten where they are gone", () => {
    const again = plan({ found: { [path]: text(left) }, lock });
    expect(changeOf(again, path)).toEqual({ kind: "keep", path, why: "same" });
    expect(lockedBy(again)[path]).toEqual(lock.files[path]);
    for (const gone of [{ kind: "nothing" }, { kind: "other", what: "a folder" }] as const) {
      const without = plan({ found: { [path]: gone }, lock });
      expect(changeOf(without, path)).toBeUndefined();
      expect(lockedBy(without)[path]).toBeUndefined();
    }
  });

  test("can be restored to the original bytes also after more was removed", () => {
    const more = plan({
      taken: [{ strategy: "taken", path, keys: [["provider", "openai", "options", "timeout"]] }],
      found: { [path]: text(left) },
      lock,
    });
    const { after } = changeOf(more, path) as { after: string };
    expect(remove(after, lockedBy(more))).toMatchObject({ kind: "edit", after: there });
    expect(remove(`${after}\n`, lockedBy(more))).toMatchObject({ kind: "edit" });
  });

  test("that the user edited since get each value back in its place, unless the user has something there", () => {
    const edited = left.replace("// mine", "// my own");
    const given = remove(edited) as { after: string };
    expect(given.after).toContain("// my own");
    expect(JSON.parse(given.after.replace(/^ *\/\/.*$/m, ""))).toEqual(JSON.parse(there.replace(/^ *\/\/.*$/m, "")));
    const mine = edited.replace('"timeout": 9', '"baseURL": "http://mine"');
    expect(remove(mine)).toMatchObject({
      kind: "edit",
      after: expect.stringContaining('"baseURL": "http://mine"') as unknown,
      notes: ["provider.openai.options.baseURL keeps your value"],
    });
    expect(remove("{}\n"), "not what stood in something that is gone").toMatchObject({
      after: expect.not.stringContaining('provider"') as unknown,
    });
    expect(remove("{")).toMatchObject({ kind: "conflict", where: { file: path } });
  });

  test("are left as they are where the user put it back", () => {
    const again = plan({ found: { [path]: text(there) }, lock });
    expect(changeOf(again, path)).toEqual({ kind: "keep", path, why: "same" });
    expect(lockedBy(again)[path], "which is nothing to write down").toEqual(lock.files[path]);
    expect(remove(there)).toEqual({ kind: "keep", path, why: "same" });
    const retaken = plan({ taken, found: { [path]: text(there.replace("elsewhere", "elsewhere.too")) }, lock });
    expect(lockedBy(retaken)[path]!.taken).toEqual([
      { path: keys[0], value: "https://elsewhere.too/v1" },
      { path: keys[1], value: ["x"] },
    ]);
  });

  test.each([
    ["a key", ["provider", "openai", "options", "apiKey"], "sk-live", false],
    ["a reference to a key", ["provider", "openai", "options", "apiKey"], "{env:OPENAI_KEY}", true],
    ["an address", ["provider", "openai", "options", "baseURL"], "https://example.openai.azure.com/openai/deployments/gpt", true],
    ["an address with a password", ["provider", "openai", "options", "baseURL"], "https://me:pw@elsewhere/v1", false],
    ["an address with a query", ["provider", "openai", "options", "baseURL"], "https://elsewhere/v1?code=1", false],
    ["an address with a token", ["provider", "openai", "options", "baseURL"], "https://elsewhere/a1b2c3d4e5f6a7b8c9d0/v1", false],
    ["headers", ["provider", "openai", "options", "headers"], { "X-Api": "abc" }, false],
  ] as const)("%s: kept in the lock only where nobody can be harmed", (_what, key, value, isKept) => {
    const before = JSON.stringify({ provider: { openai: { options: { [key[3]]: value } } } });
    const made = plan({ taken: [{ strategy: "taken", path, keys: [key] }], found: { [path]: text(before) } });
    const locked = lockedBy(made)[path]!;
    expect(locked.taken).toEqual([isKept ? { path: key, value } : { path: key }]);
    if (isKept)
      return expect(remove((changeOf(made, path) as { after: string }).after, { [path]: locked })).toMatchObject({
        after: before,
      });
    expect(lockText(made)).not.toMatch(/sk-live|pw@|code=|a1b2c3|abc/);
    expect(changeOf(made, path)).toMatchObject({
      notes: [expect.stringMatching(/does not store it: remove cannot restore it$/)],
    });
    expect(remove((changeOf(made, path) as { after: string }).after, { [path]: locked })).toMatchObject({
      kind: "keep",
      why: "left",
      notes: [expect.stringMatching(/restore it by hand$/)],
    });
  });

  test("are in the way where they cannot be edited", () => {
    expect(conflictsOf(plan({ taken, found: { [path]: text("{") } }))).toMatchObject([
      { path, why: expect.stringMatching(/^cannot be edited: this is not JSON/) as unknown, where: { file: path, line: 1 } },
    ]);
  });
});

describe("the lock", () => {
  const everything: Readonly<Record<string, FileState>> = {
    [spec]: text("name: x\n"),
    ...Object.fromEntries(Object.entries(now).map(([path, value]) => [path, text(value)])),
  };
  const right = lockText(plan({ found: everything }));

  test("is written with what was resolved, files in order", () => {
    const lock = parseLock(right)!;
    expect(lock).toMatchObject({
      lockVersion: 3,
      generator: "9.9.9",
      revision: rendered.revision,
      answers,
      opencode: pinnedRelease,
      registry: "",
    });
    // A spec that says what we would have written is ours.
    expect(Object.keys(lock.files)).toEqual([dockerfile, script, json, "aperture-env.yaml"].sort());
    expect(Object.keys(JSON.parse(right) as object)).toEqual([
      "lockVersion",
      "generator",
      "revision",
      "answers",
      "opencode",
      "registry",
      "files",
    ]);
    expect(plan({}).lock).toMatchObject({ kind: "create", path: "aperture-env.lock", executable: false });
  });

  test("comes last", () => {
    const made = plan({});
    expect(writesOf(made).map(({ path }) => path)).toEqual([
      ...[dockerfile, script, json, "aperture-env.yaml"].sort(),
      "aperture-env.lock",
    ]);
  });

  test("stays where it says this already, also with the line ends of another system", () => {
    for (const there of [right, right.replaceAll("\n", "\r\n")]) {
      const made = plan({ found: { ...everything, "aperture-env.lock": text(there) }, lock: parseLock(right) });
      expect(made.lock).toBeNull();
      expect(isEmpty(made)).toBe(true);
    }
  });

  test("is replaced where it says something else, or is damaged", () => {
    for (const there of ["{}", right.replace("9.9.9", "1.0.0")]) {
      const made = plan({ found: { ...everything, "aperture-env.lock": text(there) }, lock: null });
      expect(made.lock).toEqual({ kind: "replace", path: "aperture-env.lock", before: there, after: right, executable: false });
      expect(isEmpty(made)).toBe(false);
    }
  });

  test("is in the way as a folder", () => {
    const made = plan({ found: { "aperture-env.lock": { kind: "other", what: "a folder" } } });
    expect(made.lock).toBeNull();
    expect(conflictsOf(made)).toEqual([
      { kind: "conflict", path: "aperture-env.lock", why: "is a folder", fix: "move it away, and run again", choices: [] },
    ]);
  });

  test("the same input gives the same bytes", () => {
    const files = {
      [script]: { strategy: "own", hash: hashText("a") },
      [json]: { strategy: "own", hash: hashText("b") },
    } as const;
    const turned = Object.fromEntries(Object.entries(files).reverse());
    expect(formatLock(lockOf(files))).toBe(formatLock(lockOf(turned)));
    expect(formatLock(lockOf(files))).toMatch(/^\{\n {2}"lockVersion": 3,\n[^]*\n\}\n$/);
  });
});

test("changes are in the order of their paths, and warnings and findings go along", () => {
  const findings = [{ code: "bypass", where: { file: "x" }, message: "m", hint: "h" }] as const;
  const made = plan({ findings, lock: lockOf({ "a/.devcontainer.json": { strategy: "own", hash: hashText("x") } }) });
  const paths = made.changes.map(({ path }) => path);
  expect(paths).toEqual([...paths].sort());
  expect(made).toMatchObject({ root: "/repository", warnings: ["a word"], findings });
});

test("the paths to look at are all that a plan asks for", () => {
  const always = [spec, "aperture-env.lock", ".gitignore"];
  const pathsOf = (shape: Shape): readonly string[] => wantedPaths(demandOf(answers, shape));
  const own = pathsOf({ kind: "own" });
  expect(pathsToLookAt(own, null)).toEqual([...always, ...own]);
  expect(own).toEqual(expect.arrayContaining([dockerfile, script, json, attributes]));
  const files = [".devcontainer.json", ".devcontainer/a/devcontainer.json"];
  expect(pathsOf({ kind: "feature", files })).toEqual(expect.arrayContaining([...files, script, attributes]));
  const lock = lockOf({ [script]: { strategy: "own", hash: hashText("x") }, dropped: { strategy: "own", hash: hashText("y") } });
  expect(pathsToLookAt(own, lock), "what was written earlier, too").toEqual([...always, ...own, "dropped"]);
});
