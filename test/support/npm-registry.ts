/** A small npm registry over plain HTTP: enough for npm's view, pack, create and install, and for a program that only fetches a tarball. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { posix } from "node:path";
import { gunzipSync } from "node:zlib";

/** One version of a package. Of several, the last one is `latest`. */
export interface PublishedPackage {
  readonly name: string;
  readonly version: string;
  readonly tarball: Buffer;
  /** What its package.json says; taken from the tarball where it is not given. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** What the registry serves, and how. */
export interface NpmRegistryOptions {
  readonly packages: readonly PublishedPackage[];
  /** Every request needs it as a bearer token. */
  readonly token?: string;
  /** The address to listen at, by default loopback; `0.0.0.0` for containers. */
  readonly host?: string;
  readonly port?: number;
  /** Serves tarballs with one byte changed and integrities that match, as a registry that someone broke into would. */
  readonly tamper?: boolean;
}

/** A request that was made, in the order of arrival. */
export interface RegistryRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly status: number;
}

/** A running registry. */
export interface NpmRegistry {
  /** As this machine sees it. Tarball addresses are made from what a client calls the registry, so containers can use another one. */
  readonly origin: string;
  readonly port: number;
  readonly requests: readonly RegistryRequest[];
  close(): Promise<void>;
}

interface Version {
  readonly file: string;
  readonly tarball: Buffer;
  readonly manifest: Readonly<Record<string, unknown>>;
}

interface Reply {
  readonly status: number;
  readonly body: object | string | Buffer;
}

const notFound: Reply = { status: 404, body: { error: "Not found" } };

/** Starts a registry. Port 0, the default, takes a free one. */
export async function startNpmRegistry(options: NpmRegistryOptions): Promise<NpmRegistry> {
  const { token, host = "127.0.0.1", port = 0, tamper = false } = options;
  const requests: RegistryRequest[] = [];
  const packages = new Map<string, Map<string, Version>>();
  for (const { name, version, tarball, manifest } of options.packages) {
    const versions = packages.get(name) ?? new Map<string, Version>();
    versions.set(version, {
      file: `${posix.basename(name)}-${version}.tgz`,
      tarball: tamper ? changeOneByte(tarball) : tarball,
      manifest: { ...(manifest ?? readManifest(tarball)), name, version },
    });
    packages.set(name, versions);
  }

  const server = createServer((request, response) => {
    request.resume();
    const { method = "GET", url = "/", headers } = request;
    const authorization = headers.authorization ?? null;
    const authorized = token === undefined || authorization === `Bearer ${token}`;
    const { status, body } = authorized ? answer(packages, request) : { status: 401, body: { error: "Unauthorized" } };
    requests.push({ method, path: url, authorization, status });
    const binary = Buffer.isBuffer(body);
    const bytes = binary ? body : Buffer.from(JSON.stringify(body));
    response.writeHead(status, {
      "content-type": binary ? "application/octet-stream" : "application/json",
      "content-length": bytes.length,
      ...(status === 401 && { "www-authenticate": "Bearer" }),
    });
    response.end(method === "HEAD" ? undefined : bytes);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });

  const { port: bound } = server.address() as AddressInfo;
  return {
    origin: `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${bound}`,
    port: bound,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  packages: ReadonlyMap<string, ReadonlyMap<string, Version>>,
  { method = "GET", url = "/", headers }: IncomingMessage,
): Reply {
  const origin = `http://${headers.host ?? "localhost"}`;
  const path = decodePath(new URL(url, origin).pathname);
  if (path === "/-/ping") return { status: 200, body: {} };
  // what `npm audit` and every `npm install` with audits ask
  if (method === "POST" && path === "/-/npm/v1/security/advisories/bulk") return { status: 200, body: {} };
  if (method !== "GET" && method !== "HEAD") return { status: 405, body: { error: "Method not allowed" } };

  const [, name, rest] = /^\/((?:@[^/]+\/)?[^/@-][^/]*)(?:\/(.+))?$/.exec(path) ?? [];
  const versions = packages.get(name ?? "");
  if (name === undefined || versions === undefined) return notFound;
  const latest = [...versions.keys()].at(-1)!;
  if (rest === undefined) {
    const manifests = [...versions].map(([version, entry]) => [version, describe(origin, name, entry)] as const);
    return { status: 200, body: { _id: name, name, "dist-tags": { latest }, versions: Object.fromEntries(manifests) } };
  }
  if (rest.startsWith("-/")) {
    const found = [...versions.values()].find(({ file }) => rest === `-/${file}`);
    return found === undefined ? notFound : { status: 200, body: found.tarball };
  }
  const entry = versions.get(rest === "latest" ? latest : rest);
  return entry === undefined
    ? { status: 404, body: `version not found: ${rest}` }
    : { status: 200, body: describe(origin, name, entry) };
}

/** npm escapes the slash of a scoped name. A path that cannot be decoded is nobody's. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}

function describe(origin: string, name: string, { file, tarball, manifest }: Version): object {
  return {
    ...manifest,
    _id: `${name}@${String(manifest["version"])}`,
    dist: {
      integrity: `sha512-${createHash("sha512").update(tarball).digest("base64")}`,
      shasum: createHash("sha1").update(tarball).digest("hex"),
      tarball: `${origin}/${name}/-/${file}`,
    },
  };
}

/** The same tarball to tar and gzip, not to a checksum: bytes 4 to 7 of a gzip file are a time that nobody reads. */
function changeOneByte(tarball: Buffer): Buffer {
  const changed = Buffer.from(tarball);
  changed[4] = changed[4]! ^ 0xff;
  return changed;
}

/** The package.json of an npm tarball. Every tar entry is a header of 512 bytes (name at 0, size in octal at 124) and blocks of data. */
function readManifest(tarball: Buffer): Record<string, unknown> {
  const tar = gunzipSync(tarball);
  for (let offset = 0; offset + 512 <= tar.length;) {
    const name = tar.toString("utf8", offset, offset + 100).replace(/\0.*$/s, "");
    const size = Number.parseInt(tar.toString("latin1", offset + 124, offset + 136), 8) || 0;
    const data = offset + 512;
    if (name === "package/package.json") return JSON.parse(tar.toString("utf8", data, data + size)) as Record<string, unknown>;
    offset = data + Math.ceil(size / 512) * 512;
  }
  throw new Error("the tarball has no package/package.json");
}
