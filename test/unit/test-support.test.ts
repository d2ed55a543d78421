import { createHash } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type DnsServer, startDnsServer } from "../support/dns-server.ts";
import { type NpmRegistry, type NpmRegistryOptions, startNpmRegistry } from "../support/npm-registry.ts";

const curlMissing = (await execa("curl", ["--version"], { reject: false })).failed;

describe("npm registry", () => {
  let work: string;
  let tarballs: Record<"tool" | "scoped" | "app", Buffer>;
  let registry: NpmRegistry | undefined;

  const npm = (args: string[], cwd = work) => {
    const settings = {
      registry: registry!.origin,
      userconfig: join(work, "npmrc"),
      cache: join(work, "cache"),
      fetch_retries: "0",
    };
    const env = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`npm_config_${key}`, value]));
    return execa("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd,
      env: { ...env, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" },
      reject: false,
    });
  };
  const curl = async (url: string, ...args: string[]): Promise<{ status: string; body: Buffer }> => {
    const file = join(work, "body");
    const { stdout } = await execa("curl", [
      "--silent",
      "--noproxy",
      "*",
      "--output",
      file,
      "--write-out",
      "%{http_code}",
      ...args,
      url,
    ]);
    return { status: stdout, body: await readFile(file) };
  };
  const pack = async (manifest: Record<string, unknown>): Promise<Buffer> => {
    const folder = await mkdtemp(join(work, "source-"));
    await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
    await writeFile(join(folder, "index.js"), '#!/usr/bin/env node\nconsole.log("ran", ...process.argv.slice(2));\n');
    const { stdout } = await execa("npm", ["pack", "--ignore-scripts", "--loglevel=error"], { cwd: folder });
    return readFile(join(folder, stdout.trim()));
  };
  const start = async (options: Partial<NpmRegistryOptions> = {}): Promise<NpmRegistry> => {
    registry = await startNpmRegistry({
      packages: [
        { name: "tool", version: "1.2.2", tarball: tarballs.tool, manifest: {} },
        { name: "tool", version: "1.2.3", tarball: tarballs.tool },
        { name: "@some/scoped", version: "0.1.0", tarball: tarballs.scoped },
        { name: "create-app", version: "2.0.0", tarball: tarballs.app },
      ],
      ...options,
    });
    return registry;
  };

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), "aperture-env-registry-"));
    const [tool, scoped, app] = await Promise.all([
      pack({ name: "tool", version: "1.2.3" }),
      pack({ name: "@some/scoped", version: "0.1.0", dependencies: { tool: "^1.0.0" } }),
      pack({ name: "create-app", version: "2.0.0", bin: "index.js" }),
    ]);
    tarballs = { tool, scoped, app };
  });
  afterEach(async () => {
    await registry?.close();
    registry = undefined;
    await rm(join(work, "npmrc"), { force: true });
    await rm(join(work, "cache"), { recursive: true, force: true });
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  test("npm view tells versions and integrity, and 404 as from npm's own", async () => {
    await start();
    const { stdout } = await npm(["view", "tool", "versions", "dist-tags", "dist", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      versions: ["1.2.2", "1.2.3"],
      "dist-tags": { latest: "1.2.3" },
      dist: {
        integrity: `sha512-${createHash("sha512").update(tarballs.tool).digest("base64")}`,
        tarball: `${registry!.origin}/tool/-/tool-1.2.3.tgz`,
      },
    });
    expect((await npm(["view", "@some/scoped@0.1.0", "dependencies.tool"])).stdout).toBe("^1.0.0");
    expect((await npm(["view", "absent", "version"])).stderr).toContain("E404");
    // npm itself says nothing and succeeds here in some versions, and 404 in others
    expect((await npm(["view", "tool@9.9.9", "version"])).stdout).toBe("");
    expect((await npm(["pack", "tool@9.9.9"])).stderr).toContain("ETARGET");
    expect(registry!.requests).toContainEqual({ method: "GET", path: "/@some%2fscoped", authorization: null, status: 200 });
    expect(registry!.requests).toContainEqual({ method: "GET", path: "/absent", authorization: null, status: 404 });
  });

  test("npm pack, install and create", async () => {
    await start();
    const folder = await mkdtemp(join(work, "project-"));
    expect((await npm(["pack", "tool@1.2.3"], folder)).stdout).toBe("tool-1.2.3.tgz");
    expect(await readFile(join(folder, "tool-1.2.3.tgz"))).toEqual(tarballs.tool);
    await writeFile(join(folder, "package.json"), "{}");
    expect(await npm(["install", "@some/scoped"], folder)).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(await readFile(join(folder, "node_modules/tool/package.json"), "utf8"))).toMatchObject({
      version: "1.2.3",
    });
    expect((await npm(["create", "app@latest", "--yes", "--", "there"], folder)).stdout).toContain("ran there");
  });

  test.skipIf(curlMissing)("curl fetches tarballs and documents", async () => {
    const { origin } = await start();
    expect(await curl(`${origin}/tool/-/tool-1.2.3.tgz`)).toEqual({ status: "200", body: tarballs.tool });
    expect(await curl(`${origin}/@some/scoped/-/scoped-0.1.0.tgz`)).toEqual({ status: "200", body: tarballs.scoped });
    expect(JSON.parse(String((await curl(`${origin}/tool/latest`)).body))).toMatchObject({ name: "tool", version: "1.2.3" });
    const missing = [
      "/absent",
      "/tool/-/tool-9.9.9.tgz",
      "/tool/9.9.9",
      "/absent/-/absent-1.0.0.tgz",
      "/",
      "/%E0%A4%A",
      "/@some",
    ];
    expect(await Promise.all(missing.map(async (path) => (await fetch(origin + path)).status))).toEqual(missing.map(() => 404));
    // clients that reach the registry by another name get tarballs from there
    const { body } = await curl(`${origin}/tool/latest`, "--header", "host: registry.test:81");
    expect(JSON.parse(String(body))).toMatchObject({ dist: { tarball: "http://registry.test:81/tool/-/tool-1.2.3.tgz" } });
  });

  test("a token is needed for every request", async () => {
    const { origin, requests } = await start({ token: "secret" });
    expect((await npm(["view", "tool", "version"])).stderr).toContain("E401");
    await writeFile(join(work, "npmrc"), `${origin.slice("http:".length)}/:_authToken=secret\n`);
    expect((await npm(["view", "tool", "version"])).stdout).toBe("1.2.3");
    expect((await npm(["pack", "tool"], await mkdtemp(join(work, "packed-")))).exitCode).toBe(0);
    expect((await fetch(`${origin}/tool/-/tool-1.2.3.tgz`)).status).toBe(401);
    expect((await fetch(`${origin}/tool/-/tool-1.2.3.tgz`, { headers: { authorization: "Bearer wrong" } })).status).toBe(401);
    expect(requests.filter(({ authorization, status }) => (authorization === "Bearer secret") !== (status === 200))).toEqual([]);
    expect(requests).toContainEqual({ method: "GET", path: "/tool", authorization: "Bearer secret", status: 200 });
    expect(requests.at(-1)).toMatchObject({ authorization: "Bearer wrong", status: 401 });
  });

  test("npm is content with a tampered tarball, a checksum is not", async () => {
    await start({ tamper: true });
    const folder = await mkdtemp(join(work, "tampered-"));
    expect(await npm(["pack", "tool@1.2.3"], folder)).toMatchObject({ exitCode: 0 });
    const packed = await readFile(join(folder, "tool-1.2.3.tgz"));
    expect([...packed].filter((byte, index) => byte !== tarballs.tool[index])).toHaveLength(1);
    expect(gunzipSync(packed)).toEqual(gunzipSync(tarballs.tool));
    await writeFile(join(folder, "package.json"), "{}");
    expect(await npm(["install", "tool"], folder)).toMatchObject({ exitCode: 0 });
  });
});

describe("DNS server", () => {
  let server: DnsServer;
  let resolver: Resolver;

  beforeAll(async () => {
    server = await startDnsServer({ host: "127.0.0.1", records: { ai: "172.20.0.2", "ai.corp.test": "172.20.0.3" } });
    resolver = new Resolver({ timeout: 2_000, tries: 1 });
    resolver.setServers([`127.0.0.1:${server.port}`]);
  });
  afterAll(() => server.close());

  test("answers the names that it knows, denies the others and logs both", async () => {
    expect(await resolver.resolve4("ai")).toEqual(["172.20.0.2"]);
    expect(await resolver.resolve4("AI.corp.Test")).toEqual(["172.20.0.3"]);
    await expect(resolver.resolve6("ai")).rejects.toMatchObject({ code: "ENODATA" });
    await expect(resolver.resolve4("models.dev")).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(resolver.resolveTxt("ai.test")).rejects.toMatchObject({ code: "ENOTFOUND" });
    expect(server.queries).toEqual([
      { name: "ai", type: "A" },
      { name: "ai.corp.test", type: "A" },
      { name: "ai", type: "AAAA" },
      { name: "models.dev", type: "A" },
      { name: "ai.test", type: "TXT" },
    ]);
  });

  test("answers over TCP, also a message that arrives in parts, and drops what is none", async () => {
    const socket = connect(server.port, "127.0.0.1");
    const question = Buffer.from("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x02ai\x00\x00\x01\x00\x01", "latin1");
    socket.write(Buffer.from([0]));
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.write(Buffer.concat([Buffer.from([question.length]), question, Buffer.from([0, 3, 1, 2, 3])]));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const reply = Buffer.concat(chunks);
    expect(reply.readUInt16BE(0)).toBe(reply.length - 2);
    expect(reply.subarray(2, 6).toString("hex")).toBe("12348580");
    expect([...reply.subarray(-4)]).toEqual([172, 20, 0, 2]);
  });

  test("refuses a record that is not an IPv4 address", async () => {
    await expect(startDnsServer({ host: "127.0.0.1", records: { ai: "172.20.0.256" } })).rejects.toThrow("172.20.0.256 is not");
  });
});
