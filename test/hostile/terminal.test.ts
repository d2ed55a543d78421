/**
 * Text of a foreign hand on its way to a terminal. Each thing that a repository, a gateway, a program or a command line can bring carries escape
 * sequences and direction marks; whatever command meets it, nothing of that comes out raw: as text and as Markdown, with a terminal and without.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import fc from "../support/random-cases.ts";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { run } from "../../src/cli/main.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { formatSection, formatSummary, type Updated } from "../../src/report/markdown.ts";
import { block, json, oneLine, painter, printTo, relayed, shown, visible } from "../../src/text/terminal.ts";
import { prepareContainers } from "../../src/verify/containers.ts";
import { makeFolder, state, write } from "../cli/harness.ts";

/** A title, concealed text by ESC and by C1, a carriage return, a bell, an override of direction, an invisible letter, a line separator. */
const evil = "\u001B]0;owned\u0007\u001B[8mE\u009B8mF\rG\u202EH\u200B\u2028I";
/** The same without what no path, header or YAML scalar can hold. */
const evilName = "a\u001B]0;owned\u0007b\rc\u202Ed\u009B8me";
/** What the styles of ours are, and nothing else. */
// oxlint-disable-next-line no-control-regex -- that is what it is about
const ourStyles = /\u001B\[(?:1|2|22|31|32|33|39)m/g;

interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

class Kept extends Writable {
  text = "";
  constructor(
    readonly isTTY: boolean,
    readonly columns = 100,
  ) {
    super({ decodeStrings: false });
  }
  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}

/** Runs a command line; a terminal has an agent at it, so that nobody is asked. */
async function say(argv: readonly string[], cwd: string, isTTY: boolean, env: Record<string, string> = {}): Promise<Said> {
  const stdin = new PassThrough();
  stdin.end();
  const [stdout, stderr] = [new Kept(isTTY), new Kept(isTTY)];
  const all = {
    PATH: process.env["PATH"] ?? "",
    npm_config_registry: "http://npm.example",
    // Without it the key of whoever runs the tests would be made, in the real home.
    XDG_STATE_HOME: state,
    TERM: "xterm-256color",
    AGENT: "1",
    ...env,
  };
  const interrupted = (): AbortSignal => new AbortController().signal;
  const exit = await run(argv, { stdin, stdout, stderr, env: all, cwd, interrupted });
  return { exit, stdout: stdout.text, stderr: stderr.text };
}

/** Fails where anything is in a text that a terminal obeys or does not show. */
function expectHarmless(text: string, isTTY: boolean): void {
  const rest = (isTTY ? text.replaceAll(ourStyles, "") : text).replaceAll("\r\n", "\n");
  expect(JSON.stringify(/.{0,40}(?:[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]).{0,40}/u.exec(rest)?.[0] ?? null)).toBe("null");
}

/** What an escaped character looks like, in text and in JSON. */
const escaped = /\\u\{(?:1b|7|d|9b|202e|2028)\}|\\u(?:001b|0007|009b|202e|2028)|\\x1b|\\r|\\e/i;

/** Runs it with a terminal and without; `seen` says that the foreign text has to be there, escaped. */
async function expectEscaped(
  argv: readonly string[],
  cwd: string,
  {
    env = {},
    seen = true,
    modes = [false, true],
  }: { env?: Record<string, string>; seen?: boolean; modes?: readonly boolean[] } = {},
): Promise<Said> {
  let last: Said | null = null;
  for (const isTTY of modes) {
    last = await say(argv, cwd, isTTY, env);
    const { stdout, stderr } = last;
    expectHarmless(stdout, isTTY);
    expectHarmless(stderr, isTTY);
    expect(stderr).not.toContain("This is a bug");
    if (seen) expect(`${stdout}${stderr}`).toMatch(escaped);
  }
  return last!;
}

let outside: ReturnType<typeof makeFolder>;
let root: string;
beforeEach(() => {
  outside = makeFolder();
  root = join(outside.folder, "sample");
  mkdirSync(root);
});
afterEach(() => outside.remove());

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const edit = (path: string, change: (text: string) => string): void => write(root, { [path]: change(read(path)) });
const make = async (): Promise<void> => {
  const made = await say(["--yes"], root, false);
  expect(made.exit, made.stderr).toBe(0);
};

describe("the one cleaner", () => {
  test("whatever comes in, one line comes out, in which all is seen", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.nat(30), (text, longest) => {
        for (const out of [visible(text), oneLine(text), `${shown`${text}`}`, visible(text, longest), visible(evil + text)]) {
          expect(out.replaceAll(/\p{Extended_Pictographic}[\uFE0F\u200D\p{Emoji_Modifier}]*/gu, "")).not.toMatch(
            /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u,
          );
        }
        expect(visible(visible(text))).toBe(visible(text));
        expect(visible(text, longest).length).toBeLessThanOrEqual(longest + 1);
        expectHarmless(String(block(text)).replaceAll(/[\uFE0F\u200D]/g, ""), false);
        const asJson = String(json({ [text]: [text] }));
        expect(JSON.parse(asJson)).toEqual({ [text]: [text] });
        expectHarmless(asJson, false);
      }),
      { numRuns: 2000 },
    );
  });

  test("what a person reads stays what it is", () => {
    const fine = "naïve café, 日本語, עברית, → – “x”, C:\\new, 👩‍💻 ⚠️ 👍🏽";
    expect(visible(fine)).toBe(fine);
    expect(String(block("a\tb\r\nc\n"))).toBe("a\tb\r\nc\n");
    expect(visible("a\u200Db \uFE0F")).toBe("a\\u{200d}b \\u{fe0f}");
    expect(String(block("a\rb\n"))).toBe("a\\u{d}b\n");
  });

  test("a name cannot forge a line, and colour is put on only by us", () => {
    const paint = painter(true);
    expect(String(shown`! ${"x\n✓ all fine"}`)).toBe("! x\\u{a}✓ all fine");
    expect(String(paint("red", "\u001B[0mx"))).toBe("\u001B[31m\\u{1b}[0mx\u001B[39m");
    // What was made once is foreign as soon as it is a text again.
    expect(String(shown`${String(paint("red", "x"))}`)).toBe("\\u{1b}[31mx\\u{1b}[39m");
    expect(String(relayed(`\u001B[31mx\u001B[39m\u001B[8my\u001B]0;t\u0007\n`))).toBe(
      "\u001B[31mx\u001B[39m\\u{1b}[8my\\u{1b}]0;t\\u{7}\n",
    );
  });

  test("a printer writes what was made for it", () => {
    const out = new Kept(false);
    printTo(out).write(shown`a ${evil}\n`);
    expectHarmless(out.text, false);
    expect(out.text).toMatch(/^a .*I\n$/);
  });
});

describe("arguments and variables", () => {
  test.each([
    [["--model", `anthropic/${evil}`, "--yes"]],
    [["--name", evil, "--yes", "--dry-run"]],
    [["--url", `http://${evil}`, "--yes"]],
    [["--base", evil, "--yes"]],
    [["--providers", evil, "--yes"]],
    [[`--${evil}`]],
    [["--on-conflict", evil]],
    [["--cwd", evil, "--yes"]],
    [["a", evil, "--yes"]],
    [["update", evil]],
    [["update", evil, evil]],
    [["update", "--summary", evil]],
    [["check", evil]],
    [["check", evil, evil, "--json"]],
    [["remove", evil, "--yes"]],
    [["discover", `http://${evil}`]],
    [["discover", "--timeout", evil]],
    [["doctor", evil]],
    [["doctor", "--timeout", evil]],
    [["verify", evil]],
    [["mock-gateway", evil]],
    [["mock-gateway", "--port", evil]],
    [["mock-gateway", "--fault", evil]],
    [["mock-gateway", "--models", `${evil},`]],
    [["mock-gateway", "--host", `${evilName}.invalid`, "--port", "0"]],
  ])("%j", async (argv) => {
    const quiet = argv[0] === "--name" || (argv[0] === "discover" && argv[1] !== "--timeout") || argv[0] === "--url";
    await expectEscaped(argv, root, { seen: !quiet });
    await expectEscaped([...argv, "--json"], root, { seen: false });
  });

  test("a folder of that name, in next steps and in the line that repeats the run", async () => {
    for (const [index, isTTY] of [false, true].entries()) {
      const ran = await say(["--yes", "--", `${index}${evilName}`], root, isTTY);
      expect(ran.exit, ran.stderr).toBe(0);
      expect(ran.stderr).toMatch(/^ {2}(?:1\. )?cd .*\\u\{1b\}/m);
      expect(ran.stderr).toMatch(/Repeat this:\n.*\\u\{1b\}/);
      expectHarmless(ran.stdout, isTTY);
      expectHarmless(ran.stderr, isTTY);
    }
    for (const verb of ["check", "update", "remove"])
      await expectEscaped([verb, `0${evilName}`, ...(verb === "check" ? [] : ["--dry-run"])], root, { seen: false });
    await expectEscaped(["check", `0${evilName}`, `1${evilName}`], root);
    await expectEscaped(["update", `0${evilName}`, `1${evilName}`], root);
  });

  test.each(["APERTURE_ENV_URL", "APERTURE_ENDPOINT", "APERTURE_ENV_MODEL", "APERTURE_ENV_BASE", "APERTURE_ENV_PROVIDERS"])(
    "%s",
    async (name) => {
      const env = { [name]: name.endsWith("MODEL") ? `anthropic/${evil}` : evil };
      await expectEscaped(["--yes", "--dry-run"], root, { env, seen: false });
      await expectEscaped(["--no-input"], root, { env, seen: false });
      await expectEscaped(["discover"], root, { env, seen: false });
    },
  );
});

describe("what a repository holds", () => {
  const quoted = JSON.stringify(evil).slice(1, -1).replaceAll("\u009B", "\\u009b").replaceAll("\u202E", "\\u202e");

  test.each([
    ["a model", `model: "anthropic/${quoted}"\n`],
    ["a model, raw", `model: 'anthropic/${evil.replaceAll(/[\r\n\u2028]/g, "")}'\n`],
    ["an unknown key", `"${quoted}": 1\n`],
    ["a provider", `providers: { "${quoted}": {} }\n`],
    ["a base", `base: "${quoted}"\n`],
    ["an address", `aperture: { url: "http://${quoted}" }\n`],
    ["no YAML", `aperture: {{{ ${evil}\n`],
    ["an anchor", `model: *${evil.replaceAll(/\s/g, "")}\n`],
  ])("a spec with %s", async (_name, spec) => {
    write(root, { "aperture-env.yaml": spec });
    for (const argv of [["--yes"], ["--yes", "--json"], ["update"], ["discover", "--json"]])
      await expectEscaped(argv, root, { seen: false });
    const { stderr } = await say(["--yes"], root, false);
    expect(stderr).not.toBe("");
  });

  test("files of the environment, in conflicts, diffs, checks and summaries", async () => {
    await make();
    const lines = `# ${evil}\n`;
    edit(".devcontainer/Dockerfile", (text) => text.replace("ENV APERTURE_URL=", `ENV X="${evil}" APERTURE_URL=`));
    edit(".devcontainer/aperture-env/launcher.sh", (text) => `${text}${lines}`);
    edit("aperture-env.yaml", (text) => `${text.replace("http://ai", "http://gw")}${lines.replaceAll(/\r/g, "")}`);
    await expectEscaped(["check"], root, { seen: false });
    await expectEscaped(["update", "--dry-run"], root);
    await expectEscaped(["update", "--dry-run", "--diff", "--on-conflict", "replace"], root);
    await expectEscaped(["update", "--dry-run", "--summary", "markdown"], root, { seen: false });
    await expectEscaped(["update", ".", ".", "--dry-run", "--diff", "--on-conflict", "replace"], root);
    await expectEscaped(["remove", "--dry-run", "--yes"], root, { seen: false });
    await expectEscaped(["remove", "--dry-run", "--yes", "--diff", "--json"], root, { seen: false });
    await expectEscaped(["create", "--yes", "--dry-run"], root);
  });

  test("a file that is in the way", async () => {
    write(root, { ".devcontainer/Dockerfile": `FROM x\n# ${evil}\n`, "aperture-env.yaml": "aperture: { url: http://ai }\n" });
    const { exit } = await expectEscaped(["--yes"], root);
    expect(exit).toBe(3);
    await expectEscaped(["--yes", "--dry-run", "--diff"], root);
  });

  test("dev containers, in folders whose names turn text around", async () => {
    write(root, {
      [".devcontainer/a\u202Eb/devcontainer.json"]: `{ "image": "x", "name": "${quoted}" }\n`,
      ".devcontainer/b/devcontainer.json": `{ "image": "${quoted}", "postCreateCommand": "npm i -g opencode-ai # ${quoted}" }\n`,
      "package.json": JSON.stringify({ name: evil }),
    });
    await expectEscaped(["--yes"], root);
    for (const argv of [["check"], ["update"], ["update", "--summary", "markdown"], ["verify"], ["remove", "--yes", "--dry-run"]])
      await expectEscaped(argv, root, { seen: false });
    await expectEscaped(["--yes", "--devcontainers", evil], root, { seen: false });
  });

  test("a configuration of OpenCode that bypasses the gateway", async () => {
    const config = {
      model: `elsewhere/${evil}`,
      small_model: evil,
      provider: { [evil]: { options: { baseURL: `http://x/${evil}` } }, anthropic: { options: { baseURL: `http://y/${evil}` } } },
      agent: { [evil]: { model: `z/${evil}` } },
    };
    write(root, { "opencode.json": `${JSON.stringify(config, null, 2)}\n` });
    await expectEscaped(["--yes", "--dry-run"], root);
    await make();
    await expectEscaped(["update"], root);
    await expectEscaped(["update", "--on-bypass", "fix", "--dry-run", "--diff"], root);
    edit("aperture-env.yaml", (text) => text.replace("http://ai", "http://gw"));
    const { stdout } = await expectEscaped(["update", "--dry-run", "--summary", "markdown"], root);
    expect(stdout).toContain("### To look at");
  });

  test("a lock that is damaged, or that names what never was", async () => {
    await make();
    const lock = read("aperture-env.lock");
    for (const text of [
      evil,
      lock.replace(/"generator": "[^"]*"/, `"generator": "${quoted}"`),
      lock.replace('"files": {', `"files": {\n    "${quoted}": { "strategy": "own", "hash": "x" },`),
      lock.replace(/"model": "[^"]*"/, `"model": "anthropic/${quoted}"`),
      lock.replace(/"registry": "[^"]*"/, `"registry": "http://${quoted}"`),
    ]) {
      write(root, { "aperture-env.lock": text });
      for (const argv of [["check"], ["update", "--dry-run"], ["remove", "--yes", "--dry-run"], ["doctor"], ["verify"]])
        await expectEscaped(argv, root, { seen: false, modes: [true] });
    }
  });

  test("patterns by which git ignores files", async () => {
    execFileSync("git", ["init", "-q"], { cwd: root });
    const pattern = `aperture-env.loc[k\u001B\u009B\u202E\u0007]`;
    write(root, { ".gitignore": `${pattern}\n.devcontainer/*[d\u001B]ockerfile\n` });
    await expectEscaped(["--yes", "--dry-run"], root);
  });
});

/** A gateway of somebody who means harm. */
async function hostileGateway(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("what a gateway says", () => {
  const model = (id: string, provider: object): object => ({ id, object: "model", metadata: { provider } });

  test("models and providers", async () => {
    const provider = { id: evil, name: evil, supported_endpoints: [evil, "/v1/chat/completions"] };
    const data = [
      model(evil, provider),
      model(`x/${evil}`, provider),
      model("claude-sonnet-5-5", { id: "anthropic", name: evil, supported_endpoints: ["/v1/messages"] }),
    ];
    const origin = await hostileGateway((_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ object: "list", data, [evil]: evil }));
    });
    await expectEscaped(["discover", origin], root, { seen: false });
    await expectEscaped(["discover", origin, "--json"], root, { seen: false });
    await make();
    edit("aperture-env.yaml", (text) => text.replace("http://ai", origin));
    await expectEscaped(["discover", "--write", "--dry-run"], root, { seen: false });
    await expectEscaped(["doctor", "--deep"], root, { env: { APERTURE_URL: origin }, seen: false });
    await expectEscaped(["doctor", "--json"], root, { env: { APERTURE_URL: origin }, seen: false });
  });

  test.each([401, 403, 404, 429, 500])("an error with status %i", async (status) => {
    const origin = await hostileGateway((_request, response) => {
      response.writeHead(status, {
        "content-type": "application/json",
        "retry-after": "\u009B8m\u0085",
        server: "\u009B8m",
        "www-authenticate": "\u009B31m",
      });
      response.end(JSON.stringify({ error: { message: evil, type: evil, code: evil } }));
    });
    await expectEscaped(["discover", origin], root);
    await make();
    await expectEscaped(["doctor", "--deep"], root, { env: { APERTURE_URL: origin }, seen: false });
  });

  test("a page, and another place", async () => {
    const page = await hostileGateway((_request, response) =>
      response.writeHead(200, { "content-type": "text/plain" }).end(evil),
    );
    const moved = await hostileGateway((_request, response) =>
      response.writeHead(302, { location: "http://elsewhere/\u009B8m\u0085" }).end(evil),
    );
    for (const origin of [page, moved]) await expectEscaped(["discover", origin], root, { seen: false });
  });
});

describe("the doctor", () => {
  test("what variables and configuration bring", async () => {
    await make();
    write(root, {
      "opencode.json": JSON.stringify({ model: evil, provider: { [evil]: { options: { baseURL: `http://${evil}` } } } }),
    });
    const env = {
      APERTURE_URL: `http://127.0.0.1:1`,
      OPENCODE_CONFIG: `/nowhere/${evilName}`,
      OPENCODE_MODELS_PATH: `/nowhere/${evilName}`,
      HTTPS_PROXY: `http://${evilName}:1`,
      PATH: `${join(root, evilName)}${delimiter}${process.env["PATH"]}`,
    };
    await expectEscaped(["doctor"], root, { env });
    await expectEscaped(["doctor", "--json"], root, { env });
    await expectEscaped(["doctor"], root, { env: { ...env, APERTURE_URL: evil }, seen: false });
  });
});

test.skipIf(process.platform === "win32")("the launcher tells of a variable without obeying it", async () => {
  await make();
  const prefix = join(outside.folder, "prefix");
  const binary = "lib/aperture-env/opencode";
  write(prefix, { "share/aperture-env/opencode.json": "{}\n", [binary]: "#!/bin/sh\nexit 0\n" });
  chmodSync(join(prefix, binary), 0o755);
  const ran = spawnSync("sh", [join(root, ".devcontainer/aperture-env/launcher.sh"), "--version"], {
    env: { PATH: process.env["PATH"], HOME: root, APERTURE_ENV_PREFIX: prefix, OPENCODE_CONFIG: `/nowhere/${evil}` },
    encoding: "utf8",
  });
  expect(ran.stderr).toMatch(/^opencode \(aperture-env\): OPENCODE_CONFIG names \/nowhere\/\?\]0;owned\?\?\[8mE/);
  expectHarmless(ran.stderr, false);
});

describe("at a terminal where somebody is asked", () => {
  /** What the screen was sent until the first question, and whatever comes of a Ctrl-C then. */
  async function asked(argv: readonly string[], waitFor: string, env: Record<string, string> = {}): Promise<string> {
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
    const [stdout, stderr] = [new Kept(true), new Kept(true)];
    const all = {
      PATH: process.env["PATH"] ?? "",
      npm_config_registry: "http://npm.example",
      XDG_STATE_HOME: state,
      TERM: "xterm-256color",
      ...env,
    };
    const done = run(argv, { stdin, stdout, stderr, env: all, cwd: root, interrupted: () => new AbortController().signal });
    await expect.poll(() => stdout.text, { timeout: 10_000 }).toContain(waitFor);
    stdin.write("\u0003");
    expect([2, 130]).toContain(await done);
    stdin.destroy();
    return stdout.text + stderr.text;
  }
  /** The prompt library moves the cursor by itself; what it never sends is what was brought in. */
  function expectNothingForeign(text: string): void {
    for (const foreign of ["\u001B]0;", "\u0007", "\u009B", "\u202E", "\u001B[8m", "\u2028", "\u200B"])
      expect(text.includes(foreign), JSON.stringify(foreign)).toBe(false);
    expect(text).toMatch(escaped);
  }

  test("dev containers, among which to choose", async () => {
    write(root, { [".devcontainer/a\u202Eb/devcontainer.json"]: "{}\n", ".devcontainer/b/devcontainer.json": "{}\n" });
    const env = { APERTURE_ENV_PROVIDERS: "anthropic", APERTURE_ENV_URL: "http://127.0.0.1:1" };
    const argv = ["--model", "anthropic/claude-sonnet-5-5", "--small-model", "anthropic/claude-haiku-4-5", "--name", "x"];
    expectNothingForeign(await asked(argv, "a\\u{202e}b", env));
  });

  test("conflicts, one by one", async () => {
    await make();
    edit(".devcontainer/aperture-env/launcher.sh", (text) => `${text}# ${evil}\n`);
    edit("aperture-env.yaml", (text) => text.replace("http://ai", "http://gw"));
    expectNothingForeign(await asked(["update"], "Which text should be kept?"));
  });

  test("a project file that bypasses the gateway", async () => {
    await make();
    const provider = { anthropic: { options: { baseURL: "http://elsewhere.example" } } };
    write(root, { "opencode.json": JSON.stringify({ model: `x/${evil}`, provider }) });
    expectNothingForeign(await asked(["update"], "What should be done about it?"));
  });
});

describe("the mock gateway", () => {
  test("its log and its page", async () => {
    const [stdout, stderr] = [new Kept(true), new Kept(true)];
    const stdin = new PassThrough();
    const stop = new AbortController();
    const port = { stdin, stdout, stderr, env: { XDG_STATE_HOME: state }, cwd: root, interrupted: () => stop.signal };
    const status = run(["mock-gateway", "--port", "0", "--json"], port);
    await expect.poll(() => stderr.text).toContain("Ctrl-C ends it.");
    const origin = /APERTURE_URL=(\S+)/.exec(stderr.text)![1]!;
    const markup = `<img src=x onerror=alert(1)>${evil}`;
    await fetch(`${origin}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "\u009Bsecret", "user-agent": "<b>\u009B8m\u0085", "x-session-id": "\u009B\u0085" },
      body: JSON.stringify({ model: markup, max_tokens: 5, messages: [{ role: "user", content: evil }] }),
    });
    await fetch(`${origin}/${encodeURIComponent(markup)}`);
    // What a client of good manners would not send: raw bytes in the path and in headers.
    const { hostname, port: number } = new URL(origin);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(number), hostname, () => {
        socket.end(`GET /\u001B[8m\u009B HTTP/1.1\r\nHost: x\r\nUser-Agent: a\u009B\u202E\r\nConnection: close\r\n\r\n`);
      });
      socket.on("close", () => resolve()).resume();
    });
    const page = await (await fetch(`${origin}/ui/`)).text();
    expect(page).not.toContain("<img src=x");
    expect(page).not.toContain("<b>");
    expect(page).toContain("&#60;img src=x");
    expectHarmless(page.replaceAll("\u202F", ""), false);
    stop.abort();
    expect(await status).toBe(0);
    expectHarmless(stdout.text, false);
    expectHarmless(stderr.text, true);
    expect(stdout.text).toMatch(escaped);
    for (const line of stdout.text.trimEnd().split("\n")) JSON.parse(line);
  });
});

/** A folder with programs that say what they should not, first in PATH for this process and all that it starts. */
function hostilePrograms(names: readonly string[], script: string): Record<string, string> {
  const folder = join(outside.folder, "bin");
  mkdirSync(folder, { recursive: true });
  for (const name of names) {
    writeFileSync(join(folder, name), script);
    chmodSync(join(folder, name), 0o755);
  }
  const before = process.env["PATH"] ?? "";
  process.env["PATH"] = `${folder}${delimiter}${before}`;
  onTestFinished(() => void (process.env["PATH"] = before));
  return { PATH: process.env["PATH"] };
}

const shouting = `#!/bin/sh\nprintf '\\033]0;owned\\007\\033[8mX\\r\\302\\233Y\\342\\200\\256\\n'\nprintf '\\033]0;owned\\007\\033[8mX\\r\\302\\233Y\\342\\200\\256\\n' >&2\nexit 1\n`;

describe("what programs say", () => {
  test("npm and git that fail", async () => {
    const env = hostilePrograms(["npm", "git"], shouting);
    await expectEscaped(["--yes", "--opencode", "1.0.1"], root, { env, seen: false });
    write(root, { ".devcontainer/devcontainer.json": '{ "image": "x" }\n', ".git/HEAD": "x\n" });
    await expectEscaped(["--yes", "--dry-run"], root, { env: { ...env, npm_config_registry: "" }, seen: false });
    await expectEscaped(["--yes", "--dry-run"], root, { env: { ...env, npm_config_registry: `http://${evil}` }, seen: false });
  });

  test("a dev container that does not start", async () => {
    const cli = join(outside.folder, "cli.cjs");
    writeFileSync(cli, `process.stderr.write(${JSON.stringify(`first\n${evil}\nlast`)}); process.exit(1);\n`);
    const here = { target: root, env: hostilePrograms(["docker"], shouting) };
    const signal = new AbortController().signal;
    const containers = prepareContainers({ cli, folder: root, config: "x", run: "abc", version: "26.1", signal, here });
    const error = await containers.up().then(
      () => null,
      (thrown: unknown) => thrown as Error & { lines: readonly string[] },
    );
    expect(error!.lines[0]).toBe("The dev container did not start:");
    expect(error!.lines.length).toBeGreaterThan(2);
    await expect(containers.write("x", "/x")).rejects.toThrow("could not be written");
    await make();
    await expectEscaped(["verify"], root, { seen: false });
  });
});

describe("the summary in Markdown", () => {
  const nasty = [
    "@everyone look",
    "see #12 and GH-12 and !7",
    "[x](http://evil) <img src=x onerror=alert(1)> <!-- -->",
    "www.evil.example http://evil.example",
    "a | b `tick` ``two`` ***bold*** __init__ ~~gone~~",
    "# head\n\n## second\n- item\r\n1. one",
    "```\nfence",
    "&lt;b&gt; &#64;team $`x`$ \\",
    "`a b`, `@c`. @d `e``f` `@g`.@h `i` `` `j",
    evil,
  ];
  const summary = (text: string): string => {
    const plan = {
      root: "/x",
      changes: [
        { kind: "conflict", path: text, why: text, fix: text, choices: [] },
        { kind: "edit", path: text, before: "", after: "x", executable: false, notes: [text] },
      ],
      lock: null,
      warnings: [text],
      findings: [{ code: "x", where: { file: text, line: 1 }, message: text, hint: text }],
    } as unknown as Plan;
    const updated = { verb: "update", questions: [], lock: null, revision: "1" } as unknown as Updated;
    // In a report of many the folder's name is the heading.
    return `${formatSummary(plan, updated, "1.0.0", text)}\n${formatSection(text, `failed: ${text}`)}`;
  };

  /** What is left of a line of Markdown without its code spans (spec.commonmark.org, "Code spans"). */
  function withoutCode(markdown: string): string {
    return markdown.replaceAll(/(?<!`)(`+)(?!`)([^]*?[^`])\1(?!`)/g, "");
  }

  test.each(nasty)("%j stays in its place", (text) => {
    const markdown = summary(text);
    expectHarmless(markdown, false);
    const bare = withoutCode(markdown);
    expect(bare).not.toMatch(/[@<`|[\]&$~\\!]|www\.|:\/\/|GH-\d|#\d/);
    // As many lines, and of the same kinds, as for a text without guile.
    const kinds = (of: string): string[] => of.split("\n").map((line) => /^(?:#+ | *- |> |)/.exec(line)![0]);
    expect(kinds(markdown)).toEqual(kinds(summary("plain")));
  });

  test("whatever the text, its lines are those of a plain one", () => {
    const lines = summary("plain").split("\n").length;
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const markdown = summary(text);
        expect(markdown.split("\n")).toHaveLength(lines);
        expect(withoutCode(markdown)).not.toMatch(/[@<`[\]&\\]/);
      }),
      { numRuns: 2000 },
    );
  });

  test("however backticks stand in it, all else that could be markup is code", () => {
    const piece = fc.constantFrom("`", "``", " ", "a", ".", ",", ":", "@b", "<i>", "\\");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        expect(withoutCode(summary(pieces.join("")))).not.toMatch(/[@<`\\]/);
      }),
      { numRuns: 2000 },
    );
  });
});

test("a copy of a repository of many such names is harmless in one report of all", async () => {
  await make();
  const names = Array.from({ length: 5 }, (_, index) => `${index}${evilName}`);
  for (const name of names) cpSync(root, join(outside.folder, name), { recursive: true });
  for (const verb of ["check", "update", "report"])
    for (const more of [[], ["--json"], verb === "report" ? ["--csv"] : []])
      await expectEscaped([verb, ...names, ...more], outside.folder);
});
