/** The spec as text: what it says for each question, and each complaint with its line and column. */
import { describe, expect, test } from "vitest";
import { AppError } from "../../src/errors.ts";
import { parseSpec } from "../../src/spec/parse.ts";
import { processorTime } from "../support/processor-time.ts";

const full = `# yaml-language-server: $schema=x
name: "my: app" # why not

aperture:
  url: http://ai
  connection: network
providers:
  anthropic: {}
  openai: { api: responses }
  google:
model: anthropic/claude-sonnet-5-5
small_model: 'anthropic/claude-haiku-4-5'
opencode:
  version: 1.18.18
  managed: false
base: { image: ghcr.io/acme/dev:1, libc: glibc, user: 1000 }
outputs:
  - devcontainer
devcontainer:
  files: [.devcontainer.json, ".devcontainer/a b/devcontainer.json"]
  containerEnv:
    TZ: UTC # where
    "A": "\${localEnv:A}"
    N: 1
  forwardPorts: [3000, db:5432]
  hooks: { postCreateCommand: npm ci && echo "x" }
`;

const place = (line: number, column: number): object => ({ file: "aperture-env.yaml", line, column });

const entriesOf = (text: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(parseSpec(text)).map(([id, entry]) => [id, JSON.parse(JSON.stringify(entry.value))]));

function refusal(text: string): AppError {
  try {
    parseSpec(text);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  }
  throw new Error("it was read");
}

const values = {
  name: "my: app",
  url: "http://ai",
  connection: "network",
  providers: { anthropic: {}, openai: { api: "responses" }, google: null },
  model: "anthropic/claude-sonnet-5-5",
  smallModel: "anthropic/claude-haiku-4-5",
  opencode: "1.18.18",
  managed: false,
  base: { image: "ghcr.io/acme/dev:1", libc: "glibc", user: 1000 },
  outputs: ["devcontainer"],
  devcontainers: [".devcontainer.json", ".devcontainer/a b/devcontainer.json"],
  containerEnv: { TZ: "UTC", A: "${localEnv:A}", N: 1 },
  forwardPorts: [3000, "db:5432"],
  hooks: { postCreateCommand: 'npm ci && echo "x"' },
};

describe("understood", () => {
  test("a spec in full bloom", () => {
    expect(entriesOf(full)).toEqual(values);
  });

  test("every value knows where it stands", () => {
    const entries = parseSpec(full);
    expect(Object.fromEntries(Object.entries(entries).map(([id, entry]) => [id, entry.place]))).toEqual({
      name: place(2, 7),
      url: place(5, 8),
      connection: place(6, 15),
      providers: place(8, 3),
      model: place(11, 8),
      smallModel: place(12, 14),
      opencode: place(14, 12),
      managed: place(15, 12),
      base: place(16, 7),
      outputs: place(18, 3),
      devcontainers: place(20, 10),
      containerEnv: place(22, 5),
      forwardPorts: place(25, 17),
      hooks: place(26, 10),
    });
  });

  test.each([
    ["CRLF", full.replaceAll("\n", "\r\n")],
    ["a BOM", `\ufeff${full}`],
    ["a BOM and CRLF", `\ufeff${full.replaceAll("\n", "\r\n")}`],
    ["no final newline", full.trimEnd()],
    ["a document start and end", `---\n${full}...\n`],
    ["its version", `%YAML 1.2\n---\n${full}`],
    ["JSON", JSON.stringify({ aperture: { url: "http://ai", connection: "network" }, ...pick(values) })],
  ])("with %s", (_what, text) => {
    expect(entriesOf(text)).toEqual(values);
  });

  test("the file's name is the caller's", () => {
    expect(parseSpec("name: x", "sub/spec.yaml").name?.place).toEqual({ file: "sub/spec.yaml", line: 1, column: 7 });
  });

  test.each([
    ["one key", "aperture: { url: http://ai }", { url: "http://ai" }],
    ["parts that are empty", "aperture:\nopencode: ~\nname: x", { name: "x" }],
    ["a key without a value", "name:", { name: null }],
    [
      "words that YAML 1.1 read otherwise",
      "name: yes\nmodel: no\nsmall_model: 12:30:45\nbase: 0o17",
      { name: "yes", model: "no", smallModel: "12:30:45", base: 15 },
    ],
    ["a text of several lines", "name: |\n  a\n  b\n", { name: "a\nb\n" }],
    ["an escape", 'name: "\\u00e9\\x41\\n"', { name: "éA\n" }],
  ])("%s", (_what, text, expected) => {
    expect(entriesOf(text)).toEqual(expected);
  });

  test("keys of Object are variables like others", () => {
    const { containerEnv } = parseSpec("devcontainer: { containerEnv: { __proto__: a, constructor: b } }");
    expect(Object.getPrototypeOf(containerEnv!.value)).toBeNull();
    expect(Object.entries(containerEnv!.value as object)).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
  });

  test("keys of Object are keys like others, in a value without a prototype", () => {
    const { base } = parseSpec("base: { __proto__: { polluted: true }, constructor: x }");
    expect(Object.getPrototypeOf(base!.value)).toBeNull();
    expect(Object.keys(base!.value as object)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

/** The same values under the spec's own keys, beside `aperture`. */
function pick(from: typeof values): object {
  const { name, providers, model, smallModel, opencode, managed, base, outputs } = from;
  const { devcontainers, containerEnv, forwardPorts, hooks } = from;
  const devcontainer = { files: devcontainers, containerEnv, forwardPorts, hooks };
  return {
    name,
    providers,
    model,
    small_model: smallModel,
    opencode: { version: opencode, managed },
    base,
    outputs,
    devcontainer,
  };
}

type Refusal = readonly [what: string, text: string, code: string, message: RegExp, line?: number, column?: number];
const refusals: readonly Refusal[] = [
  ["nothing", "", "spec-empty", /^The spec is empty\.$/],
  ["only comments", "# a\n# b\n", "spec-empty", /^The spec is empty\.$/],
  ["a text", "hello", "spec-not-a-map", /^The spec is not a map of keys\.$/, 1, 1],
  ["a document without content", "---\n", "spec-not-a-map", /not a map/, 1, 4],
  ["a list", "# x\n- name: a\n", "spec-not-a-map", /not a map/, 2, 1],
  ["an unknown key", "name: a\nmodle: x\n", "spec-unknown-key", /^The spec has no key "modle"\.$/, 2, 1],
  ["an unknown key with CRLF", "name: a\r\n\r\nmodle: x\r\n", "spec-unknown-key", /"modle"/, 3, 1],
  ["an unknown key behind a BOM", "\ufeffmodle: x", "spec-unknown-key", /"modle"/, 1, 1],
  [
    "an unknown key below",
    "aperture:\n  url: http://ai\n  port: 80\n",
    "spec-unknown-key",
    /^aperture has no key "port"\.$/,
    3,
    3,
  ],
  ["an unknown key in braces", "opencode: { version: latest, x: 1 }", "spec-unknown-key", /^opencode has no key "x"\.$/, 1, 30],
  ["a key of a key that is a value", "name: a\nsmall_model: b\nversion: c", "spec-unknown-key", /"version"/, 3, 1],
  ["__proto__ as a key", "__proto__:\n  name: x\n", "spec-unknown-key", /"__proto__"/, 1, 1],
  ["__proto__ as a key below", "aperture:\n  __proto__: x\n", "spec-unknown-key", /^aperture has no key "__proto__"\.$/, 2, 3],
  ["constructor as a key", "constructor: x", "spec-unknown-key", /"constructor"/, 1, 1],
  [
    "a key of a dev container that is none here",
    "devcontainer:\n  mounts: []\n",
    "spec-unknown-key",
    /^devcontainer has no key "mounts"\.$/,
    2,
    3,
  ],
  ["a dev container that is a list", "devcontainer: [a]\n", "spec-not-a-map", /^devcontainer is not a map\.$/, 1, 15],
  ["a variable twice", "devcontainer:\n  containerEnv:\n    A: 1\n    A: 2\n", "spec-not-yaml", /this key is a duplicate/, 4, 5],
  ["an anchor in a hook", "devcontainer: { hooks: { postCreateCommand: &a x } }", "spec-unsupported", /an anchor/, 1, 48],
  ["a merge key", "<<: { name: x }", "spec-unknown-key", /"<<"/, 1, 1],
  ["a merge key below", "aperture:\n  <<: { url: x }", "spec-unknown-key", /^aperture has no key "<<"\.$/, 2, 3],
  ["a value where a map belongs", "name: x\naperture: http://ai\n", "spec-not-a-map", /^aperture is not a map\.$/, 2, 11],
  ["a list where a map belongs", "opencode:\n  - 1.18.18\n", "spec-not-a-map", /^opencode is not a map\.$/, 2, 3],
  ["an anchor", "name: &a x\n", "spec-unsupported", /^The spec uses an anchor, /, 1, 10],
  ["an anchor on a map", "aperture: &a\n  url: x\n", "spec-unsupported", /an anchor/, 2, 3],
  ["an anchor on a key", "&a name: x", "spec-unsupported", /an anchor/, 1, 4],
  ["an anchor in a list", "outputs: [&a x]", "spec-unsupported", /an anchor/, 1, 14],
  ["an anchor on the whole", "&a\nname: x", "spec-unsupported", /an anchor/, 2, 1],
  ["an alias", "name: &a x\nmodel: *a\n", "spec-unsupported", /uses an (?:anchor|alias)/, 1, 10],
  ["an alias to nothing", "name: *a\n", "spec-unsupported", /an alias/, 1, 7],
  ["a tag of YAML", "name: !!str 5\n", "spec-unsupported", /a tag/, 1, 13],
  ["a tag of YAML that makes a set", "name: !!set { a, b }\n", "spec-unsupported", /a tag/, 1, 13],
  ["a tag of one's own", "name: !secret x\n", "spec-not-yaml", /^The spec is not valid YAML: this tag, .*is unknown/, 1, 7],
  ["a tag that runs code elsewhere", "name: !!js/function 'x'\n", "spec-not-yaml", /this tag, .*is unknown/, 1, 7],
  ["a duplicate key", "name: a\nmodel: b\nname: c\n", "spec-not-yaml", /: this key is a duplicate\.$/, 3, 1],
  ["a duplicate key below", "aperture: { url: a, url: b }", "spec-not-yaml", /this key is a duplicate/, 1, 21],
  ["a map as a key", "? { a: b }\n: c\n", "spec-not-yaml", /this key is not a string/, 1, 3],
  ["a number as a key", "5: c\n", "spec-unknown-key", /"5"/, 1, 1],
  ["two documents", "name: a\n---\nname: b\n", "spec-not-yaml", /a second document starts here/, 2, 1],
  ["a tab as indentation", "aperture:\n\turl: x\n", "spec-not-yaml", /a tab is used for indentation: use spaces/, 2, 1],
  ["an open quote", 'name: "x\n', "spec-not-yaml", /quote/, 2, 1],
  ["an open brace", "aperture: { url: x\n", "spec-not-yaml", /the indentation does not match/, 2, 1],
  ["a colon too many", "name: a: b\n", "spec-not-yaml", /put a string that contains a colon in quotes/, 1, 7],
  ["a bad escape", 'name: "\\q"\n', "spec-not-yaml", /invalid escape sequence/, 1, 8],
  ["a reserved character", "name: @x\n", "spec-not-yaml", /put it in quotes/, 1, 7],
  ["YAML 1.1", "%YAML 1.1\n---\nname: x\n", "spec-unsupported", /^The spec declares YAML 1\.1, /, 1, 1],
  ["YAML 1.1 with its merge key", "# x\n%YAML 1.1\n---\nbase: { <<: { a: b } }\n", "spec-unsupported", /YAML 1\.1/, 2, 1],
  ["YAML of another version", "%YAML 9.9\n---\nname: x\n", "spec-not-yaml", /a line that starts with %/, 1, 7],
  ["nine levels", `name: ${"[".repeat(9)}${"]".repeat(9)}`, "spec-unsupported", /more than 8 levels/, 1, 15],
  ["brackets without an end", "[".repeat(60_000), "spec-unsupported", /more than 8 levels/, 1, 32],
  ["braces without an end", "{a: ".repeat(15_000), "spec-unsupported", /more than 8 levels/, 1, 125],
  ["dashes without an end", "- ".repeat(32_000), "spec-unsupported", /more than 8 levels/, 1, 63],
  ["question marks without an end", `name: x\n${"? ".repeat(32_000)}`, "spec-unsupported", /more than 8 levels/, 2, 63],
];

describe("refused", () => {
  const cases = refusals.map(([what, text, code, message, line, column]) => ({ what, text, code, message, line, column }));
  test.each(cases)("$what", ({ text, code, message, line, column }) => {
    const error = refusal(text);
    expect(error).toMatchObject({ code, exit: 2 });
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/[^.]\.$/);
    expect(error.message).not.toContain("\n");
    expect(error.where).toEqual(line === undefined ? { file: "aperture-env.yaml" } : place(line, column!));
  });

  test("unknown keys with those that are known", () => {
    expect(refusal("modle: x").hint).toBe(
      "It knows aperture, providers, model, small_model, opencode, strict, attribution, codeowners, doctor, state, base, outputs, name, devcontainer.",
    );
    expect(refusal("aperture: { port: 1 }").hint).toBe("It knows url, fqdn, connection, tailscale.");
    expect(refusal("opencode: 1.18.18").hint).toBe(
      "It knows style, version, managed, online, plugins, other_providers, chunkTimeout.",
    );
    expect(refusal("devcontainer: { mounts: [] }").hint).toBe("It knows files, containerEnv, forwardPorts, hooks.");
  });

  test("more than 64 KiB, however it is made", () => {
    const error = refusal(`name: x # ${"x".repeat(64 * 1024)}`);
    expect(error).toMatchObject({ code: "spec-too-large", exit: 2, message: "The spec is larger than 64 KiB." });
    expect(entriesOf(`name: x\n#${"x".repeat(64 * 1024 - 9)}`)).toEqual({ name: "x" });
  });

  test("a bomb of aliases, before it goes off", () => {
    const levels = Array.from({ length: 30 }, (_, index) => `x${index}: &x${index} [*x${index - 1}, *x${index - 1}]`);
    const started = processorTime();
    expect(refusal(["x: &x-1 [lol, lol]", ...levels].join("\n")).exit).toBe(2);
    expect(processorTime() - started).toBeLessThan(1000);
  });
});
