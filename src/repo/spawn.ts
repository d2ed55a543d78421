/**
 * The one way to start another program (beside the doctor's, which runs in containers and is a file of its own).
 *
 * A repository that this program works on may come from somebody who means harm, so:
 * - The program is looked for on PATH without the repository's own places, and the child gets that PATH (guarded-environment.ts).
 * - Nothing goes through a shell, so nothing in an argument is ever read as one (program.ts).
 * - Who starts something says in which folder, because many programs read configuration there.
 * - A child has limits of time and output, and does not outlive this process.
 *
 * `git` has rules of its own on top; only git.ts starts it.
 *
 * Node's own spawn and no package: this is on the way of most runs, and execa takes 60 ms to load.
 */
import type { ChildProcess } from "node:child_process";
import { guardEnvironment, type Env } from "./guarded-environment.ts";
import { findProgram } from "./program.ts";

/** What a program gave. `exitCode` is null where it could not be started, or was ended: `stderr` then ends with the reason. */
export interface Spawned {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** For what, and with what, a program is started. */
export interface Surroundings {
  /** The folder that the program works on: programs in it, and in the git work tree around it, are not started. */
  readonly target: string;
  /** Variables, before they are guarded. */
  readonly env: Env;
}

/** How it is started. */
export interface SpawnOptions extends Surroundings {
  /** Its current folder. Many programs read configuration there. */
  readonly cwd: string;
  /** Variables on top, which are not guarded. */
  readonly variables?: Env;
  /** Milliseconds, a minute by default. Then it is asked to end, and ended five seconds later. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  /** What it reads on stdin; nothing by default. */
  readonly input?: string;
}

/** More than any answer that is asked for; a program that says more is ended. In characters, for each stream. */
const maxOutput = 100_000_000;
const patience = 5000;

/** Runs a program to its end. Does not throw: a program that is not there has `exitCode: null`. */
export async function spawn(program: string, args: readonly string[], options: SpawnOptions): Promise<Spawned> {
  const { target, cwd, timeout = 60_000, signal, input } = options;
  const env = { ...guardEnvironment(options.env, target), ...options.variables };
  const startable = findProgram(program, env);
  const stopped = (stderr: string): Spawned => ({ exitCode: null, stdout: "", stderr });
  if (startable === null)
    return stopped(`${program} is not on the PATH; programs in ${target} and in node_modules/.bin do not count.`);
  if (signal?.aborted === true) return stopped(`${program} was not started.`);
  const [file, ...before] = startable;
  // Loaded here, since most runs do not get this far.
  const { spawn: start } = await import("node:child_process");
  return new Promise((resolve) => {
    const follower = endWithThisProcess();
    let child: ChildProcess;
    try {
      const stdin = input === undefined ? "ignore" : "pipe";
      child = start(file, [...before, ...args], { cwd, env, stdio: [stdin, "pipe", "pipe"], windowsHide: true });
      follower.child = child;
    } catch (error) {
      forget(follower);
      // An argument or a variable that no system takes.
      resolve(stopped(error instanceof Error ? error.message : String(error)));
      return;
    }
    const said = { stdout: "", stderr: "" };
    let reason = "";
    const end = (why: string): void => {
      if (reason !== "") return;
      reason = why;
      child.kill("SIGTERM");
      force = setTimeout(() => {
        child.kill("SIGKILL");
        // What it started may still hold its streams.
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, patience);
    };
    let force: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => end(`${program} gave no answer within ${timeout / 1000} s.`), timeout);
    const abort = (): void => end(`${program} was interrupted.`);
    signal?.addEventListener("abort", abort, { once: true });
    const settle = (exitCode: number | null): void => {
      clearTimeout(timer);
      clearTimeout(force);
      signal?.removeEventListener("abort", abort);
      forget(follower);
      const { stdout, stderr } = said;
      resolve(reason === "" ? { exitCode, stdout, stderr } : { exitCode: null, stdout, stderr: `${stderr}${reason}` });
    };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream]?.setEncoding("utf8").on("data", (chunk: string) => {
        if (said[stream].length + chunk.length > maxOutput) end(`${program} said too much.`);
        else said[stream] += chunk;
      });
    }
    child.on("error", (error) => {
      reason ||= error.message;
      settle(null);
    });
    child.on("close", (exitCode, signal) => {
      if (exitCode === null) reason ||= `${program} was ended by ${signal}.`;
      settle(exitCode);
    });
    // It may be gone before it has read anything.
    child.stdin?.on("error", () => undefined).end(input);
  });
}

/** A child to be, or one that runs. */
interface Follower {
  child?: ChildProcess;
}

const running = new Set<Follower>();
const deadly = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Ends a child when this process ends, by itself or by a signal that nobody else listens to. Called before the child is there, since a signal can
 * come at once.
 */
function endWithThisProcess(): Follower {
  if (running.size === 0) {
    process.on("exit", endAll);
    for (const signal of deadly) process.on(signal, endAllAnd);
  }
  const follower: Follower = {};
  running.add(follower);
  return follower;
}

function forget(follower: Follower): void {
  running.delete(follower);
  if (running.size === 0) stopListening();
}

function stopListening(): void {
  process.off("exit", endAll);
  for (const signal of deadly) process.off(signal, endAllAnd);
}

function endAll(): void {
  for (const { child } of running) child?.kill("SIGKILL");
}

/** A signal that only this module listens to does what it would have done. */
function endAllAnd(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  endAll();
  stopListening();
  process.kill(process.pid, signal);
}
