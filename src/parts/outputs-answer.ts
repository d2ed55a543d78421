/** Reads the chosen outputs. Pure. */
import { describe, names, refused, splitList, understood } from "../questions/parse.ts";
import type { Parsed } from "../questions/types.ts";
import { offeredOutputs } from "./compose.ts";

/** Names of outputs. */
export function parseOutputs(text: string): Parsed<readonly string[]> {
  return acceptOutputs(splitList(text));
}

/** A list of names of outputs. */
export function readOutputs(value: unknown): Parsed<readonly string[]> {
  if (!Array.isArray(value))
    return refused(`expected a list, not ${describe(value)}`, `write  [${known().slice(0, 1).join("")}]`);
  const stray: unknown = value.find((item) => typeof item !== "string");
  return stray === undefined
    ? acceptOutputs(value as string[])
    : refused(`expected names in the list, not ${describe(stray)}`, `write  [${known().slice(0, 1).join("")}]`);
}

function acceptOutputs(values: readonly string[]): Parsed<readonly string[]> {
  const stray = values.find((value) => !known().includes(value));
  if (stray !== undefined)
    return refused(`this version cannot generate ${JSON.stringify(stray)}`, `choose from ${names(known())}`);
  return values.length === 0 ? refused("no output is named", `choose from ${names(known())}`) : understood([...new Set(values)]);
}

function known(): readonly string[] {
  return offeredOutputs().map(({ value }) => value);
}
