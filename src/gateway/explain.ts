/**
 * Explains an unexpected or missing answer of a gateway, and the next step. Pure.
 *
 * Sources: Aperture's troubleshooting guide (names, 403, 404, 405, 429, key expiry, exit nodes, https), its pages on grants and quotas; the
 * changelog of Pi's Aperture extension ("aperture is restarting"); Node.js documentation, "Common system errors" and "TLS" for codes.
 */
import { environmentError, type AppError } from "../errors.ts";
import { findBeyond } from "../text/nesting.ts";
import { oneLine } from "../text/terminal.ts";

/** The step that a request had reached. */
export type Phase = "lookup" | "connect" | "tls" | "answer" | "body";

/** There was no complete answer. `code` is Node's, `TIMEOUT`, or one of the reader's (http/reader.ts). */
export interface Failure {
  readonly phase: Phase;
  readonly code: string;
  readonly detail: string;
}

/** An answer as received. */
export interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly type: string;
  readonly retryAfter: string | null;
  readonly tooLarge: boolean;
  readonly text: string;
}

/** What was asked. */
export interface About {
  readonly url: URL;
  /** In milliseconds. */
  readonly timeout: number;
  /** Host and port of the proxy; null without one. */
  readonly proxy: string | null;
  /** A variable that names a proxy which was not used. */
  readonly unused: string | null;
  /** The models that a grant would have to give, as globs over `provider/model`; everything if that is not known. */
  readonly models?: readonly string[];
}

/** Refusals that the gateway itself decides, recognised by its message. */
interface Refusal {
  readonly code: string;
  readonly status: number;
  readonly says: RegExp;
  /** The rest of a sentence that begins with the gateway's origin. */
  readonly what: string;
  readonly hint: string;
}

/** The first match counts. The statuses are Aperture's; of its messages only `guardrail_blocked` and `no role granted` are documented. */
const refusals: readonly Refusal[] = [
  {
    code: "gateway-guardrail",
    status: 403,
    says: /guardrail_blocked|blocked by (?:a )?guardrail/i,
    what: "has a guardrail that blocks this prompt (403)",
    hint: "It blocks the content of the request, so no grant helps. The gateway's administrators know the rule, and see the request on its Logs page.",
  },
  {
    code: "gateway-hook",
    status: 503,
    says: /\bhook\b/i,
    what: "has a hook that rejected this request (503)",
    hint: "A hook that fails closed rejects every prompt while its backend is down. Ask the gateway's administrators to fix it.",
  },
  {
    code: "gateway-quota-invalid",
    status: 429,
    says: /\b(?:pars\w+|invalid|malformed|misconfigured|unknown)\b/i,
    what: "cannot read its own quota (429)",
    hint: "Waiting does not help: in the gateway's configuration a capacity is written such as $10.00, and a rate such as $5.00/day. Ask its administrators to fix it.",
  },
];

/** The refusal by a guardrail, if a text names one; else null. OpenCode may have put its own text around the gateway's. */
export function findGuardrail(text: string): Refusal | null {
  const [guardrail] = refusals;
  return guardrail!.says.test(text) ? guardrail! : null;
}

/** A grant that gives a role and models, ready to paste (Aperture documentation, "How grants work", "Aperture grants vs. tailnet policy file grants"). */
export function formatGrant({ url, models = ["**"] }: Pick<About, "url" | "models">): string {
  const capability = [{ role: "user" }, ...models.map((glob) => ({ models: glob }))];
  const grant = JSON.stringify({ src: ["you@example.com"], app: { "tailscale.com/cap/aperture": capability } });
  return `Into the grants of the gateway's configuration:  ${grant}  or into the tailnet policy, with "dst":["${clean(url.hostname, 100)}"] behind src. src is a login name; a machine with tags is all of them together, sorted: ["tag:api,tag:prod"].  tailscale whois  with this machine's address says which`;
}

/**
 * The grant that lets a node of these owners connect to the gateway's machine, ready to paste. It belongs in the tailnet's policy, where each grant
 * has a `dst`; another grant decides about models. `address` is the machine's, if it is known.
 */
export function formatAccess(url: URL, owners: readonly string[], address: string | null): string {
  const src = owners.length === 0 ? ["you@example.com"] : owners.map((owner) => clean(owner, 100));
  const dst = [address ?? "100.x.y.z"];
  const grant = JSON.stringify({ src, dst, ip: [`tcp:${url.port || (url.protocol === "https:" ? 443 : 80)}`] });
  const what = address === null ? ", dst being the gateway's address or its tag" : "";
  const role = JSON.stringify({ src, app: { "tailscale.com/cap/aperture": [{ role: "user" }, { models: "**" }] } });
  return `Into the grants of the tailnet's policy:  ${grant}${what}; and for the models, without dst, into those of the gateway's configuration:  ${role}`;
}

const certificate = /^CERT_|^UNABLE_TO_|SELF_SIGNED|^ERR_TLS_CERT_ALTNAME_INVALID$|^HOSTNAME_MISMATCH$/;
const local = /^(?:localhost|127\.[\d.]+|\[::1\])$/;

/** Why there was no answer, and what to do. */
export function explainFailure({ phase, code, detail }: Failure, about: About): AppError {
  const { url, timeout } = about;
  const { origin, hostname, protocol } = url;
  const seconds = `${timeout / 1000} s`;
  const answered = phase === "tls" || phase === "answer" || phase === "body";
  if (about.proxy !== null && !answered) {
    const why = code === "TIMEOUT" ? `within ${seconds}` : `(${clean(code || detail, 80)})`;
    return failed(
      "gateway-proxy",
      about,
      `The proxy on the way to ${origin} cannot be reached ${why}.`,
      "Start it, or add the gateway's name to NO_PROXY.",
    );
  }
  if (phase === "lookup" && (code === "TIMEOUT" || code === "EAI_AGAIN"))
    return failed(
      "gateway-name",
      about,
      `No DNS server answers for the name ${hostname}.`,
      "Is this machine online? In a tailnet MagicDNS answers (tailscale status, tailscale dns status); a container may use another resolver.",
    );
  if (code === "ENOTFOUND" || phase === "lookup")
    return failed("gateway-name", about, `The name ${hostname} does not resolve here.`, nameHint(hostname));
  if (code === "TIMEOUT" || code === "ETIMEDOUT") {
    return answered
      ? failed(
          "gateway-slow",
          about,
          `${origin} accepted the connection, but its answer was not complete after ${seconds}.`,
          "Try again, or raise the limit with --timeout 30. If it persists, check whether the gateway answers in a browser.",
        )
      : failed(
          "gateway-timeout",
          about,
          `${origin} does not answer: no connection within ${seconds}.`,
          "Usually the tailnet policy does not let this machine reach the gateway on tcp:80 and 443, or the gateway's node key has expired (tailscale status). A VPN's exit node can also be the reason. Slow network: --timeout 30.",
        );
  }
  if (code === "ECONNREFUSED")
    return failed(
      "gateway-refused",
      about,
      `Nothing listens on ${url.host}${url.port === "" ? ` (port ${protocol === "https:" ? 443 : 80})` : ""}${local.test(hostname) ? "" : ", or a firewall on the way rejects it"}.`,
      local.test(hostname)
        ? "Start the service that should listen there: ts-unplug, or for a trial  npx create-aperture-env mock-gateway. The localhost of a container is the container itself: a service on its host has another name there, such as host.docker.internal"
        : protocol === "https:"
          ? `Most gateways serve plain http, which WireGuard encrypts: try ${origin.replace(/^https/, "http")}`
          : "Check the gateway's name and port. The gateway listens on 80. A firewall that rejects (icmp-admin-prohibited, or a reset) looks the same from here: look at the rules of this machine and of the network.",
    );
  if (["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN", "EADDRNOTAVAIL"].includes(code))
    return failed(
      "gateway-unreachable",
      about,
      `${hostname} is unreachable from here.`,
      "Is Tailscale up on this machine (tailscale status)? A container needs a network that reaches the tailnet, or another aperture.connection.",
    );
  if (
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|HTTP_REQUEST/.test(
      `${code} ${detail.toUpperCase().replaceAll(" ", "_")}`,
    )
  )
    return failed(
      "gateway-speaks-http",
      about,
      `${origin} does not speak TLS.`,
      `Aperture is reached over plain http, WireGuard encrypts it: ${origin.replace(/^https/, "http")}`,
    );
  if (certificate.test(code))
    return failed(
      "gateway-certificate",
      about,
      `The certificate of ${origin} is not valid for it here (${code}).`,
      code === "ERR_TLS_CERT_ALTNAME_INVALID"
        ? "A certificate is for the full name: write https://<gateway>.<tailnet>.ts.net, or use http."
        : "If a company's CA has signed it, set NODE_EXTRA_CA_CERTS to the file with the certificate of that CA (in a dev container: containerEnv); or use the gateway's http address, if it has one.",
    );
  if (code === "NOT_HTTP" && protocol === "http:")
    return failed(
      "gateway-speaks-tls",
      about,
      `${origin} does not answer in HTTP; it may want TLS.`,
      `Try ${httpsOf(url)}, or check what listens there.`,
    );
  if (code === "NOT_HTTP" || code === "BAD_HTTP")
    return failed(
      "gateway-not-http",
      about,
      code === "NOT_HTTP"
        ? `${origin} answers with something that is not HTTP.`
        : `${origin} answers with something that is not HTTP: ${clean(detail, 80)}.`,
      "Check what listens there: it is not the gateway.",
    );
  if (answered && (code === "ECONNRESET" || code === "EPIPE" || code === "ECONNABORTED" || code === "EPROTO"))
    return phase === "body"
      ? failed(
          "gateway-cut-off",
          about,
          `The answer of ${origin} was incomplete.`,
          "Run again. If it persists, something between this machine and the gateway closes connections.",
        )
      : failed(
          "gateway-reset",
          about,
          `${origin} accepted the connection and closed it without an answer.`,
          protocol === "https:"
            ? `It may not speak TLS: try ${origin.replace(/^https/, "http")}`
            : `Run again. If it persists, it wants TLS (${httpsOf(url)}), is not the gateway, or something on the way refuses it.`,
        );
  return failed(
    "gateway-unreachable",
    about,
    `${origin} cannot be asked (${clean(code || detail, 80)}).`,
    "Try  tailscale status, and the address in a browser.",
  );
}

/** What is wrong with an answer; null if it may be a list of models. */
export function explainAnswer(answer: Answer, about: About): AppError | null {
  const { status, text, type, tooLarge } = answer;
  const { url } = about;
  const { origin } = url;
  if (tooLarge)
    return failed(
      "gateway-too-large",
      about,
      `The answer of ${origin} is larger than any list of models.`,
      "It is not the gateway; open the address in a browser.",
    );
  if (status >= 200 && status <= 299) {
    if (!/html/i.test(type) && !/^\s*<(?:!doctype|html)/i.test(text)) return null;
    return failed(
      "gateway-html",
      about,
      `${origin}/v1/models answers with a web page.`,
      "It is not the gateway, or a login page stands in front of it: a captive portal, a proxy. Is this machine in the tailnet, and is it the gateway's name?",
    );
  }
  const said = whatWasSaid(answer);
  const quoted = said === "" ? "" : ` It says: ${said}`;
  if (/aperture is restarting/i.test(text))
    return failed("gateway-restarting", about, `${origin} is restarting.`, "Run again in a few seconds.");
  if (/HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port/i.test(text))
    return failed("gateway-speaks-tls", about, `${origin} wants TLS.`, `Write ${httpsOf(url)}`);
  const refused = refusals.find((each) => each.status === status && each.says.test(text)) ?? null;
  if (refused !== null) return failed(refused.code, about, `${origin} ${refused.what}.${quoted}`, refused.hint);
  switch (status) {
    case 401:
      return failed(
        "gateway-unauthorized",
        about,
        `${origin} does not recognise you (401).${quoted}`,
        "Aperture asks for no key and knows you by your tailnet identity. So this is not the gateway, or something in front of it; ask the gateway directly, from a machine in the tailnet.",
      );
    case 403:
      return /no role granted/i.test(text)
        ? failed(
            "gateway-forbidden",
            about,
            `${origin} knows you, but gives you no role (403).${quoted}`,
            `${formatGrant(about)}.`,
          )
        : failed(
            "gateway-denied",
            about,
            `${origin} refuses you, but not because of a missing role (403).${quoted}`,
            `If the message does not explain it, a proxy in front of the gateway or a rule of its administrators may be the reason. If a grant is missing: ${formatGrant(about)}.`,
          );
    case 404:
      return failed(
        "gateway-no-list",
        about,
        `${origin} has no /v1/models (404).${quoted}`,
        "It may be another server: the gateway's own page is at /ui/. If it is the gateway, no provider is configured, or no grant gives you a model.",
      );
    case 405:
      return failed(
        "gateway-method",
        about,
        `${origin}/v1/models cannot be asked for with GET (405).${quoted}`,
        "Usually /v1 is doubled: the gateway's address must not contain it, nor must a provider's baseurl in the gateway's configuration.",
      );
    case 407:
      return failed(
        "gateway-proxy",
        about,
        `The proxy wants a user and a password (407).`,
        "Put them into the variable, or add the gateway's name to NO_PROXY.",
      );
    case 429:
      return failed(
        "gateway-quota",
        about,
        `${origin} limits your requests (429).${quoted}`,
        answer.retryAfter === null
          ? `A quota is used up or invalid, or there are too many requests. Try again later. ${quotaPage(origin)}`
          : `A quota is used up, or there are too many requests. ${retryAt(answer.retryAfter)} ${quotaPage(origin)}`,
      );
  }
  if (status >= 300 && status <= 399) return explainRedirect(answer, about);
  if (status >= 500)
    return failed(
      "gateway-failed",
      about,
      `${origin} failed to answer (${status}).${quoted}`,
      about.proxy === null
        ? `Run again in a moment. ${status === 503 || status === 502 ? "It may be restarting. " : ""}If it persists, its administrators see why on ${origin}/ui/`
        : "The proxy may not reach the gateway: in a tailnet it has to be tailscaled's own, or the gateway's name belongs into NO_PROXY.",
    );
  return failed(
    "gateway-status",
    about,
    `${origin} answers with status ${status}.${quoted}`,
    "It may not be the gateway; open the address in a browser.",
  );
}

/** More than any list of models: 20,000 of them have about 400,000 parts. */
const largestJson = { depth: 100, parts: 1_000_000 };

/** Reads the JSON of an answer, with or without a byte order mark. Refuses too many parts and too deep nesting. */
export function parseAnswer(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  if (findBeyond(text, largestJson) !== null) return { ok: false };
  try {
    return { ok: true, value: JSON.parse(text.replace(/^\ufeff/, "")) as unknown };
  } catch {
    return { ok: false };
  }
}

/** The status was 200, but the body is no JSON, or JSON that is too large. */
export function notJson(text: string, about: About): AppError {
  const what =
    text.trim() === ""
      ? "nothing"
      : findBeyond(text, largestJson) !== null
        ? "JSON that goes deeper, or has more parts, than any list of models"
        : /[\]}]\s*$/.test(text) || !/^\s*[[{]/.test(text)
          ? "something that is not JSON"
          : "JSON that ends early";
  return failed(
    "gateway-not-json",
    about,
    `${about.url.origin}/v1/models answers with ${what}.`,
    "It may not be the gateway; open the address in a browser.",
  );
}

function explainRedirect({ location }: Answer, about: About): AppError {
  const { url } = about;
  const to = location === null || !URL.canParse(location, url.href) ? null : new URL(location, url);
  const name = "gateway-redirect";
  if (to !== null && to.hostname === url.hostname && to.protocol === "https:" && url.protocol === "http:")
    return failed(name, about, `${url.origin} sends to ${clean(to.origin, 300)}.`, `Write ${clean(to.origin, 300)}`);
  const where =
    to === null ? "elsewhere" : to.origin === url.origin ? `to ${clean(to.pathname, 100)}` : `to ${clean(to.origin, 300)}`;
  return failed(
    name,
    about,
    `${url.origin}/v1/models redirects ${where}, which was not followed.`,
    "A login page stands in front, or it is another server: the gateway itself answers without one. Ask it directly, by its name in the tailnet.",
  );
}

function nameHint(hostname: string): string {
  const reach = "Is this machine in the tailnet, and MagicDNS on (tailscale status)?";
  return hostname.includes(".")
    ? `${reach} Is the name right? The admin console's page Machines lists it.`
    : `${reach} A short name needs the tailnet's search domain as well, the full one does not: http://${hostname}.<tailnet>.ts.net`;
}

function httpsOf({ origin }: URL): string {
  return origin.replace(/^http:/, "https:");
}

function quotaPage(origin: string): string {
  return `${origin}/api/quotas  shows yours, and what is left of it.`;
}

function retryAt(retryAfter: string | null): string {
  if (retryAfter === null) return "Try again later.";
  return /^\d{1,9}$/.test(retryAfter) ? `Try again in ${retryAfter} s.` : `Try again after ${clean(retryAfter, 60)}.`;
}

/** The message of an error, in the forms that APIs use, or the plain text. */
function whatWasSaid({ text, type }: Answer): string {
  const parsed = parseAnswer(text);
  const body = (parsed.ok ? parsed.value : null) as { error?: { message?: unknown } | string; message?: unknown } | null;
  const inner = typeof body?.error === "object" ? body.error?.message : body?.error;
  // Plain text, or a page.
  const message = inner ?? body?.message ?? (!parsed.ok && /^text\/plain/i.test(type) ? text : "");
  return typeof message === "string" ? clean(message, 200) : "";
}

/** A text of the gateway for a message: one line, shortened. */
export function clean(text: string, length: number): string {
  return oneLine(text.slice(0, length * 4), length);
}

function failed(code: string, { proxy, unused }: About, message: string, hint: string): AppError {
  const through = proxy === null ? "" : ` It was asked through the proxy ${proxy}, which http_proxy names.`;
  const directly = unused === null ? "" : ` ${unused} is set, but not used here: only an http proxy for http is supported.`;
  return environmentError(code, message, `${hint}${through}${directly}`);
}
