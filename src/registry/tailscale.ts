/**
 * Asks the server of Tailscale's tarballs, or a mirror of it, for the newest version (`TarballsVersion` of `?mode=json`) and for each tarball's sha256
 * (`<tarball>.sha256`, 64 digits). Both forms are the vendor's (pkgs.tailscale.com/stable).
 */
import type { Architecture } from "../catalog/release.ts";
import { architectures, isSum, isTailscaleVersion, pinnedTailscale, tarballUrl, type Sums } from "../catalog/tailscale.ts";
import { environmentError, usageError } from "../errors.ts";

/** How long one answer may take, in milliseconds. */
const patience = 10_000;

/** A longer answer is not theirs. */
const longest = 200_000;

/** The request function; tests replace it and need no server. */
export type Fetch = (url: string) => Promise<{ readonly status: number; readonly text: string }>;

const instead = `Take ${pinnedTailscale.version}, which this version pins, or write aperture.tailscale: { version: …, sha256: { amd64: …, arm64: … } } into the spec: then nobody is asked.`;

/** The newest version. Throws exit 4 if the server does not give one. */
export async function askForNewest(form: string, ask: Fetch = fetchText): Promise<string> {
  const url = new URL("./?mode=json", tarballUrl(form, pinnedTailscale.version, "amd64")).href;
  const { status, text } = await asked(url, ask);
  const version = status === 200 ? versionIn(text) : null;
  if (version !== null) return version;
  throw environmentError("no-release", `${originOf(url)} does not say which version of Tailscale is the newest.`, instead);
}

function versionIn(text: string): string | null {
  try {
    const { TarballsVersion: version } = JSON.parse(text) as { readonly TarballsVersion?: unknown };
    return isTailscaleVersion(version) ? version : null;
  } catch {
    return null;
  }
}

/** The sha256 sums of a version's tarballs, as far as they exist. Throws exit 2 if there is none, exit 4 if the server does not answer. */
export async function askForSums(form: string, version: string, ask: Fetch = fetchText): Promise<Sums> {
  const found = await Promise.all(
    architectures.map(async (arch): Promise<readonly [Architecture, string] | null> => {
      const { status, text } = await asked(`${tarballUrl(form, version, arch)}.sha256`, ask);
      const sum = text.trim().split(/\s+/)[0]?.toLowerCase();
      return status === 200 && isSum(sum) ? [arch, sum] : null;
    }),
  );
  const sums = Object.fromEntries(found.filter((entry) => entry !== null));
  if (Object.keys(sums).length > 0) return sums;
  const where = originOf(tarballUrl(form, version, "amd64"));
  throw usageError("no-such-version", `${where} states no sha256 for Tailscale ${version}.`, instead);
}

async function asked(url: string, ask: Fetch): ReturnType<Fetch> {
  try {
    return await ask(url);
  } catch {
    throw environmentError(
      "no-answer",
      `${originOf(url)} did not answer within ${patience / 1000} seconds, and its checksums of Tailscale's tarballs are needed.`,
      instead,
    );
  }
}

function originOf(url: string): string {
  return new URL(url).origin;
}

/** The body of an answer, cut off if it is too long. */
async function fetchText(url: string): ReturnType<Fetch> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(patience), headers: { accept: "*/*" } });
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of answer.body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true });
    if (text.length > longest) break;
  }
  return { status: answer.status, text };
}
