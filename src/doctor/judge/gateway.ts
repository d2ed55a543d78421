/** The gateway: its address, the way to it, what it answers and which models it serves. From values to values. */
import {
  clean,
  explainAnswer,
  explainFailure,
  notJson,
  parseAnswer,
  type About,
  type Answer,
  type Failure,
} from "../../gateway/explain.ts";
import type { DatedAnswer } from "../../gateway/http/reader.ts";
import { parseOrigin } from "../../gateway/origin.ts";
import type { AppError } from "../../errors.ts";
import { at, isObject, textAt, textsAt, type JsonObject } from "../config/json.ts";
import { splitModel, wirePath, type Choices } from "../config/providers.ts";
import { normaliseUrl } from "../config/launch.ts";
import type { Quote } from "../config/quote.ts";
import type { FormatQuestion, GatewayProbe } from "../probe/network.ts";
import { magicDns, nameInTailnet } from "../tailnet.ts";
import { fine, found, listed, show, type Check } from "../types.ts";

/** The address, and what is wrong with it; without an origin nothing else can be asked. */
export function judgeOrigin(
  given: string | undefined,
  wanted: string,
  managed: boolean,
): { readonly origin: string | null; readonly checks: Check[] } {
  const meant = given || wanted;
  const parsed = parseOrigin(normaliseUrl(meant));
  const from = given ? "APERTURE_URL" : "The environment's gateway";
  if (!parsed.ok) {
    // Of a variable that holds something else than an address nothing is shown: it may be anything.
    const isPath = parsed.code === "origin-path";
    const told = !given || parsed.why.startsWith("the address holds");
    const why = told ? parsed.why : isPath ? "it has a path" : "no gateway has such an address";
    const fix = !given || isPath ? parsed.fix : "let it be scheme, host and port, such as http://ai or http://localhost:8080";
    return { origin: null, checks: [found("failure", "gateway", parsed.code, `${from} is not an origin`, show(why), show(fix))] };
  }
  const origin = parsed.value;
  const checks: Check[] = [];
  if (given === "")
    checks.push(
      found(
        "note",
        "gateway",
        "origin-empty",
        "APERTURE_URL is empty",
        `the launcher takes ${show(wanted)} instead; other programs may not`,
        "unset it, or let it name the gateway",
      ),
    );
  else if (given && given !== origin && !managed)
    checks.push(
      found(
        "note",
        "gateway",
        "origin-spelling",
        `APERTURE_URL is ${show(given)}, and an origin is ${origin}`,
        "the launcher mends that; what reads the variable by itself may not",
        `write ${origin}`,
      ),
    );
  if (managed && given && origin !== parseOriginOr(wanted))
    checks.push(
      found(
        "warning",
        "gateway",
        "origin-managed",
        "APERTURE_URL names another gateway than the configuration",
        `the configuration is managed, so OpenCode goes to ${show(wanted)}`,
        "change aperture.url in aperture-env.yaml, or unset the variable",
      ),
    );
  return { origin: managed ? parseOriginOr(wanted) : origin, checks };
}

function parseOriginOr(text: string): string | null {
  const parsed = parseOrigin(normaliseUrl(text));
  return parsed.ok ? parsed.value : null;
}

/** What is judged of the gateway. */
export interface GatewayFacts {
  readonly probe: GatewayProbe;
  readonly config: JsonObject;
  /** Shows what comes out of the configuration. Nothing of it is shown in another way. */
  readonly quote: Quote;
  /** What goes through the gateway. */
  readonly choices: Choices;
  /** Models that the environment's catalogue has. */
  readonly known: ReadonlySet<string>;
  /** How long it was waited for, in milliseconds. */
  readonly timeout: number;
}

/** A model of the gateway's list. */
interface Served {
  readonly id: string;
  /** Empty where the list does not tell. */
  readonly paths: readonly string[];
}

/** The way and the answer: one check that says where it ended, or those of the models. */
export function judgeGateway(facts: GatewayFacts): Check[] {
  const { probe, timeout } = facts;
  const { url, route, models } = probe;
  const about: About = { url, timeout, proxy: route.proxy?.host ?? null, unused: route.unused };
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
        "ask for a grant with models, such as anthropic/**",
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

/** With a proxy on the way, that is the first suspect. */
function withProxy(check: Check, { route, url }: GatewayProbe): Check {
  return route.proxy === null ? check : proxied(check, route.proxy, url);
}

function proxied(check: Check, proxy: URL, url: URL): Check {
  return found(
    "failure",
    "gateway",
    "proxy",
    `Requests to ${url.hostname} go through the proxy ${show(proxy.host)}, which does not get there`,
    check.message,
    `let NO_PROXY and no_proxy hold ${url.hostname},localhost,127.0.0.1 (no scheme, no CIDR)`,
  );
}

/** Answers that may pass by themselves, or after a while. */
const passing = ["gateway-restarting"];

function fromError({ code, message, hint = "" }: AppError): Check {
  const group = code === "gateway-quota" ? "models" : "gateway";
  return found(
    passing.includes(code) ? "warning" : "failure",
    group,
    code,
    message.replace(/\.$/, ""),
    meanings[code] ?? "OpenCode cannot work without it",
    hint.replace(/\.$/, ""),
  );
}

const meanings: Readonly<Record<string, string>> = {
  "gateway-html": "OpenCode would ask for ever: it takes a page for an answer that has not begun",
  "gateway-refused": "OpenCode tries for a minute and then gives up without a word",
  "gateway-timeout": "packets are dropped on the way",
  "gateway-slow": "something accepts connections there and does not answer",
  "gateway-forbidden": "nobody gave this machine's identity a role",
  "gateway-quota": "OpenCode tries again silently, for minutes",
  "gateway-redirect": "OpenCode does not follow it as a browser would",
  "gateway-restarting": "OpenCode tries again by itself",
};

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
      "set it right; a machine that slept often needs only that",
    ),
  ];
}

/** The list's models (facts: aperture 1.6); null where it is none. */
function readModels(text: string): readonly Served[] | null {
  const parsed = parseAnswer(text);
  const data = parsed.ok ? at(parsed.value, "data") : null;
  if (!Array.isArray(data)) return null;
  return data.filter(isObject).flatMap((model) => {
    const id = textAt(model, "id");
    return id === undefined ? [] : [{ id, paths: textsAt(model, "supported_endpoints") ?? [] }];
  });
}

/** A model that the configuration uses, as the gateway knows it. */
interface Used {
  readonly key: string;
  readonly text: string;
  readonly wire: string;
  readonly path: string | null;
}

function usedModels(config: JsonObject, choices: Choices): Used[] {
  return ["model", "small_model"].flatMap((key) => {
    const text = textAt(config, key);
    if (text === undefined) return [];
    const [id, name] = splitModel(text);
    const provider = choices.providers.find((each) => each.id === id);
    if (provider === undefined) return [];
    return [{ key, text, wire: provider.models?.get(name) ?? name, path: wirePath(provider, config, name) }];
  });
}

/** A list may name a model with its provider before it. */
function serves(served: readonly Served[], { wire, text }: Pick<Used, "wire" | "text">): Served | undefined {
  return served.find(({ id }) => id === wire || id === text);
}

function judgeModels({ config, choices, probe, quote, known: catalogue }: GatewayFacts, served: readonly Served[]): Check[] {
  const checks: Check[] = [];
  const used = usedModels(config, choices);
  for (const each of used) {
    const main = each.key === "model";
    if (serves(served, each) === undefined)
      checks.push(
        found(
          main ? "failure" : "warning",
          "models",
          main ? "model-not-served" : "small-model-not-served",
          `The gateway does not serve ${quote.text(each.text)}, which is ${each.key}`,
          main ? "every prompt is answered with 404, or no grant gives you this model" : "titles fail without a word",
          `choose one of ${listed(
            served.map(({ id }) => show(id)),
            4,
          )}, or ask for a grant`,
        ),
      );
  }
  checks.push(...judgeFormats({ config, choices, probe, quote }, served));
  const known = new Map(
    choices.providers.flatMap(({ models }) => [...(models ?? [])].map(([name, wire]) => [wire, name] as const)),
  );
  if (choices.providers.some(({ models }) => models === null)) return withList(checks, served);
  const ids = new Set(served.map(({ id }) => id.slice(id.indexOf("/") + 1)));
  const isKnown = (name: string): boolean => known.has(name) || catalogue.has(name);
  const news = served.filter(({ id }) => !isKnown(id) && !isKnown(id.slice(id.indexOf("/") + 1)));
  if (news.length > 0)
    checks.push(
      found(
        "note",
        "models",
        "models-new",
        `The gateway serves ${news.length} more: ${listed(
          news.map(({ id }) => show(id)),
          3,
        )}`,
        "this environment does not know them, so they cannot be chosen",
        "npx create-aperture-env discover --write, and build the image again",
      ),
    );
  const whole = new Set(served.map(({ id }) => id));
  const lost = [...known.keys()].filter((wire) => !ids.has(wire) && !whole.has(wire));
  if (lost.length > 0 && lost.length < known.size)
    checks.push(
      found(
        "note",
        "models",
        "models-not-served",
        `${lost.length} of ${known.size} models that can be chosen are not served: ${listed(
          lost.map((id) => quote.text(id)),
          3,
        )}`,
        "choosing one is answered with 404",
        "npx create-aperture-env discover --write, and build the image again",
      ),
    );
  return withList(checks, served);
}

function withList(checks: readonly Check[], served: readonly Served[]): Check[] {
  const bad = checks.some(({ severity }) => severity === "failure" || severity === "warning");
  return bad ? [...checks] : [fine("models", "models", `${served.length} models are served, ours among them`), ...checks];
}

/** A wire format of a provider, with a model that the gateway serves and the paths on which it does. */
interface FormatInUse extends FormatQuestion {
  readonly provider: string;
  readonly paths: readonly string[];
}

/** Every wire format of every provider that is in use. The provider of the compact style has several. */
function formatsInUse(config: JsonObject, choices: Choices, served: readonly Served[]): readonly FormatInUse[] {
  return choices.providers.flatMap((provider) => {
    const names = [
      ...usedModels(config, choices)
        .filter(({ text }) => text.startsWith(`${provider.id}/`))
        .map(({ text }) => splitModel(text)[1]),
      ...(provider.models?.keys() ?? []),
    ];
    const formats = new Map<string, FormatInUse>();
    for (const name of names) {
      const path = wirePath(provider, config, name);
      if (path === null || formats.has(path)) continue;
      const found = serves(served, { wire: provider.models?.get(name) ?? name, text: `${provider.id}/${name}` });
      if (found !== undefined) formats.set(path, { provider: provider.id, path, model: found.id, paths: found.paths });
    }
    return [...formats.values()];
  });
}

/** The formats that have to be tried, because the list does not tell them; in depth all of them. */
export function formatsToTry(
  config: JsonObject,
  choices: Choices,
  models: DatedAnswer,
  deep: boolean,
): readonly FormatQuestion[] {
  const served = readModels(models.text) ?? [];
  const open = formatsInUse(config, choices, served).filter(({ paths }) => deep || paths.length === 0);
  return [...new Map(open.map(({ path, model }) => [path, { path, model }])).values()];
}

function judgeFormats(
  { config, choices, probe, quote }: Pick<GatewayFacts, "config" | "choices" | "probe" | "quote">,
  served: readonly Served[],
): Check[] {
  const main = splitModel(textAt(config, "model") ?? "")[0];
  return formatsInUse(config, choices, served).flatMap(({ provider, path, model, paths }) => {
    const tried = probe.formats.get(path);
    const severity = provider === main ? "failure" : "warning";
    if (paths.length > 0 ? !paths.includes(path) : tried !== undefined && "status" in tried && [404, 405].includes(tried.status))
      return [
        found(
          severity,
          "models",
          path === "/v1/responses" ? "responses-missing" : "wire-format-missing",
          `The gateway does not serve ${show(model)} on ${path}, which OpenCode calls for ${quote.text(provider)}`,
          paths.length > 0
            ? `it serves it on ${listed(paths.map((each) => show(each)))}`
            : "that path is answered with 404 or 405",
          `ask the gateway's administrator for the flag ${flags[path] ?? "of that format"} (compatibility), ${path === "/v1/responses" ? "or set  api: chat  for it in aperture-env.yaml" : "or choose another provider"}`,
        ),
      ];
    return tried === undefined ? [] : judgeTried(tried, probe, severity, path);
  });
}

const flags: Readonly<Record<string, string>> = {
  "/v1/responses": "openai_responses",
  "/v1/messages": "anthropic_messages",
  "/v1/chat/completions": "openai_chat",
};

function judgeTried(
  tried: Answer | Failure,
  { url, route }: GatewayProbe,
  severity: "failure" | "warning",
  path: string,
): Check[] {
  // A request without content cannot do better than 400.
  if ("phase" in tried || (tried.status >= 200 && tried.status < 300) || [400, 413, 415, 422].includes(tried.status)) return [];
  const wrong = explainAnswer(tried, { url: new URL(path, url), timeout: 0, proxy: route.proxy?.host ?? null, unused: null });
  return wrong === null
    ? []
    : [{ ...fromError(wrong), severity, message: clean(`${path}: ${wrong.message.replace(/\.$/, "")}`, 300) }];
}
