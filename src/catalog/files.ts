/** Paths in a repository that more than one part of the program uses. */

/** The Feature folder. */
export const featureFolder = ".devcontainer/aperture-env";

/** The doctor, which has no template: it is bundled from src/doctor. */
export const doctorPath = `${featureFolder}/doctor.mjs`;

/** OpenCode's configuration. */
export const configurationPath = `${featureFolder}/opencode.json`;

/** A description of the environment for the doctor, in an image and outside. */
export const environmentPath = `${featureFolder}/environment.json`;

/** The model catalogue that OpenCode gets. */
export const modelsPath = `${featureFolder}/models.json`;

/** The spec's JSON schema, which has no template: it is made from the table of questions. */
export const specSchemaPath = `${featureFolder}/spec.schema.json`;

/** The generated dev container. */
export const ownDevcontainer = ".devcontainer/devcontainer.json";

/** The Docker Compose file of the generated dev container, if its connection needs one. */
export const ownCompose = ".devcontainer/docker-compose.yml";

/** The build argument of the generated Dockerfile that changes with the image's content: editors offer a rebuild when it changes. */
export const revisionArgument = "APERTURE_ENV_REVISION";

/** The maximum depth of folders that are opened as separate workspaces. */
export const maxWorkspaceDepth = 4;

// Controls and what ends a line in YAML 1.1, by their numbers: Unicode's tables cost each run that looks for a path more than all its other patterns.
const name = "[^/\\\\\\x00-\\x1F\\x7F-\\x9F\\u2028\\u2029]{1,200}";
const workspace = `(?:(?!\\.devcontainer/|node_modules/|\\.{1,2}/)${name}/){0,${maxWorkspaceDepth}}`;
const devcontainerPath = new RegExp(
  `^(${workspace})(?:\\.devcontainer/(?:${name}/)?devcontainer\\.json|\\.devcontainer\\.json)$`,
  "u",
);
const inFeatureFolder = new RegExp(`^${workspace}\\.devcontainer/aperture-env/`, "u");

/** Whether dev container tools look for a devcontainer.json there when somebody opens the folder (containers.dev, devcontainer-reference). */
export function isDevcontainerPath(path: string): boolean {
  return devcontainerPath.test(path) && !/\/\.{1,2}\//.test(path);
}

/**
 * The folder that is opened for a dev container, with a `/` at the end; empty for the repository's root. A local Feature has to be below the
 * `.devcontainer` of that folder (devcontainers/cli, containerFeaturesConfiguration.ts), so each such folder gets its own Feature folder.
 */
export function workspaceOf(path: string): string {
  return devcontainerPath.exec(path)?.[1] ?? "";
}

/** Whether a path is a Compose file that may be edited: by its name, or as a YAML file in a folder of dev containers. */
export function isComposePath(path: string): boolean {
  return /(?:^|\/)(?:[^/]*compose[^/]*|\.devcontainer\/(?:[^/]+\/)?[^/]+)\.ya?ml$/i.test(path) && !isInFeatureFolder(path);
}

/** Whether a path is in a Feature folder, at the repository's root or in a folder below. */
export function isInFeatureFolder(path: string): boolean {
  return inFeatureFolder.test(path);
}

/**
 * A Feature is named by the path from the folder of the devcontainer.json that uses it. envbuilder recognises a local Feature by the `./` in front
 * (devcontainer/features/features.go there); the Dev Containers CLI and DevPod resolve the path.
 */
export function featurePath(path: string): string {
  const file = path.slice(workspaceOf(path).length);
  if (file === ownDevcontainer) return "./aperture-env";
  return file === ".devcontainer.json" ? "./.devcontainer/aperture-env" : "./../aperture-env";
}

/** Whether two Feature names in one folder lead to the same path, so that they name the same local Feature. */
export function isSameFeature(left: string, right: string): boolean {
  return left === right || (left.startsWith(".") && right.startsWith(".") && placeOf(left) === placeOf(right));
}

/** The path without redundant steps: `./../a/` is `../a`. */
function placeOf(path: string): string {
  const steps: string[] = [];
  for (const step of path.split("/"))
    if (step === ".." && steps.length > 0 && steps.at(-1) !== "..") steps.pop();
    else if (step !== "" && step !== ".") steps.push(step);
  return steps.join("/");
}
