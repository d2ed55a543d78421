/** Examines the files of an `.opencode` folder: agents and commands can name models; plugins and tools are code. */
import { isFolderFile, judgeFolderFile } from "../../opencode/folder-files.ts";
import type { Expectation } from "../../opencode/ways-out.ts";
import type { Finding, ProjectFile } from "../finding.ts";
import { placeAt } from "./nodes.ts";

/** Whether OpenCode reads a file of a repository as an agent, a command, a mode, a plugin or a tool. */
export function isOpencodeFile(path: string): boolean {
  const inside = /(?:^|\/)\.opencode\/(.*)$/.exec(path)?.[1];
  return inside !== undefined && isFolderFile(inside);
}

/** A finding for each of these files that conflicts with the environment. */
export function findInFolder(files: readonly ProjectFile[], environment: Expectation): Finding[] {
  return files.flatMap(({ path, text }) =>
    judgeFolderFile(path.replace(/^.*\.opencode\//, ""), text, environment).map(({ way, offset }): Finding => ({
      code: way.code,
      where: offset === 0 ? { file: path, line: 1 } : placeAt(path, text, offset),
      message: `${way.what}: ${way.comes}`,
      hint: way.hint,
    })),
  );
}
