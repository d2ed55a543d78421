/** The recipes of CONTRIBUTING.md name the files that such a change touches: all of them, and no other. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const contributing = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");

const sources = new Map(
  ["src", "templates"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .map((name) => `${folder}/${name.split(sep).join("/")}`)
      .filter((name) => statSync(join(root, name)).isFile())
      .map((name) => [name, readFileSync(join(root, name), "utf8")] as const),
  ),
);

/** What a recipe's example looks like in the files that are changed for it. */
const recipes: Readonly<Record<string, RegExp>> = {
  "A base": /(?<![\w"])rust(?::|, )/,
  "A provider of OpenCode's catalogue": /"togetherai"|\btogetherai:|\.\.\.togetherai\b/,
  "A connection": /\bnetwork\b.*(?:: Connection =|\.\/network\.ts)/,
  "An output": /\bimage: Output =|"\.\/image\.ts"|^FROM .* AS opencode$/m,
  "A host": /\bjetbrains: Host = |^function usesOfCommands\b/m,
  "A question": /^ +(?:readonly )?online: (?:\{$|readonly string\[\];$|answers|\[\{)|\bonlineUses\b/m,
  "A check of the doctor": /\bgit-missing\b/,
};

test.each(Object.entries(recipes))("%s", (heading, example) => {
  const section = contributing.split(`\n### ${heading}\n`)[1]?.split(/\n##/)[0] ?? "";
  const named = [...section.matchAll(/`((?:src|templates)\/[^`]+)`/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(0);
  for (const path of named) expect(existsSync(join(root, path)), `${path} is there`).toBe(true);
  // The doctor reads what an image was made with; it is no place of a question.
  const touched = [...sources].flatMap(([path, text]) =>
    example.test(text) && (heading !== "A question" || !path.startsWith("src/doctor/")) ? [path] : [],
  );
  const files = named.filter((path) => statSync(join(root, path)).isFile());
  expect(
    touched.filter((path) => !files.includes(path)),
    "touched, and not in the recipe",
  ).toEqual([]);
  expect(
    files.filter((path) => !touched.includes(path)),
    "in the recipe, and not touched",
  ).toEqual([]);
});

test("every recipe is held against the sources", () => {
  const headings = [...contributing.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading!);
  expect(headings).toEqual(Object.keys(recipes));
});
