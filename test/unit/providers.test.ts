/** Providers as data, as answers and as what OpenCode gets of them. What OpenCode makes of that: `test/opencode/providers.test.ts`. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type AnySchema } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { emittedIds, findAmbiguity, nameModels, namedModels } from "../../src/catalog/compact.ts";
import { featureFolder } from "../../src/catalog/files.ts";
import { compactId, defaultsOf, findProvider, providers, refusalOf, speechOf } from "../../src/catalog/providers.ts";
import { chatOptions, hasEfforts } from "../../src/catalog/openai-over-chat.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { wireFormats, type WireFormat } from "../../src/catalog/wire-formats.ts";
import { editSpec } from "../../src/spec/edit.ts";
import { parseSpec } from "../../src/spec/parse.ts";
import { findBypass } from "../../src/plan/findings.ts";
import { questionOf } from "../../src/questions/table.ts";
import type { Answers, ProviderChoice } from "../../src/questions/types.ts";
import { emitProviders, modelsWithoutLimits } from "../../src/render/providers.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import { opencodeSchema } from "../golden/specification.ts";
import { catalogue } from "../support/catalogue.ts";
import { plainAnswers } from "../support/answers.ts";

const limit = { context: 262144, output: 65536 };
const house: ProviderChoice = { id: "house-models", api: "chat", name: "House", models: [{ id: "qwen3-coder", limit }] };

const answersFor = (choices: readonly ProviderChoice[], more: Partial<Answers> = {}): Answers => {
  const first = choices[0]!;
  const model = `${first.id}/${first.models?.[0]!.id ?? defaultsOf(first)!.model}`;
  return { ...plainAnswers, providers: choices, model, smallModel: model, ...more };
};
const filesOf = (answers: Answers): Readonly<Record<string, unknown>> => {
  const { files } = renderEnvironment({
    answers,
    release: pinnedRelease,
    registry: "",
    shape: { kind: "own" },
    catalogue,
    doctor: "",
  });
  return Object.fromEntries(
    ["opencode.json", "models.json", "auth.json", "spec.schema.json"].map((name) => [
      name,
      JSON.parse(files.find(({ path }) => path === `${featureFolder}/${name}`)!.text) as unknown,
    ]),
  );
};
const read = (value: unknown): ReturnType<ReturnType<typeof questionOf<"providers">>["read"]> =>
  questionOf("providers").read(value, {});

const everyChoice = Object.values(providers).flatMap(({ id, wireFormats: spoken }) =>
  Object.keys(spoken).map((api): ProviderChoice => ({ id, api: api as WireFormat })),
);

describe("the data", () => {
  test("those that are asked for are there, the two proposed ones first", () => {
    expect(Object.keys(providers)).toEqual([
      "anthropic",
      "openai",
      "google",
      "google-vertex",
      "amazon-bedrock",
      "openrouter",
      "groq",
      "mistral",
      "deepseek",
      "xai",
      "togetherai",
    ]);
    expect(Object.values(providers).flatMap(({ id, proposed }) => (proposed ? [id] : []))).toEqual(["anthropic", "openai"]);
  });

  test.each(everyChoice)("$id over $api: where it is, and by which package", (choice) => {
    const speech = speechOf(choice);
    const { suffix, path, modelInPath, noSlash } = wireFormats[choice.api];
    expect(speech).toMatchObject({ suffix, path, modelInPath, noSlash });
    expect(Object.values(speech)).not.toContain(undefined);
    // Under its own id OpenCode takes the package of its catalogue, which is then the one that is meant.
    if (speech.as === choice.id) expect(catalogue[choice.id]!["npm"]).toBe(speech.npm);
    expect(speech.options).not.toHaveProperty("endpoint");
  });

  test("no two are the same id for OpenCode, and none is that of the compact style", () => {
    const ids = everyChoice.map((choice) => speechOf(choice).as);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain(compactId);
  });

  test("one of the team's own is what its wire format is", () => {
    for (const api of Object.keys(wireFormats) as WireFormat[])
      expect(speechOf({ id: "house", api })).toMatchObject({
        ...wireFormats[api],
        as: "house",
        compactNpm: wireFormats[api].npm,
      });
    expect(() => speechOf({ id: "openai", api: "messages" })).toThrow("openai does not speak messages");
    expect(findProvider("constructor")).toBeUndefined();
  });

  test("the proposed models can be had in every wire format of the provider", () => {
    for (const choice of everyChoice) {
      const { model, smallModel } = defaultsOf(choice)!;
      for (const id of [model, smallModel]) {
        expect(catalogue[choice.id]!.models).toHaveProperty([id]);
        expect(modelsWithoutLimits(answersFor([choice], { model: `${choice.id}/${id}` }), catalogue)).toEqual([]);
      }
    }
  });
});

describe("what cannot be", () => {
  test.each([
    ["google-vertex-anthropic", /Google's own credentials/, /anthropic or amazon-bedrock/],
    ["vercel", /Vercel's own protocol/, /vercel-gateway: \{ api: chat/],
    ["cohere", /\/v2\/chat/, /cohere-models/],
    ["azure", /\/openai paths/, /foundry: \{ api: responses/],
    ["gemini-cli", /https and a login/, /google/],
    ["opencode", /hosted provider/, /leave it out/],
    ["github-copilot", /bypassing the gateway/, /leave it out/],
    ["together", /called togetherai/, /^write togetherai$/],
    ["openai-chat", /inside the environment/, /^write openai: \{ api: chat \}$/],
    ["xai-chat", /inside the environment/, /^write xai: \{\}$/],
    ["bedrock", /inside the environment/, /^write amazon-bedrock: \{\}$/],
    ["aperture", /the compact style/, /opencode\.style: compact/],
  ])("%s, and why", (id, why, fix) => {
    for (const settings of [{}, null, { api: "chat", models: ["x"] }]) {
      const given = read({ [id]: settings });
      if (given.ok) throw new Error("it was taken");
      expect(given.why.startsWith(`${id}: `)).toBe(true);
      expect(given.why).toMatch(why);
      expect(given.fix).toMatch(fix);
    }
    expect(questionOf("providers").parse(id, {}).ok).toBe(false);
  });

  test("no offered value is refused, and every suggested fix is accepted", () => {
    for (const id of Object.keys(providers)) expect(refusalOf(id)).toBeNull();
    expect(refusalOf("constructor")).toBeNull();
    const hints = ["vercel", "cohere", "azure", "meta", "modal", "sap-ai-core"].map((id) => refusalOf(id)!.fix);
    for (const hint of hints) {
      const [, name, api] = /: ([a-z-]+): \{ api: ([a-z-]+), models: \[the-model\] \}$/.exec(hint)!;
      expect(read({ [name!]: { api, models: ["the-model"] } })).toMatchObject({ ok: true });
    }
  });

  test.each([
    [{ House: { models: ["a"] } }, /"House" is not a valid provider name/],
    [{ "a/b": { models: ["a"] } }, /"a\/b" is not a valid provider name/],
    [{ "a-": { models: ["a"] } }, /"a-" is not a valid provider name/],
    [{ constructor: { models: ["a"] } }, /"constructor" is not a valid provider name/],
    [{ house: {} }, /is not in the catalogue/],
    [{ house: { models: [] } }, /house names no model/],
    [{ house: { models: {} } }, /house names no model/],
    [{ house: { models: null } }, /the models of house are nothing/],
    [{ house: { models: "a" } }, /the models of house are the string a/],
    [{ house: { models: ["a", 5] } }, /have the number 5 among them/],
    [{ house: { models: ["{env:HOME}"] } }, /"\{env:HOME\}" has a character/],
    [{ house: { models: ['a"b'] } }, /has a character/],
    [{ house: { models: ["../a"] } }, /has a character/],
    [{ house: { models: ["a\nb"] } }, /has a character/],
    [{ house: { models: { a: 5 } } }, /house\/a is the number 5/],
    [{ house: { models: { a: { context: 1 } } } }, /have to be two whole numbers/],
    [{ house: { models: { a: { context: 1, output: 1.5 } } } }, /have to be two whole numbers/],
    [{ house: { models: { a: { context: "1", output: 1 } } } }, /have to be two whole numbers/],
    [{ house: { models: { a: { context: 1, output: 0 } } } }, /have to be two whole numbers/],
    [{ house: { models: { a: { cost: 1 } } } }, /house\/a has no setting "cost"/],
    [{ house: { models: { a: { images: "yes" } } } }, /reasoning and images of house\/a have to be true or false/],
    [{ house: { models: { a: { name: "{file:/etc/passwd}" } } } }, /the name of house\/a has to be one line/],
    [{ house: { models: ["a"], name: "x\ny" } }, /the name of house has to be one line/],
    [{ house: { models: ["a"], name: "{env:KEY}" } }, /the name of house has to be one line/],
    [{ house: { models: ["a"], url: "http://x" } }, /house has no setting "url"/],
    [{ house: { models: ["a"], api: "completions" } }, /house does not speak "completions"/],
    [{ house: { models: ["a/b"], api: "generate-content" } }, /because of its slash/],
    [{ "google-vertex": { models: ["meta/llama"] } }, /because of its slash/],
    [{ openai: { name: "Mine" } }, /openai has no setting "name"/],
    [{ openai: { models: Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`m${index}`, null])) } }, /more than 200/],
    [Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`m${index}`, { models: ["a"] }])), /more than 50 providers/],
  ])("%j", (value, why) => {
    const given = read(value);
    if (given.ok) throw new Error("it was taken");
    expect(given.why).toMatch(why);
    expect(given.fix).not.toBe("");
  });

  test("a model that its provider does not offer", () => {
    const earlier = { providers: [house, { id: "google", api: "generate-content" } as const] };
    const parse = (text: string): string => {
      const given = questionOf("model").parse(text, earlier);
      return given.ok ? "taken" : `${given.why}; ${given.fix}`;
    };
    expect(parse("house-models/qwen3-coder")).toBe("taken");
    expect(parse("house-models/other")).toBe(
      "house-models/other is not among the models of house-models; add it there, or choose from qwen3-coder",
    );
    expect(parse("google/gemini-9")).toBe("taken");
    expect(parse("google/models/gemini-9")).toMatch(/because of its slash/);
  });
});

describe("answers and the spec", () => {
  test.each([
    [{ "house-models": { models: { "qwen3-coder": { context: 262144, output: 65536 } }, name: "House", api: "chat" } }, [house]],
    [{ house: { models: ["a", "b"] } }, [{ id: "house", api: "chat", models: [{ id: "a" }, { id: "b" }] }]],
    [{ google: { models: ["x"] } }, [{ id: "google", api: "generate-content", models: [{ id: "x" }] }]],
    [{ openai: { api: "chat" } }, [{ id: "openai", api: "chat" }]],
    [
      { groq: { models: { a: null, b: { name: "B" }, c: { context: 2, output: 1 } } } },
      [{ id: "groq", api: "chat", models: [{ id: "a" }, { id: "b", name: "B" }, { id: "c", limit: { context: 2, output: 1 } }] }],
    ],
    [
      { house: { models: { a: { reasoning: true, images: false } } } },
      [{ id: "house", api: "chat", models: [{ id: "a", reasoning: true, images: false }] }],
    ],
    // A map has what looks like a number first: so has a list.
    [{ house: { models: ["b", "10", "9"] } }, [{ id: "house", api: "chat", models: [{ id: "9" }, { id: "10" }, { id: "b" }] }]],
  ])("%j is understood, and written and read again it is the same", (value, choices) => {
    expect(read(value)).toEqual({ ok: true, value: choices, notes: [] });
    const { write, format, parse } = questionOf("providers");
    expect(read(write(choices as ProviderChoice[]))).toEqual({ ok: true, value: choices, notes: [] });
    expect(parse(format(choices as ProviderChoice[]), {})).toEqual({ ok: true, value: choices, notes: [] });
    const answers = answersFor(choices as ProviderChoice[]);
    const { spec } = renderEnvironment({
      answers,
      release: pinnedRelease,
      registry: "",
      shape: { kind: "own" },
      catalogue,
      doctor: "",
    });
    expect(read(parseSpec(spec).providers!.value)).toEqual({ ok: true, value: choices, notes: [] });
  });

  test("a flag leaves what the spec says of a provider, as far as it says nothing else", () => {
    const written: Answers["providers"] = [{ id: "openai", api: "chat", models: [{ id: "gpt-6.1-sol" }] }, house];
    const given = (text: string): unknown => {
      const parsed = questionOf("providers").parse(text, {}, written);
      return parsed.ok ? parsed.value : parsed.why;
    };
    expect(given("openai,groq")).toEqual([written[0], { id: "groq", api: "chat" }]);
    expect(given("openai:responses")).toEqual([{ ...written[0], api: "responses" }]);
    expect(given(`groq,${house.id}`)).toEqual([{ id: "groq", api: "chat" }, house]);
    expect(given(`${house.id}:messages`)).toEqual([{ ...house, api: "messages" }]);
    expect(given("stranger")).toMatch(/its models are unknown/);
    expect(given('{"openai":{"models":["gpt-6.1-sol"]}}')).toEqual([
      { id: "openai", api: "responses", models: [{ id: "gpt-6.1-sol" }] },
    ]);
  });

  test("an edit of the spec leaves comments beside it", () => {
    const text = "aperture: { url: http://ai }\nproviders: # ours\n  house: # the first\n    api: chat\n    models: [a] # one\n";
    const value: ProviderChoice[] = [{ id: "house", api: "chat", models: [{ id: "a" }, { id: "b" }] }];
    const edited = editSpec(text, [{ question: questionOf("providers") as never, value, source: "flag", notes: [] }]);
    if (!edited.ok) throw new Error(edited.why);
    expect(edited.text).toContain("providers: # ours\n  house: # the first\n    api: chat\n");
    expect(read(parseSpec(edited.text).providers!.value)).toEqual({ ok: true, value, notes: [] });
  });

  test("models are proposed of what is offered", () => {
    const earlier = { providers: [house] };
    expect(questionOf("model").propose({} as never, earlier).value).toBe("house-models/qwen3-coder");
    expect(questionOf("smallModel").propose({} as never, { ...earlier, model: "house-models/qwen3-coder" }).value).toBe(
      "house-models/qwen3-coder",
    );
    const few = { providers: [{ id: "openai", api: "responses", models: [{ id: "gpt-5.4" }] }] } as const;
    expect(questionOf("model").propose({} as never, few).value).toBe("openai/gpt-5.4");
    expect(questionOf("smallModel").propose({} as never, { ...few, model: "openai/gpt-5.4" }).value).toBe("openai/gpt-5.4");
  });

  const schema = filesOf(answersFor([house]))["spec.schema.json"] as AnySchema;
  const validate = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(schema);
  test.each([
    [{ openai: { api: "chat" }, google: null, groq: { models: ["a/b"] } }, true],
    [{ "house-models": { api: "converse", name: "House", models: { a: { context: 1, output: 1 }, b: null } } }, true],
    [{ vercel: { models: ["a"] } }, false],
    [{ "openai-chat": { models: ["a"] } }, false],
    [{ house: {} }, false],
    [{ house: { models: [] } }, false],
    [{ house: { models: { a: { context: 1 } } } }, false],
    [{ House: { models: ["a"] } }, false],
    [{ openai: { api: "messages" } }, false],
    [{ openai: { name: "Mine" } }, false],
    [{ house: { models: ["{env:X}"] } }, false],
    [{ house: { models: ["a"], name: "{env:X}" } }, false],
  ])("the schema for editors says of %j: %s", (value, valid) => {
    expect(validate({ providers: value })).toBe(valid);
    expect(read(value).ok).toBe(valid);
  });
});

describe("the separate style", () => {
  test("openai over chat has another id, a package for compatible APIs, and what its models take", () => {
    const answers = answersFor([{ id: "openai", api: "chat" }], { smallModel: "openai/gpt-6-luna" });
    const files = filesOf(answers);
    expect(files["opencode.json"]).toMatchObject({
      model: "openai-chat/gpt-6-sol",
      small_model: "openai-chat/gpt-6-luna",
      enabled_providers: ["openai-chat"],
      provider: { "openai-chat": { options: { baseURL: "{env:APERTURE_URL}/v1", apiKey: "-", chunkTimeout: 600_000 } } },
    });
    const { models } = (files["opencode.json"] as { provider: Record<string, { models: Record<string, unknown> }> }).provider[
      "openai-chat"
    ]!;
    expect(models["gpt-5.1"]).toEqual({ options: { max_tokens: null } });
    expect(models["gpt-6-sol"]).toEqual({ options: { max_tokens: null, reasoningEffort: "none" } });
    expect(models).not.toHaveProperty(["gpt-4.1"]);
    const entry = (files["models.json"] as Record<string, { npm: string; env: unknown; models: Record<string, object> }>)[
      "openai-chat"
    ]!;
    expect(entry).toMatchObject({ id: "openai-chat", npm: "@ai-sdk/openai-compatible", env: [] });
    expect(Object.keys(entry.models).filter((id) => /codex|-pro$|6\.1|astra/.test(id))).toEqual([]);
    expect(entry.models["gpt-6-sol"]).toMatchObject({ reasoning_options: [] });
    expect(entry.models["gpt-5.1"]).toEqual(catalogue["openai"]!.models["gpt-5.1"]);
    expect(JSON.stringify(entry.models)).not.toContain("experimental");
    expect(files["auth.json"]).toEqual({ "openai-chat": { type: "api", key: "-" } });
    expect(emittedIds(answers)).toEqual(["openai-chat"]);
  });

  test("a team's own provider is completely in the configuration, and not in the catalogue", () => {
    const files = filesOf(answersFor([house]));
    expect((files["opencode.json"] as { provider: unknown }).provider).toEqual({
      "house-models": {
        name: "House",
        npm: "@ai-sdk/openai-compatible",
        options: { baseURL: "{env:APERTURE_URL}/v1", apiKey: "-", chunkTimeout: 600_000 },
        models: { "qwen3-coder": { limit } },
      },
    });
    expect(files["models.json"]).toEqual({});
  });

  test("listed models are all that is offered, with the catalogue's limits or the given ones", () => {
    const models = [
      { id: "gemini-2.5-pro" },
      { id: "gemini-2.5-flash", name: "Quick", limit },
      { id: "gemini-9", limit },
      { id: "gemini-10" },
    ];
    const answers = answersFor([{ id: "google", api: "generate-content", models }]);
    const files = filesOf(answers);
    expect((files["opencode.json"] as { provider: unknown }).provider).toEqual({
      google: {
        whitelist: models.map(({ id }) => id),
        options: { baseURL: "{env:APERTURE_URL}/v1beta", apiKey: "-", chunkTimeout: 600_000 },
        models: { "gemini-9": { limit }, "gemini-10": {} },
      },
    });
    const known = catalogue["google"]!.models;
    expect((files["models.json"] as Record<string, { models: unknown }>)["google"]!.models).toEqual({
      "gemini-2.5-pro": known["gemini-2.5-pro"],
      "gemini-2.5-flash": { ...known["gemini-2.5-flash"], name: "Quick", limit },
    });
    expect(modelsWithoutLimits(answers, catalogue)).toEqual(["google/gemini-10"]);
  });

  test("a model's modes are not offered where they are not listed", () => {
    const [id] = Object.entries(catalogue["openai"]!.models).find(([, model]) => model["experimental"] !== undefined)!;
    const files = filesOf(answersFor([{ id: "openai", api: "responses", models: [{ id }] }]));
    expect(JSON.stringify(files["models.json"])).not.toContain("experimental");
  });

  test("managed has the address itself", () => {
    const files = filesOf(answersFor(everyChoice.slice(0, 5), { managed: true, url: "http://gateway:8080" }));
    expect(JSON.stringify(files["opencode.json"])).not.toContain("{env:");
  });
});

describe("the compact style", () => {
  const compact = (choices: readonly ProviderChoice[], more: Partial<Answers> = {}): Answers =>
    answersFor(choices, { style: "compact", ...more });
  const keysOf = (answers: Answers): string[][] => nameModels(answers).map(({ key, wire }) => [key, wire]);

  test("has one provider, whose models name their package and address, and nothing else", () => {
    const answers = compact([{ id: "anthropic", api: "messages" }, { id: "openai", api: "responses" }, house], {
      smallModel: "anthropic/claude-haiku-4-5",
    });
    const files = filesOf(answers);
    const base = "{env:APERTURE_URL}/v1";
    const headers = { "anthropic-beta": "interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14" };
    expect(files["opencode.json"]).toMatchObject({
      model: "aperture/claude-sonnet-5-5",
      small_model: "aperture/claude-haiku-4-5",
      enabled_providers: ["aperture"],
    });
    expect((files["opencode.json"] as { provider: unknown }).provider).toEqual({
      aperture: {
        name: "Aperture",
        npm: "@ai-sdk/openai-compatible",
        options: { apiKey: "-", chunkTimeout: 600_000 },
        models: {
          "claude-sonnet-5-5": { provider: { npm: "@ai-sdk/anthropic", api: base }, headers },
          "claude-haiku-4-5": { provider: { npm: "@ai-sdk/anthropic", api: base }, headers },
          "gpt-6.1-sol": { provider: { npm: "@ai-sdk/openai", api: base } },
          "gpt-6-luna": { provider: { npm: "@ai-sdk/openai", api: base } },
          "qwen3-coder": { limit, provider: { npm: "@ai-sdk/openai-compatible", api: base } },
        },
      },
    });
    const entry = (files["models.json"] as Record<string, { models: Record<string, object> }>)["aperture"]!;
    const { experimental: _modes, ...sol } = catalogue["openai"]!.models["gpt-6.1-sol"]!;
    expect(entry.models["gpt-6.1-sol"]).toEqual({ ...sol, provider: { npm: "@ai-sdk/openai" } });
    expect(Object.keys(entry.models)).toEqual(["claude-sonnet-5-5", "claude-haiku-4-5", "gpt-6.1-sol", "gpt-6-luna"]);
    expect(files["auth.json"]).toEqual({ aperture: { type: "api", key: "-" } });
    expect(emittedIds(answers)).toEqual(["aperture"]);
  });

  test("a provider names its list, else what was chosen of it, else what is proposed for it", () => {
    const named = (choice: ProviderChoice, model: string): string[] =>
      namedModels(choice, { providers: [choice], model, smallModel: model }).map(({ id }) => id);
    expect(named(house, "x/y")).toEqual(["qwen3-coder"]);
    expect(named({ id: "openai", api: "chat" }, "openai/o9")).toEqual(["o9"]);
    expect(named({ id: "openai", api: "responses" }, "x/y")).toEqual(["gpt-6.1-sol", "gpt-6-luna"]);
    expect(named({ id: "openai", api: "chat" }, "x/y")).toEqual(["gpt-6-sol", "gpt-6-luna"]);
  });

  const one = (id: string, api: WireFormat, ...models: string[]): ProviderChoice => ({
    id,
    api,
    models: models.map((model) => ({ id: model })),
  });

  test.each([
    [
      "nothing shared",
      [one("a", "chat", "x"), one("b", "chat", "y")],
      [
        ["x", "x"],
        ["y", "y"],
      ],
    ],
    [
      "the same request: the provider is said on the wire",
      [one("a", "chat", "x"), one("b", "chat", "x")],
      [
        ["a/x", "a/x"],
        ["b/x", "b/x"],
      ],
    ],
    [
      "another path: the name is as it is",
      [one("a", "chat", "x"), one("b", "messages", "x")],
      [
        ["a/x", "x"],
        ["b/x", "x"],
      ],
    ],
    [
      "two of Google's",
      [one("google", "generate-content", "x"), one("google-vertex", "vertex", "x")],
      [
        ["google/x", "x"],
        ["google-vertex/x", "x"],
      ],
    ],
    [
      "a long name that another model has",
      [one("a", "chat", "x"), one("b", "messages", "x"), one("c", "chat", "a/x")],
      [
        ["a/x", "x"],
        ["b/x", "x"],
        ["c/a/x", "a/x"],
      ],
    ],
  ] as const)("%s", (_name, choices, keys) => {
    expect(keysOf(compact(choices))).toEqual(keys);
    expect(new Set(keys.map(([key]) => key)).size).toBe(keys.length);
  });

  test.each(["generate-content", "vertex", "converse"] as const)(
    "two of the same name over %s are refused, with the reason",
    (api) => {
      const chosen = [one("a", api, "x"), one("b", api, "x"), house];
      expect(findAmbiguity(compact(chosen))).toEqual({ model: "x", providers: ["a", "b"] });
      const earlier = { providers: chosen, model: "a/x", smallModel: "a/x" };
      expect(questionOf("style").parse("compact", earlier)).toMatchObject({
        ok: false,
        why: expect.stringContaining("a, b all have a model x"),
      });
      expect(questionOf("style").parse("separate", earlier)).toMatchObject({ ok: true });
      expect(
        questionOf("style").parse("compact", { ...earlier, providers: [one("a", api, "x"), one("b", "chat", "x")] }),
      ).toMatchObject({ ok: true });
    },
  );

  test("a model with another name on the wire has all settings, because OpenCode would look that name up", () => {
    const answers = compact([
      one("google", "generate-content", "gemini-2.5-pro"),
      one("google-vertex", "vertex", "gemini-2.5-pro"),
    ]);
    const files = filesOf(answers);
    const { models } = (files["opencode.json"] as { provider: Record<string, { models: Record<string, object> }> }).provider[
      "aperture"
    ]!;
    const { name, limit: known, modalities } = catalogue["google-vertex"]!.models["gemini-2.5-pro"]!;
    expect(models["google-vertex/gemini-2.5-pro"]).toMatchObject({
      id: "gemini-2.5-pro",
      name,
      limit: known,
      modalities,
      provider: { npm: "@ai-sdk/google-vertex", api: expect.stringMatching(/\/publishers\/google$/) },
    });
    expect(files["models.json"]).toEqual({});
  });

  test("what a project's configuration sets for a model of it bypasses the gateway, and is named", () => {
    const text = JSON.stringify({
      provider: {
        aperture: {
          api: "https://past.example/v1",
          models: {
            "gpt-6.1-sol": { provider: { api: "https://past.example/v1" } },
            other: { provider: { api: "http://ai/v1" } },
          },
        },
      },
    });
    const given = { url: "http://ai", providers: ["aperture"], addressed: "models" } as const;
    const found = findBypass([{ path: "opencode.json", text }], given);
    expect(found.map(({ code, fixes }) => [code, fixes![0]!.path])).toEqual([
      ["bypass", ["provider", "aperture", "api"]],
      ["bypass", ["provider", "aperture", "models", "gpt-6.1-sol", "provider", "api"]],
    ]);
    expect(findBypass([{ path: "opencode.json", text }], { ...given, addressed: "providers" })).toEqual([]);
  });
});

describe("what OpenAI's newer models do not take over chat", () => {
  test.each([
    ["gpt-4.1", null],
    ["gpt-4o", null],
    ["gpt-oss-120b", null],
    ["qwen3-coder", null],
    ["claude-opus-4-5", null],
    ["llama-o1x", null],
    ["o3", { max_tokens: null }],
    ["o4-mini", { max_tokens: null }],
    ["gpt-5-nano", { max_tokens: null }],
    ["openai/gpt-5.1", { max_tokens: null }],
    ["gpt-5.2", { max_tokens: null, reasoningEffort: "none" }],
    ["openai/gpt-5.6-terra", { max_tokens: null, reasoningEffort: "none" }],
    ["gpt-5.2-chat-latest", { max_tokens: null }],
    ["gpt-6", { max_tokens: null, reasoningEffort: "none" }],
  ])("%s", (model, options) => {
    expect(chatOptions(model)).toEqual(options);
    expect(hasEfforts(model)).toBe(options === null || !("reasoningEffort" in options));
  });
});

const schemaFile = join(import.meta.dirname, "..", "..", "..", "shared", "schemas", "opencode-config.schema.json");

/** OpenCode's own, where it can be had, and one of ours from its documentation. */
const schemas: readonly (readonly [string, () => AnySchema])[] = [
  ["a schema of ours", () => opencodeSchema],
  ...(existsSync(schemaFile)
    ? ([["OpenCode's own schema", () => JSON.parse(readFileSync(schemaFile, "utf8")) as AnySchema]] as const)
    : []),
];

describe.each(schemas)("%s", (_name, read) => {
  test("takes every provider in both styles", () => {
    const schema = read();
    const validate = new Ajv2020({ strict: false }).compile(schema);
    for (const style of ["separate", "compact"] as const) {
      for (const choice of [...everyChoice, house]) {
        const config = filesOf(answersFor([choice], { style }))["opencode.json"];
        expect(validate(config), `${style} ${choice.id} ${JSON.stringify(validate.errors)}`).toBe(true);
      }
    }
    const twins = ["google", "google-vertex"].map((id) => ({ id, api: providers[id]!.defaultApi }));
    expect(validate(filesOf(answersFor(twins, { style: "compact" }))["opencode.json"]), JSON.stringify(validate.errors)).toBe(
      true,
    );
  });
});

test("what is emitted is made from answers and the catalogue alone", () => {
  const answers = answersFor([house, { id: "google", api: "generate-content" }]);
  expect(emitProviders(answers, catalogue, "http://ai")).toEqual(
    emitProviders(structuredClone(answers), structuredClone(catalogue), "http://ai"),
  );
  expect(() => emitProviders(answers, {}, "http://ai")).toThrow("the catalogue was loaded without google");
});

describe("what a managed configuration pins", () => {
  interface Written {
    readonly disabled_providers: readonly string[];
    readonly provider: Readonly<
      Record<
        string,
        {
          readonly npm: string;
          readonly options: { readonly baseURL: string; readonly apiKey: string };
          readonly whitelist: readonly string[];
          readonly blacklist: readonly string[];
          readonly models: Readonly<
            Record<string, { readonly id?: string; readonly provider: { readonly npm: string; readonly api?: string } }>
          >;
        }
      >
    >;
  }
  const pinned = (choices: readonly ProviderChoice[], more: Partial<Answers> = {}): Written =>
    filesOf(answersFor(choices, { managed: true, ...more }))["opencode.json"] as Written;

  test.each(["separate", "compact"] as const)("each address, key, package and model, in the %s style", (style) => {
    const { provider, disabled_providers: disabled } = pinned(
      [...everyChoice.filter(({ id }, index) => everyChoice.findIndex((each) => each.id === id) === index), house],
      { style },
    );
    expect(disabled).toEqual([]);
    for (const [id, { npm, options, whitelist, blacklist, models }] of Object.entries(provider)) {
      expect([npm, options.apiKey, blacklist], id).toEqual([expect.stringMatching(/^@/), "-", []]);
      expect(whitelist, id).toEqual(Object.keys(models));
      for (const [name, model] of Object.entries(models)) {
        expect(model.provider.npm, `${id}/${name}`).toMatch(/^@/);
        if (style === "compact") expect([options.baseURL, model.provider.api]).toEqual(["", expect.stringMatching(/^http:\/\//)]);
        else expect(options.baseURL).toMatch(/^http:\/\//);
      }
    }
  });

  test("models stay what the catalogue makes of them: names on the wire, and modes as models of their own", () => {
    const { anthropic } = pinned([{ id: "anthropic", api: "messages" }]).provider;
    const modes = Object.entries(catalogue["anthropic"]!.models).flatMap(([id, { experimental }]) =>
      Object.keys((experimental as { readonly modes?: object } | undefined)?.modes ?? {}).map((mode) => `${id}-${mode}`),
    );
    expect(modes.length).toBeGreaterThan(0);
    expect(new Set(anthropic!.whitelist)).toEqual(new Set([...Object.keys(catalogue["anthropic"]!.models), ...modes]));
    for (const [name, { id }] of Object.entries(anthropic!.models)) expect(id).toBe(modes.includes(name) ? undefined : name);
  });

  test("nothing of it where it is not managed", () => {
    const { provider } = filesOf(answersFor([{ id: "anthropic", api: "messages" }]))["opencode.json"] as Written;
    expect(provider["anthropic"]).toEqual({ options: { baseURL: "{env:APERTURE_URL}/v1", apiKey: "-", chunkTimeout: 600_000 } });
  });
});

describe("how long a stream may be silent", () => {
  const timeouts = (more: Partial<Answers>): unknown[] => {
    const choices = [...everyChoice.filter(({ id }, index) => everyChoice.findIndex((each) => each.id === id) === index), house];
    const { provider } = filesOf(answersFor(choices, more))["opencode.json"] as {
      readonly provider: Readonly<Record<string, { readonly options: { readonly chunkTimeout?: unknown } }>>;
    };
    expect(Object.keys(provider).length).toBe(more.style === "compact" ? 1 : choices.length);
    return [...new Set(Object.values(provider).map(({ options }) => options.chunkTimeout))];
  };

  test.each([
    ["separate", false],
    ["separate", true],
    ["compact", false],
    ["compact", true],
  ] as const)("is said of every provider, in the %s style, managed: %s", (style, managed) => {
    expect(timeouts({ style, managed })).toEqual([600_000]);
    expect(timeouts({ style, managed, chunkTimeout: 90_000 })).toEqual([90_000]);
    expect(timeouts({ style, managed, chunkTimeout: false })).toEqual([undefined]);
  });
});
