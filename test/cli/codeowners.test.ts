/** Lines for CODEOWNERS: in the file that the forge reads, behind all others, for what is ours and nothing else, and gone without a trace. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFolder, runPiped, treeOf, write, type Ran } from "./harness.ts";
import { isThere, skips } from "../support/skips.ts";

let place: ReturnType<typeof makeFolder>;
beforeEach(() => {
  place = makeFolder();
});
afterEach(() => place.remove());

const owner = "@acme/platform";
const run = (...args: string[]): Promise<Ran> => runPiped(args, place.folder);
const read = (path: string): string => readFileSync(join(place.folder, path), "utf8");
const has = (path: string): boolean => existsSync(join(place.folder, path));
/** The lines between the marks, without the comment. */
const block = (path: string): string[] => {
  const lines = read(path).split(/\r?\n/);
  return lines
    .slice(lines.indexOf("# >>> aperture-env") + 1, lines.indexOf("# <<< aperture-env"))
    .filter((line) => !line.startsWith("#"));
};
async function create(...args: string[]): Promise<Ran> {
  const ran = await run("--yes", "--codeowners", owner, ...args);
  expect(ran.exit, ran.stderr).toBe(0);
  return ran;
}

describe("the file is the one that the forge reads", () => {
  test.each<readonly [string, readonly string[], readonly string[], string, boolean]>([
    ["GitHub's own", [], ["ci-github"], ".github/CODEOWNERS", false],
    ["GitHub's first", ["docs/CODEOWNERS", "CODEOWNERS"], ["ci-github"], "CODEOWNERS", false],
    ["GitHub's, though GitLab has one", [".gitlab/CODEOWNERS"], ["ci-github"], ".github/CODEOWNERS", false],
    ["GitLab's own", [], ["ci-gitlab"], ".gitlab/CODEOWNERS", true],
    ["GitLab's first", ["docs/CODEOWNERS", ".gitlab/CODEOWNERS"], ["ci-gitlab"], "docs/CODEOWNERS", true],
    ["GitLab's, though GitHub has one", [".github/CODEOWNERS"], ["ci-gitlab"], ".gitlab/CODEOWNERS", true],
    ["one for both", [], ["ci-github", "ci-gitlab"], "CODEOWNERS", false],
    ["GitHub's, where nothing speaks for either", [], ["devcontainer"], ".github/CODEOWNERS", false],
    ["GitLab's, where it has a pipeline", [".gitlab-ci.yml"], ["devcontainer"], ".gitlab/CODEOWNERS", true],
    ["the only one", [".gitlab/CODEOWNERS"], ["devcontainer"], ".gitlab/CODEOWNERS", true],
  ])("%s", async (_what, there, outputs, path, section) => {
    write(place.folder, Object.fromEntries(there.map((each) => [each, "# theirs\n"])));
    await create("--outputs", outputs.join(","));
    expect(block(path).includes("[Aperture environment]")).toBe(section);
    expect(block(path)).toContain(`/${path} ${owner}`);
    const others = ["CODEOWNERS", "docs/CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS"].filter((each) => each !== path);
    for (const other of others) expect(has(other) && read(other)).toBe(there.includes(other) ? "# theirs\n" : false);
  });

  test("it moves with the first of them, and what was made for it alone goes", async () => {
    await create();
    write(place.folder, { CODEOWNERS: "* @all\n" });
    expect((await run("update", "--yes")).exit).toBe(0);
    expect(block(".github/CODEOWNERS")).toContain(`/.github/CODEOWNERS ${owner}`);
    expect(read("CODEOWNERS")).toBe("* @all\n");
    expect((await run("update", "--yes", "--outputs", "devcontainer,ci-gitlab")).exit).toBe(0);
    expect(block("CODEOWNERS")).toContain(`/CODEOWNERS ${owner}`);
    expect(has(".github/CODEOWNERS")).toBe(false);
    expect((await run("check")).exit).toBe(0);
  });
});

describe("a file of the user's", () => {
  test.each([
    ["ends with a line end", "* @all\n/docs/ @docs\n"],
    ["ends without one", "* @all\n/docs/ @docs"],
    ["has those of Windows", "* @all\r\n/docs/ @docs\r\n"],
    ["is empty", ""],
  ])("that %s has the lines at its end, and its own bytes again", async (_what, text) => {
    write(place.folder, { ".github/CODEOWNERS": text });
    const before = treeOf(place.folder);
    await create();
    expect(read(".github/CODEOWNERS").startsWith(text.trimEnd())).toBe(true);
    expect(read(".github/CODEOWNERS").trimEnd().endsWith("# <<< aperture-env")).toBe(true);
    expect((await run("check")).exit).toBe(0);
    expect((await run("update", "--yes")).stdout).toContain("Nothing to do");
    expect((await run("remove", "--yes")).exit).toBe(0);
    expect(treeOf(place.folder)).toEqual(before);
  });

  test("keeps later lines, which check reports; remove takes out only ours", async () => {
    write(place.folder, { ".github/CODEOWNERS": "* @all\n" });
    await create();
    write(place.folder, { ".github/CODEOWNERS": `${read(".github/CODEOWNERS")}\n# more\n/src/ @dev\n` });
    const { exit, stdout } = await run("check");
    expect([exit, stdout]).toEqual([0, expect.stringContaining("lines behind the generated ones count before them")]);
    expect((await run("update", "--yes")).exit).toBe(0);
    expect(read(".github/CODEOWNERS")).toMatch(/# <<< aperture-env\n\n# more\n\/src\/ @dev\n$/);
    expect((await run("remove", "--yes")).exit).toBe(0);
    expect(read(".github/CODEOWNERS")).toBe("* @all\n\n# more\n/src/ @dev\n");
  });

  test("follows the spec: other owners, another output, none", async () => {
    write(place.folder, { ".github/CODEOWNERS": "* @all\n" });
    await create();
    await run("update", "--yes", "--codeowners", "@acme/security,ops@acme.example", "--outputs", "devcontainer,ci-github");
    expect(new Set(block(".github/CODEOWNERS").map((line) => line.replace(/^\S+ /, "")))).toEqual(
      new Set(["@acme/security ops@acme.example"]),
    );
    expect(block(".github/CODEOWNERS").join()).toContain("/.github/workflows/opencode.yml ");
    await run("update", "--yes", "--outputs", "kubernetes", "--fqdn", "ai.example.ts.net");
    expect(block(".github/CODEOWNERS").join()).toMatch(/^(?!.*workflows).*\/\.kubernetes\/aperture-env\/fleet\.yaml /);
    await run("update", "--yes", "--codeowners", "none");
    expect(read(".github/CODEOWNERS")).toBe("* @all\n");
    expect((await run("check")).exit).toBe(0);
  });
});

test("without owners there is no such file", async () => {
  await run("--yes");
  expect(has(".github/CODEOWNERS")).toBe(false);
  expect(read("aperture-env.yaml")).not.toContain("codeowners");
});

test("what is no owner is refused", async () => {
  const { exit, stderr } = await run("--yes", "--codeowners", "acme/platform");
  expect([exit, stderr]).toEqual([2, expect.stringContaining('"acme/platform" is no owner')]);
});

/** Patterns are those of gitignore, but for what has no escape in one (docs.github.com, "About code owners"): git itself is the judge. */
test.skipIf(skips("what patterns fit", isThere("git") ? null : "git is not installed"))(
  "the lines fit all that is written, whatever its folder is called, and nothing that is the user's alone",
  async () => {
    const folder = "apps/my [odd] #1 *";
    const config = `${folder}/.devcontainer/devcontainer.json`;
    write(place.folder, { [config]: '{ "image": "debian:bookworm" }\n', "src/x.ts": "", [`${folder}/.devcontainer/own.sh`]: "" });
    await create("--outputs", "devcontainer,ci-github", "--devcontainers", config);
    const written = Object.keys(treeOf(place.folder)).filter(
      (path) => !/src\/x\.ts|own\.sh/.test(path) && statSync(join(place.folder, path)).isFile(),
    );
    expect(written).toContain(`${folder}/.devcontainer/aperture-env/opencode.json`);
    const patterns = block(".github/CODEOWNERS").map((line) => line.split(" ")[0]);
    expect(patterns.join("\n")).not.toMatch(/[[\]#]/);
    const git = makeFolder();
    try {
      write(git.folder, { ".gitignore": `${patterns.join("\n")}\n` });
      execFileSync("git", ["init", "--quiet"], { cwd: git.folder });
      const fits = (path: string): boolean => {
        try {
          execFileSync("git", ["check-ignore", "--quiet", "--no-index", "--", path], { cwd: git.folder });
          return true;
        } catch {
          return false;
        }
      };
      expect(written.filter((path) => !fits(path))).toEqual([]);
      for (const path of ["opencode.json", "apps/a/opencode.jsonc", "apps/a/.opencode/plugin/x.ts", ".opencode/plugins/y.ts"])
        expect([path, fits(path)]).toEqual([path, true]);
      for (const path of ["src/x.ts", `${folder}/.devcontainer/own.sh`, ".github/workflows/ci.yml", ".opencode/agent/a.md"])
        expect([path, fits(path)]).toEqual([path, false]);
    } finally {
      git.remove();
    }
  },
);

test("in a managed environment no project's configuration needs an owner", async () => {
  await create("--managed");
  expect(block(".github/CODEOWNERS").join("\n")).not.toMatch(/^opencode\.jsonc? /m);
});
