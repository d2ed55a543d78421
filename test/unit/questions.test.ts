/** The table of questions: what each reads from a flag, from the spec and from nothing, what it writes back, and what it refuses. */
import { describe, expect, test } from "vitest";
import { bases } from "../../src/catalog/bases.ts";
import { connections } from "../../src/connections/index.ts";
import { offeredOutputs } from "../../src/parts/compose.ts";
import { cleanName } from "../../src/questions/parse-name.ts";
import { questionOf, questions } from "../../src/questions/table.ts";
import type { Answers, Facts, QuestionId } from "../../src/questions/types.ts";

const both: Partial<Answers> = {
  providers: [
    { id: "anthropic", api: "messages" },
    { id: "openai", api: "responses" },
  ],
};
const onlyOpenai: Partial<Answers> = { providers: [{ id: "openai", api: "responses" }] };
const facts: Facts = { folder: "sample", base: null, devcontainers: [], opencode: "1.18.18", today: "2026-11-25" };
const places = [".devcontainer/devcontainer.json", ".devcontainer/a/devcontainer.json"];
const customBase = { image: "ghcr.io/acme/dev:1", libc: "musl", user: "dev" } as const;

describe("the table", () => {
  test("no two questions share a flag, a variable or a key of the spec", () => {
    const everywhere = questions.flatMap(({ flag, env, key }) => [`--${flag}`, ...env, key.join(".")]);
    expect(new Set(everywhere).size).toBe(everywhere.length);
  });

  test("every question says what it is", () => {
    for (const question of questions) {
      expect(questionOf(question.id)).toBe(question);
      expect(question.message).toMatch(/^[A-Z].*\?$/);
      expect(question.help).not.toBe("");
      expect(question.env[0]).toMatch(/^APERTURE_ENV_[A-Z_]+$/);
      // Ports are a list without anything to choose from: whoever wants them knows them.
      if ((question.kind === "list" || question.kind === "choice") && question.asked)
        expect(question.choices!({ ...facts, devcontainers: places }).length).toBeGreaterThan(0);
    }
  });

  test("a question looks only at answers of those above it", () => {
    expect(questions.map(({ id }) => id).indexOf("providers")).toBeLessThan(questions.map(({ id }) => id).indexOf("model"));
    expect(questions.map(({ id }) => id).indexOf("model")).toBeLessThan(questions.map(({ id }) => id).indexOf("smallModel"));
  });

  test("what is proposed is an answer that its own question takes", () => {
    const earlier: Record<string, unknown> = {};
    for (const question of questions) {
      const { value } = question.propose(facts, earlier as Partial<Answers>);
      expect(question.parse(question.format(value), earlier as Partial<Answers>)).toMatchObject({ ok: true, value });
      earlier[question.id] = value;
    }
    expect(earlier).toEqual({
      url: "http://ai",
      fqdn: null,
      connection: "auto",
      tailscale: null,
      ...both,
      model: "anthropic/claude-sonnet-5-5",
      smallModel: "anthropic/claude-haiku-4-5",
      style: "separate",
      opencode: "1.18.18",
      managed: false,
      online: [],
      plugins: "allow",
      otherProviders: [],
      chunkTimeout: 600_000,
      strict: false,
      state: "container",
      attribution: [],
      codeowners: [],
      doctor: "repository",
      base: "debian",
      outputs: ["devcontainer"],
      name: "sample",
      devcontainers: ["all"],
      containerEnv: {},
      forwardPorts: [],
      hooks: {},
    });
  });

  test("which dev containers is a question only where there are several", () => {
    const { choices, propose, applies } = questionOf("devcontainers");
    const here = (...devcontainers: string[]): Facts => ({ ...facts, devcontainers });
    expect([here(), here("a"), here("a", "b")].map((found) => applies!(found))).toEqual([false, true, true]);
    expect(choices!(here("a")).map(({ value }) => value)).toEqual(["a"]);
    expect(choices!(here("a", "b")).map(({ value }) => value)).toEqual(["all", "a", "b"]);
    expect(propose(here("a"), {})).toEqual({ value: ["all"], source: "default" });
    expect(propose(here("a", "b"), {})).toEqual({ value: ["all"], source: "detected", because: "a, b" });
    expect(questionOf("base").applies!(here("a")), "and then the base is none").toBe(false);
  });

  test("only what is about the user's own dev container, and what came later for all, is as proposed where a spec leaves it out", () => {
    expect(questions.filter(({ optional }) => optional).map(({ id }) => id)).toEqual([
      "fqdn",
      "tailscale",
      "plugins",
      "otherProviders",
      "chunkTimeout",
      "strict",
      "attribution",
      "codeowners",
      "doctor",
      "state",
      "devcontainers",
      "containerEnv",
      "forwardPorts",
      "hooks",
    ]);
    for (const { key, optional } of questions) if (key[0] === "devcontainer") expect(optional).toBe(true);
  });

  test("the doctor comes from the package where npm has it, and says why", () => {
    const { propose } = questionOf("doctor");
    expect(propose(facts, {})).toEqual({ value: "repository", source: "default" });
    expect(propose({ ...facts, published: true }, {})).toEqual({
      value: "package",
      source: "detected",
      because: "installed from a registry",
    });
  });

  test("proposals follow the repository and earlier answers", () => {
    expect(questionOf("model").propose(facts, onlyOpenai)).toEqual({ value: "openai/gpt-6.1-sol", source: "default" });
    expect(questionOf("smallModel").propose(facts, { ...onlyOpenai, model: "openai/gpt-6.1-sol" }).value).toBe(
      "openai/gpt-6-luna",
    );
    expect(questionOf("base").propose({ ...facts, base: { name: "go", sign: "go.mod" } }, {})).toEqual({
      value: "go",
      source: "detected",
      because: "go.mod",
    });
    expect(questionOf("name").propose({ ...facts, folder: "a\nb" }, {}).value).toBe("a b");
  });
});

/** Texts that a flag or a variable gives, what they mean, and the one way in which it is written back. */
const parsed: readonly (readonly [QuestionId, text: string, value: unknown, written?: string])[] = [
  ["url", "http://ai", "http://ai"],
  ["url", "ai/v1", "http://ai", "http://ai"],
  ["fqdn", "ai.example.ts.net", "ai.example.ts.net"],
  ["fqdn", " AI.example.ts.net. ", "ai.example.ts.net", "ai.example.ts.net"],
  ["fqdn", "none", null],
  ["connection", "network", "network"],
  ["connection", " network ", "network", "network"],
  [
    "connection",
    "network,hosts=ai=100.64.0.1  b:fd7a::1,dns=100.100.100.100",
    { kind: "network", hosts: "ai:100.64.0.1 b:fd7a::1", dns: "100.100.100.100" },
    "network,hosts=ai:100.64.0.1 b:fd7a::1,dns=100.100.100.100",
  ],
  ["providers", "anthropic,openai", both.providers],
  ["providers", " openai ", onlyOpenai.providers, "openai"],
  ["providers", "openai anthropic", [...both.providers!].reverse(), "openai,anthropic"],
  ["providers", "openai,,openai,", onlyOpenai.providers, "openai"],
  ["model", "anthropic/claude-opus-4-5", "anthropic/claude-opus-4-5"],
  ["model", "openai/ft:gpt-4o:acme::a1/b2@3", "openai/ft:gpt-4o:acme::a1/b2@3"],
  ["model", "openai/constructor", "openai/constructor"],
  ["providers", "openai:chat", [{ id: "openai", api: "chat" }]],
  ["style", " compact ", "compact", "compact"],
  ["smallModel", " openai/gpt-6-luna\n", "openai/gpt-6-luna", "openai/gpt-6-luna"],
  ["opencode", "1.18.18", "1.18.18"],
  ["opencode", "v1.2.3", "1.2.3", "1.2.3"],
  ["opencode", "latest", "latest"],
  ["online", "share", ["share"]],
  ["online", "lsp, share lsp", ["lsp", "share"], "lsp,share"],
  ["online", "none", []],
  ["online", "", [], "none"],
  ["plugins", " refuse ", "refuse", "refuse"],
  ["otherProviders", "local, my-llm local", ["local", "my-llm"], "local,my-llm"],
  ["otherProviders", "none", []],
  ["chunkTimeout", " 900000 ", 900_000, "900000"],
  ["chunkTimeout", "1000", 1000],
  ["chunkTimeout", "OFF", false, "off"],
  ["state", " volume ", "volume", "volume"],
  ["doctor", " package ", "package", "package"],
  ["doctor", "repository", "repository"],
  ["state", "container", "container"],
  ["chunkTimeout", "false", false, "off"],
  ["attribution", "none", []],
  ["attribution", "", [], "none"],
  ["attribution", "repository,revision,job,run", ["repository", "revision", "job", "run"]],
  [
    "attribution",
    "run, run team=payments,cost-center=${COST_CENTER}",
    ["run", "team=payments", "cost-center=$COST_CENTER"],
    "run,team=payments,cost-center=$COST_CENTER",
  ],
  ["attribution", "repository=acme/app,job=$BUILD_TAG", ["repository=acme/app", "job=$BUILD_TAG"]],
  ["attribution", "commit=0123456789abcdef0123456789abcdef01234567", ["commit=0123456789abcdef0123456789abcdef01234567"]],
  ["attribution", "monkey=$MONKEY,hostel=$HOSTEL", ["monkey=$MONKEY", "hostel=$HOSTEL"]],
  ["codeowners", "none", []],
  ["codeowners", "", [], "none"],
  ["codeowners", "@acme/platform", ["@acme/platform"]],
  [
    "codeowners",
    "@ann, ops@acme.example @@maintainer,@a/b/c,@ann",
    ["@ann", "ops@acme.example", "@@maintainer", "@a/b/c"],
    "@ann,ops@acme.example,@@maintainer,@a/b/c",
  ],
  ["managed", "true", true],
  ["managed", "YES", true, "true"],
  ["managed", "1", true, "true"],
  ["managed", "on", true, "true"],
  ["managed", "false", false],
  ["managed", "no", false, "false"],
  ["managed", "0", false, "false"],
  ["managed", "off", false, "false"],
  ...Object.keys(bases).map((name) => ["base", name, name] as const),
  ["base", "image=ghcr.io/acme/dev:1,libc=musl,user=dev", customBase],
  ["base", " user = dev , libc = musl , image = ghcr.io/acme/dev:1 ", customBase, "image=ghcr.io/acme/dev:1,libc=musl,user=dev"],
  [
    "base",
    `image=alpine@sha256:${"0".repeat(64)},libc=musl,user=1000`,
    { image: `alpine@sha256:${"0".repeat(64)}`, libc: "musl", user: "1000" },
  ],
  [
    "base",
    "image=localhost:5000/a__b/c-d.e:x_Y,libc=glibc,user=_apt",
    { image: "localhost:5000/a__b/c-d.e:x_Y", libc: "glibc", user: "_apt" },
  ],
  ["base", "image=dev:latest,libc=glibc,user=root", { image: "dev:latest", libc: "glibc", user: "root" }],
  ["outputs", "devcontainer", ["devcontainer"]],
  ["outputs", "devcontainer, devcontainer", ["devcontainer"], "devcontainer"],
  ["name", 'A project\'s "name" #1: ünïcode 🚀', 'A project\'s "name" #1: ünïcode 🚀'],
  ["name", "  spaced\t out\n", "spaced  out", "spaced  out"],
  ["name", "a ${localEnv:HOME} b", "a {localEnv:HOME} b", "a {localEnv:HOME} b"],
  ["name", "$${x} $$$ {}", "{x} $$$ {}", "{x} $$$ {}"],
  ["name", `${"n".repeat(99)} tail`, "n".repeat(99), "n".repeat(99)],
  ["name", "🚀".repeat(120), "🚀".repeat(100), "🚀".repeat(100)],
  ["name", "\u200b", "aperture-env", "aperture-env"],
  ["devcontainers", "all", ["all"]],
  ["devcontainers", ".devcontainer.json", [".devcontainer.json"]],
  ["devcontainers", ".devcontainer/my env/devcontainer.json", [".devcontainer/my env/devcontainer.json"]],
  ["devcontainers", "./.devcontainer.json", [".devcontainer.json"], ".devcontainer.json"],
  [
    "devcontainers",
    " .devcontainer/b/devcontainer.json , .devcontainer.json,.devcontainer/b/devcontainer.json,",
    [".devcontainer.json", ".devcontainer/b/devcontainer.json"],
    ".devcontainer.json,.devcontainer/b/devcontainer.json",
  ],
  ["devcontainers", ".devcontainer.json,all", ["all"], "all"],
  ["containerEnv", "", {}],
  ["containerEnv", "TZ=UTC", { TZ: "UTC" }],
  ["containerEnv", "A=1\nB=x=y\nC=", { A: "1", B: "x=y", C: "" }],
  ["containerEnv", "_a1= spaced ", { _a1: " spaced " }],
  ["containerEnv", " A =1\n\n  \nB=2\n", { A: "1", B: "2" }, "A=1\nB=2"],
  ["containerEnv", "A=1\nA=2", { A: "2" }, "A=2"],
  ["containerEnv", 'A="${localEnv:HOME}/\\bin" # é🚀', { A: '"${localEnv:HOME}/\\bin" # é🚀' }],
  ["containerEnv", "aperture_url=x", { aperture_url: "x" }],
  ["containerEnv", "constructor=x\ntoString=y", { constructor: "x", toString: "y" }],
  ["containerEnv", `A=${"x".repeat(2000)}`, { A: "x".repeat(2000) }],
  [
    "containerEnv",
    Array.from({ length: 50 }, (_, index) => `A${10 + index}=`).join("\n"),
    Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`A${10 + index}`, ""])),
  ],
  ["forwardPorts", "", []],
  ["forwardPorts", "3000", [3000]],
  ["forwardPorts", "3000, db:5432 65535", [3000, "db:5432", 65535], "3000,db:5432,65535"],
  ["forwardPorts", "1,1,01", [1], "1"],
  ["forwardPorts", "db:1,1,db:01", ["db:1", 1], "db:1,1"],
  ["hooks", "", {}],
  ["hooks", "postCreateCommand=npm ci", { postCreateCommand: "npm ci" }],
  [
    "hooks",
    "onCreateCommand=a\nupdateContentCommand=b\npostCreateCommand=c\npostStartCommand=d\npostAttachCommand=e",
    { onCreateCommand: "a", updateContentCommand: "b", postCreateCommand: "c", postStartCommand: "d", postAttachCommand: "e" },
  ],
  ["hooks", "postStartCommand=FOO=bar sh -c 'echo \"$FOO\" && id'", { postStartCommand: "FOO=bar sh -c 'echo \"$FOO\" && id'" }],
];

test("a variable of any name has its value, or is refused", () => {
  for (const name of ["__proto__", "constructor", "hasOwnProperty"]) {
    const flag = questionOf("containerEnv").parse(`${name}=x`, both);
    const spec = questionOf("containerEnv").read(JSON.parse(`{ "${name}": "x" }`), both);
    for (const given of [flag, spec]) if (given.ok) expect(Object.entries(given.value)).toEqual([[name, "x"]]);
  }
});

test.each(parsed.map(([id, text, value, written = text]) => ({ id, text, value, written })))(
  "$id: $text means $value",
  ({ id, text, value, written }) => {
    const question = questionOf(id);
    const first = question.parse(text, both);
    expect(first).toMatchObject({ ok: true, value });
    if (!first.ok) return;
    expect(question.format(first.value as never)).toBe(written);
    const again = question.parse(written, both);
    expect(again).toMatchObject({ ok: true, value });
  },
);

/** Plain values of the spec and what they mean. */
const read: readonly (readonly [QuestionId, value: unknown, answer: unknown])[] = [
  ["url", "http://ai", "http://ai"],
  ["connection", "network", "network"],
  ["connection", { kind: "network" }, "network"],
  ["connection", { kind: " network " }, "network"],
  [
    "connection",
    { kind: "network", hosts: ["ai:100.64.0.1", "b=host-gateway"], dnsSearch: "example.ts.net" },
    { kind: "network", hosts: "ai:100.64.0.1 b:host-gateway", dnsSearch: "example.ts.net" },
  ],
  ["providers", { anthropic: {}, openai: {} }, both.providers],
  ["providers", { anthropic: null, openai: { api: "responses" } }, both.providers],
  ["providers", { openai: { api: null } }, onlyOpenai.providers],
  ["providers", ["openai"], onlyOpenai.providers],
  ["model", "openai/gpt-6.1-sol", "openai/gpt-6.1-sol"],
  ["smallModel", "openai/gpt-6.1-sol", "openai/gpt-6.1-sol"],
  ["opencode", "1.18.18", "1.18.18"],
  ["managed", true, true],
  ["plugins", "pinned", "pinned"],
  ["otherProviders", ["local"], ["local"]],
  ["online", ["lsp"], ["lsp"]],
  ["online", [], []],
  ["chunkTimeout", 600_000, 600_000],
  ["state", "volume", "volume"],
  ["doctor", "package", "package"],
  ["chunkTimeout", false, false],
  ["attribution", ["run", "team=payments"], ["run", "team=payments"]],
  ["attribution", [], []],
  ["codeowners", ["@acme/platform"], ["@acme/platform"]],
  ["managed", false, false],
  ["base", "alpine", "alpine"],
  ["base", { ...customBase }, customBase],
  ["base", { ...customBase, user: 1000 }, { ...customBase, user: "1000" }],
  ["outputs", ["devcontainer"], ["devcontainer"]],
  ["name", "yes", "yes"],
  ["devcontainers", "all", ["all"]],
  ["devcontainers", ["all"], ["all"]],
  [
    "devcontainers",
    [".devcontainer/b/devcontainer.json", ".devcontainer.json"],
    [".devcontainer.json", ".devcontainer/b/devcontainer.json"],
  ],
  ["containerEnv", {}, {}],
  ["containerEnv", { A: "1", B: 2, C: true, D: "" }, { A: "1", B: "2", C: "true", D: "" }],
  ["forwardPorts", [], []],
  ["forwardPorts", [3000, "3001", "db:5432", 3000], [3000, 3001, "db:5432"]],
  ["hooks", {}, {}],
  ["hooks", { postCreateCommand: "npm ci" }, { postCreateCommand: "npm ci" }],
];

/** What each answer is in a spec. */
const written: readonly (readonly [QuestionId, answer: unknown, value: unknown])[] = [
  ["plugins", "pinned", "pinned"],
  ["otherProviders", ["local"], ["local"]],
  ["online", ["lsp"], ["lsp"]],
  ["online", [], []],
  ["state", "volume", "volume"],
  ["doctor", "package", "package"],
  ["strict", true, true],
  ["chunkTimeout", 600_000, 600_000],
  ["chunkTimeout", false, false],
  ["attribution", ["run", "cost-center=$COST_CENTER"], ["run", "cost-center=$COST_CENTER"]],
  ["codeowners", ["@a", "@b"], ["@a", "@b"]],
  ["url", "http://ai", "http://ai"],
  ["connection", "network", "network"],
  ["fqdn", "ai.example.ts.net", "ai.example.ts.net"],
  ["fqdn", null, null],
  ["tailscale", { version: "1.98.8", tags: ["tag:ci"] }, { version: "1.98.8", tags: ["tag:ci"] }],
  ["tailscale", null, null],
  ["providers", both.providers, { anthropic: {}, openai: {} }],
  ["providers", onlyOpenai.providers, { openai: {} }],
  ["model", "openai/gpt-6.1-sol", "openai/gpt-6.1-sol"],
  ["smallModel", "openai/gpt-6.1-sol", "openai/gpt-6.1-sol"],
  ["style", "compact", "compact"],
  ["opencode", "latest", "latest"],
  ["managed", true, true],
  ["base", "alpine", "alpine"],
  ["base", customBase, customBase],
  ["outputs", ["devcontainer"], ["devcontainer"]],
  ["name", "yes", "yes"],
  ["devcontainers", ["all"], "all"],
  ["devcontainers", places, places],
  ["containerEnv", { A: "1" }, { A: "1" }],
  ["forwardPorts", [3000, "db:5432"], [3000, "db:5432"]],
  ["hooks", { postCreateCommand: "npm ci" }, { postCreateCommand: "npm ci" }],
];

test.each(written)("%s: %j is %j in the spec, and read again", (id, answer, value) => {
  const question = questionOf(id);
  expect(question.write(answer as never)).toEqual(value);
  const again = question.read(question.write(answer as never), both);
  if (!again.ok) throw new Error(again.why);
  expect([again.value].flat().sort()).toEqual([answer].flat().sort());
});

test("every question has its place in a spec tried here", () => {
  expect(new Set(written.map(([id]) => id))).toEqual(new Set(questions.map(({ id }) => id)));
});

test.each(read)("%s: %j in the spec means %j", (id, value, answer) => {
  expect(questionOf(id).read(value, both)).toMatchObject({ ok: true, value: answer });
});

const chooseProvider = /^choose from anthropic, openai, google, .*togetherai$/;
const nameModels = /^choose from anthropic, .*, or name its models in aperture-env\.yaml, for instance  house-models: /;
const refusedTexts: readonly (readonly [QuestionId, text: string, why: RegExp, fix: RegExp])[] = [
  ["url", "http://ai/x", /has the path \/x/, /^write http:\/\/ai/],
  ["connection", "carrier", /"carrier" is not a connection/, /^choose from .*\bnetwork\b/],
  ["connection", "", /"" is not a connection/, /^choose from .*\bnetwork\b/],
  [
    "connection",
    "network,hostname=x",
    /^network has no option "hostname"$/,
    /^its options are hosts, dns, dnsSearch, codespaces, github, gitlab, kubernetes$/,
  ],
  ["connection", "network,x", /^"x" is not an option of a connection$/, /^write {2}kind,name=value$/],
  ["providers", "", /no provider is chosen/, chooseProvider],
  ["providers", " , ", /no provider is chosen/, chooseProvider],
  ["providers", "groc", /^groc is not in the catalogue, so its models are unknown$/, nameModels],
  ["providers", "anthropic,constructor", /"constructor" is not a valid provider name/, /^use lowercase letters/],
  ["providers", "__proto__", /"__proto__" is not a valid provider name/, /^use lowercase letters/],
  ["providers", "Anthropic", /"Anthropic" is not a valid provider name/, /^use lowercase letters/],
  ["providers", "openai:messages", /^openai does not speak "messages"$/, /^api is responses, chat$/],
  ["providers", '{"openai":', /starts like JSON, but is not valid JSON/, /^write for instance/],
  ["doctor", "npm", /^the doctor cannot come from "npm"$/, /^choose from repository, package$/],
  ["plugins", "none", /^"none" is not a plugin policy$/, /^choose from allow, pinned, refuse$/],
  ["otherProviders", "a b/c", /^"b\/c" is not a provider id$/, /^write it as/],
  ["otherProviders", "aperture", /^aperture is an id of the environment/, /another id$/],
  ["online", "share,updates", /^"updates" is not a known internet access$/, /^choose from share, lsp, or none$/],
  ...["999", "86400001", "0", "-5", "1e6", "10 min", "", "600000.5"].map(
    (text) =>
      [
        "chunkTimeout",
        text,
        /^a stream may be silent for 1000 to 86400000 milliseconds, in whole numbers$/,
        /^write a number such as 600000, or false for no limit$/,
      ] as const,
  ),
  [
    "attribution",
    "branch",
    /^branch is not a known attribute$/,
    /^choose from repository, revision, job, run; or give .* branch=\$VARIABLE$/,
  ],
  ["codeowners", "acme", /^"acme" is no owner$/, /^write an account or a team/],
  ["codeowners", "@", /^"@" is no owner$/, /^write an account or a team/],
  ["codeowners", "@acme/", /^"@acme\/" is no owner$/, /^write an account or a team/],
  ["codeowners", "@a,#x", /^"#x" is no owner$/, /^write an account or a team/],
  ["codeowners", "@a*", /^"@a\*" is no owner$/, /^write an account or a team/],
  ["attribution", "Team=x", /^"Team" cannot follow x-aperture-env- in a header's name$/, /^write small letters/],
  ["attribution", "a:b=x", /^"a:b" cannot follow/, /^write small letters/],
  ["attribution", "-=x", /^"-" cannot follow/, /^write small letters/],
  ["attribution", "=x", /^"" cannot follow/, /^write small letters/],
  ["attribution", "team=", /^team="" is not a plain value$/, /^write up to 100 letters/],
  ["attribution", 'team=a"b', /^team="a\\"b" is not a plain value$/, /^write up to 100 letters/],
  ["attribution", "team=ann@example.com", /is not a plain value$/, /^write up to 100 letters/],
  ["attribution", "team=a*/b", /is not a plain value$/, /^write up to 100 letters/],
  ["attribution", "team={env:X}", /is not a plain value$/, /^write up to 100 letters/],
  ["attribution", "team=$", /^"" is not a variable's name$/, /^write {2}team=\$VARIABLE$/],
  ["attribution", "team=$1", /^"1" is not a variable's name$/, /^write {2}team/],
  ["attribution", "team=$(id)", /^"\(id\)" is not a variable's name$/, /^write {2}team/],
  ["attribution", "team=$_data", /^"_data" is not a variable's name$/, /^write {2}team/],
  ["attribution", "a=x,a=$Y", /^a has two values$/, /^remove one of them$/],
  ["attribution", "job,job=x", /^job has two values$/, /^remove one of them$/],
  [
    "attribution",
    Array.from({ length: 17 }, (_, index) => `a${index}=x`).join(","),
    /^there are 17 headers$/,
    /^name no more than 16$/,
  ],
  ...["NPM_TOKEN", "GHTOKEN", "OPENAI_API_KEY", "MYAPIKEY", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "CI_JOB_JWT", "AUTH"].map(
    (name) => ["attribution", `x=$${name}`, /names a secret, which must not be in the gateway's log$/, /^leave it out$/] as const,
  ),
  ...[
    "USER",
    "USERNAME",
    "GITHUB_ACTOR",
    "GITLAB_USER_LOGIN",
    "CI_COMMIT_AUTHOR",
    "GIT_COMMITTER_NAME",
    "HOME",
    "PWD",
    "HOSTNAME",
  ].map(
    (name) => ["attribution", `x=$${name}`, /names a person, which must not be in the gateway's log$/, /^leave it out$/] as const,
  ),
  ["attribution", "user=x", /^"user" names a person/, /^leave it out$/],
  ["attribution", "api-key=x", /^"api-key" names a secret/, /^leave it out$/],
  ["attribution", "team=sk-ant-api03-x", /^team's value looks like a key$/, /^leave it out: this file is committed$/],
  ["attribution", "team=Zk3Xq9Lm2Vb7Nc5Wd8Rt4Yp6", /^team's value looks like a key$/, /^leave it out/],
  ["state", "disk", /^sessions cannot be kept in "disk"$/, /^choose from container, volume$/],
  ["style", "both", /unknown style "both"/, /^choose from separate, compact$/],
  ["model", "openai/__proto__", /a character that no model id has/, /^letters, digits and @/],
  ["model", "openai/-x", /a character that no model id has/, /^letters, digits and @/],
  ["model", "", /names no provider and model/, /^write provider\/model, for instance anthropic\/claude-sonnet-5-5$/],
  ["model", "gpt-6.1-sol", /"gpt-6.1-sol" names no provider and model/, /^write provider\/model/],
  ["model", "/gpt-6.1-sol", /names no provider and model/, /^write provider\/model/],
  ["model", "openai/", /names no provider and model/, /^write provider\/model/],
  [
    "model",
    "google/gemini",
    /provider google is not enabled/,
    /^add google to providers, or choose a model of anthropic, openai$/,
  ],
  ["model", "openai/{env:SECRET}", /a character that no model id has/, /^letters, digits and @/],
  ["model", "openai/{file:/etc/passwd}", /a character that no model id has/, /^letters, digits and @/],
  ["model", "openai/a b", /a character/, /^letters/],
  ["model", "openai/a\nb", /a character/, /^letters/],
  ["model", 'openai/"', /a character/, /^letters/],
  ["model", "openai/ü", /a character/, /^letters/],
  ["model", `openai/${"a".repeat(201)}`, /a character that no model id has, or is too long/, /^letters/],
  ["smallModel", "gpt-6.1-sol", /names no provider and model/, /^write provider\/model/],
  ["opencode", "2.0.0", /OpenCode 2\.0\.0 is another major version/, /^choose a version 1\.x, or latest/],
  ["opencode", "0.9.0", /another major version/, /^choose/],
  ["opencode", "1.18", /"1\.18" is not a version/, /^write one as 1\.18\.18, or latest$/],
  ["opencode", "^1.18.18", /is not a version/, /^write/],
  ["opencode", "1.18.18-beta", /is not a version/, /^write/],
  ["opencode", "next", /is not a version/, /^write/],
  ["opencode", "", /"" is not a version/, /^write/],
  ["managed", "maybe", /neither true nor false/, /^write true or false$/],
  ["managed", "", /neither true nor false/, /^write true or false$/],
  ["base", "fedora", /"fedora" is not a base/, /^choose from debian, .*, or give image=<reference>,libc=/],
  ["base", "constructor", /"constructor" is not a base/, /^choose/],
  ["base", "", /"" is not a base/, /^choose/],
  ["base", "image=alpine:3", /the C library of alpine:3 is not known/, /^write libc: glibc, or libc: musl/],
  ["base", "image=alpine:3,libc=uclibc,user=root", /the C library/, /^write libc/],
  ["base", "image=alpine:3,libc=musl", /the user of alpine:3 is not known/, /^name the account to work as/],
  ["base", "image=alpine:3,libc=musl,user=a b", /the user of/, /^name the account to work as/],
  ["base", "image=alpine:3,libc=musl,user=-x", /the user of/, /^name the account to work as/],
  ["base", "image=alpine:3,libc=musl,user=root,shell=zsh", /no setting "shell"/, /^give image=/],
  ["base", "image=alpine:3,libc=musl,user=root,__proto__=x", /no setting "__proto__"/, /^give image=/],
  ["base", "image=A,libc=musl,user=root", /"A" is not an image reference/, /^write it as docker pull takes it/],
  ["base", "image=,libc=musl,user=root", /"" is not an image reference/, /^write it/],
  ["base", "libc=musl,user=root", /"" is not an image reference/, /^write it/],
  ["base", "image=a b,libc=musl,user=root", /"a b" is not an image reference/, /^write it/],
  ["base", "image=a AS x,libc=musl,user=root", /is not an image reference/, /^write it/],
  ["base", "image=a\nRUN id,libc=musl,user=root", /is not an image reference/, /^write it/],
  ["base", "image=--platform=x,libc=musl,user=root", /is not an image reference/, /^write it/],
  ["base", "image=a$X,libc=musl,user=root", /is not an image reference/, /^write it/],
  ["base", `image=${"a".repeat(256)},libc=musl,user=root`, /is not an image reference/, /^write it/],
  ["base", "image=opencode,libc=musl,user=root", /opencode is the name of a stage/, /for instance opencode:latest$/],
  ["base", "image=dev,libc=musl,user=root", /dev is the name of a stage/, /for instance dev:latest$/],
  ["base", "image=ci,libc=musl,user=root", /ci is the name of a stage/, /for instance ci:latest$/],
  ["fqdn", "ai", /is no machine's whole name/, /^write it as ai\.example\.ts\.net/],
  ["fqdn", "http://ai.example.ts.net", /is no machine's whole name/, /^write it/],
  ["fqdn", "100.64.0.1", /is no machine's whole name/, /^write it/],
  ["outputs", "", /no output is named/, /^choose from devcontainer, ci-github, ci-gitlab, kubernetes$/],
  ["outputs", "devcontainer,nomad", /cannot generate "nomad"/, /^choose from devcontainer, ci-github, ci-gitlab, kubernetes$/],
  ["name", "", /the name is empty/, /^give the project's name$/],
  ["name", " \n ", /the name is empty/, /^give/],
  ["devcontainers", "", /no dev container is named/, /^give the path of one, or all$/],
  ["devcontainers", " , ", /no dev container is named/, /^give/],
  ...[
    "devcontainer.json",
    ".devcontainer",
    ".devcontainer/",
    "/.devcontainer.json",
    "../.devcontainer.json",
    "a/devcontainer.json",
    ".devcontainer/a/b/devcontainer.json",
    ".devcontainer/../devcontainer.json",
    ".devcontainer/./devcontainer.json",
    ".devcontainer//devcontainer.json",
    ".devcontainer/a\\b/devcontainer.json",
    ".devcontainer/a\nb/devcontainer.json",
    `.devcontainer/${"a".repeat(201)}/devcontainer.json`,
    ".devcontainer/devcontainer.jsonc",
    ".Devcontainer/devcontainer.json",
    "All",
  ].map((path) => ["devcontainers", path, /is not a path of a devcontainer.json$/, /^write .*, or all$/] as const),
  ["containerEnv", "TZ", /^TZ has no value$/, /^write TZ=… and the value in quotes$/],
  ["containerEnv", "=x", /^"" is not the name of a variable$/, /^letters, digits and _ are allowed$/],
  ["containerEnv", "1A=x", /^"1A" is not the name of a variable$/, /^letters/],
  ["containerEnv", "A-B=x", /^"A-B" is not the name of a variable$/, /^letters/],
  ["containerEnv", "A B=x", /^"A B" is not the name of a variable$/, /^letters/],
  ["containerEnv", "Ä=x", /^"Ä" is not the name of a variable$/, /^letters/],
  ["containerEnv", '"A"=x', /is not the name of a variable$/, /^letters/],
  ["containerEnv", `${"A".repeat(101)}=x`, /is not the name of a variable$/, /^letters/],
  ["containerEnv", "A=a\rb", /^the value of A is not one line of text$/, /^put it/],
  ["containerEnv", "A=a\tb", /^the value of A is not one line of text$/, /^put it/],
  ["containerEnv", "A=\0", /^the value of A is not one line of text$/, /^put it/],
  ["containerEnv", "A=\u2028", /^the value of A is not one line of text$/, /^put it/],
  ["containerEnv", "A=\u0085", /^the value of A is not one line of text$/, /^put it/],
  ["containerEnv", "A=\ud800", /^the value of A is not one line of text$/, /^put it/],
  ["containerEnv", `A=${"x".repeat(2001)}`, /^the value of A is not one line of text$/, /^put it/],
  ["containerEnv", Array.from({ length: 51 }, (_, index) => `A${index}=`).join("\n"), /^more than 50 entries$/, /^remove some/],
  [
    "containerEnv",
    "APERTURE_URL=http://x",
    /^APERTURE_URL is set by the environment$/,
    /^leave it out: set aperture\.url in the spec$/,
  ],
  ["containerEnv", "OPENCODE_CONFIG=x", /^OPENCODE_CONFIG is set by the environment$/, /^leave it out: /],
  ...["0", "65536", "-1", "3.5", "x", "db:", ":5432", "db:0", "DB:1", "a_b:1", "db:1:2", "0x10", "1e3", "999999"].map(
    (port) => ["forwardPorts", port, /is not a port$/, /^write a number from 1 to 65535, or service:port$/] as const,
  ),
  ["forwardPorts", Array.from({ length: 51 }, (_, index) => index + 1).join(), /^more than 50 ports$/, /^remove some/],
  [
    "hooks",
    "initializeCommand=id",
    /^"initializeCommand" is not a hook that runs in a container$/,
    /^choose from onCreateCommand, /,
  ],
  ["hooks", "postcreatecommand=id", /is not a hook/, /^choose from/],
  ["hooks", "=id", /^"" is not a hook/, /^choose from/],
  ["hooks", "__proto__=id", /^"__proto__" is not a hook/, /^choose from/],
  ["hooks", "npm ci", /^"npm ci" is not a hook/, /^choose from/],
  ["hooks", "postCreateCommand", /^postCreateCommand has no value$/, /^write postCreateCommand=…/],
  ["hooks", "postCreateCommand=a\nb", /^"b" is not a hook/, /^choose from/],
];

describe("refused as a flag", () => {
  test.each(refusedTexts)("%s: %j", (id, text, why, fix) => {
    const given = questionOf(id).parse(text, both);
    expect(given.ok).toBe(false);
    if (given.ok) return;
    expect(given.why).toMatch(why);
    expect(given.fix).toMatch(fix);
  });

  test("a model of a provider that was not chosen", () => {
    expect(questionOf("model").parse("anthropic/claude-opus-4-5", onlyOpenai)).toMatchObject({
      ok: false,
      why: "provider anthropic is not enabled",
      fix: "add anthropic to providers, or choose a model of openai",
    });
  });
});

const refusedValues: readonly (readonly [QuestionId, value: unknown, why: RegExp])[] = [
  ...(["url", "connection", "model", "smallModel", "opencode", "name"] as const).flatMap((id) => [
    [id, null, /^expected text, not nothing$/] as const,
    [id, 5, /^expected text, not the number 5$/] as const,
    [id, true, /^expected text, not the boolean true$/] as const,
    [id, [], /^expected text, not a list$/] as const,
    // A connection may be one, with options.
    [id, {}, id === "connection" ? /^the connection has no kind$/ : /^expected text, not a map$/] as const,
  ]),
  ["connection", { kind: "network", hosts: ["ai"] }, /^network's hosts: "ai" is none$/],
  ["connection", { kind: "network", hosts: "ai:100.64.0.256" }, /^network's hosts: "ai:100.64.0.256" is none$/],
  ["connection", { kind: "network", hosts: "a;b:1.1.1.1" }, /is none$/],
  ["connection", { kind: "network", dns: "ai" }, /^network's dns: "ai" is none$/],
  ["connection", { kind: "network", dns: [] }, /^network's dns: it is empty$/],
  ["connection", { kind: "network", dnsSearch: "$(id)" }, /is none$/],
  ["connection", { kind: 5 }, /^the connection has no kind$/],
  ["connection", { codespaces: "userspace" }, /^the connection has no kind$/],
  ["connection", { default: "network", kind: "auto" }, /^the connection has both kind and default$/],
  ["connection", { default: "network", codespaces: "sidecar" }, /"sidecar" cannot be chosen when a container starts$/],
  ["connection", { default: "tailscale", codespaces: "userspace" }, /^tailscale has no option "codespaces"$/],
  ["connection", { kind: "carrier" }, /"carrier" is not a connection/],
  ["connection", { kind: "network", hostname: "x" }, /^network has no option "hostname"$/],
  ["connection", { kind: "network", hostname: {} }, /^the option "hostname" is neither text nor a list of texts$/],
  ["connection", JSON.parse('{ "kind": "network", "__proto__": "x" }'), /^network has no option "__proto__"$/],
  ["opencode", 1.18, /^expected text, not the number 1\.18$/],
  ["managed", "true", /^expected true or false, not the string true$/],
  ["managed", null, /^expected true or false, not nothing$/],
  ["providers", null, /^expected a map of providers, not nothing$/],
  ["providers", "openai", /^expected a map of providers, not the string openai$/],
  ["providers", [1], /^expected a map of providers, not a list$/],
  ["providers", [], /^no provider is chosen$/],
  ["providers", {}, /^no provider is chosen$/],
  ["providers", { groc: {} }, /^groc is not in the catalogue/],
  ["providers", { openai: "responses" }, /^openai is the string responses$/],
  ["providers", { openai: { url: "x" } }, /^openai has no setting "url"$/],
  ["providers", { openai: { api: "messages" } }, /^openai does not speak "messages"$/],
  ["providers", { openai: { api: 5 } }, /^openai does not speak the number 5$/],
  ["providers", { openai: { api: "constructor" } }, /^openai does not speak "constructor"$/],
  ["base", null, /^expected a base, not nothing$/],
  ["base", ["alpine"], /^expected a base, not a list$/],
  ["base", 5, /^expected a base, not the number 5$/],
  ["base", {}, /^"" is not an image reference$/],
  ["base", { image: 5 }, /^5 is not an image reference$/],
  ["base", { image: "a:1", libc: "musl", user: -1 }, /^the user of a:1 is not known$/],
  ["base", { image: "a:1", libc: "musl", user: 1.5 }, /^the user of a:1 is not known$/],
  ["base", { image: "a:1", libc: "musl", user: null }, /^the user of a:1 is not known$/],
  ["base", { image: "a:1", libc: ["musl"], user: "root" }, /^the C library of a:1 is not known$/],
  ["base", { image: "a:1", libc: "musl", user: "root", x: 1 }, /^a base has no setting "x"$/],
  ["outputs", null, /^expected a list, not nothing$/],
  ["outputs", "devcontainer", /^expected a list, not the string devcontainer$/],
  ["outputs", [], /^no output is named$/],
  ["outputs", [5], /^expected names in the list, not the number 5$/],
  ["outputs", ["nix"], /^this version cannot generate "nix"$/],
  ["devcontainers", null, /^expected all or a list of paths, not nothing$/],
  ["devcontainers", ".devcontainer.json", /^expected all or a list of paths, not the string \.devcontainer\.json$/],
  ["devcontainers", [], /^no dev container is named$/],
  ["devcontainers", [1], /^expected all or a list of paths, not a list$/],
  ["devcontainers", ["README.md"], /^"README\.md" is not a path of a devcontainer.json$/],
  ["devcontainers", { all: true }, /^expected all or a list of paths, not a map$/],
  ...(["containerEnv", "hooks"] as const).flatMap((id) => {
    const what = id === "hooks" ? "hooks" : "variables";
    return [
      [id, null, new RegExp(`^expected a map of ${what}, not nothing$`)] as const,
      [id, "A=1", new RegExp(`^expected a map of ${what}, not the string A=1$`)] as const,
      [id, ["A=1"], new RegExp(`^expected a map of ${what}, not a list$`)] as const,
    ];
  }),
  ["containerEnv", { A: null }, /^the value of A is not one line of text$/],
  ["containerEnv", { A: ["x"] }, /^the value of A is not one line of text$/],
  ["containerEnv", { A: { b: 1 } }, /^the value of A is not one line of text$/],
  ["containerEnv", { A: "a\nb" }, /^the value of A is not one line of text$/],
  ["containerEnv", { "A=B": "x" }, /^"A=B" is not the name of a variable$/],
  ["containerEnv", { APERTURE_URL: "x" }, /^APERTURE_URL is set by the environment$/],
  ["containerEnv", Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`A${index}`, ""])), /^more than 50 entries$/],
  ["hooks", { postCreateCommand: ["npm", "ci"] }, /^the value of postCreateCommand is not one line of text$/],
  ["hooks", { initializeCommand: "id" }, /^"initializeCommand" is not a hook that runs in a container$/],
  ["hooks", { postCreateCommand: "a\nb" }, /^the value of postCreateCommand is not one line of text$/],
  ["forwardPorts", null, /^expected a list of ports, not nothing$/],
  ["forwardPorts", 3000, /^expected a list of ports, not the number 3000$/],
  ["forwardPorts", "3000", /^expected a list of ports, not the string 3000$/],
  ["forwardPorts", { 0: 3000 }, /^expected a list of ports, not a map$/],
  ["forwardPorts", [0], /^0 is not a port$/],
  ["forwardPorts", [70000], /^70000 is not a port$/],
  ["forwardPorts", [3000.5], /^3000\.5 is not a port$/],
  ["forwardPorts", [null], /^null is not a port$/],
  ["forwardPorts", [true], /^true is not a port$/],
  ["forwardPorts", [[3000]], /^\[3000\] is not a port$/],
  ["forwardPorts", [{}], /^\{\} is not a port$/],
  // As the spec's parser gives a map: without a prototype.
  ["forwardPorts", [Object.assign(Object.create(null) as object, { a: 1 })], /is not a port$/],
];

describe("refused in the spec", () => {
  test.each(refusedValues)("%s: %j", (id, value, why) => {
    const given = questionOf(id).read(value, both);
    expect(given.ok).toBe(false);
    if (given.ok) return;
    expect(given.why).toMatch(why);
    expect(given.fix).not.toBe("");
  });
});

describe("a word on what was changed or is not known", () => {
  const notes = (id: QuestionId, text: string): readonly string[] => {
    const given = questionOf(id).parse(text, both);
    return given.ok ? given.notes : [];
  };

  test("a name that was cleaned", () => {
    expect(notes("name", " x ")).toEqual(["wrote the name as x"]);
    expect(notes("name", "x")).toEqual([]);
  });
});

test("a clean name is clean", () => {
  for (const text of [
    "",
    "  ",
    "x",
    `${"x".repeat(99)} y`,
    "$${a}",
    "\u0000\u001b[31m",
    "a\u2028b",
    "\ud800x",
    "é".repeat(300),
  ]) {
    const name = cleanName(text);
    expect(name).not.toBe("");
    expect(cleanName(name)).toBe(name);
    expect(name).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|\$\{/u);
  }
});

test("this version offers what it can make", () => {
  expect(offeredOutputs().map(({ value }) => value)).toEqual(["devcontainer", "ci-github", "ci-gitlab", "kubernetes"]);
  expect(connections.map(({ value }) => value)).toEqual(expect.arrayContaining(["auto", "network", "tailscale", "userspace"]));
});
