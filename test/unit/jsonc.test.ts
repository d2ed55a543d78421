/** One key in somebody else's JSONC: where it goes, and that nothing else moves. */
import { parse } from "jsonc-parser";
import { describe, expect, test } from "vitest";
import { ensureValue, readObject } from "../../src/edit/jsonc.ts";

const path = ["features", "./aperture-env", "revision"] as const;

function added(text: string, at: readonly [string, ...string[]] = path, value: unknown = "0123"): string {
  const edited = ensureValue(text, at, value);
  if (!edited.ok) throw new Error(`${edited.line}:${edited.column}: ${edited.why}`);
  return edited.text;
}

/** Before and after, with `x: 1` ensured at the top. */
const atTheTop: readonly (readonly [what: string, before: string, after: string])[] = [
  ["an empty object", "{}", '{\n  "x": 1\n}'],
  ["an empty object with a space", "{ }", '{ "x": 1 }'],
  ["an empty object with a final newline", "{}\n", '{\n  "x": 1\n}\n'],
  ["an empty object over two lines", "{\n}\n", '{\n  "x": 1\n}\n'],
  ["an empty object over two CRLF lines", "{\r\n}\r\n", '{\r\n  "x": 1\r\n}\r\n'],
  ["an empty object with empty lines", "{\n\n\n}", '{\n  "x": 1\n\n\n}'],
  ["an empty object with spaces and lines", "{  \n  }", '{  \n  "x": 1\n  }'],
  ["only a line comment", "{\n  // none yet\n}\n", '{\n  // none yet\n  "x": 1\n}\n'],
  ["only a line comment with spaces behind", "{\n  // none yet  \n}\n", '{\n  // none yet  \n  "x": 1\n}\n'],
  ["only a block comment on one line", "{ /* none */ }", '{ /* none */ "x": 1 }'],
  ["only a block comment without spaces", "{/* none */}", '{/* none */ "x": 1 }'],
  ["only comments of both kinds", "{ // a\n  /* b */ }", '{ // a\n  /* b */ "x": 1 }'],
  ["a comment like an object", '{\n  // "x": {}\n}', '{\n  // "x": {}\n  "x": 1\n}'],
  ["one property", '{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "x": 1\n}\n'],
  ["four spaces", '{\n    "a": 1\n}\n', '{\n    "a": 1,\n    "x": 1\n}\n'],
  ["tabs", '{\n\t"a": 1\n}\n', '{\n\t"a": 1,\n\t"x": 1\n}\n'],
  ["no indentation at all", '{\n"a": 1\n}', '{\n"a": 1,\n"x": 1\n}'],
  ["CRLF", '{\r\n  "a": 1\r\n}\r\n', '{\r\n  "a": 1,\r\n  "x": 1\r\n}\r\n'],
  ["CR only", '{\r  "a": 1\r}\r', '{\r  "a": 1,\r  "x": 1\r}\r'],
  ["a BOM", '\ufeff{\n  "a": 1\n}\n', '\ufeff{\n  "a": 1,\n  "x": 1\n}\n'],
  ["a BOM and nothing in it", "\ufeff{}", '\ufeff{\n  "x": 1\n}'],
  ["no final newline", '{\n  "a": 1\n}', '{\n  "a": 1,\n  "x": 1\n}'],
  ["all on one line", '{ "a": 1 }', '{ "a": 1, "x": 1 }'],
  ["all on one line without spaces", '{"a":1}', '{"a":1, "x": 1}'],
  ["all on one line with a trailing comma", '{ "a": 1, }', '{ "a": 1, "x": 1, }'],
  ["the last two on one line", '{\n  "a": 1, "b": 2\n}', '{\n  "a": 1, "b": 2, "x": 1\n}'],
  ["the brace on the last line", '{\n  "a": 1 }', '{\n  "a": 1, "x": 1 }'],
  ["the first behind the brace", '{ "a": 1,\n  "b": 2\n}', '{ "a": 1,\n  "b": 2,\n  "x": 1\n}'],
  ["a trailing comma", '{\n  "a": 1,\n}', '{\n  "a": 1,\n  "x": 1,\n}'],
  ["a comment behind the last", '{\n  "a": 1 // one\n}', '{\n  "a": 1, // one\n  "x": 1\n}'],
  ["a comment behind the last, with CRLF", '{\r\n\t"a": 1 // one\r\n}', '{\r\n\t"a": 1, // one\r\n\t"x": 1\r\n}'],
  ["a comment behind the trailing comma", '{\n  "a": 1, // one\n}', '{\n  "a": 1, // one\n  "x": 1,\n}'],
  ["a comment before the trailing comma", '{\n  "a": 1 /* one */,\n}', '{\n  "a": 1 /* one */,\n  "x": 1,\n}'],
  ["two comments behind the last", '{\n  "a": 1 /* b */ // c\n}', '{\n  "a": 1, /* b */ // c\n  "x": 1\n}'],
  ["a comment with a comma", '{\n  "a": 1 // one, two\n}', '{\n  "a": 1, // one, two\n  "x": 1\n}'],
  ["a comment with a brace", '{\n  "a": 1 // }\n}', '{\n  "a": 1, // }\n  "x": 1\n}'],
  ["a comment on a line of its own at the end", '{\n  "a": 1\n  // rest\n}', '{\n  "a": 1,\n  "x": 1\n  // rest\n}'],
  [
    "comments behind the last and at the end",
    '{\n  "a": 1 // one\n  // rest\n\n}',
    '{\n  "a": 1, // one\n  "x": 1\n  // rest\n\n}',
  ],
  ["a comment over lines behind the last", '{\n  "a": 1 /* one\n  two */\n}', '{\n  "a": 1, /* one\n  two */\n  "x": 1\n}'],
  ["the comma on a line of its own", '{\n  "a": 1 // one\n  , // comma\n}', '{\n  "a": 1 // one\n  , // comma\n  "x": 1,\n}'],
  ["spaces behind the last", '{\n  "a": 1   \n}', '{\n  "a": 1,\n  "x": 1   \n}'],
  ["a comment before the brace", '/* head */ {\n  "a": 1\n}', '/* head */ {\n  "a": 1,\n  "x": 1\n}'],
  ["comments before and after", '// head\n\n{\n  "a": 1\n}\n// foot\n', '// head\n\n{\n  "a": 1,\n  "x": 1\n}\n// foot\n'],
  ["a comment before the brace, nothing in it", "// {\n{}", '// {\n{\n  "x": 1\n}'],
  ["a comment without an end of line on one line", '{ "a": 1 // one\n}', '{ "a": 1, "x": 1 // one\n}'],
  ["an object as the last value", '{\n  "a": {\n    "b": []\n  }\n}', '{\n  "a": {\n    "b": []\n  },\n  "x": 1\n}'],
  ["text like syntax in a string", '{\n  "a": "}, // /* \\" "\n}', '{\n  "a": "}, // /* \\" ",\n  "x": 1\n}'],
  ["the same key deeper", '{\n  "a": { "x": 2 }\n}', '{\n  "a": { "x": 2 },\n  "x": 1\n}'],
  ["the key with another value", '{ "x": 2, "b": 3 }', '{ "x": 1, "b": 3 }'],
  ["the key with another value between comments", '{\n  "x": /* a */ [1,\n 2] // b\n}', '{\n  "x": /* a */ 1 // b\n}'],
  ["the key written with escapes", '{ "\\u0078": 2 }', '{ "\\u0078": 1 }'],
  ["the key with this value", '{ "x": 1 }', '{ "x": 1 }'],
  [
    "a key of Object",
    '{\n  "__proto__": { "x": 2 },\n  "constructor": 1\n}',
    '{\n  "__proto__": { "x": 2 },\n  "constructor": 1,\n  "x": 1\n}',
  ],
];

describe("a value at the top", () => {
  test.each(atTheTop)("%s", (_what, before, after) => {
    expect(added(before, ["x"], 1)).toBe(after);
  });

  test.each(atTheTop)("%s: adding twice is adding once", (_what, _before, after) => {
    expect(added(after, ["x"], 1)).toBe(after);
  });

  test.each(atTheTop)("%s: no other value changes", (_what, before, after) => {
    const old = parse(before.replace(/^\ufeff/, "")) as Record<string, unknown>;
    expect(parse(after.replace(/^\ufeff/, ""))).toEqual(Object.assign(Object.create(null), old, { x: 1 }));
  });
});

/** Before and after, with the Feature's revision ensured. */
const feature: readonly (readonly [what: string, before: string, after: string])[] = [
  [
    "no features yet",
    '{\n  "image": "debian"\n}\n',
    '{\n  "image": "debian",\n  "features": {\n    "./aperture-env": {\n      "revision": "0123"\n    }\n  }\n}\n',
  ],
  [
    "no features yet, tabs and CRLF",
    '{\r\n\t"image": "debian" // base\r\n}',
    '{\r\n\t"image": "debian", // base\r\n\t"features": {\r\n\t\t"./aperture-env": {\r\n\t\t\t"revision": "0123"\r\n\t\t}\r\n\t}\r\n}',
  ],
  [
    "no features yet, on one line",
    '{ "image": "debian" }',
    '{ "image": "debian", "features": {"./aperture-env":{"revision":"0123"}} }',
  ],
  [
    "features that are empty",
    '{\n  "features": {},\n  "image": "debian"\n}',
    '{\n  "features": {\n    "./aperture-env": {\n      "revision": "0123"\n    }\n  },\n  "image": "debian"\n}',
  ],
  [
    "features with only a comment",
    '{\n  "features": {\n    // none\n  }\n}',
    '{\n  "features": {\n    // none\n    "./aperture-env": {\n      "revision": "0123"\n    }\n  }\n}',
  ],
  [
    "other features",
    '{\n    "features": {\n        "ghcr.io/a/b:1": {}, // b\n        "ghcr.io/a/c:1": { "version": "1" } // c\n    }\n}\n',
    '{\n    "features": {\n        "ghcr.io/a/b:1": {}, // b\n        "ghcr.io/a/c:1": { "version": "1" }, // c\n        "./aperture-env": {\n            "revision": "0123"\n        }\n    }\n}\n',
  ],
  [
    "other features on one line",
    '{\n  "features": { "ghcr.io/a/b:1": {} }\n}',
    '{\n  "features": { "ghcr.io/a/b:1": {}, "./aperture-env": {"revision":"0123"} }\n}',
  ],
  [
    "the Feature without a revision",
    '{\n  "features": {\n    "./aperture-env": { "registry": "x" }\n  }\n}',
    '{\n  "features": {\n    "./aperture-env": { "registry": "x", "revision": "0123" }\n  }\n}',
  ],
  [
    "the Feature with an old revision",
    '{\n  "features": {\n    "./aperture-env": { "revision": "old", /* keep */ "y": 1 }\n  }\n}',
    '{\n  "features": {\n    "./aperture-env": { "revision": "0123", /* keep */ "y": 1 }\n  }\n}',
  ],
];

describe("the Feature", () => {
  test.each(feature)("%s", (_what, before, after) => {
    expect(added(before)).toBe(after);
    expect(added(after)).toBe(after);
  });
});

const deep = (levels: number): string => `{ "a": ${"[".repeat(levels)}${"]".repeat(levels)} }`;
const refusals: readonly (readonly [what: string, text: string, why: RegExp, line: number, column: number])[] = [
  ["nothing", "", /not JSON with comments \(ValueExpected\)/, 1, 1],
  ["only a comment", "// {}\n", /ValueExpected/, 2, 1],
  ["a list", " []", /this is not an object/, 1, 2],
  ["a text", '"{}"', /this is not an object/, 1, 1],
  ["a brace too few", '{\n  "a": 1\n', /CloseBraceExpected/, 3, 1],
  ["a brace too many", "{}\n}", /EndOfFileExpected/, 2, 1],
  ["two objects", "{} {}", /EndOfFileExpected/, 1, 4],
  ["a comma too many", '{ "a": 1,, }', /PropertyNameExpected|ValueExpected/, 1, 10],
  ["a comma too few", '{\r\n  "a": 1\r\n  "b": 2\r\n}', /CommaExpected/, 3, 3],
  ["a comma too few behind a BOM", '\ufeff{ "a": 1 "b": 2 }', /CommaExpected/, 1, 10],
  ["no value", '{ "a": }', /ValueExpected/, 1, 8],
  ["a key without quotes", "{ a: 1 }", /InvalidSymbol/, 1, 3],
  ["single quotes", "{ 'a': 1 }", /InvalidSymbol/, 1, 3],
  ["an open comment", '{ "a": 1 /* }', /UnexpectedEndOfComment|CloseBraceExpected/, 1, 10],
  ["an open string", '{ "a": "b }', /UnexpectedEndOfString/, 1, 8],
  ["a conflict of git", '{\n<<<<<<< HEAD\n  "a": 1\n}', /InvalidSymbol/, 2, 1],
  ["features that are null", '{\n  "features": null\n}', /"features" is not an object/, 2, 15],
  ["features that are a list", '{ "features": [] }', /"features" is not an object/, 1, 15],
  ["a Feature that is a text", '{ "features": { "./aperture-env": "1" } }', /"\.\/aperture-env" is not an object/, 1, 35],
  ["features twice", '{\n  "features": {},\n  "features": {}\n}', /the key "features" stands here a second time/, 3, 3],
  [
    "the Feature twice",
    '{ "features": { "./aperture-env": {}, "./aperture-env": {} } }',
    /"\.\/aperture-env" stands here a second time/,
    1,
    39,
  ],
  ["the revision twice", '{ "features": { "./aperture-env": { "revision": 1, "revision": 1 } } }', /"revision" stands/, 1, 52],
  ["more than a hundred levels", deep(100), /nested more than 100 levels deep/, 1, 107],
  ["a hundred thousand levels", deep(100_000), /nested more than 100 levels deep/, 1, 107],
];

describe("refused", () => {
  test.each(refusals)("%s", (_what, text, why, line, column) => {
    const edited = ensureValue(text, path, "0123");
    expect(edited).toMatchObject({ ok: false, line, column });
    expect((edited as { why: string }).why).toMatch(why);
  });

  test("nothing that merely goes as deep as it may", () => {
    expect(ensureValue(deep(99), path, "0123").ok).toBe(true);
  });
});

describe("reading", () => {
  test("comments, trailing commas and a BOM are allowed", () => {
    const read = readObject('\ufeff// a\n{ "b": [1, 2,], /* c */ }');
    expect(read.ok && { ...read.value }).toEqual({ b: [1, 2] });
  });

  test.each([["[]"], ["{"], [""]])("not %j", (text) => {
    expect(readObject(text)).toMatchObject({ ok: false, line: 1 });
  });
});
