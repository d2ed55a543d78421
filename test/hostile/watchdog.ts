/** Ends this process where one case does not end: no time limit of a test runner fires while a loop holds the only thread. */
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";

const room = 64 * 1024;

/** How long one case may take, in seconds. */
const limit = 120;

const program = `
const { workerData } = require("node:worker_threads");
const { writeSync } = require("node:fs");
const count = new Int32Array(workerData.shared, 0, 2);
let seen = -1;
for (;;) {
  const now = Atomics.load(count, 0);
  if (now === seen) {
    const text = Buffer.from(new Uint8Array(workerData.shared, 8, count[1])).toString();
    writeSync(2, "This case did not end in ${limit} s, so the process ends here:\\n" + text + "\\n");
    process.kill(process.pid, "SIGKILL");
  }
  seen = now;
  Atomics.wait(count, 0, now, ${limit * 1000});
}`;

/** Watches from a thread of its own. `look` says that a case begins, `stop` that there are no more. */
export function startWatchdog(): { look(given: unknown): void; stop(): void } {
  const shared = new SharedArrayBuffer(8 + room);
  const count = new Int32Array(shared, 0, 2);
  const text = new Uint8Array(shared, 8, room);
  const worker = new Worker(program, { eval: true, workerData: { shared } });
  worker.unref();
  return {
    look: (given) => {
      const shown = Buffer.from(inspect(given, { depth: 6, maxStringLength: 20_000 })).subarray(0, room);
      text.set(shown);
      Atomics.store(count, 1, shown.length);
      Atomics.add(count, 0, 1);
      Atomics.notify(count, 0);
    },
    stop: () => void worker.terminate(),
  };
}
