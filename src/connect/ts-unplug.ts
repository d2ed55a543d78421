/** The way by ts-unplug: a node that serves the gateway on a port of the loopback, found or started, and waited for until the gateway has answered there. */
import { end, findDaemon, launch, noteLost, noteReady, trimLog, type Daemon, type NotStarted } from "./daemon.ts";
import { answersAt } from "./gateway.ts";
import { keyForChild, type Key } from "./key.ts";
import { takeLock } from "./lock.ts";
import { textIn } from "./notes.ts";
import { failed, type Outcome } from "./outcome.ts";
import { findStateFolder } from "./places.ts";
import type { Wanted } from "./request.ts";
import { nodeOf } from "./settings.ts";

/** What is to be connected. */
export interface UnplugTask extends Wanted {
  readonly run: string;
  readonly program: string;
  readonly key: Key | null;
}

/** Connects. */
export async function connectUnplug(task: UnplugTask): Promise<Outcome> {
  const { settings, run, key, deadline, person } = task;
  const lock = await takeLock(run, deadline);
  if (lock === null) return failed("Another process of this account is still connecting", "try again in a moment");
  let daemon: Daemon | NotStarted;
  try {
    const there = findDaemon(run);
    daemon = there ?? (await start(task));
    // It reads a key as it starts, and this one began before there was one.
    if (there !== null && key !== null && loginIn(run) !== null && !(await answers(there, performance.now() + justLoggedIn))) {
      await end(run, there);
      daemon = await start(task);
    }
  } finally {
    lock.release();
  }
  if (!("pid" in daemon))
    return daemon.why === "in-use"
      ? failed("Another container uses the login on this volume", "stop that container, or give this one a separate volume")
      : daemon.why === "port"
        ? failed(
            `Another program listens on port ${settings.port} of the loopback, and the managed configuration expects the gateway there`,
            "stop it, or set another port for ts-unplug (aperture.connection in aperture-env.yaml), run update and rebuild",
          )
        : failed(`ts-unplug does not start: ${daemon.said}`, "aperture-doctor says more");
  trimLog(run, daemon);
  const outcome = await waitFor(daemon);
  if (!outcome.ok && outcome.loginUrl !== undefined && person !== null) {
    task.say(`to join this container to the tailnet, log in at  ${outcome.loginUrl}`);
    if (await answers(daemon, person)) return reached(daemon);
  }
  if (!outcome.ok) noteLost(run);
  return outcome;

  function reached(running: Daemon): Outcome {
    noteReady(run, running);
    return { ok: true, message: `${settings.origin} answers at http://localhost:${running.port}` };
  }

  /** Until it answers, or says where to log in. */
  async function waitFor(running: Daemon): Promise<Outcome> {
    while (performance.now() < deadline) {
      if (await answers(running, Math.min(deadline, performance.now() + justLoggedIn))) return reached(running);
      const loginUrl = loginIn(run);
      if (loginUrl !== null)
        return {
          ok: false,
          message: "This container is not logged in to the tailnet",
          next: `log in at  ${loginUrl}  and start again`,
          loginUrl,
        };
    }
    return failed(
      `ts-unplug runs, and ${settings.origin} does not answer through it`,
      `check whether ${key === null ? "" : `the key in ${key.variable} is good, whether `}aperture.url has the machine's name, and whether the tailnet's policy lets this node reach it`,
    );
  }
}

/** In milliseconds: who starts again has logged in, as a rule, and it hears of that a moment later. */
const justLoggedIn = 1500;

function answers({ port }: Daemon, deadline: number): Promise<boolean> {
  return answersAt(`http://localhost:${port}`, new URL(`http://127.0.0.1:${port}`), deadline);
}

function start({ settings, env, uid, run, program, key, deadline }: UnplugTask): Promise<Daemon | NotStarted> {
  const state = findStateFolder(settings.folder, uid, "ts-unplug");
  const { host } = new URL(settings.origin);
  return launch({
    way: "ts-unplug",
    run,
    state,
    port: settings.port,
    isFixed: settings.managed,
    env: keyForChild(settings, env, key),
    deadline,
    command: (port) => [
      program,
      "-dir",
      state ?? `${run}/ts-unplug`,
      "-hostname",
      nodeOf(settings, env),
      "-port",
      String(port),
      host,
    ],
  });
}

/** The last address to log in of what it has said since it began (tsnet: "To start this tsnet server, restart with TS_AUTHKEY set, or go to: …"). */
export function loginIn(run: string): string | null {
  return [...textIn(run, "ts-unplug.log").matchAll(/or go to: (https?:\/\/[!-~]+)/g)].at(-1)?.[1] ?? null;
}
