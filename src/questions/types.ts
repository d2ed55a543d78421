/** The vocabulary of questions: what one is, what answers look like, where an answer came from. */
import type { Libc } from "../catalog/bases.ts";
import type { WireFormat } from "../catalog/providers.ts";
import type { Sums } from "../catalog/tailscale.ts";

/** A value that was understood, with a word on what was changed while reading it; or why not, and what to write instead. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value; readonly notes: readonly string[] }
  | { readonly ok: false; readonly why: string; readonly fix: string };

/** A base of the catalogue by name, or an image of the user's own. */
export type BaseChoice = string | { readonly image: string; readonly libc: Libc; readonly user: string };

/** A connection by its word, or with options of its own. */
export type ConnectionChoice = string | ({ readonly kind: string } & Readonly<Record<string, string>>);

/** Where Tailscale's programs are from, and how a node is let in. Everything may be left out. */
export interface TailscaleChoice {
  /** Exact, or `latest`. Left out it is what the lock has, else the pinned one. */
  readonly version?: string;
  /** Another address of the tarball; `{version}` and `{arch}` are filled in. */
  readonly url?: string;
  /** Of the tarball: by architecture, or of the one that there is. */
  readonly sha256?: string | Sums;
  /** An image to take the programs out of, or to run beside the environment. */
  readonly image?: string;
  /** Another Feature than the vendor's. */
  readonly feature?: string;
  /** Another control server than the vendor's. */
  readonly loginServer?: string;
  /** Tags for the nodes of jobs. */
  readonly tags?: readonly string[];
  /** The name of the variable that has the key. */
  readonly key?: string;
}

/** A model that a provider offers. Where nothing is said of it, the catalogue says the rest. */
export interface ModelChoice {
  readonly id: string;
  /** As people see it. */
  readonly name?: string;
  /** In tokens. */
  readonly limit?: { readonly context: number; readonly output: number };
  /** Whether it reasons before it answers. */
  readonly reasoning?: boolean;
  /** Whether it takes images. */
  readonly images?: boolean;
}

/** A provider of the catalogue, or one of the team's own, and the wire format that it speaks through this gateway. */
export interface ProviderChoice {
  readonly id: string;
  readonly api: WireFormat;
  /** One of the team's own: as people see it. */
  readonly name?: string;
  /** Exactly these are offered. One of the team's own always has them; without them one of the catalogue offers all that the catalogue has. */
  readonly models?: readonly ModelChoice[];
}

/** How the gateway appears in OpenCode: as a provider for each of its providers, or as one that has the named models of all. */
export type Style = "separate" | "compact";

/** What of plugins is let in: any, packages with their exact version, or none. */
export type PluginPolicy = "allow" | "pinned" | "refuse";
/** Where OpenCode keeps its sessions: in the container, or on a volume; kept when the container is rebuilt. */
export type State = "container" | "volume";

/** All that can be said about an environment. The spec file is these answers written down. */
export interface Answers {
  readonly name: string;
  readonly url: string;
  readonly connection: ConnectionChoice;
  /** Tailscale's programs; null where nothing asks for them. */
  readonly tailscale: TailscaleChoice | null;
  readonly providers: readonly ProviderChoice[];
  readonly model: string;
  readonly smallModel: string;
  readonly style: Style;
  readonly opencode: string;
  readonly managed: boolean;
  /** What OpenCode may ask of the internet beside the gateway (src/catalog/online.ts). */
  readonly online: readonly string[];
  /** What of plugins a repository may have (src/catalog/plugins.ts). */
  readonly plugins: PluginPolicy;
  /** Whether `check` fails where something in the repository bypasses the gateway. */
  readonly strict: boolean;
  /** Providers that a configuration of the project or of the user may add, though they bypass the gateway. */
  readonly otherProviders: readonly string[];
  /** How long a provider's stream may be silent, in milliseconds; false for as long as it likes (src/catalog/chunk-timeout.ts). */
  readonly chunkTimeout: number | false;
  /** What requests carry for the gateway's log: names that are known by themselves, `name=text` and `name=$VARIABLE` (src/catalog/attribution.ts). */
  readonly attribution: readonly string[];
  /** Who has to agree to changes of the environment, as CODEOWNERS names them. */
  readonly codeowners: readonly string[];
  readonly state: State;
  readonly base: BaseChoice;
  readonly outputs: readonly string[];
  /** Dev containers of the user's to add to, by path; `["all"]` for every one that is there. */
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

/** What is known of the repository before anything is asked. */
export interface Facts {
  /** The folder's own name. */
  readonly folder: string;
  /** The base that the repository's files speak for, and the file that said so. */
  readonly base: { readonly name: string; readonly sign: string } | null;
  /** Dev containers of the user's that the environment can be added to; none where it gets one of its own. */
  readonly devcontainers: readonly string[];
  /** Version of OpenCode that this generator pins. */
  readonly opencode: string;
  /** The day, as YYYY-MM-DD: what ends soon is not proposed. */
  readonly today: string;
}

/** Where an answer came from, for the plan to show. */
export type Source = "flag" | "file" | "spec" | "environment" | "answer" | "lock" | "detected" | "default";

/** An answer proposed without asking, and what it rests on. */
export interface Proposal<Value> {
  readonly value: Value;
  readonly source: "detected" | "default";
  /** For instance the file that was found. */
  readonly because?: string;
}

/** One line of a list to choose from. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

/** One question. Everything about it is here: flag, variable, spec key, text, default and validation. */
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
  readonly key: readonly string[];
  /** Asked on a terminal, and required where nobody can be asked and `--yes` is not given. */
  readonly asked: boolean;
  /** Left out of a spec it is the proposal; the others are then kept as the lock has them. */
  readonly optional?: true;
  /** The question as a person reads it. */
  readonly message: string;
  /** One line for the help. */
  readonly help: string;
  /** Where it returns false the question is about nothing: it is not asked, shown or written down. */
  applies?(facts: Facts): boolean;
  /** To choose from, where the kind is a list or a choice. */
  choices?(facts: Facts): readonly Choice[];
  /** The line of a list for what is not in it, and what is asked then. */
  readonly other?: { readonly label: string; readonly message: string };
  /** What is proposed, from the repository and the answers to earlier questions. */
  propose(facts: Facts, earlier: Partial<Answers>): Proposal<Answers[Id]>;
  /** Reads a flag, a variable or what was typed. */
  parse(text: string, earlier: Partial<Answers>, written?: Answers[Id]): Parsed<Answers[Id]>;
  /** Reads a plain value of the spec. */
  read(value: unknown, earlier: Partial<Answers>): Parsed<Answers[Id]>;
  /** Whether an answer of the spec that makes no sense any more was this program's own proposal, by the answers of the last run: then it is proposed anew. */
  outlived?(value: unknown, earlier: Partial<Answers>, before: Partial<Answers>, facts: Facts): boolean;
  /** Writes an answer so that `parse` gives it back. */
  format(value: Answers[Id]): string;
  /** The answer as a plain value of the spec, so that `read` gives it back. */
  write(value: Answers[Id]): unknown;
  /** Whether a value out of a lock has the form of an answer, so that `write` takes it; whether it makes sense is for `read` to say. */
  holds(value: unknown): value is Answers[Id];
  /** How it was before there was such a question, and the last version of the lock that may lack the answer. */
  readonly before?: { readonly value: Answers[Id]; readonly until: number };
}
