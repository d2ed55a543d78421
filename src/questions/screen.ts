/**
 * Interactive prompts, drawn by clack. Only this module uses the prompt library, which writes to the terminal directly, so every text is escaped
 * first. Ctrl-C and Ctrl-D become the `cancelled` error; Escape goes back to the question before.
 */
import {
  intro,
  isCancel,
  log,
  multiselect,
  outro,
  S_BAR,
  S_BAR_END,
  select,
  text,
  unicodeOr,
  updateSettings,
} from "@clack/prompts";
import { wrapTextWithPrefix } from "@clack/core";
import { cancelledError } from "../errors.ts";
import { columnsOf, search, type Line, type Terminal } from "./search.ts";
import {
  brokenRow,
  fold,
  instead,
  painter,
  printTo,
  relayed,
  shown,
  visible,
  wantsColour,
  type Printer,
  type Shown,
} from "../text/terminal.ts";
import type { Readable } from "node:stream";

export type { Line, Terminal } from "./search.ts";

/** The person went back instead of answering. */
export const back = Symbol("back");

/** Longer lists are searched by typing. */
const longest = 8;

// Ctrl-D, the end of the input. Without this, Node's line editor only stops reading, and the program would exit with 0.
updateSettings({ aliases: { "\x04": "cancel" } });

/** Asks for a text. `check` gives the error of an invalid one. */
export async function askText(
  terminal: Terminal,
  message: string,
  initial: string,
  check: (typed: string) => string | undefined,
): Promise<string | typeof back> {
  const validate = (typed: string | undefined): string | undefined => {
    const wrong = check(typed ?? "");
    // Clack writes it behind the corner of the frame; further lines stand below its first word.
    return wrong === undefined ? undefined : wrapTextWithPrefix(terminal.output, visible(wrong), "   ", "", "   ", brokenRow);
  };
  return answered(terminal, () => text({ ...terminal, message: visible(message), initialValue: visible(initial), validate }));
}

/** Asks for one of several; a long list is searched by typing. `always` matches any search. */
export async function askOne(
  terminal: Terminal,
  message: string,
  lines: readonly Line[],
  initial?: string,
  always?: string,
): Promise<string | typeof back> {
  const start = initial === undefined ? [] : [initial];
  if (lines.length > longest)
    return answered(terminal, () => search(terminal, { message, lines, initial: start, many: false, always })) as Promise<
      string | typeof back
    >;
  const given = { ...terminal, message: visible(message), options: lines.map(optionOf), maxItems: longest };
  return answered(terminal, () => select({ ...given, ...(initial !== undefined && { initialValue: visible(initial) }) }), lines);
}

/** Asks for one or more of several; a long list is searched by typing. */
export async function askSome(
  terminal: Terminal,
  message: string,
  lines: readonly Line[],
  initial: readonly string[],
  always?: string,
): Promise<readonly string[] | typeof back> {
  if (lines.length > longest)
    return answered(terminal, () => search(terminal, { message, lines, initial, many: true, always })) as Promise<
      readonly string[] | typeof back
    >;
  const given = { ...terminal, message: visible(message), options: lines.map(optionOf), required: true, maxItems: longest };
  return answered(terminal, () => multiselect({ ...given, initialValues: [...initial] }));
}

/** Asks a yes-or-no question. Throws `cancelled` on Ctrl-C, Ctrl-D and Escape. */
export async function askYes(terminal: Terminal, message: string): Promise<boolean> {
  return (await askChoice(terminal, message, yesOrNo)) === "yes";
}

/** Yes and no, as lines of a list. */
export const yesOrNo = [
  { value: "yes", label: "Yes", key: "y" },
  { value: "no", label: "No", key: "n" },
] as const;

/** Asks for one of several options; `hint` explains each. Throws `cancelled` on Ctrl-C, Ctrl-D and Escape. */
export async function askChoice<Value extends string>(
  terminal: Terminal,
  message: string,
  choices: readonly (Line & { readonly value: Value })[],
): Promise<Value> {
  const choice = await askStep(terminal, message, choices);
  if (choice === back) throw cancelledError();
  return choice;
}

/** The same where something was asked before: gives `back` on Escape. Begins at `initial`. */
export async function askStep<Value extends string>(
  terminal: Terminal,
  message: string,
  choices: readonly (Line & { readonly value: Value })[],
  initial?: Value,
): Promise<Value | typeof back> {
  return askOne(terminal, message, choices, initial) as Promise<Value | typeof back>;
}

/** The opening line, and notes before the first question. */
export function openScreen({ output, env }: Terminal, title: string, lines: readonly string[]): void {
  const paint = painter(wantsColour(output, env));
  intro(visible(title), { output });
  const folded = lines.flatMap((line) => fold(visible(line), widthOf(output)));
  log.message(
    folded.map((line) => String(paint("dim", line))),
    { output, spacing: 0 },
  );
}

/** The closing line. */
export function closeScreen({ output }: Terminal, said: Shown): void {
  outro(String(said), { output });
}

/** The corner of a frame that ends early: what is written next stands behind it. */
export function leaveScreen({ output }: Terminal): void {
  printTo(output).write(shown`${S_BAR_END}  `);
}

/** The usable width of a line behind a bar, with a margin. */
function widthOf(output: Terminal["output"]): number {
  return columnsOf(output) - 6;
}

/** A printer that puts and wraps lines behind the bar that connects the questions. */
export function framed(printer: Printer, { output, env }: Terminal): Printer {
  const bar = String(painter(wantsColour(output, env))("dim", S_BAR));
  const frame = (line: string): string => {
    const [begin = ""] = /^(?:Note: | *)/.exec(line)!;
    // A line that goes on does so below its own beginning.
    const further = `${bar}  ${" ".repeat(begin.length)}`;
    const rest = line.slice(begin.length);
    return rest === "" ? bar : wrapTextWithPrefix(output, rest, further, `${bar}  ${begin}`, further, brokenRow);
  };
  return {
    isTTY: printer.isTTY,
    write: (text, done) => {
      const lines = String(text).replace(/\n$/, "").split("\n");
      printer.write(String(text) === "" ? text : relayed(`${lines.map(frame).join("\n")}\n`), done);
    },
  };
}

/** Waits for a promise behind a spinner, then shows the result. Throws `cancelled` on Ctrl-C and Ctrl-D. */
export async function waitFor<Value>(
  { input, output }: Terminal,
  message: string,
  work: Promise<Value>,
  result: (value: Value) => { readonly ok: boolean; readonly message: string },
): Promise<Value> {
  const keyboard = input as Readable & { setRawMode?(raw: boolean): void };
  const printer = printTo(output);
  const frames = unicodeOr("◒◐◓◑", "-\\|/");
  let turn = 0;
  const draw = (): void =>
    printer.write(instead(shown`${frames[turn++ % frames.length]!}  ${visible(message, widthOf(output))} …`));
  let stop: (data: unknown) => void = () => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = (data) => ["\u0003", "\u0004"].some((key) => String(data).includes(key)) && reject(cancelledError());
  });
  // Keys typed meanwhile must not answer the next question.
  keyboard.setRawMode?.(true);
  keyboard.on("data", stop);
  printer.write(shown`${S_BAR}\n`);
  draw();
  const timer = setInterval(draw, 120);
  try {
    const value = await Promise.race([work, stopped]);
    const came = result(value);
    printer.write(instead(""));
    (came.ok ? log.step : log.warn)(fold(visible(came.message), widthOf(output)).join("\n"), { output, spacing: 0 });
    return value;
  } catch (error) {
    printer.write(shown`\n`);
    throw error;
  } finally {
    clearInterval(timer);
    keyboard.off("data", stop);
    keyboard.pause();
    keyboard.setRawMode?.(false);
  }
}

/** The form of a line for clack. */
function optionOf({ value, label, hint, key }: Line): { value: string; label: string; hint?: string } {
  return {
    value,
    label: visible(`${label ?? value}${key === undefined ? "" : ` (${key})`}`),
    ...(hint !== undefined && { hint: visible(hint) }),
  };
}

/** Keys that move in a list (as in clack, which does not expose its position). */
const moves: Readonly<Record<string, number>> = { up: -1, left: -1, k: -1, h: -1, down: 1, right: 1, j: 1, l: 1 };

/** Waits for an answer. A line's letter is the same as moving there and pressing Enter. */
async function answered<Value>(
  { input }: Terminal,
  prompt: () => Promise<Value>,
  lines: readonly Line[] = [],
): Promise<Exclude<Value, symbol> | typeof back> {
  let ended: string | undefined;
  let at = 0;
  const press = (name: string): void => void input.emit("keypress", undefined, { name });
  const heard = (typed: string | undefined, { name }: { readonly name?: string } = {}): void => {
    if (name === "escape" || typed === "\x03" || typed === "\x04") ended ??= name;
    at = (at + (moves[name ?? ""] ?? 0) + lines.length) % lines.length;
    const wanted = typed === undefined ? -1 : lines.findIndex(({ key }) => key === typed.toLowerCase());
    if (wanted < 0) return;
    for (let steps = (wanted - at + lines.length) % lines.length; steps > 0; steps--) press("down");
    press("return");
  };
  // The prompt hears each key first. So a letter has picked its line before the next key comes: a pasted "no" and Enter are a no.
  const prompted = prompt();
  input.on("keypress", heard);
  try {
    const value = await prompted;
    if (!isCancel(value)) return value as Exclude<Value, symbol>;
    if (ended === "escape") return back;
    throw cancelledError();
  } finally {
    input.off("keypress", heard);
  }
}
