/** A generated block of lines in a user's file, between two marker comments: added, replaced in place, and removed completely. */
import { appended, linesOf, newlineOf, without, type Line } from "./lines.ts";
import { refuseAt, type EditRefusal, type EditResult } from "./splice.ts";

/** The block of a text, by the indexes of its marker lines; null if there is none. */
interface BlockPlace {
  readonly ok: true;
  readonly lines: readonly Line[];
  readonly block: { readonly begin: number; readonly end: number } | null;
}

/**
 * Ensures that a text has a block with these lines. It replaces an existing block, or is added at the end. `leader` starts a comment in this file,
 * for example `#`. Refuses markers without a partner, duplicate markers, and markers in the wrong order.
 */
export function ensureBlock(text: string, lines: readonly string[], leader: string): EditResult {
  const found = find(text, leader);
  if (!found.ok) return found;
  if (found.block === null) {
    const [begin, end] = markers(leader);
    return checked(text, appended(text, [begin, ...lines, end]), lines, leader);
  }
  const inside = found.lines.slice(found.block.begin + 1, found.block.end);
  if (same(inside, lines)) return { ok: true, text };
  const from = found.lines[found.block.begin + 1]!.at;
  const to = found.lines[found.block.end]!.at;
  const newline = newlineOf(text);
  return checked(text, text.slice(0, from) + lines.map((line) => line + newline).join("") + text.slice(to), lines, leader);
}

/** Removes the block of a text, markers and all. Gives the same text if there is none; refuses as `ensureBlock` does. */
export function removeBlock(text: string, leader: string): EditResult {
  const found = find(text, leader);
  if (!found.ok) return found;
  const { block } = found;
  if (block === null) return { ok: true, text };
  return checked(
    text,
    without(text, (_line, index) => index >= block.begin && index <= block.end),
    null,
    leader,
  );
}

/** Whether a text says something behind its block: lines that are neither blank nor comments. */
export function hasBehindBlock(text: string, leader: string): boolean {
  const found = find(text, leader);
  if (!found.ok || found.block === null) return false;
  return found.lines.slice(found.block.end + 1).some(({ body }) => body.trim() !== "" && !body.trim().startsWith(leader));
}

function markers(leader: string): readonly [begin: string, end: string] {
  return [`${leader} >>> aperture-env`, `${leader} <<< aperture-env`];
}

function find(text: string, leader: string): BlockPlace | EditRefusal {
  const lines = linesOf(text);
  const [begins, ends] = markers(leader).map((marker) =>
    [...lines.keys()].filter((index) => lines[index]!.body.trim() === marker),
  ) as [number[], number[]];
  const refuse = (index: number, why: string): EditRefusal => refuseAt(text, lines[index]!.at, why);
  for (const again of [begins[1], ends[1]]) if (again !== undefined) return refuse(again, "this marker is a duplicate");
  const [begin] = begins;
  const [end] = ends;
  if (begin === undefined && end === undefined) return { ok: true, lines, block: null };
  if (end === undefined) return refuse(begin!, "this block has a start marker and no end marker");
  if (begin === undefined) return refuse(end, "this block has an end marker and no start marker");
  if (end < begin) return refuse(end, "the end marker is above the start marker");
  return { ok: true, lines, block: { begin, end } };
}

function same(lines: readonly Line[], wanted: readonly string[]): boolean {
  return lines.length === wanted.length && lines.every(({ body }, index) => body === wanted[index]);
}

/** Gives the result if it has a block with exactly these lines, or no block for null. */
function checked(text: string, result: string, lines: readonly string[] | null, leader: string): EditResult {
  const found = find(result, leader);
  if (found.ok) {
    const { block } = found;
    const right = block === null ? lines === null : lines !== null && same(found.lines.slice(block.begin + 1, block.end), lines);
    if (right) return { ok: true, text: result };
  }
  return refuseAt(text, text.length, "editing this block would not give the intended result, so nothing was changed");
}
