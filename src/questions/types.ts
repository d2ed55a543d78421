/** Types of questions, answers and their sources. */
import type { Libc } from "../catalog/bases.ts";
import type { WireFormat } from "../catalog/providers.ts";
import type { Sums } from "../catalog/tailscale.ts";

/** A read value, with notes on what was changed while reading it; or why it is refused, and what to write instead. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value; readonly notes: readonly string[] }
  | { readonly ok: false; readonly why: string; readonly fix: string };

/** A base of the catalogue by name, or the user's own image. */
export type BaseChoice = string | { readonly image: string; readonly libc: Libc; readonly user: string };

/** A connection by its word, or with options. */
export type ConnectionChoice = string | ({ readonly kind: string } & Readonly<Record<string, string>>);

/** The source of Tailscale's programs, and how nodes join. Everything is optional. */
export interface TailscaleChoice {
  /** Exact, or `latest`. Default: the lock's version, else the pinned one. */
  readonly version?: string;
  /** Another address of the tarball; `{version}` and `{arch}` are placeholders. */
  readonly url?: string;
  /** Of the tarball: by architecture, or of the only one. */
  readonly sha256?: string | Sums;
  /** An image to copy the programs from, or to run as the sidecar. */
  readonly image?: string;
  /** A Feature other than the vendor's. */
  readonly feature?: string;
  /** A control server other than the vendor's. */
  readonly loginServer?: string;
  /** Tags for the nodes of jobs. */
  readonly tags?: readonly string[];
  /** The name of the variable with the key. */
  readonly key?: string;
}

/** A model that a provider offers. Missing details come from the catalogue. */
export interface ModelChoice {
  readonly id: string;
  /** Its display name. */
  readonly name?: string;
  /** In tokens. */
  readonly limit?: { readonly context: number; readonly output: number };
  /** Whether it is a reasoning model. */
  readonly reasoning?: boolean;
  /** Whether it accepts images. */
  readonly images?: boolean;
}

/** A provider of the catalogue, or the team's own, and its wire format through this gateway. */
export interface ProviderChoice {
  readonly id: string;
  readonly api: WireFormat;
  /** The display name of a team's own provider. */
  readonly name?: string;
  /** Exactly these are offered. A team's own provider always has them. A catalogue provider without them offers all models of the catalogue. */
  readonly models?: readonly ModelChoice[];
}

/** How the gateway appears in OpenCode: as one provider for each of its providers, or as one provider with the named models. */
export type Style = "separate" | "compact";

/** Which plugins are allowed: any, packages with an exact version, or none. */
export type PluginPolicy = "allow" | "pinned" | "refuse";
/** Where OpenCode keeps its sessions: in the container, or on a volume; kept when the container is rebuilt. */
export type State = "container" | "volume";

/** Where an image's build gets the doctor from: a file of the repository, or the npm package of this program. */
export type DoctorPlace = "repository" | "package";

/** All answers about an environment. The spec file contains these answers. */
export interface Answers {
  readonly name: string;
  readonly url: string;
  /** The gateway's whole name in its tailnet, for what cannot look for the short one; null where nothing asks for it. */
  readonly fqdn: string | null;
  readonly connection: ConnectionChoice;
  /** Tailscale's programs; null if nothing needs them. */
  readonly tailscale: TailscaleChoice | null;
  readonly providers: readonly ProviderChoice[];
  readonly model: string;
  readonly smallModel: string;
  readonly style: Style;
  readonly opencode: string;
  readonly managed: boolean;
  /** OpenCode's internet access besides the gateway (src/catalog/online.ts). */
  readonly online: readonly string[];
  /** The policy for plugins (src/catalog/plugins.ts). */
  readonly plugins: PluginPolicy;
  /** Whether `check` fails if something in the repository bypasses the gateway. */
  readonly strict: boolean;
  /** Providers that the project's or the user's configuration may add although they bypass the gateway. */
  readonly otherProviders: readonly string[];
  /** How long a provider's stream may be silent, in milliseconds; false for no limit (src/catalog/chunk-timeout.ts). */
  readonly chunkTimeout: number | false;
  /** Headers for the gateway's log: known names, `name=text` and `name=$VARIABLE` (src/catalog/attribution.ts). */
  readonly attribution: readonly string[];
  /** Who has to agree to changes of the environment, as CODEOWNERS names them. */
  readonly codeowners: readonly string[];
  /** Where the doctor comes from (src/catalog/doctor-places.ts). */
  readonly doctor: DoctorPlace;
  readonly state: State;
  readonly base: BaseChoice;
  readonly outputs: readonly string[];
  /** The user's dev containers to add to, by path; `["all"]` for every existing one. */
  readonly devcontainers: readonly string[];
  /** Variables of the dev container: devcontainer.json's own `containerEnv`. */
  readonly containerEnv: Readonly<Record<string, string>>;
  /** devcontainer.json's own `forwardPorts`: numbers, or `service:port`. */
  readonly forwardPorts: readonly (number | string)[];
  /** Commands by devcontainer.json's own names of lifecycle hooks. */
  readonly hooks: Readonly<Record<string, string>>;
}

/** The name of an answer. */
export type QuestionId = keyof Answers;

/** An answer to some question. */
export type Answer = Answers[QuestionId];

/** Facts about the repository before any question. */
export interface Facts {
  /** The folder's own name. */
  readonly folder: string;
  /** The base that the repository's files suggest, and the file that suggests it. */
  readonly base: { readonly name: string; readonly sign: string } | null;
  /** The user's dev containers that the environment can be added to; none if a new one is generated. */
  readonly devcontainers: readonly string[];
  /** Version of OpenCode that this generator pins. */
  readonly opencode: string;
  /** The day, as YYYY-MM-DD: models that end soon are not proposed. */
  readonly today: string;
  /** Set for a new environment if this program was installed from a registry, so that an image's build finds it there, too. */
  readonly published?: true;
}

/** The source of an answer, shown in the plan. */
export type Source = "flag" | "file" | "spec" | "environment" | "answer" | "lock" | "detected" | "default";

/** An answer proposed without asking, and its reason. */
export interface Proposal<Value> {
  readonly value: Value;
  readonly source: "detected" | "default";
  /** For example the file that was found. */
  readonly because?: string;
}

/** One line of a list to choose from. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

/** One question with its flag, variable, spec key, text, default and validation. */
export interface Question<Id extends QuestionId = QuestionId> {
  readonly id: Id;
  /** `map`: its flag is given once for each entry, as `name=value`. */
  readonly kind: "text" | "list" | "choice" | "switch" | "map";
  readonly flag: string;
  /** The flag's value in the help. */
  readonly value: string;
  /** Environment variables, the first that is set wins. */
  readonly env: readonly string[];
  /** Place in the spec. */
  readonly key: readonly [string, ...string[]];
  /** Asked on a terminal, and required without an interactive terminal and without `--yes`. */
  readonly asked: boolean;
  /** A key missing in the spec means the proposal; for other questions it means the lock's answer. */
  readonly optional?: true;
  /** The question's text. */
  readonly message: string;
  /** One line for the help. */
  readonly help: string;
  /** If it returns false, the question does not apply: it is not asked, shown or written. */
  applies?(facts: Facts): boolean;
  /** The choices of a list or a choice. */
  choices?(facts: Facts): readonly Choice[];
  /** The list's line for other answers, and the question that follows. */
  readonly other?: { readonly label: string; readonly message: string };
  /** The proposal, from the repository and the answers to earlier questions. */
  propose(facts: Facts, earlier: Partial<Answers>): Proposal<Answers[Id]>;
  /** Reads a flag, a variable or typed text. */
  parse(text: string, earlier: Partial<Answers>, written?: Answers[Id]): Parsed<Answers[Id]>;
  /** Reads a plain value of the spec. */
  read(value: unknown, earlier: Partial<Answers>): Parsed<Answers[Id]>;
  /** Whether an invalid answer in the spec was this program's proposal, judged by the last run's answers. Then a new proposal replaces it. */
  outlived?(value: unknown, earlier: Partial<Answers>, before: Partial<Answers>, facts: Facts): boolean;
  /** Writes an answer so that `parse` gives it back. */
  format(value: Answers[Id]): string;
  /** The answer as a plain value of the spec, so that `read` gives it back. */
  write(value: Answers[Id]): unknown;
  /** Whether a value from a lock has the form of an answer, so that `write` accepts it; whether it makes sense is checked by `read`. */
  holds(value: unknown): value is Answers[Id];
  /** The answer from before the question existed, and the last version of the lock that may lack it. */
  readonly before?: { readonly value: Answers[Id]; readonly until: number };
}
