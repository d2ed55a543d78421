/** The Feature folder: all that goes into an image, and at once a local Dev Container Feature. Other outputs stand on it. */
import {
  doctorPath,
  environmentPath,
  featureFolder,
  featurePath,
  isInFeatureFolder,
  specSchemaPath,
  workspaceOf,
} from "../catalog/files.ts";
import type { Demand, Output, Shape, WantedFile } from "../vocabulary.ts";
import { file } from "../parts/file.ts";
import { lifecycleOf } from "../parts/lifecycle.ts";
import { inEachWorkspace } from "../parts/workspaces.ts";

const image = { image: true };
const script = { image: true, executable: true };

/** The folder and all files in it, in each place that needs one. */
export const payload: Output = {
  value: "payload",
  label: "the Feature folder",
  inner: true,
  offers: ["env", "state-volume"],
  requires: () => [],
  claims: [
    { strategy: "own", path: isInFeatureFolder },
    { strategy: "lines", path: isInFeatureFolder },
  ],
  files: (demand) => [
    ...inEachWorkspace(demand.shape, (workspace) => filesIn(workspace, demand)),
    // The spec at the top names it.
    file(specSchemaPath, ""),
  ],
  pieces: () => [],
  next: () => [],
};

/** The files of one Feature folder, as they lie at the repository's top. */
function filesIn(workspace: string, demand: Demand): WantedFile[] {
  const { answers, shape, runtime } = demand;
  // Who fetches Tailscale's programs, where nobody copies them out of an image.
  const fetched = runtime.programs.includes("tailscale") && answers.tailscale?.image === undefined ? shape.kind : null;
  return [
    file(`${featureFolder}/.gitattributes`, "", { strategy: "lines" }),
    // Takes effect whatever the repository's own Prettier configuration is: the nearest one is used (prettier.io/docs/configuration).
    file(`${featureFolder}/.prettierrc.toml`, ""),
    ...(answers.attribution.length === 0 ? [] : [file(`${featureFolder}/attribution.sh`, "attribution", image)]),
    file(`${featureFolder}/auth.json`, "providers and opencode.style", image),
    ...(runtime.connect === null ? [] : [file(`${featureFolder}/connect.sh`, "aperture.connection and doctor", script)]),
    file(`${featureFolder}/devcontainer-feature.json`, "aperture.url, devcontainer.hooks and state", {
      ...image,
      context: {
        nested: nestedFeature(shape, workspace),
        nestedTailscale: fetched === "feature" ? nestedFeature(shape, workspace, "tailscale") : null,
        hooks: shape.kind === "feature" ? lifecycleOf(demand) : [],
      },
    }),
    ...(answers.doctor === "repository" ? [file(doctorPath, "", image)] : []),
    file(`${featureFolder}/doctor.sh`, "doctor", script),
    file(
      environmentPath,
      "aperture.url, aperture.connection, providers, opencode.style, opencode.version, opencode.managed, opencode.online, opencode.plugins, attribution and state",
      image,
    ),
    file(
      `${featureFolder}/install.sh`,
      "opencode.version, opencode.managed, aperture.tailscale, attribution, doctor and state",
      script,
    ),
    file(
      `${featureFolder}/launcher.sh`,
      "aperture.url, opencode.managed, opencode.online, opencode.plugins, attribution and state",
      script,
    ),
    file(`${featureFolder}/models.json`, "providers, model, small_model and opencode.style", image),
    file(
      `${featureFolder}/opencode.json`,
      "providers, model, small_model, opencode.style, opencode.managed, opencode.online, opencode.other_providers, opencode.chunkTimeout and attribution",
      image,
    ),
    file(`${featureFolder}/opencode/devcontainer-feature.json`, "opencode.version", image),
    file(`${featureFolder}/opencode/fetch.sh`, "opencode.version and doctor", script),
    file(`${featureFolder}/opencode/install.sh`, "", script),
    file(`${featureFolder}/opencode/packages.sh`, "", script),
    ...(fetched === null ? [] : [file(`${featureFolder}/tailscale/fetch.sh`, "aperture.tailscale", script)]),
    ...(fetched === "feature"
      ? [
          file(`${featureFolder}/tailscale/devcontainer-feature.json`, "aperture.tailscale", {
            ...image,
            context: { nested: nestedFeature(shape, workspace) },
          }),
          file(`${featureFolder}/tailscale/install.sh`, "", script),
        ]
      : []),
    // In the image, but what it says is made from what is.
    ...(answers.attribution.includes("revision") ? [file(`${featureFolder}/revision`, "")] : []),
  ];
}

/**
 * The nested Feature's name, which `dependsOn` takes from the same place; null, and then it has to fetch the binary itself, where dev containers
 * of several places use the Feature: no one name fits all, and the Feature itself runs the nested one's script.
 */
export function nestedFeature(shape: Shape, workspace = "", name = "opencode"): string | null {
  const files = shape.kind === "own" ? [] : shape.files.filter((path) => workspaceOf(path) === workspace);
  const names = new Set(shape.kind === "own" ? ["./aperture-env"] : files.map(featurePath));
  return names.size === 1 ? `${[...names][0]}/${name}` : null;
}
