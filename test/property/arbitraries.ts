/** Strings that people give and should not, and environments made of those that are taken. */
import fc from "fast-check";
import type { Shape } from "../../src/vocabulary.ts";
import { lifecycleHooks } from "../../src/catalog/hooks.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { providers } from "../../src/catalog/providers.ts";
import { wireFormats } from "../../src/catalog/wire-formats.ts";
import { questionOf, questions } from "../../src/questions/table.ts";
import type { Answers, Facts, QuestionId } from "../../src/questions/types.ts";
import type { Environment } from "../../src/render/context.ts";
import { catalogue } from "../support/catalogue.ts";

/** What means something in one of the formats. */
const meaningful: readonly string[] = [
  [..."\\'\"`$#%&*!|<>@,:;?~^=+-_./()[]{} \t\n\r\0"],
  [
    "\u001b[31m",
    "\u007f",
    "\u0085",
    "\u00a0",
    "\u00ad",
    "\u200b",
    "\u202e",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\ufffe",
    "\ud800",
    "\udc00",
  ],
  [
    "${",
    "$(id)",
    "`id`",
    "${localEnv:HOME}",
    "{{",
    "}}",
    "{{{",
    "{{json spec.url}}",
    "{{> environment}}",
    "{env:X}",
    "{file:/etc/passwd}",
  ],
  [
    ": ",
    " #",
    "- ",
    "? ",
    "&a ",
    "*a",
    "!!js ",
    "%YAML",
    "\n---\n",
    "\n...\n",
    "<<",
    "|-\n",
    "~",
    "null",
    "yes",
    "0x1f",
    "1e3",
    "1.2.3",
    "12:30:45",
  ],
  [
    "\nRUN id\n",
    "\nFROM x\n",
    " AS y",
    "\\\n",
    "# escape=`\n",
    "*/",
    "//",
    "/*",
    "EOF",
    "';id;'",
    '";id;"',
    "\r\n",
    "--",
    "-y",
    "--yes",
  ],
  ["__proto__", "constructor", "é", "e\u0301", "🚀", "漢", "ß", "x", "a b", "http://ai", "/v1", "@", "openai/", "latest"],
].flat();

/** Any text, often one that means something somewhere. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...meaningful), { maxLength: 8 }).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 150 }) },
);

const host = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\.[a-z0-9]{1,8}){0,3}$/);
const address = fc.oneof(
  host,
  fc.ipV4(),
  fc.ipV6().map((ip) => `[${ip}]`),
);
const origin = fc
  .tuple(
    fc.constantFrom("http://", "https://", ""),
    address,
    fc.option(fc.nat({ max: 65535 })),
    fc.constantFrom("", "/", "/v1", "/v1/"),
  )
  .map(([scheme, at, port, path]) => `${scheme}${at}${port === null ? "" : `:${port}`}${path}`);
const model = fc
  .tuple(
    fc.constantFrom("anthropic", "openai", "openai", "amazon-bedrock", "house-models"),
    fc.stringMatching(/^[A-Za-z0-9@._:/+~-]{1,40}$/),
  )
  .map(([provider, id]) => `${provider}/${id}`);
const image = fc.stringMatching(
  /^([a-z0-9]{1,8}(\.[a-z]{2,3})?(:[0-9]{1,4})?\/)?[a-z0-9]{1,6}(([._]|__|-)[a-z0-9]{1,4}){0,2}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,8})?$/,
);
const user = fc.stringMatching(/^([a-z_][a-z0-9_-]{0,31}|[0-9]{1,10})$/);
const base = fc
  .tuple(fc.oneof(image, anyText), fc.constantFrom("glibc", "musl"), fc.oneof(user, anyText))
  .map(([reference, libc, account]) => `image=${reference},libc=${libc},user=${account}`);

/** Places of dev containers, plain ones and those whose folder's name means something somewhere. */
export const devcontainerFiles: readonly string[] = [
  ".devcontainer/devcontainer.json",
  ".devcontainer.json",
  ".devcontainer/backend/devcontainer.json",
  ".devcontainer/${x}'\"/devcontainer.json",
  ".devcontainer/a b #é: {x}/devcontainer.json",
];
const devcontainerFile = fc.constantFrom(...devcontainerFiles);
/** One line of text, most of it hostile: quotes, backslashes, substitutions of dev container tools, other scripts. */
const line = anyText.map((text) => text.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, ""));
const variable = fc.oneof(
  fc.constantFrom("TZ", "_", "y", "null", "constructor", "toString"),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/),
);
const hook = fc.constantFrom(...lifecycleHooks);
/** An entry a line, as a flag that is given several times. */
const entries = (name: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(fc.tuple(name, line), { maxLength: 4 }).map((all) => all.map((entry) => entry.join("=")).join("\n"));
const port = fc.oneof(
  fc.integer({ min: 1, max: 65535 }).map(String),
  fc
    .tuple(fc.constantFrom("db", "1db", "-", "e0", "null", "a-b"), fc.integer({ min: 1, max: 65535 }))
    .map((parts) => parts.join(":")),
);

/** Ids of models as vendors have them, and such as mean something somewhere. */
const modelId = fc.oneof(
  fc.constantFrom(
    "claude-sonnet-5-5",
    "gpt-6.1-sol",
    "gpt-5.4",
    "gemini-2.5-pro",
    "openai/gpt-oss-120b",
    "a/b:c@1~2+3",
    "constructor",
    "toString",
    "1",
    "0x1f",
    "null",
    "yes",
    "~",
    "1.2.3",
    "12:30",
    "@x",
    "~a/b",
  ),
  fc.stringMatching(/^[A-Za-z0-9@~][A-Za-z0-9@._:/+~-]{0,20}$/),
);
const providerId = fc.oneof(
  fc.constantFrom(
    ...Object.keys(providers),
    "house-models",
    "a.b",
    "a_b",
    "y",
    "null",
    "x-1",
    "0",
    "constructor",
    "aperture",
    "vercel",
  ),
  fc.stringMatching(/^[a-z][a-z0-9._-]{0,10}$/),
);
const tokens = fc.oneof(fc.integer({ min: 1, max: 2_000_000 }), fc.constantFrom(0, -1, 1.5, 1e21, "1"));
const settingsOfModel = fc.oneof(
  fc.constantFrom(null, {}),
  fc.record(
    { name: line, context: tokens, output: tokens, reasoning: fc.constantFrom(true, false, "yes"), images: fc.boolean() },
    { requiredKeys: [] },
  ),
  fc.record({ name: line, context: fc.integer({ min: 1, max: 9 }), output: fc.integer({ min: 1, max: 9 }) }),
);
const modelsOfProvider = fc.oneof(
  fc.uniqueArray(modelId, { maxLength: 4 }),
  fc.dictionary(fc.oneof({ weight: 5, arbitrary: modelId }, { weight: 1, arbitrary: anyText }), settingsOfModel, { maxKeys: 4 }),
);
const apis = fc.constantFrom(...Object.keys(wireFormats));

/** Providers as in a spec: of the catalogue and of the team's own, with all settings, right ones and others. */
export const providersInSpec: fc.Arbitrary<Record<string, unknown>> = fc.dictionary(
  providerId,
  fc.oneof(
    fc.constantFrom(null, {}),
    fc.record({ api: apis, name: line, models: modelsOfProvider }, { requiredKeys: [] }),
    fc.record({ models: fc.uniqueArray(modelId, { minLength: 1, maxLength: 4 }) }),
  ),
  { minKeys: 1, maxKeys: 4 },
);

/** A map of which each provider is taken, so that most of these are understood. */
const takenProviders = providersInSpec.map((all) =>
  Object.fromEntries(Object.entries(all).filter(([id, settings]) => questionOf("providers").read({ [id]: settings }, {}).ok)),
);

/** For one question, texts that it may take and texts that it should not. */
export const textFor: { readonly [Id in QuestionId]: fc.Arbitrary<string> } = {
  name: anyText,
  url: fc.oneof(
    origin,
    fc.tuple(fc.constantFrom("http://", "http://ai", "ai", ""), anyText).map((parts) => parts.join("")),
    anyText,
  ),
  fqdn: fc.oneof(fc.constantFrom("none", "ai.example.ts.net", "AI.example.ts.net."), anyText),
  connection: fc.oneof(fc.constant("network"), anyText),
  tailscale: fc.oneof(
    fc.constantFrom("none", "pinned", "1.104.1", "v1.98.8", "latest", "1.90.6,sha256.amd64=" + "a".repeat(64)),
    fc.constantFrom("image=tailscale/tailscale:v1", "login_server=http://h:8080,tags=tag:ci tag:b,key=KEY", "pinned,key=A"),
    anyText.map((text) => `url=https://mirror.example/${text}`),
    anyText,
  ),
  providers: fc.oneof(
    fc.constantFrom("anthropic", "openai", "openai,anthropic", "anthropic,openai", "openai:chat", "xai:responses groq"),
    fc.uniqueArray(fc.constantFrom(...Object.keys(providers)), { minLength: 1, maxLength: 4 }).map((ids) => ids.join(",")),
    takenProviders.map((all) => JSON.stringify(all)),
    takenProviders.map((all) => JSON.stringify(all)),
    providersInSpec.map((all) => JSON.stringify(all)),
    anyText,
  ),
  model: fc.oneof(
    model,
    fc.constantFrom("openai/gpt-6.1-sol", "anthropic/claude-opus-4-5"),
    anyText.map((text) => `openai/${text}`),
    anyText,
  ),
  smallModel: fc.oneof(
    model,
    fc.constant("openai/gpt-6-luna"),
    anyText.map((text) => `anthropic/${text}`),
    anyText,
  ),
  style: fc.oneof(fc.constantFrom("separate", "compact"), anyText),
  opencode: fc.oneof(fc.constantFrom("1.18.18", "v1.2.3", "latest"), anyText),
  online: fc.oneof(fc.constantFrom("share", "lsp,share", "none"), anyText),
  plugins: fc.oneof(fc.constantFrom("allow", "pinned", "refuse"), anyText),
  otherProviders: fc.oneof(fc.constantFrom("local", "local, mine", "none"), anyText),
  strict: fc.oneof(fc.constantFrom("true", "false"), anyText),
  chunkTimeout: fc.oneof(fc.constantFrom("off", "none"), fc.integer({ min: -1, max: 1e10 }).map(String), anyText),
  attribution: fc.oneof(
    fc.constantFrom("repository,revision,job,run", "team=payments,cost-center=$COST_CENTER", "job=$BUILD_TAG,run", "none"),
    fc
      .array(fc.tuple(fc.constantFrom("team", "job", "a-b", "Team", "user"), fc.constantFrom("=", "=$", ""), anyText), {
        maxLength: 3,
      })
      .map((items) => items.map((parts) => parts.join("")).join(",")),
    anyText,
  ),
  codeowners: fc.oneof(fc.constantFrom("@acme/platform", "@@maintainer,ops@acme.example @ann", "none"), anyText),
  state: fc.oneof(fc.constantFrom("container", "volume"), anyText),
  doctor: fc.oneof(fc.constantFrom("repository", "package"), anyText),
  managed: fc.oneof(fc.constantFrom("true", "false", "yes", "no"), anyText),
  base: fc.oneof(fc.constantFrom("debian", "alpine", "slim", "node"), base, anyText),
  outputs: fc.oneof(fc.constant("devcontainer"), anyText),
  devcontainers: fc.oneof(
    fc.constant("all"),
    fc.array(devcontainerFile, { minLength: 1, maxLength: 3 }).map((files) => files.join(",")),
    anyText,
  ),
  containerEnv: fc.oneof({ weight: 3, arbitrary: entries(variable) }, { weight: 1, arbitrary: anyText }),
  forwardPorts: fc.oneof(
    { weight: 3, arbitrary: fc.array(port, { maxLength: 4 }).map((ports) => ports.join(",")) },
    { weight: 1, arbitrary: anyText },
  ),
  hooks: fc.oneof({ weight: 3, arbitrary: entries(hook) }, { weight: 1, arbitrary: anyText }),
};

/** Texts for all questions, some of them missing. */
export const texts: fc.Arbitrary<Partial<Record<QuestionId, string>>> = fc.record(textFor, { requiredKeys: [] });

/** What a repository says. */
export const facts: fc.Arbitrary<Facts> = fc.record({
  folder: fc.oneof(anyText, fc.constant("sample")),
  base: fc.constantFrom(null, { name: "go", sign: "go.mod" }),
  devcontainers: fc.oneof(fc.constant([]), fc.subarray([...devcontainerFiles])),
  opencode: fc.constant(pinnedRelease.version),
  today: fc.constantFrom("2026-09-01", "2026-11-25", "2030-01-01"),
});

/** The texts that their questions take, in the order of the table; for the rest, what would be proposed. */
export function accept(given: Partial<Record<QuestionId, string>>): Answers {
  const answers: Record<string, unknown> = {};
  const earlier = answers as Partial<Answers>;
  for (const question of questions) {
    const parsed = given[question.id] === undefined ? null : question.parse(given[question.id]!, earlier);
    answers[question.id] = parsed?.ok
      ? parsed.value
      : question.propose(
          { folder: "sample", base: null, devcontainers: [], opencode: pinnedRelease.version, today: "2026-11-25" },
          earlier,
        ).value;
  }
  return answers as unknown as Answers;
}

/** Only texts that their questions take, or what would be proposed. */
export const answers: fc.Arbitrary<Answers> = texts.map(accept);

/** Own, and a Feature in each place of a dev container file and in several of them. */
export const shape: fc.Arbitrary<Shape> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Shape>({ kind: "own" }) },
  {
    weight: 3,
    arbitrary: fc.subarray([...devcontainerFiles], { minLength: 1 }).map((files): Shape => ({ kind: "feature", files })),
  },
);

/** The catalogue, which is not printed with a counterexample: it is the same in all of them. */
const shownCatalogue = Object.defineProperty({ ...catalogue }, fc.toStringMethod, { value: () => "catalogue" });

/** An environment of the pinned release. Dev containers are named one by one, or as all that are there. */
export const environment: fc.Arbitrary<Environment> = fc
  .record({
    answers,
    release: fc.constant(pinnedRelease),
    registry: fc.constantFrom("", "https://npm.example/a~b/%20", "http://[::1]:4873"),
    shape,
    doctor: fc.constant("// doctor\n"),
    named: fc.boolean(),
  })
  .map(({ named, ...given }) => {
    const devcontainers = given.shape.kind === "feature" && named ? [...given.shape.files].sort() : ["all"];
    return { ...given, answers: { ...given.answers, devcontainers }, catalogue: shownCatalogue };
  });
