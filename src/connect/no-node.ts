/** What takes the place of node.ts in an image that is no node of a tailnet: by `auto` without Tailscale's programs, or by the network alone. */
import { failed, type Outcome } from "./outcome.ts";
import { cannotReach, haveTailscale } from "./unreachable.ts";

/** Says what is missing. */
export const connectAsNode: typeof import("./node.ts").connectAsNode = async ({ settings }, way, why): Promise<Outcome> =>
  failed(why === null ? `This image does not support the connection ${way}` : cannotReach(settings, why), haveTailscale);

/** There is no daemon. */
export const lookAtNode: typeof import("./node.ts").lookAtNode = async () => null;
