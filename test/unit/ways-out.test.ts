import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { configKeys, findNamed } from "../../src/opencode/config-keys.ts";
import { findWaysOut, type Expectation } from "../../src/opencode/ways-out.ts";

const schemaFile = join(import.meta.dirname, "..", "..", "..", "shared", "schemas", "opencode-config.schema.json");
const present = existsSync(schemaFile);
if (!present) console.warn("skipped: OpenCode's own schema against the table, because ../shared/schemas is not here");

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: unknown;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** Every path at which the schema takes a text of the user's, `*` for any key and any place in a list. */
function textPaths(root: Schema): Set<string> {
  const found = new Set<string>();
  const walk = (schema: Schema, path: readonly string[], depth: number): void => {
    if (depth > 20) throw new Error("the schema has no end");
    if (schema.$ref !== undefined) return walk(root.$defs![schema.$ref.split("/").at(-1)!]!, path, depth + 1);
    for (const each of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]) walk(each, path, depth + 1);
    for (const [name, each] of Object.entries(schema.properties ?? {})) walk(each, [...path, name], depth + 1);
    if (typeof schema.additionalProperties === "object") walk(schema.additionalProperties, [...path, "*"], depth + 1);
    if (schema.items !== undefined) walk(schema.items, [...path, "*"], depth + 1);
    schema.prefixItems?.forEach((each, index) => walk(each, [...path, String(index)], depth + 1));
    if (schema.type === "string" && schema.enum === undefined && schema.const === undefined) found.add(path.join("."));
  };
  walk(root, [], 0);
  return found;
}

/** Texts that name nothing of the kind: what they are instead. */
const others: readonly (readonly [RegExp, string])[] = [
  [/^\$schema$|^username$|\.description$|\.color$|\.name$|\.family$|\.release_date$/, "for people"],
  [/^server\./, "where OpenCode's own server listens and who may use it"],
  [/\.(?:agent|variant)$|^default_agent$/, "a choice among what is there"],
  [/\.(?:prompt|template)$/, "words for a model"],
  [/^watcher\.|^formatter\.\*\.extensions|^lsp\.\*\.extensions|^experimental\.primary_tools/, "patterns and names of tools"],
  [/\.(?:environment|env)\.\*$/, "variables of a program, or names of variables"],
  [/^mcp\.\*\.(?:headers|oauth)\./, "what an MCP server is told, whose address is named"],
  [
    /\.(?:whitelist|blacklist)\.\*$|\.models\.\*\.id$|\.interleaved(?:\.field)?$|^provider\.\*\.id$/,
    "models and their fields, of one provider",
  ],
  [/^references?\.\*\.branch$/, "a branch of a repository that is named"],
  [/^experimental\.policies/, "passed over by OpenCode 1"],
];

describe("the table of keys", () => {
  test.skipIf(!present)(
    "has each text of OpenCode's schema that can name a model, an address, a package, a program, a file or a key",
    () => {
      const paths = textPaths(JSON.parse(readFileSync(schemaFile, "utf8")) as Schema);
      expect(paths.size).toBeGreaterThan(80);
      const matches = (path: string, pattern: readonly string[]): boolean => {
        const steps = path.split(".");
        return steps.length === pattern.length && pattern.every((step, index) => step === "*" || step === steps[index]);
      };
      const missing = [...paths].filter(
        (path) => !configKeys.some((key) => matches(path, key.path)) && !others.some(([pattern]) => pattern.test(path)),
      );
      expect(missing).toEqual([]);
      // `options.endpoint` and headers are read by packages, whose options the schema leaves open.
      const stale = configKeys.filter((key) => ![...paths].some((path) => matches(path, key.path)));
      expect(stale.map((key) => key.path.join("."))).toEqual(["provider.*.options.endpoint", "provider.*.options.headers.*"]);
    },
  );

  test("finds every text at each of them, and nothing else", () => {
    const config = {
      plugin: ["a", ["b", { c: "d" }]],
      agent: { x: { model: "m/n", prompt: "p" }, y: 5 },
      mcp: { z: { command: ["run", "it"] } },
      provider: ["odd"],
    };
    expect(findNamed(config).map(({ path, text }) => `${path.join(".")}=${text}`)).toEqual([
      "agent.x.model=m/n",
      "plugin.0=a",
      "plugin.1.0=b",
      "mcp.z.command.0=run",
      "mcp.z.command.1=it",
    ]);
    for (const odd of [null, 5, "x", []]) expect(findNamed(odd)).toEqual([]);
  });
});

describe("ways out", () => {
  const environment: Expectation = { url: "http://ai", providers: ["aperture"], addressed: "models" };
  const codes = (config: unknown, more: Partial<Expectation> = {}): string[] =>
    findWaysOut(config, { ...environment, ...more }).map(({ code, path }) => `${code} ${path.join(".")}`);
  const ours = (value: unknown): unknown => ({ provider: { aperture: value } });

  test.each([
    [
      "a model's address",
      ours({ models: { m: { provider: { api: "http://x/v1" } } } }),
      "provider.aperture.models.m.provider.api",
    ],
    ["a provider's address", ours({ api: "http://x/v1" }), "provider.aperture.api"],
    ["a package that is a file", ours({ npm: "file:///x.mjs" }), "provider.aperture.npm"],
    [
      "a model's package by name",
      ours({ models: { m: { provider: { npm: "evil" } } } }),
      "provider.aperture.models.m.provider.npm",
    ],
    [
      "a key in a header",
      ours({ options: { headers: { Authorization: "Bearer x" } } }),
      "provider.aperture.options.headers.Authorization",
    ],
  ])("%s", (_name, config, path) => {
    expect(codes(config)).toEqual([`bypass ${path}`]);
    expect(codes(config, { managed: true })).toEqual(path.includes("headers") ? [`bypass ${path}`] : []);
  });

  test("what is bundled, a placeholder and other headers are none", () => {
    const options = { apiKey: "-", headers: { authorization: "Bearer -", "x-team": "a" } };
    expect(codes(ours({ npm: "@ai-sdk/anthropic", options, models: { m: { provider: { npm: "@ai-sdk/google" } } } }))).toEqual(
      [],
    );
  });

  test("a provider of its own is named with its choices; where a list lets it in, that is said instead", () => {
    const local = { local: { options: { baseURL: "http://u:secret@localhost:1234/v1" } } };
    const [way, ...more] = findWaysOut({ provider: local }, environment);
    expect(more).toEqual([]);
    expect(way).toMatchObject({ code: "provider-off", path: ["provider", "local"] });
    expect(way!.what).toBe("provider local at http://localhost:1234 is not a provider of the environment");
    expect(way!.hint).toMatch(
      /^keep it switched off; or add it to providers in aperture-env\.yaml.*; or to opencode\.other_providers/,
    );
    expect(codes({ provider: local, enabled_providers: ["local"] })).toEqual(["bypass enabled_providers"]);
    expect(codes({ provider: local, enabled_providers: ["local"] }, { managed: true })).toEqual(["provider-off provider.local"]);
  });

  test("a provider that the spec lets in is said to bypass the gateway, and its models are none that are foreign", () => {
    const config = {
      provider: { local: { options: { baseURL: "http://localhost:1234/v1" } } },
      agent: { a: { model: "local/m" } },
    };
    expect(codes({ ...config, enabled_providers: [...environment.providers, "local"] }, { allowed: ["local"] })).toEqual([]);
    expect(codes(config, { allowed: ["local"] })).toEqual(["asks-others provider.local"]);
    expect(codes(config, { allowed: ["other"] })).toEqual(["foreign-model agent.a.model", "provider-off provider.local"]);
  });

  test("plugins by what the spec lets in", () => {
    const config = { plugin: ["a", "b@1.2.3", "@c/d@^1.2.3", ["e@latest", {}], "./f.ts"] };
    const under = (plugins: "pinned" | "refuse"): string[] =>
      codes(config, { plugins }).filter((one) => one.startsWith("plugin-refused"));
    expect(under("pinned")).toEqual(["plugin-refused plugin.0", "plugin-refused plugin.2", "plugin-refused plugin.3.0"]);
    expect(under("refuse")).toHaveLength(5);
    expect(codes(config).filter((one) => one.startsWith("plugin-refused"))).toEqual([]);
  });

  test("agents, commands and modes of other providers", () => {
    const config = {
      agent: { a: { model: "x/y" } },
      mode: { b: { model: "x/y" } },
      command: { c: { model: "x/y" }, d: { model: "aperture/z" }, e: { model: "{env:MODEL}" } },
    };
    const all = ["foreign-model agent.a.model", "foreign-model mode.b.model", "foreign-model command.c.model"];
    expect(codes(config)).toEqual(all);
    expect(codes(config, { managed: true })).toEqual(all);
  });

  test("plugins: files are code, packages are asked for at the registry", () => {
    const found = findWaysOut(
      { plugin: ["./a.ts", "file:///b.ts", "some-plugin", "pinned@1.2.3", ["@s/p", {}]] },
      { ...environment, managed: true },
    );
    expect(found.map(({ code }) => code)).toEqual(["runs-code", "runs-code", "asks-registry", "asks-registry", "asks-registry"]);
    expect(found.map(({ hint }) => hint.includes("exact version"))).toEqual([false, false, true, false, true]);
  });

  test("what OpenCode calls or starts beside", () => {
    const config = {
      mcp: { remote: { url: "https://mcp.example/x?token=secret" }, local: { command: ["npx", "-y", "server"] } },
      instructions: ["./CONTRIBUTING.md", "https://docs.example/x.md"],
      skills: { urls: ["https://skills.example"] },
      lsp: { l: { command: ["lsp", "--stdio"] } },
      shell: "/bin/zsh",
      formatter: { f: { command: ["fmt"] }, g: { command: ["fmt2"] } },
    };
    const found = findWaysOut(config, { ...environment, managed: true });
    expect(found.map(({ code, path }) => `${code} ${path.join(".")}`)).toEqual([
      "asks-others mcp.remote.url",
      "asks-others instructions.1",
      "asks-others skills.urls.0",
      "runs-code mcp.local.command.0",
    ]);
    expect(found.at(-1)!.what).toBe(
      "OpenCode starts the programs named here, npx (mcp.local.command), fmt (formatter.f.command), fmt2 (formatter.g.command) and 2 more",
    );
    expect(JSON.stringify(found)).not.toContain("secret");
  });
});
