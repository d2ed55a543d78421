/**
 * What OpenCode 1.18 makes of all its configuration files: the layers in their order, variables and files put in, merged. Read in its source and
 * held against `opencode debug config` by test/opencode/doctor-config.test.ts. Not judged here: configuration from a server (`wellknown` entries
 * of auth.json, an organisation of opencode.ai) and macOS's managed preferences.
 */
import { isObject, parseJsonc, type JsonObject } from "./json.ts";
import { quoteFrom, type Quote } from "./quote.ts";
import { substitute, veil, writtenLine, type Filled } from "./substitute.ts";
import { foldersUp, parentOf, worktreeOf, type World } from "./world.ts";

/** One file or variable that sets something. */
export interface Layer {
  /** A path, or the name of a variable. */
  readonly source: string;
  readonly kind: "global" | "environment" | "project" | "folder" | "variable" | "managed";
  readonly filled: Filled;
  readonly value: JsonObject;
}

/** Something that OpenCode does not start with. */
export interface Problem {
  readonly code: "config-unreadable" | "config-reference" | "config-invalid";
  readonly source: string;
  readonly why: string;
  readonly line?: number;
}

/** The whole configuration. */
export interface Resolved {
  readonly config: JsonObject;
  /** Lowest first. */
  readonly layers: readonly Layer[];
  readonly problems: readonly Problem[];
  /** `.opencode` folders that are in play, in the project and in the home. */
  readonly folders: readonly string[];
  readonly worktree: string;
}

interface Wanted {
  readonly source: string;
  readonly kind: Layer["kind"];
  readonly text?: string;
}

/** What says yes to OpenCode (`Flag.truthy`). */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && ["1", "true"].includes(value.toLowerCase());
}

/** Where OpenCode looks, lowest first, and the `.opencode` folders among it. */
function places(world: World): {
  readonly wanted: readonly Wanted[];
  readonly folders: readonly string[];
  readonly worktree: string;
} {
  const { env, home, cwd } = world;
  const worktree = worktreeOf(world);
  const up = isOn(env["OPENCODE_DISABLE_PROJECT_CONFIG"]) ? [] : foldersUp(cwd, worktree);
  const global = `${env["XDG_CONFIG_HOME"] || `${home}/.config`}/opencode`;
  const folders = [...new Set([...up.map((folder) => join(folder, ".opencode")), join(home, ".opencode")])].filter((folder) =>
    world.exists(folder),
  );
  const own = env["OPENCODE_CONFIG_DIR"];
  const managed = env["OPENCODE_TEST_MANAGED_CONFIG_DIR"] || "/etc/opencode";
  const both = (folder: string, kind: Layer["kind"]): Wanted[] =>
    ["opencode.json", "opencode.jsonc"].map((name) => ({ source: join(folder, name), kind }));
  const wanted: Wanted[] = [
    { source: join(global, "config.json"), kind: "global" },
    ...both(global, "global"),
    ...(env["OPENCODE_CONFIG"] ? [{ source: absolute(env["OPENCODE_CONFIG"], cwd), kind: "environment" as const }] : []),
    ...up.toReversed().flatMap((folder) => both(folder, "project")),
    ...[...new Set([...folders, ...(own ? [absolute(own, cwd)] : [])])].flatMap((folder) => both(folder, "folder")),
    ...(env["OPENCODE_CONFIG_CONTENT"]
      ? [{ source: "OPENCODE_CONFIG_CONTENT", kind: "variable" as const, text: env["OPENCODE_CONFIG_CONTENT"] }]
      : []),
    ...both(managed, "managed"),
  ];
  return { wanted, folders, worktree };
}

function join(folder: string, name: string): string {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}

function absolute(path: string, cwd: string): string {
  return path.startsWith("/") ? path : join(cwd, path);
}

/** Reads and merges everything. */
export function resolveConfig(world: World): Resolved {
  const { wanted, folders, worktree } = places(world);
  const layers: Layer[] = [];
  const problems: Problem[] = [];
  for (const { source, kind, text } of wanted) {
    const read = text === undefined ? world.read(source) : { kind: "text" as const, text };
    // A file that this account may not read counts as none; a folder in its place ends the start.
    if (read.kind === "unreadable" && read.why === "EISDIR")
      problems.push({ code: "config-unreadable", source, why: "it is a folder" });
    if (read.kind !== "text" || read.text === "") continue;
    const loaded = load(read.text, text === undefined ? parentOf(source) : world.cwd, world, text === undefined ? null : source);
    if (loaded.ok) layers.push({ source, kind, filled: loaded.filled, value: loaded.value });
    else problems.push({ ...loaded.problem, source });
  }
  return { config: mergeLayers(layers), layers, problems, folders, worktree };
}

type Loaded =
  | { readonly ok: true; readonly filled: Filled; readonly value: JsonObject }
  | { readonly ok: false; readonly problem: Omit<Problem, "source"> };

/** Reads one file, or a variable: its value is in nobody's file, so that all of it is shown as if it were put in. */
export function load(text: string, folder: string, world: Pick<World, "home" | "read" | "env">, variable: string | null): Loaded {
  const substituted = substitute(text, folder, world, world.env);
  if (!substituted.ok) {
    const reference = variable === null ? substituted.reference : `{env:${variable}}`;
    const why = substituted.why === "too-large" ? "puts in more than any configuration holds" : "cannot be read";
    return { ok: false, problem: { code: "config-reference", why: `${reference} ${why}` } };
  }
  const filled = variable === null ? substituted : veil(substituted.text, `{env:${variable}}`);
  const parsed = parseJsonc(filled.text);
  if (!parsed.ok) {
    const line = variable === null ? { line: writtenLine(filled, parsed.offset) } : {};
    return { ok: false, problem: { code: "config-unreadable", why: parsed.why, ...line } };
  }
  const wrong = findWrongType(parsed.value, quoteFrom([filled]));
  if (wrong !== null) return { ok: false, problem: { code: "config-invalid", why: wrong } };
  return { ok: true, filled, value: parsed.value as JsonObject };
}

const isText = (value: unknown): boolean => typeof value === "string";
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isMap = (value: unknown): boolean => isObject(value);

/** Of the keys that matter here, what OpenCode takes; it refuses to start on anything else and passes over keys that it does not know. */
const types: Readonly<Record<string, readonly [test: (value: unknown) => boolean, wanted: string]>> = {
  model: [isText, "a text"],
  small_model: [isText, "a text"],
  enabled_providers: [isTexts, "a list of texts"],
  disabled_providers: [isTexts, "a list of texts"],
  instructions: [isTexts, "a list of texts"],
  username: [isText, "a text"],
  provider: [isMap, "an object"],
  share: [(value) => ["manual", "auto", "disabled"].includes(value as string), "manual, auto or disabled"],
  autoupdate: [(value) => typeof value === "boolean" || value === "notify", "true, false or notify"],
};

function findWrongType(value: unknown, quote: Quote): string | null {
  if (!isObject(value)) return "it is not an object";
  for (const [key, [test, wanted]] of Object.entries(types))
    if (value[key] !== undefined && !test(value[key])) return `${key} is not ${wanted}`;
  for (const [id, provider] of Object.entries(isObject(value["provider"]) ? value["provider"] : {})) {
    const name = `provider.${quote.text(id)}`;
    if (!isObject(provider)) return `${name} is not an object`;
    for (const key of ["options", "models"])
      if (provider[key] !== undefined && !isObject(provider[key])) return `${name}.${key} is not an object`;
    for (const key of ["npm", "api", "name"])
      if (provider[key] !== undefined && typeof provider[key] !== "string") return `${name}.${key} is not a text`;
  }
  return null;
}

/** Objects merge, everything else is replaced; `instructions` add up between layers, but not among the global files. */
function mergeLayers(layers: readonly Layer[]): JsonObject {
  const merge = (kinds: readonly Layer[]): JsonObject =>
    kinds.reduce<JsonObject>((config, { value }) => mergeDeep(config, value), {});
  const global = merge(layers.filter(({ kind }) => kind === "global"));
  return layers
    .filter(({ kind }) => kind !== "global")
    .reduce<JsonObject>((config, { value }) => {
      const merged = mergeDeep(config, value);
      const [before, after] = [config["instructions"], value["instructions"]];
      return Array.isArray(before) && Array.isArray(after)
        ? { ...merged, instructions: [...new Set<unknown>([...before, ...after])] }
        : merged;
    }, global);
}

function mergeDeep(left: JsonObject, right: JsonObject): JsonObject {
  // No prototype, so that a key `__proto__` of a file is a key like any other.
  const merged: Record<string, unknown> = Object.assign(Object.create(null), left);
  for (const [key, value] of Object.entries(right)) {
    const before = merged[key];
    merged[key] = isObject(before) && isObject(value) ? mergeDeep(before, value) : value;
  }
  return merged;
}
