/** `verify` from end to end: it says what works, names what does not, and leaves nothing behind. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { treeOf } from "../cli/harness.ts";
import { disposeAll, docker, dockerAvailable, temporaryFolder } from "../support/docker.ts";
import { generate, writeTree } from "../support/repository.ts";

const available = await dockerAvailable();
const bin = join(import.meta.dirname, "..", "..", "dist", "bin.js");

/** Everything that a verification could leave. */
async function left(): Promise<readonly string[]> {
  const ask = async (...args: readonly string[]): Promise<string[]> => (await docker(args)).stdout.split("\n").filter(Boolean);
  return [
    ...(await ask("ps", "--all", "--quiet", "--filter", "label=aperture-env.verify")),
    ...(await ask("images", "--format", "{{.Repository}}")).filter((name) => /^vsc-sample-|^aperture-env-verify-/.test(name)),
    ...(await ask("volume", "ls", "--quiet")).filter((name) => name.startsWith("aperture-env-verify-")),
    ...(await ask("network", "ls", "--format", "{{.Name}}")).filter((name) => name.startsWith("aperture-env-verify-")),
    ...readdirSync(tmpdir()).filter((name) => name.startsWith("aperture-env-verify-")),
  ];
}

async function run(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { cwd: folder, stdin: "ignore", reject: false, env } as const;
  const { exitCode, stdout, stderr } = await execa(process.execPath, [bin, "verify", ...args], options);
  return { exit: exitCode, stdout, stderr };
}

describe.skipIf(!available)("verify", () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await temporaryFolder("aperture-env-verified"), "sample");
    writeTree(folder, { "package.json": "{}\n", "not ours": "x" });
  });
  afterAll(disposeAll);

  const registry = async (): Promise<Record<string, string>> => ({
    npm_config_registry: (await execa("npm", ["config", "get", "registry"])).stdout,
  });

  test("a dev container of its own, against a mock gateway in it: works, and nothing is left", async () => {
    await generate(folder);
    const before = treeOf(folder, true);
    const ran = await run(folder, ["--mock"]);
    expect(ran.exit, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(
      /✓ start .*\n.*✓ mock-gateway .*\n.*✓ doctor .*\n.*✓ prompt .*This is the mock gateway, answering as .*\n\nIt works\.$/,
    );
    expect(ran.stderr).toMatch(/0 s {2}copying the repository\n/);
    expect(treeOf(folder, true)).toEqual(before);
    expect(await left()).toEqual([]);
  });

  test("a Compose dev container of the user's with a hook that writes as root, under git, as JSON", async () => {
    writeTree(folder, {
      ".devcontainer/devcontainer.json":
        '{ "dockerComposeFile": "compose.yml", "service": "app", "workspaceFolder": "/work", "postCreateCommand": "touch made-by-root && git log -1" }\n',
      ".devcontainer/compose.yml":
        "services:\n  app:\n    image: node:24-bookworm-slim\n    command: sleep infinity\n    volumes: ['..:/work', 'data:/data']\nvolumes:\n  data: {}\n",
      ".gitignore": "ignored\n",
      ignored: "a secret",
    });
    const git = (...args: readonly string[]) =>
      execa("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: folder });
    await git("init", "--quiet");
    await generate(folder, [], await registry());
    await git("add", ".");
    await git("commit", "--quiet", "--message", "x");
    const before = treeOf(folder);
    const ran = await run(folder, ["--mock", "--json"]);
    expect(ran.exit, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stderr).toBe("");
    const report = JSON.parse(ran.stdout) as { status: string; steps: { name: string; ok: boolean }[] };
    expect(report).toMatchObject({ schemaVersion: 1, status: "works", config: ".devcontainer/devcontainer.json" });
    expect(report.steps.map(({ name }) => name)).toEqual(["start", "mock-gateway", "doctor", "prompt"]);
    expect(treeOf(folder)).toEqual(before);
    expect((await git("status", "--porcelain")).stdout).toBe("");
    expect(await left()).toEqual([]);
  });

  test.each(["separate", "compact"])(
    "chat for OpenAI and a provider of the team's own, %s, which are all that the mock gateway has",
    async (style) => {
      const providers = "  openai: { api: chat }\n  house: { models: { qwen3-coder: { context: 262144, output: 65536 } } }\n";
      const rest = `model: house/qwen3-coder\nsmall_model: openai/gpt-6-luna\nopencode: { style: ${style} }\n`;
      writeTree(folder, { "aperture-env.yaml": `aperture: { url: http://ai }\nproviders:\n${providers}${rest}` });
      await generate(folder);
      const ran = await run(folder, ["--mock"]);
      expect(ran.exit, ran.stdout + ran.stderr).toBe(0);
      expect(ran.stdout).toMatch(/✓ doctor .*nothing found  .*\n.*✓ prompt .*This is the mock gateway, answering as /);
      expect(await left()).toEqual([]);
    },
  );

  test("a managed configuration, which no variable redirects: the copy uses the mock gateway", async () => {
    await generate(folder, ["--managed"]);
    const before = treeOf(folder, true);
    const ran = await run(folder, ["--mock"]);
    expect(ran.exit, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/✓ doctor .*nothing found {2}.*\n.*✓ prompt .*This is the mock gateway, answering as /);
    expect(treeOf(folder, true)).toEqual(before);
    expect(await left()).toEqual([]);
  });

  test("no gateway: the doctor says so, no prompt is sent", async () => {
    await generate(folder, ["--url", "http://gateway.invalid"]);
    const ran = await run(folder, []);
    expect(ran.exit).toBe(4);
    expect(ran.stdout).toMatch(/✗ doctor .*gateway\.invalid/);
    expect(ran.stdout).not.toContain("prompt");
    expect(await left()).toEqual([]);
  });

  test("a build that fails: its last words, and nothing is left", async () => {
    await generate(folder);
    const file = join(folder, ".devcontainer", "Dockerfile");
    writeFileSync(file, readFileSync(file, "utf8").replace("AS dev\n", "AS dev\nRUN echo words of mine >&2 && false\n"));
    const ran = await run(folder, ["--mock"]);
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toContain("The dev container did not start:");
    expect(ran.stderr).toContain("words of mine");
    expect(await left()).toEqual([]);
  });

  test("Ctrl-C while it works removes everything", async () => {
    await generate(folder);
    const file = join(folder, ".devcontainer", "devcontainer.json");
    writeFileSync(file, readFileSync(file, "utf8").replace('"remoteUser"', '"postCreateCommand": "sleep 300",\n  "remoteUser"'));
    const child = spawn(process.execPath, [bin, "verify", "--mock"], { cwd: folder, stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    const running = async (): Promise<string> =>
      (await docker(["ps", "--quiet", "--filter", "label=aperture-env.verify"])).stdout;
    while ((await running()) === "") await new Promise((resolve) => setTimeout(resolve, 250));
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(await left()).toEqual([]);
  });

  test("without Docker, without an environment, or with several dev containers, it ends before it does anything", async () => {
    expect(await run(folder, [])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("no environment to verify") as string,
    });
    writeTree(folder, {
      ".devcontainer/a/devcontainer.json": '{ "image": "x" }',
      ".devcontainer/b/devcontainer.json": '{ "image": "x" }',
    });
    await generate(folder, [], { npm_config_registry: "http://registry.test" });
    expect(await run(folder, [])).toMatchObject({ exit: 3, stderr: expect.stringContaining("--config") as string });
    const one = ["--config", ".devcontainer/a/devcontainer.json"];
    expect(await run(folder, one, { DOCKER_HOST: "unix:///nowhere" })).toMatchObject({
      exit: 4,
      stderr: expect.stringContaining("No Docker engine answers.") as string,
    });
    expect(await left()).toEqual([]);
  });
});
