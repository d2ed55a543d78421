/**
 * Finds what a project's own OpenCode configuration sets against the environment's, which it is merged over.
 *
 * `provider.<id>.api`, and that of a model, count only where no `baseURL` is set (with the pinned OpenCode): the environment sets one for each
 * provider, but in the compact style, where each model has an address of its own.
 */
import { formatJson } from "../../render/escape.ts";
import type { Finding, ProjectFile } from "../findings.ts";
import { entriesOf, placeAt, readNodes, textsOf, valueAt, type Node } from "./nodes.ts";

/** What of the environment a project's configuration is held against. */
export interface BypassOptions {
  /** The gateway's origin. */
  readonly url: string;
  /** The ids of the environment's providers. */
  readonly providers: readonly string[];
  /** What of the environment has an address: each provider, or each model of the one provider. */
  readonly addressed?: "providers" | "models";
  /** The environment's configuration is read last and wins: only what it does not set can still stand against it. */
  readonly managed?: boolean;
}

const managedHint =
  "set `opencode.managed: true`, which puts the environment's configuration where no project file can override it";

/** What the project's configuration files (`opencode.json`, `.opencode/opencode.json`, or `.jsonc`) set against the environment. */
export function findBypass(files: readonly ProjectFile[], options: BypassOptions): Finding[] {
  return files.flatMap((file) => {
    // OpenCode takes an empty file for no configuration.
    if (file.text === "") return [];
    const read = readNodes(file.text);
    if (read.ok) return findInConfig(file, read.node, options);
    const { why, line, column } = read;
    // OpenCode puts these in before it reads; outside of quotes, they can make a text whole that is none here.
    const filledIn = /[:[,]\s*\{(?:env|file):/.test(file.text);
    return [
      {
        code: "unreadable-config",
        where: { file: file.path, line, column },
        message: `${filledIn ? "what this file sets cannot be judged" : "OpenCode does not start with this file"}: ${why}`,
        hint: "mend it there",
      },
    ];
  });
}

function findInConfig({ path, text }: ProjectFile, root: Node, options: BypassOptions): Finding[] {
  const { url, providers, managed = false, addressed = "providers" } = options;
  const found: Finding[] = [];
  const add = (code: Finding["code"], keys: readonly string[], message: string, hint: string): void => {
    const where = placeAt(path, text, valueAt(root, ...keys)!.offset);
    found.push({ code, where, message, hint, ...(code === "bypass" && { fixes: [{ file: path, path: keys }] }) });
  };

  const disabled = listAt(root, "disabled_providers").filter((id) => providers.includes(id));
  if (disabled.length > 0) {
    const message = `disabled_providers takes ${disabled.join(", ")} away: no model of it can be used`;
    add("bypass", ["disabled_providers"], message, "leave it if that is meant, or take it out");
  }
  if (managed) return found;

  for (const id of providers) {
    const models = addressed === "models" ? entriesOf(valueAt(root, "provider", id, "models")) : [];
    for (const address of [
      ["provider", id, "options", "baseURL"],
      ...(addressed === "models" ? [["provider", id, "api"]] : []),
      ...models.map(([model]) => ["provider", id, "models", model, "provider", "api"]),
    ]) {
      const past = describeAddress(id, valueAt(root, ...address), url);
      if (past === null) continue;
      add(
        "bypass",
        address,
        `${address.map(show).join(".")} ${past}`,
        choices("take it out, so that the environment's own counts"),
      );
    }
    const key = ["provider", id, "options", "apiKey"];
    const value = valueAt(root, ...key);
    if (value !== undefined && value.value !== "-") {
      const message = `${key.join(".")} is not the placeholder "-": OpenCode sends this key with every request to ${id}, and no key of its own should reach the gateway`;
      add("bypass", key, message, choices("take it out, so that the placeholder counts"));
    }
  }

  const others = listAt(root, "enabled_providers").filter((id) => !providers.includes(id));
  if (others.length > 0) {
    const message = `enabled_providers takes the place of the environment's own and lets in ${others.map(show).join(", ")}: models that do not go through the gateway can be chosen`;
    add("bypass", ["enabled_providers"], message, choices("take it out, so that the environment's own counts"));
  }

  for (const [key, comes] of [
    ["model", "OpenCode cannot start a session with it, or goes past the gateway where enabled_providers lets it in"],
    ["small_model", "OpenCode uses the main model instead, or goes past the gateway where enabled_providers lets it in"],
  ] as const) {
    const [model] = textsOf(valueAt(root, key));
    // What a variable or a file holds is not known here.
    if (model === undefined || /^\{(?:env|file):/.test(model) || providers.includes(model.split("/")[0]!)) continue;
    const message = `${key} is ${show(model)}, of none of the environment's providers (${providers.join(", ")}): ${comes}`;
    add(
      "foreign-model",
      [key],
      message,
      choices(`name a model of ${providers.join(" or ")}, or take it out, so that the environment's own counts`),
    );
  }
  return found;
}

/** A list of texts. OpenCode refuses anything else in its place. */
function listAt(root: Node, key: string): string[] {
  const node = valueAt(root, key);
  return node?.type === "array" ? textsOf(node) : [];
}

function choices(fix: string): string {
  return `leave it if that is meant; ${fix}; or ${managedHint}`;
}

/** What comes of a base URL, or null where it is the gateway's. Only its origin is shown: the rest may hold a key. */
function describeAddress(id: string, value: Node | undefined, url: string): string | null {
  if (value === undefined) return null;
  const text = value.type === "string" ? String(value.value).trim() : "";
  if (/^\{env:APERTURE_URL\}(?=[/?#]|$)/.test(text)) return null;
  const written = text.replaceAll("{env:APERTURE_URL}", url);
  const placeholder = /\{(?:env|file):[^}]*\}/.exec(written);
  // Before the path it decides where requests go.
  if (placeholder !== null && placeholder.index < /^(?:[a-z][a-z0-9+.-]*:[\\/]*)?[^/\\?#]*/i.exec(written)![0].length)
    return `comes from ${show(placeholder[0])}, whose value is not known here: ${id} goes past the gateway unless that is ${url}`;
  let origin: string;
  try {
    origin = new URL(written).origin;
  } catch {
    return `is not an address: OpenCode cannot reach ${id} with it`;
  }
  if (origin === new URL(url).origin) return null;
  return `is at ${origin === "null" ? "another address" : origin}, not at the gateway ${url}: all that is asked of ${id} goes past the gateway`;
}

/** A text of the user's: as it is where that is plain, else with its control characters escaped. */
function show(text: string): string {
  return /^[!#-~]+$/.test(text) ? text : formatJson(text);
}
