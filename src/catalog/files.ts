/** The files of an environment, as data: what each is for an update and whether it goes into the image. */

/**
 * How a file is written and updated. `own`: the whole file is ours. `keys`, `lines`, `block`: keyed values, lines or a marked block are ensured
 * in a file that may hold more. `seed`: written once, then the user's.
 */
export type Strategy = "own" | "keys" | "lines" | "block" | "seed";

/** One file to generate; its template has the same path. */
export interface WantedFile {
  readonly path: string;
  readonly strategy: "own" | "lines";
  /** The keys of the spec that decide what the file says, for whoever would edit it by hand; empty where none does. */
  readonly decidedBy: string;
  /** People are expected to edit it, so the lock keeps its text as the ancestor of a three-way merge. */
  readonly edited: boolean;
  /** What it says ends up in the image, so it counts for the revision. */
  readonly image: boolean;
  readonly executable: boolean;
}

/** How the environment gets into the repository: a dev container of its own, or a Feature in these of the user's. */
export type Shape = { readonly kind: "own" } | { readonly kind: "feature"; readonly files: readonly string[] };

/** The Feature folder. */
export const featureFolder = ".devcontainer/aperture-env";

/** The doctor, which has no template: it is bundled from src/doctor. */
export const doctorPath = `${featureFolder}/doctor.mjs`;

/** The spec's JSON schema, which has no template: it is made from the table of questions. */
export const specSchemaPath = `${featureFolder}/spec.schema.json`;

const file = (path: string, decidedBy: string, fields: Partial<Omit<WantedFile, "path" | "decidedBy">> = {}): WantedFile => ({
  path,
  strategy: "own",
  decidedBy,
  edited: false,
  image: false,
  executable: false,
  ...fields,
});

const image = { image: true };
const script = { image: true, executable: true };

const featureFiles: readonly WantedFile[] = [
  file(`${featureFolder}/.gitattributes`, "", { strategy: "lines" }),
  file(`${featureFolder}/auth.json`, "providers and opencode.style", image),
  file(`${featureFolder}/devcontainer-feature.json`, "aperture.url and devcontainer.hooks", image),
  file(doctorPath, "", image),
  file(`${featureFolder}/doctor.sh`, "aperture.url, opencode.version and opencode.online", script),
  file(`${featureFolder}/install.sh`, "opencode.managed", script),
  file(`${featureFolder}/launcher.sh`, "aperture.url and opencode.online", script),
  file(`${featureFolder}/models.json`, "providers, model, small_model and opencode.style", image),
  file(
    `${featureFolder}/opencode.json`,
    "providers, model, small_model, opencode.style, opencode.managed and opencode.online",
    image,
  ),
  file(`${featureFolder}/opencode/devcontainer-feature.json`, "opencode.version", image),
  file(`${featureFolder}/opencode/fetch.sh`, "opencode.version", script),
  file(`${featureFolder}/opencode/install.sh`, "", script),
  file(`${featureFolder}/opencode/packages.sh`, "", script),
  file(specSchemaPath, ""),
];

/** The dev container of its own. */
export const ownDevcontainer = ".devcontainer/devcontainer.json";

const ownFiles: readonly WantedFile[] = [
  file(".devcontainer/Dockerfile", "base and opencode.version", { image: true, edited: true }),
  file(ownDevcontainer, "name, base and devcontainer", { edited: true }),
];

/** Paths beside the Feature folder that are ours as a whole. */
export const ownPaths: readonly string[] = ownFiles.map((wanted) => wanted.path);

const devcontainerPath = /^(?:\.devcontainer\/(?:[^/\\\p{Cc}]{1,200}\/)?devcontainer\.json|\.devcontainer\.json)$/u;

/** Whether dev container tools look for a devcontainer.json there (containers.dev, devcontainer-reference). */
export function isDevcontainerPath(path: string): boolean {
  return devcontainerPath.test(path) && !/\/\.{1,2}\//.test(path);
}

/** The files of that shape, sorted by path. The spec and the lock are not among them: they are the input. */
export function wantedFiles(shape: Shape): readonly WantedFile[] {
  const wanted = shape.kind === "own" ? [...ownFiles, ...featureFiles] : featureFiles;
  return [...wanted].sort((left, right) => (left.path < right.path ? -1 : 1));
}
