/**
 * Podman with a store and settings of its own, so that nothing of this machine's is used or changed: as root, or rootless as an account that
 * exists in its processes' view of /etc alone.
 */
import { chmodSync, chownSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { docker, onDispose, temporaryFolder, type Result } from "./docker.ts";
import { root } from "./project-root.ts";
import { writeTree } from "./repository.ts";
import { isThere } from "./skips.ts";

/** Why it cannot be started here, or null. */
export function podmanMissing(rootless: boolean): string | null {
  const programs = ["podman", "runc", ...(rootless ? ["newuidmap", "unshare", "setpriv"] : [])];
  const missing = programs.find((program) => !isThere(program));
  if (missing !== undefined) return `${missing} is not installed`;
  return process.getuid?.() === 0 ? null : "this is not root";
}

/** A Podman that is set up. */
export interface Podman {
  /** Runs it. Never throws for what it says. */
  run(...args: string[]): Promise<Result>;
  /** Runs the Dev Containers CLI with it, on a repository of `prepare`. */
  devcontainer(command: "up" | "exec", folder: string, ...args: string[]): Promise<Result>;
  /** Gives a repository to the account that runs it. */
  own(folder: string): void;
}

/** Whose it is; no account of the machine's has that number. */
const account = { name: "tester", id: 47_114, others: 4_711_400 };

/** Sets one up, with these images of Docker's engine in it. Its containers and its store go with the rest. */
export async function startPodman(rootless: boolean, images: readonly string[]): Promise<Podman> {
  const folder = await temporaryFolder("aperture-env-podman");
  const at = (name: string): string => join(folder, name);
  for (const name of ["home", "run", "etc"]) mkdirSync(at(name));
  const ids = `${account.name}:${account.others}:65536\n`;
  writeTree(folder, {
    "etc/passwd": `root:x:0:0:root:/root:/bin/sh\n${account.name}:x:${account.id}:${account.id}::${at("home")}:/bin/sh\n`,
    "etc/group": `root:x:0:\n${account.name}:x:${account.id}:\n`,
    "etc/subuid": ids,
    "etc/subgid": ids,
    // Only this account's view of the machine has it.
    "as.sh": `for file in passwd group subuid subgid; do mount --bind ${at("etc")}/$file /etc/$file || exit; done\nexec setpriv --reuid ${account.id} --regid ${account.id} --clear-groups "$@"\n`,
    // Debian's crun wants cgroups of version 2. Limits are those that a container may be given in a container, too.
    "containers.conf": `[containers]\nnetns = "host"\ndefault_ulimits = ["nofile=1024:1024"${rootless ? "" : ', "nproc=4096:4096"'}]\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n`,
    "storage.conf": `[storage]\ndriver = "overlay"\ngraphroot = "${at("store")}"\nrunroot = "${at("run/containers")}"\n`,
  });
  chmodSync(folder, 0o755);
  const own = (path: string): void => {
    if (!rootless) return;
    for (const each of [path, ...readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => join(path, name))])
      chownSync(each, account.id, account.id);
  };
  const env = {
    // Where Docker's client has its settings is no place for Podman's.
    DOCKER_HOST: undefined,
    DOCKER_CONFIG: undefined,
    HOME: at("home"),
    USER: rootless ? account.name : "root",
    TMPDIR: at("home"),
    XDG_RUNTIME_DIR: at("run"),
    CONTAINERS_CONF: at("containers.conf"),
    CONTAINERS_STORAGE_CONF: at("storage.conf"),
  };
  const start = async (program: string, args: readonly string[]): Promise<Result> => {
    const [first, ...words] = rootless ? ["unshare", "--mount", "sh", at("as.sh"), program, ...args] : [program, ...args];
    const options = { cwd: at("home"), env, reject: false, stdin: "ignore", timeout: 600_000 } as const;
    const { stdout, stderr, exitCode } = await execa(first!, words, options);
    return { stdout, stderr, exitCode: exitCode ?? null };
  };
  const podman = (...args: string[]): Promise<Result> => start("podman", args);
  onDispose(async () => {
    await podman("rm", "--all", "--force", "--time", "0");
    // Ends the process that holds the account's namespace.
    if (rootless) await podman("system", "migrate");
    await execa("umount", [at("store/overlay")], { reject: false });
  });
  own(folder);
  const archive = at("home/image.tar");
  for (const image of images) {
    const saved = await docker(["save", "--output", archive, image]);
    chmodSync(archive, 0o644);
    const loaded = saved.exitCode === 0 ? await podman("load", "--quiet", "--input", archive) : saved;
    if (loaded.exitCode !== 0) throw new Error(`podman load of ${image}: ${loaded.stderr}`);
  }
  return {
    run: podman,
    own,
    devcontainer: (command, repository, ...args) => {
      const cli = join(root, "node_modules/@devcontainers/cli/devcontainer.js");
      return start(process.execPath, [cli, command, "--docker-path", "podman", "--workspace-folder", repository, ...args]);
    },
  };
}
