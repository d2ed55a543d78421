/** Every refusal from end to end: its exit status, what it says and where, and that nothing on the disk has moved. */
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { formatLock, lockVersion } from "../../src/lock/lock.ts";
import { defaultAnswers } from "../opencode/environment.ts";
import { makeFolder, runAtTerminal, runPiped, treeOf, write, type Files } from "./harness.ts";

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
});
afterEach(() => outside.remove());

interface Case {
  readonly what: string;
  readonly argv: readonly string[];
  readonly files?: Files;
  readonly prepare?: () => void;
  readonly env?: Readonly<Record<string, string>>;
  readonly exit: 2 | 3;
  readonly code: string;
  /** What is wrong. */
  readonly says: RegExp;
  /** What to do about it. */
  readonly fix: RegExp;
  /** `line:column`, where a file is meant. */
  readonly at?: string;
  /** That file, where it is not the spec. */
  readonly of?: string;
}

const several: Files = {
  ".devcontainer/b/devcontainer.json": "{}",
  ".devcontainer/a/devcontainer.json": "{}",
  ".devcontainer.json": "{}",
};

/** A sound lock of nothing, by a generator of that version. */
const lockBy = (generator: string): string =>
  formatLock({
    lockVersion,
    generator,
    revision: "0123456789ab",
    answers: { ...defaultAnswers, opencode: pinnedRelease.version },
    opencode: pinnedRelease,
    registry: "",
    files: {},
  });

const bad = (what: string, argv: readonly string[], says: RegExp, fix: RegExp, more: Partial<Case> = {}): Case => ({
  what,
  argv: [...argv, "--yes"],
  exit: 2,
  code: "bad-answer",
  says,
  fix,
  ...more,
});
const spec = (
  what: string,
  text: string,
  code: string,
  says: RegExp,
  fix: RegExp,
  at: string,
  more: Partial<Case> = {},
): Case => ({
  what: `a spec with ${what}`,
  argv: [],
  files: { "aperture-env.yaml": text },
  exit: 2,
  code,
  says,
  fix,
  at,
  ...more,
});

const giveOrigin = /Give its origin: http:\/\/ai, /;
const cases: readonly Case[] = [
  bad(
    "an address with a path",
    ["--url", "http://ai/api"],
    /^--url: the address has the path \/api; an origin has none\./,
    /Write http:\/\/ai; /,
  ),
  bad("an address with a password", ["--url", "http://me:hunter2@ai"], /user name or a password/, /Write http:\/\/ai\./),
  bad("an address with a query", ["--url", "http://ai?key=x"], /a query or a fragment/, /Write http:\/\/ai\./),
  bad("an address with a fragment", ["--url", "http://ai#x"], /a query or a fragment/, /Write http:\/\/ai\./),
  bad("an address of another scheme", ["--url", "ftp://ai"], /http or https, not ftp/, /Write http:\/\/ai\./),
  bad("an address with a space", ["--url", "http://a i"], /a space, a quote or a control character/, giveOrigin),
  bad("an address with a line end", ["--url", "http://ai\nRUN id"], /a space, a quote or a control character/, giveOrigin),
  bad("an address with a variable", ["--url", "http://${HOME}"], /control character/, giveOrigin),
  bad("an address that is none", ["--url", "http://:80"], /is not an address/, /Give the gateway's origin: /),
  bad("an empty address", ["--url", ""], /address is empty/, giveOrigin),
  bad("a bad address in a variable", [], /^APERTURE_ENDPOINT: the address has the path \/x/, /Write http:\/\/ai; /, {
    env: { APERTURE_ENDPOINT: "http://ai/x" },
  }),
  bad("a bad address in our variable", [], /^APERTURE_ENV_URL: /, /Write http:\/\/ai; /, { env: { APERTURE_ENV_URL: "ai/x" } }),
  bad(
    "an unknown provider",
    ["--providers", "anthropic,gogle"],
    /^--providers: gogle is not in the catalogue, so its models are unknown\./,
    /Choose from anthropic, openai, google, /,
  ),
  bad("no provider", ["--providers", ","], /no provider is chosen/, /Choose from anthropic, openai, google, /),
  bad(
    "a model of a provider that is not chosen",
    ["--providers", "openai", "--model", "anthropic/claude-opus-4-5"],
    /^--model: provider anthropic is not enabled/,
    /Add anthropic to providers, or choose a model of/,
  ),
  bad(
    "a small model of a provider that is not chosen",
    ["--providers", "openai", "--small-model", "anthropic/x"],
    /^--small-model: /,
    /Add anthropic/,
  ),
  bad(
    "a model without its provider",
    ["--model", "gpt-6.1-sol"],
    /names no provider and model/,
    /Write provider\/model, for instance anthropic\/claude-sonnet-5-5\./,
  ),
  bad(
    "a model with a substitution of OpenCode",
    ["--model", "openai/{env:OPENAI_API_KEY}"],
    /a character that no model id has/,
    /Letters, digits and @/,
  ),
  bad(
    "an unknown base",
    ["--base", "fedora"],
    /^--base: "fedora" is not a base\./,
    /Choose from debian, .*, or give image=<reference>,libc=glibc\|musl,user=<account>\./,
  ),
  bad(
    "an image without its C library",
    ["--base", "image=ghcr.io/acme/dev:1"],
    /the C library of ghcr\.io\/acme\/dev:1 is not known/,
    /Write libc: glibc, or libc: musl for Alpine\./,
  ),
  bad(
    "an image without its account",
    ["--base", "image=ghcr.io/acme/dev:1,libc=glibc"],
    /the user of ghcr\.io\/acme\/dev:1 is not known/,
    /Name the account to work as/,
  ),
  bad(
    "an image that is none",
    ["--base", "image=a b\nRUN id,libc=glibc,user=root"],
    /is not an image reference/,
    /Write it as docker pull takes it/,
  ),
  bad(
    "OpenCode of the second major line",
    ["--opencode", "2.0.0"],
    /^--opencode: OpenCode 2\.0\.0 is another major version with another configuration\./,
    /Choose a version 1\.x, or latest/,
  ),
  bad("a range of versions", ["--opencode", "^1.18.0"], /is not a version of OpenCode/, /Write one as 1\.18\.18, or latest\./),
  bad(
    "an output of a later version",
    ["--outputs", "devcontainer,nomad"],
    /^--outputs: this version cannot generate "nomad"\./,
    /Choose from devcontainer, ci-github, ci-gitlab, kubernetes\./,
  ),
  bad(
    "a cluster's jobs without the gateway's whole name",
    ["--outputs", "kubernetes"],
    /^The output kubernetes: .* short name/,
    /--fqdn ai\.example\.ts\.net/,
    { code: "misfit" },
  ),
  bad(
    "a cluster's jobs with this machine's gateway",
    ["--outputs", "kubernetes", "--url", "http://localhost:8080"],
    /localhost/,
    /own origin/,
    { code: "misfit" },
  ),
  bad(
    "a connection of a later version",
    ["--connection", "pigeon"],
    /^--connection: "pigeon" is not a connection/,
    /Choose from .*network/,
  ),
  bad("an empty name", ["--name", " "], /the name is empty/, /Give the project's name\./),
  bad("a switch that is neither", [], /^APERTURE_ENV_MANAGED: "maybe" is neither true nor false\./, /Write true or false\./, {
    env: { APERTURE_ENV_MANAGED: "maybe" },
  }),
  {
    what: "nobody to ask and no --yes",
    argv: [],
    exit: 2,
    code: "missing-answers",
    says: /Not an interactive terminal[^]*--url http:\/\/ai\n {2}--providers anthropic,openai\n {2}--model anthropic\/claude-sonnet-5-5\n {2}--small-model anthropic\/claude-haiku-4-5\n {2}--base debian\n(?:Give these flags|$)/,
    fix: /Give these flags, or accept the proposed values with --yes\./,
  },
  {
    what: "nobody to ask, some flags and a detected base",
    argv: ["--url", "gw", "--model", "openai/gpt-6.1-sol"],
    files: { "go.mod": "module x\n" },
    exit: 2,
    code: "missing-answers",
    says: /missing \(with the proposed values\):\n {2}--providers anthropic,openai\n {2}--small-model openai\/gpt-6-luna\n {2}--base go\n(?:Give these flags|$)/,
    fix: /--yes/,
  },
  {
    what: "an unknown flag",
    argv: ["--modle", "x", "--yes"],
    exit: 2,
    code: "unknown-flag",
    says: /There is no flag --modle\./,
    fix: /Did you mean --model\?/,
  },
  { what: "a flag without its value", argv: ["--yes", "--url"], exit: 2, code: "bad-flag", says: /--url/, fix: /See --help\./ },
  {
    what: "several folders without --yes",
    argv: ["one", "two"],
    exit: 2,
    code: "missing-answers",
    says: /asks no questions/,
    fix: /--yes/,
  },
  {
    what: "a command behind a flag",
    argv: ["--yes", "build"],
    exit: 2,
    code: "reserved-word",
    says: /build is a command, and commands come first/,
    fix: /write \.\/build/,
  },
  {
    what: "flags that npm took",
    argv: ["http://gw"],
    env: { npm_command: "init", npm_config_url: "true", npm_config_small_model: "true" },
    exit: 2,
    code: "swallowed-flags",
    says: /npm took --url, --small-model for itself\./,
    fix: /Put -- before the flags: {2}npm create aperture-env@latest -- --url/,
  },
  {
    what: "a folder that is a file",
    argv: ["README.md", "--yes"],
    files: { "README.md": "x" },
    exit: 2,
    code: "not-a-folder",
    says: /README\.md is not a folder\./,
    fix: /Name a folder/,
  },
  {
    what: "a --cwd that is not there",
    argv: ["--cwd", "none", "--yes"],
    exit: 2,
    code: "no-such-folder",
    says: /none does not exist\./,
    fix: /Name an existing folder with --cwd\./,
  },
  ...[
    "check none",
    "update none",
    "remove none --yes",
    "hosts none",
    "doctor none",
    "build none",
    "verify none",
    "replace-model a/b c/d none",
  ].map((words): Case => ({
    what: `a folder that is not there: ${words}`,
    argv: words.split(" "),
    exit: 2,
    code: "no-such-folder",
    says: /none does not exist\./,
    fix: /Name an existing folder\./,
  })),
  {
    what: "a --cwd that is not there, in a git repository",
    argv: ["--cwd", "none", "--yes"],
    files: { ".git/HEAD": "ref: refs/heads/main\n" },
    exit: 2,
    code: "no-such-folder",
    says: /none does not exist\./,
    fix: /Name an existing folder/,
  },
  {
    what: "a --cwd that is a file",
    argv: ["--cwd", "file", "--yes"],
    files: { file: "x" },
    exit: 2,
    code: "not-a-folder",
    says: /file is not a folder\./,
    fix: /Name a folder/,
  },
  {
    what: "several dev containers, and nobody who says which",
    argv: ["--url", "ai", "--providers", "openai", "--model", "openai/gpt-6.1-sol", "--small-model", "openai/gpt-6.1-sol"],
    files: several,
    exit: 2,
    code: "missing-answers",
    says: /missing \(with the proposed values\):\n {2}--devcontainers all\n(?:Give these flags|$)/,
    fix: /Give these flags, or accept the proposed values with --yes\./,
  },
  {
    what: "a dev container that is not there",
    argv: ["--devcontainers", ".devcontainer.json,.devcontainer/c/devcontainer.json", "--yes"],
    files: several,
    exit: 2,
    code: "no-such-dev-container",
    says: /There is no dev container \.devcontainer\/c\/devcontainer\.json\./,
    fix: /There are \.devcontainer\.json, \.devcontainer\/a\/devcontainer\.json, \.devcontainer\/b\/devcontainer\.json; all means every one\./,
  },
  {
    what: "a dev container in the spec that is not there",
    argv: ["--yes"],
    files: { ...several, "aperture-env.yaml": "devcontainer:\n  files: [.devcontainer/c/devcontainer.json]\n" },
    exit: 2,
    code: "no-such-dev-container",
    says: /There is no dev container \.devcontainer\/c\/devcontainer\.json\./,
    fix: /There are \.devcontainer\.json, /,
    at: "2:10",
  },
  {
    what: "dev containers where there is none",
    argv: ["--devcontainers", "all", "--yes"],
    exit: 2,
    code: "no-effect",
    says: /--devcontainers has no effect here: this repository has no dev container of its own to add to\./,
    fix: /Remove --devcontainers\./,
  },
  {
    what: "dev containers in the spec where there is none",
    argv: ["--yes"],
    files: { "aperture-env.yaml": "devcontainer: { files: all }\n" },
    exit: 2,
    code: "no-effect",
    says: /devcontainer\.files has no effect here: this repository has no dev container/,
    fix: /Remove devcontainer\.files\./,
    at: "1:24",
  },
  bad(
    "a path that is no dev container's",
    ["--devcontainers", "src/x.json"],
    /^--devcontainers: "src\/x\.json" is not a path of a devcontainer.json\./,
    /Write \.devcontainer\/devcontainer\.json, .*, or all\./,
    { files: several },
  ),
  bad(
    "a variable of ours",
    ["--container-env", "TZ=UTC", "--container-env", "APERTURE_URL=x"],
    /^--container-env: APERTURE_URL is set by the environment\./,
    /[Ll]eave it out/,
  ),
  bad(
    "a variable without a value",
    ["--container-env", "TZ"],
    /^--container-env: TZ has no value\./,
    /Write TZ=… and the value in quotes\./,
  ),
  bad(
    "a port that is none",
    ["--forward-ports", "3000,http"],
    /^--forward-ports: "http" is not a port\./,
    /Write a number from 1 to 65535, or service:port\./,
  ),
  bad(
    "a hook that runs on the host",
    ["--hook", "initializeCommand=id"],
    /^--hook: "initializeCommand" is not a hook that runs in a container\./,
    /Choose from onCreateCommand, /,
  ),
  {
    what: "a way out of conflicts that is none",
    argv: ["--on-conflict", "merge", "--yes"],
    exit: 2,
    code: "bad-flag",
    says: /--on-conflict cannot be "merge"\./,
    fix: /Choose from fail, keep, replace\./,
  },
  {
    what: "a lock of a newer form",
    argv: ["--yes"],
    files: { "aperture-env.lock": '{ "lockVersion": 3, "generator": "9.8.7", "files": 5 }\n' },
    exit: 3,
    code: "lock-newer",
    says: /The lock was written by create-aperture-env 9\.8\.7, in a format that this version does not support\./,
    fix: /Use that version or a newer one, for instance {2}npx create-aperture-env@latest update/,
    of: "aperture-env.lock",
    at: "",
  },
  {
    what: "a lock by a newer generator",
    argv: ["--yes"],
    files: { "aperture-env.lock": lockBy("9.8.7") },
    exit: 2,
    code: "older-generator",
    says: /create-aperture-env 9\.8\.7 wrote this environment, and this is the older version \S+\./,
    fix: /Use that version or a newer one, for instance {2}npx create-aperture-env@latest update/,
    of: "aperture-env.lock",
    at: "",
  },
  {
    what: "a base where the user's dev container has one",
    argv: ["--base", "alpine", "--yes"],
    files: { ".devcontainer.json": "{}" },
    exit: 2,
    code: "no-effect",
    says: /--base has no effect here: \.devcontainer\.json decides that itself\./,
    fix: /Remove --base\./,
  },
  {
    what: "a spec that is a folder",
    argv: ["--yes"],
    files: { "aperture-env.yaml/": "" },
    exit: 3,
    code: "spec-unreadable",
    says: /The spec is a folder\./,
    fix: /Move it away/,
    at: "",
  },
  {
    what: "a spec behind a link out of the repository",
    argv: ["--yes"],
    prepare: () => symlinkSync("../elsewhere.yaml", join(root, "aperture-env.yaml")),
    files: { "../elsewhere.yaml": "name: x\n" },
    exit: 3,
    code: "spec-unreadable",
    says: /The spec is behind the symbolic link aperture-env\.yaml, which leads out of the repository\./,
    fix: /Move it away/,
    at: "",
  },
  spec(
    "nothing in it",
    "# x\n",
    "spec-empty",
    /The spec is empty\./,
    /It needs at least {2}aperture: \{ url: http:\/\/ai \}/,
    "",
  ),
  spec("broken YAML", "name: x\naperture: { url: http://ai\n", "spec-not-yaml", /The spec is not valid YAML: /, /Fix it/, "3:1"),
  spec(
    "an unknown key",
    "aperture:\n  url: http://ai\n  ulr: x\n",
    "spec-unknown-key",
    /aperture has no key "ulr"\./,
    /It knows url, fqdn, connection, tailscale\./,
    "3:3",
  ),
  spec(
    "a bad address",
    "aperture:\n  url: http://ai/x\n",
    "bad-answer",
    /aperture\.url: the address has the path \/x/,
    /Write http:\/\/ai; /,
    "2:8",
  ),
  spec(
    "an unknown provider",
    "providers:\n  anthropic: {}\n  gogle: {}\n",
    "bad-answer",
    /providers: gogle is not in the catalogue/,
    /Choose from anthropic, openai, google, /,
    "2:3",
  ),
  spec(
    "a wire format of another provider",
    "providers: { openai: { api: messages } }\n",
    "bad-answer",
    /openai does not speak "messages"/,
    /Api is responses, chat\./,
    "1:12",
  ),
  spec(
    "a list for an address",
    "aperture:\n  url: [http://ai]\n",
    "bad-answer",
    /aperture\.url: expected text, not a list\./,
    /Write a text\./,
    "2:8",
  ),
  spec(
    "a number for a version",
    "opencode:\n  version: 1.18\n",
    "bad-answer",
    /opencode\.version: expected text, not the number 1\.18\./,
    /Put it in quotes\./,
    "2:12",
  ),
  spec(
    "OpenCode of the second major line",
    "opencode: { version: 2.0.0 }\n",
    "bad-answer",
    /another major version/,
    /Choose a version 1\.x/,
    "1:22",
  ),
  spec(
    "an image without its C library",
    "base:\n  image: a:1\n",
    "bad-answer",
    /the C library of a:1 is not known/,
    /Write libc: glibc/,
    "2:3",
  ),
  spec(
    "an output of a later version",
    "outputs: [nix]\n",
    "bad-answer",
    /cannot generate "nix"/,
    /Choose from devcontainer, ci-github, ci-gitlab, kubernetes\./,
    "1:10",
  ),
  spec("an anchor", "name: &x y\n", "spec-unsupported", /uses an anchor/, /Write the value out\./, "1:10"),
  spec(
    "brackets without an end",
    `name: ${"[".repeat(50_000)}`,
    "spec-unsupported",
    /more than 8 levels/,
    /Write the value out\./,
    "1:37",
  ),
  spec("more than 64 KiB", `# ${"x".repeat(70_000)}\n`, "spec-too-large", /larger than 64 KiB/, /about a page/, ""),
  spec(
    "something else than a flag, but which the flag makes impossible",
    "providers: { anthropic: {}, openai: {} }\nmodel: anthropic/claude-sonnet-5-5\n",
    "bad-answer",
    /model: provider anthropic is not enabled\./,
    /Add anthropic to providers/,
    "2:8",
    { argv: ["--providers", "openai"] },
  ),
  spec(
    "a key of a dev container that is none here",
    "devcontainer:\n  mounts: []\n",
    "spec-unknown-key",
    /devcontainer has no key "mounts"\./,
    /It knows files, containerEnv, forwardPorts, hooks\./,
    "2:3",
  ),
  spec(
    "a variable that is a list",
    "devcontainer:\n  containerEnv:\n    A: [x]\n",
    "bad-answer",
    /devcontainer\.containerEnv: the value of A is not one line of text\./,
    /Put it in quotes/,
    "3:5",
  ),
  spec(
    "a hook of several lines",
    "devcontainer:\n  hooks:\n    postCreateCommand: |\n      a\n      b\n",
    "bad-answer",
    /devcontainer\.hooks: the value of postCreateCommand is not one line of text\./,
    /Put it in quotes, on one line\./,
    "3:5",
  ),
  spec(
    "a port that is a map",
    "devcontainer:\n  forwardPorts: [{ a: 1 }]\n",
    "bad-answer",
    /devcontainer\.forwardPorts: .* is not a port\./,
    /Write a number from 1 to 65535, or service:port\./,
    "2:17",
  ),
];

function prepare({ files = {}, prepare: more }: Pick<Case, "files" | "prepare">): Files {
  write(root, files);
  more?.();
  return treeOf(outside.folder, true);
}

describe("in words", () => {
  test.each(cases)("$what", async (given) => {
    const before = prepare(given);
    const ran = await runPiped(given.argv, root, given.env);
    expect(ran.exit, ran.stderr).toBe(given.exit);
    expect(ran.stdout).toBe("");
    const place = /^(aperture-env\.(?:yaml|lock))((?::\d+){0,2}): /.exec(ran.stderr);
    if (place !== null) expect(place[1]).toBe(given.of ?? "aperture-env.yaml");
    expect(place?.[2]?.slice(1) ?? "none").toBe(given.at ?? "none");
    const said = ran.stderr.slice(place?.[0].length ?? 0);
    expect(said).toMatch(given.says);
    expect(said).toMatch(given.fix);
    expect(said).toMatch(/\n$/);
    expect(ran.stderr).not.toMatch(/defect|\n\s+at |hunter2|undefined|\[object/);
    expect(treeOf(outside.folder, true)).toEqual(before);
  });
});

describe("as JSON", () => {
  test.each(cases)("$what", async (given) => {
    const before = prepare(given);
    const ran = await runPiped(
      given.argv[0]?.startsWith("-") === false ? [...given.argv, "--json"] : ["--json", ...given.argv],
      root,
      given.env,
    );
    expect(ran.exit, ran.stderr).toBe(given.exit);
    const result = JSON.parse(ran.stdout) as {
      error: { message: string; hint: string; where?: { file: string; line?: number; column?: number } };
    };
    expect(result).toMatchObject({ schemaVersion: 1, status: "error", error: { code: given.code, exit: given.exit } });
    expect(`${result.error.message}\n`).toMatch(given.says);
    expect(result.error.hint).toMatch(given.fix);
    const { where } = result.error;
    const at = where === undefined ? "none" : [where.line, where.column].filter((part) => part !== undefined).join(":");
    expect(at).toBe(given.at ?? "none");
    expect(treeOf(outside.folder, true)).toEqual(before);
  });
});

describe("something is in the way: the plan shows it, and nothing of it is written", () => {
  interface Conflict {
    readonly what: string;
    readonly files?: Files;
    readonly prepare?: () => void;
    readonly path: string;
    readonly why: RegExp;
    readonly fix: RegExp;
    readonly where?: string;
    /** What can be chosen; nothing where only a hand helps. */
    readonly choices?: readonly string[];
  }
  const ours = "move it away, and run again";
  const conflicts: readonly Conflict[] = [
    {
      what: "a Dockerfile of somebody else's",
      files: { ".devcontainer/Dockerfile": "FROM debian\n" },
      path: ".devcontainer/Dockerfile",
      why: /exists and was not written by create-aperture-env/,
      fix: /move it away, or copy what you need/,
      choices: ["keep"],
    },
    {
      what: "a file in the Feature folder",
      files: { ".devcontainer/aperture-env/install.sh": "#!/bin/sh\n" },
      path: ".devcontainer/aperture-env/install.sh",
      why: /was not written by create-aperture-env/,
      fix: /move it away/,
      choices: ["keep"],
    },
    {
      what: "a folder where a file goes",
      files: { ".devcontainer/Dockerfile/": "" },
      path: ".devcontainer/Dockerfile",
      why: /is a folder/,
      fix: new RegExp(ours),
    },
    {
      what: "a file where a folder goes",
      files: { ".devcontainer": "x" },
      path: ".devcontainer/Dockerfile",
      why: /is below something that is not a folder/,
      fix: new RegExp(ours),
    },
    {
      what: "a lock that is a folder",
      files: { "aperture-env.lock/": "" },
      path: "aperture-env.lock",
      why: /is a folder/,
      fix: new RegExp(ours),
    },
    {
      what: "a folder that is a link out of the repository",
      files: { "../other/x": "x" },
      prepare: () => symlinkSync("../other", join(root, ".devcontainer")),
      path: ".devcontainer/Dockerfile",
      why: /behind the symbolic link \.devcontainer, which leads out of the repository/,
      fix: new RegExp(ours),
    },
    {
      what: "a file that is a link to nothing",
      files: { ".devcontainer/": "" },
      prepare: () => symlinkSync("nowhere", join(root, ".devcontainer/Dockerfile")),
      path: ".devcontainer/Dockerfile",
      why: /a symbolic link to nothing/,
      fix: new RegExp(ours),
    },
    {
      what: "a broken devcontainer.json",
      files: { ".devcontainer/devcontainer.json": '{\n  "image": "debian"\n  "features": {}\n}\n' },
      path: ".devcontainer/devcontainer.json",
      why: /cannot be edited: this is not JSON with comments: a comma is missing here/,
      fix: /fix it there, and run again/,
      where: ".devcontainer/devcontainer.json:3:3",
    },
    {
      what: "a devcontainer.json whose features are a list",
      files: { ".devcontainer.json": '{ "features": [] }' },
      path: ".devcontainer.json",
      why: /"features" is not an object/,
      fix: /fix it there/,
      where: ".devcontainer.json:1:15",
    },
    {
      what: "a devcontainer.json with a key twice",
      files: { ".devcontainer/devcontainer.json": '{\n  "features": {},\n  "features": {}\n}' },
      path: ".devcontainer/devcontainer.json",
      why: /the key "features" is a duplicate/,
      fix: /fix it there/,
      where: ".devcontainer/devcontainer.json:3:3",
    },
    {
      what: "a devcontainer.json that is empty",
      files: { ".devcontainer/devcontainer.json": "" },
      path: ".devcontainer/devcontainer.json",
      why: /cannot be edited: the file is empty/,
      fix: /fix it there/,
      where: ".devcontainer/devcontainer.json:1:1",
    },
    {
      what: "a devcontainer.json with a conflict that git left",
      files: { ".devcontainer/devcontainer.json": '{\n  "image": "a",\n<<<<<<< HEAD\n  "name": "b"\n=======\n>>>>>>> c\n}' },
      path: ".devcontainer/devcontainer.json",
      why: /cannot be edited: there is an unresolved git conflict here/,
      fix: /fix it there/,
      where: ".devcontainer/devcontainer.json:3:1",
    },
  ];

  test.each(conflicts)("$what", async (given) => {
    const before = prepare(given);
    const ran = await runPiped(["--yes"], root);
    expect(ran.exit, ran.stderr).toBe(3);
    expect(ran.stderr).toContain("Nothing was written: resolve the files marked ! first.");
    const [, why = "", fix = ""] = ran.stdout.slice(ran.stdout.indexOf(`  ! ${given.path}\n`)).split("\n");
    expect(why).toMatch(given.why);
    expect(fix).toMatch(given.fix);
    if (given.where !== undefined) expect(why.trim().startsWith(`${given.where}: `)).toBe(true);
    // What it is about is shown where it is about a text.
    const isShown = given.choices !== undefined;
    expect(ran.stdout.includes(`\n--- ${given.path} (yours)\n+++ ${given.path} (generated)\n@@ `)).toBe(isShown);
    expect(ran.stdout).toMatch(/, \d+ in conflict\.\n$|^\d+ in conflict\.\n$/);
    expect(treeOf(outside.folder, true)).toEqual(before);
  });

  test.each(conflicts)("$what, as JSON", async (given) => {
    const before = prepare(given);
    const ran = await runPiped(["--yes", "--json"], root);
    expect(ran.exit, ran.stderr).toBe(3);
    const result = JSON.parse(ran.stdout) as {
      conflicts: number;
      changes: { path: string; why: string; fix: string; choices: string[]; where?: object }[];
    };
    expect(result).toMatchObject({ schemaVersion: 1, status: "conflict" });
    expect(result.conflicts).toBeGreaterThan(0);
    const change = result.changes.find(({ path }) => path === given.path)!;
    expect(change.why).toMatch(given.why);
    expect(change.fix).toMatch(given.fix);
    expect(change.choices).toEqual(given.choices ?? []);
    if (given.where !== undefined) {
      const [file, line, column] = given.where.split(":");
      expect(change.where).toEqual({ file, line: Number(line), column: Number(column) });
    }
    expect(treeOf(outside.folder, true)).toEqual(before);
  });

  test.each(conflicts)("$what stays so with --on-conflict replace: it is not ours to replace", async (given) => {
    const before = prepare(given);
    expect((await runPiped(["--yes", "--on-conflict", "replace"], root)).exit).toBe(3);
    expect(treeOf(outside.folder, true)).toEqual(before);
  });

  test("a foreign text with --on-conflict keep: it stays, the rest is written, and there is no second question", async () => {
    write(root, { ".devcontainer/Dockerfile": "FROM debian\n" });
    const ran = await runPiped(["--yes", "--on-conflict", "keep"], root);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toContain("  = .devcontainer/Dockerfile  yours, unchanged\n");
    const after = treeOf(root, true);
    expect(after[".devcontainer/Dockerfile"]).toMatch(/ FROM debian\n$/);
    expect((await runPiped(["--on-conflict", "keep"], root)).stdout).toContain("Nothing to do");
    expect(treeOf(root, true)).toEqual(after);
  });

  test("an edit of a file of ours, where something new would come", async () => {
    expect((await runPiped(["--yes"], root)).exit).toBe(0);
    write(root, { ".devcontainer/aperture-env/opencode.json": "{}\n" });
    const text = treeOf(root)["aperture-env.yaml"]!.slice("644 ".length).replace("managed: false", "managed: true");
    write(root, { "aperture-env.yaml": text });
    const before = treeOf(outside.folder, true);
    const ran = await runPiped([], root);
    expect(ran.exit).toBe(3);
    expect(ran.stdout).toMatch(
      /! \.devcontainer\/aperture-env\/opencode\.json\n +was edited by hand, but the spec or this version now generates something else; in the spec providers, model, small_model, opencode\.style, opencode\.managed, opencode\.online, opencode\.other_providers, opencode\.chunkTimeout and attribution decide what it says\n +undo your edit, or choose with --on-conflict keep \(your file stays\) or replace \(your edit is lost\)\n/,
    );
    expect(ran.stdout).toContain(
      "\n--- .devcontainer/aperture-env/opencode.json (yours)\n+++ .devcontainer/aperture-env/opencode.json (generated)\n@@ ",
    );
    expect(ran.stdout).toContain("\n-{}\n+{\n");
    expect(treeOf(outside.folder, true)).toEqual(before);
  });

  test.each(["", "<<<<<<< HEAD"])(
    "a lock that is lost or damaged (%j) is made anew where every file is as it should be",
    async (text) => {
      expect((await runPiped(["--yes"], root)).exit).toBe(0);
      const before = treeOf(outside.folder);
      if (text === "") rmSync(join(root, "aperture-env.lock"));
      else write(root, { "aperture-env.lock": text });
      const ran = await runPiped([], root);
      expect(ran.exit, ran.stderr).toBe(0);
      expect(treeOf(outside.folder)).toEqual(before);
    },
  );

  test("after a lost lock that was made anew, remove leaves nothing behind", async () => {
    expect((await runPiped(["--yes"], root)).exit).toBe(0);
    rmSync(join(root, "aperture-env.lock"));
    expect((await runPiped([], root)).exit).toBe(0);
    const ran = await runPiped(["remove", "--yes"], root);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(treeOf(root)).toEqual({});
  });

  test("with a damaged lock every file counts as the user's, and that is reported", async () => {
    write(root, { ".devcontainer.json": "{}" });
    expect((await runPiped(["--yes"], root)).exit).toBe(0);
    write(root, {
      "aperture-env.lock": '{"lockVersion":1,"answers":{"providers":5}}',
      ".devcontainer/aperture-env/auth.json": "{}\n",
    });
    const before = treeOf(outside.folder, true);
    const ran = await runPiped([], root);
    expect(ran.exit, ran.stderr).toBe(3);
    expect(ran.stderr).toContain(
      "Note: aperture-env.lock is damaged or was not written by this program, so existing files are treated as yours.",
    );
    expect(ran.stdout).toMatch(
      /! \.devcontainer\/aperture-env\/auth\.json\n +exists and was not written by create-aperture-env\n/,
    );
    expect(treeOf(outside.folder, true)).toEqual(before);
  });
});

describe("a terminal where nobody shall be asked", () => {
  test.each<readonly [string, readonly string[], Readonly<Record<string, string>>]>([
    ["--no-input", ["--no-input"], {}],
    ["CI", [], { CI: "true" }],
    ["a coding agent", [], { CLAUDECODE: "1" }],
    ["a dumb terminal", [], { TERM: "dumb" }],
    ["--json", ["--json"], {}],
  ])("%s", async (_what, argv, env) => {
    const before = treeOf(outside.folder, true);
    const ran = await runAtTerminal(argv, root, env).done;
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toContain("Not an interactive terminal");
    expect(ran.stdout === "" || argv.includes("--json")).toBe(true);
    expect(treeOf(outside.folder, true)).toEqual(before);
  });
});
