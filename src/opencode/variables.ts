/**
 * Variables by which a process's surroundings lead OpenCode past the gateway, or to another configuration: as data, for the plan and the doctor
 * alike. Which OpenCode reads was found by their names in the binary of 1.18.18; what each does was tried (test/hostile/managed.test.ts).
 */
import { findRoute } from "../gateway/proxy.ts";
import { findWaysOut, showOrigin, type Expectation, type WayOut } from "./ways-out.ts";

/** One variable that matters. */
interface Variable {
  readonly name: string;
  /** What comes of it: a sentence without its subject. */
  readonly comes: string;
  /** With a managed configuration it changes nothing: the launcher drops it, sets it, or the configuration is read after it. */
  readonly held: boolean;
  readonly code: WayOut["code"];
  /** Whether a value does nothing. */
  readonly harmless?: (value: string) => boolean;
}

const switchedOff = (value: string): boolean => !/^(?:0|false)$/i.test(value);
const switchedOn = (value: string): boolean => !/^(?:1|true)$/i.test(value);
/** Not in the repository: what lies there is nobody's but the person's own. */
const outside = (value: string): boolean => !/\bworkspaces?\b|WorkspaceFolder|^\.|\$PWD/i.test(value);

const variables: readonly Variable[] = [
  {
    name: "OPENCODE_CONFIG",
    comes: "replaces the environment's configuration",
    held: true,
    code: "bypass",
    harmless: (value) => value.endsWith("/share/aperture-env/opencode.json"),
  },
  {
    name: "OPENCODE_CONFIG_DIR",
    comes: "names a folder with more configuration, and with plugins and tools, whose code runs inside of OpenCode",
    held: false,
    code: "runs-code",
  },
  {
    name: "OPENCODE_TUI_CONFIG",
    comes: "names a file with settings of OpenCode's interface, and with plugins, whose code runs inside of OpenCode",
    held: false,
    code: "runs-code",
  },
  {
    name: "OPENCODE_MODELS_PATH",
    comes: "replaces the environment's catalogue: another one enables other providers, and can name other packages for them",
    held: true,
    code: "bypass",
    harmless: (value) => value.endsWith("/share/aperture-env/models.json"),
  },
  {
    name: "OPENCODE_DISABLE_DEFAULT_PLUGINS",
    comes:
      "enables stored logins: with one of OpenAI, GitHub Copilot, GitLab or xAI, prompts go to the vendor whatever base URL is set",
    held: true,
    code: "bypass",
    harmless: switchedOff,
  },
  {
    name: "OPENCODE_AUTH_CONTENT",
    comes: "replaces the placeholders for logins",
    held: false,
    code: "bypass",
    harmless: holdsPlaceholders,
  },
  {
    name: "OPENCODE_TEST_MANAGED_CONFIG_DIR",
    comes:
      "moves OpenCode's managed folder; only OpenCode's own tests need it, and the launcher of a managed environment unsets it",
    held: false,
    code: "bypass",
  },
  {
    name: "OPENCODE_TEST_HOME",
    comes:
      "makes OpenCode look for configuration in another home; only OpenCode's own tests need it, and the launcher of a managed environment unsets it",
    held: false,
    code: "bypass",
  },
  {
    name: "XDG_CONFIG_HOME",
    comes: "makes OpenCode look there for more configuration, and for plugins and tools, whose code runs inside of OpenCode",
    held: false,
    code: "runs-code",
  },
  {
    name: "HOME",
    comes: "makes OpenCode use files of the repository as the user's: configuration, plugins and tools, logins",
    held: false,
    code: "runs-code",
    harmless: outside,
  },
  {
    name: "XDG_DATA_HOME",
    comes: "makes OpenCode use stored logins from the repository, and an account whose organisation sets configuration",
    held: false,
    code: "bypass",
    harmless: outside,
  },
  {
    name: "XDG_CACHE_HOME",
    comes: "makes OpenCode run packages of plugins and providers from the repository",
    held: false,
    code: "runs-code",
    harmless: outside,
  },
  {
    name: "APERTURE_ENV_PREFIX",
    comes: "makes the launcher and the doctor use OpenCode and its configuration from that folder",
    held: false,
    code: "bypass",
    harmless: (value) => value === "/usr/local",
  },
  {
    name: "OPENCODE_ENABLE_EXA",
    comes: "gives models a tool that uses an internet search engine",
    held: false,
    code: "asks-others",
    harmless: switchedOn,
  },
  {
    name: "OPENCODE_ENABLE_PARALLEL",
    comes: "gives models a tool that uses an internet search engine",
    held: false,
    code: "asks-others",
    harmless: switchedOn,
  },
  {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    comes: "makes OpenCode send traces of every session there",
    held: false,
    code: "asks-others",
  },
];

const names = new RegExp(`${variables.map(({ name }) => name).join("|")}|OPENCODE_CONFIG_CONTENT|APERTURE_URL|https?_proxy`, "i");

/** Whether a text names one of them at all, which most do not. */
export function mayMatter(text: string): boolean {
  return names.test(text);
}

/** Logins that are nothing but placeholders. */
function holdsPlaceholders(text: string): boolean {
  try {
    const entries = Object.values(
      JSON.parse(text) as Readonly<Record<string, { readonly type?: unknown; readonly key?: unknown } | null>>,
    );
    return entries.every((entry) => entry?.type === "api" && entry.key === "-");
  } catch {
    return false;
  }
}

/** What a set of variables comes to: each way out with the name of the variable. Values are not shown, but for an address's origin. */
export function findWaysOutOfVariables(
  given: Readonly<Record<string, string | undefined>>,
  environment: Expectation,
): readonly (WayOut & { readonly name: string })[] {
  const { url, managed = false } = environment;
  const found: (WayOut & { readonly name: string })[] = [];
  const add = (name: string, code: WayOut["code"], what: string, result: string): void => {
    found.push({
      name,
      code,
      path: [],
      what,
      comes: result,
      hint: "keep it if that is intentional, or remove it",
      fixable: false,
    });
  };
  for (const { name, comes, held, code, harmless } of variables) {
    const value = given[name] ?? "";
    if (value !== "" && !(managed && held) && harmless?.(value) !== true) add(name, code, `${name} is set`, `it ${comes}`);
  }
  for (const way of judgeContent(given["OPENCODE_CONFIG_CONTENT"] ?? "", environment))
    found.push({ ...way, name: "OPENCODE_CONFIG_CONTENT", what: `OPENCODE_CONFIG_CONTENT: ${way.what}`, fixable: false });
  const { proxy, unused } = findRoute(new URL(url), given);
  const through = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"].find(
    (name) => (given[name] ?? "") !== "" && name.toLowerCase().startsWith(new URL(url).protocol.slice(0, -1) + "_"),
  );
  if (through !== undefined && (proxy !== null || unused !== null))
    add(
      through,
      "bypass",
      `${through} is set, and NO_PROXY does not name ${new URL(url).hostname}`,
      `OpenCode uses that proxy for ${url}: it sees every prompt, and decides where it is sent`,
    );
  const gateway = given["APERTURE_URL"] ?? "";
  if (gateway !== "" && !managed && describesOther(gateway, url))
    add(
      "APERTURE_URL",
      "bypass",
      `APERTURE_URL is ${showOrigin(gateway)}, not ${url}`,
      "it replaces the gateway of aperture-env.yaml",
    );
  return found;
}

function judgeContent(text: string, environment: Expectation): WayOut[] {
  if (text === "") return [];
  try {
    return findWaysOut(JSON.parse(text), environment);
  } catch {
    return [
      {
        code: "bypass",
        path: [],
        what: "it is more configuration",
        comes: "it cannot be checked",
        hint: "keep it if that is intentional, or remove it",
        fixable: false,
      },
    ];
  }
}

function describesOther(text: string, url: string): boolean {
  // A variable of the host, or of the container: what it holds is not known here.
  if (/\$\{|\$[A-Za-z_]/.test(text)) return false;
  const written = text.includes("://") ? text : `http://${text}`;
  return !URL.canParse(written) || new URL(written).origin !== new URL(url).origin;
}
