/** Whether the network leads to the gateway as it is. A name alone is no proof: `ai` is a domain of the internet, and any network may know a host of that name. */
import { lookup } from "node:dns/promises";
import { ask, isAddress } from "../gateway/http/client.ts";

/** What was found; `why` is a sentence without its full stop. */
export type Found = { readonly there: true } | { readonly there: false; readonly why: string };

/** What the launcher has found of the name already: addresses, nothing (`none`), nothing in time (`late`), or it could not look (`unknown`). */
export type Seen =
  | { readonly kind: "none" | "late" | "unknown" }
  | { readonly kind: "addresses"; readonly addresses: readonly string[] };

/** Reads what the launcher hands on, as it got it of getent(1). */
export function readSeen(text: string): Seen {
  if (text === "none" || text === "late" || text === "unknown") return { kind: text };
  return { kind: "addresses", addresses: text.split(/\s+/).filter((word) => /^[\d.]+$|:/.test(word)) };
}

/** Whether an address is one of a tailnet (tailscale.com/kb/1015, "100.x.y.z addresses"; kb/1033, "IP pool"; the prefix of IPv6 is fixed). */
export function isOfTailnet(address: string): boolean {
  const [first, second] = address.split(".").map(Number);
  return address.includes(":") ? /^fd7a:115c:a1e0:/i.test(address) : first === 100 && second! >= 64 && second! < 128;
}

/**
 * Looks, until `deadline` as `performance.now()` counts. An address of a tailnet is proof, for only a tailnet's own names have one; so is any address of
 * a gateway by https, which proves itself; and else an answer as a gateway gives it.
 */
export async function findOnNetwork(origin: string, seen: Seen, deadline: number): Promise<Found> {
  const url = new URL("/v1/models", origin);
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const found = isAddress(url.hostname) ? [name] : await addressesOf(name, seen, deadline);
  if (found === null) return { there: false, why: `the name server does not answer for ${name}` };
  const [address] = found;
  if (address === undefined) return { there: false, why: `this network knows no ${name}` };
  if (url.protocol === "https:" || found.some(isOfTailnet)) return { there: true };
  const answer = await ask({
    url,
    host: address,
    port: Number(url.port || 80),
    proxy: null,
    headers: { "user-agent": "aperture-connect" },
    body: null,
    deadline,
  });
  const there = "status" in answer && answer.status < 500 && /^application\/json\b/i.test(answer.type);
  return there
    ? { there }
    : { there, why: `${name} is ${address} here, which is not of a tailnet, and no gateway answers there` };
}

/** Null where nobody answered in time. */
async function addressesOf(name: string, seen: Seen, deadline: number): Promise<readonly string[] | null> {
  if (seen.kind === "addresses") return seen.addresses;
  if (seen.kind !== "unknown") return seen.kind === "none" ? [] : null;
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), Math.max(1, deadline - performance.now())).unref());
  const found = lookup(name, { all: true }).then(
    (all) => all.map(({ address }) => address),
    (error: NodeJS.ErrnoException) => (error.code === "EAI_AGAIN" ? null : []),
  );
  return Promise.race([found, late]);
}
