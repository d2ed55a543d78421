/** Chooses the release of OpenCode, and the registry that its Feature uses. Code that asks npm's registry is loaded only if needed. */
import type { Libc } from "../catalog/bases.ts";
import { missingPlatforms, pinnedRelease, type Release } from "../catalog/release.ts";
import { isAppError, usageError } from "../errors.ts";
import type { Lock } from "../lock/lock.ts";
import { judgeRegistry } from "../lock/registry.ts";
import { carriesEnvironment } from "../parts/claims.ts";
import type { DefaultRegistry } from "../registry/default.ts";
import type { ResolvedRelease } from "../registry/npm.ts";
import type { Target } from "../repo/scan.ts";
import type { Shape } from "../vocabulary.ts";

/** Who asks npm's configuration. */
interface Asking {
  readonly target: Target;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The version to use: `latest` means the lock's resolved version, if there is one. */
export function versionFor(wanted: string, lock: Lock | null): string {
  return wanted === "latest" && lock?.answers.opencode === "latest" ? lock.opencode.version : wanted;
}

/** Asks the user's npm registry for a release. What that takes is loaded only where it is needed, as below. */
export async function askForRelease(version: string, { target, env }: Asking): Promise<ResolvedRelease> {
  const { resolveRelease } = await import("../registry/npm.ts");
  const { readNpmConfiguration } = await import("../registry/configuration.ts");
  return resolveRelease(version, readNpmConfiguration(target.root, env));
}

/** Resolves `latest` again. Without an answer the lock's version stays, with a note: a machine without a network can still write. */
export async function moveLatest(lock: Lock, asking: Asking): Promise<ResolvedRelease & { readonly notes: readonly string[] }> {
  try {
    return { ...(await askForRelease("latest", asking)), notes: [] };
  } catch (error) {
    if (!isAppError(error) || error.exit !== 4) throw error;
    return { release: lock.opencode, statedBy: null, notes: [`OpenCode stays ${lock.opencode.version}: ${error.message}`] };
  }
}

/**
 * The Feature's fallback registry. It is looked up once, when the Feature is added, and kept in the lock, so that every run on every machine gives
 * the same files. A registry that must not be in a file is looked up again.
 */
export async function registryFor(
  shape: Shape,
  lock: Lock | null,
  asked: boolean,
  { target, env }: Asking,
): Promise<DefaultRegistry> {
  const hadFeature = Object.entries(lock?.files ?? {}).some(([path, file]) => carriesEnvironment(path, file));
  const kept = shape.kind === "own" ? "" : hadFeature && isWritable(lock!.registry) ? lock!.registry : null;
  if (kept !== null && !asked) return { registry: kept, findings: [] };
  const { chooseDefaultRegistry, describeIgnored } = await import("../registry/default.ts");
  const { readNpmConfiguration } = await import("../registry/configuration.ts");
  const npm = readNpmConfiguration(target.root, env);
  return kept === null ? chooseDefaultRegistry(npm) : { registry: kept, findings: describeIgnored(npm) };
}

function isWritable(registry: string): boolean {
  return registry === "" || judgeRegistry(registry).ok;
}

/** Throws where a release has no package for a C library. */
export function requireLibc(release: Release, libc: Libc): void {
  if (Object.values(release.packages).some((entry) => entry.libc === libc)) return;
  const why = `OpenCode ${release.version} has no package for ${libc}, which this base needs.`;
  throw usageError("no-package-for-base", why, `Use ${pinnedRelease.version}, which this version pins.`);
}

/** Notes on a release: what `latest` resolved to, and the platforms without a package. */
export function describeRelease(wanted: string, release: Release, libc: Libc | null): string[] {
  const missing = missingPlatforms(release).filter((platform) => libc === null || platform.libc === libc);
  return [
    ...(wanted === "latest" ? [`latest is OpenCode ${release.version}`] : []),
    ...missing.map(
      (platform) =>
        `OpenCode ${release.version} has no package for ${platform.arch} with ${platform.libc}: images for it cannot be built`,
    ),
  ];
}
