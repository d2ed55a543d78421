/** Answers from everywhere: which source wins, what is asked, and what is refused. */
import { describe, expect, test } from "vitest";
import { AppError } from "../../src/errors.ts";
import { questions } from "../../src/questions/table.ts";
import { resolveAnswers, type AnswerSources, type Ask, type Resolution } from "../../src/questions/resolve.ts";
import type { Answers, Facts, QuestionId, Source } from "../../src/questions/types.ts";
import type { SpecEntries } from "../../src/spec/spec.ts";

const facts: Facts = {
  folder: "sample",
  base: { name: "go", sign: "go.mod" },
  devcontainers: [],
  opencode: "1.18.18",
  today: "2026-11-25",
};
const root = ".devcontainer.json";
const named = ".devcontainer/a/devcontainer.json";
const nothing: AnswerSources = { flags: {}, spec: null, env: {}, lock: null, facts };
const byItself = { ask: null, acceptDefaults: true };

const resolve = (sources: Partial<AnswerSources>, mode: Parameters<typeof resolveAnswers>[1] = byItself): Promise<Resolution> =>
  resolveAnswers({ ...nothing, ...sources }, mode);

/** A spec that says this, each value on a line of its own. */
const specOf = (values: Partial<Record<QuestionId, unknown>>): SpecEntries =>
  Object.fromEntries(
    Object.entries(values).map(([id, value], index) => [
      id,
      { value, place: { file: "aperture-env.yaml", line: index + 1, column: 7 } },
    ]),
  );

const locked: Answers = {
  name: "locked",
  url: "http://locked",
  fqdn: null,
  connection: "network",
  tailscale: null,
  providers: [{ id: "openai", api: "responses" }],
  model: "openai/gpt-6.1-sol",
  smallModel: "openai/gpt-6-luna",
  style: "separate",
  opencode: "1.18.0",
  managed: true,
  online: ["share"],
  plugins: "allow",
  strict: false,
  otherProviders: [],
  chunkTimeout: 600_000,
  state: "container",
  attribution: ["run"],
  codeowners: [],
  doctor: "repository",
  base: { image: "alpine:3", libc: "musl", user: "root" },
  outputs: ["devcontainer"],
  devcontainers: [named],
  containerEnv: { TZ: "UTC" },
  forwardPorts: [3000],
  hooks: { postCreateCommand: "npm ci" },
};
const nothingMore = {
  state: "container",
  attribution: [],
  codeowners: [],
  doctor: "repository",
  devcontainers: ["all"],
  containerEnv: {},
  forwardPorts: [],
  hooks: {},
};

async function refusal(resolution: Promise<Resolution>): Promise<AppError> {
  const error: unknown = await resolution.then(
    () => new Error("it resolved"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

const sourcesOf = ({ resolved }: Resolution): Record<string, Source> =>
  Object.fromEntries(resolved.map(({ question, source }) => [question.id, source]));

describe("each source", () => {
  test("nothing is given: what is proposed is taken, and says so", async () => {
    const resolution = await resolve({});
    expect(resolution.answers).toEqual({
      url: "http://ai",
      fqdn: null,
      connection: "auto",
      tailscale: null,
      providers: [
        { id: "anthropic", api: "messages" },
        { id: "openai", api: "responses" },
      ],
      model: "anthropic/claude-sonnet-5-5",
      smallModel: "anthropic/claude-haiku-4-5",
      style: "separate",
      opencode: "1.18.18",
      managed: false,
      online: [],
      plugins: "allow",
      strict: false,
      otherProviders: [],
      chunkTimeout: 600_000,
      base: "go",
      outputs: ["devcontainer"],
      name: "sample",
      ...nothingMore,
    });
    expect(sourcesOf(resolution)).toEqual({
      url: "default",
      fqdn: "default",
      connection: "default",
      tailscale: "default",
      providers: "default",
      model: "default",
      smallModel: "default",
      style: "default",
      opencode: "default",
      managed: "default",
      online: "default",
      plugins: "default",
      otherProviders: "default",
      chunkTimeout: "default",
      state: "default",
      strict: "default",
      attribution: "default",
      codeowners: "default",
      doctor: "default",
      base: "detected",
      outputs: "default",
      name: "detected",
      containerEnv: "default",
      forwardPorts: "default",
      hooks: "default",
    });
    expect(resolution.resolved.find(({ question }) => question.id === "base")?.because).toBe("go.mod");
    expect(resolution.resolved.map(({ question }) => question)).toEqual(questions.filter(({ id }) => id !== "devcontainers"));
    expect(Object.isFrozen(resolution.answers)).toBe(true);
  });

  test("later proposals rest on earlier answers", async () => {
    const { answers } = await resolve({ flags: { providers: "openai" } });
    expect(answers).toMatchObject({ model: "openai/gpt-6.1-sol", smallModel: "openai/gpt-6-luna" });
    const other = await resolve({ flags: { model: "openai/gpt-6.1-sol" } });
    expect(other.answers.smallModel).toBe("openai/gpt-6-luna");
  });

  test("a variable stands over a default", async () => {
    const { answers, resolved } = await resolve({ env: { APERTURE_ENV_URL: "gw", APERTURE_ENV_MANAGED: "1" } });
    expect(answers).toMatchObject({ url: "http://gw", managed: true });
    expect(resolved[0]).toMatchObject({ source: "environment", because: "APERTURE_ENV_URL" });
    expect(resolved[0]!.notes).toEqual([expect.stringContaining("read gw as http://gw")]);
  });

  test("the official variable is read, and ours stands over it", async () => {
    expect((await resolve({ env: { APERTURE_ENDPOINT: "http://theirs" } })).answers.url).toBe("http://theirs");
    const env = { APERTURE_ENDPOINT: "http://theirs", APERTURE_ENV_URL: "http://ours" };
    expect((await resolve({ env })).answers.url).toBe("http://ours");
    expect((await resolve({ env: { ...env, APERTURE_ENV_URL: "" } })).answers.url).toBe("http://theirs");
  });

  test("a flag stands over a variable", async () => {
    const resolution = await resolve({ flags: { url: "http://flag" }, env: { APERTURE_ENV_URL: "http://env" } });
    expect(resolution.answers.url).toBe("http://flag");
    expect(sourcesOf(resolution)["url"]).toBe("flag");
  });

  test("the spec overrides variables, also for keys that it leaves out", async () => {
    const env = { APERTURE_ENV_URL: "http://env", APERTURE_ENV_NAME: "env", APERTURE_ENDPOINT: "http://theirs" };
    const resolution = await resolve({ spec: specOf({ url: "http://spec" }), env });
    expect(resolution.answers).toMatchObject({ url: "http://spec", name: "sample" });
    expect(sourcesOf(resolution)).toMatchObject({ url: "spec", name: "detected" });
  });

  test("the lock keeps keys that the spec leaves out, and overrides defaults only", async () => {
    const resolution = await resolve({ spec: specOf({ url: "http://spec" }), lock: locked });
    // What is about the user's own dev container, and no longer asked for, goes out of it again.
    expect(resolution.answers).toEqual({ ...locked, url: "http://spec", ...nothingMore });
    expect(sourcesOf(resolution)).toMatchObject({ url: "spec", name: "lock", base: "lock", managed: "lock", outputs: "lock" });
    expect(sourcesOf(resolution)).toMatchObject({ containerEnv: "default", forwardPorts: "default", hooks: "default" });
  });

  test("a lock's wire format counts where its provider speaks it", async () => {
    const hostile = { ...locked, providers: [{ id: "openai", api: "messages" }] } as unknown as Answers;
    const { answers } = await resolve({ spec: {}, lock: hostile });
    expect(answers.providers).toEqual([
      { id: "anthropic", api: "messages" },
      { id: "openai", api: "responses" },
    ]);
    expect((await resolve({ spec: {}, lock: locked })).answers.providers).toEqual(locked.providers);
  });

  test("a lock without a spec counts for nothing", async () => {
    expect((await resolve({ lock: locked })).answers).toMatchObject({ url: "http://ai", name: "sample", managed: false });
  });

  test("what the lock has and the spec no longer allows falls back to a proposal", async () => {
    const spec = specOf({ providers: { anthropic: {} } });
    const resolution = await resolve({ spec, lock: locked });
    expect(resolution.answers).toMatchObject({ model: "anthropic/claude-sonnet-5-5", smallModel: "anthropic/claude-haiku-4-5" });
    expect(sourcesOf(resolution)).toMatchObject({ providers: "spec", model: "default", url: "lock" });
  });

  test("what a lock has is validated like anything else", async () => {
    const hostile = { ...locked, url: "http://x/$(id)", opencode: "2.0.0", name: " ", base: "constructor" };
    const { answers } = await resolve({ spec: {}, lock: hostile });
    expect(answers).toMatchObject({ url: "http://ai", opencode: "1.18.18", name: "sample", base: "go" });
  });
});

describe("nobody can be asked", () => {
  const nobody = { ask: null, acceptDefaults: false };

  test("all open questions are named at once, with what is proposed", async () => {
    const error = await refusal(resolve({ flags: { url: "http://ai" } }, nobody));
    expect(error).toMatchObject({ code: "missing-answers", exit: 2 });
    expect(error.message.split("\n").slice(1)).toEqual([
      "  --providers anthropic,openai",
      "  --model anthropic/claude-sonnet-5-5",
      "  --small-model anthropic/claude-haiku-4-5",
      "  --base go",
    ]);
    expect(error.hint).toContain("--yes");
  });

  test("variables are answers", async () => {
    const env = {
      APERTURE_ENDPOINT: "ai",
      APERTURE_ENV_PROVIDERS: "openai",
      APERTURE_ENV_MODEL: "openai/gpt-6.1-sol",
      APERTURE_ENV_SMALL_MODEL: "openai/gpt-6.1-sol",
      APERTURE_ENV_BASE: "slim",
      APERTURE_ENV_OUTPUTS: "devcontainer",
      APERTURE_ENV_CONTAINER_ENV: "A=1\nB=2",
      APERTURE_ENV_FORWARD_PORTS: "3000 db:1",
      APERTURE_ENV_HOOKS: "postStartCommand=id",
    };
    expect((await resolve({ env }, nobody)).answers).toMatchObject({
      model: "openai/gpt-6.1-sol",
      base: "slim",
      containerEnv: { A: "1", B: "2" },
      forwardPorts: [3000, "db:1"],
      hooks: { postStartCommand: "id" },
    });
  });

  test("the choice of dev containers is open only if there are several", async () => {
    const several = await refusal(resolve({ facts: { ...facts, devcontainers: [root, named] } }, nobody));
    expect(several.message.split("\n").slice(1)).toEqual([
      "  --url http://ai",
      "  --providers anthropic,openai",
      "  --model anthropic/claude-sonnet-5-5",
      "  --small-model anthropic/claude-haiku-4-5",
      "  --devcontainers all",
    ]);
    const one = await refusal(resolve({ facts: { ...facts, devcontainers: [root] } }, nobody));
    expect(one.message).not.toContain("--devcontainers");
  });

  test("with a spec nothing is open", async () => {
    const { answers } = await resolve({ spec: specOf({ url: "http://spec" }) }, nobody);
    expect(answers).toMatchObject({ url: "http://spec", base: "go" });
  });

  test("a value that cannot be understood is told before what is missing", async () => {
    const error = await refusal(resolve({ flags: { base: "fedora" } }, nobody));
    expect(error).toMatchObject({ code: "bad-answer", exit: 2 });
    expect(error.message).toMatch(/^--base: "fedora" is not a base\.$/);
  });
});

describe("somebody can be asked", () => {
  test("only what is open, each with its proposal and the answers before it", async () => {
    const asked: [QuestionId, unknown, QuestionId[]][] = [];
    const ask: Ask = (question, proposal, earlier) => {
      asked.push([question.id, proposal.value, Object.keys(earlier) as QuestionId[]]);
      return Promise.resolve({ value: proposal.value, notes: question.id === "model" ? ["noted"] : [] });
    };
    const resolution = await resolve({ flags: { url: "gw", providers: "openai" } }, { ask, acceptDefaults: false });
    expect(asked.map(([id]) => id)).toEqual(["model", "smallModel", "base"]);
    expect(asked[0]).toEqual(["model", "openai/gpt-6.1-sol", ["url", "fqdn", "connection", "tailscale", "providers"]]);
    expect(sourcesOf(resolution)).toMatchObject({
      url: "flag",
      model: "answer",
      base: "answer",
      name: "detected",
      managed: "default",
    });
    expect(resolution.resolved.flatMap(({ notes }) => notes)).toContain("noted");
  });

  test("which dev containers, with those that are there to choose from", async () => {
    const asked: [QuestionId, readonly string[], unknown][] = [];
    const ask: Ask = (question, proposal, _earlier, choices) => {
      asked.push([question.id, choices.map(({ value }) => value), proposal.value]);
      return Promise.resolve({ value: question.id === "devcontainers" ? [named] : proposal.value, notes: [] });
    };
    const mode = { ask, acceptDefaults: false };
    const several = await resolve({ facts: { ...facts, devcontainers: [root, named] } }, mode);
    expect(asked.at(-1)).toEqual(["devcontainers", ["all", root, named], ["all"]]);
    expect(several.answers.devcontainers).toEqual([named]);
    expect(sourcesOf(several)["devcontainers"]).toBe("answer");
    asked.length = 0;
    const one = await resolve({ facts: { ...facts, devcontainers: [root] } }, mode);
    expect(asked.map(([id]) => id)).not.toContain("devcontainers");
    expect(one.answers.devcontainers).toEqual(["all"]);
  });

  test("with --yes it is all of them, and says which", async () => {
    const { answers, resolved } = await resolve({ facts: { ...facts, devcontainers: [root, named] } });
    expect(answers.devcontainers).toEqual(["all"]);
    expect(resolved.find(({ question }) => question.id === "devcontainers")).toMatchObject({
      source: "detected",
      because: `${root}, ${named}`,
    });
  });

  test("nothing where a spec is there", async () => {
    const ask: Ask = () => Promise.reject(new Error("asked"));
    await expect(resolve({ spec: {} }, { ask, acceptDefaults: false })).resolves.toBeDefined();
  });

  test("what asking throws goes on, for instance a cancel", async () => {
    const ask: Ask = () => Promise.reject(new AppError({ code: "cancelled", exit: 130, message: "Cancelled." }));
    expect(await refusal(resolve({}, { ask, acceptDefaults: false }))).toMatchObject({ exit: 130 });
  });
});

describe("refused", () => {
  const bad: readonly (readonly [string, Partial<AnswerSources>, Partial<AppError>])[] = [
    [
      "a flag",
      { flags: { model: "gpt-6.1-sol" } },
      {
        message: expect.stringMatching(/^--model: "gpt-6.1-sol" names no provider and model\.$/),
        hint: expect.stringMatching(/^Write provider\/model.*\.$/),
      },
    ],
    [
      "a variable",
      { env: { APERTURE_ENDPOINT: "http://ai/x" } },
      { message: expect.stringMatching(/^APERTURE_ENDPOINT: .*\/x/) },
    ],
    [
      "a value of the spec, with its place",
      { spec: specOf({ url: "http://ai", opencode: 1.18 }) },
      {
        message: "opencode.version: expected text, not the number 1.18.",
        hint: "Put it in quotes.",
        where: { file: "aperture-env.yaml", line: 2, column: 7 },
      },
    ],
    ["a key without a value", { spec: specOf({ base: null }) }, { message: "base: expected a base, not nothing." }],
  ];

  test.each(bad)("%s", async (_what, sources, expected) => {
    expect(await refusal(resolve(sources))).toMatchObject({ code: "bad-answer", exit: 2, ...expected });
  });
});

describe("a question that is about nothing here", () => {
  const there: Facts = { ...facts, devcontainers: [".devcontainer/devcontainer.json", root] };

  test("is not asked, not missing and not shown", async () => {
    const asked: QuestionId[] = [];
    const ask: Ask = (question, proposal) => {
      asked.push(question.id);
      return Promise.resolve({ value: proposal.value, notes: [] });
    };
    const resolution = await resolve({ facts: there, env: { APERTURE_ENV_BASE: "alpine" } }, { ask, acceptDefaults: false });
    expect(asked).not.toContain("base");
    expect(Object.keys(sourcesOf(resolution))).not.toContain("base");
    expect(resolution.answers.base).toBe("go");
    const error = await refusal(resolve({ facts: there }, { ask: null, acceptDefaults: false }));
    expect(error.message).not.toContain("--base");
  });

  test.each<readonly [string, Partial<AnswerSources>, RegExp, string]>([
    [
      "a flag",
      { flags: { base: "alpine" } },
      /^--base has no effect here: \.devcontainer\/devcontainer\.json and \.devcontainer\.json decides /,
      "Remove --base.",
    ],
    ["the spec", { spec: specOf({ base: "alpine" }) }, /^base has no effect here: /, "Remove base."],
  ])("hears why, when %s answers it", async (_what, sources, message, hint) => {
    const error = await refusal(resolve({ ...sources, facts: there }));
    expect(error).toMatchObject({ code: "no-effect", exit: 2, hint });
    expect(error.message).toMatch(message);
    expect(error.where?.line).toBe(sources.spec ? 1 : undefined);
  });

  test.each<readonly [string, Partial<AnswerSources>, string]>([
    ["a flag", { flags: { devcontainers: "all" } }, "--devcontainers"],
    ["the spec", { spec: specOf({ devcontainers: [root] }) }, "devcontainer.files"],
  ])("as dev containers are where there is none: %s", async (_what, sources, subject) => {
    const message = `${subject} has no effect here: this repository has no dev container of its own to add to.`;
    expect(await refusal(resolve(sources))).toMatchObject({ code: "no-effect", exit: 2, message, hint: `Remove ${subject}.` });
    expect((await resolve({ env: { APERTURE_ENV_DEVCONTAINERS: "x" } })).answers.devcontainers).toEqual(["all"]);
  });
});

describe("a flag and a spec", () => {
  const spec = specOf({
    url: "http://spec",
    providers: { anthropic: {}, openai: {} },
    managed: false,
    base: { image: "a:1", libc: "musl", user: 0 },
  });

  test("may say the same in other words", async () => {
    const flags = { url: "spec/v1", providers: "anthropic openai", managed: "no", base: "user=0,libc=musl,image=a:1" };
    const resolution = await resolve({ spec, flags });
    expect(resolution.answers.url).toBe("http://spec");
    expect(sourcesOf(resolution)["url"]).toBe("flag");
  });

  const against: readonly (readonly [Partial<Record<QuestionId, string>>, Partial<Answers>])[] = [
    [{ url: "http://flag" }, { url: "http://flag" }],
    [
      { providers: "openai,anthropic" },
      {
        providers: [
          { id: "openai", api: "responses" },
          { id: "anthropic", api: "messages" },
        ],
      },
    ],
    [{ managed: "true" }, { managed: true }],
    [{ base: "alpine" }, { base: "alpine" }],
    [{ name: "x" }, { name: "x" }],
    [{ containerEnv: "A=1\nB=2" }, { containerEnv: { A: "1", B: "2" } }],
    [{ hooks: "" }, { hooks: {} }],
  ];

  test.each(against)("may differ, and then the flag counts: %j", async (flags, answered) => {
    const resolution = await resolve({ spec, flags, lock: locked });
    expect(resolution.answers).toMatchObject(answered);
    for (const id of Object.keys(flags)) expect(sourcesOf(resolution)[id]).toBe("flag");
    const others = Object.entries(sourcesOf(resolution)).filter(([id]) => !(id in flags));
    expect(others.map(([, source]) => source)).not.toContain("flag");
    // What the spec leaves out and no flag says is as the lock has it.
    expect(resolution.answers.opencode).toBe(locked.opencode);
  });

  test("what the flag replaces may be wrong, since it is written anew", async () => {
    const wrong = specOf({ url: "ftp://x", base: 5 });
    expect((await resolve({ spec: wrong, flags: { url: "http://flag", base: "alpine" } })).answers).toMatchObject({
      url: "http://flag",
      base: "alpine",
    });
    expect(await refusal(resolve({ spec: wrong, flags: { url: "http://flag" } }))).toMatchObject({
      code: "bad-answer",
      message: "base: expected a base, not the number 5.",
    });
  });

  test("what the flag makes impossible is a usage error with the spec's place", async () => {
    const models = specOf({ providers: { anthropic: {}, openai: {} }, model: "anthropic/claude-sonnet-5-5" });
    const error = await refusal(resolve({ spec: models, flags: { providers: "openai" } }));
    expect(error).toMatchObject({ code: "bad-answer", exit: 2, where: { file: "aperture-env.yaml", line: 2, column: 7 } });
    expect(error.message).toMatch(/^model: provider anthropic is not enabled\.$/);
  });

  test("a flag that cannot be understood is a usage error first", async () => {
    expect(await refusal(resolve({ spec, flags: { url: "ftp://x" } }))).toMatchObject({ code: "bad-answer", exit: 2 });
  });
});
