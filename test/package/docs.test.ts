/** The reference pages say what the sources say, and every page is reached from the README. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeDocs } from "../../src/scripts/docs.ts";

const root = join(import.meta.dirname, "..", "..");
const pages = makeDocs(root);

test.each([...pages])("docs/%s is as `npm run docs` makes it", (name, text) => {
  expect(readFileSync(join(root, "docs", name), "utf8")).toBe(text);
});

test("each has rows, and each row has a code and a text", () => {
  for (const [name, text] of pages) {
    const rows = text.split("\n").filter((line) => /^(?:\| .*`|## )/.test(line));
    expect(rows.length, name).toBeGreaterThan(7);
  }
  expect(pages.get("spec.md")).toContain("| `providers.<name>.models.<name>.context` | a whole number |");
  expect(pages.get("exit-codes.md")).toMatch(/\| 2 \| `bad-answer` \| .+ \|/);
  expect(pages.get("doctor.md")).toMatch(/\| `binary-missing` \| opencode \| failure \| .+ \|/);
});

test("links between the project's texts lead somewhere", () => {
  const texts = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
  ];
  for (const file of texts) {
    const text = readFileSync(join(root, file), "utf8");
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g))
      expect(() => readFileSync(join(root, file, "..", target)), `${file} links to ${target}`).not.toThrow(/ENOENT/);
  }
  const readme = readFileSync(join(root, "README.md"), "utf8");
  for (const name of readdirSync(join(root, "docs"))) expect(readme, "the README leads there").toContain(`docs/${name}`);
});
