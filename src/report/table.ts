/** A table for a terminal, whose cells have lines of their own. Pure. */
import { joined, shown, type Paint, type Shown } from "../text/terminal.ts";

/** One row. The last of fewer cells than there are columns takes all that is left. */
export interface Row {
  /** Each cell's lines, of which none has a line end, and nothing that a terminal would obey. */
  readonly cells: readonly (readonly string[])[];
  readonly style?: Parameters<Paint>[0] | null;
}

const least = 8;
const gap = 2;

/** The table, at most so wide: what is too long goes on below. */
export function formatTable(titles: readonly string[], given: readonly Row[], columns: number, paint: Paint): Shown {
  const rows: readonly Row[] = [{ cells: titles.map((title) => [title]), style: "dim" }, ...given];
  const whole = rows.filter(({ cells }) => cells.length === titles.length);
  const widths = titles.map((_, column) =>
    Math.max(...(column === 0 ? rows : whole).flatMap(({ cells }) => cells[column]!.map((line) => line.length))),
  );
  const total = widths.reduce((sum, width) => sum + gap + width, 0);
  // The widest gives way first.
  for (let left = total - columns; left > 0 && Math.max(...widths) > least; left--)
    widths[widths.indexOf(Math.max(...widths))]!--;
  return joined(
    rows.flatMap(({ cells, style = null }) => {
      const rest = cells.length < titles.length ? [widths[0]!, Math.max(least, columns - widths[0]! - 2 * gap)] : widths;
      const lines = cells.map((cell, column) => cell.flatMap((line) => wrap(line, rest[column]!)));
      return Array.from({ length: Math.max(...lines.map(({ length }) => length)) }, (_, at) => {
        const text = lines
          .map((cell, column) => " ".repeat(gap) + (cell[at] ?? "").padEnd(column < cells.length - 1 ? rest[column]! : 0))
          .join("")
          .trimEnd();
        return shown`${style === null ? text : paint(style, text)}\n`;
      });
    }),
  );
}

/** Breaks behind a space, else behind a sign that divides, where there is one that is not at the beginning of a line. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  const last = (...signs: readonly string[]): number => Math.max(...signs.map((sign) => rest.lastIndexOf(sign, width - 1))) + 1;
  while (rest.length > width) {
    const end = [last(" "), last("/", "-", ":", ".")].find((at) => at > 2) ?? width;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}
