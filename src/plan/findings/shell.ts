/**
 * Finds commands in shell scripts, Dockerfiles, Compose files and hooks. One reader is enough for all, because they share words, quotes, `#` comments
 * and the ends of commands. It parses only as much of the shell's language as is needed to find a program and its arguments.
 */

/** One word, and the offset of each of its characters; an empty word has none. */
export interface Word {
  readonly text: string;
  readonly at: readonly number[];
}

/** Programs that print or store their arguments: a command among them does not run. */
const printing = /^(?:echo|printf|LABEL)$/;

/** The text before one that runs as a command: `sh -c`, `su --command`, `eval`, and in YAML a key or a dash. */
const runsNext = /^(?:-\w*c|--command|eval|-|.*:)$/;

/** Programs that run their heredoc, as a Dockerfile's RUN without other words does. */
const runsHeredoc = /^(?:su|(?:.*\/)?(?:ba|z|k|da|a)?sh)$/;

/** The commands of a text, including those in the texts of `sh -c` and the like. Commands that only print are left out. */
export function commandsOf(text: string): Word[][] {
  return splitCommands(text).flatMap(withNested);
}

/** The same for a command as a list of words, without a shell. */
export function commandsOfWords(words: readonly string[]): Word[][] {
  return withNested(words.map((text) => ({ text, at: Array.from(text, (_, index) => index) })));
}

function withNested(words: Word[]): Word[][] {
  if (words.some(({ text }) => printing.test(text))) return [];
  const nested = words.flatMap((word, index) => {
    if (!/\s/.test(word.text) || !runsNext.test(words[index - 1]?.text ?? "")) return [];
    return commandsOf(word.text).map((inner) =>
      inner.map(({ text, at }) => ({ text, at: at.map((offset) => word.at[offset]!) })),
    );
  });
  return [words, ...nested];
}

function splitCommands(text: string): Word[][] {
  const commands: Word[][] = [];
  let words: Word[] = [];
  let word: { text: string; at: number[] } | null = null;
  let heredocs: string[] = [];
  let ends: Ends | undefined;
  let runs = false;
  let continued = false;
  let index = 0;

  const add = (character: string, at: number): void => {
    word ??= { text: "", at: [] };
    word.text += character;
    word.at.push(at);
  };
  const endWord = (): void => {
    if (word !== null) words.push(word);
    if (word !== null) continued = false;
    word = null;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };

  while (index < text.length) {
    const character = text[index]!;
    if (character === "\\") {
      const [lineEnd] = matchAt(/\\[ \t]*\r?\n/y, text, index) ?? [];
      if (lineEnd !== undefined) {
        endWord();
        continued = true;
      } else if (index + 1 < text.length) add(text[index + 1]!, index + 1);
      index += lineEnd?.length ?? 2;
    } else if ((character === '"' || character === "'") && opensQuote(text, index)) {
      const end = findQuoteEnd(text, index);
      word ??= { text: "", at: [] };
      for (let inner = index + 1; inner < end; inner++) {
        if (character === '"' && text[inner] === "\\" && /["\\$`]/.test(text[inner + 1]!)) inner++;
        add(text[inner]!, inner);
      }
      index = end + 1;
    } else if (character === "#" && word === null) {
      index += matchAt(/[^\n]*/y, text, index)![0].length;
      // In a Dockerfile, a comment between continued lines does not end the command.
      if (continued) index++;
    } else if (character === "\n") {
      endCommand();
      index++;
      if (!runs) for (const word of heredocs) index = skipHeredoc((ends ??= endsOf(text)), index, word);
      heredocs = [];
    } else if (/[;&|()`]/.test(character)) {
      endCommand();
      index++;
    } else if (character === "<" && text.startsWith("<<", index) && text[index + 2] !== "<") {
      endWord();
      const [whole = "<<", , end] = matchAt(/<<-?[ \t]*(["']?)([A-Za-z_]\w*)\1/y, text, index) ?? [];
      if (end !== undefined && heredocs.push(end) === 1) {
        const programs = words.filter((one) => !/^(?:RUN$|-)/.test(one.text));
        runs = programs.length === 0 || programs.some((one) => runsHeredoc.test(one.text));
      }
      index += whole.length;
    } else if (/[\s<>]/.test(character) || isListMark(text, index)) {
      endWord();
      index++;
    } else {
      add(character, index);
      index++;
    }
  }
  endCommand();
  return commands;
}

function matchAt(sticky: RegExp, text: string, index: number): RegExpExecArray | null {
  sticky.lastIndex = index;
  return sticky.exec(text);
}

/** Whether a quote begins here: not the apostrophe of `don't`, and not a quote that is never closed. */
function opensQuote(text: string, index: number): boolean {
  return !/[A-Za-z0-9]/.test(text[index - 1] ?? "") && findQuoteEnd(text, index) < text.length;
}

function findQuoteEnd(text: string, start: number): number {
  const quote = text[start];
  let index = start + 1;
  while (index < text.length && text[index] !== quote) index += quote === '"' && text[index] === "\\" ? 2 : 1;
  return index;
}

/** The brackets and commas of `["npm", "install"]`. */
function isListMark(text: string, index: number): boolean {
  return /[[\],]/.test(text[index]!) && (/["']/.test(text[index - 1] ?? "") || /^.\s*["']/.test(text.slice(index, index + 20)));
}

/** The lines that may end a heredoc, by their words; of the same word the last line comes first. */
type Ends = ReadonlyMap<string, { readonly start: number; readonly end: number }[]>;

/** Finds them all at once: a search for each heredoc would take the square of the text's length. */
function endsOf(text: string): Ends {
  const ends = new Map<string, { start: number; end: number }[]>();
  for (const { 0: line, 1: word = "", index } of [...text.matchAll(/^\t*([A-Za-z_]\w*)[ \t]*\r?$/gm)].reverse()) {
    const same = ends.get(word) ?? [];
    same.push({ start: index, end: index + line.length });
    ends.set(word, same);
  }
  return ends;
}

/** The end of a heredoc that begins at this offset; the same offset if nothing ends it. Lines before the offset are forgotten. */
function skipHeredoc(ends: Ends, index: number, word: string): number {
  const lines = ends.get(word) ?? [];
  while (lines.length > 0 && lines.at(-1)!.start < index) lines.pop();
  return lines.at(-1)?.end ?? index;
}
