/** What the connections that make a node of the tailnet share: its name, who lets it in, and what environment.json tells of it. Pure. */
import { tailscaleKey } from "../catalog/tailscale.ts";
import { volumeFolder, volumeName } from "../catalog/states.ts";
import type { Answers } from "../questions/types.ts";
import type { Connect, Runtime, Secret, Volume } from "../vocabulary.ts";

/** The volume on which a login outlasts the container; the one for sessions, too. */
export const loginVolume: Volume = { name: volumeName, path: volumeFolder };

/** A name for the node: letters, digits and dashes (RFC 1123, 2.1), which say whose environment it is. */
export function nodeOf({ name }: Pick<Answers, "name">): string {
  const word = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 50)
    .replaceAll(/^-+|-+$/g, "");
  return word === "" ? "dev" : `${word}-dev`;
}

/** The variable that has the key. */
export function keyOf({ tailscale }: Pick<Answers, "tailscale">): string {
  return tailscale?.key ?? tailscaleKey;
}

/** The tags of nodes that are nobody's. */
export function tagsOf({ tailscale }: Pick<Answers, "tailscale">): readonly string[] {
  return tailscale?.tags ?? [];
}

/** The one secret, which nobody has to have. */
export function secretsOf(answers: Pick<Answers, "tailscale">): readonly Secret[] {
  return [
    {
      name: keyOf(answers),
      why: "A Tailscale auth key that lets this container's node in; without it a person logs in",
      url: "https://tailscale.com/kb/1085/auth-keys",
    },
  ];
}

/** What has to be done in the container, where nothing else is said: the one way everywhere. */
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
 * How much its doctor has to know of nodes: all (`whole`); only to judge a daemon that somebody else has started, where the network is taken as it is and
 * nobody knows by what it leads to the gateway (`given`); nothing, where `auto` has none to start (`network`).
 */
export function doctorOf({ connect }: Pick<Runtime, "connect">): "whole" | "given" | "network" {
  if (connect === null) return "given";
  const mayStart = connect.programs || Object.values(connect.by).some((way) => way !== "auto" && way !== "network");
  return mayStart ? "whole" : "network";
}

/** What a container asks for that is a node by Tailscale's programs in its image, without any privilege. */
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
