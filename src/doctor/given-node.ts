/** What takes the place of node.ts in an image that takes the network as it is: it starts no daemon, and that of somebody else is judged. */
import { lookAtConnection as look, takeWay as take } from "./probe/given.ts";
export { judgeConnection, mayStillCome } from "./judge/connection.ts";

type Whole = typeof import("./node.ts");

/** Such an environment has nothing to connect, so there are no settings. */
export const takeWay: Whole["takeWay"] = (_settings, given) => take(null, given);

/** As there. */
export const lookAtConnection: Whole["lookAtConnection"] = (_settings, taken, given, uid, host) =>
  look(null, taken, given, uid, host);
