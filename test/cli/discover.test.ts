/** `discover` from end to end against the mock gateway, and what `create` makes of what it hears. */
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startMockGateway, type MockGateway, type MockModel } from "../../src/gateway/mock/server.ts";
import { parseLock } from "../../src/lock/lock.ts";
import { parseSpec } from "../../src/spec/parse.ts";
import { makeFolder, runAtTerminal, runPiped, treeOf, write, type Session } from "./harness.ts";

const anthropic = { id: "anthropic", name: "Anthropic" };
const openai = { id: "openai", name: "OpenAI" };
const messages = ["/v1/messages"];
const responses = ["/v1/responses"];
/** Not what this version proposes by itself, so that it shows where a proposal comes from. */
const models: readonly MockModel[] = [
  { id: "gpt-5.5", provider: openai, endpoints: responses },
  { id: "gpt-5.4-mini", provider: openai, endpoints: responses },
  { id: "text-embedding-3-small", provider: openai, endpoints: responses },
];
const both: readonly MockModel[] = [
  ...models,
  { id: "claude-sonnet-5-5", provider: anthropic, endpoints: messages },
  { id: "claude-haiku-4-5", provider: anthropic, endpoints: messages },
];

let outside: ReturnType<typeof makeFolder>;
let root: string;
const closing: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
});
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  outside.remove();
});

async function gatewayWith(served: readonly MockModel[]): Promise<MockGateway> {
  const gateway = await startMockGateway({ models: served });
  closing.push(() => gateway.close());
  return gateway;
}

/** A server that takes connections and says nothing. */
async function silence(): Promise<string> {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const specOf = (origin: string): string =>
  `# mine\naperture: { url: ${origin} } # gw\n\nproviders: # what\n  anthropic: {} # ours\n\n# big\nmodel: anthropic/claude-sonnet-5-5 # keep\n`;

describe("what is served", () => {
  test("is a table", async () => {
    const { origin, requests } = await gatewayWith(both);
    const ran = await runPiped(["discover", origin], root);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toBe(
      [
        `${origin} serves 5 models of 2 providers to you.`,
        "",
        "  provider   api        model                   context  output",
        "  anthropic  messages   claude-haiku-4-5         200000   64000  small_model",
        "                        claude-sonnet-5-5       1000000  128000  model",
        "  openai     responses  gpt-5.4-mini             400000  128000",
        "                        gpt-5.5                 1050000  128000",
        "                        text-embedding-3-small        -       -  no chat model",
        "",
      ].join("\n"),
    );
    expect(ran.stderr).toBe("");
    expect(requests.map(({ method, path, keys, userAgent }) => [method, path, keys.length, userAgent])).toEqual([
      ["GET", "/v1/models", 0, expect.stringMatching(/^create-aperture-env\//)],
    ]);
    expect(treeOf(root)).toEqual({});
  });

  test("is one JSON object", async () => {
    const { origin } = await gatewayWith(both);
    const ran = await runPiped(["discover", origin, "--json"], root);
    expect(ran).toMatchObject({ exit: 0, stderr: "" });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      schemaVersion: 1,
      status: "discovered",
      origin,
      model: "anthropic/claude-sonnet-5-5",
      small_model: "anthropic/claude-haiku-4-5",
      providers: [
        {
          id: "anthropic",
          gatewayId: "anthropic",
          known: true,
          api: "messages",
          models: [{ id: "claude-haiku-4-5", ref: "anthropic/claude-haiku-4-5" }, {}],
        },
        {
          id: "openai",
          models: [
            {},
            { id: "gpt-5.5", apis: ["responses"], limit: { context: 1050000, output: 128000 } },
            { usable: false, ref: null },
          ],
        },
      ],
      spec: { path: "aperture-env.yaml", exists: false, text: expect.stringContaining("openai: {}") },
    });
  });

  test("is asked of the spec's gateway, else of the one that a variable names, else of http://ai", async () => {
    const { origin } = await gatewayWith(both);
    const dead = "http://127.0.0.1:1";
    for (const [name, other] of [
      ["APERTURE_ENDPOINT", "APERTURE_URL"],
      ["APERTURE_ENV_URL", "APERTURE_ENDPOINT"],
      ["APERTURE_URL", "X"],
    ] as const)
      expect((await runPiped(["discover"], root, { [name]: `${origin}/v1`, [other]: dead })).stdout).toContain(
        `${origin} serves 5 models`,
      );
    expect(await runPiped(["discover"], root, { APERTURE_ENDPOINT: "ftp://x" })).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/^APERTURE_ENDPOINT: .*not ftp/),
    });
    write(root, { "aperture-env.yaml": specOf(origin) });
    mkdirSync(join(root, ".git"));
    mkdirSync(join(root, "deep"));
    expect((await runPiped(["discover"], join(root, "deep"), { APERTURE_ENDPOINT: dead })).stdout).toContain(`${origin} serves`);
    expect((await runPiped(["discover", "--cwd", "sample"], outside.folder)).stdout).toContain(`${origin} serves`);
    expect((await runPiped(["discover", "--timeout", "0.5"], outside.folder)).stderr).toMatch(/\bai\b/);
  });

  test("is told of another gateway whatever state the spec is in", async () => {
    const { origin } = await gatewayWith(both);
    write(root, { "aperture-env.yaml": "{" });
    expect(await runPiped(["discover", origin], root)).toMatchObject({ exit: 0 });
    expect(await runPiped(["discover"], root)).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/^aperture-env\.yaml:1:\d+: /),
    });
  });
});

describe("--write", () => {
  test("adds what is missing, keeps comments and what is served, and a second run changes nothing", async () => {
    const { origin } = await gatewayWith(both);
    write(root, { "aperture-env.yaml": specOf(origin) });
    const ran = await runPiped(["discover", "--write", "--yes"], root);
    expect(ran.exit, ran.stderr).toBe(0);
    const after = specOf(origin)
      .replace("# ours\n", "# ours\n  openai: {}\n")
      .concat("small_model: anthropic/claude-haiku-4-5\n");
    expect(read("aperture-env.yaml")).toBe(after);
    expect(ran.stdout).toMatch(
      /\ndiff --git a\/aperture-env\.yaml b\/aperture-env\.yaml\n[^]*\n\+ {2}openai: \{\}\n[^]*\n\nWritten: aperture-env\.yaml\.\n$/,
    );
    expect(Object.keys(treeOf(root))).toEqual(["aperture-env.yaml"]);
    const before = treeOf(root, true);
    for (const argv of [
      ["discover", "--write"],
      ["discover", "--write", "--yes"],
    ])
      expect(await runPiped(argv, root)).toMatchObject({
        exit: 0,
        stdout: expect.stringMatching(/\n\nNothing to do: aperture-env\.yaml has what the gateway serves\.\n$/),
      });
    expect(JSON.parse((await runPiped(["discover", "--write", "--json"], root)).stdout)).toMatchObject({
      status: "unchanged",
      spec: { changes: false },
    });
    expect(treeOf(root, true)).toEqual(before);
  });

  test("writes nothing where nobody can be asked, or with --dry-run", async () => {
    const { origin } = await gatewayWith(both);
    write(root, { "aperture-env.yaml": specOf(origin) });
    const before = treeOf(root, true);
    const refused = await runPiped(["discover", "--write"], root);
    expect(refused).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("--yes"),
      stdout: expect.stringContaining("\n+  openai: {}\n"),
    });
    const json = await runPiped(["discover", "--write", "--json"], root);
    expect(json.exit).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ status: "error", error: { code: "missing-answers" } });
    expect(await runPiped(["discover", "--write", "--dry-run"], root)).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/\nNothing was written \(--dry-run\)\.\n$/),
    });
    expect(treeOf(root, true)).toEqual(before);
  });

  test("asks at a terminal", async () => {
    const { origin } = await gatewayWith(both);
    write(root, { "aperture-env.yaml": specOf(origin) });
    const before = treeOf(root, true);
    for (const [key, exit] of [
      ["n", 130],
      ["y", 0],
    ] as const) {
      expect(treeOf(root, true)).toEqual(before);
      const session = runAtTerminal(["discover", "--write"], root);
      await session.until("Write this into aperture-env.yaml?");
      session.press(key);
      expect(await session.done).toMatchObject({ exit });
    }
    expect(parseSpec(read("aperture-env.yaml")).providers?.value).toEqual({ anthropic: {}, openai: {} });
  });

  test("without a spec prints one", async () => {
    const { origin } = await gatewayWith(models);
    const ran = await runPiped(["discover", origin, "--write"], root);
    expect(ran).toMatchObject({ exit: 0, stderr: expect.stringContaining("There is no aperture-env.yaml here.") });
    const text = ran.stdout.slice(ran.stdout.indexOf("aperture:\n"));
    expect(text).toBe(
      `aperture:\n  url: ${origin}\nproviders:\n  openai: {}\nmodel: openai/gpt-5.5\nsmall_model: openai/gpt-5.4-mini\n`,
    );
    expect(treeOf(root)).toEqual({});
    write(root, { "aperture-env.yaml": text });
    expect(await runPiped(["--yes"], root)).toMatchObject({ exit: 0 });
  });

  test("names what is not listed, and replaces a model that is not", async () => {
    const { origin } = await gatewayWith(models);
    write(root, { "aperture-env.yaml": specOf(origin) });
    const ran = await runPiped(["discover", "--write", "--yes"], root);
    expect(ran.exit).toBe(0);
    expect(ran.stderr).toContain(
      "Note: model was anthropic/claude-sonnet-5-5, which the gateway does not list to you, and becomes openai/gpt-5.5.\n",
    );
    expect(ran.stderr).toMatch(/Note: the gateway does not list anthropic to you/);
    expect(read("aperture-env.yaml")).toContain("  anthropic: {} # ours\n  openai: {}\n\n# big\nmodel: openai/gpt-5.5 # keep\n");
  });

  test("goes on to an update, and remove still takes the spec that was generated", async () => {
    const { origin } = await gatewayWith(both);
    await runPiped(["--yes", "--url", origin, "--providers", "anthropic"], root);
    const ran = await runPiped(["discover", "--write", "--yes"], root);
    expect(ran.stderr).toMatch(/\nNext:\n {2}npx create-aperture-env update\n$/);
    expect(await runPiped(["check"], root)).toMatchObject({ exit: 3, stdout: expect.stringContaining("providers") });
    expect(await runPiped(["update"], root)).toMatchObject({ exit: 0 });
    expect(parseLock(read("aperture-env.lock"))!.answers.providers.map(({ id }) => id)).toEqual(["anthropic", "openai"]);
    expect(await runPiped(["check"], root)).toMatchObject({ exit: 0 });
    expect(await runPiped(["remove", "--yes"], root)).toMatchObject({ exit: 0 });
    expect(treeOf(root)).toEqual({});
  });

  test("refuses a spec that it cannot edit, and writes nothing", async () => {
    const { origin } = await gatewayWith(both);
    write(root, { "aperture-env.yaml": `aperture: { url: ${origin} }\n? model\n: anthropic/gone\n` });
    const before = treeOf(root, true);
    expect(await runPiped(["discover", "--write", "--yes"], root)).toMatchObject({
      exit: 3,
      stderr: expect.stringMatching(/aperture-env\.yaml:2:\d+: The spec cannot be changed here: /),
    });
    expect(treeOf(root, true)).toEqual(before);
  });

  test("says where another gateway was asked than the spec goes to", async () => {
    const { origin } = await gatewayWith(both);
    write(root, { "aperture-env.yaml": specOf("http://elsewhere") });
    const ran = await runPiped(["discover", origin, "--write", "--yes"], root);
    expect(ran.stderr).toContain(`Note: aperture-env.yaml uses http://elsewhere, but ${origin} was asked.\n`);
    expect(read("aperture-env.yaml")).toContain("url: http://elsewhere");
  });
});

describe("where it fails", () => {
  test.each<readonly [name: string, argv: readonly string[], exit: number, says: RegExp]>([
    ["no address", ["ftp://ai"], 2, /^discover: the gateway speaks http or https/],
    ["a path", ["http://ai/x"], 2, /Write http:\/\/ai/],
    ["nobody there", ["http://127.0.0.1:1"], 4, /Nothing listens on 127\.0\.0\.1:1/],
  ])("%s", async (_name, argv, exit, says) => {
    const ran = await runPiped(["discover", ...argv], root);
    expect(ran).toMatchObject({ exit, stdout: "", stderr: expect.stringMatching(says) });
    const json = await runPiped(["discover", ...argv, "--json"], root);
    expect(json.exit).toBe(exit);
    expect(JSON.parse(json.stdout)).toMatchObject({ status: "error", error: { exit } });
  });

  test.each([
    ["html", "gateway-html"],
    ["redirect", "gateway-redirect"],
    ["no-role", "gateway-forbidden"],
    ["stall", "gateway-slow"],
    ["reset", "gateway-cut-off"],
    ["close", "gateway-reset"],
    ["cut", "gateway-cut-off"],
    ["empty", "gateway-no-models"],
    ["status=401", "gateway-unauthorized"],
    ["status=404", "gateway-no-list"],
    ["status=405", "gateway-method"],
    ["status=429", "gateway-quota"],
    ["status=503", "gateway-failed"],
  ] as const)("the fault %s", async (fault, code) => {
    const gateway = await startMockGateway({ models: both, faults: [fault] });
    closing.push(() => gateway.close());
    const ran = await runPiped(["discover", gateway.origin, "--json", "--timeout", "0.5"], root);
    expect(ran.exit).toBe(4);
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code, hint: expect.any(String) } });
  });

  test("an empty list, and no list", async () => {
    const { origin } = await gatewayWith([]);
    expect(await runPiped(["discover", origin], root)).toMatchObject({ exit: 4, stderr: expect.stringContaining("grant") });
    const quiet = await silence();
    expect(await runPiped(["discover", quiet, "--timeout", "0.2"], root)).toMatchObject({
      exit: 4,
      stderr: expect.stringContaining("0.2 s"),
    });
  });
});

describe("making an environment", () => {
  const because = (origin: string): RegExp => new RegExp(`^ {2}model +openai/gpt-5\\.5 +detected: ${origin}$`, "m");

  test("with --discover proposes what the gateway serves", async () => {
    const { origin } = await gatewayWith(models);
    const ran = await runPiped(["--yes", "--discover", "--url", origin], root);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(because(origin));
    expect(ran.stdout).toMatch(/^ {2}small_model +openai\/gpt-5.4-mini +detected/m);
    expect(parseSpec(read("aperture-env.yaml"))).toMatchObject({
      providers: { value: { openai: {} } },
      model: { value: "openai/gpt-5.5" },
    });
  });

  test("with the compact style exactly the gateway's models", async () => {
    const { origin } = await gatewayWith(both);
    expect((await runPiped(["--yes", "--discover", "--style", "compact", "--url", origin], root)).exit).toBe(0);
    const config = JSON.parse(read(".devcontainer/aperture-env/opencode.json")) as { provider: { aperture: { models: object } } };
    expect(Object.keys(config.provider.aperture.models).sort()).toEqual([
      "claude-haiku-4-5",
      "claude-sonnet-5-5",
      "gpt-5.4-mini",
      "gpt-5.5",
    ]);
  });

  test("what flags say stands above it, and it fits what they say", async () => {
    const { origin, requests } = await gatewayWith(both);
    const ran = await runPiped(["--yes", "--discover", "--url", origin, "--providers", "openai"], root);
    expect(ran.stdout).toMatch(because(origin));
    const count = requests.length;
    const all = ["--providers", "openai", "--model", "openai/gpt-6.1-sol", "--small-model", "openai/gpt-6.1-sol"];
    await runPiped(["--yes", "--discover", "--url", origin, ...all], join(root, ".."));
    expect(requests).toHaveLength(count);
  });

  test("names what is proposed where nobody can be asked", async () => {
    const { origin } = await gatewayWith(models);
    const ran = await runPiped(["--discover", "--url", origin], root);
    expect(ran).toMatchObject({ exit: 2, stderr: expect.stringContaining("  --model openai/gpt-5.5\n") });
  });

  test("asks nobody without it, nor where a spec is there, nor in update and check", async () => {
    const { origin, requests } = await gatewayWith(models);
    await runPiped(["--yes", "--url", origin], root);
    await runPiped(["--yes", "--discover"], root);
    const session = runAtTerminal([], root);
    await session.done;
    for (const verb of ["update", "check"]) await runPiped([verb], root);
    expect(requests).toEqual([]);
  });

  test("continues within a second with a note if the gateway does not answer", async () => {
    const origin = await silence();
    const started = performance.now();
    const ran = await runPiped(["--yes", "--discover", "--url", origin], root);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/^ {2}model +anthropic\/claude-sonnet-5-5 +default$/m);
    expect(ran.stderr).toContain(`Note: ${origin} did not answer, so providers and models come from the catalogue`);
    expect(ran.stderr).toContain(`npx create-aperture-env discover ${origin}`);
  });

  test.each([401, 403, 500])("an error %i of the gateway is no error of ours", async (status) => {
    const server = createServer((_request, response) => void response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    const ran = await runPiped(
      ["--yes", "--discover", "--json", "--url", `http://127.0.0.1:${(server.address() as AddressInfo).port}`],
      root,
    );
    expect(ran.exit, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ status: "written", warnings: [expect.stringContaining("did not answer")] });
  });

  test("an empty list is as good as none", async () => {
    const { origin } = await gatewayWith([]);
    expect(await runPiped(["--yes", "--discover", "--url", origin], root)).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining("did not answer"),
    });
  });

  describe("at a terminal", () => {
    const asked = [
      "Which providers should OpenCode use?",
      "Which model by default?",
      "Which small model, for titles and summaries?",
      "Which base image?",
      "Write these files?",
    ] as const;
    const acceptAll = async (session: Session): Promise<void> => {
      for (const question of asked) {
        await session.until(question);
        session.press("\r");
      }
    };

    test("proposes what the gateway at the named address serves", async () => {
      const { origin } = await gatewayWith(models);
      const session = runAtTerminal([], root, { APERTURE_ENDPOINT: origin });
      await acceptAll(session);
      const ran = await session.done;
      expect(ran.exit, ran.stderr).toBe(0);
      expect(ran.stderr).not.toContain("did not answer");
      expect(parseLock(read("aperture-env.lock"))!.answers).toMatchObject({
        providers: [{ id: "openai" }],
        model: "openai/gpt-5.5",
        smallModel: "openai/gpt-5.4-mini",
      });
    });

    test("asks the gateway that is typed, and what is chosen counts for the models", async () => {
      const { origin } = await gatewayWith(both);
      const session = runAtTerminal([], root, { APERTURE_ENV_URL: "" });
      await session.until("Where is the gateway?");
      session.press(`${"\u007f".repeat(60)}${origin}\r`);
      await session.until(asked[0]);
      // Anthropic, the first one, is taken out.
      session.press(" \r");
      for (const question of asked.slice(1)) {
        await session.until(question);
        session.press("\r");
      }
      expect(await session.done).toMatchObject({ exit: 0 });
      expect(parseLock(read("aperture-env.lock"))!.answers).toMatchObject({
        url: origin,
        providers: [{ id: "openai" }],
        model: "openai/gpt-5.5",
      });
    });
  });
});
