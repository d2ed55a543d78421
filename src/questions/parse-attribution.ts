/** Reads the headers for the gateway's log: known names, and own names with a text or a variable. Pure. */
import { attributes, givesAway, headerPrefix, keyBeginnings, mostHeaders } from "../catalog/attribution.ts";
import { describe, names, refused, splitList, understood } from "./parse.ts";
import type { Parsed } from "./types.ts";

/** One header, taken apart. */
export interface Attribution {
  /** Behind the prefix. */
  readonly name: string;
  /** A text, or the variable that has it; neither for a known name. */
  readonly text: string | null;
  readonly variable: string | null;
}

/** Takes an accepted one apart. */
export function splitAttribution(item: string): Attribution {
  const at = item.indexOf("=");
  if (at === -1) return { name: item, text: null, variable: null };
  const [name, value] = [item.slice(0, at), item.slice(at + 1)];
  return value.startsWith("$") ? { name, text: null, variable: value.slice(1) } : { name, text: value, variable: null };
}

const known = attributes.map(({ value }) => value);
/** Those characters of a header's name (RFC 9110, 5.6.2) that every proxy accepts. */
const nameForm = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const variableForm = /^[A-Za-z][A-Za-z0-9_]{0,99}$/;
const textForm = /^[A-Za-z0-9](?:[A-Za-z0-9._/:+-]{0,98}[A-Za-z0-9])?$/;

/** Why an item is refused and what to write instead, or the item as it is kept. */
function acceptItem(item: string): Parsed<string> {
  const at = item.indexOf("=");
  const name = at === -1 ? item : item.slice(0, at);
  if (at === -1 && known.includes(name)) return understood(item);
  if (!nameForm.test(name))
    return refused(
      `${JSON.stringify(name)} cannot follow ${headerPrefix} in a header's name`,
      "write small letters, digits and hyphens, as team=payments",
    );
  if (at === -1)
    return refused(
      `${name} is not a known attribute`,
      `choose from ${names(known)}; or give your own header a value, such as ${name}=payments or ${name}=$VARIABLE`,
    );
  const value = item.slice(at + 1).replace(/^\$\{(.*)\}$/, "$$$1");
  const variable = value.startsWith("$") ? value.slice(1) : null;
  for (const named of [name, ...(variable === null ? [] : [variable])]) {
    const away = givesAway(named);
    if (away !== null)
      return refused(`${JSON.stringify(named)} names ${away}, which must not be in the gateway's log`, "leave it out");
  }
  if (variable !== null)
    return variableForm.test(variable)
      ? understood(`${name}=$${variable}`)
      : refused(`${JSON.stringify(variable)} is not a variable's name`, `write  ${name}=$VARIABLE`);
  if (looksLikeKey(value)) return refused(`${name}'s value looks like a key`, "leave it out: this file is committed");
  return textForm.test(value)
    ? understood(`${name}=${value}`)
    : refused(
        `${name}=${JSON.stringify(value)} is not a plain value`,
        "write up to 100 letters, digits and . _ / : + - between letters or digits",
      );
}

/** A known prefix of keys, or a long run of mixed characters. */
function looksLikeKey(text: string): boolean {
  return (
    keyBeginnings.some((beginning) => text.startsWith(beginning)) ||
    (text.match(/[A-Za-z0-9]{24,}/g) ?? []).some((part) => /[a-z]/.test(part) && /[A-Z]/.test(part) && /\d/.test(part))
  );
}

function accept(items: readonly string[]): Parsed<readonly string[]> {
  const values: string[] = [];
  for (const item of items) {
    const parsed = acceptItem(item.trim());
    if (!parsed.ok) return parsed;
    if (!values.includes(parsed.value)) values.push(parsed.value);
  }
  const headers = values.map((value) => splitAttribution(value).name);
  const twice = headers.find((name, index) => headers.indexOf(name) !== index);
  if (twice !== undefined) return refused(`${twice} has two values`, "remove one of them");
  return values.length > mostHeaders
    ? refused(`there are ${values.length} headers`, `name no more than ${mostHeaders}`)
    : understood(values);
}

/** Names and `name=value`, separated by commas; `none` for nothing. */
export function parseAttribution(text: string): Parsed<readonly string[]> {
  return accept(text.trim() === "none" ? [] : splitList(text));
}

/** A list of names and `name=value`. */
export function readAttribution(value: unknown): Parsed<readonly string[]> {
  return Array.isArray(value) && value.every((item) => typeof item === "string")
    ? accept(value)
    : refused(`expected a list of names, not ${describe(value)}`, "write  [repository, revision], or  []");
}
