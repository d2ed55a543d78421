/** Which way is taken here, and that it is. */
import { existsSync } from "node:fs";
import type { Env } from "../vocabulary.ts";
import { findDaemon, noteNetwork, socketIn } from "./daemon.ts";
import { findKey } from "./key.ts";
import { askStatus } from "./local-api.ts";
import { failed, type Outcome } from "./outcome.ts";
import { findRunFolder, findStateFolder } from "./places.ts";
import { findOnNetwork, type Seen } from "./probe.ts";
import { isJob, wayOf, type Settings } from "./settings.ts";
import { findMachine } from "./status.ts";
import { connectUserspace } from "./userspace.ts";

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

/** Takes the way that is meant for this place. */
export async function connect(request: Request): Promise<Outcome> {
  const { settings, env } = request;
  const way = wayOf(settings, env);
  if (way === "network") return { ok: true, message: "The network of this container is taken as it is" };
  if (way === "userspace") return viaUserspace(request, null);
  const found = await findOnNetwork(settings.origin, request.name, request.probeDeadline);
  if (!found.there) return viaUserspace(request, found.why);
  const run = findRunFolder(request.uid);
  if (run !== null) noteNetwork(run, new URL(settings.origin).hostname);
  return { ok: true, message: `The network of this container leads to ${settings.origin}` };
}

/** `why` is why the network does not do, where that was asked first. */
async function viaUserspace(request: Request, why: string | null): Promise<Outcome> {
  const { settings, env, uid, prefix } = request;
  const { hostname } = new URL(settings.origin);
  const cannot = `${settings.origin} cannot be reached from here${why === null ? "" : `: ${why}`}`;
  const library = `${prefix}/lib/aperture-env`;
  const programs = { cli: `${library}/tailscale`, daemon: `${library}/tailscaled` };
  if (![programs.cli, programs.daemon].every((program) => existsSync(program)))
    return failed(
      why === null ? `${library} has no programs of Tailscale's` : cannot,
      `work on a machine of the tailnet, or have Tailscale in the image: write  tailscale: {}  below  aperture:  in aperture-env.yaml, run  npx create-aperture-env@latest update  and build again`,
    );
  const run = findRunFolder(uid);
  if (run === null)
    return failed("Neither /tmp, /var/tmp nor /dev/shm can have a folder of this account alone", "make one of them writable");
  const key = findKey(settings, env);
  const { seen } = request;
  if (why !== null && key === null && !isKept(request) && !seen && findDaemon(run) === null)
    return failed(
      `${cannot}, and nothing lets this container into the tailnet`,
      `set ${settings.secret} as a secret of ${isJob(env) ? "the job" : "this host"}, or run  aperture-connect  at a terminal to log in (${hostname} without the tailnet: APERTURE_CONNECTION=network)`,
    );
  return connectUserspace({ ...request, run, programs, key });
}

/** Whether a login of this account is on the volume. */
function isKept({ settings, uid }: Request): boolean {
  const folder = findStateFolder(settings.folder, uid, "tailscale");
  return folder !== null && existsSync(`${folder}/tailscaled.state`);
}

/** Where it stands; nothing is started. */
export async function look({ settings, env, uid, name, probeDeadline, deadline }: Request): Promise<Outcome> {
  const run = findRunFolder(uid);
  const daemon = run === null ? null : findDaemon(run);
  if (run === null || daemon === null) {
    const found = await findOnNetwork(settings.origin, name, probeDeadline);
    return found.there
      ? { ok: true, message: `The network of this container leads to ${settings.origin}` }
      : failed(
          `No daemon of this account runs, and ${found.why}`,
          wayOf(settings, env) === "network" ? "aperture-doctor says more" : "run  aperture-connect",
        );
  }
  const status = await askStatus(socketIn(run), deadline);
  if ("phase" in status) return failed("The daemon does not answer", "run  aperture-connect");
  const machine = findMachine(status, new URL(settings.origin).hostname);
  if (status.state !== "Running")
    return failed(
      `The daemon is not in the tailnet (${status.state})`,
      status.loginUrl === null ? "run  aperture-connect" : `log in at  ${status.loginUrl}`,
    );
  return machine === null
    ? failed(
        `This node (${status.self?.name ?? ""}) sees no ${new URL(settings.origin).hostname} in the tailnet`,
        "aperture-doctor says more",
      )
    : {
        ok: true,
        message: `This node (${status.self?.name ?? ""}) sees ${machine.name} in the tailnet; its proxy is http://127.0.0.1:${daemon.port}`,
      };
}
