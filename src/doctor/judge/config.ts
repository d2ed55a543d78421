/** What OpenCode's configuration comes to, held against the environment's own. From values to values. */
import { wireFormats } from "../../catalog/wire-formats.ts";
import type { Choices, ProviderView } from "../config/providers.ts";
import { splitModel } from "../config/providers.ts";
import { at, entriesAt, lineOf, parseJsonc, textAt, textsAt, type JsonObject } from "../config/json.ts";
import type { Quote } from "../config/quote.ts";
import { writtenBetween } from "../config/substitute.ts";
import { isOn, type Layer, type Resolved } from "../config/resolve.ts";
import { isAllowed, silencingVariables, type Installation, type Launched } from "../config/launch.ts";
import { findWaysOutOfVariables } from "../../opencode/variables.ts";
import { findWaysOut, type Expectation, type WayOut } from "../../opencode/ways-out.ts";
import { found, fine, listed, show, type Check, type Env } from "../types.ts";

/** What is judged. */
export interface ConfigFacts {
  readonly resolved: Resolved;
  /** Shows what comes out of the configuration. Nothing of it is shown in another way. */
  readonly quote: Quote;
  readonly choices: Choices;
  readonly installation: Installation;
  readonly launched: Launched;
  /** The environment's own opencode.json with variables put in, null where it cannot be read. */
  readonly own: JsonObject | null;
  /** The gateway's origin. */
  readonly origin: string | null;
  /** Stored keys that look real, by provider. */
  readonly storedKeys: readonly string[];
  /** Stored logins of OpenCode's own plugins, by provider. */
  readonly storedLogins: readonly string[];
  /** Entries of auth.json that fetch configuration from a server at each start. */
  readonly wellKnown: readonly string[];
  /** The environment's configuration is in /etc, where it is read last. */
  readonly managed: boolean;
  /** The variables as they came. */
  readonly given: Env;
  /** The catalogue that is named is not there, so that OpenCode takes its own, with all providers there are. */
  readonly catalogueMissing: boolean;
}

/** All checks of it. */
export function judgeConfig(facts: ConfigFacts): Check[] {
  const { own, installation, resolved } = facts;
  if (own === null)
    return [
      found(
        "failure",
        "config",
        "config-missing",
        `${show(`${installation.share}/opencode.json`)} cannot be read`,
        "OpenCode would take its own hosted models without a word; the launcher does not start it",
        "build the image again: it lacks its aperture-env folder",
      ),
    ];
  const problems = resolved.problems.map(({ code, source, why, line }) =>
    found(
      "failure",
      "config",
      code,
      `OpenCode does not start with ${show(source)}${line === undefined ? "" : `:${line}`}`,
      show(why),
      "mend it there, or take it away",
    ),
  );
  if (problems.length > 0) return problems;
  const checks = [
    ...judgeFile(facts),
    ...judgeProviders(facts),
    ...judgeOthers(facts),
    ...judgeModels(facts),
    ...judgeWaysOut(facts),
    ...judgeSilence(facts),
  ];
  const ids = facts.choices.providers.map(({ id }) => id);
  return checks.some(({ severity }) => severity === "warning" || severity === "failure")
    ? checks
    : [
        fine(
          "config",
          "config",
          `${listed(ids.map((id) => facts.quote.text(id)))} ${ids.length === 1 ? "goes" : "go"} to the gateway with the placeholder key`,
        ),
        ...checks,
      ];
}

function judgeFile({ launched, resolved, catalogueMissing }: ConfigFacts): Check[] {
  const checks: Check[] = [];
  if (launched.configFallback !== null)
    checks.push(
      found(
        "warning",
        "config",
        "config-not-found",
        "OPENCODE_CONFIG names a file that cannot be read",
        "OpenCode passes over such a file; the launcher takes the environment's own instead",
        "mend the variable, or unset it",
      ),
    );
  if (catalogueMissing)
    checks.push(
      found(
        "warning",
        "config",
        "catalogue-missing",
        "OPENCODE_MODELS_PATH names a file that cannot be read",
        "OpenCode takes the catalogue inside of it, with all providers that there are",
        "unset the variable",
      ),
    );
  for (const { source, kind, value } of resolved.layers) {
    if (Object.hasOwn(value, "permissions"))
      checks.push(
        found(
          "warning",
          "config",
          "config-v2",
          `${show(source)} has the key permissions, which is OpenCode 2's`,
          "newer versions of OpenCode 1 refuse to start with it",
          "write permission, or take it out",
        ),
      );
    if (kind === "project" && !Object.hasOwn(value, "$schema"))
      checks.push(
        found(
          "note",
          "config",
          "config-rewritten",
          `${show(source)} has no $schema`,
          "OpenCode writes one into it, so that git shows a change",
          'add  "$schema": "https://opencode.ai/config.json"',
        ),
      );
  }
  return checks;
}

function judgeProviders({ choices, resolved, own, origin, quote, installation }: ConfigFacts): Check[] {
  // Without a gateway there is nothing to hold them against, and that is said already.
  if (origin === null) return [];
  const ours = textsAt(own, "enabled_providers") ?? [];
  const checks: Check[] = [];
  for (const provider of choices.providers) {
    const mine = ours.includes(provider.id) || at(own, "provider", provider.id) !== undefined;
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
          ? "unset the variable, or let it name the environment's own"
          : "leave it if that is meant, or take the key out there",
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
  const fix = "take it out there, so that the environment's own counts; or set  opencode.managed: true  in aperture-env.yaml";
  if (addresses.length === 0)
    return found(
      "failure",
      "config",
      "provider-direct",
      `${id} has no base URL`,
      "its requests go past the gateway, to whoever offers it",
      "take it out of enabled_providers, or give it the gateway's address",
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
        `The base URL of ${id} is ${url.trim() === "" ? "empty" : "no address"} (${where})`,
        url.startsWith("/") ? "the variable in front of it is not set" : "OpenCode cannot send anything there",
        fix,
      );
    if (parsed.origin !== origin)
      return mine
        ? found(
            "failure",
            "config",
            "provider-bypass",
            `${id} goes to ${goes}, not to the gateway (${where})`,
            "everything that is asked of it goes past the gateway",
            fix,
          )
        : found(
            "warning",
            "config",
            "provider-stray",
            `${id} can be chosen, and goes to ${goes} (${where})`,
            "it is none of the environment's providers: what is asked of it goes past the gateway",
            "leave it if that is meant, or take it out of enabled_providers",
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
        /\/v1\/v1/.test(path)
          ? "a doubled /v1 is answered with 405"
          : "the gateway does not serve what OpenCode then calls (404)",
        `let it end in ${/\/v1\/v1/.test(wanted) ? "/v1" : wantedEnd}`,
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
        "no key of anybody's should reach the gateway, which adds the real one itself",
        'let apiKey be "-"',
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

function judgeOthers({ choices, resolved, storedKeys, storedLogins, wellKnown, launched: { env } }: ConfigFacts): Check[] {
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
        "let enabled_providers name the gateway's providers only",
      ),
    );
  if (choices.ambient.length > 0)
    checks.push(
      found(
        "failure",
        "config",
        "provider-ambient",
        `${listed(choices.ambient.map(({ id, variable }) => `${id} (${variable})`))} can be chosen because of the environment`,
        "enabled_providers lets them in, and they go past the gateway",
        "let enabled_providers name the gateway's providers only",
      ),
    );
  if (storedKeys.length > 0)
    checks.push(
      found(
        "note",
        "config",
        "auth-key",
        `A real key (api) for ${listed(storedKeys.map((id) => show(id)))} is stored`,
        "the placeholder of the configuration comes first, so it is not sent",
        "leave it, or  opencode auth logout",
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
            "leave it, or  opencode auth logout",
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
        "with it OpenCode would fetch configuration from there at each start, so the launcher leaves all stored logins out",
        "opencode auth logout, if it is not wanted",
      ),
    );
  return checks;
}

function judgeModels({ resolved, choices, quote }: ConfigFacts): Check[] {
  const checks: Check[] = [];
  const judge = (key: "model" | "small_model"): void => {
    const text = textAt(resolved.config, key);
    const main = key === "model";
    if (text === undefined) {
      if (main)
        checks.push(
          found(
            "warning",
            "config",
            "model-unset",
            "No model is set",
            "OpenCode takes the first of a ranking of its own, which the gateway may not serve",
            "set model in aperture-env.yaml",
          ),
        );
      return;
    }
    const [id, name] = splitModel(text);
    const provider = choices.providers.find((each) => each.id === id);
    const by = whoSet(resolved, [key]);
    const fix = `name a model of ${listed(choices.providers.map((each) => quote.text(each.id)))}${by === null ? "" : ` in ${by}, or take it out there`}`;
    const comes = main ? "OpenCode cannot begin a session with it" : "OpenCode takes the main model instead, for titles, too";
    if (provider === undefined || provider.models?.has(name) === false)
      checks.push(
        found(
          main ? "failure" : "warning",
          "config",
          main ? "model-unknown" : "small-model-unknown",
          `${key} is ${quote.text(text)}, which ${provider === undefined ? "is of no provider that can be chosen" : "OpenCode does not know"}`,
          comes,
          fix,
        ),
      );
  };
  judge("model");
  judge("small_model");
  return checks;
}

/** These are judged in what all configuration comes to. */
const judgedMerged =
  /^(?:model|small_model|enabled_providers.*|disabled_providers.*|provider\.[^.]+\.(?:api|options\.(?:baseURL|apiKey|endpoint)))$/;

/** And these variables are judged by what they lead to, or with the gateway. */
const judgedElsewhere = /^(?:APERTURE_URL|OPENCODE_CONFIG|OPENCODE_AUTH_CONTENT|OTEL_EXPORTER_OTLP_ENDPOINT|https?_proxy)$/i;

const severities: Readonly<Record<WayOut["code"], "note" | "warning" | "failure">> = {
  bypass: "failure",
  "foreign-model": "warning",
  "provider-off": "note",
  "runs-code": "note",
  "asks-registry": "note",
  "asks-others": "note",
};

/** What each file and variable says beside, by the same judge as the plan's. */
function judgeWaysOut({ resolved, own, origin, managed, given, installation }: ConfigFacts): Check[] {
  if (origin === null) return [];
  const environment: Expectation = {
    url: origin,
    providers: [...new Set([...(textsAt(own, "enabled_providers") ?? []), ...entriesAt(own, "provider").map(([id]) => id)])],
    addressed: entriesAt(own, "provider").every(([, provider]) => (textAt(provider, "options", "baseURL") ?? "") === "")
      ? "models"
      : "providers",
    managed,
  };
  const ours = `${installation.share}/opencode.json`;
  const files = resolved.layers
    .filter(({ kind, source }) => kind !== "managed" && kind !== "variable" && source !== ours)
    .flatMap(({ source, filled }) => {
      // As it is written: what variables and files hold is nobody's to see.
      const text = writtenBetween(filled, 0, filled.text.length) ?? filled.text;
      const parsed = parseJsonc(text);
      return findWaysOut(parsed.ok ? parsed.value : {}, environment)
        .filter(({ path }) => !judgedMerged.test(path.join(".")))
        .map((way) => ({ way, severity: severities[way.code], where: placed(source, lineOf({ text, spans: [] }, way.path)) }));
    });
  const variables = findWaysOutOfVariables(given, environment)
    .filter(({ name, path }) => !judgedElsewhere.test(name) && !judgedMerged.test(path.join(".")))
    // What configuration they lead to is judged above.
    .map((way) => ({
      way: withoutContent(way),
      severity: way.name === "OPENCODE_DISABLE_DEFAULT_PLUGINS" ? ("warning" as const) : ("note" as const),
      where: null,
    }));
  return [...files, ...variables].map(({ way: { code, what, comes, hint }, severity, where }) =>
    found(
      severity,
      "config",
      code,
      `${what.charAt(0).toUpperCase()}${what.slice(1)}${where === null ? "" : ` (${where})`}`,
      comes,
      hint,
    ),
  );
}

/** Of a whole configuration in a variable only the key is shown: whatever else is in it may be anybody's secret. */
function withoutContent(way: WayOut & { readonly name: string }): WayOut {
  const [key] = way.path;
  if (way.name !== "OPENCODE_CONFIG_CONTENT" || key === undefined) return way;
  return { ...way, what: `${way.name} sets ${show(String(key))}`, hint: "leave it if that is meant, or take it out" };
}

function placed(source: string, line: number | undefined): string {
  return `${show(source)}${line === undefined ? "" : `:${line}`}`;
}

function judgeSilence({ launched: { env }, resolved, installation }: ConfigFacts): Check[] {
  const checks: Check[] = [];
  const off = silencingVariables.flatMap(({ name, use }) => (isOn(env[name]) || isAllowed(installation, use) ? [] : [name]));
  if (off.length > 0)
    checks.push(
      found(
        "note",
        "config",
        "switch-off",
        `${listed(off)} ${off.length === 1 ? "is" : "are"} turned off`,
        "OpenCode then calls others than the gateway by itself",
        "unset them",
      ),
    );
  const isShared = textAt(resolved.config, "share") !== "disabled" && !isOn(env["OPENCODE_DISABLE_SHARE"]);
  if (isShared && !isAllowed(installation, "share"))
    checks.push(
      found(
        "warning",
        "config",
        "share",
        "Sessions can be shared",
        "they are then sent to opencode.ai",
        'let share be "disabled", or allow it with opencode.online: [share]',
      ),
    );
  if ((env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "") !== "")
    checks.push(
      found(
        "warning",
        "config",
        "telemetry",
        "OTEL_EXPORTER_OTLP_ENDPOINT is set",
        "OpenCode sends traces of every session there",
        "unset it for OpenCode, if it is meant for other programs",
      ),
    );
  return checks;
}

/** The file or variable that has the last word on a key, with its line. */
function whoSet({ layers }: Resolved, path: readonly string[]): string | null {
  const layer: Layer | undefined = layers.findLast(({ value }) => at(value, ...path) !== undefined);
  if (layer === undefined) return null;
  return placed(layer.source, layer.kind === "variable" ? undefined : lineOf(layer.filled, path));
}

function placeOf(resolved: Resolved, by: readonly string[], quote: Quote): string {
  return by.length === 1 ? by[0]! : (whoSet(resolved, by) ?? by.map((key) => quote.text(key)).join("."));
}
