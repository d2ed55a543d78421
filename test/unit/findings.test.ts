import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatPlace } from "../../src/errors.ts";
import {
  findBypass,
  findingsOfIgnored,
  findOpencodeFolder,
  findInFolder,
  findOtherOpencode,
  findVariables,
  type BypassOptions,
  type Finding,
} from "../../src/plan/findings.ts";
import { readProject } from "../../src/repo/project.ts";
import { findDevcontainers } from "../../src/repo/scan.ts";
import { makeTemporary, textOf, writeTree } from "../golden/cases.ts";
import { caseNames, readCase } from "../golden/store.ts";
import { processorTime } from "../support/processor-time.ts";

const options: BypassOptions = { url: "http://ai", providers: ["anthropic", "openai"] };
const bypass = (text: string, more: Partial<BypassOptions> = {}): Finding[] =>
  findBypass([{ path: "opencode.json", text }], { ...options, ...more });
const codes = (findings: readonly Finding[]): string[] => findings.map(({ code }) => code);
const places = (findings: readonly Finding[]): string[] => findings.map(({ where }) => formatPlace(where));

describe("findBypass", () => {
  const withUrl = (baseURL: unknown): string => JSON.stringify({ provider: { anthropic: { options: { baseURL } } } });

  test.each([
    ["http://ai/v1"],
    ["http://ai"],
    ["HTTP://AI:80/v1/"],
    [" http://ai/v1"],
    ["http://ai/{env:PREFIX}"],
    ["{env:APERTURE_URL}"],
    ["{env:APERTURE_URL}/v1"],
  ])("%s is the gateway", (url) => {
    expect(bypass(withUrl(url))).toEqual([]);
  });

  test.each([
    ["http://ai.evil.com/v1", "http://ai.evil.com"],
    ["https://ai/v1", "https://ai"],
    ["http://ai:8080/v1", "http://ai:8080"],
    ["http://ai@evil.com/v1", "http://evil.com"],
    ["http:\\\\evil.com\\ai", "http://evil.com"],
    ["{env:APERTURE_URL}.evil.com/v1", "http://ai.evil.com"],
    ["file:///etc", "another address"],
  ])("%s is not", (url, shown) => {
    const [finding, ...others] = bypass(withUrl(url));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      code: "bypass",
      message: `provider.anthropic.options.baseURL is at ${shown}, not at the gateway http://ai: requests to anthropic bypass the gateway`,
      fixes: [{ file: "opencode.json", path: ["provider", "anthropic", "options", "baseURL"] }],
    });
  });

  test.each([
    ["{env:OTHER_URL}/v1", "{env:OTHER_URL}"],
    ["http://{env:HOST}/v1", "{env:HOST}"],
    ["http://ai{env:REST}/v1", "{env:REST}"],
    ["{file:./gateway.txt}", "{file:./gateway.txt}"],
  ])("%s is not known", (url, shown) => {
    const [finding] = bypass(withUrl(url));
    expect(finding).toMatchObject({
      code: "bypass",
      message: `provider.anthropic.options.baseURL comes from ${shown}, whose value is unknown here: anthropic bypasses the gateway unless that is http://ai`,
    });
  });

  test.each([[""], ["/v1"], ["localhost/v1"], [5], [null]])("%j is no address", (url) => {
    expect(bypass(withUrl(url))[0]?.message).toMatch(/baseURL is not an address: OpenCode cannot reach anthropic with it$/);
  });

  test("names file, line and column of the value, and a fix", () => {
    const text = `\ufeff{\r
  // ours
  "provider": {\r
    "openai": { "options": { "baseURL": "https://api.openai.com/v1", } },
  },
}`;
    const [finding] = findBypass([{ path: ".opencode/opencode.jsonc", text }], options);
    expect(finding?.where).toEqual({ file: ".opencode/opencode.jsonc", line: 4, column: 41 });
    expect(finding?.hint).toBe(
      "keep it if that is intentional; remove it, so that the environment's value takes effect; or set `opencode.managed: true`, " +
        "which installs the environment's configuration where no project file can override it",
    );
  });

  test("of a key that stands twice, the last counts", () => {
    expect(bypass('{"provider":{"openai":{"options":{"baseURL":"http://x","baseURL":"http://ai"}}}}')).toEqual([]);
    expect(places(bypass('{"provider":{"openai":{"options":{"baseURL":"http://ai","baseURL":"http://x"}}}}'))).toEqual([
      "opencode.json:1:67",
    ]);
  });

  test("a key is found and never shown; the placeholder is none", () => {
    const withKey = (apiKey: string): string => JSON.stringify({ provider: { openai: { options: { apiKey } } } });
    expect(bypass(withKey("-"))).toEqual([]);
    for (const key of ["sk-secret", "{env:OPENAI_API_KEY}", ""]) {
      const findings = bypass(withKey(key));
      expect(codes(findings)).toEqual(["bypass"]);
      expect(findings[0]!.fixes).toEqual([{ file: "opencode.json", path: ["provider", "openai", "options", "apiKey"] }]);
      if (key !== "") expect(JSON.stringify(findings)).not.toContain(key);
    }
    expect(JSON.stringify(bypass(withUrl("http://user:secret@evil.com/v1?key=secret")))).not.toContain("secret");
  });

  test("lists of providers: what lets others in or takes ours away", () => {
    expect(bypass('{"enabled_providers":["anthropic"]}')).toEqual([]);
    expect(bypass('{"disabled_providers":["opencode"]}')).toEqual([]);
    expect(bypass('{"enabled_providers":["openai","opencode"],"disabled_providers":["anthropic"]}')).toMatchObject([
      {
        code: "bypass",
        where: { line: 1, column: 65 },
        message: "disabled_providers disables anthropic: its models cannot be used",
        hint: "keep it if that is intentional, or remove it",
        fixes: [{ file: "opencode.json", path: ["disabled_providers"] }],
      },
      {
        code: "bypass",
        where: { line: 1, column: 22 },
        message:
          "enabled_providers replaces the environment's list and enables opencode: models that bypass the gateway can be chosen",
        fixes: [{ file: "opencode.json", path: ["enabled_providers"] }],
      },
    ]);
  });

  test("models of other providers", () => {
    expect(bypass('{"model":"openai/gpt-6.1-sol","small_model":"{env:SMALL}"}')).toEqual([]);
    const findings = bypass('{"model":"opencode/big-pickle","small_model":"gpt-6.1-sol"}');
    expect(findings).toMatchObject([
      { code: "foreign-model", where: { column: 10 } },
      { code: "foreign-model", where: { column: 46 } },
    ]);
    expect(findings.map(({ fixes }) => fixes)).toEqual([undefined, undefined]);
    expect(findings[0]!.message).toMatch(
      /^model is opencode\/big-pickle, which is not a provider of the environment \(anthropic, openai\): /,
    );
    expect(bypass(JSON.stringify({ model: "a\u001b[31m/b" }))[0]!.message).not.toContain("\u001b");
  });

  test("a file that is not readable JSONC", () => {
    expect(bypass('{\n  "model": ')).toEqual([
      {
        code: "unreadable-config",
        where: { file: "opencode.json", line: 2, column: 12 },
        message: "OpenCode does not start with this file: this is not JSON with comments: a value is missing here",
        hint: "fix it there",
      },
    ]);
    expect(codes(bypass("[]"))).toEqual(["unreadable-config"]);
    expect(codes(bypass(" \n"))).toEqual(["unreadable-config"]);
    expect(bypass("")).toEqual([]);
    // OpenCode fills in the variable first, and may well read it.
    expect(bypass('{"snapshot": {env:FLAG}}')[0]!.message).toMatch(/^this file cannot be checked: /);
  });

  test("managed: only what the environment does not set itself", () => {
    const text = JSON.stringify({
      model: "opencode/x",
      enabled_providers: ["opencode"],
      disabled_providers: ["openai"],
      provider: { openai: { options: { baseURL: "http://x", apiKey: "k" } } },
    });
    expect(bypass(text)).toHaveLength(5);
    expect(bypass(text, { managed: true })).toEqual([]);
    const open = { agent: { a: { model: "opencode/x" } }, plugin: ["./x.ts"], mcp: { m: { url: "https://m.example/x" } } };
    expect(codes(bypass(JSON.stringify(open), { managed: true }))).toEqual(["foreign-model", "runs-code", "asks-others"]);
  });

  test.each([
    // Run with the pinned OpenCode: both go to the gateway all the same, since the environment's baseURL comes first.
    ["api", { provider: { anthropic: { api: "http://x/v1", models: { m: { provider: { api: "http://x/v1" } } } } } }],
    ["odd shapes", { provider: ["anthropic"], enabled_providers: "all", disabled_providers: {}, model: 5 }],
    ["inherited names", { agent: { constructor: {} }, model: "openai/constructor" }],
    ["nothing of ours", { theme: "dark", $schema: "https://opencode.ai/config.json" }],
  ])("nothing for %s", (_what, value) => {
    expect(bypass(JSON.stringify(value))).toEqual([]);
  });
});

describe("findOtherOpencode", () => {
  const inFile = (path: string, text: string): string[] => places(findOtherOpencode([{ path, text }]));
  const inDevcontainer = (value: unknown): Finding[] =>
    findOtherOpencode([{ path: ".devcontainer/devcontainer.json", text: JSON.stringify(value) }]);

  test.each([
    ["npm i -g opencode-ai", 10],
    ["npm install --global opencode-ai@1.2.3", 22],
    ["npm install opencode-ai --location=global", 13],
    ['npm i -g typescript "opencode-ai@${VERSION}"', 22],
    ["/usr/bin/npm i -g @opencode/cli@latest", 19],
    ["sudo -u node npm i -g opencode-ai", 23],
    ["pnpm add -g opencode-ai", 13],
    ["yarn global add opencode-ai", 17],
    ["bun add -g opencode-ai", 12],
    ["bun install --global opencode-ai", 22],
    ["brew install anomalyco/tap/opencode", 14],
    ["brew install jq opencode", 17],
    ["go install github.com/opencode-ai/opencode@latest", 12],
    ["mise use -g opencode@latest", 13],
    ["mise use --global npm:opencode-ai", 19],
    ["mise use -g ubi:sst/opencode", 13],
    ["curl -fsSL https://opencode.ai/install | bash", 12],
    ["wget -qO- opencode.ai/v2/install|sh", 11],
    ['bash -c "$(curl -fsSL https://opencode.ai/install)"', 23],
    ["bash <(curl -fsSL https://opencode.ai/install)", 19],
    ["curl -LO https://github.com/sst/opencode/releases/latest/download/opencode-linux-x64.zip", 10],
    ["command -v opencode || npm i -g opencode-ai", 33],
    ["cd x && npm ci && npm i -g opencode-ai && true", 28],
    ["if ! which opencode; then npm i -g opencode-ai; fi", 36],
    [`su - vscode -c 'npm i -g "opencode-ai"'`, 27],
    [String.raw`bash -lc "npm i -g \"opencode-ai\" && opencode"`, 22],
    ["x=$(npm i -g opencode-ai)", 14],
    ["echo y | npm i -g opencode-ai", 19],
    ["echo it's done; don't=1 npm i -g opencode-ai", 34],
  ])("%s", (command, column) => {
    expect(inFile("setup.sh", `#!/bin/sh\n${command}\n`)).toEqual([`setup.sh:2:${column}`]);
    expect(inFile("Dockerfile", `FROM debian\nRUN ${command}\n`)).toEqual([`Dockerfile:2:${column + 4}`]);
    expect(codes(inDevcontainer({ postCreateCommand: command }))).toEqual(["other-opencode"]);
  });

  test.each([
    ["# npm i -g opencode-ai"],
    ["npm ci # then npm i -g opencode-ai"],
    ['echo "npm i -g opencode-ai"'],
    ["echo run npm i -g opencode-ai"],
    ["printf '%s\\n' 'now: curl https://opencode.ai/install && npm i -g opencode-ai'"],
    ['HINT="npm i -g opencode-ai && opencode"'],
    ["npm i opencode-ai"],
    ["npm i -D opencode-ai"],
    ["npm uninstall -g opencode-ai"],
    ["npm ls -g opencode-ai"],
    ["npm i -g opencode-ai-helper @acme/opencode-ai"],
    ["npm i -g typescript && cd opencode-ai"],
    ["brew install opencode-desktop"],
    ["go install github.com/acme/opencode-tools@latest"],
    ["curl https://opencode.ai/installed"],
    ["curl https://myopencode.ai/install"],
    ["curl https://opencode.ai/docs"],
    ["opencode run hello"],
    ["cat <<EOF > notes\nnpm i -g opencode-ai\nEOF"],
    ["git commit -m 'npm i -g opencode-ai'"],
  ])("not %s", (command) => {
    expect(inFile("setup.sh", `#!/bin/sh\n${command}\n`)).toEqual([]);
    expect(inFile("Dockerfile", `FROM debian\nRUN ${command}\n`)).toEqual([]);
    expect(inDevcontainer({ postCreateCommand: command })).toEqual([]);
  });

  test("Dockerfiles: continued lines, comments between them, exec form, heredocs, ADD", () => {
    expect(
      inFile(
        "Dockerfile",
        `FROM node
# RUN npm i -g opencode-ai
RUN apt-get update \\
    && npm install \\
      --global \\
      # the agent's
      opencode-ai
RUN ["npm", "install", "-g", "opencode-ai"]
RUN [ "sh", "-c", "npm i -g opencode-ai" ]
RUN <<EOF
set -e
npm i -g opencode-ai
EOF
COPY <<EOF /etc/motd
npm i -g opencode-ai
EOF
ADD https://opencode.ai/install /tmp/install.sh
LABEL docs=https://opencode.ai/install
CMD ["opencode"]
`,
      ),
    ).toEqual(["Dockerfile:7:7", "Dockerfile:8:31", "Dockerfile:9:29", "Dockerfile:12:10", "Dockerfile:17:5"]);
    expect(inFile("Dockerfile", "RUN npm i -g \\\r\n  opencode-ai\r\n")).toEqual(["Dockerfile:2:3"]);
  });

  test("Compose files: commands in all forms, comments, apostrophes", () => {
    expect(
      inFile(
        "compose.yaml",
        `services:
  app:
    # npm i -g opencode-ai
    labels: { note: it's fine }
    command: sh -c "npm i -g opencode-ai && sleep infinity"
    entrypoint: ["npm", "i", "-g", "opencode-ai"]
  b:
    command: 'npm i -g opencode-ai'
    entrypoint:
      - sh
      - -c
      - npm i -g opencode-ai
    build:
      dockerfile_inline: |
        FROM node
        RUN npm i -g opencode-ai
`,
      ),
    ).toEqual(["compose.yaml:5:30", "compose.yaml:6:37", "compose.yaml:8:24", "compose.yaml:12:18", "compose.yaml:16:22"]);
  });

  test("hooks: all six, as text, list and object", () => {
    const install = "npm i -g opencode-ai";
    const text = `{
  // "postCreateCommand": "npm i -g opencode-ai",
  "initializeCommand": "${install}",
  "onCreateCommand": ["npm", "i", "-g", "opencode-ai"],
  "updateContentCommand": { "deps": "npm ci", "agent": "${install}", "again": ["bash", "-c", "${install}"] },
  "postCreateCommand": "npm ci && ${install}",
  "postStartCommand": "echo \\"a\\"\\n${install}",
  "postAttachCommand": { "x": { "y": "${install}" } },
  "name": "${install}"
}`;
    const findings = findOtherOpencode([{ path: ".devcontainer.json", text }]);
    expect(places(findings)).toEqual([
      ".devcontainer.json:3:24",
      ".devcontainer.json:4:22",
      ".devcontainer.json:5:56",
      ".devcontainer.json:5:89",
      ".devcontainer.json:6:24",
      ".devcontainer.json:7:23",
    ]);
    expect(findings[0]!.message).toMatch(/^initializeCommand installs an OpenCode on the machine that opens the repository/);
    expect(findings[4]!.message).toMatch(/^postCreateCommand installs another OpenCode: PATH decides which opencode starts/);
    // A list is no shell's: && is a word.
    expect(inDevcontainer({ postCreateCommand: ["echo", "&&", ...install.split(" ")] })).toEqual([]);
  });

  test("Features: by name, or by the package that an option names; not ours", () => {
    const features = {
      "ghcr.io/acme/features/opencode:1": {},
      "ghcr.io/devcontainers-extra/features/npm-package:1": { package: "opencode-ai", version: "latest" },
      "ghcr.io/devcontainers/features/node:1": { version: "24" },
      "./aperture-env": { revision: "0" },
      "./aperture-env/opencode": {},
      "../aperture-env/opencode": {},
      "./.devcontainer/aperture-env/opencode": {},
      "./opencode": "latest",
    };
    const findings = inDevcontainer({ features });
    expect(findings.map(({ message }) => /the Feature "(.*?)"/.exec(message)?.[1])).toEqual([
      "ghcr.io/acme/features/opencode:1",
      "ghcr.io/devcontainers-extra/features/npm-package:1",
      "./opencode",
    ]);
    expect(places(findings)[0]).toBe(".devcontainer/devcontainer.json:1:14");
    expect(inDevcontainer({ features: ["opencode"] })).toEqual([]);
  });

  test("a devcontainer.json that cannot be read is told elsewhere", () => {
    expect(inFile(".devcontainer/devcontainer.json", '{ "postCreateCommand": "npm i -g opencode-ai"')).toEqual([]);
  });

  test.each([
    ["quotes that nothing closes", `"\\" ' [ , << \\ `.repeat(15_000)],
    ["heredocs that nothing ends", "cat <<AB\n".repeat(80_000)],
    ["heredocs of other words each", Array.from({ length: 80_000 }, (_, index) => `: <<a${index}\n`).join("")],
    ["heredocs that end", "cat <<AB\nAB\n".repeat(40_000)],
    ["an address of many folders", `curl ${"opencode.ai/".repeat(21_000)}`],
  ])("a long file with %s takes no time", (_what, long) => {
    const text = `${long}\nnpm i -g opencode-ai`;
    const start = processorTime();
    expect(findOtherOpencode([{ path: "setup.sh", text }])).toHaveLength(1);
    expect(processorTime() - start).toBeLessThan(1500);
  });
});

describe("findInFolder", () => {
  test("models of agents, commands and modes, at their lines", () => {
    const agent = "---\ndescription: x\nmodel: 'local/m'\n---\nmodel: of the prose\n";
    const found = findInFolder(
      [
        { path: ".opencode/agent/review.md", text: agent },
        { path: ".opencode/commands/go/fast.md", text: "---\r\nmodel: opencode/big-pickle # free\r\n---\r\n" },
        { path: ".opencode/agents/ours.md", text: "---\nmodel: anthropic/claude-sonnet-5-5\n---\n" },
        { path: ".opencode/agent/none.md", text: "model: local/m\n" },
      ],
      options,
    );
    expect(found.map(({ code, where }) => [code, formatPlace(where)])).toEqual([
      ["foreign-model", ".opencode/agent/review.md:3:1"],
      ["foreign-model", ".opencode/commands/go/fast.md:2:1"],
    ]);
    expect(found[0]!.message).toMatch(/^agent\.review\.model is local\/m, which is not a provider of the environment/);
  });

  test("plugins and tools are reported as code, also in a managed environment", () => {
    const paths = [".opencode/plugin/a.ts", ".opencode/plugins/b.js", ".opencode/tool/c.ts", "packages/x/.opencode/tools/d.mjs"];
    const found = findInFolder(
      [...paths, ".opencode/plugin/deep/e.ts", ".opencode/README.md"].map((path) => ({ path, text: "" })),
      { ...options, managed: true },
    );
    expect(found.map(({ code, where }) => [code, formatPlace(where)])).toEqual(paths.map((path) => ["runs-code", `${path}:1`]));
  });
});

describe("findVariables", () => {
  const found = (path: string, text: string, more: Partial<BypassOptions> = {}): string[] =>
    findVariables([{ path, text }], { ...options, ...more }).map(({ code, where }) => `${code} ${formatPlace(where)}`);

  test("of a devcontainer.json: containerEnv, remoteEnv and runArgs", () => {
    const text = `{
  "containerEnv": { "OPENCODE_CONFIG": "/x.json", "HTTP_PROXY": "http://proxy:3128" },
  "remoteEnv": { "XDG_CONFIG_HOME": "/config", "HTTPS_PROXY": "\${localEnv:HTTPS_PROXY}" },
  "runArgs": ["-e", "OPENCODE_CONFIG_DIR=/y", "--env=OPENCODE_DISABLE_DEFAULT_PLUGINS=0", "--network=host"],
}`;
    expect(found(".devcontainer/devcontainer.json", text)).toEqual([
      "bypass .devcontainer/devcontainer.json:2:40",
      "runs-code .devcontainer/devcontainer.json:4:21",
      "bypass .devcontainer/devcontainer.json:4:47",
      "runs-code .devcontainer/devcontainer.json:3:37",
      "bypass .devcontainer/devcontainer.json:2:65",
    ]);
    expect(found(".devcontainer/devcontainer.json", text, { managed: true })).toEqual([
      "runs-code .devcontainer/devcontainer.json:4:21",
      "runs-code .devcontainer/devcontainer.json:3:37",
      "bypass .devcontainer/devcontainer.json:2:65",
    ]);
  });

  test("of Compose files and Dockerfiles", () => {
    const compose = `services:\n  dev:\n    environment:\n      OPENCODE_MODELS_PATH: /x.json # own\n      - "HTTP_PROXY=http://p:1"\n`;
    expect(found("compose.yaml", compose)).toEqual(["bypass compose.yaml:4:7", "bypass compose.yaml:5:10"]);
    const dockerfile = `FROM debian\nENV A=b \\\n  OPENCODE_TEST_HOME="/x y" \\\n  C=d\nENV http_proxy p:1\nRUN OPENCODE_CONFIG=/x opencode\n`;
    expect(found("Dockerfile", dockerfile)).toEqual(["bypass Dockerfile:3:3", "bypass Dockerfile:5:5"]);
    expect(found("setup.sh", "export OPENCODE_CONFIG=/x\n")).toEqual([]);
  });

  test.each([
    [{ HTTP_PROXY: "http://p:1", NO_PROXY: "localhost, ai" }],
    [{ HTTPS_PROXY: "http://p:1", ALL_PROXY: "http://p:1" }],
    [{ OPENCODE_CONFIG: "/usr/local/share/aperture-env/opencode.json" }],
    [{ OPENCODE_DISABLE_DEFAULT_PLUGINS: "1", OPENCODE_AUTH_CONTENT: '{"openai":{"type":"api","key":"-"}}' }],
    [{ OPENCODE_CONFIG_CONTENT: '{"username":"me"}', APERTURE_URL: "ai" }],
    [{ APERTURE_URL: "${localEnv:GATEWAY}" }],
  ])("nothing for %j", (containerEnv) => {
    expect(found("devcontainer.json", JSON.stringify({ containerEnv }))).toEqual([]);
  });

  test("values are judged, and never shown", () => {
    const login = '{"openai":{"type":"oauth","access":"secret"}}';
    const content = '{"provider":{"openai":{"options":{"baseURL":"http://u:secret@x/v1?k=secret"}}}}';
    const findings = findVariables(
      [
        {
          path: "devcontainer.json",
          text: JSON.stringify({
            containerEnv: {
              OPENCODE_AUTH_CONTENT: login,
              OPENCODE_CONFIG_CONTENT: content,
              APERTURE_URL: "http://u:secret@other/v1",
            },
          }),
        },
      ],
      options,
    );
    expect(findings.map(({ message }) => message.slice(0, 60))).toEqual(
      [
        "OPENCODE_AUTH_CONTENT is set: it replaces the placeholders for logins",
        "OPENCODE_CONFIG_CONTENT: provider.openai.options.baseURL is at http://x, not at the gateway",
        "APERTURE_URL is http://other, not http://ai: it replaces the gateway of aperture-env.yaml",
      ].map((text) => text.slice(0, 60)),
    );
    expect(JSON.stringify(findings)).not.toContain("secret");
  });
});

test("the .opencode folder", () => {
  expect(findOpencodeFolder(false)).toEqual([]);
  expect(findOpencodeFolder(true)).toMatchObject([{ code: "opencode-folder", where: { file: ".opencode" } }]);
});

test("what git ignores: one finding for each pattern", () => {
  const by = { file: ".gitignore", line: 3, pattern: ".devcontainer/" };
  const paths = ["a", "b c", "c", "d"].map((name) => `.devcontainer/${name}`);
  expect(findingsOfIgnored([])).toEqual([]);
  expect(
    findingsOfIgnored([
      ...paths.map((path) => ({ path, by })),
      ...["install.sh", "opencode/fetch.sh"].map((name) => ({
        path: `.devcontainer/aperture-env/${name}`,
        by: { file: ".gitignore", line: 9, pattern: "*.sh" },
      })),
      { path: "aperture-env.lock", by: { file: "/home/me/ignore", line: 1, pattern: "*.lock" } },
    ]),
  ).toEqual([
    {
      code: "git-ignored",
      where: { file: ".gitignore", line: 3 },
      message:
        "git ignores .devcontainer/a, .devcontainer/b c, .devcontainer/c and 1 more because of the pattern .devcontainer/, so a clone lacks them",
      hint: "remove .devcontainer/ from .gitignore:3, run again with --unignore, or force-add: git add -f .devcontainer/a '.devcontainer/b c' .devcontainer/c .devcontainer/d",
    },
    expect.objectContaining({
      hint: "remove *.sh from .gitignore:9, run again with --unignore, or force-add: git add -f .devcontainer/aperture-env",
    }),
    {
      code: "git-ignored",
      where: { file: "/home/me/ignore", line: 1 },
      message: "git ignores aperture-env.lock because of the pattern *.lock, so a clone lacks it",
      hint: "remove *.lock from /home/me/ignore:1, run again with --unignore, or force-add: git add -f aperture-env.lock",
    },
  ]);
});

describe("no false alarm", () => {
  test("in what is generated", () => {
    const cases = caseNames.map(readCase).filter(({ after }) => after["aperture-env.lock"] !== undefined);
    expect(cases.length).toBeGreaterThan(5);
    const { folder: temporary, remove } = makeTemporary();
    for (const { name, after } of cases) {
      const folder = join(temporary, name);
      writeTree(folder, after);
      const { configs, setup, hasOpencodeFolder } = readProject(folder, findDevcontainers(folder));
      expect(setup.length, name).toBeGreaterThan(0);
      expect(
        [...findOtherOpencode(setup), ...findBypass(configs, options), ...findOpencodeFolder(hasOpencodeFolder)],
        name,
      ).toEqual([]);
    }
    remove();
    // The environment's own configuration is what a project's would have to be.
    const text = textOf(readCase("empty-folder").after, ".devcontainer/aperture-env/opencode.json");
    expect(bypass(text)).toEqual([]);
  });
});
