/** Reads the answers about OpenCode: its version, switches and internet access. Pure. */
import { chunkTimeouts } from "../catalog/chunk-timeout.ts";
import { onlineUses } from "../catalog/online.ts";
import { pluginPolicies } from "../catalog/plugins.ts";
import { refusedIds } from "../catalog/providers.ts";
import { states } from "../catalog/states.ts";
import { describe, names, refused, splitList, understood } from "./parse.ts";
import type { Answers, Parsed, PluginPolicy, State } from "./types.ts";

function acceptOnline(values: readonly string[]): Parsed<readonly string[]> {
  const stray = values.find((value) => !onlineUses.some((use) => use.value === value));
  return stray === undefined
    ? understood([...new Set(values)])
    : refused(
        `${JSON.stringify(stray)} is not a known internet access`,
        `choose from ${names(onlineUses.map((use) => use.value))}, or none`,
      );
}

/** Names of allowed internet access; `none` for nothing. */
export function parseOnline(text: string): Parsed<readonly string[]> {
  return acceptOnline(text.trim() === "none" ? [] : splitList(text));
}

/** A list of names of allowed internet access. */
export function readOnline(value: unknown): Parsed<readonly string[]> {
  return Array.isArray(value) && value.every((item) => typeof item === "string")
    ? acceptOnline(value)
    : refused(`expected a list of names, not ${describe(value)}`, "write  [share], or  []");
}

/** The policy for plugins, by its word. */
export function parsePlugins(text: string): Parsed<PluginPolicy> {
  const policy = pluginPolicies.find(({ value }) => value === text.trim())?.value;
  return policy === undefined
    ? refused(
        `${JSON.stringify(text.trim())} is not a plugin policy`,
        `choose from ${names(pluginPolicies.map(({ value }) => value))}`,
      )
    : understood(policy);
}

/** The form of a provider id outside of the environment. */
export const otherProviderPattern = "^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,48}[A-Za-z0-9])?$";

function acceptOtherProviders(ids: readonly string[], { providers = [] }: Partial<Answers>): Parsed<readonly string[]> {
  const odd = ids.find((id) => !new RegExp(otherProviderPattern).test(id));
  if (odd !== undefined)
    return refused(`${JSON.stringify(odd)} is not a provider id`, "write it as in that configuration, such as local");
  const ours = ids.find((id) => refusedIds.includes(id) || providers.some((each) => each.id === id));
  return ours === undefined
    ? understood([...new Set(ids)])
    : refused(`${ours} is an id of the environment or of the gateway`, "give the one that bypasses the gateway another id");
}

/** Ids of providers that may bypass the gateway; `none` for none. */
export function parseOtherProviders(text: string, earlier: Partial<Answers>): Parsed<readonly string[]> {
  return acceptOtherProviders(text.trim() === "none" ? [] : splitList(text), earlier);
}

/** A list of such ids. */
export function readOtherProviders(value: unknown, earlier: Partial<Answers>): Parsed<readonly string[]> {
  return Array.isArray(value) && value.every((item) => typeof item === "string")
    ? acceptOtherProviders(value, earlier)
    : refused(`expected a list of ids, not ${describe(value)}`, "write  [local], or  []");
}

function acceptChunkTimeout(value: number): Parsed<number | false> {
  const { least, most, proposed } = chunkTimeouts;
  return Number.isInteger(value) && value >= least && value <= most
    ? understood(value)
    : refused(
        `a stream may be silent for ${least} to ${most} milliseconds, in whole numbers`,
        `write a number such as ${proposed}, or false for no limit`,
      );
}

/** Milliseconds, or off. */
export function parseChunkTimeout(text: string): Parsed<number | false> {
  const typed = text.trim().toLowerCase();
  if (["off", "false", "none"].includes(typed)) return understood(false);
  return acceptChunkTimeout(/^\d{1,9}$/.test(typed) ? Number(typed) : Number.NaN);
}

/** A number of milliseconds, or false. */
export function readChunkTimeout(value: unknown): Parsed<number | false> {
  if (value === false) return understood(false);
  return typeof value === "number"
    ? acceptChunkTimeout(value)
    : refused(`expected milliseconds, not ${describe(value)}`, `write a number such as ${chunkTimeouts.proposed}, or false`);
}

/** Where sessions are kept. */
export function parseState(text: string): Parsed<State> {
  const found = states.find(({ value }) => value === text.trim());
  return found === undefined
    ? refused(`sessions cannot be kept in ${JSON.stringify(text)}`, `choose from ${names(states.map(({ value }) => value))}`)
    : understood(found.value);
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
      `OpenCode ${typed} is another major version with another configuration`,
      "choose a version 1.x, or latest (the newest 1.x)",
    );
  }
  return understood(typed);
}

/** A boolean, as people write it in variables. */
export function parseSwitch(text: string): Parsed<boolean> {
  const typed = text.trim().toLowerCase();
  if (["1", "true", "yes", "on"].includes(typed)) return understood(true);
  if (["0", "false", "no", "off"].includes(typed)) return understood(false);
  return refused(`${JSON.stringify(text)} is neither true nor false`, "write true or false");
}

/** True or false. */
export function readSwitch(value: unknown): Parsed<boolean> {
  return typeof value === "boolean"
    ? understood(value)
    : refused(`expected true or false, not ${describe(value)}`, "write true or false");
}
