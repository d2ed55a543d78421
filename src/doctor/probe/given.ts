/** The connection where the network is said to lead to the gateway: a daemon may be somebody else's, and none is ours. */
import { existsSync } from "node:fs";
import { daemonSocket } from "../../catalog/tailnet.ts";
import type { Env } from "../../vocabulary.ts";
import { isAlone } from "./alone.ts";
import { patience, untilKnown, whyNoControl } from "./daemon.ts";
import type { Seen, Taken } from "./taken.ts";

/** The launcher takes the network as it is. */
export async function takeWay(_settings: null, given: Env): Promise<Taken> {
  return { way: "network", daemon: null, folder: null, gateway: null, env: given };
}

/** Looks at a machine's own daemon, where there is one. `host` is the gateway's. Never throws. */
export async function lookAtConnection(
  _settings: null,
  _taken: Taken,
  given: Env,
  _uid: number | null,
  host: string,
): Promise<Seen> {
  const socket = existsSync(daemonSocket) ? daemonSocket : null;
  const status = socket === null ? null : await untilKnown(socket, host, performance.now() + patience);
  const control = await whyNoControl(status, null, given);
  return { socket, status, unplugLogin: null, isAlone: isAlone(), hasTun: existsSync("/dev/net/tun"), control, holder: null };
}
