/** A small image registry over plain HTTP: manifests by name and tag, with what a client has to do before it gets one. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What it holds and asks for; may be changed while it runs. */
export interface ImageRegistryOptions {
  /** Manifests by `repository:tag`: of each its media type is in it. */
  readonly images: Record<string, object>;
  /** What it asks for: a bearer token that anybody gets, one that only a login gets, a login itself; or nothing. */
  auth?: "token" | "login" | "refresh" | "basic";
  /** `name:secret`. */
  readonly login?: string;
  /** Leaves the header with the digest out. */
  readonly silent?: true;
  /** Answers everything with this status. */
  status?: number;
}

/** A running registry. */
export interface ImageRegistry {
  /** Host and port, as a reference begins. */
  readonly host: string;
  /** Each request: `GET /v2/… 401`. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** An index of two platforms, or a manifest of one; each `of` gives another digest. */
export function manifest(kind: "index" | "manifest", of: string): object {
  return { schemaVersion: 2, mediaType: `application/vnd.oci.image.${kind}.v1+json`, annotations: { of } };
}

/** The digest of a manifest as the registry serves it. */
export function digestOf(manifest: object): string {
  return `sha256:${createHash("sha256").update(JSON.stringify(manifest)).digest("hex")}`;
}

/** Starts one on a free port of the loopback. */
export async function startImageRegistry(options: ImageRegistryOptions): Promise<ImageRegistry> {
  const requests: string[] = [];
  const token = "tok.en-1";
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const { status, headers = {}, text = "" } = answer(request, body);
      requests.push(`${request.method!} ${request.url!} ${status}`);
      response.writeHead(status, headers);
      response.end(request.method === "HEAD" ? undefined : text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  const answer = (
    { url = "", headers }: IncomingMessage,
    body: string,
  ): { status: number; headers?: Record<string, string>; text?: string } => {
    const { images, auth, login = "", silent, status } = options;
    if (status !== undefined) return { status };
    const basic = `Basic ${Buffer.from(login).toString("base64")}`;
    const { pathname, searchParams } = new URL(url, "http://x");
    if (pathname === "/token") {
      const refresh = new URLSearchParams(body);
      const isLate = auth === "refresh" && refresh.get("refresh_token") !== login;
      if (isLate || (auth === "login" && headers.authorization !== basic)) return { status: 401 };
      const scope = searchParams.get("scope") ?? refresh.get("scope");
      return scope?.startsWith("repository:") === true
        ? { status: 200, text: JSON.stringify(auth === "refresh" ? { access_token: token } : { token }) }
        : { status: 400 };
    }
    const [, repository = "", tag = ""] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(pathname) ?? [];
    const wanted = auth === undefined ? undefined : auth === "basic" ? basic : `Bearer ${token}`;
    if (wanted !== undefined && headers.authorization !== wanted) {
      const scope = `repository:${repository}:pull`;
      const challenge = auth === "basic" ? 'Basic realm="x"' : `Bearer realm="http://${host}/token",service="s",scope="${scope}"`;
      return { status: 401, headers: { "www-authenticate": challenge } };
    }
    const found = images[`${repository}:${tag}`];
    if (found === undefined) return { status: 404 };
    const type = (found as { mediaType: string }).mediaType;
    if (headers.accept?.includes(type) !== true) return { status: 406 };
    return {
      status: 200,
      headers: { "content-type": type, ...(silent !== true && { "docker-content-digest": digestOf(found) }) },
      text: JSON.stringify(found),
    };
  };

  return {
    host,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
