/**
 * Logins that OpenCode stores, of every plugin that it brings for them: whichever is there, a prompt goes to the gateway or nowhere, nothing crashes
 * and the login stays. In a network where everything but the gateway is a stranger that writes down who calls.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProvider } from "../../src/catalog/providers.ts";
import type { Answers } from "../../src/questions/types.ts";
import type { LocalInstallation } from "../../src/scripts/install-locally.ts";
import { bundleScript } from "../support/docker.ts";
import { inNetwork, whyNoNetworks } from "../support/network-namespace.ts";
import { opencodeBinary } from "../support/opencode.ts";
import type { Asked, Project, Questions } from "../support/opencode-projects.main.ts";
import { bait, install, makeFolder, makePlace, removeFolders, run } from "./environment.ts";
import { skips } from "../support/skips.ts";

/** The plugins of OpenCode 1.18.18 that have a login, read in its binary, and a few ids that need none. */
const ids = [
  "openai",
  "github-copilot",
  "gitlab",
  "xai",
  "poe",
  "azure",
  "cloudflare-workers-ai",
  "cloudflare-ai-gateway",
  "digitalocean",
  "modal",
  "snowflake-cortex",
  "anthropic",
  "opencode",
  "sap-ai-core",
  "amazon-bedrock",
  "google-vertex",
];

const later = 4_102_444_800_000;
const kinds: Readonly<Record<string, object>> = {
  "oauth, good": {
    type: "oauth",
    refresh: "R",
    access: "A",
    expires: later,
    accountId: "acc",
    enterpriseUrl: "https://git.example",
  },
  "oauth, run out": { type: "oauth", refresh: "x", access: "y", expires: 0 },
  api: {
    type: "api",
    key: "sk-real",
    metadata: {
      accountId: "a",
      gatewayId: "g",
      resourceName: "r",
      instanceUrl: "https://git.example",
      account: "a",
      oauth_access: "A",
      oauth_expires: String(later),
    },
  },
};

const cases = ids.flatMap((id) => Object.entries(kinds).map(([kind, login]) => [`${id}, ${kind}`, { [id]: login }] as const));

const available = (await opencodeBinary()) !== null;

describe.skipIf(!available || skips("logins with OpenCode in a network of its own", whyNoNetworks()))(
  "with stored logins",
  () => {
    afterAll(removeFolders);

    const providers: Answers["providers"] = [
      { id: "anthropic", api: "messages" },
      { id: "openai", api: "responses" },
      { id: "xai", api: "responses" },
    ];
    const models = providers.flatMap(({ id, api }) => {
      const { name, defaults, wireFormats } = findProvider(id)!;
      return [...Object.values(defaults), ...(id === "openai" ? ["gpt-5.5"] : [])].map((model) => ({
        id: model,
        provider: { id, name },
        // Without a key in auth.json, OpenCode takes chat for xAI.
        endpoints: [wireFormats[api]!.path, "/v1/chat/completions"],
      }));
    });

    const askIn = async (
      { opencode, env }: LocalInstallation,
      projects: Readonly<Record<string, Project>>,
      more: Readonly<Record<string, string>> = {},
    ): Promise<Readonly<Record<string, Asked>>> => {
      const place = makePlace();
      const script = join(makeFolder(), "inside.mjs");
      writeFileSync(script, await bundleScript("test/support/opencode-projects.main.ts"));
      const questions: Questions = {
        command: [opencode, "serve"],
        folder: place.work,
        models,
        projects,
        env: { PATH: process.env["PATH"]!, HOME: place.home, TMPDIR: place.tmp, ...bait, ...env, ...more },
      };
      const [program = "", ...args] = inNetwork([process.execPath, script]);
      const ran = await execa(program, args, { input: JSON.stringify(questions), reject: false, timeout: 800_000 });
      expect(ran.exitCode, `${ran.stderr}${ran.stdout}`).toBe(0);
      return JSON.parse(ran.stdout) as Readonly<Record<string, Asked>>;
    };

    describe.each(["separate", "compact"] as const)("in the %s style", (style) => {
      /** The model of the login's own provider, where that is one of the environment's. */
      const modelFor = (logins: Readonly<Record<string, object>>): readonly [named: string, wire: string] => {
        const [id = ""] = Object.keys(logins);
        const provider = providers.some((each) => each.id === id) ? id : "anthropic";
        const { model } = findProvider(provider)!.defaults;
        return [style === "compact" ? `aperture/${model}` : `${provider}/${model}`, model];
      };
      let installation: LocalInstallation;
      let asked: Readonly<Record<string, Asked>>;

      beforeAll(async () => {
        installation = await install({ style, providers });
        asked = await askIn(
          installation,
          Object.fromEntries(cases.map(([name, logins]) => [name, { files: {}, logins, model: modelFor(logins)[0] }])),
        );
      });

      test.each(cases)("%s", (name, logins) => {
        const seen = asked[name]!;
        const shown = JSON.stringify(seen);
        expect([seen.strangers, seen.names, seen.placeholder, seen.kept], shown).toEqual([[], [], true, true]);
        expect(seen.answer, shown).toContain(`answering as ${modelFor(logins)[1]}`);
      });

      test("by OPENCODE_AUTH_CONTENT", async () => {
        const all = Object.fromEntries(ids.map((id) => [id, kinds["oauth, good"]]));
        const model = modelFor({ openai: {} });
        const seen = await askIn(
          installation,
          { content: { files: {}, model: model[0] } },
          { OPENCODE_AUTH_CONTENT: JSON.stringify(all) },
        );
        expect(seen["content"]).toMatchObject({ strangers: [], names: [], placeholder: true });
        expect(seen["content"]!.answer, JSON.stringify(seen)).toContain(`answering as ${model[1]}`);
      });
    });

    test("one that fetches configuration from a server is left out with a message, and does not prevent OpenCode's start", async () => {
      const { opencode, env } = await install({ providers });
      const place = makePlace();
      const file = join(place.home, ".local", "share", "opencode", "auth.json");
      const text = JSON.stringify({
        "http://config.example": { type: "wellknown", key: "TOKEN", token: "secret" },
        openai: kinds["api"],
      });
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      const ran = await run([opencode, "models"], { place, env });
      expect(ran.exitCode, ran.stderr).toBe(0);
      expect(ran.stdout).toContain("anthropic/claude-sonnet-5-5");
      expect(ran.stderr).toBe(
        `opencode (aperture-env): ${file} has a login that fetches configuration from a server at each start; no stored login is used now\n`,
      );
      expect(readFileSync(file, "utf8")).toBe(text);
      const content = await run([opencode, "models"], { place, env: { ...env, OPENCODE_AUTH_CONTENT: text } });
      expect([content.exitCode, content.stderr]).toEqual([
        0,
        "opencode (aperture-env): OPENCODE_AUTH_CONTENT has a login that fetches configuration from a server at each start; no stored login is used now\n",
      ]);
    });

    test("without the launcher's variables they are used or crash, which shows that the test can fail", async () => {
      const logins = (id: string): Project => ({ files: {}, logins: { [id]: kinds["oauth, good"] }, model: "openai/gpt-5.5" });
      const seen = await askIn(
        await install(),
        { openai: logins("openai"), "github-copilot": logins("github-copilot") },
        { OPENCODE_DISABLE_DEFAULT_PLUGINS: "0" },
      );
      expect([seen["openai"]!.names, seen["openai"]!.models]).toEqual([["chatgpt.com"], ["claude-haiku-4-5"]]);
      expect(seen["github-copilot"]!.error).not.toBeNull();
    });
  },
);
