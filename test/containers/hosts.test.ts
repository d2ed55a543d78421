/**
 * One environment on every host that can be had here, each with real OpenCode answering through a mock gateway. What of it a host makes is held
 * against what `hosts` says of that one (src/catalog/hosts.ts).
 */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa, execaSync } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hosts, type Host, type Trait } from "../../src/catalog/hosts.ts";
import { proposedProviders as providers } from "../../src/catalog/providers.ts";
import { startMockGateway, type MockGateway } from "../../src/gateway/mock/server.ts";
import { modelsOfCatalogue } from "../../src/gateway/mock/stock.ts";
import { startClosedNetwork, type ClosedNetwork } from "../support/closed-network.ts";
import { hostMissing, runDevpod, runEnvbuilder } from "../support/dev-container-hosts.ts";
import {
  devcontainer,
  disposeAll,
  docker,
  dockerAvailable,
  onDispose,
  temporaryFolder,
  uniqueName,
  type Result,
} from "../support/docker.ts";
import { skipsWithoutRegistry } from "../support/docker-registry.ts";
import { runGitlabJob, runnerMissing, runWorkflow } from "../support/job-runners.ts";
import { oldEngineMissing, startOldEngine } from "../support/old-engine.ts";
import { podmanMissing, startPodman, type Podman } from "../support/podman.ts";
import { root } from "../support/project-root.ts";
import { generate, writeTree } from "../support/repository.ts";
import { isThere, skips } from "../support/skips.ts";

const noEngine = (await dockerAvailable()) ? null : "no Docker engine answers";

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

afterAll(disposeAll);

describe.skipIf(skips("hosts of the image for jobs", noEngine))(
  "the image for jobs, in a network with nothing but the gateway",
  () => {
    const models = Object.values(providers).map(({ id, defaults }) => `${id}/${defaults.model}`);
    const image = uniqueName("aperture-env-ci");
    let network: ClosedNetwork;

    beforeAll(async () => {
      network = await startClosedNetwork();
      const folder = await temporaryFolder("aperture-env-hosts");
      writeTree(folder, { "package.json": '{ "name": "app" }\n' });
      await generate(folder);
      const built = await docker(["build", "--target", "ci", "--tag", image, ".devcontainer"], { cwd: folder, timeout: 600_000 });
      expect(built.exitCode, built.stderr).toBe(0);
      onDispose(() => docker(["image", "rm", "--force", image]));
    });

    const locked = ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
    const conditions: readonly (readonly [string, readonly string[]])[] = [
      ["as docker run starts it, as root", []],
      ["as a random uid without an entry in /etc/passwd", ["--user", "41234:41234"]],
      ["with a read-only root file system", ["--read-only"]],
      [
        "with a read-only root file system and a writable /tmp, as a random uid",
        ["--read-only", "--tmpfs", "/tmp", "--user", "41234:41234"],
      ],
      ["without capabilities and without new privileges, as root", locked],
      [
        "as a restricted pod has it: no capabilities, no new privileges, read-only, a random uid, HOME on a tmpfs",
        [...locked, "--read-only", "--tmpfs", "/tmp", "--env", "HOME=/tmp", "--user", "41234:41234"],
      ],
      [
        "with the home of a GitHub job, owned by root, as another uid",
        ["--user", "1001:1001", "--env", "HOME=/github/home", "--tmpfs", "/github/home:mode=0755"],
      ],
      ["without a home", ["--entrypoint", "/usr/bin/env", "--user", "41234:41234"]],
    ];

    test.each(conditions)("answers %s", async (_name, args) => {
      for (const model of models) {
        const before = (await network.requests()).length;
        const ask = ["opencode", "run", "--model", model, "say hi from a container"];
        const command = args.includes("/usr/bin/env") ? ["-u", "HOME", ...ask] : ask;
        const { stdout, stderr, exitCode } = await docker(
          ["run", "--rm", ...network.args, ...baitArgs, ...args, image, ...command],
          { timeout: 120_000 },
        );
        expect(exitCode, stderr).toBe(0);
        expect(stdout).toContain(`answering as ${model.split("/")[1]}`);
        expect(stdout).toContain("say hi from a container");
        const seen = (await network.requests()).slice(before);
        const { wireFormats, defaultApi } = providers[model.split("/")[0]!]!;
        expect(seen.map((request) => request.path)).toContain(wireFormats[defaultApi]!.path);
        expect(seen.filter((request) => !request.placeholder || request.status !== 200)).toEqual([]);
      }
    });

    test("nobody asked for another name than the gateway's", async () => {
      expect(await network.names()).toEqual(["ai"]);
    });
  },
);

/** What a container says of itself that an environment asked for, and an answer of OpenCode's. */
const probe = (wait: boolean): string =>
  [
    ...(wait ? ["n=0; until [ -s ~/.local/state/aperture-env/verdict ] || [ $n = 50 ]; do sleep 0.2; n=$((n + 1)); done"] : []),
    'echo "start-hook=$(head -n 1 ~/.local/state/aperture-env/verdict 2>/dev/null)"',
    'echo "hooks=$(ls /tmp/created 2>/dev/null)"',
    'echo "containerEnv=$MINE"',
    'echo "state-volume=$(grep -c " /var/lib/aperture-env " /proc/mounts)"',
    "opencode run hello </dev/null",
  ].join("\n");

/** How each of them looks where the host has it, and where not. */
const signs: Readonly<Partial<Record<Trait, readonly [there: string, absent: string]>>> = {
  "start-hook": ["ok", ""],
  hooks: ["/tmp/created", ""],
  containerEnv: ["yes", ""],
  "state-volume": ["1", "0"],
};

/** What the catalogue says that a host makes of them. */
function expected({ differs }: Host): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(signs).map(([trait, [there, absent]]) => {
      const { does = null } = differs[trait as Trait] ?? {};
      return [trait, does === "ignores" || does === "refuses" ? absent : there];
    }),
  );
}

/** What it said, in the log of whatever ran it: that may show the script, too. */
function found(said: string): Readonly<Record<string, string>> {
  const line = new RegExp(`(?:^|\\| |> )(${Object.keys(signs).join("|")})=(\\S*)\\s*$`, "gm");
  return Object.fromEntries([...said.matchAll(line)].map(([, name, value]) => [name!, value!]));
}

describe.skipIf(skips("hosts", noEngine))("an environment with a volume, a variable and commands", () => {
  const node = "mcr.microsoft.com/devcontainers/javascript-node:4-24-bookworm";
  const bases = ["node:24-bookworm-slim", node];
  const image = `${uniqueName("aperture-env-hosts")}/app:ci`;
  let gateway: MockGateway;
  beforeAll(async () => {
    gateway = await startMockGateway({ models: await modelsOfCatalogue() });
    onDispose(() => gateway.close());
  });

  /** A repository with it, committed, whose containers are in this machine's network. */
  const repository = async (files: Readonly<Record<string, string>> = {}, base = "node"): Promise<string> => {
    const folder = await temporaryFolder("aperture-env-hosts");
    chmodSync(folder, 0o755);
    writeTree(folder, { "package.json": '{ "name": "app" }\n', ...files });
    const asked = ["--state", "volume", "--container-env", "MINE=yes", "--hook", "postCreateCommand=touch /tmp/created"];
    await generate(folder, ["--url", gateway.origin, "--base", base, ...asked]);
    const file = join(folder, ".devcontainer", "devcontainer.json");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace('"remoteUser"', '"runArgs": ["--network=host"],\n  "remoteUser"'));
    const git = (...args: string[]): unknown => execaSync("git", args, { cwd: folder });
    git("init", "--quiet", "--initial-branch", "main");
    git("remote", "add", "origin", "https://git.example/acme/app.git");
    git("add", "--all");
    git("-c", "user.name=dev", "-c", "user.email=dev@example.com", "commit", "--quiet", "--message", "all");
    return folder;
  };
  let isBuilt = false;
  const withImage = async (folder: string): Promise<void> => {
    if (isBuilt) return;
    const built = await docker(["build", "--target", "ci", "--tag", image, ".devcontainer"], { cwd: folder, timeout: 600_000 });
    expect(built.exitCode, built.stderr).toBe(0);
    onDispose(() => docker(["image", "rm", "--force", image]));
    isBuilt = true;
  };

  interface Row {
    readonly host: string;
    readonly missing: string | null;
    run(): Promise<Result>;
  }

  const onPodman = async (engine: Podman, folder: string): Promise<Result> => {
    engine.own(folder);
    const up = await engine.devcontainer("up", folder);
    return up.exitCode === 0 ? engine.devcontainer("exec", folder, "sh", "-c", probe(true)) : up;
  };

  const rows: readonly Row[] = [
    {
      host: "devcontainers",
      missing: null,
      run: async () => {
        const folder = await repository();
        let volume = "";
        onDispose(() => docker(["volume", "rm", volume]));
        const up = await devcontainer(["up", "--workspace-folder", folder]);
        if (up.exitCode !== 0) return up;
        const { containerId } = JSON.parse(up.stdout.trim().split("\n").at(-1)!) as { containerId: string };
        const mounts = await docker(["inspect", "--format", "{{json .Mounts}}", containerId]);
        volume = /"Type":"volume","Name":"([^"]+)"/.exec(mounts.stdout)![1]!;
        return devcontainer(["exec", "--workspace-folder", folder, "sh", "-c", probe(true)]);
      },
    },
    {
      host: "podman",
      missing: podmanMissing(false),
      run: async () => {
        const slim = ["node:24-bookworm-slim", "debian:bookworm-slim"];
        const engine = await startPodman(false, slim);
        // What keeps an account that is not root from it there; this base's is root.
        const { stdout: version } = await engine.run("version", "--format", "{{.Client.Version}}");
        const { exitCode, stderr } = await engine.run("run", "--rm", "--userns=keep-id", slim[1]!, "true");
        const [major = 0, minor = 0] = version.split(".").map(Number);
        expect(exitCode === 0, `${version} ${stderr}`).toBe(major > 4 || (major === 4 && minor >= 5));
        return onPodman(engine, await repository({}, "slim"));
      },
    },
    {
      host: "podman-rootless",
      missing: podmanMissing(true),
      run: async () => onPodman(await startPodman(true, bases), await repository()),
    },
    { host: "devpod", missing: hostMissing("devpod"), run: async () => runDevpod(await repository(), probe(true)) },
    {
      host: "envbuilder",
      missing: hostMissing("envbuilder") ?? (skipsWithoutRegistry("envbuilder") ? "no registry can be started" : null),
      run: async () => runEnvbuilder(await repository(), bases, probe(true)),
    },
    {
      host: "docker",
      missing: null,
      run: async () => {
        await withImage(await repository());
        return docker(["run", "--rm", "--network", "host", image, "sh", "-c", probe(false)], { timeout: 120_000 });
      },
    },
    {
      host: "github",
      missing: runnerMissing("act"),
      run: async () => {
        // The runner's own home, entrypoint and CI are what act and the runner both set.
        const job = {
          "runs-on": "ubuntu-latest",
          container: { image },
          steps: [{ run: `test "$CI" = true\ntest "$(tr '\\0' ' ' </proc/1/cmdline)" = "tail -f /dev/null "\n${probe(false)}` }],
        };
        const workflow = JSON.stringify({
          name: "job",
          on: "workflow_dispatch",
          jobs: { job: { ...job, env: { HOME: "/github/home" } } },
        });
        const folder = await repository({ ".github/workflows/job.yml": workflow });
        await withImage(folder);
        return runWorkflow(folder, "job.yml", {});
      },
    },
    {
      host: "gitlab",
      missing: runnerMissing("gitlab-ci-local") ?? (isThere("rsync") ? null : "rsync is not installed"),
      run: async () => {
        const pipeline = JSON.stringify({ job: { image, script: [probe(false)] } });
        const folder = await repository({ ".gitlab-ci.yml": pipeline });
        await withImage(folder);
        return runGitlabJob(folder, "job", {});
      },
    },
  ];

  test.each(rows.filter(({ host, missing }) => !skips(host, missing)))("$host", async ({ host, run }) => {
    const before = gateway.requests.length;
    const { stdout, stderr, exitCode } = await run();
    expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
    expect(stdout).toMatch(/answering as claude-sonnet-5-5\. You said: hello\b/);
    expect(found(stdout)).toEqual(expected(hosts.find(({ value }) => value === host)!));
    const seen = gateway.requests.slice(before).filter(({ path }) => path === "/v1/messages");
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter(({ placeholder, status }) => !placeholder || status !== 200)).toEqual([]);
  });
});

describe.skipIf(skips("builders", noEngine))("a builder", () => {
  const slim = ["node:24-bookworm-slim", "debian:bookworm-slim"];
  const build = ["build", "--target", "ci", ".devcontainer"];
  const { dockerfile: refused } = hosts.find(({ value }) => value === "docker-20.10")!.differs;
  let folder: string;
  beforeAll(async () => {
    const gateway = await startMockGateway({ models: await modelsOfCatalogue() });
    onDispose(() => gateway.close());
    folder = await temporaryFolder("aperture-env-builders");
    await generate(folder, ["--base", "slim", "--url", gateway.origin]);
  });

  const whyNoBuildah = isThere("buildah") ? (process.getuid?.() === 0 ? null : "this is not root") : "buildah is not installed";

  test.skipIf(skips("buildah", whyNoBuildah))(
    "buildah builds both targets, with no daemon and no frontend to pull, and OpenCode answers",
    async () => {
      const place = await temporaryFolder("aperture-env-buildah");
      const store = ["--storage-driver", "overlay", "--root", join(place, "store"), "--runroot", join(place, "run")];
      // Its look for Docker's credentials fails where DOCKER_CONFIG names a folder without any.
      const env = { DOCKER_CONFIG: undefined };
      const options = { cwd: folder, reject: false, stdin: "ignore", env, timeout: 600_000 } as const;
      const buildah = async (...args: string[]): Promise<Result> => {
        const { stdout, stderr, exitCode } = await execa("buildah", [...store, ...args], options);
        return { stdout, stderr, exitCode: exitCode ?? null };
      };
      for (const image of slim) {
        const archive = join(place, "image.tar");
        await docker(["save", "--output", archive, image]);
        const pulled = await buildah("pull", "--quiet", `docker-archive:${archive}`);
        expect(pulled.exitCode, pulled.stderr).toBe(0);
      }
      for (const target of ["dev", "ci"]) {
        const how = ["--pull-never", "--layers", "--isolation", "chroot", "--target", target, "--tag", target];
        const built = await buildah("bud", ...how, ".devcontainer");
        expect(built.exitCode, built.stderr).toBe(0);
      }
      const { stdout: container } = await buildah("from", "--pull-never", "localhost/ci");
      const run = await buildah("run", "--isolation", "chroot", container.trim(), "--", "opencode", "run", "hello");
      expect(run.stdout, run.stderr).toMatch(/answering as claude-sonnet-5-5\. You said: hello\b/);
    },
  );

  test("Docker's own before BuildKit refuses the Dockerfile, as hosts says", async () => {
    expect(refused).toMatchObject({ does: "refuses", fix: expect.stringContaining("DOCKER_BUILDKIT=1") });
    const { exitCode, stderr } = await docker(build, { cwd: folder, env: { DOCKER_BUILDKIT: "0" } });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("the --mount option requires BuildKit");
  });

  test.skipIf(skips("Docker 20.10", oldEngineMissing()))(
    "Docker 20.10 refuses it, too, and builds it with BuildKit: verify sees to that, and OpenCode answers",
    async () => {
      const env = await startOldEngine(slim);
      const { exitCode, stderr } = await docker(build, { cwd: folder, env });
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain("the --mount option requires BuildKit");
      // This engine has no bridge here.
      const file = join(folder, ".devcontainer", "devcontainer.json");
      const text = readFileSync(file, "utf8").replace('"target": "dev",', '"target": "dev", "options": ["--network=host"],');
      writeFileSync(file, text.replace('"remoteUser"', '"runArgs": ["--network=host"],\n  "remoteUser"'));
      const bin = join(root, "dist", "bin.js");
      const options = { cwd: folder, env, reject: false, stdin: "ignore", timeout: 600_000 } as const;
      const verified = await execa(process.execPath, [bin, "verify", "--mock", "--json"], options);
      expect(verified.exitCode, `${verified.stdout}\n${verified.stderr}`).toBe(0);
      expect(JSON.parse(verified.stdout)).toMatchObject({ status: "works" });
    },
  );
});
