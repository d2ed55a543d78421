import { chmodSync, mkdtempSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readProject } from "../../src/repo/project.ts";
import { writeTree } from "../support/repository.ts";

let folder: string;
let root: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aperture-env-project-"));
  root = join(folder, "repository");
  mkdirSync(root);
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const setupOf = (files: Readonly<Record<string, string>>, ...devcontainers: string[]): string[] => {
  writeTree(root, files);
  return readProject(root, devcontainers).setup.map(({ path }) => path);
};

test("nothing where nothing is, nor where there is no folder", () => {
  const nothing = { configs: [], setup: [], hasOpencodeFolder: false, opencodeFiles: [] };
  expect(readProject(root, [])).toEqual(nothing);
  expect(readProject(join(root, "nowhere"), [])).toEqual(nothing);
  writeTree(root, { ".opencode": "a file", "opencode.json/x": "in a folder" });
  expect(readProject(root, [".devcontainer/devcontainer.json"])).toEqual(nothing);
});

test("OpenCode's configuration files, in its order", () => {
  const files = {
    "opencode.json": "1",
    "opencode.jsonc": "2",
    ".opencode/opencode.json": "3",
    ".opencode/opencode.jsonc": "4",
    "sub/opencode.json": "5",
  };
  writeTree(root, files);
  expect(readProject(root, [])).toEqual({
    configs: Object.entries(files)
      .slice(0, 4)
      .map(([path, text]) => ({ path, text })),
    setup: [],
    hasOpencodeFolder: true,
    opencodeFiles: [],
  });
});

test("agents, commands, modes, plugins and tools of the .opencode folder, and nothing that was installed into it", () => {
  const files = {
    ".opencode/agent/a.md": "1",
    ".opencode/commands/git/b.md": "2",
    ".opencode/plugins/c.ts": "3",
    ".opencode/tool/d.js": "4",
  };
  writeTree(root, {
    ...files,
    ".opencode/node_modules/plugin/e.js": "5",
    ".opencode/README.md": "6",
    ".opencode/plugin/f.txt": "7",
  });
  expect(readProject(root, []).opencodeFiles).toEqual(Object.entries(files).map(([path, text]) => ({ path, text })));
});

test("Dockerfiles, from the folder of the devcontainer.json", () => {
  expect(
    setupOf(
      {
        ".devcontainer/devcontainer.json":
          '{ "build": { "dockerfile": "Dockerfile" }, /* old */ "dockerFile": "../docker/Dev.Dockerfile", }',
        ".devcontainer/Dockerfile": "FROM a",
        "docker/Dev.Dockerfile": "FROM b",
        Dockerfile: "FROM c",
        ".devcontainer.json": '{ "build": { "dockerfile": "Dockerfile" } }',
      },
      ".devcontainer/devcontainer.json",
      ".devcontainer.json",
    ),
  ).toEqual([
    ".devcontainer/devcontainer.json",
    ".devcontainer/Dockerfile",
    "docker/Dev.Dockerfile",
    ".devcontainer.json",
    "Dockerfile",
  ]);
});

test("Compose files and what they build", () => {
  expect(
    setupOf(
      {
        ".devcontainer/devcontainer.json": '{ "dockerComposeFile": ["../compose.yaml", "compose.dev.yaml", "missing.yaml"] }',
        "compose.yaml": `services:
  a:
    build: ./a   # the first
  b:
    build:
      context: "b"
      dockerfile: Other
    # build: c
`,
        ".devcontainer/compose.dev.yaml":
          "services:\r\n  a:\r\n    build:\r\n      context: ..\r\n      dockerfile: .devcontainer/Dev\r\n",
        "a/Dockerfile": "",
        "b/Other": "",
        "c/Dockerfile": "",
        "Dockerfile.prod": "",
        ".devcontainer/Dev": "",
      },
      ".devcontainer/devcontainer.json",
    ),
  ).toEqual([
    ".devcontainer/devcontainer.json",
    "compose.yaml",
    "Dockerfile.prod",
    "a/Dockerfile",
    "b/Other",
    ".devcontainer/compose.dev.yaml",
    ".devcontainer/Dev",
  ]);
});

test("scripts that hooks run, not files that they only name", () => {
  const hooks = {
    initializeCommand: ".devcontainer/a.sh",
    onCreateCommand: ["bash", "scripts/b"],
    updateContentCommand: { x: "sh -c './scripts/c.sh --fast && cat README.md'", y: ["./setup"] },
    postCreateCommand: "${containerWorkspaceFolder}/d.bash && . ./e; cp tsconfig.json /tmp && make f",
    postStartCommand: "bash /etc/g.sh ../outside.sh scripts nowhere.sh",
  };
  const files = [".devcontainer/a.sh", "scripts/b", "scripts/c.sh", "d.bash", "e", "f", "README.md", "tsconfig.json"];
  writeTree(folder, { "outside.sh": "x" });
  expect(
    setupOf(
      {
        ".devcontainer.json": JSON.stringify(hooks),
        ...Object.fromEntries(files.map((path) => [path, "x"])),
        setup: "#!/usr/bin/env bash\n",
      },
      ".devcontainer.json",
    ),
  ).toEqual([".devcontainer.json", ...files.slice(0, 2), "scripts/c.sh", "setup", "d.bash", "e"]);
});

test("files outside the repository, too large, binary or unreadable are left out", () => {
  writeTree(folder, { "out/Dockerfile": "FROM a", "out/opencode.json": "{}" });
  symlinkSync(join(folder, "out"), join(root, "out"));
  symlinkSync(join(folder, "out", "opencode.json"), join(root, "opencode.json"));
  symlinkSync("inside.sh", join(root, "link.sh"));
  const names = ["../out/Dockerfile", "../../out/Dockerfile", "/etc/hostname", "large", "binary", "closed", "loop", "a\u0000b"];
  writeTree(root, {
    ".devcontainer/devcontainer.json": JSON.stringify({ dockerComposeFile: names, postCreateCommand: "sh link.sh" }),
    ".devcontainer/large": "x".repeat(256 * 1024 + 1),
    ".devcontainer/closed": "FROM a",
    "inside.sh": "x",
  });
  writeTree(root, { ".devcontainer/binary": "\ud800" });
  symlinkSync("loop", join(root, ".devcontainer", "loop"));
  chmodSync(join(root, ".devcontainer", "closed"), 0);
  const { configs, setup } = readProject(root, [".devcontainer/devcontainer.json"]);
  expect(configs).toEqual([]);
  // Root reads what is closed to others.
  expect(setup.map(({ path }) => path).filter((path) => path !== ".devcontainer/closed")).toEqual([
    ".devcontainer/devcontainer.json",
    ".devcontainer/binary",
    "link.sh",
  ]);
});

test("not more than 50 files", () => {
  const names = Array.from({ length: 80 }, (_, index) => `${index}.yaml`);
  const files = Object.fromEntries(names.map((name) => [name, "services:\n"]));
  expect(
    setupOf({ ".devcontainer.json": JSON.stringify({ dockerComposeFile: names }), ...files }, ".devcontainer.json"),
  ).toHaveLength(50);
});
