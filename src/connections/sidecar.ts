/**
 * Tailscale in a sidecar whose network the environment's container uses. The gateway is reached as from any node, and the environment's container
 * needs no privilege and has no key.
 */
import { daemonSocket, isTailnetAddress } from "../catalog/tailnet.ts";
import { pinnedTailscale, tailscaleImage, tailscaleKeys } from "../catalog/tailscale.ts";
import { connectBy, keyOf, nodeOf, secretsOf, tagsOf } from "../parts/node.ts";
import { nothing } from "../parts/runtime.ts";
import type { Answers } from "../questions/types.ts";
import type { Connection, Service } from "../vocabulary.ts";

/** It waits for a person's login; by default containerboot exits after a minute (tailscale, cmd/containerboot/settings.go). */
const forever = "87600h";

/** It needs an output that can start two containers. */
export const sidecar: Connection = {
  value: "sidecar",
  label: "sidecar",
  hint: "Tailscale in a sidecar container, whose network it uses; Docker Compose",
  about: "Tailscale runs in a sidecar container, by Docker Compose",
  needs: ["secret", "net-admin", "tun", "state-volume", "shared-network"],
  options: {},
  runtime: (answers) => ({
    ...nothing,
    secrets: secretsOf(answers),
    service: serviceOf(answers),
    // A person's node belongs to the person, without tags.
    connect: connectBy(answers, "sidecar", { socket: daemonSocket, tags: [] }),
  }),
};

/**
 * Settings of the vendor's image (tailscale.com/kb/1282/docker) whose defaults do not reach the gateway: a device instead of proxies, the tailnet's
 * names, a stored login. Tags are requested only for nodes without a person: a person's node belongs to the person, so the gateway knows who asks.
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
      TS_SOCKET: daemonSocket,
      // An old login may have left settings, each of which would have to be repeated otherwise.
      TS_EXTRA_ARGS: `--reset${loginServer === undefined ? "" : ` --login-server=${loginServer}`}`,
      // The parts of a workload identity that are not secret.
      ...Object.fromEntries(["TS_CLIENT_ID", "TS_AUDIENCE"].map((variable) => [variable, `\${${variable}:-}`])),
    },
    // In the order of aperture-connect (src/connect/key.ts).
    secrets: [...new Set([keyOf(answers), ...tailscaleKeys, "TS_CLIENT_SECRET", "TS_ID_TOKEN"])],
    tags: tagsOf(answers),
    volumes: [{ name: "tailscale-state", path: "/var/lib/tailscale" }],
    shared: { name: "tailscale-socket", path: "/var/run/tailscale" },
    capabilities: ["NET_ADMIN"],
    devices: ["/dev/net/tun:/dev/net/tun"],
    healthy: `tailscale status --json | grep -qF '${listedAs(new URL(answers.url).hostname)}'`,
  };
}

/** The gateway's node in `tailscale status --json`; if its name is not a tailnet name, that this node is up. */
function listedAs(host: string): string {
  if (isTailnetAddress(host)) return `"${host}"`;
  return host === "localhost" || (host.includes(".") && !host.endsWith(".ts.net"))
    ? '"BackendState": "Running"'
    : `"DNSName": "${host}.`;
}

/** The vendor's image of the requested version, or another image. */
function imageOf({ tailscale }: Answers): string {
  const { image, version = pinnedTailscale.version } = tailscale ?? {};
  return image ?? `${tailscaleImage}:${version === "latest" ? "latest" : `v${version}`}`;
}
