/** Docker, Buildx and the Dev Containers CLI, as far as an image is built with them. */
import { dirname } from "node:path";
import { execPath } from "node:process";
import { spawn, type Spawned, type Surroundings } from "../repo/spawn.ts";
import { requireDocker } from "../verify/containers.ts";

/** What there is to build with. */
export interface Engine {
  /** Whether Docker has its plugin Buildx. */
  readonly buildx: boolean;
  /** Whether it builds nothing without it: since 23 BuildKit comes with Buildx only (docs.docker.com/engine/release-notes/23.0). */
  readonly needsBuildx: boolean;
  /** The driver of the builder that counts: `docker`, `docker-container`, `remote`, `kubernetes`. */
  readonly driver: string;
  /** Whether the engine keeps images in containerd's store. */
  readonly store: boolean;
  /** Whether its BuildKit sets the times in layers. */
  readonly rewrites: boolean;
  /** The platforms whose programs the builder can run, as `linux/arm64`; none where it does not say. */
  readonly platforms: readonly string[];
}

/** Asks for it. Throws exit 4 where no engine answers. */
export async function askEngine(here: Surroundings): Promise<Engine> {
  await requireDocker(here);
  const ask = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout } = await spawn("docker", args, { ...here, cwd: dirname(here.target) });
    return exitCode === 0 ? stdout : "";
  };
  const [info, builder] = [
    await ask("info", "--format", "{{json .DriverStatus}}"),
    await ask("buildx", "inspect", "--bootstrap"),
  ];
  const server = await ask("version", "--format", "{{.Server.Version}}");
  const driver = /^Driver:\s*(\S+)/m.exec(builder)?.[1] ?? "docker";
  const [, major = "0", minor = "0"] = /^BuildKit(?: version)?:\s*v(\d+)\.(\d+)/im.exec(builder) ?? [];
  return {
    buildx: builder !== "",
    needsBuildx: Number.parseInt(server, 10) >= 23,
    driver,
    store: info.includes("io.containerd.snapshotter."),
    rewrites: driver !== "docker" && (Number(major) > 0 || Number(minor) >= 13),
    // A builder of several nodes has a line for each; newer ones of Buildx shorten them, as `linux/amd64 (+3)`.
    platforms: [...builder.matchAll(/^Platforms:(.*)$/gm)].flatMap(([, list]) => list!.match(/\w+\/[\w/]+/g) ?? []),
  };
}

/** What is started, and how. */
export interface Build {
  /** The Dev Containers CLI's script. */
  readonly cli: string;
  /** The workspace folder, a copy. */
  readonly folder: string;
  /** The devcontainer.json, from the folder. */
  readonly config: string;
  readonly args: readonly string[];
  readonly epoch: number | null;
  readonly here: Surroundings;
  readonly signal: AbortSignal;
  /** Told of each line that it says. Foreign text. */
  readonly onLine: (line: string) => void;
}

/** Long enough for a cold build of several platforms. */
const patience = 2 * 60 * 60_000;

/** The words that the Dev Containers CLI is started with. */
export function wordsFor({ folder, config, args }: Pick<Build, "folder" | "config" | "args">): string[] {
  return ["build", "--workspace-folder", folder, "--config", `${folder}/${config}`, ...args];
}

/** Builds. What it started ends with it, also where it is interrupted. */
export function build({ cli, epoch, here, signal, onLine, ...words }: Build): Promise<Spawned> {
  const variables = {
    BUILDKIT_PROGRESS: "plain",
    // Without Buildx an older Docker builds with BuildKit where it is told to.
    DOCKER_BUILDKIT: "1",
    ...(epoch !== null && { SOURCE_DATE_EPOCH: String(epoch) }),
  };
  const options = { ...here, cwd: dirname(words.folder), variables, timeout: patience, signal, onLine, group: true };
  return spawn(execPath, [cli, ...wordsFor(words)], options);
}

/** Pushes an image that is in the engine's store. */
export function push(image: string, { here, signal, onLine }: Pick<Build, "here" | "signal" | "onLine">): Promise<Spawned> {
  return spawn("docker", ["push", image], { ...here, cwd: dirname(here.target), timeout: patience, signal, onLine, group: true });
}

/** The id of an image in the engine's store, and its digests in registries, as `name@sha256:…`. Null where there is no such image. */
export async function inspect(
  image: string,
  here: Surroundings,
): Promise<{ readonly id: string; readonly digests: string[] } | null> {
  const args = ["image", "inspect", "--format", "[{{json .Id}},{{json .RepoDigests}}]", image];
  const { exitCode, stdout } = await spawn("docker", args, { ...here, cwd: dirname(here.target) });
  if (exitCode !== 0) return null;
  const [id, digests] = JSON.parse(stdout) as [string, string[] | null];
  return { id, digests: digests ?? [] };
}
