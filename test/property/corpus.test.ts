/** The one edit of a user's devcontainer.json on 245 real files of public repositories, each in five styles. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createScanner } from "jsonc-parser";
import { describe, expect, test } from "vitest";
import { ensureValue, readObject } from "../../src/edit/jsonc.ts";

const corpus = join(import.meta.dirname, "..", "..", "..", "shared", "corpus", "devcontainer");
const present = existsSync(corpus);
if (!present) console.warn("skipped: the corpus of real devcontainer.json files, because ../shared/corpus is not here");

const styles: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "with CRLF": (text) => text.replaceAll(/\r?\n/g, "\r\n"),
  "with a BOM": (text) => `\ufeff${text.replace(/^\ufeff/, "")}`,
  "with tabs": (text) => text.replaceAll(/^ +/gm, (spaces) => "\t".repeat(Math.ceil(spaces.length / 2))),
  "without a final newline": (text) => text.replace(/\s+$/, ""),
};

const key = "./aperture-env";
const commentKinds = [12, 13];

function commentsOf(text: string): string[] {
  const scanner = createScanner(text.replace(/^\ufeff/, " "), false);
  const comments: string[] = [];
  for (let kind: number = scanner.scan(); kind !== 17; kind = scanner.scan())
    if (commentKinds.includes(kind)) comments.push(scanner.getTokenValue());
  return comments.sort();
}

/** Whether `text` is `edited` without at most two contiguous insertions: what was there is all there, in order. */
function isSplice(text: string, edited: string): boolean {
  let start = 0;
  while (start < text.length && text[start] === edited[start]) start++;
  let end = 0;
  while (end < text.length - start && text[text.length - 1 - end] === edited[edited.length - 1 - end]) end++;
  const left = text.slice(start, text.length - end);
  return left === "" || edited.slice(start, edited.length - end).includes(left);
}

describe.skipIf(!present)("real devcontainer.json files", () => {
  const files = !present
    ? []
    : readdirSync(corpus, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));

  test.each(Object.entries(styles))("%s: one key more, every other byte as it was", (_style, restyle) => {
    let edited = 0;
    const refused: string[] = [];
    for (const file of files) {
      const text = restyle(readFileSync(join(corpus, file), "utf8"));
      const before = readObject(text);
      const result = ensureValue(text, ["features", key, "revision"], "0123456789ab");
      if (!result.ok) {
        refused.push(`${file}: ${result.why}`);
        continue;
      }
      edited++;
      if (!before.ok) throw new Error(`${file} was edited and cannot be read`);
      const after = readObject(result.text);
      const features = (before.value["features"] ?? {}) as Record<string, unknown>;
      expect(after.ok && JSON.parse(JSON.stringify(after.value)), file).toEqual(
        JSON.parse(JSON.stringify({ ...before.value, features: { ...features, [key]: { revision: "0123456789ab" } } })),
      );
      expect(isSplice(text, result.text), file).toBe(true);
      expect(commentsOf(result.text), file).toEqual(commentsOf(text));
      expect(result.text.startsWith("\ufeff")).toBe(text.startsWith("\ufeff"));
      expect(result.text.endsWith("\n"), file).toBe(text.endsWith("\n"));
      if (!/[^\r]\n/.test(text)) expect(result.text, file).not.toMatch(/[^\r]\n/);
      expect(ensureValue(result.text, ["features", key, "revision"], "0123456789ab"), file).toEqual(result);
    }
    // Refused is only what no JSONC parser reads.
    expect(refused).toEqual([]);
    expect(edited).toBe(files.length);
    expect(edited).toBeGreaterThan(200);
  });
});
