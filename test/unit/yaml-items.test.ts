/** One element of a list of a spec for another, where it stands. */
import { describe, expect, test } from "vitest";
import { replaceYamlItem } from "../../src/edit/yaml.ts";
import { putValues } from "../../src/spec/edit.ts";

describe("replaceYamlItem", () => {
  test.each([
    ["a:\n  - x # one\n  # two\n  - y\n", "a:\n  - z # one\n  # two\n  - y\n"],
    ["a: [ x , y ] # both\n", "a: [ z , y ] # both\n"],
    ["a: ['x', \"y\"]\r\n", "a: ['z', \"y\"]\r\n"],
    ['a:\n- "x"\n- x\n', 'a:\n- "z"\n- x\n'],
    ["a: [y]\n", "a: [y]\n"],
    ["b: [x]\n", "b: [x]\n"],
  ])("%j", (before, after) => {
    expect(replaceYamlItem(before, ["a"], "x", "z")).toEqual({ ok: true, text: after });
  });

  test("a text that needs quotes gets them, between brackets, too", () => {
    expect(replaceYamlItem("a: [x]\n", ["a"], "x", "m:1")).toMatchObject({ ok: true, text: 'a: ["m:1"]\n' });
    expect(replaceYamlItem("a:\n  - x\n", ["a"], "x", "true")).toMatchObject({ ok: true, text: 'a:\n  - "true"\n' });
  });

  test.each(["a:\n  - >-\n    x\n", "a: [&b x]\nc: *b\n"])("refuses %j", (text) => {
    expect(replaceYamlItem(text, ["a"], "x", "z")).toMatchObject({ ok: false });
  });
});

test.each([
  ["one for another", ["a", "z", "c"], "  - a # 1\n  - z # 2\n  - c # 3\n"],
  ["one less", ["a", "c"], "  - a # 1\n  - c # 3\n"],
  ["one more", ["a", "b", "c", "d"], "  - a # 1\n  - b # 2\n  - c # 3\n  - d\n"],
])("a list of a spec becomes another an element at a time: %s", (_what, value, after) => {
  const put = putValues("l: # all\n  - a # 1\n  - b # 2\n  - c # 3\nm: 1\n", [{ path: ["l"], value }]);
  const text = put.ok ? put.text : "";
  for (const line of after.split("\n")) expect(text).toContain(line);
  expect(text).toMatch(/^l: # all\n[^]*^m: 1\n$/m);
});

test("another order is written as a whole", () => {
  expect(putValues("l: [a, b]\n", [{ path: ["l"], value: ["b", "a"] }])).toEqual({ ok: true, text: "l:\n  - b\n  - a\n" });
});
