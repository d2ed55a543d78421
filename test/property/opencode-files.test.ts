/** The edits of a user's opencode.json, on files as public repositories have them, each in five styles. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Node } from "jsonc-parser";
import { describe, expect, test } from "vitest";
import { ensureValue, removeValue } from "../../src/edit/jsonc.ts";
import {
  around,
  backTo,
  depthOf,
  isWithin,
  nodeAt,
  strange,
  styles,
  textOf,
  treeOf,
  valueOf,
  type Path,
} from "./jsonc-checks.ts";

const folder = join(import.meta.dirname, "opencode-files");
const files = readdirSync(folder)
  .filter((name) => /^[^.].*\.jsonc?$/.test(name))
  .map((name) => [name, readFileSync(join(folder, name), "utf8")] as const);
const cases = files.flatMap(([name, text]) =>
  Object.entries(styles).map(([style, restyle]) => [name, style, restyle(text)] as const),
);

const pathOf = (provider: string): Path => ["provider", provider, "options", "baseURL"];

/** The providers of a file that have an address of their own. */
function withAddress(text: string): string[] {
  const providers = (nodeAt(text, ["provider"])?.children ?? []).map((property) => property.children![0]!.value as string);
  return providers.filter((provider) => nodeAt(text, pathOf(provider)) !== undefined);
}

function propertyAt(text: string, path: Path): Node {
  return nodeAt(text, path)!.parent!;
}

/** What is left of a text's characters when those of another are taken away, without white space. */
function difference(whole: string, part: string): string {
  const left = new Map<string, number>();
  for (const character of part) left.set(character, (left.get(character) ?? 0) + 1);
  return [...whole]
    .filter((character) => {
      const count = left.get(character) ?? 0;
      left.set(character, count - 1);
      return count <= 0 && /\S/.test(character);
    })
    .sort()
    .join("");
}

/** The code of a property, without comments and white space. */
function codeOf(text: string, property: Node): string {
  const [key, value] = property.children!;
  const slice = ({ offset, length }: Node): string => text.slice(offset, offset + length);
  return `${slice(key!)}:${slice(value!)}`;
}

test("the files are many, and of many styles", () => {
  expect(files.length).toBeGreaterThanOrEqual(40);
  const texts = files.map(([, text]) => text);
  const addresses = texts.flatMap(withAddress);
  expect(addresses.length).toBeGreaterThan(30);
  for (const style of [
    /^\t/m,
    /^ {4}"/m,
    /,\s*\}/,
    /\/\/ /,
    /\/\*/,
    /\{env:/,
    /\{file:/,
    /"mcp"/,
    /"agent"/,
    /"permission"/,
    /"command"/,
  ])
    expect(texts.filter((text) => style.test(text)).length, String(style)).toBeGreaterThan(1);
  expect(texts.filter((text) => !text.includes("\n")).length).toBeGreaterThan(1);
  // They are LF in every checkout; other line ends are made here.
  expect(texts.filter((text) => text.includes("\r"))).toEqual([]);
});

describe.each(cases)("%s %s", (_name, _style, text) => {
  test("every address goes, every other byte stays", () => {
    let now = text;
    for (const provider of withAddress(text)) {
      const path = pathOf(provider);
      const property = propertyAt(now, path);
      const { before, after } = around(now, property);
      const meant = valueOf(now) as { provider: Record<string, { options: { baseURL?: string } }> };
      delete meant.provider[provider]!.options.baseURL;

      const removed = textOf(removeValue(now, path, path.length - 1));
      expect(valueOf(removed)).toEqual(meant);
      expect(isWithin(removed, now)).toBe(true);
      expect(removed.startsWith(before)).toBe(true);
      expect(removed.endsWith(after)).toBe(true);
      expect(strange(now, removed)).toBeNull();
      const code = codeOf(now, property);
      expect([difference(code, ""), difference(`${code},`, "")]).toContain(difference(now, removed));
      expect(textOf(removeValue(removed, path, path.length - 1))).toBe(removed);
      now = removed;
    }
    expect(withAddress(now)).toEqual([]);
  });

  test("an address that goes comes back", () => {
    for (const provider of withAddress(text)) {
      const path = pathOf(provider);
      const address: unknown = propertyAt(text, path).children![1]!.value;
      const removed = textOf(removeValue(text, path, path.length - 1));
      const back = textOf(ensureValue(removed, path, address));
      expect(valueOf(back)).toEqual(valueOf(text));
      expect(isWithin(removed, back)).toBe(true);
      expect(strange(text, back)).toBeNull();
      expect(textOf(ensureValue(back, path, address))).toBe(back);
      expect(textOf(removeValue(back, path, path.length - 1))).toBe(removed);
    }
  });

  test("an address where none was comes and goes", () => {
    const path = pathOf("new provider");
    const depth = depthOf(text, path);
    const added = textOf(ensureValue(text, path, "http://ai/v1"));
    expect(treeOf(added).length).toBeGreaterThan(treeOf(text).length);
    expect(isWithin(text, added)).toBe(true);
    expect(strange(text, added)).toBeNull();
    expect(textOf(ensureValue(added, path, "http://ai/v1"))).toBe(added);
    expect(backTo(text, path.slice(0, depth))).toContain(textOf(removeValue(added, path, depth)));
  });
});
