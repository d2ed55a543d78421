/**
 * Asks the npm registry through npm itself, which knows the registry, the proxy and the token of this machine. npm is started in an empty folder
 * and reads no project's file, so a repository decides neither which server is asked nor what is sent.
 */
import { modelsPath } from "../catalog/files.ts";
import {
  catalogueRelease,
  compareVersions,
  isRelease,
  newestCommonVersion,
  newestVersion,
  pinnedRelease,
  platforms,
  type PlatformPackage,
  type Release,
} from "../catalog/release.ts";
import { environmentError, formatPlace, usageError } from "../errors.ts";
import { lockPath, type Lock } from "../lock/lock.ts";
import { judgeRegistry, originOf } from "../lock/registry.ts";
import type { Observation } from "../plan/check.ts";
import { withEmptyFolder } from "../repo/npm-files.ts";
import { spawn, type Spawned, type Surroundings } from "../repo/spawn.ts";
import { upperFirst } from "../text/words.ts";
import type { NpmConfiguration, WrittenRegistry } from "./configuration.ts";

/** A release, and the registry that stated its integrities. */
export interface ResolvedRelease {
  readonly release: Release;
  /** The registry in a form that may be shown; null if the integrities were already known and no registry was asked. */
  readonly statedBy: string | null;
}

/**
 * Finds the platform packages of an OpenCode version and their integrities. `latest` is the newest 1.x for which all of them exist. Throws usage
 * errors for versions that do not exist, exit 4 without npm.
 */
export async function resolveRelease(version: string, npm: NpmConfiguration): Promise<ResolvedRelease> {
  const wanted = version === "latest" ? await newestComplete(npm) : version;
  if (wanted === pinnedRelease.version) return { release: pinnedRelease, statedBy: null };
  return { release: await fetchRelease(wanted, npm), statedBy: nameRegistry(npm) };
}

async function fetchRelease(version: string, npm: NpmConfiguration): Promise<Release> {
  const entries = await allOf(
    Object.entries(platforms).map(async ([name, platform]): Promise<[string, PlatformPackage] | null> => {
      const integrity = textOf(await view(`${name}@${version}`, "dist.integrity", npm));
      return integrity !== null ? [name, { ...platform, integrity }] : null;
    }),
  );
  const packages = Object.fromEntries(entries.filter((entry) => entry !== null));
  if (Object.keys(packages).length === 0) {
    throw usageError(
      "no-such-version",
      `${upperFirst(nameRegistry(npm))} has no OpenCode ${version}.`,
      `Use ${pinnedRelease.version}, which this version pins, or latest.`,
    );
  }
  const release = { version, packages };
  if (isRelease(release)) return release;
  throw environmentError(
    "no-integrity",
    `${upperFirst(nameRegistry(npm))} does not state a sha512 for each package of OpenCode ${version}.`,
    `Use ${pinnedRelease.version}, which this version pins, or another registry.`,
  );
}

async function newestComplete(npm: NpmConfiguration): Promise<string> {
  return newestOf(await listVersions(npm), npm);
}

/** The versions of the wrapper and of each platform's package. */
function listVersions(npm: NpmConfiguration): Promise<readonly (readonly string[])[]> {
  return allOf(["opencode-ai", ...Object.keys(platforms)].map(async (name) => versionsOf(await view(name, "versions", npm))));
}

function newestOf(lists: readonly (readonly string[])[], npm: NpmConfiguration): string {
  const newest = newestCommonVersion(lists);
  if (newest === null)
    throw environmentError(
      "no-release",
      `${upperFirst(nameRegistry(npm))} has no OpenCode 1.x for all platforms.`,
      `Give a version with --opencode, for example ${pinnedRelease.version}.`,
    );
  return newest;
}

/**
 * Which releases are newer than those in a lock: of the generator and of OpenCode. A note says which release of OpenCode this version's model catalogue
 * is from. Throws exit 4 if the registry cannot be asked.
 */
export async function findOutdated(lock: Lock, generator: string, npm: NpmConfiguration): Promise<Observation[]> {
  const [stated, lists] = await allOf([view("create-aperture-env", "version", npm), listVersions(npm)]);
  const newest = newestOf(lists, npm);
  const published = textOf(stated);
  const known = [lock.generator, generator];
  const isNewer = published !== null && known.every((version) => compareVersions(published, version) > 0);
  return [
    ...(isNewer
      ? [
          outdated(
            `create-aperture-env ${published} is out, and ${lock.generator} wrote this`,
            "run  npx create-aperture-env@latest update",
          ),
        ]
      : []),
    ...(compareVersions(newest, lock.opencode.version) > 0
      ? [
          outdated(
            `OpenCode ${newest} is out, and this has ${lock.opencode.version}`,
            `run  npx create-aperture-env update --opencode ${newest}`,
          ),
        ]
      : []),
    describeCatalogue(lock.generator === generator, newestVersion(lists) ?? newest),
  ];
}

/** A newer OpenCode has a newer catalogue, which only a newer version of this program contains. */
function describeCatalogue(isOurs: boolean, newest: string): Observation {
  const { version, date } = catalogueRelease;
  return {
    path: modelsPath,
    state: "catalogue",
    message: `${isOurs ? "has" : "will have, once it is updated,"} the model catalogue of ${date}, from OpenCode ${version}`,
    hint:
      compareVersions(newest, version) > 0
        ? `OpenCode ${newest} has a newer one, which a newer create-aperture-env will bring`
        : null,
  };
}

function outdated(message: string, hint: string): Observation {
  return { path: lockPath, state: "outdated", message, hint };
}

function versionsOf(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((item): item is string => typeof item === "string");
}

/** The single text in npm's answer, which npm 12 and newer put into a list. Null if there is none. */
function textOf(value: unknown): string | null {
  const [text] = versionsOf(value);
  return text ?? null;
}

/** What works without npm and a network. */
const withoutRegistry = `OpenCode ${pinnedRelease.version} and the version in a lock need no registry, and neither does check without --outdated.`;

/** One field of a package from npm, or null if the package or version does not exist. */
async function view(what: string, field: string, npm: NpmConfiguration): Promise<unknown> {
  const judged = npm.registry === null ? null : judgeRegistry(npm.registry.text);
  // npm is asked at the address that is shown. An address that may not be shown does not appear in the list of processes either.
  const from = judged?.ok === true ? [`--registry=${judged.address}/`] : [];
  const { exitCode, stdout, stderr } = await startNpm(["view", what, field, "--json", ...from], npm.here, npm.variables);
  const reason = `See  npm view ${what} --global  for the reason. ${withoutRegistry}`;
  // npm was there, and was ended.
  const [ended] = exitCode === null ? (/npm (?:was ended|gave no answer) [^\n]*$/.exec(stderr) ?? []) : [];
  if (ended !== undefined) throw environmentError("registry-failed", ended, reason);
  if (exitCode === null)
    throw environmentError(
      "no-npm",
      "npm could not be started, and it is needed to find versions of OpenCode.",
      `Install npm. ${withoutRegistry}`,
    );
  if (exitCode === 0 && stdout.trim() === "") return null;
  const answer = exitCode === 0 ? readJson(stdout) : undefined;
  if (answer !== undefined) return answer;
  if (/E404|ETARGET|No match/i.test(stderr + stdout)) return null;
  throw environmentError("registry-failed", `npm could not ask ${nameRegistry(npm)} for ${what}.`, reason);
}

/** The parsed value, or undefined if the text is not JSON. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** All results, or the first error after all have ended, so that none is still running afterwards. */
async function allOf<Results extends readonly Promise<unknown>[] | []>(
  results: Results,
): Promise<{ -readonly [Index in keyof Results]: Awaited<Results[Index]> }> {
  await Promise.allSettled(results);
  return Promise.all(results);
}

/**
 * `--global` makes npm leave out every project's file, also one above the empty folder. By itself npm waits for 10 and 60 seconds before it tries a
 * registry again that does not listen (docs.npmjs.com, config, "fetch-retry-mintimeout").
 */
function startNpm(args: readonly string[], here: Surroundings, variables: NpmConfiguration["variables"]): Promise<Spawned> {
  const patience = [
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=1000",
    "--fetch-timeout=20000",
  ];
  const fixed = ["--global", "--ignore-scripts", "--no-update-notifier", ...patience];
  return withEmptyFolder((cwd) => spawn("npm", [...args, ...fixed], { ...here, cwd, variables }));
}

/** Names the registry without a secret: by its address, its origin, or the place where it is configured. */
function nameRegistry({ registry }: NpmConfiguration): string {
  if (registry === null) return "the npm registry";
  const judged = judgeRegistry(registry.text);
  const shown = judged.ok ? judged.address : originOf(registry.text);
  return `the npm registry ${shown ?? `of ${formatPlace(registry.where)}`}`;
}

/** Variables without which programs do not start. */
const needed = /^(?:PATH|PATHEXT|HOME|USERPROFILE|SYSTEMROOT|COMSPEC|TEMP|TMP|TMPDIR|LANG)$/i;

/** Asks npm which registry it has. npm gets only the variables that it needs, because it resolves variables in its answer. Null if it cannot say. */
export async function askForDefault(here: Surroundings): Promise<WrittenRegistry | null> {
  const empty = Object.fromEntries(Object.keys(here.env).flatMap((name) => (needed.test(name) ? [] : [[name, ""]])));
  const { exitCode, stdout } = await startNpm(["config", "get", "registry"], here, empty);
  const text = stdout.trim();
  return exitCode === 0 && text !== "" && text !== "undefined" ? { text, where: { file: "npm's default" } } : null;
}
