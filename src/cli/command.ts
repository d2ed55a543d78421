/** The meaning of a command line. Types only. */
import type { OnBypass } from "../prepare/bypass.ts";
import type { Wanted } from "../image/recipe.ts";
import type { MockGatewayFlags } from "./commands/mock-gateway.ts";
import type { QuestionId } from "../questions/types.ts";

/** A command's name. */
export type Verb =
  | "create"
  | "update"
  | "replace-model"
  | "report"
  | "hosts"
  | "check"
  | "remove"
  | "discover"
  | "doctor"
  | "verify"
  | "build"
  | "mock-gateway";

/** What to do with a conflict that can be resolved; `fail` resolves none. */
export type OnConflict = "fail" | "keep" | "replace";

export type { OnBypass };

/** Flags other than answers. */
export interface Switches {
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly diff: boolean;
  readonly json: boolean;
  readonly input: boolean;
  readonly cwd: string | null;
  readonly onConflict: OnConflict | null;
  readonly onBypass: OnBypass | null;
  readonly unignore: boolean;
}

/** What happens to a change besides writing it. */
export interface Landing {
  /** Print the text of a pull request to stdout instead of the plan. */
  readonly summary: boolean;
  /** The branch to commit on; null to write into the folder. */
  readonly branch: string | null;
  /** The start point of a new branch; null for the default. */
  readonly from: string | null;
  readonly pullRequest: boolean;
}

/** A model and its replacement, both as `provider/id`. */
export interface ModelReplacement {
  readonly from: string;
  readonly to: string;
}

/** Answers given as flags. */
export type Flags = Partial<Readonly<Record<QuestionId, string>>>;

/** A command with its input. */
export type Command =
  | { readonly kind: "version" }
  /** Help on the program, or on one command. */
  | { readonly kind: "help"; readonly verb: Verb | null }
  | {
      readonly kind: "create";
      readonly directories: readonly string[];
      readonly flags: Flags;
      readonly switches: Switches;
      readonly landing: Landing;
      /** A file with answers for every folder. */
      readonly spec: string | null;
      readonly discover?: true;
      /** Registries are asked for the digests of base images. */
      readonly pins?: true;
      /** The command that the folder's name may be a typo of. */
      readonly mistaken?: Verb;
    }
  | {
      readonly kind: "update";
      readonly directories: readonly string[];
      readonly flags: Flags;
      readonly switches: Switches;
      readonly landing: Landing;
      /** A file with answers for every folder. */
      readonly spec: string | null;
      /** Restores generated parts that were removed, deleted, or edited although they must not be. */
      readonly restore: boolean;
      /** Replaces models that end. */
      readonly models: boolean;
      /** A model and its replacement. */
      readonly replace?: ModelReplacement;
      /** Registries are asked for the digests of base images. */
      readonly pins?: true;
    }
  | ({
      readonly kind: "replace-model";
      readonly directories: readonly string[];
      readonly switches: Switches;
      readonly landing: Landing;
    } & ModelReplacement)
  | {
      readonly kind: "report";
      readonly directories: readonly string[];
      readonly switches: Switches;
      readonly csv: boolean;
    }
  | {
      readonly kind: "hosts";
      readonly directory: string | null;
      readonly switches: Switches;
      /** Names of hosts; null for all. */
      readonly only: readonly string[] | null;
    }
  | {
      readonly kind: "check";
      readonly directories: readonly string[];
      readonly switches: Switches;
      readonly outdated: boolean;
      readonly strict: boolean;
    }
  | {
      readonly kind: "remove";
      readonly directories: readonly string[];
      readonly switches: Switches;
      readonly landing: Landing;
    }
  | {
      readonly kind: "doctor";
      readonly directory: string | null;
      readonly deep: boolean;
      readonly send: boolean;
      /** In milliseconds. */
      readonly timeout: number;
      readonly switches: Switches;
    }
  | {
      readonly kind: "discover";
      readonly origin: string | null;
      readonly write: boolean;
      /** The timeout for the gateway, in milliseconds. */
      readonly timeout: number;
      readonly switches: Switches;
    }
  | {
      readonly kind: "verify";
      readonly directory: string | null;
      readonly switches: Switches;
      /** A mock gateway in the container replaces the real one. */
      readonly mock: boolean;
      /** The devcontainer.json to take, where several have the environment. */
      readonly config: string | null;
      readonly model: string | null;
      /** Its `initializeCommand` may run on this machine without asking. */
      readonly runInitializeCommand: boolean;
    }
  | ({
      readonly kind: "build";
      readonly directory: string | null;
      readonly switches: Switches;
      /** The devcontainer.json to take, where several have the environment. */
      readonly config: string | null;
    } & Wanted)
  | ({ readonly kind: "mock-gateway" } & MockGatewayFlags);
