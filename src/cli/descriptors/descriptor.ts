/** What there is to know of a command before it runs: its flags are parsed by this, and its help is this, formatted. */
import type { Command, Verb } from "../command.ts";
import type { Env } from "../../vocabulary.ts";
export type { Env } from "../../vocabulary.ts";

/** One flag. */
export interface Flag {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What its value is, for people; without one it is a switch. */
  readonly value?: string;
  /** It may be given several times, and each counts. */
  readonly repeats?: true;
  /** A switch with a key in the spec, which can be said to be off: `--managed=false`. */
  readonly keyed?: true;
  readonly text: string;
  /** Values that need a line each. */
  readonly values?: readonly (readonly [value: string, text: string])[];
}

/** Flags that belong together, with a title for the help. */
export interface FlagGroup {
  readonly title: string;
  readonly flags: readonly Flag[];
}

/** A flag's value as it was typed: a list where the flag repeats, and true for a switch. */
export type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

/** A command. */
export interface Descriptor {
  readonly name: Verb;
  /** How a line of it begins, with what stands behind it: `npx create-aperture-env update [folder ...]`. */
  readonly usage: string;
  /** What it does, in a few words, for the list of all. */
  readonly summary: string;
  /** The same in sentences. */
  readonly about: string;
  readonly groups: readonly FlagGroup[];
  /** Two of them: a line, and what it does. */
  readonly examples: readonly (readonly [line: string, text: string])[];
  /** Makes a command of what was typed. Throws usage errors. */
  readonly read: (typed: { readonly values: Values; readonly positionals: readonly string[]; readonly env: Env }) => Command;
}

/** All flags of a command. */
export function flagsOf({ groups }: Descriptor): readonly Flag[] {
  return groups.flatMap(({ flags }) => flags);
}
