/**
 * A release of OpenCode: its version and the platform packages that carry its binary, each with the sha512 that the npm registry states.
 * The pinned one is data that `npm run refresh` writes.
 */
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

/** The packages of every release, by platform. Baseline: the x64 builds that run on any x64 processor. */
export const platforms: Readonly<Record<string, Omit<PlatformPackage, "integrity">>> = {
  "opencode-linux-x64-baseline": { arch: "amd64", libc: "glibc" },
  "opencode-linux-x64-baseline-musl": { arch: "amd64", libc: "musl" },
  "opencode-linux-arm64": { arch: "arm64", libc: "glibc" },
  "opencode-linux-arm64-musl": { arch: "arm64", libc: "musl" },
};

const integrityForm = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** Whether a value, for instance from a lock, is a release that may be rendered. */
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
