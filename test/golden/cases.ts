/** The golden cases, in memory: what `store.ts` keeps on the disk, and what a run of the command makes of it. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { run } from "../../src/cli/main.ts";

/** A file of a tree: its bytes, one character each, and whether it can be executed. */
export interface TreeFile {
  readonly bytes: string;
  readonly executable: boolean;
}

/** The files of a folder by path with `/`, sorted; a folder without any stands as its path with a `/` behind. */
export type Tree = Readonly<Record<string, TreeFile>>;

/** A case as it lies on the disk. */
export interface GoldenCase {
  readonly name: string;
  readonly args: readonly string[];
  readonly before: Tree;
  readonly after: Tree;
  readonly stdout: string;
}

/** What a run of the command came to. */
export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The registry that a Feature falls back to is taken from npm's configuration, which has to be the same on every machine. */
export const registry = "http://registry.test";

/** Reads every file below a folder; nothing where there is no such folder. */
export function readTree(folder: string, prefix = ""): Tree {
  if (!existsSync(folder)) return {};
  const tree: Record<string, TreeFile> = {};
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = `${prefix}${entry.name}`;
    const full = join(folder, entry.name);
    if (!entry.isDirectory()) {
      tree[path] = { bytes: readFileSync(full, "latin1"), executable: (statSync(full).mode & 0o100) !== 0 };
      continue;
    }
    const below = readTree(full, `${path}/`);
    if (Object.keys(below).length === 0) tree[`${path}/`] = { bytes: "", executable: false };
    Object.assign(tree, below);
  }
  return tree;
}

/** Writes a tree into a folder. */
export function writeTree(folder: string, tree: Tree): void {
  mkdirSync(folder, { recursive: true });
  for (const [path, { bytes, executable }] of Object.entries(tree)) {
    const full = join(folder, path);
    mkdirSync(path.endsWith("/") ? full : dirname(full), { recursive: true });
    if (path.endsWith("/")) continue;
    writeFileSync(full, bytes, "latin1");
    chmodSync(full, executable ? 0o755 : 0o644);
  }
}

/** The text of a tree's file. */
export function textOf(tree: Tree, path: string): string {
  const file = tree[path];
  if (file === undefined) throw new Error(`there is no ${path}`);
  return Buffer.from(file.bytes, "latin1").toString("utf8");
}

/** A temporary folder without symbolic links on the way to it, and what removes it. */
export function makeTemporary(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-golden-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs the command in this process, without a terminal. */
export async function runCommand(args: readonly string[], cwd: string): Promise<Ran> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  const exit = await run(args, {
    stdin,
    stdout,
    stderr,
    env: {
      APERTURE_ENV_TODAY: "2026-11-25",
      npm_config_registry: registry,
      XDG_STATE_HOME: join(tmpdir(), "aperture-env-golden-state"),
    },
    cwd,
    interrupted: () => new AbortController().signal,
  });
  const taken = (stream: PassThrough): string => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString("utf8");
  return { exit, stdout: taken(stdout), stderr: taken(stderr) };
}
