/** What is known of the connection before anybody judges it. */
import type { Daemon } from "../../connect/daemon.ts";
import type { TailnetStatus } from "../../connect/status.ts";
import type { Failure } from "../../gateway/explain.ts";
import type { Env, Way } from "../../vocabulary.ts";

/** The way that OpenCode takes. */
export interface Taken {
  readonly way: Way;
  /** What runs here for it. */
  readonly daemon: Daemon | null;
  /** The folder in which what runs here is told of. */
  readonly folder: string | null;
  /** The gateway, where something stands in for it; null where it is asked itself. */
  readonly gateway: string | null;
  /** OpenCode's variables, as the launcher makes them for that way. */
  readonly env: Env;
}

/** What was seen of it. */
export interface Seen {
  /** The socket at which a daemon was asked, and what it said; null where none is to be asked. */
  readonly socket: string | null;
  readonly status: TailnetStatus | Failure | null;
  /** Where ts-unplug says that a person logs in; null where it does not. */
  readonly unplugLogin: string | null;
  /** Whether the container has no network but itself. */
  readonly isAlone: boolean;
  readonly hasTun: boolean;
  /** Why the control server does not answer, where nobody is logged in and that may be the reason. */
  readonly control: string | null;
  /** The host of another container that uses the login. */
  readonly holder: string | null;
}
