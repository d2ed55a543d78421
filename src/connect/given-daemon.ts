/** The ways by a daemon that somebody else starts: the entrypoint of Tailscale's Feature, or a container beside this one. Its network is this one's. */
import { accessSync, constants } from "node:fs";
import type { Env } from "../vocabulary.ts";
import { bringUp, pause, silent, waitForMachine, withPerson } from "./join.ts";
import type { Key } from "./key.ts";
import { askStatus } from "./local-api.ts";
import { failed, type Outcome } from "./outcome.ts";
import { findOnNetwork } from "./probe.ts";
import type { Wanted } from "./request.ts";
import { findMachine } from "./status.ts";

/** What is to be connected. */
export interface GivenTask extends Wanted {
  readonly socket: string;
  /** Whether it is logged in from here. */
  readonly own: boolean;
  readonly key: Key | null;
}

/** Whether a daemon answers there; one that is only just being started is waited for, in milliseconds. */
export async function isAnswering(socket: string, patience: number): Promise<boolean> {
  const until = performance.now() + patience;
  for (;;) {
    if (!("phase" in (await askStatus(socket, performance.now() + 1000)))) return true;
    if (performance.now() >= until) return false;
    await pause(100);
  }
}

/** Waits until it is in the tailnet and its network leads to the gateway, and logs it in where it is ours to do. */
export function connectGiven(task: GivenTask): Promise<Outcome> {
  const { settings, socket, own, uid } = task;
  const { hostname } = new URL(settings.origin);
  return withPerson(task, task.deadline, async (deadline) => {
    const cli = own ? findProgram("tailscale", task.env) : null;
    const running = await bringUp({
      ...task,
      program: cli === null ? null : asRoot(cli, uid, task.env),
      deadline,
      isNew: false,
      isThere: () => performance.now() < deadline,
    });
    if ("ok" in running) return running;
    const status = await waitForMachine(socket, running, hostname, deadline);
    if (findMachine(status, hostname) === null) return silent(status, hostname);
    const found = await findOnNetwork(settings.origin, { kind: "unknown" }, Math.min(deadline, performance.now() + 5000));
    return found.there
      ? { ok: true, message: `This node (${status.self?.name ?? ""}) sees ${hostname} in the tailnet` }
      : failed(
          `${hostname} is in the tailnet, but ${found.why}`,
          "let the daemon take the tailnet's names:  tailscale set --accept-dns=true",
        );
  });
}

/** Only root's own account may tell the daemon anything. */
function asRoot(program: string, uid: number, env: Env): readonly [string, ...string[]] {
  return uid === 0 ? [program] : [findProgram("sudo", env) ?? "sudo", "-n", program];
}

/** A program of that name on PATH, or null. */
export function findProgram(name: string, env: Env): string | null {
  const folders = (env["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(":");
  for (const folder of folders) {
    try {
      accessSync(`${folder}/${name}`, constants.X_OK);
      return `${folder}/${name}`;
    } catch {
      // In another one.
    }
  }
  return null;
}
