/** What the Feature folder's install.sh puts in place, and what it says where a file of the folder is missing. No OpenCode is needed. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { readMadeFor } from "../../src/doctor/config/environment.ts";
import { installStub, makeFolder, makePlace, removeFolders, run, writeFeature } from "./environment.ts";

afterAll(removeFolders);

/** A binary as an earlier layer has left it, with the version beside it; null for one of somebody else's. */
function writeBinary(prefix: string, version: string | null): void {
  const folder = join(prefix, "lib", "aperture-env");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "opencode"), "#!/bin/sh\n", { mode: 0o755 });
  if (version !== null) writeFileSync(join(folder, "opencode.version"), `${version}\n`);
}

const needed = ["environment.json", "opencode.json", "auth.json", "models.json", "doctor.mjs"];

describe("install.sh", () => {
  /** The Dockerfile copies the folder's files to where they belong, a Feature's script copies them itself. */
  const ways = {
    "by the Dockerfile": (prefix: string) => join(prefix, "share", "aperture-env"),
    "as a Feature": (prefix: string) => join(prefix, "feature"),
  };

  describe.each(Object.entries(ways))("%s", (_way, folderIn) => {
    const install = (without: string | null): { prefix: string; ran: Promise<{ exitCode?: number; stderr: string }> } => {
      const prefix = makeFolder();
      const folder = folderIn(prefix);
      mkdirSync(dirname(folder), { recursive: true });
      cpSync(writeFeature({ url: "http://gw.example" }), folder, { recursive: true });
      if (without !== null) rmSync(join(folder, without));
      writeBinary(prefix, pinnedRelease.version);
      const env = { APERTURE_ENV_PREFIX: prefix, APERTURE_ENV_MANAGED: join(prefix, "etc") };
      return { prefix, ran: execa("sh", [join(folder, "install.sh")], { stdin: "ignore", reject: false, env }) };
    };

    test("puts all in place", async () => {
      const { prefix, ran } = install(null);
      expect(await ran).toMatchObject({ exitCode: 0, stderr: "" });
      const text = readFileSync(join(prefix, "share", "aperture-env", "environment.json"), "utf8");
      expect(readMadeFor(text)?.gateway).toBe("http://gw.example");
    });

    test.each(needed)("without %s it says so, and what to do", async (name) => {
      const { exitCode, stderr } = await install(name).ran;
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(
        new RegExp(`^aperture-env: .*/${name.replace(".", "\\.")} is missing; .* name it where install\\.sh is copied$`),
      );
    });
  });
});

describe("OpenCode's binary, which another layer brings", () => {
  const { version } = pinnedRelease;
  const fetches = `mkdir -p "$APERTURE_ENV_PREFIX/lib/aperture-env" && cd "$APERTURE_ENV_PREFIX/lib/aperture-env" && echo from "$REGISTRY" >opencode && chmod +x opencode && echo ${version} >opencode.version`;
  /** install.sh with a nested script in place of the one that fetches; null where there is none, as in an image that a Dockerfile makes. */
  const install = async (nested: string | null, before: (prefix: string) => void = () => {}) => {
    const prefix = makeFolder();
    before(prefix);
    const folder = writeFeature();
    if (nested === null) rmSync(join(folder, "opencode"), { recursive: true });
    else writeFileSync(join(folder, "opencode", "install.sh"), `echo nested >>"$APERTURE_ENV_PREFIX/log"\n${nested}\n`);
    const { exitCode, stderr } = await execa("sh", [join(folder, "install.sh")], {
      stdin: "ignore",
      reject: false,
      env: { APERTURE_ENV_PREFIX: prefix, REGISTRY: "http://registry.example" },
    });
    const read = (path: string): string | null => {
      const file = join(prefix, path);
      return existsSync(file) ? readFileSync(file, "utf8") : null;
    };
    return { exitCode, stderr, log: read("log"), launcher: read("bin/opencode"), binary: read("lib/aperture-env/opencode") };
  };

  const rows: readonly (readonly [what: string, before: (prefix: string) => void, nested: string | null])[] = [
    ["nothing is there: dependsOn was ignored", () => {}, "nested\n"],
    ["the pinned one is there: dependsOn, and its layer is kept", (prefix) => writeBinary(prefix, version), null],
    ["an older one, of a base that was built before", (prefix) => writeBinary(prefix, "1.0.0"), "nested\n"],
    ["one without a version", (prefix) => writeBinary(prefix, null), "nested\n"],
    [
      "the version without a binary",
      (prefix) => {
        writeBinary(prefix, version);
        rmSync(join(prefix, "lib", "aperture-env", "opencode"));
      },
      "nested\n",
    ],
    [
      "a version whose line does not end",
      (prefix) => {
        writeBinary(prefix, version);
        writeFileSync(join(prefix, "lib", "aperture-env", "opencode.version"), version);
      },
      null,
    ],
  ];
  test.each(rows)("%s", async (_what, before, log) => {
    const done = await install(fetches, before);
    expect(done).toMatchObject({ exitCode: 0, stderr: "", log });
    expect(done.binary).toBe(log === null ? "#!/bin/sh\n" : "from http://registry.example\n");
    expect(done.launcher).toContain("exec ");
  });

  test("what the nested script says is why it fails", async () => {
    const failing = await install("echo 'aperture-env: curl could not fetch' >&2; exit 1");
    expect(failing).toMatchObject({ exitCode: 1, stderr: "aperture-env: curl could not fetch", launcher: null });
  });

  test("it never succeeds without a binary", async () => {
    expect(await install("exit 0")).toMatchObject({ exitCode: 1, launcher: null });
    const without = await install(null);
    expect(without).toMatchObject({ exitCode: 1, launcher: null });
    expect(without.stderr).toMatch(
      /^aperture-env: .*\/opencode is missing; .* copy it from the stage opencode before install\.sh runs$/,
    );
    expect(await install(null, (prefix) => writeBinary(prefix, null))).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

describe("packages.sh", () => {
  /** With an apt-get whose commands end as is said, and nothing that it would install. */
  const run = async (ends: { readonly update: number; readonly install: number }) => {
    const bin = makeFolder();
    const script = `case "$1" in
  update) echo "E: key expired" >&2; exit ${ends.update} ;;
  install) shift; echo "installs $*"; [ ${ends.install} = 0 ] || echo "E: unable to locate" >&2; exit ${ends.install} ;;
esac`;
    writeFileSync(join(bin, "apt-get"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    for (const name of ["sh", "mktemp", "cat"]) symlinkSync(`/bin/${name}`, join(bin, name));
    // The lists of apt-get are this machine's.
    const keeping = '#!/bin/sh\ncase "$*" in *"$TMPDIR"/*) exec /bin/rm "$@" ;; *) ;; esac\n';
    writeFileSync(join(bin, "rm"), keeping, { mode: 0o755 });
    const { exitCode, stdout, stderr } = await execa("/bin/sh", [join(writeFeature(), "opencode", "packages.sh")], {
      stdin: "ignore",
      reject: false,
      extendEnv: false,
      env: { PATH: bin, TMPDIR: bin },
    });
    return { exitCode, stdout, stderr: stderr.split("\n"), left: readdirSync(bin).filter((name) => name.startsWith("tmp")) };
  };

  test("a source that fails stops nothing where the install succeeds, and its error is shown", async () => {
    expect(await run({ update: 100, install: 0 })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^installs .*ripgrep/) as unknown,
      stderr: ["E: key expired"],
      left: [],
    });
  });

  test("where the install fails, the errors of both are at the end", async () => {
    const { exitCode, stderr } = await run({ update: 100, install: 100 });
    expect(exitCode).toBe(1);
    expect(stderr).toEqual([
      "E: key expired",
      "E: unable to locate",
      expect.stringMatching(/^aperture-env: apt-get could not install .*ripgrep.*; apt-get update had failed before:$/),
      "E: key expired",
    ]);
  });

  test("where only the install fails, it speaks for itself", async () => {
    expect(await run({ update: 0, install: 100 })).toMatchObject({
      exitCode: 1,
      stderr: ["E: key expired", "E: unable to locate"],
    });
  });
});

describe("aperture-doctor, where it cannot start its program", () => {
  const firstLine = async (change: (share: string) => void): Promise<string> => {
    const stub = await installStub("exit 0", { url: "http://gw.example:8080" });
    const share = join(stub.prefix, "share", "aperture-env");
    rmSync(join(share, "doctor.mjs"));
    change(share);
    const { stdout, exitCode } = await run([join(stub.prefix, "bin", "aperture-doctor")], { place: makePlace(), env: stub.env });
    expect(exitCode).toBe(4);
    expect(stdout).toContain("(doctor-missing)");
    return stdout.split("\n")[0]!;
  };

  test("names the gateway of environment.json nevertheless", async () => {
    expect(await firstLine(() => {})).toBe("OpenCode through http://gw.example:8080");
  });

  test("shows nothing of that file that a terminal would obey, and does without it", async () => {
    const hostile = '{\n  "origin": "http://x\u001b[31m\u009b",\n';
    expect(await firstLine((share) => writeFileSync(join(share, "environment.json"), hostile))).toMatch(
      /^OpenCode through [ -~]*$/,
    );
    expect(await firstLine((share) => rmSync(join(share, "environment.json")))).toBe("OpenCode through the gateway");
  });
});
