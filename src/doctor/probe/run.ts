/** Starts OpenCode for facts that only it knows. It ends when its parent ends, however that happens. */
import { spawn, type ChildProcess } from "node:child_process";
import type { Env } from "../types.ts";

/** What a program gave. `status` is null where it was ended, or could not be started. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly late: boolean;
}

/** In bytes, of each stream: more than a configuration with everything put in. What says more is ended. */
const mostSaid = 32 * 1024 * 1024;

/**
 * Runs `$@` as its child, with all that it starts in one group of processes, and ends that group when descriptor 3 is closed: the other end is held
 * by the process that asked for it, and the kernel closes it however that process ends. A shell, because neither runtime tells a child of its
 * parent's death. `wait` gives what the program gave.
 */
const guard = `exec 4<&0 </dev/null
"$@" <&4 3<&- 4<&- &
program=$!
exec 4<&-
{ exec >/dev/null 2>&1; read -r _ <&3; kill -s KILL -- "-$$"; kill -s KILL "$program"; } &
exec 3<&-
wait "$program"
status=$?
kill -s KILL "$!" 2>/dev/null
exit "$status"`;

/** Runs a program with its input closed and ends it, and all that it started, when time is over. Never throws. */
export function run(
  command: readonly [string, ...string[]],
  options: { readonly env: Env; readonly cwd: string; readonly timeout: number; readonly input?: string },
): Promise<Ran> {
  const { env, cwd, timeout, input } = options;
  const isGuarded = process.platform !== "win32";
  const [program, ...args] = isGuarded ? (["/bin/sh", "-c", guard, "sh", ...command] as const) : command;
  return new Promise((resolve) => {
    const said = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let late = false;
    const child = spawn(program, args, {
      env: { ...env },
      cwd,
      detached: isGuarded,
      windowsHide: true,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe", isGuarded ? "pipe" : "ignore"],
    });
    const end = (): void => endGroup(child, isGuarded);
    const settle = (status: number | null, more = ""): void => {
      clearTimeout(timer);
      end();
      const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString("utf8");
      resolve({ status, stdout: text(said.stdout), stderr: text(said.stderr) + more, late });
    };
    const timer = setTimeout(
      () => {
        late = true;
        settle(null);
      },
      Math.max(1, timeout),
    );
    for (const name of ["stdout", "stderr"] as const) {
      let length = 0;
      child[name]?.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length <= mostSaid) said[name].push(chunk);
        else settle(null);
      });
    }
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    child.stdio[3]?.on("error", () => {});
    child.on("error", (error) => settle(null, error.message));
    // What it has started may hold its streams open.
    child.on("exit", end);
    child.on("close", (status) => settle(status));
  });
}

function endGroup(child: ChildProcess, isGuarded: boolean): void {
  if (child.pid === undefined) return;
  try {
    if (isGuarded) process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}
