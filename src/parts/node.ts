/** What connections with a tailnet node of their own share: the node's name, its key, and its part of environment.json. Pure. */
import { tailscaleKey } from "../catalog/tailscale.ts";
import { volumeFolder, volumeName } from "../catalog/states.ts";
import type { Answers } from "../questions/types.ts";
import type { Connect, Runtime, Secret, Volume } from "../vocabulary.ts";

/** The volume that keeps a login beyond the container; it also keeps sessions. */
export const loginVolume: Volume = { name: volumeName, path: volumeFolder };

/** A name for the node, made from the environment's name: letters, digits and dashes (RFC 1123, 2.1). */
export function nodeOf({ name }: Pick<Answers, "name">): string {
  const word = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 50)
    .replaceAll(/^-+|-+$/g, "");
  return word === "" ? "dev" : `${word}-dev`;
}

/** The variable with the key. */
export function keyOf({ tailscale }: Pick<Answers, "tailscale">): string {
  return tailscale?.key ?? tailscaleKey;
}

/** The tags of nodes that belong to no person. */
export function tagsOf({ tailscale }: Pick<Answers, "tailscale">): readonly string[] {
  return tailscale?.tags ?? [];
}

/** The secret with the key; it is optional. */
export function secretsOf(answers: Pick<Answers, "tailscale">): readonly Secret[] {
  return [
    {
      name: keyOf(answers),
      why: "A Tailscale auth key that lets this container's node in; without it a person logs in",
      url: "https://tailscale.com/kb/1085/auth-keys",
    },
  ];
}

/** What the container has to do: by default the same connection on every host. */
export function connectBy(answers: Answers, way: Connect["by"]["default"], more: Partial<Connect> = {}): Connect {
  return {
    by: { default: way },
    node: nodeOf(answers),
    port: 1055,
    loginServer: answers.tailscale?.loginServer ?? null,
    tags: tagsOf(answers),
    secret: keyOf(answers),
    programs: false,
    folder: null,
    socket: null,
    ...more,
  };
}

/**
 * How much the doctor in the image knows of nodes. `whole`: everything. `given`: it only judges a daemon that another program has started, for the
 * connection `network`, which may lead to the gateway through one. `network`: nothing, because `auto` has no programs to start.
 */
export function doctorOf({ connect }: Pick<Runtime, "connect">): "whole" | "given" | "network" {
  if (connect === null) return "given";
  const mayStart = connect.programs || Object.values(connect.by).some((way) => way !== "auto" && way !== "network");
  return mayStart ? "whole" : "network";
}

/** The demands of a container that is a node by Tailscale's programs in its image, without any privilege. */
export function ownNode(
  answers: Answers,
  way: Connect["by"]["default"],
): Pick<Runtime, "connect" | "secrets" | "volumes" | "programs"> {
  return {
    connect: connectBy(answers, way, { programs: true, folder: loginVolume.path }),
    secrets: secretsOf(answers),
    volumes: [loginVolume],
    programs: ["tailscale"],
  };
}
