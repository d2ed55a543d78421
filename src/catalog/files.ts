/** The files of an environment, as data: what each is for an update and whether it goes into the image. */

/** How a file is written and updated. `own`: the whole file is ours. `keys`: keyed values are ensured in a file of the user's. */
export type Strategy = "own" | "keys";

/** One file to generate; its template has the same path. */
export interface WantedFile {
  readonly path: string;
  readonly strategy: Strategy;
  /** People are expected to edit it, so the lock keeps its text as the ancestor of a three-way merge. */
  readonly edited: boolean;
  /** What it says ends up in the image, so it counts for the revision. */
  readonly image: boolean;
  readonly executable: boolean;
}

/** How the environment gets into the repository: a dev container of its own, or a Feature in the user's. */
export type Shape = { readonly kind: "own" } | { readonly kind: "feature"; readonly file: string };

/** The Feature folder. */
export const featureFolder = ".devcontainer/aperture-env";

const file = (path: string, fields: Partial<Omit<WantedFile, "path">> = {}): WantedFile => ({
  path,
  strategy: "own",
  edited: false,
  image: false,
  executable: false,
  ...fields,
});

const featureFiles: readonly WantedFile[] = [
  file(`${featureFolder}/.gitattributes`),
  file(`${featureFolder}/auth.json`, { image: true }),
  file(`${featureFolder}/devcontainer-feature.json`, { image: true }),
  file(`${featureFolder}/install.sh`, { image: true, executable: true }),
  file(`${featureFolder}/launcher.sh`, { image: true, executable: true }),
  file(`${featureFolder}/models.json`, { image: true }),
  file(`${featureFolder}/opencode.json`, { image: true }),
  file(`${featureFolder}/opencode/devcontainer-feature.json`, { image: true }),
  file(`${featureFolder}/opencode/fetch.sh`, { image: true, executable: true }),
  file(`${featureFolder}/opencode/install.sh`, { image: true, executable: true }),
  file(`${featureFolder}/opencode/packages.sh`, { image: true, executable: true }),
  file(`${featureFolder}/spec.schema.json`),
];

const ownFiles: readonly WantedFile[] = [
  file(".devcontainer/Dockerfile", { image: true, edited: true }),
  file(".devcontainer/devcontainer.json", { edited: true }),
];

/** The files of that shape, sorted by path. The spec and the lock are not among them: they are the input. */
export function wantedFiles(shape: Shape): readonly WantedFile[] {
  const wanted = shape.kind === "own" ? [...ownFiles, ...featureFiles] : featureFiles;
  return [...wanted].sort((left, right) => (left.path < right.path ? -1 : 1));
}
