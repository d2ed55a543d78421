/** aperture-connect: brings the way to the gateway up from inside of a container, where something is to be done for it, and says where it stands. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseOrigin } from "../gateway/origin.ts";
import { block, printTo, shown } from "../text/terminal.ts";
import { connect, look } from "./connect.ts";
import { failed } from "./outcome.ts";
import { readSeen } from "./probe.ts";
import type { Request } from "./request.ts";
import { isJob, readSettings } from "./settings.ts";

const usage = `aperture-connect: connects this container to the gateway, and reports its state.

  --status         says where it stands, and does nothing
  --timeout <s>    how long to wait, 20 by default
  --post-start     as when a container starts: waits for some seconds, and never fails
  --help           shows this

Exit: 0 the gateway can be reached, 1 it cannot, 2 usage.
`;

/**
 * In milliseconds: the look at the network, with the start of this program, but for what a machine needs that is busy; a person at a terminal; a container
 * that starts.
 */
const times = { probe: 390, leastProbe: 150, person: 50_000, postStart: 8000 };

/** Runs it, and gives the exit status. `args` are the words behind the program's. */
export async function connectMain(args: readonly string[]): Promise<number> {
  // `launch`, `since` and `seen` are the launcher's: that it asks, when it began to look for the gateway's name as /proc/uptime counts, and what it
  // found. `prefix` is the shim's.
  const options = {
    status: { type: "boolean" },
    timeout: { type: "string", default: "20" },
    "post-start": { type: "boolean" },
    help: { type: "boolean", short: "h" },
    launch: { type: "boolean" },
    since: { type: "string" },
    seen: { type: "string", default: "unknown" },
    prefix: { type: "string", default: "/usr/local" },
  } as const;
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options, strict: true }));
  } catch (error) {
    printTo(process.stderr).write(shown`${block((error as Error).message)}\n\n${block(usage)}`);
    return 2;
  }
  const seconds = Number(values.timeout);
  if (values.help === true || !(seconds > 0 && seconds <= 600)) {
    (values.help === true ? printTo(process.stdout) : printTo(process.stderr)).write(block(usage));
    return values.help === true ? 0 : 2;
  }
  const { BUN_BE_BUN: _, ...env } = process.env;
  const isLaunch = values.launch === true;
  const isStart = values["post-start"] === true;
  const settings = readSettings(textOf(`${values.prefix}/share/aperture-env/environment.json`));
  if (settings === null) {
    printTo(process.stderr).write(
      shown`This environment needs no connection: ${values.prefix}/share/aperture-env/environment.json\n`,
    );
    return 1;
  }
  const origin = parseOrigin(env["APERTURE_URL"] || settings.origin);
  const now = performance.now();
  const out = isLaunch ? printTo(process.stderr) : printTo(process.stdout);
  const prefix = isLaunch ? "opencode (aperture-env): " : "";
  const isPerson = process.stdin.isTTY === true && printTo(process.stderr).isTTY && !isJob(env) && !isStart;
  const request: Request = {
    settings: { ...settings, origin: origin.ok ? origin.value : settings.origin },
    env,
    uid: process.getuid?.() ?? 0,
    prefix: values.prefix,
    seen: isPerson || (isStart && !isJob(env)),
    name: readSeen(values.seen),
    probeDeadline: now + Math.max(times.leastProbe, times.probe - sinceThen(values.since)),
    deadline: now + (isStart ? times.postStart : seconds * 1000),
    person: isPerson ? now + times.person : null,
    say: (text) => out.write(shown`${prefix}${text}\n`),
  };
  // A full disk, for instance.
  const outcome = await (values.status === true ? look : connect)(request).catch((error: unknown) =>
    failed(`The connection could not be made: ${String(error)}`, "aperture-doctor says more"),
  );
  if (!outcome.ok) {
    const between = block(isLaunch ? " To fix it: " : "\n→ ");
    await written(shown`${prefix}${outcome.message}.${between}${outcome.next}.\n`);
  }
  if (outcome.ok && !isLaunch) await written(shown`${outcome.message}.\n`);
  return outcome.ok || isStart ? 0 : 1;

  /** Exiting does not wait for a pipe by itself. */
  function written(text: ReturnType<typeof shown>): Promise<void> {
    return new Promise((resolve) => out.write(text, resolve));
  }
}

/** How many milliseconds have gone since then; half of the time where the system has no such clock. */
function sinceThen(uptime: string | undefined): number {
  if (uptime === undefined) return 0;
  const now = Number.parseFloat(textOf("/proc/uptime") ?? "");
  const since = (now - Number.parseFloat(uptime)) * 1000;
  return since >= 0 ? since : times.probe / 2;
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
