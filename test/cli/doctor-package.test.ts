/** Where the doctor comes from: a file of the repository, or the npm package that an image's build takes it out of. Back and forth, nothing stays. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { doctorPath, featureFolder, specSchemaPath } from "../../src/catalog/files.ts";
import { generatorVersion } from "../../src/version.ts";
import { makeFolder, runPiped, treeOf, write, type Files, type Ran } from "./harness.ts";

/** The sum of another doctor, while there is one. */
const other = vi.hoisted(() => ({ sum: null as string | null }));
vi.mock("../../src/catalog/doctor-text.ts", async (load) => {
  const real = await load<typeof import("../../src/catalog/doctor-text.ts")>();
  return {
    ...real,
    get doctorSum() {
      return other.sum ?? real.doctorSum;
    },
  };
});

let place: ReturnType<typeof makeFolder>;
beforeEach(() => {
  place = makeFolder();
});
afterEach(() => {
  other.sum = null;
  place.remove();
});

const run = (...args: string[]): Promise<Ran> => runPiped(args, place.folder);
const read = (path: string): string => readFileSync(join(place.folder, path), "utf8");
const tree = (): Files => treeOf(place.folder);
async function succeed(...args: string[]): Promise<Ran> {
  const ran = await run(...args);
  expect(ran.exit, ran.stderr + ran.stdout).toBe(0);
  return ran;
}
/** The generated files that name a sum of the doctor. */
const naming = (sum: string): string[] =>
  Object.entries(tree()).flatMap(([path, text]) => (text.includes(sum) && path !== "aperture-env.lock" ? [path] : []));
const scripts = [`${featureFolder}/install.sh`, `${featureFolder}/opencode/fetch.sh`];
const theirs = { ".devcontainer/devcontainer.json": '{\n  // ours\n  "image": "debian:12"\n}\n' };
const shapes: readonly (readonly [string, Files])[] = [
  ["an environment of its own", {}],
  ["a Feature in a dev container of the user's", theirs],
];

describe.each(shapes)("%s", (_shape, before) => {
  test("with doctor: package the repository has no doctor, and its scripts have version and sum", async () => {
    const { doctorSum } = await import("../../src/catalog/doctor-text.ts");
    write(place.folder, before);
    const { stdout } = await succeed("--yes", "--doctor", "package");
    expect(stdout).toMatch(/^ {2}doctor +package +flag$/m);
    expect(existsSync(join(place.folder, doctorPath))).toBe(false);
    expect(naming(doctorSum).sort()).toEqual(scripts);
    expect(read(scripts[1]!)).toContain(`\nprogram=${generatorVersion}\n`);
    expect(
      Object.entries(tree()).filter(
        ([path, text]) => path !== scripts[1] && /share\/aperture-env\/doctor\.mjs|aperture-env\/doctor\.mjs aperture/.test(text),
      ),
    ).toEqual([]);
    expect(read("aperture-env.yaml")).toMatch(/^doctor: package$/m);
    expect(read("aperture-env.lock")).toContain('"doctor": "package"');
    await succeed("check");
    expect((await succeed("update", "--yes")).stdout).toContain("Nothing to do");
  });

  test("package, repository and package again: each time the same files, and remove leaves none", async () => {
    write(place.folder, before);
    const untouched = tree();
    await succeed("--yes", "--doctor", "package");
    const packaged = tree();
    await succeed("update", "--yes", "--doctor", "repository");
    expect(read("aperture-env.yaml")).toMatch(/^doctor: repository$/m);
    await succeed("check");
    const kept = tree();
    expect(read(doctorPath)).toMatch(/^\/\/ aperture-doctor\. /);
    const changed = await succeed("update", "--yes", "--doctor", "package");
    expect(changed.stdout).toContain(doctorPath);
    expect(tree()).toEqual(packaged);
    await succeed("update", "--yes", "--doctor", "repository");
    expect(tree()).toEqual(kept);
    await succeed("remove", "--yes");
    expect(tree()).toEqual(untouched);
  });

  test("the doctor as a file is what an environment without the key has", async () => {
    write(place.folder, before);
    await succeed("--yes");
    expect(read("aperture-env.yaml")).not.toMatch(/^doctor:/m);
    const plain = tree();
    await succeed("update", "--yes", "--doctor", "package");
    const lines = read("aperture-env.yaml").split("\n");
    writeFileSync(join(place.folder, "aperture-env.yaml"), lines.filter((line) => !line.startsWith("doctor:")).join("\n"));
    await succeed("update", "--yes");
    // Of the spec its comments may differ, and so does what the lock says of it.
    const withoutSpec = ({ "aperture-env.yaml": spec, "aperture-env.lock": lock, ...files }: Files): object => ({
      ...files,
      hasSpec: spec !== undefined,
      lock: lock?.replace(/^ {4}"aperture-env\.yaml": .*$/m, ""),
    });
    expect(withoutSpec(tree())).toEqual(withoutSpec(plain));
  });
});

test("another version of the program brings its doctor's sum, and check asks for the update", async () => {
  const { doctorSum: first } = await import("../../src/catalog/doctor-text.ts");
  await succeed("--yes", "--doctor", "package");
  const revision = /"revision": "([0-9a-f]{12})"/.exec(read("aperture-env.lock"))![1];
  other.sum = "c0de".repeat(16);
  expect((await run("check")).exit).toBe(3);
  await succeed("update", "--yes");
  expect(naming(other.sum).sort()).toEqual(scripts);
  expect(naming(first)).toEqual([]);
  expect(read("aperture-env.lock")).not.toContain(`"revision": "${revision}"`);
  await succeed("check");
});

test("a doctor in the repository that nobody fetches is no drift, and one of the package is not missing", async () => {
  await succeed("--yes", "--doctor", "package");
  expect((await succeed("check")).stdout).not.toContain("doctor.mjs");
  await succeed("update", "--yes", "--doctor", "repository");
  rmSync(join(place.folder, doctorPath));
  const checked = await run("check");
  expect(checked.exit).toBe(3);
  expect(checked.stdout).toContain(doctorPath);
});

describe("a Dockerfile that people have edited", () => {
  const image = ".devcontainer/Dockerfile";
  const edit = (change: (text: string) => string): void => write(place.folder, { [image]: change(read(image)) });

  test("whose COPY is theirs now, kept: check is red until it goes along with the doctor, there and back", async () => {
    await succeed("--yes");
    edit((text) => text.replaceAll("COPY aperture-env/install.sh ", "COPY mine aperture-env/install.sh "));
    expect((await run("update", "--yes", "--doctor", "package")).exit).toBe(3);
    await run("update", "--yes", "--doctor", "package", "--on-conflict", "keep");
    const red = await run("check");
    expect([red.exit, red.stdout]).toEqual([
      3,
      expect.stringContaining("copies aperture-env/doctor.mjs in the target ci, and with"),
    ]);
    edit((text) => text.replaceAll(" aperture-env/doctor.mjs", ""));
    await succeed("check");
    edit((text) => text.replaceAll("mine aperture-env/install.sh", "mine  aperture-env/install.sh"));
    await run("update", "--yes", "--doctor", "repository", "--on-conflict", "keep");
    const again = await run("check");
    expect([again.exit, again.stdout]).toEqual([
      3,
      expect.stringContaining("does not copy aperture-env/doctor.mjs into the target ci"),
    ]);
  });

  test.each([
    ["with a pattern", "aperture-env/*.mjs"],
    ["with its folder", "aperture-env/"],
    ["in a COPY of its own", "aperture-env/environment.json /x/\nCOPY aperture-env/doctor.mjs"],
  ])("that has the doctor %s is fine", async (_how, other) => {
    await succeed("--yes");
    edit((text) => text.replaceAll("aperture-env/doctor.mjs", other));
    await succeed("check");
  });

  test("with lines elsewhere is merged", async () => {
    await succeed("--yes");
    edit((text) => `${text}RUN echo mine\n`);
    await succeed("update", "--yes", "--doctor", "package");
    expect(read(image)).toContain("RUN echo mine");
    expect(read(image)).not.toContain("doctor.mjs");
    await succeed("check");
  });
});

test("the variable and a file of answers give it, too; another word is refused with both", async () => {
  const ran = await runPiped(["--yes", "--dry-run"], place.folder, { APERTURE_ENV_DOCTOR: "package" });
  expect(ran.stdout).toMatch(/^ {2}doctor +package +environment: APERTURE_ENV_DOCTOR$/m);
  write(place.folder, { "team.yaml": "doctor: package\n" });
  expect((await succeed("--yes", "--dry-run", "--spec", "team.yaml")).stdout).toMatch(/^ {2}doctor +package +file: team\.yaml$/m);
  write(place.folder, { "team.yaml": "doctor: npm\n" });
  const refused = await run("--yes", "--dry-run", "--spec", "team.yaml");
  expect(refused).toMatchObject({ exit: 2 });
  expect(refused.stderr).toContain('team.yaml:1:9: doctor: the doctor cannot come from "npm".\nchoose from repository, package.');
});

test("the schema offers both", async () => {
  await succeed("--yes");
  const schema = JSON.parse(read(specSchemaPath)) as { readonly properties: Readonly<Record<string, object>> };
  expect(schema.properties["doctor"]).toMatchObject({ enum: ["repository", "package"], default: "repository" });
});

test("no name of a registry stands in a script", async () => {
  await succeed("--yes", "--doctor", "package");
  for (const path of scripts) expect(read(path)).not.toMatch(/https?:\/\/|registry\.[a-z]+\.[a-z]/);
});

test("owners of the folder are asked as before, and report and hosts know it", async () => {
  await succeed("--yes", "--doctor", "package", "--codeowners", "@acme/platform");
  expect(read(".github/CODEOWNERS")).toContain("/.devcontainer/aperture-env/ @acme/platform");
  for (const command of [["report"], ["hosts"]]) await succeed(...command);
});
