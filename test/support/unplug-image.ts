/** Images of environments whose generated stage builds ts-unplug. */
import { join } from "node:path";
import { docker, onDispose, temporaryFolder, uniqueName } from "./docker.ts";
import { goArguments, imageWithGo } from "./go-image.ts";
import { generate, writeTree } from "./repository.ts";

/** Builds the target `ci` once for each list of further flags, and gives the images' names in that order. */
export async function buildUnplug(...lists: readonly (readonly string[])[]): Promise<readonly string[]> {
  const base = "golang:1.26-bookworm";
  const go = await imageWithGo(base);
  const images: string[] = [];
  for (const more of lists) {
    const folder = await temporaryFolder("aperture-env-ts-unplug");
    writeTree(folder, { "package.json": '{ "name": "sample" }\n' });
    await generate(folder, ["--name", "sample", "--connection", "ts-unplug", ...more]);
    const image = uniqueName("aperture-env-ts-unplug");
    const context = ["--build-context", `${base}=docker-image://${go}`];
    const args = ["build", "--progress", "plain", "--target", "ci", ...context, ...goArguments, "--tag", image];
    const { exitCode, stderr } = await docker([...args, join(folder, ".devcontainer")], { timeout: 900_000 });
    if (exitCode !== 0) throw new Error(stderr);
    onDispose(() => docker(["image", "rm", "--force", image]));
    images.push(image);
  }
  return images;
}
