/**
 * What a repository's dev container can do on the machine that builds it. Its build and its hooks run in containers, but one of its commands runs on
 * the host, and its configuration can ask for any variable of this process.
 */
import { getNodeValue, parseTree } from "jsonc-parser";
import type { Place } from "../errors.ts";
import { entriesOf, placeAt, type Node } from "../plan/findings/nodes.ts";
import type { Env } from "../vocabulary.ts";

/** A command that a devcontainer.json has run on the host. */
export interface HostCommand {
  readonly where: Place;
  /** The commands as written, one per line; variables are not expanded. Foreign text. */
  readonly lines: readonly string[];
}

/**
 * The `initializeCommand` of a devcontainer.json, which runs on the host before anything is built (containers.dev, "Lifecycle scripts"); null where
 * it has none, or an empty one. Reads as the Dev Containers CLI does, which goes on after errors and takes the last of two keys.
 */
export function findInitializeCommand(file: string, text: string): HostCommand | null {
  const node = entriesOf(readTolerantly(text)).find(([key]) => key === "initializeCommand")?.[1];
  if (node === undefined) return null;
  const lines = node.type === "object" ? entriesOf(node).map(([name, value]) => `${name}: ${wordsOf(value)}`) : [wordsOf(node)];
  const isEmpty = lines.length === 0 || (node.type === "array" && node.children?.length === 0) || lines[0]!.trim() === "";
  return isEmpty ? null : { where: placeAt(file, text, node.offset), lines };
}

/** A variable of the host that a devcontainer.json asks for. */
export interface Wanted {
  readonly name: string;
  readonly where: Place;
}

/** The variables that a devcontainer.json refers to and that are withheld from it, each once. */
export function findWithheld(file: string, text: string, env: Env): readonly Wanted[] {
  const given = hostVariables(env);
  const asked = [...text.matchAll(/\$\{(?:localEnv|env):([^}:]+)/g)].map((match) => ({ name: match[1]!, at: match.index }));
  const withheld = asked.filter(({ name }) => Boolean(env[name]) && given[name] === undefined);
  const first = new Map(withheld.toReversed().map((one) => [one.name, one]));
  return [...first.values()].map(({ name, at }) => ({ name, where: placeAt(file, text, at) })).toReversed();
}

/**
 * Variables that the Dev Containers CLI, Docker and Compose need to do their work, and no more: what the repository's configuration asks for, and
 * what its `initializeCommand` gets, is taken from these, so no token of this process's is among them. `DOCKER_AUTH_CONFIG` holds passwords, and
 * so may the address of a proxy.
 */
const needed = new RegExp(
  `^(?:${[
    "PATH|HOME|USER|LOGNAME|SHELL|TERM|TZ|LANG|LANGUAGE|LC_[A-Z]+|TMPDIR|TMP|TEMP|XDG_RUNTIME_DIR|XDG_CONFIG_HOME|XDG_CACHE_HOME|XDG_DATA_HOME",
    "DOCKER_(?:HOST|CONTEXT|CONFIG|CERT_PATH|TLS|TLS_VERIFY|API_VERSION|BUILDKIT|DEFAULT_PLATFORM|CONTENT_TRUST|CLI_HINTS)",
    "BUILDX_(?:BUILDER|CONFIG|NO_DEFAULT_ATTESTATIONS)|BUILDKIT_(?:HOST|PROGRESS)|CONTAINER_HOST",
    "NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|HTTPS?_PROXY|NO_PROXY|ALL_PROXY",
    "SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|OS|APPDATA|LOCALAPPDATA|USERPROFILE|USERNAME|HOMEDRIVE|HOMEPATH|PROGRAMDATA",
    "PROGRAMFILES|PROGRAMFILES\\(X86\\)|PROGRAMW6432|PROCESSOR_ARCHITECTURE|NUMBER_OF_PROCESSORS|WSL_DISTRO_NAME|WSL_INTEROP",
  ].join("|")})$`,
  "i",
);

/** The variables of this process that are needed. An SSH agent's is included only if Docker is reached over SSH. */
export function hostVariables(env: Env): Record<string, string> {
  const throughSsh = /^ssh:/i.test(env["DOCKER_HOST"] ?? "");
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        (needed.test(entry[0]) || (throughSsh && entry[0] === "SSH_AUTH_SOCK")) &&
        !(/_PROXY$/i.test(entry[0]) && entry[1].includes("@")),
    ),
  );
}

/** The variables by which Buildx finds the cache of a GitHub job (docs.docker.com/build/cache/backends/gha), if a cache is asked for. */
export function cacheVariables(caches: readonly string[], env: Env): Env {
  const names = caches.some((cache) => /\btype=gha\b/.test(cache)) ? Object.keys(env) : [];
  const asked = names.filter((name) => /^ACTIONS_(?:CACHE_URL|RESULTS_URL|RUNTIME_TOKEN|CACHE_SERVICE_V2)$/.test(name));
  return Object.fromEntries(asked.map((name) => [name, env[name]]));
}

/** The value of a devcontainer.json, read as the Dev Containers CLI does; undefined if it has none. */
export function readConfiguration(text: string): unknown {
  const node = readTolerantly(text);
  return node === undefined ? undefined : (getNodeValue(node) as unknown);
}

function readTolerantly(text: string): Node | undefined {
  return parseTree(text.replace(/^\ufeff/, " "), [], { allowTrailingComma: true });
}

/** A command as it stands there: a text, or a list of words as JSON. */
function wordsOf(node: Node): string {
  if (node.type === "string") return String(node.value);
  if (node.type === "array") return JSON.stringify((node.children ?? []).map(({ value }) => value as unknown));
  return node.type === "object" ? "" : String(node.value ?? "");
}
