/** What an environment's own file (environment.json) says of the way to its gateway, and what this start's variables make of it. Pure. */
import type { Connect, Env, Way } from "../vocabulary.ts";

/** What is to be connected to, and how. */
export interface Settings extends Connect {
  /** The gateway, as an origin. */
  readonly origin: string;
  /** Whether OpenCode's configuration holds its address as a text, which no variable changes. */
  readonly managed: boolean;
}

/** All ways, as words. */
const ways: readonly Way[] = ["network", "auto", "userspace", "tailscale", "sidecar", "ts-unplug"];

/** Reads environment.json; null where it says nothing of a way, or nothing that anybody here wrote, so that there is nothing to do. */
export function readSettings(text: string | null): Settings | null {
  try {
    const { origin, managed, connect } = JSON.parse(text ?? "") as Omit<Settings, keyof Connect> & { readonly connect?: Connect };
    return connect === undefined || !ways.includes(connect.by.default) || !URL.canParse(origin)
      ? null
      : { ...connect, origin, managed: managed === true };
  } catch {
    return null;
  }
}

/**
 * How hosts are recognised, each with the word for it in `by`, the first that has one: by a variable that is `true` (the documentation of Codespaces,
 * Actions and GitLab's CI), and a pod by the variable that every one has (kubernetes.io, "Service", "Environment variables"). A job may be in a pod.
 */
const hosts: readonly (readonly [string, (env: Env) => boolean])[] = [
  ["codespaces", (env) => env["CODESPACES"] === "true"],
  ["github", (env) => env["GITHUB_ACTIONS"] === "true"],
  ["gitlab", (env) => env["GITLAB_CI"] === "true"],
  ["kubernetes", (env) => Boolean(env["KUBERNETES_SERVICE_HOST"])],
];

/** The way that is taken here: by the variable that a person may set, by the host, or the usual one. `origin` is the gateway as it is asked here. */
export function wayOf({ by, port, origin }: Settings, env: Env): Way {
  const asked = ways.find((way) => way === env["APERTURE_CONNECTION"]);
  const [host = "default"] = hosts.find(([name, isHere]) => by[name] !== undefined && isHere(env)) ?? [];
  const way = asked ?? by[host]!;
  // A gateway on this machine needs no node, but ts-unplug is one that serves it there. The launcher has the same rule.
  const gateway = new URL(origin);
  const isServed = way === "ts-unplug" && gateway.port === String(port);
  const isHere = /^(?:.*\.)?localhost$|^127\.|^\[::1\]$/.test(gateway.hostname) && !isServed;
  return isOnlyWay(way) && isHere ? "network" : way;
}

/** Whether OpenCode gets no other way where this one does not lead to the gateway, even if the network does. The launcher has the same list. */
export function isOnlyWay(way: Way): boolean {
  return way === "userspace" || way === "ts-unplug";
}

/** Whether this is a job, which nobody looks at while it runs. */
export function isJob(env: Env): boolean {
  return env["CI"] === "true" || env["GITHUB_ACTIONS"] === "true" || env["GITLAB_CI"] === "true";
}

/** The node's name: that of the codespace in one, else the spec's; as a label of a name may be (RFC 1035, 2.3.1). */
export function nodeOf({ node }: Settings, env: Env): string {
  const wished = env["CODESPACES"] === "true" ? (env["CODESPACE_NAME"] ?? node) : node;
  const label = wished
    .toLowerCase()
    .replaceAll(/[^a-z\d-]+/g, "-")
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, "");
  return label === "" ? "opencode" : label;
}
