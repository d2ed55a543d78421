/** An edit that breaks the environment in a file that people may edit, as a value. */

/** One fault with its place: line and column from 1. */
export interface Fault {
  readonly line: number;
  readonly column: number;
  /** The end of a sentence that starts with the file's name, without its full stop. */
  readonly what: string;
  /** The fix, as an imperative without its full stop. */
  readonly fix: string;
}

/** The expected content. */
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
