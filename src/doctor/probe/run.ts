/** Starting OpenCode: what only it can say. */
import { spawn } from "node:child_process";
import type { Env } from "../types.ts";

/** What a program gave. `status` is null where it was ended, or could not be started. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly late: boolean;
}

/** Runs a program with its input closed and ends it when time is over. Never throws. */
export function run(
  command: readonly [string, ...string[]],
  options: { readonly env: Env; readonly cwd: string; readonly timeout: number; readonly input?: string },
): Promise<Ran> {
  const [program, ...args] = command;
  const { env, cwd, timeout, input } = options;
  return new Promise((resolve) => {
    let stdout = "";
    let stderr = "";
    let late = false;
    const child = spawn(program, args, {
      env: { ...env },
      cwd,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    const settle = (status: number | null): void => {
      clearTimeout(timer);
      resolve({ status, stdout, stderr, late });
    };
    const timer = setTimeout(
      () => {
        late = true;
        child.kill("SIGKILL");
        settle(null);
      },
      Math.max(1, timeout),
    );
    child.stdout?.on("data", (chunk: Buffer) => (stdout += String(chunk)));
    child.stderr?.on("data", (chunk: Buffer) => (stderr += String(chunk)));
    child.on("error", (error) => {
      stderr += error.message;
      settle(null);
    });
    child.on("close", (status) => settle(status));
  });
}
