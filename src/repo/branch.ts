/**
 * A change as a commit on a separate branch. The checked-out tree, the index and the current branch stay untouched: the files of the branch's start
 * point are written below the system's temporary folder, a plan is made for them, and its writes become blobs, a tree and a commit by git's plumbing
 * with a separate index. So uncommitted changes are not included, and no filter or hook runs. The commit is signed if the user's own configuration says
 * so, with the user's program, never with the repository's.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { AppError, decisionError, environmentError, usageError, type Place } from "../errors.ts";
import { staysBelow } from "../lock/inside.ts";
import { writesOf, type Plan, type Write } from "../plan/plan.ts";
import { formatShell } from "../render/escape.ts";
import { codeOf, diskError } from "./disk-errors.ts";
import { plumb, readSigning } from "./git.ts";
import type { Env } from "./guarded-environment.ts";
import { look } from "./scan.ts";
import { findPlace, resolveLinks, type Place as TreePlace } from "./work-tree.ts";

/** An open branch. */
export interface Branch {
  readonly name: string;
  /** The folder in the copy that stands for the target. */
  readonly folder: string;
  readonly place: TreePlace;
  /** The branch's last commit, if it has commits after the start point; null if not, or if the branch does not exist yet. */
  readonly ahead: { readonly hash: string; readonly message: string } | null;
  /** Commits the plan's writes on the branch, and gives the commit. */
  commit(plan: Plan, message: string): Promise<string>;
  remove(): void;
}

/** The remote's default branch, as last fetched; `git clone` writes it (git-remote(1), `set-head`). */
export const remoteDefault = "refs/remotes/origin/HEAD";

/** Larger files are never read (src/repo/scan.ts); the copy contains only their size. */
const largest = 5 * 1024 * 1024;
/** The maximum number of bytes per request to git. */
const batch = 32 * 1024 * 1024;

/** Runs git's plumbing in the repository. */
type Git = (
  command: Parameters<typeof plumb>[1],
  args: readonly string[],
  options?: Parameters<typeof plumb>[4],
) => ReturnType<typeof plumb>;

/** A file of a commit. */
interface Entry {
  readonly mode: string;
  readonly hash: string;
  readonly size: number;
  readonly path: string;
}

/**
 * Opens a branch for the repository around a folder. A new branch starts at `from`. An existing branch, here or on origin as last fetched, continues, or
 * restarts there if `from` contains all of it, as commits or as files. Throws without a repository or a commit, if the branch is checked out or rebased, and if git refuses.
 */
export async function openBranch(root: string, name: string, from: string, env: Env): Promise<Branch> {
  const place = findPlace(root);
  if (place === null)
    throw usageError("no-repository", `${root} is in no git repository.`, "Leave --branch out, or begin one with  git init");
  const { top, prefix } = place;
  const git: Git = (command, args, options) => plumb(top, command, args, env, options);
  const ref = `refs/heads/${name}`;
  const at = await findBranch(git, ref, name);
  if (at !== null) await refuseRebased(git, top, name);
  const begins = (await git("rev-parse", ["--verify", "--quiet", `${from}^{commit}`])).stdout.trim();
  if (begins === "") throw noBeginning(top, from);
  const isIn = async (one: string, other: string): Promise<boolean> =>
    (await git("merge-base", ["--is-ancestor", one, other])).exitCode === 0;
  // As with  git switch  a branch that only origin has continues there: somebody may have pushed it from another machine.
  const pushed = (await git("rev-parse", ["--verify", "--quiet", `refs/remotes/origin/${name}^{commit}`])).stdout.trim();
  const last = pushed !== "" && (at === null || (await isIn(at, pushed))) ? pushed : at;
  const isMerged = last !== null && ((await isIn(last, begins)) || (await hasLanded(git, last, begins)));
  const start = last === null || isMerged ? begins : last;

  const parent = makeParent();
  const remove = (): void => rmSync(parent, { recursive: true, force: true });
  const copy = join(parent, basename(top) || "repository");
  try {
    const entries = await listEntries(git, start, top);
    await writeOut(git, entries, copy, top);
    const modes = new Map(entries.map(({ path, mode }) => [path, mode]));
    const commit = async (plan: Plan, message: string): Promise<string> => {
      const index = { GIT_INDEX_FILE: join(parent, "index") };
      const hashes = await writeBlobs(git, parent, plan);
      const lines = writesOf(plan).map((write, at) => {
        const path = pathInTree(copy, plan.root, write);
        const mode = modes.get(path) ?? (write.kind === "create" && write.executable ? "100755" : "100644");
        return hashes[at] === null ? `0 ${"0".repeat(start.length)}\t${path}\0` : `${mode} ${hashes[at]!}\t${path}\0`;
      });
      await need(git("read-tree", [start], { variables: index }));
      await need(git("update-index", ["-z", "--index-info"], { variables: index, input: lines.join("") }));
      const tree = (await need(git("write-tree", [], { variables: index }))).trim();
      const signing = await readSigning(top, env);
      const signed = signing === null ? [] : ["-S"];
      const made = await git("commit-tree", [...signed, tree, "-p", start], { input: message, settings: signing ?? {} });
      if (made.exitCode !== 0) throw cannotCommit(made.stderr);
      const now = made.stdout.trim();
      await need(git("update-ref", ["-m", "create-aperture-env", ref, now, at ?? "0".repeat(now.length)]));
      return now;
    };
    const ahead = isMerged || last === null ? null : { hash: last, message: await readMessage(git, last) };
    return { name, folder: join(copy, prefix), place, ahead, commit, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function noBeginning(top: string, from: string): AppError {
  if (from === "HEAD")
    return usageError(
      "no-such-commit",
      `The branch that is checked out in ${top} has no commit.`,
      "Commit something first, name another start point with --from, or leave --branch out.",
    );
  if (from === remoteDefault)
    return usageError(
      "no-default-branch",
      `The default branch of the remote origin is not known in ${top}.`,
      `Run  git -C ${formatShell(top)} remote set-head origin --auto  or name a start point, for example  --from origin/main`,
    );
  return usageError("no-such-commit", `${top} has no commit ${from}.`, "Name an existing branch or commit with --from.");
}

/**
 * Whether a commit that `begins` contains has all files as the branch leaves them: a forge that merges a pull request into one commit (squash) keeps no other
 * trace of the branch. To continue there would conflict with the merged files.
 */
async function hasLanded(git: Git, tip: string, begins: string): Promise<boolean> {
  const base = (await git("merge-base", [tip, begins])).stdout.trim();
  if (base === "") return false;
  const variables = { GIT_LITERAL_PATHSPECS: "1" };
  const filesOf = async (commit: string, ...paths: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const { stdout } = await git("ls-tree", ["-r", "-z", "--full-tree", commit, "--", ...paths], { variables });
    const lines = stdout.split("\0").filter(Boolean);
    return new Map(lines.map((line) => [line.slice(line.indexOf("\t") + 1), line.slice(0, line.indexOf("\t"))]));
  };
  const [before, after] = await Promise.all([filesOf(base), filesOf(tip)]);
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
  // A branch with more files is not only ours.
  if (changed.length === 0 || changed.length > 200) return false;
  const listed = await git("rev-list", ["--max-count=100", begins, `^${base}`, "--", ...changed], { variables });
  for (const commit of listed.stdout.split("\n").filter(Boolean)) {
    const found = await filesOf(commit, ...changed);
    if (changed.every((path) => found.get(path) === after.get(path))) return true;
  }
  return false;
}

/** What a commit says of itself (git-cat-file(1)): its text begins after the first empty line. */
async function readMessage(git: Git, commit: string): Promise<string> {
  const [, ...text] = (await need(git("cat-file", ["commit", commit]))).split("\n\n");
  return text.join("\n\n");
}

/** Refuses a branch that is being rebased in a work tree: git moves it itself at the end, and fails if somebody else has moved it. */
async function refuseRebased(git: Git, top: string, name: string): Promise<void> {
  const common = resolve(top, (await need(git("rev-parse", ["--git-common-dir"]))).replace(/\n$/, ""));
  const trees = join(common, "worktrees");
  const folders = [common, ...(existsSync(trees) ? readdirSync(trees) : []).map((tree) => join(trees, tree))];
  for (const folder of folders)
    for (const kind of ["rebase-merge", "rebase-apply"]) {
      const head = look(folder, `${kind}/head-name`);
      if (head.kind === "text" && head.text.trim() === `refs/heads/${name}`)
        throw decisionError(
          "branch-rebased",
          `${name} is being rebased, and a new commit on it would make that fail.`,
          "Finish the rebase first, or name another branch with --branch.",
        );
    }
}

/**
 * A branch's commit; null without the branch. Throws if it is checked out, because its files would not be updated, and if the name is a folder's for
 * git: no branch `a/b` can exist beside a branch `a`.
 */
async function findBranch(git: Git, ref: string, name: string): Promise<string | null> {
  const format = "--format=%(refname)%00%(objectname)%00%(worktreepath)";
  const above = name.split("/").map((_, at, parts) => `refs/heads/${parts.slice(0, at + 1).join("/")}`);
  const found = (await need(git("for-each-ref", [format, ...above]))).split("\n").map((line) => line.split("\0"));
  const other = found.find(([one = ""]) => one !== ref && (above.includes(one) || one.startsWith(`${ref}/`)));
  if (other !== undefined)
    throw usageError(
      "branch-name",
      `There is a branch ${other[0]!.slice("refs/heads/".length)}, so git cannot make a branch ${name}.`,
      "Name another branch with --branch.",
    );
  const [, at, checkedOut = ""] = found.find(([one]) => one === ref) ?? [];
  if (checkedOut !== "")
    throw decisionError(
      "branch-checked-out",
      `${name} is checked out in ${checkedOut}, and its files there would not be updated.`,
      "Name another branch with --branch, or leave --branch out.",
    );
  return at ?? null;
}

async function need(asked: ReturnType<typeof plumb>): Promise<string> {
  const { exitCode, stdout, stderr } = await asked;
  if (exitCode === 0) return stdout;
  // A repository of another account (git-config, safe.directory): git says itself what lets it in.
  const [trust] = /git config --global --add safe\.directory .*/.exec(stderr) ?? [];
  const [, denied] =
    /^(?:error|fatal): (.*(?:insufficient permission|permission denied|read-only file system).*)/im.exec(stderr) ?? [];
  const hint = denied === undefined ? "See that  git status  works there." : "Check the permissions of its folder .git.";
  throw environmentError(
    "git-refused",
    `git refused: ${denied ?? sayRefusal(stderr)}`,
    trust === undefined ? hint : `If you trust it, run  ${trust}`,
  );
}

function cannotCommit(stderr: string): AppError {
  const isNobody = /user\.(?:name|email)|tell me who you are/i.test(stderr);
  const why = isNobody ? "it does not know who you are" : sayRefusal(stderr);
  const isUnsigned = /sign/i.test(stderr);
  const other = isUnsigned
    ? "Sign something by hand, so that the key is unlocked, and run again."
    : "See that  git status  works there.";
  const hint = isNobody ? "git config --global user.name 'Your Name', and user.email" : other;
  return environmentError("git-refused", `git did not commit: ${why}.`, hint);
}

/** What git calls fatal, which advice may follow; else the last line. */
function sayRefusal(text: string): string {
  const lines = text.trim().split("\n");
  return (
    lines.find((line) => line.startsWith("fatal: ")) ?? (lines.at(-1) || "it could not be started, or gave no answer in time")
  );
}

function makeParent(): string {
  try {
    return mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-branch-"));
  } catch (error) {
    throw diskError(error, { path: tmpdir(), done: "written" });
  }
}

async function listEntries(git: Git, commit: string, top: string): Promise<Entry[]> {
  const listed = await need(git("ls-tree", ["-r", "-z", "-l", "--full-tree", commit]));
  return listed
    .split("\0")
    .filter(Boolean)
    .flatMap((line): Entry[] => {
      const tab = line.indexOf("\t");
      const [mode = "", , hash = "", size = ""] = line.slice(0, tab).split(/ +/);
      const path = line.slice(tab + 1);
      if (!staysBelow(path))
        throw decisionError("odd-path", `${top} has a path that no disk should hold: ${path}.`, "Take it out.");
      return [{ mode, hash, size: Number(size) || 0, path }];
    });
}

/** Files first, so that none is written through a link. Of a submodule only the folder is there. */
async function writeOut(git: Git, entries: readonly Entry[], copy: string, top: string): Promise<void> {
  // Code that looks for the repository's root finds it here.
  mkdirSync(join(copy, ".git"), { recursive: true });
  const made = new Set<string>();
  const makeFor = (path: string): string => {
    const folder = dirname(join(copy, path));
    if (!made.has(folder)) mkdirSync(folder, { recursive: true });
    made.add(folder);
    return join(copy, path);
  };
  const put = (path: string, act: (full: string) => void): void => {
    try {
      act(makeFor(path));
    } catch (error) {
      // A case-insensitive disk keeps only one of two such names.
      if (!["EEXIST", "ENOTDIR", "EISDIR"].includes(codeOf(error))) throw diskError(error, { path: copy, done: "written" });
    }
  };
  const isLink = ({ mode }: Entry): boolean => mode === "120000";
  for (const { path } of entries.filter(({ mode }) => mode === "160000")) mkdirSync(join(makeFor(path)), { recursive: true });
  for (const { path, size } of entries.filter((entry) => entry.size > largest))
    put(path, (full) => {
      writeFileSync(full, "", { flag: "wx" });
      truncateSync(full, size);
    });
  const read = entries.filter(({ mode, size }) => mode !== "160000" && size <= largest);
  for (const links of [false, true]) {
    let chunk: Entry[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      const texts = await readBlobs(git, chunk, top);
      for (const [at, { path, mode }] of chunk.entries()) {
        const text = texts[at]!;
        if (links) put(path, (full) => symlinkSync(text.toString("utf8"), full));
        else put(path, (full) => writeFileSync(full, text, { flag: "wx", mode: mode === "100755" ? 0o755 : 0o644 }));
      }
      chunk = [];
      bytes = 0;
    };
    for (const entry of read.filter((one) => isLink(one) === links)) {
      chunk.push(entry);
      bytes += entry.size + 100;
      if (bytes > batch) await flush();
    }
    if (chunk.length > 0) await flush();
  }
}

/** Their bytes as git has them, in that order (git-cat-file(1), "BATCH OUTPUT"). */
async function readBlobs(git: Git, entries: readonly Entry[], top: string): Promise<Buffer[]> {
  const input = entries.map(({ hash }) => `${hash}\n`).join("");
  const said = Buffer.from(await need(git("cat-file", ["--batch"], { input, binary: true })), "latin1");
  const texts: Buffer[] = [];
  let at = 0;
  for (const { path } of entries) {
    const end = said.indexOf("\n", at);
    const size = /^[0-9a-f]+ blob (\d+)$/.exec(said.toString("latin1", at, end))?.[1];
    if (size === undefined)
      throw environmentError("git-refused", `git has no ${path} of ${top} here.`, "Fetch what is missing:  git fetch --refetch");
    texts.push(said.subarray(end + 1, end + 1 + Number(size)));
    at = end + 2 + Number(size);
  }
  return texts;
}

/** The blobs of all writes; null for what is removed. */
async function writeBlobs(git: Git, parent: string, plan: Plan): Promise<(string | null)[]> {
  const files: string[] = [];
  const writes = writesOf(plan);
  for (const [at, write] of writes.entries()) {
    if (write.kind === "remove") continue;
    const file = join(parent, `blob-${at}`);
    writeFileSync(file, write.after);
    files.push(file);
  }
  const input = files.map((file) => `${file}\n`).join("");
  const hashes = (await need(git("hash-object", ["-w", "--no-filters", "--stdin-paths"], { input }))).split("\n");
  return writes.map((write) => (write.kind === "remove" ? null : hashes.shift()!));
}

/** The real path in the tree of a plan's path: a link in the repository may lead elsewhere in it. */
function pathInTree(copy: string, root: string, write: Write): string {
  const full = join(root, write.path);
  const real = write.kind === "remove" ? join(resolveLinks(dirname(full)), basename(full)) : resolveLinks(full);
  const path = relative(resolveLinks(copy), real).split(sep).join("/");
  if (!staysBelow(path)) throw decisionError("odd-path", `${write.path} leads out of the repository.`, "Remove that link.");
  return path;
}

/** A message about the copy, rewritten for the repository. */
export function relocated(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof AppError)) return error;
  const [message = "", ...details] = error.lines.map((line) => line.replaceAll(from, to));
  const where: Place | undefined = error.where && { ...error.where, file: error.where.file.replaceAll(from, to) };
  const { code, exit, hint } = error;
  return new AppError({
    code,
    exit,
    message,
    details,
    ...(hint !== undefined && { hint: hint.replaceAll(from, to) }),
    ...(where && { where }),
  });
}

/** Whether the folder exists at the branch's start point. */
export function isThere({ folder }: Branch): boolean {
  return existsSync(folder);
}
