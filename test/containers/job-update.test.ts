/**
 * The jobs that keep an environment current, run by gitlab-ci-local and act: a base image has a newer digest in a real registry, and what comes out
 * is a branch in a real git server, and a merge or pull request that says so.
 */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execaSync } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeFolders, startMachine, type Machine } from "../package/machine.ts";
import { disposeAll, dockerAvailable, temporaryFolder, type Result } from "../support/docker.ts";
import { digestIn, pushAs, skipsWithoutRegistry, startRegistry } from "../support/docker-registry.ts";
import { startGitServer, type GitServer } from "../support/git-server.ts";
import { imageWith, runGitlabJob, runnerMissing, runWorkflow } from "../support/job-runners.ts";
import { generate, writeTree } from "../support/repository.ts";
import { isThere, skips } from "../support/skips.ts";

const noEngine = (await dockerAvailable()) ? null : "no Docker engine answers";
const token = "glpat-a-token-that-nobody-sees";
const branch = "aperture-env-update";
const person = ["-c", "user.name=dev", "-c", "user.email=dev@example.com"];
const title = "Update the Aperture environment";

describe.skipIf(skips("jobs that update", noEngine) || skipsWithoutRegistry("jobs that update"))(
  "an environment is kept current",
  () => {
    const folders = makeFolders();
    let machine: Machine;
    let registry: string;
    beforeAll(async () => {
      machine = await startMachine(folders);
      registry = await startRegistry();
    });
    afterAll(async () => {
      await machine?.close();
      folders.remove();
      await disposeAll();
    });

    /** A repository of that server, whose base image was pinned, and has moved since. */
    async function behind(server: GitServer, output: string): Promise<{ folder: string; before: string; after: string }> {
      const folder = await temporaryFolder("aperture-env-behind");
      const base = `${registry}/acme/${output}`;
      await pushAs("debian:bookworm-slim", `${base}:1`);
      if (output === "ci-gitlab") writeTree(folder, { ".gitlab-ci.yml": "mine: { script: [echo mine] }\n" });
      await generate(folder, ["--outputs", output, "--base", `image=${base}:1,libc=glibc,user=root`, "--pins"]);
      const before = (await digestIn(registry, `acme/${output}`, "1"))!;
      await pushAs("node:24-bookworm-slim", `${base}:1`);
      const after = (await digestIn(registry, `acme/${output}`, "1"))!;
      const git = (...args: string[]): unknown => execaSync("git", args, { cwd: folder });
      git("init", "--quiet", "--initial-branch", "main");
      git("add", "--all");
      git(...person, "commit", "--quiet", "--message", "all");
      git("remote", "add", "origin", `${server.url}.git`);
      git("push", "--quiet", server.git("rev-parse", "--absolute-git-dir"), "main");
      git("update-ref", "refs/remotes/origin/main", "HEAD");
      return { folder, before, after };
    }

    /** What the branch changes, and that it says nothing but the new digest. */
    function expectMoved(server: GitServer, { before, after }: { before: string; after: string }): void {
      const diff = server.git("diff", "main", branch);
      expect(diff).toContain(`-FROM ${registry}/`);
      for (const [sign, digest] of [
        ["-", before],
        ["+", after],
      ])
        expect(diff).toMatch(new RegExp(`^\\${sign!}FROM \\S+@${digest!} AS ci$`, "m"));
      expect(server.git("rev-list", "--count", `main..${branch}`)).toBe("1");
    }

    describe.skipIf(
      skips(
        "GitLab's job that updates",
        runnerMissing("gitlab-ci-local") ?? (isThere("rsync") ? null : "rsync is not installed"),
      ),
    )("by GitLab", () => {
      /** As a schedule starts it. The token is a variable of its environment. */
      async function run(folder: string, server: GitServer, variables: Readonly<Record<string, string>>): Promise<Result> {
        await imageWith("node:24", "node:24-bookworm-slim", "git");
        return runGitlabJob(folder, "aperture-env-update", {
          CI_PIPELINE_SOURCE: "schedule",
          CI_PROJECT_URL: server.url,
          npm_config_registry: machine.registry.origin,
          ...variables,
        });
      }
      const scoped = (environment: string): void =>
        writeFileSync(
          join(environment, ".gitlab-ci-local-variables.yml"),
          `APERTURE_ENV_TOKEN: { type: variable, values: { ${branch}: ${token} } }\n`,
        );

      test("a schedule opens a merge request with the summary and updates it later, and the token is shown nowhere", async () => {
        const server = await startGitServer(token);
        const pinned = await behind(server, "ci-gitlab");
        scoped(pinned.folder);
        writeFileSync(join(pinned.folder, ".git/info/exclude"), ".gitlab-ci-local*\n");
        const { stdout, exitCode } = await run(pinned.folder, server, { APERTURE_ENV_UPDATE: "1" });
        expect(exitCode, stdout).toBe(0);
        expect(stdout).toContain("json schema validated");
        expect(stdout).not.toContain(token);
        expectMoved(server, pinned);
        const [options] = server.pushes();
        expect(options!.slice(0, 4)).toEqual([
          "merge_request.create",
          "merge_request.target=main",
          "merge_request.remove_source_branch",
          `merge_request.title=${title}`,
        ]);
        const [, text = ""] = /^merge_request\.description=(.*)$/.exec(options![4]!) ?? [];
        const lines = text.split("\\n");
        expect(lines.length).toBeGreaterThan(5);
        expect(text).toContain(pinned.after.slice(7, 19));
        expect(lines.filter((line) => line.startsWith("/"))).toEqual([]);
        const again = await run(pinned.folder, server, { APERTURE_ENV_UPDATE: "1" });
        expect(again.exitCode, again.stdout).toBe(0);
        expect(server.pushes()).toHaveLength(2);
        expectMoved(server, pinned);
      });

      test("nothing is pushed where nothing is newer", async () => {
        const server = await startGitServer(token);
        const { folder } = await behind(server, "ci-gitlab");
        execaSync(process.execPath, [join(import.meta.dirname, "../../dist/bin.js"), "update", "--yes", "--pins"], {
          cwd: folder,
        });
        execaSync("git", [...person, "commit", "--quiet", "--all", "--message", "moved"], {
          cwd: folder,
        });
        const { stdout, exitCode } = await run(folder, server, { APERTURE_ENV_UPDATE: "1", APERTURE_ENV_TOKEN: token });
        expect(exitCode, stdout).toBe(0);
        expect(server.pushes()).toEqual([]);
        expect(server.git("branch", "--list", branch)).toBe("");
      });

      test("without a token it says which variable is missing, before it does anything", async () => {
        const server = await startGitServer(token);
        const { folder } = await behind(server, "ci-gitlab");
        const { stdout, exitCode } = await run(folder, server, { APERTURE_ENV_UPDATE: "1" });
        expect(exitCode, stdout).not.toBe(0);
        expect(stdout).toContain("the variable APERTURE_ENV_TOKEN is not set");
        expect(stdout).not.toContain("Written:");
      });

      test("no other job has the token, and no other pipeline the job", async () => {
        const server = await startGitServer(token);
        const { folder } = await behind(server, "ci-gitlab");
        scoped(folder);
        writeFileSync(
          join(folder, ".gitlab-ci.yml"),
          `${readFileSync(join(folder, ".gitlab-ci.yml"), "utf8")}other:\n  image: debian:bookworm-slim\n  script: ['echo "token is $APERTURE_ENV_TOKEN."']\n`,
        );
        const other = await runGitlabJob(folder, "other", {});
        expect(other.stdout).toContain("token is .");
        for (const variables of [{ CI_PIPELINE_SOURCE: "schedule" }, { CI_PIPELINE_SOURCE: "push", APERTURE_ENV_UPDATE: "1" }]) {
          const { stdout, exitCode } = await runGitlabJob(folder, "aperture-env-update", variables);
          expect(exitCode, stdout).not.toBe(0);
          expect(stdout).toMatch(/could not be found/);
        }
      });
    });

    describe.skipIf(skips("GitHub's workflow that updates", runnerMissing("act")))("by GitHub", () => {
      const app = "ghs-a-token-of-the-job";

      /** As a schedule starts it, or a person on another branch, with a client of GitHub that tells what it is asked, and opens one pull request. */
      async function runner(
        folder: string,
        { forbidden = false, from = "main" }: { readonly forbidden?: boolean; readonly from?: string } = {},
      ): Promise<(...secrets: readonly string[]) => Promise<Result>> {
        const tools = await temporaryFolder("aperture-env-gh");
        if (forbidden) writeFileSync(join(tools, "forbidden"), "");
        const gh = join(tools, "gh");
        writeFileSync(
          gh,
          `#!/bin/sh
if [ "$1 $2" = "auth setup-git" ]; then
  git config --global credential.helper '!f() { echo username=token; echo "password=$GH_TOKEN"; }; f'
  exit
fi
echo "gh $*"
for word; do last=$word; done
sed 's/^/| /' "$last"
[ ! -e /tools/forbidden ] || exit 1
[ "$2" = edit ] || [ ! -e /tools/opened ] || exit 1
: >/tools/opened
`,
        );
        chmodSync(gh, 0o755);
        const git = (...args: string[]): unknown => execaSync("git", args, { cwd: folder, reject: false });
        return (...secrets) => {
          git("checkout", "--quiet", "--force", "main");
          if (from !== "main") {
            git("checkout", "--quiet", "-B", from);
            git(...person, "commit", "--quiet", "--allow-empty", "--message", "unfinished");
          }
          git("branch", "--delete", "--force", branch);
          const variables = ["--env", `npm_config_registry=${machine.registry.origin}`];
          const given = [`GITHUB_TOKEN=${app}`, ...secrets].flatMap((secret) => ["--secret", secret]);
          return runWorkflow(folder, "aperture-env-update.yml", {
            event: from === "main" ? "schedule" : "workflow_dispatch",
            args: ["--defaultbranch", "main", ...given, ...variables],
            runner: [`--volume ${gh}:/usr/bin/gh:ro`, `--volume ${tools}:/tools`],
          });
        };
      }

      test("a schedule opens a pull request with the summary, and edits the one that is there", async () => {
        const server = await startGitServer(token, app);
        const pinned = await behind(server, "ci-github");
        const run = await runner(pinned.folder);
        const { stdout, exitCode } = await run();
        expect(exitCode, stdout).toBe(0);
        expectMoved(server, pinned);
        expect(stdout).toMatch(
          new RegExp(`gh pr create --base main --head ${branch} --title ${title} --body-file \\S+summary\\.md`),
        );
        expect(stdout).toMatch(new RegExp(`\\| \\|.*${pinned.after.slice(7, 19)}`));
        expect(stdout).not.toContain("gh pr edit");
        const again = await run();
        expect(again.exitCode, again.stdout).toBe(0);
        expect(again.stdout).toMatch(new RegExp(`gh pr edit ${branch} --body-file \\S+summary\\.md`));
      });

      test("where no pull request can be opened it says which setting allows that", async () => {
        const server = await startGitServer(token, app);
        const pinned = await behind(server, "ci-github");
        const { stdout, exitCode } = await (await runner(pinned.folder, { forbidden: true }))();
        expect(exitCode, stdout).not.toBe(0);
        expectMoved(server, pinned);
        expect(stdout).toContain(`The branch ${branch} is pushed, and there is no pull request of it. If GitHub Actions may not`);
      });

      test("on another branch it does nothing, because that branch's commits would be part of the pull request", async () => {
        const server = await startGitServer(token, app);
        const { folder } = await behind(server, "ci-github");
        const { stdout } = await (await runner(folder, { from: "feature" }))();
        expect(stdout).not.toContain("gh pr");
        expect(server.git("branch", "--list", branch)).toBe("");
      });

      test("a separate token changes workflows; without it the job reports that and pushes nothing", async () => {
        const server = await startGitServer(token, app);
        const { folder } = await behind(server, "ci-github");
        const spec = join(folder, "aperture-env.yaml");
        writeFileSync(spec, readFileSync(spec, "utf8").replace("http://ai", "http://other"));
        execaSync("git", [...person, "commit", "--quiet", "--all", "--message", "another gateway"], { cwd: folder });
        const run = await runner(folder);
        const refused = await run();
        expect(refused.exitCode, refused.stdout).not.toBe(0);
        expect(refused.stdout).toMatch(
          /Workflows change, and github\.token may not push them\. Set the secret APERTURE_ENV_TOKEN/,
        );
        expect(refused.stdout).toMatch(/Summary - ## Aperture environment/);
        expect(server.git("branch", "--list", branch)).toBe("");
        const { stdout, exitCode } = await run(`APERTURE_ENV_TOKEN=${token}`);
        expect(exitCode, stdout).toBe(0);
        expect(server.git("diff", "--name-only", "main", branch)).toContain(".github/workflows/opencode.yml");
      });
    });
  },
);
