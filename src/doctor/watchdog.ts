/**
 * The doctor's hard deadline: a thread of its own, so that nothing that keeps the doctor busy, not even a loop without end, keeps it from ending.
 * It also ends the doctor when whoever started it is gone.
 */
import { Worker } from "node:worker_threads";
import type { Shown } from "../text/terminal.ts";

/** What is left behind when the doctor did not end by itself. */
export interface LastWords {
  /** The process that started this one. */
  readonly parent: number;
  /** In milliseconds, from now on. */
  readonly after: number;
  /** For stdout; null for nothing. */
  readonly said: Shown | null;
  /** A file to write, and its content; null for none. */
  readonly verdict: { readonly file: string; readonly text: Shown } | null;
}

/** Starts it. Where there can be no thread, there is none. */
export function startWatchdog({ parent, after, said, verdict }: LastWords): void {
  const program = `(${String(watch)})(require("node:worker_threads").workerData, require("node:fs"), process);`;
  const file = verdict === null ? null : { path: verdict.file, text: String(verdict.text) };
  try {
    // Node's own `execArgv` would let the program be read as a module.
    const thread = new Worker(program, {
      eval: true,
      workerData: { parent, after, said: said === null ? "" : String(said), file },
      execArgv: [],
      env: {},
    });
    thread.on("error", () => {});
    thread.unref();
  } catch {
    // The time for the gateway is bounded without it, too.
  }
}

/**
 * The thread's program; it goes there as a text, so that it uses nothing but what it is given. It ends its process by SIGALRM, which no runtime
 * catches and by which the shell that started it knows what happened (status 142), and where that does not help by SIGKILL. A process whose parent
 * has ended gets another one.
 */
function watch(
  words: {
    readonly parent: number;
    after: number;
    readonly said: string;
    readonly file: { readonly path: string; readonly text: string } | null;
  },
  fs: typeof import("node:fs"),
  host: { readonly pid: number; readonly ppid: number; kill(pid: number, signal: string): unknown },
): void {
  const started = performance.now();
  const attempt = (work: () => unknown): void => {
    try {
      work();
    } catch {
      // What cannot be left behind is not; the end comes all the same.
    }
  };
  setInterval(() => {
    if (host.ppid !== words.parent) host.kill(host.pid, "SIGKILL");
    if (performance.now() - started < words.after) return;
    words.after = Number.POSITIVE_INFINITY;
    attempt(() => fs.writeSync(1, words.said));
    const { file } = words;
    if (file !== null)
      attempt(() => {
        const draft = `${file.path}.${host.pid}`;
        fs.mkdirSync(file.path.slice(0, file.path.lastIndexOf("/")), { recursive: true, mode: 0o700 });
        fs.rmSync(draft, { force: true });
        fs.writeFileSync(draft, file.text, { mode: 0o600, flag: "wx" });
        fs.renameSync(draft, file.path);
      });
    attempt(() => host.kill(host.pid, "SIGALRM"));
    setTimeout(() => host.kill(host.pid, "SIGKILL"), 500);
  }, 100);
}
