/** What a repository holds that stands against the environment: named in the plan, never changed without a word. Pure. */
import { formatPlace, type Place } from "../errors.ts";
import type { WayOut } from "../opencode/ways-out.ts";
import { formatShell } from "../render/escape.ts";
import { findBypass, type BypassOptions } from "./findings/bypass.ts";
import { findInFolder } from "./findings/folder.ts";
import { findOtherOpencode } from "./findings/other.ts";
import { findVariables } from "./findings/variables.ts";

export { findBypass, findInFolder, findOtherOpencode, findVariables, type BypassOptions };

/** One thing found. */
export interface Finding {
  readonly code:
    | WayOut["code"]
    | "unreadable-config"
    | "other-opencode"
    | "git-ignored"
    | "opencode-folder"
    | "registry-ignored"
    | "registry-not-written";
  readonly where: Place;
  /** What it is and what comes of it, as a sentence without its full stop. */
  readonly message: string;
  /** What to do about it, as a sentence without its full stop. */
  readonly hint: string;
  /** What to take out of which files to be rid of it, where that can be done for the user. */
  readonly fixes?: readonly Fix[];
}

/** A key to take out of a JSONC file, by its path of keys. */
export interface Fix {
  readonly file: string;
  readonly path: readonly string[];
}

/** A file of the repository's, by its path from the root with `/`. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

/** The texts of a repository that findings are made from. */
export interface Project {
  /** OpenCode's configuration files, in the order in which OpenCode reads them. */
  readonly configs: readonly ProjectFile[];
  /** Files that say what gets into the dev containers: they themselves, Dockerfiles, Compose files, and scripts that hooks run. */
  readonly setup: readonly ProjectFile[];
  readonly hasOpencodeFolder: boolean;
  /** Agents, commands, modes, plugins and tools in it. */
  readonly opencodeFiles: readonly ProjectFile[];
}

/** Everything in a repository that stands against the environment. */
export function findAll(project: Project, environment: BypassOptions): Finding[] {
  return [
    ...findBypass(project.configs, environment),
    ...findInFolder(project.opencodeFiles, environment),
    ...findVariables(project.setup, environment),
    ...findOtherOpencode(project.setup),
    ...findOpencodeFolder(project.hasOpencodeFolder),
  ];
}

/** A planned path that git would drop, and the pattern that says so: its file (from the root, or absolute) and line. */
export interface Ignored {
  readonly path: string;
  readonly by: { readonly file: string; readonly line: number; readonly pattern: string };
}

/** An `.opencode/` folder in the repository, and what it makes OpenCode do. */
export function findOpencodeFolder(hasFolder: boolean): Finding[] {
  if (!hasFolder) return [];
  return [
    {
      code: "opencode-folder",
      where: { file: ".opencode" },
      message:
        "OpenCode fetches its plugin package from the npm registry into this folder (63 MB) in each clone, and has no switch against it",
      hint: "leave it if agents, commands or tools are in it; a mere opencode.json can stand at the top of the repository instead",
    },
  ];
}

/** One finding for each pattern that makes git drop planned files. */
export function findingsOfIgnored(ignored: readonly Ignored[]): Finding[] {
  const groups = new Map<string, Ignored[]>();
  for (const one of ignored) {
    const key = formatPlace(one.by);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups].map(([place, group]) => {
    const { by } = group[0]!;
    const paths = group.map(({ path }) => path);
    const more = paths.length > 3 ? ` and ${paths.length - 3} more` : "";
    const shown = `${paths.slice(0, 3).join(", ")}${more}`;
    return {
      code: "git-ignored",
      where: { file: by.file, line: by.line },
      message: `git leaves ${shown} out because of the pattern ${by.pattern}, so a clone would lack ${paths.length === 1 ? "it" : "them"}`,
      hint: `take ${by.pattern} out of ${place}, or add by force: git add -f ${paths.map(formatShell).join(" ")}`,
    };
  });
}
