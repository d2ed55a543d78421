/** Edits of generated YAML: the value is what was meant, every byte outside the edited place stays, and what was added goes without a trace. */
import { isDeepStrictEqual } from "node:util";
import fc from "../support/random-cases.ts";
import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import {
  ensureYaml,
  ensureYamlItem,
  missingYamlDepth,
  moveYaml,
  readYaml,
  removeYaml,
  removeYamlItem,
  type YamlValue,
} from "../../src/edit/yaml.ts";
import { anyText } from "./arbitraries.ts";

type Tree = { readonly [key: string]: YamlValue };
type Path = [string, ...string[]];

const names = [
  "a",
  "b",
  "on",
  "no",
  "1",
  "~",
  "x-y",
  "a b",
  "http://ai",
  "<<",
  "__proto__",
  "constructor",
  "",
  "# c",
  "{",
  "- a",
  "?",
  "日本",
];
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...names) },
  { weight: 1, arbitrary: anyText.filter((text) => !/\p{Cs}/u.test(text) && text.length < 100) },
);
const leaf = fc.oneof(
  fc.constantFrom<YamlValue>(
    null,
    true,
    0,
    -1.5e3,
    1e21,
    "",
    "word",
    "two words",
    "it's",
    "lines\nof\n",
    "more\n\n  lines\n\n",
    "# c",
    "a: b",
  ),
  anyText.filter((text) => !/\p{Cs}/u.test(text)),
  fc.integer(),
);
const { tree, value } = fc.letrec<{ tree: Tree; value: YamlValue }>((tie) => ({
  tree: fc.dictionary(name, tie("value"), { maxKeys: 4, noNullPrototype: true }) as fc.Arbitrary<Tree>,
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, tie("tree"), fc.array(tie("value"), { maxLength: 3 })),
}));

interface Style {
  readonly numbers: readonly number[];
  readonly newline: "\n" | "\r\n";
  readonly bom: boolean;
  readonly final: boolean;
  readonly step: number;
  readonly markers: boolean;
}

const style: fc.Arbitrary<Style> = fc.record({
  numbers: fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 }),
  newline: fc.constantFrom("\n", "\r\n"),
  bom: fc.boolean(),
  final: fc.boolean(),
  step: fc.constantFrom(1, 2, 2, 4, 8),
  markers: fc.boolean(),
});

/** Writes a map as people do, in one of the many ways that YAML has, as the numbers say. Each comment is there once: `#:1`, `#:2`, and so on. */
function write(root: Tree, { numbers, newline, bom, final, step, markers }: Style): string {
  let at = 0;
  let comments = 0;
  const pick = <T>(...choices: readonly T[]): T => choices[numbers[at++ % numbers.length]! % choices.length]!;
  const comment = (): string => `#:${++comments} ${pick("note", "}", "a: 1", "'", "")}`;
  const behind = (): string => pick("", "", "", "  ", ` ${comment()}`);
  const between = (indent: number): string[] =>
    pick([], [], [], [], [""], [`${" ".repeat(indent)}${comment()}`], ["", comment(), ""]);
  const scalar = (inner: string | number | boolean | null): string => {
    if (inner === null) return pick("null", "~");
    if (typeof inner !== "string") return JSON.stringify(inner);
    const quoted = JSON.stringify(inner).replaceAll(
      /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
      (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    if (/^[a-z][a-z ]*[a-z]$/.test(inner) && !/^(?:no|on|true|null)$/.test(inner)) return pick(inner, quoted, `'${inner}'`);
    return /^[ -~]*$/.test(inner) ? pick(quoted, `'${inner.replaceAll("'", "''")}'`) : quoted;
  };
  const flow = (inner: YamlValue): string => {
    if (typeof inner !== "object" || inner === null) return scalar(inner);
    const items = Array.isArray(inner)
      ? inner.map(flow)
      : Object.entries(inner).map(([key, item]) => `${scalar(key)}:${pick(" ", "  ")}${flow(item)}`);
    const [open, close] = Array.isArray(inner) ? "[]" : "{}";
    const space = pick("", " ");
    return `${open}${space}${items.join(pick(",", ", ", " , "))}${items.length > 0 ? pick("", "", ",") : ""}${space}${close}`;
  };
  /** What stands behind `key:` or `-`, and the lines below it. */
  const tail = (inner: YamlValue, indent: number, inList: boolean): string[] => {
    if (typeof inner === "string" && /^[a-z][^]*[a-z ]\n$/.test(inner) && pick(true, false))
      return [
        ` |${pick("", ` ${comment()}`)}`,
        ...inner
          .slice(0, -1)
          .split("\n")
          .map((line) => (line === "" ? "" : `${" ".repeat(indent + step)}${line}`)),
      ];
    if (typeof inner === "string" && inner.endsWith("\n\n") && final && /^[a-z]/.test(inner) && pick(true, false))
      return [
        ` |+`,
        ...inner
          .slice(0, -1)
          .split("\n")
          .map((line) => (line === "" ? "" : `${" ".repeat(indent + step)}${line}`)),
        // A comment, because blank lines would be part of it.
        `${" ".repeat(indent)}${comment()}`,
      ];
    if (inner === null && !inList && pick(true, false)) return [behind()];
    if (typeof inner !== "object" || inner === null || Object.keys(inner).length === 0 || pick(true, false, false))
      return [` ${pick("", " ")}${flow(inner)}${behind()}`];
    if (Array.isArray(inner)) {
      const inside = indent + (inList ? step : pick(0, step));
      return [
        behind(),
        ...inner.flatMap((item) => [
          ...between(inside),
          ...headed(`${" ".repeat(inside)}-`, tail(item as YamlValue, inside, true)),
        ]),
      ];
    }
    return [behind(), ...block(inner as Tree, indent + step)];
  };
  const headed = (head: string, [first, ...rest]: string[]): string[] => [head + first, ...rest];
  const block = (map: Tree, indent: number): string[] =>
    Object.entries(map).flatMap(([key, inner]) => [
      ...between(indent),
      ...headed(`${" ".repeat(indent)}${scalar(key)}:`, tail(inner, indent, false)),
    ]);
  const lines = [
    ...(markers ? [...pick([], [comment()]), "---"] : []),
    ...(Object.keys(root).length === 0
      ? pick([], [comment()], ["", comment(), ""])
      : pick(block(root, 0), block(root, 0), [flow(root)])),
    ...between(0),
    ...(markers && final ? pick([], ["..."]) : []),
  ];
  const text = lines.join("\n") + (final && lines.length > 0 ? "\n" : "");
  return (bom ? "\ufeff" : "") + text.replaceAll("\n", newline);
}

const plain = (text: string): unknown => {
  const { errors, contents } = parseDocument(text, { uniqueKeys: false });
  expect(errors).toEqual([]);
  return normal(contents?.toJSON() ?? {});
};

/** Values as entries, so that `__proto__` counts as a key. A map without keys and nothing are one at the top. */
function normal(inner: unknown): unknown {
  if (Array.isArray(inner)) return inner.map(normal);
  if (typeof inner !== "object" || inner === null) return inner;
  return new Map(Object.entries(inner).map(([key, item]) => [key, normal(item)]));
}

const commentsOf = (text: string): readonly string[] => [...text.matchAll(/#:\d+[^\r\n]*/g)].map(([comment]) => comment).sort();

/** Whether `edited` is `text` with one insertion: what they have in common at both ends is all of `text`. */
function isInsertion(text: string, edited: string): boolean {
  let start = 0;
  while (start < text.length && text[start] === edited[start]) start++;
  let end = 0;
  while (end < text.length && text.at(-1 - end) === edited.at(-1 - end)) end++;
  return edited.length >= text.length && start + end >= text.length;
}

/** A way down a map through maps, as the numbers say: to a key that is there. */
function wayDown(root: Tree, numbers: readonly number[]): string[] {
  const path: string[] = [];
  let map: YamlValue = root;
  for (const number of numbers) {
    if (typeof map !== "object" || map === null || Array.isArray(map)) break;
    const keys: readonly string[] = Object.keys(map);
    if (keys.length === 0) break;
    const key: string = keys[number % keys.length]!;
    path.push(key);
    map = (map as Tree)[key]!;
  }
  return path;
}

function at(root: YamlValue, path: readonly string[]): YamlValue {
  return path.reduce<YamlValue>((inner, key) => (inner as Tree)[key]!, root);
}

const isMap = (inner: YamlValue): inner is Tree => typeof inner === "object" && inner !== null && !Array.isArray(inner);

function withValue(root: Tree, [key, ...rest]: Path, inner: YamlValue): Tree {
  const below = Object.hasOwn(root, key) && isMap(root[key]!) ? root[key] : {};
  const entry = rest.length === 0 ? inner : withValue(below, rest as Path, inner);
  // Not by assignment, as `__proto__` is a key, too.
  return Object.fromEntries([...Object.entries(root).filter(([there]) => there !== key), [key, entry]]);
}

const keyFor = fc.constantFrom("APERTURE_URL", "x-aperture", "services", "yes", "a: b");
const steps = fc.array(fc.nat(20), { maxLength: 3 });

describe("generated YAML", () => {
  test("the written text has the intended values, as the tests below assume", () => {
    fc.assert(
      fc.property(tree, style, (root, how) => {
        const text = write(root, how);
        expect(plain(text)).toEqual(normal(root));
        const read = readYaml(text);
        expect(read.ok && normal(read.value ?? {})).toEqual(normal(root));
      }),
      { numRuns: 300 },
    );
  });

  test("a key more: one insertion, and gone without a trace", () => {
    fc.assert(
      fc.property(
        tree,
        style,
        steps,
        fc.array(keyFor, { minLength: 1, maxLength: 3 }),
        value,
        (root, how, numbers, keys, wanted) => {
          const down = wayDown(root, numbers);
          while (down.length > 0 && !isMap(at(root, down))) down.pop();
          const path = [...down, ...keys] as Path;
          fc.pre(!Object.hasOwn(at(root, down) as Tree, keys[0]!));
          const text = write(root, how);
          const depth = missingYamlDepth(text, path);
          expect(depth).toBe(down.length);
          const result = ensureYaml(text, path, wanted);
          if (!result.ok) throw new Error(`${result.line}:${result.column} ${result.why} in ${JSON.stringify(text)}`);
          expect(plain(result.text)).toEqual(normal(withValue(root, path, wanted)));
          expect(isInsertion(text, result.text)).toBe(true);
          if (how.newline === "\r\n" && text.includes("\n")) expect(result.text).not.toMatch(/[^\r]\n/);
          expect(ensureYaml(result.text, path, wanted)).toEqual(result);
          expect(removeYaml(result.text, path, depth as number)).toEqual({ ok: true, text });
        },
      ),
      { numRuns: 600 },
    );
  });

  test("below a key without a value: one insertion, which is removed completely", () => {
    fc.assert(
      fc.property(
        tree,
        tree,
        style,
        fc.array(keyFor, { minLength: 1, maxLength: 2 }),
        leaf,
        (before, after, how, keys, wanted) => {
          const root = { ...before, empty: null, ...after };
          const text = write(root, how);
          const line = /^["']?empty["']?:[ \t]*(?:#.*)?$/m.test(text.replace("\ufeff", ""));
          const path: Path = ["empty", ...keys];
          const result = ensureYaml(text, path, wanted);
          expect(result.ok, text).toBe(line && root.empty === null);
          if (!result.ok) return;
          expect(plain(result.text)).toEqual(normal(withValue(root, path, wanted)));
          expect(isInsertion(text, result.text)).toBe(true);
          expect(removeYaml(result.text, path, 1)).toEqual({ ok: true, text });
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a replaced value: everything around it stays, comments after it included", () => {
    fc.assert(
      fc.property(tree, style, steps, value, (root, how, numbers, wanted) => {
        const path = wayDown(root, [0, ...numbers]) as string[] as Path;
        fc.pre(path.length > 0);
        const text = write(root, how);
        const result = ensureYaml(text, path, wanted);
        if (!result.ok) throw new Error(`${result.line}:${result.column} ${result.why} in ${JSON.stringify(text)}`);
        expect(plain(result.text)).toEqual(normal(withValue(root, path, wanted)));
        const old = at(root, path);
        if (typeof old !== "object" || old === null) expect(commentsOf(result.text)).toEqual(commentsOf(text));
        else expect(commentsOf(text)).toEqual(expect.arrayContaining([...commentsOf(result.text)]));
        expect(ensureYaml(result.text, path, wanted)).toEqual(result);
        expect(result.text.startsWith("\ufeff")).toBe(how.bom);
        if (how.final) expect(result.text).toMatch(/\n$/);
      }),
      { numRuns: 600 },
    );
  });

  test("a key less: every comment and everything else stays", () => {
    fc.assert(
      fc.property(tree, style, steps, fc.nat(3), (root, how, numbers, made) => {
        const path = wayDown(root, [0, ...numbers]) as string[] as Path;
        fc.pre(path.length > 0);
        const text = write(root, how);
        const result = removeYaml(text, path, made);
        if (!result.ok) throw new Error(`${result.line}:${result.column} ${result.why} in ${JSON.stringify(text)}`);
        expect(commentsOf(result.text)).toEqual(commentsOf(text));
        expect(removeYaml(result.text, path, made)).toEqual(result);
        // All other keys are what they were, down the whole way.
        const after = readYaml(result.text);
        if (!after.ok) throw new Error(after.why);
        let here: unknown = after.value ?? {};
        let there: YamlValue = root;
        for (const key of path) {
          const others = (map: object): unknown =>
            normal(Object.fromEntries(Object.entries(map).filter(([name_]) => name_ !== key)));
          expect(others((here ?? {}) as object)).toEqual(others(there as object));
          if (!Object.hasOwn((here ?? {}) as object, key)) return;
          here = (here as Record<string, unknown>)[key];
          there = (there as Tree)[key]!;
        }
        throw new Error("it is still there");
      }),
      { numRuns: 600 },
    );
  });

  /** The paths of all lists that keys alone lead to. */
  const listsIn = (root: Tree, above: readonly string[] = []): Path[] =>
    Object.entries(root).flatMap(([key, inner]) =>
      Array.isArray(inner) ? [[...above, key] as unknown as Path] : isMap(inner) ? listsIn(inner, [...above, key]) : [],
    );
  const item = fc.oneof<fc.Arbitrary<YamlValue>[]>(fc.constantFrom("word", "a: b", "# c", "./x.yml", 7), leaf, tree);

  test("an added element: one insertion, which is removed completely; a removed one: every comment and everything else stays", () => {
    let [more, less] = [0, 0];
    fc.assert(
      fc.property(tree, style, fc.nat(), fc.nat(), item, (root, how, which, index, wanted) => {
        const lists = listsIn(root);
        fc.pre(lists.length > 0);
        const path = lists[which % lists.length]!;
        const items = at(root, path) as readonly YamlValue[];
        const text = write(root, how);
        const isNew = !items.some((one) => isDeepStrictEqual(normal(one), normal(wanted)));
        if (isNew) {
          const result = ensureYamlItem(text, path, wanted);
          if (!result.ok) throw new Error(`${result.line}:${result.column} ${result.why} in ${JSON.stringify(text)}`);
          expect(plain(result.text)).toEqual(normal(withValue(root, path, [...items, wanted])));
          expect(isInsertion(text, result.text)).toBe(true);
          if (how.newline === "\r\n" && text.includes("\n")) expect(result.text).not.toMatch(/[^\r]\n/);
          expect(ensureYamlItem(result.text, path, wanted)).toEqual(result);
          const back = removeYamlItem(result.text, path, wanted, path.length);
          // Of an empty list in braces of its own layout nothing but its value is known.
          if (items.length > 0) expect(back).toEqual({ ok: true, text });
          else expect(back.ok && plain(back.text)).toEqual(normal(root));
          more++;
        }
        if (items.length < 2) return;
        const gone = items[index % items.length]!;
        const first = items.findIndex((one) => isDeepStrictEqual(normal(one), normal(gone)));
        const without = removeYamlItem(text, path, gone, path.length);
        if (!without.ok) throw new Error(`${without.line}:${without.column} ${without.why} in ${JSON.stringify(text)}`);
        expect(plain(without.text)).toEqual(normal(withValue(root, path, items.toSpliced(first, 1) as YamlValue)));
        expect(without.text.match(/#:\d+/g)?.sort()).toEqual(text.match(/#:\d+/g)?.sort());
        less++;
      }),
      { numRuns: 600 },
    );
    expect(Math.min(more, less)).toBeGreaterThan(50);
  });

  test("a pair in another map: the value as meant, every comment and every word of it stays, and back again", () => {
    let moved = 0;
    fc.assert(
      fc.property(tree, tree, value, style, (first, second, inner, how) => {
        const root: Tree = { a: { ...first, moved: inner }, b: { z: 1, ...second }, c: null };
        fc.pre(Object.keys(first).length > 0 && !Object.hasOwn(first, "moved") && !Object.hasOwn(second, "moved"));
        const text = write(root, how);
        const result = moveYaml(text, ["a", "moved"], ["b", "moved"]);
        if (!result.ok) {
          expect(result.why).toMatch(/cannot be moved from here|would not have given what was meant/);
          return;
        }
        moved++;
        const there = { a: first, b: { z: 1, ...second, moved: inner }, c: null };
        expect(plain(result.text)).toEqual(normal(there));
        expect(commentsOf(result.text)).toEqual(commentsOf(text));
        if (how.newline === "\r\n") expect(result.text).not.toMatch(/[^\r]\n/);
        const back = moveYaml(result.text, ["b", "moved"], ["a", "moved"]);
        if (!back.ok) throw new Error(`${back.line}:${back.column} ${back.why} in ${JSON.stringify(result.text)}`);
        expect(plain(back.text)).toEqual(normal(root));
        expect(commentsOf(back.text)).toEqual(commentsOf(text));
      }),
      { numRuns: 600 },
    );
    expect(moved).toBeGreaterThan(50);
  });

  test("any text is edited as meant or refused with its place", () => {
    const piece = fc.oneof(
      anyText,
      fc.constantFrom(
        "a: ",
        "b:\n",
        "  c: 1\n",
        "- ",
        "? ",
        "{",
        "}",
        "[",
        "]",
        "&x ",
        "*x",
        "<<: ",
        "!!map ",
        "|\n",
        "# c\n",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "\r\n",
        "\t",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom<Path>(["a"], ["b", "c"], ["z", "z"]), (pieces, path) => {
        const text = pieces.join("");
        const depth = missingYamlDepth(text, path);
        const result = ensureYaml(text, path, "x y");
        if (!result.ok) {
          expect(result.line).toBeGreaterThan(0);
          expect(result.column).toBeGreaterThan(0);
          return;
        }
        expect(ensureYaml(result.text, path, "x y")).toEqual(result);
        if (depth !== path.length) expect(removeYaml(result.text, path, depth as number)).toEqual({ ok: true, text });
      }),
      { numRuns: 2000 },
    );
  });
});
