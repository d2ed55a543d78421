/** The gateway: the way to it, and what it answers. From values to values. */
import { type About, type Failure, explainAnswer, explainFailure, formatGrant, notJson } from "../../gateway/explain.ts";
import type { DatedAnswer } from "../../gateway/http/reader.ts";
import type { GatewayProbe } from "../probe/network.ts";
import { magicDns, nameInTailnet } from "../tailnet.ts";
import { type Check, fine, found, listed, show } from "../types.ts";
import { type GatewayFacts, fromError, readModels } from "./gateway-facts.ts";
import { judgeModels } from "./models.ts";

/** The way and the answer: one check that says where it ended, or those of the models. */
export function judgeGateway(facts: GatewayFacts): Check[] {
  const { probe, timeout, choices } = facts;
  const { url, route, models } = probe;
  const granted = choices.providers.map(({ id }) => `${facts.quote.text(id)}/**`);
  const about: About = {
    url,
    timeout,
    proxy: route.proxy?.host ?? null,
    unused: route.unused,
    ...(granted.length > 0 && { models: granted }),
  };
  const past = judgeWay(probe, about);
  if (past !== null) return [past];
  const answer = models as DatedAnswer;
  const served = readModels(answer.text);
  if (served === null) return [withProxy(fromError(notJson(answer.text, about)), probe)];
  const through = route.proxy === null ? "" : ` through the proxy ${show(route.proxy.host)}`;
  if (served.length === 0)
    return [
      found(
        "failure",
        "models",
        "models-none",
        `${url.origin} answers${through}, and offers you no model`,
        "you have a role, but no grant gives you a model; or no provider is configured",
        formatGrant(about),
      ),
    ];
  return [
    fine("gateway", "gateway", `${url.origin} answers${through}`),
    ...judgeProxyList(probe),
    ...judgeClock(probe),
    ...judgeModels(facts, served),
  ];
}

function judgeWay(probe: GatewayProbe, about: About): Check | null {
  const { models, url } = probe;
  if ("phase" in models) {
    if (models.phase === "lookup") return withProxy(judgeName(models, probe), probe);
    const secured = url.protocol === "https:" && !url.hostname.includes(".") && probe.name !== null;
    if (secured && (models.phase === "tls" || models.phase === "connect"))
      return found(
        "failure",
        "gateway",
        "origin-https-short",
        `${url.origin} does not answer in TLS`,
        "a short name has no certificate; Aperture is reached over plain http, WireGuard encrypts it",
        `write ${url.origin.replace(/^https/, "http")}`,
      );
    return withProxy(fromError(explainFailure(models, about)), probe);
  }
  const wrong = explainAnswer(models, about);
  return wrong === null ? null : withProxy(fromError(wrong), probe);
}

/** With a proxy on the way, that is the first suspect; and where one is meant, that it is not taken. */
function withProxy(check: Check, { route: { proxy, other }, url, models, detour }: GatewayProbe): Check {
  if (proxy === null)
    return other === null || url.protocol !== "http:" || !("phase" in models)
      ? check
      : found(
          "failure",
          "gateway",
          "proxy-http-missing",
          `${other} names a proxy and HTTP_PROXY does not, so ${url.origin} is asked directly`,
          `OpenCode takes HTTP_PROXY for an http address and no other variable; asked directly: ${lowerFirst(check.message)}`,
          "let HTTP_PROXY name an http proxy that leads to the gateway, such as that of Tailscale's daemon",
        );
  // What came through it is the gateway's own.
  if ("status" in models && (detour === null || (detour.isTailscale && models.text !== ""))) return check;
  const { host } = proxy;
  const isDirect = detour !== null && "status" in detour.direct && explainAnswer(detour.direct, aboutOf(url)) === null;
  const isClosed = "phase" in models && models.code === "ECONNREFUSED" && models.phase === "connect";
  if (isDirect)
    return found(
      "failure",
      "gateway",
      "proxy",
      `Requests to ${url.hostname} go through the proxy ${show(host)}, which does not get there`,
      `${check.message}; without the proxy it answers`,
      `let NO_PROXY and no_proxy hold ${url.hostname},localhost,127.0.0.1 (no scheme, no CIDR)`,
    );
  // Where only the proxy can lead to the gateway, a NO_PROXY would break what is meant to work.
  if (isClosed)
    return found(
      "failure",
      "gateway",
      "proxy-closed",
      `Nothing listens at ${show(host)}, which HTTP_PROXY names as the proxy`,
      `the program that should is not there or has another port, and without a proxy ${url.origin} does not answer either`,
      "start it, or write its port: that of Tailscale's daemon is what its --outbound-http-proxy-listen says, most often 1055",
    );
  if (detour?.isTailscale === true)
    return found(
      "failure",
      "gateway",
      "proxy-tailscale",
      `The proxy ${show(host)} of Tailscale's daemon takes the request, and ${url.origin} does not answer through it`,
      `the daemon is not logged in, knows no ${url.hostname}, or no grant leads there`,
      "tailscale status  says which. The proxy is the way: NO_PROXY must not hold the gateway's name",
    );
  return found(
    "failure",
    "gateway",
    "proxy",
    `Requests to ${url.hostname} go through the proxy ${show(host)}, which does not get there`,
    `${check.message}; without the proxy it does not answer either`,
    "let HTTP_PROXY name one that leads to the gateway: in a tailnet, that of Tailscale's daemon",
  );
}

function aboutOf(url: URL): About {
  return { url, timeout: 0, proxy: null, unused: null };
}

function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}

function judgeName({ code }: Failure, { name, resolver, url }: GatewayProbe): Check {
  const shown = show(name ?? url.hostname);
  const servers = resolver.servers.map((server) => show(server));
  const full = `http://${shown.split(".")[0]}.<tailnet>.ts.net`;
  if (resolver.servers.length === 0)
    return found(
      "failure",
      "gateway",
      "name-no-server",
      `No name server is set up here, so ${shown} has no address`,
      "/etc/resolv.conf names none",
      "give the container a name server (--dns), or the gateway by its address",
    );
  if (code !== "ENOTFOUND")
    return found(
      "failure",
      "gateway",
      "name-server-silent",
      `${listed(servers)} ${servers.length === 1 ? "does" : "do"} not answer for the name ${shown}`,
      "the name server of /etc/resolv.conf cannot be reached, or is silent",
      resolver.servers.includes(magicDns)
        ? "see whether Tailscale is up where this container gets its network from"
        : `see whether this container has a network, and which name server it should ask: in a tailnet that is MagicDNS, ${magicDns}`,
    );
  if (!shown.includes(".")) {
    if (resolver.servers.includes(magicDns) && resolver.search.length === 0)
      return found(
        "failure",
        "gateway",
        "name-search-domain",
        `${shown} is a short name, and this container has no search domain`,
        "MagicDNS answers for full names only",
        `write the full name: ${full}`,
      );
    if (!resolver.servers.some((server) => server === magicDns || server.startsWith("127.")))
      return found(
        "failure",
        "gateway",
        "name-no-magicdns",
        `${listed(servers)} ${servers.length === 1 ? "does" : "do"} not know the name ${shown}`,
        `the tailnet's MagicDNS (${magicDns}) is not asked here`,
        `let the container use the host's resolver or a connection of its own (aperture.connection), or write the gateway's address 100.x.y.z`,
      );
    const inTailnet = nameInTailnet(shown, resolver);
    if (inTailnet !== null)
      return found(
        "failure",
        "gateway",
        "name-unknown",
        `The name ${shown} does not resolve here`,
        `this tailnet has no ${show(inTailnet)}`,
        "is it the gateway's name? tailscale status lists what this machine sees in its tailnet",
      );
  }
  return found(
    "failure",
    "gateway",
    "name-unknown",
    `The name ${shown} does not resolve here`,
    "the name server that answers does not know it",
    `is it the gateway's name, is MagicDNS on, and is this machine in the tailnet (tailscale status)?${shown.includes(".") ? "" : ` The full name needs no search domain: ${full}`}`,
  );
}

function judgeProxyList({ route, url }: GatewayProbe): Check[] {
  if (route.unused === null) return [];
  return [
    found(
      "note",
      "gateway",
      "proxy-unused",
      `${route.unused} is set, and ${url.hostname} was asked directly`,
      "only http through an http proxy is looked at here",
      `let NO_PROXY hold ${url.hostname}, if the proxy is not meant for it`,
    ),
  ];
}

const tolerated = 5 * 60_000;

function judgeClock({ models, now }: GatewayProbe): Check[] {
  const date = "date" in models && models.date !== null ? models.date : Number.NaN;
  const off = Number.isNaN(date) ? 0 : now - date;
  if (Math.abs(off) <= tolerated) return [];
  const minutes = Math.round(Math.abs(off) / 60_000);
  return [
    found(
      "warning",
      "surroundings",
      "clock",
      `This clock is ${minutes} minutes ${off > 0 ? "ahead of" : "behind"} the gateway's`,
      "logins and certificates expire by it",
      "correct it; a machine that slept often needs only that",
    ),
  ];
}
