/** The files of a container beside the dev container, for Docker Compose. Pure. */
import { featureFolder } from "../catalog/files.ts";
import type { Context, Service, WantedFile } from "../vocabulary.ts";
import { file } from "./file.ts";

/** The folder in which they lie. */
const folder = `${featureFolder}/sidecar`;

/**
 * The file that says where a secret's value comes from, from the Feature folder: one file where its variable is set, another where it is not. A
 * secret whose variable is not set would be an error, and a variable of the container would stand in the log of the Dev Containers CLI, which
 * prints what `docker compose config` says (devcontainers/cli, src/spec-node/dockerCompose.ts).
 */
export function secretFile(name: string): string {
  return `sidecar/secret\${${name}:+-given}.yaml`;
}

/** The file that has the service, to be extended, from the Feature folder. */
export function serviceFile({ name }: Service): string {
  return `sidecar/${name}.yaml`;
}

/** How the container beside it sees the volume that both have, in the words of Compose; none where they share none. */
export function sharedMounts({ shared }: Service): readonly string[] {
  return shared === null ? [] : [`${shared.name}:${shared.path}:ro`];
}

/** The named volumes of both. */
export function volumeNames({ volumes, shared }: Service): readonly string[] {
  return [...volumes, ...(shared === null ? [] : [shared])].map(({ name }) => name);
}

/** All files in the Feature folder. */
export function sidecarFiles(service: Service): readonly WantedFile[] {
  const { name, secrets } = service;
  return [
    file(`${folder}/${name}.yaml`, "aperture.url, aperture.tailscale and name", { context: describeService(service) }),
    ...secrets.flatMap((secret) => [
      file(`${folder}/secret.yaml`, "aperture.tailscale", { context: { secret } }),
      file(`${folder}/secret-given.yaml`, "aperture.tailscale", { context: { secret } }),
      file(`${folder}/none`, ""),
    ]),
  ];
}

/** What the templates of Compose files see. */
export function describeService(service: Service): Context {
  const { name, image, env, secrets, volumes, shared, capabilities, devices, healthy } = service;
  return {
    service: {
      name,
      image,
      env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
      secrets,
      mounts: [...volumes, ...(shared === null ? [] : [shared])].map((volume) => `${volume.name}:${volume.path}`),
      sharedMounts: sharedMounts(service),
      volumeNames: volumeNames(service),
      capabilities,
      devices,
      healthy,
      file: `aperture-env/${serviceFile(service)}`,
      secretFiles: secrets.map((secret) => `aperture-env/${secretFile(secret)}`),
    },
  };
}
