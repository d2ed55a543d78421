/** How texts are kept: what is read back is what was written, for any two texts, and what follows from a tree is told apart from what does not. */
import { createHash } from "node:crypto";
import fc from "../support/random-cases.ts";
import { describe, expect, test } from "vitest";
import type { Tree } from "./cases.ts";
import { revisionOf, seal, unseal } from "./invariants.ts";
import { caseNames, readCase } from "./store.ts";
import { applyVariant, describeVariant, formatVariants, readVariants } from "./variants.ts";

/** Texts of few different lines, so that many of them repeat, and with lines that look like marks. */
const texts = fc
  .array(fc.constantFrom("", "a", "b", "c", " a", "-a", "+a", "@@", "## x", "}\r"), { maxLength: 12 })
  .map((lines) => lines.join("\n"));

describe("variants", () => {
  test("make the text again, whatever the two texts are", () => {
    fc.assert(
      fc.property(texts, texts, (base, text) => {
        expect(applyVariant(base, describeVariant(base, text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  test("come out of their file as they went in, sorted by name", () => {
    const several = fc.dictionary(fc.stringMatching(/^[a-z-]{1,5}$/), fc.tuple(texts, texts));
    fc.assert(
      fc.property(several, (pairs) => {
        const different = Object.entries(pairs).filter(([, [base, text]]) => base !== text);
        const variants = new Map(different.map(([name, [base, text]]) => [name, describeVariant(base, text)]));
        const read = readVariants(formatVariants(variants));
        expect([...read]).toEqual([...variants].sort(([left], [right]) => (left < right ? -1 : 1)));
      }),
    );
  });

  test("change with no line but those that differ", () => {
    const [base, text] = ["a\nb\nc\nd\n", "a\nb\nC\nd\n"];
    expect(describeVariant(base, text)).toBe("-c\n+C");
    expect(describeVariant(`new\n${base}`, `new\n${text}`)).toBe("-c\n+C");
  });

  test("have enough lines around to find their place", () => {
    expect(describeVariant("a\nx\nb\nx\n", "a\nx\nb\ny\n")).toBe(" b\n-x\n+y");
    expect(() => applyVariant("a\nx\n", " b\n-x\n+y")).toThrow(/not in the text/);
  });
});

describe("what follows from a tree", () => {
  const trees = caseNames.map((name): [string, Tree] => [name, readCase(name).after]);

  test.each(trees)("%s: is put back as it was", (_name, tree) => {
    expect(unseal(seal(tree))).toEqual(tree);
  });

  const [, tree] = trees.find(([name]) => name === "empty-folder")!;
  const lockOf = (changed: Tree): string => seal(changed)["aperture-env.lock"]!.bytes;
  const replace = (path: string, from: string | RegExp, to: string): Tree => {
    const bytes = tree[path]!.bytes.replace(from, to);
    expect(bytes).not.toBe(tree[path]!.bytes);
    return { ...tree, [path]: { ...tree[path]!, bytes } };
  };

  test("nothing of it is stored", () => {
    for (const [path, { bytes }] of Object.entries(seal(tree))) expect(bytes, path).not.toContain(revisionOf(tree));
    expect(lockOf(tree)).not.toMatch(/sha256-[0-9a-f]{64}/);
    expect(lockOf(tree)).not.toContain("FROM ");
  });

  test.each([
    ["a hash that is not the file's", replace("aperture-env.lock", /sha256-[0-9a-f]/, "sha256-x"), /sha256-x/],
    ["a line that is not the file's", replace("aperture-env.lock", '"FROM ', '"FROM x'), /"FROM x/],
    ["a revision that is not the image's", replace("aperture-env.lock", /("revision": ")[0-9a-f]/, "$1x"), /"revision": "x/],
    [
      "the revision of another image",
      replace(".devcontainer/aperture-env/launcher.sh", "#!/bin/sh", "#!/bin/dash"),
      /"revision": "[0-9a-f]{12}"/,
    ],
  ])("%s does not follow, and is stored as it is", (_what, changed, seen) => {
    expect(lockOf(changed)).toMatch(seen);
    expect(unseal(seal(changed))).toEqual(changed);
  });

  test("the revision counts what goes into the image: each byte of it and each path, and nothing else", () => {
    const counted = Object.entries(tree).flatMap(([path, file]) =>
      revisionOf({ ...tree, [path]: { ...file, bytes: `${file.bytes} ` } }) === revisionOf(tree) ? [] : [path],
    );
    const beside = [
      ".devcontainer/aperture-env/.gitattributes",
      ".devcontainer/aperture-env/.prettierrc.toml",
      ".devcontainer/aperture-env/spec.schema.json",
    ];
    const expected = Object.keys(tree).filter(
      (path) => path === ".devcontainer/Dockerfile" || (path.startsWith(".devcontainer/aperture-env/") && !beside.includes(path)),
    );
    expect(counted).toEqual(expected);
    expect(revisionOf({})).toBe(createHash("sha256").digest("hex").slice(0, 12));
  });

  test("a file that has the words of a mark is refused, not taken for one", () => {
    expect(() => seal(replace("aperture-env.yaml", /^/, "# <the revision>\n"))).toThrow(/aperture-env\.yaml has the words/);
  });
});
