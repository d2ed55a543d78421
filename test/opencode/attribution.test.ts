/** Real OpenCode with attribution: which headers reach the gateway, in both styles, managed and not; through every package see providers.test.ts. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Answers } from "../../src/questions/types.ts";
import { opencodeBinary } from "../support/opencode.ts";
import { ask, bait, findBait, install, makePlace, removeFolders, run, tapGateway } from "./environment.ts";

const available = (await opencodeBinary()) !== null;
const attribution = ["repository", "revision", "job", "run", "team=payments", "cost-center=$COST_CENTER"];
const models = ["claude-sonnet-5-5", "claude-haiku-4-5"].map((id) => ({
  id,
  provider: { id: "anthropic", name: "Anthropic" },
  endpoints: ["/v1/messages"],
}));

const ways: readonly (readonly [style: Answers["style"], managed: boolean])[] = [
  ["separate", false],
  ["compact", false],
  ["separate", true],
  ["compact", true],
];
/** What only a container of an environment knows. */
const ci = { GITHUB_REPOSITORY: "acme/app", GITHUB_JOB: "build", GITHUB_RUN_ID: "42", GITHUB_ACTOR: "ann", COST_CENTER: "cc-7" };

describe.skipIf(!available)("OpenCode", () => {
  afterAll(removeFolders);

  test.each(ways)(
    "%s, managed: %s: what has a value is sent, and nothing that is a secret or names a person",
    async (style, managed) => {
      const gateway = await tapGateway(models);
      const providers: Answers["providers"] = [{ id: "anthropic", api: "messages" }];
      // A managed configuration has the address itself.
      const { opencode, env } = await install({ providers, style, managed, attribution, url: gateway.origin });
      const place = makePlace();
      mkdirSync(join(place.work, ".git"));
      writeFileSync(
        join(place.work, ".git", "config"),
        '[remote "origin"]\n\turl = https://ann:tok3n@git.example/acme/app.git\n',
      );
      const model = style === "compact" ? "aperture/claude-sonnet-5-5" : "anthropic/claude-sonnet-5-5";
      const send = async (more: Readonly<Record<string, string>>): Promise<string> => {
        const before = gateway.received().length;
        const ran = await run([opencode, ...ask(model)], { place, env: { ...env, ...more, APERTURE_URL: gateway.origin } });
        expect(ran.exitCode, ran.stderr + ran.stdout).toBe(0);
        return gateway.received().slice(before);
      };

      const received = await send({ APERTURE_ENV_HEADERS: '*/ "x-forged": "1" /*', USER: "ann", GITHUB_ACTOR: "ann" });
      expect(received.match(/^x-aperture-env-[a-z-]+/gim)?.sort()).toEqual([
        "x-aperture-env-repository",
        "x-aperture-env-revision",
        "x-aperture-env-team",
      ]);
      expect(received).not.toMatch(/tok3n|x-forged|: ann\r/);
      expect(findBait(await send({ ...bait, ...ci }))).toEqual([]);
      const revision = expect.stringMatching(/^[0-9a-f]{12}$/) as unknown;
      expect(gateway.requests.map(({ status, attribution: headers }) => [status, headers])).toEqual([
        [200, { repository: "acme/app", revision, team: "payments" }],
        [200, { repository: "acme/app", revision, job: "build", run: "42", team: "payments", "cost-center": "cc-7" }],
      ]);
      await gateway.close();
    },
  );

  test("without attribution no such header is sent, and no file of it is there", async () => {
    const gateway = await tapGateway(models);
    const { opencode, env, prefix } = await install();
    const ran = await run([opencode, ...ask("anthropic/claude-sonnet-5-5")], {
      place: makePlace(),
      env: { ...env, ...ci, APERTURE_URL: gateway.origin },
    });
    await gateway.close();
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(gateway.requests.map(({ attribution: headers }) => headers)).toEqual([{}]);
    expect(gateway.received()).not.toContain("x-aperture-env");
    expect(existsSync(join(prefix, "share", "aperture-env", "attribution.sh"))).toBe(false);
  });

  test("the doctor names what is sent, and asks OpenCode itself whether its configuration says so", async () => {
    const gateway = await tapGateway(models);
    const { env, prefix } = await install({ providers: [{ id: "anthropic", api: "messages" }], attribution });
    const ran = await run([join(prefix, "bin", "aperture-doctor"), "--json", "--deep"], {
      place: makePlace(),
      env: { ...env, ...ci, APERTURE_URL: gateway.origin },
    });
    await gateway.close();
    const { checks } = JSON.parse(ran.stdout) as { checks: { code: string; severity: string; message: string }[] };
    expect(checks.filter(({ code }) => code === "attribution")).toMatchObject([
      {
        severity: "ok",
        message: expect.stringMatching(
          /^Headers for the gateway's log: repository acme\/app, revision [0-9a-f]{12}, job build, run 42, team payments and cost-center cc-7$/,
        ) as unknown,
      },
    ]);
    expect(checks.filter(({ severity, code }) => severity === "failure" || /debug|config-/.test(code))).toMatchObject([
      { code: "config-deep", severity: "ok" },
    ]);
  });
});
