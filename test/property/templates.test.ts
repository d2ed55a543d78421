/** Templates as the program runs them, against Handlebars itself: the same text for contexts of any kind. */
import { join } from "node:path";
import fc from "../support/random-cases.ts";
import Handlebars from "handlebars";
import { expect, test } from "vitest";
import { runProgram, type Library, type Program } from "../../src/render/program.ts";
import { compileTemplate, compileTemplates, helperNames, readTemplates } from "../../src/scripts/templates.mjs";

const folder = join(import.meta.dirname, "../../templates");
const own = compileTemplates(folder) as { readonly templates: Programs; readonly partials: Programs };
type Programs = Readonly<Record<string, Program>>;

// What each format makes of a value is another matter.
const helpers: Library["helpers"] = Object.fromEntries(
  helperNames.map((name) => [name, (value: unknown) => `<${name} ${JSON.stringify(value)}>`]),
);
const handlebars = Handlebars.create();
for (const [name, helper] of Object.entries(helpers)) handlebars.registerHelper(name, (value: unknown) => helper(value));
for (const { path, source } of readTemplates(folder))
  if (path.endsWith(".partial")) handlebars.registerPartial(path.replace(/^.*\/|\.partial$/g, ""), source);

type Names = Record<string, unknown>;
type Pick = <Value>(...values: readonly Value[]) => Value;

/** Gives each name that a program asks for a value, or none, in the context where it asks. */
function fill(program: Program, scopes: readonly unknown[], pick: Pick): void {
  for (const part of program) {
    if (typeof part === "string") continue;
    const [kind, path, ...programs] = part as readonly [string, string | readonly string[], ...Program[]];
    if (typeof path === "string") {
      fill(own.partials[path]!, scopes, pick);
      continue;
    }
    const ups = path.filter((name) => name === "..").length;
    const names = path.slice(ups).filter((name) => !name.startsWith("@"));
    const isRoot = path[0] === "@root";
    let at = (isRoot ? scopes.at(-1) : scopes[ups]) as Names;
    for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Names;
    const last = names.at(-1);
    if (last !== undefined && typeof at === "object" && !(last in at) && !path.includes("@last")) {
      const isList = kind === "each";
      const items = (): unknown[] =>
        Array.from({ length: pick(0, 1, 2, 3) }, () => (isText(programs[0]!) ? pick("a", "b c", "") : {}));
      at[last] = isList ? items() : pick<unknown>("text", "0", "", null, undefined, [], ["x"], false, true, 0, {});
    }
    const inner = last === undefined ? undefined : at[last];
    if (kind === "each") for (const item of Array.isArray(inner) ? inner : []) fill(programs[0]!, [item, ...scopes], pick);
    else for (const one of programs) fill(one, scopes, pick);
  }
}

/** Whether the turns of a loop are of texts. */
function isText(program: Program): boolean {
  return program.some(
    (part) =>
      typeof part !== "string" &&
      ((Array.isArray(part[1]) && part[1].length === 0) || part.slice(2).some((one) => isText(one as Program))),
  );
}

test.each(readTemplates(folder).filter(({ path }) => !path.endsWith(".partial")))("$path", ({ path, source }) => {
  const theirs = handlebars.compile(source, { noEscape: true });
  const texts = new Set<string>();
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (numbers) => {
      const context = {};
      fill(own.templates[path]!, [context], (...values) => values[Number(numbers.next().value) % values.length]!);
      const text = runProgram(own.templates[path]!, context, { helpers, partials: own.partials });
      expect(text).toBe(theirs(context));
      texts.add(text);
    }),
  );
  // Contexts that change nothing would prove nothing; a single condition has two texts, a single name can have one.
  expect(texts.size).toBeGreaterThan(source.includes("{{#") ? 1 : 0);
});

test.each([
  ["a helper that is not there", "{{shout name}}", /x:1:1: no helper shout/],
  ["a helper with more than a value", "{{json a b}}", /no helper json of 2/],
  ["a block that is not there", "a\n{{#with a}}{{/with}}", /x:2:1: no block with/],
  ["a loop with an else", "{{#each a}}{{else}}{{/each}}", /each has no else/],
  ["what else a loop knows", "{{#each a}}{{json @index}}{{/each}}", /no @index/],
  ["a partial with a context", "{{> environment a}}", /no context of its own/],
  ["a call within a call", "{{json (word a)}}", /SubExpression/],
])("refused when building: %s", (_, source, why) => {
  expect(() => compileTemplate(source, "x")).toThrow(why);
});
