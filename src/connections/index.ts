/** Every connection, a file each, in the order in which they are offered; the first is proposed. */
import type { Connection } from "../vocabulary.ts";
import { auto } from "./auto.ts";
import { network } from "./network.ts";
import { sidecar } from "./sidecar.ts";
import { tailscale } from "./tailscale.ts";
import { tsUnplug } from "./ts-unplug.ts";
import { userspace } from "./userspace.ts";

/** All of them. */
export const connections: readonly [Connection, ...Connection[]] = [auto, network, tailscale, sidecar, userspace, tsUnplug];
