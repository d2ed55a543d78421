/** Edits of YAML texts, layout by layout. */
import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import {
  ensureYaml,
  ensureYamlItem,
  missingYamlDepth,
  readYaml,
  removeYaml,
  removeYamlItem,
  type YamlValue,
} from "../../src/edit/yaml.ts";

type Path = [string, ...string[]];

function edited(text: string, path: Path, value: YamlValue): string {
  const result = ensureYaml(text, path, value);
  if (!result.ok) throw new Error(`${result.line}:${result.column} ${result.why}`);
  return result.text;
}

function removed(text: string, path: Path, made: number): string {
  const result = removeYaml(text, path, made);
  if (!result.ok) throw new Error(`${result.line}:${result.column} ${result.why}`);
  return result.text;
}

describe("a key that is missing", () => {
  const rows: readonly (readonly [name: string, before: string, path: Path, value: YamlValue, after: string])[] = [
    ["nothing at all", "", ["a"], 1, "a: 1\n"],
    ["only a BOM", "\ufeff", ["a"], 1, "\ufeffa: 1\n"],
    ["only comments", "# c\n", ["a"], 1, "# c\na: 1\n"],
    ["a comment without a newline", "# c", ["a", "b"], 1, "# c\na:\n  b: 1"],
    ["a blank line", "\n", ["a"], 1, "\na: 1\n"],
    ["an empty document", "---\n# c\n...\n# d\n", ["a"], 1, "---\n# c\na: 1\n...\n# d\n"],
    ["a directive", "%YAML 1.2\n---\n", ["a"], 1, "%YAML 1.2\n---\na: 1\n"],
    ["behind the last", "a: 1\n", ["b"], 2, "a: 1\nb: 2\n"],
    ["without a final newline", "a: 1", ["b"], 2, "a: 1\nb: 2"],
    ["CRLF", "a: 1\r\nb:\r\n  c: 1\r\n", ["b", "d", "e"], 2, "a: 1\r\nb:\r\n  c: 1\r\n  d:\r\n    e: 2\r\n"],
    ["behind a comment", "a: 1 # c\n# d\n\n", ["b"], 2, "a: 1 # c\nb: 2\n# d\n\n"],
    ["before the end marker", "---\na: 1\n...\n", ["b"], 2, "---\na: 1\nb: 2\n...\n"],
    ["inside", "a:\n    b: 1\n\nc: 1\n", ["a", "d", "e"], "x", "a:\n    b: 1\n    d:\n        e: x\n\nc: 1\n"],
    ["behind a literal", "a: |\n  x\n\nb: 1\n", ["b2"], 1, "a: |\n  x\n\nb: 1\nb2: 1\n"],
    ["behind a literal at the end", "z:\n  a: |\n    x\n\n\n", ["z", "b"], 1, "z:\n  a: |\n    x\n  b: 1\n\n\n"],
    ["behind a literal that keeps its end", "z:\n  a: |+\n    x\n\n\n", ["z", "b"], 1, "z:\n  a: |+\n    x\n\n\n  b: 1\n"],
    ["behind text of several lines", "a: b\n  c\n\n  d # e\n", ["f"], 1, "a: b\n  c\n\n  d # e\nf: 1\n"],
    ["behind a list as far left as its key", "a:\n- b\n- c: 1\n  d: 2\n", ["e"], 1, "a:\n- b\n- c: 1\n  d: 2\ne: 1\n"],
    ["behind an empty value", "a: # c\n", ["b"], 1, "a: # c\nb: 1\n"],
    ["behind an alias", "a: &x 1\nb: *x # c\n", ["d"], 1, "a: &x 1\nb: *x # c\nd: 1\n"],
    ["below an empty value", "a:\nb:\n   c: 1\n", ["a", "d"], 1, "a:\n   d: 1\nb:\n   c: 1\n"],
    ["below an empty value with comments", "a: # c\n  # d\nb: 1\n", ["a", "d"], 1, "a: # c\n  d: 1\n  # d\nb: 1\n"],
    ["below an empty value at the end", "a:  ", ["a", "b", "c"], 1, "a:  \n  b:\n    c: 1"],
    ["into braces", "a: {b: 1} # c\n", ["a", "d"], [1, "x"], "a: {b: 1, d: [1, x]} # c\n"],
    ["into braces with a comma at the end", "a: {b: 1, }\n", ["a", "d", "e"], 2, "a: {b: 1, d: { e: 2 }, }\n"],
    [
      "into braces of several lines",
      '{\n  "a": 1, # c\n  "b": 2 # d\n}\n',
      ["c"],
      "x",
      '{\n  "a": 1, # c\n  "b": 2, c: x # d\n}\n',
    ],
    ["into empty braces", "a: {} # c\n", ["a", "b"], 2, "a: { b: 2 } # c\n"],
    ["into braces with a space", "a: { }\n", ["a", "b"], 2, "a: {b: 2 }\n"],
    ["into braces with a comment", "a: { # c\n  }\n", ["a", "b"], 2, "a: {b: 2 # c\n  }\n"],
    ["into braces with a key only", "a: {b, c: }\n", ["a", "d"], 2, "a: {b, c: , d: 2}\n"],
    [
      "a list of maps",
      "a: 1\n",
      ["b"],
      [{ c: 1, d: [1] }, [1, [2]], {}, []],
      "a: 1\nb:\n  - c: 1\n    d:\n      - 1\n  - - 1\n    - - 2\n  - {}\n  - []\n",
    ],
    ["among anchors nobody uses", "a: &x\n  b: 1\n", ["a", "c"], 1, "a: &x\n  b: 1\n  c: 1\n"],
    ["no merge", "a: {'<<': {b: 1}}\n", ["a", "b"], 1, "a: {'<<': {b: 1}, b: 1}\n"],
    ["a merge that does not give it", "x: &x {b: 1}\na:\n  <<: *x\n", ["a", "c"], 1, "x: &x {b: 1}\na:\n  <<: *x\n  c: 1\n"],
    ["__proto__", "a: 1\n", ["__proto__", "b"], 1, "a: 1\n__proto__:\n  b: 1\n"],
    ["on: is a key like others", "on:\n  push:\n", ["on", "push", "tags"], ["v1"], "on:\n  push:\n    tags:\n      - v1\n"],
  ];

  test.each(rows)("%s", (_name, before, path, value, after) => {
    expect(edited(before, path, value)).toBe(after);
    expect(edited(after, path, value)).toBe(after);
    const depth = missingYamlDepth(before, path);
    expect(removed(after, path, depth as number)).toBe(before);
    expect(missingYamlDepth(after, path)).toBe(path.length);
  });
});

describe("a value that is there", () => {
  const rows: readonly (readonly [name: string, before: string, value: YamlValue, after: string])[] = [
    ["a word", "a: old # c\n", "new", "a: new # c\n"],
    ["in double quotes", 'a: "old"   # c\n', "new", 'a: "new"   # c\n'],
    ["in single quotes", "a: 'old'", "it's", "a: 'it''s'"],
    ["in single quotes, no more", "a: 'old'\n", "x\ny", 'a: "x\\ny"\n'],
    ["a number for a word", "a:   old\nb: 1\n", 12, "a:   12\nb: 1\n"],
    ["text of several lines", "a: b\n  c # d\n", "new", "a: new # d\n"],
    ["a literal", "a: | # c\n  x\n  y\n\nb: 1\n", "new", "a: new # c\n\nb: 1\n"],
    ["a literal by a map", "a: |- # c\n  x\nb: 1\n", { x: 1 }, "a: # c\n  x: 1\nb: 1\n"],
    ["nothing", "a: # c\n", 1, "a: 1 # c\n"],
    ["nothing, no space", "a:\nb:\n", "x", "a: x\nb:\n"],
    ["nothing by a map", "a: # c\n# d\n", { x: [] }, "a: # c\n  x: []\n# d\n"],
    ["a word by a map", "a: old # c\nb: 1\n", { x: { w: 1 } }, "a: # c\n  x:\n    w: 1\nb: 1\n"],
    ["a word on a line of its own", "a:\n  # c\n  old # d\n", [1, 2], "a:\n  # c\n  - 1\n  - 2 # d\n"],
    ["a map by a word", "a:\n  x: 1 # c\n  y: 2 # d\n# e\n", "new", "a: new # d\n# e\n"],
    ["a map behind a comment by a word", "a: # c\n  x: 1\n", "new", "a: new # c\n"],
    ["a map that ends with nothing", "a:\n  x:\n    - y: # c\n", 1, "a: 1 # c\n"],
    ["a map by a map", "a: # c\n    x: 1\n    y: 2 # d\nb: 1", { z: { q: 1 } }, "a: # c\n    z:\n        q: 1 # d\nb: 1"],
    ["a list by a map", "a:\n- 1\n- 2\nb: 1\n", { z: 1, w: 2 }, "a:\n  z: 1\n  w: 2\nb: 1\n"],
    ["a list behind a comment by a word", "a:\n\n# c\n\n- 1 # d\n", "x", "a: x\n\n# c\n\n# d\n"],
    ["a list behind a comment by a map", "a: # b\n# c\n- 1\nd: 1\n", { x: 1 }, "a: # b\n  x: 1\n# c\nd: 1\n"],
    ["braces by braces", "a: {x: 1,\n  y: 2} # c\n", {}, "a: {} # c\n"],
    ["braces by a map", "a: {x: 1} # c\n", { w: 1 }, "a: # c\n  w: 1\n"],
    ["inside braces", "{a: 1, b: 2}\n", { x: ["q", "r:s"] }, '{a: { x: [q, "r:s"] }, b: 2}\n'],
    ["a key only, inside braces", "{a, b: 2}\n", 1, "{a: 1, b: 2}\n"],
    ["nothing, inside braces", '{"a":, b: 2}\n', 1, '{"a": 1, b: 2}\n'],
    ["an alias", "b: &x 1\na: *x # c\n", 2, "b: &x 1\na: 2 # c\n"],
    ["an anchor nobody uses", "a: &x old\n", "new", "a: &x new\n"],
  ];

  test.each(rows)("%s", (_name, before, value, after) => {
    expect(edited(before, ["a"], value)).toBe(after);
    expect(edited(after, ["a"], value)).toBe(after);
  });

  test.each<[string, YamlValue]>([
    ["a: {x: [1, 'b', null, ~, 0x10, !!str 5]}", { x: [1, "b", null, null, 16, "5"] }],
    ["b: &x {c: 1}\na: *x", { c: 1 }],
    ["a: |\n  x\n", "x\n"],
    ["a: -.inf", -Infinity],
  ])("%j stays as it is", (text, value) => {
    expect(edited(text, ["a"], value)).toBe(text);
  });
});

describe("a key that goes", () => {
  const rows: readonly (readonly [name: string, before: string, path: Path, made: number, after: string])[] = [
    ["the first", "a: 1\nb: 2\n", ["a"], 0, "b: 2\n"],
    ["one in the middle", "a: 1\n\n# c\nb: 2\n\nd: 3\n", ["b"], 0, "a: 1\n\n# c\n\nd: 3\n"],
    ["its comment stays", "a:\n  b: 1 # c\n  d: 1\n", ["a", "b"], 1, "a:\n  # c\n  d: 1\n"],
    ["comments inside stay", "a: |\n  t\nb: # c\n    # d\n    x: 1 # e\n# f\n", ["b"], 0, "a: |\n  t\n# c\n# d\n# e\n# f\n"],
    ["what is ours goes with it", "a: 1\nb:\n  c:\n    d: 1\n", ["b", "c", "d"], 0, "a: 1\n"],
    ["what is not ours stays", "a: 1\nb:\n  c:\n    d: 1\n", ["b", "c", "d"], 2, "a: 1\nb:\n  c:\n"],
    ["what is ours and holds more stays", "b:\n  c: 1\n  d: 1\n", ["b", "c"], 0, "b:\n  d: 1\n"],
    ["braces stay", "a: {b: 1}\n", ["a", "b"], 1, "a: {}\n"],
    ["braces with a comma", "a: {b: 1,}\n", ["a", "b"], 1, "a: {}\n"],
    ["the first in braces", "a: {b: 1, c: 2}\n", ["a", "b"], 1, "a: {c: 2}\n"],
    ["in braces, with comments", "{\n  a: 1, # c\n  b: 2 # d\n}\n", ["b"], 0, "{\n  a: 1 # c\n # d\n}\n"],
    ["the first in braces, with comments", "{\n  a: 1, # c\n  b: 2 # d\n}\n", ["a"], 0, "{\n   # c\n  b: 2 # d\n}\n"],
    ["a literal", "a: 1\nb: |\n  x\n\n  y\nc: 1\n", ["b"], 0, "a: 1\nc: 1\n"],
    ["nothing to remove but what a merge gives", "x: &x {b: 1}\na:\n  <<: *x\n", ["a", "b"], 1, "x: &x {b: 1}\na:\n  <<: *x\n"],
    ["nothing to remove", "a: 1\nb:\n", ["b", "c"], 0, "a: 1\nb:\n"],
    ["all there was", "\ufeff# c\r\na: 1\r\n", ["a"], 0, "\ufeff# c\r\n"],
    ["a tagged value", "a: !reset []\nb: 1\n", ["a"], 0, "b: 1\n"],
  ];

  test.each(rows)("%s", (_name, before, path, made, after) => {
    expect(removed(before, path, made)).toBe(after);
    expect(removed(after, path, made)).toBe(after);
  });
});

describe("an element of a list", () => {
  const rows: readonly (readonly [name: string, before: string, item: YamlValue, after: string])[] = [
    ["behind the last", "a:\n  - x # c\n  - y\nb: 1\n", "z", "a:\n  - x # c\n  - y\n  - z\nb: 1\n"],
    ["as far left as the key", "a:\n- x\n\nb: 1\n", "z", "a:\n- x\n- z\n\nb: 1\n"],
    ["in brackets", "a: [x, y] # c\n", "z", "a: [x, y, z] # c\n"],
    ["in brackets over lines", "a: [ x,\n  y,\n]\n", "z", "a: [ x,\n  y, z,\n]\n"],
    ["in empty brackets", "a: []\n", "z", "a: [z]\n"],
    ["a map", "a:\n  - k: 1\n", { n: 2, m: ["x"] }, 'a:\n  - k: 1\n  - "n": 2\n    m:\n      - x\n'],
    ["behind a text of several lines", "a:\n  - |\n    x\nb: 1\n", "z", "a:\n  - |\n    x\n  - z\nb: 1\n"],
    ["with the file's line ends", "a:\r\n  - x\r\n", "z", "a:\r\n  - x\r\n  - z\r\n"],
  ];
  test.each(rows)("%s: comes, and goes without a trace", (_name, before, item, after) => {
    expect(ensureYamlItem(before, ["a"], item)).toEqual({ ok: true, text: after });
    expect(ensureYamlItem(after, ["a"], item), "once").toEqual({ ok: true, text: after });
    expect(removeYamlItem(after, ["a"], item, 1)).toEqual({ ok: true, text: before });
    expect(removeYamlItem(before, ["a"], item, 1)).toEqual({ ok: true, text: before });
  });

  test("makes the list that is not there, which goes with it", () => {
    expect(ensureYamlItem("b: 1\n", ["a"], "z")).toEqual({ ok: true, text: "b: 1\na:\n  - z\n" });
    expect(removeYamlItem("b: 1\na:\n  - z\n", ["a"], "z", 0)).toEqual({ ok: true, text: "b: 1\n" });
    expect(ensureYamlItem("a: # c\nb: 1\n", ["a"], "z")).toEqual({ ok: true, text: "a: # c\n  - z\nb: 1\n" });
  });

  test("between others goes with the comments of none", () => {
    const text = "a:\n  # of x\n  - x # x\n  # of z\n  - z # z\n  # of y\n  - y\n";
    const without = "a:\n  # of x\n  - x # x\n  # of z\n  # z\n  # of y\n  - y\n";
    expect(removeYamlItem(text, ["a"], "z", 1)).toEqual({ ok: true, text: without });
  });

  test.each([
    ["a text", "a: x\n", /"a" is not a list/],
    ["a map", "a: { b: 1 }\n", /"a" is not a list/],
    ["a tag", "a: !x [1]\n", /"a" has a tag/],
    ["what is used elsewhere", "a: &q [1]\nb: *q\n", /used elsewhere as \*q/],
    ["what stands elsewhere", "b: &q [1]\na: *q\n", /is not a list|an alias/],
  ])("%s is refused with its place", (_what, text, why) => {
    const result = ensureYamlItem(text, ["a"], "z");
    expect(result).toMatchObject({
      ok: false,
      why: expect.stringMatching(why) as unknown,
      column: expect.any(Number) as unknown,
    });
  });
});

describe("refused, with the place", () => {
  const bomb = `a: &a0 [x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 30 }, (_, at) => `a${at}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(", ")}]\n`).join("")}`;
  const rows: readonly (readonly [text: string, path: Path, why: string])[] = [
    ["a: [1\n", ["a"], "2:1 this is not YAML"],
    ["a: 1\n b: 2\n", ["a"], "this is not YAML"],
    ["\ufeffa: }\n", ["a"], "1:4 this is not YAML"],
    ["a: 1\n---\nb: 1\n", ["a"], "2:1 a second document starts here"],
    ["# c\n%YAML 1.1\n---\na: 1\n", ["a"], "2:1 this is not YAML 1.2"],
    ["- a\n", ["a"], "1:1 this is not a map"],
    ["word\n", ["a"], "1:1 this is not a map"],
    ["a:\n  - b\n", ["a", "b"], '2:3 "a" is not a map'],
    ["a: ~\n", ["a", "b"], '1:4 "a" is not a map'],
    ["b: 1\na: 1\n'a': 2\n", ["a"], '3:1 the key "a" is a duplicate'],
    ["b: &x {}\na: *x\n", ["a", "b"], '2:4 "a" is an alias'],
    ["a: &x {}\nb: *x\n", ["a", "b"], "1:7 this is used elsewhere as *x"],
    ["a: &x 1\nb: *x\n", ["a"], "1:7 this is used elsewhere as *x"],
    ["a: [&x 1]\nb: *x\n", ["a"], "1:8 this is used elsewhere as *x"],
    ["b: &x {c: 1}\na:\n  <<: *x\n", ["a", "c"], '3:3 "c" comes from a merge key here, which a new key would override'],
    ["b: &x {c: 1}\na:\n  <<: [{<<: *x}]\n", ["a", "c"], '3:3 "c" comes from a merge'],
    ["a: !!map {}\n", ["a", "b"], '1:10 "a" has a tag'],
    ["a: !x y\n", ["a"], '1:7 "a" has a tag'],
    ["? a\n: 1\n", ["a"], '1:1 the key "a" is written with a question mark'],
    ["[a]: 1\n", ["a"], "1:1 a key of this is not a plain one"],
    ["{a: , b: 1}\n", ["a", "b"], '1:2 "a" is empty, between braces'],
    ["a: &x [*x]\n", ["b"], "1:8 no anchor x is complete before this"],
    ["a: *x\n", ["b"], "1:4 no anchor x is complete before this"],
    [bomb, ["b"], "6:10 aliases stand for more than 100000 values"],
    [`a: &x ${"y".repeat(2_000_000)}\nb: [${"*x, ".repeat(6)}]\n`, ["c"], "2:21 aliases stand for more than 100000 values"],
    [`a: ${"[".repeat(100_000)}`, ["a"], "1:104 this is nested more than 100 levels deep"],
    [`${"- ".repeat(100_000)}1`, ["a"], "this is nested more than 100 levels deep"],
    [Array.from({ length: 200 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"), ["a"], "this is nested more than 100 levels deep"],
    ["{a: 1}\n", ["x".repeat(2000)], ""],
  ];

  test.each(rows.map(([text, path, why]) => ({ text, path, why })))("$why", ({ text, path, why }) => {
    const result = ensureYaml(text, path, "new");
    expect(result.ok ? result.text : `${result.line}:${result.column} ${result.why}`).toContain(why);
  });

  test("what is removed, too", () => {
    expect(removeYaml("a:\n  b: &x 1\nc: *x\n", ["a"], 0)).toMatchObject({ ok: false, line: 2, column: 9 });
    expect(removeYaml("a: &x\n  b: 1\nc: *x\n", ["a", "b"], 1)).toMatchObject({ ok: false, line: 2, column: 3 });
    expect(removeYaml("a: 1\n---\n", ["a"], 0)).toMatchObject({ ok: false, line: 2, column: 1 });
    expect(missingYamlDepth("a: 1\n", ["a", "b"])).toMatchObject({ ok: false, line: 1, column: 4 });
    expect(readYaml("a: 1\nb: }\n")).toMatchObject({ ok: false, line: 2, column: 4 });
  });
});

test("a key that is a map or a list is named by its text, however many are within it", () => {
  const nested = "? ".repeat(40);
  expect(readYaml(`${nested}a\n`)).toMatchObject({ ok: true, value: { [`${nested.slice(2)}a`]: null } });
  expect(readYaml("? [a, {b: c}]\n: 1\nd: &x [2]\n*x : 3\n")).toMatchObject({
    ok: true,
    value: { "[a, {b: c}]": 1, d: [2], "*x": 3 },
  });
  expect(readYaml("? [*x]\n: 1\n")).toMatchObject({ ok: false, line: 1, column: 4 });
});

describe("texts", () => {
  const special =
    "|a|a b|a  b|a: b|a:b|a:|a #b|a#b|#a| a|a |- a|-a|? a|: a|y|Yes|no|ON|off|true|null|~|1|1.5|1e3|0x1|0o7|1_000|1:30|12:30:45|2001-01-01|.inf|.nan|.|..|./a|../a|---|...|@a|`a`|%a|&a|*a|!a|[a|{a|a,b|a]|<<|=|a=b|'|\"|a'b|a\"b|\\|a\\n|\t|a\tb|a\nb|\n|\r\n|\u0085|\u2028|\ufeff|\u0000|ä|日本|😀|\ud800|http://ai|https://ai.example/v1?x=1#y|${{ github.ref }}|$HOME|/etc|~/x|1.18.18".split(
      "|",
    );

  test.each([...new Set([...special, "|", "a|b", "> a"])])(
    "%j comes back as it is, in YAML 1.2 and 1.1, as key and value",
    (text) => {
      for (const before of ["", "{}", "a: 'x'\n", 'a: "x"\n', "a: x\n"]) {
        const after = edited(before, ["a"], text);
        const list = edited(after, ["b"], [{ [text]: text }]);
        expect(readYaml(list)).toEqual({ ok: true, value: { a: text, b: [{ [text]: text }] } });
        if (text === "\ud800") continue;
        for (const version of ["1.2", "1.1"] as const) {
          const { errors, contents } = parseDocument(list, { version, merge: true, uniqueKeys: false });
          expect(errors).toEqual([]);
          expect(JSON.parse(JSON.stringify(contents))).toEqual({ a: text, b: [{ [text]: text }] });
        }
      }
    },
  );

  test.each([0, -0, 1, -1.5, 1e21, 5e-7, -1.25e-9, Number.MAX_SAFE_INTEGER, Infinity, -Infinity, NaN])("%d", (value) => {
    const after = edited("", ["a"], value);
    expect(readYaml(after)).toEqual({ ok: true, value: { a: value } });
    expect(parseDocument(after, { version: "1.1" }).toJS()).toEqual({ a: value });
  });
});

/** Big files, and such as are made to be slow. Comparing each key, alias or comment with each other would take minutes. */
test.each<[string, text: string]>([
  ["one map", Array.from({ length: 90_000 }, (_, at) => `k${at}: ${at % 10}\n`).join("")],
  ["braces", `a: {${Array.from({ length: 30_000 }, (_, at) => `k${at}: 1`).join(", ")}}\n`],
  ["one alias", `a: &x 1\nb:\n${"  - *x\n".repeat(40_000)}`],
  ["comments", `a: 1\n${"# c\n".repeat(100_000)}`],
])(
  "a large file: %s",
  (_name, text) => {
    expect(edited(text, ["x-aperture", "url"], "http://ai")).toContain("url: http://ai");
  },
  120_000,
);
