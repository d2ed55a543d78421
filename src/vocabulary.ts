/**
 * The words in which the parts of the program speak to each other, as types only: what an output and a connection are, what comes between
 * them, and the pieces of files that an environment is made of.
 */
import type { Answers, Choice, Parsed, QuestionId } from "./questions/types.ts";

/** Variables of a process, by name. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Where a container gets beside a dev container of the user's that Docker Compose starts. */
export interface Beside {
  /** The Compose file that is edited, of a devcontainer.json's one or several. */
  readonly file: string;
  /** The folder from which paths in the project's files go; empty for the repository's top. */
  readonly folder: string;
  /** The folder that is opened, with a `/` behind it; empty for the repository's top. */
  readonly workspace: string;
  /** The service that is opened. */
  readonly service: string;
  /** The service that has the network of that one: itself, or the one whose network it is in. */
  readonly owner: string;
  /** How others still find the owner by its name: an alias in the default network, the host name, or that it has one. */
  readonly named: "alias" | "hostname" | "kept";
  readonly profiles: readonly string[];
}

/** What of the user's in the repository outputs go by, where they look for it. */
export interface Met {
  /** The stages of GitLab's pipelines, in their order; null where they cannot be known. */
  readonly stages?: readonly string[] | null;
  /** Which files with owners of code are there, and whether GitLab's pipeline is. */
  readonly owned?: readonly string[];
}

/** How a file of the repository is looked at. */
export interface Look {
  /** Its text; null where there is no such text file. */
  text(path: string): string | null;
  /** The value of a YAML file that is one map; null where there is none. */
  map(path: string): Readonly<Record<string, unknown>> | null;
}

/** A service of the user's in whose network a dev container is. */
export interface Composed {
  /** The devcontainer.json of that dev container. */
  readonly devcontainer: string;
  /** The Compose file that has the service. */
  readonly file: string;
  readonly owner: string;
}

/** How the environment gets into the repository: a dev container of its own, or a Feature in these of the user's. And what it meets there. */
export type Shape = (
  | { readonly kind: "own" }
  | {
      readonly kind: "feature";
      readonly files: readonly string[];
      /** Those of the files whose container Docker Compose makes; left out where there are none. */
      readonly byCompose?: readonly string[];
      readonly beside?: readonly Beside[];
      /** Where names go that the connection gives, for those that Docker Compose makes. */
      readonly composed?: readonly Composed[];
    }
) & { readonly met?: Met };

/** What a connection may need of whatever carries the environment, and an output may offer. A pair fits where offers cover needs. */
export type Need = "env" | "secret" | "net-admin" | "tun" | "state-volume" | "shared-network" | "build-stage" | "feature";

/** A secret by its name; its value is never known here. */
export interface Secret {
  readonly name: string;
  /** What it is for, as a sentence without its full stop. */
  readonly why: string;
  /** The page that says how to get one. */
  readonly url: string;
}

/** A named volume, which outlasts the container. */
export interface Volume {
  readonly name: string;
  /** The folder at which it is mounted. */
  readonly path: string;
}

/** A container that runs beside the environment's, in whose network that one then is. */
export interface Service {
  readonly name: string;
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  /** Variables of the starting person that it gets as files, if they are set: keys of a node, in order of precedence. */
  readonly secrets: readonly string[];
  /** The tags of a node that is nobody's, by the word for each. */
  readonly tags: readonly string[];
  readonly volumes: readonly Volume[];
  /** The volume that the environment's container has at the same place, to read from. */
  readonly shared: Volume | null;
  readonly capabilities: readonly string[];
  readonly devices: readonly string[];
  /** The shell command that says whether it is ready. */
  readonly healthy: string;
}

/** What a container's own resolver is told, beside what its engine tells it. */
export interface Names {
  /** Addresses by name, as in hosts(5). */
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
  /** Addresses of name servers. */
  readonly servers: readonly string[];
  /** Domains in which short names are looked for. */
  readonly search: readonly string[];
}

/** A Dev Container Feature of somebody else's, and its options. */
export interface ForeignFeature {
  readonly id: string;
  readonly options: Readonly<Record<string, string>>;
}

/** A program that the image carries beside OpenCode. */
export type Program = "tailscale" | "ts-unplug";

/** A way that is taken inside the container, as the word for it stands in environment.json. */
export type Way = "network" | "auto" | "userspace" | "tailscale" | "sidecar" | "ts-unplug";

/** What has to be done inside the container before the gateway can be reached; environment.json tells it to who does it. */
export interface Connect {
  /** The way by host: `default`, and where it differs `codespaces`, `github` (Actions), `gitlab` (CI) and `kubernetes` (a pod). */
  readonly by: Readonly<Record<string, Way>> & { readonly default: Way };
  /** The node's name in the tailnet. */
  readonly node: string;
  /** Where on the loopback a proxy, or ts-unplug, listens. */
  readonly port: number;
  /** Another control server than Tailscale's, or null. */
  readonly loginServer: string | null;
  /** Tags for the nodes of jobs; people's nodes are theirs. */
  readonly tags: readonly string[];
  /** The variable that has the key, where somebody set it. */
  readonly secret: string;
  /** Whether the image carries Tailscale's programs. */
  readonly programs: boolean;
  /** The volume's folder for what outlasts the container, or null. */
  readonly folder: string | null;
  /** The socket of a daemon that runs elsewhere, or null. */
  readonly socket: string | null;
}

/** What must be true of a container, whatever makes it: connections give it, outputs turn it into files. */
export interface Runtime {
  /** Variables of the container. */
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly Secret[];
  readonly volumes: readonly Volume[];
  readonly names: Names;
  readonly features: readonly ForeignFeature[];
  readonly programs: readonly Program[];
  /** A service whose network the container joins. */
  readonly service: Service | null;
  readonly connect: Connect | null;
}

/** An option of a connection, whose value is a text. */
export interface ConnectionOption {
  readonly help: string;
  readonly required: boolean;
  parse(text: string): Parsed<string>;
}

/** A way of a container to the gateway. */
export interface Connection extends Choice {
  /** What stands behind its name in the spec's comment and its schema; in plain words without a full stop. */
  readonly about: string;
  readonly needs: readonly Need[];
  /** What it needs with these options, where that is less. */
  needsWith?(options: Readonly<Record<string, string>>): readonly Need[];
  readonly options: Readonly<Record<string, ConnectionOption>>;
  /** `options` are those of the answer, each as its `parse` gave it. */
  runtime(answers: Answers, options: Readonly<Record<string, string>>): Runtime;
  /** Why it cannot be with these answers; null where it can. */
  refuse?(answers: Answers, options: Readonly<Record<string, string>>): Refusal | null;
  /** What to do next, beside what outputs say. */
  next?(answers: Answers, options: Readonly<Record<string, string>>): readonly string[];
}

/** What outputs are made from. Frozen; pure functions read it. */
export interface Demand {
  readonly answers: Answers;
  readonly shape: Shape;
  readonly runtime: Runtime;
}

/** What templates see: every leaf a text (Handlebars adds numbers up), nothing computed later. */
export type Context = { readonly [name: string]: string | boolean | null | Context | readonly (string | Context)[] };

/**
 * How a part of a file is written and updated. `own`: the whole file is ours. `keys`, `lines`, `block`: keyed values, lines or a marked block are
 * ensured in a file that may hold more. `seed`: written once, then the user's. `taken`: keys of the user's are taken out, and given back when
 * the environment goes.
 */
export type Strategy = "own" | "keys" | "lines" | "block" | "seed" | "taken";

/** A file to render; its template has the same path where it names no other. */
export interface WantedFile {
  readonly path: string;
  readonly template?: string;
  readonly strategy: "own" | "lines";
  /** The spec keys that decide the file's content, as a hint for people who edit it by hand; empty if there are none. */
  readonly decidedBy: string;
  /** People are expected to edit it, so the lock keeps its text as the ancestor of a three-way merge. */
  readonly edited: boolean;
  /** What it says ends up in the image, so it counts for the revision. */
  readonly image: boolean;
  readonly executable: boolean;
  /** How it is judged where people have edited it: what of it there is no environment without. Left out, any edit may be. */
  readonly judgedAs?: "devcontainer" | "composed" | "compose" | "dockerfile";
  /** What its template sees beside what every template sees. */
  readonly context?: Context;
}

/** A whole file of ours. */
export interface OwnPiece extends Omit<WantedFile, "strategy" | "image" | "context" | "template"> {
  readonly strategy: "own";
  readonly text: string;
}

/** A value for a file. */
export interface KeyedValue {
  readonly path: readonly [string, ...string[]];
  readonly value: unknown;
  /** True for an element of the list at `path`. */
  readonly item: boolean;
  /** A text in the place of that list becomes one that has it first, and a text again when our element goes. */
  readonly fromText?: true;
  /** How many leading keys may be the user's; the key after them is ours by its name, so its value is set whatever it is. Null where none is. */
  readonly oursFrom: number | null;
  /** Without it the gateway is out of reach. */
  readonly needed?: true;
}

/** A value of the user's that gets another place in its file, and its own again when the environment goes. */
export interface Move {
  readonly from: readonly [string, ...string[]];
  readonly to: readonly [string, ...string[]];
}

/** Values in a JSONC or YAML file, by the file's name. */
export interface ValuesPiece {
  readonly strategy: "keys";
  readonly path: string;
  readonly values: readonly KeyedValue[];
  /** What goes elsewhere, where it is there. */
  readonly moves?: readonly Move[];
  /** Nothing is to be done where the file is not there; otherwise it is in the way that it is not. */
  readonly optional?: true;
}

/** Lines for a file, anywhere or in a marked block. */
export interface LinesPiece {
  readonly strategy: "lines" | "block";
  readonly path: string;
  readonly lines: readonly string[];
}

/** Keys to take out of a file of the user's. */
export interface TakenPiece {
  readonly strategy: "taken";
  readonly path: string;
  readonly keys: readonly (readonly [string, ...string[]])[];
}

/** One wanted part of a file, from any output. */
export type Piece = OwnPiece | ValuesPiece | LinesPiece | TakenPiece;

/** What there is no environment without: `check` fails where it is missing, and `remove` asks before something of it is left behind. */
export interface Essential {
  /** How many leading keys name the thing. */
  readonly keys: number;
  /** What it is called, for a sentence. */
  readonly name: string;
  /** That it is not there yet, as a sentence without its full stop. */
  readonly absent: string;
  /** How to do without it here, as an order. */
  readonly instead: string;
  /** Keys of it that are ours, whatever their values: in a file that another checkout's lock knows, too, none of them is the user's. */
  readonly ours: readonly string[];
}

/** A first key below which values may be. */
export interface ClaimedKey {
  readonly essential?: Essential;
  /** Whether two keys below it name one thing in two spellings; where there is none, only a key itself is the same. */
  isSame?(left: string, right: string): boolean;
}

/** Where an output may ever write: the lock and the journal are trusted for these places and no others. */
export interface Claim {
  readonly strategy: Strategy;
  path(path: string): boolean;
  /** The first keys below which values may be; for `keys` and `taken` only. */
  readonly keys?: Readonly<Record<string, ClaimedKey>>;
  /** A later line of such a file counts before ours; for `block` only. */
  readonly last?: true;
}

/** Why something cannot be, and what to take instead: both begin small and end without a full stop. */
export interface Refusal {
  readonly why: string;
  readonly fix: string;
}

/** A thing to generate. An inner one is no choice: others stand on it. */
export interface Output extends Choice {
  readonly inner?: true;
  /** The key of the spec that asks for it; without one that is `outputs`. */
  readonly askedBy?: QuestionId;
  /** Whether answers ask for it, for one that is no choice. */
  asked?(answers: Answers): boolean;
  /** What is generated where nothing is said. */
  readonly proposed?: true;
  readonly offers: readonly Need[];
  /** It reaches the gateway in a way of its own, so any connection is right beside it. */
  readonly joinsItself?: true;
  /** Images that its templates call `images.<name>`, by tag; there they have their digests, if pinned. */
  readonly images?: Readonly<Record<string, string>>;
  /** What of the user's it goes by. */
  meet?(look: Look): Met;
  /** The host (catalog/hosts.ts) whose jobs it makes. */
  readonly host?: string;
  /** What forges read at the top of a repository alone, where all depends on it. */
  readonly atTop?: string;
  /** Why it cannot be with these answers, whatever their connection; null where it can. */
  refuse?(answers: Answers): Refusal | null;
  /** Outputs that have to be there, too, by their values. */
  requires(demand: Demand): readonly string[];
  readonly claims: readonly Claim[];
  files(demand: Demand): readonly WantedFile[];
  /** What it puts into files that may hold more. */
  pieces(demand: Demand, revision: string): readonly Piece[];
  /** The same, for what goes by where all others write: their files and pieces. */
  over?(demand: Demand, others: readonly (WantedFile | Piece)[]): readonly Piece[];
  /** What to do next, a line each; `root` is the way to the repository from where the person stands, `.` where that is it. */
  next(demand: Demand, root: string): readonly string[];
}
