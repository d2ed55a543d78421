/** The one daemon of this account: found where it runs, else started. What is said of it in the folder is what the launcher reads, too. */
import { existsSync, rmSync, statSync, truncateSync } from "node:fs";
import { createServer } from "node:net";
import { hostname } from "node:os";
import type { Env } from "../vocabulary.ts";
import { askStatus } from "./local-api.ts";
import { note, textIn } from "./notes.ts";
import { identityOf, isRunning, programOf } from "./process.ts";
import { endDaemon, inUse, startDaemon } from "./start.ts";

/** A program that runs for all processes of this account. */
export interface Daemon {
  readonly way: "userspace" | "ts-unplug";
  readonly pid: number;
  /** Of the loopback: the proxy's, or the gateway's own in its place. */
  readonly port: number;
}

/** Its program, and how the kernel names it. */
const programs = { userspace: "tailscaled", "ts-unplug": "ts-unplug" } as const;

/** The LocalAPI's socket of the daemon in that folder. */
export function socketIn(run: string): string {
  return `${run}/tailscaled.sock`;
}

/** The daemon that runs; null where none does, whatever an earlier one or another container has left behind. */
export function findDaemon(run: string): Daemon | null {
  const [way = "", pid = "", port = ""] = textIn(run, "connect").trim().split(" ");
  const identity = textIn(run, "daemon");
  if ((way !== "userspace" && way !== "ts-unplug") || !/^\d+$/.test(pid) || !/^\d+$/.test(port)) return null;
  const isSame = Number.parseInt(identity, 10) === Number(pid) && isRunning(identity) && programOf(Number(pid)) === programs[way];
  return isSame ? { way, pid: Number(pid), port: Number(port) } : null;
}

/** How to start it. */
export interface Start {
  readonly way: Daemon["way"];
  /** The folder of what runs here. */
  readonly run: string;
  /** The folder of its login; null where that is not kept. */
  readonly state: string | null;
  /** The port that is wished for. */
  readonly port: number;
  /** Whether no other one will do. */
  readonly isFixed?: boolean;
  readonly env: Env;
  /** When to give up, as `performance.now()` counts. */
  readonly deadline: number;
  command(port: number): readonly [string, ...string[]];
}

/**
 * Why there is no daemon: `in-use` where another container has its folder, `port` where another program has the one port that will do; `said` is what
 * it said last.
 */
export interface NotStarted {
  readonly why: "in-use" | "port" | "ended" | "late";
  readonly said: string;
}

/** Starts it and waits until it can be asked. */
export async function launch(start: Start): Promise<Daemon | NotStarted> {
  for (const wished of start.isFixed === true ? [start.port] : [start.port, 0]) {
    const port = await freePort(wished);
    if (start.isFixed === true && port !== wished) break;
    const started = await launchAt(start, port);
    if ("pid" in started || !/address already in use/.test(started.said)) return started;
  }
  return { why: "port", said: "no port is free" };
}

async function launchAt(start: Start, port: number): Promise<Daemon | NotStarted> {
  const { way, run, state, env, deadline } = start;
  const log = `${run}/${programs[way]}.log`;
  for (const old of [`${run}/ready`, socketIn(run), log]) rmSync(old, { force: true });
  const child = startDaemon(start.command(port), { env, log, folder: state ?? "" });
  if (child === null) return { why: "ended", said: "the system cannot start it" };
  let status: number | null = null;
  void child.ended.then((code) => (status = code));
  let isNoted = false;
  while (status === null && performance.now() < deadline) {
    // Until then it is the shell that becomes it.
    if (programOf(child.pid) === programs[way]) {
      // Before it answers: whoever waits for it here may be ended, or too late, and it stays.
      if (!isNoted) {
        note(run, "daemon", identityOf(child.pid) ?? "");
        note(run, "connect", `${way} ${child.pid} ${port}\n`);
        if (state !== null) note(state, "container", hostname());
        isNoted = true;
      }
      if (way === "ts-unplug" || !("phase" in (await askStatus(socketIn(run), performance.now() + 500))))
        return { way, pid: child.pid, port };
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const said = textIn(run, `${programs[way]}.log`).trim().split("\n").at(-1) ?? "";
  return { why: status === inUse ? "in-use" : status === null ? "late" : "ended", said };
}

/** Ends it, and waits for that, for some seconds at the most. */
export async function end(run: string, { pid }: Daemon): Promise<void> {
  endDaemon(pid);
  for (let waited = 0; waited < 5000 && findDaemon(run)?.pid === pid; waited += 50)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Notes that the gateway has answered through it just now. */
export function noteReady(run: string, { pid }: Daemon): void {
  note(run, "ready", `${pid} ${Math.floor(Date.now() / 1000)}\n`);
}

/** Notes that it does not. */
export function noteLost(run: string): void {
  rmSync(`${run}/ready`, { force: true });
}

/** In bytes: what a daemon has said is for looking into what went wrong just now. */
const longestLog = 1_000_000;

/** Empties a log that has become long: it is written to its end, wherever that is. */
export function trimLog(run: string, { way }: Daemon): void {
  const log = `${run}/${programs[way]}.log`;
  if (existsSync(log) && statSync(log).size > longestLog) truncateSync(log);
}

/** The wished port of the loopback where nobody listens there, else another one. */
function freePort(wished: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", (error) => (wished === 0 ? reject(error) : resolve(freePort(0))));
    server.listen({ host: "127.0.0.1", port: wished, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : wished));
    });
  });
}
