/** Command line to values: the question table makes the flags, `node:util` parses them strictly. Pure. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { usageError, type AppError } from "../errors.ts";
import type { MockGatewayFlags } from "./commands/mock-gateway.ts";
import { faultWords, parseFault, type Fault } from "../gateway/mock/faults.ts";
import { questions } from "../questions/table.ts";
import type { QuestionId } from "../questions/types.ts";

type FlagTable = NonNullable<ParseArgsConfig["options"]>;

/** What to do with a conflict that can be settled; `fail` settles none. */
export type OnConflict = "fail" | "keep" | "replace";

/** What to do with a project file that goes past the gateway. */
export type OnBypass = "leave" | "fix" | "managed";

/** Flags that are not answers. */
export interface Switches {
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly diff: boolean;
  readonly json: boolean;
  readonly input: boolean;
  readonly cwd: string | null;
  readonly onConflict: OnConflict | null;
  readonly onBypass: OnBypass | null;
  readonly unignore: boolean;
}

/** Answers given as flags. */
export type Flags = Partial<Readonly<Record<QuestionId, string>>>;

/** A command with what it needs. */
export type Command =
  | { readonly kind: "help" | "version" }
  | {
      readonly kind: "create";
      readonly directory: string | null;
      readonly flags: Flags;
      readonly switches: Switches;
      readonly discover?: true;
    }
  | {
      readonly kind: "update";
      readonly directories: readonly string[];
      readonly flags: Flags;
      readonly switches: Switches;
      /** The text of a pull request on stdout, in place of the plan. */
      readonly summary: boolean;
    }
  | { readonly kind: "check"; readonly directories: readonly string[]; readonly switches: Switches; readonly outdated: boolean }
  | { readonly kind: "remove"; readonly directory: string | null; readonly switches: Switches }
  | {
      readonly kind: "doctor";
      readonly directory: string | null;
      readonly deep: boolean;
      readonly send: boolean;
      /** In milliseconds. */
      readonly timeout: number;
      readonly switches: Switches;
    }
  | {
      readonly kind: "discover";
      readonly origin: string | null;
      readonly write: boolean;
      /** How long the gateway may take, in milliseconds. */
      readonly timeout: number;
      readonly switches: Switches;
    }
  | {
      readonly kind: "verify";
      readonly directory: string | null;
      readonly switches: Switches;
      /** A mock gateway in the container takes the real one's place. */
      readonly mock: boolean;
      /** The devcontainer.json to take, where several have the environment. */
      readonly config: string | null;
      readonly model: string | null;
    }
  | ({ readonly kind: "mock-gateway" } & MockGatewayFlags);

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

/** Words that are commands, now or later, so that a folder of that name is written `./update`. */
export const verbs = ["create", "update", "check", "remove", "discover", "doctor", "verify", "build", "mock-gateway", "help"];
const available = ["create", "update", "check", "remove", "discover", "doctor", "verify", "mock-gateway", "help"];

const common = {
  json: { type: "boolean" },
  cwd: { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const satisfies FlagTable;
const writing = {
  yes: { type: "boolean", short: "y" },
  "dry-run": { type: "boolean" },
  diff: { type: "boolean" },
  "no-input": { type: "boolean" },
  "on-conflict": { type: "string" },
  ...common,
} as const satisfies FlagTable;
const adding = { "on-bypass": { type: "string" }, unignore: { type: "boolean" }, ...writing } as const satisfies FlagTable;

const answers: FlagTable = Object.fromEntries(
  questions.map(({ flag, kind }) => [
    flag,
    { type: kind === "switch" ? "boolean" : "string", ...(kind === "map" && { multiple: true }) },
  ]),
);
const tables: Readonly<Record<string, FlagTable>> = {
  create: { ...adding, ...answers, discover: { type: "boolean" } },
  update: { ...adding, ...answers, summary: { type: "string" } },
  check: { ...common, outdated: { type: "boolean" } },
  remove: writing,
  verify: { ...common, mock: { type: "boolean" }, config: { type: "string" }, model: { type: "string" } },
  doctor: { ...common, deep: { type: "boolean" }, send: { type: "boolean" }, timeout: { type: "string" } },
  discover: {
    yes: writing.yes,
    "dry-run": writing["dry-run"],
    "no-input": writing["no-input"],
    ...common,
    write: { type: "boolean" },
    timeout: { type: "string" },
  },
  "mock-gateway": {
    json: common.json,
    help: common.help,
    port: { type: "string" },
    host: { type: "string" },
    fault: { type: "string", multiple: true },
    models: { type: "string" },
    grants: { type: "string" },
  },
};

/** Reads the command line. Throws usage errors that name the flag and, where one was probably meant, the right one. */
export function parseCommand(argv: readonly string[], env: Environment): Command {
  const [first] = argv;
  const verb = first !== undefined && verbs.includes(first) ? first : null;
  if (verb !== null && !available.includes(verb)) {
    throw usageError(
      "reserved-word",
      `${verb} is not a command of this version, and the word is reserved.`,
      `For a folder of that name write ./${verb}`,
    );
  }
  if (verb === "help") return { kind: "help" };
  const rest = verb === null ? argv : argv.slice(1);
  if (verb === "mock-gateway") return parseMock(rest);
  const kind = (verb ?? "create") as "create" | "update" | "check" | "remove" | "discover" | "doctor" | "verify";
  const table = tables[kind]!;
  refuseSwallowedFlags(table, env);
  const { values, positionals } = parseStrictly(kind, rest, table);
  if (values["help"] === true) return { kind: "help" };
  if (values["version"] === true) return { kind: "version" };
  refuseLateVerb(positionals);
  const switches = readSwitches(values, env);
  switch (kind) {
    case "create":
      return {
        kind,
        directory: oneFolder(positionals),
        flags: readFlags(values),
        switches,
        ...(values["discover"] === true && { discover: true }),
      };
    case "update":
      return { kind, directories: positionals, flags: readFlags(values), switches, summary: readSummary(values) };
    case "check":
      return { kind, directories: positionals, switches, outdated: values["outdated"] === true };
    case "remove":
      return { kind, directory: oneFolder(positionals), switches };
    case "doctor":
      return {
        kind,
        directory: oneFolder(positionals),
        deep: values["deep"] === true,
        send: values["send"] === true,
        timeout: readTimeout(values["timeout"], 2000),
        switches,
      };
    case "discover": {
      const origin = oneOrigin(positionals);
      return { kind, origin, write: values["write"] === true, timeout: readTimeout(values["timeout"], 5000), switches };
    }
    case "verify": {
      const text = (flag: string): string | null => (typeof values[flag] === "string" ? values[flag] : null);
      const config = text("config")?.replace(/^\.\//, "") ?? null;
      return { kind, directory: oneFolder(positionals), switches, mock: values["mock"] === true, config, model: text("model") };
    }
  }
}

function oneOrigin(positionals: readonly string[]): string | null {
  if (positionals.length > 1)
    throw usageError(
      "too-many-gateways",
      `One gateway can be asked, and these are ${positionals.length}: ${positionals.join(", ")}.`,
      "For instance  npx create-aperture-env discover http://ai",
    );
  return positionals[0] ?? null;
}

/** Seconds as typed, in milliseconds. */
function readTimeout(text: Values[string], usual: number): number {
  if (text === undefined) return usual;
  const seconds = /^\d{1,4}(?:\.\d{1,3})?s?$/.test(String(text)) ? Number.parseFloat(String(text)) : 0;
  if (seconds < 0.1 || seconds > 600)
    throw usageError("bad-flag", `--timeout cannot be ${JSON.stringify(text)}.`, "It is a number of seconds, 0.1 to 600.");
  return Math.round(seconds * 1000);
}

function refuseLateVerb(positionals: readonly string[]): void {
  const late = positionals.find((word) => verbs.includes(word));
  if (late !== undefined) {
    throw usageError(
      "reserved-word",
      `${late} is a command, and a command comes first.`,
      `For a folder of that name write ./${late}`,
    );
  }
}

function oneFolder(positionals: readonly string[]): string | null {
  if (positionals.length > 1) {
    throw usageError(
      "too-many-folders",
      `One folder can be named, and these are ${positionals.length}: ${positionals.join(", ")}.`,
      "Behind  npm create aperture-env  flags need a -- before them:  npm create aperture-env@latest my-folder -- --url http://ai",
    );
  }
  return positionals[0] ?? null;
}

function readFlags(values: Values): Flags {
  const flags: Partial<Record<QuestionId, string>> = {};
  for (const question of questions) {
    const value = values[question.flag];
    if (value !== undefined) flags[question.id] = Array.isArray(value) ? value.join("\n") : String(value);
  }
  return flags;
}

// npm keeps flags that it knows too for itself when they stand before --; these two only make a run more careful or its output different.
function readSwitches(values: Values, env: Environment): Switches {
  return {
    yes: values["yes"] === true,
    dryRun: values["dry-run"] === true || npmTook("dry_run", env),
    diff: values["diff"] === true,
    json: values["json"] === true || npmTook("json", env),
    // npm hands a `--no-input` of before the `--` on as an empty value.
    input: values["no-input"] !== true && !(isNpmRun(env) && env["npm_config_input"] === ""),
    cwd: typeof values["cwd"] === "string" ? values["cwd"] : null,
    onConflict: readWord(values, "on-conflict", ["fail", "keep", "replace"]),
    onBypass: readWord(values, "on-bypass", ["leave", "fix", "managed"]),
    unignore: values["unignore"] === true,
  };
}

function readSummary(values: Values): boolean {
  return readWord(values, "summary", ["markdown"]) !== null;
}

function readWord<Word extends string>(values: Values, flag: string, words: readonly Word[]): Word | null {
  const value = values[flag];
  if (value === undefined) return null;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined)
    throw usageError("bad-flag", `--${flag} cannot be ${JSON.stringify(value)}.`, `It is ${words.join(", ")}.`);
  return word;
}

function parseMock(argv: readonly string[]): Command {
  const { values, positionals } = parseStrictly("mock-gateway", argv, tables["mock-gateway"]!);
  if (values["help"] === true) return { kind: "help" };
  if (positionals.length > 0) throw usageError("stray-word", `mock-gateway takes no ${JSON.stringify(positionals[0])}.`);
  const port = String(values["port"] ?? "8080");
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535)
    throw usageError("bad-port", `--port ${port} is not a port.`, "Give 0 to 65535; 0 takes any free one.");
  return {
    kind: "mock-gateway",
    port: Number(port),
    host: String(values["host"] ?? "127.0.0.1"),
    json: values["json"] === true,
    faults: [values["fault"] ?? []].flat().map((value) => readFault(String(value))),
    models: readNames(values, "models"),
    grants: readNames(values, "grants"),
  };
}

function readFault(value: string): Fault {
  const fault = parseFault(value);
  if (fault !== null) return fault;
  const words = ["status=<400 to 599>", ...Object.keys(faultWords)].join(", ");
  throw usageError("bad-flag", `--fault cannot be ${JSON.stringify(value)}.`, `It is one of ${words}.`);
}

/** A list with commas, of which no name may be empty. */
function readNames(values: Values, flag: string): readonly string[] | null {
  const value = values[flag];
  if (value === undefined) return null;
  const names = String(value)
    .split(",")
    .map((name) => name.trim());
  if (names.includes("")) throw usageError("bad-flag", `--${flag} ${JSON.stringify(value)} has a name missing.`, "Give a,b,c.");
  return [...new Set(names)];
}

function parseStrictly(command: string, argv: readonly string[], options: FlagTable): { values: Values; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
    return { values: values as Values, positionals };
  } catch (error) {
    throw explain(error, command, argv, Object.keys(options));
  }
}

function explain(error: unknown, command: string, argv: readonly string[], known: readonly string[]): AppError {
  const { code, message } = error as { code?: string; message: string };
  const firstLine = message.split("\n")[0]!.replace(/\. To specify.*$/, "");
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const flag = /'(--?[^']+)'/.exec(message)?.[1] ?? argv.find((word) => word.startsWith("-")) ?? "";
    const name = flag.replace(/^-+/, "");
    const owners = Object.keys(tables).filter((other) => Object.hasOwn(tables[other]!, name));
    if (owners.length > 0)
      return usageError("unknown-flag", `${command} has no flag ${flag}.`, `It belongs to ${owners.join(", ")}. See --help.`);
    const near = nearest(name, known);
    return usageError(
      "unknown-flag",
      `There is no flag ${flag}.`,
      near === null ? "See --help." : `Did you mean --${near}? See --help.`,
    );
  }
  return usageError("bad-flag", `${firstLine.replace(/\.$/, "")}.`, "See --help.");
}

function nearest(word: string, known: readonly string[]): string | null {
  const scored = known
    .map((name) => ({ name, distance: editDistance(word, name) }))
    .sort((left, right) => left.distance - right.distance);
  return scored[0] !== undefined && scored[0].distance <= Math.max(2, word.length / 3) ? scored[0].name : null;
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[right.length]!;
}

function isNpmRun(env: Environment): boolean {
  return env["npm_command"] === "init" || env["npm_command"] === "exec";
}

/** Whether npm, which started this program, has that switch of its own on: from before the `--`, or from its configuration. */
export function npmTook(name: "yes" | "json" | "dry_run", env: Environment): boolean {
  return isNpmRun(env) && env[`npm_config_${name}`] === "true";
}

/** Flags that npm has, too: it has them set for reasons of its own. */
const knownToNpm = ["yes", "dry-run", "json", "help", "version"];

/**
 * npm 11 takes flags that stand before `--` for its own: it drops the flag, warns, and passes its value on as a stray word. The trace is a
 * variable `npm_config_<flag>`. (npm 12 stops by itself: npm/cli#9763.)
 */
function refuseSwallowedFlags(table: FlagTable, env: Environment): void {
  if (!isNpmRun(env)) return;
  const taken = (flag: string): boolean => !["", undefined].includes(env[`npm_config_${flag.replaceAll("-", "_")}`]);
  const ours = Object.keys(table).filter((flag) => !knownToNpm.includes(flag) && taken(flag));
  if (ours.length > 0) {
    throw usageError(
      "swallowed-flags",
      `npm took ${ours.map((flag) => `--${flag}`).join(", ")} for its own.`,
      "Put -- before our flags:  npm create aperture-env@latest -- --url http://ai",
    );
  }
}
