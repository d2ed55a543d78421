/** Edits of generated JSONC: the value is what was meant, and every byte outside the insertion stays. */
import fc from "fast-check";
import { createScanner, findNodeAtLocation, getNodeValue, parseTree, type ParseError } from "jsonc-parser";
import { describe, expect, test } from "vitest";
import { ensureValue, readObject } from "../../src/edit/jsonc.ts";
import { anyText } from "./arbitraries.ts";

type Tree = { readonly [key: string]: unknown };

const key = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "a",
      "b",
      "features",
      "./aperture-env",
      "revision",
      "image",
      "__proto__",
      "constructor",
      "}",
      "// x",
    ),
  },
  { weight: 1, arbitrary: anyText.filter((text) => !/\p{Cs}/u.test(text)) },
);
const leaf = fc.oneof(fc.constantFrom(null, true, 0, -1.5e3, "", "}, // /* */", "\\\"'"), anyText, fc.integer());
const { tree } = fc.letrec<{ tree: Tree; value: unknown }>((tie) => ({
  tree: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }) as fc.Arbitrary<Tree>,
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, tie("tree"), fc.array(tie("value"), { maxLength: 3 })),
}));

/** What may stand between two tokens; a `\n` becomes the document's own line end. */
const gaps = [
  "",
  "",
  "",
  " ",
  "\t",
  "\n",
  "\n  ",
  "\n\t\t",
  "\n\n",
  " // c, }\n",
  "\n// d\n  ",
  "/* e */",
  " /* f\n } */ ",
  "  \n",
];

/** Writes a value as JSONC, with a gap between any two tokens and a trailing comma here and there, as the numbers say. */
function write(value: unknown, numbers: readonly number[]): string {
  let at = 0;
  const next = (): number => (numbers.length === 0 ? 0 : numbers[at++ % numbers.length]!);
  const gap = (): string => gaps[next() % gaps.length]!;
  const list = (open: string, close: string, items: readonly string[]): string => {
    const trailing = items.length > 0 && next() % 3 === 0 ? `,${gap()}` : "";
    return `${open}${gap()}${items.join(`,${gap()}`)}${trailing}${close}`;
  };
  const text = (inner: unknown): string => {
    if (Array.isArray(inner))
      return list(
        "[",
        "]",
        inner.map((item) => `${text(item)}${gap()}`),
      );
    if (typeof inner !== "object" || inner === null) return JSON.stringify(inner);
    const items = Object.entries(inner).map(([name, item]) => `${JSON.stringify(name)}${gap()}:${gap()}${text(item)}${gap()}`);
    return list("{", "}", items);
  };
  return `${gap()}${text(value)}${gap()}`;
}

/** The same, laid out as people do: each property on a line, comments behind some. */
function writePretty(value: unknown, indent: string, numbers: readonly number[]): string {
  const remarks = ["", "", " // c, }", " /* d */", "  "];
  return JSON.stringify(value, null, indent)
    .split("\n")
    .map((line, index) => `${line}${remarks[(numbers[index % Math.max(1, numbers.length)] ?? 0) % remarks.length]!}`)
    .join("\n");
}

const document = fc
  .record({
    value: tree,
    numbers: fc.array(fc.nat({ max: 1000 }), { maxLength: 30 }),
    newline: fc.constantFrom("\n", "\n", "\r\n", "\r"),
    bom: fc.constantFrom("", "", "\ufeff"),
    layout: fc.constantFrom("wild", "  ", "    ", "\t"),
  })
  .map(({ value, numbers, newline, bom, layout }) => {
    const text = layout === "wild" ? write(value, numbers) : writePretty(value, layout, numbers);
    return { value, text: bom + text.replaceAll("\n", newline) };
  });
const path = fc.oneof(
  fc.constant<[string, ...string[]]>(["features", "./aperture-env", "revision"]),
  fc.tuple(key),
  fc.tuple(key, key),
  fc.tuple(key, key, key),
);
/** A path that is chosen, or one that the value has, as the number says. */
function pathIn(value: Tree, chosen: [string, ...string[]], number: number | null): [string, ...string[]] {
  if (number === null) return chosen;
  const found: string[] = [];
  let current: unknown = value;
  for (
    let rest = number;
    typeof current === "object" && current !== null && !Array.isArray(current);
    rest = Math.floor(rest / 4)
  ) {
    const names = Object.keys(current);
    if (names.length === 0 || (found.length > 0 && rest % 4 === 0)) break;
    found.push(names[rest % names.length]!);
    current = (current as Tree)[found.at(-1)!];
  }
  return found.length === 0 ? chosen : (found as [string, ...string[]]);
}
const number = fc.option(fc.nat({ max: 255 }), { freq: 1 });
const newValue = fc.oneof(fc.constant("0123456789ab"), tree, leaf);

const withoutBom = (text: string): string => text.replace(/^\ufeff/, " ");

/** Comments as they stand, sorted. */
function commentsOf(text: string): string[] {
  const scanner = createScanner(withoutBom(text), false);
  const found: string[] = [];
  for (let kind: number = scanner.scan(); kind !== 17; kind = scanner.scan()) {
    const at = scanner.getTokenOffset();
    if (kind === 12 || kind === 13) found.push(text.slice(at, at + scanner.getTokenLength()));
  }
  return found.sort();
}

/** The value at a path, or where the way is barred. */
function walk(value: Tree, keys: readonly string[]): { readonly kind: "there" | "absent" | "barred"; readonly value?: unknown } {
  let current: unknown = value;
  for (const name of keys) {
    if (typeof current !== "object" || current === null || Array.isArray(current)) return { kind: "barred" };
    if (!Object.hasOwn(current, name)) return { kind: "absent" };
    current = (current as Tree)[name];
  }
  return { kind: "there", value: current };
}

/** The value with another one at a path, everything as plain JSON. */
function withValue(value: Tree, [first, ...rest]: readonly string[], put: unknown): Tree {
  const inner = Object.hasOwn(value, first!) ? (value[first!] as Tree) : {};
  return Object.fromEntries([
    ...Object.entries(value).filter(([name]) => name !== first),
    [first!, rest.length === 0 ? put : withValue(inner, rest, put)],
  ]);
}

/** The same JSON with keys in order, so that two values can be compared whatever their prototypes are. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.entries(inner)
          .sort(([left], [right]) => (left < right ? -1 : 1))
          .flat()
          .concat("object")
      : inner,
  );
}

/** Whether one text comes from another by taking out one or two pieces that are whole. */
function comesFromByRemoving(before: string, after: string): boolean {
  const more = after.length - before.length;
  if (more < 0) return false;
  let prefix = 0;
  while (prefix < before.length && before[prefix] === after[prefix]) prefix++;
  for (let start = prefix; start >= Math.max(0, prefix - 4); start--) {
    for (let first = 0; first <= Math.min(more, 4); first++) {
      const rest = before.slice(start);
      const left = after.slice(start + first);
      let same = 0;
      while (same < rest.length && rest[same] === left[same]) same++;
      for (let end = same; end >= Math.max(0, same - 400); end--)
        if (rest.slice(end) === left.slice(end + more - first)) return true;
    }
  }
  return false;
}

describe("ensureValue", () => {
  test("gives what was meant, once, and leaves everything else", () => {
    const seen = { added: 0, changed: 0, kept: 0, barred: 0 };
    fc.assert(
      fc.property(document, path, number, newValue, ({ value, text }, chosen, choice, put) => {
        const plain = JSON.parse(JSON.stringify(value)) as Tree;
        const at = pathIn(plain, chosen, choice);
        const before = walk(plain, at);
        const edited = ensureValue(text, at, put);
        if (before.kind === "barred") {
          seen.barred += 1;
          expect(edited).toMatchObject({ ok: false, why: expect.stringContaining("is not an object") });
          return;
        }
        if (!edited.ok) throw new Error(`refused at ${edited.line}:${edited.column}: ${edited.why}`);

        const errors: ParseError[] = [];
        const now: unknown = getNodeValue(parseTree(withoutBom(edited.text), errors, { allowTrailingComma: true })!);
        expect(errors).toEqual([]);
        expect(canonical(now)).toBe(canonical(withValue(plain, at, JSON.parse(JSON.stringify(put)))));

        const again = ensureValue(edited.text, at, put);
        expect(again).toEqual({ ok: true, text: edited.text });

        if (before.kind === "absent") {
          seen.added += 1;
          expect(comesFromByRemoving(text, edited.text), edited.text).toBe(true);
          expect(commentsOf(edited.text)).toEqual(commentsOf(text));
        } else if (canonical(before.value) === canonical(put)) {
          seen.kept += 1;
          expect(edited.text).toBe(text);
        } else {
          seen.changed += 1;
          const old = findNodeAtLocation(parseTree(withoutBom(text), [], { allowTrailingComma: true })!, at)!;
          expect(edited.text.startsWith(text.slice(0, old.offset))).toBe(true);
          expect(edited.text.endsWith(text.slice(old.offset + old.length))).toBe(true);
        }
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(seen.added, seen.changed, seen.barred)).toBeGreaterThan(5);
  });

  test("brings no line end that the file does not have", () => {
    fc.assert(
      fc.property(document, ({ text }) => {
        const edited = ensureValue(text, ["x y z"], { a: { b: 1 } });
        const ends = new Set(text.match(/\r\n|\r|\n/g));
        if (!edited.ok || ends.size === 0) return;
        for (const end of edited.text.match(/\r\n|\r|\n/g)!) expect([...ends]).toContain(end);
      }),
      { numRuns: 300 },
    );
  });

  test("takes any text, and gives a result or a place", () => {
    const broken = fc
      .tuple(document, fc.nat(), fc.nat({ max: 5 }), anyText)
      .map(
        ([{ text }, at, count, noise]) =>
          text.slice(0, at % (text.length + 1)) + noise + text.slice((at % (text.length + 1)) + count),
      );
    fc.assert(
      fc.property(fc.oneof(anyText, broken), path, (text, at) => {
        const edited = ensureValue(text, at, "x");
        expect(readObject(text).ok || !edited.ok).toBe(true);
        if (edited.ok) return;
        expect(edited.line).toBeGreaterThanOrEqual(1);
        expect(edited.line).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/).length);
        expect(edited.column).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 800 },
    );
  });
});
