/** The help texts, from the commands' descriptors. They are rendered at build time, so that `--help` loads nothing. */
import { descriptors } from "./descriptors/all.ts";
import type { Descriptor, Flag, FlagGroup } from "./descriptors/descriptor.ts";
import { create } from "./descriptors/create.ts";

/** The maximum length of a line. */
const columns = 80;
/** The start of the second column. A longer first column gets a separate line. */
const second = 26;

/** The program's help: the commands, and the flags of `create`. */
export function formatHelp(version: string): string {
  const commands = descriptors.map(({ name, summary }): [string, string] => [name, summary]);
  return text([
    `create-aperture-env ${version}`,
    ...wrap(create.about),
    "",
    `  ${create.usage}`,
    "  npx create-aperture-env <command> [flags]",
    "",
    "Commands (flags of each:  npx create-aperture-env update --help):",
    ...commands.flatMap((command) => row(command, 16)),
    "",
    ...create.groups.flatMap(formatGroup),
    ...wrap(
      "Exit: 0 done or nothing to do, 1 a bug in this program, 2 usage or missing answers, 3 needs your decision, 4 environment problem (network, Docker), 130 interrupted.",
    ),
  ]);
}

/** One command's help. */
export function formatVerbHelp({ usage, about, groups, examples }: Descriptor): string {
  return text([
    usage,
    "",
    ...wrap(about),
    "",
    ...groups.flatMap(formatGroup),
    "Examples:",
    ...examples.flatMap(([line, what]) => [`  ${line}`, ...wrap(what, 6)]),
  ]);
}

/** Every help text by the command's name; the program's is under the empty name. */
export function formatAllHelp(version: string): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ["", formatHelp(version)],
    ...descriptors.map((descriptor) => [descriptor.name, formatVerbHelp(descriptor)]),
  ]);
}

function formatGroup({ title, flags }: FlagGroup): string[] {
  return [...wrap(`${title}:`), ...flags.flatMap(formatFlag), ""];
}

function formatFlag({ name, short, value, keyed, text: what, values = [] }: Flag): string[] {
  const left = `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}${keyed === true ? "[=false]" : ""}`;
  return [...row([left, what]), ...values.flatMap(([word, meaning]) => row([`  ${word}`, meaning]))];
}

function row([left, right]: readonly [string, string], at = second): string[] {
  const lines = wrap(right, at);
  const [first = ""] = lines;
  return left.length + 4 <= at ? [`  ${left}`.padEnd(at) + first.trimStart(), ...lines.slice(1)] : [`  ${left}`, ...lines];
}

/** Words as lines with that indentation. */
function wrap(sentence: string, indent = 0): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of sentence.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => " ".repeat(indent) + one);
}

function text(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
