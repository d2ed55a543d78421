/**
 * Installs a generated Feature folder on this machine, as an image would have it, but below a prefix: for the demo and for tests that need no
 * container. The scripts that run are the generated ones; only OpenCode's binary, 180 MB, is kept in a cache between runs.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";

/** An environment below a prefix. */
export interface LocalInstallation {
  readonly prefix: string;
  /** The launcher; run it with `env`. */
  readonly opencode: string;
  /** The variables that make the launcher use the prefix. */
  readonly env: { readonly APERTURE_ENV_PREFIX: string };
}

/** Why OpenCode cannot be installed on this machine; null if it can. */
export function whyNotHere(): string | null {
  return process.platform === "linux"
    ? null
    : `OpenCode's packages that images use are for Linux, and this is ${process.platform}`;
}

/**
 * Fetches OpenCode by the generated `fetch.sh` (sha512 checked) into the cache, unless it is there, and gives the folder. Two processes may do
 * it at once: each fetches into a folder of its own and the first rename wins.
 */
export async function fetchOpencode(featureFolder: string, cache: string): Promise<string> {
  const script = join(featureFolder, "opencode", "fetch.sh");
  const version = /^version=(\S+)$/m.exec(readFileSync(script, "utf8"))?.[1];
  if (version === undefined) throw new Error(`${script} names no version`);
  const folder = join(cache, `opencode-${version}`);
  if (existsSync(join(folder, "opencode"))) return folder;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "fetch-"));
  try {
    await execa("sh", [script, work], { stdin: "ignore", env: { TARGETARCH: "", APERTURE_ENV_LIBC: "" } });
    if (!existsSync(folder)) renameSync(work, folder);
  } catch (error) {
    if (!existsSync(join(folder, "opencode"))) throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

/** Puts the Feature folder and the cached binary below `prefix` with the generated `install.sh`. `managed` is the folder for /etc/opencode. */
export async function installLocally(
  featureFolder: string,
  prefix: string,
  cache: string,
  managed = join(prefix, "etc"),
): Promise<LocalInstallation> {
  const fetched = await fetchOpencode(featureFolder, cache);
  const folder = join(prefix, "lib", "aperture-env");
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(fetched, "opencode"), join(folder, "opencode"));
  copyFileSync(join(fetched, "opencode.version"), join(folder, "opencode.version"));
  const env = { APERTURE_ENV_PREFIX: prefix };
  await execa("sh", [join(featureFolder, "install.sh")], { stdin: "ignore", env: { ...env, APERTURE_ENV_MANAGED: managed } });
  return { prefix, opencode: join(dirname(dirname(folder)), "bin", "opencode"), env };
}
