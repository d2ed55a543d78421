/**
 * The doctor out of the npm package: the generated scripts against a registry on loopback, which has the package as `npm pack` makes it, and a small
 * program in place of OpenCode's, which runs the doctor by Node.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { doctorSum, doctorText } from "../../src/catalog/doctor-text.ts";
import { platforms, type Release } from "../../src/catalog/release.ts";
import { whyNotHere } from "../../src/scripts/install-locally.ts";
import type { Answers } from "../../src/questions/types.ts";
import { generatorVersion } from "../../src/version.ts";
import { startNpmRegistry, type NpmRegistry } from "../support/npm-registry.ts";
import { skips } from "../support/skips.ts";
import { findProgram, makeFolder, makePlace, removeFolders, run, writeFeature, type Ran } from "./environment.ts";

const fetchers = ["npm", "curl", "wget"] as const;
type Fetcher = (typeof fetchers)[number];
const needed = "sh dirname uname mktemp rm cat sha256sum sha512sum mkdir tar gzip head install chmod cp sed tr cut".split(" ");
const gone = needed.filter((name) => findProgram(name) === null);
const notHere = whyNotHere() ?? (gone.length === 0 ? null : `${gone.join(", ")} cannot be found`);
const installed = fetchers.filter((name) => findProgram(name) !== null);
for (const name of fetchers.filter((each) => !installed.includes(each)))
  skips(`fetching the doctor by ${name}`, "it is not installed");

const program = "create-aperture-env";
const version = "1.2.3";
const inPackage = "dist/aperture-doctor.mjs.gz";

test("the sum is that of the whole doctor's text", () => {
  expect(doctorSum).toBe(createHash("sha256").update(doctorText).digest("hex"));
});

describe.skipIf(skips("the doctor from the package", notHere))("the doctor from the package", () => {
  const arch = process.arch === "arm64" ? "arm64" : "amd64";
  const [name, platform] = Object.entries(platforms).find(([, each]) => each.arch === arch && each.libc === "glibc")!;
  let opencode: Buffer;
  let release: Release;
  let paths: Readonly<Record<Fetcher, string>>;
  const open: NpmRegistry[] = [];

  beforeAll(async () => {
    // As OpenCode's binary does, it runs a script where it is asked to.
    const binary = `#!/bin/sh\nshift 2\nexec ${process.execPath} "$@"\n`;
    opencode = await pack({ "bin/opencode": binary });
    const integrity = `sha512-${createHash("sha512").update(opencode).digest("base64")}`;
    release = { version, packages: { [name]: { ...platform, integrity } } };
    paths = { npm: pathOf(["npm", "node", "env"]), curl: pathOf(["curl"]), wget: pathOf(["wget"]) };
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });
  afterAll(removeFolders);

  /** A folder with only those programs and what every run needs. */
  const pathOf = (names: readonly string[]): string => {
    const folder = makeFolder();
    for (const each of [...needed, ...names])
      symlinkSync(each === "node" ? process.execPath : findProgram(each)!, join(folder, each));
    return folder;
  };

  const pack = async (files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> => {
    const folder = makeFolder();
    for (const [path, content] of Object.entries({ "package.json": "{}", ...files })) {
      mkdirSync(join(folder, "package", path, ".."), { recursive: true });
      writeFileSync(join(folder, "package", path), content);
    }
    await execa("tar", ["-czf", join(folder, "out.tgz"), "package"], { cwd: folder });
    return readFileSync(join(folder, "out.tgz"));
  };

  const serve = async (files: Readonly<Record<string, string | Buffer>> | null): Promise<NpmRegistry> => {
    const published = files === null ? [] : [{ name: program, version: generatorVersion, tarball: await pack(files) }];
    const registry = await startNpmRegistry({ packages: [{ name, version, tarball: opencode }, ...published] });
    open.push(registry);
    return registry;
  };
  const good = { [inPackage]: gzipSync(doctorText), "dist/bin.js": "" };

  interface Fetched extends Ran {
    readonly folder: string;
    /** What the target folder holds, or null where there is none. */
    readonly files: readonly string[] | null;
    /** What the temporary folder holds in the end. */
    readonly left: readonly string[];
  }

  const fetchBy = async (fetcher: Fetcher, { origin }: NpmRegistry, path = paths[fetcher]): Promise<Fetched> => {
    const place = makePlace();
    const folder = join(place.work, "lib", "aperture-env");
    const feature = writeFeature({ doctor: "package" }, release);
    const env = {
      PATH: path,
      TARGETARCH: arch,
      APERTURE_ENV_LIBC: "glibc",
      REGISTRY: origin,
      npm_config_fetch_retries: "0",
    };
    const ran = await run(["sh", join(feature, "opencode", "fetch.sh"), folder], { place, env });
    return { ...ran, folder, files: existsSync(folder) ? readdirSync(folder).sort() : null, left: readdirSync(place.tmp) };
  };

  const expectNothing = (fetched: Fetched): void => {
    expect(fetched).toMatchObject({ exitCode: 1, stdout: "", files: null, left: [] });
  };

  describe.each(installed)("by %s", (by) => {
    test("its text is installed beside OpenCode's binary", async () => {
      const fetched = await fetchBy(by, await serve(good));
      expect(fetched.exitCode, fetched.stderr).toBe(0);
      expect(fetched).toMatchObject({ files: ["doctor.mjs", "opencode", "opencode.version"], left: [] });
      expect(fetched.stdout.split("\n")[1]).toBe(
        `aperture-env: the doctor of ${program} ${generatorVersion} (sha256 checked, by ${by})`,
      );
      expect(readFileSync(join(fetched.folder, "doctor.mjs"), "utf8")).toBe(doctorText);
      expect(statSync(join(fetched.folder, "doctor.mjs")).mode & 0o777).toBe(0o644);
    });

    test("a package with another text installs nothing, and says what to do", async () => {
      const other = `${doctorText}// more\n`;
      const registry = await serve({ [inPackage]: gzipSync(other) });
      const fetched = await fetchBy(by, registry);
      expectNothing(fetched);
      const found = createHash("sha256").update(other).digest("hex");
      expect(fetched.stderr).toBe(
        [
          `aperture-env: ${program}-${generatorVersion}.tgz does not contain the doctor that these files need, so it was not installed: the program that generated them is not the published one.`,
          `  pinned sha256 ${doctorSum}`,
          `  found  sha256 ${found}`,
          "Run update with the published program; or write  doctor: repository  in aperture-env.yaml, and run update.",
          "",
        ].join("\n"),
      );
      // OpenCode, which is large, is not fetched in vain.
      expect(registry.requests.filter(({ path }) => path.includes("opencode-linux"))).toEqual([]);
    });

    test("a registry without the package, and one that does not answer", async () => {
      const without = await serve(null);
      const absent = await fetchBy(by, without);
      await without.close();
      for (const fetched of [absent, await fetchBy(by, without)]) {
        expectNothing(fetched);
        expect(fetched.stderr).toMatch(
          new RegExp(
            `aperture-env: ${by} could not fetch ${program}[@-]${generatorVersion}.*\\nTo build without this package: write  doctor: repository  in aperture-env\\.yaml, and run update\\.\\n$`,
          ),
        );
      }
    });
  });

  const busybox = findProgram("busybox");
  test.skipIf(skips("the doctor by busybox", busybox === null ? "it is not installed" : null))(
    "by busybox, whose programs Alpine has: all of them do, and a wrong text is seen",
    async () => {
      const path = makeFolder();
      for (const each of [...needed, "wget"])
        // Debian's has no install.
        symlinkSync(each === "install" ? findProgram(each)! : busybox!, join(path, each));
      const fetched = await fetchBy("wget", await serve(good), path);
      expect(fetched.exitCode, fetched.stderr).toBe(0);
      expect(fetched).toMatchObject({ files: ["doctor.mjs", "opencode", "opencode.version"], left: [] });
      expect(readFileSync(join(fetched.folder, "doctor.mjs"), "utf8")).toBe(doctorText);
      const refused = await fetchBy("wget", await serve({ [inPackage]: gzipSync("// another\n") }), path);
      expectNothing(refused);
      expect(refused.stderr).toContain("does not contain the doctor that these files need");
    },
  );

  test.each<[string, Readonly<Record<string, string | Buffer>>, RegExp]>([
    ["no doctor", { "dist/bin.js": "" }, /found {2}sha256 no doctor\n/],
    ["one that is not compressed", { [inPackage]: doctorText }, /found {2}sha256 e3b0c44298fc/],
    ["one that is cut off", { [inPackage]: gzipSync(doctorText).subarray(0, 5000) }, /found {2}sha256 [0-9a-f]{64}\n/],
    ["one that is very long", { [inPackage]: gzipSync(Buffer.alloc(50_000_000)) }, /found {2}sha256 [0-9a-f]{64}\n/],
  ])("a package with %s", async (_what, files, found) => {
    const fetched = await fetchBy(installed[0]!, await serve(files));
    expectNothing(fetched);
    expect(fetched.stderr).toMatch(found);
    expect(fetched.stderr).toContain("does not contain the doctor that these files need");
  });

  /** install.sh below a prefix, where an earlier layer has left what `before` writes, with the nested script or without it. */
  const installAfter = async (
    before: (library: string) => void,
    { nested = true, answers = {} }: { readonly nested?: boolean; readonly answers?: Partial<Answers> } = {},
  ) => {
    const prefix = makeFolder();
    const library = join(prefix, "lib", "aperture-env");
    mkdirSync(library, { recursive: true });
    before(library);
    const feature = writeFeature({ doctor: "package", ...answers }, release);
    const script = `echo nested >>"$APERTURE_ENV_PREFIX/log"; cp "${join(prefix, "given")}"/* "${library}"\n`;
    mkdirSync(join(prefix, "given"));
    writeBoth(join(prefix, "given"));
    if (nested) writeFileSync(join(feature, "opencode", "install.sh"), script);
    else rmSync(join(feature, "opencode"), { recursive: true });
    const env = { APERTURE_ENV_PREFIX: prefix, APERTURE_ENV_MANAGED: join(prefix, "etc") };
    const { exitCode, stderr } = await execa("sh", [join(feature, "install.sh")], { stdin: "ignore", reject: false, env });
    return { prefix, exitCode, stderr, log: existsSync(join(prefix, "log")) };
  };
  const writeBoth = (library: string, text = doctorText): void => {
    writeFileSync(join(library, "opencode"), `#!/bin/sh\nshift 2\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
    writeFileSync(join(library, "opencode.version"), `${version}\n`);
    writeFileSync(join(library, "doctor.mjs"), text);
  };

  test.each<[string, (library: string) => void, boolean]>([
    ["nothing is there: dependsOn was ignored", () => {}, true],
    ["both are there: that layer is kept", writeBoth, false],
    ["the doctor of another version, of a base that was built before", (library) => writeBoth(library, "// older\n"), true],
    [
      "OpenCode without a doctor, of a base whose repository had it as a file",
      (library) => {
        writeBoth(library);
        rmSync(join(library, "doctor.mjs"));
      },
      true,
    ],
  ])("%s", async (_what, before, fetches) => {
    const { exitCode, stderr, log, prefix } = await installAfter(before);
    expect({ exitCode, stderr, log }).toEqual({ exitCode: 0, stderr: "", log: fetches });
    expect(readFileSync(join(prefix, "lib", "aperture-env", "doctor.mjs"), "utf8")).toBe(doctorText);
    expect(existsSync(join(prefix, "share", "aperture-env", "doctor.mjs"))).toBe(false);
  });

  test.each([
    ["without it", (library: string) => rmSync(join(library, "doctor.mjs"))],
    ["with another one", (library: string) => writeFileSync(join(library, "doctor.mjs"), "// older\n")],
  ])("an image %s is not made, and the line says what a Dockerfile lacks", async (_what, spoil) => {
    const spoilt = (library: string): void => {
      writeBoth(library);
      spoil(library);
    };
    const { exitCode, stderr } = await installAfter(spoilt, { nested: false });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^aperture-env: .*\/lib\/aperture-env\/doctor\.mjs is missing, or of another version; .* from the stage opencode before install\.sh runs$/,
    );
  });

  test("aperture-doctor and aperture-connect run it", async () => {
    const answers = { connection: "auto", url: "http://127.0.0.1:9" };
    const { prefix, exitCode, stderr } = await installAfter(writeBoth, { nested: false, answers });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const place = makePlace();
    const env = { APERTURE_ENV_PREFIX: prefix };
    const examined = await run([join(prefix, "bin", "aperture-doctor"), "--json"], { place, env });
    expect(examined.exitCode, examined.stderr).toBe(4);
    const report = JSON.parse(examined.stdout) as {
      readonly verdict: string;
      readonly checks: readonly { readonly code: string }[];
    };
    expect(report.verdict).toBe("failure");
    expect(report.checks.map(({ code }) => code)).not.toContain("doctor-missing");
    const help = await run([join(prefix, "bin", "aperture-connect"), "--help"], { place, env });
    expect(help).toMatchObject({ exitCode: 0, stderr: "" });
    expect(help.stdout).toContain("aperture-connect");
    rmSync(join(prefix, "lib", "aperture-env", "doctor.mjs"));
    const without = await run([join(prefix, "bin", "aperture-doctor")], { place, env });
    expect(without.stdout).toContain("(doctor-missing)");
  });
});
