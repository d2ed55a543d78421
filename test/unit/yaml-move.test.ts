/** A pair of a YAML map that goes to another map, as it is written. */
import { describe, expect, test } from "vitest";
import { moveYaml } from "../../src/edit/yaml.ts";

const from = ["a", "ports"] as const;
const to = ["b", "ports"] as const;
type Path = readonly [string, ...string[]];

const move = (text: string, source: Path = from, target: Path = to): string => {
  const moved = moveYaml(text, source, target);
  return moved.ok ? moved.text : `${moved.line}:${moved.column} ${moved.why}`;
};

describe("goes", () => {
  test("with its comments: on its line, directly above, and indented deeper directly below", () => {
    expect(
      move(`a:
  x: 1
  # not this one

  # for the browser
  # and for people
  ports: # all
    - 1 # first
    # - 2
    # - 3
  # of y
  y: 2
b:
  z: 3 # last
c: 4
`),
    ).toBe(`a:
  x: 1
  # not this one

  # of y
  y: 2
b:
  z: 3 # last
  # for the browser
  # and for people
  ports: # all
    - 1 # first
    # - 2
    # - 3
c: 4
`);
  });

  test("with the indentation of the keys there, more or less, together with the lines below it", () => {
    const text = "a:\n    ports:\n    - |\n      one\n\n      two\n    -   k: 1\n    x: 1\nb:\n  z: 3\n";
    const moved = "a:\n    x: 1\nb:\n  z: 3\n  ports:\n  - |\n    one\n\n    two\n  -   k: 1\n";
    expect(move(text)).toBe(moved);
    expect(move(moved, to, from)).toBe("a:\n    x: 1\n    ports:\n    - |\n      one\n\n      two\n    -   k: 1\nb:\n  z: 3\n");
  });

  test("behind what the last key there has below it in comments", () => {
    expect(move("a:\n  ports: [1]\n  x: 1\nb:\n  z:\n    - 1\n    # - 2\n# end\n")).toBe(
      "a:\n  x: 1\nb:\n  z:\n    - 1\n    # - 2\n  ports: [1]\n# end\n",
    );
  });

  test.each([
    ["without a last line end", "a:\n  ports: [1]\n  x: 1\nb:\n  z: 3", "a:\n  x: 1\nb:\n  z: 3\n  ports: [1]"],
    ["to a map above it", "b:\n  z: 3\na:\n  x: 1\n  ports: [1]", "b:\n  z: 3\n  ports: [1]\na:\n  x: 1"],
    [
      "with CRLF",
      "a:\r\n  ports:\r\n    - 1\r\n  x: 1\r\nb:\r\n  z: 3\r\n",
      "a:\r\n  x: 1\r\nb:\r\n  z: 3\r\n  ports:\r\n    - 1\r\n",
    ],
    ["behind a BOM", "\ufeffa:\n  ports: [1]\n  x: 1\nb:\n  z: 3\n", "\ufeffa:\n  x: 1\nb:\n  z: 3\n  ports: [1]\n"],
    ["nowhere, where it is not", "a:\n  x: 1\nb:\n  z: 3\n", "a:\n  x: 1\nb:\n  z: 3\n"],
  ])("%s", (_what, text, expected) => {
    expect(move(text)).toBe(expected);
  });
});

test.each([
  ["it is there already", "a:\n  ports: [1]\n  x: 1\nb:\n  ports: [2]\n", '2:3 "ports" is at b.ports, too'],
  ["it stands between braces", "a: { ports: [1], x: 1 }\nb:\n  z: 3\n", '1:6 "ports" cannot be moved from here to b.ports'],
  ["the other map does", "a:\n  ports: [1]\n  x: 1\nb: { z: 3 }\n", '2:3 "ports" cannot be moved from here to b.ports'],
  ["there is no other map", "a:\n  ports: [1]\n  x: 1\n", '2:3 "ports" cannot be moved from here to b.ports'],
  ["it is the only one", "a:\n  ports: [1]\nb:\n  z: 3\n", '2:3 "ports" cannot be moved from here to b.ports'],
  ["its map is used elsewhere", "a: &a\n  ports: [1]\n  x: 1\nb:\n  z: *a\n", "2:3 this is used elsewhere as *a"],
  ["it is used elsewhere", "a:\n  ports: &p [1]\n  x: *p\nb:\n  z: 3\n", "2:13 this is used elsewhere as *p"],
  [
    "it comes from a merge",
    "x: &x\n  ports: [1]\na:\n  <<: *x\n  y: 1\nb:\n  z: 3\n",
    '4:3 "ports" comes from a merge key here, which a new key would override',
  ],
  [
    "what it names comes later there",
    "b:\n  z: 3\nc: &c [1]\na:\n  ports: *c\n  x: 1\n",
    "5:1 editing this would not give the intended result, so nothing was changed",
  ],
])("refused where %s, with its place", (_what, text, why) => {
  expect(move(text)).toBe(why);
});
