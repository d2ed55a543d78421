/** DevPod and envbuilder, where `.ci/dev-container-hosts` has built them. */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { docker, onDispose, temporaryFolder, uniqueName, type Result } from "./docker.ts";
import { pushAs, startRegistry } from "./docker-registry.ts";

const folder = process.env["DEV_CONTAINER_HOSTS"] ?? "/var/tmp/aperture-env-dev-container-hosts";

/** Why that one cannot be run here, or null. */
export function hostMissing(name: "devpod" | "envbuilder"): string | null {
  return existsSync(join(folder, name)) ? null : `${name} is not there (.ci/dev-container-hosts build)`;
}

/** Opens a repository with DevPod on this engine, and runs a script in what comes of it. What it makes goes with the rest. */
export async function runDevpod(repository: string, script: string): Promise<Result> {
  const home = await temporaryFolder("aperture-env-devpod");
  const name = uniqueName("w");
  const devpod = async (...args: string[]): Promise<Result> => {
    const env = { HOME: home, DEVPOD_HOME: join(home, ".devpod"), DEVPOD_DISABLE_TELEMETRY: "true" };
    const options = { cwd: home, env, reject: false, stdin: "ignore", timeout: 600_000, all: true } as const;
    const { all, stdout, exitCode } = await execa(join(folder, "devpod"), args, options);
    return { stdout, stderr: all, exitCode: exitCode ?? null };
  };
  onDispose(async () => {
    // It gives the workspace's name to what is mounted, and no label of its own to the container.
    const { stdout } = await docker([
      "ps",
      "--all",
      "--format",
      "{{.ID}} {{.Image}}",
      "--no-trunc",
      "--filter",
      "label=dev.containers.id",
    ]);
    for (const [id = "", image = ""] of stdout.split("\n").map((line) => line.split(" "))) {
      const mounts = id === "" ? "" : (await docker(["inspect", "--format", "{{json .Mounts}}", id])).stdout;
      if (!mounts.includes(`/workspaces/${name}"`)) continue;
      await docker(["rm", "--force", "--volumes", id]);
      for (const [, volume = ""] of mounts.matchAll(/"Type":"volume","Name":"([^"]+)"/g)) await docker(["volume", "rm", volume]);
      await docker(["image", "rm", "--force", image]);
    }
  });
  for (const args of [
    ["provider", "add", "docker"],
    ["up", repository, "--ide", "none", "--id", name],
  ]) {
    const done = await devpod(...args);
    if (done.exitCode !== 0) return done;
  }
  return devpod("ssh", name, "--command", script);
}

/** The names of images in a Dockerfile or a devcontainer.json, in front of which a registry's name goes. */
const bases = /^(FROM )(?=\S*[:/])/gm;

/** Builds a repository's dev container with envbuilder, inside of a container on this machine's network, and runs a script in what comes of it. */
export async function runEnvbuilder(repository: string, images: readonly string[], script: string): Promise<Result> {
  const registry = `localhost:${(await startRegistry()).split(":")[1]}`;
  for (const image of images) await pushAs(image, `${registry}/${image}`);
  // It has no mirror for a registry, so the files say where the images are.
  const dockerfile = join(repository, ".devcontainer", "Dockerfile");
  writeFileSync(dockerfile, readFileSync(dockerfile, "utf8").replaceAll(bases, `$1${registry}/`));
  const context = await temporaryFolder("aperture-env-envbuilder");
  copyFileSync(join(folder, "envbuilder"), join(context, "envbuilder"));
  // As its own image is made (scripts/Dockerfile there).
  const lines = ["FROM scratch", "COPY envbuilder /.envbuilder/bin/envbuilder", "ENV KANIKO_DIR=/.envbuilder"];
  writeFileSync(join(context, "Dockerfile"), `${lines.join("\n")}\nENTRYPOINT ["/.envbuilder/bin/envbuilder"]\n`);
  const image = uniqueName("aperture-env-envbuilder");
  onDispose(() => docker(["image", "rm", "--force", image]));
  const built = await docker(["build", "--quiet", "--tag", image, context]);
  if (built.exitCode !== 0) return built;
  const variables = { WORKSPACE_FOLDER: "/workspaces/app", INSECURE: "true", INIT_SCRIPT: script };
  const env = Object.entries(variables).flatMap(([name, value]) => ["--env", `ENVBUILDER_${name}=${value}`]);
  return docker(["run", "--rm", "--network", "host", "--volume", `${repository}:/workspaces/app`, ...env, image], {
    timeout: 600_000,
  });
}
