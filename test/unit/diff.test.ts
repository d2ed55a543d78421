/** Patches of plans and conflicts: exact where two texts can be compared, whole where that would take too long, and soon in any case. */
import { applyPatch, createTwoFilesPatch } from "diff";
import { describe, expect, test } from "vitest";
import { mergeLines } from "../../src/edit/merge3.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { formatConflict, formatDiff } from "../../src/report/diff.ts";
import { processorTime } from "../support/processor-time.ts";

const planOf = (before: string, after: string): Plan => ({
  root: "/",
  changes: [{ kind: "replace", path: "x", before, after, executable: false }],
  warnings: [],
  findings: [],
  lock: null,
});
const patchOf = (before: string, after: string): string => String(formatDiff(planOf(before, after))).replace(/^diff .*\n/, "");
const inTime = (act: () => void): void => {
  const started = processorTime();
  act();
  // Some ten times of what it takes alone on a slow machine.
  expect(processorTime() - started).toBeLessThan(10_000);
};
const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, at) => `${line(at)}\n`).join("");

describe("formatDiff", () => {
  test.each([
    ["a line changed", "a\nb\nc\n", "a\nB\nc\n"],
    ["no last line end", "a\nb", "a\nc"],
    ["emptied", "a\nb", ""],
    ["out of nothing", "", "a\nb\n"],
    ["more lines changed than are compared", lines(3000, (at) => `a${at}`), lines(3000, (at) => `b${at}`)],
    ["long and different, without last line ends", `${"x\n".repeat(300_000)}x`, "y\nz"],
    ["long, and one line changed", "x\n".repeat(300_000), `y\n${"x\n".repeat(299_999)}`],
  ])("%s: git and other tools make one text of the other", (_what, before, after) => {
    inTime(() => expect(applyPatch(before, patchOf(before, after), { autoConvertLineEndings: false })).toBe(after));
  });

  test("is what the library gives, where it gives something in time", () => {
    for (const [before, after] of [
      ["a\nb\n", "a\nc\n"],
      ["", "a\n"],
      ["a", ""],
    ] as const)
      expect(patchOf(before, after)).toBe(createTwoFilesPatch("a/x", "b/x", before, after).replace(/^=+\n/, ""));
  });

  test("a change of one line in a long text is a change of one line", () => {
    expect(patchOf("x\n".repeat(300_000), `y\n${"x\n".repeat(299_999)}`).split("\n").length).toBeLessThan(20);
  });
});

describe("formatConflict", () => {
  const conflict = (before: string, after: string): string | null =>
    formatConflict({ kind: "conflict", path: "x", why: "is there", fix: "", choices: [], before, after })?.toString() ?? null;

  test("shows what would change", () => {
    expect(conflict("a\n", "b\n")).toContain("-a\n+b\n");
  });

  test("nothing for a text that is too long and too different, and without delay", () => {
    inTime(() => expect(conflict("x\n".repeat(2_000_000), lines(100, String))).toBeNull());
    inTime(() =>
      expect(
        conflict(
          lines(20_000, (at) => String(at % 7)),
          lines(20_000, (at) => String(at % 11)),
        ),
      ).toBeNull(),
    );
  });
});

describe("mergeLines", () => {
  test("a line keeps its end where the ends of a text are mixed; new lines end as the first does", () => {
    const ancestor = ["FROM x", "RUN a", "RUN b", "RUN c", "CMD d", ""];
    const mine = "FROM x\nRUN a\r\nRUN b\r\nRUN mine\r\nRUN c\nCMD d\r\n";
    expect(mergeLines(mine, ancestor, "FROM y\nRUN a\nRUN b\nRUN c\nRUN new\nCMD d\n")).toBe(
      "FROM y\nRUN a\r\nRUN b\r\nRUN mine\r\nRUN c\nRUN new\nCMD d\r\n",
    );
    expect(mergeLines(mine, ancestor, "FROM x\nRUN a\nRUN b\nRUN c\n")).toBe(mine.replace("CMD d\r\n", ""));
    expect(mergeLines(mine, ancestor, ancestor.join("\n"))).toBe(mine);
  });

  test("texts made to hang it are one conflict from the first line to the last", () => {
    const blank = Array<string>(4000).fill("");
    inTime(() => {
      expect(mergeLines(blank.join("\n"), blank, "ours\n")).toBeNull();
      expect(mergeLines(blank.join("\r\n"), blank, "ours\n", "theirs")).toBe("ours\r\n");
      expect(mergeLines(blank.join("\n"), blank, "ours\n", "mine")).toBe(blank.join("\n"));
      expect(mergeLines("mine\n", blank, blank.join("\n"))).toBeNull();
    });
  });

  test("long texts of ordinary lines are merged", () => {
    const ancestor = lines(600, (at) => (at % 5 === 0 ? "" : `RUN step ${at}`)).split("\n");
    const mine = ancestor.with(1, "RUN mine").join("\n");
    const theirs = ancestor.with(599, "RUN theirs").join("\n");
    expect(mergeLines(mine, ancestor, theirs)).toBe(ancestor.with(1, "RUN mine").with(599, "RUN theirs").join("\n"));
  });
});
