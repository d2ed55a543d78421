/** Digests of images: what a reference means, and how a registry is asked, on registries of our own. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { arePins, isImageReference, pinImage, placeOfImage } from "../../src/catalog/image-reference.ts";
import { askForDigests, pinsOf } from "../../src/registry/images.ts";
import {
  digestOf,
  manifest,
  startImageRegistry,
  type ImageRegistry,
  type ImageRegistryOptions,
} from "../support/image-registry.ts";

const digest = `sha256:${"ab".repeat(32)}`;

describe("a reference", () => {
  test.each([
    ["debian:bookworm-slim", "docker.io", "library/debian", "bookworm-slim"],
    ["debian", "docker.io", "library/debian", "latest"],
    ["acme/dev:1", "docker.io", "acme/dev", "1"],
    ["docker.io/library/node:24", "docker.io", "library/node", "24"],
    ["index.docker.io/node:24", "docker.io", "library/node", "24"],
    ["mcr.microsoft.com/devcontainers/base:2-bookworm", "mcr.microsoft.com", "devcontainers/base", "2-bookworm"],
    ["localhost/dev", "localhost", "dev", "latest"],
    ["127.0.0.1:5000/acme/dev:1", "127.0.0.1:5000", "acme/dev", "1"],
  ])("%s", (reference, registry, repository, tag) => {
    expect(isImageReference(reference)).toBe(true);
    expect(placeOfImage(reference)).toEqual({ registry, repository, tag });
  });

  test("is pinned by its digest behind its tag, and nothing else is a map of pins", () => {
    expect(pinImage("node:24", { "node:24": digest })).toBe(`node:24@${digest}`);
    expect(pinImage("toString", {})).toBe("toString");
    expect(isImageReference(`node:24@${digest}`)).toBe(true);
    expect(arePins({ "node:24": digest })).toBe(true);
    for (const bad of [null, [digest], { "node 24": digest }, { "node:24": "sha256:1" }, { [`node@${digest}`]: digest }])
      expect(arePins(bad), JSON.stringify(bad)).toBe(false);
  });
});

describe("a registry", () => {
  let folder: string;
  let registry: ImageRegistry | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-images-"));
    mkdirSync(join(folder, "home", ".docker"), { recursive: true });
    mkdirSync(join(folder, "bin"));
  });
  afterEach(async () => {
    vi.unstubAllGlobals();
    await registry?.close();
    registry = undefined;
    config = null;
    rmSync(folder, { recursive: true, force: true });
  });

  const index = manifest("index", "dev");
  const images = { "acme/dev:1": index };

  /** What is said of `acme/dev:1`, or of another image. */
  async function ask(
    options: Partial<ImageRegistryOptions>,
    env: Record<string, string> = {},
    image = "acme/dev:1",
  ): Promise<string> {
    registry = await startImageRegistry({ images, ...options });
    if (config !== null) writeFileSync(join(folder, "home", ".docker", "config.json"), JSON.stringify(config(registry.host)));
    const reference = `${registry.host}/${image}`;
    const path = [join(folder, "bin"), process.env["PATH"]].join(delimiter);
    const variables = { HOME: join(folder, "home"), PATH: path, ...env };
    const answers = await askForDigests([reference], { target: join(folder, "repository"), env: variables });
    const found = answers.get(reference)!;
    expect(pinsOf(answers)).toEqual("digest" in found ? { [reference]: found.digest } : {});
    return "digest" in found ? found.digest : found.why.replaceAll(registry.host, "HOST");
  }

  /** Docker's configuration, for a registry by its host and port. */
  let config: ((host: string) => object) | null = null;
  const configure = (made: (host: string) => object): void => {
    config = made;
  };

  const auth = Buffer.from("user:pa:ss").toString("base64");

  test("gives the digest of the index for all platforms, by a HEAD request only", async () => {
    expect(await ask({})).toBe(digestOf(index));
    expect(registry!.requests).toEqual(["HEAD /v2/acme/dev/manifests/1 200"]);
  });

  test("for one platform gives the digest of its manifest; without a digest header, that of the bytes", async () => {
    const one = manifest("manifest", "one");
    expect(await ask({ images: { "acme/dev:1": one }, silent: true })).toBe(digestOf(one));
    expect(registry!.requests).toEqual(["HEAD /v2/acme/dev/manifests/1 200", "GET /v2/acme/dev/manifests/1 200"]);
  });

  test("is asked again with the token that it hands out to everybody", async () => {
    expect(await ask({ auth: "token" })).toBe(digestOf(index));
    expect(registry!.requests).toEqual([
      "HEAD /v2/acme/dev/manifests/1 401",
      "GET /token?service=s&scope=repository%3Aacme%2Fdev%3Apull 200",
      "HEAD /v2/acme/dev/manifests/1 200",
    ]);
  });

  test("names the missing login, or the one that is refused, without a secret in the message", async () => {
    expect(await ask({ auth: "login", login: "user:pa:ss" })).toBe("HOST asks for a login that Docker does not have here");
    await registry!.close();
    configure((host) => ({ auths: { [host]: { auth: Buffer.from("user:another").toString("base64") } } }));
    expect(await ask({ auth: "login", login: "user:pa:ss" })).toBe("HOST refuses the login that Docker has here");
  });

  test.each([
    ["auths", (host: string) => ({ auths: { [host]: { auth } } }), "login", "user:pa:ss"],
    [
      "auths with a scheme and a path",
      (host: string) => ({ auths: { [`http://${host}/v2/`]: { auth } } }),
      "login",
      "user:pa:ss",
    ],
    ["an identity token", (host: string) => ({ auths: { [host]: { identitytoken: "refresh-me" } } }), "refresh", "refresh-me"],
    ["a registry that takes the login itself", (host: string) => ({ auths: { [host]: { auth } } }), "basic", "user:pa:ss"],
  ] as const)("takes a login from Docker's configuration: %s", async (_, config, kind, login) => {
    configure(config);
    expect(await ask({ auth: kind, login })).toBe(digestOf(index));
  });

  test("takes a login from the variable that jobs of GitLab have", async () => {
    registry = await startImageRegistry({ images, auth: "login", login: "user:pa:ss" });
    const reference = `${registry.host}/acme/dev:1`;
    const config = JSON.stringify({ auths: { [registry.host]: { auth } } });
    const env = { HOME: join(folder, "home"), PATH: "", DOCKER_AUTH_CONFIG: config };
    const answers = await askForDigests([reference], { target: folder, env });
    expect(answers.get(reference)).toEqual({ digest: digestOf(index) });
  });

  test.skipIf(process.platform === "win32").each(["credHelpers", "credsStore"])(
    "asks the credential helper: %s",
    async (kind) => {
      const helper = join(folder, "bin", "docker-credential-vault");
      const script = [
        "#!/bin/sh",
        `cat >'${join(folder, "asked")}'`,
        `[ "$1" = get ] && echo '{"Username":"user","Secret":"pa:ss"}'`,
      ];
      writeFileSync(helper, `${script.join("\n")}\n`);
      chmodSync(helper, 0o755);
      configure((host) => (kind === "credsStore" ? { credsStore: "vault", auths: {} } : { credHelpers: { [host]: "vault" } }));
      expect(await ask({ auth: "login", login: "user:pa:ss" })).toBe(digestOf(index));
    },
  );

  test.skipIf(process.platform === "win32")("asks no helper that a repository brings, nor one that is a path", async () => {
    const bin = join(folder, "repository", "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "docker-credential-vault"), `#!/bin/sh\ntouch '${join(folder, "ran")}'\n`);
    chmodSync(join(bin, "docker-credential-vault"), 0o755);
    for (const name of ["vault", "../repository/bin/docker-credential-vault"]) {
      configure((host) => ({ credHelpers: { [host]: name } }));
      const said = await ask({ auth: "login", login: "user:pa:ss" }, { PATH: `${bin}${delimiter}${process.env["PATH"]!}` });
      expect(said).toContain("asks for a login");
      await registry!.close();
    }
    expect(() => rmSync(join(folder, "ran"))).toThrow();
  });

  test("is Docker Hub for a name without one, over https and with the official images in their folder", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (url: URL) => {
      asked.push(url.href);
      throw Object.assign(new TypeError("fetch failed"), { cause: { code: "ENOTFOUND" } });
    });
    const answers = await askForDigests(["debian:bookworm-slim"], { target: folder, env: { PATH: "" } });
    expect(asked).toEqual(["https://registry-1.docker.io/v2/library/debian/manifests/bookworm-slim"]);
    expect([...answers.values()]).toEqual([{ why: "docker.io could not be reached (ENOTFOUND)" }]);
  });

  test("that sends logins to a place without TLS gets none", async () => {
    vi.stubGlobal("fetch", async (url: URL) => {
      const realm = 'Bearer realm="http://elsewhere.example/token"';
      expect(url.host).toBe("registry.example");
      const response = new Response(null, { status: 401, headers: { "www-authenticate": realm } });
      return Object.defineProperty(response, "url", { value: url.href });
    });
    const answers = await askForDigests(["registry.example/dev:1"], { target: folder, env: { PATH: "" } });
    expect([...answers.values()]).toEqual([
      { why: "registry.example sends logins to http://elsewhere.example, which is not https" },
    ]);
  });

  test("that redirects to plain http elsewhere is not believed", async () => {
    vi.stubGlobal("fetch", async () =>
      Object.defineProperty(new Response(null, { headers: { "docker-content-digest": digest } }), "url", {
        value: "http://elsewhere.example/v2/",
      }),
    );
    const answers = await askForDigests(["registry.example/dev:1"], { target: folder, env: { PATH: "" } });
    expect([...answers.values()]).toEqual([{ why: "registry.example leads to elsewhere.example, which is not https" }]);
  });

  test.each([
    [404, "HOST does not have it"],
    [429, "HOST was asked too often"],
    [503, "HOST answered with status 503"],
  ])("that answers with %i is a word, not an error", async (status, why) => {
    expect(await ask({ status })).toBe(why);
  });

  test.each(["no JSON", "null", "[]", '{"token":{}}', '{"token":"two\\nlines"}'])(
    "that gives %j for a token gives none",
    async (token) => {
      vi.stubGlobal("fetch", async (url: URL) => {
        const challenge = { "www-authenticate": 'Bearer realm="https://registry.example/token"' };
        const isToken = url.pathname === "/token";
        return Object.defineProperty(
          new Response(isToken ? token : null, isToken ? {} : { status: 401, headers: challenge }),
          "url",
          {
            value: url.href,
          },
        );
      });
      const answers = await askForDigests(["registry.example/dev:1"], { target: folder, env: { PATH: "" } });
      expect([...answers.values()]).toEqual([{ why: "registry.example gave no token" }]);
    },
  );

  test("that says nonsense for a digest, or never stops, gives none", async () => {
    const answer = (body: ReadableStream | null, headers: Record<string, string>): unknown =>
      vi.stubGlobal("fetch", async (url: URL) =>
        Object.defineProperty(new Response(body, { headers }), "url", { value: url.href }),
      );
    const why = async (): Promise<unknown> =>
      [...(await askForDigests(["registry.example/dev:1"], { target: folder, env: { PATH: "" } })).values()][0];
    answer(null, { "docker-content-digest": "sha256:../../x" });
    expect(await why()).toEqual({ why: "registry.example names no sha256 digest" });
    const piece = new Uint8Array(1024 * 1024);
    answer(new ReadableStream({ pull: (controller) => controller.enqueue(piece) }), {});
    expect(await why()).toEqual({ why: "registry.example says too much" });
  });
});
