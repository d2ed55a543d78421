/** Real OpenCode through every wire format of the mock gateway: it streams, counts and runs a tool, from a configuration written by hand. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wireFormats } from "../../src/gateway/mock/formats.ts";
import { startMockGateway, type MockGateway } from "../../src/gateway/mock/server.ts";
import type { LocalInstallation } from "../../src/scripts/install-locally.ts";
import { opencodeBinary } from "../support/opencode.ts";
import { findProgram, install, makePlace, removeFolders, run } from "./environment.ts";
import { skips } from "../support/skips.ts";

const available = (await opencodeBinary()) !== null;

/** The package that speaks a format, what goes behind the gateway's origin, a model as such a provider calls it, and the path for it. */
interface Setting {
  readonly npm: string;
  readonly suffix: string;
  readonly model: string;
  readonly path: string;
  readonly options?: Readonly<Record<string, string>>;
}

const vertexBase = "/v1/projects/_aperture_auto_vertex_project_id_/locations/_aperture_auto_vertex_region_/publishers/google";

const settings: Readonly<Record<string, Setting>> = {
  messages: { npm: "@ai-sdk/anthropic", suffix: "/v1", model: "claude-house", path: "/v1/messages" },
  responses: { npm: "@ai-sdk/openai", suffix: "/v1", model: "gpt-house", path: "/v1/responses" },
  chat: { npm: "@ai-sdk/openai-compatible", suffix: "/v1", model: "house/qwen3:32b", path: "/v1/chat/completions" },
  "generate-content": {
    npm: "@ai-sdk/google",
    suffix: "/v1beta",
    model: "gemini-house",
    path: "/v1beta/models/gemini-house:streamGenerateContent",
  },
  vertex: {
    npm: "@ai-sdk/google-vertex",
    suffix: vertexBase,
    model: "gemini-house",
    path: `${vertexBase}/models/gemini-house:streamGenerateContent`,
    options: { project: "_aperture_auto_vertex_project_id_", location: "_aperture_auto_vertex_region_" },
  },
  converse: {
    npm: "@ai-sdk/amazon-bedrock",
    suffix: "/bedrock",
    model: "us.anthropic.claude-house-v1:0",
    path: "/bedrock/model/us.anthropic.claude-house-v1%3A0/converse-stream",
    options: { region: "us-east-1" },
  },
};

/** One argument with spaces, which OpenCode sends in quotes. */
const toolPrompt = 'mock-tool grep {"pattern": "needle"} and this is not its input';

test("every wire format has a setting here", () => {
  expect(Object.keys(settings)).toEqual(wireFormats.map(({ name }) => name));
});

/** One line of `opencode run --format json`. */
interface Line {
  readonly type: string;
  readonly part: {
    readonly text?: string;
    readonly tool?: string;
    readonly state?: { readonly status: string; readonly input: unknown; readonly output: string };
    readonly tokens?: { readonly input: number; readonly output: number };
  };
}

describe.skipIf(!available)("OpenCode", () => {
  let installation: LocalInstallation;
  let gateway: MockGateway;
  let config: string;

  beforeAll(async () => {
    installation = await install();
    const models = Object.entries(settings).map(([name, { model }]) => ({
      id: model,
      provider: { id: name, name },
      endpoints: [wireFormats.find((format) => format.name === name)!.path],
    }));
    gateway = await startMockGateway({ models });
    config = join(makePlace().work, "opencode.json");
    const provider = Object.entries(settings).map(([name, { npm, suffix, model, options }]) => [
      `house-${name}`,
      {
        npm,
        options: { baseURL: gateway.origin + suffix, apiKey: "-", ...options },
        models: { [model]: { limit: { context: 100_000, output: 8000 } } },
      },
    ]);
    writeFileSync(config, JSON.stringify({ provider: Object.fromEntries(provider) }));
  });
  afterAll(async () => {
    await gateway.close();
    removeFolders();
  });

  const noGrep = findProgram("rg") === null ? "there is no rg" : null;

  test.skipIf(skips("OpenCode's grep through every wire format", noGrep)).each(Object.entries(settings))(
    "runs grep through %s and shows what the model makes of it",
    async (name, { model, path }) => {
      const place = makePlace();
      writeFileSync(join(place.work, "haystack.txt"), "hay\nthe needle\nhay\n");
      const before = gateway.requests.length;
      const ran = await run(
        [installation.opencode, "run", "--format", "json", "--title", "test", "--model", `house-${name}/${model}`, toolPrompt],
        { place, env: { ...installation.env, APERTURE_URL: gateway.origin, OPENCODE_CONFIG: config } },
      );
      expect(ran.exitCode, ran.stderr + ran.stdout).toBe(0);
      const lines = ran.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Line);
      const of = (type: string): Line["part"][] => lines.filter((line) => line.type === type).map(({ part }) => part);
      expect(of("tool_use")).toEqual([
        expect.objectContaining({
          tool: "grep",
          state: expect.objectContaining({
            status: "completed",
            input: { pattern: "needle" },
            output: expect.stringContaining("haystack.txt"),
          }),
        }),
      ]);
      const [text] = of("text");
      expect(text?.text).toMatch(
        new RegExp(`^This is the mock gateway, answering as ${model}\\. The tool's result begins: Found 1 match`),
      );
      const requests = gateway.requests.slice(before);
      expect(
        requests.map(({ path: asked, model: named, status, stream, placeholder }) => [asked, named, status, stream, placeholder]),
      ).toEqual([
        [path, model, 200, true, true],
        [path, model, 200, true, true],
      ]);
      expect(of("step_finish").map(({ tokens }) => [tokens?.input, tokens?.output])).toEqual(
        requests.map(({ inputTokens, outputTokens }) => [inputTokens, outputTokens]),
      );
    },
  );
});
