/**
 * aperture-doctor: the doctor inside of an environment, run by OpenCode's own runtime. Says whether OpenCode works here through the gateway, and
 * where not, why and what to try. aperture-connect is in the same file, by its first word. Generated from the sources of create-aperture-env (src/doctor); change them, not this.
 */
import { parseArgs } from "node:util";
import { connectMain } from "../connect/main.ts";
import { promptTimes, warnBeforePrompt } from "./before-prompt.ts";
import { examine, longest, type Examination } from "./doctor.ts";
import { block, printTo, shown, wantsColour, type Shown } from "../text/terminal.ts";
import { readInstallation } from "./probe/installation.ts";
import { asLaunched } from "./probe/launched.ts";
import { formatJson, formatReport, formatVerdict } from "./report.ts";
import { found, type Report } from "./types.ts";
import { keepVerdict, verdictFile } from "./verdict.ts";
import { startWatchdog } from "./watchdog.ts";

const usage = `aperture-doctor: says whether OpenCode works here through the gateway, and what is wrong where not.

  --deep           asks OpenCode itself for its version and configuration, and tries each wire format
  --send           sends one short prompt with OpenCode
  --json           one JSON object on stdout
  --timeout <s>    how long to wait for the gateway, 2 by default
  --background     in the background and with more patience, as when a container starts; nothing is printed
  --help           shows this

Exit: 0 it works, 2 usage, 4 something is broken.
`;

async function main(): Promise<number> {
  // `launch` is the launcher's, before a prompt: one line at most, exit 3 where the gateway is certainly not there. `prefix` and
  // `parent` are the shim's. `share`, `environment`, `colour` and `columns` are those of create-aperture-env doctor: outside of an environment the
  // repository's Feature folder, what stands in for a missing environment.json, and the terminal. The last three are of a shim of before there was
  // one, which somebody may have kept; that file says the same.
  const options = {
    deep: { type: "boolean" },
    send: { type: "boolean" },
    json: { type: "boolean" },
    quiet: { type: "boolean" },
    help: { type: "boolean", short: "h" },
    timeout: { type: "string", default: "2" },
    launch: { type: "boolean" },
    prefix: { type: "string", default: "/usr/local" },
    parent: { type: "string", default: String(process.ppid) },
    share: { type: "string" },
    environment: { type: "string" },
    colour: { type: "boolean" },
    columns: { type: "string" },
    gateway: { type: "string" },
    opencode: { type: "string" },
    online: { type: "string" },
  } as const;
  let values;
  try {
    ({ values } = parseArgs({ options, strict: true }));
  } catch (error) {
    printTo(process.stderr).write(shown`${block((error as Error).message)}\n\n${block(usage)}`);
    return 2;
  }
  if (values.help === true) {
    printTo(process.stdout).write(block(usage));
    return 0;
  }
  const seconds = Number(values.timeout);
  if (!(seconds > 0 && seconds <= 600)) {
    printTo(process.stderr).write(shown`--timeout takes seconds, up to 600.\n`);
    return 2;
  }
  // Children are OpenCode, not a runtime.
  const { BUN_BE_BUN: _, ...env } = process.env;
  const { share = null, environment = null } = values;
  const prefix = share === null ? values.prefix : null;
  const isLaunch = values.launch === true;
  const installed = readInstallation(share ?? `${prefix}/share/aperture-env`, prefix, environment);
  // The launcher has connected already, where there is something to connect.
  const { connect: _connect, ...unconnected } = installed;
  const examination: Examination = {
    installation: isLaunch ? unconnected : installed,
    env,
    cwd: process.cwd(),
    uid: process.getuid?.() ?? null,
    deep: values.deep === true,
    send: values.send === true,
    timeout: isLaunch ? promptTimes.answer : seconds * 1000,
  };
  const colour = values.colour === true || wantsColour(process.stdout, process.env);
  const columns = Number(values.columns) || process.stdout.columns || Infinity;
  const format = (report: Report): Shown => (values.json === true ? formatJson(report) : formatReport(report, colour, columns));
  const verdict = (report: Report): Shown => shown`${formatVerdict(report) ?? "ok"}\n\n${formatReport(report, false)}`;
  const { env: launched } = asLaunched(env, examination.installation, examination.uid);
  const place = prefix === null ? null : verdictFile(launched);
  const limit = isLaunch ? promptTimes.whole : longest(examination);
  const hung = isLaunch ? reportLate(examination.installation.gateway) : reportHung(limit);
  startWatchdog({
    parent: Number(values.parent),
    after: limit,
    said: isLaunch ? (warnBeforePrompt(hung)?.line ?? null) : values.quiet === true ? null : format(hung),
    verdict: place === null || isLaunch ? null : { file: place, text: verdict(hung) },
  });
  const report = await examine(examination);
  if (isLaunch) {
    const warning = warnBeforePrompt(report);
    if (warning !== null) await written(warning.line);
    return warning?.isCertain === true ? 3 : 0;
  }
  if (place !== null) keepVerdict(place, verdict(report));
  if (values.quiet !== true) await written(format(report));
  return report.verdict === "failure" ? 4 : 0;
}

/** Exiting does not wait for a pipe by itself. */
function written(text: Shown): Promise<void> {
  return new Promise((resolve) => printTo(process.stdout).write(text, resolve));
}

/** What the watchdog says before a prompt. */
function reportLate(origin: string): Report {
  const check = found(
    "failure",
    "gateway",
    "gateway-timeout",
    `${origin} did not answer within a second`,
    "this machine is busy, or something on the way is silent",
    "wait for OpenCode, which tries for a minute",
  );
  return { verdict: "failure", origin, checks: [check], ms: promptTimes.whole };
}

/** What the watchdog says. */
function reportHung(ms: number): Report {
  const check = found(
    "failure",
    "surroundings",
    "doctor-hung",
    `The doctor did not finish within ${Math.round(ms / 1000)} s, and was stopped`,
    "the gateway's answer or a file of the configuration keeps it busy, or this machine is too slow for it",
    "try again with --timeout 30; if it persists, check what answers there with  curl --max-time 5 --max-filesize 9000000  and the gateway's address with /v1/models",
  );
  return { verdict: "failure", origin: null, checks: [check], ms };
}

// A name that is still being looked up would keep the process.
const [word, ...rest] = process.argv.slice(2);
void (word === "connect" ? connectMain(rest) : main()).then((status) => process.exit(status));
