/** A list that is searched by typing. It looks like clack's lists, shows picked lines by name, and fits a narrow terminal. */
import { AutocompletePrompt } from "@clack/core";
import {
  limitOptions,
  S_BAR,
  S_BAR_END,
  S_CHECKBOX_INACTIVE,
  S_CHECKBOX_SELECTED,
  S_RADIO_ACTIVE,
  S_RADIO_INACTIVE,
  S_STEP_ACTIVE,
  S_STEP_CANCEL,
  S_STEP_ERROR,
  S_STEP_SUBMIT,
  unicodeOr,
} from "@clack/prompts";
import { fold, joined, painter, relayed, shown, visible, wantsColour, type Shown } from "../text/terminal.ts";
import type { Readable, Writable } from "node:stream";

/** Streams of the terminal. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The width of a terminal. One that does not know its own says 0 (ioctl_tty(2), TIOCGWINSZ), and then 80 is taken; none is narrower than 20. */
export function columnsOf({ columns }: Terminal["output"]): number {
  return Math.max(columns || 80, 20);
}

/** One line of a list. */
export interface Line {
  readonly value: string;
  /** Shown if the value has no label. */
  readonly label?: string;
  readonly hint?: string;
  /** A letter that picks it; not h, j, k or l, which move in clack's lists. */
  readonly key?: string;
}

/** The question. */
export interface Search {
  readonly message: string;
  readonly lines: readonly Line[];
  readonly initial: readonly string[];
  /** Whether several can be picked; at least one is required. */
  readonly many: boolean;
  /** The line that matches any search. */
  readonly always: string | undefined;
}

const marks = {
  error: ["yellow", S_STEP_ERROR],
  cancel: ["red", S_STEP_CANCEL],
  submit: ["green", S_STEP_SUBMIT],
} as const;

/** The number of visible lines. */
const seen = 10;

/** Asks. Gives the picked value or values; clack's symbol if the person cancelled. */
export async function search(
  { input, output, env }: Terminal,
  { message, lines, initial, many, always }: Search,
): Promise<string | string[] | symbol | undefined> {
  const paint = painter(wantsColour(output, env));
  const options = lines.map(({ value, label, hint }) => ({ value, label: label ?? value, hint: hint ?? "" }));
  const prompt = new AutocompletePrompt<{ value: string; label: string; hint: string }>({
    input,
    output,
    options,
    multiple: many,
    initialValue: [...initial],
    filter: (typed, { value, label, hint }) => {
      const text = `${value} ${label} ${hint}`.toLowerCase();
      const words = typed.toLowerCase().split(/\s+/);
      return value === always || words.every((word) => text.includes(word));
    },
    validate: (value) => {
      if (value === undefined || value.length === 0)
        return many ? "Select at least one, with Tab." : "Nothing in the list matches.";
      return undefined;
    },
    render() {
      const { state, selectedValues, focusedValue, filteredOptions } = this;
      const picked = options.filter(({ value }) => selectedValues.includes(value));
      const [colour, mark] = marks[state as keyof typeof marks] ?? ["cyan", S_STEP_ACTIVE];
      const isOver = state === "submit";
      const style = isOver ? "dim" : colour;
      const bar = paint(style, S_BAR);
      const width = columnsOf(output) - 4;
      const behind = (text: string, look: (line: string) => Shown | string = (line) => line): Shown[] =>
        fold(visible(text), width).map((line) => shown`${bar}  ${look(line)}`);
      const head = [shown`${paint("dim", S_BAR)}`, shown`${paint(colour, mark)}  ${message}`];
      if (state === "cancel") return drawn(head);
      if (isOver) return drawn([...head, ...behind(picked.map(({ label }) => label).join(", "))]);
      const matching = filteredOptions.filter(({ value }) => value !== always).length;
      const found = filteredOptions.length === options.length ? "" : `  ${matching} found`;
      const typed = shown`${bar}  ${paint("dim", "Search:")} ${this.userInput}${paint("cyan", unicodeOr("▏", "_"))}${paint("dim", found)}`;
      const wrong = state === "error" ? behind(this.error, (line) => paint("yellow", line)) : [];
      const keys = ["type to search", "↑/↓", ...(many ? ["Tab: select"] : []), "Enter: confirm"].join(" • ");
      const foot = [...behind(keys, (line) => paint("dim", line)), shown`${paint(style, S_BAR_END)}`];
      const rows = limitOptions({
        cursor: this.cursor,
        options: filteredOptions,
        output,
        maxItems: seen,
        columnPadding: 3,
        rowPadding: head.length + 1 + wrong.length + foot.length,
        style: ({ value, label, hint }, isActive) => {
          const isPicked = many ? selectedValues.includes(value) : isActive;
          const [on, off] = many ? [S_CHECKBOX_SELECTED, S_CHECKBOX_INACTIVE] : [S_RADIO_ACTIVE, S_RADIO_INACTIVE];
          const box = isPicked ? paint("green", on) : paint("dim", off);
          const remark = value === focusedValue && hint !== "" ? paint("dim", ` (${hint})`) : "";
          return String(shown`${box} ${isActive ? label : paint("dim", label)}${remark}`);
        },
      });
      return drawn([...head, typed, ...wrong, ...rows.map((row) => shown`${bar}  ${relayed(row)}`), ...foot]);
    },
  });
  return prompt.prompt() as Promise<string | string[] | symbol | undefined>;
}

function drawn(lines: readonly Shown[]): string {
  return String(joined(lines, "\n"));
}
