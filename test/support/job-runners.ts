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
  tailscale: 'echo "joined by ${INPUT_CLIENT:-nobody} as $INPUT_TAGS, asked for $INPUT_PING"',
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
  uploadArtifact: 'for file in "$INPUT_PATH"/*; do echo "--- ${file##*/}"; sed "s/^/| /" "$file"; done',
};

/** An image with what this machine's stand-in for a base lacks, made once. */
async function imageWith(name: string, base: string, packages: string): Promise<string> {
  if ((await docker(["image", "inspect", name])).exitCode === 0) return name;
  const input = `FROM ${base}\nRUN apt-get update -qq && apt-get install -y -qq --no-install-recommends ${packages} >/dev/null\n`;
  const built = await docker(["build", "--quiet", "--tag", name, "-"], { input });
  if (built.exitCode !== 0) throw new Error(built.stderr);
  onDispose(() => docker(["image", "rm", "--force", name]));
  return name;
}

/** Runs one workflow of a repository by act, on this engine and this machine's network. `args` are more of its arguments. */
export async function runWorkflow(
  repository: string,
  name: string,
  { event = "workflow_dispatch", args = [] }: { readonly event?: string; readonly args?: readonly string[] },
): Promise<Result> {
  const folder = await temporaryFolder("aperture-env-actions");
  const local = Object.entries(standIns).flatMap(([key, script]) => {
    const { repository: of, commit } = actions[key as keyof typeof standIns];
    const inputs = { path: "PATH", tags: "TAGS", ping: "PING", registry: "REGISTRY", "oauth-client-id": "CLIENT" };
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
    return ["--local-repository", `${of}@${commit}=${join(folder, key)}`];
  });
  // A runner has Docker; the image that stands in for it gets this machine's client.
  const client = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((each) => join(each, "docker"))
    .find((each) => existsSync(each))!;
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
      "--action-offline-mode",
      "--bind",
      "--container-options",
      `--volume ${client}:/usr/bin/docker:ro${buildx}`,
      ...local,
      ...args,
    ],
    repository,
    600_000,
  );
}

/** Runs one job of a GitLab repository on this machine's network, as a person would who starts a pipeline with these variables. */
export async function runGitlabJob(
  repository: string,
  job: string,
  variables: Readonly<Record<string, string>>,
): Promise<Result> {
  await imageWith("firecow/gitlab-ci-local-util:latest", "debian:bookworm-slim", "rsync");
  const all = { CI_PIPELINE_SOURCE: "web", ...variables };
  return runRunner(
    "gitlab-ci-local",
    [
      job,
      "--network",
      "host",
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
