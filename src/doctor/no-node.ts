/** What takes the place of node.ts in an image that is no node of a tailnet: there is no daemon, so only the network is judged. */
import { withoutKeys } from "../connect/key.ts";
import { isOnlyWay, wayOf } from "../connect/settings.ts";
import { haveTailscale } from "../connect/unreachable.ts";
import { originFor } from "./config/launch.ts";
import { judgeNetwork } from "./judge/alone.ts";
import { isAlone } from "./probe/alone.ts";
import { found } from "./types.ts";

type Whole = typeof import("./node.ts");

/** Nothing runs here that the launcher could take. */
export const takeWay: Whole["takeWay"] = async (settings, given) => ({
  way: settings === null ? "network" : wayOf({ ...settings, origin: originFor(settings.origin, given) }, given),
  daemon: null,
  folder: null,
  gateway: null,
  env: settings === null ? given : withoutKeys(settings, given),
});

/** The network alone. */
export const lookAtConnection: Whole["lookAtConnection"] = async () => ({
  socket: null,
  status: null,
  unplugLogin: null,
  isAlone: isAlone(),
  hasTun: false,
  control: null,
  holder: null,
});

/** The network alone, and a way that somebody asks for which this image does not have. */
export const judgeConnection: Whole["judgeConnection"] = (facts) => {
  const { way } = facts.taken;
  // A network that leads there does not help where the launcher does not take it.
  if (facts.isAnswered && !isOnlyWay(way)) return [];
  const past = facts.isAnswered ? null : judgeNetwork(facts);
  if (past !== null) return [past];
  return way === "auto" || way === "network"
    ? []
    : [
        found(
          "failure",
          "connection",
          "daemon-silent",
          "No daemon of Tailscale answers",
          `APERTURE_CONNECTION is ${way}, and this image was built without Tailscale's programs`,
          `unset it, or ${haveTailscale}`,
        ),
      ];
};

/** No peer is known. */
export const mayStillCome: Whole["mayStillCome"] = () => false;
