/** Real OpenCode through the generated launcher: what it answers, what the gateway sees of it, and what a project's own file can change. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { proposedProviders as providers } from "../../src/catalog/providers.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import type { LocalInstallation } from "../../src/scripts/install-locally.ts";
import { opencodeBinary } from "../support/opencode.ts";
import { ask, expectAnswer, install, makePlace, removeFolders, run, startGateway, type TappedGateway } from "./environment.ts";

const available = (await opencodeBinary()) !== null;

/** What OpenCode sends beside the key, by provider. The beta header comes only where an auth entry exists, so it proves auth.json. */
const headers: Readonly<Record<string, readonly RegExp[]>> = {
  anthropic: [/^x-api-key: -$/i, /^anthropic-version: 2023-06-01$/i, /^anthropic-beta: .*interleaved-thinking/i],
  openai: [/^authorization: Bearer -$/i],
};

describe.skipIf(!available)("OpenCode through the launcher", () => {
  let installation: LocalInstallation;
  const gateways: TappedGateway[] = [];
  const gateway = async (...models: string[]): Promise<TappedGateway> => {
    const started = await startGateway(models);
    gateways.push(started);
    return started;
  };

  beforeAll(async () => {
    installation = await install();
  });
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((started) => started.close()));
  });
  afterAll(removeFolders);

  test.each(Object.entries(providers))("%s answers, and its title comes from the small model", async (id, { defaults }) => {
    const model = `${id}/${defaults.model}`;
    const seen = await gateway();
    const ran = await run([installation.opencode, "run", "--model", model, "hi"], {
      place: makePlace(),
      env: { ...installation.env, APERTURE_URL: seen.origin },
    });
    expectAnswer(ran, model, seen);
    const { wireFormats, defaultApi } = providers[id]!;
    expect(seen.requests).toHaveLength(2);
    expect(seen.requests).toContainEqual(
      expect.objectContaining({ method: "POST", path: "/v1/messages", model: "claude-haiku-4-5", stream: true }),
    );
    const answer = seen.requests.find((request) => request.model === defaults.model)!;
    expect(answer).toMatchObject({
      path: wireFormats[defaultApi]!.path,
      keys: [id === "anthropic" ? "-" : "Bearer -"],
      placeholder: true,
      userAgent: expect.stringContaining(`opencode/${pinnedRelease.version} `),
      session: expect.stringMatching(/^ses_/),
    });
    const sent = seen
      .received()
      .split("\r\n")
      .filter((line) => /^[\w-]{1,40}: .{1,400}$/.test(line));
    for (const header of headers[id]!) expect(sent).toContainEqual(expect.stringMatching(header));
  });

  test("without --model, the model of the spec answers", async () => {
    const seen = await gateway();
    const ran = await run([installation.opencode, "run", "--title", "test", "hi"], {
      place: makePlace(),
      env: { ...installation.env, APERTURE_URL: seen.origin },
    });
    expectAnswer(ran, "anthropic/claude-sonnet-5-5", seen);
    expect(seen.requests).toHaveLength(1);
  });

  test("a gateway without a scheme and with a trailing /v1/ is the same gateway", async () => {
    const seen = await gateway();
    const ran = await run([installation.opencode, ...ask("openai/gpt-6.1-sol")], {
      place: makePlace(),
      env: { ...installation.env, APERTURE_URL: `${seen.origin.slice("http://".length)}/v1/` },
    });
    expectAnswer(ran, "openai/gpt-6.1-sol", seen);
  });

  test("a model that the catalogue does not know answers, as the spec's model and as its small one", async () => {
    const house = await install({ model: "openai/house-model", smallModel: "anthropic/house/small:2" });
    const seen = await gateway("openai/house-model", "anthropic/house/small:2");
    const ran = await run([house.opencode, "run", "hi"], {
      place: makePlace(),
      env: { ...house.env, APERTURE_URL: seen.origin },
    });
    expectAnswer(ran, "openai/house-model", seen);
    expect(seen.requests).toContainEqual(expect.objectContaining({ path: "/v1/messages", model: "house/small:2", status: 200 }));
  });

  describe("a project's opencode.json with another address, key, model and providers", () => {
    const runInProject = async (
      environment: LocalInstallation,
      other: TappedGateway,
      env: Readonly<Record<string, string>>,
    ): ReturnType<typeof run> => {
      const place = makePlace();
      const text = JSON.stringify({
        $schema: "https://opencode.ai/config.json",
        model: "openai/gpt-6-luna",
        small_model: "openai/gpt-5-nano",
        enabled_providers: ["openai", "opencode"],
        provider: Object.fromEntries(
          Object.keys(providers).map((id) => [id, { options: { baseURL: `${other.origin}/v1`, apiKey: "project-key" } }]),
        ),
      });
      writeFileSync(join(place.work, "opencode.json"), text);
      mkdirSync(join(place.work, ".opencode"));
      writeFileSync(join(place.work, ".opencode", "opencode.json"), text);
      // Its own folder there would be filled with a package from a registry; as prepared, nothing is missing.
      mkdirSync(join(place.work, ".opencode", "node_modules"));
      writeFileSync(
        join(place.work, ".opencode", "package-lock.json"),
        '{"packages":{"":{"dependencies":{"@opencode-ai/plugin":"*"}}}}',
      );
      return run([environment.opencode, "run", "hi"], { place, env: { ...environment.env, ...env } });
    };

    // That it changes nothing where the environment is managed: test/hostile/managed.test.ts.
    test("does override what is not managed: a documented limit", async () => {
      const [seen, other] = [await gateway(), await gateway()];
      const ran = await runInProject(installation, other, { APERTURE_URL: seen.origin });
      expect(ran.exitCode, ran.stderr).toBe(0);
      expect(ran.stdout).toContain("answering as gpt-6-luna");
      expect(seen.received()).toBe("");
      expect(other.received()).toContain("Bearer project-key");
    });
  });
});
