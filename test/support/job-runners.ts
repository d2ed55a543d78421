/** What runs and judges jobs on this machine (.ci/job-runners), and stand-ins for the actions of other people, which cannot be had here. */
import { existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { actions } from "../../src/catalog/actions.ts";
import { docker, onDispose, temporaryFolder, uniqueName, type Result } from "./docker.ts";

const bin = join(process.env["JOB_RUNNERS"] ?? "/var/tmp/aperture-env-job-runners", "bin");

/** Why that program cannot be run here, or null. */
export function runnerMissing(name: "act" | "actionlint" | "gitlab-ci-local" | "zizmor"): string | null {
  return existsSync(join(bin, name)) ? null : `${name} is not installed (.ci/job-runners installs it)`;
}

/** Runs one of them in a folder. Never throws for what it says. */
export async function runRunner(name: string, args: readonly string[], cwd: string, timeout = 300_000): Promise<Result> {
  const { stdout, stderr, exitCode, all } = await execa(join(bin, name), args, {
    cwd,
    reject: false,
    stdin: "ignore",
    all: true,
    timeout,
    // Nothing of the machine's own settings, such as an image for each runner.
    env: { XDG_CONFIG_HOME: join(cwd, ".none") },
  });
  return { stdout: all ?? stdout, stderr, exitCode: exitCode ?? null };
}

/** What each stand-in does with what it is given: it says so, and hands a folder's files over as lines of the log. */
const standIns: Readonly<Record<Exclude<keyof typeof actions, "checkout">, string>> = {
  tailscale: `mkdir -p /tmp/joined && ln -sf /bin/true /tmp/joined/tailscale && echo /tmp/joined >>"$GITHUB_PATH"
echo "joined by \${INPUT_CLIENT:-nobody} as $INPUT_TAGS"`,
  login: 'echo "logged in to $INPUT_REGISTRY"',
  // The engine's own builder keeps no cache in a registry and signs nothing.
  buildx: `mkdir -p /tmp/wrapped && cat >/tmp/wrapped/docker <<'WRAPPED' && chmod +x /tmp/wrapped/docker && echo /tmp/wrapped >>"$GITHUB_PATH"
#!/usr/bin/env bash
words=()
while (($#)); do
  case $1 in
    --cache-from | --cache-to | --sbom | --provenance) shift ;;
    *) words+=("$1") ;;
  esac
  shift
done
exec /usr/bin/docker "\${words[@]}"
WRAPPED`,
  uploadArtifact:
    'echo "kept as $INPUT_NAME"; for file in "$INPUT_PATH"/*; do echo "--- ${file##*/}"; sed "s/^/| /" "$file"; done',
};

/** An image with what this machine's stand-in for a base lacks, made once. */
export async function imageWith(name: string, base: string, packages: string): Promise<string> {
  if ((await docker(["image", "inspect", name])).exitCode === 0) return name;
  const input = `FROM ${base}\nRUN apt-get update -qq && apt-get install -y -qq --no-install-recommends ${packages} >/dev/null\n`;
  const built = await docker(["build", "--quiet", "--tag", name, "-"], { input });
  if (built.exitCode !== 0) throw new Error(built.stderr);
  onDispose(() => docker(["image", "rm", "--force", name]));
  return name;
}

/** How a workflow is run. */
export interface WorkflowOptions {
  readonly event?: string;
  /** More arguments of act. */
  readonly args?: readonly string[];
  /** More options of the container that stands for the runner, as `docker create` takes them. */
  readonly runner?: readonly string[];
  /** Actions that do more than to say what they were given: the folder of each. */
  readonly instead?: Readonly<Partial<Record<keyof typeof standIns, string>>>;
  /** Another program for `docker` in the runner than this machine's client, by its path here. */
  readonly client?: string;
}

/** This machine's Docker client. */
export function dockerClient(): string {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((each) => join(each, "docker"))
    .find((each) => existsSync(each))!;
}

/** Runs one workflow of a repository by act, on this engine and this machine's network. */
export async function runWorkflow(
  repository: string,
  name: string,
  { event = "workflow_dispatch", args = [], runner: more = [], instead = {}, client = dockerClient() }: WorkflowOptions,
): Promise<Result> {
  const folder = await temporaryFolder("aperture-env-actions");
  const local = Object.entries(standIns).flatMap(([key, script]) => {
    const { repository: of, commit } = actions[key as keyof typeof standIns];
    const inputs = { path: "PATH", name: "NAME", tags: "TAGS", registry: "REGISTRY", "oauth-client-id": "CLIENT" };
    const action = {
      name: "stand-in",
      inputs: Object.fromEntries(Object.keys(inputs).map((input) => [input, { default: "" }])),
      runs: {
        using: "composite",
        steps: [
          {
            shell: "bash",
            run: script,
            env: Object.fromEntries(Object.entries(inputs).map(([input, word]) => [`INPUT_${word}`, `\${{ inputs.${input} }}`])),
          },
        ],
      },
    };
    mkdirSync(join(folder, key));
    writeFileSync(join(folder, key, "action.yml"), JSON.stringify(action));
    const place = instead[key as keyof typeof standIns] ?? join(folder, key);
    return ["--local-repository", `${of}@${commit}=${place}`];
  });
  // A runner has Docker; the image that stands in for it gets this machine's client.
  const runner = await imageWith("aperture-env-test/runner:latest", "node:24-bookworm-slim", "git");
  const plugins = join(process.env["DOCKER_CONFIG"] ?? "", "cli-plugins");
  const buildx = existsSync(join(plugins, "docker-buildx"))
    ? ` --volume ${realpathSync(join(plugins, "docker-buildx"))}:/root/.docker/cli-plugins/docker-buildx:ro`
    : "";
  return runRunner(
    "act",
    [
      event,
      "--workflows",
      join(".github", "workflows", name),
      "--platform",
      `ubuntu-latest=${runner}`,
      "--pull=false",
      // Also after a failure.
      "--rm",
      "--action-offline-mode",
      "--bind",
      "--container-options",
      [`--volume ${client}:/usr/bin/docker:ro${buildx}`, ...more].join(" "),
      ...local,
      ...args,
    ],
    repository,
    600_000,
  );
}

/** Runs one job of a GitLab repository on this machine's network, or another one, as a person would who starts a pipeline with these variables. */
export async function runGitlabJob(
  repository: string,
  job: string,
  variables: Readonly<Record<string, string>>,
  network = "host",
): Promise<Result> {
  await imageWith("firecow/gitlab-ci-local-util:latest", "debian:bookworm-slim", "rsync");
  const all = { CI_PIPELINE_SOURCE: "web", ...variables };
  return runRunner(
    "gitlab-ci-local",
    [
      job,
      "--network",
      network,
      "--pull-policy",
      "if-not-present",
      ...Object.entries(all).flatMap(([name, value]) => ["--variable", `${name}=${value}`]),
    ],
    repository,
  );
}

/** A name for images that no registry has. */
export function localImage(): string {
  return `${uniqueName("aperture-env-jobs")}/app`;
}
