/** Finds variables that make OpenCode bypass the gateway, in all files of a repository that set variables for its containers or jobs. */
import { kindOf } from "../../opencode/known-files.ts";
import { findWaysOutOfVariables, mayMatter } from "../../opencode/variables.ts";
import type { Expectation } from "../../opencode/ways-out.ts";
import type { Finding, ProjectFile } from "../finding.ts";
import { readAssignments } from "./env-instruction.ts";
import { entriesOf, placeAt, readNodes, textsOf, valueAt } from "./nodes.ts";

/** A variable in a file, and its position. */
interface SetVariable {
  readonly name: string;
  readonly value: string;
  readonly offset: number;
}

/** Findings for the variables of each file. In a shell script only those that it writes to a profile count; its exports affect only itself. */
export function findVariables(files: readonly ProjectFile[], environment: Expectation): Finding[] {
  return files.flatMap((file) => {
    const { path, text } = file;
    if (!mayMatter(text)) return [];
    // The value of a variable that is only passed on is not known here.
    const all = readVariables(file).filter(({ value }) => !/^\$\{(?:localEnv:|containerEnv:)?\w+(?::-?)?\}$/.test(value.trim()));
    const given = Object.fromEntries(all.map(({ name, value }) => [name, value]));
    return findWaysOutOfVariables(given, environment).map(({ name, code, what, comes, hint }) => {
      const last = all.findLast((each) => each.name === name)!;
      return { code, where: placeAt(path, text, last.offset), message: `${what}: ${comes}`, hint };
    });
  });
}

function readVariables({ path, text, kind = kindOf(path) }: ProjectFile): SetVariable[] {
  switch (kind) {
    case "devcontainer":
      return [...ofDevcontainer(text), ...ofProfileLines(text)];
    case "dockerfile":
      return [...ofDockerfile(text), ...ofProfileLines(text)];
    case "compose":
      return [...ofYaml(text), ...ofDockerfile(text)];
    case "workflow":
      // A job's other variables are for other programs: most jobs do not start OpenCode.
      return ofYaml(text).filter(({ name }) => /^(?:OPENCODE|APERTURE)_/.test(name));
    case "tools":
      return (path.endsWith(".json") ? ofYaml(text) : ofShell(text)).filter(({ name }) =>
        /^(?:OPENCODE|APERTURE|XDG)_/.test(name),
      );
    case "profile":
      return ofShell(text);
    case "package":
      return [];
    case "script":
      return ofProfileLines(text);
  }
}

function ofDevcontainer(text: string): SetVariable[] {
  const read = readNodes(text);
  if (!read.ok) return [];
  const maps = ["containerEnv", "remoteEnv"].flatMap((key) => entriesOf(valueAt(read.node, key)));
  const args = valueAt(read.node, "runArgs");
  const given = textsOf(args).flatMap((word, index, words) => {
    const pair = /^(?:-e|--env)$/.test(words[index - 1] ?? "") ? word : /^(?:--env=|-e)(\w+=.*)$/s.exec(word)?.[1];
    const [, name, value] = /^(\w+)=(.*)$/s.exec(pair ?? "") ?? [];
    return name === undefined ? [] : [{ name, value: value!, offset: args!.children![index]!.offset }];
  });
  return [
    ...maps.flatMap(([name, node]) => (node.type === "string" ? [{ name, value: String(node.value), offset: node.offset }] : [])),
    ...given,
  ];
}

/** `NAME: value` and `- NAME=value`, on separate lines or in flow style, and JSON. */
function ofYaml(text: string): SetVariable[] {
  const lines = text.matchAll(/^[ \t]*(?:-[ \t]*)?["']?([A-Za-z_]\w*)(?:["']?[ \t]*:[ \t]+|=)([^\r\n]*)/gm);
  const flow = text.matchAll(/[{[,]\s*["']?([A-Za-z_]\w*)(?:["']?[ \t]*:[ \t]*|=)("[^"\n]*|'[^'\n]*|[^,}\]\n]*)/g);
  return [...lines, ...flow].map(({ 1: name = "", 2: rest = "", index, 0: whole }) => ({
    name,
    value: unquote(rest),
    offset: index + whole.indexOf(name),
  }));
}

/** The text in quotes, or the text before a comment. */
function unquote(text: string): string {
  const [quote] = text;
  if (quote === '"' || quote === "'") {
    const end = text.indexOf(quote, 1);
    return text.slice(1, end < 0 ? undefined : end);
  }
  const comment = text.search(/\s#/);
  return (comment < 0 ? text : text.slice(0, comment)).trim().replace(/["']$/, "");
}

/** The variables of `ENV` instructions, with continued lines. */
function ofDockerfile(text: string): SetVariable[] {
  return [...text.matchAll(/^[ \t]*ENV[ \t]+((?:[^\\\r\n]|\\\r?\n|\\.)*)/gim)].flatMap(({ 0: whole, 1: body = "", index }) => {
    const start = index + whole.length - body.length;
    return readAssignments(body).map(({ offset, ...variable }) => ({ ...variable, offset: start + offset }));
  });
}

/** Assignments in shell, fish and TOML files, without comments. */
function ofShell(text: string): SetVariable[] {
  const live = text.replace(/^[ \t]*#.*$/gm, (line) => " ".repeat(line.length));
  const assigned = live.matchAll(
    /(?:^|[\s;"'`])(?:(?:set[ \t]+-\w+|setenv)[ \t]+([A-Za-z_]\w*)[ \t]+|([A-Za-z_]\w*)(?:=|[ \t]=[ \t]))("[^"\n]*|'[^'\n]*|[^\s;]*)/g,
  );
  return [...assigned].map(({ 0: whole, 1: fish, 2: other = "", 3: rest = "", index }) => {
    const name = fish ?? other;
    return { name, value: unquote(rest), offset: index + whole.indexOf(name) };
  });
}

/** Variables that a command appends to a file that every shell reads: `echo 'export NAME=value' >> ~/.bashrc`. */
function ofProfileLines(text: string): SetVariable[] {
  let start = 0;
  return text.split("\n").flatMap((line) => {
    const from = start;
    start += line.length + 1;
    const target = /^>?[ \t]*["']?\S{0,200}/.exec(line.slice(line.lastIndexOf(">")))?.[0] ?? "";
    if (line.length > 2000 || !/(?:rc|profile|zshenv|environment|profile\.d\/\S*)\b/.test(target)) return [];
    return [...line.matchAll(/\b(?:export[ \t]+)?([A-Z_]{3,})=([^\s"'\\]*)/g)].map(
      ({ 1: name = "", 2: value = "", index, 0: whole }) => ({
        name,
        value,
        offset: from + index + whole.indexOf(name),
      }),
    );
  });
}
