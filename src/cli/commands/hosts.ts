/** Tells what each host makes of an environment. Writes nothing. */
import { hosts } from "../../catalog/hosts.ts";
import { usageError } from "../../errors.ts";
import { isRecord } from "../../forms.ts";
import { demandOf } from "../../parts/compose.ts";
import { reportHost } from "../../parts/hosts.ts";
import type { Configuration } from "../../parts/uses.ts";
import { formatHosts, formatHostsJson } from "../../report/hosts.ts";
import { readConfiguration } from "../../verify/host.ts";
import type { Command } from "../args.ts";
import { paintFor, type Io } from "../io.ts";
import { carriersOf, findEnvironment, isGenerated, readConfig } from "./dev-container.ts";

/** What a terminal of no known width gets. */
const widest = 100;

/** Runs it and gives the exit status, 0: what was found fails nothing. Throws for a host that is none. */
export async function runHosts(command: Extract<Command, { kind: "hosts" }>, io: Io): Promise<number> {
  const { only, switches } = command;
  const names = hosts.map(({ value }) => value);
  const stray = only?.find((name) => !names.includes(name));
  if (stray !== undefined)
    throw usageError("no-such-host", `This version knows no host ${JSON.stringify(stray)}.`, `It knows ${names.join(", ")}.`);
  const { target, lock } = findEnvironment("hosts", command, io);
  const files = carriersOf(lock);
  const isOwn = files.length === 0 || isGenerated(lock);
  const demand = demandOf(lock.answers, isOwn ? { kind: "own" } : { kind: "feature", files });
  const containers = (files.length === 0 ? [null] : files).map((path) => {
    const configuration = path === null ? null : read(target.root, path);
    const told = hosts
      .filter(({ value }) => only?.includes(value) ?? true)
      .map((host) => reportHost(host, demand, configuration));
    return { config: path, hosts: told.filter((report) => report !== null) };
  });
  io.stdout.write(
    switches.json
      ? formatHostsJson(target.root, containers)
      : formatHosts(containers, Math.min(io.columns, widest), paintFor(io)),
  );
  return 0;
}

function read(root: string, path: string): Configuration {
  const text = readConfig(root, path);
  const value = readConfiguration(text);
  return { path, text, value: isRecord(value) ? value : {} };
}
