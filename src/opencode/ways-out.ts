/**
 * Where a configuration of OpenCode leads, held against an environment that is to lead to the gateway: the one judge of that, for the plan and the
 * doctor alike. From values to values; texts are as they are written, `{env:NAME}` and `{file:path}` in them not yet put in.
 *
 * `provider.<id>.api`, and that of a model, count only where no `baseURL` is set (with the pinned OpenCode): the environment sets one for each
 * provider, but in the compact style, where each model has an address of its own.
 */
import { visible } from "../text/terminal.ts";
import { findNamed, type Named, type Path } from "./config-keys.ts";

/** What of an environment a configuration is held against. */
export interface Expectation {
  /** The gateway's origin. */
  readonly url: string;
  /** The ids of the environment's providers. */
  readonly providers: readonly string[];
  /** What of the environment has an address: each provider, or each model of the one provider. */
  readonly addressed?: "providers" | "models";
  /** The environment's configuration is read last and wins: only what it does not set can still stand against it. */
  readonly managed?: boolean;
  /** Providers beside those that may be chosen all the same. */
  readonly allowed?: readonly string[];
  /** What of plugins is let in; any where nothing is said. */
  readonly plugins?: "allow" | "pinned" | "refuse";
}

/** One thing that stands against the environment. */
export interface WayOut {
  readonly code: "bypass" | "foreign-model" | "provider-off" | "runs-code" | "asks-registry" | "asks-others" | "plugin-refused";
  /** Where it stands in the configuration. */
  readonly path: Path;
  /** What is, as a sentence without its full stop. */
  readonly what: string;
  /** What comes of it. */
  readonly comes: string;
  /** What to do, as a sentence without its full stop. */
  readonly hint: string;
  /** Taking it out there gives the environment's own back. */
  readonly fixable: boolean;
}

const managedHint =
  "set `opencode.managed: true`, which installs the environment's configuration where no project file can override it";
const ownCounts = "remove it, so that the environment's value takes effect";

/** The packages that OpenCode 1.18 brings for providers; any other is fetched from the npm registry, or is a file. */
const bundled =
  /^(?:@ai-sdk\/(?:amazon-bedrock(?:\/mantle)?|anthropic|azure|google|google-vertex(?:\/anthropic)?|openai|openai-compatible|xai|mistral|groq|deepinfra|cerebras|cohere|gateway|togetherai|perplexity|vercel|alibaba|github-copilot)|@openrouter\/ai-sdk-provider|gitlab-ai-provider|venice-ai-sdk-provider)$/;

/** Headers in which providers take keys. */
const keyHeaders = /^(?:authorization|x-api-key|x-goog-api-key|api-key)$/i;

/** Everything in a configuration that leads past the gateway, or keeps a part of the environment from working. */
export function findWaysOut(config: unknown, environment: Expectation): WayOut[] {
  const { managed = false } = environment;
  const named = findNamed(config);
  const open = named.filter(({ key }) => !managed || key.managed !== "held");
  return [
    ...(managed ? [] : judgeLists(named, environment)),
    ...open.flatMap((one) => judgeNamed(one, environment) ?? []),
    ...judgeOwnProviders(config, named, environment),
    ...judgePrograms(open),
  ];
}

function judgeNamed(one: Named, environment: Expectation): WayOut | null {
  const { kind } = one.key;
  if (kind === "model") return judgeModel(one, environment);
  if (one.path[0] === "provider") {
    // What is set of other providers counts only where they are let in.
    if (!environment.providers.includes(String(one.path[1]))) return null;
    if (kind === "address") return judgeAddress(one, environment);
    if (kind === "key") return judgeKey(one);
    return judgeProviderPackage(one);
  }
  if (one.path[0] === "plugin") return judgePlugin(one, environment);
  return judgeCalled(one);
}

function judgeModel({ path, text }: Named, { providers, allowed = [], managed = false }: Expectation): WayOut | null {
  // What a variable or a file holds is not known here.
  if (/^\{(?:env|file):/.test(text) || [...providers, ...allowed].includes(text.split("/")[0]!)) return null;
  const main: Readonly<Record<string, string>> = {
    model: "OpenCode cannot start a session with it, or bypasses the gateway if enabled_providers contains it",
    small_model: "OpenCode uses the main model instead, or bypasses the gateway if enabled_providers contains it",
  };
  const comes = managed
    ? "its prompts fail with an unknown error"
    : (main[path.join(".")] ?? "its prompts fail with an unknown error, or bypass the gateway if enabled_providers contains it");
  return {
    code: "foreign-model",
    path,
    what: `${showPath(path)} is ${show(text)}, which is not a provider of the environment (${providers.join(", ")})`,
    comes,
    hint: choices(`name a model of ${providers.join(" or ")}, or ${ownCounts}`, managed),
    fixable: false,
  };
}

function judgeLists(named: readonly Named[], { providers, allowed = [] }: Expectation): WayOut[] {
  const listed = (name: string): string[] => named.filter(({ path }) => path[0] === name).map(({ text }) => text);
  const gone = listed("disabled_providers").filter((id) => providers.includes(id));
  const others = listed("enabled_providers").filter((id) => !providers.includes(id) && !allowed.includes(id));
  const found: WayOut[] = [];
  if (gone.length > 0)
    found.push({
      code: "bypass",
      path: ["disabled_providers"],
      what: `disabled_providers disables ${gone.join(", ")}`,
      comes: "its models cannot be used",
      hint: "keep it if that is intentional, or remove it",
      fixable: true,
    });
  if (others.length > 0)
    found.push({
      code: "bypass",
      path: ["enabled_providers"],
      what: `enabled_providers replaces the environment's list and enables ${others.map(show).join(", ")}`,
      comes: "models that bypass the gateway can be chosen",
      hint: choices(ownCounts),
      fixable: true,
    });
  return found;
}

/** Only what counts: see above. */
function judgeAddress({ path, text }: Named, { url, addressed = "providers" }: Expectation): WayOut | null {
  const counts = path.at(-1) === "baseURL" || (path.at(-1) === "api" && addressed === "models");
  const past = counts ? describeAddress(String(path[1]), text, url) : null;
  return past === null ? null : bypass(path, `${showPath(path)} ${past.what}`, past.comes);
}

function judgeKey({ path, text }: Named): WayOut | null {
  const name = String(path.at(-1));
  const isHeader = path.includes("headers");
  if (isHeader && !keyHeaders.test(name)) return null;
  if (text === "-" || (isHeader && text === "Bearer -")) return null;
  return bypass(
    path,
    `${showPath(path)} is not the placeholder "-"`,
    `OpenCode sends this key with every request to ${show(String(path[1]))}, and no real key should be sent to the gateway`,
    "remove it, so that the placeholder is used",
  );
}

function judgeProviderPackage({ path, text }: Named): WayOut | null {
  if (bundled.test(text)) return null;
  return text.startsWith("file:")
    ? bypass(path, `${showPath(path)} is a file`, "its code runs inside of OpenCode and can send prompts anywhere")
    : bypass(
        path,
        `${showPath(path)} is not a package that OpenCode contains`,
        "it is downloaded from the npm registry, and its code can send prompts anywhere",
      );
}

function judgePlugin({ path, text }: Named, { plugins }: Expectation): WayOut {
  const isFile = /^(?:file:|\.{0,2}\/|~\/|[a-z]:\\)/i.test(text);
  const isPinned = isFile || /.@\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(text);
  if (plugins === "refuse") return { ...refused(`the plugin ${show(text)}`), path, fixable: false };
  if (plugins === "pinned" && !isPinned)
    return {
      code: "plugin-refused",
      path,
      what: `the plugin ${show(text)} has no exact version, and opencode.plugins is pinned`,
      comes: "OpenCode downloads the registry's current version, and its code sees every prompt",
      hint: "append @ and its exact version, or set  opencode.plugins: allow  in aperture-env.yaml",
      fixable: false,
    };
  return isFile
    ? {
        code: "runs-code",
        path,
        what: `the plugin ${show(text)} is code that runs inside of OpenCode`,
        comes: "it sees every prompt and can send it elsewhere; no configuration prevents that",
        hint: "keep it if you would run it as a program of this repository, or remove it",
        fixable: false,
      }
    : {
        code: "asks-registry",
        path,
        what: `the plugin ${show(text)} is a package`,
        comes:
          "OpenCode downloads it from the npm registry, and its code sees every prompt and can send it elsewhere; no configuration prevents that",
        hint: `${isPinned ? "" : "append @ and its exact version to pin it; "}keep it if that is intentional, or remove it`,
        fixable: false,
      };
}

/** A plugin that `opencode.plugins: refuse` keeps out. */
export function refused(what: string): Omit<WayOut, "path" | "fixable"> {
  return {
    code: "plugin-refused",
    what: `${what} exists, and opencode.plugins is refuse`,
    comes: "OpenCode calls none of its hooks, but downloads and loads its code; no switch prevents that",
    hint: "remove it, or set  opencode.plugins: allow  in aperture-env.yaml",
  };
}

/** Of what is called or read beside providers, only what is elsewhere. */
function judgeCalled({ path, text, key }: Named): WayOut | null {
  const isAddress = /^(?:https?|git|ssh):\/\//i.test(text) || (key.kind === "address" && path[0] === "mcp");
  if (!isAddress || (key.kind !== "address" && key.kind !== "file")) return null;
  const comes: Readonly<Record<string, string>> = {
    mcp: "OpenCode connects to it at each start, and the input of its tools is sent there",
    instructions: "OpenCode downloads it at each start, and adds it to every prompt",
    skills: "OpenCode downloads it at each start",
    enterprise: "shared sessions are uploaded there",
  };
  return {
    code: "asks-others",
    path,
    what: `${showPath(path)} is at ${showOrigin(text)}, not at the gateway`,
    comes: comes[String(path[0])] ?? "OpenCode downloads it on demand",
    hint: "keep it if that is intentional, or remove it",
    fixable: false,
  };
}

/** Providers that are none of the environment's: switched off without a word, unless a list lets them in, which is said there. */
function judgeOwnProviders(config: unknown, named: readonly Named[], environment: Expectation): WayOut[] {
  const { providers, allowed = [], managed = false } = environment;
  const provider = (config as { readonly provider?: unknown } | null)?.provider;
  if (typeof provider !== "object" || provider === null || Array.isArray(provider)) return [];
  const letIn = managed ? [] : named.filter(({ path }) => path[0] === "enabled_providers").map(({ text }) => text);
  const lists = managed ? false : named.some(({ path }) => path[0] === "enabled_providers");
  return Object.entries(provider as Readonly<Record<string, unknown>>).flatMap(([id, settings]): WayOut[] => {
    if (providers.includes(id) || letIn.includes(id) || lists) return [];
    if (typeof settings !== "object" || settings === null) return [];
    const { options } = settings as { readonly options?: { readonly baseURL?: unknown } };
    const at = typeof options?.baseURL === "string" ? ` at ${showOrigin(options.baseURL)}` : "";
    if (allowed.includes(id))
      return [
        {
          code: "asks-others",
          path: ["provider", id],
          what: `provider ${show(id)}${at} is allowed by opencode.other_providers`,
          comes: "requests to its models bypass the gateway",
          hint: "keep it if that is intentional, or remove it from aperture-env.yaml",
          fixable: false,
        },
      ];
    return [
      {
        code: "provider-off",
        path: ["provider", id],
        what: `provider ${show(id)}${at} is not a provider of the environment`,
        comes: "the environment's enabled_providers switches it off, and its models cannot be chosen",
        hint: `keep it switched off; or add it to providers in aperture-env.yaml, if the gateway serves it; or to opencode.other_providers there, if it may bypass the gateway`,
        fixable: false,
      },
    ];
  });
}

/** One for all programs of a configuration: they are many where they are meant. */
function judgePrograms(named: readonly Named[]): WayOut[] {
  const programs = named.filter(({ key, path }) => key.kind === "program" && (path.at(-1) === 0 || path.length === 1));
  const [first] = programs;
  if (first === undefined) return [];
  const some = programs
    .slice(0, 3)
    .map(({ path, text }) => `${show(text)} (${showPath(path.length === 1 ? path : path.slice(0, -1))})`);
  const shown = programs.length > 3 ? `${some.join(", ")} and ${programs.length - 3} more` : some.join(", ");
  return [
    {
      code: "runs-code",
      path: first.path,
      what: `OpenCode starts the programs named here, ${shown}`,
      comes: "they run with OpenCode's permissions; no configuration prevents that",
      hint: "keep them if you would run them yourself, or remove them",
      fixable: false,
    },
  ];
}

function bypass(path: Path, what: string, comes: string, fix = ownCounts): WayOut {
  return { code: "bypass", path, what, comes, hint: choices(fix), fixable: true };
}

function choices(fix: string, managed = false): string {
  return managed ? `keep it if that is intentional; or ${fix}` : `keep it if that is intentional; ${fix}; or ${managedHint}`;
}

/** What comes of a base URL, or null where it is the gateway's. Only its origin is shown: the rest may hold a key. */
function describeAddress(id: string, value: string, url: string): Pick<WayOut, "what" | "comes"> | null {
  const text = value.trim();
  if (/^\{env:APERTURE_URL\}(?=[/?#]|$)/.test(text)) return null;
  const written = text.replaceAll("{env:APERTURE_URL}", url);
  const placeholder = /\{(?:env|file):[^}]*\}/.exec(written);
  // Before the path it decides where requests go.
  if (placeholder !== null && placeholder.index < /^(?:[a-z][a-z0-9+.-]*:[\\/]*)?[^/\\?#]*/i.exec(written)![0].length)
    return {
      what: `comes from ${show(placeholder[0])}, whose value is unknown here`,
      comes: `${id} bypasses the gateway unless that is ${url}`,
    };
  if (!URL.canParse(written)) return { what: "is not an address", comes: `OpenCode cannot reach ${id} with it` };
  const { origin } = new URL(written);
  if (origin === new URL(url).origin) return null;
  return {
    what: `is at ${origin === "null" ? "another address" : origin}, not at the gateway ${url}`,
    comes: `requests to ${id} bypass the gateway`,
  };
}

/** The origin of an address, which is all of it that may be shown: the rest may hold a key. */
export function showOrigin(text: string): string {
  if (/\{(?:env|file):/.test(text.replace(/^([a-z]+:\/\/[^/]*).*$/i, "$1")) || !URL.canParse(text))
    return "an address that is unknown here";
  const { origin, protocol, host } = new URL(text);
  return origin === "null" ? `${protocol}//${host}` : origin;
}

function showPath(path: Path): string {
  return path.map((step) => show(String(step))).join(".");
}

/** A text of the user's: as it is where that is plain, else in quotes. */
function show(text: string): string {
  return /^[!#-~]+$/.test(text) ? text : visible(JSON.stringify(text));
}
