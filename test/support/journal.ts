/** The parts of a journal's text (src/repo/journal-text.ts), right or wrong. */
import { hashText } from "../../src/lock/lock.ts";

/** Whatever lines, strings unchanged; of a step's new text it has the hash and the length. */
export function linesOf(lines: readonly (object | string)[]): string {
  return lines
    .map((line) => {
      const after = afterOf(line);
      const noted = after === null ? line : { ...(line as object), after: { hash: hashText(after), length: after.length } };
      return `${typeof noted === "string" ? noted : JSON.stringify(noted)}\n`;
    })
    .join("");
}

/** The new texts that the steps among these lines have. */
export function textsOf(lines: readonly (object | string)[]): string {
  return lines.map((line) => afterOf(line) ?? "").join("");
}

function afterOf(line: object | string): string | null {
  return typeof line === "object" && "after" in line && typeof line.after === "string" ? line.after : null;
}
