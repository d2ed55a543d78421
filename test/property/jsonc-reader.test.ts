/**
 * The doctor's reader of JSONC against jsonc-parser, with which OpenCode reads: the same values, the same places, the same first error. On files as
 * people write them, on each of them broken at every place, and on texts that are made of what may stand in one.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createScanner, parse, printParseErrorCode, visit, type ParseError } from "jsonc-parser";
import { describe, expect, test } from "vitest";
import { readJsonc, Unreadable } from "../../src/doctor/config/jsonc.ts";
import fc, { fuzzRuns } from "../support/random-cases.ts";
import { styles } from "./jsonc-checks.ts";

type Path = readonly (string | number)[];
interface Read {
  readonly value?: unknown;
  readonly error?: readonly [why: string, offset: number];
  /** Where each value begins, and each quoted text with where it stands; of texts that are read. */
  readonly values: readonly (readonly [start: number, path: Path])[];
  readonly texts: readonly (readonly [value: string, start: number, end: number])[];
}

function byOurs(text: string): Read {
  const values: (readonly [number, Path])[] = [];
  const texts: (readonly [string, number, number])[] = [];
  try {
    const value = readJsonc(text, {
      value: (start, path) => values.push([start, [...path]]),
      text: (...found) => texts.push(found),
    });
    return { value, values, texts };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { error: [error.why, error.offset], values: [], texts: [] };
  }
}

function byTheirs(text: string): Read {
  const errors: ParseError[] = [];
  const options = { allowTrailingComma: true };
  const value: unknown = parse(text, errors, options);
  const [first] = errors;
  if (first !== undefined) {
    const words = printParseErrorCode(first.error).replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    return { error: [words, first.offset], values: [], texts: [] };
  }
  const values: (readonly [number, Path])[] = [];
  const see = (offset: number, path: () => Path): void => void values.push([offset, path()]);
  visit(
    text,
    {
      onObjectBegin: (offset, _length, _line, _column, path) => see(offset, path),
      onArrayBegin: (offset, _length, _line, _column, path) => see(offset, path),
      onLiteralValue: (_value, offset, _length, _line, _column, path) => see(offset, path),
    },
    options,
  );
  const texts: (readonly [string, number, number])[] = [];
  const scanner = createScanner(text, true);
  for (let kind: number = scanner.scan(); kind !== 17; kind = scanner.scan()) {
    const start = scanner.getTokenOffset();
    if (kind === 10) texts.push([scanner.getTokenValue(), start, start + scanner.getTokenLength()]);
  }
  return { value, values, texts };
}

/** Both, with what `toEqual` does not see: that -0 is no 0, and what a key `__proto__` does. */
function compare(text: string): void {
  const [ours, theirs] = [byOurs(text), byTheirs(text)];
  expect(ours, text).toStrictEqual(theirs);
  expect(JSON.stringify(ours.value), text).toBe(JSON.stringify(theirs.value));
}

const folders = ["opencode-files", "files/devcontainer"].map((name) => join(import.meta.dirname, name));
const files = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => /^[^.].*\.jsonc?$/.test(name))
    .map((name) => [name, readFileSync(join(folder, name), "utf8")] as const),
);

describe("files as people write them", () => {
  test("there are some", () => {
    expect(files.length).toBeGreaterThan(60);
  });

  test.each(files)("%s, in five styles", (_, text) => {
    for (const restyle of Object.values(styles)) {
      compare(restyle(text));
      compare(restyle(text).replace(/^\ufeff/, ""));
    }
  });

  test.each(files)("%s, cut off and broken", (_, text) => {
    const bare = text.replace(/^\ufeff/, "");
    // Each place of a short file, and some hundred of a long one.
    const step = Math.max(1, Math.floor(bare.length / 300));
    for (let at = 0; at < bare.length; at += step) {
      compare(bare.slice(0, at));
      compare(bare.slice(0, at) + bare.slice(at + 1));
      compare(`${bare.slice(0, at)}"${bare.slice(at)}`);
      compare(`${bare.slice(0, at)},${bare.slice(at)}`);
    }
  });
});

const signs = Array.from("{}[]:,\"/\\*-+.e0159 \t\n\r\ufeff\u00a0\u2028\u0000\u001f'aU{}[]:,{}[]:,");
const words = [
  "true",
  "false",
  "null",
  "truer",
  "-0",
  "1e5",
  "1.",
  "1.5",
  "01",
  "-",
  "1e+",
  ".5",
  "1E-3",
  "123456789012345678901234567890",
];
const quoted = ['"a"', '"b"', '"__proto__"', '"constructor"', '"\\u00e4"', '"\\ud83d"', '"\\u12"', '"\\x"', '"\\'];
const oddlyQuoted = ['"\t"', '"c\n', '"\\\n"', '"\u2028"', '"\\u12\t"', '"\t\\q"'];
const comments = ["// c\n", "// d", "/* e */", "/* f", "/*/", "/", "//\u2028\n"];
const parts = ['"a": 1', '"a": {', '"b": [1, 2,', "}, ", "], ", '{ "a": [', '{"a":{"b":1},"a":{}}'];
const pieces = [signs, words, quoted, oddlyQuoted, comments, parts].flat();

describe("texts that are made", () => {
  test("of the pieces of one", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 14 }), (some) => compare(some.join(""))),
      { numRuns: 6000 * fuzzRuns },
    );
  });

  test("of values, with something put in or taken out", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.nat(), fc.constantFrom(...pieces, ""), fc.nat(3), (text, place, piece, gone) => {
        const at = place % (text.length + 1);
        compare(text);
        compare(text.slice(0, at) + piece + text.slice(at + gone));
      }),
      { numRuns: 3000 * fuzzRuns },
    );
  });

  test.each([
    "",
    " ",
    "// nothing",
    "1 2",
    "[1 2]",
    '{"a" 1}',
    '{"a":}',
    "{,}",
    "[,]",
    "[1,,2]",
    "{a: 1}",
    "[}",
    "{]",
    '{"a":1,,}',
  ])("%j", (text) => {
    compare(text);
  });
});
