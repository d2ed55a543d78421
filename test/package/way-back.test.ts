/** The way back at a terminal: Escape leads to the question before, nothing that was answered is lost, and what is pasted is what is meant. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { treeOf, write } from "../cli/harness.ts";
import { skips } from "../support/skips.ts";
import { bin, environmentOf, makeFolders, runBin } from "./machine.ts";
import { keys, PseudoTerminal, whyNoTerminal } from "./pseudo-terminal.ts";

const folders = makeFolders();
const terminals: PseudoTerminal[] = [];
afterEach(() => terminals.splice(0).forEach((terminal) => terminal.close()));
afterAll(() => folders.remove());

let home: string;
let folder: string;
beforeEach(() => {
  home = folders.make("home");
  folder = folders.make("my-app");
});

function start(...args: readonly string[]): PseudoTerminal {
  const terminal = new PseudoTerminal(process.execPath, [bin, ...args], folder, environmentOf(home, { NO_COLOR: "1" }));
  terminals.push(terminal);
  return terminal;
}

async function runHere(...args: readonly string[]): Promise<void> {
  const { exit, stderr } = await runBin(environmentOf(home), folder, args);
  expect(exit, stderr).toBe(0);
}

const textOf = (path: string): string => treeOf(folder)[path] ?? "";

/** All answers but the last two. */
const most = ["--url", "http://127.0.0.1:1", "--providers", "openai", "--model", "openai/gpt-5.5"];
const small = "Which small model";
const base = "Which base image?";
const bypass = "What should be done about it?";
const confirmation = "Write these files?";
/** The end of a list with a cursor, after which keys are heard. */
const isListening = "Enter";

/** Waits for a list and types. */
async function pick(terminal: PseudoTerminal, question: string, typed: string): Promise<void> {
  await terminal.until(question);
  await terminal.answer(isListening, typed);
}

describe.skipIf(skips("the way back at a terminal", whyNoTerminal))("at a terminal", () => {
  test.each([
    ["no and Enter", "no\r", 130],
    ["N and Enter", "N\r", 130],
    ["yes and Enter", "yes\r", 0],
  ])("%s, pasted at once, is one answer", async (_what, pasted, exitCode) => {
    const terminal = start(...most, "--small-model", "openai/gpt-5.5", "--base", "slim");
    await pick(terminal, confirmation, pasted);
    expect(await terminal.ended).toMatchObject({ exitCode });
    expect(Object.keys(treeOf(folder)).length > 0).toBe(exitCode === 0);
  });

  test("no and Enter, pasted at once, removes nothing", async () => {
    await runHere("--yes");
    const before = treeOf(folder, true);
    const terminal = start("remove");
    await pick(terminal, "Remove these?", "no\r");
    expect(await terminal.ended).toMatchObject({ exitCode: 130 });
    expect(treeOf(folder, true)).toEqual(before);
  });

  test("Escape at the plan leads to the last question, with its answer, and from there to the one before", async () => {
    const terminal = start(...most);
    await pick(terminal, small, `luna${keys.enter}`);
    await pick(terminal, base, `ubu${keys.enter}`);
    await pick(terminal, confirmation, keys.escape);
    await pick(terminal, "● ubuntu", keys.escape);
    await pick(terminal, "● openai/gpt-6-luna", keys.enter);
    await pick(terminal, "● ubuntu", keys.enter);
    await pick(terminal, confirmation, "y");
    expect(await terminal.ended).toMatchObject({ exitCode: 0 });
    expect(textOf("aperture-env.yaml")).toMatch(/^small_model: openai\/gpt-6-luna$[^]*^base: ubuntu$/m);
  });

  test("Escape at the plan, where nothing was asked, cancels", async () => {
    const terminal = start(...most, "--small-model", "openai/gpt-5.5", "--base", "slim");
    await pick(terminal, confirmation, keys.escape);
    expect(await terminal.ended).toMatchObject({ exitCode: 130 });
    expect((await terminal.screen()).lines.at(-1)).toBe("└  Cancelled. Nothing was written.");
    expect(treeOf(folder)).toEqual({});
  });

  test("what is done about a bypass is a step, too: it is kept, and leads further back", async () => {
    const options = '{ "baseURL": "https://api.openai.com/v1" }';
    write(folder, { "opencode.json": `{ "provider": { "openai": { "options": ${options} } } }\n` });
    const terminal = start(...most, "--small-model", "openai/gpt-5.5");
    await pick(terminal, base, keys.enter);
    await pick(terminal, bypass, `${keys.down}${keys.enter}`);
    await pick(terminal, confirmation, keys.escape);
    await pick(terminal, "● fix", keys.escape);
    await pick(terminal, "● debian", `ubu${keys.enter}`);
    await pick(terminal, "● fix", keys.enter);
    await pick(terminal, confirmation, "a");
    await pick(terminal, "● ubuntu", keys.enter);
    await pick(terminal, "● fix", keys.enter);
    await pick(terminal, confirmation, "y");
    expect(await terminal.ended).toMatchObject({ exitCode: 0 });
    expect(textOf("aperture-env.yaml")).toMatch(/^base: ubuntu$/m);
    expect(textOf("opencode.json")).not.toContain("baseURL");
  });

  test("a wire format that was typed stays, where the gateway serves the provider over another, too", async () => {
    const model = { id: "gpt-5.5", object: "model", owned_by: "openai" };
    const endpoints = ["/v1/responses", "/v1/chat/completions"];
    const data = [{ ...model, metadata: { provider: { id: "openai", name: "openai" }, endpoints } }];
    const gateway = createServer((_request, response) => response.end(JSON.stringify({ object: "list", data })));
    await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", () => resolve()));
    onTestFinished(() => void gateway.close());
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    const terminal = start("--url", url, "--small-model", "openai/gpt-5.5", "--base", "slim");
    await pick(terminal, "Which providers should OpenCode use?", `${keys.down} ${keys.enter}`);
    await terminal.answer("Which other providers?", `openai:chat${keys.enter}`);
    await pick(terminal, "Which model by default?", keys.escape);
    await pick(terminal, "◼ openai:chat", keys.enter);
    await pick(terminal, "Which model by default?", `${keys.enter}`);
    await pick(terminal, confirmation, "y");
    expect(await terminal.ended).toMatchObject({ exitCode: 0 });
    expect(textOf("aperture-env.yaml")).toMatch(/^ {2}openai: *(?:\{ *|\n {4})api: chat/m);
  });

  test("notes and errors go on below their own beginning, inside of the frame", async () => {
    write(folder, { "opencode.json": '{ "model": "house/qwen3-coder-of-a-long-name" }\n' });
    const terminal = new PseudoTerminal(process.execPath, [bin, ...most], folder, environmentOf(home), { cols: 60, rows: 40 });
    terminals.push(terminal);
    await pick(terminal, small, `another${keys.enter}`);
    await terminal.answer("Which model? (provider/model)", `${keys.backspace.repeat(40)}nothing${keys.enter}`);
    await terminal.answer("for instance", keys.escape);
    const { lines } = await terminal.screen();
    const wrong = lines.findIndex((line) => line.startsWith("└"));
    expect(lines[wrong]).toMatch(/^└ {2}\S/);
    expect(lines[wrong + 1]).toMatch(/^ {3}\S/);
    await pick(terminal, small, keys.enter);
    await pick(terminal, base, keys.enter);
    await pick(terminal, confirmation, "n");
    expect(await terminal.ended).toMatchObject({ exitCode: 130 });
    const all = (await terminal.screen()).lines;
    const note = all.findIndex((line) => line.startsWith("│  Note: opencode.json:1:"));
    expect(all.slice(note + 1, note + 3)).toEqual([expect.stringMatching(/^│ {8}\S/), expect.stringMatching(/^│ {8}\S/)]);
    expect(all.filter((line) => /\s$/.test(line))).toEqual([]);
  });

  test("update: Escape leads from the plan to the bypass, and from there out", async () => {
    await runHere("--yes");
    const options = '{ "baseURL": "https://api.openai.com/v1" }';
    write(folder, { "opencode.json": `{ "provider": { "openai": { "options": ${options} } } }\n` });
    const before = treeOf(folder, true);
    const terminal = start("update", "--base", "slim");
    await pick(terminal, bypass, keys.enter);
    await pick(terminal, "Write these changes?", keys.escape);
    await pick(terminal, bypass, keys.escape);
    expect(await terminal.ended).toMatchObject({ exitCode: 130 });
    expect(treeOf(folder, true)).toEqual(before);
  });

  test("conflicts are steps: Escape leads to the one before, and from the plan to the last", async () => {
    write(folder, { ".devcontainer/Dockerfile": "FROM mine\n", ".devcontainer/aperture-env/launcher.sh": "mine\n" });
    const terminal = start(...most, "--small-model", "openai/gpt-5.5");
    const which = "Which text should be kept?";
    await pick(terminal, base, keys.enter);
    await pick(terminal, which, keys.enter);
    await pick(terminal, which, keys.escape);
    await pick(terminal, which, keys.escape);
    // Before the first one is the last question.
    await pick(terminal, "● debian", keys.enter);
    await pick(terminal, which, keys.enter);
    await pick(terminal, which, keys.enter);
    await pick(terminal, confirmation, keys.escape);
    await pick(terminal, which, keys.enter);
    await pick(terminal, confirmation, "y");
    expect(await terminal.ended).toMatchObject({ exitCode: 0 });
    expect(textOf(".devcontainer/Dockerfile")).toMatch(/^\d+ FROM mine\n$/);
  });
});
