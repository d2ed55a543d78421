/**
 * yamllint's defaults (yamllint.readthedocs.io/en/stable/configuration.html) refuse lines of more than 80 characters, and braces with the spaces that
 * Prettier writes into them. Files of ours that have either say on top that it shall pass them by; of the spec, which is the user's, only these two.
 */
import { expect, test } from "vitest";
import { lockPath } from "../../src/lock/lock.ts";
import { specPath } from "../../src/spec/spec.ts";
import { textOf } from "./cases.ts";
import { caseNames, readCase } from "./store.ts";

const generated = caseNames.map(readCase).flatMap(({ name, before, after }) =>
  Object.keys(after)
    .filter((path) => /\.ya?ml$/.test(path) && before[path] === undefined && after[lockPath] !== undefined)
    .map((path) => ({ name, path, text: textOf(after, path) })),
);
const refused = generated.filter(({ text }) => text.split("\n").some((line) => line.length > 80 || /\{ [\w"]/.test(line)));

test("there are such files of each output", () => {
  expect(new Set(refused.map(({ path }) => path.split("/")[0]))).toEqual(
    new Set([".devcontainer", ".github", ".gitlab", ".kubernetes", specPath]),
  );
});

test.each(refused)("$name: $path", ({ path, text }) => {
  const [first, second] = text.split("\n");
  if (path === specPath) expect(second).toBe("# yamllint disable rule:line-length rule:braces");
  else expect(first).toBe("# yamllint disable-file");
});
