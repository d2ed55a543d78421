/** Where an offset of a text is, as a person finds it. */

/** Line and column of an offset, from 1, in UTF-16 code units. A BOM counts as no column. */
export function placeIn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = text
    .slice(0, offset)
    .replace(/^\ufeff/, "")
    .split(/\r\n|\r|\n/);
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}
