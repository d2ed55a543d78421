/** Reads the ENV instruction of a Dockerfile: `NAME=value …` and `NAME value` (docs.docker.com/reference/dockerfile/#env). Pure. */

/** A variable, and where it stands in the instruction's text. */
interface Assigned {
  readonly name: string;
  readonly value: string;
  readonly offset: number;
}

/** Of a long word without a sign of equality only its beginning is tried, or reading it would take its length squared. */
const pair = /(?<!\w)([A-Za-z_]\w*)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S*))/g;

/** The variables of what stands behind `ENV`. */
export function readAssignments(body: string): Assigned[] {
  const pairs = [...body.matchAll(pair)];
  if (pairs.length > 0)
    return pairs.map((found) => ({ name: found[1]!, value: found[2] ?? found[3] ?? found[4] ?? "", offset: found.index }));
  const [, name, value = ""] = /^(\w+)[ \t]+(.*)$/s.exec(body) ?? [];
  return name === undefined ? [] : [{ name, value, offset: 0 }];
}
