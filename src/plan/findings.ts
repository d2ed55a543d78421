/** Findings: parts of a repository that conflict with the environment. The plan reports them, and changes them only on request. Pure. */
import { featureFolder } from "../catalog/files.ts";
import { formatPlace } from "../errors.ts";
import { formatShell } from "../render/escape.ts";
import { listSome } from "../text/words.ts";
import type { Finding, Project } from "./finding.ts";
import { findBypass, type BypassOptions } from "./findings/bypass.ts";
import { findSharedCompose } from "./findings/compose.ts";
import { findInFolder } from "./findings/folder.ts";
import { findOtherOpencode } from "./findings/other.ts";
import { findVariables } from "./findings/variables.ts";

export type { Finding, Fix, Project, ProjectFile } from "./finding.ts";
export { findBypass, findInFolder, findOtherOpencode, findVariables, type BypassOptions };

/** All findings of a repository; `chosen` are the devcontainer.json files that get the Feature. */
export function findAll(
  { configs, opencodeFiles, setup, hasOpencodeFolder }: Project,
  environment: BypassOptions,
  chosen: readonly string[],
): Finding[] {
  // An empty folder has no findings, and does not need the code that searches for them.
  if (configs.length + opencodeFiles.length + setup.length === 0) return findOpencodeFolder(hasOpencodeFolder);
  return [
    ...findBypass(configs, environment),
    ...findInFolder(opencodeFiles, environment),
    ...findVariables(setup, environment),
    ...findOtherOpencode(setup),
    ...findSharedCompose(setup, chosen),
    ...findOpencodeFolder(hasOpencodeFolder),
  ];
}

/** A planned path that git ignores, and the pattern: its file (from the root, or absolute) and line. */
export interface Ignored {
  readonly path: string;
  readonly by: { readonly file: string; readonly line: number; readonly pattern: string };
}

/** An `.opencode/` folder in the repository, and its effect on OpenCode. */
export function findOpencodeFolder(hasFolder: boolean): Finding[] {
  if (!hasFolder) return [];
  return [
    {
      code: "opencode-folder",
      where: { file: ".opencode" },
      message:
        "OpenCode downloads its plugin package from the npm registry into this folder (63 MB) in each clone; it has no switch to prevent that",
      hint: "keep it for agents, commands or tools; a lone opencode.json can move to the repository's root",
    },
  ];
}

/** Dev containers of folders below the top that do not get the environment, because nobody named them. */
export function findingsOfWorkspaces(paths: readonly string[]): Finding[] {
  const [first] = paths;
  if (first === undefined) return [];
  return [
    {
      code: "other-dev-containers",
      where: { file: first },
      message:
        paths.length === 1
          ? "this dev container of a folder below the root does not get the environment"
          : `${listSome(paths, 3)} are dev containers of folders below the root, and do not get the environment`,
      hint: `to add it, name every dev container that should get it: --devcontainers ${formatShell(paths.slice(0, 3).join(","))}`,
    },
  ];
}

/** One finding for each pattern that makes git ignore planned files. */
export function findingsOfIgnored(ignored: readonly Ignored[]): Finding[] {
  const groups = new Map<string, Ignored[]>();
  for (const one of ignored) {
    const key = formatPlace(one.by);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups].map(([place, group]) => {
    const { by } = group[0]!;
    const paths = group.map(({ path }) => path);
    const added = new Set(paths.map((path) => (path.startsWith(`${featureFolder}/`) ? featureFolder : path)));
    return {
      code: "git-ignored",
      where: { file: by.file, line: by.line },
      message: `git ignores ${listSome(paths, 3)} because of the pattern ${by.pattern}, so a clone lacks ${paths.length === 1 ? "it" : "them"}`,
      hint: `remove ${by.pattern} from ${place}, run again with --unignore, or force-add: git add -f ${[...added].map(formatShell).join(" ")}`,
    };
  });
}
