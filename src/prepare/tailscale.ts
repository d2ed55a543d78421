/** Chooses the release of Tailscale. Code that asks its server is loaded only if needed. */
import { pinnedTailscale, tailscaleTarballs, tarballUrl, type Sums, type TailscaleRelease } from "../catalog/tailscale.ts";
import { usageError } from "../errors.ts";
import type { Lock } from "../lock/lock.ts";
import type { TailscaleChoice } from "../questions/types.ts";
import { specPath } from "../spec/spec.ts";
import type { Demand } from "../vocabulary.ts";

/** A release, and notes on it. */
export interface ResolvedTailscale {
  readonly release: TailscaleRelease | null;
  readonly notes: readonly string[];
}

/**
 * Finds the version and the checksums if anything needs them: from the spec, else this generator's pin, else the lock, else the server. Null if nothing
 * is fetched. Throws if there is no checksum, and if a Feature would have to copy from an image.
 */
export async function tailscaleFor(
  { answers, runtime, shape }: Pick<Demand, "answers" | "runtime" | "shape">,
  lock: Lock | null,
): Promise<ResolvedTailscale> {
  const none = { release: null, notes: [] };
  if (!runtime.programs.includes("tailscale")) return none;
  const choice = answers.tailscale ?? {};
  if (choice.image !== undefined) {
    if (shape.kind === "own") return none;
    throw usageError(
      "image-in-feature",
      `aperture.tailscale.image: a Feature cannot copy programs from an image, and the environment is a Feature in ${shape.files.join(" and ")}.`,
      "Set url and sha256 of a tarball instead, or remove image to use the vendor's pinned tarball.",
      { file: specPath },
    );
  }
  const form = choice.url ?? tailscaleTarballs;
  const version = await versionFor(choice, form, lock);
  const told = choice.version === "latest" ? [`latest is Tailscale ${version}`] : [];
  const known = sumsOf(choice, version, lock);
  if (known !== null) return { release: { version, sha256: known }, notes: told };
  const { askForSums } = await import("../registry/tailscale.ts");
  const sha256 = await askForSums(form, version);
  const origin = new URL(tarballUrl(form, version, "amd64")).origin;
  return {
    release: { version, sha256 },
    notes: [...told, `the sha256 of Tailscale ${version}'s tarballs comes from ${origin}`],
  };
}

async function versionFor({ version }: TailscaleChoice, form: string, lock: Lock | null): Promise<string> {
  const locked = lock?.tailscale?.version;
  if (version === undefined) return locked ?? pinnedTailscale.version;
  if (version !== "latest") return version;
  if (locked !== undefined && lock?.answers.tailscale?.version === "latest") return locked;
  const { askForNewest } = await import("../registry/tailscale.ts");
  return askForNewest(form);
}

/** The release that is known without asking, or null. A lock's checksums are used only for the same address, and not if the spec gave them. */
function sumsOf({ url, sha256 }: TailscaleChoice, version: string, lock: Lock | null): Sums | null {
  if (typeof sha256 === "string") return { amd64: sha256, arm64: sha256 };
  if (sha256 !== undefined) return sha256;
  if (version === pinnedTailscale.version) return pinnedTailscale.sha256;
  const before = lock?.answers.tailscale;
  const isSame = lock?.tailscale?.version === version && before?.url === url && before?.sha256 === undefined;
  return isSame ? lock!.tailscale!.sha256 : null;
}
