/** Which way is taken here, and that it is. */
import { existsSync } from "node:fs";
import type { Env } from "../vocabulary.ts";
import { findDaemon, noteNetwork, socketIn } from "./daemon.ts";
import { connectGiven, findProgram, isAnswering } from "./given-daemon.ts";
import { findKey } from "./key.ts";
import { askStatus } from "./local-api.ts";
import { answersAt } from "./gateway.ts";
import { failed, type Outcome } from "./outcome.ts";
import { findRunFolder, findStateFolder } from "./places.ts";
import { findOnNetwork, type Seen } from "./probe.ts";
import { isJob, wayOf, type Settings } from "./settings.ts";
import { findMachine } from "./status.ts";
import { connectUnplug } from "./ts-unplug.ts";
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
  const key = findKey(settings, env);
  if (way === "network") return { ok: true, message: "The network of this container is taken as it is" };
  if (way === "ts-unplug") return viaUnplug(request);
  if (way === "userspace") return viaUserspace(request, null);
  if (way === "sidecar") {
    const socket = settings.socket ?? featureSocket;
    return (await isAnswering(socket, 2000))
      ? connectGiven({ ...request, socket, key: null, own: false })
      : failed(
          "The container with Tailscale beside this one does not answer",
          "look at it from the host:  docker compose ps  and  docker compose logs tailscale",
        );
  }
  if (way === "tailscale") {
    const socket = settings.socket ?? featureSocket;
    // Its entrypoint starts no daemon where there is no device.
    if (await isAnswering(socket, existsSync("/dev/net/tun") ? 2000 : 0))
      return connectGiven({ ...request, socket, key, own: true });
    return viaUserspace(request, null);
  }
  const found = await findOnNetwork(settings.origin, request.name, request.probeDeadline);
  if (!found.there) return viaUserspace(request, found.why);
  const run = findRunFolder(request.uid);
  if (run !== null) noteNetwork(run, new URL(settings.origin).hostname);
  return { ok: true, message: `The network of this container leads to ${settings.origin}` };
}

/** Where the daemon of Tailscale's Feature, and any other that root starts, listens. */
const featureSocket = "/var/run/tailscale/tailscaled.sock";

const noPlace = failed(
  "Neither /tmp, /var/tmp nor /dev/shm can have a folder of this account alone",
  "make one of them writable",
);

async function viaUnplug(request: Request): Promise<Outcome> {
  const { settings, env, uid, prefix } = request;
  const program = `${prefix}/lib/aperture-env/ts-unplug`;
  if (!existsSync(program)) return failed(`${program} is not there`, "rebuild the image");
  const run = findRunFolder(uid);
  return run === null ? noPlace : connectUnplug({ ...request, run, program, key: findKey(settings, env) });
}

/** `why` is why the network does not do, where that was asked first. */
async function viaUserspace(request: Request, why: string | null): Promise<Outcome> {
  const { settings, env, uid, prefix } = request;
  const { hostname } = new URL(settings.origin);
  const cannot = `${settings.origin} cannot be reached from here${why === null ? "" : `: ${why}`}`;
  const library = `${prefix}/lib/aperture-env`;
  const programs = findPrograms(library, env);
  if (programs === null)
    return failed(
      why === null ? `${library} has no programs of Tailscale's` : cannot,
      `work on a machine of the tailnet, or have Tailscale in the image: write  tailscale: {}  below  aperture:  in aperture-env.yaml, run  npx create-aperture-env@latest update  and build again`,
    );
  const run = findRunFolder(uid);
  if (run === null) return noPlace;
  const key = findKey(settings, env);
  const { seen } = request;
  if (why !== null && key === null && !isKept(request) && !seen && findDaemon(run) === null)
    return failed(
      `${cannot}, and nothing lets this container into the tailnet`,
      `set ${settings.secret} as a secret of ${isJob(env) ? "the job" : "this host"}, or run  aperture-connect  at a terminal to log in (${hostname} without the tailnet: APERTURE_CONNECTION=network)`,
    );
  return connectUserspace({ ...request, run, programs, key });
}

/** Those of the image, or of somebody's Feature. */
function findPrograms(library: string, env: Env): { readonly cli: string; readonly daemon: string } | null {
  const [cli, daemon] = ["tailscale", "tailscaled"].map((name) =>
    existsSync(`${library}/${name}`) ? `${library}/${name}` : findProgram(name, env),
  );
  return typeof cli === "string" && typeof daemon === "string" ? { cli, daemon } : null;
}

/** Whether a login of this account is on the volume. */
function isKept({ settings, uid }: Request): boolean {
  const folder = findStateFolder(settings.folder, uid, "tailscale");
  return folder !== null && existsSync(`${folder}/tailscaled.state`);
}

/** Where it stands; nothing is started. */
export async function look({ settings, env, uid, name, probeDeadline, deadline }: Request): Promise<Outcome> {
  const { origin } = settings;
  const { hostname } = new URL(origin);
  const run = findRunFolder(uid);
  const daemon = run === null ? null : findDaemon(run);
  const way = wayOf(settings, env);
  const given = way === "tailscale" || way === "sidecar" ? (settings.socket ?? featureSocket) : null;
  const socket = daemon?.way === "userspace" ? socketIn(run!) : given;
  const status = socket === null ? null : await askStatus(socket, Math.min(deadline, performance.now() + 2000));
  if (status === null || "phase" in status) {
    if (daemon?.way === "ts-unplug")
      return (await answersAt(
        `http://localhost:${daemon.port}`,
        new URL(`http://127.0.0.1:${daemon.port}`),
        performance.now() + 2000,
      ))
        ? { ok: true, message: `${origin} answers at http://localhost:${daemon.port}` }
        : failed("ts-unplug runs, and the gateway does not answer through it", "run  aperture-connect");
    const found = await findOnNetwork(origin, name, probeDeadline);
    return found.there
      ? { ok: true, message: `The network of this container leads to ${origin}` }
      : failed(
          `No daemon answers here, and ${found.why}`,
          way === "network" ? "aperture-doctor says more" : "run  aperture-connect",
        );
  }
  const self = status.self?.name ?? "";
  const machine = findMachine(status, hostname);
  if (status.state !== "Running")
    return failed(
      `The daemon is not in the tailnet (${status.state})`,
      status.loginUrl === null ? "run  aperture-connect" : `log in at  ${status.loginUrl}`,
    );
  return machine === null
    ? failed(`This node (${self}) sees no ${hostname} in the tailnet`, "aperture-doctor says more")
    : {
        ok: true,
        message: `This node (${self}) sees ${machine.name} in the tailnet${daemon === null ? "" : `; its proxy is http://127.0.0.1:${daemon.port}`}`,
      };
}
