/** `docker run` of the image for jobs as people and scripts write it: real OpenCode, signals, stdin, several starts at once, files of variables. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { proposedProviders as providers } from "../../src/catalog/providers.ts";
import { startClosedNetwork, type ClosedNetwork } from "../support/closed-network.ts";
import { disposeAll, docker, dockerAvailable, onDispose, runDetached, temporaryFolder, uniqueName } from "../support/docker.ts";
import { generate } from "../support/repository.ts";
import { skips } from "../support/skips.ts";

const noEngine = (await dockerAvailable()) ? null : "no Docker engine answers";
const [provider] = Object.values(providers);
const ask = ["opencode", "run", "--model", `${provider!.id}/${provider!.defaults.model}`];

describe.skipIf(skips("docker run", noEngine))("docker run of the image for jobs", () => {
  let network: ClosedNetwork;
  let silent: ClosedNetwork;
  const image = uniqueName("aperture-env-ci");

  beforeAll(async () => {
    [network, silent] = await Promise.all([startClosedNetwork(), startClosedNetwork(["--fault", "stall"])]);
    const folder = await temporaryFolder("aperture-env-run");
    await generate(folder, ["--connection", "network"]);
    const built = await docker(["build", "--target", "ci", "--tag", image, ".devcontainer"], { cwd: folder, timeout: 600_000 });
    expect(built.exitCode, built.stderr).toBe(0);
    onDispose(() => docker(["image", "rm", "--force", image]));
  });
  afterAll(disposeAll);

  test.each([
    ["docker stop", ["stop"], 143],
    ["Ctrl-C", ["kill", "--signal", "INT"], 130],
  ] as const)("%s ends a prompt that is on its way", async (_name, words, status) => {
    const before = (await silent.requests()).length;
    const job = await runDetached(image, { args: silent.args, command: [...ask, "hello"] });
    await expect.poll(async () => (await silent.requests()).length, { timeout: 60_000 }).toBeGreaterThan(before);
    await docker([...words, job.name]);
    // Docker kills what does not end by itself, and that is another status.
    expect((await docker(["wait", job.name], { timeout: 30_000 })).stdout).toBe(String(status));
  });

  test("a prompt by stdin is answered", async () => {
    const { stdout, stderr, exitCode } = await docker(["run", "--rm", "--interactive", ...network.args, image, ...ask], {
      input: "hello from a pipe",
      timeout: 120_000,
    });
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain("You said: hello from a pipe");
  });

  test("six prompts at once in a new container are all answered", async () => {
    const script = `for i in 1 2 3 4 5 6; do "$@" "hello $i" & done; wait`;
    const { stdout, stderr } = await docker(["run", "--rm", ...network.args, image, "sh", "-c", script, "sh", ...ask], {
      timeout: 180_000,
    });
    for (let each = 1; each <= 6; each++) expect(stdout, stderr).toContain(`hello ${each}`);
  });

  test("quotes in an env file, which Docker keeps, are not a part of the address", async () => {
    const file = join(await temporaryFolder("aperture-env-variables"), "job.env");
    writeFileSync(file, 'APERTURE_URL="http://ai/v1"\n');
    const args = ["run", "--rm", ...network.args, "--env-file", file, image];
    const { stdout, stderr, exitCode } = await docker([...args, ...ask, "hello"], { timeout: 120_000 });
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain("You said: hello");
    const doctor = await docker([...args, "aperture-doctor", "--json"], { timeout: 60_000 });
    const { verdict, checks } = JSON.parse(doctor.stdout) as { verdict: string; checks: { code: string; message: string }[] };
    expect(verdict, doctor.stdout).toBe("note");
    expect(checks.map(({ code }) => code)).toContain("origin-spelling");
  });

  test("without a network the doctor names that cause, and a prompt ends at once", async () => {
    const { stderr, exitCode } = await docker(["run", "--rm", "--network", "none", image, ...ask, "hello"], { timeout: 60_000 });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("This container has no network but itself (lo). Start it with a network that leads to the gateway");
  });
});
