/** The marks of git in a file that both sides of a merge changed. */
import { expect, test } from "vitest";
import { readSides } from "../../src/edit/conflict-marks.ts";

const marked = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\nd\n";

const rows: readonly (readonly [what: string, text: string, sides: readonly [string, string] | null])[] = [
  ["one place", marked, ["a\nb\nd\n", "a\nc\nd\n"]],
  ["two places", marked + marked, ["a\nb\nd\na\nb\nd\n", "a\nc\nd\na\nc\nd\n"]],
  ["a side without lines", marked.replace("b\n", ""), ["a\nd\n", "a\nc\nd\n"]],
  ["with the ancestor, as diff3 has it", marked.replace("=======", "||||||| 1234567\nx\n======="), ["a\nb\nd\n", "a\nc\nd\n"]],
  ["CRLF", marked.replaceAll("\n", "\r\n"), ["a\r\nb\r\nd\r\n", "a\r\nc\r\nd\r\n"]],
  ["at the end, without a line end", "<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other", ["b\n", "c\n"]],
  ["a line of equals signs elsewhere", `=======\n${marked}`, ["=======\na\nb\nd\n", "=======\na\nc\nd\n"]],
  ["no marks", "a\nb\n", null],
  ["a line of equals signs alone", "a\n=======\nb\n", null],
  ["an end that is missing", "<<<<<<< HEAD\nb\n=======\nc\n", null],
  ["a middle that is missing", "<<<<<<< HEAD\nb\n>>>>>>> other\n", null],
  ["marks in marks", marked.replace("b\n", marked), null],
  ["marks of another length", marked.replace("<<<<<<<", "<<<<<<<<"), null],
];

test.each(rows)("%s", (_what, text, sides) => {
  expect(readSides(text)).toEqual(sides === null ? null : { first: sides[0], second: sides[1] });
});
