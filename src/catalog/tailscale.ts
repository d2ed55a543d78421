/**
 * A release of Tailscale's programs for Linux, `tailscale` and `tailscaled`: its version and the sha256 of the tarball for each architecture.
 *
 * The pinned one is data. Its checksums are those that the vendor's server publishes next to each tarball (`<tarball>.sha256`). Three public repositories
 * pin the same tarballs with the same checksums: an OpenEmbedded recipe (`tailscale_1.104.1.bb`, both architectures), an Elixir release
 * (`mix.exs`, arm64) and a fleet's setup script (amd64), read in November 2026.
 */
import { isRecord } from "../forms.ts";
import type { Architecture } from "./release.ts";
import pinned from "./tailscale.json" with { type: "json" };

/** Checksums by architecture. An architecture without one cannot be built for. */
export type Sums = Readonly<Partial<Record<Architecture, string>>>;

/** A version and its tarballs. */
export interface TailscaleRelease {
  readonly version: string;
  /** In hexadecimal. */
  readonly sha256: Sums;
}

/** The architectures that images are built for. */
export const architectures: readonly Architecture[] = ["amd64", "arm64"];

/** The release that this generator pins. */
export const pinnedTailscale: TailscaleRelease = pinned;

/** The address of the vendor's tarballs, with placeholders (pkgs.tailscale.com/stable, "Static binaries"). */
export const tailscaleTarballs = "https://pkgs.tailscale.com/stable/tailscale_{version}_{arch}.tgz";

/** The vendor's image for the sidecar; its tags are `v` and the version (hub.docker.com/r/tailscale/tailscale). */
export const tailscaleImage = "tailscale/tailscale";

/** The vendor's Feature, by the name on its own page (github.com/tailscale/codespace), so that an existing entry is recognised. */
export const tailscaleFeature = "ghcr.io/tailscale/codespace/tailscale";

/** The variable for an auth key that the vendor documents. */
export const tailscaleKey = "TS_AUTHKEY";

/**
 * All spellings of it. The vendor's image and library read the older second one, too (tailscale, cmd/containerboot/settings.go, tsnet/tsnet.go), and the
 * vendor's Feature reads only that one (github.com/tailscale/codespace).
 */
export const tailscaleKeys = [tailscaleKey, "TS_AUTH_KEY"] as const;

const sum = /^[0-9a-f]{64}$/;

/** Whether a text is a sha256 in hexadecimal. */
export function isSum(text: unknown): text is string {
  return typeof text === "string" && sum.test(text);
}

/** Whether a text is an exact version. */
export function isTailscaleVersion(text: unknown): text is string {
  return typeof text === "string" && /^\d{1,4}\.\d{1,6}\.\d{1,6}$/.test(text);
}

/** Whether a value, for example from a lock, is a release that may be rendered. */
export function isTailscaleRelease(value: unknown): value is TailscaleRelease {
  if (!isRecord(value) || !isTailscaleVersion(value["version"]) || !isRecord(value["sha256"])) return false;
  const sums = Object.entries(value["sha256"]);
  return sums.length > 0 && sums.every(([arch, each]) => architectures.includes(arch as Architecture) && isSum(each));
}

/** The address of a tarball. */
export function tarballUrl(form: string, version: string, arch: Architecture): string {
  return form.replaceAll("{version}", version).replaceAll("{arch}", arch);
}
