/** The only module that starts other programs. Never through a shell, so nothing in an argument is ever read as one. */
import type { Options } from "execa";

/** What a program gave. `exitCode` is null where it could not be started at all. */
export interface Spawned {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Does not throw: a program that is not there has `exitCode: null`. execa is loaded at the first call only. */
export async function spawn(
  program: string,
  args: readonly string[],
  options: {
    readonly cwd?: string;
    /** Milliseconds, a minute by default. */
    readonly timeout?: number;
    /** Variables on top of this process's. */
    readonly env?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
    /** What it reads on stdin; nothing by default. */
    readonly input?: string;
  } = {},
): Promise<Spawned> {
  const { execa } = await import("execa");
  const settings = {
    reject: false,
    ...(options.input === undefined ? { stdin: "ignore" } : { input: options.input }),
    timeout: options.timeout ?? 60_000,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: { ...options.env } }),
    ...(options.signal !== undefined && { cancelSignal: options.signal }),
  } satisfies Options;
  const { exitCode, stdout, stderr } = await execa(program, args, settings);
  return { exitCode: exitCode ?? null, stdout, stderr };
}
