/**
 * What a daemon of Tailscale says of itself and of its tailnet (ipn/ipnstate of tailscale.com 1.102: the JSON of `tailscale status --json`). Pure,
 * and nothing of it is trusted to be there.
 */

/** A machine of the tailnet. */
export interface Machine {
  /** Its whole name, without a full stop behind it; empty where it has none yet. */
  readonly name: string;
  readonly addresses: readonly string[];
  readonly online: boolean;
  /** Whether its key has expired, so that it has to log in again. */
  readonly expired: boolean;
  /** When keys for a connection to it were agreed on last, in milliseconds since 1970; null where they never were. */
  readonly shaken: number | null;
}

/** Where a daemon stands. */
export interface TailnetStatus {
  /** `NoState`, `NeedsLogin`, `NeedsMachineAuth`, `Stopped`, `Starting` or `Running` (ipn/backend.go). */
  readonly state: string;
  /** Where a person logs in, while the daemon waits for that. */
  readonly loginUrl: string | null;
  readonly self: Machine | null;
  readonly peers: readonly Machine[];
  /** What is wrong, in the daemon's own words. */
  readonly health: readonly string[];
  /** Whether it has a network device, so that every program of its container reaches the tailnet. */
  readonly hasDevice: boolean;
  /** Whose node it is, as `src` of a grant names that: its tags, or the login of a person. */
  readonly owners: readonly string[];
  /** The domain of the tailnet's names. */
  readonly domain: string | null;
}

/** Reads it; null for a text that is none. */
export function readStatus(text: string): TailnetStatus | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const status = fieldsOf(value);
  const state = status["BackendState"];
  if (typeof state !== "string") return null;
  const { AuthURL: url, Self: self, Health: health } = status;
  return {
    state,
    // What is opened by a person, who sees where it leads.
    loginUrl: typeof url === "string" && /^https?:\/\/[!-~]+$/.test(url) ? url : null,
    self: typeof self === "object" && self !== null ? machineOf(self) : null,
    peers: Object.values(fieldsOf(status["Peer"])).map(machineOf),
    health: textsOf(health),
    hasDevice: status["TUN"] === true,
    owners: ownersOf(fieldsOf(self), fieldsOf(status["User"])),
    domain: textOr(status["MagicDNSSuffix"], "") || null,
  };
}

/**
 * The machine that a host in a URL means: by its whole name, the first label of one in the tailnet's own domain, or an address; null where none
 * does.
 */
export function findMachine({ peers, domain }: TailnetStatus, host: string): Machine | null {
  const wanted = host.toLowerCase().replace(/^\[|\]$|\.$/g, "");
  const isMeant = ({ name, addresses }: Machine): boolean =>
    addresses.includes(wanted) || name === wanted || (domain !== null && name === `${wanted}.${domain.toLowerCase()}`);
  return peers.find(isMeant) ?? null;
}

function machineOf(value: unknown): Machine {
  const { DNSName: name, TailscaleIPs: addresses, Online: online, Expired: expired, LastHandshake: shaken } = fieldsOf(value);
  const at = Date.parse(textOr(shaken, ""));
  return {
    name: textOr(name, "").toLowerCase().replace(/\.$/, ""),
    addresses: textsOf(addresses),
    online: online === true,
    expired: expired === true,
    // Go's zero time is that of the year 1.
    shaken: at > 0 ? at : null,
  };
}

function ownersOf(
  { Tags: tags, UserID: id }: Readonly<Record<string, unknown>>,
  users: Readonly<Record<string, unknown>>,
): readonly string[] {
  const login = textOr(fieldsOf(users[String(id)])["LoginName"], "");
  return textsOf(tags).length > 0 || login === "" ? textsOf(tags) : [login];
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}
