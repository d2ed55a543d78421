/** What the spec lets in beside the gateway, with the real OpenCode: providers of a project's own, and plugins. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Check } from "../../src/doctor/types.ts";
import { startMockGateway } from "../../src/gateway/mock/server.ts";
import type { Answers } from "../../src/questions/types.ts";
import { opencodeBinary } from "../support/opencode.ts";
import { install, makePlace, removeFolders, run, startGateway, type Place } from "./environment.ts";

const available = (await opencodeBinary()) !== null;

const write = ({ work }: Place, files: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), text);
  }
};

/** Runs the doctor and gives everything above ok, with its exit status. */
const examine = async (
  { prefix }: { readonly prefix: string },
  place: Place,
  env: Readonly<Record<string, string>>,
): Promise<readonly [exit: number, ...found: string[]]> => {
  const { exitCode, stdout } = await run([join(prefix, "bin", "aperture-doctor"), "--json"], {
    place,
    env: { ...env, PATH: `${join(prefix, "bin")}:${process.env["PATH"]}` },
  });
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return [exitCode!, ...checks.filter(({ severity }) => severity !== "ok").map(({ severity, code }) => `${severity} ${code}`)];
};

describe.skipIf(!available)("what the spec lets in", () => {
  afterAll(removeFolders);

  describe.each(["separate", "compact"] as const)("a provider of the project's own, in the %s style", (style) => {
    test.each([
      [[], false],
      [["local"], true],
    ] as const)("other_providers: %j", async (otherProviders, answers) => {
      const gateway = await startGateway();
      const local = await startMockGateway({
        models: [{ id: "llama", provider: { id: "local", name: "Local" }, endpoints: ["/v1/chat/completions"] }],
      });
      const installation = await install({ style, otherProviders });
      const place = makePlace();
      write(place, {
        "opencode.json": JSON.stringify({
          $schema: "https://opencode.ai/config.json",
          provider: {
            local: { npm: "@ai-sdk/openai-compatible", options: { baseURL: `${local.origin}/v1` }, models: { llama: {} } },
          },
        }),
      });
      const env = { ...installation.env, APERTURE_URL: gateway.origin };
      const ran = await run([installation.opencode, "run", "--title", "t", "-m", "local/llama", "hi"], { place, env });
      expect([ran.exitCode === 0, ran.stdout.includes("answering as llama")], ran.stderr).toEqual([answers, answers]);
      expect(local.requests.length > 0).toBe(answers);
      expect(gateway.requests).toEqual([]);
      const [exit, ...found] = await examine(installation, place, env);
      expect(exit).toBe(0);
      expect(found.filter((each) => /asks-others|provider|bypass/.test(each))).toEqual([
        answers ? "note asks-others" : "note provider-off",
      ]);
      await Promise.all([gateway.close(), local.close()]);
    });
  });

  /** It leaves a mark where OpenCode calls it with a prompt. That its code is loaded all the same is in hostile/managed. */
  const plugin = (work: string): string => `import { writeFileSync } from "node:fs";
export const Seen = async () => ({ "chat.message": async () => writeFileSync(${JSON.stringify(join(work, "called"))}, "") });
`;

  test.each<[policy: Answers["plugins"], managed: boolean, called: boolean, found: string]>([
    ["allow", false, true, "note runs-code"],
    ["pinned", false, true, "note runs-code"],
    ["refuse", false, false, "failure plugin-refused"],
    ["refuse", true, false, "failure plugin-refused"],
  ])("plugins: %s, managed: %s", async (plugins, managed, called, found) => {
    const gateway = await startGateway();
    const installation = await install({ plugins, managed, url: gateway.origin });
    const place = makePlace();
    write(place, {
      ".opencode/.gitignore": "*",
      ".opencode/node_modules/.keep": "",
      ".opencode/package-lock.json": '{"packages":{"":{"dependencies":{"@opencode-ai/plugin":"*"}}}}',
      ".opencode/plugin/seen.js": plugin(place.work),
    });
    // The variable cannot take a managed refusal back.
    const env = { ...installation.env, ...(managed ? { OPENCODE_PURE: "0" } : {}) };
    const ran = await run([installation.opencode, "run", "--title", "t", "hi"], { place, env });
    expect(ran.stdout, ran.stderr).toContain("answering as");
    expect(existsSync(join(place.work, "called"))).toBe(called);
    const [exit, ...all] = await examine(installation, place, env);
    expect(all).toContain(found);
    expect(exit).toBe(called ? 0 : 4);
    await gateway.close();
  });
});
