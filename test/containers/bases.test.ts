/** Every base that a stand-in exists for: both targets are built and OpenCode answers in them, in `dev` as the account that the base knows. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeBase } from "../../src/render/context.ts";
import { questionOf } from "../../src/questions/table.ts";
import { startClosedNetwork, type ClosedNetwork } from "../support/closed-network.ts";
import { disposeAll, docker, dockerAvailable, onDispose, temporaryFolder, uniqueName } from "../support/docker.ts";
import { generate } from "../support/repository.ts";

const available = await dockerAvailable();
const own = "image=bare-base:nofetch,libc=glibc,user=1000";

describe.skipIf(!available)("a base", () => {
  let network: ClosedNetwork;

  beforeAll(async () => {
    network = await startClosedNetwork();
  });
  afterAll(disposeAll);

  // node is what environment.test.ts builds, ubuntu, rust, java, dotnet and alpine have no stand-in: their files are judged in test/golden.
  test.each(["debian", "python", "go", "slim", own])("%s", async (choice) => {
    const folder = await temporaryFolder("aperture-env-base");
    await generate(folder, ["--base", choice, "--providers", "anthropic"]);
    const parsed = questionOf("base").parse(choice, {});
    if (!parsed.ok) throw new Error(parsed.why);
    const { user } = describeBase(parsed.value);
    for (const target of ["dev", "ci"]) {
      const image = uniqueName(`aperture-env-${target}`);
      onDispose(() => docker(["image", "rm", "--force", image]));
      const built = await docker(["build", "--target", target, "--tag", image, ".devcontainer"], {
        cwd: folder,
        timeout: 600_000,
      });
      expect(built.exitCode, built.stderr).toBe(0);
      const account = target === "dev" ? ["--user", user] : [];
      const script = "id -u; git --version; rg --version | head -n 1; opencode run 'say hi'";
      const run = await docker(["run", "--rm", ...network.args, ...account, image, "bash", "-c", script], { timeout: 120_000 });
      expect(run.exitCode, run.stderr).toBe(0);
      expect(run.stdout).toMatch(/git version [\s\S]*ripgrep [\s\S]*answering as claude-sonnet-5-5/);
      if (target === "dev" && choice === "debian") {
        const raised = await docker(
          ["run", "--rm", ...network.args, ...account, image, "sudo", "-n", "opencode", "run", "say hi"],
          { timeout: 120_000 },
        );
        expect(raised.exitCode, raised.stderr).toBe(0);
        expect(raised.stdout).toContain("answering as claude-sonnet-5-5");
      }
      if (target === "dev" && user !== "root") expect(run.stdout).toMatch(/^1000\n/);
      if (target === "ci") expect(run.stdout).toMatch(/^0\n/);
    }
  });

  test("none of them asked for another name than the gateway's", async () => {
    expect(await network.names()).toEqual(["ai"]);
  });
});
