/** The layout of the doctor's text: the same program, in fewer lines. */
import { describe, expect, test } from "vitest";
import { doctorText, networkDoctorText } from "../../src/catalog/doctor-text.ts";
import { fill } from "../../src/scripts/fill.mjs";

describe("what esbuild prints", () => {
  const cases: Readonly<Record<string, readonly [string, string]>> = {
    "a call": ['checks.push(\n  found(\n    "a",\n    "b"\n  )\n);\n', 'checks.push(found("a", "b"));\n'],
    "a call that is too long, as it fits": [
      `say(\n  "${"a".repeat(60)}",\n  "${"b".repeat(57)}",\n  "c",\n  "${"d".repeat(90)}"\n);\n`,
      `say("${"a".repeat(60)}", "${"b".repeat(57)}",\n  "c", "${"d".repeat(90)}");\n`,
    ],
    "an object": ["var words = {\n  one: 1,\n  two: [\n    2\n  ]\n};\n", "var words = { one: 1, two: [2] };\n"],
    "a block with one statement": [
      "function isOn(value) {\n  return value === 1;\n}\ntry {\n  go();\n} catch {\n}\n",
      "function isOn(value) { return value === 1; }\ntry { go(); } catch {}\n",
    ],
    "a block with two": ["function go() {\n  one();\n  two();\n}\n", "function go() {\n  one();\n  two();\n}\n"],
    "a function among arguments": [
      "on(\n  (left) => {\n    one();\n    two();\n  },\n  5\n);\n",
      "on((left) => {\n  one();\n  two();\n}, 5);\n",
    ],
    "a choice that is too long": [
      `return isLong ? "${"a".repeat(60)}" : "${"b".repeat(60)}";\n`,
      `return isLong ? "${"a".repeat(60)}"\n  : "${"b".repeat(60)}";\n`,
    ],
    comments: ["go(\n  // Why.\n  1,\n  2\n);\n", "go(\n  // Why.\n  1,\n  2\n);\n"],
    "texts that look like code": [
      'var one = `a,\n  b (${[\n  1\n].length} {`, two = /[(/]{\\/,"/g, three = a / b / c, four = "( // [";\n',
      'var one = `a,\n  b (${[1].length} {`, two = /[(/]{\\/,"/g, three = a / b / c, four = "( // [";\n',
    ],
    "an empty line": ["one();\n\n// Two.\ntwo();\n", "one();\n\n// Two.\ntwo();\n"],
    "branches of a switch": [
      "switch (a) {\n  case 1:\n    return go(\n      1\n    );\n  case 2:\n    one();\n    break;\n}\n",
      "switch (a) {\n  case 1: return go(1);\n  case 2: one(); break;\n}\n",
    ],
  };

  test.each(Object.entries(cases))("%s", (_, [printed, wanted]) => {
    const isBare = printed.startsWith("return");
    const around = (text: string): string => (isBare ? `function f() {\n${text.replaceAll(/^(?=.)/gm, "  ")}  g();\n}\n` : text);
    expect(fill(around(printed))).toBe(around(wanted));
  });
});

describe("the doctor", () => {
  const texts = { whole: doctorText, "of the network": networkDoctorText };

  test.each(Object.entries(texts))("%s is no wider than the sources, but for texts that cannot be parted", (_, text) => {
    const wide = text.split("\n").filter((line) => line.length > 130);
    expect(wide.filter((line) => !/["`/].{50,}|^import /.test(line))).toEqual([]);
    expect(wide.length).toBeLessThan(100);
  });

  test.each(Object.entries(texts))("%s has names that say something", (_, text) => {
    // A minified program has a letter for nearly everything.
    const names = [...text.matchAll(/\b(?:function|const|let|var) ([\w$]+)/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(800);
    expect(names.filter((name) => name.length < 3).length).toBeLessThan(names.length / 20);
  });

  test("that of the network knows no daemon", () => {
    expect(doctorText).toMatch(/function (?:askStatus|startDaemon|judgePeer)\(/);
    expect(networkDoctorText).not.toMatch(/function (?:askStatus|startDaemon|judgePeer)\(/);
  });
});
