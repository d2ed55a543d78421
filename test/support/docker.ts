/** What container tests need of Docker and of the dev container CLI, with everything that they start on a list for removal. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { access, constants, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { build } from "esbuild";
import { execa } from "execa";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { root } from "./project-root.ts";

/** On everything that a test makes, so that what a killed run left behind can be found and removed. */
const label = "aperture-env.test";

/** What a program said. `exitCode` is null where it could not be started or ran out of time. */
export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}

/** For one call. Times are in milliseconds. */
export interface RunOptions {
  readonly input?: string | Buffer;
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { input, timeout = 300_000, env, cwd } = options;
  const result = await execa(program, args, {
    reject: false,
    timeout,
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    ...(env !== undefined && { env }),
    ...(cwd !== undefined && { cwd }),
  });
  const stderr = result.timedOut ? `${result.stderr}\n${program} was ended after ${timeout} ms` : result.stderr;
  return { stdout: result.stdout, stderr: stderr || (result.code ?? ""), exitCode: result.exitCode ?? null };
}

/** Runs `docker`. Never throws for what it says. Where time runs out, only the client is ended: give a container that may hang a name. */
export function docker(args: readonly string[], options?: RunOptions): Promise<Result> {
  return run("docker", args, options);
}

/** The same for a step that has to work: gives what it printed, throws with its messages otherwise. */
async function mustRun(program: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { stdout, stderr, exitCode } = await run(program, args, options);
  if (exitCode !== 0)
    throw new Error(`${program} ${args.join(" ")} failed (${exitCode ?? "not started or timed out"}):\n${stderr || stdout}`);
  return stdout.trim();
}

/** Whether an engine answers within 5 seconds. */
export async function dockerAvailable(): Promise<boolean> {
  const { exitCode } = await docker(["version", "--format", "{{.Server.Version}}"], { timeout: 5_000 });
  return exitCode === 0;
}

/** A name that nothing else on the engine has. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString("hex")}`;
}

const disposers: (() => Promise<unknown>)[] = [];

/** Puts something on the list of what `disposeAll` does. */
export function onDispose(dispose: () => Promise<unknown>): void {
  disposers.push(dispose);
}

/** Removes everything that was made here, the last first. For `afterAll`. Goes on after a failure, and throws for it in the end. */
export async function disposeAll(): Promise<void> {
  const failures: unknown[] = [];
  for (let dispose = disposers.pop(); dispose !== undefined; dispose = disposers.pop()) {
    // one after the other: a network goes after the containers in it
    await dispose().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, "not everything could be removed");
}

/** Adds a temporary folder that goes with the rest. */
export async function temporaryFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${prefix}-`));
  onDispose(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A network of the engine. */
export interface Network {
  readonly name: string;
  /** The engine's own machine in this network. */
  readonly gateway: string;
}

/**
 * Makes a network. An internal one has no way out and no default route; one that is not masqueraded has a default route that leads nowhere
 * but to the engine's own machine, which is what programs expect that look for their way by it.
 */
export async function createNetwork({
  internal = false,
  masquerade = true,
}: { readonly internal?: boolean; readonly masquerade?: boolean } = {}): Promise<Network> {
  const name = uniqueName("aperture-env");
  const options = [
    ...(internal ? ["--internal"] : []),
    ...(masquerade ? [] : ["--opt", "com.docker.network.bridge.enable_ip_masquerade=false"]),
  ];
  await mustRun("docker", ["network", "create", "--label", label, ...options, name]);
  onDispose(() => mustRun("docker", ["network", "rm", name]));
  return {
    name,
    gateway: await mustRun("docker", ["network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", name]),
  };
}

/** A container that runs in the background. */
export interface Container {
  readonly name: string;
  /** Its address in that network, or in its only one. */
  address(network?: string): Promise<string>;
  /** What it wrote so far. */
  logs(): Promise<Result>;
  /** Runs something in it. */
  exec(command: readonly string[], options?: RunOptions & { readonly user?: string }): Promise<Result>;
  /** Removes it now; otherwise `disposeAll` does. */
  remove(): Promise<void>;
}

/** Starts a container. `args` are further options of `docker run`. */
export async function runDetached(
  image: string,
  {
    name = uniqueName("aperture-env"),
    args = [],
    command = [],
  }: { readonly name?: string; readonly args?: readonly string[]; readonly command?: readonly string[] } = {},
): Promise<Container> {
  const remove = async (): Promise<void> => {
    await mustRun("docker", ["rm", "--force", "--volumes", name]);
  };
  // also for one that was created and could not be started
  onDispose(remove);
  await mustRun("docker", ["run", "--detach", "--pull=never", "--label", label, "--name", name, ...args, image, ...command]);
  return {
    name,
    remove,
    address: async (network) => {
      const which =
        network === undefined
          ? "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
          : `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
      return (await mustRun("docker", ["inspect", "--format", which, name])).split(" ")[0]!;
    },
    logs: () => docker(["logs", name]),
    exec: (what, { user, ...options } = {}) =>
      docker(
        [
          "exec",
          ...(options.input === undefined ? [] : ["--interactive"]),
          ...(user === undefined ? [] : ["--user", user]),
          name,
          ...what,
        ],
        options,
      ),
  };
}

/** The address at which containers on the default bridge see this machine. */
export function bridgeGateway(): Promise<string> {
  return mustRun("docker", ["network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", "bridge"]);
}

/** The subcommands of the dev container CLI that start Docker. */
const dockerCommands: readonly string[] = ["up", "set-up", "build", "run-user-commands", "read-configuration", "exec"];

/** Runs the dev container CLI with this engine, by the words of `as` where another program is to start it. What `up` starts goes with the rest (but not with `--id-label`). */
export async function devcontainer(
  args: readonly string[],
  { as = [], ...options }: RunOptions & { readonly as?: readonly string[] } = {},
): Promise<Result> {
  const [command = "", ...rest] = args;
  const at = rest.indexOf("--workspace-folder");
  const folder = resolve(options.cwd ?? ".", at === -1 ? "." : rest[at + 1]!);
  if (command === "up") {
    // `--remove-existing-container` takes the names of its images away
    const replaced = await idsOf(await imagesFor(await devcontainersOf(folder)));
    onDispose(() => removeDevcontainers(folder, replaced));
  }
  const cli = join(root, "node_modules/@devcontainers/cli/devcontainer.js");
  const path = dockerCommands.includes(command) ? ["--docker-path", await dockerPath()] : [];
  const [program, ...words] = [...as, process.execPath, cli, command, ...path, ...rest];
  return run(program!, words, { timeout: 600_000, ...options });
}

/** Removes the dev containers of a workspace folder and the images that were made for them, those that were replaced meanwhile, too. */
async function removeDevcontainers(folder: string, replaced: readonly string[]): Promise<void> {
  const containers = await devcontainersOf(folder);
  const images = [...(await imagesFor(containers)), ...replaced];
  if (containers.length > 0) await mustRun("docker", ["rm", "--force", "--volumes", ...containers]);
  if (images.length > 0) await docker(["image", "rm", ...new Set(images)]);
}

async function devcontainersOf(folder: string): Promise<string[]> {
  const found = await mustRun("docker", ["ps", "--all", "--quiet", "--filter", `label=devcontainer.local_folder=${folder}`]);
  return found === "" ? [] : found.split("\n");
}

/** The names of images that the CLI made for containers (`vsc-…`, one with `-uid`), or had Compose make (`<project>-<service>`). */
async function imagesFor(containers: readonly string[]): Promise<string[]> {
  if (containers.length === 0) return [];
  const composed = ["project", "service"].map((name) => `{{index .Config.Labels "com.docker.compose.${name}"}}`).join("-");
  const lines = await mustRun("docker", ["inspect", "--format", `{{.Config.Image}} ${composed}`, ...containers]);
  return lines.split("\n").flatMap((line) => {
    const [image = "", service = ""] = line.split(" ");
    return [...(image.startsWith("vsc-") ? [image, image.replace(/-uid$/, "")] : []), ...(service === "-" ? [] : [service])];
  });
}

/** The ids of those images that are there. */
async function idsOf(images: readonly string[]): Promise<string[]> {
  if (images.length === 0) return [];
  const { stdout } = await docker(["image", "inspect", "--format", "{{.Id}}", ...images]);
  return stdout.split("\n").filter(Boolean);
}

async function dockerPath(): Promise<string> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const file = join(folder, process.platform === "win32" ? "docker.exe" : "docker");
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return "docker";
}

/** Bundles a TypeScript program of ours into one ES module without dependencies, for `imageFromNodeScript`. */
export async function bundleScript(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [resolve(root, file)],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node20",
    // what a CommonJS dependency asks for at run time
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}

/** Builds an image whose command runs that ES module with Node. The image stays: it is one small layer that the next run finds. */
export async function imageFromNodeScript({ name, script }: { readonly name: string; readonly script: string }): Promise<string> {
  const context = await mkdtemp(join(tmpdir(), "aperture-env-image-"));
  try {
    const lines = ["FROM node:24-bookworm-slim", "COPY script.mjs /script.mjs", 'CMD ["node", "/script.mjs"]', ""];
    await writeFile(join(context, "Dockerfile"), lines.join("\n"));
    await writeFile(join(context, "script.mjs"), script);
    await mustRun("docker", ["build", "--quiet", "--label", label, "--tag", name, context]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  return name;
}

/**
 * The tarball of a platform package of the pinned OpenCode, from the npm registry once and then from `node_modules/.cache/aperture-env`.
 * Gives its path; throws where it is not the one whose sha512 the pinned release states.
 */
export async function fetchOpencodeTarball(name: string, version: string): Promise<string> {
  const entry = pinnedRelease.packages[name];
  if (entry === undefined || version !== pinnedRelease.version)
    throw new Error(`${name}@${version} is not of the pinned release, ${pinnedRelease.version}`);
  const cache = join(root, "node_modules/.cache/aperture-env");
  const file = `${name}-${version}.tgz`;
  const target = join(cache, file);
  if (existsSync(target) && (await integrityOf(target)) === entry.integrity) return target;
  await mkdir(cache, { recursive: true });
  // in the same file system, so that the file appears whole or not at all
  const folder = await mkdtemp(join(cache, "fetch-"));
  try {
    await mustRun("npm", ["pack", `${name}@${version}`, "--pack-destination", folder, "--loglevel=error"], { cwd: folder });
    const integrity = await integrityOf(join(folder, file));
    if (integrity !== entry.integrity)
      throw new Error(`the registry's ${name}@${version} has ${integrity}, the pinned release states ${entry.integrity}`);
    await rename(join(folder, file), target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return target;
}

async function integrityOf(file: string): Promise<string> {
  return `sha512-${createHash("sha512")
    .update(await readFile(file))
    .digest("base64")}`;
}
