/** Real OpenCode with every provider in both styles: the path, the keys, the model's name on the wire and the answer; and what can be chosen. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nameModels } from "../../src/catalog/compact.ts";
import { compactId, defaultsOf, providers, speechOf } from "../../src/catalog/providers.ts";
import { wireFormats, type WireFormat } from "../../src/catalog/wire-formats.ts";
import type { Answers, ProviderChoice } from "../../src/questions/types.ts";
import { emitProviders } from "../../src/render/providers.ts";
import type { LocalInstallation } from "../../src/scripts/install-locally.ts";
import { catalogue } from "../support/catalogue.ts";
import { opencodeBinary } from "../support/opencode.ts";
import {
  ask,
  bait,
  defaultAnswers,
  findBait,
  install,
  makePlace,
  removeFolders,
  run,
  tapGateway,
  type Ran,
  type TappedGateway,
} from "./environment.ts";

const available = (await opencodeBinary()) !== null;

/** Every key and address that the catalogue's providers take from the environment, and more that their packages do: all look real. */
const variables: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...Object.values(catalogue).flatMap(({ env }) => env as string[]),
      "GOOGLE_VERTEX_API_KEY",
      "GEMINI_API_KEY",
      "XAI_API_KEY",
    ].map((name) => [name, `bait-${name}`]),
  ),
  ...bait,
};

/** A PNG of one pixel. */
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const limit = { context: 100_000, output: 8000 };
const formats = Object.keys(wireFormats) as WireFormat[];
const house = (api: WireFormat): ProviderChoice => ({
  id: `house-${api}`,
  api,
  models: [{ id: wireFormats[api].noSlash ? `model-${api}:1` : `house/model-${api}:1`, limit }],
});
const defaults = Object.values(providers).map(({ id, defaultApi }): ProviderChoice => ({ id, api: defaultApi }));
const others = Object.values(providers).flatMap(({ id, defaultApi, wireFormats: spoken }) =>
  Object.keys(spoken).flatMap((api): ProviderChoice[] => (api === defaultApi ? [] : [{ id, api: api as WireFormat }])),
);
/** The proposed model of a provider, or the first of its own. */
const modelOf = (choice: ProviderChoice): string => `${choice.id}/${choice.models?.[0]!.id ?? defaultsOf(choice)!.model}`;
const namedToo = (choice: ProviderChoice): ProviderChoice =>
  choice.models === undefined ? { ...choice, models: [{ id: defaultsOf(choice)!.model }] } : choice;

const answersFor = (choices: readonly ProviderChoice[], style: Answers["style"], model = modelOf(choices[0]!)): Answers => ({
  ...defaultAnswers,
  providers: choices,
  model,
  smallModel: model,
  style,
  attribution: ["repository", "revision", "job", "run", "team=payments"],
});

/** The provider whose model another has, too, in the same format and in another one. */
const twins: readonly ProviderChoice[] = [
  { id: "groq", api: "chat", models: [{ id: "openai/gpt-oss-120b" }] },
  { id: "togetherai", api: "chat", models: [{ id: "openai/gpt-oss-120b" }] },
  { id: "google", api: "generate-content", models: [{ id: "gemini-3.8-flash" }] },
  { id: "google-vertex", api: "vertex", models: [{ id: "gemini-3.8-flash", limit }] },
];

const environments: readonly Answers[] = [
  answersFor([...defaults, ...formats.map(house)], "separate"),
  answersFor(others.map(namedToo), "separate"),
  answersFor([...defaults.map(namedToo), ...formats.map(house)], "compact"),
  answersFor(others.map(namedToo), "compact"),
  answersFor(twins, "compact"),
];

interface Case {
  readonly name: string;
  readonly answers: Answers;
  readonly choice: ProviderChoice;
  /** As it is chosen inside the environment, and as it is on the wire. */
  readonly model: string;
  readonly wire: string;
}

const cases = environments.flatMap((answers): Case[] =>
  answers.providers.map((choice) => {
    const full = modelOf(choice);
    const { model } = emitProviders({ ...answers, model: full }, catalogue, "");
    const id = full.slice(choice.id.length + 1);
    const one = nameModels(answers).find(({ provider, model: named }) => provider === choice && named.id === id);
    const wire = answers.style === "compact" ? one!.wire : id;
    return { name: `${answers.style}: ${choice.id} over ${choice.api} as ${model}`, answers, choice, model, wire };
  }),
);

/** What is called for a model whose answer is streamed. */
function pathFor(api: WireFormat, model: string): string {
  const { suffix } = wireFormats[api];
  const encoded = encodeURIComponent(model);
  switch (api) {
    case "generate-content":
    case "vertex":
      return `${suffix}/models/${model}:streamGenerateContent`;
    case "converse":
      return `${suffix}/model/${encoded}/converse-stream`;
    default:
      return wireFormats[api].path;
  }
}

/** The key as each format carries it. */
const keys: Readonly<Record<WireFormat, string>> = {
  messages: "-",
  responses: "Bearer -",
  chat: "Bearer -",
  "generate-content": "-",
  vertex: "-",
  converse: "Bearer -",
};

describe.skipIf(!available)("OpenCode with every provider", () => {
  const installations = new Map<Answers, LocalInstallation>();
  const seen = new Map<Case, { readonly ran: Ran; readonly gateway: TappedGateway }>();

  const askOne = async (one: Case): Promise<void> => {
    const { choice } = one;
    const id = modelOf(choice).slice(choice.id.length + 1);
    const provider = { id: choice.id, name: choice.id };
    const gateway = await tapGateway([{ id, provider, endpoints: [wireFormats[choice.api].path] }]);
    const { opencode, env } = installations.get(one.answers)!;
    const ran = await run([opencode, ...ask(one.model)], {
      place: makePlace(),
      env: { ...variables, ...env, GITHUB_REPOSITORY: "acme/app", GITHUB_JOB: "build", APERTURE_URL: gateway.origin },
    });
    await gateway.close();
    seen.set(one, { ran, gateway });
  };

  beforeAll(async () => {
    for (const answers of environments) installations.set(answers, await install(answers));
    const waiting = [...cases];
    const work = async (): Promise<void> => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await askOne(one);
    };
    // Each takes some seconds, and most of that is waiting.
    await Promise.all([work(), work()]);
  });
  afterAll(removeFolders);

  test.each(cases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
    const { choice, wire } = one;
    const { ran, gateway } = seen.get(one)!;
    expect(ran.exitCode, ran.stderr + ran.stdout).toBe(0);
    expect(ran.stdout).toContain("You said: hi");
    expect(gateway.requests.map(({ path, model, status, stream }) => ({ path, model, status, stream }))).toEqual([
      { path: pathFor(choice.api, wire), model: wire, status: 200, stream: true },
    ]);
    expect(gateway.requests[0]).toMatchObject({ placeholder: true, keys: [keys[choice.api]] });
    // Through every package: what has a value, and nothing for the run, which has none.
    expect(gateway.requests[0]!.attribution).toEqual({
      repository: "acme/app",
      revision: expect.stringMatching(/^[0-9a-f]{12}$/) as unknown,
      job: "build",
      team: "payments",
    });
    expect(findBait(gateway.received())).toEqual([]);
    expect(gateway.received()).not.toContain("bait-");
    // What OpenCode adds for a provider's own id is there in both styles.
    for (const value of Object.values(speechOf(choice).headers)) {
      for (const part of value.split(",")) expect(gateway.received()).toMatch(new RegExp(`^anthropic-beta: .*${part}`, "im"));
    }
    // OpenAI's own limit is another field over chat, and efforts do not go with tools there.
    if (choice.id === "openai" && choice.api === "chat") expect(gateway.received()).toContain('"max_tokens":null');
  });

  test.each(environments.map((answers, index) => ({ index, answers })))(
    "environment $index: its models can be chosen, and no other",
    async ({ answers }) => {
      const { opencode, env } = installations.get(answers)!;
      // Into a file: of a pipe OpenCode fills one buffer and ends.
      const place = makePlace();
      const ran = await run(["sh", "-c", '"$1" models >list', "sh", opencode], {
        place,
        env: { ...variables, ...env, APERTURE_URL: "http://ai" },
      });
      expect(ran.exitCode, ran.stderr).toBe(0);
      expect(readFileSync(join(place.work, "list"), "utf8").trim().split("\n").sort()).toEqual(expectedModels(answers).sort());
    },
  );

  test.each(["separate", "compact"] as const)("what is said of one's own models counts, %s", async (style) => {
    const models = [
      { id: "sees", limit, images: true, reasoning: true },
      { id: "blind", limit },
    ];
    const choice: ProviderChoice = { id: "house", api: "chat", models };
    const { opencode, env } = await install(answersFor([choice], style));
    const provider = { id: "house", name: "House" };
    const gateway = await tapGateway(models.map(({ id }) => ({ id, provider, endpoints: ["/v1/chat/completions"] })));
    const place = makePlace();
    writeFileSync(join(place.work, "dot.png"), Buffer.from(dot, "base64"));
    const sent = async (model: string): Promise<string> => {
      const before = gateway.received().length;
      const name = `${style === "compact" ? compactId : "house"}/${model}`;
      const command = ["run", "--title", "test", "--model", name, "what is this", "--file", "dot.png"];
      const ran = await run([opencode, ...command], { place, env: { ...env, APERTURE_URL: gateway.origin } });
      expect(ran.exitCode, ran.stderr).toBe(0);
      return gateway.received().slice(before);
    };
    expect(await sent("sees")).toContain(`data:image/png;base64,${dot}`);
    const blind = await sent("blind");
    expect(blind).not.toContain(dot);
    expect(blind).toContain("does not support image input");
    await gateway.close();
    const listed = await run([opencode, "models", "--verbose"], { place, env });
    expect(listed.stdout).toMatch(/sees\n[^]*?"reasoning": true/);
    expect(listed.stdout).toMatch(/blind\n[^]*?"reasoning": false/);
  });

  test("a project's own model of the one provider bypasses the gateway: the plan names it", async () => {
    const answers = environments[2]!;
    const { opencode, env } = installations.get(answers)!;
    const gateway = await tapGateway([
      { id: "claude-sonnet-5-5", provider: { id: "x", name: "X" }, endpoints: ["/v1/messages"] },
    ]);
    const place = makePlace();
    const models = { "claude-sonnet-5-5": { provider: { api: `${gateway.origin}/v1` } } };
    const schema = "https://opencode.ai/config.json";
    writeFileSync(join(place.work, "opencode.json"), JSON.stringify({ $schema: schema, provider: { [compactId]: { models } } }));
    const ran = await run([opencode, ...ask(`${compactId}/claude-sonnet-5-5`)], {
      place,
      // Nothing listens there, so an answer proves the bypass; the launcher's own check would end the start.
      env: { ...env, APERTURE_URL: "http://127.0.0.1:9", APERTURE_ENV_PROBE: "0" },
    });
    await gateway.close();
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(gateway.requests).toHaveLength(1);
  });
});

/** What `opencode models` has to list, made without the code that renders. OpenCode offers a model's modes as models of their own. */
function expectedModels(answers: Answers): string[] {
  if (answers.style === "compact") return nameModels(answers).map(({ key }) => `${compactId}/${key}`);
  return answers.providers.flatMap((choice) => {
    const { as } = speechOf(choice);
    if (choice.models !== undefined) return choice.models.map(({ id }) => `${as}/${id}`);
    return Object.entries(catalogue[choice.id]!.models).flatMap(([id, { experimental }]) => {
      const modes = Object.keys((experimental as { modes?: object } | undefined)?.modes ?? {});
      return [id, ...modes.map((mode) => `${id}-${mode}`)].map((one) => `${as}/${one}`);
    });
  });
}
