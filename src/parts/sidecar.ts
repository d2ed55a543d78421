/** The files of a container beside the dev container, for Docker Compose. Pure. */
import { posix } from "node:path";
import { featureFolder } from "../catalog/files.ts";
import type { Beside, Context, KeyedValue, Service, ValuesPiece, WantedFile } from "../vocabulary.ts";
import { file } from "./file.ts";

/** Keys that a service may have only in a network of its own (moby, runconfig/hostconfig_unix.go, validateNetContainerMode). */
export const networkKeys: readonly string[] = [
  "ports",
  "expose",
  "networks",
  "hostname",
  "domainname",
  "dns",
  "dns_opt",
  "dns_search",
  "extra_hosts",
  "links",
  "external_links",
  "mac_address",
];

/** The folder of these files. */
const folder = `${featureFolder}/sidecar`;

/**
 * The file that says where secrets come from, from the Feature folder. It takes one file of each where its variable is set, another where it is not: a
 * secret whose variable is not set would be an error, and a variable of the container would stand in the log of the Dev Containers CLI, which
 * prints what `docker compose config` says (devcontainers/cli, src/spec-node/dockerCompose.ts).
 */
const secretsFile = "sidecar/secrets.yaml";

/** The file with the service that others extend, relative to the Feature folder. */
function serviceFile({ name }: Service): string {
  return `sidecar/${name}.yaml`;
}

/** The sidecar's mount of the shared volume, in Compose's form; none if they share none. */
function sharedMounts({ shared }: Service): readonly string[] {
  return shared === null ? [] : [`${shared.name}:${shared.path}:ro`];
}

/** The named volumes of both containers. */
function volumeNames({ volumes, shared }: Service): readonly string[] {
  return [...volumes, ...(shared === null ? [] : [shared])].map(({ name }) => name);
}

/** All files in the Feature folder. */
export function sidecarFiles(service: Service): readonly WantedFile[] {
  const { name, secrets } = service;
  return [
    file(`${folder}/${name}.yaml`, "aperture.url, aperture.tailscale and name", { context: describeService(service) }),
    file(`${folder}/secrets.yaml`, "aperture.tailscale", { context: { secrets } }),
    ...secrets.flatMap((secret) =>
      ["", "-given"].map((given) =>
        file(`${folder}/secret-${secret}${given}.yaml`, "aperture.tailscale", {
          template: `${folder}/secret${given}.yaml`,
          context: { secret },
        }),
      ),
    ),
    file(`${folder}/none`, ""),
  ];
}

/** The context of the Compose templates. */
export function describeService(service: Service): Context {
  const { name, image, tags, env, secrets, volumes, shared, capabilities, devices, healthy } = service;
  return {
    service: {
      name,
      image,
      tags: tags.join(","),
      env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
      secrets,
      mounts: [...volumes, ...(shared === null ? [] : [shared])].map((volume) => `${volume.name}:${volume.path}`),
      sharedMounts: sharedMounts(service),
      volumeNames: volumeNames(service),
      capabilities,
      devices,
      healthy,
      file: `aperture-env/${serviceFile(service)}`,
      secretsFile: `aperture-env/${secretsFile}`,
    },
  };
}

/**
 * What goes into a Compose file of the user's: the service, and that the one which has the network of the dev container joins its. Paths in it are
 * from the project's folder, wherever they stand (seen with Compose 2.26; compose-spec, 14-include.md).
 */
export function besideValues(
  service: Service,
  { folder, workspace, service: dev, owner, named, profiles }: Beside,
): Omit<ValuesPiece, "strategy" | "path"> {
  const { name } = service;
  const at = (file: string): string => {
    const path = posix.relative(folder, `${workspace}${featureFolder}/${file}`);
    return path.startsWith("../") ? path : `./${path}`;
  };
  const value = (path: KeyedValue["path"], given: unknown): KeyedValue => ({ path, value: given, item: false, oursFrom: null });
  const item = (path: KeyedValue["path"], given: unknown): KeyedValue => ({ ...value(path, given), item: true });
  return {
    values: [
      { ...item(["include"], at(secretsFile)), oursFrom: 0 },
      { ...value(["services", name, "extends"], { file: at(serviceFile(service)), service: name }), oursFrom: 1, needed: true },
      ...(named === "alias" ? [item(["services", name, "networks", "default", "aliases"], owner)] : []),
      ...(named === "hostname" ? [value(["services", name, "hostname"], owner)] : []),
      ...profiles.map((profile) => item(["services", name, "profiles"], profile)),
      { ...value(["services", owner, "network_mode"], `service:${name}`), oursFrom: 2, needed: true },
      ...sharedMounts(service).map((mount) => ({ ...item(["services", dev, "volumes"], mount), oursFrom: 2 })),
      ...volumeNames(service).map((volume) => value(["volumes", volume], {})),
    ],
    moves: networkKeys.map((key) => ({ from: ["services", owner, key], to: ["services", name, key] })),
  };
}
