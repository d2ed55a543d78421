/** Lines and blocks of lines of ours in a user's text: there when wanted, gone without a trace. */
import fc from "../support/random-cases.ts";
import { describe, expect, test } from "vitest";
import { ensureBlock, removeBlock } from "../../src/edit/block.ts";
import { ensureLines, linesOf, removeLines, trimmedBodies } from "../../src/edit/lines.ts";
import type { EditResult } from "../../src/edit/splice.ts";

const text = (result: EditResult): string => {
  if (!result.ok) throw new Error(`${result.line}:${result.column} ${result.why}`);
  return result.text;
};

describe("lines", () => {
  test.each<[name: string, before: string, lines: string[], after: string]>([
    ["an empty text", "", ["a"], "a\n"],
    ["a BOM", "\ufeff", ["a"], "\ufeffa\n"],
    ["a blank line", "\n", ["a"], "\na\n"],
    ["behind the last", "x\n", ["a", "b"], "x\na\nb\n"],
    ["no final newline", "x", ["a", "b"], "x\na\nb"],
    ["CRLF", "x\r\ny", ["a", "b"], "x\r\ny\r\na\r\nb"],
    ["blank lines at the end", "x\n\n\n", ["a"], "x\n\n\na\n"],
    ["one is there", "\ufeffa  \r\nx\r\n", ["a", "b"], "\ufeffa  \r\nx\r\nb\r\n"],
    ["blank and twice", "x\n", ["", "a", " ", "a ", "a"], "x\na\n"],
    ["white space in front makes a difference", " a\n", ["a"], " a\na\n"],
  ])("appended: %s", (_name, before, lines, after) => {
    expect(text(ensureLines(before, lines))).toBe(after);
    expect(text(ensureLines(after, lines))).toBe(after);
    const added = lines.filter((line) => !before.split(/\r?\n/).some((there) => there.replace("\ufeff", "").trimEnd() === line));
    expect(text(removeLines(after, added))).toBe(before);
  });

  test.each<[name: string, before: string, lines: string[], after: string]>([
    ["in the middle", "x\na\ny\n", ["a"], "x\ny\n"],
    ["the first", "\ufeffa\r\nb\r\nx\r\n", ["b", "a"], "\ufeffx\r\n"],
    ["the last", "x\na\nb", ["a", "b"], "x"],
    ["all", "a\nb\n", ["a", "b"], ""],
    ["wherever", "a\nx\na \n\n", ["a", ""], "x\n\n"],
    ["nothing to remove", "x\n\n", ["a"], "x\n\n"],
  ])("removed: %s", (_name, before, lines, after) => {
    expect(text(removeLines(before, lines))).toBe(after);
    expect(text(removeLines(after, lines))).toBe(after);
  });

  test("what would not be one line is refused", () => {
    expect(ensureLines("x\n", ["a\nb"])).toMatchObject({ ok: false, line: 2, column: 1 });
    expect(ensureLines("x\r", ["a"])).toMatchObject({ ok: false, line: 2, column: 1 });
  });
});

describe("a block", () => {
  const begin = "# >>> aperture-env";
  const end = "# <<< aperture-env";

  test.each<[name: string, before: string, lines: string[], after: string]>([
    ["an empty text", "", ["a"], `${begin}\na\n${end}\n`],
    ["behind the last", "x\n", ["a", "", "b"], `x\n${begin}\na\n\nb\n${end}\n`],
    ["no final newline", "x", ["a"], `x\n${begin}\na\n${end}`],
    ["CRLF and a BOM", "\ufeffx\r\n", ["a"], `\ufeffx\r\n${begin}\r\na\r\n${end}\r\n`],
    ["no lines", "x\n\n", [], `x\n\n${begin}\n${end}\n`],
  ])("made: %s", (_name, before, lines, after) => {
    expect(text(ensureBlock(before, lines, "#"))).toBe(after);
    expect(text(ensureBlock(after, lines, "#"))).toBe(after);
    expect(text(removeBlock(after, "#"))).toBe(before);
    const replaced = text(ensureBlock(after, ["other", "lines"], "#"));
    expect(replaced).toContain("other");
    expect(text(ensureBlock(replaced, lines, "#"))).toBe(after);
  });

  test("in its place, whatever is around it", () => {
    const before = `x\n  ${begin} \nold\n${end}\ny`;
    expect(text(ensureBlock(before, ["new", "lines"], "#"))).toBe(`x\n  ${begin} \nnew\nlines\n${end}\ny`);
    expect(text(removeBlock(before, "#"))).toBe("x\ny");
    expect(text(removeBlock("x\n", "#"))).toBe("x\n");
    expect(text(ensureBlock(before, ["a"], "//"))).toBe(`${before}\n// >>> aperture-env\na\n// <<< aperture-env`);
  });

  test.each<[why: string, before: string, place: string]>([
    ["this block has a start marker and no end marker", `x\n${begin}\n`, "2:1"],
    ["this block has an end marker and no start marker", `x\n\n${end}\n`, "3:1"],
    ["this marker is a duplicate", `${begin}\n${end}\n${begin}\n`, "3:1"],
    ["this marker is a duplicate", `${begin}\n${end}\n${end}`, "3:1"],
    ["the end marker is above the start marker", `\ufeff${end}\r\n${begin}\r\n`, "1:1"],
  ])("refused: %s", (why, before, place) => {
    for (const result of [ensureBlock(before, ["a"], "#"), removeBlock(before, "#")])
      expect(result.ok ? "" : `${result.line}:${result.column} ${result.why}`).toBe(`${place} ${why}`);
  });

  test("lines that are markers or no lines are refused", () => {
    expect(ensureBlock("x\n", [end], "#")).toMatchObject({ ok: false, line: 2, column: 1 });
    expect(ensureBlock("x\n", ["a\nb"], "#")).toMatchObject({ ok: false });
  });
});

describe("whatever the text", () => {
  const line = fc.oneof(fc.constantFrom("", " ", "a", "a ", "# a", "x", "\ufeff", "\r"), fc.string());
  const document = fc
    .tuple(
      fc.array(
        line.map((body) => body.replaceAll("\n", "")),
        { maxLength: 6 },
      ),
      fc.constantFrom("\n", "\r\n"),
      fc.constantFrom("", "\ufeff"),
    )
    .map(([lines, newline, bom]) => bom + lines.join(newline))
    // That one would become part of a line end, which is refused.
    .filter((text) => !text.endsWith("\r"));
  const ours = fc.array(fc.constantFrom("ours", "/ours/", "!ours  "), { minLength: 1, maxLength: 4 });

  test("added and removed, it is what it was", () => {
    fc.assert(
      fc.property(document, ours, (before, lines) => {
        const after = text(ensureLines(before, lines));
        expect(after.startsWith(before.replace(/\r?\n$/, ""))).toBe(true);
        expect(text(ensureLines(after, lines))).toBe(after);
        expect(text(removeLines(after, lines))).toBe(before);
        const block = text(ensureBlock(before, lines, "#"));
        expect(block.startsWith(before.replace(/\r?\n$/, ""))).toBe(true);
        expect(text(removeBlock(text(ensureBlock(block, ["x", ...lines], "#")), "#"))).toBe(before);
        expect(text(removeBlock(block, "#"))).toBe(before);
      }),
      { numRuns: 1000 },
    );
  });
});

test("the bodies of lines are the same, with and without a place for each", () => {
  const texts = fc
    .array(fc.constantFrom("\r", "\n", "\r\n", "a", " b ", "\ufeff", ""), { maxLength: 8 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(texts, (text) => {
      expect(trimmedBodies(text)).toEqual(new Set(linesOf(text).map(({ body }) => body.trimEnd())));
    }),
    { numRuns: 2000 },
  );
});
