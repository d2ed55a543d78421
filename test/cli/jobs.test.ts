/** What jobs go by in a repository that is there: the stages of its pipelines. And what they take of it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { makeFolder, runPiped, write } from "./harness.ts";

let place: ReturnType<typeof makeFolder>;
beforeEach(() => {
  place = makeFolder();
});
afterEach(() => place.remove());

const pipeline = ".gitlab-ci.yml";
const jobs = ".gitlab/aperture-env.yml";
const stages = (): readonly string[] => {
  const file = parse(readFileSync(join(place.folder, jobs), "utf8")) as Record<string, { readonly stage: string }>;
  return ["aperture-env-image", "opencode", "aperture-env-update"].map((job) => file[job]!.stage);
};

test.each([
  ["no pipeline", null, ["build", "test", "test"]],
  ["one without stages of its own", "mine: { script: [echo] }\n", ["build", "test", "test"]],
  ["stages with a test", "stages:\n  - prepare\n  - test\n  - ship\n", ["prepare", "test", "test"]],
  ["others", "stages: [.pre, one, 'the last', .post]\n", ["one", "the last", "the last"]],
  ["tags of GitLab's own", "stages: [one]\nx: { script: !reference [y, script] }\n", ["one", "one", "one"]],
  ["other files that may name some", "include: [base.yml]\n", [".pre", ".post", ".post"]],
  ["our own file alone", `include: [{ local: /${jobs} }]\n`, ["build", "test", "test"]],
  ["stages that are none", "stages: one\n", [".pre", ".post", ".post"]],
])("jobs are in stages that are there: %s", async (_what, text, wanted) => {
  if (text !== null) write(place.folder, { [pipeline]: text });
  expect((await runPiped(["--yes", "--outputs", "ci-gitlab"], place.folder)).exit).toBe(0);
  expect(stages()).toEqual(wanted);
});

test("stages that are renamed come into the jobs by update", async () => {
  write(place.folder, { [pipeline]: "stages: [one]\n" });
  await runPiped(["--yes", "--outputs", "ci-gitlab"], place.folder);
  const text = readFileSync(join(place.folder, pipeline), "utf8");
  write(place.folder, { [pipeline]: text.replace("one", "other") });
  expect((await runPiped(["update", "--yes"], place.folder)).exit).toBe(0);
  expect(stages()).toEqual(["other", "other", "other"]);
  expect((await runPiped(["check"], place.folder)).exit).toBe(0);
});

test("GitLab's jobs take the runner's tags of the defaults and nothing else, and the one with a token takes no folder of an earlier job", async () => {
  expect((await runPiped(["--yes", "--outputs", "ci-gitlab"], place.folder)).exit).toBe(0);
  const file = parse(readFileSync(join(place.folder, jobs), "utf8")) as Readonly<
    Record<string, { readonly inherit?: unknown; readonly variables?: Readonly<Record<string, string>> }>
  >;
  const { variables: _variables, ...all } = file;
  expect(Object.keys(all)).toEqual(["aperture-env-image", "opencode", "aperture-env-update"]);
  for (const job of Object.values(all)) expect(job.inherit).toEqual({ default: ["tags"] });
  expect(all["aperture-env-update"]!.variables).toMatchObject({ GIT_STRATEGY: "clone" });
});

const composed = {
  ".devcontainer/devcontainer.json": '{ "dockerComposeFile": "compose.yaml", "service": "app", "workspaceFolder": "/w" }\n',
  ".devcontainer/compose.yaml": "services:\n  app:\n    image: debian\n",
};

test.each([
  ["by Docker Compose", composed, true],
  ["from an image", { ".devcontainer/devcontainer.json": '{ "image": "debian" }\n' }, false],
])("a dev container %s is pushed by what can do it", async (_how, files, byDocker) => {
  write(place.folder, files);
  expect((await runPiped(["--yes", "--outputs", "devcontainer,ci-github,ci-gitlab"], place.folder)).exit).toBe(0);
  const read = (path: string): string => readFileSync(join(place.folder, path), "utf8");
  const [images, gitlab] = [read(".github/workflows/aperture-env-images.yml"), read(jobs)];
  const scripts = (parse(gitlab) as Record<string, { readonly script: readonly string[] }>)["aperture-env-image"]!.script;
  const pushes = 'docker push --quiet "$CI_REGISTRY_IMAGE/aperture-env:dev"';
  expect(scripts.includes(pushes)).toBe(byDocker);
  expect(scripts.some((line) => line.endsWith('--image-name "$CI_REGISTRY_IMAGE/aperture-env:dev"'))).toBe(byDocker);
  expect(scripts.some((line) => line.endsWith(" --push"))).toBe(!byDocker);
  expect(images.includes('docker push --quiet "$image:dev"')).toBe(byDocker);
  expect(/--output|--cache-to/.test(images)).toBe(!byDocker);
  expect((await runPiped(["check"], place.folder)).exit).toBe(0);
});
