/** The port to the outside of a process: streams, environment, folder, terminal. Tests give their own. */
import { environmentError } from "../errors.ts";
import type { Readable, Writable } from "node:stream";
import { painter, printTo, shown, wantsColour, type Paint, type Printer } from "../text/terminal.ts";

/** A stream that may be a terminal. */
export type TerminalOut = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** A keyboard or a pipe. */
export type TerminalIn = Readable & { readonly isTTY?: boolean };

/** What a process gives a run of the program. */
export interface ProcessPort {
  readonly stdin: TerminalIn;
  readonly stdout: TerminalOut;
  readonly stderr: TerminalOut;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by SIGINT and SIGTERM; only commands that go on until then listen. */
  readonly interrupted: () => AbortSignal;
}

/** Everything that a run of the program touches of its process. It can only print what is fit for a terminal. */
export interface Io {
  readonly stdout: Printer;
  readonly stderr: Printer;
  /** The bare streams, for the prompt library and nothing else. */
  readonly terminal: {
    readonly input: TerminalIn;
    readonly output: TerminalOut;
    readonly env: Readonly<Record<string, string | undefined>>;
  };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** How wide a line of stdout may be; without an end where it is no terminal. */
  readonly columns: number;
  /** Aborted by SIGINT and SIGTERM; only commands that go on until then listen. */
  readonly interrupted: () => AbortSignal;
}

/** Variables by which coding agents say that they, and no person, started a program. */
const agentVariables = [
  "AGENT",
  "AI_AGENT",
  "CLAUDECODE",
  "CODEX_SANDBOX",
  "CURSOR_AGENT",
  "GEMINI_CLI",
  "OPENCODE",
  "REPLIT_AGENT",
];

/** Whether a person can be asked: both ends are terminals, and neither CI nor an agent nor a dumb terminal is in the way. */
export function isInteractive(io: Io): boolean {
  const set = (name: string): boolean => !["", "0", "false", undefined].includes(io.env[name]?.toLowerCase());
  return (
    io.stdout.isTTY && io.env["TERM"] !== "dumb" && !set("CI") && !agentVariables.some(set) && io.terminal.input.isTTY === true
  );
}

/** The paint for what goes to stdout. */
export function paintFor({ stdout, env }: Io): Paint {
  return painter(wantsColour(stdout, env));
}

/** A run's side of a process. */
export function openIo(port: ProcessPort): Io {
  return {
    // Getters: Node opens each stream when it is first looked at, which takes a few milliseconds.
    get stdout() {
      return printTo(port.stdout);
    },
    get stderr() {
      return printTo(port.stderr);
    },
    terminal: {
      get input() {
        return port.stdin;
      },
      get output() {
        return port.stdout;
      },
      env: port.env,
    },
    env: port.env,
    get cwd() {
      return port.cwd;
    },
    get columns() {
      const { isTTY, columns } = port.stdout;
      return isTTY === true && columns !== undefined && columns > 0 ? columns : Number.POSITIVE_INFINITY;
    },
    interrupted: port.interrupted,
  };
}

const heard = new WeakSet<Writable>();

/** The stream, which from now on takes it calmly when its reader has gone (`… | head`): what there is to do is done all the same. */
function outlivingItsReader<Stream extends Writable>(stream: Stream): Stream {
  if (!heard.has(stream)) {
    heard.add(stream);
    stream.on("error", ({ code, message }: NodeJS.ErrnoException) => {
      if (code === "EPIPE") return;
      printTo(process.stderr).write(shown`Output cannot be written (${code ?? message}).\n`);
      process.exit(4);
    });
  }
  return stream;
}

/** What this process gives. */
export function thisProcess(): ProcessPort {
  return {
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return outlivingItsReader(process.stdout);
    },
    get stderr() {
      return outlivingItsReader(process.stderr);
    },
    env: process.env,
    // A getter, so that what is wrong with the folder is told like everything else.
    get cwd() {
      try {
        return process.cwd();
      } catch {
        throw environmentError(
          "no-folder",
          "The current folder was deleted, or cannot be read.",
          "Change to another folder, and run again.",
        );
      }
    },
    interrupted: () => {
      const controller = new AbortController();
      // Behind npx every signal comes twice, from the terminal and passed on by npm, and the second one must not change how this ends. So it is
      // heard to the last.
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => controller.abort());
      return controller.signal;
    },
  };
}
