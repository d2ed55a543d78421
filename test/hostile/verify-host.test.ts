/** What `verify` lets a repository do on the machine that it runs on, before and beside its container. Docker and the CLI are stand-ins. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findInitializeCommand, findWithheld, hostVariables } from "../../src/verify/host.ts";
import { makeFolder, runAtTerminal, runPiped, write } from "../cli/harness.ts";

const file = ".devcontainer/devcontainer.json";

describe("the command that runs on the host is found as the Dev Containers CLI finds it", () => {
  const found = (text: string): unknown => findInitializeCommand(file, text);

  test("in every form", () => {
    expect(found('{ "image": "x",\n  "initializeCommand": "a && b" }')).toEqual({
      where: { file, line: 2, column: 24 },
      lines: ["a && b"],
    });
    expect(found('{ "initializeCommand": ["a", "b c"] }')).toMatchObject({ lines: ['["a","b c"]'] });
    expect(found('{ "initializeCommand": { "one": "a", "two": ["b", "c"] } }')).toMatchObject({
      lines: ["one: a", 'two: ["b","c"]'],
    });
  });

  test.each([
    ["a comment and a trailing comma", '{ // x\n "initializeCommand": "evil", /* y */ }'],
    ["a BOM", '\ufeff{ "initializeCommand": "evil" }'],
    ["letters that are escaped", '{ "initialize\\u0043ommand": "evil" }'],
    ["the second of two keys", '{ "initializeCommand": "", "initializeCommand": "evil" }'],
    ["an error before it", '{ "a": , "initializeCommand": "evil" }'],
    ["an error behind it", '{ "initializeCommand": "evil", "a": [ }'],
    ["no end", '{ "initializeCommand": "evil"'],
  ])("behind %s", (_, text) => {
    expect(found(text)).toMatchObject({ lines: ["evil"] });
  });

  test.each([
    "{}",
    '{ "initializeCommand": "" }',
    '{ "initializeCommand": "  " }',
    '{ "initializeCommand": [] }',
    '{ "initializeCommand": {} }',
    '{ "initializeCommand": null }',
    '{ "build": { "initializeCommand": "x" } }',
    "[]",
    "",
  ])("none in %s", (text) => {
    expect(found(text)).toBeNull();
  });
});

describe("variables of the host", () => {
  const secrets = {
    AWS_SECRET_ACCESS_KEY: "s",
    NPM_TOKEN: "s",
    GITHUB_TOKEN: "s",
    npm_config__authtoken: "s",
    DOCKER_AUTH_CONFIG: "s",
    DOCKER_PASSWORD: "s",
    DEVCONTAINERS_OCI_AUTH: "s",
    SSH_AUTH_SOCK: "s",
    HTTPS_PROXY: "http://me:s@proxy",
    NODE_OPTIONS: "s",
    GIT_SSH_COMMAND: "s",
    PATHS: "s",
    HOMER: "s",
    ANTHROPIC_API_KEY: "s",
  };
  const needed = {
    PATH: "/bin",
    HOME: "/h",
    LANG: "C",
    LC_ALL: "C",
    DOCKER_HOST: "unix:///x",
    http_proxy: "http://proxy:3128",
    TMPDIR: "/t",
  };

  test("are those that Docker needs, and no token", () => {
    expect(hostVariables({ ...secrets, ...needed })).toEqual(needed);
    expect(hostVariables({ SSH_AUTH_SOCK: "/s", DOCKER_HOST: "ssh://me@host" })).toHaveProperty("SSH_AUTH_SOCK");
  });

  test("what is asked for and withheld is named once, with its place", () => {
    const text = '{ "a": "${localEnv:HOME}",\n "b": "${localEnv:NPM_TOKEN:none} ${env:NPM_TOKEN}", "c": "${localEnv:NOT_SET}" }';
    expect(findWithheld(file, text, { ...secrets, ...needed })).toEqual([
      { name: "NPM_TOKEN", where: { file, line: 2, column: 8 } },
    ]);
  });
});

describe("verify", () => {
  let folder: string;
  let root: string;
  let remove: () => void;
  let env: Record<string, string>;
  beforeEach(async () => {
    ({ folder, remove } = makeFolder());
    root = join(folder, "sample");
    mkdirSync(join(folder, "bin"));
    mkdirSync(root);
    // A Docker that answers, and lists nothing.
    program("docker", `env >>${join(folder, "docker-env")}\n[ "$1" = version ] && echo 1`);
    env = { PATH: `${join(folder, "bin")}${delimiter}/usr/bin${delimiter}/bin`, HOME: folder, NPM_TOKEN: "a secret" };
    write(root, { [file]: '{\n  "image": "debian:bookworm-slim"\n}\n' });
    expect((await runPiped(["--yes"], root, env)).exit).toBe(0);
  });
  afterEach(() => remove());

  function program(name: string, script: string): void {
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "bin", name), 0o755);
  }
  const ask = (command: string): void => {
    const text = readFileSync(join(root, file), "utf8");
    writeFileSync(join(root, file), text.replace("{\n", `{\n  "initializeCommand": ${command},\n`));
  };
  const marker = (): string => join(folder, "ran");

  test("where nobody can be asked: nothing runs, the file and the command are named", async () => {
    ask(`"touch ${marker()}; \\u001b[2Jtrue\\n# more"`);
    const ran = await runPiped(["verify", "--mock"], root, env);
    expect(ran.exit).toBe(3);
    expect(ran.stderr).toContain(`${file}:2:24: initializeCommand runs on this machine`);
    expect(ran.stderr).toContain(`touch ${marker()}; \\u{1b}[2Jtrue\n  # more\n`);
    expect(ran.stderr).toContain("--run-initialize-command");
    const json = await runPiped(["verify", "--mock", "--json"], root, env);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: "initialize-command" } });
    // Not even Docker is asked.
    expect([existsSync(marker()), existsSync(join(folder, "docker-env"))]).toEqual([false, false]);
  });

  test("at a terminal it is shown and asked for; no is the end", async () => {
    ask(`["touch", "${marker()}"]`);
    const session = runAtTerminal(["verify", "--mock"], root, env);
    await session.until("Run it on this machine?");
    session.press("n");
    const { exit, stderr } = await session.done;
    expect(exit).toBe(130);
    expect(stderr).toContain(`["touch","${marker()}"]`);
    expect(existsSync(marker())).toBe(false);
  });

  test("with the flag it runs, and neither it nor Docker sees a secret", async () => {
    ask(`"env >${marker()}"`);
    const ran = await runPiped(["verify", "--run-initialize-command"], root, env);
    // The stand-in makes no container.
    expect(ran.exit, ran.stderr).toBe(4);
    expect(readFileSync(marker(), "utf8")).toContain(`HOME=${folder}\n`);
    for (const seen of [marker(), join(folder, "docker-env")])
      expect(readFileSync(seen, "utf8")).not.toMatch(/a secret|NPM_TOKEN|npm_config/);
  });

  test("without such a command there is no question, and a variable that is withheld is named", async () => {
    const text = readFileSync(join(root, file), "utf8");
    writeFileSync(join(root, file), text.replace("{\n", '{\n  "containerEnv": { "T": "${localEnv:NPM_TOKEN}" },\n'));
    const { exit, stderr } = await runPiped(["verify"], root, env);
    expect(exit).toBe(4);
    expect(stderr).toContain(`${file}:2:27: uses NPM_TOKEN of this machine`);
    expect(stderr).not.toContain("initializeCommand");
    expect(stderr).not.toContain("a secret");
  });

  test("a devcontainer.json that is a link out of the repository, or is not copied, is not taken", async () => {
    write(folder, { "elsewhere.json": `{ "image": "x", "initializeCommand": "touch ${marker()}" }` });
    rmSync(join(root, file));
    symlinkSync(join(folder, "elsewhere.json"), join(root, file));
    expect(await runPiped(["verify", "--mock"], root, env)).toMatchObject({
      exit: 4,
      stderr: expect.stringContaining("leads out of the repository") as string,
    });
    expect(existsSync(marker())).toBe(false);
  });
});
