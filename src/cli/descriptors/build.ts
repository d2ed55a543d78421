/** `build`. */
import { usageError } from "../../errors.ts";
import { isImageReference } from "../../catalog/image-reference.ts";
import { oneFolder, readSwitches, readText, readWord } from "../values.ts";
import type { Descriptor, Values } from "./descriptor.ts";
import { making } from "./shared.ts";

/** The command with its flags, and how they are read. */
export const build: Descriptor = {
  name: "build",
  usage: "npx create-aperture-env build [folder] [flags]",
  summary: 'builds the image, and pushes it, so that {"image": …} is a dev container',
  about:
    'Builds the image of the environment with the Dev Containers CLI, from a copy of the repository. Its label devcontainer.metadata makes {"image": …} a complete devcontainer.json. Needs Docker; what it builds are the repository\'s own files, so trust the repository first.',
  groups: [
    {
      title: "What to build",
      flags: [
        {
          name: "target",
          value: "ci|dev",
          text: "ci for jobs (default), or dev for editors and prebuilds; your own dev container has one image and no targets",
        },
        { name: "image", value: "name", repeats: true, text: "the image's name; repeatable" },
        { name: "platform", value: "a,b", text: "platforms, such as linux/amd64,linux/arm64" },
        { name: "config", value: "file", text: "the devcontainer.json to use, if several have the environment" },
        {
          name: "npmrc",
          value: "file",
          text: "an .npmrc with a token for fetching OpenCode; it is in no layer",
        },
      ],
    },
    {
      title: "Pushing",
      flags: [
        { name: "push", text: "push it to the registry in its name" },
        { name: "sbom", text: "attach an SBOM, if the builder can" },
        { name: "provenance", text: "attach provenance, if the builder can" },
      ],
    },
    {
      title: "Build cache",
      flags: [
        {
          name: "cache-from",
          value: "where",
          repeats: true,
          text: "source of cached layers, in the form of docker buildx build; repeatable",
        },
        { name: "cache-to", value: "where", text: "where to store layers, in the form of docker buildx build" },
        { name: "no-cache", text: "build every layer anew" },
      ],
    },
    making,
  ],
  examples: [
    ["npx create-aperture-env build --image ghcr.io/acme/app-ci --push", "builds the image for jobs and pushes it"],
    ["npx create-aperture-env build --target dev --dry-run", "shows what would be built, and how"],
  ],
  read: ({ values, positionals, env }) => {
    const images = readTexts(values, "image");
    const wrong = images.find((image) => !isImageReference(image) || image.includes("@"));
    if (wrong !== undefined)
      throw usageError(
        "bad-flag",
        `--image cannot be ${JSON.stringify(wrong)}.`,
        "It is a name, for instance ghcr.io/acme/app-ci:1",
      );
    const platform = readText(values, "platform");
    if (platform !== null && !/^[\w/]+(?:,[\w/]+)*$/.test(platform))
      throw usageError(
        "bad-flag",
        `--platform cannot be ${JSON.stringify(platform)}.`,
        "It is a list such as linux/amd64,linux/arm64",
      );
    return {
      kind: "build",
      directory: oneFolder(positionals),
      switches: readSwitches(values, env),
      config: readText(values, "config")?.replace(/^\.\//, "") ?? null,
      target: readWord(values, "target", ["ci", "dev"]),
      images,
      platform,
      push: values["push"] === true,
      cacheFrom: readTexts(values, "cache-from"),
      cacheTo: readText(values, "cache-to"),
      noCache: values["no-cache"] === true,
      sbom: values["sbom"] === true,
      provenance: values["provenance"] === true,
      npmrc: readText(values, "npmrc"),
    };
  },
};

function readTexts(values: Values, flag: string): string[] {
  return [values[flag] ?? []].flat().map(String);
}
