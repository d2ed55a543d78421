/** The generated `tailscale/fetch.sh` against servers on loopback that have small programs in place of Tailscale's. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { pinnedRelease } from "../../src/catalog/release.ts";
import type { TailscaleRelease } from "../../src/catalog/tailscale.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import { whyNotHere } from "../../src/scripts/install-locally.ts";
import { catalogue } from "../support/catalogue.ts";
import { skips } from "../support/skips.ts";
import { defaultAnswers, findProgram, makeFolder, makePlace, removeFolders, run, type Ran } from "./environment.ts";

const version = "1.2.3";
const fetchers = ["curl", "wget", "node"] as const;
type Fetcher = (typeof fetchers)[number];
const needed = "sh dirname uname mktemp rm cat sha256sum mkdir tar gzip install chmod cmp ln".split(" ");
const gone = needed.filter((name) => findProgram(name) === null);
const notHere = whyNotHere() ?? (gone.length === 0 ? null : `${gone.join(", ")} cannot be found`);
const installed = fetchers.filter((name) => name === "node" || findProgram(name) !== null);
for (const name of fetchers.filter((each) => !installed.includes(each)))
  skips(`fetching Tailscale by ${name}`, "it is not installed");

describe.skipIf(skips("tailscale/fetch.sh", notHere))("tailscale/fetch.sh", () => {
  const here = process.arch === "arm64" ? "arm64" : "amd64";
  const programs = { tailscale: "#!/bin/sh\necho the client\n", tailscaled: "#!/bin/sh\necho the daemon\n" };
  let vendors: Buffer;
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });
  afterAll(removeFolders);
  beforeAll(async () => {
    vendors = await tarball({
      [`tailscale_${version}_${here}/tailscale`]: programs.tailscale,
      [`tailscale_${version}_${here}/tailscaled`]: programs.tailscaled,
      [`tailscale_${version}_${here}/systemd/tailscaled.service`]: "[Unit]\n",
    });
  });

  /** A text that begins with `->` is a link. */
  const tarball = async (files: Readonly<Record<string, string>>): Promise<Buffer> => {
    const folder = makeFolder();
    for (const [path, text] of Object.entries(files)) {
      const full = join(folder, "in", path);
      mkdirSync(dirname(full), { recursive: true });
      if (text.startsWith("->")) symlinkSync(text.slice(2), full);
      else writeFileSync(full, text, { mode: 0o600 });
    }
    await execa("tar", ["-czf", join(folder, "out.tgz"), "-C", join(folder, "in"), "."]);
    return readFileSync(join(folder, "out.tgz"));
  };

  const sumOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

  const serve = async (bytes: Buffer, keys?: { key: string; cert: string }): Promise<{ origin: string; asked: string[] }> => {
    const asked: string[] = [];
    const answer: RequestListener = (request, response) => {
      asked.push(request.url!);
      // As the vendor's server does: what is asked for lies somewhere else.
      if (request.url!.startsWith("/stable/"))
        response.writeHead(302, { location: request.url!.replace("stable", "there") }).end();
      else if (request.url!.startsWith("/there/")) response.end(bytes);
      else response.writeHead(404).end("Not Found");
    };
    const server = keys === undefined ? createServer(answer) : createTlsServer(keys, answer);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    open.push({
      close: () => {
        server.closeAllConnections();
        server.close();
      },
    });
    return { origin: `${keys === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  };

  /** The script as the generator writes it. */
  const writeScript = (url: string, sha256: TailscaleRelease["sha256"]): string => {
    const { files } = renderEnvironment({
      answers: { ...defaultAnswers, connection: "userspace", tailscale: { version, url } },
      release: pinnedRelease,
      registry: "",
      shape: { kind: "own" },
      doctor: "",
      catalogue,
      tailscale: { version, sha256 },
    });
    const folder = makeFolder();
    mkdirSync(join(folder, "tailscale"));
    const script = join(folder, "tailscale", "fetch.sh");
    writeFileSync(script, files.find(({ path }) => path.endsWith("/tailscale/fetch.sh"))!.text);
    return script;
  };

  interface Fetched extends Ran {
    readonly folder: string;
    readonly files: readonly string[] | null;
    readonly left: readonly string[];
  }

  const fetchWith = async (
    by: Fetcher | null,
    script: string,
    env: Readonly<Record<string, string>> = {},
    folder?: string,
  ): Promise<Fetched> => {
    const path = makeFolder();
    for (const name of [...needed, ...(by === null ? [] : [by])])
      symlinkSync(name === "node" ? process.execPath : findProgram(name)!, join(path, name));
    const place = makePlace();
    const target = folder ?? join(place.work, "a folder", "of its own");
    const ran = await run(["sh", script, target], { place, env: { PATH: path, TARGETARCH: here, ...env } });
    return {
      ...ran,
      folder: target,
      files: existsSync(target) ? readdirSync(target).sort() : null,
      left: readdirSync(place.tmp),
    };
  };

  const expectNothing = (fetched: Fetched, message: RegExp): void => {
    expect(fetched).toMatchObject({ exitCode: 1, stdout: "", files: null, left: [] });
    expect(fetched.stderr).toMatch(message);
  };

  const form = (origin: string): string => `${origin}/stable/tailscale_{version}_{arch}.tgz`;
  const read = (folder: string, name: string): string => readFileSync(join(folder, name), "utf8");
  const modeOf = (folder: string, name: string): number => lstatSync(join(folder, name)).mode & 0o777;

  describe.each(installed)("by %s", (by) => {
    test("installs both programs and their version, over what is there, and leaves nothing else", async () => {
      const { origin, asked } = await serve(vendors);
      const script = writeScript(form(origin), { [here]: sumOf(vendors) });
      const first = await fetchWith(by, script);
      expect(first.exitCode, first.stderr).toBe(0);
      expect(asked).toContain(`/there/tailscale_${version}_${here}.tgz`);
      const fetched = await fetchWith(by, script, {}, first.folder);
      expect(fetched.exitCode, fetched.stderr).toBe(0);
      for (const each of [first, fetched]) {
        expect(each).toMatchObject({ files: ["tailscale", "tailscale.version", "tailscaled"], left: [] });
        expect(each.stdout).toBe(`aperture-env: Tailscale ${version} (${here}, sha256 checked, by ${by})\n`);
      }
      for (const [name, text] of Object.entries(programs)) {
        expect(read(fetched.folder, name)).toBe(text);
        expect(modeOf(fetched.folder, name)).toBe(0o755);
      }
      expect(read(fetched.folder, "tailscale.version")).toBe(`${version}\n`);
      expect(modeOf(fetched.folder, "tailscale.version")).toBe(0o644);
    });

    test("a tarball that is another one ends with what was pinned and what was found", async () => {
      const { origin } = await serve(vendors);
      const fetched = await fetchWith(by, writeScript(form(origin), { [here]: "ab".repeat(32) }));
      expectNothing(fetched, /the checksum of http.* is wrong, so it was not installed/);
      expect(fetched.stderr).toContain(`  pinned sha256 ${"ab".repeat(32)}\n  found  sha256 ${sumOf(vendors)}\n`);
    });

    test("a server that has it not, or is not there", async () => {
      const { origin } = await serve(vendors);
      const sums = { [here]: sumOf(vendors) };
      const said = new RegExp(`aperture-env: ${by} could not fetch http`);
      expectNothing(await fetchWith(by, writeScript(`${origin}/nowhere.tgz`, sums)), said);
      await Promise.all(open.splice(0).map((each) => each.close()));
      expectNothing(await fetchWith(by, writeScript(form(origin), sums)), said);
    });

    test.skipIf(findProgram("openssl") === null)("a company's CA in certs/*.crt beside it, or beside OpenCode's", async () => {
      const folder = makeFolder();
      await execa(
        "openssl",
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -addext subjectAltName=IP:127.0.0.1 -keyout k -out c".split(
          " ",
        ),
        { cwd: folder },
      );
      const { origin } = await serve(vendors, { key: read(folder, "k"), cert: read(folder, "c") });
      for (const beside of ["tailscale", "opencode"]) {
        const script = writeScript(form(origin), { [here]: sumOf(vendors) });
        expectNothing(await fetchWith(by, script), /could not fetch https/);
        const certificates = join(dirname(script), "..", beside, "certs");
        mkdirSync(certificates, { recursive: true });
        writeFileSync(join(certificates, "company.crt"), read(folder, "c"));
        const fetched = await fetchWith(by, script);
        expect(fetched.exitCode, fetched.stderr).toBe(0);
      }
    });
  });

  describe("what a tarball may hold", () => {
    const expectOne = async (files: Readonly<Record<string, string>>): Promise<void> => {
      const bytes = await tarball(files);
      const { origin } = await serve(bytes);
      const fetched = await fetchWith(
        installed[0]!,
        writeScript(`${origin}/there/own.tgz`, { amd64: sumOf(bytes), arm64: sumOf(bytes) }),
      );
      expect(fetched.exitCode, fetched.stderr).toBe(0);
      expect(read(fetched.folder, "tailscaled")).toBe(programs.tailscaled);
      expect(readlinkSync(join(fetched.folder, "tailscale"))).toBe("tailscaled");
    };

    test("one program for both, alone", () => expectOne({ tailscaled: programs.tailscaled }));
    test("one program for both, with a link", () => expectOne({ tailscaled: programs.tailscaled, tailscale: "->tailscaled" }));
    test("one program for both, twice, in a folder", () =>
      expectOne({ "x/tailscaled": programs.tailscaled, "x/tailscale": programs.tailscaled }));

    test("neither of them", async () => {
      const bytes = await tarball({ "bin/deep/tailscaled": "x" });
      const { origin } = await serve(bytes);
      const script = writeScript(`${origin}/there/own.tgz`, { [here]: sumOf(bytes) });
      expectNothing(await fetchWith(installed[0]!, script), /has no tailscaled, at its top or in one folder/);
    });
  });

  test.each([
    ["arm64", "arm64"],
    ["aarch64", "arm64"],
    ["x86_64", "amd64"],
  ])("%s is %s", async (said, arch) => {
    const { origin, asked } = await serve(vendors);
    const fetched = await fetchWith(installed[0]!, writeScript(form(origin), { amd64: sumOf(vendors), arm64: sumOf(vendors) }), {
      TARGETARCH: said,
    });
    expect(fetched.exitCode, fetched.stderr).toBe(0);
    expect(asked.at(-1)).toBe(`/there/tailscale_${version}_${arch}.tgz`);
  });

  test("an architecture without a sum says so before anything is asked, and so does an image without a fetcher", async () => {
    const { origin, asked } = await serve(vendors);
    const script = writeScript(form(origin), { amd64: sumOf(vendors) });
    expectNothing(
      await fetchWith(installed[0]!, script, { TARGETARCH: "arm64" }),
      /no sha256 of Tailscale 1\.2\.3 is pinned for arm64/,
    );
    expectNothing(await fetchWith(null, script, { TARGETARCH: "amd64" }), /this image has no curl, wget or node/);
    expect(asked).toEqual([]);
  });
});
