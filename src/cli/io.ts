/** The port to the outside of a process: streams, environment, folder, terminal. Tests give their own. */
import type { Readable, Writable } from "node:stream";

/** A stream that may be a terminal. */
export type TerminalOut = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Everything that a run of the program touches of its process. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: TerminalOut;
  readonly stderr: TerminalOut;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
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
    io.stdout.isTTY === true && io.env["TERM"] !== "dumb" && !set("CI") && !agentVariables.some(set) && io.stdin.isTTY === true
  );
}

const heard = new WeakSet<Writable>();

/** The stream, which from now on takes it calmly when its reader has gone (`… | head`): what there is to do is done all the same. */
function outlivingItsReader<Stream extends Writable>(stream: Stream): Stream {
  if (!heard.has(stream)) {
    heard.add(stream);
    stream.on("error", ({ code, message }: NodeJS.ErrnoException) => {
      if (code === "EPIPE") return;
      process.stderr.write(`What there is to say cannot be written (${code ?? message}).\n`);
      process.exit(4);
    });
  }
  return stream;
}

/** The io of this process. */
export function processIo(): Io {
  return {
    // Getters: Node opens each stream when it is first looked at, which takes a few milliseconds.
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
    cwd: process.cwd(),
    interrupted: () => {
      const controller = new AbortController();
      // Behind npx every signal comes twice, from the terminal and passed on by npm, and the second one must not change how this ends. So it is
      // heard to the last.
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => controller.abort());
      return controller.signal;
    },
  };
}
