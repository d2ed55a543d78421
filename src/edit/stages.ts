/** Reorders the stages of a Dockerfile, so that a user's lines stay in their stage when a new version moves that stage. Pure. */

/** A stage, from the comment above it to its last non-blank line. */
interface Stage {
  /** Empty for a stage without a name. */
  readonly name: string;
  readonly lines: readonly string[];
  /** The blank lines after it; they belong to the place in the file. */
  readonly gap: readonly string[];
}

interface Stages {
  readonly head: readonly string[];
  readonly stages: readonly Stage[];
}

/** Two texts in the same stage order as a third, so that all can be compared line by line. */
export interface Aligned {
  readonly mine: string;
  readonly ancestor: readonly string[];
}

/**
 * Puts the stages of `mine` and of `ancestor` into the order of `theirs`, by their names. Both stay unchanged if they have that order already. A
 * stage that only `mine` has moves with the next stage that `theirs` has, too. Null if a stage would come before one that it is built from, and
 * if the text cannot be split into stages.
 */
export function alignStages(mine: string, ancestor: readonly string[], theirs: string): Aligned | null {
  const order = namesOf(split(theirs.split("\n")));
  const texts = [split(mine.split("\n")), split(ancestor)] as const;
  if (texts.every((text) => isInOrder(text, order))) return { mine, ancestor };
  const [arrangedMine, arrangedAncestor] = texts.map((text) => arrange(text, order)) as [string[] | null, string[] | null];
  if (arrangedMine === null || arrangedAncestor === null || mine.includes("<<")) return null;
  return { mine: arrangedMine.join("\n"), ancestor: arrangedAncestor };
}

function isInOrder(text: Stages, order: readonly string[]): boolean {
  const places = namesOf(text).flatMap((name) => (order.includes(name) ? [order.indexOf(name)] : []));
  return places.every((place, index) => index === 0 || place > places[index - 1]!);
}

function namesOf({ stages }: Stages): string[] {
  return stages.map(({ name }) => name).filter((name) => name !== "");
}

/** The FROM instruction: docs.docker.com/reference/dockerfile/#from. */
const from = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$/i;

function split(lines: readonly string[]): Stages {
  const starts: number[] = [];
  for (const [index, line] of lines.entries()) {
    if (!from.test(line) || /\\\s*$/.test(lines[index - 1] ?? "")) continue;
    starts.push(startOf(lines, index, (starts.at(-1) ?? -1) + 1));
  }
  const stages = starts.map((start, index): Stage => {
    const all = lines.slice(start, starts[index + 1] ?? lines.length);
    const end = all.findLastIndex((line) => line.trim() !== "") + 1;
    const first = all.find((line) => from.test(line))!;
    return { name: (from.exec(first)?.[2] ?? "").toLowerCase(), lines: all.slice(0, end), gap: all.slice(end) };
  });
  return { head: lines.slice(0, starts[0] ?? lines.length), stages };
}

/** Where a stage starts, not above `floor`: it includes the comment above its FROM, and a comment above that between blank lines. */
function startOf(lines: readonly string[], index: number, floor: number): number {
  const isComment = (at: number): boolean => at >= floor && /^\s*#/.test(lines[at]!);
  const isBlank = (at: number): boolean => at < floor || lines[at]!.trim() === "";
  const above = (at: number): number => {
    let first = at;
    while (isComment(first - 1)) first--;
    return first;
  };
  const start = above(index);
  if (start < index || !isBlank(index - 1)) return start;
  const alone = above(index - 1);
  return alone < index - 1 && isBlank(alone - 1) ? alone : index;
}

function arrange({ head, stages }: Stages, order: readonly string[]): string[] | null {
  const found = stages.filter(({ name }) => order.includes(name)).map(({ name }) => name);
  if (new Set(found).size < found.length) return null;
  const groups = new Map<string, Stage[]>();
  let group: Stage[] = [];
  for (const stage of stages) {
    group.push(stage);
    if (!order.includes(stage.name)) continue;
    groups.set(stage.name, group);
    group = [];
  }
  const arranged = [...order.flatMap((name) => groups.get(name) ?? []), ...group];
  const names = new Set(namesOf({ head, stages }));
  const made = new Set<string>();
  for (const stage of arranged) {
    if (!standsOn(stage, names).every((name) => made.has(name))) return null;
    made.add(stage.name);
  }
  // A last stage without a line end gets the blank lines of its new place.
  return [...head, ...arranged.flatMap(({ lines }, index) => [...lines, ...stages[index]!.gap])];
}

/** The stages of the same file that a stage is built from. */
function standsOn({ lines }: Stage, stages: ReadonlySet<string>): string[] {
  const names = lines.flatMap((line) => {
    if (/^\s*#/.test(line)) return [];
    const image = from.exec(line)?.[1];
    const sources = [...line.matchAll(/(?:--from=|[,=]from=)([^\s,]+)/gi)].map(([, source]) => source!);
    return [...(image === undefined ? [] : [image]), ...sources].map((name) => name.toLowerCase());
  });
  return names.filter((name) => stages.has(name));
}
