/**
 * What may reach a terminal. Text of a foreign hand (paths, files' contents, answers of a gateway, what programs say, arguments that are repeated)
 * is escaped when it comes into a `Shown`, and streams take nothing else: so an escape sequence, a carriage return or a right-to-left override
 * can be read, and never be obeyed. Colour is put on afterwards, and only here.
 */
import { stripVTControlCharacters } from "node:util";

/**
 * Characters that a terminal obeys or does not show: controls (C0, DEL, C1), format characters such as those of Unicode's bidirectional algorithm,
 * halves of pairs, line and paragraph separators, and all that is ignored by default (unicode.org/reports/tr44, general categories and
 * Default_Ignorable_Code_Point). What makes one sign of several emoji is left where it stands between such.
 */
function hiddenCharacters(): RegExp {
  return /(?!(?<=\p{Extended_Pictographic}\p{Emoji_Modifier}?)\uFE0F|(?<=\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?)\u200D(?=\p{Extended_Pictographic}))[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
}

/** What needs no look at Unicode's tables, which cost more than all the rest of printing. */
const plain = /^[ -~]*$/;

/** A foreign text on one line, with `\u{…}` for each character that would not be seen as itself; cut where it is longer than `longest` UTF-16 units. */
export function visible(text: string, longest = Number.POSITIVE_INFINITY): string {
  const seen = plain.test(text) ? text : text.replace(hiddenCharacters(), escapeCharacter);
  return seen.length > longest ? `${seen.slice(0, longest).replace(/[\uD800-\uDBFF]$/, "")}…` : seen;
}

/** A foreign text on one line, each run of white space as one space. */
export function oneLine(text: string, longest = Number.POSITIVE_INFINITY): string {
  return visible(text.replaceAll(/\s+/g, " ").trim(), longest);
}

/** The lines that a program said which are not empty, without their colours; still foreign text. */
export function linesOf(said: string): string[] {
  return stripVTControlCharacters(said)
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

class SafeText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Without white space at its end. */
  trimEnd(): SafeText {
    return new SafeText(this.#text.trimEnd());
  }

  /** The text. In another text it is foreign again: what was escaped stays readable, and colour becomes visible. */
  toString(): string {
    return this.#text;
  }
}

/** Text for a terminal. The class is this file's own, so nothing else can make one. */
export type Shown = SafeText;

/** What a template takes: a text is foreign, and is escaped as one line. */
export type Showable = Shown | string | number;

/** A template for the terminal: its literal parts are ours, whatever is put in is escaped. */
export function shown(parts: TemplateStringsArray, ...values: readonly Showable[]): Shown {
  return new SafeText(parts.reduce((text, part, index) => text + safe(values[index - 1]!) + part));
}

function safe(value: Showable): string {
  return value instanceof SafeText ? value.toString() : visible(String(value));
}

/** Parts, one behind the other. */
export function joined(parts: readonly Showable[], between = ""): Shown {
  return new SafeText(parts.map(safe).join(between));
}

/** A foreign text of several lines, such as a file's: line ends and tabs stay. */
export function block(text: string): Shown {
  return new SafeText(
    text
      .split(/(\r?\n|\t)/)
      .map((part, index) => (index % 2 === 0 ? visible(part) : part))
      .join(""),
  );
}

/**
 * A value as JSON. Programs read the same value from it; what a terminal would obey is written as `\u…`, also where JSON does not ask for it (RFC 8259,
 * section 7, asks for the controls below U+0020 only). `indent` spaces and lines, or one line.
 */
export function json(value: unknown, indent = 0): Shown {
  return new SafeText(
    JSON.stringify(value, null, indent).replaceAll(/[\u007F-\u009F\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
      // Each UTF-16 unit by itself.
      Array.from({ length: character.length }, (_, at) => escapeUnit(character.charCodeAt(at))).join(""),
    ),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}

/** A line in the place of the one that is there: the cursor goes to its beginning, and the rest of it is cleared (ECMA-48, 8.3.41). */
export function instead(line: Showable): Shown {
  return new SafeText(`\r\u001B[K${safe(line)}`);
}

/** A text in lines of at most that many UTF-16 units: parted behind a space, a comma or a slash where there is one. */
export function fold(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const at = /^.*[ ,/]/s.exec(rest.slice(0, width))?.[0].length ?? width;
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at);
  }
  return [...lines, rest];
}

/** Styles, each with what begins and ends it (ECMA-48, section 8.3.117, "Select graphic rendition"). */
const styles = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const;

/** Puts a style on, where the caller's reader is a terminal. */
export type Paint = (style: keyof typeof styles, text: Showable) => Shown;

/** The paint that does, or the one that does not. */
export function painter(colour: boolean): Paint {
  return (style, text) => {
    const [begin, end] = styles[style];
    return new SafeText(colour ? `\u001B[${begin}m${safe(text)}\u001B[${end}m` : safe(text));
  };
}

/** Whether colours are wanted there: by a terminal, unless NO_COLOR (no-color.org) or a dumb one says otherwise. */
export function wantsColour(stream: { readonly isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): boolean {
  return stream.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}

/** What another program of ours said, with the styles of this file; all else in it is foreign. */
export function relayed(said: string): Shown {
  const codes = [...new Set(Object.values(styles).flat())].join("|");
  return new SafeText(
    said
      .split(new RegExp(`(\\u001B\\[(?:${codes})m)`))
      .map((part, index) => (index % 2 === 0 ? block(part).toString() : part))
      .join(""),
  );
}

/** The end of a stream that only takes what may be shown. */
export interface Printer {
  readonly isTTY: boolean;
  /** Writes; `done` is called once it is out. */
  write(text: Shown, done?: () => void): void;
}

/** What a stream has to have. */
export interface TextStream {
  readonly isTTY?: boolean;
  write(text: string, done?: () => void): unknown;
}

/** A printer onto a stream: the one place that writes to one. */
export function printTo(stream: TextStream): Printer {
  return {
    get isTTY() {
      return stream.isTTY === true;
    },
    // Not by its class: each bundle of the built program has one of its own.
    write: (text, done) => void stream.write(String(text), done),
  };
}
