/** Names of folders that people did not choose with care stay names in what jobs run. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { isDevcontainerPath, workspaceOf } from "../../src/catalog/files.ts";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { formatShell } from "../../src/render/escape.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import { plainAnswers } from "../support/answers.ts";
import { catalogue } from "../support/catalogue.ts";

/** The texts of the files for jobs, by path, where dev containers lie in these folders. */
function render(folders: readonly string[]): readonly string[] {
  const files = folders.map((folder) => `${folder}/.devcontainer.json`);
  const answers = { ...plainAnswers, outputs: ["devcontainer", "ci-github", "ci-gitlab"], devcontainers: files };
  const shape = { kind: "feature", files } as const;
  const rendered = renderEnvironment({ answers, shape, release: pinnedRelease, registry: "", doctor: "", catalogue });
  return rendered.files.filter(({ path }) => /^\.git(?:hub|lab)\//.test(path)).map(({ text }) => text);
}

/** Every expression of GitHub Actions in texts. */
const expressions = (texts: readonly string[]): string[] => texts.flatMap((text) => text.match(/\$\{\{.*?\}\}/g) ?? []).sort();

test.each(["a ${{ github.token }}", "${{ github.event.head_commit.message }}", "${{ '$''{{' }}", 'it\'s $HOME `id` $(id) "b"'])(
  "the folder %s is in no job more than its name",
  (folder) => {
    const texts = render([folder]);
    expect(texts.filter((text) => text.includes("--workspace-folder"))).not.toEqual([]);
    expect(expressions(texts)).toEqual(expressions(render(["plain"])));
    for (const text of texts) expect(() => parse(text) as unknown).not.toThrow();
  },
);

test.skipIf(process.platform === "win32").each(["${{ x }}", "'${{'${{", "${${{{", "$''{{"])(
  "a shell reads %s as it is",
  (word) => {
    expect(execFileSync("sh", ["-c", `printf %s ${formatShell(word)}`], { encoding: "utf8" })).toBe(word);
  },
);

test("a dev container in a folder whose name breaks lines in YAML 1.1 is none", () => {
  for (const sign of ["\n", "\u0085", "\u2028", "\u2029"]) {
    expect(isDevcontainerPath(`a${sign}b/.devcontainer.json`)).toBe(false);
    expect(workspaceOf(`a${sign}b/.devcontainer.json`)).toBe("");
    expect(isDevcontainerPath(`.devcontainer/a${sign}b/devcontainer.json`)).toBe(false);
  }
  expect(isDevcontainerPath("ä ö/.devcontainer.json")).toBe(true);
});
