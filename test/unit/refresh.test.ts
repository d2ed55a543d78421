import { readdirSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import {
  checkCatalogue,
  dateOf,
  describeChanges,
  evaluateLiteral,
  findLiteral,
  isForCoding,
  printCatalogue,
  reduceCatalogue,
  type Catalogue,
} from "../../src/catalog/opencode/extract.ts";
import { loadCatalogue } from "../../src/catalog/models.ts";
import { proposedProviders, providers } from "../../src/catalog/providers.ts";
import {
  catalogueRelease,
  compareVersions,
  integrityToHex,
  isRelease,
  newestCommonVersion,
  newestVersion,
  platforms,
  type CatalogueRelease,
} from "../../src/catalog/release.ts";

describe("newestCommonVersion", () => {
  it.each([
    ["one list", [["1.18.3", "1.18.18"]], "1.18.18"],
    ["numbers, not text", [["1.9.9", "1.18.2", "1.18.10"]], "1.18.10"],
    ["any order", [["1.18.18", "1.2.30", "1.18.4"]], "1.18.18"],
    [
      "only what all have",
      [
        ["1.18.17", "1.18.18", "1.18.33"],
        ["1.18.17", "1.18.18"],
        ["1.18.18", "1.18.32"],
      ],
      "1.18.18",
    ],
    ["never 2.x", [["1.18.18", "2.0.18"]], "1.18.18"],
    ["never 10.x", [["1.18.18", "10.0.0"]], "1.18.18"],
    ["no prereleases", [["1.18.18", "1.19.0-beta.1", "1.19.0-0", "1.19.0+build"]], "1.18.18"],
    ["no other forms", [["1.18.18", "v1.19.0", "1.19", "1.19.0.1", "", "latest"]], "1.18.18"],
    ["nothing common", [["1.18.18"], ["1.18.17"]], null],
    ["an empty list", [["1.18.18"], []], null],
    ["only 2.x", [["2.0.0"]], null],
    ["no lists", [], null],
  ])("%s", (_name, lists, expected) => {
    expect(newestCommonVersion(lists)).toBe(expected);
  });
});

test.each([
  ["what any list has", [["1.18.18"], ["1.18.33", "1.18.34"], ["1.18.9"]], "1.18.34"],
  ["never 2.x, no prerelease", [["1.18.18"], ["2.0.0", "1.19.0-beta.1"]], "1.18.18"],
  ["nothing", [[], ["2.0.0"]], null],
])("newestVersion: %s", (_name, lists, expected) => {
  expect(newestVersion(lists)).toBe(expected);
});

/** A program around a literal, as minified as OpenCode's, with bytes around it that are no text. */
function binaryWith(literal: string, between = "&&w._tag===`x`)return{a:1};return n.succeed(void 0)}),p=n.sync(()=>("): Buffer {
  const noise = Buffer.from([0, 255, 254, 34, 39, 96, 123, 0]);
  const text = `OPENCODE_MODELS_PATH:process.env.OPENCODE_MODELS_PATH;if(ge.OPENCODE_MODELS_PATH===void 0${between}${literal})),q=1;}}}`;
  return Buffer.concat([noise, Buffer.from(text), noise]);
}

describe("findLiteral and evaluateLiteral", () => {
  it.each([
    ["a quoted key", String.raw`{"a-b":{id:"a-b"}}`, { "a-b": { id: "a-b" } }],
    ["a bare key", String.raw`{a:{id:"a"}}`, { a: { id: "a" } }],
    ["a key in single quotes", String.raw`{'a':{"id":'a'}}`, { a: { id: "a" } }],
    ["another first field", String.raw`{a:{models:{},id:"a"}}`, { a: { models: {}, id: "a" } }],
    ["white space", `{\n  a : {\n    id : "a"\n  }\n}`, { a: { id: "a" } }],
    [
      "minified values",
      String.raw`{a:{id:"a",t:!0,f:!1,u:void 0,n:-1,e:1e6,x:.5}}`,
      { a: { id: "a", t: true, f: false, n: -1, e: 1e6, x: 0.5 } },
    ],
    ["braces in quotes", String.raw`{a:{id:"}]){",n:'{[("'}}`, { a: { id: "}]){", n: '{[("' } }],
    ["escaped quotes", String.raw`{a:{id:"\"}",n:'\'}',m:"\\"}}`, { a: { id: '"}', n: "'}", m: "\\" } }],
    ["other quotes in quotes", String.raw`{a:{id:"'}${"`"}",n:'"${"`"}}'}}`, { a: { id: "'}`", n: '"`}' } }],
    ["a template string", '{a:{id:`it\'s "}" and {\n\\`}`}}', { a: { id: 'it\'s "}" and {\n`}' } }],
    ["a template with braces in it", "{a:{id:`${`}${{b:'}'}.b}`}{`}}", { a: { id: "}}{" } }],
    ["a template with a dollar and an escaped brace", "{a:{id:`$5 $\\{} \\${`}}", { a: { id: "$5 ${} ${" } }],
    ["comments", `{a:{id:/* "}' */"a",// it's }\nn:"/* // "}}`, { a: { id: "a", n: "/* // " } }],
    ["escapes of characters", String.raw`{a:{id:"\u2248\x7d\u{1f600}"}}`, { a: { id: "≈}😀" } }],
    ["UTF-8", `{a:{id:"é≈😀}"}}`, { a: { id: "é≈😀}" } }],
  ])("%s", (_name, literal, expected) => {
    const found = findLiteral(binaryWith(literal));
    expect(found).toBe(literal);
    expect(evaluateLiteral(found)).toEqual(expected);
  });

  it("passes over objects that are not of providers", () => {
    const literal = `{a:{id:"a"}}`;
    expect(findLiteral(binaryWith(literal, `;f({});g({a:1});h({id:"x"});p=n.sync(()=>(`))).toBe(literal);
  });

  it("goes on to the next marker", () => {
    const literal = `{a:{id:"a"}}`;
    const first = Buffer.from(`x.OPENCODE_MODELS_PATH===void 0;${" ".repeat(70_000)}`);
    expect(findLiteral(Buffer.concat([first, binaryWith(literal)]))).toBe(literal);
  });

  it.each([
    ["no marker", Buffer.from(`n.sync(()=>({a:{id:"a"}}))`), /has no OPENCODE_MODELS_PATH===void 0/],
    ["an empty file", Buffer.alloc(0), /has no OPENCODE_MODELS_PATH===void 0/],
    ["no providers behind it", binaryWith(`{a:1}`), /no object of providers behind/],
    ["providers too far behind it", binaryWith(`{a:{id:"a"}}`, `;${" ".repeat(70_000)}(`), /no object of providers behind/],
    ["the wrong bracket", binaryWith(`{a:{id:"a",b:[}}`), /brackets do not match: \}/],
    ["an open bracket", Buffer.from(`OPENCODE_MODELS_PATH===void 0;({a:{id:"a"}`), /has no end/],
    ["an open string", Buffer.from(`OPENCODE_MODELS_PATH===void 0;({a:{id:"a}}`), /string in the catalogue.*has no end/],
    ["a string over a line's end", binaryWith(`{a:{id:"a\n"}}`), /string in the catalogue.*has no end/],
    ["an open template", Buffer.from("OPENCODE_MODELS_PATH===void 0;({a:{id:`a}}"), /has no end/],
    ["an open comment", Buffer.from(`OPENCODE_MODELS_PATH===void 0;({a:{id:/*}}`), /comment in the catalogue.*has no end/],
  ])("refuses %s", (_name, binary, message) => {
    expect(() => findLiteral(binary)).toThrow(message);
  });

  it.each([
    ["the process", "{a:{id:process.version}}", /process is not defined/],
    ["modules", `{a:{id:require("node:fs")}}`, /require is not defined/],
    ["code from text", `{a:{id:[].constructor.constructor("return 1")()}}`, /Code generation from strings disallowed/],
    ["broken syntax", "{a:{id:}}", /Unexpected token/],
    ["a function", "()=>1", /is not data/],
  ])("evaluates without %s", (_name, literal, message) => {
    expect(() => evaluateLiteral(literal)).toThrow(message);
  });
});

const usable = { tool_call: true, modalities: { input: ["text"], output: ["text"] }, limit: { context: 2, output: 1 } };

/** A catalogue of more than 100 providers, of which `two` and `one` have models. */
function makeCatalogue(): Record<string, Record<string, unknown>> {
  const others = Array.from({ length: 120 }, (_, index) => [`p${index}`, { id: `p${index}`, name: "P", models: {} }]);
  return {
    ...Object.fromEntries(others),
    two: { id: "two", name: "Two", npm: "@two", doc: "see", models: { x: { id: "x", ...usable } } },
    one: {
      id: "one",
      env: ["ONE_KEY"],
      name: "One",
      models: {
        b: { id: "b", description: "prose", ...usable, cost: { input: 0.5 } },
        old: { id: "old", ...usable, status: "deprecated" },
        "a-10": { id: "a-10", ...usable },
        "B-9": { id: "B-9", ...usable },
      },
    },
  };
}

describe("checkCatalogue", () => {
  it("gives back what is right", () => {
    const catalogue = makeCatalogue();
    expect(checkCatalogue(catalogue, ["one", "two"])).toBe(catalogue);
  });

  it.each([
    ["no object", [], /is not an object/],
    ["few providers", { one: makeCatalogue()["one"] }, /has 1 providers/],
    ["a provider missing", { ...makeCatalogue(), two: undefined, three: 1 }, /provider two/],
    ["a provider of another id", { ...makeCatalogue(), two: { id: "one", name: "One", models: {} } }, /provider two/],
    ["a provider without models", { ...makeCatalogue(), two: { id: "two", name: "Two" } }, /provider two/],
    ["a model of another id", withModel({ id: "y", limit: usable.limit }), /model two\/x/],
    ["a model without limits", withModel({ id: "x" }), /model two\/x/],
    ["a model with half of its limits", withModel({ id: "x", limit: { context: 1 } }), /model two\/x/],
  ])("refuses %s", (_name, value, message) => {
    expect(() => checkCatalogue(value, ["one", "two"])).toThrow(message);
  });

  it("names the providers that are missing", () => {
    expect(() => checkCatalogue(makeCatalogue(), ["one", "constructor", "four"])).toThrow("lacks constructor, four");
  });

  function withModel(model: object): object {
    return { ...makeCatalogue(), two: { id: "two", name: "Two", models: { x: model } } };
  }
});

describe("isForCoding", () => {
  it.each([
    ["tools and text", {}, true],
    ["beta", { status: "beta" }, true],
    ["an image as input", { modalities: { input: ["text", "image"], output: ["text"] } }, true],
    ["deprecated", { status: "deprecated" }, false],
    ["no tools", { tool_call: false }, false],
    ["tools unknown", { tool_call: undefined }, false],
    ["images too", { modalities: { input: ["text"], output: ["text", "image"] } }, false],
    ["only images", { modalities: { input: ["text"], output: ["image"] } }, false],
    ["realtime speech", { modalities: { input: ["text", "audio"], output: ["text", "audio"] } }, false],
    ["no output", { modalities: { input: ["text"], output: [] } }, false],
    ["modalities unknown", { modalities: undefined }, false],
    ["realtime by name", { id: "m-realtime-2" }, false],
    ["embedding by name", { id: "text-embedding-3" }, false],
    ["image by family", { family: "m-image" }, false],
  ])("%s", (_name, fields, expected) => {
    expect(isForCoding({ id: "m-1", ...usable, ...fields })).toBe(expected);
  });
});

describe("reduceCatalogue and printCatalogue", () => {
  const reduce = (): Catalogue => reduceCatalogue(makeCatalogue() as unknown as Catalogue, ["one", "two"]);

  it("keeps the wanted providers in order and their models for coding by id, without prose", () => {
    const reduced = reduce();
    expect(Object.keys(reduced)).toEqual(["one", "two"]);
    expect(Object.keys(reduced["one"]!.models)).toEqual(["B-9", "a-10", "b"]);
    expect(reduced["one"]!.models["b"]).toEqual({ id: "b", ...usable, cost: { input: 0.5 } });
    expect(reduced["two"]).toEqual({ id: "two", name: "Two", npm: "@two", models: { x: { id: "x", ...usable } } });
  });

  it("keeps models of which an end is known: as they are, without their status, and from the last one where they are gone", () => {
    const found = makeCatalogue();
    const last = { two: { id: "two", name: "Two", models: { gone: { id: "gone", ...usable }, x: { id: "x", name: "was" } } } };
    const ids = { one: ["old", "never"], two: ["gone", "x", "constructor"] };
    const reduced = reduceCatalogue(
      found as unknown as Catalogue,
      ["one", "two"],
      {},
      { ids, last: last as unknown as Catalogue },
    );
    expect(Object.keys(reduced["one"]!.models)).toEqual(["B-9", "a-10", "b", "old"]);
    expect(reduced["one"]!.models["old"]).toEqual({ id: "old", ...usable });
    expect(reduced["two"]!.models).toEqual({ gone: { id: "gone", ...usable }, x: { id: "x", ...usable } });
  });

  it.each([
    ["a year", 12, ["b", "c"]],
    ["fifteen months", 15, ["a", "b", "c"]],
    ["nothing is said", undefined, ["a", "b", "c", "old"]],
  ])("takes the newest by their dates: %s", (_name, months, ids) => {
    const dated = (id: string, release_date: string): object => ({ id, ...usable, release_date });
    const models = {
      old: dated("old", "2025-05-30"),
      a: dated("a", "2025-06-30"),
      b: dated("b", "2025-09-30"),
      c: dated("c", "2026-09-30"),
    };
    const found = { one: { id: "one", name: "One", models } } as unknown as Catalogue;
    const selection = months === undefined ? {} : { months };
    expect(Object.keys(reduceCatalogue(found, ["one"], { one: selection })["one"]!.models)).toEqual(ids);
  });

  it("refuses a provider of which nothing is left", () => {
    expect(() => reduceCatalogue(makeCatalogue() as unknown as Catalogue, ["p7"])).toThrow("no model of p7");
  });

  it("prints one model per line", () => {
    const model = `"tool_call":true,"modalities":{"input":["text"],"output":["text"]},"limit":{"context":2,"output":1}`;
    expect(printCatalogue(reduce())).toBe(`{
  "one": {
    "id": "one",
    "env": ["ONE_KEY"],
    "name": "One",
    "models": {
      "B-9": {"id":"B-9",${model}},
      "a-10": {"id":"a-10",${model}},
      "b": {"id":"b",${model},"cost":{"input":0.5}}
    }
  },
  "two": {
    "id": "two",
    "name": "Two",
    "npm": "@two",
    "models": {
      "x": {"id":"x",${model}}
    }
  }
}
`);
  });

  it("prints the same for models in another order, and again for what it printed", () => {
    const printed = printCatalogue(reduce());
    const shuffled = makeCatalogue();
    shuffled["one"]!["models"] = Object.fromEntries(Object.entries(shuffled["one"]!["models"] as object).reverse());
    expect(printCatalogue(reduceCatalogue(shuffled as unknown as Catalogue, ["one", "two"]))).toBe(printed);
    expect(printCatalogue(JSON.parse(printed) as Catalogue)).toBe(printed);
  });

  it("tells what changed", () => {
    const before = reduce();
    const now = makeCatalogue();
    now["one"]!["models"] = { new: { id: "new", ...usable }, b: { id: "b", ...usable }, "a-10": { id: "a-10", ...usable } };
    const after = reduceCatalogue(now as unknown as Catalogue, ["one", "two"]);
    expect(describeChanges(before, after)).toEqual(["one: 3 models", "  - B-9", "  ~ b", "  + new", "two: 1 models, as before"]);
    expect(describeChanges({}, { two: after["two"]! })).toEqual(["two: 1 models", "  + x"]);
    expect(describeChanges({ two: after["two"]! }, {})).toEqual(["two: 0 models", "  - x"]);
  });
});

describe("dateOf", () => {
  const updated = (...days: unknown[]): Catalogue => ({
    one: {
      id: "one",
      name: "One",
      models: Object.fromEntries(days.map((day, index) => [`m${index}`, { id: `m${index}`, last_updated: day }])),
    },
  });

  it("is the day of the newest entry", () => {
    expect(dateOf(updated("2026-09-29", "2025-12-31", "2026-09-30", "2026-10", undefined))).toBe("2026-09-30");
    expect(() => dateOf(updated("2026-09", undefined))).toThrow("when it was last updated");
  });
});

describe("the data on disk", () => {
  const folder = new URL("../../src/catalog/opencode/", import.meta.url);
  const release: unknown = JSON.parse(readFileSync(new URL("release.json", folder), "utf8"));
  const read = (name: string): Catalogue => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Catalogue;
  const others = readdirSync(new URL("models/", folder)).sort();
  const catalogue: Catalogue = Object.assign({}, read("models.json"), ...others.map((name) => read(`models/${name}`)));

  it("is a release with the four packages and a sha512 of each", () => {
    if (!isRelease(release)) throw new Error("release.json is not a release");
    expect(Object.keys(release.packages).sort()).toEqual(Object.keys(platforms).sort());
    expect(Object.keys(release.packages)).toHaveLength(4);
    const integrities = Object.values(release.packages).map(({ integrity }) => integrity);
    expect(new Set(integrities).size).toBe(4);
    for (const integrity of integrities) expect(Buffer.from(integrityToHex(integrity), "hex")).toHaveLength(64);
  });

  it("is from a release that is no older than the pinned one, and says of which day", () => {
    const from = JSON.parse(readFileSync(new URL("catalogue.json", folder), "utf8")) as CatalogueRelease;
    expect(from).toEqual(catalogueRelease);
    expect(isRelease(release) && compareVersions(from.version, release.version)).toBeGreaterThanOrEqual(0);
    const released = Object.values(catalogue).flatMap(({ models }) =>
      Object.values(models).map((model) => String(model["release_date"])),
    );
    expect(released.filter((day) => day > from.date)).toEqual([]);
    expect(from.date).toMatch(/^20\d\d-\d\d-\d\d$/);
  });

  it("has the providers that are proposed in one file, which is small, and each of the others in one of its own", () => {
    expect(Object.keys(read("models.json"))).toEqual(Object.keys(proposedProviders));
    expect(statSync(new URL("models.json", folder)).size).toBeLessThan(30_000);
    expect(others.map((name) => Object.keys(read(`models/${name}`)))).toEqual(others.map((name) => [name.replace(".json", "")]));
    expect(Object.keys(catalogue).sort()).toEqual(Object.keys(providers).sort());
  });

  it("is what is loaded, and nothing is where there is nothing", async () => {
    expect(await loadCatalogue(Object.keys(providers))).toEqual(catalogue);
    expect(await loadCatalogue(["house", "constructor", "__proto__"])).toEqual({});
    const [one, two] = [await loadCatalogue(["google"]), await loadCatalogue(["google", "openai"])];
    expect(one["google"]).toBe(two["google"]);
  });

  it("names no address: OpenCode would go there where a base URL is empty", () => {
    expect(JSON.stringify(catalogue)).not.toMatch(/"api":|https?:/);
  });

  it.each(Object.keys(providers))("has models of %s that are for coding, sorted, without prose", (id) => {
    const provider = catalogue[id]!;
    const models = Object.entries(provider.models);
    expect(provider).toMatchObject({ id, name: expect.any(String), npm: expect.any(String) });
    expect(provider).not.toHaveProperty("doc");
    expect(models.map(([key]) => key)).toEqual(models.map(([key]) => key).sort());
    expect(models.length).toBeGreaterThan(0);
    for (const [key, model] of models) {
      expect(model).toMatchObject({ id: key, limit: { context: expect.any(Number), output: expect.any(Number) } });
      expect(model).not.toHaveProperty("description");
      // A model with a package or an address of its own would go past the provider's.
      expect(model).not.toHaveProperty("provider");
      expect(isForCoding(model), key).toBe(true);
    }
  });

  it.each(Object.values(providers))("knows the models that are proposed for $id", ({ id, defaults, wireFormats }) => {
    for (const { model, smallModel } of [defaults, ...Object.values(wireFormats).flatMap((speech) => speech.defaults ?? [])]) {
      expect(catalogue[id]!.models).toHaveProperty([model]);
      expect(catalogue[id]!.models).toHaveProperty([smallModel]);
    }
  });
});
