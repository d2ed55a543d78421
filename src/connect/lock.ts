/**
 * A lock that processes of one account hold one after the other, by files in a folder of that account alone. It needs nothing that a system may lack,
 * and no moment in which two take over what a dead one left: each holder makes a file with a number higher by one than the last (link(2) fails
 * where another was first), only the highest counts, and it is left as free and never taken away but by its successor.
 */
import { randomUUID } from "node:crypto";
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { identityOf, isRunning } from "./process.ts";

/** What is held until it is released, or this process ends. */
export interface Lock {
  release(): void;
}

/** Waits for it; null where it is not to be had in time. `deadline` counts as `performance.now()` does. Throws where the folder cannot be written. */
export async function takeLock(folder: string, deadline: number): Promise<Lock | null> {
  for (;;) {
    const lock = tryLock(folder);
    if (lock !== null) return lock;
    if (performance.now() >= deadline) return null;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Takes it if nobody that runs has it. */
export function tryLock(folder: string, own: string | null = identityOf("self")): Lock | null {
  const last = highest(folder);
  if (last > 0 && isHeld(folder, last)) return null;
  const file = `${folder}/lock.${last + 1}`;
  const draft = `${folder}/.lock.${randomUUID()}`;
  writeFileSync(draft, own ?? "", { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, file);
  } catch {
    return null;
  } finally {
    rmSync(draft, { force: true });
  }
  // The number was free because its holder's successor had taken it away.
  if (highest(folder) > last + 1) {
    rmSync(file, { force: true });
    return null;
  }
  for (const number of numbersIn(folder)) if (number <= last) rmSync(`${folder}/lock.${number}`, { force: true });
  return {
    release: () => {
      const free = `${draft}.free`;
      writeFileSync(free, "", { mode: 0o600 });
      renameSync(free, file);
    },
  };
}

function isHeld(folder: string, number: number): boolean {
  try {
    return isRunning(readFileSync(`${folder}/lock.${number}`, "utf8"));
  } catch {
    // Its successor has taken it away.
    return true;
  }
}

function highest(folder: string): number {
  return Math.max(0, ...numbersIn(folder));
}

function numbersIn(folder: string): number[] {
  return readdirSync(folder).flatMap((name) => (/^lock\.\d{1,15}$/.test(name) ? [Number(name.slice(5))] : []));
}
