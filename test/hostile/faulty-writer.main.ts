/**
 * One run of the writer, or of the recovery, in a process of its own, to which something happens at the n-th call of the file system. Started
 * with one argument, a `Task` as JSON; says on its standard output how it ended, as an `Ending` in JSON.
 */
import fs, { writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import type { Plan } from "../../src/plan/plan.ts";
import { applyPlan } from "../../src/repo/apply.ts";
import { recoverInterrupted, type Recovery } from "../../src/repo/recovery.ts";
import { openSealKey, readSealKey } from "../../src/repo/seal.ts";

/** What to do, and what shall happen. Numbers count from 1, over all functions together; 0 or nothing: never. */
export interface Task {
  readonly root: string;
  /** The folder where the user's key is kept. */
  readonly state: string;
  /** The plan to apply; without one, recover. */
  readonly plan?: Plan;
  /** Before this call the process is killed with SIGKILL. */
  readonly killAt?: number;
  /** The killed call, where it writes a text, has written half of it. */
  readonly half?: boolean;
  /** Before this call the process stops itself with SIGSTOP. */
  readonly stopAt?: number;
  /** This call fails with EIO. */
  readonly failAt?: number;
  /** Who it shall be; as root everything may be written. */
  readonly uid?: number;
  /** For two that race: the plan in one repository after the other, at these times, in milliseconds since 1970. */
  readonly races?: readonly { readonly root: string; readonly at: number }[];
}

/** How it ended. */
export interface Ending {
  /** The code of the error, or null. */
  readonly code: string | null;
  readonly exit: number;
  readonly message: string;
  /** The calls that were made. */
  readonly calls: readonly string[];
  readonly recovery?: Recovery | null;
  /** How each race ended for this one. */
  readonly codes?: readonly (string | null)[];
}

const task = JSON.parse(process.argv[2]!) as Task;
const calls: string[] = [];

type Act = (...args: unknown[]) => unknown;
const functions = fs as unknown as Record<string, Act>;
const names = "chmod close fsync link mkdir open rename rmdir symlink unlink writeFile".split(" ").map((name) => `${name}Sync`);
/** Files that are open to be written; reading is of no interest. */
const written = new Set<unknown>();
for (const name of names) {
  const real = functions[name]!;
  functions[name] = (...args: unknown[]): unknown => {
    if ((name === "openSync" && args[1] !== "wx") || (name === "closeSync" && !written.delete(args[0]))) return real(...args);
    calls.push(name);
    const now = calls.length;
    if (now === task.killAt) {
      if (task.half === true && name === "writeFileSync") real(args[0], String(args[1]).slice(0, String(args[1]).length / 2));
      process.kill(process.pid, "SIGKILL");
    }
    if (now === task.stopAt) process.kill(process.pid, "SIGSTOP");
    if (now === task.failAt) throw Object.assign(new Error("EIO: simulated"), { code: "EIO" });
    const result = real(...args);
    if (name === "openSync") written.add(result);
    return result;
  };
}
syncBuiltinESMExports();

function act(plan: Plan | undefined): Ending {
  try {
    const env = { XDG_STATE_HOME: task.state };
    if (plan === undefined) {
      const trust = { key: readSealKey(task.root, env), mayWrite: () => true };
      return { code: null, exit: 0, message: "", calls, recovery: recoverInterrupted(task.root, trust) };
    }
    applyPlan(plan, openSealKey(plan.root, env));
    return { code: null, exit: 0, message: "", calls };
  } catch (error) {
    const { code = "defect", exit = 1, message } = error as Error & { code?: string; exit?: number };
    return { code, exit, message, calls };
  }
}

if (task.uid !== undefined) {
  process.setgroups!([]);
  process.setgid!(task.uid);
  process.setuid!(task.uid);
}

function race(plan: Plan, races: NonNullable<Task["races"]>): Ending {
  const codes = races.map(({ root, at }) => {
    while (Date.now() < at);
    return act({ ...plan, root }).code;
  });
  return { code: null, exit: 0, message: "", calls: [], codes };
}

const ending = task.races === undefined ? act(task.plan) : race(task.plan!, task.races);
writeSync(1, JSON.stringify(ending));
process.exitCode = ending.exit;
