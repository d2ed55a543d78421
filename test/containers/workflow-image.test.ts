/** The step of the generated workflow that builds the image for jobs, by a real BuildKit: two checkouts of one commit give one image. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { disposeAll, docker, dockerAvailable, temporaryFolder } from "../support/docker.ts";
import {
  commitAll,
  digestIn,
  pushAs,
  skipsWithoutBuildkit,
  skipsWithoutRegistry,
  startBuildkit,
  startRegistry,
} from "../support/docker-registry.ts";
import { generate } from "../support/repository.ts";
import { skips } from "../support/skips.ts";

const what = "the image of a workflow";
const noEngine = (await dockerAvailable()) ? null : "no Docker engine answers";
const unfit = skips(what, noEngine) || skipsWithoutRegistry(what) || skipsWithoutBuildkit(what);

interface Workflow {
  readonly jobs: { readonly images: { readonly steps: readonly { readonly name?: string; readonly run?: string }[] } };
}

describe.skipIf(unfit)("the image for jobs", () => {
  afterAll(disposeAll);

  // Two cold builds.
  test("has one digest, whenever and wherever the workflow builds a commit", { timeout: 900_000 }, async () => {
    const registry = await startRegistry();
    await pushAs("debian:bookworm-slim", `${registry}/acme/base:1`);
    await pushAs("node:24-bookworm-slim", `${registry}/library/node:24-bookworm-slim`);
    const folder = join(await temporaryFolder("aperture-env-workflow"), "sample");
    mkdirSync(folder);
    await generate(folder, ["--base", `image=${registry}/acme/base:1,libc=glibc,user=root`, "--outputs", "ci-github", "--pins"]);
    const revision = await commitAll(folder);
    const workflow = parse(readFileSync(join(folder, ".github/workflows/aperture-env-images.yml"), "utf8")) as Workflow;
    const script = workflow.jobs.images.steps.find(({ name }) => name === "Build and push the image for jobs")!.run!;
    // Attestations have the time of the build, and there is no scanner here; a cache would make any two builds the same.
    const alone = script
      .replace(/--sbom true --provenance \S+/, "--provenance false")
      .replace(/--cache-from \S+ --cache-to \S+/, "--no-cache");
    expect(alone).toMatch(/--provenance false[^]*--no-cache/);
    const builder = await startBuildkit(registry);
    const digests: (string | null)[] = [];
    for (const name of ["one", "two"]) {
      const clone = join(await temporaryFolder("aperture-env-workflow"), name);
      await execa("git", ["clone", "--quiet", folder, clone]);
      await docker(["buildx", "prune", "--all", "--force"], { env: builder });
      const env = { ...builder, IMAGE: `${registry}/acme/${name}`, GITHUB_SHA: revision };
      const github = { GITHUB_SERVER_URL: "https://github.example", GITHUB_REPOSITORY: "acme/app" };
      // As a runner starts it: docs.github.com, "defaults.run.shell".
      const ran = await execa("bash", ["-e", "-c", alone], { cwd: clone, env: { ...env, ...github }, reject: false });
      expect(ran.exitCode, ran.stderr).toBe(0);
      digests.push(await digestIn(registry, `acme/${name}`, "ci"));
    }
    expect(digests[0]).toMatch(/^sha256:/);
    expect(digests[1]).toBe(digests[0]);
  });
});
