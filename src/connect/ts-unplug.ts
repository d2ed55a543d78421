/** The way by ts-unplug: a node that serves the gateway on a port of the loopback, found or started, and waited for until the gateway has answered there. */
import type { Env } from "../vocabulary.ts";
import { findDaemon, launch, noteLost, noteReady, textIn, trimLog, type Daemon, type NotStarted } from "./daemon.ts";
import { answersAt } from "./gateway.ts";
import { pause } from "./join.ts";
import { keyForChild, type Key } from "./key.ts";
import { takeLock } from "./lock.ts";
import { failed, type Outcome } from "./outcome.ts";
import { findStateFolder } from "./places.ts";
import { nodeOf, type Settings } from "./settings.ts";

/** What is to be connected. */
export interface UnplugTask {
  readonly settings: Settings;
  readonly env: Env;
  readonly uid: number;
  readonly run: string;
  readonly program: string;
  readonly key: Key | null;
  readonly deadline: number;
  readonly person: number | null;
  say(text: string): void;
}

/** Connects. */
export async function connectUnplug(task: UnplugTask): Promise<Outcome> {
  const { run, deadline, person } = task;
  const lock = await takeLock(run, deadline);
  if (lock === null) return failed("Another process of this account is still connecting", "try again in a moment");
  let daemon: Daemon | NotStarted;
  try {
    daemon = findDaemon(run) ?? (await start(task));
  } finally {
    lock.release();
  }
  if (!("pid" in daemon))
    return daemon.why === "in-use"
      ? failed("Another container uses the login on this volume", "stop that one, or give this one a volume of its own")
      : failed(`ts-unplug does not start: ${daemon.said}`, "aperture-doctor says more");
  trimLog(run, daemon);
  const { port } = daemon;
  const asked = answersAt(`http://localhost:${port}`, new URL(`http://127.0.0.1:${port}`), Math.max(deadline, person ?? 0));
  let told = false;
  let answers: boolean | null = null;
  void asked.then((value) => (answers = value));
  while (answers === null && performance.now() < (told ? person! : deadline)) {
    const url = loginIn(textIn(run, "ts-unplug.log"));
    if (url !== null && answers === null && !told) {
      // What is in the log of an earlier start is answered meanwhile.
      await Promise.race([asked, pause(1500)]);
      if (answers !== null) break;
      if (person === null) {
        noteLost(run);
        return {
          ok: false,
          message: "This container is not logged in to the tailnet",
          next: `log in at  ${url}  and start again`,
          loginUrl: url,
        };
      }
      task.say(`to let this container into the tailnet, log in at  ${url}`);
      told = true;
    }
    await pause(50);
  }
  if (answers === true) {
    noteReady(run, daemon);
    return { ok: true, message: `${task.settings.origin} answers at http://localhost:${port}` };
  }
  noteLost(run);
  return failed(
    `ts-unplug runs, and ${task.settings.origin} does not answer through it`,
    "look whether aperture.url has the machine's name, and whether the tailnet's policy lets this node reach it",
  );
}

function start({ settings, env, uid, run, program, key, deadline }: UnplugTask): Promise<Daemon | NotStarted> {
  const state = findStateFolder(settings.folder, uid, "ts-unplug");
  const { host } = new URL(settings.origin);
  return launch({
    way: "ts-unplug",
    run,
    state,
    port: settings.port,
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

/** The last address to log in of what it said (tsnet: "To start this tsnet server, restart with TS_AUTHKEY set, or go to: …"). */
function loginIn(log: string): string | null {
  return [...log.matchAll(/or go to: (https?:\/\/[!-~]+)/g)].at(-1)?.[1] ?? null;
}
