/** Takes the lock of a folder five times, each time with what only one can do, and dies while it has it. Words: the lock's folder, one that only one can make. */
import { mkdirSync, rmdirSync } from "node:fs";
import { takeLock } from "../../src/connect/lock.ts";

const [place = "", held = ""] = process.argv.slice(2);
for (let turn = 0; turn < 5; turn++) {
  const lock = await takeLock(place, performance.now() + 30_000);
  if (lock === null) process.exit(3);
  try {
    mkdirSync(held);
  } catch {
    process.exit(4);
  }
  await new Promise((done) => setTimeout(done, 2));
  rmdirSync(held);
  if (turn === 4) process.kill(process.pid, "SIGKILL");
  lock.release();
}
