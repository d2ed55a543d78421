/** Every connection, a file each, in the order in which they are offered; the first is proposed. */
import type { Connection } from "../vocabulary.ts";
import { network } from "./network.ts";
import { tailscale } from "./tailscale.ts";

/** All of them. */
export const connections: readonly [Connection, ...Connection[]] = [network, tailscale];
