/**
 * Text for a terminal. Foreign text (paths, files' contents, a gateway's answers, programs' output, repeated arguments) is escaped when it is put
 * into a `Shown`, and streams accept nothing else. So an escape sequence, a carriage return or a right-to-left override is visible and has no
 * effect. Colour is added afterwards, and only here.
 */
import { stripVTControlCharacters } from "node:util";

/**
 * Characters that a terminal obeys or does not show: controls (C0, DEL, C1), format characters such as those of Unicode's bidirectional algorithm,
 * lone surrogates, line and paragraph separators, and all default-ignorable characters (unicode.org/reports/tr44, general categories and
 * Default_Ignorable_Code_Point). Joiners between emoji stay.
 */
function hiddenCharacters(): RegExp {
  return /(?!(?<=\p{Extended_Pictographic}\p{Emoji_Modifier}?)\uFE0F|(?<=\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?)\u200D(?=\p{Extended_Pictographic}))[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
}

/** Text that needs no Unicode tables, which cost more than everything else in printing. */
const plain = /^[ -~]*$/;

/** A foreign text on one line, with `\u{…}` for each character that would not be visible; cut after `longest` UTF-16 units. */
export function visible(text: string, longest = Number.POSITIVE_INFINITY): string {
  const seen = plain.test(text) ? text : text.replace(hiddenCharacters(), escapeCharacter);
  return seen.length > longest ? `${seen.slice(0, longest).replace(/[\uD800-\uDBFF]$/, "")}…` : seen;
}

/** A foreign text on one line, each run of white space as one space. */
export function oneLine(text: string, longest = Number.POSITIVE_INFINITY): string {
  return visible(text.replaceAll(/\s+/g, " ").trim(), longest);
}

/** The non-empty lines of a program's output, without colours; still foreign text. */
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

  /** Without trailing white space. */
  trimEnd(): SafeText {
    return new SafeText(this.#text.trimEnd());
  }

  /** The text. Inside another text it is foreign again: its escapes stay readable, and its colour codes become visible. */
  toString(): string {
    return this.#text;
  }
}

/** Text for a terminal. The class is private to this file, so nothing else can create one. */
export type Shown = SafeText;

/** What a template takes. A plain string is foreign, and is escaped as one line. */
export type Showable = Shown | string | number;

/** A template for the terminal: its literal parts are trusted, inserted values are escaped. */
export function shown(parts: TemplateStringsArray, ...values: readonly Showable[]): Shown {
  return new SafeText(parts.reduce((text, part, index) => text + safe(values[index - 1]!) + part));
}

function safe(value: Showable): string {
  return value instanceof SafeText ? value.toString() : visible(String(value));
}

/** Joins parts. */
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
 * A value as JSON. Programs read the same value from it. Characters that a terminal would obey are written as `\u…`, beyond what JSON requires (RFC
 * 8259, section 7, requires it for controls below U+0020). `indent` spaces and lines, or one line.
 */
export function json(value: unknown, indent = 0): Shown {
  return new SafeText(
    JSON.stringify(value, null, indent).replaceAll(/[\u007F-\u009F\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
      // Each UTF-16 unit separately.
      Array.from({ length: character.length }, (_, at) => escapeUnit(character.charCodeAt(at))).join(""),
    ),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}

/** A line that replaces the current one: the cursor moves to its start, and the rest is cleared (ECMA-48, 8.3.41). */
export function instead(line: Showable): Shown {
  return new SafeText(`\r\u001B[K${safe(line)}`);
}

/** A text in lines of at most that many UTF-16 units, broken after a space or a comma if possible, else after a slash. */
export function fold(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const fits = rest.slice(0, width);
    const at = (/^.*[ ,]/s.exec(fits) ?? /^.*\//s.exec(fits))?.[0].length ?? width;
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return [...lines, rest];
}

/** A row of a line that was broken at a space, without that space; a style may stand before it. */
export function brokenRow(row: string, index: number): string {
  // oxlint-disable-next-line no-control-regex -- styles begin with ESC
  return (index === 0 ? row : row.replace(/^((?:\u001B\[\d+m)?) /, "$1")).trimEnd();
}

/** Styles, each with its start and end codes (ECMA-48, section 8.3.117, "Select graphic rendition"). */
const styles = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const;

/** Applies a style if the output is a terminal. */
export type Paint = (style: keyof typeof styles, text: Showable) => Shown;

/** A paint that applies styles, or one that does not. */
export function painter(colour: boolean): Paint {
  return (style, text) => {
    const [begin, end] = styles[style];
    return new SafeText(colour ? `\u001B[${begin}m${safe(text)}\u001B[${end}m` : safe(text));
  };
}

/** Whether colours are wanted: on a terminal that is not dumb, unless NO_COLOR is set (no-color.org). */
export function wantsColour(stream: { readonly isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): boolean {
  return stream.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}

/** The output of another program of this project, with this file's styles; everything else in it is foreign. */
export function relayed(said: string): Shown {
  const codes = [...new Set(Object.values(styles).flat())].join("|");
  return new SafeText(
    said
      .split(new RegExp(`(\\u001B\\[(?:${codes})m)`))
      .map((part, index) => (index % 2 === 0 ? block(part).toString() : part))
      .join(""),
  );
}

/** A writer that only accepts text for a terminal. */
export interface Printer {
  readonly isTTY: boolean;
  /** Writes; `done` is called after the text was written. */
  write(text: Shown, done?: () => void): void;
}

/** The required parts of a stream. */
export interface TextStream {
  readonly isTTY?: boolean;
  write(text: string, done?: () => void): unknown;
}

/** A printer for a stream: the only place that writes to streams. */
export function printTo(stream: TextStream): Printer {
  return {
    get isTTY() {
      return stream.isTTY === true;
    },
    // Not by its class: each bundle of the built program has its own copy of the class.
    write: (text, done) => void stream.write(String(text), done),
  };
}
