/** What an environment was made for: its environment.json (templates/.devcontainer/aperture-env/environment.json), which nobody has to trust. */
import { readSettings, type Settings } from "../../connect/settings.ts";
import type { Expectation } from "../../opencode/ways-out.ts";
import { at, entriesAt, isObject, textAt, textsAt } from "./json.ts";

/** Which path on the gateway the package of a provider calls, by the provider's id and the package's name. */
export type Routes = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** What is known of it. */
export interface MadeFor {
  /** The gateway, as an origin. */
  readonly gateway: string;
  /** The version of OpenCode, null where nobody says. */
  readonly version: string | null;
  /** What OpenCode may ask of the internet beside the gateway: `opencode.online` of the spec. */
  readonly online: readonly string[];
  /** What of plugins is let in: `opencode.plugins` of the spec. */
  readonly plugins?: Exclude<Expectation["plugins"], undefined>;
  /** Whether no project's file may override the configuration; null where opencode.json itself has to say. */
  readonly managed: boolean | null;
  /** What requests carry for the gateway's log: `attribution` of the spec, by name. */
  readonly attribution: readonly string[];
  /** Where the volume is mounted that keeps sessions; null where none is asked for. */
  readonly volume: string | null;
  /** What is to be done in the container for the connection. */
  readonly connect?: Settings;
  readonly routes: Routes;
  /** Models that it names and that end, as `provider/model`. */
  readonly ends: readonly ModelEnd[];
}

/** When a model ends. */
export interface ModelEnd {
  readonly model: string;
  /** As YYYY-MM-DD. */
  readonly on: string;
  /** What takes its place, as `provider/model`; empty where nothing does. */
  readonly replacement: string;
}

/** Reads it; null for a text that names no gateway. What else is missing or of another kind is unknown. */
export function readMadeFor(text: string): MadeFor | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const gateway = textAt(value, "origin");
  if (gateway === undefined) return null;
  const managed = at(value, "managed");
  const connect = readSettings(text);
  const plugins = (["pinned", "refuse"] as const).find((policy) => policy === textAt(value, "plugins"));
  return {
    gateway,
    version: textAt(value, "opencode") ?? null,
    online: textsAt(value, "online") ?? [],
    ...(plugins !== undefined && { plugins }),
    managed: typeof managed === "boolean" ? managed : null,
    attribution: textsAt(value, "attribution") ?? [],
    volume: textAt(value, "volume") ?? null,
    ...(connect !== null && { connect }),
    routes: new Map(entriesAt(value, "providers").map(([id, routes]) => [id, new Map(pathsOf(routes))])),
    ends: endsOf(at(value, "ends")),
  };
}

function endsOf(ends: unknown): ModelEnd[] {
  return (Array.isArray(ends) ? (ends as unknown[]) : []).flatMap((end) => {
    const [model, on, replacement = ""] = [textAt(end, "model"), textAt(end, "on"), textAt(end, "replacement")];
    return model === undefined || on === undefined || !/^\d{4}-\d\d-\d\d$/.test(on) ? [] : [{ model, on, replacement }];
  });
}

function pathsOf(routes: unknown): (readonly [npm: string, path: string])[] {
  return (Array.isArray(routes) ? (routes as unknown[]) : []).filter(isObject).flatMap((route) => {
    const { npm, path } = route;
    return typeof npm === "string" && typeof path === "string" ? [[npm, path] as const] : [];
  });
}
