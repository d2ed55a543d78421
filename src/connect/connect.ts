/** Which way is taken here, and that it is. */
import { connectAsNode, lookAtNode } from "./node.ts";
import { noteNetwork } from "./notes.ts";
import { failed, type Outcome } from "./outcome.ts";
import { findRunFolder } from "./places.ts";
import { findOnNetwork } from "./probe.ts";
import type { Request } from "./request.ts";
import { wayOf } from "./settings.ts";

/** Takes the way that is meant for this place. */
export async function connect(request: Request): Promise<Outcome> {
  const { settings, env } = request;
  const way = wayOf(settings, env);
  if (way === "network") return { ok: true, message: "This container uses its network, without a tailnet node" };
  if (way !== "auto") return connectAsNode(request, way, null);
  const found = await findOnNetwork(settings.origin, request.name, request.probeDeadline);
  if (!found.there) return connectAsNode(request, way, found.why);
  const run = findRunFolder(request.uid);
  if (run !== null) noteNetwork(run, new URL(settings.origin).hostname);
  return { ok: true, message: `The network of this container leads to ${settings.origin}` };
}

/** Where it stands; nothing is started. */
export async function look(request: Request): Promise<Outcome> {
  const { settings, env, name, probeDeadline } = request;
  const way = wayOf(settings, env);
  const node = await lookAtNode(request, way);
  if (node !== null) return node;
  const found = await findOnNetwork(settings.origin, name, probeDeadline);
  return found.there
    ? { ok: true, message: `The network of this container leads to ${settings.origin}` }
    : failed(
        `No Tailscale daemon answers here, and ${found.why}`,
        way === "network" ? "aperture-doctor says more" : "run  aperture-connect",
      );
}
