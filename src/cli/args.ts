/** Command line to values: the question table makes the flags, `node:util` parses them strictly. Pure. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { usageError, type AppError } from "../errors.ts";
import { questions } from "../questions/table.ts";
import type { QuestionId } from "../questions/types.ts";

type FlagTable = NonNullable<ParseArgsConfig["options"]>;

/** Flags that are not answers. */
export interface Switches {
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly diff: boolean;
  readonly json: boolean;
  readonly input: boolean;
  readonly cwd: string | null;
}

/** A command with what it needs. */
export type Command =
  | { readonly kind: "help" | "version" }
  | {
      readonly kind: "create";
      readonly directory: string | null;
      readonly flags: Partial<Readonly<Record<QuestionId, string>>>;
      readonly switches: Switches;
    }
  | { readonly kind: "mock-gateway"; readonly port: number; readonly host: string; readonly json: boolean };

/** Words that are commands, now or later, so that a folder of that name is written `./update`. */
export const verbs = ["create", "update", "check", "remove", "discover", "doctor", "verify", "build", "mock-gateway", "help"];
const available = ["create", "mock-gateway", "help"];

const general = {
  yes: { type: "boolean", short: "y" },
  "dry-run": { type: "boolean" },
  diff: { type: "boolean" },
  json: { type: "boolean" },
  "no-input": { type: "boolean" },
  cwd: { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const satisfies FlagTable;

const answers: FlagTable = Object.fromEntries(
  questions.map(({ flag, kind }) => [flag, { type: kind === "switch" ? "boolean" : "string" }]),
);
const mock = { port: { type: "string" }, host: { type: "string" } } as const satisfies FlagTable;

/** Reads the command line. Throws usage errors that name the flag and, where one was probably meant, the right one. */
export function parseCommand(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Command {
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
  refuseSwallowedFlags(env);
  const { values, positionals } = parseStrictly(rest, { ...general, ...answers });
  if (values["help"] === true) return { kind: "help" };
  if (values["version"] === true) return { kind: "version" };
  const late = positionals.find((word) => verbs.includes(word));
  if (late !== undefined) {
    throw usageError(
      "reserved-word",
      `${late} is a command, and a command comes first.`,
      `For a folder of that name write ./${late}`,
    );
  }
  if (positionals.length > 1) {
    throw usageError(
      "too-many-folders",
      `One folder can be named, and these are ${positionals.length}: ${positionals.join(", ")}.`,
      "Behind  npm create aperture-env  flags need a -- before them:  npm create aperture-env@latest my-folder -- --url http://ai",
    );
  }
  const flags: Partial<Record<QuestionId, string>> = {};
  for (const question of questions) {
    const value = values[question.flag];
    if (value !== undefined) flags[question.id] = String(value);
  }
  // npm keeps flags that it knows too for itself when they stand before --; these two only make a run more careful or its output different.
  return {
    kind: "create",
    directory: positionals[0] ?? null,
    flags,
    switches: {
      yes: values["yes"] === true,
      dryRun: values["dry-run"] === true || npmTook("dry_run", env),
      diff: values["diff"] === true,
      json: values["json"] === true || npmTook("json", env),
      // npm hands a `--no-input` of before the `--` on as an empty value.
      input: values["no-input"] !== true && !(isNpmRun(env) && env["npm_config_input"] === ""),
      cwd: typeof values["cwd"] === "string" ? values["cwd"] : null,
    },
  };
}

function parseMock(argv: readonly string[]): Command {
  const { values, positionals } = parseStrictly(argv, { ...mock, json: general.json, help: general.help });
  if (values["help"] === true) return { kind: "help" };
  if (positionals.length > 0) throw usageError("stray-word", `mock-gateway takes no ${JSON.stringify(positionals[0])}.`);
  const port = String(values["port"] ?? "8080");
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535)
    throw usageError("bad-port", `--port ${port} is not a port.`, "Give 0 to 65535; 0 takes any free one.");
  return { kind: "mock-gateway", port: Number(port), host: String(values["host"] ?? "127.0.0.1"), json: values["json"] === true };
}

function parseStrictly(
  argv: readonly string[],
  options: FlagTable,
): { values: Record<string, string | boolean | undefined>; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
    return { values: values as Record<string, string | boolean | undefined>, positionals };
  } catch (error) {
    throw explain(error, argv, Object.keys(options));
  }
}

function explain(error: unknown, argv: readonly string[], known: readonly string[]): AppError {
  const { code, message } = error as { code?: string; message: string };
  const firstLine = message.split("\n")[0]!.replace(/\. To specify.*$/, "");
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const flag = /'(--?[^']+)'/.exec(message)?.[1] ?? argv.find((word) => word.startsWith("-")) ?? "";
    const near = nearest(flag.replace(/^-+/, ""), known);
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

function isNpmRun(env: Readonly<Record<string, string | undefined>>): boolean {
  return env["npm_command"] === "init" || env["npm_command"] === "exec";
}

/** Whether npm, which started this program, has that switch of its own on: from before the `--`, or from its configuration. */
export function npmTook(name: "yes" | "json" | "dry_run", env: Readonly<Record<string, string | undefined>>): boolean {
  return isNpmRun(env) && env[`npm_config_${name}`] === "true";
}

/**
 * npm 11 takes flags that stand before `--` for its own: it drops the flag, warns, and passes its value on as a stray word. The trace is a
 * variable `npm_config_<flag>`. (npm 12 stops by itself: npm/cli#9763.)
 */
function refuseSwallowedFlags(env: Readonly<Record<string, string | undefined>>): void {
  if (!isNpmRun(env)) return;
  const taken = (flag: string): boolean => !["", undefined].includes(env[`npm_config_${flag.replaceAll("-", "_")}`]);
  const ours = [...Object.keys(answers), "diff", "no-input", "cwd"].filter(taken);
  if (ours.length > 0) {
    throw usageError(
      "swallowed-flags",
      `npm took ${ours.map((flag) => `--${flag}`).join(", ")} for its own.`,
      "Put -- before our flags:  npm create aperture-env@latest -- --url http://ai",
    );
  }
}
