/** The dev container: one of its own, or the Feature in those of the user's. */
import {
  featurePath,
  isComposePath,
  isDevcontainerPath,
  isSameFeature,
  ownCompose,
  ownDevcontainer,
  workspaceOf,
} from "../catalog/files.ts";
import { formatShell } from "../render/escape.ts";
import type { Answers } from "../questions/types.ts";
import type { Demand, Essential, KeyedValue, Output, Service, ValuesPiece, WantedFile } from "../vocabulary.ts";
import { file } from "../parts/file.ts";
import { composeValues, runtimeValues } from "../parts/container.ts";
import { besideValues, describeService, sidecarFiles } from "../parts/sidecar.ts";
import { lifecycleOf } from "../parts/lifecycle.ts";
import { inEachWorkspace } from "../parts/workspaces.ts";

/** Without the Feature there is no environment in a dev container of the user's; all else in that file people are expected to edit. */
const feature: Essential = {
  keys: 2,
  name: "the Feature",
  absent: "the environment is not in this dev container yet",
  instead: "take this file out of devcontainer.files in the spec, and update",
  ours: ["revision"],
};

/** devcontainer.json, and what it stands on. */
export const devcontainer: Output = {
  value: "devcontainer",
  label: "devcontainer",
  hint: "devcontainer.json, a Dockerfile with the targets dev and ci, the Feature folder",
  proposed: true,
  offers: ["env", "secret", "net-admin", "tun", "state-volume", "shared-network", "build-stage", "feature"],
  requires: ({ shape }) => (shape.kind === "own" ? ["payload", "image"] : ["payload"]),
  claims: [
    { strategy: "own", path: (path) => path === ownDevcontainer || path === ownCompose },
    {
      strategy: "keys",
      path: isDevcontainerPath,
      keys: {
        features: { essential: feature, isSame: isSameFeature },
        containerEnv: {},
        forwardPorts: {},
        runArgs: {},
        secrets: {},
      },
    },
    { strategy: "keys", path: isComposePath, keys: { include: {}, services: {}, volumes: {} } },
  ],
  files: (demand) => [
    ...(demand.runtime.service === null ? [] : besideFiles(demand, demand.runtime.service)),
    ...(demand.shape.kind === "own"
      ? [
          file(ownDevcontainer, "name, base, state and devcontainer", {
            edited: true,
            judgedAs: demand.runtime.service === null ? "devcontainer" : "composed",
            context: { lifecycle: lifecycleOf(demand), composed: demand.runtime.service !== null },
          }),
        ]
      : []),
  ],
  pieces: ({ answers, shape, runtime }, revision) =>
    shape.kind === "own"
      ? []
      : [
          ...shape.files.map((path): ValuesPiece => ({
            strategy: "keys",
            path,
            values: [
              ...valuesFor(path, answers, revision),
              ...runtimeValues(
                runtime,
                (shape.composed ?? []).some(({ devcontainer }) => devcontainer === path),
              ),
            ],
          })),
          ...(shape.composed ?? []).map(({ file, owner }): ValuesPiece => ({
            strategy: "keys",
            path: file,
            values: composeValues(runtime, owner),
          })),
          ...(shape.beside ?? []).flatMap((beside): ValuesPiece[] =>
            runtime.service === null ? [] : [{ strategy: "keys", path: beside.file, ...besideValues(runtime.service, beside) }],
          ),
        ],
  next: ({ shape, runtime }, root) => [
    ...(runtime.service === null ? [] : runtime.secrets).map(
      ({ name }) => `Set ${name} where you open it; without it,  aperture-connect  in the container shows where to log in`,
    ),
    shape.kind === "own"
      ? `Open the folder in VS Code, JetBrains or Codespaces, or:  npx @devcontainers/cli up --workspace-folder ${formatShell(root)}`
      : `Rebuild the container in your editor, or:  ${upCommand(shape.files[0]!, root)} --remove-existing-container`,
  ],
};

/** The files of a container beside it: those of the service in each Feature folder, and a Compose file where the dev container is of its own. */
function besideFiles({ shape }: Demand, service: Service): readonly WantedFile[] {
  const compose = { edited: true, judgedAs: "compose", context: describeService(service) } as const;
  return [
    ...inEachWorkspace(shape, () => sidecarFiles(service)),
    ...(shape.kind === "own" ? [file(ownCompose, "aperture.connection", compose)] : []),
  ];
}

/**
 * The values for one file: the Feature with the revision, and where the spec asks for them variables and ports. Hooks are in the Feature: those
 * of a Feature run before the user's and never clash with them (containers.dev, devcontainer-features, "Lifecycle hooks").
 */
export function valuesFor(file: string, { containerEnv, forwardPorts }: Answers, revision: string): KeyedValue[] {
  return [
    { path: ["features", featurePath(file), "revision"], value: revision, item: false, oursFrom: 1 },
    ...Object.entries(containerEnv).map(([name, value]): KeyedValue => ({
      path: ["containerEnv", name],
      value,
      item: false,
      oursFrom: null,
    })),
    ...forwardPorts.map((port): KeyedValue => ({ path: ["forwardPorts"], value: port, item: true, oursFrom: null })),
  ];
}

/** Dev containers in folders of their own have to be named (containers.dev, devcontainer-reference). */
function upCommand(path: string, root: string): string {
  const from = (inside: string): string => (root === "." ? inside : inside === "" ? root : `${root}/${inside}`);
  const workspace = from(workspaceOf(path).replace(/\/$/, ""));
  const named = /(?:^|\/)\.devcontainer\/[^/]+\/devcontainer\.json$/.test(path) ? ` --config ${formatShell(from(path))}` : "";
  return `npx @devcontainers/cli up --workspace-folder ${workspace === "" ? "." : formatShell(workspace)}${named}`;
}
