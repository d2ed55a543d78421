/** What is judged of OpenCode's configuration, and where a value of it comes from. From values to values. */
import type { FolderFile } from "../../opencode/folder-files.ts";
import { type JsonObject, at, entriesAt, lineOf, textsAt } from "../config/json.ts";
import type { Installation, Launched } from "../config/launch.ts";
import type { Choices } from "../config/providers.ts";
import type { Quote } from "../config/quote.ts";
import type { Layer, Resolved } from "../config/resolve.ts";
import { type Env, show } from "../types.ts";

/** Which of the providers are the environment's, and which it lets in beside those. */
export function oursAndAllowed(own: JsonObject | null): {
  readonly ours: readonly string[];
  readonly allowed: readonly string[];
} {
  const ours = entriesAt(own, "provider").map(([id]) => id);
  return { ours, allowed: (textsAt(own, "enabled_providers") ?? []).filter((id) => !ours.includes(id)) };
}

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
  /** Agents, commands, modes, plugins and tools in the folders of OpenCode's configuration. */
  readonly folderFiles: readonly FolderFile[];
  /** The catalogue that is named is not there, so that OpenCode takes its own, with all providers there are. */
  readonly catalogueMissing: boolean;
}

/** The file or variable that has the last word on a key, with its line. */
export function whoSet({ layers }: Resolved, path: readonly string[]): string | null {
  const layer: Layer | undefined = layers.findLast(({ value }) => at(value, ...path) !== undefined);
  if (layer === undefined) return null;
  return placed(layer.source, layer.kind === "variable" ? undefined : lineOf(layer.filled, path));
}

/** Where a value of the configuration comes from, for a sentence. */
export function placeOf(resolved: Resolved, by: readonly string[], quote: Quote): string {
  return by.length === 1 ? by[0]! : (whoSet(resolved, by) ?? by.map((key) => quote.text(key)).join("."));
}

/** A file, with the line where that is known. */
export function placed(source: string, line: number | undefined): string {
  return `${show(source)}${line === undefined ? "" : `:${line}`}`;
}
