/**
 * What in OpenCode's configuration can name a model, a provider, an address, a package, a program, a file or a key: each such key once, as data.
 * Who wants to know where a configuration leads goes by this table, so that the plan and the doctor cannot come to differ.
 *
 * From the JSON schema of OpenCode 1.18 (`opencode generate`), which a test walks; what each comes to with a managed configuration was tried with
 * 1.18.18 (test/hostile/managed.test.ts).
 */

/** What a key's text names. */
export type Kind = "model" | "providers" | "address" | "package" | "program" | "file" | "key";

/** One key. */
export interface ConfigKey {
  /** The path of keys; `*` stands for any key, and for any place in a list. */
  readonly path: readonly string[];
  readonly kind: Kind;
  /**
   * Whether a managed configuration decides it: `held` says our own value; `refused` lets it stand and OpenCode refuses what comes of it;
   * `open` lets it stand.
   */
  readonly managed: "held" | "refused" | "open";
}

const key = (path: string, kind: Kind, managed: ConfigKey["managed"]): ConfigKey => ({ path: path.split("."), kind, managed });

/** All of them. */
export const configKeys: readonly ConfigKey[] = [
  key("model", "model", "held"),
  key("small_model", "model", "held"),
  key("agent.*.model", "model", "refused"),
  key("mode.*.model", "model", "refused"),
  key("command.*.model", "model", "refused"),
  key("enabled_providers.*", "providers", "held"),
  key("disabled_providers.*", "providers", "held"),
  key("provider.*.options.baseURL", "address", "held"),
  key("provider.*.options.endpoint", "address", "held"),
  key("provider.*.options.enterpriseUrl", "address", "held"),
  key("provider.*.api", "address", "held"),
  key("provider.*.models.*.provider.api", "address", "held"),
  key("provider.*.npm", "package", "held"),
  key("provider.*.models.*.provider.npm", "package", "held"),
  key("provider.*.options.apiKey", "key", "held"),
  key("provider.*.options.headers.*", "key", "open"),
  key("provider.*.models.*.headers.*", "key", "open"),
  key("plugin.*", "package", "open"),
  key("plugin.*.0", "package", "open"),
  key("mcp.*.command.*", "program", "open"),
  key("mcp.*.cwd", "file", "open"),
  key("mcp.*.url", "address", "open"),
  key("formatter.*.command.*", "program", "open"),
  key("lsp.*.command.*", "program", "open"),
  key("shell", "program", "open"),
  key("instructions.*", "file", "open"),
  key("skills.paths.*", "file", "open"),
  key("skills.urls.*", "address", "open"),
  key("reference.*", "address", "open"),
  key("reference.*.repository", "address", "open"),
  key("reference.*.path", "file", "open"),
  key("references.*", "address", "open"),
  key("references.*.repository", "address", "open"),
  key("references.*.path", "file", "open"),
  key("enterprise.url", "address", "open"),
];

/** The path of a value: keys of objects, places in lists. */
export type Path = readonly (string | number)[];

/** A text that a configuration has at one of the keys. */
export interface Named {
  readonly key: ConfigKey;
  readonly path: Path;
  readonly text: string;
}

/**
 * Every text that a configuration names something with, in the order of the table. Anything else than text in such a place is no name, but a
 * number where an address or a key belongs is a wrong one.
 */
export function findNamed(config: unknown): Named[] {
  return configKeys.flatMap((each) => findAt(config, each, []));
}

function findAt(value: unknown, wanted: ConfigKey, path: Path): Named[] {
  const step = wanted.path[path.length];
  if (step === undefined) {
    const isName =
      typeof value === "string" || (/^(?:address|key)$/.test(wanted.kind) && (typeof value !== "object" || value === null));
    return isName ? [{ key: wanted, path, text: String(value) }] : [];
  }
  return childrenOf(value)
    .filter(([name]) => step === "*" || step === String(name))
    .flatMap(([name, child]) => findAt(child, wanted, [...path, name]));
}

function childrenOf(value: unknown): (readonly [name: string | number, child: unknown])[] {
  if (Array.isArray(value)) return value.map((child, index) => [index, child] as const);
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
