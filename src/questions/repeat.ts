/** The command that repeats a run: the shortest flags that give the same answers. Pure. */
import { formatShell } from "../render/escape.ts";
import type { Resolved } from "./resolve.ts";

/**
 * Gives the arguments for `npm create aperture-env@latest`: one flag for each answer that is not a default of this version. Detected answers are
 * included, because the repository may look different the next time. Answers from the spec are not.
 */
export function repeatArguments(resolved: readonly Resolved[], directory: string | null): string[] {
  const words = directory === null ? [] : [directory.startsWith("-") ? `./${directory}` : directory];
  for (const { question, value, source } of resolved) {
    if (["default", "file", "spec", "lock"].includes(source)) continue;
    if (question.kind === "switch") {
      if (value === true) words.push(`--${question.flag}`);
      else if (source === "flag") words.push(`--${question.flag}=false`);
    } else {
      const text = question.format(value);
      const entries = question.kind === "map" ? text.split("\n").filter((entry) => entry !== "") : [text];
      for (const entry of entries) {
        // After a space it would be read as a flag.
        if (entry.startsWith("-")) words.push(`--${question.flag}=${entry}`);
        else words.push(`--${question.flag}`, entry);
      }
    }
  }
  return [...words, "--yes"];
}

/** The whole line, quoted for a shell, with the other flags that affect the written files. */
export function repeatLine(
  resolved: readonly Resolved[],
  directory: string | null,
  {
    cwd,
    onBypass,
    unignore,
    spec = null,
    branch = null,
    from: begins = null,
    pullRequest = false,
    pins = false,
  }: {
    readonly cwd: string | null;
    readonly onBypass: string | null;
    readonly unignore: boolean;
    readonly spec?: string | null;
    readonly branch?: string | null;
    readonly from?: string | null;
    readonly pullRequest?: boolean;
    readonly pins?: boolean | undefined;
  },
): string {
  const words = repeatArguments(resolved, directory).map(formatShell);
  const folder = directory === null ? [] : [words.shift()!];
  const from = cwd === null ? [] : [formatShell(`--cwd=${cwd}`)];
  const named = Object.entries({ spec, branch, from: begins });
  const how = [
    ...named.flatMap(([flag, value]) => (value === null ? [] : [formatShell(`--${flag}=${value}`)])),
    ...(pullRequest ? ["--pull-request"] : []),
    ...(onBypass === null ? [] : [`--on-bypass ${onBypass}`]),
    ...(unignore ? ["--unignore"] : []),
    ...(pins ? ["--pins"] : []),
  ];
  return ["npm create aperture-env@latest", ...folder, "--", ...from, ...how, ...words].join(" ");
}
