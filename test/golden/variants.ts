/**
 * A text that differs from another one in a few lines is kept as these lines, the way a patch shows them, but without line numbers: a line that
 * comes or goes elsewhere in the text changes nothing here.
 */
import { diffArrays } from "diff";

/** One place that differs: lines that stand in both (enough of them to find the place), lines that go, lines that come. */
interface Hunk {
  readonly context: readonly string[];
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

const separator = "@@";
const headline = "## ";

/** What makes one text of another one, as lines that `applyVariant` reads. */
export function describeVariant(base: string, text: string): string {
  const lines = base.split("\n");
  const hunks: Hunk[] = [];
  let [at, cursor] = [0, 0];
  let [gone, come]: [string[], string[]] = [[], []];
  const close = (): void => {
    if (gone.length + come.length === 0) return;
    const start = at - gone.length;
    let first = start;
    // Context is added until the place is the first one that fits behind the hunk before.
    while (first > cursor && findBlock(lines, lines.slice(first, at), cursor) !== first) first--;
    hunks.push({ context: lines.slice(first, start), gone, come });
    [cursor, gone, come] = [at, [], []];
  };
  for (const { value, added, removed } of diffArrays(lines, text.split("\n"))) {
    if (!added && !removed) close();
    if (added) come.push(...value);
    else at += value.length;
    if (removed) gone.push(...value);
  }
  close();
  const marked = hunks.map((hunk) => [
    ...hunk.context.map((line) => ` ${line}`),
    ...hunk.gone.map((line) => `-${line}`),
    ...hunk.come.map((line) => `+${line}`),
  ]);
  return marked.map((block) => block.join("\n")).join(`\n${separator}\n`);
}

/** The text that a description makes of its base. Throws where a place is not found. */
export function applyVariant(base: string, description: string): string {
  if (description === "") return base;
  const lines = base.split("\n");
  const result: string[] = [];
  let cursor = 0;
  for (const { context, gone, come } of description.split(`\n${separator}\n`).map(readHunk)) {
    const found = findBlock(lines, [...context, ...gone], cursor);
    if (found < 0) throw new Error(`these lines are not in the text: ${[...context, ...gone].join("\n")}`);
    result.push(...lines.slice(cursor, found), ...context, ...come);
    cursor = found + context.length + gone.length;
  }
  return [...result, ...lines.slice(cursor)].join("\n");
}

/** The variants of one text as a file: a headline with the name above each. */
export function formatVariants(variants: ReadonlyMap<string, string>): string {
  const sorted = [...variants].sort(([left], [right]) => (left < right ? -1 : 1));
  return sorted.map(([name, description]) => `${headline}${name}\n${description}\n`).join("\n");
}

/** The descriptions of such a file by name. */
export function readVariants(file: string): ReadonlyMap<string, string> {
  const variants = new Map<string, string>();
  for (const section of file.split(new RegExp(`^${headline}`, "m")).slice(1)) {
    const end = section.indexOf("\n");
    variants.set(section.slice(0, end), section.slice(end + 1).replace(/\n\n?$/, ""));
  }
  return variants;
}

function readHunk(block: string): Hunk {
  const lines = block.split("\n");
  const marked = (mark: string): string[] => lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(1));
  const hunk = { context: marked(" "), gone: marked("-"), come: marked("+") };
  if (hunk.context.length + hunk.gone.length + hunk.come.length !== lines.length)
    throw new Error(`this is no place of a variant: ${block}`);
  return hunk;
}

function findBlock(lines: readonly string[], block: readonly string[], from: number): number {
  for (let at = from; at <= lines.length - block.length; at++)
    if (block.every((line, index) => lines[at + index] === line)) return at;
  return -1;
}
