/** Which doctor a new repository gets: by a real npm that has the program from a registry, and by every other way to have it. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doctorPath, featureFolder } from "../../src/catalog/files.ts";
import { makeFolders, packInto, root, runWith, startMachine, type Machine, type Ran } from "./machine.ts";

const folders = makeFolders();
let machine: Machine;
beforeAll(async () => {
  machine = await startMachine(folders);
});
afterAll(async () => {
  await machine?.close();
  folders.remove();
});

/** npm's configuration decides, and nothing else: the machine of other tests says where the doctor comes from. */
const detecting = { APERTURE_ENV_DOCTOR: "" };
const succeed = (ran: Ran): Ran => {
  expect(ran.exit, ran.stderr).toBe(0);
  return ran;
};
const hasDoctor = (folder: string): boolean => existsSync(join(folder, doctorPath));
const specOf = (folder: string): string => readFileSync(join(folder, "aperture-env.yaml"), "utf8");

describe("from a registry", () => {
  test("npm create: from the package, said in the plan and written into the spec", async () => {
    const folder = folders.make("my-app");
    const { stdout, stderr } = succeed(await machine.npm(folder, ["create", "aperture-env@latest", "--", "--yes"], detecting));
    expect(stdout).toMatch(/^ {2}doctor +package +detected: installed from a registry$/m);
    expect(stderr).toContain("--doctor package");
    expect(specOf(folder)).toMatch(/^doctor: package$/m);
    expect(hasDoctor(folder)).toBe(false);
    // Decided once: the same repository stays as it is with a program that comes from elsewhere.
    const program = join(root, "dist", "bin.js");
    expect(
      succeed(await runWith({ ...machine.env, ...detecting }, folder, process.execPath, [program, "update"])).stdout,
    ).toContain("Nothing to do");
  });

  test("npx, with --dry-run --json", async () => {
    const args = ["create-aperture-env@latest", "--yes", "--dry-run", "--json"];
    const { stdout } = succeed(await machine.npx(folders.make("my-app"), args, detecting));
    expect((JSON.parse(stdout) as { answers: object }).answers).toMatchObject({
      doctor: { value: "package", source: "detected" },
    });
  });

  test("a dependency of a project, by its own name for the program", async () => {
    const folder = folders.make("my-app");
    writeFileSync(join(folder, "package.json"), "{}\n");
    succeed(await machine.npm(folder, ["install", "--save-dev", "create-aperture-env"], detecting));
    succeed(await machine.npx(folder, ["aperture-env", "--yes"], detecting));
    expect(specOf(folder)).toMatch(/^doctor: package$/m);
  });

  test("a spec that was there decides, also where it says nothing", async () => {
    const folder = folders.make("my-app");
    writeFileSync(join(folder, "aperture-env.yaml"), "aperture:\n  url: http://ai\n");
    succeed(await machine.npm(folder, ["create", "aperture-env@latest", "--", "--yes"], detecting));
    expect(hasDoctor(folder)).toBe(true);
    expect(specOf(folder)).toBe("aperture:\n  url: http://ai\n");
  });

  test("a flag decides, too", async () => {
    const folder = folders.make("my-app");
    succeed(await machine.npm(folder, ["create", "aperture-env@latest", "--", "--yes", "--doctor", "repository"], detecting));
    expect(hasDoctor(folder)).toBe(true);
  });
});

describe("from elsewhere the doctor is a file of the repository", () => {
  const program = (folder: string): string => join(folder, "node_modules", "create-aperture-env", "dist", "bin.js");
  const createBy = async (file: string): Promise<string> => {
    const folder = folders.make("my-app");
    succeed(await runWith({ ...machine.env, ...detecting }, folder, process.execPath, [file, "--yes"]));
    return folder;
  };
  const install = async (what: string): Promise<string> => {
    const folder = folders.make("installed");
    writeFileSync(join(folder, "package.json"), "{}\n");
    succeed(await machine.npm(folder, ["install", what], detecting));
    return folder;
  };

  test("a clone", async () => {
    expect(hasDoctor(await createBy(join(root, "dist", "bin.js")))).toBe(true);
  });

  test("a tarball", async () => {
    const { file } = await packInto(folders.make("packed"));
    expect(hasDoctor(await createBy(program(await install(file))))).toBe(true);
  });

  test("a folder", async () => {
    expect(hasDoctor(await createBy(program(await install(root))))).toBe(true);
  });

  test("git", async () => {
    const source = folders.make("source");
    for (const name of ["dist", "README.md", "LICENSE"]) cpSync(join(root, name), join(source, name), { recursive: true });
    // Without the scripts that build it: this is what a tag with built files would have.
    const {
      scripts: _scripts,
      devDependencies: _needed,
      ...manifest
    } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>;
    writeFileSync(join(source, "package.json"), JSON.stringify(manifest));
    const env = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
    const git = (...args: string[]): Promise<unknown> =>
      execa("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], { cwd: source, env });
    await git("init", "--quiet");
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "all");
    expect(hasDoctor(await createBy(program(await install(`git+file://${source}`))))).toBe(true);
  });

  test("a copy that has no lockfile of npm beside it, as other package managers make it", async () => {
    const folder = folders.make("other");
    mkdirSync(join(folder, "node_modules", "create-aperture-env"), { recursive: true });
    for (const name of ["dist", "package.json"])
      cpSync(join(root, name), join(folder, "node_modules", "create-aperture-env", name), { recursive: true });
    const made = await createBy(program(folder));
    expect(hasDoctor(made)).toBe(true);
    expect(readFileSync(join(made, featureFolder, "opencode", "fetch.sh"), "utf8")).not.toContain("create-aperture-env");
  });
});
