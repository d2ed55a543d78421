/** A generated environment on a real engine: the dev target by the Dev Containers CLI, the ci target by `docker run`, in a network with only the gateway. Under what conditions it answers hosts.test.ts has. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { proposedProviders as providers } from "../../src/catalog/providers.ts";
import { startClosedNetwork, type ClosedNetwork } from "../support/closed-network.ts";
import { devcontainer, disposeAll, docker, dockerAvailable, temporaryFolder, uniqueName, onDispose } from "../support/docker.ts";
import { generate, writeTree } from "../support/repository.ts";

const available = await dockerAvailable();
if (!available) console.warn("skipped: containers, because no Docker engine answers");

const models = Object.values(providers).map(({ id, defaults }) => `${id}/${defaults.model}`);
const ask = (model: string): string[] => ["opencode", "run", "--model", model, "say hi from a container"];
/** Names of providers, forges and clouds, and keys that look real: none may switch anything on or leave the container. */
const bait = {
  ANTHROPIC_API_KEY: "sk-ant-api03-bait-0123456789",
  OPENAI_API_KEY: "sk-proj-bait-0123456789",
  GITHUB_TOKEN: "ghp_bait0123456789",
  HF_TOKEN: "hf_bait0123456789",
  AWS_ACCESS_KEY_ID: "AKIABAIT0123456789",
  GOOGLE_CLOUD_PROJECT: "bait",
};
const baitArgs = Object.entries(bait).flatMap(([name, value]) => ["--env", `${name}=${value}`]);

describe.skipIf(!available)("a generated environment", () => {
  let network: ClosedNetwork;
  let folder: string;
  const image = uniqueName("aperture-env-ci");

  const buildCi = (...args: string[]): ReturnType<typeof docker> =>
    docker(["build", "--progress", "plain", "--target", "ci", "--tag", image, ...args, ".devcontainer"], {
      cwd: folder,
      timeout: 600_000,
    });

  beforeAll(async () => {
    network = await startClosedNetwork();
    folder = await temporaryFolder("aperture-env-own");
    chmodSync(folder, 0o755);
    writeTree(folder, { "package.json": '{ "name": "own" }\n' });
    await generate(folder);
    const built = await buildCi();
    expect(built.exitCode, built.stderr).toBe(0);
    onDispose(() => docker(["image", "rm", "--force", image]));
  });
  afterAll(disposeAll);

  test("env -i and su keep it pointed at the gateway", async () => {
    const script = `env -i /usr/local/bin/opencode run --model ${models[0]} "say hi" </dev/null && useradd -m dev && su - dev -c 'opencode run --model ${models[1]} "say hi" </dev/null'`;
    const { stdout, stderr, exitCode } = await docker(["run", "--rm", ...network.args, ...baitArgs, image, "sh", "-c", script], {
      timeout: 120_000,
    });
    expect(exitCode, stderr).toBe(0);
    for (const model of models) expect(stdout).toContain(`answering as ${model.split("/")[1]}`);
  });

  test("APERTURE_URL points one image at another gateway, with or without /v1", async () => {
    const { stdout, stderr, exitCode } = await docker(
      [
        "run",
        "--rm",
        ...network.args,
        "--add-host",
        "other-gateway:127.0.0.1",
        "--env",
        "APERTURE_URL=ai/v1/",
        image,
        ...ask(models[0]!),
      ],
      { timeout: 120_000 },
    );
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain("answering as");
    const wrong = await docker(
      ["run", "--rm", ...network.args, "--env", "APERTURE_URL=http://127.0.0.1:9", image, "timeout", "10", ...ask(models[0]!)],
      { timeout: 60_000 },
    );
    expect(wrong.exitCode).not.toBe(0);
  });

  test("only the gateway's models can be chosen, whatever keys are set", async () => {
    const { stdout } = await docker(["run", "--rm", ...network.args, ...baitArgs, image, "opencode", "models"], {
      timeout: 60_000,
    });
    const offered = new Set(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split("/")[0]),
    );
    expect([...offered].sort()).toEqual(Object.keys(providers).sort());
  });

  test("the dev target opens with the Dev Containers CLI and OpenCode in it answers", async () => {
    const file = join(folder, ".devcontainer", "devcontainer.json");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace('"remoteUser"', `"runArgs": ${JSON.stringify(network.args)},\n  "remoteUser"`),
    );
    const up = await devcontainer(["up", "--workspace-folder", folder]);
    expect(up.exitCode, up.stderr).toBe(0);
    const who = await devcontainer(["exec", "--workspace-folder", folder, "id", "-un"]);
    expect(who.stdout.trim()).toBe("node");
    const wait = "n=0; until [ -s ~/.local/state/aperture-env/verdict ] || [ $n = 50 ]; do sleep 0.2; n=$((n + 1)); done";
    const looked = await devcontainer([
      "exec",
      "--workspace-folder",
      folder,
      "sh",
      "-c",
      `${wait}; head -n 1 ~/.local/state/aperture-env/verdict`,
    ]);
    expect(looked.stdout.trim(), looked.stderr).toBe("ok");
    for (const model of models) {
      const { stdout, stderr, exitCode } = await devcontainer(["exec", "--workspace-folder", folder, ...ask(model)]);
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toContain(`answering as ${model.split("/")[1]}`);
    }
    const auth = await devcontainer([
      "exec",
      "--workspace-folder",
      folder,
      "sh",
      "-c",
      "stat -c '%a %U' ~/.local/share/opencode/auth.json && cat ~/.local/share/opencode/auth.json",
    ]);
    expect(auth.stdout).toMatch(/^600 node\n/);
    expect(JSON.parse(auth.stdout.slice(auth.stdout.indexOf("{")))).toEqual(
      Object.fromEntries(Object.keys(providers).map((id) => [id, { type: "api", key: "-" }])),
    );
  });

  test("no test asked for another name than the gateway's", async () => {
    expect(await network.names()).toEqual(["ai"]);
  });

  test("a change of the configuration keeps what was edited by hand and rebuilds without any download", async () => {
    const revision = /"APERTURE_ENV_REVISION": "(\w+)"/;
    const devcontainerFile = join(folder, ".devcontainer", "devcontainer.json");
    const before = revision.exec(readFileSync(devcontainerFile, "utf8"))![1];
    const spec = join(folder, "aperture-env.yaml");
    // A name of its own in each run: the engine still has the layers of the last one.
    writeFileSync(spec, readFileSync(spec, "utf8").replace("claude-haiku-4-5", uniqueName("house-model")));
    await generate(folder);
    expect(revision.exec(readFileSync(devcontainerFile, "utf8"))![1]).not.toBe(before);
    expect(readFileSync(devcontainerFile, "utf8")).toContain('"runArgs"');
    const { stderr, exitCode } = await buildCi();
    expect(exitCode, stderr).toBe(0);
    const rebuilt = [...stderr.matchAll(/^#(\d+) \[(?:opencode|ci) [^\]]+\] ((?:RUN|COPY) .*)$/gm)]
      .filter(([, number]) => !stderr.includes(`#${number} CACHED`))
      .map(([, , what]) => what);
    expect(rebuilt).toEqual([
      expect.stringMatching(/^COPY aperture-env\/install\.sh .*\/usr\/local\/share\/aperture-env\/$/),
      "RUN sh /usr/local/share/aperture-env/install.sh",
    ]);
  });
});
