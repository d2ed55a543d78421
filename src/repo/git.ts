/** Asks git what it would drop. Not through execa, which takes 60 ms to load: this runs on every plan that makes files. */
import { existsSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import type { Ignored } from "../plan/findings.ts";

/** What of git's variables is the user's configuration; the rest says which repository a hook is run for, and would be taken for this one. */
const kept = /^GIT_(?:CONFIG_(?!PARAMETERS)|CEILING_DIRECTORIES$|DISCOVERY_|EXEC_PATH$)/;

/**
 * Those of the paths that git ignores, so that `git add` would leave them out; what is tracked already is not among them. Nothing where there
 * is no git, no repository, or git does not answer in time. Never fails. Git works while the caller goes on.
 */
export async function findIgnored(
  root: string,
  paths: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly Ignored[]> {
  const prefix = paths.length === 0 ? null : findPrefix(root);
  if (prefix === null) return [];
  const asked = paths.map((path) => `${path}\0`).join("");
  const fields = (await askGit(root, ["check-ignore", "-z", "-v", "--stdin"], asked, env)).split("\0");
  const ignored: Ignored[] = [];
  for (let index = 0; index + 3 < fields.length; index += 4) {
    const [source, line, pattern, path] = fields.slice(index, index + 4) as [string, string, string, string];
    // A pattern with `!` in front takes a path in again.
    if (pattern.startsWith("!")) continue;
    const file = /^(?:\/|[A-Za-z]:)/.test(source) ? source : posix.relative(prefix, source);
    ignored.push({ path, by: { file, line: Number(line), pattern } });
  }
  return ignored;
}

/** Whether git tracks that file. False where there is no git, no repository, or git does not answer in time. Never fails. */
export async function isTracked(root: string, path: string, env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  return findPrefix(root) !== null && (await askGit(root, ["ls-files", "-z", "--", path], "", env)) !== "";
}

/** What git says to that; the empty text where it says nothing, in time or at all. */
async function askGit(
  root: string,
  args: readonly string[],
  input: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  // Loaded here, since most runs do not get this far.
  const { spawn } = await import("node:child_process");
  return new Promise((resolve) => {
    const child = spawn("git", ["-c", "core.fsmonitor=false", ...args], {
      cwd: root,
      env: Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("GIT_") || kept.test(name))),
      stdio: ["pipe", "pipe", "ignore"],
      timeout: 5000,
      windowsHide: true,
    });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
    child.on("error", () => resolve(""));
    // 1: none of them is ignored. 128: no repository, or none that git trusts.
    child.on("close", (status) => resolve(status === 0 ? said : ""));
    // It may be gone before it has read anything.
    child.stdin.on("error", () => undefined).end(input);
  });
}

/** The way from the top of the work tree, from where git names its files, to the root; null where there is none, and no need to ask git. */
function findPrefix(root: string): string | null {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return relative(folder, root).split(sep).join("/");
    if (dirname(folder) === folder) return null;
  }
}
