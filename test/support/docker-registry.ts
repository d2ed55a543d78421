/** A real image registry on the loopback: Debian's `docker-registry`. And a BuildKit of its own, where `.ci/buildkit` has built one. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { docker, onDispose, temporaryFolder } from "./docker.ts";
import { isThere, skips } from "./skips.ts";

/** Whether tests that need it are skipped. */
export function skipsWithoutRegistry(what: string): boolean {
  return skips(what, isThere("docker-registry") ? null : "docker-registry, a package of Debian's, is not installed");
}

/** The only account of a registry that wants a login. */
export const registryLogin = { name: "bob", password: "a-word-for-tests" } as const;

/** `registryLogin`, as htpasswd writes it with bcrypt. */
const passwords = `bob:$2y$04$e0.YMtTJZj3iFGRGtRR7TeqOK0W3p2covmvpeHJzm1hSFCRA03ave\n`;

/** Starts one, empty; gives its host and port. It goes with the rest. With `login` it answers nobody but `registryLogin`. */
export async function startRegistry({ login = false }: { readonly login?: boolean } = {}): Promise<string> {
  const folder = await temporaryFolder("aperture-env-registry");
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(folder, "config.yml");
  const data = join(folder, "data");
  const accounts = join(folder, "htpasswd");
  writeFileSync(accounts, passwords);
  const auth = login ? `auth: { htpasswd: { realm: acme, path: ${accounts} } }\n` : "";
  writeFileSync(config, `version: 0.1\nstorage: { filesystem: { rootdirectory: ${data} } }\nhttp: { addr: "${host}" }\n${auth}`);
  await start(
    "docker-registry",
    ["serve", config],
    async () => (await fetch(`http://${host}/v2/`)).status === (login ? 401 : 200),
  );
  return host;
}

/** Pushes an image of the engine's under another name. Throws where it cannot. */
export async function pushAs(image: string, name: string): Promise<void> {
  for (const args of [
    ["tag", image, name],
    ["push", "--quiet", name],
    ["image", "rm", name],
  ]) {
    const { exitCode, stderr } = await docker(args);
    if (exitCode !== 0) throw new Error(`docker ${args.join(" ")}: ${stderr}`);
  }
}

/** The digest that the registry gives for a name and a tag; null where it has none. */
export async function digestIn(host: string, repository: string, tag: string): Promise<string | null> {
  const types = ["vnd.oci.image.index.v1", "vnd.oci.image.manifest.v1", "vnd.docker.distribution.manifest.v2"];
  const accept = types.map((type) => `application/${type}+json`).join(", ");
  const response = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, { method: "HEAD", headers: { accept } });
  return response.headers.get("docker-content-digest");
}

/** What lies in the registry under a digest or a tag, as JSON: a manifest, or a blob of one. */
export async function readFrom(host: string, repository: string, kind: "manifests" | "blobs", name: string): Promise<unknown> {
  const types = ["vnd.oci.image.index.v1", "vnd.oci.image.manifest.v1", "vnd.docker.distribution.manifest.v2"];
  const accept = types.map((type) => `application/${type}+json`).join(", ");
  const response = await fetch(`http://${host}/v2/${repository}/${kind}/${name}`, { headers: { accept } });
  if (!response.ok) throw new Error(`${repository} ${kind} ${name}: ${response.status}`);
  return response.json();
}

const buildkitd = join(process.env["BUILDKIT_STATE"] ?? "/var/tmp/aperture-env-buildkit", "buildkitd");

/** Whether tests that need a BuildKit of their own are skipped. */
export function skipsWithoutBuildkit(what: string): boolean {
  const reason = process.getuid?.() !== 0 ? "it needs root" : existsSync(buildkitd) ? null : ".ci/buildkit has not built one";
  return skips(what, reason);
}

/** Starts one that has Docker Hub's images from a registry, as a builder of Buildx; gives the variables that choose it. */
export async function startBuildkit(registry: string): Promise<Record<string, string>> {
  const folder = await temporaryFolder("aperture-env-buildkit");
  const socket = `unix://${folder}/buildkitd.sock`;
  const config = join(folder, "buildkitd.toml");
  writeFileSync(config, `[registry."docker.io"]\nmirrors = ["${registry}"]\n[registry."${registry}"]\nhttp = true\n`);
  const env = { BUILDX_CONFIG: join(folder, "buildx"), BUILDX_BUILDER: "aperture-env" };
  mkdirSync(env.BUILDX_CONFIG);
  const worker = ["--containerd-worker=false", "--oci-worker-binary=runc", "--oci-worker-net=host"];
  const made = await docker(["buildx", "create", "--name", env.BUILDX_BUILDER, "--driver", "remote", socket], { env });
  if (made.exitCode !== 0) throw new Error(made.stderr);
  await start(buildkitd, ["--config", config, "--root", join(folder, "root"), "--addr", socket, ...worker], async () => {
    return (await docker(["buildx", "inspect", "--bootstrap"], { env, timeout: 5000 })).stdout.includes("running");
  });
  return env;
}

async function start(program: string, args: readonly string[], isReady: () => Promise<boolean>): Promise<void> {
  const child = spawn(program, args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  onDispose(async () => {
    child.kill();
    await ended;
  });
  for (let tries = 0; tries < 100; tries++) {
    if (await isReady().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${program} does not answer`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Makes the folder a repository with one commit, and gives its hash. */
export async function commitAll(folder: string): Promise<string> {
  const git = async (...args: string[]): Promise<string> => {
    const named = ["-c", "user.name=x", "-c", "user.email=x@x", ...args];
    return (await execa("git", named, { cwd: folder, env: { GIT_CONFIG_GLOBAL: "/dev/null" } })).stdout;
  };
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "x");
  return git("rev-parse", "HEAD");
}
