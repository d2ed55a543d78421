/**
 * Files of OpenCode's configuration folders (`.opencode` and the like) that are more than settings: agents, commands and modes, which can name
 * models, and plugins and tools, which are code. The one judge of them, for the plan and the doctor alike.
 */
import { findWaysOut, refused, type Expectation, type WayOut } from "./ways-out.ts";

/** One of them: its path in the folder that it is in. */
export interface FolderFile {
  readonly folder: string;
  readonly path: string;
  /** Empty for code, whose text does not matter. */
  readonly text: string;
}

/** Where OpenCode 1.18 looks in such a folder (its loaders of agents, commands, modes, plugins and tools). */
const prose = /(?:^|\/)(agent|command|mode)s?\/(?:.*\/)?([^/]+)\.md$/;
const code = /(?:^|\/)(plugin|tool)s?\/[^/]+\.[cm]?[jt]s$/;

/** The folders in which those files lie. */
export const foldersRead = ["agent", "command", "mode", "plugin", "tool"].flatMap((name) => [name, `${name}s`]);

/** Whether OpenCode reads a file as one of them; its path begins in the configuration folder. */
export function isFolderFile(path: string): boolean {
  return prose.test(path) || code.test(path);
}

/** Whether it is code, whose text does not matter. */
export function isCode(path: string): boolean {
  return code.test(path);
}

/** What one of them sets against the environment, and the offset of it. */
export function judgeFolderFile(
  path: string,
  text: string,
  environment: Expectation,
): readonly { readonly way: Omit<WayOut, "path" | "fixable">; readonly offset: number }[] {
  const [, kind] = code.exec(path) ?? [];
  if (kind === "plugin" && environment.plugins === "refuse") return [{ way: refused("this plugin"), offset: 0 }];
  if (kind !== undefined)
    return [
      {
        way: {
          code: "runs-code",
          what: `this ${kind} is code that runs inside of OpenCode`,
          comes: `it ${kind === "plugin" ? "sees every prompt and can send it" : "can send its input"} elsewhere; no configuration prevents that`,
          hint: "keep it if you would run it as a program of this repository, or remove it",
        },
        offset: 0,
      },
    ];
  const [, section = "", name = ""] = prose.exec(path) ?? [];
  const model = modelOf(text);
  if (model === null) return [];
  return findWaysOut({ [section]: { [name]: { model: model.text } } }, environment).map((way) => ({ way, offset: model.offset }));
}

/** The model that the head of a Markdown file names: its lines between two `---`. */
function modelOf(text: string): { readonly text: string; readonly offset: number } | null {
  const head = /^\ufeff?---\r?\n(.*?)\r?\n---/s.exec(text)?.[0];
  const found = head === undefined ? null : /^model:[ \t]*(["']?)([^\s"'#]+)\1/m.exec(head);
  return found === null ? null : { text: found[2]!, offset: found.index };
}
