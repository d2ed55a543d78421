/** Jobs that are generated for GitHub and GitLab, run by act and gitlab-ci-local with real OpenCode, against a gateway on this machine. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execaSync } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMockGateway, type MockGateway } from "../../src/gateway/mock/server.ts";
import { modelsOfCatalogue } from "../../src/gateway/mock/stock.ts";
import { disposeAll, docker, dockerAvailable, onDispose, temporaryFolder } from "../support/docker.ts";
import { localImage, runGitlabJob, runnerMissing, runRunner, runWorkflow } from "../support/job-runners.ts";
import { jobRepository } from "../support/job-repository.ts";
import { writeTree } from "../support/repository.ts";
import { isThere, skips } from "../support/skips.ts";

const noEngine = (await dockerAvailable()) ? null : "no Docker engine answers";

let gateway: MockGateway;
const down = "http://localhost:9";
beforeAll(async () => {
  gateway = await startMockGateway({ models: await modelsOfCatalogue() });
});
afterAll(async () => {
  await gateway.close();
  await disposeAll();
});

const changes = 'mock-tool bash {"command":"echo changed > new.txt; cat README.md","description":"look"}';

describe.skipIf(skips("GitHub's workflows", noEngine ?? runnerMissing("act")))("GitHub", () => {
  const image = localImage();
  const args = ["--var", `APERTURE_ENV_IMAGE=${image}`];
  afterAll(() => docker(["image", "rm", "--force", `${image}:ci`]));

  test("a prompt runs in the image through the gateway; its changes are an artefact, and the repository is unchanged", async () => {
    const folder = await jobRepository("devcontainer,ci-github", gateway.origin);
    const { stdout, exitCode } = await runWorkflow(folder, "opencode.yml", {
      args: [...args, "--input", `prompt=${changes}`, "--secret", "TS_OAUTH_CLIENT_ID=client"],
    });
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toMatch(/joined by \S+ as tag:ci$/m);
    expect(stdout).toContain("The tool's result begins: the README");
    expect(stdout).toMatch(/--- changes\.patch[^]*\+\+\+ b\/new\.txt/);
    expect(stdout).toMatch(/Summary - ### OpenCode[^]*Changed: 3 lines/);
    expect(execaSync("git", ["status", "--short"], { cwd: folder }).stdout).toBe("?? new.txt");
  });

  test("what it prints is no order to the runner", async () => {
    const folder = await jobRepository("ci-github", gateway.origin);
    const order = 'mock-tool bash {"command":"echo ::set-env name=EVIL::1; echo ::add-mask::x","description":"order"}';
    const { stdout, exitCode } = await runWorkflow(folder, "opencode.yml", { args: [...args, "--input", `prompt=${order}`] });
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toContain("::set-env name=EVIL::1");
    // So act shows an order that it has not followed; one that it follows has its name between the colons.
    expect(stdout).toContain("⚙  ::set-env name=EVIL::1");
    expect(stdout).not.toContain("::set-env:: EVIL");
  });

  test("without its gateway it fails within seconds with the doctor's line, and OpenCode does not run", async () => {
    const folder = await jobRepository("ci-github", down);
    const { stdout, exitCode } = await runWorkflow(folder, "opencode.yml", { args: [...args, "--input", "prompt=hi"] });
    expect(exitCode, stdout).not.toBe(0);
    expect(stdout).toMatch(/Summary - ### The gateway cannot be used from here[^]*(?:Nothing listens|refuses|nothing answers)/i);
    expect(stdout).not.toContain("Main Run OpenCode");
    expect(stdout).not.toContain("Main Hand it over");
  });

  test("a prompt that takes too long is stopped, and its changes so far are kept", async () => {
    const folder = await jobRepository("ci-github", gateway.origin);
    const wait = 'mock-tool bash {"command":"echo begun > new.txt; sleep 300","description":"wait"}';
    const { stdout, exitCode } = await runWorkflow(folder, "opencode.yml", {
      args: [...args, "--input", `prompt=${wait}`, "--input", "minutes=0.2"],
    });
    expect(exitCode, stdout).not.toBe(0);
    expect(stdout).toContain("OpenCode was stopped after 0.2 minutes");
    expect(stdout).toContain("| +begun");
  });

  test.skipIf(skips("pushing images", isThere("docker-registry") ? null : "docker-registry is not installed"))(
    "both images are built and pushed, and the dev container's starts from its name alone",
    async () => {
      const port = 5600 + Math.floor(Math.random() * 300);
      const store = await temporaryFolder("aperture-env-registry");
      writeTree(store, {
        "config.yml": `version: 0.1\nstorage: { filesystem: { rootdirectory: ${store}/data } }\nhttp: { addr: "127.0.0.1:${port}" }\n`,
      });
      const { execa } = await import("execa");
      const served = execa("docker-registry", ["serve", join(store, "config.yml")], { reject: false, stdio: "ignore" });
      onDispose(async () => {
        served.kill();
        await served;
      });
      const name = `localhost:${port}/acme/app`;
      const folder = await jobRepository("devcontainer,ci-github", gateway.origin);
      const { stdout, exitCode } = await runWorkflow(folder, "aperture-env-images.yml", {
        event: "push",
        args: ["--var", `APERTURE_ENV_IMAGE=${name}`, "--defaultbranch", "main"],
      });
      expect(exitCode, stdout).toBe(0);
      for (const tag of ["ci", "dev"]) {
        await docker(["image", "rm", "--force", `${name}:${tag}`]);
        const pulled = await docker(["pull", "--quiet", `${name}:${tag}`]);
        expect(pulled.exitCode, pulled.stderr).toBe(0);
        onDispose(() => docker(["image", "rm", "--force", `${name}:${tag}`]));
      }
      const labels = await docker(["image", "inspect", "--format", "{{json .Config.Labels}}", `${name}:dev`]);
      expect(JSON.parse(labels.stdout)).toHaveProperty(["devcontainer.metadata"]);
      const ran = await docker(["run", "--rm", "--network", "host", `${name}:ci`, "opencode", "run", "hi from the pushed image"]);
      expect(ran.stdout, ran.stderr).toContain("hi from the pushed image");
    },
  );

  test.skipIf(skips("judging workflows", runnerMissing("actionlint") ?? runnerMissing("zizmor")))(
    "actionlint and zizmor find nothing, in whatever shape",
    async () => {
      const shapes = [
        await jobRepository("devcontainer,ci-github", "http://ai"),
        await jobRepository("ci-github", "http://ai"),
        await jobRepository("devcontainer,ci-github", "http://ai", {
          ".devcontainer/a/devcontainer.json": '{ "image": "debian:bookworm" }\n',
          ".devcontainer/b/devcontainer.json": '{ "image": "debian:bookworm" }\n',
        }),
      ];
      for (const folder of shapes) {
        const lint = await runRunner("actionlint", [], folder);
        expect([lint.exitCode, lint.stdout]).toEqual([0, ""]);
        const audit = await runRunner("zizmor", ["--offline", "--no-progress", ".github/workflows"], folder);
        expect([audit.exitCode, audit.stdout]).toEqual([0, expect.stringContaining("No findings to report")]);
      }
    },
  );
});

describe.skipIf(
  skips("GitLab's jobs", noEngine ?? runnerMissing("gitlab-ci-local") ?? (isThere("rsync") ? null : "rsync is not installed")),
)("GitLab", () => {
  const image = localImage();
  const files = { ".gitlab-ci.yml": "# mine\nstages: [test]\nmine: { script: [echo mine] }\n" };
  const built = async (url: string): Promise<string> => {
    const folder = await jobRepository("ci-gitlab", url, files);
    const { exitCode, stderr } = await docker(
      ["build", "--quiet", "--target", "ci", "--tag", `${image}/aperture-env:ci`, ".devcontainer"],
      { cwd: folder },
    );
    expect(exitCode, stderr).toBe(0);
    onDispose(() => docker(["image", "rm", "--force", `${image}/aperture-env:ci`]));
    return folder;
  };

  test("a prompt runs in the image through the gateway, and what it changed is an artefact", async () => {
    const folder = await built(gateway.origin);
    const { stdout, exitCode } = await runGitlabJob(folder, "opencode", { CI_REGISTRY_IMAGE: image, OPENCODE_PROMPT: changes });
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toContain("json schema validated");
    expect(stdout).toContain("The tool's result begins: the README");
    expect(readFileSync(join(folder, "opencode-job/changes.patch"), "utf8")).toContain("+++ b/new.txt");
  });

  test("without its gateway it fails within seconds, with the doctor's line", async () => {
    const folder = await built(down);
    const { stdout, exitCode } = await runGitlabJob(folder, "opencode", { CI_REGISTRY_IMAGE: image, OPENCODE_PROMPT: "hi" });
    expect(exitCode, stdout).not.toBe(0);
    expect(stdout).toMatch(/Nothing listens|refuses|nothing answers/i);
    expect(stdout).not.toContain("> build");
  });

  test("without a prompt there is no such job", async () => {
    const folder = await jobRepository("ci-gitlab", "http://ai", files);
    const { stdout } = await runRunner("gitlab-ci-local", ["--list"], folder);
    expect(stdout).toContain("mine");
    expect(stdout).not.toMatch(/^opencode\b/m);
  });
});
