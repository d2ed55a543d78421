/** A user's machine: an empty home, and npm with a registry on loopback that has this package, packed as it would be published. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { startNpmRegistry, type NpmRegistry } from "../support/npm-registry.ts";

export const root = join(import.meta.dirname, "..", "..");
export const bin = join(root, "dist", "bin.js");

export type Environment = Readonly<Record<string, string>>;

/** What a run came to. */
export interface Ran {
  readonly exit: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The package as `npm pack` makes it. */
export interface Packed {
  readonly version: string;
  /** Where the tarball lies. */
  readonly file: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number; readonly mode: number }[];
}

/** Folders below the system's temporary one, without links on the way to it. */
export interface Folders {
  /** A new empty folder of that name in a parent of its own: the program takes a project's name from its folder. */
  make(name: string): string;
  remove(): void;
}

/** A machine with an empty npm cache. */
export interface Machine {
  readonly env: Environment;
  readonly registry: NpmRegistry;
  npm(cwd: string, args: readonly string[], env?: Environment): Promise<Ran>;
  npx(cwd: string, args: readonly string[], env?: Environment): Promise<Ran>;
  close(): Promise<void>;
}

export const npmMajor = Number.parseInt((await execa("npm", ["--version"])).stdout, 10);

/** Makes folders until they are all removed. */
export function makeFolders(): Folders {
  const parent = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-package-"));
  let count = 0;
  return {
    make: (name) => {
      const folder = join(parent, String(++count), name);
      mkdirSync(folder, { recursive: true });
      return folder;
    },
    remove: () => rmSync(parent, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Variables without which no program starts; nothing else comes from the person or the CI that runs the tests. */
const needed = ["PATH", "PATHEXT", "SystemRoot", "ComSpec", "LANG"];

/** The environment of somebody with this home. It is the temporary folder, too, so that what is left there is seen. */
export function environmentOf(home: string, more: Environment = {}): Environment {
  const own = needed.map((name) => [name, process.env[name]] as const).filter((entry): entry is [string, string] => !!entry[1]);
  return {
    ...Object.fromEntries(own),
    ...Object.fromEntries(["HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"].map((name) => [name, home])),
    NODE_DISABLE_COMPILE_CACHE: "1",
    ...more,
  };
}

/** Runs a program without a terminal, in that environment and no other. */
export async function runWith(env: Environment, cwd: string, program: string, args: readonly string[]): Promise<Ran> {
  const options = { cwd, env, extendEnv: false, stdin: "ignore", reject: false, stripFinalNewline: false } as const;
  const { exitCode, stdout, stderr } = await execa(program, args, options);
  return { exit: exitCode, stdout, stderr };
}

/** Runs the built program without a terminal. */
export function runBin(env: Environment, cwd: string, args: readonly string[]): Promise<Ran> {
  return runWith(env, cwd, process.execPath, [bin, ...args]);
}

/** Packs what is built, or another package, into a folder. */
export async function packInto(folder: string, of: string = root): Promise<Packed> {
  const args = ["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder];
  const { stdout } = await execa("npm", args, { cwd: of });
  // A list, with npm 12 an object by name.
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, Packed & { readonly filename: string }>);
  return { ...packed!, file: join(folder, packed!.filename) };
}

/** Starts a registry that has the package, and gives a machine that knows no other one. */
export async function startMachine(folders: Folders): Promise<Machine> {
  const { version, file } = await packInto(folders.make("packed"));
  const cli = "@devcontainers/cli";
  const needed = await packInto(folders.make("needed"), join(root, "node_modules", cli));
  const registry = await startNpmRegistry({
    packages: [
      { name: "create-aperture-env", version, tarball: readFileSync(file) },
      { name: cli, version: needed.version, tarball: readFileSync(needed.file) },
    ],
  });
  const env = environmentOf(folders.make("home"), {
    npm_config_cache: folders.make("npm-cache"),
    APERTURE_ENV_TODAY: "2026-11-25",
    npm_config_registry: registry.origin,
    npm_config_update_notifier: "false",
    // As from a clone, so that what npm starts gives what the built program gives; doctor-package.test.ts has the other.
    APERTURE_ENV_DOCTOR: "repository",
    NO_PROXY: "127.0.0.1",
    no_proxy: "127.0.0.1",
  });
  return {
    env,
    registry,
    npm: (cwd, args, more = {}) => runWith({ ...env, ...more }, cwd, "npm", args),
    npx: (cwd, args, more = {}) => runWith({ ...env, ...more }, cwd, "npx", args),
    close: () => registry.close(),
  };
}

/** What the program itself wrote to stdout: `npm create` of npm 11 first says there what it starts. */
export function withoutBanner(stdout: string): string {
  return stdout.replace(/^\n> npx\n> [^\n]*\n\n/, "");
}
