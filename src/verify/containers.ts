/**
 * A dev container for one verification, by the Dev Containers CLI and Docker: with labels and a Compose project of its own, so that a running
 * container of the user's is never touched, and everything that it made can be found and removed.
 */
import { dirname } from "node:path";
import { execPath } from "node:process";
import { AppError, environmentError } from "../errors.ts";
import { spawn, type Spawned, type Surroundings } from "../repo/spawn.ts";
import { linesOf } from "../text/terminal.ts";

/** Starts and removes the dev container. */
export interface Containers {
  /** Builds and starts it. If that fails, throws with the end of the build's output. */
  up(): Promise<void>;
  /** Runs a program in it, as editors do. */
  exec(
    command: readonly string[],
    options?: { readonly env?: Readonly<Record<string, string>>; readonly timeout?: number },
  ): Promise<Spawned>;
  /** Writes a file in it that every account can read. */
  write(text: string, path: string): Promise<void>;
  /** Removes it, its Compose project, its images, and the files that it left in the workspace, which may belong to the container's root. */
  remove(): Promise<void>;
}

/** What a dev container is started from. */
export interface ContainersOptions {
  /** The Dev Containers CLI's script. */
  readonly cli: string;
  /** The workspace folder, a copy. */
  readonly folder: string;
  /** The path of devcontainer.json, relative to the workspace folder. */
  readonly config: string;
  /** Unique for this verification. */
  readonly run: string;
  /** The engine's version. */
  readonly version: string;
  readonly signal: AbortSignal;
  readonly here: Surroundings;
}

/** Asks the Docker engine for its version. Throws exit 4 if no engine answers. */
export async function requireDocker(here: Surroundings): Promise<string> {
  const asked = ["version", "--format", "{{.Server.Version}}"];
  const { exitCode, stdout, stderr } = await spawn("docker", asked, { ...here, cwd: dirname(here.target), timeout: 15_000 });
  if (exitCode === 0) return stdout.trim();
  throw environmentError(
    "no-docker",
    exitCode === null ? `docker could not be started, and images are built with it: ${stderr}` : "No Docker engine answers.",
    "Start Docker (or set DOCKER_HOST), and run again. Without it, check and doctor still work.",
  );
}

const buildTimeout = 30 * 60_000;

/** The handle of a dev container that is not started yet. */
export function prepareContainers({ cli, folder, config, run, version, signal, here }: ContainersOptions): Containers {
  const label = `aperture-env.verify=${run}`;
  const project = `aperture-env-verify-${run}`;
  const where = ["--workspace-folder", folder, "--config", `${folder}/${config}`, "--id-label", label];
  // Compose prefers this name to one in a file (docs.docker.com/compose, "Specify a project name").
  const variables = {
    COMPOSE_PROJECT_NAME: project,
    // Docker before 23 builds with BuildKit only if this variable says so. A newer Docker without Buildx could not build with it.
    ...(Number.parseInt(version, 10) < 23 && { DOCKER_BUILDKIT: "1" }),
  };
  const cwd = dirname(folder);
  const devcontainer = (command: string, args: readonly string[], timeout: number): Promise<Spawned> =>
    spawn(execPath, [cli, command, ...where, ...args], { ...here, cwd, variables, timeout, signal, group: true });
  const docker = (args: readonly string[], input?: string): Promise<Spawned> =>
    spawn("docker", args, { ...here, cwd, ...(input !== undefined && { input }) });
  const list = async (...args: readonly string[]): Promise<string[]> =>
    (await docker(args)).stdout.split("\n").filter((line) => line !== "");
  const containers = (): Promise<string[]> => list("ps", "--all", "--quiet", "--filter", `label=${label}`);

  return {
    up: async () => {
      const { exitCode, stdout, stderr } = await devcontainer("up", ["--no-lockfile", "--skip-post-attach"], buildTimeout);
      if (exitCode === 0) return;
      throw new AppError({
        code: "not-started",
        exit: 4,
        message: "The dev container did not start:",
        details: tailOf(`${stderr}\n${stdout}`),
        hint: "Fix the reported problem, and run again.",
      });
    },
    exec: (command, { env = {}, timeout = 60_000 } = {}) => {
      const remote = Object.entries(env).flatMap(([name, value]) => ["--remote-env", `${name}=${value}`]);
      return devcontainer("exec", [...remote, ...command], timeout);
    },
    write: async (text, path) => {
      const [container = ""] = await containers();
      const script = 'umask 022 && cat >"$0"';
      const { exitCode, stderr } = await docker(["exec", "--interactive", container, "sh", "-c", script, path], text);
      if (exitCode !== 0)
        throw environmentError("not-written", `${path} could not be written in the container: ${stderr.trim()}`);
    },
    remove: async () => {
      const own = await containers();
      const composed = await list("ps", "--all", "--quiet", "--filter", `label=com.docker.compose.project=${project}`);
      const all = [...new Set([...own, ...composed])];
      const images = all.length === 0 ? [] : await list("inspect", "--format", "{{.Config.Image}}", ...all);
      for (const id of own) {
        const [mount] = await list(
          "inspect",
          "--format",
          // A text of Go's templates has the escapes of JSON's, and more.
          `{{range .Mounts}}{{if eq .Source ${JSON.stringify(folder)}}}{{.Destination}}{{end}}{{end}}`,
          id,
        );
        if (mount) await docker(["exec", "--user", "0", id, "find", mount, "-mindepth", "1", "-delete"]);
      }
      if (all.length > 0) await docker(["rm", "--force", "--volumes", ...all]);
      for (const kind of ["network", "volume"]) {
        const names = await list(kind, "ls", "--quiet", "--filter", `label=com.docker.compose.project=${project}`);
        if (names.length > 0) await docker([kind, "rm", ...names]);
      }
      // Images that the CLI or Compose named. Their base images and the build cache stay.
      const named = images.filter((image) => image.startsWith("vsc-") || image.startsWith(project));
      const removable = [...new Set(named.flatMap((image) => [image, image.replace(/-uid$/, "")]))];
      if (removable.length > 0) await docker(["image", "rm", ...removable]);
    },
  };
}

/** The last lines of a program's output. */
function tailOf(text: string): string[] {
  return linesOf(text)
    .slice(-15)
    .map((line) => `  ${line}`);
}
