/** Outputs whose files forges read at a repository's top alone, in an environment of a folder below. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder, runPiped, write } from "./harness.ts";

let place: ReturnType<typeof makeFolder>;
beforeEach(() => {
  place = makeFolder();
  write(place.folder, { ".git/HEAD": "ref: refs/heads/main\n" });
});
afterEach(() => place.remove());

const told = (stderr: string): readonly string[] => stderr.match(/^Note: .*has no effect\.\n.*$/gm) ?? [];
const flags = ["--outputs", "devcontainer,ci-github,ci-gitlab", "--codeowners", "@acme/platform", "--yes"];

test("are told by create, update and check, with what to do", async () => {
  const made = await runPiped(["packages/a", ...flags], place.folder);
  expect(made.exit).toBe(0);
  expect(told(made.stderr).map((note) => note.replace(/^Note: \S+ /, ""))).toEqual([
    "forges read .github/workflows at the top of a repository alone, and this environment is in its folder packages/a: ci-github has no effect.\n      Take ci-github out of outputs, or create an environment at the top.",
    "forges read .gitlab-ci.yml at the top of a repository alone, and this environment is in its folder packages/a: ci-gitlab has no effect.\n      Take ci-gitlab out of outputs, or create an environment at the top.",
    "forges read CODEOWNERS at the top of a repository alone, and this environment is in its folder packages/a: codeowners has no effect.\n      Leave codeowners out, or create an environment at the top.",
  ]);
  for (const command of ["update", "check"]) {
    const ran = await runPiped([command], join(place.folder, "packages/a"));
    expect(ran.exit).toBe(0);
    expect(told(ran.stderr)).toHaveLength(3);
    expect(ran.stderr).toMatch(/^Note: aperture-env\.yaml:\d+:\d+: forges read \.github/m);
  }
});

test("are right at the top, and where there is no repository", async () => {
  expect(told((await runPiped(flags, place.folder)).stderr)).toEqual([]);
  const other = makeFolder();
  const ran = await runPiped(["packages/a", ...flags], other.folder).finally(() => other.remove());
  expect(told(ran.stderr)).toEqual([]);
});

test("others have an effect in any folder", async () => {
  const ran = await runPiped(["packages/a", "--yes"], place.folder);
  expect(told(ran.stderr)).toEqual([]);
});
