/** Jobs of GitHub and GitLab that become nodes of a real tailnet, run by act and gitlab-ci-local, with real OpenCode in them. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execaSync } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageOfPrograms } from "../support/connected.ts";
import { disposeAll, docker, onDispose, temporaryFolder, type Result } from "../support/docker.ts";
import { dockerClient, localImage, runGitlabJob, runnerMissing, runWorkflow } from "../support/job-runners.ts";
import { addressInBuilds, packProgram, startPackages } from "../support/packaged.ts";
import { generate, writeTree } from "../support/repository.ts";
import { isThere, skips } from "../support/skips.ts";
import { startTailnet, tailnetMissing, type Tailnet } from "../support/tailnet.ts";

const noTailnet = await tailnetMissing();
const noGithub = runnerMissing("act");
const noGitlab = runnerMissing("gitlab-ci-local") ?? (isThere("rsync") ? null : "rsync is not installed");

/** What runs in the place of tailscale/github-action: the same programs, started as it starts them, and a node that logs out behind the job. */
const joining = {
  "action.yml": JSON.stringify({
    name: "stand-in",
    inputs: { "oauth-secret": { default: "" }, tags: { default: "" } },
    runs: { using: "node24", main: "main.mjs", post: "post.mjs" },
  }),
  "main.mjs": `import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
mkdirSync("/var/run/tailscale", { recursive: true });
spawn("/programs/tailscaled", ["--state=mem:"], { detached: true, stdio: "ignore" }).unref();
writeFileSync("/run/key", process.env["INPUT_OAUTH-SECRET"], { mode: 0o600 });
const up = ["up", "--auth-key=file:/run/key", "--netfilter-mode=off", "--login-server=" + process.env.TAILNET_URL, "--hostname=github-job"];
for (let tries = 0; ; tries++)
  try {
    execFileSync("/programs/tailscale", up, { stdio: "inherit" });
    break;
  } catch (error) {
    if (tries === 50) throw error;
    await new Promise((done) => setTimeout(done, 100));
  }
const { Self } = JSON.parse(execFileSync("/programs/tailscale", ["status", "--json"]));
console.log("joined as " + Self.TailscaleIPs[0] + " with " + Self.Tags + ", asked for " + process.env.INPUT_TAGS);
appendFileSync(process.env.GITHUB_PATH, "/programs\\n");
`,
  "post.mjs": `import { execFileSync } from "node:child_process";
execFileSync("/programs/tailscale", ["logout"], { stdio: "inherit" });
`,
};

describe.skipIf(skips("jobs on a real tailnet", noTailnet ?? (noGithub !== null ? noGitlab && noGithub : null)))("a job", () => {
  const image = localImage();
  let tailnet: Tailnet;
  let folder: string;
  beforeAll(async () => {
    tailnet = await startTailnet();
    const programs = await imageOfPrograms(tailnet.programs);
    folder = await temporaryFolder("aperture-env-jobs");
    writeTree(folder, {
      "README.md": "the README\n",
      ".gitlab-ci.yml": "mine: { script: [echo mine] }\n",
      "aperture-env.yaml": [
        "name: sample",
        "base: debian",
        "aperture:",
        "  url: http://ai",
        "  connection: auto",
        `  tailscale: { image: "${programs}", login_server: "${tailnet.url}" }`,
        "providers: { anthropic: {} }",
        "model: anthropic/claude-sonnet-5-5",
        "outputs: [ci-github, ci-gitlab]",
        "doctor: package",
        "",
      ].join("\n"),
    });
    await generate(folder);
    // Jobs build the image themselves where it cannot be pulled: its registry stands in the file.
    const registry = await addressInBuilds(await startPackages(await packProgram()));
    const dockerfile = join(folder, ".devcontainer", "Dockerfile");
    writeFileSync(
      dockerfile,
      readFileSync(dockerfile, "utf8").replace("\nARG NPM_REGISTRY=\n", `\nARG NPM_REGISTRY=${registry}\n`),
    );
    const git = (...args: string[]): unknown => execaSync("git", args, { cwd: folder });
    git("init", "--quiet", "--initial-branch", "main");
    git("remote", "add", "origin", "https://git.example/acme/app.git");
    git("add", "--all");
    git("-c", "user.name=dev", "-c", "user.email=dev@example.com", "commit", "--quiet", "--message", "all");
    git("update-ref", "refs/remotes/origin/main", "HEAD");
    const tags = [`${image}:ci`, `${image}/aperture-env:ci`];
    const built = await docker(
      ["build", "--quiet", "--target", "ci", ...tags.flatMap((tag) => ["--tag", tag]), ".devcontainer"],
      { cwd: folder },
    );
    if (built.exitCode !== 0) throw new Error(built.stderr);
    onDispose(() => docker(["image", "rm", "--force", ...tags]));
  });
  afterAll(disposeAll);

  const changes = 'mock-tool bash {"command":"cat README.md; echo changed > new.txt","description":"look"}';
  // Tags are the key's: headscale takes none from a node that has one.
  const keyOfJobs = (): Promise<string> => tailnet.key({ ephemeral: true, tags: ["tag:ci"] });
  /** The nodes whose prompts the gateway has seen behind the first `before`. */
  const seenSince = async (before: number): Promise<readonly string[]> => [
    ...new Set((await tailnet.requests()).slice(before).map(({ node }) => node)),
  ];

  /** One run of the workflow: the runner is a container of the tailnet's network, and what it starts in its own network is in that one. */
  async function github(prompt: string): Promise<Result> {
    const tools = await temporaryFolder("aperture-env-runner");
    writeTree(tools, Object.fromEntries(Object.entries(joining).map(([name, text]) => [`action/${name}`, text])));
    const client = join(tools, "docker");
    writeFileSync(
      client,
      `#!/usr/bin/env bash
words=()
while (($#)); do
  if [ "$1 \${2-}" = "--network host" ]; then words+=(--network "container:$(cat /etc/hostname)"); shift; else words+=("$1"); fi
  shift
done
exec /usr/bin/docker-itself "\${words[@]}"
`,
    );
    chmodSync(client, 0o755);
    return runWorkflow(folder, "opencode.yml", {
      args: [
        "--network",
        tailnet.network.name,
        "--var",
        `APERTURE_ENV_IMAGE=${image}`,
        "--input",
        `prompt=${prompt}`,
        "--env",
        `TAILNET_URL=${tailnet.url}`,
        "--secret",
        "TS_OAUTH_CLIENT_ID=client",
        "--secret",
        `TS_OAUTH_SECRET=${await keyOfJobs()}`,
      ],
      runner: [
        "--cap-add NET_ADMIN --device /dev/net/tun",
        `--volume ${tailnet.programs}:/programs:ro --volume ${dockerClient()}:/usr/bin/docker-itself:ro`,
      ],
      instead: { tailscale: join(tools, "action") },
      client,
    });
  }

  test.skipIf(skips("GitHub's job on a tailnet", noGithub))(
    "of GitHub joins by the action, its prompt reaches the gateway from that node, and the node is gone afterwards",
    async () => {
      const before = (await tailnet.requests()).length;
      const { stdout, exitCode } = await github(changes);
      expect(exitCode, stdout).toBe(0);
      const [, address] = /joined as (\S+) with tag:ci, asked for tag:ci/.exec(stdout) ?? [];
      expect(address, stdout).toBeDefined();
      expect(stdout).toMatch(/pong from ai \(/);
      expect(stdout).toContain("The tool's result begins: the README");
      expect(stdout).toMatch(/--- changes\.patch[^]*\+\+\+ b\/new\.txt/);
      expect(await seenSince(before)).toEqual([address]);
      expect((await tailnet.nodes()).filter(({ ip_addresses: addresses }) => addresses.includes(address!))).toEqual([]);
    },
  );

  test.skipIf(skips("GitLab's job on a tailnet", noGitlab))(
    "of GitLab becomes a node by itself with its variable, without any privilege, and its prompt reaches the gateway from there",
    async () => {
      const before = (await tailnet.requests()).length;
      const key = await keyOfJobs();
      const { stdout, exitCode } = await gitlab({ OPENCODE_PROMPT: changes, TS_AUTHKEY: key });
      expect(exitCode, stdout).toBe(0);
      expect(stdout).not.toContain(key);
      expect(stdout).toContain("The tool's result begins: the README");
      expect(readFileSync(join(folder, "opencode-job/changes.patch"), "utf8")).toContain("+++ b/new.txt");
      const [node, ...others] = await seenSince(before);
      expect(others).toEqual([]);
      const known = (await tailnet.nodes()).find(({ ip_addresses: addresses }) => addresses.includes(node!));
      expect(known?.tags).toEqual(["tag:ci"]);
    },
  );

  const gitlab = (variables: Readonly<Record<string, string>>): Promise<Result> =>
    runGitlabJob(folder, "opencode", { CI_REGISTRY_IMAGE: image, ...variables }, tailnet.network.name);

  test.skipIf(skips("GitLab's job without a key", noGitlab))("of GitLab without a key ends with what is missing", async () => {
    const { stdout, exitCode } = await gitlab({ OPENCODE_PROMPT: "hi" });
    expect(exitCode, stdout).not.toBe(0);
    expect(stdout).toContain("set TS_AUTHKEY as a secret of the job");
  });

  describe("whose gateway is gone", () => {
    beforeAll(() => tailnet.gateway.remove());

    test.skipIf(skips("GitHub's job without its gateway", noGithub))(
      "ends on GitHub with the doctor's line on the run's page, and asks OpenCode nothing",
      async () => {
        const began = performance.now();
        const { stdout, exitCode } = await github("hi");
        expect(exitCode, stdout).not.toBe(0);
        expect(stdout).toMatch(/joined as \S+ with tag:ci/);
        expect(stdout).toMatch(/Summary - ### The gateway cannot be used from here[^]*http:\/\/ai/);
        expect(stdout).not.toContain("Main Run OpenCode");
        // The action alone would have waited for three minutes.
        expect(performance.now() - began).toBeLessThan(90_000);
      },
    );

    test.skipIf(skips("GitLab's job without its gateway", noGitlab))(
      "ends on GitLab with the doctor's line, and asks OpenCode nothing",
      async () => {
        const { stdout, exitCode } = await gitlab({ OPENCODE_PROMPT: "hi", TS_AUTHKEY: await keyOfJobs() });
        expect(exitCode, stdout).not.toBe(0);
        expect(stdout).toMatch(/http:\/\/ai/);
        expect(stdout).not.toContain("> build");
      },
    );
  });
});
