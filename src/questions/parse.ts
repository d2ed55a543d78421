/**
 * How each answer is read: from text (flags, variables, what was typed: `parse…`) and from a plain value of the spec (`read…`). Each gives the
 * value with a word on what was changed, or why it cannot be one and what to write instead. Pure.
 */
import { bases, findBase } from "../catalog/bases.ts";
import { isDevcontainerPath } from "../catalog/files.ts";
import { lifecycleHooks } from "../catalog/hooks.ts";
import { onlineUses } from "../catalog/online.ts";
import type { Answers, BaseChoice, Parsed } from "./types.ts";

/** A value that was understood. */
export const understood = <Value>(value: Value, notes: readonly string[] = []): Parsed<Value> => ({ ok: true, value, notes });
/** Why it is no value, and what to write instead; without a full stop. */
export const refused = (why: string, fix: string): { ok: false; why: string; fix: string } => ({ ok: false, why, fix });
/** For a sentence. */
export const names = (items: Iterable<string>): string => [...items].join(", ");

/** Reads a spec value that has to be text by the rule for text. */
export function readText<Value>(parse: (text: string, earlier: Partial<Answers>) => Parsed<Value>) {
  return (value: unknown, earlier: Partial<Answers>): Parsed<Value> =>
    typeof value === "string" ? parse(value, earlier) : refused(`expected text, not ${describe(value)}`, "put it in quotes");
}

/** What a plain value is, for a sentence. */
export function describe(value: unknown): string {
  if (value === null) return "nothing";
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "a map" : `the ${typeof value} ${String(value)}`;
}

/** Splits `a, b` and `a b`. */
export function splitList(text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}

const maxNameLength = 100;

/** A display name: any text of one line. `${` is what dev container tools would expand, so it loses its `$`. */
export function cleanName(text: string): string {
  const oneLine = text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, " ")
    .replaceAll(/\$+\{/g, "{")
    .trim();
  return [...oneLine].slice(0, maxNameLength).join("").trimEnd() || "aperture-env";
}

/** A name: `cleanName` with a word on what it changed; refuses an empty one. */
export function parseName(text: string): Parsed<string> {
  const name = cleanName(text);
  return text.trim() === ""
    ? refused("the name is empty", "give the project's name")
    : understood(name, name === text ? [] : [`wrote the name as ${name}`]);
}

/** Whether a plain value is a map. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An image reference as github.com/distribution/reference defines it, digest allowed; nothing else can stand after FROM. */
const imageReference =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;
/** An account name as useradd takes it, or a numeric id. */
const account = /^(?:[a-z_][a-z0-9_-]{0,31}|[0-9]{1,10})$/;
/** Stages of our Dockerfile: a builder would take their names for them and not for images. */
const stages = ["opencode", "dev", "ci"];
/** How a base of the user's own is written as a flag. */
export const customForm = "image=<reference>,libc=glibc|musl,user=<account>";

function checkCustomBase(fields: Record<string, unknown>): Parsed<BaseChoice> {
  const stray = Object.keys(fields).find((key) => !["image", "libc", "user"].includes(key));
  if (stray !== undefined) return refused(`a base has no setting ${JSON.stringify(stray)}`, `give ${customForm}`);
  const { image, libc, user } = fields;
  if (typeof image !== "string" || image.length > 255 || !imageReference.test(image)) {
    return refused(
      `${JSON.stringify(image ?? "")} is not an image reference`,
      "write it as docker pull takes it, for instance ghcr.io/acme/dev:1",
    );
  }
  if (stages.includes(image))
    return refused(`${image} is the name of a stage in the Dockerfile`, `write it with its tag, for instance ${image}:latest`);
  if (libc !== "glibc" && libc !== "musl")
    return refused(`the C library of ${image} is not known`, "say libc: glibc, or musl for Alpine");
  if (typeof user === "number") return checkCustomBase({ ...fields, user: String(user) });
  if (typeof user !== "string" || !account.test(user))
    return refused(`the user of ${image} is not known`, "say which account works in it, for instance user: root");
  return understood({ image, libc, user });
}

/** The name of a base, or `customForm`. */
export function parseBase(text: string): Parsed<BaseChoice> {
  const typed = text.trim();
  if (findBase(typed) !== undefined) return understood(typed);
  if (!typed.includes("=")) {
    return refused(`${JSON.stringify(typed)} is not a base`, `choose from ${names(Object.keys(bases))}, or give ${customForm}`);
  }
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const part of typed.split(",")) {
    const equals = part.indexOf("=");
    fields[part.slice(0, equals < 0 ? undefined : equals).trim()] = equals < 0 ? undefined : part.slice(equals + 1).trim();
  }
  return checkCustomBase(fields);
}

function acceptOnline(values: readonly string[]): Parsed<readonly string[]> {
  const stray = values.find((value) => !onlineUses.some((use) => use.value === value));
  return stray === undefined
    ? understood([...new Set(values)])
    : refused(
        `${JSON.stringify(stray)} is nothing that OpenCode can be allowed`,
        `choose from ${names(onlineUses.map((use) => use.value))}, or none`,
      );
}

/** Names of what OpenCode may ask of the internet; `none` for nothing. */
export function parseOnline(text: string): Parsed<readonly string[]> {
  return acceptOnline(text.trim() === "none" ? [] : splitList(text));
}

/** A list of names of what OpenCode may ask of the internet. */
export function readOnline(value: unknown): Parsed<readonly string[]> {
  return Array.isArray(value) && value.every((item) => typeof item === "string")
    ? acceptOnline(value)
    : refused(`expected a list of names, not ${describe(value)}`, "write  [share], or  []");
}

/** The name of a base, or the map `{ image, libc, user }`. */
export function readBase(value: unknown): Parsed<BaseChoice> {
  if (typeof value === "string") return parseBase(value);
  return isMap(value)
    ? checkCustomBase(value)
    : refused(`expected a base, not ${describe(value)}`, `choose from ${names(Object.keys(bases))}`);
}

function acceptDevcontainers(typed: readonly string[]): Parsed<readonly string[]> {
  const values = typed.map((value) => value.replace(/^\.\/(?=\.)/, ""));
  if (values.length === 0) return refused("no dev container is named", "give the path of one, or all");
  if (values.includes("all")) return understood(["all"]);
  const stray = values.find((value) => !isDevcontainerPath(value));
  return stray === undefined
    ? understood([...new Set(values)].sort())
    : refused(
        `${JSON.stringify(stray)} is no place of a dev container`,
        "write .devcontainer/devcontainer.json, .devcontainer.json, .devcontainer/<name>/devcontainer.json, or all",
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

/** Variables that decide where OpenCode goes; a dev container's own would stand above the image's. */
const ownVariables: Readonly<Record<string, string>> = {
  APERTURE_URL: "aperture.url says where the gateway is",
  OPENCODE_CONFIG: "the environment names its own configuration by it",
};
const maxEntries = 50;

/** One line of up to 2,000 characters without control characters. */
function isLine(value: unknown): value is string {
  return typeof value === "string" && value.length <= 2000 && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(value);
}

/** Gives the entries in a fixed order: nothing depends on the one in which they were written. */
function acceptMap(
  entries: readonly (readonly [string, unknown])[],
  check: (name: string) => { why: string; fix: string } | null,
  compare: (left: string, right: string) => number,
): Parsed<Readonly<Record<string, string>>> {
  if (entries.length > maxEntries) return refused(`more than ${maxEntries} entries`, "keep to those that are needed");
  const accepted = new Map<string, string>();
  for (const [name, value] of entries) {
    const problem = check(name);
    if (problem !== null) return refused(problem.why, problem.fix);
    // Other numbers are not written back as they were: 1.10 is 1.1 by now.
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
    ? { why: `${name} is set by the environment itself`, fix: `${ownVariables[name]}: leave it out` }
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
  return isMap(value)
    ? acceptMap(Object.entries(value), checkVariable, byName)
    : refused(`expected a map of variables, not ${describe(value)}`, "write  { TZ: UTC }");
}

/** `hook=command`, a hook a line. */
export function parseHooks(text: string): Parsed<Readonly<Record<string, string>>> {
  return acceptHooks(splitMap(text));
}

/** A map from hooks to commands. */
export function readHooks(value: unknown): Parsed<Readonly<Record<string, string>>> {
  return isMap(value)
    ? acceptHooks(Object.entries(value))
    : refused(`expected a map of hooks, not ${describe(value)}`, "write  { postCreateCommand: npm ci }");
}

/** Ports as the schema of devcontainer.json takes them. */
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
  if (ports.length > maxEntries) return refused(`more than ${maxEntries} ports`, "keep to those that are needed");
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

const version = /^(?:latest|(\d{1,4})\.\d{1,6}\.\d{1,6})$/;

/** A version of the first major line, or `latest`. */
export function parseOpencode(text: string): Parsed<string> {
  const typed = text.trim().replace(/^v(?=\d)/, "");
  const match = version.exec(typed);
  if (match === null)
    return refused(`${JSON.stringify(text.trim())} is not a version of OpenCode`, "write one as 1.18.18, or latest");
  if (match[1] !== undefined && match[1] !== "1") {
    return refused(
      `OpenCode ${typed} is of another major line, whose config differs`,
      "choose a version 1.x, or latest (the newest 1.x)",
    );
  }
  return understood(typed);
}

/** Yes or no, as people write them in variables. */
export function parseSwitch(text: string): Parsed<boolean> {
  const typed = text.trim().toLowerCase();
  if (["1", "true", "yes", "on"].includes(typed)) return understood(true);
  if (["0", "false", "no", "off"].includes(typed)) return understood(false);
  return refused(`${JSON.stringify(text)} is neither yes nor no`, "write true or false");
}

/** True or false. */
export function readSwitch(value: unknown): Parsed<boolean> {
  return typeof value === "boolean"
    ? understood(value)
    : refused(`expected true or false, not ${describe(value)}`, "write true or false");
}
