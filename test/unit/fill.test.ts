/** The layout of the doctor's text: the same program, in fewer lines. */
import { describe, expect, test } from "vitest";
import { doctorText, givenDoctorText, networkDoctorText } from "../../src/catalog/doctor-text.ts";
import { fill } from "../../src/scripts/fill.mjs";

const long = (letter: string, length = 60): string => `"${letter.repeat(length)}"`;

describe("what esbuild prints", () => {
  const cases: Readonly<Record<string, readonly [string, string]>> = {
    "a call": ['checks.push(\n  found(\n    "a",\n    "b"\n  )\n);\n', 'checks.push(found("a", "b"));\n'],
    "a call that is too long, as it fits": [
      `say(\n  ${long("a")},\n  ${long("b")},\n  "c",\n  ${long("d", 90)}\n);\n`,
      `say(${long("a")}, ${long("b")}, "c",\n  ${long("d", 90)});\n`,
    ],
    "an object": ["var words = {\n  one: 1,\n  two: [\n    2\n  ]\n};\n", "var words = { one: 1, two: [2] };\n"],
    "an object that is too long": [
      `go({\n  one: ${long("a")},\n  two: ${long("b", 50)},\n  three: 3\n});\n`,
      `go({ one: ${long("a")}, two: ${long("b", 50)},\n  three: 3 });\n`,
    ],
    "a list of lists, one below the other where they do not fit": [
      `var all = [\n  [${long("a")}],\n  [${long("b")}],\n  ["c"]\n];\n`,
      `var all = [\n  [${long("a")}],\n  [${long("b")}],\n  ["c"]\n];\n`,
    ],
    "a block with a statement or two short ones": [
      "function isOn(value) {\n  return value === 1;\n}\nif (a) {\n  one();\n  two();\n}\ntry {\n  go();\n} catch {\n}\n",
      "function isOn(value) { return value === 1; }\nif (a) { one(); two(); }\ntry { go(); } catch {}\n",
    ],
    "a block with three": [
      "function go() {\n  one();\n  two();\n  three();\n}\n",
      "function go() {\n  one();\n  two();\n  three();\n}\n",
    ],
    "a function among arguments": [
      "on(\n  (left) => {\n    one();\n    two();\n    three();\n  },\n  5\n);\n",
      "on((left) => {\n  one();\n  two();\n  three();\n}, 5);\n",
    ],
    "what follows a condition": [
      `if (a)\n  return [\n    found(\n      ${long("a")},\n      ${long("b")},\n      ${long("c")}\n    )\n  ];\n`,
      `if (a) return [found(${long("a")},\n  ${long("b", 60)}, ${long("c")})];\n`,
    ],
    "a choice that is too long": [
      `return isLong ? ${long("a", 66)} : ${long("b", 66)};\n`,
      `return isLong ? ${long("a", 66)}\n  : ${long("b", 66)};\n`,
    ],
    comments: ["go(\n  // Why.\n  1,\n  2\n);\n", "go(\n  // Why.\n  1,\n  2\n);\n"],
    "texts that look like code": [
      'var one = `a,\n  b\n (${[\n  1\n].length} {`, two = /[(/]{\\/,"/g, three = a / b / c, four = "( // [";\n',
      'var one = `a,\n  b\n (${[1].length} {`, two = /[(/]{\\/,"/g, three = a / b / c, four = "( // [";\n',
    ],
    "a text with one line end": ["say(`${a}\n`);\n", "say(`${a}\\n`);\n"],
    "an empty line": ["one();\n\n// src/two.ts\ntwo();\n", "one();\n// src/two.ts\ntwo();\n"],
    "branches of a switch": [
      "switch (a) {\n  case 1:\n    return go(\n      1\n    );\n  case 2:\n    one();\n    break;\n  default:\n}\n",
      "switch (a) {\n  case 1: return go(1);\n  case 2: one(); break;\n  default:\n}\n",
    ],
  };

  test.each(Object.entries(cases))("%s", (_, [printed, wanted]) => {
    const isBare = /^(?:return|if \(a\)\n)/.test(printed);
    const around = (text: string): string =>
      isBare ? `function f() {\n${text.replaceAll(/^(?=.)/gm, "  ")}  g();\n  h();\n}\n` : text;
    expect(fill(around(printed))).toBe(around(wanted));
  });
});

describe("the doctor", () => {
  const texts = { whole: doctorText, "of a given network": givenDoctorText, "of the network": networkDoctorText };

  test.each(Object.entries(texts))("%s has lines as people read them, but for texts that cannot be parted", (_, text) => {
    const wide = text.split("\n").filter((line) => line.length > 140);
    expect(wide.filter((line) => !/["`/].{40,}|^import /.test(line)).length).toBeLessThan(3);
    expect(wide.length).toBeLessThan(100);
  });

  test.each(Object.entries(texts))("%s has names that say something", (_, text) => {
    // A minified program has a letter for nearly everything.
    const names = [...text.matchAll(/\b(?:function|const|let|var) ([\w$]+)/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(800);
    expect(names.filter((name) => name.length < 3).length).toBeLessThan(names.length / 20);
  });

  test("others know of daemons what they need", () => {
    const known = (text: string): string[] =>
      ["judgePeer", "askStatus", "startDaemon", "connectUserspace", "findOnNetwork"].filter((name) =>
        new RegExp(`function ${name}\\(`).test(text),
      );
    expect(known(doctorText)).toEqual(["judgePeer", "askStatus", "startDaemon", "connectUserspace", "findOnNetwork"]);
    expect(known(givenDoctorText)).toEqual(["judgePeer", "askStatus"]);
    expect(known(networkDoctorText)).toEqual(["findOnNetwork"]);
  });
});
