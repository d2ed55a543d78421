/** A repository whose generated jobs are run on this machine. */
import { execaSync } from "execa";
import { temporaryFolder } from "./docker.ts";
import { generate, writeTree } from "./repository.ts";

/** What a commit of such a repository is made with. */
const person = ["-c", "user.name=dev", "-c", "user.email=dev@example.com"];

/** A repository with these outputs, committed, on the branch main of a forge that is not there. */
export async function jobRepository(outputs: string, url: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await temporaryFolder("aperture-env-jobs");
  writeTree(folder, { "README.md": "the README\n", ...files });
  const git = (...args: string[]): unknown => execaSync("git", args, { cwd: folder });
  git("init", "--quiet", "--initial-branch", "main");
  git("remote", "add", "origin", "https://git.example/acme/app.git");
  await generate(folder, ["--url", url, "--outputs", outputs]);
  git("add", "--all");
  git(...person, "commit", "--quiet", "--message", "all");
  git("update-ref", "refs/remotes/origin/main", "HEAD");
  return folder;
}
