/**
 * The way by a daemon of Tailscale's without any privilege, whose proxy for HTTP leads to the tailnet: found or started, logged in, and waited for until
 * the gateway has answered through it.
 */
import type { Env } from "../vocabulary.ts";
import { findDaemon, launch, noteLost, noteReady, socketIn, trimLog, type Daemon, type NotStarted } from "./daemon.ts";
import { answersAt } from "./gateway.ts";
import { bringUp, silent, waitForMachine, withPerson } from "./join.ts";
import { withoutKeys, type Key } from "./key.ts";
import { takeLock } from "./lock.ts";
import { textIn } from "./notes.ts";
import { failed, type Outcome } from "./outcome.ts";
import { findStateFolder } from "./places.ts";
import type { Wanted } from "./request.ts";
import { isJob } from "./settings.ts";
import type { TailnetStatus } from "./status.ts";

/** What is to be connected, from where. */
export interface Task extends Wanted {
  /** The folder of what runs here. */
  readonly run: string;
  /** `tailscale` and `tailscaled`. */
  readonly programs: { readonly cli: string; readonly daemon: string };
  readonly key: Key | null;
}

/** Connects. Only the process whose output the person sees waits for the person's login. */
export function connectUserspace(task: Task): Promise<Outcome> {
  return withPerson({ ...task, socket: socketIn(task.run) }, task.deadline, (deadline) => connectOnce({ ...task, deadline }));
}

async function connectOnce(task: Task): Promise<Outcome> {
  const { settings, env, key, run, programs, deadline } = task;
  const lock = await takeLock(run, deadline);
  if (lock === null) return failed("Another process of this account is still connecting", "try again in a moment");
  try {
    const there = findDaemon(run);
    const daemon = there ?? (await startTailscaled(task));
    if (!("pid" in daemon)) return notStarted(task, daemon);
    trimLog(run, daemon);
    const isThere = (): boolean => findDaemon(run) !== null;
    const program = [programs.cli] as const;
    const isNew = there === null;
    const running = await bringUp({ settings, env, key, socket: socketIn(run), program, deadline, isNew, isThere });
    const outcome = "ok" in running ? running : await tryGateway(task, daemon, running);
    if (outcome.ok) noteReady(run, daemon);
    else noteLost(run);
    return outcome;
  } finally {
    lock.release();
  }
}

async function tryGateway({ run, settings, deadline }: Task, { port }: Daemon, running: TailnetStatus): Promise<Outcome> {
  const { hostname } = new URL(settings.origin);
  const status = await waitForMachine(socketIn(run), running, hostname, deadline);
  return (await answersAt(settings.origin, new URL(`http://127.0.0.1:${port}`), deadline))
    ? { ok: true, message: `${settings.origin} answers through the tailnet; this node is ${status.self?.name ?? ""}` }
    : silent(status, hostname);
}

async function startTailscaled(task: Task): Promise<Daemon | NotStarted> {
  const { settings, env, uid, run, key, deadline } = task;
  const kept = isJob(env) && key !== null ? null : findStateFolder(settings.folder, uid, "tailscale");
  const start = (state: string | null): Promise<Daemon | NotStarted> =>
    launch({
      way: "userspace",
      run,
      state,
      port: settings.port,
      env: withoutOwnProxy(withoutKeys(settings, env), run),
      deadline,
      command: (port) => [
        task.programs.daemon,
        "--tun=userspace-networking",
        `--socket=${socketIn(run)}`,
        `--outbound-http-proxy-listen=127.0.0.1:${port}`,
        ...(state === null ? ["--state=mem:"] : [`--statedir=${state}`, `--state=${state}/tailscaled.state`]),
      ],
    });
  const first = await start(kept);
  if ("pid" in first || first.why !== "in-use" || key === null) return first;
  task.say(
    `another container (${textIn(kept!, "container")}) uses the login on this volume, so this one becomes a separate node`,
  );
  return start(null);
}

/** What OpenCode starts has the proxy of the daemon that was there before; a new one cannot go through itself. */
function withoutOwnProxy(env: Env, run: string): Env {
  const port = textIn(run, "connect").trim().split(" ")[2] ?? "";
  const own = port === "" ? "" : `http://127.0.0.1:${port}`;
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => !/^http_proxy$/i.test(name) || value !== own));
}

function notStarted({ settings, uid }: Task, { why, said }: NotStarted): Outcome {
  if (why !== "in-use") return failed(`Tailscale's daemon does not start: ${said}`, "aperture-doctor says more");
  const other = textIn(findStateFolder(settings.folder, uid, "tailscale") ?? "", "container");
  return failed(
    `Another container (${other}) uses the login on this volume: two nodes with one login would disconnect each other`,
    `stop that container, give this one a separate volume, or set ${settings.secret}`,
  );
}
