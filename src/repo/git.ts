/**
 * The only way to start git. A repository's configuration may come from somebody else, for example in an archive, or in a cloned folder that looks like a
 * bare repository, and dozens of its keys name programs. So two rules apply to every call:
 *
 * - Only the commands below are run in a repository that is not ours, all of them with `guard`: nothing is fetched, no hook, file watcher,
 *   editor, pager or helper for credentials is started. What stands on a command line comes before all configuration, includes too.
 * - Nothing is cloned, since git's own child for that takes its settings from the repository alone. A copy gets a repository of its own.
 *
 * Node's own way to start a program and not execa, which takes 60 ms to load: git is asked in most runs.
 */
import type { ChildProcess } from "node:child_process";
import { dirname, join, posix } from "node:path";
import type { Ignored } from "../plan/findings.ts";
import { makeReady, type Spawned, type Surroundings } from "./spawn.ts";
import { findPlace } from "./work-tree.ts";

/** Commands that read a repository without filters, merges or diffs, all of which can be programs. */
type Reading = "check-ignore" | "ls-files" | "symbolic-ref";
/** Commands that create a repository. */
type Making = "init" | "symbolic-ref" | "add" | "commit" | "push";
/** Commands that read and write objects and references without the work tree. None runs a filter, or a hook in a repository without hooks. */
type Plumbing =
  | "cat-file"
  | "commit-tree"
  | "config"
  | "for-each-ref"
  | "hash-object"
  | "ls-tree"
  | "merge-base"
  | "read-tree"
  | "rev-list"
  | "rev-parse"
  | "update-index"
  | "update-ref"
  | "write-tree";

/**
 * Settings that name programs or lead to one, by their names in git-config(1). The empty text switches `core.fsmonitor` off in every version, and
 * empties the list of helpers for credentials. Before git 2.38 `safe.bareRepository` is not known: then the others have to do, and do.
 */
const settings: Readonly<Record<string, string>> = {
  "safe.bareRepository": "explicit",
  "protocol.allow": "never",
  "core.fsmonitor": "",
  "core.hooksPath": "/dev/null",
  "core.sshCommand": "false",
  "core.gitProxy": "none",
  "core.alternateRefsCommand": "false",
  "credential.helper": "",
  "gpg.program": "false",
  "commit.gpgSign": "false",
  "core.untrackedCache": "false",
  "core.splitIndex": "false",
  "submodule.recurse": "false",
  "fetch.recurseSubmodules": "false",
  "gc.auto": "0",
  "maintenance.auto": "false",
};

const asArguments = (given: Readonly<Record<string, string>>): string[] => [
  "--no-pager",
  ...Object.entries(given).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
];

/** The guard's arguments, before the command. */
export const guard: readonly string[] = asArguments(settings);

/**
 * The guard's variables (git(1), "Environment Variables"). GIT_ALLOW_PROTOCOL comes before every `protocol.<name>.allow` of a repository; there is
 * no protocol of that name. GIT_NO_LAZY_FETCH is known since git 2.45; before, an object that is missing is asked for and refused by the protocol.
 */
export const guardVariables: Readonly<Record<string, string>> = {
  GIT_ALLOW_PROTOCOL: "none",
  GIT_NO_LAZY_FETCH: "1",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "",
  SSH_ASKPASS: "",
  GIT_SSH_COMMAND: "false",
  GIT_PROXY_COMMAND: "",
  GIT_EDITOR: "false",
  GIT_SEQUENCE_EDITOR: "false",
  GIT_PAGER: "cat",
};

/**
 * Those of the paths that git ignores, so that `git add` would leave them out; what is tracked already is not among them. Nothing where there
 * is no git, no repository, or git does not answer in time. Never fails. Git works while the caller goes on.
 */
export async function findIgnored(root: string, paths: readonly string[], env: Surroundings["env"]): Promise<readonly Ignored[]> {
  const place = paths.length === 0 ? null : findPlace(root);
  if (place === null) return [];
  const { top, prefix } = place;
  const before = prefix === "" ? "" : `${prefix}/`;
  const asked = paths.map((path) => `${before}${path}\0`);
  // 1: none of them is ignored. 128: no repository, or none that git trusts.
  const { exitCode, stdout } = await read(top, "check-ignore", ["-z", "-v", "--stdin"], env, { input: asked.join("") });
  const fields = exitCode === 0 ? stdout.split("\0") : [];
  const ignored: Ignored[] = [];
  for (let index = 0; index + 3 < fields.length; index += 4) {
    const [source, line, pattern, path] = fields.slice(index, index + 4) as [string, string, string, string];
    // A pattern with `!` in front takes a path in again.
    if (pattern.startsWith("!")) continue;
    const file = /^(?:\/|[A-Za-z]:)/.test(source) ? source : posix.relative(prefix, source);
    ignored.push({ path: path.slice(before.length), by: { file, line: Number(line), pattern } });
  }
  return ignored;
}

/** Whether git tracks that file. False where there is no git, no repository, or git does not answer in time. Never fails. */
export async function isTracked(root: string, path: string, env: Surroundings["env"]): Promise<boolean> {
  const place = findPlace(root);
  if (place === null) return false;
  const { top, prefix } = place;
  // Case-insensitive on a case-insensitive disk.
  const asked = `:(literal,icase)${prefix === "" ? "" : `${prefix}/`}${path}`;
  const { exitCode, stdout } = await read(top, "ls-files", ["-z", "--", asked], env);
  return exitCode === 0 && stdout !== "";
}

/**
 * Those of the paths that git tracks, but does not check out here: in a sparse checkout, or after `git update-index --skip-worktree`. They are not deleted.
 * A folder stands for all that is below it. Nothing where git does not answer in time. Never fails.
 */
export async function findSkipped(root: string, paths: readonly string[], env: Surroundings["env"]): Promise<readonly string[]> {
  const place = paths.length === 0 ? null : findPlace(root);
  if (place === null) return [];
  const before = place.prefix === "" ? "" : `${place.prefix}/`;
  const asked = paths.map((path) => `:(literal)${before}${path}`);
  // `S` stands before them (git-ls-files(1), `-t`).
  const { exitCode, stdout } = await read(place.top, "ls-files", ["-t", "-z", "--", ...asked], env);
  const lines = exitCode === 0 ? stdout.split("\0") : [];
  return lines.filter((line) => line.startsWith("S ")).map((line) => line.slice(2 + before.length));
}

/** The content of a work tree. */
export interface Listed {
  /** Paths below the root that git tracks or would, as git names them: a repository's index can hold any text. */
  readonly paths: readonly string[];
  /** The branch, or null where there is none. */
  readonly branch: string | null;
}

/** What git tracks below a folder, or would; null where it is in no work tree, git does not say, or ignores all of it. */
export async function listFiles(root: string, env: Surroundings["env"]): Promise<Listed | null> {
  const place = findPlace(root);
  if (place === null) return null;
  const { top, prefix } = place;
  const before = prefix === "" ? "" : `${prefix}/`;
  const asked = ["-z", "--cached", "--others", "--exclude-standard", "--", ...(prefix === "" ? [] : [`:(literal)${prefix}`])];
  const { exitCode, stdout } = await read(top, "ls-files", asked, env, { timeout: 60_000 });
  const listed = stdout.split("\0").filter((path) => path !== "" && path.startsWith(before));
  if (exitCode !== 0 || (prefix !== "" && listed.length === 0)) return null;
  const head = await read(top, "symbolic-ref", ["--quiet", "--short", "HEAD"], env);
  const branch = head.exitCode === 0 ? head.stdout.trim() : "";
  return { paths: [...new Set(listed.map((path) => path.slice(before.length)))], branch: branch === "" ? null : branch };
}

/** The commit that is checked out. */
export interface Head {
  readonly hash: string;
  /** The hash of the folder's files in it. */
  readonly tree: string;
  /** When it was committed, in seconds since 1970. */
  readonly time: number;
  /** Tags on it, the newest version first. */
  readonly tags: readonly string[];
  /** The address of the remote that is called origin. It may hold a login. */
  readonly remote: string | null;
}

/** What git knows of the commit of a folder; null where there is none, or no git. Never fails. */
export async function readHead(root: string, env: Surroundings["env"]): Promise<Head | null> {
  const place = findPlace(root);
  if (place === null) return null;
  const ask = async (command: Plumbing, ...args: readonly string[]): Promise<string[]> => {
    const { exitCode, stdout } = await plumb(place.top, command, args, env);
    return exitCode === 0 ? stdout.split("\n").filter(Boolean) : [];
  };
  const [hash, tree] = await ask("rev-parse", "HEAD", `HEAD:${place.prefix}`);
  if (hash === undefined || tree === undefined) return null;
  const time = /^committer .* (\d+) [+-]\d{4}$/m.exec((await ask("cat-file", "commit", hash)).join("\n"))?.[1];
  const tags = await ask(
    "for-each-ref",
    "--points-at=HEAD",
    "--sort=-version:refname",
    "--format=%(refname:strip=2)",
    "refs/tags",
  );
  const [remote = null] = await ask("config", "--get", "remote.origin.url");
  return time === undefined ? null : { hash, tree, time: Number(time), tags, remote };
}

/**
 * Makes a folder, a copy of the target whose files are all there, a repository with one commit of them. No configuration but ours has a part in
 * it. Gives whether git did.
 */
export async function makeRepository(folder: string, branch: string | null, here: Surroundings): Promise<boolean> {
  const make = async (command: Making, ...args: readonly string[]): Promise<boolean> =>
    (await run(folder, [...quick, command, ...args], here, { variables: nobodys(folder), timeout: 120_000 })).exitCode === 0;
  if (!(await make("init", "--quiet", "--template="))) return false;
  // A name that is none is refused, and the branch keeps git's own.
  if (branch !== null) await make("symbolic-ref", "HEAD", `refs/heads/${branch}`);
  const commit = ["--quiet", "--allow-empty", "--no-verify", "--message", "The files that aperture-env verifies"];
  return (await make("add", "--all", "--force")) && (await make("commit", ...commit));
}

const quick = ["user.name=aperture-env", "user.email=aperture-env@localhost", "core.looseCompression=0"].flatMap((setting) => [
  "-c",
  setting,
]);

/** Makes an empty folder a repository without anything of the user's templates. Gives whether git did. */
export async function makeBorrower(folder: string, format: "sha1" | "sha256", here: Surroundings): Promise<boolean> {
  // Git before 2.29 knows one format, and no word for it.
  const named = format === "sha1" ? [] : [`--object-format=${format}`];
  return (await run(folder, ["init", "--quiet", "--template=", ...named], here, { variables: {} })).exitCode === 0;
}

/** Of git's variables and settings those by which a user says how to reach a remote. */
const reaching = /^(?:GIT_(?:SSH|SSH_COMMAND|SSH_VARIANT|PROXY_COMMAND|ASKPASS)|SSH_ASKPASS)$/;

/**
 * Pushes a branch from a repository of ours to its `origin`. The user's own configuration counts, with credentials and all; hooks do not, and nobody
 * is asked for anything.
 */
export async function push(folder: string, branch: string, here: Surroundings): Promise<Spawned> {
  const ref = `refs/heads/${branch}`;
  const named = Object.entries(here.env).filter(
    (entry): entry is [string, string] => reaching.test(entry[0]) && entry[1] !== undefined,
  );
  const variables = { GIT_TERMINAL_PROMPT: "0", GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh", ...Object.fromEntries(named) };
  const settled = asArguments({ "core.hooksPath": "/dev/null", "core.fsmonitor": "", "push.gpgSign": "false" });
  return run(folder, ["push", "--no-verify", "origin", `${ref}:${ref}`], here, { variables, settled, timeout: 120_000 });
}

/** Where nobody's configuration is. Before git 2.32, which knows GIT_CONFIG_GLOBAL, the user's is looked for in these folders. */
function nobodys(folder: string): Record<string, string> {
  const nowhere = join(folder, ".git", "nowhere");
  return {
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    HOME: nowhere,
    XDG_CONFIG_HOME: nowhere,
  };
}

/** Git's variables for a commit's author, committer and dates; all of them are plain text. */
const identity = /^GIT_(?:AUTHOR|COMMITTER)_(?:NAME|EMAIL|DATE)$/;

/** Runs one command on the objects and references of a repository, at its top. `binary`: what it gives is one character for each byte. */
export function plumb(
  top: string,
  command: Plumbing,
  args: readonly string[],
  env: Surroundings["env"],
  { variables, settings: more = {}, ...options }: PlumbOptions = {},
): Promise<Spawned> {
  const named = Object.entries(env).filter(
    (entry): entry is [string, string] => identity.test(entry[0]) && entry[1] !== undefined,
  );
  const given = { GIT_WORK_TREE: top, ...Object.fromEntries(named), ...variables };
  // Behind the guard's, so that they count.
  const set = Object.entries({ "i18n.commitEncoding": "UTF-8", ...more }).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  return run(top, [...set, command, ...args], { target: top, env }, { variables: given, timeout: 60_000, ...options });
}

/** Options of a run. */
type PlumbOptions = Pick<Running, "input" | "binary"> & {
  readonly variables?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, string>>;
};

/** What commits are signed with (git-config(1), `gpg.*`), where nothing is said of it. */
const signers: Readonly<Record<string, string>> = {
  "gpg.format": "openpgp",
  "gpg.program": "gpg",
  "gpg.openpgp.program": "gpg",
  "gpg.x509.program": "gpgsm",
  "gpg.ssh.program": "ssh-keygen",
  "gpg.ssh.defaultkeycommand": "",
};

/** The settings to sign commits with, where the user's own configuration wants them signed; null where not. A repository has no say. */
export async function readSigning(top: string, env: Surroundings["env"]): Promise<Readonly<Record<string, string>> | null> {
  const pattern = String.raw`^(commit\.gpgsign|gpg\..*)$`;
  const said = await plumb(top, "config", ["--show-scope", "-z", "--get-regexp", pattern], env);
  const fields = said.stdout.split("\0");
  const own: Record<string, string> = {};
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [key = "", ...value] = fields[at + 1]!.split("\n");
    if (fields[at] === "system" || fields[at] === "global") own[key.toLowerCase()] = value.join("\n");
  }
  if (!/^(?:true|yes|on|1)$/i.test(own["commit.gpgsign"] ?? "")) return null;
  const program = own["gpg.program"];
  return Object.fromEntries(
    Object.entries(signers).map(([key, usual]) => [
      key,
      own[key] ?? (key === "gpg.openpgp.program" ? program : undefined) ?? usual,
    ]),
  );
}

/** Runs one command that reads a repository, at its top. The user's own configuration counts: patterns to ignore, and whom git trusts. */
function read(
  top: string,
  command: Reading,
  args: readonly string[],
  env: Surroundings["env"],
  options: { readonly input?: string; readonly timeout?: number } = {},
): Promise<Spawned> {
  // The work tree is where it was found to be, whatever the repository says of it (core.worktree, core.bare).
  return run(top, [command, ...args], { target: top, env }, { variables: { GIT_WORK_TREE: top }, ...options });
}

/** Options for starting git. */
interface Running {
  readonly variables: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeout?: number;
  readonly binary?: boolean;
  /** In place of the guard, for a repository of ours. */
  readonly settled?: readonly string[];
}

/** Runs git to its end, within five seconds where nothing else is said. Does not throw: where git cannot be started, `exitCode` is null. */
async function run(
  folder: string,
  args: readonly string[],
  { target, env: given }: Surroundings,
  options: Running,
): Promise<Spawned> {
  // This folder's repository or none: nothing above it is looked at.
  const guarded = options.settled === undefined ? guardVariables : {};
  const variables = { ...guarded, GIT_CEILING_DIRECTORIES: dirname(folder), ...options.variables };
  const startable = makeReady("git", [...(options.settled ?? guard), ...args], { target, env: given, variables });
  if (startable === null) return { exitCode: null, stdout: "", stderr: "" };
  const { file, args: all, env } = startable;
  const [{ execFile }, { onExit }] = await Promise.all([import("node:child_process"), import("signal-exit")]);
  return new Promise((resolve) => {
    let child: ChildProcess | undefined;
    const limits = { timeout: options.timeout ?? 5000, killSignal: "SIGKILL", maxBuffer: 100_000_000 } as const;
    const encoding = options.binary === true ? "latin1" : "utf8";
    // Before the child is there, so that no signal comes in between.
    const forget = onExit(() => void child?.kill("SIGKILL"));
    child = execFile(file, all, { cwd: folder, env, encoding, windowsHide: true, ...limits }, (error, stdout, stderr) => {
      forget();
      const failed = typeof error?.code === "number" ? error.code : null;
      resolve({ exitCode: error === null ? 0 : failed, stdout, stderr });
    });
    // It may be gone before it has read anything.
    child.stdin?.on("error", () => undefined).end(options.input ?? "");
  });
}
