/** Starts Tailscale's programs: those that stay, and those that are waited for. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Env } from "../vocabulary.ts";

/** One that stays. */
export interface Started {
  readonly pid: number;
  /** Gives its status once it has ended; what ended it by force is -1. */
  readonly ended: Promise<number>;
}

/** The status with which a program was not started because another container uses its folder. */
export const inUse = 75;

/**
 * A folder that two containers share is for the first of them: flock(1) of that folder's file is held as long as the program runs, whatever ends it,
 * and the kernel knows it across containers. Where there is no flock, nobody can tell.
 */
const keeper = `if [ -n "$1" ] && command -v flock >/dev/null; then
  exec 9>>"$1/in-use"
  flock -n 9 || exit ${inUse}
fi
shift
exec "$@"`;

/**
 * Starts a program that outlives this process, in a session of its own so that no Ctrl-C of a terminal reaches it, with what it says in a file. `folder` is
 * what it alone may use; empty where nothing is to be guarded. Null where it cannot be started.
 */
export function startDaemon(
  command: readonly [string, ...string[]],
  { env, log, folder }: { readonly env: Env; readonly log: string; readonly folder: string },
): Started | null {
  const file = openSync(log, "a", 0o600);
  try {
    const child = spawn("/bin/sh", ["-c", keeper, "sh", folder, ...command], {
      env: { ...env },
      cwd: "/",
      detached: true,
      stdio: ["ignore", file, file],
    });
    child.unref();
    const ended = new Promise<number>((resolve) => {
      child.on("exit", (status) => resolve(status ?? -1));
      child.on("error", () => resolve(-1));
    });
    return child.pid === undefined ? null : { pid: child.pid, ended };
  } finally {
    closeSync(file);
  }
}

/** Ends a program that stays. */
export function endDaemon(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It has ended already.
  }
}

/** What a program that was waited for said. */
export interface Said {
  /** Null where it was ended, or could not be started. */
  readonly status: number | null;
  readonly text: string;
}

/** In characters: more than Tailscale's program ever says. */
const mostSaid = 65_536;

/** Runtimes give a child a socket as its input, which /dev/stdin cannot open again (open(2), ENXIO); of a shell it gets a pipe. */
const piper = 'cat | "$@"';

/** Runs a program with that input until it ends, or `until` settles; it is then ended. Never throws. */
export function runUntil(
  command: readonly [string, ...string[]],
  { env, input, until }: { readonly env: Env; readonly input: string; readonly until: Promise<unknown> },
): Promise<Said> {
  return new Promise((resolve) => {
    let text = "";
    const child = spawn("/bin/sh", ["-c", piper, "sh", ...command], {
      env: { ...env },
      cwd: "/",
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const settle = (status: number | null): void => {
      endGroup(child.pid);
      resolve({ status, text });
    };
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        if (text.length < mostSaid) text += chunk.toString("utf8");
      });
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.on("error", () => settle(null));
    child.on("close", settle);
    void until.then(() => settle(null));
  });
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
