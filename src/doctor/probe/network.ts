/** The way to the gateway, step by step: the name, the connection, the list of models, and each wire format where the list does not tell. */
import { lookup, Resolver as DnsClient } from "node:dns/promises";
import { setTimeout as after } from "node:timers/promises";
import type { Answer, Failure } from "../../gateway/explain.ts";
import { ask, isAddress, type Question } from "../../gateway/http/client.ts";
import type { DatedAnswer } from "../../gateway/http/reader.ts";
import { findRoute, type ProxyRoute } from "../../gateway/proxy.ts";
import { nameInTailnet, type Resolver } from "../tailnet.ts";
import type { Env } from "../types.ts";
import { textOf } from "./files.ts";
import { hasRoute } from "./route.ts";

/** What came of one way to the gateway. */
export interface GatewayProbe {
  readonly url: URL;
  readonly route: ProxyRoute;
  /** What was resolved: the gateway's name, or that of the proxy; null where it is an address. */
  readonly name: string | null;
  readonly addresses: readonly string[];
  readonly resolver: Resolver;
  /** Name servers that did not answer, where another one did and the C library still waits for them. */
  readonly silent: readonly string[];
  /** The answer to `GET /v1/models`, or where it ended. */
  readonly models: DatedAnswer | Failure;
  /** This machine's clock when the answer came. */
  readonly now: number;
  /** Answers to a request without content, by path and model with a blank between them. */
  readonly formats: ReadonlyMap<string, Answer | Failure>;
  /** What else is known of a proxy through which no answer of the gateway came. */
  readonly detour: Detour | null;
}

/** A proxy that does not lead to the gateway, as it seems. */
export interface Detour {
  /** Whether it is the one that Tailscale's daemon has. */
  readonly isTailscale: boolean;
  /** What came of asking the gateway directly. */
  readonly direct: DatedAnswer | Failure;
}

/** A wire format to be tried, with a model that is served. */
export interface FormatQuestion {
  readonly path: string;
  readonly model: string;
}

/** How to look. */
export interface NetworkOptions {
  readonly origin: string;
  readonly env: Env;
  readonly deadline: number;
  /** Which wire formats to try, once the list is known. */
  readonly formatsFor: (models: DatedAnswer) => readonly FormatQuestion[];
}

/** Goes the way once. Never throws. */
export async function probeGateway({ origin, env, deadline, formatsFor }: NetworkOptions): Promise<GatewayProbe> {
  const url = new URL("/v1/models", origin);
  const route = findRoute(url, env);
  const target = route.proxy ?? url;
  const port = Number(target.port || (target.protocol === "https:" ? 443 : 80));
  const resolver = readResolver();
  const hostname = target.hostname;
  const literal = isAddress(hostname);
  const { resolved, silent } = literal
    ? { resolved: [hostname.replace(/^\[|\]$/g, "")], silent: [] }
    : await resolveByAny(hostname, resolver, deadline);
  const common = { url, route, name: literal ? null : hostname, resolver, silent };
  const nothing = { now: Date.now(), formats: new Map() };
  if ("phase" in resolved) {
    const detour = await lookBeside(url, route.proxy, []);
    return { ...common, ...nothing, addresses: [], models: resolved, detour };
  }
  const question = { proxy: route.proxy, deadline, headers: { "user-agent": "aperture-doctor" }, port };
  const [models, address] = await askFirst(resolved, (host) => askAt({ ...question, url, host, body: null }));
  const now = Date.now();
  if (!isGateways(models, route)) {
    const detour = await lookBeside(url, route.proxy, resolved);
    return { ...common, ...nothing, addresses: resolved, models, now, detour };
  }
  const wanted = "status" in models ? formatsFor(models) : [];
  const formats = await Promise.all(
    wanted.map(async ({ path, model }) => {
      const headers = {
        ...question.headers,
        authorization: "Bearer -",
        "x-api-key": "-",
        "anthropic-version": "2023-06-01",
      };
      const body = JSON.stringify({ model });
      const answer = await askAt({ ...question, url: new URL(path, origin), host: address, headers, body });
      return [`${path} ${model}`, answer] as const;
    }),
  );
  return { ...common, addresses: resolved, models, now, formats: new Map(formats), detour: null };
}

/** Whether an answer is certainly the gateway's: a proxy that does not get there answers by itself, most often with a page, Tailscale's without a word. */
function isGateways(models: DatedAnswer | Failure, { proxy }: ProxyRoute): boolean {
  return "status" in models && (proxy === null || /\bjson\b/i.test(models.type));
}

/** In milliseconds. */
const patienceBeside = 1000;

/** Which proxy it is, by what tailscaled's says to a request that is for itself (cmd/tailscaled/proxy.go, 1.102), and whether it is needed at all. */
async function lookBeside(url: URL, proxy: URL | null, addresses: readonly string[]): Promise<Detour | null> {
  if (proxy === null) return null;
  const deadline = performance.now() + patienceBeside;
  const common = { proxy: null, body: null, headers: { "user-agent": "aperture-doctor" }, deadline };
  const itself = async (host: string): Promise<DatedAnswer | Failure> =>
    ask({ ...common, url: new URL("/", proxy), host, port: Number(proxy.port || 80) });
  const directly = async (): Promise<DatedAnswer | Failure> => {
    const { hostname } = url;
    const found = isAddress(hostname)
      ? [hostname.replace(/^\[|\]$/g, "")]
      : await resolveInTailnet(hostname, readResolver(), deadline);
    if ("phase" in found) return found;
    return (await askFirst(found, (host) => askAt({ ...common, url, host, port: Number(url.port || 80) })))[0];
  };
  const [said, direct] = await Promise.all([addresses[0] === undefined ? null : itself(addresses[0]), directly()]);
  return { isTailscale: said !== null && "status" in said && said.text.startsWith("bogus RequestURI"), direct };
}

/** OpenCode's runtime says "refused" where there is no way, too (seen with Bun 1.3.14). */
async function askAt(question: Question): Promise<DatedAnswer | Failure> {
  const answer = await ask(question);
  const isLost = "phase" in answer && answer.code === "ECONNREFUSED" && !hasRoute(question.host);
  return isLost ? { ...answer, code: "ENETUNREACH" } : answer;
}

/** The first address that can be connected to decides; where none can, the first one's failure. */
async function askFirst(
  addresses: readonly string[],
  one: (address: string) => Promise<DatedAnswer | Failure>,
): Promise<readonly [DatedAnswer | Failure, string]> {
  // At once, as OpenCode's runtime does, so that a dead IPv6 route costs nothing.
  const asking = addresses.slice(0, 4).map(async (address) => [await one(address), address] as const);
  const usable = asking.map(async (each) => {
    const result = await each;
    if ("phase" in result[0]) throw new Error(result[0].code);
    return result;
  });
  try {
    return await Promise.any(usable);
  } catch {
    const all = await Promise.all(asking);
    return all.find(([result]) => "phase" in result && result.phase !== "connect") ?? all[0]!;
  }
}

interface Resolved {
  readonly resolved: readonly string[] | Failure;
  readonly silent: readonly string[];
}

/** Resolves a name; where that waits for a server that is silent, as OpenCode does, another server's answer is taken. */
async function resolveByAny(name: string, resolver: Resolver, deadline: number): Promise<Resolved> {
  const asked = resolveInTailnet(name, resolver, deadline).then((resolved) => ({ resolved, silent: [] }));
  if (resolver.servers.length < 2) return asked;
  const end = new AbortController();
  const first = await Promise.race([asked, askServers(name, resolver, deadline, end.signal)]);
  end.abort();
  return first ?? asked;
}

/** In milliseconds: a name that has an address by then needs no other look. */
const patienceForName = 100;

/** Asks each server by itself; null where none of them has an address, or none is silent. */
async function askServers(
  name: string,
  { servers, search }: Resolver,
  deadline: number,
  signal: AbortSignal,
): Promise<Resolved | null> {
  await after(patienceForName);
  if (signal.aborted) return null;
  const names = name.includes(".") ? [name] : [name, ...search.map((domain) => `${name}.${domain}`)];
  const patience = Math.max(50, (deadline - performance.now()) / 4);
  const answers = await Promise.all(servers.map((server) => askServer(server, names, patience)));
  const resolved = answers.find((answer) => answer !== null && answer.length > 0);
  const silent = servers.filter((_, index) => answers[index] === null);
  return resolved && silent.length > 0 ? { resolved, silent } : null;
}

/** The addresses that a server knows of these names; null where it does not answer in time. */
async function askServer(server: string, names: readonly string[], patience: number): Promise<readonly string[] | null> {
  const client = new DnsClient();
  try {
    client.setServers([server]);
  } catch {
    return null;
  }
  const asked = Promise.allSettled(names.flatMap((name) => [client.resolve4(name), client.resolve6(name)]));
  const answers = await Promise.race([asked, after(patience, null)]);
  client.cancel();
  const isSilent = ({ reason }: PromiseRejectedResult): boolean =>
    /REFUSED|TIMEOUT|UNREACH/.test((reason as NodeJS.ErrnoException).code ?? "");
  if (answers === null || answers.every((answer) => answer.status === "rejected" && isSilent(answer))) return null;
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
}

interface Bun {
  readonly dns: {
    lookup(name: string, options: { readonly backend: "libc" }): Promise<readonly { readonly address: string }[]>;
  };
}

/**
 * Resolves a name. A short one that the tailnet does not know goes to another server next, which in a closed network is silent: then what the
 * tailnet said is the answer (seen on a tailnet with tailscaled 1.102).
 */
async function resolveInTailnet(name: string, resolver: Resolver, deadline: number): Promise<readonly string[] | Failure> {
  const full = nameInTailnet(name, resolver);
  const asked = full === null ? null : resolveName(`${full}.`, deadline);
  const resolved = await resolveName(name, deadline);
  if (!("phase" in resolved) || asked === null) return resolved;
  const said = await asked;
  return "phase" in said && said.code === "ENOTFOUND" ? said : resolved;
}

/** As OpenCode's `fetch` resolves: by the C library, with /etc/hosts and search domains. */
async function resolveName(name: string, deadline: number): Promise<readonly string[] | Failure> {
  const bun = (globalThis as { readonly Bun?: Bun }).Bun;
  const started = performance.now();
  const asking = bun === undefined ? lookup(name, { all: true, verbatim: true }) : bun.dns.lookup(name, { backend: "libc" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), Math.max(1, deadline - performance.now()));
  });
  try {
    const found = await Promise.race([asking, late]);
    if (found === "late") return { phase: "lookup", code: "TIMEOUT", detail: "" };
    const addresses = [...new Set(found.map(({ address }) => address))];
    return addresses.length > 0 ? addresses : { phase: "lookup", code: "ENOTFOUND", detail: "" };
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    // A refused or missing server gives an answer at once, one that is silent does not.
    const detail = `${message} (${Math.round(performance.now() - started)} ms)`;
    return { phase: "lookup", code: code.replace(/^DNS_/, ""), detail };
  } finally {
    clearTimeout(timer);
    asking.catch(() => {});
  }
}

function readResolver(): Resolver {
  const lines = (textOf("/etc/resolv.conf") ?? "").split("\n").map((line) =>
    line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/),
  );
  return {
    servers: lines.flatMap(([word, server]) => (word === "nameserver" && server !== undefined ? [server] : [])),
    search: lines.findLast(([word]) => word === "search" || word === "domain")?.slice(1) ?? [],
  };
}
