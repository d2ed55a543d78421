/** The command line: what it means, and what npm makes of it on the way. */
import { describe, expect, test } from "vitest";
import { parseCommand, verbs, type Command } from "../../src/cli/args.ts";
import { AppError } from "../../src/errors.ts";
import { questions } from "../../src/questions/table.ts";

type Create = Extract<Command, { kind: "create" }>;
type Env = Readonly<Record<string, string | undefined>>;

const calm: Create["switches"] = { yes: false, dryRun: false, diff: false, json: false, input: true, cwd: null };
const create = (fields: Omit<Partial<Create>, "switches"> & { switches?: Partial<Create["switches"]> } = {}): Create => ({
  kind: "create",
  directory: null,
  flags: {},
  ...fields,
  switches: { ...calm, ...fields.switches },
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
    ["my-app", create({ directory: "my-app" })],
    ["create my-app", create({ directory: "my-app" })],
    ["./update", create({ directory: "./update" })],
    ["--yes", create({ switches: { yes: true } })],
    ["-y", create({ switches: { yes: true } })],
    ["--dry-run --diff --json --no-input", create({ switches: { dryRun: true, diff: true, json: true, input: false } })],
    ["--cwd sub dir", create({ directory: "dir", switches: { cwd: "sub" } })],
    ["--cwd=sub", create({ switches: { cwd: "sub" } })],
    ["-- --odd", create({ directory: "--odd" })],
    ["--managed", create({ flags: { managed: "true" } })],
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
    ["--name=--yes", create({ flags: { name: "--yes" } })],
    ["help", { kind: "help" }],
    ["--help", { kind: "help" }],
    ["-h --yes", { kind: "help" }],
    ["create --help", { kind: "help" }],
    ["mock-gateway --help", { kind: "help" }],
    ["--version", { kind: "version" }],
    ["-V", { kind: "version" }],
    ["mock-gateway", { kind: "mock-gateway", port: 8080, host: "127.0.0.1", json: false }],
    ["mock-gateway --port 0 --host 0.0.0.0 --json", { kind: "mock-gateway", port: 0, host: "0.0.0.0", json: true }],
    ["mock-gateway --port 65535", { kind: "mock-gateway", port: 65535, host: "127.0.0.1", json: false }],
  ];

  test.each(table)("%j", (line, command) => {
    expect(parseCommand(line.split(" ").filter(Boolean), {})).toEqual(command);
  });

  test("every question has a flag", () => {
    for (const { id, flag, kind } of questions) {
      const argv = kind === "switch" ? [`--${flag}`] : [`--${flag}`, "value"];
      expect(parseCommand(argv, {})).toMatchObject({ flags: { [id]: kind === "switch" ? "true" : "value" } });
    }
  });
});

describe("refused", () => {
  const table: readonly (readonly [line: string, code: string, message: RegExp, hint: RegExp])[] = [
    ["--urll http://ai", "unknown-flag", /^There is no flag --urll\.$/, /^Did you mean --url\? See --help\.$/],
    ["--dryrun", "unknown-flag", /--dryrun/, /--dry-run\?/],
    ["--smal-model x", "unknown-flag", /--smal-model/, /--small-model\?/],
    ["--provider openai", "unknown-flag", /--provider\./, /--providers\?/],
    ["--output devcontainer", "unknown-flag", /--output\./, /--outputs\?/],
    ["--force", "unknown-flag", /--force/, /^See --help\.$/],
    ["-x", "unknown-flag", /-x/, /^See --help\.$/],
    ["--toString", "unknown-flag", /--toString/, /^See --help\.$/],
    ["--__proto__", "unknown-flag", /--__proto__/, /^See --help\.$/],
    ["--no-yes", "unknown-flag", /--no-yes/, /See --help\.$/],
    ["--url", "bad-flag", /--url.*argument missing/, /^See --help\.$/],
    ["--url --yes", "bad-flag", /'--url' argument is ambiguous\.$/, /^See --help\.$/],
    ["--yes=no", "bad-flag", /'-y, --yes' does not take an argument\.$/, /^See --help\.$/],
    ["--managed=false", "bad-flag", /'--managed' does not take an argument\.$/, /^See --help\.$/],
    ["one two", "too-many-folders", /^One folder can be named, and these are 2: one, two\.$/, /flags need a -- before them/],
    ["create one two three", "too-many-folders", /these are 3: one, two, three/, / -- /],
    ["mock-gateway here", "stray-word", /takes no "here"/, /^$/],
    ["mock-gateway --port 65536", "bad-port", /--port 65536 is not a port/, /0 to 65535/],
    ["mock-gateway --port x", "bad-port", /--port x is not a port/, /0 to 65535/],
    ["mock-gateway --port -1", "bad-flag", /--port/, /^See --help\.$/],
    ["mock-gateway --prt 1", "unknown-flag", /--prt/, /--port\?/],
    ["mock-gateway --url x", "unknown-flag", /--url/, /See --help\.$/],
  ];

  test.each(table)("%j", (line, code, message, hint) => {
    const error = refusal(line.split(" "));
    expect(error).toMatchObject({ code, exit: 2 });
    expect(error.message).toMatch(message);
    expect(error.hint ?? "").toMatch(hint);
  });

  test.each(verbs.filter((verb) => !["create", "mock-gateway", "help"].includes(verb)))("the reserved word %s", (verb) => {
    const error = refusal([verb, "--yes"]);
    expect(error).toMatchObject({ code: "reserved-word", exit: 2, hint: `For a folder of that name write ./${verb}` });
    expect(error.message).toContain(verb);
  });

  test.each(["update", "create", "help"])("the command %s behind a flag", (verb) => {
    expect(refusal(["--yes", verb])).toMatchObject({
      code: "reserved-word",
      exit: 2,
      hint: `For a folder of that name write ./${verb}`,
    });
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
      [{ npm_config_small_model: "true" }, ["openai/gpt-5"], "--small-model"],
      [{ npm_config_managed: "true" }, [], "--managed"],
      [{ npm_config_base: "alpine", npm_config_model: "true" }, [], "--model, --base"],
      [{ npm_config_cwd: "true" }, ["sub"], "--cwd"],
      [{ npm_config_diff: "true" }, [], "--diff"],
    ];

    test.each(swallowed)("flags that it took are noticed: %j", (taken, argv, flags) => {
      const error = refusal(argv, { ...env, ...taken });
      expect(error).toMatchObject({ code: "swallowed-flags", exit: 2, message: `npm took ${flags} for its own.` });
      expect(error.hint).toContain("-- before our flags");
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
      expect(parseCommand(["app"], { ...env, ...quiet })).toEqual(create({ directory: "app" }));
    });
  });

  test("without npm, its variables say nothing", () => {
    const left = { npm_config_dry_run: "true", npm_config_json: "true", npm_config_url: "true" };
    expect(parseCommand([], left)).toEqual(create());
    expect(parseCommand([], { ...left, npm_command: "run-script" })).toEqual(create());
  });
});
