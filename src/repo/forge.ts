/**
 * A pull request, opened by the forge's own client: `gh` (cli.github.com) or `glab` (gitlab.com/gitlab-org/cli), found on PATH.
 *
 * The push and the client run in a small temporary repository that borrows the user's objects. So the user's own git configuration is used, with its
 * credentials and addresses, and nothing of the repository's except the address of `origin`. A client reads from a repository where to work, and older
 * versions of `gh` do not open a pull request outside of one.
 */
import { appendFileSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { environmentError, usageError, type AppError } from "../errors.ts";
import { isRecord, isText } from "../forms.ts";
import { formatShell } from "../render/escape.ts";
import { withoutEndSlashes } from "../text/address.ts";
import { linesOf } from "../text/terminal.ts";
import { makeBorrower, plumb, push } from "./git.ts";
import { guardEnvironment, type Env } from "./guarded-environment.ts";
import { findProgram } from "./program.ts";
import { spawn, type Spawned } from "./spawn.ts";
import type { Place } from "./work-tree.ts";

/** Where a repository's pull requests are opened, and with which client. */
export interface Forge {
  readonly client: "gh" | "glab";
  readonly host: string;
  /** `owner/name`, with groups where there are some. */
  readonly project: string;
  /** The address of `origin`, which may hold a credential: never shown, and in no argument. */
  readonly address: string;
}

/** The content of a pull request. */
export interface Request {
  readonly branch: string;
  readonly title: string;
  readonly body: string;
  /** The target branch; null for the remote's default. */
  readonly into: string | null;
}

/** Finds it by the address of `origin`. Throws where there is none, or no client for it. */
export async function findForge({ top }: Place, env: Env): Promise<Forge> {
  const said = await plumb(top, "config", ["--get-regexp", "-z", String.raw`^remote\.origin\.(push)?url$`], env);
  const found = said.stdout.split("\0").map((entry) => entry.split("\n"));
  const [, address = ""] =
    found.find(([key]) => key === "remote.origin.pushurl") ?? found.find(([key]) => key === "remote.origin.url") ?? [];
  const url =
    /^(?:https?|ssh):\/\/(?:[^/@]*@)?([^/@:]+)(?::\d+)?\/(.+)$/.exec(address) ??
    /^(?:[^/@:]+@)?([^/@:]+):(?!\/)(.+)$/.exec(address);
  const [, host = "", path = ""] = url ?? [];
  const project = withoutEndSlashes(path).replace(/\.git$/, "");
  if (!/^[\w.-]+$/.test(host) || !/^[\w.-]+(?:\/[\w.-]+)+$/.test(project))
    throw usageError(
      "no-forge",
      address === "" ? `${top} has no remote origin.` : `The remote origin of ${top} is not a project on GitHub or GitLab.`,
      "Leave --pull-request out, and push the branch by hand.",
    );
  return { client: await clientFor(host, top, env), host, project, address };
}

/** GitHub's for github.com, GitLab's for gitlab.com; elsewhere the one that knows the host, the likelier one first. */
async function clientFor(host: string, top: string, env: Env): Promise<Forge["client"]> {
  const both = host.includes("gitlab") ? (["glab", "gh"] as const) : (["gh", "glab"] as const);
  const there = both.filter((client) => findProgram(client, guardEnvironment(env, top)) !== null);
  if (host === "github.com" || host === "gitlab.com") {
    if (there.includes(both[0])) return both[0];
    throw environmentError("no-client", `${both[0]} is not on the PATH, which opens pull requests on ${host}.`, clientHint);
  }
  for (const client of there) {
    const { exitCode } = await spawn(client, ["auth", "status", "--hostname", host], { target: top, cwd: tmpdir(), env });
    if (exitCode === 0) return client;
  }
  throw environmentError("no-client", `Neither gh nor glab on the PATH is logged in to ${host}.`, clientHint);
}

const clientHint = "Install it and log in, or leave --pull-request out, and push the branch yourself.";

/** The client's arguments that open one. GitHub's reads the text on stdin; GitLab's takes it as an argument. */
function openArguments({ client, host, project }: Forge, { branch, title, body, into }: Request): string[] {
  return client === "gh"
    ? [
        "pr",
        "create",
        "--repo",
        `${host}/${project}`,
        "--head",
        branch,
        "--title",
        title,
        "--body-file",
        "-",
        ...(into === null ? [] : ["--base", into]),
      ]
    : [
        "mr",
        "create",
        "--repo",
        `https://${host}/${project}`,
        "--source-branch",
        branch,
        "--title",
        title,
        "--description",
        body,
        "--yes",
        ...(into === null ? [] : ["--target-branch", into]),
      ];
}

/** The commands, for a person to read; the text of the pull request is left out. */
export function describeCommands(forge: Forge, request: Request): string[] {
  const words = openArguments(forge, { ...request, body: "…" }).map((word) => (word === "…" ? word : formatShell(word)));
  return [`git push origin ${formatShell(request.branch)}`, [forge.client, ...words].join(" ")];
}

/** Pushes the commit as that branch, and opens a pull request where none is open. Gives its address. */
export async function openPullRequest(forge: Forge, request: Request, commit: string, { top }: Place, env: Env): Promise<string> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "aperture-env-push-"));
  try {
    await borrow(folder, forge, request.branch, commit, top, env);
    const pushed = await push(folder, request.branch, { target: top, env });
    if (pushed.exitCode !== 0)
      throw refused(
        `${request.branch} could not be pushed to ${forge.host}`,
        pushed,
        forge,
        /\((?:non-fast-forward|fetch first)\)/.test(pushed.stderr)
          ? "The branch of that name on origin has other commits: name another branch with --branch."
          : undefined,
      );
    const asked = { target: top, cwd: folder, env };
    const list =
      forge.client === "gh"
        ? ["pr", "list", "--repo", `${forge.host}/${forge.project}`, "--head", request.branch, "--state", "open", "--json", "url"]
        : [
            "mr",
            "list",
            "--repo",
            `https://${forge.host}/${forge.project}`,
            "--source-branch",
            request.branch,
            "--output",
            "json",
          ];
    const open = firstIn((await spawn(forge.client, list, asked)).stdout);
    if (open !== null) return open;
    const made = await spawn(forge.client, openArguments(forge, request), { ...asked, input: request.body });
    if (made.exitCode !== 0) throw refused(`${forge.client} did not open a pull request`, made, forge);
    return (
      linesOf(made.stdout)
        .flatMap((line) => /https?:\/\/\S+/.exec(line) ?? [])
        .at(-1) ?? `https://${forge.host}/${forge.project}`
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The address of the first request in a client's list: `url` of GitHub's, `web_url` of GitLab's (docs.gitlab.com/api/merge_requests), where the
 * people in an entry have an address of that name, too. Null for an empty list, and for what is none.
 */
function firstIn(list: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(list);
  } catch {
    return null;
  }
  const first: unknown = Array.isArray(value) ? value[0] : null;
  const address = isRecord(first) ? (first["url"] ?? first["web_url"]) : null;
  return isText(address) && /^https?:/.test(address) ? address : null;
}

function refused(
  what: string,
  { stderr, stdout }: Spawned,
  { address }: Forge,
  hint = "The commit is on the branch here: push it yourself, or run again.",
): AppError {
  const said = linesOf(stderr || stdout)
    .filter((line) => !/^(?:hint:|To )/.test(line))
    .slice(-3)
    .join(" ")
    .replaceAll(address, "origin");
  return environmentError("not-pushed", `${what}: ${said}`, hint);
}

/** Makes the folder a repository with that branch, whose objects are those of the repository at `top`. */
async function borrow(folder: string, { address }: Forge, branch: string, commit: string, top: string, env: Env): Promise<void> {
  const common = (await plumb(top, "rev-parse", ["--git-common-dir"], env)).stdout.replace(/\n$/, "");
  const theirs = resolve(top, common);
  const made = await makeBorrower(folder, commit.length === 64 ? "sha256" : "sha1", { target: top, env });
  const ours = join(folder, ".git");
  if (!made || common === "")
    throw environmentError("git-refused", "git made no repository to push from.", "See that  git init  works.");
  mkdirSync(join(ours, "objects", "info"), { recursive: true });
  writeFileSync(join(ours, "objects", "info", "alternates"), `${join(theirs, "objects")}\n`);
  if (existsSync(join(theirs, "shallow"))) copyFileSync(join(theirs, "shallow"), join(ours, "shallow"));
  const quoted = address.replaceAll(/[\\"]/g, String.raw`\$&`);
  appendFileSync(join(ours, "config"), `[remote "origin"]\n\turl = "${quoted}"\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`);
  const ref = `refs/heads/${branch}`;
  await plumb(folder, "update-ref", [ref, commit], env);
  writeFileSync(join(ours, "HEAD"), `ref: ${ref}\n`);
}
