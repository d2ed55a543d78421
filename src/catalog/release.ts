/**
 * A release of OpenCode: its version and the platform packages that carry its binary, each with the sha512 that the npm registry states.
 * The pinned one is data that `npm run refresh` writes.
 */
import catalogue from "./opencode/catalogue.json" with { type: "json" };
import pinned from "./opencode/release.json" with { type: "json" };
import type { Libc } from "./bases.ts";

/** Processor architectures as image builders call them (`TARGETARCH`). */
export type Architecture = "amd64" | "arm64";

/** One platform package of OpenCode on npm. */
export interface PlatformPackage {
  readonly arch: Architecture;
  readonly libc: Libc;
  /** Subresource integrity as npm writes it: `sha512-` and base64. */
  readonly integrity: string;
}

/** A version and its platform packages by npm name. */
export interface Release {
  readonly version: string;
  readonly packages: Readonly<Record<string, PlatformPackage>>;
}

/** The release that this generator pins. */
export const pinnedRelease = pinned as Release;

/** The source of the model catalogue. It is newer than the pinned release if a registry has a newer one for some platforms only. */
export interface CatalogueRelease {
  /** The version of OpenCode whose binary it was read from. */
  readonly version: string;
  /** The day of its newest entry, as YYYY-MM-DD. */
  readonly date: string;
}

/** Where this generator's model catalogue is from. */
export const catalogueRelease: CatalogueRelease = catalogue;

/** The packages of every release, by platform. Baseline: the x64 builds that run on any x64 processor. */
export const platforms: Readonly<Record<string, Omit<PlatformPackage, "integrity">>> = {
  "opencode-linux-x64-baseline": { arch: "amd64", libc: "glibc" },
  "opencode-linux-x64-baseline-musl": { arch: "amd64", libc: "musl" },
  "opencode-linux-arm64": { arch: "arm64", libc: "glibc" },
  "opencode-linux-arm64-musl": { arch: "arm64", libc: "musl" },
};

/** The packages of a release in a fixed order, whatever the lock's order is. */
export function packagesOf(release: Release): readonly (readonly [string, PlatformPackage])[] {
  return Object.keys(platforms).flatMap((name) =>
    Object.hasOwn(release.packages, name) ? [[name, release.packages[name]!] as const] : [],
  );
}

/** The platforms without a package in a release. */
export function missingPlatforms(release: Release): readonly Omit<PlatformPackage, "integrity">[] {
  return Object.entries(platforms)
    .filter(([name]) => !Object.hasOwn(release.packages, name))
    .map(([, platform]) => platform);
}

const integrityForm = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** Whether a value, for example from a lock, is a release that may be rendered. */
export function isRelease(value: unknown): value is Release {
  if (typeof value !== "object" || value === null) return false;
  const { version, packages } = value as Partial<Release>;
  if (typeof version !== "string" || !/^1\.\d{1,6}\.\d{1,6}$/.test(version) || typeof packages !== "object" || packages === null)
    return false;
  const entries = Object.entries(packages);
  return (
    entries.length > 0 &&
    entries.every(([name, entry]) => {
      const platform = Object.hasOwn(platforms, name) ? platforms[name]! : undefined;
      return (
        platform !== undefined &&
        entry?.arch === platform.arch &&
        entry.libc === platform.libc &&
        typeof entry.integrity === "string" &&
        integrityForm.test(entry.integrity)
      );
    })
  );
}

/** The sha512 of an integrity as the hexadecimal that `sha512sum` prints. */
export function integrityToHex(integrity: string): string {
  if (!integrityForm.test(integrity)) throw new Error(`${integrity} is not a sha512 integrity`);
  return Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
}

/**
 * Whether a version may be pinned: 1.x and no prerelease. 2.x is another product with another config format, published as `@opencode/cli`
 * (OpenCode's documentation, "Migrate from V1"), so it is never taken, in whatever package it appears.
 */
export function isPinnable(version: string): boolean {
  return /^1\.\d{1,6}\.\d{1,6}$/.test(version);
}

/**
 * The newest pinnable version that is in every list, or null. A registry may have `opencode-ai` without all of its platform packages (seen
 * with npm: 1.18.33 with glibc packages for x64 only), hence the lists of all of them.
 */
export function newestCommonVersion(lists: readonly (readonly string[])[]): string | null {
  const [first = [], ...rest] = lists;
  const common = first.filter((version) => isPinnable(version) && rest.every((list) => list.includes(version)));
  return common.sort(compareVersions).at(-1) ?? null;
}

/** The newest pinnable version that is in any list, or null. */
export function newestVersion(lists: readonly (readonly string[])[]): string | null {
  return lists.flat().filter(isPinnable).sort(compareVersions).at(-1) ?? null;
}

/** Negative if `left` is the older version, positive if it is the newer one. Everything after a `-` is ignored. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split("-")[0]!.split(".").map(Number)) as [number[], number[]];
  return a.map((part, index) => part - (b[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
