/** How an environment behaves on a host: which of the things that it uses differ there, and how it reaches the gateway. Pure. */
import type { Difference, Does, Host, Trait } from "../catalog/hosts.ts";
import type { Demand } from "../vocabulary.ts";
import { addressOf, findConnection, kindOf } from "./connection-answer.ts";
import { outputsOf } from "./compose.ts";
import { usesOf, type Configuration, type Use } from "./uses.ts";

/** One difference on a host. */
export interface HostFinding {
  readonly trait: Trait;
  readonly does: Does;
  readonly of: string;
  /** Details, or null. */
  readonly what: string | null;
  /** What to do about it; null if nothing has to be done. */
  readonly fix: string | null;
}

/** A host and its differences. */
export interface HostReport {
  readonly host: string;
  readonly label: string;
  readonly starts: Host["starts"];
  /** The way to the gateway: a connection's word, or the output whose job is on the tailnet by itself. Null for what only builds. */
  readonly way: string | null;
  readonly findings: readonly HostFinding[];
}

/** What a connection adds and a job that joins the tailnet by itself does not use. */
const ofTheWay: readonly Trait[] = ["network", "secret", "net-admin", "tun", "shared-network", "feature", "names"];

/** What a generated job does without the environment's help. */
const ofTheStart: readonly Trait[] = ["start-hook", "feature-start-hook"];

/** Describes one host; null if the host starts dev containers and the environment has none. */
export function reportHost(host: Host, demand: Demand, configuration: Configuration | null): HostReport | null {
  if (host.starts === "dev container" && configuration === null) return null;
  const { value, label, starts } = host;
  const job = outputsOf(demand).find((output) => output.host === value);
  const joins = job?.joinsItself === true;
  const isAlone = isNetworkAlone(value, demand);
  const key = demand.runtime.secrets.map(({ name }) => name).join(" ");
  const isSettled = ({ trait, value: of }: Use): boolean =>
    (job !== undefined && ofTheStart.includes(trait)) ||
    (joins && ofTheWay.includes(trait)) ||
    // Another host's connection uses the key.
    (isAlone && trait === "secret" && of === key);
  const uses = [...usesOf(demand, configuration), ...(isAlone ? [networkOf(value, demand)] : [])];
  const findings = uses.flatMap((use) => {
    const difference = host.differs[use.trait];
    return difference === undefined || isSettled(use) ? [] : [describe(use, difference)];
  });
  return { host: value, label, starts, way: starts === "build" ? null : joins ? job.value : wayOn(value, demand), findings };
}

function wayOn(host: string, { answers, runtime }: Demand): string {
  const { by } = runtime.connect ?? {};
  return by === undefined ? kindOf(answers.connection) : (by[host] ?? by.default);
}

/** Whether only the host's own network can lead to the gateway there. */
function isNetworkAlone(host: string, demand: Demand): boolean {
  const { connect, programs } = demand.runtime;
  const way = wayOn(host, demand);
  return connect === null || way === "network" || (way === "auto" && !programs.includes("tailscale"));
}

interface NetworkUse extends Use {
  /** How to avoid the need. */
  readonly fix: string;
}

function networkOf(host: string, { answers }: Demand): NetworkUse {
  const kind = kindOf(answers.connection);
  const known = findConnection(kind)?.options[host] !== undefined;
  const fix =
    kind === "auto"
      ? "set aperture.tailscale to {}, so that auto can be a node of its own"
      : known
        ? `connection: { default: ${kind}, ${host}: userspace }`
        : "connect by userspace, or by auto with aperture.tailscale";
  return { trait: "network", of: "the network", value: addressOf(answers), fix };
}

function describe(
  use: Use | NetworkUse,
  { does, of = use.of, what, fix = "fix" in use ? use.fix : undefined }: Difference,
): HostFinding {
  const filled = (text: string): string => text.replaceAll("{it}", use.value);
  return {
    trait: use.trait,
    does,
    of: filled(of),
    what: what === undefined ? null : filled(what),
    fix: fix === undefined ? null : filled(fix),
  };
}
