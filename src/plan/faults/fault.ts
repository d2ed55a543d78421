/** What ends the environment in a file that people are expected to edit, as values. */

/** One thing, and where it stands: line and column from 1. */
export interface Fault {
  readonly line: number;
  readonly column: number;
  /** As the end of a sentence that begins with the file's name, without its full stop. */
  readonly what: string;
  /** What to do there, as an order without its full stop. */
  readonly fix: string;
}

/** What the file is to say. */
export interface Meant {
  /** The gateway's origin. */
  readonly url: string;
  readonly revision: string;
}

/** The line and column of an offset. A BOM counts as no column. */
export function placeOf(text: string, offset: number): Pick<Fault, "line" | "column"> {
  const lines = text
    .slice(0, offset)
    .replace(/^\ufeff/, "")
    .split(/\r\n|\r|\n/);
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}
