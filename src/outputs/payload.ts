/** The Feature folder: all that goes into an image, and at once a local Dev Container Feature. Other outputs stand on it. */
import { doctorPath, environmentPath, featureFolder, featurePath, specSchemaPath } from "../catalog/files.ts";
import type { Output, Shape } from "../vocabulary.ts";
import { file } from "../parts/file.ts";
import { lifecycleOf } from "../parts/lifecycle.ts";

const image = { image: true };
const script = { image: true, executable: true };
const inFolder = (path: string): boolean => path.startsWith(`${featureFolder}/`);

/** The folder and all files in it. */
export const payload: Output = {
  value: "payload",
  label: "the Feature folder",
  inner: true,
  offers: ["env"],
  requires: () => [],
  claims: [
    { strategy: "own", path: inFolder },
    { strategy: "lines", path: inFolder },
  ],
  files: ({ answers, shape }) => [
    file(`${featureFolder}/.gitattributes`, "", { strategy: "lines" }),
    ...(answers.attribution.length === 0 ? [] : [file(`${featureFolder}/attribution.sh`, "attribution", image)]),
    file(`${featureFolder}/auth.json`, "providers and opencode.style", image),
    file(`${featureFolder}/devcontainer-feature.json`, "aperture.url and devcontainer.hooks", {
      ...image,
      context: {
        nested: nestedFeature(shape),
        hooks: shape.kind === "feature" ? lifecycleOf(answers) : [],
      },
    }),
    file(doctorPath, "", image),
    file(`${featureFolder}/doctor.sh`, "", script),
    file(
      environmentPath,
      "aperture.url, aperture.connection, providers, opencode.style, opencode.version, opencode.managed, opencode.online, opencode.plugins and attribution",
      image,
    ),
    file(`${featureFolder}/install.sh`, "opencode.version, opencode.managed and attribution", script),
    file(
      `${featureFolder}/launcher.sh`,
      "aperture.url, opencode.managed, opencode.online, opencode.plugins and attribution",
      script,
    ),
    file(`${featureFolder}/models.json`, "providers, model, small_model and opencode.style", image),
    file(
      `${featureFolder}/opencode.json`,
      "providers, model, small_model, opencode.style, opencode.managed, opencode.online, opencode.other_providers, opencode.chunkTimeout and attribution",
      image,
    ),
    file(`${featureFolder}/opencode/devcontainer-feature.json`, "opencode.version", image),
    file(`${featureFolder}/opencode/fetch.sh`, "opencode.version", script),
    file(`${featureFolder}/opencode/install.sh`, "", script),
    file(`${featureFolder}/opencode/packages.sh`, "", script),
    // In the image, but what it says is made from what is.
    ...(answers.attribution.includes("revision") ? [file(`${featureFolder}/revision`, "")] : []),
    file(specSchemaPath, ""),
  ],
  pieces: () => [],
  next: () => [],
};

/**
 * The nested Feature's name, which `dependsOn` takes from the same place; null, and then it has to fetch the binary itself, where dev containers
 * of several places use the Feature: no one name fits all, and the Feature itself runs the nested one's script.
 */
export function nestedFeature(shape: Shape): string | null {
  const names = new Set(shape.kind === "own" ? ["./aperture-env"] : shape.files.map(featurePath));
  return names.size === 1 ? `${[...names][0]}/opencode` : null;
}
