/**
 * The files of our own stand for those of strangers: whatever style a real file has, one of ours has it, too. What the properties say of ours
 * then says what they say of real ones where those cannot be had.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { corpus, skipsWithoutCorpus } from "../support/file-sets.ts";
import { featuresOfJsonc, featuresOfYaml } from "./file-styles.ts";

const alone = skipsWithoutCorpus("whether each style of the real files is among ours");

interface Kind {
  readonly kind: string;
  readonly folder: string;
  readonly featuresOf: (text: string) => string[];
  /** Styles that ours have in any case, whatever the real files of today have. */
  readonly always: readonly string[];
}

const jsonc = [
  "a byte order mark",
  "CRLF",
  "CR",
  "mixed line ends",
  "one line",
  "no last line end",
  "tabs",
  "1 spaces of indentation",
  "2 spaces of indentation",
  "3 spaces of indentation",
  "4 spaces of indentation",
  "Allman braces",
  "a comma first",
  "a comma before }",
  "a comma before ]",
  "/* over several lines",
  "a property in a comment",
  "an empty object",
  "a letter beyond the basic plane",
  "an escape in a string",
  "a value below its key",
  "features first",
  "features last",
  "containerEnv first",
  "containerEnv last",
  "forwardPorts first",
  "forwardPorts last",
  "features: empty object, on one line",
  "a dockerComposeFile that is a array",
];
const yaml = [
  "a byte order mark",
  "CRLF",
  "no last line end",
  "a blank line inside",
  "a comment above something",
  "a comment behind something",
];
const kinds: readonly Kind[] = [
  { kind: "devcontainer", folder: "devcontainer", featuresOf: featuresOfJsonc, always: jsonc },
  {
    kind: "compose",
    folder: "compose",
    featuresOf: featuresOfYaml,
    always: [
      ...yaml,
      "mixed line ends",
      "environment as a map",
      "environment as a list",
      "environment as a nothing",
      "environment as a alias",
      "environment as a list in braces",
      "labels as a map",
      "labels as a list",
      "an anchor",
      "an alias",
      "a merge key",
      "a tag",
      "a document's start",
      "a document's end",
      "more than six levels",
      "a block with |",
      "a block with >-",
      "a plain value over several lines",
      "a list below its key, as far left",
      "a list below its key, further right",
      "nothing but comments",
    ],
  },
  {
    kind: "workflow",
    folder: "workflow",
    featuresOf: featuresOfYaml,
    always: [
      ...yaml,
      "an expression of a workflow",
      "on as a map",
      "on as a list in braces",
      "env as a map",
      "more than six levels",
    ],
  },
];

/** The texts below a folder by name. */
function readAll(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.(?:jsonc?|ya?ml)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

describe.each(kinds)("$kind", ({ kind, folder, featuresOf, always }) => {
  const ours = readAll(join(import.meta.dirname, "files", folder));
  const features = new Set(Object.values(ours).flatMap(featuresOf));

  test("the styles that are known", () => {
    expect(always.filter((feature) => !features.has(feature))).toEqual([]);
  });

  test.skipIf(alone)("each style of the real files has its counterpart", () => {
    const missing: Record<string, string> = {};
    for (const [name, text] of Object.entries(readAll(join(corpus, kind))))
      for (const feature of featuresOf(text)) if (!features.has(feature)) missing[feature] ??= name;
    expect(missing).toEqual({});
  });

  test.skipIf(alone)("none is a copy of a real one", () => {
    const plain = (text: string): string => text.replaceAll(/\s/g, "");
    const theirs = new Set(Object.values(readAll(join(corpus, kind))).map(plain));
    const copies = Object.entries(ours).filter(([, text]) => plain(text).length > 100 && theirs.has(plain(text)));
    expect(copies.map(([name]) => name)).toEqual([]);
  });
});

test("a feature that a text has not is not found", () => {
  expect(featuresOfJsonc('{ "a": 1 }\n')).not.toContain("a comma before }");
  expect(featuresOfJsonc('{ "a": 1, }\n')).toContain("a comma before }");
  expect(featuresOfYaml("a: 1\n")).not.toContain("an anchor");
  expect(featuresOfYaml("a: &b 1\nc: *b\n")).toEqual(expect.arrayContaining(["an anchor", "an alias", "LF"]));
});
