/** Times and memory of whole processes, pair by pair, so that a ratio holds while the machine's speed drifts. */
import { spawn, type SpawnOptions } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One finished process. */
export interface Run {
  readonly ms: number;
  /** Peak resident memory in MB, where it was asked for (Linux). */
  readonly peak: number;
  readonly exitCode: number | null;
}

/** What to run; `prepare` is not counted. */
export interface Candidate {
  readonly command: readonly [string, ...string[]];
  readonly options?: SpawnOptions;
  readonly prepare?: () => SpawnOptions;
}

/**
 * The variables of every measured process: those of the bench, without what makes Node itself start more slowly. Certificates of the machine's own
 * (NODE_EXTRA_CA_CERTS) cost each start of Node 20 some 45 ms, on both sides of a ratio, so that all ratios would look better than users see them.
 */
export const usual = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== "NODE_EXTRA_CA_CERTS")),
  // The key of whoever measures is not made in the real home.
  XDG_STATE_HOME: join(tmpdir(), "aperture-env-bench-state"),
};

/** Runs a process to its end. With `memory`, its peak is read from /proc every 10 ms: the kernel keeps it, so only the last moment can be missed. */
export function runOnce({ command: [program, ...args], options, prepare }: Candidate, memory = false): Promise<Run> {
  const prepared = prepare?.() ?? {};
  return new Promise((resolve, reject) => {
    const start = process.hrtime.bigint();
    const child = spawn(program, args, { stdio: "ignore", env: usual, ...options, ...prepared });
    let peak = 0;
    const timer = memory ? setInterval(() => (peak = Math.max(peak, readPeak(child.pid))), 10) : null;
    child.on("error", reject);
    child.on("exit", (exitCode) => {
      const ms = Number(process.hrtime.bigint() - start) / 1e6;
      if (timer !== null) clearInterval(timer);
      resolve({ ms, peak, exitCode });
    });
  });
}

function readPeak(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Runs both in turn, after one uncounted pair, and gives the medians and the median of the pairwise ratios. */
export async function compare(
  ours: Candidate,
  theirs: Candidate,
  count: number,
  memory = false,
): Promise<{ ours: Run; theirs: Run; time: number; memory: number }> {
  const pairs: { ours: Run; theirs: Run }[] = [];
  for (let index = -1; index < count; index++) {
    const pair = { ours: await runOnce(ours, memory), theirs: await runOnce(theirs, memory) };
    if (index >= 0) pairs.push(pair);
  }
  const failed = pairs.flatMap((pair) => [pair.ours, pair.theirs]).find((run) => run.exitCode !== 0);
  if (failed !== undefined) throw new Error(`a measured process ended with ${failed.exitCode}`);
  const middle = (side: "ours" | "theirs"): Run => ({
    ms: median(pairs.map((pair) => pair[side].ms)),
    peak: median(pairs.map((pair) => pair[side].peak)),
    exitCode: 0,
  });
  return {
    ours: middle("ours"),
    theirs: middle("theirs"),
    time: median(pairs.map((pair) => pair.ours.ms / pair.theirs.ms)),
    memory: median(pairs.map((pair) => pair.ours.peak / pair.theirs.peak)),
  };
}

/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
