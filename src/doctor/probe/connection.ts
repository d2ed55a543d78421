/** The parts of the connection, looked at where they are: what runs here, what the launcher makes of it, the daemon, its proxy. Nothing is started. */
import { existsSync } from "node:fs";
import { daemonSocket } from "../../catalog/tailnet.ts";
import { findDaemon, socketIn, type Daemon } from "../../connect/daemon.ts";
import { withoutKeys } from "../../connect/key.ts";
import { textIn } from "../../connect/notes.ts";
import { findRunFolder, places } from "../../connect/places.ts";
import { findOnNetwork } from "../../connect/probe.ts";
import { isOnlyWay, wayOf, type Settings } from "../../connect/settings.ts";
import { loginIn } from "../../connect/ts-unplug.ts";
import { findRoute } from "../../gateway/proxy.ts";
import type { Env, Way } from "../../vocabulary.ts";
import { originFor } from "../config/launch.ts";
import { isAlone } from "./alone.ts";
import { patience, untilKnown, whyNoControl } from "./daemon.ts";
import { run } from "./run.ts";
import type { Seen, Taken } from "./taken.ts";

/** In milliseconds, for a daemon that has just begun. */
const settling = 6000;

/** Does what the launcher does for the connection, on paper. */
export async function takeWay(settings: Settings | null, given: Env, uid: number | null): Promise<Taken> {
  if (settings === null) return { way: "network", daemon: null, folder: null, gateway: null, env: given };
  const origin = originFor(settings.origin, given);
  const way = wayOf({ ...settings, origin }, given);
  const env = withoutKeys(settings, given);
  const there = places.filter((place) => existsSync(`${place}/aperture-env-${uid}`));
  const folder = uid === null || way === "network" ? null : findRunFolder(uid, there);
  const daemon = folder === null ? null : findDaemon(folder);
  const isForced = isOnlyWay(way);
  const isReady = daemon !== null && textIn(folder!, "ready").startsWith(`${daemon.pid} `);
  // Somebody's own proxy is taken as it is, and so is a network that leads there. What OpenCode has started has the daemon's.
  const { proxy } = findRoute(new URL(origin), given);
  const isOwn = !isForced && proxy !== null && proxy.host !== `127.0.0.1:${daemon?.port}`;
  const isOpen = daemon !== null && !isForced && !isReady && !isOwn;
  const leads = isOpen && (await findOnNetwork(origin, { kind: "unknown" }, performance.now() + 400)).there;
  // A managed configuration names its port, whether it runs or not.
  if (way === "ts-unplug") {
    const address = `http://localhost:${daemon?.port ?? settings.port}`;
    return { way, daemon, folder, gateway: origin, env: { ...env, APERTURE_URL: address } };
  }
  if (daemon === null || isOwn || leads) return { way, daemon: null, folder, gateway: null, env };
  const [through, past] = [`http://127.0.0.1:${daemon.port}`, "localhost,127.0.0.1,::1"];
  const more = { HTTP_PROXY: through, http_proxy: through, NO_PROXY: past, no_proxy: past };
  return { way, daemon, folder, gateway: null, env: { ...env, ...more } };
}

/** Looks at all of it at once. `host` is the gateway's. Never throws. */
export async function lookAtConnection(
  settings: Settings | null,
  { way, daemon, folder }: Taken,
  given: Env,
  uid: number | null,
  host: string,
): Promise<Seen> {
  const socket = socketOf(settings, way, folder, daemon);
  const [status, holder] = await Promise.all([
    socket === null ? null : untilKnown(socket, host, performance.now() + (settings === null ? patience : settling)),
    daemon === null && settings?.folder
      ? holderOf(`${settings.folder}/aperture-env-${uid}/${way === "ts-unplug" ? way : "tailscale"}`, given)
      : null,
  ]);
  return {
    socket,
    status,
    unplugLogin: daemon?.way === "ts-unplug" ? loginIn(folder!) : null,
    isAlone: isAlone(),
    hasTun: existsSync("/dev/net/tun"),
    control: await whyNoControl(status, settings?.loginServer ?? null, given),
    holder,
  };
}

function socketOf(settings: Settings | null, way: Way, folder: string | null, daemon: Daemon | null): string | null {
  if (daemon !== null && daemon.way === "userspace") return socketIn(folder!);
  if (way === "tailscale" || way === "sidecar") return settings?.socket ?? daemonSocket;
  if (way === "userspace") return folder === null ? "" : socketIn(folder);
  // A machine's own daemon, where nothing else is said.
  return way === "network" && existsSync(daemonSocket) ? daemonSocket : null;
}

/** The container that holds a login's lock, by the name that it has left. Whether it is held says flock(1), which is not everywhere. */
async function holderOf(state: string, given: Env): Promise<string | null> {
  if (!existsSync(`${state}/in-use`)) return null;
  const { status } = await run(["flock", "-n", `${state}/in-use`, "true"], { env: given, cwd: "/", timeout: 1000 });
  return status === 1 ? textIn(state, "container").trim() || "another" : null;
}
