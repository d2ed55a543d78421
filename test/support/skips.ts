/** Tests that a machine cannot run say so, once and in one line, and are skipped by name. */
import { execaSync } from "execa";

/** Tells in one line why tests are skipped, where there is a reason; gives whether there is one. */
export function skips(what: string, reason: string | null): boolean {
  if (reason !== null) process.stderr.write(`Skipped: ${what}, because ${reason}.\n`);
  return reason !== null;
}

/** Whether a program can be started at all; what it answers does not matter. */
export function isThere(program: string): boolean {
  const quiet = { reject: false, stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
  return execaSync(program, ["--version"], quiet).exitCode !== undefined;
}

/** Whether tests that need git are skipped. */
export function skipsWithoutGit(what: string): boolean {
  return skips(what, isThere("git") ? null : "git is not installed");
}
