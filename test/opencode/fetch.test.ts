/** The generated `fetch.sh` against a registry on loopback that has a small package in place of OpenCode's. */
import { createHash } from "node:crypto";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer as createPlainServer, type Server } from "node:http";
import { createServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { platforms, type Release } from "../../src/catalog/release.ts";
import { whyNotHere } from "../../src/scripts/install-locally.ts";
import { startNpmRegistry, type NpmRegistry, type NpmRegistryOptions } from "../support/npm-registry.ts";
import { findProgram, makeFolder, makePlace, removeFolders, run, writeFeature, type Place, type Ran } from "./environment.ts";
import { skips } from "../support/skips.ts";

const version = "1.2.3";
const token = "npm_token_for_this_test";
const binaryText = "#!/bin/sh\necho this is the binary of $0\n";

/** The fetchers, each with the programs that it needs beside those of every run. */
const fetchers = { npm: ["npm", "node", "env"], curl: ["curl"], wget: ["wget"] } as const;
type Fetcher = keyof typeof fetchers;
const needed = ["sh", "dirname", "uname", "mktemp", "rm", "cat", "sha512sum", "mkdir", "tar", "gzip", "install", "chmod"];

const notHere = whyNotHere() ?? missing(needed);
const installed = Object.keys(fetchers).filter((name) => findProgram(name) !== null) as Fetcher[];
for (const name of Object.keys(fetchers).filter((each) => !installed.includes(each as Fetcher)))
  skips(`fetching by ${name}`, "it is not installed");

function missing(names: readonly string[]): string | null {
  const gone = names.filter((name) => findProgram(name) === null);
  return gone.length === 0 ? null : `${gone.join(", ")} cannot be found`;
}

describe.skipIf(skips("fetch.sh", notHere))("fetch.sh", () => {
  /** Packages by platform, as fetch.sh names one: `amd64-glibc`. All have the same tarball but for a name in it. */
  const packages = Object.entries(platforms).map(([name, platform]) => ({
    name,
    platform,
    key: `${platform.arch}-${platform.libc}`,
  }));
  const here = process.arch === "arm64" ? "arm64" : "amd64";
  const wanted = packages.find(({ key }) => key === `${here}-glibc`)!;
  const tarballs = new Map<string, Buffer>();
  const hexOf = (bytes: Buffer): string => createHash("sha512").update(bytes).digest("hex");
  let feature: string;
  let paths: Readonly<Record<Fetcher | "none", string>>;
  const open: { close(): unknown }[] = [];

  beforeAll(async () => {
    for (const { name } of packages) {
      const folder = makeFolder();
      mkdirSync(join(folder, "package", "bin"), { recursive: true });
      writeFileSync(join(folder, "package", "package.json"), JSON.stringify({ name, version }));
      writeFileSync(join(folder, "package", "bin", "opencode"), `${binaryText}# ${name}\n`, { mode: 0o644 });
      await execa("tar", ["-czf", "package.tgz", "package"], { cwd: folder });
      tarballs.set(name, readFileSync(join(folder, "package.tgz")));
    }
    const release: Release = {
      version,
      packages: Object.fromEntries(
        packages.map(({ name, platform }) => [
          name,
          { ...platform, integrity: `sha512-${Buffer.from(hexOf(tarballs.get(name)!), "hex").toString("base64")}` },
        ]),
      ),
    };
    feature = writeFeature({}, release);
    paths = {
      none: pathOf([]),
      npm: pathOf(fetchers.npm),
      curl: pathOf(fetchers.curl),
      wget: pathOf(fetchers.wget),
    };
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });
  afterAll(removeFolders);

  /** A folder with only those programs and what every run needs. */
  const pathOf = (names: readonly string[], without: readonly string[] = []): string => {
    const folder = makeFolder();
    for (const name of [...needed, ...names].filter((each) => !without.includes(each))) {
      const program = findProgram(name);
      if (program !== null) symlinkSync(name === "node" ? process.execPath : program, join(folder, name));
    }
    return folder;
  };

  const registry = async (options: Partial<NpmRegistryOptions> = {}): Promise<NpmRegistry> => {
    const started = await startNpmRegistry({
      packages: packages.map(({ name }) => ({ name, version, tarball: tarballs.get(name)! })),
      ...options,
    });
    open.push(started);
    return started;
  };

  interface Fetched extends Ran {
    /** What the target folder holds, or null where there is none. */
    readonly files: readonly string[] | null;
    /** What the temporary folder holds in the end. */
    readonly left: readonly string[];
    readonly folder: string;
  }

  const fetchWith = async (
    fetcher: Fetcher | "none",
    env: Readonly<Record<string, string>>,
    { place = makePlace(), from = feature }: { readonly place?: Place; readonly from?: string } = {},
  ): Promise<Fetched> => {
    const folder = join(place.work, "a folder", "of its own");
    const ran = await run(["sh", join(from, "opencode", "fetch.sh"), folder], {
      place,
      env: { PATH: paths[fetcher], TARGETARCH: here, APERTURE_ENV_LIBC: "glibc", ...env },
    });
    return { ...ran, folder, files: existsSync(folder) ? readdirSync(folder).sort() : null, left: readdirSync(place.tmp) };
  };

  const expectInstalled = (fetched: Fetched, fetcher: Fetcher, { name } = wanted): void => {
    expect(fetched.exitCode, fetched.stderr).toBe(0);
    expect(fetched).toMatchObject({ files: ["opencode", "opencode.version"], left: [] });
    expect(readFileSync(join(fetched.folder, "opencode"), "utf8")).toBe(`${binaryText}# ${name}\n`);
    expect(readFileSync(join(fetched.folder, "opencode.version"), "utf8")).toBe(`${version}\n`);
    expect(statSync(join(fetched.folder, "opencode")).mode & 0o777).toBe(0o755);
    expect(statSync(join(fetched.folder, "opencode.version")).mode & 0o777).toBe(0o644);
    expect(fetched.stdout).toBe(`aperture-env: OpenCode ${version} (${name}, sha512 checked, by ${fetcher})\n`);
  };

  const expectNothing = (fetched: Fetched, message: RegExp): void => {
    expect(fetched).toMatchObject({ exitCode: 1, stdout: "", files: null, left: [] });
    expect(fetched.stderr).toMatch(message);
  };

  describe.each(installed)("by %s", (fetcher) => {
    test("installs what was pinned, and nothing but", async () => {
      const from = await registry();
      expectInstalled(await fetchWith(fetcher, { REGISTRY: `${from.origin}/` }), fetcher);
      expect(from.requests.at(-1)).toMatchObject({ path: `/${wanted.name}/-/${wanted.name}-${version}.tgz`, status: 200 });
    });

    test("a tampered package ends with the pinned and the actual checksum, and nothing is installed", async () => {
      const from = await registry({ tamper: true });
      const fetched = await fetchWith(fetcher, { REGISTRY: from.origin });
      expectNothing(fetched, /the checksum of .* is wrong, so it was not installed/);
      const pinned = hexOf(tarballs.get(wanted.name)!);
      const [, said, found] = /\n {2}pinned sha512 (\w+)\n {2}found {2}sha512 (\w+)\n$/.exec(fetched.stderr) ?? [];
      expect(said).toBe(pinned);
      expect(found).toMatch(/^[0-9a-f]{128}$/);
      expect(found).not.toBe(pinned);
    });

    test("a version that the registry does not have", async () => {
      const from = await registry({ packages: [{ name: wanted.name, version: "9.9.9", tarball: tarballs.get(wanted.name)! }] });
      expectNothing(await fetchWith(fetcher, { REGISTRY: from.origin }), new RegExp(`aperture-env: ${fetcher} could not fetch`));
    });

    test("a registry that nobody answers for", async () => {
      const from = await registry();
      await from.close();
      expectNothing(
        await fetchWith(fetcher, { REGISTRY: from.origin, npm_config_fetch_retries: "0" }),
        new RegExp(`aperture-env: ${fetcher} could not fetch`),
      );
    });

    test("interrupted in the middle of the download, it leaves nothing", async () => {
      const from = await stallingRegistry();
      for (const signal of ["SIGTERM", "SIGINT"] as const) {
        const place = makePlace();
        const arrived = once(from.server, "download");
        const started = spawn("sh", [join(feature, "opencode", "fetch.sh"), join(place.work, "target")], {
          cwd: place.work,
          env: {
            PATH: paths[fetcher],
            HOME: place.home,
            TMPDIR: place.tmp,
            REGISTRY: from.origin,
            TARGETARCH: here,
            APERTURE_ENV_LIBC: "glibc",
          },
          stdio: "ignore",
          detached: true,
        });
        const ended = once(started, "exit");
        await arrived;
        expect(readdirSync(place.tmp)).not.toEqual([]);
        // to all of them, as a terminal and an image builder do
        process.kill(-started.pid!, signal);
        const [status, by] = (await ended) as [number | null, string | null];
        expect(status ?? by).not.toBe(0);
        expect(readdirSync(place.tmp)).toEqual([]);
        expect(readdirSync(place.work)).toEqual([]);
      }
    });
  });

  /** A registry whose tarballs begin and do not end; its server emits `download` then. */
  const stallingRegistry = async (): Promise<{ readonly origin: string; readonly server: Server }> => {
    const behind = await registry();
    const server = createPlainServer((request, response) => {
      if (request.url!.endsWith(".tgz")) {
        response.writeHead(200, { "content-length": "1000000" });
        response.write("half of it", () => setTimeout(() => server.emit("download"), 50));
        return;
      }
      void fetch(behind.origin + request.url!).then(async (reply) => {
        const text = (await reply.text()).replaceAll(behind.origin, origin);
        response.writeHead(reply.status, { "content-type": "application/json" }).end(text);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    open.push({
      close: () => {
        server.closeAllConnections();
        server.close();
      },
    });
    return { origin, server };
  };

  describe.skipIf(!installed.includes("npm"))("by npm and its own configuration", () => {
    const npmrc = (place: Place, ...lines: string[]): void =>
      writeFileSync(join(place.home, ".npmrc"), lines.map((line) => `${line}\n`).join(""));

    test("a registry and a token in .npmrc are used, and the token is in no output and no file", async () => {
      const from = await registry({ token });
      const place = makePlace();
      npmrc(place, `registry=${from.origin}/`, `//127.0.0.1:${from.port}/:_authToken=${token}`);
      const fetched = await fetchWith("npm", {}, { place });
      expectInstalled(fetched, "npm");
      expect(from.requests.every(({ authorization }) => authorization === `Bearer ${token}`)).toBe(true);
      expect(fetched.stdout + fetched.stderr).not.toContain(token);
      const written = spawnSync("grep", ["-rl", token, place.home, place.work, place.tmp], { encoding: "utf8" }).stdout;
      expect(written).toBe(`${join(place.home, ".npmrc")}\n`);
      expect(readdirSync(place.home)).toEqual([".npmrc"]);
    });

    test("without the token it says how to give one", async () => {
      const from = await registry({ token });
      expectNothing(await fetchWith("npm", { REGISTRY: from.origin }), /--secret id=npmrc,src=/);
    });

    test("REGISTRY wins over the registry of .npmrc", async () => {
      const [from, other] = [await registry(), await registry()];
      const place = makePlace();
      npmrc(place, `registry=${other.origin}/`);
      expectInstalled(await fetchWith("npm", { REGISTRY: from.origin }, { place }), "npm");
      expect(other.requests).toEqual([]);
    });
  });

  describe("platforms", () => {
    const fetcher = installed.find((each) => each !== "npm") ?? "npm";

    test.each(
      packages.flatMap((each) => {
        const names = each.platform.arch === "amd64" ? ["amd64", "x86_64"] : ["arm64", "aarch64"];
        return names.map((arch) => [arch, each.platform.libc, each.name] as const);
      }),
    )("%s with %s is %s", async (arch, libc, name) => {
      const from = await registry();
      const fetched = await fetchWith(fetcher, { REGISTRY: from.origin, TARGETARCH: arch, APERTURE_ENV_LIBC: libc });
      expectInstalled(
        fetched,
        fetcher,
        packages.find((each) => each.name === name),
      );
    });

    test("this machine's own where nothing is said", async () => {
      const from = await registry();
      const glibc = existsSync("/lib64/ld-linux-x86-64.so.2") || existsSync("/lib/ld-linux-aarch64.so.1");
      const fetched = await fetchWith(fetcher, { REGISTRY: from.origin, TARGETARCH: "", APERTURE_ENV_LIBC: "" });
      expectInstalled(
        fetched,
        fetcher,
        packages.find(({ key }) => key === `${here}-${glibc ? "glibc" : "musl"}`),
      );
    });

    test.each([
      ["riscv64", "glibc"],
      ["amd64", "uclibc"],
      ["*", "*"],
    ])("%s with %s is none, and says so before anything is asked", async (arch, libc) => {
      const from = await registry();
      const fetched = await fetchWith(fetcher, { REGISTRY: from.origin, TARGETARCH: arch, APERTURE_ENV_LIBC: libc });
      expectNothing(fetched, /^aperture-env: OpenCode 1\.2\.3 has no package for /);
      expect(fetched.stderr).toContain(`for ${arch} with ${libc}.`);
      expect(from.requests).toEqual([]);
    });
  });

  describe("what is missing", () => {
    test("no npm, curl or wget", async () => {
      const from = await registry();
      expectNothing(
        await fetchWith("none", { REGISTRY: from.origin }),
        new RegExp(`^aperture-env: this image has no npm, curl or wget to fetch ${wanted.name} with\\.\n$`),
      );
    });

    test.each([[["tar"]], [["gzip"]], [["tar", "gzip", "install", "sha512sum"]]])(
      "%j: all of them at once, before anything is asked",
      async (without) => {
        const from = await registry();
        const PATH = pathOf(fetchers[installed[0]!], without);
        expectNothing(
          await fetchWith(installed[0]!, { REGISTRY: from.origin, PATH }),
          new RegExp(
            `^aperture-env: this image lacks ${without.join(" ")}, [^\n]*: install the packages tar, gzip and coreutils in it first\\.\n$`,
          ),
        );
        expect(from.requests).toEqual([]);
      },
    );

    test.skipIf(!installed.includes("curl"))("a registry for curl", async () => {
      expectNothing(
        await fetchWith("curl", { REGISTRY: "" }),
        /no npm, and no registry is known .*: set the option registry of the Feature\.\n$/,
      );
    });

    test("the binary in the package", async () => {
      const folder = makeFolder();
      mkdirSync(join(folder, "package"));
      writeFileSync(join(folder, "package", "package.json"), JSON.stringify({ name: wanted.name, version }));
      await execa("tar", ["-czf", "package.tgz", "package"], { cwd: folder });
      const tarball = readFileSync(join(folder, "package.tgz"));
      const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
      const own = writeFeature({}, { version, packages: { [wanted.name]: { ...wanted.platform, integrity } } });
      const from = await registry({ packages: [{ name: wanted.name, version, tarball }] });
      const fetched = await fetchWith(installed[0]!, { REGISTRY: from.origin }, { from: own });
      expect(fetched.exitCode).not.toBe(0);
      expect(fetched).toMatchObject({ files: null, left: [] });
    });
  });

  describe.skipIf(skips("fetch.sh with a CA of its own", missing(["openssl"])))(
    "a registry with a certificate of a company's CA",
    () => {
      let own: string;
      let other: string;
      let companyCa: string;
      let keys: { readonly key: Buffer; readonly cert: Buffer };

      beforeAll(async () => {
        const folder = makeFolder();
        const openssl = (...args: string[]): Promise<unknown> => execa("openssl", args, { cwd: folder });
        const makeCa = (name: string): Promise<unknown> =>
          openssl(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            `/CN=${name}`,
            "-keyout",
            `${name}.key`,
            "-out",
            `${name}.crt`,
          );
        await Promise.all([makeCa("company"), makeCa("another")]);
        await openssl(
          "req",
          "-newkey",
          "rsa:2048",
          "-nodes",
          "-subj",
          "/CN=registry",
          "-keyout",
          "server.key",
          "-out",
          "server.csr",
        );
        writeFileSync(join(folder, "extensions"), "subjectAltName=IP:127.0.0.1\n");
        await openssl(
          ..."x509 -req -in server.csr -CA company.crt -CAkey company.key -CAcreateserial -days 2 -extfile extensions -out server.crt".split(
            " ",
          ),
        );
        keys = { key: readFileSync(join(folder, "server.key")), cert: readFileSync(join(folder, "server.crt")) };
        own = makeFolder();
        await execa("cp", ["-R", `${feature}/.`, own]);
        mkdirSync(join(own, "opencode", "certs"));
        companyCa = join(folder, "company.crt");
        other = makeFolder();
        await execa("cp", ["-R", `${feature}/.`, other]);
        mkdirSync(join(other, "opencode", "certs"));
        copyFileSync(join(folder, "another.crt"), join(other, "opencode", "certs", "another.crt"));
        // the one that is needed comes second, and its file does not end its last line
        writeFileSync(join(own, "opencode", "certs", "a.crt"), readFileSync(join(folder, "another.crt"), "utf8").trimEnd());
        writeFileSync(join(own, "opencode", "certs", "b.crt"), readFileSync(join(folder, "company.crt"), "utf8").trimEnd());
      });

      /** The registry behind TLS; addresses of tarballs lead to it, too. */
      const tlsRegistry = async (): Promise<string> => {
        const behind = await registry();
        const server: TlsServer = createServer(keys, (request, response) => {
          void fetch(behind.origin + request.url!).then(async (reply) => {
            const bytes = Buffer.from(await reply.arrayBuffer());
            const json = reply.headers.get("content-type") === "application/json";
            const body = json ? bytes.toString("utf8").replaceAll(behind.origin, origin) : bytes;
            response.writeHead(reply.status, { "content-type": reply.headers.get("content-type")! }).end(body);
          });
        });
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
        const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
        open.push({
          close: () => {
            server.closeAllConnections();
            server.close();
          },
        });
        return origin;
      };

      test.each(installed)("is trusted by %s with certs/*.crt", async (fetcher) => {
        expectInstalled(await fetchWith(fetcher, { REGISTRY: await tlsRegistry() }, { from: own }), fetcher);
      });

      test.skipIf(!installed.includes("npm"))(
        "is trusted by npm also where its configuration has a cafile, which is another one",
        async () => {
          const place = makePlace();
          writeFileSync(join(place.home, ".npmrc"), `cafile=${join(own, "opencode", "certs", "a.crt")}\n`);
          expectInstalled(await fetchWith("npm", { REGISTRY: await tlsRegistry() }, { place, from: own }), "npm");
        },
      );

      describe("is trusted as in the base image, also with another CA in certs/*.crt", () => {
        const quoted = (file: string): string => JSON.stringify(readFileSync(file, "utf8"));
        const ways: readonly (readonly [
          what: string,
          fetcher: Fetcher,
          env: () => Record<string, string>,
          npmrc: () => readonly string[],
        ])[] = [
          ["npm by NODE_EXTRA_CA_CERTS", "npm", () => ({ NODE_EXTRA_CA_CERTS: companyCa }), () => []],
          ["npm by its own cafile", "npm", () => ({}), () => [`cafile=${companyCa}`]],
          ["npm by a CA as text", "npm", () => ({}), () => [`ca=${quoted(companyCa)}`]],
          [
            "npm by several CAs as text",
            "npm",
            () => ({}),
            () => [`ca[]=${quoted(join(own, "opencode", "certs", "a.crt"))}`, `ca[]=${quoted(companyCa)}`],
          ],
          ["curl by CURL_CA_BUNDLE", "curl", () => ({ CURL_CA_BUNDLE: companyCa }), () => []],
          ["curl by SSL_CERT_FILE", "curl", () => ({ SSL_CERT_FILE: companyCa }), () => []],
        ];

        test.each(ways.filter(([, fetcher]) => installed.includes(fetcher)))("%s", async (_what, fetcher, env, npmrc) => {
          const place = makePlace();
          if (npmrc().length > 0) writeFileSync(join(place.home, ".npmrc"), `${npmrc().join("\n")}\n`);
          expectInstalled(await fetchWith(fetcher, { REGISTRY: await tlsRegistry(), ...env() }, { place, from: other }), fetcher);
        });

        test.each(installed)("and %s trusts none of it where nobody does", async (fetcher) => {
          const env = { REGISTRY: await tlsRegistry(), npm_config_fetch_retries: "0", NODE_EXTRA_CA_CERTS: "/is/not/there" };
          expectNothing(await fetchWith(fetcher, env, { from: other }), new RegExp(`${fetcher} could not fetch`));
        });
      });

      test.skipIf(!installed.includes("wget"))(
        "does not stop a wget that cannot be given a CA, as busybox's; the checksum decides",
        async () => {
          const path = pathOf([]);
          const wget = `case "$*" in *--ca-certificate*) exit 1 ;; --help) echo "-q -O --no-check-certificate"; exit 1 ;; esac; exec ${findProgram("wget")} "$@"`;
          writeFileSync(join(path, "wget"), `#!/bin/sh\n${wget}\n`, { mode: 0o755 });
          expectInstalled(await fetchWith("wget", { PATH: path, REGISTRY: await tlsRegistry() }, { from: own }), "wget");
          expect((await fetchWith("wget", { PATH: path, REGISTRY: await tlsRegistry() })).exitCode).toBe(1);
        },
      );

      test.each(installed)("is not trusted by %s without", async (fetcher) => {
        const fetched = await fetchWith(fetcher, { REGISTRY: await tlsRegistry(), npm_config_fetch_retries: "0" });
        expectNothing(fetched, new RegExp(`aperture-env: ${fetcher} could not fetch`));
      });
    },
  );
});
