/** Findings and their input: types only. */
import type { Place } from "../errors.ts";
import type { FileKind } from "../opencode/known-files.ts";
import type { WayOut } from "../opencode/ways-out.ts";

/** One thing found. */
export interface Finding {
  readonly code:
    | WayOut["code"]
    | "unreadable-config"
    | "other-opencode"
    | "shared-compose"
    | "git-ignored"
    | "other-dev-containers"
    | "case-twin"
    | "not-at-top"
    | "opencode-folder"
    | "registry-ignored"
    | "registry-not-written"
    | "model-ending";
  readonly where: Place;
  /** The finding and its consequence, as a sentence without its full stop. */
  readonly message: string;
  /** What to do about it, as a sentence without its full stop. */
  readonly hint: string;
  /** The parts to remove from files, if this program can fix it. */
  readonly fixes?: readonly Fix[];
}

/** A key to remove from a JSONC file, by its path of keys. */
export interface Fix {
  readonly file: string;
  readonly path: readonly string[];
}

/** A file of the repository's, by its path from the root with `/`; of a folder above the root, where that is a part of a larger one, with `../`. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
  /** What it is where that is not told by its name, because another file says it. */
  readonly kind?: FileKind;
}

/** The texts of a repository that findings are made from. */
export interface Project {
  /** OpenCode's configuration files, in the order in which OpenCode reads them. */
  readonly configs: readonly ProjectFile[];
  /**
   * Files that say what gets into the dev containers: they themselves, Dockerfiles, Compose files, and scripts that hooks run; and those that are
   * known by their names (opencode/known-files.ts).
   */
  readonly setup: readonly ProjectFile[];
  readonly hasOpencodeFolder: boolean;
  /** Agents, commands, modes, plugins and tools in it. */
  readonly opencodeFiles: readonly ProjectFile[];
}
