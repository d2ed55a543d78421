/** Finds variables that dev containers set and that lead OpenCode past the gateway: in devcontainer.json files, Compose files and Dockerfiles. */
import { findWaysOutOfVariables } from "../../opencode/variables.ts";
import type { Expectation } from "../../opencode/ways-out.ts";
import type { Finding, ProjectFile } from "../finding.ts";
import { isDevcontainer } from "./devcontainer.ts";
import { entriesOf, placeAt, readNodes, textsOf, valueAt } from "./nodes.ts";

/** A variable that a file sets, and where. */
interface SetVariable {
  readonly name: string;
  readonly value: string;
  readonly offset: number;
}

/** What the variables of each file come to. Shell scripts are not read for them: what they export is their own. */
export function findVariables(files: readonly ProjectFile[], environment: Expectation): Finding[] {
  return files.flatMap(({ path, text }) => {
    const written = isDevcontainer(path) ? ofDevcontainer(text) : ofLines(path, text);
    // What is handed on as it is outside is not known here.
    const all = written.filter(({ value }) => !/^\$\{(?:localEnv:|containerEnv:)?\w+(?::-?)?\}$/.test(value.trim()));
    const given = Object.fromEntries(all.map(({ name, value }) => [name, value]));
    return findWaysOutOfVariables(given, environment).map(({ name, code, what, comes, hint }) => {
      const last = all.findLast((each) => each.name === name)!;
      return { code, where: placeAt(path, text, last.offset), message: `${what}: ${comes}`, hint };
    });
  });
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

/** `ENV NAME=value` and `ENV NAME value` of a Dockerfile, on lines that go on; `NAME: value` and `- NAME=value` of a Compose file. */
function ofLines(path: string, text: string): SetVariable[] {
  if (/\.ya?ml$/i.test(path))
    return [
      ...text.matchAll(
        /^[ \t]*(?:-[ \t]*)?["']?([A-Za-z_]\w*)(?:["']?[ \t]*:[ \t]+|=)(["']?)(.*?)\2["']?[ \t]*(?:[ \t]#.*)?\r?$/gm,
      ),
    ].map(({ 1: name, 3: value, index, 0: whole }) => ({ name: name!, value: value!, offset: index + whole.indexOf(name!) }));
  if (!/(?:^|[/.])Dockerfile/i.test(path)) return [];
  return [...text.matchAll(/^[ \t]*ENV[ \t]+((?:[^\\\r\n]|\\\r?\n|\\.)*)/gim)].flatMap(({ 0: whole, 1: body = "", index }) => {
    const start = index + whole.length - body.length;
    const pairs = [...body.matchAll(/([A-Za-z_]\w*)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S*))/g)];
    if (pairs.length === 0) {
      const [, name, value = ""] = /^(\w+)[ \t]+(.*)$/s.exec(body) ?? [];
      return name === undefined ? [] : [{ name, value, offset: start }];
    }
    return pairs.map((pair) => ({ name: pair[1]!, value: pair[2] ?? pair[3] ?? pair[4] ?? "", offset: start + pair.index }));
  });
}
