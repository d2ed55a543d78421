/** The built program at a terminal: what it asks, what its answers come to, and that whoever gives up finds everything as before. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { questions } from "../../src/questions/table.ts";
import type { Facts, Question } from "../../src/questions/types.ts";
import { treeOf, write, type Files } from "../cli/harness.ts";
import { bin, environmentOf, makeFolders, runBin, startMachine, type Environment, type Machine } from "./machine.ts";
import { keys, PseudoTerminal, whyNoTerminal } from "./pseudo-terminal.ts";
import { skips } from "../support/skips.ts";

/** What is known of an empty folder. */
const nothing: Facts = { folder: "my-app", base: null, devcontainers: [], opencode: "", today: "2026-11-25" };

/** What is asked there, in order; a question with one choice is none. */
function askedAt(facts: Facts): readonly Question[] {
  return questions.filter(
    ({ asked: isAsked, applies, choices }) => isAsked && applies?.(facts) !== false && choices?.(facts).length !== 1,
  );
}
const asked = askedAt(nothing);
const [base, ...others] = [asked.find(({ id }) => id === "base")!, ...asked.filter(({ id }) => id !== "base")];
const confirmation = "Write these files?";
const otherImage = ["Which image?", "Which C library does it have?", "Which account works in it?"] as const;

const folders = makeFolders();
afterAll(() => folders.remove());

const terminals: PseudoTerminal[] = [];
afterEach(() => terminals.splice(0).forEach((terminal) => terminal.close()));

let home: string;
let folder: string;
beforeEach(() => {
  home = folders.make("home");
  folder = folders.make("my-app");
});

/** Somebody starts the program in the folder. */
function start(args: readonly string[] = [], env: Environment = {}): PseudoTerminal {
  return startOther(process.execPath, [bin, ...args], env);
}

function startOther(program: string, args: readonly string[], env: Environment = {}): PseudoTerminal {
  const terminal = new PseudoTerminal(program, args, folder, environmentOf(home, env));
  terminals.push(terminal);
  return terminal;
}

/** Enter for every question before that one, or for all. */
async function enterUntil(terminal: PseudoTerminal, message: string): Promise<void> {
  for (const question of asked) {
    if (question.message === message) return;
    await terminal.answer(question.message, keys.enter);
  }
}

/** What the program writes without asking. */
async function withoutAsking(args: readonly string[] = []): Promise<Files> {
  const other = folders.make("my-app");
  const { exit, stderr } = await runBin(environmentOf(home), other, ["--yes", ...args]);
  expect(exit, stderr).toBe(0);
  return treeOf(other);
}

function expectCancelled(terminal: PseudoTerminal): void {
  expect(terminal.text).toContain("Cancelled. Nothing was written.\r\n");
  expect(treeOf(folder)).toEqual({});
  expect(treeOf(home)).toEqual({});
  const [shown, hidden] = ["\x1b[?25h", "\x1b[?25l"].map((code) => terminal.text.lastIndexOf(code));
  expect(shown, "the cursor is visible again").toBeGreaterThan(hidden!);
}

describe.skipIf(skips("the program at a terminal", whyNoTerminal))("at a terminal", () => {
  describe("answers", () => {
    test("Enter to everything writes what --yes does", async () => {
      const terminal = start();
      await enterUntil(terminal, confirmation);
      await terminal.answer(confirmation, keys.enter);
      expect(await terminal.ended).toMatchObject({ exitCode: 0 });
      expect(terminal.text).toMatch(/Written: \d+ new\.\r\n/);
      expect(treeOf(folder)).toEqual(await withoutAsking());
      // Whatever writes has the key of this user's journals there, and nothing else.
      const left = Object.entries(treeOf(home)).filter(([, what]) => !what.endsWith("/"));
      expect(left.map(([path]) => path)).toEqual([".local/state/create-aperture-env/journal.key"]);
    });

    test("an address without a scheme gets one, with a note", async () => {
      const terminal = start();
      await terminal.answer(asked[0]!.message, `${keys.backspace.repeat("http://ai".length)}gateway.test${keys.enter}`);
      for (const { message } of asked.slice(1)) await terminal.answer(message, keys.enter);
      await terminal.until("Note: read gateway.test as http://gateway.test");
      await terminal.answer(confirmation, keys.enter);
      expect(await terminal.ended).toMatchObject({ exitCode: 0 });
      expect(treeOf(folder)).toEqual(await withoutAsking(["--url", "http://gateway.test"]));
    });

    test("an address with a path is refused with the fix, and can be corrected", async () => {
      const terminal = start();
      await terminal.answer(asked[0]!.message, `/foo${keys.enter}`);
      await terminal.answer("write http://ai", `${keys.backspace.repeat("/foo".length)}${keys.enter}`);
      for (const { message } of asked.slice(1)) await terminal.answer(message, keys.enter);
      await terminal.answer(confirmation, keys.enter);
      expect(await terminal.ended).toMatchObject({ exitCode: 0 });
      expect(treeOf(folder)).toEqual(await withoutAsking());
    });

    test("a provider less: its models are what is proposed then", async () => {
      const terminal = start();
      // Anthropic stands above OpenAI, on which the list begins.
      const typed = `${keys.up}${keys.tab}${keys.enter}`;
      for (const { id, message } of asked) await terminal.answer(message, id === "providers" ? typed : keys.enter);
      await terminal.answer(confirmation, keys.enter);
      expect(await terminal.ended).toMatchObject({ exitCode: 0 });
      expect(treeOf(folder)).toEqual(await withoutAsking(["--providers", "openai"]));
    });

    test("another base, by the arrow keys", async () => {
      const terminal = start();
      await enterUntil(terminal, base.message);
      await terminal.answer(base.message, `${keys.down}${keys.down}${keys.enter}`);
      await terminal.answer(confirmation, keys.enter);
      expect(await terminal.ended).toMatchObject({ exitCode: 0 });
      expect(treeOf(folder)).toEqual(await withoutAsking(["--base", base.choices!(nothing)[2]!.value]));
    });

    test("another image: its properties have to be given, and nothing is guessed", async () => {
      const terminal = start();
      const [image, libc, user] = otherImage;
      await enterUntil(terminal, base.message);
      await terminal.answer(base.message, `${keys.up}${keys.enter}`);
      await terminal.answer(image, `Not An Image${keys.enter}`);
      await terminal.answer("is not an image reference", `${keys.backspace.repeat(12)}ghcr.io/acme/dev:1${keys.enter}`);
      await terminal.answer(libc, `${keys.down}${keys.enter}`);
      // What its own error suggests is understood, too.
      await terminal.answer(user, `${keys.backspace.repeat("root".length)}${keys.enter}`);
      await terminal.answer("user: root", `user: dev${keys.enter}`);
      await terminal.answer(confirmation, keys.enter);
      expect(await terminal.ended).toMatchObject({ exitCode: 0 });
      expect(treeOf(folder)).toEqual(await withoutAsking(["--base", "image=ghcr.io/acme/dev:1,libc=musl,user=dev"]));
    });

    test("what flags say is not asked", async () => {
      const terminal = start(others.flatMap((question) => [`--${question.flag}`, question.format(proposalOf(question))]));
      await terminal.answer(base.message, keys.enter);
      await terminal.answer(confirmation, keys.enter);
      expect(await terminal.ended).toMatchObject({ exitCode: 0 });
      for (const { message } of others) expect(terminal.text).not.toContain(message);
      expect(treeOf(folder)).toEqual(await withoutAsking());
    });
  });

  describe("in a repository with dev containers", () => {
    const files = [".devcontainer.json", ".devcontainer/a/devcontainer.json", ".devcontainer/b/devcontainer.json"];
    const which = "Which dev containers should get OpenCode?";
    const plain = '{ "image": "debian" }\n';
    const has = (path: string): boolean => (treeOf(folder)[path] ?? "").includes("aperture-env");

    test("several: which is asked in place of the base, and two of three can be picked", async () => {
      write(folder, Object.fromEntries(files.map((path) => [path, plain])));
      const terminal = start();
      const here = askedAt({ ...nothing, devcontainers: files });
      expect(here.map(({ id }) => id)).toEqual(["url", "providers", "model", "smallModel", "devcontainers"]);
      for (const { message } of here.slice(0, -1)) await terminal.answer(message, keys.enter);
      await terminal.answer(which, ` ${keys.down} ${keys.down}${keys.down} ${keys.enter}`);
      await terminal.answer(confirmation, keys.enter);
      expect(await terminal.ended).toMatchObject({ exitCode: 0 });
      expect(files.map(has)).toEqual([true, false, true]);
      expect(terminal.text).toContain(`--devcontainers ${files[0]!},${files[2]!}`);
      expect(terminal.text).not.toContain(base.message);
    });

    test("several: none picked is no answer", async () => {
      write(folder, Object.fromEntries(files.map((path) => [path, plain])));
      const before = treeOf(folder, true);
      const terminal = start();
      for (const { message } of askedAt(nothing).filter(({ id }) => id !== "base")) await terminal.answer(message, keys.enter);
      await terminal.answer(which, ` ${keys.enter}`);
      await terminal.answer("Please select at least one option", keys.ctrlC);
      expect(await terminal.ended).toMatchObject({ exitCode: 130 });
      expect(treeOf(folder, true)).toEqual(before);
    });

    test("one: which is no question", async () => {
      write(folder, { [files[1]!]: plain });
      const terminal = start();
      for (const { message } of askedAt({ ...nothing, devcontainers: [files[1]!] })) await terminal.answer(message, keys.enter);
      await terminal.answer(confirmation, keys.enter);
      expect(await terminal.ended).toMatchObject({ exitCode: 0 });
      expect(terminal.text).not.toContain(which);
      expect(has(files[1]!)).toBe(true);
    });
  });

  describe("a file in the way", () => {
    const dockerfile = ".devcontainer/Dockerfile";
    const decision = "Which text should be kept?";

    test.each([
      ["keep", keys.enter, 0],
      ["stop", `${keys.down}${keys.enter}`, 3],
    ])("is shown and asked about: %s", async (_what, typed, exitCode) => {
      write(folder, { [dockerfile]: "FROM mine\n" });
      const before = treeOf(folder, true);
      const terminal = start();
      await enterUntil(terminal, confirmation);
      await terminal.until("-FROM mine");
      await terminal.answer(decision, typed);
      if (exitCode === 0) await terminal.answer(confirmation, keys.enter);
      expect(await terminal.ended).toMatchObject({ exitCode });
      if (exitCode === 0) expect(Object.keys(treeOf(folder))).toContain("aperture-env.lock");
      else expect(treeOf(folder, true)).toEqual(before);
      expect(treeOf(folder)[dockerfile]).toMatch(/^\d+ FROM mine\n$/);
    });

    test("Ctrl-C at that question leaves everything as it was", async () => {
      write(folder, { [dockerfile]: "FROM mine\n" });
      const before = treeOf(folder, true);
      const terminal = start();
      await enterUntil(terminal, confirmation);
      await terminal.answer(decision, keys.ctrlC);
      expect(await terminal.ended).toMatchObject({ exitCode: 130 });
      expect(treeOf(folder, true)).toEqual(before);
    });
  });

  describe("giving up", () => {
    test.each(asked.map(({ message }) => message))("Ctrl-C at: %s", async (message) => {
      const terminal = start();
      await enterUntil(terminal, message);
      await terminal.answer(message, keys.ctrlC);
      expect(await terminal.ended).toMatchObject({ exitCode: 130 });
      expectCancelled(terminal);
    });

    test.each(otherImage)("Ctrl-C at: %s", async (message) => {
      const terminal = start();
      await enterUntil(terminal, base.message);
      await terminal.answer(base.message, `${keys.up}${keys.enter}`);
      const [image, libc] = otherImage;
      if (message !== image) await terminal.answer(image, `ghcr.io/acme/dev:1${keys.enter}`);
      if (message !== image && message !== libc) await terminal.answer(libc, keys.enter);
      await terminal.answer(message, keys.ctrlC);
      expect(await terminal.ended).toMatchObject({ exitCode: 130 });
      expectCancelled(terminal);
    });

    test.each([
      ["Ctrl-C", keys.ctrlC],
      ["no", "n"],
      ["No, by the arrow keys", `${keys.down}${keys.enter}`],
    ])("%s, when everything is answered", async (_what, typed) => {
      const terminal = start();
      await enterUntil(terminal, confirmation);
      await terminal.answer(confirmation, typed);
      expect(await terminal.ended).toMatchObject({ exitCode: 130 });
      expectCancelled(terminal);
    });

    test.each([
      ["Escape", keys.escape],
      ["Ctrl-D", keys.ctrlD],
      ["Ctrl-D with the line emptied", keys.backspace.repeat("http://ai".length) + keys.ctrlD],
    ])("%s is the same", async (_what, typed) => {
      const terminal = start();
      await terminal.answer(asked[0]!.message, typed);
      expect(await terminal.ended).toMatchObject({ exitCode: 130 });
      expectCancelled(terminal);
    });

    test("the terminal is as it was: lines are edited and shown again", async () => {
      const terminal = startOther("sh", ["-c", '"$0" "$1"; echo "exit $?"; stty -a', process.execPath, bin]);
      await terminal.answer(asked[0]!.message, keys.ctrlC);
      await terminal.ended;
      expect(terminal.text).toContain("\nexit 130\r\n");
      expect(terminal.text).toMatch(/ icanon\b[^]* echo\b/);
    });
  });

  describe("colours", () => {
    const colour = new RegExp(`${keys.escape}\\[[\\d;]*m`);
    const reportOf = (text: string): string => text.slice(text.indexOf("  aperture.url"));

    test("are in the report", async () => {
      const terminal = start(["--yes"]);
      expect(await terminal.ended).toMatchObject({ exitCode: 0 });
      expect(reportOf(terminal.text)).toMatch(colour);
    });

    test.each([["--yes"], ["--yes", "--dry-run", "--diff"]])("are not with NO_COLOR: %s %s %s", async (...args) => {
      const terminal = start(args, { NO_COLOR: "1" });
      expect(await terminal.ended).toMatchObject({ exitCode: 0 });
      expect(terminal.text).not.toContain(keys.escape);
    });

    test("are not with NO_COLOR, when it asks", async () => {
      const terminal = start([], { NO_COLOR: "1" });
      await enterUntil(terminal, confirmation);
      await terminal.answer(confirmation, keys.enter);
      expect(await terminal.ended).toMatchObject({ exitCode: 0 });
      expect(terminal.text).not.toMatch(colour);
    });
  });

  describe("never asks", () => {
    const reasons: readonly (readonly [string, readonly string[], Environment])[] = [
      ["on a dumb terminal", [], { TERM: "dumb" }],
      ["in CI", [], { CI: "1" }],
      ["with --no-input", ["--no-input"], {}],
      ...["AGENT", "CLAUDECODE", "OPENCODE"].map((name) => [`under an agent (${name})`, [], { [name]: "1" }] as const),
    ];

    test.each(reasons)("%s", async (_why, args, env) => {
      const terminal = start(args, env);
      expect(await terminal.ended).toMatchObject({ exitCode: 2 });
      expect(terminal.text).toContain("Not an interactive terminal");
      for (const { flag, message } of asked) {
        expect(terminal.text).toContain(`--${flag} `);
        expect(terminal.text).not.toContain(message);
      }
      expect(treeOf(folder)).toEqual({});
    });

    test("where its output goes to a pipe", async () => {
      const terminal = startOther("sh", ["-c", '"$0" "$1" | cat', process.execPath, bin]);
      await terminal.ended;
      expect(terminal.text).toContain("Not an interactive terminal");
      expect(treeOf(folder)).toEqual({});
    });
  });

  describe("behind npm create", () => {
    let machine: Machine;
    beforeAll(async () => {
      machine = await startMachine(folders);
    });
    afterAll(() => machine.close());

    const startNpm = async (cache: string): Promise<PseudoTerminal> => {
      const terminal = startOther("npm", ["create", "aperture-env@latest"], { ...machine.env, npm_config_cache: cache });
      await terminal.answer("Ok to proceed?", keys.enter);
      return terminal;
    };

    test("it asks and writes as it does by itself", async () => {
      const terminal = await startNpm(folders.make("cache"));
      await enterUntil(terminal, confirmation);
      await terminal.answer(confirmation, keys.enter);
      expect(await terminal.ended).toMatchObject({ exitCode: 0 });
      expect(treeOf(folder)).toEqual(await withoutAsking());
    });

    test("Ctrl-C at a question leaves nothing", async () => {
      const terminal = await startNpm(folders.make("cache"));
      await terminal.answer(asked[0]!.message, keys.ctrlC);
      expect(await terminal.ended).toMatchObject({ exitCode: 130 });
      expectCancelled(terminal);
    });
  });
});

/** What a question that depends on nothing but earlier proposals is answered with by Enter. */
function proposalOf(question: (typeof asked)[number]): never {
  const earlier: Record<string, unknown> = {};
  for (const other of questions) {
    earlier[other.id] = other.propose(nothing, earlier).value;
    if (other.id === question.id) break;
  }
  return earlier[question.id] as never;
}
