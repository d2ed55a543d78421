/** The steps of the generated workflow that build images, by a real BuildKit: two checkouts of one commit give the same layers. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { disposeAll, docker, dockerAvailable, onDispose, temporaryFolder, uniqueName } from "../support/docker.ts";
import {
  commitAll,
  digestIn,
  pushAs,
  readFrom,
  skipsWithoutBuildkit,
  skipsWithoutRegistry,
  startBuildkit,
  startRegistry,
} from "../support/docker-registry.ts";
import { generate, writeTree } from "../support/repository.ts";
import { skips } from "../support/skips.ts";

const what = "the images of a workflow";
const cli = join(import.meta.dirname, "../../node_modules/@devcontainers/cli/devcontainer.js");
const noEngine = (await dockerAvailable()) ? null : "no Docker engine answers";
const unfit = skips(what, noEngine) || skipsWithoutRegistry(what) || skipsWithoutBuildkit(what);

interface Workflow {
  readonly jobs: { readonly images: { readonly steps: readonly { readonly name?: string; readonly run?: string }[] } };
}

/** What a step of the generated workflow runs. */
function stepOf(folder: string, step: string): string {
  const workflow = parse(readFileSync(join(folder, ".github/workflows/aperture-env-images.yml"), "utf8")) as Workflow;
  return workflow.jobs.images.steps.find(({ name }) => name === step)!.run!;
}

describe.skipIf(unfit)("the images of a commit", () => {
  afterAll(disposeAll);

  // Two cold builds of each.
  test(
    "have the same layers, whenever and wherever the workflow builds it, and the one for jobs one digest",
    { timeout: 1_200_000 },
    async () => {
      const registry = await startRegistry();
      await pushAs("debian:bookworm-slim", `${registry}/acme/base:1`);
      await pushAs("node:24-bookworm-slim", `${registry}/library/node:24-bookworm-slim`);
      const folder = join(await temporaryFolder("aperture-env-workflow"), "sample");
      mkdirSync(folder);
      const outputs = ["--outputs", "devcontainer,ci-github"];
      await generate(folder, ["--base", `image=${registry}/acme/base:1,libc=glibc,user=root`, ...outputs, "--pins"]);
      const revision = await commitAll(folder);
      const steps = { ci: "Build and push the image for jobs", dev: "Build and push the dev container's image" };
      const builder = await startBuildkit(registry);
      for (const [tag, step] of Object.entries(steps)) {
        const script = stepOf(folder, step);
        // Attestations have the time of the build, and there is no scanner here; a cache would make any two builds the same.
        const alone = script
          .replace("--sbom true --provenance mode=max", "")
          .replace(/--cache-from \S+ --cache-to \S+/, "--no-cache")
          .replace(/npx --yes @devcontainers\/cli@[\d.]+/, `"${execPath}" "${cli}"`);
        expect(alone).toContain("--no-cache");
        expect(alone).not.toMatch(/--cache-|npx|--provenance/);
        const built: unknown[] = [];
        for (const name of ["one", "two"]) {
          const clone = join(await temporaryFolder("aperture-env-workflow"), name);
          await execa("git", ["clone", "--quiet", folder, clone]);
          await docker(["buildx", "prune", "--all", "--force"], { env: builder });
          const env = {
            ...builder,
            IMAGE: `${registry}/acme/${name}`,
            GITHUB_SHA: revision,
            BUILDX_NO_DEFAULT_ATTESTATIONS: "1",
          };
          const github = { GITHUB_SERVER_URL: "https://github.example", GITHUB_REPOSITORY: "acme/app" };
          // As a runner starts it: docs.github.com, "defaults.run.shell".
          const ran = await execa("bash", ["-e", "-c", alone], { cwd: clone, env: { ...env, ...github }, reject: false });
          expect(ran.exitCode, ran.stderr).toBe(0);
          const { layers } = (await readFrom(registry, `acme/${name}`, "manifests", tag)) as { readonly layers: object[] };
          expect(layers.length).toBeGreaterThan(2);
          // The CLI has a cache described in the image, with the times of the build.
          built.push(tag === "dev" ? layers : [layers, await digestIn(registry, `acme/${name}`, tag)]);
        }
        expect(built[1], tag).toEqual(built[0]);
      }
    },
  );

  test.each([
    ["generated, beside a sidecar", ["--connection", "sidecar", "--base", "image=debian:bookworm-slim,libc=glibc,user=root"], {}],
    [
      "the user's",
      [],
      {
        ".devcontainer/devcontainer.json": '{ "dockerComposeFile": "compose.yaml", "service": "app", "workspaceFolder": "/w" }\n',
        ".devcontainer/compose.yaml": "services:\n  app:\n    image: node:24-bookworm-slim\n    command: sleep infinity\n",
      },
    ],
  ])("of a dev container by Docker Compose is pushed, too: %s", { timeout: 600_000 }, async (_whose, args, files) => {
    const registry = await startRegistry();
    const folder = join(await temporaryFolder("aperture-env-workflow"), uniqueName("composed"));
    mkdirSync(folder);
    writeTree(folder, files);
    await generate(folder, [...args, "--outputs", "devcontainer,ci-github"]);
    const script = stepOf(folder, "Build and push the dev container's image").replace(
      /npx --yes @devcontainers\/cli@[\d.]+/,
      `"${execPath}" "${cli}"`,
    );
    expect(script).not.toContain("npx");
    const name = `${registry}/acme/composed`;
    // By its id, for it has a name of Compose's, too.
    onDispose(async () => {
      const { stdout } = await docker(["image", "inspect", "--format", "{{.Id}}", `${name}:dev`]);
      if (stdout !== "") await docker(["image", "rm", "--force", stdout.trim()]);
    });
    const ran = await execa("bash", ["-e", "-c", script], { cwd: folder, env: { IMAGE: name }, reject: false });
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(await digestIn(registry, "acme/composed", "dev")).toMatch(/^sha256:/);
    const labels = await docker(["image", "inspect", "--format", "{{json .Config.Labels}}", `${name}:dev`]);
    expect(JSON.parse(labels.stdout)).toHaveProperty(["devcontainer.metadata"]);
  });
});
