/** Places in a repository that more than one part of the program has to know. */

/** The Feature folder. */
export const featureFolder = ".devcontainer/aperture-env";

/** The doctor, which has no template: it is bundled from src/doctor. */
export const doctorPath = `${featureFolder}/doctor.mjs`;

/** OpenCode's configuration. */
export const configurationPath = `${featureFolder}/opencode.json`;

/** What the environment was made for, for the doctor in an image and outside of it. */
export const environmentPath = `${featureFolder}/environment.json`;

/** The model catalogue that OpenCode gets. */
export const modelsPath = `${featureFolder}/models.json`;

/** The spec's JSON schema, which has no template: it is made from the table of questions. */
export const specSchemaPath = `${featureFolder}/spec.schema.json`;

/** The dev container of its own. */
export const ownDevcontainer = ".devcontainer/devcontainer.json";

/** The Docker Compose file of the dev container of its own, where its connection needs one. */
export const ownCompose = ".devcontainer/docker-compose.yml";

/** How many folders deep one may lie that is opened as a workspace of its own. */
export const maxWorkspaceDepth = 4;

const workspace = `(?:(?!\\.devcontainer/|node_modules/|\\.{1,2}/)[^/\\\\\\p{Cc}]{1,200}/){0,${maxWorkspaceDepth}}`;
const devcontainerPath = new RegExp(
  `^(${workspace})(?:\\.devcontainer/(?:[^/\\\\\\p{Cc}]{1,200}/)?devcontainer\\.json|\\.devcontainer\\.json)$`,
  "u",
);
const inFeatureFolder = new RegExp(`^${workspace}\\.devcontainer/aperture-env/`, "u");

/** Whether dev container tools look for a devcontainer.json there (containers.dev, devcontainer-reference), in a folder that somebody opens. */
export function isDevcontainerPath(path: string): boolean {
  return devcontainerPath.test(path) && !/\/\.{1,2}\//.test(path);
}

/**
 * The folder that is opened for a dev container, with a `/` behind it; empty for the repository's top. A local Feature has to lie below the
 * `.devcontainer` of that folder (devcontainers/cli, containerFeaturesConfiguration.ts), so each such folder has a Feature folder of its own.
 */
export function workspaceOf(path: string): string {
  return devcontainerPath.exec(path)?.[1] ?? "";
}

/** Whether a path is one of a Compose file that may be edited: by its name, or a YAML file in a folder of dev containers. */
export function isComposePath(path: string): boolean {
  return /(?:^|\/)(?:[^/]*compose[^/]*|\.devcontainer\/(?:[^/]+\/)?[^/]+)\.ya?ml$/i.test(path) && !isInFeatureFolder(path);
}

/** Whether a path lies in a Feature folder, that of the repository's top or one of a folder below. */
export function isInFeatureFolder(path: string): boolean {
  return inFeatureFolder.test(path);
}

/**
 * A Feature is named by the path from the folder of the devcontainer.json that uses it. The `./` in front is what envbuilder tells a local one by
 * (devcontainer/features/features.go there); the Dev Containers CLI and DevPod resolve the path.
 */
export function featurePath(path: string): string {
  const file = path.slice(workspaceOf(path).length);
  if (file === ownDevcontainer) return "./aperture-env";
  return file === ".devcontainer.json" ? "./.devcontainer/aperture-env" : "./../aperture-env";
}

/** Whether two names of Features lead from one folder to one place, so that they name one local Feature. */
export function isSameFeature(left: string, right: string): boolean {
  return left === right || (left.startsWith(".") && right.startsWith(".") && placeOf(left) === placeOf(right));
}

/** The path without steps that lead nowhere: `./../a/` is `../a`. */
function placeOf(path: string): string {
  const steps: string[] = [];
  for (const step of path.split("/"))
    if (step === ".." && steps.length > 0 && steps.at(-1) !== "..") steps.pop();
    else if (step !== "" && step !== ".") steps.push(step);
  return steps.join("/");
}
