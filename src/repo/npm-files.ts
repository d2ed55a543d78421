/** Finds and reads the files that npm is configured by, and gives the empty folder that it is asked in. Starts nothing. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, isAbsolute, join, relative, sep } from "node:path";
import { codeOf } from "./disk-errors.ts";
import { resolveLinks } from "./work-tree.ts";

/** This process's variables, or those of a test. */
export type Variables = Readonly<Record<string, string | undefined>>;

const maxLength = 1024 * 1024;

/** A configuration file: its text, null where there is none, `unreadable` where it is something else or too large. */
export function readConfigurationFile(path: string): string | null | "unreadable" {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return null;
    return found.isFile() && found.size <= maxLength ? readFileSync(path, "utf8") : "unreadable";
  } catch (error) {
    return codeOf(error) === "ENOTDIR" ? null : "unreadable";
  }
}

/** Whether something lies there. */
export function isThere(path: string): boolean {
  return existsSync(path);
}

/** The user's home as npm takes it (@npmcli/config, `loadHome`). */
export function homeOf(env: Variables): string {
  return env["HOME"] || homedir();
}

/** Whether a path is the folder or lies below it, as it is written or with links resolved. */
export function isBelow(path: string, folder: string): boolean {
  const lies = (inner: string, outer: string): boolean => {
    const way = relative(outer, inner);
    return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  };
  return lies(path, folder) || lies(resolveLinks(path), resolveLinks(folder));
}

/** The folder and those above it. */
export function ancestorsOf(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...ancestorsOf(above)];
}

/** Where npm is, and the folder that Node lies under, which npm takes for its prefix. */
export interface NpmInstallation {
  /** The folder of npm's package; null where it cannot be told, as behind the shims of version managers. */
  readonly folder: string | null;
  /** Null without a Node on PATH. */
  readonly prefix: string | null;
}

/** Finds npm as a shell would, but for programs of the repository's. `npmOfParent` is the npm that started this, where one did. */
export function findNpm(env: Variables, npmOfParent: string | null, root: string): NpmInstallation {
  const windows = delimiter === ";";
  const entries = (pathOf(env) ?? "")
    .split(delimiter)
    .filter((entry) => isAbsolute(entry) && !isBelow(entry, root) && !/[\\/]node_modules[\\/]\.bin[\\/]?$/.test(entry));
  const find = (name: string): string | null => entries.map((entry) => join(entry, name)).find(existsSync) ?? null;
  const node = env["npm_node_execpath"] ?? find(windows ? "node.exe" : "node");
  const npm = find(windows ? "npm.cmd" : "npm");
  const folders = [
    ...(npmOfParent === null ? [] : [dirname(dirname(npmOfParent))]),
    ...(npm === null ? [] : [windows ? join(dirname(npm), "node_modules", "npm") : dirname(dirname(resolveLinks(npm)))]),
  ];
  const folder = folders.find((one) => existsSync(join(one, "bin", "npm-cli.js")) && !isBelow(one, root)) ?? null;
  if (env["PREFIX"]) return { folder, prefix: env["PREFIX"] };
  if (node === null || isBelow(node, root)) return { folder, prefix: null };
  const real = resolveLinks(node);
  return { folder, prefix: windows ? dirname(real) : join(env["DESTDIR"] ?? "", dirname(dirname(real))) };
}

/** Windows calls it Path, and finds it under any case. */
function pathOf(env: Variables): string | undefined {
  return env["PATH"] ?? Object.entries(env).find(([name]) => name.toUpperCase() === "PATH")?.[1];
}

/** Runs something with a new folder that nobody else can write to and that holds nothing; it is gone afterwards. */
export async function withEmptyFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "aperture-env-npm-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
