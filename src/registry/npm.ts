/** Asks the npm registry through npm itself, which knows the registry, the proxy and the token of this machine. */
import {
  compareVersions,
  newestCommonVersion,
  pinnedRelease,
  platforms,
  type PlatformPackage,
  type Release,
} from "../catalog/release.ts";
import { environmentError, usageError } from "../errors.ts";
import { isRegistry, lockPath, type Lock } from "../lock/lock.ts";
import type { Observation } from "../plan/check.ts";
import { spawn } from "../repo/spawn.ts";

/**
 * Finds the platform packages of an OpenCode version and their integrities. `latest` is the newest 1.x for which all of them exist.
 * `known` (the pinned release, the lock's) is used without asking. Throws usage errors for versions that do not exist, exit 4 without npm.
 */
export async function resolveRelease(version: string, known: readonly Release[]): Promise<Release> {
  const already = known.find((release) => release.version === version);
  if (already !== undefined) return already;
  if (version === "latest") {
    const wanted = await newestComplete();
    return wanted === pinnedRelease.version ? pinnedRelease : fetchRelease(wanted);
  }
  return fetchRelease(version);
}

async function fetchRelease(version: string): Promise<Release> {
  const entries = await Promise.all(
    Object.entries(platforms).map(async ([name, platform]): Promise<[string, PlatformPackage] | null> => {
      const integrity = await view(`${name}@${version}`, "dist.integrity");
      return typeof integrity === "string" ? [name, { ...platform, integrity }] : null;
    }),
  );
  const packages = Object.fromEntries(entries.filter((entry) => entry !== null));
  if (Object.keys(packages).length === 0) {
    throw usageError(
      "no-such-version",
      `The npm registry has no OpenCode ${version}.`,
      `Take ${pinnedRelease.version}, which this version pins, or latest.`,
    );
  }
  return { version, packages };
}

async function newestComplete(): Promise<string> {
  const lists = await Promise.all(
    ["opencode-ai", ...Object.keys(platforms)].map(async (name) => versionsOf(await view(name, "versions"))),
  );
  const newest = newestCommonVersion(lists);
  if (newest === null)
    throw environmentError(
      "no-release",
      "The npm registry has no OpenCode 1.x for all platforms.",
      `Give a version with --opencode, for instance ${pinnedRelease.version}.`,
    );
  return newest;
}

/** What is newer elsewhere than what a lock has: the generator and OpenCode. Throws exit 4 where the registry cannot be asked. */
export async function findOutdated(lock: Lock, generator: string): Promise<Observation[]> {
  const [published, newest] = await Promise.all([view("create-aperture-env", "version"), newestComplete()]);
  const known = [lock.generator, generator];
  const isNewer = typeof published === "string" && known.every((version) => compareVersions(published, version) > 0);
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
  ];
}

function outdated(message: string, hint: string): Observation {
  return { path: lockPath, state: "outdated", message, hint };
}

function versionsOf(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((item): item is string => typeof item === "string");
}

/** One field of a package as npm has it, or null where the package or version is not there. */
async function view(what: string, field: string): Promise<unknown> {
  const { exitCode, stdout, stderr } = await spawn("npm", ["view", what, field, "--json"]);
  if (exitCode === null)
    throw environmentError(
      "no-npm",
      "npm could not be started, and it is needed to find versions of OpenCode.",
      "Install npm, or leave --opencode out.",
    );
  if (exitCode === 0) return stdout.trim() === "" ? null : (JSON.parse(stdout) as unknown);
  if (/E404|ETARGET|No match/i.test(stderr + stdout)) return null;
  throw environmentError(
    "registry-failed",
    `npm could not ask the registry for ${what}.`,
    `See  npm view ${what}  for the reason, or leave --opencode out: the pinned version needs no network.`,
  );
}

/**
 * The npm registry of this machine, for a Feature that may land on a base without npm: npm tells those that it starts, others ask it. Gives ""
 * (and the Feature then needs npm, or the option) where it cannot be told, and where its address holds credentials, which must not land in a
 * file.
 */
export async function findRegistry(cwd: string, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const told = env["npm_config_registry"];
  const registry = (told ?? (await spawn("npm", ["config", "get", "registry"], { cwd })).stdout).trim().replace(/\/$/, "");
  return isRegistry(registry) ? registry : "";
}
