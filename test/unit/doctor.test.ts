/** The doctor's judgement, from values to values. */
import { describe, expect, test } from "vitest";
import { lineOf } from "../../src/doctor/config/json.ts";
import { normaliseUrl } from "../../src/doctor/config/launch.ts";
import { findChoices, splitModel, wirePath } from "../../src/doctor/config/providers.ts";
import { resolveConfig } from "../../src/doctor/config/resolve.ts";
import { substitute } from "../../src/doctor/config/substitute.ts";
import { foldersUp, type World } from "../../src/doctor/config/world.ts";
import { judgeOrigin } from "../../src/doctor/judge/origin.ts";
import { judgeDebugConfig, judgeSent, judgeVersion } from "../../src/doctor/judge/opencode.ts";
import { formatJson, formatReport, formatVerdict, sorted } from "../../src/doctor/report.ts";
import { fine, found, listed, show, worst, type Check, type Report } from "../../src/doctor/types.ts";

/** A disk in memory. */
function worldWith(files: Readonly<Record<string, string>>, more: Partial<World> = {}): World {
  return {
    env: {},
    cwd: "/r/a",
    home: "/h",
    read: (path) => (files[path] === undefined ? { kind: "nothing" } : { kind: "text", text: files[path] }),
    exists: (path) => path === "/r/.git" || Object.keys(files).some((file) => file === path || file.startsWith(`${path}/`)),
    ...more,
  };
}

describe("the address", () => {
  test.each([
    ["ai", "http://ai"],
    ["http://ai/v1/", "http://ai"],
    ["http://ai//v1//v1", "http://ai"],
    ["http://v1", "http://v1"],
    ["https://ai.t.ts.net:8443/", "https://ai.t.ts.net:8443"],
    ["http://ai/v1beta", "http://ai/v1beta"],
    [' "http://ai/v1"\r\n', "http://ai"],
    ["'ai'", "http://ai"],
  ])("%s becomes %s, as in the launcher", (given, expected) => {
    expect(normaliseUrl(given)).toBe(expected);
  });

  test.each([
    [undefined, false, "http://ai", []],
    ["", false, "http://ai", ["origin-empty"]],
    [' ""\r', false, "http://ai", ["origin-empty"]],
    ["http://ai", false, "http://ai", []],
    ["http://ai\r", false, "http://ai", ["origin-spelling"]],
    ['"http://ai"', false, "http://ai", ["origin-spelling"]],
    ['"http://ai"', true, "http://ai", []],
    ["HTTP://AI/", false, "http://ai", ["origin-spelling"]],
    ["http://ai/v1", false, "http://ai", ["origin-spelling"]],
    ["http://other", false, "http://other", []],
    ["http://other", true, "http://ai", ["origin-managed"]],
    ["http://ai/gateway", false, null, ["origin-path"]],
    ["http://user:hunter2@ai", false, null, ["origin-invalid"]],
    ["http://a b", false, null, ["origin-invalid"]],
  ])("APERTURE_URL=%j, managed %s: %s", (given, managed, origin, codes) => {
    const judged = judgeOrigin(given, "http://ai", managed);
    expect(judged.origin).toBe(origin);
    expect(judged.checks.map(({ code }) => code)).toEqual(codes);
    expect(JSON.stringify(judged)).not.toContain("hunter2");
  });
});

describe("the configuration", () => {
  test("folders up", () => {
    expect(foldersUp("/r/a/b", "/r")).toEqual(["/r/a/b", "/r/a", "/r"]);
    expect(foldersUp("/x", "/r")).toEqual(["/x", "/"]);
    expect(foldersUp("/", "/")).toEqual(["/"]);
  });

  test("a key __proto__ is a key like any other", () => {
    const { config } = resolveConfig(
      worldWith({ "/r/opencode.json": '{"__proto__":{"model":"evil/x"}}', "/r/a/opencode.json": '{"__proto__":{"y":1}}' }),
    );
    expect(config["model"]).toBeUndefined();
    expect(({} as Record<string, unknown>)["model"]).toBeUndefined();
  });

  test.each([
    ["{env:A}-{env:B}", true, "a-"],
    ["{file:f}", true, "one\\ntwo"],
    ["{file:/abs}", true, "abs"],
    ["{file:~/h}", true, "home"],
    ["// {file:none}\n{file:f}", true, "// {file:none}\none\\ntwo"],
    ["x {file:none}", false, "{file:none}"],
  ])("%j", (text, ok, result) => {
    const world = worldWith({ "/r/f": " one\ntwo\n", "/abs": "abs", "/h/h": "home" });
    const filled = substitute(text, "/r", world, { A: "a" });
    expect(filled.ok ? [true, filled.text] : [false, filled.reference]).toEqual([ok, result]);
  });
});

describe("the line of a value", () => {
  const text = `{
  // a comment
  "a": { "b": 1,
    "list": ["x",
      { "c": null }] },
  "d": "first",
  "d":
    "second",
}
`;
  test.each([
    [[], 1],
    [["a"], 3],
    [["a", "b"], 3],
    [["a", "list"], 4],
    [["a", "list", 0], 4],
    [["a", "list", 1], 5],
    [["a", "list", 1, "c"], 5],
    [["d"], 8],
    [["a", "list", "1"], undefined],
    [["b"], undefined],
    [["a", "b", "c"], undefined],
  ] as const)("%j", (path, line) => {
    expect(lineOf({ text, spans: [] }, path)).toBe(line);
  });

  test("of a text that is none", () => {
    for (const broken of ["", "{", '{"a":', "[[[", "}"]) expect(lineOf({ text: broken, spans: [] }, ["a"])).toBeUndefined();
  });
});

describe("the choices", () => {
  const catalogue = { anthropic: { npm: "@ai-sdk/anthropic", models: { m: {} } }, opencode: { models: { z: {} } } };
  const gateway = { options: { baseURL: "http://ai/v1", apiKey: "-" } };
  const routes = new Map();

  test("what the configuration, stored keys and variables let in", () => {
    const given = { config: { provider: { anthropic: gateway } }, auth: {}, env: { GITHUB_TOKEN: "x" }, routes };
    expect(findChoices({ ...given, catalogue })).toMatchObject({ hosted: true, ambient: [], enabled: null });
    expect(findChoices({ ...given, catalogue: null }).ambient).toEqual([{ id: "github-copilot", variable: "GITHUB_TOKEN" }]);
    const closed = { ...given, config: { ...given.config, enabled_providers: ["anthropic"] }, catalogue: null };
    expect(findChoices(closed)).toMatchObject({ hosted: false, ambient: [], providers: [{ id: "anthropic" }] });
    const disabled = { ...given, config: { ...given.config, disabled_providers: ["opencode"] }, catalogue };
    expect(findChoices(disabled).hosted).toBe(false);
  });

  test.each([
    [{ apiKey: "-" }, {}, {}, "placeholder", ["provider", "anthropic", "options", "apiKey"]],
    [{ apiKey: "sk" }, {}, {}, "real", ["provider", "anthropic", "options", "apiKey"]],
    [{ apiKey: "" }, {}, {}, "none", ["provider", "anthropic", "options", "apiKey"]],
    [{}, { anthropic: { type: "api", key: "-" } }, { ANTHROPIC_API_KEY: "sk" }, "placeholder", ["auth.json"]],
    [{}, { anthropic: "-" }, { ANTHROPIC_API_KEY: "sk" }, "real", ["ANTHROPIC_API_KEY"]],
    [{}, {}, {}, "none", ["provider", "anthropic", "options", "apiKey"]],
  ])("options %j, stored %j, variables %j: %s", (options, auth, env, key, keyBy) => {
    const [view] = findChoices({ config: { provider: { anthropic: { options } } }, catalogue, auth, env, routes }).providers;
    expect(view).toMatchObject({ key, keyBy });
  });

  test.each([
    [{ anthropic: gateway }, {}, ["http://ai/v1"]],
    [{ anthropic: {} }, { ANTHROPIC_BASE_URL: "http://x" }, ["http://x"]],
    [{ anthropic: {} }, {}, []],
    [{ anthropic: { api: "http://y" } }, { ANTHROPIC_BASE_URL: "http://x" }, ["http://y"]],
    [
      { all: { models: { a: { provider: { api: "http://1" } }, b: { provider: { api: "http://2" } } } } },
      {},
      ["http://1", "http://2"],
    ],
    [{ bedrock: { npm: "@ai-sdk/amazon-bedrock", options: { endpoint: "http://ai/bedrock" }, models: { m: {} } } }, {}, []],
    [{ "amazon-bedrock": { options: { endpoint: "http://ai/bedrock" } } }, {}, ["http://ai/bedrock"]],
  ])("%j with %j goes to %j", (provider, env, urls) => {
    const [view] = findChoices({ config: { provider }, catalogue, auth: {}, env, routes }).providers;
    expect(view?.addresses.map(({ url }) => url)).toEqual(urls);
  });

  test("which path is called: a provider's own package counts only for models that it lists", () => {
    const config = {
      provider: {
        anthropic: { npm: "@ai-sdk/openai", models: { listed: {}, own: { provider: { npm: "@ai-sdk/openai-compatible" } } } },
      },
    };
    const [view] = findChoices({ config, catalogue, auth: {}, env: {}, routes }).providers;
    expect(["m", "listed", "own"].map((model) => wirePath(view!, config, model))).toEqual([
      "/v1/messages",
      "/v1/responses",
      "/v1/chat/completions",
    ]);
    expect(splitModel("a/b/c")).toEqual(["a", "b/c"]);
  });
});

describe("what OpenCode says", () => {
  const ran = { status: 0, stdout: "", stderr: "", late: false };

  test.each([
    [{ stdout: "1.18.18\n" }, "1.18.18", "opencode-runs"],
    [{ stdout: "1.18.18\n" }, "1.18.17", "version"],
    [{ status: 1, stderr: "boom" }, "1", "binary-broken"],
    [{ status: null, late: true }, "1", "binary-slow"],
  ])("%j against %s: %s", (given, stamp, code) => {
    expect(judgeVersion({ ...ran, ...given }, stamp).map((check) => check.code)).toEqual([code]);
  });

  test("if OpenCode resolves the configuration differently, its result is judged", () => {
    const { checks, config } = judgeDebugConfig({ ...ran, stdout: '{"model":"a/b","username":"me"}' }, { model: "a/c" }, false);
    expect(checks.map(({ code }) => code)).toEqual(["config-differs"]);
    expect(config).toMatchObject({ model: "a/b" });
  });

  test("an answer, and none", () => {
    expect(judgeSent({ ...ran, stdout: "ok\n" }, "http://ai", 60, false)[0]).toMatchObject({ code: "send", severity: "ok" });
    const failed = judgeSent({ ...ran, status: 1, stderr: "\u001b[91mError: \u001b[0mno such model\n" }, "http://ai", 60, false);
    expect(failed[0]).toMatchObject({ code: "send-failed", cause: "Error: no such model" });
    const thrown = '{\n  "name": "UnknownError",\n  "data": {\n    "message": "Unexpected server error",\n  }\n}\n';
    expect(judgeSent({ ...ran, status: 1, stderr: thrown }, "http://ai", 60, false)[0]?.cause).toBe("Unexpected server error");
    expect(judgeSent({ ...ran, status: null, late: true }, "http://ai", 60, false)[0]?.code).toBe("send-timeout");
  });
});

describe("the report", () => {
  const checks: Check[] = sorted([
    found("note", "config", "a-note", "A note", "because", "leave it"),
    fine("gateway", "gateway", "It answers"),
    found("failure", "config", "bad", "Broken", "of this", "mend it"),
    fine("opencode", "opencode", "OpenCode 1"),
  ]);
  const report: Report = { verdict: worst(checks), origin: "http://ai", checks, ms: 120 };

  test("a table for people, by group, the worst first", () => {
    expect(String(formatReport(report, false))).toBe(`OpenCode through http://ai

  ✓ OpenCode       OpenCode 1
  ✗ configuration  Broken  (bad)
                   Of this.
                   → Mend it.
  ·                A note  (a-note)
                   Because.
                   → Leave it.
  ✓ gateway        It answers

It does not work yet: see what is marked ✗. 1 failure, 1 note, 0.12 s
`);
    // oxlint-disable-next-line no-control-regex -- colours
    expect(String(formatReport(report, true))).toMatch(/\u001b\[31m✗/);
  });

  test("at a terminal nothing is wider than it, and words stay whole", () => {
    const long = [
      found(
        "failure",
        "gateway",
        "name-unknown",
        "The name server 10.0.0.1 does not know the name ai of it",
        "a long cause of it, in words",
        "set  connection: auto  in aperture-env.yaml, or the address",
      ),
      fine("opencode", "opencode", "OpenCode is here, and is the one that is pinned"),
    ];
    const said = String(formatReport({ verdict: worst(long), origin: "http://ai", checks: sorted(long), ms: 120 }, false, 60));
    expect(said.split("\n").filter((line) => line.length > 60 || line !== line.trimEnd())).toEqual([]);
    expect(said).toContain(`
  ✗ gateway        The name server 10.0.0.1 does not know
                   the name ai of it  (name-unknown)
                   A long cause of it, in words.
                   → Set  connection: auto  in
                     aperture-env.yaml, or the address.
`);
  });

  test("a question ends with its own mark", () => {
    const check = found("failure", "gateway", "name-unknown", "The name ai does not resolve", "why is that?", "is it the name?");
    const asked = { verdict: "failure", origin: "http://ai", checks: [check], ms: 120 } as const;
    expect(String(formatReport(asked, false))).toContain("Why is that?\n");
    expect(String(formatReport(asked, false))).toContain("→ Is it the name?\n");
    expect(String(formatVerdict(asked))).toBe("The name ai does not resolve. Is it the name? aperture-doctor checks again.");
  });

  test("one object for programs", () => {
    expect(JSON.parse(String(formatJson(report)))).toEqual({
      schemaVersion: 1,
      verdict: "failure",
      origin: "http://ai",
      ms: 120,
      checks,
    });
  });

  test("one line for the launcher, only where something is broken", () => {
    expect(String(formatVerdict(report))).toBe("Broken. Mend it. aperture-doctor checks again.");
    expect(formatVerdict({ ...report, verdict: "warning" })).toBeNull();
  });

  test("texts of others stay on their line", () => {
    expect(show("a\u001b[31m\nb\u2028")).toBe("a\\u{1b}[31m\\u{a}b\\u{2028}");
    expect(show("x".repeat(300))).toHaveLength(201);
    expect(listed(["a", "b", "c"])).toBe("a, b and c");
    expect(listed(["a", "b", "c", "d"], 2)).toBe("a, b and 2 more");
  });
});
