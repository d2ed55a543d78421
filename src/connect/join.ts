/** Waits until a daemon is in its tailnet, and lets it in where that can be done from here. Each step ends by the deadline, and says what it waited for. */
import type { Failure } from "../gateway/explain.ts";
import type { Env } from "../vocabulary.ts";
import { withoutKeys, type Key } from "./key.ts";
import { askStatus } from "./local-api.ts";
import { askForLogin, logIn, type Login } from "./login.ts";
import { failed, type Outcome } from "./outcome.ts";
import { isJob, nodeOf, type Settings } from "./settings.ts";
import { findMachine, type TailnetStatus } from "./status.ts";

/** Which daemon is to join, and how. */
export interface Joining {
  readonly settings: Settings;
  readonly env: Env;
  readonly key: Key | null;
  /** Of its LocalAPI. */
  readonly socket: string;
  /** The words that begin a call of `tailscale`; null where the daemon is not to be told anything from here. */
  readonly program: readonly [string, ...string[]] | null;
  /** As `performance.now()` counts. */
  readonly deadline: number;
  /** Whether nobody can have asked it for a login yet. */
  readonly isNew: boolean;
  /** Whether the daemon is there, or may still come. */
  isThere(): boolean;
}

/**
 * Connects by `once`, and where that ends at a person's login waits for it: until `person` as `performance.now()` counts, null where nobody is there.
 * What is said then is said by `say`.
 */
export async function withPerson(
  { socket, person, say }: { readonly socket: string; readonly person: number | null; say(text: string): void },
  deadline: number,
  once: (deadline: number) => Promise<Outcome>,
): Promise<Outcome> {
  const first = await once(deadline);
  if (first.ok || first.loginUrl === undefined || person === null) return first;
  say(`to join this container to the tailnet, log in at  ${first.loginUrl}`);
  while (performance.now() < person) {
    await pause(200);
    const status = await askStatus(socket, person);
    if ("phase" in status || status.state !== "NeedsLogin") return once(performance.now() + afterLogin);
  }
  return first;
}

/** In milliseconds. */
const afterLogin = 15_000;

/** Until the daemon is in its tailnet. */
export async function bringUp(joining: Joining): Promise<TailnetStatus | Outcome> {
  const { settings, env, key, socket, program, deadline } = joining;
  const login: Login | null =
    program === null
      ? null
      : {
          program,
          socket,
          node: nodeOf(settings, env),
          loginServer: settings.loginServer,
          // People's nodes are theirs.
          tags: isJob(env) || key?.needsTags === true ? settings.tags : [],
          env: withoutKeys(settings, env),
        };
  const began = performance.now();
  let tried = false;
  let asking: (() => void) | null = null;
  try {
    for (;;) {
      const status = await askStatus(socket, Math.min(deadline, performance.now() + 2000));
      if ("phase" in status) {
        if (!joining.isThere()) return failed("Tailscale's daemon has ended", "try again");
      } else if (status.state === "Running") return status;
      else if (status.state === "NeedsMachineAuth")
        return failed(
          "This node waits for an administrator of the tailnet to approve it",
          "ask them to, under Machines in the admin console",
        );
      else if (status.state === "Stopped" && login === null && performance.now() - began > settling)
        return failed(
          "Tailscale's daemon is logged in, but stopped",
          "start it where it runs:  tailscale up  (for a sidecar, on the host:  docker compose exec tailscale tailscale up)",
        );
      else if (status.state === "NeedsLogin" || status.state === "Stopped") {
        if (login !== null && key !== null && !tried) {
          if (key.needsTags && settings.tags.length === 0)
            return failed(
              `Nodes that join with ${key.variable} need tags, and aperture.tailscale in aperture-env.yaml has none`,
              "write  tags: [tag:ci]  there, with a tag that the client may assign, run update and rebuild; or set an auth key",
            );
          tried = true;
          const said = await logIn(login, key, Math.max(1000, deadline - performance.now()));
          if (said !== null && said !== "")
            return failed(`The key in ${key.variable} was rejected: ${said}`, "set another one, or remove it and log in by hand");
        } else if (login !== null && status.state === "Stopped" && !tried) {
          tried = true;
          await logIn(login, null, Math.max(1000, deadline - performance.now()));
        } else if (
          (key === null || login === null) &&
          status.loginUrl !== null &&
          (asking !== null || performance.now() - began > justLoggedIn)
        ) {
          return {
            ok: false,
            message: "This container is not logged in to the tailnet",
            next: `log in at  ${status.loginUrl}  and start again`,
            loginUrl: status.loginUrl,
          };
        } else if (
          login !== null &&
          key === null &&
          asking === null &&
          status.loginUrl === null &&
          (joining.isNew || performance.now() - began > settling)
        ) {
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
    // It was set within a promise, which the compiler does not follow.
    (asking as (() => void) | null)?.();
  }
}

/** Who starts again has logged in, as a rule, and the daemon hears of it a moment later: in milliseconds. */
const justLoggedIn = 2500;

/**
 * For a moment after a person has logged in, the daemon has no address to show and is not in yet; who then asked for a new one would undo the login. In
 * milliseconds.
 */
const settling = 3000;

/** What the time was spent on. */
function late({ loginServer }: Settings, status: TailnetStatus | Failure): Outcome {
  if ("phase" in status) return failed("Tailscale's daemon runs, but does not answer", "aperture-doctor says more");
  const server = loginServer ?? "Tailscale's control server";
  const health = status.health.filter((line) => !/starting|stopped/i.test(line));
  return failed(
    `${server} did not accept this node in time${health.length === 0 ? "" : `: ${health[0]!.replace(/\.$/, "")}`}`,
    `check whether ${server} can be reached from here; set HTTPS_PROXY if a proxy is needed`,
  );
}

/** How long a machine that is not listed is waited for, in milliseconds: the list comes a moment after the daemon is up. */
const listing = 6000;

/** The status once the gateway's machine is listed, or the last one where it is not in time. */
export async function waitForMachine(
  socket: string,
  running: TailnetStatus,
  host: string,
  deadline: number,
): Promise<TailnetStatus> {
  let status = running;
  const until = Math.min(deadline, performance.now() + listing);
  while (findMachine(status, host) === null && performance.now() < until) {
    await pause(50);
    const again = await askStatus(socket, until);
    if (!("phase" in again)) status = again;
  }
  return status;
}

/** Why a gateway does not answer to a node of the tailnet. */
export function silent(status: TailnetStatus, host: string): Outcome {
  return findMachine(status, host) === null
    ? failed(
        `This node (${status.self?.name ?? ""}) sees no machine ${host} in the tailnet`,
        "check aperture.url, and whether the tailnet's policy allows this node to reach the machine",
      )
    : failed(
        `${host} is in the tailnet, but does not answer`,
        "check whether that machine is on, and whether the tailnet's policy allows this node to reach its port",
      );
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
