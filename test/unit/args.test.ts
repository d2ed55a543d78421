/** The command line: what it means, and what npm makes of it on the way. */
import { describe, expect, test } from "vitest";
import { parseCommand, verbs, type Command } from "../../src/cli/args.ts";
import { AppError } from "../../src/errors.ts";
import { questions } from "../../src/questions/table.ts";

type Create = Extract<Command, { kind: "create" }>;
type Env = Readonly<Record<string, string | undefined>>;

const landing: Create["landing"] = { summary: false, branch: null, from: null, pullRequest: false };
const calm: Create["switches"] = {
  yes: false,
  dryRun: false,
  diff: false,
  json: false,
  input: true,
  cwd: null,
  onConflict: null,
  onBypass: null,
  unignore: false,
};
const create = (fields: Omit<Partial<Create>, "switches"> & { switches?: Partial<Create["switches"]> } = {}): Create => ({
  kind: "create",
  directories: [],
  flags: {},
  landing,
  spec: null,
  ...fields,
  switches: { ...calm, ...fields.switches },
});

const update = (fields: Partial<Extract<Command, { kind: "update" }>> = {}): Command => ({
  kind: "update",
  directories: [],
  flags: {},
  switches: calm,
  landing,
  spec: null,
  restore: false,
  models: false,
  ...fields,
});
const mock = (fields: Partial<Extract<Command, { kind: "mock-gateway" }>>): Command => ({
  kind: "mock-gateway",
  port: 8080,
  host: "127.0.0.1",
  json: false,
  faults: [],
  models: null,
  grants: null,
  ...fields,
});
const check = (fields: Partial<Extract<Command, { kind: "check" }>> = {}): Command => ({
  kind: "check",
  directories: [],
  switches: calm,
  outdated: false,
  strict: false,
  ...fields,
});
const remove = (fields: Partial<Extract<Command, { kind: "remove" }>> = {}): Command => ({
  kind: "remove",
  directories: [],
  switches: calm,
  landing,
  ...fields,
});
const discover = (fields: Partial<Extract<Command, { kind: "discover" }>> = {}): Command => ({
  kind: "discover",
  origin: null,
  write: false,
  timeout: 5000,
  switches: calm,
  ...fields,
});

function refusal(argv: readonly string[], env: Env = {}): AppError {
  try {
    const command = parseCommand(argv, env);
    throw new Error(`it was read as ${JSON.stringify(command)}`);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  }
}

describe("understood", () => {
  const table: readonly (readonly [string, Command])[] = [
    ["", create()],
    ["my-app", create({ directories: ["my-app"] })],
    ["create my-app", create({ directories: ["my-app"] })],
    ["./update", create({ directories: ["./update"] })],
    ["--yes", create({ switches: { yes: true } })],
    ["-y", create({ switches: { yes: true } })],
    ["--dry-run --diff --json --no-input", create({ switches: { dryRun: true, diff: true, json: true, input: false } })],
    ["--cwd sub dir", create({ directories: ["dir"], switches: { cwd: "sub" } })],
    ["--cwd=sub", create({ switches: { cwd: "sub" } })],
    ["-- --odd", create({ directories: ["--odd"] })],
    ["--managed", create({ flags: { managed: "true" } })],
    ["--managed=false", create({ flags: { managed: "false" } })],
    ["update --managed=no a", update({ flags: { managed: "no" }, directories: ["a"] })],
    ["--managed --managed=off", create({ flags: { managed: "off" } })],
    ["--name no --base on app", create({ flags: { name: "no", base: "on" }, directories: ["app"] })],
    ["--yes ./false", create({ directories: ["./false"], switches: { yes: true } })],
    ["--yes -- no", create({ directories: ["no"], switches: { yes: true } })],
    ["false --yes", create({ directories: ["false"], switches: { yes: true } })],
    ["updat", create({ directories: ["updat"], mistaken: "update" })],
    ["chekc", create({ directories: ["chekc"], mistaken: "check" })],
    ["Remove", create({ directories: ["Remove"], mistaken: "remove" })],
    ["docter --yes", create({ directories: ["docter"], mistaken: "doctor", switches: { yes: true } })],
    ["mock-gatway", create({ directories: ["mock-gatway"], mistaken: "mock-gateway" })],
    ["./updat", create({ directories: ["./updat"] })],
    ["create updat", create({ directories: ["updat"] })],
    ["my-app", create({ directories: ["my-app"] })],
    ["site", create({ directories: ["site"] })],
    ["app2", create({ directories: ["app2"] })],
    ["--url a --url b", create({ flags: { url: "b" } })],
    [
      "--url ai --connection network --providers openai --model openai/a --small-model openai/b --opencode 1.2.3 --base go --outputs devcontainer --name n",
      create({
        flags: {
          url: "ai",
          connection: "network",
          providers: "openai",
          model: "openai/a",
          smallModel: "openai/b",
          opencode: "1.2.3",
          base: "go",
          outputs: "devcontainer",
          name: "n",
        },
      }),
    ],
    [
      "--devcontainers all --container-env A=1 --container-env B= --forward-ports 3000,db:5432 --hook postStartCommand=x=y",
      create({
        flags: {
          devcontainers: "all",
          containerEnv: "A=1\nB=",
          forwardPorts: "3000,db:5432",
          hooks: "postStartCommand=x=y",
        },
      }),
    ],
    ["--on-conflict keep", create({ switches: { onConflict: "keep" } })],
    ["--on-conflict=replace --on-bypass=fix", create({ switches: { onConflict: "replace", onBypass: "fix" } })],
    ["--on-conflict fail --on-bypass leave", create({ switches: { onConflict: "fail", onBypass: "leave" } })],
    ["--on-bypass managed --unignore", create({ switches: { onBypass: "managed", unignore: true } })],
    ["update", update()],
    ["update a ./b ../c", update({ directories: ["a", "./b", "../c"] })],
    ["update --url gw --managed --yes", update({ flags: { url: "gw", managed: "true" }, switches: { ...calm, yes: true } })],
    ["update --summary markdown", update({ restore: false, landing: { ...landing, summary: true } })],
    ["one two", create({ directories: ["one", "two"] })],
    ["create --spec team.yaml one", create({ directories: ["one"], spec: "team.yaml" })],
    ["--spec=team.yaml --summary markdown", create({ spec: "team.yaml", landing: { ...landing, summary: true } })],
    ["updat other", create({ directories: ["updat", "other"], mistaken: "update" })],
    [
      "replace-model a/b c/d e --yes",
      { kind: "replace-model", from: "a/b", to: "c/d", directories: ["e"], switches: { ...calm, yes: true }, landing },
    ],
    [
      "update --branch env/new --commit --from origin/main --pull-request a b",
      update({ directories: ["a", "b"], landing: { summary: false, branch: "env/new", from: "origin/main", pullRequest: true } }),
    ],
    ["--branch env", create({ landing: { ...landing, branch: "env" } })],
    ["remove one two", remove({ directories: ["one", "two"] })],
    ["update --models", update({ models: true })],
    ["update --on-bypass fix --unignore", update({ switches: { ...calm, onBypass: "fix", unignore: true } })],
    ["check", check()],
    [
      "check --outdated --json --cwd sub a b",
      check({ directories: ["a", "b"], outdated: true, switches: { ...calm, json: true, cwd: "sub" } }),
    ],
    ["remove", remove()],
    [
      "remove dir --yes --on-conflict replace",
      remove({ directories: ["dir"], switches: { ...calm, yes: true, onConflict: "replace" } }),
    ],
    ["remove --dry-run --diff", remove({ switches: { ...calm, dryRun: true, diff: true } })],
    ["--discover --yes", create({ discover: true, switches: { yes: true } })],
    ["discover", discover()],
    ["discover http://gw", discover({ origin: "http://gw" })],
    [
      "discover gw --write --yes --timeout 1.5",
      discover({ origin: "gw", write: true, timeout: 1500, switches: { ...calm, yes: true } }),
    ],
    [
      "discover --json --cwd sub --dry-run --timeout=30s",
      discover({ timeout: 30_000, switches: { ...calm, json: true, cwd: "sub", dryRun: true } }),
    ],
    ["discover -h", { kind: "help", verb: "discover" }],
    ["update --help", { kind: "help", verb: "update" }],
    ["check -V", { kind: "version" }],
    ["--name=--yes", create({ flags: { name: "--yes" } })],
    ["help", { kind: "help", verb: null }],
    ["help update", { kind: "help", verb: "update" }],
    ["help help", { kind: "help", verb: null }],
    ["help --json", { kind: "help", verb: null }],
    ["--help", { kind: "help", verb: null }],
    ["-h --yes", { kind: "help", verb: null }],
    ["create --help", { kind: "help", verb: "create" }],
    ["mock-gateway --help", { kind: "help", verb: "mock-gateway" }],
    ["--version", { kind: "version" }],
    ["-V", { kind: "version" }],
    ["mock-gateway", mock({})],
    ["mock-gateway --port 0 --host 0.0.0.0 --json", mock({ port: 0, host: "0.0.0.0", json: true })],
    ["mock-gateway --port 65535", mock({ port: 65535 })],
    ["mock-gateway --fault status=503 --fault slow", mock({ faults: ["status=503", "slow"] })],
    ["mock-gateway --models a,b/c,a --grants b/**", mock({ models: ["a", "b/c"], grants: ["b/**"] })],
  ];

  test.each(table)("%j", (line, command) => {
    expect(parseCommand(line.split(" ").filter(Boolean), {})).toEqual(command);
  });

  test("every question has a flag", () => {
    for (const { id, flag, kind } of questions) {
      const argv = kind === "switch" ? [`--${flag}`] : [`--${flag}`, "value"];
      for (const verb of [[], ["create"], ["update"]])
        expect(parseCommand([...verb, ...argv], {})).toMatchObject({ flags: { [id]: kind === "switch" ? "true" : "value" } });
    }
  });

  test("only the flag of a map counts every time that it is given", () => {
    for (const { id, flag, kind } of questions.filter((question) => question.kind !== "switch")) {
      const command = parseCommand([`--${flag}=a`, `--${flag}=b`, `--${flag}=a`], {});
      expect(command).toMatchObject({ flags: { [id]: kind === "map" ? "a\nb\na" : "a" } });
    }
  });
});

describe("refused", () => {
  const table: readonly (readonly [line: string, code: string, message: RegExp, hint: RegExp])[] = [
    [
      "discover --url http://ai",
      "unknown-flag",
      /^discover has no flag --url\.$/,
      /^It belongs to create, update\. See {2}npx create-aperture-env discover --help$/,
    ],
    [
      "mock-gateway --deep",
      "unknown-flag",
      /^mock-gateway has no flag --deep\.$/,
      /^It belongs to doctor\. See {2}npx create-aperture-env mock-gateway --help$/,
    ],
    ["--urll http://ai", "unknown-flag", /^There is no flag --urll\.$/, /^Did you mean --url\? See --help\.$/],
    ["--dryrun", "unknown-flag", /--dryrun/, /--dry-run\?/],
    ["--smal-model x", "unknown-flag", /--smal-model/, /--small-model\?/],
    ["--provider openai", "unknown-flag", /--provider\./, /--providers\?/],
    ["--output devcontainer", "unknown-flag", /--output\./, /--outputs\?/],
    [
      "help nonsense",
      "unknown-command",
      /^There is no command nonsense\.$/,
      /^The commands are create, update, .*mock-gateway\.$/,
    ],
    ["help updat", "unknown-command", /^There is no command updat\.$/, /^Did you mean {2}help update {2}\?$/],
    ["--force", "unknown-flag", /--force/, /^See --help\.$/],
    ["-x", "unknown-flag", /-x/, /^See --help\.$/],
    ["--toString", "unknown-flag", /--toString/, /^See --help\.$/],
    ["--__proto__", "unknown-flag", /--__proto__/, /^See --help\.$/],
    ["--no-yes", "unknown-flag", /--no-yes/, /See --help\.$/],
    ["--url", "bad-flag", /^--url needs a value\.$/, /^Write --url=<origin>\. See --help\.$/],
    ["--url --yes", "bad-flag", /^--url needs a value\.$/, /^Write --url=<origin>\. See --help\.$/],
    ["--yes=no", "bad-flag", /^--yes takes no value\.$/, /^See --help\.$/],
    [
      "--managed false",
      "bad-flag",
      /^--managed takes its value after an equals sign, not after a space: false/,
      /^Write --managed=false$/,
    ],
    ["--managed 0 --yes", "bad-flag", /not after a space: 0/, /^Write --managed=false$/],
    ["update --managed Yes", "bad-flag", /not after a space: Yes/, /^Write --managed=true$/],
    ["--yes no", "bad-flag", /^--yes takes no value, but no follows it\.$/, /\.\/no$/],
    ["-y true", "bad-flag", /^-y takes no value, but true/, /\.\/true$/],
    ["--dry-run off", "bad-flag", /^--dry-run takes no value/, /\.\/off$/],
    ["check --outdated 1", "bad-flag", /^--outdated takes no value, but 1/, /\.\/1$/],
    ["mock-gateway --json on", "bad-flag", /^--json takes no value/, /on/],
    ["doctor one two", "too-many-folders", /^Expected one folder, got 2: one, two\.$/, /put -- before the flags/],
    ["verify one two three", "too-many-folders", /got 3: one, two, three/, / -- /],
    ["--on-conflict merge", "bad-flag", /^--on-conflict cannot be "merge"\.$/, /^Choose from fail, keep, replace\.$/],
    ["--on-conflict", "bad-flag", /^--on-conflict needs a value\.$/, /^Write --on-conflict=<how>\. See --help\.$/],
    ["check --cwd", "bad-flag", /^--cwd needs a value\.$/, /^Write --cwd=<folder>\. See .* check --help$/],
    ["update --on-conflict=", "bad-flag", /^--on-conflict cannot be ""\.$/, /^Choose from fail, keep, replace\.$/],
    ["--on-bypass ignore", "bad-flag", /^--on-bypass cannot be "ignore"\.$/, /^Choose from leave, fix, managed\.$/],
    ["--commit", "bad-flag", /^--commit needs a branch\.$/, /--branch aperture-env --commit/],
    ["update --pull-request a", "bad-flag", /^--pull-request needs a branch\.$/, /--branch/],
    ["remove --from main", "bad-flag", /^--from needs a branch\.$/, /--branch/],
    ["--branch=-x", "bad-flag", /^--branch cannot be "-x"\.$/, /valid branch name/],
    ["--branch a..b", "bad-flag", /^--branch cannot be "a\.\.b"\.$/, /valid branch name/],
    ["--branch HEAD", "bad-flag", /^--branch cannot be "HEAD"\.$/, /valid branch name/],
    ["--branch a --from=main~1", "bad-flag", /^--from cannot be "main~1"\.$/, /branch or a commit/],
    ["update --summary html", "bad-flag", /^--summary cannot be "html"\.$/, /^Write markdown\.$/],
    ["check --summary markdown", "unknown-flag", /--summary/, /See .*--help$/],
    ["--outdated", "unknown-flag", /--outdated/, /See --help\.$/],
    ["check --url x", "unknown-flag", /--url/, /See .*--help$/],
    ["check --yes", "unknown-flag", /--yes/, /See .*--help$/],
    ["check --dry-run", "unknown-flag", /--dry-run/, /See .*--help$/],
    ["check --on-conflict keep", "unknown-flag", /--on-conflict/, /See .*--help$/],
    ["remove --url x", "unknown-flag", /--url/, /See .*--help$/],
    ["remove --on-bypass fix", "unknown-flag", /--on-bypass/, /See .*--help$/],
    ["remove --unignore", "unknown-flag", /--unignore/, /See .*--help$/],
    ["update --outdated", "unknown-flag", /--outdated/, /See .*--help$/],
    ["--unignore=yes", "bad-flag", /^--unignore takes no value\.$/, /^See --help\.$/],
    ["--hooks x", "unknown-flag", /--hooks/, /--hook\?/],
    ["--forward-port 1", "unknown-flag", /--forward-port\./, /--forward-ports\?/],
    ["--devcontainer all", "unknown-flag", /--devcontainer\./, /--devcontainers\?/],
    ["discover a b", "too-many-gateways", /got 2: a, b/, /discover http:\/\/ai/],
    ["discover --timeout 0", "bad-flag", /--timeout cannot be "0"/, /seconds, 0\.1 to 600/],
    ["discover --timeout soon", "bad-flag", /--timeout cannot be "soon"/, /seconds/],
    ["discover --timeout 601", "bad-flag", /--timeout/, /seconds/],
    ["discover --url x", "unknown-flag", /--url/, /See .*--help$/],
    ["update --discover", "unknown-flag", /--discover/, /See .*--help$/],
    ["check --discover", "unknown-flag", /--discover/, /See .*--help$/],
    ["mock-gateway here", "stray-word", /takes no "here"/, /^$/],
    ["mock-gateway --port 65536", "bad-port", /--port 65536 is not a port/, /0 to 65535/],
    ["mock-gateway --port x", "bad-port", /--port x is not a port/, /0 to 65535/],
    ["mock-gateway --port -1", "bad-flag", /^--port needs a value\.$/, /^Write --port=<n>\. See .*mock-gateway --help$/],
    ["mock-gateway --prt 1", "unknown-flag", /--prt/, /--port\?/],
    ["mock-gateway --fault slwo", "bad-flag", /^--fault cannot be "slwo"\.$/, /status=<400 to 599>, html, .*slow, /],
    ["mock-gateway --fault status=200", "bad-flag", /status=200/, /400 to 599/],
    ["mock-gateway --fault toString", "bad-flag", /toString/, /one of/],
    ["mock-gateway --models a,,b", "bad-flag", /^--models "a,,b" has a name missing\.$/, /a,b,c/],
    ["mock-gateway --grants=", "bad-flag", /^--grants "" has a name missing\.$/, /a,b,c/],
    ["mock-gateway --url x", "unknown-flag", /--url/, /See .*--help$/],
  ];

  test.each(table)("%j", (line, code, message, hint) => {
    const error = refusal(line.split(" "));
    expect(error).toMatchObject({ code, exit: 2 });
    expect(error.message).toMatch(message);
    expect(error.hint ?? "").toMatch(hint);
  });

  test.each(verbs)("the command %s behind a flag, or behind another command", (verb) => {
    for (const argv of [
      ["--json", verb],
      ["create", verb],
      ["update", "dir", verb],
      ["check", verb],
      ["remove", verb],
    ]) {
      expect(refusal(argv)).toMatchObject({
        code: "reserved-word",
        exit: 2,
        message: `${verb} is a command, and commands come first.`,
        hint: `For a folder of that name write ./${verb}`,
      });
    }
  });
});

describe("started by npm", () => {
  const started: readonly (readonly [string, Env])[] = [
    ["npm create", { npm_command: "init" }],
    ["npx", { npm_command: "exec" }],
  ];

  describe.each(started)("%s", (_how, env) => {
    const swallowed: readonly (readonly [Env, readonly string[], string])[] = [
      [{ npm_config_url: "true" }, ["http://ai"], "--url"],
      [{ npm_config_small_model: "true" }, ["openai/gpt-6.1-sol"], "--small-model"],
      [{ npm_config_managed: "true" }, [], "--managed"],
      [{ npm_config_base: "alpine", npm_config_model: "true" }, [], "--model, --base"],
      [{ npm_config_cwd: "true" }, ["sub"], "--cwd"],
      [{ npm_config_diff: "true" }, [], "--diff"],
      [{ npm_config_on_conflict: "keep", npm_config_unignore: "true" }, ["update"], "--on-conflict, --unignore"],
      [{ npm_config_summary: "markdown" }, ["update"], "--summary"],
      [{ npm_config_outdated: "true" }, ["check"], "--outdated"],
      [{ npm_config_on_conflict: "keep" }, ["remove"], "--on-conflict"],
    ];

    test.each(swallowed)("flags that it took are noticed: %j", (taken, argv, flags) => {
      const error = refusal(argv, { ...env, ...taken });
      expect(error).toMatchObject({ code: "swallowed-flags", exit: 2, message: `npm took ${flags} for itself.` });
      expect(error.hint).toContain("-- before the flags");
    });

    test("its dry run and its JSON are ours, too", () => {
      expect(parseCommand([], { ...env, npm_config_dry_run: "true" })).toEqual(create({ switches: { dryRun: true } }));
      expect(parseCommand([], { ...env, npm_config_json: "true" })).toEqual(create({ switches: { json: true } }));
    });

    test("its yes and its force are its own", () => {
      expect(parseCommand([], { ...env, npm_config_yes: "true", npm_config_force: "true" })).toEqual(create());
    });

    test("its settings that are off or empty say nothing", () => {
      const quiet = {
        npm_config_dry_run: "",
        npm_config_json: "false",
        npm_config_diff: "",
        npm_config_url: "",
        npm_config_registry: "x",
      };
      expect(parseCommand(["app"], { ...env, ...quiet })).toEqual(create({ directories: ["app"] }));
    });
  });

  test("without npm, its variables say nothing", () => {
    const left = { npm_config_dry_run: "true", npm_config_json: "true", npm_config_url: "true" };
    expect(parseCommand([], left)).toEqual(create());
    expect(parseCommand([], { ...left, npm_command: "run-script" })).toEqual(create());
  });
});
