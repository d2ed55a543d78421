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

/** Hosts that set a variable to `true`, each with the word for it in `by` (the documentation of Codespaces, Actions and GitLab's CI). */
const hosts = { CODESPACES: "codespaces", GITHUB_ACTIONS: "github", GITLAB_CI: "gitlab" } as const;

/** The way that is taken here: by the variable that a person may set, by the host, or the usual one. */
export function wayOf({ by }: Settings, env: Env): Way {
  const asked = ways.find((way) => way === env["APERTURE_CONNECTION"]);
  const host = Object.entries(hosts).find(([variable, name]) => env[variable] === "true" && by[name] !== undefined);
  return asked ?? (host === undefined ? by.default : by[host[1]]!);
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
