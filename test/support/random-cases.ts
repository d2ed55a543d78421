/**
 * fast-check, begun at the same place each time: a change is judged by the same cases as the one before, and is never refused for something
 * that it did not do. `FUZZ_SEED=new` takes cases that nobody has seen, as a job does every night; `FUZZ_SEED=<number>` those of such a run,
 * whose number a failure names.
 */
import fc from "fast-check";

const asked = process.env["FUZZ_SEED"] ?? "20261125";
const seed = asked === "new" ? Date.now() % 2 ** 31 : Number(asked);
if (!Number.isInteger(seed)) throw new Error(`FUZZ_SEED is "new" or a whole number, not ${JSON.stringify(asked)}.`);
fc.configureGlobal({ seed });

/** How many times as many cases as usual are wanted: `FUZZ_RUNS=10` for ten times. */
export const fuzzRuns = Number(process.env["FUZZ_RUNS"] ?? 1);

export default fc;
