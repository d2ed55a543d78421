/**
 * What an agent in a job may not reach, and what it may not spoil, whatever strangers or the repository made it do: jobs of GitHub and GitLab run by
 * act and gitlab-ci-local with real OpenCode, and the script of a pod that makes the patch.
 */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { execaSync } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMockGateway, type MockGateway } from "../../src/gateway/mock/server.ts";
import { modelsOfCatalogue } from "../../src/gateway/mock/stock.ts";
import { disposeAll, docker, dockerAvailable, onDispose, temporaryFolder, uniqueName } from "../support/docker.ts";
import { imageWith, localImage, runGitlabJob, runnerMissing, runWorkflow } from "../support/job-runners.ts";
import { jobRepository } from "../support/job-repository.ts";
import { writeTree } from "../support/repository.ts";
import { isThere, skips } from "../support/skips.ts";

const noEngine = (await dockerAvailable()) ? null : "no Docker engine answers";

let gateway: MockGateway;
beforeAll(async () => {
  gateway = await startMockGateway({ models: await modelsOfCatalogue() });
});
afterAll(async () => {
  await gateway.close();
  await disposeAll();
});

const order = (command: string): string => `mock-tool bash ${JSON.stringify({ command, description: "work" })}`;
/** Git refuses to add a repository without a commit. */
const unaddable = "git init --quiet inner";

describe.skipIf(skips("GitHub's workflow and ill will", noEngine ?? runnerMissing("act")))("on GitHub", () => {
  const image = localImage();
  const args = ["--var", `APERTURE_ENV_IMAGE=${image}`];
  afterAll(() => docker(["image", "rm", "--force", `${image}:ci`]));

  test("a repository that redirects prompts ends the job before OpenCode starts", async () => {
    const elsewhere = { provider: { anthropic: { options: { baseURL: "http://elsewhere.example/v1" } } } };
    const folder = await jobRepository("ci-github", gateway.origin, { "opencode.json": JSON.stringify(elsewhere) });
    const { stdout, exitCode } = await runWorkflow(folder, "opencode.yml", { args: [...args, "--input", "prompt=hi"] });
    expect(exitCode, stdout).not.toBe(0);
    expect(stdout).toMatch(/Summary - ### The gateway cannot be used from here[^]*http:\/\/elsewhere\.example/);
    expect(stdout).not.toContain("Main Run OpenCode");
  });

  test("what git cannot add keeps no other change out of the patch", async () => {
    const folder = await jobRepository("ci-github", gateway.origin);
    const prompt = order(`${unaddable}; echo changed > new.txt`);
    const { stdout, exitCode } = await runWorkflow(folder, "opencode.yml", { args: [...args, "--input", `prompt=${prompt}`] });
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toContain("'inner/' does not have a commit checked out");
    expect(stdout).toMatch(/--- changes\.patch[^]*\| \+changed/);
  });

  test("a tag that has the default branch's name builds no images and opens no pull request", async () => {
    const folder = await jobRepository("ci-github", gateway.origin);
    const event = join(await temporaryFolder("aperture-env-event"), "event.json");
    for (const name of ["aperture-env-images.yml", "aperture-env-update.yml"])
      for (const [ref, runs] of [
        ["refs/tags/main", false],
        ["refs/heads/main", true],
      ] as const) {
        writeFileSync(event, JSON.stringify({ ref, repository: { full_name: "acme/app", fork: false, default_branch: "main" } }));
        const { stdout, exitCode } = await runWorkflow(folder, name, { args: ["--eventpath", event, "--dryrun"] });
        expect(exitCode, stdout).toBe(0);
        expect(/Job succeeded/.test(stdout), `${name} ${ref}\n${stdout}`).toBe(runs);
      }
  });

  describe("called for a pull request", () => {
    const caller = `on: pull_request
jobs:
  call:
    uses: ./.github/workflows/opencode.yml
    with: { prompt: "hi from the caller", artifact: first }
    secrets: { TS_OAUTH_CLIENT_ID: client }
`;
    const call = async (head: string): Promise<string> => {
      const folder = await jobRepository("ci-github", gateway.origin, { ".github/workflows/caller.yml": caller });
      const event = join(await temporaryFolder("aperture-env-event"), "event.json");
      const pull = { head: { repo: { full_name: head } } };
      writeFileSync(event, JSON.stringify({ pull_request: pull, repository: { full_name: "acme/app", fork: false } }));
      const { stdout, exitCode } = await runWorkflow(folder, "caller.yml", {
        event: "pull_request",
        args: [...args, "--eventpath", event],
      });
      expect(exitCode, stdout).toBe(0);
      return stdout;
    };

    test("of a fork it does nothing", async () => {
      expect(await call("stranger/app")).not.toMatch(/Run OpenCode|joined by/);
    });

    test("of the repository it runs, and its artefact has the caller's name", async () => {
      const stdout = await call("acme/app");
      expect(stdout).toContain("hi from the caller");
      expect(stdout).toContain("kept as first");
    });
  });
});

describe.skipIf(
  skips(
    "GitLab's job and ill will",
    noEngine ?? runnerMissing("gitlab-ci-local") ?? (isThere("rsync") ? null : "rsync is not installed"),
  ),
)("on GitLab", () => {
  test("the agent has no token, no cache of other jobs, and no script of theirs; its commits and its changes are the patch", async () => {
    const image = localImage();
    const folder = await jobRepository("ci-gitlab", gateway.origin, {
      ".gitlab-ci.yml": `default:
  before_script: [echo the scripts of others]
  cache: { key: others, paths: [shared] }
mine: { script: [echo mine] }
`,
    });
    const tag = `${image}/aperture-env:ci`;
    const built = await docker(["build", "--quiet", "--target", "ci", "--tag", tag, ".devcontainer"], { cwd: folder });
    expect(built.exitCode, built.stderr).toBe(0);
    onDispose(() => docker(["image", "rm", "--force", tag]));
    const work = [
      "env | grep -c glcbt[-]secret > told.txt",
      "mkdir shared && echo evil > shared/evil",
      "echo committed > committed.txt && git add committed.txt && git -c user.name=a -c user.email=a@b commit --quiet --message mine",
      unaddable,
    ];
    const { stdout, exitCode } = await runGitlabJob(folder, "opencode", {
      CI_REGISTRY_IMAGE: image,
      CI_JOB_TOKEN: "glcbt-secret",
      CI_REGISTRY_PASSWORD: "glcbt-secret",
      OPENCODE_MINUTES: "0.9",
      OPENCODE_PROMPT: order(work.join("; ")),
    });
    expect(exitCode, stdout).toBe(0);
    expect(stdout).not.toContain("the scripts of others");
    expect(existsSync(join(folder, ".gitlab-ci-local", "cache"))).toBe(false);
    const patch = readFileSync(join(folder, "opencode-job/changes.patch"), "utf8");
    expect(patch).toContain("+committed\n");
    expect(patch).toMatch(/^\+\+\+ b\/told\.txt\n@@ .*\n\+0$/m);
    expect(patch).not.toContain("opencode-job");
  });
});

describe.skipIf(skips("the patch of a pod", noEngine))("in a pod", () => {
  test("the log has the patch alone; what git says is the container's message", async () => {
    const folder = await jobRepository("kubernetes", "http://gateway.example:8080", { ".gitattributes": "*.txt text\n" });
    const git = (...args: string[]): unknown => execaSync("git", args, { cwd: folder });
    git("init", "--quiet", "inner");
    git("clone", "--quiet", ".", "cloned");
    // Git warns of the line ends, of the clone inside, and of what it cannot add.
    writeTree(folder, { "crlf.txt": "a\r\nb\r\n", "new.md": "changed\n" });
    const message = join(await temporaryFolder("aperture-env-message"), "message");
    writeFileSync(message, "");
    chmodSync(message, 0o666);
    const name = uniqueName("aperture-env-patch");
    onDispose(() => docker(["rm", "--force", name]));
    const image = await imageWith("aperture-env-test/runner:latest", "node:24-bookworm-slim", "git");
    const script = join(folder, ".kubernetes/aperture-env/job.sh");
    const mounts = [`${folder}:/workspace:ro`, `${script}:/job/job.sh:ro`, `${message}:/dev/termination-log`];
    const volumes = mounts.flatMap((mount) => ["--volume", mount]);
    const alone = ["--network", "none", "--tmpfs", "/tmp", "--env", "HOME=/tmp"];
    const started = await docker([
      "run",
      "--detach",
      "--name",
      name,
      ...alone,
      ...volumes,
      image,
      "sh",
      "/job/job.sh",
      "changes",
    ]);
    expect(started.exitCode, started.stderr).toBe(0);
    // It has set its trap when it sleeps.
    for (let tries = 0; tries < 300 && !(await docker(["top", name])).stdout.includes("sleep"); tries++)
      await new Promise((done) => setTimeout(done, 100));
    await docker(["kill", "--signal", "TERM", name]);
    expect((await docker(["wait", name])).stdout.trim()).toBe("0");
    const { stdout, stderr } = await docker(["logs", name]);
    expect(stderr).toBe("");
    const patch = gunzipSync(Buffer.from(stdout, "base64")).toString();
    expect(patch).toContain("+++ b/new.md\n");
    expect(patch).toContain("+++ b/crlf.txt\n");
    expect(readFileSync(message, "utf8")).toMatch(/'inner\/' does not have a commit checked out/);
  });
});
