/** What an environment was made for, as its environment.json says it, and what the doctor makes of that. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { environmentPath, featureFolder } from "../../src/catalog/files.ts";
import { defaultsOf, providers, speechOf } from "../../src/catalog/providers.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { wireFormats, type WireFormat } from "../../src/catalog/wire-formats.ts";
import { readMadeFor } from "../../src/doctor/config/environment.ts";
import { examine } from "../../src/doctor/doctor.ts";
import { readInstallation } from "../../src/doctor/probe/installation.ts";
import type { Check } from "../../src/doctor/types.ts";
import type { Answers, ProviderChoice } from "../../src/questions/types.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import { catalogue } from "../support/catalogue.ts";
import { plainAnswers } from "../support/answers.ts";

const folder = mkdtempSync(join(tmpdir(), "aperture-env-made-for-"));
let server: Server;
let origin: string;
/** The list that the gateway gives. */
let listed: readonly { readonly id: string; readonly supported_endpoints: readonly string[] }[] = [];

beforeAll(async () => {
  server = createServer((_request, reply) => {
    reply.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ object: "list", data: listed }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function render(answers: Partial<Answers>): ReadonlyMap<string, string> {
  const { files } = renderEnvironment({
    answers: { ...plainAnswers, url: origin, ...answers },
    release: pinnedRelease,
    registry: "",
    shape: { kind: "own" },
    catalogue,
    doctor: "",
  });
  return new Map(files.map(({ path, text }) => [path, text]));
}

/** What is found above ok in an environment of these answers; `without` one of its files. */
async function examined(answers: Partial<Answers>, without?: string, instead: string | null = null): Promise<readonly Check[]> {
  const share = mkdtempSync(join(folder, "share-"));
  const files = render(answers);
  for (const name of ["environment.json", "opencode.json", "models.json", "auth.json"])
    if (name !== without) writeFileSync(join(share, name), files.get(`${featureFolder}/${name}`)!);
  const { checks } = await examine({
    installation: readInstallation(share, null, instead),
    env: { HOME: share, PATH: "/nowhere", XDG_CONFIG_HOME: share, OPENCODE_TEST_MANAGED_CONFIG_DIR: share },
    cwd: share,
    uid: null,
    deep: false,
    send: false,
    timeout: 5000,
  });
  return checks.filter(({ severity }) => severity !== "ok");
}

const codesOf = (checks: readonly Check[], codes: RegExp): string[] =>
  checks.map(({ code }) => code).filter((code) => codes.test(code));
const formatMissing = /^(?:responses|wire-format)-missing$/;

/** Every provider in every wire format, with its proposed models. */
const everyChoice = Object.values(providers).flatMap(({ id, wireFormats: spoken }) =>
  Object.keys(spoken).map((api): ProviderChoice => ({ id, api: api as WireFormat })),
);
const modelsOf = (choice: ProviderChoice): Pick<Answers, "model" | "smallModel"> => ({
  model: `${choice.id}/${defaultsOf(choice)!.model}`,
  smallModel: `${choice.id}/${defaultsOf(choice)!.smallModel}`,
});
const list = (choices: readonly ProviderChoice[], pathOf: (choice: ProviderChoice) => string): typeof listed =>
  choices.flatMap((choice) => Object.values(defaultsOf(choice)!).map((id) => ({ id, supported_endpoints: [pathOf(choice)] })));

describe("a gateway that lists a provider's models on another path than its package calls", () => {
  const inBody = everyChoice.filter(({ api }) => !wireFormats[api].modelInPath);

  test.each(inBody)("$id over $api is named, and on its own path it is not", async (choice) => {
    const answers = { providers: [choice], ...modelsOf(choice) };
    const other = choice.api === "responses" ? "/v1/chat/completions" : "/v1/responses";
    listed = list([choice], () => other);
    const [check, ...more] = (await examined(answers)).filter(({ code }) => formatMissing.test(code));
    expect(more).toEqual([]);
    expect(check).toMatchObject({ code: choice.api === "responses" ? "responses-missing" : "wire-format-missing" });
    expect(check?.message).toContain(`on ${wireFormats[choice.api].path}, which OpenCode calls for ${speechOf(choice).as}`);
    listed = list([choice], ({ api }) => wireFormats[api].path);
    expect(codesOf(await examined(answers), formatMissing)).toEqual([]);
  });

  test("those with a package of their own are among them", () => {
    const own = inBody.filter((choice) => speechOf(choice).npm !== wireFormats[choice.api].npm);
    expect(own.map(({ id }) => id)).toEqual(expect.arrayContaining(["groq", "xai", "mistral", "togetherai", "openrouter"]));
  });

  test("in the compact style each wire format of the one provider is looked at", async () => {
    const choices: ProviderChoice[] = [
      { id: "anthropic", api: "messages" },
      { id: "groq", api: "chat" },
      { id: "xai", api: "responses" },
    ];
    const answers = { providers: choices, style: "compact" as const, ...modelsOf(choices[0]!) };
    listed = list(choices, ({ api }) => wireFormats[api].path);
    expect(codesOf(await examined(answers), formatMissing)).toEqual([]);
    listed = list(choices, ({ id, api }) => (id === "anthropic" ? wireFormats[api].path : "/v1/messages"));
    expect(codesOf(await examined(answers), formatMissing).sort()).toEqual(["responses-missing", "wire-format-missing"]);
  });
});

describe("environment.json", () => {
  test("says what the doctor has to know, and reads back", () => {
    const choices: ProviderChoice[] = [
      { id: "openai", api: "chat" },
      { id: "google", api: "generate-content" },
      { id: "house", api: "messages", models: [{ id: "m", limit: { context: 1000, output: 100 } }] },
    ];
    const text = render({
      providers: choices,
      managed: true,
      online: ["lsp", "share"],
      attribution: ["run", "team=payments"],
      model: "openai/gpt-6.1-sol",
      smallModel: "openai/gpt-6.1-sol",
    }).get(environmentPath)!;
    expect(JSON.parse(text)).toMatchObject({ connection: "network" });
    expect(readMadeFor(text)).toEqual({
      gateway: origin,
      version: pinnedRelease.version,
      online: ["lsp", "share"],
      managed: true,
      attribution: ["run", "team"],
      routes: new Map([
        ["openai-chat", new Map([["@ai-sdk/openai-compatible", "/v1/chat/completions"]])],
        ["google", new Map([["@ai-sdk/google", "/v1beta/models/{model}:generateContent"]])],
        ["house", new Map([["@ai-sdk/anthropic", "/v1/messages"]])],
      ]),
      ends: [],
      volume: null,
    });
    expect(text).not.toContain("ends");
    const ending = render({ providers: choices, model: "openai/gpt-5", smallModel: "openai/gpt-6-luna" }).get(environmentPath)!;
    expect(readMadeFor(ending)?.ends).toEqual([{ model: "openai/gpt-5", on: "2026-12-11", replacement: "openai/gpt-6-sol" }]);
  });

  test("names the same gateway as the launcher, which does not read JSON", () => {
    for (const url of ["http://ai", "https://ai.tail.ts.net:8443", "http://[fd7a::1]:80"]) {
      const files = render({ url });
      expect(readMadeFor(files.get(environmentPath)!)?.gateway).toBe(url);
      const [, word] = /^_gateway=(.*)$/m.exec(files.get(`${featureFolder}/launcher.sh`)!)!;
      expect(word!.replace(/^'|'$/g, "")).toBe(url);
    }
  });

  test("of the other files of the folder, those of OpenCode and three more know the gateway", () => {
    const [left, right] = ["http://ai", "http://other"].map((url) => render({ url }));
    const differing = [...left!].flatMap(([path, text]) => (right!.get(path) === text ? [] : [path]));
    expect(differing.sort()).toEqual(
      [
        ".devcontainer/Dockerfile",
        `${featureFolder}/devcontainer-feature.json`,
        environmentPath,
        `${featureFolder}/launcher.sh`,
        ".devcontainer/devcontainer.json",
      ].sort(),
    );
  });

  test.each(["", "{", "[]", "null", '{"origin":1}', "[".repeat(100_000), '{"providers":{}}'])("is nothing: %#", (text) => {
    expect(readMadeFor(text)).toBeNull();
  });

  test("what is of another kind is unknown", () => {
    const text =
      '{"origin":"http://ai","opencode":1,"online":{},"managed":"yes","providers":{"__proto__":[{"npm":"a","path":"/x"},1,{"npm":2}],"b":{}}}';
    const read = readMadeFor(text)!;
    expect(read).toMatchObject({ version: null, online: [], managed: null });
    expect([...read.routes].map(([id, paths]) => [id, [...paths]])).toEqual([
      ["__proto__", [["a", "/x"]]],
      ["b", []],
    ]);
  });
});

describe("an environment of before there was such a file", () => {
  const answers = { providers: [{ id: "anthropic", api: "messages" } as const] };
  const about = /^(?:environment|origin)-/;

  test("is judged by what the caller knows of it, and that is said", async () => {
    listed = list(answers.providers, () => "/v1/responses");
    const instead = JSON.stringify({ origin, opencode: pinnedRelease.version, online: ["share"] });
    const checks = await examined(answers, "environment.json", instead);
    expect(codesOf(checks, about)).toEqual(["environment-older"]);
    expect(codesOf(checks, formatMissing)).toEqual(["wire-format-missing"]);
    expect(codesOf(await examined(answers, undefined, instead), about)).toEqual([]);
  });

  test("where nobody knows anything, that is the finding", async () => {
    const checks = await examined(answers, "environment.json");
    expect(codesOf(checks, about)).toContain("environment-unreadable");
    expect(checks.filter(({ severity }) => severity === "failure").map(({ code }) => code)).toContain("origin-invalid");
  });
});
