/** Edits of generated JSONC: the value is what was meant, every byte outside the edit stays, and what is taken out again leaves no trace. */
import fc from "../support/random-cases.ts";
import { describe, expect, test } from "vitest";
import { ensureItem, ensureValue, missingDepth, readObject, removeItem, removeValue } from "../../src/edit/jsonc.ts";
import { anyText } from "./arbitraries.ts";
import { around, backTo, commentsOf, depthOf, isSplice, isWithin, nodeAt, strange, textOf, valueOf } from "./jsonc-checks.ts";

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

/** The value without what is at a path, and without the objects on it, deeper than the first `made` keys, that this leaves empty. */
function withoutValue(value: Tree, path: readonly string[], made: number): Tree {
  const [first, ...rest] = path;
  const others = Object.entries(value).filter(([name]) => name !== first);
  if (rest.length === 0) return Object.fromEntries(others);
  const inner = withoutValue(value[first!] as Tree, rest, made - 1);
  const gone = Object.keys(inner).length === 0 && made <= 0;
  return Object.fromEntries(gone ? others : [...others, [first!, inner]]);
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

        expect(canonical(valueOf(edited.text))).toBe(canonical(withValue(plain, at, JSON.parse(JSON.stringify(put)))));

        const again = ensureValue(edited.text, at, put);
        expect(again).toEqual({ ok: true, text: edited.text });

        if (before.kind === "absent") {
          seen.added += 1;
          expect(isSplice(text, edited.text), edited.text).toBe(true);
          expect(commentsOf(edited.text)).toEqual(commentsOf(text));
        } else if (canonical(before.value) === canonical(put)) {
          seen.kept += 1;
          expect(edited.text).toBe(text);
        } else {
          seen.changed += 1;
          const old = nodeAt(text, at)!;
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

/** A path that the value has. */
const withPath = fc
  .tuple(document, fc.nat({ max: 255 }))
  .filter(([{ value }]) => Object.keys(value).length > 0)
  .map(([{ value, text }, choice]) => {
    const plain = JSON.parse(JSON.stringify(value)) as Tree;
    return { plain, text, at: pathIn(plain, ["a"], choice) };
  });

describe("removeValue", () => {
  test("takes back what ensureValue put in, byte for byte", () => {
    let added = 0;
    fc.assert(
      fc.property(document, path, number, newValue, ({ value, text }, chosen, choice, put) => {
        const at = pathIn(JSON.parse(JSON.stringify(value)) as Tree, chosen, choice);
        const depth = missingDepth(text, at);
        const edited = ensureValue(text, at, put);
        expect(typeof depth === "number").toBe(edited.ok);
        if (typeof depth !== "number" || depth === at.length) return;
        added += 1;
        const back = textOf(removeValue(textOf(edited), at, depth));
        expect(backTo(text, at.slice(0, depth))).toContain(back);
        expect(textOf(removeValue(back, at, depth))).toBe(back);
      }),
      { numRuns: 2000 },
    );
    expect(added).toBeGreaterThan(500);
  });

  test("takes out what the user wrote, and leaves comments and everything else", () => {
    const seen = { commented: 0, plain: 0 };
    fc.assert(
      fc.property(withPath, fc.nat({ max: 3 }), ({ plain, text, at }, made) => {
        const only = textOf(removeValue(text, at, at.length - 1));
        expect(canonical(valueOf(only))).toBe(canonical(withoutValue(plain, at, at.length - 1)));
        const { before, after } = around(text, nodeAt(text, at)!.parent!);
        expect(only.startsWith(before)).toBe(true);
        expect(only.endsWith(after)).toBe(true);
        expect(isWithin(only, text)).toBe(true);
        expect(commentsOf(only)).toEqual(commentsOf(text));
        expect(textOf(removeValue(only, at, at.length - 1))).toBe(only);

        // With parents: as many as are empty, but those that hold a comment.
        const removed = textOf(removeValue(text, at, made));
        expect(isWithin(removed, text)).toBe(true);
        expect(commentsOf(removed)).toEqual(commentsOf(text));
        const meant = (from: number): string => canonical(withoutValue(plain, at, from));
        if (commentsOf(text).length === 0) {
          seen.plain += 1;
          expect(canonical(valueOf(removed))).toBe(meant(made));
        } else {
          seen.commented += 1;
          expect(at.map((_key, index) => meant(Math.max(made, index)))).toContain(canonical(valueOf(removed)));
        }
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(seen.commented, seen.plain)).toBeGreaterThan(100);
  });
});

describe("ensureItem and removeItem", () => {
  test("give what was meant, once, and leave everything else", () => {
    const seen = { appended: 0, made: 0, barred: 0 };
    fc.assert(
      fc.property(
        document,
        path,
        fc.array(leaf, { maxLength: 3 }),
        fc.boolean(),
        newValue,
        fc.array(fc.nat({ max: 1000 }), { maxLength: 30 }),
        ({ value, text: other }, chosen, items, there, put, numbers) => {
          const plain = JSON.parse(JSON.stringify(value)) as Tree;
          const item = JSON.parse(JSON.stringify(put)) as unknown;
          const old = JSON.parse(JSON.stringify(items)) as unknown[];
          const open = walk(plain, chosen).kind !== "barred";
          const before = there && open ? withValue(plain, chosen, old) : plain;
          const text = there && open ? write(before, numbers) : other;
          const found = walk(before, chosen);
          const edited = ensureItem(text, chosen, item);
          if (found.kind === "barred" || (found.kind === "there" && !Array.isArray(found.value))) {
            seen.barred += 1;
            expect(edited).toMatchObject({ ok: false, why: expect.stringMatching(/is not an (?:object|array)$/) });
            return;
          }
          const list = (found.value ?? []) as unknown[];
          if (list.some((candidate) => canonical(candidate) === canonical(item))) {
            expect(edited).toEqual({ ok: true, text });
            return;
          }
          seen[found.kind === "there" ? "appended" : "made"] += 1;
          const after = textOf(edited);
          expect(canonical(valueOf(after))).toBe(canonical(withValue(before, chosen, [...list, item])));
          expect(isSplice(text, after), after).toBe(true);
          expect(commentsOf(after)).toEqual(commentsOf(text));
          expect(ensureItem(after, chosen, item)).toEqual(edited);

          const depth = depthOf(text, chosen);
          const back = textOf(removeItem(after, chosen, item, depth));
          expect(backTo(text, chosen.slice(0, depth))).toContain(back);
          expect(textOf(removeItem(back, chosen, item, depth))).toBe(back);
        },
      ),
      { numRuns: 2000 },
    );
    expect(Math.min(seen.appended, seen.made, seen.barred)).toBeGreaterThan(20);
  });

  test("takes out any item, and leaves comments and everything else", () => {
    fc.assert(
      fc.property(
        fc.array(leaf, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.array(fc.nat({ max: 1000 }), { maxLength: 30 }),
        (items, choice, numbers) => {
          const list = JSON.parse(JSON.stringify(items)) as unknown[];
          const text = write({ p: list }, numbers);
          const item = list[choice % list.length];
          const index = list.findIndex((candidate) => canonical(candidate) === canonical(item));
          const removed = textOf(removeItem(text, ["p"], item, 1));
          expect(valueOf(removed)).toEqual({ p: list.toSpliced(index, 1) });
          const { before, after } = around(text, nodeAt(text, ["p", index])!);
          expect(removed.startsWith(before)).toBe(true);
          expect(removed.endsWith(after)).toBe(true);
          expect(isWithin(removed, text)).toBe(true);
          expect(strange(text, removed)).toBeNull();
        },
      ),
      { numRuns: 1000 },
    );
  });
});
