/**
 * Tailscale in a container beside the environment's, which lives in its network: the gateway is reached as from any node, and the environment's
 * container needs no privilege and holds no key.
 */
import { pinnedTailscale, tailscaleImage } from "../catalog/tailscale.ts";
import { connectBy, keyOf, nodeOf, secretsOf, tagsOf } from "../parts/node.ts";
import { nothing } from "../parts/runtime.ts";
import type { Answers } from "../questions/types.ts";
import type { Connection, Service } from "../vocabulary.ts";

/** Where its LocalAPI is, in both containers: where Tailscale's own programs look for it (tailscale, paths/paths_unix.go). */
const socket = "/var/run/tailscale/tailscaled.sock";

/** It waits for a person; containerboot otherwise ends after a minute (tailscale, cmd/containerboot/settings.go). */
const forever = "87600h";

/** It needs an output that can start two containers. */
export const sidecar: Connection = {
  value: "sidecar",
  label: "sidecar",
  hint: "Tailscale in a container beside it, whose network it joins; Docker Compose",
  about: "Tailscale in a container beside it does",
  needs: ["secret", "net-admin", "tun", "state-volume", "shared-network"],
  options: {},
  runtime: (answers) => ({
    ...nothing,
    secrets: secretsOf(answers),
    service: serviceOf(answers),
    // People's nodes are theirs, whatever tags jobs have.
    connect: connectBy(answers, "sidecar", { socket, tags: [] }),
  }),
};

/**
 * The settings of the vendor's image (tailscale.com/kb/1282/docker) whose defaults leave the gateway out of reach: a device instead of proxies,
 * the tailnet's names, a login that is kept. Tags are asked for where the node is nobody's: a person's node is that person's, so the gateway knows who
 * asks.
 */
function serviceOf(answers: Answers): Service {
  const loginServer = answers.tailscale?.loginServer;
  return {
    name: "tailscale",
    image: imageOf(answers),
    env: {
      TS_HOSTNAME: nodeOf(answers),
      TS_USERSPACE: "false",
      TS_ACCEPT_DNS: "true",
      TS_AUTH_ONCE: "true",
      TS_BOOT_TIMEOUT: forever,
      TS_STATE_DIR: "/var/lib/tailscale",
      TS_SOCKET: socket,
      // A login that ended may have left settings, of which each would have to be said again otherwise.
      TS_EXTRA_ARGS: `--reset${loginServer === undefined ? "" : ` --login-server=${loginServer}`}`,
      // What is no secret of a workload identity.
      ...Object.fromEntries(["TS_CLIENT_ID", "TS_AUDIENCE"].map((variable) => [variable, `\${${variable}:-}`])),
    },
    secrets: [...new Set([keyOf(answers), "TS_CLIENT_SECRET", "TS_ID_TOKEN"])],
    tags: tagsOf(answers),
    volumes: [{ name: "tailscale-state", path: "/var/lib/tailscale" }],
    shared: { name: "tailscale-socket", path: "/var/run/tailscale" },
    capabilities: ["NET_ADMIN"],
    devices: ["/dev/net/tun:/dev/net/tun"],
    healthy: `tailscale status --json | grep -qF '${listedAs(new URL(answers.url).hostname)}'`,
  };
}

/** How the gateway's node stands in `tailscale status --json`; where its name is none of a tailnet's, that this node is up. */
function listedAs(host: string): string {
  if (/^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$/.test(host)) return `"${host}"`;
  return host === "localhost" || (host.includes(".") && !host.endsWith(".ts.net"))
    ? '"BackendState": "Running"'
    : `"DNSName": "${host}.`;
}

/** The vendor's image of the version that is asked for, or another one. */
function imageOf({ tailscale }: Answers): string {
  const { image, version = pinnedTailscale.version } = tailscale ?? {};
  return image ?? `${tailscaleImage}:${version === "latest" ? "latest" : `v${version}`}`;
}
