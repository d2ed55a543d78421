/**
 * The way by a daemon of Tailscale's without any privilege, whose proxy for HTTP leads to the tailnet: found or started, logged in, and waited for until
 * the gateway has answered through it. Each step ends by the deadline, and says what it waited for.
 */
import { ask } from "../gateway/http/client.ts";
import type { Failure } from "../gateway/explain.ts";
import type { Env } from "../vocabulary.ts";
import { findDaemon, launch, noteLost, noteReady, socketIn, textIn, trimLog, type Daemon, type NotStarted } from "./daemon.ts";
import { withoutKeys, type Key } from "./key.ts";
import { askStatus } from "./local-api.ts";
import { takeLock } from "./lock.ts";
import { askForLogin, logIn, type Login } from "./login.ts";
import { failed, type Outcome } from "./outcome.ts";
import { findStateFolder } from "./places.ts";
import { isJob, nodeOf, type Settings } from "./settings.ts";
import { findMachine, type TailnetStatus } from "./status.ts";

/** What is to be connected, from where. */
export interface Task {
  readonly settings: Settings;
  readonly env: Env;
  readonly uid: number;
  /** The folder of what runs here. */
  readonly run: string;
  /** `tailscale` and `tailscaled`. */
  readonly programs: { readonly cli: string; readonly daemon: string };
  readonly key: Key | null;
  /** As `performance.now()` counts. */
  readonly deadline: number;
  /** Until when somebody at a terminal is waited for; null where nobody is there. */
  readonly person: number | null;
  /** Says something while it goes on. */
  say(text: string): void;
}

/** Connects, and has nobody wait for the person who logs in but whoever that person sees. */
export async function connectUserspace(task: Task): Promise<Outcome> {
  const { run, person } = task;
  const first = await connectOnce(task, task.deadline);
  if (first.ok || first.loginUrl === undefined || person === null) return first;
  task.say(`to let this container into the tailnet, log in at  ${first.loginUrl}`);
  while (performance.now() < person) {
    await pause(200);
    const status = await askStatus(socketIn(run), person);
    if ("phase" in status || status.state !== "NeedsLogin") return connectOnce(task, performance.now() + afterLogin);
  }
  return first;
}

/** In milliseconds. */
const afterLogin = 15_000;

async function connectOnce(task: Task, deadline: number): Promise<Outcome> {
  const { run } = task;
  const lock = await takeLock(run, deadline);
  if (lock === null) return failed("Another process of this account is still connecting", "try again in a moment");
  try {
    const daemon = findDaemon(run) ?? (await startTailscaled({ ...task, deadline }));
    if (!("pid" in daemon)) return notStarted(task, daemon);
    trimLog(run, daemon);
    const running = await bringUp({ ...task, deadline });
    const outcome = "ok" in running ? running : await waitForGateway({ ...task, deadline }, daemon, running);
    if (outcome.ok) noteReady(run, daemon);
    else noteLost(run);
    return outcome;
  } finally {
    lock.release();
  }
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
  task.say(`another container (${textIn(kept!, "container")}) uses the login on this volume, so this one is a node of its own`);
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
    `Another container (${other}) uses the login on this volume: two on one would cut each other off`,
    `stop that one, give this one a volume of its own, or set ${settings.secret}`,
  );
}

/** Until the daemon is in its tailnet. */
async function bringUp(task: Task): Promise<TailnetStatus | Outcome> {
  const { settings, env, run, key, programs, deadline } = task;
  const login: Login = {
    program: programs.cli,
    socket: socketIn(run),
    node: nodeOf(settings, env),
    loginServer: settings.loginServer,
    tags: isJob(env) ? settings.tags : [],
    env: withoutKeys(settings, env),
  };
  const began = performance.now();
  let tried = false;
  let asking: (() => void) | null = null;
  try {
    for (;;) {
      const status = await askStatus(login.socket, Math.min(deadline, performance.now() + 2000));
      if ("phase" in status) {
        if (findDaemon(run) === null) return failed("Tailscale's daemon has ended", "try again");
      } else if (status.state === "Running") return status;
      else if (status.state === "NeedsMachineAuth")
        return failed(
          "This node waits for an administrator of the tailnet to approve it",
          "ask them to, under Machines in the admin console",
        );
      else if (status.state === "NeedsLogin" || status.state === "Stopped") {
        if (key !== null && !tried) {
          tried = true;
          const said = await logIn(login, key, Math.max(1000, deadline - performance.now()));
          if (said !== null && said !== "")
            return failed(
              `The key in ${key.variable} lets no node in: ${said}`,
              "set another one, or take it away and log in by hand",
            );
        } else if (status.state === "Stopped" && !tried) {
          tried = true;
          await logIn(login, null, Math.max(1000, deadline - performance.now()));
        } else if (key === null && status.loginUrl !== null && (asking !== null || performance.now() - began > justLoggedIn)) {
          return {
            ok: false,
            message: "This container is not logged in to the tailnet",
            next: `log in at  ${status.loginUrl}  and start again`,
            loginUrl: status.loginUrl,
          };
        } else if (key === null && asking === null && status.loginUrl === null) {
          if (isJob(env))
            return failed(
              "This job has no key for the tailnet",
              `give it ${settings.secret} as a secret, one that is reusable and ephemeral`,
            );
          void askForLogin(login, new Promise<void>((resolve) => (asking = resolve)));
        }
      }
      if (performance.now() >= deadline) return late(settings, status);
      await pause(50);
    }
  } finally {
    (asking as (() => void) | null)?.();
  }
}

/** Who starts again has logged in, as a rule, and the daemon hears of it a moment later: in milliseconds. */
const justLoggedIn = 1500;

/** What the time was spent on. */
function late({ loginServer }: Settings, status: TailnetStatus | Failure): Outcome {
  const server = loginServer ?? "Tailscale's control server";
  const health = "phase" in status ? [] : status.health.filter((line) => !/starting|stopped/i.test(line));
  return failed(
    `${server} did not let this node in in time${health.length === 0 ? "" : `: ${health[0]!.replace(/\.$/, "")}`}`,
    `look whether ${server} can be reached from here, by a proxy where there must be one (HTTPS_PROXY)`,
  );
}

/** How long a machine that is not listed is waited for, in milliseconds: the list comes a moment after the daemon is up. */
const listing = 6000;

/** Until it has answered: a daemon that has only just begun stalls the first request for some seconds, and answers others with 502 before it knows its peers. */
async function waitForGateway(task: Task, daemon: Daemon, running: TailnetStatus): Promise<Outcome> {
  const { run, settings, deadline } = task;
  const { origin } = settings;
  const { hostname } = new URL(origin);
  let status = running;
  const until = Math.min(deadline, performance.now() + listing);
  while (findMachine(status, hostname) === null && performance.now() < until) {
    await pause(50);
    const again = await askStatus(socketIn(run), until);
    if (!("phase" in again)) status = again;
  }
  const self = status.self?.name ?? "";
  let answer = await askThrough(origin, daemon, deadline);
  while (
    (("status" in answer && answer.status === 502) || ("phase" in answer && answer.code === "ECONNRESET")) &&
    performance.now() < deadline
  ) {
    await pause(200);
    answer = await askThrough(origin, daemon, deadline);
  }
  if ("status" in answer && answer.status !== 502)
    return { ok: true, message: `${origin} answers through the tailnet; this node is ${self}` };
  return findMachine(status, hostname) === null
    ? failed(
        `The tailnet shows this node (${self}) no machine ${hostname}`,
        "look whether aperture.url has its name, and whether the tailnet's policy lets this node reach it",
      )
    : failed(
        `${hostname} is in the tailnet, and does not answer`,
        "look whether that machine is on, and whether the tailnet's policy lets this node reach its port",
      );
}

function askThrough(origin: string, { port }: Daemon, deadline: number): ReturnType<typeof ask> {
  const url = new URL("/v1/models", origin);
  return ask({
    url,
    host: "127.0.0.1",
    port,
    proxy: new URL(`http://127.0.0.1:${port}`),
    headers: { "user-agent": "aperture-connect" },
    body: null,
    deadline,
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
