/** Places in a repository that more than one part of the program has to know. */

/** The Feature folder. */
export const featureFolder = ".devcontainer/aperture-env";

/** The doctor, which has no template: it is bundled from src/doctor. */
export const doctorPath = `${featureFolder}/doctor.mjs`;

/** What the environment was made for, for the doctor in an image and outside of it. */
export const environmentPath = `${featureFolder}/environment.json`;

/** The model catalogue that OpenCode gets. */
export const modelsPath = `${featureFolder}/models.json`;

/** The spec's JSON schema, which has no template: it is made from the table of questions. */
export const specSchemaPath = `${featureFolder}/spec.schema.json`;

/** The dev container of its own. */
export const ownDevcontainer = ".devcontainer/devcontainer.json";

const devcontainerPath = /^(?:\.devcontainer\/(?:[^/\\\p{Cc}]{1,200}\/)?devcontainer\.json|\.devcontainer\.json)$/u;

/** Whether dev container tools look for a devcontainer.json there (containers.dev, devcontainer-reference). */
export function isDevcontainerPath(path: string): boolean {
  return devcontainerPath.test(path) && !/\/\.{1,2}\//.test(path);
}

/**
 * A Feature is named by the path from the folder of the devcontainer.json that uses it. The `./` in front is what envbuilder tells a local one by
 * (devcontainer/features/features.go there); the Dev Containers CLI and DevPod resolve the path.
 */
export function featurePath(file: string): string {
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
