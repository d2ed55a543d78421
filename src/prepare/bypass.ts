/** Finds what bypasses the gateway in a project's own configuration, and what to remove. Pure. */
import { emittedIds } from "../catalog/compact.ts";
import { ownDevcontainer } from "../catalog/files.ts";
import { editJsonc } from "../edit/editors.ts";
import { addressOf } from "../parts/connection-answer.ts";
import type { BypassOptions, Finding, ProjectFile } from "../plan/findings.ts";
import { withoutKeys } from "../plan/pieces/taken.ts";
import type { Containers } from "../repo/environment.ts";
import type { Answers } from "../questions/types.ts";
import type { TakenPiece } from "../vocabulary.ts";

/** The options for project files that bypass the gateway. */
export type OnBypass = "leave" | "fix" | "managed";

/** What a project's configuration is held against. */
export function bypassOptionsOf(answers: Answers): BypassOptions {
  const { managed, style, plugins, otherProviders: allowed } = answers;
  return {
    url: addressOf(answers),
    providers: emittedIds(answers),
    managed,
    plugins,
    allowed,
    addressed: style === "compact" ? "models" : "providers",
  };
}

/** The devcontainer.json files that say what gets into the containers: theirs, or that of the environment's own, which may have been edited. */
export function setupFiles(containers: Containers): readonly string[] {
  return containers.kind === "theirs" ? containers.files : [ownDevcontainer];
}

/** What the findings would have taken out, file by file. */
export function takenOf(findings: readonly Finding[]): TakenPiece[] {
  const fixes = findings.flatMap((finding) => finding.fixes ?? []);
  return [...new Set(fixes.map(({ file }) => file))].map((path) => ({
    strategy: "taken",
    path,
    keys: fixes.filter(({ file }) => file === path).map((fix) => fix.path as TakenPiece["keys"][number]),
  }));
}

/** The project's files as they are then. */
export function withoutTaken(configs: readonly ProjectFile[], taken: readonly TakenPiece[]): ProjectFile[] {
  return configs.map((config) => {
    const piece = taken.find(({ path }) => path === config.path);
    const edited = piece === undefined ? null : withoutKeys(config.text, piece.keys, editJsonc(config.path));
    return edited?.ok === true ? { ...config, text: edited.text } : config;
  });
}
