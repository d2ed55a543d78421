/**
 * The one way to start another program (beside git, and the doctor's, which runs in containers and is a file of its own).
 *
 * A repository that this program works on may come from somebody who means harm, so:
 * - The program is looked for on PATH without the repository's own places, and the child gets that PATH (guarded-environment.ts).
 * - Nothing goes through a shell, so nothing in an argument is ever read as one (program.ts).
 * - Who starts something says in which folder, because many programs read configuration there.
 * - A child has limits of time and output, and does not outlive this process.
 *
 * execa keeps the limits and ends the child. It takes 60 ms to load, so what most runs start, which is git, has a way of its own (git.ts).
 */
import { sep } from "node:path";
import { StringDecoder } from "node:string_decoder";
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
  /** Told of each line of stderr as it comes. */
  readonly onLine?: (line: string) => void;
  /** It starts programs of its own that go on where it alone is ended: all of them end with it. It has no terminal then. */
  readonly group?: boolean;
}

/** A program that is ready to be started: its file, all its arguments, all its variables. */
export interface Startable {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Env;
}

/** More than any answer that is asked for; a program that says more is ended. In characters, for each stream. */
const maxOutput = 100_000_000;
const patience = 5000;

/** Runs a program to its end. Does not throw: a program that is not there has `exitCode: null`. */
export async function spawn(program: string, args: readonly string[], options: SpawnOptions): Promise<Spawned> {
  const { target, cwd, timeout = 60_000, signal, input, onLine, group = false } = options;
  const startable = makeReady(program, args, options);
  const stopped = (stderr: string): Spawned => ({ exitCode: null, stdout: "", stderr });
  if (startable === null)
    return stopped(`${program} is not on the PATH; programs in ${target} and in node_modules/.bin do not count.`);
  if (signal?.aborted === true) return stopped(`${program} was not started.`);
  const [{ execa }, { onExit }] = await Promise.all([import("execa"), import("signal-exit")]);
  // Before the child is there: a signal that came before execa listens would end this process alone.
  let end: () => unknown = () => undefined;
  const forget = onExit(() => void end());
  try {
    return await run(program, startable, execa, {
      cwd,
      timeout,
      input,
      signal,
      onLine,
      group: group ? (by) => (end = by) : undefined,
    });
  } catch (error) {
    // An argument or a variable that no system takes.
    return stopped(error instanceof Error ? error.message : String(error));
  } finally {
    forget();
  }
}

interface RunOptions {
  readonly cwd: string;
  readonly timeout: number;
  readonly input: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onLine: ((line: string) => void) | undefined;
  /** Given what ends all of the group at once; undefined where it has none of its own. */
  readonly group: ((end: () => unknown) => void) | undefined;
}

function tellLines(stream: NodeJS.ReadableStream, tell: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  stream.on("data", (bytes: Buffer) => {
    const lines = (rest + decoder.write(bytes)).split(/\r?\n/);
    // A line that never ends is nothing to tell.
    rest = lines.pop()!.slice(0, 10_000);
    lines.forEach(tell);
  });
}

/** Runs what is ready to its end, within its limits. */
async function run(
  program: string,
  { file, args, env }: Startable,
  execa: typeof import("execa").execa,
  { cwd, timeout, input, signal, onLine, group }: RunOptions,
): Promise<Spawned> {
  const child = execa(file, args, {
    cwd,
    env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    timeout,
    maxBuffer: maxOutput,
    forceKillAfterDelay: patience,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
    ...(signal !== undefined && { cancelSignal: signal }),
    // A group of its own, which a signal reaches as one. Windows has none, and ends what it started with its console.
    ...(group !== undefined && { detached: sep === "/" }),
  });
  /** Whether something of the group was there to hear it. */
  const tellGroup = (by: NodeJS.Signals | 0): boolean => {
    try {
      return group !== undefined && child.pid !== undefined && process.kill(-child.pid, by);
    } catch {
      return false;
    }
  };
  group?.(() => tellGroup("SIGTERM"));
  if (onLine !== undefined) tellLines(child.stderr!, onLine);
  // What it started may still hold its streams when it is gone.
  let release: NodeJS.Timeout | undefined;
  const releaseAfter = (wait: number): void => {
    clearTimeout(release);
    release = setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream?.destroy()), wait + patience + 500);
  };
  const abort = (): void => {
    tellGroup("SIGTERM");
    releaseAfter(0);
  };
  releaseAfter(timeout);
  signal?.addEventListener("abort", abort, { once: true });
  const ended = await child;
  tellGroup("SIGTERM");
  for (const end = Date.now() + patience; tellGroup(0) && Date.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 50));
  tellGroup("SIGKILL");
  clearTimeout(release);
  signal?.removeEventListener("abort", abort);
  const { stdout = "", stderr = "" } = ended as { readonly stdout?: string; readonly stderr?: string };
  const reason = whyEnded(program, ended, timeout);
  return reason === null
    ? { exitCode: ended.exitCode ?? null, stdout, stderr }
    : { exitCode: null, stdout, stderr: `${stderr}${reason}` };
}

/** What execa says of a program that is over. */
interface Ended {
  readonly timedOut: boolean;
  readonly isCanceled: boolean;
  readonly isMaxBuffer: boolean;
  readonly signal?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly originalMessage?: string | undefined;
}

/** Why a program did not end by itself, as a sentence; null where it did, whatever its exit status. */
function whyEnded(program: string, ended: Ended, timeout: number): string | null {
  if (ended.timedOut) return `${program} gave no answer within ${timeout / 1000} s.`;
  if (ended.isCanceled) return `${program} was interrupted.`;
  if (ended.isMaxBuffer) return `${program} said too much.`;
  if (ended.signal !== undefined) return `${program} was ended by ${ended.signal}.`;
  return ended.exitCode === undefined ? (ended.originalMessage ?? "") : null;
}

/** Finds a program for a target, with the variables that it gets; null where there is none outside of the target. */
export function makeReady(
  program: string,
  args: readonly string[],
  { target, env: given, variables }: Pick<SpawnOptions, "target" | "env" | "variables">,
): Startable | null {
  const env = { ...guardEnvironment(given, target), ...variables };
  const found = findProgram(program, env);
  if (found === null) return null;
  const [file, ...before] = found;
  return { file, args: [...before, ...args], env };
}
