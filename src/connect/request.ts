/** What the way to the gateway is asked for with. */
import type { Env } from "../vocabulary.ts";
import type { Seen } from "./probe.ts";
import type { Settings } from "./settings.ts";

/** Who asks, from where, and how long there is. Times are as `performance.now()` counts them. */
export interface Request {
  readonly settings: Settings;
  readonly env: Env;
  readonly uid: number;
  /** Below which bin, lib and share lie. */
  readonly prefix: string;
  /** Whether somebody sees what is said, and could log in. */
  readonly seen: boolean;
  /** What the launcher knows of the gateway's name. */
  readonly name: Seen;
  /** For the look at the network. */
  readonly probeDeadline: number;
  readonly deadline: number;
  /** Until when somebody at a terminal is waited for; null where nobody is there. */
  readonly person: number | null;
  say(text: string): void;
}

/** What every way by a node needs of it. */
export type Wanted = Pick<Request, "settings" | "env" | "uid" | "deadline" | "person" | "say">;
