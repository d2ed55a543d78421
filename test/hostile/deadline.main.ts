/** Starts a program that sleeps as long as the first argument says, with another one behind it, and waits for it. */
import { run } from "../../src/doctor/probe/run.ts";

const seconds = process.argv[2] ?? "";
await run(["sh", "-c", 'sleep "$1" & sleep "$1"', "sh", seconds], { env: { PATH: "/usr/bin:/bin" }, cwd: "/", timeout: 60_000 });
