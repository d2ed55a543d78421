/** What the Feature folder's install.sh puts in place, and what it says where a file of the folder is missing. No OpenCode is needed. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { readMadeFor } from "../../src/doctor/config/environment.ts";
import { installStub, makeFolder, makePlace, removeFolders, run, writeFeature } from "./environment.ts";

afterAll(removeFolders);

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
