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
  const slow = judgeServers(probe);
  const past = judgeWay(probe, about);
  if (past !== null) return [...slow, past];
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
        `${url.origin} answers${through}, but offers you no model`,
        "you have a role, but no grant gives you a model; or no provider is configured",
        formatGrant(about),
      ),
    ];
  return [
    fine("gateway", "gateway", `${url.origin} answers${through}`),
    ...slow,
    ...judgeProxyList(probe),
    ...judgeClock(probe),
    ...judgeModels(facts, served),
  ];
}

function judgeWay(probe: GatewayProbe, about: About): Check | null {
  const { models, url, route } = probe;
  if (route.unusable !== null)
    return found(
      "failure",
      "gateway",
      "proxy-unusable",
      `OpenCode cannot use the proxy that ${route.unusable} names`,
      "it takes http://<host>:<port>, or https, without a space, a line end or a quote before or behind it",
      `correct ${route.unusable}, or add ${url.hostname},localhost,127.0.0.1 to NO_PROXY and no_proxy`,
    );
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
          `for an http address OpenCode uses only HTTP_PROXY; asked directly: ${lowerFirst(check.message)}`,
          "set HTTP_PROXY to an http proxy that leads to the gateway, such as that of Tailscale's daemon",
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
      `Requests to ${url.hostname} go through the proxy ${show(host)}, which does not reach it`,
      `${check.message}; without the proxy it answers`,
      `add ${url.hostname},localhost,127.0.0.1 to NO_PROXY and no_proxy (no scheme, no CIDR)`,
    );
  if ("status" in models && models.status === 407)
    return found(
      "failure",
      "gateway",
      "proxy-login",
      `The proxy ${show(host)} wants a user and a password (407)`,
      `HTTP_PROXY has ${proxy.username === "" ? "none" : "others"}, and without the proxy ${url.origin} does not answer`,
      `put them into HTTP_PROXY and http_proxy: http://<user>:<password>@${show(host)}, with %40 for @, %3A for : and %25 for %`,
    );
  // Where only the proxy can lead to the gateway, a NO_PROXY would break what is meant to work.
  if (isClosed)
    return found(
      "failure",
      "gateway",
      "proxy-closed",
      `Nothing listens at ${show(host)}, which HTTP_PROXY names as the proxy`,
      `the proxy does not run or has another port, and without a proxy ${url.origin} does not answer either`,
      "start the proxy, or correct its port: for Tailscale's daemon it is the port of --outbound-http-proxy-listen, usually 1055",
    );
  if (detour?.isTailscale === true)
    return found(
      "failure",
      "gateway",
      "proxy-tailscale",
      `The proxy ${show(host)} of Tailscale's daemon accepts the request, but ${url.origin} does not answer through it`,
      `the daemon is not logged in, does not know ${url.hostname}, or no grant allows the connection`,
      "tailscale status  shows which. The proxy is needed: NO_PROXY must not contain the gateway's name",
    );
  return found(
    "failure",
    "gateway",
    "proxy",
    `Requests to ${url.hostname} go through the proxy ${show(host)}, which does not reach it`,
    `${check.message}; without the proxy it does not answer either`,
    "set HTTP_PROXY to a proxy that leads to the gateway: in a tailnet, that of Tailscale's daemon",
  );
}

function aboutOf(url: URL): About {
  return { url, timeout: 0, proxy: null, unused: null };
}

function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}

/** Name servers for which each lookup waits: five seconds where resolv.conf(5) says nothing else. */
function judgeServers({ silent, name, resolver: { servers }, url }: GatewayProbe): Check[] {
  if (silent.length === 0) return [];
  const [shown, others] = [silent.map((each) => show(each)), servers.filter((each) => !silent.includes(each))];
  return [
    found(
      "warning",
      "gateway",
      "name-server-slow",
      `${listed(shown)} ${silent.length === 1 ? "does" : "do"} not answer for the name ${show(name ?? url.hostname)}, and ${listed(others.map((each) => show(each)))} is asked only after that`,
      "OpenCode may wait 5 seconds for each connection",
      `take ${listed(shown)} out of this container's name servers (/etc/resolv.conf, --dns, dns: of Compose), or put it last`,
    ),
  ];
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
      `No name server is configured here, so ${shown} has no address`,
      "/etc/resolv.conf names none",
      "give the container a name server (--dns), or use the gateway's address",
    );
  if (code !== "ENOTFOUND")
    return found(
      "failure",
      "gateway",
      "name-server-silent",
      `${listed(servers)} ${servers.length === 1 ? "does" : "do"} not answer for the name ${shown}`,
      "the name server of /etc/resolv.conf cannot be reached, or does not answer",
      resolver.servers.includes(magicDns)
        ? "check whether Tailscale is up on the machine or container that provides this network"
        : `check whether this container has a network, and which name server it should use: in a tailnet that is MagicDNS, ${magicDns}`,
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
        `let the container use the host's resolver, choose another connection (aperture.connection), or set the gateway's address 100.x.y.z`,
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
    "the name server does not know it",
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
      "the doctor supports only http through an http proxy",
      `add ${url.hostname} to NO_PROXY, if the proxy is not meant for it`,
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
      "logins and certificates depend on it",
      "correct the clock, for example after the machine was suspended",
    ),
  ];
}
