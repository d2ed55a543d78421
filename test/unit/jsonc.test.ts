/** Keys and items in somebody else's JSONC: where they go, that they go again, and that nothing else moves. */
import { parse } from "jsonc-parser";
import { describe, expect, test } from "vitest";
import { ensureItem, ensureValue, missingDepth, readObject, removeItem, removeValue, renameKey } from "../../src/edit/jsonc.ts";
import type { EditResult } from "../../src/edit/splice.ts";
import { processorTime } from "../support/processor-time.ts";

const path = ["features", "./aperture-env", "revision"] as const;
type Path = readonly [string, ...string[]];

function textOf(edited: EditResult): string {
  if (!edited.ok) throw new Error(`${edited.line}:${edited.column}: ${edited.why}`);
  return edited.text;
}

const added = (text: string, at: Path = path, value: unknown = "0123"): string => textOf(ensureValue(text, at, value));

/** How much of a path is there; these tests ask only where it can be said. */
function depthOf(text: string, at: Path): number {
  const depth = missingDepth(text, at);
  if (typeof depth !== "number") throw new Error(depth.why);
  return depth;
}

/** The one thing that adding and removing does not give back. */
const collapsed = (text: string): string => text.replace(/\{(?:\r\n|\n|\r)\}/, "{}");

/** Before and after, with `x: 1` ensured at the top. */
const atTheTop: readonly (readonly [what: string, before: string, after: string])[] = [
  ["an empty object", "{}", '{\n  "x": 1\n}'],
  ["an empty object with a space", "{ }", '{ "x": 1 }'],
  ["an empty object with a final newline", "{}\n", '{\n  "x": 1\n}\n'],
  ["an empty object over two lines", "{\n}\n", '{\n  "x": 1\n}\n'],
  ["an empty object over two CRLF lines", "{\r\n}\r\n", '{\r\n  "x": 1\r\n}\r\n'],
  ["an empty object with empty lines", "{\n\n\n}", '{\n  "x": 1\n\n\n}'],
  ["an empty object with spaces and lines", "{  \n  }", '{\n  "x": 1  \n  }'],
  ["only a line comment", "{\n  // none yet\n}\n", '{\n  // none yet\n  "x": 1\n}\n'],
  ["only a line comment with spaces behind", "{\n  // none yet  \n}\n", '{\n  // none yet  \n  "x": 1\n}\n'],
  ["only a block comment on one line", "{ /* none */ }", '{ /* none */ "x": 1 }'],
  ["only a block comment without spaces", "{/* none */}", '{/* none */ "x": 1}'],
  ["only a line comment that ends in what trim takes for a space", "{\n  // none\u00a0\n}", '{\n  // none\u00a0\n  "x": 1\n}'],
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

  test.each(atTheTop.filter(([, before]) => depthOf(before, ["x"]) === 0))("%s: and out again", (_what, before, after) => {
    expect(textOf(removeValue(after, ["x"], 0))).toBe(collapsed(before));
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
    "no features yet, a comment before the last key",
    '{\n\t"a": 1,\n\t/* ports */ /* two */ "b": [8080,],\n}',
    '{\n\t"a": 1,\n\t/* ports */ /* two */ "b": [8080,],\n\t"features": {\n\t\t"./aperture-env": {\n\t\t\t"revision": "0123"\n\t\t}\n\t},\n}',
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

  test.each(feature.filter(([, before]) => depthOf(before, path) < path.length))("%s: and out again", (_what, before, after) => {
    expect(textOf(removeValue(after, path, depthOf(before, path)))).toBe(before);
  });
});

/** Before and after, with `x` taken out of an object that its user went on editing. */
const takenOut: readonly (readonly [what: string, before: string, after: string])[] = [
  ["nothing to take", '{ "a": 1 } // x\n', '{ "a": 1 } // x\n'],
  ["the only one", '{\n  "x": 1\n}\n', "{}\n"],
  ["the only one with a trailing comma", '{\r\n\t"x": 1,\r\n}\r\n', "{}\r\n"],
  ["the only one on one line", '{ "x": 1 }', "{ }"],
  ["the only one on one line without spaces", '{"x":1}', "{}"],
  ["the only one with empty lines", '{\n\n  "x": 1\n\n}', "{\n\n\n}"],
  ["the only one below a comment", '{\n  // a\n  "x": 1\n}', "{\n  // a\n}"],
  ["the only one before a comment", '{\n  "x": 1 // a\n}', "{\n  // a\n}"],
  ["the first", '{\n  "x": 1,\n  "b": 2\n}', '{\n  "b": 2\n}'],
  ["the first on one line", '{ "x": 1, "b": 2 }', '{ "b": 2 }'],
  ["the first, the next on its line", '{\n  "x": 1, "b": 2\n}', '{\n  "b": 2\n}'],
  ["one between", '{\n\t"a": 1,\n\t"x": 1,\n\t"b": 2,\n}', '{\n\t"a": 1,\n\t"b": 2,\n}'],
  ["one between on one line", '{ "a": 1, "x": 1, "b": 2 }', '{ "a": 1, "b": 2 }'],
  ["the last", '{\n  "a": 1,\n  "x": 1\n}', '{\n  "a": 1\n}'],
  ["the last with a trailing comma", '{\n  "a": 1,\n  "x": 1,\n}', '{\n  "a": 1,\n}'],
  ["the last before the brace", '{\n  "a": 1,\n  "x": 1 }', '{\n  "a": 1\n  }'],
  ["the last, a comma first on its line", '{\n    "a": 1\n  , "x": 1\n}', '{\n    "a": 1\n  \n}'],
  ["an empty line before", '{\n  "a": 1,\n\n  "x": 1\n}', '{\n  "a": 1\n\n}'],
  ["a comment behind", '{\n  "a": 1,\n  "x": 1 // mine\n}', '{\n  "a": 1\n  // mine\n}'],
  ["a comment behind its comma", '{\n  "a": 1,\n  "x": 1, // mine\n  "b": 2\n}', '{\n  "a": 1,\n  // mine\n  "b": 2\n}'],
  ["a comment before its comma", '{\n  "x": 1 /* mine */,\n  "b": 2\n}', '{\n  /* mine */\n  "b": 2\n}'],
  ["a comment above", '{\n  "a": 1, // one\n  // mine\n  "x": 1\n}', '{\n  "a": 1 // one\n  // mine\n}'],
  ["comments above and behind", '{\n  "a": 1, // one\n  "x": 1, // mine\n}', '{\n  "a": 1, // one\n  // mine\n}'],
  ["a comment above, spaces behind", '{\n  // a\n  "x": 1  \n}', "{\n  // a\n}"],
  ["a comment above, spaces around its comma", '{\n  // a\n  "x": 1 ,  \n  "b": 2\n}', '{\n  // a\n  "b": 2\n}'],
  ["spaces behind", '{\n  "a": 1,\n  "x": 1  \n}', '{\n  "a": 1  \n}'],
  ["a comment above, the brace behind", '{\n  "a": 1, // one\n  "x": 1}', '{\n  "a": 1 // one\n  }'],
  ["a comment between key and value", '{\n  "a": 1, // one\n  "x": /* mine */ 1\n}', '{\n  "a": 1 // one\n  /* mine */\n}'],
  ["a comment in the value", '{\n  "x": [ // mine\n    1 ],\n  "b": 2\n}', '{\n  // mine\n\n  "b": 2\n}'],
  ["a comment before it on its line", '{ "a": 1, /* mine */ "x": 1 }', '{ "a": 1 /* mine */ }'],
  ["comments on both sides of its comma", '{ "x": 1 /* a */, /* b */ "c": 2 }', '{ /* a */ /* b */ "c": 2 }'],
  ["a value over many lines", '{\r\n  "x": {\r\n    "y": []\r\n  },\r\n  "b": 2\r\n}', '{\r\n  "b": 2\r\n}'],
  ["a BOM and no final newline", '\ufeff{\n  "a": 1,\n  "x": 1\n}', '\ufeff{\n  "a": 1\n}'],
  ["the key written with escapes", '{ "a": 1, "\\u0078": 1 }', '{ "a": 1 }'],
];

describe("taking a value out", () => {
  test.each(takenOut)("%s", (_what, before, after) => {
    expect(textOf(removeValue(before, ["x"], 0))).toBe(after);
    expect(textOf(removeValue(after, ["x"], 0))).toBe(after);
  });

  const text = '{\n  "features": {\n    "./aperture-env": { "revision": "0123" }\n  },\n  "b": 1\n}';
  test.each([
    [2, '{\n  "features": {\n    "./aperture-env": { }\n  },\n  "b": 1\n}'],
    [1, '{\n  "features": {},\n  "b": 1\n}'],
    [0, '{\n  "b": 1\n}'],
  ])("parents behind the first %i keys go with it", (made, after) => {
    expect(textOf(removeValue(text, path, made))).toBe(after);
  });

  test.each([
    [
      "another key",
      '{ "features": { "./aperture-env": { "revision": 1, "y": 2 } } }',
      '{ "features": { "./aperture-env": { "y": 2 } } }',
    ],
    [
      "a comment",
      '{ "features": { "./aperture-env": { /* y */ "revision": 1 } } }',
      '{ "features": { "./aperture-env": { /* y */ } } }',
    ],
    ["another Feature", '{ "features": { "a": {}, "./aperture-env": { "revision": 1 } } }', '{ "features": { "a": {} } }'],
    ["a comment between", '{ "features": { /* y */ "./aperture-env": { "revision": 1 } } }', '{ "features": { /* y */ } }'],
    [
      "a comment before the value",
      '{ "features": /* y */ { "./aperture-env": { "revision": 1 } } }',
      '{ "features": /* y */ { } }',
    ],
  ])("a parent with %s stays", (_what, before, after) => {
    expect(textOf(removeValue(before, path, 0))).toBe(after);
  });

  test.each(["{}", '{ "features": null }', '{ "features": [] }', '{ "features": { "./aperture-env": "1" } }'])(
    "what is not there needs no removing: %s",
    (before) => {
      expect(textOf(removeValue(before, path, 0))).toBe(before);
    },
  );
});

/** Before and after, with 8080 among the ports. */
const ports: readonly (readonly [what: string, before: string, after: string])[] = [
  ["no array", '{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "p": [8080]\n}\n'],
  ["no array, on one line", '{ "a": 1 }', '{ "a": 1, "p": [8080] }'],
  ["an empty array", '{\n  "p": [],\n  "b": 1\n}', '{\n  "p": [8080],\n  "b": 1\n}'],
  ["an empty array with a space", '{ "p": [ ] }', '{ "p": [ 8080 ] }'],
  ["an empty array over lines", '{\n\t"p": [\n\n\t]\n}', '{\n\t"p": [\n\t\t8080\n\n\t]\n}'],
  ["only a comment", '{\n  "p": [\n    // none\n  ]\n}', '{\n  "p": [\n    // none\n    8080\n  ]\n}'],
  ["only a comment on one line", '{ "p": [/* none */] }', '{ "p": [/* none */ 8080] }'],
  ["one line", '{ "p": [3000, 5000] }', '{ "p": [3000, 5000, 8080] }'],
  ["one line with spaces and a trailing comma", '{ "p": [ 3000, ] }', '{ "p": [ 3000, 8080, ] }'],
  ["one line with a comment", '{ "p": [3000 /* web */] }', '{ "p": [3000, 8080 /* web */] }'],
  [
    "one a line",
    '{\n    "p": [\n        3000,\n        5000\n    ]\n}',
    '{\n    "p": [\n        3000,\n        5000,\n        8080\n    ]\n}',
  ],
  ["one a line, CRLF, tabs", '{\r\n\t"p": [\r\n\t\t3000\r\n\t]\r\n}', '{\r\n\t"p": [\r\n\t\t3000,\r\n\t\t8080\r\n\t]\r\n}'],
  ["one a line with a trailing comma", '{\n  "p": [\n    3000,\n  ],\n}', '{\n  "p": [\n    3000,\n    8080,\n  ],\n}'],
  [
    "one a line with comments",
    '{\n  "p": [\n    3000 // web\n    // end\n  ]\n}',
    '{\n  "p": [\n    3000, // web\n    8080\n    // end\n  ]\n}',
  ],
  ["several a line", '{\n  "p": [\n    3000, 5000\n  ]\n}', '{\n  "p": [\n    3000, 5000, 8080\n  ]\n}'],
  ["others like it", '{ "p": ["8080", [8080], { "8080": 8080 }] }', '{ "p": ["8080", [8080], { "8080": 8080 }, 8080] }'],
  ["there already", '{ "p": [8080, 3000,] }', '{ "p": [8080, 3000,] }'],
];

describe("an item", () => {
  test.each(ports)("%s", (_what, before, after) => {
    expect(textOf(ensureItem(before, ["p"], 8080))).toBe(after);
    expect(textOf(ensureItem(after, ["p"], 8080))).toBe(after);
  });

  test.each(ports.filter(([, before, after]) => before !== after))("%s: and out again", (_what, before, after) => {
    expect(textOf(removeItem(after, ["p"], 8080, depthOf(before, ["p"])))).toBe(before);
  });

  test("of any kind, deep in the file", () => {
    const before = '{\n  "a": {\n    "b": 1\n  }\n}';
    const item = { __proto__: null, name: "x", list: [1, { y: null }] };
    const after = textOf(ensureItem(before, ["a", "c", "d"], item));
    expect(after).toBe('{\n  "a": {\n    "b": 1,\n    "c": {\n      "d": [{"name":"x","list":[1,{"y":null}]}]\n    }\n  }\n}');
    expect(textOf(ensureItem(after, ["a", "c", "d"], { ...item }))).toBe(after);
    expect(textOf(removeItem(after, ["a", "c", "d"], { ...item }, 1))).toBe(before);
  });

  test.each([
    ["the first equal one", '{ "p": [1, 8080, 2, 8080] }', 1, '{ "p": [1, 2, 8080] }'],
    ["the first of all", '{\n  "p": [\n    8080, // ours\n    1\n  ]\n}', 1, '{\n  "p": [\n    // ours\n    1\n  ]\n}'],
    ["none", '{ "p": [1, "8080"] }', 0, '{ "p": [1, "8080"] }'],
    ["none: no array", '{ "p": { "8080": 8080 }, "q": [8080] }', 0, '{ "p": { "8080": 8080 }, "q": [8080] }'],
    ["the only one of a user's array", '{\n  "p": [\n    8080\n  ]\n}', 1, '{\n  "p": []\n}'],
    ["the only one of our array", '{\n  "a": 1,\n  "p": [\n    8080\n  ]\n}', 0, '{\n  "a": 1\n}'],
    ["the only one of our array with a comment", '{ "p": [8080 /* ours */] }', 0, '{ "p": [ /* ours */] }'],
    ["the only one of our array, a comment before it", '{ "p": /* ours */ [8080] }', 0, '{ "p": /* ours */ [] }'],
  ])("out of others: %s", (_what, before, made, after) => {
    expect(textOf(removeItem(before, ["p"], 8080, made))).toBe(after);
  });
});

describe("how much of a path is there", () => {
  test.each([
    ["{}", 0],
    ['{ "features": {} }', 1],
    ['{ "features": { "./aperture-env": {}, "x": 1 } }', 2],
    ['{ "features": { "./aperture-env": { "revision": null } } }', 3],
  ])("%s: %i", (text, depth) => {
    expect(missingDepth(text, path)).toBe(depth);
  });
});

const deep = (levels: number): string => `{ "a": ${"[".repeat(levels)}${"]".repeat(levels)} }`;
const refusals: readonly (readonly [what: string, text: string, why: RegExp, line: number, column: number])[] = [
  ["nothing", "", /^the file is empty$/, 1, 1],
  ["only a comment", "// {}\n", /: a value is missing here$/, 2, 1],
  ["a list", " []", /this is not an object/, 1, 2],
  ["a text", '"{}"', /this is not an object/, 1, 1],
  ["a brace too few", '{\n  "a": 1\n', /: a closing brace } is missing here$/, 3, 1],
  ["a brace too many", "{}\n}", /: there is text after the closing brace$/, 2, 1],
  ["two objects", "{} {}", /: there is text after the closing brace$/, 1, 4],
  ["a comma too many", '{ "a": 1,, }', /: a (?:key in double quotes|value) is missing here$/, 1, 10],
  ["a comma too few", '{\r\n  "a": 1\r\n  "b": 2\r\n}', /: a comma is missing here$/, 3, 3],
  ["a comma too few behind a BOM", '\ufeff{ "a": 1 "b": 2 }', /: a comma is missing here$/, 1, 10],
  ["no value", '{ "a": }', /: a value is missing here$/, 1, 8],
  ["a key without quotes", "{ a: 1 }", /put strings and keys in double quotes/, 1, 3],
  ["single quotes", "{ 'a': 1 }", /put strings and keys in double quotes/, 1, 3],
  ["an open comment", '{ "a": 1 /* }', /: this comment has no end$/, 1, 10],
  ["an open string", '{ "a": "b }', /: this string has no closing double quote on its line$/, 1, 8],
  ["a conflict of git", '{\n<<<<<<< HEAD\n  "a": 1\n}', /^there is an unresolved git conflict here$/, 2, 1],
  ["features that are null", '{\n  "features": null\n}', /"features" is not an object/, 2, 15],
  ["features that are a list", '{ "features": [] }', /"features" is not an object/, 1, 15],
  ["a Feature that is a text", '{ "features": { "./aperture-env": "1" } }', /"\.\/aperture-env" is not an object/, 1, 35],
  ["features twice", '{\n  "features": {},\n  "features": {}\n}', /the key "features" is a duplicate/, 3, 3],
  [
    "the Feature twice",
    '{ "features": { "./aperture-env": {}, "./aperture-env": {} } }',
    /"\.\/aperture-env" is a duplicate/,
    1,
    39,
  ],
  [
    "the revision twice",
    '{ "features": { "./aperture-env": { "revision": 1, "revision": 1 } } }',
    /"revision" is a duplicate/,
    1,
    52,
  ],
  ["more than a hundred levels", deep(100), /nested more than 100 levels deep/, 1, 107],
  ["a hundred thousand levels", deep(100_000), /nested more than 100 levels deep/, 1, 107],
];

describe("refused", () => {
  test.each(refusals)("%s", (_what, text, why, line, column) => {
    const edited = ensureValue(text, path, "0123");
    expect(edited).toMatchObject({ ok: false, line, column });
    expect((edited as { why: string }).why).toMatch(why);
    expect(missingDepth(text, path)).toEqual(edited);
    expect(ensureItem(text, path, "0123")).toEqual(edited);
    // Where something is in the way there is nothing to remove; all else is refused for the same reason.
    const removed = [removeValue(text, path, 0), removeItem(text, path, "0123", 0)];
    expect(removed).toEqual(
      why.source.includes("not an object") && readObject(text).ok
        ? [
            { ok: true, text },
            { ok: true, text },
          ]
        : [edited, edited],
    );
  });

  test("an item of what is not an array", () => {
    expect(ensureItem('{\n  "p": { "a": [] }\n}', ["p"], 1)).toEqual({
      ok: false,
      why: '"p" is not an array',
      line: 2,
      column: 8,
    });
    expect(ensureItem('{ "p": null }', ["p"], 1)).toMatchObject({ ok: false, column: 8 });
  });

  test.each([undefined, Number.NaN, [undefined], { a: undefined }])("a value that is not JSON: %j", (value) => {
    expect(ensureValue("{}", ["x"], value)).toMatchObject({
      ok: false,
      why: expect.stringContaining("not give the intended result"),
    });
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

describe("a megabyte", { timeout: 60_000 }, () => {
  const numbers = Array.from({ length: 22_000 }, (_, index) => index);
  const texts = {
    "one property a line": `{\n${numbers.map((number) => `  "key${number}": { "a": [1, 2, "x"] }, // c${number}`).join("\n")}\n}\n`,
    "one line": JSON.stringify(
      Object.fromEntries(numbers.map((number) => [`key${number}`, { a: [1, 2, "x"], b: "text of some length" }])),
    ),
    "one string": `{ "a": "${"x".repeat(1_000_000)}" }`,
    "white space": `{ "a": 1${" \n".repeat(500_000)}}`,
    comments: `{ "a": 1${"// x\n".repeat(200_000)}}`,
    "one array": `{ "a": [${numbers.map((number) => `[${number}, "a text of the length that makes a megabyte"]`).join(", ")}] }`,
  };

  test.each(Object.entries(texts))("%s: is edited while nobody waits", (_what, text) => {
    expect(text.length).toBeGreaterThan(900_000);
    const start = processorTime();
    const back = textOf(removeValue(added(text), path, 0));
    expect(back === text).toBe(true);
    // Two edits, half a second on a machine at rest. What grows with the square of the length takes minutes.
    expect(processorTime() - start).toBeLessThan(20_000);
  });

  test("an item of it, too", () => {
    const text = texts["one array"];
    const start = processorTime();
    const back = textOf(removeItem(textOf(ensureItem(text, ["a"], 8080)), ["a"], 8080, 1));
    expect(back === text).toBe(true);
    expect(processorTime() - start).toBeLessThan(20_000);
  });
});

describe("another name for a key", () => {
  const rows: readonly (readonly [what: string, before: string, at: Path, after: string])[] = [
    ["at the top", '{ "a": 1, /* a */ "b": 2 }', ["a"], '{ "x": 1, /* a */ "b": 2 }'],
    [
      "in its place, with comments and options",
      '\ufeff{\r\n\t"features": {\r\n\t\t"../a" /* ours */: { "b": 1, }, // c\r\n\t},\r\n}',
      ["features", "../a"],
      '\ufeff{\r\n\t"features": {\r\n\t\t"x" /* ours */: { "b": 1, }, // c\r\n\t},\r\n}',
    ],
    ["written with escapes", '{ "\\u0061": [] }', ["a"], '{ "x": [] }'],
    ["not there", '{ "b": 1 }', ["a"], '{ "b": 1 }'],
    ["nothing that it could be in", '{ "b": 1 }', ["b", "a"], '{ "b": 1 }'],
    ["it has the name", '{ "x": 1 }', ["x"], '{ "x": 1 }'],
    ["the name is there deeper only", '{ "a": { "x": 2 } }', ["a"], '{ "x": { "x": 2 } }'],
  ];

  test.each(rows)("%s", (_what, before, at, after) => {
    expect(textOf(renameKey(before, at, "x"))).toBe(after);
  });

  test.each([
    ["a key of that name beside it", '{ "a": 1,\n  "x": 2 }', 'the key "x" exists already', 2],
    ["a key that stands twice", '{ "a": 1,\n\n  "a": 2 }', 'the key "a" is a duplicate', 3],
    ["no JSON", '{ "a": }', "this is not JSON with comments", 1],
  ])("refuses %s", (_what, before, why, line) => {
    const refused = renameKey(before, ["a"], "x");
    expect(refused).toMatchObject({ ok: false, line, why: expect.stringContaining(why) as unknown });
  });
});
