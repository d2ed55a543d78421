/** Finds what the files of an `.opencode` folder come to: agents and commands that name models, plugins and tools that are code. */
import { findWaysOut, type Expectation } from "../../opencode/ways-out.ts";
import type { Finding, ProjectFile } from "../finding.ts";
import { placeAt } from "./nodes.ts";

/** Where OpenCode 1.18 looks in such a folder (its loaders of agents, commands, modes, plugins and tools). */
const prose = /(?:^|\/)\.opencode\/(agent|command|mode)s?\/(?:.*\/)?([^/]+)\.md$/;
const code = /(?:^|\/)\.opencode\/(plugin|tool)s?\/[^/]+\.[cm]?[jt]s$/;

/** Whether OpenCode reads a file of a repository as an agent, a command, a mode, a plugin or a tool. */
export function isOpencodeFile(path: string): boolean {
  return prose.test(path) || code.test(path);
}

/** What they set against the environment. */
export function findInFolder(files: readonly ProjectFile[], environment: Expectation): Finding[] {
  return files.flatMap(({ path, text }): Finding[] => {
    const [, kind] = code.exec(path) ?? [];
    if (kind !== undefined)
      return [
        {
          code: "runs-code",
          where: { file: path, line: 1 },
          message: `this ${kind} is code that runs inside of OpenCode: it ${kind === "plugin" ? "sees every prompt and can send it" : "can send what it gets"} past the gateway, which no configuration prevents`,
          hint: "leave it if you would run it as a program of this repository, or take it out",
        },
      ];
    const [, section = "", name = ""] = prose.exec(path) ?? [];
    const model = modelOf(text);
    if (model === null) return [];
    return findWaysOut({ [section]: { [name]: { model: model.text } } }, environment).map((way) => ({
      code: way.code,
      where: placeAt(path, text, model.offset),
      message: `${way.what}: ${way.comes}`,
      hint: way.hint,
    }));
  });
}

/** The model that the head of a Markdown file names: its lines between two `---`. */
function modelOf(text: string): { readonly text: string; readonly offset: number } | null {
  const head = /^\ufeff?---\r?\n(.*?)\r?\n---/s.exec(text)?.[0];
  const found = head === undefined ? null : /^model:[ \t]*(["']?)([^\s"'#]+)\1/m.exec(head);
  return found === null ? null : { text: found[2]!, offset: found.index };
}
