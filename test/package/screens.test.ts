/** What somebody sees, by the buffer of a real terminal emulator: nothing is cut, nothing is torn, colours are a matter of taste. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { write } from "../cli/harness.ts";
import { skips } from "../support/skips.ts";
import { bin, environmentOf, makeFolders, runBin } from "./machine.ts";
import { keys, PseudoTerminal, whyNoTerminal, type Screen } from "./pseudo-terminal.ts";

const folders = makeFolders();
const terminals: PseudoTerminal[] = [];
afterEach(() => terminals.splice(0).forEach((terminal) => terminal.close()));
afterAll(() => folders.remove());

/** A gateway that serves more than fits a list, and takes its time. */
const served = [
  ...["claude-sonnet-5-5", "claude-haiku-4-5", "claude-opus-5"].map((id) => ["anthropic", id, "/v1/messages"]),
  ...["gpt-6.1-sol", "gpt-6-luna", "gpt-5.5", "gpt-5.4", "gpt-5.4-mini", "gpt-5.2", "gpt-5.1", "gpt-5", "gpt-4.1"].map((id) => [
    "openai",
    id,
    "/v1/responses",
  ]),
  ["house", "qwen3-coder", "/v1/chat/completions"],
] as const;
let gateway: Server;
let url: string;
beforeAll(async () => {
  const data = served.map(([provider, id, endpoint]) => ({
    id,
    object: "model",
    owned_by: provider,
    metadata: { provider: { id: provider, name: provider }, endpoints: [endpoint] },
  }));
  gateway = createServer((_request, response) => {
    setTimeout(
      () => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ object: "list", data })),
      300,
    );
  });
  await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", () => resolve()));
  url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => gateway.close(resolve)));

const sizes = [60, 100] as const;
const tastes = [
  ["with colour", {}],
  ["without", { NO_COLOR: "1" }],
] as const;

function start(columns: number, args: readonly string[], env = {}, files = {}): PseudoTerminal {
  const folder = folders.make("my-app");
  write(folder, files);
  const all = environmentOf(folders.make("home"), env);
  const terminal = new PseudoTerminal(process.execPath, [bin, ...args], folder, all, { cols: columns, rows: 40 });
  terminals.push(terminal);
  return terminal;
}

/** Without what differs from machine to machine. */
const bodyOf = ({ lines }: Screen): string => lines.join("\n");

describe.skipIf(skips("the screens of a terminal", whyNoTerminal)).each(sizes)("%i columns wide", (columns) => {
  test.each(tastes)("everything that is asked and shown fits, %s", async (_taste, env) => {
    const terminal = start(columns, ["--url", url], env, { ".devcontainer.json": '{\n  "image": "debian"\n}\n' });
    await terminal.until("Asking");
    await terminal.answer("Which providers should OpenCode use?", keys.enter);
    await terminal.until("Which model by default?");
    const asking = await terminal.screen();
    await terminal.answer("", keys.enter);
    await terminal.answer("Which small model", keys.enter);
    await terminal.until("Write these files?");
    await terminal.until("Change an answer");
    const plan = await terminal.screen();
    for (const screen of [asking, plan]) {
      expect(screen.isFolded, bodyOf(screen)).toBe(false);
      expect(screen.isColoured).toBe(!("NO_COLOR" in env));
      // A frame from the first line to the last.
      expect(screen.lines[0]).toMatch(/^┌ {2}create-aperture-env \d+\.\d+\.\d+: OpenCode through Aperture$/);
      expect(screen.lines[1]).toMatch(/^│ {2}for \//);
      expect(screen.lines.slice(1, -1).filter((line) => !/^[│◇◆└]/.test(line))).toEqual([]);
    }
    // What the gateway said is there at once, nothing of the waiting is left, and only what it serves is to choose from.
    expect(bodyOf(asking)).toMatch(/^◇ {2}127\.0\.0\.1:\d+ answers: 13 models of 3 providers$/m);
    expect(bodyOf(asking)).not.toContain("Asking");
    expect(bodyOf(asking)).toMatch(/^│ {2}Search: ▏$/m);
    expect(bodyOf(asking)).toMatch(/^│ {2}● anthropic\/claude-sonnet-5-5/m);
    expect(bodyOf(plan)).toMatch(/^│ {4}\+ \.devcontainer\/aperture-env\/ {2}\d\d files$|aperture-env\/ {2}\d\d files$/m);
    expect(bodyOf(plan)).toContain('│  +  "image": "debian",');
    await terminal.answer("", "n");
    expect(await terminal.ended).toMatchObject({ exitCode: 130 });
  });

  test("a search finds by any part, and says how much it found", async () => {
    const terminal = start(columns, ["--url", url, "--providers", "openai", "--base", "slim"]);
    await terminal.answer("Which model by default?", "5.4");
    await terminal.until("found");
    // The way to another stands there, too, and is not counted.
    await expect.poll(async () => bodyOf(await terminal.screen())).toContain("2 found");
    const lines = bodyOf(await terminal.screen());
    expect(lines).toMatch(/openai\/gpt-5\.4\b[^]*openai\/gpt-5\.4-mini[^]*another model …/);
    expect(lines).not.toContain("gpt-6.1");
  });

  test("a gateway that does not answer is told at once, with why", async () => {
    const terminal = start(columns, ["--url", "http://127.0.0.1:1"]);
    await terminal.until("Which providers should OpenCode use?");
    await terminal.until("type to search");
    const screen = await terminal.screen();
    expect(bodyOf(screen)).toMatch(/^▲ {2}Nothing listens on 127\.0\.0\.1:1/m);
    expect(bodyOf(screen).replaceAll(/\n│ +/g, " ")).toContain("The lists below come from the catalogue.");
    expect(screen.isFolded).toBe(false);
  });

  test("Ctrl-C while a gateway is asked ends it, and the terminal is as it was", async () => {
    const terminal = start(columns, ["--url", url]);
    await terminal.answer("Asking", keys.ctrlC);
    expect(await terminal.ended).toMatchObject({ exitCode: 130 });
    expect(bodyOf(await terminal.screen())).toMatch(/Cancelled\. Nothing was written\.$/);
  });

  test("the end has what to do next, in order", async () => {
    const terminal = start(columns, [
      "--url",
      url,
      "--providers",
      "openai",
      "--model",
      "openai/gpt-5.5",
      "--small-model",
      "openai/gpt-5.5",
    ]);
    await terminal.answer("Which base image?", keys.enter);
    await terminal.answer("Write these files?", "y");
    expect(await terminal.ended).toMatchObject({ exitCode: 0 });
    const lines = bodyOf(await terminal.screen());
    expect(lines).toMatch(/\n└ {2}Written: \d+ new\.\n\nNext:\n {2}1\. [^]*\n {2}2\. [^]*opencode run hello[^]*\nRepeat this:\n/);
  });

  test("the list of what a gateway serves fits", async () => {
    const terminal = start(columns, ["discover", url]);
    expect(await terminal.ended).toMatchObject({ exitCode: 0 });
    const { lines } = await terminal.screen();
    const begin = lines.findIndex((line) => /^ {2}provider/.test(line));
    const table = lines.slice(
      begin,
      lines.findIndex((line, at) => at > begin && line.startsWith("Note:")),
    );
    expect(table.length).toBeGreaterThanOrEqual(14);
    // The table's own lines begin with a blank; a line that the terminal had to fold would not.
    expect(table.filter((line) => !line.startsWith("  "))).toEqual([]);
    expect(table.filter((line) => /\bmodel$/.test(line))).toHaveLength(1);
  });

  test.each([["hosts"], ["doctor"]])("what %s says fits, with whole words", async (verb) => {
    const folder = folders.make("my-app");
    const env = environmentOf(folders.make("home"));
    expect((await runBin(env, folder, ["--yes", "--url", url])).exit).toBe(0);
    const terminal = new PseudoTerminal(process.execPath, [bin, verb], folder, env, { cols: columns, rows: 40 });
    terminals.push(terminal);
    await terminal.ended;
    const screen = await terminal.screen();
    expect(screen.isFolded, bodyOf(screen)).toBe(false);
    expect(bodyOf(screen)).toContain(verb === "hosts" ? "GitHub Codespaces " : "Not installed here: it is in the");
  });

  test("what an answer comes from is not broken within a word", async () => {
    const folder = folders.make("my-app");
    const env = environmentOf(folders.make("home"), { APERTURE_ENV_TODAY: "2026-11-25" });
    expect((await runBin(env, folder, ["--yes"])).exit).toBe(0);
    const argv = ["replace-model", "anthropic/claude-sonnet-5-5", "openai/gpt-6.1-sol", "--dry-run"];
    const terminal = new PseudoTerminal(process.execPath, [bin, ...argv], folder, env, { cols: columns, rows: 40 });
    terminals.push(terminal);
    expect(await terminal.ended).toMatchObject({ exitCode: 0 });
    expect(bodyOf(await terminal.screen())).toMatch(/ replace-model$/m);
  });

  test.each([["--yes"], ["--yes", "--dry-run"]])("the table of %s %s fits", async (...args) => {
    const terminal = start(columns, args);
    expect(await terminal.ended).toMatchObject({ exitCode: 0 });
    const { lines } = await terminal.screen();
    const table = lines.slice(0, lines.indexOf(""));
    expect(table[0]).toMatch(/^ {2}aperture\.url +http:\/\/ai +default$/);
    expect(table.length).toBeGreaterThan(columns === 60 ? 12 : 11);
    expect(lines.join("\n")).toMatch(/^ {2}name +my-app +detected: the folder$|^ {2}name +my-app +detected:\n +the folder$/m);
  });
});

test.skipIf(skips("the screens of a terminal", whyNoTerminal))(
  "a terminal that does not know its size gets lists and tables as one of 80 columns does",
  async () => {
    const folder = folders.make("my-app");
    write(folder, { ".devcontainer.json": '{\n  "image": "debian"\n}\n' });
    // node-pty itself takes 80 for 0.
    const program = 'stty cols 0 rows 0 && exec "$0" "$@"';
    const env = environmentOf(folders.make("home"));
    const terminal = new PseudoTerminal("sh", ["-c", program, process.execPath, bin, "--url", url], folder, env, {
      cols: 80,
      rows: 40,
    });
    terminals.push(terminal);
    await terminal.answer("Which providers should OpenCode use?", keys.enter);
    await terminal.answer("Which model by default?", keys.enter);
    await terminal.answer("Which small model", keys.enter);
    await terminal.until("Write these files?");
    await terminal.until("Change an answer");
    const screen = await terminal.screen();
    expect(screen.isFolded, bodyOf(screen)).toBe(false);
    expect(screen.lines.length, bodyOf(screen)).toBeLessThan(80);
    expect(bodyOf(screen)).toMatch(/^│ {2}.*aperture\.url +http:\/\/127\.0\.0\.1:\d+ +flag/m);
  },
);
