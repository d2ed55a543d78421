/** Command line to values: the commands' descriptors make the flags, `node:util` parses them strictly. Pure. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { usageError, type AppError } from "../errors.ts";
import type { Command } from "./command.ts";
import { descriptorOf, descriptors } from "./descriptors/all.ts";
import { flagsOf, type Descriptor, type Env, type Flag, type Values } from "./descriptors/descriptor.ts";
import { nearest } from "./nearest.ts";
import { refuseSwallowedFlags } from "./npm.ts";

export type * from "./command.ts";

/** Command names. A folder with such a name has to be written `./update`. */
export const verbs: readonly string[] = [...descriptors.map(({ name }) => name), "help"];

/** Reads the command line. Throws usage errors that name the flag and suggest the right one for a likely typo. */
export function parseCommand(argv: readonly string[], env: Env): Command {
  const [first = ""] = argv;
  if (first === "help") return { kind: "help", verb: helpedVerb(argv[1]) };
  const named = descriptorOf(first);
  const descriptor = named ?? descriptorOf("create")!;
  const flags = flagsOf(descriptor);
  // npm does not start what is run for long.
  if (descriptor.name !== "mock-gateway")
    refuseSwallowedFlags(
      flags.map(({ name }) => name),
      env,
    );
  const { values, positionals } = parseStrictly(descriptor, named === undefined ? argv : argv.slice(1));
  if (values["help"] === true) return { kind: "help", verb: named?.name ?? null };
  if (values["version"] === true) return { kind: "version" };
  if (descriptor.name !== "mock-gateway") refuseLateVerb(positionals);
  const command = descriptor.read({ values, positionals, env });
  const mistaken = named === undefined && command.kind === "create" ? nearVerb(command.directories) : null;
  return mistaken === null ? command : { ...(command as Extract<Command, { kind: "create" }>), mistaken };
}

/** The command that `help` was asked for; null for the general help. Throws for an unknown command. */
function helpedVerb(word: string | undefined): Descriptor["name"] | null {
  if (word === undefined || word === "help" || word.startsWith("-")) return null;
  const descriptor = descriptorOf(word);
  if (descriptor !== undefined) return descriptor.name;
  const names = descriptors.map(({ name }) => name);
  const near = nearest(word.toLowerCase(), names);
  throw usageError(
    "unknown-command",
    `There is no command ${word}.`,
    near === null ? `The commands are ${names.join(", ")}.` : `Did you mean  help ${near}  ?`,
  );
}

/** The command that the first folder's name may be a typo of, such as `updat`. A name with a slash is always a path. */
function nearVerb([first = ""]: readonly string[]): Descriptor["name"] | null {
  if (!/^[A-Za-z][A-Za-z-]+$/.test(first)) return null;
  const near = nearest(
    first.toLowerCase(),
    descriptors.map(({ name }) => name),
    1,
  );
  return near;
}

function refuseLateVerb(positionals: readonly string[]): void {
  const late = positionals.find((word) => verbs.includes(word));
  if (late !== undefined) {
    throw usageError(
      "reserved-word",
      `${late} is a command, and commands come first.`,
      `For a folder of that name write ./${late}`,
    );
  }
}

function parseStrictly(descriptor: Descriptor, argv: readonly string[]): { values: Values; positionals: string[] } {
  const flags = flagsOf(descriptor);
  const options: NonNullable<ParseArgsConfig["options"]> = Object.fromEntries(
    flags.map(({ name, short, value, repeats, keyed }) => [
      name,
      {
        type: value === undefined && keyed !== true ? ("boolean" as const) : ("string" as const),
        ...(short !== undefined && { short }),
        ...(repeats === true && { multiple: true }),
      },
    ]),
  );
  const args = spellOutSwitches(argv, flags);
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
    return { values: values as Values, positionals };
  } catch (error) {
    throw explain(error, descriptor.name, argv, flags);
  }
}

/** Words after a switch that look like a value for it. */
const valueWords = /^(?:true|false|yes|no|on|off|0|1)$/i;

/**
 * Gives a switch with a spec key its value: `--managed` becomes `--managed=true`. Throws if the word after a switch looks like a value for it, which
 * would otherwise be read as a folder.
 */
function spellOutSwitches(argv: readonly string[], flags: readonly Flag[]): string[] {
  const args: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === "--") return [...args, ...argv.slice(index)];
    const flag = flags.find(({ name, short }) => word === `--${name}` || (short !== undefined && word === `-${short}`));
    const next = argv[index + 1];
    if (flag === undefined) args.push(word);
    else if (flag.value !== undefined) {
      args.push(word);
      // Its value, of any form.
      if (next !== undefined) args.push(argv[++index]!);
    } else {
      if (next !== undefined && valueWords.test(next)) throw refuseValue(word, flag, next);
      args.push(flag.keyed === true ? `${word}=true` : word);
    }
  }
  return args;
}

function refuseValue(word: string, { name, keyed }: Flag, value: string): AppError {
  if (keyed === true)
    return usageError(
      "bad-flag",
      `--${name} takes its value after an equals sign, not after a space: ${value}.`,
      `Write --${name}=${/^(?:true|yes|on|1)$/i.test(value) ? "true" : "false"}`,
    );
  return usageError(
    "bad-flag",
    `${word} takes no value, but ${value} follows it.`,
    `Remove ${value}. For a folder of that name write ./${value}`,
  );
}

function explain(error: unknown, command: string, argv: readonly string[], flags: readonly Flag[]): AppError {
  const { code, message } = error as { code?: string; message: string };
  const help = command === "create" ? "See --help." : `See  npx create-aperture-env ${command} --help`;
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const flag = /'(--?[^']+)'/.exec(message)?.[1] ?? argv.find((word) => word.startsWith("-")) ?? "";
    const name = flag.replace(/^-+/, "");
    const owners = descriptors.filter((other) => flagsOf(other).some((one) => one.name === name));
    if (owners.length > 0)
      return usageError(
        "unknown-flag",
        `${command} has no flag ${flag}.`,
        `It belongs to ${owners.map((owner) => owner.name).join(", ")}. ${help}`,
      );
    const near = nearest(
      name,
      flags.map((flag) => flag.name),
    );
    return usageError("unknown-flag", `There is no flag ${flag}.`, near === null ? help : `Did you mean --${near}? ${help}`);
  }
  // Node names the flag as '-y, --yes' or '--url <value>'.
  const named = /--([a-z-]+)/.exec(message)?.[1] ?? "";
  const { value } = flags.find((flag) => flag.name === named) ?? {};
  return value === undefined
    ? usageError("bad-flag", `--${named} takes no value.`, help)
    : usageError("bad-flag", `--${named} needs a value.`, `Write --${named}=<${value}>. ${help}`);
}
