/**
 * What is built, as values: the configuration that the Dev Containers CLI reads, and the words it is started with. Pure.
 *
 * Read in @devcontainers/cli 0.89.0 (`doBuild`): whatever a devcontainer.json says, properties of it end up in the label `devcontainer.metadata` of the
 * target that it builds, so a target of its own is a configuration of its own. Labels on the command line reach images only that it extends,
 * and of Buildx's options it hands on those in `build.options`; so an image becomes a Dockerfile of one line here, and both go the same way.
 */
import { revisionArgument } from "../catalog/files.ts";
import { isRecord } from "../forms.ts";
import type { Engine } from "./engine.ts";

/** The targets of our Dockerfile. */
export type BuildTarget = "ci" | "dev";

/** What is asked for. */
export interface Wanted {
  /** Null for a dev container of the user's, which has one image. */
  readonly target: BuildTarget | null;
  readonly images: readonly string[];
  readonly platform: string | null;
  readonly push: boolean;
  readonly cacheFrom: readonly string[];
  readonly cacheTo: string | null;
  readonly noCache: boolean;
  readonly sbom: boolean;
  readonly provenance: boolean;
  /** An .npmrc that fetching gets as a build secret. */
  readonly npmrc: string | null;
}

/** What decides what comes out, beside what is asked for. */
export interface Surrounding {
  readonly engine: Engine;
  /** SOURCE_DATE_EPOCH, in seconds. */
  readonly epoch: number | null;
  readonly labels: Readonly<Record<string, string>>;
  /** The file for Buildx's metadata. */
  readonly metadata: string;
}

/** How a devcontainer.json says what its container is made from. */
export type Kind = "dockerfile" | "image" | "compose";

/** What to do. */
export interface Recipe {
  readonly kind: Kind;
  /** The devcontainer.json to build. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The Dockerfile that it names where it named an image; null where it has its own. */
  readonly dockerfile: string | null;
  /** The Dev Containers CLI's words behind `build` and the places. */
  readonly args: readonly string[];
  /** What it hands on to the builder, beside what the configuration had there. */
  readonly options: readonly string[];
  /** What to push afterwards, since the build cannot. */
  readonly push: readonly string[];
  /** What of it is as good as it can be here and no better, a sentence each without its full stop. */
  readonly notes: readonly string[];
}

/** The name of the Dockerfile that stands for an image. */
export const imageDockerfile = "aperture-env.Dockerfile";

/**
 * The configuration of a dev container of ours that Compose starts beside another one, as one that builds the same Dockerfile: what is built is the
 * image alone.
 */
export function withoutCompose(config: Readonly<Record<string, unknown>>, revision: string): Readonly<Record<string, unknown>> {
  const { dockerComposeFile: _files, service: _service, runServices: _others, workspaceFolder: _folder, ...rest } = config;
  return { ...rest, build: { dockerfile: "Dockerfile", args: { [revisionArgument]: revision } } };
}

/** Why something cannot be, and what to do: `fix`. `usage` where other flags would do, else the machine has to be another. */
export interface Cannot {
  readonly usage: boolean;
  readonly why: string;
  readonly fix: string;
}

/** How a container is made; null where a configuration does not say it. */
export function kindOf(config: Readonly<Record<string, unknown>>): Kind | null {
  const { dockerComposeFile, dockerFile, build, image } = config;
  if (dockerComposeFile !== undefined) return "compose";
  if (dockerFile !== undefined || (isRecord(build) && build["dockerfile"] !== undefined)) return "dockerfile";
  return typeof image === "string" ? "image" : null;
}

/** Why what is asked for cannot be built here; null where it can. */
export function findObstacle(kind: Kind, wanted: Wanted, engine: Engine): Cannot | null {
  const { buildx, needsBuildx, driver, store } = engine;
  const { platform, push, cacheFrom, cacheTo, sbom, provenance, npmrc } = wanted;
  const several = platform?.includes(",") === true;
  const flags = [
    ...(platform === null ? [] : ["--platform"]),
    ...(cacheTo === null ? [] : ["--cache-to"]),
    ...(sbom ? ["--sbom"] : []),
    ...(provenance ? ["--provenance"] : []),
  ];
  if (kind === "compose" && flags.length > 0)
    return {
      usage: true,
      why: `Docker Compose builds this dev container, and does not support ${flags.join(", ")}.`,
      fix: "Leave the flags out.",
    };
  if (kind !== "dockerfile" && npmrc !== null)
    return {
      usage: true,
      why: "This dev container gets OpenCode by a Feature, and the build of a Feature gets no secrets: --npmrc has no effect.",
      fix: "Leave it out: the Feature's option registry, or npm's configuration in the base image, says where OpenCode is fetched from.",
    };
  const install = "Install Docker's plugin buildx (docs.docker.com/build/install-buildx).";
  if (!buildx && needsBuildx)
    return { usage: false, why: "This Docker builds nothing without its plugin Buildx, which it does not have.", fix: install };
  if (!buildx && (flags.length > 0 || cacheFrom.length > 0))
    return {
      usage: false,
      why: `${[...flags, ...(cacheFrom.length > 0 ? ["--cache-from"] : [])].join(", ")} needs Buildx, which this Docker does not have.`,
      fix: install,
    };
  // Docker's own builder has no better place for an image than the engine's store (docs.docker.com/build/builders/drivers).
  const beyond = [
    ...(several ? ["build for several platforms"] : []),
    ...(sbom ? ["attach an SBOM"] : []),
    ...(provenance ? ["attach provenance"] : []),
    ...(cacheTo !== null && !isInline(cacheTo) ? ["write a cache elsewhere"] : []),
  ];
  if (driver === "docker" && !store && beyond.length > 0)
    return {
      usage: false,
      why: `The builder of this Docker cannot ${beyond.join(", or ")}.`,
      fix: "Create another builder with  docker buildx create --use --driver docker-container  or turn on the engine's containerd image store.",
    };
  // The image is made by programs of its own platform.
  const foreign = (platform?.split(",") ?? []).filter((each) => !canRun(engine, each));
  if (foreign.length > 0)
    return {
      usage: false,
      why: `The builder cannot run programs for ${foreign.join(", ")}, which the build needs.`,
      fix: `Have them emulated, for instance with  docker run --privileged --rm tonistiigi/binfmt --install ${foreign.map((each) => each.split("/")[1]).join(",")}  or add a machine of that kind to the builder (docs.docker.com/build/building/multi-platform).`,
    };
  if (!push && !store && (several || sbom || provenance))
    return {
      usage: true,
      why: `An image ${several ? "for several platforms" : "with attestations"} cannot be stored by this engine.`,
      fix: "Push it to a registry, with --push.",
    };
  return null;
}

/** Whether a builder runs programs for a platform, in whatever variant of the processor. */
function canRun({ platforms }: Engine, platform: string): boolean {
  const kindOfMachine = (name: string): string => name.split("/").slice(0, 2).join("/");
  return platforms.length === 0 || platforms.some((each) => kindOfMachine(each) === kindOfMachine(platform));
}

/** Makes the recipe. */
export function makeRecipe(kind: Kind, given: Readonly<Record<string, unknown>>, wanted: Wanted, around: Surrounding): Recipe {
  const { target, images, platform, push, cacheFrom, cacheTo, noCache } = wanted;
  const { engine, labels } = around;
  const direct = kind !== "compose";
  // BuildKit since 0.13 sets all times in layers (docs/build-repro.md there), but not while it unpacks an image into Docker's own store.
  const options = direct ? optionsFor(wanted, around) : [];
  const rewrites = direct && around.epoch !== null && engine.rewrites;
  const output = rewrites ? [`type=${push ? "registry" : "docker"},rewrite-timestamp=true`] : [];
  const args = [
    ...images.flatMap((image) => ["--image-name", image]),
    ...(platform === null ? [] : ["--platform", platform]),
    ...(rewrites ? ["--output", ...output] : push && direct && engine.buildx ? ["--push"] : []),
    ...cacheFrom.flatMap((from) => ["--cache-from", from]),
    ...(cacheTo === null ? [] : ["--cache-to", cacheTo]),
    ...(noCache ? ["--no-cache"] : []),
  ];
  const notes = [
    ...(around.epoch === null
      ? ["no commit says when this was made, so another build has another digest"]
      : rewrites
        ? []
        : [
            "this builder cannot set the times in layers: another build has the same digest only while it finds these in its cache",
          ]),
    ...(wanted.provenance
      ? ["provenance says when it was built: the index with it has another digest each time, its images have not"]
      : []),
    ...(target === null && wanted.npmrc !== null
      ? ["--npmrc is for your Dockerfile only: the build of a Feature gets no secrets"]
      : []),
    ...(kind === "compose" && Object.keys(labels).length > 0 ? ["Docker Compose takes no labels from here"] : []),
  ];
  return {
    kind,
    config: direct ? configFor(kind, given, target, options) : given,
    dockerfile: kind === "image" ? "ARG APERTURE_ENV_IMAGE\nFROM $APERTURE_ENV_IMAGE\n" : null,
    args,
    options,
    push: push && (!direct || !engine.buildx) ? images : [],
    notes,
  };
}

/** What the builder gets beyond what the Dev Containers CLI gives it. */
function optionsFor(wanted: Wanted, { engine, labels, metadata }: Surrounding): string[] {
  const { sbom, provenance, cacheTo, npmrc } = wanted;
  return [
    ...Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
    // The CLI has a cache written into every image, with times in it.
    ...(cacheTo !== null && isInline(cacheTo) ? [] : ["--build-arg", "BUILDKIT_INLINE_CACHE=0"]),
    ...(npmrc === null ? [] : ["--secret", `id=npmrc,src=${npmrc}`]),
    ...(engine.buildx
      ? ["--metadata-file", metadata, `--provenance=${provenance ? "mode=min" : "false"}`, `--sbom=${sbom}`]
      : []),
  ];
}

/** The configuration, for another target where one is asked for: there everything runs as root, whatever accounts the image has. */
function configFor(
  kind: Kind,
  given: Readonly<Record<string, unknown>>,
  target: BuildTarget | null,
  added: readonly string[],
): Record<string, unknown> {
  const build = isRecord(given["build"]) ? given["build"] : {};
  const options = [...(Array.isArray(build["options"]) ? (build["options"] as unknown[]) : []), ...added];
  const { image, ...config } = given;
  return {
    ...config,
    ...(target === "ci" && { containerUser: "root", remoteUser: "root" }),
    build: {
      ...build,
      ...(kind === "image" && { dockerfile: imageDockerfile, args: { APERTURE_ENV_IMAGE: image } }),
      ...(target !== null && { target }),
      options,
    },
  };
}

function isInline(cache: string): boolean {
  return /^(?:type=)?inline\b/.test(cache);
}
