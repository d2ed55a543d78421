/** What the doctor knows of nodes of a tailnet, in this container or beside it. */
export { judgeConnection, mayStillCome } from "./judge/connection.ts";
export { lookAtConnection, takeWay } from "./probe/connection.ts";
