/** The rules of the plan, each on its own: what is wanted, what lies there, what the lock says, and so what happens. */
import { describe, expect, test } from "vitest";
import type { Shape } from "../../src/catalog/files.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { formatLock, hashText, parseLock, type Lock, type LockedFile } from "../../src/lock/lock.ts";
import { buildPlan, pathsToLookAt, type Found, type PlanInput } from "../../src/plan/build.ts";
import { conflictsOf, isEmpty, writesOf, type Change, type Plan } from "../../src/plan/plan.ts";
import type { Rendered, RenderedFile } from "../../src/render/render.ts";

const script = ".devcontainer/aperture-env/install.sh";
const dockerfile = ".devcontainer/Dockerfile";
const json = ".devcontainer/devcontainer.json";

const now: Readonly<Record<string, string>> = {
  [dockerfile]: "FROM one\nRUN two\nRUN three\nRUN four\nENV five\n",
  [script]: "#!/bin/sh\nnow\n",
  [json]: '{\n  "name": "now",\n  "args": {},\n  "user": "x"\n}\n',
};
const wanted = (path: string): RenderedFile => ({
  path,
  strategy: "own",
  edited: path !== script,
  image: true,
  executable: path === script,
  text: now[path]!,
});
const rendered: Rendered = {
  files: [dockerfile, script, json].map(wanted),
  spec: "name: x\n",
  revision: "0123456789ab",
};

const answers: Lock["answers"] = {
  name: "x",
  url: "http://ai",
  connection: "network",
  providers: [{ id: "openai", api: "responses" }],
  model: "openai/gpt-5",
  smallModel: "openai/gpt-5-mini",
  opencode: "1.18.18",
  managed: false,
  base: "debian",
  outputs: ["devcontainer"],
};
const nextLock: PlanInput["nextLock"] = { generator: "9.9.9", answers, opencode: pinnedRelease, registry: "" };
const lockOf = (files: Lock["files"]): Lock => ({ lockVersion: 1, revision: "old", ...nextLock, files });
const text = (value: string): Found => ({ kind: "text", text: value });

interface Setting {
  /** What lies at paths; nothing elsewhere. */
  readonly found?: Readonly<Record<string, Found>>;
  readonly lock?: Lock | null;
  readonly shape?: Shape;
  readonly files?: readonly RenderedFile[];
}

function plan({ found = {}, lock = null, shape = { kind: "own" }, files = rendered.files }: Setting): Plan {
  return buildPlan({
    root: "/repository",
    rendered: { ...rendered, files },
    shape,
    snapshot: new Map(Object.entries(found)),
    lock,
    nextLock,
    warnings: ["a word"],
  });
}

const changeOf = (made: Plan, path: string): Change | undefined => made.changes.find((change) => change.path === path);
const lockedBy = (made: Plan): Lock["files"] => parseLock(made.lock!.after)!.files;

describe("a file of ours", () => {
  const old = (value: string, ancestor = false): LockedFile => ({
    strategy: "own",
    hash: hashText(value),
    ...(ancestor && { ancestor: value.split("\n") }),
  });
  const was = "FROM zero\nRUN two\nRUN three\nRUN four\nENV five\n";

  type Rule = readonly [what: string, path: string, found: Found, locked: LockedFile | undefined, Partial<Change>];
  const rules: readonly Rule[] = [
    [
      "nothing there, never written: create",
      script,
      { kind: "nothing" },
      undefined,
      { kind: "create", after: now[script]!, executable: true },
    ],
    [
      "nothing there, written before: it was deleted, and stays so",
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
    ["edited, and something new would come: conflict", script, text("mine"), old("#!/bin/sh\nthen\n"), { kind: "conflict" }],
    ["not in the lock, something else: the user's", script, text("mine"), undefined, { kind: "conflict" }],
    ["a folder in its place", script, { kind: "other", what: "a folder" }, undefined, { kind: "conflict", why: "is a folder" }],
    [
      "a folder in its place, written before",
      script,
      { kind: "other", what: "a folder" },
      old(now[script]!),
      { kind: "conflict", why: "is a folder" },
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
    expect(deleted[script], "deleted: it stays known as written").toEqual(then);
    const kept = lockedBy(plan({ found: { [script]: text("mine") }, lock: lockOf({ [script]: old(now[script]!) }) }));
    expect(kept[script], "edited: so does what was written").toEqual(old(now[script]!));
    const foreign = lockedBy(plan({ found: { [script]: text("theirs") } }));
    expect(foreign[script], "somebody else's: not ours").toBeUndefined();
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
  const shape: Shape = { kind: "feature", file };
  const theirs = '{\n  "image": "debian"\n}\n';
  const ours = theirs.replace(
    '"\n}',
    '",\n  "features": {\n    "./aperture-env": {\n      "revision": "0123456789ab"\n    }\n  }\n}',
  );
  const files = [wanted(script)];

  test("is added", () => {
    const made = plan({ shape, files, found: { [file]: text(theirs) } });
    expect(changeOf(made, file)).toEqual({ kind: "edit", path: file, before: theirs, after: ours, executable: false });
    expect(lockedBy(made)[file]).toEqual({ strategy: "keys", hash: hashText(ours) });
  });

  test("stays where it is as it should be", () => {
    const made = plan({ shape, files, found: { [file]: text(ours) } });
    expect(changeOf(made, file)).toEqual({ kind: "keep", path: file, why: "same" });
    expect(lockedBy(made)[file]).toEqual({ strategy: "keys", hash: hashText(ours) });
    const known: LockedFile = { strategy: "keys", hash: hashText("before somebody edited it") };
    expect(lockedBy(plan({ shape, files, found: { [file]: text(ours) }, lock: lockOf({ [file]: known }) }))[file]).toEqual(known);
  });

  test.each([
    [".devcontainer/devcontainer.json", "./aperture-env"],
    [".devcontainer.json", "./.devcontainer/aperture-env"],
    [".devcontainer/backend/devcontainer.json", "../aperture-env"],
  ])("in %s it is %s", (path, key) => {
    const made = plan({ shape: { kind: "feature", file: path }, files, found: { [path]: text("{}") } });
    const change = changeOf(made, path) as Extract<Change, { kind: "edit" }>;
    expect(JSON.parse(change.after)).toEqual({ features: { [key]: { revision: "0123456789ab" } } });
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

describe("the spec", () => {
  test.each([
    ["is written where there is none", { kind: "nothing" } as const, { kind: "create", after: "name: x\n", executable: false }],
    ["is never touched where there is one", text("name: other # mine\n"), { kind: "keep", why: "same" }],
    ["is in the way as a folder", { kind: "other", what: "a folder" } as const, { kind: "conflict", why: "is a folder" }],
  ])("%s", (_what, found, change) => {
    expect(changeOf(plan({ found: { "aperture-env.yaml": found } }), "aperture-env.yaml")).toMatchObject(change);
  });
});

describe("the lock", () => {
  const everything: Readonly<Record<string, Found>> = {
    "aperture-env.yaml": text("name: x\n"),
    ...Object.fromEntries(Object.entries(now).map(([path, value]) => [path, text(value)])),
  };
  const right = plan({ found: everything }).lock!.after;

  test("is written with what was resolved, files in order", () => {
    const lock = parseLock(right)!;
    expect(lock).toMatchObject({
      lockVersion: 1,
      generator: "9.9.9",
      revision: rendered.revision,
      answers,
      opencode: pinnedRelease,
      registry: "",
    });
    expect(Object.keys(lock.files)).toEqual([dockerfile, script, json].sort());
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
      { kind: "conflict", path: "aperture-env.lock", why: "is a folder", fix: "move it away, and run again" },
    ]);
  });

  test("the same input gives the same bytes", () => {
    const files = {
      [script]: { strategy: "own", hash: hashText("a") },
      [json]: { strategy: "own", hash: hashText("b") },
    } as const;
    const turned = Object.fromEntries(Object.entries(files).reverse());
    expect(formatLock(lockOf(files))).toBe(formatLock(lockOf(turned)));
    expect(formatLock(lockOf(files))).toMatch(/^\{\n {2}"lockVersion": 1,\n[^]*\n\}\n$/);
  });
});

test("changes are in the order of their paths, and warnings go along", () => {
  const made = plan({});
  const paths = made.changes.map(({ path }) => path);
  expect(paths).toEqual([...paths].sort());
  expect(made).toMatchObject({ root: "/repository", warnings: ["a word"] });
});

test("the paths to look at are all that a plan asks for", () => {
  expect(pathsToLookAt(rendered, { kind: "own" })).toEqual(["aperture-env.yaml", "aperture-env.lock", dockerfile, script, json]);
  expect(pathsToLookAt(rendered, { kind: "feature", file: ".devcontainer.json" })).toContain(".devcontainer.json");
});
