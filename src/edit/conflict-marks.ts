/** The marks that git leaves in a file where both sides of a merge changed the same lines. Pure. */

/** Both texts of a file with such marks: each has one side's lines between them, and all lines around them. */
export interface Sides {
  readonly first: string;
  readonly second: string;
}

/**
 * Reads the marks of git's default length and styles (git-merge, "How conflicts are presented"; `diff3` and `zdiff3` have a third part, the common
 * ancestor, which is in neither text). Null without marks, and where they do not fit together.
 */
export function readSides(text: string): Sides | null {
  if (!/^<{7} /m.test(text)) return null;
  const first: string[] = [];
  const second: string[] = [];
  let part: "around" | "first" | "ancestor" | "second" = "around";
  for (const line of text.split(/(?<=\n)/)) {
    const mark = /^(?:<{7}|\|{7}|={7}|>{7})(?=[ \r\n]|$)/.exec(line)?.[0][0];
    if (mark === "<" && part === "around") part = "first";
    else if (mark === "|" && part === "first") part = "ancestor";
    else if (mark === "=" && (part === "first" || part === "ancestor")) part = "second";
    else if (mark === ">" && part === "second") part = "around";
    else if (mark === "<" || (mark === ">" && part !== "around")) return null;
    else {
      if (part === "around" || part === "first") first.push(line);
      if (part === "around" || part === "second") second.push(line);
    }
  }
  return part === "around" ? { first: first.join(""), second: second.join("") } : null;
}
