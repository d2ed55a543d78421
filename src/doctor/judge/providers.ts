/** The providers that can be chosen: whether each goes to the gateway with the placeholder, and which others there are. From values to values. */
import { wireFormats } from "../../catalog/wire-formats.ts";
import { type JsonObject, textAt, textsAt } from "../config/json.ts";
import type { ProviderView } from "../config/providers.ts";
import type { Quote } from "../config/quote.ts";
import { type Resolved, isOn } from "../config/resolve.ts";
import { type Check, found, listed, show } from "../types.ts";
import { type ConfigFacts, oursAndAllowed, placeOf, whoSet } from "./config-facts.ts";

/** The environment's own providers: address, key, and whether each can be chosen. */
export function judgeProviders({ choices, resolved, own, origin, quote, installation }: ConfigFacts): Check[] {
  // Without a gateway there is nothing to hold them against, and that is said already.
  if (origin === null) return [];
  const { ours, allowed } = oursAndAllowed(own);
  const checks: Check[] = [];
  for (const provider of choices.providers) {
    // Those are named by what their configuration says.
    if (allowed.includes(provider.id)) continue;
    const mine = ours.includes(provider.id);
    const past = judgeAddress(provider, { own, origin, resolved, mine, quote });
    if (past !== null) checks.push(past);
    else checks.push(...judgeKey(provider, resolved, quote));
  }
  const gone = ours.filter((id) => !choices.providers.some((provider) => provider.id === id));
  if (gone.length > 0) {
    const key = (textsAt(resolved.config, "disabled_providers") ?? []).some((id) => gone.includes(id))
      ? "disabled_providers"
      : "enabled_providers";
    const by = whoSet(resolved, [key]);
    // Another file in the place of the environment's own takes them away without a key.
    const instead = resolved.layers.find(
      ({ kind, source }) => kind === "environment" && source !== `${installation.share}/opencode.json`,
    );
    const took =
      by === null && instead !== undefined
        ? `OPENCODE_CONFIG names ${show(instead.source)}, which takes the place of the environment's own configuration`
        : `${by === null ? key : `${key} in ${by}`} takes ${gone.length === 1 ? "it" : "them"} away`;
    const none = gone.length === ours.length;
    checks.push(
      found(
        none ? "failure" : "warning",
        "config",
        none ? "providers-gone" : "provider-gone",
        none ? "No provider of the environment can be chosen" : `${listed(gone.map((id) => quote.text(id)))} cannot be chosen`,
        none ? `${took}: nothing goes to the gateway` : took,
        none && by === null
          ? "unset the variable, or set it to the environment's own"
          : "keep it if that is intentional, or remove the key there",
      ),
    );
  }
  return checks;
}

interface AddressContext {
  readonly own: JsonObject | null;
  readonly origin: string | null;
  readonly resolved: Resolved;
  readonly mine: boolean;
  readonly quote: Quote;
}

function judgeAddress(provider: ProviderView, { own, origin, resolved, mine, quote }: AddressContext): Check | null {
  const { addresses } = provider;
  const id = quote.text(provider.id);
  const fix = "remove it there, so that the environment's own takes effect; or set  opencode.managed: true  in aperture-env.yaml";
  if (addresses.length === 0)
    return found(
      "failure",
      "config",
      "provider-direct",
      `${id} has no base URL`,
      "its requests go to its vendor, bypassing the gateway",
      "remove it from enabled_providers, or set the gateway's address",
    );
  for (const { url, by } of addresses) {
    const where = placeOf(resolved, by, quote);
    const goes = by.length === 1 ? `what ${by[0]!} names` : quote.origin(url);
    const parsed = URL.canParse(url) ? new URL(url) : null;
    if (parsed === null)
      return found(
        "failure",
        "config",
        "base-url-invalid",
        `The base URL of ${id} is ${url.trim() === "" ? "empty" : "not an address"} (${where})`,
        url.startsWith("/") ? "the variable before it is not set" : "OpenCode cannot send anything there",
        fix,
      );
    if (parsed.origin !== origin)
      return mine
        ? found(
            "failure",
            "config",
            "provider-bypass",
            `${id} goes to ${goes}, not to the gateway (${where})`,
            "its requests bypass the gateway",
            fix,
          )
        : found(
            "warning",
            "config",
            "provider-stray",
            `${id} can be chosen, and goes to ${goes} (${where})`,
            "it is not a provider of the environment: its requests bypass the gateway",
            "keep it if that is intentional, or remove it from enabled_providers",
          );
    const expected = textAt(own, "provider", provider.id, "options", "baseURL");
    const path = parsed.pathname.replace(/\/$/, "");
    const wanted = expected !== undefined && URL.canParse(expected) ? new URL(expected).pathname.replace(/\/$/, "") : path;
    const wantedEnd = show(expected === undefined ? wanted : quote.address(expected).replace(/^.*?(?=(?:\/[^/{}]*)*$)/, ""));
    if (path !== wanted || /\/v1\/v1(?:\/|$)/.test(path))
      return found(
        "failure",
        "config",
        "base-url-path",
        `The base URL of ${id} is ${by.length === 1 ? goes : quote.address(url)} (${where})`,
        /\/v1\/v1/.test(path) ? "a doubled /v1 is answered with 405" : "the gateway does not serve the resulting path (404)",
        `make it end in ${/\/v1\/v1/.test(wanted) ? "/v1" : wantedEnd}`,
      );
  }
  return null;
}

function judgeKey({ id: counted, key, keyBy, npm }: ProviderView, resolved: Resolved, quote: Quote): Check[] {
  const id = quote.text(counted);
  const where = placeOf(resolved, keyBy, quote);
  if (key === "real")
    return [
      found(
        "failure",
        "config",
        "key-real",
        `${id} sends a key that is not the placeholder (${where})`,
        "no real key should be sent: the gateway adds its own",
        'set apiKey to "-"',
      ),
    ];
  if (key === "none" && npm !== wireFormats.chat.npm)
    return [
      found(
        "failure",
        "config",
        "key-missing",
        `${id} has no key`,
        "OpenCode then asks for one and sends nothing",
        `give it  "options": { "apiKey": "-" }`,
      ),
    ];
  return [];
}

/** Providers that can be chosen beside them, and what is stored for any: keys and logins. */
export function judgeOthers(facts: ConfigFacts): Check[] {
  const { choices, resolved, storedKeys, storedLogins, wellKnown, own, launched } = facts;
  const { env } = launched;
  const { allowed } = oursAndAllowed(own);
  const ambient = choices.ambient.filter(({ id }) => !allowed.includes(id));
  const checks: Check[] = [];
  const by = whoSet(resolved, ["enabled_providers"]);
  if (choices.hosted)
    checks.push(
      found(
        "failure",
        "config",
        "hosted-models",
        "OpenCode's own hosted models can be chosen",
        `${choices.enabled === null ? "there is no enabled_providers, and the catalogue has them" : `enabled_providers${by === null ? "" : ` in ${by}`} lets opencode in`}: prompts would go to opencode.ai`,
        "list only the gateway's providers in enabled_providers",
      ),
    );
  if (ambient.length > 0)
    checks.push(
      found(
        "failure",
        "config",
        "provider-ambient",
        `${listed(ambient.map(({ id, variable }) => `${id} (${variable})`))} can be chosen because of the environment`,
        "enabled_providers includes them, and they bypass the gateway",
        "list only the gateway's providers in enabled_providers",
      ),
    );
  if (storedKeys.length > 0)
    checks.push(
      found(
        "note",
        "config",
        "auth-key",
        `A real key (api) for ${listed(storedKeys.map((id) => show(id)))} is stored`,
        "the configuration's placeholder takes precedence, so it is not sent",
        "keep it, or run  opencode auth logout",
      ),
    );
  if (storedLogins.length > 0) {
    const names = listed(storedLogins.map((id) => show(id)));
    checks.push(
      isOn(env["OPENCODE_DISABLE_DEFAULT_PLUGINS"])
        ? found(
            "note",
            "config",
            "auth-login",
            `A login (oauth) for ${names} is stored`,
            "OpenCode's plugins for logins are turned off by the launcher, so it is neither used nor sent",
            "keep it, or run  opencode auth logout",
          )
        : found(
            "failure",
            "config",
            "auth-login-used",
            `A login (oauth) for ${names} is stored, and OPENCODE_DISABLE_DEFAULT_PLUGINS is turned off`,
            "prompts go to the vendor with it, whatever base URL is set, or OpenCode ends with an unknown error",
            "unset OPENCODE_DISABLE_DEFAULT_PLUGINS, or  opencode auth logout",
          ),
    );
  }
  if (wellKnown.length > 0)
    checks.push(
      found(
        "note",
        "config",
        "auth-well-known",
        `A login (wellknown) for ${listed(wellKnown.map((url) => (URL.canParse(url) ? show(new URL(url).host) : "a server")))} is stored`,
        "with it OpenCode would fetch configuration from there at each start, so the launcher uses no stored login",
        "opencode auth logout, if it is not wanted",
      ),
    );
  return checks;
}
