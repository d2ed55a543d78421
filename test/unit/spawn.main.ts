/** Starts a program that waits, and ends before it does: by a signal that comes, or by itself. Arguments: the target, and `exit` or the signal. */
import { spawn } from "../../src/repo/spawn.ts";

const [target = "", how = ""] = process.argv.slice(2);
void spawn("waits", [], { target, cwd: target, env: process.env });
setTimeout(() => process.exit(7), how === "exit" ? 1000 : 20_000);
