/** The interface to a process: streams, environment, folder, terminal. Tests provide their own. */
import { environmentError } from "../errors.ts";
import type { Readable, Writable } from "node:stream";
import { painter, printTo, shown, wantsColour, type Paint, type Printer } from "../text/terminal.ts";

/** A stream that may be a terminal. */
export type TerminalOut = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

/** A keyboard or a pipe. */
export type TerminalIn = Readable & { readonly isTTY?: boolean };

/** The parts of a process that a run uses. */
export interface ProcessPort {
  readonly stdin: TerminalIn;
  readonly stdout: TerminalOut;
  readonly stderr: TerminalOut;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by SIGINT and SIGTERM; only commands that go on until then listen. */
  readonly interrupted: () => AbortSignal;
}

/** A run's access to its process. It can only print text that is safe for a terminal. */
export interface Io {
  readonly stdout: Printer;
  readonly stderr: Printer;
  /** The bare streams, only for the prompt library. */
  readonly terminal: {
    readonly input: TerminalIn;
    readonly output: TerminalOut;
    readonly env: Readonly<Record<string, string | undefined>>;
  };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The maximum line width of stdout; unlimited if it is not a terminal. */
  readonly columns: number;
  /** Aborted by SIGINT and SIGTERM; only commands that go on until then listen. */
  readonly interrupted: () => AbortSignal;
}

/** Variables that coding agents set for the programs they start. */
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

/** Whether a person can be asked: stdin and output are terminals, not dumb, and this is neither CI nor a coding agent. */
export function isInteractive(io: Io): boolean {
  const set = (name: string): boolean => !["", "0", "false", undefined].includes(io.env[name]?.toLowerCase());
  return (
    io.stdout.isTTY && io.env["TERM"] !== "dumb" && !set("CI") && !agentVariables.some(set) && io.terminal.input.isTTY === true
  );
}

/** The paint for stdout. */
export function paintFor({ stdout, env }: Io): Paint {
  return painter(wantsColour(stdout, env));
}

/** A run's view of a process. */
export function openIo(port: ProcessPort): Io {
  return {
    // Getters, because Node opens each stream on first access, which takes a few milliseconds.
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

/**
 * The stream, which from now on ignores a closed reader (`… | head`), so that the run still finishes its work. A terminal that does not know its size
 * says 0 (ioctl_tty(2), TIOCGWINSZ), and clack would write one letter a line and one line of a list: the size is then the usual one.
 */
function outlivingItsReader<Stream extends TerminalOut>(stream: Stream): Stream {
  if (!heard.has(stream)) {
    heard.add(stream);
    for (const [side, usual] of [
      ["columns", 80],
      ["rows", 24],
    ] as const) {
      let size = stream[side];
      if (size === undefined) continue;
      const remember = (told: number): void => {
        size = told;
      };
      Object.defineProperty(stream, side, { get: () => size || usual, set: remember });
    }
    stream.on("error", ({ code, message }: NodeJS.ErrnoException) => {
      if (code === "EPIPE") return;
      printTo(process.stderr).write(shown`Output cannot be written (${code ?? message}).\n`);
      process.exit(4);
    });
  }
  return stream;
}

/** This process. */
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
    // A getter, so that an error about the folder is reported like any other.
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
      // Under npx every signal arrives twice, from the terminal and forwarded by npm. The second one must not change the exit, so the listener
      // stays.
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => controller.abort());
      return controller.signal;
    },
  };
}
