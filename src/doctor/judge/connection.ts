/** The connection's parts, in the order in which they need each other; the first that is broken is the cause of all that follows. From values to values. */
import { isTailnetAddress } from "../../catalog/tailnet.ts";
import { isOnlyWay, type Settings } from "../../connect/settings.ts";
import { findMachine, type Machine, type TailnetStatus } from "../../connect/status.ts";
import { type Failure, formatAccess } from "../../gateway/explain.ts";
import type { GatewayProbe } from "../probe/network.ts";
import type { Seen } from "../probe/taken.ts";
import { magicDns } from "../tailnet.ts";
import { type Check, fine, found, listed, show } from "../types.ts";
import { type ConnectionFacts, judgeNetwork } from "./alone.ts";

/** One finding at most, and one line where all is well. */
export function judgeConnection(facts: ConnectionFacts): Check[] {
  const { isAnswered, seen, taken, waited, gateway } = facts;
  const status = statusOf(seen);
  if (isAnswered) {
    const past = judgeDaemon(facts);
    if (past !== null && isOnlyWay(taken.way))
      return [{ ...past, next: `${past.next}; or take this network, which leads to the gateway:  APERTURE_CONNECTION=network` }];
    // It is somebody else's network then, and another node that the gateway knows.
    if (past !== null) return taken.way === "network" ? [] : [{ ...past, severity: "warning" }];
    if (status === null) return [];
    const well = fine("connection", "connection", `This is ${show(status.self?.name ?? "a node")} in the tailnet`);
    return waited < slow ? [well] : [well, judgeSlow(gateway, waited)];
  }
  const past = judgeParts(facts);
  return past === null ? [] : [past];
}

/** Whether only the time was too short: the gateway is among the peers, and the path to it may still be in the making. */
export function mayStillCome({ models }: GatewayProbe, { status }: Seen, host: string): boolean {
  if (status === null || "phase" in status || status.state !== "Running") return false;
  const isLate = "phase" in models ? models.code === "TIMEOUT" : models.status === 502;
  return isLate && findMachine(status, host)?.online === true;
}

/** In milliseconds: a handshake through a relay takes no longer. */
const slow = 2000;

function judgeParts(facts: ConnectionFacts): Check | null {
  return (
    judgeNetwork(facts) ??
    judgeUnplug(facts) ??
    judgeDaemon(facts) ??
    judgeDevice(facts) ??
    judgeProxy(facts) ??
    judgePeer(facts) ??
    judgeNames(facts) ??
    judgePath(facts)
  );
}

function statusOf({ status }: Seen): TailnetStatus | null {
  return status === null || "phase" in status ? null : status;
}

function judgeUnplug({ taken, settings, seen, probe }: ConnectionFacts): Check | null {
  if (taken.way !== "ts-unplug") return null;
  const port = taken.daemon?.port ?? settings?.port ?? 0;
  if (taken.daemon === null && seen.holder !== null) return judgeHolder(seen.holder);
  if (taken.daemon === null && settings?.managed === true && !("phase" in probe.models && probe.models.phase === "connect"))
    return found(
      "failure",
      "connection",
      "unplug-port",
      `Another program than ts-unplug listens on port ${port} of the loopback`,
      "the managed configuration expects the gateway at that port, so ts-unplug cannot use another one, and does not start",
      "stop that program, or set another port for ts-unplug (aperture.connection in aperture-env.yaml), run update and rebuild",
    );
  if (taken.daemon === null)
    return found(
      "failure",
      "connection",
      "unplug-gone",
      "ts-unplug does not run here",
      `it serves the gateway at http://localhost:${port}, and ends with the container or if it cannot log in`,
      "aperture-connect  starts it and reports errors",
    );
  if ("status" in probe.models && probe.models.status !== 502) return null;
  // What it has written stays there; it serves nothing before the login.
  if (seen.unplugLogin !== null && "phase" in probe.models) return judgeLogin(seen.unplugLogin, settings, "aperture-connect");
  return found(
    "failure",
    "connection",
    "unplug-lost",
    `ts-unplug at http://localhost:${port} does not reach the gateway`,
    "its node is not logged in, sees no machine of that name, or no grant allows the connection",
    `read ${taken.folder}/ts-unplug.log;  aperture-connect  tries again`,
  );
}

/** Where the daemon stands. */
function judgeDaemon(facts: ConnectionFacts): Check | null {
  const { seen, taken, settings } = facts;
  const { status, holder } = seen;
  if (status === null) return holder === null ? judgeNothing(facts) : judgeHolder(holder);
  if ("phase" in status) return holder === null ? judgeSilent(facts, status) : judgeHolder(holder);
  const { state, self } = status;
  const again = taken.way === "network" ? "tailscale up" : "aperture-connect";
  const isBeside = taken.way === "sidecar";
  const key = settings === null || isBeside ? "" : `, or set ${settings.secret} and run it`;
  const node = show(self?.name || "this node");
  // The daemon's own words name a key at times.
  const refused =
    status.health.map((line) => /last login error was: (.*)/.exec(line)?.[1]).find((said) => said !== undefined) ?? "";
  if (self?.expired === true && state !== "Running")
    return found(
      "failure",
      "connection",
      "login-expired",
      `The login of ${node} has expired`,
      "a person's node has to log in again after a while, unless an administrator disables key expiry for it",
      `${again}  logs in again${key}`,
    );
  if (state === "Running" && (self?.online === true || seen.control === null)) return null;
  if (seen.control !== null || /fetch control key|no such host|failed to resolve/i.test(refused))
    return found(
      "failure",
      "connection",
      "control-unreachable",
      "The tailnet's control server does not answer, so no login is possible",
      show(seen.control ?? "the daemon cannot reach it"),
      "check whether this network allows requests to it, and set HTTPS_PROXY if a proxy is needed; login_server below aperture.tailscale names another server",
    );
  const good = `a new one as ${settings?.secret ?? "TS_AUTHKEY"} (reusable, not expired)`;
  // It is given to that container as that is made.
  const set = isBeside
    ? `${again}  shows where to log in by hand; or remove the container of Tailscale (docker rm --force), set ${good} where this one is opened, and rebuild it`
    : `set ${good}, or unset it and log in by hand; then  ${again}`;
  if (/already.used|used up/i.test(refused))
    return found("failure", "connection", "key-used", "The key was already used", "it is a one-off key", set);
  if (/expired/i.test(refused))
    return found("failure", "connection", "key-expired", "The auth key has expired", "keys end after 90 days at most", set);
  if (/\btags?\b/i.test(refused))
    return found(
      "failure",
      "connection",
      "key-tags",
      "The key does not allow this node's tags",
      "the tailnet's policy has no tagOwners for them, or the key has other tags",
      "set tags below aperture.tailscale to the key's tags, and add them to the policy's tagOwners",
    );
  if (refused !== "")
    return found(
      "failure",
      "connection",
      "key-refused",
      "The control server does not know the auth key",
      "it was revoked or used up, belongs to another tailnet, or was copied incompletely",
      set,
    );
  if (state === "NeedsMachineAuth")
    return found(
      "failure",
      "connection",
      "login-approval",
      `${node} waits for an administrator's approval`,
      "this tailnet requires device approval",
      "ask for approval on the page Machines of the admin console. A pre-approved key needs none",
    );
  if (state === "NeedsLogin") return judgeLogin(status.loginUrl, isBeside ? null : settings, again);
  if (state === "Stopped")
    return found(
      "failure",
      "connection",
      "connection-stopped",
      `${node} is logged in, but stopped`,
      "somebody or something ran  tailscale down",
      isBeside
        ? "docker compose exec tailscale tailscale up  on the host starts it;  tailscale logout  there logs it out"
        : `${again}  starts it`,
    );
  return found(
    "failure",
    "connection",
    "connection-starting",
    "Tailscale's daemon has not found its tailnet yet",
    `it says ${show(state)}: it has just started, or the connection to the control server is slow`,
    "try again in a moment",
  );
}

function judgeLogin(url: string | null, settings: Settings | null, again: string): Check {
  const key = settings === null ? "" : `, or set ${settings.secret} and run  aperture-connect`;
  return found(
    "failure",
    "connection",
    "login-needed",
    "This container is not logged in to the tailnet",
    url === null ? "there was no login yet, or it was logged out" : "it waits for a person's login",
    url === null ? `${again}  shows where to log in${key}` : `log in at  ${show(url, 500)}${key.replace(",", " ")}`,
  );
}

function judgeHolder(holder: string): Check {
  return found(
    "failure",
    "connection",
    "state-shared",
    `Another container (${show(holder)}) uses the login on this volume`,
    "two daemons with one login would disconnect each other, so none was started here",
    "stop that container, or give this one a separate key or volume; then run  aperture-connect",
  );
}

/** `auto` where the network does not lead to the gateway and nothing runs, though it could. */
function judgeNothing({ taken, settings, gateway, isAnswered, probe: { route } }: ConnectionFacts): Check | null {
  if (taken.way !== "auto" || isAnswered || settings?.programs !== true) return null;
  // A proxy that somebody has set is what there is to be mended.
  if (route.proxy !== null || route.other !== null) return null;
  return found(
    "failure",
    "connection",
    "connection-none",
    `Neither this network nor anything in this container leads to ${gateway.origin}`,
    "the network does not know the gateway, and Tailscale's daemon was not started",
    `aperture-connect  starts it and shows where to log in; a key in ${settings.secret} makes the login unnecessary`,
  );
}

function judgeSilent({ taken, seen, settings }: ConnectionFacts, { code }: Failure): Check {
  const { way } = taken;
  const where = seen.socket === "" || seen.socket === null ? "" : ` at ${show(seen.socket)}`;
  if (way === "tailscale" && !seen.hasTun)
    return found(
      "failure",
      "connection",
      "no-tun",
      "Tailscale's daemon does not run: this container has no /dev/net/tun",
      "the Feature's daemon needs it for a network device",
      'add it ("runArgs": ["--device=/dev/net/tun"]) and rebuild; or set  connection: userspace  in aperture-env.yaml, which needs no device',
    );
  const next: Readonly<Record<string, string>> = {
    userspace: "aperture-connect  starts it, as opencode does, and reports errors",
    tailscale: "read /var/log/tailscaled.log; if it does not exist, the container was built without the Feature: rebuild it",
    sidecar: "docker compose logs  shows why the sidecar does not run it; fix that, then recreate this container",
  };
  return found(
    "failure",
    "connection",
    "daemon-silent",
    `No daemon of Tailscale answers${where}`,
    code === "ENOENT" || where === ""
      ? "none runs"
      : code === "EACCES"
        ? "this account has no access to it"
        : `nothing listens on the socket (${show(code)})`,
    next[way] ?? `it has to run${settings === null ? "" : ", and  aperture-connect  says more"}`,
  );
}

/** A daemon for a whole container that has no device carries only what asks its proxy. */
function judgeDevice({ taken, seen, probe }: ConnectionFacts): Check | null {
  const status = statusOf(seen);
  const isWhole = taken.daemon === null && (taken.way === "tailscale" || taken.way === "sidecar");
  if (!isWhole || status === null || status.hasDevice || probe.route.proxy !== null) return null;
  return found(
    "failure",
    "connection",
    "no-tun",
    "Tailscale's daemon has no network device, so no program here reaches the tailnet by itself",
    "it runs in userspace mode: without /dev/net/tun, or by its settings",
    taken.way === "sidecar"
      ? "give the sidecar TS_USERSPACE=false, the capability NET_ADMIN and the device /dev/net/tun, and recreate both"
      : 'add "runArgs": ["--device=/dev/net/tun"] and rebuild, or set  connection: userspace  in aperture-env.yaml',
  );
}

/** Whether the proxy that OpenCode is given is that of the daemon that runs here. */
function judgeProxy({ taken: { daemon, folder }, probe: { models, detour, route } }: ConnectionFacts): Check | null {
  if (daemon === null || route.proxy === null || !("phase" in models || detour !== null)) return null;
  const isClosed = "phase" in models && models.phase === "connect";
  if (!isClosed && detour?.isTailscale !== false) return null;
  return found(
    "failure",
    "connection",
    "proxy-lost",
    `${isClosed ? "Nothing" : "Something else than Tailscale's daemon"} listens on port ${daemon.port}, where its proxy should`,
    `${folder}/connect names that port for the daemon that runs here (process ${daemon.pid})`,
    `end it with  kill ${daemon.pid}  and start it again with  aperture-connect`,
  );
}

/** Whether a host can be one of the tailnet's machines. */
function isOfTailnet(host: string, { domain }: TailnetStatus): boolean {
  if (/^\[|^[\d.]+$/.test(host)) return isTailnetAddress(host.replace(/^\[|\]$/g, ""));
  return !host.includes(".") || (domain !== null && host.endsWith(`.${domain.toLowerCase()}`));
}

function judgePeer({ seen, gateway }: ConnectionFacts): Check | null {
  const status = statusOf(seen);
  const { hostname: host } = gateway;
  if (status === null || !isOfTailnet(host, status)) return null;
  const peer = findMachine(status, host);
  if (peer === null) {
    const names = status.peers.map(({ name }) => show(name.split(".")[0]!));
    return found(
      "failure",
      "connection",
      "peer-unlisted",
      `${show(status.self?.name ?? "This node")} sees no machine ${show(host)} in its tailnet`,
      names.length === 0
        ? "it sees no machine at all: no grant of the tailnet's policy allows it any connection"
        : `it sees ${listed(names)}: the gateway has another name (aperture.url), or no grant of the tailnet's policy allows the connection`,
      formatAccess(gateway, status.owners, null),
    );
  }
  if (!peer.online)
    return found(
      "failure",
      "connection",
      "peer-offline",
      `${show(peer.name)} is in the tailnet, but offline`,
      peer.expired ? "that machine's login has expired" : "that machine is off, or has no network connection",
      "ask the gateway's administrators to start it, or to log it in again",
    );
  return null;
}

/** Whether the tailnet's own name server is asked, where every program uses the network itself. */
function judgeNames({ seen, taken, probe, gateway }: ConnectionFacts): Check | null {
  const status = statusOf(seen);
  const { models, resolver } = probe;
  const isUnknown = "phase" in models && models.phase === "lookup";
  if (status === null || !isUnknown || resolver.servers.includes(magicDns) || !isOfTailnet(gateway.hostname, status)) return null;
  const address = findMachine(status, gateway.hostname)?.addresses[0];
  const otherwise = address === undefined ? "" : `; or write the gateway's address: http://${address}`;
  return found(
    "failure",
    "connection",
    "dns-not-accepted",
    `The tailnet knows ${show(gateway.hostname)}, and its name server (${magicDns}) is not asked here`,
    "the daemon does not accept the tailnet's DNS, or another program has overwritten /etc/resolv.conf",
    taken.way === "sidecar"
      ? `give the sidecar TS_ACCEPT_DNS=true and recreate both${otherwise}`
      : `tailscale set --accept-dns=true  as root${otherwise}`,
  );
}

/** In milliseconds: a connection is given new keys every two minutes where something goes through it (WireGuard's protocol). */
const freshKeys = 180_000;

/** Whether something comes back of a machine that is there. */
function judgePath({ seen, probe, gateway, waited }: ConnectionFacts): Check | null {
  const status = statusOf(seen);
  const peer: Machine | null = status === null ? null : findMachine(status, gateway.hostname);
  const { models } = probe;
  const isLost = "phase" in models ? models.code === "TIMEOUT" && models.phase !== "body" : models.status === 502;
  if (status === null || peer === null || !isLost) return null;
  const seconds = Math.round(waited / 1000);
  if (peer.shaken !== null && probe.now - peer.shaken < freshKeys)
    return found(
      "failure",
      "connection",
      "peer-blocked",
      `${show(peer.name)} is online, but blocks port ${gateway.port || (gateway.protocol === "https:" ? 443 : 80)}`,
      `the encrypted connection works, but port connections time out after ${seconds} s: the tailnet's policy has no grant for that port, or a firewall on that machine drops it`,
      formatAccess(gateway, status.owners, peer.addresses[0] ?? null),
    );
  return found(
    "failure",
    "connection",
    "peer-silent",
    `${show(peer.name)} is in the tailnet, but did not respond within ${seconds} s`,
    "no encrypted connection was possible: UDP and the relays are blocked on one side, or another daemon uses this node's login and receives the answers",
    "tailscale netcheck  shows what is blocked; stop other daemons with this login, and try again",
  );
}

function judgeSlow({ hostname }: URL, waited: number): Check {
  return found(
    "note",
    "connection",
    "peer-slow",
    `${show(hostname)} answered after ${(waited / 1000).toFixed(1)} s`,
    "the encrypted connection was still being established, as after each start",
    "nothing to do; if it is always slow, tailscale netcheck  shows why",
  );
}
