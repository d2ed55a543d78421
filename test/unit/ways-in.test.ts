/** Every way by which a repository brings another OpenCode, or variables for one: read from the disk, and found. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatPlace } from "../../src/errors.ts";
import { findAll, type Finding } from "../../src/plan/findings.ts";
import { readProject } from "../../src/repo/project.ts";
import { writeTree } from "../support/repository.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aperture-env-ways-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

type Files = Readonly<Record<string, string>>;

const environment = { url: "http://ai", providers: ["anthropic", "openai"] };
const lookAt = (root: string, ...devcontainers: string[]): Finding[] =>
  findAll(readProject(root, devcontainers), environment, devcontainers);
const found = (files: Files, ...devcontainers: string[]): string[] => {
  mkdirSync(join(folder, ".git"), { recursive: true });
  writeTree(folder, files);
  return lookAt(folder, ...devcontainers).map(({ code, where }) => `${code} ${formatPlace(where)}`);
};

const json = (value: unknown): string => JSON.stringify(value);
const devcontainer = ".devcontainer/devcontainer.json";
const installs = "#!/bin/sh\nnpm i -g opencode-ai\n";

describe("files that are known by their names", () => {
  test.each<[what: string, files: Files, ...found: string[]]>([
    ["a dependency", { "package.json": '{\n  "devDependencies": { "opencode-ai": "1" }\n}' }, "other-opencode package.json:2:39"],
    [
      "another package of it",
      { "package.json": json({ dependencies: { "@opencode/cli": "2" } }) },
      "other-opencode package.json:1:34",
    ],
    [
      "a script with npx",
      { "package.json": json({ scripts: { ai: "npx --yes opencode-ai@latest run" } }) },
      "other-opencode package.json:1:18",
    ],
    [
      "a script with bunx",
      { "package.json": json({ scripts: { ai: "cd x && bunx opencode" } }) },
      "other-opencode package.json:1:18",
    ],
    ["npm exec", { "package.json": json({ scripts: { ai: "npm exec -- opencode-ai" } }) }, "other-opencode package.json:1:18"],
    ["npx with a package", { Makefile: "ai:\n\tnpx -p opencode-ai opencode\n" }, "other-opencode Makefile:2:9"],
    ["pnpm dlx", { justfile: "ai:\n  pnpm dlx opencode-ai\n" }, "other-opencode justfile:2:12"],
    [
      "a task that installs it",
      { "Taskfile.yml": "tasks:\n  a:\n    cmds:\n      - npm i -g opencode-ai\n" },
      "other-opencode Taskfile.yml:4:18",
    ],
    [
      "a step that installs it",
      { ".github/workflows/a.yml": "jobs:\n  a:\n    steps:\n      - run: npm i -g opencode-ai\n" },
      "other-opencode .github/workflows/a.yml:4:23",
    ],
    [
      "a step in a block",
      { ".github/workflows/b.yaml": "- run: |\n    cd x\n    curl -fsSL https://opencode.ai/install | bash\n" },
      "other-opencode .github/workflows/b.yaml:3:16",
    ],
    [
      "OpenCode's own action",
      { ".github/workflows/a.yml": "      - uses: anomalyco/opencode/github@latest\n" },
      "other-opencode .github/workflows/a.yml:1:15",
    ],
    [
      "a job in its image",
      { ".gitlab-ci.yml": "a:\n  image: ghcr.io/anomalyco/opencode:1\n" },
      "other-opencode .gitlab-ci.yml:2:10",
    ],
    ["a job's variable", { ".gitlab-ci.yml": "variables:\n  OPENCODE_CONFIG: other.json\n" }, "bypass .gitlab-ci.yml:2:3"],
    ["mise", { "mise.toml": '[tools]\nnode = "24"\n"npm:opencode-ai" = "1"\n' }, "other-opencode mise.toml:3:6"],
    [
      "mise, its aqua name",
      { ".config/mise/config.toml": '[tools]\n"aqua:anomalyco/opencode" = "1"\n' },
      "other-opencode .config/mise/config.toml:2:17",
    ],
    ["mise, a table", { ".mise.toml": '[tools.opencode]\nversion = "1"\n' }, "other-opencode .mise.toml:1:8"],
    ["mise's variables", { "mise.toml": '[env]\nOPENCODE_CONFIG_DIR = "/x"\n' }, "runs-code mise.toml:2:1"],
    ["asdf", { ".tool-versions": "nodejs 24.0.0\nopencode 1.2.3\n" }, "other-opencode .tool-versions:2:1"],
    ["Devbox", { "devbox.json": '{\n  "packages": ["go", "opencode@latest"]\n}' }, "other-opencode devbox.json:2:23"],
    ["Devbox's variables", { "devbox.json": '{ "env": {\n  "OPENCODE_CONFIG": "x" } }' }, "bypass devbox.json:2:4"],
    ["Homebrew", { Brewfile: 'brew "git"\nbrew "sst/tap/opencode"\n' }, "other-opencode Brewfile:2:15"],
    ["Nix", { "flake.nix": "packages = with pkgs; [\n  git\n  opencode\n];\n" }, "other-opencode flake.nix:3:3"],
    ["Nix, a flake of its own", { "flake.nix": 'inputs.oc.url = "github:sst/opencode";\n' }, "other-opencode flake.nix:1:29"],
    ["devenv", { "devenv.nix": "{\n  opencode.enable = true;\n}\n" }, "other-opencode devenv.nix:2:3"],
    ["aqua", { "aqua.yaml": "packages:\n- name: anomalyco/opencode@v1\n" }, "other-opencode aqua.yaml:2:19"],
    ["proto", { ".prototools": 'opencode = "1"\n' }, "other-opencode .prototools:1:1"],
    [
      "Flox",
      { ".flox/env/manifest.toml": '[install]\nai.pkg-path = "opencode"\n' },
      "other-opencode .flox/env/manifest.toml:2:16",
    ],
    ["a profile's variable", { ".zshrc": 'export A=1 OPENCODE_CONFIG="/x"\n' }, "bypass .zshrc:1:12"],
    ["a profile of fish", { "dotfiles/config.fish": "set -gx OPENCODE_CONFIG_DIR /x\n" }, "runs-code dotfiles/config.fish:1:9"],
    [
      "a profile's PATH",
      { ".devcontainer/.bashrc": "a\nexport PATH=$HOME/.opencode/bin:$PATH\n" },
      "other-opencode .devcontainer/.bashrc:2:1",
    ],
    ["a profile's alias", { ".bash_aliases": "alias opencode='npx opencode-ai'\n" }, "other-opencode .bash_aliases:1:1"],
    ["direnv", { ".envrc": "export APERTURE_ENV_PREFIX=/opt/other\n" }, "bypass .envrc:1:8"],
  ])("%s", (_, files, ...expected) => {
    expect(found(files)).toEqual(expected);
  });

  test.each<[what: string, files: Files]>([
    [
      "other packages",
      {
        "package.json": json({
          dependencies: { "@opencode-ai/sdk": "1", "opencode-ai-helper": "1" },
          scripts: { a: "opencode run", b: "npx cowsay opencode" },
        }),
      },
    ],
    ["a package that is no JSON", { "package.json": "{ opencode-ai" }],
    [
      "a job that starts ours",
      {
        ".github/workflows/a.yml":
          "container: { image: ghcr.io/acme/app-ci:1 }\nsteps:\n  - run: opencode run hello\n    env: { HTTP_PROXY: http://p:1 }\n",
      },
    ],
    [
      "a comment",
      {
        ".gitlab-ci.yml": "a:\n  # image: anomalyco/opencode\n  image: debian\n",
        ".zshrc": "# export OPENCODE_CONFIG=/x\n",
        "flake.nix": "# opencode\n",
      },
    ],
    ["a task of that name", { "mise.toml": '[tasks]\nopencode = "opencode run"\n[tasks.opencode]\nrun = "opencode"\n' }],
    [
      "a name in another word",
      {
        ".tool-versions": "opencoder 1\n",
        "flake.nix": "inputs.opencode-tools.x = 1;\n",
        Brewfile: 'cask "opencode-desktop"\n',
        "devbox.json": '["opencode-web@1"]',
      },
    ],
    [
      "what is not looked at",
      {
        "sub/package.json": json({ dependencies: { "opencode-ai": "1" } }),
        ".github/workflows/README.md": "npm i -g opencode-ai",
      },
    ],
    [
      "what is the environment's own",
      { ".envrc": "export APERTURE_ENV_PREFIX=/usr/local APERTURE_URL=http://ai XDG_CACHE_HOME=~/.cache\n" },
    ],
  ])("nothing for %s", (_, files) => {
    expect(found(files)).toEqual([]);
  });
});

describe("what dev containers are made from", () => {
  const compose = (text: string, files: Files): string[] =>
    found({ [devcontainer]: json({ dockerComposeFile: "../compose.yaml" }), "compose.yaml": text, ...files }, devcontainer);
  const other = "FROM debian\nRUN npm i -g opencode-ai\n";

  test.each<[what: string, text: string, files: Files, ...found: string[]]>([
    [
      "a context in flow style",
      "services: { dev: { build: { context: ./docker, dockerfile: Dev } } }",
      { "docker/Dev": other },
      "other-opencode docker/Dev:2:14",
    ],
    [
      "quoted, over lines",
      'services:\n  dev:\n    build: {\n      "context": "docker",\n      "dockerfile": "Dev"\n    }\n',
      { "docker/Dev": other },
      "other-opencode docker/Dev:2:14",
    ],
    [
      "a context alone",
      "services:\n  dev: { build: ./docker }\n",
      { "docker/Dockerfile": other },
      "other-opencode docker/Dockerfile:2:14",
    ],
    [
      "variables in flow style",
      "services:\n  dev:\n    environment: { A: b, OPENCODE_CONFIG: /x }\n",
      {},
      "bypass compose.yaml:3:26",
    ],
    [
      "variables in a list in flow style",
      'services:\n  dev: { environment: ["A=b", "OPENCODE_CONFIG_DIR=/x"] }\n',
      {},
      "runs-code compose.yaml:2:32",
    ],
    [
      "a file of variables",
      "services:\n  dev:\n    env_file:\n      - dev.env\n",
      { "dev.env": "A=b\nOPENCODE_CONFIG=/x\n" },
      "bypass dev.env:2:1",
    ],
    [
      "a file of variables, in one line",
      "services: { dev: { env_file: .env } }",
      { ".env": "OPENCODE_CONFIG=/x\n" },
      "bypass .env:1:1",
    ],
    [
      "a file that it includes",
      "include: [more.yaml]\n",
      { "more.yaml": "services:\n  a:\n    image: anomalyco/opencode\n" },
      "other-opencode more.yaml:3:12",
    ],
    [
      "a file that it extends",
      "services:\n  dev:\n    extends: { file: base.yml, service: a }\n",
      { "base.yml": "a:\n  OPENCODE_CONFIG: /x\n" },
      "bypass base.yml:2:3",
    ],
    [
      "a Dockerfile within",
      "services:\n  dev:\n    build:\n      dockerfile_inline: |\n        FROM debian\n        ENV OPENCODE_CONFIG=/x\n",
      {},
      "bypass compose.yaml:6:13",
    ],
  ])("Compose: %s", (_, text, files, ...expected) => {
    expect(compose(text, files)).toEqual(expected);
  });

  const dockerfile = (text: string, files: Files = {}): string[] =>
    found(
      {
        [devcontainer]: json({ build: { dockerfile: "Dockerfile", context: ".." } }),
        ".devcontainer/Dockerfile": text,
        ...files,
      },
      devcontainer,
    );

  test.each<[what: string, text: string, ...found: string[]]>([
    ["FROM", "FROM ghcr.io/anomalyco/opencode:1\n", "1:6"],
    ["FROM by an argument", "ARG IMAGE=smanx/opencode\nFROM --platform=linux/amd64 ${IMAGE:-debian} AS a\n", "2:29"],
    ["COPY --from an image", "FROM debian\nCOPY --from=ghcr.io/sst/opencode \\\n  /a /b\n", "2:6"],
    ["COPY --from of the program", "FROM debian\nCOPY --from=acme/tools:1 /usr/bin/opencode /usr/bin/\n", "2:26"],
    ["RUN with an image mounted", "FROM debian\nRUN --mount=type=bind,from=anomalyco/opencode,target=/x cp /x/a /b\n", "2:5"],
    ["a profile's line", "FROM debian\nRUN echo 'export OPENCODE_CONFIG=/x' >> /etc/bash.bashrc\n", "2:18"],
  ])("Dockerfile: %s", (_, text, ...expected) => {
    expect(dockerfile(text).map((one) => one.replace(/^.*Dockerfile:/, ""))).toEqual(expected);
  });

  test.each([
    [
      "a stage of that name",
      "FROM debian AS opencode\nRUN true\nFROM debian\nCOPY --from=opencode /usr/bin/opencode /usr/bin/\nCOPY --from=0 /x/opencode /y\n",
    ],
    ["other images", "FROM acme/opencoder\nFROM ${UNKNOWN}\nCOPY --from=acme/tools /opencode.json /x\n"],
    ["what is only written", "FROM debian\nRUN echo 'export OPENCODE_CONFIG=/x' > /tmp/note\n"],
  ])("Dockerfile: nothing for %s", (_, text) => {
    expect(dockerfile(text)).toEqual([]);
  });

  test("scripts and profiles that a Dockerfile copies", () => {
    const files = { "scripts/a.sh": installs, "home/rc": "export OPENCODE_CONFIG=/x\n", "notes.md": installs };
    expect(
      dockerfile("FROM debian\nCOPY scripts/a.sh notes.md /tmp/\nCOPY home/rc /root/.bashrc\nRUN sh /tmp/a.sh\n", files),
    ).toEqual(["bypass home/rc:1:8", "other-opencode scripts/a.sh:2:10"]);
  });

  test.each<[what: string, value: object, path: string]>([
    [
      "workspaceMount",
      {
        workspaceMount: "source=${localWorkspaceFolder},target=/srv,type=bind",
        workspaceFolder: "/srv",
        postCreateCommand: "bash /srv/tools/a.sh",
      },
      "tools/a.sh",
    ],
    [
      "mounts, a text",
      { mounts: ["source=${localWorkspaceFolder}/tools,target=/opt/t,type=bind"], postCreateCommand: ["/opt/t/a.sh"] },
      "tools/a.sh",
    ],
    [
      "mounts, an object",
      {
        mounts: [{ type: "bind", source: "${localWorkspaceFolder}/tools", target: "/opt/t/" }],
        postStartCommand: { a: "sh -c '/opt/t/a.sh && true'" },
      },
      "tools/a.sh",
    ],
    ["runArgs", { runArgs: ["-v", "${localWorkspaceFolder}/tools:/opt/t:ro"], onCreateCommand: ". /opt/t/a" }, "tools/a"],
    ["what tools do by themselves", { postCreateCommand: "bash /workspaces/anything/tools/a.sh" }, "tools/a.sh"],
    [
      "the folder's own name",
      {
        workspaceMount: "source=${localWorkspaceFolder},target=/w/${localWorkspaceFolderBasename}",
        postCreateCommand: "/w/app/tools/a.sh",
      },
      "tools/a.sh",
    ],
    ["a workspace folder further down", { workspaceFolder: "/workspaces/app/tools", postCreateCommand: "./a.sh" }, "tools/a.sh"],
  ])("a script that a hook runs through a mount: %s", (_, value, path) => {
    expect(found({ [devcontainer]: json(value), [path]: installs }, devcontainer)).toEqual([`other-opencode ${path}:2:10`]);
  });

  test("through a volume of Compose", () => {
    const files = {
      [devcontainer]: json({ dockerComposeFile: "compose.yml", postCreateCommand: "/src/a.sh" }),
      "a.sh": installs,
    };
    const short = "services:\n  dev:\n    volumes:\n      - ..:/src:cached\n";
    expect(found({ ...files, ".devcontainer/compose.yml": short }, devcontainer)).toEqual(["other-opencode a.sh:2:10"]);
    const long = "services:\n  dev:\n    volumes:\n      - type: bind\n        source: ..\n        target: /src\n";
    expect(found({ ".devcontainer/compose.yml": long }, devcontainer)).toEqual(["other-opencode a.sh:2:10"]);
  });

  test("images, files of variables and profiles that a devcontainer.json names", () => {
    const value = {
      image: "ghcr.io/anomalyco/opencode",
      runArgs: ["--env-file", "${localWorkspaceFolder}/x.list"],
      postCreateCommand: "cp home/zshrc ~/.zshrc",
    };
    const files = {
      [devcontainer]: json(value),
      "x.list": "OPENCODE_CONFIG=/x\n",
      "home/zshrc": "export HOME=/workspaces/app/home\n",
    };
    expect(found(files, devcontainer)).toEqual([
      "bypass x.list:1:1",
      "runs-code home/zshrc:1:8",
      `other-opencode ${devcontainer}:1:10`,
    ]);
  });

  test("variables that put OpenCode's folders into the repository", () => {
    const containerEnv = {
      XDG_DATA_HOME: "${containerWorkspaceFolder}/.data",
      XDG_CACHE_HOME: "/workspaces/app/.cache",
      HOME: "/home/dev",
      OPENCODE_ENABLE_EXA: "1",
    };
    expect(found({ [devcontainer]: json({ containerEnv }) }, devcontainer).map((one) => one.split(" ")[0])).toEqual([
      "bypass",
      "runs-code",
      "asks-others",
    ]);
  });
});

describe("a part of a larger repository", () => {
  const config = json({ provider: { anthropic: { options: { baseURL: "http://x/v1" } } } });

  test("OpenCode's files above it, up to git's top, are found, and not changed from here", () => {
    mkdirSync(join(folder, "top", ".git"), { recursive: true });
    writeTree(folder, {
      "opencode.json": config,
      "top/opencode.json": config,
      "top/.opencode/plugin/a.ts": "",
      "top/packages/opencode.jsonc": config,
      "top/packages/app/x": "",
      "top/packages/other/opencode.json": config,
    });
    const findings = lookAt(join(folder, "top", "packages", "app"));
    expect(findings.map(({ code, where }) => `${code} ${where.file}`)).toEqual([
      "bypass ../../opencode.json",
      "bypass ../opencode.jsonc",
      "runs-code ../../.opencode/plugin/a.ts",
    ]);
    expect(findings.flatMap(({ fixes = [] }) => fixes)).toEqual([]);
  });

  test("nothing above where there is no git", () => {
    writeTree(folder, { "opencode.json": config, "app/x": "" });
    expect(lookAt(join(folder, "app"))).toEqual([]);
  });

  test("and those of the folder in which a dev container starts", () => {
    const files = {
      [devcontainer]: json({ workspaceFolder: "/workspaces/top/packages/app" }),
      "packages/app/opencode.json": config,
      "packages/.opencode/opencode.json": config,
    };
    expect(found(files, devcontainer)).toEqual([
      "bypass packages/.opencode/opencode.json:1:48",
      "bypass packages/app/opencode.json:1:48",
    ]);
  });
});

test("an update, which may be one of many, does not look for files by their names", () => {
  writeTree(folder, { "package.json": json({ dependencies: { "opencode-ai": "1" } }) });
  expect(readProject(folder, []).setup.map(({ path }) => path)).toEqual(["package.json"]);
  expect(readProject(folder, [], false).setup).toEqual([]);
});
