/**
 * The pure parts of `npm run refresh`: choosing the release to pin, and extracting the model catalogue from OpenCode's binary.
 *
 * OpenCode's executables carry their program as minified JavaScript text, and in it a snapshot of models.dev's `api.json` as an object
 * literal; read in the Linux packages of opencode-ai 1.18.18. Nothing here touches the network, the disk or another program.
 */
import { runInNewContext } from "node:vm";
import { isRecord } from "../../forms.ts";
import type { Catalogue, CatalogueModel, CatalogueProvider } from "../models.ts";
import type { Selection } from "./selections.ts";

export type { Catalogue } from "../models.ts";

/** The function that loads the catalogue compares this variable just before it falls back to the snapshot; property names survive minifying. */
const marker = "OPENCODE_MODELS_PATH===void 0";

/** The snapshot began 130 bytes behind the marker in 1.18.18. The rest is room for change, not the whole program with all its literals. */
const searchedBehindMarker = 65_536;

/** `({"some-provider":{id:`, where the first field may be any that a provider of models.dev has. */
const catalogueStart =
  /\(\s*\{\s*(?:"(?:[^"\\]|\\.)+"|'(?:[^'\\]|\\.)+'|[\w$]+)\s*:\s*\{\s*["']?(?:id|env|npm|api|name|doc|models)["']?\s*:/;

/** The catalogue's object literal in the bytes of an OpenCode binary, as JavaScript source. Throws where there is none. */
export function findLiteral(binary: Buffer): string {
  let marked = binary.indexOf(marker);
  if (marked === -1) throw new Error(`The binary has no ${marker}: this OpenCode loads its catalogue in another way.`);
  for (; marked !== -1; marked = binary.indexOf(marker, marked + 1)) {
    // latin1: one character per byte, so that an index into the text is an offset into the bytes.
    const behind = binary.toString("latin1", marked, marked + searchedBehindMarker);
    const found = catalogueStart.exec(behind);
    if (found === null) continue;
    const start = marked + found.index + found[0].indexOf("{");
    return binary.toString("utf8", start, findEnd(binary, start));
  }
  throw new Error(`The binary has no object of providers behind ${marker}: this OpenCode keeps its catalogue in another form.`);
}

const closing: Readonly<Record<string, string>> = { "{": "}", "[": "]", "(": ")", "`": "`" };

/**
 * The offset after the object literal that starts at `start`. Reads bytes: the syntax is ASCII, and UTF-8 has no ASCII inside other
 * characters. Regular expression literals are not understood; data has none.
 */
function findEnd(binary: Buffer, start: number): number {
  /** The closing brackets that are still missing, innermost last. */
  const open: string[] = [];
  for (let at = start; at < binary.length; at++) {
    const character = String.fromCharCode(binary[at]!);
    const next = String.fromCharCode(binary[at + 1] ?? 0);
    if (open.at(-1) === "`") {
      if (character === "\\") at++;
      else if (character === "`") open.pop();
      else if (character === "$" && next === "{") {
        open.push("}");
        at++;
      }
    } else if (character === '"' || character === "'") at = findEndOfString(binary, at);
    else if (character === "/" && next === "*") at = find(binary, "*/", at + 2) + 1;
    else if (character === "/" && next === "/") at = find(binary, "\n", at + 2);
    else if (character in closing) open.push(closing[character]!);
    else if (character === "}" || character === "]" || character === ")") {
      if (open.pop() !== character) throw new Error(`The catalogue's brackets do not match: ${character} at byte ${at}.`);
      if (open.length === 0) return at + 1;
    }
  }
  throw new Error("The catalogue in the binary has no end: a bracket or a quote stays open.");
}

/** The offset of the quote that ends the string at `start`. */
function findEndOfString(binary: Buffer, start: number): number {
  for (let at = start + 1; at < binary.length; at++) {
    const character = String.fromCharCode(binary[at]!);
    if (character === "\\") at++;
    else if (binary[at] === binary[start]) return at;
    else if (character === "\n") break;
  }
  throw new Error(`A string in the catalogue, at byte ${start}, has no end.`);
}

function find(binary: Buffer, text: string, from: number): number {
  const at = binary.indexOf(text, from);
  if (at === -1) throw new Error(`A comment in the catalogue, at byte ${from - 2}, has no end.`);
  return at;
}

/**
 * The value of an object literal. Evaluated rather than parsed because it is JavaScript (`!0`, `void 0`, template strings), in a context that
 * is empty, and turned into JSON there: the result is text, never a foreign object.
 */
export function evaluateLiteral(literal: string): unknown {
  const json: unknown = runInNewContext(`JSON.stringify((${literal}))`, Object.create(null) as object, {
    timeout: 10_000,
    contextCodeGeneration: { strings: false, wasm: false },
  });
  if (typeof json !== "string") throw new Error("The catalogue in the binary is not data.");
  return JSON.parse(json);
}

/**
 * A value as a catalogue, or an error that names what is wrong. The snapshot in 1.18.18 has 184 providers, so 100 or fewer mean that
 * something else was found.
 */
export function checkCatalogue(value: unknown, wanted: readonly string[]): Catalogue {
  if (!isRecord(value)) throw new Error("The catalogue is not an object.");
  const count = Object.keys(value).length;
  if (count <= 100) throw new Error(`The catalogue has ${count} providers, and more than 100 were expected.`);
  const missing = wanted.filter((id) => !Object.hasOwn(value, id));
  if (missing.length > 0) throw new Error(`The catalogue lacks ${missing.join(", ")}.`);
  for (const [id, provider] of Object.entries(value)) {
    if (!isRecord(provider) || provider["id"] !== id || typeof provider["name"] !== "string" || !isRecord(provider["models"])) {
      throw new Error(`The catalogue's provider ${id} does not have an id, a name and models.`);
    }
    for (const [modelId, model] of Object.entries(provider["models"])) {
      if (!isRecord(model) || model["id"] !== modelId || !hasLimit(model)) {
        throw new Error(`The catalogue's model ${id}/${modelId} does not have an id and limits.`);
      }
    }
  }
  return value as Catalogue;
}

function hasLimit(model: Readonly<Record<string, unknown>>): boolean {
  const { limit } = model;
  return isRecord(limit) && typeof limit["context"] === "number" && typeof limit["output"] === "number";
}

/**
 * Whether a coding agent can use a model: it calls tools, answers in text only (image and realtime models do not), is not an embedding
 * model, and is not about to be switched off.
 */
export function isForCoding(model: CatalogueModel): boolean {
  const { status, tool_call: callsTools, modalities } = model;
  const output = isRecord(modalities) ? modalities["output"] : undefined;
  return (
    status !== "deprecated" &&
    callsTools === true &&
    Array.isArray(output) &&
    output.length > 0 &&
    output.every((modality) => modality === "text") &&
    !/\b(?:image|embedding|realtime)\b/.test(`${model.id} ${String(model["family"] ?? "")}`)
  );
}

/** A model's fields that OpenCode 1.18.18 does not read (its `ModelsDev` schema, read in the binary), or that only people read. */
const unread = ["canonical_model_id", "description", "knowledge", "last_updated", "open_weights", "structured_output"];

/** The day of a catalogue's newest entry. Throws if no entry has one. */
export function dateOf(catalogue: Catalogue): string {
  const days = Object.values(catalogue).flatMap(({ models }) =>
    Object.values(models).map((model) => String(model["last_updated"])),
  );
  const newest = days
    .filter((day) => /^\d{4}-\d{2}-\d{2}$/.test(day))
    .sort()
    .at(-1);
  if (newest === undefined) throw new Error("The catalogue says of no model when it was last updated.");
  return newest;
}

/** Models with a known end date. Environments may still name them, so they stay in the catalogue, taken from the previous one if the new one lacks them. */
export interface Retiring {
  /** By provider. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
  readonly last: Catalogue;
}

/**
 * The wanted providers, in that order, with their selected coding models, by id. Fields that OpenCode does not read are dropped, and so is every
 * address: OpenCode falls back to the catalogue's address if a base URL is empty, and prefers a model's own address (read in its binary).
 */
export function reduceCatalogue(
  catalogue: Catalogue,
  wanted: readonly string[],
  selections: Readonly<Record<string, Selection>> = {},
  retiring: Retiring = { ids: {}, last: {} },
): Catalogue {
  return Object.fromEntries(
    wanted.map((id): [string, CatalogueProvider] => {
      const { doc: _doc, api: _api, models, ...provider } = catalogue[id]!;
      const forCoding = Object.values(models).filter((model) => isForCoding(model) && model["provider"] === undefined);
      const selected = select(forCoding, selections[id] ?? {});
      const kept = new Map([...keepRetiring(id, models, retiring), ...selected].map((model) => [model.id, model]));
      const usable = [...kept.values()]
        .sort((left, right) => (left.id < right.id ? -1 : 1))
        .map((model): [string, CatalogueModel] => [
          model.id,
          Object.fromEntries(Object.entries(model).filter(([field]) => !unread.includes(field))) as CatalogueModel,
        ]);
      if (usable.length === 0) throw new Error(`The catalogue has no model of ${id} that a coding agent can use.`);
      return [id, { ...provider, models: Object.fromEntries(usable) } as CatalogueProvider];
    }),
  );
}

/** OpenCode offers no model whose `status` is `deprecated` (read in its binary), so that goes. */
function keepRetiring(id: string, models: CatalogueProvider["models"], { ids, last }: Retiring): CatalogueModel[] {
  const lastModels = modelsOf(last, id);
  return (ids[id] ?? []).flatMap((name): CatalogueModel[] => {
    const found = Object.hasOwn(models, name) ? models[name] : Object.hasOwn(lastModels, name) ? lastModels[name] : undefined;
    if (found === undefined || found["provider"] !== undefined) return [];
    const { status: _status, ...model } = found;
    return [model as CatalogueModel];
  });
}

function select(models: readonly CatalogueModel[], { months, keep, drop }: Selection): CatalogueModel[] {
  const dates = models.map((model) => String(model["release_date"] ?? ""));
  const [newest = ""] = dates.toSorted().reverse();
  const oldest = months === undefined ? "" : dayBefore(newest, months);
  return models.filter(
    (model, index) =>
      dates[index]! >= oldest && (keep === undefined || keep.test(model.id)) && (drop === undefined || !drop.test(model.id)),
  );
}

/** A day this many months before another, both as YYYY-MM-DD. For comparisons only: it may be the 31st of a month with 30 days. */
function dayBefore(day: string, months: number): string {
  const month = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1 - months;
  return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}${day.slice(7)}`;
}

/** A catalogue as JSON with one model per line, so that a diff shows which models changed. */
export function printCatalogue(catalogue: Catalogue): string {
  const printed = Object.entries(catalogue).map(([id, { models, ...provider }]) => {
    const fields = Object.entries(provider).map(([name, value]) => `    ${printField(name, value)},\n`);
    const lines = Object.entries(models).map(([modelId, model]) => `      ${printField(modelId, model)}`);
    return `  ${JSON.stringify(id)}: {\n${fields.join("")}    "models": {\n${lines.join(",\n")}\n    }\n  }`;
  });
  return `{\n${printed.join(",\n")}\n}\n`;
}

function printField(name: string, value: unknown): string {
  return `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
}

/** What changed in each provider's models, for people: a line per provider, and one per model that was added, removed or changed. */
export function describeChanges(before: Catalogue, after: Catalogue): string[] {
  const ids = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  return ids.flatMap((id) => {
    const [old, now] = [modelsOf(before, id), modelsOf(after, id)];
    const all = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
    const changes = all.flatMap((model) => {
      if (!Object.hasOwn(old, model)) return [`  + ${model}`];
      if (!Object.hasOwn(now, model)) return [`  - ${model}`];
      return JSON.stringify(old[model]) === JSON.stringify(now[model]) ? [] : [`  ~ ${model}`];
    });
    return [`${id}: ${Object.keys(now).length} models${changes.length === 0 ? ", as before" : ""}`, ...changes];
  });
}

function modelsOf(catalogue: Catalogue, id: string): CatalogueProvider["models"] {
  return Object.hasOwn(catalogue, id) ? catalogue[id]!.models : {};
}
