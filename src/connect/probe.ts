/** Whether the network leads to the gateway as it is. A name alone is no proof: `ai` is a domain of the internet, and any network may know a host of that name. */
import { lookup } from "node:dns/promises";
import { connect as connectTo } from "node:net";
import { isTailnetAddress } from "../catalog/tailnet.ts";
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

/**
 * Looks, until `deadline` as `performance.now()` counts. An address of a tailnet is proof, for only a tailnet's own names have one; so is any address of
 * a gateway by https, which proves itself; and else an answer as a gateway gives it, for which whoever takes the connection may need longer.
 */
export async function findOnNetwork(origin: string, seen: Seen, deadline: number): Promise<Found> {
  const url = new URL("/v1/models", origin);
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const found = isAddress(url.hostname) ? [name] : await addressesOf(name, seen, deadline);
  if (found === null) return { there: false, why: `the name server does not answer for ${name}` };
  if (found[0] === undefined) return { there: false, why: `this network does not know the name ${name}` };
  if (url.protocol === "https:" || found.some(isTailnetAddress)) return { there: true };
  const port = Number(url.port || 80);
  // A name may have an address at which nothing listens: OpenCode's runtime adds ::1 to a name that /etc/hosts maps to 127.0.0.1 (seen with Bun 1.3.14).
  const tries = found.slice(0, mostTries).map(async (each) => ((await isOpen(each, port, deadline)) ? each : Promise.reject()));
  const open = await Promise.any(tries).catch(() => null);
  const answer =
    open === null
      ? null
      : await ask({
          url,
          host: open,
          port,
          proxy: null,
          headers: { "user-agent": "aperture-connect" },
          body: null,
          deadline: Math.max(deadline, performance.now() + patience),
        });
  const there = answer !== null && "status" in answer && answer.status < 500 && /^application\/json\b/i.test(answer.type);
  return there
    ? { there }
    : { there, why: `${name} is ${open ?? found[0]} here, which is not a tailnet address, and no gateway answers there` };
}

/** How many of a name's addresses are tried. */
const mostTries = 4;

/** For a host that accepts a connection, in milliseconds: a real gateway may need this on a busy machine, and no prompt is sent to any other host. */
const patience = 3000;

/** Whether somebody takes connections there. */
function isOpen(host: string, port: number, deadline: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTo({ host, port });
    const end = (open: boolean): void => {
      clearTimeout(late);
      socket.destroy();
      resolve(open);
    };
    const late = setTimeout(() => end(false), Math.max(1, deadline - performance.now()));
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
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
