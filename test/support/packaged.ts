/** A registry for `doctor: package`: containers can reach it, and it has this project's package as npm packs it, beside OpenCode's of this platform. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { bridgeGateway, fetchOpencodeTarball, onDispose, temporaryFolder } from "./docker.ts";
import { startNpmRegistry, type NpmRegistry } from "./npm-registry.ts";
import { root } from "./project-root.ts";

/** The package of OpenCode that images of this machine get. */
export const opencodeName = process.arch === "arm64" ? "opencode-linux-arm64" : "opencode-linux-x64-baseline";

/** This project's package. */
export const programName = "create-aperture-env";

/** Its version. */
export const programVersion = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string })
  .version;

/** What `npm pack` makes of the built program. */
export async function packProgram(): Promise<Buffer> {
  const folder = await temporaryFolder("aperture-env-packed");
  await execa("npm", ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder], { cwd: root });
  return readFileSync(join(folder, `${programName}-${programVersion}.tgz`));
}

/** A registry that has both, or only OpenCode's, until `disposeAll`. */
export async function startPackages(program: Buffer | null): Promise<NpmRegistry> {
  const opencode = readFileSync(await fetchOpencodeTarball(opencodeName, pinnedRelease.version));
  const registry = await startNpmRegistry({
    packages: [
      { name: opencodeName, version: pinnedRelease.version, tarball: opencode },
      ...(program === null ? [] : [{ name: programName, version: programVersion, tarball: program }]),
    ],
    host: "0.0.0.0",
  });
  onDispose(() => registry.close());
  return registry;
}

/** Where a build reaches it. */
export async function addressInBuilds({ port }: NpmRegistry): Promise<string> {
  return `http://${await bridgeGateway()}:${port}`;
}
