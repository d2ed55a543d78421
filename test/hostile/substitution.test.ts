/**
 * What a variable or a file puts into a configuration counts, and is never shown: a secret in every place that OpenCode's `{env:}` and `{file:}`
 * reach, and then all that the doctor, plan, check and discover say of it, on the host and in an environment.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { featureFolder } from "../../src/catalog/files.ts";
import { examine, type Examination } from "../../src/doctor/doctor.ts";
import { formatJson, formatReport, formatVerdict } from "../../src/doctor/report.ts";
import type { Report } from "../../src/doctor/types.ts";
import { modelsOfCatalogue } from "../../src/gateway/mock/stock.ts";
import { startMockGateway, type MockGateway } from "../../src/gateway/mock/server.ts";
import { runPiped } from "../cli/harness.ts";
import { processorTime } from "../support/processor-time.ts";

/** Whole, in parts, in any case and in any writing of a URL: each part is found. */
const secret = "zq7alpha/zq8beta zq9gamma";
const leaked = /zq[789](?:alpha|beta|gamma)/i;

let folder: string;
let gateway: MockGateway;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "aperture-env-substitution-")));
  gateway = await startMockGateway({ models: await modelsOfCatalogue() });
  expect((await runPiped(["--yes", "--url", gateway.origin], place("made"))).exit).toBe(0);
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

function place(name: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".git"), { recursive: true });
  return path;
}

function put(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** All that the doctor can print of a report. */
function printed(report: Report): string {
  return [formatReport(report, true), formatReport(report, false), formatJson(report), formatVerdict(report) ?? ""].join("\n");
}

async function examined(root: string, env: Readonly<Record<string, string>>, more: Partial<Examination> = {}): Promise<Report> {
  return examine({
    installation: {
      share: join(folder, "made", featureFolder),
      prefix: null,
      gateway: gateway.origin,
      version: null,
      online: [],
      attribution: [],
      volume: null,
      managed: null,
      routes: new Map(),
      ends: [],
      toldBy: "caller" as const,
    },
    env: { HOME: join(folder, "home"), PATH: "/nowhere", SECRET: secret, SECRET_PATH: "secret.txt", ...env },
    cwd: root,
    uid: process.getuid?.() ?? null,
    deep: false,
    send: false,
    timeout: 2000,
    ...more,
  });
}

/** Where OpenCode's configuration has a text, with `@` in its place; the schema adds what it knows. */
const ours: readonly unknown[] = [
  { model: "@" },
  { model: "anthropic/@" },
  { model: "@/claude" },
  { small_model: "@" },
  { small_model: "openai/@" },
  { model: 1, "@": 2 },
  { provider: { "@": { npm: "@", name: "@", api: "@", options: {} } } },
  { provider: { "@": "text" } },
  { provider: { "@": { options: "text" } } },
  { provider: { "@": { npm: 1 } } },
  { enabled_providers: ["@"], provider: { "@": { models: { "@": { id: "@", name: "@" } } } } },
  { enabled_providers: ["@"], provider: { "@": { options: { baseURL: "@" } } } },
  { enabled_providers: ["@"], provider: { "@": { options: { baseURL: "https://@/v1", apiKey: "x" } } } },
  { enabled_providers: ["anthropic", "@"] },
  { disabled_providers: ["@", "anthropic"] },
  ...[
    "@",
    "http://@",
    "http://@/v1",
    "http://user:@@elsewhere/v1",
    "http://@:x@elsewhere/v1",
    "http://elsewhere/@",
    "http://elsewhere/v1?key=@",
    "http://elsewhere/v1#@",
    "http://elsewhere:@/v1",
    "{env:APERTURE_URL}/@",
    "{env:APERTURE_URL}/v1/v1/@",
  ].flatMap((baseURL) => [
    { provider: { anthropic: { options: { baseURL } } } },
    { provider: { openai: { options: { baseURL, apiKey: "@", headers: { "@": "@" } } } } },
    { provider: { anthropic: { models: { "@": { id: "@", provider: { npm: "@", api: baseURL } } } } } },
    { enabled_providers: ["own"], model: "own/@", provider: { own: { npm: "@", api: baseURL, models: { "@": {} } } } },
    { enabled_providers: ["amazon-bedrock"], provider: { "amazon-bedrock": { options: { endpoint: baseURL } } } },
  ]),
  { provider: { anthropic: { options: { apiKey: "@" } } } },
  { provider: { anthropic: { options: { headers: { authorization: "Bearer @" } } } } },
  { agent: { build: { model: "@", prompt: "@", description: "@" }, "@": { model: "@/x" } }, mode: { "@": { model: "@" } } },
  { plugin: ["@", "./@.ts", ["@", {}]] },
  {
    mcp: {
      "@": { type: "local", command: ["@"], environment: { A: "@" } },
      b: { type: "remote", url: "http://@", headers: { a: "@" } },
    },
  },
  { instructions: ["@", "http://@/x", "{env:SECRET}"] },
  { $schema: "@" },
  { default_agent: "@", username: "@", theme: "@", layout: "@", shell: "@", logLevel: "@" },
  { share: "@" },
  { autoupdate: "@" },
  { permissions: "@", permission: { bash: { "@": "allow" } }, tools: { "@": true } },
  { command: { "@": { template: "@", model: "@", agent: "@" } } },
  { formatter: { "@": { command: ["@"] } }, lsp: { "@": { command: ["@"] } } },
  { enterprise: { url: "@" }, server: { hostname: "@" }, experimental: { hook: { "@": "@" } } },
];

const schemaFile =
  process.env["OPENCODE_CONFIG_SCHEMA"] ??
  join(import.meta.dirname, "..", "..", "..", "shared", "schemas", "opencode-config.schema.json");
const schema = readSchema();

function readSchema(): Record<string, unknown> | null {
  try {
    return JSON.parse(readFileSync(schemaFile, "utf8")) as Record<string, unknown>;
  } catch {
    process.stderr.write(
      "Skipped: a secret in every text of OpenCode's own schema, because OPENCODE_CONFIG_SCHEMA names no file of it.\n",
    );
    return null;
  }
}

/** Every place of a schema that takes a text, as a configuration with only that; a map's key is one, too. */
function* textsOf(
  node: unknown,
  root: Record<string, unknown>,
  wrap: (inner: unknown) => unknown,
  depth = 0,
): Generator<unknown> {
  if (typeof node !== "object" || node === null || depth > 9) return;
  const { $ref, type, properties, additionalProperties, patternProperties, items, anyOf, oneOf, allOf, prefixItems } =
    node as Record<string, unknown>;
  if (typeof $ref === "string") {
    const target = $ref
      .replace(/^#\//, "")
      .split("/")
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], root);
    yield* textsOf(target, root, wrap, depth + 1);
  }
  if (type === "string" || (Array.isArray(type) && type.includes("string"))) yield wrap("@");
  for (const [key, inner] of Object.entries((properties ?? {}) as Record<string, unknown>))
    yield* textsOf(inner, root, (value) => wrap({ [key]: value }), depth + 1);
  for (const inner of [additionalProperties, ...Object.values((patternProperties ?? {}) as object)])
    if (typeof inner === "object" && inner !== null) {
      yield wrap({ "@": {} });
      yield* textsOf(inner, root, (value) => wrap({ "@": value }), depth + 1);
      yield* textsOf(inner, root, (value) => wrap({ anthropic: value }), depth + 1);
    }
  if (items !== undefined) yield* textsOf(items, root, (value) => wrap([value]), depth + 1);
  for (const list of [anyOf, oneOf, allOf])
    for (const inner of (list ?? []) as unknown[]) yield* textsOf(inner, root, wrap, depth + 1);
  for (const inner of (prefixItems ?? []) as unknown[]) yield* textsOf(inner, root, (value) => wrap([value]), depth + 1);
}

const ofSchema =
  schema === null ? [] : [...new Set([...textsOf(schema, schema, (inner) => inner)].map((each) => JSON.stringify(each)))];

/** The ways in which a secret comes into a text. */
const references = ["{env:SECRET}", "{file:secret.txt}", "{file:{env:SECRET_PATH}}", "a{env:SECRET}{env:UNSET}z"];

describe.skipIf(process.platform === "win32")("the doctor shows what is written, and nothing that is put in", () => {
  test.each(references)("%s in every place that is known", async (reference) => {
    const root = place("everywhere");
    put(root, { "secret.txt": `${secret}\n` });
    const configs = [...new Set([...ours.map((each) => JSON.stringify(each)), ...ofSchema])];
    expect(configs.length).toBeGreaterThan(schema === null ? 70 : 200);
    for (const config of configs) {
      const text = config.replaceAll("@@", "%@").replaceAll("@", reference).replaceAll("%", "@");
      put(root, { "opencode.json": text });
      const shown = printed(await examined(root, {}));
      expect(shown, text).not.toMatch(leaked);
    }
  });

  test("a variable with a whole configuration is shown by its name only", async () => {
    const root = place("variable");
    for (const config of ours) {
      const OPENCODE_CONFIG_CONTENT = JSON.stringify(config).replaceAll("@@", "%@").replaceAll("@", secret).replaceAll("%", "@");
      expect(printed(await examined(root, { OPENCODE_CONFIG_CONTENT })), OPENCODE_CONFIG_CONTENT).not.toMatch(leaked);
    }
    const { checks } = await examined(root, { OPENCODE_CONFIG_CONTENT: `{"model":"${secret}"}` });
    expect(checks.find(({ code }) => code === "model-unknown")?.message).toMatch(
      /^model is \{env:OPENCODE_CONFIG_CONTENT\}, which/,
    );
  });

  test.each([
    ["APERTURE_URL", secret.replaceAll(/[ /]/g, "_")],
    ["APERTURE_URL", `http://zq7alpha:zq8beta@ai`],
    ["APERTURE_URL", `http://zq7alpha:zq8beta@:80x`],
    ["APERTURE_URL", `http://ai/zq7alpha`],
    ["APERTURE_URL", `zq7alpha://zq8beta`],
    ["ANTHROPIC_BASE_URL", `https://zq7alpha.example/zq8beta`],
    ["ANTHROPIC_API_KEY", secret],
    ["OPENCODE_CONFIG", `/${secret}`],
    ["OPENCODE_CONFIG_CONTENT", `{"model": "${secret}`],
    ["OPENCODE_CONFIG_CONTENT", `{"provider": {"${secret}": 1}}`],
    ["OPENCODE_CONFIG_CONTENT", `{"model": "{file:/${secret}}"}`],
    ["OPENCODE_CONFIG_CONTENT", secret],
    ["OPENCODE_MODELS_PATH", `/${secret}`],
    ["OPENCODE_AUTH_CONTENT", `{"anthropic":{"type":"api","key":"${secret}"}}`],
    ["HTTP_PROXY", `http://zq7alpha:zq8beta@127.0.0.1:9`],
  ])("the value of %s is not shown: %j", async (name, value) => {
    const root = place("variables");
    put(root, { "opencode.json": '{"$schema":"s","provider":{"anthropic":{"options":{"apiKey":""}}}}' });
    expect(printed(await examined(root, { [name]: value }))).not.toMatch(leaked);
  });

  test.each([
    ['{"model":"{env:SECRET}/x"}', "model-unknown", /^model is \{env:SECRET\}\/x, which/],
    ['{"model":"{file:secret.txt}"}', "model-unknown", /^model is \{file:secret\.txt\}, which/],
    ['{"provider":{"anthropic":{"options":{"baseURL":"{env:SECRET}"}}}}', "base-url-invalid", /opencode\.json:1\)$/],
    [
      '{\n"provider":{"anthropic":{"options":{"baseURL":"https://a.example/{env:SECRET}"}}}}',
      "provider-bypass",
      /^anthropic goes to https:\/\/a\.example, not to the gateway \(.*opencode\.json:2\)$/,
    ],
    [
      '{"provider":{"anthropic":{"options":{"baseURL":"{env:BASE}"}}}}',
      "provider-bypass",
      /^anthropic goes to what \{env:BASE\} stands for, not to the gateway/,
    ],
    ['{"x": "{env:LINES}",\n "model": "a/b"}', "model-unknown", /^model is a\/b/],
    ['{"x": "{file:{env:SECRET}}"}', "config-reference", /opencode\.json$/],
    ['{"x": {env:SECRET}}', "config-unreadable", /opencode\.json:1$/],
  ])("%s says so: %s", async (text, code, message) => {
    const root = place("said");
    put(root, { "secret.txt": secret, "opencode.json": text });
    const report = await examined(root, { BASE: "https://zq7alpha.example/v1", LINES: "\\n\\n" });
    const check = report.checks.find((each) => each.code === code);
    expect(check?.message, printed(report)).toMatch(message);
    expect(printed(report)).not.toMatch(leaked);
    if (code === "config-reference") expect(check?.cause).toBe("{file:{env:SECRET}} cannot be read");
  });

  test("what is no file of words is refused at once", async () => {
    const root = place("odd");
    put(root, {
      "folder/x": "",
      "huge.txt": "x".repeat(5 * 1024 * 1024),
      "big.txt": "zq7alpha".repeat(400_000),
      "token.txt": secret,
    });
    expect(spawnSync("mkfifo", [join(root, "pipe")]).status).toBe(0);
    const many = Array.from({ length: 6 }, () => "{file:big.txt}").join("");
    const references = Array.from({ length: 20_000 }, () => "{env:SECRET}").join("");
    for (const [text, code] of [
      ["{file:pipe}", "config-reference"],
      ["{file:/dev/zero}", "config-reference"],
      ["{file:/dev/stdin}", "config-reference"],
      ["{file:folder}", "config-reference"],
      ["{file:huge.txt}", "config-reference"],
      ["{file:gone.txt}", "config-reference"],
      [many, "config-reference"],
      [references, "config-reference"],
      ["{file:/proc/self/environ}", "model-unknown"],
      ["{file:token.txt}", "model-unknown"],
    ] as const) {
      put(root, { "opencode.json": `{"model":"${text}"}` });
      const started = processorTime();
      const report = await examined(root, {});
      expect(processorTime() - started, text.slice(0, 40)).toBeLessThan(3000);
      expect(
        report.checks.map((check) => check.code),
        text.slice(0, 40),
      ).toContain(code);
      expect(printed(report)).not.toMatch(leaked);
      expect(printed(report).length).toBeLessThan(20_000);
    }
  });

  test("what OpenCode itself says with everything put in is not repeated", async () => {
    const root = place("deep");
    put(root, { "secret.txt": secret });
    const prefix = join(folder, "prefix");
    const stub = join(prefix, "lib", "aperture-env", "opencode");
    const launcher = join(prefix, "bin", "opencode");
    put(folder, { "prefix/lib/aperture-env/opencode.version": "1\n" });
    const share = readFileSync(join(folder, "made", featureFolder, "opencode.json"), "utf8");
    put(folder, { "prefix/share/aperture-env/opencode.json": share });
    const installation = {
      share: join(prefix, "share", "aperture-env"),
      prefix,
      gateway: gateway.origin,
      version: "1",
      online: [],
      attribution: [],
      volume: null,
      managed: null,
      routes: new Map(),
      ends: [],
      toldBy: "caller" as const,
    };
    for (const [script, config] of [
      [
        `echo '{"model":"${secret}","provider":{"${secret}":{"options":{"baseURL":"http://zq7alpha/zq8beta"}}}}'`,
        { model: "{env:SECRET}" },
      ],
      [`echo '{"model":"${secret}","provider":{"${secret}":{}}}'`, {}],
      [`echo '${secret}' >&2; echo '${secret}'; exit 1`, { model: "{env:SECRET}" }],
      [`echo '${secret}'`, { username: "{file:secret.txt}" }],
    ] as const) {
      for (const path of [stub, launcher]) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, `#!/bin/sh\ncase $1 in --version) echo 1; exit 0;; esac\n${script}\n`, { mode: 0o755 });
      }
      put(root, { "opencode.json": JSON.stringify({ $schema: "s", ...config }) });
      const report = await examined(root, {}, { installation, deep: true, send: true });
      expect(report.checks.map(({ code }) => code).some((code) => code.startsWith("config-") || code === "send")).toBe(true);
      // Where nothing is put in, an answer and an error are OpenCode's own words.
      if (Object.keys(config).length > 0) expect(printed(report), script).not.toMatch(leaked);
      else
        expect(printed({ ...report, checks: report.checks.filter(({ code }) => !code.startsWith("send")) })).not.toMatch(leaked);
    }
  });
});

test("create, check, update and discover quote a configuration as it is written", async () => {
  const root = place("commands");
  const env = { SECRET: secret, SECRET_PATH: "secret.txt" };
  put(root, { "secret.txt": secret });
  const all = JSON.stringify(
    ours
      .filter((each) => !JSON.stringify(each).includes('"model":1'))
      .reduce<object>((sum, each) => ({ ...sum, ...(each as object) }), {}),
  );
  for (const reference of references) {
    put(root, { "opencode.json": all.replaceAll("@", reference), ".opencode/opencode.jsonc": all.replaceAll("@", reference) });
    for (const command of [
      ["--yes", "--dry-run", "--url", gateway.origin],
      ["--yes", "--url", gateway.origin],
      ["check"],
      ["check", "--json"],
      ["update", "--yes"],
      ["discover", gateway.origin, "--json"],
    ]) {
      const ran = await runPiped(command, root, { ...env, PATH: process.env["PATH"] ?? "" });
      expect(ran.stdout + ran.stderr, command.join(" ")).not.toMatch(leaked);
    }
    rmSync(join(root, "aperture-env.lock"), { force: true });
  }
});
