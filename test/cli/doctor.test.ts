/** The doctor where a person types it: the repository's configuration and the way to the gateway, from this machine. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { proposedProviders } from "../../src/catalog/providers.ts";
import { modelsOfCatalogue } from "../../src/gateway/mock/stock.ts";
import { startMockGateway, type MockGateway } from "../../src/gateway/mock/server.ts";
import type { Check } from "../../src/doctor/types.ts";
import { runPiped } from "./harness.ts";

let root: string;
let gateway: MockGateway;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "aperture-env-doctor-"));
  const models = (await modelsOfCatalogue()).filter(({ provider }) => Object.hasOwn(proposedProviders, provider.id));
  gateway = await startMockGateway({ models });
});
afterEach(async () => {
  await gateway.close();
  rmSync(root, { recursive: true, force: true });
});

const env = { PATH: process.env["PATH"]!, HOME: "/nowhere" };
const above = (stdout: string): string[] =>
  (JSON.parse(stdout) as { checks: Check[] }).checks.filter(({ severity }) => severity !== "ok").map(({ code }) => code);

test("without an environment there is nothing to examine", async () => {
  const ran = await runPiped(["doctor"], root, env);
  expect(ran).toMatchObject({ exit: 2, stdout: "" });
  expect(ran.stderr).toContain("has no environment to examine");
});

test.skipIf(process.platform === "win32")(
  "it asks the gateway that the environment was made for, and judges project files",
  async () => {
    expect((await runPiped(["--yes", "--url", gateway.origin], root)).exit).toBe(0);
    const fine = await runPiped(["doctor", "--json"], root, env);
    expect(above(fine.stdout), fine.stdout + fine.stderr).toEqual([]);
    expect(fine.exit).toBe(0);
    const config = { $schema: "s", provider: { openai: { options: { baseURL: "https://api.openai.com/v1" } } } };
    writeFileSync(join(root, "opencode.json"), JSON.stringify(config));
    const bypass = await runPiped(["doctor", "--json"], root, env);
    expect(above(bypass.stdout)).toEqual(["provider-bypass"]);
    expect(bypass.exit).toBe(4);
    const refused = await runPiped(["doctor", "--cwd", root], tmpdir(), { ...env, APERTURE_URL: "http://127.0.0.1:9" });
    expect(refused.exit).toBe(4);
    expect(refused.stdout).toContain("(gateway-refused)");
  },
);
