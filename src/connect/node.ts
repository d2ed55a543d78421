/** The ways by a node of the tailnet: in this container, or beside it. */
import { existsSync } from "node:fs";
import { daemonSocket } from "../catalog/tailnet.ts";
import type { Env, Way } from "../vocabulary.ts";
import { findDaemon, socketIn } from "./daemon.ts";
import { answersAt } from "./gateway.ts";
import { connectGiven, findProgram, isAnswering } from "./given-daemon.ts";
import { findKey } from "./key.ts";
import { askStatus } from "./local-api.ts";
import { failed, type Outcome } from "./outcome.ts";
import { findRunFolder, findStateFolder } from "./places.ts";
import type { Request } from "./request.ts";
import { isJob } from "./settings.ts";
import { findMachine } from "./status.ts";
import { connectUnplug } from "./ts-unplug.ts";
import { cannotReach, haveTailscale } from "./unreachable.ts";
import { connectUserspace } from "./userspace.ts";

/** Takes that way. `why` is why the network does not do, where that was asked first. */
export async function connectAsNode(request: Request, way: Way, why: string | null): Promise<Outcome> {
  const { settings, env } = request;
  const key = findKey(settings, env);
  if (way === "ts-unplug") return viaUnplug(request);
  if (way === "sidecar") {
    const socket = settings.socket ?? daemonSocket;
    return (await isAnswering(socket, 2000))
      ? connectGiven({ ...request, socket, key: null, own: false })
      : failed(
          "The sidecar with Tailscale does not answer",
          "look at it on the host:  docker compose ps  and  docker compose logs tailscale",
        );
  }
  if (way === "tailscale") {
    const socket = settings.socket ?? daemonSocket;
    // Its entrypoint starts no daemon where there is no device.
    if (await isAnswering(socket, existsSync("/dev/net/tun") ? 2000 : 0))
      return connectGiven({ ...request, socket, key, own: true });
  }
  return viaUserspace(request, why);
}

const noPlace = failed(
  "/tmp, /var/tmp and /dev/shm cannot contain a private folder for this account",
  "make one of them writable",
);

async function viaUnplug(request: Request): Promise<Outcome> {
  const { settings, env, uid, prefix } = request;
  const program = `${prefix}/lib/aperture-env/ts-unplug`;
  if (!existsSync(program)) return failed(`${program} is not there`, "rebuild the image");
  const run = findRunFolder(uid);
  if (run === null) return noPlace;
  const key = findKey(settings, env);
  if (key?.needsTags !== true) return connectUnplug({ ...request, run, program, key });
  const outcome = await connectUnplug({ ...request, run, program, key: null });
  const message = `${key.variable} cannot be used with ts-unplug, which requests no tags; set an auth key`;
  return outcome.ok ? outcome : { ...outcome, message: `${outcome.message}. ${message}` };
}

async function viaUserspace(request: Request, why: string | null): Promise<Outcome> {
  const { settings, env, uid, prefix } = request;
  const { hostname } = new URL(settings.origin);
  const library = `${prefix}/lib/aperture-env`;
  const programs = findPrograms(library, env);
  if (programs === null)
    return failed(why === null ? `${library} does not contain Tailscale's programs` : cannotReach(settings, why), haveTailscale);
  const run = findRunFolder(uid);
  if (run === null) return noPlace;
  const key = findKey(settings, env);
  const { seen } = request;
  if (why !== null && key === null && !isKept(request) && !seen && findDaemon(run) === null)
    return failed(
      `${cannotReach(settings, why)}, and this container has no key to join the tailnet`,
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

/** Where it stands, as far as a daemon tells; null where none answers. Nothing is started. */
export async function lookAtNode({ settings, uid, deadline }: Request, way: Way): Promise<Outcome | null> {
  const { origin } = settings;
  const { hostname } = new URL(origin);
  const run = findRunFolder(uid);
  const daemon = run === null ? null : findDaemon(run);
  const given = way === "tailscale" || way === "sidecar" ? (settings.socket ?? daemonSocket) : null;
  const socket = daemon?.way === "userspace" ? socketIn(run!) : given;
  const status = socket === null ? null : await askStatus(socket, Math.min(deadline, performance.now() + 2000));
  if (status === null || "phase" in status) {
    if (daemon?.way !== "ts-unplug") return null;
    const { port } = daemon;
    const local = `http://localhost:${port}`;
    return (await answersAt(local, new URL(`http://127.0.0.1:${port}`), performance.now() + 2000))
      ? { ok: true, message: `${origin} answers at ${local}` }
      : failed("ts-unplug runs, but the gateway does not answer through it", "run  aperture-connect");
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
