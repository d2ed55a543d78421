/** Reads the ENV instruction of a Dockerfile: `NAME=value …` and `NAME value` (docs.docker.com/reference/dockerfile/#env). Pure. */

/** A variable, and its position in the instruction's text. */
interface Assigned {
  readonly name: string;
  readonly value: string;
  readonly offset: number;
}

/** The lookbehind keeps the time linear for a long word without an equals sign. */
const pair = /(?<!\w)([A-Za-z_]\w*)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S*))/g;

/** The variables in the text after `ENV`. */
export function readAssignments(body: string): Assigned[] {
  const pairs = [...body.matchAll(pair)];
  if (pairs.length > 0)
    return pairs.map((found) => ({ name: found[1]!, value: found[2] ?? found[3] ?? found[4] ?? "", offset: found.index }));
  const [, name, value = ""] = /^(\w+)[ \t]+(.*)$/s.exec(body) ?? [];
  return name === undefined ? [] : [{ name, value, offset: 0 }];
}
