/** Where sessions are kept: asked for, switched, refused and taken out, in both styles. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder, runPiped, treeOf, write, type Ran } from "./harness.ts";

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
});
afterEach(() => outside.remove());

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const run = async (...args: readonly string[]): Promise<Ran> => {
  const ran = await runPiped(args, root);
  expect(ran.exit, ran.stderr + ran.stdout).toBe(0);
  return ran;
};
const feature = ".devcontainer/aperture-env";
const mount = { type: "volume", source: "aperture-env-${devcontainerId}", target: "/var/lib/aperture-env" };
const mountsIn = (file: string): unknown => (parse(read(file)) as { mounts?: unknown }).mounts;

test("a dev container of its own mounts the volume, an update switches it, and a removal takes all of it out", async () => {
  await run("--yes", "--state", "volume");
  expect(read("aperture-env.yaml")).toMatch(/^state: volume$/m);
  expect(mountsIn(".devcontainer/devcontainer.json")).toEqual([mount]);
  expect(parse(read(`${feature}/environment.json`))).toMatchObject({ volume: mount.target });
  expect(read(`${feature}/install.sh`)).toContain("chmod 1777");
  expect(read(`${feature}/launcher.sh`)).toContain(mount.target);
  await run("check");
  await run("update");
  await run("update", "--state", "container");
  expect(read("aperture-env.yaml")).toMatch(/^state: container$/m);
  expect(mountsIn(".devcontainer/devcontainer.json")).toBeUndefined();
  for (const file of ["devcontainer-feature.json", "install.sh", "launcher.sh"])
    expect(read(`${feature}/${file}`), file).not.toContain(mount.target);
  expect(parse(read(`${feature}/environment.json`))).toMatchObject({ volume: null });
  await run("check");
  await run("update", "--state", "volume");
  expect(mountsIn(".devcontainer/devcontainer.json")).toEqual([mount]);
  await run("remove", "--yes");
  expect(treeOf(root)).toEqual({});
});

test("in a dev container of the user's the Feature mounts it, and no byte of the user's says so", async () => {
  const own =
    '{\n  "dockerComposeFile": "compose.yaml",\n  "service": "app",\n  "mounts": ["source=x,target=/x,type=volume"]\n}\n';
  write(root, {
    ".devcontainer/devcontainer.json": own,
    ".devcontainer/compose.yaml": "services:\n  app:\n    image: debian:bookworm\n",
  });
  const before = treeOf(root);
  await run("--yes", "--state", "volume");
  expect(mountsIn(`${feature}/devcontainer-feature.json`)).toEqual([mount]);
  expect(mountsIn(".devcontainer/devcontainer.json")).toEqual(["source=x,target=/x,type=volume"]);
  await run("update", "--state", "container");
  expect(mountsIn(`${feature}/devcontainer-feature.json`)).toBeUndefined();
  await run("update", "--state", "volume");
  await run("remove", "--yes");
  expect(treeOf(root)).toEqual(before);
});

test("left out of the spec it is the container, and nothing is said of it", async () => {
  await run("--yes");
  expect(read("aperture-env.yaml")).not.toContain("state:");
  expect(mountsIn(".devcontainer/devcontainer.json")).toBeUndefined();
});

test("a place that there is none of is refused with those that there are", async () => {
  const ran = await runPiped(["--yes", "--state", "disk"], root);
  expect([ran.exit, ran.stderr]).toEqual([2, expect.stringContaining('--state: sessions cannot be kept in "disk".')]);
  expect(ran.stderr).toContain("Choose from container, volume.");
});
