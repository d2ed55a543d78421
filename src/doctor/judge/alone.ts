/** What can be judged of a connection where nothing in the container is a node of a tailnet. From values to values. */
import type { Settings } from "../../connect/settings.ts";
import type { GatewayProbe } from "../probe/network.ts";
import type { Seen, Taken } from "../probe/taken.ts";
import { type Check, found } from "../types.ts";

/** What is judged of the connection. */
export interface ConnectionFacts {
  readonly settings: Settings | null;
  readonly taken: Taken;
  readonly seen: Seen;
  /** The gateway that is meant, whatever stands in for it here. */
  readonly gateway: URL;
  /** What came of asking it, and after how many milliseconds; whether anything did. */
  readonly probe: GatewayProbe;
  readonly isAnswered: boolean;
  readonly waited: number;
}

/** The network itself, and what stands in for the gateway outside of the container. */
export function judgeNetwork(facts: ConnectionFacts): Check | null {
  return judgeAlone(facts) ?? judgeHost(facts);
}

function judgeAlone({ seen, taken, probe, gateway }: ConnectionFacts): Check | null {
  // A name server of its own makes a network that is meant so.
  const isMeant = taken.way !== "sidecar" && !probe.resolver.servers.some((server) => server !== "127.0.0.1");
  if (!seen.isAlone || isMeant || /^localhost$|^127\./.test(gateway.hostname)) return null;
  const shared = "the container whose network it uses was restarted or has ended, and this one still uses the old network";
  const recreate =
    "start the other container (docker compose up -d), then recreate this one: Rebuild Container, or  docker compose up -d --force-recreate";
  const isShared = taken.way === "sidecar";
  return found(
    "failure",
    "connection",
    "network-gone",
    "This container has no network but itself (lo)",
    isShared ? shared : `it was started without one (--network none); or ${shared}`,
    isShared
      ? recreate
      : `start it with a network that leads to the gateway; if it uses another container's network, ${recreate}`,
  );
}

function judgeHost({ probe, gateway }: ConnectionFacts): Check | null {
  if (gateway.hostname !== "host.docker.internal" || !("phase" in probe.models)) return null;
  return found(
    "failure",
    "connection",
    "unplug-host",
    `Nothing answers at ${gateway.origin}, where ts-unplug on the host should`,
    "it does not run there, or the engine does not forward the host's loopback, the only address that ts-unplug binds: Docker Desktop does, an engine on Linux does not",
    `start it on the host with  -port ${gateway.port || 80}  or, on Linux, use another connection (aperture.connection)`,
  );
}

/** What the network's own findings say, and what would make it needless in `auto`. */
export function withOtherWay(checks: readonly Check[], { taken, settings, isAnswered }: ConnectionFacts): readonly Check[] {
  if (taken.way !== "auto" || isAnswered || settings?.programs !== false) return checks;
  const other =
    "or write  tailscale: {}  below aperture: in aperture-env.yaml, run update and rebuild: then the container can become a tailnet node";
  return checks.map((check) =>
    check.severity === "failure" && check.group === "gateway" ? { ...check, next: `${check.next}; ${other}` } : check,
  );
}
