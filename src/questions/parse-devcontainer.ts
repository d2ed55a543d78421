/** Reads the dev containers to use, and their variables, ports and hooks. Pure. */
import { isDevcontainerPath } from "../catalog/files.ts";
import { lifecycleHooks } from "../catalog/hooks.ts";
import { isRecord } from "../forms.ts";
import { describe, names, refused, splitList, understood } from "./parse.ts";
import type { Parsed } from "./types.ts";

function acceptDevcontainers(typed: readonly string[]): Parsed<readonly string[]> {
  const values = typed.map((value) => value.replace(/^\.\//, ""));
  if (values.length === 0) return refused("no dev container is named", "give the path of one, or all");
  if (values.includes("all")) return understood(["all"]);
  const stray = values.find((value) => !isDevcontainerPath(value));
  return stray === undefined
    ? understood([...new Set(values)].sort())
    : refused(
        `${JSON.stringify(stray)} is not a path of a devcontainer.json`,
        "write .devcontainer/devcontainer.json, .devcontainer.json or .devcontainer/<name>/devcontainer.json, with the folder in front where it is one below, or all",
      );
}

/** Paths of dev containers, separated by commas, or `all`. */
export function parseDevcontainers(text: string): Parsed<readonly string[]> {
  return acceptDevcontainers(
    text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  );
}

/** A list of paths, or `all`. */
export function readDevcontainers(value: unknown): Parsed<readonly string[]> {
  if (value === "all") return understood(["all"]);
  return Array.isArray(value) && value.every((item) => typeof item === "string")
    ? acceptDevcontainers(value)
    : refused(`expected all or a list of paths, not ${describe(value)}`, "write  [.devcontainer/devcontainer.json]");
}

/** Variables that decide where OpenCode connects to. A dev container's value would override the image's. */
const ownVariables: Readonly<Record<string, string>> = {
  APERTURE_URL: "set aperture.url in the spec",
  OPENCODE_CONFIG: "it names the environment's configuration",
};

const maxEntries = 50;

/** One line of up to 2,000 characters without control characters. */
function isLine(value: unknown): value is string {
  return typeof value === "string" && value.length <= 2000 && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(value);
}

/** Gives the entries in a fixed order, independent of the written order. */
function acceptMap(
  entries: readonly (readonly [string, unknown])[],
  check: (name: string) => { why: string; fix: string } | null,
  compare: (left: string, right: string) => number,
): Parsed<Readonly<Record<string, string>>> {
  if (entries.length > maxEntries) return refused(`more than ${maxEntries} entries`, "remove some");
  const accepted = new Map<string, string>();
  for (const [name, value] of entries) {
    const problem = check(name);
    if (problem !== null) return refused(problem.why, problem.fix);
    if (value === undefined) return refused(`${name} has no value`, `write ${name}=… and the value in quotes`);
    // Other numbers lose their spelling: 1.10 is read as 1.1.
    const text = typeof value === "boolean" || Number.isSafeInteger(value) ? String(value) : value;
    if (!isLine(text)) return refused(`the value of ${name} is not one line of text`, "put it in quotes, on one line");
    accepted.set(name, text);
  }
  return understood(Object.fromEntries([...accepted].sort(([left], [right]) => compare(left, right))));
}

/** Reads `name=value`, an entry a line. */
function splitMap(text: string): (readonly [string, unknown])[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const equals = line.indexOf("=");
      return equals < 0 ? ([line.trim(), undefined] as const) : ([line.slice(0, equals).trim(), line.slice(equals + 1)] as const);
    });
}

function checkVariable(name: string): { why: string; fix: string } | null {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(name) || name === "__proto__")
    return { why: `${JSON.stringify(name)} is not the name of a variable`, fix: "letters, digits and _ are allowed" };
  return Object.hasOwn(ownVariables, name)
    ? { why: `${name} is set by the environment`, fix: `leave it out: ${ownVariables[name]}` }
    : null;
}

function checkHook(name: string): { why: string; fix: string } | null {
  return lifecycleHooks.includes(name)
    ? null
    : { why: `${JSON.stringify(name)} is not a hook that runs in a container`, fix: `choose from ${names(lifecycleHooks)}` };
}

const byName = (left: string, right: string): number => (left < right ? -1 : 1);

/** In the order in which they run. */
function acceptHooks(entries: readonly (readonly [string, unknown])[]): Parsed<Readonly<Record<string, string>>> {
  const empty = entries.find(([, value]) => typeof value === "string" && value.trim() === "");
  if (empty !== undefined) return refused(`${empty[0]} has no command`, "leave it out");
  return acceptMap(entries, checkHook, (left, right) => lifecycleHooks.indexOf(left) - lifecycleHooks.indexOf(right));
}

/** `name=value`, a variable a line. */
export function parseContainerEnv(text: string): Parsed<Readonly<Record<string, string>>> {
  return acceptMap(splitMap(text), checkVariable, byName);
}

/** A map from variables to values. */
export function readContainerEnv(value: unknown): Parsed<Readonly<Record<string, string>>> {
  return isRecord(value)
    ? acceptMap(Object.entries(value), checkVariable, byName)
    : refused(`expected a map of variables, not ${describe(value)}`, "write  { TZ: UTC }");
}

/** `hook=command`, a hook a line. */
export function parseHooks(text: string): Parsed<Readonly<Record<string, string>>> {
  return acceptHooks(splitMap(text));
}

/** A map from hooks to commands. */
export function readHooks(value: unknown): Parsed<Readonly<Record<string, string>>> {
  return isRecord(value)
    ? acceptHooks(Object.entries(value))
    : refused(`expected a map of hooks, not ${describe(value)}`, "write  { postCreateCommand: npm ci }");
}

/** Ports as the schema of devcontainer.json allows them. */
function acceptPorts(values: readonly unknown[]): Parsed<readonly (number | string)[]> {
  const ports: (number | string)[] = [];
  for (const value of values) {
    const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
    const [, host, digits] = /^(?:([a-z0-9-]{1,100}):)?(\d{1,5})$/.exec(text) ?? [];
    const number = Number(digits);
    if (digits === undefined || number < 1 || number > 65535)
      return refused(`${JSON.stringify(value)} is not a port`, "write a number from 1 to 65535, or service:port");
    ports.push(host === undefined ? number : `${host}:${number}`);
  }
  if (ports.length > maxEntries) return refused(`more than ${maxEntries} ports`, "remove some");
  return understood([...new Set(ports)]);
}

/** Ports, or `service:port`. */
export function parsePorts(text: string): Parsed<readonly (number | string)[]> {
  return acceptPorts(splitList(text));
}

/** A list of ports. */
export function readPorts(value: unknown): Parsed<readonly (number | string)[]> {
  return Array.isArray(value) ? acceptPorts(value) : refused(`expected a list of ports, not ${describe(value)}`, "write  [3000]");
}
