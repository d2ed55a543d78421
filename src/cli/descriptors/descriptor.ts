/** The description of a command: its flags are parsed by it, and its help is rendered from it. */
import type { Command, Verb } from "../command.ts";
import type { Env } from "../../vocabulary.ts";
export type { Env } from "../../vocabulary.ts";

/** One flag. */
export interface Flag {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** A word for its value; a flag without one is a switch. */
  readonly value?: string;
  /** It may be given several times. */
  readonly repeats?: true;
  /** A switch with a key in the spec, so that it can be turned off: `--managed=false`. */
  readonly keyed?: true;
  readonly text: string;
  /** Values that need a line each. */
  readonly values?: readonly (readonly [value: string, text: string])[];
}

/** A group of flags with a title for the help. */
export interface FlagGroup {
  readonly title: string;
  readonly flags: readonly Flag[];
}

/** A flag's value as typed: a list if the flag repeats, true for a switch. */
export type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

/** A command. */
export interface Descriptor {
  readonly name: Verb;
  /** The usage line: `npx create-aperture-env update [folder ...]`. */
  readonly usage: string;
  /** What it does in a few words, for the list of commands. */
  readonly summary: string;
  /** The same in sentences. */
  readonly about: string;
  readonly groups: readonly FlagGroup[];
  /** Two examples: a command line, and what it does. */
  readonly examples: readonly (readonly [line: string, text: string])[];
  /** Makes a command from the typed words. Throws usage errors. */
  readonly read: (typed: { readonly values: Values; readonly positionals: readonly string[]; readonly env: Env }) => Command;
}

/** All flags of a command. */
export function flagsOf({ groups }: Descriptor): readonly Flag[] {
  return groups.flatMap(({ flags }) => flags);
}
