import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { columnsOf } from "../../src/questions/search.ts";

test.each([
  ["unknown", undefined, 80],
  ["0, as a terminal says that does not know it", 0, 80],
  ["too narrow for a word behind a bar", 5, 20],
  ["narrow", 60, 60],
])("a width that is %s", (_, columns, expected) => {
  expect(columnsOf(Object.assign(new PassThrough(), columns !== undefined && { columns }))).toBe(expected);
});
