/** Files of the user's that are moved or copied with what was added to them: nothing of it stays where it is wrong, and all of it goes again. */
import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder, runPiped, treeOf, write, type Ran } from "./harness.ts";

let place: ReturnType<typeof makeFolder>;
beforeEach(() => {
  place = makeFolder();
});
afterEach(() => place.remove());

const run = (...argv: string[]): Promise<Ran> => runPiped(argv[0] === "check" ? argv : [...argv, "--yes"], place.folder);
const read = (path: string): string => readFileSync(join(place.folder, path), "utf8");
const theirs = '{\n  // mine\n  "image": "debian:12"\n}\n';

async function succeed(...argv: string[]): Promise<void> {
  const ran = await run(...argv);
  expect(ran.exit, ran.stdout + ran.stderr).toBe(0);
}
function move(from: string, to: string): void {
  mkdirSync(dirname(join(place.folder, to)), { recursive: true });
  renameSync(join(place.folder, from), join(place.folder, to));
}
const features = (path: string): string[] => [...read(path).matchAll(/"([^"]*aperture-env)": \{/g)].map(({ 1: key }) => key!);

test.each([
  [".devcontainer.json", ".devcontainer/devcontainer.json", "./aperture-env"],
  [".devcontainer/devcontainer.json", ".devcontainer.json", "./.devcontainer/aperture-env"],
  [".devcontainer/devcontainer.json", ".devcontainer/app/devcontainer.json", "./../aperture-env"],
])("%s that becomes %s has the Feature by its new path alone, and its bytes again after remove", async (from, to, key) => {
  write(place.folder, { [from]: theirs });
  await succeed();
  move(from, to);
  expect((await run("check")).exit).toBe(3);
  await succeed("update");
  expect(features(to)).toEqual([key]);
  await succeed("check");
  const after = treeOf(place.folder, true);
  await succeed("update");
  expect(treeOf(place.folder, true)).toEqual(after);
  await succeed("remove");
  expect(read(to)).toBe(theirs);
});

test("a copy, which was edited since, has its own path, and the first stays", async () => {
  const [first, second] = [".devcontainer.json", ".devcontainer/b/devcontainer.json"];
  write(place.folder, { [first]: theirs });
  await succeed();
  write(place.folder, { [second]: read(first).replace("debian", "ubuntu").replace("// mine", "// a copy") });
  await succeed("update", "--url", "http://gateway.example");
  expect(features(first)).toEqual(["./.devcontainer/aperture-env"]);
  expect(features(second)).toEqual(["./../aperture-env"]);
  await succeed("check");
  await succeed("remove");
  expect(read(first)).toBe(theirs);
  expect(read(second)).toBe(theirs.replace("debian", "ubuntu").replace("// mine", "// a copy"));
});

test("a Feature of another kind and of the user's own stays beside it", async () => {
  const mine = theirs.replace("\n}", ',\n  "features": { "./mine": {}, "ghcr.io/x/aperture-env:1": {} }\n}');
  write(place.folder, { ".devcontainer.json": mine });
  await succeed();
  move(".devcontainer.json", ".devcontainer/devcontainer.json");
  await succeed("update");
  expect(features(".devcontainer/devcontainer.json")).toEqual(["./aperture-env"]);
  await succeed("remove");
  expect(read(".devcontainer/devcontainer.json")).toBe(mine);
});

test("a Compose file that has another name has one sidecar, and its bytes again after remove", async () => {
  const compose = 'services:\n  # mine\n  app:\n    image: debian:12\n    ports: ["3000:3000"]\n';
  const opens = (file: string): string => `{ "dockerComposeFile": "../${file}", "service": "app" }\n`;
  write(place.folder, { "docker-compose.yml": compose, ".devcontainer/devcontainer.json": opens("docker-compose.yml") });
  await succeed("--connection", "sidecar");
  move("docker-compose.yml", "compose.yaml");
  const path = ".devcontainer/devcontainer.json";
  write(place.folder, { [path]: read(path).replace("docker-compose.yml", "compose.yaml") });
  await succeed("update");
  await succeed("check");
  await succeed("remove");
  expect(read("compose.yaml")).toBe(compose);
  expect(read(path)).toBe(opens("compose.yaml"));
});
