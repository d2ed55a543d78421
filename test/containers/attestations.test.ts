/** `build --sbom --provenance` by a real BuildKit into a real registry: what an image says of itself there, for whoever has to trust it. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseLock } from "../../src/lock/lock.ts";
import { disposeAll, docker, dockerAvailable, temporaryFolder, onDispose } from "../support/docker.ts";
import {
  commitAll,
  pushAs,
  readFrom,
  skipsWithoutBuildkit,
  skipsWithoutRegistry,
  startBuildkit,
  startRegistry,
} from "../support/docker-registry.ts";
import { generate, writeTree } from "../support/repository.ts";

const available = await dockerAvailable();
if (!available) console.warn("skipped: attestations, because no Docker engine answers");
const root = join(import.meta.dirname, "..", "..");
const bin = join(root, "dist", "bin.js");

/**
 * A scanner as BuildKit starts one for an SBOM (github.com/moby/buildkit, docs/attestations/sbom-protocol.md): it stands in for the vendor's, which
 * cannot be had here, and finds Debian's packages.
 */
const scanner = `#!/bin/sh
set -eu
name=$(basename "$BUILDKIT_SCAN_SOURCE")
packages=$(sed -n 's/^Package: \\(.*\\)/\\1/p' "$BUILDKIT_SCAN_SOURCE/var/lib/dpkg/status" | sed 's/.*/{"name":"&"}/' | paste -s -d, -)
printf '{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":{"spdxVersion":"SPDX-2.3","name":"%s","packages":[%s]}}' \\
  "$name" "$packages" >"$BUILDKIT_SCAN_DESTINATION/$name.spdx.json"
`;

interface Manifest {
  readonly manifests?: readonly {
    readonly digest: string;
    readonly platform: { readonly os: string; readonly architecture: string };
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
  readonly layers?: readonly { readonly digest: string; readonly annotations?: Readonly<Record<string, string>> }[];
}

describe.skipIf(!available || skipsWithoutRegistry("attestations") || skipsWithoutBuildkit("attestations"))("an image", () => {
  let registry: string;
  let folder: string;
  let env: Readonly<Record<string, string>>;
  let base: string;
  beforeAll(async () => {
    registry = await startRegistry();
    await pushAs("debian:bookworm-slim", `${registry}/acme/base:1`);
    await pushAs("node:24-bookworm-slim", `${registry}/library/node:24-bookworm-slim`);
    const context = await temporaryFolder("aperture-env-scanner");
    writeTree(context, {
      "scan.sh": scanner,
      Dockerfile: 'FROM debian:bookworm-slim\nCOPY --chmod=755 scan.sh /scan.sh\nENTRYPOINT ["/scan.sh"]\n',
    });
    const name = `aperture-env-scanner:${process.pid}`;
    const built = await docker(["build", "--quiet", "--tag", name, context]);
    if (built.exitCode !== 0) throw new Error(built.stderr);
    onDispose(() => docker(["image", "rm", "--force", name]));
    await pushAs(name, `${registry}/docker/buildkit-syft-scanner:stable-1`);
    folder = join(await temporaryFolder("aperture-env-attested"), "sample");
    mkdirSync(folder);
    await generate(folder, ["--base", `image=${registry}/acme/base:1,libc=glibc,user=root`, "--pins"]);
    base = parseLock(readFileSync(join(folder, "aperture-env.lock"), "utf8"))!.pins![`${registry}/acme/base:1`]!;
    await commitAll(folder);
    env = await startBuildkit(registry);
  });
  afterAll(disposeAll);

  async function build(...args: readonly string[]): Promise<{ exit: number | undefined; said: Record<string, unknown> }> {
    const ran = await execa(process.execPath, [bin, "build", "--json", ...args], {
      cwd: folder,
      stdin: "ignore",
      reject: false,
      env,
    });
    return { exit: ran.exitCode, said: JSON.parse(ran.stdout) as Record<string, unknown> };
  }
  const manifest = async (repository: string, name: string): Promise<Manifest> =>
    (await readFrom(registry, repository, "manifests", name)) as Manifest;

  /** What is attested of an image, by the type of what is said. */
  async function attested(repository: string, index: string, image: string): Promise<Record<string, unknown>> {
    const { manifests } = await manifest(repository, index);
    const of = manifests!.find(({ annotations }) => annotations?.["vnd.docker.reference.digest"] === image)!;
    expect(of.annotations!["vnd.docker.reference.type"]).toBe("attestation-manifest");
    const { layers } = await manifest(repository, of.digest);
    const said = layers!.map(async ({ digest, annotations }) => [
      annotations!["in-toto.io/predicate-type"]!,
      ((await readFrom(registry, repository, "blobs", digest)) as { predicate: unknown }).predicate,
    ]);
    return Object.fromEntries(await Promise.all(said)) as Record<string, unknown>;
  }

  test("has an SBOM and provenance in the registry, and the same image digest in each build, although the index differs", async () => {
    const digests: string[][] = [];
    for (const tag of ["a", "b"]) {
      const { exit, said } = await build(
        "--image",
        `${registry}/acme/app:${tag}`,
        "--push",
        "--sbom",
        "--provenance",
        "--no-cache",
      );
      expect([exit, said["error"]]).toEqual([0, undefined]);
      expect(said["notes"]).toEqual([expect.stringContaining("provenance says when it was built")]);
      const index = said["digest"] as string;
      const { manifests } = await manifest("acme/app", tag);
      const [image] = manifests!.filter(({ platform }) => platform.os === "linux");
      digests.push([index, image!.digest]);
      const { "https://spdx.dev/Document": sbom, "https://slsa.dev/provenance/v0.2": provenance } = await attested(
        "acme/app",
        index,
        image!.digest,
      );
      const names = (sbom as { packages: readonly { name: string }[] }).packages.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(["git", "ripgrep", "ca-certificates"]));
      const { materials } = provenance as { materials: readonly { uri: string; digest: { sha256: string } }[] };
      expect(materials.map(({ digest }) => `sha256:${digest.sha256}`)).toContain(base);
    }
    expect(digests[0]![1]).toBe(digests[1]![1]);
    expect(digests[0]![0]).not.toBe(digests[1]![0]);
  });

  test("for a platform whose programs the builder cannot run is refused before the build", async () => {
    const { exit, said } = await build("--image", `${registry}/acme/other`, "--push", "--platform", "linux/amd64,linux/loong64");
    expect(exit).toBe(4);
    expect(said["error"]).toMatchObject({
      code: "cannot-build",
      message: "The builder cannot run programs for linux/loong64, which the build needs.",
      hint: expect.stringContaining("tonistiigi/binfmt --install loong64") as string,
    });
  });
});
