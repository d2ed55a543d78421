/**
 * Reads the user's own configuration of npm, without running npm and without any file of the repository. Places and precedence are those of npm's
 * own code (@npmcli/config, lib/index.js `load` and lib/set-envs.js): variables, then the user's, the global and npm's own file.
 *
 * npm reads a project's `.npmrc`, too, between variables and the user's file, and passes its values, expanded, to the programs that it starts as
 * `npm_config_…`. Such a variable looks like one of the user's own, so it counts only if no project's file can have set it.
 */
import { dirname, join, resolve } from "node:path";
import type { Place } from "../errors.ts";
import {
  ancestorsOf,
  findNpm,
  homeOf,
  isBelow,
  isThere,
  readConfigurationFile,
  type NpmInstallation,
  type Variables,
} from "../repo/npm-files.ts";
import type { Surroundings } from "../repo/spawn.ts";
import { withoutEndSlashes } from "../text/address.ts";
import { readNpmrc, type NpmrcEntry } from "./npmrc.ts";

/** A registry's address as written, not expanded, and where it is written. */
export interface WrittenRegistry {
  readonly text: string;
  readonly where: Place;
}

/** The part of the user's own configuration that decides which registry is asked and how it is reached. */
export interface NpmConfiguration {
  /** Null if no configuration names one and npm's own default cannot be read. */
  readonly registry: WrittenRegistry | null;
  /** The places where the repository, or the program that started this one, names another registry, which is not used. */
  readonly ignored: Place | null;
  /** Added to this process's environment for npm: variables that must not count are empty, which npm treats as not set. */
  readonly variables: Readonly<Record<string, string>>;
  /** The repository and the variables that this was read for. */
  readonly here: Surroundings;
}

/** Reads it for a run in the repository at `root`. Asks no server and never fails: files that cannot be read are skipped. */
export function readNpmConfiguration(root: string, env: Variables): NpmConfiguration {
  const home = homeOf(env);
  const defaultUserConfig = join(home, ".npmrc");
  const projects = readProjects(root, env, defaultUserConfig);
  const all = readVariables(env);
  const counting = all.filter((variable) => isUsers(variable, env, projects) && !isInRepository(variable, root, home, env));
  const valueOf = (key: string): Variable | undefined => counting.findLast((variable) => variable.key === key);

  const npm = findNpm(env, npmOfParent(env), root);
  const builtin = npm.folder === null ? noFile : readFile(join(npm.folder, "npmrc"), home);
  const path = (text: string | undefined): string | undefined => (text === undefined ? undefined : expandPath(text, home, env));
  const user = readFile(path(valueOf("userconfig")?.value ?? builtin.get("userconfig")) ?? defaultUserConfig, home);
  const prefix = path(valueOf("prefix")?.value ?? user.get("prefix") ?? builtin.get("prefix")) ?? npm.prefix;
  const global =
    path(valueOf("globalconfig")?.value ?? user.get("globalconfig") ?? builtin.get("globalconfig")) ??
    (prefix === null ? undefined : resolve(prefix, "etc", "npmrc"));
  const written =
    user.registry ??
    (global === undefined || isBelow(global, root) ? null : readFile(global, home).registry) ??
    builtin.registry ??
    readDefault(npm);
  const said = valueOf("registry");
  // npm exports the values of the user's file, expanded. The file as written counts then.
  const fromFile = said === undefined || (isExported(said, env) && written !== null && mayBecome(written.text, said.value));
  const registry = fromFile ? written : { text: said.value, where: { file: said.name } };
  const dropped = all.filter((variable) => !counting.includes(variable));
  return {
    registry,
    ignored: findIgnored(root, registry, projects, dropped),
    variables: Object.fromEntries(dropped.map(({ name }) => [name, ""])),
    here: { target: root, env },
  };
}

/** A variable that npm reads, by the key that it sets. */
interface Variable {
  readonly name: string;
  readonly key: string;
  readonly value: string;
}

/** Names may have any case, `_` means `-`, and an empty value means not set. */
function readVariables(env: Variables): Variable[] {
  return Object.entries(env).flatMap(([name, value]) =>
    /^npm_config_./i.test(name) && value ? [{ name, key: normaliseKey(name.slice("npm_config_".length)), value }] : [],
  );
}

/** npm's mapping between variables and keys: a project's `Registry` comes back as `registry`. */
function normaliseKey(key: string): string {
  return key.replace(/(?!^)_/g, "-").toLowerCase();
}

/** Keys that say how a registry is reached. The other variables that npm sets for programs that it starts concern its own command. */
const reaching = new Set(
  (
    "registry userconfig globalconfig cache proxy https-proxy noproxy ca cafile cert key strict-ssl local-address maxsockets " +
    "fetch-retries fetch-retry-factor fetch-retry-maxtimeout fetch-retry-mintimeout fetch-timeout offline prefer-offline prefer-online"
  ).split(" "),
);

/** Variables that any package manager sets for the programs that it starts. */
const signsOfManager = ["npm_execpath", "npm_command", "npm_lifecycle_event", "npm_config_local_prefix", "npm_config_user_agent"];

function isManaged(env: Variables): boolean {
  return signsOfManager.some((name) => env[name]);
}

/** The path of the npm that started this process; null if it was another program. */
function npmOfParent(env: Variables): string | null {
  const path = env["npm_execpath"] ?? "";
  return /[\\/]npm[\\/]bin[\\/]np[mx]-cli\.js$/.test(path) ? path : null;
}

/** Whether npm or another package manager may have set the variable: they use lower case and `_`. A variable of another form is somebody else's. */
function isExported({ name }: Variable, env: Variables): boolean {
  return isManaged(env) && /^npm_config_[a-z0-9_]+$/.test(name);
}

/** Whether a variable is the user's own word, or an order on npm's command line. */
function isUsers(variable: Variable, env: Variables, projects: readonly ProjectConfiguration[]): boolean {
  if (!isExported(variable, env)) return true;
  const { key } = variable;
  return npmOfParent(env) !== null && reaching.has(key) && !projects.some((project) => project.mayHaveSet(key));
}

/** Whether the value may be the expansion of the written text. */
function mayBecome(written: string, value: string): boolean {
  return written.includes("${") || written.trim() === value.trim();
}

/** Whether it names a file of the repository, or of the project that npm was started in. Such a file is not the user's own. */
function isInRepository({ key, value }: Variable, root: string, home: string, env: Variables): boolean {
  if (key !== "userconfig" && key !== "globalconfig") return false;
  const file = expandPath(value, home, env);
  if (file === join(home, ".npmrc")) return false;
  const project = env["npm_config_local_prefix"];
  // npm treats a home folder with a package.json as a project.
  const folders = project === undefined || isBelow(home, project) ? [root] : [root, project];
  return folders.some((folder) => isBelow(file, folder));
}

/** The `.npmrc` of a folder that npm may treat as a project. */
interface ProjectConfiguration {
  readonly file: string;
  readonly registry: NpmrcEntry | null;
  mayHaveSet(key: string): boolean;
}

/** Keys that make npm read other files, which may then set any key. */
const leadingElsewhere = ["userconfig", "globalconfig", "prefix"];

/** The folders of the repository, those that a package manager was started in, and all folders above them. */
function readProjects(root: string, env: Variables, userConfig: string): ProjectConfiguration[] {
  const manifest = env["npm_package_json"];
  const started = isManaged(env)
    ? [root, env["npm_config_local_prefix"], env["INIT_CWD"], manifest === undefined ? undefined : dirname(manifest)]
    : [];
  const folders = [root, ...started.flatMap((folder) => (folder ? ancestorsOf(resolve(folder)) : []))];
  return [...new Set(folders)].flatMap((folder) => {
    const file = join(folder, ".npmrc");
    if (file === userConfig) return [];
    const text = readConfigurationFile(file);
    // Yarn passes the values of its own file to its children under npm's names.
    const hasYarn = isThere(join(folder, ".yarnrc"));
    if (text === null && !hasYarn) return [];
    const entries = text === null || text === "unreadable" ? [] : readNpmrc(text);
    const keys = new Set(entries.map(({ key }) => normaliseKey(key)));
    const saysAnything =
      hasYarn ||
      text === "unreadable" ||
      entries.some(({ key }) => key.includes("${")) ||
      leadingElsewhere.some((key) => keys.has(key));
    return [
      {
        file,
        registry: entries.findLast(({ key }) => normaliseKey(key) === "registry") ?? null,
        mayHaveSet: (key: string) => saysAnything || keys.has(key),
      },
    ];
  });
}

/** The place of another registry, which is not used. A variable's value is not examined: it may be an expanded secret. */
function findIgnored(
  root: string,
  registry: WrittenRegistry | null,
  projects: readonly ProjectConfiguration[],
  dropped: readonly Variable[],
): Place | null {
  const ours = registry === null ? null : withoutEndSlashes(registry.text);
  const isSame = (text: string): boolean => withoutEndSlashes(text) === ours;
  const variable = dropped.find(({ key, value }) => key === "registry" && !isSame(value));
  const own = join(root, ".npmrc");
  const other = projects.find(
    (project) => project.registry !== null && !isSame(project.registry.value) && (project.file === own || variable !== undefined),
  );
  if (other !== undefined) return { file: other.file === own ? ".npmrc" : other.file, line: other.registry!.line };
  return variable === undefined ? null : { file: variable.name };
}

/** A configuration file of the user's; the last of equal keys counts. */
interface ConfigurationFile {
  readonly registry: WrittenRegistry | null;
  get(key: string): string | undefined;
}

const noFile: ConfigurationFile = { registry: null, get: () => undefined };

function readFile(file: string, home: string): ConfigurationFile {
  const text = readConfigurationFile(file);
  if (text === null || text === "unreadable") return noFile;
  const entries = readNpmrc(text);
  const last = (key: string): NpmrcEntry | undefined => entries.findLast((entry) => entry.key === key);
  const registry = last("registry");
  const shown = dirname(file) === home ? join("~", ".npmrc") : file;
  return {
    registry: registry === undefined ? null : { text: registry.value, where: { file: shown, line: registry.line } },
    get: (key) => last(key)?.value,
  };
}

/** A path as npm resolves it. It is only used to read the file; it is neither shown nor written. */
function expandPath(text: string, home: string, env: Variables): string {
  const expanded = text
    .trim()
    .replace(/(?<!\\)\$\{([^${}?]+)(\?)?\}/g, (whole, name: string, optional?: string) => env[name] ?? (optional ? "" : whole));
  return /^~[\\/]/.test(expanded) ? resolve(home, expanded.slice(2)) : resolve(expanded);
}

/** npm's default registry, from its own table of options. */
function readDefault({ folder }: NpmInstallation): WrittenRegistry | null {
  if (folder === null) return null;
  // Distributions put npm's packages beside it.
  for (const packages of [join(folder, "node_modules"), dirname(folder)]) {
    const file = join(packages, "@npmcli", "config", "lib", "definitions", "definitions.js");
    const text = readConfigurationFile(file);
    const found = text === null ? null : /\bDefinition\('registry', \{\s*default: '([^'\\]+)'/.exec(text);
    if (found) return { text: found[1]!, where: { file: "npm's default" } };
  }
  return null;
}
