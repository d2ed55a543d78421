/**
 * Asks image registries for digests, over the API that all of them have (github.com/opencontainers/distribution-spec, "Pulling manifests"), with the
 * token flow of distribution.github.io/distribution/spec/auth/token. It only sends HEAD requests for manifests, which Docker Hub does not count as pulls.
 */
import { createHash } from "node:crypto";
import { arePins, isDigest, placeOfImage, type Pins } from "../catalog/image-reference.ts";
import { isRecord, isText } from "../forms.ts";
import { lockPath, type Lock } from "../lock/lock.ts";
import type { Observation } from "../plan/observation.ts";
import type { Surroundings } from "../repo/spawn.ts";
import { generatorVersion } from "../version.ts";
import { openLogins, type FindLogin, type Login } from "./docker-credentials.ts";

/** A registry's answer for one image: its digest, or the reason why none is known, as the end of a sentence. */
export type Answered = { readonly digest: string } | { readonly why: string };

/** An index of all platforms comes first, so that the digest holds on every one; a manifest is given where there is no index. */
const accepted = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** How long all registries together may take, in milliseconds. */
const patience = 10_000;

/** The largest manifest (the specification's own limit) and the largest answer with a token, in bytes. */
const mostBytes = 4 * 1024 * 1024;

/** Asks for the digests of images, whose references have tags and no digests. Never throws, and takes at most ten seconds. */
export async function askForDigests(references: readonly string[], here: Surroundings): Promise<ReadonlyMap<string, Answered>> {
  const signal = AbortSignal.timeout(patience);
  const findLogin = openLogins(here);
  const answers = references.map(async (reference) => [reference, await ask(reference, findLogin, signal)] as const);
  return new Map(await Promise.all(answers));
}

/** Which digests in a lock are outdated at their registries, and a note about those that could not be checked. */
export async function findMoved({ pins = {} }: Lock, here: Surroundings): Promise<Observation[]> {
  const answers = await askForDigests(Object.keys(pins), here);
  return [...answers].flatMap(([reference, answer]): Observation[] => {
    if ("why" in answer)
      return [
        {
          path: lockPath,
          state: "unasked",
          message: `${reference} could not be checked for a newer digest: ${answer.why}`,
          hint: null,
        },
      ];
    if (answer.digest === pins[reference]) return [];
    const message = `${reference} is now ${answer.digest}, and this has ${pins[reference]!}`;
    return [{ path: lockPath, state: "outdated", message, hint: "run  npx create-aperture-env update --pins" }];
  });
}

/** The digests that registries gave. */
export function pinsOf(answers: ReadonlyMap<string, Answered>): Pins {
  const pins = Object.fromEntries(
    [...answers].flatMap(([reference, found]) => ("digest" in found ? [[reference, found.digest]] : [])),
  );
  return arePins(pins) ? pins : {};
}

class Refused extends Error {}

async function ask(reference: string, findLogin: FindLogin, signal: AbortSignal): Promise<Answered> {
  const { registry, repository, tag } = placeOfImage(reference);
  const origin =
    registry === "docker.io" ? "https://registry-1.docker.io" : `${isLoopback(registry) ? "http" : "https"}://${registry}`;
  const url = new URL(`${origin}/v2/${repository}/manifests/${tag}`);
  let login: Login | null = null;
  try {
    const request = (method: string, authorization: string | null): Promise<Response> =>
      send(url, { method, headers: { accept: accepted, ...(authorization !== null && { authorization }) }, signal });
    let authorization: string | null = null;
    let response = await request("HEAD", null);
    if (response.status === 401) {
      const challenge = response.headers.get("www-authenticate") ?? "";
      login = await findLogin(registry);
      authorization = await authorize(challenge, url, repository, login, signal);
      response = await request("HEAD", authorization);
    }
    if (response.ok && !response.headers.has("docker-content-digest")) response = await request("GET", authorization);
    refuseStatus(response, registry, login);
    const stated = response.headers.get("docker-content-digest");
    const digest =
      stated ??
      `sha256:${createHash("sha256")
        .update(await readBody(response))
        .digest("hex")}`;
    if (!isDigest(digest)) throw new Refused(`${registry} names no sha256 digest`);
    return { digest };
  } catch (error) {
    return { why: error instanceof Refused ? error.message : `${registry} could not be reached (${reasonOf(error)})` };
  }
}

function refuseStatus({ status }: Response, registry: string, login: Login | null): void {
  if (status === 401 || status === 403)
    throw new Refused(
      login === null
        ? `${registry} asks for a login that Docker does not have here`
        : `${registry} refuses the login that Docker has here`,
    );
  if (status === 404) throw new Refused(`${registry} does not have it`);
  if (status === 429) throw new Refused(`${registry} was asked too often`);
  if (status !== 200) throw new Refused(`${registry} answered with status ${status}`);
}

/** Answers a registry's challenge, and gives the header to send; null for an unknown kind. */
async function authorize(
  challenge: string,
  registry: URL,
  repository: string,
  login: Login | null,
  signal: AbortSignal,
): Promise<string | null> {
  const basic = login === null ? null : `Basic ${Buffer.from(`${login.name}:${login.secret}`).toString("base64")}`;
  if (/^basic\b/i.test(challenge)) return basic;
  const fields = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]));
  if (!/^bearer\b/i.test(challenge) || !URL.canParse(fields["realm"] ?? "")) return null;
  const realm = new URL(fields["realm"]!);
  // A login is sent over TLS only, or to this machine itself.
  if (realm.protocol !== "https:" && !(isLoopback(registry.host) && isLoopback(realm.host)))
    throw new Refused(`${registry.host} sends logins to ${realm.origin}, which is not https`);
  const asked = { service: fields["service"] ?? "", scope: fields["scope"] ?? `repository:${repository}:pull` };
  const isRefresh = login?.name === "<token>";
  for (const [name, value] of Object.entries(asked)) if (!isRefresh) realm.searchParams.set(name, value);
  const refresh = { grant_type: "refresh_token", client_id: "create-aperture-env", refresh_token: login?.secret ?? "", ...asked };
  const response = await send(
    realm,
    isRefresh
      ? { method: "POST", body: new URLSearchParams(refresh), signal }
      : { headers: basic === null ? {} : { authorization: basic }, signal },
  );
  refuseStatus(response, realm.host, login);
  const token = readToken((await readBody(response)).toString());
  if (token === null) throw new Refused(`${realm.host} gave no token`);
  return `Bearer ${token}`;
}

/** The token of an answer, which is called `token`, `access_token` or both; null where there is none. */
function readToken(text: string): string | null {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  const token = isRecord(answer) ? (answer["access_token"] ?? answer["token"]) : null;
  return isText(token) && /^[\w.~+/=-]+$/.test(token) ? token : null;
}

/** Follows redirects, but accepts no answer over plain http from another machine. Node drops the login if the host changes. */
async function send(url: URL, request: RequestInit): Promise<Response> {
  const headers = { "user-agent": `create-aperture-env/${generatorVersion}`, ...(request.headers as Record<string, string>) };
  const response = await fetch(url, { ...request, headers });
  const { protocol, host } = new URL(response.url);
  if (protocol !== "https:" && !isLoopback(host)) throw new Refused(`${url.host} leads to ${host}, which is not https`);
  return response;
}

async function readBody(response: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    const bytes = part as Uint8Array;
    size += bytes.length;
    if (size > mostBytes) throw new Refused(`${new URL(response.url).host} says too much`);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host);
}

function reasonOf(error: unknown): string {
  const { name, cause, message } = error as Error & { readonly cause?: { readonly code?: string } };
  return name === "TimeoutError" ? "no answer in time" : (cause?.code ?? message);
}
