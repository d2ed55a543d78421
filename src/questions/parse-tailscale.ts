/** Reads and writes the answers about Tailscale's programs and nodes. Pure. */
import {
  architectures,
  isSum,
  isTailscaleVersion,
  pinnedTailscale,
  tailscaleTarballs,
  tarballUrl,
} from "../catalog/tailscale.ts";
import { isImageReference } from "../catalog/image-reference.ts";
import type { Architecture } from "../catalog/release.ts";
import { isRecord } from "../forms.ts";
import { withoutEndSlashes } from "../text/address.ts";
import { describe, names, notText, refused, understood } from "./parse.ts";
import type { Answers, ConnectionChoice, Parsed, TailscaleChoice } from "./types.ts";

/** The form of several settings in one text. */
export const tailscaleForm = "version=…,login_server=…,tags=tag:a tag:b,key=…";

type Key = keyof TailscaleChoice;

/** Spec keys, in the order in which they are written. */
const keys: Readonly<Record<string, Key>> = {
  version: "version",
  url: "url",
  sha256: "sha256",
  image: "image",
  feature: "feature",
  login_server: "loginServer",
  tags: "tags",
  key: "key",
};

/** Why a text is not valid for a key, and what to write instead; null if it is valid. */
const judges: Readonly<Record<string, (text: string) => readonly [why: string, fix: string] | null>> = {
  version: (text) =>
    text === "latest" || isTailscaleVersion(text)
      ? null
      : [`${JSON.stringify(text)} is not a version of Tailscale`, `write one as ${pinnedTailscale.version}, or latest`],
  url: (text) => judgeUrl(tarballUrl(text, "1.2.3", "amd64"), text, tailscaleTarballs),
  image: (text) =>
    isImageReference(text) ? null : [`${JSON.stringify(text)} is not an image name`, "write one as tailscale/tailscale@sha256:…"],
  feature: (text) =>
    /^[A-Za-z0-9.][A-Za-z0-9._:@/-]{1,300}$/.test(text)
      ? null
      : [`${JSON.stringify(text)} is not a Feature name`, "write it as devcontainer.json does"],
  login_server: (text) => judgeUrl(text, text, "https://headscale.example.com"),
  key: (text) =>
    /^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(text)
      ? null
      : ["this is the name of a variable, never the secret itself", "write the variable's name, such as TS_AUTHKEY"],
};

function judgeUrl(filled: string, text: string, example: string): readonly [string, string] | null {
  const url = /^https?:\/\/[!-~]{1,400}$/.test(text) && URL.canParse(filled) ? new URL(filled) : null;
  if (url === null || /["'`\\,{}$]/.test(filled)) return [`${JSON.stringify(text)} is no web address`, `write it as ${example}`];
  return url.username === "" && url.password === "" && !/[?#]/.test(filled)
    ? null
    : ["the address contains a login or a query, and this file is committed", "take it out"];
}

/** The proposal: the pinned version if the connection needs the programs. */
export function proposeTailscale(connection: ConnectionChoice | undefined): TailscaleChoice | null {
  const words = typeof connection === "string" ? [connection] : Object.values(connection ?? {});
  return words.includes("userspace") ? { version: pinnedTailscale.version } : null;
}

/** Whether a value from a lock has the form of an answer. */
export function isTailscaleChoice(value: unknown): value is TailscaleChoice | null {
  if (!isRecord(value)) return value === null;
  const known: readonly string[] = Object.values(keys);
  return Object.keys(value).every((name) => known.includes(name)) && readTailscale(writeTailscale(value as TailscaleChoice)).ok;
}

/** Reads a map of the spec. An empty map means the lock's or the pinned version. */
export function readTailscale(value: unknown): Parsed<TailscaleChoice | null> {
  if (value === null || value === false) return understood(null);
  if (!isRecord(value))
    return refused(`expected a map, not ${describe(value)}`, `write  { version: ${pinnedTailscale.version} }`);
  const choice: { -readonly [Name in Key]?: unknown } = {};
  const stray = Object.keys(value).find((key) => !Object.hasOwn(keys, key));
  if (stray !== undefined) return refused(`there is no key ${JSON.stringify(stray)}`, `the keys are ${names(Object.keys(keys))}`);
  for (const [key, name] of Object.entries(keys)) {
    const given = value[key];
    if (given === undefined || given === null) continue;
    const read = key === "sha256" ? readSums(given) : key === "tags" ? readTags(given) : readField(key, given);
    if (!read.ok) return refused(`${key}: ${read.why}`, read.fix);
    choice[name] = read.value;
  }
  return judgeWhole(choice as TailscaleChoice);
}

function readField(key: string, given: unknown): Parsed<string> {
  if (typeof given !== "string") return notText(given);
  const text = key === "version" ? given.trim().replace(/^v(?=\d)/, "") : withoutEndSlashes(given.trim());
  const problem = judges[key]!(text);
  return problem === null ? understood(text) : refused(...problem);
}

function readSums(given: unknown): Parsed<NonNullable<TailscaleChoice["sha256"]>> {
  const no = (what: string): Parsed<never> =>
    refused(`${what} is not a sha256`, "write 64 hexadecimal digits, or { amd64: …, arm64: … }");
  const sumOf = (text: unknown): string => String(text).trim().toLowerCase();
  if (typeof given === "string") return isSum(sumOf(given)) ? understood(sumOf(given)) : no(JSON.stringify(given));
  if (!isRecord(given) || Object.keys(given).length === 0) return no(describe(given));
  const sums: Partial<Record<Architecture, string>> = {};
  const stray = Object.keys(given).find((arch) => !architectures.includes(arch as Architecture));
  if (stray !== undefined)
    return refused(`${JSON.stringify(stray)} is not a known architecture`, `choose from ${names(architectures)}`);
  for (const arch of architectures) {
    if (given[arch] === undefined) continue;
    if (!isSum(sumOf(given[arch]))) return no(`that of ${arch}`);
    sums[arch] = sumOf(given[arch]);
  }
  return understood(sums);
}

function readTags(given: unknown): Parsed<readonly string[]> {
  const tags: readonly unknown[] = Array.isArray(given) ? given : [given];
  const odd = tags.find((tag) => typeof tag !== "string" || !/^tag:[A-Za-z][A-Za-z0-9-]{0,99}$/.test(tag));
  return odd === undefined
    ? understood([...new Set(tags as string[])])
    : refused(`${JSON.stringify(odd)} is not a tag`, "write  [tag:ci]");
}

/** Refuses settings that exclude each other. */
function judgeWhole(choice: TailscaleChoice): Parsed<TailscaleChoice | null> {
  const { version, url, sha256, image } = choice;
  if (image !== undefined && (version !== undefined || url !== undefined || sha256 !== undefined))
    return refused("image replaces version, url and sha256", "keep either image or the others");
  if (sha256 === undefined) return understood(choice);
  if (version === undefined || version === "latest") return refused("sha256 belongs to one version", "add the version");
  return typeof sha256 === "string" && (url ?? tailscaleTarballs).includes("{arch}")
    ? refused("one sha256 cannot fit the tarballs of two architectures", `write  sha256: { amd64: ${sha256} }`)
    : understood(choice);
}

/**
 * Reads `1.104.1`, `latest`, `none`, `pinned`, or comma-separated keys and values. A version alone changes the version in the spec's settings and
 * drops the sha256 of the old version.
 */
export function parseTailscale(
  text: string,
  _earlier?: Partial<Answers>,
  written?: TailscaleChoice | null,
): Parsed<TailscaleChoice | null> {
  const typed = text.trim();
  if (/^(?:none|off|false|no)$/.test(typed)) return understood(null);
  const [first = "", ...rest] = typed.split(",").map((part) => part.trim());
  const isWord = !first.includes("=");
  const map: Record<string, unknown> = Object.create(null);
  if (isWord && first !== "pinned") map["version"] = first;
  for (const part of isWord ? rest : [first, ...rest]) {
    const [, name = "", arch, value = ""] = /^([a-z0-9_]+)(?:\.([a-z0-9]+))?=(.*)$/.exec(part) ?? [];
    if (name === "")
      return refused(`${JSON.stringify(part)} is not a setting of Tailscale`, `write a version, or ${tailscaleForm}`);
    if (arch !== undefined) map[name] = { ...(map[name] as object | undefined), [arch]: value };
    else map[name] = name === "tags" ? value.split(/\s+/).filter((tag) => tag !== "") : value;
  }
  const read = readTailscale(map);
  if (!read.ok || !isWord || rest.length > 0 || read.value === null || written === undefined || written === null) return read;
  const { sha256: _old, image: _other, ...kept } = written;
  return judgeWhole({ ...kept, ...read.value });
}

/** Writes it so that `parseTailscale` gives it back. */
export function formatTailscale(choice: TailscaleChoice | null): string {
  if (choice === null) return "none";
  const { version, ...more } = writeTailscale(choice) as Record<string, unknown>;
  const parts = Object.entries(more).flatMap(([key, value]) => {
    if (Array.isArray(value)) return [`${key}=${value.join(" ")}`];
    if (!isRecord(value)) return [`${key}=${String(value)}`];
    return Object.entries(value).map(([arch, each]) => `${key}.${arch}=${String(each)}`);
  });
  return [typeof version === "string" ? version : "pinned", ...parts].join(",");
}

/** In the form of the spec. */
export function writeTailscale(choice: TailscaleChoice | null): unknown {
  if (choice === null) return null;
  return Object.fromEntries(
    Object.entries(keys).flatMap(([key, name]) => (choice[name] === undefined ? [] : [[key, choice[name]] as const])),
  );
}
